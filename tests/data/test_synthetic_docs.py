"""The page on the demo company shows the planted numbers as the package has them.

``python tests/data/test_synthetic_docs.py`` writes them anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cemlab.data.synthetic.truth import planted_in
from cemlab.data.synthetic.world import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "demo-company.md"
BEGIN, END = "<!-- planted -->\n", "<!-- /planted -->"
LEFT_OUT = {"synthetic", "customers", "seed", "null_world", "first_day", "last_day"}


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_shown(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _lines(truth: Mapping[str, object], null: Mapping[str, object]) -> Iterator[str]:
    """One line per planted number; the second column says what becomes of it in the null world."""
    for subject, numbers in truth.items():
        off = null[subject]
        if subject in LEFT_OUT or not isinstance(numbers, Mapping) or not isinstance(off, Mapping):
            continue
        yield f"| **{subject}** | | |"
        for name, value in numbers.items():
            same = off.get(name) == value
            yield f"| {name.replace('_', ' ')} | {_shown(value)} | {'same' if same else _shown(off.get(name))} |"


def table() -> str:
    """Return the table of planted numbers."""
    rows = _lines(planted_in(World()), planted_in(World(null=True)))
    return "\n".join(["", "| number | planted | in the null world |", "|---|---|---|", *rows, "", ""])


def test_the_page_shows_the_planted_numbers() -> None:
    assert PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0] == table()


if __name__ == "__main__":
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")
