"""What a segmentation is worth: a rival that is worse than nothing makes nobody good."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.stats import segments


def moments(values: np.ndarray, groups: np.ndarray, replicate: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame(
        {"segment": groups.astype(str), "replicate": replicate, "n": 1, "sum": values, "sum_sq": values**2}
    )
    return rows.groupby(["segment", "replicate"], as_index=False).sum().assign(outcome="spend")


def test_explained_variation_is_that_of_customers_who_taught_nothing() -> None:
    draw = np.random.default_rng(1)
    replicate, group = draw.integers(0, 40, 800), draw.integers(0, 5, 800)
    values = draw.normal(size=800) + (group == 1)
    schemes = {"segments": moments(values, group, replicate), "one": moments(values, 0 * group, replicate)}
    found = segments.beats(schemes, outcome="spend").parts["explained"].set_index("scheme")["estimate"]
    fold, left, whole = np.searchsorted(np.unique(replicate), replicate) % 10, 0.0, 0.0
    for each in range(10):
        taught, judged = fold != each, fold == each
        means = np.array([values[taught & (group == one)].mean() for one in range(5)])
        left += ((values[judged] - means[group[judged]]) ** 2).sum()
        whole += ((values[judged] - values[taught].mean()) ** 2).sum()
    assert found["segments"] == pytest.approx(1 - left / whole, rel=1e-9)
    assert found["one"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("many", [(3, 8), (8, 3)])
def test_segments_that_foretell_nothing_beat_no_rival_that_foretells_less_than_nothing(many: tuple[int, int]) -> None:
    draw, verdicts, beyond = np.random.default_rng(2), [], []
    for _ in range(60):
        values, replicate = draw.lognormal(3, 1.5, 300), draw.integers(0, 40, 300)
        ours, theirs = (moments(values, draw.integers(0, each, 300), replicate) for each in many)
        row = segments.beats({"segments": ours, "bands": theirs}, outcome="spend").row({"scheme": "bands"})
        verdicts.append(row["verdict"])
        beyond.append(row["ci_low"] > 0 or row["ci_high"] < 0)
    assert verdicts.count("not told apart") >= 58
    # More groups than there is to tell are a loss, so that the difference alone says little.
    assert np.mean(beyond) > 0.05


def test_what_foretells_is_still_better() -> None:
    draw = np.random.default_rng(3)
    replicate, group = draw.integers(0, 40, 900), draw.integers(0, 3, 900)
    values = group + draw.normal(size=900)
    schemes = {
        "segments": moments(values, group, replicate),
        "bands": moments(values, draw.integers(0, 5, 900), replicate),
    }
    assert segments.beats(schemes, outcome="spend").parts["verdict"]["beaten"].tolist() == [True]
    assert segments.beats(schemes, outcome="spend", of="bands").row({"scheme": "segments"})["verdict"] == "worse"
