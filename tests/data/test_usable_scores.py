"""Scores as exports write them: codes with labels, decimals, other scales; and the accounting of those that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cemlab.core.errors import SchemaError
from cemlab.core.lab import Lab
from cemlab.core.metrics import NPS, declared
from cemlab.data.intake import check
from cemlab.data.lab import open_lab
from cemlab.prepare import responses

LAB = """
[lab]
name = "scores"
company = "Scores & Co"
time_zone = "UTC"
{metrics}
[[responses]]
file = "answers.csv"
[responses.columns]
response_id = "id"
responded_at = "day"
metric = "metric"
survey = "survey"
weight = "weight"
score = {score}
"""


def made(
    folder: Path,
    scores: list[str],
    *,
    metrics: str = "",
    score: str = '"score"',
    metric: str | list[str] = "nps",
    **columns: Any,
) -> Path:
    rows = pd.DataFrame({"id": range(len(scores)), "metric": metric, "score": scores, "survey": "one", "weight": 1})
    rows = rows.assign(**{"day": "2024-05-01", **columns})
    rows.to_csv(folder / "answers.csv", index=False)
    (folder / "lab.toml").write_text(LAB.format(metrics=metrics, score=score), encoding="utf-8")
    return folder / "lab.toml"


def scored(lab: Lab) -> list[float]:
    rows = lab.table("responses")
    return list(lab.frame(rows.order_by(rows.response_id.cast("int64")).select("score"))["score"])


def unusable(lab: Lab, **options: str) -> int:
    return int(responses.without_score(lab, **options).set_index("reason")["n"]["its score could not be used"])


LABELLED = {
    "10 - Extremely likely": 10,
    "10 – Äußerst wahrscheinlich": 10,
    "0 = not at all": 0,
    "10: certainly": 10,
    "10 (Extremely likely)": 10,
    "10. Extremely likely": 10,
    "9) nearly": 9,
    " 8 very likely": 8,
    "7 | likely": 7,
    "6-so so": 6,
    "4 très probable": 4,
}


def test_where_a_number_leads_a_label_it_is_the_code(tmp_path: Path) -> None:
    lab_file = made(tmp_path, list(LABELLED))
    assert scored(open_lab(lab_file)) == list(LABELLED.values())
    assert f"  score: written as a code with its label, read as the code: {len(LABELLED)}" in check(lab_file).lines()


@pytest.mark.parametrize(
    "cell",
    ["9 to 10 likely", "9 - 10", "8/10", "8 of 10", "likely - 9", "9th", "9 %", "x", "1e1 likely", "9-", "--9 low"],
)
def test_what_is_no_code_with_a_label_stays_unusable(tmp_path: Path, cell: str) -> None:
    lab = open_lab(made(tmp_path, ["7", cell]))
    assert scored(lab) == [7]
    assert unusable(lab) == 1


def test_declared_values_and_codes_of_no_answer_come_before_the_label_is_read(tmp_path: Path) -> None:
    lab = open_lab(
        made(
            tmp_path,
            ["5", "11 - no answer", "1 - best"],
            score='{ from = "score", missing = ["11 - no answer"], values = { "1 - best" = "10" } }',
        )
    )
    assert scored(lab)[::2] == [5, 10]
    assert responses.without_score(lab)["n"].tolist() == [1, 0]


STARS = "[metrics.csat]\nscale = [1, 10]\ntop = [9, 10]\n"
HALVES = ["8.5", "8.4", "9.0", "10", "9.9", "1.1", "4.25"]


@pytest.mark.parametrize(
    ("rule", "codes", "lost"),
    [
        ("", [9, 10], 5),
        ("round", [9, 8, 9, 10, 10, 1, 4], 0),
        ("floor", [8, 8, 9, 10, 9, 1, 4], 0),
        ("own", [8.5, 8.4, 9, 10, 9.9, 1.1], 1),
    ],
)
def test_decimals_follow_the_declared_rule(tmp_path: Path, rule: str, codes: list[float], lost: int) -> None:
    declared_ = STARS + (f'decimals = "{rule}"\n' if rule else "")
    lab = open_lab(made(tmp_path, HALVES, metrics=declared_, metric="csat"))
    assert scored(lab) == codes
    assert unusable(lab, metric="csat") == lost
    assert set(codes) <= set(lab.info.metric("csat").codes)


def test_a_rule_on_decimals_takes_nothing_into_the_scale_that_lies_outside(tmp_path: Path) -> None:
    declared_ = STARS + 'decimals = "round"\n'
    lab = open_lab(made(tmp_path, ["10.4", "0.6", "5"], metrics=declared_, metric="csat"))
    assert scored(lab) == [5]
    assert unusable(lab, metric="csat") == 2


def test_a_rule_on_decimals_holds_for_its_question_alone_nps_included(tmp_path: Path) -> None:
    lab = open_lab(
        made(tmp_path, ["8.6", "8.6"], metrics='[metrics.nps]\ndecimals = "round"\n', metric=["nps", "csat"])
    )
    assert scored(lab) == [9]
    assert [unusable(lab, metric=metric) for metric in ("nps", "csat")] == [0, 1]


def test_check_says_how_many_answers_are_lost_and_what_to_declare(tmp_path: Path) -> None:
    lines = check(made(tmp_path, ["9", "8.5", "8.5", "8.5"], metrics=STARS, metric="csat")).lines()
    (at,) = (place for place, line in enumerate(lines) if "because of their score" in line)
    assert lines[at].startswith("  csat: 3 of 4 answers could not be used because of their score (75.0 %")
    assert 'Declare `decimals` under `[metrics.csat]`: "round", "floor", or "own"' in lines[at + 1]
    assert lines[-1].startswith("Usable, but without a headline for csat")


def test_check_of_another_scale_says_so(tmp_path: Path) -> None:
    lines = check(made(tmp_path, ["100", "55", "0", "20"])).lines()
    assert any("nps: 3 of 4 answers could not be used" in line for line in lines)
    assert any("`nps` is asked from 0 to 10" in line for line in lines)


def test_only_answers_to_the_question_in_the_window_and_survey_are_lost(tmp_path: Path) -> None:
    lab = open_lab(
        made(
            tmp_path,
            ["9", "x", "x", "x", "x", "", "x"],
            metric=["nps", "nps", "csat", "nps", "nps", "nps", "nps"],
            day=["2024-05-01", "2024-05-01", "2024-05-01", "2024-04-01", "2024-05-01", "2024-05-01", "no day"],
            survey=["one", "one", "one", "one", "two", "one", "one"],
        )
    )
    assert unusable(lab) == 3
    assert unusable(lab, survey="one") == 2
    assert unusable(lab, start="2024-04-15", survey="one") == 1
    assert unusable(lab, start="2024-04-15", end="2024-05-01") == 0
    assert responses.without_score(lab)["n"].tolist()[0] == 1


def test_an_answer_that_is_there_in_a_row_of_its_own_is_not_lost(tmp_path: Path) -> None:
    lab = open_lab(made(tmp_path, ["9", "x", "x", "y"], id=["a", "a", "b", "b"]))
    assert unusable(lab) == 1


def test_answers_known_later_are_not_lost_yet(tmp_path: Path) -> None:
    lab_file = made(tmp_path, ["9", "8", "x"], day=["2024-05-01", "2024-05-02", "2024-05-03"])
    assert unusable(open_lab(lab_file)) == 1
    assert unusable(open_lab(lab_file, as_of="2024-05-03")) == 0


def test_lost_answers_are_weighed_like_the_others(tmp_path: Path) -> None:
    lab = open_lab(made(tmp_path, ["9", "x", "", "y"], weight=[1, 2.5, 4, ""]))
    assert responses.without_score(lab, weights="lab")[["n", "sum_w"]].to_numpy().tolist() == [[1, 4.0], [1, 2.5]]


def test_tenths_count_from_the_lowest_to_the_highest_code_that_counts() -> None:
    stars = declared("csat", scale=(1, 5), top=(4, 5)).with_decimals("own")
    assert [stars.worth[score] for score in (3.9, 4.0, 4.3, 5.0)] == [0, 1, 1, 1]
    nps = NPS.with_decimals("own")
    assert [nps.worth[score] for score in (6.0, 6.5, 8.9, 9.0)] == [-1, 0, 0, 1]
    with pytest.raises(SchemaError, match="must follow each other"):
        declared("csat", scale=(1, 5), top=(2, 5)).with_decimals("own")


def test_a_rule_on_decimals_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="decimals"):
        open_lab(made(tmp_path, ["9"], metrics='[metrics.nps]\ndecimals = "ceil"\n'))
