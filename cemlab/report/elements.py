"""One jinja environment for everything that is rendered, autoescape on, with the filters it needs."""

from __future__ import annotations

import base64
import dataclasses
import functools
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

import jinja2
from markupsafe import Markup, escape

from cemlab.core.lab import STAGES, Outcome
from cemlab.core.results import Finding, Name, Part, Quote
from cemlab.report import records
from cemlab.show import format as formats
from cemlab.show import messages, say
from cemlab.show.format import Style

Scale = tuple[float, float]
_WHISKER_PX = 200
_WHOLE = re.compile(r"\d{1,2}\.? [A-Z][a-zä]+ \d{4}|\d[\d.,]*\s?%")
_TILE_UNITS = ("points", "share")
"""Units that share one scale from 0 (or −100) to 100."""


@functools.cache
def environment() -> jinja2.Environment:
    """Return the environment of every template: autoescape on, undefined names are errors."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("cemlab.report", "template"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {
        "accounts": accounts,
        "change_words": change_words,
        "coded": coded,
        "data_uri": data_uri,
        "dated": lambda text, look: formats.days_in(str(text), style=look),
        "on": on_scale,
        "printed": lambda value, finding: formats.scaled(value, finding["unit"]),
        "shown": shown,
        "slug": slug,
        "unbroken": unbroken,
        "unit_words": _unit_words,
        "whole": lambda count, look: formats.number(count, style=look),
        "words": lambda name, look, **values: look.words(name, values),
    }
    return made


def twin(record: Mapping[str, Any], *, style: Style) -> str:
    """Return a record as plain HTML for JupyterLab, which does not know our MIME type.

    Parameters
    ----------
    record : mapping
        With its ``kind``.
    style : Style
        For language and locale.

    Returns
    -------
    str
        Escaped: text from data is text there too.
    """
    macros: Any = environment().get_template("elements.html.j2").module
    return str(macros.element(record, style)).strip()


def shown(part: Mapping[str, Any], style: Style, *, bare: bool = False) -> str:
    """Return a sentence's part as the reader sees it.

    Parameters
    ----------
    part : mapping
        ``{"finding": …, "aspect": …}``, ``{"name": …}`` or ``{"words": …}``.
    style : Style
        For language and locale.
    bare : bool, default False
        True to leave words of units out.

    Returns
    -------
    str
        Plain text.
    """
    if "words" in part:
        return str(part["words"])
    if "name" in part:
        return Name(str(part["name"])).text
    quote: Part = Quote(records.to_finding(part["finding"]), part.get("aspect", "value"))
    return formats.shown(quote, style=style, bare=bare)


def labelled(finding: Finding, *, style: Style) -> Finding:
    """Return a finding with the words that a tile or the catalogue of runs calls it by.

    Parameters
    ----------
    finding : Finding
        Any.
    style : Style
        For the language.

    Returns
    -------
    Finding
        Labelled by the message ``tile-<key>``, where there is one.
    """
    name = f"tile-{re.sub('[^a-z0-9]+', '-', finding.key)}"
    if name not in messages.catalogue():
        return finding
    return dataclasses.replace(finding, label=say.text(say.message(name, one=finding), style=style))


def _unit_words(finding: Mapping[str, Any], style: Style) -> str:
    """The word of a unit that stands beside a tile's number; signs of percent and of a currency are in it."""
    unit = finding["unit"]
    return "" if unit in ("share", "currency") else formats.unit_heading(unit, style=style)


def coded(words: str) -> Markup:
    """Return words in which what stands between backticks is set as code.

    Parameters
    ----------
    words : str
        As a study or an error says them, such as "Give `believed`".

    Returns
    -------
    markupsafe.Markup
        Escaped, with ``<code>`` elements.
    """
    return Markup(re.sub(r"`([^`<>]+)`", r"<code>\1</code>", str(escape(words))))


def change_words(change: Mapping[str, Any], style: Style) -> tuple[str, str]:
    """Return how a tile's number changed: an arrow, and words that say the same.

    Parameters
    ----------
    change : mapping
        A finding's JSON, adjusted in the run's family.
    style : Style
        For language and locale.

    Returns
    -------
    tuple of (str, str)
        Up or down only where the change is flagged.
    """
    found = records.to_finding(change)
    rose = found.value > 0
    arrow = {"large": "▲" if rose else "▼", "not testable": "", "not estimable": "", "withheld": ""}.get(
        found.outcome, "→"
    )
    return arrow, say.text(say.message("tile-change", change=found), style=style)


def unbroken(text: str) -> Markup:
    """Return a text in which days and percentages do not fall apart at the end of a line.

    Parameters
    ----------
    text : str
        As it stands; what is markup in it is escaped.

    Returns
    -------
    markupsafe.Markup
        With each of them in a span that is kept on one line.

    Examples
    --------
    >>> unbroken("95% intervals, <b>")
    Markup('<span class="kept">95%</span> intervals, &lt;b&gt;')
    """
    return Markup(_WHOLE.sub(lambda found: f'<span class="kept">{found[0]}</span>', str(escape(text))))


def slug(text: str) -> str:
    """Return `text` as a file name or anchor: lower-case letters, digits and hyphens.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    str
        At most 60 characters, never empty.

    Examples
    --------
    >>> slug("NPS by region?")
    'nps-by-region'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "table"


def anchor(text: str, *, taken: set[str]) -> str:
    """Return the slug of `text`, numbered when another text has it already, and take it.

    Parameters
    ----------
    text : str
        Anything.
    taken : set of str
        Slugs that are in use; the new one is added.

    Returns
    -------
    str
        Different from all in `taken`.

    Examples
    --------
    >>> taken = set()
    >>> anchor("by plan", taken=taken), anchor("by_plan", taken=taken)
    ('by-plan', 'by-plan-2')
    """
    first = chosen = slug(text)
    number = 1
    while chosen in taken:
        number += 1
        chosen = f"{first}-{number}"
    taken.add(chosen)
    return chosen


def data_uri(text: str, mime: str) -> str:
    """Return a text as a data address that a page can show or offer for download.

    Parameters
    ----------
    text : str
        The content.
    mime : str
        Its type, such as ``text/csv``.

    Returns
    -------
    str
        Base64, so that no letter of it can end an attribute.
    """
    return f"data:{mime};base64,{base64.b64encode(text.encode()).decode()}"


def tile_scale(findings: Iterable[Finding]) -> Scale | None:
    """Return the scale that all tiles share, in printed units.

    Parameters
    ----------
    findings : iterable of Finding
        Points, percents and counts.

    Returns
    -------
    tuple of (float, float) or None
        −100 to 100 with a negative limit among them, else 0 to 100; None when no tile has an
        interval, or one lies outside −100 to 100.
    """
    ends = [
        formats.scaled(end, finding.unit)
        for finding in findings
        if finding.unit in _TILE_UNITS
        for end in (finding.ci_low, finding.ci_high)
        if math.isfinite(end)
    ]
    if not ends or max(map(abs, ends)) > 100:
        return None
    return (-100.0, 100.0) if min(ends) < 0 else (0.0, 100.0)


def on_scale(value: float, scale: Scale) -> float:
    """Return where a value lies on a tile's whisker.

    Parameters
    ----------
    value : float
        In the unit that is printed.
    scale : tuple of (float, float)
        From `tile_scale`.

    Returns
    -------
    float
        In the drawing's own units.
    """
    low, high = scale
    return round((value - low) / (high - low) * _WHISKER_PX, 2)


def accounts(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return ledger lines as one account per stage, one row per table and question.

    Parameters
    ----------
    lines : iterable of mapping
        As `cemlab.report.records.of_ledger` writes them.

    Returns
    -------
    list of dict
        ``stage`` and ``rows``; a row has ``table``, the counts ``in``, ``used``, ``excluded`` and
        ``quarantined``, ``reasons`` (words and count) and the ``percent`` of rows used.
    """
    lines = list(lines)
    made = []
    for stage in STAGES:
        ours = [line for line in lines if line["stage"] == stage]
        keys = dict.fromkeys((line["table"], line["scope"]) for line in ours)
        rows = [_account([line for line in ours if (line["table"], line["scope"]) == key]) for key in keys]
        made += [{"stage": stage.replace("_", "-"), "rows": rows}] if rows else []
    return made


def _account(lines: list[Mapping[str, Any]]) -> dict[str, Any]:
    first = lines[0]
    counts = {
        outcome: sum(line["count"] for line in lines if line["outcome"] == outcome) for outcome in get_args(Outcome)
    }
    return {
        "table": first["table"] + (f" ({first['scope']})" if first["scope"] else ""),
        "reasons": [(line["reason"], line["count"]) for line in lines if line["reason"]],
        "percent": round(100 * counts["used"] / counts["in"], 2) if counts["in"] else 0,
        **counts,
    }
