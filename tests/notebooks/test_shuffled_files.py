"""The order of the rows in the source files: it changes no word and no number of any page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import odd_labs
import pandas as pd
import pytest
from in_process import Played, play

from cemlab import open_lab

STUDIES = ("nps-retrospective", "churn-survival", "churn-prediction", "segments")
CLOSE = 1e-12
"""Relative difference that the order of a sum may make."""
PLACES = ("lab_file", "fingerprint")
"""Entries of a record that say where the files are, and what their bytes are."""


def _company(people: int = 120) -> odd_labs.Company:
    """Customers with several rows of one key that say different things, and several answers of one day."""
    made = odd_labs.usual(people)
    for name, column, other in (
        ("customers", "plan", "max"),
        ("responses", "score", 0),
        ("spells", "end_reason", "price"),
        ("transactions", "amount", 5.0),
        ("events", "channel", "web"),
    ):
        frame = made.tables[name]
        made.tables[name] = pd.concat([frame, frame.iloc[::9].assign(**{column: other})], ignore_index=True)
    return made


def _shuffled(made: odd_labs.Company, seed: int) -> odd_labs.Company:
    made.tables = {
        name: frame.sample(frac=1, random_state=seed, ignore_index=True) for name, frame in made.tables.items()
    }
    return made


def _differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Where two pages differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other} - {*PLACES}):
            yield from _differences(one.get(name), other.get(name), f"{place}.{name}")
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        for at, (each, its) in enumerate(zip(one, other, strict=True)):
            yield from _differences(each, its, f"{place}[{at}]")
    elif isinstance(one, float) and isinstance(other, float):
        if not np.isclose(one, other, rtol=CLOSE, atol=CLOSE, equal_nan=True):
            yield f"{place}: {one!r}, {other!r}"
    elif one != other:
        yield f"{place}: {one!r:.200}, {other!r:.200}"


def _pages(folder: Path, study: str, *, people: int = 120, seed: int = 1, **given: object) -> tuple[Played, Played]:
    one = play(study, _company(people).write(folder / "one"), **given)
    other = play(study, _shuffled(_company(people), seed).write(folder / "other"), **given)
    return one, other


def test_the_rows_of_a_lab_do_not_depend_on_their_places_in_the_files(tmp_path: Path) -> None:
    labs = [open_lab(_company().write(tmp_path / "one")), open_lab(_shuffled(_company(), 3).write(tmp_path / "other"))]
    for name in ("customers", "responses", "spells", "transactions", "events"):
        one, other = (lab.frame(lab.table(name)) for lab in labs)
        key = odd_labs.KEYS[name]
        pd.testing.assert_frame_equal(*(each.sort_values(key, ignore_index=True) for each in (one, other)))
        assert one[key].is_unique


def test_the_page_of_answers_does_not_depend_on_the_order_in_the_files(tmp_path: Path) -> None:
    one, other = _pages(tmp_path, "nps-retrospective")
    assert one.answered
    assert list(_differences(one.records, other.records)) == []


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_no_page_depends_on_the_order_in_the_files(tmp_path: Path, study: str) -> None:
    given = {"challenger": "none", "cuts": 1} if study == "churn-prediction" else {}
    one, other = _pages(tmp_path, study, people=200, seed=2, **given)
    assert one.answered
    assert list(_differences(one.records, other.records)) == []
