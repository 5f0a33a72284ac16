"""The study of segments: which number is told, and in which words."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from cemlab.core.results import Estimates, Finding
from cemlab.show import say, segments
from cemlab.show.check import Checked


def _found(value: float, *, half: float = 0.02, unit: Any = "share", **scope: str) -> Finding:
    bounds: dict[str, Any] = {"ci_low": value - half, "ci_high": value + half} if math.isfinite(half) else {}
    return Finding("f", value, unit, scope=scope, level=0.95, n=900, **bounds)


def _count(value: float) -> Finding:
    return Finding("c", value, "rows")


def _words(said: say.Message, attribute: str = "") -> str:
    return say.text(said, attribute=attribute).replace("\N{NO-BREAK SPACE}", " ")


def _state(made: Checked) -> tuple[str, str]:
    return made.state, _words(made.message, "title")


def _judged(verdict: str, *, doubt: str = "", told: bool = True, pair: tuple[str, str] = ("", "")) -> Estimates:
    row = {"verdict": verdict, "doubt": doubt, "told": told, "first": pair[0], "second": pair[1]}
    frame = pd.DataFrame([{**row, "estimate": 1.0, "n": 100.0}])
    return Estimates.build(frame, by=[], measure="v", unit="ratio", method="", level=0.95, min_n=0)


VERDICTS = [
    (None, "4 segments follow from a rule"),
    (_judged("natural"), "4 segments are natural: they lie apart"),
    (_judged("reproducible", doubt="one scale"), "but one scale separates customers as well"),
    (_judged("reproducible", doubt="pair", pair=("usage_gb", "plan")), "but usage gb and plan go together"),
    (_judged("reproducible", told=False), "but the data do not settle on that number"),
    (_judged("reproducible"), "but they shade into one another"),
    (_judged("constructed", doubt="one group"), "they are cuts through one group"),
    (_judged("constructed"), "not all of them would be found again"),
]


@pytest.mark.parametrize(("judged", "words"), VERDICTS)
def test_verdict_is_said_with_its_reason(judged: Estimates | None, words: str) -> None:
    ground = segments.grounds(judged)
    why = say.message("segments-doubt", **ground)
    smallest = _found(0.9, unit="ratio")
    assert words in _words(say.message("segments-verdict", count=_count(4), smallest=smallest, why=why, **ground))


def test_what_is_not_natural_is_watched_or_overturned() -> None:
    smallest = _found(0.9, unit="ratio")
    states = [segments.found_again(smallest, judged=segments.grounds(judged)).state for judged, _ in VERDICTS[1:]]
    assert states == ["holds", "watch", "watch", "watch", "watch", "overturns", "overturns"]
    pair = segments.simpler_explanation(judged=segments.grounds(VERDICTS[3][0]), method="classes")
    assert pair.state == "overturns"
    assert "Leave one of the two out" in _words(pair.message)
    assert segments.simpler_explanation(judged=segments.grounds(VERDICTS[1][0]), method="k-means").state == "holds"


@pytest.mark.parametrize(
    ("used", "best", "method", "words"),
    [
        (4, 4, "classes", "The data speak for 4 segments."),
        (3, 4, "classes", "The data speak for 4 segments; 3 were asked for."),
        (2, 1, "classes", "The data speak for no more than one group; 2 show what cutting it would give."),
        (6, 6, "mixture", "Each further segment fits better, up to 6: no number of segments is best."),
        (4, 4, "k-means", "4 segments are found again in the other half of the customers; more are not."),
    ],
)
def test_how_many_segments_the_data_speak_for(used: int, best: int, method: str, words: str) -> None:
    assert _words(segments.how_many(_count(used), _count(best), most=6, method=method)) == words


def test_kinds_are_told_largest_first_with_what_their_names_do_not_say() -> None:
    shares = [_found(0.25, segment="Mobile"), _found(0.4, segment="Price"), _found(0.35, segment="Help")]
    items = pd.DataFrame(
        {
            "segment": ["Price", "Price", "Mobile", "Help"],
            "word": ["price", "simple", "mobile", "speed"],
            "estimate": [1.4, 0.7, 1.5, 0.2],
        }
    )
    assert _words(segments.kinds(shares, items)) == "40% “Price” (also simple); 35% “Help”; 25% “Mobile”."
    assert _words(segments.kinds([], items)) == "Every segment is too small to be shown."


def test_worth_and_stays_say_what_the_difference_means() -> None:
    values = [_found(122, half=5, unit="points", segment="a"), _found(115, half=5, unit="points", segment="b")]
    assert "the difference is not significant" in _words(segments.worth(values, what="margin_365d", differ=[]))
    assert "not significant" not in _words(segments.worth(values, what="margin_365d", differ=["a"]))
    assert "withheld" in _words(segments.worth(values[:1], what="margin_365d", differ=[]))
    stay = [_found(0.8, segment="a"), _found(0.79, segment="b")]
    said = _words(segments.stays(stay, months=12, by_deeds=False, dated=False))
    assert "the intervals overlap" in said
    assert "by construction" in said
    assert "by construction" not in _words(segments.stays(stay, months=12, by_deeds=False, dated=True))


def test_rules_are_told_in_words() -> None:
    rules = pd.DataFrame(
        {"rule": ["plan is not known", "plan is not not known", "ratings:shops is 4 and up"], "n": [1, 9, 5]}
    )
    told = segments.in_words(rules, ["plan", "ratings:shops"])["rule"].tolist()
    assert told == ["plan known", "shops 4 and up", "plan not known"]


def test_checks_hold_only_where_they_should() -> None:
    right, largest = _found(0.9), _found(0.4, half=math.nan)
    told: dict[str, Any] = {"right": right, "largest": largest, "unit": "customers"}
    assert segments.all_told(_count(6), _count(6), **told).state == "holds"
    assert _state(segments.all_told(_count(5), _count(6), **told)) == ("watch", "Plain rules miss some segments")
    assert segments.other_starts(_count(5), _count(20)).state == "watch"
    assert segments.other_starts(_count(10), _count(20)).state == "holds"
    assert [
        segments.other_method(_found(value, unit="ratio"), method="k-means").state for value in (0.9, 0.5, 0.1)
    ] == [
        "holds",
        "watch",
        "overturns",
    ]
    assert segments.other_method(None, method="k-means").state == "watch"
    assert [segments.surely_assigned(_found(value)).state for value in (0.9, 0.8, 0.5)] == [
        "holds",
        "watch",
        "overturns",
    ]
    assert [segments.incomplete("plan", _found(value)).state for value in (1.0, 0.7, 0.3)] == [
        "holds",
        "watch",
        "overturns",
    ]
    assert segments.same_later(None, days=180, dated=False).state == "watch"
    assert segments.same_later(_found(0.9, unit="ratio"), days=180, dated=True).state == "holds"
    assert [segments.beats_simple(better, ["later_nps"], dated=True).state for better in (["later_nps"], [])] == [
        "holds",
        "watch",
    ]
    assert segments.beats_simple(["later_nps"], ["later_nps"], dated=False).state == "watch"


def test_cells_of_what_could_be_chance_are_not_shaded_and_twins_stand_once() -> None:
    items = pd.DataFrame(
        {
            "segment": ["a", "b"] * 3,
            "word": ["price", "price", "twin", "twin", "help", "help"],
            "estimate": [1.0, -1.0, 1.0, -1.0, 0.5, -0.2],
        }
    )
    frame = pd.DataFrame(
        {
            "outcome": ["nps", "nps"],
            "segment": ["a", "b"],
            "estimate": [0.4, -0.1],
            "n": [90, 90],
            "p_value": [0.001, 0.6],
            "flagged": [True, False],
        }
    )
    gaps = Estimates.build(frame, by=["outcome", "segment"], measure="g", unit="ratio", method="", level=0.95, min_n=10)
    cells = segments.cells_of(items, gaps)
    assert list(dict.fromkeys(cells["label"])) == ["price", "help", "NPS"]
    assert cells.loc[cells["label"].eq("NPS"), "shaded"].tolist() == [True, False]
