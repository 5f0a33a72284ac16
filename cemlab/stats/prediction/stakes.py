"""The margin that accounts at risk stand for: what is expected to be lost, and what may be."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import Scorecard
from cemlab.stats.intervals import Floats, quantile

DRAWS, BLOCK = 2_000, 100
"""Draws of the model and of who leaves, and how many are held at a time."""

EXPECTED, LOST, TOGETHER = "expected", "lost", "lost, accounts together"
"""What each row speaks of."""

NO_SAMPLING = "All accounts of the day are in it: the interval of the expected margin holds the model's error only."
TIED = "Customers of one account are taken to leave together."
REST = "Of {n:,.0f} customers with less at stake only sums are known: what they lose is taken as normal."


def margin_at_stake(
    accounts: pd.DataFrame,
    scorecard: Scorecard,
    *,
    horizon: float = 0.0,
    calibration: tuple[float, float, float] = (1.0, 1.0, 1.0),
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the margin that is expected to be lost within a horizon, and the interval of what will be lost.

    Expected: Σ p·m, limits the quantiles of Σ p_r·m over draws r of the model's parameters. Lost: Σ B_r·m with
    B_r = 1 with probability 1 − exp(−H_r·c_r), c_r drawn from the ratio of observed to predicted on later data;
    its interval holds chance too. Account by account, not by a normal limit: one large account may be most of
    it.

    Parameters
    ----------
    accounts : pandas.DataFrame
        One row per customer, or per pattern of those with little at stake: a column per term of the scorecard,
        ``n`` customers, ``sum`` of their margins in a year and ``sum_sq`` of the squares
        (`prepare.scores.stakes`). Optional ``account``, an integer per row: customers of one account, where
        each row is one customer.
    scorecard : Scorecard
        Of the model that scored them.
    horizon : float, default 0.0
        One of the scorecard's; 0 for the longest.
    calibration : tuple of float, default (1, 1, 1)
        Observed over predicted on later data, with its limits at `level`.
    draws : int, default 2000
        Of the model and of who leaves.
    seed : int, default 0
        Of the draws.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers of whom the margin is published.

    Returns
    -------
    Estimates
        Measure ``margin_at_stake``, in the lab's currency; one row per ``what`` ("expected", "lost", and with
        accounts "lost, accounts together"): ``estimate``, ``std_error`` (of "lost" the spread of the draws),
        ``ci_low``, ``ci_high`` (of "lost" the predictive interval), ``n`` customers. Part ``largest``:
        ``largest`` 1 and 10, ``estimate`` their share of the expected margin.

    Raises
    ------
    SchemaError
        When a column is missing or a row has no score.
    InsufficientDataError
        When there is no customer.
    ParameterError
        When an option is out of range.

    References
    ----------
    Barndorff-Nielsen, O. E., & Cox, D. R. (1996). Prediction and asymptotics. Bernoulli, 2(4), 319–340.
    doi:10.2307/3318417
    """
    rows, at = _checked(accounts, scorecard, draws=draws), _horizon(scorecard, horizon)
    terms = list(scorecard.terms)
    position = rows.groupby(terms, sort=False, observed=True, dropna=False).ngroup().to_numpy()
    patterns = rows[terms].drop_duplicates(ignore_index=True)
    point = scorecard.of(patterns, reasons=0)[f"risk_{at:g}"].to_numpy(float)[position]
    random, ratio = np.random.default_rng(seed), _log_ratio(calibration, level=level)
    blocks = [min(BLOCK, draws - first) for first in range(0, draws, BLOCK)]
    made = [
        _drawn(rows, scorecard, patterns, position, horizon=at, size=size, ratio=ratio, random=random)
        for size in blocks
    ]
    found = {name: np.concatenate([each[name] for each in made]) for name in made[0]}
    stake = point * rows["sum"].to_numpy(float)
    table = pd.DataFrame(
        [
            {
                "what": name,
                "estimate": stake.sum() if name == EXPECTED else each.mean(),
                "std_error": each.std(ddof=1),
                "ci_low": np.quantile(each, (1 - level) / 2),
                "ci_high": np.quantile(each, (1 + level) / 2),
            }
            for name, each in found.items()
        ]
    ).assign(n=int(rows["n"].sum()))
    rest = rows.loc[rows["n"] > 1, "n"].sum()
    notes = (NO_SAMPLING, *((TIED,) if "account" in rows else ()), *((REST.format(n=rest),) if rest else ()))
    return Estimates.build(
        table,
        by=["what"],
        cells=[],
        measure="margin_at_stake",
        unit="currency",
        better="down",
        level=level,
        min_n=min_n,
        notes=notes,
        method=f"risk times margin; predictive interval by {draws:,} draws of the model and of who leaves",
        parts={"largest": _largest(rows, stake)},
    )


def _checked(accounts: pd.DataFrame, scorecard: Scorecard, *, draws: int) -> pd.DataFrame:
    needed = [*scorecard.terms, "n", "sum", "sum_sq"]
    missing = [name for name in needed if name not in accounts]
    if missing:
        raise SchemaError(f"Accounts need the columns {', '.join(needed)}: {', '.join(missing)} missing.")
    if draws < 2:
        raise ParameterError(f"`draws` must be at least 2: it is {draws}.")
    rows = accounts.loc[accounts["n"] > 0].reset_index(drop=True)
    if rows.empty:
        raise InsufficientDataError("A margin at stake needs customers with a margin and a score: there is none.")
    if "account" in rows and (rows["n"] > 1).any():
        raise SchemaError(
            f"With accounts each row must be one customer: {int((rows['n'] > 1).sum()):,} of {len(rows):,} hold more."
        )
    return rows


def _horizon(scorecard: Scorecard, asked: float) -> float:
    at = asked or scorecard.horizons[-1]
    if at not in scorecard.horizons:
        raise ParameterError(
            f"`horizon` must be one of {', '.join(f'{each:g}' for each in scorecard.horizons)}: {at:g} was given."
        )
    return at


def _log_ratio(calibration: tuple[float, float, float], *, level: float) -> tuple[float, float]:
    """Logarithm of observed over predicted, and its standard error; no correction where it is not known."""
    value, low, high = calibration
    if not (np.isfinite(calibration).all() and min(calibration) > 0):
        return 0.0, 0.0
    return float(np.log(value)), float(np.log(high / low) / (2 * quantile(level)))


def _drawn(
    rows: pd.DataFrame,
    scorecard: Scorecard,
    patterns: pd.DataFrame,
    position: np.ndarray,
    *,
    horizon: float,
    size: int,
    ratio: tuple[float, float],
    random: np.random.Generator,
) -> dict[str, Floats]:
    """Sums of some draws: expected under the model, and lost."""
    hazard = scorecard.hazards(patterns, horizon=horizon, size=size, random=random)
    margin, one = rows["sum"].to_numpy(float), (rows["n"] == 1).to_numpy()
    expected = -np.expm1(-hazard)[:, position] @ margin
    scaled = hazard * np.exp(ratio[0] + ratio[1] * random.normal(size=(size, 1)))
    risk = -np.expm1(-scaled)[:, position]
    rest = np.zeros(size)
    if not one.all():
        chance, squares = risk[:, ~one], rows.loc[~one, "sum_sq"].to_numpy(float)
        rest = chance @ margin[~one] + np.sqrt((chance * (1 - chance)) @ squares) * random.normal(size=size)
    own, risk = margin[one], risk[:, one]
    found = {EXPECTED: expected, LOST: (random.random(risk.shape) < risk) @ own + rest}
    if "account" in rows:
        account = np.unique(rows["account"], return_inverse=True)[1]
        found[TOGETHER] = (random.random((size, account.max() + 1))[:, account] < risk) @ own
    return found


def _largest(rows: pd.DataFrame, stake: Floats) -> pd.DataFrame:
    """Shares of the largest and of the ten largest accounts, or customers where there are no accounts, in what is at stake."""
    one = (rows["n"] == 1).to_numpy()
    by = rows["account"].to_numpy() if "account" in rows else np.arange(len(rows))
    own = np.sort(pd.Series(stake[one]).groupby(by[one]).sum().to_numpy())[::-1]
    whole = stake.sum()
    return pd.DataFrame(
        {"largest": [1, 10], "estimate": [own[:many].sum() / whole if whole > 0 else np.nan for many in (1, 10)]}
    )
