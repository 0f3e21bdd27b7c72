"""Pages of invitations and answers, of calendar addresses, and the calendars themselves."""

from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from server.auth.guard import login_of
from server.auth.store import load_account_by_id
from server.domain.errors import NotFoundError
from server.invitation import service
from server.invitation.service import Inviter
from server.pages.context import CLOCK, DATABASE, SECRET, form_values, many, page, redirect
from server.street import store as street

INVITER: web.AppKey[Inviter] = web.AppKey("inviter", Inviter)


async def show_invitations(http: web.Request) -> web.Response:
    """Show whom a session has invited, when each comes, and what they answered."""
    found = many([http.match_info["session"]])
    if not found:
        raise NotFoundError("no_such_session")
    async with http.app[DATABASE].view() as tx:
        session, sent = await service.load_invitations(tx, found[0])
        venues = {v.id: v for v in await street.load_venues(tx)}
        committees = {c.id: c for c in await street.load_committees(tx)}
    called = [committees.get(venues[v].committee_id or 0) for v in session.venue_ids if v in venues]
    return page(
        http,
        "invitation/session.html",
        session=session,
        called=sorted((c for c in called if c is not None), key=lambda c: c.number),
        sent=sent,
        organizer=http.app[INVITER].organizer,
    )


async def show_calendars(http: web.Request) -> web.Response:
    """Show one's own calendar addresses, to be copied or renewed."""
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        tokens = await service.tokens_of(tx, http.app[SECRET], login)
        account = await load_account_by_id(tx, login.account_id)
    root = f"{http.scheme}://{http.host}"
    return page(
        http,
        "invitation/calendars.html",
        calendars=[
            (holder, name, f"{root}/calendar/{token}.ics") for holder, name, token in tokens
        ],
        email=account.email if account else "",
        organizer=http.app[INVITER].organizer,
        renewed=http.query.get("renewed", ""),
    )


async def handle_renew(http: web.Request) -> web.Response:
    """Give a calendar another address; the old one shows nothing any more."""
    holder = (await form_values(http)).get("holder", "")
    login = login_of(http)
    await service.renew_calendar(http.app[DATABASE], http.app[CLOCK], login, holder)
    return redirect(f"/calendar?renewed={holder}")


async def show_calendar(http: web.Request) -> web.Response:
    """Answer with a calendar to whoever has its address; with 304 when it has not changed."""
    feed = await service.read_feed(http.app[INVITER], http.match_info["token"])
    headers = {
        "ETag": f'"{feed.digest}"',
        "Last-Modified": format_datetime(feed.changed_at.astimezone(UTC), usegmt=True),
        "Cache-Control": "private, max-age=0, must-revalidate",
    }
    if _is_known(http, feed.digest, feed.changed_at):
        return web.Response(status=304, headers=headers)
    return web.Response(
        body=feed.content, content_type="text/calendar", charset="utf-8", headers=headers
    )


def _is_known(http: web.Request, digest: str, changed_at: datetime) -> bool:
    """Tell whether the asker has this; its ETag counts before its date (RFC 9110 §13.1.3)."""
    if (tags := http.if_none_match) is not None:
        return any(tag.value in {digest, "*"} for tag in tags)
    since = http.if_modified_since
    return since is not None and changed_at <= since


ROUTES = [
    web.get("/sessions/{session}/invitations", show_invitations, name="session.invitations"),
    web.get("/calendar", show_calendars, name="calendars"),
    web.post("/calendar/renew", handle_renew, name="calendars.renew.post"),
    web.get("/calendar/{token}.ics", show_calendar, name="calendar"),
]
