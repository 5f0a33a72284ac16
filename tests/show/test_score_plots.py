"""Figures of scores: what is drawn, what is said, and that the same numbers give the same bytes."""

from __future__ import annotations

import hashlib
import re
import warnings
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.metrics import declared
from cemlab.core.results import Estimates
from cemlab.show import score_plots, theme
from cemlab.show.figure import Figure
from cemlab.stats import perception, scores

SMALLEST_PX = 11


def _words(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def _sizes(svg: str) -> set[float]:
    styles = [node.get("style", "") for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    found = [re.search(r"(?:font-size: |font: [^;]*?)([\d.]+)px", style) for style in styles]
    assert None not in found, "a text whose size is not known"
    return {float(match.group(1)) for match in found if match}


@pytest.fixture
def spread() -> Estimates:
    """A distribution of 200 answers."""
    counts = np.array([2, 0, 1, 3, 4, 10, 20, 30, 40, 50, 40])
    frame = pd.DataFrame(
        {
            "score": range(11),
            "group": ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2,
            "estimate": counts / 200,
            "ci_low": np.clip(counts / 200 - 0.02, 0, 1),
            "ci_high": counts / 200 + 0.02,
            "n": 200,
        }
    )
    return Estimates.build(
        frame, by=["score"], cells=[], measure="nps_distribution", unit="share", method="", level=0.95, min_n=10
    )


@pytest.fixture
def months(estimates: object) -> Estimates:
    """Six months: the fourth withheld, the last not complete."""
    value = np.array([10.0, 14.0, 31.0, 5.0, 33.0, 20.0])
    frame = pd.DataFrame(
        {
            "period": [f"2024-0{month}-01" for month in range(1, 7)],
            "estimate": value,
            "ci_low": value - 4,
            "ci_high": value + 4,
            "n": [300, 300, 300, 3, 300, 90],
            "complete": [True] * 5 + [False],
            "suppressed": [False] * 3 + [True] + [False] * 2,
        }
    )
    return Estimates.build(frame, by=["period"], measure="nps", unit="points", method="", level=0.95, min_n=10)


@pytest.fixture
def steps(months: Estimates) -> Estimates:
    """The step into March stands out."""
    table = months.table[["period"]].assign(
        estimate=[1.0, 2, 17, 1, 2, 3], n=300, flagged=[False, False, True] + [False] * 3
    )
    return Estimates.build(table, by=["period"], measure="c", unit="points", method="", level=0.95, min_n=10)


def _forest(labels: list[str], info: LabInfo, *, sizes: list[int] | None = None, flagged: int = 1) -> Figure:
    value = np.linspace(60, -20, len(labels))
    frame = pd.DataFrame(
        {
            "plan": labels,
            "estimate": value,
            "ci_low": value - 5,
            "ci_high": value + 5,
            "n": sizes or [100] * len(labels),
        }
    )
    score = Estimates.build(frame, by=["plan"], measure="nps", unit="points", method="", level=0.95, min_n=10)
    out = np.arange(len(labels)) < flagged
    marks = frame.assign(flagged=out, conclusion=np.where(out, "large", "not significant"), floor=3.0)
    judged = Estimates.build(marks, by=["plan"], measure="d", unit="points", method="", level=0.95, min_n=10)
    whole = pd.DataFrame({"estimate": [20.0], "ci_low": [19.0], "ci_high": [21.0], "n": [1000]})
    overall = Estimates.build(whole, by=[], measure="nps", unit="points", method="", level=0.95, min_n=10)
    return score_plots.forest({"plan": judged}, scores={"plan": score}, overall=overall, info=info)


def _scores(*, by: str = "", weighted: bool = False) -> Estimates:
    """Real scores of 400 answers, by a column or not, some weighing twice."""
    rows = [("Basic", 10, 90), ("Basic", 8, 60), ("Basic", 3, 50), ("Plus", 10, 120), ("Plus", 7, 50), ("Plus", 0, 30)]
    counts = pd.DataFrame(rows, columns=["plan", "score", "n"])
    weight = np.where((counts["score"] > 8) & weighted, 2.0, 1.0)
    counts = counts.assign(sum_w=counts["n"] * weight, sum_w2=counts["n"] * weight**2)
    if not by:
        counts = counts.groupby("score", as_index=False)[["n", "sum_w", "sum_w2"]].sum()
    return scores.estimate(counts, by=[by] if by else [])


@pytest.fixture(params=["distribution", "course", "forest", "mixes", "weighting", "beliefs"])
def drawn(
    request: pytest.FixtureRequest,
    spread: Estimates,
    months: Estimates,
    steps: Estimates,
    overall: Estimates,
    made_up: LabInfo,
) -> tuple[Figure, Figure]:
    """Each figure, drawn twice."""

    def draw() -> Figure:
        if request.param == "distribution":
            return score_plots.distribution(spread, info=made_up)
        if request.param == "course":
            return score_plots.course(months, overall=overall, changes=steps, period="month", info=made_up)
        if request.param == "mixes":
            return score_plots.mixes(_scores(), {"plan": _scores(by="plan")}, info=made_up)
        if request.param == "weighting":
            groups = {"plan": _scores(by="plan", weighted=True)}
            return score_plots.weighting(_scores(weighted=True), groups, info=made_up)
        if request.param == "beliefs":
            return score_plots.beliefs(perception.gap(["52"], overall=_scores()), info=made_up)
        return _forest(["Basic", "Plus", "Family"], made_up)

    return draw(), draw()


def test_same_numbers_give_the_same_bytes(drawn: tuple[Figure, Figure]) -> None:
    digests = [hashlib.sha256((figure.wide + figure.narrow + figure.paper).encode()).hexdigest() for figure in drawn]
    assert digests[0] == digests[1]


def test_text_is_large_enough_for_desk_and_phone(drawn: tuple[Figure, Figure]) -> None:
    figure = drawn[0]
    assert min(_sizes(figure.wide)) >= SMALLEST_PX
    # a phone of 320 px shows the drawing for 340 px a little smaller
    assert min(_sizes(figure.narrow)) * 320 / theme.NARROW_PX >= SMALLEST_PX


def test_drawings_have_the_widths_they_are_made_for(drawn: tuple[Figure, Figure]) -> None:
    for svg, width in ((drawn[0].wide, theme.WIDE_PX), (drawn[0].narrow, theme.NARROW_PX)):
        root = ET.fromstring(svg)
        assert float(root.attrib["width"]) == width
        assert root.attrib["viewBox"].split()[2] == f"{width}"


def test_form_for_print_has_a_journals_width_outlined_letters_and_no_colour(drawn: tuple[Figure, Figure]) -> None:
    paper = drawn[0].paper
    assert ET.fromstring(paper).attrib["width"] == "174mm"
    assert _words(paper) == []
    colours = set(re.findall(r"#[0-9a-f]{6}", paper))
    spread = [
        max(channels) - min(channels) for channels in ([int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours)
    ]
    assert max(spread) <= 20


def test_groups_of_answers_are_told_apart_in_grey(spread: Estimates, info: LabInfo) -> None:
    assert "<pattern" in score_plots.distribution(spread, info=info).paper
    ratios = [theme.contrast(theme.GREYS[one], theme.GREYS["passive"]) for one in ("promoter", "detractor")]
    assert min(ratios) > 1.3
    assert theme.contrast(theme.GREYS["promoter"], theme.GREYS["passive"]) > 3


def test_text_is_text_and_there_is_no_date(drawn: tuple[Figure, Figure]) -> None:
    assert len(_words(drawn[0].wide)) > 3
    assert "<dc:date>" not in drawn[0].wide


def test_made_up_customers_are_called_so_on_figure_and_in_words(drawn: tuple[Figure, Figure]) -> None:
    figure = drawn[0]
    assert figure.alt.startswith("Synthetic data. ")
    assert all("Synthetic data" in _words(svg) for svg in (figure.wide, figure.narrow))


def test_real_customers_wear_no_ribbon(spread: Estimates, info: LabInfo) -> None:
    figure = score_plots.distribution(spread, info=info)
    assert "Synthetic" not in figure.alt + figure.wide + figure.narrow


def test_distribution_says_its_numbers(spread: Estimates, info: LabInfo) -> None:
    figure = score_plots.distribution(spread, info=info)
    assert "promoters 45 %, passives 35 % and detractors 20 %" in figure.alt
    assert "most frequent score is 9 with 25 %" in figure.alt
    assert figure.table.data["estimate"].tolist() == spread.table["estimate"].tolist()
    assert [row[0].text for row in figure.table.rows] == [str(score) for score in range(11)]
    assert {"promoters 45 %", "passives 35 %", "detractors 20 %"} <= set(_words(figure.wide))


def test_caption_says_how_many_answers_and_which_interval(
    spread: Estimates, months: Estimates, overall: Estimates, info: LabInfo
) -> None:
    assert score_plots.distribution(spread, info=info).basis == "200 answers, 95 % intervals."
    assert (
        score_plots.course(months, overall=overall, period="month", info=info).basis == "1,794 answers, 95 % intervals."
    )
    assert _forest(["Basic", "Plus"], info).basis == "1,000 answers, 95 % intervals."


def test_withheld_distribution_says_so_and_shows_no_number(spread: Estimates, info: LabInfo) -> None:
    table = spread.table.drop(columns=["suppressed", "too_small"]).assign(n=9)
    hidden = Estimates.build(table, by=["score"], cells=[], measure="d", unit="share", method="", level=0.95, min_n=10)
    figure = score_plots.distribution(hidden, info=info)
    assert figure.alt.endswith("withheld: too few customers.")
    assert _words(figure.wide) == _words(figure.narrow) == ["withheld: too few customers"]
    assert {row[-1].text for row in figure.table.rows} == {"< 10"}
    assert figure.basis == ""


def test_course_says_its_numbers(months: Estimates, steps: Estimates, overall: Estimates, info: LabInfo) -> None:
    figure = score_plots.course(months, overall=overall, changes=steps, period="month", info=info)
    assert (
        figure.alt
        == "Line chart of NPS over 4 complete periods: 10 in 2024-01 at first, 33 in 2024-05 at last, lowest 10 in"
        " 2024-01, highest 33 in 2024-05. Periods that are shown to be larger than the materiality floor: 1,"
        " incomplete: 1, withheld: 1."
    )
    assert "line: whole window; diamond: larger than the floor; hatched: incomplete; ×: withheld" in _words(figure.wide)
    assert [row[3].text for row in figure.table.rows] == ["yes"] * 5 + ["no"]


def test_incomplete_period_is_hatched_and_off_the_line(months: Estimates, overall: Estimates, info: LabInfo) -> None:
    drawn = score_plots.course(months, overall=overall, period="month", info=info).wide
    table = months.table.drop(columns=["suppressed", "too_small"]).assign(complete=True)
    whole = Estimates.build(table, by=["period"], measure="nps", unit="points", method="", level=0.95, min_n=10)
    assert "<pattern" in drawn
    assert "<pattern" not in score_plots.course(whole, overall=overall, period="month", info=info).wide


def test_only_flagged_steps_are_drawn_in_ink(
    months: Estimates, steps: Estimates, overall: Estimates, info: LabInfo
) -> None:
    loud = score_plots.course(months, overall=overall, changes=steps, period="month", info=info).wide
    quiet = score_plots.course(months, overall=overall, period="month", info=info).wide
    dots = re.compile(rf'<use [^>]*style="fill: {theme.INK}')
    assert len(dots.findall(loud)) == len(dots.findall(quiet)) + 1


def test_names_of_weeks_do_not_run_into_each_other(overall: Estimates, info: LabInfo) -> None:
    days = pd.date_range("2023-01-02", periods=100, freq="7D").strftime("%Y-%m-%d")
    frame = pd.DataFrame({"period": days, "estimate": 1.0, "ci_low": 0.0, "ci_high": 2.0, "n": 90, "complete": True})
    weeks = Estimates.build(frame, by=["period"], measure="nps", unit="points", method="", level=0.95, min_n=10)
    figure = score_plots.course(weeks, overall=overall, period="week", info=info)
    for svg, most in ((figure.wide, 8), (figure.narrow, 4)):
        assert len([word for word in _words(svg) if re.fullmatch(r"20\d\d-\d\d-\d\d", word)]) <= most
    assert "week of; line: whole window" in _words(figure.wide)


def test_course_without_anything_to_show_says_so(months: Estimates, overall: Estimates, info: LabInfo) -> None:
    table = months.table.drop(columns=["too_small"]).assign(suppressed=True)
    hidden = Estimates.build(table, by=["period"], measure="nps", unit="points", method="", level=0.95, min_n=10)
    figure = score_plots.course(hidden, overall=overall, period="month", info=info)
    assert "no complete period can be shown" in figure.alt
    assert not re.search(r"\d", " ".join(word for word in _words(figure.wide) if not word.startswith("2024-")))


def test_forest_says_its_numbers_highest_first(info: LabInfo) -> None:
    figure = _forest(["Basic", "Plus", "Family"], info)
    assert (
        figure.alt
        == "Dot and whisker chart of NPS by plan. Plan, highest first: Basic 60 (55 to 65), Plus 20 (15 to 25), "
        "Family −20 (−25 to −15). Difference from the rest significant, larger than the floor: "
        "Basic. Difference from the rest not significant: Plus and Family."
    )
    assert [row[0].text for row in figure.table.rows] == ["Basic", "Plus", "Family"]
    assert [row[3].text for row in figure.table.rows] == [
        "significant, larger than the floor",
        "not significant",
        "not significant",
    ]


def test_withheld_groups_are_named(info: LabInfo) -> None:
    figure = _forest(["Basic", "Plus", "Family", "Solo"], info, sizes=[100, 100, 100, 4], flagged=0)
    words = _words(figure.wide)
    assert words.count("withheld") == 2
    assert {"Solo", "< 10"} <= set(words)
    assert "Withheld for too few customers: " in figure.alt
    assert "Solo" in figure.alt.partition("Withheld")[2]


def test_forest_of_withheld_groups_only_shows_no_number(info: LabInfo) -> None:
    figure = _forest(["Basic", "Plus"], info, sizes=[3, 4], flagged=0)
    assert _words(figure.wide).count("withheld") == 2
    assert not re.search(r"\d", figure.alt)
    assert not [word for word in _words(figure.wide) if re.fullmatch(r"[−\d.]+", word)]


def test_many_groups_are_cut_to_both_ends_and_title_and_words_say_so(info: LabInfo) -> None:
    labels = [f"g{number:04d}" for number in range(5000)]
    figure = _forest(labels, info)
    assert figure.title == "NPS by plan: the 20 highest and the 20 lowest of 5,000 groups"
    assert figure.title in figure.alt
    assert [word for word in _words(figure.wide) if word.startswith("g")] == labels[:20] + labels[-20:]
    assert len(figure.table.rows) == 5000


def test_many_withheld_groups_take_no_place_from_those_that_can_be_shown(info: LabInfo) -> None:
    labels = [f"g{number:03d}" for number in range(100)]
    figure = _forest(labels, info, sizes=[100] * 30 + [5] * 70)
    assert figure.title == "NPS by plan: 30 of 100 groups, the others are withheld"
    assert [word for word in _words(figure.wide) if word.startswith("g")] == labels[:30]


@pytest.mark.parametrize(
    "label",
    [
        "$x$",
        "a_b^c $\\frac{1}{2}$",
        "<script>alert(1)</script>",
        "x" * 300,
        "many words " * 30,
        "🦊 fox",
        "東京 & Söhne",
        "",
    ],
)
def test_label_is_text_and_nothing_else(label: str, info: LabInfo) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = _forest([label, "Plus"], info)
    ours = re.compile(r"Plus|answers|NPS, points.*|[−\d]+")
    (drawn,) = (word for word in _words(figure.wide) if not ours.fullmatch(word))
    assert len(drawn) <= 34
    assert label.startswith(drawn.rstrip("…").rstrip())
    assert label in figure.alt
    assert label == figure.table.rows[0][0].text


def test_notebook_shows_the_figure_as_an_image_that_cannot_run(info: LabInfo) -> None:
    figure = _forest(['"><script>alert(1)</script>', "Plus"], info)
    html = figure._repr_html_()
    assert "<script" not in html
    assert html.count('"') == 4


def test_groupings_share_one_scale(info: LabInfo) -> None:
    score = _scores(by="plan")
    judged = score.with_columns({"flagged": [True, False]})
    other = Estimates.build(
        score.table.rename(columns={"plan": "site"}),
        by=["site"],
        measure="nps",
        unit="points",
        method="",
        level=0.95,
        min_n=10,
    )
    figure = score_plots.forest(
        {"plan": judged, "site": other.with_columns({"flagged": False})},
        scores={"plan": score, "site": other},
        overall=_scores(),
        info=info,
    )
    words = _words(figure.wide)
    assert {"Plan", "Site"} <= set(words)
    assert words.count("answers") == words.count("40") == 1
    assert [row[1].text for row in figure.table.rows] == ["Plan", "Plan", "Site", "Site"]


def test_mixes_name_every_group_of_answers_with_its_share(info: LabInfo) -> None:
    figure = score_plots.mixes(_scores(), {"plan": _scores(by="plan")}, info=info)
    assert "All answers: 52 % promoters, 28 % passives and 20 % detractors" in figure.alt
    assert {"promoters", "passives", "detractors", "All answers", "Plan: Plus", "Basic", "52", "60"} <= set(
        _words(figure.wide)
    )
    assert [row[1].text for row in figure.table.rows] == ["All answers", "Plus", "Basic"]


def test_withheld_groups_have_no_bar_and_are_counted(info: LabInfo) -> None:
    counts = pd.DataFrame({"plan": ["a", "b", "c"], "score": 9, "n": [400, 4, 40]})
    figure = score_plots.mixes(_scores(), {"plan": scores.estimate(counts, by=["plan"])}, info=info)
    assert figure.title.endswith(": 2 groups are left out, see the table")
    assert "Plan: a" in _words(figure.wide)
    assert not {"b", "c"} & set(_words(figure.wide))


def test_too_many_groups_leave_the_whole_only(info: LabInfo) -> None:
    counts = pd.DataFrame({"plan": [f"g{number}" for number in range(500)], "score": 9, "n": 40})
    figure = score_plots.mixes(_scores(), {"plan": scores.estimate(counts, by=["plan"])}, info=info)
    assert figure.title.endswith(": 500 groups are left out, see the table")
    assert len(figure.table.rows) == 501


def test_weighting_shows_both_scores(info: LabInfo) -> None:
    figure = score_plots.weighting(_scores(weighted=True), {"plan": _scores(by="plan", weighted=True)}, info=info)
    assert "All answers: weighted 56, unweighted 32" in figure.alt
    assert {"All answers", "Plan: Basic", "Plan: Plus"} <= set(_words(figure.wide))


def test_belief_stands_beside_what_customers_gave(info: LabInfo) -> None:
    groups = {"plan": _scores(by="plan")}
    gaps = perception.gap(["52", "plan:Plus=40"], overall=_scores(), groups=groups)
    figure = score_plots.beliefs(gaps, info=info)
    assert "All answers: customers gave 32, believed were 52" in figure.alt
    assert "Plan: Plus: customers gave 45, believed were 40" in figure.alt


@pytest.mark.parametrize("name", ["csat", "ces"])
def test_other_questions_are_drawn_on_their_own_scale(name: str, info: LabInfo) -> None:
    scale = declared(name, scale=(1, 5), top=(4, 5) if name == "csat" else (1, 2))
    counts = pd.DataFrame({"score": [1, 3, 5], "n": [20, 30, 50]})
    score, spread = scores.estimate(counts, metric=scale), scores.distribution(counts, metric=scale)
    figure = score_plots.distribution(spread, shares=score.companion("shares", by=["group"], unit="share"), info=info)
    assert figure.alt.startswith("Bar chart of the share of answers at each score from 1 to 5: ")
    plans = pd.concat([counts.assign(plan="a"), counts.assign(plan="b")])
    levels = scores.estimate(plans, by=["plan"], metric=scale)
    judged = scores.against_rest(plans, by=["plan"], metric=scale).with_columns({"flagged": False, "mde": 0.5})
    compared = score_plots.forest({"plan": judged}, scores={"plan": levels}, overall=score, info=info)
    unit = {"csat": "CSAT, %", "ces": "CES, scale points"}[name]
    assert any(word.startswith(unit) for word in _words(compared.wide))
    assert {"csat": "a 50 (", "ces": "a 3.6 ("}[name] in compared.alt
