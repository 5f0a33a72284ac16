"""A notebook's prose as safe HTML: an allow-list of elements, formulas as MathML."""

from __future__ import annotations

import functools
import re
from typing import Any

import nh3
from markupsafe import Markup, escape

_TAGS = {
    "p",
    "em",
    "strong",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "blockquote",
    "br",
    "h3",
    "h4",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "caption",
    "hr",
    "sup",
    "sub",
}
_MATH = {
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "msup",
    "msub",
    "msubsup",
    "mfrac",
    "msqrt",
    "mroot",
    "munder",
    "mover",
    "munderover",
    "mtext",
    "mspace",
    "mstyle",
    "mtable",
    "mtr",
    "mtd",
    "menclose",
    "mpadded",
}
_ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "math": {"display"}, "th": {"scope"}, "mo": {"stretchy", "fence"}}

_TABLE = re.compile(r"<p>Table: (.*?)</p>\n<table>", flags=re.DOTALL)
_HEADING = re.compile(r"<th\b")


@functools.cache
def _parser() -> Any:
    from latex2mathml.converter import convert
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")

    def render(content: str, options: dict[str, Any]) -> str:
        try:
            return str(convert(content, display="block" if options.get("display_mode") else "inline"))
        except Exception:  # noqa: BLE001 - its errors share no class; a formula it cannot read is shown as written
            return f"<code>{escape(content)}</code>"

    return parser.use(dollarmath_plugin, renderer=render, allow_space=False, allow_digits=False)


def to_html(source: str) -> Markup:
    """Return Markdown as HTML that cannot run anything.

    Parameters
    ----------
    source : str
        Markdown; ``$…$`` and ``$$…$$`` are formulas, shown as written when they cannot be read; a paragraph
        ``Table: …`` before a table is its caption. HTML in it is shown as text.

    Returns
    -------
    markupsafe.Markup
        Only the allowed elements; links may lead to ``http``, ``https``, ``mailto`` or an anchor.
    """
    made = _TABLE.sub(r"<table>\n<caption>\1</caption>", _parser().render(source))
    made = _HEADING.sub('<th scope="col"', made)
    # nh3 leaves only what is allowed, so its result may stand in a page as it is
    html = nh3.clean(
        made,
        tags=_TAGS | _MATH,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return Markup(html)


def headings(source: str) -> tuple[int, str, str]:
    """Split a Markdown cell into its first heading and the prose after it.

    Parameters
    ----------
    source : str
        A Markdown cell.

    Returns
    -------
    tuple of (int, str, str)
        Level (0 for none), text of the heading, the rest.
    """
    first, _, rest = source.strip().partition("\n")
    marks = len(first) - len(first.lstrip("#"))
    if marks and first[marks : marks + 1] == " ":
        return marks, first[marks:].strip(), rest.strip()
    return 0, "", source.strip()
