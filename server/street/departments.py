"""Departments added, renamed, put in order, retired and brought back: one use case per function.

What a department has filed goes its way when it is retired; it files nothing new.
"""

from server.audit.undo import difference, require_unchanged
from server.db.engine import Tx
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload, Recorded
from server.domain.places import Department
from server.street import store
from server.street.desk import named_alike
from server.street.keeper import Keeper


def _department(departments: list[Department], department_id: int) -> Department:
    found = next((d for d in departments if d.id == department_id), None)
    if found is None:
        raise NotFoundError("no_such_department")
    return found


def place_of(departments: list[Department], department_id: int) -> int:
    """Return a department's place among those that are not retired, from 1; 0 for a retired one."""
    serving = [d.id for d in departments if not d.retired]
    return serving.index(department_id) + 1 if department_id in serving else 0


def _department_facts(departments: list[Department], department: Department) -> Payload:
    return {
        "name": department.name,
        "exempt": department.exempt,
        "place": place_of(departments, department.id),
    }


async def add_department(keeper: Keeper, name: str, *, exempt: bool) -> int:
    """Add a department at the end; return the sequence of the event.

    Raises:
        DomainError: ``name_taken``, ``name_of_retired``.
    """
    async with keeper.db.tx() as tx:
        await store.lock_departments(tx)
        return await enter_new(keeper, tx, name, exempt=exempt)


async def enter_new(keeper: Keeper, tx: Tx, name: str, *, exempt: bool) -> int:
    """Add a department within a transaction that has locked them: as ``add_department``."""
    if wrong := named_alike(name, await store.load_departments(tx), 0):
        raise wrong
    department_id = await store.save_department(tx, name, exempt=exempt)
    payload: Payload = {"department_id": department_id, "name": name, "exempt": exempt}
    return await keeper.note(tx, EventKind.DEPARTMENT_ADDED, payload)


async def change_department(
    keeper: Keeper, department_id: int, wanted: Payload, *, version: int
) -> int:
    """Change a department's name, whether it is exempt, and its place on lists.

    Args:
        keeper: who does it.
        department_id: which one.
        wanted: ``name``, ``exempt``, ``place`` among those not retired, from 1.
        version: the one that was on the page.

    Returns:
        The sequence of the event; 0 when nothing differs.

    Raises:
        NotFoundError: ``no_such_department``.
        ConflictError: ``changed_meanwhile``.
        DomainError: ``name_taken``, ``name_of_retired``.
    """
    async with keeper.db.tx() as tx:
        departments = await store.lock_departments(tx)
        department = _department(departments, department_id)
        if department.version != version:
            raise ConflictError("changed_meanwhile", name=department.name)
        return await enter_department(keeper, tx, department, wanted)


async def enter_department(keeper: Keeper, tx: Tx, department: Department, wanted: Payload) -> int:
    """Save what is to hold of a department and record what changed; 0 when nothing differs."""
    departments = await store.load_departments(tx)
    if wrong := named_alike(wanted["name"], departments, department.id):
        raise wrong
    serving = [d.id for d in departments if not d.retired]
    facts = _department_facts(departments, department)
    most = len(serving) if facts["place"] else 0
    wanted = wanted | {"place": min(max(wanted["place"], 1), most)}
    changed = difference(facts, wanted)
    if not changed:
        return 0
    if "place" in changed["after"]:
        serving.remove(department.id)
        serving.insert(wanted["place"] - 1, department.id)
        retired = [d.id for d in departments if d.retired]
        await store.order_departments(tx, [*serving, *retired])
    await store.update_department(tx, department.id, wanted["name"], exempt=wanted["exempt"])
    payload: Payload = {"department_id": department.id, "name": department.name, **changed}
    return await keeper.note(tx, EventKind.DEPARTMENT_CHANGED, payload)


async def retire_department(keeper: Keeper, department_id: int) -> int:
    """Let a department file no more; return the event's sequence, 0 when it is retired already.

    What it has filed already goes its way.

    Raises:
        NotFoundError: ``no_such_department``.
    """
    async with keeper.db.tx() as tx:
        department = _department(await store.lock_departments(tx), department_id)
        return 0 if department.retired else await turn_department(keeper, tx, department)


async def restore_department(keeper: Keeper, department_id: int) -> int:
    """Let a retired department file again; return the event's sequence, 0 when it may already.

    Raises:
        NotFoundError: ``no_such_department``.
    """
    async with keeper.db.tx() as tx:
        department = _department(await store.lock_departments(tx), department_id)
        return await turn_department(keeper, tx, department) if department.retired else 0


async def turn_department(keeper: Keeper, tx: Tx, department: Department) -> int:
    """Retire a department, or bring a retired one back."""
    at = None if department.retired else keeper.clock.now()
    await store.retire_department(tx, department.id, at)
    kind = EventKind.DEPARTMENT_RETIRED if at else EventKind.DEPARTMENT_RESTORED
    payload: Payload = {"department_id": department.id, "name": department.name}
    return await keeper.note(tx, kind, payload)


async def undo_department(keeper: Keeper, tx: Tx, event: Recorded) -> int:
    """Take back an event about a department; return the sequence of the event of it.

    Raises:
        ConflictError: ``undo_overtaken`` when it was changed again since.
        DomainError: ``name_taken``, ``name_of_retired``.
    """
    departments = await store.lock_departments(tx)
    department = _department(departments, event.payload["department_id"])
    if event.kind == EventKind.DEPARTMENT_CHANGED:
        facts = _department_facts(departments, department)
        require_unchanged(event, facts)
        wanted = facts | event.payload["before"]
        return await enter_department(keeper, tx, department, wanted)
    if department.retired != (event.kind == EventKind.DEPARTMENT_RETIRED):
        raise ConflictError("undo_overtaken")
    return await turn_department(keeper, tx, department)
