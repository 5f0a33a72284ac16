"""A time is the instant that it names: in its own zone, in the one that is declared, or in the lab's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from cemlab.core.errors import SchemaError
from cemlab.data import drafting, intake
from cemlab.data.clocks import Clock, prepare_engine, without_zone
from cemlab.data.lab import open_lab

MakeLab = Callable[..., Path]

LAB = (
    '\n[[responses]]\nfile = "nps.csv"\n{source}\n[responses.columns]\nresponse_id = {{ row_number = true }}\nmetric ='
    ' {{ constant = "nps" }}\nresponded_at = {at}\n'
)


def _lab(
    make_lab: MakeLab, times: list[str], *, at: str = '"at"', source: str = "", zone: str = "Europe/Paris"
) -> Path:
    lab_file = make_lab(LAB.format(at=at, source=source), nps="at;x\n" + "".join(f"{each};\n" for each in times))
    text = (
        lab_file.read_text(encoding="utf-8")
        .replace("Europe/Berlin", zone)
        .replace('"nps.csv"', '"nps.csv"\ndelimiter = ";"')
    )
    lab_file.write_text(text, encoding="utf-8")
    return lab_file


def _found(lab_file: Path) -> list[tuple[str, str]]:
    lab = open_lab(lab_file)
    rows = lab.frame(lab.table("responses"))
    return [
        (pd.Timestamp(at).tz_convert("UTC").strftime("%Y-%m-%d %H:%M"), str(on)[:10])
        for at, on in zip(rows.responded_at, rows.responded_on, strict=True)
    ]


def _said(lab_file: Path, words: str) -> list[str]:
    return [line.strip() for line in intake.check(lab_file).lines() if words in line]


ZONED = {
    "2024-04-01 21:30:00 UTC": "2024-04-01 21:30",
    "2024-04-01 21:30:00Z": "2024-04-01 21:30",
    "2024-04-01 21:30:00 Z": "2024-04-01 21:30",
    "2024-04-01 21:30:00 GMT": "2024-04-01 21:30",
    "2024-04-01 21:30:00 CET": "2024-04-01 20:30",
    "2024-04-01 21:30:00 CEST": "2024-04-01 19:30",
    "2024-04-01 21:30:00 EST": "2024-04-02 02:30",
    "2024-04-01 21:30:00 PDT": "2024-04-02 04:30",
    "2024-04-01 21:30:00 +02:00": "2024-04-01 19:30",
    "2024-04-01 21:30:00+0230": "2024-04-01 19:00",
    "2024-04-01 21:30:00 -05": "2024-04-02 02:30",
    "2024-04-01 21:30:00 GMT+2": "2024-04-01 19:30",
    "2024-04-01 21:30:00 UTC-03:30": "2024-04-02 01:00",
    "2024-04-01 21:30:00 Europe/Paris": "2024-04-01 19:30",
    "2024-04-01 21:30:00 America/New_York": "2024-04-02 01:30",
    "2024-04-01 21:30:00 America/Argentina/Buenos_Aires": "2024-04-02 00:30",
    "2024-04-01 21:30:00 Etc/GMT+2": "2024-04-01 23:30",
    "2024-04-01T21:30:00+02:00[Europe/Paris]": "2024-04-01 19:30",
    "2024-12-31 23:30:00 UTC": "2024-12-31 23:30",
}


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("format_", ["", "%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S%z"])
@pytest.mark.parametrize("declared", ["", 'zone = "Asia/Tokyo"'])
def test_a_zone_in_the_value_is_used(make_lab: MakeLab, zone: str, format_: str, declared: str) -> None:
    wanted = {text: at for text, at in ZONED.items() if not (format_ and "T21" in text)}
    at = f'{{ from = "at", format = "{format_}" }}' if format_ else '"at"'
    lab_file = _lab(make_lab, list(wanted), at=at, source=declared, zone=zone)
    instants = [dt.datetime.fromisoformat(f"{each}+00:00") for each in wanted.values()]
    expected = [(f"{each:%Y-%m-%d %H:%M}", str(each.astimezone(ZoneInfo(zone)).date())) for each in instants]
    assert _found(lab_file) == expected
    assert not _said(lab_file, "without a zone")
    assert open_lab(lab_file).table("responses").schema()["responded_at"].timezone == "UTC"


@pytest.mark.parametrize(
    ("format_", "cell", "utc"),
    [
        ("%a %b %d %H:%M:%S %Z %Y", "Mon Apr 01 21:30:00 CEST 2024", "2024-04-01 19:30"),
        ("%d/%m/%Y %I:%M %p %Z", "01/04/2024 09:30 PM EST", "2024-04-02 02:30"),
        ("%d.%m.%Y %H:%M (%Z)", "01.04.2024 21:30 (Europe/Paris)", "2024-04-01 19:30"),
        ("%Y-%m-%dT%H:%M:%SZ", "2024-04-01T21:30:00Z", "2024-04-01 21:30"),
        ("%Y-%m-%d %H:%M:%S UTC", "2024-04-01 21:30:00 UTC", "2024-04-01 21:30"),
        ("%Y-%m-%dT%H:%M:%S.%f+02:00", "2024-04-01T21:30:00.5+02:00", "2024-04-01 19:30"),
    ],
)
def test_a_zone_is_found_where_the_format_has_it(make_lab: MakeLab, format_: str, cell: str, utc: str) -> None:
    lab_file = _lab(make_lab, [cell], at=f'{{ from = "at", format = "{format_}" }}')
    assert [at for at, _ in _found(lab_file)] == [utc]
    assert not _said(lab_file, "without a zone")


def test_only_times_without_a_zone_are_counted(make_lab: MakeLab) -> None:
    times = ["2024-04-01 21:30:00 UTC", "2024-04-01 21:30:00", "2024-04-01"]
    assert _said(_lab(make_lab, times), "zone") == ["responded_at: 2 times without a zone, taken in the lab's"]
    formatted = _lab(make_lab, times[:2], at='{ from = "at", format = "%Y-%m-%d %H:%M:%S %Z" }')
    assert _said(formatted, "zone") == ["responded_at: 1 times without a zone, taken in the lab's"]
    assert _found(formatted) == [("2024-04-01 21:30", "2024-04-01"), ("2024-04-01 19:30", "2024-04-01")]


def test_a_name_that_nobody_knows_is_no_time(make_lab: MakeLab) -> None:
    lab_file = _lab(make_lab, ["2024-04-01 21:30:00 IST", "2024-04-01 21:30:00 Nope/Zone", "2024-04-01 21:30:00 UTC"])
    assert _said(lab_file, "no date or time") == ["2 quarantined: `responded_at` is no date or time"]


@pytest.mark.parametrize("format_", ["", "%Y-%m-%d %H:%M"])
@pytest.mark.parametrize("where", ["source", "column"])
def test_a_declared_zone_holds_for_times_that_name_none(make_lab: MakeLab, format_: str, where: str) -> None:
    keys = ['from = "at"'] + ([f'format = "{format_}"'] if format_ else [])
    keys += ['zone = "UTC"'] if where == "column" else []
    source = 'zone = "UTC"' if where == "source" else 'zone = "Asia/Tokyo"'
    lab_file = _lab(make_lab, ["2024-04-01 22:30", "2024-12-31 23:30"], at=f"{{ {', '.join(keys)} }}", source=source)
    assert _found(lab_file) == [("2024-04-01 22:30", "2024-04-02"), ("2024-12-31 23:30", "2025-01-01")]
    assert not _said(lab_file, "zone")


def test_a_day_is_a_day_of_the_lab_whatever_zone_times_are_in(make_lab: MakeLab) -> None:
    lab_file = _lab(make_lab, ["2024-04-01"], source='zone = "UTC"', zone="America/New_York")
    assert _found(lab_file) == [("2024-04-01 04:00", "2024-04-01")]
    formatted = _lab(
        make_lab,
        ["01.04.2024"],
        at='{ from = "at", format = "%d.%m.%Y" }',
        source='zone = "UTC"',
        zone="America/New_York",
    )
    assert _found(formatted) == [("2024-04-01 04:00", "2024-04-01")]


@pytest.mark.parametrize(
    ("cell", "more", "day"),
    [
        ("2024-04-01 23:30:00 UTC", "", "2024-04-02"),
        ("2024-04-01 23:30:00", 'zone = "UTC"', "2024-04-02"),
        ("2024-04-01 23:30:00", "", "2024-04-01"),
        ("2024-04-01", 'zone = "UTC"', "2024-04-01"),
        ("01/04/2024 23:30 UTC", 'format = "%d/%m/%Y %H:%M %Z"', "2024-04-02"),
        ("01/04/2024 23:30", 'format = "%d/%m/%Y %H:%M", zone = "UTC"', "2024-04-02"),
    ],
)
def test_a_date_is_the_day_in_the_lab_s_zone(make_lab: MakeLab, cell: str, more: str, day: str) -> None:
    keys = 'from = "at"' + f", {more}" * bool(more)
    tables = (
        f'[[spells]]\nfile = "s.csv"\n[spells.columns]\nspell_id = "at"\ncustomer_id = "at"\nstarted_on = {{ {keys}'
        " }\n"
    )
    lab = open_lab(make_lab(tables, s=f"at\n{cell}\n"), as_of="2030-01-01")
    assert str(lab.frame(lab.table("spells")).started_on[0])[:10] == day


def test_times_that_came_twice_or_never_are_counted(make_lab: MakeLab) -> None:
    times = [
        "2024-10-27 02:30",
        "2024-03-31 02:30",
        "2024-10-27 01:59",
        "2024-10-27 03:00",
        "2024-03-31 03:00",
        "2024-10-27 02:30 UTC",
    ]
    lab_file = _lab(make_lab, times)
    assert [at for at, _ in _found(lab_file)][:2] == ["2024-10-27 01:30", "2024-03-31 01:30"]
    assert [line.rsplit(" ", 1)[1] for line in _said(lab_file, "came twice or never")] == ["2"]


@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "UTC"]
)
def test_moved_clocks_are_read_as_the_rule_says(zone: str) -> None:
    """Every half hour of a year: the later of two, and as if the clock had not been moved, by Python's own zones."""
    region, clock = ZoneInfo(zone), Clock("", "", zone)
    times = [dt.datetime(2023, 1, 1) + dt.timedelta(minutes=30 * n) for n in range(17_568)]  # noqa: DTZ001 - a time without a zone
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    engine.execute(prepare_engine())
    engine.register("times", pd.DataFrame({"held": [f"{each:%Y-%m-%d %H:%M}" for each in times]}))
    found = engine.execute(f"SELECT epoch({clock.instant('held')}), {clock.doubtful('held')} FROM times").fetchall()

    def facts(time: dt.datetime) -> tuple[float, bool]:
        first, second = time.replace(tzinfo=region), time.replace(tzinfo=region, fold=1)
        twice = (
            first.utcoffset() != second.utcoffset()
            and first.astimezone(dt.UTC).astimezone(region).replace(tzinfo=None) == time
        )
        return (second if twice else first).timestamp(), first.utcoffset() != second.utcoffset()

    expected = [facts(each) for each in times]
    assert [at for at, _ in found] == [at for at, _ in expected]
    if zone != "Australia/Lord_Howe":  # its clocks move by half an hour
        assert [moved for _, moved in found] == [moved for _, moved in expected]


def test_a_zone_must_be_one(make_lab: MakeLab) -> None:
    with pytest.raises(SchemaError, match="is no IANA time zone"):
        intake.check(_lab(make_lab, ["2024-04-01"], source='zone = "Mars/Base"'))
    with pytest.raises(SchemaError, match="Only a date or instant takes"):
        intake.check(
            make_lab(LAB.format(at='"at"', source="") + 'x = { from = "x", zone = "UTC" }\n', nps="at,x\n2024-04-01,\n")
        )


@pytest.mark.parametrize(
    ("header", "form", "expected"),
    [
        ("Submit Date (UTC)", "%Y-%m-%d %H:%M:%S", 'zone = "UTC"'),
        ("Submit Date", "%Y-%m-%d %H:%M:%S UTC", '"Submit Date"'),
        ("Submit Date", "%d/%m/%Y %H:%M CET", 'format = "%d/%m/%Y %H:%M %Z"'),
        ("Submit Date (UTC)", "%Y-%m-%dT%H:%M:%SZ", '"Submit Date (UTC)"'),
    ],
)
def test_a_draft_sees_the_zone(tmp_path: Path, header: str, form: str, expected: str) -> None:
    rows = [f"{dt.datetime(2024, 1, 1 + n % 28, n % 24, n % 60, tzinfo=dt.UTC):{form}},{n % 11}" for n in range(60)]
    (tmp_path / "a.csv").write_text(f"{header},nps\n" + "\n".join(rows) + "\n", encoding="utf-8")
    draft = drafting.write([tmp_path / "a.csv"], tmp_path / "lab.toml")
    assert expected in next(line for line in draft.text.splitlines() if line.startswith("responded_at"))
    assert not _said(tmp_path / "lab.toml", "quarantined:")
    assert not _said(tmp_path / "lab.toml", "without a zone")


def test_what_is_no_zone_is_left() -> None:
    assert [without_zone(text) for text in ("01-04-2024", "2024-04-01", "10:30 MAR", "9:30 PM", "12:00 IST", "x")] == [
        None
    ] * 6
