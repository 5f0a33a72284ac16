"""Front doors: an estimate from a researcher's own columns, without a lab.

These four count what they are given and call the same estimators as the studies do. They are the one exception
to unique names: ``cemlab.nps`` is the call, ``cemlab.stats.nps`` the room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.metrics import NPS
from cemlab.core.results import Estimates
from cemlab.stats import hazards, survival
from cemlab.stats import nps as scores_of_nps
from cemlab.stats import segments as kinds
from cemlab.stats.hazards.design import is_number
from cemlab.stats.hazards.rowwise import blocks_of, fit_cox_rows
from cemlab.stats.own_columns import (
    Groups,
    complete,
    customer_sums,
    customers_of,
    indicators,
    need_columns,
    need_terms,
    need_time,
    numbers,
    side_by_side,
    yes_or_no,
)
from cemlab.stats.weighting import FEWEST

__all__ = ["cox", "kaplan_meier", "nps", "segments"]

NOT_JUDGED = "The segments that fit best; whether they are kinds, or steps on one scale, is not judged here."

REPLICATES = 200
"""Most groups of customers that a clustered curve is reckoned from."""


def nps(
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    by: Groups | None = None,
    customers: ArrayLike | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the net promoter score of answers.

    The share of 9 and 10 less the share of 0 to 6, in points, as `cemlab.stats.nps.estimate`.

    Parameters
    ----------
    scores : array-like
        Answers from 0 to 10; missing ones are left out, with a note.
    weights : array-like, optional
        A sampling weight per answer; its unit does not matter.
    by : array-like, Series, DataFrame or mapping, optional
        The group of each answer; a series gives its name, a frame or mapping several groups at once.
    customers : array-like, optional
        Who answered: answers of one customer are then taken as one cluster.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        One row per group: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``n``.

    Raises
    ------
    ParameterError
        When columns differ in length, or a group is named like a column of results.
    SchemaError
        When an answer is no whole number from 0 to 10, or a weight is negative or infinite.
    InsufficientDataError
        When there is no answer.

    Examples
    --------
    >>> import cemlab
    >>> found = cemlab.nps([4] * 15 + [7] * 20 + [9] * 65)
    >>> found.table[["estimate", "ci_low", "ci_high"]].round(1).values.tolist()
    [[50.0, 34.1, 62.9]]
    """
    rows, names = side_by_side(by, {"scores": scores, "weights": weights, "customers": customers})
    rows, notes = complete(rows, [name for name in ("scores", "weights", "customers") if name in rows], of="answers")
    weight = numbers(rows, "weights") if weights is not None else pd.Series(1.0, rows.index)
    if (weight < 0).any():
        raise SchemaError(f"Weights must not be negative: {int((weight < 0).sum()):,} of {len(rows):,} are.")
    rows = rows.assign(score=numbers(rows, "scores"), n=1, sum_w=weight, sum_w2=weight**2)
    counts = rows.groupby([*names, "score"], as_index=False)[["n", "sum_w", "sum_w2"]].sum()
    design = None
    if customers is not None:
        design = customer_sums(rows.assign(b=weight, a=weight * rows["score"].map(NPS.worth)), names)
        counts = customers_of(counts, rows, names)
    asked: dict[str, Any] = {"by": names, "design": design, "level": level, "min_n": min_n}
    return scores_of_nps.estimate(counts, **asked).with_notes(*notes)


def kaplan_meier(
    durations: ArrayLike,
    event_observed: ArrayLike | None = None,
    *,
    entry: ArrayLike | None = None,
    by: Groups | None = None,
    customers: ArrayLike | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share still there after each time.

    As `cemlab.stats.survival.kaplan_meier`.

    Parameters
    ----------
    durations : array-like
        How long each spell was followed, from 0.
    event_observed : array-like, optional
        Whether it ended then (True or 1); all did without it.
    entry : array-like, optional
        From when on it was followed: at risk only after it.
    by : array-like, Series, DataFrame or mapping, optional
        The group of each spell.
    customers : array-like, optional
        Whose spell it is: spells of one customer are then taken together.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        One row per group and ``duration``: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``at_risk``,
        ``events``.

    Raises
    ------
    ParameterError
        When columns differ in length, or a group is named like a column of results.
    SchemaError
        When a duration is negative, an event is not 0 or 1, or a spell ends before it is followed.
    InsufficientDataError
        When there is no spell, or no group has `min_n` at risk.

    Examples
    --------
    >>> import cemlab
    >>> found = cemlab.kaplan_meier([1] * 10 + [2] * 9 + [3] * 81, [1] * 19 + [0] * 81)
    >>> found.table[["duration", "estimate"]].round(2).values.tolist()
    [[1.0, 0.9], [2.0, 0.81], [3.0, 0.81]]
    """
    event = np.ones(len(np.asarray(durations))) if event_observed is None else event_observed
    rows, names = side_by_side(
        by, {"durations": durations, "event_observed": event, "entry": entry, "customers": customers}
    )
    rows, notes = complete(rows, [str(name) for name in rows if name not in names], of="spells")
    start = numbers(rows, "entry").clip(lower=0) if entry is not None else pd.Series(0.0, rows.index)
    rows = rows.assign(duration=numbers(rows, "durations"), events=yes_or_no(rows, "event_observed"), start=start)
    need_time(rows)
    keys = [*names]
    if customers is not None:
        codes, people = pd.factorize(rows["customers"], sort=True)
        rows["replicate"] = codes % min(len(people), REPLICATES)
        keys += ["replicate"]
    left = rows.assign(censored=1 - rows["events"], entered=0)[[*keys, "duration", "events", "censored", "entered"]]
    late = rows.loc[rows["start"] > 0].assign(events=0, censored=0, entered=1, duration=start)[left.columns]
    table = pd.concat([left, late]).groupby([*keys, "duration"], as_index=False).sum()
    if customers is not None:
        table = customers_of(table, rows, names)
    return survival.kaplan_meier(table, by=names, level=level, min_n=min_n).with_notes(*notes)


def cox(
    frame: pd.DataFrame,
    *,
    duration: str,
    event: str,
    entry: str = "",
    covariates: Sequence[str] = (),
    customers: str = "",
    ties: Literal["efron", "breslow"] = "efron",
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the log hazard ratios of Cox's model on the rows of a frame.

    Where a covariate is a number, by `cemlab.stats.hazards.fit_cox_rows`; else by `fit_cox` on counts.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per spell; rows that lack a value are left out, with a note.
    duration, event : str
        Columns: how long it was followed, and whether it ended then (True or 1).
    entry : str, default ""
        Column: from when on it was followed.
    covariates : sequence of str, default ()
        Columns: numbers as they are, text by its levels against the most frequent one; empty for all that are left.
    customers : str, default ""
        Column: whose spell it is; errors are then clustered by it.
    ties : {"efron", "breslow"}, default "efron"
        Rule for tied events.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of spells at a published level.

    Returns
    -------
    Estimates
        Measure ``log_hazard_ratio``; one row per ``term`` and ``level``. The part ``ratios`` has hazard ratios.

    Raises
    ------
    SchemaError
        When a column is missing or a value is impossible.
    ParameterError
        When a covariate is named like a column that spells are counted in, or tells single customers apart.
    InsufficientDataError
        When nobody left, a level or the number of customers is too small, or a covariate is constant or repeats others.
    ConvergenceError
        When a coefficient runs off, naming it.

    Examples
    --------
    >>> import cemlab
    >>> frame = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6] * 20, "left": [1, 1, 0, 1, 0, 1] * 20,
    ...     "usage": [3.0, 1.0, 2.0, 5.0, 4.0, 2.0] * 20})
    >>> cemlab.cox(frame, duration="months", event="left").table["estimate"].round(3).tolist()
    [-0.04]
    """
    special = [name for name in (duration, event, entry, customers) if name]
    terms = list(covariates) or [str(name) for name in frame.columns if name not in special]
    need_columns(frame, [*special, *terms])
    rows, notes = complete(frame[[*special, *terms]].reset_index(drop=True), [*special, *terms], of="spells")
    told = rows[terms].rename(columns=str)
    made: dict[str, pd.Series[Any]] = {"duration": numbers(rows, duration), "event": yes_or_no(rows, event)}
    made |= {"start": numbers(rows, entry).clip(lower=0)} if entry else {}
    made |= {"cluster": rows[customers]} if customers else {}
    rows = told.assign(**made)
    need_time(rows if entry else rows.assign(start=0.0))
    numeric = [name for name in terms if is_number(told[name])]
    need_terms(told, min_n=min_n, mixed=bool(numeric) and not customers)
    if customers and rows["cluster"].nunique() < FEWEST:
        raise InsufficientDataError(
            f"Errors clustered by customer need at least {FEWEST} customers: {rows['cluster'].nunique():,} were given."
            " Leave `customers` out."
        )
    options: dict[str, Any] = {"ties": ties, "level": level, "min_n": min_n}
    if customers or not numeric:
        cells = rows.assign(n=1, events=rows["event"]).drop(columns="event")
        keys = [name for name in cells.columns if name not in ("n", "events")]
        cells = cells.groupby(keys, as_index=False, observed=True)[["n", "events"]].sum()
        cluster = "cluster" if customers else ""
        return hazards.fit_cox(cells, terms=terms, cluster=cluster, **options).with_notes(*notes)
    told, against = indicators(told, numeric)
    rows = rows.drop(columns=terms).join(told)
    return fit_cox_rows(blocks_of(rows, list(told.columns)), **options).with_notes(*against, *notes)


def segments(
    frame: pd.DataFrame, *, classes: int = 0, seed: int = 0, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return segments of the rows of a frame, as they fit best.

    Whether they are kinds or steps on one scale is not judged: `cemlab.stats.segments.verdict` does that.
    Columns of text are grouped by latent classes, columns of numbers by a Gaussian mixture; BIC chooses how
    many unless told.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per customer: text or yes/no in all columns, or numbers in all.
    classes : int, default 0
        Number of segments; 0 for the number that fits best.
    seed : int, default 0
        Of everything random.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``class_share``; one row per ``segment`` ("1" is the largest).

    Raises
    ------
    SchemaError
        When text and numbers are mixed, or there are fewer than two columns.
    InsufficientDataError
        When a column is constant, or too few customers are there.

    Examples
    --------
    >>> import cemlab
    >>> yes_or_no = pd.DataFrame({name: ["yes"] * 60 + ["no"] * 40 for name in ("app", "web", "shop")})
    >>> cemlab.segments(yes_or_no, classes=2).table["estimate"].round(2).tolist()
    [0.6, 0.4]
    """
    need_columns(frame, list(frame.columns))
    if "n" in frame:
        raise ParameterError("A column must not be named `n`, as counts are: rename it.")
    numeric = [name for name in frame if is_number(frame[name])]
    if len(frame.columns) < 2 or len(numeric) not in (0, len(frame.columns)):
        raise SchemaError(
            f"Segments need two columns or more, all of text or all of numbers: {len(numeric)} of {len(frame.columns)}"
            " are numbers. Cut numbers into bands, or leave the others out."
        )
    asked: dict[str, Any] = {"seed": seed, "level": level, "min_n": min_n}
    if numeric:
        rows, notes = complete(frame.reset_index(drop=True), list(frame.columns), of="customers")
        many = classes or _best(kinds.number_of_components(rows, **asked))
        return kinds.mixture(rows, classes=many, **asked).with_notes(NOT_JUDGED, *notes)
    items = [str(name) for name in frame.columns]
    told = frame.set_axis(items, axis=1).astype("string").assign(n=1)
    patterns = told.groupby(items, as_index=False, dropna=False)[["n"]].sum()
    many = classes or _best(kinds.number_of_classes(patterns, items=items, resamples=0, **asked))
    return kinds.latent_classes(patterns, items=items, classes=many, **asked).with_notes(NOT_JUDGED)


def _best(found: Estimates) -> int:
    return int(found.table.loc[found.table["best"].astype(bool), "classes"].iloc[0])
