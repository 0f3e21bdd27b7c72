"""What the media plane is told: who is heard, and what each screen shows. It alone enforces."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

from server.conference.layout import Slots, video_slots
from server.conference.live import Conference, screen_of
from server.conference.model import ConferenceState
from server.conference.ports import Media
from server.conference.recording import plan_of
from server.conference.sound import asked, audible
from server.media.client import OfferRefused, WorkerUnavailable

log = logging.getLogger("pinhui.conference")


@dataclass(slots=True)
class Enforcer:
    """Tells the media plane what follows from a state.

    Attributes:
        media: the media plane.
        recordings: the folder of all recordings.
    """

    media: Media
    recordings: Path

    async def enforce(self, conference: Conference, before: ConferenceState | None) -> None:
        """Tell the media plane what changed between two states; None means everything."""
        try:
            await self._tell_media(conference, before)
        except (OfferRefused, WorkerUnavailable) as error:
            # Its end, or the worker's, is on its way to us as an event, which enforces anew.
            log.warning("the media plane did not take a change: %s", error)

    async def _tell_media(self, conference: Conference, before: ConferenceState | None) -> None:
        if conference.state.closed:
            await self.media.close_room(conference.room)
            return
        # all at once: the worker takes them in this order, and nobody waits for another's answer
        changes: list[Awaitable[None]] = []
        heard = audible(conference.state), asked(conference.state)
        if before is None or heard != (audible(before), asked(before)):
            changes.append(self.media.set_audible(conference.room, *heard))
        changes.append(self._tell_recorder(conference, before))
        for peer, name in conference.peers.items():
            if peer in conference.fixed:
                continue
            slots = video_slots(conference.state, screen_of(name), name.kinds)
            if before is None or slots != video_slots(before, screen_of(name), name.kinds):
                changes.append(self._choose(peer, slots))
        await asyncio.gather(*changes)
        for peer in conference.ended_screens():
            await self.media.disconnect(peer, "replaced")

    async def _tell_recorder(self, conference: Conference, before: ConferenceState | None) -> None:
        """Say what is recorded; after a restart of either side it goes on where it was."""
        plan = plan_of(conference.state)
        if before is not None and plan == plan_of(before):
            return
        if plan is None:
            await self.media.end_recording(conference.room)
        else:
            folder = self.recordings / conference.state.recording.folder
            await self.media.record(conference.room, folder, plan)

    async def _choose(self, peer: str, slots: Slots) -> None:
        """Say what a connection's slots show; one that has just ended needs nothing any more."""
        with contextlib.suppress(OfferRefused):
            await self.media.choose(peer, slots)
