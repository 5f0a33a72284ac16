"""Plain rules by which a person can tell who belongs to which segment, and how often they are right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.sums import quotient

UNKNOWN = "not known"
"""Level of a missing answer."""

HELD_OUT = (
    "The share assigned rightly is measured on customers that the rules were not made from; right means as the class"
    " model assigns."
)
NEVER = "No rule leads to some segments: their customers are put elsewhere."
Integers = NDArray[np.int64]
Conditions = tuple[tuple[int, bool], ...]


def rules(
    posterior: pd.DataFrame,
    *,
    items: Sequence[str],
    depth: int = 3,
    least_share: float = 0.02,
    folds: int = 10,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return a few plain rules that assign customers to segments, and the share that they assign rightly.

    A classification tree (Gini) on the patterns, each weighted by its customers, kept short by depth and
    smallest leaf; questions whose answer changes nothing are dropped. Shares are held out: each fold of
    customers is assigned by a tree grown on the others. Wilson intervals on customers.

    Parameters
    ----------
    posterior : pandas.DataFrame
        One row per pattern: the items, ``n`` customers and ``value``, the segment that the class model assigns.
    items : sequence of str
        Questions that a rule may use.
    depth : int, default 3
        Most conditions of a rule.
    least_share : float, default 0.02
        Smallest share of customers of a rule; never fewer than `min_n`.
    folds : int, default 10
        Parts of the customers, at random within each pattern.
    seed : int, default 0
        Of the parts.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``assigned_rightly``; one row per ``segment``: ``estimate`` (of its customers, the share that
        the rules put there), ``std_error``, ``ci_low``, ``ci_high``, ``precision`` (of those put there, the
        share that belongs), ``n``. Parts: ``rules`` (one row per rule: ``rule`` in words, ``segment``, ``n``,
        ``share`` of customers, ``precision`` as grown); ``overall`` (one row: ``estimate`` held out with
        limits, ``as_grown``, ``largest``, what putting everyone in the largest segment would reach).

    Raises
    ------
    SchemaError
        When a column is missing.
    ParameterError
        When depth is not 1 to 5, or there are fewer than 2 folds.
    InsufficientDataError
        When there are fewer than two segments, or fewer customers than folds.

    References
    ----------
    Breiman, L., Friedman, J. H., Olshen, R. A., & Stone, C. J. (1984). Classification and regression trees. Wadsworth.
    doi:10.1201/9781315139470

    Examples
    --------
    >>> patterns = pd.DataFrame({"price": ["yes", "no"] * 4, "help": list("abcdefgh"), "n": 50, "value": ["1", "2"] * 4})
    >>> found = rules(patterns, items=["price"], folds=4)
    >>> found.parts["rules"][["rule", "segment"]].values.tolist()
    [['price is no', '2'], ['price is yes', '1']]
    """
    rows, truth, segments = _checked(posterior, items, depth=depth, folds=folds)
    n = rows["n"].to_numpy(float)
    design, questions = _indicators(rows, items)
    least = max(least_share, min(min_n / n.sum(), 0.5))
    tree = _grown(design, truth, n=n, depth=depth, least=least)
    told = _held_out(design, truth, n=n, depth=depth, least=least, folds=folds, seed=seed)
    table = _by_segment(segments, told, level=level)
    as_grown = n[tree.predict(design) == truth].sum() / n.sum()
    written = _written(tree, design, truth=truth, n=n, questions=questions, segments=segments)
    missed = len(set(segments) - set(written["segment"])) > 0
    return Estimates.build(
        table,
        by=["segment"],
        measure="assigned_rightly",
        unit="share",
        better="up",
        level=level,
        min_n=min_n,
        method=f"classification tree of at most {depth} conditions, held-out share, Wilson interval",
        notes=(HELD_OUT, *((NEVER,) if missed else ())),
        parts={"rules": written, "overall": _overall(told, as_grown, level=level)},
        model=tree,
    )


def overall(found: Estimates) -> Estimates:
    """Return the share of all customers that rules assign rightly, held out, as estimates of its own.

    Parameters
    ----------
    found : Estimates
        Of `rules`.

    Returns
    -------
    Estimates
        Measure ``assigned_rightly``, one row.

    Examples
    --------
    >>> patterns = pd.DataFrame({"price": ["yes", "no"] * 4, "help": list("abcdefgh"), "n": 50, "value": ["1", "2"] * 4})
    >>> float(overall(rules(patterns, items=["price"], folds=4)).row()["estimate"])
    1.0
    """
    return Estimates.build(
        found.parts["overall"],
        by=[],
        measure=found.measure,
        unit="share",
        better="up",
        level=found.level,
        min_n=found.min_n,
        method=found.method,
        notes=found.notes,
    )


def _checked(
    posterior: pd.DataFrame, items: Sequence[str], *, depth: int, folds: int
) -> tuple[pd.DataFrame, Integers, list[str]]:
    if not 1 <= depth <= 5 or folds < 2:
        raise ParameterError(f"`depth` must be 1 to 5 and `folds` at least 2: {depth} and {folds} were given.")
    missing = [name for name in (*items, "n", "value") if name not in posterior]
    if missing or not items:
        raise SchemaError(f"Rules need their items, n and value: {', '.join(missing) or 'no item'} missing.")
    rows = posterior.loc[(posterior["n"] > 0) & posterior["value"].notna()].reset_index(drop=True)
    # Folds are drawn by the places of rows, which must not be those of a file.
    order = rows[[*items, "value", "n"]].astype("string").sort_values([*items, "value", "n"], kind="stable").index
    rows = rows.loc[order].reset_index(drop=True)
    truth, segments = pd.factorize(rows["value"].astype(str), sort=True)
    customers = float(rows["n"].sum())
    if len(segments) < 2 or customers < folds:
        raise InsufficientDataError(
            f"Rules need at least two segments and {folds} customers: {len(segments)} and {customers:,.0f} were found."
        )
    return rows, truth.astype(np.int64), list(segments)


def _indicators(rows: pd.DataFrame, items: Sequence[str]) -> tuple[Floats, list[tuple[str, str, str]]]:
    """Return 0/1 columns, and for each its item, its level, and the other level if there is just one."""
    columns, questions = [], []
    for item in items:
        text = rows[item].astype("string").fillna("").str.strip().replace("", UNKNOWN)
        levels = sorted(text.unique())
        if len(levels) == 2:
            levels, other = levels[1:], levels[0]
        else:
            other = ""
        for name in levels:
            columns.append(text.eq(name).to_numpy(float))
            questions.append((item, name, other))
    return np.column_stack(columns), questions


def _grown(design: Floats, truth: Integers, *, n: Floats, depth: int, least: float) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=depth, min_weight_fraction_leaf=least, random_state=0)
    return tree.fit(design, truth, sample_weight=n)


def _held_out(design: Floats, truth: Integers, *, n: Floats, depth: int, least: float, folds: int, seed: int) -> Floats:
    """Return customers by segment (row) and by where rules made from other customers put them (column)."""
    split = np.random.default_rng(seed).multinomial(n.round().astype(np.int64), np.full(folds, 1 / folds)).T
    table = np.zeros((truth.max() + 1, truth.max() + 1))
    for part in split:
        rest = n.round() - part
        kept = rest > 0
        tree = _grown(design[kept], truth[kept], n=rest[kept], depth=depth, least=least)
        np.add.at(table, (truth, tree.predict(design)), part)
    return table


def _by_segment(segments: list[str], told: Floats, *, level: float) -> pd.DataFrame:
    size, put, right = told.sum(axis=1), told.sum(axis=0), told.diagonal()
    found = intervals.wilson(right, size, level=level)
    return pd.DataFrame(
        {
            "segment": segments,
            "n": size.round().astype(np.int64),
            "estimate": found.estimate,
            "std_error": found.std_error,
            "ci_low": found.low,
            "ci_high": found.high,
            "precision": quotient(right, put),
        }
    )


def _overall(told: Floats, as_grown: float, *, level: float) -> pd.DataFrame:
    found = intervals.wilson([told.trace()], [told.sum()], level=level)
    return pd.DataFrame(
        {
            "estimate": found.estimate,
            "std_error": found.std_error,
            "ci_low": found.low,
            "ci_high": found.high,
            "as_grown": as_grown,
            "largest": told.sum(axis=1).max() / told.sum(),
            "n": round(float(told.sum())),
        }
    )


def _written(
    tree: Any, design: Floats, *, truth: Integers, n: Floats, questions: list[tuple[str, str, str]], segments: list[str]
) -> pd.DataFrame:
    rows = []
    for chosen, conditions in _paths(tree, 0, ()):
        here = np.ones(len(design), dtype=bool)
        for column, holds in conditions:
            here &= (design[:, column] > 0.5) == holds
        rows.append(
            {
                "rule": _words(conditions, questions),
                "segment": segments[chosen],
                "n": round(float(n[here].sum())),
                "share": n[here].sum() / n.sum(),
                "precision": n[here & (truth == chosen)].sum() / n[here].sum(),
            }
        )
    return pd.DataFrame(rows)


def _paths(grown: Any, node: int, conditions: Conditions) -> list[tuple[int, Conditions]]:
    """Return every rule: the segment, and the columns and answers that lead there."""
    tree = grown.tree_
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        return [(int(grown.classes_[tree.value[node, 0].argmax()]), conditions)]
    column = int(tree.feature[node])
    below = [*_paths(grown, left, (*conditions, (column, False))), *_paths(grown, right, (*conditions, (column, True)))]
    # A question whose answer changes nothing is not asked.
    return below if len({segment for segment, _ in below}) > 1 else [(below[0][0], conditions)]


def _words(conditions: Conditions, questions: list[tuple[str, str, str]]) -> str:
    settled = {questions[column][0] for column, holds in conditions if holds}
    said = []
    for column, holds in conditions:
        item, name, other = questions[column]
        if holds:
            said.append(f"{item} is {name}")
        elif other:
            said.append(f"{item} is {other}")
        elif item not in settled:
            # Once an answer is known, what it is not goes without saying.
            said.append(f"{item} is not {name}")
    return " and ".join(said) or "everyone"
