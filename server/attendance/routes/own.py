"""A committee's own attendance for its secretary, and what one of its people may take away."""

import json

from aiohttp import web

from server.attendance.period import Totals, totals_of
from server.attendance.records import OwnLine, person_rows
from server.attendance.routes.reports import VERDICTS
from server.attendance.service import Reader, load_own_lines, record_reading
from server.auth.guard import login_of
from server.domain.errors import NotFoundError
from server.domain.events import Payload, parse_time
from server.domain.places import Person
from server.i18n.catalogue import say
from server.i18n.dates import clock_time, site_date
from server.pages.context import CLOCK, DATABASE, many, page, visit_of
from server.pages.sheets import render_csv
from server.scheduler.workday_keeping import actor_of
from server.street import store as street

_COLUMNS = {
    "audit_number": "event.own.audit_number",
    "title": "event.own.title",
    "starts_at": "event.own.starts_at",
    "venue": "event.own.venue",
    "name": "event.own.name",
    "post": "event.own.post",
    "called": "event.own.called",
    "signed_at": "event.own.signed_at",
    "verdict": "event.own.verdict",
    "excuse": "event.own.excuse",
    "late_minutes": "event.own.late_minutes",
    "leave": "event.own.leave",
    "watched_minutes": "event.own.watched_minutes",
}
"""Key of a row → the code of its heading."""
_EXCUSES = {
    "LEAVE": "event.excuse.LEAVE",
    "OUTAGE": "event.excuse.OUTAGE",
    "LINE": "event.excuse.LINE",
}
"""Excuse → the code of its word."""
_CALLED = {True: "event.own.was_called", False: "event.own.not_called"}


async def _own(http: web.Request) -> tuple[list[Person], list[OwnLine]]:
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        venues = await street.load_venues(tx)
        venue = next((v for v in venues if v.committee_id == login.committee_id), None)
        if venue is None or login.committee_id is None:
            raise NotFoundError("no_venue_of_yours")
        people = await street.load_staff(tx, login.committee_id)
        return people, await load_own_lines(tx, http.app[CLOCK], venue.id)


async def _record(http: web.Request, form: str, person_id: int | None = None) -> None:
    login, db, clock = login_of(http), http.app[DATABASE], http.app[CLOCK]
    reader = Reader(actor_of(login), login.display_name)
    await record_reading(db, clock, None, reader=reader, form=form, person_id=person_id)


async def show_own(http: web.Request) -> web.Response:
    """Show a secretary the sessions that called the own committee, and its people's records."""
    people, lines = await _own(http)
    await _record(http, "mine")
    totals = sum((totals_of(line.attendance, line.venue) for line in lines), Totals())
    return page(http, "attendance/own.html", people=people, lines=lines, totals=totals)


async def download_person(http: web.Request) -> web.Response:
    """Answer with one person's record, as CSV or JSON; that it was taken is on record."""
    people, lines = await _own(http)
    wanted = next(iter(many([http.match_info["person"]])), 0)
    if wanted not in {person.id for person in people}:
        raise NotFoundError("no_such_person")
    form = http.match_info["form"]
    await _record(http, f"person-{form}", wanted)
    rows = person_rows(lines, wanted)
    if form == "json":
        text = json.dumps({"format": "pinhui-person/1", "sessions": rows}, ensure_ascii=False)
        return _file(text.encode(), f"person-{wanted}.json", "application/json")
    language = visit_of(http).language
    head = [say(language, code) for code in _COLUMNS.values()]
    body = render_csv([head, *(spoken_row(row, language) for row in rows)])
    return _file(body, f"person-{wanted}.csv", "text/csv")


def spoken_row(row: Payload, language: str) -> list[str | int]:
    """Return a row of ``person_rows`` in the reader's words, with the site's day and time."""
    spoken = row | {
        "starts_at": _site_time(row["starts_at"]),
        "post": say(language, f"post.{row['post']}"),
        "called": say(language, _CALLED[row["called"]]),
        "signed_at": _site_time(row["signed_at"]),
        "verdict": say(language, VERDICTS[row["verdict"]]) if row["verdict"] else "",
        "excuse": say(language, _EXCUSES[row["excuse"]]) if row["excuse"] else "",
    }
    return [spoken[key] for key in _COLUMNS]


def _site_time(moment: str) -> str:
    """Return e.g. ``2026-11-24 14:00`` of a moment in the log's form; empty for none."""
    if not moment:
        return ""
    at = parse_time(moment)
    return f"{site_date(at).isoformat()} {clock_time(at)}"


def _file(body: bytes, name: str, content_type: str) -> web.Response:
    answer = web.Response(body=body, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


ROUTES = [
    web.get("/attendance/mine", show_own, name="attendance.own"),
    web.get(
        "/attendance/mine/{person}.{form:csv|json}", download_person, name="attendance.own.person"
    ),
]
