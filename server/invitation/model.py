"""What is sent to whom, what was sent before, and what is due now (iTIP, RFC 5546). Pure."""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from server.domain.places import Post


class Answer(StrEnum):
    """What an invited one said (RFC 5545 §3.2.12): nothing yet, yes, no, perhaps."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"


class Method(StrEnum):
    """What a message asks for: come, or: it is off (RFC 5546 §3.2)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invited group or person of a session, with the time that is theirs.

    ``invitee`` is ``committee:3:SECRETARY``, the first post of a group that comes together, or
    ``account:5``; with the session it names the invitation for ever. ``agenda`` are their own
    items as lines.
    """

    session_id: int
    invitee: str
    email: str
    name: str
    title: str
    hall: str
    starts_at: datetime
    ends_at: datetime
    posts: tuple[Post, ...] = ()
    agenda: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[int, str]:
        """What names it for ever."""
        return self.session_id, self.invitee

    @property
    def own(self) -> tuple[datetime, datetime, str]:
        """What is told anew when it changes: own time and place."""
        return self.starts_at, self.ends_at, self.hall


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation as it was last sent, with what came back.

    ``sequence`` counts from 0 (RFC 5545 §3.8.7.4). ``answered_at`` is when the answer was written,
    by the invited one's own clock.
    """

    invitation: Invitation
    uid: str
    sequence: int
    cancelled: bool = False
    answer: Answer = Answer.NEEDS_ACTION
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is due: ``sent`` is how things stand once it has gone out."""

    method: Method
    sent: Sent


def uid_of(secret: bytes, key: tuple[int, str]) -> str:
    """Return the UID of an invitation, for ever the same, unlike any other installation's.

    Nobody can guess it who was not told: whoever answers must have seen the invitation.
    """
    text = f"invitation:{key[0]}:{key[1]}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:32] + "@pinhui"


def due_messages(
    secret: bytes, wanted: Iterable[Invitation], sent: Collection[Sent], open_ids: Collection[int]
) -> list[Message]:
    """Return what has to go out, so that everybody knows the own time and place as it is now.

    Who is new gets a REQUEST, whose own time or place changed the same UID with SEQUENCE + 1, who
    is not wanted any more a CANCEL. Who moved to another address gets both: the old address is
    told that it is off, the new one is invited.

    Args:
        secret: the installation's secret.
        wanted: every invitation that should stand.
        sent: what was sent of these sessions.
        open_ids: sessions that have begun or are over: nothing of them changes any more.
    """
    before = {one.invitation.key: one for one in sent if one.invitation.session_id not in open_ids}
    messages = []
    for invitation in wanted:
        messages += _due(secret, invitation, before.pop(invitation.key, None))
    messages += [_cancel(one) for one in before.values() if not one.cancelled]
    return messages


def _due(secret: bytes, wanted: Invitation, before: Sent | None) -> list[Message]:
    if before is None:
        return [Message(Method.REQUEST, Sent(wanted, uid_of(secret, wanted.key), 0))]
    moved = before.invitation.email != wanted.email
    if not moved and not before.cancelled and before.invitation.own == wanted.own:
        return []
    anew = Sent(wanted, before.uid, before.sequence + 1)
    if moved and not before.cancelled:
        return [_cancel(before), Message(Method.REQUEST, anew)]
    return [Message(Method.REQUEST, anew)]


def _cancel(before: Sent) -> Message:
    return Message(Method.CANCEL, replace(before, sequence=before.sequence + 1, cancelled=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came by mail: ``attendee`` and ``sender`` in lower case."""

    uid: str
    sequence: int
    attendee: str
    sender: str
    answer: Answer
    written_at: datetime


class Refusal(StrEnum):
    """Why an answer is not entered."""

    UNKNOWN = "UNKNOWN"
    NOT_INVITED = "NOT_INVITED"
    OUTDATED = "OUTDATED"


def judge_reply(reply: Reply, sent: Sent | None) -> Refusal | None:
    """Return why an answer does not count, None when it does.

    It must name an invitation that stands, come from the address that was invited and speak for
    it, answer the time last told, and not be older than the answer before (RFC 5546 §3.2.3).
    """
    if sent is None or sent.cancelled:
        return Refusal.UNKNOWN
    if {reply.attendee, reply.sender} != {sent.invitation.email.lower()}:
        return Refusal.NOT_INVITED
    older = sent.answered_at is not None and reply.written_at < sent.answered_at
    return Refusal.OUTDATED if reply.sequence < sent.sequence or older else None
