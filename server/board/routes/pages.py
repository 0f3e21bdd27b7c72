"""Pages for people: the board itself, and published versions and what differs between them."""

from aiohttp import web

from server.auth.guard import login_of
from server.auth.model import Role
from server.board.service import versions
from server.pages.context import (
    DATABASE,
    page,
    redirect,
    whole_number,
)


async def show_board(http: web.Request) -> web.Response:
    """Show the board; its script asks for the working plan."""
    plans = login_of(http).role is Role.OFFICE
    return page(http, "board/board.html", plans=plans)


async def show_versions(http: web.Request) -> web.Response:
    """Show every published version; with two of them asked for, lead to what differs."""
    pair = [http.query.get(name, "") for name in ("a", "b")]
    if all(pair):
        first, second = (whole_number(text) for text in pair)
        return redirect(f"/board/versions/{first}/{second}")
    async with http.app[DATABASE].view() as tx:
        found = await versions.load_all(tx)
    plans = login_of(http).role is Role.OFFICE
    return page(http, "board/versions.html", versions=found, plans=plans)


async def show_version(http: web.Request) -> web.Response:
    """Show one version: its sessions, what it changed, and whose times."""
    async with http.app[DATABASE].view() as tx:
        shown = await versions.load_one(tx, whole_number(http.match_info["number"]))
    instance = shown.after.instance
    return page(
        http,
        "board/version.html",
        version=shown.version,
        plan=shown.after.plan,
        changes=shown.changes,
        requests={request.id: request for request in instance.requests},
        standing={meeting.id: meeting for meeting in instance.standing},
        departments={d.id: d.name for d in instance.departments},
    )


async def show_diff(http: web.Request) -> web.Response:
    """Show what differs from one version to another, and whose times."""
    first, second = (whole_number(http.match_info[name]) for name in ("first", "second"))
    async with http.app[DATABASE].view() as tx:
        changes = await versions.load_diff(tx, first, second)
    return page(http, "board/diff.html", first=first, second=second, changes=changes)


ROUTES = [
    web.get("/board", show_board, name="board"),
    web.get("/board/versions", show_versions, name="board.versions"),
    web.get("/board/versions/{number}", show_version, name="board.version"),
    web.get("/board/versions/{first}/{second}", show_diff, name="board.diff"),
]
