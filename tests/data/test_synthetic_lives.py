"""Who leaves and why is as planted: an independent reconstruction from the lab's own tables finds it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from companies import Company

from cemlab.data.synthetic import world

MONTHS = """
    WITH months AS (
        SELECT contract, customer, plan, segment, start, "end", reason, CAST(m + 1 AS INTEGER) AS tenure_month,
            (start + to_months(CAST(m AS INTEGER)))::DATE AS first_day,
            (start + to_months(CAST(m + 1 AS INTEGER)))::DATE AS next_first
        FROM spells, range(62) AS whole(m)),
    followed AS (
        SELECT * FROM months WHERE first_day >= (SELECT greatest(coalesce(recorded_since, start), DATE '2023-01-01')
                FROM spells AS same WHERE same.contract = months.contract)
            AND next_first <= DATE '2024-12-17' AND (first_day < "end" OR "end" IS NULL)),
    answers AS (
        SELECT customer, answered::DATE AS at, CASE WHEN score >= 9 THEN 'promoter' WHEN score >= 7 THEN 'passive'
            ELSE 'detractor' END AS nps_group FROM responses WHERE survey = 'relationship' AND score IS NOT NULL),
    known AS (
        SELECT followed.*, nps_group FROM followed
        ASOF LEFT JOIN answers ON followed.customer = answers.customer AND answers.at < followed.first_day)
    SELECT plan, segment, coalesce(nps_group, 'none') AS nps_group,
        CASE WHEN tenure_month <= 3 THEN 1.5 WHEN tenure_month <= 12 THEN 1.0 ELSE 0.75 END AS factor,
        {recent} count(*) AS n,
        count(*) FILTER ("end" <= next_first AND reason = 'L') AS leaving,
        count(*) FILTER ("end" <= next_first AND reason = 'P') AS failing
    FROM known GROUP BY ALL"""


def _recent(name: str, kind: str, days: int = 90) -> str:
    table = (
        "SELECT customer_id, opened_at AS at FROM cases"
        if kind == "case"
        else (f"SELECT customer_id, occurred_at AS at FROM events WHERE kind = '{kind}'")
    )
    return (
        f"EXISTS (FROM ({table}) AS had WHERE had.customer_id = known.customer AND had.at::DATE "
        f'BETWEEN known.first_day - {days} AND known.first_day - 1) AS "{name}", '
    )


@pytest.fixture(scope="module")
def cells(company: Company) -> pd.DataFrame:
    return _cells(company)


def _cells(company: Company) -> pd.DataFrame:
    recent = [
        ("complaint", "complaint", 90),
        ("price", "price change", 90),
        ("payment", "payment failed", 90),
        ("case", "case", 180),
    ]
    return company.frame(MONTHS.format(recent="".join(_recent(*each) for each in recent)))


def _fitted(cells: pd.DataFrame, event: str, *, tenure: bool) -> Any:
    """Log hazard ratios from a complementary log-log model of person-months, the baseline per plan."""
    terms = {plan: cells.plan == plan for plan in world.PLANS}
    terms |= {"Student": cells.segment == "Student"}
    terms |= {group: cells.nps_group == group for group in ("detractor", "promoter")}
    terms |= {name: cells[name] for name in ("complaint", "price", "payment", "case")}
    design = pd.DataFrame(terms).astype(float)
    outcome = np.column_stack([cells[event], cells.n - cells[event]])
    family = sm.families.Binomial(sm.families.links.CLogLog())
    offset = np.log(cells.factor) if tenure else None
    return sm.GLM(outcome, design, family=family, offset=offset).fit()


def _far(fit: Any, expected: dict[str, float]) -> dict[str, float]:
    """Terms more than four standard errors (and the other cause's small share) from what was planted."""
    away = (fit.params - pd.Series(expected)).abs() / (4 * fit.bse + 0.03)
    return dict(away[away > 1])


def test_hazards_of_leaving_are_as_planted(company: Company, cells: pd.DataFrame) -> None:
    truth = company.truth["churn"]
    expected = {plan: math.log(rates["customer left"]) for plan, rates in truth["hazards_per_month"].items()}
    expected |= truth["log_hazard_ratios"]["customer left"] | {"payment": 0.0}
    fit = _fitted(cells, "leaving", tenure=True)
    assert _far(fit, expected) == {}
    assert fit.params["detractor"] - fit.params["promoter"] > 5 * fit.bse["detractor"]


def test_hazards_of_failed_payment_are_as_planted(company: Company, cells: pd.DataFrame) -> None:
    truth = company.truth["churn"]
    expected = {plan: math.log(rates["payment failed"]) for plan, rates in truth["hazards_per_month"].items()}
    expected |= dict.fromkeys(("detractor", "promoter", "complaint", "price", "case"), 0.0)
    assert _far(_fitted(cells, "failing", tenure=False), expected | truth["log_hazard_ratios"]["payment failed"]) == {}


def test_nothing_makes_anyone_leave_in_the_null_world(null_company: Company) -> None:
    cells = _cells(null_company)
    for event, hazard in zip(("leaving", "failing"), world.HAZARDS_NULL, strict=True):
        fit = _fitted(cells, event, tenure=event == "leaving")
        assert _far(fit, dict.fromkeys(fit.params.index, 0.0) | dict.fromkeys(world.PLANS, math.log(hazard))) == {}


def _curve(company: Company, plan: str, *, late_entry: bool) -> float:
    """Share still here after 24 months of tenure, by the product of monthly shares."""
    followed = company.frame(f"""
        SELECT floor(datediff('day', start, coalesce("end", DATE '2024-12-17')) / 30.4375) AS months, "end" IS NOT NULL AS gone,
            {"ceil(datediff('day', start, recorded_since) / 30.4375)" if late_entry else "0"} AS entry
        FROM spells WHERE plan = '{plan}'""").fillna({"entry": 0})
    here = 1.0
    for month in range(24):
        at_risk = (followed.entry <= month) & (followed.months >= month)
        here *= 1 - (followed.gone & at_risk & (followed.months == month)).sum() / at_risk.sum()
    return here


def test_survival_is_as_told_and_biased_when_late_entry_is_ignored(company: Company) -> None:
    told = company.truth["in_this_company"]["survival"]["monthly"]["24"]["survival"]
    assert _curve(company, "monthly", late_entry=True) == pytest.approx(told, abs=0.03)
    assert _curve(company, "monthly", late_entry=False) > told + 0.08


def test_baseline_survival_follows_from_the_hazards(company: Company) -> None:
    truth = company.truth["churn"]["baseline"]["yearly"]["12"]
    assert truth["survival"] == pytest.approx(math.exp(-3 * (0.011 * 1.5 + 0.004) - 9 * (0.011 + 0.004)), abs=1e-6)
    assert sum(truth.values()) == pytest.approx(1, abs=1e-5)


def test_nobody_is_asked_before_joining_or_after_leaving(company: Company) -> None:
    outside = company.frame(
        """
        SELECT count(*) AS n FROM invitations WHERE survey = 'relationship' AND NOT EXISTS (FROM spells
            WHERE customer = customer_id AND start <= sent_at::DATE AND coalesce("end", DATE '9999-01-01') > sent_at::DATE)"""
    )
    assert outside.n[0] == 0


def test_some_customers_return_and_none_lives_twice_at_once(company: Company) -> None:
    spells = company.frame('SELECT customer, start, "end" FROM spells ORDER BY customer, start')
    again = spells.customer == spells.customer.shift()
    assert again.sum() > 100
    assert (spells.start[again] > spells.end.shift()[again]).all()


def test_probabilities_of_leaving_are_calibrated(company: Company) -> None:
    live = company.frame("SELECT probability_90_days AS p, left_within_90_days AS gone FROM probabilities")
    fifths = live.groupby(pd.qcut(live.p, 5), observed=True).agg(
        p=("p", "mean"), gone=("gone", "mean"), n=("p", "size")
    )
    error = np.sqrt(fifths.p * (1 - fifths.p) / fifths.n)
    # what becomes known within the 90 days is not in the probability
    assert ((fifths.gone - fifths.p).abs() < 4 * error + 0.01).all()
    assert fifths.gone.iloc[-1] > 3 * fifths.gone.iloc[0]
    running = company.frame('SELECT count(*) AS n FROM spells WHERE "end" IS NULL').n[0]
    assert len(live) == running == company.truth["in_this_company"]["next_90_days"]["live_customers"]


def test_those_who_liked_it_bring_others(company: Company, null_company: Company) -> None:
    for found in (company, null_company):
        groups = found.truth["in_this_company"]["referrals_by_nps_group"]
        for name, rate in found.truth["money"]["referrals_per_customer_month"].items():
            expected = rate * groups[name]["customer_months"]
            assert groups[name]["referrals"] == pytest.approx(expected, abs=4 * math.sqrt(expected) + 0.05 * expected)
    early = company.frame("""
        SELECT count(*) AS n FROM customers AS guest JOIN customers AS host ON guest.referred_by = host.customer_id
        WHERE guest.known_on <= host.known_on""")
    assert early.n[0] == 0
