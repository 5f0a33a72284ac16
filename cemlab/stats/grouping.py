"""Which columns of a frame are groups: those that were asked for, and no others."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError, near_miss
from cemlab.core.names import need_free


def groups_in(frame: pd.DataFrame, by: Sequence[str], *, own: Collection[str], of: str) -> list[str]:
    """Return the group columns of a frame of counts, all of whose columns must be accounted for.

    A column that nobody asked for would split every count and change every figure: it is refused.

    Parameters
    ----------
    frame : pandas.DataFrame
        Counts, one row per groups and whatever else the kind of frame is counted by.
    by : sequence of str
        The group columns, in the order in which results name them; a text is one name.
    own : collection of str
        Columns that frames of this kind have themselves.
    of : str
        The kind of frame, for errors: "a life table".

    Returns
    -------
    list of str
        The names in `by`.

    Raises
    ------
    ParameterError
        When a group is named twice, or like a column of the kind of frame, or of a result, itself.
    SchemaError
        When a group is no column, or a column is neither the frame's own nor a group.

    Examples
    --------
    >>> frame = pd.DataFrame(columns=["plan", "duration", "events"])
    >>> groups_in(frame, ["plan"], own=["duration", "events"], of="a life table")
    ['plan']
    """
    names = [by] if isinstance(by, str) else list(by)
    taken = sorted({name for name in names if name in own or names.count(name) > 1})
    if taken:
        raise ParameterError(
            f"`by` must name different columns that {of} does not need itself: {_listed(taken)} given. "
            "Leave them out, or rename the column."
        )
    need_free(names, what="`by`", but=("period", "day"))
    free = [str(name) for name in frame.columns if name not in own]
    missing = [name for name in names if name not in frame]
    if missing:
        raise SchemaError(
            f"Every group in `by` must be a column of {of}: {_listed(missing)} missing. {near_miss(missing[0], free)}"
            f"Columns that can be groups: {', '.join(free) or 'none'}."
        )
    unknown = [name for name in free if name not in names]
    if unknown:
        raise SchemaError(
            f"Every column of {of} must be its own or a group named in `by`: {_listed(unknown)} "
            f"{'is' if len(unknown) == 1 else 'are'} neither, among {len(frame.columns)} columns. "
            "Name it in `by` where groups are told apart, or count without it."
        )
    return names


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
