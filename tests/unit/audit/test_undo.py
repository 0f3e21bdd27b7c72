"""What may be undone: one's own, fresh, and not changed again since."""

from datetime import UTC, datetime, timedelta

import pytest

from server.audit.undo import UNDO_WITHIN, difference, require_unchanged, require_undoable
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload, Recorded

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
KINDS = (EventKind.ACCOUNT_CHANGED,)
CHANGE: Payload = {"before": {"name": "a"}, "after": {"name": "b"}}


def an_event(kind: str = "account.changed", actor: str = "login:1") -> Recorded:
    return Recorded(7, NOON, kind, None, actor, CHANGE)


def test_a_difference_holds_only_what_differs() -> None:
    before, after = {"name": "a", "post": "x"}, {"name": "b", "post": "x"}
    assert difference(before, after) == {"before": {"name": "a"}, "after": {"name": "b"}}
    assert difference(before, before) == {}


@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=9), UNDO_WITHIN])
def test_one_s_own_fresh_change_can_be_undone(late: timedelta) -> None:
    event = an_event()
    assert require_undoable(event, KINDS, actor="login:1", now=NOON + late) is event


@pytest.mark.parametrize(
    ("event", "late"),
    [
        (None, timedelta()),
        (an_event(kind="account.created"), timedelta()),
        (an_event(actor="login:2"), timedelta()),
        (an_event(), UNDO_WITHIN + timedelta(seconds=1)),
        (an_event(), -timedelta(seconds=1)),
    ],
)
def test_anything_else_cannot(event: Recorded | None, late: timedelta) -> None:
    with pytest.raises(ConflictError, match="undo_gone"):
        require_undoable(event, KINDS, actor="login:1", now=NOON + late)


def test_what_was_changed_again_is_not_undone() -> None:
    require_unchanged(an_event(), {"name": "b", "post": "anything"})
    with pytest.raises(ConflictError, match="undo_overtaken"):
        require_unchanged(an_event(), {"name": "c"})
