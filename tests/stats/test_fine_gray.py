"""Absolute risk of one cause against R, and what it says level by level."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from survival_frames import (
    as_cells,
    close,
    mgus2,
    reference,
)

from cemlab.core.errors import InsufficientDataError
from cemlab.stats import hazards

CR = reference("surv_cr")
Ties = Literal["efron", "breslow"]
BOTH: tuple[Ties, ...] = ("efron", "breslow")


@pytest.mark.shared
def test_fine_gray_agrees_with_r_finegray_and_coxph(shared_dir: Path) -> None:
    terms = ["age", "male", "mspike", "hgb"]
    cells = as_cells(mgus2(shared_dir).dropna(subset=terms))
    for ties in BOTH:
        fit, expected = hazards.fit_fine_gray(cells, terms=terms, cause="1", ties=ties), CR["finegray"]
        close(fit.table["estimate"], expected[f"{ties}_coef"])
        close(fit.table["std_error"], expected[f"{ties}_robust_se"])
        cause = hazards.fit_cox(cells, terms=terms, cause="1", ties=ties)
        close(cause.table["estimate"], CR["causespecific"][f"{ties}_coef"])


@pytest.mark.shared
def test_fine_gray_agrees_with_cmprsk_where_no_times_are_tied(shared_dir: Path) -> None:
    cells, expected = as_cells(mgus2(shared_dir, "mgus2_untied")), CR["untied"]
    fit = hazards.fit_fine_gray(cells, terms=["age", "male", "mspike", "hgb"], cause="1", ties="breslow")
    close(fit.table["estimate"], expected["crr_coef"])
    close(fit.table["std_error"], expected["finegray_coxph_robust_se"])
    # cmprsk adds what the weights themselves are uncertain by: half a percent here.
    np.testing.assert_allclose(fit.table["std_error"], expected["crr_se"], rtol=0.006)


def test_fine_gray_refuses_late_entry() -> None:
    rows = pd.DataFrame(
        {"duration": [2, 3, 4], "start": [1, 0, 0], "event": pd.Series(["a", "b", None], dtype=object), "x": [1, 2, 3]}
    )
    with pytest.raises(InsufficientDataError, match=r"followed from the start.*Leave these out"):
        hazards.fit_fine_gray(as_cells(rows), terms=["x"], cause="a")


def test_absolute_risks_are_those_of_profiles_that_differ_in_one_level() -> None:
    random = np.random.default_rng(3)
    rows = pd.DataFrame(
        {
            "plan": random.choice(["a", "b", "c", "d"], 3000, p=[0.5, 0.3, 0.198, 0.002]),
            "size": random.normal(5, 1, 3000).round(1),
        }
    )
    time = np.ceil(random.exponential(np.where(rows["plan"] == "b", 8, 16)))
    causes = random.choice(["moved", "price"], 3000)
    rows = rows.assign(duration=np.minimum(time, 24), event=pd.Series(causes).where(time <= 24))
    fit = hazards.fit_fine_gray(as_cells(rows), terms=["plan", "size"], cause="price", min_n=20)
    risks = hazards.absolute_risks(fit, 12)
    profiles = pd.DataFrame({"plan": ["a", "b"], "size": rows["size"].mean()})
    expected = hazards.predicted_incidence(fit, profiles, [12]).table
    told = risks.table.set_index("level")
    assert told.loc[["", "b"], "estimate"].tolist() == pytest.approx(expected["estimate"].tolist())
    assert told.loc[["", "b"], "ci_high"].tolist() == pytest.approx(expected["ci_high"].tolist())
    # Half of those who leave leave for the price.
    assert told.loc["", "estimate"] == pytest.approx((1 - np.exp(-12 / 16)) / 2, abs=0.04)
    assert told.loc[["c", "d"], "estimate"].isna().all(), "too few, and the next of the term"
    assert hazards.absolute_risks(fit, 25).table["estimate"].isna().all(), "nobody was followed that long"
