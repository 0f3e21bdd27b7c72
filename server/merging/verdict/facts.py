"""A planned session with everything the rules ask about it worked out once: who, how long, whose.

Follows the plan as it is written, right or wrong; the judging is done in ``rules``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from server.merging.instance.crowd import Committees, Crowd
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import (
    Hall,
    MeetingRequest,
    PlannedItem,
    PlannedSession,
    StandingMeeting,
    WorkingDay,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One item as it runs: minutes of day ``[start, end)``, and who takes part."""

    item: PlannedItem
    request: MeetingRequest | None
    department: str
    start: int
    end: int
    crowd: Crowd


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the rules know of one session.

    ``pieces`` are the items that exist, in order; ``strangers`` the ids nobody knows. ``crowd``
    are all who take part, ``called`` those whom the standing meeting or an item with approval
    calls. ``minutes`` is the sum of the pieces, ``end`` the end of the last one.
    """

    session: PlannedSession
    hall: Hall
    day: WorkingDay
    standing: StandingMeeting | None
    pieces: tuple[Piece, ...]
    strangers: tuple[str, ...]
    crowd: Crowd
    called: Crowd
    committees: Committees
    minutes: int
    end: int

    @property
    def half_day(self) -> tuple[object, str]:
        """The half-day in which its people and presenters are taken."""
        return self.session.cell.date, self.session.cell.half

    @property
    def requests(self) -> list[tuple[Piece, MeetingRequest]]:
        """The pieces that are requests, in order."""
        return [(piece, piece.request) for piece in self.pieces if piece.request is not None]


def work_out(lookup: Lookup, session: PlannedSession) -> SessionFacts:
    """Work out one session. Its day, hall and standing meeting must be known ones."""
    standing = lookup.standing[session.standing] if session.standing else None
    pieces = tuple(_pieces(lookup, session, standing))
    known = {piece.item.request for piece in pieces}
    crowd = called = 0
    for piece in pieces:
        crowd |= piece.crowd
        if piece.request is None or piece.request.id in lookup.calling:
            called |= piece.crowd
    if standing is not None:
        called |= lookup.crowds[standing.id]
    return SessionFacts(
        session=session,
        hall=lookup.halls[session.cell.hall],
        day=lookup.days[session.cell.date],
        standing=standing,
        pieces=pieces,
        strangers=tuple(i.request for i in session.items if i.request not in known),
        crowd=crowd,
        called=called,
        committees=lookup.people.committees_of(crowd),
        minutes=sum(piece.end - piece.start for piece in pieces),
        end=pieces[-1].end if pieces else session.start,
    )


def _pieces(
    lookup: Lookup, session: PlannedSession, standing: StandingMeeting | None
) -> Iterable[Piece]:
    for item in session.items:
        request = lookup.requests.get(item.request)
        if request is not None:
            minutes, department = request.minutes, request.department
        elif standing is not None and item.request == standing.id:
            minutes, department = standing.own_minutes, standing.department
        else:
            continue
        crowd = lookup.crowds[item.request]
        yield Piece(item, request, department, item.start, item.start + minutes, crowd)


def attendance_groups(pieces: Iterable[Piece]) -> list[tuple[Crowd, list[Piece]]]:
    """Divide everybody who takes part into groups who attend the same pieces.

    Returns:
        Disjoint non-empty crowds, each with its pieces in order of the agenda.
    """
    groups: list[tuple[Crowd, list[Piece]]] = []
    for piece in pieces:
        newcomers, divided = piece.crowd, []
        for crowd, attended in groups:
            newcomers &= ~crowd
            here, away = crowd & piece.crowd, crowd & ~piece.crowd
            if here:
                divided.append((here, [*attended, piece]))
            if away:
                divided.append((away, attended))
        if newcomers:
            divided.append((newcomers, [piece]))
        groups = divided
    return groups


def waiting_minutes(facts: SessionFacts) -> int:
    """Return the person-minutes between one's first and last piece in which one has no part."""
    total = 0
    for crowd, attended in attendance_groups(facts.pieces):
        busy = sum(piece.end - piece.start for piece in attended)
        total += crowd.bit_count() * (attended[-1].end - attended[0].start - busy)
    return total
