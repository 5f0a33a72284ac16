"""Tables of single customers: where they are written, who may read them, and how they come back as a source."""

from __future__ import annotations

import datetime as dt
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest

from cemlab.core.errors import EngineError, ParameterError, SourceError
from cemlab.core.lab import Lab
from cemlab.data.lab import open_lab
from cemlab.prepare import cells
from cemlab.report import notebook, records, restricted, runner

DAY = dt.date(2024, 5, 1)
SPELLS = """\
spell,customer,start,end
s1,a,2024-01-10,
s2,b,2024-01-10,2024-06-03
s3,c,2024-01-10,
s4,a,2024-06-01,
"""
ANSWERS = """\
answer,customer,at,score
r1,a,2024-03-01,9
r2,a,2024-05-20,2
r3,c,2024-05-20,10
"""
LAB = """\
[lab]
name = "tiny"
company = "Tiny & Co"
time_zone = "Europe/Berlin"
data_until = "2024-06-30"
[[spells]]
file = "spells.csv"
[spells.columns]
spell_id = "spell"
customer_id = "customer"
started_on = "start"
ended_on = "end"
[[responses]]
file = "answers.csv"
[responses.columns]
response_id = "answer"
customer_id = "customer"
responded_at = "at"
metric = { constant = "nps" }
score = "score"
"""
MAPPED = """\
[[assignments]]
file = "reports/.restricted/s/*/assignments-*.parquet"
[assignments.columns]
customer_id = "customer_id"
name = "name"
value = "value"
probability = "probability"
source_run = "source_run"
known_at = "known_at"
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every record that is displayed."""
    kept: list[Any] = []
    monkeypatch.setattr(notebook, "display", lambda data, **_: kept.append(data))
    return kept


@pytest.fixture
def lab_file(here: Path) -> Path:
    (here / "spells.csv").write_text(SPELLS)
    (here / "answers.csv").write_text(ANSWERS)
    (here / "lab.toml").write_text(LAB)
    return here / "lab.toml"


def scored(values: dict[str, str | None]) -> Any:
    return ibis.memtable(pd.DataFrame({"customer_id": list(values), "band": list(values.values()), "risk": 0.25}))


def _page(study: Callable[..., Path], lab: Lab) -> notebook.Notebook:
    study("s", "1")
    page = notebook.begin("s", {"lab_file": "lab.toml", "In": []})
    page.uses(lab)
    return page


def test_a_draft_goes_to_a_private_folder_and_the_page_says_only_how_many(
    study: Callable[..., Path], here: Path, lab_file: Path, shown: list[Any]
) -> None:
    page = _page(study, open_lab(lab_file, as_of="2024-05-01"))
    page.restricted_table("live-customers", scored({"a": "high", "b": "low"}))
    file = here / "reports" / ".restricted" / "s" / "draft" / "live-customers.parquet"
    assert pd.read_parquet(file)["customer_id"].tolist() == ["a", "b"]
    assert mode(file) == 0o600
    assert {mode(folder) for folder in list(file.parents)[:3]} == {0o700}
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    record = shown[-1][records.MIME]
    assert record == {
        "kind": "restricted",
        "name": "live-customers",
        "file": "live-customers.parquet",
        "rows": 2,
        "place": "reports/.restricted/s/draft",
    }
    assert "Written: 2 rows, restricted." in shown[-1]["text/html"]
    assert str(here) not in shown[-1]["text/html"]


def test_what_is_no_name_or_no_table_is_refused(here: Path) -> None:
    with pytest.raises(ParameterError, match="small letters, digits and hyphens"):
        restricted.write(scored({"a": "x"}), "../a", study="s")
    with pytest.raises(ParameterError, match="must be a table of the engine: `DataFrame`"):
        restricted.write(pd.DataFrame({"customer_id": ["a"]}), "a", study="s")
    assert not (here / "reports").exists()


def test_the_engine_s_words_do_not_pass_on_values(here: Path) -> None:
    table = scored({"a": "Mr Secret"})
    with pytest.raises(EngineError, match="it stopped at `live` with") as stopped:
        restricted.write(table.mutate(number=table.band.cast("int64")), "live", study="s")
    assert "Secret" not in str(stopped.value)
    assert not list((here / "reports" / ".restricted" / "s" / "draft").iterdir())


CELL = """\
import ibis, json, pandas as pd
from cemlab.report import notebook
from cemlab.data.lab import open_lab
page = notebook.begin("s", globals())
page.uses(open_lab(lab_file, as_of="2024-05-01"))
table = ibis.memtable(pd.DataFrame({"customer_id": ["a", "b"], "band": ["high", "low"], "risk": [0.5, 0.25]}))
page.restricted_table("live-customers", table)
page.assignments("churn band", table, value="band", probability="risk")
"""


def test_a_run_keeps_them_in_its_restricted_folder_and_lists_them(
    study: Callable[..., Path], here: Path, lab_file: Path, page_cell: str
) -> None:
    study("s", CELL, page_cell)
    run = runner.run("s", lab="lab.toml")
    assert run.error == ""
    assert run.restricted is not None
    names = ["assignments-churn-band.parquet", "live-customers.parquet"]
    assert sorted(path.name for path in run.restricted.glob("*.parquet")) == names
    assert {mode(path) for path in run.restricted.iterdir()} == {0o600}
    told = json.loads((run.folder / "run.json").read_text())
    assert told["restricted"] == [
        {"name": "live-customers", "rows": 2},
        {"name": "assignments-churn-band", "rows": 2},
    ]
    assert not list(run.folder.rglob("*.parquet"))
    page = (run.folder / "report.html").read_text()
    assert "Written: 2 rows, restricted." in page
    assert "the restricted folder of this run" in page
    rows = pd.read_parquet(run.restricted / names[0])
    assert rows["source_run"].str.endswith(run.run_id.split("-", 3)[3]).all()
    assert set(rows["known_at"]) == {"2024-04-30T21:59:59.999999+00:00"}


def test_a_failed_run_leaves_no_assignments(study: Callable[..., Path], here: Path, lab_file: Path) -> None:
    study("s", CELL, "1 / 0")
    run = runner.run("s", lab="lab.toml")
    assert run.status == "failed"
    assert run.restricted is not None
    assert [path.name for path in run.restricted.glob("*.parquet")] == ["live-customers.parquet"]


def _written(
    study: Callable[..., Path], lab_file: Path, monkeypatch: pytest.MonkeyPatch, **by_day: dict[str, str]
) -> None:
    """Assignments of several runs: each a folder under the restricted one."""
    for run, (day, values) in enumerate(by_day.items()):
        folder = lab_file.parent / "reports" / ".restricted" / "s" / f"{day}-{run}"
        folder.mkdir(parents=True)
        monkeypatch.setenv(restricted.FOLDER_VARIABLE, str(folder))
        page = _page(study, open_lab(lab_file, as_of=day.removeprefix("on_").replace("_", "-")))
        page.assignments("churn band", scored(dict(values)), value="band", probability="risk")


def test_assignments_come_back_as_a_dated_source(
    study: Callable[..., Path], lab_file: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = {"on_2024_05_01": {"a": "high", "b": "low"}, "on_2024_06_02": {"a": "low", "c": "high"}}
    _written(study, lab_file, monkeypatch, **runs)
    lab_file.write_text(LAB + MAPPED)
    lab = open_lab(lab_file)
    assert lab.frame(lab.table("assignments").select("known_on").distinct().order_by("known_on"))["known_on"].astype(
        str
    ).tolist() == [
        "2024-04-30",
        "2024-06-01",
    ]
    early = cells.landmark(lab, day="2024-05-01", terms=["churn band"])
    assert early.set_index("churn band")["n"].to_dict() == {"high": 1, "low": 1, "unknown": 1}
    late = cells.landmark(lab, day="2024-06-02", terms=["churn band"])
    # two spells of the first customer, whom the later run calls low; the second as before
    assert late.groupby("churn band")["n"].sum().to_dict() == {"high": 1, "low": 3}
    assert open_lab(lab_file, as_of="2024-04-30").ledger.count("used", table="assignments", stage="as_of") == 0


def test_of_two_runs_as_of_one_day_the_later_counts(
    study: Callable[..., Path], lab_file: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for run, values in enumerate([{"a": "high"}, {"a": "low"}]):
        folder = lab_file.parent / "reports" / ".restricted" / "s" / f"2024-05-01-20240501T10000{run}Z-0"
        folder.mkdir(parents=True)
        monkeypatch.setenv(restricted.FOLDER_VARIABLE, str(folder))
        page = _page(study, open_lab(lab_file, as_of="2024-05-01"))
        page.assignments("churn band", scored(dict(values)), value="band")
    lab_file.write_text(LAB + MAPPED)
    lab = open_lab(lab_file)
    assert lab.frame(lab.table("assignments"))["value"].tolist() == ["low"]
    assert lab.ledger.count("quarantined", table="assignments", stage="intake") == 1


def test_a_pattern_must_match_a_file(lab_file: Path) -> None:
    lab_file.write_text(LAB + MAPPED)
    with pytest.raises(SourceError, match=r"1 of 3 are not \(`reports/\.restricted/s/\*/assignments-\*\.parquet`\)"):
        open_lab(lab_file)


def test_assignments_need_a_day_and_columns(study: Callable[..., Path], lab_file: Path, shown: list[Any]) -> None:
    study("s", "1")
    page = notebook.begin("s", {"lab_file": "lab.toml", "In": []})
    with pytest.raises(ParameterError, match="must have a day on which they were known"):
        page.assignments("churn band", scored({"a": "high"}), value="band")
    page.uses(open_lab(lab_file, as_of="2024-05-01"))
    with pytest.raises(ParameterError, match=r"`bnad` is none\. Did you mean `band`"):
        page.assignments("churn band", scored({"a": "high"}), value="bnad")
