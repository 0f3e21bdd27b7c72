"""The story of the demo as a newcomer lives it, in one browser, against the real processes."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
from playwright.async_api import Browser, Page

from server.attendance.model import VenueAttendance
from server.attendance.report import Report
from server.attendance.service import load_report
from server.db.engine import Database
from server.domain.clock import SystemClock
from server.domain.timespan import Span, total, union
from server.simulator.demo_street import COMMITTEES
from server.simulator.journal import (
    NO_MARK,
    Entry,
    Event,
    connected_spans,
    journal_path,
    read_journal,
)
from tests.browser.arrival import arrive
from tests.browser.chromium import (
    FAKE_DEVICES,
    LOOPBACK_MEDIA,
    chromium,
    download,
    new_context,
)
from tests.browser.looking import Seen, has_moved_on, look_at, tell, until
from tests.browser.servers import CHECKOUT, Demo
from tests.browser.walls import TILES, open_the_wall

BIG = "video[data-big]"
GUEST, WITNESS, CALLED = 12, 7, 5
"""Venues: a browser takes the first one's place and the second one's; the third stays simulated."""
MAIN = 0
TOLERANCE = timedelta(seconds=1)


class Stay:
    """A browser in a venue's place: from a moment before ``connected`` until one in `leave`."""

    def __init__(self, number: int, page: Page) -> None:
        self.number, self.page = number, page
        self.connected = self.closing = self.closed = datetime.max.replace(tzinfo=UTC)
        self.voices: list[int] = []
        page.on("websocket", lambda ws: ws.on("framereceived", self._hear))

    def _hear(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        if message["type"] == "voices":
            self.voices = message["venues"]

    async def come_in(self) -> None:
        connected_ms = await self.page.evaluate("peersMade.at(-1).connectedAt")
        self.connected = datetime.fromtimestamp(connected_ms / 1000, UTC)

    async def leave(self) -> None:
        self.closing = datetime.now(UTC)
        await self.page.close(run_before_unload=False)
        self.closed = datetime.now(UTC)


async def test_a_newcomer_lives_the_whole_story(fresh_demo: Demo, tmp_path: Path) -> None:
    demo = fresh_demo
    async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
        wall = await open_the_wall(browser, demo)
        await _see_every_venue_moving(wall)
        guest = await _take_a_venues_place(browser, demo, wall, GUEST)
        witness = await _take_a_venues_place(browser, demo, wall, WITNESS)
        await _give_the_floor_to_who_asks(wall, guest, witness, demo)
        await _mute_all(wall, guest)
        await _give_the_floor_by_the_tile(wall, guest, witness, demo)
        await _show_a_material(wall, guest)
        await _show_nine_pictures(wall, witness)
        await witness.leave()
        await _come_back_when_the_guest_leaves(wall, guest, demo)
        await _end_the_session(wall)
        value = await _read_the_report(wall, demo, tmp_path)
    report = await _load_report(demo)
    _compare_with_journals(report, demo, {GUEST: guest, WITNESS: witness})
    _verify_the_log(demo.database, value)


async def _see_every_venue_moving(wall: Page) -> None:
    expected = list(range(1, len(COMMITTEES) + 1))

    async def all_show_their_venue() -> bool:
        return [seen.venue for seen in await look_at(wall, TILES)] == expected

    after = await until("every tile shows its own venue", all_show_their_venue)
    first = await look_at(wall, TILES)
    assert [seen.tile for seen in first] == expected

    async def all_are_moving() -> bool:
        before = await look_at(wall, TILES)
        await asyncio.sleep(1)
        return all(map(has_moved_on, before, await look_at(wall, TILES)))

    await until("every tile is moving", all_are_moving)
    await asyncio.sleep(3)
    rates = sorted(_rate(*pair) for pair in zip(first, await look_at(wall, TILES), strict=True))
    tell(
        f"the wall showed 33 right pictures after {after:.1f} s, then"
        f" {rates[0]:.1f} to {rates[-1]:.1f} a second in each tile, median {rates[16]:.1f}"
    )


def _rate(before: Seen, after: Seen) -> float:
    return (after.frames - before.frames) * 1000 / (after.at - before.at)


async def _take_a_venues_place(browser: Browser, demo: Demo, wall: Page, number: int) -> Stay:
    page = await (await new_context(browser)).new_page()
    stay = Stay(number, page)
    arrival = await arrive(page, demo, wall, number)
    steps = ", ".join(f"{step} {after:.1f}" for step, after in arrival.steps.items())
    tell(f"venue {number} was on the wall {arrival.seconds:.1f} s after its link was opened")
    tell(f"  steps: {steps}")
    await until(
        f"simulated venue {number} is told",
        lambda: _noted(demo, number, Event.REPLACED),
    )
    await stay.come_in()
    return stay


async def _noted(demo: Demo, number: int, event: Event) -> bool:
    return any(entry.event is event for entry in read_journal(journal_path(demo.journals, number)))


def _last_about_its_line(demo: Demo, number: int) -> Entry:
    entries = read_journal(journal_path(demo.journals, number))
    return [one for one in entries if one.event in {Event.CONNECTED, Event.DISCONNECTED}][-1]


async def _big_is(page: Page, *, colour: str = "", venue: int = -1) -> bool:
    (seen,) = await look_at(page, BIG)
    return (seen.colour, seen.venue) == (colour, venue)


async def _every_venue_sees(demo: Demo, venue: str, *, apart_from: Collection[int]) -> None:
    """Wait until the simulated venues read this from the big picture that they decode themselves.

    Args:
        demo: whose venues.
        venue: what the mark says, or ``NO_MARK``.
        apart_from: venues whose places browsers have taken, and who is shown.
    """
    others = [n for n in range(1, len(COMMITTEES) + 1) if n not in apart_from]

    async def all_see_it() -> bool:
        return all(_last_sight(demo, number) == venue for number in others)

    await until(f"{len(others)} simulated venues see {venue}", all_see_it)


def _last_sight(demo: Demo, number: int) -> str:
    entries = read_journal(journal_path(demo.journals, number))
    return ([entry.reason for entry in entries if entry.event is Event.SEES] or [""])[-1]


async def _give_the_floor_to_who_asks(wall: Page, guest: Stay, witness: Stay, demo: Demo) -> None:
    browsers = {guest.number, witness.number}
    await until(
        "the main venue is the big picture",
        lambda: _big_is(witness.page, colour="blue", venue=MAIN),
    )
    await _every_venue_sees(demo, str(MAIN), apart_from=browsers)
    await guest.page.click("[data-do=floor]")
    await guest.page.wait_for_selector("[data-do=floor][data-does=asked]")
    await wall.click(f'floor-queue [data-does=give][data-venue="{guest.number}"]')
    await guest.page.wait_for_selector("[data-do=floor][data-does=open]")
    for page in (wall, witness.page):
        await until(
            "who has the floor is the big picture", lambda p=page: _big_is(p, colour="green")
        )
    await _every_venue_sees(demo, NO_MARK, apart_from=browsers)


async def _mute_all(wall: Page, guest: Stay) -> None:
    async def is_heard() -> bool:
        return guest.number in guest.voices

    async def sound_has_stopped() -> bool:
        before = await wall.evaluate("soundReceived()")
        await asyncio.sleep(1)
        return bool(await wall.evaluate("soundReceived()") == before)

    await until("who has the floor is heard", is_heard)
    assert not await sound_has_stopped()
    mute = wall.locator("[data-do=mute]")
    await mute.click()
    await wall.wait_for_selector("[data-do=mute][aria-pressed=false]")
    await mute.click()
    await wall.click("choice-menu button >> nth=0")
    await wall.wait_for_selector("[data-do=mute][aria-pressed=true]")
    await guest.page.wait_for_selector("[data-do=floor][data-does=ask]")
    assert "静音中" in await guest.page.locator(".room .own").inner_text()
    await until("no sound reaches the wall", sound_has_stopped)


async def _give_the_floor_by_the_tile(wall: Page, guest: Stay, witness: Stay, demo: Demo) -> None:
    browsers = {guest.number, witness.number}
    await wall.click(f'venue-tile[data-venue="{CALLED}"] button')
    await wall.click("choice-menu button >> nth=0")
    await until("the called venue is the big picture", lambda: _big_is(witness.page, venue=CALLED))
    await until("the called venue knows", lambda: _noted(demo, CALLED, Event.FLOOR_GOT))
    await _every_venue_sees(demo, str(CALLED), apart_from={CALLED, *browsers})
    await wall.click("[data-do=take_back]")
    await until("the main venue is back", lambda: _big_is(witness.page, colour="blue", venue=MAIN))
    await _every_venue_sees(demo, str(MAIN), apart_from=browsers)


async def _show_a_material(wall: Page, guest: Stay) -> None:
    """Show the item's paper to all and leaf; the guest's page follows, and muted stays in sight."""
    viewer = "material-viewer:not([hidden])"
    await wall.click("[data-do=material]:enabled")
    await guest.page.wait_for_selector(f'{viewer} img[src$="/pages/1"]')
    await wall.wait_for_selector(f"{viewer} .mat__count:has-text('1 / 2')")
    await wall.keyboard.press("ArrowRight")
    await guest.page.wait_for_selector(f'{viewer} img[src$="/pages/2"]')
    assert await guest.page.locator(".room .own [data-mic]").is_visible()
    await wall.click("[data-do=material]")
    await guest.page.wait_for_selector("material-viewer", state="hidden")


async def _show_nine_pictures(wall: Page, witness: Stay) -> None:
    """Show nine pictures to all, its own camera among them; for seven the page connects anew."""
    await wall.click("[data-do=layout]")
    await wall.click("choice-menu button >> text=全场：9 画面")
    expected = ["blue", 1, 2, 3, 4, 5, 6, "green", 8]

    async def all_are_there() -> bool:
        seen = await look_at(witness.page, "picture-panes video")
        return [one.colour or one.venue for one in seen] == expected

    await until("nine right pictures", all_are_there)
    await wall.click("[data-do=layout]")
    await wall.click("choice-menu button >> text=全场：一个大画面")
    await witness.page.wait_for_selector("picture-panes", state="hidden")


async def _come_back_when_the_guest_leaves(wall: Page, guest: Stay, demo: Demo) -> None:
    assert _last_about_its_line(demo, guest.number).event is Event.DISCONNECTED
    await guest.leave()

    async def shows_the_simulated_venue() -> bool:
        (seen,) = await look_at(wall, f'venue-tile[data-venue="{guest.number}"] video')
        return seen.venue == guest.number

    await until("the simulated venue is back on the wall", shows_the_simulated_venue)
    back = _last_about_its_line(demo, guest.number)
    assert back.event is Event.CONNECTED
    away = datetime.fromtimestamp(back.at / 1000, UTC) - guest.closed
    assert away > timedelta(seconds=9)
    tell(f"venue {guest.number} was back {away.total_seconds():.1f} s after the browser had left")


async def _end_the_session(wall: Page) -> None:
    button = wall.locator("[data-do=end]")
    await button.click()
    await wall.wait_for_selector("[data-do=end].ctl--sure")
    await button.click()
    await wall.wait_for_selector("[data-view=calm]:not([hidden])")


async def _read_the_report(page: Page, demo: Demo, folder: Path) -> str:
    """Open the report from the menu, check page and PDF, return the chain value it carries."""
    await page.click("[data-view=calm] a[href='/']")
    await page.click("nav summary")
    await page.click("nav a[href='/attendance']")
    await page.click(f"main a[href='/attendance/{demo.session}']")
    value = await _chain_value(page)
    number = (await page.inner_text(".page__head .code")).strip()
    paper = await download(page, "a[href$='report.pdf']", folder / "report.pdf")
    text = "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(paper).pages)
    assert number in text
    assert value in re.sub(r"\s", "", text)
    table = await page.inner_text("table.tracks")
    for name in COMMITTEES:
        assert name in table
        assert name in text
    return value


async def _chain_value(page: Page) -> str:
    """Return the chain value on a report, which stays as it was right after the end."""
    values = []
    for _ in range(2):
        link = await page.get_attribute("a[href*='value=']", "href")
        assert link
        values.append(link.partition("value=")[2])
        await asyncio.sleep(3)
        await page.reload(wait_until="domcontentloaded")
    assert re.fullmatch("[0-9a-f]{64}", values[0])
    assert values[0] == values[1]
    return values[0]


async def _load_report(demo: Demo) -> Report:
    db = Database(f"sqlite:///{demo.database}")
    async with db.view() as tx:
        report = await load_report(tx, SystemClock(), demo.session)
    await db.close()
    return report


def _compare_with_journals(report: Report, demo: Demo, stays: dict[int, Stay]) -> None:
    frame = report.attendance.frame
    worst = timedelta()
    for venue in report.attendance.venues:
        number = venue.expected.number
        own = _own_spans(demo, report, venue, stays.get(number))
        assert venue.first_join
        left = venue.last_leave or frame.end
        differences = (
            abs(venue.first_join - own[0].start),
            abs(left - own[-1].end),
            abs(venue.in_session - total(s for span in own if (s := span.clipped_to(frame)))),
        )
        worst = max(worst, *differences)
        assert max(differences) < TOLERANCE, (number, differences, own, venue.presence)
    tell(f"attendance and journals of 33 venues: never more than {worst} apart")


def _own_spans(demo: Demo, report: Report, venue: VenueAttendance, stay: Stay | None) -> list[Span]:
    """Return when a venue says it was there: by its journal, and the browser in its place."""
    closed = report.attendance.closed_at
    assert closed
    entries = read_journal(journal_path(demo.journals, venue.expected.number))
    opened_ms = report.attendance.opened_at.timestamp() * 1000
    ours = [entry for entry in entries if entry.at > opened_ms - 500]
    spans = [
        Span(datetime.fromtimestamp(start / 1000, UTC), datetime.fromtimestamp(end / 1000, UTC))
        for start, end in connected_spans(ours, round(closed.timestamp() * 1000))
        if end > start
    ]
    if stay:
        replaced = max(span.end for span in spans if span.end <= stay.closed)
        start = _told(venue, "start", earliest=replaced, latest=stay.connected)
        end = _told(venue, "end", earliest=stay.closing, latest=stay.closed)
        spans.append(Span(start, min(end, closed)))
    return union(spans)


def _told(venue: VenueAttendance, side: str, *, earliest: datetime, latest: datetime) -> datetime:
    """Return when a browser came or went: what the report says, if that is while it did so."""
    told = min(
        (getattr(span, side) for span in venue.presence), key=lambda moment: abs(moment - latest)
    )
    return min(max(told, earliest), latest)


def _verify_the_log(database: Path, value: str) -> None:
    words = [sys.executable, "-m", "server", "audit", "verify", str(database), "--head", value]
    checked = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    wrong = value[:-1] + ("0" if value[-1] != "0" else "1")
    assert subprocess.run([*words[:-1], wrong], cwd=CHECKOUT, capture_output=True).returncode == 1
