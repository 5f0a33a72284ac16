"""Estimates of several kinds in one table: one under the other, or beside what their comparison said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from cemlab.core.results import Estimates

JUDGED = ("estimate", "mde", "conclusion", "floor", "flagged", "significant", "q_value")
"""Columns of a comparison that stand beside a level; its estimate is called ``difference``."""


def stacked(groups: Mapping[str, Estimates], *, panel: str = "grouping", label: str = "group") -> Estimates:
    """Return estimates by several columns as one table.

    Parameters
    ----------
    groups : mapping of str to Estimates
        Panel → estimates; their column called `label` names the rows, else that of their name, else the last of their
        group columns. At least one.
    panel, label : str, default "grouping", "group"
        Columns that hold the mapping's keys and the groups.

    Returns
    -------
    Estimates
        By `panel` and `label`, in the order of the mapping; with a column ``unit`` where units differ.
    """
    first = next(iter(groups.values()))
    mixed = len({each.unit for each in groups.values()}) > 1
    frames = []
    for name, each in groups.items():
        frame = each.table
        own = [next((by for by in (label, name) if by in each.by), each.by[-1])] if each.by else []
        names = frame[own[0]].astype(str) if own else pd.Series([""] * len(frame))
        frame = frame.drop(columns=own)
        frame[panel], frame[label] = name, names
        frames.append(frame.assign(unit=each.unit) if mixed else frame)
    notes = tuple(dict.fromkeys(note for each in groups.values() for note in each.notes))
    together = pd.concat(frames, ignore_index=True)
    return replace(first, _table=together, by=(panel, label), notes=notes, parts={}, model=None)


def judged(levels: Estimates, differences: Estimates, *, by: Sequence[str] = ()) -> Estimates:
    """Return levels with what their comparison said beside them.

    Parameters
    ----------
    levels : Estimates
        One row per group.
    differences : Estimates
        Of the same groups from the rest, adjusted in the run's family.
    by : sequence of str, default ()
        Columns that name a group; those of the levels when empty.

    Returns
    -------
    Estimates
        With ``difference``, ``mde``, ``conclusion``, ``floor``, ``flagged``, and ``rest``: the level of the others.
    """
    keys = list(by or levels.by)
    said = differences.table.drop_duplicates(keys)
    rest = next((str(name) for name in said if str(name).endswith("_rest") and name != "n_rest"), "")
    kept = {name: "difference" if name == "estimate" else name for name in JUDGED if name in said}
    kept |= {rest: "rest"} if rest else {}
    beside = levels.table[keys].merge(said[[*keys, *kept]].rename(columns=kept), on=keys, how="left")
    columns: dict[str, Any] = {name: beside[name].to_numpy() for name in kept.values()}
    columns["flagged"] = beside["flagged"].eq(True).to_numpy() if "flagged" in beside else False
    return levels.with_columns(columns)
