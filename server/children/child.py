"""What a child process does about itself: stays within its limits, says how far it is.

Its answer goes to standard output; on standard error go how far it is, and its last words.
"""

import os
import resource
import sys

MARK = "progress "
"""What a line begins with that says how far the work is."""


def stay_within(
    *, memory: int, seconds: int | None = None, octets: int | None = None, nice: int = 0
) -> None:
    """Limit this process for good; it leaves no image of its memory behind when it falls.

    Args:
        memory: octets of address space.
        seconds: of processor time.
        octets: of the largest file it may write.
        nice: how much it stands back behind a meeting that needs the same core.
    """
    os.nice(nice)
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: octets,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        if most is not None:
            resource.setrlimit(limit, (most, most))


def tell(number: int) -> None:
    """Tell the parent how far the work is."""
    sys.stderr.write(f"{MARK}{number}\n")
    sys.stderr.flush()


class Teller:
    """Tells percents of a length, each once, and never 100: that is the end of the child."""

    def __init__(self, length: float) -> None:
        self._length = max(1, length)
        self._told = -1

    def __call__(self, at: float) -> None:
        """Tell how much of the length is done."""
        percent = min(99, int(at * 100 / self._length))
        if percent > self._told:
            self._told = percent
            tell(percent)
