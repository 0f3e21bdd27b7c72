"""Past meetings entered and taken out again; the log keeps each of them."""

from collections.abc import Sequence

from server.audit.service import record
from server.baseline import store
from server.baseline.model import PastMeeting
from server.db.engine import Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload, Recorded

BATCH = 100
"""Meetings that one event tells of at most."""


async def enter_past_meetings(
    tx: Tx, clock: Clock, meetings: Sequence[PastMeeting], *, actor: str
) -> list[int]:
    """Enter meetings, or the new figures of known ones, and record them.

    What is known with the same figures already is left alone, so the same register twice changes
    nothing.

    Returns:
        The sequences of the events, each of at most ``BATCH`` meetings; none when nothing differs.
    """
    known = {meeting.key: meeting for meeting in await store.load_past_meetings(tx)}
    wanted = [meeting for meeting in meetings if known.get(meeting.key) != meeting]
    await store.save_past_meetings(tx, wanted)
    sequences = []
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        before = [known[meeting.key] for meeting in part if meeting.key in known]
        payload: Payload = {
            "before": [meeting.to_payload() for meeting in before],
            "after": [meeting.to_payload() for meeting in part],
        }
        done = await record(tx, clock, EventKind.BASELINE_ENTERED, actor=actor, payload=payload)
        sequences.append(done.sequence)
    return sequences


async def undo_past_meetings(tx: Tx, clock: Clock, event: Recorded, *, actor: str) -> int:
    """Take back what one event entered; return the sequence of the event of it.

    Raises:
        ConflictError: ``undo_overtaken`` when one of the meetings was changed again since.
    """
    known = {meeting.key: meeting for meeting in await store.load_past_meetings(tx)}
    entered = [PastMeeting.from_payload(told) for told in event.payload["after"]]
    before = [PastMeeting.from_payload(told) for told in event.payload["before"]]
    if any(known.get(meeting.key) != meeting for meeting in entered):
        raise ConflictError("undo_overtaken")
    kept = {meeting.key for meeting in before}
    await store.remove_past_meetings(tx, [m.key for m in entered if m.key not in kept])
    await store.save_past_meetings(tx, before)
    payload: Payload = {"undone": event.sequence}
    done = await record(tx, clock, EventKind.BASELINE_TAKEN_OUT, actor=actor, payload=payload)
    return done.sequence
