"""How an SSRC of a peer finds its place: announced in the offer, or learnt from its packets."""

from server.media.rtp import Packet
from server.media.sdp import Section
from server.media.streams import Publication, Stream

MOST_SSRCS = 64
"""A peer that comes with more SSRCs than this in its life is not listened to on the new ones."""


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
