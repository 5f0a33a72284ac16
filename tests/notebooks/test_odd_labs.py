"""Every study on labs of odd shapes: a page, or a refusal before the first cell; never an error of a cell."""

from __future__ import annotations

from pathlib import Path

import evidence
import odd_labs
import pytest
from in_process import Played, play

STUDIES = ("nps-retrospective", "churn-survival", "churn-prediction", "segments")
QUICK = {
    "nps-retrospective": ("two customers", "answers without customers", "satisfaction only", "weights of zero"),
    "churn-survival": (
        "five months old",
        "segments repeat each other",
        "plan gives the outcome away",
        "all left on one day",
        "twelve customers",
    ),
    "churn-prediction": ("nobody left", "tenures instead of days", "twelve customers"),
    "segments": ("only transactions", "two ratings", "all customer ids empty"),
}
"""What the normal run tries; `make evidence` runs the rest."""

every = [(study, shape) for study in STUDIES for shape in odd_labs.ODD]
quick = [(study, shape) for study, shapes in QUICK.items() for shape in shapes]

rest = [each for each in every if each not in quick]


def _a_page_or_a_refusal(folder: Path, study: str, shape: str) -> Played:
    given = {"challenger": "none", "cuts": 1} if study == "churn-prediction" else {}
    played = play(study, odd_labs.ODD[shape]().write(folder), **given)
    assert played.refused or played.answered
    assert all(reason.strip() for reason in played.refused)
    assert all(because.strip() for because in played.left_out.values())
    return played


def test_there_are_at_least_thirty_shapes() -> None:
    assert len(odd_labs.ODD) >= 30
    assert set(quick) <= set(every)


@pytest.mark.parametrize(("study", "shape"), quick)
def test_a_study_publishes_or_refuses(tmp_path: Path, study: str, shape: str) -> None:
    _a_page_or_a_refusal(tmp_path, study, shape)


@pytest.mark.slow
@pytest.mark.parametrize(("study", "shape"), rest[:: evidence.runs(len(rest) // 4, full=1)])
def test_every_study_publishes_or_refuses_on_every_shape(tmp_path: Path, study: str, shape: str) -> None:
    _a_page_or_a_refusal(tmp_path, study, shape)


def test_a_young_company_has_a_page_without_the_landmark(tmp_path: Path) -> None:
    played = _a_page_or_a_refusal(tmp_path, "churn-survival", "five months old")
    left_out = played.left_out["What follows what was known at day 180?"]
    assert left_out.startswith("At least one spell must be followed until")


def test_the_second_of_two_segments_that_repeat_each_other_is_named(tmp_path: Path) -> None:
    played = _a_page_or_a_refusal(tmp_path, "churn-survival", "segments repeat each other")
    assert played.left["repeated"] == ["plan_code", "tariff"]
    assert set(played.left["fit"].table["term"]) == {"plan"}
    assert set(played.left["compared"]) == {"plan", "plan_code", "tariff"}


def test_where_the_only_covariate_leaks_the_curves_are_published(tmp_path: Path) -> None:
    played = _a_page_or_a_refusal(tmp_path, "churn-survival", "plan gives the outcome away")
    assert "What goes with leaving?" in played.left_out
    assert played.left["leaking"] == ["plan"]
    assert played.left["fit"] is None


def test_answers_that_began_after_all_endings_leave_one_section_out(tmp_path: Path) -> None:
    played = play("churn-survival", odd_labs.ODD["survey began after the endings"]().write(tmp_path))
    assert played.answered
    assert played.left["fit"] is not None


def test_the_page_says_what_was_chosen_where_parameters_were_left_open(tmp_path: Path) -> None:
    played = _a_page_or_a_refusal(tmp_path, "nps-retrospective", "satisfaction only")
    (head,) = [record for record in played.records if record["kind"] == "head"]
    assert any(note.startswith("`metric` was left open, so this page takes csat") for note in head["notes"])
