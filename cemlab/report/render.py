"""An executed notebook becomes one page: records are sorted into sections and rendered."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cemlab.core.errors import RunError
from cemlab.core.parameters import REGISTRY
from cemlab.report import elements, markdown, records
from cemlab.report.records import Record
from cemlab.show import format as formats
from cemlab.show import messages, theme
from cemlab.show.format import Style

if TYPE_CHECKING:
    import nbformat

_GROUNDS = {"ACCENT_LIGHT": "#f5f6f7", "ACCENT_DARK": "#1e2226"}
"""The accent must be readable on the page's wash, and so all the more on its paper."""
_WORST_FIRST = {"overturns": 0, "watch": 1, "holds": 2}
_MOST_FINDINGS = 200_000
"""Letters of findings that a page carries; beyond, they stand in the file beside it."""
_OWN_ANCHORS = ("main", "overturn", "accounting", "provenance")


@dataclass
class Section:
    """One question of the page.

    Attributes
    ----------
    title, id : str
        The question, and its anchor.
    said, shown, how : list of record
        The answer in bold, the figures and tables, the methods.
    prose : list of markupsafe.Markup
        The notebook's own words, safe.
    """

    title: str
    id: str = ""
    said: list[Record] = field(default_factory=list)
    shown: list[Record] = field(default_factory=list)
    how: list[Record] = field(default_factory=list)
    prose: list[Any] = field(default_factory=list)


@dataclass
class Page:
    """Everything on a page, in the order in which it is read.

    Attributes
    ----------
    title : str
        The study's question.
    head, answer : record
        Which lab; the answer with its tiles and findings.
    sections : list of Section
        One per question that shows anything.
    checks : list of record
        What could overturn the answer, worst first.
    left_out : list of record
        Questions that this page does not answer, and why.
    figures : dict of str to str
        File name → drawing for a journal.
    ledger : list of dict
        The accounting of rows.
    run : list of (str, str)
        Run, versions, fingerprint.
    parameters : list of (str, str, str)
        Name, value, meaning.
    """

    title: str
    head: Record
    answer: Record
    sections: list[Section]
    checks: list[Record]
    left_out: list[Record]
    figures: dict[str, str]
    ledger: list[Record]
    run: list[tuple[str, str]]
    parameters: list[tuple[str, str, str]]

    @property
    def style(self) -> Style:
        """In which language it is written, and how it writes numbers."""
        return Style.of(records.to_info(self.head["info"]))

    @property
    def period(self) -> str:
        """The days that the page speaks of, in words."""
        first, last = (formats.day(self.head[name], style=self.style) for name in ("first_day", "last_day"))
        if not first:
            return self.style.words("page-undated")
        return first if first == last else self.style.words("interval", {"low": first, "high": last})

    @property
    def source(self) -> str:
        """Whose answers of which days, as a caption names them."""
        return f"{self.head['info']['company']}, {self.period}."

    @property
    def scope(self) -> str:
        """The survey that the page speaks of; empty for all."""
        return next((value for name, value, _ in self.parameters if name == "survey" and value != "–"), "")

    @property
    def scale(self) -> elements.Scale | None:
        """The scale that all tiles share."""
        return elements.tile_scale(records.to_finding(tile) for tile in self.answer["tiles"])

    @property
    def carries_findings(self) -> bool:
        """Whether the findings are few enough to stand in the page."""
        return len(self.findings_json) <= _MOST_FINDINGS

    @property
    def findings_json(self) -> str:
        """Every finding, for download."""
        return json.dumps(self.answer["findings"], indent=1, ensure_ascii=False, allow_nan=False)


def provenance(executed: nbformat.NotebookNode) -> dict[str, Any]:
    """Return what an executed notebook recorded about its lab.

    Parameters
    ----------
    executed : nbformat.NotebookNode
        With outputs, perhaps only of its first cells.

    Returns
    -------
    dict
        ``as_of`` (empty when undated), ``fingerprint``, ``company``, ``synthetic``, and when it got
        to its answer ``headline``: the first tile as a finding. Empty when no lab was recorded.
        ``restricted``: name and rows of each file of single customers.
    """
    read = records.read(executed)
    found = {record["kind"]: record for record in read}
    if "head" not in found:
        return {}
    head = found["head"]
    written = {record["name"]: record["rows"] for record in read if record["kind"] == "restricted"}
    told: dict[str, Any] = {"restricted": [{"name": name, "rows": rows} for name, rows in written.items()]}
    told |= {"as_of": head["as_of"], "fingerprint": head["fingerprint"]}
    style = Style.of(records.to_info(head["info"]))
    told |= {name: head["info"][name] for name in ("company", "synthetic")}
    told |= {"locale": style.locale, "language": style.language, "currency": style.currency}
    tiles = found.get("answer", {}).get("tiles", [])
    return told | ({"headline": tiles[0]} if tiles else {})


def publish(executed: nbformat.NotebookNode, run: Mapping[str, Any], folder: Path) -> None:
    """Write the page, the findings and the tables of an executed notebook.

    Parameters
    ----------
    executed : nbformat.NotebookNode
        Executed to its end.
    run : mapping
        The content of run.json.
    folder : pathlib.Path
        A folder that no reader sees yet; ``report.html``, ``findings.json``, ``figures/`` and
        ``tables/`` are written there.

    Raises
    ------
    RunError
        When the notebook gave no answer, or recorded no lab.
    """
    page = assemble(executed, run)
    (folder / "report.html").write_text(to_html(page), encoding="utf-8")
    (folder / "findings.json").write_text(page.findings_json, encoding="utf-8")
    figures = folder / "figures"
    figures.mkdir()
    for name, drawing in page.figures.items():
        (figures / name).write_text(drawing, encoding="utf-8")
    tables = folder / "tables"
    tables.mkdir()
    taken: set[str] = set()
    for name, content in page.answer["tables"].items():
        (tables / f"{elements.anchor(name, taken=taken)}.csv").write_text(content, encoding="utf-8")


def assemble(executed: nbformat.NotebookNode, run: Mapping[str, Any]) -> Page:
    """Return an executed notebook as a page.

    Parameters
    ----------
    executed : nbformat.NotebookNode
        Executed to its end.
    run : mapping
        The content of run.json.

    Returns
    -------
    Page
        Sections in the notebook's order; answer, checks and accounting in their own places.

    Raises
    ------
    RunError
        When the notebook gave no answer, or recorded no lab.
    """
    title, sections = _sections(executed)
    found = records.read(executed)
    last = {record["kind"]: record for record in found}
    missing = [f"`nb.{call}`" for kind, call in (("head", "uses"), ("answer", "answer")) if kind not in last]
    if missing:
        raise RunError(
            f"A study must call {' and '.join(missing)}: it ran to its end without. Add the call to the notebook."
        )
    checks = sorted(
        (record for record in found if record["kind"] == "check"), key=lambda check: _WORST_FIRST[check["state"]]
    )
    return Page(
        title=title,
        head=last["head"],
        answer=last["answer"],
        sections=[section for section in sections if section.said or section.shown],
        checks=checks,
        left_out=[record for record in found if record["kind"] == "left_out"],
        figures=_for_print(found),
        ledger=last.get("ledger", {}).get("lines", []),
        run=_run_rows(run, executed, style=Style.of(records.to_info(last["head"]["info"]))),
        parameters=_parameter_rows(run.get("parameters", {})),
    )


def _sections(executed: nbformat.NotebookNode) -> tuple[str, list[Section]]:
    """Return the title, and the cells' records sorted into the questions they stand under."""
    title, sections, taken = "", [Section("")], set(_OWN_ANCHORS)
    for cell in executed.cells:
        if cell.cell_type == "markdown":
            level, heading, prose = markdown.headings(cell.source)
            if level == 1:
                title = heading
            elif level == 2:
                sections.append(Section(heading, elements.anchor(heading, taken=taken)))
            if prose and level != 1:
                sections[-1].prose.append(markdown.to_html(prose))
        elif cell.cell_type == "code":
            for record in (out["data"][records.MIME] for out in cell.outputs if records.MIME in out.get("data", {})):
                place = {"say": "said", "figure": "shown", "table": "shown", "restricted": "shown", "how": "how"}.get(
                    record["kind"]
                )
                if place:
                    getattr(sections[-1], "how" if record.get("fold") else place).append(record)
    return title, sections


def _for_print(found: list[Record]) -> dict[str, str]:
    """Return the drawings for a journal by file name."""
    taken: set[str] = set()
    drawn = [record["content"] for record in found if record["kind"] == "figure" and record["content"].get("paper")]
    return {f"{elements.anchor(content['title'], taken=taken)}.svg": content["paper"] for content in drawn}


def _run_rows(run: Mapping[str, Any], executed: nbformat.NotebookNode, *, style: Style) -> list[tuple[str, str]]:
    rows = [
        (style.words(f"page-run-{name.replace('_', '-')}"), str(run[name]))
        for name in ("run_id", "study", "started", "seconds", "fingerprint")
        if run.get(name) not in (None, "")
    ]
    versions = run.get("versions", {}).items()
    rows += [(style.words("page-run-version", {"name": name}), str(version)) for name, version in versions]
    foreign = sum(
        records.MIME not in output.get("data", {})
        for cell in executed.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    return [*rows, (style.words("page-run-foreign"), str(foreign))] if foreign else rows


def _parameter_rows(values: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    def _text(value: object) -> str:
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    return [
        (name, _text(value) or "–", REGISTRY[name].help if name in REGISTRY else "") for name, value in values.items()
    ]


def to_html(page: Page) -> str:
    """Return a page as one HTML file that asks nothing of any network.

    Parameters
    ----------
    page : Page
        From `assemble`.

    Returns
    -------
    str
        With a content-security policy that admits its one style and its one script.
    """
    # our own files, not text from data
    css, script = style(page.head["info"]["accent"]), template_text("page.js")
    return (
        elements.environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            look=page.style,
            style=Markup(css),
            script=Markup(script),
            policy=policy(css, script),
            glossary=glossary(page),
        )
    )


def glossary(page: Page) -> list[tuple[str, str]]:
    """Return the terms that a page uses, and what they mean to a reader.

    Parameters
    ----------
    page : Page
        From `assemble`.

    Returns
    -------
    list of (str, str)
        Term and meaning, in the catalogue's order.
    """
    told = [page.answer, *page.checks, *(record for section in page.sections for record in section.said)]
    shown = [record for section in page.sections for record in section.shown]
    text = json.dumps([told, [_caption(record) for record in shown]], ensure_ascii=False).lower()
    terms = [name for name in messages.catalogue().slots if name.startswith("term-") and "." not in name]
    words = {name: page.style.words(name) for name in terms}
    used = {name: page.style.words(f"{name}.used").split(", ") for name in terms}
    return [
        (words[name], page.style.words(f"{name}.meaning"))
        for name in terms
        if any(re.search(rf"\b{re.escape(word)}", text) for word in used[name])
    ]


def _caption(record: Record) -> list[str]:
    """The words around a figure or a table, headings of columns among them."""
    content = record.get("content", {})
    columns = content.get("columns", content.get("table", {}).get("columns", []))
    titles = [content.get("title", ""), content.get("caption", ""), content.get("basis", "")]
    return [*titles, record.get("caption", ""), record.get("reading", ""), *(column["label"] for column in columns)]


def template_text(name: str) -> str:
    """Return a file of the template folder.

    Parameters
    ----------
    name : str
        Such as ``page.css``.

    Returns
    -------
    str
        Its text.
    """
    return (importlib.resources.files("cemlab.report") / "template" / name).read_text(encoding="utf-8")


def style(accent: str) -> str:
    """Return the page's style with the company's colour, shaded so that it can be read.

    Parameters
    ----------
    accent : str
        As ``#rrggbb``.

    Returns
    -------
    str
        CSS for light, dark and print.
    """
    css = template_text("page.css")
    for placeholder, ground in _GROUNDS.items():
        css = css.replace(placeholder, theme.readable(accent, paper=ground))
    return css


def policy(css: str, script: str) -> str:
    """Return the content-security policy that admits exactly this style and this script.

    Parameters
    ----------
    css, script : str
        As they stand between their tags.

    Returns
    -------
    str
        Nothing is loaded but images inside the file.
    """

    def _digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{_digest(css)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
