"""The merge board as the meeting office works with it: by mouse, by finger and by keys."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page

from server.simulator.demo import PASSWORD
from tests.browser.chromium import chromium, new_context, sign_in
from tests.browser.servers import enter_busy_street, enter_crowded_week, serving

READY = "body[data-ready]"


@dataclass(frozen=True, slots=True)
class Month:
    """A data folder with a month of requests, and the Monday of a week that is too full."""

    folder: Path
    crowded: date


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """A street with a month of requests and a week that is too full, copied for each test."""
    folder = tmp_path_factory.mktemp("month")
    enter_busy_street(folder)
    return Month(folder, enter_crowded_week(folder))


@pytest.fixture
def street(month: Month, tmp_path: Path) -> Path:
    """A data folder of the test's own, with a month of requests."""
    return Path(shutil.copytree(month.folder, tmp_path / "street"))


@asynccontextmanager
async def office(folder: Path, **more: object) -> AsyncIterator[Page]:
    """Give the board of a street to the meeting office, at its first week with a session."""
    with serving(folder, "127.0.0.1") as server:
        async with chromium() as browser:
            page = await _page(browser, server.base, **more)
            await page.goto(f"{server.base}/board")
            await page.wait_for_selector(READY)
            if not await page.locator("board-grid button.slot[data-request]").count():
                await _turned(page, "after")
            yield page


async def _page(browser: Browser, base: str, **more: object) -> Page:
    page = await (await new_context(browser, **more)).new_page()
    await sign_in(page, base, "operator", PASSWORD)
    return page


async def _turned(page: Page, way: str) -> None:
    before = await page.inner_text("[data-span]")
    await page.click(f"[data-do={way}]")
    await page.wait_for_function(
        "was => document.querySelector('[data-span]').innerText !== was", arg=before
    )


async def _middle(thing: Locator) -> tuple[float, float]:
    box = await thing.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def _priced(page: Page) -> None:
    await page.wait_for_selector(".cell .price")


async def _done(page: Page, words: str) -> None:
    await page.wait_for_selector(f"action-toast.open >> text={words}")


def _item(request: str, cell: str) -> str:
    return f"[data-cell='{cell}'] [data-request='{request}']"


async def _first_item(page: Page) -> tuple[Locator, str, str]:
    """Return the first item that can be moved, its request, and the half-day that it is in."""
    item = page.locator("board-grid button.slot[data-request]").first
    cell = await item.evaluate("node => node.closest('[data-cell]').dataset.cell")
    return item, str(await item.get_attribute("data-request")), str(cell)


async def _open_cell(page: Page) -> Locator:
    """Return a half-day that would cost something and is open."""
    await _priced(page)
    return page.locator(".cell.cell--cost").first


async def test_an_item_is_dragged_by_mouse_taken_back_and_pinned(street: Path) -> None:
    async with office(street) as page:
        item, request, home = await _first_item(page)
        await page.mouse.move(*await _middle(item))
        await page.mouse.down()
        await page.mouse.move(*[n + 9 for n in await _middle(item)])
        target = await _open_cell(page)
        assert await page.locator(".cell--cost .price").first.inner_text()
        assert await page.locator(".pi.drag").count() == 1
        cell = str(await target.get_attribute("data-cell"))
        await page.mouse.move(*await _middle(target), steps=5)
        await page.mouse.up()
        await _done(page, "放到")
        await page.wait_for_selector(_item(request, cell))
        assert not await page.locator(".cell .price").count()
        await page.click("[data-do=undo]")
        await page.wait_for_selector(_item(request, home))
        await _pin(page, request, home)


async def _pin(page: Page, request: str, cell: str) -> None:
    """Pin an item in its sheet, where its reason and every other price stand too."""
    await page.click(_item(request, cell))
    await page.wait_for_selector("dialog.sheet .prices li")
    assert await page.locator("dialog.sheet .prices details li").count()
    await page.click("dialog.sheet >> text=钉在这里")
    await _done(page, "钉住了")
    await page.wait_for_selector(f"{_item(request, cell)} use[href$='#i-pin']")


async def test_an_item_dropped_where_a_rule_forbids_stays_and_hears_why(street: Path) -> None:
    async with office(street) as page:
        waiting = page.locator("board-tray [data-request]").first
        await page.mouse.move(*await _middle(waiting))
        await page.mouse.down()
        await page.mouse.move(*[n + 9 for n in await _middle(waiting)])
        await _priced(page)
        closed = page.locator(".cell--no:has(.price)").first
        await page.mouse.move(*await _middle(closed), steps=5)
        await page.mouse.up()
        await _done(page, "这里不能放")
        await page.mouse.move(*await _middle(waiting))
        await page.mouse.down()
        await page.mouse.move(*[n + 60 for n in await _middle(waiting)], steps=3)
        await page.keyboard.press("Escape")
        await page.mouse.up()
        assert not await page.locator(".pi.drag, .carrying, dialog[open]").count()


async def test_an_item_is_carried_by_keys_with_the_price_spoken(street: Path) -> None:
    async with office(street) as page:
        item, request, home = await _first_item(page)
        await item.focus()
        await page.keyboard.press("ArrowRight")
        await page.wait_for_selector(".cell--at")
        await _priced(page)
        # it begins where it is; every step is told with its price
        await page.keyboard.press("ArrowRight")
        said = await _spoken(page, r"趟|不能放")
        assert said.count("：") >= 1
        await page.keyboard.press("Escape")
        assert not await page.locator(".cell--at, .cell .price").count()
        target = await _carry_to_an_open_half_day(page)
        await page.keyboard.press("Enter")
        await page.wait_for_selector(_item(request, target))
        await page.keyboard.press("Delete")
        assert await page.locator(_item(request, target)).count()
        await page.click("[data-do=undo]")
        await page.wait_for_selector(_item(request, home))


async def _spoken(page: Page, pattern: str) -> str:
    await page.wait_for_function(
        "pattern => new RegExp(pattern).test(document.querySelector('[data-said]').innerText)",
        arg=pattern,
    )
    return await page.inner_text("[data-said]")


async def _carry_to_an_open_half_day(page: Page) -> str:
    """Carry what has the focus to a half-day of this week where it costs something."""
    await page.keyboard.press("ArrowDown")
    await _priced(page)
    for _ in range(12):
        at = page.locator(".cell--at")
        if await at.evaluate("node => node.classList.contains('cell--cost')"):
            return str(await at.get_attribute("data-cell"))
        await page.keyboard.press("ArrowLeft")
        await page.wait_for_timeout(100)
    raise AssertionError("no half-day is open")


async def _ask_a_leader_for_what_only_quotas_keep_out(page: Page, crowded: date) -> None:
    """Look at both plans, put the whole list before the leader, take it back, ask for one."""
    await page.goto(f"{page.url.partition('/board')[0]}/board?from={crowded}")
    await page.wait_for_selector(READY)
    await page.click("[data-do=look-above]")
    await page.wait_for_selector("[data-above]:not([hidden])")
    listed = await page.locator("board-tray .pi--told").count()
    assert "家超限" in await page.inner_text("[data-plan-above]")
    await page.click("[data-do=within]")
    await page.wait_for_selector("[data-do=within][aria-pressed=true]")
    await page.click("[data-do=ask-all]")
    await page.click("dialog.sheet .ask-form button")
    await _done(page, f"已报领导签 {listed} 项")
    await page.wait_for_selector(".slot--asked >> nth=0")
    await page.click("action-toast button")
    await page.wait_for_selector(".slot--asked", state="detached")
    await _ask_for_one_half_day(page)


async def _ask_for_one_half_day(page: Page) -> None:
    """Drop a request on a half-day above the quotas: the leader is asked, and nothing moves."""
    waiting = page.locator("board-tray [data-request]", has_text="年底台账培训")
    await waiting.scroll_into_view_if_needed()
    await page.mouse.move(*await _middle(waiting))
    await page.mouse.down()
    await page.mouse.move(*[n + 9 for n in await _middle(waiting)])
    await _priced(page)
    await page.mouse.move(*await _middle(page.locator(".cell--over").first), steps=5)
    await page.mouse.up()
    await page.wait_for_selector("dialog.sheet .asks-list details[open] li")
    await page.fill("#ask-why", "年底要办完")
    await page.keyboard.press("Enter")
    await page.click(".slot--asked")
    await page.click("dialog.sheet >> text=收回来")
    await _done(page, "收回来了")


async def test_a_request_is_placed_from_the_list_without_dragging(
    street: Path, month: Month
) -> None:
    async with office(street) as page:
        _, request, home = await _first_item(page)
        await page.click(_item(request, home))
        await page.click("dialog.sheet .prices button:visible >> nth=0")
        await _done(page, "放到")
        assert not await page.locator(_item(request, home)).count()
        await page.click("action-toast button")
        await page.wait_for_selector(_item(request, home))
        await page.click(_item(request, home))
        await page.click("dialog.sheet >> text=放回待排")
        await page.wait_for_selector(f"board-tray [data-request='{request}']")
        await _ask_a_leader_for_what_only_quotas_keep_out(page, month.crowded)


async def test_an_item_is_dragged_by_a_finger(street: Path) -> None:
    async with office(street, has_touch=True) as page:
        item, request, _ = await _first_item(page)
        finger = await page.context.new_cdp_session(page)

        async def touch(kind: str, at: tuple[float, float] | None) -> None:
            points = [{"x": at[0], "y": at[1]}] if at else []
            await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        await touch("touchStart", await _middle(item))
        await page.wait_for_selector(".pi.drag")
        target = await _open_cell(page)
        cell = str(await target.get_attribute("data-cell"))
        x, y = await _middle(target)
        for step in (40, 20, 0):
            await touch("touchMove", (x, y - step))
        await touch("touchEnd", None)
        await page.wait_for_selector(_item(request, cell))


async def test_a_plan_is_searched_stopped_taken_published_and_compared(street: Path) -> None:
    async with office(street) as page:
        await page.click("[data-do=merge]")
        await page.wait_for_selector("solver-strip [data-do=stop]")
        await page.wait_for_selector("solver-strip >> text=最好的方案")
        await page.click("solver-strip [data-do=stop]")
        await page.wait_for_selector("solver-strip [data-do=stop]", state="hidden")
        await page.click("solver-strip [data-do=look]")
        await page.wait_for_selector("[data-look]:not([hidden])")
        assert await page.locator("board-tray .pi--told").count()
        await page.click("[data-do=take]")
        await _done(page, "用上找到的方案")
        await _see_five_weeks(page)
        await page.click("[data-do=publish]")
        await _done(page, "第 2 版")
        await _move_and_publish_again(page)
        await _carry_one_of_several(page)
        await _look_at_versions(page)


async def _see_five_weeks(page: Page) -> None:
    await page.click("[data-do=view]")
    await page.click("choice-menu >> text=看五周")
    await page.wait_for_selector(".week--small .chip")


async def _move_and_publish_again(page: Page) -> None:
    await page.click("[data-do=view]")
    await page.click("choice-menu >> text=看一周")
    await page.wait_for_selector("board-grid:not(.week--small) .cell")
    _, request, home = await _first_item(page)
    await page.click(_item(request, home))
    await page.click("dialog.sheet .prices button:visible >> nth=1")
    await _done(page, "放到")
    await _see_five_weeks(page)
    await page.click("[data-do=publish]")
    await _done(page, "第 3 版")


async def _carry_one_of_several(page: Page) -> None:
    """In five weeks, spread a session's items out: one is held by keys, then dragged elsewhere."""
    await page.locator(".chip[data-fan]").first.click()
    item = page.locator(".fan button[data-request]").first
    request = int(str(await item.get_attribute("data-request")))
    await page.keyboard.press("Escape")
    assert not await page.locator(".fan").count()
    await page.keyboard.press("Enter")
    await item.focus()
    await page.keyboard.press("ArrowRight")
    await page.wait_for_selector(".cell--at")
    await _priced(page)
    await page.keyboard.press("Escape")
    assert not await page.locator(".cell--at, .cell .price").count()
    await page.mouse.move(*await _middle(item))
    await page.mouse.down()
    await page.mouse.move(*[n + 9 for n in await _middle(item)])
    await _priced(page)
    target = page.locator(".cell--cost").first
    cell = await target.get_attribute("data-cell")
    await page.mouse.move(*await _middle(target), steps=5)
    await page.mouse.up()
    await _done(page, "放到")
    where = "(document.querySelector('board-grid').reveal(n)?.closest('[data-cell]'))"
    lone = await page.evaluate(f"n => {where}?.dataset.cell || ''", request)
    assert lone in {cell, ""}
    await page.click("[data-do=undo]")


async def _look_at_versions(page: Page) -> None:
    await page.click("[data-do=view]")
    await page.click("choice-menu >> text=历次发布")
    await page.wait_for_selector("td >> text=自治办 会务")
    await page.click("a >> text=第 3 版")
    await page.click("a >> text=和上一版对比")
    await page.wait_for_selector("#whom")
    assert await page.locator(".moves li").count()
    assert re.search(r"/board/versions/2/3$", page.url)
