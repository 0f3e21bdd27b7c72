"""The hard rules of merging, one function each: facts in, violations out, never traded.

Codes are those of the format ``pinhui-sched/1``, so that an independent checker's words and ours
can be compared. Quotas are in ``quota``; rules that look at the whole plan are at the end.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from server.merging.instance.lookup import Lookup
from server.merging.instance.model import (
    Cell,
    HallKind,
    MeetingRequest,
    MergePlan,
    Mode,
    Pin,
    PlannedSession,
)
from server.merging.verdict.facts import SessionFacts


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken hard rule: its code, and the session, request or person it is about."""

    code: str
    subject: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.subject} {self.detail}".rstrip()


SessionRule = Callable[[Lookup, SessionFacts], Iterable[Violation]]


def hall_fits_mode(mode: Mode, kind: HallKind) -> bool:
    """Say whether a request of this mode may be held in a hall of this kind."""
    if mode is Mode.EITHER:
        return True
    return (mode is Mode.IN_PERSON) == (kind is HallKind.ROOM)


def pin_allows(pin: Pin | None, cell: Cell) -> bool:
    """Say whether the pinned parts, if any, are those of the cell."""
    if pin is None:
        return True
    wanted = (pin.day, pin.half, pin.hall)
    return all(part is None or part == actual for part, actual in zip(wanted, cell, strict=True))


def within_window(request: MeetingRequest, day: date) -> bool:
    """Say whether the day is in the request's window, both ends included."""
    return request.earliest <= day <= request.deadline


# --- where a session is --------------------------------------------------------------------------


def stands_somewhere(lookup: Lookup, session: PlannedSession) -> Violation | None:
    """Refuse a session on no working day, in no half-day, in no hall, or of no known host.

    Such a session cannot be judged further, and its items count as placed nowhere.
    """
    cell = session.cell
    if cell.date not in lookup.days:
        return Violation("not_working_day", session.id, cell.date.isoformat())
    if cell.half not in lookup.halves:
        return Violation("half", session.id, cell.half)
    if cell.hall not in lookup.halls:
        return Violation("venue", session.id, cell.hall)
    if session.standing is not None and session.standing not in lookup.standing:
        return Violation("host", session.id, session.standing)
    return None


def standing_meeting_stays(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A standing meeting keeps its cell and its start, and speaks first (rule 2)."""
    standing, session = facts.standing, facts.session
    if standing is None:
        return
    if standing.cell != session.cell or standing.start != session.start:
        yield Violation("host_moved", standing.id, session.id)
    if not session.items or session.items[0].request != standing.id:
        yield Violation("host_first", session.id, standing.id)


def starts_on_the_grid(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A session starts inside its half-day, on a multiple of the granularity."""
    start = facts.session.start
    early = start < lookup.halves[facts.session.cell.half].start
    if early or start % lookup.instance.granularity:
        yield Violation("start", facts.session.id, str(start))


def ends_in_its_half_day(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A session ends before its half-day does."""
    if facts.end > lookup.halves[facts.session.cell.half].end:
        yield Violation("overrun", facts.session.id, str(facts.end))


def length_is_limited(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A session is no longer than the limit, a shared one than its standing meeting allows."""
    standing = facts.standing
    limit = lookup.instance.max_session if standing is None else standing.max_minutes
    if facts.minutes > limit:
        yield Violation("max_session", facts.session.id, f"{facts.minutes} > {limit}")


def items_are_few(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A session has at least one item and at most ``max_items`` requests."""
    if not facts.session.items:
        yield Violation("empty", facts.session.id)
    count = len(facts.requests)
    if count > lookup.instance.max_items:
        yield Violation("max_items", facts.session.id, str(count))


def hall_holds_everybody(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """The hall's capacity is not exceeded."""
    people = facts.crowd.bit_count()
    if people > facts.hall.capacity:
        yield Violation("capacity", facts.session.id, f"{people} > {facts.hall.capacity}")


# --- what an item asks for -----------------------------------------------------------------------


def items_are_back_to_back(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """Each item starts when the one before it ends; there are no gaps."""
    expected = facts.session.start
    ends = iter(facts.pieces)
    for item in facts.session.items:
        if item.start != expected:
            yield Violation("seamless", item.request, facts.session.id)
        if item.request not in facts.strangers:
            expected = next(ends).end


def items_are_known(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """Every item is a request of the instance or the session's own standing meeting."""
    for stranger in facts.strangers:
        yield Violation("unknown", stranger, facts.session.id)


def items_get_their_minutes(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """An item gets exactly the minutes asked for."""
    for piece in facts.pieces:
        if piece.item.minutes != piece.end - piece.start:
            yield Violation("minutes", piece.item.request, str(piece.item.minutes))


def requests_keep_their_windows(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A request is held within its dates, within its hours, and where it is pinned."""
    cell = facts.session.cell
    for piece, request in facts.requests:
        if not within_window(request, cell.date):
            yield Violation("window", request.id, cell.date.isoformat())
        hours = request.time_window
        if hours is not None and (piece.start < hours[0] or piece.end > hours[1]):
            yield Violation("time_window", request.id, str(piece.start))
        if not pin_allows(request.pin, cell):
            yield Violation("pin", request.id, facts.session.id)


def requests_suit_the_hall(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A request is held by its own street, and in a room or by video as it wants."""
    for _, request in facts.requests:
        if facts.hall.unit != request.unit:
            yield Violation("unit", request.id, facts.hall.id)
        if not hall_fits_mode(request.mode, facts.hall.kind):
            yield Violation("mode", request.id, facts.hall.id)


def reading_matter_stays_out(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A request that is only to be made known goes to the digest, never to a session (rule 1)."""
    for _, request in facts.requests:
        if request.read_only:
            yield Violation("read_only", request.id, facts.session.id)


def nobody_is_called_without_approval(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """A request without approval rides with people who are called anyway (rule 5, 搭便车)."""
    for piece, request in facts.requests:
        extra = piece.crowd & ~facts.called
        if request.id not in lookup.calling and extra:
            yield Violation("approval", request.id, str(extra.bit_count()))


def nobody_blocked_is_called(lookup: Lookup, facts: SessionFacts) -> Iterator[Violation]:
    """Nobody is called on a half-day on which they cannot come (rule 6). One for each person."""
    cell = facts.session.cell
    taken = facts.crowd & lookup.blocked.get((cell.date, cell.half), 0)
    for committee, role in lookup.people.names(taken):
        yield Violation("blocked", facts.session.id, f"{committee} {role}")


SESSION_RULES: tuple[SessionRule, ...] = (
    standing_meeting_stays,
    starts_on_the_grid,
    ends_in_its_half_day,
    length_is_limited,
    items_are_few,
    hall_holds_everybody,
    items_are_back_to_back,
    items_are_known,
    items_get_their_minutes,
    requests_keep_their_windows,
    requests_suit_the_hall,
    reading_matter_stays_out,
    nobody_is_called_without_approval,
    nobody_blocked_is_called,
)


# --- rules over all sessions ---------------------------------------------------------------------


def one_session_in_a_cell(lookup: Lookup, sessions: list[SessionFacts]) -> Iterator[Violation]:
    """No hall holds two sessions in one half-day."""
    taken: set[Cell] = set()
    for facts in sessions:
        if facts.session.cell in taken:
            yield Violation("venue_clash", facts.session.id, facts.session.cell.hall)
        taken.add(facts.session.cell)


def one_session_for_a_person(lookup: Lookup, sessions: list[SessionFacts]) -> Iterator[Violation]:
    """Nobody is in two sessions of one half-day (rule 3). One violation for each person."""
    taken: dict[tuple[object, str], int] = {}
    for facts in sessions:
        before = taken.get(facts.half_day, 0)
        for committee, role in lookup.people.names(before & facts.crowd):
            yield Violation("person_clash", facts.session.id, f"{committee} {role}")
        taken[facts.half_day] = before | facts.crowd


def one_session_for_a_presenter(
    lookup: Lookup, sessions: list[SessionFacts]
) -> Iterator[Violation]:
    """No department presents in two sessions of one half-day (rule 3)."""
    taken: dict[tuple[object, str], set[str]] = {}
    for facts in sessions:
        here = {piece.department for piece in facts.pieces}
        before = taken.setdefault(facts.half_day, set())
        for department in sorted(here & before):
            yield Violation("dept_clash", department, facts.session.id)
        before |= here


def every_standing_meeting_is_held(
    lookup: Lookup, sessions: list[SessionFacts]
) -> Iterator[Violation]:
    """No standing meeting is dropped."""
    held = {facts.session.standing for facts in sessions}
    for standing in lookup.standing:
        if standing not in held:
            yield Violation("host_missing", standing)


PLAN_RULES: tuple[Callable[[Lookup, list[SessionFacts]], Iterable[Violation]], ...] = (
    one_session_in_a_cell,
    one_session_for_a_person,
    one_session_for_a_presenter,
    every_standing_meeting_is_held,
)


# --- rules over every request's place ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request is: a session's cell, a digest day, or neither when it is left out."""

    cell: Cell | None = None
    digest: date | None = None


def place_everything(
    lookup: Lookup, plan: MergePlan, sessions: list[SessionFacts]
) -> tuple[dict[str, Place], list[Violation]]:
    """Find every request's place; the last one counts when there are several (rule 1).

    Returns:
        Places by request id, and a violation for each stranger, each second place and each
        request that the plan forgets.
    """
    places: dict[str, Place] = {}
    found: list[Violation] = []

    def put(request: str, place: Place) -> None:
        if request in places:
            found.append(Violation("double", request))
        if request in lookup.requests:
            places[request] = place
        else:
            found.append(Violation("unknown", request))

    for facts in sessions:
        for _, meeting_request in facts.requests:
            put(meeting_request.id, Place(cell=facts.session.cell))
    for day in plan.digest:
        for request in day.requests:
            put(request, Place(digest=day.date))
    for out in plan.left_out:
        put(out.request, Place())
    found += [Violation("missing", r) for r in lookup.requests if r not in places]
    return places, found


def digest_is_in_order(lookup: Lookup, plan: MergePlan) -> Iterator[Violation]:
    """The digest goes out on digest days and carries reading matter in its window (rule 1)."""
    for day in plan.digest:
        if day.date not in lookup.instance.digest_days:
            yield Violation("digest_day", day.date.isoformat())
        for key in day.requests:
            request = lookup.requests.get(key)
            if request is None:
                continue
            if not request.read_only:
                yield Violation("digest_discussion", key)
            if not within_window(request, day.date):
                yield Violation("window", key, day.date.isoformat())


def mandatory_requests_are_placed(lookup: Lookup, plan: MergePlan) -> Iterator[Violation]:
    """A request that must be held, or is pinned, is not left out (rule 1)."""
    for out in plan.left_out:
        request = lookup.requests.get(out.request)
        if request is not None and request.must:
            yield Violation("must", request.id)
        if request is not None and request.pin is not None:
            yield Violation("pin", request.id)


def frozen_requests_stay(lookup: Lookup, places: dict[str, Place]) -> Iterator[Violation]:
    """A request inside the freeze period of a published plan does not move (rule 6)."""
    for key, place in places.items():
        published = lookup.requests[key].published
        if published is not None and published.frozen and place.cell != published.cell:
            yield Violation("frozen", key)
