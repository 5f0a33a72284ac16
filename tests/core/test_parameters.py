"""Parameters keep their type however they are given, and refuse what a bare runner would let through."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from cemlab.core.errors import ParameterError
from cemlab.core.parameters import ANNOTATIONS, REGISTRY, Kind, Parameter, check

DECLARED: dict[str, object] = {
    "lab_file": "lab.toml",
    "as_of": "",
    "segment_by": ["region"],
    "level": 0.95,
    "min_n": 10,
}


def of(kind: Kind, **options: Any) -> Parameter:
    return Parameter("thing", kind, "a thing", **options)


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        # What a bare runner makes of these: 123, 100000.0, a float, None, True.
        ("text", "0123", "0123"),
        ("text", "1e5", "1e5"),
        ("text", "nan", "nan"),
        ("text", "None", "None"),
        ("text", "true", "true"),
        ("text", "", ""),
        ("text", '"; print(1) #', '"; print(1) #'),
        ("integer", "12", 12),
        ("integer", 12, 12),
        ("integer", "-3", -3),
        ("number", "0.9", 0.9),
        ("number", 1, 1.0),
        ("number", "1e-3", 0.001),
        ("boolean", "true", True),
        ("boolean", "No", False),
        ("boolean", False, False),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", dt.date(2024, 2, 29), "2024-02-29"),
        ("date", "", ""),
        ("list", "region", ["region"]),
        ("list", ["region", "0123"], ["region", "0123"]),
        ("list", ("region",), ["region"]),
        ("list", "", []),
        ("list", [], []),
    ],
)
def test_a_value_comes_back_in_the_declared_type(kind: Kind, given: object, expected: object) -> None:
    value = of(kind).coerce(given)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", 123),
        ("text", None),
        ("text", dt.date(2024, 1, 1)),
        ("integer", "notanint"),
        ("integer", "1e5"),
        ("integer", "12.0"),
        ("integer", 12.0),
        ("integer", True),
        ("integer", ""),
        ("integer", None),
        ("number", "nan"),
        ("number", "inf"),
        ("number", float("nan")),
        ("number", "five"),
        ("number", False),
        ("number", ""),
        ("boolean", 1),
        ("boolean", "maybe"),
        ("boolean", None),
        ("date", "2024-02-30"),
        ("date", "29/02/2024"),
        ("date", "yesterday"),
        ("date", dt.datetime(2024, 2, 29, 12)),  # noqa: DTZ001 a naive instant is what is refused
        ("date", None),
        ("list", [1, 2]),
        ("list", None),
        ("list", {"region": 1}),
        ("list", ["region", "region"]),
    ],
)
def test_a_value_of_another_type_is_refused_and_named(kind: Kind, given: object) -> None:
    with pytest.raises(ParameterError, match=r"`thing` (must|is out of range)") as error:
        of(kind).coerce(given)
    assert repr(given) in str(error.value)
    assert "a thing" in str(error.value)


@pytest.mark.parametrize(
    ("name", "given"),
    [("level", "0.5"), ("level", 1), ("level", 95), ("min_n", 1), ("materiality", -0.1), ("seed", 2**32), ("seed", -1)],
)
def test_a_number_out_of_its_range_is_refused_with_the_range(name: str, given: object) -> None:
    parameter = REGISTRY[name]
    with pytest.raises(ParameterError, match="is out of range") as error:
        parameter.coerce(given)
    assert parameter.bounds() in str(error.value)
    assert parameter.bounds()


@pytest.mark.parametrize(("name", "given"), [("level", "0.999"), ("min_n", 2), ("materiality", 0), ("seed", 2**32 - 1)])
def test_the_ends_of_a_closed_range_are_allowed(name: str, given: object) -> None:
    assert REGISTRY[name].coerce(given) == float(str(given))


def test_choices_name_the_near_miss() -> None:
    with pytest.raises(
        ParameterError, match=r"week, month, quarter, year, wave: 'monht' was given. Did you mean `month`\?"
    ):
        REGISTRY["period"].coerce("monht")
    with pytest.raises(ParameterError, match="must be one of"):
        of("list", choices=("a", "b")).coerce(["a", "c"])


def test_a_required_parameter_is_not_empty() -> None:
    with pytest.raises(ParameterError, match="`lab_file` must be given"):
        REGISTRY["lab_file"].coerce("")


def test_defaults_are_overlaid_by_what_was_given_in_the_studys_order() -> None:
    values = check({"min_n": "5", "segment_by": "plan"}, declared=DECLARED, study="nps-retrospective")
    assert values == {**DECLARED, "min_n": 5, "segment_by": ["plan"]}
    assert list(values) == list(DECLARED)


def test_an_unknown_name_is_refused_with_the_near_miss_and_all_names() -> None:
    with pytest.raises(ParameterError) as error:
        check({"min_nn": 5}, declared=DECLARED, study="nps-retrospective")
    assert str(error.value) == (
        "Study `nps-retrospective` has no parameter `min_nn`. Did you mean `min_n`? "
        "It takes: lab_file, as_of, segment_by, level, min_n."
    )


@pytest.mark.parametrize("name", ["x=1;print(2)", "min_n=5", "", "__import__", "seed"])
def test_a_name_that_the_study_does_not_declare_never_gets_through(name: str) -> None:
    with pytest.raises(ParameterError, match="has no parameter"):
        check({name: "1"}, declared=DECLARED, study="nps-retrospective")


def test_a_study_that_declares_an_unregistered_parameter_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"declares `level_`.* Did you mean `level`\?"):
        check({}, declared={"level_": 0.9}, study="draft")


def test_a_bad_default_is_found_too() -> None:
    with pytest.raises(ParameterError, match="`level` is out of range"):
        check({}, declared={"level": 95.0}, study="draft")


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_registered_parameter_can_explain_itself(name: str) -> None:
    parameter = REGISTRY[name]
    assert parameter.name == name
    assert parameter.kind in ANNOTATIONS
    assert parameter.help
    assert not parameter.help.endswith(".")
    assert parameter.describe().startswith(f"`{name}` is: ")


@pytest.mark.parametrize(
    ("given", "again"),
    [
        ("a,b", "-p thing a -p thing b"),
        ("a, b", "-p thing a -p thing b"),
        ("['a','b']", "-p thing a -p thing b"),
        ('["a", "b c"]', "-p thing a -p thing 'b c'"),
        ("['a']", "-p thing a"),
        ("[]", "-p thing NAME"),
        (",", "-p thing NAME"),
        (["a", "b,c"], "-p thing b -p thing c"),
    ],
)
def test_a_list_that_arrives_as_one_text_is_refused_with_how_to_give_it(given: object, again: str) -> None:
    with pytest.raises(ParameterError, match="`thing` must be a list: several items stand in one text") as refused:
        of("list").coerce(given)
    assert f"Give them as {again}. " in str(refused.value)


def test_words_of_a_person_may_hold_commas_and_brackets_are_refused_all_the_same() -> None:
    assert of("list", free=True).coerce(["1=Savers, spenders"]) == ["1=Savers, spenders"]
    with pytest.raises(ParameterError, match="several items stand in one text"):
        of("list", free=True).coerce("['1=Savers', '2=Spenders']")


def test_numbers_in_one_text_are_told_how_to_be_given_too() -> None:
    with pytest.raises(ParameterError, match="-p horizons 1 -p horizons 12"):
        REGISTRY["horizons"].coerce("1,12")


@pytest.mark.parametrize(
    ("name", "taken"), [("segment_by", "estimate"), ("covariates", "cause"), ("items", "probability")]
)
def test_a_column_named_like_one_of_a_result_is_refused_by_name(name: str, taken: str) -> None:
    with pytest.raises(
        ParameterError, match=rf"`{name}` must not name .*`{taken}`.*under another name in the lab file"
    ):
        check({name: ["plan", taken]}, declared={name: []}, study="any")
    assert check({name: ["plan", "segment"]}, declared={name: []}, study="any") == {name: ["plan", "segment"]}
