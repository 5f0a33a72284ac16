"""Classification error with the uncertainty of the class model: classes learnt again without each group of customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import replicate_codes
from cemlab.stats.segments import em
from cemlab.stats.segments.bch import Classification, assigned_by_true, classification
from cemlab.stats.segments.coded import Coded
from cemlab.stats.segments.latent_classes import LatentClasses


def relearnt(classes: Estimates, patterns: pd.DataFrame) -> Classification:
    """Return how often customers of each class are assigned to each, also without each replicate group.

    Expectation–maximisation goes on from the classes of all customers to those without the group; customers
    stay assigned as they are, and P(assigned | true) is taken anew. The number of classes is held fixed.

    Parameters
    ----------
    classes : Estimates
        Of `latent_classes`.
    patterns : pandas.DataFrame
        The patterns that they were learnt from, by ``replicate``: the same groups of customers as those of the
        outcomes.

    Returns
    -------
    Classification
        For `profiles`, `categories` and `curves`, whose jackknife then redoes the class model.

    Raises
    ------
    SchemaError
        When the patterns have no ``replicate``, or are of other customers.
    InsufficientDataError
        When a class is assigned to nobody, or classes cannot be told apart.

    References
    ----------
    Bakk, Z., Oberski, D. L., & Vermunt, J. K. (2014). Relating latent class assignments to external variables:
    standard errors for correct inference. Political Analysis, 22(4), 520–540. doi:10.1093/pan/mpu003
    """
    model: LatentClasses = classes.model
    data, labels = model.data, model.labels
    by_group, groups = _by_group(patterns, data)
    n = np.maximum(data.n - by_group, 0.0)
    fits = em.climb(data, em.repeated(model.fit, len(groups)), n=n)
    chosen = em.posterior(data, model.fit).argmax(axis=1)
    without = [_errors(data, fits[group], chosen=chosen, n=n[group]) for group in range(len(groups))]
    return replace(
        classification(classes.parts["posterior"], classes=labels),
        errors_without=np.array(without),
        groups=tuple(groups),
    )


def _errors(data: Coded, fit: em.Classes, *, chosen: np.ndarray, n: Floats) -> Floats:
    joint = assigned_by_true(em.posterior(data, fit), chosen, n=n)
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def _by_group(patterns: pd.DataFrame, data: Coded) -> tuple[Floats, Sequence[object]]:
    """Return the customers of each replicate group by pattern of the model, shape (groups, P)."""
    missing = [name for name in (*data.items, "n", "replicate") if name not in patterns]
    if missing:
        raise SchemaError(
            f"Classes are learnt again from their patterns by replicate: {', '.join(missing)} missing. "
            "Ask prepare.patterns.counts for replicates."
        )
    items = list(data.items)
    text = patterns[items].astype("string")
    text = text.mask(text == "").astype(object)
    places = data.table[items].assign(_at=range(len(data.table)))
    at = text.merge(places, on=items, how="left")["_at"].to_numpy(float)
    known = ~np.isnan(at)
    codes, groups = replicate_codes(patterns)
    result = np.zeros((len(groups), len(data.table)))
    np.add.at(result, (codes[known], at[known].astype(np.int64)), patterns["n"].to_numpy(float)[known])
    off = int((~np.isclose(result.sum(axis=0), data.n)).sum())
    if off:
        raise SchemaError(
            f"The patterns must be those that the classes were learnt from: {off:,} of {len(data.n):,} have another"
            " number of customers. Ask both with the same cut, items and cut points."
        )
    return result, list(groups)
