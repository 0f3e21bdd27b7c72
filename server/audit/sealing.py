"""The root of a session (根值) as it is recorded when the session closes. Pure.

A root is printed on the report and written to the committees: from then on, no event of the session
up to its last can be changed without their paper telling.
"""

from dataclasses import dataclass
from datetime import datetime

from server.audit import merkle
from server.audit.chain import ALGORITHMS
from server.domain.events import Payload, Recorded, parse_time, time_text


@dataclass(frozen=True, slots=True)
class Seal:
    """The root over the first ``events`` events of a session, the last being ``up_to``.

    ``root`` has 64 hexadecimal digits, made by ``algorithm``. ``title`` and ``starts_at`` are those
    of the session, for whoever reads the root by itself.
    """

    session_id: int
    title: str
    starts_at: datetime
    root: str
    algorithm: str
    up_to: int
    events: int


def seal_of(
    session_id: int, title: str, starts_at: datetime, *, hashes: dict[int, str], algorithm: str
) -> Seal:
    """Return the seal over a session's events.

    Args:
        session_id: the session.
        title: its title.
        starts_at: when it was to begin, aware.
        hashes: sequence → hash of every event of it, in order; not empty.
        algorithm: of the root.
    """
    root = merkle.root(list(hashes.values()), algorithm)
    return Seal(session_id, title, starts_at, root, algorithm, max(hashes), len(hashes))


def seal_payload(seal: Seal) -> Payload:
    """Return the payload of ``session.sealed``."""
    return {
        "root": seal.root,
        "algorithm": seal.algorithm,
        "up_to": seal.up_to,
        "events": seal.events,
        "title": seal.title,
        "starts_at": time_text(seal.starts_at),
    }


def seal_from(event: Recorded) -> Seal:
    """Return the seal that an event of kind ``session.sealed`` tells of.

    Raises:
        ValueError: when it does not.
    """
    told = event.payload
    if event.session_id is None or told.get("algorithm") not in ALGORITHMS:
        raise ValueError(f"event {event.sequence} tells of no root")
    try:
        return Seal(
            session_id=event.session_id,
            title=told["title"],
            starts_at=parse_time(told["starts_at"]),
            root=told["root"],
            algorithm=told["algorithm"],
            up_to=told["up_to"],
            events=told["events"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"event {event.sequence} tells of no root") from error
