"""A session from waiting to its end, in every state of its pages, in two languages at once.

A page is looked at whenever it shows a kind of part that nobody has looked at before.
"""

from pathlib import Path

from playwright.async_api import Page

from tests.browser.barriers import ENLARGED, faults_enlarged, faults_of
from tests.browser.chromium import FAKE_DEVICES, LOOPBACK_MEDIA, chromium
from tests.browser.scenes import states
from tests.browser.servers import serving
from tests.browser.stage import enter_play, open_stage

MOST_ENLARGED = ENLARGED[-1:]
MOST_BUTTONS = 4
"""In a branch room, which nobody shall get lost in."""


async def test_a_session_goes_through_all_its_states_by_keyboard_and_none_has_a_barrier(
    tmp_path: Path,
) -> None:
    made = await enter_play(tmp_path / "data")
    faults: list[str] = []
    seen: set[str] = set()
    with serving(made.folder, "localhost") as server:
        async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
            # English words are the longest: most of what is looked at has them
            stage = await open_stage(browser, server.base, made, "en", {1: "en", 2: "zh"})
            async for state, pages in states(stage, tmp_path):
                for who, page in pages.items():
                    parts = set(await page.evaluate("madeOf()"))
                    if not parts <= seen:
                        faults += await _faults(page, f"{state} {who}")
                    seen |= parts
    assert not faults, "\n".join(faults)


async def _faults(page: Page, where: str) -> list[str]:
    faults = await faults_of(page, where) + await faults_enlarged(page, where, MOST_ENLARGED)
    buttons = await page.locator(".acts button:visible").count()
    if buttons > MOST_BUTTONS:
        faults.append(f"{where}: {buttons} buttons in a branch room")
    return faults
