"""Weights, windows and sampling clusters: what is summed, what is left out, and what is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.metrics import NPS, declared
from cemlab.prepare import responses
from cemlab.stats import change, scores, weighting

if TYPE_CHECKING:
    from labs import MemoryLab

AS_OF = dt.date(2024, 7, 1)
WINDOWS = [("2024-01-01", "2024-03-01"), ("2024-03-01", "2024-07-01")]


def drawn(n: int = 400, people: int = 150, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 180, n), "D")
    return pd.DataFrame(
        {
            "response_id": [f"r{k}" for k in range(n)],
            "customer_id": [f"c{k}" for k in random.integers(0, people, n)],
            "invitation_id": [f"i{k}" for k in range(n)],
            "responded_at": days,
            "metric": "nps",
            "score": random.integers(0, 11, n).astype(float),
            "channel": random.choice(["web", "mail"], n),
            "weight": random.choice([0.5, 1.0, 2.0], n),
        }
    )


def lab_of(memory_lab: type[MemoryLab], answers: pd.DataFrame, **tables: pd.DataFrame) -> MemoryLab:
    return memory_lab({"responses": answers, **tables}, as_of=AS_OF)


def excluded(lab: MemoryLab, scope: str = "nps") -> dict[str, int]:
    lines = [line for line in lab.ledger.lines if line.scope == scope and line.outcome == "excluded"]
    return {line.reason: line.count for line in lines}


def by_hand(answers: pd.DataFrame, keys: list[str], *, weighted: bool) -> pd.DataFrame:
    worth = answers["score"].map(NPS.worth)
    w = answers["weight"] if weighted else 1.0
    cells = answers.assign(a=w * worth, b=w).groupby([*keys, "customer_id"])[["a", "b"]].sum().reset_index()
    cells = cells.assign(aa=cells.a**2, ab=cells.a * cells.b, bb=cells.b**2, k=1)
    return (
        cells.groupby(keys)[["k", "a", "b", "aa", "ab", "bb"]].sum()
        if keys
        else cells[["k", "a", "b", "aa", "ab", "bb"]].sum().to_frame().T
    )


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("by", [[], ["channel"]])
def test_design_sums_are_those_of_pandas(memory_lab: type[MemoryLab], by: list[str], weighted: bool) -> None:
    answers = drawn()
    found = responses.design_sums(lab_of(memory_lab, answers), by=by, weights="lab" if weighted else "none")
    expected = by_hand(answers, by, weighted=weighted).to_numpy(float)
    columns = ["n_clusters", "sum_a", "sum_b", "sum_aa", "sum_ab", "sum_bb"]
    np.testing.assert_allclose(found[columns].to_numpy(float), expected)
    assert found["stratum_clusters"].unique().tolist() == [answers["customer_id"].nunique()]
    assert found["n"].sum() == len(answers)


def test_products_with_the_rest_are_those_of_pandas(memory_lab: type[MemoryLab]) -> None:
    answers = drawn()
    found = responses.design_sums(lab_of(memory_lab, answers), by=["channel"], weights="lab").set_index("channel")
    a = answers.assign(a=answers["weight"] * answers["score"].map(NPS.worth), b=answers["weight"])
    wide = a.pivot_table(index="customer_id", columns="channel", values=["a", "b"], aggfunc="sum")
    both = wide.dropna()
    for x in "ab":
        for y in "ab":
            expected = (both[(x, "web")] * both[(y, "mail")]).sum()
            assert found.loc["web", f"rest_{x}{y}"] == pytest.approx(expected)
    assert found["rest_shared"].tolist() == [len(both)] * 2


def test_overlap_is_that_of_pandas(memory_lab: type[MemoryLab]) -> None:
    answers = drawn()
    found = responses.overlap(lab_of(memory_lab, answers), period=WINDOWS, weights="lab")
    a = answers.assign(
        a=answers["weight"] * answers["score"].map(NPS.worth),
        b=answers["weight"],
        late=answers["responded_at"] >= "2024-03-01",
    )
    both = a.pivot_table(index="customer_id", columns="late", values=["a", "b"], aggfunc="sum").dropna()
    assert found[["period", "other"]].to_numpy().tolist() == [["2024-03-01", "2024-01-01"]]
    for x in "ab":
        for y in "ab":
            assert found[f"cross_{x}{y}"].tolist() == [pytest.approx((both[(x, True)] * both[(y, False)]).sum())]
    assert found["n_clusters"].tolist() == [len(both)]


def test_the_cluster_is_declared_else_the_customer_else_the_answer(memory_lab: type[MemoryLab]) -> None:
    answers = drawn().assign(cluster=lambda rows: "flight " + rows["score"].astype(str), stratum="s")
    declared_ = responses.design_sums(lab_of(memory_lab, answers))
    assert declared_["n_clusters"].tolist() == [11]
    assert declared_["sampling_stratum"].tolist() == ["s"]
    customers = responses.design_sums(lab_of(memory_lab, answers.drop(columns=["cluster", "stratum"])))
    assert customers["n_clusters"].tolist() == [answers["customer_id"].nunique()]
    alone = responses.design_sums(lab_of(memory_lab, answers.drop(columns=["cluster", "stratum", "customer_id"])))
    assert alone["n_clusters"].tolist() == alone["n"].tolist() == [400]


def test_an_answer_without_customer_or_cluster_is_a_cluster_of_its_own(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(10, people=2)
    answers.loc[:3, "customer_id"] = None
    known = answers["customer_id"].nunique()
    assert responses.design_sums(lab_of(memory_lab, answers))["n_clusters"].tolist() == [known + 4]
    assert responses.design_sums(lab_of(memory_lab, answers), by=["channel"])["stratum_clusters"].unique().tolist() == [
        known + 4
    ]


def test_counts_and_design_sums_fit_together_in_every_call(memory_lab: type[MemoryLab]) -> None:
    answers = drawn()
    answers["stratum"] = np.where(answers["channel"] == "web", "a", "b")
    lab = lab_of(memory_lab, answers)
    for options in (
        {},
        {"by": ["channel"]},
        {"period": "month", "start": "2024-01-01"},
        {"by": ["channel"], "period": "quarter"},
        {"period": WINDOWS},
    ):
        counts = responses.score_counts(lab, weights="lab", **options)
        design = responses.design_sums(lab, weights="lab", **options)
        keys = [*options.get("by", []), *(["period"] if "period" in options else [])]
        result = scores.estimate(counts, by=keys, design=design, min_n=1).table
        assert result["std_error"].gt(0).all()
        assert result["n"].sum() == 400


def test_the_ends_of_weights_are_excluded_counted_or_refused(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(40)
    answers.loc[:2, "weight"] = 0.0
    answers.loc[3:4, "weight"] = None
    answers.loc[5, "score"] = None
    lab = lab_of(memory_lab, answers)
    counts = responses.score_counts(lab, weights="lab")
    assert excluded(lab) == {"no score given": 1, "it has no weight": 2, "its weight is zero": 3}
    assert counts["n"].sum() == 34
    assert counts["sum_w"].sum() == pytest.approx(answers.loc[6:, "weight"].sum())
    assert counts["sum_w2"].sum() == pytest.approx((answers.loc[6:, "weight"] ** 2).sum())
    assert responses.design_sums(lab, weights="lab")["n"].tolist() == [34]
    below = lab_of(memory_lab, answers.assign(weight=[-1.0] * 7 + [1.0] * 33))
    for call in (responses.score_counts, responses.design_sums):
        with pytest.raises(SchemaError, match="must not be negative: 6 answers"):
            call(below, weights="lab")
    nothing = lab_of(memory_lab, answers.assign(weight=0.0))
    with pytest.raises(InsufficientDataError, match="its weight is zero: 39"):
        responses.score_counts(nothing, weights="lab")


def test_weights_that_do_not_exist_are_refused(memory_lab: type[MemoryLab]) -> None:
    with pytest.raises(SchemaError, match="column `weight`"):
        responses.score_counts(lab_of(memory_lab, drawn().drop(columns="weight")), weights="lab")
    with pytest.raises(SchemaError, match="table `assignments`"):
        responses.score_counts(lab_of(memory_lab, drawn()), weights="raked")


ASSIGNED = pd.DataFrame(
    {
        "customer_id": ["c0", "c0", "c1", "c2"],
        "name": ["raked", "raked", "raked", "other"],
        "value": ["x"] * 4,
        "weight": [9.0, 2.0, 3.0, 5.0],
        "known_at": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-01-01", "2024-01-01"]),
    }
)


def test_an_assigned_weight_is_the_customers_latest(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(4).assign(customer_id=["c0", "c0", "c1", "c2"], score=[9.0, 9.0, 3.0, 5.0])
    lab = lab_of(memory_lab, answers, assignments=ASSIGNED)
    counts = responses.score_counts(lab, weights="raked").set_index("score")
    assert counts["sum_w"].to_dict() == {3: 3, 9: 4}
    assert excluded(lab) == {"it has no weight": 1}
    with pytest.raises(SchemaError, match=r"Did you mean `raked`\? Assigned are: other, raked"):
        responses.score_counts(lab, weights="rakd")


def test_windows_are_periods_and_stand_in_the_ledger_beside_the_study(memory_lab: type[MemoryLab]) -> None:
    lab = lab_of(memory_lab, drawn())
    responses.score_counts(lab, start="2024-03-01", end="2024-07-01")
    before = list(lab.ledger.lines)
    counts = responses.score_counts(lab, period=WINDOWS)
    assert lab.ledger.lines[: len(before)] == before
    scope = "nps, 2024-01-01 to 2024-03-01 and 2024-03-01 to 2024-07-01"
    assert lab.ledger.count("used", table="responses", stage="study", scope=scope) == 400
    assert counts["period"].unique().tolist() == ["2024-01-01", "2024-03-01"]
    assert counts["complete"].all()


def test_a_gap_between_windows_is_outside_both(memory_lab: type[MemoryLab]) -> None:
    answers = drawn()
    lab = lab_of(memory_lab, answers)
    counts = responses.score_counts(lab, period=[("", "2024-02-01"), ("2024-05-01", "")], scope="apart")
    inside = (answers["responded_at"] < "2024-02-01") | (answers["responded_at"] >= "2024-05-01")
    assert counts["n"].sum() == inside.sum()
    assert excluded(lab, "apart") == {"outside the window": int((~inside).sum())}
    # an open first window is named by its first answer
    assert counts["period"].iloc[0] == str(answers["responded_at"].min().date())


def test_a_window_that_is_not_over_is_incomplete(memory_lab: type[MemoryLab]) -> None:
    counts = responses.score_counts(
        lab_of(memory_lab, drawn()), period=[("2024-01-01", "2024-03-01"), ("2024-03-01", "2024-12-31")]
    )
    assert counts.drop_duplicates("period")["complete"].tolist() == [True, False]


@pytest.mark.parametrize(
    "windows",
    [
        [("2024-01-01", "2024-03-01")],
        [("2024-01-01", "2024-03-01"), ("2024-02-01", "2024-07-01")],
        [("2024-03-01", "2024-07-01"), ("2024-01-01", "2024-03-01")],
        [("2024-01-01", ""), ("2024-03-01", "2024-07-01")],
        [("2024-03-01", "2024-01-01"), ("2024-04-01", "2024-07-01")],
    ],
)
def test_windows_that_overlap_or_are_out_of_order_are_refused(
    memory_lab: type[MemoryLab], windows: list[tuple[str, str]]
) -> None:
    with pytest.raises(ParameterError, match="Windows to compare"):
        responses.score_counts(lab_of(memory_lab, drawn()), period=windows)


def test_transitions_take_each_customers_last_answer_of_a_window(memory_lab: type[MemoryLab]) -> None:
    rows = [
        ("r1", "c1", "2024-01-05", 3),
        ("r2", "c1", "2024-02-05", 9),
        ("r3", "c1", "2024-04-05", 10),
        ("r4", "c2", "2024-01-05", 7),
        ("r5", "c3", "2024-02-05", 5),
        ("r6", "c3", "2024-05-05", 8),
        ("r7", "c3", "2024-05-05", 6),
        ("r8", None, "2024-01-05", 1),
        ("r9", None, "2024-04-05", 1),
    ]
    answers = pd.DataFrame(rows, columns=["response_id", "customer_id", "responded_at", "score"]).assign(
        metric="nps", channel="web"
    )
    answers["score"] = answers["score"].astype(float)
    lab = lab_of(memory_lab, answers)
    found = responses.transitions(lab, windows=WINDOWS)
    assert found.to_numpy().tolist() == [[5, 6, 1], [9, 10, 1]]
    assert responses.transitions(lab, windows=WINDOWS, by=["channel"])["channel"].tolist() == ["web", "web"]
    assert change.paired(found, min_n=1).row()["n"] == 2
    with pytest.raises(ParameterError, match="Two windows"):
        responses.transitions(lab, windows=WINDOWS[:1])
    with pytest.raises(SchemaError, match="customer_id"):
        responses.transitions(lab_of(memory_lab, answers.drop(columns="customer_id")), windows=WINDOWS)


def test_waits_are_counted_by_when_customers_were_asked(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(6).assign(
        responded_at=pd.to_datetime(
            ["2024-05-31", "2024-06-03", "2024-06-30", "2024-06-30", "2024-06-01", "2024-05-02"]
        ),
        score=[1.0, 2.0, 3.0, 4.0, np.nan, 5.0],
        survey=["a", "a", "b", "b", "a", "a"],
    )
    sent = pd.DataFrame(
        {
            "invitation_id": [f"i{k}" for k in range(6)],
            "customer_id": answers["customer_id"],
            "sent_at": pd.to_datetime(
                ["2024-05-30", "2024-05-30", "2024-06-30", "2024-06-30", "2024-06-01", "2024-05-03"]
            ),
        }
    )
    lab = lab_of(memory_lab, answers, invitations=sent)
    counted = responses.arrivals(lab)
    assert counted.to_numpy().tolist() == [
        ["2024-05-01", "a", 31, 1, 1],
        ["2024-05-01", "a", 31, 4, 1],
        ["2024-06-01", "b", 0, 0, 2],
    ]
    assert responses.arrivals(lab, start="2024-06-01", period="quarter").to_numpy().tolist() == [
        ["2024-04-01", "b", 0, 0, 2]
    ]
    assert len(responses.arrivals(lab, survey="a", end="2024-06-01")) == 2
    with pytest.raises(SchemaError, match="maps no table `invitations`"):
        responses.arrivals(lab_of(memory_lab, answers))


def test_invitations_are_counted_by_customer_with_those_that_were_answered(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(4).assign(
        responded_at=pd.to_datetime(["2024-03-02", "2024-03-03", "2024-03-04", "2024-03-05"]),
        invitation_id=["i0", "i1", "i3", ""],
        survey="web",
        score=[9.0, 5.0, np.nan, 3.0],
    )
    sent = pd.DataFrame(
        {
            "invitation_id": [f"i{k}" for k in range(7)],
            "customer_id": ["a", "a", "b", "c", "c", "d", "e"],
            "survey": ["web", "web", "web", "web", "web", "other", "web"],
            "sent_at": pd.to_datetime(["2024-03-01"] * 6 + ["2024-06-25"]),
        }
    )
    lab = lab_of(memory_lab, answers, invitations=sent)
    # an answer without a score is none, a survey that nobody answered does not ask, and the last days are too fresh
    assert responses.invited(lab).to_numpy().tolist() == [[1, 0, 1], [2, 0, 1], [2, 2, 1]]
    assert responses.invited(lab, survey="other").to_numpy().tolist() == [[1, 0, 1]]
    assert responses.invited(lab, days=0, start="2024-06-01").to_numpy().tolist() == [[1, 0, 1]]
    with pytest.raises(SchemaError, match="maps no table `invitations`"):
        responses.invited(lab_of(memory_lab, answers))


def test_late_answers_are_told_by_their_invitation(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(30)
    waits = np.arange(30)
    sent = pd.DataFrame(
        {
            "invitation_id": answers["invitation_id"],
            "customer_id": answers["customer_id"],
            "sent_at": answers["responded_at"] - pd.to_timedelta(waits, "D"),
        }
    )
    lab = lab_of(memory_lab, answers, invitations=sent.iloc[:25])
    responses.score_counts(lab)
    counts = responses.late_counts(lab, days=14)
    assert counts.groupby("answered")["n"].sum().to_dict() == {"in time": 15, "late": 10, "unknown": 5}
    assert lab.ledger.count("used", table="responses", stage="study", scope="nps") == 30
    assert set(responses.late_counts(lab, days=14, period="month")) >= {"period", "complete", "answered"}
    with pytest.raises(SchemaError, match="no table `invitations`"):
        responses.late_counts(lab_of(memory_lab, answers))
    with pytest.raises(ParameterError, match="at least 0"):
        responses.late_counts(lab, days=-1)


def test_other_metrics_have_their_own_worth(memory_lab: type[MemoryLab]) -> None:
    answers = drawn().assign(metric="csat", score=lambda rows: 1.0 + rows["score"] % 5)
    lab = lab_of(memory_lab, answers)
    with pytest.raises(SchemaError, match=r"Declare `\[metrics.csat\]`"):
        responses.design_sums(lab, metric="csat")
    csat, ces = declared("csat", scale=(1, 5), top=(4, 5)), declared("ces", scale=(1, 5), top=(1, 2))
    lab.info = replace(lab.info, metrics=(NPS, csat, replace(ces, name="csat")))
    design, counts = responses.design_sums(lab, metric="csat"), responses.score_counts(lab, metric="csat")
    assert design["sum_a"].tolist() == [answers["score"].sum()]
    assert scores.estimate(counts, metric=lab.info.metric("csat"), design=design).row()["estimate"] == pytest.approx(
        answers["score"].mean()
    )
    top = responses.design_sums(lab, metric="csat", share=True)
    assert top["sum_a"].tolist() == [(answers["score"] <= 2).sum()]


class Counting:
    """A lab that knows how often one customer comes at most."""

    def __init__(self, lab: MemoryLab, most: int) -> None:
        self._lab, self._most = lab, most

    def __getattr__(self, name: str) -> object:
        return getattr(self._lab, name)

    def most_rows(self, *_: str) -> int | None:
        return self._most


def test_customers_of_large_groups_are_at_least_so_many_and_of_small_ones_exact(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(3000, people=900).assign(channel=["web"] * 2950 + ["mail"] * 50)
    most = int(answers["customer_id"].value_counts().max())
    lab = Counting(lab_of(memory_lab, answers), most)
    found = responses.score_counts(lab, by=["channel"]).drop_duplicates("channel").set_index("channel")["n_customers"]  # type: ignore[arg-type]
    exact = answers.groupby("channel")["customer_id"].nunique()
    assert found["mail"] == exact["mail"]
    assert 100 <= found["web"] <= exact["web"]
    # the least that there can be never lets a group pass that has too few
    assert found["web"] == -(-2950 // most)


def test_where_each_customer_answered_once_nobody_is_counted(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(200).assign(customer_id=[f"c{k}" for k in range(200)])
    lab = Counting(lab_of(memory_lab, answers), 1)
    assert responses.score_counts(lab)["n_customers"].unique().tolist() == [200]  # type: ignore[arg-type]
    design = responses.design_sums(lab, by=["channel"])  # type: ignore[arg-type]
    assert design["n_clusters"].tolist() == design["n"].tolist()
    assert responses.overlap(lab, period="month").empty  # type: ignore[arg-type]


def test_missing_and_empty_levels_are_one(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(90).assign(channel=pd.Series(["web", None, ""] * 30, dtype=object), customer_id="c1")
    lab = lab_of(memory_lab, answers)
    counts = responses.score_counts(lab, by=["channel"])
    assert counts.groupby("channel")["n"].sum().to_dict() == {"unknown": 60, "web": 30}
    assert not counts.duplicated(["channel", "score"]).any()
    design = responses.design_sums(lab, by=["channel"])
    # one customer, one cluster in each level
    assert design["n_clusters"].tolist() == [1, 1]


@pytest.mark.parametrize("label", ["x" * 300, "<b>Nord</b>", "🌱", "'; DROP TABLE responses", 'a"b'])
def test_any_label_is_a_group(memory_lab: type[MemoryLab], label: str) -> None:
    answers = drawn(60).assign(channel=[label, "web"] * 30)
    lab = lab_of(memory_lab, answers)
    assert set(responses.score_counts(lab, by=["channel"])["channel"]) == {label, "web"}
    assert set(responses.design_sums(lab, by=["channel"])["channel"]) == {label, "web"}


def test_five_thousand_segments_are_summed_and_compared(memory_lab: type[MemoryLab]) -> None:
    answers = drawn(20_000, people=4_000).assign(channel=[f"s{k % 5000}" for k in range(20_000)])
    lab = lab_of(memory_lab, answers)
    design, counts = responses.design_sums(lab, by=["channel"]), responses.score_counts(lab, by=["channel"])
    assert len(scores.against_rest(counts, by=["channel"], design=design, min_n=2).table) == 5000


def test_no_answer_is_an_error_everywhere(memory_lab: type[MemoryLab]) -> None:
    lab = lab_of(memory_lab, drawn())
    with pytest.raises(InsufficientDataError, match="none does"):
        responses.design_sums(lab, start="2030-01-01")
    with pytest.raises(InsufficientDataError, match="outside the window: 400"):
        responses.score_counts(lab, period=[("2030-01-01", "2030-02-01"), ("2030-02-01", "2030-03-01")])
    assert responses.transitions(lab, windows=[("2030-01-01", "2030-02-01"), ("2030-02-01", "2030-03-01")]).empty
    assert responses.overlap(lab, start="2030-01-01", period="month").empty


def test_all_periods_incomplete_give_levels_and_no_change(memory_lab: type[MemoryLab]) -> None:
    lab = lab_of(memory_lab, drawn())
    options: dict[str, Any] = {"start": "2024-02-10", "end": "2024-03-20", "period": "month"}
    counts, design = responses.score_counts(lab, **options), responses.design_sums(lab, **options)
    assert not counts["complete"].any()
    assert len(scores.estimate(counts, by=["period"], design=design).table) == 2
    for result in (
        change.consecutive(counts, design=design, shared=responses.overlap(lab, **options)),
        change.trend(counts, design=design),
    ):
        assert result.table.empty
        assert any(note.startswith("Fewer than") for note in result.notes)


def test_one_answer_is_counted_and_suppressed(memory_lab: type[MemoryLab]) -> None:
    lab = lab_of(memory_lab, drawn(1))
    counts, design = responses.score_counts(lab, weights="lab"), responses.design_sums(lab, weights="lab")
    assert scores.estimate(counts, design=design).row()["suppressed"]
    assert weighting.linearise(design, []).n_clusters.tolist() == [1]


@pytest.mark.parametrize("weights", ["none", "lab"])
@pytest.mark.parametrize("columns", [{}, {"stratum": "channel"}])
def test_sums_of_ratios_are_the_design_sums_of_each(
    memory_lab: type[MemoryLab], weights: str, columns: dict[str, str]
) -> None:
    answers = drawn()
    lab = lab_of(memory_lab, answers.assign(**{name: answers[of] for name, of in columns.items()}))
    found = responses.ratio_sums(
        lab, ratios={"nps": (NPS.worth, None), "heap": ({5: 1.0}, {4: 0.5, 6: 0.5})}, weights=weights
    )
    expected = responses.design_sums(lab, weights=weights)
    ours = found[found["rule"] == "nps"].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours[expected.columns], expected, check_dtype=False)
    heap = found[found["rule"] == "heap"]
    w = answers["weight"] if weights == "lab" else 1.0
    assert heap["sum_a"].sum() == pytest.approx((w * (answers["score"] == 5)).sum())
    assert heap["sum_b"].sum() == pytest.approx((w * answers["score"].isin([4, 6]) / 2).sum())


@pytest.mark.parametrize("columns", [["customer_id"], []])
def test_sums_of_both_scores_are_those_of_pandas(memory_lab: type[MemoryLab], columns: list[str]) -> None:
    answers = drawn()
    lab = lab_of(memory_lab, answers if columns else answers.drop(columns="customer_id"))
    found = responses.weighting_sums(lab).iloc[0]
    z = answers["score"].map(NPS.worth)
    rows = answers.assign(a=z, b=1.0, wa=answers["weight"] * z, wb=answers["weight"])
    cells = rows.groupby("customer_id")[["a", "b", "wa", "wb"]].sum() if columns else rows
    for x in "ab":
        for y in "ab":
            assert found[f"cross_{x}{y}"] == pytest.approx((cells[f"w{x}"] * cells[y]).sum())
    assert found["n_clusters"] == len(cells)
    assert [found["sum_w"], found["largest_w"]] == pytest.approx([answers["weight"].sum(), answers["weight"].max()])
    names = ["n", "n_clusters", "stratum_clusters", "largest", "sum_a", "sum_b", "sum_aa", "sum_ab", "sum_bb"]
    plain = responses.design_sums(lab)[names].iloc[0]
    np.testing.assert_allclose(found[names].to_numpy(float), plain.to_numpy(float))


def test_weights_are_those_of_the_lab_where_it_has_any(memory_lab: type[MemoryLab]) -> None:
    answers = drawn()
    for each, meant in ((answers, "lab"), (answers.drop(columns="weight"), "none")):
        lab = lab_of(memory_lab, each)
        for call in (responses.score_counts, responses.design_sums):
            pd.testing.assert_frame_equal(call(lab, weights="auto"), call(lab, weights=meant))
