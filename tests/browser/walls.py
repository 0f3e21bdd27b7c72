"""The main venue's wall as a browser opens it."""

from playwright.async_api import Browser, Page

from server.simulator.demo import PASSWORD
from tests.browser.chromium import new_context, sign_in
from tests.browser.servers import Demo

TILES = "venue-tile video"


async def open_the_wall(browser: Browser, demo: Demo) -> Page:
    """Sign in as the operator and open the wall of the demo's session, with a blue camera."""
    context = await new_context(browser)
    await context.add_init_script("useBlueCamera()")
    page = await context.new_page()
    await sign_in(page, demo.base, "operator", PASSWORD)
    await page.locator(f'main a[href="/live/{demo.session}"]').first.click(no_wait_after=True)
    await page.wait_for_selector("[data-view=hall]:not([hidden])")
    return page
