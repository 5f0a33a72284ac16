"""Contacts and what follows: journeys through the company's departments, payments, prices, invoices, referrals."""

from __future__ import annotations

from typing import Any

from cemlab.data.synthetic import world as planted
from cemlab.data.synthetic.draws import Draws, by
from cemlab.data.synthetic.surveys import append
from cemlab.data.synthetic.world import World

_STAGES = ("report", "diagnosis", "repair", "closing")
_PLACES = ("", "diagnosis", "home visit", "closing call")


def contact(engine: Any, world: World, *, month: int) -> None:
    """Create ``contacts``: what else happened to everyone in a month.

    Parameters
    ----------
    engine : duckdb connection
        Holds ``lived``.
    world : World
        The world.
    month : int
        0 is January 2023.
    """
    draws = Draws(world.seed)
    by_level = world.effect(planted.COMPLAINT_BY_LEVEL)
    before_end = f"ended_on - CAST(least(ended_on - since, 1 + floor(10 * {draws.uniform('fails before')})) AS INTEGER)"
    engine.execute(f"""
        CREATE OR REPLACE TABLE contacts AS
        WITH dated AS (
            SELECT i, tick, month, segment, plan, level, since, first_day, days, ended_on, reason, tenure_month, nps_group,
                hazard_leaving, hazard_failing, raised AND raised_in = month AS rises,
                raised_at, {draws.uniform("complains")} < 1 / (1 + exp(-({planted.COMPLAINT} + {by_level} * level))) AS complains,
                {draws.uniform("contacts")} < {planted.CONTACT} AS asks,
                since + CAST(floor(days * {draws.uniform("contact day")}) AS INTEGER) AS contact_on,
                CASE WHEN reason = '{planted.REASONS[1]}' THEN {before_end}
                    WHEN {draws.uniform("payment fails")} < {planted.PAYMENT_FAILS}
                    THEN since + CAST(floor(days * {draws.uniform("payment day")}) AS INTEGER) END AS failed_day,
                CASE WHEN {draws.uniform("plan changes")} < {planted.PLAN_CHANGES}
                    THEN since + CAST(floor(days * {draws.uniform("plan day")}) AS INTEGER) END AS changed_day,
                {draws.pick("channel", planted.CHANNELS)} AS channel
            FROM lived),
        told AS (
            SELECT *, (complains OR asks) AND (ended_on IS NULL OR contact_on < ended_on) AS begins FROM dated)
        SELECT *, CASE WHEN begins THEN contact_on + INTERVAL 8 HOUR
                + to_seconds(floor(43200 * {draws.uniform("contact time")})) END AS begun_at,
            CASE WHEN begins AND complains THEN contact_on END AS complained_on,
            CASE WHEN failed_day < coalesce(ended_on, DATE '9999-01-01') THEN failed_day END AS failed_on,
            CASE WHEN changed_day < coalesce(ended_on, DATE '9999-01-01') THEN changed_day END AS changed_on,
            CASE channel WHEN 'phone' THEN 'help line' ELSE 'help pages' END AS touchpoint
        FROM told""")
    if month < planted.MONTHS:
        append(engine, "happened", "SELECT * FROM contacts", first=month == planted.BEFORE)


def finish(engine: Any, world: World) -> None:
    """Create the events and invoices until the last day.

    Parameters
    ----------
    engine : duckdb connection
        Holds ``happened``.
    world : World
        The world.
    """
    _journeys(engine, world)
    _other_events(engine, world)
    _invoices(engine, world)


def refer(engine: Any, world: World, *, month: int) -> None:
    """Add who brought whom of those who join in the next month upon a recommendation.

    Who brought the rest is not known; hosts are fewer than guests, but for chance.

    Parameters
    ----------
    engine : duckdb connection
        Holds ``lived`` and ``people``.
    world : World
        The world.
    month : int
        0 is January 2023.
    """
    draws = Draws(world.seed)
    rates = dict.fromkeys(planted.REFERRING, planted.REFERRING_NULL) if world.null else planted.REFERRING
    append(
        engine,
        "referrals",
        f"""
        WITH guests AS (
            SELECT i, row_number() OVER (ORDER BY {draws.uniform("guest", "i")}) AS place FROM people
            WHERE month = {month + 1} AND acquired_by = 'referral'),
        hosts AS (
            SELECT i AS host, nps_group, row_number() OVER (ORDER BY {draws.uniform("host place")}) AS place
            FROM lived WHERE ended_on IS NULL AND {draws.uniform("host")} < {by("nps_group", rates)})
        SELECT guests.i, {month} AS month, host, nps_group FROM guests JOIN hosts USING (place)""",
        first=month == planted.BEFORE,
    )


def _journeys(engine: Any, world: World) -> None:
    """The first contact, and each handoff from one owner to the next until it is solved or dropped."""
    draws = Draws(world.seed)
    moment, going, steps, alive = "begun_at", "true", [], []
    for at, handoff in enumerate(planted.HANDOFFS, 1):
        broken = handoff == planted.BROKEN and not world.null
        wait = planted.WAIT_BROKEN if broken else planted.WAIT_DAYS
        dropped = planted.DROPPED_BROKEN if broken else planted.DROPPED
        moment = f"{moment} + to_seconds(CAST(floor(86400 * {wait} * {draws.waiting(f'wait {at}')}) AS BIGINT))"
        going = f"{going} AND {draws.uniform(f'dropped {at}')} >= {dropped}"
        steps.append(moment)
        alive.append(going)
    moments = ", ".join(["begun_at", *(f"CASE WHEN {a} THEN {m} END" for m, a in zip(steps, alive, strict=True))])
    owners = [planted.HANDOFFS[0][0], *(owner for _, owner in planted.HANDOFFS)]
    engine.execute(f"""
        CREATE OR REPLACE TABLE events AS
        SELECT i, month, 'E' || i || '-' || (month + 1) || '-' || step AS event_id, moment AS occurred_at,
            CASE step WHEN 1 THEN touchpoint ELSE ({list(_PLACES)!r})[step] END AS touchpoint,
            CASE step WHEN 1 THEN channel WHEN 3 THEN 'visit' ELSE 'phone' END AS channel, ({list(_STAGES)!r})[step] AS stage,
            ({owners!r})[step] AS owner,
            CASE step WHEN 1 THEN CASE WHEN complains THEN 'complaint' ELSE 'contact' END WHEN 4 THEN 'solved'
                ELSE 'handoff' END AS kind,
            CAST(NULL AS DOUBLE) AS value, 'J' || i || '-' || (month + 1) AS journey_id
        FROM (SELECT *, unnest([{moments}]) AS moment, unnest([1, 2, 3, 4]) AS step FROM happened WHERE begins)
        WHERE moment < DATE '{planted.LAST_DAY}' + 1""")


def _other_events(engine: Any, world: World) -> None:
    draws = Draws(world.seed)
    speeds = f"([50, 100, 250, 500])[1 + CAST(floor(4 * {draws.uniform('new speed')}) AS INTEGER)]"
    kinds = {
        "P": ("failed_on", "'billing', 'direct debit', 'use', 'billing', 'payment failed'", "CAST(NULL AS DOUBLE)"),
        "R": ("since", "'billing', 'letter', 'use', 'billing', 'price change'", f"{100 * planted.PRICE_RISE}"),
        "Q": ("changed_on", "'account pages', 'web', 'use', 'sales', 'plan change'", f"CAST({speeds} AS DOUBLE)"),
    }
    for letter, (day, words, value) in kinds.items():
        append(
            engine,
            "events",
            f"""
            SELECT i, month, '{letter}' || i || '-' || (month + 1) AS event_id, {day} + INTERVAL 7 HOUR, {words}, {value}, NULL
            FROM happened WHERE {day} <= DATE '{planted.LAST_DAY}' {"AND rises" if letter == "R" else ""}""",
            first=False,
        )


def _invoices(engine: Any, world: World) -> None:
    draws = Draws(world.seed)
    margin = by("segment", dict.fromkeys(planted.MARGINS, 0.3) if world.null else planted.MARGINS)
    engine.execute(f"""
        CREATE OR REPLACE TABLE transactions AS
        SELECT i, month, 'T' || i || '-' || (month + 1) AS transaction_id, first_day + INTERVAL 6 HOUR AS occurred_at,
            amount, round(amount * margin, 2) AS margin
        FROM (SELECT *, {margin} AS margin, round({by("plan", planted.PRICES)}
                * CASE WHEN raised_at < first_day THEN {1 + planted.PRICE_RISE} ELSE 1 END
                + 10 * {draws.uniform("extras")}, 2) AS amount
            FROM happened WHERE since = first_day AND first_day <= DATE '{planted.LAST_DAY}')""")
