"""The way of an experience video: submitted, approved or sent back, withdrawn; and the undo."""

from dataclasses import replace
from datetime import datetime

from server.audit.store import load_event, load_recorded
from server.audit.undo import require_undoable
from server.auth.store import load_accounts
from server.db.engine import Tx
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload, Recorded, parse_time, time_text
from server.library import store
from server.library.export import VideoWork
from server.library.model import Step, Video, VideoState, approvers_of, take_step
from server.library.service.desk import Desk
from server.library.service.letters import News, tell, untell

_KINDS = {
    Step.SUBMIT: EventKind.VIDEO_SUBMITTED,
    Step.TAKE_BACK: EventKind.VIDEO_TAKEN_BACK,
    Step.APPROVE: EventKind.VIDEO_APPROVED,
    Step.RETURN: EventKind.VIDEO_RETURNED,
    Step.WITHDRAW: EventKind.VIDEO_WITHDRAWN,
}
_TOLD = frozenset({Step.APPROVE, Step.RETURN, Step.WITHDRAW})
UNDOABLE = (EventKind.VIDEO_APPROVED, EventKind.VIDEO_RETURNED)


async def do(desk: Desk, video_id: int, step: Step, remark: str = "") -> int:
    """Take a step with a video; return the sequence of its event.

    Raises:
        NotFoundError, ForbiddenError, ConflictError, DomainError: as ``model.take_step``;
            ``video_busy`` to submit one whose file is on its way.
    """
    remark = " ".join(remark.split())
    busy = desk.librarian.shelf.look(video_id).work is not VideoWork.NOTHING
    if step is Step.SUBMIT and busy:
        raise ConflictError("video_busy")
    async with desk.db.tx() as tx:
        video = await store.load_video(tx, video_id, lock=True)
        state = take_step(step, desk.login, video, remark)
        after = _after(step, replace(video, state=state, remark=remark), desk.clock.now())
        await store.save_video(tx, after)
        told = _told(step, video) | ({"remark": remark} if remark else {})
        event = await desk.record(tx, _KINDS[step], video, **told)
        news = News(_KINDS[step], event, remark)
        if step in _TOLD:
            await tell(tx, desk, video.account_id, video, news)
        elif step is Step.SUBMIT:
            for account in approvers_of(video, await load_accounts(tx)):
                await tell(tx, desk, account.id, video, news)
        else:
            await untell(tx, await _submitted(tx, video))
    return event


async def _submitted(tx: Tx, video: Video) -> int:
    """Return the sequence of the event with which a video was last submitted."""
    events = await load_recorded(tx, kinds=[EventKind.VIDEO_SUBMITTED])
    return max(event.sequence for event in events if event.payload["video"] == video.id)


def _after(step: Step, video: Video, now: datetime) -> Video:
    if step is Step.SUBMIT:
        return replace(video, submitted_at=now)
    return replace(video, public_at=now, kept_from=now) if step is Step.APPROVE else video


def _told(step: Step, video: Video) -> Payload:
    if step not in {Step.SUBMIT, Step.APPROVE} or video.film is None:
        return {}
    told: Payload = {"sha256": video.film.digest}
    if step is Step.APPROVE:
        public = time_text(video.public_at) if video.public_at else ""
        told["was"] = {"public_at": public, "kept_from": time_text(video.kept_from)}
    return told


async def undo(desk: Desk, video_id: int, sequence: int) -> int:
    """Take back an approval or a return just made; return the sequence of the event of it.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago, ``undo_overtaken``
            when something has become of the video since.
    """
    async with desk.db.tx() as tx:
        event = require_undoable(
            await load_event(tx, sequence), UNDOABLE, actor=desk.actor, now=desk.clock.now()
        )
        video = await store.load_video(tx, video_id, lock=True)
        if event.payload["video"] != video_id or video.state is not _state_after(event):
            raise ConflictError("undo_overtaken")
        video = replace(_as_before(video, event), state=VideoState.SUBMITTED, remark="")
        await store.save_video(tx, video)
        done = await desk.record(tx, EventKind.VIDEO_UNDECIDED, video, undone=sequence)
        if not await untell(tx, sequence):
            news = News(EventKind.VIDEO_UNDECIDED, done)
            await tell(tx, desk, video.account_id, video, news)
    return done


def _state_after(event: Recorded) -> VideoState:
    approved = event.kind == EventKind.VIDEO_APPROVED
    return VideoState.PUBLIC if approved else VideoState.RETURNED


def _as_before(video: Video, event: Recorded) -> Video:
    was = event.payload.get("was")
    if was is None:
        return video
    public = parse_time(was["public_at"]) if was["public_at"] else None
    return replace(video, public_at=public, kept_from=parse_time(was["kept_from"]))
