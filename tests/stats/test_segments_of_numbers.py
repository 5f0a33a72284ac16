"""How many clusters, logarithms, segments that a column tells, and the levels that describe segments of numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from number_rows import Rows, iris

from cemlab.core.errors import ConvergenceError, InsufficientDataError, ParameterError, SchemaError
from cemlab.stats import segments
from cemlab.stats.segments import prediction_strength
from cemlab.stats.threads import one_thread

R: dict[str, Any] = json.loads((Path(__file__).parents[1] / "reference" / "segments.json").read_text(encoding="utf-8"))


def _planted(apart: float, *, n: int = 300, seed: int = 3) -> pd.DataFrame:
    """Three round clouds of customers, their centres so many standard deviations apart."""
    random = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [apart, 0.0], [apart / 2, apart * 0.75**0.5]])
    return pd.DataFrame(centres[np.arange(n) % 3] + random.normal(size=(n, 2)), columns=["visits", "calls"])


def test_prediction_strength_agrees_with_r_fpc_oniris() -> None:
    found = segments.number_of_clusters(Rows(iris()), at_most=3, scale="none", splits=30)
    # Monte-Carlo error on either side is about 0.01; at one and two clusters the number of starts does not matter.
    assert found.table["estimate"].tolist()[:2] == pytest.approx(R["prediction_strength_iris"][:2], abs=0.03)
    assert found.row({"best": True})["classes"] == 2


@pytest.mark.parametrize("classes", [3, 5])
def test_prediction_strength_of_one_random_start_is_that_of_r_fpc(classes: int) -> None:
    from sklearn.cluster import KMeans

    x, random, found = iris().to_numpy(), np.random.default_rng(7), []
    for split in range(80):
        drawn = random.permutation(len(x))
        one, other = x[drawn[:75]], x[drawn[75:]]
        with one_thread():
            a, b = (KMeans(classes, init="random", n_init=1, random_state=split).fit(half) for half in (one, other))
        found += [
            prediction_strength.together(a.labels_, b.predict(one), classes=classes),
            prediction_strength.together(b.labels_, a.predict(other), classes=classes),
        ]
    assert np.mean(found) == pytest.approx(R["prediction_strength_iris"][classes - 1], abs=0.04)


def test_pairs_that_stay_together_by_hand() -> None:
    own, foretold = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 1, 1])
    # Of six pairs in the first cluster three stay together, of three in the second all.
    assert prediction_strength.together(own, foretold, classes=2) == pytest.approx(0.5)
    assert prediction_strength.together(np.array([0, 1, 1]), np.array([1, 0, 0]), classes=2) == 1.0, (
        "a name does not matter"
    )


@pytest.mark.parametrize(("apart", "best"), [(6.0, 3), (0.0, 1)])
def test_planted_clusters_are_counted_and_a_single_cloud_is_one(apart: float, best: int) -> None:
    found = segments.number_of_clusters(Rows(_planted(apart)), at_most=4, splits=12)
    assert found.row({"best": True})["classes"] == best
    assert found.table["estimate"].iloc[0] == 1.0
    kept = segments.stability(fitted := segments.k_means(Rows(_planted(apart)), classes=3, starts=5), resamples=20)
    word = segments.verdict(kept, fitted, number=found, simpler=segments.simpler_models(fitted)).row()["verdict"]
    assert (word == "natural") == (best == 3)


def test_segments_found_in_resamples_are_cuts_through_one_group_where_the_halves_speak_for_one() -> None:
    found = segments.k_means(Rows(_planted(6.0)), classes=3, starts=5)
    number = segments.number_of_clusters(Rows(_planted(0.0)), at_most=3, splits=10)
    row = segments.verdict(segments.stability(found, resamples=20), found, number=number).row()
    assert (row["verdict"], row["doubt"]) == ("constructed", "one group")


def test_too_few_customers_for_halves_and_bad_numbers_are_refused() -> None:
    with pytest.raises(InsufficientDataError, match="3 for 5"):
        segments.number_of_clusters(Rows(_planted(1.0, n=6)), at_most=5)
    with pytest.raises(ParameterError, match="`splits`"):
        segments.number_of_clusters(Rows(_planted(1.0)), splits=0)


def test_logarithms_are_those_of_columns_transformed_by_hand_and_centres_are_taken_back() -> None:
    frame = _planted(4.0).apply(np.exp)
    ours = segments.k_means(Rows(frame), classes=3, logs=["visits"], starts=5, min_n=1)
    theirs = segments.k_means(Rows(frame.assign(visits=np.log1p(frame["visits"]))), classes=3, starts=5, min_n=1)
    assert ours.parts["fit"]["tot_withinss"].iloc[0] == pytest.approx(theirs.parts["fit"]["tot_withinss"].iloc[0])
    middle = [each.parts["centres"].query("column == 'visits'")["estimate"].to_numpy(float) for each in (ours, theirs)]
    assert np.log1p(middle[0]) == pytest.approx(middle[1])
    placed = [
        model.assign(rows.to_numpy(float))["value"].tolist()
        for model, rows in ((ours.model, frame), (theirs.model, frame.assign(visits=np.log1p(frame["visits"]))))
    ]
    assert placed[0] == placed[1]
    assert any("logarithm" in note for note in ours.notes)


def test_logarithms_of_other_columns_or_negative_values_are_refused() -> None:
    with pytest.raises(ParameterError, match="`spend`"):
        segments.k_means(Rows(_planted(1.0)), classes=2, logs=["spend"])
    with pytest.raises(ParameterError, match="are negative in `visits`"):
        segments.mixture(Rows(_planted(1.0)), classes=2, logs=["visits"])


def test_mixture_finds_planted_clouds_and_names_the_column_that_most_customers_share() -> None:
    number = segments.number_of_components(Rows(_planted(6.0)), at_most=4)
    assert number.row({"best": True})["classes"] == 3
    assert number.table["smallest_share"].iloc[2] == pytest.approx(1 / 3, abs=0.03)
    crowded = _planted(6.0).assign(calls=lambda rows: rows["calls"].where(np.arange(len(rows)) % 4 == 0, 0.0))
    with pytest.raises(ConvergenceError, match="share one value of `calls`"):
        segments.mixture(Rows(crowded), classes=4)


def test_mixture_on_many_rows_is_fitted_to_some_and_counts_all() -> None:
    found = segments.mixture(Rows(_planted(6.0, n=12_000), 5_000), classes=3, starts=4)
    assert found.parts["fit"]["fitted_to"].iloc[0] == 10_000
    assert found.table["n"].sum() == 12_000
    assert found.table["estimate"].tolist() == pytest.approx([1 / 3] * 3, abs=0.01)


def test_named_division_assigns_to_names() -> None:
    frame = _planted(6.0)
    model = segments.k_means(Rows(frame), classes=3, starts=5).model
    plain, named = (each.assign(frame.to_numpy())["value"] for each in (model, model.named({"1": "Callers"})))
    assert named.tolist() == plain.replace({"1": "Callers"}).tolist()


def test_stages_follow_their_order_and_unknown_ones_are_counted_apart() -> None:
    counts = pd.DataFrame({"stage": ["left", "new", None, "new", "odd"], "n": [50, 20, 7, 10, 20]})
    found = segments.told_by(counts, column="stage", rules={"new": "of late", "established": "of old", "left": "gone"})
    assert found.table[["segment", "n", "rule"]].to_numpy().tolist() == [
        ["new", 30, "of late"],
        ["left", 50, "gone"],
        ["odd", 20, "stage is odd"],
    ]
    assert found.table["estimate"].tolist() == pytest.approx([0.3, 0.5, 0.2])
    assert any("Of 7 customers" in note for note in found.notes)
    assert found.parts["posterior"]["probability"].tolist() == [1.0] * 3


def test_one_stage_or_no_such_column_is_refused() -> None:
    with pytest.raises(InsufficientDataError, match=r"`stage` has 1 level.* among 30"):
        segments.told_by(pd.DataFrame({"stage": ["new", "new"], "n": [10, 20]}), column="stage")
    with pytest.raises(SchemaError, match="`stage`"):
        segments.told_by(pd.DataFrame({"n": [10]}), column="stage")


def test_level_shares_by_hand_leave_out_what_is_missing() -> None:
    posterior = pd.DataFrame(
        {
            "need": ["yes", "no", None, "yes"],
            "plan": ["a", "a", "b", "b"],
            "value": ["1", "1", "1", "2"],
            "n": [10, 30, 60, 5],
        }
    )
    found = segments.level_shares(posterior, items=["need", "plan"]).set_index(["segment", "item", "level"])["estimate"]
    assert found["1", "need", "yes"] == pytest.approx(0.25)
    assert found["1", "plan", "b"] == pytest.approx(0.6)
    assert found["2", "need", "no"] == 0.0
    told = segments.contrasts(found.reset_index(), sizes=pd.DataFrame({"segment": ["1", "2"], "share": [0.9, 0.1]}))
    assert set(told["word"]) >= {"need"}


def test_mixture_that_bends_components_round_one_skewed_crowd_is_not_called_natural() -> None:
    frame = pd.DataFrame(np.random.default_rng(2).gamma(1.2, size=(600, 2)), columns=["visits", "calls"])
    number = segments.number_of_components(Rows(frame), at_most=4, starts=8)
    found = segments.mixture(Rows(frame), classes=3, starts=8)
    simpler = segments.simpler_models(found)
    word = segments.verdict(segments.stability(found, resamples=20), found, number=number, simpler=simpler).row()[
        "verdict"
    ]
    assert number.row({"best": True})["classes"] >= 3, "BIC likes further components"
    assert word != "natural"


def test_planted_clouds_of_a_mixture_are_natural() -> None:
    number = segments.number_of_components(Rows(_planted(7.0)), at_most=4, starts=8)
    found = segments.mixture(Rows(_planted(7.0)), classes=3, starts=8)
    stable, simpler = segments.stability(found, resamples=20), segments.simpler_models(found)
    assert segments.verdict(stable, found, number=number, simpler=simpler).row()["verdict"] == "natural"


def test_levels_of_numbers_are_high_and_low_and_a_name_does_not_say_what_follows() -> None:
    rows = pd.DataFrame(
        {
            "segment": ["1"] * 3 + ["2"] * 3,
            "item": "spend",
            "level": ["below 27", "27 to 76", "76 and over"] * 2,
            "estimate": [0.1, 0.1, 0.8, 0.7, 0.2, 0.1],
        }
    )
    told = segments.contrasts(rows, sizes=pd.DataFrame({"segment": ["1", "2"], "share": [0.5, 0.5]}))
    assert set(told["word"]) == {"low spend", "spend 27 to 76", "high spend"}
    assert segments.names(told) == {"1": "High spend", "2": "Low spend"}
