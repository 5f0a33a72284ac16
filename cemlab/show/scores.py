"""Which numbers the sentences and checks on scores are about: NPS, CSAT, CES."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cemlab.core.metrics import WITHHOLD_ABOVE, too_narrow
from cemlab.core.results import Estimates, Finding, Name, Outcome
from cemlab.show import say
from cemlab.show import table as tables
from cemlab.show.check import Checked, check
from cemlab.show.say import Day, Group, Label, Message, Period

_FEWEST_CLUSTERS, _FEW_CLUSTERS, _LARGE_CLUSTER = 10, 30, 0.1
"""Clusters below which there is no interval, and below which it is rough; share of the largest that makes it rough."""


@dataclass(frozen=True)
class Lost:
    """Answers to a question that could not be used because of their score.

    Attributes
    ----------
    unusable, given, share : Finding
        How many, of how many with a score, and the share.
    lead_above : float
        Share above which the answer of a page opens with them.
    """

    unusable: Finding
    given: Finding
    share: Finding
    lead_above: float

    @property
    def state(self) -> str:
        """``withheld``: so many that no score may stand for all; ``leads``: the answer opens with them; ``few``; ``none``."""
        if not self.unusable.value:
            return "none"
        if self.share.value > WITHHOLD_ABOVE:
            return "withheld"
        return "leads" if self.share.value > self.lead_above else "few"

    @property
    def withheld(self) -> bool:
        """True when they are so many that no score may stand for all."""
        return self.state == "withheld"

    def opening(self) -> list[Message]:
        """Return what the answer of a page must open with; nothing where few are lost."""
        if self.state not in ("withheld", "leads"):
            return []
        return [say.message("nps-lost", state=self.state, share=self.share, unusable=self.unusable, given=self.given)]


def other_scale(answers: Finding, *, metric: str, highest: float) -> list[Message]:
    """Say that answers to the NPS question look like those to another question, before anything is said of the score.

    Parameters
    ----------
    answers : Finding
        How many count.
    metric : str
        The question.
    highest : float
        The highest score that was given.

    Returns
    -------
    list of Message
        One, or none.
    """
    if not too_narrow(metric, answers=answers.value, highest=highest):
        return []
    return [say.message("nps-other-scale", answers=answers, highest=Name(f"{highest:g}"), scale=Name("0 to 10"))]


def answers_behind(answers: Finding, unscored: Finding, lost: Lost) -> Message:
    """Say how many answers count, and how many were left out because of their score, or for want of one.

    Parameters
    ----------
    answers, unscored : Finding
        Counts of rows.
    lost : Lost
        Answers with an unusable score.

    Returns
    -------
    Message
        To be said.
    """
    return say.message("nps-answers", answers=answers, unscored=unscored, unusable=lost.unusable, given=lost.given)


def measured(score: Finding, effective: Finding, lost: Lost) -> Message:
    """Say how high the score is.

    Parameters
    ----------
    score : Finding
        With its interval.
    effective : Finding
        As many answers drawn at random would be as precise.
    lost : Lost
        Answers with an unusable score; where they are too many, no score is said.

    Returns
    -------
    Message
        To be said.
    """
    state = "lost" if lost.withheld else _state(score)
    smaller = "yes" if effective.value <= score.n - 1 else "no"
    return say.message(
        "nps-measured", state=state, score=score, effective=effective, smaller=smaller, unusable=lost.unusable
    )


def shape(shares: Sequence[Finding]) -> Message:
    """Say what the score is made of.

    Parameters
    ----------
    shares : sequence of Finding
        Share of each ``group`` of answers, best first.

    Returns
    -------
    Message
        To be said.
    """
    state = "withheld" if any(share.suppressed for share in shares) else "shown"
    parts = [say.message("nps-share", share=share, group=Group(share.scope["group"])) for share in shares]
    if len(shares) < 3:
        kind = shares[0].scope["group"].replace(" ", "-")
        return say.message("nps-shape-top", state=state, share=shares[0], kind=kind)
    return say.message("nps-shape", state=state, best=parts[0], middle=parts[1], worst=parts[-1])


def trend_line(line: Estimates) -> tuple[float, ...]:
    """Return the straight line of a significant trend, for the chart of the course.

    Parameters
    ----------
    line : Estimates
        The trend after adjustment; none, or one row.

    Returns
    -------
    tuple of float
        First and last height, and the half-width of its band at the last; empty where the trend is not significant.
    """
    if not len(line.table) or not bool(line.table["significant"].iloc[0]):
        return ()
    row = line.table.iloc[0]
    return float(row["at_first"]), float(row["at_first"] + row["estimate"]), float(row["ci_high"] - row["ci_low"]) / 2


def moved(line: Finding | None, steps: Sequence[Finding], *, period: str, brief: bool = False) -> Message:
    """Say how the score moved: its trend where that is flagged, else its largest step, else the strongest outcome.

    Parameters
    ----------
    line : Finding or None
        The trend, where there is one.
    steps : sequence of Finding
        From one complete period to the next.
    period : str
        Length of a step.
    brief : bool, default False
        True for the answer of a page.

    Returns
    -------
    Message
        Rose and fell only of what is flagged.
    """
    flagged, told = say.ranked(steps, "large"), [each for each in (line, *steps) if each is not None]
    weaker: tuple[Outcome, ...] = ("significant", "small", "not significant")
    strongest = next((found for each in weaker if (found := say.ranked(told, each))), [])
    powered = sorted((each for each in strongest if math.isfinite(each.mde)), key=lambda each: each.mde)
    state, shown = "untested", None
    if line is not None and line.outcome == "large":
        state, shown = "trend", line
    elif flagged:
        state, shown = "step", flagged[0]
    elif strongest:
        state, shown = strongest[0].outcome.replace(" ", "-"), strongest[0]
    at = Period(shown.period, period) if shown and shown.period else Name("")
    return say.message(
        "nps-moved-brief" if brief else "nps-moved",
        state=state,
        change=shown or Name(""),
        at=at,
        period=period,
        more=max(len(flagged) - 1, 0),
        most=powered[-1] if powered else Name(""),
    )


def moved_by_mix(parts: Mapping[str, Sequence[Finding]]) -> str:
    """Return the segments whose change of mix moved the score most.

    Parameters
    ----------
    parts : mapping of str to sequence of Finding
        What the segments are → the trend at a constant mix and the part of the mix, adjusted in the run's family.

    Returns
    -------
    str
        Empty where no part of the mix is significant.
    """
    large = {by: found[1] for by, found in parts.items() if found and found[1].outcome in ("large", "significant")}
    return max(large, key=lambda by: abs(large[by].value), default="")


def disagree(line: Finding | None, constant: Finding) -> bool:
    """Return whether a trend and the same trend at a constant mix say different things.

    Parameters
    ----------
    line : Finding or None
        The raw trend.
    constant : Finding
        At a constant mix.

    Returns
    -------
    bool
        True where only one of them is larger than the floor, or both are in different directions.
    """
    large = [each is not None and each.outcome == "large" for each in (line, constant)]
    return large[0] != large[1] or bool(large[0] and line is not None and line.value * constant.value < 0)


def mix(line: Finding | None, parts: Mapping[str, Sequence[Finding]], *, brief: bool = False) -> list[Message]:
    """Say what the mix of answers has to do with a trend.

    Parameters
    ----------
    line : Finding or None
        The raw trend.
    parts : mapping of str to sequence of Finding
        As for `moved_by_mix`.
    brief : bool, default False
        True for the answer of a page.

    Returns
    -------
    list of Message
        One where a change of mix is significant.
    """
    by = moved_by_mix(parts)
    if not by:
        return []
    constant, moved_part = parts[by]
    apart = "yes" if disagree(line, constant) else "no"
    return [
        say.message(
            "nps-mix-brief" if brief else "nps-mix", by=Label(by), mix=moved_part, constant=constant, apart=apart
        )
    ]


def beliefs(gaps: Sequence[Finding], given: Sequence[Finding]) -> Message:
    """Say how what is believed compares with what customers gave: of the belief that is furthest off.

    Parameters
    ----------
    gaps : sequence of Finding
        Believed less given, adjusted in the run's family.
    given : sequence of Finding
        The scores that customers gave, in the same order.

    Returns
    -------
    Message
        To be said.
    """
    pairs = [(gap, score) for gap, score in zip(gaps, given, strict=True) if not gap.suppressed]
    if not pairs:
        return say.message("nps-belief", gap=gaps[0], given=given[0], whose=Name(""), more=0)
    gap, score = max(pairs, key=lambda pair: (pair[0].outcome == "large", abs(pair[0].value)))
    whose = "" if gap.scope["group"] == "all" else gap.scope["group"]
    more = sum(other.outcome == "large" for other, _ in pairs) - (gap.outcome == "large")
    return say.message("nps-belief", gap=gap, given=score, whose=Name(whose), more=more)


def other_interval(score: Finding, other: Finding, *, names: tuple[str, str]) -> Checked:
    """Compare two ways to compute the same interval: it holds when no limit moves by more than a tenth of the width.

    Parameters
    ----------
    score, other : Finding
        The same estimate with two intervals.
    names : tuple of (str, str)
        Of the two ways.

    Returns
    -------
    Checked
        To be watched where the estimate is withheld.
    """
    moved_by = max(abs(score.ci_low - other.ci_low), abs(score.ci_high - other.ci_high))
    holds = moved_by <= (score.ci_high - score.ci_low) / 10
    first, second = (Name(name) for name in names)
    holds = holds and not score.suppressed
    return check("check-interval", holds=holds, score=score, other=other, first=first, second=second)


def unscored_answers(score: Finding, bounds: Finding, unscored: Finding, *, lost: Lost) -> Checked:
    """Say how far answers without a usable score could move the result.

    Parameters
    ----------
    score, bounds : Finding
        The score with its interval, and with its bounds as interval.
    unscored : Finding
        How many answers gave no score.
    lost : Lost
        Answers with an unusable score.

    Returns
    -------
    Checked
        Holds when none is missing or the bounds lie inside the interval; overturns when so many have an unusable score
        that none is reported.
    """
    none = not unscored.value and not lost.unusable.value
    inside = score.ci_low <= bounds.ci_low and bounds.ci_high <= score.ci_high
    slots = {"score": score, "bounds": bounds, "unscored": unscored, "unusable": lost.unusable, "given": lost.given}
    return check("check-unscored", holds=none or inside, overturns=lost.withheld, **slots)


def few_clusters(clusters: Finding, largest: Finding) -> Checked:
    """Say whether the answers come from enough sampling clusters for an interval.

    Parameters
    ----------
    clusters, largest : Finding
        How many, and the share of answers that the largest one holds.

    Returns
    -------
    Checked
        Overturns below 10 clusters; to be watched below 30, or where one holds more than a tenth.
    """
    large = largest.value > _LARGE_CLUSTER
    return check(
        "check-clusters",
        holds=clusters.value >= _FEW_CLUSTERS and not large,
        overturns=clusters.value < _FEWEST_CLUSTERS,
        clusters=clusters,
        largest=largest,
        large="yes" if large else "no",
    )


def cut_points(rules: Sequence[Finding], *, score: Finding) -> Checked:
    """Say how far the score moves when a cut point of the scale is moved by one.

    Parameters
    ----------
    rules : sequence of Finding
        The score under each other rule, with ``rule`` in its scope.
    score : Finding
        The score as defined.

    Returns
    -------
    Checked
        To be watched where a rule moves the score out of its interval, which it mostly does.
    """
    ordered = sorted(rules, key=lambda rule: rule.value)
    inside = score.ci_low <= ordered[0].value and ordered[-1].value <= score.ci_high
    return check("check-cut-points", holds=inside, score=score, low=ordered[0], high=ordered[-1])


def late_answers(
    in_time: Finding,
    late: Finding,
    *,
    score: Finding,
    days: int,
    arrived: Sequence[Finding] = (),
    period: str = "month",
) -> Checked:
    """Say what the score would be without answers that came late, and how many are still to come.

    Parameters
    ----------
    in_time, late, score : Finding
        The score of answers within `days` of their invitation, how many came later, and the score of all.
    days : int
        After the invitation.
    arrived : sequence of Finding
        Of the last periods of invitations, the share of answers that had come, where that is not all.
    period : str, default "month"
        Length of a period.

    Returns
    -------
    Checked
        Holds when the score of those in time lies inside the interval of all.
    """
    withheld = score.suppressed or in_time.suppressed
    coming = [say.message("check-late-one", one=one, at=Period(one.period, period)) for one in arrived]
    return check(
        "check-late",
        holds=not withheld and score.ci_low <= in_time.value <= score.ci_high,
        shown="no" if withheld else "yes",
        late=late,
        days=days,
        early=in_time,
        coming=coming,
    )


def weights(plain: Finding, difference: Finding) -> Checked:
    """Say whether the answer depends on the weights.

    Parameters
    ----------
    plain : Finding
        The same answers, each counted once.
    difference : Finding
        Weighted minus unweighted, with its paired test.

    Returns
    -------
    Checked
        Overturns when the two differ significantly; to be watched where that cannot be tested.
    """
    tested = math.isfinite(difference.p_value) and not plain.suppressed
    differs = tested and difference.p_value < 1 - difference.level
    return check("check-weights", holds=tested and not differs, overturns=differs, plain=plain)


def change_of_mix(line: Finding | None, parts: Mapping[str, Sequence[Finding]]) -> Checked:
    """Say whether the trend holds at a constant mix of segments.

    Parameters
    ----------
    line : Finding or None
        The raw trend.
    parts : mapping of str to sequence of Finding
        As for `moved_by_mix`.

    Returns
    -------
    Checked
        Overturns where raw trend and constant mix disagree; to be watched where the mix moved the score, or nothing
        could be tested.
    """
    by = moved_by_mix(parts)
    tested = any(each.outcome == "not significant" for found in parts.values() for each in found[1:])
    constant, moved_part = parts[by] if by else (Name(""), Name(""))
    return check(
        "check-mix",
        holds=not by and tested,
        overturns=bool(by) and disagree(line, constant),  # type: ignore[arg-type]
        moved="yes" if by else "tested" if tested else "no",
        by=Label(by) if by else [Label(name) for name in parts],
        constant=constant,
        mix=moved_part,
    )


def weighting(weighted: Finding, plain: Finding, difference: Finding) -> Message:
    """Say what the weights change.

    Parameters
    ----------
    weighted, plain : Finding
        The same answers with their weights, and each counted once.
    difference : Finding
        Weighted minus unweighted, with its paired test.

    Returns
    -------
    Message
        Whether the two differ significantly.
    """
    known = difference.ci_low <= difference.ci_high
    differs = "yes" if known and difference.p_value < 1 - difference.level else "no"
    state = "withheld" if weighted.suppressed else differs if known else "untested"
    return say.message("nps-weighting", state=state, weighted=weighted, plain=plain, difference=difference)


def beside_unweighted(score: Estimates) -> Estimates:
    """Return weighted levels with the unweighted ones beside them, for a chart of pairs.

    Parameters
    ----------
    score : Estimates
        Weighted, perhaps by groups; without its companion ``unweighted`` it comes back as it is.

    Returns
    -------
    Estimates
        With a column ``unweighted``.
    """
    if "unweighted" not in score.part_names:
        return score.with_columns({"unweighted": math.nan})
    plain = score.companion("unweighted", by=score.by, unit=score.unit).table
    return score.with_columns({"unweighted": plain["estimate"].to_numpy()})


def beside_belief(gaps: Estimates) -> Estimates:
    """Return the scores that customers gave, with what was believed beside them, for a chart of pairs.

    Parameters
    ----------
    gaps : Estimates
        From ``stats.perception.gap``: ``believed``, ``<metric>_given``, the gap and its interval.

    Returns
    -------
    Estimates
        By ``group``: the score given, its interval, and ``believed``.
    """
    table = gaps.table
    given = next(str(name) for name in table if str(name).endswith("_given"))
    names = [str(row["group"]) if row["column"] else "" for row in table[["column", "group"]].to_dict("records")]
    made = table.assign(
        group=names,
        estimate=table[given],
        ci_low=table["believed"] - table["ci_high"],
        ci_high=table["believed"] - table["ci_low"],
    )
    unit = "share" if gaps.unit == "percentage points" else gaps.unit
    return replace(gaps, _table=made.drop(columns=["mde", "conclusion"], errors="ignore"), by=("group",), unit=unit)


PLAN_COLUMNS = (
    tables.value("difference", label="to-detect"),
    tables.count("estimate", label="needed"),
    tables.count("precise", label="precise"),
)
"""Of `plan`."""


def plan(needed: Estimates, precise: Estimates) -> Estimates:
    """Return how many answers it takes to detect differences, and to measure as precisely, in one table.

    Parameters
    ----------
    needed : Estimates
        From ``stats.planning.answers_needed``.
    precise : Estimates
        From ``stats.planning.precision`` of the same sizes.

    Returns
    -------
    Estimates
        One row per ``difference``, in the unit of the differences; ``estimate`` and ``precise`` are answers.
    """
    beside = precise.table.set_index("margin")["estimate"]
    rows = needed.table
    unit = precise.unit if precise.unit != "answers" else needed.unit
    return replace(needed, _table=rows.assign(precise=rows["difference"].map(beside)), unit=unit)


def window(change: Finding, windows: Sequence[tuple[str, str]]) -> list[Message]:
    """Say how the score differs from that of an earlier window.

    Parameters
    ----------
    change : Finding
        Later less earlier, adjusted in the run's family.
    windows : sequence of (str, str)
        First day, and the day after, of the earlier window and of the later one.

    Returns
    -------
    list of Message
        One.
    """
    first, after = windows[0]
    last = (dt.date.fromisoformat(after) - dt.timedelta(days=1)).isoformat() if after else ""
    return [say.message("nps-window", change=change, begun=Day(first), until=Day(last))]


def same_people(change: Finding | None) -> Message:
    """Say how the answers of those changed who answered in both windows.

    Parameters
    ----------
    change : Finding or None
        Mean change of the same customers; None when nobody answered twice.

    Returns
    -------
    Message
        With their number.
    """
    return say.message("nps-same-people", change=change) if change else say.message("nps-nobody-twice")


def repeated_answers(answers: Finding, customers: Finding, *, named: bool = True) -> Checked:
    """Say whether some customers count more than once.

    Parameters
    ----------
    answers, customers : Finding
        How many answers, from how many customers.
    named : bool, default True
        False where answers do not say whose they are.

    Returns
    -------
    Checked
        Holds: intervals allow for it; to be watched where it cannot be known.
    """
    kind = "repeated" if answers.value > customers.value else "once"
    kind = kind if named else "unnamed"
    return check("check-repeated", holds=named, kind=kind, answers=answers, customers=customers)


def certainty(score: Finding) -> list[Message]:
    """Say what the interval means, and what it does not cover.

    Parameters
    ----------
    score : Finding
        A level with its interval.

    Returns
    -------
    list of Message
        For the fold below the answer.
    """
    if score.suppressed:
        return []
    told = [say.message("nps-sure", score=score)] if score.ci_low <= score.ci_high else []
    return [*told, say.message("nps-sure-repeated"), say.message("nps-sure-silent")]


def _state(score: Finding) -> str:
    if score.suppressed:
        return "withheld"
    return "shown" if score.ci_low <= score.ci_high else "bare"
