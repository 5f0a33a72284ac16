"""What a segmentation is worth: whether it tells apart what came later better than a simple split does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEW_GROUPS, Errors, jackknife
from cemlab.stats.segments.sums import MOMENTS, checked, quotient

BETTER, WORSE, ALIKE = "better", "worse", "not told apart"
HELD_OUT = (
    "Explained variation is cross-fitted: group means are learnt on some customers and judged on others, so that a"
    " split into more groups gains nothing by its number of groups alone. Below 0 the means predict worse than one mean"
    " for all; only what lies above 0 beyond noise can be better than anything."
)


def beats(
    schemes: Mapping[str, pd.DataFrame],
    *,
    outcome: str,
    of: str = "segments",
    folds: int = 10,
    gain: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how much more of a later outcome one segmentation explains than each simpler one.

    R² = 1 − Σ(y − m₋(group))²/Σ(y − m₋)², with means learnt without the fold that is judged; for a share it is
    the Brier skill. estimate = R²(of) − R²(rival), on the same customers; std_error: paired delete-a-group
    jackknife, learning redone.

    Parameters
    ----------
    schemes : mapping of str to pandas.DataFrame
        Moments of the outcome by the groups of each scheme (in ``segment``) and ``replicate``, over the same customers.
    outcome : str
        Of the time after the cut at which the groups were made.
    of : str, default "segments"
        The scheme that is to prove itself.
    folds : int, default 10
        Parts of the customers, made of whole replicate groups.
    gain : float, default 0
        Smallest gain in R² that is worth having.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers of a published comparison.

    Returns
    -------
    Estimates
        Measure ``explained_difference``; one row per rival ``scheme``: ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``p_value``, ``verdict`` (better where the interval lies above 0, the estimate reaches
        `gain` and `of` itself explains more than one mean for all beyond noise; worse the other way round; not
        told apart), ``n``. Parts: ``explained`` (one row per scheme: R² with interval, number of groups),
        ``verdict`` (one row: ``keep`` names the scheme to keep: `of` only where it is better than every rival,
        else the rival that explains most).

    Raises
    ------
    ParameterError
        When `of` is no scheme, there is no rival, or there are fewer than 2 folds.
    SchemaError
        When a column or the outcome is missing, or schemes hold different customers.
    InsufficientDataError
        When there are fewer replicate groups than folds.

    References
    ----------
    Dolnicar, S., & Leisch, F. (2010). Evaluation of structure and reproducibility of cluster solutions using
    the bootstrap. Marketing Letters, 21(1), 83–101. doi:10.1007/s11002-009-9083-4

    Examples
    --------
    >>> rows = [(r, s, 10, 10.0 * k, 10.0 * k + 1) for r in range(20) for k, s in enumerate("ab")]
    >>> fine = pd.DataFrame(rows, columns=["replicate", "segment", "n", "sum", "sum_sq"]).assign(outcome="left")
    >>> coarse = fine.groupby(["replicate", "outcome"], as_index=False)[["n", "sum", "sum_sq"]].sum().assign(segment="all")
    >>> beats({"segments": fine, "one group": coarse}, outcome="left").table[["scheme", "verdict"]].values.tolist()
    [['one group', 'better']]
    """
    _check(schemes, of=of, folds=folds)
    tables = _tables(schemes, outcome, folds=folds)
    n = next(iter(tables.values()))[..., 0].sum()
    present = next(iter(tables.values()))[..., 0].sum(axis=1) > 0
    full = {name: _explained(each, folds=folds) for name, each in tables.items()}
    without = {name: _without_each(each, folds=folds) for name, each in tables.items()}
    own = {name: _row(full[name], jackknife(without[name], present), level=level) for name in tables}
    skilled = {name: bool(row["ci_low"].iloc[0] > 0) for name, row in own.items()}
    explained = [row.assign(scheme=name, groups=tables[name].shape[1]) for name, row in own.items()]
    rows = []
    for rival in (name for name in tables if name != of):
        gap, errors = full[of] - full[rival], jackknife(without[of] - without[rival], present)
        row = _row(gap, errors, level=level)
        verdict = _verdict(row.iloc[0], gain=gain, skilled=skilled[of], rival_skilled=skilled[rival])
        rows.append(row.assign(scheme=rival, verdict=verdict, p_value=errors.p_values(np.array(gap))))
    table = pd.concat(rows, ignore_index=True).assign(n=round(float(n)))
    best = max((name for name in tables if name != of), key=lambda name: full[name])
    keep = of if table["verdict"].eq(BETTER).all() else best
    few = bool(table["std_error"].isna().all())
    return Estimates.build(
        table,
        by=["scheme"],
        cells=[],
        measure="explained_difference",
        unit="share",
        method="difference of cross-fitted explained variation, paired jackknife",
        level=level,
        min_n=min_n,
        better="up",
        notes=(HELD_OUT, *((FEW_GROUPS,) if few else ())),
        parts={
            "explained": pd.concat(explained, ignore_index=True),
            "verdict": pd.DataFrame({"outcome": [outcome], "keep": [keep], "beaten": [keep == of]}),
        },
    )


def upheld(found: Estimates) -> bool:
    """Return whether a segmentation is better than every rival also after adjustment for all that was compared.

    Parameters
    ----------
    found : Estimates
        Of `beats`, after `cemlab.stats.multiplicity.adjust`.

    Returns
    -------
    bool
        False where it was not better before, or a comparison is no longer flagged.
    """
    better = bool(found.parts["verdict"]["beaten"].iloc[0])
    return better and bool((found.table["flagged"].fillna(False).astype(bool) & (found.table["estimate"] > 0)).all())


def comparable(schemes: Mapping[str, pd.DataFrame], outcomes: Sequence[str], *, folds: int = 10) -> list[str]:
    """Return the later outcomes that are known of enough customers to compare schemes on.

    Parameters
    ----------
    schemes : mapping of str to pandas.DataFrame
        As for `beats`.
    outcomes : sequence of str
        Later outcomes.
    folds : int, default 10
        As for `beats`: so many replicate groups must hold customers of whom the outcome is known.

    Returns
    -------
    list of str
        In the order of `outcomes`.
    """

    def _groups(frame: pd.DataFrame, outcome: str) -> int:
        held = frame["outcome"].eq(outcome) & frame["segment"].notna() & (frame["n"] > 0)
        return int(frame.loc[held, "replicate"].nunique())

    return [name for name in outcomes if all(_groups(frame, name) >= folds for frame in schemes.values())]


def _check(schemes: Mapping[str, pd.DataFrame], *, of: str, folds: int) -> None:
    if of not in schemes or len(schemes) < 2:
        raise ParameterError(
            f"A comparison needs `{of}` and at least one rival: {len(schemes)} were given"
            f" ({', '.join(schemes) or 'none'})."
        )
    if folds < 2:
        raise ParameterError(f"`folds` must be at least 2: {folds} was given.")
    plain = [name for name, frame in schemes.items() if "replicate" not in frame]
    if plain:
        raise SchemaError(
            f"Judging on other customers needs the column replicate: {', '.join(plain)} of {len(schemes)} have none. "
            "Ask prepare.profiles.moments for replicates."
        )


def _tables(schemes: Mapping[str, pd.DataFrame], outcome: str, *, folds: int) -> dict[str, Floats]:
    """n, sum and sum of squares by replicate group and group of the scheme, on one order of replicates."""
    frames = {}
    for name, frame in schemes.items():
        checked(frame, [outcome])
        frames[name] = frame.loc[frame["outcome"].eq(outcome) & frame["segment"].notna()]
    replicates = pd.Index(sorted(set().union(*(frame["replicate"] for frame in frames.values()))))
    tables = {}
    for name, frame in frames.items():
        groups, names = pd.factorize(frame["segment"], sort=True)
        table = np.zeros((len(replicates), len(names), len(MOMENTS)))
        values = frame[list(MOMENTS)].to_numpy(float)
        np.add.at(
            table,
            (replicates.get_indexer(pd.Index(frame["replicate"])), groups),
            np.where(values[:, :1] > 0, values, 0.0),
        )
        tables[name] = table
    sizes = np.array([table[..., 0].sum(axis=1) for table in tables.values()])
    different = int((~np.isclose(sizes, sizes[0])).any(axis=0).sum())
    if different:
        raise SchemaError(
            f"Schemes must group the same customers: in {different:,} of {len(replicates):,} replicate groups their"
            " numbers differ. Leave out, in all of them, those whom one cannot place."
        )
    if int((sizes[0] > 0).sum()) < folds:
        raise InsufficientDataError(
            f"Every fold needs a replicate group: {int((sizes[0] > 0).sum())} hold customers and {folds} folds were"
            " asked for."
        )
    return tables


def _by_fold(table: Floats, folds: int) -> Floats:
    fold = np.arange(len(table)) % folds
    result = np.zeros((folds, *table.shape[1:]))
    np.add.at(result, fold, table)
    return result


def _explained(table: Floats, *, folds: int) -> float:
    return float(_cross_fitted(_by_fold(table, folds)[None])[0])


def _without_each(table: Floats, *, folds: int) -> Floats:
    by_fold = np.repeat(_by_fold(table, folds)[None], len(table), axis=0)
    each = np.arange(len(table))
    by_fold[each, each % folds] -= table
    return _cross_fitted(by_fold)


def _cross_fitted(by_fold: Floats) -> Floats:
    """R² of tables (..., folds, groups, moments), each fold judged by the means of the others."""
    learnt = by_fold.sum(axis=1, keepdims=True) - by_fold
    overall = quotient(learnt[..., 1].sum(axis=-1), learnt[..., 0].sum(axis=-1))[..., None]
    mean = quotient(learnt[..., 1], learnt[..., 0])
    # A group that was not met while learning is given the mean of all.
    mean = np.where(np.isnan(mean), overall, mean)
    return 1 - quotient(_squares(by_fold, mean), _squares(by_fold, np.broadcast_to(overall, mean.shape)))


def _squares(table: Floats, mean: Floats) -> Floats:
    n, total, squares = (table[..., column] for column in range(3))
    return np.asarray((squares - 2 * mean * total + n * mean**2).sum(axis=(-2, -1)))


def _row(estimate: float, errors: Errors, *, level: float) -> pd.DataFrame:
    low, high = errors.limits(np.array(estimate), level=level)
    return pd.DataFrame(
        {
            "estimate": [estimate],
            "std_error": [float(errors.std_error)],
            "ci_low": [float(low)],
            "ci_high": [float(high)],
        }
    )


def _verdict(row: pd.Series, *, gain: float, skilled: bool, rival_skilled: bool) -> str:
    if row["ci_low"] > 0 and row["estimate"] >= gain and skilled:
        return BETTER
    return WORSE if row["ci_high"] < 0 and rival_skilled else ALIKE
