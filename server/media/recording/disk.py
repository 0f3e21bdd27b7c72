"""When a disk is too full to record on: a pure rule."""

LEAST_SHARE = 0.05
"""Recording stops when less of the disk is free: attendance and the log must go on."""
ENOUGH_SHARE = 0.06
"""It goes on when so much is free again, so that it does not flutter at the border."""


def is_full(free: int, total: int, *, was_full: bool) -> bool:
    """Tell whether recording must rest; octets that an ordinary user may use, and all there are."""
    if total <= 0:
        return False
    return free / total < (ENOUGH_SHARE if was_full else LEAST_SHARE)
