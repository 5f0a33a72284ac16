"""What a lab can tell of customers while they stay."""

from __future__ import annotations

from cemlab.core.lab import Lab
from cemlab.prepare.history import CASES, NPS_GROUP, kinds_of
from cemlab.prepare.responses import dated


def time_varying(lab: Lab) -> list[str]:
    """Return the time-varying covariates that a lab records.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    list of str
        ``nps_group`` where answers to that question carry a day, ``cases`` where there are, and every kind of event; each as
        `cemlab.prepare.cells.person_periods` takes it.

    Examples
    --------
    >>> time_varying(lab)  # doctest: +SKIP
    ['nps_group', 'cases', 'complaint', 'price_change']
    """
    known = [NPS_GROUP] if _asked(lab) else []
    known += [CASES] if CASES in lab.tables else []
    return known + (sorted(kinds_of(lab)) if "events" in lab.tables and "kind" in lab.table("events").columns else [])


def _asked(lab: Lab) -> bool:
    if "responses" not in lab.tables or not dated(lab):
        return False
    rows = lab.table("responses")
    asked = rows.filter((rows.metric == lab.info.metric("nps").name) & rows.customer_id.notnull())
    return bool(lab.frame(asked.aggregate(n=asked.count()))["n"].iloc[0])
