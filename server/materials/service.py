"""Materials of sessions: what is seen by whom, added, taken out, put back, put in order."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import require_undoable
from server.auth.model import Login
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import DomainError, ForbiddenError, NotFoundError
from server.domain.events import EventKind, Payload
from server.domain.places import Venue
from server.domain.session import AgendaItem, Session, SessionState
from server.materials import store
from server.materials.export import PageMaker
from server.materials.model import (
    MOST_FILES,
    ItemMaterials,
    Listing,
    Material,
    arrange,
    may_change,
    may_see,
    moved_up,
    subject_of,
)
from server.scheduler import store as sessions
from server.street import store as street

SentFile = tuple[str, bytes]
"""Name as it was sent, and bytes."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where files lie; the room of requests keeps them, and ``app`` hands its functions over.

    ``keep`` refuses what is no sound file and returns name, digest and size; ``fetch`` returns the
    bytes of a digest; ``of_requests`` the files of requests, by the number of the request.
    """

    keep: Callable[[str, bytes], Awaitable[tuple[str, str, int]]]
    fetch: Callable[[str], Awaitable[bytes]]
    of_requests: Callable[[Tx, Collection[int]], Awaitable[Mapping[int, list[Material]]]]


@dataclass(frozen=True, slots=True)
class Seen:
    """The materials of a session as somebody sees them.

    ``changeable`` are the ids of the items that the login may add to and take out of; ``counts``
    how many branch venues have seen a file in the session, by key.
    """

    session: Session
    items: tuple[ItemMaterials, ...]
    changeable: frozenset[int]
    counts: Mapping[str, int]

    def find(self, key: str) -> Material:
        """Return a file that is shown.

        Raises:
            NotFoundError: ``file_gone``, also for another session's.
        """
        for item in self.items:
            for file in item.files:
                if file.key == key:
                    return file
        raise NotFoundError("file_gone")


class Materials:
    """The materials (材料) of all sessions.

    Args:
        db: the database.
        clock: the time.
        shelf: where files lie.
        pages: what makes pictures of pages.
        changed: told the id of a session whose list is another now.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        shelf: Shelf,
        pages: PageMaker,
        changed: Callable[[int], None],
    ) -> None:
        self._db, self._clock, self._shelf = db, clock, shelf
        self.pages, self._changed = pages, changed
        self._noted: set[tuple[int, str, str]] = set()

    # --- seeing ---------------------------------------------------------------------------------

    async def seen_by_login(self, login: Login, session_id: int) -> Seen:
        """Return what a login sees of a session.

        Raises:
            NotFoundError: ``no_such_session``, also for one that is not the login's to see.
        """
        async with self._db.view() as tx:
            return await self._load_seen(tx, login, session_id)

    async def seen_by_venue(self, venue: Venue, session_id: int) -> Seen:
        """Return what a venue's PC sees of a session while it is open.

        Raises:
            NotFoundError: ``no_such_session``, also when the venue is not on its roster.
        """
        async with self._db.view() as tx:
            session = await sessions.load_session(tx, session_id)
            if session.state is not SessionState.OPEN or venue.id not in session.venue_ids:
                raise NotFoundError("no_such_session")
            items = await self._load_items(tx, session)
        self.pages.prepare([file for item in items for file in item.files])
        return Seen(session, items, frozenset(), {})

    async def _load_seen(self, tx: Tx, login: Login, session_id: int) -> Seen:
        session = await sessions.load_session(tx, session_id)
        items = await self._load_items(tx, session)
        departments = await street.load_departments(tx)
        venues = await street.load_venues(tx)
        own = next((d.name for d in departments if d.id == login.department_id), "")
        committee = login.committee_id
        venue = next((v.id for v in venues if committee and v.committee_id == committee), None)
        if not may_see(login, session, items, own=own, venue=venue):
            raise NotFoundError("no_such_session")
        changeable = frozenset(i.item.id for i in items if may_change(login, i, own=own))
        if session.state is SessionState.ARCHIVED:
            changeable = frozenset()
        return Seen(session, items, changeable, await store.count_venues(tx, session_id))

    async def _load_items(self, tx: Tx, session: Session) -> tuple[ItemMaterials, ...]:
        subjects = {item.id: subject_of(session.id, item) for item in session.items}
        requests = [item.request_id for item in session.items if item.request_id is not None]
        brought = await self._shelf.of_requests(tx, requests)
        added = await store.load_materials(tx, subjects.values())
        listings = await store.load_listings(tx, subjects.values())
        found = []
        for item in session.items:
            subject = subjects[item.id]
            own = brought.get(item.request_id, []) if item.request_id is not None else []
            shown, removed = arrange([*own, *added[subject]], listings[subject])
            department = await _department_of(tx, item)
            found.append(ItemMaterials(item, subject, shown, removed, department))
        return tuple(found)

    async def fetch(self, file: Material) -> bytes:
        """Return a file's bytes, as they were sent.

        Raises:
            NotFoundError: ``file_gone``.
        """
        return await self._shelf.fetch(file.digest)

    async def note_view(
        self, seen: Seen, file: Material, actor: str, venue: Venue | None = None
    ) -> None:
        """Record that a venue or a login looked at a file of a session, the first time it does."""
        key = (seen.session.id, file.key, actor)
        if key in self._noted:
            return
        self._noted.add(key)
        async with self._db.tx() as tx:
            if not await store.note_view(tx, *key, self._clock.now()):
                return
            payload = _told(seen, file) | ({"venue_id": venue.id} if venue else {})
            await record(tx, self._clock, EventKind.MATERIAL_VIEWED, actor=actor, payload=payload)

    # --- changing -------------------------------------------------------------------------------

    async def add(
        self, login: Login, session_id: int, item_id: int, sent: Sequence[SentFile]
    ) -> None:
        """Add files to an item, after those that it has.

        Raises:
            NotFoundError: ``no_such_session``, ``no_such_item``.
            ForbiddenError: ``material_not_yours``.
            DomainError: ``material_none`` when nothing was sent, ``file_count`` (most), or what
                the shelf refuses.
        """
        if not sent:
            raise DomainError("material_none")
        kept = [await self._shelf.keep(name, data) for name, data in sent]
        async with self._db.tx() as tx:
            seen, item = await self._changeable(tx, login, session_id, item_id)
            if len(item.files) + len(item.removed) + len(kept) > MOST_FILES:
                raise DomainError("file_count", most=MOST_FILES)
            now = self._clock.now()
            for name, digest, size in kept:
                file = await store.save_material(
                    tx, item.subject, name=name, digest=digest, size=size, added_at=now
                )
                more = {"sha256": digest, "size": size}
                await self._record(tx, login, EventKind.MATERIAL_ADDED, _told(seen, file) | more)
        self._changed(session_id)

    async def remove(self, login: Login, session_id: int, key: str) -> int:
        """Take a file out of its item's list; return the sequence of the event, for its undo.

        Raises:
            NotFoundError: ``no_such_session``, ``file_gone``.
            ForbiddenError: ``material_not_yours``.
        """
        async with self._db.tx() as tx:
            seen, item, file = await self._own_file(tx, login, session_id, key)
            listing = (await store.load_listings(tx, [item.subject]))[item.subject]
            hidden = replace(listing, hidden=listing.hidden | {key})
            await store.save_listing(tx, item.subject, hidden)
            payload = _told(seen, file) | {"subject": item.subject}
            done = await self._record(tx, login, EventKind.MATERIAL_REMOVED, payload)
        self._changed(session_id)
        return done

    async def put_back(self, login: Login, session_id: int, sequence: int) -> None:
        """Undo that a file was taken out.

        Raises:
            NotFoundError: ``no_such_session``.
            ConflictError: ``undo_gone``.
        """
        async with self._db.tx() as tx:
            seen = await self._load_seen(tx, login, session_id)
            event = require_undoable(
                await load_event(tx, sequence),
                {EventKind.MATERIAL_REMOVED},
                actor=_actor(login),
                now=self._clock.now(),
            )
            subject, key = event.payload["subject"], event.payload["file"]
            listing = (await store.load_listings(tx, [subject]))[subject]
            shown = Listing(listing.order, listing.hidden - {key})
            await store.save_listing(tx, subject, shown)
            payload = {"session": seen.session.id, "file": key, "undone": sequence}
            await self._record(tx, login, EventKind.MATERIAL_RESTORED, payload)
        self._changed(session_id)

    async def move_up(self, login: Login, session_id: int, key: str) -> None:
        """Let a file stand one place earlier in its item's list.

        Raises:
            NotFoundError: ``no_such_session``, ``file_gone``.
            ForbiddenError: ``material_not_yours``.
        """
        async with self._db.tx() as tx:
            seen, item, file = await self._own_file(tx, login, session_id, key)
            listing = (await store.load_listings(tx, [item.subject]))[item.subject]
            order = moved_up(item.files, key)
            await store.save_listing(tx, item.subject, replace(listing, order=order))
            payload = _told(seen, file) | {"order": list(order)}
            await self._record(tx, login, EventKind.MATERIAL_MOVED, payload)
        self._changed(session_id)

    async def _changeable(
        self, tx: Tx, login: Login, session_id: int, item_id: int
    ) -> tuple[Seen, ItemMaterials]:
        seen = await self._load_seen(tx, login, session_id)
        item = next((i for i in seen.items if i.item.id == item_id), None)
        if item is None:
            raise NotFoundError("no_such_item")
        if item_id not in seen.changeable:
            raise ForbiddenError("material_not_yours")
        return seen, item

    async def _own_file(
        self, tx: Tx, login: Login, session_id: int, key: str
    ) -> tuple[Seen, ItemMaterials, Material]:
        seen = await self._load_seen(tx, login, session_id)
        file = seen.find(key)
        item = next(i for i in seen.items if file in i.files)
        if item.item.id not in seen.changeable:
            raise ForbiddenError("material_not_yours")
        return seen, item, file

    async def _record(self, tx: Tx, login: Login, kind: EventKind, payload: Payload) -> int:
        # without the session's id: what is added afterwards must not change what its report proves
        done = await record(tx, self._clock, kind, actor=_actor(login), payload=payload)
        return done.sequence


def _actor(login: Login) -> str:
    return f"login:{login.account_id}"


def _told(seen: Seen, file: Material) -> Payload:
    return {"session": seen.session.id, "file": file.key, "name": file.name}


async def _department_of(tx: Tx, item: AgendaItem) -> int | None:
    if item.request_id is None:
        return None
    return (await sessions.read_request(tx, item.request_id)).filing.department_id
