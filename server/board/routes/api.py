"""What the board's page asks without changing anything: the plan, prices, what was found, progress.

The shapes are in docs/board.md.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiohttp import web

from server.board.cells import say_prices
from server.board.escalation import Escalated, above_quotas, ask_for, escalate
from server.board.model import cell_of, places_asked, places_of
from server.board.routes.words import MOST, day_of, half_of
from server.board.service import keeping, offers
from server.board.service.keeping import Shown
from server.board.service.searching import Solver
from server.board.view import Span, span_of, state_of
from server.board.view.asking import compare, tell_asks, tell_hint
from server.board.view.sight import Sight
from server.board.view.steps import say_moved, say_offer, say_step
from server.board.working import Board, digests_of
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError, NotFoundError
from server.i18n.catalogue import say
from server.merging.instance.model import Cell, MergePlan
from server.merging.search.reasons import RULES
from server.pages.context import CLOCK, DATABASE, visit_of
from server.scheduler.filing import request_number

SOLVER: web.AppKey[Solver] = web.AppKey("solver", Solver)
WEEKS = (1, 5)


def read_span(http: web.Request) -> Span:
    """Return the weeks that the address asks for; the present week unless it says otherwise."""
    asked, weeks = http.query.get("from", ""), http.query.get("weeks", "1")
    day = day_of(asked) if asked else http.app[CLOCK].now().astimezone(SITE_ZONE).date()
    return span_of(day, WEEKS[1] if weeks == str(WEEKS[1]) else WEEKS[0])


async def look(http: web.Request) -> Shown:
    """Return the board as it is now; what was found before the process began is found again."""
    shown = await keeping.look(http.app[DATABASE], http.app[CLOCK])
    offers.find_again(http.app[SOLVER], shown)
    return shown


async def answer_state(http: web.Request, moved: tuple[str, ...] = ()) -> web.Response:
    """Answer with the board as it is now, and what the last change moved besides."""
    return web.json_response(await state_now(http, moved))


async def state_now(http: web.Request, moved: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the board as it is now."""
    span, language = read_span(http), visit_of(http).language
    shown = await look(http)
    return {
        "version": shown.version,
        "published": shown.published,
        **state_of(shown.board, span, language, shown.asked),
        "escalated": tell_hint(Sight(shown.board, language), escalated_of(shown)),
        "undo": say_step(shown.last, language),
        "moved": say_moved(shown.board, moved, language),
        "offer": say_offer(shown.offer, language),
        "solver": http.app[SOLVER].progress(),
    }


class _Memory:
    """The last plan above quotas: a page asks for it as often as for the board."""

    def __init__(self) -> None:
        self._last: tuple[Board, dict[str, Cell], Escalated | None] | None = None

    def escalate(self, board: Board, asked: dict[str, Cell]) -> Escalated | None:
        """Return the plan above quotas, worked out anew when anything is different."""
        last = self._last
        if last is not None and last[0] is board and last[1] == asked:
            return last[2]
        found = escalate(board, asked)
        self._last = (board, asked, found)
        return found


_MEMORY = _Memory()


def escalated_of(shown: Shown) -> Escalated | None:
    """Return what a leader could let in beside the working plan."""
    return _MEMORY.escalate(shown.board, places_asked(shown.asked))


async def show_state(http: web.Request) -> web.Response:
    """Answer with the working plan."""
    return await answer_state(http)


async def show_escalated(http: web.Request) -> web.Response:
    """Answer with the plan above quotas: the board with it, what is to be signed, both compared.

    Raises:
        ConflictError: ``board_nothing_found`` when nothing waits for want of a quota alone.
    """
    shown, language = (
        await look(http),
        visit_of(http).language,
    )
    escalated = escalated_of(shown)
    if escalated is None:
        raise ConflictError("board_nothing_found")
    board, sight = shown.board, Sight(shown.board, language)
    there = replace(board, plan=escalated.plan, instance=above_quotas(board.instance))
    return web.json_response(
        {
            "version": shown.version,
            **state_of(there, read_span(http), language, shown.asked),
            "changes": list(_changes(board, escalated.plan)),
            "asks": tell_asks(sight, escalated.asks),
            "compare": compare(sight, escalated),
        }
    )


async def show_ask(http: web.Request) -> web.Response:
    """Answer with what a leader would have to sign for one request in one half-day."""
    shown = await look(http)
    day, half = day_of(http.query.get("date", "")), half_of(http.query.get("half", ""))
    wanted = [(_request_of(http), cell_of(day, half))]
    try:
        asks = ask_for(shown.board, wanted, places_asked(shown.asked))
    except ConflictError as refusal:
        raise spoken(http, refusal) from None
    sight = Sight(shown.board, visit_of(http).language)
    return web.json_response({"asks": tell_asks(sight, asks)})


def _request_of(http: web.Request) -> str:
    text = http.match_info["request"]
    if not text.isdigit() or len(text) > len(str(MOST)):
        raise NotFoundError("no_such_request")
    return request_number(int(text))


def spoken(http: web.Request, refusal: ConflictError) -> ConflictError:
    """Return the refusal with its rule in words."""
    if "rule" not in refusal.params:
        return refusal
    rule = say(visit_of(http).language, RULES[str(refusal.params["rule"])])
    return ConflictError(refusal.code, rule=rule)


async def show_prices(http: web.Request) -> web.Response:
    """Answer with what each half-day would cost a request."""
    number = _request_of(http)
    shown = await look(http)
    prices = say_prices(shown.board, number, visit_of(http).language)
    return web.json_response(prices)


async def show_found(http: web.Request) -> web.Response:
    """Answer with the board as it would be with the plan that was found; docs/board.md."""
    shown = await look(http)
    found = http.app[SOLVER].found(shown.version)
    there = replace(shown.board, plan=found.plan)
    told = state_of(there, read_span(http), visit_of(http).language)
    changed = list(_changes(shown.board, found.plan))
    return web.json_response({"version": shown.version, **told, "changes": changed})


Spot = dict[str, str] | None


def _spots(plan: MergePlan) -> dict[str, Spot]:
    """Return where a plan has its requests: a half-day or a digest."""
    found: dict[str, Spot] = {
        number: {"date": cell.date.isoformat(), "half": cell.half}
        for number, cell in places_of(plan).items()
    }
    return found | {number: {"digest": day} for number, day in digests_of(plan).items()}


def _changes(board: Board, plan: MergePlan) -> Iterator[dict[str, Any]]:
    """Yield each request that another plan has elsewhere, by number."""
    before, after = _spots(board.plan), _spots(plan)
    for number in sorted(before.keys() | after.keys()):
        spots = before.get(number), after.get(number)
        request = board.ground.requests.get(number)
        if request is not None and spots[0] != spots[1]:
            yield {
                "request": request.id,
                "number": number,
                "topic": request.filing.topic,
                "from": spots[0],
                "to": spots[1],
            }


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


ROUTES = [
    web.get("/board/state", show_state, name="board.state"),
    web.get("/board/prices/{request}", show_prices, name="board.prices"),
    web.get("/board/escalated", show_escalated, name="board.escalated"),
    web.get("/board/ask/{request}", show_ask, name="board.ask"),
    web.get("/board/found", show_found, name="board.found"),
    web.get("/board/events", show_events, name="board.events"),
]
