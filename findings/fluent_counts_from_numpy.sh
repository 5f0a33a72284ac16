#!/usr/bin/env bash
# fluent.runtime 0.4.0 (numpy 2.4.6): whole numbers of numpy are lost, decimals are "1 customers".
#
# Expected: a message "{ $n -> [one] { $n } customer *[other] { $n } customers }" takes numpy's
#   numbers all alike, and the number one picks "one" whatever type carries it.
# What happens: numpy.float64(1) gives "1 customer", but numpy.int64(1) gives "n customers": the
#   name of the variable stands in the sentence and the plural is the default one. Nothing is
#   raised; an error lies in the list that format_pattern returns second. Decimal("1"), what a
#   database gives for money and sums of decimals, gives "1 customers" with an empty list.
# Why it matters: counts are what pandas and numpy return, so "n customers answered" goes to
#   print where the shares beside it (floats) are right; tests with plain integers stay green.
# Instead: convert with int() or float() where a value enters a message, and raise if the
#   returned list is not empty.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  fluent.runtime==0.4.0 fluent.syntax==0.19.0 Babel==2.18.0 numpy==2.4.6
cat >"$work/see.py" <<'PY'
import sys
from decimal import Decimal

import numpy as np
from fluent.runtime import FluentBundle, FluentResource

SOURCE = """
count = { $n ->
    [one] { $n } customer
   *[other] { $n } customers
 }
"""
bundle = FluentBundle(["en"], use_isolating=False)
bundle.add_resource(FluentResource(SOURCE))
pattern = bundle.get_message("count").value
seen = {}
for value in (1, np.float64(1), np.int64(1), np.int64(250), Decimal("1")):
    text, errors = bundle.format_pattern(pattern, {"n": value})
    name = f"{type(value).__name__} {value}"
    seen[name] = [text, len(errors)]
    print(f"{name}: {text!r}, errors listed: {len(errors)}")
stated = {
    "int 1": ["1 customer", 0],
    "float64 1.0": ["1 customer", 0],
    "int64 1": ["n customers", 2],
    "int64 250": ["n customers", 2],
    "Decimal 1": ["1 customers", 0],
}
sys.exit(0 if seen == stated else f"CHANGED: stated {stated}")
PY
"$work/venv/bin/python" "$work/see.py"
