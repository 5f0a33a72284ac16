"""Models of all columns, as they learn from the cells of a training time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import Scorecard
from cemlab.stats.causes import Cause, label_of
from cemlab.stats.hazards.cox import fit_cox
from cemlab.stats.hazards.discrete import fit_discrete
from cemlab.stats.hazards.fine_gray import fit_fine_gray
from cemlab.stats.hazards.predicted import clustered
from cemlab.stats.prediction.scorecards import Clock, person_periods, scorecard

Kind = Literal["discrete time", "Cox", "Fine and Gray"]
KINDS: tuple[Kind, ...] = ("discrete time", "Cox", "Fine and Gray")


def trained(
    cells: pd.DataFrame,
    *,
    kind: Kind,
    terms: Sequence[str],
    horizons: Sequence[float],
    cause: Cause = "",
    clock: Clock = "days",
    bins: Mapping[str, Sequence[float]] | None = None,
    time_varying: Sequence[str] = (),
    cluster: str = "",
    ridge: float = 1.0,
    level: float = 0.95,
    min_n: int = 10,
) -> tuple[Estimates, Scorecard]:
    """Return a fitted model of all columns, and its scorecard.

    Discrete time: a hazard (complementary log-log) in each of the periods between one horizon and the next.
    Cox: a hazard at every time. Fine and Gray: the risk of one cause. All are shrunk a little, so that a level
    at which nobody left has a score.

    Parameters
    ----------
    cells : pandas.DataFrame
        Landmark cells of the training time.
    kind : {"discrete time", "Cox", "Fine and Gray"}
        Which model.
    terms : sequence of str
        The columns; each with two levels at least.
    horizons : sequence of float
        In units of the clock.
    cause : str or float, default ""
        For Fine and Gray.
    clock, bins, time_varying : as in `scorecard`
        The same question.
    cluster : str, default ""
        Column of what belongs together, for clustered errors of the coefficients.
    ridge : float, default 1
        As `cemlab.stats.hazards.fit_cox`.
    level, min_n : as in `cemlab.stats.hazards.fit_cox`
        How surely, and the smallest level.

    Returns
    -------
    Estimates
        As `fit_discrete` (but ``n`` counts spells), `fit_cox` or `fit_fine_gray`.
    Scorecard
        From it, named as the kind.

    Raises
    ------
    ParameterError
        When the kind is unknown, or does not go with the cause, or there is no term.
    InsufficientDataError
        When nobody left, or a column is constant or repeats others.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [10, 30, 20, 30], "n": [30, 70, 10, 90],
    ...                       "events": [30, 0, 10, 0]})
    >>> fit, card = trained(cells, kind="discrete time", terms=["plan"], horizons=[30], ridge=0)
    >>> card.of(pd.DataFrame({"plan": ["a", "b"]}))["risk_30"].round(3).tolist()
    [0.3, 0.1]
    """
    of = label_of(cause)
    if kind not in KINDS or bool(of) != (kind == "Fine and Gray"):
        raise ParameterError(
            f'A cause goes with "Fine and Gray" and with it alone: {kind!r} was asked {"with" if of else "without"} a'
            " cause."
        )
    if not terms:
        raise ParameterError("A model needs a term: none was given. For tenure alone use `tenure_baseline`.")
    held, ends = list(terms), tuple(sorted({float(horizon) for horizon in horizons})) if kind == "discrete time" else ()
    if kind == "discrete time":
        periods = person_periods(cells, terms=[*held, *([cluster] if cluster else [])], ends=ends)
        # A customer counts once per period there: as many more make a level that may be shown.
        fit = fit_discrete(
            periods, terms=held, time="levels", cluster=cluster, ridge=ridge, level=level, min_n=min_n * len(ends)
        )
        fit = _counting_spells(fit, cells, min_n=min_n)
    elif kind == "Cox":
        fit = fit_cox(cells, terms=held, ridge=ridge, level=level, min_n=min_n)
        fit = clustered(fit, cells, group=cluster) if cluster else fit
    else:
        fit = fit_fine_gray(cells, terms=held, cause=of, cluster=cluster, ridge=ridge, level=level, min_n=min_n)
    card = scorecard(fit, horizons=horizons, clock=clock, ends=ends, bins=bins, time_varying=time_varying)
    return fit, replace(card, model=kind)


def _counting_spells(fit: Estimates, cells: pd.DataFrame, *, min_n: int) -> Estimates:
    """The same estimates with spells as `n`, in place of the periods that they were at risk in."""
    parts = {**fit.parts, "fit": fit.parts["fit"].assign(n=float(cells["n"].sum()))}
    counts = {
        (term, str(level)): float(n)
        for term in fit.table["term"].unique()
        for level, n in cells.groupby(term, observed=True)["n"].sum().items()
    }

    def _of(table: pd.DataFrame) -> pd.Series:
        n = pd.Series([counts[key] for key in zip(table["term"], table["level"], strict=True)], index=table.index)
        return n.where(table["n"].notna())

    parts["ratios"] = parts["ratios"].assign(n=_of(parts["ratios"]))
    return replace(fit, parts=parts, min_n=min_n).with_columns({"n": _of(fit.table)})
