"""Formulas of staying against R and against the truth that made the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from survival_frames import (
    COX_TERMS,
    SMALL_CELLS,
    as_cells,
    close,
    cox_rows,
    reference,
)

from cemlab.core.errors import ParameterError
from cemlab.stats import hazards

PARAM = reference("surv_param")


@pytest.mark.shared
@pytest.mark.parametrize("family", ["weibull", "lognormal", "loglogistic"])
def test_formulas_agree_with_r_survreg(family: Any, shared_dir: Path) -> None:
    expected = PARAM[f"lung_{family}"]
    fit = hazards.fit_parametric(
        as_cells(cox_rows("lung", shared_dir)), terms=COX_TERMS["lung"], families=[family], folds=2
    )
    table = fit.table[fit.table["parameter"] != fit.table["parameter"].iloc[-1]].set_index("term")
    order = ["(constant)", *COX_TERMS["lung"]]
    # lifelines' optimiser is good for six digits or so.
    close(table.loc[order, "estimate"], expected["coef"], rtol=1e-5)
    close(table.loc[order, "std_error"], expected["se"][:4], rtol=1e-5)
    profiles = pd.DataFrame(expected["newdata"]).rename(columns={"ph.ecog": "ecog"})
    curve = hazards.predicted_formula(fit, profiles, [*expected["pred_times"][:-1], 3000.0])
    for profile, values in enumerate(expected["pred_surv"]):
        found = curve.table.loc[curve.table["profile"] == profile, "estimate"].to_numpy()
        close(found[:-1], values[:-1], rtol=1e-4)
    assert curve.table.groupby("duration")["extrapolated"].all().loc[lambda flag: flag].index.tolist() == [3000]
    assert any("no customer was followed" in note for note in curve.notes)


def test_the_family_that_made_the_data_foretells_best() -> None:
    random = np.random.default_rng(2)
    time = np.ceil(20 * random.weibull(2.5, 4000))
    cells = pd.DataFrame({"duration": time, "n": 1, "events": 1}).groupby(["duration", "events"], as_index=False).sum()
    families = hazards.fit_parametric(cells.assign(events=cells["n"]), folds=3).parts["families"]
    assert families.loc[families["chosen"], "family"].tolist() == ["weibull"]
    assert families["held_out"].notna().all()


def test_spells_of_duration_zero_are_left_out_of_a_formula() -> None:
    early = SMALL_CELLS.assign(duration=SMALL_CELLS["duration"] - 1)
    fit = hazards.fit_parametric(early, families=["weibull"], folds=2)
    assert fit.notes[-1].startswith("100 spells of duration 0")


EVERYBODY = pd.DataFrame(index=range(1))


@pytest.fixture(scope="module")
def by_month() -> pd.DataFrame:
    """Spells that a Weibull formula made, exp(−(t/20)^1.2), counted in whole months."""
    time = np.ceil(20 * np.random.default_rng(5).weibull(1.2, 40_000))
    ends = pd.DataFrame({"duration": np.minimum(time, 36), "events": (time <= 36) * 1, "n": 1})
    return ends.assign(left=ends["events"]).groupby(["duration", "left"], as_index=False)[["n", "events"]].sum()


def test_months_are_taken_for_their_middle(by_month: pd.DataFrame) -> None:
    truth = np.exp(-((np.array([12, 60]) / 20) ** 1.2))
    found = [
        hazards.predicted_formula(
            hazards.fit_parametric(by_month, families=["weibull"], grouped=grouped, folds=2), EVERYBODY, [12, 60]
        ).table
        for grouped in (True, False)
    ]
    error = [np.abs(table["estimate"] - truth) / table["std_error"] for table in found]
    assert (error[0] < 3).all(), "beyond follow-up too"
    assert error[1][0] > 3, "the end of the month would be half a month late"


def test_a_formula_of_those_still_there_is_the_quotient_and_knows_the_families_tried(by_month: pd.DataFrame) -> None:
    fit = hazards.fit_parametric(by_month, families=["weibull", "lognormal"], grouped=True, folds=2)
    both = hazards.predicted_formula(fit, EVERYBODY, [6, 60]).table["estimate"]
    given = hazards.predicted_formula(fit, EVERYBODY, [60], given=6)
    assert given.row()["estimate"] == pytest.approx(both[1] / both[0])
    assert given.row()["extrapolated"]
    alone = hazards.fit_parametric(by_month, families=["lognormal"], grouped=True, folds=2)
    other = hazards.predicted_formula(fit, EVERYBODY, [60], family="lognormal")
    assert other.row()["estimate"] == pytest.approx(hazards.predicted_formula(alone, EVERYBODY, [60]).row()["estimate"])
    assert other.method == "log-normal by lifelines"
    with pytest.raises(ParameterError, match="one that was fitted: weibull, lognormal"):
        hazards.predicted_formula(fit, EVERYBODY, [60], family="loglogistic")
    with pytest.raises(ParameterError, match="times above 6"):
        hazards.predicted_formula(fit, EVERYBODY, [6], given=6)
