"""As of which day a lab is, and why."""

from __future__ import annotations

import datetime as dt

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.data.snapshot import Snapshot


def as_of_day(asked: str, snapshot: Snapshot) -> dt.date | None:
    """Return the day as of which a lab is opened.

    Parameters
    ----------
    asked : str
        ISO day; empty for the day after the last that the lab is complete for.
    snapshot : Snapshot
        The lab's accepted rows.

    Returns
    -------
    datetime.date or None
        None for a lab without dates.

    Raises
    ------
    ParameterError
        When a day is asked for that the lab cannot be as of.
    InsufficientDataError
        When nothing was known before it.
    """
    dated = [record for record in snapshot.tables if record.dated]
    if not dated:
        if asked:
            raise ParameterError(
                "`as_of` must be empty for a lab without dates: a day was given, and none of its "
                f"{len(snapshot.tables)} tables says when a row became known. Leave `as_of` out, or map the dates."
            )
        return None
    known = min((record.first_known for record in dated if record.first_known), default="")
    if not known:
        raise InsufficientDataError(
            f"A lab must hold at least one dated row: none of {len(dated)} dated tables has one. Run `cemlab check` to "
            "see what became of the rows."
        )
    until = str(snapshot.lab.get("data_until") or "")
    end = dt.date.fromisoformat(last_day(snapshot)[0]) + dt.timedelta(days=1)
    if not asked:
        return end
    if until and asked > end.isoformat():
        raise ParameterError(
            f"`as_of` must not be later than {end}, for the lab file says `data_until` {until}: {asked} was given, and"
            " what happened since would pass for nothing. Choose an earlier day, or mend `data_until` with newer"
            " sources."
        )
    if asked <= known:
        raise InsufficientDataError(
            f"`as_of` must be after the first known row, of {known}: {asked} was given, and no dated row was known "
            f"before it. Choose a day from {dt.date.fromisoformat(known) + dt.timedelta(days=1)} on."
        )
    return dt.date.fromisoformat(asked)


def last_day(snapshot: Snapshot) -> tuple[str, str]:
    """Return the last day that a lab is known to be complete for, and what says so.

    The declared `data_until`, else the last on which a row became known. An end recorded for a later day may be
    planned, or may be all that an export without new contracts tells of that time: only who made it knows, so
    it is pointed out, and not taken for either.

    Parameters
    ----------
    snapshot : Snapshot
        The lab's accepted rows.

    Returns
    -------
    str
        ISO day; empty for a lab without dated rows.
    str
        In words; empty without a day.
    """
    until = str(snapshot.lab.get("data_until") or "")
    if until:
        return until, "`data_until` of the lab file"
    days = [(record.last_known, record.name) for record in snapshot.tables if record.dated and record.last_known]
    if not days:
        return "", ""
    day, name = max(days, key=lambda each: each[0])
    why = f"the last on which a row of {name} became known"
    later = max(
        ((record.last_ended, record.name) for record in snapshot.tables if record.last_ended > day), default=("", "")
    )
    if not later[0]:
        return day, f"{why}; say `data_until` if the sources are complete for longer or shorter"
    return (
        day,
        (
            f"{why}. Ends of {later[1]} are recorded up to {later[0]}, and those after {day} do not count: say"
            f" `data_until = {later[0]}` if they have happened, or an earlier day if some are planned"
        ),
    )
