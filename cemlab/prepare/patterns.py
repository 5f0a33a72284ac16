"""Patterns: how many customers share the same answers to a set of items.

Models of classes need no more of ten million customers than their distinct patterns and how often each occurs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import ibis
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError, near_miss
from cemlab.core.lab import Lab, LedgerLine, Outcome
from cemlab.core.names import PATTERN_NAMES, need_free
from cemlab.prepare.levels import Bins, level
from cemlab.prepare.profiles.people import CUSTOMER, LATER, Known
from cemlab.prepare.profiles.tables import table
from cemlab.prepare.profiles.texts import texts
from cemlab.prepare.replicates import accounts, replicate
from cemlab.prepare.responses.question import dated

if TYPE_CHECKING:
    import ibis.expr.types as ir

RATINGS = "ratings:"
"""What an item begins with that is a rating of the latest answer."""

REPLICATE = "replicate"
SAME_ANSWER = "another question of an answer that is counted"
Unit = Literal["customers", "answers"]
_ANSWER, _GROUP, _AT = "response_id", "_group", "_at"


def counts(
    lab: Lab,
    *,
    items: Sequence[str],
    cut: str = "",
    by: Sequence[str] = (),
    cuts: Bins | None = None,
    replicates: int = 0,
    window_days: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return how many customers share each pattern of items; n is the number of equal rows.

    A lab whose answers do not say whose they are gives patterns of answers instead: each stands for itself.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    items : sequence of str
        Columns of the profile (attributes and what customers did), or ``ratings:<item>``: that rating in the latest
        answer of which any of the items was rated.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    by : sequence of str
        Further columns, such as ``region``, by which patterns are told apart; missing is a level of its own.
    cuts : mapping of str to sequence of float, optional
        Item → cut points, each of which begins a level. Ratings without any are levels as they stand; other
        numbers must have some.
    replicates : int, default 0
        Into how many groups for a jackknife customers are sorted, whole accounts together; 0 for none.
    window_days : int, default 0
        As in `cemlab.prepare.profiles.table`.
    scope : str, default ""
        Under which the ledger accounts for the customers; empty for ``patterns``.

    Returns
    -------
    pandas.DataFrame
        One row per distinct pattern, sorted: a column of text per item, missing where it is missing, those of `by`,
        ``replicate`` (from 0) when asked for, and ``n``.

    Raises
    ------
    SchemaError
        When an item does not exist.
    ParameterError
        When there are no items, one is given twice, or a number has no cut points.
    InsufficientDataError
        When no customer was known.

    References
    ----------
    Goodman, L. A. (1974). Exploratory latent structure analysis using both identifiable and unidentifiable models.
    Biometrika, 61(2), 215–231. doi:10.1093/biomet/61.2.215

    Examples
    --------
    >>> patterns = counts(lab, items=["need_price", "ratings:service"], cuts={"ratings:service": [8]})  # doctest: +SKIP
    """
    asked = _Asked(tuple(items), tuple(by), cut, cuts or {}, window_days, scope or "patterns")
    rows = _levelled(lab, asked)
    keys = [*items, *by]
    if replicates:
        rows, keys = rows.mutate(**{REPLICATE: replicate(rows[_GROUP], replicates)}), [*keys, REPLICATE]
    return lab.frame(rows.group_by(keys).aggregate(n=rows.count()).order_by(keys))


def assigned(
    lab: Lab,
    *,
    items: Sequence[str],
    posterior: pd.DataFrame,
    cut: str = "",
    cuts: Bins | None = None,
    window_days: int = 0,
    scope: str = "",
) -> ir.Table:
    """Return the class of each customer, found by the customer's pattern.

    Parameters
    ----------
    lab : Lab
        An opened lab with customers.
    items : sequence of str
        As in `counts`.
    posterior : pandas.DataFrame
        One row per pattern: the items as `counts` gave them, ``value`` (the class's name) and ``probability``.
    cut, cuts, window_days, scope : as in `counts`
        The same as the patterns were counted with.

    Returns
    -------
    ibis.Table
        One row per customer: ``customer_id``, ``value``, ``probability``; both missing where `posterior` does not
        hold the customer's pattern.

    Raises
    ------
    SchemaError
        When the lab's answers do not say whose they are, an item does not exist, or `posterior` lacks a column.
    ParameterError, InsufficientDataError
        As in `counts`, or when `posterior` holds a pattern twice.

    Examples
    --------
    >>> who = assigned(lab, items=["need_price"], posterior=posterior)  # doctest: +SKIP
    """
    if unit(lab) == "answers":
        raise SchemaError(
            f"Only customers can be assigned to classes: the answers of lab `{lab.info.name}` do not say whose they"
            " are."
        )
    missing = [name for name in (*items, "value", "probability") if name not in posterior.columns]
    if missing:
        raise SchemaError(
            f"`posterior` must hold the items, `value` and `probability`: it lacks {len(missing)} of them."
        )
    twice = int(posterior.duplicated(list(items)).sum())
    if twice:
        raise ParameterError(f"`posterior` must hold each pattern once: {twice:,} rows repeat an earlier one.")
    rows = _levelled(lab, _Asked(tuple(items), (), cut, cuts or {}, window_days, scope or "patterns"))
    known = _as_table(posterior, items)
    same = [rows[name].identical_to(known[f"_item_{at}"]) for at, name in enumerate(items)]
    return rows.left_join(known, same).select(CUSTOMER, "value", "probability")


def placed(
    lab: Lab,
    *,
    items: Sequence[str],
    assigned: ir.Table,
    by: Sequence[str] = (),
    cuts: Bins | None = None,
    replicates: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return how many customers of each pattern are in each segment, whatever assigned them.

    Parameters
    ----------
    lab : Lab
        An opened lab with customers.
    items : sequence of str
        As in `counts`.
    assigned : ibis.Table
        One row per customer: ``customer_id``, ``value``, ``probability``.
    by, cuts, replicates, scope : as in `counts`
        See there.

    Returns
    -------
    pandas.DataFrame
        One row per pattern and segment, sorted: the items, those of `by`, ``replicate`` when asked for,
        ``value``, ``n`` and the mean ``probability``; customers without a segment are left out.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As in `counts`.

    Examples
    --------
    >>> posterior = placed(lab, items=["frequency"], assigned=who, cuts={"frequency": [2, 5]})  # doctest: +SKIP
    """
    rows = _levelled(lab, _Asked(tuple(items), tuple(by), "", cuts or {}, 0, scope or "patterns"))
    told = assigned.filter(assigned.value.notnull()).select(_whose=CUSTOMER, value="value", probability="probability")
    rows = rows.inner_join(told, rows[CUSTOMER] == told["_whose"])
    keys = [*items, *by, "value"]
    if replicates:
        rows = rows.mutate(**{REPLICATE: replicate(rows[_GROUP], replicates)})
        keys.insert(-1, REPLICATE)
    return lab.frame(rows.group_by(keys).aggregate(n=rows.count(), probability=rows.probability.mean()).order_by(keys))


def unit(lab: Lab) -> Unit:
    """Return what a pattern counts in a lab.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    {"customers", "answers"}
        Answers where no table of the lab says whose its rows are.

    Examples
    --------
    >>> unit(lab)  # doctest: +SKIP
    'customers'
    """
    return "customers" if any(CUSTOMER in lab.table(name).columns for name in lab.tables) else "answers"


@dataclass(frozen=True)
class _Asked:
    """What is wanted of each customer or answer."""

    items: tuple[str, ...]
    by: tuple[str, ...]
    cut: str
    cuts: Bins
    window_days: int
    scope: str

    def __post_init__(self) -> None:
        named = self.named
        if not self.items or len(set(named)) < len(named):
            raise ParameterError(
                f"Patterns need at least one item, each named once: {len(named)} names, of which {len(set(named))}"
                " differ."
            )
        need_free(named, what="An item", own=PATTERN_NAMES)
        need_free(self.by, what="A group")

    @property
    def named(self) -> list[str]:
        return [*self.items, *self.by]

    @property
    def rated(self) -> list[str]:
        return [name for name in self.named if name.startswith(RATINGS)]

    @property
    def told(self) -> list[str]:
        return [name for name in self.named if not name.startswith(RATINGS)]


def _levelled(lab: Lab, asked: _Asked) -> ir.Table:
    """One row per customer or answer: the items and `by` as text, and `_GROUP`."""
    rows = _customers(lab, asked) if unit(lab) == "customers" else _answers(lab, asked)
    found = texts(rows, asked.named, cuts=asked.cuts, codes=asked.rated)
    return rows.mutate(**{name: level(text) if name in asked.by else text for name, text in found.items()})


def _customers(lab: Lab, asked: _Asked) -> ir.Table:
    known, account = Known.asked(lab, asked.cut), accounts(lab)
    columns = [CUSTOMER, *dict.fromkeys([*asked.told, *account])]
    rows = table(lab, cut=asked.cut, columns=columns, window_days=asked.window_days, scope=asked.scope)
    rows = rows.mutate(**{_GROUP: ibis.coalesce(*(rows[name] for name in (*account, CUSTOMER)))})
    if not asked.rated:
        return rows
    answers = _rated(lab, known, asked.rated)
    answers = answers.filter(answers[CUSTOMER].notnull())
    last = answers.group_by(CUSTOMER).aggregate(_last=answers[_ANSWER].argmax(answers[_AT]))
    latest = answers.semi_join(last, answers[_ANSWER] == last._last).select(_joined=CUSTOMER, **_same(asked.rated))
    return rows.left_join(latest, rows[CUSTOMER] == latest._joined).drop("_joined")


def _answers(lab: Lab, asked: _Asked) -> ir.Table:
    """One row per answer of whoever it is."""
    known, told, rated = Known.asked(lab, asked.cut), asked.told, asked.rated
    every = lab.table("responses")
    rows = known.rows(lab, "responses")
    for name in told:
        if name not in rows.columns:
            raise SchemaError(
                f"An item must be a column of `responses`, or `ratings:` and what was rated: `{name}` is none. "
                f"{near_miss(name, rows.columns)}There are: {', '.join(rows.columns)}."
            )
    group = ibis.coalesce(rows.cluster, rows[_ANSWER]) if "cluster" in rows.columns else rows[_ANSWER]
    answers = rows.group_by(_ANSWER).aggregate(**{name: rows[name].max() for name in told}, **{_GROUP: group.max()})
    before = lab.frame(rows.aggregate(before=rows.count(), used=rows[_ANSWER].nunique())).iloc[0]
    sizes = {"every": lab.frame(every.aggregate(n=every.count()))["n"].iloc[0], **before}
    _record(lab, known, {name: int(size) for name, size in sizes.items()}, scope=asked.scope)
    if not rated:
        return answers
    scores = _rated(lab, known, rated).select(_joined=_ANSWER, **_same(rated))
    return answers.left_join(scores, answers[_ANSWER] == scores._joined).drop("_joined")


def _record(lab: Lab, known: Known, sizes: Mapping[str, int], *, scope: str) -> None:
    named = f"{scope} until {known.day}" if known.cut else scope

    def _line(outcome: Outcome, count: int, reason: str = "") -> LedgerLine:
        return LedgerLine("study", "responses", outcome, reason, count, scope=named)

    lab.ledger.record(
        [
            _line("in", sizes["every"]),
            _line("used", sizes["used"]),
            _line("excluded", sizes["every"] - sizes["before"], LATER),
            _line("excluded", sizes["before"] - sizes["used"], SAME_ANSWER),
        ]
    )
    if not sizes["used"]:
        raise InsufficientDataError(f"At least one answer must be known: of {sizes['every']:,} none is. Check `cut`.")


def _rated(lab: Lab, known: Known, rated: Sequence[str]) -> ir.Table:
    """One row per answer of which any of the items was rated: whose it is, the ratings, and a text that orders answers."""
    wanted = {name: name.removeprefix(RATINGS) for name in rated}
    ratings = lab.table("ratings")
    _need_items(lab, ratings, list(wanted.values()))
    ratings = ratings.filter(ratings.item.isin(list(wanted.values())) & ratings.score.notnull())
    scores = ratings.group_by(_ANSWER).aggregate(
        **{name: ratings.score.max(where=ratings.item == item) for name, item in wanted.items()}
    )
    responses = known.rows(lab, "responses")
    at = responses.responded_at.cast("string") + " " if dated(lab) else ibis.literal("")
    whose = {CUSTOMER: responses[CUSTOMER].max()} if CUSTOMER in responses.columns else {}
    answers = responses.mutate(**{_AT: at + responses[_ANSWER]}).rename(_answer=_ANSWER)
    answers = answers.group_by("_answer").aggregate(
        **{_AT: answers[_AT].max()}, **{name: answers[name].max() for name in whose}
    )
    return scores.inner_join(answers, scores[_ANSWER] == answers._answer).drop("_answer")


def _need_items(lab: Lab, ratings: ir.Table, wanted: Sequence[str]) -> None:
    known = sorted(lab.frame(ratings.select("item").distinct())["item"].dropna())
    for item in wanted:
        if item not in known:
            raise SchemaError(
                f"An item that was rated must be one of `ratings`: `{item}` is none. {near_miss(item, known)}"
                f"There are: {', '.join(known)}."
            )


def _same(names: Sequence[str]) -> dict[str, str]:
    return {name: name for name in names}


def _as_table(posterior: pd.DataFrame, items: Sequence[str]) -> ir.Table:
    """The posterior as a table of the engine; an item's empty text is missing, as in the patterns."""
    texts = {f"_item_{at}": posterior[name].astype("string").replace("", pd.NA) for at, name in enumerate(items)}
    frame = pd.DataFrame(
        {**texts, "value": posterior["value"].astype("string"), "probability": posterior["probability"]}
    )
    types = {**dict.fromkeys(texts, "string"), "value": "string", "probability": "float64"}
    return ibis.memtable(frame.reset_index(drop=True), schema=ibis.schema(types))
