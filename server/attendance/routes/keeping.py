"""The page of how long the log's contents are kept: a dry run, and the erasure itself."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from server.audit.keeping import count_due, erase_due
from server.audit.retention import Counted, Policy
from server.auth.guard import login_of, role_of
from server.auth.permissions import ROUTES as ROUTES_TABLE
from server.auth.permissions import may_use
from server.db.engine import Database
from server.pages.context import CLOCK, DATABASE, page, redirect
from server.scheduler.store import load_never_held

POLICY: web.AppKey[Policy] = web.AppKey("retention_policy", Policy)
Forget = Callable[[Database], Awaitable[None]]
FORGET: web.AppKey[Forget] = web.AppKey("forget_erased", Callable)  # type: ignore[arg-type]
"""Deletes what was copied out of events that are erased."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is due in one group as shown; ``families`` are counts by the first word of the kind."""

    due: Counted
    families: Mapping[str, int]


def row_of(due: Counted) -> Row:
    """Return a group's row: nobody but we knows the kinds of events by their names."""
    families: Counter[str] = Counter()
    for kind, count in due.kinds.items():
        families[FAMILIES[kind.partition(".")[0]]] += count
    return Row(due, families)


FAMILIES = {
    "login": "retention.kind.login",
    "venue": "retention.kind.venue",
    "observer": "retention.kind.observer",
    "session": "retention.kind.session",
    "roll": "retention.kind.roll",
    "floor": "retention.kind.floor",
    "leave": "retention.kind.leave",
    "attendance": "retention.kind.correction",
    "correction": "retention.kind.correction",
    "prompt": "retention.kind.prompt",
    "recording": "retention.kind.recording",
    "report": "retention.kind.report",
}
"""First word of a kind → the code of what it is about."""


async def show_retention(http: web.Request) -> web.Response:
    """Show what would be erased now, by group and kind; nothing is changed."""
    async with http.app[DATABASE].view() as tx:
        due = await count_due(tx, http.app[CLOCK], http.app[POLICY], load_never_held)
    erased = http.query.get("erased", "")
    return page(
        http,
        "attendance/retention.html",
        rows=[row_of(one) for one in due],
        count=sum(one.count for one in due),
        may_erase=may_use(ROUTES_TABLE["retention.post"], role_of(http)),
        erased=int(erased) if erased.isascii() and erased.isdigit() and len(erased) < 10 else None,
    )


async def handle_retention(http: web.Request) -> web.Response:
    """Erase what is due, with its account, and show how much that was."""
    actor = f"login:{login_of(http).account_id}"
    db, clock, policy = http.app[DATABASE], http.app[CLOCK], http.app[POLICY]
    erased = await erase_due(db, clock, policy, load_never_held, actor=actor)
    await http.app[FORGET](db)
    return redirect(f"/admin/retention?erased={sum(erased.values())}")


ROUTES = [
    web.get("/admin/retention", show_retention, name="retention"),
    web.post("/admin/retention", handle_retention, name="retention.post"),
]
