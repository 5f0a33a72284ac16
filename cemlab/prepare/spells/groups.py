"""The columns by which a study compares spells."""

from __future__ import annotations

from collections.abc import Sequence

from cemlab.core.lab import Lab
from cemlab.prepare.levels import assigned_names, attributes, need_no_identifiers, sources, with_few_levels


def compared_by(lab: Lab, *, segment_by: Sequence[str] = ()) -> list[str]:
    """Return the columns by which a study compares spells.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    segment_by : sequence of str, default ()
        Columns that the run names.

    Returns
    -------
    list of str
        Those columns. Without any, the lab's own segments that spells or their customers have; without these,
        the first columns of text with few levels (see `cemlab.prepare.levels.with_few_levels`).

    Raises
    ------
    SchemaError
        When a column that the run names does not exist.
    ParameterError
        When one is named twice, or has a name that frames use themselves.

    Examples
    --------
    >>> compared_by(lab)  # doctest: +SKIP
    ['plan', 'region']
    """
    columns = attributes(lab, reserved=(), numbers=True)
    known = {*columns["spells"], *columns["customers"], *assigned_names(lab)}
    named = list(segment_by) or [name for name in lab.info.segments if name in known]
    found = [source.name for source in sources(lab, named)]
    need_no_identifiers(lab, segment_by)
    return found or with_few_levels(lab, attributes(lab))
