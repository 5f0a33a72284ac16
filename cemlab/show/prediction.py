"""Which numbers the sentences, charts and checks on predictions of churn are about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from cemlab.core.results import Estimates, Finding, Name
from cemlab.core.suppression import hidden_cells
from cemlab.show import say
from cemlab.show import table as tables
from cemlab.show.check import Checked, check
from cemlab.show.say import Day, Label, Message, Slot

_POWER = 2.80
"""Standard errors from one half at which 95% intervals exclude it with a power of 80%: 1.96 + 0.84."""
_FEWEST, _FEW = 50, 200
"""Churned customers below which an evaluation is hardly one, and below which it is rough."""
_MANY_UNSCORED = 0.01
_MOST = 3
_ROUND = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
_NOTHING = Name("")
ALONE = (tables.term(), tables.value(label="auc"), tables.count(label="customers"))
ACCURACY = (tables.day(), tables.value(label="ipa", finer=1), tables.interval(finer=1))
MODELS = (tables.term("model"), tables.value(label="gain"), tables.interval(), tables.outcome())
STAKES = (tables.term("what"), tables.value(), tables.interval())
MIX = (
    tables.term(),
    tables.value("total_variation", unit="share", finer=1),
    tables.ratio("stability", digits=3),
    tables.ratio("noise", digits=3),
    tables.term("verdict"),
)
"""Columns of the tables."""
_COUNTED: dict[str, Any] = {"counted": "customers"}
_FROM_ONE: dict[str, Any] = {"line": 1.0, "scale": "ratio"}
AXES: Mapping[str, Mapping[str, Any]] = {
    "auc": {"label": "day", "naming": "day", "line": 0.5, "measure": "auc"} | _COUNTED,
    "dates": {"label": "day", "naming": "day", "measure": "observed-predicted"} | _FROM_ONE | _COUNTED,
    "segments": {"measure": "observed-predicted"} | _FROM_ONE | _COUNTED,
    "columns": {"label": "term", "naming": "term", "line": 0.0, "measure": "ipa-lost"} | _COUNTED,
    "hazards": {"measure": "hazard-ratio", "counted": "spells"} | _FROM_ONE,
    "curve": {"x": "predicted", "across_unit": "share", "measure": "left", "diagonal": True} | _COUNTED,
    "lift": {
        "x": "share",
        "across": "contacted",
        "across_unit": "share",
        "measure": "reached",
        "joined": True,
        "diagonal": True,
        "ends": ((0, 0), (1, 1)),
    }
    | _COUNTED,
    "money": {"x": "threshold", "across_unit": "share", "measure": "money", "joined": True, "line": 0.0} | _COUNTED,
    "risks": {"measure": "risk"} | _COUNTED,
    "groups": {"measure": "high-risk"} | _COUNTED,
}
"""How each chart is drawn."""


def not_evaluated(days: Sequence[str], counts: Sequence[Finding]) -> list[Message]:
    """Say on which dates customers who stayed could not be seen.

    Parameters
    ----------
    days : sequence of str
        Those dates, newest first.
    counts : sequence of Finding
        Customers on the newest of them, how many could be seen to stay, and the share that the file lacks; empty
        where there is no such date.

    Returns
    -------
    list of Message
        One, or none.
    """
    if not counts:
        return []
    live, stayed, missing = counts
    ends: dict[str, Slot] = {"newest": Day(days[0]), "oldest": Day(days[-1]), "dates": len(days)}
    return [say.message("risk-unseen", live=live, stayed=stayed, missing=missing, **ends)]


def leaks(columns: Sequence[str], reasons: Mapping[str, str]) -> list[Message]:
    """Name the columns that leak the outcome.

    Parameters
    ----------
    columns : sequence of str
        Those that were excluded.
    reasons : mapping of str to str
        Column → why, in words.

    Returns
    -------
    list of Message
        To fill a slot of another.
    """
    return [say.message("risk-leak-one", column=Label(name), reason=Name(reasons[name])) for name in columns]


def ranking(auc: Finding, newest: Finding | None = None) -> str:
    """Return what an area under the curve shows.

    Parameters
    ----------
    auc : Finding
        Over all evaluation dates, with its interval, if any.
    newest : Finding, optional
        On the newest of them.

    Returns
    -------
    {"withheld", "none", "faded", "useful"}
        Useful where its interval, or without one its value, lies above one half; faded where that is no longer so on
        the newest date.
    """
    if auc.suppressed or not math.isfinite(auc.value):
        return "withheld"
    if (auc.ci_low if math.isfinite(auc.ci_low) else auc.value) <= 0.5:
        return "none"
    return "faded" if newest is not None and newest.value <= 0.5 else "useful"


def detectable_auc(auc: Finding) -> float:
    """Return the smallest area under the curve that would be found to be above one half with a power of 80%.

    Parameters
    ----------
    auc : Finding
        With its standard error.

    Returns
    -------
    float
        0.5 + (1.96 + 0.84)·std_error, at most 1; NaN without an error.
    """
    return min(0.5 + _POWER * auc.std_error, 1.0)


def calibration(ratio: Finding, differing: Sequence[Finding] = ()) -> str:
    """Return what a ratio of observed to predicted shows.

    Parameters
    ----------
    ratio : Finding
        Over all evaluation dates.
    differing : sequence of Finding
        The same per date, where dates differ significantly.

    Returns
    -------
    {"withheld", "dates", "calibrated", "more", "fewer"}
        Calibrated where one lies inside the interval, or there is none.
    """
    if ratio.suppressed or not math.isfinite(ratio.value):
        return "withheld"
    if differing:
        return "dates"
    if not math.isfinite(ratio.ci_low) or ratio.ci_low <= 1 <= ratio.ci_high:
        return "calibrated"
    return "more" if ratio.value > 1 else "fewer"


def calibrated(ratio: Finding, differing: Sequence[Finding] = ()) -> Message:
    """Say whether as many customers left as predicted.

    Parameters
    ----------
    ratio, differing : as in `calibration`
        Over all evaluation dates, and by date where they differ.

    Returns
    -------
    Message
        To be said.
    """
    ends = say.ends([each for each in differing if math.isfinite(each.value)]) or [ratio]
    slots: dict[str, Slot] = {
        "state": calibration(ratio, differing),
        "ratio": ratio,
        "least": ends[0],
        "most": ends[-1],
    }
    return say.message("risk-calibrated", **slots)


def called(model: str) -> Message:
    """Return what a model is called within a sentence.

    Parameters
    ----------
    model : str
        Its name.

    Returns
    -------
    Message
        With its article, where it has one.
    """
    kind = model.lower().replace(" ", "-")
    return say.message("risk-model-name", kind=kind, column=Label(model.removeprefix("tenure and ")))


def chosen(behind: Sequence[Finding], *, model: str, best: str, kept: str) -> Message:
    """Say which model is used, and why.

    Parameters
    ----------
    behind : sequence of Finding
        Per ``model`` how far it lies behind the best.
    model, best, kept : str
        The one that is used, the most accurate, and the simplest that is not significantly worse.

    Returns
    -------
    Message
        To be said.
    """
    own = next((each for each in behind if each.scope.get("model") == model), None)
    best_is_used = model == best or own is None or not math.isfinite(own.ci_low)
    state = "ranks" if kept not in ("", model) else "best" if best_is_used else "simpler"
    return say.message(
        "risk-model",
        state=state,
        model=called(model),
        best=called(best),
        kept=called(kept or model),
        gap=own or _NOTHING,
    )


def contact(share: Finding, found: Finding, *, trusted: bool = True) -> Message:
    """Say whom to contact first.

    Parameters
    ----------
    share, found : Finding
        Share of customers contacted, and share of those who left among them.
    trusted : bool, default True
        False where the order of risks is no longer that of the training data.

    Returns
    -------
    Message
        Says nothing where a list by risk is not significantly better than a random one, or not to be trusted.
    """
    better = trusted and not found.suppressed and found.ci_low > share.value
    return say.message("risk-answer-list", share=share, found=found, better=better)


def in_points(found: Estimates) -> Estimates:
    """Return differences of shares in percentage points, for a table or a chart.

    Parameters
    ----------
    found : Estimates
        Paired differences of shares.

    Returns
    -------
    Estimates
        The same numbers under their own unit.
    """
    return replace(found, unit="percentage points")


def needed(losses: Sequence[Finding]) -> list[Label]:
    """Return the columns without which a prediction is significantly worse.

    Parameters
    ----------
    losses : sequence of Finding
        Loss of accuracy without each ``term``, adjusted.

    Returns
    -------
    list of Label
        The largest loss first, at most three.
    """
    return [Label(each.scope["term"]) for each in say.ranked(losses, "large") if each.value > 0][:_MOST]


def riskiest(ratios: Sequence[Finding], *, references: Mapping[str, str], brief: bool = False) -> Message:
    """Say which group has the highest risk, other things being equal.

    Parameters
    ----------
    ratios : sequence of Finding
        Of each ``term`` and ``level``, flagged where significant.
    references : mapping of str to str
        Term → the level that the others are compared with.
    brief : bool, default False
        True for the answer of a page.

    Returns
    -------
    Message
        Of the column with the ratio furthest from one; says nothing where none is significant. Never of customers
        whose level is missing.
    """
    told = [
        each
        for each in say.of_known_groups(ratios)
        if each.flagged
        and not each.suppressed
        and each.value > 0
        and not say.is_missing(references[each.scope["term"]])
    ]
    furthest = _furthest(told)
    if furthest is None:
        slots: dict[str, Any] = dict.fromkeys(("column", "group", "other", "ratio"), _NOTHING)
        return say.message("risk-riskiest", state="none", **slots)
    term = furthest.scope["term"]
    own = sorted((each for each in told if each.scope["term"] == term), key=lambda each: each.value)
    ratio = own[-1] if own[-1].value > 1 else own[0]
    named = [Name(ratio.scope["level"]), Name(references[term])]
    group, other = named if ratio.value > 1 else named[::-1]
    state = "brief" if brief else "above" if ratio.value > 1 else "below"
    return say.message("risk-riskiest", state=state, column=Label(term), group=group, other=other, ratio=ratio)


def bands(mean: float) -> tuple[float, ...]:
    """Return round risks near half the mean, the mean and twice it, at which bands begin.

    Parameters
    ----------
    mean : float
        Mean risk, in (0, 1).

    Returns
    -------
    tuple of float
        Rising, two or three.

    Examples
    --------
    >>> bands(0.055)
    (0.03, 0.06, 0.12)
    """
    near = [min(_ROUND, key=lambda each: abs(math.log(each / (mean * factor)))) for factor in (0.5, 1, 2)]
    return tuple(sorted(set(near)))


def at_high_risk(counts: pd.DataFrame, *, by: Sequence[str], above: float, min_n: int) -> dict[str, Estimates]:
    """Return the share of customers at high risk by group, small counts and what would give them away withheld.

    Parameters
    ----------
    counts : pandas.DataFrame
        From ``prepare.scores.distribution``: columns `by`, ``low`` (where a band begins), ``n``.
    by : sequence of str
        Columns of groups.
    above : float
        Where high risk begins.
    min_n : int
        Smallest number of customers to show.

    Returns
    -------
    dict of str to Estimates
        Column → its groups, the highest share first: ``estimate``, ``high`` and ``n`` customers.
    """
    return {name: _high_by(counts, name, above=above, min_n=min_n) for name in by}


def _high_by(counts: pd.DataFrame, name: str, *, above: float, min_n: int) -> Estimates:
    cells = counts.assign(group=counts[name].astype(str), high=counts["low"] >= above)
    cells = cells.groupby(["group", "high"])["n"].sum().reset_index()
    cells["hidden"] = hidden_cells(cells, by=["group", "high"], n="n", min_n=min_n)
    high = cells.loc[cells["high"]].set_index("group")["n"]
    made = cells.groupby("group").agg(n=("n", "sum"), suppressed=("hidden", "any")).reset_index()
    made["high"] = made["group"].map(high).fillna(0)
    made = made.assign(estimate=made["high"] / made["n"]).rename(columns={"group": name})
    method = "count of customers by predicted risk"
    found = Estimates.build(
        made, by=[name], measure="high_risk", unit="share", method=method, level=math.nan, min_n=min_n
    )
    return tables.ordered(found)


def _furthest(found: Sequence[Finding]) -> Finding | None:
    """The ratio that is furthest from one."""
    positive = [each for each in found if not each.suppressed and each.value > 0]
    return max(positive, key=lambda each: abs(math.log(each.value)), default=None)


def unusual(
    ratios: Sequence[Finding],
    *,
    levels: Sequence[Finding],
    verdicts: Mapping[str, str],
    moved: Sequence[str],
    compared: bool,
) -> list[Message]:
    """Say what has changed since training: how many leave, and who.

    Parameters
    ----------
    ratios : sequence of Finding
        Observed / predicted ratio per evaluation ``day``, oldest first; flagged where churn has changed.
    levels : sequence of Finding
        The same per ``term`` and ``level`` on the newest date, compared with all customers.
    verdicts : mapping of str to str
        Date → "as predicted", "changed", "season" or "unclear".
    moved : sequence of str
        Columns for which it differs significantly between levels.
    compared : bool
        False where some date has no span a year before, so that a season is not excluded.

    Returns
    -------
    list of Message
        Empty where nothing has.
    """
    told = []
    off, newest = _furthest([each for each in ratios if each.flagged]), ratios[-1]
    if off is not None:
        day = Day(off.scope["day"])
        told.append(
            say.message("risk-changed", state="changed", day=day, ratio=off, compared=compared, order=not moved)
        )
    own = [_furthest([each for each in levels if each.scope["term"] == name]) for name in moved]
    groups = say.each("risk-group", [each for each in own if each is not None][:_MOST])
    if groups:
        told.append(say.message("risk-relation", groups=groups, day=Day(newest.scope["day"])))
    verdict = verdicts[newest.scope["day"]]
    if verdict in ("season", "unclear"):
        day = Day(newest.scope["day"])
        told.append(
            say.message("risk-changed", state=verdict, day=day, ratio=newest, compared=compared, order=not moved)
        )
    return told


def season_ahead(ratio: Finding, *, predicted: Finding, expected: Finding) -> Message:
    """Say how many customers will leave if the time ahead is like the same time last year.

    Parameters
    ----------
    ratio : Finding
        What came in the same time a year ago over what today's model predicts for it.
    predicted, expected : Finding
        Customers who will leave by the model, and these times `ratio`.

    Returns
    -------
    Message
        Says nothing where the interval of the ratio holds one.
    """
    state = "none" if calibration(ratio) in ("withheld", "calibrated") else "off"
    return say.message("risk-season", state=state, ratio=ratio, predicted=predicted, expected=expected)


def better_than_chance(auc: Finding, newest: Finding) -> Checked:
    """Say whether customers who leave are ranked above those who stay.

    Parameters
    ----------
    auc, newest : as in `ranking`
        Over all evaluation dates, and on the newest.

    Returns
    -------
    Checked
        Overturns where there is no evidence of that, or not on the newest date.
    """
    kind = ranking(auc, newest)
    overturns = kind in ("none", "faded")
    return check("risk-check-chance", holds=kind == "useful", overturns=overturns, auc=auc, newest=newest, kind=kind)


def comes_true(ratio: Finding, differing: Sequence[Finding] = ()) -> Checked:
    """Say whether as many customers left as predicted.

    Parameters
    ----------
    ratio, differing : as in `calibration`
        Over all evaluation dates, and by date where they differ.

    Returns
    -------
    Checked
        Overturns where the interval does not hold one; to be watched where dates differ.
    """
    kind = calibration(ratio, differing)
    off = calibration(ratio) in ("more", "fewer")
    return check("risk-check-calibration", holds=kind == "calibrated", overturns=off, ratio=ratio, kind=kind)


def spread(slope: Finding) -> Checked:
    """Say whether risks differ by as much as what came.

    Parameters
    ----------
    slope : Finding
        Of what came on what was predicted; below one where high risks are too high and low ones too low.

    Returns
    -------
    Checked
        To be watched where the interval does not hold one.
    """
    kind = calibration(slope)
    return check("risk-check-spread", holds=kind == "calibrated", slope=slope, kind=kind)


def enough_churned(left: Finding) -> Checked:
    """Say on how many churned customers the evaluation rests.

    Parameters
    ----------
    left : Finding
        How many left within the horizon, over all evaluation dates.

    Returns
    -------
    Checked
        Overturns below 50; to be watched below 200.
    """
    return check("risk-check-enough", holds=left.value >= _FEW, overturns=left.value < _FEWEST, left=left)


def same_relation(ratio: Finding, *, verdict: str, moved: Sequence[str] = ()) -> Checked:
    """Say whether churn on the newest evaluation date goes on as it did.

    Parameters
    ----------
    ratio : Finding
        Observed / predicted ratio on that date.
    verdict : str
        "as predicted", "changed", "season" or "unclear".
    moved : sequence of str
        Columns that are no longer associated with churn as they were.

    Returns
    -------
    Checked
        Overturns where churn has changed; to be watched where it may be a season.
    """
    kind = "withheld" if calibration(ratio) == "withheld" else verdict.replace(" ", "-")
    changed = kind != "withheld" and (bool(moved) or verdict == "changed")
    return check(
        "risk-check-relation",
        holds=kind == "as-predicted",
        overturns=changed,
        kind=kind,
        ratio=ratio,
        columns=[Label(name) for name in moved],
    )


def unscored(without: Finding, scored: Finding) -> Checked:
    """Say how many of today's customers have no score.

    Parameters
    ----------
    without, scored : Finding
        Counts.

    Returns
    -------
    Checked
        To be watched where one in a hundred or more has none.
    """
    return check("risk-check-unscored", holds=without.value <= _MANY_UNSCORED * scored.value, without=without)
