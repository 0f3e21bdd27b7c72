"""One person's record as a spreadsheet shows it: in words, and in the time of the place."""

import pytest

from server.attendance.routes.own import spoken_row
from server.domain.events import Payload

ROW: Payload = {
    "audit_number": "PH-2026-1124-01",
    "title": "主任工作例会",
    "starts_at": "2026-11-24T06:00:00.000000Z",
    "venue": "竹溪园",
    "name": "王芳",
    "post": "SOCIAL_WORKER",
    "called": True,
    "signed_at": "2026-11-24T06:03:00.000000Z",
    "verdict": "LATE",
    "excuse": "",
    "late_minutes": 3,
    "leave": "",
    "watched_minutes": 0,
}


@pytest.mark.parametrize(
    ("language", "post", "called", "verdict"),
    [("zh_CN", "社工", "是", "迟到"), ("en", "Social worker", "Yes", "Late")],
)
def test_a_row_is_in_the_reader_s_words_and_the_site_s_time(
    language: str, post: str, called: str, verdict: str
) -> None:
    assert spoken_row(ROW, language) == [
        *("PH-2026-1124-01", "主任工作例会", "2026-11-24 14:00", "竹溪园", "王芳"),
        *(post, called, "2026-11-24 14:03", verdict, "", 3, "", 0),
    ]


def test_what_is_not_known_is_empty_and_an_excuse_has_its_word() -> None:
    nothing = spoken_row(ROW | {"signed_at": "", "verdict": "", "called": False}, "zh_CN")
    assert nothing[6:10] == ["否", "", "", ""]
    excused = spoken_row(ROW | {"verdict": "EXCUSED", "excuse": "OUTAGE"}, "zh_CN")
    assert excused[9] == "系统中断"
