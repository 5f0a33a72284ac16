"""Words of levels, segments by other names, and curves at chosen times."""

from __future__ import annotations

import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.stats import segments

HALVES = pd.DataFrame({"segment": ["1", "2"], "share": [0.5, 0.5]})


def _shares(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [(name, item, level, value) for item, level, *both in rows for name, value in zip("12", both, strict=True)],
        columns=["segment", "item", "level", "estimate"],
    )


def _words(*rows: tuple[str, str, float, float]) -> dict[str, str]:
    found = segments.contrasts(_shares(*rows), sizes=HALVES)
    return dict(zip(found["level"], found["word"], strict=True))


def test_a_level_that_no_other_item_has_speaks_for_itself() -> None:
    told = _words(
        ("internet_service", "DSL", 0.7, 0.2),
        ("internet_service", "No", 0.1, 0.5),
        ("internet_service", "Fiber optic", 0.2, 0.3),
        ("tech_support", "Yes", 0.6, 0.2),
        ("tech_support", "No", 0.3, 0.4),
        ("tech_support", "No phone", 0.1, 0.4),
    )
    assert (told["DSL"], told["Fiber optic"], told["Yes"], told["No phone"]) == (
        "DSL",
        "Fiber optic",
        "tech support",
        "no phone",
    )
    assert told["No"] == "no tech support", "of two items the later in this dictionary"


def test_the_upper_of_two_levels_is_high_and_its_absence_low() -> None:
    rows = _shares(("ratings:shops", "4 and over", 0.9, 0.2), ("ratings:shops", "below 4", 0.1, 0.8))
    found = segments.contrasts(rows, sizes=HALVES, words={"ratings:shops": "shops"})
    assert found["word"].unique().tolist() == ["high shops"]
    assert segments.names(found) == {"1": "High shops", "2": "Low shops"}


def test_explained_is_the_share_between_segments() -> None:
    found = segments.contrasts(_shares(("a", "yes", 1.0, 0.0), ("a", "no", 0.0, 1.0)), sizes=HALVES)
    assert found["explained"].tolist() == pytest.approx([1, 1])
    same = segments.contrasts(_shares(("a", "yes", 0.3, 0.3), ("a", "no", 0.7, 0.7)), sizes=HALVES)
    assert same["explained"].tolist() == pytest.approx([0, 0])


def test_other_names_reach_every_part() -> None:
    patterns = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    found = segments.renamed(segments.latent_classes(patterns, items=["a", "b", "c"], classes=2), {"1": "Savers"})
    assert set(found.table["segment"]) == {"Savers", "2"}
    posterior = found.parts["posterior"]
    assert {"Savers", "2"} <= set(posterior.columns)
    assert set(posterior["value"]) == {"Savers", "2"}
    assert set(found.parts["probabilities"]["segment"]) == {"Savers", "2"}


@pytest.fixture
def lives() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "segment": ["a"] * 3 + ["b"] * 2,
            "duration": [1, 2, 3, 1, 3],
            "events": [10, 60, 0, 5, 0],
            "censored": [0, 0, 30, 0, 95],
            "n_customers": 100,
        }
    )


def test_curves_at_chosen_times_and_their_medians(lives: pd.DataFrame) -> None:
    curve = segments.curves(lives, classification=segments.exact(["a", "b"]))
    found = segments.left_after(curve, [0.0, 2.5, 9.0]).table.set_index(["segment", "duration"])
    assert found.loc[("a", 2.5), "estimate"] == pytest.approx(0.3)
    assert (found["estimate"].to_dict()["a", 0.0], found["at_risk"].to_dict()["a", 0.0]) == (1.0, 100.0)
    assert not found.loc[("b", 9.0), "followed"]
    assert segments.medians(curve).table["estimate"].isna().tolist() == [False, True]


def test_why_there_are_no_curves_is_said(lives: pd.DataFrame) -> None:
    assert segments.not_followed(lives, classification=segments.exact(["a", "b"])) == ""
    few = segments.not_followed(lives, classification=segments.exact(["a", "b"]), min_n=1000)
    assert "Each published group needs 1,000 customers" in few
    empty = segments.not_followed(lives, classification=segments.exact(["a", "b", "c"]))
    assert empty.startswith("Each of 3 segments needs customers who are followed: 1 has none.")
    with pytest.raises(InsufficientDataError, match="2 have none"):
        segments.curves(lives, classification=segments.exact(["a", "b", "c", "d"]))
    with pytest.raises(SchemaError, match="2 of 5 rows are of others"):
        segments.curves(lives, classification=segments.exact(["a"]))


def test_one_on_a_scale_of_several_is_a_place_and_not_a_yes() -> None:
    shares = pd.DataFrame(
        {
            "segment": ["1"] * 3 + ["2"] * 3,
            "item": "frequency_score",
            "level": ["1", "2", "3"] * 2,
            "estimate": [0.8, 0.1, 0.1, 0.1, 0.1, 0.8],
        }
    )
    words = segments.contrasts(shares, sizes=HALVES, words={"frequency_score": "frequency fifth"})
    assert segments.names(words) == {"1": "Frequency fifth 1", "2": "Frequency fifth 3"}
