"""The report: the design's Tuesday adds up, rounding is per line, numbers name the session."""

from datetime import timedelta

import pytest

from server.attendance.accounting import compute_attendance
from server.attendance.report import Report, report_of, session_of, whole_minutes
from server.domain.events import EventKind
from tests.unit.attendance.meeting import Meeting, at


def tuesday() -> Report:
    """Return the report of the session drawn in the design, with no grace."""
    meeting = Meeting(venues=33, grace_minutes=0)
    meeting.tell(-60, EventKind.LEAVE_GRANTED, venue_id=30, reason="寒潮值班")
    for venue in range(1, 34):
        if venue not in {26, 30}:
            meeting.join({4: 2, 21: 6}.get(venue, -4), venue)
            meeting.tell(3, EventKind.VENUE_HEAD_COUNT, venue_id=venue, count=6)
    meeting.lose(26, 17).join(30, 17).lose(29, 8).join(31, 8).leave(42, 13).close()
    return report_of(compute_attendance(meeting.events, at(60)))


def test_the_tuesday_of_the_design_adds_up() -> None:
    figures = tuesday().figures
    assert (figures.expected, figures.present, figures.excused, figures.absent) == (33, 31, 1, 1)
    assert (figures.late, figures.left_early) == (2, 1)
    assert figures.present_percent == "93.9"
    assert (figures.minutes, figures.average_minutes, figures.session_minutes) == (1588, 51, 52)
    assert figures.head_count == 31 * 6
    assert (figures.with_line_breaks, figures.line_minutes) == (2, 6)


def test_the_notable_seven_come_first_the_gravest_on_top() -> None:
    report = tuesday()
    assert [line.venue.expected.number for line in report.notable] == [26, 30, 21, 4, 13, 17, 8]
    assert [line.venue.expected.number for line in report.notable_first[7:10]] == [1, 2, 3]
    assert report.is_final


def test_a_corrected_line_is_notable_and_counted_by_its_correction() -> None:
    meeting = Meeting(venues=2).join(10, 1).join(0, 2).close()
    kind = EventKind.ATTENDANCE_CORRECTED
    meeting.tell(90, kind, venue_id=1, field="verdict", value="PRESENT", reason="会场电脑坏了")
    report = report_of(compute_attendance(meeting.events, at(99)))
    assert report.figures.late == 0
    assert [line.venue.expected.number for line in report.notable] == [1]


def test_who_is_late_and_early_is_counted_in_both() -> None:
    figures = report_of(
        compute_attendance(Meeting(venues=1).join(10).leave(40).close().events, at(60))
    ).figures
    assert (figures.present, figures.late, figures.left_early) == (1, 1, 1)


def test_figures_without_a_denominator_are_nought() -> None:
    figures = report_of(compute_attendance(Meeting(venues=0).close().events, at(60))).figures
    assert (figures.average_minutes, figures.present_percent) == (0, "0.0")


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (29, 0), (30, 1), (89, 1), (90, 2)])
def test_minutes_are_rounded_to_the_nearest(seconds: int, minutes: int) -> None:
    assert whole_minutes(timedelta(seconds=seconds)) == minutes


def test_an_audit_number_names_the_day_at_the_site_and_the_session() -> None:
    report = report_of(compute_attendance(Meeting().close().events, at(60)), "QH")
    assert report.audit_number == "QH-2026-1124-07"
    assert session_of(report.audit_number) == 7


@pytest.mark.parametrize("text", ["", "QH-2026-1124-", "QH-x", "QH-２", "QH-12345678901"])
def test_what_is_no_audit_number_names_no_session(text: str) -> None:
    assert session_of(text) is None
