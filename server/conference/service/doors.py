"""Who is let in with a media connection, and who is turned out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.auth import service as auth
from server.auth.permissions import OPERATORS
from server.conference import content, observers, places
from server.conference.layout import video_slots
from server.conference.live import (
    LINK_RENEWED,
    SIGNED_OUT,
    Conference,
    Listener,
    Offer,
    replaced_by,
)
from server.conference.peers import Part, PeerName, new_tail, source_of
from server.conference.places import PlaceHolder
from server.conference.ports import Media
from server.conference.service.register import Register
from server.db.engine import Database
from server.domain.clock import Clock
from server.domain.errors import DomainError

Check = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Doors:
    """Lets media connections in and ends them.

    Attributes:
        db: the database, asked for logins that are still good.
        clock: the time.
        media: the media plane.
        listener: who is told when a venue's place changes hands.
        register: the open conferences.
    """

    db: Database
    clock: Clock
    media: Media
    listener: Listener
    register: Register

    async def let_in(
        self, conference: Conference, offer: Offer, is_known: Check | None = None
    ) -> tuple[str, str]:
        """Let a venue's media connection in; the newest client takes the venue's place.

        Args:
            conference: the open session.
            offer: who asks, and for what.
            is_known: raises when the link or login of the offer is no longer good; asked while
                nobody can be turned out, so that none slips in between.

        Returns:
            The peer's id and the answer.

        Raises:
            ConflictError: ``place_taken``.
            DomainError: ``venue_not_on_roster``; or what the media plane or the check refuses.
        """
        async with conference.lock:
            if is_known is not None:
                await is_known()
            before = conference.holder(offer.number)
            after = _place_after(conference, offer)
            name = PeerName(
                conference.state.session_id,
                offer.number,
                offer.client,
                offer.kinds,
                new_tail(offer.login),
                offer.part,
            )
            peer = str(name)
            slots = offer.fixed or video_slots(conference.state, offer.screen, offer.kinds)
            answer = await self.media.connect(
                peer,
                offer.sdp,
                room=conference.room,
                source=source_of(offer.number, offer.part),
                slots={slot: choice for slot, choice in slots.items() if choice is not None},
            )
            for replaced in replaced_by(conference, offer):
                await self.media.disconnect(replaced, "replaced")
            conference.peers[peer] = name
            if offer.fixed is not None:
                conference.fixed.add(peer)
            if offer.part is Part.CAMERA:
                conference.holders[offer.number] = after
            elif offer.part is Part.OBSERVER:
                conference.watched.add(offer.client)
        if before.client != after.client:
            self.listener.place_changed(conference, offer.number)
        return peer, answer

    async def let_go(self, peer: str) -> None:
        """End a media connection because its venue said good-bye."""
        await self.media.disconnect(peer, "left")

    async def turn_out(self, venue_id: int) -> None:
        """End a venue's media connections: the link they came by is no longer good."""
        for conference in self.register.running:
            async with conference.lock:
                for peer in conference.peers_of(venue_id):
                    await self.media.disconnect(peer, LINK_RENEWED)

    async def turn_out_observers(self, session_id: int) -> None:
        """End the connections of a session's observers: their link is no longer good."""
        self.listener.observers_turned_out(session_id)
        conference = self.register.get(session_id)
        if conference is not None:
            async with conference.lock:
                for peer in conference.observers():
                    await self.media.disconnect(peer, LINK_RENEWED)

    async def turn_out_signed_out(self) -> None:
        """End the main venue's media connections whose login has ended or has lost its role."""
        for conference in self.register.running:
            async with conference.lock:
                async with self.db.view() as tx:
                    good = await auth.load_login_names(tx, self.clock.now(), OPERATORS)
                for peer, name in list(conference.peers.items()):
                    if name.login and name.login not in good:
                        await self.media.disconnect(peer, SIGNED_OUT)


def _place_after(conference: Conference, offer: Offer) -> PlaceHolder:
    """Return who holds the venue's place once an offer is let in.

    Raises:
        ConflictError: ``place_taken``.
        DomainError: ``session_closed``, ``venue_not_on_roster``; or that nothing more may be shown,
            or nobody more may look on.
    """
    if conference.state.closed:
        raise DomainError("session_closed")
    if conference.state.venue(offer.number) is None:
        raise DomainError("venue_not_on_roster", venue=offer.number)
    held = conference.holder(offer.number)
    match offer.part:
        case Part.CAMERA:
            return places.take(held, offer.client)
        case Part.MORE:
            # refuses whoever was sent away; the place itself is the camera's
            places.take(held, offer.client)
        case Part.CONTENT:
            content.check_share(conference.state, offer.number)
        case Part.OBSERVER:
            others = [n for n in conference.observers().values() if n.client != offer.client]
            has_been_in = offer.client in conference.watched
            observers.check_door(conference.state, len(others), has_been_in=has_been_in)
    return held
