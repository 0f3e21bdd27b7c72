"""What a peer publishes (上行): its incoming streams, and how an unknown SSRC finds its place.

A publication is one m-line, a stream one SSRC of it: one for sound, one per layer for a picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.media.cache import Missing
from server.media.codec import CLOCK_RATE, Vp8
from server.media.keyframes import KeyFrameRequests
from server.media.reports import ReceptionReports, StreamClock
from server.media.rtp import Packet, extend
from server.media.sdp import AUDIO_LEVEL, MID, REPAIRED_RID, RID, Section
from server.media.simulcast import LayerState

if TYPE_CHECKING:
    from server.media.slots import Slot

MOST_SSRCS = 64
"""A peer that comes with more SSRCs than this in its life is not listened to on the new ones."""


class Stream:
    """One incoming SSRC: its receive window, its clock, and the slots that show or await it."""

    __slots__ = (
        "clock",
        "frames",
        "key_frames",
        "kind",
        "layer",
        "missing",
        "octets",
        "picture",
        "publication",
        "reports",
        "rid",
        "slots",
        "ssrc",
        "waiting",
    )

    def __init__(self, publication: Publication, ssrc: int, rid: str = "") -> None:
        self.publication = publication
        self.kind = publication.kind
        self.ssrc = ssrc
        self.rid = rid
        self.layer = LayerState(rank=publication.first_rank(rid))
        self.missing = Missing()
        self.key_frames = KeyFrameRequests()
        self.clock = StreamClock(CLOCK_RATE[self.kind])
        self.reports = ReceptionReports()
        self.picture = -1
        self.octets = 0
        self.frames = 0
        self.slots: list[Slot] = []
        self.waiting: list[Slot] = []

    def extend_picture(self, descriptor: Vp8) -> int:
        """Return the picture id of a packet, unwrapped across 7 or 15 bits; -1 when absent."""
        if descriptor.picture_id < 0:
            return -1
        bits = descriptor.picture_bits
        if self.picture < 0:
            self.picture = descriptor.picture_id + (1 << bits)
            return self.picture
        number = extend(self.picture, descriptor.picture_id, bits)
        self.picture = max(self.picture, number)
        return number


class Publication:
    """One m-line through which a peer publishes, and the streams that came on it so far."""

    __slots__ = (
        "audio_level_id",
        "kind",
        "mid",
        "mid_id",
        "order",
        "owner",
        "payload_type",
        "repaired_rid_id",
        "rid_id",
        "rids",
        "room",
        "rtx",
        "source",
        "streams",
    )

    def __init__(self, section: Section, *, owner: str, room: str, source: str, order: int) -> None:
        """Describe a section of an offer; ``order`` grows with each publication that is made."""
        self.owner = owner
        self.room = room
        self.source = source
        self.order = order
        self.kind = section.kind
        self.mid = section.mid.encode()
        self.payload_type = section.payload_type
        self.rtx = section.rtx
        self.rids = section.rids
        self.mid_id = section.extension(MID)
        self.rid_id = section.extension(RID)
        self.repaired_rid_id = section.extension(REPAIRED_RID)
        self.audio_level_id = section.extension(AUDIO_LEVEL)
        self.streams: list[Stream] = []

    def first_rank(self, rid: str) -> int:
        """Return the rank of a layer until its width is known: negative, the first offered least.

        Browsers list the layers as the page gave them, which is mostly from small to large.
        """
        return self.rids.index(rid) - len(self.rids) if rid in self.rids else 0

    def audio_level(self, packet: Packet) -> int | None:
        """Return the level of a packet in dB below full scale (RFC 6464 §3), None without one."""
        value = packet.extension_value(self.audio_level_id)
        return value[0] & 0x7F if value else None


class Ingress:
    """The streams of one peer by SSRC, announced in its offer or learnt from its packets."""

    __slots__ = ("_announced", "_publications", "repairs", "streams")

    def __init__(self, publications: list[Publication], sections: list[Section]) -> None:
        """Take the publications and, in the same order, the sections that offered them."""
        self._publications = publications
        self.streams: dict[int, Stream] = {}
        self.repairs: dict[int, int] = {}
        self._announced: dict[int, Publication] = {}
        for publication, section in zip(publications, sections, strict=True):
            if section.rids:
                continue
            self._announced.update(dict.fromkeys(section.ssrcs[:1], publication))
            self.repairs.update(section.rtx_ssrcs)

    def learn(self, packet: Packet) -> Stream | None:
        """Place a packet whose SSRC is in neither table; return its stream when it is media.

        It is placed by the announced SSRC, else by its MID, RID and repaired RID (RFC 8852), else
        by its payload type when the publication has a single layer. A layer that turns up with
        another SSRC leaves its old stream to the caller in ``streams``.
        """
        publication = self._announced.get(packet.ssrc) or self._by_mid(packet)
        if publication is None:
            return None
        if packet.payload_type == publication.rtx:
            self._learn_repair(publication, packet)
            return None
        if packet.payload_type != publication.payload_type:
            return None
        rid = ""
        if publication.rids:
            value = packet.extension_value(publication.rid_id) or b""
            rid = value.decode("ascii", "replace")
            if rid not in publication.rids:
                return None
        stream = Stream(publication, packet.ssrc, rid)
        self.streams[packet.ssrc] = stream
        return stream

    def _by_mid(self, packet: Packet) -> Publication | None:
        for publication in self._publications:
            if packet.extension_value(publication.mid_id) == publication.mid:
                return publication
        for publication in self._publications:
            if packet.payload_type in (publication.payload_type, publication.rtx):
                return publication
        return None

    def _learn_repair(self, publication: Publication, packet: Packet) -> None:
        if not publication.rids:
            if len(publication.streams) == 1:
                self.repairs[packet.ssrc] = publication.streams[0].ssrc
            return
        value = packet.extension_value(publication.repaired_rid_id) or b""
        rid = value.decode("ascii", "replace")
        for stream in publication.streams:
            if stream.rid == rid:
                self.repairs[packet.ssrc] = stream.ssrc

    def unwrap(self, packet: Packet) -> tuple[Stream, Packet] | None:
        """Return the packet that a retransmission carries (RFC 4588 §4) and its stream.

        None for probes, which carry nothing, and for retransmissions of what we do not know.
        """
        stream = self.streams.get(self.repairs.get(packet.ssrc, -1))
        if stream is None or len(packet.payload) < 3:
            return None
        if packet.payload_type != stream.publication.rtx:
            return None
        return stream, Packet(
            stream.publication.payload_type,
            marker=packet.marker,
            seq=int.from_bytes(packet.payload[:2], "big"),
            ts=packet.ts,
            ssrc=stream.ssrc,
            payload=packet.payload[2:],
        )
