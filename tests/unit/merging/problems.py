"""Small merging problems with good defaults, and the instance files of the plan format."""

import importlib.util
import json
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from server.merging.instance.formats import parse_instance, parse_plan
from server.merging.instance.model import (
    Audience,
    CalledCommittee,
    CallingDepartment,
    Cell,
    Half,
    Hall,
    HallKind,
    Instance,
    MeetingRequest,
    MergePlan,
    Mode,
    Overflow,
    Priority,
    Quota,
    StandingMeeting,
)
from server.scheduler.workdays import WorkdayTable, digest_days, working_days

DATA = Path(__file__).parents[2] / "data" / "scheduling"
NAMES = sorted(path.stem for path in (DATA / "instances").glob("*.json"))
FEASIBLE = [name for name in NAMES if name != "p3_infeasible"]
EXAMPLE = "p5_holiday_urgent"

MONDAY = date(2026, 11, 2)
FRIDAY = date(2026, 11, 6)
SECRETARIES = Audience(None, ("secretary",))
DIRECTORS = Audience(None, ("director",))


@cache
def instance_text(name: str) -> str:
    return (DATA / "instances" / f"{name}.json").read_text(encoding="utf-8")


@cache
def instance_file(name: str) -> Instance:
    return parse_instance(instance_text(name))


@cache
def example_plan() -> MergePlan:
    text = (DATA / f"example_plan_{EXAMPLE}.json").read_text(encoding="utf-8")
    plan = parse_plan(text)
    assert isinstance(plan, MergePlan)
    return plan


@cache
def independent_check() -> Callable[[Any, Any], dict[str, Any]]:
    """The checker that shares no code with the product."""
    spec = importlib.util.spec_from_file_location("independent_checker", DATA / "checker.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check: Callable[[Any, Any], dict[str, Any]] = module.check
    return check


def checked_independently(name: str, plan_text: str) -> dict[str, Any]:
    return independent_check()(json.loads(instance_text(name)), json.loads(plan_text))


def a_request(key: str, **changes: Any) -> MeetingRequest:
    values: dict[str, Any] = {
        "id": key,
        "department": "D1",
        "unit": "S1",
        "topic": "人口普查",
        "minutes": 20,
        "audience": SECRETARIES,
        "earliest": MONDAY,
        "deadline": FRIDAY,
        "filed": date(2026, 10, 20),
        "priority": Priority.NORMAL,
        "mode": Mode.EITHER,
        "read_only": False,
        "approved": True,
    }
    return MeetingRequest(**(values | changes))


def a_standing_meeting(**changes: Any) -> StandingMeeting:
    values: dict[str, Any] = {
        "id": "H1",
        "title": "书记月度例会",
        "department": "D9",
        "unit": "S1",
        "cell": Cell(date(2026, 11, 4), "AM", "R1"),
        "start": 555,
        "own_minutes": 40,
        "max_minutes": 120,
        "audience": SECRETARIES,
    }
    return StandingMeeting(**(values | changes))


def a_quota(**changes: Any) -> Quota:
    values: dict[str, Any] = {
        "committee_week": None,
        "committee_month": None,
        "role_week": {},
        "role_month": {},
        "counts": ("secretary", "director", "social"),
        "soft_week_target": None,
        "overflow": Overflow.REJECT,
        "used": {},
    }
    return Quota(**(values | changes))


def an_instance(*requests: MeetingRequest, **changes: Any) -> Instance:
    """One week, five committees, a room for 10 and a video hall; D9 is exempt."""
    values: dict[str, Any] = {
        "name": "small",
        "days": working_days(WorkdayTable(), MONDAY, FRIDAY),
        "digest_days": digest_days(WorkdayTable(), MONDAY, FRIDAY),
        "halves": (Half("AM", 540, 690), Half("PM", 810, 1020)),
        "granularity": 5,
        "max_session": 120,
        "max_items": 8,
        "roles": ("secretary", "director", "social"),
        "committees": tuple(CalledCommittee(f"C{n}", "S1", f"第{n}居委会") for n in range(1, 6)),
        "departments": tuple(CallingDepartment(f"D{n}", "", "S1", n == 9) for n in range(1, 10)),
        "halls": (
            Hall("R1", "S1", HallKind.ROOM, 10, "三楼会议室"),
            Hall("VC", "S1", HallKind.VIDEO, 100, "视频会场"),
        ),
        "standing": (),
        "blocked": (),
        "quota": a_quota(),
        "requests": requests,
    }
    return Instance(**(values | changes))
