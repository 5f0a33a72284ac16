"""Every row is used, excluded or quarantined under the first thing that it breaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cemlab.core.errors import CemlabError, SchemaError, SourceError
from cemlab.data import intake
from cemlab.data.lab import open_lab

MakeLab = Callable[..., Path]


HEADER = "id,customer,score,at\n"


def _outcome(lab_file: Path, table: str = "responses") -> dict[str, int]:
    """Reasons with counts; the identity is checked by the ledger itself when it records."""
    accounting = intake.check(lab_file)
    return {line.reason or line.outcome: line.count for line in accounting.ledger.lines if line.table == table}


def _rows(lab_file: Path, table: str = "responses") -> pd.DataFrame:
    lab = open_lab(lab_file)
    return lab.frame(lab.table(table))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,b,ten,2024-05-01", "`score` is no number"),
        ("2,b,1_0,2024-05-01", "`score` is no number"),
        ("2,b,inf,2024-05-01", "`score` is no number"),
        ("2,b,11,2024-05-01", "the score lies outside its scale"),
        ("2,b,7.5,2024-05-01", "the score has decimals that its metric does not take"),
        (",b,9,2024-05-01", "`response_id` is missing"),
        ("2,b,9,", "`responded_at` is missing"),
        ("2,b,9,2024-02-30", "`responded_at` is no date or time"),
        ("2,b,9,01/02/2024", "`responded_at` is no date or time"),
        ("2,b,9,2024-05-01 24:00:00", "`responded_at` is no date or time"),
        ("1,b,9,2024-05-01", "another row has the same `response_id` and `metric`"),
        ("2,b,9", "the line has too few cells"),
        ("2,b,9,2024-05-01,5", "the line has too many cells"),
        ('2,b,"9"x,2024-05-01', "a quote in the line is not closed or not at a cell's end"),
        (",b,ten,2024-02-30", "`score` is no number"),
    ],
)
def test_a_row_is_quarantined_under_the_first_thing_it_breaks(make_lab: MakeLab, row: str, reason: str) -> None:
    lab_file = make_lab(nps=f"{HEADER}1,a,9,2024-05-01\n{row}\n3,c,8,2024-05-02\n")
    assert _outcome(lab_file) == {"in": 3, "used": 2, reason: 1}
    assert _rows(lab_file).response_id.tolist() == ["1", "3"]


def test_the_first_of_several_rows_with_one_key_stays(make_lab: MakeLab) -> None:
    rows = "1,a,9,2024-05-01\n1,b,ten,2024-05-01\n1,c,8,2024-05-01\n1,d,7,2024-05-01\n"
    lab_file = make_lab(nps=HEADER + rows)
    assert _rows(lab_file).customer_id.tolist() == ["a"]
    assert _outcome(lab_file)["another row has the same `response_id` and `metric`"] == 2


def test_a_row_without_a_score_is_kept_and_counted(make_lab: MakeLab) -> None:
    accounting = intake.check(make_lab(nps=f"{HEADER}1,a,9,2024-05-01\n2,b,,2024-05-01\n"))
    assert accounting.tables[0].rows == 2
    assert accounting.tables[0].missing["score"] == 1
    assert "  score: 1 of 2 rows without a value (50.0 %)" in accounting.lines()


def test_codes_and_values_are_declared_not_guessed(make_lab: MakeLab, responses: str) -> None:
    tables = responses.replace('file = "nps.csv"', 'file = "nps.csv"\nmissing = ["NA"]').replace(
        'score = "score"', 'score = { from = "score", missing = [11], values = { ten = 10 } }'
    )
    lab_file = make_lab(tables, nps=f"{HEADER}1,a,11,2024-05-01\n2,NA,ten,2024-05-01\n007,c,0,2024-05-01\n")
    rows = _rows(lab_file)
    assert rows.score.tolist()[1:] == [10, 0]
    assert rows.score.isna().tolist() == [True, False, False]
    assert rows.customer_id.isna().tolist() == [False, True, False]
    assert rows.response_id.tolist() == ["1", "2", "007"]


def test_bands_include_their_lower_end(make_lab: MakeLab, responses: str) -> None:
    tables = responses.replace('score = "score"', 'band = { from = "score", bins = [5, 10] }')
    rows = _rows(make_lab(tables, nps=HEADER + "".join(f"{n},a,{n},2024-05-01\n" for n in (4, 5, 9, 10, 99))))
    assert rows.band.tolist() == ["below 5", "5 to below 10", "5 to below 10", "10 and more", "10 and more"]


def test_free_columns_are_typed(make_lab: MakeLab, responses: str) -> None:
    free = 'visits = { from = "score", type = "integer" }\nvip = { from = "customer", type = "boolean" }\n'
    lab_file = make_lab(
        responses.replace('score = "score"\n', free),
        nps=f"{HEADER}1,yes,5.5,2024-05-01\n2,no,4.0,2024-05-01\n3,maybe,1,2024-05-01\n",
    )
    assert _outcome(lab_file) == {
        "in": 3,
        "used": 1,
        "`visits` is no whole number": 1,
        "`vip` is neither true nor false": 1,
    }
    assert _rows(lab_file)[["visits", "vip"]].to_numpy().tolist() == [[4, False]]


def test_instants_get_the_day_of_the_labs_zone_across_clock_changes(make_lab: MakeLab) -> None:
    times = {
        "2024-03-30T22:59:59Z": "2024-03-30",
        "2024-03-30T23:00:00Z": "2024-03-31",  # the day that has 23 hours
        "2024-03-31T21:59:59Z": "2024-03-31",
        "2024-03-31T22:00:00Z": "2024-04-01",
        "2024-10-26T22:00:00Z": "2024-10-27",  # the day that has 25 hours
        "2024-10-27T22:59:59Z": "2024-10-27",
        "2024-10-27T23:00:00Z": "2024-10-28",
        "2024-03-31 00:00:00": "2024-03-31",
        "2024-10-27": "2024-10-27",
        "2024-10-27 23:59:59.5": "2024-10-27",
        "2024-01-01 00:30+05": "2023-12-31",
    }
    lab_file = make_lab(nps=HEADER + "".join(f"{n},a,9,{time}\n" for n, time in enumerate(times)))
    rows = _rows(lab_file)
    assert [str(day)[:10] for day in rows.responded_on] == list(times.values())
    assert rows.responded_at[7] == pd.Timestamp("2024-03-30 23:00", tz="UTC")
    assert intake.check(lab_file).tables[0].naive == {"responded_at": 3}


def test_declared_formats_are_read_and_counted_as_naive(make_lab: MakeLab, responses: str) -> None:
    tables = responses.replace('"at"', '{ from = "at", format = "%d/%m/%Y" }')
    lab_file = make_lab(tables, nps=f"{HEADER}1,a,9,01/02/2024\n2,a,9,31/02/2024\n3,a,9,2024-05-01\n")
    assert _outcome(lab_file) == {"in": 3, "used": 1, "`responded_at` is no date or time": 2}
    assert str(_rows(lab_file).responded_on[0])[:10] == "2024-02-01"
    assert intake.check(lab_file).tables[0].naive == {"responded_at": 1}


def test_a_date_written_with_an_offset_is_the_labs_day(make_lab: MakeLab, responses: str) -> None:
    tables = responses + 'since = { from = "at", type = "date" }\n'
    rows = _rows(make_lab(tables, nps=f"{HEADER}1,a,9,2024-05-01T23:30:00Z\n2,a,9,2024-05-01T23:30:00\n"))
    assert [str(day)[:10] for day in rows.since] == ["2024-05-02", "2024-05-01"]


def test_a_rating_needs_an_accepted_answer(make_lab: MakeLab, responses: str) -> None:
    ratings = '[[ratings]]\nfile = "r.csv"\n[ratings.columns]\nresponse_id = "id"\nitem = "item"\nscore = "score"\n'
    lab_file = make_lab(
        responses + ratings,
        nps=f"{HEADER}1,a,9,2024-05-01\n2,b,44,2024-05-01\n",
        r="id,item,score\n1,price,5\n2,price,5\n9,price,5\n1,price,6\n",
    )
    assert _outcome(lab_file, "ratings") == {
        "in": 4,
        "used": 1,
        "no accepted row of `responses` has its `response_id`": 2,
        "another row has the same `response_id` and `item`": 1,
    }


def test_several_files_feed_one_table(make_lab: MakeLab, responses: str) -> None:
    second = responses.replace("nps.csv", "later.csv").replace('score = "score"\n', "")
    lab_file = make_lab(
        responses + second, nps=f"{HEADER}1,a,9,2024-05-01\n", later=f"{HEADER}1,b,9,2024-05-01\n2,c,9,2024-06-01\n"
    )
    assert _outcome(lab_file) == {"in": 3, "used": 2, "another row has the same `response_id` and `metric`": 1}
    assert _rows(lab_file).sort_values("response_id").score.isna().tolist() == [False, True]


def test_end_before_start_is_quarantined(make_lab: MakeLab) -> None:
    spells = (
        '[[spells]]\nfile = "s.csv"\n[spells.columns]\nspell_id = "id"\ncustomer_id = "c"\nstarted_on = "a"\nended_on ='
        ' "b"\n'
    )
    lab_file = make_lab(spells, s="id,c,a,b\n1,x,2024-01-05,2024-01-04\n2,x,2024-01-05,\n3,x,2024-01-05,2024-01-05\n")
    assert _outcome(lab_file, "spells") == {"in": 3, "used": 2, "it ends before it starts": 1}


def test_parquet_is_read_with_the_same_rules(make_lab: MakeLab, responses: str) -> None:
    lab_file = make_lab(responses.replace("nps.csv", "nps.parquet"))
    at = pd.Series([pd.Timestamp("2024-03-30 23:30"), pd.NaT, pd.Timestamp("2024-05-01")]).dt.tz_localize("UTC")
    pd.DataFrame({"id": [1, 2, 2], "customer": ["a", "b", "c"], "score": [9.0, 8.0, 4.0], "at": at}).to_parquet(
        lab_file.parent / "nps.parquet"
    )
    assert _outcome(lab_file) == {"in": 3, "used": 2, "`responded_at` is missing": 1}
    rows = _rows(lab_file)
    assert rows.response_id.tolist() == ["1", "2"]
    assert str(rows.responded_on[0])[:10] == "2024-03-31"
    assert intake.check(lab_file).tables[0].naive == {}


def test_what_is_no_parquet_is_refused(make_lab: MakeLab, responses: str) -> None:
    lab_file = make_lab(responses.replace("nps.csv", "nps.parquet"))
    (lab_file.parent / "nps.parquet").write_bytes(b"id,score\n")
    with pytest.raises(SourceError, match=r"`nps\.parquet` must be a Parquet file"):
        intake.check(lab_file)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "mixed"])
def test_line_ends_do_not_matter(make_lab: MakeLab, ends: str) -> None:
    text = f'{HEADER}1,a,9,2024-05-01\n2,"b\nb",8,2024-05-01\n\n3,c,7,2024-05-01\n'
    text = text.replace("\n", "\r\n", 2) if ends == "mixed" else text.replace("\n", ends)
    lab_file = make_lab(nps=text.encode())
    assert _outcome(lab_file) == {"in": 3, "used": 3}


def test_windows_line_ends_with_plain_ones_inside_cells_are_read(make_lab: MakeLab) -> None:
    text = f'{HEADER}1,a,9,2024-05-01\n2,"b|b",8,2024-05-01\n'.replace("\n", "\r\n").replace("|", "\n")
    lab_file = make_lab(nps=text.encode())
    assert _rows(lab_file).customer_id.tolist() == ["a", "b\nb"]


def test_an_open_quote_swallows_the_rest_as_one_line(make_lab: MakeLab) -> None:
    lab_file = make_lab(nps=f'{HEADER}1,a,9,2024-05-01\n2,"b,8,2024-05-01\n3,c,7,2024-05-01\n')
    outcome = _outcome(lab_file)
    assert (outcome["in"], outcome["used"]) == (2, 1)


def test_a_cell_of_ten_megabytes_is_read(make_lab: MakeLab) -> None:
    lab_file = make_lab(nps=f"{HEADER}1,{'z' * 10_000_000},9,2024-05-01\n2,b,8,2024-05-01\n")
    assert _outcome(lab_file) == {"in": 2, "used": 2}


def test_a_header_alone_is_accounted_for_and_not_usable(make_lab: MakeLab) -> None:
    accounting = intake.check(make_lab(nps=HEADER))
    assert not accounting.usable
    assert accounting.lines()[-1] == "Not usable: no row of responses is left."


def test_a_missing_or_doubled_source_column_is_named(make_lab: MakeLab) -> None:
    with pytest.raises(SchemaError, match=r"it has no `score`. Did you mean `scores`"):
        intake.check(make_lab(nps="id,customer,scores,at\n1,a,9,2024-05-01\n"))
    with pytest.raises(SchemaError, match=r"`nps\.csv` has 2 columns `id`"):
        intake.check(make_lab(nps="id,customer,score,at,id\n1,a,9,2024-05-01,1\n"))


def test_quarantined_rows_are_kept_with_reasons_in_the_cache(make_lab: MakeLab) -> None:
    lab_file = make_lab(nps=f"{HEADER}1,a,ten,2024-05-01\n2,b,9\n3,c,44,2024-05-01\n")
    folder = intake.check(lab_file).folder / "quarantine"
    kept = pd.read_parquet(folder / "responses.parquet")
    assert kept.reason.tolist() == ["`score` is no number", "the score lies outside its scale"]
    assert '"score":"ten"' in kept.cells[0]
    assert pd.read_parquet(folder / "responses-0.lines.parquet").text.tolist() == ["2,b,9"]


def test_messages_and_accounting_hold_no_values(make_lab: MakeLab, responses: str) -> None:
    secret = "Marlene"
    lab_file = make_lab(nps=f"{HEADER}{secret},{secret},{secret},2024-05-01\n2,{secret},9,{secret}\n{secret}\n")
    assert secret not in "\n".join(intake.check(lab_file).lines())
    broken = make_lab(responses.replace('"score"', '"rating"'), nps=f"{HEADER}{secret},{secret},9,2024-05-01\n")
    with pytest.raises(CemlabError) as caught:
        intake.check(broken)
    assert secret not in str(caught.value)
