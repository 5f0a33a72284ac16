"""Does the past still hold: are today's customers like those of training, and has the relation moved since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import UNKNOWN
from cemlab.stats.intervals import Floats, quantile, two_sided
from cemlab.stats.multiplicity import benjamini_hochberg
from cemlab.stats.prediction.clustered import (
    INDEPENDENT,
    REPLICATE,
    design_effect,
    errors_of,
    has_groups,
    shares_without,
)
from cemlab.stats.prediction.counted import need_equal_weights
from cemlab.stats.prediction.expected import events_by_month, expected_by_month, poisson_ratios
from cemlab.stats.survival.comparison import chi_square_p

MATERIAL = 0.1
"""A stability index below this is taken as no shift of practical weight."""
OVERLAP = "Customers who were there at both times are counted twice, so that less than this moves by chance."
OTHERS = {"moved": "moved", "little": "moved, but by little", "same": "within noise"}


def drift(
    train: pd.DataFrame,
    live: pd.DataFrame,
    *,
    terms: Sequence[str],
    material: float = MATERIAL,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return whether the customers of a day are like those of training, term by term.

    Standardised difference d = (p₁ − p₀)/√((p₁(1 − p₁) + p₀(1 − p₀))/2) of each level's share. Stability index
    Σ (p₁ − p₀)·log(p₁/p₀), p with half a customer added per level; without drift it is about χ²·(1/n₀ + 1/n₁)
    with one degree of freedom per level but one, which gives its noise and p-value. Where both times say to
    which group of customers rows belong, errors are by jackknife, each group left out at both times, and χ² has
    the second-order correction of Rao and Scott: a customer who was there several times, or at both, counts
    once. Total variation ½·Σ|p₁ − p₀|.

    Parameters
    ----------
    train, live : pandas.DataFrame
        Patterns or cells: a column of levels per term, ``n`` customers and, where customers count more than
        once, ``replicate``.
    terms : sequence of str
        The covariates.
    material : float, default 0.1
        Smallest stability index that counts.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest published level, at both times together.

    Returns
    -------
    Estimates
        Measure ``standardised_difference`` as a ratio; one row per ``term`` and ``level``: ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``share_train``, ``share_live``, ``unseen`` (a level that
        training did not have), ``n``. Part ``terms``: per ``term`` ``stability``, ``noise`` (its upper limit
        without drift), ``p_value``, ``q_value`` (over the terms), ``total_variation``, ``unseen_share``,
        ``moved``, ``verdict``.

    Raises
    ------
    SchemaError
        When a column is missing.
    InsufficientDataError
        When there is nobody at one of the times.

    References
    ----------
    Austin, P. C. (2009). Balance diagnostics for comparing the distribution of baseline covariates between
    treatment groups. Statistics in Medicine, 28(25), 3083–3107. doi:10.1002/sim.3697 Rao, J. N. K., & Scott, A.
    J. (1984). On chi-squared tests for multiway contingency tables with cell proportions estimated from survey
    data. Annals of Statistics, 12(1), 46–60. doi:10.1214/aos/1176346391 Yurdakul, B., & Naranjo, J. (2020).
    Statistical properties of the population stability index. Journal of Risk Model Validation, 14(4), 89–100.
    doi:10.21314/JRMV.2020.227

    Examples
    --------
    >>> past = pd.DataFrame({"plan": ["a", "b"], "n": [500, 500]})
    >>> found = drift(past, past.assign(n=[300, 700]), terms=["plan"])
    >>> found.parts["terms"][["stability", "verdict"]].round(3).values.tolist()
    [[0.169, 'moved']]
    """
    for frame in (train, live):
        missing = [name for name in (*terms, "n") if name not in frame]
        if missing or not terms:
            raise SchemaError(
                f"Drift needs the terms and `n` at both times: {', '.join(missing) or 'every term'} missing."
            )
    for frame in (train, live):
        need_equal_weights(frame)
    sizes = float(train["n"].sum()), float(live["n"].sum())
    if min(sizes) <= 0:
        raise InsufficientDataError(
            f"Drift compares customers of two times: {sizes[0]:,.0f} and {sizes[1]:,.0f} were there."
        )
    counts = [_counts(train, live, term) for term in terms]
    levels = [_levels(each, term, level=level) for each, term in zip(counts, terms, strict=True)]
    judged = pd.DataFrame([_term(rows, each, sizes, level=level) for rows, each in zip(levels, counts, strict=True)])
    judged["q_value"] = benjamini_hochberg(judged["p_value"])
    beyond = judged["q_value"] < 1 - level
    judged["moved"] = beyond & (judged["stability"] >= material)
    judged["verdict"] = np.select([judged["moved"], beyond], [OTHERS["moved"], OTHERS["little"]], OTHERS["same"])
    table = pd.concat(levels, ignore_index=True).drop(columns=["train", "live"])
    new = judged.loc[judged["unseen_share"] > 0, "term"]
    grouped = has_groups(train, live)
    notes = [f"`{term}` has levels that training did not have: their customers get no score." for term in new]
    return Estimates.build(
        table,
        by=["term", "level"],
        measure="standardised_difference",
        unit="ratio",
        level=level,
        min_n=min_n,
        method=(
            "standardised difference of shares, delete-a-group jackknife"
            if grouped
            else "standardised difference of shares, delta method"
        ),
        notes=(*notes, *(() if grouped else (INDEPENDENT, OVERLAP))),
        parts={"terms": judged},
    )


def calibration_by_month(
    judged: pd.DataFrame,
    *,
    risks: Mapping[float, str],
    training: pd.DataFrame | None = None,
    floor: float = 0.1,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how many left for each one expected, month by month since training.

    Months are the times between one horizon and the next. Expected = Σ n·(H(b) − H(a))·(part of the time from a
    to b that was lived through), H = −log(1 − risk). With the events of training beside them, both are Poisson:
    limits from the share of the two that is new (Clopper–Pearson); without, from O alone; the p-value is that
    of the exact test which these invert. Where rows say to which group of customers they belong
    (``replicate``), counts are divided by their overdispersion over all months first. Tests: all months
    together O/E = 1; a different O/E in each month (χ² of log(O/E)); a trend over the months (weighted least
    squares).

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events``, the predictions and, where rows of a customer
        hang together, ``replicate``.
    risks : mapping of float to str
        Column of the prediction for each horizon: one per month.
    training : pandas.DataFrame, optional
        Cells that the model was trained on, counted from the training day; without them a model is taken as known.
    floor : float, default 0.1
        Smallest distance of O/E from 1 that counts.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``calibration_by_month`` as a ratio; one row per ``month`` (from 1): ``estimate`` (O/E),
        ``std_error`` (of its logarithm), ``ci_low``, ``ci_high``, ``p_value``, ``since``, ``until``,
        ``expected``, ``events``, ``n`` at risk at its beginning. Part ``tests``: one row per ``test`` ("all
        months", "between months", "trend"): ``estimate`` with limits (O/E; missing; factor per month),
        ``statistic``, ``df``, ``p_value``, ``moved``, ``verdict``.

    Raises
    ------
    SchemaError
        When a column is missing.
    ParameterError
        When there is no horizon.
    InsufficientDataError
        When nobody is expected to leave.

    References
    ----------
    Crowson, C. S., Atkinson, E. J., & Therneau, T. M. (2016). Assessing calibration of prognostic risk scores.
    Statistical Methods in Medical Research, 25(4), 1692–1706. doi:10.1177/0962280213497434

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 2], "n": [20, 20, 60], "events": [20, 20, 0], "p1": 0.1, "p2": 0.19})
    >>> found = calibration_by_month(cells, risks={1: "p1", 2: "p2"})
    >>> found.table[["month", "expected", "estimate"]].round(2).values.tolist()
    [[1.0, 10.54, 1.9], [2.0, 8.43, 2.37]]
    """
    table, factor = expected_by_month(judged, dict(sorted(risks.items())))
    learnt = events_by_month(training, table) if training is not None else np.full(len(table), np.inf)
    table["learnt"] = learnt
    if not table["expected"].sum() > 0:
        raise InsufficientDataError(
            "Calibration needs somebody who was expected to leave: nobody was. Judge another model."
        )
    table = table.assign(**poisson_ratios(table, factor=factor, level=level))
    tests = _tests(table, factor=factor, floor=floor, level=level)
    notes = [] if training is not None else ["The model is taken as known: its own errors are not in these intervals."]
    notes += [] if has_groups(judged) else [INDEPENDENT]
    return Estimates.build(
        table.drop(columns="learnt"),
        by=["month"],
        cells=[],
        measure="calibration_by_month",
        unit="ratio",
        level=level,
        min_n=min_n,
        method="observed over expected endings by month, Poisson limits",
        notes=notes,
        parts={"tests": tests},
    )


@dataclass(frozen=True, eq=False)
class _Counts:
    """Customers by group and level, at both times; one group where groups are not known."""

    levels: pd.Index
    train: Floats
    live: Floats
    grouped: bool

    def without(self) -> tuple[Floats, Floats]:
        return shares_without(self.train), shares_without(self.live)


def _counts(train: pd.DataFrame, live: pd.DataFrame, term: str) -> _Counts:
    grouped, tables = has_groups(train, live), []
    for frame in (train, live):
        groups = frame[REPLICATE] if grouped else pd.Series(0, index=frame.index)
        names = frame[term].astype(object).where(frame[term].notna(), UNKNOWN).astype(str)
        rows = pd.DataFrame({"group": groups, "level": names, "n": frame["n"].astype(float)})
        tables.append(rows.pivot_table(index="group", columns="level", values="n", aggfunc="sum", fill_value=0.0))
    first, second = tables[0].align(tables[1], fill_value=0.0)
    return _Counts(first.columns, first.to_numpy(), second.to_numpy(), grouped)


def _levels(counts: _Counts, term: str, *, level: float) -> pd.DataFrame:
    train, live = counts.train.sum(axis=0), counts.live.sum(axis=0)
    before, now = train / train.sum(), live / live.sum()
    gap = _gap(before, now)
    if counts.grouped:
        error = errors_of(_gap(*counts.without()))
        half = quantile(level, np.full(len(gap), len(counts.train) - 1.0)) * error
    else:
        error = _delta(before, now, sizes=(train.sum(), live.sum()))
        half = quantile(level) * error
    return pd.DataFrame(
        {
            "level": counts.levels,
            "term": term,
            "estimate": gap,
            "std_error": error,
            "ci_low": gap - half,
            "ci_high": gap + half,
            "share_train": before,
            "share_live": now,
            "unseen": (train == 0) & (live > 0),
            "n": train + live,
            "train": train,
            "live": live,
        }
    )


def _gap(before: Floats, now: Floats) -> Floats:
    """Standardised differences of shares; 0 where neither varies."""
    scale = np.sqrt((before * (1 - before) + now * (1 - now)) / 2)
    return np.asarray(np.divide(now - before, scale, out=np.zeros(scale.shape), where=scale > 0))


def _delta(before: Floats, now: Floats, *, sizes: tuple[float, float]) -> Floats:
    """Delta method: the difference of shares, and the scale that each share moves too."""
    noise = before * (1 - before), now * (1 - now)
    scale = np.sqrt((noise[0] + noise[1]) / 2)
    scale, gap = np.where(scale > 0, scale, np.nan), _gap(before, now)
    slopes = [sign / scale - gap * (1 - 2 * share) / (4 * scale**2) for sign, share in ((-1, before), (1, now))]
    return np.asarray(np.sqrt(slopes[0] ** 2 * noise[0] / sizes[0] + slopes[1] ** 2 * noise[1] / sizes[1]))


def _term(levels: pd.DataFrame, counts: _Counts, sizes: tuple[float, float], *, level: float) -> dict[str, object]:
    from scipy.stats import chi2

    kept = [(levels[name] + 0.5) / (levels[name] + 0.5).sum() for name in ("train", "live")]
    stability = float(((kept[1] - kept[0]) * np.log(kept[1] / kept[0])).sum())
    unit, df = 1 / sizes[0] + 1 / sizes[1], float(len(levels) - 1)
    if counts.grouped and df:
        before, now = counts.without()
        share = ((levels["train"] + levels["live"]) / sum(sizes)).to_numpy()
        inflated, df = design_effect(now - before, share, unit)
        unit *= inflated
    return {
        "term": levels["term"].iloc[0],
        "stability": stability,
        "noise": float(chi2.ppf(level, df)) * unit if df else 0.0,
        "p_value": float(chi2.sf(stability / unit, df)) if df else 1.0,
        "total_variation": float((levels["share_live"] - levels["share_train"]).abs().sum() / 2),
        "unseen_share": float(levels.loc[levels["unseen"], "share_live"].sum()),
    }


def _tests(table: pd.DataFrame, *, factor: float, floor: float, level: float) -> pd.DataFrame:
    whole = table[["events", "learnt", "expected"]].sum().to_frame().T
    total = {name: float(values[0]) for name, values in poisson_ratios(whole, factor=factor, level=level).items()}
    z = np.log(total["estimate"]) / total["std_error"] if total["estimate"] > 0 else np.nan
    rows = [
        {
            "test": "all months",
            **{name: total[name] for name in ("estimate", "ci_low", "ci_high", "p_value")},
            "statistic": z**2,
            "df": 1,
        }
    ]
    known = table[table["std_error"].notna()]
    logs, weight, month = (
        np.log(known["estimate"].to_numpy()),
        1 / known["std_error"].to_numpy() ** 2,
        known["month"].to_numpy(float),
    )
    if len(known) > 1:
        mean = np.average(logs, weights=weight)
        spread, df = float(weight @ (logs - mean) ** 2), len(known) - 1
        rows.append({"test": "between months", "statistic": spread, "df": df, "p_value": chi_square_p(spread, df)})
        centred = month - np.average(month, weights=weight)
        size = weight @ centred**2
        slope, error = weight @ (centred * logs) / size, 1 / np.sqrt(size)
        half = float(quantile(level)) * error
        rows.append(
            {
                "test": "trend",
                "estimate": np.exp(slope),
                "ci_low": np.exp(slope - half),
                "ci_high": np.exp(slope + half),
                "statistic": (slope / error) ** 2,
                "df": 1,
                "p_value": float(two_sided(slope / error)),
            }
        )
    tests = pd.DataFrame(rows)
    beyond = tests["p_value"] < (1 - level) / len(tests)
    far = tests["estimate"].isna() | (tests["estimate"] - 1).abs().ge(floor)
    return tests.assign(
        moved=beyond & far,
        verdict=np.select([beyond & far, beyond], [OTHERS["moved"], OTHERS["little"]], OTHERS["same"]),
    )
