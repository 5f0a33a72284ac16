"""Simpler explanations of segments: one trait, items that go together, one crowd; against known values, by hand, and where they are refused."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from number_rows import Rows
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import chi2_contingency, norm

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import segments
from cemlab.stats.intervals import Floats
from cemlab.stats.segments import alternatives, crowd, dependence, em, trait
from cemlab.stats.segments.coded import coded

LAW = list("abcde")
LAW_N = [
    3,
    6,
    2,
    11,
    1,
    1,
    3,
    4,
    1,
    8,
    0,
    16,
    0,
    3,
    2,
    15,
    10,
    29,
    14,
    81,
    3,
    28,
    15,
    80,
    16,
    56,
    21,
    173,
    11,
    61,
    28,
    298,
]
"""Section 6 of the Law School Admission Test: 1,000 answers to five items, by pattern from 00000 to 11111 (Bock and Lieberman 1970)."""


def _law() -> pd.DataFrame:
    return pd.DataFrame(list(itertools.product("01", repeat=5)), columns=LAW).assign(n=LAW_N)


def _counts(said: Any, names: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(said, columns=names).astype(object)
    return frame.groupby(names, dropna=False).size().rename("n").reset_index()


def _answers(n: int, *, slopes: Floats, intercepts: Floats, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    chance = expit(slopes * random.normal(size=n)[:, None] + intercepts)
    return np.where(random.random(chance.shape) < chance, "yes", "no")


def test_two_parameter_logistic_model_agrees_with_the_published_fit_of_the_law_school_test() -> None:
    # As printed by ltm in R (Rizopoulos 2006), ltm(LSAT ~ z1), by Gauss–Hermite quadrature.
    found = segments.one_trait(_law(), items=LAW)
    assert found.parts["fit"]["log_likelihood"].iloc[0] == pytest.approx(-2466.653, abs=1e-3)
    assert found.table["estimate"].to_numpy() == pytest.approx([0.8254, 0.7229, 0.8905, 0.6886, 0.6575], abs=1e-3)
    assert found.table["intercept"].to_numpy() == pytest.approx([2.7730, 0.9902, 0.2491, 1.2848, 2.0536], abs=1e-3)
    assert found.parts["fit"]["bic"].iloc[0] == pytest.approx(2 * 2466.653 + 10 * np.log(1000), abs=2e-3)


@pytest.mark.parametrize("slope", [0.5, 1.5, 4.0])
def test_likelihood_is_the_integral_over_the_trait(slope: float) -> None:
    patterns = _counts(
        _answers(400, slopes=np.full(4, slope), intercepts=np.array([0.0, 1.0, -1.0, 0.5])), list("abcd")
    )
    fit = trait.fitted_trait(coded(patterns, items=list("abcd")))
    yes = patterns[list("abcd")].to_numpy() == "yes"

    def _chance(theta: float, row: np.ndarray) -> float:
        each = expit(np.array([s[0] for s in fit.slopes]) * theta + np.array([c[0] for c in fit.intercepts]))
        return float(np.where(row, each, 1 - each).prod() * norm.pdf(theta))

    by_hand = sum(
        n * np.log(quad(_chance, -8, 8, args=(row,), limit=400)[0]) for n, row in zip(patterns["n"], yes, strict=True)
    )
    assert fit.log_likelihood == pytest.approx(by_hand, abs=1e-4)


def test_derivatives_are_those_of_differences() -> None:
    said = _answers(300, slopes=np.full(3, 1.5), intercepts=np.zeros(3)).astype(object)
    random = np.random.default_rng(2)
    said[:, 0] = random.choice(["below 8", "8 to 12", "12 and over"], 300)
    said[:, 1] = random.choice(["post", "shop", "web"], 300)
    said[:60, 2] = None
    data = coded(_counts(said, list("abc")), items=list("abc"))
    layout = trait._Layout.of(data)
    at = layout.start(data, np.array([0.7, -0.4, 1.1])) + 0.1
    height, slopes = trait._height(at, data, layout)
    steps = 1e-6 * np.eye(len(at))
    numeric = [(trait._height(at + step, data, layout)[0] - height) / 1e-6 for step in steps]
    assert slopes == pytest.approx(np.array(numeric), abs=2e-2)


def test_planted_slopes_and_thresholds_are_recovered() -> None:
    slopes, intercepts = np.array([1.0, 1.5, 2.0, 0.8, 1.2]), np.array([0.0, 0.5, -1.0, 0.3, -0.5])
    said = _answers(20_000, slopes=slopes, intercepts=intercepts)
    found = segments.one_trait(_counts(said, LAW), items=LAW).table
    assert found["estimate"].to_numpy() == pytest.approx(slopes, abs=0.12)
    assert found["intercept"].to_numpy() == pytest.approx(intercepts, abs=0.08)


def test_graded_levels_are_recovered_and_ordered_by_their_numbers() -> None:
    random = np.random.default_rng(4)
    theta = random.normal(size=20_000)
    chance = random.random((20_000, 4))
    level = sum((chance < expit(1.5 * theta[:, None] + cut)).astype(int) for cut in (1.0, -1.0))
    said = np.array(["below 8", "8 to 12", "12 and over"], dtype=object)[level]
    found = segments.one_trait(_counts(said, list("abcd")), items=list("abcd")).table
    assert found["estimate"].to_numpy() == pytest.approx(1.5, abs=0.1)
    assert found["intercept"].to_numpy().reshape(4, 2) == pytest.approx(np.tile([1.0, -1.0], (4, 1)), abs=0.08)
    assert found["step"].tolist() == [1, 2] * 4


def test_levels_without_an_order_have_a_slope_each() -> None:
    random = np.random.default_rng(5)
    theta = random.normal(size=20_000)
    logits = np.stack([np.zeros_like(theta), 1.5 * theta + 0.5, -1.0 * theta], axis=1)
    noise = -np.log(-np.log(random.random((20_000, 4, 3))))
    said = np.array(["post", "shop", "web"], dtype=object)[(logits[:, None, :] + noise).argmax(axis=2)]
    found = segments.one_trait(_counts(said, list("abcd")), items=list("abcd")).table
    assert np.abs(found["estimate"].to_numpy().reshape(4, 2)) == pytest.approx(np.tile([1.5, 1.0], (4, 1)), abs=0.12)
    assert found["intercept"].to_numpy().reshape(4, 2) == pytest.approx(np.tile([0.5, 0.0], (4, 1)), abs=0.1)


def test_order_split_rows_and_the_names_of_levels_do_not_matter() -> None:
    split = pd.concat([_law().assign(n=lambda rows: rows["n"] / 2)] * 2).sample(frac=1, random_state=3)
    turned = _law().assign(a=lambda rows: rows["a"].map({"0": "z", "1": "a"}))
    plain, *others = (segments.one_trait(frame, items=LAW) for frame in (_law(), split, turned))
    for other in others:
        assert other.parts["fit"]["bic"].iloc[0] == pytest.approx(plain.parts["fit"]["bic"].iloc[0], abs=1e-4)
    assert others[0].table["estimate"].to_numpy() == pytest.approx(plain.table["estimate"].to_numpy(), abs=1e-3)
    assert others[1].table["estimate"].iloc[0] == pytest.approx(-plain.table["estimate"].iloc[0], abs=1e-3)


def test_independent_items_have_the_likelihood_of_one_class_or_hardly_more() -> None:
    said = np.where(np.random.default_rng(6).random((4_000, 4)) < 0.4, "yes", "no")
    patterns = _counts(said, list("abcd"))
    scale = segments.one_trait(patterns, items=list("abcd")).parts["fit"].iloc[0]
    one = segments.latent_classes(patterns, items=list("abcd"), classes=1).parts["fit"].iloc[0]
    assert 0 <= scale["log_likelihood"] - one["log_likelihood"] < 8
    assert scale["bic"] > one["bic"]


def test_an_item_that_everybody_skips_or_that_is_constant_is_refused() -> None:
    with pytest.raises(InsufficientDataError, match="`a`"):
        segments.one_trait(_law().assign(a="1"), items=LAW)


def test_missing_answers_are_skipped_as_the_classes_skip_them() -> None:
    """Whoever answered one item says nothing of the trait: the likelihood is that of the others and of the item's share."""
    some = pd.concat([_law(), pd.DataFrame({"a": ["1", "0"], "n": [500, 500]})])
    fit = trait.fitted_trait(coded(some, items=LAW))
    alone = _law().groupby("a")["n"].sum()
    assert fit.log_likelihood < -2466.65 + 1_000 * np.log(0.5) + 1e-6
    assert fit.log_likelihood > -2466.65 + 500 * np.log(alone / 1_000).sum()


@pytest.mark.parametrize(
    ("levels", "order"),
    [
        (["below 8", "12 and over", "8 to 12"], [0, 2, 1]),
        (["1", "10", "2"], [0, 2, 1]),
        (["-5", "3.5", "below -5"], [2, 0, 1]),
        (["no", "yes"], [0, 1]),
        (["basic", "gold", "silver"], None),
        (["1", "2", "other"], None),
    ],
)
def test_levels_have_an_order_where_they_are_numbers_or_bins(levels: list[str], order: list[int] | None) -> None:
    assert trait.ascending(levels) == order


def test_residual_of_a_pair_under_one_class_is_pearsons_chi_square() -> None:
    data = coded(_law(), items=LAW)
    alone = segments.latent_classes(_law(), items=LAW, classes=1).model.fit
    found = dependence.residual_table(data, alone, n=data.n)
    rows = _law()
    for value, (one, other) in zip(found, itertools.combinations(LAW, 2), strict=True):
        table = rows.pivot_table(index=one, columns=other, values="n", aggfunc="sum")
        assert value == pytest.approx(chi2_contingency(table, correction=False)[0], rel=1e-6)


def test_a_saturated_model_of_two_classes_leaves_nothing_between_three_items() -> None:
    patterns = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    model = segments.latent_classes(patterns, items=["a", "b", "c"], classes=2).model
    assert dependence.residual_table(model.data, model.fit, n=model.data.n) == pytest.approx(np.zeros(3), abs=1e-3)


def test_residuals_count_only_those_who_answered_both() -> None:
    gaps = pd.concat([_law(), _law().assign(a=None)])
    alone = em.Classes(np.ones(1), np.full((1, 10), 0.5), np.array(0.0), np.array(True))
    whole, some = (coded(frame, items=LAW) for frame in (_law(), gaps))
    first = [dependence.residual_table(data, alone, n=data.n) for data in (whole, some)]
    assert first[1][:4] == pytest.approx(first[0][:4]), "pairs with the item that half of them skipped"
    assert first[1][4:] == pytest.approx(2 * first[0][4:])


def test_two_items_taken_together_by_hand() -> None:
    patterns = pd.DataFrame({"a": ["y", "n", None], "b": ["y", "n", "y"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    data = coded(patterns, items=["a", "b", "c"])
    both = dependence.together(data, (0, 1))
    assert both.items == ("c", f"a{dependence.JOINS}b")
    assert both.sizes == [2, 2], "pairs of levels that nobody has are none"
    assert (both.n @ both.x)[2:].tolist() == [50, 40]
    assert (data.n @ dependence.masked(data, (0, 1)).x).tolist() == [50, 40, 50, 40, 50, 50]


def _kinds(n: int, *, seed: int, copied: float = 0.0) -> pd.DataFrame:
    """Two kinds of customers and six yes/no items, perhaps with a seventh that repeats the first."""
    random = np.random.default_rng(seed)
    yes = (random.random(n) < 0.4)[:, None] == (np.arange(6) < 3)
    said = random.random((n, 6)) < np.where(yes, 0.85, 0.15)
    if copied:
        said = np.column_stack([said, np.where(random.random(n) < copied, said[:, 0], ~said[:, 0])])
    return _counts(np.where(said, "yes", "no"), list("abcdefg")[: said.shape[1]])


def _found(patterns: pd.DataFrame, *, classes: int) -> Estimates:
    return segments.latent_classes(patterns, items=[*patterns.columns[:-1]], classes=classes)


def test_an_item_that_repeats_another_is_named_where_it_makes_classes() -> None:
    rows = segments.simpler_models(_found(_kinds(1_500, seed=1, copied=0.9), classes=4)).table
    pair = rows.loc[rows["as_good"] & rows["explanation"].eq("pair")].iloc[0]
    assert {pair["first"], pair["second"]} == {"a", "g"}
    assert pair["estimate"] < -20


def test_the_residual_of_the_pair_stands_where_classes_are_too_few_for_it() -> None:
    rows = segments.simpler_models(_found(_kinds(1_500, seed=1, copied=0.9), classes=2)).table
    left = rows.loc[rows["model"].str.startswith("residual")].iloc[0]
    assert left["p_value"] == 1 / 200
    assert {left["first"], left["second"]} == {"a", "g"}


def test_nothing_simpler_explains_two_kinds() -> None:
    assert not segments.simpler_models(_found(_kinds(1_500, seed=2), classes=2)).table["as_good"].any()


def test_one_scale_explains_classes_cut_through_it() -> None:
    patterns = _counts(_answers(1_500, slopes=np.full(6, 2.0), intercepts=np.linspace(-1, 1, 6)), list("abcdef"))
    row = segments.simpler_models(_found(patterns, classes=3)).table.iloc[0]
    assert (row["explanation"], row["as_good"]) == ("one scale", True)
    assert row["npar"] == 12


def test_one_class_has_nothing_simpler_and_rules_are_refused() -> None:
    assert segments.simpler_models(_found(_kinds(500, seed=3), classes=1)).table.empty
    with pytest.raises(SchemaError, match="class_share"):
        segments.simpler_models(segments.told_by(pd.DataFrame({"stage": ["a", "b"], "n": [20, 20]}), column="stage"))


def test_a_crowd_keeps_the_margins_and_the_correlation_of_normal_scores() -> None:
    random = np.random.default_rng(7)
    normal = random.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=5_000)
    x = np.column_stack([np.exp(normal[:, 0]), normal[:, 1]])
    drawn = crowd.one_crowd(x, random=random)
    assert (np.sort(drawn, axis=0) == np.sort(x, axis=0)).all()
    assert np.asarray(np.corrcoef(crowd._normal_scores(drawn), rowvar=False))[0, 1] == pytest.approx(0.7, abs=0.03)


def test_a_factor_of_two_or_three_columns_is_any_normal_distribution() -> None:
    common = np.random.default_rng(1).normal(size=(500, 1))
    for width in (2, 3):
        frame = pd.DataFrame(common + np.random.default_rng(9).normal(size=(500, width)), columns=list("abc")[:width])
        bic, npar = alternatives.factor_bic(segments.mixture(Rows(frame), classes=2, starts=4).model)
        one = segments.number_of_components(Rows(frame), at_most=1, starts=1).table.iloc[0]
        assert npar == one["npar"]
        assert bic == pytest.approx(one["estimate"], abs=0.05)


@pytest.mark.parametrize("model", ["k-means", "mixture"])
def test_clouds_that_lie_apart_are_clearer_than_a_crowd_and_a_crowd_is_not(model: str) -> None:
    random = np.random.default_rng(8)
    fitted: Any = segments.k_means if model == "k-means" else segments.mixture
    shapes = {
        "clouds": 6.0 * (np.arange(400) % 2)[:, None] + random.normal(size=(400, 3)),
        "crowd": random.normal(size=(400, 3)),
    }
    p_values = {}
    for name, x in shapes.items():
        found = fitted(pd.DataFrame(x, columns=list("abc")), classes=2, starts=3)
        p_values[name] = crowd.crowd_p_value(found.model, crowds=39)[0]
    assert p_values["clouds"] == 1 / 40
    assert p_values["crowd"] > 0.05


def _number(best: int) -> Estimates:
    rows = pd.DataFrame({"classes": [1, 2, 3], "estimate": [abs(best - k) for k in (1, 2, 3)], "n": 500.0})
    return Estimates.build(rows, by=["classes"], cells=[], measure="bic", unit="ratio", method="", level=0.95, min_n=10)


SIMPLER = [("one scale", "", ""), ("pair", "a", "b"), ("one crowd", "", "")]


@pytest.mark.parametrize("explanation", [None, *SIMPLER])
def test_nothing_is_natural_that_something_simpler_explains(explanation: tuple[str, str, str] | None) -> None:
    found = _found(_kinds(1_500, seed=2), classes=2)
    rows = pd.DataFrame(
        [(*each, each == explanation) for each in SIMPLER], columns=["explanation", "first", "second", "as_good"]
    )
    stable = segments.stability(found, resamples=20)
    simpler = cast("Estimates", SimpleNamespace(table=rows))
    row = segments.verdict(stable, found, number=_number(2), simpler=simpler).row()
    assert row["verdict"] == ("reproducible" if explanation else "natural")
    assert (row["doubt"], row["first"], row["second"]) == (explanation or ("", "", ""))
    assert segments.verdict(stable, found, number=_number(2)).row()["verdict"] == "reproducible", (
        "nothing simpler was tried"
    )
    one = segments.verdict(stable, found, number=_number(1), simpler=simpler).row()
    assert (one["verdict"], one["doubt"]) == ("constructed", "one group")
