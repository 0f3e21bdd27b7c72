"""A change can be taken back for ten seconds, which stand still while somebody points at it."""

import asyncio
from pathlib import Path

from playwright.async_api import Page, expect

from server.simulator.demo import PASSWORD
from tests.browser.chromium import chromium, new_context, sign_in
from tests.browser.pages import LANGUAGES, arrive
from tests.browser.servers import enter_small_street, serving

TOAST = "form[data-undo] .toast"


async def rename(page: Page, base: str, name: str) -> None:
    """Rename a department by the keyboard alone."""
    await arrive(page, f"{base}/admin/street/departments/4", "#name")
    await page.focus("#name")
    await page.keyboard.press("Control+A")
    await page.keyboard.type(name)
    await page.keyboard.press("Enter")
    await page.wait_for_selector(TOAST)


async def test_a_change_is_undone_by_one_press_or_stays_after_ten_seconds(tmp_path: Path) -> None:
    small = await asyncio.to_thread(enter_small_street, tmp_path / "data", 2)
    with serving(small.folder, "127.0.0.1") as server:
        async with chromium() as browser:
            page = await (await new_context(browser, LANGUAGES["zh"])).new_page()
            await page.clock.install()
            await sign_in(page, server.base, "admin", PASSWORD)
            await rename(page, server.base, "甲办")
            await page.click(f"{TOAST} button")
            await expect(page.locator(TOAST)).to_contain_text("已把“甲办”改成“平安办”")

            await rename(page, server.base, "乙办")
            await page.hover(TOAST)
            await page.clock.run_for(30_000)
            assert await page.is_visible(TOAST)
            await page.mouse.move(5, 5)
            await page.clock.run_for(11_000)
            await expect(page.locator(TOAST)).to_have_count(0)
            await page.reload()
            await expect(page.locator(TOAST)).to_have_count(0)
            await expect(page.locator(".desk__list")).to_contain_text("乙办")
