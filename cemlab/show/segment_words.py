"""What the columns that describe customers are called, and numbers of a segment in words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables

_WORDS: Mapping[str, str] = {
    "nps": "NPS",
    "contacts_365d": "contacts in a year",
    "complaints_90d": "complaints in 90 days",
    "responses": "answers given",
    "live": "still customers",
    "tenure_months": "tenure",
    "recency_days": "days since last purchase",
    "frequency": "purchases",
    "monetary": "spent in all",
    "margin_365d": "margin of a year",
    "recency_score": "fifths of recency",
    "frequency_score": "fifths of frequency",
    "monetary_score": "fifths of money",
    "last_nps_group": "group of the last answer",
    "churn_risk": "churn risk",
    "share_of_customers": "share of customers",
    "rescue": "to rescue",
    "telling": "rules find",
    "stay": "still there after a year",
    "segment": "company's own segment",
    "later_left": "leaving",
    "later_spend": "spend",
    "later_margin": "margin",
    "later_nps": "NPS",
}

_SHORT: Mapping[str, str] = {
    "contacts_365d": "contacts",
    "complaints_90d": "complaints",
    "responses": "answers",
    "recency_days": "days since purchase",
    "monetary": "spend",
    "margin_365d": "margin",
    "recency_score": "recency fifth",
    "frequency_score": "frequency fifth",
    "monetary_score": "spend fifth",
}
"""Words of names, which must be short; `_WORDS` says it in full."""

_COUNTABLE = ("contacts_365d", "complaints_90d", "responses", "frequency", "recency_days")


def word(name: str) -> str:
    """Return a column as a reader calls it.

    Parameters
    ----------
    name : str
        A column of the profile, an outcome, or ``ratings:<item>``.

    Returns
    -------
    str
        In words.

    Examples
    --------
    >>> word("contacts_phone_share"), word("ratings:clean_boarding"), word("nps")
    ('contacts by phone', 'clean boarding', 'NPS')
    """
    if name in _WORDS:
        return _WORDS[name]
    plain = name.removeprefix("ratings:")
    if plain.startswith("contacts_") and plain.endswith("_share"):
        plain = f"contacts by {plain.removeprefix('contacts_').removesuffix('_share')}"
    return tables.heading(plain)[:1].lower() + tables.heading(plain)[1:]


def given(items: Sequence[str]) -> dict[str, str]:
    """Return words for the items whose names are this project's own, not the company's.

    Parameters
    ----------
    items : sequence of str
        The items.

    Returns
    -------
    dict of str to str
        For ``stats.segments.contrasts``.

    Examples
    --------
    >>> given(["need_help", "ratings:shops", "contacts_365d"])
    {'ratings:shops': 'shops', 'contacts_365d': 'contacts'}
    """
    ours = [name for name in items if name in _WORDS or name.startswith(("ratings:", "contacts_"))]
    return {name: _SHORT.get(name, word(name)) for name in ours}


def countable(items: Sequence[str]) -> list[str]:
    """Return the items of which there are many or few.

    Parameters
    ----------
    items : sequence of str
        The items.

    Returns
    -------
    list of str
        For ``stats.segments.contrasts``.

    Examples
    --------
    >>> countable(["contacts_365d", "monetary"])
    ['contacts_365d']
    """
    return [name for name in items if name in _COUNTABLE]


def unit_words(unit: str, *, info: LabInfo) -> str:
    """Return what stands after an outcome's name on an axis.

    Parameters
    ----------
    unit : str
        Of the outcome.
    info : LabInfo
        For the currency.

    Returns
    -------
    str
        With a leading comma; empty for plain numbers.
    """
    told = {"share": "%", "currency": info.currency or "no currency declared", "ratio": "", "customers": ""}.get(
        unit, unit
    )
    return f", {told}" if told else ""


def printed(row: Mapping[Any, Any], *, unit: str, info: LabInfo) -> str:
    """Return one estimate with its interval as text.

    Parameters
    ----------
    row : mapping
        With ``estimate``, ``ci_low``, ``ci_high`` and ``suppressed``.
    unit : str
        Of the estimate.
    info : LabInfo
        For the locale and the currency.

    Returns
    -------
    str
        Such as ``31 % (28 to 34)``; "withheld" where it may not be shown.
    """
    if row.get("suppressed") or not math.isfinite(row["estimate"]):
        return "withheld"
    value, low, high = (numbers.scaled(float(row[name]), unit) for name in ("estimate", "ci_low", "ci_high"))
    digits = numbers.decimals((high - low) / 2) if math.isfinite(low) else 0
    text = numbers.number(value, digits, locale=info.locale)
    text = f"{info.currency} {text}".strip() if unit == "currency" else numbers.with_unit(text, unit)
    if not math.isfinite(low):
        return text
    return f"{text} ({numbers.interval_text(low, high, digits=digits, locale=info.locale)})"


def in_words(rules: pd.DataFrame, items: Sequence[str]) -> pd.DataFrame:
    """Return rules with their items in words.

    Parameters
    ----------
    rules : pandas.DataFrame
        With ``rule``, in which items stand by their names.
    items : sequence of str
        The items.

    Returns
    -------
    pandas.DataFrame
        The same rows.

    Examples
    --------
    >>> in_words(pd.DataFrame({"rule": ["need_help is true and plan is not yearly"]}), ["need_help", "plan"])["rule"].tolist()
    ['need help, plan not “yearly”']
    >>> in_words(pd.DataFrame({"rule": ["plan is not known", "plan is not not known"]}), ["plan"])["rule"].tolist()
    ['plan not known', 'plan known']
    """
    named = "|".join(re.escape(name) for name in sorted(items, key=len, reverse=True))
    return rules.assign(rule=[_conditions(str(rule), named) for rule in rules["rule"]])


def _conditions(rule: str, named: str) -> str:
    told = []
    for each in re.split(rf" and (?=(?:{named}) is )", rule):
        found = re.match(rf"({named}) is (not )?(.*)", each)
        if not found:
            told.append(each)
            continue
        item, negated, level = word(found[1]), bool(found[2]), found[3]
        if negated and level in ("known", "not known"):
            told.append(f"{item} {'not known' if level == 'known' else 'known'}")
            continue
        yes, no = level.lower() in ("true", "yes"), level.lower() in ("false", "no")
        if yes or no:
            told.append(item if yes != negated else f"no {item}")
        else:
            plain = any(sign.isdigit() for sign in level)
            told.append(f"{item} {'not ' if negated else ''}{level if plain else f'“{level}”'}")
    return ", ".join(told)


def why_not(judged: Estimates | None) -> dict[str, Any]:
    """Return why segments are not natural, as sentences and checks take it.

    Parameters
    ----------
    judged : Estimates or None
        From ``stats.segments.verdict``; None for rules.

    Returns
    -------
    dict
        ``settled``, ``doubt`` and ``pair`` of `segment_text.found_again`.
    """
    if judged is None:
        return {"settled": True, "doubt": "", "pair": ()}
    row = judged.row()
    return {"settled": bool(row["told"]), "doubt": str(row["doubt"]), "pair": (str(row["first"]), str(row["second"]))}


def rule_of(rules: pd.DataFrame, segment: str) -> str:
    """Return the rule by which most customers of a segment are told.

    Parameters
    ----------
    rules : pandas.DataFrame
        ``rule``, ``segment``, ``n``.
    segment : str
        Its name.

    Returns
    -------
    str
        Empty where no rule leads there.
    """
    rows = rules.loc[rules["segment"].astype(str) == segment].sort_values("n", ascending=False, kind="stable")
    return str(rows["rule"].iloc[0]) if len(rows) else ""


def basis(found: Sequence[Estimates], *, info: LabInfo, counted: str = "customers", intervals: bool = True) -> str:
    """Return on how many a figure rests, and its intervals.

    Parameters
    ----------
    found : sequence of Estimates
        By ``segment`` and perhaps ``outcome``, of which the best known counts.
    info : LabInfo
        For the locale.
    counted : str, default "customers"
        What is counted.
    intervals : bool, default True
        Whether the figure shows them.

    Returns
    -------
    str
        Such as ``4,000 customers; 95 % intervals.``
    """
    sums = [_heard(each.table.loc[~each.table["suppressed"].astype(bool)]) for each in found]
    if not any(sums):
        return ""
    told = f"{numbers.number(max(sums), locale=info.locale)} {counted}"
    # Not every outcome is known of as many; the figure and its table say of how many.
    told = f"Up to {told}" if len({round(each) for each in sums}) > 1 else told
    return f"{told}; {numbers.level_text(found[0].level, locale=info.locale)} intervals." if intervals else f"{told}."


def _heard(seen: pd.DataFrame) -> float:
    sums = seen.groupby("outcome")["n"].sum() if "outcome" in seen else [seen["n"].sum()]
    return float(max(sums, default=0))


def lines(segment: str, found: Mapping[str, Estimates], *, info: LabInfo) -> list[tuple[str, str]]:
    """Return what is known of one segment, line by line.

    Parameters
    ----------
    segment : str
        Its name.
    found : mapping of str to Estimates
        Outcome → one row per ``segment``.
    info : LabInfo
        For the locale and the currency.

    Returns
    -------
    list of (str, str)
        What, and how much with its interval.
    """
    told = []
    for name, each in found.items():
        rows = each.table.loc[each.table["segment"].astype(str) == segment].to_dict("records")
        told += [(word(name), printed(row, unit=each.unit, info=info)) for row in rows]
    return told


def marks(segment: str, items: pd.DataFrame, gaps: Estimates | None) -> pd.DataFrame:
    """Return by what one segment lies apart: what it is made of, and what else is flagged.

    Parameters
    ----------
    segment : str
        Its name.
    items : pandas.DataFrame
        From ``stats.segments.contrasts``; may be empty.
    gaps : Estimates or None
        From ``stats.segments.differences`` after adjustment.

    Returns
    -------
    pandas.DataFrame
        ``word`` and ``estimate``, in standard deviations.
    """
    made = items.loc[items["segment"].astype(str) == segment, ["word", "estimate"]]
    made = made.assign(word=made["word"].astype(str).str.replace("ratings:", "", regex=False))
    if gaps is None:
        return made
    rows = gaps.table
    keep = rows["segment"].astype(str).eq(segment) & ~rows["suppressed"].astype(bool)
    described = rows["p_value"].isna() if items.empty else False
    rows = rows.loc[keep & (rows["flagged"].fillna(False).astype(bool) | described)]
    more = rows.assign(word=[word(str(name)) for name in rows["outcome"]])[["word", "estimate"]]
    return pd.concat([made, more], ignore_index=True) if len(more) else made
