"""Diagnostics against R, and against data in which the fault was planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from survival_frames import as_cells, close, heart, lung, reference, veteran

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.stats import diagnostics, hazards

COX = reference("surv_cox")
VETERAN = ["trt", "celltype", "karno", "diagtime", "age", "prior"]
MODELS: dict[str, dict[str, Any]] = {
    "lung": {"terms": ["age", "sex", "ecog"]},
    "veteran": {"terms": VETERAN},
    "veteran_breslow": {"terms": VETERAN, "ties": "breslow"},
    "veteran_strata": {"terms": ["trt", "karno", "age", "prior"], "strata": ["celltype"]},
    "heart": {"terms": ["age", "year", "surgery", "transplant"]},
}


def cells_of(name: str, folder: Path) -> pd.DataFrame:
    if name == "lung":
        return as_cells(lung(folder).dropna(subset=["ecog"]))
    return as_cells(heart(folder) if name == "heart" else veteran(folder))


@pytest.mark.shared
@pytest.mark.parametrize("transform", ["km", "identity", "log", "rank"])
@pytest.mark.parametrize("name", list(MODELS))
def test_proportional_hazards_agree_with_r_cox_zph(
    name: str, transform: Literal["km", "identity", "log", "rank"], shared_dir: Path
) -> None:
    cells, expected = cells_of(name, shared_dir), COX["zph"][name]
    fit = hazards.fit_cox(cells, **MODELS[name])
    found = diagnostics.proportional_hazards(fit, cells, transform=transform, slices=0)
    close(found.table["estimate"], expected[transform]["chisq"], rtol=1e-9)
    close(found.table["p_value"], expected[transform]["p"], rtol=1e-9)
    assert found.table["df"].tolist() == expected[transform]["df"]
    if transform == "km":
        close(found.parts["levels"]["estimate"], expected["km_by_coef"]["chisq"][:-1], rtol=1e-9)


@pytest.mark.shared
def test_influence_of_single_spells_agrees_with_r_dfbeta(shared_dir: Path) -> None:
    cells = cells_of("lung", shared_dir)
    fit = hazards.fit_cox(cells, terms=["age", "sex", "ecog"], min_n=1)
    table = diagnostics.influence(fit, cells, group="id").table
    expected = COX["dfbeta_lung"]
    for spell, values in zip(expected["id"], expected["dfbeta"], strict=True):
        close(table.loc[table["id"] == spell, "estimate"], values, rtol=1e-9)


def half_lives(ratio_early: float, ratio_late: float, *, size: int = 40_000) -> pd.DataFrame:
    """Two plans whose hazard ratio changes after month 6."""
    random = np.random.default_rng(11)
    plan = random.integers(0, 2, size)
    month, there, event = np.full(size, 12), np.ones(size, dtype=bool), np.zeros(size, dtype=int)
    for k in range(1, 13):
        chance = 0.03 * np.where(plan == 1, ratio_early if k <= 6 else ratio_late, 1.0)
        gone = there & (random.random(size) < chance)
        month[gone], event[gone], there = k, 1, there & ~gone
    return as_cells(
        pd.DataFrame({"duration": month, "event": event, "plan": np.where(plan == 1, "b", "a")}), terms=["plan"]
    )


def test_an_effect_that_fades_is_found_and_its_course_is_shown() -> None:
    cells = half_lives(3.0, 1.0)
    fit = hazards.fit_cox(cells, terms=["plan"], reference={"plan": "a"})
    found = diagnostics.proportional_hazards(fit, cells, slices=4)
    assert found.row({"term": "plan"})["p_value"] < 1e-8
    assert found.row({"term": "plan"})["change"] < -0.5
    effect = found.parts["effect"]
    assert effect["estimate"].iloc[0] == pytest.approx(np.log(3), abs=0.15)
    assert effect["estimate"].iloc[-1] == pytest.approx(0, abs=0.15)
    assert effect["events"].sum() == cells["events"].sum()


def test_an_effect_that_lasts_is_left_alone() -> None:
    cells = half_lives(2.0, 2.0)
    found = diagnostics.proportional_hazards(hazards.fit_cox(cells, terms=["plan"]), cells)
    assert found.row({"term": "plan"})["p_value"] > 0.01


def test_proportional_hazards_need_the_cells_of_the_fit() -> None:
    cells = half_lives(2.0, 2.0, size=2_000)
    fit = hazards.fit_cox(cells, terms=["plan"])
    with pytest.raises(SchemaError, match="must be those of the fit"):
        diagnostics.proportional_hazards(fit, cells.iloc[:5])
    with pytest.raises(ParameterError, match="transform"):
        diagnostics.proportional_hazards(fit, cells, transform="cube")  # type: ignore[arg-type]


def test_influence_is_the_change_without_the_group_to_first_order() -> None:
    cells = half_lives(2.0, 2.0, size=20_000)
    cells = pd.concat([cells.assign(source="a"), cells.assign(source="b", events=cells["events"] // 2)])
    fit = hazards.fit_cox(cells, terms=["plan"])
    without = hazards.fit_cox(cells[cells["source"] == "a"], terms=["plan"])
    found = diagnostics.influence(fit, cells, group="source").row({"source": "b"})
    assert found["estimate"] == pytest.approx(fit.row()["estimate"] - without.row()["estimate"], abs=0.02)


def test_inflation_of_two_numbers_is_one_over_one_less_the_squared_correlation() -> None:
    random = np.random.default_rng(1)
    a = random.normal(size=500)
    cells = pd.DataFrame({"a": a, "b": a + random.normal(size=500), "c": random.normal(size=500), "n": 1})
    table = diagnostics.collinearity(cells[["a", "b", "n"]], terms=["a", "b"]).table
    r = np.corrcoef(cells["a"], cells["b"])[0, 1]
    assert table["gvif"].tolist() == pytest.approx([1 / (1 - r**2)] * 2)
    three = diagnostics.collinearity(cells, terms=["a", "b", "c"]).table.set_index("term")["gvif"]
    inverse = np.diag(np.linalg.inv(np.corrcoef(cells[["a", "b", "c"]].T)))
    assert three.tolist() == pytest.approx(inverse.tolist())


def test_a_covariate_that_others_make_up_is_inflated_without_end() -> None:
    cells = pd.DataFrame(
        {"plan": ["a", "a", "b", "b"], "price": [1.0, 1.0, 2.0, 2.0], "age": [1.0, 5.0, 2.0, 4.0], "n": 9}
    )
    found = diagnostics.collinearity(cells, terms=["plan", "price", "age"])
    assert found.table.set_index("term")["estimate"].loc[["plan", "price"]].tolist() == [np.inf, np.inf]
    assert found.parts["condition"]["estimate"].tolist() == [np.inf]


def test_sparse_and_separated_levels_are_told_apart() -> None:
    cells = pd.DataFrame({"plan": ["a", "b", "c", "d"], "n": [100, 100, 40, 40], "events": [40, 4, 0, 40]})
    table = diagnostics.sparse_levels(cells, terms=["plan"]).table
    assert table["sparse"].tolist() == [False, True, True, True]
    assert table["separated"].tolist() == [False, False, True, True]


# Leakage.


def spells(size: int = 4_000, *, seed: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    gone = random.random(size) < 0.26
    return pd.DataFrame({"n": 1, "events": gone * 1, "plan": random.choice(["a", "b", "c"], size)})


def leaks(cells: pd.DataFrame, *terms: str, late: tuple[str, ...] = ()) -> dict[str, str]:
    table = diagnostics.leakage(cells, terms=["plan", *terms], known_late=late).table
    return dict(table.loc[table["leaking"], ["term", "reason"]].itertuples(index=False, name=None))


def test_a_number_that_ranks_leavers_either_way_leaks() -> None:
    cells = spells()
    noise = np.random.default_rng(5).normal(size=len(cells))
    found = leaks(
        cells.assign(calls=8 * cells["events"] + noise, uses=-8 * cells["events"] + noise, age=noise),
        "calls",
        "uses",
        "age",
    )
    assert set(found) == {"calls", "uses"}


def test_a_level_at_which_everybody_churned_leaks_and_one_at_which_nobody_did_does_not() -> None:
    cells = spells()
    draw = np.random.default_rng(6).random(len(cells))
    loyal = np.where((cells["events"] == 0) & (draw < 0.4), "loyal", "other")
    closed = np.where((cells["events"] == 1) & (draw < 0.15), "closed", "other")
    few = np.where((cells["events"] == 1) & (draw < 0.005), "closed", "other")
    assert set(leaks(cells.assign(loyal=loyal, closed=closed, few=few), "loyal", "closed", "few")) == {"closed"}
    # Where nearly everybody churned, such a level is no surprise.
    most = cells.assign(events=(np.random.default_rng(7).random(len(cells)) < 0.96) * 1)
    assert leaks(most.assign(closed=np.where(most["events"] == 1, closed, "other")), "closed") == {}


def test_levels_are_found_whatever_the_order_of_rows_and_their_splits() -> None:
    cells = spells()
    closed = np.where((cells["events"] == 1) & (np.random.default_rng(6).random(len(cells)) < 0.2), "closed", "other")
    cells = cells.assign(closed=closed)
    grouped = cells.groupby(["plan", "closed", "events"]).agg(n=("n", "sum")).reset_index()
    grouped["events"] *= grouped["n"]
    for frame in (cells, cells.sample(frac=1, random_state=1), grouped):
        assert set(leaks(frame, "closed")) == {"closed"}


def test_an_identifier_does_not_leak_for_being_unique() -> None:
    cells = spells()
    found = diagnostics.leakage(
        cells.assign(who=[f"c{k}" for k in range(len(cells))]), terms=["plan", "who"]
    ).table.set_index("term")
    assert not found["leaking"].any()
    assert found.loc["who", "estimate"] == pytest.approx(0.5, abs=0.03)


def test_four_hundred_levels_of_noise_do_not_leak() -> None:
    cells = spells()
    shop = np.random.default_rng(7).integers(0, 400, len(cells)).astype(str)
    assert leaks(cells.assign(shop=shop), "shop") == {}


def test_what_is_known_only_later_leaks_whatever_it_says() -> None:
    cells = spells().assign(reason="x")
    assert leaks(cells, "reason", late=("reason",)) == {"reason": "is known only after the cut"}


def test_leaking_covariates_are_noted_also_where_no_other_is_left() -> None:
    cells = spells()
    cells = cells.assign(status=cells["events"].astype(str))
    assert any("`status` was kept out" in note for note in diagnostics.leakage(cells, terms=["plan", "status"]).notes)
    assert diagnostics.leakage(cells, terms=["status"]).table["leaking"].all()
    with pytest.raises(InsufficientDataError, match="some left and some stayed"):
        diagnostics.leakage(cells.assign(events=0), terms=["plan"])


@pytest.mark.shared
def test_satisfaction_of_the_telecom_sample_leaks(shared_dir: Path) -> None:
    rows = pd.read_csv(shared_dir / "data/telco_ibm_v11/Telco_customer_churn_status.csv.gz")
    cells = pd.DataFrame(
        {
            "satisfaction": rows["Satisfaction Score"].astype(str),
            "n": 1,
            "events": (rows["Churn Label"] == "Yes") * 1,
            "quarter": np.random.default_rng(1).choice(["x", "y"], len(rows)),
        }
    )
    found = diagnostics.leakage(cells, terms=["satisfaction", "quarter"]).table.set_index("term")["leaking"]
    assert found.to_dict() == {"satisfaction": True, "quarter": False}
