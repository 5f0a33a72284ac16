"""Whether the same segments would be found again, and what they may therefore be called."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.segments import em
from cemlab.stats.segments.groups import Groups
from cemlab.stats.segments.latent_classes import LatentClasses
from cemlab.stats.segments.number import CHANCE, UNIDENTIFIED
from cemlab.stats.segments.prediction_strength import STRONG
from cemlab.stats.segments.resampled import resampled_groups
from cemlab.stats.threads import one_thread

STABLE, PATTERN, DISSOLVED = 0.75, 0.60, 0.50
"""Mean Jaccard similarity from which a segment is stable, from which it is a pattern, and up to which it has dissolved."""

CLEAR_ENTROPY, CLEAR_SILHOUETTE = 0.60, 0.50
"""How clearly customers must belong to one segment for segments to be called natural."""

BATCH = 20
"""Resamples fitted together."""

Verdict = Literal["natural", "reproducible", "constructed"]

MEANING = {
    "natural": (
        "The segments are found again in resamples and lie apart: they are in the data, as far as simpler models were"
        " tried."
    ),
    "reproducible": (
        "The segments are found again in resamples, but they do not lie clearly apart: a useful division of what is"
        " continuous."
    ),
    "constructed": (
        "Other samples of the same customers would have given other segments, or they are cuts through one group: made,"
        " not found."
    ),
}
"""What each verdict says."""

ONE_GROUP = "one group"
"""Doubt where the data speak for no more than one group."""


def stability(
    fitted: Estimates, *, resamples: int = 100, seed: int = 0, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return how well each segment is found again in resamples.

    Of each resample the segments are sought anew, from as many random starts as the fit had; a segment's
    Jaccard similarity is that with the most similar of them,
    |both|/|either| among the customers drawn. Means from 0.75 on are stable, from 0.60 on a pattern; below, a segment is not to be
    trusted. Up to 0.50 it has dissolved.

    Parameters
    ----------
    fitted : Estimates
        Of `latent_classes`, `k_means` or `mixture`.
    resamples : int, default 100
        How many.
    seed : int, default 0
        Of the resamples.
    level : float, default 0.95
        Confidence level of the mean over resamples, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``jaccard``; one row per ``segment``: ``estimate`` (mean), ``std_error`` (Monte-Carlo),
        ``ci_low``, ``ci_high`` (range of the middle `level` of resamples), ``dissolved_share``,
        ``recovered_share`` (above 0.75), ``verdict`` ("stable", "pattern", "not to be trusted"), ``n``.

    Raises
    ------
    ParameterError
        When there are fewer than two resamples.
    SchemaError
        When `fitted` holds no segments that can be sought again.

    References
    ----------
    Hennig, C. (2007). Cluster-wise assessment of cluster stability. Computational Statistics & Data Analysis,
    52(1), 258–271. doi:10.1016/j.csda.2006.11.025

    Examples
    --------
    >>> from cemlab.stats.segments import latent_classes
    >>> patterns = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    >>> found = latent_classes(patterns, items=["a", "b", "c"], classes=2)
    >>> stability(found, resamples=20).table["verdict"].tolist()
    ['stable', 'stable']
    """
    if resamples < 2:
        raise ParameterError(f"`resamples` must be at least 2: it is {resamples}.")
    model = fitted.model
    if isinstance(model, LatentClasses):
        labels, similar = model.labels, _of_patterns(model, resamples=resamples, seed=seed)
    elif isinstance(model, Groups):
        tables = resampled_groups(model, resamples=resamples, seed=seed)
        with one_thread():
            labels, similar = model.labels, np.array([jaccard(table) for table in tables])
    else:
        raise SchemaError(
            f"Stability needs the estimates of latent_classes, k_means or mixture: `{fitted.measure}` was given."
        )
    size = fitted.table.set_index("segment")[["n", "suppressed"]].reindex(labels).reset_index(names="segment")
    table = size.assign(
        estimate=similar.mean(axis=0),
        std_error=similar.std(axis=0, ddof=1) / np.sqrt(resamples),
        ci_low=np.quantile(similar, (1 - level) / 2, axis=0),
        ci_high=np.quantile(similar, (1 + level) / 2, axis=0),
        dissolved_share=(similar <= DISSOLVED).mean(axis=0),
        recovered_share=(similar > STABLE).mean(axis=0),
    )
    table["verdict"] = np.select(
        [table["estimate"] >= STABLE, table["estimate"] >= PATTERN], ["stable", "pattern"], "not to be trusted"
    )
    return Estimates.build(
        table,
        by=["segment"],
        measure="jaccard",
        unit="ratio",
        method=f"cluster-wise Jaccard similarity over {resamples:,} resamples",
        level=level,
        min_n=min_n,
        better="up",
    )


def jaccard(table: Floats) -> Floats:
    """Return the Jaccard similarity of each segment with the most similar one found again.

    Parameters
    ----------
    table : numpy.ndarray
        Customers by segment (rows) and by segment found again (columns).

    Returns
    -------
    numpy.ndarray
        One per row; 0 where nobody of the segment was drawn.
    """
    either = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    return np.asarray((table / np.maximum(either, 1e-300)).max(axis=1))


def verdict(
    stable: Estimates, fitted: Estimates, *, number: Estimates | None = None, simpler: Estimates | None = None
) -> Estimates:
    """Return what the segments may be called: natural, reproducible or constructed.

    Natural: every segment is stable (0.75); they lie apart (relative entropy from 0.60 on, of k-means mean
    silhouette from 0.50 on); one class fewer is refused (BIC, and the bootstrap test where it was made), and
    one more does not fit better (BIC, of mixtures ICL), or of k-means one half of the customers predicts the
    clusters of the other (prediction strength, where it was taken); and no simpler model explains the customers
    as well. Reproducible: every segment is at least a pattern (0.60), and the data speak for more than one
    group (BIC, of k-means prediction strength). Constructed: anything else.

    Parameters
    ----------
    stable : Estimates
        Of `stability`.
    fitted : Estimates
        The segments: of `latent_classes`, `k_means` or `mixture`.
    number : Estimates, optional
        Of `number_of_classes`, `number_of_components` or `number_of_clusters`; latent classes and mixtures are
        not called natural without.
    simpler : Estimates, optional
        Of `simpler_models`; nothing is called natural without.

    Returns
    -------
    Estimates
        Measure ``segmentation``; one row: ``estimate`` (smallest mean Jaccard of a segment), ``verdict``,
        ``meaning``, ``apart`` (relative entropy or silhouette), ``told`` (True where one class fewer is
        refused, and one more not preferred), ``doubt`` ("one group", "one scale", "pair", "one crowd", or
        empty), ``first``, ``second`` (items of the pair), ``n``.

    Raises
    ------
    InsufficientDataError
        When every segment is too small to be published.

    References
    ----------
    Dolnicar, S., & Leisch, F. (2010). Evaluation of structure and reproducibility of cluster solutions using
    the bootstrap. Marketing Letters, 21(1), 83–101. doi:10.1007/s11002-009-9083-4

    Examples
    --------
    >>> from cemlab.stats.segments import latent_classes
    >>> patterns = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    >>> found = latent_classes(patterns, items=["a", "b", "c"], classes=2)
    >>> verdict(stability(found, resamples=20), found).row()["verdict"]
    'reproducible'
    """
    lowest, fit = float(stable.table["estimate"].min()), fitted.parts["fit"].iloc[0]
    of_classes = "entropy_r2" in fit
    apart = float(fit["entropy_r2"] if of_classes else fit["silhouette"])
    evidence = _evidence if of_classes else _strength
    told, any_class = evidence(number, classes=int(fit["classes"]))
    if of_classes:
        # A mixture bends several components round one skewed crowd: BIC counts components, ICL crowds.
        criterion = "icl" if isinstance(fitted.model, Groups) else "estimate"
        told = told and _turns_at(number, classes=int(fit["classes"]), criterion=criterion)
    clear = apart >= (CLEAR_ENTROPY if of_classes else CLEAR_SILHOUETTE)
    doubt, pair = (ONE_GROUP, ("", "")) if not any_class else _doubt(simpler)
    word: Verdict = "constructed"
    if lowest >= PATTERN and any_class and fit["classes"] > 1:
        sure = clear and told and simpler is not None and not doubt
        word = "natural" if lowest >= STABLE and sure else "reproducible"
    row = pd.DataFrame(
        [
            {
                "estimate": lowest,
                "verdict": word,
                "meaning": MEANING[word],
                "apart": apart,
                "told": told,
                "doubt": doubt,
                "first": pair[0],
                "second": pair[1],
                "n": fit["n"],
            }
        ]
    )
    return Estimates.build(
        row,
        by=[],
        measure="segmentation",
        unit="ratio",
        method="smallest cluster-wise Jaccard similarity, separation, number of classes",
        level=stable.level,
        min_n=stable.min_n,
        better="up",
    )


def _doubt(simpler: Estimates | None) -> tuple[str, tuple[str, str]]:
    """The first simpler explanation that does as well, and the items of a pair."""
    if simpler is None:
        return "", ("", "")
    for row in simpler.table.to_dict("records"):
        if row["as_good"]:
            return str(row["explanation"]), (str(row["first"]), str(row["second"]))
    return "", ("", "")


def _evidence(number: Estimates | None, *, classes: int) -> tuple[bool, bool]:
    """Whether one class fewer is refused, and whether BIC prefers these classes to a single one."""
    if number is None:
        return False, True
    rows = number.table
    bic = dict(zip(rows["classes"], rows["estimate"], strict=True))
    if classes not in bic or classes == 1:
        return False, False
    # A test that was not made refuses nothing; BIC still can.
    chance = "p_value" in rows and bool((rows.loc[rows["classes"] == classes, "p_value"] >= CHANCE).any())
    return bool(bic[classes] < bic[classes - 1]) and not chance, bool(bic[classes] < bic[1])


def _turns_at(number: Estimates | None, *, classes: int, criterion: str) -> bool:
    """Whether a criterion is smallest there, and rises after: one that falls to the last number tried has settled nothing."""
    if number is None:
        return False
    rows = number.table.sort_values(criterion, kind="stable")["classes"]
    no_more = any(UNIDENTIFIED in note for note in number.notes)
    return bool(rows.iloc[0] == classes and (classes < rows.max() or no_more))


def _strength(number: Estimates | None, *, classes: int) -> tuple[bool, bool]:
    """Whether one half predicts so many clusters of the other, and whether it predicts more than one."""
    if number is None:
        return True, True
    strong = number.table.loc[number.table["estimate"] + number.table["std_error"] >= STRONG, "classes"]
    return bool((strong == classes).any()), bool((strong > 1).any())


def _of_patterns(model: LatentClasses, *, resamples: int, seed: int) -> Floats:
    """Similarity of each class in each resample of the counts, shape (resamples, classes)."""
    random, data = np.random.default_rng(seed), model.data
    classes, total = len(model.fit.sizes), data.n.sum()
    own = np.eye(classes)[em.posterior(data, model.fit).argmax(axis=1)]
    found = list[Floats]()
    for first in range(0, resamples, BATCH):
        n = random.multinomial(round(total), data.n / total, size=min(BATCH, resamples - first)).astype(float)
        with one_thread():
            again = em.refitted(data, model.fit, n=n, starts=model.starts, random=random, own=False)
        for at, counts in enumerate(n):
            other = np.eye(classes)[em.posterior(data, again[at]).argmax(axis=1)]
            found.append(jaccard((own * counts[:, None]).T @ other))
    return np.array(found)
