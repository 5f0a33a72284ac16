"""What every call of `prepare` must not depend on: the order of rows, ids, columns that nobody asked for, the unit of weights."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from inspect import isfunction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import worlds
from evidence import runs
from labs import MemoryLab

from cemlab import open_lab, prepare
from cemlab.core.errors import ParameterError
from cemlab.core.scorecards import Scorecard
from cemlab.prepare import assignments, cells, items, patterns, profiles, responses, rows, scores, spells
from cemlab.stats import prediction

WINDOWS = [("2023-01-01", "2024-01-01"), ("2024-01-01", "2025-01-01")]
VARYING = ["nps_group", "complaint", "cases"]
NUMBERS = ["usage", "tenure_months"]


def _sorted(lab: MemoryLab, table: Any) -> pd.DataFrame:
    """Rows of an engine's table, which has no order of its own."""
    return lab.frame(table).sort_values(
        [name for name in ("customer_id", "spell_id") if name in table.columns], ignore_index=True
    )


def _blocks(rows: Any) -> np.ndarray:
    return np.concatenate(list(rows))


def _designed(rows: Any) -> np.ndarray:
    """Rows of a design, which come in no order."""
    found = np.concatenate([np.column_stack([block.x, block.duration, block.event]) for block in rows])
    return found[np.lexsort(found.T)]


def _card() -> Scorecard:
    table = pd.DataFrame(
        {
            "plan": ["basic", "plus"] * 2,
            "duration": [100, 100, 400, 400],
            "events": [30, 20, 0, 0],
            "censored": [0, 0, 60, 70],
        }
    )
    return prediction.tenure_baseline(table.assign(entered=0), by=["plan"], horizons=[90.0], clock="days", min_n=1)


def _posterior(lab: MemoryLab) -> pd.DataFrame:
    found = patterns.counts(lab, items=["plan", "region"])
    return found.assign(value=np.where(found["region"] == "west", "1", "2"), probability=0.9)


def _tier(lab: MemoryLab) -> Any:
    return patterns.assigned(lab, items=["plan", "region"], posterior=_posterior(lab))


def _rule(block: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"value": np.where(block[:, 0] > 10, "heavy", "light")})


RATIOS = {"tens": ({10: 1.0}, None), "top of all": ({9: 1.0, 10: 1.0}, {0: 1.0, 10: 1.0})}
LATER: dict[str, Any] = {"cut": worlds.CUT, "horizon_days": 180}
AGAIN: dict[str, Any] = {"as_of": worlds.AS_OF, "zone": "Europe/Berlin"}

CALLS: Mapping[str, worlds.Call] = {
    "responses.score_counts": lambda lab: responses.score_counts(
        lab, by=["plan", "tier"], period="quarter", weights="lab"
    ),
    "responses.score_counts (assigned weights)": lambda lab: responses.score_counts(
        lab, by=["region"], weights="panel"
    ),
    "responses.window": lambda lab: responses.window(lab, survey="web"),
    "responses.design_sums": lambda lab: responses.design_sums(lab, by=["region"], weights="lab"),
    "responses.overlap": lambda lab: responses.overlap(lab, period="quarter"),
    "responses.transitions": lambda lab: responses.transitions(lab, windows=WINDOWS, by=["plan"]),
    "responses.late_counts": lambda lab: responses.late_counts(lab, days=14),
    "responses.unstratified_sums": responses.unstratified_sums,
    "responses.without_score": responses.without_score,
    "responses.weighting_sums": lambda lab: responses.weighting_sums(lab, weights="lab"),
    "responses.ratio_sums": lambda lab: responses.ratio_sums(lab, ratios=RATIOS),
    "responses.arrivals": lambda lab: responses.arrivals(lab, period="quarter"),
    "responses.invited": responses.invited,
    "responses.group_columns": responses.group_columns,
    "responses.metric_of": responses.metric_of,
    "responses.steps_of": lambda lab: [responses.steps_of(lab, period=period) for period in ("month", "wave")],
    "responses.dated": responses.dated,
    "spells.life_table": lambda lab: spells.life_table(lab, by=["plan", "contract"]),
    "spells.cross_section": spells.cross_section,
    "spells.compared_by": lambda lab: spells.compared_by(lab, segment_by=["plan", "region"]),
    "spells.clusters": lambda lab: asdict(spells.clusters(lab)),
    "spells.life_table (days)": lambda lab: spells.life_table(lab, by=["tier"], clock="days"),
    "cells.covariates": lambda lab: cells.covariates(lab, terms=["plan", "contract"], cause="price"),
    "cells.bins": lambda lab: cells.bins(lab, terms=["usage", "contract"]),
    "cells.year_ago": lambda lab: cells.year_ago(lab, cells.covariates(lab, terms=["plan"]), terms=["plan"]),
    "cells.ends_by_day": cells.ends_by_day,
    "cells.spans_last_year": lambda lab: cells.spans_last_year(lab, ["2024-06-01"], horizon_days=90, terms=["plan"]),
    "cells.need_history": lambda lab: cells.need_history(lab, VARYING),
    "cells.cut_points": lambda lab: cells.cut_points(lab, day="2023-06-01", terms=["usage", "tenure"]),
    "cells.immortal_time": lambda lab: cells.immortal_time(lab, ever=VARYING, terms=["plan"]),
    "cells.judging_days": lambda lab: cells.judging_days(lab, horizon_days=90),
    "cells.no_later_time": lambda lab: cells.no_later_time(lab, horizon_days=90),
    "cells.unjudged_days": lambda lab: cells.unjudged_days(lab, horizon_days=90),
    "cells.landmark": lambda lab: cells.landmark(
        lab, day="2024-01-01", terms=["plan", "usage", "tenure"], time_varying=VARYING
    ),
    "cells.person_periods": lambda lab: cells.person_periods(lab, terms=["plan"], time_varying=VARYING),
    "cells.start_stop": lambda lab: cells.start_stop(lab, terms=["plan"], time_varying=VARYING),
    "cells.time_varying": cells.time_varying,
    "items.usual": lambda lab: [items.usual(lab, basis=basis) for basis in ("needs", "behaviour", "value", "stage")],
    "items.cut_points": lambda lab: items.cut_points(lab, ["usage", "monetary", "ratings:price"]),
    "items.skewed": lambda lab: items.skewed(lab, ["usage", "monetary"]),
    "items.filled": lambda lab: items.filled(
        lab, ["plan", "region"], patterns=patterns.counts(lab, items=["plan", "region"])
    ),
    "items.described": items.described,
    "items.grouping": lambda lab: items.grouping(lab, items=["plan", "region", "usage"]),
    "items.worth": items.worth,
    "items.risk": items.risk,
    "items.first_day": items.first_day,
    "items.numeric": lambda lab: items.numeric(lab, NUMBERS),
    "items.pairs": lambda lab: items.pairs(lab, _tier(lab), _tier(lab)),
    "patterns.counts": lambda lab: patterns.counts(
        lab, items=["plan", "ratings:price", "last_nps_group"], by=["region"]
    ),
    "patterns.placed": lambda lab: patterns.placed(lab, items=["plan"], assigned=_tier(lab), by=["region"]),
    "patterns.unit": patterns.unit,
    "profiles.columns": profiles.columns,
    "profiles.completeness": profiles.completeness,
    "profiles.later_columns": profiles.later_columns,
    "profiles.rfm_counts": profiles.rfm_counts,
    "scores.distribution": lambda lab: scores.distribution(lab, _card(), by=["region"]),
}
"""Calls whose result holds no id and nothing that an id decides."""

OF_CUSTOMERS: Mapping[str, worlds.Call] = {
    "profiles.table": lambda lab: _sorted(lab, profiles.table(lab)),
    "profiles.table (at a cut)": lambda lab: _sorted(lab, profiles.table(lab, cut=worlds.CUT)),
    "profiles.outcomes": lambda lab: _sorted(lab, profiles.outcomes(lab, **LATER)),
    "profiles.rfm": lambda lab: _sorted(lab, profiles.rfm(lab)),
    "profiles.placed": lambda lab: _sorted(lab, profiles.placed(lab, risk="recency_days", risk_from=90.0)),
    "profiles.numbers": lambda lab: _blocks(profiles.numbers(lab, columns=NUMBERS)),
    "profiles.assigned": lambda lab: _sorted(lab, profiles.assigned(lab, columns=NUMBERS, rule=_rule)),
    "profiles.life_table": lambda lab: profiles.life_table(lab, assigned=_tier(lab)),
    "profiles.moments": lambda lab: profiles.moments(lab, columns=profiles.later_columns(lab), by=["plan"], **LATER),
    "profiles.counts": lambda lab: profiles.counts(lab, columns=["region"], by=["plan"]),
    "profiles.stakes": lambda lab: profiles.stakes(lab, by=["plan"], risk="recency_days", risk_from=90.0),
    "cells.replicate": lambda lab: _sorted(
        lab,
        lab.table("customers").select("customer_id", replicate=cells.replicate(lab.table("customers").customer_id, 40)),
    ),
    "cells.with_replicates": lambda lab: _sorted(
        lab, cells.with_replicates(lab, lab.table("spells").select("customer_id", "spell_id"), 40)
    ),
    "patterns.assigned": lambda lab: _sorted(lab, _tier(lab)),
    "rows.design": lambda lab: _designed(rows.design(lab, terms=["plan", "usage"], time_varying=["complaint"])),
    "rows.at_cut": lambda lab: _designed(rows.at_cut(lab, day="2024-01-01", terms=["plan", "usage"])),
    "scores.live": lambda lab: _sorted(lab, scores.live(lab, _card())),
    "scores.banded": lambda lab: _sorted(lab, scores.banded(scores.live(lab, _card(), reasons=0), risk="risk_90")),
    "assignments.assigned": lambda lab: _sorted(
        lab, assignments.assigned(_tier(lab), name="tier", value="value", **AGAIN)
    ),
}
"""Calls whose result holds ids, or groups that are made of ids."""

LISTING = {
    "responses.group_columns",
    "profiles.columns",
    "profiles.completeness",
    "items.usual",
    "profiles.table",
    "profiles.table (at a cut)",
    "items.described",
}
"""Calls that tell of every column there is."""

NO_ROWS = {"responses.compared_windows": "reads days, no rows", "items.method_of": "reads a name, no rows"}
"""Public functions that no row goes into, each with its reason."""

EVERY = {**CALLS, **OF_CUSTOMERS}
DEAR = {
    "profiles.completeness",
    "profiles.placed",
    "profiles.table (at a cut)",
    "items.described",
    "items.usual",
    "items.pairs",
    "cells.immortal_time",
    "cells.start_stop",
    "rows.design",
    "rows.at_cut",
    "scores.distribution",
}
"""Calls that take a second or more; the slow tests make them too."""
COUNTS = ("entered", "events", "censored", "n", "n_at_risk")


LAB = """[lab]
name = "many"
company = "Many"
time_zone = "Europe/Berlin"
data_until = "2024-12-31"
[[responses]]
file = "responses.csv"
columns = { response_id = "response_id", customer_id = "customer_id", responded_at = "responded_at", metric = "metric", score = "score" }
[[spells]]
file = "spells.csv"
columns = { spell_id = "spell_id", customer_id = "customer_id", started_on = "started_on", ended_on = "ended_on" }
"""


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return worlds.company()


@pytest.fixture(scope="module")
def lab(tables: worlds.Tables) -> MemoryLab:
    return worlds.lab_of(tables)


class _Expected(dict[str, Any]):
    """What each call gives of the company as it is, made when it is first asked for."""

    def __init__(self, lab: MemoryLab) -> None:
        super().__init__()
        self._lab = lab

    def __missing__(self, name: str) -> Any:
        self[name] = EVERY[name](self._lab)
        return self[name]


@pytest.fixture(scope="module")
def expected(lab: MemoryLab) -> _Expected:
    return _Expected(lab)


def _agree(tables: worlds.Tables, expected: Mapping[str, Any], *, ids: bool = False) -> None:
    """Fail with the names of all calls that do not give of changed tables what is expected, if need be but for groups made of ids."""
    lab, wrong = worlds.lab_of(tables), {}
    for name, value in expected.items():
        try:
            found = EVERY[name](lab)
            worlds.same(*((_pooled(each) for each in (found, value)) if ids else (found, value)))
        except AssertionError as error:
            wrong[name] = " ".join(str(error).split())[:300]
    assert not wrong


def _pooled(found: Any) -> Any:
    """Counts over all groups of customers, which are made of ids."""
    if not (isinstance(found, pd.DataFrame) and "replicate" in found):
        return found
    keys = [name for name in found.columns if name not in (*COUNTS, "replicate")]
    return found.groupby(keys, dropna=False, as_index=False)[[name for name in COUNTS if name in found]].sum()


def _some(expected: _Expected, names: Iterable[str]) -> dict[str, Any]:
    return {name: expected[name] for name in names}


def test_every_public_call_is_covered_or_has_a_reason_not_to_be() -> None:
    rooms = {
        "assignments": ["assigned"],
        "patterns": ["assigned", "counts", "placed", "unit"],
        "rows": ["design", "at_cut"],
        "scores": ["live", "distribution", "banded"],
    }
    for room in ("cells", "items", "profiles", "responses", "spells"):
        rooms[room] = list(importlib.import_module(f"cemlab.prepare.{room}").__all__)
    modules = {room: importlib.import_module(f"cemlab.prepare.{room}") for room in rooms}
    public = {
        f"{room}.{name}" for room, names in rooms.items() for name in names if isfunction(getattr(modules[room], name))
    }
    assert public == {name.split(" (")[0] for name in EVERY} | set(NO_ROWS)
    assert set(prepare.__all__) <= set(rooms)


def test_other_ids_order_and_columns_change_nothing(tables: worlds.Tables, expected: _Expected) -> None:
    """All at once, as each call costs; the slow tests do one after the other."""
    changed = worlds.with_unasked(worlds.shuffled(tables, 1))
    _agree(worlds.renamed(changed), _some(expected, CALLS.keys() - LISTING - DEAR), ids=True)
    _agree(changed, _some(expected, OF_CUSTOMERS.keys() - LISTING - DEAR))
    _agree(worlds.shuffled(tables, 1), _some(expected, LISTING - DEAR))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 2 + runs(1, full=3)))
def test_the_order_of_rows_changes_nothing(tables: worlds.Tables, expected: _Expected, seed: int) -> None:
    _agree(worlds.shuffled(tables, seed), _some(expected, EVERY))


@pytest.mark.slow
def test_a_column_that_nobody_asked_for_changes_nothing(tables: worlds.Tables, expected: _Expected) -> None:
    _agree(worlds.with_unasked(tables), _some(expected, EVERY.keys() - LISTING))


@pytest.mark.slow
def test_other_ids_in_the_same_order_change_nothing(tables: worlds.Tables, expected: _Expected) -> None:
    _agree(worlds.renamed(tables), _some(expected, CALLS), ids=True)


@pytest.mark.slow
def test_the_unit_of_weights_scales_their_sums_and_nothing_else(tables: worlds.Tables, expected: _Expected) -> None:
    changed = worlds.weights_scaled(tables)
    weighted = ("responses.score_counts", "responses.score_counts (assigned weights)", "responses.design_sums")
    unweighted = ("responses.window", "responses.transitions", "profiles.counts", "cells.person_periods")
    _agree(changed, _some(expected, unweighted))
    power = {"sum_w": 1, "largest": 1, "sum_a": 1, "sum_b": 1} | dict.fromkeys(
        ("sum_w2", "sum_aa", "sum_ab", "sum_bb", "rest_aa", "rest_ab", "rest_ba", "rest_bb"), 2
    )
    scaled = {
        name: (
            expected[name].assign(
                **{
                    column: expected[name][column] * 1024.0**order
                    for column, order in power.items()
                    if column in expected[name]
                }
            )
        )
        for name in weighted
    }
    _agree(changed, scaled)


@pytest.mark.slow
def test_names_of_levels_are_only_names(tables: worlds.Tables, expected: _Expected) -> None:
    changed = worlds.lab_of(worlds.relabelled(tables))
    grouped = (
        "responses.score_counts",
        "responses.transitions",
        "spells.life_table",
        "cells.covariates",
        "cells.person_periods",
        "patterns.counts",
    )
    for name in grouped:
        back = CALLS[name](changed).replace({"plan": {"zebra": "basic", "ant": "plus"}})
        keys = [column for column in back.columns if not pd.api.types.is_float_dtype(back[column])]
        worlds.same(*(frame.sort_values(keys, ignore_index=True) for frame in (back, expected[name])))


@pytest.mark.slow
def test_doubled_spells_double_every_count_of_spells(tables: worlds.Tables, expected: _Expected) -> None:
    again = tables["spells"].assign(spell_id="again-" + tables["spells"]["spell_id"])
    counted = ("spells.life_table", "cells.covariates", "cells.person_periods")
    doubled = {
        name: (
            expected[name].assign(
                **{column: 2 * expected[name][column] for column in COUNTS if column in expected[name]}
            )
        )
        for name in counted
    }
    _agree({**tables, "spells": pd.concat([tables["spells"], again], ignore_index=True)}, doubled)


def test_the_last_of_a_day_is_taken_by_its_key() -> None:
    """Everybody answers 0 and 10 in one minute, the 10 with the later id."""
    tables = worlds.company(40)
    both = [
        tables["responses"].assign(score=score, response_id=tables["responses"]["response_id"] + suffix)
        for suffix, score in (("-0", 0.0), ("-1", 10.0))
    ]
    for order in (both, both[::-1]):
        lab = worlds.lab_of({**tables, "responses": pd.concat(order, ignore_index=True)})
        groups = cells.person_periods(lab, time_varying=["nps_group"])["nps_group"]
        assert set(groups) == {"not asked", "promoter"}
        assert lab.frame(profiles.table(lab))["last_nps"].dropna().eq(10).all()
        assert set(responses.transitions(lab, windows=WINDOWS)["to_score"]) == {10}


@pytest.mark.slow
def test_many_answers_of_one_day_give_one_table_in_every_call(tmp_path: Path) -> None:
    """Several threads read the snapshot: without a rule for ties each call took others."""
    customers, each = 30_000, 6
    random = np.random.default_rng(1)
    day = pd.Series(
        np.repeat(pd.Timestamp("2023-01-01") + pd.to_timedelta(random.integers(0, 300, customers), unit="D"), each)
    )
    answers = pd.DataFrame(
        {
            "response_id": np.arange(customers * each).astype(str),
            "customer_id": np.repeat(np.arange(customers), each).astype(str),
            "responded_at": day.dt.strftime("%Y-%m-%d"),
            "score": random.choice([0, 8, 10], customers * each),
            "metric": "nps",
        }
    )
    answers.sample(frac=1, random_state=1).to_csv(tmp_path / "responses.csv", index=False)
    spells_ = pd.DataFrame(
        {
            "spell_id": np.arange(customers).astype(str),
            "customer_id": np.arange(customers).astype(str),
            "started_on": "2023-06-01",
        }
    )
    spells_.assign(ended_on=np.where(np.arange(customers) % 3, "", "2023-11-30")).to_csv(
        tmp_path / "spells.csv", index=False
    )
    (tmp_path / "lab.toml").write_text(LAB, encoding="utf-8")
    lab = open_lab(tmp_path / "lab.toml")
    found = [cells.person_periods(lab, time_varying=["nps_group"]) for _ in range(3)]
    assert {"promoter", "detractor", "passive"} <= set(found[0]["nps_group"])
    for other in found[1:]:
        pd.testing.assert_frame_equal(other, found[0])


@pytest.mark.parametrize("taken", ["estimate", "n", "cause", "value"])
def test_a_column_named_like_one_of_a_result_is_refused_by_name(tables: worlds.Tables, taken: str) -> None:
    lab = worlds.lab_of({**tables, "customers": tables["customers"].rename(columns={"plan": taken})})
    asked: dict[str, worlds.Call] = {
        "answers": lambda lab: responses.score_counts(lab, by=[taken]),
        "spells": lambda lab: spells.life_table(lab, by=[taken]),
        "cells": lambda lab: cells.covariates(lab, terms=[taken]),
        "patterns": lambda lab: patterns.counts(lab, items=["region"], by=[taken]),
    }
    for call in asked.values():
        with pytest.raises(ParameterError, match=f"`{taken}`"):
            call(lab)


@pytest.mark.parametrize("name", ["segment", "weight", "level", "term", "group_name"])
def test_any_other_name_of_a_column_is_only_a_name(tables: worlds.Tables, expected: _Expected, name: str) -> None:
    lab = worlds.lab_of({**tables, "customers": tables["customers"].rename(columns={"plan": name})})
    lives = spells.life_table(lab, by=[name, "contract"])
    worlds.same(lives.rename(columns={name: "plan"}), expected["spells.life_table"])
    moves = responses.transitions(lab, windows=WINDOWS, by=[name])
    worlds.same(moves.rename(columns={name: "plan"}), expected["responses.transitions"])


def test_spells_that_all_lie_ahead_are_counted_as_none(tables: worlds.Tables) -> None:
    ahead = tables["spells"].assign(started_on=worlds.AS_OF, ended_on=None, observed_from=None)
    later = worlds.lab_of({**tables, "spells": ahead.iloc[:0]})
    assert cells.unjudged_days(later, horizon_days=90).empty
    found = spells.clusters(later)
    assert (found.count, found.spells, found.largest) == (0, 0, 0)
