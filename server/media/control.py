"""The language between control process and worker: one JSON message a line, typed by msgspec.

Control sends requests with a number; the worker answers each with the same number and, unasked,
sends notices (the events of ``model``) and a tick as a sign of life.
"""

from collections.abc import Callable

import msgspec

from server.media.model import (
    Choice,
    MediaEvent,
    MediaOutage,
    PeerConnected,
    PeerDisconnected,
    RecordingChanged,
    RecordingGap,
    RecordingPlan,
    SourceHealth,
    VoicesChanged,
)

VERSION = 7
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
    """Let only these sources be heard in a room; None is everybody.

    ``asked`` of them have a place among the voices before they are loud.
    """

    room: str
    sources: list[str] | None
    asked: list[str] = []


class CloseRoom(msgspec.Struct, frozen=True, tag="close_room"):
    """End all peers of a room and forget it."""

    room: str


class Record(msgspec.Struct, frozen=True, tag="record"):
    """Record a room in a folder by a plan, or go on by another; how it goes is told."""

    room: str
    folder: str
    plan: RecordingPlan


class EndRecording(msgspec.Struct, frozen=True, tag="end_recording"):
    """End the recording of a room, if there is one."""

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
    | Record
    | EndRecording
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
    cls.__name__: cls
    for cls in (
        PeerConnected,
        PeerDisconnected,
        MediaOutage,
        VoicesChanged,
        SourceHealth,
        RecordingChanged,
        RecordingGap,
    )
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
