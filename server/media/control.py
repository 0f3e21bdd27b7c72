"""The language between control process and worker: one JSON message a line, typed by msgspec.

Control sends requests with a number; the worker answers each with the same number and, unasked,
sends notices (the events of ``model``) and a tick as a sign of life.
"""

from collections.abc import Callable

import msgspec

from server.media.model import (
    Choice,
    JournalEvent,
    MediaEvent,
    PeerConnected,
    PeerDisconnected,
    SourceHealth,
    VoicesChanged,
)

VERSION = 3
"""Changes with every change of a message; a worker of another version is replaced."""

LONGEST_LINE = 4 * 1024 * 1024
TICK_SECONDS = 0.25


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first request: which version is spoken."""

    version: int


class Connect(msgspec.Struct, frozen=True, tag="connect"):
    """Take in a peer with its offer; the result is the answer."""

    peer: str
    offer: str
    room: str
    source: str
    slots: dict[int, Choice]


class Disconnect(msgspec.Struct, frozen=True, tag="disconnect"):
    """End a peer, if it is there."""

    peer: str
    reason: str


class Choose(msgspec.Struct, frozen=True, tag="choose"):
    """Set what slots of a peer show; None is a slot's default."""

    peer: str
    slots: dict[int, Choice | None]


class SetAudible(msgspec.Struct, frozen=True, tag="set_audible"):
    """Let only these sources be heard in a room; None is everybody."""

    room: str
    sources: list[str] | None


class CloseRoom(msgspec.Struct, frozen=True, tag="close_room"):
    """End all peers of a room and forget it."""

    room: str


class Peers(msgspec.Struct, frozen=True, tag="peers"):
    """Ask who is connected."""


class Stats(msgspec.Struct, frozen=True, tag="stats"):
    """Ask for the counters."""


class Acknowledge(msgspec.Struct, frozen=True, tag="acknowledge"):
    """Journal events up to this number need not be kept."""

    seq: int


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """End all peers and the worker."""


Command = (
    Hello
    | Connect
    | Disconnect
    | Choose
    | SetAudible
    | CloseRoom
    | Peers
    | Stats
    | Acknowledge
    | Stop
)


class Request(msgspec.Struct, frozen=True):
    """A command and the number under which its answer is awaited."""

    number: int
    command: Command


class Welcome(msgspec.Struct, frozen=True):
    """The result of ``Hello``: who serves, on which port, with which settings."""

    version: int
    pid: int
    udp_port: int
    at_ms: int
    wanted_port: int
    announce: list[str]
    wanted_core: str


class Reply(msgspec.Struct, frozen=True, tag="reply"):
    """The result of a request, or the code of its refusal."""

    number: int
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""


class Notice(msgspec.Struct, frozen=True, tag="notice"):
    """An event; ``name`` is the name of its class in ``model``."""

    name: str
    event: msgspec.Raw


class Tick(msgspec.Struct, frozen=True, tag="tick"):
    """A sign of life, four times a second; Unix milliseconds of the worker's clock."""

    at_ms: int


class Replaced(msgspec.Struct, frozen=True, tag="replaced"):
    """A newer control process has taken over; this connection is closed."""


Message = Reply | Notice | Tick | Replaced

_EVENTS: dict[str, type[MediaEvent]] = {
    cls.__name__: cls for cls in (PeerConnected, PeerDisconnected, VoicesChanged, SourceHealth)
}
_request_decoder = msgspec.json.Decoder(Request)
_message_decoder: Callable[[bytes], Message] = msgspec.json.Decoder(Message).decode


class ControlError(ValueError):
    """A line that is no message of this version."""


def encode(message: Request | Message) -> bytes:
    """Return the message as a line."""
    return msgspec.json.encode(message) + b"\n"


def decode_request(line: bytes) -> Request:
    """Return the request on a line.

    Raises:
        ControlError: when it is none.
    """
    try:
        return _request_decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ControlError(str(error)) from None


def decode_message(line: bytes) -> Message:
    """Return the worker's message on a line.

    Raises:
        ControlError: when it is none.
    """
    try:
        return _message_decoder(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ControlError(str(error)) from None


def notice(event: MediaEvent) -> Notice:
    """Wrap an event."""
    return Notice(type(event).__name__, msgspec.Raw(msgspec.json.encode(event)))


def event_of(message: Notice) -> MediaEvent:
    """Unwrap an event.

    Raises:
        ControlError: when its name or shape is unknown.
    """
    cls = _EVENTS.get(message.name)
    if cls is None:
        raise ControlError(message.name)
    try:
        return msgspec.json.decode(message.event, type=cls)
    except msgspec.DecodeError as error:
        raise ControlError(str(error)) from None


class Journal:
    """Connects and disconnects in order, kept until the control process has stored them.

    Numbers start at the worker's first millisecond times 1,000, so those of a later worker are
    always greater.
    """

    def __init__(self, started_ms: int) -> None:
        self._next = started_ms * 1000
        self._kept: list[JournalEvent] = []
        self._inherited: set[int] = set()

    @classmethod
    def of(cls, started_ms: int, stored: bytes) -> "Journal":
        """Return a journal that goes on from what an earlier worker left (see ``stored``).

        Raises:
            ControlError: when ``stored`` is no journal.
        """
        journal = cls(started_ms)
        try:
            for line in stored.splitlines():
                message = msgspec.json.decode(line, type=Notice)
                event = event_of(message)
                if isinstance(event, PeerConnected | PeerDisconnected):
                    journal.add(event)
                    journal._inherited.add(event.seq)
        except msgspec.DecodeError as error:
            raise ControlError(str(error)) from None
        return journal

    def stored(self) -> bytes:
        """Return what is kept, one notice a line; empty when all is acknowledged."""
        return b"".join(encode(notice(event)) for event in self._kept)

    def next_seq(self) -> int:
        """Return a new number, greater than all before."""
        self._next += 1
        return self._next

    def add(self, event: JournalEvent) -> None:
        """Keep an event."""
        self._kept.append(event)

    def acknowledge(self, seq: int) -> None:
        """Forget the event of this number; those before it may have been left untold."""
        self._kept = [event for event in self._kept if event.seq != seq]
        self._inherited.discard(seq)

    @property
    def is_handed_over(self) -> bool:
        """Whether nothing is kept any more of what an earlier worker left."""
        return not self._inherited

    @property
    def kept(self) -> tuple[JournalEvent, ...]:
        """The events that nobody has acknowledged, in order."""
        return tuple(self._kept)
