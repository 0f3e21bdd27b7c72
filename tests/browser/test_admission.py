"""A request on its way in a browser: typed by a clerk, referred by the office, granted by a key."""

import asyncio
import re
from pathlib import Path

from playwright.async_api import Browser, Page

from server.simulator.demo import PASSWORD
from tests.browser.chromium import chromium, new_context, sign_in
from tests.browser.servers import enter_small_street, serving


async def _page_of(browser: Browser, base: str, account: str) -> Page:
    page = await (await new_context(browser)).new_page()
    await sign_in(page, base, account, PASSWORD)
    return page


async def test_a_request_goes_from_the_clerk_by_the_office_to_the_leader(tmp_path: Path) -> None:
    await asyncio.to_thread(enter_small_street, tmp_path, 3)
    with serving(tmp_path, "127.0.0.1") as server:
        async with chromium() as browser:
            clerk, office, leader = [
                await _page_of(browser, server.base, name)
                for name in ("clerk", "operator", "leader")
            ]
            number = await _type_and_submit(clerk, server.base)
            await office.goto(f"{server.base}{number}")
            await office.click("form[action$='/refer'] button")
            await office.wait_for_selector("text=已转请领导批")
            await _grant_by_one_key_and_undo(leader, server.base)
            await clerk.goto(server.base)
            await clerk.wait_for_selector("text=最近的答复")


async def _type_and_submit(clerk: Page, base: str) -> str:
    """Type a request, see it kept and its price, come back to it, submit; return its path."""
    await clerk.goto(f"{base}/book")
    await clerk.fill("#topic", "反诈宣传月小结")
    await clerk.wait_for_selector("[data-kept] .state--ok")
    draft = clerk.url
    assert re.search(r"/requests/\d+/edit$", draft)
    await clerk.click("[data-all] button[value='']")
    await clerk.wait_for_selector("#found .empty")
    await clerk.check("[name=committee] >> nth=0", force=True)
    await clerk.wait_for_selector("#found >> text=多跑 1 趟")
    large = {"name": "方案.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-" * 700_000}
    await clerk.eval_on_selector("#file", "file => { file.closest('details').open = true; }")
    await clerk.set_input_files("#file", [large])
    await clerk.wait_for_selector("#file-error >> text=“方案.pdf”有 3.3 MB")
    assert await clerk.input_value("#file") == ""
    await clerk.reload()
    assert await clerk.input_value("#topic") == "反诈宣传月小结"
    await clerk.fill("#minutes", "7")
    await clerk.click("button[value=file]")
    await clerk.wait_for_selector("#minutes-error")
    await clerk.fill("#minutes", "10")
    if not await clerk.is_checked("[name=committee] >> nth=0"):
        await clerk.check("[name=committee] >> nth=0", force=True)
    await clerk.click("button[value=file]")
    await clerk.wait_for_selector("#where")
    return re.sub(r"^https?://[^/]+", "", clerk.url)


async def _grant_by_one_key_and_undo(leader: Page, base: str) -> None:
    """Grant with the key on which the page opens, take it back, and grant again."""
    await leader.goto(f"{base}/approve")
    for last in (False, True):
        await leader.wait_for_selector("button[value=grant]:focus")
        await leader.keyboard.press("Enter")
        await leader.wait_for_selector(".undo >> text=已同意召集")
        if not last:
            await leader.click(".undo button")
            await leader.wait_for_selector(".undo >> text=已撤销")
