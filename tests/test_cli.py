"""The command line: light start, its exit codes, and what it prints where."""

from __future__ import annotations

import gc
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cemlab import cli
from cemlab.core.errors import ParameterError, SourceError

HEAVY = ("pandas", "ibis", "nbformat", "papermill", "numpy", "jinja2", "psutil", "yaml")


def call(*arguments: str) -> int:
    """Run the command line in this process and return its exit code."""
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert isinstance(left.value.code, int)
    return left.value.code


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one study and one lab file."""
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Is it so?"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {"tags": ["parameters"]},
            "source": (
                'lab_file: str = "lab.toml"  # lab\nlevel: float = 0.95  # level\nsegment_by: list[str] = []  # by'
            ),
            "outputs": [],
            "execution_count": None,
        },
    ]
    (tmp_path / "notebooks" / "past").mkdir(parents=True)
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "notebooks" / "past" / "first-look.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "lab.toml").write_text('[lab]\nname = "t"\ncompany = "T"\ntime_zone = "UTC"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom cemlab import cli\n"
        f"try:\n    cli.main({arguments!r})\nexcept SystemExit as left:\n    assert left.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "cemlab" in done.stdout


@pytest.mark.usefixtures("here")
def test_a_wrong_parameter_is_refused_before_anything_heavy_is_loaded() -> None:
    program = (
        "import sys\nfrom cemlab import cli\n"
        "try:\n    cli.main(['run', 'first-look', '--lab', 'lab.toml', '-p', 'levle', '0.9'])\n"
        "except SystemExit as left:\n    code = left.code\n"
        "print(code, [name for name in ('pandas', 'ibis', 'papermill', 'nbformat') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2 []"
    assert done.stderr.startswith("error: Study `first-look` has no parameter `levle`. Did you mean `level`?")
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("here")
def test_list_names_studies_under_their_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list") == 0
    assert capsys.readouterr().out == "What happened (past)\n  first-look  Is it so?\n"


@pytest.mark.usefixtures("here")
def test_params_show_default_meaning_and_range(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("params", "first-look") == 0
    shown = capsys.readouterr().out
    assert "level       default 0.95\n" in shown
    assert "confidence level of every interval, share (above 0.5, below 1)" in shown


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "first-look"], "A run must have a lab: none was given."),
        (["run", "frist-look", "--lab", "lab.toml"], "Did you mean `first-look`?"),
        (["run", "first-look", "--lab", "gone.toml"], "`gone.toml` is none"),
        (
            ["run", "first-look", "--lab", "lab.toml", "-p", "level", "0.9", "-p", "level", "0.8"],
            "it was given 2 times",
        ),
        (["run", "first-look", "--lab", "lab.toml", "-f", "gone.yaml"], "`-f` must name a readable text file"),
        (["params", "nothing"], "No study is called `nothing`."),
        (["run", "first-look", "--lab", "lab.toml", "--time-limit", "0"], "0.0 is not in the range x>0"),
        (["run", "first-look", "-p", "level"], "Option '-p' requires 2 arguments"),
        (["perform"], "No such command 'perform'"),
    ],
)
def test_wrong_use_is_code_2_and_says_what_to_do(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("content", ["- level\n", "3: x\n", "level", "level: [0.9\n"])
def test_a_parameter_file_of_another_shape_is_refused(content: str, here: Path) -> None:
    (here / "values.yaml").write_text(content)
    assert call("run", "first-look", "--lab", "lab.toml", "-f", "values.yaml") == 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, here: Path) -> dict[str, object]:
    """What the command line would run: recorded in place of a run."""
    from cemlab.report import runner

    seen: dict[str, object] = {}

    def record(study: str, **options: object) -> object:
        seen.update(options, study=study)
        return runner.Run("id", study, "published", 0, "", here / "reports" / study / "id", None)

    monkeypatch.setattr(runner, "run", record)
    return seen


def test_options_win_over_the_file_and_repeated_names_make_a_list(
    asked: dict[str, object], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "values.yaml").write_text("level: 0.8\nlab_file: other.toml\nsegment_by: [a]\nas_of: 2024-12-17\n")
    options = ["-f", "values.yaml", "-p", "level", "0.9", "-p", "segment_by", "region", "-p", "segment_by", "plan"]
    assert call("run", "first-look", "--lab", "lab.toml", "--time-limit", "5", *options) == 0
    parameters = asked["parameters"]
    assert isinstance(parameters, dict)
    assert {name: str(value) for name, value in parameters.items()} == {
        "level": "0.9",
        "segment_by": "['region', 'plan']",
        "as_of": "2024-12-17",
    }
    assert (asked["lab"], asked["data_dir"], asked["out"], asked["time_limit_seconds"]) == (
        "lab.toml",
        "",
        "reports",
        5,
    )
    assert capsys.readouterr().out.splitlines()[-1] == "reports/first-look/id/report.html"


def test_text_stays_text(asked: dict[str, object]) -> None:
    assert call("run", "first-look", "--lab", "lab.toml", "-p", "survey", "0123") == 0
    assert asked["parameters"] == {"survey": "0123"}


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (SourceError("`nps.csv` must be there: 0 of 1 files were found."), 5, "error: `nps.csv` must be there"),
        (ParameterError("Wrong."), 2, "error: Wrong."),
        (KeyError("customer 4711"), 1, "error: unexpected KeyError."),
        (KeyboardInterrupt(), 130, "error: interrupted."),
    ],
)
def test_what_goes_wrong_is_one_paragraph_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raised: BaseException, code: int, message: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(importlib.import_module("cemlab.data.intake"), "check", fail)
    assert call("check", "lab.toml") == code
    said = capsys.readouterr().err
    assert said.strip().startswith(message)
    assert "Traceback" not in said
    assert "4711" not in said


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SourceError("gone")

    monkeypatch.setattr(importlib.import_module("cemlab.data.intake"), "check", fail)
    monkeypatch.setenv("CEMLAB_DEBUG", "1")
    with pytest.raises(SourceError):
        cli.main(["check", "lab.toml"])


def test_a_made_up_lab_passes_its_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("synth", "--out", "demo", "--customers", "200") == 0
    lab = capsys.readouterr().out.strip()
    assert lab == "demo/lab.toml"
    assert call("check", lab) == 0
    assert "responses" in capsys.readouterr().out


@pytest.fixture
def export(here: Path) -> Path:
    """An export with a question that is the NPS question by its name."""
    rows = [f"r{n},c{n},2024-01-{1 + n % 28:02},{n % 11}" for n in range(40)]
    path = here / "survey.csv"
    path.write_text("\n".join(["response_id,customer_id,response_date,nps", *rows]) + "\n")
    return path


def test_init_writes_a_lab_file_that_passes_its_check(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("init", export.name, "--out", "new.toml", "--company", "Acme") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("new.toml: ")
    assert "is `nps` the NPS question?" in shown
    assert shown.rstrip().endswith("`cemlab check new.toml`.")
    assert call("check", "new.toml") == 0
    shown = capsys.readouterr().out
    assert "responses: 40 rows in = 40 used + 0 excluded + 0 quarantined" in shown
    assert "Studies\n  first-look: ready" in shown


def test_init_overwrites_nothing(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("lab.toml").read_text()
    assert call("init", export.name) == 2
    assert "must not overwrite anything: `lab.toml` is there already" in capsys.readouterr().err
    assert Path("lab.toml").read_text() == before


def test_check_says_what_a_study_lacks_and_how_to_map_it(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("notebooks/past/first-look.ipynb")
    notebook = json.loads(path.read_text())
    notebook["metadata"]["cemlab"] = {"needs": {"spells": ["ended_on"]}}
    path.write_text(json.dumps(notebook))
    assert call("init", export.name, "--out", "new.toml") == 0
    assert call("check", "new.toml") == 0
    shown = capsys.readouterr().out
    assert "first-look: not ready to answer: Is it so?" in shown
    assert "Add `[[spells]]`, one row per continuous relationship (contract) of a customer" in shown


def test_snapshots_are_listed_and_old_ones_removed_on_demand(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("init", export.name, "--out", "new.toml") == 0
    for more in range(2):
        with export.open("a") as file:
            file.write(f"r{40 + more},c1,2024-01-01,9\n")
        assert call("check", "new.toml") == 0
    capsys.readouterr()
    assert call("snapshots") == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 3
    assert all("last used 20" in line or "in use now" in line for line in listed[:2])
    gc.collect()  # what the checks of this process opened
    assert call("snapshots", "--keep", "1") == 0
    told = capsys.readouterr()
    assert told.err.startswith("removed 1 old snapshot: ")
    assert len(told.out.splitlines()) == 2
