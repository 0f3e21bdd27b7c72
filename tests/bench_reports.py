"""How long the report of a large session takes: ``python -m tests.bench_reports [--rounds 20]``.

34 venues and 300 people for two hours with 50 lost lines and one outage, ten items, roll calls, all
named people signed in: the fold alone, and each page as a browser gets it, from request to the last
byte, on a temporary SQLite database. Nothing else should run on the machine meanwhile.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer

from server.app.build import build_app
from server.app.serving import settle
from server.attendance.accounting import OUTAGE_KINDS, compute_attendance
from server.attendance.report import report_of
from server.audit import service as audit
from server.audit import store as log
from server.config import Settings, load_secret
from server.db.engine import Database, Tx
from server.db.migrate import upgrade
from server.domain.events import SYSTEM, EventKind, Payload, time_text
from server.domain.opening import AttendanceRules, ItemCall, opening_of, opening_payload
from server.domain.places import Person, Post
from server.domain.session import SessionState
from server.media.client import OnEvent
from server.pages.context import DATABASE
from server.scheduler import store as sessions
from server.simulator.demo_street import enter_street
from server.street import store as street
from tests.fakes import NOON_TUESDAY, FakeClock, FakeMedia
from tests.web.conftest import HTML, PASSWORD, Visitor

START = NOON_TUESDAY + timedelta(hours=2)
HOURS, LOST, ITEMS, PEOPLE, SEED = 2, 50, 10, 300, 20261124
ALLOWED_MS = 300
PAGES = {"": ALLOWED_MS, "/items": ALLOWED_MS, "/people": ALLOWED_MS, "/corrections": ALLOWED_MS}
FILES = {"/report.csv": ALLOWED_MS, "/report.pdf": 4000, "/report.xlsx": 1000}
"""Path behind the session's → how many milliseconds it may take."""
READING_S = 5
"""How long somebody looks at a report before asking for it on paper."""
Told = tuple[datetime, EventKind, str, Payload]


def story(
    venues: list[int], items: list[int], people: list[Person], at: dict[int, int]
) -> list[Told]:
    """Return what happens in the session, in order of time; the same for the same arguments."""
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    told: list[Told] = []

    def tell(minute: float, kind: EventKind, venue: int | None = None, **payload: object) -> None:
        if venue is not None:
            payload["venue_id"] = venue
        moment = START + timedelta(minutes=minute)
        if kind is EventKind.VENUE_DISCONNECTED:
            payload["last_packet_at"] = time_text(moment)
        told.append((moment, kind, f"venue:{venue}" if venue else SYSTEM, dict(payload)))

    for venue in venues:
        tell(chance.uniform(-9, 8), EventKind.VENUE_CONNECTED, venue, peer="a")
        tell(chance.uniform(9, 12), EventKind.VENUE_HEAD_COUNT, venue, count=chance.randint(4, 9))
    for number in range(LOST):
        venue, minute = chance.choice(venues), chance.uniform(15, 110)
        peer = "a" if number < len(venues) else f"b{number}"
        tell(minute, EventKind.VENUE_DISCONNECTED, venue, peer=peer, reason="lost")
        tell(minute + chance.uniform(0.1, 4), EventKind.VENUE_CONNECTED, venue, peer=f"b{number}")
    for minute in (30, 90):
        for place, venue in enumerate(venues):
            tell(minute + place / 20, EventKind.ROLL_CALLED, venue)
            tell(minute + place / 20 + 0.03, EventKind.ROLL_ANSWERED, venue, by="voice")
    for place, item in enumerate(items):
        tell(place * 12, EventKind.AGENDA_ITEM_STARTED, item_id=item)
    tell(60, EventKind.SYSTEM_OUTAGE_STARTED, since=time_text(START + timedelta(minutes=60)))
    tell(61, EventKind.SYSTEM_OUTAGE_ENDED, until=time_text(START + timedelta(minutes=61)))
    for venue in venues:
        tell(61.2, EventKind.VENUE_CONNECTED, venue, peer="c")
    tell(120, EventKind.SESSION_CLOSED)
    told += [_signed(person, at[person.committee_id], chance.uniform(-8, 9)) for person in people]
    return sorted(told, key=lambda event: event[0])


def _signed(person: Person, venue: int, minute: float) -> Told:
    """Return somebody's sign-in."""
    payload = {"venue_id": venue, "person_id": person.id, "way": "phone"}
    payload |= {"name": person.name, "post": str(person.post)}
    when = START + timedelta(minutes=minute)
    return when, EventKind.VENUE_SIGNED_IN, f"venue:{venue}", payload


async def enter(db: Database) -> int:
    """Write the session into a database and return its id."""
    async with db.tx() as tx:
        venues = await street.load_venues(tx)
        people = await _three_hundred(tx)
        session_id = await sessions.save_session(
            tx,
            title="主任工作例会",
            starts_at=START,
            ends_at=START + timedelta(hours=HOURS),
            hall="三楼会议室",
            items=[(f"第 {n + 1} 项", "自治办", 12) for n in range(ITEMS)],
            venue_ids=[venue.id for venue in venues],
        )
        session = await sessions.load_session(tx, session_id)
        items = [item.id for item in session.items]
        calls = [ItemCall(item, tuple(Post), ()) for item in items]
        opening = opening_of(session, venues, AttendanceRules(), calls, people)
        branches = [line.venue_id for line in opening.roster]
        at = {v.committee_id: v.id for v in venues if v.committee_id is not None}
        opened = (START - timedelta(minutes=10), EventKind.SESSION_OPENED, SYSTEM)
        for when, kind, actor, payload in [
            (*opened, opening_payload(opening)),
            *story(branches, items, people, at),
        ]:
            known = None if kind in OUTAGE_KINDS else session_id
            clock = FakeClock(when)
            await audit.record(tx, clock, kind, actor=actor, payload=payload, session_id=known)
        await sessions.set_state(tx, session_id, SessionState.CLOSED, START + timedelta(hours=2))
    return session_id


async def _three_hundred(tx: Tx) -> list[Person]:
    """Return 300 people of the street, whom further social workers make up."""
    committees = [c for c in await street.load_committees(tx) if not c.retired]
    missing = PEOPLE - len(await street.load_people(tx))
    for number in range(missing):
        committee = committees[number % len(committees)]
        await street.save_person(tx, committee.id, f"社工{number + 1}", Post.SOCIAL_WORKER)
    return await street.load_people(tx)


def show(name: str, taken: list[float]) -> float:
    """Print one line in milliseconds and return the slowest."""
    ordered = sorted(taken)
    most = ordered[-1]
    sys.stdout.write(
        f"{name:<28}{statistics.median(ordered):8.0f} ms median {most:8.0f} ms slowest"
        f" of {len(ordered)}\n"
    )
    return most


def timed(call: Callable[[], object], rounds: int) -> list[float]:
    """Return how many milliseconds each of some calls took."""
    taken: list[float] = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


async def measure(folder: Path, rounds: int) -> bool:
    """Print the figures; tell whether every page kept to what is allowed."""
    settings = Settings(data_dir=folder, media_port=0)
    await asyncio.to_thread(upgrade, settings.database)
    db = Database(settings.database)
    await enter_street(db, load_secret(folder), PASSWORD)
    session_id = await enter(db)
    await db.close()

    async def start_media(_settings: Settings, on_event: OnEvent) -> FakeMedia:
        media = FakeMedia()
        media.on_event = on_event
        return media

    clock = FakeClock(START + timedelta(hours=4))
    app = await build_app(settings, clock, start_media)
    settle()  # as where it is served
    async with TestServer(app) as server, TestClient(server) as client:
        async with app[DATABASE].view() as tx:
            events = await log.load_recorded(
                tx, session_id=session_id, and_system_kinds=OUTAGE_KINDS
            )
        found = report_of(compute_attendance(events, clock.now()))
        sys.stdout.write(
            f"{found.figures.expected} branch venues, {found.people.called} people called by name, "
            f"{len(found.attendance.items)} items, {len(events)} events\n"
        )
        show(
            "fold and figures",
            timed(lambda: report_of(compute_attendance(events, clock.now())), rounds),
        )
        visitor = await Visitor(client).sign_in("auditor")
        good = True
        for name, allowed in {**PAGES, **FILES}.items():
            taken: list[float] = []
            # once for nothing: templates are compiled and programs read from the disk at the first
            await visitor.client.get(f"/attendance/{session_id}{name}", headers=HTML)
            for _ in range(rounds if allowed == ALLOWED_MS else max(2, rounds // 4)):
                begun = time.perf_counter()
                answer = await visitor.client.get(f"/attendance/{session_id}{name}", headers=HTML)
                await answer.read()
                taken.append((time.perf_counter() - begun) * 1000)
                if answer.status != 200:
                    raise RuntimeError(f"{name} answered {answer.status}")
            if name == "/report.pdf":
                show("report.pdf, page not shown", taken)
                taken = [await after_page(visitor, session_id, name) for _ in taken]
            kept = show(f"/attendance/{session_id}{name}", taken) <= allowed
            sys.stdout.write("" if kept else f"MISSED: at most {allowed} ms\n")
            good = good and kept
    return good


async def after_page(visitor: Visitor, session_id: int, name: str) -> float:
    """Return how many milliseconds a file takes that is asked for while its page is read."""
    address = f"/attendance/{session_id}"
    await (await visitor.client.get(address, headers=HTML)).read()
    await asyncio.sleep(READING_S)
    begun = time.perf_counter()
    await (await visitor.client.get(f"{address}{name}", headers=HTML)).read()
    return (time.perf_counter() - begun) * 1000


def main() -> int:
    """Measure; the exit status is 1 when a page took longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_reports")
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
