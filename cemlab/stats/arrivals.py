"""Answers that are still to come: what share of a period's had come, from how long earlier ones took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import intervals

_NEEDED = ("period", "age_days", "waited_days", "n")
_LONG_ENOUGH = 0.99
"""Share of answers that must come within half of what is looked back on: else nobody knows how long the last ones take."""

_ANSCOMBE = 3 / 8

TOO_SHORT = (
    "How many answers are still to come cannot be told: invitations do not lie back at least twice as long as answers"
    " take."
)

Numbers = NDArray[np.float64]


def share_arrived(arrivals: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Estimate what share of the answers to a period's invitations had come.

    The share F(a) of answers that come within a days is had from the waits of answers to all invitations,
    looked at backwards in time, since a wait is seen only when it is no longer than its invitation is old: F(a)
    = Π_{w>a} (1 − n_w/N_w), N_w the answers that took at most w days to invitations of at least w days. A
    period's answers A to invitations of age a stand for T = Σ A_a/F(a); the estimate is ΣA/T. Var T = Σ A_a(1 −
    F_a)/F_a² + ΣΣ (A_a/F_a)(A_b/F_b)·V(max(a, b)), V(a) = Σ_{w>a} n_w/(N_w(N_w − n_w)); the interval is
    symmetric in the root of T − A + 3/8.

    Parameters
    ----------
    arrivals : pandas.DataFrame
        Columns ``period``, ``age_days``, ``waited_days`` and ``n``, as ``prepare.responses.arrivals`` returns it; with
        ``survey`` each survey has waits of its own.
    level : float, default 0.95
        Confidence level.
    min_n : int, default 10
        Smallest number of answers in a published period.

    Returns
    -------
    Estimates
        Measure ``share_arrived``, by ``period``: ``estimate`` in 0–1, ``std_error``, ``ci_low``, ``ci_high``,
        ``n`` answers that had come, ``expected`` answers in all. NaN, with a note, where the lab does not look
        back far enough.

    Raises
    ------
    SchemaError
        When a column is missing, or an answer took longer than its invitation is old.

    Notes
    -----
    That answers take as long as they used to is assumed. Answers that would take longer than any that was seen are not
    expected.

    References
    ----------
    Kalbfleisch, J. D., & Lawless, J. F. (1989). Inference based on retrospective ascertainment. Journal of the American
    Statistical Association, 84(406), 360–372. doi:10.1080/01621459.1989.10478780

    Examples
    --------
    >>> waits = pd.DataFrame({"period": ["2024-01", "2024-01", "2024-02"], "age_days": [40, 40, 0],
    ...                       "waited_days": [0, 1, 0], "n": [60, 20, 30]})
    >>> share_arrived(waits).table[["period", "estimate", "expected"]].values.tolist()
    [['2024-01', 1.0, 80.0], ['2024-02', 0.75, 40.0]]
    """
    from scipy.stats import norm

    _check(arrivals)
    surveys = arrivals.groupby("survey") if "survey" in arrivals else [("", arrivals)]
    sums = pd.concat([_expected(rows) for _, rows in surveys]).groupby("period").sum(min_count=1)
    sums = sums.where(sums["known"] == sums["of"], np.nan).assign(n=sums["n"])
    to_come, spread = (sums["expected"] - sums["n"]).clip(lower=0), sums["variance"] ** 0.5
    # few events: the root of a count plus 3/8 has a spread of one half whatever the count (Anscombe 1948)
    root = (to_come + _ANSCOMBE) ** 0.5
    reach = float(norm.ppf((1 + level) / 2)) * (spread / (2 * root)).clip(lower=0.5).where(to_come > 0, 0.0)
    most, least = (
        ((root + sign * reach).clip(lower=_ANSCOMBE**0.5) ** 2 - _ANSCOMBE).clip(lower=0) for sign in (1, -1)
    )
    table = pd.DataFrame(
        {
            "estimate": sums["n"] / sums["expected"],
            "std_error": sums["n"] / sums["expected"] ** 2 * spread,
            "ci_low": sums["n"] / (sums["n"] + most),
            "ci_high": sums["n"] / (sums["n"] + least),
            "n": sums["n"].astype("int64"),
            "expected": sums["expected"],
        }
    )
    return Estimates.build(
        table.reset_index(),
        by=["period"],
        measure="share_arrived",
        unit="share",
        method=(
            "share of a period's answers that had come, by the waits of all, backwards in time (Kalbfleisch and Lawless"
            " 1989)"
        ),
        level=level,
        min_n=min_n,
        notes=[TOO_SHORT] if table["estimate"].isna().any() else [],
    )


def response_rate(counts: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Estimate which share of invitations is answered.

    R = ΣA/ΣS over customers with S invitations and A answers; Var R = m/(m − 1)·Σ(A − R·S)²/(ΣS)², since invitations
    of one customer are not independent; the interval is Wilson's on n* = min(ΣS, R(1 − R)/Var) invitations.

    Parameters
    ----------
    counts : pandas.DataFrame
        Columns ``sent``, ``answered`` and ``n_customers``, as ``prepare.responses.invited`` returns them.
    level : float, default 0.95
        Confidence level.
    min_n : int, default 10
        Smallest number of customers that may be published.

    Returns
    -------
    Estimates
        Measure ``response_rate``, one row: ``estimate`` in 0–1, ``std_error``, ``ci_low``, ``ci_high``, ``n``
        invitations, ``n_customers``.

    Raises
    ------
    SchemaError
        When a column is missing, or more is answered than was sent.
    InsufficientDataError
        When nothing was sent.

    References
    ----------
    Cochran, W. G. (1977). Sampling techniques (3rd ed., ch. 9). Wiley.

    Examples
    --------
    >>> rate = response_rate(pd.DataFrame({"sent": [1, 2], "answered": [0, 1], "n_customers": [60, 20]}))
    >>> float(rate.row()["estimate"]), float(rate.row()["n"])
    (0.2, 100.0)
    """
    missing = [name for name in ("sent", "answered", "n_customers") if name not in counts]
    if missing or (counts["answered"] > counts["sent"]).any():
        raise SchemaError(
            f"A response rate needs how many were sent, how many of these were answered, and by how many customers: of {len(counts)} rows "
            f"{0 if missing else int((counts['answered'] > counts['sent']).sum())} answer more than was sent, and "
            f"{', '.join(missing) or 'no column'} is missing. Count with `prepare.responses.invited`."
        )
    sent, answered, m = (counts[name].to_numpy(float) for name in ("sent", "answered", "n_customers"))
    total, people = float(m @ sent), float(m.sum())
    if not total:
        raise InsufficientDataError(
            "A response rate needs invitations: none was sent in this window, or all are recent."
        )
    rate = float(m @ answered) / total
    variance = float(m @ (answered - rate * sent) ** 2) / total**2 * people / max(people - 1, 1)
    effective = min(total, rate * (1 - rate) / variance) if variance else total
    limits = intervals.wilson(rate * effective, effective, level=level)
    row = {"estimate": rate, "std_error": variance**0.5, "ci_low": limits.low, "ci_high": limits.high}
    return Estimates.build(
        pd.DataFrame([{**row, "n": total, "n_customers": people}]).astype("float64"),
        by=[],
        measure="response_rate",
        unit="share",
        method="answers per invitation, clustered by customer; Wilson's interval on the effective number of invitations",
        level=level,
        min_n=min_n,
        better="up",
    )


@dataclass(frozen=True)
class _Waits:
    """How long answers take: the share that comes within each number of days, and the variance of its logarithm."""

    within: Numbers
    variance: Numbers

    @classmethod
    def of(cls, rows: pd.DataFrame) -> _Waits | None:
        """Return None when what is looked back on is too short."""
        n, waited, age = (rows[name].to_numpy() for name in ("n", "waited_days", "age_days"))
        longest = int(waited.max())
        came = np.bincount(waited, weights=n, minlength=longest + 1)
        # an answer is at risk from the days that it took to the age of its invitation
        steps = np.bincount(waited, weights=n, minlength=longest + 2) - np.bincount(
            np.minimum(age, longest) + 1, weights=n, minlength=longest + 2
        )
        at_risk = np.cumsum(steps)[: longest + 1]
        before = at_risk - came
        if (before[1:] <= 0).any():
            return None
        kept = np.append(before[1:] / at_risk[1:], 1.0)
        lost = np.append(came[1:] / (at_risk[1:] * before[1:]), 0.0)
        within = np.cumprod(kept[::-1])[::-1]
        if within[min(int(age.max()) // 2, longest)] < _LONG_ENOUGH:
            return None
        return cls(within, np.cumsum(lost[::-1])[::-1])


def _expected(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per period: answers that came, that are expected, their variance, and whether that is known."""
    waits = _Waits.of(rows)
    if waits is None:
        return rows.groupby("period")[["n"]].sum().assign(expected=np.nan, variance=np.nan, known=0, of=1)
    age = rows["age_days"].clip(upper=len(waits.within) - 1)
    came = rows["n"].groupby([rows["period"], age]).sum()
    found = {}
    for period, of_age in came.groupby(level=0):
        at, n = of_age.index.get_level_values(1).to_numpy(), of_age.to_numpy(dtype=float)
        within, total = waits.within[at], n / waits.within[at]
        shared = waits.variance[np.maximum.outer(at, at)]
        variance = (n * (1 - within) / within**2).sum() + total @ shared @ total
        found[period] = {"n": n.sum(), "expected": total.sum(), "variance": variance, "known": 1, "of": 1}
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("period")


def _check(arrivals: pd.DataFrame) -> None:
    missing = [name for name in _NEEDED if name not in arrivals]
    if missing:
        raise SchemaError(
            f"Arrivals need {', '.join(f'`{name}`' for name in _NEEDED)}: {', '.join(missing)} is missing."
        )
    wrong = int(((arrivals["waited_days"] < 0) | (arrivals["waited_days"] > arrivals["age_days"])).sum())
    if wrong or arrivals.empty:
        raise SchemaError(
            f"Arrivals must be some, each within the days since its invitation: {wrong:,} of {len(arrivals):,} rows are"
            " not. Count them with `prepare.responses.arrivals`."
        )
