"""Comparing streets (各街道对比): what one street hands to another, and how that is read. Pure.

One installation knows one street. What is compared are figures that each street's own report gives
out as a small file, with who made it and when; they are shown as that street's word, not as ours.
"""

import json
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from server.domain.errors import DomainError
from server.domain.events import Payload, parse_time, time_text

FORMAT = "pinhui-street-figures/1"
LARGEST = 64 * 1024
_MOST = 10**9
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class StreetFigures:
    """One street over one period.

    ``calls`` is the denominator of ``present`` and of ``items``; a rate is calls for each committee
    and working day. Minutes are sums of whole minutes.
    """

    street: str
    period: str
    first: date
    last: date
    workdays: int
    committees: int
    sessions: int
    calls: int
    minutes: int
    present: int
    items: int
    spare: int
    waited: int
    made_by: str
    made_at: datetime

    @property
    def rate(self) -> int:
        """Calls for each committee and working day, in hundredths; 0 without any."""
        whole = self.workdays * self.committees
        return (200 * self.calls + whole) // (2 * whole) if whole else 0

    @property
    def merged(self) -> int:
        """Trips saved by merging."""
        return self.items - self.calls

    @property
    def saved(self) -> int:
        """Waiting minutes saved."""
        return self.spare - self.waited


_NUMBERS = tuple(f.name for f in fields(StreetFigures) if f.type is int)


def figures_payload(figures: StreetFigures) -> Payload:
    """Return the figures as they are handed on and kept."""
    return asdict(figures) | {
        "format": FORMAT,
        "first": figures.first.isoformat(),
        "last": figures.last.isoformat(),
        "made_at": time_text(figures.made_at),
    }


def figures_from_payload(payload: Payload) -> StreetFigures:
    """Return the figures that ``figures_payload`` wrote."""
    texts = {name: payload[name] for name in ("street", "period", "made_by")}
    return StreetFigures(
        **texts,
        **{name: payload[name] for name in _NUMBERS},
        first=date.fromisoformat(payload["first"]),
        last=date.fromisoformat(payload["last"]),
        made_at=parse_time(payload["made_at"]),
    )


def read_figures(data: bytes, own_street: str) -> StreetFigures:
    """Return the figures in a file that somebody brings.

    Raises:
        DomainError: ``figures_unreadable`` for a file that is none, ``figures_impossible`` for
            numbers that cannot be, ``figures_own`` for a street's own.
    """
    if len(data) > LARGEST:
        raise DomainError("figures_unreadable")
    try:
        payload = json.loads(data)
        if not isinstance(payload, dict) or payload.get("format") != FORMAT:
            raise DomainError("figures_unreadable")
        _require_types(payload)
        found = figures_from_payload(payload)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DomainError("figures_unreadable") from error
    _require_possible(found)
    if found.street == own_street:
        raise DomainError("figures_own")
    return found


def _require_types(payload: dict[str, Any]) -> None:
    for name in _NUMBERS:
        if type(payload[name]) is not int:
            raise ValueError(name)
    for name in ("street", "period", "made_by"):
        if not isinstance(payload[name], str) or not 0 < len(payload[name]) <= _LONGEST:
            raise ValueError(name)


def _require_possible(found: StreetFigures) -> None:
    """Refuse what no street can have reported."""
    numbers = [getattr(found, name) for name in _NUMBERS]
    good = (
        all(0 <= number <= _MOST for number in numbers)
        and found.first <= found.last
        and found.workdays <= (found.last - found.first).days + 1
        and found.present <= found.calls <= found.items
        and found.sessions <= found.calls
        and found.waited <= found.spare <= found.minutes
        and len(found.period) <= 24
    )
    if not good:
        raise DomainError("figures_impossible")
