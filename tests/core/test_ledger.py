"""Every row is accounted for, once, however often a cell is run."""

from __future__ import annotations

import pytest

from cemlab.core.lab import Ledger, LedgerLine, Outcome, Stage


def line(
    outcome: Outcome,
    count: int,
    reason: str = "",
    *,
    stage: Stage = "study",
    table: str = "responses",
    scope: str = "nps",
) -> LedgerLine:
    return LedgerLine(stage, table, outcome, reason, count, scope)


LINES = [line("in", 10), line("used", 7), line("excluded", 2, "no score given"), line("quarantined", 1, "no date")]


def test_lines_that_account_for_every_row_are_kept() -> None:
    ledger = Ledger()
    ledger.record(LINES)
    assert ledger.lines == LINES
    assert ledger.count("in", table="responses", stage="study", scope="nps") == 10
    assert ledger.count("excluded", table="responses", stage="study", scope="nps", reason="no score given") == 2
    assert ledger.count("excluded", table="responses", stage="study", scope="nps", reason="another") == 0
    assert ledger.count("in", table="responses", stage="intake") == 0


@pytest.mark.parametrize("used", [6, 8])
def test_a_row_lost_or_invented_is_an_error_and_nothing_is_recorded(used: int) -> None:
    ledger = Ledger()
    with pytest.raises(ValueError, match=f"took in 10 rows and accounts for {used + 3}"):
        ledger.record([LINES[0], line("used", used), *LINES[2:]])
    assert ledger.lines == []


def test_recording_again_replaces_and_does_not_add() -> None:
    ledger = Ledger()
    ledger.record(LINES)
    ledger.record(LINES)
    assert ledger.lines == LINES
    ledger.record([line("in", 4), line("used", 4)])
    assert ledger.lines == [line("in", 4), line("used", 4)]


def test_other_stages_tables_and_scopes_stay() -> None:
    ledger = Ledger()
    others: list[list[LedgerLine]] = [
        [line("in", 3, stage="intake", scope=""), line("used", 3, stage="intake", scope="")],
        [line("in", 5, table="spells"), line("used", 5, table="spells")],
        [line("in", 2, scope="csat"), line("used", 2, scope="csat")],
    ]
    for lines in (*others, LINES, LINES):
        ledger.record(lines)
    assert len(ledger.lines) == 6 + len(LINES)
    assert ledger.count("used", table="responses", stage="study", scope="csat") == 2


def test_reasons_without_rows_are_left_out_but_in_and_used_stay() -> None:
    ledger = Ledger()
    ledger.record([line("in", 0), line("used", 0), line("excluded", 0, "outside the window")])
    assert ledger.lines == [line("in", 0), line("used", 0)]


def test_mixed_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="2 were mixed"):
        Ledger().record([line("in", 1), line("used", 1, scope="csat")])
    with pytest.raises(ValueError, match="0 were mixed"):
        Ledger().record([])


def test_ledgers_do_not_share_lines() -> None:
    one, two = Ledger(), Ledger()
    one.record(LINES)
    assert two.lines == []
