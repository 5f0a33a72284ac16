"""Findings, the numbers that a report asserts, and the sentences that are made of them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from cemlab.core.results.estimates import Better, Estimates, Unit
from cemlab.core.results.outcomes import Outcome, outcome_of

Aspect = Literal[
    "value",
    "bare",
    "precise",
    "magnitude",
    "interval",
    "span",
    "low",
    "high",
    "n",
    "mde",
    "floor",
    "level",
    "std_error",
]


@dataclass(frozen=True)
class Finding:
    """One number that the report asserts.

    Attributes
    ----------
    key : str
        What it is, dotted: ``nps.overall``, ``nps.region``. With `scope` and `period` it names the
        number across runs.
    value : float
        The number, NaN when suppressed.
    unit : str
        Of value and interval.
    label : str
        At most six words for a tile or a table.
    scope : mapping of str to str
        The group it speaks of; empty for all.
    period : str
        The window or step it speaks of; empty for the whole window.
    std_error, ci_low, ci_high : float
        NaN where the number is a count of what is there.
    level : float
        Confidence level of the interval, NaN without one.
    n : float
        Answers (or spells, …) behind it.
    p_value, q_value : float
        Of the comparison, plain and after false-discovery control in `family`.
    family : str
        The family it was adjusted in; empty when it is no comparison.
    flagged : bool
        True when the comparison is shown to be larger than the materiality floor (q < 0.05).
    mde : float
        Smallest true difference that this comparison would have found with 80 % power.
    better : {"up", "down", "none"}
        Which direction is good.
    suppressed : bool
        True when the cell is too small to publish.
    min_n : int
        The smallest cell that is published, for printing "< min_n".
    table : str
        The published table it came from.
    row : int
        Its row there, from 0.
    significant : bool
        True when it is shown to differ from zero (q < 0.05 with a floor of 0).
    floor : float
        The materiality floor, in the unit of the value.
    reason : str
        Why there is no test; empty where there is one, or it is not known.
    """

    key: str
    value: float
    unit: Unit
    label: str = ""
    scope: Mapping[str, str] = field(default_factory=dict)
    period: str = ""
    std_error: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    level: float = math.nan
    n: float = math.nan
    p_value: float = math.nan
    q_value: float = math.nan
    family: str = ""
    flagged: bool = False
    mde: float = math.nan
    better: Better = "none"
    suppressed: bool = False
    min_n: int = 0
    table: str = ""
    row: int = 0
    significant: bool = False
    floor: float = 0.0
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        """What may be said of it as a comparison (`outcome_of`)."""
        return outcome_of({**vars(self), "estimate": self.value}, floor=self.floor)

    @classmethod
    def of(
        cls,
        key: str,
        estimates: Estimates,
        *,
        where: Mapping[str, object] | None = None,
        label: str = "",
        table: str = "",
    ) -> Finding:
        """Return the finding that one row of `estimates` makes.

        Parameters
        ----------
        key : str
            What it is, dotted.
        estimates : Estimates
            Adjusted first, when it holds comparisons.
        where : mapping of str to object, optional
            Which row; may be left out when there is one.
        label : str, default ""
            Words for a tile or table.
        table : str, default ""
            Name of the published table that holds the row.

        Returns
        -------
        Finding
            With every number of that row.
        """
        row = estimates.row(where)
        # a key may have the name of a number or of a judgement
        found = row.drop(list(estimates.by))

        def _number(name: str) -> float:
            return float(found[name]) if name in found and pd.notna(found[name]) else math.nan

        scope = {name: str(row[name]) for name in estimates.by if name != "period"}
        return cls(
            key=key,
            value=_number("estimate"),
            unit=estimates.unit,
            label=label,
            scope=scope,
            period=str(row["period"]) if "period" in estimates.by else "",
            std_error=_number("std_error"),
            ci_low=_number("ci_low"),
            ci_high=_number("ci_high"),
            level=estimates.level,
            n=_number("n"),
            p_value=_number("p_value"),
            q_value=_number("q_value"),
            family=str(found.get("family", "")),
            flagged=bool(found.get("flagged", False)),
            mde=_number("mde"),
            significant=bool(found.get("significant", False)),
            floor=float(found.get("floor", 0.0)),
            reason=str(found.get("reason", "")),
            better=estimates.better,
            suppressed=bool(row["suppressed"]),
            min_n=estimates.min_n,
            table=table,
            row=int(str(row.name)),
        )


@dataclass(frozen=True)
class Name:
    """A word that comes from data or parameters: a segment, a period, a column. May hold digits."""

    text: str


@dataclass(frozen=True)
class Quote:
    """One aspect of a finding, as it stands in a sentence.

    Attributes
    ----------
    finding : Finding
        The number.
    aspect : {"value", "bare", "precise", "magnitude", "interval", "span", "low", "high", "n", "mde", "floor", "level", "std_error"}
        Which of its numbers; ``magnitude`` is the value without its sign, ``precise`` has one more decimal, ``bare`` has
        no word of a unit, ``span`` is the interval of the magnitude.
    """

    finding: Finding
    aspect: Aspect = "value"


Part = str | Name | Quote | Finding
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Sentence:
    """A sentence whose numbers are findings.

    Parameters
    ----------
    *parts : str, Name, Quote or Finding
        Literal text holds no digits, so that no number can stand in a report that is not a
        finding; a bare finding stands for its value.

    Raises
    ------
    ValueError
        When a literal part holds a digit.
    """

    parts: tuple[Part, ...]

    def __init__(self, *parts: Part) -> None:
        for part in parts:
            if isinstance(part, str) and _DIGIT.search(part):
                raise ValueError(
                    f"A sentence's own words must hold no digits: {part!r} does. Quote a finding, or use Name."
                )
        object.__setattr__(self, "parts", parts)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that it quotes, in order."""
        quoted = (part.finding if isinstance(part, Quote) else part for part in self.parts)
        return tuple(part for part in quoted if isinstance(part, Finding))
