"""Lives month by month: who is here, who leaves and why, and what is known of each at the month's first day.

A month of tenure runs from a customer's day of the month to the same day of the next. Its hazards are
constant, and depend only on what was known before its first day.
"""

from __future__ import annotations

from typing import Any

from cemlab.data.synthetic import world as planted
from cemlab.data.synthetic.draws import Draws
from cemlab.data.synthetic.world import World

_STATE = {
    "first_group": "VARCHAR",
    "first_at": "DATE",
    "last_group": "VARCHAR",
    "last_at": "DATE",
    "complained": "DATE",
    "failed": "DATE",
    "raised_at": "DATE",
    "case_before": "DATE",
    "case_last": "DATE",
    "leaving": "DOUBLE",
    "failing": "DOUBLE",
    "since": "DATE",
    "until": "DATE",
}
"""What changes over a life beside the spell and its start; empty at first."""
_STATIC = "i, account, segment, plan, level, usage_level, observed, raised, raised_in"
_TAIL_MONTHS = 4


def begin(engine: Any) -> None:
    """Create the state of every customer before anything has happened, and the tables that lives fill.

    Parameters
    ----------
    engine : duckdb connection
        Holds ``people``.
    """
    nulls = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _STATE.items())
    engine.execute(f"CREATE OR REPLACE TABLE state AS SELECT {_STATIC}, 1 AS spell, started_on, {nulls} FROM people")
    engine.execute("CREATE OR REPLACE TABLE frozen AS FROM state WHERE false")
    engine.execute(
        "CREATE OR REPLACE TABLE ended (i UBIGINT, plan VARCHAR, segment VARCHAR, observed DATE, spell INTEGER, "
        "started_on DATE, ended_on DATE, reason VARCHAR)"
    )


def known(world: World, month: str) -> str:
    """Return the SQL of what is known before `month`, and of the hazards that follow from it.

    Parameters
    ----------
    world : World
        The world.
    month : str
        SQL of a relation with the state and the columns ``first_day`` and ``next_first``.

    Returns
    -------
    str
        SQL of a query.
    """
    recent = f"first_day - {planted.RECENT_DAYS} AND first_day - 1"
    case_days = f"first_day - {planted.CASE_DAYS} AND first_day - 1"
    return f"""
        SELECT *, {_leaving(world)} AS hazard_leaving, {_failing(world)} AS hazard_failing
        FROM (SELECT *, 1 + datediff('month', started_on, first_day) AS tenure_month,
            CASE WHEN last_at < first_day THEN last_group WHEN first_at < first_day THEN first_group ELSE 'none' END AS nps_group,
            coalesce(complained BETWEEN {recent}, false) AS complaint,
            coalesce(failed BETWEEN {recent}, false) AS payment,
            coalesce(raised_at BETWEEN {recent}, false) AS price,
            coalesce(case_before BETWEEN {case_days}, false) OR coalesce(case_last BETWEEN {case_days}, false) AS attended
            FROM ({month}))"""


def live(engine: Any, world: World, *, month: int) -> None:
    """Create ``lived``: everyone who is here in a month, with the day and reason of leaving for those who leave.

    Parameters
    ----------
    engine : duckdb connection
        Holds ``state``.
    world : World
        The world.
    month : int
        0 is January 2023.
    """
    draws = Draws(world.seed)
    opening = f"CAST(DATE '{planted.FIRST_DAY}' + to_months({month}) AS DATE)"
    following = f"CAST(DATE '{planted.FIRST_DAY}' + to_months({month + 1}) AS DATE)"
    # until and since of the state speak of the month before
    present = f"""
        SELECT * EXCLUDE (since, until), greatest(first_day, observed) AS since FROM (
            SELECT * EXCLUDE (leaving, failing), {opening} + (day(started_on) - 1)::INTEGER AS first_day,
                {following} + (day(started_on) - 1)::INTEGER AS next_first FROM state)
        WHERE started_on <= first_day AND observed < next_first"""
    engine.execute(f"""
        CREATE OR REPLACE TABLE lived AS
        WITH risked AS (
            SELECT *, next_first - since AS days, (next_first - since) / (next_first - first_day) AS part
            FROM ({known(world, present)})),
        fated AS (
            SELECT *, hazard_leaving * part AS leaving, hazard_failing * part AS failing, {month} AS month,
                CAST(i * 64 + {month + 2} AS UBIGINT) AS tick
            FROM risked),
        waited AS (SELECT *, {draws.waiting("end")} / (leaving + failing) AS share FROM fated)
        SELECT * EXCLUDE (share, part),
            CASE WHEN share < 1 THEN since + CAST(1 + floor(share * days) AS INTEGER) END AS ended_on,
            CASE WHEN share < 1 THEN CASE WHEN {draws.uniform("reason")} * (leaving + failing) < leaving
                THEN '{planted.REASONS[0]}' ELSE '{planted.REASONS[1]}' END END AS reason
        FROM waited""")
    engine.execute(
        "INSERT INTO ended SELECT i, plan, segment, observed, spell, started_on, ended_on, reason FROM lived "
        "WHERE ended_on IS NOT NULL"
    )


def age(engine: Any, world: World, *, month: int) -> None:
    """Carry what happened in a month into the state; freeze what is known after the last day.

    Parameters
    ----------
    engine : duckdb connection
        Holds ``state``, ``lived``, ``due`` and ``contacts``.
    world : World
        The world.
    month : int
        0 is January 2023.
    """
    last = f"DATE '{planted.LAST_DAY}'"
    if month in (planted.MONTHS - 2, planted.MONTHS - 1):
        here = "<=" if month == planted.MONTHS - 1 else ">"
        engine.execute(f"""
            INSERT INTO frozen BY NAME SELECT * FROM ({_aged(world, month=month, until=last)})
            WHERE day(started_on) {here} {planted.LAST_DAY.day} AND since IS NOT NULL AND started_on <= {last}""")
    engine.execute(f"CREATE OR REPLACE TABLE next_state AS {_aged(world, month=month, until='')}")
    engine.execute("DROP TABLE state")
    engine.execute("ALTER TABLE next_state RENAME TO state")


def probabilities(engine: Any, world: World) -> None:
    """Create ``probabilities``: how likely each live customer leaves within the horizon after the last day.

    What is known after the last day stays as it is; recent things grow old, and tenure goes on.

    Parameters
    ----------
    engine : duckdb connection
        Holds ``frozen`` and ``ended``.
    world : World
        The world.
    """
    begins = f"DATE '{planted.LAST_DAY}' + 1"
    ends = f"DATE '{planted.LAST_DAY}' + {1 + planted.HORIZON_DAYS}"
    later = """
        SELECT * EXCLUDE (leaving, failing), CAST(until + to_months(CAST(j AS INTEGER)) AS DATE) AS first_day,
            CAST(until + to_months(CAST(j + 1 AS INTEGER)) AS DATE) AS next_first
        FROM frozen CROSS JOIN range(4) AS months(j)"""
    engine.execute(f"""
        CREATE OR REPLACE TABLE probabilities AS
        WITH pieces AS (
            SELECT i, spell, hazard_leaving AS leaving, hazard_failing AS failing,
                greatest(0, least(next_first, {ends}) - first_day) / (next_first - first_day) AS part
            FROM ({known(world, later)})
            UNION ALL
            SELECT i, spell, leaving, failing, (until - greatest(since, {begins})) / (until - since) FROM frozen),
        summed AS (
            SELECT i, spell, sum(leaving * part) AS leaving, sum(failing * part) AS failing FROM pieces GROUP BY ALL)
        SELECT i, summed.spell, 1 - exp(-leaving - failing) AS probability_90_days,
            leaving / (leaving + failing) * (1 - exp(-leaving - failing)) AS probability_leaving_90_days,
            coalesce(ended_on < {ends}, false) AS left_within_90_days
        FROM summed LEFT JOIN (SELECT i, spell, ended_on FROM ended) AS fates USING (i, spell)
        WHERE ended_on IS NULL OR ended_on >= {begins}""")


def months() -> range:
    """Return the months that are lived, some before the first day and some after the last.

    Returns
    -------
    range
        0 is January 2023.
    """
    return range(planted.BEFORE, planted.MONTHS + _TAIL_MONTHS)


def _leaving(world: World) -> str:
    bands = " ".join(f"WHEN tenure_month <= {last} THEN {factor}" for last, factor in planted.TENURE_FACTORS.items())
    baseline = " ".join(f"WHEN '{plan}' THEN {rates[0]}" for plan, rates in world.hazards.items())
    effects = {name: world.effect(value) for name, value in planted.LEAVING.items()}
    return f"""CASE plan {baseline} END * CASE {bands} END * exp(
        CASE WHEN segment = 'Student' THEN {effects["Student"]} ELSE 0 END
        + CASE nps_group WHEN 'detractor' THEN {effects["detractor"]} WHEN 'promoter' THEN {effects["promoter"]} ELSE 0 END
        + CASE WHEN complaint THEN {effects["complaint"]} ELSE 0 END + CASE WHEN price THEN {effects["price"]} ELSE 0 END
        + CASE WHEN attended THEN {effects["case"]} ELSE 0 END)
        * CASE WHEN first_day >= DATE '{planted.DRIFT_DAY}' THEN {world.drift} ELSE 1 END"""


def _failing(world: World) -> str:
    baseline = " ".join(f"WHEN '{plan}' THEN {rates[1]}" for plan, rates in world.hazards.items())
    effects = {name: world.effect(value) for name, value in planted.FAILING.items()}
    return f"""CASE plan {baseline} END * exp(CASE WHEN segment = 'Student' THEN {effects["Student"]} ELSE 0 END
        + CASE WHEN payment THEN {effects["payment"]} ELSE 0 END)"""


def _aged(world: World, *, month: int, until: str) -> str:
    """SQL of the state after a month, from what happened up to a day (all of it when empty)."""
    draws = Draws(world.seed)
    seen = (lambda day: f"(CASE WHEN {day} <= {until} THEN {day} END)") if until else (lambda day: day)
    over = "lived.ended_on IS NOT NULL" + (f" AND lived.ended_on <= {until}" if until else "")
    returns = (
        f"lived.reason = '{planted.REASONS[0]}' AND state.spell < 3 AND {draws.uniform('returns', 'lived.tick')} <"
        f" {planted.RETURNS}"
    )
    again = (
        f"CAST(date_trunc('month', lived.ended_on) + to_months(2 + CAST(floor(4 * {draws.uniform('gap', 'lived.tick')})"
        f" AS INTEGER)) AS DATE) + CAST(floor(28 * {draws.uniform('again', 'lived.tick')}) AS INTEGER)"
    )
    return f"""
        SELECT {", ".join(f"state.{name.strip()}" for name in _STATIC.split(","))},
            state.spell + CASE WHEN {over} THEN 1 ELSE 0 END AS spell,
            CASE WHEN {over} THEN {again} ELSE state.started_on END AS started_on,
            CASE WHEN {seen("due.answered_on")} IS NULL THEN first_group ELSE last_group END AS first_group,
            CASE WHEN {seen("due.answered_on")} IS NULL THEN first_at ELSE last_at END AS first_at,
            CASE WHEN {seen("due.answered_on")} IS NULL THEN last_group ELSE due.score_group END AS last_group,
            coalesce({seen("due.answered_on")}, {seen("last_at")}) AS last_at,
            coalesce({seen("contacts.complained_on")}, complained) AS complained,
            coalesce({seen("contacts.failed_on")}, failed) AS failed,
            CASE WHEN state.raised AND state.raised_in = {month} AND lived.since IS NOT NULL
                THEN coalesce({seen("lived.since")}, raised_at) ELSE raised_at END AS raised_at,
            CASE WHEN {seen("due.opened_on")} IS NULL THEN case_before ELSE case_last END AS case_before,
            coalesce({seen("due.opened_on")}, {seen("case_last")}) AS case_last,
            lived.leaving, lived.failing, lived.since, lived.next_first AS until
        FROM state
            LEFT JOIN (SELECT i, tick, ended_on, reason, leaving, failing, since, next_first FROM lived) AS lived USING (i)
            LEFT JOIN (SELECT i, answered_on, score_group, opened_on FROM due WHERE answered_on IS NOT NULL) AS due USING (i)
            LEFT JOIN (SELECT i, complained_on, failed_on FROM contacts) AS contacts USING (i)
        WHERE NOT ({over}) OR ({returns})"""
