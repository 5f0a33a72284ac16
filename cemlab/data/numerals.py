"""One number written in several ways: codes compare as numbers, ids lose the point that a tool has added.

A plain number has an optional sign, digits without a leading zero, and perhaps decimals: 9, 9.0, +9 and 9.50
are. 09 and 007 are none: they are texts that equal only themselves, since a leading zero is part of an id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cemlab.data.quoting import quoted

_FIRST = 1_000
"""Rows that show whether a column can be one of whole numbers with a point."""


def _pattern(mark: str) -> str:
    point = re.escape(mark)
    return f"^ *(?:[+]|(-))?(0|[1-9][0-9]*)(?:{point}0*|({point}[0-9]*[1-9])0*)? *$"


def plain(code: str, *, decimal: str = ".") -> str:
    """Return a code as it is compared.

    Parameters
    ----------
    code : str
        As a lab file or a cell has it.
    decimal : str, default "."
        The mark before decimals; a point is taken too.

    Returns
    -------
    str
        A plain number without plus, blanks and needless decimals; any other text as it is.

    Examples
    --------
    >>> plain("9.0"), plain("+1.50"), plain("09"), plain("NA"), plain("1,50", decimal=",")
    ('9', '1.5', '09', 'NA', '1.5')
    """
    for mark in dict.fromkeys((decimal, ".")):
        found = re.match(_pattern(mark), code)
        if found:
            return "".join(part or "" for part in found.groups()).replace(mark, ".")
    return code


def is_plain(code: str) -> bool:
    """Return whether a code is a plain number.

    Parameters
    ----------
    code : str
        As a lab file or a cell has it.

    Returns
    -------
    bool
        False for 09 and any other text.
    """
    return bool(re.match(_pattern("."), code))


def plain_sql(text: str, codes: Iterable[str], *, decimal: str = ".") -> str:
    """Return the SQL of a text as it is compared with codes.

    Parameters
    ----------
    text : str
        SQL of the text.
    codes : iterable of str
        Where none is a plain number, the text stays as it is.
    decimal : str, default "."
        The mark before decimals.

    Returns
    -------
    str
        SQL of what `plain` returns.
    """
    if not any(is_plain(code) for code in codes):
        return text
    pattern = quoted(_pattern(decimal))
    bare = f"regexp_replace({text}, {pattern}, '\\1\\2\\3')"
    if decimal != ".":
        bare = (
            f"CASE WHEN regexp_matches({text}, {pattern}) THEN replace({bare}, {quoted(decimal)}, '.') ELSE {text} END"
        )
    # most cells are written as they are compared, which is quicker to see than a pattern
    doubt = f"contains({text}, {quoted(decimal)}) OR contains({text}, ' ') OR starts_with({text}, '+')"
    return f"CASE WHEN {doubt} THEN {bare} ELSE {text} END"


def among(text: str, codes: Iterable[str], *, decimal: str = ".") -> str:
    """Return the SQL of whether a text is one of some codes.

    Parameters
    ----------
    text : str
        SQL of the text.
    codes : iterable of str
        At least one.
    decimal : str, default "."
        The mark before decimals.

    Returns
    -------
    str
        SQL of a boolean; null where the text is.
    """
    several = list(codes)
    listed = ", ".join(quoted(each) for each in dict.fromkeys(plain(code, decimal=decimal) for code in several))
    return f"({plain_sql(text, several, decimal=decimal)}) IN ({listed})"


def pointed(
    connection: Any, relation: str, cells: Mapping[str, str], *, missing: Mapping[str, Iterable[str]], decimal: str
) -> dict[str, str]:
    """Return the cells of columns that hold nothing but whole numbers, some with a point, without that point.

    A tool writes 1001.0 for 1001 once a value of the column is missing.

    Parameters
    ----------
    connection : duckdb connection
        Which reads the file.
    relation : str
        SQL of its rows, to stand after FROM.
    cells : mapping of str to str
        Header → SQL of its cell as text.
    missing : mapping of str to iterable of str
        Header → codes that mean "no value" there.
    decimal : str
        The mark before decimals.

    Returns
    -------
    dict of str to str
        Header → SQL of its cell, of those columns only.
    """
    point = re.escape(decimal)
    tried = dict(cells)
    for some in (f"(SELECT * FROM {relation} LIMIT {_FIRST})", relation):
        looks = []
        for header, cell in tried.items():
            there = f"NOT {among(f'trim({cell})', ['', *missing.get(header, ())], decimal=decimal)}"
            looks.append(f"bool_and(regexp_matches({cell}, '^-?(0|[1-9][0-9]*)({point}0*)?$')) FILTER ({there})")
            looks.append(f"bool_or(contains({cell}, {quoted(decimal)})) FILTER ({there})")
        if not looks:
            return {}
        found = connection.execute(f"SELECT {', '.join(looks)} FROM {some}").fetchone()
        whole = dict(zip(tried, zip(found[::2], found[1::2], strict=True), strict=True))
        # no value among the first rows leaves it open
        tried = {header: cell for header, cell in tried.items() if whole[header] in ((True, True), (None, None))}
    return {header: f"regexp_replace({cell}, '{point}0*$', '')" for header, cell in tried.items() if whole[header][0]}
