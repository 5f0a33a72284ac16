"""Prose of a notebook as HTML: nothing in it runs, formulas and code are shown."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cemlab.report import markdown


class _Elements(HTMLParser):
    """Names, attributes and text of what was parsed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def _is_inert(html: str) -> bool:
    found = _Elements(html)
    links = [value for name, value in found.attributes if name == "href"]
    return (
        not {"script", "style", "img", "svg", "iframe", "object", "form", "input", "link", "base"} & set(found.names)
        and not any(name.startswith("on") or name in ("style", "src", "srcset", "id") for name, _ in found.attributes)
        and all(link.startswith(("http:", "https:", "mailto:", "#", "/")) for link in links)
    )


PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://example.org/x.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    '<p style="background:url(https://example.org)">x</p>',
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src='https://example.org'></iframe>",
    "<a href='https://example.org' onclick='alert(1)'>x</a>",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\text{<script>alert(1)</script>}$",
    r"$\style{color:red}{x}$",
    "`<script>alert(1)</script>`",
    "```\n<script>alert(1)</script>\n```",
    "[x](https://example.org \"' onmouseover='alert(1)\")",
]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("around", ["{}", "- item {}", "> {}", "| a |\n|---|\n| {} |", "*{}*"])
def test_payload_is_inert(payload: str, around: str) -> None:
    assert _is_inert(str(markdown.to_html(around.format(payload))))


BITS = [*"<>/\"'=()[]!`$\\{}#-*_ :&;\nax1", "script", "onerror", "javascript:", "img"]


@given(source=st.lists(st.sampled_from(BITS)).map("".join))
def test_any_text_is_inert(source: str) -> None:
    assert _is_inert(str(markdown.to_html(source)))


def test_markup_is_shown_as_text() -> None:
    assert _Elements(str(markdown.to_html("<b>x</b> & {{ 7 * 7 }}"))).text.strip() == "<b>x</b> & {{ 7 * 7 }}"


def test_formula_becomes_mathml() -> None:
    line = str(markdown.to_html("The score $N = 100 (p - d)$."))
    assert '<math display="inline">' in line
    assert "<mi>N</mi><mo>=</mo><mn>100</mn>" in line
    assert "$" not in line
    assert '<math display="block">' in str(markdown.to_html("$$\\frac{a}{b}$$"))
    assert "<mfrac><mrow><mi>a</mi></mrow>" in str(markdown.to_html("$$\\frac{a}{b}$$"))


@pytest.mark.parametrize("formula", [r"\frac{", r"\begin{x}", r"a_", "{"])
def test_formula_that_cannot_be_read_is_shown_as_written(formula: str) -> None:
    assert formula in _Elements(str(markdown.to_html(f"so ${formula}$ it is"))).text


def test_money_is_no_formula() -> None:
    assert "<math" not in markdown.to_html("from $5 to $6")


def test_code_is_shown() -> None:
    assert "<code>a &lt; b</code>" in markdown.to_html("`a < b`")
    assert "<pre><code>x = 1\n</code></pre>" in markdown.to_html("```python\nx = 1\n```")


def test_ordinary_prose_keeps_its_form() -> None:
    html = markdown.to_html("A *good* [link](https://example.org/a?b=1&c=2).\n\n- one\n- two\n\n| a |\n|---|\n| 1 |")
    assert "<em>good</em>" in html
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer">link</a>' in html
    assert "<li>one</li>" in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("# Title", (1, "Title", "")),
        ("\n## A question?\n\nWords\nmore", (2, "A question?", "Words\nmore")),
        ("Words only", (0, "", "Words only")),
        ("#hashtag", (0, "", "#hashtag")),
        ("Words\n\n# later", (0, "", "Words\n\n# later")),
        ("", (0, "", "")),
    ],
)
def test_first_heading_is_split_from_the_prose(source: str, parts: tuple[int, str, str]) -> None:
    assert markdown.headings(source) == parts


def test_table_of_prose_has_a_caption_and_scopes() -> None:
    html = markdown.to_html("Table: what *it* is\n\n| a | b |\n|---|---:|\n| 1 | 2 |")
    assert "<caption>what <em>it</em> is</caption>" in html
    assert html.count('<th scope="col"') == 2
