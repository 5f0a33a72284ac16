"""The study of staying and leaving, through the whole house: published numbers, and input that is not as one wishes."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Findings = dict[tuple[str, ...], dict[str, Any]]
DAYS = ["-p", "clock", "days", "-p", "cause", "cancelled"]


def _run(lab: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cemlab.cli", "run", "churn-survival", "--lab", str(lab), "--out", str(out), *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _published(out: Path) -> tuple[Findings, str]:
    """Findings by key and scope, and the page."""
    (page,) = out.glob("churn-survival/*/report.html")
    found = json.loads((page.parent / "findings.json").read_text(encoding="utf-8"))
    return {(each["key"], *each["scope"].values()): each for each in found}, page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Findings, str]]:
    """``example(name, *options)``: the study on an example lab with its real files."""

    def run(name: str, *more: str) -> tuple[Findings, str]:
        out = tmp_path_factory.mktemp(name)
        finished = _run(ROOT / "examples" / name / "lab.toml", out, "--data", str(shared_dir / "data" / name), *more)
        assert finished.returncode == 0, finished.stderr[-2000:]
        return _published(out)

    return run


@pytest.mark.shared
def test_telco_shows_the_published_curve_tests_and_ratios(example: Callable[..., tuple[Findings, str]]) -> None:
    found, html = example("telco_ibm", "-p", "covariates", "contract", "-p", "covariates", "gender")
    curve = {float(key[1]): each for key, each in found.items() if key[0] == "survival.curve"}
    published = {1: 0.945961, 12: 0.843200, 24: 0.788736, 36: 0.748545, 48: 0.708840, 60: 0.664404, 72: 0.592790}
    assert {at: round(curve[at]["value"], 6) for at in published} == published
    assert round(curve[72]["std_error"], 6) == 0.009919
    assert found["survival.median", "0.5"]["value"] is None
    assert round(found["survival.restricted_mean",]["value"], 5) == 54.49239
    log_rank = {name: round(found[f"survival.log_rank.{name}",]["value"], 7) for name in ("contract", "payment_method")}
    assert log_rank == {"contract": 2352.8725383, "payment_method": 865.2394631}
    one_year = found["hazard.coefficients", "contract", "One year"]
    assert (round(one_year["value"], 5), round(one_year["std_error"], 5)) == (-2.19184, 0.08346)
    # Published for men against women; more customers are men, who are therefore the reference.
    assert round(found["hazard.coefficients", "gender", "Female"]["value"], 5) == 0.04787
    assert round(found["hazard.concordance",]["value"], 3) == 0.775
    assert "Questions that this page does not ask" in html, "no reasons, and no answers with a day"


@pytest.mark.shared
def test_hotel_shows_the_cumulative_incidence_and_not_its_overstatement(
    example: Callable[..., tuple[Findings, str]],
) -> None:
    days = {7: 0.123168, 30: 0.193517, 60: 0.243228, 90: 0.274252, 180: 0.329416, 365: 0.356336}
    found, html = example("hotel_bookings", *DAYS, *(word for day in days for word in ("-p", "horizons", str(day))))
    told = {
        int(float(key[2])): round(each["value"], 6)
        for key, each in found.items()
        if key[:2] == ("survival.causes", "cancelled")
    }
    assert told == days
    assert found["survival.overstated", "cancelled", "365.0"]["value"] > 0.7
    assert "35.6%" in html.partition("</dl>")[0], "the answer and its tiles"


@pytest.mark.shared
def test_covariate_that_gives_the_outcome_away_is_named_and_kept_out(
    example: Callable[..., tuple[Findings, str]], shared_dir: Path, tmp_path: Path
) -> None:
    satisfaction = 'score = "Satisfaction Score"'
    source = (ROOT / "examples" / "telco_ibm_v11" / "lab.toml").read_text(encoding="utf-8")
    assert satisfaction in source
    lookup = (
        '{ from = "Customer ID", type = "integer", lookup = { file = "Telco_customer_churn_status.csv.gz", key ='
        ' "Customer ID", value = "Satisfaction Score" } }'
    )
    lab = tmp_path / "lab.toml"
    lab.write_text(source.replace("[[spells]]", f"satisfaction = {lookup}\n\n[[spells]]"), encoding="utf-8")
    more = [
        "--data",
        str(shared_dir / "data" / "telco_ibm_v11"),
        "-p",
        "covariates",
        "contract",
        "-p",
        "covariates",
        "satisfaction",
    ]
    finished = _run(lab, tmp_path / "out", *more)
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    assert not [key for key in found if key[:2] == ("hazard.ratios", "satisfaction")]
    assert "satisfaction</span> was kept out of the model: filled in only after customers left" in html


def _company(folder: Path, spells: list[tuple[str, str, str]]) -> Path:
    """A lab of spells with plan: (first day, last day, plan)."""
    lines = [
        "id,first,last,plan",
        *(f"{number},{first},{last},{plan}" for number, (first, last, plan) in enumerate(spells)),
    ]
    (folder / "spells.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lab = folder / "lab.toml"
    lab.write_text(
        '[lab]\nname = "small"\ncompany = "Small"\ntime_zone = "UTC"\nsegments = ["plan"]\ndata_until = "2024-06-30"\n'
        '[[spells]]\nfile = "spells.csv"\n[spells.columns]\nspell_id = "id"\ncustomer_id = "id"\nstarted_on = "first"\n'
        'ended_on = "last"\nplan = "plan"\n',
        encoding="utf-8",
    )
    return lab


def _spells(plan: str, *, n: int, leave: int) -> list[tuple[str, str, str]]:
    first = dt.date(2022, 1, 1)
    ends = [str(first + dt.timedelta(days=40 + 11 * each)) if each < leave else "" for each in range(n)]
    return [(str(first), end, plan) for end in ends]


def test_nobody_left_is_said_and_nothing_is_modelled(tmp_path: Path) -> None:
    finished = _run(_company(tmp_path, _spells("a", n=40, leave=0) + _spells("b", n=40, leave=0)), tmp_path / "out")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    assert found["survival.left", "12.0"]["value"] == 1.0
    assert not [key for key in found if key[0].startswith("hazard.")]
    assert "Questions that this page does not ask" in html


def test_group_in_which_nobody_left_is_named_and_left_out_of_the_model(tmp_path: Path) -> None:
    spells = _spells("a", n=60, leave=30) + _spells("b", n=60, leave=15) + _spells("quiet", n=20, leave=0)
    finished = _run(_company(tmp_path, spells), tmp_path / "out")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    assert [key[2] for key in found if key[0] == "hazard.ratios"] == ["b"]
    assert "nobody left there, so that no ratio can be estimated" in html


def test_horizon_beyond_follow_up_is_named_and_not_extrapolated(tmp_path: Path) -> None:
    lab = _company(tmp_path, _spells("a", n=60, leave=30) + _spells("b", n=60, leave=15))
    finished = _run(lab, tmp_path / "out", "-p", "horizons", "12", "-p", "horizons", "60")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    assert found["survival.left", "60.0"]["value"] is None
    assert "follow-up ends before" in html


def test_beyond_follow_up_a_formula_speaks_only_where_asked_and_a_cause_has_its_own_answers(tmp_path: Path) -> None:
    spells = _spells("a", n=90, leave=60) + _spells("b", n=90, leave=30)
    lab = _company(tmp_path, spells)
    lines = (tmp_path / "spells.csv").read_text(encoding="utf-8").splitlines()
    why = ["why", *("" if ",," in line else ("price", "moved")[number % 2] for number, line in enumerate(lines[1:]))]
    (tmp_path / "spells.csv").write_text(
        "\n".join(f"{line},{each}" for line, each in zip(lines, why, strict=True)) + "\n"
    )
    lab.write_text(lab.read_text(encoding="utf-8") + 'end_reason = "why"\n', encoding="utf-8")
    finished = _run(lab, tmp_path / "out", "-p", "cause", "price", "-p", "extrapolate_to", "60")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    beyond = found["survival.beyond", "0", "60.0"]
    assert 0 < beyond["ci_low"] < beyond["value"] < beyond["ci_high"] < found["survival.left", "24.0"]["value"]
    assert "nobody has seen that" in html
    assert "beyond follow-up, the formula chosen expects" in html
    gap = {key[1]: each["value"] for key, each in found.items() if key[0] == "survival.plan_by_cause"}
    assert gap["a"] == pytest.approx(-gap["b"])
    assert gap["a"] > 0
    assert found["survival.gray.plan", "price"]["p_value"] < 0.05
    assert found["hazard.absolute", "plan", "b"]["value"] < 1
    assert "Fine and Gray" in html


def test_one_spell_and_a_day_before_the_data_are_refused_in_words(tmp_path: Path) -> None:
    alone = _run(_company(tmp_path, _spells("a", n=1, leave=1)), tmp_path / "alone")
    assert alone.returncode == 2
    assert "At least 10 spells must be followed" in alone.stderr
    early = _run(_company(tmp_path, _spells("a", n=60, leave=30)), tmp_path / "early", "--as-of", "2020-01-01")
    assert early.returncode != 0
    assert "Traceback" not in early.stderr


def test_words_that_are_no_numbers_are_no_horizons(tmp_path: Path) -> None:
    refused = _run(_company(tmp_path, _spells("a", n=60, leave=30)), tmp_path / "out", "-p", "horizons", "soon")
    assert refused.returncode == 2
    assert "`horizons` must be a number" in refused.stderr


def _snapshot(folder: Path, lengths: list[int]) -> Path:
    """A lab of a tenure without dates, by the recipe of the docs."""
    lines = [
        "id,m,left,g",
        *(
            f"{at},{m},{'Yes' if at % 5 == 0 else 'No'},{'AB'[at % 7 == 0 or at % 10 == 0]}"
            for at, m in enumerate(lengths)
        ),
    ]
    (folder / "s.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lab = folder / "lab.toml"
    lab.write_text(
        '[lab]\nname = "s"\ncompany = "S"\ntime_zone = "UTC"\nsegments = ["g"]\ndata_until = "2024-06-15"\n'
        '[[spells]]\nfile = "s.csv"\n[spells.columns]\nspell_id = "id"\ncustomer_id = "id"\ng = "g"\n'
        'started_on = { constant = "2024-06-15", minus_months = "m" }\ntenure_months = "m"\n'
        'ended_on = { constant = "2024-06-15", when = { column = "left", is = "Yes" } }\n',
        encoding="utf-8",
    )
    return lab


def test_snapshot_is_said_first_and_no_cohort_is_claimed(tmp_path: Path) -> None:
    finished = _run(_snapshot(tmp_path, [6 + at % 25 for at in range(500)]), tmp_path / "out")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    assert found["snapshot.left",]["value"] == pytest.approx(0.2)
    assert found["spells.ended",]["value"] == 100
    left = {
        group: [at % 5 == 0 for at in range(500) if (at % 7 == 0 or at % 10 == 0) == (group == "B")] for group in "AB"
    }
    retained = {group: 1 - sum(each) / len(each) for group, each in left.items()}
    gap = {key[1]: each["value"] for key, each in found.items() if key[0] == "survival.by_g"}
    assert gap == pytest.approx({"A": retained["A"] - retained["B"], "B": retained["B"] - retained["A"]})
    assert not [key for key in found if key[0] in ("survival.left", "survival.curve", "hazard.ratios")]
    assert "followed from its start" not in html
    answer = html.partition("</dl>")[0]
    assert answer.index("This lab is a snapshot") < answer.index("churned in its window")
    assert "still there after" not in html


def test_ends_at_tenure_0_and_in_the_unfinished_month_are_counted_on_the_page(tmp_path: Path) -> None:
    finished = _run(_snapshot(tmp_path, [0] * 100 + [1 + at % 5 for at in range(100)]), tmp_path / "out")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, _ = _published(tmp_path / "out")
    assert found["survival.curve", "0.0"]["value"] == pytest.approx(0.9)
    assert found["survival.left", "1.0"]["value"] == pytest.approx(0.72)
    dated = [("2022-03-15", f"2024-0{1 + at % 6}-{20 + at % 8}", "ab"[at % 2]) for at in range(120)]
    dated += [("2021-03-15", "", "ab"[at % 3 == 0]) for at in range(100)]
    (tmp_path / "dated").mkdir()
    finished = _run(_company(tmp_path / "dated", dated), tmp_path / "out2")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out2")
    assert (found["spells.ended",]["value"], found["spells.unfinished",]["value"]) == (120, 20)
    assert "churned in the month that is not over" in html


def test_three_contract_lines_of_each_customer_are_no_more_customers(tmp_path: Path) -> None:
    """Nobody is censored before month 12, so the share is a mean over 120 customers, however often each is entered."""
    left = [1 + customer % 20 for customer in range(120)]
    rows = ["spell_id,customer_id,plan,started_on,ended_on"]
    for customer, month in enumerate(left):
        day = dt.date(2021 + (month - 1) // 12, (month - 1) % 12 + 1, 20) if month <= 16 else ""
        rows += [f"s{customer}-{line},c{customer},{'ab'[customer % 2]},2021-01-10,{day}" for line in range(3)]
    (tmp_path / "spells.csv").write_text("\n".join(rows), encoding="utf-8")
    columns = "".join(f'{name} = "{name}"\n' for name in rows[0].split(","))
    lab = (
        '[lab]\nname = "lines"\ncompany = "Lines"\ntime_zone = "UTC"\ndata_until = "2022-12-31"\n\n[[spells]]\nfile ='
        f' "spells.csv"\n[spells.columns]\n{columns}'
    )
    (tmp_path / "lab.toml").write_text(lab, encoding="utf-8")
    finished = _run(tmp_path / "lab.toml", tmp_path / "out", "-p", "segment_by", "plan")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    after = found["survival.left", "12.0"]
    share = sum(month > 12 for month in left) / 120
    assert after["value"] == pytest.approx(share, rel=1e-9)
    assert after["std_error"] == pytest.approx((share * (1 - share) / 120) ** 0.5, rel=1e-9)
    assert found["spells.clusters",]["value"] == 120
    assert "intervals allow for that" in html
    assert "errors clustered by customer" in html
