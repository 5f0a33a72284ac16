"""The published pages as a reader's browser shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import PAYLOADS
from playwright.sync_api import Page

from cemlab.show import theme

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
        """() => {
            const width = document.documentElement.clientWidth;
            return document.documentElement.scrollWidth <= width ? [] :
                [...document.querySelectorAll('body *')]
                    .filter(node => node.getBoundingClientRect().right > width + 1)
                    .map(node => `${node.tagName.toLowerCase()}.${node.className}`);
        }"""
    )
    return found


@pytest.fixture(params=[*STUDIES, "catalogue", "hostile"])
def opened(request: pytest.FixtureRequest, reports: Path, hostile: Path, page: Page, complaints: list[str]) -> Page:
    """Each page, opened; `complaints` listens from before."""
    file = hostile if request.param == "hostile" else _page_of(reports, request.param)
    page.goto(file.as_uri())
    return page


def _unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")


def test_page_asks_for_nothing_and_breaks_no_policy(opened: Page, complaints: list[str]) -> None:
    opened.wait_for_load_state("networkidle")
    assert complaints == []


@pytest.mark.parametrize("medium", ["light", "dark", "print"])
def test_axe_finds_nothing(opened: Page, medium: str) -> None:
    opened.emulate_media(
        color_scheme="dark" if medium == "dark" else "light", media="print" if medium == "print" else "screen"
    )
    _unfold(opened)
    for width in WIDTHS if medium == "light" else WIDTHS[:1]:
        opened.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(opened)
        assert results.violations_count == 0, f"{width} px: {results.generate_report()}"


def test_nothing_sticks_out(opened: Page) -> None:
    for folded in (True, False):
        if not folded:
            _unfold(opened)
        for width in WIDTHS:
            opened.set_viewport_size({"width": width, "height": 900})
            assert _overflowing(opened) == [], f"{width} px"


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
        assert any(any(letter.isdigit() for letter in word) for word in words)


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


def _shown_widths(page: Page) -> list[float]:
    page.evaluate("Promise.all([...document.images].map(image => image.decode()))")
    widths: list[float] = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    return widths


@pytest.mark.parametrize("study", STUDIES)
def test_figures_are_drawn_for_desk_and_phone(reports: Path, page: Page, study: str) -> None:
    page.goto(_page_of(reports, study).as_uri())
    assert set(_shown_widths(page)) == {theme.WIDE_PX}
    page.set_viewport_size({"width": 320, "height": 900})
    assert set(_shown_widths(page)) == {theme.NARROW_PX}
    painted: list[float] = page.evaluate("[...document.images].map(image => image.getBoundingClientRect().width)")
    # twelve pixels on the drawing are eleven on the smallest phone
    assert min(painted) * theme.TEXT_PX / theme.NARROW_PX >= 11


def _column(page: Page, number: int) -> list[str]:
    texts: list[str] = page.locator("table.sortable tbody tr").evaluate_all(
        "(rows, number) => rows.filter(row => row.offsetParent).map(row => row.cells[number].textContent)", number
    )
    return texts


def test_long_table_unfolds(long_table: Path, page: Page) -> None:
    page.goto(long_table.as_uri())
    assert len(_column(page, 0)) == 12
    page.get_by_role("button", name="Show all 30 rows").click()
    assert len(_column(page, 0)) == 30
    assert page.get_by_role("button", name="Show all").count() == 0


def test_table_sorts_numbers_as_numbers_and_withheld_ones_last(long_table: Path, page: Page) -> None:
    page.goto(long_table.as_uri())
    page.get_by_role("button", name="Show all 30 rows").click()
    head = page.get_by_role("columnheader", name="NPS, points")
    head.get_by_role("button").click()
    numbers = [int(text.replace("−", "-")) for text in _column(page, 1)[:-2]]
    assert numbers == sorted(numbers)
    assert numbers[0] < 0
    assert _column(page, 1)[-2:] == ["–", "–"]
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert [int(text.replace("−", "-")) for text in _column(page, 1)[:-2]] == numbers[::-1]
    assert _column(page, 1)[-2:] == ["–", "–"]
    assert head.get_attribute("aria-sort") == "descending"


def test_table_sorts_text_and_keeps_its_fold(long_table: Path, page: Page) -> None:
    page.goto(long_table.as_uri())
    page.get_by_role("columnheader", name="Plan").get_by_role("button").press("Enter")
    assert _column(page, 0) == [f"plan {number:02d}" for number in range(12)]
    assert page.locator("[aria-sort]").count() == 1


def test_markup_in_data_does_not_run(hostile: Path, page: Page) -> None:
    page.goto(hostile.as_uri())
    _unfold(page)
    assert "owned" not in page.evaluate("document.title").replace(PAYLOADS[0], "")
    assert page.locator("script").count() == 1
    assert page.evaluate("document.querySelectorAll('[onerror],[onload],[onmouseover]').length") == 0


def _with(file: Path, markup: str, *, out: Path) -> str:
    html = file.read_text(encoding="utf-8")
    assert html.count("</main>") == 1
    out.write_text(html.replace("</main>", f"{markup}</main>"), encoding="utf-8")
    return out.as_uri()


@pytest.mark.parametrize(
    "markup",
    [
        "<script>document.title = 'owned'</script>",
        "<img src='data:image/png;base64,AA==' onerror=\"document.title = 'owned'\">",
        "<iframe srcdoc=\"<script>parent.document.title = 'owned'</script>\"></iframe>",
    ],
)
def test_policy_stops_what_would_slip_in(
    long_table: Path, page: Page, complaints: list[str], tmp_path: Path, markup: str
) -> None:
    page.goto(_with(long_table, markup, out=tmp_path / "page.html"))
    page.wait_for_load_state("networkidle")
    assert page.title() == "Is it so? · Tiny"
    assert complaints


def test_request_that_is_stopped_counts_as_one(
    long_table: Path, page: Page, complaints: list[str], tmp_path: Path
) -> None:
    """The check of "no request" above can fail: a picture from elsewhere is heard of."""
    page.goto(_with(long_table, "<img src='http://127.0.0.1:9/x.png' alt='x'>", out=tmp_path / "page.html"))
    page.wait_for_load_state("networkidle")
    assert any("127.0.0.1" in complaint for complaint in complaints)
