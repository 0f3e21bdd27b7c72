"""A session of three branches on stage: a wall, a leader's console, branch rooms, and their words.

What is played there is in ``scenes``.
"""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from server.conference.timetable import OPEN_BEFORE
from server.config import Settings
from server.db.engine import Database
from server.domain.clock import SystemClock
from server.domain.places import Post
from server.i18n import catalogue
from server.scheduler import store as requests
from server.scheduler.filing import Approval, RequestState
from server.scheduler.tables import AgendaItemRow, MeetingRequestRow, SessionRow
from server.simulator.demo import PASSWORD
from server.simulator.demo_sessions import LIVE_ITEMS
from server.street import store as street
from server.timers.jobs import LOOK_SECONDS
from tests.browser.chromium import new_context, sign_in, visit
from tests.browser.looking import until
from tests.browser.pages import LANGUAGES
from tests.browser.servers import SmallStreet, enter_small_street
from tests.patience import PATIENCE_S
from tests.unit.scheduler.test_problem import filed

expect.set_options(timeout=PATIENCE_S * 1000)
CATALOGUES = {"zh": "zh_CN", "en": "en"}
CALLED = ((Post.DIRECTOR,), (Post.SOCIAL_WORKER,), (Post.SECRETARY,))
"""Whom the three items of the session call, in every committee."""
OPENS_IN = timedelta(minutes=4)
"""More than enough for the pages to come in and wait."""
OPENS_WITHIN_S = 2 * LOOK_SECONDS
LATER = timedelta(days=14)
LOOKS_EVERY = timedelta(seconds=8)
NEXT_TITLE = "书记工作例会"
CAMERA = "useCalmCamera()"
OFFERS = re.compile(r"/rtc\?")
"""Where pages ask for pictures and sound."""


async def enter_play(folder: Path) -> SmallStreet:
    """Enter a small street whose session is soon to open; its items call some posts."""
    made = await asyncio.to_thread(enter_small_street, folder, 3, OPEN_BEFORE + OPENS_IN)
    await _enter_calls(made)
    await _enter_others(made)
    return made


async def let_it_open(made: SmallStreet) -> None:
    """Bring the session's start so near that it opens when the server looks next."""
    db = Database(Settings(data_dir=made.folder).database)
    starts_at = SystemClock().now() + OPEN_BEFORE - timedelta(seconds=1)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=50)}
    async with db.tx() as tx:
        await tx.execute(update(SessionRow).where(SessionRow.id == made.session).values(**times))
    await db.close()


async def _enter_others(made: SmallStreet) -> None:
    """Enter a session to look forward to, and some of nobody.

    Those open one after the other: whenever one does, the server looks what else is due.
    """
    db = Database(Settings(data_dir=made.folder).database)
    now = SystemClock().now()
    starts = [now + OPEN_BEFORE + n * LOOKS_EVERY for n in range(1, 10)]
    later = now.replace(minute=0, second=0, microsecond=0) + LATER
    async with db.tx() as tx:
        hall = await street.load_hall(tx)
        everybody = [venue.id for venue in await street.load_venues(tx) if venue.number]
        called = [(start, list[int]()) for start in starts] + [(later, everybody)]
        for starts_at, venue_ids in called:
            await requests.save_session(
                tx,
                title=NEXT_TITLE,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=1),
                hall=hall,
                items=LIVE_ITEMS,
                venue_ids=venue_ids,
            )
    await db.close()


async def _enter_calls(made: SmallStreet) -> None:
    """Let each item of a small street's session be a request that calls some posts."""
    db = Database(Settings(data_dir=made.folder).database)
    async with db.tx() as tx:
        for position, posts in enumerate(CALLED, 1):
            filing = filed(1, posts=posts, topic=LIVE_ITEMS[position - 1][0]).filing
            number = await requests.save_request(
                tx, filing, approval=Approval.GRANTED, filed_at=SystemClock().now()
            )
            placed = {"state": str(RequestState.PLACED), "session_id": made.session}
            row, item = MeetingRequestRow, AgendaItemRow
            await tx.execute(update(row).where(row.id == number).values(**placed))
            mine = (item.session_id == made.session, item.position == position)
            await tx.execute(update(item).where(*mine).values(request_id=number))
    await db.close()


@dataclass(slots=True)
class Stage:
    """Pages of one session: ``rooms`` by number, in the language that ``languages`` says.

    ``wall`` is the operator's and reads ``own``. ``cameras`` are scripts that give venues another
    camera than the browser's, by number.
    """

    browser: Browser
    base: str
    made: SmallStreet
    own: str
    languages: dict[int, str]
    cameras: dict[int, str]
    rooms: dict[int, Page] = field(default_factory=dict)
    wall: Page = field(init=False)

    @property
    def live(self) -> str:
        """The path of the wall."""
        return f"/live/{self.made.session}"

    async def open_room(self, number: int, *, line: bool = True) -> Page:
        """Open a branch's link in a browser whose microphone is silent.

        Args:
            number: the branch; one that nothing is known of reads what the wall reads.
            line: whether its pictures and sound come through.
        """
        language = LANGUAGES[self.languages.get(number, self.own)]
        context = await new_context(self.browser, language, reduced_motion="reduce")
        script = self.cameras.get(number, CAMERA)
        await context.add_init_script(f"{script};useSilence();useScreen();keepToasts();countWake()")
        page = await context.new_page()
        if not line:
            await page.route(OFFERS, lambda route: route.abort())
        await visit(page, f"{self.base}/j/{self.made.tokens[number]}")
        return page

    async def open_as(self, account: str, path: str) -> Page:
        """Sign in on another computer and open a page."""
        language = LANGUAGES[self.own]
        context = await new_context(self.browser, language, reduced_motion="reduce")
        camera = self.cameras.get(0, CAMERA)
        await context.add_init_script(f"{camera};useSilence();useScreen();keepToasts()")
        page = await context.new_page()
        await sign_in(page, self.base, account, PASSWORD)
        await visit(page, self.base + path)
        return page

    def words(self, number: int, sentence: str, **more: str | int) -> str:
        """Return a sentence as a room reads it; 0 for the wall."""
        language = self.languages.get(number, self.own)
        return catalogue.say(CATALOGUES[language], sentence, **more)

    async def room_says(self, number: int, where: str, sentence: str, **more: str | int) -> None:
        """Wait until an element of a room says a sentence in the room's language."""
        text = self.words(number, sentence, **more)
        await expect(self.rooms[number].locator(where)).to_contain_text(text)

    async def wall_says(self, where: str, sentence: str, **more: str | int) -> None:
        """Wait until an element of the wall says a sentence."""
        text = self.words(0, sentence, **more)
        await expect(self.wall.locator(f".hall {where}")).to_contain_text(text)

    def pattern(self, number: int, sentence: str, **more: str | int) -> re.Pattern[str]:
        """Return what a sentence looks like there; a name that is not given may be any."""
        names = dict.fromkeys(re.findall(r"\{(\w+)\}", sentence), "～") | more
        return re.compile(re.escape(self.words(number, sentence, **names)).replace("～", ".+"))

    async def told(self, number: int, sentence: str, **more: str | int) -> None:
        """Wait until a room was told this in passing."""
        words = self.pattern(number, sentence, **more)

        async def was_told() -> bool:
            found = await self.rooms[number].evaluate("toastsShown")
            return any(words.search(one) for one in found)

        await until(f"room {number} is told {words.pattern}", was_told)

    async def all_say(self, where: str, sentence: str, **more: str | int) -> None:
        for number in self.rooms:
            await self.room_says(number, where, sentence, **more)

    async def choose(self, page: Page, opener: str, sentence: str, **more: str | int) -> None:
        """Open a menu of the wall and choose by its words, with the keyboard alone."""
        words = self.words(0, sentence, **more)
        menu = page.locator("choice-menu:not([hidden])")

        async def opens() -> bool:
            # a fresh page may just then ask for its start, which takes the key for itself
            await page.press(opener, "Enter")
            return await menu.is_visible()

        await until(f"{opener} opens a menu", opens)
        columns = await menu.get_attribute("data-columns")
        for _ in range(await menu.locator("button").count()):
            if await page.inner_text("choice-menu button:focus") == words:
                await page.keyboard.press("Enter")
                return
            await page.keyboard.press("ArrowDown" if columns == "1" else "ArrowRight")
        pytest.fail(f"no {words!r} in the menu: {await menu.inner_text()}")

    async def of_tile(self, number: int, sentence: str) -> None:
        """Choose from the menu of a venue's tile on the wall."""
        await self.choose(self.wall, f'venue-tile[data-venue="{number}"] button', sentence)


async def open_stage(
    browser: Browser,
    base: str,
    made: SmallStreet,
    own: str,
    languages: dict[int, str],
    cameras: dict[int, str] | None = None,
) -> Stage:
    """Open the rooms and the wall of a session that is soon to open, and let them wait for it.

    Args:
        browser: with made-up cameras.
        base: the server's address.
        made: what ``enter_play`` has entered.
        own: the language of the wall.
        languages: of the rooms, by number.
        cameras: see ``Stage``.
    """
    stage = Stage(browser, base, made, own, languages, cameras or {})
    for number in languages:
        stage.rooms[number] = await stage.open_room(number)
    for room in stage.rooms.values():
        await room.wait_for_selector("[data-view=waiting] [data-next-left]:not(:empty)")
    stage.wall = await stage.open_as("operator", stage.live)
    return stage
