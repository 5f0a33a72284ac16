"""Spells as they were known on a day: when each came under observation, when it left it, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from cemlab.core.errors import InsufficientDataError, ParameterError, near_miss
from cemlab.core.lab import Lab, LedgerLine, Outcome
from cemlab.core.parameters import REGISTRY
from cemlab.prepare.spells.clock import CLOCKS, Clock, days_between, months_begun, months_whole

if TYPE_CHECKING:
    import ibis.expr.types as ir

LATER = "it began after the time that is looked at"
ENDED_UNSEEN = "it ended before its end could be recorded"
BACKWARDS = "it ends before it starts"
NOT_YET = "its observation begins only on or after the day of counting"
NO_MONTH = "no full month observed"
NO_DAY = "no full day observed"
ENDED_AT_ONCE = "it ended in its first month, which was not over on the day of counting"
UNFINISHED_MONTH = "it ended in the unfinished month: counted as followed to the last complete one"

ENTRY, EXIT, ENDED, CAUSE, REASON = "_entry", "_exit", "_ended", "_cause", "_reason"
"""Columns that `followed` adds: times of the clock, whether the end counts, why it ended, why the spell is left out."""

UNFINISHED = "_unfinished"
"""Whether an end is known that the clock of months cannot place: its month was not over on the day of counting."""

TENURES: Mapping[Clock, str] = {"months": "tenure_months", "days": "tenure_days"}
"""What a source may give as the length of a spell, by clock."""


@dataclass(frozen=True)
class Following:
    """How spells are followed: until which day, and on which clock.

    Attributes
    ----------
    day : datetime.date
        Nothing known on it or later counts.
    clock : {"days", "months"}
        Unit of the durations.
    cut : bool
        True when `day` was asked for, rather than the lab's own.
    scope : str
        Under which the ledger accounts for the spells.
    """

    day: dt.date
    clock: Clock
    cut: bool
    scope: str

    @classmethod
    def asked(cls, lab: Lab, *, clock: str, cut: str, scope: str = "") -> Following:
        """Return how to follow the spells of a lab, checked against it.

        Parameters
        ----------
        lab : Lab
            An opened lab that has the table ``spells``.
        clock : str
            ``days`` or ``months``.
        cut : str
            ISO day not after the lab's as-of day; empty for that day.
        scope : str, default ""
            Name for the ledger; empty for the clock's.

        Returns
        -------
        Following
            Ready.

        Raises
        ------
        ParameterError
            When the clock is unknown, the cut is no day, or lies after the as-of day.
        """
        if clock not in CLOCKS:
            raise ParameterError(
                f"`clock` must be one of {', '.join(CLOCKS)}: {clock!r} was given. {near_miss(clock, CLOCKS)}"
            )
        day = dt.date.fromisoformat(str(REGISTRY["as_of"].coerce(cut))) if cut else lab.as_of
        if day is None:
            raise ParameterError(
                "Spells are followed until a day: the lab has no as-of day, and no `cut` was given. Give one."
            )
        if lab.as_of and day > lab.as_of:
            raise ParameterError(f"`cut` must not lie after the as-of day, {lab.as_of}: {day} was given.")
        named = scope or f"spells in {clock}"
        return cls(day, clock, bool(cut), f"{named} until {day}" if cut else named)  # type: ignore[arg-type]

    @property
    def tenure(self) -> str:
        """Column in which a source may give the length of a spell on this clock."""
        return TENURES[self.clock]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why a spell may be left out, in the order in which it is counted."""
        nothing = (NO_DAY,) if self.clock == "days" else (NO_MONTH, ENDED_AT_ONCE)
        return (LATER, BACKWARDS, ENDED_UNSEEN, NOT_YET, *nothing)

    def spells(self, lab: Lab) -> ir.Table:
        """Return every spell of the lab with its times, and the reason why it is left out, if it is.

        Parameters
        ----------
        lab : Lab
            The opened lab.

        Returns
        -------
        ibis.Table
            ``spells``, its ``ended_on`` masked at the day, with `ENTRY`, `EXIT`, `ENDED`, `UNFINISHED` and
            `REASON`; the times mean nothing where there is a reason, nor does ``end_reason`` where the end does
            not count.
        """
        rows = self._masked(lab.table("spells"))
        rows = self._timed(rows).mutate(**{ENTRY: self._entry(rows)})
        steps = ((broken, number) for number, broken in self._faults(rows).items())
        return rows.mutate(**{REASON: ibis.cases(*steps).cast("int8")})

    def used(self, lab: Lab) -> ir.Table:
        """Return the spells that are followed.

        Parameters
        ----------
        lab : Lab
            The opened lab.

        Returns
        -------
        ibis.Table
            As `spells`, without those that are left out, and with `CAUSE`.
        """
        rows = self.spells(lab)
        return with_cause(rows.filter(rows[REASON].isnull()).drop(REASON))

    def restarted(self, rows: ir.Table, *, on: ir.DateValue) -> ir.Table:
        """Return spells as if each began on a day of its life, there already, with its times anew.

        Parameters
        ----------
        rows : ibis.Table
            Spells that are followed, and on that day still live.
        on : ibis date
            The day of each.

        Returns
        -------
        ibis.Table
            With `ENTRY`, `EXIT`, `ENDED` and `CAUSE` of what is left, also of spells of which no whole step is
            left (0).
        """
        rows = rows.mutate(started_on=on.cast("date")).drop(*(set(TENURES.values()) & set(rows.columns)))
        rows = self._timed(rows).mutate(**{ENTRY: ibis.literal(0, "int32")})
        return with_cause(rows)

    def record(self, lab: Lab, reasons: Mapping[str, int], *, used: int, unfinished: int = 0) -> None:
        """Account for every spell in the ledger.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        reasons : mapping of str to int
            Reason → spells left out for it, in the order in which they are counted.
        used : int
            Spells that are followed.
        unfinished : int, default 0
            Those of them whose end the clock cannot place.

        Raises
        ------
        InsufficientDataError
            When no spell is.
        """
        table = lab.table("spells")
        rows_in = int(lab.frame(table.aggregate(n=table.count()))["n"].iloc[0])

        def _line(outcome: Outcome, count: int, reason: str = "") -> LedgerLine:
            return LedgerLine("study", "spells", outcome, reason, count, scope=self.scope)

        left = [
            _line("quarantined" if reason in (BACKWARDS, ENDED_UNSEEN) else "excluded", count, reason)
            for reason, count in reasons.items()
        ]
        placed = [_line("used", used - unfinished), _line("used", unfinished, UNFINISHED_MONTH)]
        lab.ledger.record([_line("in", rows_in), *(placed if unfinished else placed[:1]), *left])
        if not used:
            why = "; ".join(f"{line.reason}: {line.count:,}" for line in left)
            raise InsufficientDataError(
                f"At least one spell must be followed until {self.day}: of {rows_in:,} none"
                f" is{f' ({why})' if why else ''}. Choose a later day, or check `spells` with `cemlab check`."
            )

    def _masked(self, rows: ir.Table) -> ir.Table:
        """Blank what was not known before a cut, as the lab has done at its own day."""
        if "ended_on" not in rows.columns:
            return rows.mutate(ended_on=ibis.null("date"))
        if not self.cut:
            return rows
        # the reason is not masked: it is read only where the end is seen, and texts are slow to copy
        return rows.mutate(ended_on=(rows.ended_on < self.day).ifelse(rows.ended_on, None))

    def _entry(self, rows: ir.Table) -> ir.IntegerValue:
        if "observed_from" not in rows.columns:
            return ibis.literal(0, "int32")
        since = days_between if self.clock == "days" else months_begun
        late = (rows.observed_from > rows.started_on).fill_null(False)
        return late.ifelse(since(rows.started_on, rows.observed_from), 0).cast("int32")

    def _timed(self, rows: ir.Table) -> ir.Table:
        """Add when a spell leaves observation, whether its end counts, and whether it is known but cannot be placed."""
        day, ended = ibis.date(self.day.isoformat()), rows.ended_on.notnull()
        last, seen = self._dated(rows, day)
        if self.tenure in rows.columns:
            given = rows[self.tenure]
            begun = (days_between if self.clock == "days" else months_begun)(rows.started_on, day)
            # what the source gives may have grown since the day, and must not tell of later
            last = given.isnull().ifelse(last, ended.ifelse(given, ibis.least(given, begun)))
            seen = given.isnull().ifelse(seen, ended)
        return rows.mutate(**{EXIT: last.cast("int32"), ENDED: seen, UNFINISHED: ended & ~seen})

    def _dated(self, rows: ir.Table, day: ir.DateValue) -> tuple[ir.IntegerValue, ir.BooleanValue]:
        """When a spell leaves observation by its days, and whether its end counts."""
        ended = rows.ended_on.notnull()
        if self.clock == "days":
            return ibis.greatest(days_between(rows.started_on, rows.ended_on.fill_null(day)), 1), ended
        whole = months_whole(rows.started_on, day)
        # an end after the last whole month leaves no more than those: its whole months are as many
        month = ibis.greatest(months_begun(rows.started_on, rows.ended_on), 1)
        month = ended.ifelse(month, None)
        return ibis.least(month.fill_null(whole), whole), (month <= whole).fill_null(False)

    def _faults(self, rows: ir.Table) -> dict[int, ir.BooleanValue]:
        """Whether each of `reasons` applies, by its number, where it can."""
        faults = {1: rows.ended_on < rows.started_on}
        if self.cut:
            faults = {0: rows.started_on >= self.day} | faults
        late = "observed_from" in rows.columns
        if late:
            faults |= {2: rows.ended_on < rows.observed_from, 3: rows.observed_from >= self.day}
        no_time = rows[EXIT] <= rows[ENTRY]
        if self.tenure in rows.columns:
            # a tenure of 0 is at risk at time 0 alone, as R has it
            no_time &= ~(rows[self.tenure].notnull() & (rows[EXIT] == 0) & (rows[ENTRY] == 0))
        if self.clock == "months":
            return faults | {4: no_time & ~rows[UNFINISHED], 5: no_time}
        # a day at least is followed of whoever did not come late
        return faults | {4: no_time} if late else faults


def with_cause(rows: ir.Table) -> ir.Table:
    """Return spells with why each ended, as the lab gives it: texts are slow to change.

    Parameters
    ----------
    rows : ibis.Table
        With `ENDED`.

    Returns
    -------
    ibis.Table
        With `CAUSE`, which means nothing where the end was not seen; "" where the lab gives no reasons.
    """
    return rows.mutate(**{CAUSE: rows.end_reason if "end_reason" in rows.columns else ibis.literal("")})


def first_that_applies(steps: Sequence[ir.BooleanValue]) -> ir.IntegerValue:
    """Return the number of the first step that applies, null where none does.

    Parameters
    ----------
    steps : sequence of ibis boolean
        In the order in which they are counted; null does not apply.

    Returns
    -------
    ibis integer
        From 0.
    """
    return ibis.cases(*((step, number) for number, step in enumerate(steps))).cast("int8")
