"""From the name of a study to a published folder."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import os
import shutil
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import cemlab
from cemlab.core.errors import CemlabError, InsufficientDataError, ParameterError, RunError
from cemlab.core.parameters import Value, check
from cemlab.report import beginning, catalogue, restricted, studies
from cemlab.report.runner import folders, identity
from cemlab.report.runner.execution import Outcome, Progress, execute
from cemlab.report.runner.kernel import Warden

STOPPED = 143
_STOPPED_BY_SIGTERM = Outcome(STOPPED, "A run must be left to finish: this one was stopped by SIGTERM.")


@dataclass(frozen=True)
class Run:
    """A run that is over.

    Attributes
    ----------
    run_id : str
        ``<as_of>-<UTC seconds>-<8 hex of key>``.
    study : str
        The study's name.
    status : {"published", "failed"}
        Derived from the execution, not from what the notebook claims.
    exit_code : int
        0 when published; otherwise as `cemlab.core.errors.RunError` lists.
    error : str
        Why it failed; empty when it did not.
    folder : pathlib.Path
        Where run.json lies, and report.html when published.
    restricted : pathlib.Path or None
        Where the executed notebook lies; None when no kernel was started.
    """

    run_id: str
    study: str
    status: Literal["published", "failed"]
    exit_code: int
    error: str
    folder: Path
    restricted: Path | None


@dataclass(frozen=True)
class _Plan:
    """All that is known of a run before its kernel starts."""

    study: studies.Study
    values: dict[str, Value]
    shown: dict[str, Value]
    lab_file: Path
    out: Path
    fingerprint: str
    refusal: Outcome
    key: str
    for_print: bool = False
    started: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


def run(
    stem: str,
    *,
    lab: str | Path,
    data_dir: str | Path = "",
    out: str | Path = "reports",
    parameters: Mapping[str, object] | None = None,
    notebooks: str | Path | None = None,
    time_limit_seconds: float | None = None,
    memory_limit_mb: float | None = None,
    for_print: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Run a study on a lab and publish what came of it.

    Parameters
    ----------
    stem : str
        The study's name.
    lab : str or pathlib.Path
        The lab file.
    data_dir : str or pathlib.Path, default ""
        Folder that holds the lab's source files; empty for the folder of the lab file.
    out : str or pathlib.Path, default "reports"
        The folder of reports.
    parameters : mapping of str to object, optional
        Values for the study's parameters, as text or in their types.
    notebooks : str or pathlib.Path, optional
        Folder of studies; without it, see `cemlab.report.studies.folder`.
    time_limit_seconds, memory_limit_mb : float, optional
        The kernel and its children are ended beyond them (exit code 4).
    for_print : bool, default False
        True to draw each figure a second time, without colour, as a journal prints it.
    progress : callable, optional
        Told of every code cell as it starts.

    Returns
    -------
    Run
        A failed run is published too, with its reason and no report.

    Raises
    ------
    ParameterError
        Before anything starts: an unknown study or parameter, a wrong type or range, no lab file, or a study
        that cannot run on this lab with these parameters.
    RunError
        The same run is going on (exit code 6), or `out` cannot be written (5).
    SystemExit
        With 143, after cleaning up, when SIGTERM came.
    """
    plan = _plan(
        studies.find(stem, notebooks=notebooks),
        given={**(parameters or {}), "lab_file": str(lab), **({"data_dir": str(data_dir)} if data_dir else {})},
        out=Path(out),
        for_print=for_print,
    )
    with _stoppable(), _disk(), folders.staging(plan.out, key=plan.key) as staged:
        warden = Warden(time_limit_seconds=time_limit_seconds, memory_limit_mb=memory_limit_mb)
        try:
            executed, outcome = _execute(plan, staged, warden=warden, progress=progress)
            return _finish(plan, staged, executed=executed, outcome=outcome)
        except SystemExit:
            warden.end()
            _publish_stopped(plan, staged)
            raise
        finally:
            warden.end()


def _plan(study: studies.Study, *, given: Mapping[str, object], out: Path, for_print: bool) -> _Plan:
    values = check(given, declared=study.parameters, study=study.stem)
    lab_file = Path(str(values["lab_file"]))
    if not lab_file.is_file():
        raise ParameterError(
            f"`lab_file` must be a lab file: `{identity.as_shown(str(lab_file))}` is none. "
            "Name an existing lab.toml, relative to this folder."
        )
    data_dir = str(values.get("data_dir", ""))
    fingerprint, refusal = _fingerprint(lab_file, data_dir)
    refusal = refusal if refusal.exit_code else _judged(study, values, data_dir=data_dir)
    places = {"lab_file": str(lab_file), **({"data_dir": data_dir} if data_dir else {})}
    return _Plan(
        study=study,
        values=values | {name: str(Path(path).resolve()) for name, path in places.items()},
        shown=values | {name: identity.as_shown(path) for name, path in places.items()},
        lab_file=lab_file,
        out=out.absolute(),
        fingerprint=fingerprint,
        refusal=refusal,
        key=identity.key(study.path, parameters=values, fingerprint=fingerprint),
        for_print=for_print,
    )


def _fingerprint(lab_file: Path, data_dir: str) -> tuple[str, Outcome]:
    """Return the lab's fingerprint, or why its sources cannot be read: that is a failed run."""
    from cemlab.data import sources

    try:
        return sources.fingerprint(str(lab_file), data_dir=data_dir), Outcome(0, "")
    except CemlabError as error:
        return "", Outcome(error.exit_code, str(error))


def _judged(study: studies.Study, values: Mapping[str, Value], *, data_dir: str) -> Outcome:
    """Refuse a study that cannot run on the lab before anything starts; a source that cannot be read is a failed run."""
    from cemlab.report import judgement

    if not judgement.has_questions(study):
        return Outcome(0, "")
    try:
        lab = cemlab.open_lab(str(values["lab_file"]), as_of=str(values.get("as_of", "")), data_dir=data_dir)
        found = judgement.judge(study, lab, values)
    except InsufficientDataError as error:
        raise ParameterError(str(error)) from None
    except ParameterError:
        raise
    except CemlabError as error:
        return Outcome(error.exit_code, str(error))
    if not found.ready:
        raise judgement.refused(study, found)
    return Outcome(0, "")


def _execute(plan: _Plan, staged: folders.Staging, *, warden: Warden, progress: Progress | None) -> tuple[Any, Outcome]:
    if plan.refusal.exit_code:
        return None, plan.refusal
    import nbformat

    executed, outcome = execute(
        nbformat.read(plan.study.path, as_version=4),
        parameters=plan.values,
        folder=staged.work,
        environment=_environment(plan, staged),
        warden=warden,
        progress=progress,
    )
    warden.end()
    nbformat.write(executed, staged.work / "executed.ipynb")
    return executed, outcome


def _environment(plan: _Plan, staged: folders.Staging) -> dict[str, str]:
    ours = {
        studies.FOLDER_VARIABLE: str(plan.study.path.parent.parent),
        # A start-up script in the user's own IPython profile would run inside the study.
        "IPYTHONDIR": str(staged.root / "ipython"),
        # matplotlib reads a start-up file as it is imported, and fails on one that it cannot decode.
        "MATPLOTLIBRC": os.devnull,
        restricted.FOLDER_VARIABLE: str(staged.work),
        restricted.RUN_VARIABLE: identity.run_id(plan.started, as_of="", key=plan.key).removeprefix("undated-"),
    }
    if plan.for_print:
        ours[beginning.PRINT_VARIABLE] = "1"
    cache = os.environ.get("CEMLAB_CACHE")
    if cache:
        ours["CEMLAB_CACHE"] = str(Path(cache).absolute())
    # A backend of the user's own may not exist in the kernel, which chooses one itself.
    return {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | ours


def _finish(plan: _Plan, staged: folders.Staging, *, executed: Any, outcome: Outcome) -> Run:
    from cemlab.report import render

    provenance = render.provenance(executed) if executed is not None else {}
    as_of = str(provenance.get("as_of") or plan.values.get("as_of", ""))
    run_id = _free_run_id(plan, as_of=as_of)
    record = _record(plan, run_id=run_id, as_of=as_of, outcome=outcome, provenance=provenance)
    if not outcome.exit_code:
        outcome = _render(executed, record, staged)
        record |= _verdict(outcome)
    (staged.page / "run.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    private = None
    if outcome.exit_code:
        restricted.withdraw(staged.work)
    if executed is not None:
        private = folders.restrict(staged, out=plan.out, study=plan.study.stem, run_id=run_id)
    published = folders.publish(staged, out=plan.out, study=plan.study.stem, run_id=run_id)
    catalogue.rebuild(plan.out)
    return Run(
        run_id=run_id,
        study=plan.study.stem,
        status="failed" if outcome.exit_code else "published",
        exit_code=outcome.exit_code,
        error=outcome.error,
        folder=published,
        restricted=private,
    )


def _free_run_id(plan: _Plan, *, as_of: str) -> str:
    """Return the run's name; a run that failed within the same second before has it already."""
    started = plan.started
    while (plan.out / plan.study.stem / identity.run_id(started, as_of=as_of, key=plan.key)).exists():
        started += dt.timedelta(seconds=1)
    return identity.run_id(started, as_of=as_of, key=plan.key)


def _publish_stopped(plan: _Plan, staged: folders.Staging) -> None:
    if not staged.page.exists():  # it was published a moment before
        return
    _empty(staged.page)
    _finish(plan, staged, executed=None, outcome=_STOPPED_BY_SIGTERM)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _render(executed: Any, record: Mapping[str, object], staged: folders.Staging) -> Outcome:
    """Write the page; when that fails, leave nothing of it but the reason where only the owner reads."""
    from cemlab.report import render

    try:
        render.publish(executed, record, staged.page)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - a page that cannot be made is a failed run, not a traceback
        _empty(staged.page)
        (staged.work / "page-error.txt").write_text(traceback.format_exc(), encoding="utf-8")
        if isinstance(error, CemlabError):
            return Outcome(error.exit_code, str(error))
        return Outcome(
            1, f"The page could not be made: {type(error).__name__}. See page-error.txt, which is restricted."
        )
    return Outcome(0, "")


def _verdict(outcome: Outcome) -> dict[str, object]:
    status = "failed" if outcome.exit_code else "published"
    return {"status": status, "exit_code": outcome.exit_code, "error": outcome.error}


def _record(
    plan: _Plan, *, run_id: str, as_of: str, outcome: Outcome, provenance: Mapping[str, Any]
) -> dict[str, object]:
    """Return the content of run.json."""
    finished = dt.datetime.now(dt.UTC)
    company = identity.company(plan.lab_file)
    return {
        "run_id": run_id,
        "study": plan.study.stem,
        "group": plan.study.group,
        "title": plan.study.title,
        **_verdict(outcome),
        "as_of": as_of,
        "started": plan.started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "seconds": round((finished - plan.started).total_seconds(), 2),
        "parameters": plan.shown,
        "fingerprint": plan.fingerprint,
        "company": provenance.get("company") or company["company"],
        "synthetic": provenance.get("synthetic", company["synthetic"]),
        "locale": provenance.get("locale", ""),
        "language": provenance.get("language", ""),
        "currency": provenance.get("currency", ""),
        "versions": identity.versions(),
        "headline": provenance.get("headline"),
        "restricted": provenance.get("restricted", []),
    }


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that a stopped run still cleans up behind itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: object) -> None:  # noqa: ARG001 - the signature that signal wants
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(STOPPED)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "Free some room." if full else "Check that the folder may be written."
        raise RunError(
            f"The folder of reports must take the run: {error.strerror or type(error).__name__}. {advice}", exit_code=5
        ) from error
