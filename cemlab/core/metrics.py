"""The metric family: which codes a question has, and what one answer is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from cemlab.core.errors import SchemaError

Kind = Literal["net", "share", "mean"]
UNITS: dict[Kind, Literal["points", "share", "scale points"]] = {
    "net": "points",
    "share": "share",
    "mean": "scale points",
}


@dataclass(frozen=True)
class MetricScale:
    """The answer scale of one question, and how answers become a score.

    Attributes
    ----------
    name : str
        As in the column ``metric``: ``nps``, ``csat``, ``ces``.
    kind : {"net", "share", "mean"}
        ``net``: share of `top` less share of `bottom`, in points. ``share``: share of `top`.
        ``mean``: mean code.
    low, high : int
        Lowest and highest code.
    top : tuple of int
        Promoters of ``nps``, top boxes of ``csat``, low effort of ``ces``.
    bottom : tuple of int
        Detractors of ``nps``; empty for others.
    better : {"up", "down"}
        Which direction is good.
    """

    name: str
    kind: Kind
    low: int
    high: int
    top: tuple[int, ...]
    bottom: tuple[int, ...] = ()
    better: Literal["up", "down"] = "up"

    def __post_init__(self) -> None:
        outside = [code for code in (*self.top, *self.bottom) if not self.low <= code <= self.high]
        if self.low >= self.high or not self.top or outside or set(self.top) & set(self.bottom):
            raise SchemaError(
                f"The scale of `{self.name}` must run from a lower to a higher code and hold the codes that it counts, "
                f"each once: {self.low} to {self.high} was declared with {len(self.top) + len(self.bottom)} of them, "
                f"{len(outside)} outside. Mend `[metrics.{self.name}]` in the lab file."
            )

    @property
    def codes(self) -> range:
        """All codes of the scale, ascending."""
        return range(self.low, self.high + 1)

    @property
    def unit(self) -> Literal["points", "share", "scale points"]:
        """Unit of the score."""
        return UNITS[self.kind]

    @property
    def difference_unit(self) -> Literal["points", "percentage points", "scale points"]:
        """Unit of a difference of two scores."""
        return "percentage points" if self.kind == "share" else UNITS[self.kind]  # type: ignore[return-value]

    def hundredths(self, count: float) -> float:
        """Return a difference given as a reader gives it, in the unit of the score.

        Parameters
        ----------
        count : float
            Points of ``nps``, percentage points of ``csat``, hundredths of the scale's length of ``ces``.

        Returns
        -------
        float
            In the unit of the score.

        Examples
        --------
        >>> NPS.hundredths(3), MetricScale("ces", "mean", 1, 7, top=(1, 2)).hundredths(3)
        (3.0, 0.18)
        """
        return float(count * {"net": 1.0, "share": 0.01, "mean": (self.high - self.low) / 100}[self.kind])

    @property
    def factor(self) -> float:
        """What the mean value of an answer is multiplied by: 100 for points, else 1."""
        return 100.0 if self.kind == "net" else 1.0

    @property
    def worth(self) -> dict[int, float]:
        """What an answer of each code is worth: −1, 0 or 1; 0 or 1; or the code itself."""
        if self.kind == "mean":
            return {code: float(code) for code in self.codes}
        return {code: float((code in self.top) - (code in self.bottom)) for code in self.codes}

    @property
    def groups(self) -> dict[str, tuple[int, ...]]:
        """Names of the groups of codes that a reader sees, best first, with their codes."""
        between = tuple(code for code in self.codes if code not in (*self.top, *self.bottom))
        if self.kind == "net":
            return {"promoter": self.top, "passive": between, "detractor": self.bottom}
        return {"low effort" if self.name == "ces" else "top box": self.top, "other": between}

    def as_share(self) -> MetricScale:
        """Return the same question scored as the share of its `top` codes.

        Returns
        -------
        MetricScale
            Of kind ``share``; more is better.

        Examples
        --------
        >>> effort = MetricScale("ces", "mean", 1, 7, top=(1, 2), better="down")
        >>> effort.as_share().worth[2]
        1.0
        """
        return replace(self, kind="share", bottom=(), better="up")


NPS = MetricScale("nps", "net", 0, 10, top=(9, 10), bottom=(0, 1, 2, 3, 4, 5, 6))
"""Promoters gave 9 or 10, detractors 0 to 6 (Reichheld 2003)."""


def declared(name: str, *, scale: tuple[int, int], top: tuple[int, ...]) -> MetricScale:
    """Return the scale that a lab file declares for a question.

    Parameters
    ----------
    name : str
        ``csat`` is scored as the share of `top`; ``ces`` as the mean code.
    scale : tuple of (int, int)
        Lowest and highest code.
    top : tuple of int
        Top boxes, or the codes of low effort. Effort is better low where these are the low codes.

    Returns
    -------
    MetricScale
        Checked.

    Raises
    ------
    SchemaError
        When the codes do not fit the scale.

    Examples
    --------
    >>> declared("ces", scale=(1, 7), top=(1, 2)).better
    'down'
    """
    kind: Kind = "mean" if name == "ces" else "share"
    upward = kind == "share" or (bool(top) and 2 * sum(top) > len(top) * (scale[0] + scale[1]))
    return MetricScale(name, kind, scale[0], scale[1], tuple(sorted(set(top))), better="up" if upward else "down")
