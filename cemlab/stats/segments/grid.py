"""Needs by value by risk: whom to grow, keep, rescue or let be, and what is at stake."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.suppression import hidden_cells
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEW_GROUPS, NO_REPLICATES, jackknife, replicate_codes

ACTIONS: Mapping[tuple[str, str], str] = {
    ("low", "low"): "grow",
    ("high", "low"): "keep",
    ("high", "high"): "rescue",
    ("low", "high"): "let be",
}
"""What to do with customers of some value and risk."""

RULE = (
    "Grow: low value, low risk; keep: high value, low risk; rescue: high value, high risk; let be: low value, high"
    " risk. The grid says where customers are, not what an action would gain."
)


def grid(cells: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return the customers of each segment by what to do with them, and the value at stake.

    n, and Σ value, per segment and action; std_error of a number of customers by delete-a-group jackknife, G/(G
    − 1)·(total − group). The value is that of all customers who are there: a sum, without sampling error.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per ``segment``, ``value`` and ``risk`` (each high or low; missing = not known) and, for
        intervals, ``replicate``: ``n`` customers and ``sum``, their value in a year. Optional ``sum_largest``
        and ``sum_ten``: of the largest and of the ten largest of all with this value and risk.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published cell.

    Returns
    -------
    Estimates
        Measure ``customers``; one row per ``segment`` and ``action`` with ``value``, ``risk``, ``estimate``
        (customers), ``std_error``, ``ci_low``, ``ci_high``, ``share`` of the segment, ``n``. Parts:
        ``at_stake`` (the same rows: value in the lab's currency), ``actions`` (over all segments: ``n``
        customers, ``estimate`` the value at stake), ``largest`` (``action``, ``largest`` 1 and 10 and their
        share of the value; without rows where the cells do not tell).

    Raises
    ------
    SchemaError
        When a column is missing, or value or risk is neither high nor low.
    InsufficientDataError
        When nobody's value and risk are both known.

    Examples
    --------
    >>> cells = pd.DataFrame({"segment": "1", "value": ["high", "low"], "risk": ["high", "low"], "n": [30, 70], "sum": [900.0, 70.0]})
    >>> grid(cells).table.query("n > 0")[["action", "estimate", "share"]].values.tolist()
    [['grow', 70.0, 0.7], ['rescue', 30.0, 0.3]]
    """
    known, unknown = _checked(cells)
    segments = sorted(known["segment"].astype(str).unique())
    actions = list(ACTIONS.values())
    codes, groups = replicate_codes(known)
    rows = pd.Index(segments).get_indexer(pd.Index(known["segment"].astype(str)))
    action = known["value"].astype(str) + " " + known["risk"].astype(str)
    columns = pd.Index([" ".join(pair) for pair in ACTIONS]).get_indexer(pd.Index(action))
    sums = np.zeros((len(groups), len(segments), len(actions), 2))
    np.add.at(sums, (codes, rows, columns), known[["n", "sum"]].astype(float).fillna(0).to_numpy())
    counts = _totals(sums[..., 0], level=level)
    keys = _keys(segments)
    n = sums[..., 0].sum(axis=0)
    table = keys.assign(
        n=n.ravel().round().astype(np.int64),
        share=(n / n.sum(axis=1, keepdims=True)).ravel(),
        **{name: each.ravel() for name, each in counts.items()},
    )
    parts = {
        "at_stake": keys[["segment", "action"]].assign(estimate=sums[..., 1].sum(axis=0).ravel()),
        "actions": _by_action(sums, min_n=min_n),
        "largest": _largest(known, action, sums),
    }
    return Estimates.build(
        table,
        by=["segment", "action"],
        measure="customers",
        unit="customers",
        method="number of customers, jackknife of totals",
        level=level,
        min_n=min_n,
        notes=_notes(known, unknown, len(groups)),
        parts=parts,
    )


def at_stake(found: Estimates) -> Estimates:
    """Return the value at stake by what to do, over all segments, as estimates of its own.

    Parameters
    ----------
    found : Estimates
        Of `grid`.

    Returns
    -------
    Estimates
        Measure ``value_at_stake``, in the lab's currency; one row per ``action``: ``estimate``, ``n``
        customers. Part ``largest``: per ``action``, the share of the ``largest`` 1 and 10 customers.

    Examples
    --------
    >>> cells = pd.DataFrame({"segment": "1", "value": ["high", "low"], "risk": ["high", "low"], "n": [30, 70], "sum": [900.0, 70.0]})
    >>> float(at_stake(grid(cells)).row({"action": "rescue"})["estimate"])
    900.0
    """
    table = found.parts["actions"].assign(n=found.parts["actions"]["n"].fillna(0))
    return Estimates.build(
        table,
        by=["action"],
        measure="value_at_stake",
        unit="currency",
        method="total value of all customers",
        level=found.level,
        min_n=found.min_n,
        notes=found.notes,
        parts={"largest": found.parts["largest"]},
    )


def _checked(cells: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    missing = [name for name in ("segment", "value", "risk", "n", "sum") if name not in cells]
    if missing:
        raise SchemaError(f"A grid needs segment, value, risk, n and sum: {', '.join(missing)} missing.")
    for name in ("value", "risk"):
        wrong = int((~cells[name].isin(["high", "low"]) & cells[name].notna()).sum())
        if wrong:
            raise SchemaError(f"`{name}` must be high, low or missing: {wrong:,} of {len(cells):,} rows are not.")
    there = cells[["segment", "value", "risk"]].notna().all(axis=1)
    unknown = int(cells.loc[~there, "n"].sum())
    if not cells.loc[there, "n"].sum() > 0:
        raise InsufficientDataError(
            f"A grid needs customers whose value and risk are known: of {unknown:,} none are. Choose another measure of"
            " value or risk."
        )
    return cells.loc[there], unknown


def _keys(segments: list[str]) -> pd.DataFrame:
    pairs = pd.DataFrame(
        [{"action": action, "value": value, "risk": risk} for (value, risk), action in ACTIONS.items()]
    )
    return pd.DataFrame({"segment": segments}).merge(pairs, how="cross")


def _totals(sums: Floats, *, level: float) -> dict[str, Floats]:
    """Totals over the first axis, the replicate groups, with their intervals; not below 0 where no part is."""
    groups, total = len(sums), sums.sum(axis=0)
    scaled = (total - sums) * (groups / max(groups - 1, 1))
    errors = jackknife(scaled, np.ones(scaled.shape, dtype=bool))
    low, high = errors.limits(total, level=level)
    low = np.where(sums.min(axis=0) >= 0, low.clip(min=0), low)
    return {"estimate": total, "std_error": errors.std_error, "ci_low": low, "ci_high": high}


def _by_action(sums: Floats, *, min_n: int) -> pd.DataFrame:
    n, total = (sums[..., which].sum(axis=(0, 1)) for which in range(2))
    table = pd.DataFrame({"action": list(ACTIONS.values()), "n": n, "estimate": total})
    hidden = hidden_cells(table, by=["action"], n="n", min_n=min_n)
    return table.assign(**{name: table[name].mask(hidden) for name in ("n", "estimate")}, suppressed=hidden)


def _largest(known: pd.DataFrame, action: pd.Series, sums: Floats) -> pd.DataFrame:
    """Share of the largest and of the ten largest customers in the value of each action, over all segments."""
    names = {" ".join(pair): name for pair, name in ACTIONS.items()}
    total = dict(zip(ACTIONS.values(), sums[..., 1].sum(axis=(0, 1)), strict=True))
    rows = [
        (names[pair], many, part[column].sum() / total[names[pair]])
        for pair, part in known.groupby(action)
        for many, column in ((1, "sum_largest"), (10, "sum_ten"))
        if column in known and total[names[pair]] > 0
    ]
    return pd.DataFrame(rows, columns=["action", "largest", "estimate"])


def _notes(known: pd.DataFrame, unknown: int, groups: int) -> tuple[str, ...]:
    missing = f"Customers whose segment, value or risk is not known are left out: {unknown:,}."
    few = NO_REPLICATES if "replicate" not in known else FEW_GROUPS if groups < 10 else ""
    return tuple(note for note in (RULE, missing if unknown else "", few) if note)
