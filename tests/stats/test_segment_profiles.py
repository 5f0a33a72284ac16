"""What is said of segments: by hand, against the truth of simulated classes, and what it must not depend on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import segments
from cemlab.stats.jackknife import jackknife
from cemlab.stats.multiplicity import adjust
from cemlab.stats.segments.bch import Classification
from cemlab.stats.survival import kaplan_meier

ERRORS = np.array([[0.9, 0.1], [0.2, 0.8]])
TWO = Classification(("a", "b"), ERRORS)
NUMBERS = ["estimate", "std_error", "ci_low", "ci_high"]


def mixed(true: np.ndarray) -> np.ndarray:
    """Sums by assigned class of sums by true class (first axis), in expectation."""
    return np.asarray(np.einsum("t...,ts->s...", true, ERRORS))


def moments_of(sums: np.ndarray, outcome: str = "margin") -> pd.DataFrame:
    """Moments of classes a and b from n, sum and sum of squares by assigned class."""
    return pd.DataFrame(
        {"segment": ["a", "b"], "outcome": outcome, "n": sums[:, 0], "sum": sums[:, 1], "sum_sq": sums[:, 2]}
    )


@dataclass(frozen=True)
class World:
    """Customers of known classes, with the classes' true model."""

    people: pd.DataFrame
    model: Classification
    means: np.ndarray
    nps: np.ndarray


SIZES, HIGH = (
    np.array([0.5, 0.3, 0.2]),
    np.array([[0.8, 0.7, 0.7, 0.2, 0.2], [0.2, 0.3, 0.7, 0.8, 0.3], [0.3, 0.2, 0.2, 0.4, 0.8]]),
)


def world(n: int, seed: int = 0, groups: int = 40) -> World:
    """Three classes, five items of moderate separation, outcomes that depend on the class alone."""
    draw = np.random.default_rng(seed)
    patterns = np.array(list(itertools.product([0, 1], repeat=HIGH.shape[1])))
    likelihood = np.prod(np.where(patterns[:, None, :] == 1, HIGH, 1 - HIGH), axis=2)
    joint = likelihood * SIZES
    posterior = joint / joint.sum(axis=1, keepdims=True)
    frame = pd.DataFrame(posterior, columns=["1", "2", "3"]).assign(n=joint.sum(axis=1))
    model = segments.classification(frame, classes=["1", "2", "3"])
    true = draw.choice(3, size=n, p=SIZES)
    answers = (draw.random((n, HIGH.shape[1])) < HIGH[true]).astype(int)
    assigned = posterior.argmax(axis=1)[answers @ (2 ** np.arange(HIGH.shape[1])[::-1])]
    means, net = np.array([10.0, 20.0, 40.0]), np.array([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]])
    kind = (draw.random(n)[:, None] > net[true].cumsum(axis=1)).sum(axis=1)
    people = pd.DataFrame(
        {
            "segment": np.array(["1", "2", "3"])[assigned],
            "true": true,
            "replicate": draw.integers(0, groups, n),
            "margin": means[true] + draw.normal(0, 5, n),
            "nps": 100.0 - 100 * kind,
        }
    )
    return World(people, model, means, 100 * (net[:, 0] - net[:, 2]))


def summed(people: pd.DataFrame, outcomes: list[str]) -> pd.DataFrame:
    """Moments by segment and replicate group."""
    pieces = []
    for name in outcomes:
        rows = people.assign(outcome=name, value=people.get(name, 1.0))
        rows["square"] = rows["value"] ** 2
        grouped = rows.groupby(["segment", "outcome", "replicate"], as_index=False)
        pieces.append(grouped.agg(n=("value", "size"), sum=("value", "sum"), sum_sq=("square", "sum")))
    return pd.concat(pieces, ignore_index=True)


WORLD = world(40_000)


def test_classification_error_worked_by_hand() -> None:
    patterns = pd.DataFrame({"n": [60, 40], "a": [0.9, 0.25], "b": [0.1, 0.75], "value": ["a", "b"]})
    found = segments.classification(patterns, classes=["a", "b"])
    assert found.errors[0] == pytest.approx([54 / 64, 10 / 64])
    assert found.errors[1] == pytest.approx([6 / 36, 30 / 36])
    assert found.weights @ found.errors == pytest.approx(np.eye(2))


def test_corrected_mean_and_size_worked_by_hand() -> None:
    # 100 customers of each class, all worth 10 and 20: the assigned hold 90 + 20 and 10 + 80 of them.
    sums = mixed(np.array([[100, 1000, 10_000], [100, 2000, 40_000]]))
    assert sums[:, 0].tolist() == [110, 90]
    table = segments.profiles(moments_of(sums), units={"margin": "currency"}, classification=TWO)["margin"].table
    assert table["estimate"].tolist() == pytest.approx([10, 20])
    assert table["uncorrected"].tolist() == pytest.approx([1300 / 110, 1700 / 90])
    size = segments.sizes(moments_of(sums, "customers"), classification=TWO)
    assert size.table["estimate"].tolist() == pytest.approx([0.5, 0.5])
    assert size.table["customers"].tolist() == pytest.approx([100, 100])


def test_difference_from_the_rest_and_eta_squared_worked_by_hand() -> None:
    moments = pd.DataFrame(
        {"segment": ["a", "b"], "outcome": "x", "n": [30, 10], "sum": [30.0, 30.0], "sum_sq": [60.0, 120.0]}
    )
    found = segments.differences(moments)
    spread = 180 / 40 - 1.5**2
    assert found.table["estimate"].tolist() == pytest.approx([-2 / spread**0.5, 2 / spread**0.5])
    between = (30 * 0.5**2 + 10 * 1.5**2) / 40
    assert found.parts["explained"]["estimate"].tolist() == pytest.approx([between / spread])
    assert found.table["p_value"].isna().all()


def test_modal_assignment_is_biased_and_bch_is_not() -> None:
    found = segments.profiles(
        summed(WORLD.people, ["margin", "nps"]),
        units={"margin": "currency", "nps": "points"},
        classification=WORLD.model,
    )
    for name, truth in (("margin", WORLD.means), ("nps", WORLD.nps)):
        table = found[name].table
        away = ((table["estimate"] - truth) / table["std_error"]).abs()
        assert away.max() < 3.5
        assert ((table["uncorrected"] - truth) / table["std_error"]).abs().max() > 8


def test_maximum_likelihood_finds_the_true_shares_of_a_category() -> None:
    people = WORLD.people
    counts = people.groupby(["segment", "nps", "replicate"], as_index=False).size().rename(columns={"size": "n"})
    table = segments.categories(counts, outcome="nps", classification=WORLD.model).table
    truth = np.array([[0.1, 0.3, 0.6], [0.3, 0.4, 0.3], [0.6, 0.3, 0.1]]).ravel()
    assert ((table["estimate"] - truth) / table["std_error"]).abs().max() < 3.5
    assert (table["uncorrected"] - truth).abs().max() > 0.05


def test_maximum_likelihood_on_the_boundary_is_that_of_a_general_optimiser() -> None:
    from scipy.optimize import minimize

    observed = np.array([[60.0, 5.0, 20.0], [3.0, 40.0, 30.0]])
    counts = pd.DataFrame({"segment": np.repeat(["a", "b"], 3), "plan": list("xyz") * 2, "n": observed.ravel()})
    assert (TWO.corrected_sums(observed) < 0).any()

    def lost(free: np.ndarray) -> float:
        joint = np.exp(free).reshape(2, 3)
        return float(-(observed * np.log(mixed(joint / joint.sum()))).sum())

    best = minimize(lost, np.zeros(6), method="L-BFGS-B", options={"maxiter": 20_000, "ftol": 1e-15}).x.reshape(2, 3)
    shares = np.exp(best) / np.exp(best).sum(axis=1, keepdims=True)
    found = segments.categories(counts, outcome="plan", classification=TWO).table["estimate"]
    assert found.to_numpy().reshape(2, 3) == pytest.approx(shares, abs=2e-4)


def test_maximum_likelihood_inside_equals_bch() -> None:
    joint = np.array([[30.0, 20.0], [10.0, 60.0]])
    counts = pd.DataFrame({"segment": ["a", "a", "b", "b"], "plan": list("xyxy"), "n": mixed(joint).ravel()})
    found = segments.categories(counts, outcome="plan", classification=TWO)
    assert found.table["estimate"].tolist() == pytest.approx([0.6, 0.4, 1 / 7, 6 / 7])
    chi = 120 * ((30 * 60 - 20 * 10) ** 2) / (50 * 70 * 40 * 80)
    # Bergsma's correction, by hand, for as many customers as the correction leaves the worth of.
    worth = found.table.drop_duplicates("segment")["n_eff"].sum() - 1
    assert worth < 119
    square = (chi / 120 - 1 / worth) / (1 - 1 / worth)
    assert found.parts["association"]["estimate"].item() == pytest.approx(square**0.5)


def test_segments_and_levels_that_have_nothing_to_do_with_each_other_show_no_association() -> None:
    draw, found = np.random.default_rng(8), []
    for _ in range(40):
        rows = pd.DataFrame(
            {name: draw.integers(0, size, 300) for name, size in (("segment", 5), ("plan", 5), ("replicate", 40))}
        )
        counts = rows.astype({"segment": str}).groupby(["segment", "plan", "replicate"], as_index=False).size()
        counts = counts.rename(columns={"size": "n"})
        found.append(segments.categories(counts, outcome="plan").parts["association"].iloc[0])
    table = pd.DataFrame(found)
    # Without correction 0.117 on average, and every interval above 0.
    assert table["estimate"].mean() < 0.06
    assert table["ci_low"].gt(0).mean() <= 0.05


def lives_of_two() -> pd.DataFrame:
    """Expected life table of assigned classes: of 100, class a loses 10 a month, class b 20."""
    true = np.array([[[10, 0], [10, 0], [10, 70]], [[20, 0], [20, 0], [20, 40]]], dtype=float)
    rows = mixed(true)
    return pd.DataFrame(
        {
            "segment": np.repeat(["a", "b"], 3),
            "duration": np.tile([1, 2, 3], 2),
            "events": rows[..., 0].ravel(),
            "censored": rows[..., 1].ravel(),
        }
    )


def test_corrected_curves_worked_by_hand() -> None:
    table = segments.curves(lives_of_two(), classification=TWO).table
    assert table["estimate"].tolist() == pytest.approx([0.9, 0.8, 0.7, 0.8, 0.6, 0.4])


def test_curves_without_error_are_kaplan_meier() -> None:
    lives = lives_of_two()
    ours = segments.curves(lives, classification=segments.exact(["a", "b"])).table
    plain = kaplan_meier(lives, by=["segment"]).table
    assert ours["estimate"].to_numpy() == pytest.approx(plain["estimate"].to_numpy())
    assert ours["at_risk"].to_numpy() == pytest.approx(plain["at_risk"].to_numpy())


def test_a_curve_that_rises_is_made_to_fall_and_says_so() -> None:
    lives = pd.DataFrame(
        {
            "segment": list("aaabbb"),
            "duration": [1, 2, 3] * 2,
            "events": [30, 0, 20, 10, 60, 10],
            "censored": [0, 0, 90, 0, 0, 30],
        }
    )
    found = segments.curves(lives, classification=TWO)
    for _, curve in found.table.groupby("segment"):
        assert (curve["estimate"].diff().dropna() <= 1e-12).all()
        assert curve["estimate"].between(0, 1).all()
    assert any("monotone" in note for note in found.notes)


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(size=50)
    errors = jackknife((values.sum() - values) / 49, np.ones(50, dtype=bool))
    assert float(errors.std_error) == pytest.approx(values.std(ddof=1) / 50**0.5)
    assert float(errors.df) == 49


def test_groups_without_a_value_do_not_count() -> None:
    values = np.random.default_rng(1).normal(size=20)
    with_empty = np.append((values.sum() - values) / 19, values.mean())
    there = np.append(np.ones(20, dtype=bool), False)
    assert float(jackknife(with_empty, there).std_error) == pytest.approx(values.std(ddof=1) / 20**0.5)


def every_estimate(people: pd.DataFrame, model: Classification) -> list[Estimates]:
    moments = summed(people, ["margin", "nps", "customers"])
    counts = people.groupby(["segment", "nps", "replicate"], as_index=False).size().rename(columns={"size": "n"})
    return [
        *segments.profiles(moments, units={"margin": "currency", "nps": "points"}, classification=model).values(),
        segments.sizes(moments, classification=model),
        segments.differences(moments, outcomes=["margin", "nps"], classification=model),
        segments.categories(counts, outcome="nps", classification=model),
    ]


def test_relabelled_classes_and_shuffled_rows_give_the_same_figures() -> None:
    small = world(2000, seed=3)
    other = {"1": "z", "2": "y", "3": "x"}
    people = small.people.assign(segment=small.people["segment"].map(other)).sample(frac=1, random_state=0)
    model = Classification(tuple(other[name] for name in small.model.classes), small.model.errors)
    for first, second in zip(every_estimate(small.people, small.model), every_estimate(people, model), strict=True):
        keys = list(first.by)
        renamed = first.table.assign(segment=first.table["segment"].map(other)).sort_values(keys)
        given = second.table.sort_values(keys)
        assert renamed[NUMBERS].to_numpy() == pytest.approx(given[NUMBERS].to_numpy(), nan_ok=True)


def test_differences_join_a_family_and_building_items_are_not_tested() -> None:
    moments = summed(WORLD.people, ["margin", "nps"])
    found = segments.differences(moments, built_on=["nps"], classification=WORLD.model)
    judged = adjust([found])[0].table
    assert judged.loc[judged["outcome"] == "nps", "q_value"].isna().all()
    assert judged.loc[judged["outcome"] == "margin", "flagged"].any()
    assert any("not tested" in note for note in found.notes)


def test_without_replicates_there_is_no_interval_and_a_note() -> None:
    moments = summed(WORLD.people.assign(replicate=0), ["margin"]).drop(columns="replicate")
    found = segments.profiles(moments, units={"margin": "currency"}, classification=WORLD.model)["margin"]
    assert found.table["ci_low"].isna().all()
    assert any("replicate" in note for note in found.notes)


def test_plain_groups_say_that_they_are_plain() -> None:
    found = segments.profiles(summed(WORLD.people, ["margin"]), units={"margin": "currency"})["margin"]
    assert found.table["estimate"].to_numpy() == pytest.approx(found.table["uncorrected"].to_numpy())
    assert any("no classification error" in note for note in found.notes)


def test_small_segments_are_suppressed_with_a_complement() -> None:
    moments = pd.DataFrame(
        {"segment": list("abc"), "outcome": "x", "n": [4, 50, 40], "sum": [1.0, 2, 3], "sum_sq": [1.0, 2, 3]}
    )
    table = segments.profiles(moments, units={"x": "ratio"})["x"].table
    assert table["suppressed"].tolist() == [True, False, True]
    assert table["estimate"].isna().tolist() == [True, False, True]


def test_a_share_beyond_its_scale_is_cut_and_said() -> None:
    moments = pd.DataFrame(
        {"segment": ["a", "b"], "outcome": "left", "n": [100, 100], "sum": [5.0, 90.0], "sum_sq": [5.0, 90.0]}
    )
    found = segments.profiles(moments, units={"left": "share"}, classification=TWO)["left"]
    assert found.table["estimate"].between(0, 1).all()
    assert any("cut there" in note for note in found.notes)


def test_a_count_below_nothing_is_cut_and_said() -> None:
    moments = pd.DataFrame(
        {"segment": ["a", "b"], "outcome": "calls", "n": [100, 100], "sum": [5.0, 90.0], "sum_sq": [5.0, 90.0]}
    )
    asked = {"units": {"calls": "ratio"}, "classification": TWO}
    as_it_is, cut = (segments.profiles(moments, **asked, nonnegative=each)["calls"] for each in ((), ["calls"]))  # type: ignore[arg-type]
    assert as_it_is.table["estimate"].min() < 0
    assert cut.table["estimate"].tolist() == [max(0.0, each) for each in as_it_is.table["estimate"]]
    assert any("cut there" in note for note in cut.notes)


def test_one_class_has_no_rest() -> None:
    moments = pd.DataFrame({"segment": ["1"], "outcome": "x", "n": [40], "sum": [80.0], "sum_sq": [200.0]})
    model = segments.classification(pd.DataFrame({"n": [40], "1": [1.0], "value": ["1"]}), classes=["1"])
    assert segments.profiles(moments, units={"x": "ratio"}, classification=model)["x"].table["estimate"].tolist() == [2]
    found = segments.differences(moments, classification=model)
    assert found.table.empty
    assert any("no rest" in note for note in found.notes)


def test_a_class_that_nobody_is_assigned_to_is_refused_by_name() -> None:
    patterns = pd.DataFrame({"n": [60, 40], "1": [0.9, 0.6], "2": [0.1, 0.4]})
    with pytest.raises(InsufficientDataError, match=r"1 of 2 are not \(2\)"):
        segments.classification(patterns, classes=["1", "2"])


def test_classes_that_cannot_be_told_apart_are_refused() -> None:
    patterns = pd.DataFrame({"n": [50, 50], "1": [0.51, 0.49], "2": [0.49, 0.51]})
    with pytest.raises(InsufficientDataError, match="told apart"):
        segments.classification(patterns, classes=["1", "2"])


def test_an_outcome_that_nobody_has_is_refused_by_name() -> None:
    moments = pd.DataFrame(
        {"segment": ["a", "b"], "outcome": "nps", "n": [0, 0], "sum": [np.nan] * 2, "sum_sq": [np.nan] * 2}
    )
    with pytest.raises(InsufficientDataError, match="`nps`"):
        segments.profiles(moments, units={"nps": "points"})


def test_a_segment_without_a_value_has_no_mean() -> None:
    moments = pd.DataFrame(
        {"segment": ["a", "b"], "outcome": "x", "n": [50, 0], "sum": [100.0, np.nan], "sum_sq": [300.0, np.nan]}
    )
    table = segments.profiles(moments, units={"x": "ratio"})["x"].table
    assert table["estimate"].tolist()[0] == 2
    assert np.isnan(table["estimate"].tolist()[1])


def test_wrong_frames_are_refused() -> None:
    moments = moments_of(np.array([[10.0, 1, 1], [10, 1, 1]]))
    with pytest.raises(SchemaError, match="sum_sq"):
        segments.profiles(moments.drop(columns="sum_sq"), units={"margin": "currency"})
    with pytest.raises(SchemaError, match="spend missing"):
        segments.profiles(moments, units={"spend": "currency"})
    with pytest.raises(SchemaError, match="1 of 2 rows are not"):
        segments.profiles(moments.replace({"b": "c"}), units={"margin": "currency"}, classification=TWO)
    with pytest.raises(SchemaError, match="add up to 1"):
        segments.classification(pd.DataFrame({"n": [1], "a": [0.5], "b": [0.4]}), classes=["a", "b"])
    with pytest.raises(ParameterError):
        segments.profiles(moments.assign(replicate=range(2)), units={"margin": "currency"}, level=1.5)


def answers(n: int, seed: int) -> pd.DataFrame:
    """Customers of three true classes with eight answers and an outcome."""
    draw = np.random.default_rng(seed)
    high = np.hstack([HIGH, HIGH[:, :3]])
    true = draw.choice(3, size=n, p=SIZES)
    frame = pd.DataFrame(
        (draw.random((n, 8)) < high[true]).astype(int).astype(str), columns=[f"item_{at}" for at in range(8)]
    )
    return frame.assign(
        replicate=draw.integers(0, 20, n), margin=np.array([10.0, 20.0, 40.0])[true] + draw.normal(0, 5, n)
    )


def test_classes_learnt_again_widen_the_intervals_and_say_so() -> None:
    people = answers(1500, seed=5)
    items = [f"item_{at}" for at in range(8)]
    patterns = people.groupby([*items, "replicate"], as_index=False).size().rename(columns={"size": "n"})
    fit = segments.latent_classes(patterns, items=items, classes=3, starts=5)
    again = segments.relearnt(fit, patterns)
    fixed = segments.classification(fit.parts["posterior"], classes=list(fit.model.labels))
    assert again.errors == pytest.approx(fixed.errors)
    moments = summed(
        people.merge(fit.parts["posterior"][[*items, "value"]], on=items).rename(columns={"value": "segment"}),
        ["margin"],
    )
    wide, narrow = (
        segments.profiles(moments, units={"margin": "currency"}, classification=model)["margin"]
        for model in (again, fixed)
    )
    assert wide.table["estimate"].to_numpy() == pytest.approx(narrow.table["estimate"].to_numpy())
    assert (wide.table["std_error"] > narrow.table["std_error"]).all()
    assert any("learnt again" in note for note in wide.notes)
    assert any("held fixed" in note for note in narrow.notes)
    # A replicate is the whole analysis without its group.
    kept = patterns[patterns["replicate"] != 7]
    alone = segments.latent_classes(kept, items=items, classes=3, starts=5)
    likelihoods = alone.parts["posterior"].merge(
        fit.parts["posterior"][[*items, "value"]], on=items, suffixes=("_own", "")
    )
    by_hand = segments.classification(likelihoods, classes=["1", "2", "3"])
    assert again.errors_without is not None
    assert again.errors_without[7] == pytest.approx(by_hand.errors, abs=5e-3)


def test_patterns_of_other_customers_are_refused() -> None:
    people = answers(400, seed=6)
    items = [f"item_{at}" for at in range(4)]
    patterns = people.groupby([*items, "replicate"], as_index=False).size().rename(columns={"size": "n"})
    fit = segments.latent_classes(patterns, items=items, classes=2, starts=5)
    with pytest.raises(SchemaError, match="another number of customers"):
        segments.relearnt(fit, patterns.iloc[1:])
    with pytest.raises(SchemaError, match="replicate missing"):
        segments.relearnt(fit, patterns.drop(columns="replicate"))
