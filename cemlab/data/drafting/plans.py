"""Which canonical tables an export feeds, and from which of its columns."""

from __future__ import annotations

from typing import Any

from cemlab.core.scales import METRIC_SCALES
from cemlab.core.schemas import TABLES
from cemlab.data.drafting.exports import Export, Guess, Plan, doubt_of, source_map
from cemlab.data.drafting.profiles import Profile
from cemlab.data.drafting.vocabulary import MEANINGS, Match, affirmative, matches, snake, words_of

ROW_NUMBER: dict[str, Any] = {"row_number": True}


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
        found = _purchases(export) or _invitations(export) or _events(export)
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
    looked = "" if export.whole else "distinct in the first rows; not all were looked at"
    if found is None and customer and customer.profile.unique:
        numbers = [each.profile for each in matches(key, export.profiles) if not each.profile.codes]
        found, other = customer, next((each.header for each in numbers), "")
        # several contracts of one customer would pass for one
        looked = f"it numbers customers, and `{other}` may number the rows" if other else looked
    if found:
        plan_.add(key, found, looked)
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
        code
        for code in range(12)
        if (code < low or code > high)
        and match.profile.low <= code <= match.profile.high
        and (not match.profile.off_scale or str(code) in match.profile.codes)
    ]
    outside = sorted([*outside, *match.profile.off_scale])
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
    unit = "days" if {"day", "days"} & set(words_of(header).split()) else "months"
    plan_.guesses.append(Guess("started_on", {"constant": day, f"minus_{unit}": header}, doubt))
    if churned:
        flag = {"column": churned.profile.header, "is": list(affirmative(churned.profile))}
        plan_.guesses.append(Guess("ended_on", {"constant": day, "when": flag}, doubt))
        plan_.used.add(churned.profile.header)
    plan_.add(f"tenure_{unit}", months)


def _purchases(export: Export) -> list[Plan]:
    amount, factors = export.best("amount"), _factors(export)
    if factors:
        amount = None
    if not factors and not (amount and (export.best("occurred_at") or amount.sure or export.key("transaction_id"))):
        return []
    if not (export.customer() or matches("transaction_id", export.profiles)):
        return []
    plan_ = Plan("transactions", export)
    invoice = _invoice(export)
    if invoice:
        plan_.add("transaction_id", invoice, "lines with one of these are one purchase")
    else:
        identify(plan_, key="transaction_id")
    plan_.add("customer_id", export.customer())
    plan_.add("occurred_at", export.best("occurred_at", apart=plan_.used))
    if factors:
        value = {"product": [each.profile.header for each in factors]} | _marks(factors)
        plan_.guesses.append(
            Guess("amount", value, "" if all(each.sure for each in factors) else "is one the price of one piece?")
        )
    plan_.add("amount", amount)
    plan_.add("margin", export.best("margin", apart=plan_.used))
    if invoice:
        _one_per_invoice(plan_, invoice, amount)
    return [plan_]


def _factors(export: Export) -> list[Match]:
    """Quantity and price of a line, unless a column has the amount itself."""
    both = [export.best("quantity"), export.best("unit_price")]
    found = [each for each in both if each]
    amount = export.best("amount")
    if len(found) < 2 or (
        amount and amount.sure and amount.profile.header not in {each.profile.header for each in found}
    ):
        return []
    return found


def _marks(factors: list[Match]) -> dict[str, Any]:
    """Marks in numbers that a column of them asks for; whole numbers ask for none."""
    return next(({"decimal": ",", "thousands": "."} for each in factors if each.profile.decimal_comma), {})


def _invoice(export: Export) -> Match | None:
    """The number of an order or invoice that several lines of one customer share."""
    customer = export.customer()
    found = next((each for each in matches("transaction_id", export.profiles) if each.sure), None)
    if found is None or export.key("transaction_id") or found.profile.present == found.profile.distinct:
        return None
    header = found.profile.header
    return None if customer and export.differs(customer.profile.header, within=header) else found


def _one_per_invoice(plan_: Plan, invoice: Match, amount: Match | None) -> None:
    """Add up the lines of an invoice, unless its amount is written in each of them."""
    plan_.options["one_per"] = "transaction_id"
    if amount is None or plan_.file.differs(amount.profile.header, within=invoice.profile.header):
        plan_.options["sum"] = [name for name in ("amount", "margin") if plan_.mapped(name)]


def _events(export: Export) -> list[Plan]:
    touchpoint, clocks = export.best("touchpoint"), export.clocks()
    if len(clocks) > 1 and not touchpoint and export.customer():
        return [_milestone(export, each) for each in clocks]
    when = export.best("occurred_at")
    if not when or not (touchpoint or export.customer()) or (not touchpoint and when.profile.type != "instant"):
        return []
    plan_ = Plan("events", export)
    identify(plan_, key="event_id")
    plan_.add("customer_id", export.customer())
    plan_.add("occurred_at", when)
    if not plan_.add("touchpoint", touchpoint):
        name = export.samples[0].path.name.split(".")[0]
        plan_.guesses.append(Guess("touchpoint", {"constant": name}, "one name for all rows"))
    for column in ("channel", "stage", "owner"):
        plan_.add(column, export.best(column, apart=plan_.used))
    return [plan_]


def _milestone(export: Export, clock: Profile) -> Plan:
    """One step of several whose times stand side by side, where it was reached."""
    name = snake(clock.header)
    plan_ = Plan("events", export)
    identify(plan_, key="event_id")
    key = plan_.guesses[0]
    part = key.value.get("from", "row_number")
    plan_.guesses[0] = Guess("event_id", {"template": f"{name}-{{{part}}}"}, key.doubt)
    plan_.add("customer_id", export.customer())
    plan_.add("occurred_at", Match(clock, sure=True))
    plan_.guesses.append(Guess("touchpoint", {"constant": name}, "a step that the row went through; name it"))
    plan_.options["where"] = {"column": clock.header, "is_not": ["", *clock.missing], "reason": "never came so far"}
    return plan_


def _invitations(export: Export) -> list[Plan]:
    sent = export.best("sent_at")
    if not sent or not sent.sure or not export.customer():
        return []
    plan_ = Plan("invitations", export)
    identify(plan_, key="invitation_id")
    plan_.add("customer_id", export.customer())
    for column in ("sent_at", "survey", "channel"):
        plan_.add(column, export.best(column, apart=plan_.used))
    return [plan_]


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
