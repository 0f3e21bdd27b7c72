"""The library of experience videos over HTTP: its page, a video's page, drafts, words, files."""

from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

from server.audit.store import load_event
from server.auth.guard import login_of, role_of
from server.auth.permissions import ROUTES as ROUTES_TABLE
from server.auth.permissions import may_use
from server.domain.errors import DomainError, NotFoundError
from server.domain.events import Recorded
from server.library import model
from server.library.export import VideoWork
from server.library.model import Step, Video, VideoFilm, VideoState, VideoWords
from server.library.service import asking, deciding, drafting, filling, keeping, reading
from server.library.service.desk import Desk, Librarian, load_places
from server.library.service.drafting import WordsRefusedError
from server.library.service.limits import change_limits, load_limits
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    id_of,
    many,
    page,
    redirect,
    whole_number,
)
from server.pages.files import serve_to_player
from server.pages.middleware import status_of
from server.recording.access import Viewer
from server.recording.library import Opened, RecordingState, Search, load_opened, load_viewer
from server.recording.library import load_listing as load_recordings
from server.recording.routes import FILMS
from server.recording.watched import read_stretches

LIBRARIAN: web.AppKey[Librarian] = web.AppKey("librarian", Librarian)

_LONGEST_SEARCH = 60
_KEPT = "private, max-age=86400"
_CHUNK = 1 << 18


def _desk(http: web.Request) -> Desk:
    return Desk(http.app[LIBRARIAN], login_of(http))


async def _seen(http: web.Request) -> Video:
    async with http.app[DATABASE].view() as tx:
        return await reading.load_seen(tx, login_of(http), id_of(http, "video"))


# --- the page of videos ---------------------------------------------------------------------------


async def show_library(http: web.Request) -> web.Response:
    """Show the public videos that fit a search, the login's own, and what waits for its word."""
    search, topic, place = (
        http.query.get(name, "").strip()[:_LONGEST_SEARCH] for name in ("q", "topic", "place")
    )
    async with http.app[DATABASE].view() as tx:
        listing = await reading.load_listing(
            tx, login_of(http), search=search, topic=topic, place=place
        )
    return page(
        http,
        "library/list.html",
        listing=listing,
        search=search,
        topic=topic,
        place=place,
        states=VideoState,
        may_bring=may_use(ROUTES_TABLE["library.new"], role_of(http)),
        may_keep=may_use(ROUTES_TABLE["library.keep"], role_of(http)),
    )


# --- drafts ---------------------------------------------------------------------------------------


def _words(values: dict[str, str]) -> VideoWords:
    fields = ("title", "topic", "place", "author", "about")
    return VideoWords(*(values.get(name, "") for name in fields))


Refusal = DomainError | WordsRefusedError | None


def _errors_of(refusal: Refusal) -> dict[str, DomainError]:
    """Return what is wrong by field; what belongs to none is the page's."""
    if isinstance(refusal, WordsRefusedError):
        return refusal.errors
    return {"page": refusal} if refusal else {}


def _status_of(refusal: Refusal) -> int:
    if isinstance(refusal, WordsRefusedError):
        return 422
    return status_of(refusal) if refusal else 200


async def show_new(http: web.Request) -> web.Response:
    """Show the form of a new video."""
    return await _new_page(http)


async def _new_page(
    http: web.Request, words: VideoWords | None = None, refusal: Refusal = None
) -> web.Response:
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        places = await load_places(tx, login)
        topics = (await reading.load_listing(tx, login)).topics
        limits = await load_limits(tx)
    return page(
        http,
        "library/new.html",
        status=_status_of(refusal),
        words=words or places.words,
        places=places.names,
        topics=topics,
        errors=_errors_of(refusal),
        limits=limits,
        model=model,
    )


async def handle_new(http: web.Request) -> web.Response:
    """Begin a draft."""
    words = _words(await form_values(http))
    try:
        video = await drafting.begin(_desk(http), words)
    except (DomainError, WordsRefusedError) as refusal:
        return await _new_page(http, words, refusal)
    return redirect(f"/library/{video.id}/edit")


async def show_edit(http: web.Request) -> web.Response:
    """Show a draft: its file, its frames, its words, and what is missing to submit it."""
    return await _edit_page(http)


async def _edit_page(
    http: web.Request,
    words: VideoWords | None = None,
    refusal: Refusal = None,
    part: dict[str, str] | None = None,
) -> web.Response:
    desk, held = _desk(http), await http.app[FILMS].all()
    video = await filling.load_editable(desk, id_of(http, "video"))
    async with http.app[DATABASE].view() as tx:
        places = await load_places(tx, desk.login)
        topics = (await reading.load_listing(tx, desk.login)).topics
        viewer = await load_viewer(tx, desk.login)
        recordings = await load_recordings(tx, viewer, held, Search())
        limits = await load_limits(tx)
    progress = desk.librarian.shelf.look(video.id)
    return page(
        http,
        "library/edit.html",
        status=_status_of(refusal),
        video=video,
        words=words or video.words,
        places=tuple(dict.fromkeys((*places.names, video.words.place))),
        topics=topics,
        part=_part_of(video) | (part or {}),
        errors=_errors_of(refusal) if part is None else _cut_errors(refusal),
        progress=progress,
        busy=progress.work is not VideoWork.NOTHING,
        recordings=[r for r in recordings if r.state is RecordingState.READY],
        limits=limits,
        may_discard=model.may_discard(desk.login, video),
        model=model,
    )


_OF_PART = frozenset({"video_cut_bad", "video_moment", "video_long"})
"""What is wrong with the moments of a part, and not with the whole page."""


def _cut_errors(refusal: Refusal) -> dict[str, DomainError]:
    errors = _errors_of(refusal)
    wrong = errors.get("page")
    return {"from": wrong} if wrong and wrong.code in _OF_PART else errors


def _part_of(video: Video) -> dict[str, str]:
    """Return the part that a video was taken from, as it would be filled in."""
    if video.cut is None:
        return {"session": "", "from": "", "to": ""}
    start, end = (model.moment_text(second) for second in (video.cut.start, video.cut.end))
    return {"session": str(video.cut.session), "from": start, "to": end}


async def handle_edit(http: web.Request) -> web.Response:
    """Change the words of a video."""
    values = await form_values(http)
    words, video_id = _words(values), id_of(http, "video")
    try:
        await drafting.change(_desk(http), video_id, words, whole_number(values.get("version", "")))
    except (DomainError, WordsRefusedError) as refusal:
        return await _edit_page(http, words, refusal)
    return redirect(f"/library/{video_id}/edit")


async def handle_frame(http: web.Request) -> web.Response:
    """Let a frame stand for a video."""
    video_id = id_of(http, "video")
    number = whole_number((await form_values(http)).get("frame", ""))
    await drafting.choose_frame(_desk(http), video_id, number)
    return redirect(f"/library/{video_id}/edit")


async def handle_discard(http: web.Request) -> web.Response:
    """Throw a draft away."""
    await drafting.discard(_desk(http), id_of(http, "video"))
    return redirect("/library")


# --- files ----------------------------------------------------------------------------------------


async def handle_file(http: web.Request) -> web.Response:
    """Take the file that a script sends as the body: written down while it comes in."""
    if http.content_type != "application/octet-stream":
        raise DomainError("form_unreadable")
    desk, video_id = _desk(http), id_of(http, "video")
    await filling.receive(desk, video_id, _chunks(http), http.content_length)
    return web.Response(status=204)


async def _chunks(http: web.Request) -> AsyncIterator[bytes]:
    while chunk := await http.content.read(_CHUNK):
        yield chunk


async def handle_cut(http: web.Request) -> web.Response:
    """Take a part of a recording."""
    values, video_id = await form_values(http), id_of(http, "video")
    try:
        opened = await _recording(http, whole_number(values.get("session", "")))
        start, end = (model.read_moment(values.get(name, "")) for name in ("from", "to"))
        await filling.cut(_desk(http), video_id, opened, start=start, end=end)
    except DomainError as refusal:
        return await _edit_page(http, None, refusal, values)
    return redirect(f"/library/{video_id}/edit")


async def _recording(http: web.Request, session: int) -> Opened:
    """Return a recording that the login may watch."""
    held = await http.app[FILMS].of(session)
    async with http.app[DATABASE].view() as tx:
        viewer = await load_viewer(tx, login_of(http))
        return await load_opened(tx, viewer, session, held)


async def show_state(http: web.Request) -> web.Response:
    """Answer with how far the file of a video is."""
    video = await _seen(http)
    progress = http.app[LIBRARIAN].shelf.look(video.id)
    idle = progress.work is VideoWork.NOTHING
    state = "READY" if idle else "MAKING"
    return web.json_response({"state": state, "percent": progress.percent, "ready": idle})


async def _filled(http: web.Request) -> tuple[Video, VideoFilm]:
    video = await _seen(http)
    if video.film is None:
        raise NotFoundError("no_video")
    return video, video.film


async def serve_film(http: web.Request) -> web.StreamResponse:
    """Serve the film to the player of its page."""
    video, film = await _filled(http)
    path = http.app[LIBRARIAN].shelf.film_of(video.id, film)
    return serve_to_player(http, path, film.kind.content_type)


async def serve_frame(http: web.Request) -> web.StreamResponse:
    """Serve a frame of a video."""
    video, film = await _filled(http)
    number = whole_number(http.match_info["frame"])
    if number >= film.frames:
        raise NotFoundError("no_video")
    path = http.app[LIBRARIAN].shelf.frame_of(video.id, film, number)
    return web.FileResponse(path, headers={"Content-Type": "image/jpeg", "Cache-Control": _KEPT})


# --- a video --------------------------------------------------------------------------------------


async def show_video(http: web.Request) -> web.Response:
    """Show a video with its player, what may be done with it, and the questions to its author."""
    return await _video_page(http)


async def _video_page(
    http: web.Request, refusal: DomainError | None = None, text: str = ""
) -> web.Response:
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        video = await reading.load_seen(tx, login, id_of(http, "video"))
        questions = await reading.load_asked(tx, login, video)
        viewer: Viewer = await load_viewer(tx, login)
        event = await load_event(tx, whole_number(http.query.get("event", "")))
    return page(
        http,
        "library/video.html",
        status=status_of(refusal) if refusal else 200,
        video=video,
        mark=viewer.mark,
        questions=questions,
        tends=model.may_tend(login, video),
        own=model.is_own(login, video),
        steps={step.name: model.may_step(step, login, video) for step in Step},
        event=_own_event(event, login.account_id, video.id),
        undoable=deciding.UNDOABLE,
        refusal=refusal,
        text=text,
        now=http.app[CLOCK].now(),
        states=VideoState,
        model=model,
    )


def _own_event(event: Recorded | None, account_id: int, video_id: int) -> Recorded | None:
    """Return what the login has just done with a video, where the address names it."""
    if event is None or event.actor != f"login:{account_id}":
        return None
    return event if event.payload.get("video") == video_id else None


def _stepper(step: Step) -> Handler:
    """Return what handles a step."""

    async def handle(http: web.Request) -> web.Response:
        video_id, remark = id_of(http, "video"), (await form_values(http)).get("remark", "")
        try:
            event = await deciding.do(_desk(http), video_id, step, remark)
        except NotFoundError:
            raise
        except DomainError as refusal:
            return await _video_page(http, refusal)
        return redirect(f"/library/{video_id}?event={event}")

    return handle


async def handle_undo(http: web.Request) -> web.Response:
    """Take back an approval or a return just made."""
    video_id = id_of(http, "video")
    sequence = whole_number((await form_values(http)).get("event", ""))
    done = await deciding.undo(_desk(http), video_id, sequence)
    return redirect(f"/library/{video_id}?event={done}")


async def handle_watched(http: web.Request) -> web.Response:
    """Take in what the player says was watched; it counts once a person and day."""
    _, film = await _filled(http)
    said = (await form_values(http)).get("parts", "").split()
    stretches = read_stretches(said, film.seconds + 1)
    if not stretches:
        raise DomainError("nothing_watched")
    await reading.note_watched(_desk(http), id_of(http, "video"), stretches)
    return web.Response(status=204)


async def handle_ask(http: web.Request) -> web.Response:
    """Ask the author something."""
    video_id, text = id_of(http, "video"), (await form_values(http)).get("text", "")
    try:
        question = await asking.ask(_desk(http), video_id, text)
    except NotFoundError:
        raise
    except DomainError as refusal:
        return await _video_page(http, refusal, text)
    return redirect(f"/library/{video_id}#question-{question.id}")


async def handle_answer(http: web.Request) -> web.Response:
    """Answer a question."""
    text = (await form_values(http)).get("text", "")
    video_id, question = id_of(http, "video"), id_of(http, "question")
    try:
        await asking.answer(_desk(http), video_id, question, text)
    except NotFoundError:
        raise
    except DomainError as refusal:
        return await _video_page(http, refusal)
    return redirect(f"/library/{video_id}#question-{question}")


async def handle_hide(http: web.Request) -> web.Response:
    """Take a question off the page, or put it back."""
    values, video_id = await form_values(http), id_of(http, "video")
    question = id_of(http, "question")
    try:
        if values.get("word") == "show":
            await asking.show_again(_desk(http), video_id, question)
        else:
            await asking.hide(_desk(http), video_id, question, values.get("reason", ""))
    except NotFoundError:
        raise
    except DomainError as refusal:
        return await _video_page(http, refusal)
    return redirect(f"/library/{video_id}#questions")


# --- keeping --------------------------------------------------------------------------------------


async def show_keeping(http: web.Request) -> web.Response:
    """Show what there is, and what the policy would delete now."""
    return await _keeping_page(http)


async def _keeping_page(http: web.Request, refusal: DomainError | None = None) -> web.Response:
    async with http.app[DATABASE].view() as tx:
        kept = await keeping.load_keeping(tx, http.app[LIBRARIAN])
        limits = await load_limits(tx)
    return page(
        http,
        "library/keep.html",
        status=status_of(refusal) if refusal else 200,
        keeping=kept,
        refusal=refusal,
        deleted=whole_number(http.query.get("deleted", "")),
        limits=limits,
        limited="limited" in http.query,
        bounds=model.LIMITS,
        may_delete=may_use(ROUTES_TABLE["library.delete.post"], role_of(http)),
    )


async def handle_prolong(http: web.Request) -> web.Response:
    """Let the time of keeping of a video begin anew."""
    await keeping.prolong(_desk(http), id_of(http, "video"))
    return redirect("/library/keep")


async def handle_limits(http: web.Request) -> web.Response:
    """Set how large and how long a video may be."""
    try:
        await change_limits(_desk(http), await form_values(http))
    except DomainError as refusal:
        return await _keeping_page(http, refusal)
    return redirect("/library/keep?limited=1#limits")


async def handle_delete(http: web.Request) -> web.Response:
    """Delete what is due, by the list as it was shown and signed with one's name."""
    values = await form_values(http)
    signed = many(values.get("list", "").split())
    try:
        count = await keeping.delete_due(_desk(http), signed, values.get("name", ""))
    except DomainError as refusal:
        return await _keeping_page(http, refusal)
    return redirect(f"/library/keep?deleted={count}")


_ONE = "/library/{video}"
_QUESTION = f"{_ONE}/questions/{{question}}"
ROUTES = [
    web.get("/library", show_library, name="library"),
    web.get("/library/new", show_new, name="library.new"),
    web.post("/library/new", handle_new, name="library.new.post"),
    web.get("/library/keep", show_keeping, name="library.keep"),
    web.post("/library/keep/delete", handle_delete, name="library.delete.post"),
    web.post("/library/keep/limits", handle_limits, name="library.limits.post"),
    web.get(_ONE, show_video, name="library.video"),
    web.get(f"{_ONE}/edit", show_edit, name="library.edit"),
    web.post(f"{_ONE}/edit", handle_edit, name="library.edit.post"),
    web.post(f"{_ONE}/frame", handle_frame, name="library.frame.post"),
    web.post(f"{_ONE}/discard", handle_discard, name="library.discard.post"),
    web.post(f"{_ONE}/file", handle_file, name="library.file.post"),
    web.post(f"{_ONE}/cut", handle_cut, name="library.cut.post"),
    web.get(f"{_ONE}/state", show_state, name="library.state"),
    web.get(f"{_ONE}/film", serve_film, name="library.film"),
    web.get(f"{_ONE}/frames/{{frame}}", serve_frame, name="library.frame"),
    web.post(f"{_ONE}/undo", handle_undo, name="library.undo.post"),
    web.post(f"{_ONE}/watched", handle_watched, name="library.watched.post"),
    web.post(f"{_ONE}/ask", handle_ask, name="library.ask.post"),
    web.post(f"{_QUESTION}/answer", handle_answer, name="library.answer.post"),
    web.post(f"{_QUESTION}/hide", handle_hide, name="library.hide.post"),
    web.post(f"{_ONE}/keep", handle_prolong, name="library.prolong.post"),
    *(web.post(f"{_ONE}/{step}", _stepper(step), name=f"library.{step}.post") for step in Step),
]
"""Wire with ``app[LIBRARIAN]``; sweep at the start, close its shelf at the end."""
