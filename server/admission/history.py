"""What became of a request, step by step (办理经过): a fold over the audit log. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from server.domain.events import SYSTEM, EventKind, Payload, Recorded

KINDS = (
    EventKind.REQUEST_SUBMITTED,
    EventKind.REQUEST_CHANGED,
    EventKind.REQUEST_WITHDRAWN,
    EventKind.REQUEST_RETURNED,
    EventKind.REQUEST_REFERRED,
    EventKind.REQUEST_GRANTED,
    EventKind.REQUEST_REFUSED,
    EventKind.REQUEST_UNDECIDED,
    EventKind.REQUEST_TAKEN_OUT,
    EventKind.OVERRUN_ASKED,
    EventKind.OVERRUN_GRANTED,
    EventKind.OVERRUN_REFUSED,
    EventKind.OVERRUN_WITHDRAWN,
    EventKind.SESSION_SCHEDULED,
    EventKind.SESSION_CHANGED,
    EventKind.PLAN_ACCEPTED,
    EventKind.REQUEST_MADE_KNOWN,
    EventKind.DIGEST_SENT,
)
"""Kinds of events that may name a request."""


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step: when, who (a name, empty for the server), what happened as a kind, and its facts.

    ``for_whom`` is in whose name somebody else decided, else empty.
    """

    at: datetime
    who: str
    kind: str
    facts: Payload
    for_whom: str = ""


def history_of(
    number: str, events: Iterable[Recorded], names: Mapping[int, str]
) -> list[HistoryStep]:
    """Return the steps of a request in their order.

    Args:
        number: such as ``R007``.
        events: recorded events that name it, in order.
        names: what accounts are called, by id.
    """
    steps = []
    for event in events:
        kind = _kind(number, event)
        if not kind:
            continue
        giver = event.payload.get("for_account")
        steps.append(
            HistoryStep(
                at=event.at,
                who=_who(event.actor, names),
                kind=kind,
                facts=event.payload,
                for_whom=names.get(giver, "") if isinstance(giver, int) else "",
            )
        )
    return steps


def names_request(payload: Payload, number: str) -> bool:
    """Tell whether an event is about a request, alone or among others."""
    among = [*payload.get("requests", []), payload.get("request")]
    return number in [*among, *(one["request"] for one in payload.get("overruns", []))]


def _kind(number: str, event: Recorded) -> str:
    """Return what an event means for this request; empty when nothing new."""
    if event.kind in (EventKind.SESSION_SCHEDULED, EventKind.SESSION_CHANGED):
        return "placed" if number in event.payload.get("requests", []) else ""
    if event.kind == EventKind.PLAN_ACCEPTED:
        if number in event.payload.get("digest", []):
            return "in_digest"
        return "left_out" if number in event.payload.get("left_out", []) else ""
    return event.kind if event.kind in KINDS else ""


def _who(actor: str, names: Mapping[int, str]) -> str:
    kind, _, found = actor.partition(":")
    if actor == SYSTEM or kind != "login" or not found.isdigit():
        return ""
    return names.get(int(found), actor)
