"""Curves against R's survival, by hand, and where there is little or nothing to see."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survival_frames import close, heart, life_table, lung, mgus2, reference, veteran

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.stats import hazards, intervals, multiplicity, survival

KM = reference("surv_km")
CR = reference("surv_cr")


def table_of(name: str, folder: Path) -> pd.DataFrame:
    if name == "freireich_6mp":
        return life_table(pd.DataFrame({"duration": KM[name]["data_time"], "event": KM[name]["data_event"]}))
    rows = lung(folder) if name.startswith("lung") else veteran(folder)
    if "_sex" in name:
        rows = rows[rows["sex"] == int(name[-1])]
    return life_table(rows[rows["trt"] == 1] if name.endswith("trt1") else rows)


def months(events: list[int], censored: list[int], **groups: str) -> pd.DataFrame:
    return pd.DataFrame({**groups, "duration": range(1, len(events) + 1), "events": events, "censored": censored})


CURVES = ["lung_all", "lung_sex1", "lung_sex2", "veteran_all", "veteran_trt1", "freireich_6mp"]


@pytest.mark.shared
@pytest.mark.parametrize("name", CURVES)
def test_kaplan_meier_and_nelson_aalen_agree_with_r_survfit(name: str, shared_dir: Path) -> None:
    lives, expected = table_of(name, shared_dir), KM[name]["table"]
    curve = survival.kaplan_meier(lives, min_n=1)
    hazard = survival.nelson_aalen(lives, min_n=1)
    rows = curve.table["duration"].isin(expected["time"]).to_numpy()
    times = np.unique(expected["time"])
    first = [expected["time"].index(time) for time in times]

    def pick(key: str) -> list[float]:
        return [expected[key][at] for at in first]

    found = curve.table[rows]
    close(found["estimate"], pick("surv"))
    # R has no error where nobody is left; its value there is NaN.
    close(found["std_error"], pick("se"))
    close(found["ci_low"], pick("loglog_lower"))
    close(found["ci_high"], pick("loglog_upper"))
    close(curve.parts["log"].loc[rows, "ci_low"], pick("log_lower"))
    close(curve.parts["plain"].loc[rows, "ci_high"], pick("plain_upper"))
    close(hazard.table.loc[rows, "estimate"], pick("na_cumhaz"))
    close(hazard.table.loc[rows, "std_error"], pick("na_se"))


@pytest.mark.shared
@pytest.mark.parametrize("name", CURVES)
def test_quantiles_and_their_limits_agree_with_r(name: str, shared_dir: Path) -> None:
    expected = KM[name]["quantiles"]
    found = survival.quantiles(table_of(name, shared_dir), expected["p"], min_n=1).table
    close(found["estimate"], expected["quantile"])
    close(found["ci_low"], expected["log-log_lower"])
    close(found["ci_high"], expected["log-log_upper"])


@pytest.mark.shared
@pytest.mark.parametrize("name", ["lung_all", "lung_sex1", "lung_sex2", "veteran_all", "freireich_6mp"])
def test_restricted_means_agree_with_r(name: str, shared_dir: Path) -> None:
    lives = table_of(name, shared_dir)
    for tau, mean, error in KM[name]["rmst"]:
        found = survival.rmst(lives, tau=tau, min_n=1).row()
        assert found["estimate"] == pytest.approx(mean, rel=1e-12)
        assert found["std_error"] == pytest.approx(error, rel=1e-10)


def test_the_median_is_the_middle_of_a_step_that_lies_at_one_half() -> None:
    found = survival.quantiles(months([1, 1, 1, 1], [0] * 4), KM["median_plateau"]["p"], min_n=1).table
    close(found["estimate"], KM["median_plateau"]["quantile"])


@pytest.mark.shared
def test_start_stop_rows_agree_with_r(shared_dir: Path) -> None:
    expected = KM["heart_startstop"]
    found = survival.kaplan_meier(life_table(heart(shared_dir)), min_n=1).table.set_index("duration")
    close(found["estimate"][expected["time"]], expected["surv"])
    close(found["std_error"][expected["time"]], expected["se"])


@pytest.mark.shared
@pytest.mark.parametrize("name", [name for name in KM["logrank"] if name != "veteran_pairwise"])
def test_log_rank_agrees_with_r_survdiff(name: str, shared_dir: Path) -> None:
    data, *words = name.split("_")
    rows = lung(shared_dir) if data == "lung" else veteran(shared_dir)
    names = {"sex": "sex", "ecog": "ecog", "celltype": "celltype", "trt": "trt", "cell": "celltype", "inst": "inst"}
    strata = [names[name.split("_strat_")[1]]] if "_strat_" in name else []
    rows = rows.dropna(subset=[names[words[0]], *strata])
    expected = KM["logrank"][name]
    found = survival.log_rank(
        life_table(rows, by=[names[words[0]], *strata]),
        by=[names[words[0]]],
        strata=strata,
        rho=expected["rho"],
        min_n=1,
    )
    assert found.row()["estimate"] == pytest.approx(expected["chisq"], rel=1e-11)
    assert found.row()["p_value"] == pytest.approx(expected["p"], rel=1e-10)
    assert found.row()["df"] == expected["df"]
    close(found.parts["groups"]["observed"], expected["observed"])
    close(found.parts["groups"]["expected"], expected["expected"])


@pytest.mark.shared
def test_pairwise_log_rank_and_its_adjustment_agree_with_r(shared_dir: Path) -> None:
    expected = KM["logrank"]["veteran_pairwise"]
    pairs = survival.pairwise(life_table(veteran(shared_dir), by=["celltype"]), min_n=1, by=["celltype"])
    found = (pairs.table["versus"] + " vs " + pairs.table["celltype"]).tolist()
    assert found == expected["pair"]
    close(pairs.table["p_value"], expected["p"])
    close(multiplicity.adjust([pairs])[0].table["q_value"], expected["bh"])


@pytest.mark.shared
def test_difference_of_restricted_means_agrees_with_survrm2(shared_dir: Path) -> None:
    estimate, low, high, p_value = KM["lung_rmst2_tau600"]
    women = survival.differences(life_table(lung(shared_dir), by=["sex"]), tau=600, min_n=1, by=["sex"]).row({"sex": 2})
    assert women[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx([estimate, low, high], rel=1e-10)
    assert women["p_value"] == pytest.approx(p_value, rel=1e-8)


@pytest.mark.shared
def test_difference_at_one_time_agrees_with_two_curves_of_r(shared_dir: Path) -> None:
    expected = KM["lung_fixedtime_365"]
    women = survival.differences(life_table(lung(shared_dir), by=["sex"]), times=[365], min_n=1, by=["sex"]).row(
        {"sex": 2}
    )
    assert women["estimate"] == pytest.approx(expected["diff"], rel=1e-12)
    assert women["std_error"] == pytest.approx(expected["se_diff"], rel=1e-12)
    assert women["p_value"] == pytest.approx(expected["p_plain"], rel=1e-9)


@pytest.mark.shared
def test_cumulative_incidence_agrees_with_r_survfit(shared_dir: Path) -> None:
    lives, expected = life_table(mgus2(shared_dir)), CR["mgus2_all"]
    table = survival.cumulative_incidence(lives, min_n=1).table
    for cause, name in (("1", "pcm"), ("2", "death")):
        found = table[table["cause"] == cause].set_index("duration")
        close(found["estimate"][expected["time"]], expected[f"cif_{name}"])
        close(found["std_error"][expected["time"]], expected[f"se_{name}"])
    landmark = CR["mgus2_landmark"]
    at = survival.cumulative_incidence(lives, times=landmark["times"], min_n=1)
    first = (at.table["cause"] == "1").to_numpy()
    close(at.parts["log"].loc[first, "ci_low"], [row[1] for row in landmark["lower"]])
    close(at.parts["log"].loc[first, "ci_high"], [row[1] for row in landmark["upper"]])
    close(at.table.loc[first, "overstated"], CR["overstated_pcm"])


def test_cumulative_incidence_of_ten_spells_agrees_with_r() -> None:
    toy = CR["toy"]
    causes = [str(cause) if cause else None for cause in toy["cause"]]
    rows = pd.DataFrame({"duration": toy["time"], "event": pd.Series(causes, dtype=object)})
    table = survival.cumulative_incidence(life_table(rows), min_n=1).table
    for cause in "12":
        close(table.loc[table["cause"] == cause, "estimate"], toy[f"cif{cause}"])
        close(table.loc[table["cause"] == cause, "std_error"], toy[f"se{cause}"])


@pytest.mark.shared
def test_gray_test_agrees_with_cmprsk(shared_dir: Path) -> None:
    found = survival.gray_test(life_table(mgus2(shared_dir), by=["sex"]), by=["sex"]).table
    for (_, row), (statistic, p_value, df) in zip(found.iterrows(), CR["mgus2_gray"], strict=True):
        assert row["estimate"] == pytest.approx(statistic, rel=1e-10)
        assert row["p_value"] == pytest.approx(p_value, rel=1e-9)
        assert row["df"] == df


def _with_causes(causes: list[object]) -> pd.DataFrame:
    return pd.DataFrame(
        {"duration": [1, 1, 2, 3], "cause": causes, "events": [10, 20, 5, 0], "censored": [0, 0, 0, 65]}
    )


def test_every_time_asked_for_is_answered_or_said_not_to_be_followed() -> None:
    lives = _with_causes(["price", "moved", "price", None])
    found = survival.cumulative_incidence(lives, times=[9, 2, 0.5, 3, 2]).table
    assert found["duration"].tolist() == [0.5, 2, 3, 9] * 2
    assert found["followed"].tolist() == [True, True, True, False] * 2
    price = found.loc[found["cause"] == "price"].set_index("duration")["estimate"]
    assert price.tolist() == pytest.approx([0.0, 0.15, 0.15, np.nan], nan_ok=True)
    late = lives.assign(entered=[0, 60, 0, 0], duration=[4, 2, 5, 6]).sort_values("duration")
    asked = survival.cumulative_incidence(late, times=[1, 5], min_n=50).table
    assert asked["followed"].tolist() == [False, True] * 2, "before the curve begins nothing is known"


def test_a_short_group_has_a_row_for_a_time_it_does_not_reach() -> None:
    sides = [_with_causes(["price", "moved", "price", None]).assign(side=side) for side in "ab"]
    sides[1] = sides[1].iloc[:2]
    found = survival.cumulative_incidence(pd.concat(sides), by=["side"], times=[3], min_n=1).table
    assert found.set_index(["side", "cause"])["followed"].to_dict() == {
        ("a", "moved"): True,
        ("a", "price"): True,
        ("b", "moved"): False,
        ("b", "price"): False,
    }


@pytest.mark.parametrize(
    "causes",
    [[1, 2, 1, None], [1.0, 2.0, 1.0, np.nan], ["1", "2", "1", None], pd.array([1, 2, 1, None], dtype="Int64")],
)
def test_causes_are_the_same_as_numbers_or_as_text(causes: list[object]) -> None:
    lives = _with_causes(causes)
    found = survival.cumulative_incidence(lives, times=[2]).table
    assert found[["cause", "estimate"]].to_numpy().tolist() == [["1", pytest.approx(0.15)], ["2", pytest.approx(0.2)]]
    sides = pd.concat([lives.assign(side="a"), lives.assign(side="b", events=[20, 10, 5, 0])])
    for asked in (2, 2.0, "2"):
        assert survival.gray_test(sides, by=["side"], cause=asked).table["cause"].tolist() == ["2"]
        gap = survival.incidence_differences(sides, by=["side"], cause=asked, times=[2]).table
        assert gap["estimate"].tolist() == pytest.approx([0.1, -0.1])


# What must hold whatever the numbers are.

counts = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=12).filter(
    lambda rows: sum(map(sum, rows)) > 0
)


@given(counts)
@settings(max_examples=60)
def test_causes_and_those_still_there_sum_to_one(rows: list[tuple[int, int]]) -> None:
    lives = pd.concat(
        [
            pd.DataFrame(
                {"duration": range(len(rows)), "cause": name, "events": [row[k] for row in rows], "censored": 0}
            )
            for k, name in enumerate(("price", "service"))
        ]
        + [pd.DataFrame({"duration": range(len(rows)), "cause": None, "events": 0, "censored": 1})]
    )
    parts = survival.cumulative_incidence(lives, min_n=1).table.groupby("duration")["estimate"].sum()
    stay = survival.kaplan_meier(lives, min_n=1).table.set_index("duration")["estimate"]
    np.testing.assert_allclose(parts + stay, 1, atol=1e-12)


@given(counts, st.integers(2, 5))
@settings(max_examples=60)
def test_the_same_spells_several_times_change_errors_only(rows: list[tuple[int, int]], times: int) -> None:
    lives = months([row[0] for row in rows], [row[1] for row in rows])
    many = lives.assign(events=lives["events"] * times, censored=lives["censored"] * times)
    one, more = survival.kaplan_meier(lives, min_n=1).table, survival.kaplan_meier(many, min_n=1).table
    np.testing.assert_allclose(one["estimate"], more["estimate"])
    np.testing.assert_allclose(one["std_error"], more["std_error"] * np.sqrt(times))


@given(counts, counts)
@settings(max_examples=40)
def test_groups_are_what_they_are_alone_and_row_order_does_not_matter(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    parts = [
        months([row[0] for row in rows], [row[1] for row in rows], plan=plan)
        for plan, rows in zip("ab", (first, second), strict=True)
    ]
    both = survival.kaplan_meier(pd.concat(parts).sample(frac=1, random_state=1), min_n=1, by=["plan"]).table
    for part in parts:
        alone = survival.kaplan_meier(part, min_n=1, by=["plan"]).table
        together = both[both["plan"] == part["plan"].iloc[0]]
        np.testing.assert_array_equal(alone["estimate"], together["estimate"])


def test_of_two_groups_each_is_the_rest_of_the_other() -> None:
    lives = pd.concat([months([5, 4, 3], [0, 0, 40], plan="a"), months([15, 9, 1], [2, 0, 30], plan="b")])
    for options in ({"times": [2.0]}, {"tau": 3.0}):
        first, second = survival.differences(lives, **options, by=["plan"]).table["estimate"]
        assert first == pytest.approx(-second)


# Late entry: by hand.

LATE = pd.DataFrame(
    {
        "duration": [1, 2, 3, 4, 5, 6],
        "entered": [6, 2, 0, 0, 0, 0],
        "events": [0, 1, 2, 1, 1, 1],
        "censored": [0, 0, 0, 1, 1, 2],
    }
)


def test_late_entry_starts_the_curve_where_enough_are_at_risk_and_says_so() -> None:
    # There from the origin: 2. At risk just after 1: 8; entering at 2, two more, at risk only after it.
    found = survival.kaplan_meier(LATE, min_n=7)
    assert found.parts["groups"][["start", "end", "n"]].to_numpy().tolist() == [[1, 4, 10]]
    assert found.table["duration"].tolist() == [2, 3, 4]
    assert found.table["at_risk"].tolist() == [8, 9, 7]
    assert found.table["estimate"].tolist() == pytest.approx([7 / 8, 7 / 8 * 7 / 9, 7 / 8 * 7 / 9 * 6 / 7])
    assert any("still there then" in note and "`given`" in note for note in found.notes)


def test_a_spell_that_enters_at_a_time_is_not_at_risk_then() -> None:
    assert survival.kaplan_meier(LATE, min_n=1).table["at_risk"].tolist()[:2] == [8, 9]


def thin_start() -> pd.DataFrame:
    """Twelve from the origin, of whom most leave at once; then nobody, then two hundred who come late."""
    return pd.DataFrame(
        {
            "duration": [1, 2, 3, *range(7, 47)],
            "entered": [0, 0, 200, *[0] * 40],
            "events": [4, 1, 0, *[2] * 40],
            "censored": [0, 0, 0, *[3] * 39, 10],
        }
    )


def test_a_thin_early_risk_set_does_not_end_the_curve_at_its_first_gap() -> None:
    lives = thin_start()
    found = survival.kaplan_meier(lives)
    assert found.parts["groups"][["start", "end"]].to_numpy().tolist() == [[3, 46]]
    later = lives.iloc[3:].assign(entered=0)
    alone = survival.kaplan_meier(later)
    assert found.table["estimate"].tolist() == pytest.approx(alone.table["estimate"].tolist())
    mean = survival.rmst(lives).table
    assert mean["tau"].tolist() == [46]
    assert mean["estimate"].tolist() == pytest.approx(survival.rmst(later).table["estimate"].tolist())
    assert survival.at(lives, [2, 30]).table["followed"].tolist() == [False, True]
    causes = survival.cumulative_incidence(lives.assign(cause="moved"), times=[2, 30]).table
    assert causes["estimate"].dropna().tolist() == pytest.approx([1 - float(found.row({"duration": 30.0})["estimate"])])


def test_given_sets_the_start_of_every_curve_and_says_so() -> None:
    lives = thin_start()
    asked = survival.kaplan_meier(lives, given=10)
    assert asked.parts["groups"][["start", "end"]].to_numpy().tolist() == [[10, 46]]
    assert asked.table["duration"].min() == 11
    assert any("as `given` asks" in note for note in asked.notes)
    whole = survival.at(lives, [10, 30]).table["estimate"].tolist()
    assert survival.at(lives, [30], given=10).table["estimate"].tolist() == pytest.approx([whole[1] / whole[0]])
    assert survival.rmst(lives, given=10).parts["groups"]["start"].tolist() == [10]
    assert survival.quantiles(lives, [0.1], given=10).table["estimate"].iloc[0] > 10
    early = survival.kaplan_meier(lives, given=0.5, min_n=2)
    assert early.parts["groups"]["start"].tolist() == [0.5]


def test_of_two_spans_as_long_the_earlier_counts_and_all_groups_share_it() -> None:
    spans = pd.DataFrame(
        {"duration": [1, 2, 12, 14, 24], "entered": [20, 0, 0, 20, 0], "events": [0, 0, 20, 0, 20], "censored": 0}
    )
    assert survival.kaplan_meier(spans).parts["groups"][["start", "end"]].to_numpy().tolist() == [[1, 12]]
    steady = pd.DataFrame({"duration": [0, 30], "entered": [90, 0], "events": [0, 40], "censored": [0, 50]})
    both = pd.concat([spans.assign(plan="a"), steady.assign(plan="b")])
    found = survival.kaplan_meier(both, by=["plan"]).parts["groups"]
    assert found[["start", "end"]].to_numpy().tolist() == [[1, 12], [1, 30]]
    assert survival.rmst(both, by=["plan"]).table["tau"].tolist() == [12, 12]


def test_a_group_whose_span_no_other_shares_has_no_curve_and_the_note_says_so() -> None:
    early = pd.DataFrame({"duration": [0, 5], "entered": [30, 0], "events": [0, 30], "censored": 0, "plan": "early"})
    late = pd.DataFrame({"duration": [8, 40], "entered": [30, 0], "events": [0, 30], "censored": 0, "plan": "late"})
    found = survival.kaplan_meier(pd.concat([early, late]), by=["plan"])
    assert set(found.table["plan"]) == {"late"}
    assert any("1 groups have too few at risk" in note for note in found.notes)


def test_bounds_speak_of_the_same_start_as_the_curve() -> None:
    found = survival.censoring_bounds(thin_start(), 30).table.iloc[0]
    assert found["ci_low"] <= found["estimate"] <= found["ci_high"]


def test_times_that_differ_by_rounding_are_ties() -> None:
    exact = pd.DataFrame({"duration": [0.3, 0.3, 0.6], "events": [1, 1, 1], "censored": [0, 0, 7]})
    rounded = exact.assign(duration=[0.1 + 0.2, 0.3, 0.6])
    for each in (survival.kaplan_meier, survival.nelson_aalen):
        pd.testing.assert_frame_equal(each(exact, min_n=1).table, each(rounded, min_n=1).table)
    cells = pd.DataFrame(
        {
            "plan": list("abababab"),
            "duration": [0.3, 0.3, 0.6, 0.6, 0.9, 0.9, 1.2, 1.2],
            "n": 5,
            "events": [5, 0, 0, 5, 5, 0, 5, 0],
        }
    )
    moved = cells.assign(duration=cells["duration"] + np.array([0, 1, 0, -1, 1, 0, 0, 1]) * 1e-16)
    fits = [hazards.fit_cox(each, terms=["plan"]) for each in (cells, moved)]
    assert fits[0].table["estimate"].tolist() == pytest.approx(fits[1].table["estimate"].tolist(), rel=1e-12)
    far = cells.assign(duration=cells["duration"] + np.array([0, 1, 0, -1, 1, 0, 0, 1]) * 1e-3)
    assert (
        abs(hazards.fit_cox(far, terms=["plan"]).table["estimate"].iloc[0] - fits[0].table["estimate"].iloc[0]) > 1e-6
    )


def test_a_spell_whose_start_and_end_differ_by_rounding_alone_is_refused() -> None:
    cells = pd.DataFrame(
        {"plan": list("aabb"), "start": [0, 0.3, 0, 0], "duration": [1.0, 0.1 + 0.2, 2, 3], "n": 1, "events": 1}
    )
    with pytest.raises(SchemaError, match="end after their start"):
        hazards.fit_cox(cells, terms=["plan"])


def test_a_snapshot_has_one_step_and_its_share_is_what_left_of_those_present() -> None:
    lives = pd.concat([months([5, 0, 5], [0, 40, 50], plan="a"), months([30, 0, 0], [0, 20, 50], plan="b")])
    steps = survival.one_step(lives)
    assert steps.to_numpy().tolist() == [["a", 1, 10, 90], ["b", 1, 30, 70]]
    found = survival.share_left(lives.drop(columns="plan")).table.iloc[0]
    assert found["n"] == 200
    assert found["estimate"] == pytest.approx(0.2)
    assert found["std_error"] == pytest.approx(np.sqrt(0.2 * 0.8 / 200))
    assert found["ci_low"] < 0.2 < found["ci_high"]
    later = lives.drop(columns="plan").assign(duration=lives["duration"] + 40)
    assert survival.share_left(later).table["estimate"].iloc[0] == pytest.approx(0.2)


def test_who_enters_and_leaves_when_nobody_is_there_is_refused() -> None:
    lives = pd.DataFrame({"duration": [1, 2, 3, 4], "entered": [4, 0, 0, 0], "events": [1, 1, 1, 1], "censored": 0})
    with pytest.raises(SchemaError, match="enter and leave at one time"):
        survival.kaplan_meier(lives, min_n=1)


def test_the_longest_wait_of_a_displayed_group_starts_all_curves() -> None:
    other = months([2, 2, 2, 2, 2, 2], [3] * 6).assign(entered=0)
    lives = pd.concat([LATE.assign(plan="late"), other.assign(plan="early")])
    starts = survival.kaplan_meier(lives, min_n=7, by=["plan"]).parts["groups"]["start"]
    assert starts.tolist() == [1, 1]


def test_conditional_survival_is_the_ratio_of_two_points_of_the_curve() -> None:
    lives = months([10, 9, 8, 7], [0, 1, 2, 60])
    plain = survival.at(lives, [2, 4]).table["estimate"]
    given_two = survival.at(lives, [2, 4], given=2).table
    assert given_two["estimate"].tolist() == pytest.approx([1, plain[1] / plain[0]])
    assert given_two["std_error"].iloc[1] > 0


def test_a_time_after_follow_up_has_no_value_and_a_horizon_there_is_refused() -> None:
    lives = months([10, 9], [0, 81])
    beyond = survival.at(lives, [2, 3]).table
    assert beyond["followed"].tolist() == [True, False]
    assert np.isnan(beyond["estimate"].iloc[1])
    with pytest.raises(ParameterError, match="followed"):
        survival.rmst(lives, tau=3)


def test_curves_end_before_fewer_than_min_n_are_at_risk() -> None:
    lives = months([50, 30, 11, 5], [0, 0, 0, 4])
    assert survival.kaplan_meier(lives, min_n=10).table["duration"].tolist() == [1, 2, 3]
    assert survival.kaplan_meier(lives, min_n=1).table["duration"].tolist() == [1, 2, 3, 4]
    assert survival.rmst(lives, min_n=10).row()["tau"] == 3


# Small groups are hidden, in the table and beside it.


def test_small_groups_are_hidden_with_their_complement() -> None:
    lives = pd.concat(
        [months([40, 30], [5, 90], plan="a"), months([4, 3], [0, 30], plan="b"), months([1, 1], [0, 1], plan="c")]
    )
    lives = lives.assign(n_customers=lives["plan"].map({"a": 150, "b": 30, "c": 3}))
    curve = survival.kaplan_meier(lives, min_n=10, by=["plan"])
    hidden = curve.table.groupby("plan")["suppressed"].all()
    # The smallest never has enough at risk for a curve, and yet hides the next one with it.
    assert hidden.to_dict() == {"a": False, "b": True}
    assert curve.parts["groups"].set_index("plan").loc[["b", "c"]].isna().all(axis=None)
    tests = survival.log_rank(lives, min_n=10, by=["plan"]).parts["groups"].set_index("plan")
    assert tests["observed"].isna().to_dict() == {"a": False, "b": True, "c": True}


# Little or nothing to see.


def test_nobody_left_gives_one_without_interval() -> None:
    found = survival.kaplan_meier(months([0, 0], [10, 90])).table
    assert found["estimate"].tolist() == [1, 1]
    assert found["std_error"].tolist() == [0, 0]
    assert found[["ci_low", "ci_high"]].isna().all(axis=None)
    assert not survival.quantiles(months([0, 0], [10, 90])).row()["reached"]
    with pytest.raises(InsufficientDataError, match="somebody who left"):
        survival.log_rank(pd.concat([months([0], [20], plan="a"), months([0], [20], plan="b")]), by=["plan"])


def test_everybody_left_ends_at_zero_without_interval() -> None:
    last = survival.kaplan_meier(months([50, 50], [0, 0])).table.iloc[-1]
    assert last["estimate"] == 0
    assert np.isnan(last["ci_low"])
    assert np.isnan(last["std_error"])


def test_one_spell_is_a_curve_when_asked_for() -> None:
    assert survival.kaplan_meier(months([1], [0]), min_n=1).table["estimate"].tolist() == [0]
    with pytest.raises(InsufficientDataError, match="at least 10"):
        survival.kaplan_meier(months([1], [0]))


def test_spells_of_duration_zero_are_at_risk_at_zero_only() -> None:
    lives = pd.DataFrame({"duration": [0, 1, 2], "entered": [111, 0, 0], "events": [0, 10, 0], "censored": [11, 0, 90]})
    assert survival.kaplan_meier(lives).table["at_risk"].tolist() == [111, 100, 90]


@pytest.mark.parametrize(
    ("lives", "message"),
    [
        (pd.DataFrame({"duration": [1], "events": [1]}), "censored missing"),
        (pd.DataFrame({"duration": [1, -2], "events": [1, 1], "censored": 0}), "1 of 2 rows"),
        (
            pd.DataFrame({"duration": [1, 2], "entered": [0, 5], "events": [3, 0], "censored": [0, 1]}),
            "more leave than are there",
        ),
    ],
)
def test_impossible_life_tables_are_refused(lives: pd.DataFrame, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        survival.kaplan_meier(lives)


def test_an_event_without_cause_is_refused() -> None:
    lives = months([10, 9], [0, 81]).assign(cause=pd.Series(["price", None], dtype=object))
    with pytest.raises(SchemaError, match="9 have none"):
        survival.cumulative_incidence(lives)


def test_no_spell_at_all_is_refused() -> None:
    with pytest.raises(InsufficientDataError, match="holds none"):
        survival.kaplan_meier(months([0], [0]))


def test_hundreds_of_groups_and_thousands_of_days_take_no_time() -> None:
    random = np.random.default_rng(3)
    lives = pd.DataFrame(
        {
            "plan": np.repeat([f"p{k:03}" for k in range(200)], 500),
            "duration": np.tile(np.arange(1, 501), 200),
            "events": random.poisson(1, 100_000),
            "censored": random.poisson(1, 100_000),
        }
    )
    assert len(survival.quantiles(lives, by=["plan"]).table) == 200
    assert survival.log_rank(lives, by=["plan"]).row()["df"] == 199


def test_a_group_that_nobody_left_has_an_interval_and_a_note_on_its_test() -> None:
    lives = pd.DataFrame(
        {
            "plan": ["old", "old", "new"],
            "duration": [1, 2, 2],
            "events": [40, 0, 0],
            "censored": [0, 60, 12],
        }
    )
    # By hand: O = 0, E = 40·12/112, V = 40·72/111·(12/112)·(100/112).
    z = (40 * 12 / 112) / (40 * 72 / 111 * 12 / 112 * 100 / 112) ** 0.5
    for found in (
        survival.differences(lives, times=[2], by=["plan"]),
        survival.differences(lives, tau=2.0, by=["plan"]),
    ):
        row = found.row({"plan": "new"})
        assert row["p_value"] == pytest.approx(float(intervals.two_sided(z)), rel=1e-12)
        assert row["std_error"] == pytest.approx(row["estimate"] / z)
        assert row["ci_low"] == pytest.approx(row["estimate"] * (1 - 1.959964 / z), rel=1e-6)
        assert any("log-rank" in note for note in found.notes)


def _uniform(share_left: float, *, kept: int = 40, others: int = 360, seed: int = 1) -> pd.DataFrame:
    """A group in which nobody leaves, beside others of whom `share_left` are gone at month 12."""
    rng = np.random.default_rng(seed)
    ends = rng.binomial(others, share_left)
    months = rng.integers(1, 13, ends)
    counts = pd.Series(months).value_counts()
    rest = pd.DataFrame({"plan": "old", "duration": counts.index, "events": counts.to_numpy(), "censored": 0})
    still = pd.DataFrame({"plan": ["old", "new"], "duration": 13, "events": 0, "censored": [others - ends, kept]})
    return pd.concat([rest, still], ignore_index=True)


@pytest.mark.parametrize(("everybody", "times"), [(False, (12,)), (False, ()), (True, (12,))])
def test_group_of_whom_nobody_or_everybody_left_is_tested_by_the_log_rank_test(
    everybody: bool, times: tuple[float, ...]
) -> None:
    lives = _uniform(0.5)
    if everybody:
        whole = lives.loc[lives["plan"] == "new"].assign(duration=2, events=40, censored=0)
        lives = pd.concat([lives.loc[lives["plan"] == "old"], whole], ignore_index=True)
    found = survival.differences(lives, times=times, by=["plan"])
    row = found.row({"plan": "new"})
    assert row["p_value"] == pytest.approx(survival.log_rank(lives, by=["plan"]).row()["p_value"], rel=1e-9)
    assert (row["estimate"] > 0) is not everybody
    assert (row["ci_low"] > 0) or (row["ci_high"] < 0)
    assert row["reason"] == ""
    assert multiplicity.adjust([found], materiality=0.03)[0].row({"plan": "new"})["conclusion"] == "large"


def test_log_rank_of_a_difference_at_a_time_counts_what_happened_until_then() -> None:
    lives = _uniform(0.5)
    early = lives.assign(
        censored=lives["censored"] + lives["events"].where(lives["duration"] > 6, 0),
        events=lives["events"].where(lives["duration"] <= 6, 0),
    )
    row = survival.differences(lives, times=[6], by=["plan"]).row({"plan": "new"})
    assert row["p_value"] == pytest.approx(survival.log_rank(early, by=["plan"]).row()["p_value"], rel=1e-9)


def test_groups_without_any_event_are_not_testable_and_say_why() -> None:
    lives = pd.DataFrame({"plan": ["a", "b"], "duration": 12, "events": 0, "censored": 80})
    (judged,) = multiplicity.adjust([survival.differences(lives, times=[12, 24], by=["plan"])])
    table = judged.table.sort_values(["duration", "plan"])
    assert table["conclusion"].tolist() == ["not testable"] * 2 + ["not estimable"] * 2
    assert table["reason"].str.len().gt(0).all()


NULL_WORLDS = 200


def test_group_of_whom_nobody_left_is_seldom_flagged_where_nothing_differs() -> None:
    rng = np.random.default_rng(5)
    flagged = tested = 0
    for _ in range(NULL_WORLDS):
        durations = rng.geometric(0.01, 430)
        events = durations <= 12
        frame = pd.DataFrame({"plan": np.repeat(["new", "old"], [30, 400]), "duration": np.minimum(durations, 12)})
        frame = frame.assign(events=events.astype(int), censored=(~events).astype(int))
        if events[:30].any():
            continue
        lives = frame.groupby(["plan", "duration"], as_index=False)[["events", "censored"]].sum()
        row = survival.differences(lives, times=[12], by=["plan"]).row({"plan": "new"})
        tested, flagged = tested + 1, flagged + int(row["p_value"] < 0.05)
    # All of 30 stay with probability 0.99^360; the share is of all worlds, also of those in which somebody left.
    assert tested > 0
    assert flagged / NULL_WORLDS <= 0.05


def test_cause_for_which_nobody_of_a_group_left_is_tested_too() -> None:
    lives = _uniform(0.5).assign(cause=lambda frame: frame["events"].gt(0).map({True: "price", False: None}))
    (judged,) = multiplicity.adjust(
        [survival.incidence_differences(lives, cause="price", times=[12], by=["plan"])], materiality=0.03
    )
    row = judged.row({"plan": "new"})
    assert row["conclusion"] == "large"
    assert row["estimate"] < 0
    assert row["ci_low"] == pytest.approx(row["estimate"] - 1.959964 * _error_of_rest(lives), abs=1e-6)


def _error_of_rest(lives: pd.DataFrame) -> float:
    rest = lives.loc[lives["plan"] == "old"].drop(columns=["plan", "cause"])
    return float(survival.at(rest, [12]).table["std_error"].iloc[0])


def test_spells_of_one_customer_count_once_in_the_test_of_a_group_of_whom_nobody_left() -> None:
    lives = _uniform(0.5)
    each = lives.loc[lives.index.repeat(lives["events"] + lives["censored"])].reset_index(drop=True)
    each = each.assign(censored=(each["events"] == 0).astype(int), events=(each["events"] > 0).astype(int))
    each = each.assign(replicate=np.arange(len(each)) % 97)
    once, twice = (
        survival.differences(pd.concat([each] * copies, ignore_index=True), times=[12], by=["plan"]).row(
            {"plan": "new"}
        )
        for copies in (1, 2)
    )
    assert once["df"] < np.inf
    assert twice["p_value"] == pytest.approx(once["p_value"], rel=1e-9)
    assert twice["std_error"] == pytest.approx(once["std_error"], rel=1e-9)


@pytest.mark.parametrize("small", [0, 1, 9])
def test_a_small_group_says_why_it_stops_a_comparison(small: int) -> None:
    sizes = {"rare": small, "usual": 591}
    lives = pd.concat(
        [
            pd.DataFrame({"plan": plan, "duration": [1, 2], "events": [n // 2, 0], "censored": [0, n - n // 2]})
            for plan, n in sizes.items()
            if n
        ]
    )
    why = survival.not_compared(lives, by=["plan"], min_n=10)
    assert ("one was found" if not small else "1 of which are smaller (") in why
    with pytest.raises(InsufficientDataError, match=re.escape(why)):
        survival.differences(lives, by=["plan"], times=[1])
    other = pd.DataFrame({"plan": "other", "duration": [1, 2], "events": [30, 0], "censored": [0, 500]})
    third = pd.concat([lives, other])
    assert survival.not_compared(third, by=["plan"], min_n=10) == ""
