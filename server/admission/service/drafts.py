"""Drafts of requests: kept as they are typed, and made from older requests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from server.admission import store as admission
from server.admission.service.desk import Desk, department_of, own_request
from server.admission.service.files import SentFile, attach_files, keep_files
from server.admission.service.riding import wish_of
from server.domain.errors import ConflictError
from server.scheduler import store
from server.scheduler.filing import (
    LONGEST_TOPIC,
    LONGEST_WORDS,
    Approval,
    FiledRequest,
    Filing,
    RequestState,
)


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
    files = await keep_files(desk, sent)
    async with desk.db.tx() as tx:
        await department_of(tx, desk.login, filing.department_id)
        request_id = await store.save_request(
            tx,
            _kept(filing),
            approval=Approval.PENDING,
            filed_at=desk.clock.now(),
            state=RequestState.DRAFT,
            author_id=desk.login.account_id,
            wish_id=await wish_of(tx, wish_id),
        )
        await attach_files(tx, desk, request_id, files)
    return request_id


async def keep_typing(
    desk: Desk, request_id: int, filing: Filing, sent: Sequence[SentFile] = (), *, version: int
) -> int:
    """Keep what was typed into a draft and return its new version.

    Raises:
        NotFoundError: ``no_such_request``, ``no_such_department``.
        ConflictError: ``changed_meanwhile``; ``request_waits`` when it is no draft any more.
    """
    files = await keep_files(desk, sent)
    async with desk.db.tx() as tx:
        request = await own_request(tx, desk, request_id)
        require_version(request, version)
        if request.state is not RequestState.DRAFT:
            raise ConflictError("request_waits")
        await department_of(tx, desk.login, filing.department_id)
        await attach_files(tx, desk, request_id, files)
        await store.save_filed(tx, replace(request, filing=_kept(filing)))
    return version + 1


def require_version(request: FiledRequest, version: int) -> None:
    """Refuse what was typed into an older version of a request.

    Raises:
        ConflictError: ``changed_meanwhile`` (name).
    """
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
        old = (await own_request(tx, desk, request_id)).filing
        await department_of(tx, desk.login, old.department_id)
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
        for file in (await admission.load_attachments(tx, [request_id]))[request_id]:
            await admission.save_attachment(
                tx,
                copy_id,
                name=file.name,
                digest=file.digest,
                size=file.size,
                added_at=desk.clock.now(),
            )
    return copy_id
