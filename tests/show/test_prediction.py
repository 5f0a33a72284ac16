"""The study of predicted churn: which number is told, and in which words."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from cemlab.core.results import Finding, Name
from cemlab.show import prediction, say
from cemlab.show.check import Checked


def _found(value: float, *, half: float = 0.02, unit: str = "share", flagged: bool = False, **scope: str) -> Finding:
    """A finding with an even interval; without one where `half` is NaN."""
    bounds = {"ci_low": value - half, "ci_high": value + half} if math.isfinite(half) else {}
    more: dict[str, Any] = {"flagged": flagged, "significant": flagged, "q_value": 0.001 if flagged else 0.5}
    return Finding("f", value, unit, scope=scope, level=0.95, n=900, p_value=0.001, **bounds, **more)  # type: ignore[arg-type]


def _words(said: say.Message, attribute: str = "") -> str:
    return say.text(said, attribute=attribute).replace("\N{NO-BREAK SPACE}", " ")


def _checked(made: Checked) -> tuple[str, str, str]:
    return made.state, _words(made.message, "title"), _words(made.message)


@pytest.mark.parametrize(
    ("auc", "state", "begins"),
    [
        (_found(0.64), "useful", "The model ranks a customer who leaves within 90 days above one who stays 64% of"),
        (_found(0.51), "none", "We found no evidence that churn can be predicted better than by chance: AUC 51% (95%"),
        (_found(0.64, half=math.nan), "useful", "The model ranks a customer"),
        (_found(math.nan, half=math.nan), "withheld", "Too few customers left to say how well"),
    ],
)
def test_skill_is_told_by_what_the_interval_holds(auc: Finding, state: str, begins: str) -> None:
    assert prediction.ranking(auc) == state
    detectable = _found(0.55, half=math.nan)
    said = say.message(
        "risk-skill",
        state=state,
        auc=auc,
        newest=auc,
        horizon=90,
        left=_found(80, unit="customers"),
        detectable=detectable,
    )
    assert _words(said).startswith(begins)
    assert _words(said).endswith(".")


def test_a_ranking_that_fails_on_the_newest_date_is_not_called_useful() -> None:
    auc, newest = _found(0.55), _found(0.43)
    assert prediction.ranking(auc, newest) == "faded"
    made = prediction.better_than_chance(auc, newest)
    assert _checked(made)[:2] == ("overturns", "On the newest date, the ranking is no better than chance")
    assert _checked(made)[2].endswith("On the newest date it is 43%.")
    assert prediction.better_than_chance(auc, auc).state == "holds"


def test_detectable_auc_lies_as_far_from_chance_as_the_error_makes_it() -> None:
    wide = Finding("f", 0.5, "share", std_error=0.1)
    assert prediction.detectable_auc(wide) == pytest.approx(0.78)
    assert prediction.detectable_auc(Finding("f", 0.5, "share", std_error=1.0)) == 1.0


@pytest.mark.parametrize(
    ("ratio", "kind", "state", "begins"),
    [
        (_found(1.0, half=0.1, unit="ratio"), "calibrated", "holds", "Yes, overall"),
        (_found(1.5, half=0.1, unit="ratio"), "more", "overturns", "No, more customers left"),
        (_found(0.5, half=0.1, unit="ratio"), "fewer", "overturns", "No, fewer customers left"),
        (_found(math.nan, half=math.nan, unit="ratio"), "withheld", "watch", "Too few customers left"),
    ],
)
def test_predictions_are_calibrated_where_the_interval_holds_one(
    ratio: Finding, kind: str, state: str, begins: str
) -> None:
    assert prediction.calibration(ratio) == kind
    assert _words(prediction.calibrated(ratio)).startswith(begins)
    assert prediction.comes_true(ratio).state == state


def test_dates_that_differ_are_told_by_their_ends_and_watched() -> None:
    ratio, dates = (
        _found(1.0, half=0.2, unit="ratio"),
        [_found(each, half=0.1, unit="ratio") for each in (1.3, 0.7, 1.0)],
    )
    assert _words(prediction.calibrated(ratio, dates)).startswith("Not on every date: 0.7 to 1.3 customers left")
    state, title, words = _checked(prediction.comes_true(ratio, dates))
    assert (state, title) == ("watch", "Calibration differs by date")
    assert words.endswith("Dates differ significantly.")


def test_a_model_is_called_by_its_name_and_its_column_by_the_vocabulary() -> None:
    assert _words(prediction.called("discrete time")) == "the discrete-time model"
    assert _words(prediction.called("tenure and deposit_type")) == "tenure with deposit type"


def test_the_choice_of_a_model_says_why() -> None:
    gap = _found(-0.01, half=0.02, model="tenure alone")
    words = {"model": "tenure alone", "best": "Cox"}
    assert "the Cox model is more accurate, but not significantly" in _words(
        prediction.chosen([gap], kept="tenure alone", **words)
    )
    best = prediction.chosen([gap], model="Cox", best="Cox", kept="Cox")
    assert _words(best) == "We use the Cox model: it predicted best, and every simpler model is significantly worse."
    ranks = prediction.chosen([gap], model="Cox", best="Cox", kept="tenure alone")
    assert "tenure alone is simpler and about as accurate" in _words(ranks)


@pytest.mark.parametrize("missing", ["unknown", "missing"])
def test_the_riskiest_group_is_never_one_whose_level_is_missing(missing: str) -> None:
    ratios = [
        _found(5.0, half=0.1, unit="ratio", flagged=True, term="plan", level=missing),
        _found(2.0, half=0.1, unit="ratio", flagged=True, term="plan", level="b"),
    ]
    said = prediction.riskiest(ratios, references={"plan": "a"})
    assert _words(said).startswith("Risk is highest for “b” (plan): these customers leave 2.0 times as fast as “a”")
    assert _words(prediction.riskiest(ratios[:1], references={"plan": "a"})) == ""
    assert _words(prediction.riskiest(ratios, references={"plan": missing})) == ""


def test_the_reference_is_the_riskiest_group_where_all_others_leave_more_slowly() -> None:
    ratios = [_found(0.3, half=0.1, unit="ratio", flagged=True, term="plan", level="two years")]
    said = prediction.riskiest(ratios, references={"plan": "monthly"}, brief=True)
    assert _words(said) == "Other things being equal, risk is highest for “monthly” (plan)."


def test_whom_to_contact_is_said_only_of_a_list_that_is_better_than_a_random_one() -> None:
    share = _found(0.2, half=math.nan)
    assert _words(prediction.contact(share, _found(0.32))).startswith("Contact the 20% at highest risk first")
    assert _words(prediction.contact(share, _found(0.21))) == ""
    assert _words(prediction.contact(share, _found(0.32), trusted=False)) == ""


def test_columns_are_needed_where_the_loss_is_significant_and_positive() -> None:
    losses = [
        _found(0.02, flagged=True, term="nps_group"),
        _found(-0.05, flagged=True, term="plan"),
        _found(0.01, term="x"),
    ]
    said = say.message("risk-needed", columns=prediction.needed(losses))
    assert _words(said).startswith("One column is essential, last NPS answer")
    assert _words(say.message("risk-needed", columns=[])).startswith("No single column is essential")


@pytest.mark.parametrize(
    ("n", "begins"), [(0, "None of today's 900 customers is"), (3, "3 of today's 900 customers (")]
)
def test_customers_at_high_risk_are_counted(n: float, begins: str) -> None:
    high, scored = (_found(each, half=math.nan, unit="customers") for each in (n, 900))
    share, above = (_found(each, half=math.nan) for each in (n / 900, 0.12))
    said = say.message("risk-answer-high", high=high, scored=scored, share=share, above=above, horizon=90)
    assert _words(said).startswith(begins)
    assert _words(said).endswith("at high risk: above 12% within 90 days.")


def test_bands_begin_at_round_risks_about_the_mean() -> None:
    assert prediction.bands(0.055) == (0.03, 0.06, 0.12)
    assert prediction.bands(0.5) == (0.3, 0.5, 0.8)


def test_small_counts_at_high_risk_are_withheld_with_what_would_give_them_away() -> None:
    counts = pd.DataFrame(
        {
            "plan": ["a", "a", "b", "b", "c", "c"],
            "low": [0.0, 0.1, 0.0, 0.1, 0.0, 0.1],
            "n": [100, 4, 100, 30, 100, 60],
        }
    )
    found = prediction.at_high_risk(counts, by=["plan"], above=0.1, min_n=10)["plan"].table
    assert found["plan"].tolist() == ["c", "b", "a"] or found["suppressed"].tolist()[-1]
    assert found.loc[~found["suppressed"], "plan"].tolist() == ["c"]
    assert found["estimate"].iloc[0] == pytest.approx(0.375)


def test_what_changed_is_told_of_the_date_furthest_off_and_of_the_groups() -> None:
    dates = [
        _found(1.4, half=0.1, unit="ratio", flagged=True, day="2024-03-01"),
        _found(1.1, half=0.2, unit="ratio", day="2024-06-01"),
    ]
    verdicts = {"2024-03-01": "changed", "2024-06-01": "as predicted"}
    asked: dict[str, Any] = {"verdicts": verdicts, "compared": True}
    (said,) = prediction.unusual(dates, levels=[], moved=[], **asked)
    assert _words(said).startswith("Churn has changed: from 1 March 2024, customers left 1.4 times as fast")
    assert _words(said).endswith("Trust the order of risks, not their size.")
    levels = [_found(3.0, half=0.5, unit="ratio", term="plan", level="b")]
    changed, who = prediction.unusual(dates, levels=levels, moved=["plan"], **asked)
    assert "Trust" not in _words(changed), "the next sentence says not to trust the order"
    assert _words(who).startswith("Who leaves has changed since 1 June 2024, above all for “Plan, b”.")


@pytest.mark.parametrize(("verdict", "ends"), [("season", "this is a season."), ("unclear", "a season from a change.")])
def test_a_season_is_told_of_the_newest_date(verdict: str, ends: str) -> None:
    dates = [_found(1.4, half=0.1, unit="ratio", day="2024-06-01")]
    (said,) = prediction.unusual(dates, levels=[], verdicts={"2024-06-01": verdict}, moved=[], compared=True)
    assert _words(said).endswith(ends)
    assert prediction.same_relation(dates[0], verdict=verdict).state == "watch"


def test_the_season_ahead_is_told_only_where_it_differs() -> None:
    predicted, expected = _found(200, half=math.nan, unit="customers"), _found(280, half=math.nan, unit="customers")
    slots = {"predicted": predicted, "expected": expected}
    assert "280 customers will leave, not 200." in _words(prediction.season_ahead(_found(1.4, unit="ratio"), **slots))
    assert _words(prediction.season_ahead(_found(1.0, unit="ratio"), **slots)) == ""


def test_dates_on_which_nobody_could_be_seen_to_stay_are_told() -> None:
    counts = [_found(each, half=math.nan, unit="customers") for each in (700, 4)] + [_found(0.4, half=math.nan)]
    assert prediction.not_evaluated([], []) == []
    (said,) = prediction.not_evaluated(["2024-06-01", "2024-03-01"], counts)
    assert _words(said).startswith("The 2 dates from 1 March 2024 to 1 June 2024 are not evaluated: of 700 customers")
    assert _words(said).endswith("all of whom stayed.")


@pytest.mark.parametrize(
    ("left", "state", "title"),
    [
        (500, "holds", "Enough customers left to evaluate the model"),
        (100, "watch", "Few customers left: the evaluation is rough"),
        (20, "overturns", "Too few customers left to evaluate the model"),
    ],
)
def test_few_churned_customers_make_a_rough_evaluation(left: float, state: str, title: str) -> None:
    made = prediction.enough_churned(_found(left, half=math.nan, unit="customers"))
    assert _checked(made)[:2] == (state, title)


def test_checks_say_what_they_found() -> None:
    low = prediction.spread(_found(0.5, half=0.1, unit="ratio"))
    assert _checked(low)[:2] == ("watch", "The highest risks are too high, the lowest too low")
    moved = prediction.same_relation(_found(1.0, half=0.1, unit="ratio"), verdict="as predicted", moved=["plan"])
    assert _checked(moved)[:2] == ("overturns", "Churn has changed since training")
    assert _checked(moved)[2].endswith("Churn is no longer associated with plan as before.")
    scored = _found(1000, half=math.nan, unit="customers")
    assert prediction.unscored(_found(0, half=math.nan, unit="customers"), scored).state == "holds"
    assert prediction.unscored(_found(40, half=math.nan, unit="customers"), scored).state == "watch"


def test_a_lab_without_later_data_says_so() -> None:
    said = say.message("risk-no-later-time", because=Name("Map the days."), brief=False)
    assert _words(said) == "Whether churn can be predicted cannot be shown. Map the days."
