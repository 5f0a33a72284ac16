"""Cells are rows: against likelihoods summed spell by spell and event by event, and rows in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survival_frames import (
    COX_TERMS,
    SMALL_CELLS,
    as_cells,
    close,
    cox_rows,
)

from cemlab.core.errors import ConvergenceError, InsufficientDataError
from cemlab.core.rows import DesignBlock
from cemlab.stats import hazards
from cemlab.stats.hazards.ties import DIRECT, tie_sums

Ties = Literal["efron", "breslow"]
BOTH: tuple[Ties, ...] = ("efron", "breslow")


def written_out(cells: pd.DataFrame, *, weighted: bool) -> pd.DataFrame:
    """One row per spell."""
    parts = []
    for event, count in ((1, cells["events"]), (0, cells["n"] - cells["events"])):
        part = cells.loc[cells.index.repeat(count)].assign(event=event)
        parts.append(part.assign(w=part["sum_w"] / part["n"] if weighted else 1.0))
    return pd.concat(parts, ignore_index=True)


def by_hand(rows: pd.DataFrame, x: np.ndarray, beta: np.ndarray, *, ties: Ties) -> tuple[float, np.ndarray, np.ndarray]:
    """Log partial likelihood and derivatives, with nothing shared between times."""
    value, score, information = 0.0, np.zeros(len(beta)), np.zeros((len(beta), len(beta)))
    risk = rows["w"].to_numpy() * np.exp(x @ beta)
    for (stratum, time), gone in rows[rows["event"] == 1].groupby(["stratum", "duration"]):
        late = rows["start"].where(rows["start"] > 0, -1) < time
        there = ((rows["stratum"] == stratum) & late & (rows["duration"] >= time)).to_numpy()
        left, d = gone.index.to_numpy(), len(gone)
        mass = rows["w"].to_numpy()[left].sum() / d
        value += (rows["w"].to_numpy()[left] * (x[left] @ beta)).sum()
        score += rows["w"].to_numpy()[left] @ x[left]
        for k in range(d):
            share = np.where(np.isin(np.arange(len(rows)), left) & (ties == "efron"), 1 - k / d, 1.0)
            r = risk * share * there
            total, mean = r.sum(), (r @ x) / r.sum()
            value -= mass * np.log(total)
            score -= mass * mean
            information += mass * ((x * r[:, None]).T @ x / total - np.outer(mean, mean))
    return value, score, information


@st.composite
def some_cells(draw: st.DrawFn) -> tuple[pd.DataFrame, bool]:
    """Few times, so that many are tied; late entry, two strata and weights now and then."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    size, late, weighted = draw(st.integers(25, 60)), draw(st.booleans()), draw(st.booleans())
    cells = pd.DataFrame(
        {
            "duration": random.integers(3, 8, size),
            "start": random.integers(0, 3, size) * late,
            "stratum": random.integers(0, 2, size),
            "plan": random.choice(["a", "b", "c"], size),
            "age": random.normal(size=size).round(1),
            "n": random.integers(1, 5, size),
        }
    )
    share = random.integers(0, 2, size) if weighted else random.random(size)
    cells["events"] = (cells["n"] * share).round().astype(int)
    if weighted:
        cells["sum_w"] = cells["n"] * random.uniform(0.5, 3, size)
        cells["sum_w2"] = cells["sum_w"] ** 2 / cells["n"]
    return cells, weighted


@given(some_cells(), st.sampled_from(BOTH), st.booleans())
@settings(max_examples=40)
def test_cells_are_rows_to_a_hundred_millionth_of_an_error(
    given_cells: tuple[pd.DataFrame, bool], ties: Ties, stratified: bool
) -> None:
    cells, weighted = given_cells
    if not stratified:
        cells = cells.assign(stratum=0)
    if (cells.groupby("plan")["events"].sum() == 0).any() or cells["plan"].nunique() < 3:
        return
    try:
        plain = {"reference": {"plan": "a"}, "robust": True, "min_n": 1}
        fit = hazards.fit_cox(cells, terms=["plan", "age"], ties=ties, strata=["stratum"], **plain)  # type: ignore[arg-type]
    except ConvergenceError:
        return
    rows = written_out(cells, weighted=weighted)
    x = np.stack([rows["plan"] == "b", rows["plan"] == "c", rows["age"]], axis=1).astype(float)
    beta = fit.table["estimate"].to_numpy()
    value, score, information = by_hand(rows, x, beta, ties=ties)
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    # One Newton step from our maximum leads nowhere: the rows have it at the same place.
    assert np.abs(np.linalg.solve(information, score) / error).max() < 1e-8
    np.testing.assert_allclose(fit.parts["model_based"]["std_error"], error, rtol=1e-8)
    assert fit.parts["fit"]["log_likelihood"].iloc[0] == pytest.approx(value, rel=1e-10)
    # The robust errors of the same rows, one per cell.
    if not weighted:
        single = rows.assign(n=1, events=rows["event"])[["start", "duration", "stratum", "plan", "age", "n", "events"]]
        alone = hazards.fit_cox(single, terms=["plan", "age"], ties=ties, strata=["stratum"], **plain)  # type: ignore[arg-type]
        np.testing.assert_allclose(fit.table["std_error"], alone.table["std_error"], rtol=1e-8)


@given(some_cells(), st.sampled_from(BOTH))
@settings(max_examples=25)
def test_a_table_of_patterns_is_the_same_as_rows(given_cells: tuple[pd.DataFrame, bool], ties: Ties) -> None:
    cells, _ = given_cells
    cells = cells.assign(half=np.where(cells["age"] > 0, "old", "new"))
    levels = cells.groupby(["plan"])["events"].sum(), cells.groupby("half")["events"].sum()
    if min(each.min() for each in levels) == 0 or len(levels[0]) < 3 or len(levels[1]) < 2:
        return
    # The same columns as numbers go through rows.
    numbers = cells.assign(
        b=(cells["plan"] == "b") * 1.0, c=(cells["plan"] == "c") * 1.0, old=(cells["half"] == "old") * 1.0
    )
    try:
        expected = hazards.fit_cox(numbers, terms=["b", "c", "old"], ties=ties, strata=["stratum"], min_n=1)
    except (ConvergenceError, InsufficientDataError):
        return
    first = {"plan": "a", "half": "new"}
    found = hazards.fit_cox(cells, terms=["plan", "half"], ties=ties, strata=["stratum"], reference=first, min_n=1)
    for part in ("tests", "fit"):
        np.testing.assert_allclose(
            found.parts[part].select_dtypes("number"),
            expected.parts[part].select_dtypes("number"),
            rtol=1e-8,
            atol=1e-10,
        )
    np.testing.assert_allclose(
        found.table["estimate"], expected.table["estimate"], atol=1e-8 * expected.table["std_error"].max()
    )
    np.testing.assert_allclose(found.table["std_error"], expected.table["std_error"], rtol=1e-8)


@pytest.mark.parametrize("share", [0.002, 0.2, 0.999999, 1.0])
@pytest.mark.parametrize("events", [1_001, 20_000])
def test_closed_form_of_tied_events_is_their_sum(events: int, share: float) -> None:
    at_risk = np.array([7.5e5])
    leaving = at_risk * share
    one_by_one = at_risk - np.arange(events) / events * leaving
    part = np.arange(events) / events
    found = tie_sums(at_risk, leaving, np.array([float(events)]), ties="efron")
    assert events > DIRECT
    assert found.log[0] == pytest.approx(np.log(one_by_one).sum(), rel=1e-11)
    assert found.inverse[0] == pytest.approx((1 / one_by_one).sum(), rel=1e-10)
    assert found.tied[0] == pytest.approx((part / one_by_one).sum(), rel=1e-7)
    assert found.square[0] == pytest.approx((1 / one_by_one**2).sum(), rel=1e-9)
    assert found.square_tied[0] == pytest.approx((part / one_by_one**2).sum(), rel=1e-7)
    assert found.square_tied2[0] == pytest.approx((part**2 / one_by_one**2).sum(), rel=1e-5)


def test_ties_of_a_few_among_ten_millions_keep_their_digits() -> None:
    found = tie_sums(np.array([1e7]), np.array([2.0]), np.array([2.0]), ties="efron")
    assert found.tied[0] == pytest.approx(0.5 / (1e7 - 1), rel=1e-15)


def test_all_at_risk_leave_at_the_last_time() -> None:
    cells = pd.DataFrame(
        {
            "plan": ["a", "b"] * 2,
            "duration": [1, 1, 2, 2],
            "n": [2_000, 3_000, 1_500, 1_700],
            "events": [500, 800, 1_500, 1_700],
        }
    )
    fit = hazards.fit_cox(cells, terms=["plan"])
    assert np.isfinite(fit.row()[["estimate", "std_error"]].astype(float)).all()


class Blocks:
    """Rows in blocks of uneven size, counted each time they are read."""

    def __init__(self, rows: pd.DataFrame, columns: tuple[str, ...]) -> None:
        self._rows, self.columns, self.readings = rows, columns, 0

    def __iter__(self) -> Iterator[DesignBlock]:
        # In another order at each reading, as engines may.
        self.readings += 1
        order = np.random.default_rng(self.readings).permutation(len(self._rows))
        for part in np.array_split(order, 7):
            yield from hazards.blocks_of(self._rows.iloc[part], list(self.columns))


@pytest.mark.shared
@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("name", ["lung", "heart"])
def test_rows_in_blocks_are_the_same_as_cells(name: str, robust: bool, shared_dir: Path) -> None:
    rows = cox_rows(name, shared_dir)
    expected = hazards.fit_cox(as_cells(rows), terms=COX_TERMS[name], robust=robust)
    found = hazards.fit_cox_rows(Blocks(rows, tuple(COX_TERMS[name])), robust=robust)
    for column in ("estimate", "std_error", "p_value"):
        close(found.table[column], expected.table[column].tolist())
    close(found.parts["baseline"]["hazard"], expected.parts["baseline"]["hazard"].tolist())
    close(found.parts["tests"]["statistic"], expected.parts["tests"]["statistic"].tolist())


@pytest.mark.shared
def test_rows_that_are_too_many_to_keep_are_read_again(shared_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = cox_rows("heart", shared_dir)
    kept = Blocks(rows, ("age", "year"))
    expected = hazards.fit_cox_rows(kept)
    monkeypatch.setattr("cemlab.stats.hazards.rowwise.HELD", 0)
    again = Blocks(rows, ("age", "year"))
    close(hazards.fit_cox_rows(again).table["estimate"], expected.table["estimate"].tolist())
    assert again.readings > kept.readings


def test_a_row_that_stands_for_many_is_many_rows() -> None:
    frame = SMALL_CELLS.assign(x=SMALL_CELLS["plan"].map({"a": 0.0, "b": 1.0, "c": 3.0}))
    block = [
        DesignBlock(
            frame[["x"]].to_numpy(),
            frame["duration"].to_numpy(float),
            np.full(len(frame), event),
            None,
            count.to_numpy(float),
        )
        for event, count in ((1.0, frame["events"]), (0.0, frame["n"] - frame["events"]))
    ]

    class Two:
        columns: tuple[str, ...] = ("x",)

        def __iter__(self) -> Iterator[DesignBlock]:
            return iter(block)

    found, expected = hazards.fit_cox_rows(Two()).row(), hazards.fit_cox(frame, terms=["x"]).row()
    assert found[["estimate", "std_error"]].tolist() == pytest.approx(
        expected[["estimate", "std_error"]].tolist(), rel=1e-10
    )
