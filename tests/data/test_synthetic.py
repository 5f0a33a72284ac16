"""The made-up company is the same for the same seed, sound, accounted for, and as large as asked."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import duckdb
import numpy as np
import pytest
from companies import Company

from cemlab.core.errors import ParameterError
from cemlab.data import intake, synthetic
from cemlab.data.lab import open_lab
from cemlab.data.synthetic import world
from cemlab.data.synthetic.draws import Draws
from cemlab.data.synthetic.world import World


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab file of a small company."""
    return synthetic.write(tmp_path_factory.mktemp("small"), customers=500, seed=3)


def _hashes(lab_file: Path) -> dict[str, str]:
    folder = lab_file.parent
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = _hashes(synthetic.write(tmp_path / "a", customers=300, seed=11))
    assert _hashes(synthetic.write(tmp_path / "b", customers=300, seed=11)) == first
    other = _hashes(synthetic.write(tmp_path / "c", customers=300, seed=12))
    assert [name for name in first if other[name] == first[name]] == ["lab.toml"]


def test_blocks_give_the_same_customers_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = synthetic.write(tmp_path / "whole", customers=600, seed=5)
    monkeypatch.setattr(synthetic, "BLOCK", 240)
    parts = synthetic.write(tmp_path / "parts", customers=600, seed=5)
    assert sorted(path.name for path in (parts.parent / "events").iterdir()) == [
        "0001.parquet",
        "0002.parquet",
        "0003.parquet",
    ]
    one = duckdb.sql(f"FROM read_parquet('{whole.parent}/events.parquet') ORDER BY event_id").fetchall()
    many = duckdb.sql(f"FROM read_parquet('{parts.parent}/events/*.parquet') ORDER BY event_id").fetchall()
    assert one == many
    truths = [
        json.loads((lab.parent / "truth.json").read_text(encoding="utf-8"))["in_this_company"] for lab in (whole, parts)
    ]
    for truth in truths:
        truth.pop("referrals_by_nps_group")  # who brings whom is settled within a block
    assert truths[0] == truths[1]
    accounting = intake.check(parts)
    assert {line.outcome for line in accounting.ledger.lines} == {"in", "used"}


def test_a_smaller_company_leaves_nothing_of_a_larger_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "MIXED_UP_TO", 100)
    large = synthetic.write(tmp_path, customers=120, seed=5)
    assert (large.parent / "responses.parquet").is_file()
    synthetic.write(tmp_path, customers=60, seed=5)
    assert not (tmp_path / "responses.parquet").exists()
    assert (tmp_path / "responses.csv.gz").is_file()


def test_every_row_is_sound(small: Path) -> None:
    accounting = intake.check(small)
    assert accounting.usable
    assert {line.outcome for line in accounting.ledger.lines} == {"in", "used"}
    assert [table.name for table in accounting.tables] == [
        "customers",
        "spells",
        "invitations",
        "responses",
        "ratings",
        "events",
        "transactions",
        "cases",
    ]


def test_hostile_rows_are_quarantined_for_their_reason(small: Path, tmp_path: Path) -> None:
    clean = intake.check(small)
    dirty_lab = synthetic.write(tmp_path, customers=500, seed=3, dirt=0.2)
    dirty = intake.check(dirty_lab)
    made = json.loads((dirty_lab.parent / "truth.json").read_text(encoding="utf-8"))["dirt"]
    for table in ("spells", "invitations", "responses", "ratings"):
        lines = [line for line in dirty.ledger.lines if line.table == table]
        refused = {line.reason: line.count for line in lines if line.outcome == "quarantined"}
        assert refused == made[table]["quarantined"], table
        used = [line.count for line in lines if line.outcome == "used"]
        assert used == [line.count for line in clean.ledger.lines if line.table == table and line.outcome == "used"]


def test_it_says_that_it_is_made_up_and_stops_in_mid_month(small: Path) -> None:
    lab = open_lab(small)
    assert lab.info.synthetic
    assert lab.info.segments == ("segment", "region", "plan")
    assert str(lab.as_of) == "2024-12-17"


def test_names_and_addresses_stay_out_of_frames(small: Path) -> None:
    lab = open_lab(small)
    assert not {"name", "e_mail"} & set(lab.table("customers").columns)
    assert "comment" not in lab.table("responses").columns
    asked = lab.frame(lab.table("customers", personal=["e_mail"]))
    assert asked.e_mail.str.endswith("@example.com").all()


def test_draws_are_uniform_and_purposes_independent() -> None:
    draws = Draws(7)
    columns = [draws.uniform("one", "i"), draws.uniform("two", "i"), Draws(8).uniform("one", "i")]
    numbers = duckdb.sql(
        f"SELECT {', '.join(f'{each} AS d{at}' for at, each in enumerate(columns))} FROM "
        "(SELECT CAST(n AS UBIGINT) AS i FROM range(400000) AS r(n))"
    ).fetchnumpy()
    drawn = [np.asarray(numbers[f"d{at}"], dtype=float) for at in range(3)]
    n = len(drawn[0])
    assert min(each.min() for each in drawn) >= 0
    assert max(each.max() for each in drawn) < 1
    for each in drawn:
        counts = np.histogram(each, bins=100, range=(0, 1))[0]
        assert ((counts - n / 100) ** 2 / (n / 100)).sum() < 99 + 5 * math.sqrt(198)
    for first, second in ((drawn[0], drawn[1]), (drawn[0], drawn[2]), (drawn[0][:-1], drawn[0][1:])):
        table = np.histogram2d(first, second, bins=10, range=[(0, 1)] * 2)[0]
        expected = table.sum() / 100
        assert ((table - expected) ** 2 / expected).sum() < 99 + 5 * math.sqrt(198)


def test_normal_draws_are_normal() -> None:
    drawn = duckdb.sql(
        f"SELECT {Draws(7).normal('n', 'i')} AS d FROM (SELECT CAST(n AS UBIGINT) AS i FROM range(200000) AS r(n))"
    )
    values = np.asarray(drawn.fetchnumpy()["d"], dtype=float)
    assert values.mean() == pytest.approx(0, abs=0.01)
    assert values.std() == pytest.approx(1, abs=0.01)
    assert (np.abs(values) > 1.959964).mean() == pytest.approx(0.05, abs=0.002)


def test_planted_numbers_are_consistent() -> None:
    for shares in (
        world.CODES,
        world.REGIONS.values(),
        world.SEGMENTS.values(),
        world.PLANS.values(),
        world.CES,
        world.VARIANCE.values(),
        world.NEEDS.values(),
        *world.CSAT.values(),
    ):
        assert sum(shares) == pytest.approx(1)
    assert world.nps_at(world.shift_for(15)) == pytest.approx(15)
    assert world.nps_at(0) == pytest.approx(30)
    weights = list(world.driver_weights(World()).values())
    for need in world.NEEDS:
        assert sum(w * s for w, s in zip(weights, world.need_ratings(World(), need), strict=True)) == pytest.approx(0)
    assert sum(World(null=True).variances.values()) == pytest.approx(1)


def test_drift_and_separation_are_knobs(tmp_path: Path) -> None:
    plain = Company(synthetic.write(tmp_path / "plain", customers=3000, seed=9))
    turned = Company(synthetic.write(tmp_path / "turned", customers=3000, seed=9, drift=2.5, separation=0))
    query = """SELECT "end" >= DATE '2024-08-01', count(*) FROM spells WHERE "end" IS NOT NULL AND reason = 'L' GROUP BY ALL"""
    before, after = plain.rows(query), turned.rows(query)
    assert after[True] > 1.6 * before[True]
    assert after[False] < 1.25 * before[False]
    assert set(turned.truth["needs"]["item_probabilities"]["saver"].values()) == {0.5}
    assert turned.truth["churn"]["drift"]["factor"] == 2.5


@pytest.mark.parametrize(
    "wish", [{"customers": 0}, {"seed": -1}, {"separation": 2.0}, {"drift": 0.0}, {"dirt": -0.1}, {"dirt": math.nan}]
)
def test_impossible_wishes_are_refused(tmp_path: Path, wish: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wish))):
        synthetic.write(tmp_path, **wish)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
