"""Counting what `followed` spells are divided into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.levels import as_levels
from cemlab.prepare.spells.followed import CAUSE, ENDED, REASON, UNFINISHED, Following
from cemlab.prepare.spells.tables import of_cause

if TYPE_CHECKING:
    import ibis.expr.types as ir


def exits(lab: Lab, rows: ir.Table, keys: Sequence[str], *, levels: Sequence[str], cause: str) -> pd.DataFrame:
    """Count rows by keys and by how they end.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    rows : ibis.Table
        With the keys, `ENDED` and `CAUSE`.
    keys : sequence of str
        Columns that identify a cell.
    levels : sequence of str
        Those of them that are levels.
    cause : str
        The only reason that counts; empty for all.

    Returns
    -------
    pandas.DataFrame
        Sorted: `keys` with ``cause`` before the levels, ``n``, ``events``.
    """
    why = [ENDED, CAUSE] if "end_reason" in rows.columns else [ENDED]
    counts = lab.frame(rows.group_by([*keys, *why]).aggregate(n=rows.count()))
    counts = counts.assign(**{name: as_levels(counts[name]) for name in levels})
    counts = of_cause(counts, cause)
    counts = counts.assign(events=counts["n"].where(counts[ENDED].astype(bool), 0))
    order = [name for name in keys if name not in levels] + (["cause"] if "cause" in counts else []) + list(levels)
    whole = {name: "int64" for name in keys if name not in levels}
    split = [*order, ENDED]
    table = counts.groupby(split, dropna=False)[["n", "events"]].sum().astype("int64").reset_index().astype(whole)
    return table.sort_values(order, ignore_index=True)[[*order, "n", "events"]]


def recorded(lab: Lab, following: Following, *, used: int | None = None) -> None:
    """Account for the spells behind cells.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    following : Following
        Until when, and on which clock.
    used : int, optional
        Spells that are followed, where they have been counted: if that is all of them, nothing more is on the
        clock of days.

    Raises
    ------
    InsufficientDataError
        When no spell is followed.
    """
    spells = lab.table("spells")
    # on the clock of months the ends that it cannot place are counted too
    if (
        following.clock == "days"
        and used is not None
        and used == int(lab.frame(spells.aggregate(n=spells.count()))["n"].iloc[0])
    ):
        following.record(lab, {}, used=used)
        return
    spells = following.spells(lab)
    asked = {"n": spells.count(), "unfinished": spells[UNFINISHED].sum()}
    counts = lab.frame(spells.group_by(REASON).aggregate(**asked))
    left = counts[counts[REASON].notna()].sort_values(REASON)
    reasons = {following.reasons[int(number)]: int(n) for number, n in zip(left[REASON], left["n"], strict=True)}
    unfinished = int(counts.loc[counts[REASON].isna(), "unfinished"].sum())
    following.record(lab, reasons, used=int(counts["n"].sum()) - sum(reasons.values()), unfinished=unfinished)
