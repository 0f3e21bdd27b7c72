"""The words of the media plane: what a viewer asks for, what is told of peers, what is counted.

A *peer* is one WebRTC connection. It publishes under a *source* name in a *room* and watches
through numbered *slots*. Everything here is a frozen value and travels over the control socket.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["audio", "video"]
Layer = Literal["high", "low"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a slot shows: a source by name and, for video, the layer (分层) wished for."""

    source: str
    layer: Layer = "high"


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """Journal event: the DTLS handshake of a peer (接入端) is done.

    ``seq`` grows through all workers of an installation; ``at_ms`` is Unix milliseconds.
    """

    seq: int
    peer: str
    room: str
    source: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class PeerDisconnected:
    """Journal event: a peer that had connected is gone.

    ``at_ms`` is the Unix millisecond of its last authenticated packet, not of the moment at which
    the silence was noticed.
    """

    seq: int
    peer: str
    room: str
    source: str
    at_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class VoicesChanged:
    """Who speaks in a room and is heard, at most three; an open microphone alone is no voice."""

    room: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """What the worker receives from one source, told about once a second when it changed.

    ``fps`` is of the best layer that arrives, ``loss_percent`` of all its packets;
    ``rtt_ms`` is None until the peer has answered a sender report.
    """

    room: str
    source: str
    video_kbps: int
    audio: bool
    loss_percent: float
    fps: float
    rtt_ms: int | None


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The worker process is gone; ``at_ms`` is its last sign of life in Unix milliseconds."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """A new worker process serves; every peer has to join again. ``at_ms`` is Unix milliseconds."""

    pid: int
    udp_port: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """Which sources of a room are recorded (录像), at their best layer.

    Whoever is not audible is not recorded as sound either, whatever is said here.

    Attributes:
        pictures: by name; None is everybody's.
        sounds: by name; None is everybody's.
        voices: the three voices that are heard, whosever they are, beside ``sounds``.
        shown: whose picture is big for everybody, for whoever makes one film of it.
    """

    pictures: tuple[str, ...] | None = ()
    sounds: tuple[str, ...] | None = ()
    voices: bool = False
    shown: str = ""


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """How the recording of a room goes, since ``at_ms`` in Unix milliseconds.

    ``state``: ``writing``, or why nothing is written: ``full`` (less than 5 % of the disk is free),
    ``slow`` (it cannot keep up), ``failed``. Only ``writing`` needs nobody.
    """

    room: str
    state: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class RecordingGap:
    """Nothing was recorded between two moments; ``why`` is one of ``recording.journal.Why``."""

    room: str
    from_ms: int
    until_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class MediaOutage:
    """Journal event: nothing was forwarded between two workers.

    In Unix milliseconds, ``from_ms`` is the last sign of life of the one, ``until_ms`` the
    beginning of the other.
    """

    seq: int
    from_ms: int
    until_ms: int


JournalEvent = PeerConnected | PeerDisconnected | MediaOutage
MediaEvent = (
    JournalEvent
    | VoicesChanged
    | SourceHealth
    | WorkerLost
    | WorkerStarted
    | RecordingChanged
    | RecordingGap
)


@dataclass(frozen=True, slots=True)
class PeerInfo:
    """A peer that is connected; since when, and when its last authenticated packet came.

    Both in Unix milliseconds of the worker's clock.
    """

    peer: str
    room: str
    source: str
    since_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class PeerStats:
    """Counters of one peer; rates are of the last full second.

    ``idle_ms`` is the age of the last authenticated packet. ``fps`` and ``loss_percent`` tell of
    what the peer publishes, ``viewer_loss_percent`` of what it reports about its slots.
    ``rung`` is the step of the quality ladder it is served at, 0 the best.
    """

    peer: str
    room: str
    source: str
    in_kbps: int
    out_kbps: int
    fps: float
    loss_percent: float
    viewer_loss_percent: float
    idle_ms: int
    rung: int


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """Counters of a worker since its start.

    ``core`` is the processor's core that it runs on, ``media_core`` what its packets take:
    ``python`` or ``c``. ``drops`` maps a reason to a count of packets; ``peers`` is sorted by id.
    """

    pid: int
    core: int
    media_core: str
    udp_port: int
    cpu_seconds: float
    packets_in: int
    packets_out: int
    drops: dict[str, int]
    peers: tuple[PeerStats, ...]
