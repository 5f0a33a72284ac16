"""The parts of a profile: what each table of a lab tells of a customer, as of a day."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from cemlab.core.lab import Lab
from cemlab.prepare.history import kinds_of
from cemlab.prepare.ordering import last_value
from cemlab.prepare.profiles.latest import group, latest_answers
from cemlab.prepare.profiles.people import CUSTOMER, Known, known_on
from cemlab.prepare.profiles.purchases import RFM, RFM_SCORES, purchases, scored, within
from cemlab.prepare.responses.question import dated
from cemlab.prepare.spells.clock import days_between, months_begun, months_whole
from cemlab.prepare.spells.followed import REASON, Following

if TYPE_CHECKING:
    import ibis.expr.types as ir

AGE = "_age_days"
"""Column of a part: days since the latest record that it rests on."""

YEAR_DAYS, QUARTER_DAYS = 365, 90
LEAVING_RISK = 0.5
"""A churn risk from which a customer counts as leaving, where nothing else is declared."""

ASSIGNED = ("churn_risk", "segment")
"""Names of assignments that a profile shows."""

_FOLLOWED_LATER = (3, 4)
"""Of `Following.reasons`: no time of the spell is observed yet, but it is known."""


@dataclass(frozen=True)
class Part:
    """Columns of the profile that one table tells of.

    Attributes
    ----------
    columns : tuple of str
        Their names.
    rows : callable
        Returns one row per customer of whom the table tells: ``customer_id``, the columns, and perhaps `AGE`.
    none : tuple of str
        Columns that are 0, not missing, for a customer of whom the table tells nothing.
    """

    columns: tuple[str, ...]
    rows: Callable[[], ir.Table]
    none: tuple[str, ...] = ()


def parts(lab: Lab, known: Known, *, window_days: int = 0) -> list[Part]:
    """Return the parts that a lab can give, beside the attributes of its customers.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    known : Known
        Until when.
    window_days : int, default 0
        Purchases of so many days count for recency, frequency and monetary value; 0 for all.

    Returns
    -------
    list of Part
        In the order of the profile's columns.
    """
    found = [_relations(lab, known), _contacts(lab, known), _answers(lab, known)]
    found += [*_purchases(lab, known, window_days), _margins(lab, known)]
    return [part for part in found if part] + [each for name in ASSIGNED for each in _assigned(lab, known, name)]


def _relations(lab: Lab, known: Known) -> Part | None:
    if "spells" not in lab.tables or known.day is None:
        return None
    following = Following.asked(lab, clock="days", cut=known.day.isoformat() if known.cut else "")

    def _rows() -> ir.Table:
        spells = following.spells(lab)
        spells = spells.filter(spells[REASON].isnull() | spells[REASON].isin(_FOLLOWED_LATER))
        day, live = ibis.date(following.day.isoformat()), spells.ended_on.isnull()
        months = live.ifelse(months_whole(spells.started_on, day), months_begun(spells.started_on, spells.ended_on))
        if "tenure_months" in spells.columns:
            given = live.ifelse(
                ibis.least(spells.tenure_months, months_begun(spells.started_on, day)), spells.tenure_months
            )
            months = given.fill_null(months)
        spells = spells.mutate(_live=live, _months=months.cast("int32"))
        tenure = spells._months.max(where=spells._live)
        last = last_value(spells, spells._months, of="spells")
        return spells.group_by(CUSTOMER).aggregate(live=spells._live.any(), tenure_months=tenure.fill_null(last))

    return Part(("live", "tenure_months"), _rows)


def _contacts(lab: Lab, known: Known) -> Part | None:
    if "events" not in lab.tables:
        return None
    events = lab.table("events")
    channels = (
        {}
        if "channel" not in events.columns
        else {
            _share_of(str(each)): str(each)
            for each in sorted(lab.frame(events.select("channel").distinct())["channel"].dropna())
        }
    )
    complaint = kinds_of(lab).get("complaint") if "kind" in events.columns else None
    total, complaints = f"contacts_{YEAR_DAYS}d", f"complaints_{QUARTER_DAYS}d"

    def _rows() -> ir.Table:
        rows = within(known.rows(lab, "events"), known, days=YEAR_DAYS)
        asked = {f"_{name}": (rows.channel == channel).sum() for name, channel in channels.items()}
        if complaint:
            late = within_condition(rows, known, days=QUARTER_DAYS)
            asked[complaints] = ((rows.kind == complaint) & late).sum().cast("int64")
        counts = rows.group_by(CUSTOMER).aggregate(**{total: rows.count()}, _last=rows.occurred_on.max(), **asked)
        shares = {name: counts[f"_{name}"] / counts[total] for name in channels}
        return counts.mutate(**shares, **{AGE: _age(counts._last, known)})

    counted = (total, *((complaints,) if complaint else ()))
    return Part((total, *channels, *counted[1:]), _rows, counted)


def _share_of(channel: str) -> str:
    words = "_".join(re.findall(r"\w+", channel.lower()))
    return f"contacts_{words}_share"


def within_condition(rows: ir.Table, known: Known, *, days: int) -> ir.BooleanValue:
    """Return whether a row is of the last days before the day.

    Parameters
    ----------
    rows : ibis.Table
        With ``occurred_on``, of before the day.
    known : Known
        The day.
    days : int
        How many.

    Returns
    -------
    ibis boolean
        True where the lab has no days.
    """
    if known.day is None:
        return ibis.literal(True)
    return rows.occurred_on >= ibis.date(known.day.isoformat()) - ibis.interval(days=days)


def _answers(lab: Lab, known: Known) -> Part | None:
    if "responses" not in lab.tables or CUSTOMER not in lab.table("responses").columns:
        return None
    days = dated(lab)
    named = ("responses", "last_nps", "last_nps_group", *(("days_since_nps",) if days else ()))

    def _rows() -> ir.Table:
        found = latest_answers(lab, known.rows(lab, "responses"))
        found = found.mutate(last_nps_group=group(lab, found.last_nps))
        if not days:
            return found
        return found.mutate(days_since_nps=_age(found._last_on, known), **{AGE: _age(found._last_on, known)})

    return Part(named, _rows, ("responses",))


def _purchases(lab: Lab, known: Known, window_days: int) -> list[Part]:
    if "transactions" not in lab.tables:
        return []

    def _rows() -> ir.Table:
        found = purchases(lab, known, window_days=window_days)
        return found.mutate(**{AGE: found.recency_days})

    def _scores() -> ir.Table:
        found = scored(lab, purchases(lab, known, window_days=window_days))
        return found.mutate(**{AGE: found.recency_days})

    return [Part(RFM, _rows, ("frequency", "monetary")), Part(RFM_SCORES, _scores)]


def _margins(lab: Lab, known: Known) -> Part | None:
    if "transactions" not in lab.tables or "margin" not in lab.table("transactions").columns:
        return None
    name = f"margin_{YEAR_DAYS}d"

    def _rows() -> ir.Table:
        rows = within(known.rows(lab, "transactions"), known, days=YEAR_DAYS)
        found = rows.group_by(CUSTOMER).aggregate(**{name: rows.margin.sum()}, _last=rows.occurred_on.max())
        return found.mutate(**{AGE: _age(found._last, known)})

    return Part((name,), _rows, (name,))


def _assigned(lab: Lab, known: Known, name: str) -> list[Part]:
    """What a study wrote last under a name; a risk is the probability that goes with it."""
    taken = "customers" in lab.tables and name in lab.table("customers").columns
    if "assignments" not in lab.tables or taken:
        return []
    every = lab.table("assignments")
    if not int(lab.frame(every.aggregate(n=(every.name == name).sum().fill_null(0)))["n"].iloc[0]):
        return []

    def _rows() -> ir.Table:
        rows = known.rows(lab, "assignments")
        rows = rows.filter(rows.name == name)
        value = rows.value
        if name == "churn_risk":
            number = rows.value.try_cast("float64")
            value = ibis.coalesce(rows.probability, number) if "probability" in rows.columns else number
        rows = rows.mutate(_value=value)
        last = rows.group_by(CUSTOMER).aggregate(
            **{name: last_value(rows, rows._value, of="assignments")}, _last=rows[known_on("assignments")].max()
        )
        return last.mutate(**{AGE: _age(last._last, known)})

    return [Part((name,), _rows)]


def _age(on: ir.DateValue, known: Known) -> ir.IntegerValue:
    return days_between(on, ibis.date(known.day.isoformat())) if known.day else ibis.null("int32")
