"""The trap of immortal time, to be shown beside what avoids it."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.cells.counting import exits, recorded
from cemlab.prepare.cells.terms import QUANTILES, described
from cemlab.prepare.history import History
from cemlab.prepare.levels import Bins
from cemlab.prepare.replicates import REPLICATE, with_replicates
from cemlab.prepare.spells.followed import ENTRY, EXIT, Following

_AFTER = "_after"


def immortal_time(
    lab: Lab,
    *,
    ever: Sequence[str],
    terms: Sequence[str] = (),
    clock: str = "months",
    survey: str = "",
    cause: str = "",
    cut: str = "",
    bins: Bins | None = None,
    quantiles: int = QUANTILES,
    replicates: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return covariate cells whose spells are told apart by what happened during them: wrong, and meant to be.

    Whoever is ever to complain, answer or be called must live until then: that time cannot end in an
    event, and is counted for the group all the same, so that anything seems to keep customers.
    A study shows the result beside `cemlab.prepare.cells.landmark` and
    `cemlab.prepare.cells.person_periods`, and never as a finding.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    ever : sequence of str
        What happened between a spell's first day and its end, named as time-varying covariates are;
        of ``nps_group`` the last answer in that time or before.
    terms, clock : as in `cemlab.prepare.cells.covariates`
        Covariates and clock.
    survey : str, default ""
        Of ``nps_group``: only answers to this survey; empty for all.
    cause, cut, bins, quantiles, replicates, scope : as in `cemlab.prepare.cells.covariates`
        The rest of the question.

    Returns
    -------
    pandas.DataFrame
        As `cemlab.prepare.cells.covariates`, with the columns `ever`.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `cemlab.prepare.cells.covariates`.

    References
    ----------
    Suissa, S. (2008). Immortal time bias in pharmacoepidemiology. American Journal of Epidemiology,
    167(4), 492–499. doi:10.1093/aje/kwm324

    Examples
    --------
    >>> wrong = immortal_time(lab, ever=["complaint"])  # doctest: +SKIP
    """
    following = Following.asked(lab, clock=clock, cut=cut, scope=scope)
    history = History.of(lab, ever, survey=survey)
    spells, _ = described(lab, following, terms, declared=bins, quantiles=quantiles)
    over = (spells.ended_on + ibis.interval(days=1)).cast("date").fill_null(ibis.date(following.day.isoformat()))
    spells = spells.rename(duration=EXIT, start=ENTRY).mutate(**{_AFTER: over})
    told = history.levels(lab, spells, begin=_AFTER, since="started_on")
    keys, levels = ["start", "duration"], [*terms, *ever]
    if replicates:
        told, keys = with_replicates(lab, told, replicates), [*keys, REPLICATE]
    counts = exits(lab, told, [*keys, *levels], levels=levels, cause=cause)
    recorded(lab, following, used=int(counts["n"].sum()))
    return counts if counts["start"].any() else counts.drop(columns="start")
