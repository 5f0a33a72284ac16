"""Start–stop cells: spells split where something known of the customer changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.cells.counting import exits, recorded
from cemlab.prepare.cells.terms import QUANTILES, described
from cemlab.prepare.history import CUSTOMER, DAY, WINDOW_DAYS, History
from cemlab.prepare.levels import Bins
from cemlab.prepare.replicates import REPLICATE, with_replicates
from cemlab.prepare.spells.clock import days_between
from cemlab.prepare.spells.followed import CAUSE, ENDED, ENTRY, EXIT, Following

if TYPE_CHECKING:
    import ibis.expr.types as ir

BEGIN = "_begin"


def start_stop(
    lab: Lab,
    *,
    terms: Sequence[str] = (),
    time_varying: Sequence[str] = (),
    window_days: int = WINDOW_DAYS,
    survey: str = "",
    cause: str = "",
    cut: str = "",
    bins: Bins | None = None,
    quantiles: int = QUANTILES,
    replicates: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return how many pieces of spells (start, stop] there are, and how many end in an event, by covariates.

    On the clock of days. Each spell is split where a covariate may change. What became known on day d of
    a spell counts after d: at the risk of day t stands what was known strictly before that day.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    terms, time_varying, window_days, survey : as in `cemlab.prepare.cells.person_periods`
        The covariates.
    cause, cut, bins, quantiles, replicates, scope : as in `cemlab.prepare.cells.covariates`
        Which endings, known when, numbers cut where, accounted for how.

    Returns
    -------
    pandas.DataFrame
        One row per cell, sorted: ``start`` and ``duration`` (days since the spell's first: a piece covers
        (start, duration]), ``cause`` (as in `covariates`), the covariates (text), ``n`` pieces, ``events``.

    Raises
    ------
    SchemaError
        When a covariate does not exist.
    ParameterError
        When the cause, the cut or a bin is none.
    InsufficientDataError
        When no spell remains.

    References
    ----------
    Andersen, P. K. and Gill, R. D. (1982). Cox's regression model for counting processes: a large
    sample study. Annals of Statistics, 10(4), 1100–1120. doi:10.1214/aos/1176345976

    Examples
    --------
    >>> cells = start_stop(lab, terms=["plan"], time_varying=["nps_group"])  # doctest: +SKIP
    """
    following = Following.asked(lab, clock="days", cut=cut, scope=scope)
    history = History.of(lab, time_varying, window_days=window_days, survey=survey)
    recorded(lab, following)
    spells, _ = described(lab, following, terms, declared=bins, quantiles=quantiles)
    keys, levels = ["start", "duration"], [*terms, *time_varying]
    pieces = split(lab, spells, history)
    if replicates:
        pieces, keys = with_replicates(lab, pieces, replicates), [*keys, REPLICATE]
    return exits(lab, pieces, [*keys, *levels], levels=levels, cause=cause)


def split(lab: Lab, spells: ir.Table, history: History) -> ir.Table:
    """Return the pieces of spells between changes of what is known.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    spells : ibis.Table
        Followed, on the clock of days.
    history : History
        What may change.

    Returns
    -------
    ibis.Table
        With ``start``, ``duration``, a level of each covariate, and `ENDED` and `CAUSE` in the last piece only.
    """
    pieces = spells.mutate(start=spells[ENTRY].cast("int32"))
    if history.asked or history.happenings:
        changes = history.changes(lab)
        both = spells.inner_join(changes, spells.customer_id == changes[CUSTOMER])
        at = days_between(both.started_on, both[DAY])
        inside = both.mutate(start=at).filter((at > both[ENTRY]) & (at < both[EXIT]))
        pieces = pieces.union(inside.select(pieces.columns))
    within = ibis.window(group_by="spell_id", order_by="start")
    pieces = pieces.mutate(duration=pieces.start.lead().over(within).fill_null(pieces[EXIT]).cast("int32"))
    last = pieces.duration == pieces[EXIT]
    begin = (pieces.started_on + (pieces.start + 1).as_interval("D")).cast("date")
    pieces = pieces.mutate(**{BEGIN: begin, ENDED: pieces[ENDED] & last, CAUSE: last.ifelse(pieces[CAUSE], "")})
    return history.levels(lab, pieces, begin=BEGIN)
