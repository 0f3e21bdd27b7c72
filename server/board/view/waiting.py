"""The requests without a place: in which order they are told, and why each of them waits. Pure."""

from typing import Any

from server.board.model import Dropped
from server.board.view.sight import Sight
from server.merging.instance.model import Reason
from server.merging.search.reasons import RULES
from server.merging.words.wording import say_reason
from server.scheduler.filing import Approval, FiledRequest

_APPROVALS = {Approval.NOT_NEEDED: "none", Approval.GRANTED: "given"}


def tell_waiting(sight: Sight) -> list[dict[str, Any]]:
    """Return the requests without a place, the most pressing first."""
    plan, lost = sight.board.plan, {d.request: d for d in sight.board.dropped}
    reasons = {reason.request: reason for reason in plan.reasons}
    found = []
    for out in plan.left_out:
        request = sight.board.ground.requests[out.request]
        why = _why(sight, reasons.get(out.request), lost.get(out.request))
        found.append(_waiting(sight, request, why))
    return sorted(found, key=lambda r: (not r["urgent"], r["deadline"], r["request"]))


def _why(sight: Sight, reason: Reason | None, lost: Dropped | None) -> str:
    if lost is not None:
        return sight.say("board.lost_place", rule=sight.say(RULES[lost.rule]))
    return say_reason(reason, sight.language) if reason is not None else ""


def _waiting(sight: Sight, request: FiledRequest, why: str) -> dict[str, Any]:
    filing = request.filing
    days = sight.board.instance.digest_days
    committees = sight.lookup.committees[request.number].bit_count()
    posts = sight.joined(sight.say(f"post.{post}") for post in filing.posts)
    return {
        "request": request.id,
        "number": request.number,
        "topic": filing.topic,
        "minutes": filing.minutes,
        "department": request.department,
        "audience_words": sight.say("board.audience", count=committees, posts=posts),
        "urgent": filing.urgent,
        "digestible": any(filing.earliest <= day <= filing.deadline for day in days),
        "approval": _APPROVALS.get(request.approval, "waiting"),
        "why": why,
        "deadline": filing.deadline.isoformat(),
    }
