"""How long recordings are kept: what is due, what is held back, what the disk holds by month."""

from datetime import UTC, datetime, timedelta

from server.audit.retention import Group, kinds_of
from server.domain.events import EventKind, Payload, Recorded
from server.recording.retention import (
    HOLD_KINDS,
    Month,
    by_month,
    deleted,
    due_at,
    fold_holds,
    is_due,
    signed_as_shown,
)
from tests.fakes import NOON_TUESDAY as NOON


def event(kind: EventKind, **payload: object) -> Recorded:
    said: Payload = dict(payload)
    return Recorded(1, NOON, kind, None, "login:1", said)


def test_a_recording_is_due_once_it_was_kept_for_the_days_of_the_policy() -> None:
    assert due_at(NOON, 90) == NOON + timedelta(days=90)
    assert is_due(NOON, 90, NOON + timedelta(days=90))
    assert not is_due(NOON, 90, NOON + timedelta(days=89, hours=23))
    assert due_at(NOON, 0) is None
    assert not is_due(NOON, 0, NOON + timedelta(days=9999))


def test_a_hold_stands_until_it_is_released_and_the_last_reason_counts() -> None:
    held = event(EventKind.RECORDING_HELD, session=7, reason="投诉", by="陈晓")
    again = event(EventKind.RECORDING_HELD, session=7, reason="调查", by="王敏")
    other = event(EventKind.RECORDING_HELD, session=8, reason="调查", by="王敏")
    gone = event(EventKind.RECORDING_RELEASED, session=8, by="王敏")
    holds = fold_holds([held, other, again, gone])
    assert [(h.session, h.reason, h.by) for h in holds.values()] == [(7, "调查", "王敏")]
    assert fold_holds([event(EventKind.RECORDING_RELEASED, session=9, by="王敏")]) == {}


def test_what_was_deleted_is_told_by_the_log_which_keeps_it() -> None:
    assert deleted([event(EventKind.RECORDING_DELETED, session=7), event(EventKind.MUTE_ALL)]) == {
        7
    }
    assert not set(HOLD_KINDS) & set(kinds_of(Group.ATTENDANCE))


def test_the_disk_is_told_by_month_at_the_site_the_latest_first() -> None:
    # the last evening of October in UTC is November at the site
    evening = datetime(2026, 10, 31, 20, tzinfo=UTC)
    months = by_month([(evening, 10, 1), (NOON, 20, 0), (evening - timedelta(days=9), 5, 5)])
    assert months == [Month("2026-11", 2, 30, 1), Month("2026-10", 1, 5, 5)]


def test_only_the_list_as_it_was_shown_can_be_signed() -> None:
    assert signed_as_shown([8, 7], {7: None, 8: None})
    assert not signed_as_shown([7], {7: None, 8: None})
    assert not signed_as_shown([7, 8, 9], {7: None, 8: None})
