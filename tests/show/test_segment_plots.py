"""Figures and words of segments: what is drawn, what is said, what is withheld."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates, Finding
from cemlab.show import (
    numbers,
    segment_cards,
    segment_checks,
    segment_grid,
    segment_levels,
    segment_plots,
    segment_tables,
    segment_text,
    segment_words,
)
from cemlab.stats import multiplicity, segments

ORDER = ["Savers", "Carers"]


def _words(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def _said(sentence: object) -> str:
    return numbers.plain(sentence)  # type: ignore[arg-type]


@pytest.fixture
def moments() -> pd.DataFrame:
    """Forty groups of the jackknife; margin differs between the segments, contacts do not."""
    rng = np.random.default_rng(3)
    rows = []
    for group in range(40):
        for name, margin in (("Savers", 10.0), ("Carers", 20.0)):
            for outcome, values in (
                ("customers", np.ones(25)),
                ("margin_365d", rng.normal(margin, 5, 25)),
                ("contacts_365d", rng.poisson(3, 25)),
            ):
                rows.append((name, group, outcome, 25, float(values.sum()), float((values**2).sum())))
    return pd.DataFrame(rows, columns=["segment", "replicate", "outcome", "n", "sum", "sum_sq"])


@pytest.fixture
def gaps(moments: pd.DataFrame) -> Estimates:
    return multiplicity.adjust([segments.differences(moments)])[0]


@pytest.fixture
def items() -> pd.DataFrame:
    shares = pd.DataFrame(
        {
            "segment": ["Savers", "Savers", "Carers", "Carers"] * 2,
            "item": ["need_price"] * 4 + ["need_help"] * 4,
            "level": ["no", "yes"] * 4,
            "estimate": [0.2, 0.8, 0.7, 0.3, 0.6, 0.4, 0.1, 0.9],
        }
    )
    return segments.contrasts(shares, sizes=pd.DataFrame({"segment": ORDER, "share": [0.5, 0.5]}))


def test_heat_map_colours_what_stands_out_and_greys_what_could_be_chance(
    items: pd.DataFrame, gaps: Estimates, info: LabInfo
) -> None:
    figure = segment_plots.heat(items, gaps, order=ORDER, info=info)
    assert "price: Savers +1.0, Carers −1.0" in figure.alt
    assert re.search(r"margin of a year: Savers −1\.\d, Carers \+1\.\d", figure.alt)
    assert re.search(r"contacts in a year: Savers \S+ \(could be chance\)", figure.alt)
    assert {"What segments are made of", "What they say and do", "Savers", "Carers"} <= set(_words(figure.wide))
    assert "A  Savers" in _words(figure.narrow), "letters with a key on a phone"
    assert figure.table.data["explained"].between(0, 1).all()


def test_levels_that_go_together_are_drawn_once(items: pd.DataFrame, info: LabInfo) -> None:
    twice = pd.concat([items, items.query("item == 'need_price'").assign(item="again", word="again")])
    figure = segment_plots.heat(twice, None, order=ORDER, info=info)
    assert "again" not in figure.alt


def test_items_that_built_segments_by_rule_stand_under_what_they_are_made_of(
    moments: pd.DataFrame, info: LabInfo
) -> None:
    found = multiplicity.adjust([segments.differences(moments, built_on=["margin_365d"])])[0]
    words = _words(segment_plots.heat(pd.DataFrame(), found, order=ORDER, info=info).wide)
    places = {
        name: words.index(name) for name in ("What segments are made of", "margin of a year", "What they say and do")
    }
    assert "contacts in a year" in words
    assert {"margin of a year"} <= set(words)
    assert len(places) == 3


def test_names_of_columns_wrap_between_words(info: LabInfo) -> None:
    order = ["Content with shops", "Occasional", "Content with restaurants", "Rest", "Other", "Sixth"]
    frame = pd.DataFrame(
        [(name, "a", "yes", "a", value, 0.1) for name, value in zip(order, np.linspace(-1, 1, 6), strict=True)],
        columns=["segment", "item", "level", "word", "estimate", "explained"],
    )
    words = _words(segment_plots.heat(frame, None, order=order, info=info).wide)
    assert {"Occasional", "restaurants"} <= {each for word in words for each in word.split()}


def test_levels_have_a_line_at_the_mean_and_dark_ones_where_flagged(
    moments: pd.DataFrame, gaps: Estimates, info: LabInfo
) -> None:
    found = segments.profiles(moments, units={"margin_365d": "currency", "contacts_365d": "ratio"})
    figure = segment_levels.levels(found, title="Levels", info=info, flagged=gaps)
    assert {"1,000", "Savers", "Carers"} <= set(_words(figure.wide))
    assert re.search(r"margin of a year: Carers (19|20)\S* \(", figure.alt)
    assert len(figure.table.rows) == 4
    assert figure.basis == "2,000 customers; 95 % intervals."


def test_mix_has_shares_with_intervals_and_their_strength(info: LabInfo) -> None:
    counts = pd.DataFrame(
        [
            (name, group, level, 50 if (name == "Savers") == (level == "basic") else 10)
            for name in ORDER
            for group in range(20)
            for level in ("basic", "gold")
        ],
        columns=["segment", "replicate", "group", "n"],
    )
    figure = segment_plots.mix({"plan": segments.categories(counts, outcome="group")}, order=ORDER, info=info)
    assert "basic Savers 83, Carers 17" in figure.alt
    assert any(word.startswith("V 0.6") for word in _words(figure.wide))


def _cells() -> Estimates:
    rows = [
        (name, group, value, risk, n, 100.0 * n)
        for name in ORDER
        for group in range(20)
        for value, risk, n in (
            ("high", "high", 5),
            ("high", "low", 20),
            ("low", "low", 15 if name == "Savers" else 0),
            ("low", "high", 1),
        )
    ]
    return segments.grid(pd.DataFrame(rows, columns=["segment", "replicate", "value", "risk", "n", "sum"]))


def test_grid_counts_and_says_nobody(info: LabInfo) -> None:
    figure = segment_grid.grid(_cells(), order=ORDER, info=replace(info, currency="EUR"))
    words = _words(figure.wide)
    assert {"rescue", "keep", "grow", "let be", "100", "nobody"} <= set(words)
    assert "Savers, rescue 100 customers, EUR 10,000" in figure.alt
    assert "10k" in words
    assert figure.title == "Customers and their value, EUR"


def test_card_has_the_largest_differences_and_what_is_known(
    items: pd.DataFrame, moments: pd.DataFrame, gaps: Estimates, info: LabInfo
) -> None:
    marks = segment_words.marks("Savers", items, gaps)
    assert marks["word"].tolist() == ["price", "help", "margin of a year"], "contacts could be chance"
    facts = {
        "share_of_customers": segments.sizes(moments),
        **segments.profiles(moments, units={"margin_365d": "currency"}),
    }
    figure = segment_cards.card("Savers", apart=marks, facts=facts, grid=_cells(), info=replace(info, currency="EUR"))
    assert "share of customers 50 %" in figure.alt
    assert re.search(r"margin of a year EUR (9|10)", figure.alt)
    assert figure.table.rows[-1][1].text == "100 (100 to 100)"


def test_what_is_withheld_is_not_told(info: LabInfo) -> None:
    row = {"estimate": float("nan"), "ci_low": float("nan"), "ci_high": float("nan"), "suppressed": True}
    assert segment_words.printed(row, unit="share", info=info) == "withheld"


def test_rules_in_words() -> None:
    rules = pd.DataFrame(
        {
            "rule": ["need_help is false and ratings:shops is not below 4 and plan is gold and iron"],
            "segment": "A",
            "n": 3,
        }
    )
    told = segment_words.in_words(rules, ["need_help", "ratings:shops", "plan"])
    assert segment_words.rule_of(told, "A") == "no need help, shops not below 4, plan “gold and iron”"
    assert segment_words.rule_of(told, "B") == ""


def test_table_of_numbers_marks_the_one_used(info: LabInfo) -> None:
    patterns = pd.DataFrame(
        {
            "a": ["y", "n", "y", "n"] * 2,
            "b": ["y", "n", "y", "y"] * 2,
            "c": ["y", "y", "n", "n", "n", "y", "y", "n"],
            "n": [90, 80, 40, 30, 50, 20, 10, 70],
        }
    )
    number = segments.number_of_classes(patterns, items=["a", "b", "c"], at_most=2, resamples=0)
    table = segment_tables.of_numbers(number, chosen=2, info=info)
    assert [row[0].text for row in table.rows] == ["1", "2 (used)"]


def test_moves_stand_in_a_square(info: LabInfo) -> None:
    pairs = pd.DataFrame({"a": ["x", "x", "y"], "b": ["x", "y", "y"], "n": [30, 10, 40]})
    turns = segments.transitions(pairs, between=("a", "b"))
    assert [[cell.text for cell in row] for row in segment_tables.of_moves(turns, info=info).rows] == [
        ["x", "75", "25", "40"],
        ["y", "0", "100", "40"],
    ]
    same = Finding("same", 0.5, "ratio", ci_low=0.45, ci_high=0.55)
    assert "of “y” 100 % are still in it, of “x” 75 %" in _said(
        segment_text.moves(turns, same, days="90 days")
    ).replace(".0", "")


COUNT = Finding("n", 3.0, "rows")
LEAST = Finding("least", 0.62, "ratio", ci_low=0.5, ci_high=0.8)


def test_the_verdict_comes_first_and_names_what_was_constructed() -> None:
    told = {
        kind: _said(segment_text.found_again(kind, count=COUNT, smallest=LEAST))
        for kind in ("natural", "reproducible", "constructed", "by rule")
    }
    assert "natural (the least stable has a similarity of 0.6)" in told["natural"]
    assert "not natural" in told["reproducible"]
    assert "constructed, lines through a crowd" in told["constructed"]
    open_ended = _said(segment_text.found_again("reproducible", count=COUNT, smallest=LEAST, settled=False))
    assert "shade into one another" in told["reproducible"]
    assert "the data do not settle on that number" in open_ended
    assert "0.6" not in told["by rule"]
    states = {
        kind: segment_checks.found_again(kind, LEAST).state for kind in ("natural", "reproducible", "constructed")
    }
    assert states == {"natural": "holds", "reproducible": "watch", "constructed": "overturns"}


@pytest.mark.parametrize(
    ("doubt", "says"),
    [
        ("one scale", "one scale separates customers as well: these are steps on it, not kinds"),
        ("pair", "“need help” and “need speed” go together beyond what the segments explain"),
        ("one crowd", "one crowd without groups would be divided as clearly"),
    ],
)
def test_what_explains_segments_as_well_is_named_wherever_they_are_judged(doubt: str, says: str) -> None:
    given: dict[str, Any] = {"doubt": doubt, "pair": ("need_help", "need_speed")}
    told = _said(segment_text.found_again("reproducible", count=COUNT, smallest=LEAST, **given))
    assert says in told
    assert "not natural" in told
    assert says in _said(segment_checks.found_again("reproducible", LEAST, **given).sentences[0])
    assert says in _said(segment_text.certainty("reproducible", LEAST, corrected=True, **given)[0])
    check = segment_checks.simpler_explanation(doubt, given["pair"])
    assert says in _said(check.sentences[0])
    assert ("Leave one of the two out of items" in _said(check.sentences[0])) == (doubt == "pair")
    assert check.state == "overturns"
    assert segment_checks.simpler_explanation("").state == "holds"


@pytest.mark.parametrize(
    ("method", "tried"), [("classes", {"scale", "items"}), ("mixture", {"scale", "crowd"}), ("k-means", {"crowd"})]
)
def test_only_what_was_tried_is_ruled_out(method: str, tried: set[str]) -> None:
    told = _said(segment_checks.simpler_explanation("", method=method).sentences[0])
    assert {each for each in ("scale", "items", "crowd") if each in told} == tried


def test_cuts_through_one_group_are_never_said_to_be_reproducible_or_not_found_again() -> None:
    told = _said(segment_text.found_again("constructed", count=COUNT, smallest=LEAST, doubt="one group"))
    assert "through one group: they are constructed" in told
    assert "not all of them would be found again" not in told
    assert "reproducible" not in told
    assert "cuts through one group" in _said(
        segment_checks.found_again("constructed", LEAST, doubt="one group").sentences[0]
    )
    assert "no more than one group" in _said(
        segment_text.certainty("constructed", LEAST, corrected=False, doubt="one group")[0]
    )


@pytest.mark.parametrize("kind", ["natural", "reproducible"])
def test_segments_of_missing_answers_say_what_they_assume(kind: str) -> None:
    told = [_said(segment_text.found_again(kind, count=COUNT, smallest=LEAST, gaps=gaps)) for gaps in (True, False)]
    assert ["missing by chance, given the others" in each for each in told] == [True, False]
    assert "which assumes that it is missing by chance" in _said(
        segment_checks.incomplete("plan", Finding("k", 0.95, "share")).sentences[0]
    )


@pytest.mark.parametrize(("found", "state"), [(5.0, "watch"), (9.0, "watch"), (10.0, "holds"), (20.0, "holds")])
def test_a_search_is_settled_where_half_of_its_starts_arrive(found: float, state: str) -> None:
    assert segment_checks.other_starts(Finding("f", found, "rows"), Finding("s", 20.0, "rows")).state == state


@pytest.mark.parametrize(("told", "right", "state"), [(5.0, 0.9, "watch"), (6.0, 0.9, "holds"), (6.0, 0.7, "watch")])
def test_rules_hold_only_where_they_reach_every_segment_and_most_customers(
    told: float, right: float, state: str
) -> None:
    rules = Finding("r", right, "share", ci_low=right - 0.02, ci_high=right + 0.02)
    check = segment_checks.all_told(
        Finding("t", told, "rows"), Finding("n", 6.0, "rows"), right=rules, largest=Finding("l", 0.4, "share")
    )
    assert check.state == state
    assert f"Rules reach {told:.0f} of 6 segments" in _said(check.sentences[0])


def test_one_group_and_ever_more_groups_are_said() -> None:
    one, most = Finding("b", 1.0, "rows"), Finding("b", 6.0, "rows")
    assert "no more than one group" in _said(segment_text.how_many(COUNT, one, most=6))
    assert "no number of segments stands out" in _said(segment_text.how_many(most, most, most=6))
    assert "speak for 3 segments." in _said(segment_text.how_many(COUNT, COUNT, most=6))


def test_simple_split_is_kept_unless_beaten() -> None:
    assert (
        _said(segment_text.simple_split([], ["later_left"]))
        == "That these segments foretell later leaving better than a simple split is not shown: for that, keep the"
        " simple one."
    )
    assert (
        _said(segment_text.simple_split(["later_spend"], ["later_left", "later_spend"]))
        == "These segments foretell later spend better than every simple split that was tried. For leaving keep the"
        " simple one."
    )
    assert segment_checks.beats_simple([], ["later_left"]).state == "watch"
    undated = segment_checks.beats_simple([], [], dated=False)
    assert (undated.state, "may have changed on leaving" in _said(undated.sentences[0])) == ("watch", True)
    assert segment_checks.beats_simple(["later_spend"], ["later_spend"]).state == "holds"


def test_stays_without_an_interval_is_said_plainly() -> None:
    shares = [
        Finding("s", 1.0, "share", scope={"segment": "A"}),
        Finding("s", 0.6, "share", scope={"segment": "B"}, ci_low=0.56, ci_high=0.64),
    ]
    assert (
        _said(segment_text.stays(shares, months=12.0))
        == "After 12 months 100 % of “A” and 60 % of “B” (between 56 and 64 %) are still there; how sure the gap is"
        " cannot be told."
    )


def test_nothing_stands_out_and_nothing_to_compare_are_different() -> None:
    scope = {"outcome": "nps", "segment": "A"}
    quiet = Finding("d", 0.1, "ratio", scope=scope, p_value=0.4)
    loud = replace(quiet, p_value=0.001, flagged=True)
    assert "No segment differs significantly" in _said(segment_text.stands_out([quiet], {}))
    assert "nothing is recorded" in _said(segment_text.stands_out([replace(quiet, p_value=float("nan"))], {}))
    assert "“A”, NPS: higher than the others" in _said(segment_text.stands_out([loud], {}))


def test_checks_of_method_start_assignment_and_items() -> None:
    rand = Finding("ari", 0.1, "ratio", ci_low=0.05, ci_high=0.15)
    assert segment_checks.other_method(rand).state == "overturns"
    assert segment_checks.other_method(None).state == "watch"
    assert segment_checks.other_starts(Finding("f", 1.0, "rows"), Finding("s", 20.0, "rows")).state == "watch"
    assert segment_checks.surely_assigned(Finding("c", 0.6, "share")).state == "overturns"
    assert segment_checks.incomplete("ratings:shops", Finding("k", 0.4, "share")).state == "overturns"
    assert segment_checks.same_later(None, days=90, dated=False).state == "watch"


def test_what_a_name_says_is_not_said_twice() -> None:
    rows = [
        ("Many contacts", "many contacts", 1.5),
        ("Many contacts", "few purchases", 0.9),
        ("Savers", "price", 1.4),
        ("Savers", "simple", 0.7),
    ]
    items = pd.DataFrame(rows, columns=["segment", "word", "estimate"])
    shares = [
        Finding("s", value, "share", scope={"segment": name})
        for name, value in (("Many contacts", 0.6), ("Savers", 0.4))
    ]
    assert (
        _said(segment_text.kinds(shares, items))
        == "60 % are “Many contacts” (also few purchases); 40 % “Savers” (price and simple)."
    )


def test_staying_by_deeds_is_said_to_be_so_by_construction() -> None:
    shares = [
        Finding("s", 0.98, "share", scope={"segment": "A"}, ci_low=0.95, ci_high=0.99),
        Finding("s", 0.6, "share", scope={"segment": "B"}, ci_low=0.56, ci_high=0.64),
    ]
    assert "by construction" in _said(segment_text.stays(shares, months=12.0, by_deeds=True))
    assert "may be there by construction" in _said(segment_text.stays(shares, months=12.0, dated=False))
    plain = _said(segment_text.stays(shares, months=12.0))
    assert "by construction" not in plain
    assert plain.endswith("are still there.")


def test_urgent_attention_says_what_the_value_is_and_what_silence() -> None:
    crowd = Finding("n", 60.0, "customers")
    stake = Finding("v", 900.0, "currency")
    tops = [Finding("t", 0.3, "share"), Finding("t", 0.8, "share")]
    said = _said(
        segment_text.urgent(crowd, stake, largest=tops, currency="USD", what="recency_days", worth="monetary", days=180)
    )
    assert (
        said == "60 customers of high value are without a purchase for 180 days or more: "
        "they stand for USD 900 (spent in all; the largest for 30 %, the ten largest for 80 %)."
    )


def test_figures_do_not_claim_intervals_that_they_do_not_show(
    items: pd.DataFrame, gaps: Estimates, info: LabInfo
) -> None:
    assert "interval" not in segment_plots.heat(items, gaps, order=ORDER, info=info).basis
    counts = pd.DataFrame(
        [(f"s{name}", group, level, 20) for name in range(6) for group in range(10) for level in ("basic", "gold")],
        columns=["segment", "replicate", "group", "n"],
    )
    found = {"plan": segments.categories(counts, outcome="group")}
    assert "in the table" in segment_plots.mix(found, order=[f"s{name}" for name in range(6)], info=info).basis


def test_the_grid_and_its_table_stand_in_one_order(info: LabInfo) -> None:
    order = ["Savers", "Carers"]
    rows = segment_grid.grid(_cells(), order=order, info=info).table.rows
    assert list(dict.fromkeys(row[0].text for row in rows)) == order
