"""Sums over sampling clusters as if they had been drawn from all strata at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.responses.design import design_sums
from cemlab.prepare.views import LabView


def unstratified_sums(
    lab: Lab, *, metric: str = "nps", start: str = "", end: str = "", survey: str = "", weights: str = "none"
) -> pd.DataFrame:
    """Return design sums that leave the declared strata out.

    As `design_sums`; a cluster that lies in several strata is one cluster here.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    metric, start, end, survey, weights : as in `score_counts`
        The same question.

    Returns
    -------
    pandas.DataFrame
        One row, with the columns of `design_sums`.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `design_sums`.

    References
    ----------
    Woodruff, R. S. (1971). A simple method for approximating the variance of a complicated
    estimate. Journal of the American Statistical Association, 66(334), 411–414.
    doi:10.1080/01621459.1971.10482279

    Examples
    --------
    >>> clusters = unstratified_sums(lab, weights="lab")  # doctest: +SKIP
    """
    plain = _WithoutStrata(lab)
    return design_sums(plain, metric=metric, start=start, end=end, survey=survey, weights=weights)


class _WithoutStrata(LabView):
    """A lab whose answers name no stratum."""

    def table(self, name: str, *, personal: Iterable[str] = ()) -> Any:
        rows = super().table(name, personal=personal)
        return rows.drop("stratum") if name == "responses" and "stratum" in rows.columns else rows
