"""Every page, for every role and in both languages, without a violation that axe-core can find."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocketRoute

from server.domain.clock import SystemClock, unix_ms
from server.simulator.demo_street import ACCOUNTS
from server.street.setup import Step
from tests.browser.barriers import faults_of
from tests.browser.chromium import FAKE_DEVICES, LOOPBACK_MEDIA, chromium, new_context
from tests.browser.pages import (
    LANGUAGES,
    VENUE_SHOWN,
    VISITOR,
    arrive,
    signed_in,
    stops,
)
from tests.browser.servers import Demo, enter_a_draft, serving


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo with few simulated venues: pages are looked at here, not pictures."""
    made = Demo(tmp_path_factory.mktemp("demo"), taking_part=2)
    made.ensure_live()
    yield made
    made.stop()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_page_of_any_role_breaks_a_rule_of_accessibility(
    demo: Demo, language: str
) -> None:
    faults: list[str] = []
    looked_at: set[str] = set()
    async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
        for account in (VISITOR, *(name for name, *_ in ACCOUNTS)):
            async with signed_in(browser, demo, account, language) as context:
                page = await context.new_page()
                # the first screen is another one for each role; other pages differ by their menu
                fresh = [s for s in stops(demo.session, account) if s.path not in looked_at]
                looked_at |= {stop.path for stop in fresh} - {"/"}
                for stop in fresh:
                    await arrive(page, demo.base + stop.path, stop.ready)
                    faults += await faults_of(page, f"{account} {stop.path}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_branch_page_breaks_no_rule_of_accessibility(demo: Demo, language: str) -> None:
    async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
        faults = await _faults_while_waiting(browser, demo, language)
        faults += await _faults_in_the_room(browser, demo, language)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_password_link_breaks_no_rule_of_accessibility(demo: Demo, language: str) -> None:
    async with (
        chromium() as browser,
        signed_in(browser, demo, "admin", language) as context,
    ):
        page = await context.new_page()
        await arrive(page, f"{demo.base}/admin/accounts/3", "main")
        await page.click("form[action$='/link'] button")
        await page.wait_for_selector("#link")
        faults = await faults_of(page, "a link that was made")
        await arrive(page, await page.inner_text("#link"), "#password")
        faults += await faults_of(page, "the password that it sets")
    assert not faults, "\n".join(faults)


async def _faults_while_waiting(browser: Browser, demo: Demo, language: str) -> list[str]:
    context = await new_context(browser, LANGUAGES[language])
    page = await context.new_page()
    await page.route_web_socket("**/ws", tell_of_a_session_to_come)
    await arrive(page, demo.link(VENUE_SHOWN), "[data-next-left]:not(:empty)")
    faults = await faults_of(page, "branch waiting")
    await arrive(page, demo.link(VENUE_SHOWN).replace("/j/", "/check/"), HEARD)
    faults += await faults_of(page, "device check")
    await context.close()
    return faults


HEARD = "[data-heard=yes]:not([hidden])"
"""When the device check asks whether the loudspeaker was heard, its page has everything on it."""


def tell_of_a_session_to_come(ws: WebSocketRoute) -> None:
    """Stand in for the server before a session: the same two answers to every hello."""

    def answer(_: str | bytes) -> None:
        now = unix_ms(SystemClock().now())
        welcome = {"venue": VENUE_SHOWN, "name": "", "operator": False, "session": 0}
        waiting = {
            "session": 9,
            "title": "书记工作例会",
            "starts_ms": now + 1_000_000,
            "ends_ms": now + 5_000_000,
            "items": 3,
        }
        ws.send(json.dumps({"type": "welcome", "now_ms": now, **welcome}))
        ws.send(json.dumps({"type": "waiting", "now_ms": now, **waiting}))

    ws.on_message(answer)


async def _faults_in_the_room(browser: Browser, demo: Demo, language: str) -> list[str]:
    context = await new_context(browser, LANGUAGES[language])
    page = await context.new_page()
    await arrive(page, demo.link(VENUE_SHOWN), "[data-view=room]:not([hidden])")
    faults = await faults_of(page, "branch room")
    await page.click("[data-view=room] [data-do=count]")
    faults += await faults_of(page, "branch head count")
    await page.keyboard.press("Escape")
    await page.click("[data-view=room] [data-do=help]")
    await page.click("dialog.help [data-size='2']")
    faults += await faults_of(page, "branch help in large type")
    await page.keyboard.press("Escape")
    await page.wait_for_selector("html[data-elder='2']")
    faults += await faults_of(page, "branch room in large type")
    await context.close()
    return faults


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_set_up_breaks_no_rule_of_accessibility(language: str, tmp_path: Path) -> None:
    link = await asyncio.to_thread(enter_a_draft, tmp_path / "data")
    faults: list[str] = []
    with serving(tmp_path / "data", "127.0.0.1") as server:
        async with chromium() as browser:
            page = await (await new_context(browser, LANGUAGES[language])).new_page()
            for step in Step:
                await arrive(page, f"{server.base}{link}/{step}", "main")
                assert page.url.endswith(step)
                faults += await faults_of(page, f"setup {step}")
    assert not faults, "\n".join(faults)
