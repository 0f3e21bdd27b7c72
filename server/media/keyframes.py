"""When to ask a publisher for a key frame: at once, but not more often than it can help."""


class KeyFrameRequests:
    """The wish for a key frame of one incoming stream.

    Several viewers that ask within half a second are served by one request; a slot that is being
    switched waits at most 150 ms, for a person looks at it. A wish that came too early is kept
    and asked by ``due``; the key frame itself clears it.
    """

    __slots__ = ("_asked_at", "_interval", "_wanted", "came_at")

    INTERVAL_SECONDS = 0.5
    SWITCH_INTERVAL_SECONDS = 0.15

    def __init__(self) -> None:
        self._asked_at = float("-inf")
        self._interval = self.INTERVAL_SECONDS
        self._wanted = False
        self.came_at = float("-inf")

    def ask(self, now: float, *, for_switch: bool = False) -> bool:
        """Note the wish; return whether a request shall be sent now."""
        self._wanted = True
        if for_switch:
            self._interval = self.SWITCH_INTERVAL_SECONDS
        return self.due(now)

    def due(self, now: float) -> bool:
        """Return whether a request shall be sent now for a wish that still stands."""
        if not self._wanted or now - self._asked_at < self._interval:
            return False
        self._asked_at = now
        self._interval = self.INTERVAL_SECONDS
        return True

    def arrived(self, now: float) -> None:
        """Note that a key frame came: nobody waits any more."""
        self.came_at = now
        self._wanted = False
        self._interval = self.INTERVAL_SECONDS
