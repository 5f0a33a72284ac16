"""Who lives at a landmark, what was known before it, and on which days a prediction is judged."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.lab import Lab
from cemlab.data import synthetic
from cemlab.data.lab import open_lab
from cemlab.prepare import cells, rows

if TYPE_CHECKING:
    from labs import MemoryLab

AS_OF = dt.date(2024, 7, 1)
DAY, CUT = "2023-12-01", "2024-03-01"
TERMS, VARYING = ["plan", "usage_gb", "region", "tenure"], ["nps_group", "complaints_90d"]

LIVES: list[tuple[str, str, str, str | None, str, float | None]] = [
    ("s1", "a", "2023-01-31", "2024-03-15", "x", 10.0),
    ("s2", "b", "2023-02-01", None, "y", 20.0),
    ("s3", "c", "2023-02-02", "2024-02-01", "x", 30.0),
    ("s4", "d", "2024-01-31", "2024-05-01", "y", None),
    ("s5", "a", "2024-04-01", None, "x", 50.0),
    ("s6", "e", "2022-02-01", "2024-02-10", "z", 50.0),
]


def days(*values: str | None) -> pd.Series:
    return pd.Series([dt.date.fromisoformat(value) if value else None for value in values], dtype=object)


def spells() -> pd.DataFrame:
    table = pd.DataFrame(LIVES, columns=["spell_id", "customer_id", "started_on", "ended_on", "plan", "fee"])
    return table.assign(started_on=days(*table["started_on"]), ended_on=days(*(life[3] for life in LIVES)))


@pytest.fixture
def lab(memory_lab: type[MemoryLab]) -> MemoryLab:
    return memory_lab({"spells": spells()}, as_of=AS_OF)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Lab]:
    """A made-up company as it is known today, and as it was on `CUT`."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CEMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        lab_file = synthetic.write(tmp_path_factory.mktemp("company"), customers=600, seed=5)
        return open_lab(lab_file), open_lab(lab_file, as_of=CUT)


def test_tenure_is_whole_months_to_the_landmark(lab: MemoryLab) -> None:
    table = cells.landmark(lab, day="2024-02-01", terms=["plan", "tenure"], bins={"tenure": range(1, 30)})
    found = {(row.plan, row.tenure): (row.duration, row.events) for row in table.itertuples()}
    assert found == {
        ("x", "12 to 13"): (43, 1),  # since 31 January of the year before: a year and a day
        ("y", "12 to 13"): (151, 0),
        ("y", "below 1"): (90, 1),
        ("z", "24 to 25"): (9, 1),
    }  # the third ended on the day itself


def test_replicates_are_folded_hashes_of_customers(lab: MemoryLab) -> None:
    table = cells.landmark(lab, day="2024-02-01", terms=["plan"], replicates=7)
    digits = {who: int(hashlib.md5(who.encode()).hexdigest()[:2], 16) % 7 for who in "abde"}
    assert list(table)[:2] == ["duration", "replicate"]
    assert dict(zip(table["duration"], table["replicate"], strict=True)) == {
        43: digits["a"],
        151: digits["b"],
        90: digits["d"],
        9: digits["e"],
    }
    merged = table.groupby(["duration", "plan"])[["n", "events"]].sum().reset_index()
    pd.testing.assert_frame_equal(merged, cells.landmark(lab, day="2024-02-01", terms=["plan"]))
    for groups in (1, 257):
        with pytest.raises(ParameterError, match="must be 2 to 256"):
            cells.landmark(lab, day="2024-02-01", replicates=groups)


def test_cut_points_are_those_of_the_training_and_hold_on_every_day(lab: MemoryLab) -> None:
    # few values begin a level each
    points = cells.cut_points(lab, day="2024-02-01", terms=["plan", "fee", "tenure"])
    assert points == {"fee": (20.0, 50.0), "tenure": (12.0, 24.0)}
    assert cells.cut_points(lab, day="2024-02-01", terms=["fee"], quantiles=2) == {"fee": (20.0,)}
    later = cells.landmark(lab, day="2024-04-02", terms=["fee", "tenure"], bins=points)
    assert later[["fee", "tenure", "n"]].to_numpy().tolist() == [
        ["unknown", "below 12", 1],
        ["20 to 50", "12 to 24", 1],
        ["50 and over", "below 12", 1],
    ]
    assert cells.cut_points(lab, day="2022-03-01", terms=["fee"]) == {"fee": ()}
    assert cells.landmark(lab, day="2024-02-01", terms=["fee"], bins={"fee": ()})["fee"].unique().tolist() == [
        "any",
        "unknown",
    ]


def test_a_customer_who_became_known_only_later_has_no_attributes_yet(memory_lab: type[MemoryLab]) -> None:
    known = pd.to_datetime(["2023-01-31", "2024-02-01", "2024-01-31 23:59"], format="mixed")
    customers = pd.DataFrame({"customer_id": ["a", "b", "d"], "region": ["N", "S", "W"], "known_at": known})
    lab = memory_lab({"spells": spells(), "customers": customers}, as_of=AS_OF)
    table = cells.landmark(lab, day="2024-02-01", terms=["region"])
    assert table.set_index("duration")["region"].to_dict() == {9: "unknown", 43: "N", 90: "W", 151: "unknown"}


def test_of_assignments_the_last_before_the_landmark_counts(memory_lab: type[MemoryLab]) -> None:
    written = pd.to_datetime(["2023-01-01", "2024-01-31", "2024-02-01", "2024-01-31"])
    assigned = pd.DataFrame(
        {"customer_id": list("aaab"), "name": "need", "value": ["p", "q", "r", "s"], "known_at": written}
    )
    lab = memory_lab({"spells": spells(), "assignments": assigned}, as_of=AS_OF)
    table = cells.landmark(lab, day="2024-02-01", terms=["need"])
    assert table.set_index("duration")["need"].to_dict() == {9: "unknown", 43: "q", 90: "unknown", 151: "s"}


def test_training_sees_what_a_lab_of_that_day_saw(company: tuple[Lab, Lab]) -> None:
    """Whatever happened after the cut changes nothing: the leak that no model must have."""
    now, then = company
    terms = {"terms": TERMS, "time_varying": VARYING}
    points = cells.cut_points(now, day=DAY, cut=CUT, terms=TERMS)
    assert points == cells.cut_points(then, day=DAY, terms=TERMS)
    ours = cells.landmark(now, day=DAY, cut=CUT, bins=points, replicates=16, **terms)  # type: ignore[arg-type]
    theirs = cells.landmark(then, day=DAY, bins=points, replicates=16, **terms)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(ours, theirs)
    assert ours["events"].sum() > 20
    assert ours["duration"].max() <= (dt.date.fromisoformat(CUT) - dt.date.fromisoformat(DAY)).days


# days of judging


def test_cuts_follow_one_another_where_someone_left_before_and_after(memory_lab: type[MemoryLab]) -> None:
    ends = ["2024-01-15", "2024-02-15", "2024-03-15", "2024-04-15"]
    table = pd.DataFrame({"spell_id": list("pqrst"), "customer_id": list("pqrst"), "started_on": dt.date(2023, 1, 1)})
    lab = memory_lab({"spells": table.assign(ended_on=days(*ends, None))}, as_of=dt.date(2024, 5, 1))
    assert cells.judging_days(lab, horizon_days=31).to_numpy().tolist() == [
        ["2024-02-29", "2024-03-31", "2024-05-01"],
        ["2024-01-29", "2024-02-29", "2024-03-31"],
        ["2023-12-29", "2024-01-29", "2024-02-29"],
    ]
    assert len(cells.judging_days(lab, horizon_days=31, cuts=2)) == 2
    assert len(cells.judging_days(lab, horizon_days=31, cuts=9)) == 3


def _whose(memory_lab: type[MemoryLab], ended: list[str | None], as_of: dt.date | None = AS_OF) -> MemoryLab:
    return memory_lab({"spells": spells().assign(ended_on=days(*ended))}, as_of=as_of)


@pytest.mark.parametrize(
    ("ended", "horizon", "why"),
    [
        ([None] * 6, 30, "no end of a spell is recorded before 2024-07-01"),
        (["2024-06-30"] * 6, 30, "all 6 recorded ends of spells fall on one day, so this lab is a snapshot"),
        (["2024-06-30", "2024-06-29", *[None] * 4], 30, "no ends of these before 2024-06-01"),
        (["2024-06-30", "2024-02-01", *[None] * 4], 9000, "no spells that live on 1975-"),
    ],
)
def test_no_later_time_is_said_with_its_reason(
    memory_lab: type[MemoryLab], ended: list[str | None], horizon: int, why: str
) -> None:
    with pytest.raises(InsufficientDataError, match=why):
        cells.judging_days(_whose(memory_lab, ended), horizon_days=horizon)


def test_without_days_there_is_no_later_time(memory_lab: type[MemoryLab]) -> None:
    with pytest.raises(InsufficientDataError, match="nothing in this lab carries a day"):
        cells.judging_days(_whose(memory_lab, [None] * 6, as_of=None), horizon_days=30)
    with pytest.raises(InsufficientDataError, match="no end of a spell is recorded"):
        cells.judging_days(memory_lab({"spells": spells().drop(columns="ended_on")}, as_of=AS_OF), horizon_days=30)


def test_horizon_and_cuts_are_at_least_one(lab: MemoryLab) -> None:
    with pytest.raises(ParameterError, match="`horizon_days` must be at least 1"):
        cells.judging_days(lab, horizon_days=0)
    with pytest.raises(ParameterError, match="`cuts` must be at least 1"):
        cells.judging_days(lab, horizon_days=30, cuts=0)


def _arrivals(memory_lab: type[MemoryLab], *, cut: str, open_too: bool) -> MemoryLab:
    """Ten begin on every day and last 1 to 200 days; a file of those that had ended by the cut, or of all."""
    begins = np.repeat(pd.date_range("2022-01-01", "2023-12-31").to_numpy(), 10)
    lasted = np.random.default_rng(3).integers(1, 201, len(begins))
    ends, last = begins + lasted.astype("timedelta64[D]"), np.datetime64(cut)
    kept = np.ones(len(begins), dtype=bool) if open_too else ends <= last
    ids = [str(number) for number in range(int(kept.sum()))]
    table = pd.DataFrame({"spell_id": ids, "customer_id": ids, "started_on": pd.Series(begins[kept]).dt.date})
    table["ended_on"] = [day.date() if day <= pd.Timestamp(cut) else None for day in pd.DatetimeIndex(ends[kept])]
    return memory_lab({"spells": table}, as_of=dt.date.fromisoformat(cut) + dt.timedelta(days=1))


def test_days_whose_customers_a_file_of_ended_spells_lacks_are_not_judged(memory_lab: type[MemoryLab]) -> None:
    """Who lived on a day and ended after the file did is not in it: nobody is left who could be seen to stay."""
    lab = _arrivals(memory_lab, cut="2023-12-31", open_too=False)
    unjudged = cells.unjudged_days(lab, horizon_days=60)
    assert unjudged["day"].tolist() == ["2023-11-02", "2023-09-03"]
    assert unjudged["stayed"].iloc[0] == 0
    assert unjudged["live"].min() > 100
    # In a steady flow with lives evenly from 1 to 200, ((200 - r)/200)² of those who are here last r days more.
    assert unjudged["missing_share"].tolist() == pytest.approx([(140 / 200) ** 2, (80 / 200) ** 2], abs=0.03)
    found = cells.judging_days(lab, horizon_days=60, cuts=2)
    assert found["test_day"].tolist() == ["2023-07-05", "2023-05-06"]


def test_a_file_with_open_spells_is_judged_to_its_last_day(memory_lab: type[MemoryLab]) -> None:
    lab = _arrivals(memory_lab, cut="2023-12-31", open_too=True)
    assert not len(cells.unjudged_days(lab, horizon_days=60))
    assert cells.judging_days(lab, horizon_days=60)["test_day"].iloc[0] == "2023-11-02"


def test_where_on_no_day_anybody_stays_this_is_why_nothing_is_judged(memory_lab: type[MemoryLab]) -> None:
    lab = _arrivals(memory_lab, cut="2023-12-31", open_too=False)
    with pytest.raises(InsufficientDataError, match=r"spells that live on .*, 0 could be seen to last 250 days"):
        cells.judging_days(lab, horizon_days=250)


# rows


def _stacked(found: rows.EngineRows) -> tuple[np.ndarray, pd.DataFrame]:
    blocks = list(found)
    told: dict[str, Any] = {
        name: np.concatenate([getattr(block, name) for block in blocks]) for name in ("duration", "event")
    }
    if blocks[0].replicate is not None:
        told["replicate"] = np.concatenate([block.replicate for block in blocks if block.replicate is not None])
    return np.concatenate([block.x for block in blocks]), pd.DataFrame(told)


def test_rows_at_a_cut_by_hand(lab: MemoryLab) -> None:
    found = rows.at_cut(lab, day="2024-02-01", terms=["plan", "fee", "tenure"], replicates=7)
    x, told = _stacked(found)
    assert found.columns == ("fee", "fee missing", "tenure", "plan=x", "plan=z")
    mean = 80 / 3
    # in the order of the spells' ids: s1, s2, s4, s6
    np.testing.assert_allclose(
        x, np.array([[10.0, 0, 12, 1, 0], [20, 0, 12, 0, 0], [mean, 1, 0, 0, 0], [50, 0, 24, 0, 1]]), atol=1e-12
    )
    assert told[["duration", "event"]].to_numpy().tolist() == [[43, 1], [151, 0], [90, 1], [9, 1]]
    cells_of = cells.landmark(lab, day="2024-02-01", replicates=7).set_index("duration")["replicate"]
    assert told["replicate"].tolist() == cells_of.loc[told["duration"]].tolist()


def test_rows_like_those_of_the_training_have_its_columns_and_means(lab: MemoryLab) -> None:
    train = rows.at_cut(lab, day="2024-02-01", cut="2024-04-02", terms=["plan", "fee"])
    test = rows.at_cut(lab, day="2024-04-02", terms=["plan", "fee"], like=train)
    assert test.columns == train.columns
    x, _ = _stacked(test)
    np.testing.assert_allclose(x, np.array([[20, 0, 0, 0], [80 / 3, 1, 0, 0], [50, 0, 1, 0]]))
    with pytest.raises(ParameterError, match="2 there, 1 asked for, of which 1 are the same"):
        rows.at_cut(lab, day="2024-04-02", terms=["plan"], like=train)


def test_what_training_never_had_is_left_out_and_accounted_for(memory_lab: type[MemoryLab]) -> None:
    new = spells()
    new.loc[4, "plan"] = "new"
    lab = memory_lab({"spells": new}, as_of=AS_OF)
    train = rows.at_cut(lab, day="2023-03-01", cut="2024-02-01", terms=["plan", "fee"])
    test = rows.at_cut(lab, day="2024-04-02", terms=["plan", "fee"], like=train, scope="test")
    # left: a new plan, and a fee that is missing though in training none was
    assert _stacked(test)[0].shape == (1, len(train.columns))
    assert lab.ledger.count("excluded", table="spells", stage="study", scope="test", reason=rows.UNSEEN_LEVEL) == 2
    assert lab.ledger.count("used", table="spells", stage="study", scope="test") == 1


def test_rows_at_a_cut_are_the_cells_written_out(company: tuple[Lab, Lab]) -> None:
    lab, day, cut = company[0], "2024-01-01", "2024-07-01"
    found = rows.at_cut(lab, day=day, cut=cut, terms=["plan", "tenure"], time_varying=VARYING, replicates=8)
    x, told = _stacked(found)
    bins = {"tenure": tuple(range(1, 80))}
    table = cells.landmark(
        lab, day=day, cut=cut, terms=["plan", "tenure"], time_varying=VARYING, bins=bins, replicates=8
    )
    counted = table.groupby(["duration", "replicate", "tenure", "plan", "nps_group", "complaints_90d"])[
        ["n", "events"]
    ].sum()
    levels = {
        "tenure": pd.Series(x[:, found.columns.index("tenure")]).map(
            lambda m: f"{m:.0f} to {m + 1:.0f}" if m else "below 1"
        )
    }
    for term, first in found.reference.items():
        own = [name for name in found.columns if name.startswith(f"{term}=")]
        shown = x[:, [found.columns.index(name) for name in own]]
        texts = np.array([first, *(name.partition("=")[2] for name in own)], dtype=object)
        levels[term] = pd.Series(texts[np.where(shown.any(axis=1), shown.argmax(axis=1) + 1, 0)])
    again = told.astype({"duration": int}).assign(**levels, n=1, events=told["event"].astype(int))
    written = again.groupby(list(counted.index.names))[["n", "events"]].sum()
    pd.testing.assert_frame_equal(written.sort_index(), counted.sort_index(), check_dtype=False)
    np.testing.assert_array_equal(_stacked(found)[0], x)


def test_one_cause_is_the_only_event_of_rows(company: tuple[Lab, Lab]) -> None:
    lab = company[0]
    asked: dict[str, Any] = {"day": "2024-01-01", "cut": "2024-07-01", "terms": ["plan"]}
    cause = "payment failed"
    counted = int(cells.landmark(lab, cause=cause, **asked)["events"].sum())
    assert 0 < counted == _stacked(rows.at_cut(lab, cause=cause, **asked))[1]["event"].sum()
    with pytest.raises(ParameterError, match="Did you mean `payment failed`"):
        rows.at_cut(lab, cause="payment fialed", **asked)


def test_ends_by_day_count_who_is_there_and_who_leaves_by_hand(lab: MemoryLab) -> None:
    table = cells.ends_by_day(lab, days=200).set_index("age")
    assert len(table) == 200
    ended = {(AS_OF - dt.date.fromisoformat(life[3])).days for life in LIVES if life[3]}
    assert set(table.index[table["ends"] > 0]) == ended
    # On 1 May s2, s4 (which leaves on that day) and s5 are there; on 30 June s2 and s5.
    assert table.loc[(AS_OF - dt.date(2024, 5, 1)).days].to_dict() == {"live": 3, "ends": 1}
    assert table.loc[1].to_dict() == {"live": 2, "ends": 0}


def test_ends_by_day_need_days(memory_lab: type[MemoryLab]) -> None:
    undated = spells().drop(columns="ended_on")
    assert cells.ends_by_day(memory_lab({"spells": undated}, as_of=AS_OF)).empty
    with pytest.raises(ParameterError, match="`days` must be at least 1: 0"):
        cells.ends_by_day(memory_lab({"spells": spells()}, as_of=AS_OF), days=0)


def test_span_last_year_is_the_landmark_a_year_before(lab: MemoryLab) -> None:
    asked = {"terms": ["plan"], "horizon_days": 60}
    found = cells.spans_last_year(lab, ["2025-01-31", "2023-01-31"], **asked)  # type: ignore[arg-type]
    assert list(found) == ["2025-01-31"], "in 2022 nobody was a customer"
    same = cells.landmark(lab, day="2024-02-01", cut="2024-04-01", terms=["plan"])
    pd.testing.assert_frame_equal(found["2025-01-31"], same)


def test_days_with_incomplete_ends_are_left_out_before_the_first_cut(company: tuple[Lab, Lab]) -> None:
    now, _ = company
    whole, late = (cells.judging_days(now, horizon_days=90, incomplete_days=each).iloc[0] for each in (0, 45))
    for name in ("train_day", "test_day", "end_day"):
        gap = dt.date.fromisoformat(whole[name]) - dt.date.fromisoformat(late[name])
        assert gap == dt.timedelta(days=45)
    with pytest.raises(ParameterError, match="`incomplete_days` must be at least 0: -1"):
        cells.judging_days(now, horizon_days=90, incomplete_days=-1)
