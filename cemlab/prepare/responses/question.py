"""Which answers a question is about, what each weighs, and why the others are left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ibis

from cemlab.core.errors import ParameterError, SchemaError, near_miss
from cemlab.core.lab import AT_FAULT, Lab, LedgerLine
from cemlab.core.parameters import REGISTRY
from cemlab.prepare.ordering import last_value

if TYPE_CHECKING:
    import ibis.expr.types as ir

OTHER_METRIC = "asks another question"
OTHER_SURVEY = "another survey"
OUTSIDE = "outside the window"
NO_SCORE = "no score given"
UNUSABLE = "its score could not be used"
NO_WEIGHT = "it has no weight"
ZERO_WEIGHT = "its weight is zero"

UNWEIGHTED, LAB_WEIGHTS, AUTO = "none", "lab", "auto"
WEIGHT = "_weight"
"""Column of the weight, 1 where answers are not weighted."""

Window = tuple[str, str]


@dataclass(frozen=True)
class Question:
    """Which answers are wanted: one metric, in one or more windows, of a survey, weighted or not.

    Attributes
    ----------
    metric : str
        The question.
    windows : tuple of (date or None, date or None)
        Half-open windows of lab-local days that do not overlap.
    survey : str
        Only this survey; empty for all.
    weights : str
        ``none``, ``lab``, or the name of an assignment; never ``auto``, which `asked` resolves.
    scope : str
        Under which the ledger accounts for its rows.
    """

    metric: str
    windows: tuple[tuple[dt.date | None, dt.date | None], ...]
    survey: str
    weights: str
    scope: str

    @classmethod
    def asked(
        cls,
        lab: Lab,
        *,
        metric: str,
        start: str = "",
        end: str = "",
        survey: str = "",
        weights: str = UNWEIGHTED,
        scope: str = "",
    ) -> Question:
        """Return the question as a study asks it, checked against the lab.

        Parameters
        ----------
        lab : Lab
            An opened lab that has the table ``responses``.
        metric, start, end, survey, weights, scope : str
            See the class; days are ISO text, empty for no bound; `scope` is the metric when empty; `weights` may be
            ``auto``: those of the lab where it maps any.

        Returns
        -------
        Question
            Ready to choose answers.

        Raises
        ------
        ParameterError
            When a day cannot be read, or `start` is not before `end`.
        SchemaError
            When a window is asked of undated answers.
        """
        first, last = (_day(name, value) for name, value in (("start", start), ("end", end)))
        if first and last and first >= last:
            raise ParameterError(f"`start` must lie before `end`: {first} and {last} were given.")
        if first or last:
            need_dates(lab, "`start` and `end`")
        if weights == AUTO:
            weights = LAB_WEIGHTS if "weight" in lab.table("responses").columns else UNWEIGHTED
        return cls(metric, ((first, last),), survey, weights or UNWEIGHTED, scope or metric)

    def within(self, lab: Lab, windows: Sequence[Window]) -> Question:
        """Return the same question in several windows at once.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        windows : sequence of (str, str)
            Half-open windows [start, end) of ISO days, in order, without overlap.

        Returns
        -------
        Question
            Its scope names the windows, so that its accounting stands beside the first one's.

        Raises
        ------
        ParameterError
            When fewer than two are given, one has an open end inside, or they overlap.
        """
        need_dates(lab, "Windows")
        days = tuple((_day("start", start), _day("end", end)) for start, end in windows)
        bounds = [day for window in days for day in window][1:-1]
        ordered = all(bounds) and all(one < two for one, two in days if one and two)
        if len(days) < 2 or not ordered or any(one > two for one, two in zip(bounds[::2], bounds[1::2], strict=True)):  # type: ignore[operator]
            raise ParameterError(
                f"Windows to compare must be two or more, each [start, end), in order and without overlap: {len(days)} "
                "were given that are not. Only the first start and the last end may be empty."
            )
        scope = self.scope if self.scope != self.metric else f"{self.metric}, {_named(days)}"
        inside = replace(self, windows=days, scope=scope)
        if days[0][0]:
            return inside
        kept = inside.kept(inside.answers(lab))
        first = lab.frame(kept.aggregate(first=kept.responded_on.min().cast("string")))["first"].iloc[0]
        begin = dt.date.fromisoformat(first) if isinstance(first, str) else days[0][1]
        return replace(inside, windows=((begin, days[0][1]), *days[1:]))

    def answers(self, lab: Lab) -> ir.Table:
        """Return all answers, each with its weight.

        Parameters
        ----------
        lab : Lab
            The opened lab.

        Returns
        -------
        ibis.Table
            ``responses`` with the column `WEIGHT`, where weights are in use.

        Raises
        ------
        SchemaError
            When the weights do not exist.
        """
        return self._weighted(lab, lab.table("responses"))

    def unusable(self, lab: Lab) -> ir.Table:
        """Return the answers to the question that were quarantined because of their score.

        Parameters
        ----------
        lab : Lab
            The opened lab.

        Returns
        -------
        ibis.Table
            As `answers`, one row per answer; none of them is among `answers` in a row of its own.

        Raises
        ------
        SchemaError
            When the weights do not exist.
        """
        aside = lab.quarantined("responses")
        aside = aside.filter(aside[AT_FAULT] == "score").drop(AT_FAULT)
        aside = aside.distinct(on=["response_id", "metric"], keep="first")
        rows = self._weighted(lab, aside.anti_join(lab.table("responses"), ["response_id", "metric"]))
        steps = self.conditions(rows)
        return rows.filter([condition for reason, condition in steps if reason != NO_SCORE])

    def _weighted(self, lab: Lab, answers: ir.Table) -> ir.Table:
        """Answers with their weight, where weights are in use."""
        if self.weights == UNWEIGHTED:
            return answers
        if self.weights == LAB_WEIGHTS:
            if "weight" not in answers.columns:
                raise SchemaError(
                    "`weights = lab` needs the column `weight` of `responses`: the lab maps none. Map it, name an "
                    "assignment, or leave answers unweighted (`none`)."
                )
            return answers.mutate(**{WEIGHT: answers.weight})
        return _with_assigned(lab, answers, self.weights)

    def conditions(self, answers: ir.Table) -> list[tuple[str, ir.BooleanValue]]:
        """Return what a row must satisfy, in order, each with the reason for leaving it out when it does not.

        Parameters
        ----------
        answers : ibis.Table
            As `answers` returns it.

        Returns
        -------
        list of (str, ibis boolean)
            Null counts as not satisfied. Conditions are positive, so that an engine can skip blocks by them.
        """
        steps = [(OTHER_METRIC, answers.metric == self.metric)]
        if self.survey:
            if "survey" not in answers.columns:
                raise SchemaError(
                    "`survey` must be a column of `responses`: the lab maps none. "
                    "Map it, or leave the parameter `survey` empty."
                )
            steps.append((OTHER_SURVEY, answers.survey == self.survey))
        inside = [_inside(answers, window) for window in self.windows]
        if all(each is not None for each in inside):
            steps.append((OUTSIDE, ibis.or_(*inside)))
        steps.append((NO_SCORE, answers.score.notnull()))
        if self.weights != UNWEIGHTED:
            steps += [(NO_WEIGHT, answers[WEIGHT].notnull()), (ZERO_WEIGHT, answers[WEIGHT] != 0)]
        return steps

    def kept(self, answers: ir.Table) -> ir.Table:
        """Return the answers that the question is about.

        Parameters
        ----------
        answers : ibis.Table
            As `answers` returns it.

        Returns
        -------
        ibis.Table
            Rows with a score and, where weights are in use, a weight.
        """
        return answers.filter([condition for _, condition in self.conditions(answers)])

    def record(self, lab: Lab, *, used: int) -> None:
        """Account for every row in the ledger; reasons are counted only where a row was left out.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        used : int
            Answers that were counted.
        """
        answers = self.answers(lab)
        rows_in = int(lab.frame(answers.aggregate(n=answers.count()))["n"].iloc[0])
        reasons = {} if used == rows_in else self._reasons(lab, answers, rows_in=rows_in, used=used)

        def _line(outcome: Any, count: int, reason: str = "") -> LedgerLine:
            return LedgerLine("study", "responses", outcome, reason, count, scope=self.scope)

        lab.ledger.record(
            [_line("in", rows_in), _line("used", used), *(_line("excluded", n, why) for why, n in reasons.items())]
        )

    def _reasons(self, lab: Lab, answers: ir.Table, *, rows_in: int, used: int) -> dict[str, int]:
        """Rows left out, each counted once, under the first reason that applies.

        What the first i conditions leave is counted, and the differences are the reasons: the last condition, the
        dearest to look at, needs no look.
        """
        steps = self.conditions(answers)
        left = {
            f"step_{number}": ibis.and_(*(condition for _, condition in steps[: number + 1])).sum().fill_null(0)
            for number in range(len(steps) - 1)
        }
        row = lab.frame(answers.aggregate(**left)).iloc[0]
        remaining = [rows_in, *(int(row[name]) for name in left), used]
        return {reason: remaining[number] - remaining[number + 1] for number, (reason, _) in enumerate(steps)}

    def nothing_left(self, lab: Lab) -> str:
        """Return the message for a question without an answer.

        Parameters
        ----------
        lab : Lab
            Its ledger holds the reasons.

        Returns
        -------
        str
            With counts.
        """
        lines = [line for line in lab.ledger.lines if (line.stage, line.scope) == ("study", self.scope)]
        rows_in = sum(line.count for line in lines if line.outcome == "in")
        rows = self.unusable(lab)
        unusable = int(lab.frame(rows.aggregate(n=rows.count()))["n"].iloc[0])
        reasons = [f"{line.reason}: {line.count:,}" for line in lines if line.outcome == "excluded"]
        left_out = "; ".join([*reasons, *([f"{UNUSABLE}: {unusable:,}"] if unusable else [])])
        rows_in += unusable
        return (
            f"At least one `{self.metric}` answer with a score must remain: of {rows_in:,} rows none does"
            f"{f' ({left_out})' if left_out else ''}. Check metric, survey, start and end."
        )


def need_dates(lab: Lab, what: str) -> None:
    """Raise when the lab's answers carry no day.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    what : str
        What needs the days, as the beginning of the message.

    Raises
    ------
    SchemaError
        When they do not.
    """
    if not dated(lab):
        raise SchemaError(
            f"{what} need the day of each answer: `responses` of this lab carries no `responded_at`. "
            "Map it in the lab file, or leave them empty."
        )


def dated(lab: Lab) -> bool:
    """Return whether the lab's answers carry the day on which they were given.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.

    Returns
    -------
    bool
        False when no window, and no course over time, can be asked of them.

    Raises
    ------
    SchemaError
        When the lab has no answers.

    Examples
    --------
    >>> dated(lab)  # doctest: +SKIP
    """
    return "responses" not in lab.undated and "responded_on" in lab.table("responses").columns


def _day(name: str, value: str) -> dt.date | None:
    text = str(REGISTRY[name].coerce(value))
    return dt.date.fromisoformat(text) if text else None


def _named(days: Sequence[tuple[dt.date | None, dt.date | None]]) -> str:
    return " and ".join(f"{first or 'first answer'} to {last or 'last answer'}" for first, last in days)


def _inside(answers: ir.Table, window: tuple[dt.date | None, dt.date | None]) -> Any:
    first, last = window
    bounds = [answers.responded_on >= first] if first else []
    bounds += [answers.responded_on < last] if last else []
    return ibis.and_(*bounds) if bounds else None


def _with_assigned(lab: Lab, answers: ir.Table, name: str) -> ir.Table:
    """Give each answer the weight that its customer was assigned last."""
    if "assignments" not in lab.tables or "customer_id" not in answers.columns:
        raise SchemaError(
            f"`weights = {name}` needs the table `assignments` and answers with a `customer_id`: the lab lacks one of "
            "them. Use `none`, or `lab` for the column `weight` of `responses`."
        )
    assigned = lab.table("assignments")
    chosen = assigned.filter(assigned.name == name)
    if "weight" not in assigned.columns or not int(lab.frame(chosen.aggregate(n=chosen.count()))["n"].iloc[0]):
        names = lab.frame(assigned.select("name").distinct())["name"].tolist()
        raise SchemaError(
            f"`weights` must be none, lab, or the name of an assignment with a `weight`: `{name}` is none. "
            f"{near_miss(name, names)}Assigned are: {', '.join(sorted(names)) or 'none'}."
        )
    latest = chosen.group_by("customer_id").aggregate(**{WEIGHT: last_value(chosen, chosen.weight, of="assignments")})
    latest = latest.rename(_assigned="customer_id")
    return answers.left_join(latest, answers.customer_id == latest._assigned).drop("_assigned")
