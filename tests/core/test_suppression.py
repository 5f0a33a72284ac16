"""Small cells stay hidden, also from those who subtract: by hand in one and two dimensions."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cemlab.core.suppression import hidden_cells


def line(*sizes: float) -> pd.DataFrame:
    return pd.DataFrame({"region": [f"r{k}" for k in range(len(sizes))], "n": list(sizes)})


def square(rows: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [(f"r{i}", f"c{j}", n) for i, row in enumerate(rows) for j, n in enumerate(row)], columns=["row", "column", "n"]
    )


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((40, 30, 20), [False, False, False]),
        # The next smallest goes too: 74 less 40 less 30 would give the 4 away.
        ((4, 40, 30), [True, False, True]),
        # Two small cells that hold ten together need no third.
        ((4, 6, 40), [True, True, False]),
        # Two that do not hold ten together do.
        ((4, 5, 40, 30), [True, True, False, True]),
        ((4, 40), [True, True]),
        ((4,), [True]),
        # The limit itself is large enough.
        ((10, 9, 50), [True, True, False]),
        ((10, 11, 50), [False, False, False]),
        # An empty cell says nothing of anyone, and cannot serve as a complement.
        ((0, 4, 40), [False, True, True]),
        ((0, 0), [False, False]),
        ((float("nan"), 4, 40), [False, True, True]),
    ],
)
def test_one_dimension_by_hand(sizes: tuple[float, ...], hidden: list[bool]) -> None:
    assert hidden_cells(line(*sizes), by=["region"], n="n", min_n=10).tolist() == hidden


def test_two_dimensions_by_hand() -> None:
    cells = square([[4, 50, 60], [70, 20, 80], [90, 95, 30]])
    hidden = hidden_cells(cells, by=["row", "column"], n="n", min_n=10).to_numpy().reshape(3, 3).tolist()
    # 4 takes 50 along its row and 70 along its column; each of those is alone in its other total, and takes the 20.
    assert hidden == [[True, True, False], [True, True, False], [False, False, False]]


def test_two_dimensions_follow_a_cell_hidden_in_one_into_the_other() -> None:
    cells = square([[4, 50], [70, 80]])
    assert hidden_cells(cells, by=["row", "column"], n="n", min_n=10).all()


def test_one_group_of_no_dimension_is_hidden_when_small() -> None:
    assert hidden_cells(pd.DataFrame({"n": [9]}), by=[], n="n", min_n=10).tolist() == [True]
    assert hidden_cells(pd.DataFrame({"n": [10]}), by=[], n="n", min_n=10).tolist() == [False]


def test_the_answer_is_on_the_index_of_the_cells() -> None:
    cells = line(4, 40, 30).set_index(pd.Index([7, 3, 5]))
    assert hidden_cells(cells, by=["region"], n="n", min_n=10).to_dict() == {7: True, 3: False, 5: True}


@given(st.lists(st.lists(st.integers(0, 60), min_size=4, max_size=4), min_size=1, max_size=4))
def test_no_total_gives_a_small_number_away(rows: list[list[int]]) -> None:
    cells = square([[float(n) for n in row] for row in rows])
    cells["hidden"] = hidden_cells(cells, by=["row", "column"], n="n", min_n=10)
    assert cells.loc[(cells["n"] > 0) & (cells["n"] < 10), "hidden"].all()
    assert not cells.loc[cells["n"] == 0, "hidden"].any()
    for dimension in ("row", "column"):
        for _, total in cells.groupby(dimension):
            held = total.loc[total["hidden"], "n"].sum()
            everything_is_hidden = bool((total["hidden"] | (total["n"] == 0)).all())
            assert held == 0 or everything_is_hidden or (held >= 10 and total["hidden"].sum() >= 2)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_the_order_of_cells_does_not_change_which_sizes_are_hidden(sizes: list[int]) -> None:
    cells = line(*sizes)
    shuffled = cells.sample(frac=1, random_state=len(sizes))
    one, two = (hidden_cells(each, by=["region"], n="n", min_n=10) for each in (cells, shuffled))
    assert sorted(cells["n"][one]) == sorted(shuffled["n"][two])
