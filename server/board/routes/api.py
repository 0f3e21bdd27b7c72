"""The JSON that the board's page works with; the shapes are in docs/board.md."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

from aiohttp import web

from server.auth.guard import login_of
from server.board import changes
from server.board.cells import say_prices
from server.board.changes import Changed
from server.board.model import Working, parse_cell
from server.board.service import keeping, offers
from server.board.service.publishing import publish
from server.board.service.searching import SECONDS, Solver
from server.board.view import Span, say_moved, say_offer, say_step, span_of, state_of
from server.board.working import Board
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.i18n.catalogue import say
from server.merging.search.reasons import RULES
from server.pages.context import CLOCK, DATABASE, visit_of
from server.scheduler.filing import HALVES, request_number

SOLVER: web.AppKey[Solver] = web.AppKey("solver", Solver)
WEEKS = (1, 5)
MOST = 10**9

Words = dict[str, Any]


async def _words(http: web.Request) -> Words:
    """Return the posted object.

    Raises:
        DomainError: ``board_words`` when it is none.
    """
    try:
        words = json.loads(await http.text())
    except ValueError:
        words = None
    if not isinstance(words, dict):
        raise DomainError("board_words")
    return words


def _number(words: Words, name: str) -> int:
    value = words.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST:
        raise DomainError("board_words")
    return value


def _request(words: Words) -> str:
    return request_number(_number(words, "request"))


def _on(words: Words) -> bool:
    if not isinstance(words.get("on"), bool):
        raise DomainError("board_words")
    return bool(words["on"])


def _day(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise DomainError("board_words") from None


def read_span(http: web.Request) -> Span:
    """Return the weeks that the address asks for; the present week unless it says otherwise."""
    asked, weeks = http.query.get("from", ""), http.query.get("weeks", "1")
    day = _day(asked) if asked else http.app[CLOCK].now().astimezone(SITE_ZONE).date()
    return span_of(day, WEEKS[1] if weeks == str(WEEKS[1]) else WEEKS[0])


async def answer_state(http: web.Request, moved: tuple[str, ...] = ()) -> web.Response:
    """Answer with the board as it is now, and what the last change moved besides."""
    return web.json_response(await state_now(http, moved))


async def state_now(http: web.Request, moved: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the board as it is now."""
    span, language = read_span(http), visit_of(http).language
    shown = await keeping.look(http.app[DATABASE], http.app[CLOCK])
    return {
        "version": shown.version,
        "published": shown.published,
        **state_of(shown.board, span, language),
        "undo": say_step(shown.last, language),
        "moved": say_moved(shown.board, moved, language),
        "offer": say_offer(shown.offer, language),
        "solver": http.app[SOLVER].progress(),
    }


async def show_state(http: web.Request) -> web.Response:
    """Answer with the working plan."""
    return await answer_state(http)


async def show_prices(http: web.Request) -> web.Response:
    """Answer with what each half-day would cost a request."""
    text = http.match_info["request"]
    if not text.isdigit() or len(text) > len(str(MOST)):
        raise NotFoundError("no_such_request")
    shown = await keeping.look(http.app[DATABASE], http.app[CLOCK])
    prices = say_prices(shown.board, request_number(int(text)), visit_of(http).language)
    return web.json_response(prices)


async def _make(
    http: web.Request,
    words: Words,
    code: str,
    act: Callable[[Board], Changed],
    **params: str | int,
) -> tuple[str, ...]:
    """Make a change of the working plan, and return what it moved besides."""
    try:
        return await keeping.change(
            http.app[DATABASE],
            http.app[CLOCK],
            login_of(http).display_name,
            version=_number(words, "version"),
            code=code,
            act=act,
            params=params,
        )
    except ConflictError as refusal:
        raise _spoken(http, refusal) from None


async def _change(
    http: web.Request,
    words: Words,
    code: str,
    act: Callable[[Board], Changed],
    **params: str | int,
) -> web.Response:
    return await answer_state(http, await _make(http, words, code, act, **params))


def _spoken(http: web.Request, refusal: ConflictError) -> ConflictError:
    """Return the refusal with its rule in words."""
    if "rule" not in refusal.params:
        return refusal
    rule = say(visit_of(http).language, RULES[str(refusal.params["rule"])])
    return ConflictError(refusal.code, rule=rule)


async def handle_move(http: web.Request) -> web.Response:
    """Put a request into a half-day."""
    words = await _words(http)
    number, day, half = _request(words), _day(words.get("date")), str(words.get("half"))
    if half not in {known.name for known in HALVES}:
        raise DomainError("board_words")
    params = {"request": number, "date": day.isoformat(), "half": half}
    return await _change(
        http, words, "board.step_move", lambda b: changes.move(b, number, day, half), **params
    )


async def handle_out(http: web.Request) -> web.Response:
    """Let a request wait again."""
    words = await _words(http)
    number = _request(words)
    return await _change(
        http, words, "board.step_out", lambda b: changes.put_aside(b, number), request=number
    )


async def handle_digest(http: web.Request) -> web.Response:
    """Let a request only be made known."""
    words = await _words(http)
    number = _request(words)
    return await _change(
        http,
        words,
        "board.step_digest",
        lambda b: changes.send_to_digest(b, number),
        request=number,
    )


async def handle_pin(http: web.Request) -> web.Response:
    """Pin a request or let it go."""
    words = await _words(http)
    number, on = _request(words), _on(words)
    code = "board.step_pin" if on else "board.step_unpin"
    return await _change(http, words, code, lambda b: changes.pin(b, number, on=on), request=number)


async def handle_freeze(http: web.Request) -> web.Response:
    """Freeze a session or let it go."""
    words = await _words(http)
    try:
        cell = parse_cell(str(words.get("session")))
    except ValueError:
        raise NotFoundError("no_such_session") from None
    on = _on(words)
    code = "board.step_freeze" if on else "board.step_unfreeze"
    params = {"date": cell.date.isoformat(), "half": cell.half}
    return await _change(http, words, code, lambda b: changes.freeze(b, cell, on=on), **params)


async def handle_undo(http: web.Request) -> web.Response:
    """Return to the plan before the last change."""
    words = await _words(http)
    await keeping.undo(http.app[DATABASE], version=_number(words, "version"))
    return await answer_state(http)


def _weeks(words: Words) -> list[str] | None:
    weeks = words.get("weeks")
    if weeks is None:
        return None
    if not isinstance(weeks, list) or not all(isinstance(week, str) for week in weeks):
        raise DomainError("board_words")
    return weeks


async def handle_publish(http: web.Request) -> web.Response:
    """Enter the plan into the calendar."""
    words = await _words(http)
    weeks = words.get("weeks")
    if weeks is not None and not (
        isinstance(weeks, list) and all(isinstance(w, str) for w in weeks)
    ):
        raise DomainError("board_words")
    done = await publish(
        http.app[DATABASE],
        http.app[CLOCK],
        login_of(http),
        version=_number(words, "version"),
        weeks=_weeks(words),
    )
    state = await state_now(http)
    return web.json_response({"number": done.number, "told": done.told, "state": state})


# --- the search ----------------------------------------------------------------------------------


async def handle_merge(http: web.Request) -> web.Response:
    """Begin a search for a better plan."""
    words = await _words(http)
    version, seconds = _number(words, "version"), words.get("seconds", SECONDS)
    if not isinstance(seconds, int) or not 1 <= seconds <= MOST:
        raise DomainError("board_words")
    shown = await keeping.look(http.app[DATABASE], http.app[CLOCK])
    if shown.version != version:
        raise ConflictError("board_changed")
    http.app[SOLVER].start(shown.board, version, seconds=seconds)
    return await answer_state(http)


async def show_events(http: web.Request) -> web.StreamResponse:
    """Send the progress of the search as server-sent events, as long as somebody listens."""
    answer = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await answer.prepare(http)
    with suppress(ConnectionResetError):
        async for progress in http.app[SOLVER].watch():
            await answer.write(f"data: {json.dumps(progress)}\n\n".encode())
    return answer


async def handle_stop(http: web.Request) -> web.Response:
    """End the search; what it has found stays."""
    http.app[SOLVER].stop()
    return await answer_state(http)


async def handle_take(http: web.Request) -> web.Response:
    """Put what was found into the working plan, as one step."""
    words = await _words(http)
    found = http.app[SOLVER].found(_number(words, "version"))

    def act(board: Board) -> Changed:
        return Changed(Working(found.plan, board.marks, board.ground.places), found.moved)

    moved = await _make(http, words, "board.step_take", act)
    http.app[SOLVER].drop()
    return await answer_state(http, moved)


async def handle_offer(http: web.Request) -> web.Response:
    """Put what the night found into the working plan, as one step."""
    words = await _words(http)
    offer = (await keeping.look(http.app[DATABASE], http.app[CLOCK])).offer
    moved = await _make(http, words, "board.step_offer", lambda b: offers.take(offer, b))
    await offers.drop(http.app[DATABASE])
    return await answer_state(http, moved)


async def handle_offer_drop(http: web.Request) -> web.Response:
    """Throw away what the night found."""
    await offers.drop(http.app[DATABASE])
    return await answer_state(http)


async def handle_drop(http: web.Request) -> web.Response:
    """Throw away what was found."""
    http.app[SOLVER].drop()
    return await answer_state(http)


ROUTES = [
    web.get("/board/state", show_state, name="board.state"),
    web.get("/board/prices/{request}", show_prices, name="board.prices"),
    web.post("/board/move", handle_move, name="board.move.post"),
    web.post("/board/out", handle_out, name="board.out.post"),
    web.post("/board/digest", handle_digest, name="board.digest.post"),
    web.post("/board/pin", handle_pin, name="board.pin.post"),
    web.post("/board/freeze", handle_freeze, name="board.freeze.post"),
    web.post("/board/undo", handle_undo, name="board.undo.post"),
    web.post("/board/publish", handle_publish, name="board.publish.post"),
    web.post("/board/merge", handle_merge, name="board.merge.post"),
    web.get("/board/events", show_events, name="board.events"),
    web.post("/board/stop", handle_stop, name="board.stop.post"),
    web.post("/board/take", handle_take, name="board.take.post"),
    web.post("/board/offer/take", handle_offer, name="board.offer.take.post"),
    web.post("/board/offer/drop", handle_offer_drop, name="board.offer.drop.post"),
    web.post("/board/drop", handle_drop, name="board.drop.post"),
]
