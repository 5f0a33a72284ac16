#!/usr/bin/env bash
# semopy 2.3.11: AIC and BIC prefer the model that fits worse.
#
# Expected: calc_stats() gives AIC = 2k - 2 log L, lower for the better trade of fit against
#   parameters, so that a two-factor questionnaire is told from a one-factor one.
# What happens: "LogLik" is the smallest value of the discrepancy (chi-square / n, never below
#   zero, larger for a worse fit) and goes into the formula as a log-likelihood. AIC is then
#   2k - 2 chi2 / n: each misfit lowers it, and next to 2k it hardly counts. Below, the one-factor
#   model misses the data by a chi-square in the hundreds and still has the lower AIC and BIC.
# Why it matters: choosing the number of dimensions of a satisfaction scale by these columns
#   always takes the smaller model, however wrong.
# Instead: compare chi2 + 2k (or chi2 + k ln n) from the same table: they differ from the true
#   criteria by a constant of the data; read CFI and RMSEA beside them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  semopy==2.3.11 pandas==2.3.3 numpy==2.4.6 scipy==1.17.1
cat >"$work/see.py" <<'PY'
import sys

import numpy as np
import pandas as pd
import semopy

rng = np.random.default_rng(7)
n = 600
service, price = rng.normal(size=(2, n))
factors = [service] * 3 + [price] * 3
items = np.column_stack([0.8 * factor + 0.6 * rng.normal(size=n) for factor in factors])
answers = pd.DataFrame(items, columns=[f"q{i}" for i in range(1, 7)])
descriptions = {
    "one factor": "F =~ q1 + q2 + q3 + q4 + q5 + q6",
    "two factors": "S =~ q1 + q2 + q3\nP =~ q4 + q5 + q6",
}
table = {}
for name, description in descriptions.items():
    model = semopy.Model(description)
    model.fit(answers)
    row = semopy.calc_stats(model).iloc[0]
    k = len(model.param_vals)
    table[name] = {x: round(float(row[x]), 3) for x in ("chi2", "CFI", "LogLik", "AIC", "BIC")}
    table[name] |= {"k": k, "chi2 + 2k": round(float(row["chi2"]) + 2 * k, 1)}
    assert abs(row["LogLik"] - row["chi2"] / n) < 1e-6
    assert abs(row["AIC"] - (2 * k - 2 * row["chi2"] / n)) < 1e-6
    print(name, table[name])
one, two = table["one factor"], table["two factors"]
worse = one["chi2"] > 300 > 20 > two["chi2"] and one["CFI"] < 0.7 < 0.99 < two["CFI"]
preferred = one["AIC"] < two["AIC"] and one["BIC"] < two["BIC"]
by_hand = one["chi2 + 2k"] > two["chi2 + 2k"] + 300
print("one factor fits far worse:", worse, "| AIC and BIC prefer it:", preferred)
sys.exit(0 if worse and preferred and by_hand else "CHANGED")
PY
"$work/venv/bin/python" "$work/see.py"
