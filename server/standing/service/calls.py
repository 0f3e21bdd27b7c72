"""The calls for items as they stand: what is asked of whom, until when, and who has answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.domain.session import Session, SessionState
from server.scheduler import store as scheduler
from server.scheduler.filing import PENDING, SHORTEST, FiledRequest
from server.scheduler.store import hosting
from server.standing import store
from server.standing.calling import CallState, CallTimes, call_state, call_times
from server.standing.filling import Filling, bids_of, fill_session
from server.standing.model import Occurrence, StandingMeeting
from server.standing.service.desk import Street, load_street

PRESET_MINUTES = 10
"""“Give us ten minutes.”"""


@dataclass(frozen=True, slots=True)
class Call:
    """A call for items (征集议题) of one meeting.

    ``bids`` are the requests that ask for it, placed or waiting, in the order of their numbers;
    ``guests`` all that are placed, in the agenda's order. ``following`` is the next meeting of the
    series that still takes items, None when there is none.
    """

    meeting: StandingMeeting
    occurrence: Occurrence
    times: CallTimes
    state: CallState
    bids: tuple[FiledRequest, ...]
    guests: tuple[FiledRequest, ...]
    filling: Filling
    following: Occurrence | None

    @property
    def session(self) -> Session:
        """The meeting that is asked for."""
        return self.occurrence.session

    @property
    def free(self) -> int:
        """Minutes that are free; none once there is no place for another item."""
        return self.filling.left if self.filling.places else 0

    @property
    def offer(self) -> int:
        """Minutes that one click asks for: ten, or what is left when that is less but of use."""
        return self.free if SHORTEST <= self.free < PRESET_MINUTES else PRESET_MINUTES

    def of_department(self, department_id: int | None) -> list[FiledRequest]:
        """Return what a department asks of this meeting."""
        return [bid for bid in self.bids if bid.filing.department_id == department_id]

    def waits(self, request: FiledRequest) -> bool:
        """Tell whether a request has no place in it."""
        return request.session_id != self.session.id


async def load_calls(tx: Tx, now: datetime) -> list[Call]:
    """Return the calls of every meeting that lies ahead, by start."""
    street = await load_street(tx)
    coming = await scheduler.load_sessions(tx, states=[SessionState.SCHEDULED], since=now)
    ids = [session.id for session in coming if session.starts_at > now]
    occurrences = await store.load_occurrences(tx, session_ids=ids)
    meetings = {meeting.id: meeting for meeting in await store.load_meetings(tx)}
    about = await hosting.load_about(tx, street.names, [o.session.id for o in occurrences])
    found = (_call(street, meetings[o.meeting_id], o, occurrences, about, now) for o in occurrences)
    return [call for call in found if call is not None]


def _call(
    street: Street,
    meeting: StandingMeeting,
    occurrence: Occurrence,
    occurrences: Sequence[Occurrence],
    about: Sequence[FiledRequest],
    now: datetime,
) -> Call | None:
    session = occurrence.session
    times = call_times(meeting.plan, session.starts_at, street.workdays)
    if times is None:
        return None
    placed = {r.id: r for r in about if r.session_id == session.id}
    guests = (placed.get(item.request_id or 0) for item in session.items)
    bids = bids_of(session.id, about)
    return Call(
        meeting=meeting,
        occurrence=occurrence,
        times=times,
        state=call_state(session, times, now),
        bids=tuple(bids),
        guests=tuple(guest for guest in guests if guest is not None),
        filling=fill_session(session, bids),
        following=following_of(occurrence, occurrences),
    )


def following_of(occurrence: Occurrence, occurrences: Sequence[Occurrence]) -> Occurrence | None:
    """Return the next occurrence of the same series that still takes items."""
    return next(
        (
            other
            for other in occurrences
            if other.meeting_id == occurrence.meeting_id
            and other.session.starts_at > occurrence.session.starts_at
            and other.session.state is SessionState.SCHEDULED
            and not other.session.fixed
        ),
        None,
    )


async def load_call(tx: Tx, session_id: int, now: datetime) -> Call:
    """Return the call of one meeting.

    Raises:
        NotFoundError: ``no_such_call`` when nobody is asked for it, or it has begun.
    """
    found = next((c for c in await load_calls(tx, now) if c.session.id == session_id), None)
    if found is None:
        raise NotFoundError("no_such_call")
    return found


@dataclass(frozen=True, slots=True)
class Adrift:
    """A request that lost its meeting, or came too late for it, and the next one it could have."""

    request: FiledRequest
    missed: Session
    following: Occurrence | None


async def load_adrift(tx: Tx, department_id: int, now: datetime) -> list[Adrift]:
    """Return what a department still waits with, though its meeting takes nothing any more."""
    names = (await load_street(tx)).names
    waiting = await scheduler.load_requests(tx, names, states=PENDING, department_id=department_id)
    wishes = [r.wish_id for r in waiting if r.wish_id is not None and not r.filing.read_only]
    missed = {o.session.id: o for o in await store.load_occurrences(tx, session_ids=wishes)}
    found = []
    for request in waiting:
        occurrence = missed.get(request.wish_id or 0)
        if occurrence is None or _is_open(occurrence, now):
            continue
        series = await store.load_occurrences(tx, meeting_id=occurrence.meeting_id)
        ahead = [other for other in series if other.session.starts_at > now]
        found.append(Adrift(request, occurrence.session, following_of(occurrence, ahead)))
    return found


def _is_open(occurrence: Occurrence, now: datetime) -> bool:
    session = occurrence.session
    scheduled = session.state is SessionState.SCHEDULED and session.starts_at > now
    return scheduled and not session.fixed


@dataclass(frozen=True, slots=True)
class Asked:
    """What departments are asked: calls, the open ones first, and what has lost its meeting."""

    calls: tuple[Call, ...]
    adrift: tuple[Adrift, ...]

    @property
    def open(self) -> list[Call]:
        """The calls that are open now."""
        return [call for call in self.calls if call.state is CallState.OPEN]


async def load_asked(tx: Tx, department_id: int | None, now: datetime) -> Asked:
    """Return every call, and a department's own items that lost their meetings."""
    order = {CallState.OPEN: 0, CallState.CLOSED: 1, CallState.COMING: 2}
    calls = await load_calls(tx, now)
    calls.sort(key=lambda call: (order[call.state], call.session.starts_at, call.session.id))
    own = [] if department_id is None else await load_adrift(tx, department_id, now)
    return Asked(tuple(calls), tuple(own))
