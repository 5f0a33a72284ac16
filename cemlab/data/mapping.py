"""What a lab.toml may say of a source and of its columns: typed, and unknown keys refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cemlab.core.schemas import Type
from cemlab.data.layout import Code, Codes, Layout, Lookup, Mark, Name, Reading, Strict, as_list
from cemlab.data.numerals import plain
from cemlab.data.sections import known_zone

ROW_NUMBER = "row_number"
"""In a template, the number of the row, unless the source has such a column itself."""
WIDE_ITEM, WIDE_SCORE = "\0item", "\0score"
"""Columns that a wide survey gets when each of its rows becomes one row per item."""

_DIRECTIVES = "aAbBdfgHIjmMnpSuUVwWyYzZ%"
_PART = re.compile(r"\{([^{}]+)\}")


def _as_mapping(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


def _known_format(value: str) -> str:
    wrong = sorted(set(re.findall(r"%-?(.?)", value)) - set(_DIRECTIVES))
    if wrong or (value and "%" not in value):
        raise ValueError(f"is no date format: it takes %Y %m %d %H %M %S and the like, also {_DIRECTIVES}")
    return value


class Condition(Strict):
    """A source column and the codes that it must hold, or must not.

    Attributes
    ----------
    column : str
        Header of the source column.
    wanted, unwanted : tuple of str or None
        ``is`` and ``is_not``: one of the two; ``""`` stands for no value.
    reason : str
        Why other rows are left out, as a report shows it.
    """

    column: Name
    wanted: Annotated[Codes | None, Field(alias="is")] = None
    unwanted: Annotated[Codes | None, Field(alias="is_not")] = None
    reason: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Condition:
        if (self.wanted is None) == (self.unwanted is None):
            raise ValueError("takes either `is` or `is_not`")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """Those of `is` or `is_not`."""
        return self.wanted if self.wanted is not None else self.unwanted or ()


class Origin(Strict):
    """Where values come from, and what is done to them.

    Attributes
    ----------
    source : str or None
        ``from``: the header of the source column.
    constant : str or None
        The same value in every row, instead of a source column.
    template : str or None
        Source columns joined, such as ``{year}-{month}-{day}``; no value when one of them has none.
    row_number : bool
        True for the number of the row in its file.
    product : tuple of str
        Headers of numbers that are multiplied, such as quantity and price; no value when one of them has none.
    missing : tuple of str
        Codes that mean "no value" here, beside those of the whole source.
    values : dict of str to str
        Source code → what it stands for; other codes stay as they are.
    only : bool
        True to quarantine a row with a code that `values` does not list.
    lookup : tuple of Lookup
        Files in which the cell is looked up, one after another.
    when : Condition or None
        When it does not hold, there is no value.
    format : str
        Of a date or time, as in Python's strptime; ISO 8601 when empty.
    zone : str
        IANA name of the zone of times that name none, instead of the source's.
    plus_days, minus_days, minus_months : str or None
        Header of the source column with the number of days or months to add or take away.
    decimal, thousands : str or None
        Marks in numbers, instead of the source's.
    negative_when : Condition or None
        When it holds, a number is below zero whatever its sign, as that of a refund is.
    bins : tuple of float
        Cut points that turn a number into bands, each including its lower end.
    labels : tuple of str
        One name per band, one more than cut points.
    strip : bool
        True to take blanks off both ends.
    """

    source: Annotated[str | None, Field(alias="from")] = None
    constant: Code | None = None
    template: str | None = None
    row_number: bool = False
    product: tuple[Name, ...] = ()
    missing: Codes = ()
    values: dict[str, Code] = Field(default_factory=dict)
    only: bool = False
    lookup: Annotated[tuple[Lookup, ...], BeforeValidator(as_list)] = ()
    when: Condition | None = None
    format: Annotated[str, AfterValidator(_known_format)] = ""
    zone: Annotated[str, AfterValidator(lambda value: value and known_zone(value))] = ""
    plus_days: str | None = None
    minus_days: str | None = None
    minus_months: str | None = None
    decimal: Mark | None = None
    thousands: Mark | None = None
    negative_when: Condition | None = None
    bins: tuple[float, ...] = ()
    labels: tuple[Code, ...] = ()
    strip: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Origin:
        if self.origins > 1:
            raise ValueError("takes one of `from`, `constant`, `template`, `row_number` and `product`")
        if self.product and (len(self.product) < 2 or self.lookup or self.values or self.bins or self.format):
            raise ValueError(
                "needs two columns or more in `product`, and takes no `lookup`, `values`, `bins` or `format` beside it"
            )
        if self.template is not None and not self.parts:
            raise ValueError("needs a `template` that names a source column, such as {year}-{month}-{day}")
        if sum(each is not None for each in (self.plus_days, self.minus_days, self.minus_months)) > 1:
            raise ValueError("takes one of `plus_days`, `minus_days` and `minus_months`")
        if self.only and not self.values:
            raise ValueError("needs `values` beside `only`")
        if len({plain(code) for code in self.values}) < len(self.values):
            raise ValueError("needs each code of `values` once: 1 and 1.0 are the same")
        if list(self.bins) != sorted(set(self.bins)):
            raise ValueError("needs `bins` in rising order, each once")
        if self.labels and len(self.labels) != len(self.bins) + 1:
            raise ValueError(f"needs {len(self.bins) + 1} `labels` for {len(self.bins)} `bins`")
        return self

    @property
    def origins(self) -> int:
        """How many of `from`, `constant`, `template`, `row_number` and `product` are given."""
        given = sum(each is not None for each in (self.source, self.constant, self.template))
        return given + self.row_number + bool(self.product)

    @property
    def conditions(self) -> dict[str, Condition]:
        """Its conditions by their keys."""
        both = {"when": self.when, "negative_when": self.negative_when}
        return {key: each for key, each in both.items() if each is not None}

    @property
    def parts(self) -> list[str]:
        """What the template puts between its own words, in order."""
        return _PART.findall(self.template or "")

    @property
    def offset(self) -> str | None:
        """The source column with a number of days or months."""
        return self.plus_days or self.minus_days or self.minus_months

    def headers(self) -> Iterator[str]:
        """Yield the source columns that this one is made from.

        Yields
        ------
        str
            A header; `ROW_NUMBER` for the number of the row in a template.
        """
        yield from (each for each in (self.source, self.offset) if each is not None)
        yield from self.parts
        yield from self.product
        yield from (each.column for each in self.conditions.values())


def _as_mappings(value: object) -> object:
    return [_as_mapping(each) for each in value] if isinstance(value, list | tuple) else [_as_mapping(value)]


class ColumnMap(Origin):
    """Where the values of one canonical or free column come from: one origin, and others for rows where it has none.

    Attributes
    ----------
    otherwise : tuple of Origin
        ``else``: of these, and in this order, the first that has a value counts where the column's own has none.
    type : str or None
        Type of a free column; text when not given.
    personal : bool
        True for words or contact data of a person.
    may_miss : bool
        True where most ids may be unknown to the table that they point to.
    """

    otherwise: Annotated[tuple[Origin, ...], BeforeValidator(_as_mappings), Field(alias="else")] = ()
    type: Type | None = None
    personal: bool = False
    may_miss: bool = False

    def alternatives(self, name: str) -> dict[str, Origin]:
        """Return the origins in their order.

        Parameters
        ----------
        name : str
            Of the column.

        Returns
        -------
        dict of str to Origin
            By names that no column has, except that a single one has the column's own.
        """
        if not self.otherwise:
            return {name: self}
        return {f"{name} else {place}": each for place, each in enumerate((self, *self.otherwise))}


class Source(Reading):
    """One file, or several of one layout, that feed a canonical table.

    Attributes
    ----------
    file : str or None
        CSV or TSV (also ``.gz``), Parquet, JSON lines, Excel or DuckDB, relative to the lab file.
    files : tuple of str
        Several, instead of `file`.
    format : str or None
        What they are, where the ending does not say it.
    encoding : str
        A Python codec; UTF-8 when not given.
    delimiter, quote : str
        One character each; ``blanks`` is a delimiter of one or more blanks.
    header : tuple of str
        Names for the columns of a file without a header.
    strip_headers : bool
        True to take blanks off both ends of each header.
    sheet, table : str
        In a workbook or database.
    missing : tuple of str
        Codes that mean "no value" in every column; the empty cell always does.
    decimal, thousands : str
        Marks in numbers.
    zone : str
        IANA name of the zone of its times that name none; the lab's when empty.
    undated : bool
        True to say that the rows carry no day on which they became known.
    where : tuple of Condition
        Rows that are wanted; the others are excluded.
    one_per, order_by, keep : str
        Of several rows with one value of the mapped column `one_per`, the first or last in order of
        the mapped column `order_by` (of the file, when empty) is kept; the others are excluded.
    sum : tuple of str
        Mapped columns of numbers that are added up over the rows of one value of `one_per`, such as the lines
        of an invoice.
    items : dict of str to str
        Of ratings in a wide survey: item → its source column.
    items_like : str
        The same by a pattern of headers, such as ``Q7*``.
    item_names : dict of str to str
        Header → item, where the header is no name for it.
    columns : dict of str to ColumnMap
        Canonical or free column → where it comes from.
    """

    file: Name | None = None
    files: tuple[Name, ...] = ()
    decimal: Mark = "."
    thousands: Mark | None = None
    zone: Annotated[str, AfterValidator(lambda value: value and known_zone(value))] = ""
    undated: bool = False
    where: Annotated[tuple[Condition, ...], BeforeValidator(as_list)] = ()
    one_per: str = ""
    order_by: str = ""
    keep: Literal["first", "last"] = "first"
    sum: Annotated[tuple[str, ...], BeforeValidator(as_list)] = ()
    items: dict[str, Name] = Field(default_factory=dict)
    items_like: str = ""
    item_names: dict[str, Name] = Field(default_factory=dict)
    columns: Annotated[dict[str, Annotated[ColumnMap, BeforeValidator(_as_mapping)]], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Source:
        if (self.file is None) == (not self.files):
            raise ValueError("takes either `file` or `files`")
        if self.items and self.items_like:
            raise ValueError("takes either `items` or `items_like`")
        if self.item_names and not self.items_like:
            raise ValueError("needs `items_like` beside `item_names`")
        if (self.order_by or self.sum) and not self.one_per:
            raise ValueError("needs `one_per` beside `order_by` and `sum`")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Its files as the lab file names them."""
        return (self.file,) if self.file else self.files

    @property
    def shown(self) -> str:
        """What messages call it."""
        return self.names[0] if len(self.names) == 1 else f"{self.names[0]} and {len(self.names) - 1} more"

    @property
    def wide(self) -> bool:
        """True when each row holds the ratings of several items."""
        return bool(self.items or self.items_like)

    @property
    def maps(self) -> dict[str, ColumnMap]:
        """Its columns, with those that a wide survey makes."""
        if not self.wide:
            return self.columns
        given = self.columns.get("score", ColumnMap())
        item = ColumnMap.model_validate({"from": WIDE_ITEM})
        return {**self.columns, "item": item, "score": given.model_copy(update={"source": WIDE_SCORE})}

    @property
    def alternatives(self) -> dict[str, dict[str, Origin]]:
        """Of each of its columns, where its values come from (see `ColumnMap.alternatives`)."""
        return {name: each.alternatives(name) for name, each in self.maps.items()}

    def layout(self, file: str) -> Layout:
        """Return how one of its files is to be read.

        Parameters
        ----------
        file : str
            One of `names`.

        Returns
        -------
        Layout
            Defaults filled in.
        """
        return self.as_like(file, self)

    def looked_up(self, lookup: Lookup) -> Layout:
        """Return how a lookup's file is to be read.

        Parameters
        ----------
        lookup : Lookup
            Of one of its columns.

        Returns
        -------
        Layout
            What the lookup does not say is as in this source.
        """
        return lookup.as_like(lookup.file, self)
