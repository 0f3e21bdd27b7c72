"""What an administrator's change says of itself, and who may take it back, for how long. Pure.

The change itself is undone by the feature that made it; the log keeps both.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from server.domain.errors import ConflictError
from server.domain.events import Payload, Recorded

UNDO_WITHIN = timedelta(minutes=10)
"""A page shows its undo for ten seconds; without scripts it stands until somebody has read it."""


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Payload:
    """Return ``{"before": …, "after": …}`` with the keys whose values differ; {} when none does.

    Both have the same keys.
    """
    changed = [key for key in before if before[key] != after[key]]
    if not changed:
        return {}
    return {
        "before": {key: before[key] for key in changed},
        "after": {key: after[key] for key in changed},
    }


def require_undoable(
    event: Recorded | None, kinds: Collection[str], *, actor: str, now: datetime
) -> Recorded:
    """Return the event when it is this actor's own, of one of these kinds, and fresh.

    Raises:
        ConflictError: ``undo_gone`` for anything else.
    """
    if event is None or event.kind not in kinds or event.actor != actor:
        raise ConflictError("undo_gone")
    if not timedelta() <= now - event.at <= UNDO_WITHIN:
        raise ConflictError("undo_gone")
    return event


def require_unchanged(event: Recorded, now: Mapping[str, Any]) -> None:
    """Refuse to undo what somebody has changed again since.

    Args:
        event: an event with ``after``.
        now: the values of today under the same keys.

    Raises:
        ConflictError: ``undo_overtaken``.
    """
    after: Mapping[str, Any] = event.payload.get("after", {})
    if any(now.get(key) != value for key, value in after.items()):
        raise ConflictError("undo_overtaken")
