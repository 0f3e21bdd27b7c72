"""The sign-in page of a phone, and what a venue's own screen needs for the same."""

from typing import Any

from aiohttp import web

from server.attendance import signing
from server.attendance.export import qr_path
from server.domain.errors import ConflictError
from server.i18n.catalogue import say
from server.i18n.dates import clock_time
from server.pages.context import (
    CLOCK,
    DATABASE,
    SECRET,
    form_values,
    many,
    page,
    redirect,
    visit_of,
)
from server.street.service import find_venue


async def show_sign(http: web.Request) -> web.Response:
    """Show the names of a committee as large keys; needs no script and no account."""
    token = http.match_info["token"]
    async with http.app[DATABASE].view() as tx:
        sheet = await signing.load_sheet(tx, http.app[SECRET], token, http.app[CLOCK].now())
    return page(http, "attendance/sign.html", sheet=sheet, token=token)


async def handle_sign(http: web.Request) -> web.Response:
    """Take a tap on a name; scripts are answered with the sheet, a page with itself."""
    values, token = await form_values(http), http.match_info["token"]
    sheet = await signing.sign(
        http.app[DATABASE],
        http.app[CLOCK],
        http.app[SECRET],
        token,
        person_id=next(iter(many([values.get("person", "")])), 0),
        out=values.get("want") == "out",
        way=values.get("way", "phone"),
    )
    if values.get("way") == "screen":
        return web.json_response(_told(http, sheet, token))
    return redirect(f"/sign/{token}")


async def show_own(http: web.Request) -> web.Response:
    """Answer a venue's page with the sign-in of its open session: names, address and QR code."""
    async with http.app[DATABASE].view() as tx:
        venue = await find_venue(tx, http.app[SECRET], http.match_info["token"])
        token = await signing.find_token(tx, http.app[SECRET], venue)
        if token is None:
            raise ConflictError("session_not_open")
        sheet = await signing.load_sheet(tx, http.app[SECRET], token, http.app[CLOCK].now())
    return web.json_response(_told(http, sheet, token))


def _told(http: web.Request, sheet: signing.SignSheet, token: str) -> dict[str, Any]:
    """Return a sheet as the script of a venue's page reads it."""
    language = visit_of(http).language
    address = f"{http.url.origin()}/sign/{token}"
    path, size = qr_path(address)
    return {
        "session": sheet.session.id,
        "post_to": f"/sign/{token}",
        "qr": {"path": path, "size": size},
        "names": [
            {
                "person": named.person.id,
                "name": named.person.name,
                "post": say(language, f"post.{named.person.post}"),
                "signed": clock_time(named.signed.at) if named.signed else "",
                "undo_ms": int(named.undo_for.total_seconds() * 1000),
            }
            for named in sheet.names
        ],
    }


ROUTES = [
    web.get("/sign/{token}", show_sign, name="sign"),
    web.post("/sign/{token}", handle_sign, name="sign.post"),
    web.get("/j/{token}/sign", show_own, name="branch.sign"),
]
