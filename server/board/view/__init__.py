"""The board as its page shows it, put together from its parts; the shape is in docs/board.md. Pure.

Every word is in the visit's language.
"""

from collections.abc import Sequence
from typing import Any

from server.board.figures import totals_of
from server.board.view.asking import tell_asked
from server.board.view.quotas import tell_warnings
from server.board.view.sight import Sight, Span, span_of
from server.board.view.waiting import tell_waiting
from server.board.view.weeks import tell_weeks
from server.board.working import Board, is_dirty
from server.scheduler.overruns import Overrun

__all__ = ["Span", "span_of", "state_of"]


def state_of(
    board: Board, span: Span, language: str, asked: Sequence[Overrun] = ()
) -> dict[str, Any]:
    """Return what the page shows of a board in some weeks.

    Args:
        board: the working plan, or what it would be.
        span: the weeks.
        language: of the words.
        asked: what waits for a leader's signature.
    """
    sight = Sight(board, language)
    return {
        "today": board.ground.facts.today.isoformat(),
        "span": {"from": span.first.isoformat(), "to": span.last.isoformat()},
        "weeks": tell_weeks(sight, span),
        "asked": tell_asked(sight, asked),
        "waiting": tell_waiting(sight),
        "warnings": tell_warnings(sight, span),
        "totals": totals_of(sight.lookup, board.plan),
        "dirty": is_dirty(board),
    }
