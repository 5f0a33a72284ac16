"""Tables of segments: items, numbers of classes, profiles, rules and what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers
from cemlab.show.prediction_tables import of_customers
from cemlab.show.segment_words import unit_words, word
from cemlab.show.tables import Cell, Column, Table

_CRITERIA = (
    ("icl", "ICL", 0, 1.0),
    ("entropy_r2", "Relative entropy", 2, 1.0),
    ("silhouette", "Silhouette", 2, 1.0),
    ("smallest_share", "Smallest, %", 0, 100.0),
    ("p_value", "p of one fewer", 2, 1.0),
)
"""Column of the estimates, heading, digits, and what a value is multiplied by."""


def of_items(filled: pd.DataFrame, *, info: LabInfo) -> Table:
    """Return how complete and how old each item is.

    Parameters
    ----------
    filled : pandas.DataFrame
        From ``prepare.items.filled``.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        One row per item, the least complete first; its age where any item carries a day.
    """
    ordered = filled.sort_values("filled_share", kind="stable")
    aged = bool(filled["median_age_days"].notna().any())
    columns = [Column("Item"), Column("Known of, %", numeric=True), Column("Levels", numeric=True)]
    columns += [Column("Median age, days", numeric=True)] if aged else []
    rows = tuple(
        (
            Cell(word(str(row["item"])), word(str(row["item"]))),
            _number(100 * row["filled_share"], digits=1, info=info),
            _number(row["levels"], info=info),
            *([_number(row["median_age_days"], info=info)] if aged else []),
        )
        for row in ordered.to_dict("records")
    )
    return Table("Items that customers are grouped by", tuple(columns), rows, ordered)


def of_numbers(number: Estimates, *, chosen: int, info: LabInfo) -> Table:
    """Return how well one, two, … segments fit.

    Parameters
    ----------
    number : Estimates
        From ``stats.segments.number_of_classes``, ``number_of_components`` or ``number_of_clusters``.
    chosen : int
        How many the page goes on with.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        One row per number of segments.
    """
    wanted = [each for each in _CRITERIA if each[0] in number.table]
    if number.measure == "prediction_strength":
        wanted = [("estimate", "Prediction strength", 2, 1.0), *wanted]
    else:
        wanted = [("estimate", "BIC", 0, 1.0), *wanted]
    tried = "starts" in number.table
    names = ["Segments", *(name for _, name, _, _ in wanted), *(["Best start found"] if tried else [])]
    rows = []
    for row in number.table.to_dict("records"):
        many = int(row["classes"])
        cells = [Cell(f"{many} (used)" if many == chosen else str(many), many)]
        cells += [_number(scale * row[column], digits=digits, info=info) for column, _, digits, scale in wanted]
        if tried:
            cells.append(Cell(f"{int(row['found'])} of {int(row['starts'])}", row["found"] / row["starts"]))
        rows.append(tuple(cells))
    columns = tuple(Column(name, numeric=at > 0) for at, name in enumerate(names))
    return Table("How many segments", columns, tuple(rows), number.table)


def of_stability(stable: Estimates, *, info: LabInfo) -> Table:
    """Return how well each segment is found again.

    Parameters
    ----------
    stable : Estimates
        From ``stats.segments.stability``.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Segment, mean similarity, range, share of resamples in which it dissolved, verdict.
    """
    columns = (
        Column("Segment"),
        Column("Similarity", numeric=True),
        Column("Middle of resamples", numeric=True),
        Column("Dissolved, %", numeric=True),
        Column("Verdict"),
    )
    rows = tuple(
        (
            Cell(str(row["segment"]), str(row["segment"])),
            _number(row["estimate"], digits=2, info=info),
            Cell(numbers.interval_text(row["ci_low"], row["ci_high"], digits=2, locale=info.locale), row["ci_low"]),
            _number(100 * row["dissolved_share"], info=info),
            Cell(str(row["verdict"]), str(row["verdict"])),
        )
        for row in stable.table.to_dict("records")
    )
    return Table("How well each segment is found again in resamples", columns, rows, stable.table)


def of_simpler(simpler: Estimates, *, info: LabInfo) -> Table:
    """Return what else could explain segments, and whether it does as well.

    Parameters
    ----------
    simpler : Estimates
        From ``stats.segments.simpler_models``.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        One row per model or test.
    """
    columns = (
        Column("Simpler explanation"),
        Column("Model or test"),
        Column("Items"),
        Column("BIC, less that of the segments", numeric=True),
        Column("p", numeric=True),
        Column("As good as the segments"),
    )
    rows = []
    for row in simpler.table.to_dict("records"):
        pair = numbers.listed(word(str(row[name])) for name in ("first", "second") if row[name])
        cells = [Cell(str(row[name]), str(row[name])) for name in ("explanation", "model")]
        cells += [Cell(pair, pair), _number(row["estimate"], info=info), _number(row["p_value"], digits=2, info=info)]
        rows.append((*cells, Cell("yes" if row["as_good"] else "no", bool(row["as_good"]))))
    return Table("What else could explain the segments", columns, tuple(rows), simpler.table)


def of_rules(rules: pd.DataFrame, *, info: LabInfo, counted: str = "customers") -> Table:
    """Return plain rules as a table.

    Parameters
    ----------
    rules : pandas.DataFrame
        The part ``rules`` of ``stats.segments.rules``, or rules of RFM: ``rule``, ``segment``, ``n``, perhaps
        ``precision``.
    info : LabInfo
        For the locale.
    counted : str, default "customers"
        What the segments hold.

    Returns
    -------
    Table
        One row per rule, those of most customers first; rules of RFM in their own order.
    """
    held = "precision" in rules
    ordered = rules.sort_values("n", ascending=False, kind="stable") if held else rules
    columns = [Column("Rule"), Column("Segment"), Column(counted.capitalize(), numeric=True)]
    columns += [Column("Of these rightly, %", numeric=True)] if held else []
    rows = []
    for row in ordered.to_dict("records"):
        cells = [
            Cell(str(row["rule"]), str(row["rule"])),
            Cell(str(row["segment"]), str(row["segment"])),
            _number(row["n"], info=info),
        ]
        rows.append(tuple([*cells, _number(100 * row["precision"], info=info)] if held else cells))
    return Table("Rules that a person can apply", tuple(columns), tuple(rows), ordered)


def of_levels(
    found: Mapping[str, Estimates],
    *,
    caption: str,
    info: LabInfo,
    grouped: str = "Segment",
    counted: str = "customers",
    units: bool = True,
) -> Table:
    """Return several outcomes by segment as one table.

    Parameters
    ----------
    found : mapping of str to Estimates
        Outcome → one row per ``segment``.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.
    grouped : str, default "Segment"
        Heading of the groups.
    counted : str, default "customers"
        What the groups hold.
    units : bool, default True
        Whether each outcome has a unit of its own; otherwise the caption tells it.

    Returns
    -------
    Table
        Outcome with its unit, segment, estimate, interval, customers.
    """
    rows: list[tuple[Cell, ...]] = []
    frames = []
    for name, each in found.items():
        made = of_customers(each, caption=caption, info=info)
        told = f"{word(name)}{unit_words(each.unit, info=info) if units else ''}"
        rows += [(Cell(told, told), *row) for row in made.rows]
        frames.append(each.table.assign(outcome=name))
    level = numbers.level_text(next(iter(found.values())).level, locale=info.locale)
    columns = (
        Column("Outcome"),
        Column(grouped),
        Column("Estimate", numeric=True),
        Column(f"{level} interval", numeric=True),
        Column(counted.capitalize(), numeric=True),
    )
    return Table(caption, columns, tuple(rows), pd.concat(frames, ignore_index=True))


def of_mixes(found: Mapping[str, Estimates], *, caption: str, info: LabInfo) -> Table:
    """Return the levels of several categories by segment as one table.

    Parameters
    ----------
    found : mapping of str to Estimates
        Category → from ``stats.segments.categories``, by ``segment`` and ``group``.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Category, segment, group, share, interval, customers.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, each in found.items():
        rows += [(Cell(word(name), word(name)), *row) for row in of_customers(each, caption=caption, info=info).rows]
    level = numbers.level_text(next(iter(found.values())).level, locale=info.locale)
    columns = (
        Column("By"),
        Column("Segment"),
        Column("Group"),
        Column("Share, %", numeric=True),
        Column(f"{level} interval, %", numeric=True),
        Column("Customers", numeric=True),
    )
    return Table(
        caption,
        columns,
        tuple(rows),
        pd.concat([each.table.assign(by=name) for name, each in found.items()], ignore_index=True),
    )


def of_moves(moved: Estimates, *, info: LabInfo) -> Table:
    """Return where customers of each segment are later, as a square.

    Parameters
    ----------
    moved : Estimates
        From ``stats.segments.transitions`` between ``a``, the earlier, and ``b``, the present.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        One row per earlier segment, one column per present one, in percent.
    """
    frame = moved.table
    now = list(dict.fromkeys(frame["b"].astype(str)))
    columns = (
        Column("Earlier"),
        *(Column(f"Now {name}, %", numeric=True) for name in now),
        Column("Customers", numeric=True),
    )
    rows = []
    for before, each in frame.groupby(frame["a"].astype(str), sort=False):
        shares = each.set_index(each["b"].astype(str))["estimate"]
        n = float(each["n"].max())
        rows.append(
            (
                Cell(str(before), str(before)),
                *(_number(100 * float(shares.get(name, math.nan)), info=info) for name in now),
                _number(n, info=info),
            )
        )
    return Table("Where the customers of each segment are now", columns, tuple(rows), frame)


def of_grid(cells: Estimates, *, order: Sequence[str], info: LabInfo) -> Table:
    """Return what to do with whom, and what they are worth.

    Parameters
    ----------
    cells : Estimates
        From ``stats.segments.grid``.
    order : sequence of str
        Segments from top to bottom.
    info : LabInfo
        For the locale and the currency.

    Returns
    -------
    Table
        Segment, action, customers with their interval, and their value.
    """
    stake = cells.parts["at_stake"].set_index(["segment", "action"])
    money = info.currency or "value"
    columns = (
        Column("Segment"),
        Column("What to do"),
        Column("Customers", numeric=True),
        Column("Interval", numeric=True),
        Column(f"Value, {money}", numeric=True),
    )
    rows = []
    placed = {name: at for at, name in enumerate(order)}
    for row in sorted(cells.table.to_dict("records"), key=lambda each: placed.get(str(each["segment"]), len(placed))):
        worth = stake.loc[(row["segment"], row["action"])]
        count = (
            Cell(f"< {cells.min_n}" if row["too_small"] else "withheld", math.nan)
            if row["suppressed"]
            else _number(row["estimate"], info=info)
        )
        rows.append(
            (
                Cell(str(row["segment"]), str(row["segment"])),
                Cell(str(row["action"]), str(row["action"])),
                count,
                _interval(row["ci_low"], row["ci_high"], info=info),
                _number(worth["estimate"], info=info),
            )
        )
    return Table("Customers and their value, by segment and what to do", columns, tuple(rows), cells.table)


def of_lines(lines: Sequence[tuple[str, str]], *, caption: str) -> Table:
    """Return what is known of one segment, line by line.

    Parameters
    ----------
    lines : sequence of (str, str)
        What, and how much.
    caption : str
        Whose.

    Returns
    -------
    Table
        Two columns of text.
    """
    rows = tuple((Cell(what, what), Cell(much, much)) for what, much in lines)
    return Table(caption, (Column("What"), Column("How much")), rows, pd.DataFrame(lines, columns=["what", "how_much"]))


def _number(value: float, *, digits: int = 0, info: LabInfo) -> Cell:
    number = float(value)
    return Cell(numbers.number(number, digits, locale=info.locale), number)


def _interval(low: float, high: float, *, info: LabInfo) -> Cell:
    if not (math.isfinite(low) and math.isfinite(high)):
        return Cell("–", math.nan)
    return Cell(numbers.interval_text(low, high, locale=info.locale), float(low))
