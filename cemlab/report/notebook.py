"""What a notebook calls to check its parameters, and to put findings on the page."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from IPython.display import display

from cemlab.core import parameters as registry
from cemlab.core.errors import UNANSWERABLE, ParameterError
from cemlab.core.lab import Lab, LabInfo, Outcome, Stage
from cemlab.core.results import Estimates, Finding, Sentence, Unit
from cemlab.prepare.assignments import assigned
from cemlab.report import beginning, elements, records, restricted
from cemlab.report.records import Record
from cemlab.show import say as grammar
from cemlab.show import table as tables
from cemlab.show.charts.base import Chart
from cemlab.show.check import Checked
from cemlab.show.format import Style
from cemlab.show.say import Message, Slot


class Notebook:
    """The page that a notebook is making.

    Made by `begin`. Every method displays data, which the exporter renders; in JupyterLab
    the same data show as plain elements.

    Parameters
    ----------
    study : str
        The study's stem.
    values : dict
        The checked parameters.
    """

    def __init__(self, study: str, values: dict[str, registry.Value]) -> None:
        self.study = study
        self.parameters = values
        self._info = LabInfo(study, "", "UTC")
        self._as_of: dt.date | None = None
        self._findings: dict[tuple[object, ...], Finding] = {}
        self._tables: dict[str, Estimates] = {}
        self._waiting: list[Record] | None = None

    @property
    def style(self) -> Style:
        """In which language the page is written, and how it writes numbers."""
        return Style.of(self._info)

    def uses(
        self,
        lab: Lab,
        *,
        first_day: str = "",
        last_day: str = "",
        notes: Iterable[str] = (),
        chosen: Mapping[str, registry.Value] | None = None,
    ) -> None:
        """Record which lab the page speaks of, for its head and its provenance.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        first_day, last_day : str, default ""
            Days of the first and last row that counts; empty when they are not recorded.
        notes : iterable of str
            What a reader must know of these rows.
        chosen : mapping of str to value, optional
            What stands for parameters that may be left open; the page says so where they were.
        """
        self._info, self._as_of = lab.info, lab.as_of
        self._emit(
            "head",
            info=records.of_info(lab.info),
            as_of=lab.as_of.isoformat() if lab.as_of else "",
            data_until=(lab.as_of - dt.timedelta(days=1)).isoformat() if lab.as_of else "",
            fingerprint=lab.fingerprint,
            first_day=first_day,
            last_day=last_day,
            undated=list(lab.undated),
            notes=[*notes, *records.of_choices(self.parameters, chosen or {}, usual=lab.info)],
        )

    def finding(
        self, key: str, estimates: Estimates, *, where: dict[str, object] | None = None, label: str | Message = ""
    ) -> Finding:
        """Record one row of `estimates` as a finding; the whole table is published with it.

        Parameters
        ----------
        key : str
            What it is, dotted, such as ``nps.overall``.
        estimates : Estimates
            Adjusted first, when it holds comparisons.
        where : dict, optional
            Values of group columns that name the row.
        label : str or Message, default ""
            At most six words, for a tile.

        Returns
        -------
        Finding
            To be quoted in sentences and tiles.
        """
        label = grammar.text(label, style=self.style) if isinstance(label, Message) else label
        found = Finding.of(key, estimates, where=where, label=label, table=key)
        self._tables[key] = estimates
        return self._record(found)

    def findings(self, key: str, estimates: Estimates, *, label: str = "") -> list[Finding]:
        """Record every row of `estimates` as a finding.

        Parameters
        ----------
        key : str
            What they are, dotted.
        estimates : Estimates
            Adjusted first, when it holds comparisons.
        label : str, default ""
            At most six words.

        Returns
        -------
        list of Finding
            In the table's order.
        """
        rows = estimates.table[list(estimates.by)].to_dict("records") if estimates.by else [{}] * len(estimates.table)
        return [self.finding(key, estimates, where=dict(row), label=label) for row in rows]  # type: ignore[arg-type]

    def rows(
        self,
        key: str,
        lab: Lab,
        *,
        outcome: Outcome,
        table: str,
        stage: Stage = "study",
        scope: str = "",
        reason: str | None = None,
        label: str = "",
        unit: Unit = "answers",
    ) -> Finding:
        """Record a count of the lab's ledger as a finding.

        Parameters
        ----------
        key : str
            What it is, dotted, such as ``responses.unscored``.
        lab : Lab
            Whose ledger.
        outcome, table, stage, scope, reason : str, optional
            As `cemlab.core.lab.Ledger.count`.
        label : str, default ""
            At most six words, for a tile.
        unit : str, default "answers"
            What is counted.

        Returns
        -------
        Finding
            A count, which has no interval.
        """
        count = lab.ledger.count(outcome, table=table, stage=stage, reason=reason, scope=scope)
        return self._record(Finding(key, float(count), unit, label=label))

    def count(self, key: str, value: float, *, unit: Unit, label: str = "", of: float = math.nan) -> Finding:
        """Record a count as a finding.

        Parameters
        ----------
        key : str
            What it is, dotted.
        value : float
            The count.
        unit : str
            What is counted.
        label : str, default ""
            At most six words, for a tile.
        of : float, optional
            Of how many, where it is a share.

        Returns
        -------
        Finding
            Without an interval.
        """
        return self._record(Finding(key, float(value), unit, label=label, n=float(of)))

    def say(self, *said: str | Message | Sentence, **slots: Slot) -> None:
        """Put the answer to the section's question on the page, in bold.

        Parameters
        ----------
        *said : str or Message
            One message, or two at most; text is the name of a message, which the slots fill.
        **slots : slot
            As `cemlab.show.say.message` takes them.
        """
        messages = [grammar.message(each, **slots) if isinstance(each, str) else each for each in said]
        self._emit("say", **self._said(messages))

    def _said(self, messages: Sequence[Message | Sentence]) -> dict[str, Any]:
        """Sentences in the page's language, with the messages that they came from; a message may say nothing."""
        made = [each if isinstance(each, Sentence) else grammar.sentence(each, style=self.style) for each in messages]
        return {
            "sentences": [records.of_sentence(each) for each in made if each.parts],
            "messages": [each.id for each in messages if isinstance(each, Message)],
        }

    def show(
        self,
        item: Chart | tables.TableSpec,
        *,
        fold: bool = False,
    ) -> None:
        """Put a chart (with its data in a fold) or a table on the page.

        Parameters
        ----------
        item : Chart or TableSpec
            What to show; its message has the words.
        fold : bool, default False
            True to put it into the section's fold "how we know", for whoever checks the work.
        """
        if isinstance(item, Chart):
            caption, reading = (item.words(name, self.style) for name in ("caption", "reading"))
            content = records.of_figure(item.draw(style=self.style, paper=beginning.wants_print()))
            self._emit("figure", content=content, caption=caption, reading=reading, fold=fold)
        else:
            self._emit("table", content=records.of_table(tables.draw(item, style=self.style)), fold=fold)

    def how(self, *estimates: Estimates) -> None:
        """Put the methods and notes of `estimates` into the section's fold "how we know".

        Parameters
        ----------
        *estimates : Estimates
            Those that the section rests on.
        """
        methods = list(dict.fromkeys(item.method for item in estimates))
        notes = list(dict.fromkeys(note for item in estimates for note in item.notes))
        self._emit("how", methods=methods, notes=notes)

    def check(self, check: Checked) -> None:
        """Record one thing that could change the conclusion; the page shows the worst first.

        Parameters
        ----------
        check : Checked
            With its verdict.
        """
        title = grammar.text(check.message, style=self.style, attribute="title")
        self._emit("check", title=title, state=check.state, **self._said([check.message]))

    def leave_out(self, question: str, because: str | Message) -> None:
        """Record a question that this page does not answer; the accounting says so in one line.

        Parameters
        ----------
        question : str
            As its heading would be.
        because : Message or str
            Why, and how to have it answered.
        """
        words = grammar.text(because, style=self.style) if isinstance(because, Message) else because
        self._emit("left_out", question=question, because=words)

    @contextlib.contextmanager
    def asking(self, question: str) -> Iterator[None]:
        """Answer a question in a ``with`` block; where these rows cannot answer it, leave it out with the reason.

        Nothing of the block reaches the page before it is answered; names that later cells use have a value before it.

        Parameters
        ----------
        question : str
            As its heading would be.

        Examples
        --------
        >>> with nb.asking("What goes with leaving?"):  # doctest: +SKIP
        ...     fit = stats.hazards.fit_cox(cells, terms=terms)
        """
        outer, findings, tables = self._waiting, dict(self._findings), dict(self._tables)
        self._waiting = kept = []
        try:
            yield
        except UNANSWERABLE as error:
            kept = [{"kind": "left_out", "question": question, "because": str(error)}]
            self._findings, self._tables = findings, tables
        finally:
            self._waiting = outer
        for record in kept:
            self._put(record)

    def restricted_table(self, name: str, table: Any) -> None:
        """Write a table of single customers where only its owner reads; the page says only how many rows.

        Parameters
        ----------
        name : str
            Of the Parquet file: small letters, digits and hyphens.
        table : ibis.Table
            Lazy: the engine writes it as it is worked out, so it may have any number of rows.
        """
        self._emit("restricted", **restricted.write(table, name, study=self.study))

    def assignments(self, name: str, table: Any, *, value: str, probability: str = "", weight: str = "") -> None:
        """Write what this study says of each customer, as rows of ``assignments`` that a lab file can map.

        They stand beside the restricted tables, in ``assignments-<name>.parquet``, known at the last instant before
        the as-of day. Call `uses` first.

        Parameters
        ----------
        name : str
            What is assigned; later studies ask for it by this name.
        table : ibis.Table
            One row per customer, with ``customer_id`` and the columns named here.
        value : str
            Column with what each customer is given.
        probability, weight : str, default ""
            Columns with how sure the study is, and with a weight; empty for none.
        """
        if self._as_of is None:
            raise ParameterError(
                "Assignments must have a day on which they were known: this lab has no as-of day, or `nb.uses(lab)` "
                "was not called. Call it first, on a lab with dates."
            )
        rows = assigned(
            table,
            name=name,
            value=value,
            probability=probability,
            weight=weight,
            as_of=self._as_of,
            zone=self._info.time_zone,
            source_run=restricted.run_name(self._as_of.isoformat()),
        )
        file = restricted.ASSIGNMENTS + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self._emit("restricted", **restricted.write(rows, file, study=self.study))

    def accounting(self, lab: Lab) -> None:
        """Record what became of every row, for the page's accounting.

        Parameters
        ----------
        lab : Lab
            After every reduction, so that the study's lines are in its ledger.
        """
        self._emit("ledger", lines=records.of_ledger(lab.ledger.lines))

    def answer(
        self,
        *said: Message | Sentence,
        tiles: Sequence[Finding] = (),
        change: Finding | None = None,
        sure: Sequence[Message | Sentence] = (),
    ) -> None:
        """Give the answer, last in the notebook and first on the page, and hand over every finding.

        Parameters
        ----------
        *said : Message
            Three to five sentences, at most 80 words together, verdict first.
        tiles : sequence of Finding
            Three to five; each is labelled by the message ``tile-<its key>``.
        change : Finding, optional
            How the first tile changed, adjusted in the run's family; shown with an arrow and a word.
        sure : sequence of Message
            How sure we are, for the fold below.
        """
        self._emit(
            "answer",
            **self._said(said),
            tiles=[records.of_finding(elements.labelled(tile, style=self.style)) for tile in tiles],
            change=None if change is None else records.of_finding(change),
            sure=self._said(sure)["sentences"],
            findings=[records.of_finding(found) for found in self._findings.values()],
            tables={name: tables.csv(estimates.table) for name, estimates in self._tables.items()},
        )

    def _record(self, found: Finding) -> Finding:
        self._findings[(found.key, tuple(sorted(found.scope.items())), found.period)] = found
        return found

    def _emit(self, kind: str, **content: Any) -> None:
        self._put({"kind": kind, **content})

    def _put(self, record: Record) -> None:
        """Display a record, or keep it until the question that is being asked is answered."""
        if self._waiting is not None:
            self._waiting.append(record)
            return
        show_data: Any = display
        show_data({records.MIME: record, "text/html": elements.twin(record, style=self.style)}, raw=True)


def begin(study: str, namespace: MutableMapping[str, Any]) -> Notebook:
    """Check the parameters of a study and put the checked values back.

    Parameters
    ----------
    study : str
        The notebook's stem.
    namespace : mutable mapping
        The notebook's ``globals()``. Declared parameters are read from it, checked, and written
        back in their registered type, paths made absolute.

    Returns
    -------
    Notebook
        The page to write on.

    Raises
    ------
    ParameterError
        When a parameter was given that the study does not declare, or a value is wrong.
    """
    values = beginning.checked(study, namespace)
    beginning.log_to_the_run()
    page = Notebook(study, values)
    page._emit("begin", study=study, parameters=values)
    return page
