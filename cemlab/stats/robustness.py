"""What could overturn a net promoter score: other cut points, and answers that heap on round codes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cemlab.core.metrics import NPS
from cemlab.core.results import Estimates
from cemlab.stats import intervals, weighting
from cemlab.stats.scores import estimate, samples_of
from cemlab.stats.scores.samples import is_clustered

CUTS = {
    "as defined": (9, 6),
    "8 counts as promoter": (8, 6),
    "9 counts as passive": (10, 6),
    "7 counts as detractor": (9, 7),
    "6 counts as passive": (9, 5),
}
"""Words for a rule → lowest promoter and highest detractor."""

ROUND = {0: (1,), 5: (4, 6), 10: (9,)}
"""Codes on which answers heap → their neighbours."""

CUT_SCALES = {
    rule: replace(NPS, top=tuple(range(lowest, 11)), bottom=tuple(range(highest + 1)))
    for rule, (lowest, highest) in CUTS.items()
}
"""Words for a rule → the scale with its cuts moved so."""

CUT_RATIOS = {rule: (scale.worth, None) for rule, scale in CUT_SCALES.items()}
"""The rules as ratios, for ``prepare.responses.ratio_sums``."""

_HEAPED = {"0": (0,), "5": (5,), "10": (10,), "all": (0, 5, 10)}

HEAPING_RATIOS = {
    name: (
        dict.fromkeys(codes, 1.0),
        {near: 1 / len(ROUND[code]) for code in codes for near in ROUND[code]},
    )
    for name, codes in _HEAPED.items()
}
"""Indices of heaping as ratios, for ``prepare.responses.ratio_sums``."""


def cut_points(
    counts: pd.DataFrame, *, design: pd.DataFrame | None = None, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return the net promoter score with each cut point moved by one.

    N = 100·(share of promoters − share of detractors), promoters from 8, 9 or 10, detractors to 5, 6 or 7.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts without groups.
    design : pandas.DataFrame, optional
        From ``prepare.responses.ratio_sums`` of the same answers with `CUT_RATIOS`. Needed where customers
        answered more than once, or clusters or strata are declared, as for the score itself.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``nps_cut``; one row per ``rule`` (the first is the score as defined): ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``shift`` (from the score as defined), ``n``, ``n_customers``,
        ``n_eff``.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a score is no code from 0 to 10.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review, 81(12).

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [4, 6, 8, 9], "n": [10, 20, 30, 40]})
    >>> cut_points(counts).table.set_index("rule")["estimate"].to_dict()["8 counts as promoter"]
    40.0
    """
    rows = []
    for rule, scale in CUT_SCALES.items():
        found = estimate(counts, metric=scale, design=_of(design, rule), level=level, min_n=1)
        rows.append(found.table.assign(rule=rule))
    table = pd.concat(rows, ignore_index=True).drop(columns=["suppressed", "too_small"])
    table = table[["rule", "estimate", "std_error", "ci_low", "ci_high", "n", "n_customers", "n_eff"]]
    table["shift"] = table["estimate"] - table["estimate"].iloc[0]
    return Estimates.build(
        table,
        by=["rule"],
        cells=[],
        measure="nps_cut",
        unit="points",
        method="net promoter score, adjusted Wald interval",
        level=level,
        min_n=min_n,
        better="up",
        notes=found.notes,
    )


def heaping(
    counts: pd.DataFrame, *, design: pd.DataFrame | None = None, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return how much more often 0, 5 and 10 were given than their neighbours.

    Index = Σp(0, 5, 10) / (p(1) + ½(p(4) + p(6)) + p(9)); interval on the log scale by the delta method,
    var(log index) = Σp_i(a_i/A − e_i/E)²/n; with a design its Taylor variance as a ratio of cluster totals.
    Near 1 there is no heaping. At the ends of the scale it also tells of customers who mean it: read the index
    of 5 first.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts without groups.
    design : pandas.DataFrame, optional
        From ``prepare.responses.ratio_sums`` of the same answers with `HEAPING_RATIOS`, as for `cut_points`.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``heaping`` as a ratio; one row per ``code`` (``0``, ``5``, ``10``, ``all``): ``estimate``,
        ``std_error`` (of the ratio), ``ci_low``, ``ci_high``, ``share`` (of answers on the code), ``n``,
        ``n_customers``. NaN where the code or its neighbours have no answer.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a score is no code from 0 to 10.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Shryock, H. S., & Siegel, J. S. (1976). The Methods and Materials of Demography. Academic Press
    (Whipple's index).

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [4, 5, 6], "n": [10, 30, 10]})
    >>> heaping(counts).row({"code": "5"})["estimate"].round(6).tolist()
    3.0
    """
    samples = samples_of(counts, scale=NPS).table.iloc[0]
    weight = counts["sum_w"] if "sum_w" in counts else counts["n"].astype(float)
    share = weight.groupby(counts["score"]).sum().reindex(range(11), fill_value=0.0).to_numpy() / weight.sum()
    rows = [_index(share, codes, n=float(samples["n_eff"])) for codes in _HEAPED.values()]
    table = pd.DataFrame(rows, columns=["estimate", "log_error", "share"]).assign(code=list(_HEAPED))
    if design is not None and is_clustered(_of(design, "all")):
        table["log_error"] = [_log_error(design, code) for code in _HEAPED]
    spread = np.exp(intervals.quantile(level) * table["log_error"])
    table = table.assign(
        std_error=table["estimate"] * table["log_error"],
        ci_low=table["estimate"] / spread,
        ci_high=table["estimate"] * spread,
        n=samples["n"],
        n_customers=samples["n_customers"],
    ).drop(columns="log_error")
    return Estimates.build(
        table,
        by=["code"],
        cells=[],
        measure="heaping",
        unit="ratio",
        method="share on a code over that of its neighbours",
        level=level,
        min_n=min_n,
    )


def _index(share: np.ndarray, codes: tuple[int, ...], *, n: float) -> tuple[float, float, float]:
    """Ratio, standard error of its logarithm, and share of the codes."""
    heaped, around = np.zeros(11), np.zeros(11)
    for code in codes:
        heaped[code] = 1
        around[list(ROUND[code])] = 1 / len(ROUND[code])
    top, below = float(heaped @ share), float(around @ share)
    if not top or not below:
        return np.nan, np.nan, top
    pull = heaped / top - around / below
    return top / below, float(np.sqrt((share * pull**2).sum() / n)), top


def _of(design: pd.DataFrame | None, rule: str) -> pd.DataFrame | None:
    """The design sums of one ratio."""
    return None if design is None else design.loc[design["rule"] == rule].drop(columns="rule")


def _log_error(design: pd.DataFrame, rule: str) -> float:
    """Standard error of the logarithm of a ratio of cluster totals; NaN where it has none."""
    sums = design.loc[design["rule"] == rule]
    if not (sums["sum_a"].sum() > 0 and sums["sum_b"].sum() > 0):
        return np.nan
    linear = weighting.linearise(sums.drop(columns="rule"), [])
    few = linear.n_clusters[0] < weighting.FEWEST
    return np.nan if few else float(np.sqrt(linear.variance[0]) / linear.mean[0])
