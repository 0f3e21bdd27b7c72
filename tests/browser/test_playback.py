"""A recording is watched: its film is made, parts show whom they should, and it is counted."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Page, expect

from server.audit.service import record
from server.audit.store import load_recorded
from server.config import Settings
from server.db.engine import Database
from server.domain.events import EventKind
from server.domain.opening import opening_of, opening_payload
from server.domain.session import SessionState
from server.media.model import RecordingPlan
from server.recording.manifest import MANIFEST, make_manifest, write_manifest
from server.scheduler import store as sessions
from server.simulator.demo import PASSWORD
from server.simulator.loops import make_loop
from server.street import store as street
from tests.browser.barriers import faults_enlarged, faults_of
from tests.browser.chromium import chromium, download, new_context, sign_in
from tests.browser.looking import look_at, tell, until
from tests.browser.pages import LANGUAGES, arrive
from tests.browser.servers import SmallStreet, enter_small_street, serving
from tests.fakes import FakeClock
from tests.unit.recording.studio import UNIX, Studio

BEGUN = 1_000.0
SECONDS = 60
FILM = ".film__screen video"
PLACE = f"document.querySelector('{FILM}').currentTime"
SOUGHT = """async (second) => {
  const video = document.querySelector('.film__screen video');
  const begun = performance.now();
  const shown = new Promise((done) => video.requestVideoFrameCallback(() => done()));
  video.currentTime = second;
  await shown;
  return (performance.now() - begun) / 1000;
}"""


def record_a_session(folder: Path) -> None:
    """Record a minute: the first half shows venue 1, the second venue 2, who speak by turns."""
    studio = Studio(folder, {1: make_loop(1, "杏雨里"), 2: make_loop(2, "云杉苑")}, begin=BEGUN)
    for shown in (1, 2):
        studio.record(RecordingPlan((str(shown),), (), voices=True, shown=str(shown)))
        studio.speak(shown)
        studio.run(SECONDS / 2)
    studio.end()
    (folder / MANIFEST).write_bytes(write_manifest(make_manifest(folder)))


def hold_a_session(small: SmallStreet) -> None:
    """Have the street's session be over, with what was on the programme while it was recorded."""
    settings = Settings(data_dir=small.folder)

    async def enter() -> None:
        db, clock = (
            Database(settings.database),
            FakeClock(datetime.fromtimestamp(UNIX + BEGUN, UTC)),
        )
        async with db.tx() as tx:
            opening = opening_of(
                await sessions.load_session(tx, small.session), await street.load_venues(tx)
            )
            first, second, _ = (item.id for item in opening.items)
            for after, kind, payload in (
                (0, EventKind.SESSION_OPENED, opening_payload(opening)),
                (0, EventKind.RECORDING_STARTED, {"scope": "programme", "venues": []}),
                (0, EventKind.AGENDA_ITEM_STARTED, {"item_id": first}),
                (SECONDS / 2, EventKind.AGENDA_ITEM_STARTED, {"item_id": second}),
                (SECONDS / 2, EventKind.SESSION_CLOSED, {}),
            ):
                clock.advance(seconds=after)
                await record(
                    tx, clock, kind, actor="system", payload=payload, session_id=small.session
                )
            await sessions.set_state(tx, small.session, SessionState.CLOSED, clock.now())
        await db.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, enter()).result()
    record_a_session(settings.recordings / "2026" / "05" / str(small.session))


async def shows(page: Page, venue: int) -> None:
    """Wait until the film shows a venue's picture."""

    async def seen() -> bool:
        [one] = await look_at(page, FILM)
        return one.venue == venue

    await until(f"the film shows venue {venue}", seen)


async def seek(page: Page) -> float:
    """Jump to and fro; return how long the slowest took until its picture was there (seconds)."""
    return max([float(await page.evaluate(SOUGHT, second)) for second in (55, 5, 40, 20, 50)])


async def is_past(page: Page, second: float) -> bool:
    """Tell whether the film has come past a second."""
    return bool(await page.evaluate(f"{PLACE} > {second}"))


async def seconds_watched(small: SmallStreet) -> int:
    """Return how many seconds of the session's film are on record as watched."""
    db = Database(Settings(data_dir=small.folder).database)
    async with db.view() as tx:
        events = await load_recorded(tx, session_id=small.session)
    await db.close()
    told = [event.payload for event in events if event.kind == EventKind.RECORDING_WATCHED]
    return sum(one["to_second"] - one["from_second"] for one in told)


async def test_a_recording_is_found_played_by_its_parts_and_by_keys_and_counts_as_watched(
    tmp_path: Path,
) -> None:
    small = await asyncio.to_thread(enter_small_street, tmp_path / "data", 2)
    await asyncio.to_thread(hold_a_session, small)
    faults: list[str] = []
    with serving(small.folder, "127.0.0.1", secure=True) as server:
        async with chromium("--autoplay-policy=no-user-gesture-required") as browser:
            context = await new_context(browser, LANGUAGES["zh"], ignore_https_errors=True)
            page = await context.new_page()
            await sign_in(page, server.base, "leader", PASSWORD)
            await arrive(page, f"{server.base}/recordings", "main")
            await page.click(f"a[href^='/recordings/{small.session}']")
            await page.wait_for_selector(FILM)
            await page.wait_for_selector("body[data-ready]")
            faults += await faults_of(page, "a film")

            await page.keyboard.press("k")
            await shows(page, 1)
            await page.click("[data-chapters] li:nth-child(2) a")
            await shows(page, 2)
            await expect(page.locator("[data-now]")).to_contain_text("岁末消防检查部署")
            at = await page.evaluate(PLACE)
            await page.keyboard.press("ArrowLeft")
            assert await page.evaluate(PLACE) < at
            await page.click("[data-speed='2']")
            assert await page.evaluate(f"{PLACE.removesuffix('.currentTime')}.playbackRate") == 2
            tell(f"seeking in a film over HTTPS: slowest of five {await seek(page):.2f} s")
            await until("six seconds went by", lambda: is_past(page, 56))
            await page.goto(f"{server.base}/recordings")

            async def is_counted() -> bool:
                return await seconds_watched(small) >= 5

            await until("what was watched is on record", is_counted)
            context = await new_context(browser, LANGUAGES["en"], ignore_https_errors=True)
            english = await context.new_page()
            await sign_in(english, server.base, "operator", PASSWORD)
            await arrive(english, f"{server.base}/recordings/{small.session}", FILM)
            faults += await faults_of(english, "a film in English")
            await english.click("text=Films of the venues")
            await english.click("#venue-02 button")
            await expect(english.locator("#venue-02 a")).to_contain_text("Download")
            await expect(english.locator("#venue-02 [data-said]")).to_contain_text("Ready")
            faults += await faults_of(english, "films of single venues")
            faults += await faults_enlarged(english, "films of single venues")
            took = await download(english, "#venue-02 a", tmp_path / "venue.webm")
            assert took.read_bytes().startswith(b"\x1a\x45\xdf\xa3")
    assert not faults, "\n".join(faults)
