"""Season, change and late recording, by hand and where there is little: worlds are in tests/coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.stats import prediction
from cemlab.stats.prediction.expected import poisson_ratio

RISKS = {2.0: "p"}


def _cells(left: int, n: int = 1_000, *, risk: float = 0.1, **columns: str) -> pd.DataFrame:
    """So many who leave at time 1 of so many, each with the same predicted risk up to time 2."""
    return pd.DataFrame({"duration": [1, 2], "n": [left, n - left], "events": [left, 0], "p": risk, **columns})


def _day(left: int, before: int | None = None) -> dict[str, object]:
    last_year = None if before is None else {"2024-10-01": _cells(before)}
    found = prediction.relation_by_day(
        {"2024-10-01": _cells(left)}, risks=RISKS, training={"2024-10-01": _cells(400, 4_000)}, last_year=last_year
    )
    return dict(found.row({"day": "2024-10-01"}))


@pytest.mark.parametrize(
    ("left", "before", "verdict"),
    [
        (100, 100, "as predicted"),
        (180, 100, "changed"),
        (180, 180, "season"),
        (180, None, "changed"),
        (135, 115, "unclear"),
        (50, 110, "changed"),
    ],
)
def test_verdict_of_a_date(left: int, before: int | None, verdict: str) -> None:
    row = _day(left, before)
    assert row["verdict"] == verdict
    assert row["flagged"] == (verdict == "changed")


def test_ratio_to_last_year_is_that_of_both_ratios_and_its_test_is_binomial() -> None:
    from scipy.stats import binomtest

    row = _day(150, 100)
    now, then = _cells(150), _cells(100)
    hazard = -np.log(0.9)
    # Who left at time 1 has lived through half of the span.
    expected = [hazard * (cells["n"].to_numpy() @ np.array([0.5, 1.0])) for cells in (now, then)]
    assert row["versus_last_year"] == pytest.approx((150 / expected[0]) / (100 / expected[1]))
    share = expected[0] / (expected[0] + expected[1])
    tails = [binomtest(150, 250, share, alternative=side).pvalue for side in ("less", "greater")]
    assert row["p_last_year"] == pytest.approx(min(2 * min(tails), 1.0))


def test_poisson_ratio_is_one_where_both_counts_agree_and_inverts_its_test() -> None:
    assert poisson_ratio(50, 50, learnt=50)["estimate"] == 1
    assert poisson_ratio(50, 50, learnt=50)["p_value"] > 0.9
    edge = poisson_ratio(50, 50 * poisson_ratio(50, 50, learnt=50)["ci_low"], learnt=50)
    assert edge["p_value"] == pytest.approx(0.05, abs=1e-9)


def _levels(a: int, b: int, **more: object) -> pd.DataFrame:
    cells = pd.concat([_cells(a, plan="a"), _cells(b, plan="b")])
    training = pd.concat([_cells(300, 3_000, plan="a"), _cells(300, 3_000, plan="b")])
    found = prediction.relation_by_level(cells, terms=["plan"], risks=RISKS, training=training, **more)  # type: ignore[arg-type]
    return found.parts["terms"].assign(first=found.table["estimate"].iloc[0])


def test_level_is_compared_with_all_and_a_shift_of_all_is_none() -> None:
    turned, shifted = _levels(160, 60).iloc[0], _levels(160, 160).iloc[0]
    assert turned["flagged"]
    assert not shifted["flagged"]
    assert shifted["statistic"] == pytest.approx(0)
    assert shifted["first"] == pytest.approx(1)


def test_level_that_is_off_every_year_has_not_changed() -> None:
    before = pd.concat([_cells(160, plan="a"), _cells(60, plan="b")])
    assert not _levels(160, 60, last_year=before).iloc[0]["flagged"]
    assert _levels(60, 160, last_year=before).iloc[0]["flagged"]


def test_column_of_one_level_and_missing_terms() -> None:
    one = prediction.relation_by_level(_cells(90, plan="a"), terms=["plan"], risks=RISKS, training=_cells(90, plan="a"))
    assert one.parts["terms"][["df", "p_value"]].to_numpy().tolist() == [[0, 1.0]]
    with pytest.raises(SchemaError, match="plan missing"):
        prediction.relation_by_level(_cells(90), terms=["plan"], risks=RISKS, training=_cells(90))


def _days(ends: list[int], live: int = 1_000) -> pd.DataFrame:
    return pd.DataFrame({"age": range(1, len(ends) + 1), "live": live, "ends": ends})


def _late(ends: list[int]) -> pd.Series:
    return prediction.recording_delay(_days(ends)).table.iloc[0]


def test_late_recording_is_measured_where_ends_are_missing_and_nowhere_else() -> None:
    assert _late([2] * 500)["estimate"] == 0
    found = _late([0] * 30 + [1] * 30 + [2] * 440)
    assert 55 <= found["estimate"] <= 90, "the upper limit of what is 60"
    assert found["expected"] == pytest.approx(2 * found["estimate"])
    assert _late([1, *[0] * 29] * 16)["estimate"] == 0, "one end a month, on one day"
    assert _late([0] * 10)["estimate"] == 0
    assert prediction.recording_delay(_days([])).table["estimate"].iloc[0] == 0
    with pytest.raises(SchemaError, match="ends missing"):
        prediction.recording_delay(_days([2]).drop(columns="ends"))


def test_models_are_tested_together_and_chance_has_p_of_one() -> None:
    random = np.random.default_rng(1)
    rows = pd.DataFrame({"duration": random.choice([1, 2], 2_000), "n": 1, "replicate": np.arange(2_000) % 40})
    rows["events"] = (rows["duration"] == 1) * 1
    rows = rows.assign(
        flat=0.1, noise=random.random(2_000), good=0.2 + 0.1 * rows["events"] + 0.4 * random.random(2_000)
    )
    asked = {name: {2.0: name} for name in ("flat", "noise", "good")}
    table = prediction.any_skill(rows, risks_by_model=asked).table.set_index("model")
    assert table["flagged"].to_dict() == {"flat": False, "noise": False, "good": True}
    assert table.loc["flat", "p_value"] == 1
    alone = prediction.any_skill(rows, risks_by_model={"noise": {2.0: "noise"}}).table.iloc[0]
    assert table.loc["noise", "p_value"] > alone["p_value"], "one of several has to be further from chance"
    twice = prediction.any_skill(rows, risks_by_model={"noise": {2.0: "noise"}, "again": {2.0: "noise"}}).table.iloc[0]
    assert twice["p_value"] == pytest.approx(alone["p_value"], abs=0.02), "the same model twice is one test"
    with pytest.raises(ParameterError, match="At least one model"):
        prediction.any_skill(rows, risks_by_model={})
