"""Life tables of segments: which spells ended when, by segment and group of the jackknife."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare import spells
from cemlab.prepare.history import EPOCH
from cemlab.prepare.levels import UNKNOWN, Bins
from cemlab.prepare.profiles.grouped import REPLICATE, REPLICATES, SEGMENT, Grouping
from cemlab.prepare.profiles.people import CUSTOMER
from cemlab.prepare.views import LabView

if TYPE_CHECKING:
    import ibis.expr.types as ir

_NAMES = {f"_{SEGMENT}": SEGMENT, f"_{REPLICATE}": REPLICATE}


def life_table(
    lab: Lab,
    *,
    by: Sequence[str] = (),
    assigned: ir.Table | None = None,
    clock: str = "months",
    cause: str = "",
    cut: str = "",
    cuts: Bins | None = None,
    replicates: int = REPLICATES,
    scope: str = "",
) -> pd.DataFrame:
    """Return the life table of each segment, by group of the jackknife.

    Segments are those of today, and the lives are told from their start: so a segment made of what customers
    did while they stayed has stayers in it because they stayed. Make segments of what was known early, or of
    needs.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    by, assigned : as in `cemlab.prepare.profiles.moments`
        Which segments.
    clock, cause : as in `cemlab.prepare.spells.life_table`
        How lives are counted.
    cut, cuts, replicates : as in `cemlab.prepare.profiles.moments`
        As known when, and in which groups.
    scope : str, default ""
        Under which the ledger accounts for the spells; empty for the clock's name.

    Returns
    -------
    pandas.DataFrame
        As `cemlab.prepare.spells.life_table` returns it, by ``segment`` (missing where nobody was assigned) and
        ``replicate`` (from 0).

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `cemlab.prepare.profiles.moments` and `cemlab.prepare.spells.life_table`.

    Examples
    --------
    >>> lives = life_table(lab, by=["region"], clock="months")  # doctest: +SKIP
    """
    grouping = Grouping(tuple(by), assigned, cut, cuts or {}, replicates)
    people = grouping.rows(lab, (), scope=f"{scope}, segments" if scope else "segments")
    named = _Labelled(lab, people)
    lives = spells.life_table(named, by=list(_NAMES), clock=clock, cause=cause, cut=cut, scope=scope).rename(
        columns=_NAMES
    )
    lives = lives[lives[REPLICATE] != UNKNOWN]
    return lives.assign(
        **{
            SEGMENT: lives[SEGMENT].mask(lives[SEGMENT] == UNKNOWN) if assigned is not None else lives[SEGMENT],
            REPLICATE: lives[REPLICATE].astype("int64"),
        }
    ).reset_index(drop=True)


class _Labelled(LabView):
    """A lab whose customers have been assigned, from ever on, their segment and their group of the jackknife."""

    def __init__(self, lab: Lab, people: ir.Table) -> None:
        super().__init__(lab)
        self.tables = tuple(dict.fromkeys([*lab.tables, "assignments"]))
        self._people = people

    def table(self, name: str, *, personal: Iterable[str] = ()) -> Any:
        if name != "assignments":
            return super().table(name, personal=personal)
        told = [
            self._people.select(
                CUSTOMER,
                name=ibis.literal(as_name),
                value=self._people[column].cast("string"),
                known_at=ibis.timestamp(EPOCH),
                known_on=ibis.date(EPOCH),
            )
            for as_name, column in _NAMES.items()
        ]
        return ibis.union(*told)
