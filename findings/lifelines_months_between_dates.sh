#!/usr/bin/env bash
# lifelines 0.30.3 (pandas 2.3.3): a whole year is 11 "months" and 0 "years" of duration.
#
# Expected: datetimes_to_durations(start, end, freq="M") counts calendar months, so customers
#   of monthly contracts who leave after exactly one month all have the duration 1, and a
#   contract year is 12 months or 1 year; or else it gives fractions.
# What happens: the days between the dates are cut to whole average months (30.436875 days) and
#   average years (365.2425 days), always downwards. One month is 1 or 0 by the month's length;
#   a year without a leap day is 11 months and 0 years; a leap year is 12 and 1.
# Why it matters: churn comes at contract anniversaries. Leavers of February and April get the
#   duration 0, leavers at the end of the year fall in the month before, and the curve shows a
#   rhythm of churn that is the calendar's.
# Instead: count months by the calendar (year * 12 + month, less one where the day is not yet
#   reached), or take freq="D" and group the days by contract month afterwards.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  lifelines==0.30.3 pandas==2.3.3 numpy==2.4.6 scipy==1.17.1
cat >"$work/see.py" <<'PY'
import sys

from lifelines.utils import datetimes_to_durations

starts = ["2023-01-01", "2023-02-01", "2023-03-01", "2023-04-01", "2023-01-01", "2024-01-01"]
ends = ["2023-02-01", "2023-03-01", "2023-04-01", "2023-05-01", "2024-01-01", "2025-01-01"]
seen = {}
for freq in ("D", "M", "Y"):
    durations, observed = datetimes_to_durations(starts, ends, freq=freq, fill_date="2026-01-01")
    seen[freq] = durations.tolist()
    assert observed.all()
stated = {
    "D": [31.0, 28.0, 31.0, 30.0, 365.0, 366.0],
    "M": [1.0, 0.0, 1.0, 0.0, 11.0, 12.0],
    "Y": [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
}
for start, end, *values in zip(starts, ends, *seen.values()):
    print(start, "to", end, dict(zip(seen, values)))
sys.exit(0 if seen == stated else f"CHANGED: saw {seen}")
PY
"$work/venv/bin/python" "$work/see.py"
