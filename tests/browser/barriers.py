"""What keeps people from a page: rules that axe-core finds broken, and what enlarging cuts off."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.chromium import SMALL
from tests.browser.servers import CHECKOUT

AXE = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"
SETTLED = """Promise.allSettled(
  document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished),
).then(() => null)"""
"""A colour that is half way to another has no contrast of its own."""
PAINTED = "new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(() => tell())))"
"""A page hears of its new size before the next frame."""
ENLARGED = ({"width": 640, "height": 360}, {"width": 320, "height": 256})
"""What is left of a small screen in pages enlarged to twice and four times (WCAG 2.2, 1.4.10)."""
RUN = "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)"


def _axe() -> str:
    if not AXE.is_file():
        pytest.fail("axe-core is missing: npm ci, or make test")
    return AXE.read_text(encoding="utf-8")


async def faults_of(page: Page, where: str) -> list[str]:
    """Return one line for each element that breaks a rule."""
    # evaluated, not added as a script: our Content-Security-Policy lets no stranger's script in
    if not await page.evaluate("Boolean(globalThis.axe)"):
        await page.evaluate(f"(() => {{ {_axe()} }})()")
    await page.evaluate(SETTLED)
    found: list[dict[str, Any]] = await page.evaluate(RUN)
    return [
        f"{where}: {rule['id']} at {node['target']}: {node['html'][:120]}"
        for rule in found
        for node in rule["nodes"]
    ]


async def faults_enlarged(
    page: Page, where: str, sizes: Sequence[dict[str, int]] = ENLARGED
) -> list[str]:
    """Return one line for each thing that does not fit a page which was much enlarged."""
    found: list[str] = []
    for size in (SMALL, *sizes):
        await _resize(page, size)
        lines = await page.evaluate("tooWide()")
        found += [f"{where} at {size['width']}: {line}" for line in lines]
    await _resize(page, SMALL)
    return found


async def _resize(page: Page, size: dict[str, int]) -> None:
    """Give a page another size and wait until it has heard of it: menus close when it does."""
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.evaluate(PAINTED)
