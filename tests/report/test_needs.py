"""What studies need, and what a lab lacks of it."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
from labs import MemoryLab

from cemlab.core.errors import ParameterError
from cemlab.report import studies
from cemlab.report.needs import Needs, declared, readiness

SCORES = Needs({"responses": ("metric", "score")}, ("nps",), {"responses.responded_at": "course over time"})


def responses(metric: str = "nps", **columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"response_id": ["1", "2"], "metric": metric, "score": [9.0, 3.0]})
    return frame.assign(**columns)


def notebook(**content: Any) -> dict[str, Any]:
    return {"metadata": {"cemlab": content}, "cells": []}


def test_a_lab_with_all_of_it_is_ready() -> None:
    at = pd.to_datetime(["2024-01-01", "2024-02-01"], utc=True)
    found = readiness(SCORES, MemoryLab({"responses": responses(responded_at=at)}))
    assert found.ready
    assert found.reduced == ()


def test_what_is_left_out_is_said_with_how_to_map_it() -> None:
    found = readiness(SCORES, MemoryLab({"responses": responses()}))
    assert found.ready
    how = "Map `responded_at` (when it was given) under `[responses.columns]`."
    assert found.reduced == (f"left out without `responses.responded_at`: course over time. {how}",)


def test_a_missing_table_is_named_with_what_a_row_of_it_is() -> None:
    found = readiness(SCORES, MemoryLab({"customers": pd.DataFrame({"customer_id": ["a"]})}))
    assert not found.ready
    assert found.missing == (
        "Add `[[responses]]`, one row per answered question of the metric family, with `response_id`, `metric`.",
    )


def test_a_missing_column_is_named() -> None:
    found = readiness(SCORES, MemoryLab({"responses": responses().drop(columns="score")}))
    assert len(found.missing) == 1
    assert re.match(r"Map `score` \(.+\) under `\[responses\.columns\]`", found.missing[0])


def test_answers_to_another_question_do_not_count() -> None:
    found = readiness(SCORES, MemoryLab({"responses": responses("csat")}))
    assert not found.ready
    assert "No answer is to the question `nps`" in found.missing[0]


def test_a_personal_column_counts_as_there() -> None:
    needs = Needs({"responses": ("comment",)})
    assert readiness(needs, MemoryLab({"responses": responses(comment="words")})).ready
    assert not readiness(needs, MemoryLab({"responses": responses()})).ready


def test_a_notebook_without_the_metadata_needs_nothing() -> None:
    assert declared({"metadata": {}, "cells": []}, study="x") == Needs()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"needs": {"respones": []}}, "Did you mean `responses`"),
        ({"needs": {"responses": ["scor"]}}, "Did you mean `score`"),
        ({"optional": {"responses.when": "x"}}, "`responses.when` is none"),
        ({"needs": ["responses"]}, "they hold something else"),
    ],
)
def test_a_declaration_that_is_not_canonical_is_refused(content: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match="metadata `cemlab` of study `x`") as refused:
        declared(notebook(**content), study="x")
    assert words in str(refused.value)


def test_every_study_of_the_package_says_what_it_needs() -> None:
    found = studies.all_studies()
    # one that needs no certain table says of each what it would leave out
    assert [study.stem for study in found if not (study.needs.columns or study.needs.optional)] == []
