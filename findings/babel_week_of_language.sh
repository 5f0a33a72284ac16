#!/usr/bin/env bash
# Babel 2.18.0: "de" and "fr" number the weeks otherwise than "de_DE" and "fr_FR".
#
# Expected: the locale "de" writes weeks as Germany does (ISO: week 1 holds 4 January): the CLDR
#   data name the likeliest country of a bare language, and ICU takes the rule of that country.
# What happens: Babel takes a bare language's week rule from the "world" entry, where week 1 is
#   the one that holds 1 January. "de", "fr", "es" and "it" run one week ahead of ISO through all
#   years that begin on Friday, Saturday or Sunday, and call the last days of most Decembers
#   week 1: 3,304 of the 7,305 days from 2015 to 2034. "de_DE" and "fr_FR" agree with ISO always.
# Why it matters: weekly response and NPS tables labelled through Babel are off by one against
#   the business calendar in some years only; no warning is given.
# Instead: number weeks with date.isocalendar(), or give Babel a locale with its country.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check Babel==2.18.0
cat >"$work/see.py" <<'PY'
import datetime as dt
import sys

from babel.dates import format_date

first, last = dt.date(2015, 1, 1), dt.date(2034, 12, 31)
days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
iso = ["{}-{:02d}".format(*day.isocalendar()[:2]) for day in days]
seen = {}
for locale in ("de", "fr", "es", "it", "de_DE", "fr_FR", "es_ES", "it_IT"):
    written = [format_date(day, "YYYY-ww", locale=locale) for day in days]
    other = [day for day, ours, theirs in zip(days, iso, written) if ours != theirs]
    seen[locale] = len(other)
    years = sorted({day.year for day in other if day.month == 6})
    print(f"{locale}: {len(other)} of {len(days)} days off ISO; in June of {years}")
tenth = dt.date(2027, 6, 10)
seen["10 June 2027"] = [format_date(tenth, "ww", locale=x) for x in ("de", "de_DE")]
print("10 June 2027 in de and de_DE:", *seen["10 June 2027"])
stated = {"de": 3304, "fr": 3304, "es": 3304, "it": 3304}
stated |= {"de_DE": 0, "fr_FR": 0, "es_ES": 0, "it_IT": 0, "10 June 2027": ["24", "23"]}
sys.exit(0 if seen == stated else f"CHANGED: saw {seen}")
PY
"$work/venv/bin/python" "$work/see.py"
