"""Measures the demo on this machine: ``python -m tests.browser.bench``. Figures only, no verdicts.

One demo with its 33 simulated venues, one Chromium with the main wall, on the same cores. What it
prints, one line each: frames a second in every tile at two sizes of the window; seconds from a
venue's link to its picture on the wall, with the steps on the way; milliseconds from "give the
floor" to the new picture as every simulated venue decodes it; seconds in which 33 venues that come
within one second are in, and are back after each of ten cuts of all lines; the CPU of the
processes; packets that never came.
"""

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from playwright.async_api import Browser, Page

from server.attendance.model import Verdict
from server.attendance.service import load_report
from server.config import Settings
from server.db.engine import Database
from server.domain.clock import SystemClock, unix_ms
from server.simulator.demo_street import COMMITTEES
from server.simulator.journal import Event, journal_path, read_journal
from server.simulator.loops import load_loops
from server.simulator.street import Street, read_config
from tests.browser.arrival import arrive
from tests.browser.chromium import FAKE_DEVICES, LARGE, LOOPBACK_MEDIA, SMALL, chromium, new_context
from tests.browser.looking import look_at, until
from tests.browser.servers import Demo
from tests.browser.walls import TILES, open_the_wall

SETTLE_S, WATCH_S = 8, 6
STORMS = 10
EVERYBODY = range(1, len(COMMITTEES) + 1)


def _line(what: str, found: str) -> None:
    sys.stdout.write(f"{what:<44} {found}\n")
    sys.stdout.flush()


def _row(what: str, figures: Sequence[float], unit: str) -> None:
    ordered = sorted(figures)
    at = min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))
    _line(
        what,
        f"{len(ordered):>4} values   least {ordered[0]:.2f}"
        f"   median {statistics.median(ordered):.2f}   p95 {ordered[at]:.2f}"
        f"   most {ordered[-1]:.2f} {unit}",
    )


async def measure_tiles(wall: Page) -> None:
    """Print how many pictures a second each tile shows, at both sizes."""
    for size in (LARGE, SMALL):
        await wall.set_viewport_size(size)
        await asyncio.sleep(SETTLE_S)
        before = await look_at(wall, TILES)
        await asyncio.sleep(WATCH_S)
        after = await look_at(wall, TILES)
        rates = [
            (b.frames - a.frames) * 1000 / (b.at - a.at) for a, b in zip(before, after, strict=True)
        ]
        _row(f"tiles at {size['width']}x{size['height']}", rates, "frames/s")


async def measure_links(browser: Browser, demo: Demo, wall: Page, count: int) -> None:
    """Print how long it is from opening a venue's link to its picture on the wall."""
    arrivals = []
    for number in list(EVERYBODY)[:count]:
        context = await new_context(browser)
        arrivals.append(await arrive(await context.new_page(), demo, wall, number))
        await context.close()
        await asyncio.sleep(1)
    for step in arrivals[0].steps:
        _row(f"  {step}", [a.steps[step] for a in arrivals if step in a.steps], "s")
    _row("link opened to picture on the wall", [a.seconds for a in arrivals], "s")


async def measure_floor(demo: Demo, wall: Page, count: int) -> None:
    """Print how long it is from the click that gives the floor to the picture at every venue."""
    await wall.evaluate(
        "addEventListener('click', () => { globalThis.clickedAt = Date.now(); }, true)"
    )
    milliseconds: list[float] = []
    for number in list(EVERYBODY)[-count:]:
        await wall.click(f'venue-tile[data-venue="{number}"] button')
        await wall.click("choice-menu button >> nth=0")
        clicked = await wall.evaluate("clickedAt")
        others = [one for one in EVERYBODY if one != number]

        async def all_see(number: int = number, clicked: int = clicked) -> bool:
            return all(_saw(demo, other, number, clicked) for other in EVERYBODY if other != number)

        await until(f"all venues see {number}", all_see)
        milliseconds += [_saw(demo, other, number, clicked) - clicked for other in others]
    _row("floor given to picture at every venue", milliseconds, "ms")


def _saw(demo: Demo, venue: int, shown: int, since: int) -> int:
    """Return when a simulated venue first saw another since a moment; 0 when it has not yet."""
    entries = read_journal(journal_path(demo.journals, venue))
    times = [e.at for e in entries if e.event is Event.SEES and e.reason == str(shown)]
    return next((at for at in times if at >= since), 0)


async def measure_storm(demo: Demo) -> None:
    """Print how long 33 venues take that all come at once, each in the place of another PC."""
    config = read_config((demo.folder / "simulator.json").read_text(encoding="utf-8"))
    loops = load_loops(
        config.loops, [(one.number, one.name) for one in config.venues], say=lambda _: None
    )
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        street = Street(config, loops, clock=SystemClock(), http=http)
        begun = time.monotonic()
        running = asyncio.create_task(street.run())
        times: dict[int, float] = {}
        while len(times) < len(street.venues):
            await asyncio.sleep(0.02)
            for venue in street.venues:
                if venue.is_publishing and venue.is_watching:
                    times.setdefault(venue.identity.number, time.monotonic() - begun)
        _row("33 venues at once, each in with both lines", list(times.values()), "s")
        for count in range(STORMS):
            _row(f"storm {count + 1}: all cut, each back", await _cut_all(street), "s")
        await _print_lines(demo)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _cut_all(street: Street) -> list[float]:
    """Cut every venue's websocket and lines at once; return after how long each was back."""
    begun = time.monotonic()
    for venue in street.venues:
        venue.cut()
    times: dict[int, float] = {}
    while len(times) < len(street.venues):
        await asyncio.sleep(0.02)
        for venue in street.venues:
            if venue.is_publishing and venue.is_watching:
                times.setdefault(venue.identity.number, time.monotonic() - begun)
    await asyncio.sleep(SETTLE_S / 4)
    return list(times.values())


async def _print_lines(demo: Demo) -> None:
    """Print how many lines of attendance the storms have left, and how many are present."""
    database = Database(Settings(data_dir=demo.folder).database)
    async with database.view() as tx:
        report = await load_report(tx, SystemClock(), demo.session)
    await database.close()
    numbers = [line.venue.expected.number for line in report.lines]
    here = sum(line.venue.verdict is Verdict.PRESENT for line in report.lines)
    twice = len(numbers) - len(set(numbers))
    _line("attendance after the storms", f"{len(numbers)} lines, {twice} twice, {here} present")


def measure_cpu(demo: Demo, what: str) -> None:
    """Print each process's share of one core over some seconds."""
    names = {"server.media.worker": "worker", "server.simulator.street": "simulated venues"}
    before, begun = _cpu_seconds(demo, names), time.monotonic()
    time.sleep(WATCH_S)
    after, wall_s = _cpu_seconds(demo, names), time.monotonic() - begun
    shares = ", ".join(f"{n} {(after[n] - before[n]) / wall_s:.0%}" for n in after)
    _line(what, f"{shares} of a core")


def _cpu_seconds(demo: Demo, names: dict[str, str]) -> dict[str, float]:
    told = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    seconds = {}
    for line in told.splitlines():
        pid, _, words = line.strip().partition(" ")
        for module, name in names.items():
            if module in words and str(demo.folder) in words:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                seconds[name] = (int(fields[11]) + int(fields[12])) / 100
    return seconds


async def measure(links: int, floors: int) -> None:
    """Start a demo and print every figure."""
    with tempfile.TemporaryDirectory(prefix="pinhui-bench-") as folder:
        demo = Demo(Path(folder))
        try:
            begun = unix_ms(SystemClock().now())
            demo.ensure_live()
            now = unix_ms(SystemClock().now())
            _line("demo begun to 33 venues in", f"{(now - begun) / 1000:.1f} s")
            await asyncio.sleep(2)
            measure_cpu(demo, "33 venues, nobody watching")
            async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
                wall = await open_the_wall(browser, demo)
                await asyncio.sleep(SETTLE_S)
                measure_cpu(demo, "33 venues and the wall")
                await measure_tiles(wall)
                await measure_floor(demo, wall, floors)
                await measure_links(browser, demo, wall, links)
            await measure_storm(demo)
        finally:
            demo.stop()
        found = re.search(r"of \d+ packets \d+ never came", demo.words)
        _line("simulated venues, at the end", found[0] if found else "nothing told")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=8, help="how many venue links are opened")
    parser.add_argument("--floors", type=int, default=12, help="how many venues get the floor")
    chosen = parser.parse_args()
    asyncio.run(measure(chosen.links, chosen.floors))
