"""Does churn go on as it did: observed over predicted on each evaluation date, against training and against the same span of last year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause, label_of, labelled
from cemlab.stats.multiplicity import benjamini_hochberg
from cemlab.stats.prediction.drift import calibration_by_month
from cemlab.stats.prediction.expected import poisson_ratio, seen_and_expected
from cemlab.stats.prediction.tabled import Risks

MATERIAL = 0.1
"""Smallest distance of observed over expected from 1 that counts."""
USUAL, CHANGED, SEASON, UNCLEAR = "as predicted", "changed", "season", "unclear"
NO_YEAR = (
    "Evaluation dates without a year of history before them are compared with training only: a season cannot be told"
    " from a change."
)


def relation_by_day(
    frames: Mapping[str, pd.DataFrame],
    *,
    risks: Risks,
    training: Mapping[str, pd.DataFrame],
    last_year: Mapping[str, pd.DataFrame] | None = None,
    cause: Cause = "",
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how many left for each one expected from each judged day on, and whether that is a change or a season.

    One row of `calibration_by_month` ("all months") per day: what a model learnt is as uncertain as what is
    seen, so both count. Whoever left for another cause than the one that is judged stays at risk to the last
    horizon, as in Fine and Gray's model. Where the same model's predictions for the same span of the year
    before are given, R = (O/E)/(O₁/E₁) is tested too, O₁ being another Poisson count: a date has changed only
    where both tests say so. Where the first alone does, and the year before was off in the same direction (its
    own test), it is a season; else unclear.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        Judged day → its cells with predictions.
    risks : mapping of float to str
        Column of the prediction for each horizon.
    training : mapping of str to pandas.DataFrame
        Judged day → the cells that its model was trained on.
    last_year : mapping of str to pandas.DataFrame, optional
        Judged day → cells of the same span a year before, with the predictions of the same model; without a day
        that has no such span.
    cause : str or float, default ""
        The cause that is judged; empty for every ending.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``observed_expected`` as a ratio; one row per ``day``, oldest first: ``estimate``, ``ci_low``,
        ``ci_high``, ``p_training`` (of O/E = 1), ``last_year`` (O₁/E₁), ``versus_last_year`` (R),
        ``versus_low``, ``versus_high``, ``p_last_year`` (of R = 1), ``p_value`` (the larger of the two),
        ``off`` (a tenth at least from 1, by more than noise among so many days: Benjamini–Hochberg on
        ``p_training``), ``flagged`` (off, and by ``p_value`` too: changed), ``verdict`` ("as predicted",
        "changed", "season", "unclear"), ``events``, ``n``. Part ``months``: those of each day.

    Raises
    ------
    SchemaError
        When there is no day, or one without training.

    References
    ----------
    Crowson, C. S., Atkinson, E. J., & Therneau, T. M. (2016). Assessing calibration of prognostic risk scores.
    Statistical Methods in Medical Research, 25(4), 1692–1706. doi:10.1177/0962280213497434
    """
    lacking = [day for day in frames if day not in training]
    if lacking or not frames:
        raise SchemaError(
            f"Each judged day needs the cells of its training: {len(lacking)} of {len(frames)} lack them."
        )
    label, until, before = label_of(cause), max(risks), dict(last_year or {})
    rows, months = [], []
    for day in sorted(frames):
        ours, theirs = (of_cause(cells, label, until=until) for cells in (frames[day], training[day]))
        found = calibration_by_month(ours, risks=risks, training=theirs, level=level, min_n=min_n)
        (test,) = found.parts["tests"].query("test == 'all months'").to_dict("records")
        whole = {name: float(test[name]) for name in ("estimate", "ci_low", "ci_high", "p_value")}
        whole["p_training"] = whole.pop("p_value")
        then = of_cause(before[day], label, until=until) if day in before else None
        whole |= _against(ours, then, risks, training=theirs, level=level)
        rows.append({"day": day, **whole, "events": ours["events"].sum(), "n": ours["n"].sum()})
        months.append(found.table.assign(day=day))
    table = _with_verdicts(pd.DataFrame(rows), level=level)
    notes = [NO_YEAR] if table["p_last_year"].isna().any() else []
    return Estimates.build(
        table,
        by=["day"],
        measure="observed_expected",
        unit="ratio",
        level=level,
        min_n=min_n,
        method="observed over expected endings, Poisson limits with the noise of training",
        parts={"months": pd.concat(months)},
        notes=(*found.notes, *notes),
    )


def _against(
    now: pd.DataFrame, then: pd.DataFrame | None, risks: Risks, *, training: pd.DataFrame, level: float
) -> dict[str, float]:
    """The same span of the year before by the same model, and the ratio of the two; NaN without one."""
    names = ("last_year", "p_year_alone", "versus_last_year", "versus_low", "versus_high", "p_last_year")
    seen, expected, factor = seen_and_expected(now, risks)
    counts = seen_and_expected(then, risks) if then is not None and len(then) else (0.0, 0.0, 1.0)
    if not counts[0] > 0 or not counts[1] > 0 or not expected > 0:
        return dict.fromkeys(names, float("nan"))
    learnt, factor = float(training["events"].sum()), max(factor, counts[2])
    alone = poisson_ratio(counts[0], counts[1], learnt=learnt, factor=factor, level=level)
    # What a model says of both spans is wrong in both alike: the year before is a count of the same expectation.
    both = poisson_ratio(seen, expected / counts[1] * counts[0], learnt=counts[0], factor=factor, level=level)
    found = (
        alone["estimate"],
        alone["p_value"],
        *(both[name] for name in ("estimate", "ci_low", "ci_high", "p_value")),
    )
    return dict(zip(names, found, strict=True))


def _with_verdicts(table: pd.DataFrame, *, level: float) -> pd.DataFrame:
    far = (table["estimate"] - 1).abs().ge(MATERIAL)
    off = far & (benjamini_hochberg(table["p_training"]) < 1 - level)
    table["p_value"] = table[["p_training", "p_last_year"]].max(axis=1)
    table["off"] = off
    return verdicts(table, changed=off & (benjamini_hochberg(table["p_value"]) < 1 - level), level=level)


def verdicts(table: pd.DataFrame, *, changed: pd.Series, level: float) -> pd.DataFrame:
    """Return evaluation dates with what is said of each.

    Parameters
    ----------
    table : pandas.DataFrame
        As `relation_by_day` gives it, without ``flagged`` and ``verdict``.
    changed : pandas.Series of bool
        Dates on which both tests say that churn changed.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        With ``flagged`` and ``verdict``.
    """
    same_side = np.sign(table["last_year"] - 1) == np.sign(table["estimate"] - 1)
    season = table["off"] & same_side & (table["p_year_alone"] < 1 - level)
    told = np.select([changed, season, table["off"]], [CHANGED, SEASON, UNCLEAR], USUAL)
    return table.assign(flagged=changed, verdict=told)


def of_cause(cells: pd.DataFrame, cause: str, *, until: float) -> pd.DataFrame:
    """Return cells in which who left for another cause stays at risk to the end.

    Parameters
    ----------
    cells : pandas.DataFrame
        Landmark cells, with ``cause`` where one is asked for.
    cause : str
        The cause that is judged; empty for every ending.
    until : float
        The last horizon.

    Returns
    -------
    pandas.DataFrame
        As they are where no cause is asked for.
    """
    if not cause:
        return cells
    # The risk of one cause is a share of all who were there: who left for another one stays among them, with no
    # event, to the end.
    other = cells["cause"].notna() & (labelled(cells["cause"]) != cause)
    return cells.assign(events=cells["events"].where(~other, 0), duration=cells["duration"].where(~other, until))
