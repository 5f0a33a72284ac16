"""A join that misses most of its rows is refused with its counts, unless the lab file says that it may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cemlab.core.errors import SchemaError
from cemlab.data import drafting, intake

MakeLab = Callable[..., Path]

CUSTOMERS = '\n[[customers]]\nfile = "c.csv"\nundated = true\n{source}\n[customers.columns]\ncustomer_id = "id"\n'
ANSWERS = (
    '\n[[responses]]\nfile = "nps.csv"\nundated = true\n[responses.columns]\nresponse_id = "id"\nmetric = {{ constant ='
    ' "nps" }}\nscore = "score"\ncustomer_id = {customer}\n'
)


def _answers(ids: list[str]) -> str:
    return "id,cust,score\n" + "".join(f"r{n},{one},9\n" for n, one in enumerate(ids))


def _customers(count: int = 20) -> str:
    return "id,kind\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(count))


@pytest.mark.parametrize(("known", "unknown", "holds"), [(5, 5, True), (4, 5, False), (0, 1, False), (0, 0, True)])
def test_half_of_the_ids_must_be_known(make_lab: MakeLab, known: int, unknown: int, holds: bool) -> None:
    ids = [str(n) for n in range(known)] + [f"x{n}" for n in range(unknown)] + [""] * 30
    lab_file = make_lab(
        CUSTOMERS.format(source="") + ANSWERS.format(customer='"cust"'), c=_customers(), nps=_answers(ids)
    )
    if holds:
        assert intake.check(lab_file).usable
        return
    with pytest.raises(SchemaError, match=rf"of `nps.csv` {known} of {known + unknown} are"):
        intake.check(lab_file)


def test_most_may_be_unknown_where_the_lab_file_says_so(make_lab: MakeLab) -> None:
    customer = '{ from = "cust", may_miss = true }'
    lab_file = make_lab(
        CUSTOMERS.format(source="") + ANSWERS.format(customer=customer), c=_customers(), nps=_answers(["x", "y", "1"])
    )
    assert any("customer_id: not in `customers`: 2" in line for line in intake.check(lab_file).lines())


def test_a_lab_without_customers_has_nothing_to_meet(make_lab: MakeLab) -> None:
    lab_file = make_lab(ANSWERS.format(customer='"cust"'), nps=_answers(["x", "y"]))
    assert intake.check(lab_file).usable


def test_an_id_of_a_row_that_was_left_out_is_known(make_lab: MakeLab) -> None:
    source = 'where = { column = "kind", is = "b" }\none_per = "customer_id"'
    ids = [str(2 * n) for n in range(9)] + ["1"]
    lab_file = make_lab(
        CUSTOMERS.format(source=source) + ANSWERS.format(customer='"cust"'), c=_customers(), nps=_answers(ids)
    )
    assert any("not in `customers`: 9" in line for line in intake.check(lab_file).lines())


def test_each_source_is_judged_for_itself(make_lab: MakeLab) -> None:
    other = ANSWERS.format(customer='"cust"').replace("nps.csv", "old.csv")
    lab_file = make_lab(
        CUSTOMERS.format(source="") + ANSWERS.format(customer='"cust"') + other,
        c=_customers(),
        nps=_answers([str(n) for n in range(20)]),
        old=_answers(["x", "y"]).replace("r0", "o0").replace("r1", "o1"),
    )
    with pytest.raises(SchemaError, match=r"of `old.csv` 0 of 2 are"):
        intake.check(lab_file)


def test_ratings_must_belong_to_answers(make_lab: MakeLab) -> None:
    ratings = (
        '\n[[ratings]]\nfile = "r.csv"\n[ratings.columns]\nresponse_id = {answer}\nitem = "item"\nscore = "score"\n'
    )
    files = {"nps": _answers(["1", "2"]), "r": "id,item,score\nR0,speed,1\nR1,speed,2\nr1,price,3\n"}
    lab_file = make_lab(ANSWERS.format(customer='"cust"') + ratings.replace("{answer}", '"id"'), **files)
    with pytest.raises(SchemaError, match=r"`ratings.response_id` must be known to `responses`: of `r.csv` 1 of 3 are"):
        intake.check(lab_file)
    declared = '{ from = "id", may_miss = true }'
    lab_file = make_lab(ANSWERS.format(customer='"cust"') + ratings.replace("{answer}", declared), **files)
    assert intake.check(lab_file).ledger.count("used", table="ratings", stage="intake") == 1


LOOKUP = '{{ from = "cust", lookup = {{ file = "c.csv", key = "id", value = "kind"{more} }} }}'


@pytest.mark.parametrize(("found", "holds"), [(5, True), (4, False), (0, False)])
def test_half_of_the_cells_must_be_found(make_lab: MakeLab, found: int, holds: bool) -> None:
    ids = [str(n) for n in range(found)] + [f"x{n}" for n in range(5)] + [""] * 9
    lab_file = make_lab(ANSWERS.format(customer=LOOKUP.format(more="")), c=_customers(), nps=_answers(ids))
    if holds:
        assert any("looked up in vain: 5" in line for line in intake.check(lab_file).lines())
        return
    with pytest.raises(SchemaError, match=rf"`responses.customer_id` of `nps.csv` finds {found} of {found + 5}"):
        intake.check(lab_file)
    lab_file = make_lab(
        ANSWERS.format(customer=LOOKUP.format(more=", may_miss = true")), c=_customers(), nps=_answers(ids)
    )
    assert any("looked up in vain: 5" in line for line in intake.check(lab_file).lines())


def test_a_lookup_of_a_required_column_is_judged_by_all_its_rows(make_lab: MakeLab) -> None:
    tables = (
        '[[spells]]\nfile = "s.csv"\n[spells.columns]\nspell_id = "id"\nstarted_on = "day"\ncustomer_id = { from ='
        ' "cust", lookup = { file = "c.csv", key = "id", value = "kind" } }\n'
    )
    rows = "id,cust,day\n1,0,2024-01-01\n" + "".join(f"s{n},x{n},2024-01-01\n" for n in range(9))
    with pytest.raises(SchemaError, match=r"`spells.customer_id` of `s.csv` finds 1 of 10"):
        intake.check(make_lab(tables, c=_customers(), s=rows))


def test_ids_and_keys_meet_whichever_of_them_became_fractions(make_lab: MakeLab) -> None:
    tables = ANSWERS.format(customer=LOOKUP.format(more=""))
    for one, other in (("{}.0", "{}"), ("{}", "{}.0")):
        keys = "id,kind\n" + "".join(f"{other.format(n)},k\n" for n in range(9))
        lab_file = make_lab(tables, c=keys, nps=_answers([one.format(n) for n in range(9)]))
        assert not any("in vain" in line for line in intake.check(lab_file).lines())


def test_only_an_id_may_miss(make_lab: MakeLab) -> None:
    tables = ANSWERS.format(customer='"cust"') + 'kind = { from = "cust", may_miss = true }\n'
    with pytest.raises(SchemaError, match=r"`responses.kind` does not"):
        intake.check(make_lab(tables, nps=_answers(["1"])))


def test_a_draft_joins_only_where_values_meet(tmp_path: Path) -> None:
    companies = "id,name,spend\n" + "".join(f"{1000 + n},Firm {n},{n}0\n" for n in range(12))
    for other, joined in (("{:024x}", False), ("{}", True)):
        folder = tmp_path / str(joined)
        folder.mkdir()
        contacts = "id,role,visits\n" + "".join(f"{other.format(1000 + n)},{'ab'[n % 2]},{n}\n" for n in range(12))
        (folder / "contacts.csv").write_text(contacts, encoding="utf-8")
        (folder / "companies.csv").write_text(companies, encoding="utf-8")
        draft = drafting.write([folder / "contacts.csv", folder / "companies.csv"], folder / "lab.toml")
        assert "lookup" not in draft.text or joined
        intake.check(folder / "lab.toml")
