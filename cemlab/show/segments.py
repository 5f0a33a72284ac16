"""Which numbers the sentences, charts and checks on segments are about."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from cemlab.core.results import Estimates, Finding, Name
from cemlab.show import compare, say, vocabulary
from cemlab.show import table as tables
from cemlab.show.check import Checked, check
from cemlab.show.say import Label, Message, Span

_SAME_GROUPS, _LIKE_GROUPS = 0.65, 0.3
"""Adjusted Rand index from which two ways give much the same groups, and somewhat the same."""
_SURE, _UNSURE = 0.85, 0.7
"""Mean probability of the assigned class."""
_FULL, _SCANT = 0.9, 0.5
"""Share known of an item."""
_OFTEN = 0.5
"""Share of starts that arrive at the same segments from which on a search is settled."""
_LEAST_WORD = 0.3
"""Standard deviations from which on a difference is worth a word."""
_MOST_KINDS = 4
ACTIONS = ("rescue", "keep", "grow", "let be")
"""From the most to the least urgent."""
_OURS: Mapping[str, str] = {
    "nps": "NPS",
    "contacts_365d": "contacts",
    "complaints_90d": "complaints",
    "responses": "answers",
    "live": "still customers",
    "tenure_months": "tenure",
    "recency_days": "days since purchase",
    "frequency": "purchases",
    "monetary": "spend",
    "margin_365d": "margin",
    "recency_score": "recency fifth",
    "frequency_score": "frequency fifth",
    "monetary_score": "spend fifth",
    "last_nps_group": "group of the last answer",
    "churn_risk": "churn risk",
    "segment": "company's own segment",
}
"""What segments are named by, where an item's name is this project's own: a name is short."""
_COUNTABLE = ("contacts_365d", "complaints_90d", "responses", "frequency", "recency_days")

ITEM_COLUMNS = (
    tables.term("item"),
    tables.value("filled_share", label="known-of", unit="share"),
    tables.ratio("levels", label="levels", digits=0),
)
"""Of the items that customers are grouped by."""
STABILITY_COLUMNS = (
    tables.text("segment"),
    tables.ratio("estimate", label="similarity"),
    tables.interval(finer=1, label="resamples"),
    tables.value("dissolved_share", label="dissolved", unit="share"),
)
"""Of how well each segment is found again."""


def given_words(items: Sequence[str]) -> dict[str, str]:
    """Return words for the items whose names are this project's own, not the company's.

    Parameters
    ----------
    items : sequence of str
        The items.

    Returns
    -------
    dict of str to str
        For ``stats.segments.contrasts``: segments are named by them.

    Examples
    --------
    >>> given_words(["need_help", "ratings:shops", "contacts_365d", "contacts_phone_share"])
    {'ratings:shops': 'shops', 'contacts_365d': 'contacts', 'contacts_phone_share': 'contacts by phone'}
    """
    ours = [name for name in items if name in _OURS or name.startswith(("ratings:", "contacts_"))]
    return {name: _OURS.get(name) or vocabulary.label(name, inline=True) for name in ours}


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
        The same rows, the rules of most customers first.

    Examples
    --------
    >>> rules = pd.DataFrame({"rule": ["need_help is true and plan is not yearly"], "n": [9]})
    >>> in_words(rules, ["need_help", "plan"])["rule"].tolist()
    ['need help, plan not “yearly”']
    """
    named = "|".join(re.escape(name) for name in sorted(items, key=len, reverse=True))
    told = rules.assign(rule=[_conditions(str(rule), named) for rule in rules["rule"]])
    return told.sort_values("n", ascending=False, kind="stable")


def _conditions(rule: str, named: str) -> str:
    told = []
    for each in re.split(rf" and (?=(?:{named}) is )", rule):
        found = re.match(rf"({named}) is (not )?(.*)", each)
        if not found:
            told.append(each)
            continue
        item, negated, level = vocabulary.label(found[1], inline=True), bool(found[2]), found[3]
        yes, no = level.lower() in ("true", "yes"), level.lower() in ("false", "no")
        if negated and level in ("known", "not known"):
            told.append(f"{item} {'not known' if level == 'known' else 'known'}")
        elif yes or no:
            told.append(item if yes != negated else f"no {item}")
        else:
            plain = any(sign.isdigit() for sign in level)
            told.append(f"{item} {'not ' if negated else ''}{level if plain else f'“{level}”'}")
    return ", ".join(told)


def grounds(judged: Estimates | None) -> dict[str, Any]:
    """Return what segments were judged to be, and why not more, as the messages choose by.

    Parameters
    ----------
    judged : Estimates or None
        From ``stats.segments.verdict``; None for rules.

    Returns
    -------
    dict of str to slot
        ``kind``: natural, reproducible, constructed or by-rule; ``doubt``: one-scale, pair, one-crowd, one-group,
        or shade, or open where the number is not settled; ``pair``: the two items that go together.
    """
    if judged is None:
        return {"kind": "by-rule", "doubt": "none", "pair": []}
    row = judged.row()
    doubt = str(row["doubt"]).replace(" ", "-") or ("shade" if row["told"] else "open")
    pair = [Label(str(row[name])) for name in ("first", "second") if row[name]]
    return {"kind": str(row["verdict"]), "doubt": doubt, "pair": pair}


def how_many(used: Finding, best: Finding, *, most: int, method: str) -> Message:
    """Say how many segments the data speak for, and how many the page goes on with.

    Parameters
    ----------
    used, best : Finding
        How many are used, and how many the criterion prefers: the smallest BIC, or of k-means the prediction strength.
    most : int
        How many were tried.
    method : {"classes", "mixture", "k-means"}
        How they were sought.

    Returns
    -------
    Message
        Says so where they differ.
    """
    state = "same" if best.value == used.value else "asked"
    state = "most" if best.value == most else state
    state = "one" if best.value == 1 else state
    return say.message("segments-how-many", state=state, halves=method == "k-means", used=used, best=best)


def kinds(found: Sequence[Finding], items: pd.DataFrame) -> Message:
    """Say in one breath which segments there are, how large, and what each is about.

    Parameters
    ----------
    found : sequence of Finding
        One share per segment.
    items : pandas.DataFrame
        From ``stats.segments.contrasts``; empty for rules.

    Returns
    -------
    Message
        At most four segments, the largest first.
    """
    seen = sorted((each for each in found if not each.suppressed), key=lambda each: -each.value)
    named = []
    for each in seen[:_MOST_KINDS]:
        besides = [] if items.empty else _besides(items, each.scope["segment"])
        named.append(say.message("segments-kind-one", one=each, besides=[Name(word) for word in besides]))
    return say.message("segments-kinds", named=named, more=max(len(seen) - _MOST_KINDS, 0))


def _besides(items: pd.DataFrame, name: str) -> list[str]:
    """What a segment has, at most two things, that its name does not say already."""
    rows = items.loc[items["segment"].astype(str) == name].sort_values("estimate", ascending=False, kind="stable")
    rows = rows.loc[~rows["estimate"].round(3).duplicated()]
    more = list(rows.loc[rows["estimate"] >= _LEAST_WORD, "word"].astype(str))[:2]
    return [each for each in more if each.lower() not in name.lower()]


def cells_of(items: pd.DataFrame, gaps: Estimates | None) -> pd.DataFrame:
    """Return how far each segment lies from all others, in standard deviations, for one table of shades.

    Parameters
    ----------
    items : pandas.DataFrame
        From ``stats.segments.contrasts``: what the segments are made of. May be empty.
    gaps : Estimates or None
        From ``stats.segments.differences`` after adjustment: what else differs, with ``flagged``.

    Returns
    -------
    pandas.DataFrame
        ``panel`` (made-of or differs-in), ``label``, ``segment``, ``estimate``, ``shaded`` (False for what could be
        chance) and ``suppressed``; levels that always go together once, those that differ most first; an outcome in which no segment differs significantly is left out.
    """
    made = items.assign(label=items["word"].astype(str).str.replace("ratings:", "", regex=False), panel="made-of")
    made = made.assign(shaded=True, suppressed=False)
    if len(made):
        wide = made.pivot_table(index="label", columns="segment", values="estimate", sort=False).round(3)
        made = made.loc[made["label"].isin(wide.index[~wide.duplicated()])]
    if gaps is not None:
        table = gaps.table
        tested = table.groupby("outcome")["p_value"].transform(lambda each: each.notna().any())
        said = table.assign(
            label=[vocabulary.label(str(name)) for name in table["outcome"]],
            panel=tested.map({True: "differs-in", False: "made-of"}),
            shaded=table["flagged"].eq(True) | ~tested,
        )
        told = said.groupby("outcome")["shaded"].transform("any")
        made = pd.concat([made, said.loc[tested & told] if len(made) else said.loc[told]], ignore_index=True)
    keep = ["panel", "label", "segment", "estimate", "shaded", "suppressed"]
    made = made.reindex(columns=keep).dropna(subset=["label"])
    size = made.groupby(["panel", "label"])["estimate"].transform(lambda each: each.abs().max())
    ordered = made.assign(size=size).sort_values(["panel", "size"], ascending=[False, False], kind="stable")
    return ordered.drop(columns="size").reset_index(drop=True)


def stands_out(gaps: Sequence[Finding], levels: Mapping[tuple[str, str], Finding]) -> Message:
    """Say what segments differ in beyond what they are made of.

    Parameters
    ----------
    gaps : sequence of Finding
        Standardised differences by ``outcome`` and ``segment``, adjusted in the run's family.
    levels : mapping of (str, str) to Finding
        (Outcome, segment) → its level.

    Returns
    -------
    Message
        By the strongest outcome; nothing is said to differ where nothing else is recorded.
    """
    # what segments are made of is described, not tested
    asked = [each for each in gaps if each.outcome != "not testable" or each.reason]

    def one(gap: Finding) -> Message:
        outcome, segment = gap.scope["outcome"], gap.scope["segment"]
        level = levels.get((outcome, segment)) or Name("")
        return say.message("segments-gap-one", gap=gap, segment=Name(segment), what=Label(outcome), level=level)

    some = any(math.isfinite(each.p_value) for each in gaps)
    return compare.compared("segments-gaps", asked if some else [], one=one, at_ends=False, recorded=some)


def extremes(shares: Sequence[Finding]) -> list[Finding]:
    """Return the segment with the highest and the one with the lowest number that may be shown.

    Parameters
    ----------
    shares : sequence of Finding
        One per segment.

    Returns
    -------
    list of Finding
        Two, or none.
    """
    seen = sorted((each for each in shares if math.isfinite(each.value)), key=lambda each: -each.value)
    return [seen[0], seen[-1]] if len(seen) > 1 else []


def worth(levels: Sequence[Finding], *, what: str, differ: Collection[str]) -> Message:
    """Say what customers of the segments are worth.

    Parameters
    ----------
    levels : sequence of Finding
        Mean value by ``segment``.
    what : str
        The column.
    differ : collection of str
        Segments that differ significantly.

    Returns
    -------
    Message
        The highest and the lowest, or that chance could explain the gap.
    """
    ends = extremes(levels)
    state = "withheld"
    if ends:
        state = "differs" if {each.scope["segment"] for each in ends} & set(differ) else "chance"
    most, least = ends or (Name(""), Name(""))
    return say.message("segments-worth", state=state, most=most, least=least, what=Label(what))


def stays(shares: Sequence[Finding], *, months: float, by_deeds: bool, dated: bool) -> Message:
    """Say what share of each segment is still there after a time.

    Parameters
    ----------
    shares : sequence of Finding
        One per segment.
    months : float
        After how many.
    by_deeds : bool
        Whether segments are made of what customers did while they stayed: who stayed longer had more time to do it.
    dated : bool
        Whether every item is known as of an earlier day: others may have changed on leaving.

    Returns
    -------
    Message
        The highest and the lowest with their intervals; what the gap does not mean.
    """
    ends = extremes(shares)
    state = "withheld"
    if ends:
        known = math.isfinite(ends[0].ci_low) and math.isfinite(ends[1].ci_high)
        state = ("apart" if ends[0].ci_low > ends[1].ci_high else "overlap") if known else "unsure"
    most, least = ends or (Name(""), Name(""))
    caution = "deeds" if by_deeds else "none" if dated else "undated"
    return say.message("segments-stay", state=state, most=most, least=least, at=Span(months, "months"), caution=caution)


def beyond_rivals(rivals: Mapping[str, Estimates]) -> dict[str, Estimates]:
    """Return how much more of what came later the segments explain than each simpler split, in percentage points.

    Parameters
    ----------
    rivals : mapping of str to Estimates
        Later outcome → from ``stats.segments.beats``, after adjustment.

    Returns
    -------
    dict of str to Estimates
        By ``scheme``.
    """
    return {name: replace(each, unit="percentage points", by=("scheme",)) for name, each in rivals.items()}


def moves(turns: Estimates, same: Finding, *, days: int) -> Message:
    """Say in which segment customers stay most and least.

    Parameters
    ----------
    turns : Estimates
        From ``stats.segments.transitions`` between ``a``, the earlier, and ``b``, the present.
    same : Finding
        Adjusted Rand index of then and now.
    days : int
        How long lies between.

    Returns
    -------
    Message
        The share that is still in the same segment, at most and at least.
    """
    kept = turns.table.loc[(turns.table["a"] == turns.table["b"]) & turns.table["estimate"].notna()]
    rows = [Finding.of("stay.moves", turns, where={"a": row["a"], "b": row["b"]}) for row in kept.to_dict("records")]
    ends = extremes(rows) or [*rows[:1], *rows[:1]]
    most, least = ends or (Name(""), Name(""))
    names = (
        {"first": Name(ends[0].scope["a"]), "last": Name(ends[1].scope["a"])}
        if ends
        else dict.fromkeys(("first", "last"), Name(""))
    )
    return say.message("segments-moves", same=same, days=days, most=most, least=least, many=len(rows), **names)


def found_again(smallest: Finding, *, judged: Mapping[str, Any]) -> Checked:
    """Say whether the segments would be found again.

    Parameters
    ----------
    smallest : Finding
        Similarity of the segment that is found again least.
    judged : mapping
        From `grounds`.

    Returns
    -------
    Checked
        Overturns where they are constructed.
    """
    kind = judged["kind"]
    return check(
        "segments-check-again", holds=kind == "natural", overturns=kind == "constructed", smallest=smallest, **judged
    )


def simpler_explanation(*, judged: Mapping[str, Any], method: str) -> Checked:
    """Say whether something simpler than kinds of customers explains the segments.

    Parameters
    ----------
    judged : mapping
        From `grounds`.
    method : {"classes", "mixture", "k-means"}
        How segments were sought: it decides what could be tried.

    Returns
    -------
    Checked
        Overturns where something does.
    """
    explained = judged["doubt"] not in ("shade", "open", "none")
    return check("segments-check-simpler", holds=not explained, overturns=explained, method=method, **judged)


def other_starts(found: Finding, starts: Finding) -> Checked:
    """Say how often the best solution was found.

    Parameters
    ----------
    found, starts : Finding
        Starts that found it, and all.

    Returns
    -------
    Checked
        To be watched unless at least half of them did.
    """
    often = found.value > 1 and found.value >= _OFTEN * starts.value
    return check("segments-check-starts", holds=often, found=found, starts=starts)


def all_told(told: Finding, count: Finding, *, right: Finding, largest: Finding, unit: str) -> Checked:
    """Say whether plain rules reach every segment.

    Parameters
    ----------
    told, count : Finding
        Segments to which some rule leads, and all.
    right, largest : Finding
        Share assigned rightly, held out, and what putting everyone into the largest segment would get right.
    unit : {"customers", "answers"}
        What the segments hold.

    Returns
    -------
    Checked
        Holds only where rules reach every segment and assign most customers rightly.
    """
    every = told.value >= count.value and right.ci_low > largest.value
    slots: dict[str, Any] = {"told": told, "count": count, "right": right, "unit": unit}
    return check("segments-check-rules", holds=every and right.value >= _SURE, every="yes" if every else "no", **slots)


def other_method(agreement: Finding | None, *, method: str) -> Checked:
    """Compare the segments with those of another method.

    Parameters
    ----------
    agreement : Finding or None
        Adjusted Rand index; None where items are no numbers of customers.
    method : {"k-means", "mixture"}
        The other method.

    Returns
    -------
    Checked
        Overturns where they hardly agree.
    """
    if agreement is None:
        return check("segments-check-method", holds=False, tried="no", agreement=Name(""), method=method)
    value = agreement.value
    return check(
        "segments-check-method",
        holds=value >= _SAME_GROUPS,
        overturns=value < _LIKE_GROUPS,
        tried="yes",
        agreement=agreement,
        method=method,
    )


def surely_assigned(certainty: Finding) -> Checked:
    """Say how surely customers are assigned.

    Parameters
    ----------
    certainty : Finding
        Mean probability of the assigned segment.

    Returns
    -------
    Checked
        Overturns where a good part of customers may be in another one.
    """
    sure = certainty.value >= _SURE
    return check("segments-check-sure", holds=sure, overturns=certainty.value < _UNSURE, certainty=certainty)


def incomplete(item: str, share: Finding) -> Checked:
    """Say how much is known of the item that is known least.

    Parameters
    ----------
    item : str
        Which.
    share : Finding
        Of how many it is known.

    Returns
    -------
    Checked
        Overturns below one half.
    """
    every = share.value >= 1
    return check(
        "segments-check-known",
        holds=share.value >= _FULL,
        overturns=share.value < _SCANT,
        every="yes" if every else "no",
        share=share,
        item=Label(item),
    )


def same_later(agreement: Finding | None, *, days: int, dated: bool) -> Checked:
    """Say whether customers stay in their segments.

    Parameters
    ----------
    agreement : Finding or None
        Adjusted Rand index of then and now; None where it cannot be told.
    days : int
        How long before.
    dated : bool
        Whether the items are known as of an earlier day at all.

    Returns
    -------
    Checked
        To be watched where many move, or nobody can tell.
    """
    known = agreement is not None and math.isfinite(agreement.value)
    told = "yes" if known else "no-earlier" if dated else "undated"
    same = known and agreement is not None and agreement.value >= _SAME_GROUPS
    return check("segments-check-later", holds=bool(same), told=told, agreement=agreement or Name(""), days=days)


def beats_simple(better: Sequence[str], asked: Sequence[str], *, dated: bool) -> Checked:
    """Say whether a simpler split would do.

    Parameters
    ----------
    better, asked : sequence of str
        Later outcomes that the segments predict better, and all.
    dated : bool
        Whether every item is known as of an earlier day.

    Returns
    -------
    Checked
        To be watched where there is none.
    """
    told = "undated" if not dated else "unasked" if not asked else "better" if better else "none"
    return check("segments-check-split", holds=told == "better", told=told, better=[Label(name) for name in better])
