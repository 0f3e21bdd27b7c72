"""Made-up merging problems in the shapes of the kept ones, for any seed: nobody tuned to these."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from server.merging.instance.model import (
    Audience,
    CalledCommittee,
    CallingDepartment,
    Cell,
    Half,
    Hall,
    HallKind,
    Instance,
    MeetingRequest,
    Mode,
    Overflow,
    Preference,
    Priority,
    Published,
    Quota,
    StandingMeeting,
    WorkingDay,
)
from server.scheduler.workdays import WorkdayTable, digest_days, working_days

ROLES = (
    "secretary",
    "director",
    "sw_civil",
    "sw_health",
    "sw_security",
    "sw_culture",
    "sw_environment",
    "sw_party",
)
HALVES = (Half("AM", 540, 690), Half("PM", 810, 1020))
LENGTHS = ((10, 15, 20, 30, 45, 60), (36, 20, 20, 14, 8, 3))
FIRST = date(2026, 9, 1)
LENIENT = Quota(3, 8, {}, {}, ROLES, 1, Overflow.ESCALATE, {})
TIGHT = Quota(
    2,
    6,
    {"secretary": 1, "director": 1},
    {"secretary": 4, "director": 4},
    ROLES,
    1,
    Overflow.REJECT,
    {},
)
COUNTED = Quota(1, 4, {}, {}, ROLES[2:], 1, Overflow.REJECT, {})


def make_shape(shape: str, seed: int) -> Instance:
    """Return a problem of a shape: ``tight``, ``small``, ``urgent``, ``counted``, ``halfyear``
    or ``district``.
    """
    random = Random(f"{shape} {seed}")  # noqa: S311
    if shape == "district":
        return _district(random, f"{shape} {seed}")
    days = working_days(
        WorkdayTable(), FIRST, FIRST + timedelta(180 if shape == "halfyear" else 30)
    )
    count = {"tight": 48, "small": 60, "urgent": 50, "counted": 50, "halfyear": 282}[shape]
    quota = {"tight": TIGHT, "counted": COUNTED}.get(shape, LENIENT)
    instance = _street(random, "S01", days, count=count, committees=33, few=shape == "small")
    if shape in ("urgent", "counted"):
        instance = replace(instance, requests=tuple(_publish(random, instance)))
    return replace(instance, name=f"{shape} {seed}", quota=quota)


def _street(
    random: Random,
    unit: str,
    days: Sequence[WorkingDay],
    *,
    count: int,
    committees: int,
    few: bool = False,
) -> Instance:
    named = tuple(CalledCommittee(f"{unit}C{n:02}", unit, "") for n in range(committees))
    departments = tuple(CallingDepartment(f"{unit}D{n:02}", "", unit, n < 2) for n in range(18))
    halls = (
        Hall(f"{unit}-R1", unit, HallKind.ROOM, 3 * committees, ""),
        Hall(f"{unit}-R2", unit, HallKind.ROOM, 30, ""),
        Hall(f"{unit}-VC", unit, HallKind.VIDEO, 300 + 4 * committees, ""),
    )
    ids = tuple(committee.id for committee in named)
    requests = tuple(
        _request(random, f"{unit}R{n:03}", unit, days=days, ids=ids, few=few) for n in range(count)
    )
    return Instance(
        name=unit,
        days=tuple(days),
        digest_days=digest_days(WorkdayTable(), days[0].date, days[-1].date),
        halves=HALVES,
        granularity=5,
        max_session=120,
        max_items=8,
        roles=ROLES,
        committees=named,
        departments=departments,
        halls=halls,
        standing=tuple(_standing(unit, days, ids)),
        blocked=(),
        quota=LENIENT,
        requests=requests,
    )


def _standing(unit: str, days: Sequence[WorkingDay], ids: tuple[str, ...]) -> list[StandingMeeting]:
    """Return two meetings a month: of secretaries in the second week, directors in the fourth."""
    months = sorted({day.month for day in days})
    meetings = []
    for month in months:
        dates = [day.date for day in days if day.month == month]
        for role, at in (("secretary", 5), ("director", 15)):
            if at < len(dates):
                cell = Cell(dates[at], "AM", f"{unit}-R1")
                key = f"H{unit}{month}{role}"
                audience = Audience(ids, (role,))
                meetings.append(
                    StandingMeeting(key, role, f"{unit}D00", unit, cell, 540, 40, 120, audience)
                )
    return meetings


def _request(
    random: Random,
    key: str,
    unit: str,
    *,
    days: Sequence[WorkingDay],
    ids: tuple[str, ...],
    few: bool,
) -> MeetingRequest:
    first = random.randrange(len(days))
    last = min(len(days) - 1, first + random.choice((3, 5, 8, 10, 15)))
    roles = random.choices(
        [("director",), ("secretary",), ("secretary", "director"), (random.choice(ROLES[2:]),)],
        (33, 24, 14, 29),
    )[0]
    part = few and random.random() < 0.9
    named = tuple(sorted(random.sample(ids, random.randint(2, 10)))) if part else ids
    wishes = Preference(
        tuple(sorted(random.sample(range(1, 6), 2))), random.choice(((), ("AM",), ("PM",)))
    )
    return MeetingRequest(
        id=key,
        department=f"{unit}D{random.randrange(18):02}",
        unit=unit,
        topic="",
        minutes=random.choices(*LENGTHS)[0],
        audience=Audience(named, roles),
        earliest=days[first].date,
        deadline=days[last].date,
        filed=days[max(0, first - 5)].date,
        priority=random.choices(tuple(Priority), (11, 31, 58))[0],
        mode=random.choices((Mode.EITHER, Mode.IN_PERSON, Mode.VIDEO), (56, 28, 16))[0],
        read_only=random.random() < 0.16,
        approved=random.random() < 0.75,
        prefer=wishes if random.random() < 0.3 else Preference(),
        time_window=random.choice(((540, 660), (840, 960))) if random.random() < 0.04 else None,
    )


def _publish(random: Random, instance: Instance) -> list[MeetingRequest]:
    """Let half of the requests be published already, each somewhere in its window."""
    found = []
    for request in instance.requests:
        dates = [d.date for d in instance.days if request.earliest <= d.date <= request.deadline]
        if request.read_only or random.random() < 0.5:
            found.append(request)
            continue
        cell = Cell(random.choice(dates[:4]), random.choice(("AM", "PM")), instance.halls[0].id)
        found.append(replace(request, published=Published(cell, frozen=False)))
    return found


def _district(random: Random, name: str) -> Instance:
    """Twelve streets of 31 to 62 committees, and twenty meetings of the district for all."""
    days = working_days(WorkdayTable(), FIRST, FIRST + timedelta(28))
    streets = [
        _street(random, f"S{n:02}", days, count=36, committees=random.randint(31, 62))
        for n in range(1, 13)
    ]
    committees = tuple(c for street in streets for c in street.committees)
    ids = tuple(c.id for c in committees)
    district = _street(random, "DX", days, count=24, committees=0, few=False)
    halls = (
        Hall("DX-R1", "DX", HallKind.ROOM, 2 * len(ids), ""),
        Hall("DX-VC", "DX", HallKind.VIDEO, 8 * len(ids), ""),
    )
    own = tuple(
        replace(r, audience=Audience(ids, r.audience.roles), published=None)
        for r in district.requests
    )
    parts = [district, *streets]
    return replace(
        district,
        name=name,
        committees=committees,
        departments=tuple(d for part in parts for d in part.departments),
        halls=(*halls, *(hall for street in streets for hall in street.halls)),
        standing=tuple(m for street in streets for m in street.standing),
        requests=(*own, *(r for street in streets for r in street.requests)),
        quota=replace(LENIENT, committee_week=4, committee_month=12),
    )
