"""What stands beside a number of a segment's page."""

from __future__ import annotations

from cemlab.core.lab import LabInfo
from cemlab.show.segment_words import unit_words


def test_money_without_a_currency_says_so() -> None:
    info = LabInfo("x", "X", "UTC")
    assert unit_words("currency", info=info) == ", no currency declared"
    assert unit_words("currency", info=LabInfo("x", "X", "UTC", currency="EUR")) == ", EUR"
