"""The messages about what is on the screens: broadcast, carousel, layouts, sharing, calling.

Part of ``messages``, which gathers them.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, field

from server.signaling.frame import CommandMessage, Number, ServerMessage

At = Literal["all", "wall"]
Layout = Literal["1", "1+5", "9", "16", "33"]


class BroadcastSet(CommandMessage, frozen=True, tag="broadcast.set"):
    """Make a venue's picture big everywhere, and let it be heard, until that ends (广播会场)."""

    venue: Number


class BroadcastEnd(CommandMessage, frozen=True, tag="broadcast.end"):
    """End the broadcast: who has the floor, else the main venue, is big again."""


class WatchSet(CommandMessage, frozen=True, tag="watch.set"):
    """Let the main venue's wall alone look at a venue (选看)."""

    venue: Number


class WatchEnd(CommandMessage, frozen=True, tag="watch.end"):
    """Let the wall see again what everybody sees."""


class CarouselStart(CommandMessage, frozen=True, tag="carousel.start"):
    """Show one branch after another (轮巡), to ``all`` or on the ``wall``; never an absent one."""

    seconds: Annotated[int, Meta(ge=5, le=120)]
    at: At = "wall"


class CarouselPause(CommandMessage, frozen=True, tag="carousel.pause"):
    """Stay at the branch that is shown now."""


class CarouselResume(CommandMessage, frozen=True, tag="carousel.resume"):
    """Go on; the branch that is shown now has its full time again."""


class CarouselEnd(CommandMessage, frozen=True, tag="carousel.end"):
    """End the carousel."""


class LayoutSet(CommandMessage, frozen=True, tag="layout.set"):
    """Choose how many pictures everybody is shown, or the wall (多画面).

    ``venues`` are who is in it, in order; empty takes the main venue and the branches that are
    here. "1" is the big picture alone, "1+5" the big picture with five.
    """

    layout: Layout
    at: At = "all"
    venues: Annotated[list[Number], Meta(max_length=33)] = field(default_factory=list)


class LayoutAllow(CommandMessage, frozen=True, tag="layout.allow"):
    """Let venues choose their own layout."""


class LayoutForbid(CommandMessage, frozen=True, tag="layout.forbid"):
    """Let venues choose no longer; all see what the chair has chosen."""


class LayoutChoose(CommandMessage, frozen=True, tag="layout.choose"):
    """A venue chooses its own layout, where that is allowed; empty follows the chair again."""

    layout: Literal["", "1", "1+5", "9", "16", "33"]


class ContentAllow(CommandMessage, frozen=True, tag="content.allow"):
    """Let a branch share its screen (共享材料)."""

    venue: Number


class ContentForbid(CommandMessage, frozen=True, tag="content.forbid"):
    """Take that back; a screen that it shares now is taken off."""

    venue: Number


class ContentStop(CommandMessage, frozen=True, tag="content.stop"):
    """Take the shared screen off, whosever it is."""


class VenueCall(CommandMessage, frozen=True, tag="venue.call"):
    """Call a branch that is missing (呼叫); ``called`` tells whether its PC rings."""

    venue: Number


Commands: TypeAlias = (
    BroadcastSet
    | BroadcastEnd
    | WatchSet
    | WatchEnd
    | CarouselStart
    | CarouselPause
    | CarouselResume
    | CarouselEnd
    | LayoutSet
    | LayoutAllow
    | LayoutForbid
    | LayoutChoose
    | ContentAllow
    | ContentForbid
    | ContentStop
    | VenueCall
)


class ShowNow(Struct, frozen=True):
    """What the chair has put on the screens; -1 where a venue's number stands for nobody.

    ``carousel_seconds`` is 0 while no carousel runs; it is on the screens ``carousel_at``, shows
    ``carousel_venue`` now, and goes on at ``carousel_next_ms`` (0 while it is paused or waits).
    ``sharing`` is whose screen is shared, ``may_share`` which branches may share theirs.
    """

    broadcast: int
    watched: int
    carousel_at: str
    carousel_seconds: int
    carousel_venue: int
    carousel_paused: bool
    carousel_next_ms: int
    layout: str
    wall_layout: str
    may_choose: bool
    sharing: int
    may_share: list[int]


class PaneNow(Struct, frozen=True):
    """One place of a view: whose camera, or whose shared screen (``content``).

    ``slot`` counts the picture slots of the connection; -1: the page shows its own camera there.
    """

    venue: int
    slot: int
    content: bool
    large: bool


class View(ServerMessage, frozen=True, tag="view"):
    """What this screen shows, place by place, whenever that changes.

    ``layout`` is "1", "1+5", "9", "16", "33", ``content`` (a shared screen large, the speaker
    small) or ``tiles`` (every branch, for a second screen).
    """

    layout: str
    panes: list[PaneNow]


class Quality(ServerMessage, frozen=True, tag="quality"):
    """How well a venue comes through, for the main venue's pages, whenever that changes.

    ``mark`` is ``good``, ``weak`` (loss, or few pictures), ``voice`` (no picture arrives),
    ``mute`` (no sound arrives) or ``nothing``.
    """

    venue: int
    mark: str


class Called(ServerMessage, frozen=True, tag="called"):
    """What came of ``venue.call``: whether the venue's page was open, so that its PC rings.

    The page itself reads in the state that it is called.
    """

    venue: int
    reached: bool


Told: TypeAlias = View | Quality | Called


COMMAND_EXAMPLES: tuple[Struct, ...] = (
    BroadcastSet(20, venue=12),
    BroadcastEnd(21),
    WatchSet(22, venue=12),
    WatchEnd(23),
    CarouselStart(24, seconds=10, at="all"),
    CarouselPause(25),
    CarouselResume(26),
    CarouselEnd(27),
    LayoutSet(28, layout="9", at="all", venues=[]),
    LayoutAllow(29),
    LayoutForbid(30),
    LayoutChoose(31, layout="1+5"),
    ContentAllow(32, venue=12),
    ContentForbid(33, venue=12),
    ContentStop(34),
    VenueCall(35, venue=26),
)
TOLD_EXAMPLES: tuple[Struct, ...] = (
    View("content", [PaneNow(0, 0, True, True), PaneNow(12, 1, False, False)]),
    Quality(8, "weak"),
    Called(26, True),
)
"""With those above, one message of each type for the page about the protocol."""
PARTS: tuple[type[Struct], ...] = (ShowNow, PaneNow)
