"""Numbers of each group and horizon, laid out as a table of estimates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.stats.prediction.jackknife import Replicated, replicated
from cemlab.stats.prediction.outcomes import Judging, Outcomes, Statistic

Risks = Mapping[float, str]
"""Column of the prediction for each horizon."""
Laid = Callable[[Replicated], pd.DataFrame]


def sorted_risks(risks: Risks) -> dict[float, str]:
    """Return the predictions by rising horizon.

    Parameters
    ----------
    risks : mapping of float to str
        Column of each horizon.

    Returns
    -------
    dict of float to str
        Sorted.

    Raises
    ------
    ParameterError
        When there is none, or a horizon is not above 0.
    """
    wrong = sum(not horizon > 0 for horizon in risks)
    if not risks or wrong:
        raise ParameterError(f"Horizons must be above 0, and at least one: {wrong} of {len(risks)} are not.")
    return {float(horizon): risks[horizon] for horizon in sorted(risks)}


def within_reach(judging: Judging, horizons: Sequence[float]) -> tuple[str, ...]:
    """Return what must be said of horizons at which nothing can be judged.

    Parameters
    ----------
    judging : Judging
        The groups.
    horizons : sequence of float
        In the unit of the durations.

    Returns
    -------
    tuple of str
        Full sentences.

    Raises
    ------
    InsufficientDataError
        When no group can be judged at any horizon.
    """
    reached = np.array([[group.reaches(horizon) for horizon in horizons] for group in judging.groups])
    left = np.array([[group.left_by(horizon) > 0 for horizon in horizons] for group in judging.groups])
    if not (reached & left).any():
        spells = sum(group.n.sum() for group in judging.groups)
        raise InsufficientDataError(
            f"A prediction is judged where somebody left and enough are still followed: at none of {len(horizons)}"
            f" horizons is that so ({int(spells):,} spells). Use a shorter horizon, an earlier cut or fewer groups."
        )
    notes = []
    if not reached.all():
        notes.append(f"Too few were followed that far: {int((~reached).sum())} of {reached.size} rows have no value.")
    if (reached & ~left).any():
        notes.append(f"Nobody left up to the horizon in {int((reached & ~left).sum())} of {reached.size} rows.")
    return tuple(notes)


def replicates(judging: Judging, statistic: Callable[[Outcomes], Statistic]) -> list[Replicated]:
    """Return the statistic of each group of a judgement with its replicates.

    Parameters
    ----------
    judging : Judging
        The groups.
    statistic : callable
        Makes a group's statistic.

    Returns
    -------
    list of Replicated
        In the order of the groups.
    """
    return [replicated(group, statistic(group)) for group in judging.groups]


def by_horizon(
    judging: Judging, found: Sequence[Replicated], horizons: Sequence[float], *, first: int, laid: Laid
) -> pd.DataFrame:
    """Return one row per group and horizon.

    Parameters
    ----------
    judging : Judging
        The groups.
    found : sequence of Replicated
        Their numbers.
    horizons : sequence of float
        In the order of the numbers.
    first : int
        Position of the number that belongs to the first horizon.
    laid : callable
        Gives numbers their intervals.

    Returns
    -------
    pandas.DataFrame
        Group columns, ``horizon``, the columns of `laid`, ``n`` spells, ``events`` seen up to the horizon.
    """
    table = by_value(judging, found, name="horizon", values=horizons, first=first, laid=laid)
    return table.assign(events=[group.left_by(horizon) for group in judging.groups for horizon in horizons])


def by_value(
    judging: Judging, found: Sequence[Replicated], *, name: str, values: Sequence[float], first: int, laid: Laid
) -> pd.DataFrame:
    """Return one row per group and value of something else.

    Parameters
    ----------
    judging : Judging
        The groups.
    found : sequence of Replicated
        Their numbers.
    name : str
        Column of the values.
    values : sequence of float
        In the order of the numbers.
    first : int
        Position of the number that belongs to the first value.
    laid : callable
        Gives numbers their intervals.

    Returns
    -------
    pandas.DataFrame
        Group columns, `name`, the columns of `laid`, ``n`` spells.
    """
    parts = []
    for group, numbers in zip(judging.groups, found, strict=True):
        rows = laid(numbers.take(slice(first, first + len(values))))
        keys = {**judging.keys(group), name: np.asarray(values, dtype=float)}
        parts.append(pd.DataFrame(keys, index=rows.index).join(rows).assign(n=group.n.sum()))
    return pd.concat(parts, ignore_index=True)


def by_group(judging: Judging, found: Sequence[Replicated], *, first: int, laid: Laid) -> pd.DataFrame:
    """Return one row per group.

    Parameters
    ----------
    judging : Judging
        The groups.
    found : sequence of Replicated
        Their numbers.
    first : int
        Position of the number.
    laid : callable
        Gives numbers their intervals.

    Returns
    -------
    pandas.DataFrame
        Group columns, the columns of `laid`, ``n`` spells.
    """
    parts = [
        pd.DataFrame(judging.keys(group), index=[0]).join(laid(numbers.take([first]))).assign(n=group.n.sum())
        for group, numbers in zip(judging.groups, found, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)
