"""Cut points moved by one, and answers that heap on round codes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import SchemaError
from cemlab.stats import nps, robustness

COUNTS = pd.DataFrame({"score": list(range(11)), "n": [4, 1, 2, 3, 5, 20, 10, 15, 20, 40, 80]})


def test_cut_points_by_hand() -> None:
    table = robustness.cut_points(COUNTS).table.set_index("rule")
    promoters, detractors = {8: 140, 9: 120, 10: 80}, {5: 35, 6: 45, 7: 60}
    for rule, (low, high) in robustness.CUTS.items():
        assert table.loc[rule, "estimate"] == pytest.approx(100 * (promoters[low] - detractors[high]) / 200)
    assert table.loc["as defined", "shift"] == 0
    expected = nps.estimate(COUNTS).row()
    assert table[["ci_low", "ci_high"]].iloc[0].tolist() == expected[["ci_low", "ci_high"]].tolist()


def test_heaping_by_hand() -> None:
    table = robustness.heaping(COUNTS).table.set_index("code")
    assert table["estimate"].to_dict() == pytest.approx({"0": 4, "5": 20 / 7.5, "10": 2, "all": 104 / 48.5})
    # delta method for 5: 1/20 + (5 + 10)/4/7.5² on the log scale
    error = np.sqrt(1 / 20 + 15 / 4 / 7.5**2)
    assert table.loc["5", "ci_low"] == pytest.approx(20 / 7.5 * np.exp(-1.959964 * error), rel=1e-6)


def test_no_heaping_in_a_flat_distribution() -> None:
    table = robustness.heaping(pd.DataFrame({"score": range(11), "n": 30})).table
    assert table["estimate"].tolist() == [1, 1, 1, 1]
    assert (table["ci_low"] < 1).all()
    assert (table["ci_high"] > 1).all()


def test_heaping_where_neighbours_have_no_answer_is_unknown() -> None:
    table = robustness.heaping(pd.DataFrame({"score": [5, 9, 10], "n": [10, 20, 30]})).table.set_index("code")
    assert table.loc[["0", "5"], "estimate"].isna().all()
    assert table.loc["10", "estimate"] == 1.5


def test_small_samples_are_suppressed_and_groups_refused() -> None:
    few = pd.DataFrame({"score": [9, 10], "n": [3, 4]})
    for check in (robustness.cut_points, robustness.heaping):
        assert check(few).table["estimate"].isna().all()
        with pytest.raises(SchemaError, match="`region` is neither"):
            check(COUNTS.assign(region="N"))
