"""The index over all runs: what stands first, what is linked, and what cannot hurt it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from catalogues import HEADLINE, add_run

from cemlab.report import catalogue


class Text(HTMLParser):
    """The headings, links, rows and tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def links(self) -> list[str | None]:
        return [found["href"] for tag, found in self.tags if tag == "a" and not str(found["href"]).startswith("#")]


def page_of(out: Path) -> str:
    return catalogue.rebuild(out).read_text()


def test_latest_is_the_newest_published_run_not_a_later_failure(tmp_path: Path) -> None:
    add_run(tmp_path, second=1)
    newest = add_run(tmp_path, second=2)
    add_run(tmp_path, second=3, status="failed", error="It broke.", headline=None)
    page = page_of(tmp_path)
    assert Text(page).links() == [f"nps/{newest.name}/report.html"]
    assert "latest run failed" in page
    assert "1 report from 3 runs. 1 of 1 failed when last run." in page


def test_a_failure_is_over_when_a_later_run_is_published(tmp_path: Path) -> None:
    add_run(tmp_path, second=1, status="failed", error="It broke.")
    add_run(tmp_path, second=2)
    page = page_of(tmp_path)
    assert "Needs attention" not in page
    assert "1 report from 2 runs." in page


def test_failures_stand_before_the_groups_with_their_reason(tmp_path: Path) -> None:
    add_run(tmp_path, study="nps", second=1)
    add_run(tmp_path, study="churn", second=2, status="failed", error="Table `spells` must exist.", group="potential")
    page = page_of(tmp_path)
    order = ["Needs attention", "Table `spells` must exist.", "What happened", "What may happen"]
    assert sorted(order, key=page.index) == order


def test_studies_stand_in_their_groups_and_companies_in_rows(tmp_path: Path) -> None:
    add_run(tmp_path, study="a", second=1, group="people")
    add_run(tmp_path, study="b", second=2)
    add_run(tmp_path, study="b", second=3, company="Demo", synthetic=True)
    page = page_of(tmp_path)
    assert page.index("What happened") < page.index("Who they are")
    rows = re.findall(r'<tr data-words="([^"]*)"', page)
    assert [row.split()[0:4] for row in rows] == [
        ["how", "is", "b?", "b"],
        ["how", "is", "b?", "b"],
        ["how", "is", "a?", "a"],
    ]
    assert page.count('<span class="synthetic">') == 1


def test_a_headline_shows_its_interval_and_n(tmp_path: Path) -> None:
    add_run(tmp_path)
    assert "NPS 53\xa0points (52 to 55), n = 13,612" in page_of(tmp_path)


@pytest.mark.parametrize("headline", [None, "53", {"value": 1}, {**HEADLINE, "unknown": 1}, {**HEADLINE, "value": "x"}])
def test_a_headline_of_another_shape_is_left_out(tmp_path: Path, headline: object) -> None:
    add_run(tmp_path, headline=headline)
    page = page_of(tmp_path)
    assert '<td class="headline"></td>' in page


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"study": 3, "status": "published"}', "\x00", b"\xff"])
def test_a_run_json_that_cannot_be_read_is_listed_not_fatal(tmp_path: Path, content: str | bytes | None) -> None:
    add_run(tmp_path, second=1)
    torn = add_run(tmp_path, study="torn", second=2) / "run.json"
    torn.unlink()
    if content is not None:
        torn.write_bytes(content.encode() if isinstance(content, str) else content)
    page = page_of(tmp_path)
    assert "its run.json cannot be read" in page
    assert torn.parent.name in page
    assert len(Text(page).links()) == 1


def test_labels_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    attack = "<script>alert(1)</script>\"'&"
    add_run(tmp_path, title=attack, company=attack, second=1)
    add_run(tmp_path, title=attack, company="x", status="failed", error=attack, second=2)
    add_run(tmp_path, company="y", headline={**HEADLINE, "label": attack}, second=3)
    page = page_of(tmp_path)
    assert [tag for tag, _ in Text(page).tags].count("script") == 1
    assert "<script>alert" not in page
    assert attack in "".join(Text(page).words)


def test_a_folder_name_cannot_break_out_of_its_link(tmp_path: Path) -> None:
    add_run(tmp_path, study='a"onclick="b')
    links = Text(page_of(tmp_path)).links()
    assert len(links) == 1
    assert str(links[0]).startswith("a%22onclick%3D%22b/")


def test_the_policy_admits_exactly_the_style_and_the_script(tmp_path: Path) -> None:
    add_run(tmp_path)
    page = page_of(tmp_path)
    policy = next(str(found["content"]) for tag, found in Text(page).tags if found.get("http-equiv"))
    for tag in ("style", "script"):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"\son\w+=|\sstyle=|https?://", page)


def test_the_page_has_one_h1_a_language_and_a_way_past_the_head(tmp_path: Path) -> None:
    add_run(tmp_path)
    tags = Text(page_of(tmp_path)).tags
    assert [tag for tag, _ in tags].count("h1") == 1
    assert ("html", {"lang": "en"}) in tags
    anchors = [str(found["href"])[1:] for tag, found in tags if tag == "a" and str(found["href"]).startswith("#")]
    assert anchors
    assert set(anchors) <= {str(found.get("id")) for _, found in tags}


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    assert "cemlab run" in page
    assert "<script" not in page


def test_hidden_folders_and_stray_files_are_no_runs(tmp_path: Path) -> None:
    add_run(tmp_path / ".restricted")
    (tmp_path / "README.md").write_text("words")
    (tmp_path / "nps").mkdir()
    (tmp_path / "nps" / "notes.txt").write_text("words")
    assert catalogue.entries(tmp_path) == []
