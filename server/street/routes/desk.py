"""The administrator's desk: what the street consists of now, its office, and undo."""

from collections import Counter
from collections.abc import Callable, Mapping

from aiohttp import web

from server.audit.store import load_event
from server.auth.guard import login_of
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.places import Committee, Post
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    page,
    redirect,
)
from server.street import keeping, store
from server.street.cells import clean
from server.street.desk import MOST_NUMBER, read_number, word_fault
from server.street.keeper import FollowHall, Keeper, LoadExpecting
from server.street.routes.overview import CUT_OFF

EXPECTING: web.AppKey[LoadExpecting] = web.AppKey("expecting", Callable)  # type: ignore[arg-type]
"""Loads the sessions open or to come that expect some venues; they are the scheduler's."""
FOLLOW_HALL: web.AppKey[FollowHall] = web.AppKey("follow_hall", Callable)  # type: ignore[arg-type]
"""Lets scheduled sessions follow the street's hall when it is changed."""

OFFICE_FIELDS = ("name", "phone", "hall", "main_venue")


def keeper_of(http: web.Request) -> Keeper:
    """Return the login of a request as one who changes the street."""
    actor = f"login:{login_of(http).account_id}"
    return Keeper(
        http.app[DATABASE],
        http.app[CLOCK],
        http.app[EXPECTING],
        http.app[FOLLOW_HALL],
        actor=actor,
    )


def back(sequence: int) -> web.Response:
    """Lead to the desk, which tells of the event when there is one."""
    return redirect(f"/admin/street?event={sequence}" if sequence else "/admin/street")


async def cut_off_retired(http: web.Request) -> None:
    """End what stands by the links of retired venues: their pages say that they are retired."""
    async with http.app[DATABASE].view() as tx:
        venues = [v.id for v in await store.load_venues(tx) if v.retired]
    for venue in venues:
        await http.app[CUT_OFF](venue)


async def show_desk(http: web.Request) -> web.Response:
    """Show the office, the departments and the committees, those retired folded away."""
    sequence = read_number(http.query.get("event", "")) or 0
    async with http.app[DATABASE].view() as tx:
        office = await store.load_office(tx)
        departments = await store.load_departments(tx)
        committees = await store.load_committees(tx)
        people = await store.load_people(tx)
        venues = await store.load_venues(tx)
        event = await load_event(tx, sequence) if sequence else None
    heads = {(p.committee_id, p.post): p.name for p in reversed(people)}
    own = event and event.actor == keeper_of(http).actor and event.kind in keeping.TOLD
    return page(
        http,
        "street/desk.html",
        office=office,
        main=next((v for v in venues if v.number == 0), None),
        departments=[d for d in departments if not d.retired],
        retired_departments=[d for d in departments if d.retired],
        committees=[c for c in committees if not c.retired],
        retired_committees=[c for c in committees if c.retired],
        venues={v.committee_id: v.name for v in venues},
        secretaries=_named(committees, heads, Post.SECRETARY),
        directors=_named(committees, heads, Post.DIRECTOR),
        counts=Counter(p.committee_id for p in people),
        parked=MOST_NUMBER,
        event=event if own else None,
        undoable=keeping.UNDOABLE,
    )


def _named(
    committees: list[Committee], heads: Mapping[tuple[int, Post], str], post: Post
) -> dict[int, str]:
    return {c.id: heads.get((c.id, post), "") for c in committees}


async def handle_undo(http: web.Request) -> web.Response:
    """Take back what was just changed."""
    wanted = read_number((await form_values(http)).get("event", "")) or 0
    sequence = await keeping.undo(keeper_of(http), wanted)
    await cut_off_retired(http)
    return back(sequence)


# --- the office --------------------------------------------------------------------------------


async def _office_page(
    http: web.Request,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, DomainError] | None = None,
    *,
    overtaken: bool = False,
) -> web.Response:
    async with http.app[DATABASE].view() as tx:
        office = await store.load_office(tx)
        main = next((v for v in await store.load_venues(tx) if v.number == 0), None)
    if office is None or main is None:
        raise NotFoundError("no_such_page")
    stored = dict(
        zip(OFFICE_FIELDS, (office.name, office.phone, office.hall, main.name), strict=True)
    )
    return page(
        http,
        "street/desk_office.html",
        status=409 if overtaken else 422 if errors else 200,
        values=stored if values is None else values,
        stored=stored,
        version=office.version,
        errors=errors or {},
        overtaken=overtaken,
    )


async def show_office(http: web.Request) -> web.Response:
    """Show what the street is called, its telephone, its hall and its main venue."""
    return await _office_page(http)


async def handle_office(http: web.Request) -> web.Response:
    """Change the office."""
    sent = await form_values(http)
    values = {name: clean(sent.get(name, "")) for name in OFFICE_FIELDS}
    errors = {n: fault for n, text in values.items() if (fault := word_fault(text))}
    if errors:
        return await _office_page(http, values, errors)
    seen = read_number(sent.get("version", "")) or 0
    try:
        return back(await keeping.change_office(keeper_of(http), values, version=seen))
    except ConflictError:
        return await _office_page(http, values, overtaken=True)


ROUTES = [
    web.get("/admin/street", show_desk, name="desk"),
    web.post("/admin/street/undo", handle_undo, name="desk.undo.post"),
    web.get("/admin/street/office", show_office, name="desk.office"),
    web.post("/admin/street/office", handle_office, name="desk.office.post"),
]
