"""What a lab.toml says of the lab itself, and of the scales of its questions."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from cemlab.core.lab import LabInfo
from cemlab.core.metrics import Decimals
from cemlab.data.layout import Code, Name, Strict


def known_zone(value: str) -> str:
    """Return a zone that is one.

    Parameters
    ----------
    value : str
        As the lab file has it.

    Returns
    -------
    str
        The same.

    Raises
    ------
    ValueError
        When it is no IANA name.
    """
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no IANA time zone, such as Europe/Paris") from None
    return value


def _known_day(value: str) -> str:
    try:
        return dt.date.fromisoformat(value).isoformat() if value else ""
    except ValueError:
        raise ValueError("is no day as YYYY-MM-DD") from None


class LabSection(Strict):
    """The table ``[lab]``: what the lab says of itself (see `cemlab.core.lab.LabInfo`)."""

    name: Name
    company: Name
    time_zone: Annotated[str, AfterValidator(known_zone)]
    data_until: Annotated[Code, AfterValidator(_known_day)] = ""
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    locale: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = "en-GB"
    accent: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#0b5c78"
    synthetic: bool = False
    description: str = ""
    segments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "en"
    labels: dict[str, str] = Field(default_factory=dict)

    @property
    def info(self) -> LabInfo:
        """The same as the rooms above see it."""
        return LabInfo(**self.model_dump(exclude={"data_until"}))


class MetricSection(Strict):
    """A table ``[metrics.<name>]``: the scale of a question, and which codes are counted.

    Attributes
    ----------
    scale : tuple of (int, int) or None
        Lowest and highest code; of ``nps`` they are known.
    top : tuple of int
        Top boxes, of ``csat`` and of a question of the lab's own.
    low_effort : tuple of int
        Codes of low effort, of ``ces``.
    decimals : {"", "round", "floor", "own"}
        What becomes of scores between two whole codes (see `cemlab.core.metrics.MetricScale`).
    """

    scale: tuple[int, int] | None = None
    top: tuple[int, ...] = ()
    low_effort: tuple[int, ...] = ()
    decimals: Decimals = ""
