"""When to ask a publisher for a key frame: at once, but not more often than it can help."""


class KeyFrameRequests:
    """The wish for a key frame of one incoming stream.

    Several viewers that ask within half a second are served by one request. A wish that came too
    early is kept and asked by ``due``; the key frame itself clears it.
    """

    __slots__ = ("_asked_at", "_wanted")

    INTERVAL_SECONDS = 0.5

    def __init__(self) -> None:
        self._asked_at = float("-inf")
        self._wanted = False

    def ask(self, now: float) -> bool:
        """Note the wish; return whether a request shall be sent now."""
        self._wanted = True
        return self.due(now)

    def due(self, now: float) -> bool:
        """Return whether a request shall be sent now for a wish that still stands."""
        if not self._wanted or now - self._asked_at < self.INTERVAL_SECONDS:
            return False
        self._asked_at = now
        return True

    def arrived(self) -> None:
        """Note that a key frame came: nobody waits any more."""
        self._wanted = False
