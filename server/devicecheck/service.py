"""Runs device checks: a media connection of the venue's own, what was found, and when one is due.

A check has a room of the media plane to itself, in which the venue watches its own picture: what
comes back has gone both ways. No session knows of it.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from server.audit.service import record
from server.db.engine import Database, Tx
from server.devicecheck import store
from server.devicecheck.judging import judge
from server.devicecheck.model import DeviceCheck, Finding, Part, Reason, due_at, with_finding
from server.domain.clock import Clock
from server.domain.events import EventKind
from server.domain.places import Venue
from server.domain.session import Session
from server.media.model import (
    Choice,
    MediaEvent,
    PeerConnected,
    PeerDisconnected,
    SourceHealth,
    VoicesChanged,
)
from server.scheduler.store.workdays import load_workdays

PREFIX = "check."
"""How rooms and peers of checks begin in the media plane; those of sessions begin with digits."""
SHOWN = 3
"""Earlier checks on a venue's page."""


class Media(Protocol):
    """What a check asks of the media plane; ``media.client.MediaClient`` is one."""

    async def connect(
        self,
        peer: str,
        offer: str,
        *,
        room: str,
        source: str,
        slots: Mapping[int, Choice] | None = None,
    ) -> str:
        """Return the answer to an offer."""
        ...

    async def disconnect(self, peer: str, reason: str) -> None:
        """End a connection; one that is unknown has ended already."""
        ...

    async def acknowledge(self, seq: int) -> None:
        """Say that journal events up to ``seq`` are dealt with."""
        ...


def is_of_a_check(event: MediaEvent) -> bool:
    """Tell whether an event of the media plane is about a device check, and no session."""
    match event:
        case PeerConnected() | PeerDisconnected() | SourceHealth() | VoicesChanged():
            return event.room.startswith(PREFIX)
        case _:
            return False


class DeviceChecks:
    """The device checks of all venues.

    Args:
        db: the database.
        clock: the time.
        media: the media plane.
    """

    def __init__(self, db: Database, clock: Clock, media: Media) -> None:
        self._db, self._clock, self._media = db, clock, media
        self._peers: dict[int, str] = {}
        self._health: dict[str, SourceHealth] = {}

    async def begin(self, venue: Venue, reason: Reason) -> DeviceCheck:
        """Begin a check; one of the same venue that was under way ends."""
        async with self._db.tx() as tx:
            check = await store.add_check(tx, venue.id, reason, self._clock.now())
        await self.end(venue.id)
        return check

    async def let_in(self, venue: Venue, check_id: int, sdp: str) -> tuple[str, str]:
        """Let the media connection of a check in, in place of an earlier one.

        Returns:
            The peer's id and the answer.

        Raises:
            NotFoundError: ``no_such_check``.
            OfferRefused: from the media plane; ``WorkerUnavailable`` while it is away.
        """
        async with self._db.view() as tx:
            await store.load_check(tx, check_id, venue.id)
        await self.end(venue.id)
        room = f"{PREFIX}{check_id}"
        peer = f"{room}.{venue.number}.{secrets.token_hex(4)}"
        self._peers[venue.id] = peer
        source = str(venue.number)
        slots = {0: Choice(source, "high")}
        answer = await self._media.connect(peer, sdp, room=room, source=source, slots=slots)
        return peer, answer

    async def end(self, venue_id: int, peer: str | None = None) -> None:
        """End a venue's connection, or only this one; none is nothing to end."""
        present = self._peers.get(venue_id)
        if present is None or peer not in (None, present):
            return
        del self._peers[venue_id]
        self._health.pop(present.rsplit(".", 2)[0], None)
        await self._media.disconnect(present, "left")

    async def enter(self, venue: Venue, check_id: int, part: Part, body: bytes) -> Finding:
        """Judge what a page measured of a part, keep the finding, and return it.

        The first time that every part was looked at is recorded in the log.

        Raises:
            NotFoundError: ``no_such_check``.
            DomainError: ``check_unreadable``.
        """
        health = self._health.get(f"{PREFIX}{check_id}")
        seen = health is not None and health.video_kbps > 0
        heard = health is not None and health.audio
        finding = judge(part, body, seen=seen, heard=heard)
        async with self._db.tx() as tx:
            before = await store.load_check(tx, check_id, venue.id, lock=True)
            after = with_finding(before, finding)
            await store.save_check(tx, after)
            if after.complete and not before.complete:
                await self._record(tx, venue, after)
        return finding

    async def _record(self, tx: Tx, venue: Venue, check: DeviceCheck) -> None:
        found = {f.part.value: f.code for f in check.findings}
        payload = {"venue_id": venue.id, "reason": check.reason.value, "found": found}
        actor = f"venue:{venue.number}"
        await record(tx, self._clock, EventKind.VENUE_CHECKED, actor=actor, payload=payload)

    async def earlier(self, venue: Venue) -> list[DeviceCheck]:
        """Return the venue's last checks, the latest first."""
        async with self._db.view() as tx:
            return await store.load_checks_of(tx, venue.id, SHOWN)

    async def latest(self) -> dict[int, DeviceCheck]:
        """Return every venue's latest check by the venue's id."""
        async with self._db.view() as tx:
            return await store.load_latest(tx)

    async def on_media_event(self, event: MediaEvent) -> None:
        """Take an event of a check's room; its journal needs no keeping."""
        match event:
            case SourceHealth():
                self._health[event.room] = event
            case PeerDisconnected():
                self._health.pop(event.room, None)
                await self._media.acknowledge(event.seq)
            case PeerConnected():
                await self._media.acknowledge(event.seq)


async def due(tx: Tx, venue: Venue, coming: Session, now: datetime) -> datetime | None:
    """Return when the waiting page of a venue shall check itself; None when it need not."""
    done = [c for c in await store.load_checks_of(tx, venue.id, SHOWN) if c.complete]
    return due_at(
        coming.starts_at,
        number=venue.number,
        last=done[0].started_at if done else None,
        now=now,
        table=await load_workdays(tx),
    )
