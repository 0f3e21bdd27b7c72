"""Leave (请假): a secretary asks before a session, the office or a leader grants or refuses. Pure.

It is kept in the log alone. Who granted may still refuse, and the other way round, until the
session is over; the last word counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import EventKind, Recorded
from server.domain.session import Session, SessionState

KINDS = (
    EventKind.LEAVE_ASKED,
    EventKind.LEAVE_GRANTED,
    EventKind.LEAVE_REFUSED,
    EventKind.LEAVE_WITHDRAWN,
)
LONGEST_REASON = 60


class LeaveState(StrEnum):
    """Where a leave stands."""

    ASKED = "ASKED"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


STANDING = frozenset({LeaveState.ASKED, LeaveState.GRANTED})
"""Leaves that wait for a word, or hold."""
_AFTER = {
    EventKind.LEAVE_GRANTED: LeaveState.GRANTED,
    EventKind.LEAVE_REFUSED: LeaveState.REFUSED,
    EventKind.LEAVE_WITHDRAWN: LeaveState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class LeaveRequest:
    """A leave that was asked for; ``person_id`` is None for the whole committee.

    ``sequence`` is that of its event, by which it is known. ``decided_by`` and ``remark`` are of
    the last word, ``""`` while there is none.
    """

    sequence: int
    session_id: int
    venue_id: int
    person_id: int | None
    name: str
    reason: str
    actor: str
    by: str
    at: datetime
    state: LeaveState = LeaveState.ASKED
    remark: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    def is_like(self, other: "LeaveRequest") -> bool:
        """Whether it is another one of the same venue or person for the same session."""
        mine = (self.session_id, self.venue_id, self.person_id)
        theirs = (other.session_id, other.venue_id, other.person_id)
        return self.sequence != other.sequence and mine == theirs


def fold_leaves(events: Iterable[Recorded]) -> list[LeaveRequest]:
    """Return every leave that was asked for, in order; a word on one unknown changes nothing."""
    found: dict[int, LeaveRequest] = {}
    for event in sorted(events, key=lambda e: e.sequence):
        if event.kind == EventKind.LEAVE_ASKED and event.payload and event.session_id is not None:
            found[event.sequence] = LeaveRequest(
                sequence=event.sequence,
                session_id=event.session_id,
                venue_id=event.payload["venue_id"],
                person_id=event.payload.get("person_id"),
                name=event.payload.get("name", ""),
                reason=event.payload.get("reason", ""),
                actor=event.actor,
                by=event.payload.get("by", ""),
                at=event.at,
            )
        elif event.kind in _AFTER and event.payload.get("asked") in found:
            asked = found[event.payload["asked"]]
            found[asked.sequence] = replace(
                asked,
                state=_AFTER[EventKind(event.kind)],
                remark=event.payload.get("remark", ""),
                decided_by=event.payload.get("by", ""),
                decided_at=event.at,
            )
    return list(found.values())


def find_leave(leaves: Iterable[LeaveRequest], sequence: int) -> LeaveRequest:
    """Return the leave known by a sequence.

    Raises:
        NotFoundError: ``no_such_leave``.
    """
    for leave in leaves:
        if leave.sequence == sequence:
            return leave
    raise NotFoundError("no_such_leave")


def can_ask(session: Session, venue_id: int, now: datetime) -> bool:
    """Tell whether leave can be asked for: beforehand, by a venue that is expected."""
    lies_ahead = session.state in {SessionState.SCHEDULED, SessionState.OPEN}
    return lies_ahead and now < session.starts_at and venue_id in session.venue_ids


def require_askable(
    session: Session,
    leaves: Iterable[LeaveRequest],
    now: datetime,
    *,
    venue_id: int,
    person_id: int | None,
    reason: str,
) -> None:
    """Refuse a leave that comes too late, says no reason, or was asked for already.

    Raises:
        DomainError: ``leave_reason`` with ``most``.
        ConflictError: ``leave_too_late`` or ``leave_asked_already``.
    """
    if not 2 <= len(reason) <= LONGEST_REASON:
        raise DomainError("leave_reason", most=LONGEST_REASON)
    if not can_ask(session, venue_id, now):
        raise ConflictError("leave_too_late")
    for leave in leaves:
        mine = (leave.session_id, leave.venue_id) == (session.id, venue_id)
        if mine and leave.state in STANDING and leave.person_id in {None, person_id}:
            raise ConflictError("leave_asked_already")


def require_decidable(
    leave: LeaveRequest, session: Session, state: LeaveState, others: Iterable[LeaveRequest]
) -> None:
    """Refuse a word that was said already, on a withdrawn leave, or after the session.

    Args:
        leave: what the word is about.
        session: its session.
        state: the word.
        others: every leave; while another of the same venue or person stands, the word is on that.

    Raises:
        ConflictError: ``leave_decided``, ``leave_withdrawn``, ``leave_other_stands`` or
            ``leave_over``.
    """
    if leave.state is state:
        raise ConflictError("leave_decided")
    if leave.state is LeaveState.WITHDRAWN:
        raise ConflictError("leave_withdrawn")
    if any(o.state in STANDING and o.is_like(leave) for o in others):
        raise ConflictError("leave_other_stands")
    if session.state not in {SessionState.SCHEDULED, SessionState.OPEN}:
        raise ConflictError("leave_over")


def require_withdrawable(leave: LeaveRequest, session: Session, now: datetime) -> None:
    """Refuse to withdraw what was refused or withdrawn already, or once the session has begun.

    Raises:
        ConflictError: ``leave_decided`` or ``leave_too_late``.
    """
    if leave.state not in {LeaveState.ASKED, LeaveState.GRANTED}:
        raise ConflictError("leave_decided")
    if now >= session.starts_at:
        raise ConflictError("leave_too_late")
