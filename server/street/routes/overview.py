"""Who belongs to the street, and the sheet of venue links."""

from collections import defaultdict
from collections.abc import Awaitable, Callable

from aiohttp import web

from server.auth.guard import login_of, role_of
from server.auth.permissions import ROUTES as ROUTES_TABLE
from server.auth.permissions import may_use
from server.domain.errors import NotFoundError
from server.domain.places import Person
from server.pages.context import CLOCK, DATABASE, SECRET, page, redirect
from server.street import service, store
from server.street.sheet import make_cards

CutOff = Callable[[int], Awaitable[None]]
CUT_OFF: web.AppKey[CutOff] = web.AppKey("cut_off", Callable)  # type: ignore[arg-type]
"""Ends what stands by a former link of a venue; the venue is named by its id."""
HOSTS: web.AppKey[tuple[str, ...]] = web.AppKey("hosts", tuple)
"""Names and addresses under which venues may reach the pages."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


async def show_street(http: web.Request) -> web.Response:
    """Show committees with their people, and departments."""
    async with http.app[DATABASE].view() as tx:
        office = await store.load_office(tx)
        committees = await store.load_committees(tx)
        departments = await store.load_departments(tx)
        people = await store.load_people(tx)
    by_committee: dict[int, list[Person]] = defaultdict(list)
    serving = {committee.id for committee in committees if not committee.retired}
    people = [person for person in people if person.committee_id in serving]
    for person in people:
        by_committee[person.committee_id].append(person)
    return page(
        http,
        "street/street.html",
        office=office,
        committees=[c for c in committees if not c.retired],
        departments=[d for d in departments if not d.retired],
        people=by_committee,
        people_count=len(people),
        keeps_links=may_use(ROUTES_TABLE["links"], role_of(http)),
        keeps_street=may_use(ROUTES_TABLE["desk"], role_of(http)),
    )


def _base(http: web.Request, host: str) -> str:
    port = http.url.explicit_port
    shown = f"[{host}]" if ":" in host else host
    return f"{http.scheme}://{shown}" + (f":{port}" if port else "")


async def show_links(http: web.Request) -> web.Response:
    """Show a card for every branch venue, to be printed; ``at`` chooses the host in the links."""
    async with http.app[DATABASE].view() as tx:
        venues = [v for v in await store.load_venues(tx) if not v.retired]
        tokens = await store.load_tokens(tx, http.app[SECRET])
    own = http.url.host or "localhost"
    hosts = [h for h in dict.fromkeys([*http.app[HOSTS], own]) if h == own or h not in _LOOPBACK]
    asked = http.query.get("at", own if own not in _LOOPBACK else hosts[0])
    at = asked if asked in hosts else own
    return page(
        http,
        "street/links.html",
        cards=make_cards(venues, tokens, _base(http, at)),
        hosts=hosts,
        at=at,
        only_here=at in _LOOPBACK,
        renewed=http.query.get("renewed", ""),
        is_new="new" in http.query,
    )


async def handle_renew_link(http: web.Request) -> web.Response:
    """Give one venue a new link and show the sheet again at its card."""
    venue = http.match_info["venue"]
    if not (venue.isascii() and venue.isdigit() and len(venue) < 10):
        raise NotFoundError("no_such_venue")
    actor = f"login:{login_of(http).account_id}"
    db, clock, secret = http.app[DATABASE], http.app[CLOCK], http.app[SECRET]
    await service.renew_link(db, clock, secret, int(venue), actor=actor)
    await http.app[CUT_OFF](int(venue))
    return redirect(f"/street/links?renewed={venue}#venue-{venue}")


ROUTES = [
    web.get("/street", show_street, name="street"),
    web.get("/street/links", show_links, name="links"),
    web.post("/street/links/{venue}/renew", handle_renew_link, name="links.renew.post"),
]
