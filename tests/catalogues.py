"""Runs for tests of the catalogue: a run.json each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HEADLINE = {
    "key": "nps.overall",
    "value": 53.4161,
    "unit": "points",
    "label": "NPS",
    "ci_low": 52.32,
    "ci_high": 54.51,
    "level": 0.95,
    "n": 13612,
}


def add_run(out: Path, *, study: str = "nps", second: int = 0, **changes: Any) -> Path:
    """Write the run.json of a run that started at `second`."""
    run_id = f"2024-12-17-20250103T1015{second:02d}Z-1f0c9a7e"
    record: dict[str, Any] = {
        "run_id": run_id,
        "study": study,
        "group": "past",
        "title": f"How is {study}?",
        "status": "published",
        "exit_code": 0,
        "error": "",
        "as_of": "2024-12-17",
        "started": f"2025-01-03T10:15:{second:02d}+00:00",
        "finished": f"2025-01-03T10:16:{second:02d}+00:00",
        "company": "Botanic",
        "synthetic": False,
        "locale": "en-GB",
        "headline": HEADLINE,
    } | changes
    folder = out / study / run_id
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(record))
    return folder
