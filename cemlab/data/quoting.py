"""Texts and names as SQL."""

from __future__ import annotations


def quoted(text: str) -> str:
    """Return `text` as an SQL string.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        In single quotes.
    """
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return `name` as an SQL identifier.

    Parameters
    ----------
    name : str
        Any name.

    Returns
    -------
    str
        In double quotes.
    """
    return '"' + name.replace('"', '""') + '"'
