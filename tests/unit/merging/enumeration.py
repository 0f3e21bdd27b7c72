"""Every plan of a tiny problem, judged by the checker that shares no code with the product."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import permutations, product
from random import Random
from typing import Any

from server.merging.instance.model import (
    Audience,
    Block,
    CalledCommittee,
    CallingDepartment,
    Cell,
    Half,
    Hall,
    HallKind,
    Instance,
    Mode,
    Overflow,
    Pin,
    Preference,
    Priority,
    Published,
    Weights,
    WorkingDay,
)
from server.merging.instance.writing import serialise_instance
from tests.unit.merging.problems import (
    a_quota,
    a_request,
    a_standing_meeting,
    an_instance,
    independent_check,
)

Document = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """One plan: its price without waiting, the named rules it breaks, and whether any other."""

    price: int
    broken: frozenset[str]
    hopeless: bool


def every_plan(instance: Instance) -> Iterator[Judged]:
    """Judge every plan: all cells and digest days for all requests, all orders of an agenda."""
    document = json.loads(serialise_instance(instance))
    halls = {hall["id"]: hall for hall in document["venues"]}
    cells = [
        (day["date"], half, hall)
        for day in document["days"]
        for half in document["halves"]
        for hall in halls
    ]
    requests = document["requests"]
    options: list[list[tuple[str, ...] | None]] = []
    for request in requests:
        digest = [(day,) for day in document["digest_days"]]
        mine = [cell for cell in cells if halls[cell[2]]["unit"] == request["unit"]]
        options.append([None, *(digest if request["read_only"] else mine)])
    for places in product(*options):
        where = dict(zip((r["id"] for r in requests), places, strict=True))
        for sessions in _sessions(document, where):
            yield _judge(document, where, sessions)


def _sessions(document: Document, where: dict[str, Any]) -> Iterator[list[Document]]:
    """Yield the sessions of these places with every start and order that could matter."""
    requests = {request["id"]: request for request in document["requests"]}
    hosts = {(h["date"], h["half"], h["venue"]): h for h in document["hosts"]}
    used = {place for place in where.values() if place is not None and len(place) == 3}
    choices = []
    for number, cell in enumerate(sorted({*used, *hosts})):
        host = hosts.get(cell)
        keys = [key for key, place in where.items() if place == cell]
        timed = any(requests[key].get("time_window") for key in keys)
        first, last = document["halves"][cell[1]]
        starts = [host["start"]] if host else range(first, last, document["granularity"])
        orders = list(permutations(keys)) if timed else [tuple(keys)]
        begins = list(starts) if timed else list(starts)[:1]
        choices.append(
            [
                _session(f"S{number}", cell, start, order, host=host, requests=requests)
                for start in begins
                for order in orders
            ]
        )
    for chosen in product(*choices):
        yield list(chosen)


def _session(
    key: str,
    cell: tuple[str, ...],
    start: int,
    order: tuple[str, ...],
    *,
    host: Document | None,
    requests: dict[str, Document],
) -> Document:
    parts = [(host["id"], host["own_minutes"])] if host else []
    parts += [(request, requests[request]["minutes"]) for request in order]
    items, clock = [], start
    for request, minutes in parts:
        items.append({"request": request, "start": clock, "minutes": minutes})
        clock += minutes
    place = {"date": cell[0], "half": cell[1], "venue": cell[2]}
    return {"id": key, "host": host["id"] if host else None, **place, "start": start} | {
        "items": items
    }


def _judge(document: Document, where: dict[str, Any], sessions: list[Document]) -> Judged:
    digest: dict[str, list[str]] = {}
    for key, place in where.items():
        if place is not None and len(place) == 1:
            digest.setdefault(place[0], []).append(key)
    plan = {
        "sessions": sessions,
        "digest": [{"date": day, "requests": keys} for day, keys in digest.items()],
        "unscheduled": [{"request": key} for key, place in where.items() if place is None],
    }
    result = independent_check()(document, plan)
    halls = {session["id"]: session["venue"] for session in sessions}
    names = [_name(v["code"], v["msg"], halls) for v in result["violations"]]
    broken = frozenset(name for name in names if name)
    return Judged(result["assignment_objective"], broken, None in names)


def _name(code: str, message: str, halls: dict[str, str]) -> str | None:
    """Return the name of the rule of which the independent checker speaks; None without one."""
    words = message.replace("digest ", "").split()
    if code in ("must", "pin", "frozen", "approval"):
        return f"{code}:{words[0]}"
    if code in ("window", "time_window"):
        return f"window:{words[0]}"
    if code == "blocked":
        return f"blocked:{words[0].strip('(),')[1:-1]}"
    if code == "capacity":
        return f"capacity:{halls[words[0].rstrip(':')]}"
    if code == "quota":
        keys = [word.strip("(),:'\"") for word in words[1 : words.index("trips") - 1]]
        return ":".join(["quota", words[0].replace("/", "_"), *keys[1:]])
    return None


# --- tiny problems -------------------------------------------------------------------------------

DAYS = (
    WorkingDay(date(2026, 11, 6), "2026-W45", "2026-11", 5, makeup=False),
    WorkingDay(date(2026, 11, 9), "2026-W46", "2026-11", 1, makeup=False),
)


def a_tiny_instance(random: Random) -> Instance:
    """Two days, two halls, three committees, two or three requests with all kinds of wishes."""
    requests = tuple(_a_wish(random, f"R{n}") for n in range(1, random.choice((3, 4, 4))))
    standing = ()
    if random.random() < 0.4:
        cell = Cell(random.choice(DAYS).date, "AM", random.choice(("R1", "VC")))
        own = random.choice((30, 60))
        standing = (
            a_standing_meeting(
                cell=cell, start=540, own_minutes=own, max_minutes=90, audience=_called(random)
            ),
        )
    blocked = tuple(
        Block(random.choice(("C1", "C2")), day.date, "AM", random.choice(((), ("director",))))
        for day in DAYS
        if random.random() < 0.25
    )
    halves = (Half("AM", 540, 660), Half("PM", 810, 930))
    return an_instance(
        *requests,
        days=DAYS,
        digest_days=(DAYS[1].date,),
        halves=halves[: random.choice((1, 1, 2))],
        granularity=30,
        max_session=random.choice((60, 90, 120)),
        max_items=random.choice((1, 2, 3)),
        committees=tuple(CalledCommittee(f"C{n}", "S1", "") for n in (1, 2, 3)),
        departments=tuple(CallingDepartment(f"D{n}", "", "S1", n == 9) for n in range(1, 10)),
        halls=(
            Hall("R1", "S1", HallKind.ROOM, random.choice((2, 4, 6)), ""),
            Hall("VC", "S1", HallKind.VIDEO, random.choice((2, 6)), ""),
        )[: random.choice((1, 2, 2))],
        standing=tuple(s for s in standing if s.cell.hall == "R1"),
        blocked=blocked,
        quota=_a_tight_quota(random),
        weights=Weights(pref=random.choice((0, 200)), dept_fair=random.choice((0, 1500))),
    )


def _called(random: Random) -> Audience:
    committees = random.choice((None, None, ("C1",), ("C1", "C2"), ("C2", "C3")))
    return Audience(committees, random.choice((("secretary",), ("director",), ("secretary",))))


def _a_tight_quota(random: Random) -> Any:
    used = {"C1|2026-W45": 1, "C2|secretary|2026-W46": 1, "C3|2026-11": 2}
    limit = (None, None, 0, 1, 2)
    return a_quota(
        committee_week=random.choice(limit),
        committee_month=random.choice(limit),
        role_week={"secretary": random.choice((0, 1))} if random.random() < 0.4 else {},
        role_month={"director": random.choice((0, 1, 2))} if random.random() < 0.2 else {},
        counts=random.choice((("secretary", "director", "social"), ("director",))),
        soft_week_target=random.choice((None, 1)),
        overflow=random.choice(tuple(Overflow)),
        used=random.choice(({}, {}, used)),
    )


def _a_wish(random: Random, key: str) -> Any:
    first, last = sorted(random.choice((0, 1)) for _ in range(2))
    request = a_request(
        key,
        department=random.choice(("D1", "D2", "D9")),
        minutes=random.choice((20, 30, 50)),
        audience=_called(random),
        earliest=DAYS[first].date,
        deadline=DAYS[last].date,
        priority=random.choice(tuple(Priority)),
        mode=random.choice((Mode.EITHER, Mode.EITHER, Mode.IN_PERSON, Mode.VIDEO)),
        read_only=random.random() < 0.1,
        approved=random.random() < 0.65,
        must=random.random() < 0.4,
        time_window=(540, 600) if random.random() < 0.15 else None,
        prefer=Preference(halves=("PM",)) if random.random() < 0.3 else Preference(),
    )
    if random.random() < 0.2:
        day = random.choice((None, DAYS[0].date, DAYS[1].date))
        request = replace(request, pin=Pin(day, random.choice((None, "AM")), "R1"))
    elif random.random() < 0.2:
        cell = Cell(random.choice(DAYS).date, "AM", "R1")
        request = replace(request, published=Published(cell, random.random() < 0.5))
    return request
