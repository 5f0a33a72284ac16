"""Several spans of training as one, and the same cells as rows of numbers for models that cut numbers themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.rows import DesignBlock
from cemlab.core.scorecards import UNKNOWN, bin_edges, rebinned
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.boosting import BOOSTED, Boosted, boosted
from cemlab.stats.prediction.counted import need_equal_weights, need_whole_cells
from cemlab.stats.prediction.scorecards import Judged

Bins = Mapping[str, Sequence[float]]


def stacked(frames: Sequence[pd.DataFrame], *, terms: Sequence[str], bins: Bins) -> pd.DataFrame:
    """Return landmark cells of several spans as one frame to train on.

    Each span has its own landmark and ends before the next begins, so no time of a customer counts twice, and
    the likelihood of the spans is the product of theirs.

    Parameters
    ----------
    frames : sequence of pandas.DataFrame
        Landmark cells, numbers in these bins or finer ones.
    terms : sequence of str
        The covariates; other columns are summed over.
    bins : mapping of str to sequence of float
        Cut points of those that are numbers.

    Returns
    -------
    pandas.DataFrame
        ``duration``, ``cause`` where there is one, the terms, ``n``, ``events``.

    Raises
    ------
    SchemaError
        When there is no frame, a column is missing, or sampling weights differ.

    References
    ----------
    van Houwelingen, H. C. (2007). Dynamic prediction by landmarking in event history analysis. Scandinavian Journal of
    Statistics, 34(1), 70–85. doi:10.1111/j.1467-9469.2006.00529.x

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [5, 5], "tenure": ["3 to 4", "4 to 5"], "n": [2, 3], "events": [2, 3]})
    >>> stacked([cells, cells], terms=["tenure"], bins={"tenure": [12]}).values.tolist()
    [[5, 'below 12', 10, 10]]
    """
    missing = [name for frame in frames for name in ("duration", *terms, "n", "events") if name not in frame]
    if missing or not frames:
        raise SchemaError(
            f"Spans to train on need the terms and counts: {', '.join(missing) or 'every one'} missing of {len(frames)}"
            " spans."
        )
    whole = pd.concat(frames, ignore_index=True)
    need_equal_weights(whole)
    for name in (each for each in terms if each in bins):
        position, texts = pd.factorize(whole[name])
        whole[name] = np.array(rebinned([str(text) for text in texts], bins[name]), dtype=object)[position]
    keys = ["duration", *(["cause"] if "cause" in whole else []), *terms]
    return whole.groupby(keys, dropna=False, observed=True)[["n", "events"]].sum().reset_index()


@dataclass(frozen=True, eq=False)
class CellRows:
    """Landmark cells as design rows (see `cemlab.core.rows.DesignRows`).

    Attributes
    ----------
    columns : tuple of str
        A number's own, and ``plan=yearly`` for each level of the others.
    block : DesignBlock
        All rows; each stands for ``n`` spells.
    """

    columns: tuple[str, ...]
    block: DesignBlock

    def __iter__(self) -> Iterator[DesignBlock]:
        """Go through all rows."""
        yield self.block


def rows_of(cells: pd.DataFrame, *, terms: Sequence[str], bins: Bins, like: CellRows | None = None) -> CellRows:
    """Return landmark cells as rows of numbers: a bin as its lower end, a level as a column of its own.

    Parameters
    ----------
    cells : pandas.DataFrame
        Landmark cells, numbers in fine bins.
    terms : sequence of str
        The covariates.
    bins : mapping of str to sequence of float
        Names those of them that are numbers.
    like : CellRows, optional
        Rows of the training: the same columns; a level that training never had is none of its columns.

    Returns
    -------
    CellRows
        In the order of the cells; a missing number is NaN.

    Raises
    ------
    SchemaError
        When a covariate is missing.

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [5, 9], "tenure": ["3 to 4", "12 and over"], "plan": ["a", "b"], "n": [2, 3], "events": [2, 0]})
    >>> rows_of(cells, terms=["tenure", "plan"], bins={"tenure": [12]}).block.x.tolist()
    [[3.0, 1.0, 0.0], [12.0, 0.0, 1.0]]
    """
    missing = [name for name in terms if name not in cells]
    if missing:
        raise SchemaError(f"Cells need a column per covariate: {', '.join(missing)} missing.")
    need_equal_weights(cells)
    need_whole_cells(cells)
    found: dict[str, Floats] = {}
    for name in terms:
        if name in bins:
            found[name] = _lower(cells[name])
        else:
            texts = cells[name].fillna(UNKNOWN).astype(str)
            found |= {f"{name}={level}": np.asarray(texts == level, dtype=float) for level in sorted(set(texts))}
    columns = tuple(found) if like is None else like.columns
    none = np.zeros(len(cells))
    x = np.column_stack([found.get(name, none) for name in columns])
    replicate = cells["replicate"].to_numpy(np.int64) if "replicate" in cells else None
    gone = (cells["events"] > 0).to_numpy(float)
    return CellRows(
        columns,
        DesignBlock(x, cells["duration"].to_numpy(float), gone, n=cells["n"].to_numpy(float), replicate=replicate),
    )


def _lower(levels: pd.Series) -> Floats:
    position, texts = pd.factorize(levels)
    edges = np.array([bin_edges(str(text)) for text in texts]).reshape(-1, 2)
    # Whatever lies below all cut points has no lower end: one less than the upper one keeps the order.
    return np.where(np.isinf(edges[:, 0]), edges[:, 1] - 1, edges[:, 0])[position]


def with_challenger(judged: Judged, booster: Boosted, rows: CellRows) -> Judged:
    """Return judged cells with the risks that a booster predicted beside the others.

    Parameters
    ----------
    judged : Judged
        From `judged`.
    booster : Boosted
        From `boosted`.
    rows : CellRows
        From `rows_of` on ``judged.cells``, like those of the training.

    Returns
    -------
    Judged
        With the model "gradient boosting".
    """
    own = {horizon: f"{BOOSTED} {horizon:g}" for horizon in booster.horizons}
    patterns, place = np.unique(rows.block.x, axis=0, return_inverse=True)
    risks = booster.of(patterns)[place.ravel()]
    cells = judged.cells.assign(**dict(zip(own.values(), risks.T, strict=True)))
    return Judged(cells, {**judged.risks, BOOSTED: own}, judged.unscored)


def challenge(
    judged: Judged,
    frames: Sequence[pd.DataFrame],
    *,
    terms: Sequence[str],
    bins: Bins,
    horizons: Sequence[float],
    seed: int = 1,
    min_n: int = 10,
) -> Judged:
    """Return judged cells with the risks of a booster that was trained on earlier spans.

    Parameters
    ----------
    judged : Judged
        Cells of the newest evaluation date with the predictions of the other models.
    frames : sequence of pandas.DataFrame
        Landmark cells of the spans that were over on that date.
    terms, bins : as in `rows_of`
        The covariates.
    horizons : sequence of float
        In days.
    seed : int, default 1
        Of the booster.
    min_n : int, default 10
        Fewest events to train on.

    Returns
    -------
    Judged
        With the model "gradient boosting".

    Raises
    ------
    InsufficientDataError
        When fewer than `min_n` left in training.
    """
    rows = rows_of(pd.concat(frames), terms=terms, bins=bins)
    booster = boosted(rows, horizons=horizons, seed=seed, min_n=min_n)
    return with_challenger(judged, booster, rows_of(judged.cells, terms=terms, bins=bins, like=rows))
