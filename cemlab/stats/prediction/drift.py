"""Does the past still hold: are today's customers like those of training, and has the relation moved since."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import UNKNOWN
from cemlab.stats.intervals import Floats, quantile, two_sided
from cemlab.stats.multiplicity import benjamini_hochberg
from cemlab.stats.survival.comparison import chi_square_p

MATERIAL = 0.1
"""A stability index below this is taken as no shift of practical weight."""
OVERLAP = "Customers who were there at both times are counted twice, so that less than this moves by chance."
OTHERS = {"moved": "moved", "little": "moved, but by little", "same": "within noise"}


def drift(
    train: pd.DataFrame,
    live: pd.DataFrame,
    *,
    terms: Sequence[str],
    material: float = MATERIAL,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return whether the customers of a day are like those of training, term by term.

    Standardised difference d = (p₁ − p₀)/√((p₁(1 − p₁) + p₀(1 − p₀))/2) of each level's share. Stability index Σ (p₁ − p₀)·log(p₁/p₀), p with half
    a customer added per level; without drift it is about χ²·(1/n₀ + 1/n₁) with one degree of freedom per level but one, which
    gives its noise and p-value. Total variation ½·Σ|p₁ − p₀|.

    Parameters
    ----------
    train, live : pandas.DataFrame
        Patterns or cells: a column of levels per term, and ``n`` customers.
    terms : sequence of str
        The covariates.
    material : float, default 0.1
        Smallest stability index that counts.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest published level, at both times together.

    Returns
    -------
    Estimates
        Measure ``standardised_difference`` as a ratio; one row per ``term`` and ``level``: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``share_train``, ``share_live``, ``unseen`` (a level that training did not have), ``n``. Part ``terms``: per ``term`` ``stability``,
        ``noise`` (its upper limit without drift), ``p_value``, ``q_value`` (over the terms), ``total_variation``, ``unseen_share``, ``moved``,
        ``verdict``.

    Raises
    ------
    SchemaError
        When a column is missing.
    InsufficientDataError
        When there is nobody at one of the times.

    References
    ----------
    Austin, P. C. (2009). Balance diagnostics for comparing the distribution of baseline covariates between treatment groups. Statistics in
    Medicine, 28(25), 3083–3107. doi:10.1002/sim.3697
    Yurdakul, B., & Naranjo, J. (2020). Statistical properties of the population stability index. Journal of Risk Model
    Validation, 14(4), 89–100. doi:10.21314/JRMV.2020.227

    Examples
    --------
    >>> past = pd.DataFrame({"plan": ["a", "b"], "n": [500, 500]})
    >>> found = drift(past, past.assign(n=[300, 700]), terms=["plan"])
    >>> found.parts["terms"][["stability", "verdict"]].round(3).values.tolist()
    [[0.169, 'moved']]
    """
    for frame in (train, live):
        missing = [name for name in (*terms, "n") if name not in frame]
        if missing or not terms:
            raise SchemaError(
                f"Drift needs the terms and `n` at both times: {', '.join(missing) or 'every term'} missing."
            )
    sizes = float(train["n"].sum()), float(live["n"].sum())
    if min(sizes) <= 0:
        raise InsufficientDataError(
            f"Drift compares customers of two times: {sizes[0]:,.0f} and {sizes[1]:,.0f} were there."
        )
    levels = [_levels(train, live, term, level=level) for term in terms]
    judged = pd.DataFrame([_term(each, sizes, level=level) for each in levels])
    judged["q_value"] = benjamini_hochberg(judged["p_value"])
    beyond = judged["q_value"] < 1 - level
    judged["moved"] = beyond & (judged["stability"] >= material)
    judged["verdict"] = np.select([judged["moved"], beyond], [OTHERS["moved"], OTHERS["little"]], OTHERS["same"])
    table = pd.concat(levels, ignore_index=True).drop(columns=["train", "live"])
    new = judged.loc[judged["unseen_share"] > 0, "term"]
    notes = [f"`{term}` has levels that training did not have: their customers get no score." for term in new]
    return Estimates.build(
        table, by=["term", "level"], measure="standardised_difference", unit="ratio", level=level, min_n=min_n,
        method="standardised difference of shares, delta method", notes=(*notes, OVERLAP), parts={"terms": judged},
    )  # fmt: skip


def calibration_by_month(
    judged: pd.DataFrame,
    *,
    risks: Mapping[float, str],
    training: pd.DataFrame | None = None,
    floor: float = 0.1,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how many left for each one expected, month by month since training.

    Months are the times between one horizon and the next. Expected = Σ n·(H(b) − H(a))·(part of the time from a to b that was lived
    through), H = −log(1 − risk). With the events of training beside them, both are Poisson: limits from the share of the
    two that is new (Clopper–Pearson); without, from O alone. Tests: all months together O/E = 1; a different O/E in each month
    (χ² of log(O/E)); a trend over the months (weighted least squares).

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events``, and the predictions.
    risks : mapping of float to str
        Column of the prediction for each horizon: one per month.
    training : pandas.DataFrame, optional
        Cells that the model was trained on, counted from the training day; without them a model is taken as known.
    floor : float, default 0.1
        Smallest distance of O/E from 1 that counts.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``calibration_by_month`` as a ratio; one row per ``month`` (from 1): ``estimate`` (O/E), ``std_error`` (of its logarithm),
        ``ci_low``, ``ci_high``, ``p_value``, ``since``, ``until``, ``expected``, ``events``, ``n`` at risk at its beginning. Part ``tests``: one row
        per ``test`` ("all months", "between months", "trend"): ``estimate`` with limits (O/E; missing; factor per month), ``statistic``,
        ``df``, ``p_value``, ``moved``, ``verdict``.

    Raises
    ------
    SchemaError
        When a column is missing.
    ParameterError
        When there is no horizon.
    InsufficientDataError
        When nobody is expected to leave.

    References
    ----------
    Crowson, C. S., Atkinson, E. J., & Therneau, T. M. (2016). Assessing calibration of prognostic risk scores. Statistical Methods in Medical
    Research, 25(4), 1692–1706. doi:10.1177/0962280213497434

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 2], "n": [20, 20, 60], "events": [20, 20, 0], "p1": 0.1, "p2": 0.19})
    >>> found = calibration_by_month(cells, risks={1: "p1", 2: "p2"})
    >>> found.table[["month", "expected", "estimate"]].round(2).values.tolist()
    [[1.0, 10.54, 1.9], [2.0, 8.43, 2.37]]
    """
    table = _months(judged, dict(sorted(risks.items())))
    learnt = _events(training, table) if training is not None else np.full(len(table), np.inf)
    table["learnt"] = learnt
    if not table["expected"].sum() > 0:
        raise InsufficientDataError(
            "Calibration needs somebody who was expected to leave: nobody was. Judge another model."
        )
    table = table.assign(**_ratio(table, level=level))
    tests = _tests(table, floor=floor, level=level)
    notes = () if training is not None else ("The model is taken as known: its own errors are not in these intervals.",)
    return Estimates.build(
        table.drop(columns="learnt"), by=["month"], cells=[], measure="calibration_by_month", unit="ratio", level=level, min_n=min_n,
        method="observed over expected endings by month, Poisson limits", notes=notes, parts={"tests": tests},
    )  # fmt: skip


def _levels(train: pd.DataFrame, live: pd.DataFrame, term: str, *, level: float) -> pd.DataFrame:
    counts = [
        frame.groupby(frame[term].fillna(UNKNOWN).astype(str), observed=True)["n"].sum() for frame in (train, live)
    ]
    found = (
        pd.concat(counts, axis=1, keys=["train", "live"]).fillna(0.0).sort_index().rename_axis("level").reset_index()
    )
    size = found[["train", "live"]].sum()
    before, now = found["train"] / size["train"], found["live"] / size["live"]
    noise = before * (1 - before), now * (1 - now)
    scale = np.sqrt((noise[0] + noise[1]) / 2)
    known = scale > 0
    gap = ((now - before) / scale.where(known)).fillna(0.0)
    # Delta method: the difference of shares, and the scale that each share moves too.
    slopes = [sign / scale.where(known) - gap * (1 - 2 * share) / (4 * scale.where(known) ** 2)
              for sign, share in ((-1, before), (1, now))]  # fmt: skip
    error = np.sqrt(slopes[0] ** 2 * noise[0] / size["train"] + slopes[1] ** 2 * noise[1] / size["live"])
    half = float(quantile(level)) * error
    return found.assign(
        term=term, estimate=gap, std_error=error, ci_low=gap - half, ci_high=gap + half, share_train=before, share_live=now,
        unseen=(found["train"] == 0) & (found["live"] > 0), n=found["train"] + found["live"],
    )  # fmt: skip


def _term(levels: pd.DataFrame, sizes: tuple[float, float], *, level: float) -> dict[str, object]:
    from scipy.stats import chi2

    kept = [(levels[name] + 0.5) / (levels[name] + 0.5).sum() for name in ("train", "live")]
    stability = float(((kept[1] - kept[0]) * np.log(kept[1] / kept[0])).sum())
    scale, df = 1 / sizes[0] + 1 / sizes[1], len(levels) - 1
    return {
        "term": levels["term"].iloc[0], "stability": stability, "noise": float(chi2.ppf(level, df)) * scale if df else 0.0,
        "p_value": chi_square_p(stability / scale, df) if df else 1.0,
        "total_variation": float((levels["share_live"] - levels["share_train"]).abs().sum() / 2),
        "unseen_share": float(levels.loc[levels["unseen"], "share_live"].sum()),
    }  # fmt: skip


def _months(judged: pd.DataFrame, risks: Mapping[float, str]) -> pd.DataFrame:
    missing = [name for name in ("duration", "n", "events", *risks.values()) if name not in judged]
    if missing:
        raise SchemaError(f"Judged cells need the columns {', '.join(missing)}: they are missing.")
    if not risks or min(risks) <= 0:
        raise ParameterError(f"Months need horizons above 0: {len(risks)} were given.")
    duration, n = judged["duration"].to_numpy(float), judged["n"].to_numpy(float)
    gone = judged["events"].to_numpy(float)
    hazard, rows = np.zeros(len(judged)), []
    for month, (low, high) in enumerate(itertools.pairwise([0.0, *risks]), start=1):
        upto = -np.log1p(-judged[risks[high]].to_numpy(float))
        lived = np.clip((duration - low) / (high - low), 0.0, 1.0)
        inside = (duration > low) & (duration <= high)
        rows.append(
            (month, low, high, float(n @ ((upto - hazard) * lived)), gone[inside].sum(), n[duration > low].sum())
        )
        hazard = upto
    return pd.DataFrame(rows, columns=["month", "since", "until", "expected", "events", "n"])


def _events(cells: pd.DataFrame, months: pd.DataFrame) -> Floats:
    edges = np.array([*months["since"], months["until"].iloc[-1]])
    at = np.searchsorted(edges, cells["duration"].to_numpy(float), side="left") - 1
    kept = (at >= 0) & (at < len(months))
    return np.asarray(
        np.bincount(at[kept], weights=cells["events"].to_numpy(float)[kept], minlength=len(months)), dtype=float
    )


def _ratio(table: pd.DataFrame, *, level: float) -> dict[str, Floats]:
    """O/E with limits and p-value; what training learnt is another Poisson count of the same expectation."""
    from scipy.stats import beta, gamma

    seen, learnt, expected = (table[name].to_numpy(float) for name in ("events", "learnt", "expected"))
    side = (1 - level) / 2
    if np.isinf(learnt).any():
        low = np.where(seen > 0, gamma.ppf(side, np.maximum(seen, 1)), 0.0) / expected
        high = gamma.ppf(1 - side, seen + 1) / expected
    else:
        shares = np.where(seen > 0, beta.ppf(side, np.maximum(seen, 1), learnt + 1), 0.0), beta.ppf(1 - side, seen + 1, np.maximum(learnt, 0.5))  # fmt: skip
        low, high = (share / (1 - share) * learnt / expected for share in shares)
    known = np.where((seen > 0) & (learnt > 0), seen, np.nan)
    error = np.sqrt(1 / known + 1 / np.where(learnt > 0, learnt, np.nan))
    ratio = seen / expected
    return {"estimate": ratio, "std_error": error, "ci_low": low, "ci_high": high,
            "p_value": two_sided(np.log(known / expected) / error)}  # fmt: skip


def _tests(table: pd.DataFrame, *, floor: float, level: float) -> pd.DataFrame:
    whole = table[["events", "learnt", "expected"]].sum().to_frame().T
    total = {name: float(values[0]) for name, values in _ratio(whole, level=level).items()}
    z = np.log(total["estimate"]) / total["std_error"] if total["estimate"] > 0 else np.nan
    rows = [{"test": "all months", **{name: total[name] for name in ("estimate", "ci_low", "ci_high", "p_value")}, "statistic": z**2, "df": 1}]  # fmt: skip
    known = table[table["std_error"].notna()]
    logs, weight, month = (
        np.log(known["estimate"].to_numpy()),
        1 / known["std_error"].to_numpy() ** 2,
        known["month"].to_numpy(float),
    )
    if len(known) > 1:
        mean = np.average(logs, weights=weight)
        spread, df = float(weight @ (logs - mean) ** 2), len(known) - 1
        rows.append({"test": "between months", "statistic": spread, "df": df, "p_value": chi_square_p(spread, df)})
        centred = month - np.average(month, weights=weight)
        size = weight @ centred**2
        slope, error = weight @ (centred * logs) / size, 1 / np.sqrt(size)
        half = float(quantile(level)) * error
        rows.append({"test": "trend", "estimate": np.exp(slope), "ci_low": np.exp(slope - half), "ci_high": np.exp(slope + half),
                     "statistic": (slope / error) ** 2, "df": 1, "p_value": float(two_sided(slope / error))})  # fmt: skip
    tests = pd.DataFrame(rows)
    beyond = tests["p_value"] < (1 - level) / len(tests)
    far = tests["estimate"].isna() | (tests["estimate"] - 1).abs().ge(floor)
    return tests.assign(moved=beyond & far, verdict=np.select([beyond & far, beyond], [OTHERS["moved"], OTHERS["little"]], OTHERS["same"]))  # fmt: skip
