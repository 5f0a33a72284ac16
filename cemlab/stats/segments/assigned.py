"""Segments that customers are assigned to, whatever put them there: a column that tells them, and the levels that describe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import wilson


def told_by(
    counts: pd.DataFrame, *, column: str, rules: Mapping[str, str] | None = None, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return segments that one column tells, such as the stage of a customer's life.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per level, or finer: the column as text, missing where it is not known, and ``n`` customers.
    column : str
        Which column.
    rules : mapping of str to str, optional
        The rule behind each level, in words, in the order in which segments are told; levels without come last.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``class_share``; one row per ``segment`` that has customers: ``estimate``, Wilson's interval,
        ``n``, ``rule``. Part ``posterior``: the column, ``n``, ``value`` and ``probability`` (1), without
        customers of whom the level is not known.

    Raises
    ------
    SchemaError
        When a column is missing.
    InsufficientDataError
        When the level is known of nobody, or is the same for all.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
    American Statistical Association, 22(158), 209–212. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> counts = pd.DataFrame({"stage": ["new", "left", "new"], "n": [20, 60, 20]})
    >>> told_by(counts, column="stage", rules={"new": "of late"}).table[["segment", "estimate", "rule"]].values.tolist()
    [['new', 0.4, 'of late'], ['left', 0.6, 'stage is left']]
    """
    missing = [name for name in (column, "n") if name not in counts]
    if missing:
        raise SchemaError(
            f"Segments told by a column need it and n: {', '.join(f'`{name}`' for name in missing)} missing."
        )
    known = counts.loc[counts[column].notna() & (counts["n"] > 0)]
    n = known.groupby(known[column].astype(str), sort=True)["n"].sum()
    if len(n) < 2:
        raise InsufficientDataError(
            f"A column must tell at least two kinds of customers: `{column}` has {len(n)} level(s) among {n.sum():,}"
            " customers of whom it is known. Choose another basis."
        )
    said = dict(rules or {})
    order = [name for name in said if name in n.index] + [name for name in n.index if name not in said]
    n = n.reindex(order)
    found = wilson(n, n.sum(), level=level)
    table = pd.DataFrame(
        {
            "segment": order,
            "estimate": found.estimate,
            "std_error": found.std_error,
            "ci_low": found.low,
            "ci_high": found.high,
            "n": n.to_numpy(),
            "n_customers": n.to_numpy(),
            "rule": [said.get(name, f"{column} is {name}") for name in order],
        }
    )
    placed = pd.DataFrame({column: order, "n": n.to_numpy(), "value": order, "probability": 1.0})
    unknown = int(counts.loc[counts[column].isna(), "n"].sum())
    return Estimates.build(
        table,
        by=["segment"],
        measure="class_share",
        unit="share",
        method=f"levels of {column}, Wilson interval",
        level=level,
        min_n=min_n,
        notes=[f"Of {unknown:,} customers {column} is not known: they belong to no segment."] if unknown else [],
        parts={"posterior": placed},
    )


def level_shares(posterior: pd.DataFrame, *, items: Sequence[str]) -> pd.DataFrame:
    """Return how the levels of each item are spread within each segment, of customers as assigned.

    Parameters
    ----------
    posterior : pandas.DataFrame
        One row per pattern and segment: the items, ``value`` (the segment) and ``n`` customers.
    items : sequence of str
        The items; missing values are left out.

    Returns
    -------
    pandas.DataFrame
        One row per ``segment``, ``item`` and ``level``, zeros included: ``estimate``, the share of the level
        among those of the segment of whom the item is known. What `contrasts` takes.

    Raises
    ------
    SchemaError
        When a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"need": ["yes", "no", "no"], "value": ["1", "1", "2"], "n": [30, 10, 20]})
    >>> level_shares(rows, items=["need"])["estimate"].tolist()
    [0.25, 1.0, 0.75, 0.0]
    """
    missing = [name for name in (*items, "value", "n") if name not in posterior]
    if missing:
        raise SchemaError(f"Shares of levels need the items, value and n: {', '.join(missing)} missing.")
    rows = posterior.loc[posterior["value"].notna()]
    segments = sorted(set(rows["value"].astype(str)), key=lambda name: (len(name), name))
    parts = []
    for item in items:
        told = rows.loc[rows[item].notna()]
        table = told.pivot_table(
            index=told["value"].astype(str), columns=told[item].astype(str), values="n", aggfunc="sum", fill_value=0
        )
        shares = table.div(table.sum(axis=1), axis=0).reindex(segments).rename_axis(index="segment", columns="level")
        parts.append(shares.reset_index().melt("segment", var_name="level", value_name="estimate").assign(item=item))
    return pd.concat(parts, ignore_index=True)[["segment", "item", "level", "estimate"]]
