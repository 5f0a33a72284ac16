"""Colours: enough contrast in light and dark, whatever colour the company brings."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cemlab.report import render
from cemlab.show import theme

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
PAPERS = {"light": "#ffffff", "dark": "#15181b"}


def _variables(scheme: str, accent: str = "#0b5c78") -> dict[str, str]:
    css = render.style(accent)
    block = re.search(
        r"^:root\{([^}]*)\}" if scheme == "light" else r"prefers-color-scheme:dark\)\{:root\{([^}]*)\}", css
    )
    assert block is not None
    found = dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", block.group(1)))
    return {
        name: "#" + "".join(c * 2 for c in value[1:]) if len(value) == 4 else value for name, value in found.items()
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "wash"])
def test_every_colour_of_the_page_can_be_read(scheme: str, ground: str) -> None:
    found = _variables(scheme)
    assert found["paper"] == PAPERS[scheme]
    for name in ("ink", "muted", "good", "warn", "bad", "accent"):
        least = 7 if name == "ink" else 4.5
        assert theme.contrast(found[name], found[ground]) >= least, f"{name} on {ground}, {scheme}"
    assert theme.contrast(found["ink"], found["paper"]) >= 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
@given(accent=colours)
def test_any_companys_colour_can_be_read(scheme: str, accent: str) -> None:
    assert theme.contrast(_variables(scheme, accent)["accent"], PAPERS[scheme]) >= 4.5


def test_ribbon_can_be_read() -> None:
    ground, ink = re.findall(r"\.ribbon\{[^}]*background:(#\w+);color:(#\w+)", render.style("#0b5c78"))[0]
    assert theme.contrast(ground, "#ffffff" if ink == "#fff" else ink) >= 7


def test_dark_colours_never_reach_the_printer() -> None:
    assert re.findall(r"@media ([^{]*prefers-color-scheme:dark[^{]*)\{", render.style("#0b5c78")) == [
        "screen and (prefers-color-scheme:dark)"
    ]


@pytest.mark.parametrize("colour", [theme.INK, theme.MUTED])
def test_text_in_figures_can_be_read(colour: str) -> None:
    assert theme.contrast(colour, theme.PAPER) >= (7 if colour == theme.INK else 4.5)


@pytest.mark.parametrize("colour", [*theme.GROUPS.values(), theme.CONTEXT])
def test_marks_in_figures_stand_off_the_paper(colour: str) -> None:
    assert theme.contrast(colour, theme.PAPER) >= 3


@given(colour=colours, paper=st.sampled_from(sorted(PAPERS.values())), ratio=st.sampled_from([4.5, 7.0]))
def test_readable_reaches_the_ratio_and_keeps_what_is_readable(colour: str, paper: str, ratio: float) -> None:
    shade = theme.readable(colour, paper=paper, ratio=ratio)
    assert theme.contrast(shade, paper) >= ratio
    assert (shade == colour) == (theme.contrast(colour, paper) >= ratio)


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)]
)
def test_contrast_agrees_with_the_published_examples(one: str, other: str, ratio: float) -> None:
    assert theme.contrast(one, other) == theme.contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_luminance_grows_from_black_to_white() -> None:
    greys = [theme.luminance(f"#{level:02x}{level:02x}{level:02x}") for level in range(256)]
    assert greys[0] == 0
    assert greys[-1] == pytest.approx(1)
    assert all(low < high for low, high in pairwise(greys))
