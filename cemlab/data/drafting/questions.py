"""What only the user of an export can know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cemlab.data.drafting.exports import Guess, Plan


def questions(plans: Sequence[Plan]) -> list[str]:
    """Return what a draft leaves open, as questions.

    Parameters
    ----------
    plans : sequence of Plan
        The draft's sources.

    Returns
    -------
    list of str
        Each once, in the order in which the lab file raises them.
    """
    found = ["In which time zone do your days begin? (`time_zone`)"]
    for plan in plans:
        where = plan.file.samples[0].path.name
        found += [f"{where}: {question}" for question in (*_of_columns(plan), *_of_source(plan))]
    if any(profile.missing for plan in plans for profile in plan.file.profiles if not profile.free_text):
        found.append("Do the codes in `missing` stand for no value in every column? (NA may be a name or a country.)")
    return list(dict.fromkeys(found))


def _of_columns(plan: Plan) -> Iterator[str]:
    for guess in plan.guesses:
        source = guess.value.get("from", "")
        if guess.column == "score" and plan.table == "responses":
            yield f"is `{source}` the {_metric(plan.guesses)} question? On which scale, and which codes are no answer?"
        if len(guess.formats) > 1:
            yield f"which comes first in `{source}`, as in 03/04/2024: day or month?"
        if guess.column == "customer_id" and guess.doubt:
            yield f"does {f'`{source}`' if source else 'the number of the row'} identify a customer?"


def _of_source(plan: Plan) -> Iterator[str]:
    items = plan.options.get("items", {})
    if items:
        yield f"on which scale are its {len(items)} items, and which codes are no answer?"
    if plan.counts_back:
        yield "on which day was it exported? Times with the company count back from it. (`data_until`)"
    elif plan.table == "spells":
        yield "until which day are starts and ends complete? Who has no end by then is still here. (`data_until`)"
    if plan.options.get("undated") and plan.table != "ratings":
        yield "when did its rows become known? No column says so. (`undated`)"
    if plan.table == "transactions" and plan.options.get("one_per"):
        yield "is one purchase one invoice, and is the amount that of a line? (`one_per`, `sum`)"
    elif plan.options.get("one_per"):
        yield "which of a customer's rows is the one to keep? (`one_per`, `order_by`)"
    if any(guess.value.get("personal") for guess in plan.guesses):
        yield "are all columns with a person's name, words, address or whereabouts marked `personal`?"


def _metric(guesses: Sequence[Guess]) -> str:
    return next(str(guess.value["constant"]).upper() for guess in guesses if guess.column == "metric")
