"""Words on predictions: numbers are findings, chance is called chance, nothing is called an effect."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from cemlab.core.results import Finding, Unit
from cemlab.show import prediction_checks, prediction_text
from cemlab.show.numbers import plain


def _found(value: float, *, half: float = 0.03, unit: Unit = "share", **more: object) -> Finding:
    flagged = bool(more.pop("flagged", False))
    scope = {name: str(each) for name, each in more.items()}
    return Finding(
        "f",
        value,
        unit,
        scope=scope,
        ci_low=value - half,
        ci_high=value + half,
        level=0.95,
        n=900,
        flagged=flagged,
        p_value=0.001 if flagged else 0.5,
    )


def test_skill_is_told_in_pairs_and_chance_is_called_chance() -> None:
    said = plain(prediction_text.skill(_found(0.66), _found(0.05), horizon="90 days", model="Cox"))
    assert said.startswith(
        "On later data, Cox's model ranks a customer who churns within 90 days above one who stays 66 % of the time"
    )
    assert "It removes 5 % of the squared error" in said
    chance = plain(prediction_text.skill(_found(0.52), _found(0.0), horizon="90 days", model="Cox"))
    assert "no evidence that churn within 90 days can be predicted better than by chance" in chance
    assert "above one who stays 66 % of the time (between 63 and 69 %" in plain(
        prediction_text.skill_in_short(_found(0.66), horizon="90 days")
    )
    assert "better than by chance, by any model" in plain(
        prediction_text.skill_in_short(_found(0.52), horizon="90 days")
    )


def test_what_few_churners_could_not_have_shown_is_said() -> None:
    auc = replace(_found(0.51, half=0.08), std_error=0.04)
    least = prediction_text.detectable_auc(auc)
    assert least == pytest.approx(0.612)
    known = {"left": Finding("left", 67.0, "customers"), "detectable": _found(least)}
    for said in (
        plain(prediction_text.skill(auc, _found(0.0), horizon="90 days", model="Cox", **known)),
        plain(prediction_text.skill_in_short(auc, horizon="90 days", **known)),
    ):
        assert "better than by chance, by any model: AUC 51 %" in said
        assert "With 67 churners an AUC below about 61 % would go unseen" in said
    # Where it is shown to be better, nothing is said of what could not have been.
    assert "unseen" not in plain(prediction_text.skill_in_short(_found(0.66), horizon="90 days", **known))


def test_challenger_is_named_where_it_alone_ranks_better_than_chance() -> None:
    rival = _found(0.6, flagged=True, model="gradient boosting")
    (said,) = prediction_text.challenger_ranks(rival, used=_found(0.51))
    assert "gradient boosting does: it ranks a customer who churns above one who stays 60 % of the time" in plain(said)
    assert prediction_text.challenger_ranks(rival, used=_found(0.6)) == ()
    assert prediction_text.challenger_ranks(_found(0.6, model="gradient boosting"), used=_found(0.51)) == ()


def test_model_that_alone_ranks_better_than_chance_is_used_and_says_why() -> None:
    said = plain(prediction_text.chosen([], model="Cox", best="Cox", kept="tenure alone"))
    assert said.startswith("Of the models Cox's model is used: the simpler tenure alone is not significantly worse")


def test_interval_that_holds_one_is_as_predicted() -> None:
    assert plain(prediction_text.calibration_in_short(_found(1.02, unit="ratio"))).startswith(
        "Predictions are well calibrated"
    )
    assert plain(prediction_text.calibration_in_short(_found(1.2, unit="ratio"))).startswith("More left than predicted")
    assert plain(prediction_text.calibration(_found(0.8, unit="ratio"), horizon="90 days")).startswith(
        "No: fewer left than predicted, 0.80"
    )


def test_only_flagged_segments_are_named() -> None:
    found = [
        _found(1.3, unit="ratio", flagged=True, plan="monthly", horizon=90.0),
        _found(0.9, unit="ratio", plan="yearly", horizon=90.0),
    ]
    said = plain(prediction_text.segments_off(found))
    assert "for monthly 1.30 left for each one predicted" in said
    assert "yearly" not in said
    assert "90.0" not in said
    assert plain(prediction_text.segments_off(found[1:])).startswith(
        "No segment has an observed / predicted ratio that differs significantly from one"
    )


def test_simpler_model_inside_the_noise_is_told_with_what_it_gives_up() -> None:
    behind = [_found(-0.004, half=0.006, model="tenure alone"), _found(0.0, half=0.0, model="Cox")]
    said = plain(prediction_text.chosen(behind, model="tenure alone", best="Cox"))
    assert (
        "Cox's model removes more of the squared error, but the difference of 0.4 % is not statistically significant"
        in said
    )
    assert "predicted best" in plain(prediction_text.chosen(behind, model="Cox", best="Cox"))


def test_challenger_must_be_flagged_to_win() -> None:
    assert "does not significantly outperform Cox's model" in plain(
        prediction_text.challenged(_found(0.01, model="gradient boosting"), model="Cox")
    )
    won = _found(0.05, flagged=True, model="gradient boosting")
    assert "outperforms Cox's model: it removes 5 % more" in plain(prediction_text.challenged(won, model="Cox"))


def test_columns_that_carry_are_named_by_what_is_lost() -> None:
    said = plain(prediction_text.carried([_found(0.05, flagged=True, term="plan"), _found(0.2, term="region")]))
    assert "without “Plan” 5 % of the squared error is no longer removed (between 2 and 8 %)" in said
    assert said.startswith("One column is essential")
    assert "Region" not in said
    both = [_found(0.05, flagged=True, term="plan"), _found(0.2, flagged=True, term="region")]
    assert plain(prediction_text.carried(both)).startswith("Some columns are essential: without “Region”")
    assert plain(prediction_text.carried([])).startswith("No single column")


def test_leak_and_missing_later_time_are_said_in_words() -> None:
    assert plain(prediction_text.kept_out([], {})).startswith("No evidence of data leakage")
    said = plain(prediction_text.kept_out(["reason_detail"], {"reason_detail": "knows too much"}))
    assert said == "“Reason detail” knows too much and was excluded."
    because = "A prediction is judged on later time: all 9 ends fall on one day. Map the days."
    assert plain(prediction_text.no_later_time(because)).endswith(
        "predicted: all 9 ends fall on one day. Map the days."
    )
    assert plain(prediction_text.no_later_time(because, brief=True)).endswith("predicted: all 9 ends fall on one day.")


def test_drift_is_told_of_the_day_that_is_furthest_off() -> None:
    days = [_found(1.1, unit="ratio", day="2024-03-01"), _found(1.5, unit="ratio", flagged=True, day="2024-06-01")]
    said, alone = (prediction_text.drifted(days, compared=each) for each in (True, False))
    assert said
    assert alone
    assert plain(said).startswith(
        "Churn has changed: from 2024-06-01 on customers left 1.50 times as fast as predicted ("
    )
    assert plain(said).endswith("Trust the order of risks, not their size.")
    assert plain(alone).endswith("A season cannot be excluded: history is too short.")
    assert prediction_text.drifted(days[:1]) is None
    assert prediction_text.unlike([]) is None
    unlike = prediction_text.unlike(["plan"])
    assert unlike is not None
    assert (
        plain(unlike)
        == "Use these risk scores with caution: today's customers differ from the training data on “Plan”."
    )


@pytest.mark.parametrize(
    ("verdict", "words", "state"),
    [
        ("as predicted", "", "holds"),
        ("season", "this is a season, and no evidence of a change", "watch"),
        ("unclear", "cannot tell whether that is a season or a change", "watch"),
        ("changed", "", "overturns"),
    ],
)
def test_newest_date_is_told_by_its_verdict(verdict: str, words: str, state: str) -> None:
    ratio = _found(1.6, unit="ratio", flagged=verdict == "changed", day="2024-10-01")
    said = prediction_text.seasonal([ratio], verdicts={"2024-10-01": verdict})
    assert (words in plain(said)) if said else not words
    assert bool(prediction_text.changed([ratio], levels=[], moved=[], compared=True)) == (verdict == "changed")
    assert prediction_checks.same_relation(ratio, verdict=verdict).state == state


def test_season_that_returns_is_told_with_the_customers_to_expect() -> None:
    ratio, predicted, expected = (
        _found(0.6, unit="ratio"),
        Finding("p", 263, "customers"),
        Finding("e", 110, "customers"),
    )
    (said,) = prediction_text.season_ahead(ratio, predicted=predicted, expected=expected, horizon="90 days")
    assert "about 110 of today's customers will leave, not 263" in plain(said)
    usual = _found(1.0, unit="ratio")
    assert prediction_text.season_ahead(usual, predicted=predicted, expected=expected, horizon="90 days") == ()


def test_column_that_turned_is_named_with_its_furthest_level() -> None:
    levels = [_found(each, unit="ratio", term="plan", level=name) for each, name in ((0.4, "monthly"), (1.5, "yearly"))]
    ratio = _found(1.0, unit="ratio", day="2024-10-01")
    (said,) = prediction_text.changed([ratio], levels=levels, moved=["plan"], compared=True)
    assert "from 2024-10-01 on, compared with all customers, customers with “Plan: monthly” left 0.40 times" in plain(
        said
    )
    assert plain(said).endswith("Do not trust the order of risks.")
    assert prediction_checks.same_relation(ratio, verdict="as predicted", moved=["plan"]).state == "overturns"
    assert prediction_text.changed([ratio], levels=levels, moved=[], compared=True) == []


def test_ends_that_are_recorded_late_are_told_with_the_days_left_out() -> None:
    missing = Finding("m", 40.0, "customers")
    (said,) = prediction_text.recorded_late(Finding("d", 60.0, "days"), missing=missing)
    assert "those of the newest 60 days are incomplete" in plain(said)
    assert prediction_text.recorded_late(Finding("d", 0.0, "days"), missing=missing) == ()


def test_high_risks_are_counted_and_told_as_a_share() -> None:
    scored, high = Finding("n", 2765.0, "customers"), Finding("h", 135.0, "customers")
    share, above = Finding("s", 0.05, "share"), Finding("a", 0.12, "share")
    said = plain(prediction_text.today(scored, high, share=share, above=above, horizon="90 days"))
    assert said == "Of today's 2,765 customers, 135 (5 %) have a risk above 12 % of leaving within 90 days."


def test_money_names_its_assumptions_and_says_when_nobody_is_best() -> None:
    best, all_of_them = _found(0.4, unit="currency"), _found(-0.1, unit="currency")
    parts = {"everybody": all_of_them, "threshold": _found(0.06), "contacted": _found(0.4), "currency": "EUR"}
    said = plain(prediction_text.worth(best, **parts))  # type: ignore[arg-type]
    assert "would bring 0.40 EUR per customer (between 0.37 and 0.43); contacting everybody −0.10 EUR." in said
    nobody = prediction_text.worth(_found(-1.0, unit="currency"), **parts)  # type: ignore[arg-type]
    assert "best to contact nobody" in plain(nobody)
    cost = Finding("c", 2.0, "currency")
    said = plain(
        prediction_text.assumptions(
            cost, Finding("k", 0.2, "share"), Finding("m", 151.0, "currency"), currency="EUR", known=True
        )
    )
    assert said.startswith("Assumed: a contact costs 2 EUR; 20 % of contacted customers who would leave stay")
    assert "trial would" in said


@pytest.mark.parametrize(("left", "state"), [(500, "holds"), (100, "watch"), (20, "overturns")])
def test_few_leavers_judge_little(left: int, state: str) -> None:
    assert prediction_checks.enough_leavers(Finding("l", left, "customers")).state == state


def test_checks_overturn_where_the_interval_says_so() -> None:
    assert prediction_checks.better_than_chance(_found(0.6)).state == "holds"
    assert prediction_checks.better_than_chance(_found(0.51)).state == "overturns"
    assert prediction_checks.comes_true(_found(1.0, unit="ratio")).state == "holds"
    assert prediction_checks.comes_true(_found(1.5, unit="ratio")).state == "overturns"
    assert prediction_checks.spread_comes_true(_found(1.0, unit="ratio")).state == "holds"
    flat = prediction_checks.spread_comes_true(_found(0.7, unit="ratio"))
    assert flat.state == "watch"
    assert "the highest risks are too high" in plain(flat.sentences[0])
    assert "the highest risks are too low" in plain(
        prediction_checks.spread_comes_true(_found(1.4, unit="ratio")).sentences[0]
    )
    assert prediction_checks.same_relation(_found(math.nan, unit="ratio"), verdict="as predicted").state == "watch"
    assert prediction_checks.same_customers(["plan"]).state == "watch"
    assert prediction_checks.undated([]).state == "holds"
    nobody, some = Finding("u", 0.0, "customers"), Finding("u", 90.0, "customers")
    assert prediction_checks.unscored(nobody, some).state == "holds"
    assert prediction_checks.unscored(some, Finding("s", 900.0, "customers")).state == "watch"


def test_no_word_claims_an_effect() -> None:
    said = " ".join(
        [
            plain(prediction_text.carried([_found(0.05, flagged=True, term="plan")])),
            plain(prediction_text.no_list()),
            plain(prediction_checks.contacts_change_it().sentences[0]),
            *(plain(each) for each in prediction_text.certainty(_found(0.6))),
        ]
    )
    assert not {"causes", "drives", "because of"} & set(said.lower().split())


def test_a_contest_without_an_interval_claims_nothing() -> None:
    won = Finding("w", math.nan, "share", scope={"model": "gradient boosting"})
    said = plain(prediction_text.challenged(won, model="discrete time"))
    assert (
        said
        == "Whether gradient boosting outperforms the discrete-time model cannot be told on the newest evaluation date."
    )


def test_customers_without_a_score_are_told_where_there_are_any() -> None:
    assert prediction_text.unjudged(Finding("u", 0, "customers")) == ()
    (said,) = prediction_text.unjudged(Finding("u", 1, "customers"))
    assert plain(said).startswith("1 customer of the evaluation dates has a level that is not in the training data")


def test_the_answer_names_no_parameter() -> None:
    because = (
        "Later time must exist: with `horizon_days` 3000 this needs two such spans. Choose a shorter `horizon_days`."
    )
    assert "with a horizon of 3000 days this" in plain(prediction_text.no_later_time(because, brief=True))
    assert "`horizon_days`" in plain(prediction_text.no_later_time(because))


def test_error_removed_that_could_be_none_is_called_so() -> None:
    said = [
        plain(prediction_text.skill(_found(0.66), _found(each), horizon="90 days", model="Cox"))
        for each in (0.02, 0.05)
    ]
    assert ["could be nothing" in each for each in said] == [True, False]


def test_days_on_which_nobody_could_be_seen_to_stay_are_named_with_counts() -> None:
    live, stayed = Finding("live", 6348.0, "customers"), Finding("stayed", 0.0, "customers")
    counted = {"live": live, "stayed": stayed, "horizon": "90 days"}
    said = prediction_text.not_judged(["2017-06-17", "2017-03-19"], missing=Finding("m", 0.46, "share"), **counted)  # type: ignore[arg-type]
    assert (
        plain(said[0])
        == "The 2 days from 2017-03-19 to 2017-06-17 are not evaluated: of 6,348 customers who were here on"
        " 2017-06-17, "
        "0 could be seen to stay for 90 days."
    )
    assert "It lacks about 46 % of the customers of that day" in plain(said[1])
    assert prediction_checks.stayers_seen(said).state == "watch"
    assert prediction_checks.stayers_seen([]).state == "holds"
    (alone,) = prediction_text.not_judged(["2017-06-17"], missing=Finding("m", 0.0, "share"), **counted)  # type: ignore[arg-type]
    assert plain(alone).startswith("The day 2017-06-17 is not evaluated: of 6,348 customers")


def test_days_that_differ_are_told_instead_of_one_number() -> None:
    ratio, daily = (
        _found(1.04, half=0.3, unit="ratio"),
        [_found(each, unit="ratio", day="2024-01-01") for each in (1.23, 0.69)],
    )
    said = plain(prediction_text.calibration(ratio, horizon="90 days", differing=daily))
    assert said.startswith(
        "Not on every evaluation date: for each customer predicted to leave within 90 days, 0.69 left after one date"
        " and 1.23"
    )
    assert "0.69 to 1.23 left, by evaluation date" in plain(
        prediction_text.calibration_in_short(ratio, differing=daily)
    )
    assert prediction_checks.comes_true(ratio, differing=daily).state == "watch"


def _points(*values: float) -> list[Finding]:
    return [
        _found(each, unit="ratio", flagged=True, term="plan", level=name)
        for each, name in zip(values, ("yearly", "two years"), strict=False)
    ]


def test_group_with_the_high_risks_is_named_where_one_stands_out() -> None:
    references = {"plan": "monthly"}
    below, above = _points(0.46, 0.29), _points(1.8, 0.29)
    one, other = (prediction_text.highest(each, references=references) for each in (below, above))
    assert one
    assert other
    assert plain(one).startswith(
        "“Plan: monthly” has the highest risk: two years leaves at 0.29 times its rate (between 0.26"
    )
    assert plain(other).startswith("“Plan: yearly” has the highest risk: 1.80 times the rate of monthly")
    assert (
        prediction_text.highest([_found(1.9, unit="ratio", term="plan", level="yearly")], references=references) is None
    )


def test_answer_has_at_most_eighty_words() -> None:
    """The longest that the page can say: drift, skill, days that differ, the group, and today's customers."""
    day = _found(1.5, unit="ratio", flagged=True, day="2024-06-01")
    said = [
        prediction_text.drifted([day]),
        prediction_text.skill_in_short(_found(0.64), horizon="90 days"),
        prediction_text.highest(_points(0.46, 0.29), references={"plan": "two years, with equipment"}, brief=True),
        prediction_text.today_in_short(
            Finding("n", 2765.0, "customers"), Finding("h", 135.0, "customers"), above=_found(0.12)
        ),
    ]
    assert sum(len(plain(each).split()) for each in said if each) <= 80
    assert (
        plain(prediction_text.in_short(_found(0.2), _found(0.32)))
        == "The riskiest 20 % held 32 % of those who left (between 29 and 35 %)."
    )
