"""Files of requests: kept before anything else is decided, handed out, taken off."""

import asyncio
from collections.abc import Sequence

from server.admission import store as admission
from server.admission import vault
from server.admission.files import MOST_FILES, require_file, safe_name
from server.admission.model import Attachment
from server.admission.service.desk import Desk, load_seen, own_request
from server.audit.service import record
from server.db.engine import Tx
from server.domain.errors import DomainError, NotFoundError
from server.domain.events import EventKind, Payload
from server.scheduler.filing import RequestState
from server.scheduler.states import Step, after_step

SentFile = tuple[str, bytes]
"""Name as it was sent, and bytes."""


async def keep_files(desk: Desk, sent: Sequence[SentFile]) -> list[tuple[str, str, int]]:
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


async def attach_files(
    tx: Tx, desk: Desk, request_id: int, files: Sequence[tuple[str, str, int]]
) -> None:
    """Enter kept files, as ``keep_files`` returned them, beside those that a request has.

    Raises:
        DomainError: ``file_count`` (most).
    """
    held = (await admission.load_attachments(tx, [request_id]))[request_id]
    if len(held) + len(files) > MOST_FILES:
        raise DomainError("file_count", most=MOST_FILES)
    for name, digest, size in files:
        await admission.save_attachment(
            tx, request_id, name=name, digest=digest, size=size, added_at=desk.clock.now()
        )


def listed_files(files: Sequence[Attachment]) -> Payload:
    """Return what the log says of a request's files; nothing when it has none."""
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
        files = (await admission.load_attachments(tx, [request_id]))[request_id]
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
        request = await own_request(tx, desk, request_id)
        after_step(request.state, Step.AMEND)
        gone = await admission.delete_attachment(tx, request_id, attachment_id)
        if request.state is not RequestState.DRAFT:
            payload: Payload = {"request": request.number, "removed": gone.name}
            await record(
                tx, desk.clock, EventKind.REQUEST_CHANGED, actor=desk.actor, payload=payload
            )
