"""Who is in a room, and which stream each slot shall show; packets are left to ``router``.

A choice names a source, not a peer: it binds whenever somebody publishes under that name, and the
newest publisher of a name is the one who counts.
"""

from collections.abc import Iterator

from server.media.bandwidth import PublisherBudget, ViewerLadder
from server.media.ingress import Ingress
from server.media.lanes import CLOSED, OPENING, Target
from server.media.model import Kind, SourceHealth
from server.media.reports import PublisherClock, ViewerLoss
from server.media.simulcast import pick_layer
from server.media.streams import Publication, Slot, Stream
from server.media.voices import Loudness, Voices


class Member:
    """One peer as the router knows it: what it publishes and what it is sent.

    ``to`` is where its packets go; ``rtt_ms`` is None until known,
    ``viewer_share`` the last share of packets reported lost. ``counted`` and ``health`` are kept
    by ``feedback``: octets and frames per SSRC at the last count, and what came of it.
    """

    __slots__ = (
        "budget",
        "clock",
        "counted",
        "health",
        "ingress",
        "ladder",
        "peer",
        "publications",
        "resends",
        "room",
        "rtt_ms",
        "slots",
        "slots_by_ssrc",
        "source",
        "to",
        "viewer_loss",
        "viewer_share",
    )

    def __init__(
        self,
        peer: str,
        *,
        room: "Room",
        source: str,
        to: Target,
        publications: list[Publication],
        ingress: Ingress,
        slots: list[Slot],
    ) -> None:
        self.peer = peer
        self.room = room
        self.source = source
        self.to = to
        self.publications = publications
        self.ingress = ingress
        self.slots = slots
        self.slots_by_ssrc = {slot.ssrc: slot for slot in slots}
        self.clock = PublisherClock()
        self.budget = PublisherBudget()
        self.ladder = ViewerLadder()
        self.viewer_loss = ViewerLoss()
        self.viewer_share = 0.0
        self.rtt_ms: int | None = None
        self.resends = 0
        self.counted: dict[int, tuple[int, int]] = {}
        self.health = SourceHealth(room.name, source, 0, False, 0.0, 0.0, None)


class Room:
    """The peers that can hear and see each other, and what is audible among them.

    ``voices`` have the three places, be they silent; ``asked`` are sources that have one before
    they are loud, ``speaking`` those in a place who speak.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: dict[str, Member] = {}
        self.audible: frozenset[str] | None = None
        self.asked: frozenset[str] = frozenset()
        self.voices = Voices()
        self.speaking: tuple[str, ...] = ()
        self._loudness: dict[str, Loudness] = {}
        self._published: dict[tuple[str, Kind], list[Publication]] = {}

    def enter(self, member: Member) -> None:
        """Take in a member."""
        self.members[member.peer] = member
        for publication in member.publications:
            self._published.setdefault((member.source, publication.kind), []).append(publication)

    def leave(self, member: Member) -> None:
        """Let a member go."""
        del self.members[member.peer]
        for publication in member.publications:
            key = member.source, publication.kind
            self._published[key].remove(publication)
            if not self._published[key]:
                del self._published[key]

    def is_audible(self, source: str) -> bool:
        """Say whether the sound of a source may be forwarded; everybody's may until told."""
        return self.audible is None or source in self.audible

    def set_audible(self, sources: frozenset[str] | None) -> None:
        """Let only these sources be heard, or everybody; who is let in anew begins in silence."""
        before, self.audible = self.audible, sources
        for source, meter in self._loudness.items():
            if before is not None and source not in before:
                meter.forget()

    def loudness(self, source: str) -> Loudness:
        """Return the level meter of a source."""
        meter = self._loudness.get(source)
        if meter is None:
            meter = self._loudness[source] = Loudness()
        return meter

    def publication(self, source: str, kind: Kind) -> Publication | None:
        """Return the newest publication under a name from which anything came, None for none."""
        for publication in reversed(self._published.get((source, kind), ())):
            if publication.streams:
                return publication
        return None

    def published(self) -> list[tuple[str, Kind]]:
        """Return what is published: (source, kind), in order of coming."""
        return list(self._published)

    def slots(self, source: str | None = None) -> Iterator[Slot]:
        """Yield all slots with a choice, or those whose choice is ``source``."""
        for member in self.members.values():
            for slot in member.slots:
                choice = slot.choice
                if choice is not None and source in (None, choice.source):
                    yield slot

    def rewire(self, now: float, slot: Slot) -> Stream | None:
        """Give a slot with a choice the stream that it shall show now.

        Returns:
            The stream of which a key frame must be asked for, None when nothing must be asked.
            A slot whose source is not there, or not audible, shows nothing from this moment.
        """
        choice = slot.choice
        if choice is None:
            return None
        member = self.members[slot.peer]
        step = member.ladder.step
        publication = self.publication(choice.source, slot.kind)
        if publication is None or not self._may_be_sent(slot, choice.source):
            slot.clear()
            return None
        if slot.kind == "audio":
            return self._wire(slot, publication.streams[0])
        if step.base_only:
            slot.lane.gate = CLOSED
        elif slot.lane.gate == CLOSED:
            slot.lane.gate = OPENING
        streams = publication.streams
        current = streams.index(slot.stream) if slot.stream in streams else -1
        index = pick_layer(
            [stream.layer for stream in streams],
            choice.layer,
            now,
            current=current,
            steps_down=step.steps_down,
        )
        return self._wire(slot, streams[index])

    def _may_be_sent(self, slot: Slot, source: str) -> bool:
        if slot.kind == "audio":
            return self.is_audible(source)
        return self.members[slot.peer].ladder.step.video

    @staticmethod
    def _wire(slot: Slot, stream: Stream) -> Stream | None:
        return stream if slot.await_stream(stream) and stream.kind == "video" else None

    def update_voices(self, now: float) -> bool:
        """Choose the three voices again and give them to the slots.

        Returns:
            Whether others speak than before.
        """
        sounding = {
            member.source
            for member in self.members.values()
            for publication in member.publications
            if publication.kind == "audio" and publication.streams
        }
        candidates = [source for source in sounding if self.is_audible(source)]
        self.voices.update(
            now, candidates, lambda source: self.loudness(source).current(now), asked=self.asked
        )
        for gone in self._loudness.keys() - sounding:
            del self._loudness[gone]
        for member in self.members.values():
            self.assign_voices(now, member)
        before = self.speaking
        self.speaking = tuple(
            source for source in self.voices.places if self.loudness(source).is_speaking(now)
        )
        return self.speaking != before

    def assign_voices(self, now: float, member: Member) -> None:
        """Keep each voice in the slot it has; a freed slot takes the next voice without one."""
        slots = [s for s in member.slots if s.kind == "audio" and s.choice is None]
        if not slots:
            return
        names = [name for name in self.voices.places if name != member.source]
        places = min(len(slots), member.ladder.step.voices)
        if len(names) > places:
            names.sort(key=lambda name: (name not in self.asked, self.loudness(name).current(now)))
            names = names[:places]
        free: list[Slot] = []
        for slot in slots:
            shown = slot.pending or slot.stream
            name = shown.publication.source if shown is not None else None
            if name in names:
                names.remove(name)
                self._wire_voice(slot, name)
            else:
                slot.clear()
                free.append(slot)
        for slot, name in zip(free, names, strict=False):
            self._wire_voice(slot, name)

    def _wire_voice(self, slot: Slot, source: str) -> None:
        publication = self.publication(source, "audio")
        if publication is not None:
            self._wire(slot, publication.streams[0])
