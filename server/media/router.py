"""Where packets go: the state of all rooms, fed with decrypted packets and the time.

It owns no socket and no clock. ``handle_rtp`` and ``handle_rtcp`` leave the media to send in the
core's outbox; reports and requests that this causes are collected in ``rtcp``. Both are for the
caller to send.
"""

from collections.abc import Callable, Mapping

from server.media import rtcp
from server.media.answer import CNAME
from server.media.codec import frame_width, is_key_frame, parse_vp8
from server.media.core.model import Core
from server.media.feedback import judge_viewer, report_to_publisher
from server.media.ingress import Ingress
from server.media.lanes import LaneStart, Target
from server.media.model import Choice, RecordingPlan, SourceHealth
from server.media.recording.tape import Tape
from server.media.reports import round_trip_ms, sender_report
from server.media.rooms import Member, Room
from server.media.rtp import Packet, WireError, parse_rtp
from server.media.sdp import SEND_TIME, Offer, Section
from server.media.streams import Publication, Slot, Stream
from server.media.timeline import Timeline, unix_from_ntp

OWN_SSRC = 1
"""The sender of our reports and requests, which has no stream of its own."""

RESENDS_PER_SECOND = 400


class Router:
    """All rooms of one worker.

    ``rtcp`` holds (whom, plain compound) to be sent; ``voices_changed`` rooms in which others
    speak than before. Both are emptied by whoever reads them.
    """

    def __init__(self, timeline: Timeline, draw: Callable[[int], int], core: Core) -> None:
        """Take the wall clock, random bits (``draw(16)`` is below 65,536) and the packet path."""
        self.core = core
        self._timeline = timeline
        self._draw = draw
        self._repairing: set[Stream] = set()
        self._asking: set[Stream] = set()
        self.rooms: dict[str, Room] = {}
        self.members: dict[str, Member] = {}
        self.tapes: dict[str, Tape] = {}
        self.rtcp: list[tuple[Target, bytes]] = []
        self.voices_changed: list[Room] = []

    # --- peers ---------------------------------------------------------------------------------

    def add_peer(self, peer: str, offer: Offer, *, room: str, source: str, to: Target) -> Member:
        """Take in a peer with everything that it offers; its slots start at their defaults."""
        place = self.room(room)
        sections = list(offer.published)
        publications = []
        for section in sections:
            publications.append(Publication(section, owner=peer, room=room, source=source))
        slots = [self._slot(section, peer, to) for section in offer.slots]
        member = Member(
            peer,
            room=place,
            source=source,
            to=to,
            publications=publications,
            ingress=Ingress(publications, sections),
            slots=slots,
        )
        self.members[peer] = member
        place.enter(member)
        return member

    def _slot(self, section: Section, peer: str, to: Target) -> Slot:
        draw = self._draw
        start = LaneStart(
            section.kind,
            ssrc=draw(31) | 1 << 16,
            payload_type=section.payload_type,
            send_time_id=section.extension(SEND_TIME),
            seq=draw(15),
            ts=draw(31),
            picture_id=draw(15),
            tl0=draw(8),
        )
        lane = self.core.lane(to, start)
        return Slot(section, peer=peer, to=to, ssrc=start.ssrc, lane=lane)

    def remove_peer(self, now: float, peer: str) -> None:
        """Forget a peer; whoever showed it shows an older publisher of the name, or nothing."""
        member = self.members.pop(peer, None)
        if member is None:
            return
        room = member.room
        for slot in member.slots:
            slot.clear()
        room.leave(member)
        for publication in member.publications:
            for stream in list(publication.streams):
                self._drop_stream(now, room, stream)
        for slot in room.slots(member.source):
            self._ask(now, room.rewire(now, slot))
        self.core.forget(member.to)
        self._update_voices(now, room)
        self._tape(now, room)
        if not room.members and room.audible is None and room.name not in self.tapes:
            self.rooms.pop(room.name, None)

    def _drop_stream(self, now: float, room: Room, stream: Stream) -> None:
        if stream.track is not None:
            self.tapes[room.name].forget(now, stream)
        for slot in [*stream.slots, *stream.waiting]:
            slot.clear()
        stream.publication.streams.remove(stream)
        self._repairing.discard(stream)
        self._asking.discard(stream)

    def room(self, name: str) -> Room:
        """Return the room of this name, made when it is new."""
        room = self.rooms.get(name)
        if room is None:
            room = self.rooms[name] = Room(name)
        return room

    # --- what control decides ------------------------------------------------------------------

    def choose(self, now: float, peer: str, slots: Mapping[int, Choice | None]) -> None:
        """Set what slots show; None sets a slot back to its default.

        Raises:
            KeyError: when there is no such peer.
            IndexError: when it has no such slot; nothing is changed then.
        """
        member = self.members[peer]
        chosen = [(member.slots[self._index(member, number)], c) for number, c in slots.items()]
        for slot, choice in chosen:
            slot.choice = choice
            if choice is None:
                slot.clear()
            else:
                self._ask(now, member.room.rewire(now, slot))
        member.room.assign_voices(now, member)

    @staticmethod
    def _index(member: Member, number: int) -> int:
        if not 0 <= number < len(member.slots):
            raise IndexError(number)
        return number

    def set_audible(
        self,
        now: float,
        room: str,
        sources: frozenset[str] | None,
        asked: frozenset[str] = frozenset(),
    ) -> None:
        """Let only these sources be heard in a room, or everybody; in force for the next packet.

        Those of them who are asked to speak have a place among the voices at once.
        """
        place = self.room(room)
        place.set_audible(sources)
        place.asked = asked
        for slot in place.slots():
            if slot.kind == "audio":
                place.rewire(now, slot)
        self._update_voices(now, place)
        self._tape(now, place)

    def close_room(self, room: str) -> None:
        """Forget what was set for a room; its peers are for the caller to remove."""
        place = self.rooms.get(room)
        if place is not None:
            place.audible, place.asked = None, frozenset()
            if not place.members and room not in self.tapes:
                del self.rooms[room]

    def record(self, now: float, tape: Tape, plan: RecordingPlan) -> None:
        """Record a room on this tape from now on, by this plan."""
        self.tapes[tape.room.name] = tape
        for stream in tape.follow(now, plan):
            self._ask(now, stream)

    def end_recording(self, now: float, room: str, why: str) -> None:
        """Record a room no more."""
        tape = self.tapes.pop(room, None)
        if tape is not None:
            tape.end(now, why)
            if not tape.room.members and tape.room.audible is None:
                self.rooms.pop(room, None)

    def _tape(self, now: float, room: Room) -> None:
        """Record what is to be recorded of a room now; pictures begin with a key frame."""
        tape = self.tapes.get(room.name)
        if tape is not None:
            for stream in tape.rewire(now):
                self._ask(now, stream)

    # --- packets -------------------------------------------------------------------------------

    def handle_rtp(self, now: float, member: Member, data: bytes) -> None:
        """Take in one decrypted RTP packet of a peer; what is to be sent of it is in the outbox.

        Raises:
            WireError: when the packet makes no sense; nothing was changed but counters.
        """
        packet = parse_rtp(data)
        ingress = member.ingress
        stream = ingress.streams.get(packet.ssrc)
        repaired = False
        if stream is None:
            if packet.ssrc in ingress.repairs:
                unwrapped = ingress.unwrap(packet)
                if unwrapped is None:
                    return
                stream, packet = unwrapped
                repaired = True
            else:
                stream = ingress.learn(packet)
                if stream is None:
                    return
                self._welcome(now, member, stream)
        elif packet.payload_type != stream.publication.payload_type:
            return
        self._route(now, member, stream, packet, repaired=repaired)

    def _welcome(self, now: float, member: Member, stream: Stream) -> None:
        """Take in a new stream: it replaces one of the same layer, and slots may wait for it."""
        publication = stream.publication
        for old in [s for s in publication.streams if s.rid == stream.rid]:
            self._drop_stream(now, member.room, old)
            del member.ingress.streams[old.ssrc]
        publication.streams.append(stream)
        stream.layer.note_packet(now)
        for slot in member.room.slots(member.source):
            self._ask(now, member.room.rewire(now, slot))
        if stream.kind == "audio":
            self._update_voices(now, member.room)
        self._tape(now, member.room)

    def _route(
        self, now: float, member: Member, stream: Stream, packet: Packet, *, repaired: bool
    ) -> None:
        number, is_new = stream.missing.receive(now, packet.seq, repaired=repaired)
        if not is_new:
            return
        if stream.kind == "video" and stream.missing.waiting():
            self._repairing.add(stream)
        stream.layer.note_packet(now)
        if not packet.payload:
            for slot in stream.slots:
                slot.lane.skip(number)
            return
        stream.octets += len(packet.payload)
        if stream.kind == "audio":
            self._route_audio(now, member, stream, packet, number)
            return
        try:
            self._route_video(now, stream, packet, number)
        except WireError:
            for slot in stream.slots:
                slot.lane.skip(number)
            raise

    def _route_audio(
        self, now: float, member: Member, stream: Stream, packet: Packet, number: int
    ) -> None:
        level = stream.publication.audio_level(packet)
        member.room.loudness(member.source).note(now, level)
        if stream.track is not None:
            stream.track.note(now, packet, level)
        for slot in list(stream.waiting):
            slot.take_over(now, stream, seq=number, ts=packet.ts)
            self._report_slot(now, slot, member)
        self.core.forward_audio(now, stream, packet, number)

    def _route_video(self, now: float, stream: Stream, packet: Packet, number: int) -> None:
        descriptor = parse_vp8(packet.payload)
        picture = stream.extend_picture(descriptor)
        if stream.track is not None:
            stream.track.note(now, packet)
        stream.frames += packet.marker > 0
        if is_key_frame(packet.payload, descriptor):
            stream.key_frames.arrived(now)
            self._asking.discard(stream)
            width = frame_width(packet.payload, descriptor)
            if width:
                stream.layer.rank = width
            if number == stream.missing.newest:
                for slot in list(stream.waiting):
                    slot.take_over(now, stream, seq=number, ts=packet.ts)
                    slot.lane.switch_pictures(picture_id=picture, tl0=descriptor.tl0)
                    self._report_slot(now, slot, self.members[stream.publication.owner])
            elif stream.waiting:
                # no slot can go over to a late key frame: what followed it was not sent
                self._ask(now, stream)
        send_time = int(now * 262_144) & 0xFF_FFFF
        self.core.forward_video(
            now, stream, packet, number, descriptor, picture=picture, send_time=send_time
        )

    def handle_rtcp(self, now: float, member: Member, data: bytes) -> None:
        """Take in one decrypted RTCP compound of a peer; what to send again is in the outbox."""
        for message in rtcp.parse(data):
            if isinstance(message, rtcp.Nack):
                self._resend(member, message)
            elif isinstance(message, rtcp.PictureLoss):
                slot = member.slots_by_ssrc.get(message.media)
                if slot is not None:
                    self._ask(now, slot.stream if slot.kind == "video" else None)
            elif isinstance(message, rtcp.SenderReport):
                self._note_sender_report(now, member, message)
                self._note_reports(now, member, message.reports)
            elif isinstance(message, rtcp.ReceiverReport):
                self._note_reports(now, member, message.reports)

    def _resend(self, member: Member, nack: rtcp.Nack) -> None:
        slot = member.slots_by_ssrc.get(nack.media)
        if slot is None:
            return
        for seq in nack.lost:
            if member.resends < RESENDS_PER_SECOND:
                member.resends += self.core.resend(slot.lane, seq)

    def _note_sender_report(self, now: float, member: Member, report: rtcp.SenderReport) -> None:
        stream = member.ingress.streams.get(report.ssrc)
        if stream is None or not report.ntp:
            return
        member.clock.note(self._timeline.unix(now), unix_from_ntp(report.ntp))
        stream.clock.note(now, report)
        if stream.track is not None and member.clock.offset is not None:
            stream.track.note_clock(report.ts, unix_from_ntp(report.ntp) + member.clock.offset)
        for slot in stream.slots:
            self._report_slot(now, slot, member)

    def _note_reports(
        self, now: float, member: Member, reports: tuple[rtcp.ReportBlock, ...]
    ) -> None:
        for block in reports:
            if block.ssrc not in member.slots_by_ssrc:
                continue
            member.viewer_loss.note(block)
            trip = round_trip_ms(self._timeline.unix(now), block)
            if trip is not None:
                member.rtt_ms = trip

    def _report_slot(self, now: float, slot: Slot, publisher: Member) -> None:
        stream = slot.stream
        if stream is None:
            return
        server_unix = self._timeline.unix(now)
        ts = stream.clock.timestamp_at(server_unix, publisher.clock)
        if ts is None:
            return
        report = sender_report(
            ssrc=slot.ssrc,
            server_unix=server_unix,
            ts=(ts + slot.lane.ts_offset) & 0xFFFF_FFFF,
            packets=slot.lane.packets,
            octets=slot.lane.octets,
        )
        self.rtcp.append((slot.to, rtcp.write_sender_report(report, CNAME)))

    # --- requests ------------------------------------------------------------------------------

    def _ask(self, now: float, stream: Stream | None) -> None:
        if stream is None:
            return
        self._asking.add(stream)
        if stream.key_frames.ask(now, for_switch=bool(stream.waiting)):
            self._send_picture_loss(stream)

    def _send_picture_loss(self, stream: Stream) -> None:
        loss = rtcp.write_picture_loss(rtcp.PictureLoss(OWN_SSRC, stream.ssrc))
        self.rtcp.append((self.members[stream.publication.owner].to, loss))

    def _update_voices(self, now: float, room: Room) -> None:
        if room.update_voices(now) and room not in self.voices_changed:
            self.voices_changed.append(room)

    def repair(self, now: float) -> None:
        """Ask for lost packets and overdue key frames; call it every 20 ms."""
        for stream in list(self._repairing):
            lost = stream.missing.due(now)
            if lost:
                nack = rtcp.write_nack(rtcp.Nack(OWN_SSRC, stream.ssrc, tuple(lost)))
                self.rtcp.append((self.members[stream.publication.owner].to, nack))
            if not stream.missing.waiting():
                self._repairing.discard(stream)
        for stream in list(self._asking):
            if not (stream.waiting or stream.slots or stream.track):
                self._asking.discard(stream)
            elif stream.key_frames.due(now):
                self._send_picture_loss(stream)

    def adjust(self, now: float) -> None:
        """Choose layers and voices again; call it five times a second."""
        for room in list(self.rooms.values()):
            for slot in room.slots():
                self._ask(now, room.rewire(now, slot))
            self._update_voices(now, room)
            self._tape(now, room)

    def report(self, now: float) -> list[SourceHealth]:
        """Report to publishers and judge the lines of viewers; call it once a second.

        Returns:
            The health of every source from which anything ever came.
        """
        healths = []
        for member in self.members.values():
            judge_viewer(now, member)
            if member.ingress.streams:
                self.rtcp.append((member.to, report_to_publisher(now, member, OWN_SSRC)))
                healths.append(member.health)
        return healths
