"""Prints what the board costs in a full month of the street: looking, prices, moves by hand.

    python -m tests.bench_board [--requests N] [--moves N]

Measured without a browser and without the network: the values a page waits for.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from server.board import changes
from server.board.cells import say_prices
from server.board.escalation import escalate
from server.board.model import Facts, Working
from server.board.problem import lay_ground
from server.board.publication import plan_publication
from server.board.search import find_plan
from server.board.view import span_of, state_of
from server.board.working import Board, lay_out_board
from server.domain.clock import SystemClock
from server.domain.errors import ConflictError
from server.domain.places import Committee, Department, Post, Venue, VenueKind
from server.merging.search.solver import Budget
from server.scheduler.filing import RequestState
from server.scheduler.quota_rules import QuotaRule, QuotaVersion
from tests.bench_proofs import show, spread, timed
from tests.unit.board.streets import a_request, after_publishing, some_facts

FIRST = date(2026, 11, 25)
POSTS = (
    (Post.SECRETARY,),
    (Post.DIRECTOR,),
    (Post.SOCIAL_WORKER,),
    (Post.SECRETARY, Post.DIRECTOR),
)


def a_month(count: int, random: Random) -> Facts:
    """Return 33 committees and so many requests of a month, most of them for everybody."""
    requests = []
    for number in range(1, count + 1):
        first = random.randrange(20)
        some = random.random() < 0.15
        committees = tuple(sorted(random.sample(range(1, 34), 9))) if some else ()
        window = {
            "earliest": FIRST + timedelta(days=first),
            "deadline": FIRST + timedelta(days=first + random.randrange(5, 15)),
            "minutes": random.choice((10, 15, 20, 30)),
            "posts": random.choice(POSTS),
            "department_id": random.randrange(1, 12),
            "committee_ids": committees,
        }
        requests.append(a_request(number, **window))
    committees_ = [Committee(n, n, f"第{n}居委会") for n in range(1, 34)]
    return some_facts(
        *requests,
        committees=committees_,
        departments=[Department(n, f"科室{n}", False) for n in range(1, 12)],
        venues=[Venue(n + 40, n, "", VenueKind.BRANCH, n) for n in range(1, 34)],
    )


def each(count: int, do: Callable[[int], object]) -> list[float]:
    """Return the seconds of each of some calls."""
    seconds = []
    for number in range(count):
        begin = time.perf_counter()
        do(number)
        seconds.append(time.perf_counter() - begin)
    return seconds


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--moves", type=int, default=40)
    asked = parser.parse_args()
    random = Random(7)  # noqa: S311 - a made-up month
    facts = a_month(asked.requests, random)
    board, seconds = timed(lambda: lay_out_board(lay_ground(facts), None))
    show(f"{asked.requests} requests, {len(board.instance.days)} days; first look {seconds:.2f} s")
    found, seconds = timed(
        lambda: find_plan(board, budget=Budget(seconds=0.0), clock=SystemClock())
    )
    show(f"first plan {seconds:.2f} s: {found.sessions} sessions, {found.waiting} wait")
    board = lay_out_board(board.ground, Working(found.plan, board.marks, board.ground.places))
    facts = after_publishing(facts, plan_publication(board, None))
    board = lay_out_board(lay_ground(facts), None)
    show("look: " + spread(each(10, lambda _: look(facts, None))))
    numbers = [request.id for request in board.instance.requests]
    drawn = [random.choice(numbers) for _ in range(asked.moves)]
    show(
        "prices of all cells, in words: "
        + spread(each(asked.moves, lambda n: say_prices(board, drawn[n], "zh_CN")))
    )
    moved, refused, times = move_about(board, drawn, random)
    show(
        f"moves by hand: {spread(times)}; {refused} of {asked.moves} refused, {moved} others moved"
    )
    tight = fewer_calls(facts)
    found = escalate(tight, {})
    asks = len(found.asks) if found else 0
    times = each(5, lambda _: escalate(tight, {}))
    show(f"the plan above quotas, {asks} of {len(tight.plan.left_out)} placed: {spread(times)}")
    return 0


def fewer_calls(facts: Facts) -> Board:
    """Return the month before anything was placed, under quotas of one call a week."""
    everyone = QuotaRule(tuple(Post), 1, 4)
    waiting = tuple(
        replace(r, state=RequestState.SUBMITTED, session_id=None) for r in facts.requests
    )
    quotas = [QuotaVersion(1, date(2026, 11, 1), everyone)]
    situation = replace(facts.situation, sessions=[], quotas=quotas)
    board = lay_out_board(lay_ground(Facts(situation, waiting)), None)
    found = find_plan(board, budget=Budget(seconds=0.0), clock=SystemClock())
    return lay_out_board(board.ground, Working(found.plan, board.marks, board.ground.places))


def look(facts: Facts, working: Working | None) -> object:
    """Return what the page of five weeks shows."""
    return state_of(lay_out_board(lay_ground(facts), working), span_of(FIRST, 5), "zh_CN")


def move_about(board: Board, drawn: list[str], random: Random) -> tuple[int, int, list[float]]:
    """Move requests to half-days of their windows; return others moved, refusals, and seconds."""
    moved, refused, times = 0, 0, []
    for number in drawn:
        request = next(r for r in board.instance.requests if r.id == number)
        days = [
            d.date for d in board.instance.days if request.earliest <= d.date <= request.deadline
        ]
        begin = time.perf_counter()
        try:
            changed = changes.move(board, number, random.choice(days), random.choice(("AM", "PM")))
        except ConflictError:
            refused += 1
        else:
            moved += len(changed.moved)
            times.append(time.perf_counter() - begin)
    return moved, refused, times


if __name__ == "__main__":
    sys.exit(main())
