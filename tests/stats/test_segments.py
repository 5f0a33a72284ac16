"""Latent classes, k-means, mixtures, rules: against R, against planted classes, and where they must refuse."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from number_rows import Rows, iris

from cemlab.core.errors import CemlabError, InsufficientDataError, ParameterError, SchemaError
from cemlab.stats import segments
from cemlab.stats.segments import em, samples

R: dict[str, Any] = json.loads((Path(__file__).parents[1] / "reference" / "segments.json").read_text(encoding="utf-8"))
PATHOLOGISTS = list("ABCDEFG")
NEEDS = list("abcdef")


def _carcinoma() -> pd.DataFrame:
    frame = pd.DataFrame([list(pattern) for pattern in R["carcinoma_patterns"]], columns=PATHOLOGISTS)
    return frame.assign(n=R["carcinoma_n"])


def _needs(separation: float, *, n: int = 4_000, seed: int = 1) -> pd.DataFrame:
    """Customers of three hidden needs and six yes/no items, as the demo company draws them."""
    random = np.random.default_rng(seed)
    signs = np.array([[1, -1, -1, -1, -1, 1], [-1, 1, -1, -1, 1, 1], [-1, -1, 1, 1, 1, -1]])
    need = random.choice(3, n, p=[0.4, 0.35, 0.25])
    ticked = random.random((n, 6)) < np.clip(0.5 + 0.35 * separation * signs[need], 0.01, 0.99)
    return pd.DataFrame(ticked, columns=NEEDS).astype(str).assign(need=need)


def _counts(people: pd.DataFrame) -> pd.DataFrame:
    return people.groupby(NEEDS, dropna=False).size().rename("n").reset_index()


@pytest.mark.parametrize("classes", [1, 2, 3, 4])
def test_latent_classes_agree_with_r_polca_on_carcinoma(classes: int) -> None:
    wanted = R[f"carcinoma_{classes}"]
    # The summit of four classes is flat: its parameters are settled to fewer digits than its height.
    near = 1e-4 if classes == 4 else 1e-6
    found = segments.latent_classes(_carcinoma(), items=PATHOLOGISTS, classes=classes, min_n=1)
    fit = found.parts["fit"].iloc[0]
    names = {
        "log_likelihood": "loglik",
        "npar": "npar",
        "df": "resid_df",
        "aic": "aic",
        "bic": "bic",
        "g_squared": "Gsq",
    }
    for ours, theirs in names.items():
        assert fit[ours] == pytest.approx(wanted[theirs], abs=1e-6)
    assert fit["chi_squared"] == pytest.approx(wanted["Chisq"], rel=near)
    assert found.table["estimate"].to_numpy() == pytest.approx(np.array(wanted["class_sizes"]), abs=near)
    assert found.table["assigned"].tolist() == wanted["modal_counts"]
    chances = found.parts["probabilities"]
    for item in PATHOLOGISTS:
        shares = chances.loc[chances["item"] == item, "estimate"].to_numpy().reshape(classes, 2)
        assert shares == pytest.approx(np.array(wanted["probs"][item]), abs=near)
    if classes > 1:
        assert fit["entropy_r2"] == pytest.approx(wanted["entropy_R2"], abs=near)
        assert found.table["std_error"].to_numpy() == pytest.approx(np.array(wanted["class_sizes_se"]), abs=near)


def test_best_start_is_found_about_as_often_as_by_r() -> None:
    wanted = R["carcinoma_2"]
    found = segments.latent_classes(_carcinoma(), items=PATHOLOGISTS, classes=2, starts=50)
    assert found.parts["fit"]["found"].iloc[0] >= 0.9 * wanted["n_max_found"]


def test_one_class_is_the_shares_of_each_item() -> None:
    patterns = pd.DataFrame({"a": ["y", "n", "n"], "b": ["y", "y", "n"], "n": [30, 20, 50]})
    chances = segments.latent_classes(patterns, items=["a", "b"], classes=1).parts["probabilities"]
    assert chances["estimate"].tolist() == pytest.approx([0.7, 0.3, 0.5, 0.5])


def test_missing_answers_are_skipped_by_hand() -> None:
    """With one class each item's share is that among who answered it, and the likelihood is the product of these."""
    patterns = pd.DataFrame({"a": ["y", "n", None, ""], "b": ["y", None, "n", None], "n": [30, 20, 40, 10]})
    found = segments.latent_classes(patterns, items=["a", "b"], classes=1)
    fit = found.parts["fit"].iloc[0]
    by_hand = 30 * np.log(0.6) + 20 * np.log(0.4) + 30 * np.log(3 / 7) + 40 * np.log(4 / 7)
    assert fit["log_likelihood"] == pytest.approx(by_hand)
    assert fit["n"] == 90
    assert any("10 customers answered none" in note for note in found.notes)


def test_values_missing_at_random_leave_the_classes_where_they_are() -> None:
    people = _needs(1.0, n=20_000)
    whole = segments.latent_classes(_counts(people), items=NEEDS, classes=3)
    random = np.random.default_rng(3)
    holes = people.assign(**{item: people[item].mask(random.random(len(people)) < 0.15) for item in NEEDS})
    some = segments.latent_classes(_counts(holes), items=NEEDS, classes=3)
    gap = some.table["estimate"] - whole.table["estimate"]
    assert np.abs(gap).max() < 0.02


def test_order_of_rows_and_split_rows_do_not_matter() -> None:
    patterns = _carcinoma()
    shuffled = pd.concat([patterns.assign(n=patterns["n"] / 2)] * 2).sample(frac=1, random_state=1)
    one, other = (
        segments.latent_classes(frame, items=PATHOLOGISTS, classes=3, min_n=1).table for frame in (patterns, shuffled)
    )
    pd.testing.assert_frame_equal(one, other, rtol=1e-6)


def test_posterior_gives_each_pattern_its_most_probable_class() -> None:
    rows = segments.latent_classes(_carcinoma(), items=PATHOLOGISTS, classes=3).parts["posterior"]
    chances = rows[["1", "2", "3"]].to_numpy()
    assert chances.sum(axis=1) == pytest.approx(1)
    assert (rows["probability"] == chances.max(axis=1)).all()
    assert (rows["value"] == np.array(["1", "2", "3"])[chances.argmax(axis=1)]).all()


def test_likelihood_never_falls_with_another_class() -> None:
    heights = [
        segments.latent_classes(_carcinoma(), items=PATHOLOGISTS, classes=k, min_n=1).parts["fit"]["log_likelihood"][0]
        for k in (1, 2, 3, 4)
    ]
    assert all(low < high for low, high in pairwise(heights))


YES_NO = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "n": [40, 50, 10]})


@pytest.mark.parametrize(
    ("patterns", "items", "classes", "error", "says"),
    [
        (YES_NO, ["a", "b"], 2, ParameterError, "identified"),
        (YES_NO, ["a", "z"], 1, SchemaError, "z missing"),
        (YES_NO, ["a"], 1, ParameterError, "two different items"),
        (YES_NO, ["a", "b"], 0, ParameterError, "at least 1"),
        (YES_NO.assign(n=-1), ["a", "b"], 1, SchemaError, "3 of 3"),
        (YES_NO.assign(b="y"), ["a", "b"], 1, InsufficientDataError, "`b` has fewer"),
        (YES_NO.iloc[:1], ["a", "b"], 1, InsufficientDataError, "`a`, `b` have fewer"),
        (YES_NO.assign(a=None, b=""), ["a", "b"], 1, InsufficientDataError, "answered none"),
        (YES_NO.assign(b=None), ["a", "b"], 1, InsufficientDataError, "`b` has fewer"),
        (YES_NO, ["a", "b"], 4, InsufficientDataError, "as many customers and patterns"),
    ],
)
def test_degenerate_patterns_are_refused_by_name(
    patterns: pd.DataFrame, items: list[str], classes: int, error: type[CemlabError], says: str
) -> None:
    with pytest.raises(error, match=says):
        segments.latent_classes(patterns, items=items, classes=classes)


def test_three_classes_of_four_yes_no_items_are_not_identified_though_they_have_fewer_parameters_than_patterns() -> (
    None
):
    patterns = _counts(_needs(1.0)).groupby(NEEDS[:4])["n"].sum().reset_index()
    with pytest.raises(ParameterError, match="14 parameters, and 15 free patterns"):
        segments.latent_classes(patterns, items=NEEDS[:4], classes=3)
    assert len(segments.latent_classes(patterns, items=NEEDS[:4], classes=2).table) == 2


def test_bic_and_the_bootstrap_test_find_the_planted_number() -> None:
    found = segments.number_of_classes(_counts(_needs(1.0, n=2_000)), items=NEEDS, at_most=4, resamples=39)
    rows = found.table.set_index("classes")
    assert rows["best"].tolist() == [False, False, True, False]
    assert rows["p_value"].loc[[2, 3]].tolist() == [1 / 40, 1 / 40]
    assert rows["p_value"].loc[4] > 0.05
    assert rows["estimate"].loc[1] == pytest.approx(-2 * rows["log_likelihood"].loc[1] + 6 * np.log(2_000))


def test_samples_of_the_test_follow_the_classes_and_keep_the_gaps() -> None:
    people = _needs(1.0, n=500)
    people["a"] = people["a"].mask(people.index < 100)
    fitted = segments.latent_classes(_counts(people), items=NEEDS, classes=2)
    data, n = samples.drawn(fitted.model, samples=400, random=np.random.default_rng(1))
    silent = data.x[:, :2].sum(axis=1) == 0
    assert (n[:, silent].sum(axis=1) == 100).all()
    assert (n[:, ~silent].sum(axis=1) == 400).all()
    expected = np.exp(em.log_density(data, fitted.model.fit)) * np.where(silent, 100, 400)
    assert len(np.unique(data.x, axis=0)) == len(data.x)
    # Each cell is binomial over the samples: five standard errors of its mean.
    assert (np.abs(n.mean(axis=0) - expected) < 5 * np.sqrt(expected / 400) + 0.02).all()


def test_many_items_of_many_levels_are_tested_and_a_clear_class_ends_the_test_early() -> None:
    random = np.random.default_rng(2)
    group = random.integers(2, size=400)
    said = np.where(random.random((400, 12)) < 0.4, 3 * group[:, None], random.integers(4, size=(400, 12)))
    patterns = pd.DataFrame(said, columns=list("abcdefghijkl")).astype(str).assign(n=1)
    rows = segments.number_of_classes(patterns, items=list("abcdefghijkl"), at_most=2, starts=5).table
    assert rows["resamples"].tolist() == [0, 39]
    assert rows["p_value"].iloc[1] == 1 / 40


def test_number_of_classes_ends_where_they_are_not_identified() -> None:
    found = segments.number_of_classes(YES_NO, items=["a", "b"], resamples=0)
    assert found.table["classes"].tolist() == [1]
    assert any("not identified" in note for note in found.notes)


@pytest.mark.parametrize(("separation", "least"), [(1.4, 0.97), (1.0, 0.6), (0.5, 0.05)])
def test_planted_needs_are_recovered(separation: float, least: float) -> None:
    people = _needs(separation)
    found = segments.latent_classes(_counts(people), items=NEEDS, classes=3).parts["posterior"]
    pairs = people.merge(found[[*NEEDS, "value"]], on=NEEDS).groupby(["need", "value"]).size().rename("n").reset_index()
    assert segments.agreement(pairs, between=("need", "value")).row()["estimate"] > least


def _verdict(separation: float, *, at_most: int = 4) -> str:
    patterns = _counts(_needs(separation))
    found = segments.latent_classes(patterns, items=NEEDS, classes=3, starts=5)
    classes = segments.number_of_classes(patterns, items=NEEDS, at_most=at_most, starts=5, resamples=0)
    simpler, stable = segments.simpler_models(found), segments.stability(found, resamples=30)
    return str(segments.verdict(stable, found, number=classes, simpler=simpler).row()["verdict"])


def test_verdict_is_natural_where_needs_lie_apart_and_constructed_where_there_are_none() -> None:
    assert _verdict(1.0) == "natural"
    assert _verdict(0.0) == "constructed"


def test_nothing_is_natural_where_the_largest_number_tried_fits_best() -> None:
    assert _verdict(1.0, at_most=3) == "reproducible"


@pytest.mark.parametrize("classes", [2, 3])
def test_k_means_agrees_with_r_on_iris(classes: int) -> None:
    wanted = R[f"kmeans_iris_{classes}"]
    found = segments.k_means(Rows(iris()), classes=classes, scale="none", starts=10)
    fit = found.parts["fit"].iloc[0]
    for ours in ("tot_withinss", "betweenss", "totss", "calinski_harabasz", "davies_bouldin"):
        assert fit[ours] == pytest.approx(wanted[ours], rel=1e-9)
    assert fit["silhouette"] == pytest.approx(wanted["silhouette_avg"], abs=1e-9)
    assert sorted(found.table["n"]) == sorted(wanted["size"])
    centres = found.parts["centres"].pivot_table(index="segment", columns="column", values="estimate")[
        list(Rows(iris()).columns)
    ]
    assert centres.sort_values("sepal_length").to_numpy() == pytest.approx(np.array(wanted["centers"]))


def test_k_means_finds_again_what_r_clusterboot_does() -> None:
    # As R: best of 20 random starts in each resample.
    found = segments.stability(segments.k_means(Rows(iris()), classes=3, scale="none", starts=20), resamples=100)
    ours, theirs = (np.sort(np.asarray(each)) for each in (found.table["estimate"], R["clusterboot_iris_3"]))
    assert ours == pytest.approx(theirs, abs=4 * 0.008), "four Monte-Carlo errors of 100 resamples"
    assert found.table["verdict"].tolist() == ["stable"] * 3


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_mixture_agrees_with_r_mclust_on_iris_in_either_scale(scale: Any) -> None:
    wanted = R["mclust_iris_VVV3"]
    found = segments.mixture(Rows(iris()), classes=3, scale=scale, starts=4)
    fit = found.parts["fit"].iloc[0]
    assert fit["log_likelihood"] == pytest.approx(wanted["loglik"], abs=1e-4)
    assert fit["npar"] == wanted["df"]
    assert fit["bic"] == pytest.approx(R["mclust_iris_minus_bic"]["VVV"][2], abs=1e-2)


@pytest.mark.parametrize(("shape", "name"), [("any", "VVV"), ("one for all", "EEE"), ("along the axes", "VVI")])
def test_bic_of_one_and_two_components_agrees_with_r_mclust(shape: Any, name: str) -> None:
    found = segments.number_of_components(Rows(iris()), at_most=2, shape=shape, starts=4)
    assert found.table["estimate"].tolist() == pytest.approx(R["mclust_iris_minus_bic"][name][:2], abs=1e-2)


def test_round_components_are_mclust_vii_on_the_scale_asked_for() -> None:
    asked: dict[str, Any] = {"at_most": 2, "shape": "round", "starts": 4}
    raw = segments.number_of_components(Rows(iris()), scale="none", **asked)
    assert raw.table["estimate"].tolist() == pytest.approx(R["mclust_iris_minus_bic"]["VII"][:2], abs=1e-2)
    scaled = iris() / iris().std()
    again = segments.number_of_components(Rows(scaled), scale="none", **asked).table["estimate"]
    # The criterion stands in the columns' own units: 2n times the sum of log standard deviations apart.
    shift = 2 * len(iris()) * np.log(iris().std()).sum()
    standard = segments.number_of_components(Rows(iris()), scale="standard", **asked).table["estimate"]
    assert standard.tolist() == pytest.approx((again + shift).tolist(), abs=1e-6)
    assert abs(standard - raw.table["estimate"]).min() > 10, "round on one scale is not round on another"


def _crowd(n: int = 120) -> pd.DataFrame:
    """Customers without any clusters."""
    return pd.DataFrame(np.random.default_rng(5).normal(size=(n, 3)), columns=["visits", "calls", "orders"])


@pytest.mark.parametrize("model", ["k-means", "mixture", "classes"])
def test_resamples_are_sought_from_as_many_random_starts_as_the_fit_had(model: str) -> None:
    crowd = _crowd()
    if model == "classes":
        text = crowd.gt(0).replace({True: "y", False: "n"}).assign(d=np.where(crowd["visits"] > 1, "y", "n"))
        counts = text.value_counts().reset_index(name="n")
        few, many = (
            segments.latent_classes(counts, items=[*map(str, text)], classes=2, starts=s, min_n=1) for s in (1, 20)
        )
    else:
        fitted: Any = segments.k_means if model == "k-means" else partial(segments.mixture, shape="round")
        few, many = (fitted(crowd, classes=3, starts=s, min_n=1) for s in (1, 20))
    assert (few.model.starts, many.model.starts) == (1, 20)
    one, other = (
        segments.stability(replace(many, model=replace(many.model, starts=s)), resamples=8, min_n=1) for s in (1, 20)
    )
    assert one.table["estimate"].tolist() != other.table["estimate"].tolist(), "the number of starts is used"


def test_a_mixture_says_when_its_best_start_was_found_once() -> None:
    found = [segments.mixture(_crowd(), classes=4, starts=12, seed=seed, min_n=1) for seed in range(6)]
    told = [any("no second start" in note for note in each.notes) for each in found]
    assert told == [bool(each.parts["fit"]["found"].iloc[0] == 1) for each in found]
    assert any(told)
    clear = pd.concat([_crowd(), _crowd() + 30])
    assert not any("no second start" in note for note in segments.mixture(clear, classes=2, min_n=1).notes)


def test_a_frame_of_numbers_is_taken_as_rows_in_blocks_are() -> None:
    frame = iris().astype({"petal_width": "Float64"})
    frame.loc[3, "petal_width"] = pd.NA
    for segment in (segments.k_means, segments.mixture):
        direct, blocks = (segment(each, classes=2, starts=3) for each in (frame, Rows(frame.astype(float))))
        pd.testing.assert_frame_equal(direct.table, blocks.table)
    assert segments.number_of_clusters(iris(), at_most=2, splits=2).table["classes"].tolist() == [1, 2]
    with pytest.raises(SchemaError, match=r"`plan` of 5 columns hold something else"):
        segments.k_means(iris().assign(plan="a"), classes=2)


def test_rows_without_a_value_belong_to_no_segment_and_are_counted() -> None:
    frame = pd.DataFrame({"x": [0.0, 0.1, 5.0, 5.1, np.nan], "y": [0.0, 0.1, 5.0, 5.2, 1.0]})
    found = segments.k_means(Rows(frame, 2), classes=2, starts=2, min_n=1)
    assert found.table["n"].tolist() == [2, 2]
    assert any("1 customers lack a value" in note for note in found.notes)
    placed = found.model.assign(frame.to_numpy())
    assert placed["value"].isna().tolist() == [False] * 4 + [True]
    assert placed["value"][0] == placed["value"][1] != placed["value"][2] == placed["value"][3]


def test_constant_columns_and_too_few_customers_are_refused_by_name() -> None:
    with pytest.raises(InsufficientDataError, match="`y`"):
        segments.k_means(Rows(pd.DataFrame({"x": [0.0, 1, 2], "y": [1.0, 1, 1]})), classes=2)
    with pytest.raises(InsufficientDataError, match="2 for 3"):
        segments.k_means(Rows(pd.DataFrame({"x": [0.0, 1, 1], "y": [1.0, 2, 2]})), classes=3)
    with pytest.raises(InsufficientDataError, match="0 of 2 customers"):
        segments.mixture(Rows(pd.DataFrame({"x": [np.nan, 1], "y": [1.0, np.nan]})), classes=1)


def test_agreement_agrees_with_r_on_iris() -> None:
    wanted = R["agreement"]
    pairs = pd.DataFrame(wanted["table"]).rename_axis("a").reset_index().melt("a", var_name="b", value_name="n")
    row = segments.agreement(pairs).row()
    for ours, theirs in {
        "estimate": "ari",
        "rand": "rand",
        "jaccard": "jaccard_pairs",
        "mutual_information": "nmi_arithmetic",
    }.items():
        assert row[ours] == pytest.approx(wanted[theirs])
    assert row["ci_low"] < row["estimate"] < row["ci_high"]


def test_agreement_of_one_group_is_not_told() -> None:
    row = segments.agreement(pd.DataFrame({"a": ["x"], "b": ["y"], "n": [40]})).row()
    assert np.isnan(row["estimate"])
    with pytest.raises(InsufficientDataError):
        segments.agreement(pd.DataFrame({"a": ["x"], "b": ["y"], "n": [0]}))


def test_transitions_by_hand() -> None:
    pairs = pd.DataFrame({"before": ["x", "x", "y"], "now": ["x", "y", "y"], "n": [30, 10, 40]})
    table = segments.transitions(pairs).table
    assert table["estimate"].tolist() == [0.75, 0.25, 0, 1]
    assert table["n"].tolist() == [40, 40, 40, 40]


def test_rules_place_every_score_once() -> None:
    grid = pd.MultiIndex.from_product([range(1, 6)] * 3, names=["recency_score", "frequency_score", "monetary_score"])
    found = segments.rfm_classes(grid.to_frame(index=False).assign(n=10))
    assert found.table["n"].sum() == 1_250
    assert found.table["segment"].tolist() == ["champions", "loyal", "recent", "occasional", "at risk", "lapsed"]
    placed = found.parts["posterior"].set_index(list(grid.names))["value"]
    assert placed[(5, 5, 5)] == "champions"
    assert placed[(2, 5, 5)] == "at risk"
    assert placed[(1, 1, 1)] == "lapsed"
    with pytest.raises(SchemaError, match="1 to 5"):
        segments.rfm_classes(grid.to_frame(index=False).assign(n=10, recency_score=6))
