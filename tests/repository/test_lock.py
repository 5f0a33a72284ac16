"""The lock satisfies pyproject.toml, names no address, and conda's users read the same one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

TESTED = ("3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, object]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def _entries(lock: str) -> list[str]:
    """One text per locked package: its requirement and its hashes."""
    joined = lock.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]


def _pins(lock: str, python: str) -> dict[str, Version]:
    """Name to pinned version as `python` on Linux would install them."""
    place = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
    }
    found: dict[str, Version] = {}
    for entry in _entries(lock):
        requirement = Requirement(re.split(r"\s+--hash", entry)[0].strip())
        if requirement.marker is None or Marker(str(requirement.marker)).evaluate(place):
            (pin,) = requirement.specifier
            found[canonicalize_name(requirement.name)] = Version(pin.version)
    return found


def _wanted(project: dict[str, object]) -> list[Requirement]:
    groups = project["dependency-groups"]
    table = project["project"]
    system = project["build-system"]
    assert isinstance(groups, dict)
    assert isinstance(table, dict)
    assert isinstance(system, dict)
    grouped = [text for group in groups.values() for text in group if isinstance(text, str)]
    return [Requirement(text) for text in (*table["dependencies"], *grouped, *system["requires"])]


@pytest.mark.parametrize("python", TESTED)
def test_every_dependency_is_locked_within_its_range(root: Path, project: dict[str, object], python: str) -> None:
    pins = _pins((root / "requirements.lock").read_text(encoding="utf-8"), python)
    wanted = _wanted(project)
    assert len(wanted) > 30
    wrong = [
        f"{requirement}: locked {pins.get(canonicalize_name(requirement.name))}"
        for requirement in wanted
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), Version("0")))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-uv.lock"])
def test_every_entry_is_pinned_and_hashed_and_no_address_is_named(root: Path, name: str) -> None:
    lock = (root / name).read_text(encoding="utf-8")
    entries = _entries(lock)
    assert entries
    assert [entry[:60] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert "://" not in lock
    assert not re.search(r"^\s*-(?!-hash)", lock, flags=re.MULTILINE)


def test_conda_reads_the_same_lock_on_the_same_pythons(root: Path, project: dict[str, object]) -> None:
    declared = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    assert declared["name"] == "cemlab"
    plain = [item for item in declared["dependencies"] if isinstance(item, str)]
    nested = [item for item in declared["dependencies"] if isinstance(item, dict)]
    assert nested == [{"pip": ["-r requirements.lock"]}]
    (python,) = [item.removeprefix("python") for item in plain if item.startswith("python")]
    assert {item for item in plain if not item.startswith("python")} == {"pip", "make"}

    table = project["project"]
    assert isinstance(table, dict)
    minors = [f"3.{minor}" for minor in range(8, 20)]
    classified = {text.rsplit(" ", 1)[1] for text in table["classifiers"] if re.search(r":: 3\.\d+$", text)}
    assert [minor for minor in minors if minor in SpecifierSet(python)] == list(TESTED)
    assert (
        min(minors, key=lambda minor: (minor not in SpecifierSet(table["requires-python"]), minors.index(minor)))
        == "3.11"
    )
    assert classified == set(TESTED)


def test_workflow_runs_the_same_command_on_every_tested_python(root: Path) -> None:
    workflow = yaml.safe_load((root / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    assert tuple(job["strategy"]["matrix"]["python"]) == TESTED
    assert [step["run"] for step in job["steps"] if ".ci/" in step.get("run", "")] == ["bash .ci/run"]
    assert re.search(r"^make test$", (root / ".ci/run").read_text(encoding="utf-8"), flags=re.MULTILINE)
