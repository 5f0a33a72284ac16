"""How a file is to be read: the keys that sources and lookups share, and their defaults."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Format = Literal["csv", "parquet", "jsonl", "excel", "duckdb"]

BLANKS = "blanks"
"""Stands for a delimiter of one or more blanks."""
_FORMATS: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
}


def _as_code(value: object) -> object:
    """TOML numbers and dates stand for the text that the source holds."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def as_list(value: object) -> object:
    """Return `value` as a list, so that a lab file may leave the brackets of a single one out.

    Parameters
    ----------
    value : object
        As TOML has it.

    Returns
    -------
    object
        A list or tuple.
    """
    return value if isinstance(value, list | tuple) else [value]


def _known_codec(value: str) -> str:
    try:
        "".encode(value)
    except LookupError:
        raise ValueError("is no known encoding, such as utf-8 or windows-1252") from None
    return value


def _known_delimiter(value: str) -> str:
    if len(value) != 1 and value != BLANKS:
        raise ValueError(f'takes one character, or "{BLANKS}" for runs of blanks')
    return value


Code = Annotated[str, BeforeValidator(_as_code)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(as_list)]
Mark = Annotated[str, Field(min_length=1, max_length=1)]
Name = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    """A table of the lab file: frozen, and no key that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class Layout(Strict):
    """How one file is to be read, with nothing left open.

    Attributes
    ----------
    file : str
        As the lab file names it.
    format : str
        What it is.
    encoding, delimiter, quote : str
        Of text.
    header : tuple of str
        Names for the columns of a file without a header; empty when it has one.
    strip_headers : bool
        True to take blanks off both ends of each header.
    sheet, table : str
        In a workbook or database; empty for its first or only one.
    """

    file: str
    format: Format
    encoding: str
    delimiter: str
    quote: str
    header: tuple[str, ...]
    strip_headers: bool
    sheet: str
    table: str


class Reading(Strict):
    """Keys that a source and a lookup share (see `cemlab.data.mapping.Source`)."""

    format: Format | None = None
    encoding: Annotated[str | None, AfterValidator(lambda value: value and _known_codec(value))] = None
    delimiter: Annotated[str | None, AfterValidator(lambda value: value and _known_delimiter(value))] = None
    quote: Mark | None = None
    header: tuple[Name, ...] = ()
    strip_headers: bool | None = None
    sheet: str = ""
    table: str = ""
    missing: Codes | None = None

    def as_like(self, file: str, other: Reading) -> Layout:
        """Return how a file is to be read.

        Parameters
        ----------
        file : str
            As the lab file names it.
        other : Reading
            What holds where this one says nothing.

        Returns
        -------
        Layout
            Defaults filled in.
        """
        ending = _ending(file)
        return Layout(
            file=file,
            format=self.format or _FORMATS.get(ending, "csv"),
            encoding=self.encoding or other.encoding or "utf-8",
            delimiter=self.delimiter or other.delimiter or ("\t" if ending in (".tsv", ".tab") else ","),
            quote=self.quote or other.quote or '"',
            header=self.header,
            strip_headers=bool(other.strip_headers if self.strip_headers is None else self.strip_headers),
            sheet=self.sheet,
            table=self.table,
        )


class Lookup(Reading):
    """Another file in which a cell is looked up.

    Attributes
    ----------
    file : str
        Relative to the lab file; read like the source unless it says otherwise.
    key, value : str
        Headers: where the cell is found, and what it stands for.
    may_miss : bool
        True where most cells may be looked up in vain.
    """

    file: Name
    key: Name
    value: Name
    may_miss: bool = False


def _ending(file: str) -> str:
    bare = file.lower().removesuffix(".gz")
    return bare[bare.rfind(".") :] if "." in bare else ""
