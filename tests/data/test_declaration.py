"""A lab file says what it may say, and is refused by name where it says something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cemlab.core.errors import ParameterError, SchemaError, SourceError
from cemlab.data.declaration import load

MakeLab = Callable[..., Path]


def _refused(make_lab: MakeLab, tables: str, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        load(make_lab(tables))


def test_a_whole_lab_is_read(make_lab: MakeLab) -> None:
    declaration = load(make_lab())
    assert declaration.lab.info.time_zone == "Europe/Berlin"
    assert declaration.types("responses") == {
        "response_id": "text",
        "customer_id": "text",
        "responded_at": "instant",
        "metric": "text",
        "score": "number",
    }
    assert not declaration.undated("responses")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[responses]]", "[[response]]", "`response` is not. Did you mean `responses`"),
        ("file =", "fiel =", r"`responses.fiel` is not one. Did you mean `file`"),
        (
            'score = "score"',
            'score = { frm = "score" }',
            r"`responses.columns.score.frm` is not one. Did you mean `from`",
        ),
        (
            'score = "score"',
            'score = { from = "score", constant = 5 }',
            "takes one of `from`, `constant`, `template`, `row_number` and `product`",
        ),
        ('score = "score"', 'score = { from = "score", type = "text" }', "`responses.score` must be number"),
        ('score = "score"', 'band = { from = "score", bins = [5, 3] }', "rising order"),
        ('score = "score"', 'band = { from = "score", bins = [5], labels = ["x"] }', "needs 2 `labels`"),
        ('score = "score"', 'band = { from = "score", bins = [5], type = "number" }', "with `bins` must be text"),
        ('score = "score"', 'Band = "score"', r"`responses\.Band` is not. Rename"),
        ('score = "score"', 'responded_on = "score"', "like a day that intake adds"),
        ('score = "score"', 'last_at = { from = "x", type = "instant" }\nlast_on = "y"', "like a day that intake adds"),
        ('metric = { constant = "nps" }', "", "maps no `metric`"),
        ('responded_at = "at"', "", "Either map `responded_at`, or write `undated = true`"),
        ('file = "nps.csv"', 'file = "nps.csv"\nundated = true', "Remove one of the two"),
        ('responded_at = "at"', 'responded_at = { from = "at", format = "DD.MM.YYYY" }', "is no date format"),
        ('file = "nps.csv"', 'file = "nps.csv"\nencoding = "utf-9"', "is no known encoding"),
        ('file = "nps.csv"', 'file = "nps.csv"\ndelimiter = "::"', "`responses.delimiter` in the lab file"),
    ],
)
def test_what_does_not_hold_is_named(make_lab: MakeLab, old: str, new: str, words: str, responses: str) -> None:
    assert old in responses
    _refused(make_lab, responses.replace(old, new, 1), words)


def test_a_table_without_free_columns_takes_none(make_lab: MakeLab, responses: str) -> None:
    ratings = '[[ratings]]\nfile = "r.csv"\n[ratings.columns]\nresponse_id = "a"\nitem = "b"\nscor = "c"\n'
    _refused(make_lab, responses + ratings, r"column of `ratings` .* `scor` is not. Did you mean `score`")


def test_ratings_without_responses_must_say_undated(make_lab: MakeLab) -> None:
    ratings = '[[ratings]]\nfile = "r.csv"\n[ratings.columns]\nresponse_id = "a"\nitem = "b"\n'
    _refused(make_lab, ratings, "Either map `responses`, through which its rows are dated")


def test_one_column_has_one_type(make_lab: MakeLab, responses: str) -> None:
    second = responses.replace('score = "score"', 'visits = "v"')
    first = responses.replace('score = "score"', 'visits = { from = "v", type = "integer" }')
    _refused(make_lab, first + second, r"`responses\.visits` is integer in one source and text in another")


def test_the_head_is_checked(make_lab: MakeLab, responses: str, head: str) -> None:
    lab_file = make_lab()
    lab_file.write_text(head.replace("Europe/Berlin", "Berlin") + responses, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"`lab\.time_zone` in the lab file must hold: is no IANA time zone"):
        load(lab_file)
    lab_file.write_text(head.replace("time_zone", "timezone") + responses, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"`lab\.timezone` is not one. Did you mean `time_zone`"):
        load(lab_file)


def test_segments_are_mapped_columns(make_lab: MakeLab, responses: str, head: str) -> None:
    lab_file = make_lab()
    lab_file.write_text(head + 'segments = ["scor"]\n' + responses, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"`scor` is not\. Did you mean `score`"):
        load(lab_file)


def test_a_segment_named_like_a_column_of_a_result_is_refused(make_lab: MakeLab, responses: str, head: str) -> None:
    lab_file = make_lab()
    lab_file.write_text(head + 'segments = ["score"]\n' + responses, encoding="utf-8")
    with pytest.raises(ParameterError, match=r"`lab\.segments` must not name.*`score` is one.*`own_score = \"score\"`"):
        load(lab_file)


def test_needs_are_mapped_columns_or_ratings(make_lab: MakeLab, responses: str, head: str) -> None:
    lab_file = make_lab()
    lab_file.write_text(head + 'needs = ["scor", "ratings:shops"]\n' + responses, encoding="utf-8")
    with pytest.raises(
        SchemaError, match=r"`lab\.needs` must be a mapped column: `scor` is not\. Did you mean `score`"
    ):
        load(lab_file)
    lab_file.write_text(head + 'needs = ["score", "ratings:shops"]\n' + responses, encoding="utf-8")
    assert load(lab_file).lab.info.needs == ("score", "ratings:shops")


def test_a_lab_maps_at_least_one_table(make_lab: MakeLab) -> None:
    _refused(make_lab, "", "none is mapped")


def test_broken_toml_and_no_file_are_refused(make_lab: MakeLab) -> None:
    with pytest.raises(SourceError, match="must be TOML"):
        load(make_lab("[[responses]\n"))
    with pytest.raises(SourceError, match="must be a readable file"):
        load("nowhere/lab.toml")
