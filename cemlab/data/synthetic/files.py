"""What is written: the lab's files, the truth's files, and the lab.toml that maps the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cemlab.data.quoting import quoted
from cemlab.data.synthetic import world as planted

_ROW = "JOIN (SELECT i, customer_id FROM people) AS people USING (i)"
_PERSON = "JOIN (SELECT i, customer_id, account_id, region, segment, plan FROM people) AS people USING (i)"
_NEEDS = ", ".join(f"need_{item}" for item in planted.NEED_ITEMS)
_INVITED = f"""
    SELECT i, month, 'I' || i || '-' || (month + 1) AS invitation_id, customer_id, sent_at, 'relationship' AS survey,
        'e-mail' AS channel, 1 / inclusion AS weight
    FROM asked {_ROW} WHERE invited AND sent_on <= DATE '{planted.LAST_DAY}'
    UNION ALL
    SELECT i, month, 'W' || number, customer_id, sent_at, 'after contact', channel, 1.0 FROM touched {_ROW}"""
_UTC = f"strftime(timezone('UTC', timezone('{planted.ZONE}', sent_at)), '%Y-%m-%dT%H:%M:%SZ')"
_LIVED = f"""
    SELECT i, spell, customer_id, started_on, observed, plan, segment, CASE WHEN ended_on <= DATE '{planted.LAST_DAY}'
        THEN ended_on END AS ended_on, CASE WHEN ended_on <= DATE '{planted.LAST_DAY}' THEN reason END AS reason
    FROM (SELECT i, plan, segment, observed, spell, started_on, ended_on, reason FROM ended UNION ALL
        SELECT i, plan, segment, observed, spell, started_on, NULL, NULL FROM state) {_ROW}
    WHERE greatest(started_on, observed) <= DATE '{planted.LAST_DAY}'"""
_RECORDED = "CASE WHEN observed > started_on THEN observed END"


@dataclass(frozen=True)
class Output:
    """A file, or a folder of them, and the rows that go into it.

    Attributes
    ----------
    table : str
        Canonical table, or a name below ``truth/``.
    ending : str
        Of the file.
    query : str
        SQL of its rows, in order.
    columns : mapping of str to str
        Canonical or free column → what the lab file says of it, in TOML.
    extra : str
        Further lines of the source in TOML.
    """

    table: str
    ending: str
    query: str
    columns: Mapping[str, str]
    extra: str = ""

    def names(self, parts: int) -> list[str]:
        """Return the names of its files.

        Parameters
        ----------
        parts : int
            In how many blocks the company is drawn.

        Returns
        -------
        list of str
            Relative to the lab file.
        """
        if parts == 1:
            return [f"{self.table}.{self.ending}"]
        return [f"{self.table}/{part:04d}.{self.ending}" for part in range(1, parts + 1)]

    def write(self, engine: Any, path: Path) -> None:
        """Write the rows that the engine holds.

        Parameters
        ----------
        engine : duckdb connection
            With the tables of one block of customers.
        path : Path
            The file.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        how = "FORMAT parquet, COMPRESSION zstd"
        if self.ending != "parquet":
            compression = ", COMPRESSION gzip" if self.ending.endswith(".gz") else ""
            how = f"FORMAT csv, HEADER, DELIMITER '{self.delimiter}'{compression}"
        engine.execute(f"COPY ({self.query}) TO {quoted(str(path))} ({how})")

    @property
    def delimiter(self) -> str:
        """Between the cells of a CSV file."""
        return ";" if "delimiter" in self.extra else ","


def outputs(*, mixed: bool) -> tuple[Output, ...]:
    """Return the lab's files.

    Parameters
    ----------
    mixed : bool
        True for some CSV in odd forms, as exports are; False for Parquet alone.

    Returns
    -------
    tuple of Output
        In the order of the canonical tables.
    """
    found = {output.table: output for output in _PARQUET}
    return tuple((found | {output.table: output for output in _CSV}).values()) if mixed else _PARQUET


def lab_toml(written: Sequence[Output], *, parts: int, description: str) -> str:
    """Return the lab file.

    Parameters
    ----------
    written : sequence of Output
        The lab's files.
    parts : int
        In how many blocks the company was drawn.
    description : str
        What the lab says of itself.

    Returns
    -------
    str
        TOML.
    """
    sections = [_HEAD.format(zone=planted.ZONE, until=planted.LAST_DAY, description=description)]
    for output in written:
        names = output.names(parts)
        listed = ", ".join(f'"{name}"' for name in names)
        source = f'file = "{names[0]}"' if parts == 1 else f"files = [{listed}]"
        lines = [f"[[{output.table}]]", source, *([output.extra] if output.extra else []), f"[{output.table}.columns]"]
        sections.append("\n".join([*lines, *(f"{name} = {what}" for name, what in output.columns.items())]) + "\n")
    return "\n".join(sections)


def _plain(names: str, **other: str) -> dict[str, str]:
    return {name: f'"{name}"' for name in names.split()} | other


_HEAD = """\
# Made by `cemlab synth`: these customers are made up. What was planted stands in truth.json.

[lab]
name = "demo"
company = "Kestrel & Moss Broadband"
time_zone = "{zone}"
currency = "EUR"
locale = "en-GB"
accent = "#0b5c78"
segments = ["segment", "region", "plan"]
synthetic = true
data_until = "{until}"
description = "{description}"
"""

_CUSTOMERS = _plain(
    "customer_id account_id region segment plan age_band language acquired_by",
    known_at='"known_on"',
    usage_gb='{ from = "usage_gb", type = "number" }',
    referred_by='"referred_by"',
    name='{ from = "name", personal = true }',
    e_mail='{ from = "e_mail", personal = true }',
    **{f"need_{item}": f'{{ from = "need_{item}", type = "boolean" }}' for item in planted.NEED_ITEMS},
)
_RESPONSES = (
    "response_id invitation_id customer_id responded_at survey metric score touchpoint channel comment weight stratum"
    " cluster"
)
_EVENTS = "event_id customer_id occurred_at touchpoint channel stage owner kind value journey_id"

_PARQUET = (
    Output(
        "customers",
        "parquet",
        f"""
        SELECT customer_id, account_id, greatest(started_on, CASE acquired_by WHEN 'takeover' THEN observed END) AS known_on,
            region, segment, plan, age_band, language, acquired_by, usage_gb,
            'C' || lpad(CAST(host AS VARCHAR), 8, '0') AS referred_by, name,
            lower(replace(name, ' ', '.')) || '.' || i || '@example.com' AS e_mail, {_NEEDS}
        FROM people LEFT JOIN referrals USING (i) ORDER BY i""",
        _CUSTOMERS,
    ),
    Output(
        "spells",
        "parquet",
        f"""
        SELECT 'K' || i || '-' || spell AS spell_id, customer_id, started_on, ended_on, reason AS end_reason,
            {_RECORDED} AS observed_from, plan, segment
        FROM ({_LIVED}) ORDER BY i, spell""",
        _plain("spell_id customer_id started_on ended_on end_reason observed_from plan segment"),
    ),
    Output(
        "invitations",
        "parquet",
        f"SELECT * EXCLUDE (i, month) FROM ({_INVITED}) ORDER BY i, month, survey",
        _plain("invitation_id customer_id sent_at survey channel", weight='{ from = "weight", type = "number" }'),
    ),
    Output(
        "responses",
        "parquet",
        f"""
        SELECT response_id, invitation_id, customer_id, responded_at, survey, metric, score, touchpoint, channel, comment,
            weight, segment AS stratum, account_id AS cluster, region, segment, plan
        FROM responses {_PERSON} ORDER BY i, month, response_id""",
        _plain(_RESPONSES + " region segment plan"),
    ),
    Output(
        "ratings",
        "parquet",
        "SELECT response_id, item, score FROM ratings ORDER BY i, month, item",
        _plain("response_id item score"),
    ),
    Output(
        "events",
        "parquet",
        f"""
        SELECT event_id, customer_id, occurred_at, touchpoint, channel, stage, owner, kind, value, journey_id
        FROM events {_ROW} ORDER BY i, month, event_id""",
        _plain(_EVENTS),
    ),
    Output(
        "transactions",
        "parquet",
        f"""
        SELECT transaction_id, customer_id, occurred_at, amount, margin
        FROM transactions {_ROW} ORDER BY i, month""",
        _plain("transaction_id customer_id occurred_at amount margin"),
    ),
    Output(
        "cases",
        "parquet",
        f"""
        SELECT case_id, customer_id, opened_at, CASE WHEN closed_at < DATE '{planted.LAST_DAY}' + 1 THEN closed_at END
            AS closed_at, action, owner, assigned_at_random
        FROM cases {_ROW} ORDER BY i, month""",
        _plain("case_id customer_id opened_at closed_at action owner assigned_at_random"),
    ),
)

_CSV = (
    Output(
        "spells",
        "csv",
        f"""
        SELECT 'K' || i || '-' || spell AS contract, customer_id AS customer, strftime(started_on, '%d.%m.%Y') AS start,
            strftime(ended_on, '%d.%m.%Y') AS "end",
            CASE reason WHEN '{planted.REASONS[0]}' THEN 'L' WHEN '{planted.REASONS[1]}' THEN 'P' END AS reason,
            strftime({_RECORDED}, '%d.%m.%Y') AS recorded_since, plan, segment
        FROM ({_LIVED}) ORDER BY i, spell""",
        {
            "spell_id": '"contract"',
            "customer_id": '"customer"',
            "started_on": '{ from = "start", format = "%d.%m.%Y" }',
            "ended_on": '{ from = "end", format = "%d.%m.%Y" }',
            "end_reason": (
                f'{{ from = "reason", values = {{ L = "{planted.REASONS[0]}", P = "{planted.REASONS[1]}" }} }}'
            ),
            "observed_from": '{ from = "recorded_since", format = "%d.%m.%Y" }',
        }
        | _plain("plan segment"),
    ),
    Output(
        "invitations",
        "csv.gz",
        f"""
        SELECT invitation_id, customer_id, {_UTC} AS sent_at, survey, channel, round(weight, 6) AS weight
        FROM ({_INVITED}) ORDER BY i, month, survey""",
        _plain("invitation_id customer_id sent_at survey channel", weight='{ from = "weight", type = "number" }'),
    ),
    Output(
        "responses",
        "csv.gz",
        f"""
        SELECT response_id AS answer, invitation_id AS invitation, customer_id AS customer,
            strftime(responded_at, '%Y-%m-%d %H:%M:%S') AS answered, survey, metric,
            coalesce(CAST(score AS VARCHAR), 'n/a') AS score, touchpoint, channel, comment, round(weight, 6) AS weight,
            segment AS stratum, account_id AS cluster, region, segment, plan
        FROM responses {_PERSON} ORDER BY i, month, response_id""",
        _plain(_RESPONSES + " region segment plan")
        | {
            "response_id": '"answer"',
            "invitation_id": '"invitation"',
            "customer_id": '"customer"',
            "responded_at": '"answered"',
        },
        extra='delimiter = ";"\nmissing = ["n/a"]',
    ),
    Output(
        "ratings",
        "csv",
        "SELECT response_id, item, score FROM ratings ORDER BY i, month, item",
        _plain("response_id item score"),
    ),
)

TRUTHS = (
    Output(
        "truth/latent",
        "parquet",
        """
        SELECT customer_id, need, level, usage_level FROM people ORDER BY i""",
        {},
    ),
    Output(
        "truth/answers",
        "parquet",
        f"""
        SELECT 'I' || i || '-' || (month + 1) AS invitation_id, customer_id, sent_on, reply_on, segment, invited, inclusion,
            propensity, answers AND reply_on <= DATE '{planted.LAST_DAY}' AS answered, score
        FROM asked {_ROW} WHERE sent_on <= DATE '{planted.LAST_DAY}' ORDER BY i, month""",
        {},
    ),
    Output(
        "truth/probabilities",
        "parquet",
        f"""
        SELECT customer_id, 'K' || i || '-' || spell AS spell_id, probability_90_days, probability_leaving_90_days,
            left_within_90_days
        FROM probabilities {_ROW} ORDER BY i""",
        {},
    ),
    Output(
        "truth/comments",
        "parquet",
        """
        SELECT 'A' || number AS response_id, language, theme, positive FROM notes ORDER BY i, month""",
        {},
    ),
)
