"""Running studies: what is refused, what is published, and what becomes of runs that go wrong."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from cemlab.core.errors import ParameterError, RunError
from cemlab.core.parameters import Value
from cemlab.report import runner
from cemlab.report.runner import execution, folders, identity, runs

Write = Callable[..., Path]


def record_of(run: runner.Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.folder / "run.json").read_text())
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def nothing_staged(out: Path) -> bool:
    return not list((out / ".staging").iterdir())


# refused before a kernel starts


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        pytest.fail("a kernel was about to start")

    monkeypatch.setattr(runs, "execute", started)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"levle": "0.9"}, r"has no parameter `levle`. Did you mean `level`\?"),
        ({"level": "high"}, "`level` must be a number"),
        ({"level": "1.5"}, "`level` is out of range"),
        ({"level": "nan"}, "`level` is out of range"),
        ({"seed": "1e5"}, "`seed` must be a whole number"),
        ({"seed = 1; print('run as code')": "2"}, "has no parameter"),
        ({"segment_by": ["plan", "plan"]}, "must not name the same thing twice"),
    ],
)
@pytest.mark.usefixtures("no_kernel")
def test_wrong_parameters_are_refused_before_anything_starts(
    study: Write, here: Path, parameters: dict[str, object], message: str
) -> None:
    study("s", "x = 1")
    with pytest.raises(ParameterError, match=message):
        runner.run("s", lab="lab.toml", parameters=parameters)
    assert not (here / "reports").exists()


@pytest.mark.usefixtures("no_kernel")
def test_a_lab_that_is_not_there_is_refused_without_its_place(study: Write, here: Path) -> None:
    study("s", "x = 1")
    with pytest.raises(ParameterError, match=r"`lab_file` must be a lab file: `far/lab\.toml` is none") as refused:
        runner.run("s", lab="/somewhere/far/lab.toml")
    assert "/somewhere" not in str(refused.value)
    assert not (here / "reports").exists()


@pytest.mark.usefixtures("no_kernel")
def test_a_missing_source_is_a_failed_run_that_can_be_seen(study: Write, here: Path) -> None:
    study("s", "x = 1")
    lab = here / "lab.toml"
    lab.write_text(lab.read_text() + '[[responses]]\nfile = "gone.csv"\n[responses.columns]\nresponse_id = "id"\n')
    runs_made = [runner.run("s", lab="lab.toml") for _ in range(2)]
    assert [run.exit_code for run in runs_made] == [5, 5]
    assert len({run.run_id for run in runs_made}) == 2
    assert "gone.csv" in record_of(runs_made[0])["error"]
    assert "Tiny &amp; Co" in (here / "reports" / "index.html").read_text()


# one published run, looked at from all sides

LOOK_AROUND = """\
import json, os, pathlib
pathlib.Path("left-behind.csv").write_text("customer_id\\n17\\n")
print(json.dumps({"survey": survey, "level": level, "seed": seed, "segment_by": segment_by, "lab_file": lab_file,
                  "cwd": os.getcwd(), "profile": os.environ["IPYTHONDIR"]}))
"""


@pytest.fixture
def steps() -> list[runner.Step]:
    return []


def test_a_kernel_starts_whatever_the_user_has_set_up_for_matplotlib(
    study: Write, here: Path, page_cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "broken").write_bytes(b"font.family: caf\xe9\n")
    monkeypatch.setenv("MATPLOTLIBRC", str(here / "broken"))
    monkeypatch.setenv("MPLBACKEND", "no-such-backend")
    study("s", "import matplotlib", "", page_cell)
    assert runner.run("s", lab="lab.toml").error == ""


def test_a_run_is_published_whole(study: Write, here: Path, page_cell: str, steps: list[runner.Step]) -> None:
    study("s", LOOK_AROUND, "", page_cell)
    parameters = {"survey": "0123", "level": "0.9", "segment_by": ["plan", "region"]}
    run = runner.run("s", lab="lab.toml", parameters=parameters, progress=steps.append)

    assert (run.status, run.exit_code, run.error) == ("published", 0, "")
    assert re.fullmatch(r"2024-12-17-\d{8}T\d{6}Z-[0-9a-f]{8}", run.run_id)
    assert run.folder == here / "reports" / "s" / run.run_id
    made = sorted(path.name for path in run.folder.iterdir())
    assert made == ["figures", "findings.json", "report.html", "run.json", "tables"]
    assert nothing_staged(here / "reports")
    assert [(step.cell, step.cells, step.question) for step in steps] == [
        (1, 4, ""),
        (2, 4, ""),
        (3, 4, "What is it?"),
        (4, 4, "What is it?"),
    ]
    _check_record(record_of(run), run)
    _check_restricted(run, here)
    assert str(here) not in "".join(path.read_text() for path in run.folder.rglob("*") if path.is_file())


def _check_record(record: dict[str, Any], run: runner.Run) -> None:
    assert record["run_id"] == run.run_id
    assert (record["study"], record["group"], record["title"]) == ("s", "past", "Is it s?")
    assert (record["status"], record["exit_code"], record["as_of"]) == ("published", 0, "2024-12-17")
    assert (record["company"], record["synthetic"]) == ("Tiny & Co", True)
    assert record["parameters"] == {
        "lab_file": "lab.toml",
        "survey": "0123",
        "level": 0.9,
        "segment_by": ["plan", "region"],
        "seed": 1,
    }
    assert record["headline"]["value"] == 53.4161
    assert record["seconds"] > 0
    assert record["started"].endswith("+00:00")
    assert {"python", "cemlab", "papermill", "pandas", "ibis", "duckdb"} <= set(record["versions"])


def _check_restricted(run: runner.Run, here: Path) -> None:
    assert run.restricted == here / "reports" / ".restricted" / "s" / run.run_id
    assert {path.name for path in run.restricted.iterdir()} == {"executed.ipynb", "kernel.log", "left-behind.csv"}
    assert {mode(path) for path in run.restricted.iterdir()} == {0o600}
    private = [run.restricted, run.restricted.parent, here / "reports" / ".restricted", here / "reports" / ".staging"]
    assert {mode(path) for path in private} == {0o700}
    executed = nbformat.read(run.restricted / "executed.ipynb", as_version=4)
    seen = json.loads(executed.cells[4].outputs[0]["text"])
    assert (seen["survey"], seen["level"], seen["seed"]) == ("0123", 0.9, 1)
    assert seen["lab_file"] == str(here / "lab.toml")
    assert seen["cwd"].startswith(str(here / "reports" / ".staging"))
    assert seen["profile"].startswith(str(here / "reports" / ".staging"))


# runs that go wrong in the kernel


@pytest.mark.parametrize(
    ("cell", "code", "message"),
    [
        (
            "from cemlab.core.errors import SchemaError\nraise SchemaError('Table `spells` must exist: 0 found.')",
            5,
            "Table `spells` must exist: 0 found. (SchemaError in code cell 3, “What is it?”)",
        ),
        (
            "raise ValueError('customer 4711 said: secret')",
            1,
            (
                "ValueError in code cell 3, “What is it?”. Its message stands in the executed notebook, which is"
                " restricted."
            ),
        ),
        (
            "import sys\nsys.exit(0)",
            1,
            "A study must run to its last cell: code cell 3, “What is it?” left it by SystemExit.",
        ),
        (
            "import os\nos.kill(os.getpid(), 9)",
            3,
            "The kernel must live as long as the run: it died in code cell 3, “What is it?” (DeadKernelError).",
        ),
    ],
    ids=["own error", "foreign error", "sys.exit", "kernel killed"],
)
def test_a_failed_run_is_published_with_its_code_and_no_customers_words(
    study: Write, here: Path, page_cell: str, cell: str, code: int, message: str
) -> None:
    study("s", cell, page_cell)
    run = runner.run("s", lab="lab.toml")
    assert (run.status, run.exit_code, run.error) == ("failed", code, message)
    assert [path.name for path in run.folder.iterdir()] == ["run.json"]
    assert (record_of(run)["status"], record_of(run)["exit_code"]) == ("failed", code)
    assert run.run_id.startswith("undated-")
    assert run.restricted is not None
    assert (run.restricted / "executed.ipynb").is_file()
    assert nothing_staged(here / "reports")
    assert "secret" not in "".join(
        path.read_text() for path in (here / "reports").glob("[!.]*/**/*.*") if path.is_file()
    )


def test_a_page_that_cannot_be_made_leaves_nothing_half_written(study: Write, page_cell: str) -> None:
    broken = page_cell.replace('[[{"words": "It is so."}]]', "7")
    assert broken != page_cell
    study("s", broken)
    run = runner.run("s", lab="lab.toml")
    assert (run.status, run.exit_code) == ("failed", 1)
    assert [path.name for path in run.folder.iterdir()] == ["run.json"]
    assert run.restricted is not None
    assert "Traceback" in (run.restricted / "page-error.txt").read_text()


HOLDS_THE_INTERPRETER = """\
import os, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path({marker!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
sum(range(10**15))
"""


def alive(marker: Path) -> list[int]:
    return [pid for pid in map(int, marker.read_text().split()) if psutil.pid_exists(pid) and not _zombie(pid)]


def _zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def eventually(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def busy(study: Write, here: Path) -> Path:
    """A study that holds its interpreter in C and has a child; the file that will name their processes."""
    marker = here / "pids"
    study("busy", HOLDS_THE_INTERPRETER.format(marker=str(marker)))
    return marker


def test_the_time_limit_ends_a_busy_kernel_and_its_children(busy: Path) -> None:
    # Long enough for a kernel to start on a busy machine, so that the limit falls into the cell.
    run = runner.run("busy", lab="lab.toml", time_limit_seconds=5)
    assert (run.exit_code, run.error) == (
        4,
        "A run must stay within its time limit: this one was ended there in code cell 3, “What is it?”.",
    )
    assert eventually(lambda: not alive(busy))


def test_the_memory_limit_ends_a_kernel_that_grows(study: Write) -> None:
    study("grows", "import time\nheld = bytearray(400 * 2**20)\ntime.sleep(60)")
    run = runner.run("grows", lab="lab.toml", memory_limit_mb=300)
    assert run.exit_code == 4
    assert "memory limit" in run.error


def start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cemlab.cli", "run", "busy", "--lab", "lab.toml", "--time-limit", "60"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_kill_9_leaves_no_kernel_and_the_next_run_sweeps_what_is_left(
    busy: Path, here: Path, study: Write, page_cell: str
) -> None:
    out = here / "reports"
    with start() as process:
        assert eventually(busy.is_file, seconds=30)
        with pytest.raises(RunError, match="the same one is going on") as refused:
            runner.run("busy", lab="lab.toml", time_limit_seconds=5)
        assert refused.value.exit_code == 6
        process.kill()
        assert eventually(lambda: not alive(busy))
    assert not list(out.glob("busy/*"))
    assert len(list((out / ".staging").iterdir())) == 1
    study("s", page_cell)
    assert runner.run("s", lab="lab.toml").exit_code == 0
    assert nothing_staged(out)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_run_cleans_up_behind_itself(busy: Path, here: Path, sent: signal.Signals, code: int) -> None:
    out = here / "reports"
    with start() as process:
        assert eventually(busy.is_file, seconds=30)
        process.send_signal(sent)
        _, said = process.communicate(timeout=20)
    assert process.returncode == code, said.decode()
    assert eventually(lambda: not alive(busy))
    assert nothing_staged(out)
    published = [json.loads(path.read_text())["exit_code"] for path in out.glob("busy/*/run.json")]
    assert published == ([143] if sent == signal.SIGTERM else [])
    assert b"Traceback" not in said


# the study that comes with the package


def findings_of(run: runner.Run) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads((run.folder / "findings.json").read_text()):
        found.setdefault(finding["key"], []).append(finding)
    return found


def test_nps_of_the_made_up_company_is_published(tmp_path: Path) -> None:
    from cemlab.data import synthetic

    lab = synthetic.write(tmp_path / "demo", customers=600, seed=7)
    run = runner.run("nps-retrospective", lab=lab, out=tmp_path / "out", parameters={"level": "0.9"})
    assert (run.status, run.error) == ("published", "")
    assert run.run_id.startswith(record_of(run)["as_of"])
    assert record_of(run)["synthetic"] is True
    assert findings_of(run)["nps.overall"][0]["level"] == 0.9
    assert "Synthetic" in (run.folder / "report.html").read_text()
    assert list((run.folder / "tables").glob("*.csv"))


@pytest.mark.shared
def test_nps_of_a_real_survey_agrees_with_its_reference(tmp_path: Path, shared_dir: Path) -> None:
    lab = Path(__file__).resolve().parents[2] / "examples" / "botanic_nps" / "lab.toml"
    run = runner.run("nps-retrospective", lab=lab, data_dir=shared_dir / "data" / "botanic_nps", out=tmp_path / "out")
    assert (run.status, run.error) == ("published", "")
    overall = findings_of(run)["nps.overall"][0]
    assert (round(overall["value"], 4), round(overall["std_error"], 4), overall["n"]) == (53.4161, 0.5583, 13612)
    assert 342 in [finding["value"] for group in findings_of(run).values() for finding in group]
    assert run.run_id.startswith("undated-")


# the disk, the lock, the names


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("number", "advice"), [(errno.ENOSPC, "Free some room."), (errno.EACCES, "Check that the folder may be written.")]
)
def test_a_disk_that_takes_nothing_is_code_5_and_publishes_nothing(
    study: Write, here: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(here))

    study("s", "x = 1")
    monkeypatch.setattr(runs, "_execute", full)
    with pytest.raises(RunError) as failed:
        runner.run("s", lab="lab.toml")
    assert failed.value.exit_code == 5
    assert advice in str(failed.value)
    assert str(here) not in str(failed.value)
    assert nothing_staged(here / "reports")
    assert not (here / "reports" / "s").exists()


def test_a_lock_is_free_again_after_the_run(tmp_path: Path) -> None:
    for _ in range(2):
        with folders.staging(tmp_path, key="k" * 64) as staged:
            assert staged.work.is_dir()
            with pytest.raises(RunError), folders.staging(tmp_path, key="k" * 64):
                pytest.fail("two at once")
            assert staged.work.is_dir()


def test_the_sweep_spares_a_run_that_goes_on(tmp_path: Path) -> None:
    with folders.staging(tmp_path, key="a" * 64) as first, folders.staging(tmp_path, key="b" * 64):
        assert first.work.is_dir()


def test_the_key_follows_content_not_places(study: Write, here: Path) -> None:
    path = study("s", "x = 1")
    base: dict[str, Value] = {"lab_file": "a/lab.toml", "level": 0.95}
    key = identity.key(path, parameters=base, fingerprint="f")
    assert identity.key(path, parameters=base | {"lab_file": "b/lab.toml"}, fingerprint="f") == key
    assert identity.key(path, parameters=base | {"level": 0.9}, fingerprint="f") != key
    assert identity.key(path, parameters=base, fingerprint="g") != key
    study("s", "x = 2")
    assert identity.key(path, parameters=base, fingerprint="f") != key
    assert here / "notebooks" in path.parents


# what really came of an execution


def test_a_cell_that_was_never_executed_is_a_failure() -> None:
    cells = [nbformat.v4.new_code_cell("x = 1", execution_count=1), nbformat.v4.new_code_cell("y = 2")]
    came = execution.outcome(nbformat.v4.new_notebook(cells=cells))
    assert came == execution.Outcome(1, "Every code cell must be executed: 1 of 2 were not.")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("MemoryError", "", 4), ("OSError", "[Errno 28] No space left on device", 5), ("EngineError", "Refused.", 5)],
)
def test_an_error_in_a_cell_keeps_the_code_of_its_cause(name: str, value: str, code: int) -> None:
    error = nbformat.v4.new_output("error", ename=name, evalue=value, traceback=[])
    cell = nbformat.v4.new_code_cell("x", execution_count=1, outputs=[error])
    assert execution.outcome(nbformat.v4.new_notebook(cells=[cell])).exit_code == code


@pytest.mark.parametrize(
    ("file", "shown"),
    [("{package}/core/errors.py", True), ("/lib/lifelines/fitters/cox.py", False), ("~/lifelines/cox.py", False)],
)
def test_only_our_own_errors_show_their_message(file: str, shown: bool) -> None:
    place = file.format(package=Path(execution.__file__).parents[2])
    lines = ["\x1b[31mConvergenceError\x1b[39m", f"\x1b[36mFile \x1b[39m\x1b[32m{place}:7\x1b[39m, in fit(x)\n"]
    error = nbformat.v4.new_output("error", ename="ConvergenceError", evalue="4711", traceback=lines)
    cell = nbformat.v4.new_code_cell("x", execution_count=1, outputs=[error])
    assert ("4711" in execution.outcome(nbformat.v4.new_notebook(cells=[cell])).error) is shown


# pages of notebooks that papermill ran without us


def executed_by_papermill(path: Path, out: Path) -> Path:
    import papermill

    papermill.execute_notebook(str(path), str(out), parameters={"survey": "0123"}, progress_bar=False)
    return out


def test_render_makes_the_same_page_of_papermills_output(study: Write, here: Path, page_cell: str) -> None:
    done = executed_by_papermill(study("s", page_cell), here / "out.ipynb")
    assert runner.render_executed(done) == here / "out.html"
    page = (here / "out.html").read_text()
    assert "It is so." in page
    assert "0123" in page
    folder = here / "page"
    for _ in range(2):
        assert runner.render_executed(done, folder) == folder / "report.html"
    assert {path.name for path in folder.iterdir()} == {"figures", "findings.json", "report.html", "tables"}
    (here / "mine").mkdir()
    (here / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(ParameterError, match="`mine` holds something else"):
        runner.render_executed(done, here / "mine")
    assert (here / "mine" / "thesis.txt").read_text() == "precious"
    assert not list(here.glob(".cemlab-*"))


def test_render_refuses_what_did_not_run_to_its_end(study: Write, here: Path) -> None:
    with pytest.raises(RunError, match="2 of 2 were not"):
        runner.render_executed(study("s", "x = 1"), here / "page.html")
    assert not (here / "page.html").exists()


def test_render_refuses_what_is_no_notebook(here: Path) -> None:
    with pytest.raises(ParameterError, match=r"`gone\.ipynb` cannot be read"):
        runner.render_executed(here / "gone.ipynb")
    with pytest.raises(ParameterError, match=r"`lab\.toml` is none"):
        runner.render_executed(here / "lab.toml")
