"""How long a branch venue's link takes from being opened to its picture on the wall."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page

from tests.browser.chromium import visit
from tests.browser.looking import until
from tests.browser.servers import Demo
from tests.patience import PATIENCE_S

SCRIPT = Path(__file__).parent / "arrival.js"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One opening of a link.

    ``seconds`` until the wall showed the first frame of the browser's camera, 0 when nobody looked
    at a wall; ``steps`` the seconds until the page had done each thing of ``arrival.js``, in order.
    """

    seconds: float
    steps: dict[str, float]


async def arrive(page: Page, demo: Demo, wall: Page, number: int) -> Arrival:
    """Open a venue's link in a page and wait for its green camera on the wall.

    The wall itself notes the moment of the frame, so that looking costs no time.
    """
    tile = f'venue-tile[data-venue="{number}"] video'
    await wall.evaluate("(tile) => void (globalThis.greenAt = firstGreen(tile))", tile)
    begun = await _open(page, demo.link(number))
    shown = await asyncio.wait_for(wall.evaluate("greenAt"), PATIENCE_S)
    return Arrival(shown / 1000 - begun, await _steps(page, begun))


async def arrive_alone(page: Page, demo: Demo, number: int) -> Arrival:
    """Open a venue's link in a browser that shows nothing else, and wait until it hears."""
    begun = await _open(page, demo.link(number))

    async def hears() -> bool:
        return "sound heard" in await page.evaluate("arrival")

    await until("the page hears", hears)
    return Arrival(0.0, await _steps(page, begun))


async def _open(page: Page, link: str) -> float:
    await page.add_init_script(path=SCRIPT)
    begun = time.time()
    await visit(page, link)
    return begun


async def _steps(page: Page, begun: float) -> dict[str, float]:
    steps = await page.evaluate("arrival")
    ordered = sorted((at / 1000 - begun, step) for step, at in steps.items())
    return {step: after for after, step in ordered}
