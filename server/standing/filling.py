"""Who gets minutes of a standing meeting: urgent and approved first, then in order. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from server.domain.session import Session
from server.scheduler.filing import PENDING, Approval, FiledRequest
from server.scheduler.problem import MAX_ITEMS, MAX_SESSION


@dataclass(frozen=True, slots=True)
class Bid:
    """What a department asks of one meeting: so many minutes, since when, and with what weight."""

    request_id: int
    minutes: int
    filed_at: datetime
    urgent: bool = False
    granted: bool = False

    @property
    def rank(self) -> tuple[bool, bool, datetime, int]:
        """What comes first is smallest: urgent, approved by the leader, asked early."""
        return not self.urgent, not self.granted, self.filed_at, self.request_id


@dataclass(frozen=True, slots=True)
class Filling:
    """The bids that get their minutes and those that wait, each in order of rank.

    ``left`` is how many minutes are free after it, ``places`` how many items more may come.
    """

    seated: tuple[int, ...]
    waiting: tuple[int, ...]
    left: int
    places: int


def fill(minutes: int, places: int, bids: Iterable[Bid]) -> Filling:
    """Hand out minutes in order of rank; whoever does not fit waits, and a shorter one may follow.

    Args:
        minutes: how many are free; below 0 counts as none.
        places: how many items more the agenda takes.
        bids: in any order; each request once.
    """
    seated: list[int] = []
    waiting: list[int] = []
    left = max(0, minutes)
    for bid in sorted(bids, key=lambda bid: bid.rank):
        if bid.minutes <= left and len(seated) < places:
            seated.append(bid.request_id)
            left -= bid.minutes
        else:
            waiting.append(bid.request_id)
    return Filling(tuple(seated), tuple(waiting), left, max(0, places - len(seated)))


def bids_of(session_id: int, requests: Iterable[FiledRequest]) -> list[FiledRequest]:
    """Return the requests that ask for this meeting: in it by their own wish, or waiting for it."""
    return [
        request
        for request in requests
        if request.wish_id == session_id
        and not request.filing.read_only
        and (request.session_id == session_id or request.state in PENDING)
    ]


def bid_of(request: FiledRequest) -> Bid:
    """Return a request as a bid."""
    return Bid(
        request_id=request.id,
        minutes=request.filing.minutes,
        filed_at=request.filed_at,
        urgent=request.filing.urgent,
        granted=request.approval is Approval.GRANTED,
    )


def fill_session(session: Session, bids: Iterable[FiledRequest]) -> Filling:
    """Hand out what a session's own items, and guests who did not ask through it, leave free."""
    asked = list(bids)
    mine = {request.id for request in asked}
    taken = [item for item in session.items if item.request_id not in mine]
    free = (session.longest or MAX_SESSION) - sum(item.minutes for item in taken)
    return fill(free, MAX_ITEMS - len(taken), [bid_of(request) for request in asked])


def agenda_order(session: Session, requests: Iterable[FiledRequest]) -> list[int]:
    """Return the ids of a session's items as they run: its own first, then guests by rank."""
    ranks = {request.id: bid_of(request).rank for request in requests}
    own = [item.id for item in session.items if item.request_id not in ranks]
    guests = [
        (ranks[item.request_id], item.id) for item in session.items if item.request_id in ranks
    ]
    return own + [item_id for _, item_id in sorted(guests)]
