"""What a lab.toml may say: typed, and refused by name where it says something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from cemlab.core.errors import SchemaError, near_miss
from cemlab.core.lab import LabInfo
from cemlab.core.schemas import TABLES, Table, Type
from cemlab.data.sources import read_toml

_DIRECTIVES = "aAbBdfgHIjmMnpSuUVwWyYzZ%"
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def _as_code(value: object) -> object:
    """TOML numbers stand for the text that the source holds."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_mapping(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no IANA time zone, such as Europe/Paris") from None
    return value


def _known_codec(value: str) -> str:
    try:
        "".encode(value)
    except LookupError:
        raise ValueError("is no known encoding, such as utf-8 or windows-1252") from None
    return value


def _known_format(value: str) -> str:
    wrong = sorted(set(re.findall(r"%-?(.?)", value)) - set(_DIRECTIVES))
    if wrong or (value and "%" not in value):
        raise ValueError(f"is no date format: it takes %Y %m %d %H %M %S and the like, also {_DIRECTIVES}")
    return value


Code = Annotated[str, BeforeValidator(_as_code)]
Mark = Annotated[str, Field(min_length=1, max_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class LabSection(_Strict):
    """The table ``[lab]``: what the lab says of itself (see `cemlab.core.lab.LabInfo`)."""

    name: Annotated[str, Field(min_length=1)]
    company: Annotated[str, Field(min_length=1)]
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    locale: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = "en-GB"
    accent: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#0b5c78"
    synthetic: bool = False
    description: str = ""
    segments: tuple[str, ...] = ()

    @property
    def info(self) -> LabInfo:
        """The same as the rooms above see it."""
        return LabInfo(**self.model_dump())


class ColumnMap(_Strict):
    """Where the values of one canonical or free column come from.

    Attributes
    ----------
    source : str or None
        ``from``: the header of the source column.
    constant : str or None
        The same value in every row, instead of a source column.
    type : str or None
        Type of a free column; text when not given.
    missing : tuple of str
        Codes that mean "no value" here, beside those of the whole source.
    values : dict of str to str
        Source code → what it stands for; other codes stay as they are.
    format : str
        Of a date or time, as in Python's strptime; ISO 8601 when empty.
    bins : tuple of float
        Cut points that turn a number into bands, each including its lower end.
    labels : tuple of str
        One name per band, one more than cut points.
    strip : bool
        True to take blanks off both ends.
    personal : bool
        True for words or contact data of a person.
    """

    source: Annotated[str | None, Field(alias="from")] = None
    constant: Code | None = None
    type: Type | None = None
    missing: tuple[Code, ...] = ()
    values: dict[str, Code] = Field(default_factory=dict)
    format: Annotated[str, AfterValidator(_known_format)] = ""
    bins: tuple[float, ...] = ()
    labels: tuple[Code, ...] = ()
    strip: bool = False
    personal: bool = False

    @model_validator(mode="after")
    def _whole(self) -> ColumnMap:
        if (self.source is None) == (self.constant is None):
            raise ValueError("takes either `from` or `constant`")
        if list(self.bins) != sorted(set(self.bins)):
            raise ValueError("needs `bins` in rising order, each once")
        if self.labels and len(self.labels) != len(self.bins) + 1:
            raise ValueError(f"needs {len(self.bins) + 1} `labels` for {len(self.bins)} `bins`")
        return self


class Source(_Strict):
    """One file that feeds a canonical table.

    Attributes
    ----------
    file : str
        CSV (also ``.gz``) or Parquet, relative to the lab file.
    encoding : str
        A Python codec.
    delimiter, quote : str
        One character each.
    missing : tuple of str
        Codes that mean "no value" in every column; the empty cell always does.
    undated : bool
        True to say that the rows carry no day on which they became known.
    columns : dict of str to ColumnMap
        Canonical or free column → where it comes from.
    """

    file: Annotated[str, Field(min_length=1)]
    encoding: Annotated[str, AfterValidator(_known_codec)] = "utf-8"
    delimiter: Mark = ","
    quote: Mark = '"'
    missing: tuple[Code, ...] = ()
    undated: bool = False
    columns: Annotated[dict[str, Annotated[ColumnMap, BeforeValidator(_as_mapping)]], Field(min_length=1)]

    @property
    def parquet(self) -> bool:
        """True when the file is Parquet."""
        return self.file.lower().endswith((".parquet", ".pq"))


class Declaration(_Strict):
    """A checked lab file.

    Attributes
    ----------
    lab : LabSection
        What the lab says of itself.
    tables : dict of str to tuple of Source
        Canonical tables in their canonical order, each with its sources.
    """

    lab: LabSection
    tables: dict[str, tuple[Source, ...]]

    def types(self, name: str) -> dict[str, Type]:
        """Return the mapped columns of a table with their types, in canonical order.

        Parameters
        ----------
        name : str
            A table of this lab.

        Returns
        -------
        dict of str to type
            Canonical columns first, then free ones.
        """
        table = TABLES[name]
        maps = [(column, each) for source in self.tables[name] for column, each in source.columns.items()]
        mapped = dict(maps)
        free: dict[str, Type] = {column: each.type or "text" for column, each in maps if not table.column(column)}
        return {column.name: column.type for column in table.columns if column.name in mapped} | free

    def personal(self, name: str) -> tuple[str, ...]:
        """Return the personal columns of a table.

        Parameters
        ----------
        name : str
            A table of this lab.

        Returns
        -------
        tuple of str
            Those that the schema or the lab file calls personal.
        """
        declared = {column for source in self.tables[name] for column, each in source.columns.items() if each.personal}
        declared |= {column.name for column in TABLES[name].columns if column.personal}
        return tuple(column for column in self.types(name) if column in declared)

    def undated(self, name: str) -> bool:
        """Return whether a table's rows are there whatever the as-of day is.

        Parameters
        ----------
        name : str
            A table of this lab.

        Returns
        -------
        bool
            True when no day says when a row became known.
        """
        parent = TABLES[name].parent
        if parent and parent[0] in self.tables:
            return self.undated(parent[0])
        return TABLES[name].known_at not in self.types(name)


def load(lab_file: str | Path) -> Declaration:
    """Read a lab file and check it against the canonical tables.

    Parameters
    ----------
    lab_file : str or Path
        The ``lab.toml``.

    Returns
    -------
    Declaration
        What it says.

    Raises
    ------
    SourceError
        When the file cannot be read.
    SchemaError
        For an unknown table, key or column (with the nearest right name), a required one that is
        not mapped, or a value that cannot be.
    """
    raw = read_toml(lab_file)
    _check_names(raw, ["lab", *TABLES], "table")
    try:
        tables = {name: raw[name] for name in TABLES if name in raw}
        declaration = Declaration.model_validate({"lab": raw.get("lab"), "tables": tables})
    except ValidationError as error:
        raise _explained(error) from None
    if not declaration.tables:
        raise SchemaError("A lab must map at least one table: none is mapped. Add, for example, `[[responses]]`.")
    for name, sources in declaration.tables.items():
        _check_table(declaration, TABLES[name], sources)
    _check_segments(declaration)
    return declaration


def _check_names(found: Iterable[str], known: Iterable[str], what: str) -> None:
    known = list(known)
    for name in found:
        if name not in known:
            raise SchemaError(
                f"Each {what} of a lab file must be a known one: `{name}` is not. {near_miss(name, known)}"
                f"Known: {', '.join(known)}."
            )


def _check_segments(declaration: Declaration) -> None:
    columns = [column for name in declaration.tables for column in declaration.types(name)]
    for name in declaration.lab.segments:
        if name not in columns:
            raise SchemaError(
                f"Each of `lab.segments` must be a mapped column: `{name}` is not. {near_miss(name, columns)}"
                "Map it in a table, or take it out."
            )


def _check_table(declaration: Declaration, table: Table, sources: tuple[Source, ...]) -> None:
    types = declaration.types(table.name)
    days = _days(table, types)
    _check_types(table, sources, types)
    for source in sources:
        _check_columns(table, source, days=days)
        unmapped = [name for name in table.required if name not in source.columns]
        if unmapped:
            raise SchemaError(
                f"`{table.name}` must have {', '.join(f'`{name}`' for name in table.required)}: `{source.file}` maps "
                f"no {', '.join(f'`{name}`' for name in unmapped)}. Add each under `[{table.name}.columns]`, from a "
                "source column or as a constant."
            )
        _check_dated(declaration, table, source)


def _days(table: Table, types: Mapping[str, Type]) -> set[str]:
    """Names that intake gives to the days beside instants."""
    canonical = {column.day for column in table.columns if column.day}
    return canonical | {f"{name.removesuffix('_at')}_on" for name, type_ in types.items() if type_ == "instant"}


def _check_columns(table: Table, source: Source, *, days: set[str]) -> None:
    known = [column.name for column in table.columns]
    for name, column_map in source.columns.items():
        canonical = table.column(name)
        if canonical and column_map.type not in (None, canonical.type):
            raise SchemaError(
                f"`{table.name}.{name}` must be {canonical.type}: the lab file says {column_map.type}. Leave its type out."
            )
        if canonical:
            continue
        if not table.free_columns:
            _check_names([name], known, f"column of `{table.name}`")
        if not _NAME.match(name) or name in days:
            raise SchemaError(
                f"A column of the lab's own must be named in lower case letters, digits and _, and not like a day that "
                f"intake adds: `{table.name}.{name}` is not. Rename it in the lab file."
            )


def _check_types(table: Table, sources: tuple[Source, ...], types: Mapping[str, Type]) -> None:
    for name, column_map in ((name, each) for source in sources for name, each in source.columns.items()):
        if column_map.bins and types[name] != "text":
            raise SchemaError(
                f"A column with `bins` must be text: `{table.name}.{name}` is {types[name]}. Leave its type out."
            )
        if not table.column(name) and (column_map.type or "text") != types[name]:
            raise SchemaError(
                f"A column must have one type: `{table.name}.{name}` is {column_map.type or 'text'} in one source and "
                f"{types[name]} in another. Give both the same `type`."
            )


def _check_dated(declaration: Declaration, table: Table, source: Source) -> None:
    """A table without dates must say so: silence would let a study look into the future."""
    if table.parent and table.parent[0] in declaration.tables:
        if declaration.undated(table.parent[0]):
            return  # the parent has said so already
        dated, how = True, ""
    elif table.parent:
        dated, how = False, f"map `{table.parent[0]}`, through which its rows are dated"
    else:
        dated, how = table.known_at in source.columns, f"map `{table.known_at}`"
    if not dated and not source.undated:
        raise SchemaError(
            f"`{table.name}` must say when its rows became known: `{source.file}` does not. Either {how}, or write "
            "`undated = true` beside its `file`."
        )
    if dated and source.undated:
        raise SchemaError(
            f"`{table.name}` must be dated or undated: `{source.file}` says `undated = true`, and yet its rows are "
            "dated. Remove one of the two."
        )


def _explained(error: ValidationError) -> SchemaError:
    """The first complaint, in the words of the lab file."""
    complaints = error.errors(include_input=False, include_url=False)
    # a misspelt key also leaves its right name missing: say the misspelling
    first = min(complaints, key=lambda complaint: complaint["type"] != "extra_forbidden")
    parts = [str(part) for part in first["loc"] if part != "tables"]
    name = parts[-1] if parts else "lab"
    where = ".".join(part for part in parts if not part.isdigit()) or "the lab file"
    if first["type"] == "extra_forbidden":
        known = _known_keys(parts)
        return SchemaError(
            f"The lab file must hold only known keys: `{where}` is not one. {near_miss(name, known)}"
            f"It takes: {', '.join(known)}."
        )
    if first["type"] == "missing":
        return SchemaError(f"The lab file must hold `{where}`: it does not. Add it.")
    return SchemaError(f"`{where}` in the lab file must hold: {_message(first)}. Mend it there.")


def _message(complaint: Mapping[str, Any]) -> str:
    return str(complaint["msg"]).removeprefix("Value error, ")


def _known_keys(parts: list[str]) -> list[str]:
    model: type[BaseModel] = LabSection if parts[0] == "lab" else ColumnMap if "columns" in parts else Source
    return [field.alias or name for name, field in model.model_fields.items()]
