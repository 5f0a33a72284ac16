"""The lab as every room sees it: a company's tables as they were known on a day, and the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cemlab.core.errors import SchemaError, near_miss
from cemlab.core.metrics import NPS, MetricScale

if TYPE_CHECKING:
    import pandas as pd

Stage = Literal["intake", "as_of", "study"]
Outcome = Literal["in", "used", "excluded", "quarantined"]
AT_FAULT = "_at_fault"
"""Column of quarantined rows: the column because of which a row is there, where it is one."""
STAGES: tuple[Stage, ...] = ("intake", "as_of", "study")


@dataclass(frozen=True)
class LedgerLine:
    """One line of the accounting of rows.

    Attributes
    ----------
    stage : {"intake", "as_of", "study"}
        Where it happened.
    table : str
        The canonical table.
    outcome : {"in", "used", "excluded", "quarantined"}
        What became of the rows; ``in`` is counted independently of the others.
    reason : str
        Why, in a reader's words; empty for ``in`` and ``used``.
    count : int
        Rows.
    scope : str
        Of a study's line: which question, such as ``nps``; empty otherwise.
    """

    stage: Stage
    table: str
    outcome: Outcome
    reason: str
    count: int
    scope: str = ""


@dataclass
class Ledger:
    """The accounting of a lab's rows, kept by stage, table and scope.

    Within each, rows in = used + excluded + quarantined. Recording a stage, table and scope again
    replaces its lines, so a cell that is run twice does not count twice.
    """

    lines: list[LedgerLine] = field(default_factory=list)

    def record(self, lines: Iterable[LedgerLine]) -> None:
        """Record the lines of one stage, table and scope, replacing earlier ones.

        Parameters
        ----------
        lines : iterable of LedgerLine
            All of the same stage, table and scope; lines with a count of 0 are dropped, except
            ``in`` and ``used``.

        Raises
        ------
        ValueError
            When rows in differ from used + excluded + quarantined, or lines are mixed.
        """
        new = [line for line in lines if line.count or line.outcome in ("in", "used")]
        keys = {(line.stage, line.table, line.scope) for line in new}
        if len(keys) != 1:
            raise ValueError(f"Ledger lines must share stage, table and scope: {len(keys)} were mixed.")
        rows_in = sum(line.count for line in new if line.outcome == "in")
        rows_out = sum(line.count for line in new if line.outcome != "in")
        if rows_in != rows_out:
            stage, table, _ = keys.pop()
            raise ValueError(
                f"Every row must be accounted for: {stage} of `{table}` took in {rows_in:,} rows and "
                f"accounts for {rows_out:,}."
            )
        self.lines = [line for line in self.lines if (line.stage, line.table, line.scope) not in keys] + new

    def count(self, outcome: Outcome, *, table: str, stage: Stage, reason: str | None = None, scope: str = "") -> int:
        """Return how many rows had `outcome`.

        Parameters
        ----------
        outcome : {"in", "used", "excluded", "quarantined"}
            What became of the rows.
        table : str
            The canonical table.
        stage : {"intake", "as_of", "study"}
            Where.
        reason : str, optional
            Only rows with this reason.
        scope : str, default ""
            The study's question.

        Returns
        -------
        int
            Rows; 0 when no such line exists.
        """
        return sum(
            line.count
            for line in self.lines
            if (line.stage, line.table, line.outcome, line.scope) == (stage, table, outcome, scope)
            and reason in (None, line.reason)
        )


@dataclass(frozen=True)
class LabInfo:
    """What a lab says of itself.

    Attributes
    ----------
    name : str
        The lab's short name.
    company : str
        Whose customers these are, as a report's head shows it.
    time_zone : str
        IANA name of the zone in which days begin.
    currency : str
        ISO code; empty when no money is recorded.
    locale : str
        Language and region for thousands, decimals and days, such as ``en-GB``; counts where it is one of `language`.
    language : str
        In which pages are written.
    labels : mapping of str to str
        Column → what this company calls it.
    accent : str
        The company's colour as ``#rrggbb``.
    synthetic : bool
        True when the customers are made up; every page and figure then says so.
    description : str
        Where the records come from, in a sentence or two.
    segments : tuple of str
        Columns by which customers are compared when a study is not told otherwise.
    needs : tuple of str
        What says what customers need: columns of customers or of answers, or ``ratings:<item>``.
    metrics : tuple of MetricScale
        Questions whose scale is known; ``nps`` always is.
    """

    name: str
    company: str
    time_zone: str
    currency: str = ""
    locale: str = "en-GB"
    accent: str = "#0b5c78"
    synthetic: bool = False
    description: str = ""
    segments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    metrics: tuple[MetricScale, ...] = (NPS,)
    language: str = "en"
    labels: Mapping[str, str] = field(default_factory=dict)

    def metric(self, name: str) -> MetricScale:
        """Return the scale of a question.

        Parameters
        ----------
        name : str
            As in the column ``metric``.

        Returns
        -------
        MetricScale
            Codes, and how they are scored.

        Raises
        ------
        SchemaError
            When the lab does not declare it: says what to declare.
        """
        known = {scale.name: scale for scale in self.metrics}
        if name in known:
            return known[name]
        codes = {"csat": "scale = [1, 5]` and `top = [4, 5]", "ces": "scale = [1, 7]` and `low_effort = [1, 2]"}
        declare = f"Declare `[metrics.{name}]` in the lab file, such as `{codes[name]}`. " if name in codes else ""
        raise SchemaError(
            f"A question can be scored only when its scale is known: lab `{self.name}` declares none for `{name}`. "
            f"{near_miss(name, known)}{declare}It knows: {', '.join(known)}."
        )


class Lab(Protocol):
    """A company's tables as they were known before the start of a day.

    Attributes
    ----------
    info : LabInfo
        Name, zone, currency and so on.
    as_of : datetime.date or None
        Only rows known before 00:00 of this day in the lab's zone are here. None when no table of
        the lab carries a date.
    fingerprint : str
        Identifies the content: the same sources and declaration give the same text.
    ledger : Ledger
        The accounting; `prepare` adds the study stage.
    tables : tuple of str
        The canonical tables that the lab has.
    undated : tuple of str
        Tables whose rows carry no date, which are therefore here whatever `as_of` is.
    """

    info: LabInfo
    as_of: dt.date | None
    fingerprint: str
    ledger: Ledger
    tables: tuple[str, ...]
    undated: tuple[str, ...]

    def table(self, name: str, *, personal: Iterable[str] = ()) -> Any:
        """Return a canonical table as a lazy Ibis table.

        Parameters
        ----------
        name : str
            Canonical name.
        personal : iterable of str
            Personal columns that are wanted; the others are left out.

        Returns
        -------
        ibis.Table
            Nothing is read until it is run.

        Raises
        ------
        SchemaError
            When the lab has no such table: says how to map it.
        """
        ...

    def quarantined(self, name: str) -> Any:
        """Return the rows of a table that were quarantined, as a lazy Ibis table.

        Parameters
        ----------
        name : str
            Canonical name.

        Returns
        -------
        ibis.Table
            The columns of `table`, and ``_at_fault``: the column because of which the row is there, missing where it is
            not one. Rows that were known before the as-of day.

        Raises
        ------
        SchemaError
            When the lab has no such table.
        """
        ...

    def frame(self, expression: Any) -> pd.DataFrame:
        """Run a lazy expression in the engine and return its (small) result.

        Parameters
        ----------
        expression : ibis.Table or ibis.Value
            Made from this lab's tables.

        Returns
        -------
        pandas.DataFrame
            One row per row of the expression.

        Raises
        ------
        EngineError
            When the engine refuses it.
        """
        ...

    def held(self, expression: Any) -> Any:
        """Work a lazy expression out once, in the engine, for as long as what comes of it is in use.

        For what is asked more than once, and is too large to be worked out each time.

        Parameters
        ----------
        expression : ibis.Table
            Made from this lab's tables.

        Returns
        -------
        ibis.Table
            The same rows, lazy again.

        Raises
        ------
        EngineError
            When the engine refuses it.
        """
        ...

    def batches(self, expression: Any, *, rows: int, held: bool) -> Iterable[Any]:
        """Return the result of a lazy expression in blocks, which may be gone through again and again.

        Parameters
        ----------
        expression : ibis.Table
            Made from this lab's tables.
        rows : int
            How many rows a block holds at most.
        held : bool
            True to work the expression out once, in the engine: what joins or orders rows may give them in
            another order each time. False to read anew at each pass.

        Returns
        -------
        iterable of pyarrow.RecordBatch
            The same blocks at each pass.

        Raises
        ------
        EngineError
            When the engine refuses it.
        """
        ...

    def most_rows(self, table: str, column: str) -> int | None:
        """Return how many rows at most share one value of a column, where that is known.

        Parameters
        ----------
        table : str
            Canonical name.
        column : str
            Its column.

        Returns
        -------
        int or None
            An upper bound, missing values aside; None when the lab did not count them.
        """
        ...
