"""Group columns are asked for; any other column is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from survival_frames import life_table

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.names import OWN_NAMES
from cemlab.stats import change, multiplicity, prediction, robustness, scores, segments, survival, weighting
from cemlab.stats.grouping import groups_in

LIVES = pd.DataFrame(
    {
        "plan": ["a", "a", "a", "b", "b", "b"],
        "duration": [1, 2, 3] * 2,
        "entered": 0,
        "events": [30, 10, 5, 10, 10, 5],
        "censored": [0, 5, 50, 0, 15, 60],
    }
)
CAUSES = LIVES.assign(cause=["price", "moved", "price"] * 2)
COUNTS = pd.DataFrame({"region": ["N"] * 3 + ["S"] * 3, "score": [9, 7, 5] * 2, "n": [50, 30, 20, 40, 35, 25]})
MONTHS = pd.concat([COUNTS.assign(period=f"2024-0{month}-01") for month in (1, 2, 3)], ignore_index=True)
MOVES = pd.DataFrame(
    {
        "region": ["N", "S"] * 3,
        "from_score": [5, 5, 9, 9, 9, 9],
        "to_score": [9, 9, 9, 9, 7, 7],
        "n": [10, 12, 80, 70, 10, 9],
    }
)

CALLS: dict[str, tuple[Callable[..., Any], pd.DataFrame, list[str], dict[str, Any]]] = {
    "kaplan_meier": (survival.kaplan_meier, LIVES, ["plan"], {}),
    "nelson_aalen": (survival.nelson_aalen, LIVES, ["plan"], {}),
    "at": (survival.at, LIVES, ["plan"], {"times": [2]}),
    "quantiles": (survival.quantiles, LIVES, ["plan"], {}),
    "rmst": (survival.rmst, LIVES, ["plan"], {}),
    "censoring_bounds": (survival.censoring_bounds, LIVES, ["plan"], {"time": 2}),
    "log_rank": (survival.log_rank, LIVES, ["plan"], {}),
    "pairwise": (survival.pairwise, LIVES, ["plan"], {}),
    "survival differences": (survival.differences, LIVES, ["plan"], {"times": [2]}),
    "cumulative_incidence": (survival.cumulative_incidence, CAUSES, ["plan"], {}),
    "incidence_differences": (survival.incidence_differences, CAUSES, ["plan"], {"cause": "price", "times": [2]}),
    "gray_test": (survival.gray_test, CAUSES, ["plan"], {}),
    "estimate": (scores.estimate, COUNTS, ["region"], {}),
    "distribution": (scores.distribution, COUNTS, ["region"], {}),
    "against_rest": (scores.against_rest, COUNTS, ["region"], {}),
    "consecutive": (change.consecutive, MONTHS, ["region"], {}),
    "trend": (change.trend, MONTHS, ["region"], {}),
    "paired": (change.paired, MOVES, ["region"], {}),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_column_that_was_not_asked_for_is_refused_by_name(name: str) -> None:
    function, frame, by, options = CALLS[name]
    assert not function(frame, by=by, **options).table.empty
    with pytest.raises(SchemaError, match=r"`colour` is neither.*Name it in `by`.*or count without it"):
        function(frame.assign(colour="red"), by=by, **options)
    # Left-overs of making the frame are the usual ones.
    with pytest.raises(SchemaError, match="`index`, `n_spells` are neither"):
        function(frame.assign(n_spells=3).reset_index(), by=by, **options)


@pytest.mark.parametrize("name", CALLS)
def test_groups_are_columns_that_the_frame_has_and_does_not_need_itself(name: str) -> None:
    function, frame, by, options = CALLS[name]
    with pytest.raises(SchemaError, match=rf"`colour` missing.*Columns that can be groups: .*{by[0]}"):
        function(frame, by=["colour"], **options)
    with pytest.raises(ParameterError, match="does not need itself"):
        function(frame, by=[*by, *by], **options)


def test_a_left_over_count_no_longer_changes_the_log_rank_test() -> None:
    rows = pd.DataFrame(
        {
            "plan": ["a"] * 60 + ["b"] * 60,
            "duration": [1 + k % 12 for k in range(120)],
            "event": [int(k % 5 < 2 + (k > 60)) for k in range(120)],
        }
    )
    lives = life_table(rows, by=["plan"])
    expected = survival.log_rank(lives, by=["plan"]).row()
    left_over = lives.assign(n=lives["events"] + lives["censored"])
    with pytest.raises(SchemaError, match="`n` is neither"):
        survival.log_rank(left_over, by=["plan"])
    assert survival.log_rank(left_over.drop(columns="n"), by="plan").row()["p_value"] == expected["p_value"]


def test_checks_of_one_score_and_design_sums_know_their_columns_too() -> None:
    checks: list[Callable[[pd.DataFrame], Any]] = [
        robustness.heaping,
        robustness.cut_points,
        lambda counts: scores.missing_bounds(counts, unscored=3),
    ]
    for check in checks:
        with pytest.raises(SchemaError, match="`region` is neither"):
            check(COUNTS)
    design = weighting.of_counts(
        COUNTS.assign(sum_w=COUNTS["n"], sum_w2=COUNTS["n"]), ["region"], {9: 1.0, 7: 0.0, 5: -1.0}
    )
    for reader in (weighting.linearise, weighting.rest_of):
        with pytest.raises(SchemaError, match="`colour` is neither"):
            reader(design.assign(colour="red"), ["region"])


def test_curves_of_segments_and_baselines_name_their_groups() -> None:
    lives = LIVES.rename(columns={"plan": "segment"})
    with pytest.raises(SchemaError, match="`colour` is neither"):
        segments.curves(lives.assign(colour="red"), classification=segments.exact(["a", "b"]))
    card = prediction.tenure_baseline(LIVES, by=["plan"], horizons=[1], clock="months", passed=0)
    again = prediction.tenure_baseline(LIVES.assign(colour="red"), by=["plan"], horizons=[1], clock="months", passed=0)
    asked = pd.DataFrame({"tenure": ["0", "1"], "plan": "a"})
    pd.testing.assert_frame_equal(card.of(asked), again.of(asked))


def test_one_name_may_be_given_as_it_is() -> None:
    assert groups_in(LIVES, "plan", own=LIVES.columns.drop("plan"), of="a life table") == ["plan"]


ALLOWED = (
    "segment",
    "level",
    "term",
    "weight",
    "stage",
    "name",
    "model",
    "class",
    "code",
    "rule",
    "label",
    "item",
    "risk",
    "outcome",
    "share",
    "tenure",
    "metric",
    "index",
    "key",
    "high",
    "low",
    "reference",
    "channel",
    "type",
)
"""Names that a lab is likely to have, some of them words of this package."""


def columns_of(found: Any) -> set[str]:
    parts = [each for each in found.parts.values() if isinstance(each, pd.DataFrame)]
    return {str(name) for each in (found.table, *parts) for name in each.columns}


@pytest.mark.parametrize("name", CALLS)
def test_every_column_of_a_result_is_a_name_that_groups_must_not_have(name: str) -> None:
    function, frame, by, options = CALLS[name]
    assert columns_of(function(frame, by=by, **options)) - OWN_NAMES <= set(by)


@pytest.mark.parametrize("name", ["survival differences", "against_rest", "consecutive"])
def test_every_column_of_a_judged_comparison_is_a_name_that_groups_must_not_have(name: str) -> None:
    function, frame, by, options = CALLS[name]
    (judged,) = multiplicity.adjust([function(frame, by=by, **options)], materiality=3.0)
    assert set(multiplicity.JUDGED) <= columns_of(judged)
    assert columns_of(judged) - OWN_NAMES <= set(by)


@pytest.mark.parametrize("name", CALLS)
def test_a_group_named_like_a_column_of_a_result_is_refused_and_other_names_are_only_names(name: str) -> None:
    function, frame, by, options = CALLS[name]
    for taken in sorted(OWN_NAMES - set(frame) - {"period", "day"}):
        with pytest.raises(ParameterError, match=f"`{taken}`"):
            function(frame.rename(columns={by[0]: taken}), by=[taken], **options)
    expected = function(frame, by=by, **options).table
    for allowed in (
        ALLOWED if name in ("kaplan_meier", "survival differences", "estimate", "against_rest", "consecutive") else ()
    ):
        found = function(frame.rename(columns={by[0]: allowed}), by=[allowed], **options).table
        pd.testing.assert_frame_equal(found.rename(columns={allowed: by[0]}), expected)
