"""``pinhui plan``: plans made and plans checked; what cannot be read is said in one line."""

import argparse
from pathlib import Path

import pytest

from server.scheduler.formats import parse_plan
from server.scheduler.model import Infeasible, MergePlan
from server.scheduler.plan_command import add_arguments, run
from tests.unit.scheduler.problems import DATA, EXAMPLE

INSTANCE = str(DATA / "instances" / f"{EXAMPLE}.json")
PLAN = str(DATA / f"example_plan_{EXAMPLE}.json")


def pinhui_plan(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(words))


def test_a_plan_is_made_and_found_valid_when_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan.json"
    assert pinhui_plan(INSTANCE, "--out", str(out), "--rounds", "5") == 0
    assert pinhui_plan("--check", INSTANCE, str(out)) == 0
    assert "before: 54 sessions, 1763 committee trips" in capsys.readouterr().out


def test_reasons_are_printed_in_the_language_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert pinhui_plan(INSTANCE, "--reasons", "--rounds", "0", "--language", "en") == 0
    assert "weekly digest" in capsys.readouterr().out


def test_a_plan_made_elsewhere_is_priced(capsys: pytest.CaptureFixture[str]) -> None:
    assert pinhui_plan("--check", INSTANCE, PLAN) == 0
    assert "objective            960345" in capsys.readouterr().out


def test_a_wrong_plan_ends_with_1_and_names_its_violations(
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = str(DATA / "instances" / "p4_many_small.json")
    assert pinhui_plan("--check", other, PLAN) == 1
    printed = capsys.readouterr().out
    assert "INVALID" in printed
    assert "not_working_day" in printed
    assert "more" in printed


def test_an_infeasible_answer_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text('{"status": "infeasible", "conflict": ["must:R1"]}', encoding="utf-8")
    assert pinhui_plan("--check", INSTANCE, str(answer)) == 1
    assert "must:R1" in capsys.readouterr().out


def test_what_cannot_be_planned_is_answered_by_its_conflict_and_what_would_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, spoilt = tmp_path / "answer.json", str(DATA / "instances" / "p3_infeasible.json")
    assert pinhui_plan(spoilt, "--out", str(out), "--rounds", "0", "--language", "en") == 1
    printed = capsys.readouterr().out
    assert "must:RX1, must:RX2, must:RX3, quota:role_week:secretary:2026-W46" in printed
    assert "Ask the leader to raise the quota" in printed
    answer = parse_plan(out.read_text(encoding="utf-8"))
    assert isinstance(answer, Infeasible)
    assert len(answer.conflict) == 4


def test_a_plan_is_measured_against_its_bound_and_a_request_explained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--check", INSTANCE, PLAN, "--bound", "--explain", "R001", "--language", "en")
    assert pinhui_plan(*words) == 0
    printed = capsys.readouterr().out
    assert "could be saved" in printed
    assert "If it were elsewhere, the rest kept:" in printed


def test_the_bound_is_written_into_the_plan(tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    assert pinhui_plan(INSTANCE, "--out", str(out), "--rounds", "0", "--bound") == 0
    plan = parse_plan(out.read_text(encoding="utf-8"))
    assert isinstance(plan, MergePlan)
    assert plan.bound is not None
    assert plan.bound <= 960345


@pytest.mark.parametrize(
    "words",
    [
        ("--check", INSTANCE),
        (INSTANCE, PLAN),
        (INSTANCE, "--rounds", "-1"),
        ("--check", INSTANCE, PLAN, "--explain", "R999"),
        ("/nowhere/at/all.json",),
        (PLAN,),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert pinhui_plan(*words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_is_no_text_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    junk = tmp_path / "junk.json"
    junk.write_bytes(b"\xff\xfe\x00")
    assert pinhui_plan(str(junk)) == 2
    assert "JSON" in capsys.readouterr().err
