"""Names, rules, worth and the grid of segments: by hand, and where they must say no."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.stats import segments

COLUMNS = ["replicate", "segment", "outcome", "n", "sum", "sum_sq"]


# --- names


def shares(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    """Shares of "yes" per item in segments 1 and 2: (item, level, share in 1, share in 2)."""
    return pd.DataFrame(
        [
            (segment, item, level, share)
            for item, level, *both in rows
            for segment, share in zip("12", both, strict=True)
        ],
        columns=["segment", "item", "level", "estimate"],
    )


HALVES = pd.DataFrame({"segment": ["1", "2"], "share": [0.5, 0.5]})


def test_contrast_worked_by_hand() -> None:
    rows = shares(
        ("need_price", "yes", 0.9, 0.3),
        ("need_price", "no", 0.1, 0.7),
        ("need_help", "yes", 0.5, 0.5),
        ("need_help", "no", 0.5, 0.5),
    )
    found = segments.contrasts(rows, sizes=pd.DataFrame({"segment": ["1", "2"], "share": [0.25, 0.75]}))
    assert found["word"].unique().tolist() == ["price", "help"]
    first = found.query("word == 'price' and segment == '1'").iloc[0]
    mean = 0.25 * 0.9 + 0.75 * 0.3
    assert first["share_rest"] == pytest.approx(0.3)
    assert first["estimate"] == pytest.approx(0.6 / (mean * (1 - mean)) ** 0.5)


def test_an_item_of_three_levels_names_its_level() -> None:
    rows = shares(("plan", "gold", 0.8, 0.1), ("plan", "basic", 0.1, 0.8), ("plan", "plus", 0.1, 0.1))
    found = segments.contrasts(rows, sizes=HALVES, words={"plan": "tariff"})
    assert segments.names(found) == {"1": "Tariff gold", "2": "Tariff basic"}


def test_names_without_a_difference_or_with_negative_ones_alone() -> None:
    rows = pd.DataFrame(
        {"segment": ["1", "1", "2", "2"], "word": ["price", "help"] * 2, "estimate": [-0.9, -0.5, 0.1, 0.2]}
    )
    assert segments.names(rows) == {"1": "No price", "2": "Ordinary"}


def test_names_are_unique() -> None:
    rows = pd.DataFrame(
        {
            "segment": list("112233"),
            "word": ["price", "help"] * 3,
            "estimate": [1.2, 0.6, 1.1, 0.1, 0.1, 0.1],
        }
    )
    assert segments.names(rows) == {"1": "Price, help", "2": "Price", "3": "Ordinary"}
    alike = rows.assign(estimate=0.0)
    assert list(segments.names(alike).values()) == ["Ordinary", "Ordinary (2)", "Ordinary (3)"]


def test_given_names_stand_and_wrong_ones_are_refused() -> None:
    rows = pd.DataFrame({"segment": ["1", "2"], "word": "price", "estimate": [1.0, -1.0]})
    assert segments.names(rows, given=["2=Price"]) == {"1": "Price (2)", "2": "Price"}
    for wrong in (["3=Savers"], ["Savers"], ["1="], ["1=a", "1=b"], ["1=a", "2=a"]):
        with pytest.raises(ParameterError):
            segments.names(rows, given=wrong)


# --- rules


def patterns_of_rule() -> pd.DataFrame:
    """All patterns of five items; the segment follows from two of them, the rest is noise."""
    rows = pd.DataFrame(list(itertools.product(["no", "yes"], repeat=5)), columns=["price", "help", "c", "d", "e"])
    value = np.where(rows["price"] == "yes", "1", np.where(rows["help"] == "yes", "2", "3"))
    return rows.assign(value=value, n=np.arange(10, 10 + len(rows)))


ITEMS = ["price", "help", "c", "d", "e"]


def test_rules_find_what_made_the_segments() -> None:
    patterns = patterns_of_rule()
    found = segments.rules(patterns, items=ITEMS)
    written = found.parts["rules"].set_index("segment")["rule"].to_dict()
    assert written == {"1": "price is yes", "2": "price is no and help is yes", "3": "price is no and help is no"}
    assert found.table["estimate"].tolist() == [1, 1, 1]
    assert found.parts["overall"][["estimate", "as_grown"]].to_numpy().tolist() == [[1, 1]]
    assert found.parts["rules"]["n"].sum() == patterns["n"].sum() == found.table["n"].sum()


def test_rules_on_noise_are_no_better_held_out_than_the_largest_segment() -> None:
    draw = np.random.default_rng(0)
    rows = pd.DataFrame(draw.choice(["no", "yes"], (400, 12)), columns=list("abcdefghijkl"))
    noise = rows.assign(value=draw.choice(["1", "2"], 400), n=1)
    overall = segments.rules(noise, items=list("abcdefghijkl"), depth=5).parts["overall"].iloc[0]
    assert overall["as_grown"] > overall["largest"] + 0.05
    assert overall["ci_low"] < overall["largest"]


def test_a_question_whose_answer_changes_nothing_is_not_asked() -> None:
    patterns = patterns_of_rule()
    found = segments.rules(patterns.assign(value=np.where(patterns["price"] == "yes", "1", "2")), items=ITEMS)
    assert found.parts["rules"]["rule"].tolist() == ["price is no", "price is yes"]


def test_rules_name_levels_and_missing_answers() -> None:
    patterns = pd.DataFrame(
        {"plan": ["gold", "plus", None, "gold", "plus", ""] * 4, "n": 50, "value": ["1", "2", "3"] * 8}
    )
    written = segments.rules(patterns, items=["plan"], folds=4).parts["rules"].set_index("segment")["rule"].to_dict()
    assert set(written) == {"1", "2", "3"}
    assert written["3"] in {
        "plan is not known",
        "plan is not gold and plan is not plus",
        "plan is not plus and plan is not gold",
    }


def test_a_segment_without_a_rule_is_said() -> None:
    patterns = patterns_of_rule()
    found = segments.rules(patterns, items=ITEMS, depth=1)
    assert any("No rule leads" in note for note in found.notes)
    assert 0 in found.table["estimate"].tolist()


def test_a_pattern_of_twice_the_customers_is_the_pattern_twice() -> None:
    patterns = patterns_of_rule().assign(value=np.random.default_rng(1).choice(["1", "2", "3"], 32), n=40)
    doubled = pd.concat([patterns.assign(n=20), patterns.assign(n=20)])
    once, twice = (segments.rules(rows, items=ITEMS).parts["rules"] for rows in (patterns, doubled))
    pd.testing.assert_frame_equal(once, twice)


def test_rules_refuse_what_they_cannot_do() -> None:
    patterns = patterns_of_rule()
    with pytest.raises(InsufficientDataError, match="1 and 816"):
        segments.rules(patterns.assign(value="1"), items=ITEMS)
    with pytest.raises(SchemaError, match="speed"):
        segments.rules(patterns, items=["speed"])
    with pytest.raises(ParameterError, match="depth"):
        segments.rules(patterns, items=ITEMS, depth=9)


# --- worth


def later(n: int = 4000, *, effect: float = 4.0, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Moments of one outcome under a split that matters by `effect`, one that does not, and fifty empty words."""
    draw = np.random.default_rng(seed)
    true = draw.integers(0, 3, n)
    value = 10 + effect * true + draw.normal(0, 5, n)
    people = pd.DataFrame({"replicate": draw.integers(0, 40, n), "outcome": "later_margin", "y": value, "yy": value**2})
    groups = {"segments": true, "rfm": draw.integers(0, 5, n), "fifty": draw.integers(0, 50, n)}
    return {
        name: people.assign(segment=group.astype(str))
        .groupby(["replicate", "segment", "outcome"], as_index=False)
        .agg(n=("y", "size"), sum=("y", "sum"), sum_sq=("yy", "sum"))[COLUMNS]
        for name, group in groups.items()
    }


def test_explained_variation_is_that_of_people_held_out() -> None:
    rows = [(r, s, "y", 1, v, v * v) for r, s, v in ((0, "a", 1.0), (0, "b", 4.0), (1, "a", 2.0), (1, "b", 6.0))]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    found = segments.beats({"segments": frame, "all": frame.assign(segment="x")}, outcome="y", folds=2, min_n=1)
    explained = found.parts["explained"].set_index("scheme")["estimate"]
    # Fold 0 is judged by 2, 6 (all: 4), fold 1 by 1, 4 (all: 2.5).
    assert explained["segments"] == pytest.approx(1 - (1 + 4 + 1 + 4) / (9 + 0 + 0.25 + 12.25))
    assert explained["all"] == pytest.approx(0)
    assert any("replicate groups" in note for note in found.notes)


def test_segments_that_matter_beat_a_split_that_does_not() -> None:
    found = segments.beats(later(), outcome="later_margin")
    assert found.table["verdict"].tolist() == ["better", "better"]
    assert found.parts["verdict"].iloc[0][["keep", "beaten"]].tolist() == ["segments", True]
    explained = found.parts["explained"].set_index("scheme")["estimate"]
    assert explained["segments"] == pytest.approx(16 * 2 / 3 / (16 * 2 / 3 + 25), abs=0.03)
    assert explained["fifty"] < 0.005


def test_segments_that_do_not_matter_are_told_to_keep_the_simple_one() -> None:
    found = segments.beats(later(effect=0), outcome="later_margin")
    assert found.table.set_index("scheme").loc["rfm", "verdict"] == "not told apart"
    assert found.parts["verdict"]["keep"].item() != "segments"


def test_a_gain_too_small_to_matter_does_not_beat() -> None:
    schemes = later()
    assert segments.beats(schemes, outcome="later_margin", gain=0.9).table["verdict"].tolist() == ["not told apart"] * 2


def test_a_segmentation_against_itself_is_a_tie() -> None:
    schemes = {"segments": later()["segments"], "again": later()["segments"]}
    table = segments.beats(schemes, outcome="later_margin").table
    assert table[["estimate", "std_error"]].to_numpy().tolist() == [[0, 0]]
    assert table["verdict"].tolist() == ["not told apart"]


def test_schemes_over_other_customers_are_refused() -> None:
    schemes = later()
    with pytest.raises(SchemaError, match="same customers"):
        segments.beats({**schemes, "rfm": schemes["rfm"].iloc[1:]}, outcome="later_margin")
    with pytest.raises(ParameterError, match="rival"):
        segments.beats({"segments": schemes["rfm"]}, outcome="later_margin")
    with pytest.raises(SchemaError, match="replicate"):
        segments.beats({**schemes, "rfm": schemes["rfm"].drop(columns="replicate")}, outcome="later_margin")
    with pytest.raises(InsufficientDataError, match="folds"):
        segments.beats(schemes, outcome="later_margin", folds=50)


# --- grid


def cells() -> pd.DataFrame:
    rows = [
        (segment, value, risk, replicate, 10 + 3 * (segment == "1") + replicate % 3, 100.0 + replicate)
        for segment in "12"
        for value in ("high", "low")
        for risk in ("high", "low")
        for replicate in range(20)
    ]
    return pd.DataFrame(rows, columns=["segment", "value", "risk", "replicate", "n", "sum"])


def test_grid_counts_customers_and_value_by_action() -> None:
    found = segments.grid(cells())
    table = found.table.set_index(["segment", "action"])
    told = found.table.query("segment == '1'").set_index("action")[["value", "risk"]].agg(" ".join, axis=1).to_dict()
    assert told == {"grow": "low low", "keep": "high low", "rescue": "high high", "let be": "low high"}
    assert table.loc[("2", "grow"), "estimate"] == sum(10 + r % 3 for r in range(20))
    assert table.loc[("1", "grow"), "share"] == pytest.approx(0.25)
    stake = found.parts["at_stake"].set_index(["segment", "action"])
    assert stake.loc[("2", "keep"), "estimate"] == sum(100.0 + r for r in range(20))
    assert found.parts["actions"]["estimate"].sum() == cells()["sum"].sum()


def test_error_of_a_total_worked_by_hand() -> None:
    rows = cells()
    part = rows.query("segment == '2' and value == 'high' and risk == 'high'")["n"]
    # Twenty independent groups: the total is 20 times their mean.
    by_hand = 20 * part.std(ddof=1) / 20**0.5
    table = segments.grid(rows).table.set_index(["segment", "action"])
    assert table.loc[("2", "rescue"), "std_error"] == pytest.approx(by_hand)


def test_the_value_of_all_customers_has_no_sampling_error_and_says_what_hangs_on_few() -> None:
    rest = [0.0] * (len(cells()) - 4)
    rows = cells().assign(sum_largest=[50.0, 0, 0, 0, *rest], sum_ten=[80.0, 10, 0, 5, *rest])
    acts = segments.at_stake(segments.grid(rows))
    assert not {"std_error", "ci_low", "ci_high"} & set(acts.table)
    shares = acts.companion("largest", by=["action", "largest"], unit="share").table.set_index(["action", "largest"])
    whole = acts.row({"action": "rescue"})["estimate"]
    assert shares.loc[("rescue", 1), "estimate"] == pytest.approx(50 / whole)
    assert shares.loc[("rescue", 10), "estimate"] == pytest.approx(95 / whole)
    assert segments.grid(cells()).parts["largest"].empty


def test_small_cells_of_the_grid_are_hidden_everywhere() -> None:
    rows = cells().assign(replicate=0)
    rows = rows.groupby(["segment", "value", "risk", "replicate"], as_index=False)[["n", "sum"]].sum()
    small = (rows["segment"] == "1") & (rows["value"] == "high") & (rows["risk"] == "high")
    found = segments.grid(rows.assign(n=rows["n"].mask(small, 4)))
    hidden = found.table[found.table["suppressed"]]
    assert {("1", "rescue")} < set(zip(hidden["segment"], hidden["action"], strict=True))
    assert hidden["estimate"].isna().all()
    assert hidden["share"].isna().all()
    stake = found.parts["at_stake"].merge(hidden[["segment", "action"]])
    assert stake["estimate"].isna().all()


def test_unknown_value_or_risk_is_left_out_and_counted() -> None:
    rows = cells()
    rows.loc[0, "value"] = None
    found = segments.grid(rows)
    assert any("left out: 13." in note for note in found.notes)
    with pytest.raises(SchemaError, match="risk missing"):
        segments.grid(rows.drop(columns="risk"))
    with pytest.raises(SchemaError, match="1 of 160"):
        segments.grid(rows.assign(risk=rows["risk"].where(rows.index > 0, "middling")))
    with pytest.raises(InsufficientDataError):
        segments.grid(rows.assign(value=None))
