"""A venue's own check by its link, and the office's table of all venues."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from aiohttp import web

from server.devicecheck.model import DeviceCheck, Part, Reason
from server.devicecheck.service import DeviceChecks
from server.devicecheck.words import Said, grade_of, say_check, say_finding
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.places import Venue
from server.media.client import OfferRefused, WorkerUnavailable
from server.pages.context import DATABASE, SECRET, page, redirect, visit_of
from server.street import store as street
from server.street.service import find_venue

CHECKS: web.AppKey[DeviceChecks] = web.AppKey("checks", DeviceChecks)
Pages = Callable[[], set[int]]
WAITING: web.AppKey[Pages] = web.AppKey("waiting")
"""Tells the numbers of the venues whose page waits for a session."""
ASK: web.AppKey[Pages] = web.AppKey("ask")
"""Asks the waiting pages of all venues to check themselves; returns the numbers of those asked."""

MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One venue of the office's table; ``said`` by part, ``grade`` as ``words.grade_of``."""

    venue: Venue
    check: DeviceCheck | None
    said: dict[str, Said]
    summary: str
    grade: str
    waits: bool


async def _venue_of(http: web.Request) -> Venue:
    """Return the venue of the link that was opened.

    Raises:
        NotFoundError: as ``street.service.find_venue``.
    """
    async with http.app[DATABASE].view() as tx:
        return await find_venue(tx, http.app[SECRET], http.match_info["token"])


def _check_of(http: web.Request) -> int:
    text = http.match_info["check"]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFoundError("no_such_check")
    return int(text)


async def show_check(http: web.Request) -> web.Response:
    """Show the page that checks a venue's devices; the check itself begins with its script."""
    venue = await _venue_of(http)
    async with http.app[DATABASE].view() as tx:
        office = await street.load_office(tx)
    visit = visit_of(http)
    if office is not None:
        visit.street, visit.phone = office.name, office.phone
    asked = http.query.get("by", "")
    reason = asked if asked in set(Reason) else Reason.HAND
    earlier = [
        (check.started_at, grade_of(check), say_check(check, visit.language))
        for check in await http.app[CHECKS].earlier(venue)
    ]
    token = http.match_info["token"]
    return page(
        http, "devicecheck/check.html", venue=venue, token=token, reason=reason, earlier=earlier
    )


async def begin(http: web.Request) -> web.Response:
    """Begin a check and answer with its number."""
    venue = await _venue_of(http)
    asked = http.query.get("by", "")
    reason = Reason(asked) if asked in set(Reason) else Reason.HAND
    check = await http.app[CHECKS].begin(venue, reason)
    return web.json_response({"check": check.id}, status=201)


async def handle_offer(http: web.Request) -> web.Response:
    """Answer the media offer of a check (RFC 9725 §4.2).

    Raises:
        DomainError: ``offer_unusable``.
        ConflictError: ``media_restarting``.
    """
    body = await http.content.read(MOST_BYTES + 1)
    while len(body) <= MOST_BYTES and (more := await http.content.read(MOST_BYTES)):
        body += more
    if http.content_type != "application/sdp" or len(body) > MOST_BYTES:
        raise DomainError("offer_unusable")
    venue, check = await _venue_of(http), _check_of(http)
    try:
        peer, answer = await http.app[CHECKS].let_in(venue, check, body.decode("utf-8", "replace"))
    except OfferRefused:
        raise DomainError("offer_unusable") from None
    except WorkerUnavailable:
        raise ConflictError("media_restarting") from None
    location = f"/check/{http.match_info['token']}/rtc/{peer}"
    return web.Response(
        status=201, text=answer, content_type="application/sdp", headers={"Location": location}
    )


async def handle_leave(http: web.Request) -> web.Response:
    """End a media connection of the venue's own check."""
    venue = await _venue_of(http)
    await http.app[CHECKS].end(venue.id, http.match_info["peer"])
    return web.Response(status=200)


async def enter_part(http: web.Request) -> web.Response:
    """Take what was measured of one part and answer with the finding in words."""
    venue, check = await _venue_of(http), _check_of(http)
    name = http.match_info["part"]
    if name not in set(Part):
        raise NotFoundError("no_such_check")
    finding = await http.app[CHECKS].enter(venue, check, Part(name), await http.read())
    return web.json_response(asdict(say_finding(finding, visit_of(http).language)))


async def show_checks(http: web.Request) -> web.Response:
    """Show the latest check of every venue in one table."""
    async with http.app[DATABASE].view() as tx:
        venues = await street.load_venues(tx)
        tokens = await street.load_tokens(tx, http.app[SECRET])
    latest, waiting = await http.app[CHECKS].latest(), http.app[WAITING]()
    language = visit_of(http).language
    lines = [_line(v, latest.get(v.id), language, waits=v.number in waiting) for v in venues]
    return page(
        http,
        "devicecheck/checks.html",
        lines=lines,
        parts=list(Part),
        tokens=tokens,
        asked=http.query.get("asked", ""),
    )


def _line(venue: Venue, check: DeviceCheck | None, language: str, *, waits: bool) -> Line:
    if check is None:
        return Line(venue, None, {}, "", "off", waits)
    said = {f.part.value: say_finding(f, language) for f in check.findings}
    return Line(venue, check, said, say_check(check, language), grade_of(check), waits)


async def ask_all(http: web.Request) -> web.Response:
    """Ask every waiting page to check itself, and show the table."""
    return redirect(f"/checks?asked={len(http.app[ASK]())}")


ROUTES = [
    web.get("/check/{token}", show_check, name="check"),
    web.post("/check/{token}", begin, name="check.begin.post"),
    web.post("/check/{token}/{check}/rtc", handle_offer, name="check.rtc.post"),
    web.delete("/check/{token}/rtc/{peer}", handle_leave, name="check.rtc.delete"),
    web.post("/check/{token}/{check}/{part}", enter_part, name="check.part.post"),
    web.get("/checks", show_checks, name="checks"),
    web.post("/checks", ask_all, name="checks.post"),
]
