"""One judgement of whether a study can run on a lab: in `check`, in `run`, and before any kernel starts."""

from __future__ import annotations

import json
from pathlib import Path

import odd_labs
import pytest
from in_process import judged

import cemlab
from cemlab import cli
from cemlab.core import parameters
from cemlab.core.errors import ParameterError
from cemlab.report import judgement, runner, studies


def refusal(stem: str, lab_file: Path, **given: object) -> str:
    """Why a run would be refused; empty when it would start."""
    study = studies.find(stem)
    values = parameters.check({"lab_file": str(lab_file), **given}, declared=study.parameters, study=stem)
    return " ".join(judged(study, values))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return odd_labs.usual().write(tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize("stem", ["nps-retrospective", "churn-survival", "churn-prediction", "segments"])
def test_a_sound_lab_is_refused_nothing(sound: Path, stem: str) -> None:
    assert refusal(stem, sound) == ""


@pytest.mark.parametrize(
    ("stem", "given", "words"),
    [
        ("nps-retrospective", {"segment_by": ["regoin"]}, "Did you mean `region`?"),
        ("nps-retrospective", {"metric": "csat"}, "declares none for `csat`"),
        ("nps-retrospective", {"survey": "annual"}, "`survey` must be a survey of this lab"),
        ("nps-retrospective", {"start": "2024-05-01", "end": "2024-04-01"}, "`start` must lie before `end`"),
        ("nps-retrospective", {"start": "2030-01-01"}, "outside the window"),
        ("nps-retrospective", {"compare_start": "2023-01-01"}, "`start` must be given"),
        ("nps-retrospective", {"weights": "lab"}, "the lab maps none"),
        ("nps-retrospective", {"as_of": "2019-01-01"}, "`as_of` must be after the first known row"),
        ("nps-retrospective", {"as_of": "2031-01-01"}, "`as_of` must not be later"),
        ("churn-survival", {"segment_by": ["plam"]}, "Did you mean `plan`?"),
        ("churn-survival", {"segment_by": ["started_on"]}, "`started_on` is none"),
        ("churn-survival", {"covariates": ["plan", "regio"]}, "Did you mean `region`?"),
        ("churn-survival", {"time_varying": ["complaimt"]}, "complaint"),
        ("churn-survival", {"cause": "prise"}, "`cause` must be a reason"),
        ("churn-survival", {"min_n": 151}, "At least 151 spells must be followed (`min_n`): 150 are."),
        ("churn-prediction", {"covariates": ["tenure", "regio"]}, "Did you mean `region`?"),
        ("segments", {"items": ["wants_price", "wants_hlep", "plan"]}, "Did you mean `wants_help`?"),
        ("segments", {"items": ["wants_price", "plan"]}, "at least 3 items"),
        ("segments", {"items": ["wants_price,wants_help"]}, "-p items wants_price -p items wants_help"),
        ("segments", {"basis": "value", "classes": 3}, "`classes` must be 0"),
        ("segments", {"basis": "stage", "method": "k-means"}, "`stage` allows rules"),
        ("segments", {"basis": "needs", "classes": 9}, "`classes` must be fewer"),
        ("segments", {"min_n": 100}, "need at least 200"),
    ],
)
def test_what_cannot_be_is_refused_before_a_cell_runs(
    sound: Path, stem: str, given: dict[str, object], words: str
) -> None:
    assert words in refusal(stem, sound, **given)


def test_tenure_is_a_covariate_of_predictions_though_no_column(sound: Path) -> None:
    assert refusal("churn-prediction", sound, covariates=["tenure", "plan"]) == ""


def test_run_refuses_with_the_words_of_check_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = odd_labs.usual().only("customers", "spells").write(tmp_path / "lab")
    with pytest.raises(ParameterError, match="Study `nps-retrospective` cannot run on this lab") as refused:
        runner.run("nps-retrospective", lab=lab, out=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", str(lab)])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "churn-survival: ready" in said
    reason = "Add `[[responses]]`, one row per answered question of the metric family, with `response_id`, `metric`."
    assert reason in said
    assert reason in str(refused.value)


def test_a_list_in_one_text_is_refused_by_the_command_line(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for given in ("['region','plan']", "region,plan"):
        command = ["run", "nps-retrospective", "--lab", str(sound), "--out", str(tmp_path), "-p", "segment_by", given]
        with pytest.raises(SystemExit) as ended:
            cli.main(command)
        assert ended.value.code == 2
        assert "Give them as -p segment_by region -p segment_by plan." in capsys.readouterr().err


def test_a_study_that_asks_nothing_of_a_lab_is_not_judged(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": 'lab_file: str = "lab.toml"  # lab'}]
    (tmp_path / "past").mkdir()
    (tmp_path / "past" / "plain.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}}), encoding="utf-8")
    assert not judgement.has_questions(studies.find("plain", notebooks=tmp_path))


def test_judging_reads_counts_and_no_rows(sound: Path) -> None:
    """A judgement takes a few dozen queries at most, whatever the study."""
    for study in studies.all_studies():
        lab = cemlab.open_lab(sound)
        asked: list[int] = []
        run = lab.frame

        def _counted(expression: object, run: object = run, asked: list[int] = asked) -> object:
            found = run(expression)  # type: ignore[operator]
            asked.append(len(found))
            return found

        lab.frame = _counted
        values = parameters.check({"lab_file": str(sound)}, declared=study.parameters, study=study.stem)
        assert judgement.judge(study, lab, values).ready
        assert len(asked) < 40
        assert max(asked) < odd_labs.PEOPLE


def test_a_language_without_messages_is_refused_with_those_that_have_some(sound: Path, tmp_path: Path) -> None:
    lab_file = odd_labs.usual()
    lab_file.more = 'language = "xx"\n'
    said = refusal("nps-retrospective", lab_file.write(tmp_path))
    assert "`xx` has none" in said
    assert "en" in said.partition("Choose one of:")[2]
