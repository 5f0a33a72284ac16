"""A first lab file from exports: it always loads, guesses what it can, shows no customer's values."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cemlab.core.errors import ParameterError, SourceError
from cemlab.data import declaration, drafting
from cemlab.data.declaration import Declaration
from cemlab.data.drafting.profiles import profile
from cemlab.data.drafting.samples import take
from cemlab.data.drafting.vocabulary import personal, snake

PEOPLE = 60
Exports = Callable[..., list[Path]]


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, delimiter: str = ",") -> str:
    """Delimited text with a header."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    """Write files and return their paths."""

    def make(**files: str | bytes) -> list[Path]:
        paths = []
        for name, content in files.items():
            path = tmp_path / name.replace("_csv", ".csv")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        return paths

    return make


def loaded(paths: list[Path]) -> tuple[drafting.Draft, Declaration]:
    """The draft over exports, and the lab file as intake understands it."""
    out = paths[0].parent / "lab.toml"
    draft = drafting.write(paths, out, company="Acme")
    return draft, declaration.load(out)


def mapped(lab: Declaration, name: str) -> dict[str, Any]:
    """Canonical or own column → what it is read from, of a table's first source."""
    source = lab.tables[name][0]
    return {column: each.source or each.constant or each.template for column, each in source.columns.items()}


def survey(delimiter: str = ",") -> str:
    header = ["Response ID", "Customer No", "Date", "Would you recommend us?", "Region", "E-Mail", "Comments"]
    rows = [
        [
            f"R{n}",
            f"C{n:04}",
            f"{1 + n % 28:02}.03.2024",
            n % 11,
            ("North", "South")[n % 2],
            f"u{n}@mail.example",
            f"the till number {n} was rather slow today",
        ]
        for n in range(PEOPLE)
    ]
    return table(header, rows, delimiter=delimiter)


def test_a_survey_is_mapped_by_name_and_values(exports: Exports) -> None:
    draft, lab = loaded(exports(survey_csv=survey(";")))
    assert lab.tables["responses"][0].delimiter == ";"
    found = mapped(lab, "responses")
    assert {
        name: found[name] for name in ("response_id", "customer_id", "score", "metric", "responded_at", "comment")
    } == {
        "response_id": "Response ID",
        "customer_id": "Customer No",
        "score": "Would you recommend us?",
        "metric": "nps",
        "responded_at": "Date",
        "comment": "Comments",
    }
    assert lab.tables["responses"][0].columns["responded_at"].format == "%d.%m.%Y"
    assert any("NPS question" in question for question in draft.questions)
    assert any("time zone" in question for question in draft.questions)


def test_personal_columns_are_marked_and_no_value_of_theirs_is_shown(exports: Exports) -> None:
    draft, lab = loaded(exports(survey_csv=survey()))
    maps = {
        name: each for sources in lab.tables.values() for source in sources for name, each in source.columns.items()
    }
    assert maps["e_mail"].personal
    assert maps["region"].source == "Region"
    assert "codes North, South" in draft.text
    for value in ("C0001", 'R1"', "mail.example", "rather slow"):
        assert value not in draft.text


def test_values_of_a_small_file_are_not_shown_although_they_are_few(exports: Exports) -> None:
    rows = [[f"c{n}", name, n] for n, name in enumerate(["Ottilie", "Bertrand", "Xanthippe"])]
    draft, _ = loaded(exports(people_csv=table(["customer_id", "salutation", "visits"], rows)))
    assert not any(name in draft.text for name in ("Ottilie", "Bertrand", "Xanthippe"))


def test_day_or_month_first_is_asked_when_the_values_do_not_say(exports: Exports) -> None:
    rows = [[n, f"c{n % 9}", f"{1 + n % 12:02}/{1 + n % 11:02}/2024", n * 1.5] for n in range(PEOPLE)]
    draft, _ = loaded(exports(sales_csv=table(["order_id", "customer_id", "order_date", "amount"], rows)))
    assert "could also be read as %m/%d/%Y" in draft.text
    assert any("day or month" in question for question in draft.questions)


def test_a_file_of_purchases_is_transactions_and_says_when_ids_repeat(exports: Exports) -> None:
    rows = [[n % 50, f"c{n % 9}", f"2024-03-{1 + n % 28:02}", f"{n},50"] for n in range(PEOPLE)]
    text = table(["Bestellnummer", "Kundennummer", "Kaufdatum", "Betrag"], rows, delimiter=";")
    _, lab = loaded(exports(sales_csv=text))
    found = lab.tables["transactions"][0].columns
    assert found["transaction_id"].row_number
    assert (found["customer_id"].source, found["amount"].source) == ("Kundennummer", "Betrag")
    assert found["amount"].decimal == ","
    assert found["occurred_at"].source == "Kaufdatum"


def test_tenure_and_a_flag_become_spells_counted_back_from_the_snapshot(exports: Exports) -> None:
    rows = [[f"c{n}", n % 73, ("Yes", "No")[n % 2], ("A", "B")[n % 2]] for n in range(PEOPLE)]
    draft, lab = loaded(exports(base_csv=table(["customerID", "tenure", "Churn", "plan"], rows)))
    spells = lab.tables["spells"][0].columns
    assert spells["started_on"].minus_months == "tenure"
    assert spells["ended_on"].when is not None
    assert spells["ended_on"].when.wanted == ("Yes",)
    assert lab.lab.data_until == spells["started_on"].constant
    assert mapped(lab, "customers")["plan"] == "plan"
    assert any("On which day" in question or "on which day" in question for question in draft.questions)


def test_a_tenure_in_days_is_counted_back_in_days(exports: Exports) -> None:
    rows = [[f"c{n}", n % 900, ("Yes", "No")[n % 2]] for n in range(PEOPLE)]
    _, lab = loaded(exports(base_csv=table(["customerID", "tenure_days", "Churn"], rows)))
    spells = lab.tables["spells"][0].columns
    assert spells["started_on"].minus_days == "tenure_days"
    assert spells["tenure_days"].source == "tenure_days"
    assert "tenure_months" not in spells


def test_contracts_with_two_days_become_spells(exports: Exports) -> None:
    rows = [[f"k{n}", f"c{n}", "2020-01-01", "2021-02-03" if n % 2 else "", "price"] for n in range(PEOPLE)]
    header = ["contract_id", "customer_id", "start_date", "end_date", "cancellation_reason"]
    _, lab = loaded(exports(contracts_csv=table(header, rows)))
    assert mapped(lab, "spells") | {} == {
        "spell_id": "contract_id",
        "customer_id": "customer_id",
        "started_on": "start_date",
        "ended_on": "end_date",
        "end_reason": "cancellation_reason",
    }


def test_a_customers_number_is_no_sure_number_of_a_contract(exports: Exports) -> None:
    rows = [[f"c{n}", f"k{n}", "2020-01-01", "2021-02-03" if n % 2 else ""] for n in range(PEOPLE)]
    _, lab = loaded(
        exports(contracts_csv=table(["customer_no", "agreement_account_no", "start_date", "end_date"], rows))
    )
    assert mapped(lab, "spells")["spell_id"] == "agreement_account_no"
    (first,) = exports(contracts_csv="")
    first.with_name("lab.toml").unlink()
    shared = [[f"c{n}", f"k{n // 2}", *row[2:]] for n, row in enumerate(rows)]
    header = ["customer_no", "contract_no", "start_date", "end_date"]
    draft, lab = loaded(exports(shared_csv=table(header, shared)))
    assert mapped(lab, "spells")["spell_id"] == "customer_no"
    assert "it numbers customers, and `contract_no` may number the rows" in draft.text


def test_until_when_starts_and_ends_are_complete_is_asked(exports: Exports) -> None:
    rows = [[f"k{n}", f"c{n}", "2020-01-01", "2021-02-03" if n % 2 else ""] for n in range(PEOPLE)]
    draft, lab = loaded(exports(contracts_csv=table(["contract_id", "customer_id", "start_date", "end_date"], rows)))
    assert any("until which day are starts and ends complete?" in question for question in draft.questions)
    assert "data_until" in draft.text
    assert lab.lab.data_until == ""


def test_a_wide_survey_becomes_ratings_and_codes_off_the_scale_are_no_answer(exports: Exports) -> None:
    rows = [[n, n % 12, *[(n + k) % 6 for k in range(4)]] for n in range(PEOPLE)]
    _, lab = loaded(exports(wide_csv=table(["response_id", "NPS", "Q3a", "Q3b", "Q3c", "Q3d"], rows)))
    assert lab.tables["responses"][0].columns["score"].missing == ("11",)
    assert set(lab.tables["ratings"][0].items.values()) == {"Q3a", "Q3b", "Q3c", "Q3d"}


def test_what_one_file_lacks_is_looked_up_in_another(exports: Exports) -> None:
    orders = table(
        ["order_id", "customer_id", "order_status"], [[f"o{n}", f"c{n % 20}", "sent"] for n in range(PEOPLE)]
    )
    reviews = table(
        ["review_id", "order_id", "satisfaction", "review_date"],
        [[f"r{n}", f"o{n}", 1 + n % 5, "2024-01-02"] for n in range(PEOPLE)],
    )
    _, lab = loaded(exports(orders_csv=orders, reviews_csv=reviews))
    customer = lab.tables["responses"][0].columns["customer_id"]
    assert customer.source == "order_id"
    assert (customer.lookup[0].key, customer.lookup[0].value) == ("order_id", "customer_id")


def test_waves_of_one_layout_are_one_source_and_others_get_ids_of_their_own(exports: Exports) -> None:
    def wave(score: str, first: int = 0) -> str:
        return table(["respondent_id", score], [[n, n % 11] for n in range(first, first + PEOPLE)])

    paths = exports(a_csv=wave("nps"), b_csv=wave("nps", PEOPLE), c_csv=wave("would_recommend"))
    _, lab = loaded(paths)
    first, second = lab.tables["responses"]
    assert first.files == ("a.csv", "b.csv")
    assert second.file == "c.csv"
    assert [each.columns["response_id"].template for each in (first, second)] == [
        "1-{respondent_id}",
        "2-{respondent_id}",
    ]


def test_nothing_is_overwritten(exports: Exports) -> None:
    paths = exports(survey_csv=survey())
    out = paths[0].parent / "lab.toml"
    out.write_text("mine")
    with pytest.raises(ParameterError, match="must not overwrite anything"):
        drafting.write(paths, out)
    assert out.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"\x1f\x8b broken"])
def test_an_export_without_rows_is_refused_by_name(exports: Exports, content: bytes) -> None:
    (path,) = exports(**{"empty.csv.gz" if content[:1] == b"\x1f" else "empty_csv": content})
    with pytest.raises(SourceError, match=r"`empty\.csv"):
        drafting.draft([path], folder=path.parent)


def test_no_export_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no file was given"):
        drafting.draft([], folder=tmp_path)


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        ("näme;x\nä;1\n", "utf-8", ";"),
        ("näme\tx\nä\t1\n", "windows-1252", "\t"),
        ("näme|x\nä|1\n", "utf-16", "|"),
        ("name  x\n ä   1\n b 2\n", "utf-8", "blanks"),
        ("näme,x\r\nä,1\r\n", "utf-8-sig", ","),
    ],
)
def test_encoding_and_delimiter_are_seen(tmp_path: Path, content: str, encoding: str, delimiter: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(content.encode(encoding))
    sample = take(path)
    assert (sample.encoding, sample.delimiter) == (encoding.removesuffix("-sig"), delimiter)
    assert sample.header[1] == "x"
    assert sample.rows[0] == ("ä", "1")


def test_a_file_without_header_gets_names_and_a_question(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("00004,19970101,29.33\n00004,19970118,29.73\n")
    sample = take(path)
    assert not sample.named
    assert sample.header == ("column_1", "column_2", "column_3")
    assert len(sample.rows) == 2


def test_json_lines_and_parquet_and_packed_text_are_read(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"id": 1, "at": None, "ok": True}, {"id": 2, "at": "2024-01-01", "more": {"a": 1}}]
    (tmp_path / "x.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    assert take(tmp_path / "x.jsonl").rows == (("1", "", "true", ""), ("2", "2024-01-01", "", '{"a": 1}'))
    pq.write_table(pa.table({"id": ["a", "b"], "n": [1, None]}), tmp_path / "x.parquet")
    assert take(tmp_path / "x.parquet").rows == (("a", "1"), ("b", ""))
    with gzip.open(tmp_path / "x.csv.gz", "wt") as stream:
        stream.write("a,b\n1,2\n")
    assert take(tmp_path / "x.csv.gz").rows == (("1", "2"),)


def test_excel_is_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["id", "n"], ["a", 1], ["b", None]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    assert take(tmp_path / "x.xlsx").rows == (("a", "1"), ("b", ""))


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        (["1", "2", ""], "integer"),
        (["1", "2.5", "NA"], "number"),
        (["007", "12"], "integer"),
        (["Yes", "no"], "boolean"),
        (["2024-01-31", "2024-02-01"], "date"),
        (["2024-01-31 10:00", "2024-02-01 09:30"], "instant"),
        (["31/12/2024", "01/02/2024"], "date"),
        (["19970101", "19980630"], "date"),
        (["12345678", "99999999"], "integer"),
        (["a", "1"], "text"),
        (["", ""], "text"),
    ],
)
def test_types_follow_the_values(cells: list[str], type_: str) -> None:
    assert profile("x", cells).type == type_


def test_values_that_do_not_fit_are_counted() -> None:
    found = profile("x", [*map(str, range(99)), "oops"])
    assert (found.type, found.misfits) == ("integer", 1)


@pytest.mark.parametrize(
    "header",
    ["First Name", "email", "E-Mail-Adresse", "Telefon", "prénom", "Customer Name", "date of birth", "Latitude"],
)
def test_names_of_personal_columns(header: str) -> None:
    assert personal(profile(header, [f"v{n}" for n in range(30)]))


@pytest.mark.parametrize("header", ["product_name", "event name", "PhoneService", "region", "score", "campaign_name"])
def test_names_of_other_columns(header: str) -> None:
    assert not personal(profile(header, [f"v{n % 3}" for n in range(30)]))


@given(st.text(max_size=30), st.lists(st.text(max_size=8), max_size=5))
def test_own_names_are_safe_and_new(header: str, taken: list[str]) -> None:
    name = snake(header, taken=taken)
    assert name.isascii()
    assert name[0].isalpha()
    assert name == name.lower()
    assert name.replace("_", "").isalnum()
    assert name not in taken


CELLS = st.one_of(
    st.integers(-5, 12).map(str),
    st.sampled_from(["", "NA", " ", "Yes", "No", "2024-01-31", "03/04/2024", "1,5", 'a "quoted" cell', "x@y.example"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)
HEADERS = st.one_of(
    st.sampled_from(
        [
            "customer_id",
            "nps",
            "Date",
            "amount",
            "tenure",
            "churn",
            "start date",
            "end date",
            "e-mail",
            "Q1a",
            "Q1b",
            "Q1c",
            "score",
            "comment",
            "weight",
            "known_at",
            "responded_on",
            "activity",
            "",
            " padded ",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10),
)


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Any small table with odd names and cells."""
    header = draw(st.lists(HEADERS, min_size=1, max_size=6, unique=True))
    row = st.lists(CELLS, min_size=len(header), max_size=len(header))
    return table(header, draw(st.lists(row, min_size=1, max_size=12)))


@example([table(["customer_id", "nps"], [["1", "9"], ["1", "3"]])])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(tables(), min_size=1, max_size=3))
def test_a_draft_of_anything_loads(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("any")
    paths = [folder / f"t{number}.csv" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8", newline="")
    try:
        drafting.write(paths, folder / "lab.toml")
    except SourceError:
        return  # a table of nothing but empty cells
    assert declaration.load(folder / "lab.toml").tables


@pytest.mark.parametrize("code", [99, -1])
def test_a_usual_code_of_no_answer_does_not_hide_the_question(exports: Exports, code: int) -> None:
    header = ["Nr", "Kundennr", "Datum", "Weiterempfehlung"]
    rows = [
        [n, f"K{n % 30:03}", f"{1 + n % 28:02}.03.2024", code if n % 13 == 12 else n % 11] for n in range(3 * PEOPLE)
    ]
    _, lab = loaded(exports(umfrage_csv=table(header, rows, delimiter=";")))
    assert mapped(lab, "responses")["customer_id"] == "Kundennr"
    assert lab.tables["responses"][0].columns["score"].missing == (str(code),)


def test_few_comments_are_still_a_person_s_own_words(exports: Exports) -> None:
    said = ["the queue was long", "very kind of you", "the till was slow"]
    rows = [[f"C{n:03}", said[n % 3], "yes" if n % 2 else "no"] for n in range(3 * PEOPLE)]
    draft, lab = loaded(exports(people_csv=table(["customer_id", "comment", "comments_given"], rows)))
    columns = lab.tables["customers"][0].columns
    assert [columns[name].personal for name in ("comment", "comments_given")] == [True, False]
    assert not any(words in draft.text for words in said)


HOSTILE = st.one_of(
    st.sampled_from(
        [
            'a\nkey = "x"',
            'a"\n[lab]\nname = "y"',
            "\r\n[[spells]]",
            "\x00",
            "\x1b[31m",
            "\x7f",
            "\u2028#",
            "\u0085",
            "\\",
            '"""',
            "'''",
            "# x",
            "]\n",
            "}\r",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(HOSTILE, min_size=2, max_size=4, unique=True),
    st.lists(HOSTILE, min_size=1, max_size=4, unique_by=str.strip),
    st.sampled_from(["csv", "jsonl"]),
)
@example(["yes", "no"], ["N"], "csv")
def test_whatever_cells_and_headers_hold_the_draft_is_toml_and_says_nothing_of_theirs(
    tmp_path_factory: pytest.TempPathFactory, codes: list[str], headers: list[str], kind: str
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    names = ["customer_id", *headers]
    rows = [[f"c{n}", *[codes[n % len(codes)]] * len(headers)] for n in range(20)]
    if kind == "csv":
        text = table(names, rows)
    else:
        text = "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows)
    path = folder / f"survey.{kind}"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        drafting.write([path], folder / "lab.toml", company="Acme")
    except SourceError:
        return  # a header of control characters is no header
    held = tomllib.loads((folder / "lab.toml").read_text(encoding="utf-8"))
    assert set(held) == {"lab", "customers"}
    assert (held["lab"]["name"], held["lab"]["company"]) == ("acme", "Acme")
    known = {"file", "delimiter", "header", "strip_headers", "missing", "undated", "one_per", "columns"}
    assert {key for each in held["customers"] for key in each} <= known
    declaration.load(folder / "lab.toml")


def test_a_code_with_a_line_end_is_shown_on_one_line(exports: Exports) -> None:
    rows = [[f"r{n}", f"c{n}", ("price", "speed,\nmostly", "x" * 200)[n % 3]] for n in range(PEOPLE)]
    draft, lab = loaded(exports(survey_csv=table(["id", "customer_id", "favourite"], rows)))
    assert mapped(lab, "customers")["favourite"] == "favourite"
    assert "speed,\\nmostly" in draft.text
    assert "x" * 41 not in draft.text
