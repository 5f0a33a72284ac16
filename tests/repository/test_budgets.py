"""The time budgets in CONTRIBUTING.md are those of the steps that `make test` runs."""

from __future__ import annotations

import re
from pathlib import Path

BUDGETS = {"lint": 2, "unit": 4, "coverage": 4, "notebooks": 3, "browser": 2, "engines": 4}
NOT_YET = {"engines"}


def test_contributing_lists_the_steps_of_make_test_in_order(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    steps = re.search(r"^STEPS := (.+)$", makefile, flags=re.MULTILINE)
    assert steps is not None
    table = re.findall(
        r"^\| (\w+) \| .+ \| (\d+) \|$", (root / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [step for step, _ in table if step not in NOT_YET] == steps.group(1).split()
    assert {step: int(minutes) for step, minutes in table} == BUDGETS


def test_every_step_is_a_documented_target(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    documented = set(re.findall(r"^(\w+):.*## \S", makefile, flags=re.MULTILINE))
    assert set(BUDGETS) - NOT_YET | {"report", "test", "lab", "help", "lock", "clean", "bench"} <= documented
