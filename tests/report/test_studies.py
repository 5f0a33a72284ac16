"""Finding studies, and reading their parameters without running them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cemlab.core.errors import ParameterError
from cemlab.report import studies

Write = Callable[..., Path]


def test_a_study_has_its_group_title_and_parameters_in_order(study: Write) -> None:
    path = study("first-look", "x = 1", group="people")
    found = studies.find("first-look")
    assert (found.stem, found.group, found.path, found.title) == ("first-look", "people", path, "Is it first-look?")
    assert list(found.parameters.items()) == [
        ("lab_file", "lab.toml"),
        ("survey", ""),
        ("level", 0.95),
        ("segment_by", []),
        ("seed", 1),
    ]


def test_studies_come_in_the_order_of_the_field(study: Write) -> None:
    study("z", group="past")
    study("a", group="action")
    study("m", group="potential")
    assert [found.stem for found in studies.all_studies()] == ["z", "m", "a"]


def test_unknown_study_names_the_nearest_one(study: Write) -> None:
    study("nps-retrospective")
    with pytest.raises(ParameterError, match=r"Did you mean `nps-retrospective`\?"):
        studies.find("nps-retrospektive")


def test_two_studies_of_one_name_are_refused_with_both_places(study: Write) -> None:
    study("same", group="past")
    study("same", group="people")
    with pytest.raises(ParameterError, match=r"`past/same\.ipynb` and `people/same\.ipynb`"):
        studies.find("same")


def test_a_given_folder_wins_over_the_one_here(study: Write, tmp_path: Path) -> None:
    path = study("here")
    other = tmp_path / "elsewhere" / "past"
    other.mkdir(parents=True)
    path.rename(other / "there.ipynb")
    assert studies.find("there", notebooks=other.parent).path == other / "there.ipynb"
    assert studies.all_studies() == []


def test_a_folder_is_found_from_within_its_project(
    study: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study("up-there")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert studies.find("up-there").path.is_relative_to(tmp_path / "notebooks")


def test_a_run_tells_its_kernel_where_studies_lie(
    study: Write, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    study("mine")
    monkeypatch.chdir(tmp_path_factory.mktemp("staging"))
    monkeypatch.setenv(studies.FOLDER_VARIABLE, str(tmp_path / "notebooks"))
    assert studies.find("mine").stem == "mine"


def test_without_a_folder_here_the_studies_of_the_package_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notebooks").mkdir()  # a folder of that name that holds no group is not ours
    monkeypatch.chdir(tmp_path)
    assert "nps-retrospective" in [found.stem for found in studies.all_studies()]


def test_a_given_folder_without_groups_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="must hold at least one of past"):
        studies.all_studies(notebooks=tmp_path)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("level: float = 0.95\nimport os", "line 2 is no annotated assignment"),
        ("level = 0.95", "line 1 is no annotated assignment"),
        ("level: float", "line 1 is no annotated assignment"),
        ("survey: str = ''\nlevel: float = 1 - 0.05", "line 2 is no plain literal"),
        ("survey: str = str(1)", "line 1 is no plain literal"),
        ("level: int = 1", "annotated `int` where `level` is `float` in every study"),
        ("survey: str = None or ''", "line 1 is no plain literal"),
        ("segment_by: list[str] = [\n]", "line 1 is spread over several lines"),
        ("seed: int = 1; level: float = 0.9", "several statements on one line"),
        ("seed: int = 1\nseed: int = 2", "line 2 is a second `seed`"),
        ("seed: int = = 1", "line 1 is no Python"),
    ],
)
def test_anything_but_annotated_literals_is_refused_with_its_line(study: Write, source: str, problem: str) -> None:
    study("odd", parameters=source)
    with pytest.raises(ParameterError, match="parameters cell of study `odd`") as refused:
        studies.find("odd")
    assert problem in str(refused.value)


def test_two_parameter_cells_are_refused(study: Write) -> None:
    path = study("two", "seed: int = 1")
    notebook = json.loads(path.read_text())
    notebook["cells"][-1]["metadata"]["tags"] = ["parameters"]
    path.write_text(json.dumps(notebook))
    with pytest.raises(ParameterError, match="2 have the tag"):
        studies.parameters(path)


def test_a_notebook_without_the_cell_takes_no_parameters(study: Write) -> None:
    path = study("none")
    notebook = json.loads(path.read_text())
    notebook["cells"][1]["metadata"] = {}
    path.write_text(json.dumps(notebook))
    assert studies.parameters(path) == {}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 3', "\x00"])
def test_a_file_that_is_no_notebook_is_refused_by_name(here: Path, content: str) -> None:
    (here / "notebooks" / "past" / "torn.ipynb").write_text(content)
    with pytest.raises(ParameterError, match=r"`past/torn\.ipynb` is not"):
        studies.find("torn")


def test_headings_follow_the_cells(study: Write) -> None:
    path = study("h", "a = 1", "b = 2")
    notebook = json.loads(path.read_text())
    assert studies.headings(notebook, level=2) == ["", "", "What is it?", "What is it?", "What is it?"]
