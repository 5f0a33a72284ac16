"""The documented tables are those of the schemas."""

from __future__ import annotations

from pathlib import Path

from cemlab.core.schemas import TABLES, Table
from cemlab.data.layout import Lookup
from cemlab.data.mapping import ColumnMap, Condition, Source
from cemlab.data.sections import LabSection, MetricSection

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lab-format.md"


def _section(table: Table) -> str:
    lines = [f"### {table.name}", "", f"One row is {table.row}. Key: {', '.join(f'`{name}`' for name in table.key)}."]
    if table.known_at:
        lines[-1] += f" Known at `{table.known_at}`."
    if table.parent:
        lines[-1] += f" Known through its `{table.parent[0]}` (`{table.parent[1]}`)."
    if table.free_columns:
        lines[-1] += " Takes columns of your own."
    lines += ["", "| column | type | meaning |", "|---|---|---|"]
    for column in table.columns:
        marks = [word for word, holds in (("required", column.required), ("personal", column.personal)) if holds]
        meaning = column.help + (f" ({column.unit})" if column.unit else "")
        lines.append(f"| `{column.name}` | {column.type} | {', '.join([meaning, *marks])} |")
    lines += [f"\n- {rule.action}d when {rule.reason}" for rule in table.rules[:1]]
    lines += [f"- {rule.action}d when {rule.reason}" for rule in table.rules[1:]]
    return "\n".join(lines)


def test_the_page_shows_each_table_as_the_schemas_have_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    expected = "\n\n".join(_section(table) for table in TABLES.values())
    assert page.split("by a test -->\n\n", 1)[1].rstrip("\n") == expected


def test_the_page_explains_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for model in (LabSection, MetricSection, Source, ColumnMap, Condition, Lookup):
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in page or name == "columns", name
