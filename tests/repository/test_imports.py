"""Start-up: nothing heavy is loaded before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "pandas",
    "numpy",
    "ibis",
    "duckdb",
    "pyarrow",
    "pydantic",
    "nbformat",
    "nbclient",
    "papermill",
    "matplotlib",
    "scipy",
}


@pytest.mark.parametrize(
    "code",
    [
        "import cemlab",
        "import cemlab; cemlab.stats; cemlab.report",
        "import sys; sys.argv = ['cemlab', '--help']; import cemlab.cli; cemlab.cli.main()",
        "import sys; sys.argv = ['cemlab', 'run', '--help']; import cemlab.cli; cemlab.cli.main()",
    ],
)
def test_nothing_heavy_is_loaded_by(code: str) -> None:
    # atexit, because the command line leaves by SystemExit.
    report = f"import atexit, sys; atexit.register(lambda: print('loaded:', *({HEAVY!r} & sys.modules.keys())))"
    finished = subprocess.run([sys.executable, "-c", f"{report}\n{code}"], capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines()[-1].split() == ["loaded:"]
