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
from server.conference.live import Conference, Offer
from server.conference.peers import parse_peer
from server.conference.routes import CONFERENCES
from server.conference.service import Check, Conferences
from server.domain.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from server.domain.places import Venue
from server.media.client import OfferRefused, WorkerUnavailable
from server.pages.context import CLOCK, DATABASE, many
from server.signaling.offers import MAX_OFFER_BYTES, read_offer
from server.street import store as street

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


def _client_of(http: web.Request, venue: Venue) -> str:
    client = http.query.get("client", "")
    if not client:
        return f"venue-{venue.number:05}"
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
    venue, login = await _venue_of(http)
    sdp = await read_sdp(http)
    conference = _conference_of(http, venue)
    offer = Offer(venue.number, _client_of(http, venue), sdp, read_offer(sdp), login=login)

    async def is_known() -> None:
        # who sends slowly, or waits for others, must not come in by what has ended meanwhile
        await _venue_of(http)

    return await answer(http.app[CONFERENCES], conference, offer, is_known)


async def answer(
    conferences: Conferences, conference: Conference, offer: Offer, is_known: Check | None = None
) -> web.Response:
    """Return 201 with the answer to an offer and where to DELETE it (RFC 9725 §4.2).

    Raises:
        DomainError: ``offer_unusable``, or what the conference refuses.
    """
    try:
        peer, sdp = await conferences.let_in(conference, offer, is_known)
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
    """End a media connection of the asker's own venue."""
    venue, _ = await _venue_of(http)
    peer = http.match_info["peer"]
    name = parse_peer(peer)
    if name is None or name.number != venue.number:
        raise NotFoundError("no_such_connection")
    await http.app[CONFERENCES].let_go(peer)
    return web.Response(status=200)


ROUTES = [
    web.post("/whip", handle_offer, name="whip.post"),
    web.post("/whep", handle_offer, name="whep.post"),
    web.post("/rtc", handle_offer, name="rtc.post"),
    web.delete("/rtc/{peer}", handle_leave, name="rtc.delete"),
]
