"""What a formula says beyond follow-up is drawn and said as such; two ratios of a cause stand side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates, Finding
from cemlab.show import hazard_tables, hazard_text, survival_beyond, survival_text
from cemlab.show.numbers import plain
from cemlab.stats import hazards, survival


@pytest.fixture
def observed() -> Estimates:
    """Followed for two years, one in twenty leaving each month."""
    left = np.floor(1000 * 0.95 ** np.arange(25)).astype(int)
    lives = pd.DataFrame({"duration": range(1, 25), "events": -np.diff(left), "censored": [0] * 23 + [left[-1]]})
    return survival.kaplan_meier(lives)


def _formula(shares: float, *, times: list[float]) -> Estimates:
    table = pd.DataFrame({"profile": 0, "duration": times, "estimate": shares ** np.array(times), "n": 1000})
    table = table.assign(
        ci_low=table["estimate"] - 0.02, ci_high=table["estimate"] + 0.02, extrapolated=table["duration"] > 24
    )
    return Estimates.build(
        table,
        by=["profile", "duration"],
        cells=[],
        measure="predicted_survival",
        unit="share",
        method="",
        level=0.95,
        min_n=10,
    )


def _share(value: float) -> Finding:
    return Finding(
        "b", value, "share", scope={"duration": "60.0"}, ci_low=value - 0.02, ci_high=value + 0.02, level=0.95
    )


def test_the_figure_tells_what_was_seen_from_what_a_formula_says(observed: Estimates, info: LabInfo) -> None:
    times = survival_beyond.times(observed, until=60)
    assert (times[0], times[-1]) == (1, 60)
    figure = survival_beyond.curve(
        observed,
        formula=_formula(0.95, times=times),
        others={"lognormal": _formula(0.97, times=times)},
        clock="months",
        info=info,
    )
    assert "Solid, what was seen: 29 % still there after 24 months" in figure.alt
    assert (
        "Dashed, the formula: 5 % (3 to 7) after 60 months, beyond follow-up. Dotted, other formulas: log-normal 16 %."
        in figure.alt
    )
    assert "follow-up ends" in figure.wide
    assert "stroke-dasharray" in figure.wide
    beyond = {row[0].text: row[-1].text for row in figure.table.rows}
    assert beyond["60"] == "yes"
    assert {each for time, each in beyond.items() if float(time) <= 24} == {"no"}


def test_words_say_that_nobody_saw_it() -> None:
    said = plain(survival_beyond.expected(_share(0.08), formula="weibull", last=24, clock="months"))
    assert said.startswith("Follow-up ends after 24 months. If leaving went on by the formula that best foretold")
    assert (
        "(Weibull), 8 % would still be there after 60 months (between 6 and 10 %, taking the formula for right)" in said
    )
    assert said.endswith("This is what the formula says; nobody has seen it.")


def test_another_formula_outside_the_interval_is_to_be_watched() -> None:
    close, far = (
        survival_beyond.other_formulas(_share(0.08), [_share(0.09), _share(each)], clock="months")
        for each in (0.07, 0.2)
    )
    assert (close.state, far.state) == ("holds", "watch")
    assert "the others that were tried expect 9 % and 20 %" in plain(far.sentences[0])


def _cells() -> pd.DataFrame:
    random = np.random.default_rng(4)
    rows = pd.DataFrame({"plan": random.choice(["monthly", "yearly"], 2000)})
    time = np.ceil(random.exponential(np.where(rows["plan"] == "monthly", 10, 20)))
    cause = pd.Series(random.choice(["moved", "price"], 2000)).where(time <= 24)
    rows = rows.assign(duration=np.minimum(time, 24), cause=cause, n=1, events=(time <= 24) * 1)
    return rows.groupby(["plan", "duration", "cause"], dropna=False, as_index=False)[["n", "events"]].sum()


def test_rate_and_share_of_a_cause_stand_side_by_side(info: LabInfo) -> None:
    cells = _cells()
    rate = hazards.fit_cox(cells, terms=["plan"], cause="price", reference={"plan": "monthly"})
    absolute = hazards.fit_fine_gray(cells, terms=["plan"], cause="price", reference={"plan": "monthly"})
    risks = hazards.absolute_risks(absolute, 12)
    table = hazard_tables.of_both(rate, absolute=absolute, risks=risks, caption="", info=info)
    first, second = ([cell.text for cell in row] for row in table.rows)
    assert first[:5] == ["All at their reference", "–", "–", "–", "–"]
    assert second[0] == "Plan: yearly"
    values = [cell.sort for cell in table.rows[1]]
    assert values[1] == pytest.approx(rate.parts["ratios"]["estimate"][0])
    assert values[3] == pytest.approx(absolute.parts["ratios"]["estimate"][0])
    assert values[5] == pytest.approx(100 * risks.table["estimate"][1])


def test_words_on_both_ratios_name_the_pair_that_differs_most() -> None:
    def _ratio(value: float, level: str) -> Finding:
        return Finding(
            "h",
            value,
            "ratio",
            scope={"term": "plan", "level": level},
            ci_low=value * 0.8,
            ci_high=value * 1.2,
            level=0.95,
        )

    said = hazard_text.both(
        [_ratio(0.5, "yearly"), _ratio(0.9, "weekly")],
        [_ratio(0.8, "yearly"), _ratio(0.9, "weekly")],
        cause="price",
        references={"plan": "monthly"},
    )
    assert plain(said).startswith(
        "“yearly” (plan) goes with a rate of leaving for “price” 0.5 times that of “monthly” (between 0.4 and 0.6); "
    )
    assert "for the share that this takes in the end the ratio is 0.8" in plain(said)
    alike = hazard_text.both(
        [_ratio(0.5, "yearly")], [_ratio(0.52, "yearly")], cause="price", references={"plan": "monthly"}
    )
    assert "agree with those of its rate" in plain(alike)


def test_groups_are_told_apart_by_what_a_cause_took() -> None:
    gap = Finding(
        "g",
        0.06,
        "percentage points",
        scope={"plan": "monthly", "duration": "12.0"},
        ci_low=0.04,
        ci_high=0.08,
        flagged=True,
    )
    quiet = replace(gap, scope={"region": "North", "duration": "12.0"}, flagged=False, p_value=0.4)
    said = [
        plain(each)
        for each in survival_text.groups({"plan": [gap], "region": [quiet]}, time=12, clock="months", cause="price")
    ]
    assert said[0].startswith(
        "After 12 months, the share of “monthly” (plan) that has left for “price” is 6 percentage points higher than"
        " that of all others"
    )
    assert said[1:] == [
        "No group by region differs significantly from the others in the share that left for “price” after 12 months."
    ]
