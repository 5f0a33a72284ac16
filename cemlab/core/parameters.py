"""The parameters that studies take: one registry, shared by all of them.

A study declares which of these it takes, and its defaults, in the notebook cell tagged
``parameters``. The name fixes type, range and help here, so that ``level`` means the same in
every study, on the command line and inside the notebook.
"""

from __future__ import annotations

import datetime as dt
import math
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from cemlab.core.errors import ParameterError, near_miss
from cemlab.core.names import BESIDE, need_free

Kind = Literal["text", "integer", "number", "boolean", "date", "list"]
Value = str | int | float | bool | list[str]

ANNOTATIONS: Mapping[Kind, str] = {
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "date": "str",
    "list": "list[str]",
}
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, type, range and meaning.

    Attributes
    ----------
    name : str
        As it stands in the notebook and after ``-p``.
    kind : {"text", "integer", "number", "boolean", "date", "list"}
        A date is an ISO day as text; ``""`` stands for "not given" in text and dates.
    help : str
        One line, no full stop.
    unit : str
        Of a number: ``points``, ``days``, ``share``, ``customers``; empty otherwise.
    low, high : float
        Closed range of a number, unless `open_ends`; a list with a `low` holds numbers, as text.
    open_ends : bool
        True when the ends themselves are not allowed.
    choices : tuple of str
        The only values allowed, an empty one perhaps among them; empty for any.
    required : bool
        True when empty text is refused.
    free : bool
        Of a list: True when an item may hold a comma, as a person's words and rated statements do.
    """

    name: str
    kind: Kind
    help: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    open_ends: bool = False
    choices: tuple[str, ...] = ()
    required: bool = False
    free: bool = False

    def coerce(self, value: object) -> Value:
        """Return `value` in this parameter's type.

        Parameters
        ----------
        value : object
            Text from the command line, or a literal from YAML or a notebook.

        Returns
        -------
        str, int, float, bool or list of str
            A date comes back as ISO text.

        Raises
        ------
        ParameterError
            When `value` is not of the type, out of range, or not one of the choices.
        """
        coerced = _COERCE[self.kind](self, value)
        if self.required and coerced in ("", []):
            raise self.refuse(value, "must be given")
        if self.choices:
            for item in coerced if isinstance(coerced, list) else [coerced]:
                if item not in self.choices:
                    raise self.refuse(
                        value,
                        "must be one of"
                        f" {', '.join(filter(None, self.choices))}{', or empty' if '' in self.choices else ''}",
                        near_miss(str(item), self.choices),
                    )
        return coerced

    def refuse(self, value: object, must: str, hint: str = "") -> ParameterError:
        """Return the error that says what this parameter must be and what was given.

        Parameters
        ----------
        value : object
            What was given.
        must : str
            What must hold, as the end of "`name` …".
        hint : str, default ""
            A sentence to put before the help, such as the near miss.

        Returns
        -------
        ParameterError
            Ready to be raised.
        """
        return ParameterError(f"`{self.name}` {must}: {value!r} was given. {hint}{self.describe()}")

    def describe(self) -> str:
        """Return one sentence on what the parameter is, with unit and range."""
        unit = f", {self.unit}" if self.unit else ""
        return f"`{self.name}` is: {self.help}{unit}{self.bounds()}."

    def bounds(self) -> str:
        """Return the range in words, with a leading blank; empty when there is none."""
        above, below = ("above", "below") if self.open_ends else ("at least", "at most")
        parts = [f"{above} {_plain(self.low)}"] if self.low > -math.inf else []
        parts += [f"{below} {_plain(self.high)}"] if self.high < math.inf else []
        return f" ({', '.join(parts)})" if parts else ""

    def in_range(self, number: float) -> bool:
        """Return whether a number lies in the declared range.

        Parameters
        ----------
        number : float
            In the parameter's unit.

        Returns
        -------
        bool
            True inside, and on an end unless `open_ends`.
        """
        if self.open_ends:
            return self.low < number < self.high
        return self.low <= number <= self.high


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"


def _text(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str):
        raise parameter.refuse(value, "must be text (quote it in YAML)")
    return value


def _integer(parameter: Parameter, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise parameter.refuse(value, "must be a whole number")
    try:
        number = int(value)
    except ValueError:
        raise parameter.refuse(value, "must be a whole number") from None
    if not parameter.in_range(number):
        raise parameter.refuse(value, "is out of range")
    return number


def _number(parameter: Parameter, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise parameter.refuse(value, "must be a number")
    try:
        number = float(value)
    except ValueError:
        raise parameter.refuse(value, "must be a number") from None
    if not math.isfinite(number) or not parameter.in_range(number):
        raise parameter.refuse(value, "is out of range")
    return number


def _boolean(parameter: Parameter, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE:
        return value.strip().lower() in _TRUE
    raise parameter.refuse(value, "must be true or false")


def _date(parameter: Parameter, value: object) -> str:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    if value == "":
        return ""
    try:
        return dt.datetime.strptime(str(value), "%Y-%m-%d").date().isoformat()
    except ValueError:
        raise parameter.refuse(value, "must be a day as YYYY-MM-DD") from None


def _list(parameter: Parameter, value: object) -> list[str]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise parameter.refuse(value, "must be a list of text (repeat the option, or quote in YAML)")
    kept = [item for item in items if item]
    for item in kept:
        parts = _joined(item, free=parameter.free)
        if parts:
            again = " ".join(f"-p {parameter.name} {shlex.quote(part)}" for part in parts)
            raise parameter.refuse(value, "must be a list: several items stand in one text", f"Give them as {again}. ")
    if parameter.low > -math.inf:
        for item in kept:
            _number(parameter, item)
    if len(set(kept)) < len(kept):
        raise parameter.refuse(value, "must not name the same thing twice")
    return kept


def _joined(item: str, *, free: bool) -> list[str]:
    """Return the items that stand in one text, as other tools write a list; none where it is a single item."""
    text = item.strip()
    bracketed = text.startswith("[") and text.endswith("]")
    if not bracketed and (free or "," not in text):
        return []
    parts = [part.strip().strip("'\"").strip() for part in (text[1:-1] if bracketed else text).split(",")]
    return [part for part in parts if part] or ["NAME"]


_COERCE: Mapping[Kind, Callable[[Parameter, object], Value]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "list": _list,
}

REGISTRY: Mapping[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter("lab_file", "text", "the lab.toml that describes the company's tables", required=True),
        Parameter("data_dir", "text", "folder that holds the lab's source files; empty for the folder of the lab file"),
        Parameter(
            "as_of", "date", "only what was known before this day is used; empty for the day after the last known row"
        ),
        Parameter("start", "date", "first day of the window; empty for the first answer"),
        Parameter("end", "date", "day after the window; empty for as_of"),
        Parameter("survey", "text", "the survey to study, or that last answers are taken from; empty for all"),
        Parameter(
            "metric",
            "text",
            "the question to study; empty for nps where it was asked, else the question with most answers",
            choices=("nps", "csat", "ces", ""),
        ),
        Parameter(
            "segment_by",
            "list",
            "columns to compare customers by; empty for those that the lab names, else the first with few levels",
        ),
        Parameter(
            "period",
            "text",
            "length of a step in the course over time; wave for survey waves, declared or told by gaps between days",
            choices=("week", "month", "quarter", "year", "wave"),
        ),
        Parameter(
            "level", "number", "confidence level of every interval", unit="share", low=0.5, high=1, open_ends=True
        ),
        Parameter("min_n", "integer", "smallest number of customers in a published cell", unit="customers", low=2),
        Parameter(
            "materiality",
            "number",
            "smallest difference worth flagging: in points (nps), percentage points (csat, shares), hundredths of the"
            " scale (ces)",
            low=0,
        ),
        Parameter(
            "compare_start", "date", "first day of an earlier window to compare with; empty for its first answer"
        ),
        Parameter("compare_end", "date", "day after the earlier window; empty for the day on which the window starts"),
        Parameter(
            "weights",
            "text",
            "what an answer weighs: auto (its own weight where the lab maps one), none, lab (its own), or an"
            " assignment",
        ),
        Parameter(
            "unusable_share",
            "number",
            "share of answers with an unusable score above which the answer opens with them",
            unit="share",
            low=0,
            high=1,
        ),
        Parameter("believed", "list", "scores the company believes to have, such as 52 or region:North=40", free=True),
        Parameter("clock", "text", "what durations are counted in", choices=("months", "days")),
        Parameter("cause", "text", "reason for leaving that the model speaks of; empty for all"),
        Parameter("covariates", "list", "columns that the model explains leaving by; empty for those compared"),
        Parameter("time_varying", "list", "what changes while customers stay, such as nps_group or complaints_90d"),
        Parameter(
            "landmark_days", "integer", "day of a relationship at which covariates are fixed", unit="days", low=1
        ),
        Parameter("model", "text", "model of the rate of leaving", choices=("cox", "cloglog", "logit")),
        Parameter(
            "horizons", "list", "times after which shares are told, in the unit of the clock", low=0, required=True
        ),
        Parameter(
            "given",
            "number",
            "time from which curves speak, of those still there then; 0 for the start that the records allow",
            low=0,
        ),
        Parameter(
            "extrapolate_to",
            "number",
            "time beyond follow-up that a formula speaks of, in the unit of the clock; 0 for none",
            low=0,
        ),
        Parameter(
            "horizon_days",
            "integer",
            "how far ahead a prediction looks, or a later outcome lies",
            unit="days",
            low=3,
            high=3650,
        ),
        Parameter("cuts", "integer", "on how many past days the prediction is judged", low=1, high=12),
        Parameter("challenger", "text", "model that may beat the simple ones", choices=("boosting", "none")),
        Parameter("contact_cost", "number", "what contacting one customer costs, in the lab's currency", low=0),
        Parameter(
            "kept_share",
            "number",
            "share of the contacted leavers who would stay: assumed",
            unit="share",
            low=0,
            high=1,
        ),
        Parameter("yearly_margin", "number", "what a customer earns in a year; 0 for what transactions show", low=0),
        Parameter(
            "basis",
            "text",
            "what customers are grouped by; empty for the first of these that tells them apart",
            choices=("needs", "behaviour", "value", "stage", "mixed", ""),
        ),
        Parameter(
            "method",
            "text",
            "how groups are sought; usual for what suits the basis",
            choices=("usual", "classes", "mixture", "k-means", "rules"),
        ),
        Parameter("items", "list", "columns, or ratings:<item>, to seek groups in; empty for the usual", free=True),
        Parameter("classes", "integer", "how many groups; 0 for as many as the data speak for", low=0, high=12),
        Parameter("at_most", "integer", "largest number of groups that is tried", low=2, high=12),
        Parameter("names", "list", "names of groups that a person chose, such as 1=Savers", free=True),
        Parameter("seed", "integer", "seed of everything random", low=0, high=2**32 - 1),
    )
}


def check(given: Mapping[str, object], *, declared: Mapping[str, object], study: str) -> dict[str, Value]:
    """Return the values a study runs with: its defaults, overlaid by what was given.

    Parameters
    ----------
    given : mapping of str to object
        Names and raw values from a command line, a file or a notebook's namespace.
    declared : mapping of str to object
        Every parameter of the study with its default.
    study : str
        The study's name, for messages.

    Returns
    -------
    dict of str to value
        In the study's order, each in its registered type.

    Raises
    ------
    ParameterError
        For a name that the study does not declare (with the near miss), a value of the wrong
        type, one out of range, or a column named like one of a result.
    """
    for name in given:
        if name not in declared:
            raise ParameterError(
                f"Study `{study}` has no parameter `{name}`. {near_miss(name, declared)}"
                f"It takes: {', '.join(declared)}."
            )
    for name in declared:
        if name not in REGISTRY:
            raise ParameterError(
                f"Study `{study}` declares `{name}`, which is no registered parameter. "
                f"{near_miss(name, REGISTRY)}Register it in cemlab.core.parameters."
            )
    values = {name: REGISTRY[name].coerce(given.get(name, default)) for name, default in declared.items()}
    for name, own in BESIDE.items():
        named = values.get(name)
        need_free(named if isinstance(named, list) else [], what=f"`{name}`", own=own)
    return values
