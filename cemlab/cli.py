"""The command line: one command per task. Anything heavy is imported by the command that needs it."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cemlab import __version__
from cemlab.core.errors import CemlabError, ParameterError

if TYPE_CHECKING:
    from cemlab.report.runner import Run, Step

_INTERRUPTED = 130
_NOTEBOOKS = click.option("--notebooks", metavar="DIR", help="Folder of studies, in place of the one found.")
_DATA = click.option("--data", metavar="DIR", default="", help="Folder of the lab's source files.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cemlab", message="%(prog)s %(version)s")
def commands() -> None:
    """Customer-experience research in notebooks.

    A study is a notebook; a lab is a company's own tables. Running a study on a lab publishes one
    HTML report.
    """


@commands.command("list")
@_NOTEBOOKS
def list_studies(notebooks: str | None) -> None:
    """List the studies, by the question that they answer."""
    from cemlab.report.studies import GROUPS, all_studies

    found = all_studies(notebooks=notebooks)
    width = max((len(study.stem) for study in found), default=0)
    for group, question in GROUPS.items():
        studies = [study for study in found if study.group == group]
        if studies:
            click.echo(f"{question} ({group})")
        for study in studies:
            click.echo(f"  {study.stem:<{width}}  {study.title}")
    if not found:
        click.echo("No studies were found.")


@commands.command()
@click.argument("study")
@_NOTEBOOKS
def params(study: str, notebooks: str | None) -> None:
    """Show which parameters STUDY takes, with their defaults."""
    from cemlab.core.parameters import REGISTRY
    from cemlab.report.studies import find

    found = find(study, notebooks=notebooks)
    click.echo(f"{found.stem}: {found.title}")
    width = max((len(name) for name in found.parameters), default=0)
    for name, default in found.parameters.items():
        parameter = REGISTRY.get(name)
        click.echo(f"  {name:<{width}}  default {default!r}")
        if parameter is not None:
            unit = f", {parameter.unit}" if parameter.unit else ""
            choices = f"; one of {', '.join(filter(None, parameter.choices))}" if parameter.choices else ""
            click.echo(f"  {'':<{width}}  {parameter.help}{unit}{parameter.bounds()}{choices}")


@commands.command()
@click.argument("study")
@click.option("--lab", metavar="LAB", help="The lab file (lab.toml).")
@_DATA
@click.option("--out", metavar="DIR", default="reports", show_default=True, help="The folder of reports.")
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter; repeat it for a list."
)
@click.option("-f", "file", metavar="FILE.yaml", help="Parameters from a file; -p wins over it.")
@_NOTEBOOKS
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="End it then.")
@click.option("--memory-limit", type=click.FloatRange(min=0, min_open=True), metavar="MB", help="End it beyond.")
@click.option("--print", "for_print", is_flag=True, help="Draw each figure for a journal too, into figures/.")
def run(
    study: str,
    *,
    lab: str | None,
    data: str,
    out: str,
    parameters: Sequence[tuple[str, str]],
    file: str | None,
    notebooks: str | None,
    time_limit: float | None,
    memory_limit: float | None,
    for_print: bool,
) -> None:
    """Run STUDY on a lab and publish its report.

    Prints the path of the report. Exit codes: 0 published, 1 failed in a cell, 2 wrong parameters,
    3 kernel died, 4 time or memory limit, 5 source or disk, 6 the same run is going on.
    """
    given: dict[str, object] = {**_from_file(file), **_from_options(parameters)}
    lab_file = lab or given.pop("lab_file", None)
    data_dir = data or given.pop("data_dir", "")
    if not lab_file:
        raise ParameterError("A run must have a lab: none was given. Add --lab LAB.toml.")
    for name in ("lab_file", "data_dir"):
        given.pop(name, None)

    from cemlab.report.runner import run as run_study

    show = _Progress(sys.stderr.isatty())
    try:
        finished = run_study(
            study,
            lab=str(lab_file),
            data_dir=str(data_dir),
            out=out,
            parameters=given,
            notebooks=notebooks,
            time_limit_seconds=time_limit,
            memory_limit_mb=memory_limit,
            for_print=for_print,
            progress=show.step,
        )
    finally:
        show.end()
    _report(finished)


@commands.command()
@click.argument("notebook")
@click.option("--out", metavar="FILE|DIR", help="A file ending in .html, or a folder for all that a run publishes.")
def render(notebook: str, out: str | None) -> None:
    """Make the page of an executed NOTEBOOK, such as papermill writes it."""
    from cemlab.report.runner import render_executed

    click.echo(_shown(render_executed(notebook, out)))


@commands.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--out", metavar="FILE", default="lab.toml", show_default=True, help="The lab file to write.")
@click.option("--company", metavar="NAME", default="", help="Whose customers these are.")
def init(files: Sequence[str], out: str, company: str) -> None:
    """Look at exports and write a first lab file, with the questions that only you can answer."""
    from cemlab.data import drafting

    found = drafting.write(files, out, company=company)
    click.echo(f"{_shown(Path(out).resolve())}: {found.sure} columns are sure, {found.doubtful} are guesses to check")
    click.echo("Only you can answer:")
    for number, question in enumerate(found.questions, start=1):
        click.echo(f"  {number}. {question}")
    for name in found.unused:
        click.echo(f"Not used: {name}")
    click.echo(f"Next: answer in that file, then `cemlab check {_shown(Path(out).resolve())}`.")


@commands.command()
@click.argument("lab")
@_DATA
@_NOTEBOOKS
def check(lab: str, data: str, notebooks: str | None) -> None:
    """Account for every row of LAB, and say which studies can run on it.

    Exit code 0 when it is usable, 1 when not.
    """
    from cemlab.data import intake

    accounting = intake.check(lab, data_dir=data)
    for line in accounting.lines():
        click.echo(line)
    if not accounting.usable:
        raise SystemExit(1)
    for line in _studies_of(lab, data=data, notebooks=notebooks):
        click.echo(line)


def _studies_of(lab_file: str, *, data: str, notebooks: str | None) -> list[str]:
    """What each study finds in a lab with its defaults, and what it lacks."""
    from cemlab.core import parameters
    from cemlab.data.lab import open_lab
    from cemlab.report.judgement import judge
    from cemlab.report.studies import all_studies

    opened = open_lab(lab_file, data_dir=data)
    lines = ["", "Studies"]
    for study in all_studies(notebooks=notebooks):
        given = {"lab_file": lab_file} if "lab_file" in study.parameters else {}
        found = judge(study, opened, parameters.check(given, declared=study.parameters, study=study.stem))
        lines.append(f"  {study.stem}: {'ready' if found.ready else f'not ready to answer: {study.title}'}")
        lines += [f"      {sentence}" for sentence in found.missing or found.reduced]
    return lines


@commands.command()
@click.argument("lab", default="lab.toml")
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="Keep the N last used of each lab; remove the others now."
)
def snapshots(lab: str, keep: int | None) -> None:
    """List the checked copies of labs in the cache of LAB, the last used first; or remove old ones.

    One that a running process uses is never removed.
    """
    from cemlab.data import retention, sources

    cache = sources.cache_dir(lab)
    if keep:
        retention.tidy(cache, keep=keep, at_once=True)
    for each in retention.stored(cache):
        used = "in use now" if each.in_use else f"last used {each.used_at.astimezone():%Y-%m-%d %H:%M}"
        click.echo(f"{retention.shown_size(each.size_bytes):>10}  {used:<26}  {each.lab}, {each.folder.name[:8]}")
    click.echo(f"In {_shown(cache)}")


@commands.command()
@click.option("--out", metavar="DIR", default="data/demo", show_default=True, help="Where to write it.")
@click.option("--customers", type=click.IntRange(min=1), default=4000, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="The same seed, the same lab.")
@click.option("--null", is_flag=True, help="Nothing has an effect on anything.")
@click.option("--separation", type=float, default=1.0, show_default=True, help="How far apart needs lie, 0 to 1.4.")
@click.option("--drift", type=float, default=1.0, show_default=True, help="Factor on leaving from July 2024 on.")
@click.option("--dirt", type=float, default=0.0, show_default=True, help="Hostile rows per sound row of CSV.")
def synth(out: str, *, customers: int, seed: int, null: bool, separation: float, drift: float, dirt: float) -> None:
    """Make up a demo company whose truth is known, and print the path of its lab file."""
    from cemlab.data import synthetic

    click.echo(
        _shown(
            synthetic.write(
                Path(out), customers=customers, seed=seed, null=null, separation=separation, drift=drift, dirt=dirt
            )
        )
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without it, those of the process.

    Raises
    ------
    SystemExit
        Always, with the exit code.
    """
    with _told_log():
        sys.exit(_explained(lambda: commands.main(arguments, prog_name="cemlab", standalone_mode=False)))


@contextlib.contextmanager
def _told_log() -> Iterator[None]:
    """Show what the package logs on stderr, where a scheduler finds it."""
    logger, handler = logging.getLogger("cemlab"), logging.StreamHandler()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _explained(command: Callable[[], Any]) -> int:
    """Run a command; turn what it raises into one paragraph on stderr and an exit code."""
    try:
        returned = command()
        return returned if isinstance(returned, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("error: interrupted.", err=True)
        return _INTERRUPTED
    except CemlabError as error:
        _debug(error)
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a scheduler's log gets a sentence, not customers' values
        _debug(error)
        click.echo(f"error: unexpected {type(error).__name__}. Set CEMLAB_DEBUG=1 to see where.", err=True)
        return 1


def _report(finished: Run) -> None:
    """Print where a run's result lies; leave with its code when it failed."""
    if finished.exit_code:
        click.echo(f"error: {finished.error}", err=True)
        click.echo(_shown(finished.folder / "run.json"))
        raise SystemExit(finished.exit_code)
    click.echo(_shown(finished.folder / "report.html"))


def _debug(error: Exception) -> None:
    if os.environ.get("CEMLAB_DEBUG"):
        raise error


def _from_options(pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Return ``-p`` pairs as parameters; a list is given by repeating its name."""
    from cemlab.core.parameters import REGISTRY

    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    given: dict[str, object] = {}
    for name, items in values.items():
        is_list = name in REGISTRY and REGISTRY[name].kind == "list"
        if len(items) > 1 and not is_list:
            raise ParameterError(f"`-p {name}` must be given once: it was given {len(items)} times. Keep one.")
        given[name] = items if is_list else items[0]
    return given


def _from_file(file: str | None) -> Mapping[str, object]:
    if file is None:
        return {}
    import yaml

    try:
        content = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ParameterError(f"`-f` must name a readable text file: `{file}` is none. Check its path.") from None
    except yaml.YAMLError:
        raise ParameterError(f"`-f` must name a YAML file: `{file}` cannot be parsed. Check its indentation.") from None
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise ParameterError(f"`-f` must hold one `name: value` per parameter: `{file}` holds something else. Mend it.")
    return content


def _shown(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


class _Progress:
    """Progress on stderr: one line that is rewritten on a terminal, one per question elsewhere."""

    def __init__(self, terminal: bool) -> None:
        self._terminal = terminal
        self._question: str | None = None

    def step(self, step: Step) -> None:
        line = f"cell {step.cell} of {step.cells}, {step.seconds:.1f} s  {step.question}".rstrip()
        if self._terminal:
            click.echo(f"\r\x1b[2K{line[:100]}", nl=False, err=True)
        elif step.question != self._question:
            click.echo(line, err=True)
        self._question = step.question

    def end(self) -> None:
        if self._terminal and self._question is not None:
            click.echo("\r\x1b[2K", nl=False, err=True)


if __name__ == "__main__":
    main()
