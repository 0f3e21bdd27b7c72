"""Our verdicts and those of a checker that shares no code: the same codes and the same integers."""

import copy
import dataclasses
import json
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from server.merging.instance.formats import parse_instance, parse_plan
from server.merging.instance.lookup import look_up
from server.merging.instance.model import MergePlan
from server.merging.instance.writing import serialise_plan
from server.merging.search.merge import merge
from server.merging.verdict.check import check, check_with, compute_baseline
from tests.unit.merging.problems import (
    EXAMPLE,
    NAMES,
    example_plan,
    independent_check,
    instance_file,
    instance_text,
)

Document = dict[str, Any]


def agree(raw_instance: Document, raw_plan: Document) -> list[str]:
    """Judge twice, demand the same verdict, and return the violations' codes."""
    theirs = independent_check()(raw_instance, raw_plan)
    plan = parse_plan(json.dumps(raw_plan))
    assert isinstance(plan, MergePlan)
    ours = check(parse_instance(json.dumps(raw_instance)), plan)
    codes = sorted(violation.code for violation in ours.violations)
    assert codes == sorted(violation["code"] for violation in theirs["violations"])
    assert dataclasses.asdict(ours.terms) == theirs["terms"]
    assert ours.assignment_objective == theirs["assignment_objective"]
    assert ours.objective == theirs["objective"]
    assert ours.valid == theirs["valid"]
    return codes


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_of_ours_gets_the_same_verdict_from_both(name: str) -> None:
    plan = json.loads(serialise_plan(merge(instance_file(name), rounds=10)))
    codes = agree(json.loads(instance_text(name)), plan)
    assert set(codes) <= {"must"}


def test_a_plan_of_somebody_else_gets_the_same_verdict_from_both() -> None:
    plan = json.loads(serialise_plan(example_plan()))
    assert agree(json.loads(instance_text(EXAMPLE)), plan) == []


def shift_date(session: Document, days: int) -> None:
    moved = date.fromisoformat(session["date"]) + timedelta(days=days)
    session["date"] = moved.isoformat()


Mutation = Callable[[Random, Document, Document], None]

PLAN_MUTATIONS: list[Mutation] = [
    lambda r, i, p: shift_date(r.choice(p["sessions"]), r.randint(-3, 3)),
    lambda r, i, p: r.choice(p["sessions"]).update(half=r.choice(["AM", "PM", "EVE"])),
    lambda r, i, p: r.choice(p["sessions"]).update(venue=r.choice(["S01-R1", "S01-R2", "S01-VC"])),
    lambda r, i, p: r.choice(p["sessions"]).update(host=r.choice([None, "H-X"])),
    lambda r, i, p: r.choice(p["sessions"]).update(start=r.randrange(500, 1000)),
    lambda r, i, p: r.shuffle(r.choice(p["sessions"])["items"]),
    lambda r, i, p: r.choice(p["sessions"])["items"].clear(),
    lambda r, i, p: r.choice(some_items(r, p)).update(minutes=r.choice([5, 20, 60])),
    lambda r, i, p: r.choice(some_items(r, p)).update(start=r.randrange(540, 1000, 5)),
    lambda r, i, p: r.choice(some_items(r, p)).update(request=r.choice(["R999", "R001", "R002"])),
    lambda r, i, p: some_items(r, p).pop(),
    lambda r, i, p: some_items(r, p).append(copy.deepcopy(r.choice(some_items(r, p)))),
    lambda r, i, p: p["sessions"].append(copy.deepcopy(r.choice(p["sessions"]))),
    lambda r, i, p: p["sessions"].pop(r.randrange(len(p["sessions"]))),
    lambda r, i, p: p["digest"].append({"date": "2026-05-12", "requests": ["R001", "R998"]}),
    lambda r, i, p: p["digest"][0]["requests"].append(r.choice(i["requests"])["id"]),
    lambda r, i, p: p["unscheduled"].append(
        {"request": r.choice(i["requests"])["id"], "reason": "", "action": ""}
    ),
    lambda r, i, p: p["unscheduled"].append({"request": "R997", "reason": "", "action": ""}),
]

INSTANCE_MUTATIONS: list[Mutation] = [
    lambda r, i, p: i["quota"].update(overflow=r.choice(["reject", "escalate"])),
    lambda r, i, p: i["quota"].update(committee_week=r.randint(0, 2), committee_month=None),
    lambda r, i, p: i["quota"].update(role_month={"director": r.randint(0, 2), "secretary": 1}),
    lambda r, i, p: i["quota"].update(counts=r.sample(i["roles"], 3), soft_week_target=0),
    lambda r, i, p: i["quota"]["used"].update({"C001|2026-W20": 3, "C002|director|2026-05": 2}),
    lambda r, i, p: i.update(max_session=r.choice([15, 60]), max_items=r.choice([1, 2, 8])),
    lambda r, i, p: [hall.update(capacity=r.choice([5, 40, 99])) for hall in i["venues"]],
    lambda r, i, p: r.choice(i["venues"]).update(unit="zz"),
    lambda r, i, p: [d.update(exempt=False) for d in i["departments"]],
    lambda r, i, p: r.choice(i["requests"]).update(read_only=r.random() < 0.5),
    lambda r, i, p: [
        q.update(approved=False, mode=r.choice(["video", "in_person"])) for q in i["requests"][::3]
    ],
    lambda r, i, p: [q.update(must=True, pin={"half": "PM"}) for q in i["requests"][::4]],
    lambda r, i, p: [q.update(dept=r.choice(["D01", "D02"])) for q in i["requests"][::2]],
    lambda r, i, p: [q.update(time_window=[540, 640]) for q in i["requests"][::4]],
    lambda r, i, p: [q.update(deadline="2026-05-08") for q in i["requests"][::3]],
    lambda r, i, p: [
        q.update(published={"date": "2026-05-07", "half": "AM", "venue": "S01-R1", "frozen": True})
        for q in i["requests"][::5]
    ],
    lambda r, i, p: [
        i["blocked"].append(
            {"committee": "C003", "date": s["date"], "half": s["half"], "roles": None}
        )
        for s in p["sessions"][::2]
        if s["half"] in i["halves"]
    ],
    lambda r, i, p: i["halves"].update(AM=[540, 580]),
]


def some_items(random: Random, plan: Document) -> list[Document]:
    items: list[Document] = random.choice([s for s in plan["sessions"] if s["items"]])["items"]
    return items


def test_wrong_plans_get_the_same_verdict_from_both() -> None:
    seen: set[str] = set()
    ours = json.loads(serialise_plan(merge(instance_file(EXAMPLE), rounds=10)))
    for seed in range(200):
        random = Random(seed)  # noqa: S311
        instance = json.loads(instance_text(EXAMPLE))
        plan = copy.deepcopy(random.choice([ours, json.loads(serialise_plan(example_plan()))]))
        for _ in range(random.choice((1, 1, 2, 4))):
            random.choice(PLAN_MUTATIONS + INSTANCE_MUTATIONS)(random, instance, plan)
            if not any(session["items"] for session in plan["sessions"]):
                break
        seen.update(agree(instance, plan))
    assert seen >= EVERY_CODE


EVERY_CODE = {
    "approval",
    "blocked",
    "capacity",
    "dept_clash",
    "digest_day",
    "digest_discussion",
    "double",
    "empty",
    "frozen",
    "half",
    "host",
    "host_first",
    "host_missing",
    "host_moved",
    "max_items",
    "max_session",
    "minutes",
    "missing",
    "mode",
    "must",
    "not_working_day",
    "overrun",
    "person_clash",
    "pin",
    "quota",
    "read_only",
    "seamless",
    "start",
    "time_window",
    "unit",
    "unknown",
    "venue_clash",
    "window",
}


def test_a_session_in_no_hall_is_named_and_its_items_are_missing() -> None:
    plan = json.loads(serialise_plan(example_plan()))
    session = next(s for s in plan["sessions"] if s["host"] is None)
    session["venue"] = "moon"
    codes = agree(json.loads(instance_text(EXAMPLE)), plan)
    assert codes == ["missing"] * len(session["items"]) + ["venue"]


def test_the_picture_before_merging_counts_every_request_as_a_session() -> None:
    before = compute_baseline(look_up(instance_file("p1_seed_sixmonths")))
    assert (before.sessions, before.committee_trips) == (294, 9496)


def test_a_verdict_knows_its_quota_lines_and_trips() -> None:
    lookup = look_up(instance_file(EXAMPLE))
    verdict = check_with(lookup, example_plan())
    assert verdict.committee_trips == 363
    weekly = [line for line in verdict.ledger if line.period == "2026-W20" and not line.role]
    assert {(line.planned, line.left, line.over) for line in weekly} <= {
        (n, max(0, 3 - n), max(0, n - 3)) for n in range(10)
    }
    assert sum(line.over for line in verdict.ledger) == verdict.terms.over_quota
