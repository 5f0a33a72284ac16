"""Numbers of customers in blocks, as the engine would give them, and the irises that R's values are of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd


class Rows:
    """Numbers in blocks (see `cemlab.core.rows.NumberRows`)."""

    def __init__(self, frame: pd.DataFrame, size: int = 37) -> None:
        self.columns = tuple(frame.columns)
        self.blocks = [frame.to_numpy(dtype=float)[at : at + size] for at in range(0, len(frame), size)]

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.blocks)


def iris() -> pd.DataFrame:
    """Four measurements of 150 flowers of three kinds."""
    from sklearn.datasets import load_iris

    return pd.DataFrame(load_iris()["data"], columns=["sepal_length", "sepal_width", "petal_length", "petal_width"])
