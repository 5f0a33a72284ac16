"""Whether so many classes can be told from so few items at all."""

from __future__ import annotations

import numpy as np

from cemlab.core.errors import ParameterError
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.coded import Coded

MOST_CELLS = 4_096
"""With more possible patterns, counting parameters is enough."""


def identified(data: Coded, *, classes: int) -> bool:
    """Return whether the parameters of a model can be worked out from the probabilities of its patterns.

    Counting is not enough: three classes of four yes/no items have 14 parameters and 15 free patterns, and yet
    leave one parameter open. So the rank of the derivatives of all patterns' probabilities is taken at random
    classes; it is the same at almost all.

    Parameters
    ----------
    data : Coded
        Items and levels; counts do not matter.
    classes : int
        Number of classes.

    Returns
    -------
    bool
        True when the rank is the number of parameters.

    References
    ----------
    Goodman, L. A. (1974). Exploratory latent structure analysis using both identifiable and unidentifiable
    models. Biometrika, 61(2), 215–231. doi:10.1093/biomet/61.2.215
    """
    if classes == 1:
        return True
    npar = data.parameters(classes)
    if npar > data.cells - 1:
        return False
    if data.cells > MOST_CELLS:
        return True
    return int(np.linalg.matrix_rank(_derivatives(data.sizes, classes), tol=1e-9)) == npar


def need_identified(data: Coded, *, classes: int) -> None:
    """Refuse classes that so few items cannot tell apart.

    Parameters
    ----------
    data : Coded
        Items and levels.
    classes : int
        Number of classes.

    Raises
    ------
    ParameterError
        When they are not identified.
    """
    if not identified(data, classes=classes):
        raise ParameterError(
            f"Classes must be identified by their items: {classes} classes of {len(data.items)} items have"
            f" {data.parameters(classes)} parameters, and {data.cells - 1:,.0f} free patterns do not settle them. Ask"
            " for fewer classes or give more items."
        )


def _derivatives(sizes: list[int], classes: int) -> Floats:
    """Derivatives of the probability of each complete pattern, at random classes; columns scaled to length 1."""
    random = np.random.default_rng(20_240_229)
    share = random.dirichlet(np.full(classes, 5.0))
    chances = [random.dirichlet(np.full(size, 2.0), size=classes) for size in sizes]
    index = np.indices(sizes).reshape(len(sizes), -1)
    factors = [chance[:, at] for chance, at in zip(chances, index, strict=True)]
    inside = np.prod(factors, axis=0)
    columns = [inside[k] - inside[0] for k in range(1, classes)]
    for size, at, factor in zip(sizes, index, factors, strict=True):
        rest = share[:, None] * inside / factor
        columns += [
            rest[k] * ((at == found).astype(float) - (at == 0)) for k in range(classes) for found in range(1, size)
        ]
    matrix = np.array(columns).T
    return np.asarray(matrix / np.linalg.norm(matrix, axis=0))
