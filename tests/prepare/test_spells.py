"""Life tables: the two clocks by hand, what is left out and why, and the published numbers of real data."""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.lab import Outcome
from cemlab.data.lab import open_lab
from cemlab.prepare import cells, spells
from cemlab.prepare.cells import covariates, no_later_time, person_periods
from cemlab.prepare.spells.clock import months_begun, months_whole
from cemlab.prepare.spells.followed import ENDED_AT_ONCE, UNFINISHED_MONTH
from cemlab.stats.hazards import fit_cox
from cemlab.stats.survival import kaplan_meier

if TYPE_CHECKING:
    from labs import MemoryLab

AS_OF = dt.date(2024, 5, 1)
ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["spell_id", "customer_id", "started_on", "ended_on", "end_reason", "observed_from"]


def frame(*rows: tuple[str, str | None, str | None, str | None], **attributes: list[Any]) -> pd.DataFrame:
    """Spells of as many customers, from (start, end, reason, observed from)."""
    named = [(f"s{at}", f"c{at}", *row) for at, row in enumerate(rows)]
    table = pd.DataFrame(named, columns=COLUMNS).assign(**attributes)
    for name in ("started_on", "ended_on", "observed_from"):
        table[name] = pd.to_datetime(table[name]).dt.date
    return table


def tabled(table: pd.DataFrame, *columns: str) -> list[list[Any]]:
    return [[None if pd.isna(value) else value for value in row] for row in table[list(columns)].to_numpy().tolist()]


def left_out(lab: MemoryLab, scope: str) -> dict[tuple[str, str], int]:
    return {
        (line.outcome, line.reason): line.count
        for line in lab.ledger.lines
        if line.scope == scope and line.outcome in ("excluded", "quarantined")
    }


MONTHS = [
    # start, end, month of the event or None, months followed (as of 1 May 2024)
    ("2024-01-15", "2024-02-15", 1, 1),  # the month's last moment belongs to it
    ("2024-01-15", "2024-02-16", 2, 2),
    ("2024-01-31", "2024-02-29", 1, 1),  # a leap year's February ends the month that began on the 31st
    ("2024-01-31", "2024-03-01", 2, 2),
    ("2023-01-31", "2023-02-28", 1, 1),
    ("2023-01-30", "2023-02-28", 1, 1),
    ("2023-01-29", "2023-03-01", 2, 2),
    ("2024-02-29", "2024-03-29", 1, 1),
    ("2024-02-29", "2024-03-31", 1, 1),  # the last day of February stands for the last of March
    ("2023-11-30", "2023-12-31", 1, 1),
    ("2024-02-28", "2024-03-29", 2, 2),  # in a leap year it is not the last
    ("2024-01-10", "2024-01-10", 1, 1),  # the day on which it began
    ("2024-01-10", "2024-01-11", 1, 1),
    ("2024-03-20", "2024-04-25", None, 1),  # in a month that is not over on the day of counting: only one is
    ("2024-03-31", "2024-04-30", 1, 1),
    ("2024-03-31", None, None, 1),
    ("2024-04-01", None, None, 1),
    ("2024-04-01", "2024-04-30", 1, 1),
    ("2020-02-29", None, None, 50),
    ("2020-02-29", "2021-02-28", 12, 12),
    ("2020-02-29", "2021-03-01", 13, 13),
]


@pytest.mark.parametrize(("start", "end", "event", "last"), MONTHS)
def test_months_by_hand(memory_lab: type[MemoryLab], start: str, end: str | None, event: int | None, last: int) -> None:
    lab = memory_lab({"spells": frame((start, end, None, None))}, as_of=AS_OF)
    table = spells.life_table(lab, clock="months")
    leaving = table[table["duration"] == last]
    assert leaving["events"].sum() == (event is not None)
    assert leaving["censored"].sum() == (event is None)
    assert event in (None, last)


def test_a_spell_without_a_whole_month_is_left_out_of_months_only(memory_lab: type[MemoryLab]) -> None:
    table = frame(("2024-04-02", "2024-04-20", "x", None), ("2024-01-01", None, None, None))
    lab = memory_lab({"spells": table}, as_of=AS_OF)
    assert spells.life_table(lab, clock="months")["entered"].sum() == 1
    assert spells.life_table(lab, clock="days")["entered"].sum() == 2
    early = "it ended in its first month, which was not over on the day of counting"
    assert left_out(lab, "spells in months") == {("excluded", early): 1}
    assert left_out(lab, "spells in days") == {}


def test_days_by_hand(memory_lab: type[MemoryLab]) -> None:
    table = frame(
        ("2024-04-20", "2024-04-20", "moved", None),
        ("2024-04-20", "2024-04-21", "price", None),
        ("2024-02-28", "2024-03-01", "price", None),
        ("2024-04-30", None, None, None),
        ("2024-04-01", None, None, "2024-04-11"),
        ("2024-04-01", "2024-04-21", "", "2024-04-11"),
    )
    lab = memory_lab({"spells": table}, as_of=AS_OF)
    counts = spells.life_table(lab, clock="days")
    assert tabled(counts, "duration", "cause", "entered", "events", "censored") == [
        [0, None, 4, 0, 0],
        [1, "moved", 0, 1, 0],
        [1, "price", 0, 1, 0],
        [1, None, 0, 0, 1],
        [2, "price", 0, 1, 0],
        [10, None, 2, 0, 0],
        [20, "unknown", 0, 1, 0],
        [30, None, 0, 0, 1],
    ]
    assert counts["n_customers"].unique().tolist() == [6]


def test_one_cause_makes_the_others_censored(memory_lab: type[MemoryLab]) -> None:
    table = frame(("2024-04-01", "2024-04-03", "moved", None), ("2024-04-01", "2024-04-03", "price", None))
    lab = memory_lab({"spells": table}, as_of=AS_OF)
    counts = spells.life_table(lab, clock="days", cause="price")
    assert tabled(counts, "duration", "entered", "events", "censored") == [[0, 2, 0, 0], [2, 0, 1, 1]]
    assert "cause" not in counts
    with pytest.raises(ParameterError, match=r"Did you mean `price`\? There are: moved, price"):
        spells.life_table(lab, clock="days", cause="prices")


def test_late_entry_on_both_clocks(memory_lab: type[MemoryLab]) -> None:
    table = frame(
        ("2024-01-15", "2024-04-20", "x", "2024-02-20"),  # months: enters at 2, ends in its 4th, which is not over
        ("2024-01-15", "2024-03-20", "x", "2024-02-15"),
        ("2024-01-15", "2024-02-14", "x", "2024-02-14"),  # its end is seen, but no time before it
        ("2024-01-15", "2024-02-10", "x", "2024-02-14"),
        ("2024-01-15", None, None, "2024-05-20"),
        ("2024-01-15", "2024-01-10", "x", None),
    )
    lab = memory_lab({"spells": table}, as_of=AS_OF)
    months = spells.life_table(lab, clock="months")
    assert tabled(months, "duration", "cause", "entered", "events", "censored") == [
        [1, None, 1, 0, 0],
        [2, None, 1, 0, 0],
        [3, "x", 0, 1, 0],
        [3, None, 0, 0, 1],
    ]
    days = spells.life_table(lab, clock="days")
    assert days.loc[days["entered"] > 0, ["duration", "entered"]].to_numpy().tolist() == [[31, 1], [36, 1]]
    assert (
        lab.ledger.count("used", table="spells", stage="study", scope="spells in months", reason=UNFINISHED_MONTH) == 1
    )
    for scope, nothing in (("spells in months", "no full month observed"), ("spells in days", "no full day observed")):
        assert left_out(lab, scope) == {
            ("quarantined", "it ends before it starts"): 1,
            ("quarantined", "it ended before its end could be recorded"): 1,
            ("excluded", "its observation begins only on or after the day of counting"): 1,
            ("excluded", nothing): 1,
        }
        assert lab.ledger.count("in", table="spells", stage="study", scope=scope) == 6
        assert lab.ledger.count("used", table="spells", stage="study", scope=scope) == 2


def test_recording_twice_counts_once(memory_lab: type[MemoryLab]) -> None:
    lab = memory_lab({"spells": frame(("2024-01-15", None, None, None))}, as_of=AS_OF)
    spells.life_table(lab)
    before = list(lab.ledger.lines)
    spells.life_table(lab)
    assert lab.ledger.lines == before


def test_a_cut_shows_what_was_known_then(memory_lab: type[MemoryLab]) -> None:
    rows = [
        ("2024-01-01", "2024-02-01", "x", None),
        ("2024-01-01", "2024-03-01", "x", None),
        ("2024-01-01", "2024-03-02", "x", None),
        ("2024-03-01", None, None, None),
        ("2024-01-01", None, None, None),
    ]
    lab = memory_lab({"spells": frame(*rows)}, as_of=AS_OF)
    cut = spells.life_table(lab, clock="days", cut="2024-03-01")
    known = frame(rows[0], *[("2024-01-01", None, None, None)] * 3)
    then = memory_lab({"spells": known}, as_of=dt.date(2024, 3, 1))
    pd.testing.assert_frame_equal(cut, spells.life_table(then, clock="days"))
    assert left_out(lab, "spells in days until 2024-03-01") == {
        ("excluded", "it began after the time that is looked at"): 1
    }
    with pytest.raises(ParameterError, match="must not lie after the as-of day"):
        spells.life_table(lab, cut="2025-01-01")


def test_every_end_is_counted_or_named(memory_lab: type[MemoryLab]) -> None:
    ends = pd.date_range("2024-01-01", "2024-04-30", freq="D").strftime("%Y-%m-%d").tolist()
    begun = ["2023-12-01", "2023-07-31", "2022-02-28", "2023-11-15"]
    rows = [(begun[at % 4], end, "x", None) for at, end in enumerate(ends)]
    rows += [(end, end, "x", None) for end in ends]
    lab = memory_lab({"spells": frame(*rows)}, as_of=AS_OF)
    events = spells.life_table(lab)["events"].sum()

    def counted(outcome: Outcome, reason: str | None = None) -> int:
        return lab.ledger.count(outcome, table="spells", stage="study", scope="spells in months", reason=reason)

    unfinished, early = counted("used", UNFINISHED_MONTH), counted("excluded", ENDED_AT_ONCE)
    assert events + unfinished + early == len(rows)
    assert min(events, unfinished, early) > 0
    assert counted("used") == len(rows) - early
    covariates(lab, terms=[])
    assert counted("used", UNFINISHED_MONTH) == unfinished


def test_a_date_less_k_months_lies_k_months_before_it_whatever_the_day() -> None:
    days = pd.DataFrame({"last": pd.date_range("2019-01-01", "2024-12-31", freq="D").date})
    pairs = ibis.memtable(days).cross_join(ibis.memtable(pd.DataFrame({"k": range(73)})))
    pairs = pairs.mutate(first=(pairs["last"] - pairs.k.as_interval("M")).cast("date"))
    begun, whole = months_begun(pairs["first"], pairs["last"]), months_whole(pairs["first"], pairs["last"])
    counted = ibis.duckdb.connect().execute(pairs.mutate(begun=begun, whole=whole))
    assert len(counted) == 2192 * 73
    assert (counted["begun"] == counted["k"]).all()
    assert (counted["whole"] == counted["k"]).all()


def test_months_pass_in_order_over_every_pair_of_days_of_two_years() -> None:
    days = pd.DataFrame({"day": pd.date_range("2023-01-01", "2024-12-31", freq="D").date})
    left, right = ibis.memtable(days).rename(first="day"), ibis.memtable(days).rename(last="day")
    pairs = left.cross_join(right)
    pairs = pairs.filter(pairs["first"] <= pairs["last"])
    asked = pairs.mutate(
        begun=months_begun(pairs["first"], pairs["last"]), whole=months_whole(pairs["first"], pairs["last"])
    )
    counted = ibis.duckdb.connect().execute(asked.order_by(["first", "last"]))
    assert (counted["begun"] - counted["whole"]).isin([0, 1]).all()
    for name in ("begun", "whole"):
        steps = counted.groupby("first")[name].diff().dropna()
        assert steps.isin([0, 1]).all()
    sample = counted.iloc[::97]
    expected = [
        whole_months(first, last) for first, last in zip(sample["first"].dt.date, sample["last"].dt.date, strict=True)
    ]
    assert sample["whole"].tolist() == [int(each) for each in expected]
    assert sample["begun"].tolist() == [int(np.ceil(each)) for each in expected]


@pytest.mark.parametrize("day", ["2024-01-31", "2003-06-30", "2024-02-29", "2023-02-28", "2023-03-29", "2024-04-30"])
def test_a_tenure_mapped_by_its_months_keeps_every_end(tmp_path: Path, day: str) -> None:
    rows = pd.DataFrame({"id": range(240), "months": [1 + at % 72 for at in range(240)]})
    rows = rows.assign(left=["Yes" if at % 5 == 0 else "No" for at in range(240)])
    rows.to_csv(tmp_path / "c.csv", index=False)
    constant = f'constant = "{day}"'
    for name, more in (("dates", ""), ("tenure", 'tenure_months = "months"')):
        (tmp_path / f"{name}.toml").write_text(f"""[lab]
name = "t"
company = "T"
time_zone = "UTC"
data_until = "{day}"
[[spells]]
file = "c.csv"
[spells.columns]
spell_id = "id"
customer_id = "id"
started_on = {{ {constant}, minus_months = "months" }}
ended_on = {{ {constant}, when = {{ column = "left", is = "Yes" }} }}
{more}
""")
    tables = [spells.life_table(open_lab(tmp_path / f"{name}.toml"), clock="months") for name in ("dates", "tenure")]
    assert tables[0]["events"].sum() == 48
    pd.testing.assert_frame_equal(tables[0], tables[1])
    expected = rows.loc[rows["left"] == "Yes", "months"].value_counts().sort_index()
    assert tables[0].loc[tables[0]["events"] > 0].set_index("duration")["events"].to_dict() == expected.to_dict()


def tenures(memory_lab: type[MemoryLab], column: str, given: list[tuple[int, bool]]) -> MemoryLab:
    """Spells of given lengths, all known on the day before the day of counting, where those that left end."""
    day = AS_OF - dt.timedelta(days=1)
    months = column == "tenure_months"
    starts = [
        str((pd.Timestamp(day) - (pd.DateOffset(months=length) if months else pd.DateOffset(days=length))).date())
        for length, _ in given
    ]
    rows = [(start, str(day) if left else None, None, None) for start, (_, left) in zip(starts, given, strict=True)]
    return memory_lab({"spells": frame(*rows, **{column: [length for length, _ in given]})}, as_of=AS_OF)


@pytest.mark.parametrize(("clock", "column"), [("months", "tenure_months"), ("days", "tenure_days")])
def test_who_left_or_stayed_at_tenure_0_is_at_risk_there(memory_lab: type[MemoryLab], clock: str, column: str) -> None:
    given = [(0, True)] * 60 + [(0, False)] * 40 + [(m, at < 5) for m in range(1, 6) for at in range(20)]
    lab = tenures(memory_lab, column, given)
    curve = kaplan_meier(spells.life_table(lab, clock=clock)).table.set_index("duration")["estimate"]
    assert curve.round(4).to_dict() == {0: 0.7, 1: 0.665, 2: 0.6234, 3: 0.5715, 4: 0.5, 5: 0.375}


def test_periods_of_tenures_of_0_are_shifted_by_one_together(memory_lab: type[MemoryLab]) -> None:
    lab = tenures(memory_lab, "tenure_months", [(0, True), (0, False), (2, True), (1, False)])
    cells = person_periods(lab)
    counts = cells.groupby("period")[["n_at_risk", "events"]].sum().reset_index()
    assert counts.to_numpy().tolist() == [[1, 4, 1], [2, 2, 0], [3, 1, 1]]
    later = person_periods(tenures(memory_lab, "tenure_months", [(1, True), (1, False), (3, True), (2, False)]))
    pd.testing.assert_frame_equal(cells, later)


def test_a_ratio_does_not_know_whether_tenures_were_shifted(memory_lab: type[MemoryLab]) -> None:
    given = [(at % 7, at % 3 == 0) for at in range(210)]
    found = []
    for shift in (0, 1):
        lab = tenures(memory_lab, "tenure_months", [(length + shift, left) for length, left in given])
        lab = memory_lab(
            {"spells": lab.frame(lab.table("spells")).assign(plan=["ab"[at % 2] for at in range(210)])}, as_of=AS_OF
        )
        found.append(fit_cox(covariates(lab, terms=["plan"]), terms=["plan"]).table[["estimate", "std_error"]])
    pd.testing.assert_frame_equal(found[0], found[1])


def test_tenure_in_months_is_taken_as_given(memory_lab: type[MemoryLab]) -> None:
    table = frame(
        ("2024-01-31", "2024-04-30", "x", None),
        ("2024-04-30", None, None, None),
        ("2024-04-30", "2024-04-30", "x", None),
        ("2024-02-29", None, None, None),
        ("2024-02-29", None, None, None),
        tenure_months=[3, 0, 0, 2, 7],
    )
    lab = memory_lab({"spells": table}, as_of=AS_OF)
    counts = spells.life_table(lab, clock="months")
    assert tabled(counts, "duration", "cause", "entered", "events", "censored") == [
        [0, "x", 0, 1, 0],
        [0, None, 5, 0, 1],
        [2, None, 0, 0, 1],
        [3, "x", 0, 1, 0],
        [3, None, 0, 0, 1],  # the source says 7, of which no more than 3 can have begun
    ]


def test_groups_are_columns_of_spells_then_customers_then_assignments(memory_lab: type[MemoryLab]) -> None:
    table = frame(*[("2024-01-01", None, None, None)] * 4, plan=["a", "", None, "a"])
    table["customer_id"] = ["c0", "c0", "c1", "c9"]
    customers = pd.DataFrame({"customer_id": ["c0", "c1"], "region": ["N", None], "plan": ["z", "z"]})
    assigned = pd.DataFrame(
        {
            "customer_id": ["c0", "c0", "c1"],
            "name": "need",
            "value": ["old", "new", "care"],
            "known_at": pd.to_datetime(["2024-01-01", "2024-03-01", "2024-04-01"]),
        }
    )
    lab = memory_lab({"spells": table, "customers": customers, "assignments": assigned}, as_of=AS_OF)

    def entered(by: str, cut: str = "") -> dict[str, tuple[int, int]]:
        counts = spells.life_table(lab, by=[by], cut=cut)
        sums = counts.groupby(by).agg({"entered": "sum", "n_customers": "first"})
        return {str(name): (int(row.entered), int(row.n_customers)) for name, row in sums.iterrows()}

    assert entered("plan") == {"a": (2, 2), "unknown": (2, 2)}
    assert entered("region") == {"N": (2, 1), "unknown": (2, 2)}
    assert entered("need") == {"new": (2, 1), "care": (1, 1), "unknown": (1, 1)}
    assert entered("need", cut="2024-02-15") == {"old": (2, 1), "unknown": (2, 2)}
    with pytest.raises(SchemaError, match=r"Did you mean `region`\?"):
        spells.life_table(lab, by=["regio"])
    with pytest.raises(SchemaError, match="`end_reason` is none"):
        spells.life_table(lab, by=["end_reason"])
    with pytest.raises(ParameterError, match="once"):
        spells.life_table(lab, by=["plan", "plan"])


def test_returning_customers_are_several_spells_of_one(memory_lab: type[MemoryLab]) -> None:
    table = frame(("2023-01-01", "2023-06-01", "x", None), ("2024-01-01", None, None, None)).assign(customer_id="c")
    counts = spells.life_table(memory_lab({"spells": table}, as_of=AS_OF))
    assert counts["entered"].sum() == 2
    assert counts["n_customers"].unique().tolist() == [1]


def test_no_ends_mapped_means_all_censored(memory_lab: type[MemoryLab]) -> None:
    table = frame(("2024-01-01", None, None, None)).drop(columns=["ended_on", "end_reason", "observed_from"])
    counts = spells.life_table(memory_lab({"spells": table}, as_of=AS_OF), clock="days")
    assert tabled(counts, "duration", "entered", "events", "censored") == [[0, 1, 0, 0], [121, 0, 0, 1]]


def test_what_cannot_be_counted_says_so(memory_lab: type[MemoryLab]) -> None:
    lab = memory_lab({"spells": frame(("2024-04-20", None, None, None))}, as_of=AS_OF)
    with pytest.raises(InsufficientDataError, match=r"of 1 none is \(no full month observed: 1\)"):
        spells.life_table(lab)
    with pytest.raises(ParameterError, match=r"Did you mean `months`\?"):
        spells.life_table(lab, clock="month")
    with pytest.raises(ParameterError, match="as-of day"):
        spells.life_table(memory_lab({"spells": frame(("2024-04-20", None, None, None))}))


def whole_months(first: dt.date, last: dt.date) -> float:
    """Months between two days, x.5 where one has begun: counted up by the days that each month's last day stands for."""
    months = 0
    while True:
        year, month = divmod(first.month - 1 + months, 12)
        length = calendar.monthrange(first.year + year, month + 1)[1]
        due = dt.date(first.year + year, month + 1, min(first.day, length))
        at_end = first.day == calendar.monthrange(first.year, first.month)[1]
        latest = dt.date(first.year + year, month + 1, length) if at_end else due
        if last <= latest:
            return months if last >= due else months - 0.5
        months += 1


# Many lives at once: an example costs what its queries cost, whether they count one life or sixty.
@settings(max_examples=10)
@example([(dt.date(2024, 1, 31), 29, 0)])
@example([(dt.date(2023, 5, 1), 10, 20)])
@given(
    st.lists(
        st.tuples(st.dates(dt.date(2019, 1, 1), dt.date(2024, 4, 30)), st.integers(0, 900), st.integers(-50, 400)),
        min_size=20,
        max_size=60,
    )
)
def test_months_agree_with_counting_them_up(lives: list[tuple[dt.date, int, int]]) -> None:
    from labs import MemoryLab

    rows, expected = [], []
    for start, days, late in lives:
        end = start + dt.timedelta(days=days)
        seen = end < AS_OF
        observed = start + dt.timedelta(days=late)
        rows.append((str(start), str(end) if seen else None, "x" if seen else None, str(observed)))
        if (seen and end < observed) or observed >= AS_OF:
            continue
        most, month = int(whole_months(start, AS_OF)), max(1, int(np.ceil(whole_months(start, end))))
        event = seen and month <= most
        leaves = month if event else min(most, int(whole_months(start, end if seen else AS_OF)))
        enters = int(np.ceil(whole_months(start, observed))) if late > 0 else 0
        if leaves > enters:
            expected.append((enters, leaves, event))
    lab = MemoryLab({"spells": frame(*rows)}, as_of=AS_OF)
    if not expected:
        with pytest.raises(InsufficientDataError):
            spells.life_table(lab)
        return
    table = spells.life_table(lab)
    for name, at, chosen in (("entered", 0, None), ("events", 1, True), ("censored", 1, False)):
        want = pd.Series([each[at] for each in expected if chosen in (None, each[2])], dtype="int64").value_counts()
        got = table.groupby("duration")[name].sum()
        assert got[got > 0].to_dict() == want.to_dict()


@pytest.mark.shared
def test_telco_as_published(shared_dir: Path) -> None:
    lab = open_lab(ROOT / "examples" / "telco_ibm" / "lab.toml", data_dir=str(shared_dir / "data" / "telco_ibm"))
    table = spells.life_table(lab, clock="months")
    gone = (table["events"] + table["censored"]).cumsum()
    at_risk = table["entered"].sum() - gone.shift(1, fill_value=0)
    survival = (1 - table["events"] / at_risk).cumprod().set_axis(table["duration"])
    assert at_risk[table["duration"] == 1].tolist() == [7032]
    assert table.loc[table["duration"] == 0, "censored"].tolist() == [11]
    published = {1: 0.945961, 12: 0.843200, 24: 0.788736, 36: 0.748545, 48: 0.708840, 60: 0.664404, 72: 0.592790}
    assert {month: round(float(survival[month]), 6) for month in published} == pytest.approx(published, abs=1e-6)
    assert lab.ledger.count("used", table="spells", stage="study", scope="spells in months") == 7043


@pytest.mark.shared
def test_hotel_bookings_as_published(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "hotel_bookings"
    lab = open_lab(ROOT / "examples" / "hotel_bookings" / "lab.toml", data_dir=str(folder))
    table = spells.life_table(lab, clock="days")
    assert table.groupby("cause")["events"].sum().to_dict() == {
        "arrived": 75166,
        "cancelled": 43017,
        "no-show": 1207,
    }
    assert (table["entered"].sum(), table["n_customers"].iloc[0]) == (119390, 119390)
    # nobody is censored, so the share cancelled by a day is the cumulative incidence
    assert table["censored"].sum() == 0


def repeated(*, accounts: bool = False) -> dict[str, pd.DataFrame]:
    """Three customers with 1, 2 and 3 spells; two of them of one account."""
    table = frame(*[("2023-01-10", "2023-06-05" if at % 2 else None, None, None) for at in range(6)])
    table = table.assign(customer_id=["c1", "c2", "c2", "c3", "c3", "c3"])
    customers = pd.DataFrame({"customer_id": ["c1", "c2", "c3"], "plan": ["a", "a", "b"]})
    if accounts:
        customers = customers.assign(account_id=pd.Series(["h1", "h1", None], dtype=object))
    return {"spells": table, "customers": customers}


def test_spells_cluster_by_customer_or_by_account_where_declared(memory_lab: type[MemoryLab]) -> None:
    found = spells.clusters(memory_lab(repeated(), as_of=AS_OF))
    assert (found.unit, found.count, found.spells, found.largest, found.replicates) == ("customer", 3, 6, 3, -1)
    found = spells.clusters(memory_lab(repeated(accounts=True), as_of=AS_OF))
    assert (found.unit, found.count, found.largest, found.repeated) == ("account", 2, 3, True)
    single = {"spells": frame(("2023-01-10", None, None, None), ("2023-02-10", None, None, None))}
    found = spells.clusters(memory_lab(single, as_of=AS_OF))
    assert (found.repeated, found.replicates, found.count) == (False, 0, 2)


@pytest.mark.parametrize("accounts", [False, True])
@pytest.mark.parametrize("replicates", [-1, 16])
def test_life_tables_by_customer_add_up(memory_lab: type[MemoryLab], replicates: int, accounts: bool) -> None:
    lab = memory_lab(repeated(accounts=accounts), as_of=AS_OF)
    split = spells.life_table(lab, by=["plan"], replicates=replicates)
    whole = spells.life_table(lab, by=["plan"])
    keys = ["plan", "duration", "cause"]
    counts = ["entered", "events", "censored"]
    added = split.groupby(keys, dropna=False, as_index=False)[counts].sum()
    pd.testing.assert_frame_equal(added, whole[[*keys, *counts]], check_dtype=False)
    assert dict(zip(split["plan"], split["n_customers"], strict=True)) == {"a": 2, "b": 1}
    ids = ["h1", "h1", "c3"] if accounts else ["c1", "c2", "c3"]
    if replicates > 0:
        expected = {int(hashlib.md5(each.encode(), usedforsecurity=False).hexdigest()[:2], 16) % 16 for each in ids}
        assert set(split["replicate"]) == expected
    else:
        assert sorted(split["replicate"].unique()) == list(range(len(set(ids))))


def test_groups_of_customers_are_two_to_256_or_each_its_own(memory_lab: type[MemoryLab]) -> None:
    lab = memory_lab(repeated(), as_of=AS_OF)
    for wrong in (1, 257, -2):
        with pytest.raises(ParameterError, match="Replicate groups must be 2 to 256"):
            spells.life_table(lab, replicates=wrong)
    with pytest.raises(ParameterError, match="results have themselves: `replicate`"):
        spells.life_table(lab, by=["replicate"])


def test_cells_by_customer_add_up(memory_lab: type[MemoryLab]) -> None:
    lab = memory_lab(repeated(), as_of=AS_OF)
    makers: tuple[Any, ...] = (
        cells.covariates,
        cells.person_periods,
        cells.start_stop,
        partial(cells.immortal_time, ever=[]),
        partial(cells.landmark, after_days=30),
    )
    for make in makers:
        split, whole = (make(lab, terms=["plan"], replicates=each) for each in (-1, 0))
        keys = [name for name in whole if name not in {"n", "n_at_risk", "events"}]
        counts = [name for name in whole if name not in keys]
        added = split.groupby(keys, dropna=False, as_index=False)[counts].sum()
        expected = whole.groupby(keys, dropna=False, as_index=False)[counts].sum()
        pd.testing.assert_frame_equal(added, expected, check_dtype=False)
        assert split["replicate"].nunique() == 3


def snapshot_lab(
    memory_lab: type[MemoryLab], lengths: list[int], *, observed: bool = False, second: str = ""
) -> MemoryLab:
    """Spells that were there on one day, a fifth of which end on it."""
    rows = []
    for at, length in enumerate(lengths):
        start = str((pd.Timestamp("2024-04-30") - pd.DateOffset(months=length)).date())
        end = (second if second and at == 0 else "2024-04-30") if at % 5 == 0 else None
        rows.append((start, end, None, "2024-04-01" if observed else None))
    return memory_lab({"spells": frame(*rows)}, as_of=AS_OF)


def test_a_lab_whose_ends_all_fall_on_one_day_is_a_snapshot_for_every_study(memory_lab: type[MemoryLab]) -> None:
    lab = snapshot_lab(memory_lab, [6 + at % 24 for at in range(100)])
    section = spells.cross_section(lab)
    assert section == spells.CrossSection(dt.date(2024, 4, 30), ends=20, shortest=6, entries=False)
    assert not section.readable
    assert "all 20 recorded ends of spells fall on one day, so this lab is a snapshot" in no_later_time(
        lab, horizon_days=30
    )
    young = spells.cross_section(snapshot_lab(memory_lab, [at % 24 for at in range(100)]))
    assert young is not None
    assert young.readable
    known = spells.cross_section(snapshot_lab(memory_lab, [6 + at % 24 for at in range(100)], observed=True))
    assert known is not None
    assert known.entries


def test_a_lab_that_follows_its_customers_is_no_snapshot(memory_lab: type[MemoryLab]) -> None:
    lengths = [6 + at % 24 for at in range(100)]
    assert spells.cross_section(snapshot_lab(memory_lab, lengths, second="2024-02-01")) is None
    assert spells.cross_section(snapshot_lab(memory_lab, [9] * 100)) is None, "all began on one day: a cohort"
    assert spells.cross_section(snapshot_lab(memory_lab, [6, 7, 8])) is None, "one end"
    lab = snapshot_lab(memory_lab, lengths)
    lab.as_of = None
    assert spells.cross_section(lab) is None
