"""Tables of hazard ratios: terms and levels against their reference."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables
from cemlab.show.tables import Cell, Column, Table
from cemlab.show.text.outcomes import outcome_words

_WORDS: Mapping[str, str] = {
    "nps_group": "Last NPS answer",
    "price_change": "Price change",
    "plan_change": "Plan change",
    "payment_failed": "Failed payment",
    "tenure": "Tenure, months",
}
"""Terms that a heading would not make readable."""
MOST_ERROR = 1.5
"""A log ratio with a larger standard error tells nothing: its interval spans a factor of hundreds."""
MOST_RATIO = math.log(1000)
"""A log ratio beyond it comes from a slice of time in which one side hardly leaves: it tells nothing."""
_RATIO = ("hazard_ratio", "ratio_low", "ratio_high")
_TELLING = ("detractor", "yes")
"""Levels of covariates that change over time that a reader asks for."""


def named(term: str) -> str:
    """Return a term as a reader calls it.

    Parameters
    ----------
    term : str
        Such as ``complaints_90d``.

    Returns
    -------
    str
        In words.

    Examples
    --------
    >>> named("complaints_90d"), named("nps_group"), named("payment_method")
    ('Complaints, last 90 days', 'Last NPS answer', 'Payment method')
    """
    window = re.fullmatch(r"(.+)_(\d+)d", term)
    what = window[1] if window else term
    return _WORDS.get(what, tables.heading(what)) + (f", last {window[2]} days" if window else "")


def row_name(term: str, level: str) -> str:
    """Return a term with its level.

    Parameters
    ----------
    term, level : str
        As in a fit; the level of a number is empty.

    Returns
    -------
    str
        Such as ``Plan: monthly``.

    Examples
    --------
    >>> row_name("plan", "monthly"), row_name("usage_gb", "")
    ('Plan: monthly', 'Usage gb')
    """
    return f"{named(term)}: {level}" if level else named(term)


def basis(fit: Estimates, *, info: LabInfo, cause: str = "") -> str:
    """Return on how many spells and events a fit rests, and its intervals.

    Parameters
    ----------
    fit : Estimates
        With the part ``fit`` (``n``, ``events``), if any.
    info : LabInfo
        For the locale.
    cause : str, default ""
        For which the events left; empty for all.

    Returns
    -------
    str
        Such as ``3,948 spells, of which 1,273 ended; 95 % intervals.``
    """
    level = numbers.level_text(fit.level, locale=info.locale)
    if "fit" not in fit.parts:
        return f"{level} intervals."
    n, events = (numbers.number(float(fit.parts["fit"][name].iloc[0]), locale=info.locale) for name in ("n", "events"))
    ended = f"left for “{cause}”" if cause else "ended"
    return f"{n} spells, of which {events} {ended}; {level} intervals."


def of_ratios(fit: Estimates, *, caption: str, info: LabInfo) -> Table:
    """Return hazard ratios with their intervals.

    Parameters
    ----------
    fit : Estimates
        Log hazard ratios by ``term`` and ``level``.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Term, level, reference, ratio, interval, spells, and the outcome of its comparison; the CSV holds the
        logarithms too.
    """
    table = _exponentiated(fit.table)
    judged = "conclusion" in table
    columns = [Column("What"), Column("Level"), Column("Against"), Column("Hazard ratio", numeric=True)]
    columns += [Column(f"{numbers.level_text(fit.level, locale=info.locale)} interval", numeric=True)]
    columns += [Column("Outcome")] if judged else []
    columns += [Column("Spells", numeric=True)]
    rows = []
    for row in table.to_dict("records"):
        words = [named(str(row["term"])), str(row["level"]) or "per unit", str(row.get("reference", "")) or "–"]
        cells = [Cell(word, word) for word in words] + _ratio_cells(row, info=info)
        out = "–" if row["suppressed"] or not judged else outcome_words(str(row["conclusion"]), floor=0.0)
        rows.append((*cells, *([Cell(out, out)] if judged else []), _spells(row, min_n=fit.min_n, info=info)))
    return Table(caption, tuple(columns), tuple(rows), table)


def of_both(fit: Estimates, *, absolute: Estimates, risks: Estimates, caption: str, info: LabInfo) -> Table:
    """Return the ratio of a cause's rate beside that of the share it takes, and the share itself.

    Parameters
    ----------
    fit : Estimates
        Log hazard ratios of the cause, by ``term`` and ``level``.
    absolute : Estimates
        From ``stats.hazards.fit_fine_gray``, for the same cause and covariates.
    risks : Estimates
        From ``stats.hazards.absolute_risks``.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Covariate with level, both ratios with intervals, share gone for the cause; the reference first.
    """
    keys = ["term", "level"]
    table = risks.table.merge(_exponentiated(fit.table)[[*keys, *_RATIO]], on=keys, how="left")
    table = table.merge(
        _exponentiated(absolute.table)[[*keys, *_RATIO]], on=keys, how="left", suffixes=("", "_absolute")
    )
    level = f"{numbers.level_text(fit.level, locale=info.locale)} interval"
    heads = ("Ratio of the rate", level, "Ratio for the share", level, "Share gone, %", level)
    columns = (Column("What"), *(Column(head, numeric=True) for head in heads))
    rows = []
    for row in table.to_dict("records"):
        name = row_name(str(row["term"]), str(row["level"])) if row["term"] else "All at their reference"
        second = {each: row[f"{each}_absolute"] for each in _RATIO}
        rows.append(
            (
                Cell(name, name),
                *_ratio_cells(row, info=info),
                *_ratio_cells(second, info=info),
                *_share_cells(row, info=info),
            )
        )
    return Table(caption, columns, tuple(rows), table)


def _share_cells(row: Mapping[Any, Any], *, info: LabInfo) -> list[Cell]:
    value, low, high = (100 * float(row[name]) for name in ("estimate", "ci_low", "ci_high"))
    if not math.isfinite(value):
        return [Cell("–", math.nan), Cell("–", math.nan)]
    interval = numbers.interval_text(low, high, digits=1, locale=info.locale)
    return [Cell(numbers.number(value, 1, locale=info.locale), value), Cell(interval, low)]


def of_effects(tests: Estimates, *, fit: Estimates, caption: str, clock: str, info: LabInfo) -> Table:
    """Return effects in slices of time as a table.

    Parameters
    ----------
    tests : Estimates
        From ``stats.diagnostics.proportional_hazards``, with the part ``effect``.
    fit : Estimates
        The fit that was tested: levels that it withholds are left out.
    caption : str
        What one row is.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Term and level, slice, hazard ratio, interval.
    """
    table = _exponentiated(published_effects(tests, fit=fit))
    level = numbers.level_text(tests.level, locale=info.locale)
    columns = (
        Column("What"),
        Column(f"From, {clock}", numeric=True),
        Column(f"To, {clock}", numeric=True),
        Column("Hazard ratio", numeric=True),
        Column(f"{level} interval", numeric=True),
    )
    rows = []
    for row in table.to_dict("records"):
        name, edges = row_name(str(row["term"]), str(row["level"])), (float(row["start"]), float(row["stop"]))
        rows.append((Cell(name, name), *(Cell(f"{edge:g}", edge) for edge in edges), *_ratio_cells(row, info=info)))
    return Table(caption, columns, tuple(rows), table)


def published_effects(tests: Estimates, *, fit: Estimates) -> pd.DataFrame:
    """Return the effects in slices of time of the levels that a fit publishes.

    Parameters
    ----------
    tests : Estimates
        From ``stats.diagnostics.proportional_hazards``, with the part ``effect``.
    fit : Estimates
        The fit that was tested.

    Returns
    -------
    pandas.DataFrame
        Rows of ``effect``; NaN where a slice tells nothing: its standard error above `MOST_ERROR`, or the
        effect beyond `MOST_RATIO`.
    """
    told = fit.table.loc[~fit.table["suppressed"].astype(bool), ["term", "level"]]
    effects = tests.parts["effect"].merge(told, on=["term", "level"])
    sure = (effects["std_error"] <= MOST_ERROR) & (effects["estimate"].abs() <= MOST_RATIO)
    return effects.assign(
        **{name: effects[name].where(sure) for name in ("estimate", "std_error", "ci_low", "ci_high")}
    )


def telling(fit: Estimates, term: str) -> dict[Any, Any] | None:
    """Return the row of a covariate that says most: a detractor, a thing that happened, else the last level.

    Parameters
    ----------
    fit : Estimates
        Log hazard ratios by ``term`` and ``level``.
    term : str
        The covariate.

    Returns
    -------
    dict or None
        The row; None where the fit does not hold the covariate.
    """
    rows = fit.table.loc[fit.table["term"] == term].to_dict("records")
    return next((row for row in rows if row["level"] in _TELLING), rows[-1] if rows else None)


def against(row: Mapping[Any, Any]) -> str:
    """Return what a ratio compares, in words.

    Parameters
    ----------
    row : mapping
        ``term``, ``level`` and ``reference``.

    Returns
    -------
    str
        Such as ``Last NPS answer: detractor, not passive``.

    Examples
    --------
    >>> against({"term": "nps_group", "level": "detractor", "reference": "passive"})
    'Last NPS answer: detractor, not passive'
    >>> against({"term": "complaint", "level": "yes", "reference": "no"})
    'Complaint'
    """
    if row["level"] == "yes":
        return named(str(row["term"]))
    return f"{row_name(str(row['term']), str(row['level']))}, not {row['reference']}"


def of_ways(fits: Mapping[str, Estimates], *, terms: Sequence[str], caption: str, info: LabInfo) -> Table:
    """Return the same ratios asked in several ways, one covariate and way per row.

    Parameters
    ----------
    fits : mapping of str to Estimates
        Way to ask → log hazard ratios by ``term`` and ``level``.
    terms : sequence of str
        The covariates.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Covariate, way, hazard ratio, interval, spells (or months) behind it.
    """
    first = next(iter(fits.values()))
    found = [(way, telling(fit, term)) for term in terms for way, fit in fits.items()]
    table = _exponentiated(pd.DataFrame([{**row, "way": way} for way, row in found if row is not None]))
    level = numbers.level_text(first.level, locale=info.locale)
    columns = (
        Column("What"),
        Column("Way to ask"),
        Column("Hazard ratio", numeric=True),
        Column(f"{level} interval", numeric=True),
        Column("Spells or months", numeric=True),
    )
    rows = tuple(
        (
            Cell(against(row), against(row)),
            Cell(row["way"], row["way"]),
            *_ratio_cells(row, info=info),
            _spells(row, min_n=first.min_n, info=info),
        )
        for row in table.to_dict("records")
    )
    return Table(caption, columns, rows, table)


def _exponentiated(table: pd.DataFrame) -> pd.DataFrame:
    names = {"estimate": "hazard_ratio", "ci_low": "ratio_low", "ci_high": "ratio_high"}
    return table.assign(**{new: np.exp(table[old].astype(float)) for old, new in names.items()})


def _ratio_cells(row: Mapping[Any, Any], *, info: LabInfo) -> list[Cell]:
    value, low, high = (float(row[name]) for name in ("hazard_ratio", "ratio_low", "ratio_high"))
    if not math.isfinite(value):
        return [Cell("–", math.nan), Cell("–", math.nan)]
    digits = ratio_digits(low, high)
    return [
        Cell(numbers.number(value, digits, locale=info.locale), value),
        Cell(numbers.interval_text(low, high, digits=digits, locale=info.locale), low),
    ]


def ratio_digits(low: float, high: float) -> int:
    """Return the decimals that a ratio's interval deserves, at least one.

    Parameters
    ----------
    low, high : float
        Limits of the ratio.

    Returns
    -------
    int
        1 to 3.

    Examples
    --------
    >>> ratio_digits(1.8, 2.6), ratio_digits(0.10, 0.13)
    (1, 2)
    """
    return min(3, max(1, numbers.decimals((high - low) / 2)))


def _spells(row: Mapping[Any, Any], *, min_n: int, info: LabInfo) -> Cell:
    if row["suppressed"]:
        return Cell(f"< {min_n}" if row.get("too_small") else "withheld", math.nan)
    return Cell(numbers.number(float(row["n"]), locale=info.locale), float(row["n"]))


def of_tests(tests: Mapping[str, Estimates], *, caption: str, info: LabInfo) -> Table:
    """Return tests as a table: what was tested, statistic, degrees of freedom, p-value.

    Parameters
    ----------
    tests : mapping of str to Estimates
        What was tested → ``estimate`` (χ²), ``df``, ``p_value``, one row.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        A p-value below a thousandth is printed as such.
    """
    table = pd.concat([each.table.assign(tested=name) for name, each in tests.items()], ignore_index=True)
    columns = (
        Column("Tested"),
        Column("χ²", numeric=True),
        Column("Degrees of freedom", numeric=True),
        Column("p", numeric=True),
    )
    rows = []
    for row in table.to_dict("records"):
        statistic, p_value = float(row["estimate"]), float(row["p_value"])
        shown = "< 0.001" if p_value < 0.001 else numbers.number(p_value, 3, locale=info.locale)
        rows.append(
            (
                Cell(row["tested"], row["tested"]),
                Cell(numbers.number(statistic, 2, locale=info.locale), statistic),
                Cell(numbers.number(float(row["df"]), locale=info.locale), float(row["df"])),
                Cell(shown, p_value),
            )
        )
    return Table(caption, columns, tuple(rows), table)
