#!/usr/bin/env bash
# DuckDB 1.5.6 (with pytz 2026.6): a zone named "BST" is Bangladesh, not British Summer Time.
#
# Expected: "BST" is British Summer Time (+01), "AST" Atlantic Time (-04), as PostgreSQL's list
#   of abbreviations has them; or, as in Python's zoneinfo, an unknown zone is refused.
# What happens: DuckDB takes the three-letter names of its ICU library. "BST" is +06 all year,
#   "AST" is Alaska with its summer time, "ECT" is Central Europe with its summer time. There is
#   no warning, in SET TimeZone, in AT TIME ZONE and in a timestamp that carries the letters.
# Why it matters: an export that ends its times in "BST" moves by five hours, so an evening
#   answer is dated to the afternoon and one given before 05:00 to the day before.
# Instead: accept region names only ("Europe/London"), check them with zoneinfo.ZoneInfo before
#   they reach the engine, and turn abbreviations into offsets before reading.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check duckdb==1.5.6 pytz==2026.6 tzdata==2026.6
cat >"$work/see.py" <<'PY'
import sys
import zoneinfo

import duckdb

connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")


def read(text):
    query = "SELECT strftime(CAST(? AS TIMESTAMPTZ), '%Y-%m-%d %H:%M')"
    return connection.execute(query, [text]).fetchone()[0]


def clock(zone, day):
    query = f"SELECT strftime(TIMESTAMPTZ '{day} 12:00:00+00' AT TIME ZONE '{zone}', '%H:%M')"
    return connection.execute(query).fetchone()[0]


def known_to_python(zone):
    try:
        zoneinfo.ZoneInfo(zone)
    except zoneinfo.ZoneInfoNotFoundError:
        return False
    return True


connection.execute("SET TimeZone = 'BST'")
accepted = connection.execute("SELECT current_setting('TimeZone')").fetchone()[0]
connection.execute("SET TimeZone = 'UTC'")
seen = {
    "SET TimeZone keeps": accepted,
    "2024-07-01 04:30 BST in UTC": read("2024-07-01 04:30:00 BST"),
    "2024-07-01 04:30 Europe/London in UTC": read("2024-07-01 04:30:00 Europe/London"),
    "noon UTC in BST, July": clock("BST", "2024-07-01"),
    "noon UTC in BST, January": clock("BST", "2024-01-01"),
    "noon UTC in AST, July": clock("AST", "2024-07-01"),
    "noon UTC in ECT, July": clock("ECT", "2024-07-01"),
    "zoneinfo knows": [zone for zone in ("BST", "AST", "ECT") if known_to_python(zone)],
}
stated = {
    "SET TimeZone keeps": "BST",
    "2024-07-01 04:30 BST in UTC": "2024-06-30 22:30",
    "2024-07-01 04:30 Europe/London in UTC": "2024-07-01 03:30",
    "noon UTC in BST, July": "18:00",
    "noon UTC in BST, January": "18:00",
    "noon UTC in AST, July": "04:00",
    "noon UTC in ECT, July": "14:00",
    "zoneinfo knows": [],
}
for name, value in seen.items():
    print(f"{name}: {value}")
sys.exit(0 if seen == stated else f"CHANGED: stated {stated}")
PY
"$work/venv/bin/python" "$work/see.py"
