"""What the figures of a check mean, limit by limit."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from server.devicecheck.judging import TROUBLES, judge
from server.devicecheck.model import (
    DeviceCheck,
    Finding,
    Grade,
    Part,
    Reason,
    due_at,
    with_finding,
)
from server.devicecheck.words import grade_of, say_check, say_finding
from server.domain.clock import SITE_ZONE
from server.domain.errors import DomainError
from server.i18n.catalogue import LANGUAGES
from server.scheduler.workdays import WorkdayTable

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
FINE: dict[Part, dict[str, object]] = {
    Part.NETWORK: {"connected": True, "rtt_ms": 4, "seconds": 20},
    Part.CAMERA: {"label": "会议摄像头", "width": 1280, "height": 720, "luma": 120, "fps": 15},
    Part.MICROPHONE: {"label": "桌面话筒", "peak_db": -20},
    Part.LOUDSPEAKER: {"heard": "yes"},
    Part.MAIN: {},
}


def found(part: Part, **values: object) -> Finding:
    body = json.dumps(FINE[part] | values).encode()
    return judge(part, body, seen=True, heard=True)


@pytest.mark.parametrize(
    ("part", "values", "grade", "code"),
    [
        (Part.NETWORK, {}, Grade.OK, "clean"),
        (Part.NETWORK, {"down_loss": 0.01}, Grade.OK, "good"),
        (Part.NETWORK, {"up_loss": 0.02}, Grade.WARN, "weak"),
        (Part.NETWORK, {"rtt_ms": 150}, Grade.WARN, "weak"),
        (Part.NETWORK, {"down_loss": 0.1}, Grade.BAD, "poor"),
        (Part.NETWORK, {"rtt_ms": 400}, Grade.BAD, "poor"),
        (Part.NETWORK, {"breaks": 1}, Grade.BAD, "breaks"),
        (Part.NETWORK, {"connected": False}, Grade.BAD, "closed"),
        (Part.CAMERA, {}, Grade.OK, "good"),
        (Part.CAMERA, {"luma": 44}, Grade.WARN, "dark"),
        (Part.CAMERA, {"luma": 226}, Grade.WARN, "bright"),
        (Part.CAMERA, {"luma": 5}, Grade.BAD, "black"),
        (Part.CAMERA, {"fps": 3}, Grade.BAD, "still"),
        (Part.CAMERA, {"trouble": "refused"}, Grade.BAD, "refused"),
        (Part.CAMERA, {"trouble": "something new"}, Grade.BAD, "taken"),
        (Part.MICROPHONE, {}, Grade.OK, "good"),
        (Part.MICROPHONE, {"peak_db": -39}, Grade.WARN, "quiet"),
        (Part.MICROPHONE, {"peak_db": 0}, Grade.WARN, "loud"),
        (Part.MICROPHONE, {"peak_db": -61}, Grade.BAD, "silent"),
        (Part.MICROPHONE, {"trouble": "lost"}, Grade.BAD, "lost"),
        (Part.LOUDSPEAKER, {"heard": "back"}, Grade.OK, "back"),
        (Part.LOUDSPEAKER, {}, Grade.OK, "yes"),
        (Part.LOUDSPEAKER, {"heard": "no"}, Grade.BAD, "no"),
        (Part.LOUDSPEAKER, {"heard": "nobody"}, Grade.WARN, "nobody"),
    ],
)
def test_figures_become_a_finding(
    part: Part, values: dict[str, object], grade: Grade, code: str
) -> None:
    finding = found(part, **values)
    assert (finding.grade, finding.code) == (grade, code)


@pytest.mark.parametrize(
    ("seen", "heard", "code"),
    [
        (True, True, "good"),
        (True, False, "unheard"),
        (False, True, "unseen"),
        (False, False, "nothing"),
    ],
)
def test_what_the_main_venue_gets_is_what_the_server_counts(
    seen: bool, heard: bool, code: str
) -> None:
    assert judge(Part.MAIN, b"{}", seen=seen, heard=heard).code == code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"connected": 1}',
        b'{"connected": true, "up_loss": 2}',
        b'{"nose": 1}',
        b"[" * 9999,
    ],
)
def test_a_page_that_sends_something_else_is_refused(body: bytes) -> None:
    with pytest.raises(DomainError, match="check_unreadable"):
        judge(Part.NETWORK, body, seen=True, heard=True)


def test_an_answer_that_is_none_is_refused() -> None:
    with pytest.raises(DomainError, match="check_unreadable"):
        found(Part.LOUDSPEAKER, heard="perhaps")


def check(*findings: Finding) -> DeviceCheck:
    empty = DeviceCheck(1, 12, NOON, Reason.HAND)
    for finding in findings:
        empty = with_finding(empty, finding)
    return empty


def test_findings_stand_in_the_order_of_the_page_and_the_last_word_counts() -> None:
    seen = check(found(Part.MAIN), found(Part.MICROPHONE, peak_db=-50), found(Part.MICROPHONE))
    assert [(f.part, f.code) for f in seen.findings] == [
        (Part.MICROPHONE, "good"),
        (Part.MAIN, "good"),
    ]
    assert seen.mended == {Part.MICROPHONE}


def test_what_got_worse_is_not_mended() -> None:
    seen = check(found(Part.MICROPHONE), found(Part.MICROPHONE, peak_db=-50))
    assert seen.mended == frozenset()


def test_a_check_is_said_by_its_worst_finding() -> None:
    fine = [found(part) for part in Part]
    assert say_check(check(*fine), "zh_CN") == "五项正常"
    assert grade_of(check(*fine)) == "ok"
    faint = found(Part.MICROPHONE, peak_db=-50)
    assert say_check(check(*fine, faint), "zh_CN") == "话筒：有声音，但偏小。"
    assert grade_of(check(*fine, faint)) == "warn"
    assert say_check(check(faint, *fine), "zh_CN") == "五项正常，话筒调好了"


def test_half_a_check_is_no_good_check_but_what_is_bad_in_it_is_said() -> None:
    assert say_check(check(), "zh_CN") == "没有检完"
    assert say_check(check(found(Part.CAMERA)), "en") == "Not finished"
    assert grade_of(check(found(Part.CAMERA))) == "off"
    assert grade_of(check(found(Part.CAMERA, luma=0))) == "bad"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_words_and_what_follows_in_both_languages(language: str) -> None:
    every = [
        *(
            found(Part.NETWORK, **v)
            for v in ({}, {"up_loss": 0.01}, {"rtt_ms": 200}, {"rtt_ms": 500})
        ),
        *(found(Part.NETWORK, **v) for v in ({"breaks": 2}, {"connected": False})),
        *(found(Part.CAMERA, luma=luma) for luma in (0, 20, 120, 250)),
        found(Part.CAMERA, fps=0),
        *(found(part, trouble=t) for part in (Part.CAMERA, Part.MICROPHONE) for t in TROUBLES),
        *(found(Part.MICROPHONE, peak_db=db) for db in (-90, -50, -20, 0)),
        *(found(Part.LOUDSPEAKER, heard=h) for h in ("back", "yes", "no", "nobody")),
        *(judge(Part.MAIN, b"{}", seen=s, heard=h) for s in (True, False) for h in (True, False)),
    ]
    for finding in every:
        said = say_finding(finding, language)
        assert said.words
        assert not said.words.startswith("check."), finding
        assert not said.note.startswith("check."), finding
        assert "{" not in said.words + said.note


# --- when it is due ------------------------------------------------------------------------------

MONDAY = datetime(2026, 11, 30, 9, 30, tzinfo=SITE_ZONE)
FRIDAY = datetime(2026, 11, 27, 16, tzinfo=SITE_ZONE)


def due(
    *,
    now: datetime,
    last: datetime | None = None,
    number: int = 0,
    table: WorkdayTable | None = None,
) -> datetime | None:
    return due_at(MONDAY, number=number, last=last, now=now, table=table or WorkdayTable())


def test_a_page_checks_itself_at_four_on_the_working_day_before() -> None:
    assert due(now=FRIDAY - timedelta(hours=5)) == FRIDAY
    saturday = datetime(2026, 11, 28, 16, tzinfo=SITE_ZONE)
    make_up = WorkdayTable(exceptions={saturday.date(): True})
    assert due(now=FRIDAY, table=make_up) == saturday


def test_venues_take_turns_of_twenty_seconds() -> None:
    assert due(now=FRIDAY - timedelta(hours=5), number=33) == FRIDAY + timedelta(minutes=11)


def test_a_page_opened_later_checks_itself_at_once_but_not_right_before_the_session() -> None:
    early = MONDAY - timedelta(hours=1)
    assert due(now=early) == early
    assert due(now=MONDAY - timedelta(minutes=15)) is None


def test_a_check_of_that_afternoon_is_enough_an_earlier_one_is_not() -> None:
    now = FRIDAY + timedelta(minutes=20)
    assert due(now=now, last=FRIDAY - timedelta(hours=4)) is None
    assert due(now=now, last=FRIDAY - timedelta(hours=4, seconds=1)) == now
