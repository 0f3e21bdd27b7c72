"""The only place that reads the computer's clock; all others are handed a time or a ``Clock``."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

SITE_ZONE = ZoneInfo("Asia/Shanghai")
"""The zone in which the street lives: dates, working days and screens are in it."""


class Clock(Protocol):
    """What a shell needs to know of time."""

    def now(self) -> datetime:
        """Return the wall time as an aware datetime in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow, from an unnamed start."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        """Return the wall time as an aware datetime in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only ever grow, from an unnamed start."""
        return time.monotonic()


def process_age() -> float:
    """Return for how many seconds this process has run, the start of the interpreter included."""
    ticks = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19]
    running = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    return running - int(ticks) / os.sysconf("SC_CLK_TCK")


def unix_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970-01-01 UTC, rounded down."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def from_unix_ms(milliseconds: int) -> datetime:
    """Return the aware UTC datetime of ``unix_ms``; the inverse to the millisecond."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).replace(
        microsecond=milliseconds % 1000 * 1000
    )
