"""All that may have changed since training, in one family: evaluation dates, columns, and the season ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cemlab.core.results import Estimates
from cemlab.core.scorecards import Scorecard
from cemlab.stats.causes import Cause
from cemlab.stats.prediction.days import relation_by_day
from cemlab.stats.prediction.relations import in_one_family, relation_by_level
from cemlab.stats.prediction.scorecards import Judged, judged_spans


@dataclass(frozen=True, eq=False)
class Changes:
    """What has changed, and what comes back every year.

    Attributes
    ----------
    dates : Estimates
        From `relation_by_day`, judged in one family with the columns.
    columns : Estimates or None
        From `relation_by_level` on the newest date; None without a model of all columns.
    ahead : Estimates or None
        Observed over predicted in the same span a year before the one ahead, by today's model: one row; None
        without such a span.
    """

    dates: Estimates
    columns: Estimates | None
    ahead: Estimates | None

    @property
    def verdicts(self) -> dict[str, str]:
        """What is said of each evaluation date."""
        return dict(zip(self.dates.table["day"], self.dates.table["verdict"], strict=True))

    @property
    def newest(self) -> str:
        """The newest evaluation date."""
        return str(self.dates.table["day"].max())

    @property
    def compared(self) -> bool:
        """Whether every date has a span a year before."""
        return bool(self.dates.table["p_last_year"].notna().all())

    @property
    def moved(self) -> list[str]:
        """Columns that no longer go with churn as in training."""
        terms = self.columns.parts["terms"] if self.columns else None
        return [] if terms is None else list(terms.loc[terms["flagged"].astype(bool), "term"])


def changes(
    judged: Mapping[str, Judged],
    *,
    model: str,
    full: str,
    cards: Mapping[str, Sequence[Scorecard]],
    training: Mapping[str, pd.DataFrame],
    last_year: Mapping[str, pd.DataFrame],
    terms: Sequence[str],
    bins: Mapping[str, Sequence[float]] | None = None,
    cause: Cause = "",
    level: float = 0.95,
    min_n: int = 10,
) -> Changes:
    """Return what has changed since training.

    Parameters
    ----------
    judged : mapping of str to Judged
        Evaluation date → its cells with predictions.
    model, full : str
        The model that is used, and the one of all columns.
    cards : mapping of str to sequence of Scorecard
        Day → the models trained before it; the day after the last span too.
    training : mapping of str to pandas.DataFrame
        Day → the cells that they were trained on.
    last_year : mapping of str to pandas.DataFrame
        Day → landmark cells of the same span a year before, where there are any.
    terms : sequence of str
        Columns of the model of all columns.
    bins : mapping of str to sequence of float, optional
        Cut points of those that are numbers.
    cause : str or float, default ""
        The cause that is judged; empty for every ending.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest published level.

    Returns
    -------
    Changes
        Dates, columns, and the season ahead.

    Raises
    ------
    SchemaError
        When a date has no training.
    """
    newest, before, rules = max(judged), judged_spans(last_year, cards), dict[str, Any](level=level, min_n=min_n)
    risks = judged[newest].risks
    of = dict[str, Any](risks=risks[model], training=training, cause=cause)
    dates = relation_by_day({day: each.cells for day, each in judged.items()}, last_year=before, **of, **rules)
    columns = None
    if full in risks and terms:
        columns = relation_by_level(
            judged[newest].cells,
            terms=terms,
            risks=risks[full],
            training=training[newest],
            last_year=before.get(newest),
            bins=bins,
            cause=cause,
            **rules,
        )
    dates, columns = in_one_family(dates, columns)
    coming = {day: cells for day, cells in before.items() if day > newest}
    ahead = relation_by_day(coming, **of, **rules) if coming else None
    return Changes(dates, columns, ahead)
