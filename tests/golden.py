"""The golden findings: every study on a demo company of fixed seed, its findings kept in git.

``python tests/golden.py`` runs them anew and writes them; the difference in git then shows which numbers changed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import in_process

from cemlab.data import synthetic

ROOT = Path(__file__).resolve().parents[1]
STUDY = ROOT / "notebooks" / "past" / "nps-retrospective.ipynb"
GOLDEN = ROOT / "tests" / "notebooks" / "golden"
CUSTOMERS, SEED = 4000, 7
PARAMETERS: dict[str, dict[str, Any]] = {
    "nps-retrospective": {
        "as_of": "2024-07-01",
        "level": 0.9,
        "segment_by": ["region", "segment"],
        "period": "quarter",
    },
    "churn-survival": {"as_of": "2024-07-01", "level": 0.9},
    "churn-prediction": {"as_of": "2024-07-01", "level": 0.9},
    "segments": {"as_of": "2024-07-01", "level": 0.9},
}
"""None is the study's default."""
NUMBERS = ("value", "std_error", "ci_low", "ci_high", "n", "p_value", "q_value", "mde")
SIGNIFICANT = 9


def demo(folder: Path) -> Path:
    """Write the demo company and return its lab file."""
    return synthetic.write(folder, customers=CUSTOMERS, seed=SEED)


def execute(lab_file: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the NPS study by bare papermill, from a folder that holds nothing of ours."""
    given = [word for name, value in PARAMETERS[STUDY.stem].items() for word in ("-y", f"{name}: {value!r}")]
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(STUDY), str(out)]
    command += ["-p", "lab_file", str(lab_file), *given]
    return subprocess.run(command, cwd=out.parent, capture_output=True, text=True, check=False)


def findings(stem: str, lab_file: Path) -> dict[str, dict[str, Any]]:
    """Return what a study found, by name."""
    played = in_process.play(stem, lab_file, **PARAMETERS[stem])
    (answer,) = (record for record in played.records if record["kind"] == "answer")
    return named(answer["findings"])


def named(found: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return findings by key, scope and period, with their numbers and what was made of them."""
    return {
        " · ".join([each["key"], *map(str, each["scope"].values()), *filter(None, [each["period"]])]): {
            **{name: each[name] for name in NUMBERS if each[name] is not None},
            **{name: True for name in ("flagged", "significant", "suppressed") if each[name]},
        }
        for each in found
    }


def _rounded(value: Any) -> Any:
    return float(f"{value:.{SIGNIFICANT}g}") if isinstance(value, float) else value


def main() -> None:
    """Run the studies and write the golden findings, one line for each."""
    with tempfile.TemporaryDirectory() as folder:
        lab_file = demo(Path(folder) / "demo")
        for stem in PARAMETERS:
            lines = [
                f"{json.dumps(name, ensure_ascii=False)}: {json.dumps({key: _rounded(each) for key, each in one.items()})}"
                for name, one in findings(stem, lab_file).items()
            ]
            text = "{\n" + ",\n".join(lines) + "\n}\n"
            (GOLDEN / f"{stem}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
