"""Scales that a lab file declares: what they mean, what they quarantine, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cemlab.core.errors import SchemaError
from cemlab.data.lab import open_lab

LAB = """
[lab]
name = "scales"
company = "Scales & Co"
time_zone = "UTC"
{metrics}
[[responses]]
file = "answers.csv"
undated = true
[responses.columns]
response_id = "id"
metric = "metric"
score = "score"
"""
ROWS = "id,metric,score\n1,csat,5\n2,csat,6\n3,csat,1\n4,ces,9\n5,ces,10\n6,nps,10\n7,nps,11\n"


def lab_file(folder: Path, metrics: str = "") -> Path:
    (folder / "answers.csv").write_text(ROWS, encoding="utf-8")
    path = folder / "lab.toml"
    path.write_text(LAB.format(metrics=metrics), encoding="utf-8")
    return path


def test_a_declared_scale_is_known_to_studies_and_quarantines_what_lies_outside(tmp_path: Path) -> None:
    declared = "[metrics.csat]\nscale = [1, 5]\ntop = [4, 5]\n[metrics.ces]\nscale = [1, 9]\nlow_effort = [8, 9]\n"
    lab = open_lab(lab_file(tmp_path, declared))
    csat, ces = lab.info.metric("csat"), lab.info.metric("ces")
    assert (csat.kind, csat.low, csat.high, csat.top, csat.better) == ("share", 1, 5, (4, 5), "up")
    assert (ces.kind, ces.top, ces.better) == ("mean", (8, 9), "up")
    assert lab.info.metric("nps").top == (9, 10)
    # a 6 of csat, a 10 of ces, an 11 of nps
    assert lab.ledger.count("quarantined", table="responses", stage="intake") == 3


def test_low_effort_at_the_low_end_makes_low_scores_better(tmp_path: Path) -> None:
    lab = open_lab(lab_file(tmp_path, "[metrics.ces]\nscale = [1, 9]\nlow_effort = [1, 2, 3]\n"))
    assert lab.info.metric("ces").better == "down"


def test_an_undeclared_question_says_what_to_declare(tmp_path: Path) -> None:
    lab = open_lab(lab_file(tmp_path))
    with pytest.raises(SchemaError, match=r"\[metrics.csat\]` in the lab file, such as `scale = \[1, 5\]` and `top"):
        lab.info.metric("csat")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("[metrics.nps]\nscale = [0, 10]\ntop = [9, 10]\n", "always asked from 0 to 10"),
        ("[metrics.csat]\nscale = [1, 5]\n", "codes are counted by `top`"),
        ("[metrics.csat]\nscale = [1, 5]\nlow_effort = [1]\n", "by `top`: it has `low_effort`"),
        ("[metrics.ces]\nscale = [1, 7]\ntop = [7]\n", "by `low_effort`: it has `top`"),
        ("[metrics.csat]\nscale = [5, 1]\ntop = [5]\n", "from a lower to a higher code"),
        ("[metrics.csat]\nscale = [1, 5]\ntop = [6]\n", "1 outside"),
        ("[metrics.csat]\nscale = [1, 5]\ntpo = [5]\n", r"Did you mean `top`\?"),
    ],
)
def test_scales_that_cannot_be_are_refused(tmp_path: Path, declared: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        open_lab(lab_file(tmp_path, declared))
