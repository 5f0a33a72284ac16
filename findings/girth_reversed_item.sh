#!/usr/bin/env bash
# girth 0.8.0: a reversed or a useless question gets discrimination .2, never a negative one.
#
# Expected: in the two-parameter model a question scored the wrong way round shows itself by a
#   negative discrimination (-1.5 here), as it does by its correlation with the rest.
# What happens: twopl_mml() searches between .2 and 5 only and returns the bound as an estimate,
#   without a warning or a flag. The reversed question becomes a weak but proper one (.2), a
#   question without any relation gets the same .2, a very sharp one (8) gets 5.
# Why it matters: "worst item: weak, drop it" instead of "turn it round" for a satisfaction
#   scale, and its information curve is that of an item that tells nothing.
# Instead: look at the correlation of each question with the sum of the others first, turn
#   round the negative ones, and read .2 and 5 as "outside the search", not as figures.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check girth==0.8.0 numpy==2.4.6 scipy==1.17.1
cat >"$work/see.py" <<'PY'
import sys
import warnings

import girth
import numpy as np

rng = np.random.default_rng(3)
persons = 3000
satisfied = rng.standard_normal(persons)
truth = {"plain": 1.0, "good": 1.5, "better": 2.0, "reversed": -1.5, "noise": 0.0, "sharp": 8.0}
hard = np.array([-0.5, 0.0, 0.5, 0.2, 0.1, -0.2])
slope = np.array(list(truth.values()))
chance = 1 / (1 + np.exp(-slope[:, None] * (satisfied - hard[:, None])))
answers = (rng.random(chance.shape) < chance).astype(int)

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    fitted = girth.twopl_mml(answers)["Discrimination"]
rest = [np.corrcoef(row, answers.sum(axis=0) - row)[0, 1] for row in answers]
seen = {}
for name, got, alone in zip(truth, fitted, rest):
    seen[name] = (round(float(got), 2), round(float(alone), 2))
    print(f"{name}: true {truth[name]}, girth {seen[name][0]}, with the rest {seen[name][1]}")
said = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
print("warnings:", said)
holds = (
    seen["reversed"][0] == 0.2
    and seen["reversed"][1] < -0.2
    and seen["noise"][0] == 0.2
    and seen["sharp"][0] == 5.0
    and abs(seen["good"][0] - 1.5) < 0.3
    and not said
)
sys.exit(0 if holds else "CHANGED")
PY
"$work/venv/bin/python" "$work/see.py"
