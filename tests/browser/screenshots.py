"""``make screenshots``: pictures of every page, for every role, in both languages, at two sizes.

They go to screenshots/LANGUAGE/SIZE/ACCOUNT-PAGE.png, which git ignores; with ``--docs`` the three
pictures in docs/pictures are made anew as well.
"""

import argparse
import asyncio
import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page

from server.simulator.demo_street import ACCOUNTS, COMMITTEES
from server.simulator.pictures import RoomPainter
from tests.browser.chromium import (
    FAKE_DEVICES,
    LARGE,
    LOOPBACK_MEDIA,
    SMALL,
    chromium,
    new_context,
)
from tests.browser.looking import look_at, until
from tests.browser.pages import LANGUAGES, VENUE_SHOWN, VISITOR, arrive, signed_in, stops
from tests.browser.scenes import states
from tests.browser.servers import CHECKOUT, Demo, serving
from tests.browser.stage import enter_play, open_stage
from tests.browser.test_accessibility import HEARD, tell_of_a_session_to_come
from tests.browser.walls import TILES

SIZES = (SMALL, LARGE)
SPEAKING = 5
DOCS = CHECKOUT / "docs" / "pictures"
LARGEST_BYTES = 300_000


async def take_pictures(demo: Demo, folder: Path) -> int:
    """Take every picture; return how many there are."""
    taken = 0
    async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
        await _let_a_venue_speak(browser, demo)
        for language in LANGUAGES:
            for account in (VISITOR, *(name for name, *_ in ACCOUNTS)):
                async with signed_in(browser, demo, account, language) as context:
                    await show_a_room(context)
                    taken += await _take_stops(context, demo, account, folder / language)
            taken += await _take_branch(browser, demo, language, folder / language)
            taken += await _take_views(browser, demo, language, folder / language)
    for language in LANGUAGES:
        taken += await _take_states(language, folder / language)
    return taken


async def _let_a_venue_speak(browser: Browser, demo: Demo) -> None:
    """Give a simulated venue the floor, so that every big picture shows something."""
    async with signed_in(browser, demo, "operator", "zh") as context:
        page = await context.new_page()
        await arrive(page, f"{demo.base}/live/{demo.session}", "venue-tile .venue")
        await until("the wall is full", lambda: _is_full(page))
        await page.click(f"venue-tile[data-venue='{SPEAKING}'] button")
        await page.click("choice-menu button >> nth=0")
        await until("the venue is the big picture", lambda: _shows(page, SPEAKING))


async def show_a_room(context: BrowserContext) -> None:
    """Let pages of this context send a drawn main venue instead of the browser's test picture."""
    await context.add_init_script(_camera_of(0, "主会场"))


def _camera_of(number: int, name: str) -> str:
    """Return the script that gives a page the drawn room of a venue for its camera."""
    picture = io.BytesIO()
    RoomPainter(number, name).paint(0, 1).crop((0, 0, 526, 296)).save(picture, "PNG")
    png = base64.b64encode(picture.getvalue()).decode()
    return f'useCamera("{png}")'


async def _take_stops(context: BrowserContext, demo: Demo, account: str, folder: Path) -> int:
    page = await context.new_page()
    taken = 0
    for stop in stops(demo.session, account):
        await arrive(page, demo.base + stop.path, stop.ready)
        if stop.route == "live":
            await until("the wall is full", lambda: _is_full(page))
        name = f"{account}-{stop.path.strip('/').replace('/', '-') or 'home'}"
        taken += await _take_sizes(page, folder, name)
    return taken


async def _is_full(wall: Page) -> bool:
    # a venue whose place the other pictures took may still be on its way back
    return all(seen.venue == seen.tile for seen in await look_at(wall, TILES))


async def _take_branch(browser: Browser, demo: Demo, language: str, folder: Path) -> int:
    context = await new_context(browser, LANGUAGES[language])
    await show_a_room(context)
    page = await context.new_page()
    await page.route_web_socket("**/ws", tell_of_a_session_to_come)
    await arrive(page, demo.link(VENUE_SHOWN), "[data-next-left]:not(:empty)")
    taken = await _take_sizes(page, folder, "venue-waiting")
    await arrive(page, demo.link(VENUE_SHOWN).replace("/j/", "/check/"), HEARD)
    taken += await _take_sizes(page, folder, "venue-check")
    await page.close()
    page = await context.new_page()
    await arrive(page, demo.link(VENUE_SHOWN), "[data-view=room]:not([hidden])")
    await until("the venue is the big picture", lambda: _shows(page, SPEAKING))
    taken += await _take_sizes(page, folder, "venue-room")
    await page.click("[data-view=room] [data-do=help]")
    taken += await _take_sizes(page, folder, "venue-help")
    await page.click("dialog.help [data-size='2']")
    await page.keyboard.press("Escape")
    taken += await _take_sizes(page, folder, "venue-room-large-type")
    await context.close()
    return taken


async def _take_views(browser: Browser, demo: Demo, language: str, folder: Path) -> int:
    """Take what every screen shows in each layout: wall, second screens, a branch, an observer."""
    taken = 0
    async with signed_in(browser, demo, "operator", language) as office:
        await show_a_room(office)
        wall, second, tiles, links = [await office.new_page() for _ in range(4)]
        await _make_observers_link(links, demo)
        taken += await _take_sizes(links, folder, "operator-observers-link")
        guests = await new_context(browser, LANGUAGES[language])
        observer, branch = [await guests.new_page() for _ in range(2)]
        await arrive(observer, await links.inner_text("#link"), f"{HALL} .big")
        await arrive(branch, demo.link(VENUE_SHOWN), "[data-view=room]:not([hidden])")
        await arrive(wall, f"{demo.base}/live/{demo.session}", "venue-tile .venue")
        await arrive(second, f"{demo.base}/live/{demo.session}/screen", f"{HALL} .big")
        await arrive(
            tiles, f"{demo.base}/live/{demo.session}/screen?show=tiles", "venue-tile .venue"
        )
        await until("the wall is full", lambda: _is_full(wall))
        taken += await _take_sizes(tiles, folder, "second-screen-tiles")
        shown = {"wall": wall, "second-screen": second, "branch": branch, "observer": observer}
        for layout in ("1", "1+5", "9", "16", "33"):
            await _set_layout(wall, layout)
            await branch.wait_for_selector(
                f"picture-panes[data-layout='{layout}']", state="attached"
            )
            await asyncio.sleep(4)
            for who, page in shown.items():
                taken += await _take_sizes(page, folder, f"view-{layout}-{who}")
        await _set_layout(wall, "1")
        await guests.close()
    return taken


async def _make_observers_link(page: Page, demo: Demo) -> None:
    """Open the page of the observers' link, and make one where there is none."""
    await arrive(page, f"{demo.base}/live/{demo.session}/observers", "main")
    if not await page.locator("#link").count():
        await page.click("form[action$='/observers'] button")
        await page.wait_for_selector("#link")


HALL = "[data-view=hall]:not([hidden])"


async def _set_layout(wall: Page, layout: str) -> None:
    """Choose a layout for everybody; the menu has it in two columns, everybody's first."""
    await wall.click("[data-do=layout]")
    place = ("1", "1+5", "9", "16", "33").index(layout) * 2
    await wall.click(f"choice-menu button >> nth={place}")


async def _take_states(language: str, folder: Path) -> int:
    """Take every state of a session with three branches, one of which never comes."""
    taken = 0
    with tempfile.TemporaryDirectory(prefix="pinhui-states-") as data:
        made = await enter_play(Path(data) / "data")
        cameras = {n: _camera_of(n, name) for n, name in enumerate(("主会场", *COMMITTEES[:3]))}
        with serving(made.folder, "localhost") as server:
            async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
                languages = {1: language, 2: language}
                stage = await open_stage(browser, server.base, made, language, languages, cameras)
                async for name, pages in states(stage, Path(data)):
                    for who, page in pages.items():
                        taken += await _take_sizes(page, folder, f"state-{name}-{who}")
    return taken


async def _take_sizes(page: Page, folder: Path, name: str) -> int:
    # the present size first: a menu goes when its window changes
    for size in sorted(SIZES, key=lambda one: one != page.viewport_size):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        file = folder / f"{size['width']}x{size['height']}" / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=file, timeout=60_000)
    return len(SIZES)


async def take_docs(demo: Demo) -> None:
    """Renew the pictures in docs: the board, the wall, and at last the report of that session."""
    async with (
        chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser,
        signed_in(browser, demo, "operator", "zh") as context,
    ):
        await show_a_room(context)
        page = await context.new_page()
        await arrive(page, f"{demo.base}/board", "main")
        await _keep(page, "board.png")
        await arrive(page, f"{demo.base}/live/{demo.session}", "venue-tile .venue")
        await until("the wall is full", lambda: _is_full(page))
        await until("the venue is the big picture", lambda: _shows(page, SPEAKING))
        await _keep(page, "wall.png")
        await page.click("[data-do=end]")
        await page.click("[data-do=end].ctl--sure")
        await page.wait_for_selector("[data-view=calm]:not([hidden])")
        await arrive(page, f"{demo.base}/attendance/{demo.session}", "table.tracks")
        await _keep(page, "report.png")


async def _shows(page: Page, venue: int) -> bool:
    (seen,) = await look_at(page, "video[data-big]")
    return seen.venue == venue


async def _keep(page: Page, name: str) -> None:
    """Keep a picture for the docs in a palette of its own, which is small enough."""
    taken = Image.open(io.BytesIO(await page.screenshot(timeout=60_000))).convert("RGB")
    kept = io.BytesIO()
    taken.quantize(256, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    assert len(kept.getvalue()) <= LARGEST_BYTES, f"{name} has {len(kept.getvalue())} bytes"
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / name).write_bytes(kept.getvalue())


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--docs", action="store_true", help="renew docs/pictures as well")
    parser.add_argument(
        "--states", nargs="?", const="", metavar="LANGUAGE", help="only the states of a session"
    )
    words = parser.parse_args()
    if words.states is not None:
        return _main_states([words.states] if words.states else list(LANGUAGES))
    with tempfile.TemporaryDirectory(prefix="pinhui-screenshots-") as folder:
        demo = Demo(Path(folder))
        try:
            demo.ensure_live()
            taken = asyncio.run(take_pictures(demo, CHECKOUT / "screenshots"))
            if words.docs:
                asyncio.run(take_docs(demo))
        finally:
            demo.stop()
    sys.stdout.write(f"{taken} pictures in {CHECKOUT / 'screenshots'}\n")
    return 0


def _main_states(languages: list[str]) -> int:
    async def take() -> int:
        return sum([await _take_states(one, CHECKOUT / "screenshots" / one) for one in languages])

    sys.stdout.write(f"{asyncio.run(take())} pictures of states\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
