"""Does each column go with churn as it did: observed over predicted by level on the newest evaluation date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import UNKNOWN, rebinned
from cemlab.stats.causes import Cause, label_of
from cemlab.stats.intervals import Floats
from cemlab.stats.multiplicity import benjamini_hochberg
from cemlab.stats.prediction.days import MATERIAL, of_cause, verdicts
from cemlab.stats.prediction.expected import poisson_ratio, seen_and_expected
from cemlab.stats.prediction.tabled import Risks
from cemlab.stats.survival.comparison import chi_square_p

FEWEST_EXPECTED = 5.0
"""Levels at which fewer are expected are taken together."""
REST = "other levels"


def relation_by_level(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str],
    risks: Risks,
    training: pd.DataFrame,
    last_year: pd.DataFrame | None = None,
    bins: Mapping[str, Sequence[float]] | None = None,
    cause: Cause = "",
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return for each level of each column how many left for each one predicted, against all levels together.

    For a column with levels l: O_l endings, E_l predicted, L_l endings in training (or, where they are given,
    in the same span of the year before, E_l then being the prediction times what came then over what was
    predicted). With R = ΣO/ΣE, O_l has mean R·E_l and variance φ(R·E_l + (R·E_l)²/L_l): what a model learnt of
    a level is as uncertain as what is seen. Q = min_R Σ (O_l − R·E_l)²/variance is χ² with one degree of
    freedom per level but one. The larger p-value of the two comparisons counts, so that neither what training
    could not know nor a season of one level passes for a change.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cells of the newest evaluation date: ``duration``, ``n``, ``events``, the terms and the predictions.
    terms : sequence of str
        The columns of the model.
    risks : mapping of float to str
        Column of the prediction of the model of all columns for each horizon.
    training : pandas.DataFrame
        Cells that it was trained on.
    last_year : pandas.DataFrame, optional
        Cells of the same span a year before, with the predictions of the same model.
    bins : mapping of str to sequence of float, optional
        Cut points of those that are numbers.
    cause : str or float, default ""
        The cause that is judged; empty for every ending.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest published level.

    Returns
    -------
    Estimates
        Measure ``observed_expected`` as a ratio; one row per ``term`` and ``level``: ``estimate``
        ((O_l/E_l)/R), ``std_error`` (of its logarithm), ``ci_low``, ``ci_high``, ``expected``, ``events``,
        ``n``. Part ``terms``: per ``term`` ``statistic``, ``df``, ``p_value``, ``q_value`` and ``flagged``.

    Raises
    ------
    SchemaError
        When a column is missing.

    References
    ----------
    Steyerberg, E. W., Nieboer, D., Debray, T. P. A., & van Houwelingen, H. C. (2019). Assessment of
    heterogeneity in an individual participant data meta-analysis of prediction models. Statistics in Medicine,
    38(22), 4290–4309. doi:10.1002/sim.8296

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [1, 2] * 2, "n": [40, 160, 20, 180], "events": [40, 0, 20, 0], "p": 0.15})
    >>> past = pd.DataFrame({"plan": ["a", "b"], "duration": 1, "n": 300, "events": 300})
    >>> found = relation_by_level(cells, terms=["plan"], risks={2: "p"}, training=past)
    >>> found.table[["level", "estimate"]].round(2).values.tolist(), bool(found.parts["terms"]["flagged"].iloc[0])
    ([['a', 1.37], ['b', 0.65]], True)
    """
    needed = [*terms, "duration", "n", "events", *risks.values()]
    missing = [name for name in needed if name not in cells]
    if missing or not terms:
        raise SchemaError(f"Cells need the terms and predictions: {', '.join(missing) or 'every term'} missing.")
    label, until = label_of(cause), max(risks)
    cells, training = (of_cause(each, label, until=until) for each in (cells, training))
    last_year = None if last_year is None else of_cause(last_year, label, until=until)
    factor = seen_and_expected(cells, risks)[2]
    rows, tests = [], []
    for term in terms:
        counts = _counts(cells, training, last_year, term, risks=risks, cuts=(bins or {}).get(term))
        rows.append(_levels(counts, term, factor=factor, level=level))
        tests.append({"term": term, **_test(counts, factor=factor)})
    judged = pd.DataFrame(tests)
    judged["q_value"] = benjamini_hochberg(judged["p_value"])
    judged["flagged"] = judged["q_value"] < 1 - level
    return Estimates.build(
        pd.concat(rows, ignore_index=True),
        by=["term", "level"],
        measure="observed_expected",
        unit="ratio",
        level=level,
        min_n=min_n,
        method="observed over expected endings by level over that of all, Poisson limits with the noise of training",
        parts={"terms": judged},
    )


def in_one_family(days: Estimates, columns: Estimates | None) -> tuple[Estimates, Estimates | None]:
    """Return evaluation dates and columns judged in one family, so that few of the changes that are told are chance.

    Parameters
    ----------
    days : Estimates
        From `relation_by_day`.
    columns : Estimates or None
        From `relation_by_level`, of the newest date.

    Returns
    -------
    Estimates
        The dates, with ``q_value``, ``flagged`` and ``verdict`` by one Benjamini–Hochberg over the dates and
        the columns.
    Estimates or None
        The columns likewise, in part ``terms``; a column is flagged only where a level is a tenth at least from
        the others.
    """
    if columns is None:
        return days, None
    table, terms = days.table, columns.parts["terms"]
    q_values = benjamini_hochberg(pd.concat([table["p_value"], terms["p_value"]], ignore_index=True))
    of_days, of_terms = np.split(np.asarray(q_values), [len(table)])
    changed = table["off"].astype(bool) & (of_days < 1 - days.level)
    told = verdicts(table, changed=changed, level=days.level)
    apart = columns.table.assign(far=(columns.table["estimate"] - 1).abs().ge(MATERIAL)).groupby("term")["far"].any()
    flagged = (of_terms < 1 - days.level) & terms["term"].map(apart).to_numpy(bool)
    found = days.with_columns({"q_value": of_days, "flagged": told["flagged"], "verdict": told["verdict"]})
    return found, replace(columns, parts={**columns.parts, "terms": terms.assign(q_value=of_terms, flagged=flagged)})


def _counts(
    cells: pd.DataFrame,
    training: pd.DataFrame,
    last_year: pd.DataFrame | None,
    term: str,
    *,
    risks: Risks,
    cuts: Sequence[float] | None,
) -> pd.DataFrame:
    """Per level: customers, seen and expected, endings in training, and seen and expected a year before."""
    rows = []
    parts = _parts(cells, term, cuts)
    before = _parts(last_year, term, cuts) if last_year is not None else {}
    learnt = {name: float(part["events"].sum()) for name, part in _parts(training, term, cuts).items()}
    for name, part in parts.items():
        seen, expected, _ = seen_and_expected(part, risks)
        then = seen_and_expected(before[name], risks)[:2] if name in before else (0.0, 0.0)
        rows.append((name, part["n"].sum(), seen, expected, learnt.get(name, 0.0), *then))
    columns = ["level", "n", "seen", "expected", "learnt", "seen_before", "expected_before"]
    return _merged(pd.DataFrame(rows, columns=columns), compared=last_year is not None)


def _parts(cells: pd.DataFrame, term: str, cuts: Sequence[float] | None) -> dict[str, pd.DataFrame]:
    levels = cells[term].astype(object).where(cells[term].notna(), UNKNOWN).astype(str)
    if cuts is not None:
        levels = pd.Series(rebinned(levels.tolist(), cuts), index=cells.index)
    return {str(name): part for name, part in cells.groupby(levels.to_numpy(), sort=True)}


def _merged(counts: pd.DataFrame, *, compared: bool) -> pd.DataFrame:
    """Levels of few expected endings, or few to learn from, as one."""
    least = counts[["expected", "learnt", *(["expected_before", "seen_before"] if compared else [])]].min(axis=1)
    few = least < FEWEST_EXPECTED
    if few.sum() < 2:
        return counts
    rest = counts[few].drop(columns="level").sum().to_frame().T.assign(level=REST)
    return pd.concat([counts[~few], rest], ignore_index=True).astype({"level": str})


def _levels(counts: pd.DataFrame, term: str, *, factor: float, level: float) -> pd.DataFrame:
    whole = counts["seen"].sum() / counts["expected"].sum()
    rows = []
    for each in counts[counts["expected"] > 0].to_dict("records"):
        found = poisson_ratio(
            each["seen"], whole * each["expected"], learnt=max(each["learnt"], 0.5), factor=factor, level=level
        )
        del found["p_value"]
        rows.append(
            {
                "term": term,
                "level": each["level"],
                **found,
                "n": each["n"],
                "events": each["seen"],
                "expected": each["expected"],
            }
        )
    return pd.DataFrame(rows)


def _test(counts: pd.DataFrame, *, factor: float) -> dict[str, float]:
    seen, expected = (counts[name].to_numpy(float) for name in ("seen", "expected"))
    found = _heterogeneity(seen, expected, counts["learnt"].to_numpy(float), factor=factor)
    before = counts["seen_before"].to_numpy(float), counts["expected_before"].to_numpy(float)
    if found["df"] and before[0].sum() > 0:
        then = np.divide(before[0], before[1], out=np.zeros(len(counts)), where=before[1] > 0)
        year = _heterogeneity(seen, expected * then, before[0], factor=factor)
        found["p_value"] = max(found["p_value"], year["p_value"]) if year["df"] else found["p_value"]
    return found


def _heterogeneity(seen: Floats, expected: Floats, learnt: Floats, *, factor: float) -> dict[str, float]:
    """Whether the ratio of seen and expected is the same for all."""
    kept = (expected > 0) & (learnt > 0)
    seen, expected, learnt = seen[kept], expected[kept], learnt[kept]
    if kept.sum() < 2 or not seen.sum() > 0:
        return {"statistic": 0.0, "df": 0, "p_value": 1.0}
    mean = seen.sum() / expected.sum() * expected
    variance = factor * (mean + mean**2 / learnt)
    ratio = (seen * expected / variance).sum() / (expected**2 / variance).sum()
    statistic = float(((seen - ratio * expected) ** 2 / variance).sum())
    df = int(kept.sum()) - 1
    return {"statistic": statistic, "df": df, "p_value": chi_square_p(statistic, df)}
