"""Invitations sent when times change, answers entered, calendars read and renewed.

What is due is found by comparing what should stand with what was sent, so that it does not matter
which use case changed a session, or whether the process ended in between.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.audit.service import record
from server.auth import store as accounts
from server.auth.model import Login, Role
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import NotFoundError
from server.domain.events import SYSTEM, EventKind
from server.domain.session import Session, SessionState
from server.i18n import catalogue, dates
from server.invitation import store
from server.invitation.feeds import (
    entries_of_account,
    entries_of_venue,
    feed_token,
    holder_in,
    is_right,
)
from server.invitation.ics import Entry, UnreadableReplyError, read_reply, render_calendar
from server.invitation.ics import render_message as calendar_of
from server.invitation.model import Message, Method, Reply, Sent, due_messages, judge_reply
from server.invitation.situation import Situation, has_begun, wanted_invitations
from server.mail.model import Attachment, CalendarPart, Letter
from server.mail.service import enqueue
from server.pages.letters import LetterWords, render_letter
from server.pages.render import Renderer
from server.scheduler import store as scheduler
from server.scheduler.filing import FiledRequest, RequestState
from server.street import store as street

REMEMBERED = timedelta(days=40)
"""How far back calendars show sessions."""
_SHOWN = tuple(state for state in SessionState if state is not SessionState.PROPOSED)


@dataclass(frozen=True, slots=True)
class Inviter:
    """What invitations are made with; ``organizer`` is empty while no mail server is set."""

    db: Database
    clock: Clock
    renderer: Renderer
    secret: bytes
    language: str
    organizer: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar as it is fetched; ``changed_at`` is since when it has been so."""

    content: bytes
    digest: str
    changed_at: datetime


async def load_situation(tx: Tx, since: datetime) -> Situation:
    """Return the street with the sessions that end after a moment, by start."""
    departments = {d.id: d for d in await street.load_departments(tx)}
    names = {d.id: d.name for d in departments.values()}
    placed = (RequestState.PLACED, RequestState.HELD)
    requests: dict[int, list[FiledRequest]] = defaultdict(list)
    for request in await scheduler.load_requests(tx, names, states=placed):
        if request.session_id is not None:
            requests[request.session_id].append(request)
    sessions = await scheduler.load_sessions(tx, states=_SHOWN, since=since)
    return Situation(
        sessions=tuple(sessions),
        requests={key: tuple(found) for key, found in requests.items()},
        venues={v.id: v for v in await street.load_venues(tx)},
        committees={c.id: c for c in await street.load_committees(tx)},
        departments=departments,
        accounts=tuple(await accounts.load_accounts(tx)),
    )


# --- out ---------------------------------------------------------------------------------------


async def invite_due(inviter: Inviter) -> int:
    """Put into the outbox what people have to be told; return how many letters that are.

    Nothing while no mail server is set: an answer would have nowhere to go.
    """
    async with inviter.db.tx() as tx:
        office = await street.load_office(tx)
        due = await _load_due(tx, inviter)
        chosen = {f"account:{a.id}": a.language for a in await accounts.load_accounts(tx)}
        chosen |= {f"committee:{c.id}": c.language for c in await street.load_committees(tx)}
        frame = {"street": office.name, "phone": office.phone} if office else {}
        for message in due:
            await store.save_sent(tx, message.sent)
            kind, number, *_ = message.sent.invitation.invitee.split(":")
            language = chosen.get(f"{kind}:{number}") or inviter.language
            letter = _letter(inviter, message, frame, language)
            await enqueue(tx, inviter.clock, letter)
        await _record_sent(tx, inviter.clock, due)
    return len(due)


async def is_anything_due(tx: Tx, inviter: Inviter) -> bool:
    """Tell whether somebody has to be told of their own times."""
    return bool(await _load_due(tx, inviter))


async def _load_due(tx: Tx, inviter: Inviter) -> list[Message]:
    if not inviter.organizer:
        return []
    now = inviter.clock.now()
    situation = await load_situation(tx, now)
    begun = {session.id for session in situation.sessions if has_begun(session, now)}
    sent = await store.load_coming(tx, now)
    return due_messages(inviter.secret, wanted_invitations(situation, now), sent, begun)


async def _record_sent(tx: Tx, clock: Clock, due: list[Message]) -> None:
    told: dict[int, dict[str, int]] = defaultdict(lambda: {"requests": 0, "cancels": 0})
    for message in due:
        kind = "requests" if message.method is Method.REQUEST else "cancels"
        told[message.sent.invitation.session_id][kind] += 1
    for session_id, counts in told.items():
        await record(
            tx,
            clock,
            EventKind.INVITATION_SENT,
            actor=SYSTEM,
            payload={**counts},
            session_id=session_id,
        )


def _letter(inviter: Inviter, message: Message, frame: dict[str, str], language: str) -> Letter:
    invitation, method = message.sent.invitation, message.method
    content = calendar_of(
        message,
        organizer=inviter.organizer,
        organizer_name=frame.get("street", ""),
        now=inviter.clock.now(),
    )
    words = _words(inviter, message, frame, language)
    return Letter(
        key=f"invitation:{message.sent.uid}:{message.sent.sequence}:{method}",
        recipient=invitation.email,
        subject=words.subject,
        text=words.text,
        html=words.html,
        calendar=CalendarPart(str(method), content),
        attachments=(Attachment("invite.ics", "application/ics", content.encode()),),
        until=invitation.starts_at if method is Method.REQUEST else invitation.ends_at,
    )


def _words(inviter: Inviter, message: Message, frame: dict[str, str], language: str) -> LetterWords:
    values = {
        "street": frame.get("street", ""),
        "phone": frame.get("phone", ""),
        "invitation": message.sent.invitation,
        "is_off": message.method is Method.CANCEL,
        "is_changed": message.sent.sequence > 0,
    }
    return render_letter(inviter.renderer, "invitation/letter.html", language, values)


# --- in ----------------------------------------------------------------------------------------


Note = Callable[[Tx, str], Awaitable[None]]
"""Notes what became of a letter in the transaction in which it is entered."""


async def receive(db: Database, clock: Clock, content: bytes, note: Note | None = None) -> str:
    """Enter the answer that an incoming letter carries, and say in one word what became of it.

    A stranger's letter, a forged, late or broken one changes nothing.

    Args:
        db: the database.
        clock: the time.
        content: the letter as it came, headers and all.
        note: told what became of it, in the same transaction.

    Returns:
        ``ACCEPTED``, ``DECLINED`` or ``TENTATIVE``; else ``UNREADABLE`` or one of ``Refusal``.
    """
    # a stranger's letter may take long to be read
    reply = await asyncio.to_thread(_reply_in, content)
    async with db.tx() as tx:
        outcome = "UNREADABLE" if reply is None else await _enter_reply(tx, clock, reply)
        if note is not None:
            await note(tx, outcome)
    return outcome


def _reply_in(content: bytes) -> Reply | None:
    try:
        return read_reply(content)
    except UnreadableReplyError:
        return None


async def _enter_reply(tx: Tx, clock: Clock, reply: Reply) -> str:
    sent = await store.load_by_uid(tx, reply.uid)
    refusal = judge_reply(reply, sent)
    if refusal is not None or sent is None:
        return str(refusal)
    answered = replace(sent, answer=reply.answer, answered_at=reply.written_at)
    await store.save_sent(tx, answered)
    payload = {
        "invitee": sent.invitation.invitee,
        "name": sent.invitation.name,
        "answer": str(reply.answer),
    }
    session_id = sent.invitation.session_id
    kind = EventKind.INVITATION_ANSWERED
    await record(tx, clock, kind, actor="mail", payload=payload, session_id=session_id)
    return str(reply.answer)


async def load_invitations(tx: Tx, session_id: int) -> tuple[Session, list[Sent]]:
    """Return a session and what was sent of it.

    Raises:
        NotFoundError: ``no_such_session``.
    """
    session = await scheduler.load_session(tx, session_id)
    return session, await store.load_of_session(tx, session_id)


# --- calendars ---------------------------------------------------------------------------------


async def holders_of(tx: Tx, login: Login) -> list[tuple[str, str]]:
    """Return the calendars that a login may show and renew, its own first: (holder, name).

    A secretary has the committee's venue as well, the meeting office the main venue.
    """
    found = [(f"account:{login.account_id}", login.display_name)]
    for venue in await street.load_venues(tx):
        mine = venue.committee_id is not None and venue.committee_id == login.committee_id
        if mine or (venue.committee_id is None and login.role is Role.OFFICE):
            found.append((f"venue:{venue.id}", venue.name))
    return found


async def tokens_of(tx: Tx, secret: bytes, login: Login) -> list[tuple[str, str, str]]:
    """Return (holder, name, token) of the calendars of a login."""
    return [
        (holder, name, feed_token(secret, holder, await store.load_version(tx, holder)))
        for holder, name in await holders_of(tx, login)
    ]


async def renew_calendar(db: Database, clock: Clock, login: Login, holder: str) -> None:
    """End the address of a calendar; from now on there is another.

    Raises:
        NotFoundError: ``no_such_page`` when it is not the login's.
    """
    async with db.tx() as tx:
        if holder not in dict(await holders_of(tx, login)):
            raise NotFoundError("no_such_page")
        await store.renew_link(tx, holder, clock.now())
        actor = f"login:{login.account_id}"
        payload = {"holder": holder}
        await record(tx, clock, EventKind.CALENDAR_RENEWED, actor=actor, payload=payload)


async def read_feed(inviter: Inviter, token: str) -> Feed:
    """Return the calendar of an address.

    Raises:
        NotFoundError: ``no_such_page`` for an address never given, or given no more.
    """
    now, holder = inviter.clock.now(), holder_in(token)
    async with inviter.db.view() as tx:
        version = await store.load_version(tx, holder) if holder else 0
        if holder is None or not is_right(inviter.secret, token, holder, version):
            raise NotFoundError("no_such_page")
        name, entries = await _entries(tx, inviter, holder, now)
        known, changed_at = await store.load_change(tx, holder)
    # the stamp stands in the content, so the digest is of everything else
    bare = render_calendar(name, entries, datetime.fromtimestamp(0, now.tzinfo))
    digest = hashlib.sha256(bare).hexdigest()
    if digest != known or changed_at is None:
        changed_at = now.replace(microsecond=0)
        async with inviter.db.tx() as tx:
            await store.save_change(tx, holder, digest, changed_at)
    return Feed(render_calendar(name, entries, changed_at), digest, changed_at)


async def _entries(tx: Tx, inviter: Inviter, holder: str, now: datetime) -> tuple[str, list[Entry]]:
    kind, _, number = holder.partition(":")
    situation = await load_situation(tx, now - REMEMBERED)
    if kind == "account":
        account = next((a for a in situation.accounts if a.id == int(number)), None)
        if account is None or account.disabled:
            raise NotFoundError("no_such_page")
        name = account.display_name
        return name, entries_of_account(inviter.secret, situation, account)
    venue = situation.venues.get(int(number))
    if venue is None or venue.retired:
        raise NotFoundError("no_such_page")
    names = {d.id: d.name for d in situation.departments.values()}
    digest = await scheduler.load_requests(tx, names, states=[RequestState.IN_DIGEST])
    recent = [r for r in digest if r.digest_on and r.digest_on > dates.site_date(now - REMEMBERED)]
    title = catalogue.say(inviter.language, "state.digest_day")
    return venue.name, entries_of_venue(inviter.secret, situation, venue, recent, title)
