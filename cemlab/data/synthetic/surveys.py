"""Surveys: the relationship survey with its sample, silence, scores and comments, and the one after a contact."""

from __future__ import annotations

import math
from typing import Any

from cemlab.data.quoting import quoted
from cemlab.data.synthetic import world as planted
from cemlab.data.synthetic.comments import SENTENCES
from cemlab.data.synthetic.draws import Draws, by, steps
from cemlab.data.synthetic.world import World

_ASKED = """i, month, tick, segment, invited, inclusion, propensity, sent_on, sent_at, reply_on, answers, skips, score,
    score_group, opened_on"""
_GROUP = "CASE WHEN score >= 9 THEN 'promoter' WHEN score >= 7 THEN 'passive' ELSE 'detractor' END"


def begin(engine: Any, world: World) -> None:
    """Create ``shifts``: what gives each segment its planted NPS in each month.

    Parameters
    ----------
    engine : duckdb connection
        Where to.
    world : World
        The world.
    """
    rows = ", ".join(
        f"({quoted(name)}, {month}, {planted.shift_for(world.points(name, month))!r})"
        for name in planted.SEGMENTS
        for month in range(planted.MONTHS)
    )
    engine.execute(f"CREATE OR REPLACE TABLE shifts AS SELECT * FROM (VALUES {rows}) AS of(name, turn, shift)")


def ask(engine: Any, world: World, *, month: int) -> None:
    """Create ``due``: whose turn it is in a month, who is in the sample, who answers, and what each would say.

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
    noise = f"sqrt({world.variances['noise']!r}) * {draws.normal('noise')}"
    liking = " + ".join(f"{weight!r} * {_driver(draws, name)}" for name, weight in _weights(world).items())
    engine.execute(f"""
        CREATE OR REPLACE TABLE due AS
        WITH turn AS (
            SELECT * EXCLUDE (first_group, first_at, last_group, last_at, complained, failed, raised_at, case_before, case_last),
                since + CAST(floor(days * {draws.uniform("survey day")}) AS INTEGER) AS sent_on,
                {by("segment", planted.INCLUSION)} AS inclusion, {_propensity(world)} AS propensity
            FROM lived WHERE (month + account) % 3 = 0 AND tenure_month >= 2),
        sent AS (
            SELECT *, {draws.uniform("sampled", "CAST(account * 64 + month + 2 AS UBIGINT)")} < inclusion AS invited,
                sent_on + INTERVAL 8 HOUR + to_seconds(floor(3600 * {draws.uniform("sent")})) AS sent_at,
                sent_on + CAST(floor({planted.LATEST_DAYS + 1} * pow({draws.uniform("delay")}, {planted.LATENESS})) AS INTEGER)
                    AS reply_on
            FROM turn WHERE ended_on IS NULL OR sent_on < ended_on),
        felt AS (
            SELECT sent.*, shift + level + {liking} + {noise}
                + CASE WHEN complaint THEN {world.effect(planted.COMPLAINT_ON_SCORE)} ELSE 0 END
                + CASE WHEN attended THEN {world.effect(planted.CASE_ON_SCORE)} ELSE 0 END AS feeling
            FROM sent JOIN shifts ON shifts.name = segment AND shifts.turn = {_turn("reply_on")}),
        scored AS (SELECT *, {_code("feeling")} AS score FROM felt),
        answering AS (
            SELECT *, {_GROUP} AS score_group, invited AND {draws.uniform("answers")} < propensity AS answers,
                {draws.uniform("no score")} < {planted.NO_SCORE} AS skips,
                {_case_chance(world)} AS chance
            FROM scored)
        SELECT *, CASE WHEN answers AND NOT skips THEN reply_on END AS answered_on,
            CASE WHEN answers AND NOT skips AND score <= 6 AND {draws.uniform("case")} < chance
                THEN reply_on + CAST(1 + floor(3 * {draws.uniform("case opened")}) AS INTEGER) END AS opened_on
        FROM answering""")
    if month < planted.MONTHS:
        append(engine, "asked", f"SELECT {_ASKED} FROM due", first=month == planted.BEFORE)


def finish(engine: Any, world: World) -> None:
    """Create what was sent, answered, rated, said and done until the last day.

    Parameters
    ----------
    engine : duckdb connection
        Holds ``asked``, ``happened`` and ``people``.
    world : World
        The world.
    """
    draws = Draws(world.seed)
    last = f"DATE '{planted.LAST_DAY}'"
    engine.execute(
        f"""
        CREATE OR REPLACE TABLE answered AS
        SELECT asked.*, language, need, i || '-' || (month + 1) AS number
        FROM asked JOIN (SELECT i, language, need FROM people) AS people USING (i) WHERE answers AND reply_on <= {last}"""
    )
    engine.execute(f"""
        CREATE OR REPLACE TABLE notes AS
        SELECT i, month, number, language, theme, positive, {_comment(draws)} AS comment FROM (
            SELECT *, {_theme(world, draws)} AS theme, {draws.uniform("positive")} < {_positive(world)} AS positive
            FROM answered WHERE {draws.uniform("comments")} < {planted.COMMENTED})""")
    _touch(engine, world)
    engine.execute(f"""
        CREATE OR REPLACE TABLE responses AS
        SELECT i, month, 'A' || number AS response_id, 'I' || number AS invitation_id,
            reply_on + INTERVAL 9 HOUR + to_seconds(floor(46800 * {draws.uniform("answered")})) AS responded_at,
            'relationship' AS survey, 'nps' AS metric, CASE WHEN NOT skips THEN score END AS score,
            NULL AS touchpoint, 'e-mail' AS channel, 1 / inclusion AS weight, comment
        FROM answered LEFT JOIN (SELECT number, comment FROM notes) AS notes USING (number)
        UNION ALL SELECT i, month, 'B' || number, 'W' || number, responded_at, 'after contact', metric, score, touchpoint,
            channel, 1.0, NULL FROM touched WHERE answers AND responded_at < {last} + 1""")
    rated = ", ".join(_rating(world, draws, name, at) for at, name in enumerate(planted.DRIVERS))
    kept = ", ".join(f"{draws.uniform('unrated ' + name)} >= {planted.UNRATED}" for name in planted.DRIVERS)
    engine.execute(f"""
        CREATE OR REPLACE TABLE ratings AS
        SELECT i, month, 'A' || number AS response_id, item, score FROM (
            SELECT i, month, number, unnest([{rated}]) AS score, unnest({list(planted.DRIVERS)!r}) AS item,
                unnest([{kept}]) AS kept FROM answered) WHERE kept""")
    engine.execute(f"""
        CREATE OR REPLACE TABLE cases AS
        SELECT i, month, 'F' || number AS case_id, opened_on + INTERVAL 10 HOUR AS opened_at,
            opened_on + CAST(1 + floor(14 * {draws.uniform("case closed")}) AS INTEGER) + INTERVAL 16 HOUR AS closed_at,
            {steps(draws.uniform("action"), {"'call back'": 0.6, "'credit'": 0.4})} AS action, 'care' AS owner,
            reply_on >= DATE '{planted.TRIAL_DAY}' AS assigned_at_random
        FROM answered WHERE opened_on <= {last}""")


def append(engine: Any, name: str, query: str, *, first: bool) -> None:
    """Add a query's rows to a table.

    Parameters
    ----------
    engine : duckdb connection
        Where to.
    name : str
        The table.
    query : str
        SQL.
    first : bool
        True to begin the table anew.
    """
    engine.execute(f"{f'CREATE OR REPLACE TABLE {name} AS' if first else f'INSERT INTO {name}'} {query}")


def _touch(engine: Any, world: World) -> None:
    """Create ``touched``: who was asked after a contact, and the answers."""
    draws = Draws(world.seed)
    csat = by("channel", {name: f"({draws.code('csat', world.csat(name), lowest=1)})" for name in planted.CHANNELS})
    spread = f"sqrt({1 - world.variances['account'] - world.variances['customer'] - world.variances['usage']!r})"
    engine.execute(f"""
        CREATE OR REPLACE TABLE touched AS
        WITH sent AS (
            SELECT *, i || '-' || (month + 1) AS number, begun_at + INTERVAL 2 HOUR AS sent_at,
                {draws.uniform("touched answers")} < {planted.TOUCHED_ANSWER} AS answers,
                {draws.pick("touched metric", planted.TOUCH_METRICS)} AS metric,
                begun_at + INTERVAL 3 HOUR + to_seconds(floor(72000 * {draws.uniform("touched answered")})) AS responded_at
            FROM happened WHERE begins AND begun_at + INTERVAL 2 HOUR < DATE '{planted.LAST_DAY}' + 1
                AND {draws.uniform("touched")} < {planted.TOUCHED}),
        felt AS (
            SELECT sent.*, shift + level + {spread} * {draws.normal("touched noise")} AS feeling
            FROM sent JOIN shifts ON shifts.name = segment AND shifts.turn = {_turn("CAST(responded_at AS DATE)")})
        SELECT *, CASE metric WHEN 'csat' THEN {csat} WHEN 'ces' THEN {draws.code("ces", planted.CES, lowest=1)}
            ELSE {_code("feeling")} END AS score
        FROM felt""")


def _weights(world: World) -> dict[str, float]:
    return {name: weight for name, weight in planted.driver_weights(world).items() if weight}


def _driver(draws: Draws, name: str) -> str:
    """A driver's own part and the halo that all drivers of an answer share."""
    halo, own = math.sqrt(planted.HALO), math.sqrt(1 - planted.HALO)
    return f"({halo!r} * {draws.normal('halo')} + {own!r} * {draws.normal('driver ' + name)})"


def _rating(world: World, draws: Draws, name: str, at: int) -> str:
    shift = by("need", {need: planted.need_ratings(world, need)[at] for need in planted.NEEDS})
    felt = f"{planted.RATED_MEAN} + {planted.RATED_SPREAD} * ({_driver(draws, name)} + {shift})"
    return f"CAST(greatest(0, least(10, round({felt}))) AS INTEGER)"


def _turn(day: str) -> str:
    """The month of `day`, 0 being January 2023, and none after the last."""
    return f"least({planted.MONTHS - 1}, datediff('month', DATE '{planted.FIRST_DAY}', {day}))"


def _code(feeling: str) -> str:
    cases = " ".join(f"WHEN {feeling} < {cut!r} THEN {code}" for code, cut in enumerate(planted.cuts()))
    return f"CASE {cases} ELSE 10 END"


def _propensity(world: World) -> str:
    if world.null:
        return f"1 / (1 + exp({-planted.RESPONSE_NULL}))"
    numbers = planted.RESPONSE
    return (
        f"1 / (1 + exp(-({numbers['base']} + {numbers['usage']} * usage_level "
        f"+ CASE WHEN complaint THEN {numbers['complaint']} ELSE 0 END "
        f"+ {numbers['tenure_years']} * least(tenure_month / 12, 3))))"
    )


def _case_chance(world: World) -> str:
    if world.null:
        return f"{planted.CASES_NULL}"
    shares = planted.CASES
    return (
        f"CASE WHEN reply_on >= DATE '{planted.TRIAL_DAY}' THEN {shares['trial']} "
        f"WHEN usage_level > 0 THEN {shares['usage_above']} ELSE {shares['usage_below']} END"
    )


def _theme(world: World, draws: Draws) -> str:
    if world.null:
        return draws.pick("theme", planted.THEMES_NULL)
    return by("score_group", {group: f"({draws.pick('theme', shares)})" for group, shares in planted.THEMES.items()})


def _positive(world: World) -> str:
    return by("score_group", dict.fromkeys(planted.POSITIVE, 0.5) if world.null else planted.POSITIVE)


def _comment(draws: Draws) -> str:
    """One of the sentences of a language, theme and mood."""
    keys = {
        f"{language} {theme} {positive}": "[" + ", ".join(quoted(sentence) for sentence in sentences) + "]"
        for (language, theme, positive), sentences in SENTENCES.items()
    }
    pairs = ", ".join(f"{quoted(key)}: {value}" for key, value in keys.items())
    return (
        f"(MAP {{{pairs}}})[language || ' ' || theme || ' ' || positive]"
        f"[1 + CAST(floor(2 * {draws.uniform('sentence')}) AS INTEGER)]"
    )
