"""Named sign-in (签到) by a session's own link: who may sign in where, and what a tap means.

The link is a secret of one session and one venue. It opens nothing but the names of that committee,
and nothing at all when the session is not open.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.attendance.model import SignIn
from server.attendance.people import fold_sign_ins
from server.audit.service import record
from server.audit.store import load_recorded, lock_head
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload
from server.domain.places import Person, Post, Venue
from server.domain.session import Session, SessionState
from server.scheduler import store as sessions
from server.street import store as street
from server.street.tokens import venue_token

UNDO_WITHIN = timedelta(seconds=10)
_ON_THE_WAY = timedelta(seconds=5)
"""What a tap may take to reach us."""
WAYS = frozenset({"phone", "screen"})
_KINDS = (EventKind.VENUE_SIGNED_IN, EventKind.VENUE_SIGN_IN_WITHDRAWN)
_ORDER = tuple(Post)


@dataclass(frozen=True, slots=True)
class Named:
    """One name to tap; ``undo_for`` is how long it can be taken back by another tap, or nothing."""

    person: Person
    signed: SignIn | None
    undo_for: timedelta


@dataclass(frozen=True, slots=True)
class SignSheet:
    """What a sign-in link shows; ``names`` are by post, those of one post as they were entered."""

    session: Session
    venue: Venue
    names: tuple[Named, ...]

    @property
    def signed(self) -> int:
        """How many have signed in; the denominator is the names."""
        return sum(named.signed is not None for named in self.names)


def sign_token(secret: bytes, session_id: int, venue_id: int, version: int) -> str:
    """Return the secret of a sign-in link; it ends with the session, and with the venue's link."""
    return venue_token(secret, venue_id, version, purpose=f"sign-{session_id}")


def names_of(
    people: Iterable[Person], signed: Mapping[int, SignIn], now: datetime
) -> tuple[Named, ...]:
    """Return the names of a committee: by post, then as they were entered."""
    ordered = sorted(people, key=lambda p: (_ORDER.index(p.post), p.id))
    return tuple(
        Named(person, found := signed.get(person.id), undo_left(found, now)) for person in ordered
    )


def undo_left(signed: SignIn | None, now: datetime) -> timedelta:
    """Return how long a sign-in can still be taken back; nothing for none or an older one."""
    if signed is None:
        return timedelta()
    return max(timedelta(), UNDO_WITHIN - max(timedelta(), now - signed.at))


def decide(signed: SignIn | None, now: datetime, *, out: bool) -> EventKind | None:
    """Return what a tap on a name means; None when it is so already.

    Args:
        signed: the person's sign-in, if any.
        now: the time.
        out: whether the page offered to take it back.

    Raises:
        ConflictError: ``sign_in_stands`` when it can no longer be taken back.
    """
    if not out:
        return EventKind.VENUE_SIGNED_IN if signed is None else None
    if signed is None:
        return None
    if now - signed.at > UNDO_WITHIN + _ON_THE_WAY:
        raise ConflictError("sign_in_stands")
    return EventKind.VENUE_SIGN_IN_WITHDRAWN


async def find_token(tx: Tx, secret: bytes, venue: Venue) -> str | None:
    """Return the sign-in token of the open session that expects a venue; None without one."""
    versions = await street.load_token_versions(tx)
    expecting = [
        session
        for session in await sessions.load_sessions(tx, states=[SessionState.OPEN])
        if venue.id in session.venue_ids and venue.id in versions
    ]
    if not expecting:
        return None
    return sign_token(secret, expecting[-1].id, venue.id, versions[venue.id])


async def load_sheet(tx: Tx, secret: bytes, token: str, now: datetime) -> SignSheet:
    """Return what a sign-in link shows.

    Raises:
        NotFoundError: ``sign_link_over`` for a link of no open session.
    """
    session, venue = await _find(tx, secret, token)
    people = [p for p in await street.load_people(tx) if p.committee_id == venue.committee_id]
    return SignSheet(session, venue, names_of(people, await _load_signed(tx, session.id), now))


async def _find(tx: Tx, secret: bytes, token: str) -> tuple[Session, Venue]:
    versions = await street.load_token_versions(tx)
    venues = {venue.id: venue for venue in await street.load_venues(tx) if not venue.retired}
    for session in await sessions.load_sessions(tx, states=[SessionState.OPEN]):
        for venue_id in session.venue_ids:
            if venue_id not in venues or venues[venue_id].committee_id is None:
                continue
            known = sign_token(secret, session.id, venue_id, versions[venue_id])
            if hmac.compare_digest(known.encode(), token.encode()):
                return session, venues[venue_id]
    raise NotFoundError("sign_link_over")


async def _load_signed(tx: Tx, session_id: int) -> dict[int, SignIn]:
    return fold_sign_ins(await load_recorded(tx, session_id=session_id, kinds=_KINDS))


async def sign(
    db: Database, clock: Clock, secret: bytes, token: str, *, person_id: int, out: bool, way: str
) -> SignSheet:
    """Sign somebody in, or take that back; return the sheet as it is then.

    Args:
        db: the database.
        clock: the time.
        secret: of the installation.
        token: of the link.
        person_id: whose name was tapped.
        out: whether to take it back.
        way: ``phone`` or ``screen``.

    Raises:
        NotFoundError: ``sign_link_over``, or ``no_such_person`` for one of another committee.
        ConflictError: ``sign_in_stands``.
    """
    async with db.tx() as tx:
        # held from here on, so that two phones cannot sign the same name in twice
        await lock_head(tx)
        sheet = await load_sheet(tx, secret, token, clock.now())
        named = next((n for n in sheet.names if n.person.id == person_id), None)
        if named is None:
            raise NotFoundError("no_such_person")
        kind = decide(named.signed, clock.now(), out=out)
        if kind is not None:
            payload: Payload = {
                "venue_id": sheet.venue.id,
                "person_id": person_id,
                "name": named.person.name,
                "post": str(named.person.post),
                "way": way if way in WAYS else "phone",
            }
            await record(
                tx,
                clock,
                kind,
                actor=f"venue:{sheet.venue.id}",
                payload=payload,
                session_id=sheet.session.id,
            )
    async with db.view() as tx:
        return await load_sheet(tx, secret, token, clock.now())
