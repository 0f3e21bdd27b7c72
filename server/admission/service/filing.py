"""Submitting, amending and withdrawing a request."""

from collections.abc import Sequence
from dataclasses import replace

from server.admission import store as admission
from server.admission.service.desk import Desk, department_of, own_request, record_step
from server.admission.service.drafts import require_version, save_draft
from server.admission.service.files import SentFile, attach_files, keep_files, listed_files
from server.audit.service import record
from server.audit.undo import difference
from server.domain.events import EventKind, Payload
from server.domain.places import Department
from server.scheduler import store
from server.scheduler.filing import (
    FiledRequest,
    Filing,
    RequestState,
    facts_of,
    require_sound,
)
from server.scheduler.states import Step, after_step, approval_after_change, first_approval


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
    files = await keep_files(desk, sent)
    async with desk.db.tx() as tx:
        request = await own_request(tx, desk, request_id)
        require_version(request, version)
        department = await department_of(tx, desk.login, filing.department_id)
        await attach_files(tx, desk, request_id, files)
        listed = listed_files((await admission.load_attachments(tx, [request_id]))[request_id])
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
        return difference(facts_of(request.filing), facts_of(filing))
    return {"department": department.name, **facts_of(filing)}


async def withdraw_request(desk: Desk, request_id: int) -> None:
    """Take back a request that has no place yet; a draft is forgotten altogether.

    Raises:
        NotFoundError: ``no_such_request``, also when it is another department's.
        ConflictError: what its state forbids, ``request_placed`` when it has a place already.
    """
    async with desk.db.tx() as tx:
        request = await own_request(tx, desk, request_id)
        state = after_step(request.state, Step.WITHDRAW)
        if request.state is RequestState.DRAFT:
            await admission.delete_attachments(tx, request_id)
            await store.delete_request(tx, request_id)
            return
        await store.save_filed(tx, replace(request, state=state))
        await record_step(tx, desk, EventKind.REQUEST_WITHDRAWN, request)
