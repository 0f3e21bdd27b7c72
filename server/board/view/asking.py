"""What a leader is or could be asked for, and how both plans compare. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from server.board.escalation import Ask, Escalated
from server.board.figures import totals_of
from server.board.view.sight import Sight
from server.i18n.dates import month_day
from server.merging.instance.model import Cell, MergePlan
from server.merging.words.wording import HALF_WORDS
from server.scheduler.exceptions import SignedException
from server.scheduler.overruns import Overrun

Told = dict[str, Any]


def say_cell(sight: Sight, cell: Cell | tuple[Any, str]) -> str:
    """Return a half-day in words."""
    day, half = month_day(cell[0], sight.language), sight.say(HALF_WORDS[cell[1]])
    return f"{day} {half}" if sight.language == "en" else f"{day}{half}"


def tell_asked(sight: Sight, asked: Iterable[Overrun]) -> list[Told]:
    """Return what waits for a leader's signature, by half-day."""
    found = []
    for one in sorted(asked, key=lambda one: (one.cell, one.id)):
        request = sight.board.ground.requests.get(one.number)
        if request is not None:
            found.append(
                {
                    "overrun": one.id,
                    "request": request.id,
                    "topic": request.filing.topic,
                    "department": request.department,
                    "minutes": request.filing.minutes,
                    "date": one.day.isoformat(),
                    "half": one.half,
                    "words": sight.say("board.asked", where=say_cell(sight, one.cell)),
                }
            )
    return found


def tell_hint(sight: Sight, escalated: Escalated | None) -> Told | None:
    """Return in one sentence what a leader could let in; None for nothing."""
    if escalated is None:
        return None
    placed, committees = len(escalated.asks), len(escalated.committees)
    return {
        "placed": placed,
        "committees": committees,
        "words": sight.say("board.escalated", count=placed, committees=committees),
    }


def tell_asks(sight: Sight, asks: Sequence[Ask]) -> list[Told]:
    """Return each place that could be asked for, with whose quotas it would exceed by how much."""
    return [_ask(sight, ask) for ask in asks]


def _ask(sight: Sight, ask: Ask) -> Told:
    request = sight.board.ground.requests[ask.request]
    return {
        "request": request.id,
        "number": request.number,
        "topic": request.filing.topic,
        "department": request.department,
        "minutes": request.filing.minutes,
        "date": ask.cell.date.isoformat(),
        "half": ask.cell.half,
        "trips": ask.trips,
        "calls": [_call(sight, call) for call in ask.calls],
    }


def _call(sight: Sight, call: SignedException) -> Told:
    committees = {f"C{c.id}": c for c in sight.board.ground.facts.situation.committees}
    committee = committees[call.committee]
    weekly = "W" in call.period
    return {
        "committee": committee.id,
        "number": committee.number,
        "name": committee.name,
        "post": sight.say(f"post.{call.role}") if call.role else "",
        "period": sight.say("board.that_week" if weekly else "board.that_month"),
        "used": call.used,
        "limit": call.limit,
    }


def compare(sight: Sight, escalated: Escalated) -> dict[str, Told]:
    """Return both plans in the same figures: within the quotas, and with everything signed."""
    signed = {
        "over": sum(len(ask.calls) for ask in escalated.asks),
        "committees": len(escalated.committees),
    }
    within, above = _figures(sight, sight.board.plan), _figures(sight, escalated.plan)
    return {"within": within | dict.fromkeys(signed, 0), "above": above | signed}


def _figures(sight: Sight, plan: MergePlan) -> Told:
    return totals_of(sight.lookup, plan)["now"] | {"waiting": len(plan.left_out)}
