#!/usr/bin/env bash
# lifelines 0.30.3: the "variance" of the restricted mean is that of the customers' times.
#
# Expected: restricted_mean_survival_time(..., return_variance=True) gives the estimate and the
#   squared standard error of the estimate (Greenwood's formula for the area under the curve,
#   as R's survival prints it), which shrinks as customers are added.
# What happens: it gives the variance of min(lifetime, limit) over customers. Ten times the same
#   customers leave it as it is, where the squared standard error falls to a tenth.
# Why it matters: "mean lifetime within 24 months, give or take 1.96 roots of the variance" comes
#   out 14 times too wide with 200 customers, 43 times with 2,000, and no difference ever shows.
# Instead: add up, over the event times, (area to the right)^2 * d / (n * (n - d)), as below, or
#   resample the customers. Dividing by the number of customers is right only without censoring.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  lifelines==0.30.3 pandas==2.3.3 numpy==2.4.6 scipy==1.17.1
cat >"$work/see.py" <<'PY'
import sys
import warnings

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

LIMIT = 24
warnings.filterwarnings("ignore")  # the library's integration speaks up at every step of the curve


def by_hand(months, left):
    """Restricted mean and its squared standard error, from counts."""
    grid = np.unique(months[left & (months < LIMIT)])
    at_risk = np.array([(months >= month).sum() for month in grid])
    events = np.array([(left & (months == month)).sum() for month in grid])
    curve = np.concatenate([[1.0], np.cumprod(1 - events / at_risk)])
    pieces = curve * np.diff(np.concatenate([[0], grid, [LIMIT]]))
    right = pieces[::-1].cumsum()[::-1][1:]
    return pieces.sum(), (right**2 * events / (at_risk * (at_risk - events))).sum()


months = np.tile(np.arange(1, 41), 5)
left = np.arange(200) % 3 > 0
seen = {}
for copies in (1, 10):
    many, gone = np.tile(months, copies), np.tile(left, copies)
    fitted = KaplanMeierFitter().fit(many, gone)
    mean, variance = restricted_mean_survival_time(fitted, t=LIMIT, return_variance=True)
    area, squared_error = by_hand(many, gone)
    assert abs(mean - area) < 1e-9
    seen[many.size] = [round(float(x), 4) for x in (mean, variance, squared_error)]
    print(f"{many.size} customers: mean, lifelines variance, squared error = {seen[many.size]}")
stated = {200: [19.038, 51.3631, 0.2726], 2000: [19.038, 51.3631, 0.0273]}
sys.exit(0 if seen == stated else f"CHANGED: stated {stated}")
PY
"$work/venv/bin/python" "$work/see.py"
