"""Parts of a recording: agenda items, who had the floor, and what a search finds among them."""

from datetime import timedelta

from server.domain.events import EventKind, Payload, Recorded
from server.recording.parts import Part, find, own_parts, parts_of
from tests.fakes import NOON_TUESDAY as NOON
from tests.unit.conference.hall import opening

HOUR = timedelta(hours=1)


def event(seconds: int, kind: str, **payload: object) -> Recorded:
    said: Payload = dict(payload)
    return Recorded(2, NOON + timedelta(seconds=seconds), kind, 1, "system", said)


def item(seconds: int, number: int) -> Recorded:
    return event(seconds, EventKind.AGENDA_ITEM_STARTED, item_id=number)


def given(seconds: int, venue: int) -> Recorded:
    return event(seconds, EventKind.FLOOR_GIVEN, venue_id=venue)


def test_items_and_speeches_are_parts_counted_from_the_beginning_of_the_recording() -> None:
    events = [
        opening(2),
        item(0, 11),
        given(30, 101),
        event(90, EventKind.FLOOR_TAKEN_BACK, venue_id=101),
        event(600, EventKind.AGENDA_ITEM_ENDED, item_id=11),
        item(660, 12),
        given(700, 102),
        given(720, 101),
        event(900, EventKind.SESSION_CLOSED),
    ]
    parts = parts_of(events, NOON + timedelta(seconds=60), HOUR)
    assert [(p.from_second, p.to_second, p.title) for p in parts] == [
        (0, 540, "自治金使用说明"),
        (0, 30, "第1居"),
        (600, 840, "岁末消防检查部署"),
        (640, 660, "第2居"),
        (660, 840, "第1居"),
    ]
    assert [p.is_item for p in parts] == [True, False, True, False, False]


def test_what_ended_before_the_recording_is_left_out_and_what_goes_on_is_cut() -> None:
    events = [opening(2), item(0, 11), item(100, 12), given(110, 101)]
    parts = parts_of(events, NOON + timedelta(seconds=100), timedelta(seconds=50))
    assert [(p.from_second, p.to_second, p.title) for p in parts] == [
        (0, 50, "岁末消防检查部署"),
        (10, 50, "第1居"),
    ]


def test_erased_events_and_venues_that_nobody_knows_are_no_parts() -> None:
    erased = Recorded(1, NOON, EventKind.SESSION_OPENED, 1, "", {})
    assert parts_of([erased, item(0, 11), given(1, 101)], NOON, HOUR) == []
    assert parts_of([opening(2), item(0, 99), given(1, 199)], NOON, HOUR) == []


PARTS = [
    Part(0, 60, "自治金使用说明", "自治办", item_id=11),
    Part(60, 120, "消防 Fire 检查", "平安办", item_id=12),
    Part(70, 80, "松涛里", venue_id=102),
]


def test_a_search_finds_words_of_topic_department_and_venue() -> None:
    assert find(PARTS, "") == PARTS
    assert find(PARTS, "平安 fire") == [PARTS[1]]
    assert find(PARTS, "松涛") == [PARTS[2]]
    assert find(PARTS, "", "自治办") == [PARTS[0]]
    assert find(PARTS, "消防", "自治办") == []


def test_my_ten_minutes_are_what_my_department_brought_and_when_my_venue_spoke() -> None:
    assert own_parts(PARTS, department="平安办", items=(), venue_id=None) == [PARTS[1]]
    assert own_parts(PARTS, department="改了名的", items={11}, venue_id=None) == [PARTS[0]]
    assert own_parts(PARTS, department="", items=(), venue_id=102) == [PARTS[2]]
    assert own_parts(PARTS, department="", items=(), venue_id=None) == []
