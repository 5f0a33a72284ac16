"""Documents list what exists (rumdl checks their links)."""

from __future__ import annotations

import re
from pathlib import Path


def test_index_lists_every_page(root: Path, tracked: list[Path]) -> None:
    index = (root / "docs/index.md").read_text(encoding="utf-8")
    pages = [page.name for page in tracked if page.parent == Path("docs") and page.suffix == ".md"]
    assert [name for name in pages if name != "index.md" and f"({name})" not in index] == []


def test_readme_gives_the_two_commands(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^(make \w+) ", readme, flags=re.MULTILINE) == ["make report", "make test"]
