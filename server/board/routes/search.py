"""What is done with the search and with what it has found, by day and by night."""

from functools import partial

from aiohttp import web

from server.board.changes import Changed
from server.board.model import Working
from server.board.routes.api import SOLVER, answer_state, look
from server.board.routes.hand import make_step
from server.board.routes.words import MOST, number_in, read_words
from server.board.service import offers
from server.board.service.searching import SECONDS
from server.board.store import Kept
from server.board.working import Board
from server.domain.errors import ConflictError, DomainError
from server.pages.context import CLOCK, DATABASE


async def handle_merge(http: web.Request) -> web.Response:
    """Begin a search for a better plan."""
    words = await read_words(http)
    version, seconds = number_in(words, "version"), words.get("seconds", SECONDS)
    if not isinstance(seconds, int) or not 1 <= seconds <= MOST:
        raise DomainError("board_words")
    shown = await look(http)
    if shown.version != version:
        raise ConflictError("board_changed")
    db, clock = http.app[DATABASE], http.app[CLOCK]
    keep = partial(offers.keep, db, clock, version)
    http.app[SOLVER].start(shown.board, version, seconds=seconds, keep=keep)
    return await answer_state(http)


async def handle_stop(http: web.Request) -> web.Response:
    """End the search; what it has found stays."""
    http.app[SOLVER].stop()
    return await answer_state(http)


async def handle_take(http: web.Request) -> web.Response:
    """Put what was found into the working plan, as one step."""
    words = await read_words(http)
    await look(http)
    found = http.app[SOLVER].found(number_in(words, "version"))

    def act(board: Board) -> Changed:
        return Changed(Working(found.plan, board.marks, board.ground.places), found.moved)

    moved = await make_step(http, words, "board.step_take", act)
    http.app[SOLVER].drop()
    await offers.drop(http.app[DATABASE], Kept.DAY)
    return await answer_state(http, moved)


async def handle_offer(http: web.Request) -> web.Response:
    """Put what the night found into the working plan, as one step."""
    words = await read_words(http)
    offer = (await look(http)).offer
    moved = await make_step(http, words, "board.step_offer", lambda b: offers.take(offer, b))
    await offers.drop(http.app[DATABASE])
    return await answer_state(http, moved)


async def handle_offer_drop(http: web.Request) -> web.Response:
    """Throw away what the night found."""
    await offers.drop(http.app[DATABASE])
    return await answer_state(http)


async def handle_drop(http: web.Request) -> web.Response:
    """Throw away what was found."""
    http.app[SOLVER].drop()
    await offers.drop(http.app[DATABASE], Kept.DAY)
    return await answer_state(http)


ROUTES = [
    web.post("/board/merge", handle_merge, name="board.merge.post"),
    web.post("/board/stop", handle_stop, name="board.stop.post"),
    web.post("/board/take", handle_take, name="board.take.post"),
    web.post("/board/drop", handle_drop, name="board.drop.post"),
    web.post("/board/offer/take", handle_offer, name="board.offer.take.post"),
    web.post("/board/offer/drop", handle_offer_drop, name="board.offer.drop.post"),
]
