"""The golden notebook: the NPS study executed on a demo company of fixed seed, kept in git.

``python tests/golden.py`` executes it anew and writes it; the difference in git then shows what a
reader of the report would see differently.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat

from cemlab.data import synthetic
from cemlab.report.records import MIME

ROOT = Path(__file__).resolve().parents[1]
STUDY = ROOT / "notebooks" / "past" / "nps-retrospective.ipynb"
GOLDEN = ROOT / "tests" / "notebooks" / "golden" / STUDY.name
CUSTOMERS, SEED = 4000, 7
PARAMETERS = {"as_of": "2024-07-01", "level": 0.9, "segment_by": ["region", "segment"], "period": "quarter"}
"""None is the study's default."""

_SHOWN_OF_LAB = ("company", "synthetic", "locale", "accent", "description")
_NOT_COMPARED = "not compared"
_SIGNIFICANT = 9
_LAB = re.compile(r"""(?<=['"])[^'"]*lab\.toml(?=['"])""")


def demo(folder: Path) -> Path:
    """Write the demo company and return its lab file."""
    return synthetic.write(folder, customers=CUSTOMERS, seed=SEED)


def execute(lab_file: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the study by bare papermill, from a folder that holds nothing of ours."""
    given = [word for name, value in PARAMETERS.items() for word in ("-y", f"{name}: {value!r}")]
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(STUDY), str(out)]
    command += ["-p", "lab_file", str(lab_file), *given]
    return subprocess.run(command, cwd=out.parent, capture_output=True, text=True, check=False)


def sanitized(executed: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook without what differs between two machines: times, paths, the engine's file bytes.

    Drawings are kept as the words in them, since their coordinates follow the fonts; what they draw
    stands in their tables. Numbers keep nine digits.
    """
    plain = {**executed, "metadata": {"kernelspec": executed.metadata["kernelspec"]}}
    made: nbformat.NotebookNode = nbformat.from_dict(plain)
    for cell in made.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id, cell.source = "injected", _LAB.sub("demo/lab.toml", cell.source).rstrip()
        for output in cell.get("outputs", []):
            if MIME in output.get("data", {}):
                output.data = {MIME: _plain(output.data[MIME])}
    return made


def _plain(value: Any, *, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner, name=key) for key, inner in value.items() if name != "info" or key in _SHOWN_OF_LAB}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.{_SIGNIFICANT}g}")
    return _plain_text(value, name=name) if isinstance(value, str) else value


def _plain_text(text: str, *, name: str) -> str | list[str]:
    if name in ("wide", "narrow", "paper"):
        return _words(text)
    fixed = {"fingerprint": _NOT_COMPARED, "versions": _NOT_COMPARED, "lab_file": "demo/lab.toml"}
    return fixed.get(name) or _rounded(text)


def _words(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def _rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d{6,}(e-?\d+)?", lambda match: f"{float(match.group()):.{_SIGNIFICANT}g}", text)


def main() -> None:
    """Execute the study and write the golden notebook."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / STUDY.name
        finished = execute(demo(Path(folder) / "demo"), out)
        if finished.returncode:
            raise SystemExit(finished.stderr)
        nbformat.write(sanitized(nbformat.read(out, as_version=4)), GOLDEN)


if __name__ == "__main__":
    main()
