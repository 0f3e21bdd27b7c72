"""What invitations and calendars are made of: sessions with their parts, and who may come. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from server.auth.model import Account, Role
from server.domain.clock import SITE_ZONE
from server.domain.places import Committee, Department, Post, Venue
from server.domain.session import Session, SessionState
from server.invitation.model import Invitation
from server.scheduler.filing import FiledRequest
from server.scheduler.times import (
    OwnTime,
    Part,
    parts_of,
    time_of_department,
    times_of_committee,
)

BEGUN = frozenset({SessionState.OPEN, SessionState.CLOSED, SessionState.ARCHIVED})


@dataclass(frozen=True, slots=True)
class Situation:
    """The street as it is now: ``venues``, ``committees`` and ``accounts`` with retired ones."""

    sessions: tuple[Session, ...]
    requests: Mapping[int, tuple[FiledRequest, ...]]
    venues: Mapping[int, Venue]
    committees: Mapping[int, Committee]
    departments: Mapping[int, Department]
    accounts: tuple[Account, ...]

    def parts(self, session: Session) -> tuple[Part, ...]:
        """Return a session's items with their times and whom they call."""
        return parts_of(session, self.requests.get(session.id, ()))

    def called(self, session: Session) -> list[Committee]:
        """Return the committees on a session's roster, by number, retired ones left out."""
        ids = {self.venues[v].committee_id for v in session.venue_ids if v in self.venues}
        found = (c for c in self.committees.values() if c.id in ids and not c.retired)
        return sorted(found, key=lambda c: c.number)


def has_begun(session: Session, now: datetime) -> bool:
    """Tell whether nothing of a session is announced any more."""
    late = session.state is SessionState.SCHEDULED and session.starts_at <= now
    return late or session.state in BEGUN


def agenda_lines(parts: Iterable[Part]) -> tuple[str, ...]:
    """Return items as lines, ``09:00 防汛部署 (平安办, 10′)``."""
    return tuple(
        f"{part.start.astimezone(SITE_ZONE):%H:%M} {part.item.topic} "
        f"({part.item.department}, {part.item.minutes}′)"
        for part in parts
    )


def wanted_invitations(situation: Situation, now: datetime) -> list[Invitation]:
    """Return every invitation that should stand: of sessions scheduled and yet to begin.

    A committee with an address is told each group of its posts that comes together; a secretary's
    account its own time, unless it is the committee's address already; a clerk's account when its
    department presents.
    """
    found: list[Invitation] = []
    for session in situation.sessions:
        if session.state is SessionState.SCHEDULED and session.starts_at > now:
            found += _of_session(situation, session)
    return found


def _of_session(situation: Situation, session: Session) -> Iterator[Invitation]:
    parts = situation.parts(session)
    groups = {c.id: times_of_committee(parts, c.id) for c in situation.called(session)}
    for committee_id, times in groups.items():
        committee = situation.committees[committee_id]
        for own in times if committee.email else ():
            key = f"committee:{committee.id}:{own.posts[0]}"
            yield _invitation(session, key, committee.email, committee.name, own)
    for account in situation.accounts:
        told = situation.committees.get(account.committee_id or 0)
        own_time = own_time_of(situation, session, parts, account)
        if account.disabled or not account.email or own_time is None:
            continue
        if told is not None and told.email.lower() == account.email.lower():
            continue
        key = f"account:{account.id}"
        yield _invitation(session, key, account.email, account.display_name, own_time)


def own_time_of(
    situation: Situation, session: Session, parts: tuple[Part, ...], account: Account
) -> OwnTime | None:
    """Return when the owner of an account comes and leaves; None when nobody calls them.

    A secretary comes for the items that call a secretary, a clerk for those of the department.
    """
    if account.role is Role.CLERK:
        department = situation.departments.get(account.department_id or 0)
        return time_of_department(parts, department.name) if department else None
    if account.role is not Role.SECRETARY:
        return None
    if account.committee_id not in {c.id for c in situation.called(session)}:
        return None
    groups = times_of_committee(parts, account.committee_id or 0)
    return next((group for group in groups if Post.SECRETARY in group.posts), None)


def _invitation(session: Session, key: str, email: str, name: str, own: OwnTime) -> Invitation:
    return Invitation(
        session_id=session.id,
        invitee=key,
        email=email,
        name=name,
        title=session.title,
        hall=session.hall,
        starts_at=own.start,
        ends_at=own.end,
        posts=own.posts,
        agenda=agenda_lines(own.parts),
    )
