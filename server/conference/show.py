"""What is shown where, as frozen values: broadcast, watching, carousel, layouts, a shared screen.

Each has its rules in a file of its own: ``broadcast``, ``carousel``, ``views``, ``content``. What a
screen shows in the end is told by ``layout``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

At: TypeAlias = Literal["all", "wall"]
"""Whose screens a matter is about: everybody's, or the main venue's alone."""

PLACES: dict[str, int] = {"1": 1, "1+5": 6, "9": 9, "16": 16, "33": 33}
"""The layouts (多画面) that can be chosen, and how many pictures each has."""


@dataclass(frozen=True, slots=True)
class MultiView:
    """A layout and who is in it, in order of place; "1" and the large place of "1+5" name nobody.

    The venues were chosen once, so that no tile jumps when somebody comes or goes.
    """

    layout: str = "1"
    venues: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Carousel:
    """Automatic rotation of the branches (轮巡).

    Attributes:
        at: whose screens it is on.
        seconds: how long each is shown, 5 to 120.
        venue: who is shown now.
        since: since when.
        paused: it stays where it is.
    """

    at: At
    seconds: int
    venue: int
    since: datetime
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A screen that is shared (共享材料): whose, and by which connection."""

    venue: int
    peer: str


@dataclass(frozen=True, slots=True)
class ShownMaterial:
    """The page of a file that the chair shows of an agenda item; its rules are in ``material``."""

    item_id: int
    file: str
    page: int


@dataclass(frozen=True, slots=True)
class ShowState:
    """What the chair has put on the screens.

    Attributes:
        broadcast: the venue whose picture is big everywhere (广播会场), None for the usual one.
        watched: the venue that the main venue's wall alone looks at (选看).
        carousel: the rotation that runs, None while none does.
        everybody: the layout that all are shown.
        wall: the layout of the wall.
        may_choose: whether venues may choose a layout for themselves.
        chosen: (venue, its own layout), in force while they may choose.
        content: the shared screen, None while none is.
        may_share: the branches that may share theirs; the main venue always may.
    """

    broadcast: int | None = None
    watched: int | None = None
    carousel: Carousel | None = None
    everybody: MultiView = MultiView()
    wall: MultiView = MultiView()
    may_choose: bool = False
    chosen: tuple[tuple[int, MultiView], ...] = ()
    content: Content | None = None
    may_share: frozenset[int] = frozenset()
