"""What was known of a customer before a day: the last answer, and what happened in the days before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from cemlab.core.errors import ParameterError, SchemaError, near_miss
from cemlab.core.lab import Lab
from cemlab.prepare.ordering import last_value
from cemlab.prepare.responses.question import need_dates

if TYPE_CHECKING:
    import ibis.expr.types as ir

NPS_GROUP = "nps_group"
CASES = "cases"
NOT_ASKED = "not asked"
"""Level of `NPS_GROUP` before a first answer with a score."""

WINDOW_DAYS = 90
EPOCH = "1970-01-01"

CUSTOMER, DAY = "_seen_customer", "_seen_on"
"""Columns of marks and changes."""

_GROUP = "_seen_group"


@dataclass(frozen=True)
class Happening:
    """A covariate that changes as things happen to the customer.

    Attributes
    ----------
    name : str
        As it was asked for.
    table : {"events", "cases"}
        Where it is recorded.
    kind : str
        The ``kind`` of event; empty for cases.
    days : int
        How long it counts.
    counted : bool
        True for levels "0", "1" and "2+", False for "no" and "yes".
    """

    name: str
    table: str
    kind: str
    days: int
    counted: bool


@dataclass(frozen=True)
class History:
    """What may be asked of a customer's past.

    Attributes
    ----------
    happenings : tuple of Happening
        Things that happened in the days before.
    asked : bool
        Whether the group of the last answer is wanted.
    survey : str
        Only answers to this survey; empty for all.
    """

    happenings: tuple[Happening, ...]
    asked: bool
    survey: str

    @classmethod
    def of(cls, lab: Lab, names: Sequence[str], *, window_days: int = WINDOW_DAYS, survey: str = "") -> History:
        """Return what the names of time-varying covariates mean in a lab.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        names : sequence of str
            ``nps_group``: group of the latest scored answer, or `NOT_ASKED`. A kind of event, such as
            ``price_change``: "yes" when one occurred in the last `window_days`. Its plural, such as
            ``complaints``: how many did, "0", "1" or "2+". ``cases``: closed-loop actions opened.
            An ending such as ``_180d`` sets the days of one name.
        window_days : int, default 90
            Days that count where the name does not say.
        survey : str, default ""
            Of ``nps_group``: only answers to this survey.

        Returns
        -------
        History
            Ready to be looked up.

        Raises
        ------
        ParameterError
            When a name is given twice, or the days are fewer than 1.
        SchemaError
            When the lab has no such kind of event, or lacks the table.
        """
        if len(set(names)) < len(names):
            raise ParameterError(f"Each covariate must be named once: of {len(names)} names {len(set(names))} differ.")
        wanted = [name for name in names if name != NPS_GROUP]
        kinds = kinds_of(lab) if any(_parsed(name, window_days)[0] != CASES for name in wanted) else {}
        found = tuple(_happening(lab, name, kinds, window_days=window_days) for name in wanted)
        if NPS_GROUP in names:
            need_dates(lab, f"`{NPS_GROUP}`")
        return cls(found, NPS_GROUP in names, survey)

    def levels(self, lab: Lab, rows: ir.Table, *, begin: str, since: str = "") -> ir.Table:
        """Return rows with a level of each covariate, from what was known strictly before a day.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        rows : ibis.Table
            With ``customer_id``.
        begin : str
            Column of `rows` with the day.
        since : str, default ""
            Column of `rows` with the first day on which a happening counts; empty for its own days.

        Returns
        -------
        ibis.Table
            With a column of each name.
        """
        if not (self.happenings or self.asked):
            return rows
        past = self._states(lab)
        seen = rows.asof_join(past, on=rows[begin] > past[DAY], predicates=[rows.customer_id == past[CUSTOMER]])
        found: dict[str, Any] = {}
        if self.asked:
            names = list(lab.info.metric("nps").groups)
            at = (seen[_GROUP] % len(names)).cast("int8")
            found[NPS_GROUP] = ibis.cases(*((at == number, name) for number, name in enumerate(names)), else_=NOT_ASKED)
        for number, happening in enumerate(self.happenings):
            first = seen[since] if since else seen[begin] - ibis.interval(days=happening.days)
            once, twice = ((seen[f"_{what}_{number}"] >= first).fill_null(False) for what in ("last", "second"))
            found[happening.name] = (
                ibis.cases((twice, "2+"), (once, "1"), else_="0") if happening.counted else once.ifelse("yes", "no")
            )
        return seen.mutate(**found).drop(*past.columns)

    def marks(self, lab: Lab) -> ir.Table:
        """Return the days on which something became known of a customer.

        Parameters
        ----------
        lab : Lab
            The opened lab.

        Returns
        -------
        ibis.Table
            One row per customer and day: how often each happening occurred, and the group answered.
        """
        tables = {happening.table for happening in self.happenings}
        parts = [self._happened(lab, name) for name in sorted(tables)] + ([self._answered(lab)] if self.asked else [])
        counts = [f"_n_{number}" for number in range(len(self.happenings))]
        columns = [CUSTOMER, DAY, _GROUP, *counts]
        both = parts[0].select(columns) if len(parts) == 1 else ibis.union(*(part.select(columns) for part in parts))
        sums = {name: both[name].sum() for name in counts}
        return both.group_by([CUSTOMER, DAY]).aggregate(**{_GROUP: both[_GROUP].max()}, **sums)

    def changes(self, lab: Lab) -> ir.Table:
        """Return the days at whose end a covariate of a customer may change.

        Parameters
        ----------
        lab : Lab
            The opened lab.

        Returns
        -------
        ibis.Table
            One row per customer (``_seen_customer``) and day (``_seen_on``): when something became known, and
            when it has become too old to count.
        """
        marks = self.marks(lab)
        days = [marks.select(CUSTOMER, DAY)]
        for number, happening in enumerate(self.happenings):
            old = marks.filter(marks[f"_n_{number}"] > 0)
            gone = (old[DAY] + ibis.interval(days=happening.days)).cast("date")
            days.append(old.select(CUSTOMER, **{DAY: gone}))
        return days[0] if len(days) == 1 else ibis.union(*days, distinct=True)

    def _states(self, lab: Lab) -> ir.Table:
        """What is known after each of those days: last group, last and last but one day of each happening."""
        marks = self.marks(lab)
        so_far = ibis.window(group_by=CUSTOMER, order_by=DAY, preceding=None, following=0)
        before = ibis.window(group_by=CUSTOMER, order_by=DAY, preceding=(None, 1))
        numbers = range(len(self.happenings))
        happened = {number: (marks[f"_n_{number}"] > 0).ifelse(marks[DAY], None) for number in numbers}
        first = {_GROUP: marks[_GROUP].max().over(so_far)} if self.asked else {}
        first |= {f"_last_{number}": happened[number].max().over(so_far) for number in numbers}
        first |= {f"_prior_{number}": happened[number].max().over(before) for number in numbers}
        states = marks.mutate(**first)
        second = {
            f"_second_{number}": ibis.cases(
                (states[f"_n_{number}"] > 1, states[DAY]), (states[f"_n_{number}"] == 1, states[f"_prior_{number}"])
            )
            .max()
            .over(so_far)
            for number in numbers
        }
        kept = [CUSTOMER, DAY, *([_GROUP] if self.asked else []), *(f"_last_{number}" for number in numbers)]
        return states.mutate(**second).select([*kept, *second])

    def _happened(self, lab: Lab, table: str) -> ir.Table:
        rows = lab.table(table)
        day = rows.occurred_on if table == "events" else rows.opened_on
        rows = rows.mutate(**{DAY: day, CUSTOMER: rows.customer_id})
        here = {number: each for number, each in enumerate(self.happenings) if each.table == table}
        kinds = [happening.kind for happening in here.values() if happening.kind]
        rows = rows.filter(rows.kind.isin(kinds)) if kinds else rows
        counts = {
            f"_n_{number}": ((rows.kind == each.kind).sum() if each.kind else rows.count()).cast("int64")
            for number, each in here.items()
        }
        found = rows.group_by([CUSTOMER, DAY]).aggregate(**counts)
        return found.mutate(**self._none(set(here)), **{_GROUP: ibis.null("int64")})

    def _none(self, counted: set[int]) -> dict[str, Any]:
        """A zero for each happening that is counted in another table."""
        return {f"_n_{each}": ibis.literal(0, "int64") for each in range(len(self.happenings)) if each not in counted}

    def _answered(self, lab: Lab) -> ir.Table:
        """The group of each day's last answer, in a number that grows with the day."""
        scale = lab.info.metric("nps")
        rows = lab.table("responses")
        rows = rows.filter((rows.metric == scale.name) & rows.score.notnull() & rows.customer_id.notnull())
        if self.survey:
            if "survey" not in rows.columns:
                raise SchemaError(
                    "`survey` must be a column of `responses`: the lab maps none. Map it, or leave it empty."
                )
            rows = rows.filter(rows.survey == self.survey)
        groups = list(scale.groups.values())
        code = ibis.cases(*((rows.score.isin(codes), number) for number, codes in enumerate(groups)))
        rows = rows.mutate(_code=code.cast("int64"), **{CUSTOMER: rows.customer_id, DAY: rows.responded_on})
        last = rows.group_by([CUSTOMER, DAY]).aggregate(_code=last_value(rows, rows._code, of="responses"))
        number = last[DAY].delta(ibis.date(EPOCH), unit="day").cast("int64") * len(groups) + last._code
        return last.mutate(**{_GROUP: number}, **self._none(set()))


def _parsed(name: str, window_days: int) -> tuple[str, int]:
    """Split ``complaints_90d`` into what and how many days."""
    match = re.fullmatch(r"(.+)_(\d+)d", name)
    what, days = (match[1], int(match[2])) if match else (name, window_days)
    if days < 1:
        raise ParameterError(f"A covariate must look back at least 1 day: {days} were given.")
    return what, days


def kinds_of(lab: Lab) -> dict[str, str]:
    """Return the kinds of events of a lab by their names as covariates.

    Parameters
    ----------
    lab : Lab
        The opened lab.

    Returns
    -------
    dict of str to str
        Name, such as ``price_change`` → kind as it is recorded.

    Raises
    ------
    SchemaError
        When the lab maps no events, or no kind of them.
    """
    events = lab.table("events")
    if "kind" not in events.columns:
        raise SchemaError("Time-varying covariates need the column `kind` of `events`: the lab maps none. Map it.")
    kinds = lab.frame(events.select("kind").distinct())["kind"].dropna()
    return {re.sub(r"\W+", "_", str(kind).strip().lower()): str(kind) for kind in sorted(kinds)}


def _happening(lab: Lab, name: str, kinds: dict[str, str], *, window_days: int) -> Happening:
    what, days = _parsed(name, window_days)
    if what == CASES:
        lab.table(CASES)
        return Happening(name, CASES, "", days, counted=True)
    if what in kinds:
        return Happening(name, "events", kinds[what], days, counted=False)
    if what.removesuffix("s") in kinds:
        return Happening(name, "events", kinds[what.removesuffix("s")], days, counted=True)
    known = [NPS_GROUP, *kinds, *([CASES] if CASES in lab.tables else [])]
    raise SchemaError(
        f"A time-varying covariate must be `{NPS_GROUP}`, `{CASES}` or a kind of event: `{name}` is none. "
        f"{near_miss(what, known)}There are: {', '.join(known)}; the plural counts, and `_30d` sets the days."
    )
