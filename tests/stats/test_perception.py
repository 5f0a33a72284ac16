"""The perception gap: how beliefs are read, and what they are held against."""

from __future__ import annotations

import pandas as pd
import pytest

from cemlab.core.errors import ParameterError
from cemlab.core.metrics import declared
from cemlab.stats import multiplicity, perception, scores

COUNTS = pd.DataFrame({"score": [9, 7, 5], "n": [65, 20, 15]})
REGIONS = pd.concat(
    [
        COUNTS.assign(region="North"),
        COUNTS.assign(region="A: B=C", n=[30, 40, 30]),
        COUNTS.assign(region="small", n=5),
        COUNTS.assign(region="tiny", n=1),
    ]
)


def gaps(*believed: str) -> pd.DataFrame:
    return perception.gap(
        believed, overall=scores.estimate(COUNTS), groups={"region": scores.estimate(REGIONS, by=["region"])}
    ).table


def test_the_gap_is_belief_minus_score_with_the_interval_reversed() -> None:
    row = gaps("70").iloc[0]
    assert (row["estimate"], row["believed"], row["nps_given"]) == (20, 70, 50)
    # the score lies between 34.149 and 62.939
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((70 - 62.939, 70 - 34.149), abs=1e-3)
    assert not row["is_plausible"]


@pytest.mark.parametrize(
    ("believed", "plausible"), [("34.14", False), ("34.16", True), ("62.93", True), ("62.95", False)]
)
def test_the_p_value_is_of_the_test_that_the_interval_inverts(believed: str, plausible: bool) -> None:
    row = gaps(believed).iloc[0]
    assert bool(row["is_plausible"]) is plausible
    assert (row["p_value"] > 0.05) == plausible


def test_groups_may_be_called_anything() -> None:
    table = gaps("50", "region:North=40", "region:A: B=C=-10")
    assert table[["column", "group"]].to_numpy().tolist() == [["", "all"], ["region", "North"], ["region", "A: B=C"]]
    assert table["estimate"].tolist() == pytest.approx([0, -10, -10])


def test_a_suppressed_group_stays_so() -> None:
    row = gaps("region:tiny=40").iloc[0]
    assert row["suppressed"]
    assert row[["estimate", "ci_low", "believed", "nps_given", "p_value"]].isna().all()


def test_no_belief_is_an_empty_table() -> None:
    assert len(gaps()) == 0


def test_gaps_join_the_family() -> None:
    gap = perception.gap(
        ["70", "region:North=48"],
        overall=scores.estimate(COUNTS),
        groups={"region": scores.estimate(REGIONS, by=["region"])},
    )
    judged = multiplicity.adjust([gap], materiality=3)[0].table
    assert judged["flagged"].tolist() == [True, False]


def test_an_interval_cut_at_the_end_of_the_scale_still_tests() -> None:
    row = perception.gap(["60"], overall=scores.estimate(pd.DataFrame({"score": [10], "n": [40]}))).row()
    assert 0 < row["p_value"] < 0.001


@pytest.mark.parametrize(
    ("believed", "message"),
    [
        (["fifty"], "such as 52"),
        (["52,5"], "such as 52"),
        (["nan"], "such as 52"),
        (["North=40"], "region:North=40"),
        ([":North=40"], "region:North=40"),
        (["region:=40"], "region:North=40"),
        (["region:North="], "region:North=40"),
        (["101"], "between -100 and 100"),
        (["52", "53"], "2 were given for 1 groups"),
        (["regionn:North=40"], r"`regionn` is none. Did you mean `region`\?"),
        (["region:Nort=40"], r"none of the 4 levels named so. Did you mean `North`\?"),
    ],
)
def test_beliefs_that_cannot_be_read_are_refused(believed: list[str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        gaps(*believed)


def test_the_scale_of_the_metric_bounds_the_belief() -> None:
    csat = declared("csat", scale=(1, 5), top=(4, 5))
    assert perception.parse(["0.8"], metric=csat)[0].score == 0.8
    with pytest.raises(ParameterError, match="between 0 and 1"):
        perception.parse(["80"], metric=csat)
