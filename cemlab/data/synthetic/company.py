"""What is true of the customers that were drawn, whether or not the company could observe it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cemlab.data.synthetic import world as planted

HORIZONS = (1, 3, 12, 24)
"""Months of tenure at which survival is told."""
_Z = "CASE score_group WHEN 'promoter' THEN 100 WHEN 'detractor' THEN -100 ELSE 0 END"
_LOST = "1 - exp(-hazard_leaving - hazard_failing)"
_SUMS = {
    "life": f"""
        SELECT plan, tenure_month, count(*), sum({_LOST}),
            sum(hazard_leaving / (hazard_leaving + hazard_failing) * ({_LOST}))
        FROM happened WHERE since = first_day AND tenure_month <= {max(HORIZONS)} GROUP BY ALL ORDER BY ALL""",
    "nps": f"""
        SELECT segment, count(*), sum({_Z}), count(*) FILTER (invited), coalesce(sum({_Z}) FILTER (invited), 0),
            count(*) FILTER (answers), count(*) FILTER (answers AND NOT skips),
            coalesce(sum({_Z}) FILTER (answers AND NOT skips), 0), sum(propensity) FILTER (invited)
        FROM (SELECT * REPLACE (answers AND reply_on <= DATE '{planted.LAST_DAY}' AS answers) FROM asked
            WHERE sent_on <= DATE '{planted.LAST_DAY}')
        GROUP BY ALL ORDER BY ALL""",
    "months": f"""
        SELECT datediff('month', DATE '{planted.FIRST_DAY}', sent_on), count(*), sum({_Z}) FROM asked
        WHERE sent_on <= DATE '{planted.LAST_DAY}' GROUP BY ALL ORDER BY ALL""",
    "shares": f"""
        SELECT month, segment, count(*) FROM happened WHERE month >= 0 AND first_day <= DATE '{planted.LAST_DAY}'
        GROUP BY ALL ORDER BY ALL""",
    "hosts": f"""
        SELECT nps_group, count(*) FROM happened WHERE ended_on IS NULL AND month BETWEEN 0 AND {planted.MONTHS - 2}
        GROUP BY ALL ORDER BY ALL""",
    "referrals": "SELECT nps_group, count(*) FROM referrals WHERE month >= 0 GROUP BY ALL ORDER BY ALL",
    "horizon": """
        SELECT 1, count(*), sum(probability_90_days), sum(CAST(left_within_90_days AS INTEGER)) FROM probabilities""",
}
_KEYS = {"life": 2, "shares": 2}


def sums(engine: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Return the small sums from which the truth of one block of customers follows.

    Parameters
    ----------
    engine : duckdb connection
        Holds the tables of the block.

    Returns
    -------
    dict of str to list of tuple
        Rows by name.
    """
    return {name: engine.execute(query).fetchall() for name, query in _SUMS.items()}


def added(blocks: Iterable[Mapping[str, list[tuple[Any, ...]]]]) -> dict[str, dict[Any, tuple[float, ...]]]:
    """Return the sums of all blocks together.

    Parameters
    ----------
    blocks : iterable of mapping
        As `sums` returns them.

    Returns
    -------
    dict
        Name → key → numbers.
    """
    total: dict[str, dict[Any, tuple[float, ...]]] = {name: {} for name in _SUMS}
    for block in blocks:
        for name, rows in block.items():
            keys = _KEYS.get(name, 1)
            for row in rows:
                key = row[:keys] if keys > 1 else row[0]
                numbers = tuple(float(number or 0) for number in row[keys:])
                before = total[name].get(key, (0.0,) * len(numbers))
                total[name][key] = tuple(a + b for a, b in zip(before, numbers, strict=True))
    return total


def found(total: Mapping[str, Mapping[Any, tuple[float, ...]]]) -> dict[str, Any]:
    """Return what is true of the customers that were drawn, whether or not it was observed.

    Parameters
    ----------
    total : mapping
        As `added` returns it.

    Returns
    -------
    dict
        By subject.
    """
    nps = {segment: total["nps"][segment] for segment in planted.SEGMENTS if segment in total["nps"]}
    everyone = tuple(map(sum, zip(*nps.values(), strict=True))) if nps else (0.0,) * 8
    hosts = {
        group: {"customer_months": int(n[0]), "referrals": int(total["referrals"].get(group, (0.0,))[0])}
        for group, n in total["hosts"].items()
    }
    live, expected, left = total["horizon"][1]
    return {
        "nps": {name: _levels(numbers) for name, numbers in {"total": everyone, **nps}.items()},
        "nps_of_everyone_due_by_month": {
            str(month): rounded(points / n) for month, (n, points) in sorted(total["months"].items())
        },
        "segment_shares_by_month": _shares(total["shares"]),
        "survival": {plan: survival(_means(total["life"], plan)) for plan in planted.PLANS},
        "next_90_days": {
            "live_customers": int(live),
            "mean_probability": rounded(expected / max(live, 1)),
            "share_that_left": rounded(left / max(live, 1)),
        },
        "referrals_by_nps_group": hosts,
    }


def rounded(number: float) -> float:
    """Return a number as truth.json tells it.

    Parameters
    ----------
    number : float
        Any.

    Returns
    -------
    float
        To six decimals.
    """
    # sums may differ in their last digits from one engine build to the next
    return round(number, 6)


def _levels(numbers: tuple[float, ...]) -> dict[str, float]:
    due, due_points, invited, invited_points, answers, scored, points, expected = numbers
    return {
        "due": int(due),
        "points_of_everyone_due": rounded(due_points / max(due, 1)),
        "invited": int(invited),
        "points_of_everyone_invited": rounded(invited_points / max(invited, 1)),
        "answers": int(answers),
        "answers_with_a_score": int(scored),
        "points_of_those_who_answered": rounded(points / max(scored, 1)),
        "mean_propensity": rounded(expected / max(invited, 1)),
    }


def _shares(rows: Mapping[Any, tuple[float, ...]]) -> dict[str, dict[str, float]]:
    months: dict[str, dict[str, float]] = {}
    for (month, segment), (n,) in sorted(rows.items()):
        months.setdefault(str(month), {})[segment] = n
    return {
        month: {name: rounded(n / sum(counts.values())) for name, n in counts.items()}
        for month, counts in months.items()
    }


def _means(life: Mapping[Any, tuple[float, ...]], plan: str) -> list[tuple[float, float]]:
    """Mean probability of leaving for any reason, and by choice, by month of tenure among those at risk."""
    chances = []
    for month in range(1, max(HORIZONS) + 1):
        n, lost, left = life.get((plan, month), (0.0, 0.0, 0.0))
        if not n:
            break
        chances.append((lost / n, left / n))
    return chances


def survival(chances: list[tuple[float, float]]) -> dict[str, dict[str, float]]:
    """Return survival and cumulative incidences at the horizons.

    Parameters
    ----------
    chances : list of tuple
        By month of tenure: probability of leaving for any reason, and by choice, among those at risk.

    Returns
    -------
    dict
        Month → shares of those who began.
    """
    here, left, curve = 1.0, 0.0, {}
    for month, (lost, by_choice) in enumerate(chances, 1):
        left += here * by_choice
        here *= 1 - lost
        if month in HORIZONS:
            curve[str(month)] = {
                "survival": rounded(here),
                planted.REASONS[0]: rounded(left),
                planted.REASONS[1]: rounded(1 - here - left),
            }
    return curve
