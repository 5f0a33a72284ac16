"""Sentences on segments: which there are, how sure, what each needs and is worth, and what to do."""

from cemlab.show.segment_text.groups import behind, found_again, how_many, kinds, set_apart, sizes
from cemlab.show.segment_text.use import (
    by_rule,
    certainty,
    moves,
    rules,
    simple_split,
    stands_out,
    stays,
    urgent,
    worth,
)

__all__ = [
    "behind",
    "by_rule",
    "certainty",
    "found_again",
    "how_many",
    "kinds",
    "moves",
    "rules",
    "set_apart",
    "simple_split",
    "sizes",
    "stands_out",
    "stays",
    "urgent",
    "worth",
]
