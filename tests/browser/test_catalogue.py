"""The catalogue as a reader's browser shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from catalogues import add_run
from playwright.sync_api import Page

from cemlab.report import catalogue

pytestmark = pytest.mark.browser


def test_axe_finds_nothing_and_the_filter_hides_rows(tmp_path: Path, page: Page, complaints: list[str]) -> None:
    add_run(tmp_path, study="nps", second=1)
    add_run(tmp_path, study="churn", second=2, group="potential", status="failed", error="It broke.", synthetic=True)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(catalogue.rebuild(tmp_path).as_uri())
    page.emulate_media(color_scheme="light")
    assert Axe().run(page).response["violations"] == []
    page.emulate_media(color_scheme="dark")
    assert Axe().run(page).response["violations"] == []
    page.fill("#filter", "NPS")
    assert page.locator("tr[data-words]:visible").count() == 1
    assert page.locator(".troubles").is_hidden()
    assert page.inner_text("#found") == "1 report"
    assert complaints == []
