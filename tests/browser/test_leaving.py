"""How a branch page ends, and what it does when the office asks for a check of its devices."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, Page

from server.audit import store as log
from server.config import Settings
from server.db.engine import Database
from server.domain.events import EventKind, Recorded
from server.simulator.demo import PASSWORD
from tests.browser.chromium import (
    FAKE_DEVICES,
    LOOPBACK_MEDIA,
    WHOLE,
    chromium,
    new_context,
    sign_in,
    visit,
)
from tests.browser.looking import until
from tests.browser.servers import SmallStreet, enter_small_street, serving


async def test_each_way_of_ending_is_recorded_and_said_as_what_it_is(tmp_path: Path) -> None:
    made = enter_small_street(tmp_path / "data", committees=3)
    with serving(made.folder, "localhost") as server:
        async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA, program=WHOLE) as browser:
            pages = {
                n: await _join(browser, f"{server.base}/j/{made.tokens[n]}") for n in (1, 2, 3)
            }
            await pages[1].close()
            assert await _reason_of_leaving(made, 1) == "left"
            await pages[2].context.close()
            assert await _reason_of_leaving(made, 2) == "left"
            back = await _join(browser, f"{server.base}/j/{made.tokens[1]}")
            await back.reload(wait_until="domcontentloaded")
            assert await _reason_of_leaving(made, 1) == "left"
            await back.wait_for_selector("[data-view=room]:not([hidden])")
            office = await (await new_context(browser)).new_page()
            await sign_in(office, server.base, "operator", PASSWORD)
            await _renew(office, server.base, 3)
            await pages[3].wait_for_selector("[data-view=calm]:not([hidden])")
            assert "这个入会地址已经停用" in await pages[3].inner_text("[data-view=calm]")
            assert await _reason_of_leaving(made, 3) == "link_renewed"
            await _end(office, server.base, made.session)
            await back.wait_for_selector("[data-view=calm] >> text=没有排定的下一场会")
            await _check(office, back, server.base)
            await _cannot_take_part(browser, f"{server.base}/j/{made.tokens[1]}")


async def _join(browser: Browser, link: str) -> Page:
    page = await (await new_context(browser)).new_page()
    await visit(page, link)
    await page.wait_for_selector("two-truths >> text=主会场看得见、听得见您")
    return page


async def _reason_of_leaving(made: SmallStreet, number: int) -> str:
    """Return why the venue's last connection ended, once it has."""
    found: list[Recorded] = []

    async def has_ended() -> bool:
        db = Database(Settings(data_dir=made.folder).database)
        async with db.view() as tx:
            events = await log.load_recorded(tx, session_id=made.session)
        await db.close()
        found[:] = [e for e in events if e.actor == f"venue:{number}" and "peer" in e.payload]
        return found[-1].kind == EventKind.VENUE_DISCONNECTED

    await until(f"the end of venue {number}'s connection is recorded", has_ended)
    return str(found[-1].payload["reason"])


async def _renew(office: Page, base: str, number: int) -> None:
    await visit(office, f"{base}/street/links")
    card = office.locator("details", has=office.locator("form[action$='/renew']")).nth(number - 1)
    await card.locator("summary").click()
    await card.locator("button").click()
    await office.wait_for_url("**/street/links?renewed=*", wait_until="domcontentloaded")


async def _end(office: Page, base: str, session: int) -> None:
    await visit(office, f"{base}/live/{session}")
    await office.dblclick("[data-do=end]")
    await office.wait_for_selector("[data-do=end].ctl--sure")
    await asyncio.sleep(0.1)
    await office.click("[data-do=end]")


async def _check(office: Page, waiting: Page, base: str) -> None:
    """Let the office ask for a check; the page that waits runs it and goes back to waiting."""
    await visit(office, f"{base}/checks")
    await office.click("form[action='/checks'] button")
    await office.wait_for_selector("text=已经请 1 家开着页面的会场体检")
    await waiting.click("[data-heard=no]")
    await waiting.wait_for_selector("[data-part=loudspeaker].bad >> text=没有听到铃声")
    for part in ("network", "camera", "main"):
        await waiting.wait_for_selector(f"[data-part={part}].ok")
    await office.wait_for_selector("[data-live] >> text=没有听到铃声")
    await waiting.wait_for_selector("[data-leaving] >> text=自己回到等候页")
    await waiting.wait_for_url("**/j/*", wait_until="domcontentloaded")


async def _cannot_take_part(browser: Browser, link: str) -> None:
    """Open a venue's link where there is no WebRTC: pictures show what to change."""
    context = await new_context(browser)
    await context.add_init_script("delete window.RTCPeerConnection")
    page = await context.new_page()
    await visit(page, link)
    await page.wait_for_url("**/browser?next=*", wait_until="domcontentloaded")
    assert await page.locator("svg[role=img]").count() == 3
    assert await page.get_attribute(".browser__back", "href") == link[link.index("/j/") :]
