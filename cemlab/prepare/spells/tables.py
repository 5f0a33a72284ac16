"""Life tables, counted inside the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from cemlab.core.errors import ParameterError, near_miss
from cemlab.core.lab import Lab
from cemlab.prepare.levels import Bins, as_levels, binned, joined, level, sources
from cemlab.prepare.replicates import REPLICATE, with_replicates
from cemlab.prepare.spells.followed import CAUSE, ENDED, ENTRY, EXIT, REASON, UNFINISHED, Following

if TYPE_CHECKING:
    import ibis.expr.types as ir

_COUNTS = ["entered", "events", "censored"]
_WAY = "_way"
"""Three times the duration, 1 more where the end counts, 2 more where the clock cannot place it; below 0 why it is left out."""

EXACT_BELOW = 100
"""Customers in a group up to which they are counted exactly, however many spells one customer has."""


def life_table(
    lab: Lab,
    *,
    by: Sequence[str] = (),
    clock: str = "months",
    cause: str = "",
    cut: str = "",
    replicates: int = 0,
    bins: Bins | None = None,
    scope: str = "",
) -> pd.DataFrame:
    """Return how many spells came under observation, ended and were lost from sight at each duration, in every group.

    The frame is enough for Kaplan–Meier curves, cumulative incidence, log-rank tests and restricted
    means. Which spells were left out, and why, is recorded in the lab's ledger (stage study).

    On the clock of days a spell lasts max(1, days). On the clock of months one that ended in its month m =
    max(1, ⌈T⌉) counts as an event at m iff m ≤ C, the whole months from its start to the as-of day; else its
    end lies in the unfinished month: it is censored at the whole months that it was followed, and the ledger
    says how many were. Late entry: ⌈observed from − start⌉. A source that gives ``tenure_months`` (or
    ``tenure_days``) is taken at its word on that clock, 0 included.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    by : sequence of str
        Groups: columns of ``spells``, else of ``customers``, else names of assignments (the latest
        known before the day of counting).
        A missing value is the level "unknown".
    clock : {"months", "days"}, default "months"
        Unit of ``duration``.
    cause : str, default ""
        Count only endings for this reason as events, and others as censored; empty for all.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    replicates : int, default 0
        Into how many groups customers, or accounts where declared, are hashed for clustered errors: 2 to 256;
        −1: each its own; 0: none. `clusters` says which the lab needs.
    bins : mapping of str to sequence of float, optional
        Cut points of groups that are numbers; others are ignored. Without them each value is a group.
    scope : str, default ""
        Under which the ledger accounts for the spells; empty for the clock's name.

    Returns
    -------
    pandas.DataFrame
        One row per group, duration and cause at which anything happens, sorted: the columns `by` (text);
        ``replicate`` (group of customers, from 0, where asked for); ``duration`` (whole days or months);
        ``cause``, why the spells of the row's ``events`` ended ("unknown" where no reason is given; missing on
        the rows that hold ``entered`` and ``censored``), only where the lab maps ``end_reason`` and no `cause`
        is asked for; ``entered``, spells that come under observation (at risk only after it); ``events``,
        endings; ``censored``, spells that leave otherwise; ``n_customers``, the distinct customers of the whole
        group, in a large group perhaps the least number that there can be.

    Raises
    ------
    SchemaError
        When a group does not exist.
    ParameterError
        When the clock, the cause or the cut is none, or a group is named twice.
    InsufficientDataError
        When no spell remains.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal
    of the American Statistical Association, 53(282), 457–481. doi:10.1080/01621459.1958.10501452

    Examples
    --------
    >>> lives = life_table(lab, by=["plan"], clock="months")  # doctest: +SKIP
    """
    following = Following.asked(lab, clock=clock, cut=cut, scope=scope)
    found = sources(lab, by)
    spells = joined(lab, following.spells(lab), found, before=following.day)
    cut_up = {each.name: bins[each.name] for each in found if bins and each.numeric and each.name in bins}
    spells = spells.mutate(**{name: binned(spells[name], cuts) for name, cuts in cut_up.items()}) if cut_up else spells
    keys = list(by)
    if replicates:
        spells, keys = with_replicates(lab, spells, replicates), [*by, REPLICATE]
    counts = lab.frame(_counted(spells, keys))
    counts = counts.assign(**{name: as_levels(counts[name]) for name in by})
    left = counts[counts[_WAY] < 0].groupby(_WAY)["n"].sum()
    used = counts[counts[_WAY] >= 0].astype({_WAY: "int64"})
    used = used.assign(**{EXIT: used[_WAY] // 3, ENDED: used[_WAY] % 3 == 1})
    unfinished = int(used.loc[used[_WAY] % 3 == 2, "n"].sum())
    why = {following.reasons[-1 - int(way)]: int(left[way]) for way in sorted(left.index, reverse=True)}
    following.record(lab, why, used=int(used["n"].sum()), unfinished=unfinished)
    used = of_cause(used, cause)
    table = _tabled(used, counts[counts[_WAY].isna()], keys)
    return _with_customers(lab, table, spells, list(by))


def of_cause(counts: pd.DataFrame, cause: str) -> pd.DataFrame:
    """Return counts whose endings for other reasons are no events, where one reason is asked for.

    Parameters
    ----------
    counts : pandas.DataFrame
        With `CAUSE` where the lab gives reasons, and `ENDED`.
    cause : str
        A reason; empty for all.

    Returns
    -------
    pandas.DataFrame
        With the column ``cause``, unless one is asked for or there are none: missing where the end
        was not seen.

    Raises
    ------
    ParameterError
        When no spell ended for the reason.
    """
    if not cause:
        if CAUSE not in counts:
            return counts
        return counts.assign(cause=as_levels(counts[CAUSE]).mask(~counts[ENDED].astype(bool)))
    reasons = as_levels(counts[CAUSE]) if CAUSE in counts else pd.Series("", index=counts.index)
    known = sorted(reasons[counts[ENDED].astype(bool)].replace("", pd.NA).dropna().unique())
    if cause not in known:
        raise ParameterError(
            f"`cause` must be a reason for which a spell ended: {cause!r} is none. {near_miss(cause, known)}"
            f"There are: {', '.join(known) or 'none'}."
        )
    return counts.assign(**{ENDED: counts[ENDED].astype(bool) & (reasons == cause)})


def _counted(spells: ir.Table, by: list[str]) -> ir.Table:
    """Count spells by how and why they leave, and those of late entry by when they come (without `_WAY`).

    One number says when a spell leaves and whether its end was seen, and texts are grouped as they stand: the fewer
    and plainer the keys, the nearer this comes to what reading the columns costs.
    """
    end = spells[ENDED].ifelse(1, spells[UNFINISHED].ifelse(2, 0))
    way = spells[REASON].isnull().ifelse(3 * spells[EXIT] + end, -1 - spells[REASON])
    cause = spells.end_reason if "end_reason" in spells.columns else ibis.null("string")
    plain = {name for name in by if name == REPLICATE or spells[name].type().is_string()}
    texts = {name: spells[name] if name in plain else spells[name].cast("string") for name in by}
    keyed = spells.mutate(**texts, **{_WAY: way.cast("int32"), CAUSE: cause})
    ways = [*by, _WAY, CAUSE] if "end_reason" in spells.columns else [*by, _WAY]
    counts = keyed.group_by(ways).aggregate(n=keyed.count()).mutate(**{ENTRY: ibis.literal(0, "int32")})
    if "observed_from" not in spells.columns:
        return counts
    late = keyed.filter(keyed[REASON].isnull() & (keyed[ENTRY] > 0))
    entries = late.group_by([*by, ENTRY]).aggregate(n=late.count())
    nulls = {name: ibis.null(counts[name].type()) for name in ways if name not in by}
    return counts.union(entries.mutate(**nulls).select(counts.columns))


def _tabled(used: pd.DataFrame, late: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Lay counts out by group, duration and cause."""
    ended = used[ENDED].astype(bool)
    moves = [
        used[by].assign(duration=0, entered=used["n"]),
        late[by].assign(duration=0, entered=-late["n"]),
        late[by].assign(duration=late[ENTRY], entered=late["n"]),
        used[by].assign(duration=used[EXIT], censored=used["n"])[~ended],
        used[by].assign(duration=used[EXIT], events=used["n"], **({"cause": used["cause"]} if "cause" in used else {}))[
            ended
        ],
    ]
    keys = [*by, "duration", *(["cause"] if "cause" in used else [])]
    long = pd.concat([each for each in moves if len(each)]).reindex(columns=[*keys, *_COUNTS])
    table = long.astype(dict.fromkeys(_COUNTS, "float64")).groupby(keys, dropna=False)[_COUNTS].sum().astype("int64")
    return table[(table != 0).any(axis=1)].reset_index().astype({"duration": "int64"})


def _with_customers(lab: Lab, table: pd.DataFrame, spells: ir.Table, by: list[str]) -> pd.DataFrame:
    """Add the distinct customers of each group: exact in small groups, in large ones at least so many."""
    most = lab.most_rows("spells", "customer_id")
    size = table.groupby(by)["entered"].transform("sum") if by else pd.Series(table["entered"].sum(), index=table.index)
    table = table.assign(n_customers=-(-size // (most or 1)))
    small = pd.Series(True, index=table.index) if most is None else size < EXACT_BELOW * most
    if most == 1 or not small.any():
        return table
    wanted = spells.filter(spells[REASON].isnull())
    wanted = wanted.mutate(**{name: level(wanted[name]) for name in by})
    for name in by if not small.all() else ():
        wanted = wanted.filter(wanted[name].isin(table.loc[small, name].unique().tolist()))
    people = lab.frame((wanted.group_by(by) if by else wanted).aggregate(people=wanted.customer_id.nunique()))
    if not by:
        return table.assign(n_customers=int(people["people"].iloc[0]))
    exact = table[by].merge(people, on=by, how="left")["people"].set_axis(table.index)
    return table.assign(n_customers=exact.where(small, table["n_customers"]).astype("int64"))
