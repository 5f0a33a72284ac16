"""Labs made by hand: a lab.toml and its files in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from companies import Company, drawn

HEAD = """
[lab]
name = "tiny"
company = "Tiny"
time_zone = "Europe/Berlin"
"""

RESPONSES = """
[[responses]]
file = "nps.csv"
[responses.columns]
response_id = "id"
customer_id = "customer"
metric = { constant = "nps" }
score = "score"
responded_at = "at"
"""


@pytest.fixture
def head() -> str:
    """The table `[lab]` of every lab made here."""
    return HEAD


@pytest.fixture
def responses() -> str:
    """A table of answers from nps.csv."""
    return RESPONSES


@pytest.fixture
def make_lab(tmp_path: Path) -> Callable[..., Path]:
    """Write files and a lab.toml (the tables below `[lab]`); return the lab file."""

    def make(tables: str = RESPONSES, *, folder: str = "lab", **files: str | bytes) -> Path:
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (root / f"{name}.csv").write_bytes(data)
        (root / "lab.toml").write_text(HEAD + tables, encoding="utf-8")
        return root / "lab.toml"

    return make


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A made-up company, large enough to find what was planted."""
    return drawn(tmp_path_factory.mktemp("company"), customers=24_000, seed=3)


@pytest.fixture(scope="session")
def null_company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A made-up company in which nothing has an effect."""
    return drawn(tmp_path_factory.mktemp("null"), customers=12_000, seed=4, null=True)
