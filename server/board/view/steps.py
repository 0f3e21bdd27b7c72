"""What was done to the plan and what was found for it, in words: steps, moves, offers. Pure."""

from collections.abc import Iterable
from typing import Any

from server.board.model import Offer, Step
from server.board.working import Board, digests_of
from server.i18n.catalogue import say
from server.merging.instance.model import Cell, Reason
from server.merging.words.wording import spoken


def say_step(step: Step | None, language: str) -> str | None:
    """Return what the last change was, None when nothing can be undone."""
    if step is None:
        return None
    return say(language, step.code, **spoken(Reason("", step.code, step.params), language))


def say_offer(offer: Offer | None, language: str) -> dict[str, Any] | None:
    """Return what the night found, None when it found nothing for the plan as it is."""
    if offer is None:
        return None
    gain = {name: offer.gain.get(name, 0) for name in ("placed", "trips", "sessions", "moved")}
    return {
        "found_at": offer.found_at.isoformat(),
        "words": say(language, "board.offer", **gain),
        **gain,
    }


def say_moved(board: Board, moved: Iterable[str], language: str) -> list[str]:
    """Return what a change moved besides, each with where it is now."""
    places, digests = board.places, digests_of(board.plan)
    said = []
    for number in moved:
        request = board.ground.requests.get(number)
        topic = request.filing.topic if request else number
        cell: Cell | None = places.get(number)
        params: dict[str, str | int] = {"request": number, "topic": topic}
        code = "board.moved_out"
        if cell is not None:
            params |= {"date": cell.date.isoformat(), "half": cell.half}
            code = "board.moved_to"
        elif number in digests:
            code = "board.moved_digest"
        said.append(say(language, code, **spoken(Reason(number, code, params), language)))
    return said
