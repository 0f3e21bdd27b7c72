"""Asking a leader for places above quotas, and taking that back until it is signed."""

from aiohttp import web

from server.auth.guard import login_of
from server.board.routes.api import answer_state, spoken, state_now
from server.board.routes.words import asks_in, number_in, numbers_in, read_words
from server.board.service import asking
from server.domain.errors import ConflictError
from server.pages.context import CLOCK, DATABASE


async def handle_ask(http: web.Request) -> web.Response:
    """Put a list of places before a leader; answer with the state and what the list is known by."""
    words = await read_words(http)
    try:
        numbers = await asking.ask(
            http.app[DATABASE],
            http.app[CLOCK],
            login_of(http),
            version=number_in(words, "version"),
            wanted=asks_in(words),
            why=" ".join(str(words.get("why", "")).split()),
        )
    except ConflictError as refusal:
        raise spoken(http, refusal) from None
    return web.json_response({"overruns": numbers, "state": await state_now(http)})


async def handle_take_back(http: web.Request) -> web.Response:
    """Ask no more for what no leader has decided on."""
    words = await read_words(http)
    await asking.take_back(
        http.app[DATABASE], http.app[CLOCK], login_of(http), numbers_in(words, "overruns")
    )
    return await answer_state(http)


ROUTES = [
    web.post("/board/ask", handle_ask, name="board.ask.post"),
    web.post("/board/unask", handle_take_back, name="board.unask.post"),
]
