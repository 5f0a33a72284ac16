"""Hazard models against R, against rows written out, and where they cannot be fitted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survival_frames import as_cells, close, heart, life_table, lung, mgus2, reference, veteran

from cemlab.core.errors import ConvergenceError, InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.rows import DesignBlock
from cemlab.stats import hazards, survival
from cemlab.stats.hazards.ties import DIRECT, tie_sums

COX = reference("surv_cox")
CR = reference("surv_cr")
PARAM = reference("surv_param")
TERMS = {
    "lung": ["age", "sex", "ecog"],
    "veteran": ["trt", "celltype", "karno", "diagtime", "age", "prior"],
    "heart": ["age", "year", "surgery", "transplant"],
}
Ties = Literal["efron", "breslow"]
BOTH: tuple[Ties, ...] = ("efron", "breslow")


def rows_of(name: str, folder: Path) -> pd.DataFrame:
    if name == "lung":
        return lung(folder).dropna(subset=["ecog"]).reset_index(drop=True)
    return veteran(folder) if name == "veteran" else heart(folder)


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
@pytest.mark.parametrize("name", list(TERMS))
def test_cox_agrees_with_r_coxph(name: str, ties: Ties, shared_dir: Path) -> None:
    cells, expected = as_cells(rows_of(name, shared_dir)), COX[name][ties]
    cluster = {"heart": "id"}.get(name, "")
    fit = hazards.fit_cox(cells, terms=TERMS[name], ties=ties, robust=True, cluster=cluster)
    agrees(fit, expected)
    close(fit.table["std_error"], expected["robust_se"])
    plain = hazards.fit_cox(cells, terms=TERMS[name], ties=ties)
    close(plain.table["std_error"], expected["se"])
    ranked = hazards.concordance(plain, cells).row()
    close([ranked["estimate"], ranked["std_error"]], [expected["concordance"], expected["concordance_se"]])


@pytest.mark.shared
@pytest.mark.parametrize("ties", BOTH)
def test_strata_and_sampling_weights_agree_with_r(ties: Ties, shared_dir: Path) -> None:
    cells = as_cells(rows_of("lung", shared_dir))
    agrees(hazards.fit_cox(cells, terms=["age", "ecog"], ties=ties, strata=["sex"]), COX[f"lung_strata_sex_{ties}"])
    weight = 0.5 + (cells["id"] % 4) * 0.5
    expected = COX[f"lung_weighted_{ties}"]
    fit = hazards.fit_cox(cells.assign(sum_w=weight, sum_w2=weight**2), terms=TERMS["lung"], ties=ties)
    agrees(fit, expected)
    close(fit.table["std_error"], expected["robust_se"])


@pytest.mark.shared
def test_clusters_and_ridge_agree_with_r(shared_dir: Path) -> None:
    cells = as_cells(rows_of("lung", shared_dir))
    expected = COX["lung_cluster_inst"]
    fit = hazards.fit_cox(cells.dropna(subset=["inst"]), terms=TERMS["lung"], cluster="inst")
    agrees(fit, expected)
    close(fit.table["std_error"], expected["robust_se"])
    ridge, expected = hazards.fit_cox(cells, terms=TERMS["lung"], ridge=5), COX["lung_ridge"]
    close(ridge.table["estimate"], expected["coef"])
    close(ridge.table["std_error"], expected["se_var"])
    close(ridge.parts["fit"][["df", "log_likelihood"]].to_numpy()[0], [expected["df"], expected["loglik"]])


@pytest.mark.shared
@pytest.mark.parametrize("ties", BOTH)
def test_baseline_and_predicted_curves_agree_with_r(ties: Ties, shared_dir: Path) -> None:
    fit = hazards.fit_cox(as_cells(rows_of("lung", shared_dir)), terms=TERMS["lung"], ties=ties)
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


@pytest.mark.shared
@pytest.mark.parametrize("family", ["weibull", "lognormal", "loglogistic"])
def test_formulas_agree_with_r_survreg(family: Any, shared_dir: Path) -> None:
    expected = PARAM[f"lung_{family}"]
    fit = hazards.fit_parametric(as_cells(rows_of("lung", shared_dir)), terms=TERMS["lung"], families=[family], folds=2)
    table = fit.table[fit.table["parameter"] != fit.table["parameter"].iloc[-1]].set_index("term")
    order = ["(constant)", *TERMS["lung"]]
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


# Cells are rows: against likelihoods summed spell by spell and event by event.


def written_out(cells: pd.DataFrame, *, weighted: bool) -> pd.DataFrame:
    """One row per spell."""
    parts = []
    for event, count in ((1, cells["events"]), (0, cells["n"] - cells["events"])):
        part = cells.loc[cells.index.repeat(count)].assign(event=event)
        parts.append(part.assign(w=part["sum_w"] / part["n"] if weighted else 1.0))
    return pd.concat(parts, ignore_index=True)


def by_hand(rows: pd.DataFrame, x: np.ndarray, beta: np.ndarray, *, ties: Ties) -> tuple[float, np.ndarray, np.ndarray]:
    """Log partial likelihood and derivatives, with nothing shared between times."""
    value, score, information = 0.0, np.zeros(len(beta)), np.zeros((len(beta), len(beta)))
    risk = rows["w"].to_numpy() * np.exp(x @ beta)
    for (stratum, time), gone in rows[rows["event"] == 1].groupby(["stratum", "duration"]):
        late = rows["start"].where(rows["start"] > 0, -1) < time
        there = ((rows["stratum"] == stratum) & late & (rows["duration"] >= time)).to_numpy()
        left, d = gone.index.to_numpy(), len(gone)
        mass = rows["w"].to_numpy()[left].sum() / d
        value += (rows["w"].to_numpy()[left] * (x[left] @ beta)).sum()
        score += rows["w"].to_numpy()[left] @ x[left]
        for k in range(d):
            share = np.where(np.isin(np.arange(len(rows)), left) & (ties == "efron"), 1 - k / d, 1.0)
            r = risk * share * there
            total, mean = r.sum(), (r @ x) / r.sum()
            value -= mass * np.log(total)
            score -= mass * mean
            information += mass * ((x * r[:, None]).T @ x / total - np.outer(mean, mean))
    return value, score, information


@st.composite
def some_cells(draw: st.DrawFn) -> tuple[pd.DataFrame, bool]:
    """Few times, so that many are tied; late entry, two strata and weights now and then."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    size, late, weighted = draw(st.integers(25, 60)), draw(st.booleans()), draw(st.booleans())
    cells = pd.DataFrame({
        "duration": random.integers(3, 8, size), "start": random.integers(0, 3, size) * late, "stratum": random.integers(0, 2, size),
        "plan": random.choice(["a", "b", "c"], size), "age": random.normal(size=size).round(1), "n": random.integers(1, 5, size),
    })  # fmt: skip
    share = random.integers(0, 2, size) if weighted else random.random(size)
    cells["events"] = (cells["n"] * share).round().astype(int)
    if weighted:
        cells["sum_w"] = cells["n"] * random.uniform(0.5, 3, size)
        cells["sum_w2"] = cells["sum_w"] ** 2 / cells["n"]
    return cells, weighted


@given(some_cells(), st.sampled_from(BOTH), st.booleans())
@settings(max_examples=40)
def test_cells_are_rows_to_a_hundred_millionth_of_an_error(
    given_cells: tuple[pd.DataFrame, bool], ties: Ties, stratified: bool
) -> None:
    cells, weighted = given_cells
    if not stratified:
        cells = cells.assign(stratum=0)
    if (cells.groupby("plan")["events"].sum() == 0).any() or cells["plan"].nunique() < 3:
        return
    try:
        fit = hazards.fit_cox(cells, terms=["plan", "age"], ties=ties, strata=["stratum"], robust=True, min_n=1)
    except ConvergenceError:
        return
    rows = written_out(cells, weighted=weighted)
    x = np.stack([rows["plan"] == "b", rows["plan"] == "c", rows["age"]], axis=1).astype(float)
    beta = fit.table["estimate"].to_numpy()
    value, score, information = by_hand(rows, x, beta, ties=ties)
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    # One Newton step from our maximum leads nowhere: the rows have it at the same place.
    assert np.abs(np.linalg.solve(information, score) / error).max() < 1e-8
    np.testing.assert_allclose(fit.parts["model_based"]["std_error"], error, rtol=1e-8)
    assert fit.parts["fit"]["log_likelihood"].iloc[0] == pytest.approx(value, rel=1e-10)
    # The robust errors of the same rows, one per cell.
    if not weighted:
        single = rows.assign(n=1, events=rows["event"])[["start", "duration", "stratum", "plan", "age", "n", "events"]]
        alone = hazards.fit_cox(single, terms=["plan", "age"], ties=ties, strata=["stratum"], robust=True, min_n=1)
        np.testing.assert_allclose(fit.table["std_error"], alone.table["std_error"], rtol=1e-8)


@given(some_cells(), st.sampled_from(BOTH))
@settings(max_examples=25)
def test_a_table_of_patterns_is_the_same_as_rows(given_cells: tuple[pd.DataFrame, bool], ties: Ties) -> None:
    cells, _ = given_cells
    cells = cells.assign(half=np.where(cells["age"] > 0, "old", "new"))
    levels = cells.groupby(["plan"])["events"].sum(), cells.groupby("half")["events"].sum()
    if min(each.min() for each in levels) == 0 or len(levels[0]) < 3 or len(levels[1]) < 2:
        return
    # The same columns as numbers go through rows.
    numbers = cells.assign(
        b=(cells["plan"] == "b") * 1.0, c=(cells["plan"] == "c") * 1.0, old=(cells["half"] == "old") * 1.0
    )
    try:
        expected = hazards.fit_cox(numbers, terms=["b", "c", "old"], ties=ties, strata=["stratum"], min_n=1)
    except (ConvergenceError, InsufficientDataError):
        return
    found = hazards.fit_cox(cells, terms=["plan", "half"], ties=ties, strata=["stratum"], min_n=1)
    for part in ("tests", "fit"):
        np.testing.assert_allclose(
            found.parts[part].select_dtypes("number"),
            expected.parts[part].select_dtypes("number"),
            rtol=1e-8,
            atol=1e-10,
        )
    np.testing.assert_allclose(
        found.table["estimate"], expected.table["estimate"], atol=1e-8 * expected.table["std_error"].max()
    )
    np.testing.assert_allclose(found.table["std_error"], expected.table["std_error"], rtol=1e-8)


@pytest.mark.parametrize("share", [0.002, 0.2, 0.999999, 1.0])
@pytest.mark.parametrize("events", [1_001, 20_000])
def test_closed_form_of_tied_events_is_their_sum(events: int, share: float) -> None:
    at_risk = np.array([7.5e5])
    leaving = at_risk * share
    one_by_one = at_risk - np.arange(events) / events * leaving
    part = np.arange(events) / events
    found = tie_sums(at_risk, leaving, np.array([float(events)]), ties="efron")
    assert events > DIRECT
    assert found.log[0] == pytest.approx(np.log(one_by_one).sum(), rel=1e-11)
    assert found.inverse[0] == pytest.approx((1 / one_by_one).sum(), rel=1e-10)
    assert found.tied[0] == pytest.approx((part / one_by_one).sum(), rel=1e-7)
    assert found.square[0] == pytest.approx((1 / one_by_one**2).sum(), rel=1e-9)
    assert found.square_tied[0] == pytest.approx((part / one_by_one**2).sum(), rel=1e-7)
    assert found.square_tied2[0] == pytest.approx((part**2 / one_by_one**2).sum(), rel=1e-5)


def test_ties_of_a_few_among_ten_millions_keep_their_digits() -> None:
    found = tie_sums(np.array([1e7]), np.array([2.0]), np.array([2.0]), ties="efron")
    assert found.tied[0] == pytest.approx(0.5 / (1e7 - 1), rel=1e-15)


def test_all_at_risk_leave_at_the_last_time() -> None:
    cells = pd.DataFrame(
        {
            "plan": ["a", "b"] * 2,
            "duration": [1, 1, 2, 2],
            "n": [2_000, 3_000, 1_500, 1_700],
            "events": [500, 800, 1_500, 1_700],
        }
    )
    fit = hazards.fit_cox(cells, terms=["plan"])
    assert np.isfinite(fit.row()[["estimate", "std_error"]].astype(float)).all()


class Blocks:
    """Rows in blocks of uneven size, counted each time they are read."""

    def __init__(self, rows: pd.DataFrame, columns: tuple[str, ...]) -> None:
        self._rows, self.columns, self.readings = rows, columns, 0

    def __iter__(self) -> Iterator[DesignBlock]:
        # In another order at each reading, as engines may.
        self.readings += 1
        order = np.random.default_rng(self.readings).permutation(len(self._rows))
        for part in np.array_split(order, 7):
            yield from hazards.blocks_of(self._rows.iloc[part], list(self.columns))


@pytest.mark.shared
@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("name", ["lung", "heart"])
def test_rows_in_blocks_are_the_same_as_cells(name: str, robust: bool, shared_dir: Path) -> None:
    rows = rows_of(name, shared_dir)
    expected = hazards.fit_cox(as_cells(rows), terms=TERMS[name], robust=robust)
    found = hazards.fit_cox_rows(Blocks(rows, tuple(TERMS[name])), robust=robust)
    for column in ("estimate", "std_error", "p_value"):
        close(found.table[column], expected.table[column].tolist())
    close(found.parts["baseline"]["hazard"], expected.parts["baseline"]["hazard"].tolist())
    close(found.parts["tests"]["statistic"], expected.parts["tests"]["statistic"].tolist())


@pytest.mark.shared
def test_rows_that_are_too_many_to_keep_are_read_again(shared_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of("heart", shared_dir)
    kept = Blocks(rows, ("age", "year"))
    expected = hazards.fit_cox_rows(kept)
    monkeypatch.setattr("cemlab.stats.hazards.rowwise.HELD", 0)
    again = Blocks(rows, ("age", "year"))
    close(hazards.fit_cox_rows(again).table["estimate"], expected.table["estimate"].tolist())
    assert again.readings > kept.readings


def test_a_row_that_stands_for_many_is_many_rows() -> None:
    frame = SMALL.assign(x=SMALL["plan"].map({"a": 0.0, "b": 1.0, "c": 3.0}))
    block = [DesignBlock(frame[["x"]].to_numpy(), frame["duration"].to_numpy(float), np.full(len(frame), event), None, count.to_numpy(float))
             for event, count in ((1.0, frame["events"]), (0.0, frame["n"] - frame["events"]))]  # fmt: skip

    class Two:
        columns: tuple[str, ...] = ("x",)

        def __iter__(self) -> Iterator[DesignBlock]:
            return iter(block)

    found, expected = hazards.fit_cox_rows(Two()).row(), hazards.fit_cox(frame, terms=["x"]).row()
    assert found[["estimate", "std_error"]].tolist() == pytest.approx(
        expected[["estimate", "std_error"]].tolist(), rel=1e-10
    )


# Invariances and uses.

SMALL = pd.DataFrame({
    "plan": ["a", "a", "b", "b", "c", "c"] * 2, "region": ["n", "s"] * 6, "duration": [1, 2, 1, 2, 1, 2, 3, 3, 3, 3, 3, 3],
    "n": [30, 20, 40, 20, 30, 30, 50, 60, 50, 40, 60, 70], "events": [10, 9, 8, 4, 9, 12, 5, 4, 7, 9, 6, 8],
})  # fmt: skip


def test_another_reference_changes_signs_and_a_split_of_cells_nothing() -> None:
    plain = hazards.fit_cox(SMALL, terms=["plan", "region"])
    turned = hazards.fit_cox(SMALL, terms=["plan", "region"], reference={"region": "s"})
    assert plain.row({"term": "region", "level": "s"})["estimate"] == pytest.approx(
        -turned.row({"term": "region", "level": "n"})["estimate"]
    )
    halves = pd.concat([SMALL.assign(n=SMALL["n"] - 1), SMALL.assign(n=1, events=0)]).sample(frac=1, random_state=4)
    halves.loc[halves["n"] == 1, "events"] = 0
    split = hazards.fit_cox(halves, terms=["plan", "region"])
    close(split.table["estimate"], plain.table["estimate"].tolist())
    close(split.table["std_error"], plain.table["std_error"].tolist())


def test_an_offset_takes_the_place_of_a_known_coefficient() -> None:
    free = hazards.fit_cox(SMALL, terms=["plan", "region"])
    known = (SMALL["region"] == "s") * free.row({"term": "region", "level": "s"})["estimate"]
    fixed = hazards.fit_cox(SMALL.assign(known=known), terms=["plan"], offset="known")
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
    fit = hazards.fit_cox(SMALL, terms=["plan"])
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


def test_the_family_that_made_the_data_foretells_best() -> None:
    random = np.random.default_rng(2)
    time = np.ceil(20 * random.weibull(2.5, 4000))
    cells = pd.DataFrame({"duration": time, "n": 1, "events": 1}).groupby(["duration", "events"], as_index=False).sum()
    families = hazards.fit_parametric(cells.assign(events=cells["n"]), folds=3).parts["families"]
    assert families.loc[families["chosen"], "family"].tolist() == ["weibull"]
    assert families["held_out"].notna().all()


# What cannot be fitted is named.


def test_a_level_without_events_is_named_before_fitting() -> None:
    cells = pd.concat(
        [SMALL, pd.DataFrame({"plan": ["d"], "region": ["n"], "duration": [3], "n": [31], "events": [0]})]
    )
    with pytest.raises(InsufficientDataError, match=r'`plan` = "d" has 0 events in 31 spells.*cannot be estimated'):
        hazards.fit_cox(cells, terms=["plan"])
    assert hazards.fit_cox(cells, terms=["plan"], ridge=1.0).row({"term": "plan", "level": "d"})["estimate"] < 0


def test_a_small_level_without_events_does_not_tell_how_small_it_is() -> None:
    cells = pd.concat([SMALL, pd.DataFrame({"plan": ["d"], "region": ["n"], "duration": [3], "n": [3], "events": [0]})])
    with pytest.raises(InsufficientDataError, match="fewer than 10 spells"):
        hazards.fit_cox(cells, terms=["plan"])


@pytest.mark.parametrize(
    ("cells", "terms", "message"),
    [
        (SMALL.assign(same="x"), ["plan", "same"], "same has one value"),
        (SMALL.assign(twin=SMALL["plan"].map({"a": 0.0, "b": 1.0, "c": 0.0})), ["plan", "twin"], "twin"),
        (SMALL.assign(events=0), ["plan"], "none of 500 spells did"),
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
        hazards.fit_cox(SMALL.assign(**change), terms=["plan"])


def test_unknown_terms_levels_and_options_are_refused() -> None:
    with pytest.raises(SchemaError, match="Did you mean `plan`"):
        hazards.fit_cox(SMALL, terms=["plam"])
    with pytest.raises(ParameterError, match="no level 'z'"):
        hazards.fit_cox(SMALL, terms=["plan"], reference={"plan": "z"})
    with pytest.raises(ParameterError, match="efron"):
        hazards.fit_cox(SMALL, terms=["plan"], ties="exact")  # type: ignore[arg-type]
    fit = hazards.fit_cox(SMALL, terms=["plan"])
    with pytest.raises(SchemaError, match="does not know in 1 of 2"):
        hazards.predicted_survival(fit, pd.DataFrame({"plan": ["a", "z"]}), [1])


def test_a_small_level_is_hidden_with_the_next_of_its_term() -> None:
    cells = pd.concat([SMALL, pd.DataFrame({"plan": ["d"], "region": ["n"], "duration": [2], "n": [5], "events": [2]})])
    table = hazards.fit_cox(cells, terms=["plan", "region"]).table.set_index(["term", "level"])
    assert table["suppressed"].to_dict() == {
        ("plan", "b"): True,
        ("plan", "c"): False,
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


def test_fine_gray_refuses_late_entry_and_parametric_models_drop_zero_durations() -> None:
    causes = as_cells(
        pd.DataFrame(
            {
                "duration": [2, 3, 4],
                "start": [1, 0, 0],
                "event": pd.Series(["a", "b", None], dtype=object),
                "x": [1, 2, 3],
            }
        )
    )
    with pytest.raises(InsufficientDataError, match="followed from the start"):
        hazards.fit_fine_gray(causes, terms=["x"], cause="a")
    fit = hazards.fit_parametric(SMALL.assign(duration=SMALL["duration"] - 1), families=["weibull"], folds=2)
    assert fit.notes[0].startswith("100 spells of duration 0")
