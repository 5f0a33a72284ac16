"""A made-up company whose truth is known: customers, contracts, surveys and invoices, drawn inside the engine.

Every draw is the MD5 of seed, purpose and id, so the same seed gives the same company on any machine,
whatever the number of threads, and no row passes through Python.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from cemlab.core.errors import EngineError, ParameterError, SourceError
from cemlab.core.parameters import REGISTRY
from cemlab.data.conversion import quoted

FIRST_DAY = "2023-01-01"
LAST_DAY = "2024-12-16"
MONTHS = 24
DAYS_PER_MONTH = 30.4375
ZONE = "Europe/Berlin"

REGIONS = {"North": 0.25, "South": 0.25, "East": 0.25, "West": 0.25}
SEGMENTS = {"Single": 0.35, "Family": 0.30, "Business": 0.20, "Student": 0.15}
PLANS = {"monthly": 0.5, "yearly": 0.3, "two years": 0.2}
GROUP_SHARES = dict.fromkeys(SEGMENTS, (0.50, 0.20)) | {"Student": (0.425, 0.275)}
"""Promoters and detractors per segment in the middle of the two years."""
POINTS_PER_MONTH = 0.5
CODES = {
    "promoter": {10: 0.60, 9: 0.40},
    "passive": {8: 0.60, 7: 0.40},
    "detractor": {6: 0.35, 5: 0.30, 4: 0.12, 3: 0.09, 2: 0.05, 1: 0.04, 0: 0.05},
}
HAZARDS = {"monthly": (0.030, 0.008), "yearly": (0.012, 0.004), "two years": (0.006, 0.002)}
"""Monthly hazards per plan: the customer leaves, the payment fails."""
REASONS = ("customer left", "payment failed")
RESPONSE_RATE = 0.35
NO_SCORE = 0.03
JOINED_BEFORE = 0.6
EVENT_RATE = 0.25
LOADINGS = {"price": 0.6, "service": 0.8, "reliability": 0.7, "app": 0.4, "billing": 0.2}
"""How much of the score each driver item repeats; the rest is noise around 6."""

_LAB_TOML = """\
# Made by `cemlab synth`: these customers are made up. What was planted stands in truth.json.

[lab]
name = "demo"
company = "Kestrel & Moss Broadband"
time_zone = "Europe/Berlin"
currency = "EUR"
locale = "en-GB"
accent = "#0b5c78"
segments = ["segment", "region", "plan"]
synthetic = true
description = "A made-up broadband company. Customers are surveyed every three months; contracts, contacts and invoices are recorded from January 2023 to 16 December 2024."

[[customers]]
file = "customers.parquet"
[customers.columns]
customer_id = "customer_id"
known_at = "joined_on"
region = "region"
segment = "segment"
plan = "plan"

[[spells]]
file = "spells.csv"
[spells.columns]
spell_id = "contract"
customer_id = "customer"
started_on = { from = "start", format = "%d.%m.%Y" }
ended_on = { from = "end", format = "%d.%m.%Y" }
end_reason = { from = "reason", values = { L = "customer left", P = "payment failed" } }
observed_from = { from = "recorded_since", format = "%d.%m.%Y" }
plan = "plan"

[[invitations]]
file = "invitations.csv.gz"
[invitations.columns]
invitation_id = "invitation_id"
customer_id = "customer_id"
sent_at = "sent_at"
survey = { constant = "relationship" }
channel = { constant = "e-mail" }

[[responses]]
file = "responses.csv.gz"
delimiter = ";"
missing = ["n/a"]
[responses.columns]
response_id = "answer"
invitation_id = "invitation"
customer_id = "customer"
responded_at = "answered"
survey = { constant = "relationship" }
metric = { constant = "nps" }
score = "recommend"
region = "region"
segment = "segment"
plan = "plan"

[[ratings]]
file = "ratings.parquet"
[ratings.columns]
response_id = "response_id"
item = "item"
score = "score"

[[events]]
file = "events.parquet"
[events.columns]
event_id = "event_id"
customer_id = "customer_id"
occurred_at = "occurred_at"
touchpoint = "touchpoint"
channel = "channel"
kind = "kind"

[[transactions]]
file = "transactions.parquet"
[transactions.columns]
transaction_id = "transaction_id"
customer_id = "customer_id"
occurred_at = "occurred_at"
amount = "amount"
margin = "margin"
"""

_FILES = {
    "customers.parquet": "SELECT customer_id, started_on AS joined_on, region, segment, plan FROM people ORDER BY i",
    "spells.csv": """
        SELECT 'K' || substr(customer_id, 2) AS contract, customer_id AS customer,
            strftime(started_on, '%d.%m.%Y') AS start, strftime(ended_on, '%d.%m.%Y') AS "end",
            CASE end_reason WHEN 'customer left' THEN 'L' WHEN 'payment failed' THEN 'P' END AS reason,
            CASE WHEN origin > started_on THEN strftime(origin, '%d.%m.%Y') END AS recorded_since, plan
        FROM people ORDER BY i""",
    "invitations.csv.gz": """
        SELECT invitation_id, customer_id,
            strftime(timezone('UTC', timezone('Europe/Berlin', sent)), '%Y-%m-%dT%H:%M:%SZ') AS sent_at
        FROM invited ORDER BY i, m""",
    "responses.csv.gz": """
        SELECT answer, invitation_id AS invitation, customer_id AS customer,
            strftime(answered, '%Y-%m-%d %H:%M:%S') AS answered, coalesce(CAST(score AS VARCHAR), 'n/a') AS recommend,
            region, segment, plan
        FROM answered ORDER BY i, m""",
    "ratings.parquet": """
        SELECT answer AS response_id, item, CAST(greatest(0, least(10, round(
            loading * score + (1 - loading) * 6 + 3 * (draw('noise ' || item, answer) - 0.5)))) AS INTEGER) AS score
        FROM answered CROSS JOIN loadings WHERE score IS NOT NULL ORDER BY i, m, item""",
    "events.parquet": """
        SELECT 'E' || i || '-' || m AS event_id, customer_id, on_day + to_minutes(CAST(480 +
            floor(720 * draw('event minute', tag)) AS BIGINT)) AS occurred_at,
            CASE WHEN draw('event kind', tag) < 0.2 THEN 'complaint' ELSE 'question' END AS kind,
            CASE WHEN draw('event place', tag) < 0.5 THEN 'help line' ELSE 'help pages' END AS touchpoint,
            CASE WHEN draw('event place', tag) < 0.5 THEN 'phone' ELSE 'web' END AS channel
        FROM (SELECT *, i || '/' || m AS tag FROM lived) WHERE draw('event', tag) < $event_rate ORDER BY i, m""",
    "transactions.parquet": """
        SELECT 'T' || i || '-' || m AS transaction_id, customer_id,
            on_day + INTERVAL 6 HOUR AS occurred_at, amount, round(amount * 0.3, 2) AS margin
        FROM (SELECT *, round(CASE plan WHEN 'monthly' THEN 45 WHEN 'yearly' THEN 39 ELSE 35 END
            + 10 * draw('amount', i || '/' || m), 2) AS amount FROM lived) ORDER BY i, m""",
}


def write(folder: str | Path, *, customers: int = 4000, seed: int = 7) -> Path:
    """Write a made-up company: its tables, its lab.toml, and the truth behind them.

    Parameters
    ----------
    folder : str or Path
        Where to; files of the same names are replaced.
    customers : int, default 4000
        How many customers, at least 1.
    seed : int, default 7
        The same seed gives the same company.

    Returns
    -------
    Path
        The ``lab.toml``; ``truth.json`` stands beside it.

    Raises
    ------
    ParameterError
        When `customers` or `seed` is out of range.
    SourceError
        When the folder cannot be written.
    EngineError
        When there is no room left.
    """
    seed = int(str(REGISTRY["seed"].coerce(seed)))
    if customers < 1:
        raise ParameterError(f"`customers` must be at least 1: {customers} was given. Leave it out for 4,000.")
    folder = Path(folder)
    lab_file = folder / "lab.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lab_file.unlink(missing_ok=True)
        _generate(folder, customers=customers, seed=seed)
        (folder / "truth.json").write_text(json.dumps(truth(customers, seed=seed), indent=1) + "\n", encoding="utf-8")
        # last, so that a lab file stands only beside whole tables
        lab_file.write_text(_LAB_TOML, encoding="utf-8")
    except OSError as error:
        raise SourceError(
            f"The company must be written to a folder: {error.strerror}. Choose a folder that can be written."
        ) from None
    except duckdb.Error as error:
        raise EngineError(
            f"The engine must be able to draw {customers:,} customers: it stopped with {type(error).__name__}. Check the "
            "room left on the disk, or ask for fewer."
        ) from None
    return lab_file


def truth(customers: int, *, seed: int) -> dict[str, Any]:
    """Return what is planted in the company.

    Parameters
    ----------
    customers : int
        How many customers.
    seed : int
        Of its draws.

    Returns
    -------
    dict
        NPS by segment and its trend in points, score probabilities, hazards per month, response rate.
    """
    nps = {name: round(100 * (high - low), 6) for name, (high, low) in GROUP_SHARES.items()}
    return {
        "synthetic": True,
        "customers": customers,
        "seed": seed,
        "first_day": FIRST_DAY,
        "last_day": LAST_DAY,
        "segment_shares": SEGMENTS,
        "region_shares": REGIONS,
        "plan_shares": PLANS,
        "nps_points_by_segment": nps,
        "nps_points": round(sum(SEGMENTS[name] * points for name, points in nps.items()), 6),
        "nps_at": "the middle of the two years, between months 11 and 12 counted from 0",
        "nps_points_per_month": POINTS_PER_MONTH,
        "nps_difference_between_regions_points": 0.0,
        "score_probabilities_by_segment": {name: _score_probabilities(name) for name in SEGMENTS},
        "answers_of_one_customer": "independent of one another",
        "response_rate": RESPONSE_RATE,
        "no_score_share": NO_SCORE,
        "churn_hazards_per_month": {
            plan: dict(zip(REASONS, hazards, strict=True)) for plan, hazards in HAZARDS.items()
        },
        "days_per_month": DAYS_PER_MONTH,
        "rating_loadings": LOADINGS,
        "events_per_customer_month": EVENT_RATE,
    }


def _score_probabilities(segment: str) -> dict[str, float]:
    promoters, detractors = GROUP_SHARES[segment]
    shares = {"promoter": promoters, "passive": 1 - promoters - detractors, "detractor": detractors}
    return {
        str(code): round(shares[group] * share, 6) for group, codes in CODES.items() for code, share in codes.items()
    }


def _generate(folder: Path, *, customers: int, seed: int) -> None:
    spill = folder / ".spill"
    with duckdb.connect(config={"temp_directory": str(spill)}) as engine:
        engine.execute(
            f"CREATE MACRO draw(purpose, id) AS (md5_number_lower(concat_ws('/', {seed}, purpose, id)) >> 11) / {2.0**53}"
        )
        _people(engine, customers)
        _lived(engine)
        _invited(engine)
        _answered(engine)
        loadings = ", ".join(f"({quoted(item)}, {loading})" for item, loading in LOADINGS.items())
        engine.execute(f"CREATE TABLE loadings AS SELECT * FROM (VALUES {loadings}) AS of(item, loading)")
        for name, query in _FILES.items():
            target = quoted(str(folder / name))
            how = "FORMAT parquet, COMPRESSION zstd" if name.endswith(".parquet") else _csv(name)
            engine.execute(f"COPY ({query.replace('$event_rate', str(EVENT_RATE))}) TO {target} ({how})")
    if spill.is_dir():
        spill.rmdir()


def _csv(name: str) -> str:
    delimiter = ";" if name.startswith("responses") else ","
    compression = ", COMPRESSION gzip" if name.endswith(".gz") else ""
    return f"FORMAT csv, HEADER, DELIMITER '{delimiter}'{compression}"


def _people(engine: duckdb.DuckDBPyConnection, customers: int) -> None:
    """Customers with their contract. Who joined earlier was still here on the first day (late entry)."""
    rate = {plan: sum(hazards) for plan, hazards in HAZARDS.items()}
    left = {plan: hazards[0] / sum(hazards) for plan, hazards in HAZARDS.items()}
    engine.execute(f"""
        CREATE TABLE people AS
        WITH drawn AS (
            SELECT i, 'C' || lpad(CAST(i AS VARCHAR), 8, '0') AS customer_id,
                {_pick("region", REGIONS)} AS region, {_pick("segment", SEGMENTS)} AS segment,
                {_pick("plan", PLANS)} AS plan,
                CASE WHEN draw('joined', i) < {JOINED_BEFORE}
                    THEN DATE '2020-01-01' + CAST(floor(1096 * draw('joined on', i)) AS INTEGER)
                    ELSE DATE '{FIRST_DAY}' + CAST(floor(716 * draw('joined on', i)) AS INTEGER) END AS started_on
            FROM range(1, {customers + 1}) AS numbers(i)),
        ended AS (
            SELECT *, greatest(started_on, DATE '{FIRST_DAY}') AS origin,
                -ln(1 - draw('end', i)) / {_by("plan", rate)} * {DAYS_PER_MONTH} AS days
            FROM drawn)
        SELECT * EXCLUDE (days, over), CASE WHEN over <= DATE '{LAST_DAY}' THEN over END AS ended_on,
            CASE WHEN over <= DATE '{LAST_DAY}' THEN
                CASE WHEN draw('reason', i) < {_by("plan", left)} THEN {quoted(REASONS[0])}
                ELSE {quoted(REASONS[1])} END END AS end_reason
        FROM (SELECT *, origin + CAST(greatest(1, ceil(least(days, 1e5))) AS INTEGER) AS over FROM ended)""")


def _lived(engine: duckdb.DuckDBPyConnection) -> None:
    """One day in each month of each customer, kept while the contract runs."""
    engine.execute(f"""
        CREATE TABLE lived AS
        SELECT * FROM (
            SELECT people.*, CAST(m AS INTEGER) AS m, CAST(DATE '{FIRST_DAY}' + to_months(CAST(m AS INTEGER)) AS DATE)
                + CAST(floor(28 * draw('day', i || '/' || m)) AS INTEGER) AS on_day
            FROM people CROSS JOIN range({MONTHS}) AS months(m))
        WHERE on_day >= started_on AND on_day <= DATE '{LAST_DAY}' AND (ended_on IS NULL OR on_day < ended_on)""")


def _invited(engine: duckdb.DuckDBPyConnection) -> None:
    """Each customer every third month, at some minute between 8 and 9."""
    engine.execute("""
        CREATE TABLE invited AS
        SELECT *, 'I' || i || '-' || m AS invitation_id,
            on_day + INTERVAL 8 HOUR + to_seconds(floor(3600 * draw('sent', i || '/' || m))) AS sent
        FROM lived WHERE (m + i) % 3 = 0""")


def _answered(engine: duckdb.DuckDBPyConnection) -> None:
    """Answers between 9 and 22 on the same day or up to three weeks later, with a score of the group drawn."""
    promoters = _by("segment", {name: high for name, (high, _) in GROUP_SHARES.items()})
    detractors = _by("segment", {name: low for name, (_, low) in GROUP_SHARES.items()})
    middle = (MONTHS - 1) / 2
    engine.execute(f"""
        CREATE TABLE answered AS
        WITH timed AS (
            SELECT *, 'A' || substr(invitation_id, 2) AS answer,
                on_day + CAST(least(21, floor(-2.5 * ln(1 - draw('delay', invitation_id)))) AS INTEGER)
                    + INTERVAL 9 HOUR + to_seconds(floor(46800 * draw('answered', invitation_id))) AS answered
            FROM invited WHERE draw('answers', invitation_id) < {RESPONSE_RATE}),
        lifted AS (
            SELECT *, (datediff('month', DATE '{FIRST_DAY}', answered) - {middle}) * {POINTS_PER_MONTH / 200} AS lift,
                draw('group', invitation_id) AS group_draw
            FROM timed WHERE answered < DATE '{LAST_DAY}' + 1)
        SELECT *, CASE WHEN draw('no score', invitation_id) < {NO_SCORE} THEN NULL
            WHEN group_draw < {detractors} - lift THEN {_code("detractor")}
            WHEN group_draw >= 1 - ({promoters} + lift) THEN {_code("promoter")}
            ELSE {_code("passive")} END AS score
        FROM lifted""")


def _pick(purpose: str, shares: Mapping[str, float]) -> str:
    """SQL that draws one of the names with the given shares."""
    return _steps(f"draw({quoted(purpose)}, i)", {quoted(name): share for name, share in shares.items()})


def _code(group: str) -> str:
    """SQL that draws one of a group's codes."""
    return _steps("draw('code', invitation_id)", {str(code): share for code, share in CODES[group].items()})


def _steps(draw: str, shares: Mapping[str, float]) -> str:
    *first, last = shares
    reached, cases = 0.0, ""
    for result in first:
        reached += shares[result]
        cases += f"WHEN {draw} < {reached!r} THEN {result} "
    return f"CASE {cases}ELSE {last} END"


def _by(column: str, values: Mapping[str, float]) -> str:
    """SQL that looks up a number by a column's value."""
    return f"CASE {column} {' '.join(f'WHEN {quoted(name)} THEN {value!r}' for name, value in values.items())} END"
