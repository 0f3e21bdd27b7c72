"""Recordings to watch: list, player, film in ranges, who may not, and what is noted of it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from aiohttp.test_utils import TestServer
from msgspec import structs

from server.attendance.accounting import compute_attendance
from server.audit import store as audit_store
from server.audit.service import record
from server.config import Settings
from server.db.engine import Database
from server.domain.clock import unix_ms
from server.domain.events import EventKind
from server.domain.opening import opening_of, opening_payload
from server.domain.session import SessionState
from server.media.recording.journal import (
    Began,
    Ended,
    Line,
    SegmentDone,
    TrackBegan,
    write_lines,
)
from server.recording.manifest import (
    MANIFEST,
    digest_of,
    make_manifest,
    read_manifest,
    write_manifest,
)
from server.scheduler import store as sessions
from server.street import store as street
from tests.fakes import FakeClock
from tests.web.conftest import HTML, Visitor
from tests.web.test_live import make_session

Enter = Callable[[str], Awaitable[Visitor]]
FILM = bytes(range(256)) * 40
MINUTE_US = 60_000_000


@dataclass(frozen=True)
class Shown:
    session: int
    folder: Path
    server: TestServer


def write_recording(folder: Path, begun_us: int, minutes: int) -> None:
    folder.mkdir(parents=True)
    done = SegmentDone(0, begun_us, begun_us + minutes * MINUTE_US, 4_000_000, "0" * 64)
    tracks = [
        TrackBegan(begun_us, number, source, f"peer{number}", "video", "vp8", 90_000, "")
        for number, source in enumerate(("12", "12c"), 1)
    ]
    end = Ended(done.until_us, "closed")
    lines: list[Line] = [Began(begun_us, 0, folder.name), *tracks, done, end]
    (folder / "journal").write_bytes(write_lines(lines))


def seal(folder: Path, *, film: bool = True) -> None:
    (folder / MANIFEST).write_bytes(write_manifest(make_manifest(folder)))
    if film:
        (folder / "films").mkdir()
        (folder / "films" / "programme.webm").write_bytes(FILM)
        (folder / "films" / "programme.vtt").write_text("WEBVTT\n", encoding="utf-8")


@pytest.fixture
async def shown(
    server: TestServer, settings: Settings, database: Database, clock: FakeClock
) -> Shown:
    """A session of the venues 1, 2 and 12 that was recorded for 50 minutes, ten after it began."""
    session = await make_session(database, clock, [1, 2, 12])
    begun_us = unix_ms(clock.now()) * 1000 + 10 * MINUTE_US
    async with database.tx() as tx:
        venues = await street.load_venues(tx)
        opening = opening_of(await sessions.load_session(tx, session), venues)
        first, second = (item.id for item in opening.items)
        spoke = next(v.id for v in venues if v.number == 12)
        for minutes, kind, payload in (
            (0, EventKind.SESSION_OPENED, opening_payload(opening)),
            (0, EventKind.AGENDA_ITEM_STARTED, {"item_id": first}),
            (10, EventKind.RECORDING_STARTED, {"scope": "programme", "venues": []}),
            (10, EventKind.AGENDA_ITEM_STARTED, {"item_id": second}),
            (5, EventKind.FLOOR_GIVEN, {"venue_id": spoke}),
            (3, EventKind.FLOOR_TAKEN_BACK, {"venue_id": spoke}),
            (20, EventKind.SESSION_CLOSED, {}),
        ):
            clock.advance(minutes=minutes)
            await record(tx, clock, kind, actor="system", payload=payload, session_id=session)
        await sessions.set_state(tx, session, SessionState.CLOSED, clock.now())
    folder = settings.recordings / "2026" / "11" / str(session)
    await asyncio.to_thread(write_recording, folder, begun_us, 50)
    await asyncio.to_thread(seal, folder)
    return Shown(session, folder, server)


async def test_recordings_are_listed_searched_and_watched_by_those_they_are_for(
    shown: Shown, signed_in: Enter
) -> None:
    office = await signed_in("operator")
    _, text = await office.get("/recordings")
    assert "主任工作例会" in text
    assert "50 分" in text
    assert "可以看" in text
    _, text = await office.get("/recordings?q=消防")
    assert f'href="/recordings/{shown.session}?t=600"' in text
    assert "10:00" in text
    _, text = await office.get("/recordings?q=没有这样的议题")
    assert "没有找到" in text
    secretary = await signed_in("secretary")
    answer, text = await secretary.get(f"/recordings/{shown.session}?t=900")
    assert answer.status == 200
    assert f'src="/recordings/{shown.session}/film#t=900"' in text
    assert text.count("杏雨里 · secretary") == 12
    assert re.search(r'jump--own"><li><a href="/recordings/\d+\?t=900"', text)
    assert f"/recordings/{shown.session}/films" not in text
    assert "要下载，请找会务或管理员" in text


async def test_a_committee_sees_nothing_of_sessions_that_did_not_call_it(
    server: TestServer, settings: Settings, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    session = await make_session(database, clock, [1, 2])
    async with database.tx() as tx:
        await sessions.set_state(tx, session, SessionState.CLOSED, clock.now())
    folder = settings.recordings / "2026" / "11" / str(session)
    await asyncio.to_thread(write_recording, folder, unix_ms(clock.now()) * 1000, 5)
    await asyncio.to_thread(seal, folder)
    secretary = await signed_in("secretary")
    _, text = await secretary.get("/recordings")
    assert "还没有您能看的录像" in text
    for path in ("", "/film", "/state", "/banners.vtt"):
        answer, _ = await secretary.get(f"/recordings/{session}{path}")
        assert answer.status == 404, path
    clerk = await signed_in("clerk")
    _, text = await clerk.get("/recordings")
    assert f'href="/recordings/{session}"' in text


async def test_the_film_comes_in_ranges_and_only_some_may_take_it_away(
    shown: Shown, signed_in: Enter, database: Database
) -> None:
    secretary = await signed_in("secretary")
    film = f"/recordings/{shown.session}/film"
    answer = await secretary.client.get(film, headers={"Range": "bytes=100-299"})
    assert (answer.status, answer.content_type) == (206, "video/webm")
    assert answer.headers["Content-Range"] == f"bytes 100-299/{len(FILM)}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert await answer.read() == FILM[100:300]
    answer = await secretary.client.get(film, headers={"Range": f"bytes={len(FILM)}-"})
    assert answer.status == 416
    answer, text = await secretary.get(film, **{"Sec-Fetch-Dest": "document"})
    assert answer.status == 403
    assert "录像只能在这里看" in text
    answer, _ = await secretary.get(f"/recordings/{shown.session}/banners.vtt")
    assert (answer.status, answer.content_type) == (200, "text/vtt")
    taken = f"/recordings/{shown.session}/films/programme"
    answer, _ = await secretary.get(taken)
    assert answer.status == 403
    office = await signed_in("operator")
    answer = await office.client.get(taken, headers=HTML)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''2026-")
    assert await answer.read() == FILM
    async with database.view() as tx:
        kinds = [EventKind.RECORDING_DOWNLOADED]
        [told] = await audit_store.load_recorded(tx, session_id=shown.session, kinds=kinds)
    assert told.payload == {"by": "自治办 会务", "film": "programme"}


async def test_films_of_single_venues_are_made_when_the_office_asks_and_handed_out(
    shown: Shown, signed_in: Enter, database: Database
) -> None:
    films = f"/recordings/{shown.session}/films"
    office, leader = await signed_in("operator"), await signed_in("leader")
    _, text = await office.get(films)
    assert "全程" in text
    assert "做好了，10 KB" in text
    assert "12 杏雨里" in text
    assert "12 杏雨里，共享的屏幕" in text
    assert re.search(r"没有录到的：.*02 ", text)
    answer, _ = await leader.get(films)
    assert answer.status == 403
    answer, _ = await leader.post(films, "/account", film="venue-12")
    assert answer.status == 403
    answer, _ = await office.get(f"{films}/venue-12")
    assert answer.status == 404
    for hostile in ("venue-13", "../../journal", "..%2F..%2Fjournal"):
        answer, text = await office.post(films, films, film=hostile)
        assert (answer.status, "没有这部片子" in text) == (404, True), hostile
        answer, _ = await office.get(f"{films}/{quote(hostile, safe='')}")
        assert answer.status == 404, hostile
    answer, _ = await office.post(films, films, film="venue-12")
    assert answer.status == 200
    said = await until_told(office, films, "venue-12")
    assert said == {"state": "NOTHING", "percent": 0, "said": "没有录到画面和声音"}
    (shown.folder / "films" / "venue-12.webm").write_bytes(FILM)
    answer = await office.client.get(f"{films}/venue-12", headers=HTML)
    assert await answer.read() == FILM
    assert unquote(answer.headers["Content-Disposition"]).endswith(" 12 杏雨里.webm")
    async with database.view() as tx:
        kinds = [EventKind.RECORDING_DOWNLOADED]
        [told] = await audit_store.load_recorded(tx, session_id=shown.session, kinds=kinds)
    assert told.payload == {"by": "自治办 会务", "film": "venue-12"}


async def test_no_film_is_made_that_could_fill_the_disk(shown: Shown, signed_in: Enter) -> None:
    sealed = read_manifest((shown.folder / MANIFEST).read_bytes())
    files = [structs.replace(file, octets=1 << 60) for file in sealed.files]
    sealed = structs.replace(sealed, files=files)
    (shown.folder / MANIFEST).write_bytes(write_manifest(sealed))
    office = await signed_in("operator")
    films = f"/recordings/{shown.session}/films"
    answer, text = await office.post(films, films, film="venue-12")
    assert answer.status == 422
    assert "磁盘快满了，先不做片子" in text
    told = await until_told(office, films, "venue-12")
    assert told["state"] == "ABSENT"


async def until_told(visitor: Visitor, films: str, name: str) -> dict[str, object]:
    """Return what the page is told of a film once it is not being made any more."""
    while True:
        answer = await visitor.client.get(f"{films}/state")
        told: dict[str, object] = (await answer.json())[name]
        if told["state"] != "MAKING":
            return told
        await asyncio.sleep(0.05)


async def test_what_is_watched_is_noted_and_makes_nobody_present(
    shown: Shown, signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    secretary = await signed_in("secretary")
    page = f"/recordings/{shown.session}"
    await secretary.get(page)
    clock.advance(seconds=60)
    answer, _ = await secretary.post(f"{page}/watched", page, parts="0-60 900-950 5-1")
    assert answer.status == 204
    answer, _ = await secretary.post(f"{page}/watched", page, parts="x")
    assert answer.status == 422
    async with database.view() as tx:
        events = await audit_store.load_recorded(tx, session_id=shown.session)
        own = next(v.id for v in await street.load_venues(tx) if v.number == 12)
    told = [e.payload for e in events if e.kind == EventKind.RECORDING_WATCHED]
    assert [(p["venue_id"], p["from_second"], p["to_second"]) for p in told] == [
        (own, 0, 60),
        (own, 900, 950),
    ]
    attendance = compute_attendance(events, clock.now())
    venue = next(v for v in attendance.venues if v.expected.venue_id == own)
    assert (venue.watched, venue.in_session) == (timedelta(seconds=110), timedelta())
    assert str(venue.verdict) == "ABSENT"


async def test_a_recording_says_in_words_how_it_stands(
    shown: Shown, signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    office = await signed_in("operator")
    page = f"/recordings/{shown.session}"
    (shown.folder / MANIFEST).rename(shown.folder / "elsewhere")
    answer = await office.client.get(f"{page}/state")
    assert await answer.json() == {"state": "READY", "percent": 0, "before": 0, "ready": False}
    _, text = await office.get(page)
    assert "整理中" in text
    assert "data-wait" in text
    answer, _ = await office.get(f"{page}/film")
    assert answer.status == 404
    async with database.tx() as tx:
        await sessions.set_state(tx, shown.session, SessionState.OPEN, clock.now())
    for path in (page, f"{page}/films"):
        _, text = await office.get(path)
        assert "这场会正在录" in text
    (shown.folder / "journal").rename(shown.folder / "nowhere")
    _, text = await office.get(page)
    assert "没有录像" in text
    answer, _ = await office.get("/recordings/9999")
    assert answer.status == 404


async def test_what_is_due_is_shown_signed_and_deleted_and_its_digest_stays(
    shown: Shown, signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    office = await signed_in("operator")
    keep, number = "/recordings/keep", str(shown.session)
    _, text = await office.get(keep)
    assert "现在没有到期的" in text
    assert "2026-11" in text
    clock.advance(days=91)
    office, auditor = await signed_in("operator"), await signed_in("auditor")
    await office.post(f"/recordings/{number}/hold", keep, reason="投诉在查")
    _, text = await office.get(keep)
    assert "自治办 会务 留着：投诉在查" in text
    assert "现在没有到期的" in text
    await office.post(f"/recordings/{number}/release", keep)
    _, text = await auditor.get(keep)
    assert "主任工作例会" in text
    assert "签字，删除" not in text
    delete = "/recordings/keep/delete"
    answer, _ = await auditor.post(delete, "/account", list=number, name="督查室")
    assert answer.status == 403
    answer, text = await office.post(delete, keep, list=number, name="别人")
    assert answer.status == 422
    answer, _ = await office.post(delete, keep, list=f"{number} 99", name="自治办 会务")
    assert answer.status == 409
    assert shown.folder.is_dir()
    seal_digest = digest_of((shown.folder / MANIFEST).read_bytes())
    answer, text = await office.post(delete, keep, list=number, name="自治办 会务")
    assert "删了 1 份录像" in text
    assert not shown.folder.exists()
    async with database.view() as tx:
        [told] = await audit_store.load_recorded(tx, kinds=[EventKind.RECORDING_DELETED])
    assert (told.payload["sha256"], told.payload["by"]) == (seal_digest, "自治办 会务")
    _, text = await office.get("/recordings")
    assert "已按期限删除" in text
    _, text = await office.get(f"/recordings/{number}")
    assert "录像已按期限删除" in text
