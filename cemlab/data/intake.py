"""What became of every row: the accounting that `cemlab check` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cemlab.core.errors import listed
from cemlab.core.lab import Ledger, LedgerLine
from cemlab.core.metrics import WITHHOLD_ABOVE, too_narrow
from cemlab.core.scales import BETWEEN_CODES, OFF_SCALE
from cemlab.data.acceptance import TableRecord
from cemlab.data.asof import last_day
from cemlab.data.snapshot import ensure


@dataclass(frozen=True)
class Accounting:
    """The rows of a lab, from its sources to the snapshot.

    Attributes
    ----------
    name : str
        The lab.
    ledger : Ledger
        The stage intake: rows in = used + excluded + quarantined, per table.
    tables : tuple of TableRecord
        What is known of each table.
    until : str
        Last day that the lab speaks of, and what says so; empty without dates.
    folder : Path
        The snapshot; the quarantined rows are in its folder ``quarantine``.
    """

    name: str
    ledger: Ledger
    tables: tuple[TableRecord, ...]
    folder: Path
    until: str = ""

    @property
    def usable(self) -> bool:
        """True when every mapped table keeps at least one row."""
        return all(table.rows for table in self.tables)

    def lines(self) -> list[str]:
        """Return the accounting as text for a terminal.

        Returns
        -------
        list of str
            One line each; a table's own lines are indented below its first.
        """
        lines = [f"Lab {self.name}", *(f"Warning: {text}" for table in self.tables for text in _other_scale(table))]
        for table in self.tables:
            own = [line for line in self.ledger.lines if line.table == table.name]
            lines += ["", _heading(table, own)]
            lines += [f"  {line.count:>12,} {line.outcome}: {line.reason}" for line in own if line.reason]
            lines += [f"  {text}" for text in (*_remarks(table), *_unusable(table))]
        lines += ["", self.until] if self.until else []
        if any(line.outcome == "quarantined" for line in self.ledger.lines):
            lines += ["", f"Quarantined rows, with reasons: {self.folder / 'quarantine'}"]
        empty = [table.name for table in self.tables if not table.rows]
        lines += ["", f"Not usable: no row of {', '.join(empty)} is left." if empty else self._verdict()]
        return lines

    def _verdict(self) -> str:
        lost = [name for table in self.tables for name in table.unusable if _lost(table, name)[2] > WITHHOLD_ABOVE]
        if not lost:
            return "Usable."
        return f"Usable, but without a headline for {', '.join(lost)}: too many answers have an unusable score (above)."


def check(lab_file: str | Path, *, data_dir: str = "") -> Accounting:
    """Account for every row of a lab's sources.

    Parameters
    ----------
    lab_file : str or Path
        The ``lab.toml``.
    data_dir : str, default ""
        Folder of the source files; empty for the folder of the lab file.

    Returns
    -------
    Accounting
        Rows in, used, excluded and quarantined by table and reason.

    Raises
    ------
    SourceError, SchemaError
        When a source or the lab file does not hold.
    EngineError
        When there is no room for the snapshot.
    """
    snapshot = ensure(lab_file, data_dir=data_dir)
    ledger = Ledger()
    for table in snapshot.tables:
        ledger.record(line for line in snapshot.ledger if line.table == table.name)
    day, why = last_day(snapshot)
    until = f"Data until {day}: {why}." if day else ""
    return Accounting(str(snapshot.lab["name"]), ledger, snapshot.tables, snapshot.folder, until)


def _heading(table: TableRecord, own: list[LedgerLine]) -> str:
    total = {
        outcome: sum(line.count for line in own if line.outcome == outcome)
        for outcome in ("in", "used", "excluded", "quarantined")
    }
    return (
        f"{table.name}: {total['in']:,} rows in = {total['used']:,} used + {total['excluded']:,} excluded + "
        f"{total['quarantined']:,} quarantined"
    )


def _remarks(table: TableRecord) -> Iterator[str]:
    if not table.dated:
        yield "undated: every row is used whatever the as-of day"
    elif table.rows:
        yield f"known from {table.first_known} to {table.last_known}"
    for column, count in table.missing.items():
        if count:
            yield f"{column}: {count:,} of {table.rows:,} rows without a value ({_percent(count, table.rows)})"
    for column, count in table.naive.items():
        yield f"{column}: {count:,} times without a zone, taken in the lab's"
    for source, count in table.replaced.items():
        yield f"{source}: {count:,} sequences that its encoding does not know, each read as U+FFFD"
    for remark, count in table.remarks.items():
        yield f"{remark}: {count:,}"
    for declares, codes in table.absent.items():
        yield f"{declares}: {listed(codes)} {'occurs' if len(codes) == 1 else 'occur'} nowhere"


def _lost(table: TableRecord, metric: str) -> tuple[int, int, float]:
    """Answers with an unusable score, all answers with one, and the share."""
    count = sum(table.unusable[metric].values())
    given = count + table.scored.get(metric, 0)
    return count, given, count / given


def _other_scale(table: TableRecord) -> Iterator[str]:
    """Which questions look as if they had been asked on another scale."""
    for metric, highest in table.highest.items():
        if too_narrow(metric, answers=table.scored.get(metric, 0), highest=highest):
            yield (
                f"`{metric}` is asked from 0 to 10, and none of {table.scored[metric]:,} answers is above {highest:g}."
                " If they were given on another scale, map them to a metric of its own and declare its `scale` and"
                " `top`."
            )


def _unusable(table: TableRecord) -> Iterator[str]:
    """Which answers cannot be used because of their score, and what to declare."""
    for metric, reasons in table.unusable.items():
        count, given, _ = _lost(table, metric)
        why = "; ".join(f"{reason}: {each:,}" for reason, each in reasons.items())
        yield (
            f"{metric}: {count:,} of {given:,} answers could not be used because of their score "
            f"({_percent(count, given)}; {why})"
        )
        yield from dict.fromkeys(f"  {_remedy(metric, reason)}" for reason in reasons)


def _remedy(metric: str, reason: str) -> str:
    if reason == BETWEEN_CODES:
        return f'Declare `decimals` under `[metrics.{metric}]`: "round", "floor", or "own" where tenths are codes.'
    if reason == OFF_SCALE and metric == "nps":
        return (
            "`nps` is asked from 0 to 10. Declare codes of no answer as `missing`; map another scale to a metric of its"
            " own."
        )
    if reason == OFF_SCALE:
        return f"Declare codes of no answer as `missing` of `score`, or mend `scale` under `[metrics.{metric}]`."
    return "Map its codes in `values` of `score`, and declare codes of no answer as `missing`."


def _percent(count: int, rows: int) -> str:
    share = 100 * count / rows
    return "below 0.1 %" if share < 0.1 else f"{share:.1f} %"
