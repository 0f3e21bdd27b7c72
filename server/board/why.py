"""Why a request is where it is: what it shares, what decided, and what the hand has fixed. Pure."""

from server.board.working import Board
from server.i18n.catalogue import say
from server.merging.instance.lookup import look_up
from server.merging.instance.model import Instance
from server.merging.search.prices import Moves
from server.merging.words.price_words import say_decisive
from server.merging.words.wording import say_reason, speak


def say_why(
    board: Board, number: str, priced: tuple[Instance, Moves | None], language: str
) -> list[str]:
    """Return sentences for a clerk: where a request went or what kept it out, and what decided.

    Args:
        board: the working plan.
        number: of the request.
        priced: the instance in which its moves were priced, and the moves; None for what is only
            to be made known.
        language: of the words.
    """
    reason = next((r for r in board.plan.reasons if r.request == number), None)
    if reason is None:
        return []
    if reason.code == "reason.left_out":
        spoken = speak(reason, language)
        return [line for line in (spoken.text, *spoken.details, spoken.action) if line]
    instance, moves = priced
    lines = [say_reason(reason, language)]
    if moves is not None:
        lines.append(say_decisive(look_up(instance), moves, language))
    return [line for line in (*lines, _fixed(board, number, language)) if line]


def _fixed(board: Board, number: str, language: str) -> str:
    """Return what keeps a request where it is besides its price; empty for nothing."""
    cell = board.places.get(number)
    if cell is not None and cell in board.marks.frozen:
        return say(language, "board.why_frozen")
    if number in board.marks.pins:
        return say(language, "board.why_pinned")
    if number in board.marks.digest:
        return say(language, "board.why_digest")
    return ""
