"""The exit codes that schedulers rely on, and the near miss that every message can name."""

from __future__ import annotations

import pytest

from cemlab.core import errors


@pytest.mark.parametrize(
    ("kind", "code", "is_value_error"),
    [
        (errors.CemlabError, 1, False),
        (errors.ParameterError, 2, True),
        (errors.SchemaError, 5, True),
        (errors.InsufficientDataError, 1, True),
        (errors.ConvergenceError, 1, False),
        (errors.SourceError, 5, False),
        (errors.EngineError, 5, False),
        (errors.RunError, 1, False),
    ],
)
def test_each_error_has_its_exit_code(kind: type[errors.CemlabError], code: int, is_value_error: bool) -> None:
    error = kind("what must hold")
    assert error.exit_code == code
    assert isinstance(error, errors.CemlabError)
    assert isinstance(error, ValueError) is is_value_error
    assert str(error) == "what must hold"


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 143])
def test_a_failed_run_carries_the_code_of_its_cause(code: int) -> None:
    assert errors.RunError("stopped", exit_code=code).exit_code == code
    assert errors.RunError.exit_code == 1


@pytest.mark.parametrize(
    ("wrong", "known", "hint"),
    [
        ("horizon_dayz", ["as_of", "horizon_days"], "Did you mean `horizon_days`? "),
        ("zzz", ["as_of", "horizon_days"], ""),
        ("anything", [], ""),
        ("", ["as_of"], ""),
    ],
)
def test_near_miss_is_a_sentence_or_nothing(wrong: str, known: list[str], hint: str) -> None:
    assert errors.near_miss(wrong, iter(known)) == hint
