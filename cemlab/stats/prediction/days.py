"""Has leaving gone on as it did: observed over expected on each judged day, the training's own noise included."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause, label_of, labelled
from cemlab.stats.multiplicity import benjamini_hochberg
from cemlab.stats.prediction.drift import calibration_by_month
from cemlab.stats.prediction.tabled import Risks

MATERIAL = 0.1
"""Smallest distance of observed over expected from 1 that counts."""


def relation_by_day(
    frames: Mapping[str, pd.DataFrame],
    *,
    risks: Risks,
    training: Mapping[str, pd.DataFrame],
    cause: Cause = "",
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how many left for each one expected from each judged day on.

    One row of `calibration_by_month` ("all months") per day: what a model learnt is as uncertain as what is seen, so both count. Whoever left for
    another cause than the one that is judged stays at risk to the last horizon, as in Fine and Gray's model.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        Judged day → its cells with predictions.
    risks : mapping of float to str
        Column of the prediction for each horizon.
    training : mapping of str to pandas.DataFrame
        Judged day → the cells that its model was trained on.
    cause : str or float, default ""
        The cause that is judged; empty for every ending.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``observed_expected`` as a ratio; one row per ``day``, oldest first: ``estimate``, ``ci_low``, ``ci_high``, ``p_value``, ``flagged``
        (moved by a tenth at least, and by more than noise among so many days: Benjamini–Hochberg), ``events``, ``n``. Part ``months``: those of each day.

    Raises
    ------
    SchemaError
        When there is no day, or one without training.

    References
    ----------
    Crowson, C. S., Atkinson, E. J., & Therneau, T. M. (2016). Assessing calibration of prognostic risk scores. Statistical Methods in Medical
    Research, 25(4), 1692–1706. doi:10.1177/0962280213497434
    """
    lacking = [day for day in frames if day not in training]
    if lacking or not frames:
        raise SchemaError(
            f"Each judged day needs the cells of its training: {len(lacking)} of {len(frames)} lack them."
        )
    rows, months = [], []
    for day in sorted(frames):
        ours, theirs = (_of_cause(cells, label_of(cause), until=max(risks)) for cells in (frames[day], training[day]))
        found = calibration_by_month(ours, risks=risks, training=theirs, level=level, min_n=min_n)
        (test,) = found.parts["tests"].query("test == 'all months'").to_dict("records")
        whole = {name: float(test[name]) for name in ("estimate", "ci_low", "ci_high", "p_value")}
        rows.append({"day": day, **whole, "events": ours["events"].sum(), "n": ours["n"].sum()})
        months.append(found.table.assign(day=day))
    table = pd.DataFrame(rows)
    beyond = benjamini_hochberg(table["p_value"]) < 1 - level
    return Estimates.build(
        table.assign(flagged=beyond & (table["estimate"] - 1).abs().ge(MATERIAL)), by=["day"], measure="observed_expected", unit="ratio", level=level, min_n=min_n,
        method="observed over expected endings, Poisson limits with the noise of training", parts={"months": pd.concat(months)},
        notes=found.notes,
    )  # fmt: skip


def _of_cause(cells: pd.DataFrame, cause: str, *, until: float) -> pd.DataFrame:
    if not cause:
        return cells
    # The risk of one cause is a share of all who were there: who left for another one stays among them, with no event, to the end.
    other = cells["cause"].notna() & (labelled(cells["cause"]) != cause)
    return cells.assign(events=cells["events"].where(~other, 0), duration=cells["duration"].where(~other, until))
