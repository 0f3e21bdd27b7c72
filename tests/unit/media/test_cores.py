"""What both cores must do alike: the same packets in, the same packets out, and onto the wire."""

import logging
import secrets
import socket
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from server.media.codec import Vp8
from server.media.core import build, choice, selftest
from server.media.core.choice import CoreUnavailable, choose_core
from server.media.core.model import Core
from server.media.core.plain import PlainCore
from server.media.core.sockaddr import from_sockaddr, sockaddr_size, to_sockaddr
from server.media.dtls import Scratch, Srtp
from server.media.lanes import CLOSED, OPEN, OPENING, LaneStart
from server.media.rtp import Packet, parse_rtp
from tests.unit.media.cores import CORES, build_core, make_core

LOG = logging.getLogger("test")
KEY = secrets.token_bytes(44)


class Slot:
    def __init__(self, lane: Any) -> None:
        self.lane = lane


class Stream:
    """As much of a stream as a core touches."""

    def __init__(self, *lanes: Any) -> None:
        self.slots = [Slot(lane) for lane in lanes]
        self.fan: Any = None


def session(kind: int) -> Session:
    return Session(
        Policy(key=KEY, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    )


def keys() -> Srtp:
    return Srtp(session(Policy.SSRC_ANY_INBOUND), session(Policy.SSRC_ANY_OUTBOUND))


def sound(seq: int, payload: bytes) -> Packet:
    return Packet(111, marker=0, seq=seq & 0xFFFF, ts=seq * 960, ssrc=1, payload=payload)


def udp(address: str = "127.0.0.1") -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    sock.setblocking(False)
    return sock


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> Core:
    return make_core(request.param)


class Wire:
    """A core that sends from one socket to another, with keys for both ends."""

    def __init__(self, core: Core, address: str = "127.0.0.1") -> None:
        self.core = core
        self.sender, self.receiver = udp(address), udp(address)
        self.far_end = keys()
        self.target = core.target("viewer")
        self.target.arm(keys())
        self.target.aim(self.sender, self.receiver.getsockname())
        self.lane: Any = core.lane(self.target, LaneStart("audio", 7, 111, 0, seq=100, ts=0))
        self.lane.switch(1.0, 48_000, seq=70_000, ts=0)
        self.stream: Any = Stream(self.lane)

    def collect(self, *payloads: bytes, first: int = 70_000) -> None:
        for place, payload in enumerate(payloads):
            packet = sound(first + place, payload)
            self.core.forward_audio(1.0, self.stream, packet, first + place)

    def arrived(self) -> list[Packet]:
        found = []
        while True:
            try:
                found.append(self.read(self.receiver))
            except BlockingIOError:
                return found

    def read(self, sock: socket.socket) -> Packet:
        scratch = Scratch()
        size = self.far_end.unprotect_rtp(scratch, sock.recv_into(scratch.data))
        return parse_rtp(bytes(scratch.view[:size]))

    def close(self) -> None:
        self.sender.close()
        self.receiver.close()


@pytest.fixture
def wire(core: Core) -> Any:
    wire = Wire(core)
    yield wire
    wire.close()


# --- the same packets -----------------------------------------------------------------------------

descriptors = st.builds(
    Vp8,
    first=st.integers(0, 0x7F),
    flags=st.sampled_from([0, 0x10, 0x20, 0x30]),
    picture_id=st.just(0),
    picture_bits=st.just(15),
    tl0=st.integers(-1, 255),
    tail=st.integers(-1, 255),
    length=st.integers(0, 6),
)
steps = st.one_of(
    st.tuples(
        st.just("picture"),
        st.integers(-20, 20),
        st.integers(-1, 1 << 40),
        descriptors,
        st.binary(max_size=40),
    ),
    st.tuples(st.just("sound"), st.integers(-20, 20), st.binary(max_size=40)),
    st.tuples(st.just("skip"), st.integers(-20, 20)),
    st.tuples(st.just("gate"), st.sampled_from([OPEN, CLOSED, OPENING])),
    st.tuples(
        st.just("switch"),
        st.floats(0, 1e6),
        st.integers(1 << 16, 1 << 40),
        st.integers(0, 0xFFFF_FFFF),
    ),
    st.tuples(st.just("pictures"), st.integers(-1, 1 << 40), st.integers(-1, 255)),
    st.tuples(st.just("resend"), st.integers(0, 0xFFFF)),
    st.tuples(st.just("resend near"), st.integers(-300, 5)),
)


def play(core: Core, script: list[Any], start: LaneStart) -> list[Any]:
    """Do what a script says; return every packet and every count."""
    lanes: list[Any] = [
        core.lane(core.target("a"), start),
        core.lane(core.target("b"), LaneStart("video", 3, 100, 14, seq=0xFFFF, ts=9)),
    ]
    stream: Any = Stream(*lanes)
    now, newest = 1.0, 70_000
    for kind, *values in script:
        now += 0.01
        if kind in ("picture", "sound"):
            number = newest + values[0]
            newest = max(newest, number)
            packet = Packet(
                96,
                marker=128,
                seq=number & 0xFFFF,
                ts=number,
                ssrc=1,
                payload=values[-1] + b"123456",
            )
        if kind == "picture":
            picture = values[1]
            descriptor = values[2]._replace(picture_id=min(picture, 0))
            core.forward_video(
                now, stream, packet, number, descriptor, picture=picture, send_time=number & 0xFF
            )
        elif kind == "sound" and start.kind == "audio":
            core.forward_audio(now, stream, packet, number)
        elif kind.startswith("resend"):
            near = newest + values[0] if kind == "resend near" else values[0]
            for lane in lanes:
                core.resend(lane, near & 0xFFFF)
        else:
            for lane in lanes:
                alter(lane, kind, now, newest, values)
    counts = [
        (lane.packets, lane.octets, lane.gate, lane.ts_offset & 0xFFFF_FFFF) for lane in lanes
    ]
    return [(to.name, head + rest) for to, head, rest in core.take()] + counts


def alter(lane: Any, kind: str, now: float, newest: int, values: list[Any]) -> None:
    if kind == "skip":
        lane.skip(newest + values[0])
    elif kind == "gate":
        lane.gate = values[0]
    elif kind == "switch":
        lane.switch(now + values[0], 90_000, seq=values[1], ts=values[2])
    elif kind == "pictures":
        lane.switch_pictures(picture_id=values[0], tl0=values[1])


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=60), st.integers(0, 15), st.integers(0, 0xFFFF))
def test_whatever_happens_both_cores_send_the_same(
    script: list[Any], send_time_id: int, seq: int
) -> None:
    build_core()
    start = LaneStart("video", 1 << 31, 127, send_time_id, seq=seq, ts=5, picture_id=9, tl0=250)
    [plain, native] = [play(make_core(name), script, start) for name in CORES]
    assert native == plain


def test_both_cores_pass_the_trial_of_the_start(core: Core) -> None:
    assert selftest.find_fault(lambda: make_core(core.name)) is None


# --- onto the wire --------------------------------------------------------------------------------


def test_packets_arrive_in_order_whatever_their_sizes(wire: Wire) -> None:
    sizes = [900, 900, 400, 900, 1200, 0, 1, 900, 900, 900]
    wire.collect(*[bytes([size & 255]) * size for size in sizes])
    wire.core.ship()
    found = wire.arrived()
    assert [len(packet.payload) for packet in found] == sizes
    assert [packet.seq for packet in found] == [(100 + n) & 0xFFFF for n in range(len(sizes))]
    assert wire.core.sent == len(sizes)
    assert not wire.core.lost()
    assert wire.core.pending == 0


def test_packets_of_one_size_leave_in_one_message_where_the_kernel_can_cut_it() -> None:
    build_core()
    from server.media.core.native import NativeCore

    for use_segments, messages in ((True, 3), (False, 65)):
        core = NativeCore(use_segments=use_segments)
        wire = Wire(core)
        wire.collect(*[bytes(300)] * 64, b"last")
        core.ship()
        assert [len(p.payload) for p in wire.arrived()] == [300] * 64 + [4]
        assert core.messages <= messages
        wire.close()


def test_a_message_that_cannot_be_cut_leaves_in_pieces_and_is_the_last_of_its_kind() -> None:
    """UDP_SEGMENT needs checksums; a socket without them makes the kernel refuse with EIO."""
    build_core()
    from server.media.core.native import NativeCore

    core = NativeCore()
    wire = Wire(core)
    so_no_check = 11
    wire.sender.setsockopt(socket.SOL_SOCKET, so_no_check, 1)
    wire.collect(bytes(300), bytes(300), bytes(300))
    core.ship()
    assert len(wire.arrived()) == 3
    assert not core.uses_segments
    assert core.sent == 3
    wire.close()


def test_more_than_the_outbox_holds_is_sent_on_the_way(wire: Wire) -> None:
    wire.receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    for start in range(0, 1_200, 100):
        wire.collect(*[bytes(20)] * 100, first=70_000 + start)
        if wire.core.pending >= wire.core.ships_at:
            wire.core.ship()
    wire.collect(*[bytes(20)] * 600, first=71_200)
    wire.core.ship()
    assert wire.core.sent == 1_800


def test_an_outsize_packet_is_left_out_and_harms_nobody(wire: Wire) -> None:
    wire.collect(b"small", bytes(Scratch.LARGEST - 12), bytes(Scratch.LARGEST - 11), b"small")
    wire.core.ship()
    assert [p.seq for p in wire.arrived()] == [100, 101, 103]


def test_nothing_is_sent_without_keys_or_a_path_or_after_the_end(wire: Wire) -> None:
    wire.target.arm(None)
    wire.collect(b"no keys")
    wire.core.ship()
    wire.target.arm(keys())
    wire.target.aim(None, ())
    wire.collect(b"no path", first=70_001)
    wire.core.ship()
    wire.target.aim(wire.sender, wire.receiver.getsockname())
    wire.collect(b"waiting", first=70_002)
    wire.core.forget(wire.target)
    wire.collect(b"gone", first=70_003)
    wire.core.ship()
    assert wire.arrived() == []
    assert wire.core.sent == 0


def test_a_forgotten_peer_leaves_its_place_to_others_but_not_its_packets(core: Core) -> None:
    old = core.target("old")
    lane: Any = core.lane(old, LaneStart("audio", 7, 111, 0, seq=1, ts=0))
    core.forget(old)
    core.forget(old)
    wire = Wire(core)
    outlived: Any = Stream(lane)
    core.forward_audio(1.0, outlived, sound(5, b"another's"), 70_000)
    wire.collect(b"mine")
    core.ship()
    assert [packet.payload for packet in wire.arrived()] == [b"mine"]
    wire.close()


def test_what_cannot_be_encrypted_is_counted(wire: Wire) -> None:
    another = Policy(
        key=KEY,
        ssrc_type=Policy.SSRC_SPECIFIC,
        ssrc_value=8,
        srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    )
    wire.target.arm(Srtp(session(Policy.SSRC_ANY_INBOUND), Session(another)))
    wire.collect(b"one", b"two")
    wire.core.ship()
    assert wire.core.lost()["protect"] == 2
    assert wire.core.sent == 0


def test_what_a_socket_does_not_take_is_counted(wire: Wire) -> None:
    wire.target.aim(wire.sender, ("240.0.0.1", 9))
    wire.collect(b"to nowhere")
    wire.core.ship()
    wire.target.aim(wire.sender, wire.receiver.getsockname())
    wire.collect(b"to us", first=70_001)
    wire.core.ship()
    assert wire.core.lost() == Counter(send=1)
    assert [p.payload for p in wire.arrived()] == [b"to us"]


def test_a_packet_is_sent_again_until_256_later_ones(wire: Wire) -> None:
    lane: Any = wire.core.lane(wire.target, LaneStart("video", 8, 96, 3, seq=65_500, ts=0))
    lane.switch(1.0, 90_000, seq=0, ts=0)
    stream: Any = Stream(lane)
    plain = Vp8(0x10, 0, -1, 0, -1, -1, 1)
    for number in range(300):
        packet = Packet(
            96, marker=0, seq=number, ts=0, ssrc=1, payload=b"\x10" + bytes([number & 255])
        )
        wire.core.forward_video(1.0, stream, packet, number, plain, picture=-1, send_time=number)
    sent = {parse_rtp(head + rest).seq: head + rest for _, head, rest in wire.core.take()}
    newest = (65_500 + 299) & 0xFFFF
    for back in (0, 1, 255):
        seq = (newest - back) & 0xFFFF
        assert wire.core.resend(lane, seq)
        [(_, head, rest)] = wire.core.take()
        assert head + rest == sent[seq]
    assert not wire.core.resend(lane, (newest - 256) & 0xFFFF)
    assert not wire.core.resend(lane, (newest + 1) & 0xFFFF)
    assert not wire.core.resend(wire.lane, 100)


# --- from the wire --------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_what_arrives_comes_with_its_address_and_goes_back_to_it(core: Core, address: str) -> None:
    wire = Wire(core, address)
    stranger = udp(address)
    server = wire.receiver
    sizes = [0, 1, 1400, 2048, 3000]
    for size in sizes:
        stranger.sendto(bytes([size & 255]) * size, server.getsockname())
    drops: Counter[str] = Counter()
    taken = [
        (bytes(scratch.view[:size]), whence)
        for scratch, size, whence in core.receive(server, drops)
    ]
    assert [data for data, _ in taken] == [bytes([s & 255]) * min(s, 2048) for s in sizes]
    assert {whence for _, whence in taken} == {stranger.getsockname()}
    assert list(core.receive(server, drops)) == []
    assert not drops
    wire.target.aim(wire.sender, taken[0][1])
    wire.collect(b"back")
    core.ship()
    assert wire.read(stranger).payload == b"back"
    stranger.close()
    wire.close()


def test_a_batch_ends_so_that_others_have_their_turn(core: Core) -> None:
    wire = Wire(core)
    wire.receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    for _ in range(150):
        wire.sender.sendto(b"x", wire.receiver.getsockname())
    drops: Counter[str] = Counter()
    assert [len(list(core.receive(wire.receiver, drops))) for _ in range(3)] == [128, 22, 0]
    wire.close()


def test_an_address_is_the_same_after_a_walk_through_the_kernels_form() -> None:
    v4 = ("192.0.2.7", 50_000)
    v6 = ("2001:db8::7", 50_000, 3, 9)
    for family, address in ((socket.AF_INET, v4), (socket.AF_INET6, v6)):
        raw = to_sockaddr(family, address)
        assert len(raw) == sockaddr_size(family)
        assert from_sockaddr(family, raw) == address
    assert from_sockaddr(socket.AF_INET6, to_sockaddr(socket.AF_INET6, v6[:2])) == (*v6[:2], 0, 0)


# --- the choice -----------------------------------------------------------------------------------


def test_auto_takes_c_where_it_is_built_and_python_when_told_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    build_core()
    caplog.set_level(logging.INFO)
    assert choose_core("auto", LOG).name == "c"
    assert choose_core("c", LOG).name == "c"
    assert choose_core("python", LOG).name == "python"
    assert [record.message for record in caplog.records] == [
        "packets take the core in C",
        "packets take the core in C",
        "packets take the core in Python, as the settings say",
    ]


def test_a_core_of_other_sources_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build_core()
    monkeypatch.setattr(choice, "fingerprint", lambda: "others")
    assert choose_core("auto", LOG).name == "python"
    assert "built from other sources" in caplog.text
    with pytest.raises(CoreUnavailable):
        choose_core("c", LOG)


def test_a_core_that_sends_other_packets_fails_its_trial() -> None:
    class Wrong(PlainCore):
        def resend(self, lane: Any, seq: int) -> bool:
            return super().resend(lane, seq + 1)

    assert selftest.find_fault(Wrong) == "it does not send what the core in Python sends"


def test_a_core_that_loses_packets_fails_its_trial() -> None:
    class Deaf(PlainCore):
        def ship(self) -> None:
            self._outbox.clear()

    assert selftest.find_fault(Deaf) == "0 packets sent, {} lost"


def test_a_core_that_cannot_be_built_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(build.NotBuiltError, match="no-such-compiler"):
        build.build()
    monkeypatch.setenv("CC", "false")
    with pytest.raises(build.NotBuiltError):
        build.build()
