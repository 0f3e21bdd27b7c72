"""Whether a session is recorded (录像), as a frozen value; its rules are in ``recording``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Scope: TypeAlias = Literal["programme", "everything", "venues", "sound"]
"""What is recorded: what everybody sees and hears; all; some venues; what is heard, no picture."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording of a session.

    Attributes:
        on: it is asked for; the disk may still make it rest.
        scope: what of it.
        venues: whom, by number, where the scope is ``venues``.
        reason: why it was begun.
        since: since when it is on, or when it was last.
        folder: where, below the folder of all recordings.
        trouble: why nothing is written now: ``full``, ``slow`` or ``failed``; empty when it goes.
        notices: how often it was begun: with each, every venue hears of it once.
    """

    on: bool = False
    scope: Scope = "programme"
    venues: tuple[int, ...] = ()
    reason: str = ""
    since: datetime | None = None
    folder: str = ""
    trouble: str = ""
    notices: int = 0
