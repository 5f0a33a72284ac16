"""The SQL that makes typed rows of one source file, each with the first thing that it breaks."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ibis

from cemlab.core.errors import SchemaError
from cemlab.core.schemas import Type
from cemlab.data.alternatives import first_of
from cemlab.data.conversion import ENGINE_TYPES, Cells, Converted, convert, origin
from cemlab.data.mapping import ROW_NUMBER, WIDE_ITEM, WIDE_SCORE, Source
from cemlab.data.quoting import identifier, quoted
from cemlab.data.readers import Rows, there
from cemlab.data.references import References
from cemlab.data.score_codes import SCORE, in_codes
from cemlab.data.staged import CELLS, FAULT, KNOWN_ON, PART, Staged

NOT_RATED = "not rated"
LOOKED = ("vain", "lost", "asked")
"""Flags of a column that is looked up: in vain, in vain though it may not miss, and looked up where it may not miss."""
_IBIS_TYPES: Mapping[Type, str] = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "date": "date",
    "instant": "timestamp('UTC')",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Codes:
    """Codes that a lab file declares, and where they should occur.

    Attributes
    ----------
    declares : str
        Which file, and which key of the lab file.
    codes : tuple of str
        As declared.
    texts : tuple of str
        SQL of the texts that are compared with them.
    relation : str
        SQL of the rows, to stand after FROM.
    """

    declares: str
    codes: tuple[str, ...]
    texts: tuple[str, ...]
    relation: str


@dataclass
class Query:
    """The SQL that makes a part of one source file.

    Attributes
    ----------
    staged : Staged
        The table.
    source : Source
        What the lab file says.
    rows : Rows
        The opened file.
    cells : mapping of str to str
        Header → SQL of its cell.
    items : mapping of str to str
        Of a wide survey: item → header.
    zone : str
        The lab's time zone.
    """

    staged: Staged
    source: Source
    rows: Rows
    cells: Mapping[str, str]
    items: Mapping[str, str]
    zone: str

    def sql(self, references: References, *, part: int, position: int) -> str:
        """Return the whole query, one layer of columns upon the other.

        Parameters
        ----------
        references : References
            Makes the tables in which cells are looked up.
        part : int
            Number of the part.
        position : int
            Of the file among the source's files; 0 when it is the only one.

        Returns
        -------
        str
            SQL that gives every column of a part.
        """
        cells = self._cells(position)
        begin, joins, looked = self._looked_up(references, cells)
        converted = {
            name: first_of(
                name,
                [
                    convert(name, one, type_=self.staged.types[name], cells=cells, begin=begin[key], key=key)
                    for key, one in each.items()
                ],
            )
            for name, each in self.source.alternatives.items()
        }
        codes = {held: code for each in converted.values() for held, code in each.codes.items()}
        # a join gives the rows that it finds before those that it does not, and of several with one key the first stays
        looked |= {"_base": self._base(cells)} | ({"_place": "place_"} if joins else {})
        texts = {held: text for each in converted.values() for held, text in each.texts.items()}
        texts |= {name: identifier(name) for name in looked}
        values = {name: each.value for name, each in converted.items()}
        values |= {f"_naive_{name}": each.naive for name, each in converted.items() if each.naive}
        values |= {f"_moved_{name}": each.doubtful for name, each in converted.items() if each.naive}
        values |= {f"_labelled_{name}": each.labelled for name, each in converted.items() if each.labelled}
        days = {self.staged.day(name): each.day for name, each in converted.items() if each.day}
        recoded, changed = self._recoded(converted)
        layers = [
            f"SELECT *, row_number() OVER () AS place_ FROM ({self._first()})" if joins else self._first(),
            f"SELECT cells.*, {_named(codes | looked)} FROM cells {joins}",
            f"SELECT {_named(texts)} FROM coded",
            f"SELECT *, {_named(values)} FROM texts",
            f"SELECT *{recoded}{', ' * bool(days or changed)}{_named(changed | days)} FROM typed",
            self._ruled([*texts, *values, *changed, *days]),
            f"SELECT *, {self._fault(converted)} AS {FAULT} FROM ruled",
        ]
        names = ("cells", "coded", "texts", "typed", "dated", "ruled", "judged")
        ctes = ", ".join(f"{name} AS ({layer})" for name, layer in zip(names, layers, strict=True))
        return f"WITH {ctes} SELECT {self._selected(converted, part)} FROM judged{' ORDER BY _place' * bool(joins)}"

    def _cells(self, position: int) -> Cells:
        of = {header: f"h{at}" for at, header in enumerate(self.cells)} | {WIDE_ITEM: "item_", WIDE_SCORE: "score_"}
        number = "CAST(row_ AS VARCHAR)"
        return Cells(of, f"'{position}-' || {number}" if position else number, self.source, self.zone)

    def _first(self) -> str:
        """Cells by short names; of a wide survey once per item."""
        cells = [f"{cell} AS h{at}" for at, cell in enumerate(self.cells.values())]
        cells.append(f"{self.rows.fault or 'CAST(NULL AS VARCHAR)'} AS whole_")
        origins = [one for each in self.source.alternatives.values() for one in each.values()]
        if any(each.row_number or ROW_NUMBER in each.parts for each in origins):
            cells.append("row_number() OVER () AS row_")
        first = f"SELECT {', '.join(cells)} FROM {self.rows.relation}"
        if not self.items:
            return first
        places = list(self.cells)
        names = ", ".join(quoted(item) for item in self.items)
        scores = ", ".join(f"h{places.index(header)}" for header in self.items.values())
        return f"SELECT *, unnest([{names}]) AS item_, unnest([{scores}]) AS score_ FROM ({first})"

    def _looked_up(self, references: References, cells: Cells) -> tuple[dict[str, str], str, dict[str, str]]:
        """Where each column begins, the joins that this takes, and which lookups were made in vain."""
        begin, joins, flags = {}, [], {}
        for name, each in self.source.alternatives.items():
            missed, lost, asked, unread = [], [], [], ""
            for key, one in each.items():
                begin[key] = origin(one, cells)
                for step, lookup in enumerate(one.lookup):
                    table, alias = references.table(lookup, self.source), identifier(f"{key}_{step}")
                    joins.append(f"LEFT JOIN {table} AS {alias} ON {alias}.key = {begin[key]}")
                    missed.append(f"(({begin[key]}) IS NOT NULL AND {alias}.key IS NULL{unread})")
                    if not lookup.may_miss:
                        lost.append(missed[-1])
                        asked.append(f"(({begin[key]}) IS NOT NULL{unread})")
                    begin[key] = f"{alias}.value"
                # a later alternative counts only where this one has no value
                unread += f" AND {identifier(f'code_{key}')} IS NULL"
            for flag, conditions in zip(LOOKED, (missed, lost, asked), strict=True):
                if f"_{flag}_{name}" in self.staged.flags:
                    flags[f"_{flag}_{name}"] = " OR ".join(conditions) or "false"
        return begin, " ".join(joins), flags

    def declared(self, references: References, *, position: int) -> list[Codes]:
        """Return every set of codes that the lab file declares for this source.

        Parameters
        ----------
        references : References
            Makes the tables in which cells are looked up.
        position : int
            Of the file among the source's files; 0 when it is the only one.

        Returns
        -------
        list of Codes
            Without codes that stand for no value.
        """
        cells = self._cells(position)
        begin, joins, _ = self._looked_up(references, cells)
        read = f"({self._first()}) AS cells {joins}"
        whole = (
            f"(SELECT {', '.join(f'{cell} AS h{at}' for at, cell in enumerate(self.rows.cells))} FROM"
            f" {self.rows.relation})"
        )
        found = [
            ("`missing`", self.source.missing or (), [f"trim(h{at})" for at in range(len(self.rows.cells))], whole)
        ]
        found += [
            (f"`where` on `{each.column}`", each.codes, [f"trim({cells.of[each.column]})"], read)
            for each in self.source.where
        ]
        for name, alternatives in self.source.alternatives.items():
            for key, one in alternatives.items():
                held = [
                    cells.of[header]
                    for header in filter(None, (one.source, *one.parts, *one.product))
                    if header in cells.of
                ]
                found.append((f"`missing` of `{name}`", one.missing, [f"trim({cell})" for cell in held], read))
                found.append((f"`values` of `{name}`", tuple(one.values), [begin[key]], read))
                found += [
                    (f"`{word}` of `{name}`", each.codes, [f"trim({cells.of[each.column]})"], read)
                    for word, each in one.conditions.items()
                ]
        return [
            Codes(f"{self.source.shown}: {declares}", tuple(filter(None, codes)), tuple(texts), relation)
            for declares, codes, texts, relation in found
            if any(codes) and texts
        ]

    def _base(self, cells: Cells) -> str:
        """What a row breaks before any column is looked at."""
        cases = ["WHEN whole_ IS NOT NULL THEN whole_"]
        for condition in self.source.where:
            codes = "one of the wanted codes" if condition.wanted is not None else "other than the unwanted codes"
            reason = condition.reason or f"not wanted: `{condition.column}` is not {codes}"
            self.staged.excluded.add(reason)
            cases.append(f"WHEN NOT {cells.holds(condition)} THEN {quoted(reason)}")
        return f"CASE {' '.join(cases)} END"

    def _recoded(self, converted: Iterable[str]) -> tuple[str, dict[str, str]]:
        """Scores under their metric's rule on decimals, and which of them it changed."""
        if not self.staged.recoded or SCORE not in converted:
            return "", {}
        code, changed = in_codes(self.staged.scales)
        return f" REPLACE ({code} AS {SCORE})", {f"_recoded_{SCORE}": changed}

    def _ruled(self, columns: Iterable[str]) -> str:
        """The rules of the table, as the first reason that one gives."""
        staged = self.staged
        rules = [rule for rule in staged.table.rules if set(rule.needs) <= set(self.source.maps)]
        if not rules:
            return "SELECT *, CAST(NULL AS VARCHAR) AS rule_ FROM dated"
        staged.excluded |= {rule.reason for rule in rules if rule.action == "exclude"}
        staged.faults |= {rule.reason: rule.needs[0] for rule in rules if rule.needs[0] == SCORE}
        dated = ibis.table({name: _IBIS_TYPES[staged.types.get(name, "text")] for name in columns}, name="dated")
        broken = [(rule.broken(dated).fill_null(False), rule.reason) for rule in rules]
        return str(ibis.to_sql(dated.mutate(rule_=ibis.cases(*broken)), dialect="duckdb"))

    def _fault(self, converted: Mapping[str, Converted]) -> str:
        """SQL of the first thing that a row breaks by itself; null when nothing."""
        cases = ["WHEN _base IS NOT NULL THEN _base"]
        if self.items:
            self.staged.excluded.add(NOT_RATED)
            cases.append(f"WHEN text_score IS NULL THEN {quoted(NOT_RATED)}")
        self.staged.faults |= {words: name for name, each in converted.items() for _, words in each.faults}
        cases += [
            f"WHEN {condition} THEN {quoted(words)}" for each in converted.values() for condition, words in each.faults
        ]
        known_at = self.staged.table.known_at
        needed = [*self.staged.table.required]
        if known_at and not self.source.undated and known_at not in needed:
            needed.append(known_at)
        cases += [f"WHEN {identifier(name)} IS NULL THEN {quoted(f'`{name}` is missing')}" for name in needed]
        return f"CASE {' '.join(cases)} ELSE rule_ END"

    def _selected(self, converted: Mapping[str, Converted], part: int) -> str:
        """The same columns for each part of the table, whether this source fills them or not."""
        staged = self.staged
        kinds = {name: ENGINE_TYPES[type_] for name, type_ in staged.types.items()}
        kinds |= {staged.day(name): "DATE" for name in staged.instants}
        mapped = {
            column for name in converted for column in (name, staged.day(name) if name in staged.instants else name)
        }
        columns = [
            identifier(name) if name in mapped else f"CAST(NULL AS {kinds[name]}) AS {identifier(name)}"
            for name in staged.columns
        ]
        flags = {flag: flag.split("_", 2)[2] in converted for flag in staged.flags}
        columns += [identifier(flag) if there else f"false AS {identifier(flag)}" for flag, there in flags.items()]
        kept = ", ".join(f"{identifier(name)} := {identifier(f'text_{name}')}" for name in converted)
        unwanted = ", ".join(quoted(reason) for reason in sorted(staged.excluded))
        wanted = f"{FAULT} IS NOT NULL" + (f" AND {FAULT} NOT IN ({unwanted})" if unwanted else "")
        columns += [FAULT, f"CASE WHEN {wanted} THEN CAST(to_json(struct_pack({kept})) AS VARCHAR) END AS {CELLS}"]
        return ", ".join([*columns, f"{self._known_on()} AS {KNOWN_ON}", f"{part} AS {PART}"])

    def _known_on(self) -> str:
        """The day on which a row became known by itself."""
        known_at = self.staged.table.known_at
        if known_at is None or known_at not in self.source.maps:
            return "CAST(NULL AS DATE)"
        return identifier(self.staged.day(known_at) if known_at in self.staged.instants else known_at)


def _named(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())


def items_of(source: Source, rows: Rows) -> dict[str, str]:
    """Return the items of a wide survey with their headers.

    Parameters
    ----------
    source : Source
        What the lab file says.
    rows : Rows
        The opened file.

    Returns
    -------
    dict of str to str
        Item → header; empty when the survey is not wide.

    Raises
    ------
    SchemaError
        When no header fits the pattern.
    """
    if not source.items_like:
        return dict(source.items)
    headers = [header for header in rows.columns if fnmatch.fnmatchcase(header, source.items_like)]
    if not headers:
        known = [header for each in source.alternatives.values() for one in each.values() for header in one.headers()]
        raise SchemaError(
            f"`items_like` must fit a header: none of {len(rows.columns)} of `{source.shown}` fits "
            f"`{source.items_like}`. {there(rows.columns, known)}"
        )
    return {source.item_names.get(header, header): header for header in headers}
