"""Customers by segment and group of the jackknife, with what is to be summed beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.prepare.levels import Bins, level
from cemlab.prepare.profiles.later import LATER, outcomes
from cemlab.prepare.profiles.latest import points
from cemlab.prepare.profiles.people import CUSTOMER
from cemlab.prepare.profiles.tables import table
from cemlab.prepare.profiles.texts import texts
from cemlab.prepare.replicates import accounts, replicate

if TYPE_CHECKING:
    import ibis.expr.types as ir

SEGMENT, REPLICATE = "segment", "replicate"
REPLICATES = 40
NPS = "nps"
"""Outcome: the latest answer before the cut in points, whose mean is the NPS."""


@dataclass(frozen=True)
class Grouping:
    """How customers are sorted into segments.

    Attributes
    ----------
    by : tuple of str
        Columns of the profile, when nobody is assigned by a model.
    assigned : ibis.Table or None
        One row per customer: ``customer_id``, ``value``.
    cut : str
        ISO day: only what was known before it; empty for the lab's as-of day.
    cuts : mapping of str to sequence of float
        Where numbers of the profile are cut.
    replicates : int
        Groups of the jackknife.
    horizon_days : int
        Days that count for later outcomes.
    window_days : int
        As in `cemlab.prepare.profiles.table`.
    """

    by: tuple[str, ...] = ()
    assigned: ir.Table | None = None
    cut: str = ""
    cuts: Bins = field(default_factory=dict)
    replicates: int = REPLICATES
    horizon_days: int = 0
    window_days: int = 0

    def rows(self, lab: Lab, columns: Sequence[str], *, scope: str) -> ir.Table:
        """Return the customers with their segment, their group of the jackknife and the columns.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        columns : sequence of str
            Of the profile, of `cemlab.prepare.profiles.outcomes`, or `NPS`.
        scope : str
            Under which the ledger accounts for the customers.

        Returns
        -------
        ibis.Table
            ``customer_id``, `SEGMENT` (missing where nobody was assigned), `REPLICATE`, and each column as
            ``_0``, ``_1`` …

        Raises
        ------
        ParameterError
            When customers are sorted both ways or neither, or a later outcome is asked without a cut.
        """
        if bool(self.by) == (self.assigned is not None):
            raise ParameterError(
                f"Segments are columns `by` or what was `assigned`: {'both were' if self.by else 'neither was'} given."
            )
        later = [name for name in columns if name.startswith(LATER)]
        told = [name for name in columns if name not in later and name != NPS]
        asked = [*self.by, *told, *accounts(lab), *(["last_nps"] if NPS in columns else [])]
        rows = table(
            lab, cut=self.cut, columns=[CUSTOMER, *dict.fromkeys(asked)], window_days=self.window_days, scope=scope
        )
        together = ibis.coalesce(*(rows[name] for name in (*accounts(lab), CUSTOMER)))
        rows = rows.mutate(_together=together)
        rows = rows.mutate(_replicate=replicate(rows._together, self.replicates))
        if later:
            rows = self._with_later(lab, rows, later)
        rows = self._with_segment(rows)
        found = {f"_{at}": points(lab, rows.last_nps) if name == NPS else rows[name] for at, name in enumerate(columns)}
        return rows.select(CUSTOMER, **{SEGMENT: rows._segment, REPLICATE: rows._replicate}, **found)

    def _with_later(self, lab: Lab, rows: ir.Table, names: Sequence[str]) -> ir.Table:
        if not (self.cut and self.horizon_days):
            raise ParameterError(
                f"Later outcomes need a `cut` and `horizon_days`: of {', '.join(f'`{name}`' for name in names)} nothing"
                " can be later than the as-of day. Give both."
            )
        later = outcomes(lab, cut=self.cut, horizon_days=self.horizon_days)
        absent = [name for name in names if name not in later.columns]
        if absent:
            raise ParameterError(
                f"A later outcome must be one that the lab can give: {', '.join(f'`{name}`' for name in absent)} is"
                f" none. There are: {', '.join(name for name in later.columns if name != CUSTOMER)}."
            )
        later = later.select(_later=CUSTOMER, **{name: name for name in names})
        return rows.left_join(later, rows[CUSTOMER] == later._later).drop("_later")

    def _with_segment(self, rows: ir.Table) -> ir.Table:
        if self.assigned is not None:
            assigned = self.assigned.select(_assigned=CUSTOMER, _segment="value")
            return rows.left_join(assigned, rows[CUSTOMER] == assigned._assigned).drop("_assigned")
        found = [level(text) for text in texts(rows, self.by, cuts=self.cuts).values()]
        name = found[0]
        for each in found[1:]:
            name = name + ", " + each
        return rows.mutate(_segment=name)
