"""Materials over HTTP: a session's page of them, and what viewers in the session ask for.

The same four answers — the list, what a file is, a page, the file itself — are given to signed-in
people and, under a venue's link, to its PC.
"""

from dataclasses import dataclass

from aiohttp import web

from server.audit.store import load_event
from server.auth.guard import login_of
from server.auth.model import Login
from server.domain.errors import DomainError, NotFoundError
from server.domain.events import EventKind
from server.domain.places import Venue
from server.materials.model import LARGEST_BYTES, MOST_FILES, Kind, Material
from server.materials.service import Materials, Seen, SentFile
from server.pages.context import DATABASE, SECRET, form_values, many, page, redirect
from server.pages.files import hand_out
from server.pages.middleware import status_of
from server.street.service import find_venue

MATERIALS: web.AppKey[Materials] = web.AppKey("materials", Materials)
MOST_BYTES = 2 * LARGEST_BYTES
"""Bytes that a form with materials may have."""
ADDING = "materials.add.post"
_KEPT = "private, max-age=600"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the actor of the log, and the venue when it is a venue's PC."""

    actor: str
    seen: Seen
    venue: Venue | None = None


async def _asker(http: web.Request) -> Asker:
    """Return who asks, with what may be seen; by the venue's link where there is one."""
    session = _number(http, "session", "no_such_session")
    materials = http.app[MATERIALS]
    token = http.match_info.get("token")
    if token is None:
        login = login_of(http)
        seen = await materials.seen_by_login(login, session)
        return Asker(f"login:{login.account_id}", seen)
    async with http.app[DATABASE].view() as tx:
        venue = await find_venue(tx, http.app[SECRET], token)
    seen = await materials.seen_by_venue(venue, session)
    return Asker(f"venue:{venue.number}", seen, venue)


def _number(http: web.Request, name: str, code: str = "no_such_page") -> int:
    found = many([http.match_info[name]])
    if not found:
        raise NotFoundError(code)
    return found[0]


async def _file(http: web.Request) -> tuple[Asker, Material]:
    asker = await _asker(http)
    return asker, asker.seen.find(http.match_info["file"])


# --- what viewers ask for ------------------------------------------------------------------------


async def show_list(http: web.Request) -> web.Response:
    """Answer with the files of every item, in the order of the agenda."""
    asker = await _asker(http)
    items = [
        {"files": [{"key": f.key, "name": f.name, "kind": f.kind} for f in item.files]}
        for item in asker.seen.items
    ]
    return web.json_response({"items": items})


async def show_about(http: web.Request) -> web.Response:
    """Answer with how many pages a file has; refused in words where it has none."""
    _, file = await _file(http)
    pages = await http.app[MATERIALS].pages.count(file)
    return web.json_response({"name": file.name, "pages": pages})


async def show_page(http: web.Request) -> web.Response:
    """Answer with the picture of one page; that the file was seen is recorded."""
    asker, file = await _file(http)
    materials = http.app[MATERIALS]
    picture, content_type = await materials.pages.page(file, _number(http, "page"))
    await materials.note_view(asker.seen, file, asker.actor, asker.venue)
    return web.Response(body=picture, content_type=content_type, headers={"Cache-Control": _KEPT})


async def show_file(http: web.Request) -> web.Response:
    """Hand out a file as it was sent, as a download and as nothing else."""
    asker, file = await _file(http)
    materials = http.app[MATERIALS]
    data = await materials.fetch(file)
    await materials.note_view(asker.seen, file, asker.actor, asker.venue)
    return hand_out(data, file.name)


# --- pages ---------------------------------------------------------------------------------------


async def show_materials(http: web.Request) -> web.Response:
    """Show the materials of a session, item by item, with what may be done with them."""
    return await _materials_page(http)


async def _materials_page(
    http: web.Request, refusal: DomainError | None = None, item: int = 0
) -> web.Response:
    login = login_of(http)
    seen = (await _asker(http)).seen
    return page(
        http,
        "materials/session.html",
        status=status_of(refusal) if refusal else 200,
        seen=seen,
        session=seen.session,
        refusal=refusal,
        refused_item=item,
        event=await _told_event(http, login),
        most=MOST_FILES,
        largest=LARGEST_BYTES // 1024 // 1024,
        converts=http.app[MATERIALS].pages.converts,
        kinds=Kind,
    )


async def _told_event(http: web.Request, login: Login) -> object:
    sequence = next(iter(many([http.query.get("event", "")])), 0)
    if not sequence:
        return None
    async with http.app[DATABASE].view() as tx:
        event = await load_event(tx, sequence)
    own = event is not None and event.actor == f"login:{login.account_id}"
    return event if event and own and event.kind == EventKind.MATERIAL_REMOVED else None


async def show_viewer(http: web.Request) -> web.Response:
    """Show one page of a file large, with ways to the others; it works without scripts."""
    asker, file = await _file(http)
    item = next(i for i in asker.seen.items if file in i.files)
    refusal, pages = None, 0
    try:
        pages = await http.app[MATERIALS].pages.count(file)
    except DomainError as error:
        refusal = error
    wanted = next(iter(many([http.query.get("page", "")])), 1)
    return page(
        http,
        "materials/view.html",
        session=asker.seen.session,
        item=item,
        file=file,
        pages=pages,
        number=min(max(wanted, 1), max(pages, 1)),
        refusal=refusal,
    )


async def handle_add(http: web.Request) -> web.Response:
    """Add files to an item; what is refused is said beside it."""
    session, item = _number(http, "session", "no_such_session"), _number(http, "item")
    posted = await http.post()
    fields = posted.getall("file", [])
    sent: list[SentFile] = [
        (f.filename, f.file.read()) for f in fields if isinstance(f, web.FileField) and f.filename
    ]
    try:
        await http.app[MATERIALS].add(login_of(http), session, item, sent)
    except NotFoundError:
        raise
    except DomainError as refusal:
        return await _materials_page(http, refusal, item)
    return redirect(f"/sessions/{session}/materials#item-{item}")


async def handle_remove(http: web.Request) -> web.Response:
    """Take a file out of the list."""
    session = _number(http, "session", "no_such_session")
    key = http.match_info["file"]
    done = await http.app[MATERIALS].remove(login_of(http), session, key)
    return redirect(f"/sessions/{session}/materials?event={done}")


async def handle_undo(http: web.Request) -> web.Response:
    """Put a file back that was just taken out."""
    session = _number(http, "session", "no_such_session")
    sequence = next(iter(many([(await form_values(http)).get("event", "")])), 0)
    await http.app[MATERIALS].put_back(login_of(http), session, sequence)
    return redirect(f"/sessions/{session}/materials")


async def handle_move(http: web.Request) -> web.Response:
    """Let a file stand one place earlier."""
    session = _number(http, "session", "no_such_session")
    await http.app[MATERIALS].move_up(login_of(http), session, http.match_info["file"])
    return redirect(f"/sessions/{session}/materials")


_HERE = "/sessions/{session}/materials"
_VENUE = "/j/{token}/sessions/{session}/materials"
_FILE = "{file}"
ROUTES = [
    web.get(_HERE, show_materials, name="materials"),
    web.get(f"{_HERE}.json", show_list, name="materials.list"),
    web.get(f"{_HERE}/{_FILE}", show_viewer, name="materials.file"),
    web.get(f"{_HERE}/{_FILE}/about", show_about, name="materials.about"),
    web.get(f"{_HERE}/{_FILE}/pages/{{page}}", show_page, name="materials.page"),
    web.get(f"{_HERE}/{_FILE}/original", show_file, name="materials.original"),
    web.post(f"{_HERE}/items/{{item}}", handle_add, name=ADDING),
    web.post(f"{_HERE}/{_FILE}/remove", handle_remove, name="materials.remove.post"),
    web.post(f"{_HERE}/{_FILE}/up", handle_move, name="materials.move.post"),
    web.post(f"{_HERE}/undo", handle_undo, name="materials.undo.post"),
    web.get(f"{_VENUE}.json", show_list, name="venue.materials"),
    web.get(f"{_VENUE}/{_FILE}/about", show_about, name="venue.materials.about"),
    web.get(f"{_VENUE}/{_FILE}/pages/{{page}}", show_page, name="venue.materials.page"),
    web.get(f"{_VENUE}/{_FILE}/original", show_file, name="venue.materials.original"),
]
"""Wire with ``app[MATERIALS] = Materials(…)``, and ``app[ROOM][ADDING] = MOST_BYTES``."""
