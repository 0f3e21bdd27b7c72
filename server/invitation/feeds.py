"""What stands in a venue's or a person's calendar, and the secret address of it. Pure."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from server.auth.model import Account, Role
from server.domain.places import Venue
from server.domain.session import Session, SessionState
from server.invitation.ics import Entry
from server.invitation.model import uid_of
from server.invitation.situation import Situation, agenda_lines, own_time_of
from server.scheduler.filing import FiledRequest
from server.scheduler.times import times_of_committee

_DIGITS = 9
_KINDS = {"v": "venue", "a": "account"}


def feed_token(secret: bytes, holder: str, version: int) -> str:
    """Return the part of the address that names a calendar: ``v12-`` or ``a5-`` and 32 letters.

    It is made from the installation's secret, so that a copied database opens no calendar; another
    version is another address.

    Args:
        secret: the installation's secret.
        holder: ``venue:12`` or ``account:5``.
        version: raised to end the former address.
    """
    digest = hmac.new(secret, f"calendar:{holder}:{version}".encode(), hashlib.sha256).hexdigest()
    kind, _, number = holder.partition(":")
    return f"{kind[0]}{number}-{digest[:32]}"


def holder_in(token: str) -> str | None:
    """Return whose calendar a token says it is, not whether it is right; None for no token."""
    name, _, _ = token.partition("-")
    kind, number = _KINDS.get(name[:1]), name[1:]
    if kind is None or not number.isascii() or not number.isdigit() or len(number) > _DIGITS:
        return None
    return f"{kind}:{int(number)}"


def is_right(secret: bytes, token: str, holder: str, version: int) -> bool:
    """Tell whether a token is the one in force."""
    good = feed_token(secret, holder, version)
    return hmac.compare_digest(good.encode(), token.encode())


def entries_of_venue(
    secret: bytes, situation: Situation, venue: Venue, digest: Iterable[FiledRequest], title: str
) -> list[Entry]:
    """Return a venue's calendar: its sessions by start, then the days of the weekly digest.

    A session lasts from when the committee's first people come until its last ones leave; a day of
    the digest is all of a day.

    Args:
        secret: the installation's secret, of which UIDs are made.
        situation: the street as it is.
        venue: whose calendar it is; the main venue has the whole of every session.
        digest: requests that are in a digest.
        title: what a day of the digest is called.
    """
    entries = [
        _entry(secret, situation, session, f"venue:{venue.id}", venue.committee_id)
        for session in situation.sessions
        if venue.id in session.venue_ids or venue.committee_id is None
    ]
    if venue.committee_id is not None:
        entries += _digest_days(secret, venue.committee_id, digest, title)
    return entries


def _entry(
    secret: bytes, situation: Situation, session: Session, holder: str, committee_id: int | None
) -> Entry:
    parts = situation.parts(session)
    times = times_of_committee(parts, committee_id) if committee_id is not None else []
    return Entry(
        uid=uid_of(secret, (session.id, holder)),
        title=session.title,
        starts_at=min((own.start for own in times), default=session.starts_at),
        ends_at=max((own.end for own in times), default=session.ends_at),
        hall=session.hall,
        lines=agenda_lines(parts),
        cancelled=session.state is SessionState.CANCELLED,
    )


def _digest_days(
    secret: bytes, committee_id: int, requests: Iterable[FiledRequest], title: str
) -> Iterator[Entry]:
    days: dict[date, list[str]] = defaultdict(list)
    for request in requests:
        called = request.filing.committee_ids
        if request.digest_on is not None and (not called or committee_id in called):
            days[request.digest_on].append(f"{request.filing.topic} ({request.department})")
    for day, lines in sorted(days.items()):
        uid = uid_of(secret, (day.toordinal(), f"digest:{committee_id}"))
        yield Entry(uid=uid, title=title, day=day, lines=tuple(lines))


def entries_of_account(secret: bytes, situation: Situation, account: Account) -> list[Entry]:
    """Return a person's calendar by start.

    A secretary's and a clerk's own times, with the same UIDs as their invitations; the whole of
    every session for the others.
    """
    holder = f"account:{account.id}"
    if account.role not in {Role.SECRETARY, Role.CLERK}:
        return [_entry(secret, situation, s, holder, None) for s in situation.sessions]
    entries = []
    for session in situation.sessions:
        own = own_time_of(situation, session, situation.parts(session), account)
        if own is not None:
            entries.append(
                Entry(
                    uid=uid_of(secret, (session.id, holder)),
                    title=session.title,
                    starts_at=own.start,
                    ends_at=own.end,
                    hall=session.hall,
                    lines=agenda_lines(own.parts),
                    cancelled=session.state is SessionState.CANCELLED,
                )
            )
    return entries
