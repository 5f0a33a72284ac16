"""A whole lab.toml, held against the canonical tables; refused by name where it does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from cemlab.core.errors import SchemaError, near_miss
from cemlab.core.metrics import NPS, MetricScale, declared
from cemlab.core.names import need_free
from cemlab.core.schemas import TABLES, Table, Type, points_to
from cemlab.data.layout import Lookup, Strict
from cemlab.data.mapping import ColumnMap, Condition, Origin, Source
from cemlab.data.sections import LabSection, MetricSection
from cemlab.data.sources import matching, read_toml

_MODELS: Mapping[str, type[BaseModel]] = {
    "lab": LabSection,
    "metrics": MetricSection,
    "columns": ColumnMap,
    "else": Origin,
    "where": Condition,
    "when": Condition,
    "negative_when": Condition,
    "lookup": Lookup,
}
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class Declaration(Strict):
    """A checked lab file.

    Attributes
    ----------
    lab : LabSection
        What the lab says of itself.
    metrics : dict of str to MetricSection
        Scales of questions other than ``nps``.
    tables : dict of str to tuple of Source
        Canonical tables in their canonical order, each with its sources.
    """

    lab: LabSection
    metrics: dict[str, MetricSection] = Field(default_factory=dict)
    tables: dict[str, tuple[Source, ...]]

    def found(self, root: Path) -> Declaration:
        """Return the same with the files that match its patterns in their place.

        Parameters
        ----------
        root : Path
            Folder that the files are relative to.

        Returns
        -------
        Declaration
            Whose sources name files only.
        """
        tables = {
            name: tuple(
                source.model_copy(
                    update={
                        "file": None,
                        "files": tuple(each for given in source.names for each in matching(given, root)),
                    }
                )
                for source in sources
            )
            for name, sources in self.tables.items()
        }
        return self.model_copy(update={"tables": tables})

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
        maps = [(column, each) for source in self.tables[name] for column, each in source.maps.items()]
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
        declared = {column for source in self.tables[name] for column, each in source.maps.items() if each.personal}
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
    _check_names(raw, ["lab", "metrics", *TABLES], "table")
    try:
        tables = {name: raw[name] for name in TABLES if name in raw}
        declaration = Declaration.model_validate(
            {"lab": raw.get("lab"), "metrics": raw.get("metrics", {}), "tables": tables}
        )
    except ValidationError as error:
        raise _explained(error) from None
    if not declaration.tables:
        raise SchemaError("A lab must map at least one table: none is mapped. Add, for example, `[[responses]]`.")
    for name, sources in declaration.tables.items():
        _check_table(declaration, TABLES[name], sources)
    _check_segments(declaration)
    metric_scales(declaration.metrics)
    return declaration


def metric_scales(metrics: Mapping[str, MetricSection]) -> tuple[MetricScale, ...]:
    """Return the scales of a lab's questions, ``nps`` first.

    Parameters
    ----------
    metrics : mapping of str to MetricSection
        As the lab file declares them.

    Returns
    -------
    tuple of MetricScale
        Checked.

    Raises
    ------
    SchemaError
        When the scale of ``nps`` is declared, or codes are missing or do not fit their scale.
    """
    nps = metrics.get("nps", MetricSection())
    if nps.scale or nps.top or nps.low_effort:
        raise SchemaError(
            "`nps` is always asked from 0 to 10: the lab file declares its codes in `[metrics.nps]`. Leave only"
            " `decimals` there."
        )
    scales = [NPS.with_decimals(nps.decimals)]
    for name, section in metrics.items():
        if name == "nps":
            continue
        if section.scale is None:
            raise SchemaError(f"The lab file must hold `metrics.{name}.scale`: it does not. Add it.")
        key, other = ("low_effort", "top") if name == "ces" else ("top", "low_effort")
        if getattr(section, other) or not getattr(section, key):
            raise SchemaError(
                f"`[metrics.{name}]` must say which codes are counted by `{key}`: it has "
                f"{'`' + other + '`' if getattr(section, other) else 'none'}. Write `{key} = [...]`."
            )
        scales.append(declared(name, scale=section.scale, top=getattr(section, key)).with_decimals(section.decimals))
    return tuple(scales)


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
    needs = [name for name in declaration.lab.needs if not name.startswith("ratings:")]
    need_free(declaration.lab.segments, what="`lab.segments`")
    for key, named in (("segments", declaration.lab.segments), ("needs", needs)):
        for name in named:
            if name not in columns:
                raise SchemaError(
                    f"Each of `lab.{key}` must be a mapped column: `{name}` is not. {near_miss(name, columns)}"
                    "Map it in a table, or take it out."
                )


def _check_table(declaration: Declaration, table: Table, sources: tuple[Source, ...]) -> None:
    types = declaration.types(table.name)
    days = _days(table, types)
    _check_types(table, sources, types)
    for source in sources:
        _check_wide(table, source)
        _check_columns(table, source, days=days)
        _check_origins(table, source, types)
        _check_names(
            filter(None, (source.one_per, source.order_by, *source.sum)),
            source.maps,
            f"column named beside `{table.name}`",
        )
        for name in source.sum:
            if types[name] not in ("number", "integer") or name == source.one_per:
                raise SchemaError(
                    f"Only numbers are added up by `sum`: `{table.name}.{name}` is {types[name]}. Take it out."
                )
        unmapped = [name for name in table.required if name not in source.maps]
        if unmapped:
            raise SchemaError(
                f"`{table.name}` must have {', '.join(f'`{name}`' for name in table.required)}: `{source.shown}` maps "
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
    for name, column_map in source.maps.items():
        canonical = table.column(name)
        if column_map.may_miss and not points_to(table, name):
            raise SchemaError(
                f"Only an id that points to another table takes `may_miss`: `{table.name}.{name}` does not. Take it"
                " out, or write it in its `lookup`."
            )
        if canonical and column_map.type not in (None, canonical.type):
            raise SchemaError(
                f"`{table.name}.{name}` must be {canonical.type}: the lab file says {column_map.type}. Leave its type"
                " out."
            )
        if canonical:
            continue
        if not table.free_columns:
            _check_names([name], known, f"column of `{table.name}`")
        if not _NAME.match(name) or name in days:
            raise SchemaError(
                "A column of the lab's own must be named in lower case letters, digits and _, and not like a day that "
                f"intake adds: `{table.name}.{name}` is not. Rename it in the lab file."
            )


def _check_types(table: Table, sources: tuple[Source, ...], types: Mapping[str, Type]) -> None:
    for name, column_map in ((name, each) for source in sources for name, each in source.maps.items()):
        if any(each.bins for each in column_map.alternatives(name).values()) and types[name] != "text":
            raise SchemaError(
                f"A column with `bins` must be text: `{table.name}.{name}` is {types[name]}. Leave its type out."
            )
        if not table.column(name) and (column_map.type or "text") != types[name]:
            raise SchemaError(
                f"A column must have one type: `{table.name}.{name}` is {column_map.type or 'text'} in one source and "
                f"{types[name]} in another. Give both the same `type`."
            )


def _check_wide(table: Table, source: Source) -> None:
    """A wide survey makes the columns `item` and `score` itself."""
    if not source.wide:
        return
    if table.name != "ratings":
        raise SchemaError(
            f"Only `ratings` takes `items` and `items_like`: `{source.shown}` of `{table.name}` has them. Take them"
            " out."
        )
    if "item" in source.columns or source.columns.get("score", ColumnMap()).origins:
        raise SchemaError(
            f"A wide survey must leave `item` out, and `from` of `score`: `{source.shown}` maps them, and has `items`"
            " or `items_like` too. Remove one of the two."
        )


def _check_origins(table: Table, source: Source, types: Mapping[str, Type]) -> None:
    for name, alternatives in source.alternatives.items():
        type_ = types[name]
        for place, origin in enumerate(alternatives.values()):
            where = f"`{table.name}.{name}`" + f" (`else` {place})" * bool(place)
            if not origin.origins:
                raise SchemaError(
                    f"A column takes one of `from`, `constant`, `template`, `row_number` and `product`: {where} has"
                    " none. Add one."
                )
            if (origin.product and type_ != "number") or (origin.negative_when and type_ not in ("number", "integer")):
                raise SchemaError(
                    f"Only a number takes `product` or `negative_when`: {where} is {type_}. Take it out, or say its"
                    " type."
                )
            if origin.offset and type_ not in ("date", "instant"):
                raise SchemaError(f"Only a date or instant takes days or months: {where} is {type_}. Take them out.")
            if (origin.format or origin.zone) and type_ not in ("date", "instant"):
                raise SchemaError(
                    f"Only a date or instant takes a `format` or `zone`: {where} is {type_}. Take it out, or say its"
                    " type."
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
        dated, how = table.known_at in source.maps, f"map `{table.known_at}`"
    if not dated and not source.undated:
        raise SchemaError(
            f"`{table.name}` must say when its rows became known: `{source.shown}` does not. Either {how}, or write "
            "`undated = true` beside its `file`."
        )
    if dated and source.undated:
        raise SchemaError(
            f"`{table.name}` must be dated or undated: `{source.shown}` says `undated = true`, and yet its rows are "
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
    holders = [part for part in parts[:-1] if part in _MODELS]
    model = _MODELS[holders[-1]] if holders else Source
    return [field.alias or name for name, field in model.model_fields.items()]
