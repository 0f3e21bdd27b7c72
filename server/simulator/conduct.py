"""How a simulated venue behaves: when it wants media, when it speaks. Pure; frames and time in.

A venue link opened on a second PC replaces the first (newest wins). The replaced one drops its
media at once, does not fight back, and returns only when the place has been free for a while.
"""

from collections.abc import Mapping
from enum import StrEnum

FREE_FOR_S = 10.0
"""How long the place must have been free before a replaced venue comes back."""


class Drop(StrEnum):
    """Why media is to be dropped at once."""

    REPLACED = "replaced"
    ENDED = "ended"


class Conduct:
    """What one venue has been told over the websocket and what follows from it.

    Attributes:
        floor: the venue number that has the floor, or None.
        called: the venue number that is named in a roll call, or None while none runs.
        session: the number of the open session as the server last told it; 0 while none is.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._away = False
        self._held = False
        self._free_since: float | None = None
        self.floor: int | None = None
        self.called: int | None = None
        self.session = 0

    @property
    def has_floor(self) -> bool:
        """Whether the venue has the floor."""
        return self.floor == self._number

    @property
    def speaking(self) -> bool:
        """Whether the venue talks: it is called in a roll call, or has the floor outside one."""
        return self.has_floor if self.called is None else self.called == self._number

    def wants_media(self, now: float) -> bool:
        """Whether media should be up: unless another PC holds the place or just left it."""
        if not self._away:
            return True
        if self._free_since is None or now - self._free_since < FREE_FOR_S:
            return False
        self._away, self._free_since = False, None
        return True

    def take(self, frame: Mapping[str, object], now: float) -> Drop | None:
        """Take one frame of the server; return why media must be dropped, mostly None.

        Frames of other types, and fields of the wrong type, change nothing.
        """
        match frame.get("type"):
            case "replaced":
                return self._go_away()
            case "ended":
                self._forget()
                return Drop.ENDED
            case "waiting":
                self._forget()
            case "place":
                return self._take_place(frame.get("held"), now)
            case "state":
                self._take_state(frame)
        return None

    def _forget(self) -> None:
        self.floor = self.called = None
        self.session = 0

    def _go_away(self) -> Drop | None:
        was_away, self._away, self._held, self._free_since = self._away, True, True, None
        return None if was_away else Drop.REPLACED

    def _take_place(self, held: object, now: float) -> Drop | None:
        if held == "other":
            # A PC that has just been switched on finds another there and takes its place; only
            # one that held the place before has been sent away.
            return self._go_away() if self._held else None
        if held == "you":
            self._held, self._away, self._free_since = True, False, None
        elif held == "free" and self._away and self._free_since is None:
            self._free_since = now
        return None

    def _take_state(self, frame: Mapping[str, object]) -> None:
        floor, session, roll = frame.get("floor"), frame.get("session"), frame.get("roll")
        self.floor = floor if isinstance(floor, int) else None
        called = roll.get("named") if isinstance(roll, dict) else None
        self.called = called if isinstance(called, int) and called > 0 else None
        if isinstance(session, int):
            self.session = session
