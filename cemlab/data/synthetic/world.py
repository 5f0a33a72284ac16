"""The made-up world: every number that is planted, and the switch that turns the effects off."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

FIRST_DAY = dt.date(2023, 1, 1)
LAST_DAY = dt.date(2024, 12, 16)
MONTHS = 24
BEFORE = -1
"""The month in which the first lives begin: the first day falls into it."""
HORIZON_DAYS = 90
TAKEOVER_DAY = dt.date(2023, 7, 1)
TRIAL_DAY = dt.date(2024, 1, 1)
DRIFT_DAY = dt.date(2024, 7, 1)
ZONE = "Europe/Berlin"
REASONS = ("customer left", "payment failed")

REGIONS = {"North": 0.25, "South": 0.25, "East": 0.25, "West": 0.25}
SEGMENTS = {"Single": 0.35, "Family": 0.30, "Business": 0.20, "Student": 0.15}
GROWING = "Student"
GROWTH = 0.30
"""How much the share of the growing segment among new accounts rises from the first month to the last."""
PLANS = {"monthly": 0.5, "yearly": 0.3, "two years": 0.2}
AGES = {"18-29": 0.25, "30-44": 0.30, "45-59": 0.25, "60+": 0.20}
STUDENT_AGES = {"18-29": 0.80, "30-44": 0.14, "45-59": 0.04, "60+": 0.02}
LANGUAGES = {"en": 0.50, "de": 0.35, "fr": 0.15}
ACQUIRED = {"web": 0.45, "shop": 0.28, "phone": 0.15, "referral": 0.12}
TAKEN_OVER = 0.08
JOINED_BEFORE = 0.6

CODES = (0.010, 0.008, 0.010, 0.018, 0.024, 0.060, 0.070, 0.120, 0.180, 0.200, 0.300)
"""Shares of the codes 0 to 10 where nothing raises or lowers the score: 30 points."""
NPS_POINTS = dict.fromkeys(SEGMENTS, 30.0) | {"Student": 15.0}
POINTS_PER_MONTH = 0.5
MIDDLE_MONTH = (MONTHS - 1) / 2
VARIANCE = {"account": 0.10, "customer": 0.25, "usage": 0.08, "drivers": 0.35, "noise": 0.22}
COMPLAINT_ON_SCORE = -0.35
CASE_ON_SCORE = 0.30

DRIVERS = {"price": 0.25, "service": 0.40, "reliability": 0.35, "app": 0.15, "billing": 0.0}
HALO = 0.3
RATED_MEAN, RATED_SPREAD = 6.5, 1.8
UNRATED = 0.04

NEEDS = {"saver": 0.40, "care": 0.35, "power": 0.25}
NEED_ITEMS = ("price", "help", "speed", "mobile", "security", "simple")
NEED_SIGNS = {"saver": (1, -1, -1, -1, -1, 1), "care": (-1, 1, -1, -1, 1, 1), "power": (-1, -1, 1, 1, 1, -1)}
NEED_LIFT = 0.35
NEED_RATINGS = {
    "saver": (-0.8, 0.0, 0.0, 0.2, 0.4),
    "care": (0.4, -0.6, 0.0, 0.3, -0.4),
    "power": (0.5, 0.3, -0.7, -0.4, 0.0),
}

INCLUSION = {"Single": 0.6, "Family": 0.6, "Business": 0.8, "Student": 1.0}
RESPONSE = {"base": -1.0, "usage": 0.50, "complaint": -0.70, "tenure_years": 0.25}
RESPONSE_NULL = -0.65
NO_SCORE = 0.03
LATEST_DAYS = 45
LATENESS = 4.0

HAZARDS = {"monthly": (0.026, 0.007), "yearly": (0.011, 0.004), "two years": (0.006, 0.002)}
"""Per month of tenure, for month 4 to 12 and everything else at its reference: the customer leaves, the payment fails."""
HAZARDS_NULL = (0.018, 0.005)
TENURE_FACTORS = {3: 1.5, 12: 1.0, 10**6: 0.75}
"""Last month of tenure of a band and the factor on the hazard of leaving."""
LEAVING = {"Student": 0.25, "detractor": 0.60, "promoter": -0.30, "complaint": 0.50, "price": 0.40, "case": -0.50}
FAILING = {"Student": 0.30, "payment": 1.00}
RECENT_DAYS = 90
CASE_DAYS = 180
RETURNS = 0.08

COMPLAINT = -3.1
COMPLAINT_BY_LEVEL = -0.8
CONTACT = 0.10
CHANNELS = {"phone": 0.5, "web": 0.5}
HANDOFFS = (("care", "workshop"), ("workshop", "field"), ("field", "care"))
BROKEN = ("workshop", "field")
WAIT_DAYS, WAIT_BROKEN = 1.5, 3.0
DROPPED, DROPPED_BROKEN = 0.05, 0.20
PAYMENT_FAILS = 0.012
PLAN_CHANGES = 0.008
PRICE_RISE, RAISED_SHARE, RAISED_MONTHS = 0.05, 0.5, (12, 17)

TOUCHED, TOUCHED_ANSWER = 0.30, 0.40
TOUCH_METRICS = {"csat": 0.5, "ces": 0.3, "nps": 0.2}
CSAT = {"phone": (0.04, 0.06, 0.12, 0.38, 0.40), "web": (0.08, 0.12, 0.20, 0.35, 0.25)}
CES = (0.03, 0.05, 0.08, 0.14, 0.22, 0.26, 0.22)

COMMENTED = 0.40
THEMES = {
    "promoter": {"price": 0.10, "service": 0.40, "reliability": 0.30, "app": 0.15, "billing": 0.05},
    "passive": {"price": 0.35, "service": 0.20, "reliability": 0.20, "app": 0.15, "billing": 0.10},
    "detractor": {"price": 0.20, "service": 0.25, "reliability": 0.30, "app": 0.05, "billing": 0.20},
}
THEMES_NULL = {"price": 0.2, "service": 0.3, "reliability": 0.25, "app": 0.15, "billing": 0.1}
POSITIVE = {"promoter": 0.9, "passive": 0.5, "detractor": 0.1}

PRICES = {"monthly": 45.0, "yearly": 39.0, "two years": 35.0}
MARGINS = dict.fromkeys(SEGMENTS, 0.30) | {"Business": 0.40}
REFERRING = {"promoter": 0.0040, "passive": 0.0015, "none": 0.0010, "detractor": 0.0004}
"""Share of customers per month that bring another one."""
REFERRING_NULL = 0.0015
CASES = {"usage_below": 0.2, "usage_above": 0.6, "trial": 0.5}
CASES_NULL = 0.4

_NORMAL = NormalDist()


@dataclass(frozen=True)
class World:
    """A company that can be drawn: how large, from which seed, with which effects.

    Attributes
    ----------
    customers : int
        How many.
    seed : int
        Of every draw.
    null : bool
        True when nothing has an effect on anything.
    separation : float
        How far apart the needs lie: 0 not at all, 1 clearly.
    drift : float
        Factor on the hazard of leaving from `DRIFT_DAY` on.
    """

    customers: int = 4000
    seed: int = 7
    null: bool = False
    separation: float = 1.0
    drift: float = 1.0

    def effect(self, value: float) -> float:
        """Return `value`, or 0 in the null world.

        Parameters
        ----------
        value : float
            A planted effect on an additive scale.

        Returns
        -------
        float
            The effect as it is in this world.
        """
        return 0.0 if self.null else value

    @property
    def gap(self) -> float:
        """Separation of the needs in this world."""
        return self.effect(self.separation)

    @property
    def hazards(self) -> Mapping[str, tuple[float, float]]:
        """Monthly baseline hazards per plan."""
        return dict.fromkeys(PLANS, HAZARDS_NULL) if self.null else HAZARDS

    @property
    def variances(self) -> Mapping[str, float]:
        """Parts of the variance of the score before it is cut into codes; they add up to 1."""
        if not self.null:
            return VARIANCE
        kept = {"account": VARIANCE["account"], "customer": VARIANCE["customer"], "usage": 0.0, "drivers": 0.0}
        return kept | {"noise": 1 - sum(kept.values())}

    def points(self, segment: str, month: int) -> float:
        """Return the planted NPS of a segment in a month.

        Parameters
        ----------
        segment : str
            One of `SEGMENTS`.
        month : int
            0 is January 2023.

        Returns
        -------
        float
            Points, for customers without a recent complaint or case.
        """
        if self.null:
            return 30.0
        return NPS_POINTS[segment] + POINTS_PER_MONTH * (month - MIDDLE_MONTH)

    def growing_share(self, month: int) -> float:
        """Return the share of the growing segment among accounts that begin in a month.

        Parameters
        ----------
        month : int
            0 is January 2023; below it for earlier ones.

        Returns
        -------
        float
            A share.
        """
        return SEGMENTS[GROWING] + self.effect(GROWTH) * max(0, month) / (MONTHS - 1)

    def need_share(self, need: str, item: int) -> float:
        """Return the probability that a customer with a need ticks an item.

        Parameters
        ----------
        need : str
            One of `NEEDS`.
        item : int
            Position in `NEED_ITEMS`.

        Returns
        -------
        float
            Between 0 and 1.
        """
        return min(0.99, max(0.01, 0.5 + NEED_LIFT * self.gap * NEED_SIGNS[need][item]))

    def csat(self, channel: str) -> tuple[float, ...]:
        """Return the shares of the codes 1 to 5 for a channel.

        Parameters
        ----------
        channel : str
            One of `CHANNELS`.

        Returns
        -------
        tuple of float
            They add up to 1.
        """
        return CSAT["phone"] if self.null else CSAT[channel]


def cuts() -> tuple[float, ...]:
    """Return the ten cut points that turn a standard normal score into codes 0 to 10.

    Returns
    -------
    tuple of float
        The lower ends of the codes 1 to 10.
    """
    reached, points = 0.0, []
    for share in CODES[:-1]:
        reached += share
        points.append(_NORMAL.inv_cdf(reached))
    return tuple(points)


def shift_for(points: float) -> float:
    """Return the shift of the standard normal score that gives an NPS.

    Parameters
    ----------
    points : float
        Between -100 and 100.

    Returns
    -------
    float
        In standard deviations.
    """
    low, high = -6.0, 6.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if nps_at(middle) < points else (low, middle)
    return (low + high) / 2


def nps_at(shift: float, spread: float = 1.0) -> float:
    """Return the NPS of a normal score before it is cut into codes.

    Parameters
    ----------
    shift : float
        Its mean.
    spread : float, default 1.0
        Its standard deviation.

    Returns
    -------
    float
        Points.
    """
    points = cuts()
    promoters = 1 - _NORMAL.cdf((points[8] - shift) / spread)
    return 100 * (promoters - _NORMAL.cdf((points[6] - shift) / spread))


def driver_weights(world: World) -> dict[str, float]:
    """Return the weight of each driver in the score before it is cut into codes.

    Parameters
    ----------
    world : World
        The world.

    Returns
    -------
    dict of str to float
        Per standard deviation of the driver, in standard deviations of the score.
    """
    own = (1 - HALO) * sum(weight**2 for weight in DRIVERS.values())
    spread = math.sqrt(own + HALO * sum(DRIVERS.values()) ** 2)
    return {name: math.sqrt(world.variances["drivers"]) * weight / spread for name, weight in DRIVERS.items()}


def need_ratings(world: World, need: str) -> tuple[float, ...]:
    """Return how a need shifts each driver's rating, so that the score stays what it is.

    Parameters
    ----------
    world : World
        The world.
    need : str
        One of `NEEDS`.

    Returns
    -------
    tuple of float
        Shifts in standard deviations, orthogonal to the drivers' weights.
    """
    weights = list(DRIVERS.values())
    wished = NEED_RATINGS[need]
    along = sum(w * s for w, s in zip(weights, wished, strict=True)) / sum(w * w for w in weights)
    return tuple(world.gap * (shift - along * weight) for weight, shift in zip(weights, wished, strict=True))
