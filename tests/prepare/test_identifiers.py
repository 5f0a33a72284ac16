"""Columns that tell single customers apart are no groups and no covariates: their levels would name customers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from labs import MemoryLab

from cemlab.core.errors import ParameterError
from cemlab.prepare import responses, spells

MANY = 60
WHO = [f"jane.doe{at}@example.org" for at in range(MANY)]
TABLES = {
    "customers": pd.DataFrame({"customer_id": WHO, "mail": WHO, "plan": ["a", "b"] * (MANY // 2)}),
    "spells": pd.DataFrame(
        {
            "spell_id": WHO,
            "customer_id": WHO,
            "started_on": pd.Timestamp("2023-01-01"),
            "ended_on": pd.Timestamp("2023-08-01"),
        }
    ),
    "responses": pd.DataFrame(
        {
            "response_id": WHO,
            "customer_id": WHO,
            "metric": "nps",
            "score": 9.0,
            "responded_on": pd.Timestamp("2023-02-01"),
            "mail": WHO,
        }
    ),
}


@pytest.mark.parametrize(
    "call",
    [
        lambda lab: spells.compared_by(lab, segment_by=["plan", "mail"]),
        lambda lab: responses.group_columns(lab, segment_by=["mail"]),
    ],
)
def test_a_column_of_addresses_is_refused_without_naming_one(
    memory_lab: type[MemoryLab], call: Callable[[Any], object]
) -> None:
    with pytest.raises(ParameterError, match="`mail` has 60 levels in 60 rows") as error:
        call(memory_lab(TABLES, as_of=dt.date(2024, 1, 1)))
    assert "jane" not in str(error.value)
