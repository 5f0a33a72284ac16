"""What a lab can tell of customers while they stay."""

from __future__ import annotations

from collections.abc import Sequence

from cemlab.core.lab import Lab
from cemlab.prepare.history import CASES, NPS_GROUP, History, kinds_of
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
        ``nps_group`` where answers to that question carry a day, ``cases`` where there are, and every kind of
        event; each as `cemlab.prepare.cells.person_periods` takes it.

    Examples
    --------
    >>> time_varying(lab)  # doctest: +SKIP
    ['nps_group', 'cases', 'complaint', 'price_change']
    """
    known = [NPS_GROUP] if _asked(lab) else []
    known += [CASES] if CASES in lab.tables else []
    return known + (sorted(kinds_of(lab)) if "events" in lab.tables and "kind" in lab.table("events").columns else [])


def need_history(lab: Lab, names: Sequence[str], *, survey: str = "") -> None:
    """Refuse time-varying covariates that a lab does not record.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    names : sequence of str
        As `cemlab.prepare.cells.person_periods` takes them.
    survey : str, default ""
        Of ``nps_group``: only answers to this survey.

    Raises
    ------
    ParameterError
        When a name is given twice.
    SchemaError
        When the lab records no such thing.

    Examples
    --------
    >>> need_history(lab, ["complaints_90d"])  # doctest: +SKIP
    """
    History.of(lab, names, survey=survey)


def _asked(lab: Lab) -> bool:
    if "responses" not in lab.tables or not dated(lab):
        return False
    rows = lab.table("responses")
    if "customer_id" not in rows.columns:
        return False
    asked = rows.filter((rows.metric == lab.info.metric("nps").name) & rows.customer_id.notnull())
    return bool(lab.frame(asked.aggregate(n=asked.count()))["n"].iloc[0])
