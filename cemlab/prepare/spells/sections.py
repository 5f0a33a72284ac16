"""Whether a lab follows customers, or shows who was there on one day and who of them left."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.spells.clock import months_whole

LEAST_ENDS = 2
"""One end falls on one day in any lab."""
NEW_MONTHS = 2
"""Where no spell is shorter than these months, those who left in their first months cannot be in the file."""


@dataclass(frozen=True)
class CrossSection:
    """What a snapshot shows: everybody who was there on one day, of whom some left on it.

    Attributes
    ----------
    day : datetime.date
        On which every recorded end falls.
    ends : int
        How many spells end on it.
    shortest : int
        Whole months of the shortest spell, ended or not.
    entries : bool
        True when the lab says from when on spells were observed: curves with late entry are then sound.
    """

    day: dt.date
    ends: int
    shortest: int
    entries: bool

    @property
    def readable(self) -> bool:
        """Whether a curve from the start may be shown at all, on the condition that nobody who left earlier is missing."""
        return self.shortest < NEW_MONTHS


def cross_section(lab: Lab) -> CrossSection | None:
    """Return what is known of a lab that is a snapshot, the one judgement that all studies share.

    A lab is a snapshot where all recorded ends, two at least, fall on one day while spells began on several.
    Who left earlier may then be missing from the file (delayed entry of unknown length), and nothing comes
    after the day.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.

    Returns
    -------
    CrossSection or None
        None where ends fall on several days, or there are too few to tell.

    References
    ----------
    Keiding, N. (1992). Independent delayed entry. In Survival analysis: state of the art (pp. 309–326). Springer.
    doi:10.1007/978-94-015-7983-4_18

    Examples
    --------
    >>> section = cross_section(lab)  # doctest: +SKIP
    """
    rows = lab.table("spells")
    if "ended_on" not in rows.columns or lab.as_of is None:
        return None
    asked = {"ends": rows.ended_on.count(), "days": rows.ended_on.nunique(), "last": rows.ended_on.max()}
    asked |= {"starts": rows.started_on.nunique(), "shortest": _length(rows, lab.as_of).min()}
    if "observed_from" in rows.columns:
        asked["entries"] = rows.observed_from.count()
    row = lab.frame(rows.aggregate(**asked)).iloc[0]
    if row["ends"] < LEAST_ENDS or row["days"] != 1 or row["starts"] < LEAST_ENDS:
        return None
    return CrossSection(
        pd.Timestamp(row["last"]).date(), int(row["ends"]), int(row["shortest"]), row.get("entries", 0) > 0
    )


def _length(rows: Any, day: dt.date) -> Any:
    """Whole months of each spell: as the source gives them, else by its days."""
    dated = months_whole(rows.started_on, rows.ended_on.fill_null(ibis.date(day.isoformat())))
    return rows.tenure_months.fill_null(dated) if "tenure_months" in rows.columns else dated
