"""The net promoter score: by hand, on real answers, and what it must not depend on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.stats import nps
from cemlab.stats.scores import comparison, samples

NUMBERS = ["estimate", "std_error", "ci_low", "ci_high", "n"]


def counted(n: dict[int, int], **groups: str) -> pd.DataFrame:
    """Score counts of one group: ``counted({9: 5, 3: 1}, region="N")``."""
    frame = pd.DataFrame({"score": list(n), "n": list(n.values())})
    for position, (name, value) in enumerate(groups.items()):
        frame.insert(position, name, value)
    return frame


def regions(**segments: dict[int, int]) -> pd.DataFrame:
    return pd.concat([counted(n, region=name) for name, n in segments.items()], ignore_index=True)


SCORES = st.dictionaries(st.integers(0, 10), st.integers(1, 200), min_size=1)


def test_promoters_are_9_and_10_passives_7_and_8_detractors_the_rest() -> None:
    groups = nps.group_of(pd.Series(range(11)))
    assert groups.tolist() == ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2


def test_estimate_worked_by_hand() -> None:
    row = nps.estimate(counted({10: 40, 9: 25, 8: 5, 7: 15, 6: 10, 0: 5})).row()
    # 65 promoters, 20 passives, 15 detractors; variance .65 + .15 - .25 = .55.
    assert row["estimate"] == 50
    assert row["std_error"] == pytest.approx(100 * np.sqrt(0.55 / 100))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((34.149, 62.939), abs=5e-4)
    assert (row["n"], row["n_customers"], row["n_eff"]) == (100, 100, 100)


def test_companions_hold_the_other_intervals_and_the_shares() -> None:
    result = nps.estimate(counted({9: 50, 7: 30, 6: 20}))
    wald, score = result.parts["wald"].iloc[0], result.parts["score"].iloc[0]
    assert (wald["ci_low"], wald["ci_high"]) == pytest.approx((14.692, 45.308), abs=5e-4)
    assert (score["ci_low"], score["ci_high"]) == pytest.approx((13.955, 44.339), abs=5e-4)
    shares = result.parts["shares"].set_index("group")
    assert shares["estimate"].to_dict() == {"promoter": 0.5, "passive": 0.3, "detractor": 0.2}
    assert shares["count"].to_dict() == {"promoter": 50, "passive": 30, "detractor": 20}


@pytest.mark.shared
def test_published_score_of_the_garden_centre_is_reproduced(shared_dir: Path) -> None:
    """NPS 53.4 as the owner of the data published; plain standard error 0.5583."""
    frame = pd.read_csv(
        shared_dir / "data" / "botanic_nps" / "nps.csv",
        encoding="windows-1252",
        encoding_errors="replace",
        usecols=["nps"],
    )
    counts = frame["nps"].dropna().value_counts().rename_axis("score").rename("n").reset_index()
    row = nps.estimate(counts).row()
    assert int(frame["nps"].isna().sum()) == 342
    assert row["n"] == 13_612
    assert row["estimate"] == pytest.approx(53.4161, abs=5e-5)
    assert row["std_error"] == pytest.approx(0.5583, abs=5e-5)


@settings(max_examples=25)
@given(SCORES)
def test_order_of_rows_and_splitting_a_row_change_nothing(scores: dict[int, int]) -> None:
    counts = counted(scores)
    shuffled = counts.sample(frac=1, random_state=1)
    split = pd.concat([counts.assign(n=1), counts.assign(n=counts["n"] - 1)])
    for other in (shuffled, split):
        pd.testing.assert_frame_equal(nps.estimate(other, min_n=1).table, nps.estimate(counts, min_n=1).table)


@settings(max_examples=25)
@given(SCORES)
def test_doubling_every_answer_keeps_the_score_and_shrinks_the_error_by_root_2(scores: dict[int, int]) -> None:
    once, twice = (nps.estimate(counted({s: k * n for s, n in scores.items()}), min_n=1).row() for k in (1, 2))
    assert twice["estimate"] == pytest.approx(once["estimate"], abs=1e-9)
    assert twice["std_error"] == pytest.approx(once["std_error"] / np.sqrt(2), abs=1e-9)


def test_relabelling_segments_changes_nothing_but_labels() -> None:
    counts = regions(a={9: 30, 5: 20}, b={9: 25, 7: 40}, c={10: 18, 3: 22})
    renamed = counts.assign(region=counts["region"].map({"a": "z", "b": "y", "c": "x"}))
    for function in (nps.estimate, nps.distribution, nps.against_rest):
        first = function(counts, by=["region"]).table.assign(
            region=lambda table: table["region"].map({"a": "z", "b": "y", "c": "x"})
        )
        keys = [name for name in ("region", "score") if name in first]
        second = function(renamed, by=["region"]).table
        pd.testing.assert_frame_equal(
            first.sort_values(keys, ignore_index=True), second.sort_values(keys, ignore_index=True)
        )


def test_all_promoters_keep_an_interval_with_width() -> None:
    row = nps.estimate(counted({10: 12})).row()
    assert (row["estimate"], row["std_error"], row["ci_high"]) == (100, 0, 100)
    assert 40 < row["ci_low"] < 60


def test_one_answer_is_estimated_but_not_published() -> None:
    counts = counted({9: 1})
    hidden = nps.estimate(counts)
    assert hidden.row()["suppressed"]
    assert hidden.row()[NUMBERS].isna().all()
    for part in hidden.parts.values():
        assert part[["estimate", "std_error"]].isna().all(axis=None)
    assert nps.estimate(counts, min_n=1).row()["estimate"] == 100


def test_small_segment_hides_with_its_complement_in_every_part() -> None:
    counts = regions(a={9: 300}, b={9: 50, 5: 30}, c={5: 4})
    result = nps.estimate(counts, by=["region"])
    assert result.table.set_index("region")["suppressed"].to_dict() == {"a": False, "b": True, "c": True}
    for name in ("wald", "score", "shares"):
        part = result.parts[name].set_index("region")
        assert part.loc[["b", "c"], "estimate"].isna().all()
        assert part.loc[["a"], "estimate"].notna().all()
    assert result.parts["shares"].set_index("region").loc[["b", "c"], "count"].isna().all()


def test_suppression_counts_customers_and_not_answers() -> None:
    counts = counted({9: 40, 5: 20}).assign(n_customers=6)
    result = nps.estimate(counts)
    assert result.row()["suppressed"]
    assert samples.REPEATED in result.notes
    assert samples.REPEATED not in nps.estimate(counted({9: 40, 5: 20}).assign(n_customers=60)).notes


def test_distribution_has_all_eleven_scores_and_sums_to_one() -> None:
    result = nps.distribution(regions(a={10: 30, 2: 10}, b={8: 20}), by=["region"])
    table = result.table
    assert table.groupby("region")["score"].apply(list).to_dict() == {"a": list(range(11)), "b": list(range(11))}
    assert table.groupby("region")["estimate"].sum().tolist() == pytest.approx([1, 1])
    row = result.row({"region": "a", "score": 2})
    assert (row["estimate"], row["count"], row["n"], row["group"]) == (0.25, 10, 40, "detractor")
    assert row["ci_low"] < 0.25 < row["ci_high"]


def test_distribution_hides_a_small_group_as_one() -> None:
    table = nps.distribution(regions(a={10: 30, 2: 10}, b={8: 4, 1: 1}, c={8: 60}), by=["region"]).table.set_index(
        "region"
    )
    assert table.loc[["b"], ["estimate", "ci_low", "ci_high", "count", "n"]].isna().all(axis=None)
    assert table.loc[["c"], "estimate"].notna().all()
    # A score that three of forty gave is published: the cell is the group, not the score.
    assert nps.distribution(counted({9: 37, 2: 3})).row({"score": 2})["estimate"] == 0.075


def test_against_rest_compares_with_the_others_and_not_with_the_total() -> None:
    table = nps.against_rest(
        regions(a={9: 50, 7: 30, 5: 20}, b={9: 30, 7: 25, 5: 15}, c={9: 10, 7: 10, 5: 10}), by=["region"]
    ).table
    row = table.set_index("region").loc["a"]
    # The rest: 40 promoters, 35 passives, 25 detractors. Test as R's with pseudo-counts in each sample.
    assert (row["nps_segment"], row["nps_rest"], row["estimate"]) == pytest.approx((30, 15, 15))
    assert (row["n"], row["n_rest"]) == (100, 100)
    assert row["std_error"] == pytest.approx(10.944537075305427)
    # Welch's t in place of R's normal law: p 0.18331, interval from -6.888 to 36.014.
    assert row["p_value"] == pytest.approx(0.1848420749163374)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((-7.0197, 36.1459), abs=1e-3)


def test_two_segments_are_each_others_rest() -> None:
    table = nps.against_rest(regions(a={9: 50, 5: 30}, b={9: 30, 5: 40}), by=["region"]).table
    assert table["estimate"].iloc[0] == -table["estimate"].iloc[1]
    assert table["p_value"].iloc[0] == table["p_value"].iloc[1]


def test_one_segment_has_no_rest_and_a_note_says_so() -> None:
    result = nps.against_rest(regions(a={9: 50}), by=["region"])
    assert len(result.table) == 0
    assert comparison.ONE_GROUP in result.notes


@pytest.mark.parametrize(
    "counts",
    [
        counted({9: 5}),
        counted({9: 5}, period="2024-01-01"),
        counted({9: 5}, region="N", plan="x"),
        counted({9: 5}, region="N", period="2024-01-01"),
    ],
)
def test_against_rest_takes_one_group_column(counts: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="one group column"):
        nps.against_rest(counts, by=list(counts.columns.drop(["score", "n"])))


def test_periods_carry_whether_they_are_complete_even_when_suppressed() -> None:
    counts = pd.concat(
        [
            counted({9: 40, 5: 20}, period="2024-01-01").assign(complete=True),
            counted({9: 3}, period="2024-02-01").assign(complete=True),
            counted({9: 30, 5: 9}, period="2024-03-01").assign(complete=False),
        ]
    )
    for result in (nps.estimate(counts, by=["period"]), nps.distribution(counts, by=["period"])):
        table = result.table.drop_duplicates("period")
        assert table["complete"].tolist() == [True, True, False]
        assert table["suppressed"].tolist() == [False, True, True]


@pytest.mark.parametrize("counts", [counted({}), counted({9: 0})])
def test_no_answers_are_an_error_with_counts(counts: pd.DataFrame) -> None:
    for function in (nps.estimate, nps.distribution):
        with pytest.raises(InsufficientDataError, match=f"{len(counts)} rows hold 0"):
            function(counts)


@pytest.mark.parametrize("score", [11, -1, 7.5, float("nan")])
def test_a_score_off_the_scale_is_refused(score: float) -> None:
    with pytest.raises(SchemaError, match="1 of 2 rows are not"):
        nps.estimate(pd.DataFrame({"score": [9.0, score], "n": [3, 1]}))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="n missing"):
        nps.estimate(pd.DataFrame({"score": [9]}))


@pytest.mark.parametrize("label", ["", "unknown", "x" * 300, "<b>Nord</b>", "🌱", "2024"])
def test_any_label_is_a_segment(label: str) -> None:
    table = nps.against_rest(regions(**{label: {9: 50, 5: 30}, "other": {9: 30, 5: 40}}), by=["region"]).table
    assert table["region"].tolist() == sorted([label, "other"])


def test_five_thousand_segments_are_estimated_at_once() -> None:
    counts = pd.DataFrame(
        {"region": np.repeat([f"s{k:04}" for k in range(5000)], 3), "score": [9, 7, 5] * 5000, "n": [20, 10, 5] * 5000}
    )
    assert len(nps.estimate(counts, by=["region"]).table) == len(nps.against_rest(counts, by=["region"]).table) == 5000


def test_bounds_by_hand_hold_whatever_the_unscored_answers_were() -> None:
    counts = counted({9: 65, 7: 20, 6: 15})
    row = nps.missing_bounds(counts, unscored=25).row()
    # 100 scored answers of 125: 0.8 · 50 ∓ 20.
    assert row[["estimate", "ci_low", "ci_high", "unscored_share"]].tolist() == pytest.approx([50, 20, 60, 0.2])
    for score, limit in ((6, row["ci_low"]), (9, row["ci_high"])):
        filled = nps.estimate(pd.concat([counts, counted({score: 25})])).row()
        assert filled["estimate"] == pytest.approx(limit)


def test_bounds_of_weighted_answers_take_the_share_of_the_weight() -> None:
    counts = counted({9: 65, 7: 20, 6: 15})
    row = nps.missing_bounds(counts, unscored=5, weight=25.0).row()
    assert row[["unscored_share", "ci_low", "ci_high"]].tolist() == pytest.approx([0.2, 20, 60])


def test_bounds_without_unscored_answers_are_the_score_itself() -> None:
    row = nps.missing_bounds(counted({9: 65, 7: 20, 6: 15}), unscored=0).row()
    assert (row["ci_low"], row["ci_high"]) == (50, 50)
    assert nps.missing_bounds(counted({9: 5}), unscored=0).row()["suppressed"]
