"""The share of answers that had come: by hand, without truncation, and against what came later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.stats import arrivals


def _rows(*rows: tuple[str, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["period", "age_days", "waited_days", "n"])


BY_HAND = _rows(("a", 9, 0, 40), ("a", 9, 1, 30), ("a", 9, 2, 10), ("b", 1, 0, 24), ("b", 1, 1, 12), ("c", 0, 0, 20))


def test_by_hand() -> None:
    table = arrivals.share_arrived(BY_HAND).table.set_index("period")
    # two days: 10 of 80; one day: 42 of the 106 that took one day at most
    one, none = 70 / 80, 70 / 80 * 64 / 106
    assert table["expected"].tolist() == pytest.approx([80, 36 / one, 20 / none])
    assert table["estimate"].tolist() == pytest.approx([1, one, none])
    shared = 10 / (80 * 70), 10 / (80 * 70) + 42 / (106 * 64)
    spread = [
        np.sqrt(n * (1 - f) / f**2 + (n / f) ** 2 * v) for n, f, v in ((36, one, shared[0]), (20, none, shared[1]))
    ]
    expected = np.array([36 / one, 20 / none])
    assert table["std_error"].tolist() == pytest.approx([0, *(np.array([36, 20]) / expected**2 * spread)])
    root, reach = np.sqrt(expected - [36, 20] + 3 / 8), 1.959964 * np.array(spread)
    low = np.array([36, 20]) / ([36, 20] + (root + reach / (2 * root)) ** 2 - 3 / 8)
    assert table["ci_low"].tolist() == pytest.approx([1, *low], abs=1e-6)
    assert (table["ci_low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["ci_high"]).all()
    assert (table["ci_high"] <= 1).all()


def test_without_truncation_all_are_here() -> None:
    rows = _rows(*(("a", 100, wait, 50 - wait) for wait in range(30)))
    table = arrivals.share_arrived(rows).table
    assert table[["estimate", "ci_low", "ci_high", "std_error"]].to_numpy().tolist() == [[1.0, 1.0, 1.0, 0.0]]


def test_order_and_splitting_of_rows_do_not_matter() -> None:
    halves = pd.concat([BY_HAND.assign(n=BY_HAND["n"] // 2)] * 2).sample(frac=1, random_state=1)
    one, other = arrivals.share_arrived(BY_HAND), arrivals.share_arrived(halves)
    pd.testing.assert_frame_equal(one.table, other.table)


def test_each_survey_has_waits_of_its_own() -> None:
    quick = _rows(("a", 9, 0, 100), ("a", 9, 1, 10), ("b", 1, 0, 50), ("b", 1, 1, 5)).assign(survey="quick")
    both = pd.concat([quick, BY_HAND.assign(survey="slow")])
    apart = {name: arrivals.share_arrived(rows).table.set_index("period") for name, rows in both.groupby("survey")}
    joint = arrivals.share_arrived(both).table.set_index("period")
    expected = float(apart["quick"]["expected"]["b"] + apart["slow"]["expected"]["b"])
    assert joint["expected"]["b"] == pytest.approx(expected)
    assert joint["estimate"]["b"] == pytest.approx((55 + 36) / expected)


def test_a_lab_that_looks_back_too_short_is_told_so() -> None:
    found = arrivals.share_arrived(_rows(("a", 3, 0, 40), ("a", 3, 2, 30), ("b", 1, 0, 24)))
    assert found.table["estimate"].isna().all()
    assert found.notes == (arrivals.TOO_SHORT,)
    assert found.table["n"].tolist() == [70, 24]


def test_few_answers_are_withheld() -> None:
    rows = pd.concat([BY_HAND, _rows(("d", 0, 0, 3))])
    table = arrivals.share_arrived(rows, min_n=10).table.set_index("period")
    assert table["suppressed"]["d"]
    assert table["estimate"].isna()["d"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (_rows(("a", 1, 2, 1)), "1 of 1 rows are not"),
        (_rows(("a", 1, -1, 1), ("a", 1, 1, 1)), "1 of 2 rows are not"),
        (_rows(), "must be some"),
        (_rows(("a", 1, 0, 1)).drop(columns="n"), "n is missing"),
    ],
)
def test_what_cannot_be_is_refused(rows: pd.DataFrame, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        arrivals.share_arrived(rows)


def _invited(*rows: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["sent", "answered", "n_customers"])


def test_response_rate_by_hand_and_wilson_where_everybody_was_asked_once() -> None:
    rate = arrivals.response_rate(_invited((1, 0, 70), (1, 1, 30)))
    row = rate.row()
    assert row["estimate"] == pytest.approx(0.3)
    assert row["std_error"] ** 2 == pytest.approx(0.21 / 99)
    low, high = proportion_confint(0.3 * 99, 99, method="wilson")
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))


def test_customers_who_answer_always_or_never_widen_the_interval_of_a_response_rate() -> None:
    apart = arrivals.response_rate(_invited((1, 0, 200), (1, 1, 200))).row()
    alike = arrivals.response_rate(_invited((4, 0, 50), (4, 4, 50))).row()
    assert alike["n"] == apart["n"] == 400
    width = [row["ci_high"] - row["ci_low"] for row in (apart, alike)]
    assert width[1] > 1.9 * width[0]


def test_response_rate_does_not_depend_on_the_order_or_the_split_of_rows() -> None:
    rows = _invited((1, 0, 40), (2, 1, 30), (3, 3, 6))
    split = pd.concat([rows.assign(n_customers=rows["n_customers"] / 2)] * 2).iloc[::-1]
    one, other = (arrivals.response_rate(each).row() for each in (rows, split))
    assert one[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(
        other[["estimate", "ci_low", "ci_high"]].tolist()
    )


def test_response_rate_of_few_is_withheld_and_impossible_counts_are_refused() -> None:
    assert arrivals.response_rate(_invited((1, 1, 9)), min_n=10).row()["suppressed"]
    nobody = arrivals.response_rate(_invited((1, 0, 50))).row()
    assert nobody["ci_low"] == 0 < nobody["ci_high"] < 0.1
    with pytest.raises(SchemaError, match="1 answer more than was sent"):
        arrivals.response_rate(_invited((1, 2, 5)))
    with pytest.raises(InsufficientDataError, match="needs invitations"):
        arrivals.response_rate(_invited())
