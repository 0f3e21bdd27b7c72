"""Pages of the board and of versions, and the plan that was found as the page shows it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from aiohttp import web

from server.auth.guard import login_of
from server.auth.model import Role
from server.board.model import places_of
from server.board.routes.api import SOLVER, read_span
from server.board.service import keeping, versions
from server.board.view import state_of
from server.board.working import Board, digests_of
from server.domain.errors import NotFoundError
from server.merging.instance.model import MergePlan
from server.pages.context import CLOCK, DATABASE, page, redirect, visit_of

NUMBER_DIGITS = 9


async def show_board(http: web.Request) -> web.Response:
    """Show the board; its script asks for the working plan."""
    return page(http, "board/board.html")


async def show_found(http: web.Request) -> web.Response:
    """Answer with the board as it would be with the plan that was found; docs/board.md."""
    shown = await keeping.look(http.app[DATABASE], http.app[CLOCK])
    found = http.app[SOLVER].found(shown.version)
    there = replace(shown.board, plan=found.plan)
    told = state_of(there, read_span(http), visit_of(http).language)
    changed = list(_changes(shown.board, found.plan))
    return web.json_response({"version": shown.version, **told, "changes": changed})


Spot = dict[str, str] | None


def _spots(plan: MergePlan) -> dict[str, Spot]:
    """Return where a plan has its requests: a half-day or a digest."""
    found: dict[str, Spot] = {
        number: {"date": cell.date.isoformat(), "half": cell.half}
        for number, cell in places_of(plan).items()
    }
    return found | {number: {"digest": day} for number, day in digests_of(plan).items()}


def _changes(board: Board, plan: MergePlan) -> Iterator[dict[str, Any]]:
    """Yield each request that another plan has elsewhere, by number."""
    before, after = _spots(board.plan), _spots(plan)
    for number in sorted(before.keys() | after.keys()):
        spots = before.get(number), after.get(number)
        request = board.ground.requests.get(number)
        if request is not None and spots[0] != spots[1]:
            yield {
                "request": request.id,
                "number": number,
                "topic": request.filing.topic,
                "from": spots[0],
                "to": spots[1],
            }


# --- versions ------------------------------------------------------------------------------------


async def show_versions(http: web.Request) -> web.Response:
    """Show every published version; with two of them asked for, lead to what differs."""
    pair = [http.query.get(name, "") for name in ("a", "b")]
    if all(pair):
        first, second = (_number(text) for text in pair)
        return redirect(f"/board/versions/{first}/{second}")
    async with http.app[DATABASE].view() as tx:
        found = await versions.load_all(tx)
    plans = login_of(http).role is Role.OFFICE
    return page(http, "board/versions.html", versions=found, plans=plans)


async def show_version(http: web.Request) -> web.Response:
    """Show one version: its sessions, what it changed, and whose times."""
    async with http.app[DATABASE].view() as tx:
        shown = await versions.load_one(tx, _number(http.match_info["number"]))
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
    first, second = (_number(http.match_info[name]) for name in ("first", "second"))
    async with http.app[DATABASE].view() as tx:
        changes = await versions.load_diff(tx, first, second)
    return page(http, "board/diff.html", first=first, second=second, changes=changes)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > NUMBER_DIGITS:
        raise NotFoundError("no_such_version")
    return int(text)


ROUTES = [
    web.get("/board", show_board, name="board"),
    web.get("/board/found", show_found, name="board.found"),
    web.get("/board/versions", show_versions, name="board.versions"),
    web.get("/board/versions/{number}", show_version, name="board.version"),
    web.get("/board/versions/{first}/{second}", show_diff, name="board.diff"),
]
