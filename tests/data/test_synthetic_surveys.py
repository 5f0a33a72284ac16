"""What customers say, and who says nothing, is as planted."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from companies import Company

from cemlab.data.synthetic import world

POINTS = "CASE WHEN score >= 9 THEN 100.0 WHEN score <= 6 THEN -100.0 ELSE 0.0 END"


@pytest.fixture(scope="module")
def due(company: Company) -> pd.DataFrame:
    return _due(company)


def _due(company: Company) -> pd.DataFrame:
    return company.frame(f"""
        SELECT answers.*, {POINTS} AS points, account_id, region, datediff('month', DATE '2023-01-01', reply_on) AS month
        FROM answers JOIN customers USING (customer_id) ORDER BY invitation_id""")


def _error(values: pd.Series, clusters: pd.Series, weights: pd.Series | None = None) -> float:
    """Standard error of a weighted mean when answers of one account go together."""
    weights = pd.Series(1.0, values.index) if weights is None else weights
    mean = np.average(values, weights=weights)
    totals = (weights * (values - mean)).groupby(clusters).sum()
    return float(math.sqrt((totals**2).sum()) / weights.sum())


def _mean(values: pd.Series, weights: pd.Series) -> float:
    return float(np.average(values, weights=weights))


def test_scores_by_segment_are_as_planted(due: pd.DataFrame, company: Company) -> None:
    """Complaints lower the score of everyone alike, so that differences between segments stay."""
    planted = company.truth["nps"]["points_by_segment"]
    level = due.points - company.truth["nps"]["points_per_month"] * (due.month - 11.5)
    rest = level[due.segment != "Student"]
    lower = level[due.segment == "Student"]
    error = math.hypot(_error(rest, due.account_id[rest.index]), _error(lower, due.account_id[lower.index]))
    assert lower.mean() - rest.mean() == pytest.approx(planted["Student"] - planted["Single"], abs=4 * error)
    assert rest.mean() == pytest.approx(planted["Single"], abs=4 * error + 2.5)
    for region in world.REGIONS:
        here, there = level[due.region == region], level[due.region != region]
        error = math.hypot(_error(here, due.account_id[here.index]), _error(there, due.account_id[there.index]))
        assert abs(here.mean() - there.mean()) < 4 * error, region


def test_the_score_rises_as_planted(due: pd.DataFrame, company: Company) -> None:
    rest = due[due.segment != "Student"]
    slope, _ = np.polyfit(rest.month, rest.points, 1)
    error = rest.points.std() / (rest.month.std() * math.sqrt(len(rest)))
    assert slope == pytest.approx(company.truth["nps"]["points_per_month"], abs=4 * error)
    told = company.truth["in_this_company"]["nps_of_everyone_due_by_month"]
    assert np.mean([told[str(m)] for m in range(18, 24)]) > np.mean([told[str(m)] for m in range(6)]) + 4


def test_the_segment_that_grows_does(company: Company) -> None:
    new = company.rows("""
        SELECT datediff('month', DATE '2023-01-01', start) // 6, avg(CAST(segment = 'Student' AS DOUBLE)) FROM spells
        WHERE start >= DATE '2023-01-01' AND contract LIKE '%-1' GROUP BY ALL""")
    assert new[3] - new[0] == pytest.approx(0.30 * 18 / 23, abs=0.08)


def test_sampling_weights_restore_everyone_due(due: pd.DataFrame, company: Company) -> None:
    told = company.truth["in_this_company"]["nps"]["total"]
    invited = due[due.invited]
    weighted = _mean(invited.points, 1 / invited.inclusion)
    error = _error(invited.points, invited.account_id, 1 / invited.inclusion)
    assert due.points.mean() == pytest.approx(told["points_of_everyone_due"], abs=1e-5)
    assert weighted == pytest.approx(told["points_of_everyone_due"], abs=3 * error)
    assert (invited.inclusion == invited.segment.map(company.truth["nps"]["inclusion_probabilities"])).all()
    shares = due.groupby("segment").invited.mean()
    assert dict(shares) == pytest.approx(company.truth["nps"]["inclusion_probabilities"], abs=0.03)
    lab = company.rows("SELECT stratum, min(weight) FROM responses WHERE survey = 'relationship' GROUP BY ALL")
    assert lab == pytest.approx({name: 1 / share for name, share in world.INCLUSION.items()}, abs=1e-5)


def test_those_who_answer_are_happier_and_their_propensity_undoes_it(due: pd.DataFrame, company: Company) -> None:
    told = company.truth["in_this_company"]["nps"]["total"]
    answers = due[due.answered]
    before_late = due[due.invited & (due.sent_on < pd.Timestamp("2024-10-15"))]
    assert before_late.answered.mean() == pytest.approx(before_late.propensity.mean(), abs=0.01)
    error = _error(answers.points, answers.account_id, 1 / answers.propensity)
    assert answers.points.mean() > told["points_of_everyone_invited"] + 4 * error
    undone = _mean(answers.points, 1 / answers.propensity)
    assert undone == pytest.approx(told["points_of_everyone_invited"], abs=4 * error)


def test_the_propensity_is_that_of_what_was_known(company: Company) -> None:
    """Standardised usage and tenure, from the lab's own columns, for those without a recent complaint."""
    known = company.frame("""
        SELECT propensity, (ln(usage_gb) - 4.5) / 0.5 AS usage, sent_on, start FROM answers JOIN customers USING (customer_id)
        JOIN spells ON customer = customer_id AND contract LIKE '%-1' AND ("end" IS NULL OR sent_on < "end")
        WHERE customer_id NOT IN (SELECT customer_id FROM events WHERE kind = 'complaint')""")
    numbers = company.truth["silence"]["log_odds_of_answering"]
    years = ((known.sent_on - known.start).dt.days / 30.4375 + 0.5).clip(upper=36) / 12
    odds = numbers["base"] + numbers["usage"] * known.usage + numbers["tenure_years"] * years
    assert (known.propensity - 1 / (1 + np.exp(-odds))).abs().quantile(0.99) < 0.02


def test_answers_come_late_as_planted(company: Company) -> None:
    delays = company.frame(
        """
        SELECT datediff('day', sent_at::DATE, answered::DATE) AS days FROM responses JOIN invitations
        ON invitation = invitation_id WHERE responses.survey = 'relationship' AND sent_at::DATE < DATE '2024-11-01'"""
    ).days
    assert delays.between(0, 45).all()
    assert delays.max() > 40
    for days in (0, 7, 30):
        expected = ((days + 1) / 46) ** 0.25
        assert (delays <= days).mean() == pytest.approx(expected, abs=4 * math.sqrt(0.25 / len(delays)))


def test_answers_of_one_customer_go_together_as_told(due: pd.DataFrame, company: Company) -> None:
    left = due.points - due.groupby(["segment", "month"]).points.transform("mean")
    pairs = [(0.0, 0)]
    for _, values in left.groupby(due.customer_id):
        pairs.append((sum(a * b for a, b in itertools.combinations(values, 2)), len(values) * (len(values) - 1) // 2))
    found = sum(total for total, _ in pairs) / sum(n for _, n in pairs) / left.var()
    assert found == pytest.approx(company.truth["nps"]["correlation_of_nps_answers"]["same_customer"], abs=0.03)


def _regression(company: Company) -> tuple[dict[str, float], dict[str, float]]:
    """Standardised weights of the drivers, and their correlations with the score."""
    wide = company.frame("""
        PIVOT (SELECT response_id, item, ratings.score AS rated FROM ratings) ON item USING first(rated)""")
    scores = company.frame("SELECT answer AS response_id, score FROM responses WHERE survey = 'relationship'")
    rows = wide.merge(scores, on="response_id").dropna()
    names = list(world.DRIVERS)
    correlations = rows[[*names, "score"]].corr()
    weights = np.linalg.solve(correlations.loc[names, names], correlations.loc[names, "score"])
    return dict(zip(names, weights, strict=True)), dict(correlations.loc[names, "score"])


def test_drivers_weigh_as_planted(company: Company) -> None:
    weights, _ = _regression(company)
    planted = company.truth["drivers"]["weights"]
    # codes instead of the feeling cost some of each weight, and the same share of all
    scale = sum(weights.values()) / sum(planted.values())
    assert 0.8 < scale < 1
    assert {name: weight / scale for name, weight in weights.items()} == pytest.approx(planted, abs=0.035)
    assert sum(company.truth["drivers"]["lmg_shares"].values()) == pytest.approx(1, abs=1e-5)
    assert min(company.truth["drivers"]["lmg_shares"], key=company.truth["drivers"]["lmg_shares"].get) == "billing"


def test_no_driver_matters_in_the_null_world(null_company: Company) -> None:
    weights, correlations = _regression(null_company)
    assert dict.fromkeys(weights, 0.0) == pytest.approx(weights, abs=0.06)
    assert dict.fromkeys(correlations, 0.0) == pytest.approx(correlations, abs=0.06)


def test_nobody_differs_in_the_null_world(null_company: Company) -> None:
    due = _due(null_company)
    for column in ("segment", "region", "answered", "invited"):
        for value in due[column].unique():
            here, there = due[due[column] == value], due[due[column] != value]
            if there.empty:
                continue
            error = math.hypot(_error(here.points, here.account_id), _error(there.points, there.account_id))
            assert abs(here.points.mean() - there.points.mean()) < 4 * error, (column, value)
    late = due.month >= 12
    assert due.points[late].mean() == pytest.approx(due.points[~late].mean(), abs=5)
    assert due.propensity.min() == due.propensity.max()
    assert set(null_company.truth["nps"]["points_by_segment"].values()) == {30.0}


def test_channels_differ_as_planted(company: Company, null_company: Company) -> None:
    query = "SELECT channel, list(score) FROM responses WHERE metric = 'csat' GROUP BY ALL"
    for found in (company, null_company):
        for channel, scores in found.rows(query).items():
            error = np.std(scores) / math.sqrt(len(scores))
            assert np.mean(scores) == pytest.approx(found.truth["touchpoints"]["csat_mean"][channel], abs=4 * error)
    effort = company.frame("SELECT score FROM responses WHERE metric = 'ces'").score
    assert effort.mean() == pytest.approx(
        company.truth["touchpoints"]["ces_mean"], abs=4 * effort.std() / len(effort) ** 0.5
    )
    means = company.truth["touchpoints"]["csat_mean"]
    assert means["phone"] - means["web"] == pytest.approx(0.47)


@pytest.mark.parametrize("null", [False, True])
def test_one_handoff_is_broken(company: Company, null_company: Company, null: bool) -> None:
    found = null_company if null else company
    steps = found.frame("""
        SELECT stage, owner, lead(owner) OVER journey AS next_owner,
            datediff('second', occurred_at, lead(occurred_at) OVER journey) / 86400.0 AS days, occurred_at
        FROM events WHERE journey_id IS NOT NULL WINDOW journey AS (PARTITION BY journey_id ORDER BY occurred_at)""")
    early = steps[(steps.occurred_at < pd.Timestamp("2024-11-01")) & (steps.stage != "closing")]
    truth = found.truth["journeys"]
    for stage, (owner, following) in zip(("report", "diagnosis", "repair"), world.HANDOFFS, strict=True):
        rows = early[early.stage == stage]
        which = "broken" if [owner, following] == truth["broken"] else "usual"
        waits = rows.days.dropna()
        assert set(rows.owner) == {owner}
        assert waits.mean() == pytest.approx(truth["wait_days"][which], abs=4 * waits.std() / len(waits) ** 0.5)
        dropped = rows.days.isna().mean()
        assert dropped == pytest.approx(truth["drop_out"][which], abs=4 * math.sqrt(0.25 / len(rows)))
    assert (truth["broken"] is None) == null


def test_comments_have_the_planted_themes_and_tongues(company: Company) -> None:
    notes = company.frame(f"""
        SELECT comments.*, comment, {POINTS} AS points FROM comments JOIN responses ON answer = response_id
        WHERE score IS NOT NULL""")
    truth = company.truth["comments"]
    groups = notes.points.map({100.0: "promoter", 0.0: "passive", -100.0: "detractor"})
    for group, themes in truth["themes_by_nps_group"].items():
        of_group = notes[groups == group]
        assert dict(of_group.theme.value_counts(normalize=True)) == pytest.approx(themes, abs=2 / len(of_group) ** 0.5)
        praise = truth["praise_share_by_nps_group"][group]
        assert of_group.positive.mean() == pytest.approx(praise, abs=2 / len(of_group) ** 0.5)
    assert dict(notes.language.value_counts(normalize=True)) == pytest.approx(truth["languages"], abs=0.03)
    assert notes.comment.notna().all()
    assert notes.comment[(notes.language == "de") & (notes.theme == "app")].str.contains("App").all()


def test_cases_are_assigned_by_chance_only_in_the_trial(company: Company) -> None:
    cases = company.frame("""
        SELECT answered::DATE AS day, ln(usage_gb) > 4.5 AS heavy, case_id IS NOT NULL AS opened, assigned_at_random
        FROM responses JOIN customers ON customer = customer_id
        LEFT JOIN cases ON case_id = 'F' || substr(answer, 2)
        WHERE survey = 'relationship' AND score <= 6 AND answered::DATE < DATE '2024-12-10'""")
    truth = company.truth["cases"]
    trial = cases.day >= pd.Timestamp(truth["trial_from"])
    shares = cases[~trial].groupby("heavy").opened.mean()
    assert shares[True] == pytest.approx(truth["share_before_trial"]["usage_level above 0"], abs=0.07)
    assert shares[False] == pytest.approx(truth["share_before_trial"]["usage_level not above 0"], abs=0.07)
    assert list(cases[trial].groupby("heavy").opened.mean()) == pytest.approx([truth["share_in_trial"]] * 2, abs=0.07)
    assert (cases.assigned_at_random[cases.opened] == trial[cases.opened]).all()


def test_needs_show_in_what_is_ticked(company: Company) -> None:
    names = [f"need_{item}" for item in world.NEED_ITEMS]
    ticked = company.frame(f"SELECT need, {', '.join(names)} FROM latent JOIN customers USING (customer_id)")
    found = ticked.groupby("need")[names].mean()
    for need, items in company.truth["needs"]["item_probabilities"].items():
        assert dict(found.loc[need]) == pytest.approx(items, abs=0.025)
    assert "need" not in company.frame("FROM customers LIMIT 1").columns
