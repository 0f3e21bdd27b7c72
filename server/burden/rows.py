"""A report as rows for spreadsheets: committees, departments, sessions, and every share. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.burden.report import BurdenReport
from server.burden.streets import StreetFigures
from server.domain.places import Post
from server.i18n.catalogue import say

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its name, the names of its columns, and its rows.

    ``scaled`` are columns with a colour scale, ``charted`` is one that a chart is drawn of, from
    the first column that names its rows; None for no chart.
    """

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    scaled: tuple[int, ...] = ()
    charted: int | None = None
    named: int = 1


def sheets_of(report: BurdenReport, language: str) -> list[Sheet]:
    """Return all tables of a report: committees, posts, weeks, departments, sessions, shares."""
    return [
        committees_sheet(report, language),
        posts_sheet(report, language),
        *_heat_sheets(report, language),
        departments_sheet(report, language),
        sessions_sheet(report, language),
        shares_sheet(report, language),
    ]


def _heads(language: str, *codes: str) -> tuple[str, ...]:
    return tuple(say(language, f"report_column.{code}") for code in codes)


def committees_sheet(report: BurdenReport, language: str) -> Sheet:
    """Return a row for each committee, with the calls of each post."""
    left = {line.number: line.left for line in report.quotas}
    posts = tuple(say(language, f"post.{post}") for post in Post)
    head = _heads(
        language,
        *("number", "committee", "calls", "minutes", "present", "late", "left_early", "excused"),
        *("absent", "in_session", "items", "merged", "by_video", "spare", "waited", "saved"),
        "left",
    )
    rows = []
    for line in report.lines:
        b = line.burden
        free = left.get(line.number)
        rows.append(
            (
                *(line.number, line.name, b.calls, b.minutes, b.present, b.late, b.left_early),
                *(b.excused, b.absent, b.in_session, b.items, b.merged, b.by_video, b.spare),
                *(b.waited, b.saved, "" if free is None else free),
                *(line.of_post(post).calls for post in Post),
            )
        )
    name = say(language, "report_sheet.committees")
    return Sheet(name, (*head, *posts), tuple(rows), scaled=(2, 3), charted=2)


def posts_sheet(report: BurdenReport, language: str) -> Sheet:
    """Return a row for each post of each committee that was called."""
    head = _heads(
        language,
        *("number", "committee", "post", "calls", "minutes", "present", "items", "merged"),
        *("by_video", "spare", "waited", "saved"),
    )
    rows = tuple(
        (
            *(line.number, line.name, say(language, f"post.{post}"), b.calls, b.minutes),
            *(b.present, b.items, b.merged, b.by_video, b.spare, b.waited, b.saved),
        )
        for line in report.lines
        for post in Post
        if (b := line.of_post(post)).calls
    )
    return Sheet(say(language, "report_sheet.posts"), head, rows, scaled=(3,))


def streets_sheet(streets: Sequence[StreetFigures], language: str) -> Sheet:
    """Return a row for each street, with its calls for each committee and working day."""
    head = _heads(
        language,
        *("street", "rate", "calls", "committees", "workdays", "sessions", "minutes", "present"),
        *("items", "merged", "spare", "waited", "saved", "made_by"),
    )
    rows = tuple(
        (
            *(one.street, one.rate / 100, one.calls, one.committees, one.workdays, one.sessions),
            *(one.minutes, one.present, one.items, one.merged, one.spare, one.waited, one.saved),
            one.made_by,
        )
        for one in streets
    )
    name = say(language, "report_sheet.streets")
    return Sheet(name, head, rows, scaled=(1,), charted=1, named=0)


def _heat_sheets(report: BurdenReport, language: str) -> list[Sheet]:
    """Return the weeks as a table each; a week that is empty for all has empty cells."""
    found = []
    for number, block in enumerate(report.heat, 1):
        weeks = tuple(f"{m.isocalendar()[0]}-W{m.isocalendar()[1]:02}" for m in block.weeks)
        rows = tuple(
            (row.number, row.name, *("" if count is None else count for count in row.counts))
            for row in block.rows
        )
        name = say(language, "report_sheet.weeks") + (f" {number}" if number > 1 else "")
        head = (*_heads(language, "number", "committee"), *weeks)
        found.append(Sheet(name, head, rows, scaled=tuple(range(2, len(head)))))
    return found


def departments_sheet(report: BurdenReport, language: str) -> Sheet:
    """Return a row for each department."""
    head = _heads(
        language,
        *("department", "led", "led_calls", "agenda", "guests", "item_calls", "ran", "over"),
        *("planned", "took", "before"),
    )
    before = report.comparison.departments if report.comparison else {}
    rows = tuple(
        (
            *(d.name, d.led, d.led_calls, d.items, d.guests, d.calls, d.ran, d.over),
            *(d.planned, d.minutes, before.get(d.name, "")),
        )
        for d in report.departments
    )
    name = say(language, "report_sheet.departments")
    return Sheet(name, head, rows, scaled=(2,), charted=2, named=0)


def sessions_sheet(report: BurdenReport, language: str) -> Sheet:
    """Return a row for each session."""
    head = _heads(
        language,
        *("audit_number", "day", "title", "department", "minutes_one", "calls_one", "present"),
        *("late", "left_early", "excused", "absent", "agenda", "heads", "waited", "saved"),
    )
    rows = []
    for held in report.sessions:
        b = report.sums[held.session_id]
        rows.append(
            (
                *(held.audit_number, held.day.isoformat(), held.title, held.lead, held.minutes),
                *(b.calls, b.present, b.late, b.left_early, b.excused, b.absent),
                *(len(held.items), b.heads, b.waited, b.saved),
            )
        )
    name = say(language, "report_sheet.sessions")
    return Sheet(name, head, tuple(rows), scaled=(4,))


def shares_sheet(report: BurdenReport, language: str) -> Sheet:
    """Return a row for each venue in each session: what everything else is summed up from."""
    head = _heads(
        language,
        *("audit_number", "day", "title", "number", "committee", "verdict", "in_session"),
        *("minutes_one", "items", "spare", "waited", "heads"),
    )
    verdicts = {
        name: say(language, f"verdict.{name}")
        for name in ("PRESENT", "LATE", "LEFT_EARLY", "EXCUSED", "ABSENT")
    }
    rows = tuple(
        (
            *(held.audit_number, day, held.title, s.number, s.name, verdicts[s.verdict]),
            *(s.minutes, held.minutes, s.items, s.spare, s.waited, s.heads),
        )
        for held in report.sessions
        for day in [held.day.isoformat()]
        for s in held.shares
    )
    return Sheet(say(language, "report_sheet.shares"), head, rows)


def csv_rows(report: BurdenReport, language: str) -> list[Sequence[str | int]]:
    """Return the rows of the CSV: every share, behind the names of its columns."""
    sheet = shares_sheet(report, language)
    return [sheet.head, *([c if isinstance(c, int) else str(c) for c in r] for r in sheet.rows)]
