"""One table on its way into the snapshot: what its parts hold, and what was seen on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cemlab.core.metrics import MetricScale
from cemlab.core.schemas import Table, Type
from cemlab.data.mapping import Source

PART, ROW, FAULT, CELLS = "_part", "_row", "_fault", "_cells"
"""Columns of a part beside the table's own: its number, the row's number in it, what the row breaks, its cells."""

KNOWN_ON = "_known_on"
"""Column of the snapshot's Parquet files: the lab-local day on which a row became known."""


@dataclass
class Staged:
    """One table on its way into the snapshot.

    Attributes
    ----------
    table : Table
        The canonical table.
    types : dict of str to type
        Mapped columns.
    parts : list of (Path, Source)
        Parquet files in order, one per source file, and what each was made from.
    scales : tuple of MetricScale
        Of the lab's questions.
    flags : list of str
        Boolean columns of the parts: instants without a zone, lookups in vain, scores with a label, scores that a rule
        on decimals changed.
    faults : dict of str to str
        Why rows are left out → the column at fault, where it is one.
    excluded : set of str
        Reasons for which rows are excluded rather than quarantined.
    rows_in : int
        Records of all sources, counted without the engine.
    lost : dict of str to int
        Lines that never became a row, by reason.
    replaced : dict of str to int
        Source → undecodable sequences.
    remarks : dict of str to int
        What else was seen, and how often.
    absent : dict of str to list of str
        What declares codes → those that no cell has held so far.
    """

    table: Table
    types: dict[str, Type]
    parts: list[tuple[Path, Source]] = field(default_factory=list)
    scales: tuple[MetricScale, ...] = ()
    flags: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)
    rows_in: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, int] = field(default_factory=dict)
    absent: dict[str, list[str]] = field(default_factory=dict)

    @property
    def instants(self) -> list[str]:
        """Columns that are instants."""
        return [name for name, type_ in self.types.items() if type_ == "instant"]

    @property
    def columns(self) -> list[str]:
        """Mapped columns, each instant followed by its day."""
        return [part for name in self.types for part in (name, *([self.day(name)] if name in self.instants else []))]

    @property
    def recoded(self) -> bool:
        """True when a rule on decimals may change scores of this table."""
        return self.table.name == "responses" and any(scale.decimals for scale in self.scales)

    def day(self, instant: str) -> str:
        """Return the name of the day that is stored beside an instant.

        Parameters
        ----------
        instant : str
            A column of this table, canonical or free.

        Returns
        -------
        str
            Such as ``responded_on``.
        """
        canonical = self.table.column(instant)
        return (canonical.day if canonical else None) or f"{instant.removesuffix('_at')}_on"
