"""How wrong passwords are slowed down: five in a row close the door for five minutes.

Counted per account name and per address, so that neither one account nor one machine can be used
to guess for long; the account itself is never lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

ALLOWED_FAILURES = 5
WAIT = timedelta(minutes=5)
ADDRESS_FACTOR = 6
"""An address may fail this many times as often: a whole office can sit behind one."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row, and when the last one came."""

    count: int = 0
    last_at: datetime | None = None


def wait_left(failures: Failures, now: datetime, allowed: int = ALLOWED_FAILURES) -> timedelta:
    """Return how long the door stays closed; zero when another try is allowed.

    Args:
        failures: what was counted.
        now: aware UTC.
        allowed: failures in a row before the door closes.
    """
    if failures.last_at is None or failures.count < allowed:
        return timedelta()
    return max(failures.last_at + WAIT - now, timedelta())


def after_failure(failures: Failures, now: datetime) -> Failures:
    """Return the count after one more wrong password; a wait that has passed starts afresh."""
    served = failures.last_at is not None and now - failures.last_at >= WAIT
    return Failures(1 if served else failures.count + 1, now)


def tries_left(failures: Failures, allowed: int = ALLOWED_FAILURES) -> int:
    """Return how many more tries there are before the door closes."""
    return max(allowed - failures.count, 0)
