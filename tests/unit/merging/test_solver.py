"""The search in children: it answers whatever happens to them, and repeats with a seed."""

import multiprocessing
from collections.abc import Callable

from server.domain.clock import SystemClock
from server.merging.instance.lookup import look_up
from server.merging.instance.model import Instance, MergePlan, Overflow, Priority
from server.merging.instance.writing import serialise_plan
from server.merging.search.draft import Draft
from server.merging.search.ground import survey
from server.merging.search.merge import conclude
from server.merging.search.planning import Planned, make_plan
from server.merging.search.ruin_recreate import build_draft
from server.merging.search.solver import Budget, Findings, Progress, Report
from server.merging.verdict.check import check
from tests.unit.merging.problems import a_quota, a_request, an_instance, instance_file

CLOCK = SystemClock()
SMALL = an_instance(
    *(a_request(f"R{n}", department=f"D{n}", minutes=15 * n) for n in range(1, 6)),
    a_request("R9", read_only=True, earliest=an_instance().days[1].date),
)


def drafted(instance: Instance) -> Draft:
    return build_draft(survey(look_up(instance)))


def a_bound_of_seven(instance: Instance, tell: Callable[[int], None]) -> None:
    """A bounder; the children import it from here."""
    tell(7)


def test_a_small_instance_ends_when_it_is_proven() -> None:
    told: list[Progress] = []
    made = make_plan(SMALL, budget=Budget(seconds=60), clock=CLOCK, on_progress=told.append)
    assert made.progress.proven
    assert made.plan.bound == made.progress.best == made.verdict.assignment_objective
    assert told[-1] == made.progress
    assert made.verdict.valid


def test_without_time_the_first_plan_is_the_answer() -> None:
    made = make_plan(instance_file("p2_tight_quota"), budget=Budget(seconds=0), clock=CLOCK)
    assert made.verdict.valid
    assert made.plan.bound is None


def test_the_first_plan_may_be_enough() -> None:
    seen: list[MergePlan] = []

    def enough(first: Planned) -> bool:
        seen.append(first.plan)
        return False

    made = make_plan(SMALL, budget=Budget(), clock=CLOCK, at_once=enough)
    assert seen == [made.plan]


def test_stopping_ends_the_search_with_a_valid_plan() -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 3

    made = make_plan(instance_file("p4_many_small"), budget=Budget(), clock=CLOCK, stop=stop)
    assert made.verdict.valid


def test_children_that_are_killed_leave_the_best_draft_behind() -> None:
    def kill_children() -> bool:
        for child in multiprocessing.active_children():
            child.kill()
        return False

    made = make_plan(
        instance_file("p4_many_small"), budget=Budget(), clock=CLOCK, stop=kill_children
    )
    assert made.verdict.valid
    assert made.progress.best <= drafted(instance_file("p4_many_small")).total


def test_the_same_effort_and_seed_give_the_same_plan_byte_for_byte() -> None:
    texts = [
        serialise_plan(
            make_plan(
                instance_file("p5_holiday_urgent"), budget=Budget(effort=1.0, seed=3), clock=CLOCK
            ).plan
        )
        for _ in range(2)
    ]
    assert texts[0] == texts[1]


def test_a_bounder_runs_beside_the_search_and_its_bound_is_told() -> None:
    quota = a_quota(committee_week=0, overflow=Overflow.ESCALATE)
    busy = an_instance(
        *(
            a_request(f"R{n}", department=f"D{n % 9 + 1}", minutes=35, priority=Priority.URGENT)
            for n in range(80)
        ),
        quota=quota,
    )
    told: list[Progress] = []
    made = make_plan(
        busy,
        budget=Budget(),
        clock=CLOCK,
        on_progress=told.append,
        stop=lambda: bool(told) and told[-1].bound is not None,
        bounder=a_bound_of_seven,
    )
    assert made.progress.bound == 7
    assert made.plan.bound == 7
    assert '"exceptions":[{"quota":"C1|2026-W45"' in made.plan.stats


def test_what_two_children_found_in_different_places_is_put_together() -> None:
    instance = an_instance(
        a_request("R1", deadline=an_instance().days[1].date),
        a_request("R2", department="D2", earliest=an_instance().days[3].date),
    )
    findings = Findings(Draft(survey(look_up(instance))))
    for number in (0, 1):
        child = Draft(findings.draft.ground)
        child.put(number, min(child.ground.claims[number].prices))
        places = tuple(child.place)
        findings.take(Report(places, child.total, {number: places[number]}, None))
    assert findings.draft.left_out == []


def test_findings_that_do_not_fit_together_leave_the_better_one() -> None:
    instance = an_instance(a_request("R1"), a_request("R2", department="D2", minutes=110))
    findings = Findings(Draft(survey(look_up(instance))))
    for number in (0, 1):
        child = Draft(findings.draft.ground)
        child.put(number, 0)
        places = tuple(child.place)
        findings.take(Report(places, child.total, {number: 0}, None))
    assert len(findings.draft.left_out) == 1
    assert check(instance, conclude(findings.draft, {})).violations == ()
