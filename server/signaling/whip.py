"""The media door: WHIP to publish (RFC 9725), WHEP to watch, and the same shape for both at once.

POST an offer, get 201 with the answer and a Location; DELETE the Location to leave. A venue's PC or
program is known by its Bearer token; the page of the main venue by its login. One negotiation per
connection, for ever.
"""

import re

from aiohttp import web

from server.auth.guard import LOGIN_COOKIE
from server.auth.permissions import OPERATORS
from server.auth.service import find_login, name_of
from server.conference.links import find_session
from server.conference.live import Conference, Offer
from server.conference.model import MAIN
from server.conference.peers import Part, PeerName, parse_peer
from server.conference.routes import CONFERENCES
from server.conference.service.doors import Check
from server.conference.service.running import Conferences
from server.domain.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from server.domain.places import Venue
from server.media.client import OfferRefused, WorkerUnavailable
from server.pages.context import CLOCK, DATABASE, SECRET, many
from server.signaling.offers import MAX_OFFER_BYTES, publishes, read_offer
from server.street import store as street

PARTS = {
    "": Part.CAMERA,
    "content": Part.CONTENT,
    "big": Part.BIG,
    "tiles": Part.TILES,
    "more": Part.MORE,
    "observer": Part.OBSERVER,
}
"""``?part=`` of an offer: what the connection is to its venue."""
_WALL_ONLY = frozenset({Part.BIG, Part.TILES})
_ONLY_WATCH = _WALL_ONLY | {Part.MORE, Part.OBSERVER}
_CLIENT = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


async def _venue_of(http: web.Request) -> tuple[Venue, str]:
    """Return the venue whose token the request carries, or the main venue and an operator's login.

    The login is named as by ``auth.service.name_of``; empty with a token.

    Raises:
        ForbiddenError: ``token_unknown`` or ``sign_in_first``.
    """
    db = http.app[DATABASE]
    scheme, _, token = http.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer":
        async with db.view() as tx:
            venue = await street.load_venue_by_token(tx, token.strip())
        if venue is None:
            raise ForbiddenError("token_unknown")
        return venue, ""
    cookie = http.cookies.get(LOGIN_COOKIE, "")
    login = await find_login(db, http.app[CLOCK], cookie)
    if login is None or login.role not in OPERATORS:
        raise ForbiddenError("sign_in_first")
    async with db.view() as tx:
        main = next(v for v in await street.load_venues(tx) if v.number == 0)
    return main, name_of(cookie)


def _conference_of(http: web.Request, venue: Venue) -> Conference:
    conferences = http.app[CONFERENCES]
    if venue.number == 0:
        if asked := many([http.query.get("session", "")]):
            return conferences.of_session(asked[0])
        running = conferences.running
        conference = running[-1] if running else None
    else:
        conference = conferences.of_branch(venue.id)
    if conference is None:
        raise ConflictError("session_not_open")
    return conference


def _client_of(http: web.Request, usual: str) -> str:
    client = http.query.get("client", "")
    if not client:
        return usual
    if not _CLIENT.match(client):
        raise DomainError("client_unreadable")
    return client


async def read_sdp(http: web.Request) -> str:
    """Return the offer in a request's body.

    Raises:
        DomainError: ``offer_unusable`` when it is too large or no text.
    """
    if http.content_type != "application/sdp":
        raise web.HTTPUnsupportedMediaType
    body = await http.content.read(MAX_OFFER_BYTES + 1)
    while len(body) <= MAX_OFFER_BYTES and (more := await http.content.read(MAX_OFFER_BYTES)):
        body += more
    if len(body) > MAX_OFFER_BYTES:
        raise DomainError("offer_unusable")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise DomainError("offer_unusable") from None


async def handle_offer(http: web.Request) -> web.Response:
    """Let a media connection of a venue in and answer its offer."""
    part, login = _part_of(http), ""
    if part is Part.OBSERVER:
        conference, number = await _observed(http), MAIN
        client = _client_of(http, "observer")
    else:
        venue, login = await _venue_of(http)
        conference, number = _conference_of(http, venue), venue.number
        client = _client_of(http, f"venue-{number:05}")
    sdp = await read_sdp(http)
    kinds = read_offer(sdp)
    _check_part(part, number, sdp, watches=bool(kinds))
    offer = Offer(number, client, sdp, kinds, part=part, login=login)

    async def is_known() -> None:
        # who sends slowly, or waits for others, must not come in by what has ended meanwhile
        await (_observed(http) if part is Part.OBSERVER else _venue_of(http))

    return await answer(http.app[CONFERENCES], conference, offer, is_known)


def _part_of(http: web.Request) -> Part:
    part = PARTS.get(http.query.get("part", ""))
    if part is None:
        raise DomainError("offer_unusable")
    return part


def _check_part(part: Part, number: int, sdp: str, *, watches: bool) -> None:
    """Refuse what a part may not do: a second screen, more pictures and an observer send nothing.

    Raises:
        ForbiddenError: ``may_only_watch``; ``command_not_yours`` for a branch's second screen, and
            for more pictures of the main venue, whose wall has slots for all.
        DomainError: ``offer_unusable`` for a shared screen that would watch.
    """
    if part is Part.MORE if number == MAIN else part in _WALL_ONLY:
        raise ForbiddenError("command_not_yours")
    if part in _ONLY_WATCH and publishes(sdp):
        raise ForbiddenError("may_only_watch")
    if part is Part.CONTENT and watches:
        raise DomainError("offer_unusable")


async def _observed(http: web.Request) -> Conference:
    """Return the conference that an observer's token opens.

    Raises:
        ForbiddenError: ``token_unknown``.
        ConflictError: ``session_not_open``.
    """
    _, _, token = http.headers.get("Authorization", "").partition(" ")
    async with http.app[DATABASE].view() as tx:
        session = await find_session(tx, http.app[SECRET], token.strip())
    return http.app[CONFERENCES].of_session(session.id)


async def answer(
    conferences: Conferences, conference: Conference, offer: Offer, is_known: Check | None = None
) -> web.Response:
    """Return 201 with the answer to an offer and where to DELETE it (RFC 9725 §4.2).

    Raises:
        DomainError: ``offer_unusable``, or what the conference refuses.
    """
    try:
        peer, sdp = await conferences.doors.let_in(conference, offer, is_known)
    except OfferRefused:
        raise DomainError("offer_unusable") from None
    except WorkerUnavailable:
        raise ConflictError("media_restarting") from None
    return web.Response(
        status=201,
        text=sdp,
        content_type="application/sdp",
        headers={"Location": f"/rtc/{peer}", "ETag": f'"{peer}"'},
    )


async def handle_leave(http: web.Request) -> web.Response:
    """End a media connection of the asker's own venue, or an observer's own."""
    peer = http.match_info["peer"]
    name = parse_peer(peer)
    if name is None or not await _is_own(http, name):
        raise NotFoundError("no_such_connection")
    await http.app[CONFERENCES].doors.let_go(peer)
    return web.Response(status=200)


async def _is_own(http: web.Request, name: PeerName) -> bool:
    if name.part is Part.OBSERVER:
        return (await _observed(http)).state.session_id == name.session_id
    venue, _ = await _venue_of(http)
    return venue.number == name.number


ROUTES = [
    web.post("/whip", handle_offer, name="whip.post"),
    web.post("/whep", handle_offer, name="whep.post"),
    web.post("/rtc", handle_offer, name="rtc.post"),
    web.delete("/rtc/{peer}", handle_leave, name="rtc.delete"),
]
