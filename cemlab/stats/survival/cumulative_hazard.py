"""How much hazard has piled up: Nelson–Aalen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.survival.clustered import CLUSTERED, error_of, half_width
from cemlab.stats.survival.curves import Curves, curves_of, group_summary, inside, keys_of, shown
from cemlab.stats.survival.lives import lives_of, window_of


def nelson_aalen(
    lives: pd.DataFrame, *, by: Sequence[str] = (), given: float = 0.0, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return the cumulative hazard after each time.

    H(t) = Σ d/Y; Var = Σ d/Y²; interval H·exp(±z·se/H). Start and end as the survival curves.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    by : sequence of str, default ()
        Group columns; any other column that is not the life table's own is refused.
    given : float, default 0
        Speak of those still there at this time; 0 for the start that late entry allows.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        Measure ``cumulative_hazard``; rows as `kaplan_meier`.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    InsufficientDataError
        When there is no spell, or no group ever has `min_n` at risk.
    ParameterError
        When `level` is not in (0, 1).

    References
    ----------
    Aalen, O. (1978). Nonparametric inference for a family of counting processes. Annals of Statistics,
    6(4), 701–726. doi:10.1214/aos/1176344247

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [1, 2], "events": [10, 9], "censored": [0, 81]})
    >>> nelson_aalen(lives).table[["estimate", "std_error"]].round(4).values.tolist()
    [[0.1, 0.0316], [0.2, 0.0459]]
    """
    table = lives_of(lives, by=by)
    curves = curves_of(table, window_of(table, min_n=min_n, since=given or None))
    used = inside(table, curves.window)
    risk, events = np.where(used, table.at_risk, 1.0), np.where(used, table.events, 0.0)
    row, column = shown(curves)
    hazard = np.cumsum(events / risk, axis=0)[row, column]
    error = _hazard_errors(curves, events / risk**2)[row, column]
    half = half_width(level, curves.df[column]) * np.divide(
        error, hazard, out=np.full_like(error, np.nan), where=hazard > 0
    )
    rows = keys_of(table, column).assign(
        duration=table.times[row],
        estimate=hazard,
        std_error=error,
        ci_low=hazard * np.exp(-half),
        ci_high=hazard * np.exp(half),
        at_risk=table.at_risk[row, column],
        n=table.spells[column],
        n_customers=table.customers[column],
        suppressed=curves.window.hidden[column],
    )
    return Estimates.build(
        rows,
        by=[*table.by, "duration"],
        cells=table.by,
        measure="cumulative_hazard",
        unit="ratio",
        method=f"Nelson–Aalen, {f'{CLUSTERED}, ' if table.split else ''}log interval",
        level=level,
        min_n=min_n,
        better="down",
        notes=curves.notes,
        parts={"groups": group_summary(table, curves.window)},
    )


def _hazard_errors(curves: Curves, squares: Floats) -> Floats:
    """Standard errors of the cumulative hazard, shape (T, G), from d/Y² or clustered."""
    lives, used = curves.lives, inside(curves.lives, curves.window)
    if lives.split is None:
        return np.asarray(np.sqrt(np.cumsum(squares, axis=0)))
    columns = [
        error_of(lives.split.of(at).of_hazard(lives.at_risk[:, at], lives.events[:, at], used[:, at]))
        for at in range(len(lives.groups))
    ]
    return np.stack(columns, axis=1) + 0 * curves.df
