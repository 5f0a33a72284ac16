"""What columns and measures are called: the same column, the same words, on every page."""

from __future__ import annotations

import re

from cemlab.show import messages
from cemlab.show.format import PLAIN, Style

_COUNTED = frozenset({"customers", "answers", "rows", "spells"})
_WINDOW = re.compile(r"(.+)_(\d+)d")
"""A column of what happened in so many days, such as ``complaints_90d``."""
_BY_CHANNEL = re.compile(r"contacts_(.+)_share")
"""A column of which share of contacts came by a channel."""


def label(name: str, *, style: Style = PLAIN, short: bool = False, inline: bool = False) -> str:
    """Return what a column or a measure is called.

    Parameters
    ----------
    name : str
        As tables have it: ``visit_band``, ``nps``, ``ci``.
    style : Style, optional
        For the language, and the lab's own labels, which come first.
    short : bool, default False
        True for the short form, where there is one.
    inline : bool, default False
        True within a sentence: words of ours without a capital.

    Returns
    -------
    str
        The message ``column-<name>``; else the name itself in words.

    Examples
    --------
    >>> label("visit_band"), label("visit_band", inline=True), label("nps", inline=True)
    ('Visit band', 'visit band', 'NPS')
    >>> label("complaints_90d")
    'Complaints, last 90 days'
    """
    if name in style.labels:
        return style.labels[name]
    known = f"column-{name.replace('_', '-')}"
    for message in (f"{known}.short",) * short + (f"{known}.inline",) * inline + (known,):
        if message in messages.catalogue():
            return style.words(message)
    if channel := _BY_CHANNEL.fullmatch(name):
        said = "column-contacts-by.inline" if inline else "column-contacts-by"
        return style.words(said, {"channel": channel[1].replace("_", " ")})
    name = name.removeprefix("ratings:")
    if window := _WINDOW.fullmatch(name):
        what = label(window[1], style=style, short=short, inline=inline)
        return style.words("column-window", {"what": what, "days": window[2]})
    words = name.replace("_", " ").strip()
    return words if inline else words[:1].upper() + words[1:]


def counted(unit: str, *, style: Style = PLAIN) -> str:
    """Return what is counted at the right edge of a chart or in a table's last column.

    Parameters
    ----------
    unit : str
        ``answers``, ``customers`` or ``rows``.
    style : Style, optional
        For the language.

    Returns
    -------
    str
        Such as ``Answers``.
    """
    return label(unit if unit in _COUNTED else "n", style=style)


def group(name: str, *, style: Style = PLAIN) -> str:
    """Return a group of answers as a reader calls it.

    Parameters
    ----------
    name : str
        As in `cemlab.core.metrics.MetricScale.groups`.
    style : Style, optional
        For the language.

    Returns
    -------
    str
        Such as ``promoters`` for ``promoter``.
    """
    known = f"group-{name.replace(' ', '-')}"
    return style.words(known) if known in messages.catalogue() else name
