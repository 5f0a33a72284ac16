"""Hazard models against R, under changes that change nothing, and where they cannot be fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from survival_frames import COX_TERMS, SMALL_CELLS, as_cells, close, cox_rows, life_table, reference, veteran

from cemlab.core.errors import ConvergenceError, InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import hazards, survival

COX = reference("surv_cox")
CR = reference("surv_cr")
Ties = Literal["efron", "breslow"]
BOTH: tuple[Ties, ...] = ("efron", "breslow")


def agrees(fit: Estimates, expected: dict[str, Any], *, rtol: float = 1e-10) -> None:
    tests = fit.parts["tests"].set_index("test")["statistic"]
    close(fit.table["estimate"], expected["coef"], rtol=rtol)
    close(fit.parts["model_based"]["std_error"], expected["se"], rtol=rtol)
    row = fit.parts["fit"].iloc[0]
    close([row["log_likelihood"], row["log_likelihood_null"]], [expected["loglik"], expected["loglik_null"]])
    close(
        tests[["likelihood ratio", "score"]], [expected["lr_test"]["test"], expected["score_test"]["test"]], rtol=1e-9
    )


@pytest.mark.shared
@pytest.mark.parametrize("ties", BOTH)
@pytest.mark.parametrize("name", list(COX_TERMS))
def test_cox_agrees_with_r_coxph(name: str, ties: Ties, shared_dir: Path) -> None:
    cells, expected = as_cells(cox_rows(name, shared_dir)), COX[name][ties]
    cluster = {"heart": "id"}.get(name, "")
    fit = hazards.fit_cox(cells, terms=COX_TERMS[name], ties=ties, robust=True, cluster=cluster)
    agrees(fit, expected)
    close(fit.table["std_error"], expected["robust_se"])
    plain = hazards.fit_cox(cells, terms=COX_TERMS[name], ties=ties)
    close(plain.table["std_error"], expected["se"])
    ranked = hazards.concordance(plain, cells).row()
    close([ranked["estimate"], ranked["std_error"]], [expected["concordance"], expected["concordance_se"]])


@pytest.mark.shared
@pytest.mark.parametrize("ties", BOTH)
def test_strata_and_sampling_weights_agree_with_r(ties: Ties, shared_dir: Path) -> None:
    cells = as_cells(cox_rows("lung", shared_dir))
    agrees(hazards.fit_cox(cells, terms=["age", "ecog"], ties=ties, strata=["sex"]), COX[f"lung_strata_sex_{ties}"])
    weight = 0.5 + (cells["id"] % 4) * 0.5
    expected = COX[f"lung_weighted_{ties}"]
    fit = hazards.fit_cox(cells.assign(sum_w=weight, sum_w2=weight**2), terms=COX_TERMS["lung"], ties=ties)
    agrees(fit, expected)
    close(fit.table["std_error"], expected["robust_se"])


@pytest.mark.shared
def test_clusters_and_ridge_agree_with_r(shared_dir: Path) -> None:
    cells = as_cells(cox_rows("lung", shared_dir))
    expected = COX["lung_cluster_inst"]
    fit = hazards.fit_cox(cells.dropna(subset=["inst"]), terms=COX_TERMS["lung"], cluster="inst")
    agrees(fit, expected)
    close(fit.table["std_error"], expected["robust_se"])
    ridge, expected = hazards.fit_cox(cells, terms=COX_TERMS["lung"], ridge=5), COX["lung_ridge"]
    close(ridge.table["estimate"], expected["coef"])
    close(ridge.table["std_error"], expected["se_var"])
    close(ridge.parts["fit"][["df", "log_likelihood"]].to_numpy()[0], [expected["df"], expected["loglik"]])


@pytest.mark.shared
@pytest.mark.parametrize("ties", BOTH)
def test_baseline_and_predicted_curves_agree_with_r(ties: Ties, shared_dir: Path) -> None:
    fit = hazards.fit_cox(as_cells(cox_rows("lung", shared_dir)), terms=COX_TERMS["lung"], ties=ties)
    base, expected = fit.parts["baseline"].set_index("duration")["cumulative_hazard"], COX[f"basehaz_lung_{ties}"]
    known = [time in base.index for time in expected["time"]]
    close(base[np.array(expected["time"])[known]], list(np.array(expected["cumhaz_at_zero"])[known]))
    expected = COX[f"pred_lung_{ties}"]
    profiles = pd.DataFrame(expected["newdata"]).rename(columns={"ph.ecog": "ecog"})
    curves = hazards.predicted_survival(fit, profiles, expected["times"])

    def by_profile(key: str) -> list[float]:
        return [value for column in zip(*expected[key], strict=True) for value in column]

    close(curves.table["estimate"], by_profile("surv"))
    close(curves.table["std_error"], by_profile("se"))
    close(curves.table["ci_low"], by_profile("log-log_lower"))
    close(curves.parts["log"]["ci_high"], by_profile("log_upper"))


@pytest.mark.shared
def test_discrete_time_hazards_agree_with_r_glm(shared_dir: Path) -> None:
    rows = veteran(shared_dir)
    rows["last"] = np.ceil(rows["duration"] / 90).astype(int)
    periods = rows.loc[rows.index.repeat(rows["last"])]
    month = periods.groupby("id").cumcount() + 1
    cells = periods.assign(
        period=month.clip(upper=5), events=(month == periods["last"]) * periods["event"], n_at_risk=1
    )
    for link, rtol in (("logit", 1e-10), ("cloglog", 1e-6)):
        # R stops the complementary log-log fit some 1e-7 before its maximum; the score below says that we do not.
        expected = COX["discrete_veteran"][link]
        fit = hazards.fit_discrete(cells, terms=["trt", "karno"], link=link, time="levels")  # type: ignore[arg-type]
        close(fit.parts["all"]["estimate"], expected["coef"], rtol=rtol)
        close(fit.parts["all"]["std_error"], expected["se"], rtol=rtol)
        close(fit.parts["fit"]["log_likelihood"], [expected["loglik"]])
        clustered = hazards.fit_discrete(cells, terms=["trt", "karno"], link=link, time="levels", cluster="id")  # type: ignore[arg-type]
        close(clustered.parts["all"]["std_error"], expected["cluster_robust_se_HC0_noadj"], rtol=rtol)


# Invariances and uses.


def test_another_reference_changes_signs_and_a_split_of_cells_nothing() -> None:
    plain = hazards.fit_cox(SMALL_CELLS, terms=["plan", "region"])
    turned = hazards.fit_cox(SMALL_CELLS, terms=["plan", "region"], reference={"region": "s"})
    assert plain.row({"term": "region", "level": "s"})["estimate"] == pytest.approx(
        -turned.row({"term": "region", "level": "n"})["estimate"]
    )
    halves = pd.concat([SMALL_CELLS.assign(n=SMALL_CELLS["n"] - 1), SMALL_CELLS.assign(n=1, events=0)]).sample(
        frac=1, random_state=4
    )
    halves.loc[halves["n"] == 1, "events"] = 0
    split = hazards.fit_cox(halves, terms=["plan", "region"])
    close(split.table["estimate"], plain.table["estimate"].tolist())
    close(split.table["std_error"], plain.table["std_error"].tolist())


def test_an_offset_takes_the_place_of_a_known_coefficient() -> None:
    free = hazards.fit_cox(SMALL_CELLS, terms=["plan", "region"])
    known = (SMALL_CELLS["region"] == "s") * free.row({"term": "region", "level": "s"})["estimate"]
    fixed = hazards.fit_cox(SMALL_CELLS.assign(known=known), terms=["plan"], offset="known")
    close(fixed.table["estimate"], free.table.loc[free.table["term"] == "plan", "estimate"].tolist(), rtol=1e-9)
    profile = pd.DataFrame({"plan": ["b"], "region": ["s"], "known": [float(known.max() or known.min())]})
    curves = [hazards.predicted_survival(fit, profile, [1, 2, 3]).table["estimate"].tolist() for fit in (free, fixed)]
    assert curves[0] == pytest.approx(curves[1])


def test_groups_of_customers_give_errors_as_large_as_single_spells_when_spells_are_independent() -> None:
    random = np.random.default_rng(8)
    rows = pd.DataFrame(
        {
            "plan": random.choice(["a", "b"], 6000),
            "group": random.integers(0, 256, 6000),
            "duration": random.integers(1, 13, 6000),
        }
    )
    rows["event"] = (random.random(6000) < 0.3) * 1
    fit = hazards.fit_cox(as_cells(rows, terms=["plan"]), terms=["plan"])
    grouped = hazards.clustered(fit, as_cells(rows, terms=["plan", "group"]), group="group")
    assert grouped.table["estimate"].tolist() == fit.table["estimate"].tolist()
    assert grouped.row()["std_error"] == pytest.approx(fit.row()["std_error"], rel=0.15)
    with pytest.raises(SchemaError, match="must be those of the fit"):
        hazards.clustered(fit, as_cells(rows.iloc[:3000], terms=["plan", "group"]), group="group")


def test_a_model_without_effect_predicts_the_nelson_aalen_curve() -> None:
    rows = pd.DataFrame({"duration": [1, 2, 3, 4] * 50, "event": [1, 0, 1, 0] * 50, "x": [0, 0, 0, 0, 1, 1, 1, 1] * 25})
    fit = hazards.fit_cox(as_cells(rows), terms=["x"], ties="breslow")
    assert fit.row()["estimate"] == pytest.approx(0, abs=1e-12)
    hazard = survival.nelson_aalen(life_table(rows), min_n=1).table.set_index("duration")["estimate"]
    predicted = hazards.predicted_survival(fit, pd.DataFrame({"x": [0]}), [1, 3, 4]).table
    assert predicted["cumulative_hazard"].tolist() == pytest.approx(hazard[[1, 3, 4]].tolist())


def test_predictions_end_where_nobody_was_followed() -> None:
    fit = hazards.fit_cox(SMALL_CELLS, terms=["plan"])
    table = hazards.predicted_survival(fit, pd.DataFrame({"plan": ["a"]}), [3, 4]).table
    assert table["followed"].tolist() == [True, False]
    assert table["estimate"].isna().tolist() == [False, True]


def test_a_smooth_hazard_follows_a_hazard_that_falls_and_rises() -> None:
    period = np.arange(1, 25)
    true = 0.02 + 0.0004 * (period - 12.0) ** 2
    cells = pd.DataFrame({"period": period, "n_at_risk": 100_000, "events": (100_000 * true).astype(int)})
    cells = pd.concat([cells.assign(plan="a"), cells.assign(plan="b", events=(cells["events"] * 1.2).astype(int))])
    fit = hazards.fit_discrete(cells, terms=["plan"], knots=6)
    assert fit.parts["baseline"]["estimate"].to_numpy() == pytest.approx(true, rel=0.08)
    assert np.exp(fit.row()["estimate"]) == pytest.approx(1.2, rel=0.02)
    assert fit.model.hazard(pd.DataFrame({"period": [12], "plan": ["a"]}))[0] == pytest.approx(0.02, rel=0.08)


# What cannot be fitted is named.


def test_a_level_without_events_is_named_before_fitting() -> None:
    cells = pd.concat(
        [SMALL_CELLS, pd.DataFrame({"plan": ["d"], "region": ["n"], "duration": [3], "n": [31], "events": [0]})]
    )
    with pytest.raises(InsufficientDataError, match=r'`plan` = "d" has 0 events in 31 spells.*cannot be estimated'):
        hazards.fit_cox(cells, terms=["plan"])
    assert hazards.fit_cox(cells, terms=["plan"], ridge=1.0).row({"term": "plan", "level": "d"})["estimate"] < 0


def test_a_small_level_without_events_does_not_tell_how_small_it_is() -> None:
    cells = pd.concat(
        [SMALL_CELLS, pd.DataFrame({"plan": ["d"], "region": ["n"], "duration": [3], "n": [3], "events": [0]})]
    )
    with pytest.raises(InsufficientDataError, match="fewer than 10 spells"):
        hazards.fit_cox(cells, terms=["plan"])


@pytest.mark.parametrize(
    ("cells", "terms", "message"),
    [
        (SMALL_CELLS.assign(same="x"), ["plan", "same"], "same has one value"),
        (SMALL_CELLS.assign(twin=SMALL_CELLS["plan"].map({"a": 0.0, "b": 1.0, "c": 0.0})), ["plan", "twin"], "twin"),
        (SMALL_CELLS.assign(events=0), ["plan"], "none of 500 spells did"),
    ],
)
def test_covariates_that_say_nothing_new_and_spells_without_events_are_refused(
    cells: pd.DataFrame, terms: list[str], message: str
) -> None:
    with pytest.raises(InsufficientDataError, match=message):
        hazards.fit_cox(cells, terms=terms)


def test_separation_over_time_ends_in_an_error_that_names_the_covariate() -> None:
    """Whoever leaves first always has the largest x: the coefficient has no end."""
    time = np.arange(1, 21)
    cells = pd.DataFrame({"duration": time, "x": -time.astype(float), "n": 1, "events": 1})
    with pytest.raises(ConvergenceError, match="x"):
        hazards.fit_cox(cells, terms=["x"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 3}, "end after their start: 12 of 12"),
        ({"events": 1_000}, "0 <= events <= n"),
        ({"duration": -1}, "durations of at least 0"),
        ({"plan": None}, "must have a value in every cell"),
        ({"n": 1.5, "events": 1}, "whole numbers"),
    ],
)
def test_impossible_cells_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        hazards.fit_cox(SMALL_CELLS.assign(**change), terms=["plan"])


def test_unknown_terms_levels_and_options_are_refused() -> None:
    with pytest.raises(SchemaError, match="Did you mean `plan`"):
        hazards.fit_cox(SMALL_CELLS, terms=["plam"])
    with pytest.raises(ParameterError, match="no level 'z'"):
        hazards.fit_cox(SMALL_CELLS, terms=["plan"], reference={"plan": "z"})
    with pytest.raises(ParameterError, match="efron"):
        hazards.fit_cox(SMALL_CELLS, terms=["plan"], ties="exact")  # type: ignore[arg-type]
    fit = hazards.fit_cox(SMALL_CELLS, terms=["plan"])
    with pytest.raises(SchemaError, match="does not know in 1 of 2"):
        hazards.predicted_survival(fit, pd.DataFrame({"plan": ["a", "z"]}), [1])


def test_the_largest_level_is_the_reference_unless_another_is_declared() -> None:
    """Against a level of twelve spells every interval would be wide; the ratios between the others are the same."""
    few = pd.DataFrame({"plan": "A few", "region": "n", "duration": [1, 3], "n": [2, 10], "events": [2, 3]})
    cells = pd.concat([SMALL_CELLS, few])
    by_default = hazards.fit_cox(cells, terms=["plan"]).table.set_index("level")
    assert set(by_default["reference"]) == {"c"}
    asked = hazards.fit_cox(cells, terms=["plan"], reference={"plan": "A few"}).table.set_index("level")
    assert float(by_default["std_error"]["b"]) < 0.6 * float(asked["std_error"]["b"])
    assert by_default["estimate"]["b"] == pytest.approx(asked["estimate"]["b"] - asked["estimate"]["c"])
    declared = cells.assign(plan=pd.Categorical(cells["plan"], ["b", "c", "a", "A few"]))
    assert set(hazards.fit_cox(declared, terms=["plan"]).table["reference"]) == {"b"}


def test_a_small_level_is_hidden_with_the_next_of_its_term() -> None:
    cells = pd.concat(
        [SMALL_CELLS, pd.DataFrame({"plan": ["d"], "region": ["n"], "duration": [2], "n": [5], "events": [2]})]
    )
    table = hazards.fit_cox(cells, terms=["plan", "region"]).table.set_index(["term", "level"])
    assert set(table["reference"]) == {"c", "n"}, "the largest of each term"
    assert table["suppressed"].to_dict() == {
        ("plan", "a"): False,
        ("plan", "b"): True,
        ("plan", "d"): True,
        ("region", "s"): False,
    }
    assert table.loc[("plan", "d"), ["estimate", "n"]].isna().all()


def test_four_hundred_levels_are_fitted() -> None:
    random = np.random.default_rng(5)
    cells = pd.DataFrame(
        {"shop": np.repeat([f"s{k:03}" for k in range(400)], 24), "duration": np.tile(np.arange(1, 25), 400), "n": 20}
    )
    cells["events"] = np.maximum(random.binomial(20, 0.3, len(cells)), cells["duration"] == 1)
    assert len(hazards.fit_cox(cells, terms=["shop"]).table) == 399


@pytest.mark.parametrize("cause", [2, 2.0, "2"])
@pytest.mark.parametrize("kind", [int, float, str])
def test_a_cause_is_the_same_as_a_number_or_as_text(cause: Any, kind: type) -> None:
    cells = pd.DataFrame(
        {
            "plan": ["a", "a", "b", "b"] * 2,
            "duration": [1, 2] * 4,
            "n": [30, 70, 10, 90, 20, 10, 40, 10],
            "events": [30, 0, 10, 0, 20, 10, 40, 10],
            "cause": [1, None, 1, None, 2, 2, 2, 2],
        }
    )
    causes: list[Any] = [None if pd.isna(each) else kind(int(each)) for each in cells["cause"]]
    held = cells.assign(cause=causes)
    plain = hazards.fit_cox(cells.assign(events=cells["events"].where(cells["cause"] == 2, 0)), terms=["plan"])
    assert (
        hazards.fit_cox(held, terms=["plan"], cause=cause).table["estimate"].tolist()
        == plain.table["estimate"].tolist()
    )
    shares = hazards.fit_fine_gray(held, terms=["plan"], cause=cause)
    assert np.isfinite(shares.table["estimate"]).all()
    periods = held.rename(columns={"duration": "period", "n": "n_at_risk"})
    assert hazards.fit_discrete(periods, terms=["plan"], cause=cause, time="levels").table["estimate"].notna().all()


def test_cause_zero_is_a_cause() -> None:
    cells = pd.DataFrame(
        {
            "plan": ["a", "b", "a", "b"],
            "duration": [1, 1, 2, 2],
            "n": [30, 10, 40, 60],
            "events": [30, 10, 40, 0],
            "cause": [0, 0, 1, None],
        }
    )
    assert hazards.fit_cox(cells, terms=["plan"], cause=0).parts["fit"]["events"].iloc[0] == 40
