"""``pinhui plan``: plans made and plans checked; what cannot be read is said in one line."""

import argparse
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.merging.command import add_arguments, run
from server.merging.instance.formats import parse_plan
from server.merging.instance.model import Infeasible, MergePlan
from tests.unit.merging.problems import DATA, EXAMPLE, checked_independently

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
        (INSTANCE, "--seconds", "-1"),
        (INSTANCE, "--deterministic", "nan"),
        (INSTANCE, "--workers", "0"),
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


PROGRESS = re.compile(r"best \d+ bound (-|\d+) seconds \d+\.\d")


def test_a_plan_is_searched_for_and_each_line_of_progress_is_the_same_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, within = tmp_path / "plan.json", tmp_path / "within.json"
    words = ("--out", str(out), "--within", str(within), "--seconds", "0")
    assert pinhui_plan(INSTANCE, *words) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert all(PROGRESS.fullmatch(line) for line in lines)
    plan = json.loads(out.read_text(encoding="utf-8"))
    assert plan["stats"]["exceptions"]
    assert checked_independently(EXAMPLE, out.read_text(encoding="utf-8"))["valid"]
    strict = checked_independently(EXAMPLE, within.read_text(encoding="utf-8"))
    assert (strict["valid"], strict["terms"]["over_quota"]) == (True, 0)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["plan.json", "within.json"]


def test_a_searched_plan_repeats_with_effort_and_seed(tmp_path: Path) -> None:
    texts = []
    for name in ("one.json", "two.json"):
        out = tmp_path / name
        words = ("--deterministic", "1", "--seed", "7", "--out", str(out))
        assert pinhui_plan(INSTANCE, *words) == 0
        texts.append(out.read_bytes())
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["stats"]["effort"] == 1


def test_a_terminated_search_leaves_the_best_plan(tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    words = (sys.executable, "-m", "server", "plan", INSTANCE, "--out", str(out))
    with subprocess.Popen(
        (*words, "--seconds", "600"), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stderr is not None
        assert PROGRESS.fullmatch(program.stderr.readline().strip())
        program.send_signal(signal.SIGTERM)
        rest = program.stderr.read()
        assert program.wait() == 0
    assert "Traceback" not in rest
    assert checked_independently(EXAMPLE, out.read_text(encoding="utf-8"))["valid"]


def test_a_plan_can_go_where_no_file_can_be_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    assert pinhui_plan(INSTANCE, "--rounds", "0", "--out", "/dev/stdout") == 0
