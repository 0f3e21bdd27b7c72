"""The search in child processes: a budget, progress every second, and an answer at any moment.

The first draft is made here, at once, so that there is always an answer; children make it better
and can be killed at any time. Their findings are put together, for two of them may have improved
different weeks or streets. The children know no clock: who watches the time is this side.
"""

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from random import Random
from typing import TypeAlias

from server.domain.clock import Clock
from server.merging.instance.lookup import look_up
from server.merging.instance.model import Instance
from server.merging.search.draft import Draft, Places
from server.merging.search.ground import survey
from server.merging.search.refine import Seat, refine
from server.merging.search.ruin_recreate import build_draft

SEATS = 4
"""How many children search side by side at most; never more than the computer has cores."""
WORKERS = 8
"""The solver's threads for a whole instance: a portfolio of ways, good even on two cores."""
PATIENCE_S = 0.2
"""How long this side waits before it looks at the clock and at ``stop`` again."""

Bounder = Callable[[Instance, Callable[[int], None]], None]
"""Tells lower bounds of the assignment objective, each as soon as it is proven; a module's own
function, for it runs in a child of its own."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a search may use: seconds of wall time, or effort that is the same on any computer.

    With ``effort`` one child with one thread searches, and the same seed gives the same plan
    unless the ``seconds`` end it before. ``niceness`` is how far the children stand back for
    other work, in the system's measure from 0 to 19. Without both it ends when ``stop`` says so.
    """

    seconds: float | None = None
    effort: float | None = None
    seed: int = 1
    workers: int = WORKERS
    niceness: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What people count of a draft: its sessions, the committees called, and who has no place."""

    sessions: int
    trips: int
    waiting: int


def tally_of(draft: Draft) -> Tally:
    """Return what a draft comes to."""
    held = [filling.committees for filling in draft.fillings if filling.crowd]
    trips = sum(committees.bit_count() for committees in held)
    return Tally(len(held), trips, len(draft.left_out))


@dataclass(frozen=True, slots=True)
class Progress:
    """The best price found, the highest proven bound if there is one, and seconds since start.

    ``tally`` is what the best draft comes to, where it is known.
    """

    best: int
    bound: int | None
    seconds: float
    tally: Tally | None = None

    @property
    def proven(self) -> bool:
        """Whether no plan can be cheaper."""
        return self.bound is not None and self.bound >= self.best


@dataclass(frozen=True, slots=True)
class Report:
    """What a child says after each step, to be answered by better places or by None.

    ``moved`` are the claims it moved since it last said or was told something; ``total`` is the
    price of its ``places``; ``bound`` a lower bound that the step has proven.
    """

    places: Places
    total: int
    moved: dict[int, int | None]
    bound: int | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound from the bounder, to which nothing is answered."""

    points: int


def search(
    draft: Draft,
    *,
    budget: Budget,
    clock: Clock,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    bounder: Bounder | None = None,
) -> Progress:
    """Improve a draft until the budget ends, it is proven best, or ``stop`` says so.

    It ends as the best one met; when every child dies at once, as it was. ``on_progress`` is
    called about once a second and at the end.

    Returns:
        The last progress.
    """
    start, told_at = clock.monotonic(), 0.0
    findings = Findings(draft)
    children = _start_children(draft.ground.lookup.instance, budget, bounder)
    try:
        while children and not stop() and not findings.progress(0.0).proven:
            seconds = clock.monotonic() - start
            left = PATIENCE_S if budget.seconds is None else budget.seconds - seconds
            if left <= 0:
                break
            if seconds >= told_at + 1.0:
                told_at = seconds
                on_progress(findings.progress(seconds))
            _listen(findings, children, min(PATIENCE_S, left))
    finally:
        _end(children)
    last = findings.progress(clock.monotonic() - start)
    on_progress(last)
    return last


class Findings:
    """The best draft so far, put together from what children find."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.bound: int | None = None

    def progress(self, seconds: float) -> Progress:
        """Return how far the search is."""
        return Progress(self.draft.total, self.bound, seconds, tally_of(self.draft))

    def raise_bound(self, points: int) -> None:
        """Take note of a proven bound."""
        self.bound = points if self.bound is None else max(self.bound, points)

    def take(self, report: Report) -> None:
        """Take over what a child has found as far as it is better."""
        before, total = tuple(self.draft.place), self.draft.total
        if not (self._apply(report.moved) and self.draft.total < total):
            self.draft.restore(before)
        together = self.draft.total
        merged = tuple(self.draft.place)
        self.draft.restore(report.places)
        if self.draft.total >= together:
            self.draft.restore(merged)

    def _apply(self, moved: dict[int, int | None]) -> bool:
        """Move claims one by one, those first who call people; say whether all rules allow it."""
        draft, claims = self.draft, self.draft.ground.claims
        stuck = draft.release(moved) - moved.keys()
        for number in sorted(moved, key=lambda n: (not claims[n].calling, n)):
            spot = moved[number]
            if spot is None:
                continue
            if draft.price(number, spot) is None:
                return False
            draft.put(number, spot)
        return not stuck


# --- this side -----------------------------------------------------------------------------------

Pipe: TypeAlias = "Connection[object, object]"
Child = tuple[BaseProcess, Pipe]


def _start_children(instance: Instance, budget: Budget, bounder: Bounder | None) -> list[Child]:
    if budget.seconds is not None and budget.seconds <= 0:
        return []
    single = budget.effort is not None
    seats = 1 if single else max(1, min(SEATS, os.cpu_count() or 1))
    workers = 1 if single else budget.workers
    children = []
    for number in range(seats):
        seat = Seat(number, seats, workers)
        children.append(
            _start(_search, budget.niceness, (instance, seat, budget.seed + number, budget.effort))
        )
    if bounder is not None:
        children.append(_start(_prove, budget.niceness, (instance, bounder)))
    return children


def _start(work: Callable[..., None], niceness: int, words: tuple[object, ...]) -> Child:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_live, args=(work, niceness, theirs, *words), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _listen(findings: Findings, children: list[Child], seconds: float) -> None:
    """Hear what children say within some time and answer; drop those who ended."""
    ready = wait([connection for _, connection in children], seconds)
    for child in [child for child in children if child[1] in ready]:
        try:
            _hear(findings, child[1])
        except (EOFError, OSError):
            children.remove(child)
            _end([child])


def _hear(findings: Findings, connection: Pipe) -> None:
    said = connection.recv()
    if isinstance(said, Bound):
        findings.raise_bound(said.points)
    elif isinstance(said, Report):
        findings.take(said)
        if said.bound is not None:
            findings.raise_bound(said.bound)
        better = findings.draft.total < said.total
        with suppress(OSError):
            connection.send(tuple(findings.draft.place) if better else None)


def _end(children: Iterable[Child]) -> None:
    """Kill the children: they hold nothing that could be lost."""
    for process, connection in children:
        process.kill()
        process.join()
        process.close()
        connection.close()


# --- the children's side -------------------------------------------------------------------------


def _live(work: Callable[..., None], niceness: int, connection: Pipe, *words: object) -> None:
    """Work, and do not outlive whoever asked for it."""
    os.nice(niceness)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with suppress(OSError, EOFError, KeyboardInterrupt):
        work(connection, *words)


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def _search(
    connection: Pipe,
    instance: Instance,
    seat: Seat,
    seed: int,
    effort: float | None,
) -> None:
    draft = build_draft(survey(look_up(instance)))
    told, spent = tuple(draft.place), 0.0
    for step in refine(draft, random=Random(seed), seat=seat):  # noqa: S311 - a search
        spent += step.effort
        places = tuple(draft.place)
        moved = {number: spot for number, spot in enumerate(places) if spot != told[number]}
        connection.send(Report(places, draft.total, moved, step.bound))
        if effort is not None and spent >= effort:
            return
        better = connection.recv()
        if isinstance(better, tuple):
            draft.restore(better)
        told = tuple(draft.place)


def _prove(connection: Pipe, instance: Instance, bounder: Bounder) -> None:
    bounder(instance, lambda points: connection.send(Bound(points)))
