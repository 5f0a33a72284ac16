"""What a study compares: the columns that make groups, and the windows of time."""

from __future__ import annotations

from collections.abc import Sequence

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.core.names import OWN_NAMES
from cemlab.core.schemas import TABLES
from cemlab.prepare.levels import assigned_names, need_no_identifiers, with_few_levels
from cemlab.prepare.responses.groups import groupable, need_groups
from cemlab.prepare.responses.question import Window

ASKED_OF = ("touchpoint", "channel", "survey")
"""Columns of an answer that tell how it was asked for; groups like any other."""


def group_columns(lab: Lab, *, segment_by: Sequence[str] = (), survey: str = "") -> list[str]:
    """Return the columns by which a study compares answers.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    segment_by : sequence of str
        Columns that the run names. Without any, the lab's own segments that answers or their customers have;
        without these, the first columns of text with few levels (see `cemlab.prepare.levels.with_few_levels`).
    survey : str, default ""
        The survey that the study is about; answers to one survey are not compared by survey.

    Returns
    -------
    list of str
        Those columns, then ``touchpoint``, ``channel`` and ``survey`` where answers carry them.

    Raises
    ------
    SchemaError
        When a column that the run names does not exist.
    ParameterError
        When one is named twice, or has a name that frames use themselves.

    Examples
    --------
    >>> group_columns(lab, segment_by=["region"])  # doctest: +SKIP
    """
    present = lab.table("responses").columns
    asked = [name for name in ASKED_OF if name in present and not (survey and name == "survey")]
    columns = groupable(lab)
    known = {name for each in columns.values() for name in each} | set(assigned_names(lab))
    named = list(segment_by) or [name for name in lab.info.segments if name in known]
    need_groups(lab, named)
    need_no_identifiers(lab, segment_by)
    texts = {table: [name for name in each if _worded(lab, table, name)] for table, each in columns.items()}
    return list(dict.fromkeys([*(named or with_few_levels(lab, texts)), *asked]))


def _worded(lab: Lab, table: str, name: str) -> bool:
    kind = lab.table(table)[name].type()
    own = TABLES[table].column(name) is not None or name in OWN_NAMES
    return not own and bool(kind.is_string() or kind.is_boolean())


def compared_windows(*, compare_start: str = "", compare_end: str = "", start: str = "", end: str = "") -> list[Window]:
    """Return the earlier window and the window of a study, to be counted as periods.

    Parameters
    ----------
    compare_start, compare_end : str, default ""
        The earlier window as ISO days; without an end it ends where the window starts. No comparison
        when both are empty.
    start, end : str, default ""
        The window of the study; `start` must be given for a comparison.

    Returns
    -------
    list of (str, str)
        Two windows, or none.

    Raises
    ------
    ParameterError
        When an earlier window is asked for and `start` is not given.

    Examples
    --------
    >>> compared_windows(compare_start="2023-01-01", start="2024-01-01")
    [('2023-01-01', '2024-01-01'), ('2024-01-01', '')]
    """
    if not compare_start and not compare_end:
        return []
    if not start:
        raise ParameterError(
            "`start` must be given to compare with an earlier window: it is empty. Give the first day of the window."
        )
    return [(compare_start, compare_end or start), (start, end)]
