"""The product needs nobody but itself: a way through its pages with no way out of the computer."""

from pathlib import Path

import pypdf
import pytest
from playwright.async_api import BrowserContext, Page

from server.simulator.demo import PASSWORD
from tests.browser.chromium import (
    FAKE_DEVICES,
    LOOPBACK_MEDIA,
    WHOLE,
    chromium,
    download,
    new_context,
    sign_in,
    visit,
)
from tests.browser.looking import look_at, until
from tests.browser.networks import namespaces
from tests.browser.pages import LANGUAGES
from tests.browser.servers import SmallStreet, enter_small_street, serving

PATHS = ("/", "/sessions", "/book", "/street", "/attendance", "/verify")


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_and_pictures_come_from_our_own_server_alone(
    language: str, tmp_path: Path
) -> None:
    made = enter_small_street(tmp_path / "data", committees=3)
    asked: set[str] = set()
    with (
        namespaces(1) as (island,),
        serving(made.folder, "127.0.0.1", namespace=island) as server,
    ):
        flags = (*FAKE_DEVICES, LOOPBACK_MEDIA)
        async with chromium(*flags, namespace=island, folder=tmp_path, program=WHOLE) as browser:
            context = await new_context(browser, LANGUAGES[language])
            context.on("request", lambda request: asked.add(request.url))
            await _walk(context, server.base, made, folder=tmp_path)
    outside = {url for url in asked if not url.startswith((f"{server.base}/", "data:", "blob:"))}
    assert asked
    assert not outside


async def _walk(context: BrowserContext, base: str, made: SmallStreet, *, folder: Path) -> None:
    page = await context.new_page()
    await visit(page, f"{base}/login")
    await page.wait_for_load_state("load")
    await sign_in(page, base, "operator", PASSWORD)
    for path in PATHS:
        await visit(page, base + path)
        await page.wait_for_load_state("load")
        await _has_fetched_from(page, base)
    await visit(page, f"{base}/live/{made.session}")
    branch = await context.new_page()
    await visit(branch, f"{base}/j/{made.tokens[2]}")

    async def shows_the_branch() -> bool:
        (seen,) = await look_at(page, "venue-tile[data-venue='2'] video")
        return seen.colour == "green"

    await until("the branch is on the wall", shows_the_branch)
    for one in (page, branch):
        await _has_fetched_from(one, base)
    await branch.close()
    await visit(page, f"{base}/attendance/{made.session}")
    paper = await download(page, "a[href$='report.pdf']", folder / "report.pdf")
    assert pypdf.PdfReader(paper).pages


async def _has_fetched_from(page: Page, base: str) -> None:
    """Everything the page fetched, be it from the browser's cache, came from one origin."""
    entries = "performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert all(name.startswith(base) for name in await page.evaluate(entries))
