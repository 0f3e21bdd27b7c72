"""The street office changed, and any change of the street taken back."""

from server.audit.store import load_event
from server.audit.undo import difference, require_unchanged, require_undoable
from server.db.engine import Tx
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload
from server.domain.places import VenueKind
from server.street import store
from server.street.committees import undo_committee
from server.street.departments import undo_department
from server.street.keeper import Keeper

UNDOABLE = (
    EventKind.STREET_CHANGED,
    EventKind.DEPARTMENT_CHANGED,
    EventKind.DEPARTMENT_RETIRED,
    EventKind.DEPARTMENT_RESTORED,
    EventKind.COMMITTEE_CHANGED,
    EventKind.COMMITTEE_RETIRED,
    EventKind.COMMITTEE_RESTORED,
)
TOLD = (*UNDOABLE, EventKind.DEPARTMENT_ADDED, EventKind.COMMITTEE_ADDED)


async def _office_facts(tx: Tx) -> Payload:
    office = await store.lock_office(tx)
    if office is None:
        raise NotFoundError("no_such_page")
    main = next(v for v in await store.load_venues(tx) if v.kind is VenueKind.MAIN)
    return {
        "name": office.name,
        "phone": office.phone,
        "hall": office.hall,
        "main_venue": main.name,
        "version": office.version,
    }


async def _enter_office(keeper: Keeper, tx: Tx, facts: Payload, wanted: Payload) -> int:
    changed = difference({key: facts[key] for key in wanted}, wanted)
    if not changed:
        return 0
    await store.update_office(tx, name=wanted["name"], phone=wanted["phone"], hall=wanted["hall"])
    await store.rename_main_venue(tx, wanted["main_venue"])
    if wanted["hall"] != facts["hall"]:
        await keeper.follow_hall(tx, keeper.actor, facts["hall"], wanted["hall"])
    return await keeper.note(tx, EventKind.STREET_CHANGED, {"name": wanted["name"], **changed})


async def change_office(keeper: Keeper, wanted: Payload, *, version: int) -> int:
    """Change the street's name, telephone and hall, and what the main venue is called.

    Args:
        keeper: who does it.
        wanted: ``name``, ``phone``, ``hall``, ``main_venue``.
        version: the one that was on the page.

    Returns:
        The sequence of the event; 0 when nothing differs.

    Raises:
        ConflictError: ``changed_meanwhile``.
    """
    async with keeper.db.tx() as tx:
        facts = await _office_facts(tx)
        if facts["version"] != version:
            raise ConflictError("changed_meanwhile", name=facts["name"])
        return await _enter_office(keeper, tx, facts, wanted)


async def undo(keeper: Keeper, sequence: int) -> int:
    """Take back what the keeper has just changed; return the sequence of the event of it.

    Raises:
        ConflictError: ``undo_gone`` when it is not the keeper's or too long ago,
            ``undo_overtaken`` when it was changed again since; or what forbids the change back.
    """
    async with keeper.db.tx() as tx:
        found = await load_event(tx, sequence)
        event = require_undoable(found, UNDOABLE, actor=keeper.actor, now=keeper.clock.now())
        if event.kind == EventKind.STREET_CHANGED:
            facts = await _office_facts(tx)
            require_unchanged(event, facts)
            wanted = {k: v for k, v in facts.items() if k != "version"} | event.payload["before"]
            return await _enter_office(keeper, tx, facts, wanted)
        if "department_id" in event.payload:
            return await undo_department(keeper, tx, event)
        return await undo_committee(keeper, tx, event)
