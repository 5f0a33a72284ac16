"""What is planted in the made-up company, and what follows from it."""

from __future__ import annotations

import itertools
import math
from typing import Any

from cemlab.data.synthetic import world as planted
from cemlab.data.synthetic.company import HORIZONS, rounded, survival
from cemlab.data.synthetic.world import World


def planted_in(world: World) -> dict[str, Any]:
    """Return what is planted, whatever the draws.

    Parameters
    ----------
    world : World
        The world.

    Returns
    -------
    dict
        By subject; docs/demo-company.md says what each means.
    """
    return {
        "synthetic": True,
        "customers": world.customers,
        "seed": world.seed,
        "null_world": world.null,
        "first_day": str(planted.FIRST_DAY),
        "last_day": str(planted.LAST_DAY),
        "nps": _nps(world),
        "drivers": _drivers(world),
        "needs": _needs(world),
        "silence": _silence(world),
        "touchpoints": _touchpoints(world),
        "churn": _churn(world),
        "journeys": _journeys(world),
        "comments": _comments(world),
        "money": _money(world),
        "cases": _cases(world),
    }


def _baseline(world: World, plan: str) -> list[tuple[float, float]]:
    leaving, failing = world.hazards[plan]
    chances = []
    for month in range(1, max(HORIZONS) + 1):
        factor = next(factor for last, factor in planted.TENURE_FACTORS.items() if month <= last)
        hazard = leaving * factor + failing
        chances.append((1 - math.exp(-hazard), leaving * factor / hazard * (1 - math.exp(-hazard))))
    return chances


def _nps(world: World) -> dict[str, Any]:
    variances = world.variances
    account, person = variances["account"], variances["customer"] + variances["usage"]
    return {
        "points_by_segment": {
            name: world.points(name, 0) - world.effect(planted.POINTS_PER_MONTH) * (0 - planted.MIDDLE_MONTH)
            for name in planted.SEGMENTS
        },
        "points_at": "the middle of the two years, for customers without a recent complaint or case",
        "points_per_month": world.effect(planted.POINTS_PER_MONTH),
        "difference_between_regions_points": 0.0,
        "score_probabilities_at_30_points": dict(zip(map(str, range(11)), planted.CODES, strict=True)),
        "variance_of_the_feeling": dict(variances),
        "correlation_of_nps_answers": {
            "same_customer": rounded(_correlation(account + person)),
            "same_account": rounded(_correlation(account)),
            "at": (
                "30 points, same month; the design effect of the mean of m answers per customer is 1 + (m - 1) times it"
            ),
        },
        "effect_of_complaint": world.effect(planted.COMPLAINT_ON_SCORE),
        "effect_of_case": world.effect(planted.CASE_ON_SCORE),
        "effects_in": "standard deviations of the feeling, which ten cut points turn into the codes",
        "segment_shares": planted.SEGMENTS,
        "new_accounts_share_of_student": {
            "first_month": world.growing_share(0),
            "last_month": rounded(world.growing_share(planted.MONTHS - 1)),
        },
        "inclusion_probabilities": planted.INCLUSION,
    }


def _correlation(shared: float) -> float:
    """Correlation of two answers' group (-1, 0, 1) when a part of the variance of the feeling is shared."""
    import numpy as np

    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    weights = weights / weights.sum()
    spread = math.sqrt(1 - shared)
    given = np.array([planted.nps_at(math.sqrt(shared) * node, spread) / 100 for node in nodes])
    promoters, detractors = sum(planted.CODES[9:]), sum(planted.CODES[:7])
    variance = promoters + detractors - (promoters - detractors) ** 2
    return float(weights @ (given - weights @ given) ** 2) / variance


def _drivers(world: World) -> dict[str, Any]:
    import numpy as np

    names = list(planted.DRIVERS)
    weights = np.array([planted.driver_weights(world)[name] for name in names])
    covariance = np.full((len(names), len(names)), planted.HALO) + (1 - planted.HALO) * np.eye(len(names))
    shifts = np.array([planted.need_ratings(world, need) for need in planted.NEEDS])
    shares = np.array(list(planted.NEEDS.values()))
    centred = shifts - shares @ shifts
    covariance = covariance + centred.T @ (centred * shares[:, None])
    return {
        "weights": dict(zip(names, map(rounded, weights.tolist()), strict=True)),
        "weights_in": "standard deviations of the feeling per standard deviation of the driver",
        "r_squared": rounded(float(weights @ covariance @ weights)),
        "lmg_shares": dict(zip(names, _lmg(covariance, weights), strict=True)),
        "correlation_by_halo": planted.HALO,
        "rating": f"round({planted.RATED_MEAN} + {planted.RATED_SPREAD} * driver), kept within 0 to 10",
        "not_rated_share": planted.UNRATED,
    }


def _lmg(covariance: Any, weights: Any) -> list[float]:
    """Shapley shares of R squared: each driver's mean gain over all orders."""
    import numpy as np

    size, along = len(weights), covariance @ weights
    explained: dict[frozenset[int], float] = {frozenset(): 0.0}
    for count in range(1, size + 1):
        for at in map(list, itertools.combinations(range(size), count)):
            explained[frozenset(at)] = float(along[at] @ np.linalg.solve(covariance[np.ix_(at, at)], along[at]))
    gains = [0.0] * size
    for chosen, value in explained.items():
        for one in set(range(size)) - chosen:
            chance = math.factorial(len(chosen)) * math.factorial(size - len(chosen) - 1) / math.factorial(size)
            gains[one] += chance * (explained[chosen | {one}] - value)
    total = explained[frozenset(range(size))]
    return [rounded(gain / total) if total > 0 else 0.0 for gain in gains]


def _needs(world: World) -> dict[str, Any]:
    items = {f"need_{item}": at for at, item in enumerate(planted.NEED_ITEMS)}
    return {
        "separation": world.gap,
        "shares": planted.NEEDS,
        "item_probabilities": {
            need: {name: rounded(world.need_share(need, at)) for name, at in items.items()} for need in planted.NEEDS
        },
        "rating_shifts": {
            need: dict(zip(planted.DRIVERS, map(rounded, planted.need_ratings(world, need)), strict=True))
            for need in planted.NEEDS
        },
        "members": "truth/latent: never in the lab",
    }


def _silence(world: World) -> dict[str, Any]:
    numbers = {"base": planted.RESPONSE_NULL} if world.null else dict(planted.RESPONSE)
    return {
        "log_odds_of_answering": numbers,
        "usage": "standardised logarithm of usage_gb: (ln usage_gb - 4.5) / 0.5",
        "tenure_years": "months of tenure begun / 12, at most 3",
        "complaint": "one in the 90 days before the month of tenure",
        "score_variance_shared_with_usage": world.variances["usage"],
        "no_score_share": planted.NO_SCORE,
        "answers_by_day": f"((days + 1) / {planted.LATEST_DAYS + 1}) ** (1 / {planted.LATENESS:g})",
        "latest_days": planted.LATEST_DAYS,
    }


def _touchpoints(world: World) -> dict[str, Any]:
    means = {name: sum(c * p for c, p in enumerate(world.csat(name), 1)) for name in planted.CHANNELS}
    return {
        "csat_probabilities": {name: list(world.csat(name)) for name in planted.CHANNELS},
        "csat_mean": {name: rounded(mean) for name, mean in means.items()},
        "csat_top_two_share": {name: rounded(sum(world.csat(name)[3:])) for name in planted.CHANNELS},
        "ces_probabilities": list(planted.CES),
        "ces_mean": rounded(sum(code * share for code, share in enumerate(planted.CES, 1))),
        "invited_share_of_contacts": planted.TOUCHED,
        "response_rate": planted.TOUCHED_ANSWER,
        "metrics": planted.TOUCH_METRICS,
    }


def _churn(world: World) -> dict[str, Any]:
    return {
        "month": (
            "of tenure: from a day of the month to the same day of the next; hazards are constant within it and "
            "depend on what was known before its first day"
        ),
        "hazards_per_month": {
            plan: dict(zip(planted.REASONS, rates, strict=True)) for plan, rates in world.hazards.items()
        },
        "factor_on_leaving_by_last_month_of_tenure": {"3": 1.5, "12": 1.0, "later": 0.75},
        "log_hazard_ratios": {
            planted.REASONS[0]: {name: world.effect(value) for name, value in planted.LEAVING.items()},
            planted.REASONS[1]: {name: world.effect(value) for name, value in planted.FAILING.items()},
        },
        "terms": {
            "detractor, promoter": "last scored answer of the survey `relationship`, against passive or none",
            "complaint, price, payment": "a complaint, price change or failed payment in the 90 days before the month",
            "case": "a case opened in the 180 days before the month",
        },
        "drift": {"factor": world.drift, "from": str(planted.DRIFT_DAY)},
        "baseline": {plan: survival(_baseline(world, plan)) for plan in planted.PLANS},
        "returns_share_of_leavers": planted.RETURNS,
    }


def _journeys(world: World) -> dict[str, Any]:
    broken = None if world.null else list(planted.BROKEN)
    return {
        "contacts_per_month": planted.CONTACT,
        "log_odds_of_complaint": planted.COMPLAINT,
        "log_odds_of_complaint_per_level": world.effect(planted.COMPLAINT_BY_LEVEL),
        "handoffs": [list(pair) for pair in planted.HANDOFFS],
        "broken": broken,
        "wait_days": {"usual": planted.WAIT_DAYS, "broken": planted.WAIT_BROKEN if broken else planted.WAIT_DAYS},
        "drop_out": {"usual": planted.DROPPED, "broken": planted.DROPPED_BROKEN if broken else planted.DROPPED},
        "a journey under way": (
            "is finished even when the customer leaves; waits are exponential and cut by the last day"
        ),
        "plan_changes_per_month": planted.PLAN_CHANGES,
        "plan change": "the new speed; it has no effect on anything",
    }


def _comments(world: World) -> dict[str, Any]:
    groups = dict.fromkeys(planted.THEMES, planted.THEMES_NULL) if world.null else planted.THEMES
    return {
        "comment_share_of_answers": planted.COMMENTED,
        "languages": planted.LANGUAGES,
        "themes_by_nps_group": groups,
        "praise_share_by_nps_group": dict.fromkeys(planted.POSITIVE, 0.5) if world.null else planted.POSITIVE,
    }


def _money(world: World) -> dict[str, Any]:
    return {
        "price": planted.PRICES,
        "extras": "uniform between 0 and 10",
        "price_rise": {"share": planted.PRICE_RISE, "customers": planted.RAISED_SHARE, "months": planted.RAISED_MONTHS},
        "margin_share": dict.fromkeys(planted.MARGINS, 0.3) if world.null else planted.MARGINS,
        "referrals_per_customer_month": (
            dict.fromkeys(planted.REFERRING, planted.REFERRING_NULL) if world.null else planted.REFERRING
        ),
    }


def _cases(world: World) -> dict[str, Any]:
    shares = dict.fromkeys(planted.CASES, planted.CASES_NULL) if world.null else planted.CASES
    return {
        "opened_after": "a detractor's answer of the survey `relationship`",
        "share_before_trial": {
            "usage_level above 0": shares["usage_above"],
            "usage_level not above 0": shares["usage_below"],
        },
        "share_in_trial": shares["trial"],
        "trial_from": str(planted.TRIAL_DAY),
        "log_hazard_ratio_of_leaving": world.effect(planted.LEAVING["case"]),
        "effect_on_score": world.effect(planted.CASE_ON_SCORE),
        "lasts_days": planted.CASE_DAYS,
    }
