"""How often are segments called natural where customers are of no kinds, and how often where they are?

Worlds with known truth: one scale behind all items, an item that nearly repeats another, one crowd of numbers;
and true kinds. A verdict is a defect where more than 5 % of the first are called natural, or fewer than four in
five of the second. "Without simpler models" is the verdict on the same segments by stability, separation and
number alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, margin, runs
from in_process import Played, play
from odd_labs import Company
from scipy.special import expit

from cemlab.core.results import Estimates
from cemlab.stats import segments

pytestmark = pytest.mark.slow

FALSE, POWER = 0.05, 0.8
USUAL, FULL = {500: 3, 2_000: 1}, 100
World = Callable[[np.random.Generator, int], np.ndarray]


def _one_scale(random: np.random.Generator, n: int) -> np.ndarray:
    return np.asarray(random.random((n, 6)) < expit(2.5 * random.normal(size=n)[:, None] + 0.8 * random.normal(size=6)))


def _thirds(random: np.random.Generator, n: int) -> np.ndarray:
    x = 0.75 * random.normal(size=n)[:, None] + 0.66 * random.normal(size=(n, 5))
    low, high = np.quantile(x, [1 / 3, 2 / 3], axis=0)
    bands = np.array(["below 3", "3 to 6", "6 and over"], dtype=object)
    return np.asarray(bands[(x > low).astype(int) + (x > high)])


def _repeated(said: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.column_stack([said, np.where(random.random(len(said)) < 0.9, said[:, 0], ~said[:, 0])])


def _of(shares: list[float], chances: list[list[float]]) -> World:
    def _said(random: np.random.Generator, n: int) -> np.ndarray:
        kind = random.choice(len(shares), n, p=shares)
        return random.random((n, len(chances[0]))) < np.array(chances)[kind]

    return _said


_two = _of([0.4, 0.6], [[0.85] * 3 + [0.15] * 3, [0.15] * 3 + [0.85] * 3])
_three = _of(
    [0.4, 0.35, 0.25],
    [[0.85, 0.15, 0.15, 0.15, 0.15, 0.85], [0.15, 0.85, 0.15, 0.15, 0.85, 0.85], [0.15, 0.15, 0.85, 0.85, 0.85, 0.15]],
)
_rare = _of([0.57, 0.40, 0.03], [[0.1] * 6, [0.9] * 3 + [0.1] * 3, [0.1] * 3 + [0.95] * 3])

WITHOUT: dict[str, World] = {
    "one scale, six yes/no items": _one_scale,
    "one scale, five items cut into thirds": _thirds,
    "two kinds and an item that repeats another": lambda random, n: _repeated(_two(random, n), random),
    "one scale and an item that repeats another": lambda random, n: _repeated(_one_scale(random, n), random),
}
WITH: dict[str, World] = {"two kinds": _two, "three kinds": _three, "three kinds, one of 3 %": _rare}


def _most(many: int) -> float:
    """Share called natural from which on it is a defect; never all of few."""
    return min(FALSE + margin(FALSE, many), 1 - 1 / many)


def _least(many: int) -> float:
    """Share below which it is a defect; never none of few."""
    return max(POWER - margin(POWER, many), 1 / many)


def _verdicts(said: np.ndarray, *, seed: int) -> tuple[dict[str, Any], bool]:
    """The verdict on latent classes of what was said, and whether they would be natural without simpler models."""
    names = list("abcdefg")[: said.shape[1]]
    patterns = pd.DataFrame(said, columns=names).astype(str).groupby(names).size().rename("n").reset_index()
    number = segments.number_of_classes(patterns, items=names, at_most=5, starts=8, resamples=0, seed=seed)
    many = max(2, int(number.row({"best": True})["classes"]))
    found = segments.latent_classes(patterns, items=names, classes=many, starts=8, seed=seed)
    return _both(found, number, seed=seed)


def _both(found: Estimates, number: Estimates, *, seed: int) -> tuple[dict[str, Any], bool]:
    stable, simpler = segments.stability(found, resamples=20, seed=seed), segments.simpler_models(found, seed=seed)
    none = cast("Estimates", SimpleNamespace(table=simpler.table.assign(as_good=False)))
    row = segments.verdict(stable, found, number=number, simpler=simpler).row()
    return dict(row), bool(segments.verdict(stable, found, number=number, simpler=none).row()["verdict"] == "natural")


@pytest.mark.parametrize("n", [500, 2_000])
@pytest.mark.parametrize("world", WITHOUT)
def test_scales_and_repeated_items_are_seldom_called_kinds(world: str, n: int, record: Recorder) -> None:
    many = runs(USUAL[n], full=FULL)
    found = [_verdicts(WITHOUT[world](np.random.default_rng([seed, n]), n), seed=seed) for seed in range(many)]
    natural = float(np.mean([row["verdict"] == "natural" for row, _ in found]))
    before, named = (
        float(np.mean(each))
        for each in ([old for _, old in found], [{row["first"], row["second"]} == {"a", "g"} for row, _ in found])
    )
    row = {
        "world": world,
        "customers": n,
        "called natural": natural,
        "without simpler models": before,
        "pair named": named,
    }
    record("No kinds, or fewer than are found", row, runs=many, seed=n)
    assert natural <= _most(many)
    if world.startswith("two kinds"):
        assert named >= _least(many)


@pytest.mark.parametrize(
    ("world", "n"),
    [
        ("two kinds", 500),
        ("two kinds", 2_000),
        ("three kinds", 500),
        ("three kinds", 2_000),
        ("three kinds, one of 3 %", 2_000),
    ],
)
def test_kinds_are_still_called_natural(world: str, n: int, record: Recorder) -> None:
    many = runs(USUAL[n], full=FULL)
    found = [_verdicts(WITH[world](np.random.default_rng([seed, n]), n), seed=seed) for seed in range(many)]
    natural = float(np.mean([row["verdict"] == "natural" for row, _ in found]))
    before = float(np.mean([old for _, old in found]))
    record(
        "Kinds",
        {"world": world, "customers": n, "called natural": natural, "without simpler models": before},
        runs=many,
        seed=n,
    )
    assert natural >= _least(many)


def _numbers(world: str, random: np.random.Generator) -> pd.DataFrame:
    noise, degree = random.normal(size=(600, 3)), random.normal(size=(600, 1))
    x = {
        "one factor": 2 * degree + noise,
        "one skewed factor": np.exp(0.8 * degree + 0.3 * noise),
        "one round crowd": noise,
        "two clouds": 6.0 * (np.arange(600) % 3 == 0)[:, None] + noise,
    }[world]
    return pd.DataFrame(x, columns=["visits", "calls", "orders"])


@pytest.mark.parametrize("model", ["k-means", "mixture"])
@pytest.mark.parametrize("world", ["one factor", "one skewed factor", "one round crowd", "two clouds"])
def test_one_crowd_of_numbers_is_seldom_called_kinds_and_clouds_are(world: str, model: str, record: Recorder) -> None:
    many, verdicts = runs(1, full=FULL), []
    for seed in range(many):
        frame = _numbers(world, np.random.default_rng([seed, 600]))
        if model == "k-means":
            number = segments.number_of_clusters(frame, at_most=3, splits=10, seed=seed)
            best = max(2, int(number.row({"best": True})["classes"]))
            found = segments.k_means(frame, classes=best, starts=5, seed=seed)
        else:
            number = segments.number_of_components(frame, at_most=3, starts=4, seed=seed)
            best = max(2, int(number.row({"best": True})["classes"]))
            found = segments.mixture(frame, classes=best, starts=4, seed=seed)
        verdicts.append((*_both(found, number, seed=seed), int(number.row({"best": True})["classes"])))
    natural = float(np.mean([row["verdict"] == "natural" for row, _, _ in verdicts]))
    before = float(np.mean([old for _, old, _ in verdicts]))
    row = {"world": world, "method": model, "called natural": natural, "without simpler models": before}
    record("Numbers of 600 customers", row, runs=many, seed=600)
    assert all(row["verdict"] == "constructed" for row, _, best in verdicts if best == 1), (
        "one group is never reproducible"
    )
    if world == "two clouds":
        assert natural >= _least(many)
    else:
        assert natural <= _most(many)


def _company(said: np.ndarray, *, random: np.random.Generator, off: bool) -> Company:
    """Customers with undated yes/no services; perhaps half of those who left had theirs switched off on leaving."""
    n, names = len(said), [f"has_{name}" for name in ("help", "films", "music", "phone", "games", "store")]
    who, started = (
        [f"c{at:04d}" for at in range(n)],
        pd.Timestamp("2022-01-01") + pd.to_timedelta(random.integers(0, 500, n), unit="D"),
    )
    ended = started + pd.to_timedelta(np.ceil(random.exponential(900, n)).astype(int) + 1, unit="D")
    left = ended <= pd.Timestamp("2024-06-30")
    services = pd.DataFrame(said, columns=names).astype(object)
    if off:
        services.loc[left & (random.random(n) < 0.5)] = False
    days = [pd.Series(each).dt.strftime("%Y-%m-%d") for each in (started, ended)]
    customers = pd.DataFrame({"customer_id": who, "known_at": days[0]}).join(
        services.replace({True: "yes", False: "no"})
    )
    spells = pd.DataFrame(
        {"spell_id": who, "customer_id": who, "started_on": days[0], "ended_on": days[1].where(left, "")}
    )
    return Company(tables={"customers": customers, "spells": spells}, segments=())


def _told(played: Played) -> str:
    """All sentences of a page, without its figures."""
    parts = [part for record in played.records for said in record.get("sentences", []) for part in said]
    return "".join(str(part.get("words", part.get("name", ""))) for part in parts)


def _page(company: Company, folder: Path) -> Played:
    services = [str(name) for name in company.tables["customers"] if str(name).startswith("has_")]
    return play("segments", company.write(folder), at_most=4, seed=1, basis="needs", items=services)


def test_undated_items_are_never_said_to_tell_later_churn(tmp_path: Path, record: Recorder) -> None:
    many, better, cautious = runs(1, full=FULL), 0, 0
    for seed in range(many):
        random = np.random.default_rng([seed, 8])
        page = _page(_company(_two(random, 600), random=random, off=True), tmp_path / str(seed))
        told = _told(page)
        better += "better than every simple split" in told or any(
            "Does it beat" in each for each in page.left["rivals"]
        )
        cautious += "by construction" in told or "cannot be told" in told
        assert "they may have changed when customers left" in page.left_out["Does it outperform the simple split?"]
    row = {
        "world": "half of the churners had their services switched off on leaving",
        "told to be better": better / many,
        "says by construction": cautious / many,
    }
    record("Undated items and later churn", row, runs=many, seed=8)
    assert better == 0
    assert cautious == many


def test_natural_segments_of_missing_answers_say_what_they_assume(tmp_path: Path, record: Recorder) -> None:
    many, natural, says = runs(1, full=FULL), 0, 0
    for seed in range(many):
        random = np.random.default_rng([seed, 9])
        said = _three(random, 800).astype(object)
        # whoever would say no is silent twice as often
        silent = random.random(said.shape) < np.where(said == True, 0.15, 0.3)
        company = _company(said, random=random, off=False)
        names = [str(name) for name in company.tables["customers"] if str(name).startswith("has_")]
        company.tables["customers"][names] = company.tables["customers"][names].mask(silent, "")
        told = _told(_page(company, tmp_path / str(seed)))
        natural += "they are natural" in told
        says += "assumes that answers are missing by chance" in told
    record(
        "Missing not at random",
        {"called natural": natural / many, "says what it assumes": says / many},
        runs=many,
        seed=9,
    )
    assert says >= natural
