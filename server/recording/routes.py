"""Recordings over HTTP: the list, the player's page, films in ranges, what is kept how long."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from aiohttp import web

from server.auth.guard import login_of, role_of
from server.auth.permissions import ROUTES as ROUTES_TABLE
from server.auth.permissions import may_use
from server.db.engine import Tx
from server.domain.errors import DomainError, NotFoundError
from server.i18n.dates import site_date
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    id_of,
    many,
    page,
    redirect,
    visit_of,
    whole_number,
)
from server.pages.files import hand_out_film, serve_to_player
from server.pages.middleware import status_of
from server.recording.export import Films, FilmState, Progress
from server.recording.film import PROGRAMME
from server.recording.holdings import Held
from server.recording.keeping import delete_due, hold, load_keeping, release
from server.recording.library import (
    Opened,
    RecordingState,
    Search,
    departments_of,
    load_listing,
    load_names,
    load_opened,
    load_viewer,
    note_download,
    note_watched,
)
from server.recording.offering import missing, offer, said_of, title_of
from server.recording.watched import Tally, read_stretches

FILMS: web.AppKey[Films] = web.AppKey("films", Films)
TALLY: web.AppKey[Tally] = web.AppKey("tally", Tally)
KEEP_DAYS: web.AppKey[int] = web.AppKey("keep_recordings_days", int)
LoadSizes = Callable[[Tx], Awaitable[Sequence[tuple[datetime, int]]]]
VIDEOS: web.AppKey[LoadSizes] = web.AppKey("videos", Callable)  # type: ignore[arg-type]
"""Loads day and octets of each experience video, which lie beside the recordings."""

_LONGEST_SEARCH = 60
_WHOLE = "bytes=0-"
_WEBM = "video/webm"


async def show_list(http: web.Request) -> web.Response:
    """Show the recordings that the login may watch, or the parts of them that fit a search."""
    search = Search(
        http.query.get("q", "").strip()[:_LONGEST_SEARCH],
        http.query.get("department", "").strip()[:_LONGEST_SEARCH],
    )
    held = await http.app[FILMS].all()
    async with http.app[DATABASE].view() as tx:
        viewer = await load_viewer(tx, login_of(http))
        everything = await load_listing(tx, viewer, held, Search())
        listing = everything
        if not search.is_all:
            listing = await load_listing(tx, viewer, held, search)
    return page(
        http,
        "recording/list.html",
        listing=listing,
        total=len(everything),
        departments=departments_of(everything),
        search=search,
        may_keep=may_use(ROUTES_TABLE["recordings.keep"], role_of(http)),
        states=RecordingState,
    )


async def _open(http: web.Request) -> Opened:
    session = id_of(http, "session")
    held = await http.app[FILMS].of(session)
    async with http.app[DATABASE].view() as tx:
        viewer = await load_viewer(tx, login_of(http))
        return await load_opened(tx, viewer, session, held)


async def show_recording(http: web.Request) -> web.Response:
    """Show the player, or how far the film is, which is made when it is first wanted."""
    opened = await _open(http)
    held, films = opened.listed.held, http.app[FILMS]
    progress = Progress(FilmState.ABSENT)
    if held is not None and opened.listed.state is RecordingState.READY:
        progress = films.want(held)
    login, now = login_of(http), http.app[CLOCK].now()
    if progress.state is FilmState.READY:
        http.app[TALLY].begin(login.account_id, opened.listed.session.id, now)
    return page(
        http,
        "recording/watch.html",
        opened=opened,
        session=opened.listed.session,
        held=held,
        progress=progress,
        seconds=int(held.length.total_seconds()) if held else 0,
        start=whole_number(http.query.get("t", "")),
        has_banners=held is not None and held.banners.is_file(),
        may_download=may_use(ROUTES_TABLE["recording.download"], role_of(http)),
        now=now,
        states=RecordingState,
        films=FilmState,
    )


async def show_state(http: web.Request) -> web.Response:
    """Answer with how far the film is, and whether the recording is ready for one."""
    opened = await _open(http)
    held = opened.listed.held
    progress = http.app[FILMS].look(held) if held else Progress(FilmState.NOTHING)
    ready = opened.listed.state is RecordingState.READY
    told = {"state": progress.state, "percent": progress.percent, "before": progress.before}
    return web.json_response(told | {"ready": ready})


async def _ready(http: web.Request) -> tuple[Opened, Held]:
    """Return a recording of which films can be made.

    Raises:
        NotFoundError: ``no_recording``.
    """
    opened = await _open(http)
    held = opened.listed.held
    if held is None or opened.listed.state is not RecordingState.READY:
        raise NotFoundError("no_recording")
    return opened, held


async def _film(http: web.Request) -> tuple[Opened, Held]:
    """Return a recording whose film is there.

    Raises:
        NotFoundError: ``no_recording``, ``no_film_yet``.
    """
    opened, held = await _ready(http)
    if not held.film.is_file():
        raise NotFoundError("no_film_yet")
    return opened, held


async def serve_film(http: web.Request) -> web.StreamResponse:
    """Serve the film to the player of its page."""
    _, held = await _film(http)
    return serve_to_player(http, held.film, _WEBM)


async def serve_banners(http: web.Request) -> web.StreamResponse:
    """Serve the banners as WebVTT."""
    _, held = await _film(http)
    if not held.banners.is_file():
        raise NotFoundError("no_such_page")
    return web.FileResponse(held.banners, headers={"Content-Type": "text/vtt; charset=utf-8"})


async def show_films(http: web.Request) -> web.Response:
    """Show the films that there are of a recording or can be made, each with how far it is."""
    return await _films_page(http, await _open(http))


async def _films_page(
    http: web.Request, opened: Opened, refusal: DomainError | None = None
) -> web.Response:
    held, session, films = opened.listed.held, opened.listed.session, http.app[FILMS]
    async with http.app[DATABASE].view() as tx:
        names = await load_names(tx, session.id)
    is_ready = held is not None and opened.listed.state is RecordingState.READY
    kinds = await films.films(held) if held is not None and is_ready else ()
    language = visit_of(http).language
    offers = [offer(film, films.look(held, film), names, language) for film in kinds if held]
    return page(
        http,
        "recording/films.html",
        status=status_of(refusal) if refusal else 200,
        refusal=refusal,
        listed=opened.listed,
        session=session,
        offers=offers,
        missing=missing(kinds, names),
        states=RecordingState,
        films=FilmState,
    )


async def show_films_state(http: web.Request) -> web.Response:
    """Answer with how far each film of a recording is, by name."""
    _, held = await _ready(http)
    films, language = http.app[FILMS], visit_of(http).language
    found = {film.name: films.look(held, film) for film in await films.films(held)}
    return web.json_response(
        {
            name: {"state": one.state, "percent": one.percent, "said": said_of(one, language)}
            for name, one in found.items()
        }
    )


async def handle_film(http: web.Request) -> web.Response:
    """Let a film of a recording be made, unless the disk is too full for it."""
    opened, held = await _ready(http)
    films = http.app[FILMS]
    film = await films.find(held, (await form_values(http)).get("film", ""))
    try:
        films.require_room(held)
    except DomainError as refusal:
        return await _films_page(http, opened, refusal)
    films.want(held, film)
    return redirect(f"/recordings/{opened.listed.session.id}/films#{film.name}")


async def download_film(http: web.Request) -> web.StreamResponse:
    """Hand out a film as a file; that it was taken is recorded before it goes."""
    opened, held = await _ready(http)
    session = opened.listed.session
    film = await http.app[FILMS].find(held, http.match_info["film"])
    path, name = held.path_of(film), f"{site_date(session.starts_at)} {session.title}"
    if not path.is_file():
        raise NotFoundError("no_film_yet")
    if film != PROGRAMME:
        async with http.app[DATABASE].view() as tx:
            names = await load_names(tx, session.id)
        name += f" {title_of(film, names, visit_of(http).language)}"
    if http.headers.get("Range", _WHOLE).startswith(_WHOLE):
        await note_download(http.app[DATABASE], http.app[CLOCK], opened.viewer, session.id, film)
    return hand_out_film(path, f"{name}.webm", _WEBM)


async def handle_watched(http: web.Request) -> web.Response:
    """Take in what the player says was watched; it counts as 补看, never as attendance."""
    opened, held = await _film(http)
    session, login = opened.listed.session.id, login_of(http)
    said = (await form_values(http)).get("parts", "").split()
    stretches = read_stretches(said, int(held.length.total_seconds()) + 1)
    if not stretches:
        raise DomainError("nothing_watched")
    now = http.app[CLOCK].now()
    true = http.app[TALLY].credit(login.account_id, session, stretches, now=now)
    await note_watched(http.app[DATABASE], http.app[CLOCK], opened.viewer, session, true)
    return web.Response(status=204)


async def show_keeping(http: web.Request) -> web.Response:
    """Show what there is, what the policy would delete now, and what the disk holds by month."""
    return await _keeping_page(http)


async def _keeping_page(http: web.Request, refusal: DomainError | None = None) -> web.Response:
    async with http.app[DATABASE].view() as tx:
        videos = await http.app[VIDEOS](tx)
        keeping = await load_keeping(
            tx, http.app[CLOCK], http.app[FILMS], http.app[KEEP_DAYS], videos
        )
    return page(
        http,
        "recording/keep.html",
        status=status_of(refusal) if refusal else 200,
        keeping=keeping,
        refusal=refusal,
        deleted=whole_number(http.query.get("deleted", "")),
        may_delete=may_use(ROUTES_TABLE["recordings.delete.post"], role_of(http)),
    )


async def handle_delete(http: web.Request) -> web.Response:
    """Delete what is due, by the list as it was shown and signed with one's name."""
    values, login = await form_values(http), login_of(http)
    try:
        if values.get("name", "") != login.display_name:
            raise DomainError("signature_differs", name=login.display_name)
        count = await delete_due(
            http.app[DATABASE],
            http.app[CLOCK],
            http.app[FILMS],
            login,
            days=http.app[KEEP_DAYS],
            signed=many(values.get("list", "").split()),
        )
    except DomainError as refusal:
        return await _keeping_page(http, refusal)
    return redirect(f"/recordings/keep?deleted={count}")


async def handle_hold(http: web.Request) -> web.Response:
    """Hold a recording back from deletion, with a reason."""
    session, reason = id_of(http, "session"), (await form_values(http)).get("reason", "")
    parts = http.app[DATABASE], http.app[CLOCK], http.app[FILMS], login_of(http)
    try:
        await hold(*parts, session=session, reason=reason)
    except DomainError as refusal:
        return await _keeping_page(http, refusal)
    return redirect("/recordings/keep")


async def handle_release(http: web.Request) -> web.Response:
    """Let a recording follow the policy again."""
    await release(http.app[DATABASE], http.app[CLOCK], login_of(http), id_of(http, "session"))
    return redirect("/recordings/keep")


_ONE = "/recordings/{session}"
ROUTES = [
    web.get("/recordings", show_list, name="recordings"),
    web.get("/recordings/keep", show_keeping, name="recordings.keep"),
    web.post("/recordings/keep/delete", handle_delete, name="recordings.delete.post"),
    web.post(f"{_ONE}/hold", handle_hold, name="recording.hold.post"),
    web.post(f"{_ONE}/release", handle_release, name="recording.release.post"),
    web.get(_ONE, show_recording, name="recording"),
    web.get(f"{_ONE}/state", show_state, name="recording.state"),
    web.get(f"{_ONE}/film", serve_film, name="recording.film"),
    web.get(f"{_ONE}/banners.vtt", serve_banners, name="recording.banners"),
    web.get(f"{_ONE}/films", show_films, name="recording.films"),
    web.post(f"{_ONE}/films", handle_film, name="recording.films.post"),
    web.get(f"{_ONE}/films/state", show_films_state, name="recording.films.state"),
    web.get(f"{_ONE}/films/{{film}}", download_film, name="recording.download"),
    web.post(f"{_ONE}/watched", handle_watched, name="recording.watched.post"),
]
"""Wire with ``app[FILMS]``, ``app[TALLY]``, ``app[KEEP_DAYS]`` and ``app[VIDEOS]``.

Close the films at the end.
"""
