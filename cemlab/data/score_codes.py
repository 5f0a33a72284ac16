"""Scores as exports write them: codes with their labels, and scores between two codes."""

from __future__ import annotations

from collections.abc import Iterable

from cemlab.core.metrics import MetricScale
from cemlab.core.scales import TENTH
from cemlab.data.quoting import quoted

SCORE = "score"
"""The column of ``responses`` and ``ratings`` whose cells may hold a code with its label."""
_LABELLED = r"^\s*([+-]?[0-9]+(?:[.,][0-9]+)?)(?:\s|[-–—=:;.)(\[|])[^0-9]*\pL[^0-9]*$"
"""A code with its label, such as "10 - Extremely likely": a number leads, and no other stands in the words."""


def is_labelled(held: str, number: str) -> str:
    """Return the SQL of whether a cell holds a code with its label.

    Parameters
    ----------
    held : str
        SQL of the cell's text.
    number : str
        SQL of the number that the whole text is; null when it is none.

    Returns
    -------
    str
        Never null.
    """
    return f"(({number}) IS NULL AND coalesce(regexp_matches({held}, {quoted(_LABELLED)}), false))"


def code_of(held: str) -> str:
    """Return the SQL of the text of the code that leads a label.

    Parameters
    ----------
    held : str
        SQL of the cell's text.

    Returns
    -------
    str
        Empty where none leads.
    """
    return f"regexp_extract({held}, {quoted(_LABELLED)}, 1)"


def in_codes(scales: Iterable[MetricScale]) -> tuple[str, str]:
    """Return the SQL of a score after its metric's rule on decimals, and of whether the rule changed it.

    Parameters
    ----------
    scales : iterable of MetricScale
        Of the lab's questions.

    Returns
    -------
    str
        A score outside its scale stays as it is, for the table's rules to see; empty when no rule is declared.
    str
        Never null.
    """
    ways = {"round": "round(score)", "floor": "floor(score)", "own": "round(score * 10) / 10"}
    cases = [
        f"WHEN metric = {quoted(scale.name)} AND score BETWEEN {scale.low} AND"
        f" {scale.high}{f' AND abs(score * 10 - round(score * 10)) < {TENTH}' * (scale.decimals == 'own')} THEN"
        f" {ways[scale.decimals]}"
        for scale in scales
        if scale.decimals
    ]
    code = f"CASE {' '.join(cases)} ELSE score END" if cases else ""
    return code, f"coalesce(abs({code} - score) > {TENTH}, false)" if cases else ""
