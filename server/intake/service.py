"""Tables looked at, taken in at once, and taken back: one use case per function.

Everything of a table is entered in one transaction, or nothing is. Each change is recorded as if
it had been made by hand; ``workbook.taken`` names these events, and by them it is undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.audit.service import record
from server.audit.store import load_event, load_recorded
from server.audit.undo import require_undoable
from server.auth.model import Login
from server.baseline import service as baseline
from server.baseline.store import load_past_meetings
from server.db.engine import Tx
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload, Recorded
from server.domain.places import Committee, Department
from server.intake import committees as of_committees
from server.intake import departments as of_departments
from server.intake.model import Kind, Plan, Sign
from server.intake.past import plan_past
from server.intake.quotas import plan_quotas
from server.scheduler import quota_keeping
from server.scheduler.quota_rules import FIRST_VERSION
from server.scheduler.store import quotas as quota_rows
from server.street import committees as committee_keeping
from server.street import departments as department_keeping
from server.street import store as street
from server.street.keeper import Keeper

UNDOABLE = frozenset({EventKind.WORKBOOK_TAKEN})


@dataclass(frozen=True, slots=True)
class Told:
    """A table as it was sent: its kind, its text, and the fields that stand beside it.

    ``name`` is that of the file, empty for pasted text. ``source`` is where past meetings come
    from; ``valid_from`` and ``reason`` belong to quotas.
    """

    kind: Kind
    text: str
    name: str = ""
    source: str = ""
    valid_from: date | None = None
    reason: str = ""


async def plan(tx: Tx, told: Told, today: date) -> Plan[Any]:
    """Return what a table would change now; nothing is changed."""
    committees = await street.load_committees(tx)
    if told.kind is Kind.DEPARTMENTS:
        return of_departments.plan_departments(told.text, await street.load_departments(tx))
    if told.kind is Kind.QUOTAS:
        versions = await quota_rows.load_quotas(tx)
        newest = versions[-1] if versions else FIRST_VERSION
        return plan_quotas(told.text, committees, newest.rule)
    if told.kind is Kind.PAST:
        return plan_past(
            told.text,
            committees=committees,
            known=await load_past_meetings(tx),
            source=told.source,
            today=today,
        )
    people = {c.id: await street.load_staff(tx, c.id) for c in committees}
    venues = {v.committee_id: v.name for v in await street.load_venues(tx) if v.committee_id}
    return of_committees.plan_committees(
        told.text, of_committees.Street(committees, people, venues)
    )


async def take(keeper: Keeper, secret: bytes, login: Login, told: Told, *, mark: str) -> int:
    """Enter everything of a table, or nothing.

    Args:
        keeper: who does it.
        secret: the installation's, for the links of new venues.
        login: whose name a version of quotas carries.
        told: the table, which is read again.
        mark: of the preview that was shown.

    Returns:
        The sequence of ``workbook.taken``; 0 when there is nothing to change.

    Raises:
        ConflictError: ``import_overtaken`` when it would do something else by now than was shown;
            what forbids a change, such as ``number_while_open``.
        DomainError: the first refusal of the table; those of quotas.
    """
    async with keeper.db.tx() as tx:
        await street.lock_office(tx)
        await street.lock_departments(tx)
        await street.lock_committees(tx)
        found = await plan(tx, told, quota_keeping.site_day(keeper.clock.now()))
        if found.errors:
            raise found.errors[0]
        if found.mark != mark:
            raise ConflictError("import_overtaken")
        if not found.changes:
            return 0
        events = await _enter(keeper, tx, secret, login, told=told, work=found.work)
        payload: Payload = {
            "table": str(told.kind),
            "name": told.name,
            **{str(sign): found.count(sign) for sign in Sign},
            "same": found.same,
            "events": events,
        }
        return await keeper.note(tx, EventKind.WORKBOOK_TAKEN, payload)


async def _enter(
    keeper: Keeper, tx: Tx, secret: bytes, login: Login, *, told: Told, work: Any
) -> list[int]:
    """Do the work of a plan; return the sequences of its events in their order."""
    if told.kind is Kind.COMMITTEES:
        done = [n for step in work for n in await _enter_committee(keeper, tx, secret, step)]
    elif told.kind is Kind.DEPARTMENTS:
        done = [n for step in work for n in await _enter_department(keeper, tx, step)]
    elif told.kind is Kind.QUOTAS:
        valid_from = told.valid_from or quota_keeping.site_day(keeper.clock.now())
        done = [
            await quota_keeping.enter_quota(
                tx, keeper.clock, login, work, valid_from=valid_from, reason=told.reason
            )
        ]
    else:
        done = await baseline.enter_past_meetings(tx, keeper.clock, work, actor=keeper.actor)
    return [sequence for sequence in done if sequence]


async def _enter_committee(
    keeper: Keeper, tx: Tx, secret: bytes, step: of_committees.Step
) -> Sequence[int]:
    if step.committee is None:
        return [await committee_keeping.enter_new(keeper, tx, secret, step.words)]
    done, committee = [], step.committee
    if step.back:
        known = await street.load_committees(tx)
        done.append(await committee_keeping.enter_restored(keeper, tx, committee, known))
        committee = await _committee(tx, committee.id)
    kind = EventKind.COMMITTEE_CHANGED
    done.append(await committee_keeping.enter_committee(keeper, tx, committee, step.words, kind))
    return done


async def _committee(tx: Tx, committee_id: int) -> Committee:
    return next(c for c in await street.load_committees(tx) if c.id == committee_id)


async def _enter_department(keeper: Keeper, tx: Tx, step: of_departments.Step) -> Sequence[int]:
    if step.department is None:
        return [await department_keeping.enter_new(keeper, tx, step.name, exempt=step.exempt)]
    done = []
    if step.department.retired:
        done.append(await department_keeping.turn_department(keeper, tx, step.department))
    known = await street.load_departments(tx)
    department = next(d for d in known if d.id == step.department.id)
    wanted: Payload = {
        "name": step.name,
        "exempt": step.exempt,
        "place": department_keeping.place_of(known, department.id),
    }
    done.append(await department_keeping.enter_department(keeper, tx, department, wanted))
    return done


async def undo(keeper: Keeper, login: Login, sequence: int) -> str:
    """Take a whole table back, the last change first; return its kind.

    What was entered anew is retired, not deleted; past meetings are taken out.

    Raises:
        ConflictError: ``undo_gone`` when it is not the keeper's or too long ago,
            ``undo_overtaken`` when something of it was changed again since; what forbids a change.
    """
    async with keeper.db.tx() as tx:
        await street.lock_office(tx)
        found = await load_event(tx, sequence)
        event = require_undoable(found, UNDOABLE, actor=keeper.actor, now=keeper.clock.now())
        if sequence in await _undone(tx):
            raise ConflictError("undo_gone")
        for number in reversed(event.payload["events"]):
            part = await load_event(tx, number)
            if part is None:
                raise ConflictError("undo_gone")
            await _take_back(keeper, tx, login, part)
        payload: Payload = {"table": event.payload["table"], "undone": sequence}
        await record(
            tx, keeper.clock, EventKind.WORKBOOK_UNDONE, actor=keeper.actor, payload=payload
        )
        return str(event.payload["table"])


async def _undone(tx: Tx) -> set[int]:
    """Return the sequences of the tables that were taken back already."""
    events = await load_recorded(tx, kinds={EventKind.WORKBOOK_UNDONE})
    return {event.payload["undone"] for event in events}


async def _take_back(keeper: Keeper, tx: Tx, login: Login, event: Recorded) -> None:
    if event.kind == EventKind.BASELINE_ENTERED:
        await baseline.undo_past_meetings(tx, keeper.clock, event, actor=keeper.actor)
    elif event.kind == EventKind.QUOTA_CHANGED:
        number = int(event.payload["number"])
        await quota_keeping.enter_withdrawn(tx, keeper.clock, login, number)
    elif event.kind == EventKind.COMMITTEE_ADDED:
        committee = await _committee(tx, event.payload["committee_id"])
        if not committee.retired:
            await committee_keeping.enter_retired(keeper, tx, committee)
    elif event.kind == EventKind.DEPARTMENT_ADDED:
        department = await _department(tx, event.payload["department_id"])
        if not department.retired:
            await department_keeping.turn_department(keeper, tx, department)
    elif "department_id" in event.payload:
        await department_keeping.undo_department(keeper, tx, event)
    else:
        await committee_keeping.undo_committee(keeper, tx, event)


async def _department(tx: Tx, department_id: int) -> Department:
    return next(d for d in await street.load_departments(tx) if d.id == department_id)
