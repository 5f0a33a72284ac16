"""The published pages as a reader's browser shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted(path.stem for path in (ROOT / "notebooks").glob("*/*.ipynb"))
WIDTHS = (320, 768, 1440)


def _page_of(reports: Path, name: str) -> Path:
    if name == "catalogue":
        return reports / "index.html"
    (found,) = (reports / name).glob("*/report.html")
    return found


def _overflowing(page: Page) -> list[str]:
    """What sticks out of the window at the right; boxes that scroll by themselves may be wider inside."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
        [...document.querySelectorAll('body *')]
            .filter(node => node.getBoundingClientRect().right > window.innerWidth + 1)
            .map(node => `${node.tagName.toLowerCase()}.${node.className}`)"""
    )
    return found


@pytest.fixture(params=[*STUDIES, "catalogue"])
def opened(request: pytest.FixtureRequest, reports: Path, page: Page, complaints: list[str]) -> Page:
    """Each page, opened; `complaints` listens from before."""
    page.goto(_page_of(reports, request.param).as_uri())
    return page


def test_page_asks_for_nothing_and_breaks_no_policy(opened: Page, complaints: list[str]) -> None:
    opened.wait_for_load_state("networkidle")
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened: Page, scheme: str) -> None:
    opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for width in WIDTHS:
        opened.set_viewport_size({"width": width, "height": 900})
        opened.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        results = Axe().run(opened)
        assert results.violations_count == 0, f"{width} px: {results.generate_report()}"


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(opened: Page, width: int) -> None:
    opened.set_viewport_size({"width": width, "height": 900})
    opened.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    assert _overflowing(opened) == []


def test_page_has_one_title_a_language_and_a_way_to_its_content(opened: Page) -> None:
    assert opened.locator("h1").count() == 1
    assert opened.locator("html").get_attribute("lang")
    first = opened.locator("a").first
    target = first.get_attribute("href") or ""
    assert target.startswith("#")
    assert opened.locator(target).count() == 1


def test_every_picture_says_what_it_shows(opened: Page) -> None:
    for picture in opened.locator("img").all():
        words = (picture.get_attribute("alt") or "").split()
        assert len(words) > 5, words


@pytest.mark.parametrize("study", STUDIES)
def test_made_up_customers_are_called_so(reports: Path, page: Page, study: str) -> None:
    page.goto(_page_of(reports, study).as_uri())
    assert "synthetic" in page.locator("body").inner_text().lower()


@pytest.mark.parametrize("study", STUDIES)
def test_printed_page_shows_all_of_the_report(reports: Path, page: Page, study: str) -> None:
    page.goto(_page_of(reports, study).as_uri())
    page.emulate_media(media="print")
    headings = page.locator("main h2")
    assert headings.count() > 3
    assert [heading.inner_text() for heading in headings.all() if not heading.is_visible()] == []
    assert len(page.pdf(format="A4")) > 10_000
