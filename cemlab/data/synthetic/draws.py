"""Draws as SQL: each is the engine's hash of an id, mixed with a number of its own for seed and purpose."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

from cemlab.data.quoting import quoted


class Draws:
    """Random numbers that depend on nothing but seed, purpose and id.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers, whatever the threads or the order of the rows.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def uniform(self, purpose: str, key: str = "tick") -> str:
        """Return the SQL of a number between 0 (included) and 1 (excluded).

        Parameters
        ----------
        purpose : str
            What it is for; two purposes are independent.
        key : str, default "tick"
            SQL of an unsigned whole number that identifies the row.

        Returns
        -------
        str
            SQL of a double.
        """
        mixed = hashlib.blake2b(f"{self._seed}/{purpose}".encode(), digest_size=8)
        # the engine combines several arguments by exclusive or, which would make purposes depend on one another:
        # so the id is mixed before it is hashed
        number = int.from_bytes(mixed.digest(), "big")
        return f"((hash(xor({key}, CAST({number} AS UBIGINT))) >> 11) * {2.0**-53!r})"

    def normal(self, purpose: str, key: str = "tick") -> str:
        """Return the SQL of a standard normal number (Box and Muller).

        Parameters
        ----------
        purpose : str
            What it is for.
        key : str, default "tick"
            SQL of an unsigned whole number that identifies the row.

        Returns
        -------
        str
            SQL of a double.
        """
        radius = f"sqrt(-2 * ln(1 - {self.uniform(purpose + ' radius', key)}))"
        return f"({radius} * cos({2 * math.pi!r} * {self.uniform(purpose + ' angle', key)}))"

    def waiting(self, purpose: str) -> str:
        """Return the SQL of an exponential number with mean 1.

        Parameters
        ----------
        purpose : str
            What it is for.

        Returns
        -------
        str
            SQL of a double.
        """
        return f"(-ln(1 - {self.uniform(purpose)}))"

    def pick(self, purpose: str, shares: Mapping[str, float], *, key: str = "tick") -> str:
        """Return the SQL that draws one of several names.

        Parameters
        ----------
        purpose : str
            What it is for.
        shares : mapping of str to float
            Name → share.
        key : str, default "tick"
            SQL of an unsigned whole number that identifies the row.

        Returns
        -------
        str
            SQL of text.
        """
        return steps(self.uniform(purpose, key), {quoted(name): share for name, share in shares.items()})

    def code(self, purpose: str, shares: Sequence[float], *, lowest: int) -> str:
        """Return the SQL that draws a code of a scale.

        Parameters
        ----------
        purpose : str
            What it is for.
        shares : sequence of float
            Of the codes from the lowest on.
        lowest : int
            The lowest code.

        Returns
        -------
        str
            SQL of a whole number.
        """
        return steps(self.uniform(purpose), {str(code): share for code, share in enumerate(shares, lowest)})


def steps(draw: str, shares: Mapping[str, float]) -> str:
    """Return the SQL that turns a draw into one of several results.

    Parameters
    ----------
    draw : str
        SQL of a number between 0 and 1.
    shares : mapping of str to float
        SQL of each result → its share.

    Returns
    -------
    str
        SQL of a case expression.
    """
    *first, last = shares
    reached, cases = 0.0, ""
    for result in first:
        reached += shares[result]
        cases += f"WHEN {draw} < {reached!r} THEN {result} "
    return f"CASE {cases}ELSE {last} END" if cases else last


def by(column: str, values: Mapping[str, object]) -> str:
    """Return the SQL that looks up a number by a column's value.

    Parameters
    ----------
    column : str
        SQL of text.
    values : mapping of str to object
        Value → SQL of the result.

    Returns
    -------
    str
        SQL of a case expression.
    """
    if len(set(values.values())) == 1:
        return str(next(iter(values.values())))
    cases = " ".join(f"WHEN {quoted(name)} THEN {value}" for name, value in values.items())
    return f"CASE {column} {cases} END"
