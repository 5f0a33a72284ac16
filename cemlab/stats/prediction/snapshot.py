"""What a snapshot allows: how well covariates sort leavers from stayers among customers that the model has not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.diagnostics.separation import with_events
from cemlab.stats.hazards.concordance import concordance
from cemlab.stats.hazards.cox import fit_cox
from cemlab.stats.hazards.predicted import model_of
from cemlab.stats.intervals import Floats, quantile
from cemlab.stats.prediction.counted import need_equal_weights, need_whole_cells

NOT_LATER = (
    "Judged on other customers of the same snapshot, and not on later time: a prediction of the future can be much"
    " worse."
)


def cross_fitted(
    cells: pd.DataFrame, *, terms: Sequence[str], folds: int = 5, seed: int = 1, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return how often a customer who left is ranked above one who is still here, by a model that has seen neither.

    AUC = Σ A_k/K over K random folds of spells, A_k the area under the curve in fold k (who left against who is
    still here, whatever their tenure) of the linear predictor of a Cox model fitted on the others, error by
    DeLong; std_error √(Σ se_k²)/K, folds sharing no spell. Levels at which nobody left in the other folds are
    not compared. Harrell's concordance, which asks of comparable pairs who left earlier in tenure, is another
    number, and stands in a part.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``duration``, ``n``, ``events`` (n or 0), and ``start`` with late entry.
    terms : sequence of str
        The covariates.
    folds : int, default 5
        K, at least 2.
    seed : int, default 1
        Of the folds.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``auc`` as a share; one row: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``n``,
        ``events``. Part ``folds``: one row per ``fold``; part ``concordance``: Harrell's, in the same form.

    Raises
    ------
    SchemaError
        When a column is missing, sampling weights differ, or a cell holds both some who left and some who did not.
    ParameterError
        When there are fewer than two folds or no covariate.
    InsufficientDataError
        When fewer events are there than folds, or no covariate varies.

    References
    ----------
    DeLong, E. R., DeLong, D. M., & Clarke-Pearson, D. L. (1988). Comparing the areas under two or more
    correlated receiver operating characteristic curves: a nonparametric approach. Biometrics, 44(3), 837–845.
    doi:10.2307/2531595 Stone, M. (1974). Cross-validatory choice and assessment of statistical predictions.
    Journal of the Royal Statistical Society, Series B, 36(2), 111–133. doi:10.1111/j.2517-6161.1974.tb00994.x
    """
    missing = [name for name in ("duration", *terms, "n", "events") if name not in cells]
    if missing:
        raise SchemaError(f"Cells need the columns {', '.join(missing)}: they are missing.")
    need_equal_weights(cells)
    need_whole_cells(cells)
    if folds < 2 or not terms:
        raise ParameterError(
            f"Cross-fitting needs two folds and a covariate at least: {folds} folds and {len(terms)} covariates were"
            " given."
        )
    gone = int(cells["events"].sum())
    if gone < folds:
        raise InsufficientDataError(f"Each of {folds} folds needs somebody who left: {gone} did. Use more spells.")
    split = _split(cells["n"].to_numpy(np.int64), folds, seed)
    rows = [_judged(cells, split, fold, terms=list(terms), level=level) for fold in range(folds)]
    each = pd.DataFrame(rows)
    counts = {"n": each["n"].sum(), "events": gone}
    row = _mean(each["auc"], each["auc_error"], level=level).assign(**counts)
    ordered = _mean(each["concordance"], each["concordance_error"], level=level).assign(**counts)
    return Estimates.build(
        row,
        by=[],
        measure="auc",
        unit="share",
        level=level,
        min_n=min_n,
        better="up",
        parts={"folds": each, "concordance": ordered},
        method=(
            f"AUC of a Cox model's linear predictor, left against still here, cross-fitted over {folds} folds of spells"
        ),
        notes=[NOT_LATER],
    )


def _mean(values: pd.Series, errors: pd.Series, *, level: float) -> pd.DataFrame:
    value, error = float(values.mean()), float(np.sqrt((errors**2).sum()) / len(values))
    half = float(quantile(level)) * error
    return pd.DataFrame(
        {
            "estimate": [value],
            "std_error": [error],
            "ci_low": [max(value - half, 0.0)],
            "ci_high": [min(value + half, 1.0)],
        }
    )


def _area(score: Floats, n: Floats, left: np.ndarray) -> tuple[float, float]:
    """Area under the curve of who left against who did not, and its error (DeLong); rows stand for `n` spells."""
    if not n[left].sum() > 1 or not n[~left].sum() > 1:
        return float("nan"), float("nan")
    parts = []
    for mine, theirs, sign in ((left, ~left, 1.0), (~left, left, -1.0)):
        order = np.argsort(sign * score[theirs], kind="stable")
        values, weight = sign * score[theirs][order], np.cumsum(np.append(0.0, n[theirs][order]))
        below, upto = (weight[np.searchsorted(values, sign * score[mine], side=side)] for side in ("left", "right"))
        placed = (below + upto) / 2 / weight[-1]
        mean, size = float(np.average(placed, weights=n[mine])), n[mine].sum()
        parts.append((mean, float(n[mine] @ (placed - mean) ** 2) / (size - 1) / size))
    return parts[0][0], float(np.sqrt(parts[0][1] + parts[1][1]))


def _split(n: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """How many spells of each cell fall into each fold, shape (cells, folds)."""
    random, left = np.random.default_rng(seed), n.copy()
    shares = np.zeros((len(n), folds), dtype=np.int64)
    for fold in range(folds - 1):
        shares[:, fold] = random.binomial(left, 1 / (folds - fold))
        left = left - shares[:, fold]
    shares[:, -1] = left
    return shares


def _judged(cells: pd.DataFrame, split: np.ndarray, fold: int, *, terms: list[str], level: float) -> dict[str, float]:
    """How well what the others teach ranks the spells of one fold."""
    left = cells["events"].to_numpy() > 0
    theirs, own = (_with_counts(cells, counts, left) for counts in (split.sum(axis=1) - split[:, fold], split[:, fold]))
    kept = with_events(theirs, terms=terms)
    used = [name for name in terms if len(set(kept[name])) > 1]
    if not used:
        raise InsufficientDataError(
            f"A covariate must vary among those of whom some left: none of {len(terms)} does. Name others."
        )
    for name in used:
        own = own.loc[own[name].isin(set(kept[name]))]
    fit = fit_cox(kept, terms=used, level=level)
    found = concordance(fit, own, level=level).table.iloc[0]
    model = model_of(fit)
    score = model.design.matrix(model.design.coded(own)) @ model.beta
    area, error = _area(score, own["n"].to_numpy(float), own["events"].to_numpy(float) > 0)
    return {
        "fold": fold + 1.0,
        "auc": area,
        "auc_error": error,
        "concordance": float(found["estimate"]),
        "concordance_error": float(found["std_error"]),
        "n": float(found["n"]),
    }


def _with_counts(cells: pd.DataFrame, n: np.ndarray, left: np.ndarray) -> pd.DataFrame:
    counted = cells.assign(n=n, events=np.where(left, n, 0))
    return counted.loc[counted["n"] > 0]
