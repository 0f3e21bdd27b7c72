"""A plan ordered on the command line: its seconds, its signals, its progress, its files.

There is a plan on the disk from the first second on, so that whatever ends the program, an answer
is left; it is replaced whole, never in part.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from server.domain.clock import Clock, SystemClock, process_age
from server.merging.instance.model import Infeasible, Instance, MergePlan
from server.merging.instance.writing import serialise_plan
from server.merging.proof.conflict import find_conflict
from server.merging.search.merge import within_quotas
from server.merging.search.planning import Planned, make_plan
from server.merging.search.solver import Budget, Progress

WITHIN = 0.25
"""The part of the seconds for the plan within all quotas, where one is asked for."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Order:
    """What is ordered. ``seconds`` count from the start of the program; None is without limit."""

    seconds: float | None
    effort: float | None
    seed: int
    workers: int
    out: Path | None
    within: Path | None


class Stopper:
    """Says whether a signal has asked to end."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        """Return whether to end now."""
        return self.asked

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Take note of a signal."""
        self.asked = True


def carry_out(instance: Instance, order: Order) -> Planned:
    """Make the plan, and the one within all quotas where it is asked for, and save both.

    The first of SIGTERM and SIGINT ends the search; the best plan so far is returned.
    """
    clock = SystemClock()
    with _signals() as stop:
        if order.within is not None:
            part = None if order.seconds is None else order.seconds * WITHIN
            within = within_quotas(instance)
            strict = _plan(within, order, clock, stop=stop, seconds=part, out=order.within)
            save(strict.plan, order.within)
        return _plan(instance, order, clock, stop=stop, seconds=order.seconds, out=order.out)


def _plan(
    instance: Instance,
    order: Order,
    clock: Clock,
    *,
    stop: Stopper,
    seconds: float | None,
    out: Path | None,
) -> Planned:
    left = None if seconds is None else max(0.0, seconds - process_age())

    def at_once(first: Planned) -> bool:
        save(first.plan, out)
        return first.verdict.valid or find_conflict(instance) is None

    return make_plan(
        instance,
        budget=Budget(left, order.effort, order.seed, order.workers),
        clock=clock,
        on_progress=print_progress,
        stop=stop,
        at_once=at_once,
    )


def print_progress(progress: Progress) -> None:
    """Print a line on standard error: the best price, the bound or ``-``, the seconds."""
    bound = "-" if progress.bound is None else str(progress.bound)
    sys.stderr.write(f"best {progress.best} bound {bound} seconds {progress.seconds:.1f}\n")
    sys.stderr.flush()


def save(plan: MergePlan | Infeasible, path: Path | None) -> None:
    """Write a plan to a file, whole or not at all; to anything else, such as a pipe, as it is.

    Raises:
        OSError: when it cannot be written.
    """
    if path is None:
        return
    text = serialise_plan(plan)
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


@contextmanager
def _signals() -> Iterator[Stopper]:
    stop = Stopper()
    before = {number: signal.signal(number, stop.ask) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
