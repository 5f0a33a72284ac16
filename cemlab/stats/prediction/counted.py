"""Every customer counts once: cells with sampling weights are refused, not judged as if they had none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError

WEIGHTS = "sum_w"


def need_whole_cells(cells: pd.DataFrame) -> None:
    """Refuse cells in which some left and others did not: they cannot be dealt out as rows.

    Parameters
    ----------
    cells : pandas.DataFrame
        With ``n`` and ``events``.

    Raises
    ------
    SchemaError
        When in a cell the events are neither none nor all.
    """
    mixed = (cells["events"] > 0) & (cells["events"] < cells["n"])
    if mixed.any():
        raise SchemaError(
            f"In a cell everybody must have left or nobody: in {int(mixed.sum()):,} of {len(cells):,} cells some did."
            " Count those who left and those last seen in cells of their own."
        )


def need_equal_weights(frame: pd.DataFrame) -> None:
    """Refuse cells whose customers stand for unequal numbers of others.

    Weights that are the same for all change no share and no ranking; they pass.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells with ``n``; sampling weights, if any, are summed in ``sum_w``.

    Raises
    ------
    SchemaError
        When weights differ.

    Examples
    --------
    >>> need_equal_weights(pd.DataFrame({"n": [2, 5], "sum_w": [4.0, 10.0]}))
    """
    if WEIGHTS not in frame:
        return
    counted = frame.loc[frame["n"] > 0]
    mean = (counted[WEIGHTS] / counted["n"]).to_numpy(float)
    # weights have no unit: the tolerance is relative
    other = ~np.isclose(mean, np.median(mean) if len(mean) else 1.0, rtol=1e-9, atol=0)
    if other.any():
        raise SchemaError(
            f"Predictions are made and judged on customers who count once each: {int(other.sum()):,} of"
            f" {len(counted):,} cells have another mean sampling weight (`{WEIGHTS}`) than the rest. Leave the column"
            " out to speak of these customers alone, or draw them with equal chances."
        )
