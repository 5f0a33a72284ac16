"""The index over all runs, rebuilt from their run.json files: never a state of its own."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from filelock import FileLock

from cemlab.core.lab import LabInfo
from cemlab.report.studies import GROUPS

_WAIT_SECONDS = 60
_ACCENT = LabInfo.accent


@dataclass(frozen=True)
class Entry:
    """One run as the catalogue knows it.

    Attributes
    ----------
    folder : str
        ``<study>/<run-id>`` within the folder of reports.
    record : dict
        The content of run.json; empty when it cannot be read.
    """

    folder: str
    record: dict[str, Any]

    @property
    def readable(self) -> bool:
        """True when run.json holds what a run records."""
        return bool(self.record)

    @property
    def published(self) -> bool:
        """True when the run has a report."""
        return self.text("status") == "published"

    def text(self, name: str) -> str:
        """Return a field as text.

        Parameters
        ----------
        name : str
            As in run.json.

        Returns
        -------
        str
            Empty when it is missing.
        """
        value = self.record.get(name)
        return "" if value is None else str(value)


def entries(out: str | Path) -> list[Entry]:
    """Return every run in a folder of reports, oldest first.

    Parameters
    ----------
    out : str or pathlib.Path
        The folder of reports.

    Returns
    -------
    list of Entry
        A run whose run.json is missing, torn or no run's is there too, marked unreadable.
    """
    folders = [
        run
        for study in sorted(Path(out).iterdir())
        if study.is_dir() and not study.name.startswith(".")
        for run in sorted(study.iterdir())
        if run.is_dir() and not run.name.startswith(".")
    ]
    found = [Entry(f"{folder.parent.name}/{folder.name}", _record(folder / "run.json")) for folder in folders]
    return sorted(found, key=lambda entry: (entry.text("started"), entry.folder))


def latest(runs: Sequence[Entry]) -> Entry | None:
    """Return the newest run that was published.

    Parameters
    ----------
    runs : sequence of Entry
        Oldest first.

    Returns
    -------
    Entry or None
        None when none was published.
    """
    return next((entry for entry in reversed(runs) if entry.published), None)


def rebuild(out: str | Path) -> Path:
    """Write ``index.html`` anew from the runs that are there.

    Parameters
    ----------
    out : str or pathlib.Path
        The folder of reports.

    Returns
    -------
    pathlib.Path
        The page; readers see the old one or the new one, never half of it.
    """
    folder = Path(out)
    locks = folder / ".locks"
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(locks / "catalogue.lock").acquire(timeout=_WAIT_SECONDS):
        page = page_of(entries(folder))
        aside = folder / ".index.html"
        aside.write_text(page, encoding="utf-8")
        return aside.replace(folder / "index.html")


def page_of(runs: Sequence[Entry]) -> str:
    """Return the catalogue as one HTML page.

    Parameters
    ----------
    runs : sequence of Entry
        Oldest first.

    Returns
    -------
    str
        Without any request to elsewhere; every label is escaped.
    """
    from markupsafe import Markup

    from cemlab.report import elements, render

    style = render.style(_ACCENT) + render.template_text("index.css")
    script = render.template_text("index.js")
    groups, troubles = _groups(runs), _troubles(runs)
    return (
        elements.environment()
        .get_template("index.html.j2")
        .render(
            policy=render.policy(style, script),
            style=Markup(style),
            script=Markup(script),
            summary=_summary(groups, runs),
            groups=groups,
            troubles=troubles,
        )
    )


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    complete = isinstance(record, dict) and all(isinstance(record.get(name), str) for name in ("study", "status"))
    return cast(dict[str, Any], record) if complete else {}


def _scopes(runs: Sequence[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """Return the readable runs of each study and company, oldest first."""
    scopes: dict[tuple[str, str], list[Entry]] = {}
    for entry in runs:
        if entry.readable:
            scopes.setdefault((entry.text("study"), entry.text("company")), []).append(entry)
    return scopes


def _groups(runs: Sequence[Entry]) -> list[dict[str, Any]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for (_, _), scope in sorted(_scopes(runs).items()):
        group = scope[-1].text("group")
        rows.setdefault(group if group in GROUPS else "other", []).append(_row(scope))
    questions = {**GROUPS, "other": "Others"}
    return [{"name": name, "question": questions[name], "rows": rows[name]} for name in questions if name in rows]


def _row(scope: Sequence[Entry]) -> dict[str, Any]:
    newest, shown = scope[-1], latest(scope)
    entry = shown or newest
    failed = not newest.published
    status = ("latest run failed" if shown else "failed") if failed else "published"
    headline = _headline(shown) if shown else ""
    row: dict[str, Any] = {
        "stem": entry.text("study"),
        "title": entry.text("title") or entry.text("study"),
        "company": entry.text("company"),
        "synthetic": entry.record.get("synthetic") is True,
        "link": f"{quote(shown.folder)}/report.html" if shown else "",
        "headline": headline,
        "as_of": entry.text("as_of"),
        "when": _when(entry),
        "status": status,
        "mark": "failed" if failed else "published",
        "runs": len(scope),
    }
    return row | {"words": _words(row["title"], entry.text("study"), row["company"], headline, status)}


def _troubles(runs: Sequence[Entry]) -> list[dict[str, str]]:
    """Return the scopes whose newest run failed, and the runs that cannot be read; newest first."""
    failed = [scope[-1] for scope in _scopes(runs).values() if not scope[-1].published]
    broken = [entry for entry in runs if not entry.readable]
    return [_trouble(entry) for entry in (*broken, *sorted(failed, key=lambda e: e.text("started"), reverse=True))]


def _trouble(entry: Entry) -> dict[str, str]:
    title = entry.text("title") or entry.folder.partition("/")[0]
    reason = entry.text("error") if entry.readable else "its run.json cannot be read; remove the folder or run it again"
    return {
        "title": title,
        "company": entry.text("company"),
        "reason": reason or "no reason was recorded",
        "when": _when(entry),
        "run": entry.folder,
        "words": _words(title, entry.text("company"), reason, "failed"),
    }


def _summary(groups: Sequence[Mapping[str, Any]], runs: Sequence[Entry]) -> str:
    rows = [row for group in groups for row in group["rows"]]
    reports = len([row for row in rows if row["link"]])
    failing = len([row for row in rows if row["mark"] == "failed"])
    text = f"{reports} {'report' if reports == 1 else 'reports'} from {len(runs)} {'run' if len(runs) == 1 else 'runs'}"
    return f"{text}. {failing} of {len(rows)} failed when last run." if failing else f"{text}."


def _headline(entry: Entry) -> str:
    """Return the headline that a run recorded, with interval and n, in the lab's way of writing."""
    from cemlab.report import records
    from cemlab.show import format as formats
    from cemlab.show import say

    style = formats.Style(
        entry.text("language") or "en", entry.text("locale") or "en-GB", currency=entry.text("currency")
    )
    try:
        found = records.to_finding(entry.record["headline"])
        return say.text(say.message("run-headline", score=found), style=style)
    except (AttributeError, KeyError, TypeError, ValueError):  # an older or foreign run.json: the row stands without it
        return ""


def _when(entry: Entry) -> str:
    try:
        return f"{dt.datetime.fromisoformat(entry.text('finished')):%Y-%m-%d %H:%M}"
    except ValueError:
        return ""


def _words(*texts: str) -> str:
    return " ".join(texts).lower()
