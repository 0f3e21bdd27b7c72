"""Prints what merging costs: conflicts, proven bounds, prices of moves, changes by hand.

    python -m tests.bench_proofs [INSTANCE …] [--seconds S]

Every figure is measured here and now; nothing is asserted. Gaps are against the best plan known.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TypeVar

from server.merging.instance.lookup import look_up
from server.merging.instance.model import Block, Instance, Pin
from server.merging.proof.bound import prove_bound
from server.merging.proof.conflict import find_concessions, find_conflict
from server.merging.search.ground import survey
from server.merging.search.merge import merge
from server.merging.search.prices import draft_of, price_moves
from server.merging.search.reflow import Board, Refused, move
from tests.unit.merging.problems import DATA, NAMES, instance_file

MONTHS = ["p2_tight_quota", "p4_many_small", "p5_holiday_urgent", "p7_counted_roles"]
Answer = TypeVar("Answer")


def timed(question: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return an answer and the seconds it took."""
    begin = time.perf_counter()
    answer = question()
    return answer, time.perf_counter() - begin


def show(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def spread(seconds: list[float]) -> str:
    """Return median, 95th percentile and maximum in milliseconds."""
    ordered = sorted(seconds)
    worst = ordered[int(0.95 * (len(ordered) - 1))]
    middle = statistics.median(ordered)
    return (
        f"median {1000 * middle:.0f} ms, p95 {1000 * worst:.0f} ms, max {1000 * ordered[-1]:.0f} ms"
    )


def spoilt(name: str, random: Random) -> Instance:
    """Return a month in which three requests must be held where that is hardly possible."""
    instance = instance_file(name)
    requests = list(instance.requests)
    chosen = random.sample([n for n, r in enumerate(requests) if not r.read_only], 3)
    for at in chosen:
        day = random.choice(instance.days).date
        requests[at] = replace(requests[at], must=True, earliest=day, deadline=day)
    requests[chosen[0]] = replace(requests[chosen[0]], pin=Pin(instance.days[-1].date))
    blocked = tuple(
        Block(instance.committees[0].id, day.date, half.name, ())
        for day in instance.days
        for half in instance.halves
    )
    more = blocked if random.random() < 0.3 else ()
    return replace(instance, requests=tuple(requests), blocked=instance.blocked + more)


def measure_conflicts() -> None:
    found, seconds, asked = 0, [], []
    problems = [instance_file("p3_infeasible")]
    problems += [spoilt(name, Random(seed)) for name in MONTHS for seed in range(5)]  # noqa: S311
    for instance in problems:
        conflict, took = timed(lambda instance=instance: find_conflict(instance))
        seconds.append(took)
        if conflict is not None:
            found += conflict.minimal
            asked.append(timed(lambda instance=instance: find_concessions(instance))[1])
    show(f"conflicts: {found} of {len(problems)} infeasible, each minimal; {spread(seconds)}")
    show(f"concessions: {spread(asked)}")


def measure_bound(name: str, seconds: float) -> None:
    known = {
        entry["instance"]: entry for entry in json.loads((DATA / "best_known.json").read_text())
    }
    begin = time.perf_counter()

    def enough() -> bool:
        return time.perf_counter() - begin > seconds

    bound, took = timed(lambda: prove_bound(instance_file(name), rounds=1000, enough=enough))
    best = known.get(name, {}).get("best")
    gap = f"gap {1 - bound.value / best:.2%} to {best}" if best else "no plan known"
    state = "settled" if bound.settled else "stopped"
    before = known.get(name, {}).get("lower_bound")
    show(
        f"bound {name}: {bound.value} ({gap}; before {before}), "
        f"{bound.rounds} rounds, {state}, {took:.1f} s"
    )


def measure_moves(name: str) -> None:
    instance = instance_file(name)
    plan = merge(instance, rounds=100)
    draft = draft_of(survey(look_up(instance)), plan)
    prices = [timed(lambda n=n: price_moves(draft, n)) for n in range(len(draft.place))]
    cells = sum(len(moves.open) + sum(map(len, moves.closed.values())) for moves, _ in prices)
    show(f"prices {name}: {cells // len(prices)} cells a request; {spread([s for _, s in prices])}")
    board, random = Board(instance, plan), Random(7)  # noqa: S311
    seconds, moved, refused = [], [], 0
    for _ in range(20):
        number = random.choice([n for n, spot in enumerate(draft.place) if spot is not None])
        claim = draft.ground.claims[number]
        cell = draft.ground.spots[random.choice(list(claim.prices))].cell
        key = claim.request.id
        outcome, took = timed(lambda key=key, cell=cell: move(board, key, cell))
        seconds.append(took)
        if isinstance(outcome, Refused):
            refused += 1
        else:
            moved.append(len(outcome.moved))
    others = statistics.mean(moved) if moved else 0
    show(f"reflow {name}: {spread(seconds)}; {others:.1f} others moved, {refused} of 20 refused")


def main() -> None:
    """Measure the instances named, or all months of a street."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instances", nargs="*", metavar="INSTANCE", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=float, default=30, help="for each bound")
    args = parser.parse_args()
    measure_conflicts()
    for name in args.instances or MONTHS:
        measure_bound(name, args.seconds)
        measure_moves(name)


if __name__ == "__main__":
    main()
