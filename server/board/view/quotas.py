"""Whose quota is used up or exceeded in the weeks shown, and how much of it is signed. Pure."""

from collections.abc import Sequence
from typing import Any

from server.board.problem import pose
from server.board.view.sight import Sight, Span
from server.merging.instance.lookup import look_up
from server.merging.verdict.facts import work_out
from server.merging.verdict.quota import QuotaLine, compute_ledger, used_key
from server.scheduler.exceptions import still_signed
from server.scheduler.workdays import month_of, week_of


def tell_warnings(sight: Sight, span: Span) -> list[dict[str, Any]]:
    """Return the committees whose quota is used up or exceeded, those far above it first."""
    board = sight.board
    periods = {week_of(day) for day in span.days} | {month_of(day) for day in span.days}
    bare = look_up(pose(board.ground, board.marks, sight.places))
    signed = still_signed(board.ground.facts.exceptions, sight.places)
    held = [work_out(bare, session) for session in board.plan.sessions]
    lines = [
        line for line in compute_ledger(bare, held) if line.period in periods and not line.left
    ]
    lines.sort(key=lambda line: (-line.over, line.period, int(line.committee[1:]), line.role))
    return [_warning(sight, line, [one.key for one in signed]) for line in lines]


def _warning(sight: Sight, line: QuotaLine, signed: Sequence[str]) -> dict[str, Any]:
    number = int(line.committee[1:])
    committees = sight.board.ground.facts.situation.committees
    committee = next(c for c in committees if c.id == number)
    return {
        "committee": committee.id,
        "number": committee.number,
        "name": committee.name,
        "post": sight.say(f"post.{line.role}") if line.role else "",
        "period": line.period,
        "used": line.before + line.planned,
        "limit": line.limit,
        "over": line.over,
        "signed": signed.count(used_key(line.committee, line.role, line.period)),
    }
