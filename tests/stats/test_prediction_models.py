"""Models as scorecards, the baseline, the choice, and what could make them wrong: leakage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import Scorecard
from cemlab.stats import diagnostics, hazards, prediction, survival

TERMS = ["plan", "region", "tenure"]
CUTS = {"tenure": (6.0, 24.0)}
LEVELS = {"plan": ["basic", "plus", "top"], "region": ["east", "west"], "tenure": ["below 6", "6 to 24", "24 and over"]}
EFFECTS = {"plan": [0.0, -0.4, -0.9], "region": [0.0, 0.3], "tenure": [0.5, 0.0, -0.3]}


def company(n: int, *, seed: int, days: int = 90, base: float = 0.002, causes: bool = False) -> pd.DataFrame:
    """Landmark cells of customers followed for some days, with known effects."""
    random = np.random.default_rng(seed)
    codes = {name: random.integers(0, len(levels), n) for name, levels in LEVELS.items()}
    risk = base * np.exp(sum(np.array(EFFECTS[name])[codes[name]] for name in LEVELS))
    left = np.ceil(random.exponential(1 / risk))
    ends = np.where(random.random(n) < 0.15, random.integers(1, days + 1, n), days)
    frame = pd.DataFrame({name: np.array(levels)[codes[name]] for name, levels in LEVELS.items()})
    frame = frame.assign(
        duration=np.minimum(left, ends), events=(left <= ends) * 1, replicate=random.integers(0, 20, n), n=1
    )
    keys = ["duration", "replicate", *TERMS]
    if causes:
        frame["cause"] = named(frame["events"], random.choice(["moved", "price"], n, p=[0.3, 0.7]))
        keys.append("cause")
    return frame.groupby(keys, dropna=False, as_index=False)[["n", "events"]].sum()


def named(left: pd.Series, causes: np.ndarray) -> list[str | None]:
    """Causes of those who left."""
    return [str(cause) if gone else None for gone, cause in zip(left, causes, strict=True)]


def every_pattern() -> pd.DataFrame:
    return pd.MultiIndex.from_product(list(LEVELS.values()), names=list(LEVELS)).to_frame(index=False)


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return company(6_000, seed=1)


@pytest.fixture(scope="module")
def cox(cells: pd.DataFrame) -> Estimates:
    return hazards.fit_cox(cells, terms=TERMS)


def test_a_cox_scorecard_foretells_what_the_model_predicts(cox: Estimates) -> None:
    found = prediction.scorecard(cox, horizons=[90, 30], bins=CUTS).of(every_pattern(), level=0.9)
    curves = hazards.predicted_survival(cox, every_pattern(), [30, 90], level=0.9).table
    for horizon in (30, 90):
        at = curves[curves["duration"] == horizon].reset_index()
        for name, column in (("risk", "estimate"), ("low", "ci_high"), ("high", "ci_low")):
            np.testing.assert_allclose(found[f"{name}_{horizon}"], 1 - at[column], rtol=0, atol=1e-12)


def test_a_scorecard_of_clustered_errors_carries_them(cells: pd.DataFrame) -> None:
    fit = hazards.fit_cox(cells, terms=TERMS, cluster="replicate")
    found = prediction.scorecard(fit, horizons=[90]).of(every_pattern())
    curves = hazards.predicted_survival(fit, every_pattern(), [90]).table
    np.testing.assert_allclose(found["high_90"], 1 - curves["ci_low"], atol=1e-12)


def test_the_reference_level_changes_neither_risks_nor_reasons(cells: pd.DataFrame, cox: Estimates) -> None:
    other = hazards.fit_cox(cells, terms=TERMS, reference={"plan": "top", "region": "west", "tenure": "24 and over"})
    one, two = (prediction.scorecard(fit, horizons=[30, 90]).of(every_pattern()) for fit in (cox, other))
    numbers = [name for name in one.columns if name.startswith(("risk", "low", "high"))]
    np.testing.assert_allclose(one[numbers], two[numbers], rtol=1e-7)
    pd.testing.assert_frame_equal(one.drop(columns=numbers), two.drop(columns=numbers))


def test_reasons_weigh_by_the_customers_of_training(cells: pd.DataFrame, cox: Estimates) -> None:
    card = prediction.scorecard(cox, horizons=[90])
    for term in TERMS:
        shares = cells.groupby(term)["n"].sum() / cells["n"].sum()
        assert card.excess(term) @ shares[card.levels(term)].to_numpy() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("link", ["cloglog", "logit"])
@pytest.mark.parametrize("time", ["smooth", "levels"])
def test_a_discrete_scorecard_multiplies_the_hazards_of_its_periods(link: str, time: str) -> None:
    months = company(4_000, seed=2, days=6, base=0.03)
    fit = hazards.fit_discrete(prediction.person_periods(months, terms=TERMS), terms=TERMS, link=link, time=time)  # type: ignore[arg-type]
    card = prediction.scorecard(fit, horizons=[1, 3, 6], clock="months")
    found, patterns = card.of(every_pattern()), every_pattern()
    staying = np.ones(len(patterns))
    for period in range(1, 7):
        staying = staying * (1 - fit.model.hazard(patterns.assign(period=period)))
        if period in (1, 3, 6):
            np.testing.assert_allclose(found[f"risk_{period}"], 1 - staying, rtol=1e-12)
    # In the first period the interval is that of the baseline the model reports.
    baseline = fit.parts["baseline"].iloc[0]
    at_references = (patterns == [term.levels[0] for term in fit.model.design.terms]).all(axis=1)
    first = found[at_references]
    assert first["risk_1"].iloc[0] == pytest.approx(baseline["estimate"], rel=1e-12)
    if link == "cloglog":
        assert first["high_1"].iloc[0] == pytest.approx(baseline["ci_high"], rel=1e-9)


def test_the_error_of_a_discrete_risk_agrees_with_numerical_derivatives() -> None:
    from dataclasses import replace

    months = company(3_000, seed=3, days=6, base=0.03)
    fit = hazards.fit_discrete(prediction.person_periods(months, terms=["plan"]), terms=["plan"], link="logit")
    course = prediction.scorecard(fit, horizons=[6], clock="months").course
    code, step = np.array([[2]]), 1e-6
    value, error = course.cumulative(code)
    slopes = []
    for at in range(len(course.beta)):  # type: ignore[attr-defined]
        moved = course.beta.copy()  # type: ignore[attr-defined]
        moved[at] += step
        slopes.append(float(np.log(replace(course, beta=moved).cumulative(code)[0] / value)[0, 0]) / step)  # type: ignore[type-var]
    assert error[0, 0] == pytest.approx(np.sqrt(slopes @ fit.model.covariance @ slopes), rel=1e-4)


def test_person_periods_are_every_row_written_out(cells: pd.DataFrame) -> None:
    months = company(500, seed=4, days=5, base=0.05)
    found = prediction.person_periods(months, terms=["plan"])
    rows = months.loc[np.repeat(months.index, months["n"])]
    for period in range(1, 6):
        here = rows[rows["duration"] >= period].groupby("plan")["n"].size()
        assert found[found["period"] == period].set_index("plan")["n_at_risk"].to_dict() == here.to_dict()
    assert found["events"].sum() == months["events"].sum()
    with pytest.raises(SchemaError, match="whole durations"):
        prediction.person_periods(cells.assign(duration=0.5), terms=TERMS)


def test_the_risk_of_one_cause_by_hand() -> None:
    # Ten of each plan, nobody censored before day 3: who moved stays at risk of leaving for the price.
    rows = pd.DataFrame(
        {
            "plan": ["a", "a", "a", "b", "b", "b"],
            "duration": [1, 2, 3, 1, 2, 3],
            "cause": ["price", "moved", None] * 2,
            "n": [20, 30, 50, 10, 30, 60],
            "events": [20, 30, 0, 10, 30, 0],
        }
    )
    rows = pd.concat([rows, rows.assign(duration=[2, 1, 3] * 2)])
    fit = hazards.fit_fine_gray(rows, terms=["plan"], cause="price", ties="breslow")
    card = prediction.scorecard(fit, horizons=[1, 3])
    assert (card.model, card.cause) == ("Fine and Gray", "price")
    # Breslow's increments of the subdistribution: events over the risk of everybody who has not left for the price.
    ratio = float(np.exp(fit.model.beta[0]))
    first, second = 30 / (200 + 200 * ratio), 30 / (180 + 190 * ratio)
    found = card.of(pd.DataFrame({"plan": ["a", "b"]}))
    np.testing.assert_allclose(found["risk_1"], 1 - np.exp(-first * np.array([1, ratio])), rtol=1e-10)
    np.testing.assert_allclose(found["risk_3"], 1 - np.exp(-(first + second) * np.array([1, ratio])), rtol=1e-10)
    curves = hazards.predicted_incidence(fit, pd.DataFrame({"plan": ["a", "b"]}), [3]).table
    np.testing.assert_allclose(
        found[["risk_3", "low_3", "high_3"]], curves[["estimate", "ci_low", "ci_high"]], atol=1e-12
    )


def test_what_is_no_scorecard_is_refused(cells: pd.DataFrame, cox: Estimates) -> None:
    by_cause = company(3_000, seed=5, causes=True)
    refused = [
        (hazards.fit_cox(cells, terms=["plan"], strata=["region"]), "strata"),
        (hazards.fit_cox(by_cause, terms=["plan"], cause="price"), "`fit_fine_gray`"),
        (
            hazards.fit_cox(cells.assign(level=cells["plan"].map({"basic": 1, "plus": 2, "top": 3})), terms=["level"]),
            "level as a number is none",
        ),
        (survival.kaplan_meier(pd.DataFrame({"duration": [1], "events": [10], "censored": [10]})), "another thing"),
    ]
    for fit, words in refused:
        with pytest.raises(ParameterError, match=words):
            prediction.scorecard(fit, horizons=[30])
    with pytest.raises(InsufficientDataError, match="400 was asked, 90 followed"):
        prediction.scorecard(cox, horizons=[400])
    with pytest.raises(ParameterError, match="above 0"):
        prediction.scorecard(cox, horizons=[])


def test_judged_cells_take_the_risk_of_their_pattern(cells: pd.DataFrame, cox: Estimates) -> None:
    later = company(2_000, seed=6)
    later.loc[later.index[:5], "plan"] = "new"
    card, small = (
        prediction.scorecard(cox, horizons=[30, 90]),
        prediction.scorecard(hazards.fit_cox(cells, terms=["region"]), horizons=[90]),
    )
    small = Scorecard(
        "region alone",
        *(getattr(small, name) for name in ("terms", "time_varying", "bins", "clock", "horizons", "points", "course")),
    )
    found = prediction.judged(later, [card, small])
    assert found.risks == {"Cox": {30.0: "Cox 30", 90.0: "Cox 90"}, "region alone": {90.0: "region alone 90"}}
    assert found.unscored.to_numpy().tolist() == [
        ["Cox", "`plan` has a level never seen in training", int(later["n"].iloc[:5].sum())]
    ]
    np.testing.assert_array_equal(found.cells["Cox 90"], card.of(later.iloc[5:])["risk_90"])
    with pytest.raises(InsufficientDataError, match="none of 2,000 can"):
        prediction.judged(later.assign(plan="new"), [card])
    with pytest.raises(ParameterError, match="names of their own"):
        prediction.judged(later, [card, card])
    with pytest.raises(SchemaError, match="plan missing"):
        prediction.judged(later.drop(columns="plan"), [card])


def lives(*, seed: int = 7, segments: bool = False, causes: bool = False) -> pd.DataFrame:
    """A life table by month whose hazard falls with tenure."""
    random = np.random.default_rng(seed)
    n = 4_000
    group = random.integers(0, 2, n)
    left = np.ceil(random.weibull(0.7, n) * np.where(group, 60, 30))
    entry = random.integers(0, 12, n)
    ends = entry + random.integers(1, 30, n)
    frame = pd.DataFrame(
        {
            "segment": np.where(group, "large", "small"),
            "entry": entry,
            "duration": np.minimum(left, ends),
            "event": left <= ends,
        }
    )
    frame = frame[frame["duration"] > frame["entry"]]
    frame["cause"] = named(frame["event"], random.choice(["moved", "price"], len(frame)))
    by = [*(["segment"] if segments else [])]
    ended = frame.assign(entered=0, events=frame["event"] * 1, censored=~frame["event"] * 1)
    entered = frame.assign(duration=frame["entry"], entered=1, events=0, censored=0, cause=None)
    keys = [*by, "duration", *(["cause"] if causes else [])]
    return (
        pd.concat([ended, entered]).groupby(keys, dropna=False, as_index=False)[["entered", "events", "censored"]].sum()
    )


def test_the_baseline_is_a_ratio_of_the_curve_at_two_tenures() -> None:
    table = lives()
    card = prediction.tenure_baseline(table, horizons=[3, 6], clock="months", passed=0)
    curve = survival.kaplan_meier(table, min_n=1).table.set_index("duration")["estimate"]
    asked = [str(month) for month in range(2, 15)]
    found = card.of(pd.DataFrame({"tenure": asked}))
    for horizon in (3, 6):
        expected = [1 - curve[int(month) + horizon] / curve[int(month)] for month in asked]
        np.testing.assert_allclose(found[f"risk_{horizon}"], expected, rtol=1e-10)
    assert card.model == "tenure alone"
    assert found["reason_1"].iloc[0] == "tenure: 2 to 3"
    assert found["reason_1"].iloc[-1] == ""


def test_the_error_of_the_baseline_is_greenwoods_between_the_two() -> None:
    table = lives()
    found = (
        prediction.tenure_baseline(table, horizons=[6], clock="months", passed=0)
        .of(pd.DataFrame({"tenure": ["4"]}))
        .loc[0]
    )
    late = table.assign(kept=table["duration"] > 4)
    risk = (table["events"] + table["censored"] - table["entered"])[::-1].cumsum()[::-1]
    inside = late["kept"] & (table["duration"] <= 10)
    spread = np.sqrt((table["events"] / (risk * (risk - table["events"])))[inside].sum())
    log = -np.log1p(-found["risk_6"])
    assert found["high_6"] == pytest.approx(1 - np.exp(-log * np.exp(1.959963984540054 * spread / log)), rel=1e-10)


def test_segments_and_causes_have_curves_of_their_own() -> None:
    both = prediction.tenure_baseline(lives(segments=True), horizons=[6], clock="months", by=["segment"], passed=0)
    table = lives(segments=True)
    alone = prediction.tenure_baseline(
        table[table["segment"] == "small"].drop(columns="segment"), horizons=[6], clock="months", passed=0
    )
    assert both.model == "tenure and segment"
    months = pd.DataFrame({"tenure": ["2", "9"]})
    np.testing.assert_allclose(
        both.of(months.assign(segment="small"))["risk_6"], alone.of(months)["risk_6"], rtol=1e-12
    )
    by_cause = lives(causes=True)
    price = prediction.tenure_baseline(by_cause, horizons=[6], clock="months", cause="price", passed=0).of(months)
    moved = prediction.tenure_baseline(by_cause, horizons=[6], clock="months", cause="moved", passed=0).of(months)
    total = prediction.tenure_baseline(lives(), horizons=[6], clock="months", passed=0).of(months)
    np.testing.assert_allclose(price["risk_6"] + moved["risk_6"], total["risk_6"], rtol=1e-10)


def test_a_baseline_of_landmark_cells_is_the_curve_of_their_bin(cells: pd.DataFrame) -> None:
    card = prediction.tenure_baseline(cells, horizons=[30, 90])
    assert card.bins["tenure"] == (6.0, 24.0)
    young = cells[cells["tenure"] == "below 6"]
    curve = survival.kaplan_meier(
        young.assign(censored=young["n"] - young["events"])[["duration", "events", "censored"]]
    ).table
    found = card.of(pd.DataFrame({"tenure": ["below 6"]})).loc[0]
    assert found["risk_30"] == pytest.approx(1 - curve.loc[curve["duration"] <= 30, "estimate"].iloc[-1], rel=1e-9)


def test_thin_tenures_take_a_neighbour_and_say_so() -> None:
    table = lives()
    card = prediction.tenure_baseline(table, horizons=[6], clock="months", min_n=300)
    assert any("counts as less: fewer than 300" in note for note in card.notes)
    old = card.of(pd.DataFrame({"tenure": ["30", "400"]}))
    assert old["risk_6"].iloc[0] == old["risk_6"].iloc[1]
    with pytest.raises(InsufficientDataError, match="no tenure has as many"):
        prediction.tenure_baseline(table, horizons=[60], clock="months")


def test_no_customer_is_told_to_have_no_risk_where_nobody_left() -> None:
    table = pd.DataFrame(
        {"plan": ["a", "a", "b"], "duration": [3, 9, 9], "entered": 0, "events": [50, 0, 0], "censored": [0, 250, 200]}
    )
    card = prediction.tenure_baseline(table, horizons=[3, 6], clock="months", by=["plan"], passed=0)
    found = card.of(pd.DataFrame({"tenure": ["0", "0"], "plan": ["a", "b"]}))
    assert found["risk_3"].iloc[0] == pytest.approx(50 / 300)
    # Half a leaver among two hundred, half of it by half of the time.
    nobody = found.iloc[1]
    assert nobody["risk_3"] == pytest.approx(-np.expm1(-0.25 / 200))
    assert nobody["risk_6"] == pytest.approx(-np.expm1(-0.5 / 200))
    assert 0 < nobody["low_6"] < nobody["risk_6"] < 3 / 200 < nobody["high_6"] < 9 / 200


def test_of_models_within_noise_the_simpler_is_kept() -> None:
    train, later = company(6_000, seed=8), company(6_000, seed=9)
    noise = np.random.default_rng(1)
    for frame in (train, later):
        frame["colour"] = noise.choice(["blue", "green", "red"], len(frame))
    cards = [prediction.tenure_baseline(train, horizons=[30, 90])]
    for name, terms in (("Cox", TERMS), ("Cox with colour", [*TERMS, "colour"])):
        made = prediction.scorecard(hazards.fit_cox(train, terms=terms), horizons=[30, 90])
        cards.append(Scorecard(name, made.terms, (), {}, "days", made.horizons, made.points, made.course))
    found = prediction.judged(later, cards)
    chosen = prediction.choose(found.cells, risks_by_model=found.risks)
    table = chosen.table.set_index("model")
    assert table["kept"].to_dict() == {"tenure alone": False, "Cox": True, "Cox with colour": False}
    assert table.loc["tenure alone", "verdict"] == "worse than the best beyond noise"
    assert table["best"].sum() == 1
    assert not chosen.notes
    without = prediction.choose(found.cells.drop(columns="replicate"), risks_by_model=found.risks)
    assert without.table.set_index("model")["kept"].to_dict()["tenure alone"]
    assert any("the noise is not known" in note for note in without.notes)


def test_in_a_world_without_effects_no_model_beats_the_baseline() -> None:
    random = np.random.default_rng(3)
    kept: list[bool] = []
    notes: list[str] = []
    for seed in range(5):
        train, later = company(3_000, seed=100 + seed), company(3_000, seed=200 + seed)
        for frame in (train, later):
            for term in TERMS:  # levels that say nothing
                frame[term] = random.permutation(frame[term])
        cards = [
            prediction.tenure_baseline(train, horizons=[90]),
            prediction.scorecard(hazards.fit_cox(train, terms=TERMS), horizons=[90]),
        ]
        found = prediction.judged(later, cards)
        chosen = prediction.choose(found.cells, risks_by_model=found.risks)
        kept.append(bool(chosen.table.set_index("model")["kept"]["tenure alone"]))
        notes += chosen.notes
    assert all(kept)
    assert sum("better than giving everybody the same risk" in note for note in notes) == 5


def test_each_kind_of_planted_leakage_is_caught() -> None:
    random = np.random.default_rng(5)
    n = 5_000
    gone = random.random(n) < 0.12
    plan = random.choice(["basic", "plus", "top"], n)
    rows = pd.DataFrame(
        {
            "plan": plan,
            "noise": random.normal(size=n),
            "rare": random.integers(0, 2_000, n).astype(str),
            "days_idle": np.where(gone, random.uniform(80, 200, n), random.uniform(0, 100, n)),  # separates
            "contract": np.where(gone, "open", random.choice(["open", "fixed"], n)),  # nobody at a level left: no leak
            "refund": random.normal(size=n),  # written down after the cut
            "overwritten": np.where(gone, "former", plan),  # replaced when a customer leaves
            "partly": np.where(gone & (random.random(n) < 0.5), "former", plan),  # for half of them
            "n": 1,
            "events": gone * 1,
        }
    )
    terms = rows.columns.drop(["n", "events"]).tolist()
    found = diagnostics.leakage(rows, terms=terms, known_late=["refund"]).table.set_index("term")
    assert found.index[found["leaking"]].tolist() == ["days_idle", "refund", "overwritten", "partly"]
    for term, words in (
        ("days_idle", "almost perfectly"),
        ("refund", "after the cut"),
        ("partly", "everybody left"),
    ):
        assert words in found["reason"][term]
    # Where hardly anybody leaves, a number of one's own is no level.
    few = rows.assign(events=(random.random(n) < 0.005) * 1)
    assert not diagnostics.leakage(few, terms=["noise", "rare", "plan"]).table["leaking"].any()


def test_a_baseline_by_a_number_scores_any_value_of_it() -> None:
    random = np.random.default_rng(4)
    lives = pd.DataFrame(
        {
            "duration": random.integers(1, 200, 400),
            "usage": random.integers(0, 100, 400).astype(str),
            "entered": 0,
            "events": random.integers(0, 2, 400),
        }
    )
    lives["censored"] = 1 - lives["events"]
    made = prediction.tenure_baseline(lives, horizons=[30], by=["usage"], bins={"usage": [25, 50, 75]})
    assert made.levels("usage") == ["25 to 50", "50 to 75", "75 and over", "below 25"]
    asked = pd.DataFrame({"tenure": "1", "usage": ["-3", "7", "below 5", "25 to 30", "99", "1e9"]})
    found = made.of(asked)
    assert (found["unscored"] == "").all()
    assert len(set(found["risk_30"].iloc[:3])) == 1


def test_the_baseline_is_averaged_over_the_recorded_month() -> None:
    table = lives()
    curve = survival.kaplan_meier(table, min_n=1).table.set_index("duration")["estimate"]
    found = prediction.tenure_baseline(table, horizons=[3], clock="months").of(pd.DataFrame({"tenure": ["2", "7"]}))
    part = (np.arange(30) + 0.5) / 30

    def within(month: int) -> np.ndarray:
        return np.asarray(curve[month] ** (1 - part) * curve[month + 1] ** part)

    expected = [1 - within(month + 3).sum() / within(month).sum() for month in (2, 7)]
    np.testing.assert_allclose(found["risk_3"], expected, rtol=1e-6)


def test_contracts_that_end_once_a_year_are_predicted_by_the_part_of_the_month_that_reaches_the_day() -> None:
    # Everybody has a year; half of them go at its end. Of month 10, days 304 to 334, those from 320 on reach it
    # within 45 days.
    table = pd.DataFrame({"duration": [365, 730], "entered": 0, "events": [500, 0], "censored": [0, 500]})
    found = prediction.tenure_baseline(table, horizons=[45], clock="days").of(
        pd.DataFrame({"tenure": ["9", "10", "11", "12"]})
    )
    assert found["risk_45"].tolist()[1:3] == pytest.approx([0.5 * 15 / 31, 0.5], abs=0.01)
    assert max(found["risk_45"].tolist()[::3]) < 0.001
