"""The study on answers of every kind, cell by cell in this process: what it says, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import golden
import nbformat
import numpy as np
import one_number
import pandas as pd
import pytest
from nbformat.v4 import new_output

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.report import render
from cemlab.report.records import MIME

MOST_BYTES = 1_000_000
Study = Callable[..., nbformat.NotebookNode]

_LAB = """
[lab]
name = "one"
company = "One File"
time_zone = "UTC"
segments = [{segments}]
[metrics.csat]
scale = [1, 5]
top = [4, 5]
[metrics.ces]
scale = [1, 7]
low_effort = [1, 2]
[[responses]]
file = "answers.csv"
undated = {undated}
[responses.columns]
response_id = "id"
customer_id = "customer"
metric = "metric"
score = "score"
{columns}
"""


def _frame(scores: list[int], *, metric: str = "nps", **columns: Any) -> pd.DataFrame:
    rows = pd.DataFrame({"id": range(len(scores)), "customer": range(len(scores)), "metric": metric, "score": scores})
    return rows.assign(**columns)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """``study(frame, start=…)``: the executed notebook of a company that is one file of answers."""
    monkeypatch.setenv("CEMLAB_CACHE", str(tmp_path / "cache"))

    def run(frame: pd.DataFrame, *, segments: tuple[str, ...] = (), **parameters: Any) -> nbformat.NotebookNode:
        frame.to_csv(tmp_path / "answers.csv", index=False)
        known = {"id", "customer", "metric", "score"}
        columns = "\n".join(
            f'{"responded_at" if name == "day" else name} = "{name}"' for name in frame if name not in known
        )
        named = ", ".join(f'"{name}"' for name in segments)
        (tmp_path / "lab.toml").write_text(
            _LAB.format(segments=named, columns=columns, undated=str("day" not in frame).lower()), encoding="utf-8"
        )
        return _executed({"lab_file": str(tmp_path / "lab.toml"), **parameters})

    return run


def _executed(parameters: dict[str, Any]) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(golden.STUDY, as_version=4)
    namespace: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue

        def keep(data: dict[str, Any], *, raw: bool, cell: Any = cell) -> None:
            cell.outputs.append(new_output("display_data", data=data))

        with patch("cemlab.report.notebook.display", keep):
            exec(compile(cell.source, cell.id, "exec"), namespace)  # noqa: S102 - our own notebook
        if "parameters" in cell.metadata.get("tags", []):
            namespace |= parameters
        cell.execution_count = 1
    return notebook


def _records(notebook: nbformat.NotebookNode, kind: str) -> list[dict[str, Any]]:
    outputs = [output.data[MIME] for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [record for record in outputs if record["kind"] == kind]


def _findings(notebook: nbformat.NotebookNode) -> dict[str, dict[str, Any]]:
    (answer,) = _records(notebook, "answer")
    return {found["key"]: found for found in answer["findings"]}


def _page(notebook: nbformat.NotebookNode) -> str:
    return render.to_html(render.assemble(notebook, {"parameters": {}}))


def _said(html: str) -> str:
    body = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def _mixed(n: int, *, low: int = 0, high: int = 10) -> list[int]:
    drawn: list[int] = np.random.default_rng(3).integers(low, high + 1, n).tolist()
    return drawn


def test_one_answer_is_withheld_everywhere(study: Study) -> None:
    made = study(_frame([9]))
    assert "NPS is withheld: too few customers answered." in _said(_page(made))
    assert _findings(made)["nps.overall"]["value"] is None
    assert {record["question"] for record in _records(made, "left_out")} >= {"How many answers would we need?"}


def test_all_promoters_have_an_interval_and_no_plan(study: Study) -> None:
    made = study(_frame([10] * 40))
    overall = _findings(made)["nps.overall"]
    assert overall["value"] == overall["ci_high"] == 100
    assert 80 < overall["ci_low"] < 100
    assert "The score has no standard error to plan with." in _said(_page(made))


def test_one_segment_is_compared_with_nothing(study: Study) -> None:
    made = study(_frame(_mixed(60), region="North"), segments=("region",))
    assert "How are the answers spread?" in _page(made)
    assert not any(key.startswith("nps.by_region") for key in _findings(made))


def test_asked_for_segment_of_one_level_says_that_there_is_nothing_to_compare(study: Study) -> None:
    made = study(_frame(_mixed(60), region="North"), segment_by=["region"])
    assert "There are no two groups large enough to compare." in _said(_page(made))


def test_five_thousand_segments_stay_within_the_page(study: Study) -> None:
    labels = [f"segment {number:04d}" for number in range(4996)]
    labels += ["L" * 300, "<script>alert(1)</script>", "🦊 東京", "a;b\"c'"]
    made = study(_frame(_mixed(60_000), shop=np.resize(labels, 60_000)), segments=("shop",))
    html = _page(made)
    assert len(html.encode()) < 4 * MOST_BYTES
    assert "the 20 highest and the 20 lowest of 5,000" in html
    assert "4,600 further rows are in the CSV." in html or "further rows are in the CSV." in html
    assert "<script>alert" not in html


def test_labels_are_text_whatever_they_look_like(study: Study) -> None:
    labels = ["L" * 300, "<b>bold</b>", "🦊 東京", "$x$ {{7*7}}"]
    html = _page(study(_frame(_mixed(400), shop=np.resize(labels, 400)), segments=("shop",)))
    assert "<b>bold</b>" not in html
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    assert "🦊 東京" in html


def test_empty_window_is_refused_with_its_counts(study: Study) -> None:
    days = pd.date_range("2024-01-01", periods=60, freq="D").astype(str)
    with pytest.raises(InsufficientDataError, match=r"of 60 rows none does \(outside the window: 60\)"):
        study(_frame(_mixed(60), day=days), start="2030-01-01")


def test_all_periods_incomplete_are_said_to_be_so(study: Study) -> None:
    days = pd.date_range("2024-01-10", periods=30, freq="D").astype(str)
    html = _page(study(_frame(_mixed(300), day=np.resize(days, 300)), period="month"))
    assert "There are too few complete periods with enough customers to say how the score moved." in _said(html)
    assert "2 periods are not complete" in _said(html)


def test_weights_of_zero_and_none_are_left_out_and_counted(study: Study) -> None:
    weight = [0.0] * 5 + [None] * 7 + [1.0, 2.0] * 44
    made = study(_frame(_mixed(100), weight=weight), weights="lab")
    html = _said(_page(made))
    assert _findings(made)["responses.used"]["value"] == 88
    assert "its weight is zero: 5" in html
    assert "it has no weight: 7" in html
    assert "Weighted, the score is" in html


def test_negative_weights_are_put_aside_and_counted(study: Study) -> None:
    made = study(_frame(_mixed(100), weight=[-1.0] + [1.0, 2.0] * 49 + [1.0]), weights="lab")
    assert _findings(made)["responses.used"]["value"] == 99
    assert "the weight is negative: 1" in _said(_page(made))


@pytest.mark.parametrize(("metric", "high", "unit"), [("csat", 5, "share"), ("ces", 7, "scale points")])
def test_other_questions_have_a_page_of_their_own(study: Study, metric: str, high: int, unit: str) -> None:
    frame = _frame(_mixed(600, low=1, high=high), metric=metric, region=["N", "S"] * 300)
    made = study(frame, metric=metric, segments=("region",), believed=["3" if metric == "ces" else "0.5"])
    overall, scores = _findings(made)[f"{metric}.overall"], frame["score"]
    expected = scores.ge(4).mean() if metric == "csat" else scores.mean()
    assert overall["value"] == pytest.approx(expected)
    assert overall["unit"] == unit
    said = _said(_page(made))
    assert f"{metric.upper()} is" in said
    assert (
        "promoters" not in said.partition("What could change this conclusion?")[0].partition("The three questions")[0]
    )


def test_undeclared_question_says_what_to_declare(study: Study) -> None:
    with pytest.raises(SchemaError, match=r"Declare `\[metrics\.csat\]`|declares none for"):
        _undeclared(study)


def _undeclared(study: Study) -> None:
    with patch(f"{__name__}._LAB", re.sub(r"\[metrics.*?\n(?=\[\[)", "", _LAB, flags=re.DOTALL)):
        study(_frame([4, 5] * 30, metric="csat"), metric="csat")


def _two_windows() -> pd.DataFrame:
    scores = _mixed(300, low=0, high=8) + _mixed(300, low=6, high=10)
    frame = _frame(scores, day=["2023-05-05"] * 300 + ["2024-05-05"] * 300)
    return frame.assign(customer=list(range(300)) + list(range(200, 500)))


def test_earlier_window_is_compared_with_an_arrow_and_a_word(study: Study) -> None:
    made = study(_two_windows(), start="2024-01-01", compare_start="2023-01-01")
    html, found = _said(_page(made)), _findings(made)
    assert found["nps.windows"]["flagged"]
    assert found["nps.same_people"]["n"] == 100
    assert "▲ up" in html
    assert "customers who answered in both windows" in html


def test_earlier_window_needs_a_start(study: Study) -> None:
    with pytest.raises(ParameterError, match="`start` must be given"):
        study(_two_windows(), compare_start="2023-01-01")


def test_questions_that_do_not_apply_are_left_out_with_one_line_each(study: Study) -> None:
    made = study(_frame(_mixed(60)))
    html = _page(made)
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", html)
    left = [record["question"] for record in _records(made, "left_out")]
    assert len(left) == 5
    assert not set(left) & set(headings)
    assert all(html.count(question) == 1 for question in left)


@pytest.fixture
def answers_of_a_full_page(study: Study) -> dict[str, Any]:
    """The answer of a run with everything that can be asked for."""
    frame = _two_windows().assign(region=["N", "S"] * 300, plan=["a", "b", "c"] * 200, weight=[1.0, 2.0] * 300)
    made = study(
        frame,
        segments=("region", "plan"),
        start="2024-01-01",
        compare_start="2023-01-01",
        weights="lab",
        believed=["20", "region:N=90"],
    )
    return {"notebook": made, "answer": _records(made, "answer")[0]}


def test_answer_has_at_most_eighty_words_and_no_sentence_twice(answers_of_a_full_page: dict[str, Any]) -> None:
    html = _page(answers_of_a_full_page["notebook"])
    first = html.partition('<section class="answer"')[2].partition("<details>")[0]
    assert len(_said(first).split()) <= 80
    sentences = re.findall(r"<p[^>]*>(.*?)</p>", first, flags=re.DOTALL)
    assert sentences
    assert [sentence for sentence in sentences if html.count(sentence.strip()) != 1] == []


def _clustered(weights: tuple[float, float] = (1.0, 2.0)) -> pd.DataFrame:
    """Answers of runs that are each of one mind, with weights and two regions."""
    random = np.random.default_rng(5)
    run = np.repeat(np.arange(60), 20)
    scores = np.clip(np.round(7.3 + 2 * np.repeat(random.normal(size=60), 20) + random.normal(size=1200)), 0, 10)
    frame = _frame(scores.astype(int).tolist(), cluster=run, region=np.where(run % 2, "N", "S"))
    return frame.assign(weight=np.where(run % 3, *weights))


def test_one_number_stands_with_one_interval_everywhere(study: Study) -> None:
    made = study(_clustered(), segments=("region",))
    (answer,) = _records(made, "answer")
    assert one_number.conflicts(answer) == []
    rows = {
        key: [found for found in answer["findings"] if found["key"] == key]
        for key in ("nps.overall", "nps.cut", "nps.design")
    }
    (overall,), cut, design = rows["nps.overall"], rows["nps.cut"][0], rows["nps.design"][-1]
    assert cut["scope"] == {"rule": "as defined"}
    for name in ("value", "std_error", "ci_low", "ci_high"):
        assert cut[name] == pytest.approx(overall[name], rel=1e-12)
        assert design[name] == pytest.approx(overall[name], rel=1e-12)
    naive = rows["nps.design"][0]
    # the runs widen every row of the table of moved cuts, not only the first
    assert all(each["std_error"] > 1.5 * naive["std_error"] for each in rows["nps.cut"])


def test_the_test_of_one_number_finds_two_intervals(study: Study) -> None:
    (answer,) = _records(study(_clustered()), "answer")
    naive = answer["tables"]["nps.cut"].replace("as defined", "the same again")
    row = next(line for line in naive.splitlines() if "the same again" in line)
    low = dict(zip(naive.splitlines()[0].split(","), row.split(","), strict=True))["ci_low"]
    answer["tables"]["other"] = naive.replace(low, str(float(low) + 1))
    answer["findings"].append({**answer["findings"][-1], "table": "other", "unit": "points"})
    assert one_number.conflicts(answer)


def _same_to_rounding(one: dict[str, Any], other: dict[str, Any]) -> bool:
    numbers = ("value", "std_error", "ci_low", "ci_high", "n", "p_value", "q_value", "mde")
    pairs = [(one[name], other[name]) for name in numbers]
    return all(a is b is None or a == pytest.approx(b, rel=1e-12, abs=1e-12) for a, b in pairs)


@pytest.mark.parametrize("clusters", [True, False])
def test_weights_have_no_unit_on_any_page(study: Study, clusters: bool) -> None:
    pages = []
    for unit in (1.0, 1e-12, 1e12):
        frame = _clustered((unit, 2 * unit))
        made = study(frame if clusters else frame.drop(columns="cluster"), segments=("region",))
        pages.append((_records(made, "answer")[0], _said(_page(made))))
    (first, said), *others = pages
    for answer, words in others:
        assert len(answer["findings"]) == len(first["findings"])
        for one, other in zip(first["findings"], answer["findings"], strict=True):
            assert (one["key"], one["scope"]) == (other["key"], other["scope"])
            assert _same_to_rounding(one, other), (one, other)
        assert words.partition("Parameters of this run")[0] == said.partition("Parameters of this run")[0]


def test_a_lab_with_weights_is_analysed_weighted_with_the_unweighted_score_beside(study: Study) -> None:
    frame = _clustered()
    made = study(frame)
    found, worth = _findings(made), frame["score"].map(lambda score: (score >= 9) - (score <= 6))
    weighted = 100 * np.average(worth, weights=frame["weight"])
    assert found["nps.overall"]["value"] == pytest.approx(weighted)
    assert found["nps.unweighted"]["value"] == pytest.approx(100 * worth.mean())
    assert found["nps.weighting"]["value"] == pytest.approx(weighted - 100 * worth.mean())
    assert found["nps.kish"]["value"] == pytest.approx(frame["weight"].sum() ** 2 / (frame["weight"] ** 2).sum())
    assert found["nps.largest_weight"]["value"] == pytest.approx(2 / frame["weight"].sum())
    plain = _findings(study(frame, weights="none"))
    assert plain["nps.overall"]["value"] == pytest.approx(100 * worth.mean())
    assert "nps.weighting" not in plain
    # the interval of the unweighted score is the clustered one in both runs
    for name in ("std_error", "ci_low", "ci_high"):
        assert plain["nps.overall"][name] == pytest.approx(found["nps.unweighted"][name])


def _with_scores(written: list[str], **columns: Any) -> pd.DataFrame:
    return _frame([0] * len(written), **columns).assign(score=written)


@pytest.mark.parametrize(
    ("lost", "opens", "headline"), [(0, False, True), (4, False, True), (10, True, True), (60, True, False)]
)
def test_lost_answers_are_in_the_accounting_the_bounds_and_the_check(
    study: Study, lost: int, opens: bool, headline: bool
) -> None:
    made = study(_with_scores([str(score) for score in _mixed(100 - lost)] + ["ten or so"] * lost))
    html, found = _page(made), _findings(made)
    first = _said(html.partition('<section class="answer"')[2].partition("<details>")[0])
    assert ("could not be used because of their score" in first) == opens
    assert ("NPS is" in first) == headline
    (answer,) = _records(made, "answer")
    assert (answer["tiles"][0]["key"] == "nps.overall") == headline
    assert found["responses.unusable"]["value"] == lost
    said = _said(html)
    assert ("Every answer gave a score." in said) == (lost == 0)
    assert ("The score rests on 100 answers." in said) == (lost == 0)
    width = found["nps.missing_bounds"]["ci_high"] - found["nps.missing_bounds"]["ci_low"]
    assert width == pytest.approx(200 * lost / 100, abs=1e-9)


def test_blanks_and_other_questions_are_not_lost_answers(study: Study) -> None:
    rows = _with_scores([str(score) for score in _mixed(60)] + [""] * 20 + ["x"] * 20)
    rows.loc[80:, "metric"] = "csat"
    found = _findings(study(rows))
    assert found["responses.unusable"]["value"] == 0
    assert found["responses.unscored"]["value"] == 20


def test_the_share_at_which_lost_answers_open_the_answer_is_a_parameter(study: Study) -> None:
    rows = _with_scores([str(score) for score in _mixed(90)] + ["x"] * 10)
    for share, opens in ((0.05, True), (0.15, False)):
        html = _page(study(rows, unusable_share=share))
        first = html.partition('<section class="answer"')[2].partition("<details>")[0]
        assert ("could not be used" in first) == opens


def test_a_question_with_no_usable_score_is_refused_with_its_counts(study: Study) -> None:
    rows = _with_scores(["x"] * 30 + ["5"] * 5).assign(metric=["nps"] * 30 + ["csat"] * 5)
    asked = r"must have a score: none has\. Scored answers are there to: `csat` 5"
    with pytest.raises(InsufficientDataError, match=asked):
        study(rows, metric="nps")
