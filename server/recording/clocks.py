"""When a frame was taken: RTP timestamps put on the recording's one clock by sender reports. Pure.

Sound and picture of a connection are put on it by the same reports (``media/reports.py``), so they
stay together however differently long they travelled. Where no report came, arrival must do.
"""

from bisect import bisect_right

from server.media.rtp import extend

LARGEST_STEP_US = 5_000_000
"""A report that places a stream so far from where it arrived is not believed."""


class TrackClock:
    """The moments of one track; ``rate`` in ticks a second."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._notes: list[tuple[int, int]] = []
        self._newest = -1
        self._arrival: tuple[int, int] | None = None

    def note(self, ts: int, moment_us: int) -> None:
        """Take in what a report says, in order: this timestamp was taken at this moment."""
        self._newest = ts + (1 << 32) if self._newest < 0 else extend(self._newest, ts, 32)
        self._notes.append((self._newest, moment_us))
        if len(self._notes) > 1 and self._notes[-2][0] > self._newest:
            self._notes.sort()

    def moment(self, ts: int, at_us: int) -> int:
        """Return when a frame was taken.

        Args:
            ts: its extended timestamp, on the same turn as ``at_us`` tells.
            at_us: when it arrived.

        With a report of "90,000 at 5 s" and a rate of 90,000, a picture of 99,000 was taken at 5.1.
        """
        if self._arrival is None:
            self._arrival = ts, at_us
        if self._notes:
            found = self._by_report(ts & 0xFFFF_FFFF)
            if abs(found - at_us) < LARGEST_STEP_US:
                return found
        first_ts, first_us = self._arrival
        return first_us + self._us(ts - first_ts)

    def _by_report(self, ts: int) -> int:
        """Return the moment by the last report before a timestamp, else by the first."""
        # both sides count turns of 32 bits for themselves: put the frame near the reports
        near = extend(self._notes[-1][0], ts, 32)
        place = bisect_right(self._notes, (near, 1 << 62))
        report_ts, moment = self._notes[max(0, place - 1)]
        return moment + self._us(near - report_ts)

    def _us(self, ticks: int) -> int:
        return ticks * 1_000_000 // self._rate
