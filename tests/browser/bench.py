"""Measures the demo on this machine: ``make bench``, or ``python -m tests.browser.bench --help``.

One demo with its 33 simulated venues, one Chromium with the main wall, on the same cores. Each line
is one figure; where the product promises one, the promise stands behind it with whether it was
kept, and the program ends with 1 if any was not. What the chair does is timed from the click on the
wall to what every simulated venue receives: the voice that it hears by its packets, the picture
that it decodes by its mark. A venue's link is timed from the click to first paint and first sound,
in a browser that shows nothing else, as a venue's does; and with the wall in the same browser, to
the picture on the wall. Then come all venues at once, and ten times all their lines are cut.
"""

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
from playwright.async_api import Browser, Page
from playwright.async_api import TimeoutError as NotSeen

from server.attendance.model import Verdict
from server.attendance.service import load_report
from server.config import Settings
from server.db.engine import Database
from server.domain.clock import SystemClock, unix_ms
from server.simulator.demo_street import COMMITTEES
from server.simulator.journal import Event, journal_path, read_journal
from server.simulator.loops import load_loops
from server.simulator.street import Street, read_config
from tests.browser.arrival import Arrival, arrive, arrive_alone
from tests.browser.chromium import FAKE_DEVICES, LARGE, LOOPBACK_MEDIA, SMALL, chromium, new_context
from tests.browser.looking import look_at, until
from tests.browser.servers import Demo
from tests.browser.walls import TILES, open_the_wall

SETTLE_S, WATCH_S = 8, 6
STORMS = 10
EFFECTIVE_MS, SEEN_MS = 300, 1000
"""What is promised of the chair's actions, and of pictures that change with them."""
EVERYBODY = range(1, len(COMMITTEES) + 1)
SPOKEN_S = 1.5
"""How long a venue speaks before all are muted: in the middle of a word, by its loop."""
PARTS = ("alone", "tiles", "chair", "links", "storm")
PROMISED_S = {"first paint": 1.0, "sound heard": 3.0}
"""What is promised of the page of a branch."""
BROKEN: list[str] = []
"""The promises that were not kept."""


def _line(what: str, found: str) -> None:
    sys.stdout.write(f"{what:<44} {found}\n")
    sys.stdout.flush()


def _row(what: str, figures: Sequence[float], unit: str, *, promise: float | None = None) -> None:
    """Print least, median, p95 and most of some figures; ``promise`` is what p95 may be."""
    ordered = sorted(figures)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    _line(
        what,
        f"{len(ordered):>4} values   least {ordered[0]:.2f}"
        f"   median {statistics.median(ordered):.2f}   p95 {p95:.2f}"
        f"   most {ordered[-1]:.2f} {unit}"
        + ("" if promise is None else _judged(what, f"p95 at most {promise:g}", p95 <= promise)),
    )


def _judged(what: str, promise: str, kept: bool) -> str:
    if not kept:
        BROKEN.append(f"{what}: {promise}")
    return f"   ({promise}: {'kept' if kept else 'NOT KEPT'})"


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
        what = f"tiles at {size['width']}x{size['height']}"
        _row(what, rates, "frames/s")
        _line(
            f"{what}, the slowest",
            f"{min(rates):.1f}" + _judged(what, "at least 8", min(rates) >= 8),
        )


async def measure_links(browser: Browser, demo: Demo, wall: Page, count: int) -> None:
    """Print how long it is from opening a venue's link to its picture on the wall beside it."""
    arrivals = []
    for number in list(EVERYBODY)[:count]:
        context = await new_context(browser)
        arrivals.append(await arrive(await context.new_page(), demo, wall, number))
        await context.close()
        await asyncio.sleep(1)
    _print_steps(arrivals, {})
    _row("link opened to picture on the wall", [a.seconds for a in arrivals], "s")


async def measure_alone(demo: Demo, count: int) -> None:
    """Print how long a venue's own computer takes from its link to first paint and first sound.

    Somebody speaks meanwhile: the floor is given on a wall that is closed again.
    """
    async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
        wall = await open_the_wall(browser, demo)
        await wall.evaluate("addEventListener('click', () => (globalThis.clickedAt = Date.now()))")
        await _Chair(demo, wall).give_the_floor(EVERYBODY[-1])
    async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
        arrivals = []
        for number in list(EVERYBODY)[:count]:
            context = await new_context(browser)
            arrivals.append(await arrive_alone(await context.new_page(), demo, number))
            await context.close()
            await asyncio.sleep(1)
    _line("a link in a browser of its own", "")
    _print_steps(arrivals, PROMISED_S)


def _print_steps(arrivals: Sequence[Arrival], promises: Mapping[str, float]) -> None:
    for step in arrivals[0].steps:
        found = [a.steps[step] for a in arrivals if step in a.steps]
        _row(f"  {step}", found, "s", promise=promises.get(step))


async def measure_chair(demo: Demo, wall: Page, count: int) -> None:
    """Print how long it is from the chair's click to what every simulated venue hears and sees."""
    await wall.evaluate(
        "addEventListener('click', () => { globalThis.clickedAt = Date.now(); }, true)"
    )
    chair = _Chair(demo, wall)
    chosen = list(EVERYBODY)[-count:]
    given = [await chair.give_the_floor(number) for number in chosen]
    _row("floor given to the venue told of it", [one.told for one in given], "ms")
    _print_effects("floor given", given)
    muted = [ms for number in chosen for ms in await chair.mute_all_while(number)]
    _row("mute all to silence at every venue", muted, "ms", promise=EFFECTIVE_MS)
    seen = [ms for number in chosen for ms in await chair.broadcast(number)]
    _row("broadcast to picture at every venue", seen, "ms", promise=SEEN_MS)
    await wall.click("[data-do=broadcast]")
    _print_effects("roll call", [one async for one in chair.call_the_roll(count)])


def _print_effects(what: str, effects: "Sequence[_Effect]") -> None:
    heard = [ms for one in effects for ms in one.heard]
    seen = [ms for one in effects for ms in one.seen]
    _row(f"{what} to voice at every venue", heard, "ms", promise=EFFECTIVE_MS)
    _row(f"{what} to picture at every venue", seen, "ms", promise=SEEN_MS)


@dataclass(frozen=True, slots=True)
class _Effect:
    """Milliseconds from a click until each other venue heard and saw whom it was about.

    ``told`` is when that venue itself learned that it has the floor: only then does it begin to
    speak, with a word and no pause before it, so this much of what is heard late was said late.
    """

    heard: list[float]
    seen: list[float]
    told: float = 0.0


class _Chair:
    """Works the wall and looks at what the simulated venues received."""

    def __init__(self, demo: Demo, wall: Page) -> None:
        self._demo, self._wall = demo, wall

    async def give_the_floor(self, number: int) -> _Effect:
        await self._wall.click(f'venue-tile[data-venue="{number}"] button')
        await self._wall.click("choice-menu button >> nth=0")
        effect = await self._effect_of(number)
        clicked = await self._wall.evaluate("clickedAt")
        entries = read_journal(journal_path(self._demo.journals, number))
        told = [e.at for e in entries if e.event is Event.FLOOR_GOT and e.at >= clicked]
        return replace(effect, told=told[0] - clicked if told else 0.0)

    async def mute_all_while(self, number: int) -> list[float]:
        """Let a venue speak, mute all, return when each other venue heard the last of it."""
        if await self._wall.get_attribute("[data-do=mute]", "aria-pressed") == "true":
            await self._wall.click("[data-do=mute]")
            await self._wall.wait_for_selector("[data-do=mute][aria-pressed=false]")
        await self.give_the_floor(number)
        await asyncio.sleep(SPOKEN_S)
        await self._wall.click("[data-do=mute]")
        await self._wall.click("choice-menu button >> nth=0")
        clicked = await self._wall.evaluate("clickedAt")
        before = clicked - SPOKEN_S * 1000
        return await self._times(number, Event.HEARS_NO_MORE, since=before, clicked=clicked)

    async def call_the_roll(self, count: int) -> AsyncIterator[_Effect]:
        """Call the first venues of the roster, one after the other."""
        await self._wall.click("[data-do=roll]")
        await self._wall.click("choice-menu button >> nth=0")
        for number in list(EVERYBODY)[:count]:
            # who speaks at once may have answered before anybody looks
            marks = [f".roll__mark--{one} [data-venue='{number}']" for one in ("named", "answered")]
            named = ", ".join(marks)
            try:
                await self._wall.wait_for_selector(named, timeout=20_000, state="attached")
            except NotSeen:
                _line(f"{number} was not called, the wall says", await self._wall_says())
                raise
            yield await self._effect_of(number)
            await self._wall.click("roll-call [data-does=yes]")
        await self._wall.click("roll-call [data-does=end]")
        await self._wall.click("roll-call [data-does=end] >> text=收起")

    async def _wall_says(self) -> str:
        places = [await self._wall.inner_text(one) for one in ("action-toast", "roll-call")]
        return " | ".join(places).replace("\n", " ")

    async def broadcast(self, number: int) -> list[float]:
        await self._wall.click(f'venue-tile[data-venue="{number}"] button')
        await self._wall.click("choice-menu button >> text=广播给全场")
        clicked = await self._wall.evaluate("clickedAt")
        return await self._times(number, Event.SEES, since=clicked, clicked=clicked)

    async def _effect_of(self, number: int) -> _Effect:
        clicked = await self._wall.evaluate("clickedAt")
        return _Effect(
            await self._times(number, Event.HEARS, since=clicked, clicked=clicked),
            await self._times(number, Event.SEES, since=clicked, clicked=clicked),
        )

    async def _times(
        self, number: int, event: Event, *, since: float, clicked: float
    ) -> list[float]:
        """Return when every other venue first noted this of a venue, in ms after the click."""
        others = [one for one in EVERYBODY if one != number]

        async def all_did() -> bool:
            return all(self._noted(other, event, number, since) for other in others)

        await until(f"all venues note {event} {number}", all_did)
        return [max(0.0, self._noted(other, event, number, since) - clicked) for other in others]

    def _noted(self, venue: int, event: Event, about: int, since: float) -> int:
        """Return when a simulated venue first noted this since a moment; 0 when it has not yet."""
        entries = read_journal(journal_path(self._demo.journals, venue))
        times = [e.at for e in entries if e.event is event and e.reason == str(about)]
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
        _row("33 venues at once, each in with both lines", list(times.values()), "s", promise=5)
        for count in range(STORMS):
            back = await _cut_all(street)
            what = f"storm {count + 1}: all cut, each back"
            _row(what, back, "s")
            if max(back) > 15:
                BROKEN.append(f"{what}: all at most 15")
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
    what = "attendance after the storms"
    kept = (len(numbers), twice, here) == (len(EVERYBODY), 0, len(EVERYBODY))
    told = f"{len(numbers)} lines, {twice} twice, {here} present"
    _line(what, told + _judged(what, "one line for each of 33 who are here", kept))


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


async def measure(parts: Sequence[str], count: int) -> None:
    """Start a demo and print the figures of the parts that are wanted."""
    with tempfile.TemporaryDirectory(prefix="pinhui-bench-") as folder:
        demo = Demo(Path(folder))
        try:
            begun = unix_ms(SystemClock().now())
            demo.ensure_live()
            now = unix_ms(SystemClock().now())
            _line("demo begun to 33 venues in", f"{(now - begun) / 1000:.1f} s")
            await asyncio.sleep(2)
            measure_cpu(demo, "33 venues, nobody watching")
            if "alone" in parts:
                await measure_alone(demo, count)
            if {"tiles", "chair", "links"} & set(parts):
                await _measure_on_the_wall(demo, parts, count)
            if "storm" in parts:
                await measure_storm(demo)
        finally:
            demo.stop()
        found = re.search(r"of \d+ packets \d+ never came", demo.words)
        _line("simulated venues, at the end", found[0] if found else "nothing told")


async def _measure_on_the_wall(demo: Demo, parts: Sequence[str], count: int) -> None:
    async with chromium(*FAKE_DEVICES, LOOPBACK_MEDIA) as browser:
        wall = await open_the_wall(browser, demo)
        await asyncio.sleep(SETTLE_S)
        measure_cpu(demo, "33 venues and the wall")
        if "tiles" in parts:
            await measure_tiles(wall)
        if "links" in parts:
            await measure_links(browser, demo, wall, count)
            await until("the simulated venues are back", lambda: _is_full(wall))
        if "chair" in parts:
            await measure_chair(demo, wall, count)


async def _is_full(wall: Page) -> bool:
    return all(seen.venue == seen.tile for seen in await look_at(wall, TILES))


def main() -> int:
    """Measure, and return 1 when a promise was not kept."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="a part; may come twice")
    parser.add_argument("--count", type=int, default=12, help="how often each thing is tried")
    chosen = parser.parse_args()
    asyncio.run(measure(chosen.only or PARTS, chosen.count))
    for promise in BROKEN:
        _line("not kept", promise)
    return 1 if BROKEN else 0


if __name__ == "__main__":
    sys.exit(main())
