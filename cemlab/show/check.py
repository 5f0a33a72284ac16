"""What could change a conclusion: each check with its verdict, its words in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cemlab.show import say
from cemlab.show.say import Message, Slot

State = Literal["holds", "watch", "overturns"]


@dataclass(frozen=True)
class Checked:
    """One thing that could change the conclusion, and what came out.

    Attributes
    ----------
    message : Message
        Its ``title`` says what the check found, its value tells it; both may choose by ``$state``.
    state : {"holds", "watch", "overturns"}
        Whether the conclusion stands.
    """

    message: Message
    state: State


def check(id: str, /, *, holds: bool, overturns: bool = False, **slots: Slot) -> Checked:
    """Return a check with its verdict.

    Parameters
    ----------
    id : str
        Of the message, with a ``title``.
    holds : bool
        True when nothing speaks against the conclusion.
    overturns : bool, default False
        True when the conclusion does not stand; between the two it is to be watched.
    **slots : slot
        Of the message.

    Returns
    -------
    Checked
        To be put on the page, which shows the worst first.

    Examples
    --------
    >>> check("check-silent", holds=False).state
    'watch'
    """
    state: State = "overturns" if overturns else "holds" if holds else "watch"
    return Checked(say.message(id, state=state, **slots), state)
