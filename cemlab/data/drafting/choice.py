"""What each export feeds once all of them are known: one home for customers, and columns from one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cemlab.core.errors import one_line
from cemlab.core.schemas import TABLES
from cemlab.data.drafting.exports import Export, Guess, Plan, doubt_of, source_map
from cemlab.data.drafting.joins import borrow, same_person, shared_key, through
from cemlab.data.drafting.plans import identify, plan, required_missing
from cemlab.data.drafting.profiles import Profile
from cemlab.data.drafting.vocabulary import personal, postal, snake

_HOMES = ("customers", "responses", "spells", "events", "transactions", "invitations")
_SHOWN_CODES = 12


def choose(names: Mapping[Export, str]) -> list[Plan]:
    """Return the sources of a draft.

    Parameters
    ----------
    names : mapping of Export to str
        What was looked at → the file as the lab file names it.

    Returns
    -------
    list of Plan
        In the order of the canonical tables; at least one, each with all that its table requires.
    """
    found = [each for export in names for each in plan(export)]
    found, spare = _one_home(found)
    for each in found:
        borrow(each, names)
    found = [each for each in found if not required_missing(each)] or [_rows_of(next(iter(names)))]
    for export in names:
        own = [each for each in found if each.file is export]
        home = next((each for table in _HOMES for each in own if each.table == table), None)
        if home:
            _keep_rest(home, apart={header for each in own for header in each.used})
    customers = next((each for each in found if each.table == "customers"), None)
    for each in spare:
        if customers and not any(other.file is each.file for other in found):
            _look_up_rest(customers, each, name=names[each.file])
    _first_purchase(found)
    same_person(found, names)
    _tell_apart(found)
    _agree_on_types(found)
    for each in found:
        each.in_order()
    order = list(TABLES)
    return sorted(found, key=lambda each: order.index(each.table))


def _one_home(found: list[Plan]) -> tuple[list[Plan], list[Plan]]:
    """One source of customers, because a second row of a customer is set aside; and the others."""
    customers = [each for each in found if each.table == "customers"]
    if len(customers) < 2:
        return found, []
    # best is a file that is about customers alone
    alone = [each for each in customers if not any(other.file is each.file for other in found if other is not each)]
    first = (alone or customers)[0]
    spare = [each for each in customers if each is not first]
    return [each for each in found if each not in spare], spare


def _tell_apart(found: list[Plan]) -> None:
    """Where files of one table use the same ids, put the file's number before each."""
    repeated = {table for table in TABLES if _ids_repeat([each for each in found if each.table == table])}
    if "responses" in repeated:
        repeated.add("ratings")
    for table in repeated - {"customers"}:
        key = TABLES[table].key[0]
        for number, each in enumerate((each for each in found if each.table == table), start=1):
            for at, guess in enumerate(each.guesses):
                if guess.column == key:
                    part = guess.value.get("from", "row_number")
                    value = {"template": f"{number}-{{{part}}}"}
                    each.guesses[at] = Guess(key, value, "several files use the same ids")


def _ids_repeat(plans: list[Plan]) -> bool:
    seen: set[str] = set()
    for each in plans:
        guess = next((guess for guess in each.guesses if guess.column == TABLES[each.table].key[0]), None)
        header = guess.value.get("from") if guess else None
        ids = each.file.cells(header) if header else set(map(str, range(1, 3)))
        if seen & ids:
            return True
        seen |= ids
    return False


def _agree_on_types(found: list[Plan]) -> None:
    """A column of the lab's own has one type in all sources of a table."""
    types: dict[tuple[str, str], set[str]] = {}
    for each in found:
        for guess in each.guesses:
            types.setdefault((each.table, guess.column), set()).add(guess.value.get("type", "text"))
    for each in found:
        for at, guess in enumerate(each.guesses):
            several = types[each.table, guess.column]
            if len(several) > 1:
                numbers = several == {"integer", "number"}
                value = {key: kept for key, kept in guess.value.items() if key not in ("type", "format")}
                value |= {"type": "number"} if numbers else {}
                each.guesses[at] = replace(guess, value=value, doubt="" if numbers else "another type in another file")


def _first_purchase(found: list[Plan]) -> None:
    """Where no file is about customers, each is known since the first purchase."""
    bought = next((each for each in found if each.table == "transactions"), None)
    if bought is None or any(each.table == "customers" for each in found):
        return
    guesses = {guess.column: guess for guess in bought.guesses}
    customers = Plan("customers", bought.file, options={"one_per": "customer_id", "order_by": "known_at"})
    customers.guesses = [guesses["customer_id"], replace(guesses["occurred_at"], column="known_at")]
    found.append(customers)


def _rows_of(export: Export) -> Plan:
    """Where nothing fits, each row is a customer until the user says better."""
    rows = Plan("customers", export, options={"undated": True})
    identify(rows, key="customer_id")
    rows.guesses[0] = Guess("customer_id", rows.guesses[0].value, "no table fits this file; is one row a customer?")
    return rows


def _keep_rest(home: Plan, *, apart: Iterable[str]) -> None:
    """Add the columns that no table of an export takes as columns of the lab's own."""
    mapped = set(apart)
    summed = next((guess.value["from"] for guess in home.guesses if guess.column == home.options.get("one_per")), None)
    for found in home.file.profiles:
        if found.header in mapped or not found.header.strip() or not found.present:
            continue
        if home.options.get("sum") and summed and home.file.differs(found.header, within=summed):
            continue  # what is said of a line is not said of the whole
        home.guesses.append(_own(found, taken=_taken(home)))
        home.used.add(found.header)


def _look_up_rest(customers: Plan, spare: Plan, *, name: str) -> None:
    key = shared_key(customers.file, spare.file)
    if key is None or not name:
        return
    for found in spare.file.profiles:
        if found.header != key and found.header.strip() and found.present:
            guess = _own(found, taken=_taken(customers))
            value = guess.value | through(key, name, found.header)
            customers.guesses.append(Guess(guess.column, value, guess.doubt, note=guess.note))
    customers.borrowed.append(spare.file)


def _taken(home: Plan) -> set[str]:
    """Names that a column of the lab's own may not have, days beside instants included."""
    names = {column.name for column in TABLES[home.table].columns} | {guess.column for guess in home.guesses}
    return names | {f"{name.removesuffix('_at')}_on" for name in names}


def _own(found: Profile, *, taken: set[str]) -> Guess:
    name, value = snake(found.header, taken=taken), source_map(found)
    if personal(found) or postal(found):
        return Guess(name, {"from": found.header, "personal": True}, "looks personal")
    if found.free_text:
        return Guess(name, {"from": found.header, "personal": True}, "sentences may be a person's own words")
    if found.type not in ("text", "boolean") and not (found.type == "integer" and found.leading_zeros):
        value["type"] = found.type
    shown = found.codes and len(found.codes) <= _SHOWN_CODES and found.type in ("text", "boolean", "integer")
    note = f"codes {', '.join(map(one_line, sorted(found.codes)))}" if shown else ""
    return Guess(name, value, doubt_of(found), note=note)
