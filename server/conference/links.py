"""The observers' link of a session: made, renewed and revoked by the office, each an event."""

from server.audit import store as log_store
from server.audit.service import record
from server.conference.observers import LINK_KINDS, link_in_force, read_token
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ForbiddenError, NotFoundError
from server.domain.events import EventKind
from server.domain.session import Session, SessionState
from server.scheduler import store as sessions

_OVER = frozenset({SessionState.CLOSED, SessionState.ARCHIVED, SessionState.CANCELLED})


async def load_serial(tx: Tx, session_id: int) -> int:
    """Return the serial of the link that is in force, 0 for none."""
    return link_in_force(await log_store.load_recorded(tx, session_id=session_id, kinds=LINK_KINDS))


async def make_link(db: Database, clock: Clock, session_id: int, actor: str) -> int:
    """Make a link for a session, in place of any before; return its serial.

    Raises:
        NotFoundError: ``no_such_session``; a session that is over gets none.
    """
    async with db.tx() as tx:
        if (await sessions.load_session(tx, session_id)).state in _OVER:
            raise NotFoundError("no_such_session")
        made = await log_store.load_recorded(
            tx, session_id=session_id, kinds=[EventKind.OBSERVER_LINK_MADE]
        )
        serial = len(made) + 1
        payload = {"serial": serial}
        kind = EventKind.OBSERVER_LINK_MADE
        await record(tx, clock, kind, actor=actor, payload=payload, session_id=session_id)
        return serial


async def revoke_link(db: Database, clock: Clock, session_id: int, actor: str) -> bool:
    """Revoke the link of a session; return whether there was one."""
    async with db.tx() as tx:
        serial = await load_serial(tx, session_id)
        if serial:
            payload = {"serial": serial}
            kind = EventKind.OBSERVER_LINK_REVOKED
            await record(tx, clock, kind, actor=actor, payload=payload, session_id=session_id)
        return bool(serial)


async def find_session(tx: Tx, secret: bytes, token: str) -> Session:
    """Return the session that an observer's token opens.

    Raises:
        ForbiddenError: ``token_unknown`` for a token that we did not make or have revoked.
    """
    read = read_token(secret, token)
    if read is None or await load_serial(tx, read[0]) != read[1]:
        raise ForbiddenError("token_unknown")
    return await sessions.load_session(tx, read[0])
