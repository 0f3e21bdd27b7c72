"""A small street over HTTPS between three computers: the server, the main venue, a branch."""

import re
import subprocess
from pathlib import Path

import pypdf
import pytest
from playwright.async_api import Page

from server import tls
from server.simulator.demo import PASSWORD
from server.simulator.demo_street import COMMITTEES
from tests.browser.chromium import FAKE_DEVICES, chromium, download, new_context, sign_in, visit
from tests.browser.looking import look_at, tell, until
from tests.browser.networks import join_with_hub, namespaces
from tests.browser.servers import SmallStreet, enter_small_street, serving

TOLD_HEADS = 4


@pytest.mark.usefixtures("as_root")
async def test_a_session_is_held_between_two_rooms_and_its_report_shows_it(tmp_path: Path) -> None:
    made = enter_small_street(tmp_path / "data", committees=3)
    homes = [tmp_path / "main", tmp_path / "branch"]
    with namespaces(3) as (hub, *rooms):
        host = join_with_hub(hub, rooms)
        with serving(made.folder, host, namespace=hub, secure=True) as server:
            for home in homes:
                _install_authority(home, tls.files_of(made.folder).authority)
            # no flag of WebRTC's here: each offers the address of its cable, like any office PC
            async with (
                chromium(*FAKE_DEVICES, namespace=rooms[0], folder=homes[0]) as main,
                chromium(*FAKE_DEVICES, namespace=rooms[1], folder=homes[1]) as branch,
            ):
                wall = await (await new_context(main)).new_page()
                await sign_in(wall, server.base, "operator", PASSWORD)
                await visit(wall, f"{server.base}/live/{made.session}")
                await wall.wait_for_selector("[data-view=hall]:not([hidden]) venue-tile .venue")
                room = await (await new_context(branch)).new_page()
                await _join(room, wall, f"{server.base}/j/{made.tokens[2]}")
                await _speak(room, wall)
                await _end(wall)
                text = await _paper(wall, made, server.base, tmp_path / "report.pdf")
    _shows_who_came(text)


def _install_authority(home: Path, authority: Path) -> None:
    """Let a computer trust our authority, as docs/zh/install-ca.md has it done by hand."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = ["-d", f"sql:{store}"]
    words = ["-A", "-n", "pinhui", "-t", "C,,", "-i", str(authority)]
    try:
        subprocess.run(["certutil", "-N", "--empty-password", *database], check=True)
        subprocess.run(["certutil", *database, *words], check=True)
    except FileNotFoundError:
        pytest.fail("certutil is missing: apt install libnss3-tools")


async def _join(room: Page, wall: Page, link: str) -> None:
    await visit(room, link)
    assert await room.evaluate("isSecureContext")

    async def is_on_the_wall() -> bool:
        (seen,) = await look_at(wall, "venue-tile[data-venue='2'] video")
        return seen.colour == "green"

    async def sees_the_main_venue() -> bool:
        (seen,) = await look_at(room, "video[data-big]")
        return seen.colour == "green"

    after = await until("the branch is on the wall", is_on_the_wall)
    await until("the branch sees the main venue", sees_the_main_venue)
    tell(f"between two computers a branch was on the wall after {after:.1f} s")
    await room.click("[data-view=room] [data-do=count]")
    for _ in range(TOLD_HEADS):
        await room.click("head-count .key >> nth=1")
    await room.click("head-count [type=submit]")
    await wall.wait_for_selector(f"[data-figure=heads]:text-is('{TOLD_HEADS}')")


async def _speak(room: Page, wall: Page) -> None:
    async def hears(page: Page) -> bool:
        before = await page.evaluate("soundReceived()")
        await page.wait_for_timeout(500)
        return bool(await page.evaluate("soundReceived()") > before)

    await room.click("[data-do=floor]")
    await wall.click("floor-queue [data-does=give][data-venue='2']")
    await room.wait_for_selector("[data-do=floor][data-does=open]")
    await until("the main venue hears the branch", lambda: hears(wall))
    await until("the branch hears the main venue", lambda: hears(room))


async def _end(wall: Page) -> None:
    await wall.click("[data-do=end]")
    await wall.wait_for_selector("[data-do=end].ctl--sure")
    await wall.click("[data-do=end]")
    await wall.wait_for_selector("[data-view=calm]:not([hidden])")


async def _paper(wall: Page, made: SmallStreet, base: str, file: Path) -> str:
    await visit(wall, f"{base}/attendance/{made.session}")
    await download(wall, "a[href$='report.pdf']", file)
    return "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(file).pages)


def _shows_who_came(text: str) -> None:
    lines = {name: re.sub(r"\s+", " ", text) for name in COMMITTEES[:3]}
    for number, name in enumerate(COMMITTEES[:3], 1):
        row = re.search(
            rf"\b{number} ?{name} (.*?)(?= [123] ?{COMMITTEES[number % 3]}|合计)", lines[name]
        )
        assert row, text
        assert ("未到" in row[1]) is (number != 2), row[0]
    assert re.search(rf"\b2 ?{COMMITTEES[1]} {TOLD_HEADS} ", lines[COMMITTEES[1]])
