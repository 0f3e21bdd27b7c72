"""The administrator's pages of departments: one more, changes, retiring and bringing back."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.places import Department
from server.pages.context import (
    DATABASE,
    form_values,
    id_of,
    page,
)
from server.street import departments as keeping
from server.street import store
from server.street.cells import tidy
from server.street.desk import read_number, word_fault
from server.street.routes.desk import back, keeper_of

_NEW = "new"


async def _load(http: web.Request) -> tuple[Department | None, list[Department]]:
    """Return the department of the address, None for a new one, and those that are not retired.

    Raises:
        NotFoundError: ``no_such_department``.
    """
    async with http.app[DATABASE].view() as tx:
        departments = await store.load_departments(tx)
    serving = [d for d in departments if not d.retired]
    if http.match_info["department"] == _NEW:
        return None, serving
    wanted = id_of(http, "department")
    department = next((d for d in departments if d.id == wanted), None)
    if department is None:
        raise NotFoundError("no_such_department")
    return department, serving


async def _page(
    http: web.Request,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, DomainError] | None = None,
    *,
    overtaken: bool = False,
) -> web.Response:
    department, serving = await _load(http)
    stored = {
        "name": department.name if department else "",
        "exempt": bool(department and department.exempt),
        "place": keeping.place_of(serving, department.id) if department else len(serving) + 1,
    }
    return page(
        http,
        "street/desk_department.html",
        status=409 if overtaken else 422 if errors else 200,
        department=department,
        serving=serving,
        values=stored if values is None else values,
        stored=stored,
        errors=errors or {},
        overtaken=overtaken,
    )


async def show_department(http: web.Request) -> web.Response:
    """Show the form of one department, or of a new one."""
    return await _page(http)


async def handle_department(http: web.Request) -> web.Response:
    """Add or change a department."""
    department, _ = await _load(http)
    sent = await form_values(http)
    place = read_number(sent.get("place", "")) or 1
    values: dict[str, Any] = {
        "name": tidy(sent.get("name", "")),
        "exempt": "exempt" in sent,
        "place": place,
    }
    if fault := word_fault(values["name"]):
        return await _page(http, values, {"name": fault})
    keeper = keeper_of(http)
    try:
        if department is None:
            added = keeping.add_department(keeper, values["name"], exempt=values["exempt"])
            return back(await added)
        seen = read_number(sent.get("version", "")) or 0
        return back(await keeping.change_department(keeper, department.id, values, version=seen))
    except ConflictError:
        return await _page(http, values, overtaken=True)
    except DomainError as error:
        return await _page(http, values, {"name": error})


async def handle_retire(http: web.Request) -> web.Response:
    """Retire a department."""
    return back(await keeping.retire_department(keeper_of(http), id_of(http, "department")))


async def handle_restore(http: web.Request) -> web.Response:
    """Bring a department back."""
    return back(await keeping.restore_department(keeper_of(http), id_of(http, "department")))


_ONE = "/admin/street/departments/{department}"

ROUTES = [
    web.get(_ONE, show_department, name="desk.department"),
    web.post(_ONE, handle_department, name="desk.department.post"),
    web.post(f"{_ONE}/retire", handle_retire, name="desk.department.retire.post"),
    web.post(f"{_ONE}/restore", handle_restore, name="desk.department.restore.post"),
]
