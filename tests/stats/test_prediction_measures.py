"""Measures of prediction against R, by hand, against brute force over pairs, and where there is little or nothing to judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from survival_frames import close, reference

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import hazards, multiplicity, prediction
from cemlab.stats.prediction.outcomes import outcomes_of
from cemlab.stats.prediction.weights import known_by

R = reference("surv_perf")
DAYS = ("365", "730", "1095", "1460", "1825")
RISKS = {float(day) + 0.5: f"p{day}" for day in DAYS}


@pytest.fixture(scope="session")
def patients(shared_dir: Path) -> pd.DataFrame:
    """The test data of the reference with its predictions, in twenty groups."""
    rows = pd.read_csv(shared_dir / "reference/data/surv_perf_test.csv")
    cells = pd.DataFrame({"duration": rows["time"], "n": 1, "events": rows["status"], "lp": rows["lp"]})
    return cells.assign(replicate=np.arange(len(rows)) % 20, **{f"p{day}": 1 - rows[f"S{day}"] for day in DAYS})


def company(
    seed: int, *, n: int = 400, groups: int = 12, causes: tuple[str, ...] = (), end: float = np.inf
) -> pd.DataFrame:
    """Rows with ties everywhere: whole durations, few predictions; lost from sight at any time, and at the end."""
    random = np.random.default_rng(seed)
    risk = random.choice([0.05, 0.1, 0.2, 0.4, 0.6], n)
    left = np.ceil(random.exponential(-12 / np.log1p(-risk)))
    lost = random.integers(2, 25, n)
    seen = np.minimum(np.minimum(left, lost), end)
    gone = (left <= lost) & (left <= end)
    frame = pd.DataFrame({"duration": seen, "n": 1, "events": gone * 1, "p": risk, "q": np.round(random.random(n), 1)})
    frame["replicate"] = random.integers(0, groups, n)
    frame["segment"] = random.choice(["east", "west"], n)
    if causes:
        frame["cause"] = pd.Series(random.choice(causes, n)).mask(~gone)
    return frame


def compressed(rows: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in rows.columns if name not in ("n", "events")]
    return rows.groupby(keys, dropna=False, as_index=False)[["n", "events"]].sum()


class Brute:
    """The definitions word for word, over single rows."""

    def __init__(self, rows: pd.DataFrame, risk: str, cause: str = "") -> None:
        self.time, self.risk = rows["duration"].to_numpy(float), rows[risk].to_numpy(float)
        gone = rows["events"].to_numpy() > 0
        self.own = gone & (rows["cause"] == cause).to_numpy(bool) if cause else gone
        self.other, self.lost = gone & ~self.own, ~gone

    def g(self, time: float, *, before: bool) -> float:
        share = 1.0
        for day in np.unique(self.time[self.lost]):
            if day < time or (day == time and not before):
                lost = (self.lost & (self.time == day)).sum()
                share *= 1 - lost / ((self.time > day).sum() + lost)
        return float(share)

    def known(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        gone = np.array([1 / self.g(time, before=True) for time in self.time])
        still = (self.time > t) / (self.g(t, before=False) or np.inf)
        if not (self.time > t).any():
            still = (self.lost & (self.time == t)) / self.g(t, before=True)
        return gone * self.own * (self.time <= t), gone * self.other * (self.time <= t) + still

    def auc(self, t: float) -> float:
        left, stayed = self.known(t)
        better = (self.risk[:, None] > self.risk) + 0.5 * (self.risk[:, None] == self.risk)
        return float(left @ better @ stayed / (left.sum() * stayed.sum()))

    def brier(self, t: float) -> float:
        left, stayed = self.known(t)
        return float((left @ (1 - self.risk) ** 2 + stayed @ self.risk**2) / len(self.risk))

    def concordance(self, tau: float) -> float:
        better = total = 0.0
        for i in np.flatnonzero(self.own & (self.time <= tau)):
            mine = 1 / self.g(self.time[i], before=True)
            later = (self.time > self.time[i]) | ((self.time == self.time[i]) & self.lost)
            weight = later * mine**2
            for j in np.flatnonzero(self.other & (self.time <= self.time[i])):
                weight[j] += mine / self.g(self.time[j], before=True)
            total += weight.sum()
            better += weight @ ((self.risk < self.risk[i]) + 0.5 * (self.risk == self.risk[i]))
        return float(better / total)

    def incidence(self, t: float) -> float:
        share, there = 0.0, 1.0
        for day in np.unique(self.time[self.time <= t]):
            risk = (self.time >= day).sum()
            share += there * (self.own & (self.time == day)).sum() / risk
            there *= 1 - ((self.own | self.other) & (self.time == day)).sum() / risk
        return share


# --- against R ---


@pytest.mark.shared
def test_brier_and_index_of_prediction_accuracy_agree_with_riskregression(patients: pd.DataFrame) -> None:
    found = prediction.brier(patients, risks=RISKS)
    close(found.table["estimate"], R["brier"])
    close(found.parts["ipa"]["estimate"], R["ipa"])
    close(found.parts["reference"]["estimate"], R["brier_of_share"])


@pytest.mark.shared
def test_integrated_brier_agrees_with_pec_on_every_day_seen(patients: pd.DataFrame) -> None:
    times = np.array(R["baseline"]["time"])
    hazard = np.array(R["baseline"]["hazard"])[times <= 1825.5]
    times = times[times <= 1825.5]
    risk = 1 - np.exp(-np.outer(np.exp(patients["lp"]), hazard))
    daily = pd.DataFrame(risk, columns=[f"d{day}" for day in range(len(times))])
    cells = pd.concat([patients[["duration", "n", "events"]], daily], axis=1)
    found = prediction.brier(cells, risks=dict(zip(times, daily.columns, strict=True)))
    area, index = found.parts["integrated"]["estimate"], found.parts["integrated_ipa"]["estimate"]
    close(area, [R["ibs"]])
    close(index, [1 - R["ibs"] / R["ibs_of_share"]])


@pytest.mark.shared
def test_auc_agrees_with_riskregression_also_at_a_day_on_which_somebody_left(patients: pd.DataFrame) -> None:
    close(prediction.auc(patients, risks=RISKS).table["estimate"], R["auc"])
    close(prediction.auc(patients, risks={730: "p730"}).table["estimate"], [R["auc_at_730"]])


@pytest.mark.shared
@pytest.mark.parametrize("tau", sorted(R["uno"]))
def test_concordance_agrees_with_r_survival_with_weights_n_over_g_squared(patients: pd.DataFrame, tau: str) -> None:
    found = prediction.concordance(patients, risk="p1095", tau=float(tau)).table
    close(found["estimate"], [R["uno"][tau]])
    assert 0.8 < found["std_error"][0] / R["uno_se"][tau] < 1.25


@pytest.mark.shared
def test_harrells_concordance_of_the_same_predictions_agrees_with_r_survival(patients: pd.DataFrame) -> None:
    fit = hazards.fit_cox(patients, terms=["lp"])
    close(hazards.concordance(fit, patients).table["estimate"], [R["harrell"]])


@pytest.mark.shared
def test_calibration_agrees_with_r(patients: pd.DataFrame) -> None:
    found, expected = prediction.calibration(patients, risks=RISKS).table, R["calibration"]
    close(found["estimate"], expected["oe"])
    close(found["predicted"], expected["mean_pred_risk"])
    close(found["observed"], expected["km_risk"])


@pytest.mark.shared
def test_slope_and_events_over_expected_agree_with_coxph_and_a_poisson_glm(patients: pd.DataFrame) -> None:
    hazard = dict(zip(R["baseline"]["time"], R["baseline"]["hazard"], strict=True))
    cells = patients.assign(
        expected=patients["duration"].map(hazard) * np.exp(patients["lp"]), p=1 - np.exp(-np.exp(patients["lp"] - 3))
    )
    last, expected = float(cells["duration"].max()), R["calibration"]
    slope = prediction.calibration(cells, risks={last: "p"}, min_n=1).parts["slope"]
    close(slope["estimate"], [expected["slope"]])
    assert 0.85 < slope["std_error"][0] / expected["slope_se"] < 1.15
    ratio = prediction.observed_expected(cells, expected="expected").table
    close(np.log(ratio["estimate"]), [expected["citl_poisson"]])
    close(ratio[["events", "expected"]].iloc[0], [expected["observed"], expected["expected_events"]])


@pytest.mark.shared
def test_calibration_curve_agrees_with_survfit_by_quintile(patients: pd.DataFrame) -> None:
    found = prediction.calibration_curve(patients, risk="p1095", horizon=1095.5, groups=5).table
    expected = R["calibration"]["quintile_1095"]
    for column, name in (("predicted", "mean_pred"), ("estimate", "km_risk"), ("std_error", "se"), ("n", "n")):
        close(found[column], expected[name])


@pytest.mark.shared
def test_jackknife_errors_are_near_those_of_the_influence_functions(patients: pd.DataFrame) -> None:
    finer = patients.assign(replicate=np.arange(len(patients)) % 200)
    for found, name in (
        (prediction.auc(finer, risks=RISKS), "auc_se"),
        (prediction.brier(finer, risks=RISKS), "brier_se"),
    ):
        ratio = found.table["std_error"] / R[name]
        assert ratio.between(0.85, 1.2).all(), ratio.tolist()


# --- against the definitions, over single rows ---


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cause", ["", "price"])
def test_measures_are_their_definitions_word_for_word(seed: int, cause: str) -> None:
    rows = company(seed, n=150, causes=("price", "moved") if cause else ())
    brute = Brute(rows, "q", cause)
    for horizon in (6.0, 9.5):
        risks = {horizon: "q"}
        ranked = prediction.auc(rows, risks=risks, cause=cause).table
        assert ranked["estimate"][0] == pytest.approx(brute.auc(horizon), rel=1e-12)
        found = prediction.brier(rows, risks=risks, cause=cause)
        assert found.table["estimate"][0] == pytest.approx(brute.brier(horizon), rel=1e-12)
        share = brute.incidence(horizon)
        assert found.parts["reference"]["estimate"][0] == pytest.approx(share * (1 - share), rel=1e-12)
        came = prediction.calibration(rows, risks=risks, cause=cause).table
        assert came["observed"][0] == pytest.approx(share, rel=1e-12)
        curve = prediction.calibration_curve(rows.assign(q=0.5), risk="q", horizon=horizon, groups=2, cause=cause).table
        assert curve["estimate"][0] == pytest.approx(share, rel=1e-12)
        uno = prediction.concordance(rows, risk="q", tau=horizon, cause=cause).table
        assert uno["estimate"][0] == pytest.approx(brute.concordance(horizon), rel=1e-12)


def test_slope_with_competing_causes_is_that_of_fine_and_gray() -> None:
    rows = company(3, n=600, causes=("price", "moved"))
    cells = rows.assign(z=np.log(-np.log1p(-rows["p"])))
    expected = hazards.fit_fine_gray(cells, terms=["z"], cause="price", ties="breslow").table["estimate"]
    found = prediction.calibration(rows, risks={24: "p"}, cause="price", min_n=1).parts["slope"]["estimate"]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_where_all_are_followed_to_the_horizon_measures_are_the_plain_ones() -> None:
    rows = company(5, end=6).query("duration == 6 or events == 1")
    left = rows["events"].to_numpy()
    found = prediction.brier(rows, risks={6: "p"})
    assert found.table["estimate"][0] == pytest.approx(((left - rows["p"]) ** 2).mean(), rel=1e-12)
    pairs = rows["p"].to_numpy()[left == 1][:, None] - rows["p"].to_numpy()[left == 0]
    plain = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    assert prediction.auc(rows, risks={6: "p"}).table["estimate"][0] == pytest.approx(plain, rel=1e-12)
    assert prediction.calibration(rows, risks={6: "p"}).table["observed"][0] == pytest.approx(left.mean(), rel=1e-12)


def measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Every measure at once, with its intervals."""
    risks = {6.0: "p", 9.0: "q"}
    parts = [
        prediction.auc(rows, risks=risks),
        prediction.brier(rows, risks=risks),
        prediction.concordance(rows, risk="q", tau=9),
        prediction.calibration(rows, risks=risks),
        prediction.lift(rows, risk="q", horizon=9),
        prediction.decision_curve(rows, risk="q", horizon=9, margin=100, cost=5, success=0.3),
        prediction.compare(rows, risks_by_model={"one": {9: "p"}, "two": {9: "q"}}),
    ]
    columns = ["estimate", "std_error", "ci_low", "ci_high"]
    return pd.concat(
        [part.table[columns] for part in parts] + [parts[1].parts["ipa"][columns], parts[3].parts["slope"][columns]]
    )


def test_five_rows_are_one_cell_of_five_in_any_order() -> None:
    rows = company(6)
    five = pd.concat([rows] * 5).sample(frac=1, random_state=1)
    expected = measured(rows.assign(n=5, events=5 * rows["events"]))
    for same in (five, compressed(five), compressed(five).iloc[::-1]):
        np.testing.assert_allclose(measured(same), expected, rtol=1e-9)


def test_the_jackknife_leaves_out_each_group_and_does_everything_anew() -> None:
    rows = company(7, groups=10)

    def _all(kept: pd.DataFrame) -> np.ndarray:
        return measured(kept.drop(columns="replicate"))["estimate"].to_numpy()

    thresholds = prediction.decision_curve(rows, risk="q", horizon=9, margin=1, cost=0, success=1).table["threshold"]
    assert len(thresholds) == 11  # the grid of predictions does not change with a group left out
    without = np.array([_all(rows[rows["replicate"] != group]) for group in range(10)])
    expected = np.sqrt(0.9 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    found = measured(rows)
    ratios = slice(5, 7)  # calibration in the large: the error is that of the logarithm
    logs = np.log(without[:, ratios])
    expected[ratios] = np.sqrt(0.9 * ((logs - logs.mean(axis=0)) ** 2).sum(axis=0)) * _all(rows)[ratios]
    np.testing.assert_allclose(found["std_error"], expected, rtol=1e-8, atol=1e-13)


def test_blocks_of_replicates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = company(8)
    whole = measured(rows)
    monkeypatch.setattr("cemlab.stats.prediction.outcomes.BLOCK", 500)
    np.testing.assert_allclose(measured(rows), whole, rtol=1e-12)


@pytest.mark.parametrize("horizon", [1.0, 4.5, 9.0, 24.0])
def test_those_who_are_known_stand_for_all(horizon: float) -> None:
    rows = company(22, causes=("price", "moved"))
    (group,) = outcomes_of(rows, columns=["p"], cause="price").groups
    counts = np.concatenate(list(group.batches()), axis=1)
    left, stayed = known_by(group, counts, horizon)
    np.testing.assert_allclose((left + stayed).sum(axis=0), counts.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(counts[:, 1:].sum(axis=1), 11 * group.n)  # each of twelve groups is left out once


# --- what the numbers mean ---


def test_right_predictions_are_calibrated_and_scaled_ones_are_found_out() -> None:
    risk = np.repeat([0.1, 0.2, 0.4], 2)
    cells = pd.DataFrame(
        {"duration": [1, 2] * 3, "n": [100, 900, 200, 800, 400, 600], "events": [100, 0, 200, 0, 400, 0]}
    )
    hazard = -np.log1p(-risk)
    cells = cells.assign(right=risk, doubled=1 - np.exp(-2 * hazard), tame=1 - np.exp(-np.sqrt(hazard)))
    right, doubled, tame = (prediction.calibration(cells, risks={1: name}) for name in ("right", "doubled", "tame"))
    assert right.table["estimate"][0] == pytest.approx(1)
    assert right.parts["intercept"]["estimate"][0] == pytest.approx(0, abs=1e-12)
    assert doubled.parts["intercept"]["estimate"][0] == pytest.approx(-np.log(2), rel=1e-10)
    assert doubled.parts["slope"]["estimate"][0] == pytest.approx(right.parts["slope"]["estimate"][0], rel=1e-10)
    assert tame.parts["slope"]["estimate"][0] == pytest.approx(2 * right.parts["slope"]["estimate"][0], rel=1e-10)
    observed = prediction.calibration_curve(cells, risk="right", horizon=1, groups=3).table
    np.testing.assert_allclose(observed["estimate"], observed["predicted"])


def test_calibration_by_segment_can_be_judged_as_a_family() -> None:
    found = prediction.calibration(company(9, n=1_000), risks={6.0: "p"}, by=["segment"])
    (judged,) = multiplicity.adjust([found])
    assert judged.table["q_value"].notna().all()
    assert found.table["segment"].tolist() == ["east", "west"]


def test_events_over_expected_by_segment_and_cause() -> None:
    rows = company(23, n=1_000, causes=("price", "moved")).assign(h=0.2)
    found = prediction.observed_expected(rows, expected="h", cause="price", by=["segment"]).table.set_index("segment")
    own = rows.assign(own=rows["cause"] == "price").groupby("segment")["own"]
    np.testing.assert_allclose(found["events"], own.sum())
    np.testing.assert_allclose(found["estimate"], own.sum() / (0.2 * own.size()))
    assert ((found["p_value"] < 0.05) == ((found["ci_low"] > 1) | (found["ci_high"] < 1))).all()


def test_lift_takes_its_part_of_a_tie() -> None:
    cells = pd.DataFrame(
        {"duration": [1, 2, 1, 2], "n": [30, 70, 10, 90], "events": [30, 0, 10, 0], "p": [0.3, 0.3, 0.1, 0.1]}
    )
    found = prediction.lift(cells, risk="p", horizon=2, shares=[0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(found.table["estimate"], [0.375, 0.75, 0.875, 1])
    np.testing.assert_allclose(found.parts["lift"]["estimate"], [1.5, 1.5, 7 / 6, 1])
    np.testing.assert_allclose(found.parts["leaving"]["estimate"], [0.3, 0.3, 0.35 / 1.5, 0.2])


def test_money_by_hand_and_the_best_threshold_of_right_predictions() -> None:
    cells = pd.DataFrame(
        {"duration": [1, 2, 1, 2], "n": [30, 70, 10, 90], "events": [30, 0, 10, 0], "p": [0.3, 0.3, 0.1, 0.1]}
    )
    found = prediction.decision_curve(cells, risk="p", horizon=2, margin=100, cost=10, success=0.5)
    table = found.table
    everybody, third = (table[table["threshold"] == threshold].iloc[0] for threshold in (0.0, 0.3))
    assert everybody["estimate"] == pytest.approx(50 * 0.2 - 10)
    assert third["estimate"] == pytest.approx(50 * 0.15 - 10 * 0.5)
    assert third[["contacted", "leavers", "kept"]].tolist() == pytest.approx([0.5, 0.15, 0.075])
    assert third["net_benefit"] == pytest.approx(0.15 - 0.35 * 3 / 7)
    assert table["everybody"].tolist() == pytest.approx([0.0] * len(table))
    assert 0.2 in set(table["threshold"])  # cost/(margin·success)
    best = found.parts["best"].iloc[0]
    assert 0.1 < best["estimate"] <= 0.3
    assert best["money"] == pytest.approx(2.5)


def test_the_best_threshold_lies_among_those_that_bring_no_less() -> None:
    rows = company(10, n=2_000, groups=30)
    found = prediction.decision_curve(rows, risk="p", horizon=12, margin=100, cost=15, success=0.5)
    best = found.parts["best"].iloc[0]
    assert best["ci_low"] <= best["estimate"] <= best["ci_high"]
    assert best["ci_low"] <= 0.3 <= best["ci_high"]
    difference = found.parts["versus_everybody"]
    assert difference["estimate"][0] == difference["std_error"][0] == 0


def test_models_are_compared_pair_by_pair() -> None:
    rows = company(11, n=1_500, groups=25).assign(same=lambda each: each["p"], near=lambda each: each["p"] * 0.98)
    models = {
        "p": {6.0: "p", 9.0: "p"},
        "same": {6.0: "same", 9.0: "same"},
        "near": {6.0: "near", 9.0: "near"},
        "noise": {6.0: "q", 9.0: "q"},
    }
    found = prediction.compare(rows, risks_by_model=models)
    same, noise = (found.table[found.table["model"] == name] for name in ("same", "noise"))
    assert (same[["estimate", "std_error"]].to_numpy() == 0).all()
    assert set(same["p_value"]) == {1.0}
    assert noise["estimate"].max() < 0
    assert noise["p_value"].max() < 0.001
    one = "model == 'near' and skill == 'ipa' and horizon == 6"
    near, own = (each.query(one).iloc[0] for each in (found.table, found.parts["skills"]))
    assert near["std_error"] < 0.2 * own["std_error"]
    assert near["value"] - near["value_versus"] == pytest.approx(near["estimate"])
    assert found.by == ("model", "skill", "horizon")


# --- little or nothing to judge ---


def test_without_groups_of_customers_there_is_no_interval_and_it_is_said() -> None:
    found = prediction.auc(company(12).drop(columns="replicate"), risks={6.0: "p"})
    assert found.table[["std_error", "ci_low", "ci_high"]].isna().all(axis=None)
    assert found.table["estimate"].notna().all()
    assert any("replicate" in note for note in found.notes)


def test_one_group_in_which_all_left_gives_no_interval_when_nobody_is_left_without_it() -> None:
    rows = company(13).assign(replicate=lambda each: np.where(each["events"] == 1, 0, 1 + each.index % 12))
    found = prediction.auc(rows, risks={6.0: "p"})
    assert np.isnan(found.table["std_error"][0])
    assert any("undefined" in note for note in found.notes)


@pytest.mark.parametrize("groups", [1, 9])
def test_too_few_groups_of_customers_give_no_interval(groups: int) -> None:
    rows = company(13).assign(replicate=lambda each: each.index % groups)
    for found in (
        prediction.auc(rows, risks={6.0: "p"}),
        prediction.compare(rows, risks_by_model={"a": {6.0: "p"}, "b": {6.0: "q"}}, skills=("auc",)),
    ):
        assert found.table["std_error"].isna().all()
        assert any("replicate" in note for note in found.notes)


def test_nobody_left_is_refused_with_counts() -> None:
    rows = company(14).assign(events=0)
    for call in (prediction.auc, prediction.brier, prediction.calibration):
        with pytest.raises(InsufficientDataError, match="400 spells"):
            call(rows, risks={6.0: "p"})
    with pytest.raises(InsufficientDataError):
        prediction.observed_expected(rows.assign(h=0.0), expected="h")


def test_a_horizon_beyond_follow_up_has_no_value() -> None:
    found = prediction.brier(company(15), risks={6.0: "p", 400.0: "p"})
    assert found.table["estimate"].notna().tolist() == [True, False]
    assert found.parts["integrated"]["estimate"].notna().all()  # the last score is not held
    assert any("followed that far" in note for note in found.notes)
    with pytest.raises(InsufficientDataError):
        prediction.concordance(company(15), risk="p", tau=400)


def test_a_segment_in_which_nobody_left_has_no_skill_but_the_others_do() -> None:
    rows = company(16).assign(events=lambda each: each["events"].where(each["segment"] == "east", 0))
    found = prediction.auc(rows, risks={6.0: "p"}, by=["segment"])
    assert found.table["estimate"].notna().tolist() == [True, False]
    assert any("Nobody left" in note for note in found.notes)


def test_one_prediction_for_all_has_no_rank_and_no_slope() -> None:
    rows = company(17).assign(p=0.2)
    assert prediction.auc(rows, risks={6.0: "p"}).table["estimate"].tolist() == [0.5]
    assert prediction.concordance(rows, risk="p", tau=6).table["estimate"].tolist() == [0.5]
    assert prediction.calibration(rows, risks={6.0: "p"}).parts["slope"]["estimate"].isna().all()
    curve = prediction.calibration_curve(rows, risk="p", horizon=6)
    assert len(curve.table) == 1
    assert any("alike" in note for note in curve.notes)


def test_predictions_of_zero_and_one_break_nothing() -> None:
    rows = company(18).assign(p=lambda each: np.where(each["q"] > 0.8, 1.0, 0.0))
    found = prediction.calibration(rows, risks={6.0: "p"})
    assert np.isfinite(found.table["estimate"]).all()
    assert np.isfinite(found.parts["intercept"]["estimate"]).all()


def test_spells_without_a_prediction_are_left_out_and_counted() -> None:
    rows = company(19)
    part = rows.assign(p=rows["p"].where(rows["duration"] > 2))
    found = prediction.auc(part, risks={6.0: "p"})
    assert found.table["n"][0] == (rows["duration"] > 2).sum()
    assert any(f"{(rows['duration'] <= 2).sum()} spells without" in note for note in found.notes)


def test_small_segments_are_withheld_with_all_that_belongs_to_them() -> None:
    rows = company(20).assign(
        segment=lambda each: np.where(each.index < 6, "tiny", np.where(each.index < 200, "mid", "big"))
    )
    found = prediction.brier(rows, risks={6.0: "p", 9.0: "p"}, by=["segment"])
    hidden = found.table.loc[found.table["suppressed"]]
    assert set(hidden["segment"]) == {"mid", "tiny"}
    assert hidden["estimate"].isna().all()
    assert found.parts["integrated"].set_index("segment")["estimate"].notna().to_dict() == {
        "big": True,
        "mid": False,
        "tiny": False,
    }


def test_impossible_frames_and_options_are_refused() -> None:
    rows = company(21)
    with pytest.raises(SchemaError, match="missing"):
        prediction.auc(rows.drop(columns="p"), risks={6.0: "p"})
    with pytest.raises(SchemaError, match="cause"):
        prediction.auc(rows, risks={6.0: "p"}, cause="price")
    with pytest.raises(SchemaError, match="from 0 to 1"):
        prediction.auc(rows.assign(p=2.0), risks={6.0: "p"})
    with pytest.raises(SchemaError, match="400 of 400"):
        prediction.auc(rows.assign(events=3), risks={6.0: "p"})
    with pytest.raises(InsufficientDataError, match="400 spells"):
        prediction.auc(rows.assign(p=np.nan), risks={6.0: "p"})
    with pytest.raises(SchemaError, match="replicate"):
        prediction.auc(rows.assign(replicate=rows["replicate"].where(rows["replicate"] > 0)), risks={6.0: "p"})
    for risks in ({}, {0.0: "p"}):
        with pytest.raises(ParameterError):
            prediction.auc(rows, risks=risks)
    with pytest.raises(ParameterError):
        prediction.lift(rows, risk="p", horizon=6, shares=[0.1, 1.2])
    with pytest.raises(ParameterError):
        prediction.decision_curve(rows, risk="p", horizon=6, margin=10, cost=1, success=2)
    with pytest.raises(ParameterError):
        prediction.compare(rows, risks_by_model={"one": {6.0: "p"}})
    with pytest.raises(ParameterError):
        prediction.compare(rows, risks_by_model={"one": {6.0: "p"}, "two": {9.0: "p"}})
    with pytest.raises(ParameterError):
        prediction.compare(rows, risks_by_model={"one": {6.0: "p"}, "two": {6.0: "q"}}, skills=["luck"])


@pytest.mark.parametrize("measured", [prediction.auc, prediction.brier, prediction.calibration])
def test_customers_who_all_belong_to_one_group_give_values_without_intervals(
    measured: Callable[..., Estimates],
) -> None:
    rows = company(14)
    one = measured(rows.assign(replicate=7), risks={6.0: "p"}).table
    assert one["estimate"].tolist() == measured(rows, risks={6.0: "p"}).table["estimate"].tolist()
    assert one[["std_error", "ci_low", "ci_high"]].isna().all(axis=None)
