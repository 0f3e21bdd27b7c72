"""Turns rows of meeting requests into values and back."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import select

from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.domain.places import Post
from server.merging.instance.formats import parse_reason
from server.merging.instance.model import Mode, Priority
from server.merging.instance.writing import serialise_reason
from server.scheduler.filing import (
    Approval,
    FiledRequest,
    Filing,
    RequestState,
)
from server.scheduler.publishing import Outcome
from server.scheduler.tables import MeetingRequestRow


def filed_of(row: MeetingRequestRow, department: str) -> FiledRequest:
    """Return the request that a row is, its department called so."""
    return FiledRequest(
        id=row.id,
        filing=Filing(
            department_id=row.department_id,
            topic=row.topic,
            minutes=row.minutes,
            read_only=row.read_only,
            posts=tuple(Post(post) for post in row.posts),
            committee_ids=tuple(row.committee_ids),
            earliest=row.earliest,
            deadline=row.deadline,
            priority=Priority(row.priority),
            mode=Mode(row.mode),
            hours=_hours(row.hours_from, row.hours_to),
            why=row.why,
            text=row.text,
            due_on=row.due_on,
        ),
        department=department,
        state=RequestState(row.state),
        approval=Approval(row.approval),
        filed_at=row.filed_at,
        session_id=row.session_id,
        digest_on=row.digest_on,
        reason=parse_reason(row.reason) if row.reason else None,
        version=row.version,
        author_id=row.author_id,
        remark=row.remark,
        referred=row.referred,
        replan=row.replan,
        wish_id=row.wish_id,
        issued_at=row.issued_at,
    )


def _hours(first: int | None, last: int | None) -> tuple[int, int] | None:
    return None if first is None or last is None else (first, last)


def _enter_filing(row: MeetingRequestRow, filing: Filing) -> None:
    row.department_id, row.topic = filing.department_id, filing.topic
    row.minutes, row.read_only = filing.minutes, filing.read_only
    row.posts = [str(post) for post in filing.posts]
    row.committee_ids = list(filing.committee_ids)
    row.earliest, row.deadline = filing.earliest, filing.deadline
    row.priority, row.mode, row.why = int(filing.priority), str(filing.mode), filing.why
    row.hours_from, row.hours_to = filing.hours or (None, None)
    row.text, row.due_on = filing.text, filing.due_on


async def save_request(
    tx: Tx,
    filing: Filing,
    *,
    approval: Approval,
    filed_at: datetime,
    state: RequestState = RequestState.SUBMITTED,
    author_id: int | None = None,
    wish_id: int | None = None,
) -> int:
    """Enter a request and return its id.

    Args:
        tx: the transaction.
        filing: what is asked for.
        approval: the leader's word so far.
        filed_at: when it was written.
        state: SUBMITTED or DRAFT.
        author_id: the account that wrote it.
        wish_id: the session it would like to ride on.
    """
    row = MeetingRequestRow(
        state=state, approval=approval, filed_at=filed_at, author_id=author_id, wish_id=wish_id
    )
    _enter_filing(row, filing)
    tx.add(row)
    await tx.flush()
    return row.id


async def save_filed(tx: Tx, request: FiledRequest) -> None:
    """Enter a request as it is now, all but its reason; its version grows by one."""
    row = await _request_row(tx, request.id)
    _enter_filing(row, request.filing)
    row.state, row.approval, row.filed_at = request.state, request.approval, request.filed_at
    row.session_id, row.digest_on = request.session_id, request.digest_on
    row.remark, row.referred, row.replan = request.remark, request.referred, request.replan
    row.wish_id = request.wish_id
    row.version += 1
    await tx.flush()


async def delete_request(tx: Tx, request_id: int) -> None:
    """Forget a draft that was never submitted."""
    await tx.delete(await _request_row(tx, request_id))
    await tx.flush()


async def load_requests(
    tx: Tx,
    departments: Mapping[int, str],
    *,
    states: Iterable[RequestState] = tuple(RequestState),
    department_id: int | None = None,
) -> list[FiledRequest]:
    """Return requests in some states, the latest filed first.

    Args:
        tx: the transaction.
        departments: names of departments by id.
        states: which states are wanted.
        department_id: only this department's, or None for all.
    """
    query = select(MeetingRequestRow).where(MeetingRequestRow.state.in_([str(s) for s in states]))
    if department_id is not None:
        query = query.where(MeetingRequestRow.department_id == department_id)
    rows = await tx.scalars(query.order_by(MeetingRequestRow.id.desc()))
    return [filed_of(row, departments.get(row.department_id, "")) for row in rows]


async def _request_row(tx: Tx, request_id: int) -> MeetingRequestRow:
    row = await tx.get(MeetingRequestRow, request_id, with_for_update=True)
    if row is None:
        raise NotFoundError("no_such_request")
    return row


async def read_request(tx: Tx, request_id: int) -> FiledRequest:
    """Return one request, its department's name left empty, without keeping anybody waiting.

    Raises:
        NotFoundError: ``no_such_request``.
    """
    row = await tx.get(MeetingRequestRow, request_id)
    if row is None:
        raise NotFoundError("no_such_request")
    return filed_of(row, "")


async def load_request(tx: Tx, request_id: int) -> FiledRequest:
    """Return one request, its department's name left empty, locked until the transaction ends.

    Raises:
        NotFoundError: ``no_such_request``.
    """
    return filed_of(await _request_row(tx, request_id), "")


async def save_outcome(tx: Tx, outcome: Outcome, session_id: int | None) -> None:
    """Enter what a published plan made of a request."""
    row = await _request_row(tx, outcome.request.id)
    row.state, row.digest_on = outcome.state, outcome.digest_on
    row.session_id, row.reason = session_id, serialise_reason(outcome.reason)
    row.replan, row.version = False, row.version + 1
    # what was left out for lack of the leader's word has been coordinated in vain: it is next
    row.referred = row.referred or outcome.reason.action == "action.ask_approval"
    await tx.flush()


async def save_issued(tx: Tx, request_ids: Collection[int], day: date, at: datetime) -> None:
    """Note that requests stand in the digest of a day, which was issued just now."""
    for request_id in request_ids:
        row = await _request_row(tx, request_id)
        row.state, row.digest_on, row.issued_at = RequestState.IN_DIGEST, day, at
        row.version += 1
    await tx.flush()
