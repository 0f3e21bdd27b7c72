"""The worker's wall clock: Unix time that never runs backwards and never jumps."""

_NTP_UNIX_SECONDS = 2_208_988_800
_SLEW = 0.05


class Timeline:
    """Unix time carried on by the steady clock, drawn slowly towards the computer's wall clock.

    A wall clock that is put back by 10 seconds is followed at 5 %: 200 seconds later both agree
    again, and a presence measured meanwhile is at most 5 % wrong instead of 10 seconds.
    """

    __slots__ = ("_offset", "_steady")

    def __init__(self, steady: float, wall: float) -> None:
        """Start at ``wall`` Unix seconds when the steady clock shows ``steady`` seconds."""
        self._steady = steady
        self._offset = wall - steady

    def follow(self, steady: float, wall: float) -> None:
        """Take in a pair of readings; call it about once a second."""
        passed = max(0.0, steady - self._steady)
        wrong = wall - steady - self._offset
        self._offset += max(-_SLEW * passed, min(_SLEW * passed, wrong))
        self._steady = max(self._steady, steady)

    def unix(self, steady: float) -> float:
        """Return the Unix seconds at a moment of the steady clock."""
        return steady + self._offset

    def unix_ms(self, steady: float) -> int:
        """Return the Unix milliseconds at a moment of the steady clock, rounded down."""
        return int((steady + self._offset) * 1000)


def ntp_from_unix(seconds: float) -> int:
    """Return the 64-bit NTP time of Unix seconds: 32 bits of seconds since 1900, 32 of fraction."""
    return int((seconds + _NTP_UNIX_SECONDS) * 4_294_967_296) & 0xFFFF_FFFF_FFFF_FFFF


def unix_from_ntp(ntp: int) -> float:
    """Return the Unix seconds of a 64-bit NTP time of the current era (until 2036)."""
    return ntp / 4_294_967_296 - _NTP_UNIX_SECONDS
