"""Promoters, passives and detractors: from score counts to one row per group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError

COUNT_COLUMNS = ("score", "n", "sum_w", "sum_w2", "n_customers", "complete")
"""Columns of a score-count frame that are not groups; ``period`` is a group like any other."""

GROUPS = ("promoter", "passive", "detractor")
"""Scores of 9 and 10, of 7 and 8, and of 0 to 6."""

REPEATED = "Some customers answered more than once; these intervals treat answers as independent."


def group_of(score: pd.Series) -> pd.Series:
    """Return promoter, passive or detractor for each score.

    Promoter: 9 or 10. Passive: 7 or 8. Detractor: 0 to 6.

    Parameters
    ----------
    score : pandas.Series
        Whole numbers from 0 to 10.

    Returns
    -------
    pandas.Series of str
        On the index of `score`.

    References
    ----------
    Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review, 81(12).

    Examples
    --------
    >>> group_of(pd.Series([6, 7, 8, 9])).tolist()
    ['detractor', 'passive', 'passive', 'promoter']
    """
    names = np.select([score >= 9, score >= 7], ["promoter", "passive"], "detractor")
    return pd.Series(names, index=score.index, name="group")


def group_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Return how many promoters, passives and detractors each group has.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts (`prepare.responses.score_counts`).

    Returns
    -------
    pandas.DataFrame
        One row per group: the group columns, ``promoter``, ``passive``, ``detractor``, ``n`` and
        ``n_customers`` (n where it is not given), and ``complete`` where it is.

    Raises
    ------
    SchemaError
        When a column is missing, a score is no code from 0 to 10, or answers are weighted.
    InsufficientDataError
        When there is no answer.

    Examples
    --------
    >>> group_counts(pd.DataFrame({"score": [3, 8, 10], "n": [1, 2, 3]})).to_dict("records")
    [{'promoter': 3, 'passive': 2, 'detractor': 1, 'n': 6, 'n_customers': 6}]
    """
    _check(counts)
    by = groups_of(counts)
    counts = counts.loc[counts["n"] > 0]
    wide = counts.assign(group=group_of(counts["score"]))
    keys = by or ["_all"]
    wide = wide.assign(_all=0)
    table = wide.pivot_table(index=keys, columns="group", values="n", aggfunc="sum", fill_value=0, observed=True)
    table = table.reindex(columns=list(GROUPS), fill_value=0)
    table["n"] = table.sum(axis=1)
    grouped = wide.groupby(keys, observed=True)
    table["n_customers"] = grouped["n_customers"].max() if "n_customers" in wide else table["n"]
    if "complete" in wide:
        table["complete"] = grouped["complete"].all()
    return table.rename_axis(columns=None).reset_index(drop=not by)


def groups_of(counts: pd.DataFrame) -> list[str]:
    """Return the group columns of a score-count frame, ``period`` included.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts.

    Returns
    -------
    list of str
        In the order of the frame.

    Examples
    --------
    >>> groups_of(pd.DataFrame(columns=["region", "score", "n"]))
    ['region']
    """
    return [name for name in counts.columns if name not in COUNT_COLUMNS]


def repeated(groups: pd.DataFrame) -> tuple[str, ...]:
    """Return the note on repeated answers, where some group has fewer customers than answers.

    Parameters
    ----------
    groups : pandas.DataFrame
        With ``n`` and ``n_customers``.

    Returns
    -------
    tuple of str
        The note, or nothing.

    Examples
    --------
    >>> repeated(pd.DataFrame({"n": [5], "n_customers": [5]}))
    ()
    """
    return (REPEATED,) if (groups["n_customers"] < groups["n"]).any() else ()


def _check(counts: pd.DataFrame) -> None:
    missing = [name for name in ("score", "n") if name not in counts]
    if missing:
        raise SchemaError(
            f"Score counts need the columns score and n: {', '.join(missing)} missing among {len(counts.columns)}. "
            "Make them with prepare.responses.score_counts."
        )
    answers = counts["n"].sum()
    if not answers > 0:
        raise InsufficientDataError(f"At least one answer is needed: {len(counts):,} rows hold {answers:g}.")
    off = ~counts["score"].isin(range(11))
    if off.any():
        raise SchemaError(
            f"An NPS score must be a whole number from 0 to 10: {int(off.sum()):,} of {len(counts):,} rows are not. "
            "Declare codes such as 'no answer' as missing in the lab file, or choose the metric that this question is."
        )
    if "sum_w" in counts and not np.allclose(counts["sum_w"], counts["n"]):
        raise SchemaError("These estimates are for unweighted answers: the counts carry weights other than 1.")
