"""Who works on requests, and what they may see and change: a request is its department's.

To anybody else's clerk it does not exist. A draft is known to whoever writes it and to the
department; nothing of it is recorded until it is submitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from server.admission.telling import Teller
from server.audit.service import record
from server.auth.model import Login, Role
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload
from server.domain.places import Department
from server.i18n.catalogue import DEFAULT
from server.scheduler import service as merging
from server.scheduler import store
from server.scheduler.filing import FiledRequest, RequestState
from server.street import store as street


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are worked on: database, clock, the folder of files, and who is at work.

    ``language`` is what letters are written in to whoever has not chosen another.
    """

    db: Database
    clock: Clock
    folder: Path
    login: Login
    language: str = DEFAULT

    @property
    def actor(self) -> str:
        """How the audit log names who is at work."""
        return merging.actor_of(self.login)

    @property
    def teller(self) -> Teller:
        """What letters to departments are written with."""
        return Teller(self.clock, self.language)


def may_see(login: Login, request: FiledRequest) -> bool:
    """Tell whether a request exists for a login."""
    own = login.department_id is not None and login.department_id == request.filing.department_id
    if request.state is RequestState.DRAFT:
        return own or request.author_id == login.account_id
    return own or login.role in (Role.OFFICE, Role.LEADER, Role.AUDITOR)


def may_change(login: Login, request: FiledRequest) -> bool:
    """Tell whether a login may amend, withdraw or copy a request."""
    return may_see(login, request) and login.role in (Role.CLERK, Role.OFFICE)


async def own_request(tx: Tx, desk: Desk, request_id: int) -> FiledRequest:
    """Return a request that whoever is at work may change, locked until the transaction ends.

    Raises:
        NotFoundError: ``no_such_request``, also when it is another department's.
    """
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


async def department_of(tx: Tx, login: Login, department_id: int) -> Department:
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


async def record_step(
    tx: Tx, desk: Desk, kind: EventKind, request: FiledRequest, **more: str | int
) -> int:
    """Record what was done to a request, with more facts, and return the event's sequence."""
    payload: Payload = {"request": request.number, **more}
    done = await record(tx, desk.clock, kind, actor=desk.actor, payload=payload)
    return done.sequence
