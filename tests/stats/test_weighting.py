"""Variance of weighted, stratified and clustered scores, against R's survey package and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.metrics import NPS, MetricScale, declared
from cemlab.stats import scores, weighting
from cemlab.stats.scores import samples

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "survey.json").read_text(encoding="utf-8"))
DESIGNS = ("weights_only", "stratified", "cluster_store")


def sums_of(
    rows: pd.DataFrame, *, by: list[str], values: dict[float, float] = NPS.worth, overall: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Design sums by plain pandas: rows have score, w, stratum, cluster."""
    rows = rows.assign(a=rows["w"] * rows["score"].map(values), b=rows["w"])
    every = rows.groupby(["stratum", "cluster"])[["a", "b"]].sum().reset_index()
    cells = rows.groupby([*by, "stratum", "cluster"]).agg(a=("a", "sum"), b=("b", "sum"), n=("a", "size")).reset_index()
    cells = cells.merge(every, on=["stratum", "cluster"], suffixes=("", "_all"))
    cells = cells.assign(
        aa=cells.a * cells.a,
        ab=cells.a * cells.b,
        bb=cells.b * cells.b,
        raa=cells.a * (cells.a_all - cells.a),
        rab=cells.a * (cells.b_all - cells.b),
        rba=cells.b * (cells.a_all - cells.a),
        rbb=cells.b * (cells.b_all - cells.b),
    )
    found = (
        cells.groupby([*by, "stratum"])
        .agg(
            n=("n", "sum"),
            n_clusters=("a", "size"),
            largest=("b", "max"),
            sum_a=("a", "sum"),
            sum_b=("b", "sum"),
            sum_aa=("aa", "sum"),
            sum_ab=("ab", "sum"),
            sum_bb=("bb", "sum"),
            rest_aa=("raa", "sum"),
            rest_ab=("rab", "sum"),
            rest_ba=("rba", "sum"),
            rest_bb=("rbb", "sum"),
        )
        .reset_index()
    )
    found["stratum_clusters"] = found["stratum"].map(every.groupby("stratum").size())
    return found.rename(columns={"stratum": weighting.STRATUM})


def counts_of(rows: pd.DataFrame, *, by: list[str]) -> pd.DataFrame:
    rows = rows.assign(w2=rows["w"] ** 2)
    return rows.groupby([*by, "score"]).agg(n=("w", "size"), sum_w=("w", "sum"), sum_w2=("w2", "sum")).reset_index()


def answers(*rows: tuple[int, float, str, str], region: list[str] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["score", "w", "stratum", "cluster"])
    return frame if region is None else frame.assign(region=region)


@pytest.fixture(scope="module")
def survey(shared_dir: Path) -> pd.DataFrame:
    rows = pd.read_csv(shared_dir / "reference" / "data" / "nps_survey.csv")
    rows["w"] = rows["Nh"] / rows["region"].map(rows["region"].value_counts())
    return rows


def designed(survey: pd.DataFrame, design: str) -> pd.DataFrame:
    strata = survey["region"] if design != "weights_only" else "all"
    clusters = survey["store"] if design == "cluster_store" else survey["id"]
    return survey.assign(stratum=strata, cluster=clusters)


@pytest.mark.shared
@pytest.mark.parametrize("design", DESIGNS)
def test_score_se_df_and_effective_sizes_agree_with_r_survey(survey: pd.DataFrame, design: str) -> None:
    rows, expected = designed(survey, design), REFERENCE["designs"][design]
    result = scores.estimate(counts_of(rows, by=[]), design=sums_of(rows, by=[])).row()
    assert result["estimate"] == pytest.approx(100 * expected["est"], abs=1e-9)
    assert result["std_error"] == pytest.approx(100 * expected["se"], abs=1e-9)
    assert result["n_eff"] == pytest.approx(expected["kish_neff"], abs=1e-6)
    # R divides by n - 1 where our variance of one answer divides by n
    assert result["deff"] * 599 / 600 == pytest.approx(expected["deff_replace"], abs=1e-9)
    linear = weighting.linearise(sums_of(rows, by=[]), [])
    assert linear.df.tolist() == [expected["df"]]


@pytest.mark.shared
def test_taylor_wald_of_forty_clusters_is_r_surveys_t_interval(survey: pd.DataFrame) -> None:
    rows = designed(survey, "cluster_store")
    wald = scores.estimate(counts_of(rows, by=[]), design=sums_of(rows, by=[])).parts["wald"].iloc[0]
    low, high = REFERENCE["designs"]["cluster_store"]["ci_t"]
    assert (wald["ci_low"], wald["ci_high"]) == pytest.approx((100 * low, 100 * high), abs=1e-8)


@pytest.mark.shared
@pytest.mark.parametrize("by", ["age", "region"])
@pytest.mark.parametrize("design", DESIGNS)
def test_domains_agree_with_r_svyby(survey: pd.DataFrame, design: str, by: str) -> None:
    rows = designed(survey, design)
    table = scores.estimate(counts_of(rows, by=[by]), by=[by], design=sums_of(rows, by=[by])).table.set_index(by)
    for group, (estimate, error) in REFERENCE["designs"][design][f"by_{by}"].items():
        assert table.loc[group, "estimate"] == pytest.approx(100 * estimate, abs=1e-9)
        assert table.loc[group, "std_error"] == pytest.approx(100 * error, abs=1e-9)


@pytest.mark.shared
def test_weights_alone_need_no_design_sums(survey: pd.DataFrame) -> None:
    rows, expected = designed(survey, "weights_only"), REFERENCE["designs"]["weights_only"]
    row = scores.estimate(counts_of(rows, by=[])).row()
    assert row["std_error"] == pytest.approx(100 * expected["se"], abs=1e-9)
    table = scores.estimate(counts_of(rows, by=["age"]), by=["age"]).table.set_index("age")
    assert table.loc["55+", "std_error"] == pytest.approx(100 * expected["by_age"]["55+"][1], abs=1e-9)


@pytest.mark.shared
@pytest.mark.parametrize("design", DESIGNS)
def test_share_and_mean_agree_with_r_svymean(survey: pd.DataFrame, design: str) -> None:
    rows, expected = designed(survey, design), REFERENCE["designs"][design]
    share = MetricScale("csat", "share", 0, 10, top=(9, 10))
    mean = MetricScale("ces", "mean", 0, 10, top=(0, 1))
    for scale, (estimate, error) in ((share, expected["promoters"]), (mean, expected["mean_score"])):
        row = scores.estimate(
            counts_of(rows, by=[]), metric=scale, design=sums_of(rows, by=[], values=scale.worth)
        ).row()
        assert (row["estimate"], row["std_error"]) == pytest.approx((estimate, error), abs=1e-9)


@pytest.mark.shared
@pytest.mark.parametrize("design", DESIGNS)
def test_difference_of_two_domains_agrees_with_r_svyglm(survey: pd.DataFrame, design: str) -> None:
    # of three ages: keep two, so that one is the other's rest, in the design of all three
    rows = designed(survey, design)
    sums = sums_of(rows, by=["age"])
    two = rows[rows["age"] != "35-54"]
    inside = sums_of(two, by=["age"])
    inside["stratum_clusters"] = inside[weighting.STRATUM].map(
        sums.groupby(weighting.STRATUM)["stratum_clusters"].max()
    )
    rest, covariance = weighting.rest_of(inside, ["age"])
    own, others = weighting.linearise(inside, ["age"]), weighting.linearise(rest, ["age"])
    error = np.sqrt(own.variance + others.variance - 2 * covariance)
    expected = REFERENCE["designs"][design]["diff_55_vs_1834"]
    assert (own.mean - others.mean).tolist() == pytest.approx([-expected["est"], expected["est"]], abs=1e-12)
    assert error.tolist() == pytest.approx([expected["se"]] * 2, abs=1e-9)


@pytest.mark.shared
def test_sfo_2017_agrees_with_r_survey(shared_dir: Path) -> None:
    rows = pd.read_csv(
        shared_dir / "data" / "sfo_survey" / "2017_SFO_Customer_Survey.csv.gz", encoding="latin-1", low_memory=False
    )
    rows.columns = rows.columns.str.strip()
    rows = rows[rows["NETPRO"].between(0, 10)]
    rows = rows.assign(score=rows["NETPRO"].astype(int), w=rows["WEIGHT"], id=np.arange(len(rows)).astype(str))
    expected: dict[str, Any] = REFERENCE["sfo2017"]
    plain = scores.estimate(counts_of(rows.assign(w=1.0), by=[])).row()
    assert (plain["estimate"], plain["n"]) == (pytest.approx(39.839766933721776), 2746)
    # (stratum, cluster, clusters of the two years that R's design held)
    cases = {
        "weights_only": (rows.assign(stratum="all", cluster=rows["id"]), 5396),
        "stratified": (rows.assign(stratum=rows["STRATA"], cluster=rows["id"]), None),
        "cluster_run": (rows.assign(stratum="all", cluster=rows["RUNID"]), 417),
    }
    for name, (each, clusters) in cases.items():
        design = sums_of(each, by=[])
        design["stratum_clusters"] = clusters or design["stratum_clusters"]
        row = scores.estimate(counts_of(each, by=[]), design=design).row()
        assert row["estimate"] == pytest.approx(100 * expected[name]["nps"], abs=1e-9)
        assert row["std_error"] == pytest.approx(100 * expected[name]["se"], abs=1e-9)


def test_one_score_by_hand() -> None:
    # two clusters: a = 2, b = 2 and a = -1, b = 3; theta = 0.2
    rows = answers((9, 2.0, "s", "c1"), (5, 1.0, "s", "c2"), (7, 2.0, "s", "c2"))
    linear = weighting.linearise(sums_of(rows, by=[]), [])
    u = np.array([(2 - 0.2 * 2) / 5, (-1 - 0.2 * 3) / 5])
    assert linear.mean.tolist() == [pytest.approx(0.2)]
    assert linear.variance.tolist() == [pytest.approx(2 * (u**2).sum())]
    assert linear.largest_share.tolist() == [pytest.approx(0.6)]


def test_a_stratum_of_one_cluster_is_spread_around_the_whole_and_counted() -> None:
    rows = answers(
        *[(9, 1.0, "s", f"c{k}") for k in range(12)],
        *[(5, 1.0, "s", f"d{k}") for k in range(12)],
        (9, 1.0, "lone", "x"),
    )
    sums = sums_of(rows, by=[])
    assert weighting.linearise(sums, []).lonely == 1
    result = scores.estimate(counts_of(rows, by=[]), design=sums)
    assert any("single cluster: 1" in note for note in result.notes)
    assert result.row()["std_error"] > 0


def test_a_weight_of_two_is_not_the_row_twice_but_the_score_is_the_same() -> None:
    doubled = answers((9, 2.0, "s", "a"), *[(score, 1.0, "s", f"c{k}") for k, score in enumerate([5, 7, 9] * 8)])
    twice = pd.concat([doubled.assign(w=1.0), doubled.iloc[:1].assign(w=1.0, cluster="a2")])
    one, two = (scores.estimate(counts_of(rows, by=[]), min_n=1).row() for rows in (doubled, twice))
    assert one["estimate"] == pytest.approx(two["estimate"])
    assert one["std_error"] > two["std_error"]


@pytest.mark.parametrize("factor", [0.1, 3.0])
def test_rescaling_all_weights_changes_nothing(factor: float) -> None:
    rows = answers(*[(score, 1.0 + k % 3, "s", f"c{k}") for k, score in enumerate([5, 7, 9, 10] * 10)])
    first, second = (
        scores.estimate(counts_of(each, by=[]), design=sums_of(each, by=[])).table
        for each in (rows, rows.assign(w=factor * rows["w"]))
    )
    pd.testing.assert_frame_equal(first, second)


def test_equal_weights_and_lone_answers_are_the_plain_score() -> None:
    rows = answers(*[(score, 2.5, "s", f"c{k}") for k, score in enumerate([5, 7, 9, 10] * 10)])
    plain = scores.estimate(counts_of(rows.assign(w=1.0), by=[]))
    designed_ = scores.estimate(counts_of(rows, by=[]), design=sums_of(rows, by=[]))
    pd.testing.assert_frame_equal(plain.table, designed_.table)
    assert designed_.notes == ()


def test_answers_of_one_customer_widen_the_interval_and_the_note_is_gone() -> None:
    rows = answers(*[(score, 1.0, "s", f"c{k}") for k, score in enumerate([5, 7, 9, 10] * 10) for _ in range(3)])
    counts = counts_of(rows, by=[]).assign(n_customers=40)
    alone, clustered = scores.estimate(counts), scores.estimate(counts, design=sums_of(rows, by=[]))
    assert samples.REPEATED in alone.notes
    assert samples.REPEATED not in clustered.notes
    # each customer said the same thing three times: a third of the answers is what there is
    assert clustered.row()["n_star"] == pytest.approx(39)
    assert clustered.row()["std_error"] == pytest.approx(alone.row()["std_error"] * np.sqrt(3 * 40 / 39))


@pytest.mark.parametrize(
    ("clusters", "interval", "small"), [(9, False, True), (10, True, True), (29, True, True), (30, True, False)]
)
def test_few_clusters_lose_their_interval_or_are_marked(clusters: int, interval: bool, small: bool) -> None:
    rows = answers(*[(score, 1.0, "s", f"c{k % clusters}") for k, score in enumerate([5, 7, 9, 10, 10] * 24)])
    result = scores.estimate(counts_of(rows, by=[]), design=sums_of(rows, by=[]))
    row = result.row()
    assert row["estimate"] == pytest.approx(40)
    assert row[["ci_low", "ci_high", "std_error"]].notna().all() == interval
    assert result.parts["score"][["ci_low", "ci_high"]].notna().all(axis=None) == interval
    assert result.parts["shares"][["ci_low", "ci_high"]].notna().all(axis=None) == interval
    assert bool(row["small_sample"]) is small
    assert (samples.FEW_CLUSTERS in result.notes) is not interval


def test_a_cluster_of_more_than_a_tenth_is_noted() -> None:
    rows = answers(*[(9 if k % 2 else 5, 1.0, "s", f"c{k}") for k in range(40)], *[(9, 1.0, "s", "big")] * 20)
    result = scores.estimate(counts_of(rows, by=[]), design=sums_of(rows, by=[]))
    assert result.row()["largest_share"] == pytest.approx(20 / 60)
    assert any("more than a tenth" in note for note in result.notes)


def test_all_promoters_with_weights_fall_back_on_kish() -> None:
    rows = answers(*[(10, 1.0 + k % 2, "s", f"c{k}") for k in range(40)])
    row = scores.estimate(counts_of(rows, by=[])).row()
    assert (row["estimate"], row["std_error"]) == (100, 0)
    assert row["n_star"] == pytest.approx(60**2 / (20 + 80))
    assert row["ci_low"] < 95 < row["ci_high"]


def test_weighted_and_unweighted_stand_side_by_side() -> None:
    rows = answers(*[(score, 3.0 if score == 9 else 1.0, "s", f"c{k}") for k, score in enumerate([5, 9] * 20)])
    result = scores.estimate(counts_of(rows, by=[]))
    assert result.row()["estimate"] == pytest.approx(50)
    assert result.parts["unweighted"]["estimate"].tolist() == [0]
    assert result.parts["unweighted"]["std_error"].tolist() == [pytest.approx(100 / np.sqrt(40))]


def test_segments_that_share_customers_are_compared_with_their_covariance() -> None:
    # each customer answers at both touchpoints, and alike: the difference is surer than of strangers
    moods = np.random.default_rng(3).choice([5, 9], 60)
    rows = answers(
        *[(int(mood), 1.0, "s", f"c{k}") for k, mood in enumerate(moods)],
        *[(int(mood), 1.0, "s", f"c{k}") for k, mood in enumerate(moods)],
        region=["shop"] * 60 + ["web"] * 60,
    )
    rows.loc[:4, "score"] = 9
    counts = counts_of(rows, by=["region"])
    alone, paired = (
        scores.against_rest(counts, by=["region"]),
        scores.against_rest(counts, design=sums_of(rows, by=["region"]), by=["region"]),
    )
    assert alone.table["estimate"].tolist() == paired.table["estimate"].tolist()
    assert (paired.table["std_error"] < 0.5 * alone.table["std_error"]).all()


def test_design_sums_of_other_answers_groups_or_weights_are_refused() -> None:
    rows = answers(*[(score, 1.0, "s", f"c{k % 20}") for k, score in enumerate([5, 7, 9] * 20)])
    counts, sums = counts_of(rows, by=[]), sums_of(rows, by=[])
    with pytest.raises(SchemaError, match=r"same answers and weights.*59 there, 60 here"):
        scores.estimate(counts, design=sums_of(rows.iloc[1:], by=[]))
    with pytest.raises(SchemaError, match="same answers and weights"):
        scores.estimate(counts, design=sums_of(rows.assign(w=2.0), by=[]))
    with pytest.raises(SchemaError, match="Design sums need the columns region"):
        scores.estimate(counts.assign(region="N"), design=sums, by=["region"])
    with pytest.raises(SchemaError, match="n_clusters"):
        scores.estimate(counts, design=sums.drop(columns="n_clusters"))
    with pytest.raises(InsufficientDataError, match="0 rows"):
        weighting.linearise(sums.head(0), [])


def test_csat_is_a_share_with_wilson_and_ces_a_mean_with_t() -> None:
    csat = scores.estimate(
        pd.DataFrame({"score": [1, 3, 4, 5], "n": [10, 10, 40, 40]}), metric=declared("csat", scale=(1, 5), top=(4, 5))
    )
    # Wilson by hand: (0.8 + 3.8415/200 ± 1.96·√(0.16/100 + 3.8415/40000)) / 1.038415
    assert csat.row()[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx([0.8, 0.71117, 0.86663], abs=1e-5)
    assert (csat.unit, csat.measure, csat.better) == ("share", "csat", "up")
    effort = declared("ces", scale=(1, 7), top=(1, 2))
    ces = scores.estimate(pd.DataFrame({"score": [1, 2, 3], "n": [4, 4, 4]}), metric=effort)
    error = np.sqrt(8 / 11 / 12)
    assert ces.row()[["estimate", "std_error"]].tolist() == pytest.approx([2, error])
    assert ces.row()["ci_high"] == pytest.approx(2 + 2.200985160 * error)
    assert (ces.unit, ces.better) == ("scale points", "down")
    assert ces.parts["shares"].set_index("group")["estimate"].to_dict() == pytest.approx(
        {"low effort": 2 / 3, "other": 1 / 3}
    )
    assert scores.estimate(pd.DataFrame({"score": [1, 2, 3], "n": [4, 4, 4]}), metric=effort.as_share()).row()[
        "estimate"
    ] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "scale", [declared("csat", scale=(1, 5), top=(4, 5)), declared("ces", scale=(1, 5), top=(1, 2))]
)
def test_the_whole_family_has_distribution_and_comparisons(scale: MetricScale) -> None:
    counts = pd.DataFrame({"region": ["N"] * 3 + ["S"] * 3, "score": [1, 3, 5] * 2, "n": [20, 30, 50, 40, 30, 30]})
    spread = scores.distribution(counts, metric=scale, by=["region"]).table
    assert spread.groupby("region")["score"].apply(list).to_dict() == {"N": [1, 2, 3, 4, 5], "S": [1, 2, 3, 4, 5]}
    assert spread.groupby("region")["estimate"].sum().tolist() == pytest.approx([1, 1])
    rest = scores.against_rest(counts, metric=scale, by=["region"]).table
    assert rest[f"{scale.name}_segment"].tolist() == rest[f"{scale.name}_rest"].tolist()[::-1]
    assert rest["p_value"].between(0, 0.05).all()


def test_a_code_off_the_metrics_own_scale_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"`csat` must be a whole number from 1 to 5: 1 of 2 rows"):
        scores.estimate(pd.DataFrame({"score": [5, 6], "n": [1, 1]}), metric=declared("csat", scale=(1, 5), top=(5,)))


def test_negative_weights_are_refused() -> None:
    with pytest.raises(SchemaError, match="1 rows hold a negative sum"):
        scores.estimate(pd.DataFrame({"score": [9, 5], "n": [2, 2], "sum_w": [2.0, -1.0], "sum_w2": [2.0, 1.0]}))


def test_weighted_distribution_sums_to_one_and_is_as_wide_as_its_design() -> None:
    rows = answers(*[(score, 1.0 + 3 * (k % 2), "s", f"c{k}") for k, score in enumerate([4, 7, 9] * 20)])
    table = scores.distribution(counts_of(rows, by=[])).table
    assert table["estimate"].sum() == pytest.approx(1)
    plain = scores.distribution(counts_of(rows.assign(w=1.0), by=[])).table
    widths = [(each["ci_high"] - each["ci_low"]).iloc[9] for each in (table, plain)]
    assert widths[0] > widths[1]


def paired_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The sums of `prepare.responses.weighting_sums` by plain pandas."""
    rows = rows.assign(a=rows["score"].map(NPS.worth), b=1.0)
    rows = rows.assign(wa=rows["w"] * rows["a"], wb=rows["w"])
    cells = rows.groupby(["stratum", "cluster"]).agg(n=("b", "size"), **{k: (k, "sum") for k in ("a", "b", "wa", "wb")})
    products = {f"sum_{x}{y}": cells[x] * cells[y] for x, y in ("aa", "ab", "bb")}
    products |= {f"cross_{x}{y}": cells[f"w{x}"] * cells[y] for x in "ab" for y in "ab"}
    cells = (
        cells.assign(**products, k=1)
        .groupby("stratum")
        .agg({"n": "sum", "k": "sum", "a": "sum", "b": "sum", "wb": "sum", **dict.fromkeys(products, "sum")})
    )
    sums = cells.reset_index().rename(
        columns={"stratum": weighting.STRATUM, "k": "n_clusters", "a": "sum_a", "b": "sum_b", "wb": "sum_w"}
    )
    return sums.assign(stratum_clusters=sums["n_clusters"], largest=1.0, largest_w=rows["w"].max())


def effect_of(rows: pd.DataFrame) -> pd.Series:
    design, paired = sums_of(rows, by=[]), paired_of(rows)
    return scores.weighting_effect(counts_of(rows, by=[]), design=design, paired=paired, min_n=1).row()


def drawn(seed: int = 3, clusters: int = 60, strata: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rows = pd.DataFrame({"cluster": random.integers(0, clusters, 400), "score": random.integers(0, 11, 400)})
    return rows.assign(w=random.gamma(2.0, size=400), stratum="s" + (rows["cluster"] % strata).astype(str))


def test_difference_of_weighted_and_unweighted_is_linearised_as_one_statistic() -> None:
    rows = drawn()
    z, w = rows["score"].map(NPS.worth).to_numpy(float), rows["w"].to_numpy()
    one, two = (w * z).sum() / w.sum(), z.mean()
    rows["u"] = w * (z - one) / w.sum() - (z - two) / len(z)
    totals = rows.groupby(["stratum", "cluster"])["u"].sum()
    variance = sum(len(u) / (len(u) - 1) * ((u - u.mean()) ** 2).sum() for _, u in totals.groupby("stratum"))
    found = effect_of(rows)
    assert found["estimate"] == pytest.approx(100 * (one - two), rel=1e-12)
    assert found["std_error"] == pytest.approx(100 * np.sqrt(variance), rel=1e-9)
    assert found["n_eff"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert found["largest_weight_share"] == pytest.approx(w.max() / w.sum())
    half = stats.t.ppf(0.975, len(totals) - 3) * found["std_error"]
    assert found["ci_high"] - found["estimate"] == pytest.approx(half)
    assert found["p_value"] == pytest.approx(
        2 * stats.t.sf(abs(found["estimate"]) / found["std_error"], len(totals) - 3)
    )


def test_paired_test_sees_what_the_intervals_of_the_two_scores_hide() -> None:
    # every cluster tells the same story: promoters weigh more, so the difference is sure and each level is not
    rows = answers(*[(9 if k % 2 else 5, 1.3 if k % 2 else 1.0, "s", f"c{k}") for k in range(200)])
    found = effect_of(rows)
    level = scores.estimate(counts_of(rows, by=[])).row()
    assert level["ci_low"] < 0 < level["ci_high"]
    assert found["p_value"] < 1e-6


def test_equal_weights_make_no_difference_and_few_clusters_no_interval() -> None:
    same = effect_of(drawn().assign(w=0.3))
    assert same["std_error"] == 0
    assert same["estimate"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(effect_of(drawn(clusters=9))["p_value"])


@pytest.mark.parametrize("factor", [1e-12, 1e12])
@pytest.mark.parametrize("strata", [1, 3])
def test_weights_have_no_unit(factor: float, strata: int) -> None:
    rows = drawn(strata=strata)
    scaled = rows.assign(w=factor * rows["w"])
    pd.testing.assert_series_equal(effect_of(rows), effect_of(scaled), rtol=1e-11, atol=0)
    for by in ([], ["stratum"]):
        alone, other = (scores.estimate(counts_of(each, by=by), by=by, min_n=1).table for each in (rows, scaled))
        pd.testing.assert_frame_equal(alone, other, rtol=1e-12, atol=0)
    one, two = (
        scores.by_design(counts_of(each, by=[]), design=sums_of(each, by=[]), min_n=1).table for each in (rows, scaled)
    )
    pd.testing.assert_frame_equal(one, two, rtol=1e-12, atol=0)


@pytest.mark.parametrize("factor", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize(("score", "scale"), [(5, NPS), (5, declared("ces", scale=(1, 7), top=(1, 2)))])
def test_answers_that_are_all_alike_have_no_spread_in_any_unit(factor: float, score: int, scale: MetricScale) -> None:
    rows = drawn().assign(score=score)
    rows["w"] = factor * rows["w"]
    row = scores.estimate(counts_of(rows, by=[]), metric=scale).row()
    assert row["std_error"] == 0
    assert row["estimate"] == (-100 if scale is NPS else 5)


def test_paired_sums_of_other_answers_are_refused() -> None:
    rows = drawn()
    with pytest.raises(SchemaError, match="same answers and weights"):
        scores.weighting_effect(
            counts_of(rows, by=[]), design=sums_of(rows, by=[]), paired=paired_of(rows.iloc[1:]), min_n=1
        )
