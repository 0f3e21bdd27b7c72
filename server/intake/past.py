"""What a register of past meetings says, and what of it is new. Pure.

A meeting is known by its day, department and title, so that the same register taken in twice
changes nothing.
"""

import re
from collections.abc import Collection, Sequence
from datetime import date

from server.baseline.model import Key, PastMeeting
from server.domain.errors import DomainError
from server.domain.places import Committee, Post
from server.intake.model import Change, Plan, Said, Sign
from server.intake.sheets import (
    EVERYBODY,
    Row,
    committee_named,
    folded,
    read_table,
    row_fault,
    whole,
)
from server.street.committee_table import read_post

HEADS = {
    "day": ("日期", "开会日期", "时间", "date", "day"),
    "title": ("会议", "会议名称", "名称", "内容", "meeting", "title"),
    "department": ("科室", "召集科室", "部门", "条线", "department"),
    "minutes": ("时长", "时长(分钟)", "分钟", "时长(分)", "minutes", "minutes long"),
    "called": ("居委会", "参加居委会", "叫到的居委会", "参会居委会", "committees", "committee"),
    "posts": ("岗位", "参会岗位", "posts", "post"),
    "source": ("来源", "出处", "source"),
}
MOST_MINUTES = 720
LONGEST = 120
EARLIEST = date(2000, 1, 1)
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+[\d:]+)?\Z", re.ASCII
)
_UNITS = ("分钟", "分", "minutes", "min")
_BETWEEN = re.compile(r"[、,，;；/\n]+")


def read_day(text: str) -> date | None:
    """Return the day of ``2018-10-08``, ``2018/10/8``, ``2018.10.8`` or ``2018年10月8日``."""
    found = _DAY.match(folded(text))
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def plan_past(
    text: str,
    *,
    committees: Sequence[Committee],
    known: Collection[PastMeeting],
    source: str,
    today: date,
) -> Plan[tuple[PastMeeting, ...]]:
    """Return what a register would add or change.

    Args:
        text: columns 日期, 会议, 科室, 时长, 居委会, and perhaps 岗位 and 来源.
        committees: of the street; 全部 calls those that are not retired.
        known: past meetings entered before.
        source: where rows come from that do not say it themselves.
        today: meetings must be earlier.
    """
    needed = [
        ("day", DomainError("sheet_no_day_column")),
        ("title", DomainError("sheet_no_title_column")),
        ("department", DomainError("sheet_no_department_column")),
        ("minutes", DomainError("sheet_no_minutes_column")),
        ("called", DomainError("sheet_no_committee_column")),
    ]
    rows, errors = read_table(text, HEADS, needed)
    register = _Register(committees, source, today)
    for row in rows:
        register.add(row)
    errors += register.errors
    before = {meeting.key: meeting for meeting in known}
    wanted = [m for m in register.meetings.values() if before.get(m.key) != m]
    changes = tuple(_change(meeting, before) for meeting in wanted)
    same = len(register.meetings) - len(wanted)
    return Plan(tuple(wanted), changes, same, tuple(errors))


def _change(meeting: PastMeeting, known: Collection[Key]) -> Change:
    sign = Sign.CHANGED if meeting.key in known else Sign.NEW
    words: dict[str, str | int] = {
        "department": meeting.department,
        "minutes": meeting.minutes,
        "count": len(meeting.committee_ids),
    }
    name = f"{meeting.day.isoformat()} {meeting.title}"
    return Change(sign, name, (Said("held", words), Said("source", {"source": meeting.source})))


class _Register:
    """Collects meetings and refusals row by row."""

    def __init__(self, committees: Sequence[Committee], source: str, today: date) -> None:
        self.errors: list[DomainError] = []
        self.meetings: dict[Key, PastMeeting] = {}
        self._committees = committees
        self._source, self._today = source, today
        self._rows: dict[Key, int] = {}

    def add(self, row: Row) -> None:
        """Take one row in, or note the first thing that is wrong with it."""
        try:
            meeting = self._read(row)
        except DomainError as error:
            self.errors.append(error)
            return
        before = self._rows.setdefault(meeting.key, row.number)
        if before != row.number:
            self.errors.append(DomainError("row_meeting_repeated", row=row.number, other=before))
            return
        self.meetings[meeting.key] = meeting

    def _read(self, row: Row) -> PastMeeting:
        for column, most in (("title", LONGEST), ("department", 40), ("source", LONGEST)):
            if wrong := row_fault(row, column, most):
                raise wrong
        cells = row.cells
        if not cells["title"]:
            raise DomainError("row_no_title", row=row.number)
        if not cells["department"]:
            raise DomainError("row_no_department", row=row.number)
        if not (source := cells["source"] or self._source):
            raise DomainError("row_no_source", row=row.number)
        return PastMeeting(
            day=self._day(row),
            title=cells["title"],
            department=cells["department"],
            minutes=_minutes(row),
            committee_ids=self._called(row),
            source=source,
            posts=_posts(row),
        )

    def _day(self, row: Row) -> date:
        text = row.cells["day"]
        day = read_day(text)
        if day is None:
            raise DomainError("row_bad_day", row=row.number, text=text[:20])
        if not EARLIEST <= day < self._today:
            raise DomainError("row_not_past", row=row.number, text=text[:20])
        return day

    def _called(self, row: Row) -> tuple[int, ...]:
        text = row.cells["called"]
        if not text:
            raise DomainError("row_no_committee", row=row.number)
        if folded(text) in EVERYBODY:
            return tuple(sorted(c.id for c in self._committees if not c.retired))
        found = set()
        for name in filter(None, (part.strip() for part in _BETWEEN.split(text))):
            committee = committee_named(name, self._committees)
            if committee is None:
                raise DomainError("row_unknown_committee", row=row.number, text=name[:20])
            found.add(committee.id)
        return tuple(sorted(found))


def _minutes(row: Row) -> int:
    text = row.cells["minutes"]
    minutes = whole(text, _UNITS)
    if minutes is None or not 1 <= minutes <= MOST_MINUTES:
        raise DomainError("row_bad_minutes", row=row.number, text=text[:12], most=MOST_MINUTES)
    return minutes


def _posts(row: Row) -> tuple[Post, ...]:
    found = set()
    for word in filter(None, (part.strip() for part in _BETWEEN.split(row.cells["posts"]))):
        post = read_post(word, "")
        if post is None:
            raise DomainError("row_unknown_called_post", row=row.number, text=word[:12])
        found.add(post[0])
    return tuple(post for post in Post if post in found)
