"""What is changed by hand: a request moved, a session frozen, a step undone, the plan published."""

from collections.abc import Callable

from aiohttp import web

from server.auth.guard import login_of
from server.board import changes
from server.board.changes import Changed
from server.board.model import parse_cell
from server.board.routes.api import answer_state, spoken, state_now
from server.board.routes.words import (
    Words,
    day_of,
    half_of,
    number_in,
    read_words,
    request_in,
    switch_in,
    weeks_in,
)
from server.board.service import keeping
from server.board.service.publishing import publish
from server.board.working import Board
from server.domain.errors import ConflictError, NotFoundError
from server.pages.context import CLOCK, DATABASE


async def make_step(
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
            version=number_in(words, "version"),
            code=code,
            act=act,
            params=params,
        )
    except ConflictError as refusal:
        raise spoken(http, refusal) from None


async def _change(
    http: web.Request,
    words: Words,
    code: str,
    act: Callable[[Board], Changed],
    **params: str | int,
) -> web.Response:
    return await answer_state(http, await make_step(http, words, code, act, **params))


async def handle_move(http: web.Request) -> web.Response:
    """Put a request into a half-day."""
    words = await read_words(http)
    number, day, half = request_in(words), day_of(words.get("date")), half_of(words.get("half"))
    params = {"request": number, "date": day.isoformat(), "half": half}
    return await _change(
        http, words, "board.step_move", lambda b: changes.move(b, number, day, half), **params
    )


async def handle_out(http: web.Request) -> web.Response:
    """Let a request wait again."""
    words = await read_words(http)
    number = request_in(words)
    return await _change(
        http, words, "board.step_out", lambda b: changes.put_aside(b, number), request=number
    )


async def handle_digest(http: web.Request) -> web.Response:
    """Let a request only be made known."""
    words = await read_words(http)
    number = request_in(words)
    return await _change(
        http,
        words,
        "board.step_digest",
        lambda b: changes.send_to_digest(b, number),
        request=number,
    )


async def handle_pin(http: web.Request) -> web.Response:
    """Pin a request or let it go."""
    words = await read_words(http)
    number, on = request_in(words), switch_in(words)
    code = "board.step_pin" if on else "board.step_unpin"
    return await _change(http, words, code, lambda b: changes.pin(b, number, on=on), request=number)


async def handle_freeze(http: web.Request) -> web.Response:
    """Freeze a session or let it go."""
    words = await read_words(http)
    try:
        cell = parse_cell(str(words.get("session")))
    except ValueError:
        raise NotFoundError("no_such_session") from None
    on = switch_in(words)
    code = "board.step_freeze" if on else "board.step_unfreeze"
    params = {"date": cell.date.isoformat(), "half": cell.half}
    return await _change(http, words, code, lambda b: changes.freeze(b, cell, on=on), **params)


async def handle_undo(http: web.Request) -> web.Response:
    """Return to the plan before the last change."""
    words = await read_words(http)
    await keeping.undo(http.app[DATABASE], version=number_in(words, "version"))
    return await answer_state(http)


async def handle_publish(http: web.Request) -> web.Response:
    """Enter the plan into the calendar."""
    words = await read_words(http)
    done = await publish(
        http.app[DATABASE],
        http.app[CLOCK],
        login_of(http),
        version=number_in(words, "version"),
        weeks=weeks_in(words),
    )
    state = await state_now(http)
    return web.json_response({"number": done.number, "told": done.told, "state": state})


ROUTES = [
    web.post("/board/move", handle_move, name="board.move.post"),
    web.post("/board/out", handle_out, name="board.out.post"),
    web.post("/board/digest", handle_digest, name="board.digest.post"),
    web.post("/board/pin", handle_pin, name="board.pin.post"),
    web.post("/board/freeze", handle_freeze, name="board.freeze.post"),
    web.post("/board/undo", handle_undo, name="board.undo.post"),
    web.post("/board/publish", handle_publish, name="board.publish.post"),
]
