"""A page from an executed notebook: its order, its safety, its files."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from pages import PAYLOADS, Draft, FakeLab, hostile, run_facts, simple

from cemlab.core.errors import RunError
from cemlab.core.lab import LabInfo
from cemlab.core.results import Finding, Sentence
from cemlab.report import elements, records, render
from cemlab.report.notebook import Notebook

NPS = Finding("nps.overall", 53.4161, "points", label="NPS", ci_low=52.3, ci_high=54.5, level=0.95, n=13612)
EMPTY = {"meta", "link", "br", "img", "input", "source", "hr", "line", "circle", "rect"}


class Page(HTMLParser):
    """A page as its parser sees it: elements with attributes, and the text inside each."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[tuple[str, int]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self.text.setdefault(tag, []).append("")
            self._open.append((tag, len(self.text[tag]) - 1))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for tag, index in self._open:
            self.text[tag][index] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def executed() -> nbformat.NotebookNode:
    return hostile()


@pytest.fixture(scope="module")
def html(executed: nbformat.NotebookNode) -> str:
    return render.to_html(render.assemble(executed, run_facts()))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_answer_is_lifted_and_checks_stand_worst_first(executed: nbformat.NotebookNode, html: str) -> None:
    made = render.assemble(executed, run_facts())
    assert [check["state"] for check in made.checks] == ["overturns", "watch", "holds"]
    places = [
        html.index(mark)
        for mark in (
            'class="answer"',
            'class="tiles"',
            "<h2",
            'class="check overturns"',
            'class="check watch"',
            'class="check holds"',
            'id="accounting"',
            'id="provenance"',
        )
    ]
    assert places == sorted(places)


def test_section_without_anything_to_say_is_left_out(executed: nbformat.NotebookNode) -> None:
    made = render.assemble(executed, run_facts())
    assert [section.title for section in made.sections] == [f"Which groups, {PAYLOADS[1]}?"]


@pytest.mark.parametrize(("kind", "call"), [("answer", "nb.answer"), ("head", "nb.uses")])
def test_notebook_without_its_answer_or_lab_has_no_page(kind: str, call: str) -> None:
    notebook = simple(NPS).notebook
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.data[records.MIME]["kind"] != kind]
    with pytest.raises(RunError, match=re.escape(call)):
        render.assemble(notebook, {})


def test_questions_of_one_name_get_anchors_of_their_own() -> None:
    draft = Draft()
    draft.notebook.cells = simple(NPS).notebook.cells
    say = {"kind": "say", "sentences": [[{"words": "So."}]]}
    for title in ("Main", "東京?", "京都?"):
        draft.prose(f"## {title}")
        cell = nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("display_data", data={records.MIME: say})])
        draft.notebook.cells.append(cell)
    made = Page(render.to_html(render.assemble(draft.notebook, {})))
    ids = [attributes["id"] for _, attributes in made.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    links = {attributes["href"] for attributes in made.all("a") if attributes["href"].startswith("#")}
    assert links <= {f"#{name}" for name in ids}


def test_nothing_from_data_becomes_an_element_or_an_attribute(page: Page) -> None:
    assert len(page.all("script")) == len(page.all("style")) == len(page.all("title")) == 1
    assert {name for name, _ in page.elements} <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "aside",
        "div",
        "nav",
        "ul",
        "li",
        "main",
        "header",
        "p",
        "b",
        "h1",
        "h2",
        "h3",
        "section",
        "span",
        "details",
        "summary",
        "dl",
        "dt",
        "dd",
        "svg",
        "line",
        "circle",
        "rect",
        "figure",
        "picture",
        "source",
        "img",
        "figcaption",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "script",
        "math",
        "mrow",
        "mi",
        "mo",
        "mn",
        "strong",
        "code",
    }
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on") or name == "style"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_is_shown_as_it_is(page: Page, payload: str) -> None:
    cells = [text.strip() for text in page.text["th"]]
    assert payload in cells
    assert payload in page.all("img")[0]["alt"]


def test_text_between_template_marks_is_not_computed(html: str) -> None:
    assert "{{7*7}}" in html
    assert ">49" not in html


def test_policy_admits_exactly_the_style_and_script_in_the_file(html: str, page: Page) -> None:
    (policy,) = (meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    for kind, tag in (("style", "style"), ("script", "script")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "base-uri 'none'; form-action 'none'" in policy
    assert "unsafe" not in policy


def test_policy_stands_before_anything_that_it_governs(page: Page) -> None:
    names = [name for name, _ in page.elements]
    first = next(place for place, (_, attributes) in enumerate(page.elements) if "http-equiv" in attributes)
    assert set(names[:first]) <= {"html", "head", "meta"}


def test_page_names_no_address_outside_itself(page: Page) -> None:
    named = [
        attributes[name]
        for _, attributes in page.elements
        for name in ("src", "srcset", "href", "action", "poster", "data", "xlink:href")
        if name in attributes
    ]
    assert len(named) > 10
    assert [address[:60] for address in named if not address.startswith(("#", "data:"))] == []
    assert "@import" not in page.text["style"][0]
    assert "url(" not in page.text["style"][0]


def test_page_has_one_title_a_language_and_a_skip_link(page: Page) -> None:
    assert page.text["h1"] == [f"What is it, {PAYLOADS[0]}?"]
    assert page.all("html")[0]["lang"] == "en"
    first = page.all("a")[0]
    assert (first["class"], first["href"]) == ("skip", "#main")
    assert [attributes["id"] for attributes in page.all("main")] == ["main"]


def test_each_table_has_a_caption_and_scopes(page: Page) -> None:
    assert len(page.all("table")) == len(page.text["caption"]) > 4
    assert all(caption.strip() for caption in page.text["caption"])
    assert {attributes.get("scope") for attributes in page.all("th")} == {"col", "row"}


def test_each_picture_has_the_words_of_its_figure_and_a_drawing_for_phones(
    executed: nbformat.NotebookNode, page: Page
) -> None:
    figures = [record["content"] for record in records.read(executed) if record["kind"] == "figure"]
    assert [image["alt"] for image in page.all("img")] == [figure["alt"] for figure in figures]
    assert [source["srcset"] for source in page.all("source")] == [
        elements.data_uri(figure["narrow"], "image/svg+xml") for figure in figures
    ]


def test_downloads_hold_the_files(executed: nbformat.NotebookNode, page: Page, tmp_path: Path) -> None:
    render.publish(executed, run_facts(), tmp_path)
    links = {link["download"]: link["href"] for link in page.all("a") if "download" in link}
    assert all(re.fullmatch(r"[a-z0-9-]+\.(csv|json)", name) for name in links)
    findings = base64.b64decode(links["findings.json"].partition(",")[2]).decode()
    assert json.loads(findings) == json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))


def test_findings_file_is_strict_json_with_every_finding_once(executed: nbformat.NotebookNode, tmp_path: Path) -> None:
    render.publish(executed, run_facts(), tmp_path)

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    found = json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert [next(iter(each["scope"].values())) for each in found] == list(PAYLOADS)
    hidden = [each for each in found if each["suppressed"]]
    assert len(hidden) == 2
    assert {each[name] for each in hidden for name in ("value", "ci_low", "ci_high", "n", "std_error")} == {None}


def test_tables_of_like_names_keep_a_file_each(tmp_path: Path) -> None:
    notebook = simple(NPS).notebook
    answer = next(record for record in records.read(notebook) if record["kind"] == "answer")
    answer["tables"] = {"nps.by_a b": "1", "nps.by_a_b": "2", "nps.東京": "3", "nps.京都": "4"}
    render.publish(notebook, {}, tmp_path)
    written = {path.name: path.read_text() for path in (tmp_path / "tables").iterdir()}
    assert sorted(written.values()) == ["1", "2", "3", "4"]
    assert all(re.fullmatch(r"[a-z0-9-]+\.csv", name) for name in written)


def test_provenance_is_what_the_notebook_recorded() -> None:
    told = render.provenance(simple(NPS).notebook)
    assert {name: told[name] for name in ("as_of", "fingerprint", "company", "synthetic")} == {
        "as_of": "2024-07-01",
        "fingerprint": "f00d",
        "company": "Tiny",
        "synthetic": False,
    }
    assert told["headline"]["value"] == 53.4161


def test_provenance_of_a_notebook_that_stopped_early() -> None:
    notebook = simple(NPS).notebook
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs = code.outputs[:1]
    assert "headline" not in render.provenance(notebook)
    code.outputs = []
    assert render.provenance(notebook) == {}


def test_made_up_company_wears_the_ribbon_and_a_real_one_none(page: Page) -> None:
    assert any("Synthetic data" in text for text in page.text["aside"])
    assert "aside" not in Page(render.to_html(render.assemble(simple(NPS).notebook, {}))).text


def test_head_names_company_scope_period_and_last_day(page: Page) -> None:
    scope = next(text for text in page.text["p"] if "data until" in text)
    assert scope == f"Co {PAYLOADS[0]} · {PAYLOADS[0]} · 1 January 2024 to 30 June 2024 · data until 30 June 2024"


def test_outputs_that_are_no_part_of_a_report_are_counted_and_not_shown() -> None:
    notebook = simple(NPS).notebook
    stray = nbformat.v4.new_output("stream", name="stdout", text="<b>stray words</b>")
    notebook.cells.append(nbformat.v4.new_code_cell("print()", outputs=[stray, stray]))
    html = render.to_html(render.assemble(notebook, {}))
    assert "stray words" not in html
    assert ("Outputs of the notebook that are no part of a report", "2") in render.assemble(notebook, {}).run


def _answered(change: Finding | None, **calls: str) -> str:
    draft, nb = Draft(), Notebook("simple", {})
    tile = Finding("nps", 30.0, "points", label="NPS", ci_low=28.0, ci_high=32.0, level=0.95, n=900.0)
    draft.prose("# Is it so?")
    with draft.cell():
        nb.uses(FakeLab(LabInfo("t", "Tiny", "UTC")))
        for question, because in calls.items():
            nb.leave_out(f"{question}?", because)
        nb.answer(Sentence("It is ", tile, "."), tiles=[tile, tile], change=change)
    return render.to_html(render.assemble(draft.notebook, {}))


@pytest.mark.parametrize(
    ("value", "flagged", "words"),
    [
        (4.0, True, "▲</span> up 4\xa0points (2 to 6)"),
        (-4.0, True, "▼</span> down 4\xa0points (2 to 6)"),
        (4.0, False, "→</span> no significant change (smallest detectable 5\xa0points)"),
    ],
)
def test_first_tile_shows_its_change_with_an_arrow_and_a_word(value: float, flagged: bool, words: str) -> None:
    change = Finding("c", value, "points", ci_low=value - 2, ci_high=value + 2, flagged=flagged, mde=4.2, p_value=0.5)
    html = _answered(change)
    assert html.count('class="change"') == 1
    assert words in html


def test_tiles_without_a_comparison_show_no_arrow() -> None:
    assert 'class="change"' not in _answered(None)


def test_questions_left_out_stand_with_their_reason_in_the_accounting() -> None:
    html = _answered(None, Why="Because <b>so</b>.")
    accounting = html.partition('id="accounting"')[2]
    assert "<li>Why? Because &lt;b&gt;so&lt;/b&gt;.</li>" in accounting


def test_contents_stand_above_the_answer() -> None:
    html = _answered(None)
    assert html.index('class="contents"') < html.index('class="answer"')
