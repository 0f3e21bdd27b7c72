"""Folds events into the connections of each venue and the outages of the service."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from server.attendance.model import Connection, Ending
from server.domain.events import EventKind, Recorded, parse_time
from server.domain.timespan import Span

_ONLY = "only"
"""The name of a connection whose event names no peer: a venue has at most one such."""


@dataclass(slots=True)
class Connections:
    """What came of the events so far.

    ``end`` is how far we look: the session's close, or now. ``by_venue`` holds ended connections in
    order of ending; ``outages`` are ``[since, until)`` and began before the end.
    """

    end: datetime
    by_venue: dict[int, list[Connection]] = field(default_factory=lambda: defaultdict(list))
    outages: list[Span] = field(default_factory=list)
    _standing: dict[tuple[int, str], datetime] = field(default_factory=dict)
    _out_since: datetime | None = None

    def fold(self, event: Recorded) -> None:
        """Take the next event in order of sequence; kinds that do not concern us pass."""
        handler = _HANDLERS.get(event.kind)
        if handler is not None:
            handler(self, event)

    def close(self) -> None:
        """End what still stands."""
        for key in list(self._standing):
            self._end(key, self.end, Ending.STANDING)
        if self._out_since is not None:
            self.outages.append(Span(self._out_since, self.end))
            self._out_since = None

    def _connect(self, event: Recorded) -> None:
        self._standing.setdefault(_key(event), min(event.at, _moment(event, "connected_at")))

    def _disconnect(self, event: Recorded) -> None:
        left = event.payload.get("reason") == "left"
        self._end(_key(event), _last_packet(event), Ending.LEFT if left else Ending.LOST)

    def _replace(self, event: Recorded) -> None:
        self._end(_key(event), _last_packet(event), Ending.LOST)

    def _end(self, key: tuple[int, str], end: datetime, ending: Ending) -> None:
        start = self._standing.pop(key, None)
        if start is not None:
            self.by_venue[key[0]].append(Connection(Span(start, max(start, end)), ending))

    def _outage_started(self, event: Recorded) -> None:
        since = _moment(event, "since")
        if since >= self.end:
            return
        for key in list(self._standing):
            self._end(key, since, Ending.LOST)
        if self._out_since is None:
            self._out_since = since

    def _outage_ended(self, event: Recorded) -> None:
        if self._out_since is not None:
            until = max(self._out_since, _moment(event, "until"))
            self.outages.append(Span(self._out_since, until))
            self._out_since = None


_HANDLERS: dict[str, Callable[[Connections, Recorded], None]] = {
    EventKind.VENUE_CONNECTED: Connections._connect,
    EventKind.VENUE_DISCONNECTED: Connections._disconnect,
    EventKind.VENUE_REPLACED: Connections._replace,
    EventKind.SYSTEM_OUTAGE_STARTED: Connections._outage_started,
    EventKind.SYSTEM_OUTAGE_ENDED: Connections._outage_ended,
}


def fold_connections(events: Iterable[Recorded], end: datetime) -> Connections:
    """Return connections and outages of events in order of sequence, all ended by ``end``."""
    connections = Connections(end)
    for event in events:
        connections.fold(event)
    connections.close()
    return connections


def _key(event: Recorded) -> tuple[int, str]:
    return event.payload["venue_id"], event.payload.get("peer", _ONLY)


def _last_packet(event: Recorded) -> datetime:
    """Return when the venue was last heard: never after the event that tells of it."""
    return min(event.at, _moment(event, "last_packet_at"))


def _moment(event: Recorded, name: str) -> datetime:
    text = event.payload.get(name)
    return event.at if text is None else parse_time(text)
