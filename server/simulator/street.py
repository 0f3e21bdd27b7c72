"""The whole street in one process: all simulated branch venues on one event loop and one timer.

``python -m server.simulator.street --config FILE.json`` with

    {"base_url": "http://127.0.0.1:8080", "journals": "folder", "loops": "folder",
     "venues": [{"number": 1, "name": "...", "token": "..."}, ...], "taking_part": 2}

runs until SIGTERM or SIGINT; then every venue leaves politely. With
`taking_part` only the first ones come.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from server.domain.clock import Clock, SystemClock
from server.simulator.dtls import make_certificate
from server.simulator.hearing import voices_of
from server.simulator.journal import Journal, journal_path
from server.simulator.loops import FRAMES_PER_SECOND, VenueLoop, load_loops
from server.simulator.pictures import FontMissingError
from server.simulator.venue import Identity, Surroundings, Venue

logger = logging.getLogger("pinhui.simulator")

TICK_S = 0.02
HTTP_TIMEOUT_S = 10.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StreetConfig:
    """What the street needs to know.

    Attributes:
        base_url: the server's HTTP address.
        journals: the folder of the venues' journals.
        loops: the folder in which loops are kept from run to run.
        venues: who comes.
    """

    base_url: str
    journals: Path
    loops: Path
    venues: tuple[Identity, ...]


def read_config(text: str) -> StreetConfig:
    """Return the configuration written in JSON.

    Raises:
        ValueError: when it is not JSON or a field is missing; the message names it.
    """
    fields = json.loads(text)
    try:
        return StreetConfig(
            base_url=str(fields["base_url"]).rstrip("/"),
            journals=Path(fields["journals"]),
            loops=Path(fields["loops"]),
            venues=tuple(
                Identity(int(one["number"]), str(one["name"]), str(one["token"]))
                for one in fields["venues"][: fields.get("taking_part")]
            ),
        )
    except KeyError as error:
        raise ValueError(f"the street's configuration lacks {error}") from error


class Street:
    """All venues of a process.

    Args:
        config: who comes and where to.
        loops: what each venue sends, by number.
        clock: the computer's clock.
        http: for all venues; closed by its owner.

    Attributes:
        venues: in the order of the configuration.
    """

    def __init__(
        self,
        config: StreetConfig,
        loops: dict[int, VenueLoop],
        *,
        clock: Clock,
        http: aiohttp.ClientSession,
    ) -> None:
        self._clock = clock
        shared = Surroundings(config.base_url, http, clock, make_certificate(), voices_of(loops))
        self._journals = {
            one.number: Journal(journal_path(config.journals, one.number)) for one in config.venues
        }
        self.venues = [
            Venue(
                identity,
                shared,
                loop=loops[identity.number],
                journal=self._journals[identity.number],
                phase=place / len(config.venues) / FRAMES_PER_SECOND,
            )
            for place, identity in enumerate(config.venues)
        ]

    async def run(self) -> None:
        """Let all venues live until cancelled; then each leaves and the journals are closed."""
        lives = {venue: asyncio.create_task(self._live(venue)) for venue in self.venues}
        try:
            await self._pace(lives)
        finally:
            for life in lives.values():
                life.cancel()
            await asyncio.gather(*lives.values(), return_exceptions=True)
            for journal in self._journals.values():
                journal.close()

    async def _live(self, venue: Venue) -> None:
        try:
            await venue.run()
        except Exception:  # a bug: this venue ends, the street goes on
            logger.exception("venue %s ended", venue.identity.number)

    async def _pace(self, lives: dict[Venue, asyncio.Task[None]]) -> None:
        """Call every venue each 20 ms; after a long delay go on from now, without a burst."""
        due = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            for venue, life in lives.items():
                if not life.done():
                    self._tick(venue, life, now)
            due = max(due + TICK_S, self._clock.monotonic() - TICK_S)
            await asyncio.sleep(max(0.0, due - self._clock.monotonic()))

    def _tick(self, venue: Venue, life: asyncio.Task[None], now: float) -> None:
        try:
            venue.tick(now)
        except Exception:  # a bug: this venue leaves, the street goes on
            logger.exception("venue %s leaves", venue.identity.number)
            life.cancel()


async def run_street(config: StreetConfig, loops: dict[int, VenueLoop], say: Say) -> None:
    """Run a street until the process is told to end, and say in words how many are in."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    timeout = aiohttp.ClientTimeout(total=HTTP_TIMEOUT_S)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
        street = Street(config, loops, clock=SystemClock(), http=http)
        running = asyncio.create_task(street.run())
        telling = asyncio.create_task(_tell(street.venues, say))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        telling.cancel()
        stopping.cancel()
        running.cancel()
        results = await asyncio.gather(running, telling, stopping, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
    lost = sum(venue.lost for venue in street.venues)
    packets = sum(venue.packets for venue in street.venues)
    say(f"All simulated venues have left; of {packets + lost} packets {lost} never came.")


async def _tell(venues: Iterable[Venue], say: Say) -> None:
    told = -1
    while True:
        inside = sum(venue.is_publishing and venue.is_watching for venue in venues)
        if inside != told:
            told = inside
            say(f"{inside} simulated venues are in the session.")
        await asyncio.sleep(1.0)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the street as a program.

    Returns:
        0 when it was told to end, 1 when it could not begin.
    """
    parser = argparse.ArgumentParser(prog="pinhui-street", description=__doc__)
    parser.add_argument("--config", required=True, type=Path, help="the street's JSON file")
    parser.add_argument("--verbose", action="store_true", help="log what each venue meets")
    words = parser.parse_args(argv)
    level = logging.DEBUG if words.verbose else logging.WARNING
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logger.setLevel(level)
    # Until the event loop runs, SIGTERM ends the program by the ordinary way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        config = read_config(words.config.read_text(encoding="utf-8"))
        loops = load_loops(
            config.loops, [(one.number, one.name) for one in config.venues], say=_say
        )
    except (OSError, ValueError, FontMissingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    asyncio.run(run_street(config, loops, _say))
    return 0


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
