"""Pages made without a kernel: what a notebook would display is caught and kept as its outputs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cemlab.core.lab import LabInfo, Ledger, LedgerLine
from cemlab.core.results import Estimates, Finding, Name, Quote, Sentence
from cemlab.report.notebook import Notebook
from cemlab.show import say, stack, table
from cemlab.show.charts.intervals import intervals
from cemlab.show.check import Checked

PAYLOADS = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "' onmouseover='document.title=1",
    "</style></title><svg onload=alert(1)>",
    "{{7*7}}{% raw %}",
    "[x](javascript:alert(1)) **b** $y$",
    "🦊 東京 \u202e naïve",
    "L" * 300,
)
"""Labels that real data hold, by accident or by intent."""


@dataclass
class FakeLab:
    """What a page asks of a lab."""

    info: LabInfo
    as_of: dt.date | None = dt.date(2024, 7, 1)
    fingerprint: str = "f00d"
    ledger: Ledger = field(default_factory=Ledger)
    tables: tuple[str, ...] = ("responses",)
    undated: tuple[str, ...] = ()

    def table(self, name: str, *, personal: object = ()) -> Any:
        """Hold nothing."""
        raise NotImplementedError(name)

    def quarantined(self, name: str) -> Any:
        """Hold nothing."""
        raise NotImplementedError(name)

    def frame(self, expression: Any) -> pd.DataFrame:
        """Run nothing."""
        raise NotImplementedError

    def held(self, expression: Any) -> Any:
        """Work nothing out."""
        raise NotImplementedError

    def batches(self, expression: Any, *, rows: int, held: bool) -> Iterator[Any]:
        """Hand over nothing."""
        raise NotImplementedError

    def most_rows(self, table: str, column: str) -> int | None:
        """Know nothing."""
        return None


class Draft:
    """A notebook under way: prose by :meth:`prose`, calls of the notebook helper inside :meth:`cell`."""

    def __init__(self) -> None:
        self.notebook = new_notebook()

    def prose(self, source: str) -> None:
        self.notebook.cells.append(new_markdown_cell(source))

    @contextmanager
    def cell(self) -> Iterator[None]:
        made = new_code_cell("# a call", execution_count=len(self.notebook.cells) + 1)

        def keep(data: dict[str, Any], *, raw: bool) -> None:
            made.outputs.append(new_output("display_data", data=data))

        with patch("cemlab.report.notebook.display", keep):
            yield
        self.notebook.cells.append(made)


def _levels(labels: tuple[str, ...], *, column: str) -> tuple[Estimates, Estimates]:
    """Levels of each label, and the same rows as judged comparisons; the last one is too small to show."""
    value = [60.0 - 9 * position for position in range(len(labels))]
    frame = pd.DataFrame({column: labels, "estimate": value, "n": [1000] * (len(labels) - 1) + [4], "std_error": 1.5})
    frame = frame.assign(ci_low=frame["estimate"] - 3, ci_high=frame["estimate"] + 3, mde=5.0)
    flagged = frame.assign(flagged=[position in (0, 3) for position in range(len(labels))])
    shared: dict[str, Any] = {"by": [column], "unit": "points", "level": 0.95, "min_n": 10, "notes": labels[:3]}
    return (
        Estimates.build(frame, measure="nps", method=labels[0], **shared),
        Estimates.build(flagged, measure="nps_difference", method="by hand", **shared),
    )


def hostile(payloads: tuple[str, ...] = PAYLOADS) -> nbformat.NotebookNode:
    """Return an executed notebook whose company, columns, labels and notes are the payloads."""
    first, column = payloads[0], payloads[1]
    info = LabInfo(first, f"Co {first}", "UTC", synthetic=True, description=" ".join(payloads))
    lab, draft = FakeLab(info), Draft()
    nb = Notebook(first, {"survey": first})
    lab.ledger.record(
        [
            LedgerLine("study", f"t {first}", "in", "", 10, scope=column),
            LedgerLine("study", f"t {first}", "used", "", 7, scope=column),
            LedgerLine("study", f"t {first}", "excluded", payloads[2], 3, scope=column),
        ]
    )
    levels, judged = _levels(payloads, column=column)
    whole = pd.DataFrame({"estimate": [30.0], "ci_low": [28.5], "ci_high": [31.5], "n": [7004]})
    overall = Estimates.build(whole, by=[], measure="nps", unit="points", method="", level=0.95, min_n=10)
    draft.prose(f"# What is it, {first}?\n\nWords.")
    with draft.cell():
        nb.uses(lab, first_day="2024-01-01", last_day="2024-06-30", notes=payloads)
    draft.prose(f"## Which groups, {column}?\n\nProse with {' '.join(payloads)} and $N = p - d$.")
    with draft.cell():
        found = nb.findings(first, judged, label=first)
        nb.say(Sentence(Name(first), " is ", found[0], ", between ", Quote(found[0], "interval"), "."))
    with draft.cell():
        beside = stack.judged(levels, judged)
        nb.show(intervals("nps-forest", {column: beside}, whole=overall, measure=first, metric=Name(first)))
        columns = [table.text(column), table.value(label=first), table.interval(), table.value("mde", label=column)]
        nb.show(table.table("nps-weights", judged, *columns, table.count(), metric=Name(payloads[3])))
        nb.how(levels)
    draft.prose("## What could overturn this?")
    with draft.cell():
        for title, state in zip(payloads, ("holds", "watch", "overturns"), strict=False):
            message = say.message("check-known-later", columns=[Name(title)], state=state)
            nb.check(Checked(message, state))  # type: ignore[arg-type]
        nb.accounting(lab)
    draft.prose("## What is the answer?")
    with draft.cell():
        nb.answer(
            Sentence("It is ", found[0], " for ", Name(first), "."),
            tiles=[*found[:2], found[-1]],
            sure=[Sentence("So.")],
        )
    made: nbformat.NotebookNode = draft.notebook
    return made


def run_facts(first: str = PAYLOADS[0]) -> dict[str, Any]:
    """Return what run.json would hold, payloads in its values."""
    return {
        "run_id": f"2024-07-01-{first}",
        "study": first,
        "parameters": {"survey": first, "segment_by": list(PAYLOADS), "level": 0.95},
        "versions": {first: first},
        "fingerprint": first,
    }


def simple(tile: Finding) -> Draft:
    """Return a notebook that answers with one tile, without any question of its own."""
    draft, nb = Draft(), Notebook("simple", {})
    draft.prose("# Is it so?")
    with draft.cell():
        nb.uses(FakeLab(LabInfo("t", "Tiny", "UTC")))
        nb.answer(Sentence("It is ", tile, "."), tiles=[tile])
    return draft


def long_table(rows: int) -> nbformat.NotebookNode:
    """Return a notebook with one table: names and numbers in no order, the last two rows withheld."""
    tile = Finding("n", float(rows), "answers", label="Answers")
    draft, nb = simple(tile), Notebook("long", {})
    frame = pd.DataFrame(
        {
            "plan": [f"plan {position * 7 % rows:02d}" for position in range(rows)],
            "estimate": [float(position * 11 % rows - 9) for position in range(rows)],
            "n": [1000 + position for position in range(rows - 1)] + [3],
        }
    )
    score = Estimates.build(frame, by=["plan"], measure="nps", unit="points", method="", level=0.95, min_n=10)
    draft.prose("## Which plans?")
    with draft.cell():
        columns = [table.text("plan"), table.value(label="nps"), table.count()]
        nb.show(table.table("nps-weights", score, *columns, metric=Name("Plans")))
    made: nbformat.NotebookNode = draft.notebook
    return made
