"""Turns rows of invitations and calendar links into values and back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from server.db.engine import Tx
from server.domain.places import Post
from server.invitation.model import Answer, Invitation, Sent
from server.invitation.tables import CalendarLinkRow, InvitationRow


def _sent(row: InvitationRow) -> Sent:
    invitation = Invitation(
        session_id=row.session_id,
        invitee=row.invitee,
        email=row.email,
        name=row.name,
        title=row.title,
        hall=row.hall,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        posts=tuple(Post(post) for post in row.posts),
        agenda=tuple(row.agenda),
    )
    answer = Answer(row.answer)
    return Sent(invitation, row.uid, row.sequence, row.cancelled, answer, row.answered_at)


async def _rows(tx: Tx, *conditions: object) -> Sequence[InvitationRow]:
    query = select(InvitationRow).where(*conditions)  # type: ignore[arg-type]
    return (await tx.scalars(query.order_by(InvitationRow.id))).all()


async def load_coming(tx: Tx, now: datetime) -> list[Sent]:
    """Return what was sent for times to come, in the order of sending."""
    return [_sent(row) for row in await _rows(tx, InvitationRow.starts_at > now)]


async def load_of_session(tx: Tx, session_id: int) -> list[Sent]:
    """Return what was sent of one session, in the order of sending."""
    return [_sent(row) for row in await _rows(tx, InvitationRow.session_id == session_id)]


async def save_sent(tx: Tx, sent: Sent) -> None:
    """Enter how an invitation stands after a message; a new time waits for a new answer."""
    invitation = sent.invitation
    found = await _rows(
        tx,
        InvitationRow.session_id == invitation.session_id,
        InvitationRow.invitee == invitation.invitee,
    )
    row = found[0] if found else InvitationRow(session_id=invitation.session_id)
    row.invitee, row.uid, row.email = invitation.invitee, sent.uid, invitation.email
    row.name, row.title, row.hall = invitation.name, invitation.title, invitation.hall
    row.starts_at, row.ends_at = invitation.starts_at, invitation.ends_at
    row.posts = [str(post) for post in invitation.posts]
    row.agenda = list(invitation.agenda)
    row.sequence, row.cancelled = sent.sequence, sent.cancelled
    row.answer, row.answered_at = str(sent.answer), sent.answered_at
    tx.add(row)
    await tx.flush()


async def load_by_uid(tx: Tx, uid: str) -> Sent | None:
    """Return the invitation of a UID, locked until the end, or None."""
    query = select(InvitationRow).where(InvitationRow.uid == uid[:64]).with_for_update()
    row = await tx.scalar(query)
    return _sent(row) if row else None


async def load_version(tx: Tx, holder: str) -> int:
    """Return the version of a calendar's address in force; the first is 1."""
    row = await tx.get(CalendarLinkRow, holder)
    return row.version if row else 1


async def renew_link(tx: Tx, holder: str, now: datetime) -> None:
    """End a calendar's address, so that there is another."""
    row = await tx.get(CalendarLinkRow, holder, with_for_update=True)
    if row is None:
        tx.add(CalendarLinkRow(holder=holder, version=2, changed_at=now))
    else:
        row.version += 1
    await tx.flush()


async def load_change(tx: Tx, holder: str) -> tuple[str, datetime | None]:
    """Return the digest of a calendar as last fetched, and since when it has been so."""
    row = await tx.get(CalendarLinkRow, holder)
    return (row.digest, row.changed_at) if row else ("", None)


async def save_change(tx: Tx, holder: str, digest: str, now: datetime) -> None:
    """Note that a calendar has another content now."""
    row = await tx.get(CalendarLinkRow, holder, with_for_update=True)
    if row is None:
        tx.add(CalendarLinkRow(holder=holder, version=1, digest=digest, changed_at=now))
    else:
        row.digest, row.changed_at = digest, now
    await tx.flush()
