"""The metric family: which codes a question has, and what one answer is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cemlab.core.errors import SchemaError

Kind = Literal["net", "share", "mean"]
Decimals = Literal["", "round", "floor", "own"]
UNITS: dict[Kind, Literal["points", "share", "scale points"]] = {
    "net": "points",
    "share": "share",
    "mean": "scale points",
}

LEAD_ABOVE, WITHHOLD_ABOVE = 0.05, 0.30
"""Shares of answers with an unusable score above which they come first in the answer, and there is no headline."""


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
    top : tuple of float
        Promoters of ``nps``, top boxes of ``csat``, low effort of ``ces``.
    bottom : tuple of float
        Detractors of ``nps``; empty for others.
    better : {"up", "down"}
        Which direction is good.
    decimals : {"", "round", "floor", "own"}
        What becomes of a score between two whole codes: not declared, rounded (halves away from 0), rounded down,
        or a code of its own, in tenths.
    """

    name: str
    kind: Kind
    low: int
    high: int
    top: tuple[float, ...]
    bottom: tuple[float, ...] = ()
    better: Literal["up", "down"] = "up"
    decimals: Decimals = ""

    def __post_init__(self) -> None:
        outside = [code for code in (*self.top, *self.bottom) if not self.low <= code <= self.high]
        if self.low >= self.high or not self.top or outside or set(self.top) & set(self.bottom):
            raise SchemaError(
                f"The scale of `{self.name}` must run from a lower to a higher code and hold the codes that it counts, "
                f"each once: {self.low} to {self.high} was declared with {len(self.top) + len(self.bottom)} of them, "
                f"{len(outside)} outside. Mend `[metrics.{self.name}]` in the lab file."
            )

    @property
    def codes(self) -> Sequence[float]:
        """All codes of the scale, ascending: whole numbers, or tenths."""
        return _tenths(self.low, self.high) if self.decimals == "own" else range(self.low, self.high + 1)

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
    def worth(self) -> dict[float, float]:
        """What an answer of each code is worth: −1, 0 or 1; 0 or 1; or the code itself."""
        if self.kind == "mean":
            return {code: float(code) for code in self.codes}
        return {code: float((code in self.top) - (code in self.bottom)) for code in self.codes}

    @property
    def groups(self) -> dict[str, tuple[float, ...]]:
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

    def with_decimals(self, rule: Decimals) -> MetricScale:
        """Return the same question under a rule on scores between two whole codes.

        Parameters
        ----------
        rule : {"", "round", "floor", "own"}
            As the attribute. With ``own`` the codes counted are all tenths from the lowest to the highest of them.

        Returns
        -------
        MetricScale
            Checked.

        Raises
        ------
        SchemaError
            When tenths are codes, and the codes that are counted do not follow each other.

        Examples
        --------
        >>> stars = declared("csat", scale=(1, 10), top=(9, 10)).with_decimals("own")
        >>> stars.worth[8.9], stars.worth[9.0], len(stars.codes)
        (0.0, 1.0, 91)
        """
        if rule != "own":
            return replace(self, decimals=rule)
        counted = [sorted(codes) for codes in (self.top, self.bottom)]
        if any(codes and len(codes) <= codes[-1] - codes[0] for codes in counted):
            raise SchemaError(
                f"Codes that are counted must follow each other where tenths are codes: those of `{self.name}` leave "
                f"{sum(int(codes[-1] - codes[0]) + 1 - len(codes) for codes in counted if codes)} out between them. "
                f"Declare `decimals` as round or floor in `[metrics.{self.name}]`."
            )
        top, bottom = (_tenths(int(codes[0]), int(codes[-1])) if codes else () for codes in counted)
        return replace(self, top=top, bottom=bottom, decimals=rule)


def _tenths(low: int, high: int) -> tuple[float, ...]:
    # a tenth divided so is the number that its text is read as
    return tuple(tenth / 10 for tenth in range(10 * low, 10 * high + 1))


NPS = MetricScale("nps", "net", 0, 10, top=(9, 10), bottom=(0, 1, 2, 3, 4, 5, 6))
"""Promoters gave 9 or 10, detractors 0 to 6 (Reichheld 2003)."""


FEWEST_TO_JUDGE, HIGHEST_OF_FIVE = 30, 5
"""Answers from which on a scale is judged by what was given, and the highest code of the usual short scale."""


def too_narrow(metric: str, *, answers: float, highest: float) -> bool:
    """Return whether answers to the NPS question look like those to another question.

    Parameters
    ----------
    metric : str
        The question.
    answers : float
        Answers with a score.
    highest : float
        The highest score that was given.

    Returns
    -------
    bool
        True for ``nps`` with at least 30 answers none of which is above 5: on a scale from 0 to 10 hardly any
        company gets that.

    Examples
    --------
    >>> too_narrow("nps", answers=400, highest=5), too_narrow("nps", answers=29, highest=5), too_narrow("csat", answers=400, highest=5)
    (True, False, False)
    """
    return metric == NPS.name and answers >= FEWEST_TO_JUDGE and highest <= HIGHEST_OF_FIVE


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
