"""What can be recorded: the kinds of audit event, an event once recorded, and the one text of time.

Features write events with these kinds and read them back as ``Recorded``; how events are chained
and stored is the business of ``server/audit``. Payload keys are lower-case ASCII words, values are
text, whole numbers, truth values, nothing, lists and objects: never fractions. Moments inside
payloads are written by ``time_text``. The rest is in docs/audit-format.md.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]
"""The content of an event, see the module's first lines for what may be in it."""

SYSTEM = "system"
"""The actor of what nobody did: timers, start-up, outages."""


class EventKind(StrEnum):
    """What happened. The text is chained for ever: a kind may be added, never renamed.

    Payloads that attendance is folded from (all ids are numbers, ``peer`` is text):

    - ``session.opened``: an ``Opening`` (``server/domain/opening.py``).
    - ``session.closed``, ``mute.lifted``: may be empty; ``mute.all``: ``may_unmute``, whether
      branches may open their own microphones again. With the session every connection ends that
      stands; what happens to it later is not recorded.
    - ``venue.connected``: ``venue_id``, ``peer``, ``connected_at``; its media connection stands.
    - ``venue.disconnected``: ``venue_id``, ``peer``, ``last_packet_at`` (the last authenticated
      packet), ``reason``: ``left`` when the venue said good-bye; anything else is a lost line,
      ``link_renewed`` when the office ended it by giving the venue another link.
    - ``venue.replaced``: as ``venue.disconnected`` for the older ``peer``; ``by_peer`` is the
      newer, which has its own ``venue.connected``.
    - ``venue.head_count``: ``venue_id``, ``count``.
    - ``roll.called``, ``roll.answered``, ``roll.missed``: ``venue_id``; an answer came ``by`` hand,
      voice or venue, a missed one has the ``reason`` ``silent`` or ``absent``. ``roll.withdrawn``
      takes the last of either back and says in ``answer`` which. ``roll.started``: ``venue_ids``
      in the order of calling, ``every_seconds``, 0 for by hand.
    - ``agenda.item_started``, ``agenda.item_ended``: ``item_id``; with an end ``department``,
      ``allotted_seconds``, ``used_seconds``, ``overrun_seconds``. Of an item that ended twice the
      last end counts. ``agenda.called_in``: ``item_id``, ``venue_ids``. ``agenda.pace_set``:
      ``goes_on``.
    - ``chair.taken``, ``chair.asked``, ``chair.deputy_named``: ``seat`` (an actor), ``name``,
      ``rank``; ``way`` says how it was taken. ``chair.withdrawn``: ``seat``, ``declined``.
    - What the controls did has in ``control`` the ``command``, ``by`` whom, ``for`` whom where that
      is another, and as ``deed`` its number where it can be undone. ``control.undone`` names that
      number in ``undone``; the events after it that carry it in ``undoes`` say what follows.
    - ``leave.asked``: ``venue_id``, ``reason``, ``by``, and for one person of the committee
      ``person_id`` and ``name``. ``leave.granted``, ``leave.refused``, ``leave.withdrawn``: as
      asked, ``asked`` being its sequence; ``remark`` is the word of who decided.
    - ``venue.signed_in``, ``venue.sign_in_withdrawn``: ``venue_id``, ``person_id``, ``name``,
      ``post``; ``way`` is ``phone`` or ``screen``.
    - ``attendance.corrected``: ``venue_id``, ``field`` (``head_count`` or ``verdict``), ``value``,
      ``reason``; of one person's verdict ``person_id`` and ``name`` as well. It was confirmed
      where it names what was asked in ``asked``, and who confirmed it is its actor.
      ``correction.asked``: the same and ``by``; ``correction.refused``,
      ``correction.commented``: ``asked``, ``venue_id``, ``words``, ``by``.
    - ``prompt.asked``: ``venue_ids``, ``seconds``, and when the next one is due in ``next_at``.
      ``prompt.answered``: ``venue_id``. ``prompt.pace_set``: ``every_minutes``, 0 for no
      more, and ``next_at``.
    - ``recording.watched``: ``venue_id``, the part of the session's recording that was watched
      there in ``from_second`` and ``to_second``, and the ``person_id`` where it is known; the venue
      is none where somebody watched who belongs to none. ``recording.downloaded``: ``by`` and the
      name of the ``film``.
    - ``system.outage_started``: ``since``, when service was lost for all venues: every connection
      of that moment ended with it. ``system.outage_ended``: ``until``, when joining worked again.
    - ``report.viewed``, ``report.downloaded``: ``format``; of one person ``person_id``; over many
      sessions ``about``, ``period`` and the ``digest`` of its figures.
    - ``rules.changed``: ``number`` of the version, ``reason``, the rules of attendance ``before``
      and ``after``; ``rules.withdrawn``: the ``number``.
    - ``invitation.sent``: ``requests`` and ``cancels``, how many were told to come or not to.
      ``invitation.answered``: ``invitee``, ``name``, ``answer``; it came by mail.
    - ``calendar.renewed``: ``holder``, whose calendar has another address now.
    - ``session.sealed``: follows ``session.closed`` at once: ``root`` over the session's ``events``
      events, the last being ``up_to``, made by ``algorithm``; ``title`` and ``starts_at``.
    - ``audit.erased``: ``sequences``, ``reason``. ``proof.made``: the ``sessions`` of a package,
      and its ``files`` with ``name`` and ``sha256``.

    What is on the screens: ``broadcast.set`` and ``watch.set`` have the ``venue_id``, None for an
    end; ``carousel.started`` has ``at`` (``all`` or ``wall``), ``seconds`` and the first
    ``venue_id``, ``carousel.stepped`` the next. ``layout.set`` has ``at``, ``layout`` and the ids
    of the ``venues`` in it, ``layout.chosen`` those and the ``venue_id`` that chose for itself
    (``layout`` empty: no longer), ``layout.choice`` whether they may in ``allowed``.
    ``content.started`` and ``content.ended`` have ``venue_id`` and ``peer``. ``venue.called``: the
    missing ``venue_id`` was rung; ``reached`` tells whether its page was open. ``observer.came``
    and ``observer.left``: ``peer``; ``observer.link_made`` and ``….link_revoked``: ``serial``.

    What is written: ``banner.set`` has the ``text``, empty for none. ``question.asked`` has
    ``venue_id`` and ``text``, ``question.answered`` the number of the ``question`` in its session.
    ``ballot.opened`` has ``text``, ``choices`` and whether it is ``secret``; ``ballot.cast`` the
    ``venue_id``, and unless it is secret the index of its ``choice``; ``ballot.closed`` the
    ``text``, the ``choices`` and the ``counts``; ``ballot.cleared`` may be empty.
    Materials of agenda items: ``material.shown`` has the ``item_id``, the ``file`` and the ``page``
    that the chair shows to all, ``material.hidden`` is its end. The others belong to no session's
    chain, name it in ``session``, and have the ``file`` and its ``name``: ``material.added`` with
    ``sha256`` and ``size``, ``….removed`` with the ``subject`` it hung on, ``….restored`` with what
    was ``undone``, ``….moved`` with the new ``order``, ``….viewed`` with a venue's ``venue_id``.

    Recordings: ``recording.started`` has the ``scope``, the ids of the ``venues`` where it names
    some, the ``reason`` and the ``folder``; it stands again where the scope changes.
    ``recording.stopped`` has the ``reason``; a session's end ends its recording too.
    ``recording.rested`` says ``why`` nothing is written (``full``, ``slow``, ``failed``),
    ``recording.resumed`` that it goes on, ``recording.gap`` ``from`` when ``until`` when there is
    nothing, and ``why``. ``recording.sealed`` belongs to no session's chain: the ``session``, the
    ``folder``, the ``sha256`` of its manifest, the count of ``segments``, their ``octets``, and
    the ``gaps``, each with ``from``, ``until`` and ``why``. Nor do these, which have ``by``:
    ``recording.held`` with a ``reason`` and ``recording.released`` keep policy off a recording and
    let it on again; ``recording.deleted`` outlives it: ``folder``, ``sha256`` of the manifest,
    ``octets``, ``seconds``, and the ``days`` of the policy.

    Backups: ``backup.made`` has the ``name`` of the file, its ``octets``, and whether there are
    ``recordings`` in it; ``backup.failed`` the ``code`` of why, with its ``params``.
    Experience videos: ``video.…`` carry the number in ``video``, its ``title`` and ``by``.
    ``video.added`` has its words, ``video.changed`` what differs in ``before`` and ``after``,
    ``video.filled`` the ``sha256``, ``octets`` and ``seconds`` of its file, and where it is a part
    of a recording ``session``, ``from_second`` and ``to_second``. ``video.submitted`` and
    ``video.approved`` have the ``sha256``, the latter in ``was`` when it was public before and kept
    from; ``video.returned`` and ``video.withdrawn`` the ``remark``; ``video.undecided`` names an
    approval or return in ``undone``. ``video.asked`` and ``video.answered`` have the number of the
    ``question`` and its ``text``, ``video.hidden`` the ``reason``, ``video.shown`` takes that back.
    ``video.watched`` counts once a day. ``video.kept`` begins its time of keeping anew;
    ``video.limited`` is about no video: the ``megabytes`` and ``minutes`` of what is taken in
    ``before`` and ``after``. ``video.deleted`` outlives its video: ``reason`` (``discarded`` or
    ``retention``), ``sha256``, ``octets``, ``seconds`` and the ``days`` of the policy.

    What an administrator changes: ``street.changed``, ``department.…``, ``committee.…``,
    ``account.…`` carry the id, the ``name`` by which it was known, and with ``changed`` two objects
    ``before`` and ``after`` with what differs. A committee's venue and people are in its own event,
    ``people`` being a list of those who differ; when two committees exchange numbers, ``other``
    tells the same of the second. ``account.locked`` and ``account.unlocked``: an administrator
    disabled and enabled it. ``workbook.taken``: what ``table``, the ``name`` of its file, counts
    of lines ``new``, ``changed``, ``back`` and the ``same``, and the ``events`` that it caused;
    ``workbook.undone`` names it in ``undone``. ``baseline.entered`` has past meetings as they were
    ``before`` and are ``after``; ``baseline.taken_out`` names such an event in ``undone``.

    The working days: ``workdays.seeded`` has the ``years`` that were known at the first start;
    ``workdays.changed`` and ``workdays.imported`` the new ``version``, the ``year``, ``days`` with
    what each was and is, and whether the year was and is decreed. Quotas: ``quota.changed`` has the
    ``number`` of the version, ``valid_from``, ``reason``, and the rule ``before`` and ``after``;
    ``quota.withdrawn`` the number.

    What becomes of a meeting request: ``request.…`` carry its number in ``request``, and where it
    applies the office's or the leader's word in ``remark``, the account in whose name somebody
    decided in ``for_account``, its files in ``files`` (``name``, ``sha256``, ``size``), what was
    amended in ``before`` and ``after``. ``request.made_known`` has the ``digest_on`` that it was
    put to, and ``was`` with its state, approval and whether it had been referred.

    Beside reports over many sessions: ``baseline.stated`` has the days in ``first`` and ``last``,
    ``workdays``, ``committees``, ``meetings``, ``calls``, ``minutes``, ``source`` and ``by``.
    ``figures.added`` and ``figures.removed``: the ``street``, the ``period`` and ``by``; of a file
    taken in its ``sha256`` and ``made_by`` as well.

    The weekly digest: all have the ISO ``week``. ``digest.sent`` has the ``day``, the ``sha256`` of
    what was issued, the count of ``entries``, the ``requests`` and ``corrections`` in it, and how
    many ``letters`` were written. ``digest.read`` has the ``committee_id``, the ``entries`` that
    its actor had not read before, and the ``way``. ``digest.reminded`` has the ``committees``;
    ``digest.corrected`` the ``entry``, the ``correction`` and its ``text``; ``digest.undone`` the
    sequence of either in ``undone``.

    What answers a call for items names that meeting's session in ``call``. Standing meetings:
    ``standing.…`` carry the number of the series in ``standing``, its ``title``, what it says or
    what was changed in ``before`` and ``after``, the state it ``was`` in, and in ``removed`` the
    requests that lost their places; ``standing.held_again`` takes back one occurrence's
    ``session.cancelled``, which has ``standing``, ``key`` and ``by`` (``hand`` or ``series``);
    ``standing.moved`` has the ``session``, ``before`` and ``after`` with its ``starts_at`` and
    ``hall``, and in ``windows`` the days within which its guests could be placed before.
    ``call.opened``: the ids of the departments asked in ``departments``, by mail those in
    ``by_mail``. ``call.closed``: ``order``, the requests as they run, and ``left``.
    """

    SESSION_SCHEDULED = "session.scheduled"
    SESSION_CHANGED = "session.changed"
    SESSION_CANCELLED = "session.cancelled"
    SESSION_OPENED = "session.opened"
    SESSION_EXTENDED = "session.extended"
    SESSION_LOCKED = "session.locked"
    SESSION_UNLOCKED = "session.unlocked"
    SESSION_CLOSED = "session.closed"
    SESSION_SEALED = "session.sealed"

    VENUE_CONNECTED = "venue.connected"
    VENUE_DISCONNECTED = "venue.disconnected"
    VENUE_REPLACED = "venue.replaced"
    VENUE_HEAD_COUNT = "venue.head_count"
    VENUE_SIGNED_IN = "venue.signed_in"
    VENUE_SIGN_IN_WITHDRAWN = "venue.sign_in_withdrawn"
    VENUE_MUTED = "venue.muted"
    VENUE_UNMUTED = "venue.unmuted"
    VENUE_CHECKED = "venue.checked"
    VENUE_LINK_ISSUED = "venue.link_issued"
    VENUE_CALLED = "venue.called"
    OBSERVER_CAME = "observer.came"
    OBSERVER_LEFT = "observer.left"
    OBSERVER_LINK_MADE = "observer.link_made"
    OBSERVER_LINK_REVOKED = "observer.link_revoked"

    CHAIR_TAKEN = "chair.taken"
    CHAIR_RELEASED = "chair.released"
    CHAIR_ASKED = "chair.asked"
    CHAIR_WITHDRAWN = "chair.withdrawn"
    CHAIR_DEPUTY_NAMED = "chair.deputy_named"
    CONTROL_UNDONE = "control.undone"
    FLOOR_REQUESTED = "floor.requested"
    FLOOR_WITHDRAWN = "floor.withdrawn"
    FLOOR_GIVEN = "floor.given"
    FLOOR_TAKEN_BACK = "floor.taken_back"
    MUTE_ALL = "mute.all"
    MUTE_LIFTED = "mute.lifted"
    BROADCAST_SET = "broadcast.set"
    WATCH_SET = "watch.set"
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"
    BALLOT_OPENED = "ballot.opened"
    BALLOT_CAST = "ballot.cast"
    BALLOT_CLOSED = "ballot.closed"
    BALLOT_CLEARED = "ballot.cleared"
    CAROUSEL_STARTED = "carousel.started"
    CAROUSEL_STEPPED = "carousel.stepped"
    CAROUSEL_PAUSED = "carousel.paused"
    CAROUSEL_RESUMED = "carousel.resumed"
    CAROUSEL_ENDED = "carousel.ended"
    LAYOUT_SET = "layout.set"
    LAYOUT_CHOICE = "layout.choice"
    LAYOUT_CHOSEN = "layout.chosen"
    CONTENT_ALLOWED = "content.allowed"
    CONTENT_FORBIDDEN = "content.forbidden"
    CONTENT_STARTED = "content.started"
    CONTENT_ENDED = "content.ended"
    MATERIAL_SHOWN = "material.shown"
    MATERIAL_HIDDEN = "material.hidden"
    MATERIAL_ADDED = "material.added"
    MATERIAL_REMOVED = "material.removed"
    MATERIAL_RESTORED = "material.restored"
    MATERIAL_MOVED = "material.moved"
    MATERIAL_VIEWED = "material.viewed"
    BANNER_SET = "banner.set"
    RECORDING_STARTED = "recording.started"
    RECORDING_STOPPED = "recording.stopped"
    RECORDING_RESTED = "recording.rested"
    RECORDING_RESUMED = "recording.resumed"
    RECORDING_GAP = "recording.gap"
    RECORDING_SEALED = "recording.sealed"
    RECORDING_HELD = "recording.held"
    RECORDING_RELEASED = "recording.released"
    RECORDING_DELETED = "recording.deleted"
    BACKUP_MADE = "backup.made"
    BACKUP_FAILED = "backup.failed"
    ROLL_STARTED = "roll.started"
    ROLL_CALLED = "roll.called"
    ROLL_ANSWERED = "roll.answered"
    ROLL_MISSED = "roll.missed"
    ROLL_WITHDRAWN = "roll.withdrawn"
    ROLL_ENDED = "roll.ended"
    AGENDA_ITEM_STARTED = "agenda.item_started"
    AGENDA_ITEM_ENDED = "agenda.item_ended"
    AGENDA_PACE_SET = "agenda.pace_set"
    AGENDA_CALLED_IN = "agenda.called_in"

    LEAVE_ASKED = "leave.asked"
    LEAVE_GRANTED = "leave.granted"
    LEAVE_REFUSED = "leave.refused"
    LEAVE_WITHDRAWN = "leave.withdrawn"
    ATTENDANCE_CORRECTED = "attendance.corrected"
    CORRECTION_ASKED = "correction.asked"
    CORRECTION_REFUSED = "correction.refused"
    CORRECTION_COMMENTED = "correction.commented"
    PROMPT_ASKED = "prompt.asked"
    PROMPT_ANSWERED = "prompt.answered"
    PROMPT_PACE_SET = "prompt.pace_set"
    RECORDING_WATCHED = "recording.watched"
    RECORDING_DOWNLOADED = "recording.downloaded"
    RULES_CHANGED = "rules.changed"
    RULES_WITHDRAWN = "rules.withdrawn"
    REPORT_VIEWED = "report.viewed"
    REPORT_DOWNLOADED = "report.downloaded"
    BASELINE_STATED = "baseline.stated"
    FIGURES_ADDED = "figures.added"
    FIGURES_REMOVED = "figures.removed"

    LOGIN_SUCCEEDED = "login.succeeded"
    LOGIN_FAILED = "login.failed"
    LOGIN_ENDED = "login.ended"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - a kind, not a secret
    ACCOUNT_LOCKED = "account.locked"
    ACCOUNT_UNLOCKED = "account.unlocked"
    ACCOUNT_REMOVED = "account.removed"
    ACCOUNT_LINK_ISSUED = "account.link_issued"

    STREET_IMPORTED = "street.imported"
    STREET_CHANGED = "street.changed"
    DEPARTMENT_ADDED = "department.added"
    DEPARTMENT_CHANGED = "department.changed"
    DEPARTMENT_RETIRED = "department.retired"
    DEPARTMENT_RESTORED = "department.restored"
    COMMITTEE_ADDED = "committee.added"
    COMMITTEE_CHANGED = "committee.changed"
    COMMITTEE_RETIRED = "committee.retired"
    COMMITTEE_RESTORED = "committee.restored"
    WORKBOOK_TAKEN = "workbook.taken"
    WORKBOOK_UNDONE = "workbook.undone"
    BASELINE_ENTERED = "baseline.entered"
    BASELINE_TAKEN_OUT = "baseline.taken_out"
    SETTING_CHANGED = "setting.changed"
    WORKDAYS_SEEDED = "workdays.seeded"
    WORKDAYS_CHANGED = "workdays.changed"
    WORKDAYS_IMPORTED = "workdays.imported"
    QUOTA_CHANGED = "quota.changed"
    QUOTA_WITHDRAWN = "quota.withdrawn"
    REQUEST_SUBMITTED = "request.submitted"
    REQUEST_CHANGED = "request.changed"
    REQUEST_WITHDRAWN = "request.withdrawn"
    REQUEST_RETURNED = "request.returned"
    REQUEST_GRANTED = "request.granted"
    REQUEST_REFUSED = "request.refused"
    REQUEST_UNDECIDED = "request.undecided"
    REQUEST_REFERRED = "request.referred"
    REQUEST_TAKEN_OUT = "request.taken_out"
    REQUEST_MADE_KNOWN = "request.made_known"
    APPROVAL_LENT = "approval.lent"
    APPROVAL_ENDED = "approval.ended"
    OVERRUN_ASKED = "overrun.asked"
    OVERRUN_GRANTED = "overrun.granted"
    OVERRUN_REFUSED = "overrun.refused"
    OVERRUN_WITHDRAWN = "overrun.withdrawn"
    STANDING_ADDED = "standing.added"
    STANDING_CHANGED = "standing.changed"
    STANDING_PAUSED = "standing.paused"
    STANDING_RESUMED = "standing.resumed"
    STANDING_ENDED = "standing.ended"
    STANDING_MOVED = "standing.moved"
    STANDING_HELD_AGAIN = "standing.held_again"
    CALL_OPENED = "call.opened"
    CALL_CLOSED = "call.closed"
    PLAN_PROPOSED = "plan.proposed"
    PLAN_CHANGED = "plan.changed"
    PLAN_ACCEPTED = "plan.accepted"
    PLAN_DISCARDED = "plan.discarded"
    DIGEST_SENT = "digest.sent"
    DIGEST_READ = "digest.read"
    DIGEST_REMINDED = "digest.reminded"
    DIGEST_CORRECTED = "digest.corrected"
    DIGEST_UNDONE = "digest.undone"

    VIDEO_ADDED = "video.added"
    VIDEO_CHANGED = "video.changed"
    VIDEO_FILLED = "video.filled"
    VIDEO_SUBMITTED = "video.submitted"
    VIDEO_TAKEN_BACK = "video.taken_back"
    VIDEO_APPROVED = "video.approved"
    VIDEO_RETURNED = "video.returned"
    VIDEO_UNDECIDED = "video.undecided"
    VIDEO_WITHDRAWN = "video.withdrawn"
    VIDEO_WATCHED = "video.watched"
    VIDEO_ASKED = "video.asked"
    VIDEO_ANSWERED = "video.answered"
    VIDEO_HIDDEN = "video.hidden"
    VIDEO_SHOWN = "video.shown"
    VIDEO_KEPT = "video.kept"
    VIDEO_DELETED = "video.deleted"
    VIDEO_LIMITED = "video.limited"

    INVITATION_SENT = "invitation.sent"
    INVITATION_ANSWERED = "invitation.answered"
    CALENDAR_RENEWED = "calendar.renewed"

    SYSTEM_STARTED = "system.started"
    SYSTEM_OUTAGE_STARTED = "system.outage_started"
    SYSTEM_OUTAGE_ENDED = "system.outage_ended"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_ERASED = "audit.erased"
    PROOF_MADE = "proof.made"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One audit event (审计记录) as it was recorded.

    ``sequence`` counts from 1 without holes and is the order of events; ``at`` is the clock's time
    in UTC, which may jump. ``kind`` is text, so that an older program can read newer kinds. An
    erased event has the actor ``""`` and an empty payload.
    """

    sequence: int
    at: datetime
    kind: str
    session_id: int | None
    actor: str
    payload: Payload


def time_text(moment: datetime) -> str:
    """Return the moment in the one text form of the log, 27 characters in UTC.

    For example ``2026-11-24T06:00:00.000000Z``. Text order is time order.

    Raises:
        ValueError: when the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone cannot be recorded")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime:
    """Return the aware UTC moment of ``time_text``.

    A report reads each moment several times over.

    Raises:
        ValueError: when the text is in any other form.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not UTC or time_text(moment) != text:
        raise ValueError(f"not a moment in the log's form: {text!r}")
    return moment
