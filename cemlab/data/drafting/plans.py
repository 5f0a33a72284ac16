"""Which canonical tables an export feeds, and from which of its columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cemlab.core.schemas import METRIC_SCALES, TABLES
from cemlab.data.drafting.profiles import Profile, profile
from cemlab.data.drafting.samples import Sample
from cemlab.data.drafting.vocabulary import MEANINGS, Match, affirmative, matches, words_of

ROW_NUMBER: dict[str, Any] = {"row_number": True}
_ITEMS = 3


@dataclass(frozen=True)
class Guess:
    """One line of a draft.

    Attributes
    ----------
    column : str
        Canonical or own name.
    value : dict
        The column's map as the lab file has it.
    doubt : str
        Why the user has to look; empty when it is sure.
    note : str
        What else is worth saying.
    formats : tuple of str
        Date formats that fit, the one that was taken first.
    """

    column: str
    value: dict[str, Any]
    doubt: str = ""
    note: str = ""
    formats: tuple[str, ...] = ()


@dataclass
class Plan:
    """One source of one canonical table.

    Attributes
    ----------
    table : str
        The canonical table.
    file : Export
        Where its rows come from.
    guesses : list of Guess
        Its columns.
    options : dict
        Keys beside ``file``, such as ``undated``.
    used : set of str
        Headers that are mapped.
    borrowed : list of Export
        Other exports whose columns are looked up.
    """

    table: str
    file: Export
    guesses: list[Guess] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    borrowed: list[Export] = field(default_factory=list)

    @property
    def counts_back(self) -> bool:
        """True when relationships begin a number of months before the day of the snapshot."""
        return any("minus_months" in guess.value for guess in self.guesses)

    def add(self, column: str, match: Match | None, doubt: str = "") -> bool:
        """Map a column, unless nothing was found for it.

        Parameters
        ----------
        column : str
            Canonical name.
        match : Match or None
            What was found.
        doubt : str, default ""
            A reason to look, beside an uncertain name.

        Returns
        -------
        bool
            True when it is mapped.
        """
        if match is None:
            return False
        unsure = "" if match.sure else "the name alone does not say it"
        found = match.profile
        self.guesses.append(Guess(column, source_map(found), doubt or doubt_of(found) or unsure, formats=found.formats))
        self.used.add(match.profile.header)
        return True

    def in_order(self) -> None:
        """Put canonical columns first, as the table names them."""
        names = [column.name for column in TABLES[self.table].columns]
        self.guesses.sort(key=lambda guess: names.index(guess.column) if guess.column in names else len(names))

    def mapped(self, column: str) -> bool:
        """Return whether a column is mapped.

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        bool
            True when it is.
        """
        return any(guess.column == column for guess in self.guesses)


class Export:
    """One file, or several of one layout, with what its columns look like.

    Parameters
    ----------
    samples : sequence of Sample
        Files of one layout.
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        first = samples[0]
        cells = zip(*(row for sample in samples for row in sample.rows), strict=True)
        self.profiles = [profile(header, column) for header, column in zip(first.header, cells, strict=True)]
        self.written = dt.date.fromtimestamp(first.path.stat().st_mtime)  # noqa: DTZ012 - a guess for the user to check
        self.whole = all(sample.whole for sample in samples)

    def best(self, meaning: str, *, apart: Iterable[str] = ()) -> Match | None:
        """Return the likeliest column of a meaning.

        Parameters
        ----------
        meaning : str
            See `cemlab.data.drafting.vocabulary.MEANINGS`.
        apart : iterable of str
            Headers that are taken.

        Returns
        -------
        Match or None
            None when no column fits; not sure when several fit equally.
        """
        taken = set(apart)
        found = [match for match in matches(meaning, self._named) if match.profile.header not in taken]
        if meaning in ("responded_at", "occurred_at", "sent_at"):
            # the finest clock is the system's own
            found.sort(key=lambda match: (not match.sure, -match.profile.distinct))
        rivals = [match for match in found[1:] if match.sure]
        return Match(found[0].profile, sure=found[0].sure and not rivals) if found else None

    def customer(self) -> Match | None:
        """Return the column that says which customer a row is about.

        Returns
        -------
        Match or None
            A person's own id is preferred to one of an order or an answer.
        """
        found = matches("customer_id", self._named)
        found.sort(key=lambda match: ("unique" not in words_of(match.profile.header), not match.sure))
        return Match(found[0].profile, sure=found[0].sure and len(found) == 1) if found else None

    def key(self, meaning: str) -> Match | None:
        """Return a column that tells the rows apart.

        Parameters
        ----------
        meaning : str
            Such as ``response_id``.

        Returns
        -------
        Match or None
            Only of distinct values.
        """
        found = [match for match in matches(meaning, self._named) if match.profile.unique]
        return found[0] if found else None

    def items(self, *, apart: Iterable[str] = ()) -> list[Profile]:
        """Return the largest block of questions that were answered on one scale.

        Parameters
        ----------
        apart : iterable of str
            Headers that are no items.

        Returns
        -------
        list of Profile
            Empty when fewer than three look alike.
        """
        taken, blocks = set(apart), dict[tuple[str, float], list[Profile]]()
        for each in self._named:
            if each.scale and each.header not in taken:
                stem = words_of(each.header).split(" ")[0].rstrip("abcdefghijklmnopqrstuvwxyz")
                blocks.setdefault((stem, each.high), []).append(each)
        largest = max(blocks.items(), key=lambda block: len(block[1]), default=(("", 0.0), []))
        return largest[1] if len(largest[1]) >= _ITEMS and largest[0][0] else []

    def cells(self, header: str) -> set[str]:
        """Return the different cells of a column.

        Parameters
        ----------
        header : str
            As the file writes it.

        Returns
        -------
        set of str
            As text.
        """
        at = self.samples[0].header.index(header)
        return {row[at] for sample in self.samples for row in sample.rows}

    @property
    def _named(self) -> list[Profile]:
        return [each for each in self.profiles if each.header.strip() and each.present]


def source_map(found: Profile) -> dict[str, Any]:
    """Return how a column is read.

    Parameters
    ----------
    found : Profile
        The source column.

    Returns
    -------
    dict
        ``from`` and what else its values ask for.
    """
    value: dict[str, Any] = {"from": found.header}
    if found.formats:
        value["format"] = found.formats[0]
    if found.padded and found.type != "text":
        value["strip"] = True
    if found.decimal_comma:
        value |= {"decimal": ",", "thousands": "."}
    return value


def doubt_of(found: Profile) -> str:
    """Return what in a column's values the user has to look at.

    Parameters
    ----------
    found : Profile
        The column.

    Returns
    -------
    str
        Empty when nothing is.
    """
    if len(found.formats) > 1:
        return f"these days could also be read as {', '.join(found.formats[1:])}"
    if found.misfits:
        return f"{found.misfits:,} of {found.present:,} values are no {found.type} and would be set aside"
    return ""


def plan(export: Export) -> list[Plan]:
    """Return what an export feeds.

    Parameters
    ----------
    export : Export
        The file.

    Returns
    -------
    list of Plan
        Empty when no canonical table fits.
    """
    found = [*_answers(export)]
    lives = _lives(export)
    if lives:
        found.append(lives)
    if not found:
        found = [each for each in (_purchases(export) or _invitations(export) or _events(export),) if each]
    customers = _customers(export, apart={header for each in found for header in each.used})
    return [customers, *found] if customers else found


def identify(plan_: Plan, *, key: str) -> None:
    """Give a plan its key column: one of distinct values, else the number of the row.

    Parameters
    ----------
    plan_ : Plan
        Gets the column.
    key : str
        Canonical name.
    """
    export = plan_.file
    others = [each.name for each in MEANINGS if each.kind == "key" and each.name not in (key, "customer_id")]
    found = export.key(key) or next((each for each in map(export.key, others) if each is not None), None)
    customer = export.customer()
    if found is None and customer and customer.profile.unique:
        found = customer
    if found:
        plan_.add(key, found, "" if export.whole else "distinct in the first rows; not all were looked at")
        return
    named = next((each for each in matches(key, export.profiles)), None)
    repeats = f"; `{named.profile.header}` repeats" if named else ""
    plan_.guesses.append(Guess(key, dict(ROW_NUMBER), f"no column tells the rows apart{repeats}"))


def _answers(export: Export) -> list[Plan]:
    nps = export.best("nps")
    nps = nps if nps and nps.sure else None
    metrics = [(name, export.best(name)) for name in ("csat", "ces")]
    others = [(name, match) for name, match in metrics if match and (match.sure or _is_survey(export))]
    asked = [("nps", nps)] if nps else others
    if not asked:
        return []
    metric, score = asked[0]
    plan_ = Plan("responses", export)
    identify(plan_, key="response_id")
    plan_.add("customer_id", export.customer() or _lone_key(export, plan_))
    plan_.guesses.append(Guess("metric", {"constant": metric}, f"only you can say that this question is {metric}"))
    plan_.guesses.append(_score(metric, score))
    plan_.used.add(score.profile.header)
    for column in ("responded_at", "survey", "comment", "weight", "stratum", "cluster"):
        plan_.add(column, export.best(column, apart=plan_.used))
    _date(plan_, "responded_at")
    ratings = _ratings(export, plan_)
    return [plan_, ratings] if ratings else [plan_]


def _is_survey(export: Export) -> bool:
    return bool(export.key("response_id") or export.items() or export.best("comment"))


def _lone_key(export: Export, plan_: Plan) -> Match | None:
    """An answer's own id stands for the customer where nothing else does and it is called just that."""
    key = next((guess.value.get("from") for guess in plan_.guesses if guess.column == "response_id"), None)
    found = next((each for each in export.profiles if each.header == key and words_of(each.header) == "id"), None)
    return Match(found, sure=False) if found else None


def _score(metric: str, match: Match) -> Guess:
    low, high = METRIC_SCALES[metric]
    value = source_map(match.profile)
    outside = [
        code for code in range(12) if (code < low or code > high) and match.profile.low <= code <= match.profile.high
    ]
    if outside:
        value["missing"] = outside
        codes = " and ".join(str(code) for code in outside)
        return Guess("score", value, f"{codes} outside {low} to {high} taken as no answer")
    doubt = "" if match.sure else "the name alone does not say it"
    return Guess("score", value, doubt_of(match.profile) or doubt)


def _ratings(export: Export, responses: Plan) -> Plan | None:
    named = [export.best(name, apart=responses.used) for name in ("csat", "ces", "intention")]
    items = export.items(apart=responses.used) or [match.profile for match in named if match and match.sure]
    if not items:
        return None
    plan_ = Plan("ratings", export)
    key = next(guess for guess in responses.guesses if guess.column == "response_id")
    plan_.guesses.append(Guess("response_id", key.value, key.doubt))
    plan_.options["items"] = {"_".join(words_of(each.header).split()): each.header for each in items}
    plan_.used |= {each.header for each in items}
    return plan_


def _lives(export: Export) -> Plan | None:
    start, end, months = (export.best(name) for name in ("started_on", "ended_on", "tenure_months"))
    churned = export.best("churned")
    start = start if start and (start.sure or end) else None
    if not start and not (months and months.sure):
        return None
    plan_ = Plan("spells", export)
    identify(plan_, key="spell_id")
    plan_.add("customer_id", export.customer() or _lone_key(export, plan_))
    if start:
        plan_.add("started_on", start)
        end = export.best("ended_on", apart=plan_.used)
        plan_.add("ended_on", end)
    elif months:
        _from_tenure(plan_, months, churned)
    plan_.add("end_reason", export.best("end_reason", apart=plan_.used))
    return plan_


def _from_tenure(plan_: Plan, months: Match, churned: Match | None) -> None:
    """A relationship from its length on the day of the snapshot, which only the user knows."""
    day = plan_.file.written.isoformat()
    doubt = "the day of the snapshot is the file's own; write the true one"
    header = months.profile.header
    plan_.guesses.append(Guess("started_on", {"constant": day, "minus_months": header}, doubt))
    if churned:
        flag = {"column": churned.profile.header, "is": list(affirmative(churned.profile))}
        plan_.guesses.append(Guess("ended_on", {"constant": day, "when": flag}, doubt))
        plan_.used.add(churned.profile.header)
    plan_.add("tenure_months", months)


def _purchases(export: Export) -> Plan | None:
    amount = export.best("amount")
    if not amount or not (export.best("occurred_at") or amount.sure or export.key("transaction_id")):
        return None
    if not (export.customer() or matches("transaction_id", export.profiles)):
        return None
    plan_ = Plan("transactions", export)
    identify(plan_, key="transaction_id")
    plan_.add("customer_id", export.customer())
    for column in ("occurred_at", "amount", "margin"):
        plan_.add(column, export.best(column, apart=plan_.used))
    return plan_


def _events(export: Export) -> Plan | None:
    when, touchpoint = export.best("occurred_at"), export.best("touchpoint")
    if not when or not (touchpoint or export.customer()) or (not touchpoint and when.profile.type != "instant"):
        return None
    plan_ = Plan("events", export)
    identify(plan_, key="event_id")
    plan_.add("customer_id", export.customer())
    plan_.add("occurred_at", when)
    if not plan_.add("touchpoint", touchpoint):
        plan_.guesses.append(
            Guess("touchpoint", {"constant": export.samples[0].path.name.split(".")[0]}, "one name for all rows")
        )
    for column in ("channel", "stage", "owner"):
        plan_.add(column, export.best(column, apart=plan_.used))
    return plan_


def _invitations(export: Export) -> Plan | None:
    sent = export.best("sent_at")
    if not sent or not sent.sure or not export.customer():
        return None
    plan_ = Plan("invitations", export)
    identify(plan_, key="invitation_id")
    plan_.add("customer_id", export.customer())
    for column in ("sent_at", "survey", "channel"):
        plan_.add(column, export.best(column, apart=plan_.used))
    return plan_


def _customers(export: Export, *, apart: set[str]) -> Plan | None:
    """Attributes of customers, where a row is about one of them and no other table takes it all."""
    customer = export.customer()
    if customer is None and apart:
        key = export.key("response_id") or export.key("spell_id")
        customer = Match(key.profile, sure=False) if key and words_of(key.profile.header) == "id" else None
    if customer is None or (apart and not customer.profile.unique):
        return None
    plan_ = Plan("customers", export)
    plan_.add("customer_id", customer)
    if not customer.profile.unique:
        plan_.options["one_per"] = "customer_id"
    plan_.add("known_at", export.best("known_at", apart=apart | plan_.used))
    _date(plan_, "known_at")
    return plan_


def _date(plan_: Plan, column: str) -> None:
    if not plan_.mapped(column):
        plan_.options["undated"] = True


def required_missing(plan_: Plan) -> list[str]:
    """Return the required columns that a plan lacks.

    Parameters
    ----------
    plan_ : Plan
        The plan.

    Returns
    -------
    list of str
        Canonical names.
    """
    return [name for name in TABLES[plan_.table].required if not plan_.mapped(name) and not _made(plan_, name)]


def _made(plan_: Plan, name: str) -> bool:
    return name == "item" and "items" in plan_.options
