"""Strict reading of instances and plans in the format ``pinhui-sched/1``.

Bad text raises ``FormatError`` with a code and a place, never anything else. An instance's ids are
looked up; a plan's are not, for a plan that names a stranger is a wrong plan, which ``check`` says.
"""

from server.merging.instance.fields import Value, read_json
from server.merging.instance.model import (
    Audience,
    Block,
    CalledCommittee,
    CallingDepartment,
    Cell,
    DigestDay,
    Half,
    Hall,
    HallKind,
    Infeasible,
    Instance,
    LeftOut,
    MeetingRequest,
    MergePlan,
    Mode,
    Overflow,
    Pin,
    PlannedItem,
    PlannedSession,
    Preference,
    Priority,
    Published,
    Quota,
    Reason,
    StandingMeeting,
    Weights,
    WorkingDay,
)
from server.merging.instance.references import require_known_ids

FORMAT = "pinhui-sched/1"
MINUTES_OF_DAY = 24 * 60
MOST_CALLS = 10_000
MOST_ITEMS = 12
"""The agenda step tries every subset of a session's items, so their number must stay small."""
SIMPLE_WEIGHTS = (
    "over_quota",
    "trip_room",
    "trip_video",
    "person",
    "session",
    "pref",
    "soft_target",
    "dept_fair",
    "move_per_committee",
    "waste_minute",
)
"""The weights that are one number, by the names the format and the model share."""


def parse_instance(text: str) -> Instance:
    """Read an instance.

    Raises:
        FormatError: when the text is not an instance; ``place`` says where it fails.
    """
    root = read_json(text)
    if root.get("format").text() != FORMAT:
        raise root.get("format").refuse("format_value")
    instance = Instance(
        name=root.maybe("name", Value.text, ""),
        days=root.get("days").list(_day),
        digest_days=root.get("digest_days").list(Value.day),
        halves=_halves(root.get("halves")),
        granularity=root.get("granularity").integer(1, MINUTES_OF_DAY),
        max_session=root.get("max_session").integer(1, MINUTES_OF_DAY),
        max_items=root.get("max_items").integer(1, MOST_ITEMS),
        roles=_ids(root.get("roles")),
        committees=root.get("committees").list(_committee),
        departments=root.get("departments").list(_department),
        halls=root.get("venues").list(_hall),
        standing=root.maybe("hosts", lambda v: v.list(_standing), ()),
        blocked=root.maybe("blocked", lambda v: v.list(_block), ()),
        quota=_quota(root.get("quota"), _ids(root.get("roles"))),
        requests=root.get("requests").list(_request),
        weights=root.maybe("weights", _weights, Weights()),
        meta=root.maybe("meta", Value.compact, "{}"),
    )
    require_known_ids(instance)
    return instance


def parse_reason(text: str) -> Reason:
    """Read a reason that ``serialise_reason`` wrote.

    Raises:
        FormatError: when the text is none.
    """
    return _reason(read_json(text))


def parse_plan(text: str) -> MergePlan | Infeasible:
    """Read a plan, or the answer that there is none.

    Raises:
        FormatError: when the text is neither; ``place`` says where it fails.
    """
    root = read_json(text)
    if root.maybe("status", Value.text, "") == "infeasible":
        return Infeasible(tuple(sorted(root.maybe("conflict", lambda v: v.list(Value.text), ()))))
    return MergePlan(
        instance=root.maybe("instance", Value.text, ""),
        sessions=root.maybe("sessions", lambda v: v.list(_session), ()),
        digest=root.maybe("digest", lambda v: v.list(_digest_day), ()),
        left_out=root.maybe("unscheduled", lambda v: v.list(_left_out), ()),
        reasons=root.maybe("reasons", lambda v: v.list(_reason), ()),
        bound=root.maybe("bound", Value.integer, None),
        stats=root.maybe("stats", Value.compact, "{}"),
    )


# --- reading -----------------------------------------------------------------------------------


def _ids(value: Value) -> tuple[str, ...]:
    ids = value.list(Value.text)
    if len(set(ids)) < len(ids):
        raise value.refuse("format_duplicate")
    return ids


def _minute(value: Value) -> int:
    return value.integer(0, MINUTES_OF_DAY)


def _length(value: Value) -> int:
    return value.integer(1, MINUTES_OF_DAY)


def _weekday(value: Value) -> int:
    return value.integer(1, 7)


def _pair(value: Value) -> tuple[int, int]:
    numbers = value.list(_minute)
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise value.refuse("format_value")
    return numbers[0], numbers[1]


def _halves(value: Value) -> tuple[Half, ...]:
    return tuple(Half(name, *span) for name, span in value.map(_pair).items())


def _day(value: Value) -> WorkingDay:
    return WorkingDay(
        date=value.get("date").day(),
        week=value.get("week").text(),
        month=value.get("month").text(),
        weekday=_weekday(value.get("weekday")),
        makeup=value.maybe("makeup", Value.boolean, False),
    )


def _committee(value: Value) -> CalledCommittee:
    return CalledCommittee(
        id=value.get("id").text(),
        unit=value.get("unit").text(),
        name=value.maybe("name", Value.text, ""),
    )


def _department(value: Value) -> CallingDepartment:
    return CallingDepartment(
        id=value.get("id").text(),
        name=value.maybe("name", Value.text, ""),
        unit=value.get("unit").text(),
        exempt=value.maybe("exempt", Value.boolean, False),
    )


def _hall(value: Value) -> Hall:
    return Hall(
        id=value.get("id").text(),
        unit=value.get("unit").text(),
        kind=value.get("kind").member(HallKind),
        capacity=value.get("capacity").integer(),
        name=value.maybe("name", Value.text, ""),
    )


def _audience(value: Value) -> Audience:
    committees = value.get("committees")
    everyone = committees.raw == "ALL"
    return Audience(
        committees=None if everyone else _ids(committees),
        roles=_ids(value.get("roles")),
    )


def _cell(value: Value) -> Cell:
    return Cell(value.get("date").day(), value.get("half").text(), value.get("venue").text())


def _standing(value: Value) -> StandingMeeting:
    return StandingMeeting(
        id=value.get("id").text(),
        title=value.maybe("title", Value.text, ""),
        department=value.get("dept").text(),
        unit=value.get("unit").text(),
        cell=_cell(value),
        start=_minute(value.get("start")),
        own_minutes=_length(value.get("own_minutes")),
        max_minutes=_length(value.get("max_minutes")),
        audience=_audience(value.get("audience")),
    )


def _block(value: Value) -> Block:
    return Block(
        committee=value.get("committee").text(),
        date=value.get("date").day(),
        half=value.get("half").text(),
        roles=value.maybe("roles", _ids, ()),
    )


def _calls(value: Value) -> int:
    return value.integer(0, MOST_CALLS)


def _limits(value: Value) -> dict[str, int]:
    return value.map(_calls)


def _quota(value: Value, roles: tuple[str, ...]) -> Quota:
    return Quota(
        committee_week=value.maybe("committee_week", _calls, None),
        committee_month=value.maybe("committee_month", _calls, None),
        role_week=value.maybe("role_week", _limits, {}),
        role_month=value.maybe("role_month", _limits, {}),
        counts=value.maybe("counts", _ids, roles),
        soft_week_target=value.maybe("soft_week_target", _calls, None),
        overflow=value.get("overflow").member(Overflow),
        used=value.maybe("used", _limits, {}),
    )


def _preference(value: Value) -> Preference:
    return Preference(
        weekdays=value.maybe("weekdays", lambda v: v.list(_weekday), ()),
        halves=value.maybe("halves", _ids, ()),
    )


def _pin(value: Value) -> Pin | None:
    pin = Pin(
        day=value.maybe("date", lambda v: v.day() if v.raw else None, None),
        half=value.maybe("half", Value.text, "") or None,
        hall=value.maybe("venue", Value.text, "") or None,
    )
    return None if value.raw == {} else pin


def _published(value: Value) -> Published | None:
    if value.raw == {}:
        return None
    return Published(_cell(value), value.maybe("frozen", Value.boolean, False))


def _window(value: Value) -> tuple[int, int] | None:
    return None if value.raw == [] else _pair(value)


def _request(value: Value) -> MeetingRequest:
    return MeetingRequest(
        id=value.get("id").text(),
        department=value.get("dept").text(),
        unit=value.get("unit").text(),
        topic=value.maybe("topic", Value.text, ""),
        minutes=_length(value.get("minutes")),
        audience=_audience(value.get("audience")),
        earliest=value.get("earliest").day(),
        deadline=value.get("deadline").day(),
        filed=value.get("filed").day(),
        priority=value.get("priority").member(Priority),
        mode=value.get("mode").member(Mode),
        read_only=value.maybe("read_only", Value.boolean, False),
        approved=value.maybe("approved", Value.boolean, False),
        prefer=value.maybe("prefer", _preference, Preference()),
        time_window=value.maybe("time_window", _window, None),
        must=value.maybe("must", Value.boolean, False),
        pin=value.maybe("pin", _pin, None),
        published=value.maybe("published", _published, None),
    )


def _by_priority(value: Value) -> tuple[int, int, int]:
    return (value.get("1").integer(), value.get("2").integer(), value.get("3").integer())


def _weights(value: Value) -> Weights:
    standard = Weights()
    simple = {
        name: value.maybe(name, Value.integer, getattr(standard, name)) for name in SIMPLE_WEIGHTS
    }
    return Weights(
        unscheduled=value.maybe("unscheduled", _by_priority, standard.unscheduled),
        delay=value.maybe("delay", _by_priority, standard.delay),
        **simple,
    )


def _session(value: Value) -> PlannedSession:
    return PlannedSession(
        id=value.get("id").text(),
        standing=value.maybe("host", Value.text, "") or None,
        cell=Cell(value.get("date").day(), value.get("half").text(), value.get("venue").text()),
        start=value.get("start").integer(),
        items=value.get("items").list(_item),
    )


def _item(value: Value) -> PlannedItem:
    return PlannedItem(
        request=value.get("request").text(),
        start=value.get("start").integer(),
        minutes=value.get("minutes").integer(),
    )


def _digest_day(value: Value) -> DigestDay:
    return DigestDay(value.get("date").day(), value.get("requests").list(Value.text))


def _left_out(value: Value) -> LeftOut:
    return LeftOut(
        request=value.get("request").text(),
        reason=value.maybe("reason", Value.text, ""),
        action=value.maybe("action", Value.text, ""),
    )


def _reason(value: Value) -> Reason:
    return Reason(
        request=value.get("request").text(),
        code=value.get("code").text(),
        params=value.maybe("params", lambda v: v.map(_param), {}),
        details=value.maybe("details", lambda v: v.list(_detail), ()),
        action=value.maybe("action", Value.text, ""),
    )


def _detail(value: Value) -> Reason:
    """Read a detail; details of details are not written and not read."""
    return Reason(
        request=value.get("request").text(),
        code=value.get("code").text(),
        params=value.maybe("params", lambda v: v.map(_param), {}),
    )


def _param(value: Value) -> str | int:
    return value.text() if isinstance(value.raw, str) else value.integer(-(10**12))
