"""The canonical tables: the one place that names tables, columns, types, keys and rules.

Intake, the messages, the documentation and the studies read from here. Types are words of the
lab file (``text``, ``integer``, ``number``, ``date``, ``instant``, ``boolean``), not an engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from cemlab.core.scales import BETWEEN_CODES, METRIC_SCALES, OFF_SCALE, between_codes, off_scale

if TYPE_CHECKING:
    from cemlab.core.metrics import MetricScale

Type = Literal["text", "integer", "number", "date", "instant", "boolean"]
Action = Literal["exclude", "quarantine"]

MONEY = "the lab's currency"
"""Unit of amounts."""


@dataclass(frozen=True)
class Column:
    """A column of a canonical table.

    Attributes
    ----------
    name : str
        Its canonical name.
    type : {"text", "integer", "number", "date", "instant", "boolean"}
        An instant is stored in UTC with its lab-local day beside it (see `day`).
    help : str
        What one value says.
    required : bool
        True when a lab that has the table must fill the column, and a row without it is
        quarantined.
    unit : str
        Unit of a number, empty when it has none.
    personal : bool
        True when the values are a person's words or contact data, kept out of every frame that
        does not ask for them by name.
    """

    name: str
    type: Type
    help: str
    required: bool = False
    unit: str = ""
    personal: bool = False

    @property
    def day(self) -> str | None:
        """Name of the lab-local day stored beside an instant (``responded_at`` → ``responded_on``)."""
        return f"{self.name.removesuffix('_at')}_on" if self.type == "instant" else None


@dataclass(frozen=True)
class Rule:
    """What every row of a table must satisfy.

    Attributes
    ----------
    name : str
        Short name, for the ledger's machine-readable form.
    broken : callable
        Takes the table (as the engine's lazy table) and returns a boolean column, True for a row
        that breaks the rule; null counts as not broken.
    reason : str
        Why the row is left out, as the reader of a report sees it.
    action : {"exclude", "quarantine"}
        Excluded rows are sound but not wanted; quarantined rows cannot be right.
    needs : tuple of str
        Columns that must be mapped for the rule to apply.
    """

    name: str
    broken: Callable[[Any], Any]
    reason: str
    needs: tuple[str, ...]
    action: Action = "quarantine"


@dataclass(frozen=True)
class Table:
    """A canonical table.

    Attributes
    ----------
    name : str
        As in the lab file.
    row : str
        What one row is, with its article.
    columns : tuple of Column
        In the order in which documentation shows them.
    key : tuple of str
        Columns that together identify a row; a second row with the same key is quarantined.
    known_at : str or None
        The column that says when the row became known; None when it is known through `parent`.
    masked : mapping of str to tuple of str
        A column that the source overwrites in place → the columns blanked with it when its day is
        not before the as-of day.
    parent : tuple of (str, str) or None
        Table and column through which a row without its own date is known.
    free_columns : bool
        True when a lab may add attribute columns of its own.
    rules : tuple of Rule
        Checked in order; a row is counted under the first that it breaks.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    known_at: str | None
    masked: Mapping[str, tuple[str, ...]]
    parent: tuple[str, str] | None = None
    free_columns: bool = False
    rules: tuple[Rule, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of a name.

        Parameters
        ----------
        name : str
            Canonical name.

        Returns
        -------
        Column or None
            None when the table declares no such column.
        """
        return next((column for column in self.columns if column.name == name), None)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a lab must fill."""
        return tuple(column.name for column in self.columns if column.required)


def _negative(column: str) -> Callable[[Any], Any]:
    return lambda table: table[column] < 0


def _before(later: str, earlier: str) -> Callable[[Any], Any]:
    return lambda table: table[later] < table[earlier]


_CUSTOMER = Column("customer_id", "text", "the customer")

_TABLES = (
    Table(
        "customers",
        "a customer",
        (
            Column("customer_id", "text", "the customer", required=True),
            Column("account_id", "text", "the account that the customer belongs to"),
            Column("known_at", "instant", "when the customer became known"),
        ),
        key=("customer_id",),
        known_at="known_at",
        masked={},
        free_columns=True,
    ),
    Table(
        "spells",
        "one continuous relationship (contract) of a customer",
        (
            Column("spell_id", "text", "the relationship", required=True),
            Column("customer_id", "text", "the customer", required=True),
            Column("started_on", "date", "first day", required=True),
            Column("ended_on", "date", "day on which it ended; empty while it runs"),
            Column("end_reason", "text", "why it ended"),
            Column("observed_from", "date", "first day on which its end would have been recorded"),
            Column("tenure_months", "integer", "its length in whole months as the source gives it", unit="months"),
            Column("tenure_days", "integer", "its length in days as the source gives it", unit="days"),
        ),
        key=("spell_id",),
        known_at="started_on",
        masked={"ended_on": ("end_reason",)},
        free_columns=True,
        rules=(
            Rule("end_before_start", _before("ended_on", "started_on"), "it ends before it starts", ("ended_on",)),
            Rule(
                "end_before_observed",
                _before("ended_on", "observed_from"),
                "it ended before its end could be recorded",
                ("ended_on", "observed_from"),
            ),
            Rule("negative_tenure", _negative("tenure_months"), "its length is negative", ("tenure_months",)),
            Rule("negative_days", _negative("tenure_days"), "its length in days is negative", ("tenure_days",)),
        ),
    ),
    Table(
        "invitations",
        "one survey sent to a customer",
        (
            Column("invitation_id", "text", "the invitation", required=True),
            Column("customer_id", "text", "the customer", required=True),
            Column("sent_at", "instant", "when it was sent", required=True),
            Column("survey", "text", "the survey"),
            Column("channel", "text", "how it was sent"),
        ),
        key=("invitation_id",),
        known_at="sent_at",
        masked={},
        free_columns=True,
    ),
    Table(
        "responses",
        "one answered question of the metric family",
        (
            Column("response_id", "text", "the answer", required=True),
            Column("invitation_id", "text", "the invitation that it answers"),
            _CUSTOMER,
            Column("responded_at", "instant", "when it was given"),
            Column("survey", "text", "the survey"),
            Column("metric", "text", "which question: nps, csat, ces, or a name of the lab's own", required=True),
            Column(
                "score", "number", "the answer as a code of the scale; empty when none was given", unit="scale points"
            ),
            Column("touchpoint", "text", "what the question was about"),
            Column("channel", "text", "how it was answered"),
            Column("comment", "text", "the customer's own words", personal=True),
            Column("weight", "number", "sampling weight"),
            Column("stratum", "text", "sampling stratum"),
            Column("cluster", "text", "sampling cluster"),
        ),
        key=("response_id", "metric"),
        known_at="responded_at",
        masked={},
        free_columns=True,
        rules=(
            Rule("score_off_scale", off_scale(METRIC_SCALES), OFF_SCALE, ("score", "metric")),
            Rule("score_between_codes", between_codes(), BETWEEN_CODES, ("score", "metric")),
            Rule("negative_weight", _negative("weight"), "the weight is negative", ("weight",)),
        ),
    ),
    Table(
        "ratings",
        "the rating of one item in one answered survey",
        (
            Column("response_id", "text", "the answer that it belongs to", required=True),
            Column("item", "text", "what was rated", required=True),
            Column("score", "number", "the rating as a code of its scale", unit="scale points"),
        ),
        key=("response_id", "item"),
        known_at=None,
        masked={},
        parent=("responses", "response_id"),
    ),
    Table(
        "events",
        "one interaction of a customer at a touchpoint",
        (
            Column("event_id", "text", "the interaction", required=True),
            Column("customer_id", "text", "the customer", required=True),
            Column("occurred_at", "instant", "when it happened", required=True),
            Column("touchpoint", "text", "where it happened", required=True),
            Column("channel", "text", "by which channel"),
            Column("stage", "text", "stage of the journey"),
            Column("owner", "text", "the part of the company that was in charge"),
            Column("kind", "text", "what happened"),
            Column("value", "number", "a quantity that goes with it"),
        ),
        key=("event_id",),
        known_at="occurred_at",
        masked={},
        free_columns=True,
    ),
    Table(
        "transactions",
        "one purchase or invoice",
        (
            Column("transaction_id", "text", "the purchase", required=True),
            Column("customer_id", "text", "the customer", required=True),
            Column("occurred_at", "instant", "when it was made", required=True),
            Column("amount", "number", "amount paid; negative for a refund", required=True, unit=MONEY),
            Column("margin", "number", "what the company keeps of it", unit=MONEY),
        ),
        key=("transaction_id",),
        known_at="occurred_at",
        masked={},
        free_columns=True,
    ),
    Table(
        "cases",
        "one closed-loop action for a customer",
        (
            Column("case_id", "text", "the action", required=True),
            Column("customer_id", "text", "the customer", required=True),
            Column("opened_at", "instant", "when it was opened", required=True),
            Column("closed_at", "instant", "when it was closed; empty while it is open"),
            Column("action", "text", "what was done"),
            Column("owner", "text", "the part of the company that was in charge"),
            Column("assigned_at_random", "boolean", "whether chance decided that it was opened"),
        ),
        key=("case_id",),
        known_at="opened_at",
        masked={"closed_at": ()},
        rules=(
            Rule(
                "closed_before_opened", _before("closed_at", "opened_at"), "it closes before it opens", ("closed_at",)
            ),
        ),
    ),
    Table(
        "assignments",
        "what a study said of a customer",
        (
            Column("customer_id", "text", "the customer", required=True),
            Column("name", "text", "what was assigned: a segment, a weight, a score", required=True),
            Column("value", "text", "what the customer was given", required=True),
            Column("probability", "number", "how sure the study was", unit="share"),
            Column("weight", "number", "a weight that goes with it"),
            Column("source_run", "text", "the run that wrote it"),
            Column("known_at", "instant", "when it was written", required=True),
        ),
        key=("customer_id", "name", "known_at"),
        known_at="known_at",
        masked={},
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _TABLES}
"""Every canonical table by name."""


POINTERS: Mapping[str, str] = {"customer_id": "customers", "invitation_id": "invitations"}
"""Columns whose rows elsewhere may be missing: said, and no fault of the row (a study takes them as unknown)."""


def points_to(table: Table, column: str) -> str:
    """Return the table to whose rows a column points.

    Parameters
    ----------
    table : Table
        A canonical table.
    column : str
        One of its columns.

    Returns
    -------
    str
        Empty for a column that points to none.

    Examples
    --------
    >>> points_to(TABLES["responses"], "customer_id"), points_to(TABLES["ratings"], "response_id")
    ('customers', 'responses')
    """
    name, through = table.parent or ("", "")
    found = name if column == through else POINTERS.get(column, "")
    return "" if found == table.name else found


def with_scales(table: Table, scales: Iterable[MetricScale]) -> Table:
    """Return a table whose rules on scores know the scales that a lab declares.

    Parameters
    ----------
    table : Table
        A canonical table.
    scales : iterable of MetricScale
        Of the lab's questions.

    Returns
    -------
    Table
        The same, but for the rules ``score_off_scale`` and ``score_between_codes``.
    """
    known = list(scales)
    broken = {
        "score_off_scale": off_scale({**METRIC_SCALES, **{scale.name: (scale.low, scale.high) for scale in known}}),
        "score_between_codes": between_codes([scale.name for scale in known if scale.decimals == "own"]),
    }
    rules = tuple(replace(rule, broken=broken.get(rule.name, rule.broken)) for rule in table.rules)
    return replace(table, rules=rules)
