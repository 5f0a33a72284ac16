"""Who the customers are: what does not change over their lives."""

from __future__ import annotations

import math
from typing import Any

from cemlab.data.quoting import quoted
from cemlab.data.synthetic import world as planted
from cemlab.data.synthetic.draws import Draws, by, steps
from cemlab.data.synthetic.world import World

BLOCK = 6
"""Customers per three accounts: of one, two and three customers."""
_PLACES = "[0, 1, 1, 2, 2, 2]"
_FIRST = (
    "Ada Ben Clara Dan Eva Finn Gina Hugo Ida Jan Kira Leo Mona Nils Olga Paul Rosa Sam Tina Uwe Vera Will Yara Zoe"
)
_LAST = "Ash Birch Cole Dorn Elm Field Grove Hill Iven Jung Kern Lake Marsh North Oak Pine Reed Stone Thorn Vale Wood"


def create(engine: Any, world: World, *, first: int, last: int) -> None:
    """Create the table ``people``: one row per customer, with what the company knows and what it does not.

    Parameters
    ----------
    engine : duckdb connection
        Where to.
    world : World
        The world.
    first, last : int
        Numbers of the first customer and of the one after the last.
    """
    draws = Draws(world.seed)
    spread = {name: math.sqrt(share) for name, share in world.variances.items()}
    engine.execute(f"""
        CREATE OR REPLACE TABLE people AS
        WITH numbered AS (
            SELECT CAST(n AS UBIGINT) AS i, CAST((n - 1) // {BLOCK} * 3 + {_PLACES}[(n - 1) % {BLOCK} + 1] AS UBIGINT)
                AS account
            FROM range({first}, {last}) AS numbers(n)),
        dated AS (
            SELECT *, CASE WHEN {draws.uniform("joined before", "account")} < {planted.JOINED_BEFORE}
                THEN -1 - CAST(floor(36 * {draws.uniform("joined in", "account")}) AS INTEGER)
                ELSE CAST(floor({planted.MONTHS} * {draws.uniform("joined in", "account")}) AS INTEGER) END AS month
            FROM numbered),
        placed AS (
            SELECT *, {_segment(world, draws)} AS segment, {draws.pick("region", planted.REGIONS, key="account")} AS region,
                {draws.pick("plan", planted.PLANS, key="i")} AS plan,
                {draws.pick("language", planted.LANGUAGES, key="i")} AS language,
                {draws.pick("need", planted.NEEDS, key="i")} AS need,
                {draws.normal("usage", "i")} AS usage_level,
                {spread["account"]!r} * {draws.normal("account", "account")}
                    + {spread["customer"]!r} * {draws.normal("customer", "i")} AS own_level,
                {_acquired(draws)} AS acquired_by,
                CAST(DATE '{planted.FIRST_DAY}' + to_months(month) AS DATE)
                    + CAST(floor(CASE month WHEN {planted.MONTHS - 1} THEN {planted.LAST_DAY.day} ELSE 28 END
                        * {draws.uniform("joined on", "i")}) AS INTEGER) AS started_on
            FROM dated)
        SELECT * EXCLUDE (own_level), own_level + {spread["usage"]!r} * usage_level AS level,
            'C' || lpad(CAST(i AS VARCHAR), 8, '0') AS customer_id, 'H' || lpad(CAST(account AS VARCHAR), 8, '0') AS account_id,
            {_age(world, draws)} AS age_band, round(exp(4.5 + 0.5 * usage_level), 1) AS usage_gb,
            {_name(draws)} AS name, {_items(world, draws)},
            CASE acquired_by WHEN 'takeover' THEN DATE '{planted.TAKEOVER_DAY}' ELSE DATE '{planted.FIRST_DAY}' END AS observed,
            {draws.uniform("price rise", "i")} < {planted.RAISED_SHARE} AS raised,
            {planted.RAISED_MONTHS[0]} + CAST(floor({planted.RAISED_MONTHS[1] - planted.RAISED_MONTHS[0] + 1}
                * {draws.uniform("price rise in", "i")}) AS INTEGER) AS raised_in
        FROM placed""")


def _segment(world: World, draws: Draws) -> str:
    """The share of the growing segment depends on the month in which the account began."""
    growing, share = planted.GROWING, planted.SEGMENTS[planted.GROWING]
    others = {quoted(name): each / (1 - share) for name, each in planted.SEGMENTS.items() if name != growing}
    per_month = (world.growing_share(1) - world.growing_share(0)) if planted.MONTHS > 1 else 0.0
    return (
        f"CASE WHEN {draws.uniform('growing', 'account')} < {share} + {per_month!r} * greatest(0, month) "
        f"THEN {quoted(growing)} ELSE {steps(draws.uniform('segment', 'account'), others)} END"
    )


def _acquired(draws: Draws) -> str:
    return (
        f"CASE WHEN month < 0 AND {draws.uniform('taken over', 'i')} < {planted.TAKEN_OVER} THEN 'takeover' "
        f"ELSE {draws.pick('acquired', planted.ACQUIRED, key='i')} END"
    )


def _age(world: World, draws: Draws) -> str:
    anyone = draws.pick("age", planted.AGES, key="i")
    if world.null:
        return anyone
    return f"CASE segment WHEN 'Student' THEN {draws.pick('age', planted.STUDENT_AGES, key='i')} ELSE {anyone} END"


def _items(world: World, draws: Draws) -> str:
    """What a customer ticked as important when joining: the needs show in the pattern."""
    return ", ".join(
        f"{draws.uniform('tick ' + item, 'i')} < "
        f"{by('need', {need: world.need_share(need, at) for need in planted.NEEDS})} AS need_{item}"
        for at, item in enumerate(planted.NEED_ITEMS)
    )


def _name(draws: Draws) -> str:
    parts = []
    for purpose, words in (("first name", _FIRST.split()), ("last name", _LAST.split())):
        names = ", ".join(quoted(word) for word in words)
        parts.append(f"([{names}])[1 + CAST(floor({len(words)} * {draws.uniform(purpose, 'i')}) AS INTEGER)]")
    return " || ' ' || ".join(parts)
