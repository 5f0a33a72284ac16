"""Chromium, and the pages that it opens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pages
import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page, Request, sync_playwright

from cemlab.data import synthetic
from cemlab.report import render

ROOT = Path(__file__).resolve().parents[2]
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""So that every request that is seen is the page's own."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser; skips where there is none, unless CEMLAB_REQUIRE_BROWSER is set."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        reason = "chromium is not installed (on Debian: apt-get install chromium fonts-dejavu-core)"
        if os.environ.get("CEMLAB_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Chromium's sandbox refuses to start as root, which is who runs in containers.
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def reports(chromium: Browser, shared_tmp: Path) -> Path:
    """A folder with one published run of each study on a small demo company, and the catalogue."""
    out, done = shared_tmp / "reports", shared_tmp / "reports.done"
    with FileLock(shared_tmp / "reports.lock"):
        if not done.exists():
            lab = synthetic.write(shared_tmp / "reports-demo", customers=1500, seed=5)
            studies = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
            with ThreadPoolExecutor(max_workers=2) as pool:
                for finished in pool.map(lambda study: _run(study, lab, out), studies):
                    assert finished.returncode == 0, finished.stderr[-2000:]
            done.touch()
    return out


def _run(study: Path, lab: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cemlab.cli", "run", study.stem, "--lab", str(lab), "--out", str(out)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose company, columns, labels and notes are markup, script, template marks and 300 letters."""
    file = tmp_path_factory.mktemp("hostile") / "report.html"
    file.write_text(render.to_html(render.assemble(pages.hostile(), pages.run_facts())), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def long_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with one table of thirty rows, neither in the order of its numbers nor of its names."""
    file = tmp_path_factory.mktemp("long") / "report.html"
    file.write_text(render.to_html(render.assemble(pages.long_table(30), {})), encoding="utf-8")
    return file


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh tab that notes complaints of the console and every request beyond the file it opens."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    yield opened
    context.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the console says as error or warning, and every request other than the page itself and data: URLs."""
    heard: list[str] = []

    def request(asked: Request) -> None:
        # A blocked request counts as well: the attempt is the defect.
        if not asked.is_navigation_request() and not asked.url.startswith("data:"):
            heard.append(f"request: {asked.url[:80]}")

    page.on("request", request)
    page.on("console", lambda said: heard.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard
