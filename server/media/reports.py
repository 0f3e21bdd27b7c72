"""The arithmetic of sender and receiver reports (RFC 3550 §6.4), on the server's own clock.

A slot changes publishers, so the NTP times it is told are the server's: each publisher's clock is
placed on it once, with one offset for sound and picture, and lip sync survives every switch.
"""

from server.media.rtcp import ReportBlock, SenderReport
from server.media.rtp import extend
from server.media.timeline import ntp_from_unix, unix_from_ntp


class PublisherClock:
    """Where a publisher's NTP clock lies against the server's.

    The quickest report seen is nearest the truth (its way was the shortest), so the offset only
    falls, but for a drift of 1 ms a minute that lets it follow clocks that run differently.
    """

    __slots__ = ("_at", "offset")

    def __init__(self) -> None:
        self.offset: float | None = None
        self._at = 0.0

    def note(self, server_unix: float, publisher_unix: float) -> None:
        """Take in a report: the server's time of arrival and the publisher's time in it."""
        offset = server_unix - publisher_unix
        if self.offset is None or abs(offset - self.offset) > 5.0:
            self.offset = offset
        else:
            drift = max(0.0, server_unix - self._at) / 60_000
            self.offset = min(offset, self.offset + drift)
        self._at = server_unix


class StreamClock:
    """Which server time a timestamp of one incoming stream has."""

    __slots__ = ("_publisher_unix", "_rate", "_ts", "arrived_at", "short_ntp")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._publisher_unix: float | None = None
        self._ts = 0
        self.short_ntp = 0
        self.arrived_at = 0.0

    def note(self, now: float, report: SenderReport) -> None:
        """Remember the newest sender report of the stream."""
        self._publisher_unix = unix_from_ntp(report.ntp)
        self._ts = report.ts
        self.short_ntp = report.ntp >> 16 & 0xFFFF_FFFF
        self.arrived_at = now

    def timestamp_at(self, server_unix: float, clock: PublisherClock) -> int | None:
        """Return the stream's own timestamp at a server time, None before its first report.

        With a report that says "9,000 at 100.0 s of mine", an offset of 50 s and a clock rate of
        90,000, the timestamp at 150.1 s of the server is 18,000.
        """
        if self._publisher_unix is None or clock.offset is None:
            return None
        passed = server_unix - (self._publisher_unix + clock.offset)
        return (self._ts + round(passed * self._rate)) & 0xFFFF_FFFF


def sender_report(
    *, ssrc: int, server_unix: float, ts: int, packets: int, octets: int
) -> SenderReport:
    """Return the report of one slot: ``ts`` is its outgoing timestamp at ``server_unix``."""
    return SenderReport(
        ssrc, ntp_from_unix(server_unix), ts, packets & 0xFFFF_FFFF, octets & 0xFFFF_FFFF
    )


class ReceptionReports:
    """The report blocks of one incoming stream; shares are of the time since the last block."""

    __slots__ = ("_expected", "_gaps", "fraction")

    def __init__(self) -> None:
        self._expected = 0
        self._gaps = 0
        self.fraction = 0.0

    def block(
        self, now: float, *, ssrc: int, received: int, gaps: int, newest: int, clock: StreamClock
    ) -> ReportBlock:
        """Return the next block.

        Args:
            now: seconds of the worker's clock.
            ssrc: of the incoming stream.
            received: packets received since its start.
            gaps: packets that the line lost since its start.
            newest: extended highest sequence number.
            clock: of the stream, for the time since its last sender report.
        """
        expected = received + gaps
        missed, due = gaps - self._gaps, expected - self._expected
        self.fraction = max(0.0, missed / due) if due > 0 else 0.0
        self._gaps, self._expected = gaps, expected
        delay = round((now - clock.arrived_at) * 65_536) if clock.short_ntp else 0
        return ReportBlock(
            ssrc,
            min(255, int(self.fraction * 256)),
            max(-0x80_0000, min(0x7F_FFFF, gaps)),
            newest & 0xFFFF_FFFF,
            0,
            clock.short_ntp,
            delay & 0xFFFF_FFFF,
        )


def round_trip_ms(server_unix: float, block: ReportBlock) -> int | None:
    """Return the round trip that a report block tells (RFC 3550 §6.4.1), None when it tells none.

    The middle 32 bits of our NTP time, less the last sender report's, less the delay at the other
    side, all in 65,536ths of a second. Anything above ten seconds is nonsense and is None.
    """
    if not block.last_sr:
        return None
    short_now = ntp_from_unix(server_unix) >> 16 & 0xFFFF_FFFF
    units = (short_now - block.last_sr - block.delay) & 0xFFFF_FFFF
    if units > 0x8000_0000:
        return 0
    return round(units * 1000 / 65_536) if units < 655_360 else None


class ViewerLoss:
    """The share of packets that one viewer reports as lost over all its slots.

    Reports may come singly or several in a compound; ``take`` sums what came since the last call.
    """

    __slots__ = ("_before", "_lost", "_sent")

    def __init__(self) -> None:
        self._before: dict[int, tuple[int, int]] = {}
        self._sent = 0
        self._lost = 0

    def note(self, block: ReportBlock) -> None:
        """Take in a report block; the first of an SSRC only sets where counting starts."""
        before = self._before.get(block.ssrc)
        if before is None:
            self._before[block.ssrc] = block.highest, block.lost
            return
        highest = extend(before[0], block.highest, 32)
        sent = highest - before[0]
        if sent < 0:
            return
        self._sent += sent
        self._lost += max(0, min(sent, block.lost - before[1]))
        self._before[block.ssrc] = highest, block.lost

    def take(self) -> float | None:
        """Return the share since the last call, None when fewer than 20 packets were due."""
        if self._sent < 20:
            return None
        share = self._lost / self._sent
        self._sent = self._lost = 0
        return share
