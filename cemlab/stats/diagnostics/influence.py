"""Whom do the coefficients hang on: their change when a group is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.stats.hazards.cells import checked, prepared
from cemlab.stats.hazards.predicted import model_of
from cemlab.stats.hazards.residuals import score_residuals


def influence(fit: Estimates, cells: pd.DataFrame, *, group: str) -> Estimates:
    """Return by how much each coefficient would change without each group, to first order.

    β − β₍₋g₎ ≈ H⁻¹ U_g, U_g the summed score residuals of the group.

    Parameters
    ----------
    fit : Estimates
        From `fit_cox`.
    cells : pandas.DataFrame
        The cells of the fit, with the column `group`.
    group : str
        Which spells belong together: a segment, a month of entry, a source.

    Returns
    -------
    Estimates
        Measure ``influence``; one row per group, ``term`` and ``level``: ``estimate`` (the part of the
        coefficient that is owed to the group), ``in_errors`` (the same in standard errors of the coefficient),
        ``n`` spells of the group.

    Raises
    ------
    SchemaError
        When a column is missing or a level is unknown to the model.

    References
    ----------
    Therneau, T. M., & Grambsch, P. M. (2000). Modeling survival data: Extending the Cox model.
    Springer. doi:10.1007/978-1-4757-3294-8
    """
    model = model_of(fit)
    roles = replace(model.roles, cluster=group)
    kept = checked(cells, roles)
    data = prepared(kept, model.design, roles, centre=model.centre, grid=model.grid)
    keys = kept.groupby(group, observed=True, dropna=False, sort=True)["n"].sum()
    summed = np.zeros((data.clusters, len(model.beta)))
    for rows in data.blocks:
        np.add.at(summed, rows.cluster, score_residuals(rows, model.sums, model.beta) * rows.weight[:, None])
    change = summed @ model.bread
    columns = pd.DataFrame(model.design.columns, columns=["term", "level"])
    table = pd.DataFrame({group: keys.index, "n": keys.to_numpy()}).merge(columns, how="cross")
    table = table.assign(
        estimate=change.ravel(), std_error=np.nan, in_errors=(change / np.sqrt(np.diag(model.covariance))).ravel()
    )
    return Estimates.build(
        table,
        by=[group, "term", "level"],
        cells=[group],
        measure="influence",
        unit="ratio",
        method="first-order change without the group",
        level=fit.level,
        min_n=fit.min_n,
    )
