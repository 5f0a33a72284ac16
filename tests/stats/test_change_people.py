"""The same people twice, panels that overlap, and trends."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.metrics import NPS, declared
from cemlab.stats import change, multiplicity, scores, weighting
from cemlab.stats.change import people, steps, trends

PAIRED = json.loads((Path(__file__).parents[1] / "reference" / "paired.json").read_text(encoding="utf-8"))["paired"]
SURVEY = json.loads((Path(__file__).parents[1] / "reference" / "survey.json").read_text(encoding="utf-8"))
CODES = (5, 7, 9)


def moves(table: list[list[int]]) -> pd.DataFrame:
    rows = [(CODES[i], CODES[j], n) for i, row in enumerate(table) for j, n in enumerate(row)]
    return pd.DataFrame(rows, columns=["from_score", "to_score", "n"])


def test_paired_change_agrees_with_r() -> None:
    row = change.paired(moves(PAIRED["table_rows_wave1_cols_wave2"])).row()
    assert row["n"] == PAIRED["n"]
    assert (row["nps_before"], row["nps_now"]) == pytest.approx((100 * PAIRED["nps1"], 100 * PAIRED["nps2"]))
    assert row["estimate"] == pytest.approx(100 * PAIRED["change"])
    assert row["std_error"] == pytest.approx(100 * PAIRED["se_n"], rel=1e-12)
    # ours is on t with 149 degrees of freedom, R's on the normal law
    assert row["p_value"] == pytest.approx(PAIRED["p"], abs=2e-3)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx([100 * each for each in PAIRED["ci"]], abs=0.15)
    assert row["moved_share"] == pytest.approx(56 / 150)


def test_nobody_moved_is_no_interval_and_says_so() -> None:
    result = change.paired(moves([[20, 0, 0], [0, 30, 0], [0, 0, 50]]))
    assert result.row()["estimate"] == 0
    assert result.row()[["std_error", "ci_low", "ci_high", "p_value"]].isna().all()
    assert people.NOBODY_MOVED in result.notes
    assert people.ONLY_TWICE in result.notes
    assert multiplicity.adjust([result])[0].row()["family"] == ""


def test_moves_within_a_group_do_not_change_the_score() -> None:
    within = pd.DataFrame({"from_score": [9, 0], "to_score": [10, 6], "n": [30, 30]})
    assert change.paired(within).row()["moved_share"] == 0


def test_paired_change_of_groups_and_of_a_mean() -> None:
    both = pd.concat([moves([[9, 1, 2], [3, 9, 4], [1, 2, 9]]).assign(region=name) for name in ("N", "S")])
    table = change.paired(both, by=["region"]).table
    assert table["region"].tolist() == ["N", "S"]
    assert table["estimate"].iloc[0] == table["estimate"].iloc[1]
    effort = declared("ces", scale=(1, 9), top=(1, 2))
    row = change.paired(moves([[9, 1, 2], [3, 9, 4], [1, 2, 9]]), metric=effort).row()
    assert row["estimate"] == pytest.approx((1 * 2 + 2 * 4 - 3 * 2 + 4 * 2 - 1 * 4 - 2 * 2) / 40)


def test_transitions_are_checked() -> None:
    with pytest.raises(InsufficientDataError, match="answered in both"):
        change.paired(moves([[0] * 3] * 3).head(0))
    with pytest.raises(SchemaError, match="from_score"):
        change.paired(pd.DataFrame({"n": [1]}))
    with pytest.raises(SchemaError, match="1 of 1"):
        change.paired(pd.DataFrame({"from_score": [11], "to_score": [9], "n": [1]}))


def panel(seed: int, *, people_: int = 300, drift: float = 0.0, months: int = 2, keep: float = 1.0) -> pd.DataFrame:
    """Customers with a mood of their own who answer every month with probability `keep`."""
    random = np.random.default_rng(seed)
    mood = random.normal(0, 1.5, people_)
    rows = []
    for month in range(months):
        latent = mood + random.normal(0, 0.7, people_) + drift * month
        score = np.select([latent > 0.5, latent > -0.5], [9, 7], 5)
        there = random.random(people_) < keep
        rows.append(
            pd.DataFrame(
                {"customer": np.flatnonzero(there), "score": score[there], "period": f"2024-{month + 1:02}-01"}
            )
        )
    return pd.concat(rows, ignore_index=True)


def frames(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts, design sums and overlap by plain pandas, customers as clusters."""
    worth = rows["score"].map({9: 1.0, 7: 0.0, 5: -1.0})
    counts = rows.groupby(["period", "score"]).size().rename("n").reset_index()
    cells = rows.assign(a=worth, b=1.0).groupby(["period", "customer"])[["a", "b"]].sum().reset_index()
    design = (
        cells.assign(aa=cells.a**2, ab=cells.a * cells.b, bb=cells.b**2)
        .groupby("period")
        .agg(
            n=("b", "sum"),
            n_clusters=("a", "size"),
            largest=("b", "max"),
            sum_a=("a", "sum"),
            sum_b=("b", "sum"),
            sum_aa=("aa", "sum"),
            sum_ab=("ab", "sum"),
            sum_bb=("bb", "sum"),
        )
        .reset_index()
    )
    design = design.assign(stratum_clusters=rows["customer"].nunique(), **{weighting.STRATUM: "all"})
    pairs = cells.merge(cells.rename(columns={"period": "other", "a": "c", "b": "d"}), on="customer")
    pairs = pairs[pairs["other"] < pairs["period"]]
    pairs = pairs.assign(
        cross_aa=pairs.a * pairs.c, cross_ab=pairs.a * pairs.d, cross_ba=pairs.b * pairs.c, cross_bb=pairs.b * pairs.d
    )
    names = ["cross_aa", "cross_ab", "cross_ba", "cross_bb"]
    shared = pairs.groupby(["period", "other"])[names].sum().reset_index().assign(**{weighting.STRATUM: "all"})
    return counts, design, shared


def test_a_full_panel_has_the_error_of_its_pairs() -> None:
    rows = panel(1, people_=2000)
    counts, design, shared = frames(rows)
    mixed = change.consecutive(counts, design=design, shared=shared)
    wide = rows.pivot_table(index="customer", columns="period", values="score")
    transitions = (
        wide.groupby(list(wide.columns))
        .size()
        .rename("n")
        .reset_index()
        .set_axis(["from_score", "to_score", "n"], axis=1)
    )
    paired = change.paired(transitions).row()
    alone = change.consecutive(counts).row()
    assert mixed.row()["estimate"] == pytest.approx(paired["estimate"])
    assert mixed.row()["std_error"] == pytest.approx(paired["std_error"], rel=0.01)
    assert mixed.row()["std_error"] < 0.6 * alone["std_error"]
    assert steps.SHARED in mixed.notes
    assert steps.INDEPENDENT in change.consecutive(counts).notes


def test_strangers_with_a_design_are_independent_samples() -> None:
    rows = panel(2, keep=1.0)
    rows["customer"] = np.arange(len(rows))
    counts, design, shared = frames(rows)
    mixed, alone = change.consecutive(counts, design=design, shared=shared).row(), change.consecutive(counts).row()
    assert mixed["std_error"] == pytest.approx(alone["std_error"], rel=0.01)


@pytest.mark.shared
@pytest.mark.parametrize("stratified", [True, False])
def test_change_between_waves_agrees_with_r_svyglm(shared_dir: Path, stratified: bool) -> None:
    rows = pd.read_csv(shared_dir / "reference" / "data" / "nps_survey.csv")
    weight = rows["Nh"] / rows["region"].map(rows["region"].value_counts())
    worth = rows["score"].map(NPS.worth)
    rows = rows.assign(
        period="2024-0" + rows["wave"].astype(str) + "-01", stratum=rows["region"] if stratified else "all"
    )
    cells = rows.assign(a=weight * worth, b=weight)
    design = (
        cells.assign(aa=cells.a**2, ab=cells.a * cells.b, bb=cells.b**2)
        .groupby(["period", "stratum"])
        .agg(
            n=("b", "size"),
            n_clusters=("a", "size"),
            largest=("b", "max"),
            sum_a=("a", "sum"),
            sum_b=("b", "sum"),
            sum_aa=("aa", "sum"),
            sum_ab=("ab", "sum"),
            sum_bb=("bb", "sum"),
        )
        .reset_index()
    )
    design["stratum_clusters"] = design["stratum"].map(rows.groupby("stratum").size())
    design = design.rename(columns={"stratum": weighting.STRATUM})
    counts = (
        cells.assign(w2=weight**2)
        .groupby(["period", "score"])
        .agg(n=("b", "size"), sum_w=("b", "sum"), sum_w2=("w2", "sum"))
        .reset_index()
    )
    samples = scores.samples_of(counts, scale=NPS, design=design, by=["period"])
    empty = pd.DataFrame(columns=["period", "other", weighting.STRATUM, "cross_aa", "cross_ab", "cross_ba", "cross_bb"])
    pairs = pd.DataFrame({"period": ["2024-02-01"], "other": ["2024-01-01"]})
    correlation = steps.correlations(samples, design, empty, pairs=pairs, rows=(np.array([1]), np.array([0])))
    one, two = np.sqrt(samples.column("variance"))
    error = np.sqrt(one**2 + two**2 - 2 * correlation[0] * one * two)
    mean = samples.column("mean")
    if stratified:
        expected = SURVEY["wave_change"]
        assert mean.tolist() == pytest.approx(expected["nps"], abs=1e-9)
        assert [one, two] == pytest.approx(expected["se"], abs=1e-9)
        assert mean[1] - mean[0] == pytest.approx(expected["diff"], abs=1e-9)
        assert error == pytest.approx(expected["se_diff"], abs=1e-9)
    else:
        assert abs(correlation[0]) < 1e-12


def months(*counts: tuple[int, int, int], **groups: str) -> pd.DataFrame:
    rows = [
        {**groups, "period": f"2024-{month:02}-01", "score": score, "n": n}
        for month, triple in enumerate(counts, start=1)
        for score, n in zip((9, 7, 5), triple, strict=True)
    ]
    return pd.DataFrame(rows)


def test_trend_by_hand() -> None:
    # scores 0, 10, 20 in periods of equal size; days 0, 31, 60
    counts = months((40, 20, 40), (45, 20, 35), (50, 20, 30))
    row = change.trend(counts).row()
    days, y = np.array([0, 31, 60.0]), np.array([0, 10, 20.0])
    slope = np.polyfit(days, y, 1)[0]
    assert row["estimate"] == pytest.approx(60 * slope)
    assert row["per_year"] == pytest.approx(365.25 * slope)
    assert (row["first"], row["last"], row["n_periods"], row["n"]) == ("2024-01-01", "2024-03-01", 3, 300)
    weight = (days - days.mean()) / ((days - days.mean()) ** 2).sum()
    errors = [
        scores.comparison.adjusted(scores.samples_of(part, scale=NPS))[1][0]
        for _, part in counts.drop(columns="period").groupby(np.repeat([0, 1, 2], 3))
    ]
    assert row["std_error"] == pytest.approx(60 * np.sqrt((weight**2 * np.array(errors) ** 2).sum()))


def test_a_trend_is_seen_where_no_step_is() -> None:
    counts = months(*[(40 + k, 30, 30 - k) for k in range(0, 24, 2)])
    steps_ = change.consecutive(counts)
    judged = multiplicity.adjust([steps_, change.trend(counts)])
    assert not judged[0].table["flagged"].any()
    assert judged[1].table["flagged"].all()


def test_scatter_around_the_line_is_noted() -> None:
    counts = months(*[(800, 100, 100) if k % 2 else (400, 100, 500) for k in range(8)])
    assert trends.SCATTER in change.trend(counts).notes
    assert trends.SCATTER not in change.trend(months(*[(40, 30, 30)] * 8)).notes


def test_incomplete_periods_are_not_in_the_trend_and_two_are_too_few() -> None:
    counts = months((40, 20, 40), (45, 20, 35), (50, 20, 30), (0, 0, 50))
    flags = counts.assign(complete=counts["period"] < "2024-04-01")
    assert change.trend(flags).row()["n_periods"] == 3
    few = change.trend(flags.assign(complete=counts["period"] < "2024-03-01"))
    assert len(few.table) == 0
    assert trends.TOO_FEW in few.notes
    assert multiplicity.adjust([few])[0].table.empty


def test_each_group_has_its_own_trend() -> None:
    counts = pd.concat(
        [months((40, 20, 40), (45, 20, 35), (50, 20, 30), region="N"), months(*[(40, 20, 40)] * 3, region="S")]
    )
    assert change.trend(counts, by=["region"]).table.set_index("region")["estimate"].round(6).gt(0).to_dict() == {
        "N": True,
        "S": False,
    }


def test_a_trend_of_the_same_customers_is_surer() -> None:
    counts, design, shared = frames(panel(5, people_=400, drift=0.1, months=5))
    alone, together = change.trend(counts).row(), change.trend(counts, design=design, shared=shared).row()
    assert together["estimate"] == pytest.approx(alone["estimate"], abs=0.2)
    assert together["std_error"] < 0.7 * alone["std_error"]
