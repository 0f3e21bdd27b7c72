"""The recordings that somebody may watch: listed, searched, opened; what is watched is noted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.audit import store as log
from server.audit.service import record
from server.auth.model import Login, Role
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import NotFoundError
from server.domain.events import EventKind
from server.domain.session import Session, SessionState
from server.recording.access import Viewer, may_watch
from server.recording.film import Film
from server.recording.holdings import Held
from server.recording.parts import PART_KINDS, Part, find, own_parts, parts_of
from server.recording.retention import deleted
from server.recording.story import tell
from server.recording.watched import Stretch
from server.scheduler import store as sessions
from server.street import store as street

_HELD = (SessionState.OPEN, SessionState.CLOSED, SessionState.ARCHIVED)
_LISTED = (EventKind.RECORDING_STARTED, EventKind.RECORDING_DELETED)
MOST_LISTED = 200


class RecordingState(StrEnum):
    """How a recording stands."""

    WRITING = "WRITING"
    PREPARING = "PREPARING"
    READY = "READY"
    NONE = "NONE"
    DELETED = "DELETED"

    @property
    def word(self) -> str:
        """The code of what it is called."""
        return _WORDS[self]


_WORDS = {
    RecordingState.WRITING: "state.recording.writing",
    RecordingState.PREPARING: "state.recording.preparing",
    RecordingState.READY: "state.recording.ready",
    RecordingState.NONE: "state.recording.none",
    RecordingState.DELETED: "state.recording.deleted",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A session that was recorded, as it is listed; ``found`` are the parts that were searched."""

    session: Session
    state: RecordingState
    held: Held | None
    found: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """One recording with its parts; ``own`` are those of the viewer."""

    viewer: Viewer
    listed: Listed
    parts: tuple[Part, ...]
    own: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: words, and the name of a department; empty for all."""

    words: str = ""
    department: str = ""

    @property
    def is_all(self) -> bool:
        """Whether nothing is looked for."""
        return not self.words.split() and not self.department


def state_of(session: Session, held: Held | None, gone: Collection[int] = ()) -> RecordingState:
    """Return how the recording of a session stands; ``gone`` are those deleted by policy."""
    if session.id in gone:
        return RecordingState.DELETED
    if held is None or (held.is_empty and session.state is not SessionState.OPEN):
        return RecordingState.NONE
    if session.state is SessionState.OPEN:
        return RecordingState.WRITING
    return RecordingState.READY if held.is_sealed else RecordingState.PREPARING


async def load_viewer(tx: Tx, login: Login) -> Viewer:
    """Return who wants to watch, with where the login belongs."""
    if login.role is Role.CLERK and login.department_id is not None:
        names = {d.id: d.name for d in await street.load_departments(tx)}
        filed = await sessions.load_requests(tx, names, department_id=login.department_id)
        return Viewer(login, names.get(login.department_id, ""), {request.id for request in filed})
    if login.role is Role.SECRETARY and login.committee_id is not None:
        venues = await street.load_venues(tx)
        return Viewer(
            login, venue=next((v for v in venues if v.committee_id == login.committee_id), None)
        )
    return Viewer(login)


async def load_listing(
    tx: Tx, viewer: Viewer, held: Mapping[int, Held], search: Search
) -> list[Listed]:
    """Return the recorded sessions that somebody may watch, the latest first.

    One whose recording is not there any more is listed too. With a search only those are that have
    a part which fits, or whose title does.
    """
    told = await log.load_recorded(tx, kinds=_LISTED)
    recorded = {event.session_id for event in told} | set(held)
    gone = deleted(told)
    wanted = [
        session
        for session in reversed(await sessions.load_sessions(tx, states=_HELD))
        if session.id in recorded and may_watch(viewer, session)
    ]
    found = []
    for session in wanted[:MOST_LISTED]:
        one = held.get(session.id)
        listed = Listed(session, state_of(session, one, gone), one)
        if not search.is_all:
            parts = find(await _load_parts(tx, listed), search.words, search.department)
            listed = Listed(session, listed.state, one, tuple(parts))
        if search.is_all or listed.found or _is_titled(session, search):
            found.append(listed)
    return found


def _is_titled(session: Session, search: Search) -> bool:
    """Tell whether a session's own title has every word."""
    words = search.words.casefold().split()
    title = session.title.casefold()
    return not search.department and bool(words) and all(word in title for word in words)


def departments_of(listing: Iterable[Listed]) -> list[str]:
    """Return the departments that had items in some sessions, each once, in order."""
    return sorted({item.department for one in listing for item in one.session.items})


async def load_opened(tx: Tx, viewer: Viewer, session_id: int, held: Held | None) -> Opened:
    """Return a recording that somebody may watch.

    Raises:
        NotFoundError: ``no_recording``, also for one that is not the viewer's to see.
    """
    session = await sessions.load_session(tx, session_id)
    if not may_watch(viewer, session):
        raise NotFoundError("no_recording")
    if held is None and not await _was_recorded(tx, session_id):
        raise NotFoundError("no_recording")
    gone = deleted(await log.load_recorded(tx, kinds=[EventKind.RECORDING_DELETED]))
    listed = Listed(session, state_of(session, held, gone), held)
    parts = await _load_parts(tx, listed)
    own = own_parts(
        parts,
        department=viewer.department,
        items={item.id for item in session.items if viewer.has_brought(item)},
        venue_id=viewer.venue_id,
    )
    return Opened(viewer, listed, tuple(parts), tuple(own))


async def load_names(tx: Tx, session_id: int) -> dict[int, str]:
    """Return the venues of a session by number, called as they were when it opened."""
    opened = await log.load_recorded(tx, session_id=session_id, kinds=[EventKind.SESSION_OPENED])
    main = next((venue.name for venue in await street.load_venues(tx) if venue.number == 0), "")
    return {int(number): name for number, name in tell(opened, main).venues.items()}


async def _was_recorded(tx: Tx, session_id: int) -> bool:
    kinds = [EventKind.RECORDING_STARTED]
    return bool(await log.load_recorded(tx, session_id=session_id, kinds=kinds))


async def _load_parts(tx: Tx, listed: Listed) -> list[Part]:
    if listed.held is None or listed.held.is_empty:
        return []
    events = await log.load_recorded(tx, session_id=listed.session.id, kinds=PART_KINDS)
    return parts_of(events, listed.held.begun, listed.held.length)


async def note_watched(
    db: Database, clock: Clock, viewer: Viewer, session_id: int, stretches: Sequence[Stretch]
) -> None:
    """Record what somebody watched of a session's recording."""
    async with db.tx() as tx:
        for start, end in stretches:
            await record(
                tx,
                clock,
                EventKind.RECORDING_WATCHED,
                actor=f"login:{viewer.login.account_id}",
                payload={
                    "venue_id": viewer.venue_id,
                    "from_second": start,
                    "to_second": end,
                },
                session_id=session_id,
            )


async def note_download(
    db: Database, clock: Clock, viewer: Viewer, session_id: int, film: Film
) -> None:
    """Record that somebody takes a film away, before it goes."""
    async with db.tx() as tx:
        await record(
            tx,
            clock,
            EventKind.RECORDING_DOWNLOADED,
            actor=f"login:{viewer.login.account_id}",
            payload={"by": viewer.login.display_name, "film": film.name},
            session_id=session_id,
        )
