"""What carries a prediction: the same model without each column, judged on the same customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import Scorecard
from cemlab.stats.diagnostics.separation import with_events
from cemlab.stats.prediction.learnt import Kind, trained
from cemlab.stats.prediction.scorecards import Clock


def without_each(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str],
    horizons: Sequence[float],
    clock: Clock = "days",
    bins: Mapping[str, Sequence[float]] | None = None,
    time_varying: Sequence[str] = (),
    kind: Kind = "discrete time",
    ridge: float = 1.0,
) -> list[Scorecard]:
    """Return the model of all columns but one, for each column.

    Parameters
    ----------
    cells : pandas.DataFrame
        Landmark cells of the training day.
    terms : sequence of str
        The columns; those of one level are passed over, and levels at which nobody left unless there is a ridge.
    horizons, clock, bins, time_varying : as in `scorecard`
        The same question.
    kind, ridge : as in `trained`
        Which model.

    Returns
    -------
    list of Scorecard
        Each named as the column that it lacks; empty when there are fewer than two.

    Raises
    ------
    SchemaError
        When a column is missing.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "a", "b", "b"], "area": ["x", "y"] * 2, "duration": 1, "n": [30, 70, 10, 90],
    ...                       "events": [3, 10, 2, 7]})
    >>> [(card.model, card.terms) for card in without_each(cells, terms=["plan", "area"], horizons=[1])]
    [('plan', ('area',)), ('area', ('plan',))]
    """
    kept = cells if ridge else with_events(cells, terms=terms)
    held = [name for name in terms if len(set(kept[name])) > 1]
    made = []
    for name in held if len(held) > 1 else []:
        others = [other for other in held if other != name]
        _, card = trained(
            kept,
            kind=kind,
            terms=others,
            horizons=horizons,
            clock=clock,
            bins=bins,
            time_varying=time_varying,
            ridge=ridge,
        )
        made.append(replace(card, model=name))
    return made


def lost(compared: Estimates) -> Estimates:
    """Return how much skill is lost without each column.

    Parameters
    ----------
    compared : Estimates
        From `compare`: models named as the column that each lacks, against the model of all; one skill and horizon.

    Returns
    -------
    Estimates
        Measure ``skill_lost`` as a share, the largest first; one row per ``term``: ``estimate`` (skill of the
        model of all less that without the column), ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``n``.

    Raises
    ------
    SchemaError
        When more than one skill or horizon was compared.
    """
    table = compared.table
    if table["model"].duplicated().any():
        raise SchemaError(
            f"One skill at one horizon must have been compared: {len(table)} rows speak of {table['model'].nunique()}"
            " models."
        )
    flipped = table.assign(estimate=-table["estimate"], ci_low=-table["ci_high"], ci_high=-table["ci_low"])
    rows = flipped.rename(columns={"model": "term"})[
        ["term", "estimate", "std_error", "ci_low", "ci_high", "p_value", "n"]
    ]
    return Estimates.build(
        rows.sort_values("estimate", ascending=False),
        by=["term"],
        cells=[],
        measure="skill_lost",
        unit="share",
        method=compared.method,
        level=compared.level,
        min_n=compared.min_n,
        notes=compared.notes,
    )
