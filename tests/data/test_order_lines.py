"""Lines of orders become purchases whose amounts are those that pandas adds up by itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cemlab.core.errors import SchemaError
from cemlab.data import drafting, intake
from cemlab.data.lab import open_lab

MakeLab = Callable[..., Path]

LINES = (
    '\n[[transactions]]\nfile = "lines.csv"\none_per = "transaction_id"\nsum ='
    ' {sum}\n{source}\n[transactions.columns]\ntransaction_id = "invoice"\ncustomer_id = "customer"\noccurred_at ='
    ' "day"\namount = {amount}\n{columns}\n'
)
PRODUCT = '{ product = ["quantity", "price"] }'
LAB = LINES.format(sum='["amount"]', source="", amount=PRODUCT, columns="")


def _lines(invoices: int = 60) -> pd.DataFrame:
    """Invented order lines: invoices of one to five lines, every tenth cancelled by negative quantities."""
    drawn, rows = random.Random(5), []
    for invoice in range(invoices):
        cancelled = invoice % 10 == 9
        for _ in range(drawn.randrange(1, 6)):
            quantity = drawn.randrange(1, 30) * (-1 if cancelled else 1)
            rows.append(
                {
                    "invoice": f"{'C' * cancelled}{536365 + invoice}",
                    "customer": f"c{invoice % 17}",
                    "day": f"2024-02-{invoice % 28 + 1:02}",
                    "quantity": quantity,
                    "price": round(drawn.uniform(0.3, 20), 2),
                    "status": "cancelled" if cancelled else "paid",
                }
            )
    return pd.DataFrame(rows)


def _purchases(lab_file: Path) -> pd.DataFrame:
    lab = open_lab(lab_file)
    return lab.frame(lab.table("transactions")).set_index("transaction_id").sort_index()


def _totals(lines: pd.DataFrame) -> pd.Series:
    return (lines.quantity * lines.price).groupby(lines.invoice).sum().sort_index()


def test_one_purchase_per_invoice_has_the_sum_of_its_lines(make_lab: MakeLab) -> None:
    lines = _lines()
    lab_file = make_lab(LAB, lines=lines.to_csv(index=False))
    found, expected = _purchases(lab_file).amount, _totals(lines)
    assert found.index.tolist() == expected.index.tolist()
    assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    assert (found[found.index.str.startswith("C")] < 0).all()
    count = intake.check(lab_file).ledger.count
    assert count("used", table="transactions", stage="intake") == 60
    assert count("excluded", table="transactions", stage="intake") == len(lines) - 60


def test_shuffled_lines_and_several_files_give_the_same_amounts(make_lab: MakeLab) -> None:
    lines = _lines()
    shuffled = lines.sample(frac=1, random_state=3)
    whole = _purchases(make_lab(LAB, lines=lines.to_csv(index=False))).amount
    # an invoice whose lines lie in two files is one purchase too
    parted = make_lab(
        LAB.replace('file = "lines.csv"', 'files = ["a.csv", "b.csv"]'),
        folder="parts",
        a=shuffled[:70].to_csv(index=False),
        b=shuffled[70:].to_csv(index=False),
    )
    assert _purchases(parted).amount.tolist() == pytest.approx(whole.tolist(), rel=1e-12)


def test_a_cancellation_told_by_a_status_is_negative_whatever_its_sign(make_lab: MakeLab) -> None:
    lines = _lines()
    positive = lines.assign(quantity=lines.quantity.abs())
    amount = '{ product = ["quantity", "price"], negative_when = { column = "status", is = "cancelled" } }'
    tables = LINES.format(sum='["amount"]', source="", amount=amount, columns="")
    for number, each in enumerate((lines, positive)):
        found = _purchases(make_lab(tables, folder=f"lab{number}", lines=each.to_csv(index=False))).amount
        assert found.tolist() == pytest.approx(_totals(lines).tolist(), rel=1e-12)


def test_marks_in_numbers_hold_for_each_factor(make_lab: MakeLab) -> None:
    lines = 'invoice;customer;day;quantity;price\n1;a;2024-01-01;2;"1.234,50"\n1;a;2024-01-01;1.000;0,1\n'
    source = 'delimiter = ";"\ndecimal = ","\nthousands = "."'
    lab_file = make_lab(LINES.format(sum='["amount"]', source=source, amount=PRODUCT, columns=""), lines=lines)
    assert _purchases(lab_file).amount.tolist() == [2569.0]


def test_a_line_that_is_set_aside_is_not_in_the_sum_and_that_is_said(make_lab: MakeLab) -> None:
    lines = "invoice,customer,day,quantity,price\n1,a,2024-01-01,2,3\n1,a,2024-01-01,x,5\n1,a,2024-01-01,,5\n2,b,2024-01-01,1,1\n,b,2024-01-01,1,1\n"
    lab_file = make_lab(LAB, lines=lines)
    assert _purchases(lab_file).amount.to_dict() == {"1": 6.0, "2": 1.0}
    accounting = intake.check(lab_file)
    assert {line.reason: line.count for line in accounting.ledger.lines if line.outcome == "quarantined"} == {
        "`amount` is no number": 1,
        "`amount` is missing": 1,
        "`transaction_id` is missing": 1,
    }
    assert any("sums that lack a row, which was quarantined: 1" in line for line in accounting.lines())


def test_rows_that_are_not_wanted_are_no_lines(make_lab: MakeLab) -> None:
    lines = _lines()
    source = 'where = { column = "status", is = "paid" }'
    lab_file = make_lab(
        LINES.format(sum='["amount"]', source=source, amount=PRODUCT, columns=""), lines=lines.to_csv(index=False)
    )
    expected = _totals(lines[lines.status == "paid"])
    assert _purchases(lab_file).amount.to_dict() == pytest.approx(expected.to_dict(), rel=1e-12)
    assert not any("lack a row" in line for line in intake.check(lab_file).lines())


def test_whole_numbers_are_added_too_and_other_columns_are_of_the_row_that_is_kept(make_lab: MakeLab) -> None:
    lines = _lines()
    columns = 'pieces = { from = "quantity", type = "integer" }\nfirst_price = { from = "price", type = "number" }'
    tables = LINES.format(sum='["amount", "pieces"]', source="", amount=PRODUCT, columns=columns)
    found = _purchases(make_lab(tables, lines=lines.to_csv(index=False)))
    assert found.pieces.tolist() == lines.groupby("invoice").quantity.sum().sort_index().tolist()
    assert found.first_price.tolist() == lines.groupby("invoice").price.first().sort_index().tolist()


def test_an_invoice_of_one_line_is_what_it_was(make_lab: MakeLab) -> None:
    lines = _lines().drop_duplicates("invoice")
    found = _purchases(make_lab(LAB, lines=lines.to_csv(index=False))).amount
    assert found.tolist() == pytest.approx(_totals(lines).tolist(), rel=1e-12)


def test_a_factor_may_come_from_elsewhere_when_it_is_missing(make_lab: MakeLab) -> None:
    amount = '{ product = ["quantity", "price"], else = "total" }'
    lines = "invoice,customer,day,quantity,price,total\n1,a,2024-01-01,2,3,99\n2,a,2024-01-01,,3,7\n"
    assert _purchases(
        make_lab(LINES.format(sum='["amount"]', source="", amount=amount, columns=""), lines=lines)
    ).amount.tolist() == [6, 7]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('["quantity", "price"]', '["quantity"]'), "needs two columns or more in `product`"),
        (("product =", 'from = "price", product ='), "takes one of"),
        (("] }", '], values = { 1 = "2" } }'), "takes no `lookup`, `values`"),
        (('one_per = "transaction_id"', ""), "needs `one_per` beside"),
        (('sum = ["amount"]', 'sum = ["customer_id"]'), "Only numbers are added up by `sum`"),
        (('sum = ["amount"]', 'sum = ["amonut"]'), "Did you mean `amount`"),
        (('customer_id = "customer"', f"customer_id = {PRODUCT}"), "Only a number takes `product`"),
        (('"price"] }', '"price"], negative_when = { colunm = "x", is = 1 } }'), "Did you mean `column`"),
    ],
)
def test_what_cannot_be_is_refused(make_lab: MakeLab, change: tuple[str, str], message: str) -> None:
    assert change[0] in LAB
    with pytest.raises(SchemaError, match=message):
        intake.check(make_lab(LAB.replace(*change), lines=_lines().to_csv(index=False)))


def test_money_without_a_currency_is_said(make_lab: MakeLab) -> None:
    lab_file = make_lab(LAB, lines=_lines().to_csv(index=False))
    assert any("amount: no currency declared" in line for line in intake.check(lab_file).lines())
    lab_file.write_text(
        lab_file.read_text(encoding="utf-8").replace('company = "Tiny"', 'company = "Tiny"\ncurrency = "EUR"'),
        encoding="utf-8",
    )
    assert not any("no currency declared" in line for line in intake.check(lab_file).lines())


@pytest.mark.parametrize(
    "names",
    [
        {
            "invoice": "InvoiceNo",
            "customer": "CustomerID",
            "day": "InvoiceDate",
            "quantity": "Quantity",
            "price": "UnitPrice",
        },
        {"invoice": "order_id", "customer": "customer_id", "day": "order_date", "quantity": "qty", "price": "price"},
        {
            "invoice": "Rechnungsnummer",
            "customer": "Kundennummer",
            "day": "Datum",
            "quantity": "Menge",
            "price": "Einzelpreis",
        },
        {
            "invoice": " Order ID ",
            "customer": "customer_id",
            "day": "order_date",
            "quantity": " Quantity",
            "price": "Unit Price ",
        },
    ],
)
def test_a_draft_makes_purchases_of_order_lines(tmp_path: Path, names: dict[str, str]) -> None:
    lines = _lines()
    lines.rename(columns=names).to_csv(tmp_path / "lines.csv", index=False)
    draft = drafting.write([tmp_path / "lines.csv"], tmp_path / "lab.toml")
    found = _purchases(tmp_path / "lab.toml").amount
    assert found.to_dict() == pytest.approx(_totals(lines).to_dict(), rel=1e-12)
    assert "unit_price" not in draft.text


@pytest.mark.parametrize(("each_line", "total"), [(True, 60), (False, 30)])
def test_a_draft_adds_up_amounts_of_lines_but_not_those_of_the_whole_invoice(
    tmp_path: Path, each_line: bool, total: int
) -> None:
    rows = [
        (n, f"c{n % 9}", f"2024-03-{n % 28 + 1:02}", n + 20 + 20 * line if each_line else n + 30)
        for n in range(40)
        for line in range(2)
    ]
    frame = pd.DataFrame(rows, columns=["order_id", "customer_id", "order_date", "amount"])
    frame.to_csv(tmp_path / "lines.csv", index=False)
    drafting.write([tmp_path / "lines.csv"], tmp_path / "lab.toml")
    expected = {str(n): total + (2 if each_line else 1) * n for n in range(40)}
    assert _purchases(tmp_path / "lab.toml").amount.to_dict() == expected


def test_a_draft_takes_the_amount_where_the_file_has_it(tmp_path: Path) -> None:
    lines = _lines().assign(amount=lambda rows: (rows.quantity * rows.price).round(2))
    lines.rename(columns={"invoice": "order_id", "day": "order_date"}).to_csv(tmp_path / "lines.csv", index=False)
    assert "product" not in drafting.write([tmp_path / "lines.csv"], tmp_path / "lab.toml").text
