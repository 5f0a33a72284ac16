"""Cells: held against a plain walk through every spell, and against what the made-up company was given."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.lab import Lab
from cemlab.data import synthetic
from cemlab.data.lab import open_lab
from cemlab.prepare import cells, rows, spells

if TYPE_CHECKING:
    from labs import MemoryLab

AS_OF = dt.date(2024, 5, 1)
LEVELS = ["nps_group", "complaints_30d", "price_change", "cases_60d"]


LIVES: list[tuple[str, dt.date, dt.date | None]] = [
    ("a", dt.date(2024, 1, 10), dt.date(2024, 3, 15)),
    ("b", dt.date(2024, 1, 10), None),
    ("a", dt.date(2024, 4, 1), None),
]
SPELLS = pd.DataFrame(LIVES, columns=["customer_id", "started_on", "ended_on"]).assign(
    spell_id=["s1", "s2", "s3"], end_reason=pd.Series(["price", None, None], dtype=object), plan=["x", "y", "x"]
)
RESPONSES = pd.DataFrame(
    [
        ("r1", "a", "2024-02-09 23:59", "nps", 10.0),
        ("r2", "a", "2024-02-10 00:00", "nps", 0.0),  # the day on which the second month begins
        ("r3", "a", "2024-02-10 09:00", "nps", 7.0),
        ("r4", "b", "2024-02-01", "nps", None),
        ("r5", "b", "2024-02-02", "csat", 1.0),
        ("r6", None, "2024-02-02", "nps", 1.0),
    ],
    columns=["response_id", "customer_id", "responded_at", "metric", "score"],
)
EVENTS = pd.DataFrame(
    [
        ("e1", "b", "2024-01-10", "complaint"),
        ("e2", "b", "2024-01-11", "complaint"),
        ("e3", "b", "2024-01-11", "contact"),
        ("e4", "a", "2024-01-09", "price change"),
    ],
    columns=["event_id", "customer_id", "occurred_at", "kind"],
)
CASES = pd.DataFrame({"case_id": ["k"], "customer_id": ["b"], "opened_at": ["2024-03-09"]})


def made(lab: type[MemoryLab], **tables: pd.DataFrame) -> MemoryLab:
    frames = {"spells": SPELLS, "responses": RESPONSES, "events": EVENTS, "cases": CASES} | tables
    dated = {"responses": "responded_at", "events": "occurred_at", "cases": "opened_at"}
    for name, column in dated.items():
        frames[name] = frames[name].assign(**{column: pd.to_datetime(frames[name][column], format="mixed")})
    frames["events"] = frames["events"].assign(touchpoint="t")
    return lab(frames, as_of=AS_OF)


@pytest.fixture
def lab(memory_lab: type[MemoryLab]) -> MemoryLab:
    return made(memory_lab)


def listed(table: pd.DataFrame) -> list[list[Any]]:
    return [["" if pd.isna(value) else value for value in row] for row in table.to_numpy().tolist()]


def test_person_periods_by_hand(lab: MemoryLab) -> None:
    table = cells.person_periods(lab, time_varying=["nps_group", "complaints_30d", "price_change"])
    assert listed(table) == [
        [1, "", "not asked", "0", "no", 1, 0],  # b
        [1, "", "not asked", "0", "yes", 1, 0],  # a: the price had risen the day before
        [1, "", "passive", "0", "yes", 1, 0],  # a again, 83 days after it
        [2, "", "not asked", "1", "no", 1, 0],  # b: of two complaints one is 31 days old
        [2, "", "promoter", "0", "yes", 1, 0],  # a: what was said on the month's first day is not known yet
        [3, "", "not asked", "0", "no", 1, 0],
        [3, "", "passive", "0", "yes", 1, 0],
        [3, "price", "passive", "0", "yes", 0, 1],
    ]


def test_start_stop_by_hand(lab: MemoryLab) -> None:
    table = cells.start_stop(lab, terms=["plan"], time_varying=["nps_group", "complaints_30d", "cases_60d"])
    assert listed(table[table["plan"] == "y"].drop(columns=["cause", "plan"])) == [
        [0, 1, "not asked", "1", "0", 1, 0],  # complained on its first day: known from the next on
        [1, 30, "not asked", "2+", "0", 1, 0],
        [30, 31, "not asked", "1", "0", 1, 0],
        [31, 59, "not asked", "0", "0", 1, 0],
        [59, 112, "not asked", "0", "1", 1, 0],
    ]
    assert listed(table[table["start"].eq(31) & (table["plan"] == "x")]) == [
        [31, 65, "price", "x", "passive", "0", "0", 1, 1]
    ]


def test_a_landmark_counts_from_it_with_what_was_known_before_it(lab: MemoryLab) -> None:
    table = cells.landmark(lab, day="2024-02-10", terms=["plan"], time_varying=["nps_group"])
    assert listed(table) == [[34, "price", "x", "promoter", 1, 1], [81, "", "y", "not asked", 1, 0]]
    assert lab.ledger.count("excluded", table="spells", stage="study", scope="looked ahead from 2024-02-10") == 1
    later = cells.landmark(lab, after_days=30, time_varying=["complaint"], clock="months")
    # 9 February; the third spell's landmark is the day of counting
    assert listed(later) == [[2, "price", "no", 1, 1], [2, "", "yes", 1, 0]]


def test_a_landmark_is_one_day_or_a_number_of_days(lab: MemoryLab) -> None:
    with pytest.raises(ParameterError, match="neither was"):
        cells.landmark(lab)
    with pytest.raises(ParameterError, match="both were"):
        cells.landmark(lab, after_days=3, day="2024-02-10")


def test_immortal_time_looks_ahead(lab: MemoryLab) -> None:
    table = cells.immortal_time(lab, ever=["complaint"], clock="days")
    assert listed(table) == [[30, "", "no", 1, 0], [65, "price", "no", 1, 1], [112, "", "yes", 1, 0]]


def test_covariate_cells_sum_to_the_spells(lab: MemoryLab) -> None:
    table = cells.covariates(lab, terms=["plan"], clock="days")
    assert listed(table) == [[30, "", "x", 1, 0], [65, "price", "x", 1, 1], [112, "", "y", 1, 0]]
    assert "start" not in table
    one = cells.covariates(lab, terms=["plan"], clock="days", cause="price")
    assert list(one) == ["duration", "plan", "n", "events"]


def test_start_appears_where_one_comes_late(memory_lab: type[MemoryLab]) -> None:
    late = SPELLS.assign(observed_from=pd.Series([dt.date(2024, 2, 1), None, None], dtype=object))
    table = cells.covariates(made(memory_lab, spells=late), terms=["plan"], clock="days")
    assert listed(table.drop(columns="cause")) == [[0, 30, "x", 1, 0], [0, 112, "y", 1, 0], [22, 65, "x", 1, 1]]


def test_numbers_are_cut_as_declared_or_at_quantiles(memory_lab: type[MemoryLab]) -> None:
    many = pd.concat([SPELLS.assign(spell_id=[f"{at}{name}" for name in "abc"]) for at in range(4)], ignore_index=True)
    many["fee"] = [float(at) for at in range(11)] + [np.nan]
    many["seats"] = [1, 2] * 6
    lab = made(memory_lab, spells=many)
    declared = cells.covariates(lab, terms=["fee"], bins={"fee": [5]})
    assert declared.groupby("fee")["n"].sum().to_dict() == {"below 5": 5, "5 and over": 6, "unknown": 1}
    cut = cells.bins(lab, terms=["fee", "seats"])
    assert cut.loc[cut["term"] == "fee", ["how", "low", "high"]].to_numpy().tolist() == [
        ["quantile", -np.inf, 2.5],
        ["quantile", 2.5, 5.0],
        ["quantile", 5.0, 7.5],
        ["quantile", 7.5, np.inf],
    ]
    # two values are levels as they are
    assert cut.loc[cut["term"] == "seats", "how"].tolist() == ["level"]
    assert cells.covariates(lab, terms=["seats"]).groupby("seats")["n"].sum().to_dict() == {"1": 6, "2": 6}
    with pytest.raises(ParameterError, match="`plan` is none"):
        cells.covariates(lab, terms=["plan"], bins={"plan": [5]})


def numbered(memory_lab: type[MemoryLab], values: Any) -> MemoryLab:
    """A lab with a spell for each value of `number`, which ends for every second one."""
    many = pd.DataFrame({"number": np.asarray(values, dtype=float)})
    ends: list[Any] = [dt.date(2024, 2, 10) if at % 2 else None for at in range(len(many))]
    many = many.assign(
        spell_id=[f"s{at}" for at in range(len(many))],
        customer_id=[f"c{at}" for at in range(len(many))],
        started_on=dt.date(2024, 1, 10),
        ended_on=ends,
    )
    return made(memory_lab, spells=many)


@pytest.mark.parametrize("zeros", [30, 60, 80, 95])
def test_a_count_that_is_mostly_zero_keeps_zero_some_and_more(memory_lab: type[MemoryLab], zeros: int) -> None:
    counts = [0] * zeros + [1 + at % 9 for at in range(100 - zeros)]
    lab = numbered(memory_lab, counts)
    found = cells.covariates(lab, terms=["number"]).groupby("number")["n"].sum()
    assert found["below 1"] == zeros, "zero has a level of its own"
    assert len(found) == 3
    assert found.sum() == 100
    some, more = found.drop("below 1")
    assert abs(some - more) <= 0.4 * (100 - zeros)


SHAPES: dict[str, list[Any]] = {
    "mostly the largest": [100] * 70 + list(range(30)),
    "mostly in the middle": [-1.0 - at for at in range(20)] + [0.0] * 60 + [1.0 + at for at in range(20)],
    "two lumps": [0] * 45 + [50] * 45 + list(range(1, 11)),
    "decimals": [0.0] * 90 + [0.01, 0.02, 0.5, 1.25, 3, 7, 11, 19, 80, 1e6],
    "negative to zero": [0.0] * 80 + [-float(at) for at in range(1, 21)],
    "even": [float(at) for at in range(100)],
    "large and close": [1e6] * 70 + [1e6 + 0.1 * at for at in range(30)],
    "skewed": list(np.exp(np.linspace(-3, 9, 100))),
}


@pytest.mark.parametrize("quantiles", [2, 4, 16])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_bins_of_a_number_keep_every_value_and_several_levels(
    memory_lab: type[MemoryLab], shape: str, quantiles: int
) -> None:
    lab = numbered(memory_lab, SHAPES[shape])
    counts = cells.covariates(lab, terms=["number"], quantiles=quantiles)["number"].value_counts()
    told = cells.bins(lab, terms=["number"], quantiles=quantiles)
    if len(set(SHAPES[shape])) <= quantiles:
        assert told["how"].tolist() == ["level"], "few values are levels as they are"
        return
    assert told["low"].iloc[0] == -np.inf
    assert told["high"].iloc[-1] == np.inf, "the outer bins are open"
    assert told["level"].is_unique
    assert (told["low"] < told["high"]).all()
    assert len(counts) == len(told), "no level is empty"
    if shape != "large and close":
        assert len(told) >= 2
    assert len(told) <= quantiles + 2


def test_a_life_table_of_a_number_takes_the_bins_it_is_given(memory_lab: type[MemoryLab]) -> None:
    lab = numbered(memory_lab, [0, 0, 1, 2, 8, np.nan])
    lives = spells.life_table(lab, by=["number"], clock="days", bins={"number": [1, 5], "other": [3]})
    assert lives.groupby("number")[["events", "censored"]].sum().sum(axis=1).to_dict() == {
        "below 1": 2,
        "1 to 5": 2,
        "5 and over": 1,
        "unknown": 1,
    }


def test_an_assignment_counts_only_when_it_was_written_before_the_spell(memory_lab: type[MemoryLab]) -> None:
    written = pd.to_datetime(["2024-01-09", "2024-01-10", "2024-03-31"])
    assigned = pd.DataFrame({"customer_id": "a", "name": "need", "value": ["p", "q", "r"], "known_at": written})
    table = cells.covariates(made(memory_lab, assignments=assigned), terms=["need"], clock="days")
    assert listed(table[["duration", "need"]]) == [[30, "r"], [65, "p"], [112, "unknown"]]


def test_attributes_of_customers_are_marked_undated(memory_lab: type[MemoryLab]) -> None:
    lab = made(memory_lab, customers=pd.DataFrame({"customer_id": ["a", "b"], "region": ["N", "S"]}))
    assert cells.bins(lab, terms=["plan", "region"])[["term", "source", "undated"]].to_numpy().tolist() == [
        ["plan", "spells", False],
        ["region", "customers", True],
    ]


def test_unknown_covariates_say_what_there_is(lab: MemoryLab) -> None:
    with pytest.raises(
        SchemaError, match=r"Did you mean `complaint`\? There are: nps_group, complaint, contact, price_change, cases"
    ):
        cells.person_periods(lab, time_varying=["complain"])
    with pytest.raises(ParameterError, match="at least 1 day"):
        cells.person_periods(lab, time_varying=["complaint"], window_days=0)
    with pytest.raises(ParameterError, match="once"):
        cells.person_periods(lab, time_varying=["complaint", "complaint"])


class Walk:
    """What was known of a customer before a day, looked up row by row."""

    def __init__(self, responses: pd.DataFrame, events: pd.DataFrame, cases: pd.DataFrame) -> None:
        self.answers = sorted(
            (row["responded_at"], row["customer_id"], row["score"]) for row in responses.to_dict("records")
        )
        self.events = [
            (row["occurred_at"].date(), row["customer_id"], row["kind"]) for row in events.to_dict("records")
        ]
        self.cases = [(row["opened_at"].date(), row["customer_id"]) for row in cases.to_dict("records")]

    def levels(self, customer: str, day: dt.date) -> tuple[str, ...]:
        said = [score for at, who, score in self.answers if who == customer and at.date() < day]
        group = (
            "not asked" if not said else "promoter" if said[-1] >= 9 else "passive" if said[-1] >= 7 else "detractor"
        )

        def recent(at: dt.date, length: int) -> bool:
            return day - dt.timedelta(days=length) <= at < day

        complaints = sum(who == customer and kind == "complaint" and recent(at, 30) for at, who, kind in self.events)
        risen = any(who == customer and kind == "price change" and recent(at, 90) for at, who, kind in self.events)
        opened = sum(who == customer and recent(at, 60) for at, who in self.cases)
        counts = ["0", "1", "2+"]
        return (group, counts[min(complaints, 2)], "yes" if risen else "no", counts[min(opened, 2)])


DAY = st.integers(0, 200)
WHO = st.sampled_from("ab")


def dated(day: int, hour: int = 0) -> pd.Timestamp:
    return pd.Timestamp("2023-10-20") + pd.Timedelta(days=day, hours=hour)


@st.composite
def pasts(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    said = draw(st.lists(st.tuples(WHO, DAY, st.sampled_from([0.0, 7.0, 9.0])), max_size=8))
    # one customer's answers differ in time: of two at once none is the last
    answers = [
        (f"r{at}", who, dated(day) + pd.Timedelta(minutes=at), "nps", score)
        for at, (who, day, score) in enumerate(said)
    ]
    happened = draw(st.lists(st.tuples(WHO, DAY, st.sampled_from(["complaint", "price change"])), max_size=10))
    events = [(f"e{at}", who, dated(day, 23), kind) for at, (who, day, kind) in enumerate(happened)]
    events += [("e-1", "z", dated(0), "complaint"), ("e-2", "z", dated(0), "price change")]
    opened = [
        (f"k{at}", who, dated(day)) for at, (who, day) in enumerate(draw(st.lists(st.tuples(WHO, DAY), max_size=4)))
    ]
    return {
        "responses": pd.DataFrame(answers, columns=list(RESPONSES)),
        "events": pd.DataFrame(events, columns=list(EVENTS)),
        "cases": pd.DataFrame(opened, columns=list(CASES)),
    }


@settings(max_examples=12)
@given(pasts())
def test_every_day_and_month_has_what_a_walk_finds(past: dict[str, pd.DataFrame]) -> None:
    from labs import MemoryLab

    lab, walk = made(MemoryLab, **past), Walk(**past)
    split = cells.start_stop(lab, time_varying=LEVELS)
    person_days: Counter[tuple[Any, ...]] = Counter()
    for start, stop, n, *levels in split[["start", "duration", "n", *LEVELS]].to_numpy().tolist():
        for day in range(start + 1, stop + 1):
            person_days[(day, *levels)] += n
    expected: Counter[tuple[Any, ...]] = Counter()
    months: Counter[tuple[Any, ...]] = Counter()
    for (who, start, end), whole in zip(LIVES, (3, 3, 1), strict=True):
        for day in range(1, ((end or AS_OF) - start).days + 1):
            expected[(day, *walk.levels(who, start + dt.timedelta(days=day)))] += 1
        for month in range(whole):
            months[(month + 1, *walk.levels(who, start.replace(month=start.month + month)))] += 1
    assert person_days == expected
    periods = cells.person_periods(lab, time_varying=LEVELS)
    assert (
        +Counter(periods.set_index(["period", *LEVELS])["n_at_risk"].groupby(level=[0, 1, 2, 3, 4]).sum().to_dict())
        == months
    )
    assert split["events"].sum() == periods["events"].sum() == 1


def after(past: pd.DataFrame, more: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Add those of `more` that became known on a day or later."""
    key, _, at = [*more.columns[:2], next(name for name in more if str(name).endswith("_at"))]
    added = [{**row, key: f"later {row[key]}"} for row in more.to_dict("records") if row[at] >= pd.Timestamp(day)]
    return pd.DataFrame([*past.to_dict("records"), *added], columns=list(past))


@settings(max_examples=6)
@given(pasts(), pasts())
def test_what_is_known_later_changes_nothing(past: dict[str, pd.DataFrame], more: dict[str, pd.DataFrame]) -> None:
    from labs import MemoryLab

    landmark = dt.date(2024, 2, 10)
    later = {name: after(past[name], table, landmark) for name, table in more.items()}
    known, told = made(MemoryLab, **past), made(MemoryLab, **later)
    first, second = (
        (
            cells.landmark(lab, day=str(landmark), time_varying=LEVELS),
            cells.person_periods(lab, time_varying=LEVELS, cut=str(landmark)),
            cells.start_stop(lab, time_varying=LEVELS, cut=str(landmark)),
        )
        for lab in (known, told)
    )
    for one, two in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, two)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("demo")
    patch = pytest.MonkeyPatch()
    patch.setenv("CEMLAB_CACHE", str(tmp_path_factory.mktemp("snapshots")))
    synthetic.write(folder, customers=10_000, seed=5)
    lab = open_lab(folder / "lab.toml")
    patch.undo()
    return lab


def test_planted_hazards_are_found_in_person_periods(demo: Lab) -> None:
    changing = ["nps_group", "complaint", "price_change", "cases_180d"]
    table = cells.person_periods(demo, terms=["plan", "segment"], time_varying=changing, survey="relationship")
    band = np.where(table["period"] <= 3, 1.5, np.where(table["period"] <= 12, 1.0, 0.75))
    hazard: pd.Series = table["plan"].map({"monthly": 0.026, "yearly": 0.011, "two years": 0.006}) * band
    risk = (
        (table["segment"] == "Student") * 0.25
        + (table["complaint"] == "yes") * 0.5
        + (table["price_change"] == "yes") * 0.4
    )
    risk += table["nps_group"].map({"detractor": 0.6, "promoter": -0.3}).fillna(0) - 0.5 * (table["cases_180d"] != "0")
    expected = (1 - np.exp(-hazard * np.exp(risk))) * table["n_at_risk"]
    left = table["events"].where(table["cause"] == "customer left", 0)
    for name in ("plan", "segment", *changing):
        sums = pd.DataFrame({"level": table[name], "left": left, "expected": expected}).groupby("level").sum()
        # within four standard errors; another cause takes some 0.3 % of those at risk first
        assert (
            np.abs(sums["left"] - sums["expected"]) < 4 * np.sqrt(sums["expected"]) + 0.01 * sums["expected"]
        ).all(), sums


def test_rows_are_the_cells_written_out(demo: Lab) -> None:
    asked: dict[str, Any] = {"terms": ["plan"], "time_varying": ["nps_group"]}
    split = cells.start_stop(demo, **asked)
    design = rows.design(demo, **asked)
    first, second = (list(design) for _ in range(2))
    assert sum(len(block.x) for block in first) == split["n"].sum()
    assert sum(block.event.sum() for block in first) == split["events"].sum()
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.x, two.x)
        np.testing.assert_array_equal(one.duration, two.duration)
    x, start, stop = (np.concatenate([getattr(block, name) for block in first]) for name in ("x", "start", "duration"))
    assert design.reference == {"plan": "monthly", "nps_group": "not asked"}
    at = {name: number for number, name in enumerate(design.columns)}
    yearly = split[split["plan"] == "yearly"]
    assert x[:, at["plan=yearly"]] @ (stop - start) == ((yearly["duration"] - yearly["start"]) * yearly["n"]).sum()
    promoters = split[split["nps_group"] == "promoter"]
    assert x[:, at["nps_group=promoter"]] @ stop == (promoters["duration"] * promoters["n"]).sum()


def test_numbers_in_rows_are_scaled_and_missing_ones_named(memory_lab: type[MemoryLab]) -> None:
    lab = made(memory_lab, spells=SPELLS.assign(fee=[1.0, 3.0, np.nan]))
    design = rows.design(lab, terms=["fee"], cause="price")
    (block,) = design
    assert design.columns == ("fee", "fee missing")
    assert block.x.tolist() == [[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    assert (block.duration.tolist(), block.event.tolist(), block.start) == ([65, 112, 30], [1, 0, 0], None)
    (raw,) = rows.design(lab, terms=["fee"], standardised=False)
    assert raw.x[:, 0].tolist() == [1.0, 3.0, 2.0]
    with pytest.raises(ParameterError, match=r"Did you mean `price`\?"):
        rows.design(lab, terms=["fee"], cause="prices")


def test_no_spell_left_says_why(memory_lab: type[MemoryLab]) -> None:
    young = SPELLS.assign(started_on=dt.date(2024, 4, 20), ended_on=None)
    lab = made(memory_lab, spells=young)
    for ask in (
        lambda: cells.covariates(lab, terms=["plan"]),
        lambda: cells.person_periods(lab, terms=["plan"]),
        lambda: cells.immortal_time(lab, ever=["complaint"]),
        lambda: rows.design(lab, terms=["plan"], clock="months"),
    ):
        with pytest.raises(InsufficientDataError, match="no full month observed: 3"):
            ask()
    with pytest.raises(InsufficientDataError, match="out of sight, on that day: 3"):
        cells.landmark(lab, after_days=60)


def test_all_censored_is_counted(memory_lab: type[MemoryLab]) -> None:
    lab = made(memory_lab, spells=SPELLS.assign(ended_on=None, end_reason=None))
    for table in (cells.person_periods(lab), cells.start_stop(lab), cells.covariates(lab, terms=["plan"])):
        assert table["events"].sum() == 0
        assert table["cause"].isna().all()
