"""What every call of `stats` must not depend on: the order of rows, names of levels, columns that nobody asked for, the unit of weights."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from inspect import isfunction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from survival_frames import life_table

from cemlab.core.errors import SchemaError
from cemlab.core.metrics import NPS
from cemlab.core.results import Estimates
from cemlab.stats import (
    change,
    diagnostics,
    hazards,
    multiplicity,
    prediction,
    robustness,
    scores,
    segments,
    survival,
    weighting,
)

Frames = Mapping[str, pd.DataFrame]
Call = Callable[[Frames], Any]
LEVELS = {"basic": "z last", "plus": "m middle", "max": "b first"}
"""Other names of the plans, which sort the other way round."""


def _answers(random: np.random.Generator) -> dict[str, pd.DataFrame]:
    size = 900
    rows = pd.DataFrame(
        {
            "plan": random.choice(["basic", "plus", "max"], size),
            "period": random.choice(["2024-01-01", "2024-02-01", "2024-03-01"], size),
            "score": random.integers(0, 11, size),
            "w": random.lognormal(0, 0.5, size),
        }
    )
    rows = rows.assign(w2=rows["w"] ** 2, worth=rows["score"].map(NPS.worth) * rows["w"])
    counts = {
        name: (
            rows.groupby([*by, "score"], as_index=False).agg(n=("w", "size"), sum_w=("w", "sum"), sum_w2=("w2", "sum"))
        )
        for name, by in (("counts", []), ("grouped", ["plan"]), ("periods", ["period"]), ("both", ["plan", "period"]))
    }
    moves = pd.DataFrame(
        {"plan": rows["plan"], "from_score": rows["score"], "to_score": random.permutation(rows["score"])}
    )
    moves = moves.groupby(["plan", "from_score", "to_score"], as_index=False).size().rename(columns={"size": "n"})
    earlier = counts["grouped"].assign(n=counts["grouped"]["n"] + 3 * (counts["grouped"]["score"] < 5))
    earlier = earlier.assign(sum_w=earlier["n"] * 1.0, sum_w2=earlier["n"] * 1.0)
    return {
        **counts,
        "earlier": earlier,
        "moves": moves,
        "design": _design(rows, []),
        "designs": _design(rows, ["plan"]),
    }


def _design(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Design sums of answers that are each a cluster of its own, in one stratum."""
    rows = rows.assign(sampling_stratum="all", aa=rows["worth"] ** 2, ab=rows["worth"] * rows["w"])
    found = rows.groupby([*by, "sampling_stratum"], as_index=False).agg(
        n=("w", "size"),
        n_clusters=("w", "size"),
        largest=("w", "max"),
        sum_a=("worth", "sum"),
        sum_b=("w", "sum"),
        sum_aa=("aa", "sum"),
        sum_ab=("ab", "sum"),
        sum_bb=("w2", "sum"),
    )
    rest = dict.fromkeys(("rest_aa", "rest_ab", "rest_ba", "rest_bb"), 0.0)
    return found.assign(stratum_clusters=len(rows), **rest)


def _lives(random: np.random.Generator) -> dict[str, pd.DataFrame]:
    size = 600
    plan = random.choice(list(LEVELS), size, p=[0.5, 0.3, 0.2])
    left = np.ceil(random.exponential(np.where(plan == "basic", 9, 14)))
    seen = random.integers(3, 25, size)
    rows = pd.DataFrame(
        {
            "plan": plan,
            "region": random.choice(["north", "south"], size),
            "replicate": random.integers(0, 40, size),
            "duration": np.minimum(left, seen),
            "event": (left <= seen) * 1,
        }
    )
    cause = pd.Series(random.choice(["price", "moved"], size), dtype=object).mask(rows["event"] == 0)
    cells = rows.assign(n=1, events=rows["event"], cause=cause).drop(columns="event")
    keys = ["plan", "region", "duration"]
    risk = {"basic": 0.5, "plus": 0.4, "max": 0.3}
    judged = cells.assign(p=cells["plan"].map(risk) - 0.1 * (cells["region"] == "north"), q=cells["plan"].map(risk))
    return {
        "lives": life_table(rows, by=["plan"]),
        "one": life_table(rows),
        "clustered": life_table(rows, by=["plan", "replicate"]),
        "causes": life_table(rows.assign(event=cause), by=["plan"]),
        "cells": cells.groupby(keys, as_index=False)[["n", "events"]].sum(),
        "ends": pd.DataFrame({"age": range(1, 401), "live": 500, "ends": random.poisson(1.0, 400)}),
        "profiles": cells[["plan", "region"]].drop_duplicates().sort_values(["plan", "region"], ignore_index=True),
        "later": cells.iloc[::2].groupby(keys, as_index=False)[["n", "events"]].sum(),
        "split": cells.groupby([*keys, "replicate"], as_index=False)[["n", "events"]].sum(),
        "caused": cells.groupby([*keys, "cause"], as_index=False, dropna=False)[["n", "events"]].sum(),
        "judged": judged.groupby([*keys, "replicate", "p", "q"], as_index=False)[["n", "events"]].sum(),
    }


def _customers(random: np.random.Generator) -> dict[str, pd.DataFrame]:
    size = 600
    segment = random.choice(["basic", "plus", "max"], size)
    rows = pd.DataFrame(
        {
            "segment": segment,
            "replicate": random.integers(0, 40, size),
            "spend": random.gamma(2, 20, size) * (1 + (segment == "max")),
            "a": np.where(segment == "basic", "yes", "no"),
            "b": random.choice(["yes", "no"], size),
            "other": random.permutation(segment),
            "value": random.choice(["high", "low"], size),
            "risk": random.choice(["high", "low"], size),
        }
    )
    moments = rows.assign(n=1, sum=rows["spend"], sum_sq=rows["spend"] ** 2, outcome="spend")
    sums = ["n", "sum", "sum_sq"]
    by = ["segment", "replicate", "outcome"]
    patterns = rows.groupby(["a", "b", "segment"], as_index=False).size().rename(columns={"size": "n"})
    return {
        "moments": moments.groupby(by, as_index=False)[sums].sum(),
        "rival": moments.assign(segment=rows["other"]).groupby(by, as_index=False)[sums].sum(),
        "groups": (
            rows.assign(group=rows["b"])
            .groupby(["segment", "group", "replicate"], as_index=False)
            .size()
            .rename(columns={"size": "n"})
        ),
        "pairs": rows.groupby(["segment", "other"], as_index=False).size().rename(columns={"size": "n"}),
        "patterns": patterns,
        "posterior": patterns.rename(columns={"segment": "value"}).assign(probability=1.0),
        "grid": moments.groupby(["segment", "value", "risk", "replicate"], as_index=False)[["n", "sum"]].sum(),
    }


def _made() -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(7)
    return {**_answers(random), **_lives(random), **_customers(random)}


TERMS = ["plan", "region"]
PLAN: dict[str, Any] = {"by": ["plan"]}
RISKS = {6.0: "p"}
CLASSES = segments.exact(["basic", "max", "plus"])


def _cox(frames: Frames) -> Estimates:
    return hazards.fit_cox(frames["cells"], terms=TERMS, reference={"plan": frames["cells"]["plan"].mode()[0]})


CALLS: Mapping[str, Call] = {
    "scores.estimate": lambda of: scores.estimate(of["grouped"], design=of["designs"], **PLAN),
    "scores.estimate (without design)": lambda of: scores.estimate(of["grouped"], **PLAN),
    "scores.distribution": lambda of: scores.distribution(of["grouped"], **PLAN),
    "scores.against_rest": lambda of: scores.against_rest(of["grouped"], **PLAN),
    "scores.missing_bounds": lambda of: scores.missing_bounds(of["counts"], unscored=30),
    "robustness.cut_points": lambda of: robustness.cut_points(of["counts"]),
    "robustness.heaping": lambda of: robustness.heaping(of["counts"]),
    "change.consecutive": lambda of: change.consecutive(of["both"], **PLAN),
    "change.trend": lambda of: change.trend(of["both"], **PLAN),
    "change.constant_mix": lambda of: change.constant_mix(of["both"], **PLAN),
    "change.between": lambda of: change.between(of["grouped"], of["earlier"], **PLAN),
    "change.paired": lambda of: change.paired(of["moves"], **PLAN),
    "weighting.of_counts": (
        lambda of: weighting.linearise(weighting.of_counts(of["grouped"], ["plan"], NPS.worth), ["plan"]).variance.sum()
    ),
    "multiplicity.adjust": lambda of: multiplicity.adjust([survival.differences(of["lives"], times=[6.0], **PLAN)])[0],
    "survival.at": lambda of: survival.at(of["lives"], [3, 9], **PLAN),
    "survival.at (clustered)": lambda of: survival.at(of["clustered"], [3, 9], **PLAN),
    "survival.kaplan_meier": lambda of: survival.kaplan_meier(of["lives"], **PLAN),
    "survival.nelson_aalen": lambda of: survival.nelson_aalen(of["lives"], **PLAN),
    "survival.quantiles": lambda of: survival.quantiles(of["lives"], **PLAN),
    "survival.rmst": lambda of: survival.rmst(of["lives"], tau=12.0, **PLAN),
    "survival.censoring_bounds": lambda of: survival.censoring_bounds(of["lives"], 6.0, **PLAN),
    "survival.log_rank": lambda of: survival.log_rank(of["lives"], **PLAN),
    "survival.log_rank (clustered)": lambda of: survival.log_rank(of["clustered"], **PLAN),
    "survival.pairwise": lambda of: survival.pairwise(of["lives"], **PLAN),
    "survival.differences": lambda of: survival.differences(of["lives"], times=[6.0], **PLAN),
    "survival.greatest_gaps": lambda of: survival.greatest_gaps(of["lives"], times=[3.0, 6.0, 9.0], **PLAN),
    "survival.greatest_gaps (clustered)": lambda of: survival.greatest_gaps(
        of["clustered"], times=[3.0, 6.0, 9.0], **PLAN
    ),
    "survival.cumulative_incidence": lambda of: survival.cumulative_incidence(of["causes"], **PLAN),
    "survival.incidence_differences": lambda of: survival.incidence_differences(
        of["causes"], cause="price", times=[6.0], **PLAN
    ),
    "survival.gray_test": lambda of: survival.gray_test(of["causes"], cause="price", **PLAN),
    "survival.share_left": lambda of: survival.share_left(of["one"]),
    "survival.not_compared": lambda of: survival.not_compared(of["lives"], **PLAN),
    "survival.from_start": lambda of: survival.kaplan_meier(survival.from_start(of["cells"], by=["plan"]), **PLAN),
    "survival.one_step": lambda of: survival.one_step(of["one"]),
    "hazards.fit_cox": _cox,
    "hazards.clustered": lambda of: hazards.clustered(_cox(of), of["split"]),
    "hazards.concordance": lambda of: hazards.concordance(_cox(of), of["cells"]),
    "hazards.absolute_risks": lambda of: hazards.absolute_risks(_cox(of), 6.0),
    "hazards.fit_fine_gray": lambda of: hazards.fit_fine_gray(of["caused"], terms=TERMS, cause="price"),
    "hazards.fit_parametric": lambda of: hazards.fit_parametric(of["cells"], families=["weibull"]),
    "hazards.fit_discrete": lambda of: hazards.fit_discrete(_periods(of), terms=TERMS, knots=3),
    "hazards.references": lambda of: [
        (of["cells"]["plan"] == hazards.references(of["cells"], TERMS)["plan"]).sum(),
        len(hazards.references(of["cells"], TERMS)),
    ],
    "hazards.predicted_survival": lambda of: hazards.predicted_survival(_cox(of), of["profiles"], [3.0, 9.0]),
    "hazards.predicted_formula": lambda of: hazards.predicted_formula(
        hazards.fit_parametric(of["cells"], terms=["region"], families=["weibull"]),
        of["profiles"][["region"]].drop_duplicates(),
        [3.0],
    ),
    "prediction.person_periods": lambda of: len(_periods(of)),
    "prediction.tenure_baseline": lambda of: (
        prediction.tenure_baseline(of["lives"], by=["plan"], horizons=[6.0], clock="months", passed=0)
        .of(of["profiles"].assign(tenure="0"))["risk_6"]
        .sort_values()
        .to_numpy()
    ),
    "prediction.scorecard": lambda of: _card(of).of(of["profiles"]),
    "prediction.scored": lambda of: prediction.scored(of["profiles"], _card(of)).filter(like="risk_").sum(),
    "prediction.judged": lambda of: _judged(prediction.judged(of["split"], [_card(of)])),
    "prediction.choose": lambda of: prediction.choose(of["judged"], risks_by_model={"a": RISKS, "b": {6.0: "q"}}),
    "prediction.lost": lambda of: prediction.lost(
        prediction.compare(of["judged"], risks_by_model={"a": RISKS, "b": {6.0: "q"}}, skills=("auc",))
    ),
    "prediction.any_skill": lambda of: prediction.any_skill(of["judged"], risks_by_model={"a": RISKS, "b": {6.0: "q"}}),
    "prediction.relation_by_level": lambda of: prediction.relation_by_level(
        of["judged"], terms=TERMS, risks=RISKS, training=of["judged"]
    ),
    "prediction.judged_spans": lambda of: (
        prediction.judged_spans({"2024-01-01": of["split"]}, {"2024-01-01": [_card(of)]})["2024-01-01"]
        .filter(like="risk")
        .sum()
    ),
    "prediction.recording_delay": lambda of: prediction.recording_delay(of["ends"]),
    "prediction.relation_by_day": lambda of: prediction.relation_by_day(
        {"2024-01-01": of["judged"]}, risks=RISKS, training={"2024-01-01": of["judged"]}
    ),
    "weighting.linearise": lambda of: weighting.linearise(of["designs"], ["plan"]).variance.sum(),
    "weighting.kish": lambda of: weighting.kish(of["grouped"]["sum_w"], of["grouped"]["sum_w2"]).sum(),
    "weighting.unequal": lambda of: weighting.unequal(of["counts"]["sum_w"], of["counts"]["sum_w2"], of["counts"]["n"]),
    "diagnostics.estimable": lambda of: diagnostics.estimable(of["cells"], terms=TERMS)[1],
    "diagnostics.collinearity": lambda of: diagnostics.collinearity(of["cells"], terms=TERMS),
    "diagnostics.sparse_levels": lambda of: diagnostics.sparse_levels(of["cells"], terms=TERMS),
    "diagnostics.repeating": lambda of: diagnostics.repeating(of["cells"], terms=TERMS),
    "diagnostics.proportional_hazards": lambda of: diagnostics.proportional_hazards(_cox(of), of["cells"]),
    "diagnostics.ranking": lambda of: diagnostics.ranking(of["cells"], terms=TERMS),
    "diagnostics.with_events": lambda of: len(diagnostics.with_events(of["cells"], terms=TERMS)),
    "diagnostics.without_events": lambda of: len(
        diagnostics.without_events(of["cells"], kept=of["cells"].iloc[:0], terms=TERMS)
    ),
    "diagnostics.leakage": lambda of: diagnostics.leakage(of["cells"], terms=TERMS),
    "prediction.auc": lambda of: prediction.auc(of["judged"], risks=RISKS),
    "prediction.brier": lambda of: prediction.brier(of["judged"], risks=RISKS),
    "prediction.calibration": lambda of: prediction.calibration(of["judged"], risks=RISKS),
    "prediction.calibration_curve": lambda of: prediction.calibration_curve(of["judged"], risk="p", horizon=6.0),
    "prediction.calibration_by_month": lambda of: prediction.calibration_by_month(of["judged"], risks=RISKS),
    "prediction.concordance": lambda of: prediction.concordance(of["judged"], risk="p", tau=6.0),
    "prediction.compare": lambda of: prediction.compare(of["judged"], risks_by_model={"a": RISKS, "b": {6.0: "q"}}),
    "prediction.lift": lambda of: prediction.lift(of["judged"], risk="p", horizon=6.0),
    "prediction.decision_curve": lambda of: prediction.decision_curve(
        of["judged"], risk="p", horizon=6.0, margin=100, cost=5, success=0.3
    ),
    "prediction.observed_expected": lambda of: prediction.observed_expected(of["judged"], expected="q"),
    "prediction.drift": lambda of: prediction.drift(of["cells"], of["later"], terms=TERMS),
    "segments.profiles": lambda of: segments.profiles(of["moments"], units={"spend": "currency"})["spend"],
    "segments.differences": lambda of: segments.differences(of["moments"]),
    "segments.sizes": lambda of: segments.sizes(of["moments"], outcome="spend"),
    "segments.beats": lambda of: segments.beats({"segments": of["moments"], "rival": of["rival"]}, outcome="spend"),
    "segments.categories": lambda of: segments.categories(of["groups"], outcome="group"),
    "segments.agreement": lambda of: segments.agreement(of["pairs"], between=("segment", "other")),
    "segments.transitions": lambda of: segments.transitions(of["pairs"], between=("segment", "other")),
    "segments.grid": lambda of: segments.grid(of["grid"]),
    "segments.at_stake": lambda of: segments.at_stake(segments.grid(of["grid"])),
    "segments.rules": lambda of: segments.rules(of["posterior"], items=["a", "b"]),
    "segments.level_shares": lambda of: segments.level_shares(of["posterior"], items=["a", "b"]),
    "segments.told_by": lambda of: segments.told_by(of["patterns"], column="a"),
    "segments.latent_classes": lambda of: segments.latent_classes(
        of["patterns"].drop(columns="segment"), items=["a", "b"], classes=1
    ),
    "segments.one_trait": lambda of: segments.one_trait(of["patterns"].drop(columns="segment"), items=["a", "b"]),
    "segments.comparable": lambda of: segments.comparable({"segments": of["moments"], "rival": of["rival"]}, ["spend"]),
    "segments.contrasts": lambda of: segments.contrasts(
        segments.level_shares(of["posterior"], items=["a", "b"]), sizes=_sizes(of["posterior"])
    ),
    "segments.not_followed": lambda of: segments.not_followed(_named(of), classification=_classes(of)),
    "segments.medians": lambda of: segments.medians(segments.curves(_named(of), classification=_classes(of))),
    "segments.left_after": lambda of: segments.left_after(
        segments.curves(_named(of), classification=_classes(of)), [6.0]
    ),
    "segments.overall": lambda of: segments.overall(segments.rules(of["posterior"], items=["a", "b"])),
    "segments.curves": lambda of: segments.curves(
        of["lives"].rename(columns={"plan": "segment"}), classification=_classes(of)
    ),
}


ORDERED = {
    "survival.pairwise": "the sign of a difference follows the order of its two groups",
    "survival.not_compared": "a sentence",
    "hazards.fit_discrete": "its parts name columns after levels",
    "prediction.scorecard": "its reasons are sentences that name levels",
    "segments.agreement": "resamples are drawn in the order of the names",
}
"""Calls in which names of levels have a meaning of their own, each with what it is."""

MODELS = "takes a fitted model, no rows; what it is made of is tried above"
ROWS = "takes rows that `prepare` orders: random starts and folds are drawn by their places"
SAMPLES = "takes what `samples_of` makes, which every score above goes through"
SUMS = "arithmetic on one column or two, row by row"
ELSEWHERE: dict[str, str] = {
    **dict.fromkeys(
        (
            "hazards.predicted_incidence",
            "segments.classification",
            "segments.names",
            "segments.relearnt",
            "segments.renamed",
            "segments.upheld",
            "segments.simpler_models",
            "segments.verdict",
            "prediction.changes",
            "prediction.in_one_family",
            "prediction.used_model",
        ),
        MODELS,
    ),
    **dict.fromkeys(
        (
            "hazards.blocks_of",
            "hazards.fit_cox_rows",
            "prediction.boosted",
            "prediction.challenge",
            "prediction.judged_rows",
            "prediction.rows_of",
        ),
        ROWS,
    ),
    **dict.fromkeys(
        (
            "prediction.stacked",
            "prediction.with_challenger",
            "prediction.cross_fitted",
            "prediction.trained",
            "prediction.without_each",
        ),
        ROWS,
    ),
    **dict.fromkeys(
        ("segments.k_means", "segments.mixture", "segments.number_of_clusters", "segments.number_of_components"), ROWS
    ),
    **dict.fromkeys(
        ("segments.number_of_classes", "segments.stability"),
        "random starts; latent classes of a fixed number are tried above",
    ),
    **dict.fromkeys(("scores.compared", "scores.differences", "scores.samples_of", "scores.bounds_of"), SAMPLES),
    **dict.fromkeys(
        ("weighting.checked", "weighting.covariance_parts", "weighting.spread", "multiplicity.benjamini_hochberg"), SUMS
    ),
    "multiplicity.minimum_detectable": SUMS,
    "arrivals.response_rate": "tests/stats/test_arrivals.py shuffles and splits what it takes",
    "arrivals.share_arrived": "tests/stats/test_arrivals.py shuffles and scales what it takes",
    "diagnostics.influence": "tests/stats/test_diagnostics.py leaves groups out one by one",
    "hazards.lifelines_frame": "gives rows of a table for another library, in their order",
    "prediction.margin_at_stake": "tests/stats/test_prediction_stakes.py holds it against simulation",
    "prediction.over_days": "takes estimates, no rows",
    "scores.by_design": "three estimates beside each other, each tried above",
    "scores.weighting_effect": "tests/stats/test_weighting.py scales the weights",
    "segments.exact": "takes names alone",
    "segments.rfm_classes": "tests/stats/test_segment_use.py works it by hand",
    "weighting.rest_of": "needs design sums with the rest, which tests/stats/test_weighting.py makes and scales",
}
"""Public functions that are not tried here, each with its reason."""


def _named(frames: Frames) -> pd.DataFrame:
    return frames["lives"].rename(columns={"plan": "segment"})


def _sizes(posterior: pd.DataFrame) -> pd.DataFrame:
    sizes = posterior.groupby("value")["n"].sum()
    return pd.DataFrame({"segment": sizes.index.to_numpy(), "share": (sizes / sizes.sum()).to_numpy()})


def _periods(frames: Frames) -> pd.DataFrame:
    return prediction.person_periods(frames["cells"], terms=TERMS)


def _card(frames: Frames) -> Any:
    return prediction.scorecard(_cox(frames), horizons=[6.0], clock="months")


def _judged(found: prediction.Judged) -> Estimates:
    (risks,) = found.risks.values()
    return prediction.auc(found.cells, risks=risks)


def _classes(frames: Frames) -> Any:
    return segments.exact(sorted(frames["lives"]["plan"].unique()))


def _tables(found: Any) -> dict[str, pd.DataFrame]:
    """Every table of a result, its keys first."""
    if isinstance(found, Estimates):
        return {"table": found.table, **found.parts}
    return {
        "table": found if isinstance(found, pd.DataFrame) else pd.DataFrame({"value": np.atleast_1d(np.asarray(found))})
    }


def _same(found: Any, expected: Any, *, rtol: float = 1e-9) -> None:
    one, other = _tables(found), _tables(expected)
    assert list(one) == list(other)
    for name, table in other.items():
        pd.testing.assert_frame_equal(one[name], table, check_exact=False, rtol=rtol, atol=1e-11, check_dtype=False)
    if isinstance(expected, Estimates):
        assert found.notes == expected.notes


@pytest.fixture(scope="module")
def frames() -> Frames:
    return _made()


class _Expected(dict[str, Any]):
    """What each call gives of the frames as they are, made when it is first asked for."""

    def __init__(self, frames: Frames) -> None:
        super().__init__()
        self._frames = frames

    def __missing__(self, name: str) -> Any:
        self[name] = CALLS[name](self._frames)
        return self[name]


@pytest.fixture(scope="module")
def expected(frames: Frames) -> _Expected:
    return _Expected(frames)


@pytest.mark.parametrize("name", CALLS)
def test_the_order_of_rows_changes_nothing(name: str, frames: Frames, expected: Mapping[str, Any]) -> None:
    shuffled = {
        each: frame.sample(frac=1, random_state=3, ignore_index=True)
        for each, frame in frames.items()
        if each != "profiles"
    }
    _same(CALLS[name]({**frames, **shuffled}), expected[name])


REFUSED = {
    *(name for name in CALLS if name.split(".")[0] in ("scores", "robustness", "change", "survival")),
    *("multiplicity.adjust", "weighting.linearise", "segments.curves", "segments.medians", "segments.left_after"),
} - {"survival.one_step", "survival.from_start"}
"""Calls that refuse a column which is neither theirs nor named."""

GROUPED = {
    "segments.not_followed": "gives the refusal as its answer",
    "survival.one_step": "takes every other column for a group, as its docstring says",
}
"""Calls that take a column nobody asked for, each with why."""


@pytest.mark.parametrize("name", [name for name in CALLS if name not in GROUPED])
def test_a_column_that_nobody_asked_for_is_refused_by_name_or_ignored(
    name: str, frames: Frames, expected: Mapping[str, Any]
) -> None:
    more = {
        each: frame.assign(colour=np.arange(len(frame)) % 3) for each, frame in frames.items() if each != "profiles"
    }
    more |= {"profiles": frames["profiles"]}
    if name in REFUSED:
        with pytest.raises(SchemaError, match="`colour`"):
            CALLS[name](more)
    else:
        _same(CALLS[name](more), expected[name])


def _scaled(frames: Frames, unit: float) -> Frames:
    power = {"sum_w": 1, "largest": 1, "sum_a": 1, "sum_b": 1} | dict.fromkeys(
        ("sum_w2", "sum_aa", "sum_ab", "sum_bb", "rest_aa", "rest_ab", "rest_ba", "rest_bb"), 2
    )
    return {
        name: frame.assign(
            **{column: frame[column] * unit**order for column, order in power.items() if column in frame}
        )
        for name, frame in frames.items()
    }


WEIGHTED = [name for name in CALLS if name.split(".")[0] in ("scores", "robustness", "change", "weighting")]


@pytest.mark.parametrize("unit", [1e-12, 1e12])
@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_have_no_unit(name: str, unit: float, frames: Frames, expected: Mapping[str, Any]) -> None:
    one, other = (_tables(each) for each in (CALLS[name](_scaled(frames, unit)), expected[name]))
    for each, table in other.items():
        pd.testing.assert_frame_equal(one[each], table, check_exact=False, rtol=1e-9, atol=1e-11)


def _relabelled(found: Any, names: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Tables with other names of the plans, in the order of their texts."""
    tables = {}
    for each, table in _tables(found).items():
        texts = [str(name) for name in table if table[name].dtype == object]
        named = table.assign(**{name: table[name].map(lambda value: names.get(value, value)) for name in texts})
        # the columns of a covariance are levels themselves
        if each != "covariance":
            tables[each] = named.sort_values(texts, ignore_index=True, kind="stable") if texts else named
    return tables


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CALLS if name not in ORDERED])
def test_names_of_levels_are_only_names(name: str, frames: Frames, expected: Mapping[str, Any]) -> None:
    others = {
        each: frame.replace({column: LEVELS for column in ("plan", "segment", "other", "value") if column in frame})
        for each, frame in frames.items()
    }
    one, other = _relabelled(CALLS[name](others), {}), _relabelled(expected[name], LEVELS)
    for each, table in other.items():
        pd.testing.assert_frame_equal(one[each], table, check_exact=False, rtol=1e-7, atol=1e-9, check_dtype=False)


def _is_ours(each: Any, room: str) -> bool:
    return isfunction(each) and each.__module__.startswith(f"cemlab.stats.{room}")


def test_every_public_call_is_covered_or_has_a_reason_not_to_be() -> None:
    public = set()
    for room in (
        "arrivals",
        "change",
        "diagnostics",
        "hazards",
        "multiplicity",
        "prediction",
        "robustness",
        "scores",
        "segments",
        "survival",
        "weighting",
    ):
        module = importlib.import_module(f"cemlab.stats.{room}")
        names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
        public |= {f"{room}.{name}" for name in names if _is_ours(getattr(module, name), room)}
    covered = {name.split(" (")[0] for name in CALLS}
    assert covered <= public
    assert public - covered == set(ELSEWHERE)
    assert all(ELSEWHERE.values())
