"""Covariate cells: durations by what was known of each spell at its start."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.cells.counting import exits, recorded
from cemlab.prepare.cells.terms import QUANTILES, described
from cemlab.prepare.levels import Bins
from cemlab.prepare.replicates import REPLICATE, with_replicates
from cemlab.prepare.spells.followed import ENTRY, EXIT, Following


def covariates(
    lab: Lab,
    *,
    terms: Sequence[str],
    clock: str = "months",
    cause: str = "",
    cut: str = "",
    bins: Bins | None = None,
    quantiles: int = QUANTILES,
    replicates: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return how many spells of each combination of levels left observation at each duration.

    The cells are enough for an exact Cox model: as if every spell were written out. Durations are those of
    `cemlab.prepare.spells.life_table`, also tenures of 0: the partial likelihood knows only their order, so
    that shifting all by one together changes nothing. A covariate is what stands in the spell or of its
    customer, or what had been assigned before the spell's first day. Attributes of customers have no history:
    `cemlab.prepare.cells.bins` marks them undated.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    terms : sequence of str
        Covariates: columns of ``spells``, else of ``customers``, else names of assignments.
    clock : {"months", "days"}, default "months"
        Unit of the durations.
    cause : str, default ""
        Count only endings for this reason as events; empty for all.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    bins : mapping of str to sequence of float, optional
        Cut points of numeric covariates: bins are [low, high).
    quantiles : int, default 4
        Into how many bins other numeric covariates of more values are cut, at quantiles among the spells.
    replicates : int, default 0
        Into how many groups customers, or accounts where declared, are hashed for clustered errors: 2 to 256;
        −1: each its own; 0: none.
    scope : str, default ""
        Under which the ledger accounts for the spells; empty for the clock's name.

    Returns
    -------
    pandas.DataFrame
        One row per cell, sorted: ``start`` (when spells came under observation, only where one came late),
        ``duration``, ``replicate`` (from 0, where asked for), ``cause`` (missing where the end was not seen;
        only where the lab maps ``end_reason`` and no `cause` is asked for), the columns `terms` (text,
        "unknown" where missing), ``n`` spells, ``events`` (n or 0).

    Raises
    ------
    SchemaError
        When a covariate does not exist.
    ParameterError
        When the clock, the cause, the cut or a bin is none.
    InsufficientDataError
        When no spell remains.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. Journal of the Royal Statistical Society,
    Series B, 34(2), 187–220. doi:10.1111/j.2517-6161.1972.tb00899.x

    Examples
    --------
    >>> cells = covariates(lab, terms=["plan", "region"], clock="months")  # doctest: +SKIP
    """
    following = Following.asked(lab, clock=clock, cut=cut, scope=scope)
    spells, _ = described(lab, following, terms, declared=bins, quantiles=quantiles)
    spells = spells.rename(duration=EXIT, start=ENTRY)
    keys = ["start", "duration"]
    if replicates:
        spells, keys = with_replicates(lab, spells, replicates), [*keys, REPLICATE]
    counts = exits(lab, spells, [*keys, *terms], levels=terms, cause=cause)
    recorded(lab, following, used=int(counts["n"].sum()))
    return counts if counts["start"].any() else counts.drop(columns="start")


def bins(
    lab: Lab,
    *,
    terms: Sequence[str],
    clock: str = "months",
    cut: str = "",
    bins: Bins | None = None,
    quantiles: int = QUANTILES,
) -> pd.DataFrame:
    """Return where covariates come from, whether they are dated, and how numbers were cut.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    terms, clock, cut, bins, quantiles : as in `covariates`
        The same question.

    Returns
    -------
    pandas.DataFrame
        One row per covariate, and per bin of one that is cut: ``term``, ``source`` (table),
        ``undated`` (True where nothing says since when the value holds), ``how`` (level, declared or quantile),
        ``level`` (name of the bin; missing where values are levels), ``low``, ``high``: [low, high).

    Raises
    ------
    SchemaError, ParameterError
        As `covariates`.

    Examples
    --------
    >>> cut = bins(lab, terms=["monthly_charges"])  # doctest: +SKIP
    """
    following = Following.asked(lab, clock=clock, cut=cut)
    return described(lab, following, terms, declared=bins, quantiles=quantiles)[1]
