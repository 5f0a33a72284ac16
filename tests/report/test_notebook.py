"""The notebook's helper: parameters are checked inside the notebook, findings are kept."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pages import Draft, FakeLab

from cemlab.core.errors import ConvergenceError, EngineError, InsufficientDataError, ParameterError, SchemaError
from cemlab.core.lab import LabInfo, LedgerLine
from cemlab.core.results import Estimates, Sentence
from cemlab.report import notebook, records
from cemlab.report.records import Record

Shown = list[Record]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Every record that is displayed."""
    kept: Shown = []
    monkeypatch.setattr(notebook, "display", lambda data, **_: kept.append(data[records.MIME]))
    return kept


@pytest.fixture
def defaults(study: Callable[..., Path], shown: Shown) -> dict[str, Any]:
    """The globals of the study `tiny` after its parameters cell."""
    study("tiny", "1")
    return {
        "lab_file": "lab.toml",
        "survey": "",
        "level": 0.95,
        "segment_by": [],
        "seed": 1,
        "In": ["", "import cemlab"],
    }


def _injected(namespace: dict[str, Any], **values: object) -> dict[str, Any]:
    """What papermill does: a cell of assignments after the parameters cell."""
    cell = "\n".join(["# Parameters", *(f"{name} = {value!r}" for name, value in values.items())])
    return {**namespace, **values, "In": [*namespace["In"], cell]}


def test_defaults_pass_and_are_recorded(defaults: dict[str, Any], shown: Shown, here: Path) -> None:
    page = notebook.begin("tiny", defaults)
    assert page.parameters["level"] == 0.95
    assert shown == [{"kind": "begin", "study": "tiny", "parameters": page.parameters}]
    assert defaults["lab_file"] == str(here / "lab.toml")


def test_injected_name_that_is_no_parameter_is_refused_with_the_near_miss(defaults: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"has no parameter `levle`\. Did you mean `level`\?"):
        notebook.begin("tiny", _injected(defaults, levle=0.9))


def test_other_names_of_the_notebook_are_its_own_business(defaults: dict[str, Any]) -> None:
    namespace = _injected(defaults, seed=2) | {"levle": 0.9}
    namespace["In"].append("levle = 0.9")
    assert notebook.begin("tiny", namespace).parameters["seed"] == 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"level": "high"}, "`level` must be a number"),
        ({"level": 1.5}, "`level` is out of range"),
        ({"seed": 1.5}, "`seed` must be a whole number"),
        ({"survey": 12}, "`survey` must be text"),
        ({"segment_by": [1]}, "`segment_by` must be a list of text"),
    ],
)
def test_wrong_value_is_refused(defaults: dict[str, Any], values: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        notebook.begin("tiny", _injected(defaults, **values))


def test_values_are_put_back_in_their_own_types(defaults: dict[str, Any]) -> None:
    namespace = _injected(defaults, level="0.9", seed="7", segment_by="plan")
    notebook.begin("tiny", namespace)
    assert (namespace["level"], namespace["seed"], namespace["segment_by"]) == (0.9, 7, ["plan"])


def test_lab_file_is_found_from_a_parent_folder(
    defaults: dict[str, Any], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here / "notebooks" / "past")
    notebook.begin("tiny", defaults)
    assert defaults["lab_file"] == str(here / "lab.toml")


def test_lab_file_that_is_nowhere_is_refused(defaults: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="`lab_file` must name something that exists"):
        notebook.begin("tiny", _injected(defaults, lab_file="nowhere/lab.toml"))


@pytest.fixture
def page(shown: Shown) -> notebook.Notebook:
    return notebook.Notebook("tiny", {})


def _regions() -> Estimates:
    frame = pd.DataFrame({"region": ["N", "S"], "estimate": [5.0, 9.0], "n": [50, 60]})
    return Estimates.build(frame, by=["region"], measure="nps", unit="points", method="m", level=0.9, min_n=2)


def test_finding_is_handed_over_once_however_often_its_cell_runs(page: notebook.Notebook, shown: Shown) -> None:
    for _ in range(2):
        found = page.findings("nps.region", _regions(), label="NPS")
    page.answer(Sentence("So."), tiles=found[:1])
    (answer,) = (record for record in shown if record["kind"] == "answer")
    assert [each["scope"]["region"] for each in answer["findings"]] == ["N", "S"]
    assert [tile["label"] for tile in answer["tiles"]] == ["NPS"]
    assert answer["tables"]["nps.region"].splitlines()[0].startswith("region,estimate")


def test_finding_names_its_table_and_row(page: notebook.Notebook) -> None:
    found = page.finding("nps.region", _regions(), where={"region": "S"})
    assert (found.table, found.row, found.value) == ("nps.region", 1, 9.0)


def _fail(error: Exception) -> None:
    raise error


def test_a_question_that_is_answered_reaches_the_page_as_if_nothing_stood_around_it(
    page: notebook.Notebook, shown: Shown
) -> None:
    with page.asking("How many?"):
        page.say(Sentence("Many."))
        found = page.count("many", 3, unit="rows")
        assert shown == []
    assert [record["kind"] for record in shown] == ["say"]
    page.answer(tiles=[found])
    assert [each["key"] for each in shown[-1]["findings"]] == ["many"]


@pytest.mark.parametrize("kind", [InsufficientDataError, ConvergenceError, ParameterError, SchemaError])
def test_a_question_that_cannot_be_answered_leaves_one_line_and_nothing_half_done(
    page: notebook.Notebook, shown: Shown, kind: type[Exception]
) -> None:
    page.count("few", 2, unit="rows")
    with page.asking("How many?"):
        page.say(Sentence("Many."))
        page.count("many", 3, unit="rows")
        _fail(kind("At least three are needed: two were found."))
    assert shown == [
        {"kind": "left_out", "question": "How many?", "because": "At least three are needed: two were found."}
    ]
    page.answer()
    assert [each["key"] for each in shown[-1]["findings"]] == ["few"]


def test_a_question_inside_another_is_left_out_alone(page: notebook.Notebook, shown: Shown) -> None:
    with page.asking("Outer?"):
        page.say(Sentence("First."))
        with page.asking("Inner?"):
            page.say(Sentence("Never."))
            _fail(InsufficientDataError("Too few."))
        page.say(Sentence("Last."))
    assert [record["kind"] for record in shown] == ["say", "left_out", "say"]


@pytest.mark.parametrize("kind", [EngineError, KeyError, ZeroDivisionError])
def test_a_machine_or_a_program_that_fails_is_no_unanswerable_question(
    page: notebook.Notebook, shown: Shown, kind: type[Exception]
) -> None:
    with pytest.raises(kind), page.asking("How many?"):
        _fail(kind("broken"))
    page.say(Sentence("Said at once."))
    assert [record["kind"] for record in shown] == ["say"]


def test_rows_are_counted_in_the_ledger(page: notebook.Notebook) -> None:
    lab = FakeLab(LabInfo("t", "T", "UTC"))
    lab.ledger.record(
        [
            LedgerLine("study", "responses", "in", "", 10, scope="nps"),
            LedgerLine("study", "responses", "used", "", 8, scope="nps"),
            LedgerLine("study", "responses", "excluded", "no score given", 2, scope="nps"),
        ]
    )
    count = page.rows("u", lab, outcome="excluded", table="responses", scope="nps", reason="no score given")
    assert (count.value, count.unit) == (2, "answers")
    assert page.rows("v", lab, outcome="excluded", table="responses", scope="nps", reason="other").value == 0


def test_head_says_until_when_the_data_reach(page: notebook.Notebook, shown: Shown) -> None:
    page.uses(FakeLab(LabInfo("t", "T", "UTC")), first_day="2024-01-02")
    assert (shown[0]["as_of"], shown[0]["data_until"]) == ("2024-07-01", "2024-06-30")
    page.uses(FakeLab(LabInfo("t", "T", "UTC"), as_of=None))
    assert (shown[1]["as_of"], shown[1]["data_until"]) == ("", "")


def test_methods_and_notes_are_said_once(page: notebook.Notebook, shown: Shown) -> None:
    page.how(_regions().with_notes("Mind."), _regions().with_notes("Mind."))
    assert shown == [{"kind": "how", "methods": ["m"], "notes": ["Mind."]}]


def test_a_run_keeps_what_the_package_logs(
    defaults: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    logger = logging.getLogger("cemlab")
    monkeypatch.setattr(logger, "handlers", [])
    for run, told in (("", ""), ("run-1", "so much\n"), ("run-1", "so much\n")):
        monkeypatch.setenv("CEMLAB_RUN", run)
        notebook.begin("tiny", dict(defaults))
        logging.getLogger("cemlab.data").info("so much")
        assert capfd.readouterr().err == told


def test_outputs_hold_data_and_a_harmless_twin() -> None:
    draft, page = Draft(), notebook.Notebook("tiny", {})
    with draft.cell():
        page.uses(FakeLab(LabInfo("t", "<script>x</script>", "UTC")))
    (output,) = draft.notebook.cells[0].outputs
    assert set(output.data) == {records.MIME, "text/html"}
    assert "<script" not in output.data["text/html"]
