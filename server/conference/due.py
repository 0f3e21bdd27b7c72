"""What a conference does by itself, and when: one function per matter, in one list.

Pure. ``jobs.keep_time`` waits for the moment and gives the order to the service; tests move their
clock and ask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.conference import agenda, carousel, chair, prompts, rollcall
from server.conference.model import NOBODY, Attention, ConferenceState, Order


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to be ordered at one moment, which may have passed."""

    at: datetime
    order: Order


_Matter = Callable[[ConferenceState, Attention], tuple[datetime, Order] | None]
_MATTERS: tuple[_Matter, ...] = (
    chair.due,
    rollcall.due,
    agenda.due,
    prompts.due,
    lambda state, _: carousel.due(state),
)


def next_due(state: ConferenceState, attention: Attention = NOBODY) -> Due | None:
    """Return what is due first; None while nothing happens by itself, and once it is closed."""
    if state.closed:
        return None
    found = [Due(*one) for matter in _MATTERS if (one := matter(state, attention)) is not None]
    return min(found, key=lambda due: due.at, default=None)
