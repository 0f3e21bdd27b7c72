"""What the log says of a session becomes chapters and captions."""

from datetime import timedelta

from server.domain.events import EventKind, Payload, Recorded
from server.recording.story import Caption, Chapter, Story, read_story, tell, vtt, write_story
from tests.fakes import NOON_TUESDAY as NOON
from tests.unit.conference.hall import opening

START = round(NOON.timestamp() * 1e6)


def event(seconds: int, kind: str, **payload: object) -> Recorded:
    said: Payload = dict(payload)
    return Recorded(2, NOON + timedelta(seconds=seconds), kind, 1, "system", said)


def test_items_are_chapters_and_banners_captions() -> None:
    story = tell(
        [
            opening(2),
            event(0, EventKind.AGENDA_ITEM_STARTED, item_id=11),
            event(10, EventKind.BANNER_SET, text="请报到"),
            event(20, EventKind.BANNER_SET, text="请看材料"),
            event(30, EventKind.AGENDA_ITEM_STARTED, item_id=12),
            event(40, EventKind.BANNER_SET, text=""),
            event(50, EventKind.BANNER_SET, text="散会"),
            event(52, EventKind.FLOOR_GIVEN, venue_id=102),
            event(55, EventKind.FLOOR_TAKEN_BACK, venue_id=102),
            event(55, EventKind.FLOOR_GIVEN, venue_id=101),
            event(60, EventKind.SESSION_CLOSED),
        ],
        "主会场",
    )
    assert story.title == "主任工作例会"
    assert story.venues == {"0": "主会场", "1": "第1居", "2": "第2居"}
    assert story.chapters == [
        Chapter(START, "自治金使用说明", "自治办"),
        Chapter(START + 30_000_000, "岁末消防检查部署", "平安办"),
    ]
    assert [(c.from_us - START, c.until_us - START, c.text) for c in story.captions] == [
        (10_000_000, 20_000_000, "请报到"),
        (20_000_000, 40_000_000, "请看材料"),
        (50_000_000, 60_000_000, "散会"),
    ]
    assert [(s.from_us - START, s.until_us - START, s.venue) for s in story.speeches] == [
        (52_000_000, 55_000_000, 2),
        (55_000_000, 60_000_000, 1),
    ]
    assert read_story(write_story(story)) == story


def test_a_banner_that_still_stands_lasts_to_the_last_event() -> None:
    story = tell(
        [opening(1), event(5, EventKind.BANNER_SET, text="请报到"), event(9, EventKind.MUTE_ALL)],
        "",
    )
    assert story.captions == [Caption(START + 5_000_000, START + 9_000_000, "请报到")]


def test_what_was_undone_ends() -> None:
    story = tell(
        [
            opening(2),
            event(1, EventKind.BANNER_SET, text="写错了"),
            event(2, EventKind.CONTROL_UNDONE, undone=1, command="banner.set"),
            event(3, EventKind.FLOOR_GIVEN, venue_id=101),
            event(4, EventKind.CONTROL_UNDONE, undone=2, command="floor.give"),
            event(9, EventKind.CONTROL_UNDONE, undone=3, command="mute.all"),
        ],
        "",
    )
    assert [c.until_us - c.from_us for c in story.captions] == [1_000_000]
    assert [s.until_us - s.from_us for s in story.speeches] == [1_000_000]


def test_what_is_no_story_tells_nothing() -> None:
    assert read_story(b"{") == read_story(b"\xff") == Story()


def test_captions_are_cut_to_the_film() -> None:
    story = Story(captions=[Caption(0, 5_000_000, "甲 --> 乙"), Caption(9, 10, "太早")])
    assert vtt(story, 1_000_000, 3_661_500_000) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\n甲 → 乙\n"
    )
    late = Story(captions=[Caption(3_661_500_000, 4_000_000_000, "晚")])
    assert "01:01:01.500 --> " in vtt(late, 0, 1 << 60)
