"""The study of segments, through the whole house: planted needs, real labs, and input that is not as one wishes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cemlab.data import synthetic
from cemlab.stats import segments

ROOT = Path(__file__).resolve().parents[2]
Findings = dict[tuple[str, ...], dict[str, Any]]
CUSTOMERS, SEED = 1_000, 11
LEAST_ARI = 0.7
"""At a separation of one; the customers' true needs, known to nobody, would be told by their answers with about .77."""


def _run(lab: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cemlab.cli", "run", "segments", "--lab", str(lab), "--out", str(out), *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _published(out: Path) -> tuple[Findings, str]:
    """Findings by key and scope, and the page."""
    (page,) = out.glob("segments/*/report.html")
    found = json.loads((page.parent / "findings.json").read_text(encoding="utf-8"))
    return {(each["key"], *each["scope"].values()): each for each in found}, page.read_text(encoding="utf-8")


def _restricted(out: Path, name: str) -> Path:
    (path,) = out.glob(f".restricted/segments/*/{name}.parquet")
    return path


def _answer(html: str) -> str:
    return html.partition("</dl>")[0]


@pytest.fixture(scope="module")
def example(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Findings, str, Path]]:
    """``example(name, *options)``: the study on an example lab with its real files."""

    def run(name: str, *more: str) -> tuple[Findings, str, Path]:
        out = tmp_path_factory.mktemp(name)
        finished = _run(ROOT / "examples" / name / "lab.toml", out, "--data", str(shared_dir / "data" / name), *more)
        assert finished.returncode == 0, finished.stderr[-2000:]
        return *_published(out), out

    return run


def test_planted_needs_are_found_named_and_assigned(tmp_path: Path) -> None:
    lab = synthetic.write(tmp_path / "lab", customers=CUSTOMERS, seed=SEED)
    out = tmp_path / "out"
    finished = _run(lab, out, "-p", "names", "1=Savers", "-p", "at_most", "4")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(out)
    assert found["segments.number",]["value"] == 3
    assert "segments are natural" in _answer(html)
    assert "Does it outperform the simple split?" in html
    assert "they may have changed when customers left" in html, "needs carry no day, so nothing later is compared"
    assigned, latent = _restricted(out, "assignments-needs-segment"), lab.parent / "truth" / "latent.parquet"
    pairs = duckdb.sql(
        f"SELECT l.need AS a, s.value AS b, count(*) AS n FROM '{assigned}' s JOIN '{latent}' l USING (customer_id)"
        " GROUP BY ALL"
    ).df()
    assert pairs["n"].sum() == CUSTOMERS
    assert segments.agreement(pairs).row()["estimate"] > LEAST_ARI
    own = pairs.loc[pairs["b"] == "Savers"].sort_values("n")["a"].iloc[-1]
    assert own == "saver", "the largest segment is that of the largest planted need"
    share = found["segments.share", "Savers"]
    assert share["ci_low"] < 0.4 < share["ci_high"], "the planted share"
    urgent = duckdb.sql(f"SELECT count(*) FROM '{_restricted(out, 'urgent-attention')}'").fetchone()
    assert urgent == (found["urgent.customers",]["value"],)
    assert len(html.encode()) < 900_000
    assert "customer_id" not in html


@pytest.mark.slow
def test_where_there_are_no_groups_it_says_constructed(tmp_path: Path) -> None:
    lab = synthetic.write(tmp_path / "lab", customers=CUSTOMERS, seed=SEED, separation=0.0)
    finished = _run(lab, tmp_path / "out", "-p", "at_most", "3")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    assert found["segments.best",]["value"] == 1
    assert "segments are constructed" in _answer(html)
    assert "no more than one group" in html
    assert "Figures are not corrected for wrong segments" in html


@pytest.mark.slow
@pytest.mark.shared
def test_cdnow_is_grouped_by_value_with_its_published_totals(
    example: Callable[..., tuple[Findings, str, Path]],
) -> None:
    found, html, out = example("cdnow", "-p", "basis", "value")
    assert found["base.grouped",]["value"] == 23_570
    assert found["base.transactions",]["value"] == 69_659
    shares = {key[1]: each["value"] for key, each in found.items() if key[0] == "segments.share"}
    assert sum(shares.values()) == pytest.approx(1)
    assert {"Champions", "Loyal", "Lapsed"} <= set(shares)
    assert "better than every simple split that was tried" in _answer(html)
    assert duckdb.sql(f"SELECT count(*) FROM '{_restricted(out, 'assignments-value-segment')}'").fetchone() == (23_570,)
    assert "Still in the same segment" in html


@pytest.mark.slow
@pytest.mark.shared
def test_telco_needs_come_from_services_and_segments_stay_differently(
    example: Callable[..., tuple[Findings, str, Path]],
) -> None:
    found, html, _ = example("telco_ibm", "-p", "at_most", "4")
    assert found["base.grouped",]["value"] == 7_043
    without = found["segments.share", "No internet service"]
    assert without["value"] == pytest.approx(1_526 / 7_043, abs=1e-3), "the customers without an internet service"
    stay = [each["value"] for key, each in found.items() if key[0] == "stay.year"]
    assert max(stay) - min(stay) > 0.1
    assert "Questions that this page does not ask" in html, "a snapshot has no later time, and no value or risk"


@pytest.mark.slow
@pytest.mark.shared
def test_sfo_groups_answers_and_assigns_nobody(example: Callable[..., tuple[Findings, str, Path]]) -> None:
    found, html, out = example("sfo_survey", "-p", "at_most", "3")
    assert found["base.grouped",]["unit"] == "answers"
    assert found["base.grouped",]["value"] > 15_000
    assert not list(out.glob(".restricted/segments/*/*.parquet"))
    assert "customers where the model does" not in html


@pytest.mark.slow
def test_behaviour_by_numbers_is_described_as_assigned_and_held_against_another_method(tmp_path: Path) -> None:
    lab = synthetic.write(tmp_path / "lab", customers=CUSTOMERS, seed=SEED)
    out = tmp_path / "out"
    finished = _run(lab, out, "-p", "basis", "behaviour", "-p", "method", "k-means", "-p", "at_most", "4")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(out)
    assert "half of the customers" in html
    assert "Against a Gaussian mixture" in html
    assert "Figures are not corrected for wrong segments" not in html
    assert "Figures of segments are corrected" not in html
    names = {key[1] for key in found if key[0] == "segments.share"}
    rows = (
        f"SELECT value, count(*) FROM '{_restricted(out, 'assignments-behaviour-segment')}' WHERE value IS NOT NULL"
        " GROUP BY ALL"
    )
    assigned = dict(duckdb.sql(rows).fetchall())
    assert set(assigned) == names
    for name in names:
        assert assigned[name] / sum(assigned.values()) == pytest.approx(found["segments.share", name]["value"])


@pytest.mark.slow
def test_stages_of_life_follow_the_spells_and_have_no_curve_of_their_own(tmp_path: Path) -> None:
    lab = synthetic.write(tmp_path / "lab", customers=CUSTOMERS, seed=SEED)
    finished = _run(lab, tmp_path / "out", "-p", "basis", "stage")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    assert {key[1] for key in found if key[0] == "segments.share"} == {"New", "Established", "Left"}
    spells = duckdb.read_csv(str(lab.parent / "spells.csv")).df()
    gone = int(spells.groupby("customer")["end"].apply(lambda ends: ends.notna().all()).sum())
    assert found["segments.share", "Left"]["value"] == pytest.approx(gone / CUSTOMERS)
    assert "follow from a rule" in _answer(html)
    assert "a curve by stage would only repeat that" in html
    refused = _run(lab, tmp_path / "odd", "-p", "basis", "stage", "-p", "method", "mixture")
    assert refused.returncode != 0
    assert "`stage` allows rules, and mixture was asked for" in refused.stderr


def _company(folder: Path, rows: list[str], types: str) -> Path:
    (folder / "customers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    lab = folder / "lab.toml"
    lab.write_text(
        '[lab]\nname = "small"\ncompany = "Small"\ntime_zone = "UTC"\n[[customers]]\nfile ='
        ' "customers.csv"\n[customers.columns]\ncustomer_id = "id"\nknown_at = { from = "since", format = "%Y-%m-%d"'
        f" }}\n{types}",
        encoding="utf-8",
    )
    return lab


def test_lab_without_anything_to_group_by_is_refused_in_words(tmp_path: Path) -> None:
    lab = _company(tmp_path, ["id,since,flat", *(f"{at},2024-01-01,x" for at in range(30))], 'flat = "flat"\n')
    finished = _run(lab, tmp_path / "out")
    assert finished.returncode == 2
    assert "grouped by needs only by something that tells them apart" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.slow
def test_bare_customers_are_grouped_and_constant_or_few_ones_are_refused(tmp_path: Path) -> None:
    kinds = ["1,1,0,0,1", "1,1,1,0,0", "0,0,1,1,1", "0,0,0,1,0"]
    names = ["a", "b", "c", "d", "e"]
    types = "".join(f'{name} = {{ from = "{name}", type = "boolean" }}\n' for name in names)
    rows = ["id,since,a,b,c,d,e", *(f"{at},2024-01-0{1 + at % 9},{kinds[at % 4]}" for at in range(200))]
    lab = _company(tmp_path, rows, types)
    finished = _run(lab, tmp_path / "out", "-p", "classes", "2")
    assert finished.returncode == 0, finished.stderr[-2000:]
    found, html = _published(tmp_path / "out")
    assert found["segments.number",]["value"] == 2
    assert "Questions that this page does not ask" in html
    few = tmp_path / "few"
    few.mkdir()
    refused = _run(_company(few, rows[:4], types), few / "out", "-p", "classes", "4")
    assert refused.returncode == 2
    assert "Customers are grouped by something that tells them apart" in refused.stderr
    told = _run(lab, tmp_path / "odd", "-p", "items", "a", "-p", "items", "nothing")
    assert told.returncode == 2
    assert "`nothing`" in told.stderr
