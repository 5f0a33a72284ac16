#!/usr/bin/env bash
# nbval 0.11.0: a strict check passes every cell of a notebook kept without outputs.
#
# Expected: "pytest --nbval" runs a notebook and fails where what it prints differs from what is
#   stored, so a cell that stores nothing and prints a figure fails.
# What happens: the execution count decides. Where it is null, as "clear all outputs" and the
#   usual commit hooks leave it, the cell is run, not compared, and counted as passed, not as
#   skipped. With the count kept and the output gone the same cell fails.
# Why it matters: a team that commits notebooks without outputs reads "the notebooks are tested"
#   where only "they do not raise" was looked at: an NPS that turns from 42 to -42 is green.
# Instead: count the cells without an execution count before trusting a green run, or hold the
#   figures with assertions in the notebook or with a stored page that a test compares.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  nbval==0.11.0 pytest==9.2.0 ipykernel==7.4.0 nbformat==5.11.1 jupyter-client==8.10.0
cat >"$work/write.py" <<'PY'
import sys

import nbformat.v4 as form
from nbformat import write


def cell(stored, count):
    outputs = [form.new_output("stream", name="stdout", text=stored)] if stored else []
    return form.new_code_cell("print('NPS', -42)", outputs=outputs, execution_count=count)


books = {"right": ("NPS -42\n", 1), "wrong": ("NPS 42\n", 1), "gone": ("", 1), "cleared": ("", None)}
kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
for name, kept in books.items():
    book = form.new_notebook(metadata=kernel, cells=[cell(*kept)])
    write(book, f"{sys.argv[1]}/{name}.ipynb")
PY
"$work/venv/bin/python" "$work/write.py" "$work"
seen=$(cd "$work" && "$work/venv/bin/python" -m pytest -p no:cacheprovider --color=no -v --nbval \
  right.ipynb wrong.ipynb gone.ipynb cleared.ipynb 2>/dev/null |
  sed -nE 's/^([a-z]+)::ipynb::.* (PASSED|FAILED|SKIPPED).*/\1 \2/p' || true)
echo "$seen"
stated=$'right PASSED\nwrong FAILED\ngone FAILED\ncleared PASSED'
[ "$seen" = "$stated" ] || { echo "CHANGED: stated $stated"; exit 1; }
