"""What departments and the meeting office do with requests: one use case per function.

A request belongs to its department: to anybody else's clerk it does not exist. A draft is known to
whoever writes it and to the department; nothing of it is recorded until it is submitted.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from server.admission import store as files_store
from server.admission import vault
from server.admission.files import MOST_FILES, require_file, safe_name
from server.admission.model import Attachment
from server.admission.telling import tell_department
from server.audit.service import record
from server.audit.undo import difference
from server.auth.model import Login, Role
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import EventKind, Payload
from server.domain.places import Department
from server.domain.session import SessionState
from server.merging.instance.model import Overflow
from server.scheduler import service as merging
from server.scheduler import store
from server.scheduler.filing import (
    LONGEST_TOPIC,
    LONGEST_WORDS,
    PENDING,
    Approval,
    FiledRequest,
    Filing,
    RequestState,
    require_remark,
    require_sound,
)
from server.scheduler.problem import Situation, compose_instance
from server.scheduler.publishing import moment_of
from server.scheduler.states import (
    Step,
    after_step,
    approval_after_change,
    first_approval,
)
from server.scheduler.suggest import Advice, Suggestion, advise
from server.street import store as street


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are worked on: database, clock, the folder of files, and who is at work."""

    db: Database
    clock: Clock
    folder: Path
    login: Login

    @property
    def actor(self) -> str:
        """How the audit log names who is at work."""
        return merging.actor_of(self.login)


SentFile = tuple[str, bytes]
"""Name as it was sent, and bytes."""


# --- who sees what -----------------------------------------------------------------------------


def may_see(login: Login, request: FiledRequest) -> bool:
    """Tell whether a request exists for a login."""
    own = login.department_id is not None and login.department_id == request.filing.department_id
    if request.state is RequestState.DRAFT:
        return own or request.author_id == login.account_id
    return own or login.role in (Role.OFFICE, Role.LEADER, Role.AUDITOR)


def may_change(login: Login, request: FiledRequest) -> bool:
    """Tell whether a login may amend, withdraw or copy a request."""
    return may_see(login, request) and login.role in (Role.CLERK, Role.OFFICE)


async def _own(tx: Tx, desk: Desk, request_id: int) -> FiledRequest:
    request = await store.load_request(tx, request_id)
    if not may_change(desk.login, request):
        raise NotFoundError("no_such_request")
    return request


async def load_seen(tx: Tx, login: Login, request_id: int) -> FiledRequest:
    """Return a request with its department's name.

    Raises:
        NotFoundError: ``no_such_request``, also when it is not the login's to see.
    """
    request = await store.read_request(tx, request_id)
    if not may_see(login, request):
        raise NotFoundError("no_such_request")
    names = {d.id: d.name for d in await street.load_departments(tx)}
    return replace(request, department=names.get(request.filing.department_id, ""))


async def _department(tx: Tx, login: Login, department_id: int) -> Department:
    """Return the department that a login files for.

    Raises:
        NotFoundError: ``no_such_department``, when it is not the login's to file for.
        ConflictError: ``department_retired`` (name).
    """
    departments = await street.load_departments(tx)
    found = next((d for d in departments if d.id == department_id), None)
    own = login.role is Role.OFFICE or login.department_id == department_id
    if found is None or not own:
        raise NotFoundError("no_such_department")
    require_serving(departments, department_id)
    return found


def require_serving(departments: Sequence[Department], department_id: int) -> None:
    """Refuse to let a retired department file.

    Raises:
        ConflictError: ``department_retired`` (name).
    """
    for department in departments:
        if department.id == department_id and department.retired:
            raise ConflictError("department_retired", name=department.name)


# --- what could be done with it ----------------------------------------------------------------


def give_advice(situation: Situation, filing: Filing) -> Advice:
    """Return what could be done with a filing that is sound, as if nobody had a say yet."""
    draft = FiledRequest(
        id=0,
        filing=filing,
        department="",
        state=RequestState.DRAFT,
        approval=Approval.PENDING,
        filed_at=moment_of(situation.today, 0),
        session_id=None,
        digest_on=None,
        reason=None,
    )
    return advise(compose_instance(situation, [draft]))


# --- drafts ------------------------------------------------------------------------------------


def _kept(filing: Filing) -> Filing:
    """Return a filing as a draft keeps it: long words are cut, whatever else is wrong stays."""
    return replace(filing, topic=filing.topic[:LONGEST_TOPIC], why=filing.why[:LONGEST_WORDS])


async def save_draft(
    desk: Desk, filing: Filing, sent: Sequence[SentFile] = (), *, wish_id: int | None = None
) -> int:
    """Keep what was typed as a new draft and return its id.

    Raises:
        NotFoundError: ``no_such_department``.
        ConflictError: ``department_retired``.
        DomainError: a file that is refused; then nothing is kept.
    """
    files = await _keep_files(desk, sent)
    async with desk.db.tx() as tx:
        await _department(tx, desk.login, filing.department_id)
        request_id = await store.save_request(
            tx,
            _kept(filing),
            approval=Approval.PENDING,
            filed_at=desk.clock.now(),
            state=RequestState.DRAFT,
            author_id=desk.login.account_id,
            wish_id=await _wish(tx, wish_id),
        )
        await _attach(tx, desk, request_id, files)
    return request_id


async def _wish(tx: Tx, wish_id: int | None) -> int | None:
    """Return the wish when it is a session that can still be shared."""
    if wish_id is None:
        return None
    coming = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
    return wish_id if wish_id in {session.id for session in coming} else None


async def keep_typing(
    desk: Desk, request_id: int, filing: Filing, sent: Sequence[SentFile] = (), *, version: int
) -> int:
    """Keep what was typed into a draft and return its new version.

    Raises:
        NotFoundError: ``no_such_request``, ``no_such_department``.
        ConflictError: ``changed_meanwhile``; ``request_waits`` when it is no draft any more.
    """
    files = await _keep_files(desk, sent)
    async with desk.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        _require_version(request, version)
        if request.state is not RequestState.DRAFT:
            raise ConflictError("request_waits")
        await _department(tx, desk.login, filing.department_id)
        await _attach(tx, desk, request_id, files)
        await store.save_filed(tx, replace(request, filing=_kept(filing)))
    return version + 1


def _require_version(request: FiledRequest, version: int) -> None:
    if request.version != version:
        raise ConflictError("changed_meanwhile", name=request.number)


async def copy_request(desk: Desk, request_id: int, first: date) -> int:
    """Copy a request, its files too, into a new draft, and return the draft's id.

    Args:
        desk: who does it.
        request_id: any request that the login may change.
        first: the first day on which something new may be held; the window moves there.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``department_retired``.
    """
    async with desk.db.tx() as tx:
        old = (await _own(tx, desk, request_id)).filing
        await _department(tx, desk.login, old.department_id)
        length = old.deadline - old.earliest
        moved = replace(old, earliest=first, deadline=first + length)
        copy_id = await store.save_request(
            tx,
            moved if old.earliest < first else old,
            approval=Approval.PENDING,
            filed_at=desk.clock.now(),
            state=RequestState.DRAFT,
            author_id=desk.login.account_id,
        )
        for file in (await files_store.load_attachments(tx, [request_id]))[request_id]:
            await files_store.save_attachment(
                tx,
                copy_id,
                name=file.name,
                digest=file.digest,
                size=file.size,
                added_at=desk.clock.now(),
            )
    return copy_id


# --- files -------------------------------------------------------------------------------------


async def _keep_files(desk: Desk, sent: Sequence[SentFile]) -> list[tuple[str, str, int]]:
    """Keep the bytes of sound files; return (name, digest, size) of each."""
    if len(sent) > MOST_FILES:
        raise DomainError("file_count", most=MOST_FILES)
    named = [(safe_name(name), data) for name, data in sent]
    for name, data in named:
        require_file(name, data)
    return [
        (name, await asyncio.to_thread(vault.keep, desk.folder, data), len(data))
        for name, data in named
    ]


async def _attach(
    tx: Tx, desk: Desk, request_id: int, files: Sequence[tuple[str, str, int]]
) -> None:
    held = (await files_store.load_attachments(tx, [request_id]))[request_id]
    if len(held) + len(files) > MOST_FILES:
        raise DomainError("file_count", most=MOST_FILES)
    for name, digest, size in files:
        await files_store.save_attachment(
            tx, request_id, name=name, digest=digest, size=size, added_at=desk.clock.now()
        )


def _listed(files: Sequence[Attachment]) -> Payload:
    if not files:
        return {}
    return {"files": [{"name": f.name, "sha256": f.digest, "size": f.size} for f in files]}


async def load_file(desk: Desk, request_id: int, attachment_id: int) -> tuple[str, bytes]:
    """Return name and bytes of a file of a request that the login may see.

    Raises:
        NotFoundError: ``no_such_request``, or ``file_gone``.
    """
    async with desk.db.view() as tx:
        await load_seen(tx, desk.login, request_id)
        files = (await files_store.load_attachments(tx, [request_id]))[request_id]
    found = next((file for file in files if file.id == attachment_id), None)
    if found is None:
        raise NotFoundError("file_gone")
    return found.name, await asyncio.to_thread(vault.fetch, desk.folder, found.digest)


async def remove_file(desk: Desk, request_id: int, attachment_id: int) -> None:
    """Take a file off a request; of a submitted one it is recorded.

    Raises:
        NotFoundError: ``no_such_request``, ``file_gone``.
        ConflictError: when the request can no longer be amended.
    """
    async with desk.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        after_step(request.state, Step.AMEND)
        gone = await files_store.delete_attachment(tx, request_id, attachment_id)
        if request.state is not RequestState.DRAFT:
            payload: Payload = {"request": request.number, "removed": gone.name}
            await record(
                tx, desk.clock, EventKind.REQUEST_CHANGED, actor=desk.actor, payload=payload
            )


# --- submitting and amending -------------------------------------------------------------------


async def file_request(
    desk: Desk, filing: Filing, sent: Sequence[SentFile] = (), *, wish_id: int | None = None
) -> int:
    """Submit a new request and return its id.

    Raises:
        DomainError: when the filing cannot be meant, or a file is refused.
        NotFoundError: ``no_such_department``, when the department is not the login's to file for.
        ConflictError: ``department_retired`` (name).
    """
    require_sound(filing)
    request_id = await save_draft(desk, filing, sent, wish_id=wish_id)
    await amend_request(desk, request_id, filing, version=1)
    return request_id


async def amend_request(
    desk: Desk,
    request_id: int,
    filing: Filing,
    sent: Sequence[SentFile] = (),
    *,
    version: int,
) -> None:
    """Submit a draft, or a request that was returned, or amend one that has been submitted.

    One that is placed stays where it is until the meeting office plans it anew.

    Raises:
        DomainError: when the filing cannot be meant, or a file is refused.
        NotFoundError: ``no_such_request``, ``no_such_department``.
        ConflictError: ``changed_meanwhile``, or what its state forbids.
    """
    require_sound(filing)
    files = await _keep_files(desk, sent)
    async with desk.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        _require_version(request, version)
        department = await _department(tx, desk.login, filing.department_id)
        await _attach(tx, desk, request_id, files)
        listed = _listed((await files_store.load_attachments(tx, [request_id]))[request_id])
        now = _amended(request, filing, exempt=department.exempt)
        if request.state is RequestState.DRAFT:
            now = replace(now, filed_at=desk.clock.now(), remark="")
        await store.save_filed(tx, now)
        payload = {"request": request.number, **_told(request, filing, department), **listed}
        kind = EventKind.REQUEST_SUBMITTED
        if request.state is not RequestState.DRAFT:
            kind = EventKind.REQUEST_CHANGED
        await record(tx, desk.clock, kind, actor=desk.actor, payload=payload)


def _amended(request: FiledRequest, filing: Filing, *, exempt: bool) -> FiledRequest:
    """Return a request after it was submitted or amended."""
    if request.state is RequestState.DRAFT:
        state, approval = (
            after_step(request.state, Step.SUBMIT),
            first_approval(filing, exempt=exempt),
        )
    else:
        state = after_step(request.state, Step.AMEND)
        approval = approval_after_change(request.approval, request.filing, filing, exempt=exempt)
    return replace(
        request,
        filing=filing,
        state=state,
        approval=approval,
        referred=filing.urgent or (request.referred and approval is request.approval),
        replan=state is RequestState.PLACED,
    )


def _told(request: FiledRequest, filing: Filing, department: Department) -> Payload:
    """Return what the log says of a submitted request, or of what was amended."""
    if request.state is not RequestState.DRAFT:
        return difference(_facts(request.filing), _facts(filing))
    return {"department": department.name, **_facts(filing)}


def _facts(filing: Filing) -> Payload:
    return {
        "topic": filing.topic,
        "minutes": filing.minutes,
        "read_only": filing.read_only,
        "posts": [str(post) for post in filing.posts],
        "committees": list(filing.committee_ids),
        "earliest": filing.earliest.isoformat(),
        "deadline": filing.deadline.isoformat(),
        "hours": list(filing.hours or ()),
        "mode": str(filing.mode),
        "urgent": filing.urgent,
        "why": filing.why,
    }


async def ride_at_once(desk: Desk, request_id: int, session_id: int) -> bool:
    """Place a submitted request on a session at once when that is legal; return whether it was.

    Legal is what calls nobody anew and breaks no quota; anything else waits for the next merge,
    with the session as its wish.

    Raises:
        NotFoundError: ``no_such_request``.
    """
    async with desk.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        request = replace(request, wish_id=await _wish(tx, session_id))
        await store.save_filed(tx, request)
        ride = await _ride(tx, desk, request)
        if ride is None:
            return False
        names = {d.id: d.name for d in await street.load_departments(tx)}
        request = replace(request, department=names[request.filing.department_id])
        await merging.place_at_once(
            tx,
            desk.clock,
            desk.login,
            request,
            spot=(ride.date, ride.half),
            overflow=Overflow.REJECT,
        )
    return True


async def _ride(tx: Tx, desk: Desk, request: FiledRequest) -> Suggestion | None:
    if request.state not in PENDING or request.filing.read_only:
        return None
    situation = await merging.load_situation(tx, desk.clock.now())
    found = advise(compose_instance(situation, [request])).suggestions
    return next((s for s in found if s.ride == request.wish_id and s.at_once), None)


async def withdraw_request(desk: Desk, request_id: int) -> None:
    """Take back a request that has no place yet; a draft is forgotten altogether.

    Raises:
        NotFoundError: ``no_such_request``, also when it is another department's.
        ConflictError: what its state forbids, ``request_placed`` when it has a place already.
    """
    async with desk.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        state = after_step(request.state, Step.WITHDRAW)
        if request.state is RequestState.DRAFT:
            await files_store.delete_attachments(tx, request_id)
            await store.delete_request(tx, request_id)
            return
        await store.save_filed(tx, replace(request, state=state))
        await _record(tx, desk, EventKind.REQUEST_WITHDRAWN, request)


async def _record(
    tx: Tx, desk: Desk, kind: EventKind, request: FiledRequest, **more: str | int
) -> int:
    payload: Payload = {"request": request.number, **more}
    done = await record(tx, desk.clock, kind, actor=desk.actor, payload=payload)
    return done.sequence


# --- the meeting office ------------------------------------------------------------------------


async def return_request(desk: Desk, request_id: int, remark: str) -> int:
    """Send a request back to its department with a reason; return the event's sequence.

    Raises:
        DomainError: ``remark_missing``.
        NotFoundError: ``no_such_request``.
        ConflictError: what its state forbids.
    """
    require_remark(remark)
    async with desk.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        state = after_step(request.state, Step.RETURN)
        await store.save_filed(tx, replace(request, state=state, remark=remark))
        done = await _record(tx, desk, EventKind.REQUEST_RETURNED, request, remark=remark)
        await tell_department(tx, desk.clock, request, "returned", remark=remark, event=done)
    return done


async def refer_request(desk: Desk, request_id: int) -> int:
    """Put a request before the leader, no ride having been found; return the event's sequence.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``request_decided`` when it needs no word, or has been referred.
    """
    async with desk.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        waits = request.state in PENDING and request.approval is Approval.PENDING
        if not waits or request.referred:
            raise ConflictError("request_decided")
        await store.save_filed(tx, replace(request, referred=True))
        return await _record(tx, desk, EventKind.REQUEST_REFERRED, request)


async def take_out(desk: Desk, request_id: int) -> int:
    """Take a placed request out of its session, so that the next merge places it anew.

    A session that is left without any item is cancelled.

    Returns:
        The event's sequence.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: what its state forbids; ``session_began`` once its session is open.
    """
    async with desk.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        state = after_step(request.state, Step.TAKE_OUT)
        await leave_session(tx, desk, request)
        now = replace(request, state=state, session_id=None, digest_on=None, replan=False)
        await store.save_filed(tx, now)
        return await _record(tx, desk, EventKind.REQUEST_TAKEN_OUT, request)


async def leave_session(tx: Tx, desk: Desk, request: FiledRequest) -> None:
    """Take a request's item out of its session; without any item left, that is cancelled.

    Raises:
        ConflictError: ``session_began``.
    """
    if request.session_id is None:
        return
    session = await store.load_session(tx, request.session_id)
    if session.state is not SessionState.SCHEDULED:
        raise ConflictError("session_began")
    left = await store.remove_item(tx, session.id, request.id)
    kind = EventKind.SESSION_CHANGED
    if not left:
        await store.set_state(tx, session.id, SessionState.CANCELLED, desk.clock.now())
        kind = EventKind.SESSION_CANCELLED
    payload: Payload = {"removed": [request.number]}
    await record(tx, desk.clock, kind, actor=desk.actor, payload=payload, session_id=session.id)
