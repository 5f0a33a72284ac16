"""The front doors for frames: the same numbers as the rooms behind them, and as other software."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cemlab
from cemlab import stats
from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import CoxPHFitter, KaplanMeierFitter


@pytest.fixture
def answers() -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "score": random.integers(0, 11, 600),
            "region": random.choice(["north", "south"], 600),
            "weight": random.uniform(0.5, 2, 600),
            "customer": random.integers(0, 300, 600),
        }
    )


@pytest.fixture
def lives() -> pd.DataFrame:
    random = np.random.default_rng(2)
    usage, plan = random.normal(size=800), random.choice(["basic", "plus"], 800)
    time = np.ceil(random.exponential(12, 800) * np.exp(-0.5 * usage - 0.4 * (plan == "plus")))
    end = random.integers(4, 30, 800)
    entry = np.where(random.random(800) < 0.3, 2, 0)
    frame = pd.DataFrame(
        {
            "months": np.minimum(time, end),
            "left": (time <= end).astype(int),
            "since": entry,
            "usage": usage,
            "plan": plan,
        }
    )
    return frame[frame["months"] > frame["since"]].reset_index(drop=True)


def test_nps_is_that_of_the_counts(answers: pd.DataFrame) -> None:
    counts = answers.assign(n=1).groupby(["region", "score"], as_index=False)["n"].sum()
    expected = stats.nps.estimate(counts, by=["region"]).table
    pd.testing.assert_frame_equal(cemlab.nps(answers["score"], by=answers["region"]).table, expected)
    mapped = cemlab.nps(answers["score"].tolist(), by={"region": answers["region"].tolist()}).table
    pd.testing.assert_frame_equal(mapped, expected)


def test_a_weight_has_no_unit_and_the_order_of_rows_no_meaning(answers: pd.DataFrame) -> None:
    def found(rows: pd.DataFrame, scale: float) -> pd.DataFrame:
        weights = rows["weight"] * scale
        found: pd.DataFrame = cemlab.nps(
            rows["score"], weights=weights, by=rows["region"], customers=rows["customer"]
        ).table
        return found

    plain = found(answers, 1.0)
    pd.testing.assert_frame_equal(found(answers.sample(frac=1, random_state=3), 1e6), plain, rtol=1e-9)


def test_answers_given_three_times_by_the_same_customers_are_no_more_evidence(answers: pd.DataFrame) -> None:
    once = answers.drop_duplicates("customer")
    thrice = pd.concat([once] * 3)
    one = cemlab.nps(once["score"], customers=once["customer"]).row()
    three = cemlab.nps(thrice["score"], customers=thrice["customer"]).row()
    assert three["std_error"] == pytest.approx(one["std_error"], rel=0.01)
    assert three["n_customers"] == one["n"]
    alone = cemlab.nps(thrice["score"]).row()
    assert alone["std_error"] == pytest.approx(one["std_error"] / 3**0.5, rel=0.01)


def test_missing_answers_are_left_out_and_counted() -> None:
    found = cemlab.nps([10.0] * 20 + [None] * 5, min_n=1)
    assert found.row()["n"] == 20
    assert "5 of 25 answers" in found.notes[-1]


def test_kaplan_meier_with_late_entry_is_that_of_lifelines(lives: pd.DataFrame) -> None:
    found = cemlab.kaplan_meier(lives["months"], lives["left"], entry=lives["since"], min_n=1).table
    peer = KaplanMeierFitter().fit(lives["months"], lives["left"], entry=lives["since"])
    expected = peer.survival_function_.reindex(found["duration"])["KM_estimate"]
    np.testing.assert_allclose(found["estimate"], expected, rtol=1e-12)


def test_kaplan_meier_of_doubled_spells_keeps_its_errors(lives: pd.DataFrame) -> None:
    names = np.arange(len(lives))
    one = cemlab.kaplan_meier(lives["months"], lives["left"], customers=names).table
    twice = pd.concat([lives, lives])
    two = cemlab.kaplan_meier(twice["months"], twice["left"], customers=np.tile(names, 2)).table
    both = one.merge(two, on="duration")
    np.testing.assert_allclose(both["estimate_x"], both["estimate_y"], rtol=1e-12)
    np.testing.assert_allclose(both["std_error_x"].iloc[:12], both["std_error_y"].iloc[:12], rtol=1e-6)


@pytest.mark.parametrize("entry", ["", "since"])
def test_cox_of_numbers_and_text_is_that_of_lifelines(lives: pd.DataFrame, entry: str) -> None:
    frame = lives if entry else lives.drop(columns="since")
    found = cemlab.cox(frame, duration="months", event="left", entry=entry).table.set_index("term")
    largest = frame["plan"].value_counts().idxmax()
    (other,) = set(frame["plan"]) - {largest}
    coded = frame.assign(plan=(frame["plan"] == other).astype(float))
    peer = CoxPHFitter().fit(coded, "months", "left", entry_col=entry or None)
    names = {"usage": "usage", f"plan: {other}": "plan"}
    for ours, theirs in names.items():
        assert found.loc[ours, "estimate"] == pytest.approx(peer.params_[theirs], abs=1e-6)
        assert found.loc[ours, "std_error"] == pytest.approx(peer.standard_errors_[theirs], abs=1e-6)


def test_cox_of_text_alone_is_that_of_the_cells(lives: pd.DataFrame) -> None:
    cells = lives.assign(n=1, events=lives["left"]).groupby(["plan", "months"], as_index=False)[["n", "events"]].sum()
    expected = stats.hazards.fit_cox(cells.rename(columns={"months": "duration"}), terms=["plan"]).table
    found = cemlab.cox(lives, duration="months", event="left", covariates=["plan"]).table
    pd.testing.assert_frame_equal(found, expected)


def test_cox_errors_are_clustered_by_customer(lives: pd.DataFrame) -> None:
    frame = lives.drop(columns="since").assign(who=np.arange(len(lives)))
    asked: dict[str, Any] = {"duration": "months", "event": "left", "customers": "who", "covariates": ["usage", "plan"]}
    one = cemlab.cox(frame, **asked).table
    # Breslow's rule, since twice as many ties are another likelihood under Efron's.
    two = cemlab.cox(pd.concat([frame] * 2), **asked, ties="breslow").table
    one = cemlab.cox(frame, **asked, ties="breslow").table
    np.testing.assert_allclose(two["std_error"], one["std_error"], rtol=1e-6)


def test_segments_of_text_and_of_numbers_are_found() -> None:
    random = np.random.default_rng(4)
    kind = np.repeat([0, 1], [300, 200])
    told = pd.DataFrame(
        {name: np.where(random.random(500) < np.where(kind, 0.9, 0.1), "yes", "no") for name in "abcde"}
    )
    found = cemlab.segments(told)
    assert found.table["estimate"].round(1).tolist() == [0.6, 0.4]
    counted = pd.DataFrame({name: random.normal(6 * kind) for name in "xyz"})
    assert cemlab.segments(counted).table["estimate"].round(1).tolist() == [0.6, 0.4]


def test_what_cannot_be_is_refused_without_a_value_of_the_data() -> None:
    secret = "anna@example.org"
    refused: list[tuple[type[Exception], str, Any]] = [
        (ParameterError, "2 of `scores`, 3 of `weights`", lambda: cemlab.nps([1, 2], weights=[1, 1, 1])),
        (ParameterError, "`n` is", lambda: cemlab.nps([1, 2], by={"n": ["a", "b"]})),
        (SchemaError, "1 of 2 values are none", lambda: cemlab.nps([1, secret])),
        (SchemaError, "0 to 10", lambda: cemlab.nps([1, 11])),
        (SchemaError, "1 of 2 are", lambda: cemlab.nps([1, 10], weights=[1, -1])),
        (InsufficientDataError, "none of 1 has", lambda: cemlab.nps([None])),
        (SchemaError, "1 of 2 do not", lambda: cemlab.kaplan_meier([1, 2], [1, 1], entry=[0, 2])),
        (SchemaError, "0 or 1", lambda: cemlab.kaplan_meier([1, 2], [1, 2])),
        (
            SchemaError,
            "`lef` missing. Did you mean `left`",
            lambda: cemlab.cox(pd.DataFrame({"months": [1], "left": [1]}), duration="months", event="lef"),
        ),
        (SchemaError, "1 of 2 are numbers", lambda: cemlab.segments(pd.DataFrame({"a": [1], "b": [secret]}))),
    ]
    for kind, words, call in refused:
        with pytest.raises(kind) as error:
            call()
        assert words in str(error.value)
        assert secret not in str(error.value)


def test_estimates_show_themselves_in_jupyterlab_with_text_escaped() -> None:
    html = cemlab.nps([10] * 20 + [0] * 20, by=["<b>one</b>"] * 20 + ["two"] * 20)._repr_html_()
    assert "&lt;b&gt;one" in html
    assert "<b>" not in html
    assert "95% confidence intervals" in html
    assert "<table" in html


def test_columns_that_would_be_taken_for_others_are_refused(lives: pd.DataFrame) -> None:
    asked: dict[str, Any] = {"duration": "months", "event": "left"}
    names = np.array([f"c{at}" for at in range(len(lives))])
    few = np.where(np.arange(len(lives)) < 3, "rare", "usual")
    shifted = pd.Series(np.zeros(2), index=[5, 6])
    refused: list[tuple[type[Exception], str, Any]] = [
        *(
            (ParameterError, f"`{name}`", lambda name=name: cemlab.cox(lives.rename(columns={"usage": name}), **asked))
            for name in ("n", "start", "duration", "event")
        ),
        (ParameterError, "`usage` is there twice", lambda: cemlab.cox(lives, covariates=["usage", "usage"], **asked)),
        (
            ParameterError,
            "tell single customers apart",
            lambda: cemlab.cox(lives.assign(who=names), covariates=["who"], **asked),
        ),
        (
            InsufficientDataError,
            "levels of `g` hold fewer",
            lambda: cemlab.cox(lives.assign(g=few), covariates=["g", "usage"], **asked),
        ),
        (
            InsufficientDataError,
            "at least 10 customers: 3",
            lambda: cemlab.cox(
                lives.assign(who=np.arange(len(lives)) % 3), customers="who", covariates=["usage"], **asked
            ),
        ),
        (ParameterError, "one index", lambda: cemlab.nps(pd.Series([1, 2]), by=shifted)),
        (ParameterError, "one column", lambda: cemlab.nps(np.zeros((2, 2)))),
        (ParameterError, "`n`", lambda: cemlab.segments(pd.DataFrame({"n": ["a", "b"], "m": ["a", "b"]}))),
    ]
    for kind, words, call in refused:
        with pytest.raises(kind) as error:
            call()
        assert words in str(error.value)
        assert "c1" not in str(error.value)


def test_where_one_customer_gave_most_answers_there_is_no_interval() -> None:
    random = np.random.default_rng(6)
    scores = np.concatenate([np.full(300, 10), random.integers(0, 11, 100)])
    found = cemlab.nps(scores, customers=np.concatenate([np.zeros(300), np.arange(1, 101)]))
    assert np.isnan(found.row()["ci_low"])
    assert any("more than half" in note for note in found.notes)
    even = cemlab.nps(scores[250:], customers=np.concatenate([np.zeros(50), np.arange(1, 101)]))
    assert np.isfinite(even.row()["ci_low"])
