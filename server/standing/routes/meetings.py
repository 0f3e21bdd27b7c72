"""Pages on which the meeting office keeps standing meetings, and sees where they fall."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from server.auth import store as accounts
from server.auth.guard import login_of
from server.auth.model import Account, Role
from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.places import Post
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    id_of,
    many,
    page,
    redirect,
    whole_number,
)
from server.scheduler import store as scheduler
from server.scheduler.filing import HALVES
from server.scheduler.problem import MAX_SESSION
from server.scheduler.workdays import provisional_years
from server.standing import store
from server.standing.meeting_form import UNREADABLE, day_of, empty_values, read_plan, values_of
from server.standing.model import (
    CALL_HOURS,
    MOST_CALL_HOURS,
    MOST_ITEMS,
    MOST_WEEKS,
    Plan,
    SeriesState,
    StandingMeeting,
    faults_of,
)
from server.standing.moving import Spot, free_nearby
from server.standing.occurring import AHEAD, cell_of
from server.standing.routes.desk import desk_of, told_event
from server.standing.service import keeping
from server.standing.service.desk import Street, load_street
from server.standing.service.moving import load_movable, move_occurrence
from server.standing.service.previewing import Preview, preview
from server.standing.service.scheduling import TAKEN
from server.street import store as street_store

CHAIRS = (Role.LEADER, Role.OFFICE)
"""Roles that may lead a standing meeting."""
SHOWN = 4
"""Occurrences of a series that the list shows."""
ANYWAY = frozenset({"title", "department", "audience", "items", "longest", "call_hours"})
"""Faults that are in nobody's way when it is shown where a meeting falls."""


async def show_meetings(http: web.Request) -> web.Response:
    """Show every standing meeting with what lies ahead of it."""
    now = http.app[CLOCK].now()
    async with http.app[DATABASE].view() as tx:
        meetings = await store.load_meetings(tx)
        street = await load_street(tx)
        previews = {m.id: await preview(tx, street, m, now) for m in meetings}
        occurrences = await store.load_occurrences(tx)
        event = await told_event(tx, http)
        chairs = {a.id: a.display_name for a in await accounts.load_accounts(tx)}
    coming = [o for o in occurrences if o.session.starts_at > now]
    return page(
        http,
        "standing/meetings.html",
        login=login_of(http),
        meetings=[m for m in meetings if m.state is not SeriesState.ENDED],
        ended=[m for m in meetings if m.state is SeriesState.ENDED],
        ahead={m.id: [o for o in coming if o.meeting_id == m.id][:SHOWN] for m in meetings},
        previews=previews,
        names=street.names,
        chairs=chairs,
        event=event if event and event.kind in keeping.UNDOABLE else None,
    )


# --- the form ------------------------------------------------------------------------------------


async def _form_page(
    http: web.Request,
    tx: Tx,
    meeting: StandingMeeting | None,
    *,
    values: Mapping[str, str],
    ticked: tuple[Sequence[str], Sequence[int]],
    plan: Plan | None,
    errors: Mapping[str, DomainError] | None = None,
    overtaken: bool = False,
) -> web.Response:
    """Show the form as it is filled in, with where the meeting would fall."""
    street = await load_street(tx)
    committees = [c for c in await street_store.load_committees(tx) if not c.retired]
    now = http.app[CLOCK].now()
    today = now.astimezone(SITE_ZONE).date()
    seen = await _preview(tx, street, meeting, plan, http) if plan is not None else None
    return page(
        http,
        "standing/meeting.html",
        status=409 if overtaken else 422 if errors else 200,
        meeting=meeting,
        values=values,
        chosen_posts=ticked[0],
        chosen=ticked[1],
        errors=errors or {},
        overtaken=overtaken,
        preview=seen,
        provisional=provisional_years(street.workdays, today, today + AHEAD),
        departments=[d for d in street.departments.values() if d.exempt and not d.retired],
        committees=committees,
        chairs=await _chairs(tx, meeting),
        posts=tuple(Post),
        most_items=MOST_ITEMS,
        most_weeks=MOST_WEEKS,
        most_minutes=MAX_SESSION,
        most_hours=MOST_CALL_HOURS,
        usual_hours=CALL_HOURS,
        names=street.names,
        hall=street.hall,
    )


async def _chairs(tx: Tx, meeting: StandingMeeting | None) -> list[Account]:
    chosen = meeting.plan.chair_id if meeting else None
    found = await accounts.load_accounts(tx)
    return [a for a in found if a.id == chosen or (a.role in CHAIRS and not a.disabled)]


async def _preview(
    tx: Tx, street: Street, meeting: StandingMeeting | None, plan: Plan, http: web.Request
) -> Preview | None:
    """Return where a meeting would fall; None while the form says too little."""
    now = http.app[CLOCK].now()
    today = now.astimezone(SITE_ZONE).date()
    if set(faults_of(plan, exempt=True, today=today)) - ANYWAY:
        return None
    known = meeting or StandingMeeting(0, plan)
    would = StandingMeeting(known.id, plan, known.state, known.version)
    return await preview(tx, street, would, now)


async def show_new(http: web.Request) -> web.Response:
    """Show the form of a new standing meeting with the usual values."""
    today = http.app[CLOCK].now().astimezone(SITE_ZONE).date()
    async with http.app[DATABASE].view() as tx:
        street = await load_street(tx)
        exempt = [d.id for d in street.departments.values() if d.exempt and not d.retired]
        values = empty_values(today, exempt[0] if exempt else 0)
        everybody = sorted(street.serving)
        plan = read_plan(values, posts=[], committees=everybody, everybody=everybody)
        return await _form_page(http, tx, None, values=values, ticked=([], everybody), plan=plan)


async def show_meeting(http: web.Request) -> web.Response:
    """Show the form of a standing meeting as it is."""
    async with http.app[DATABASE].view() as tx:
        meeting = await store.load_meeting(tx, id_of(http, "meeting"))
        plan = meeting.plan
        chosen = plan.committee_ids or sorted((await load_street(tx)).serving)
        ticked = ([str(post) for post in plan.posts], chosen)
        return await _form_page(http, tx, meeting, values=values_of(plan), ticked=ticked, plan=plan)


async def handle_new(http: web.Request) -> web.Response:
    """Add a standing meeting, or only show where it would fall."""
    return await _handle(http, None)


async def handle_meeting(http: web.Request) -> web.Response:
    """Change a standing meeting, or only show what a change would do."""
    async with http.app[DATABASE].view() as tx:
        meeting = await store.load_meeting(tx, id_of(http, "meeting"))
    return await _handle(http, meeting)


async def _handle(http: web.Request, meeting: StandingMeeting | None) -> web.Response:
    values, sent = await form_values(http), await http.post()
    posts = [value for value in sent.getall("post", []) if isinstance(value, str)]
    chosen = many(str(value) for value in sent.getall("committee", []))
    async with http.app[DATABASE].view() as tx:
        street = await load_street(tx)
        everybody = sorted(street.serving)
        plan = read_plan(values, posts=posts, committees=chosen, everybody=everybody)
        if values.get("do") == "look":
            return await _form_page(
                http, tx, meeting, values=values, ticked=(posts, chosen), plan=plan
            )
        today = http.app[CLOCK].now().astimezone(SITE_ZONE).date()
        department = street.departments.get(plan.department_id)
        exempt = department is not None and department.exempt and not department.retired
        faults = faults_of(plan, exempt=exempt, today=today)
        if faults:
            return await _form_page(
                http, tx, meeting, values=values, ticked=(posts, chosen), plan=plan, errors=faults
            )
    try:
        sequence = await _enter(http, meeting, plan, whole_number(values.get("version", "")))
    except ConflictError as refusal:
        if refusal.code != "changed_meanwhile" or meeting is None:
            raise
        async with http.app[DATABASE].view() as tx:
            fresh = await store.load_meeting(tx, meeting.id)
            return await _form_page(
                http, tx, fresh, values=values, ticked=(posts, chosen), plan=plan, overtaken=True
            )
    return _to_list(sequence)


async def _enter(
    http: web.Request, meeting: StandingMeeting | None, plan: Plan, version: int
) -> int:
    if meeting is None:
        return await keeping.add_meeting(desk_of(http), plan)
    return await keeping.change_meeting(desk_of(http), meeting.id, plan, version=version)


def _to_list(sequence: int) -> web.Response:
    return redirect(f"/standing?event={sequence}" if sequence else "/standing")


# --- pause, end, one occurrence, undo ------------------------------------------------------------


async def handle_turn(http: web.Request) -> web.Response:
    """Pause a standing meeting, go on with it, or end it: the address says which."""
    states = {
        "pause": SeriesState.PAUSED,
        "resume": SeriesState.ACTIVE,
        "end": SeriesState.ENDED,
    }
    state = states[http.match_info["turn"]]
    version = whole_number((await form_values(http)).get("version", ""))
    done = await keeping.turn_meeting(desk_of(http), id_of(http, "meeting"), state, version=version)
    return _to_list(done)


async def handle_cancel(http: web.Request) -> web.Response:
    """Call one occurrence off."""
    meeting_id, session_id = id_of(http, "meeting"), id_of(http, "session")
    return _to_list(await keeping.cancel_occurrence(desk_of(http), meeting_id, session_id))


async def show_move(http: web.Request) -> web.Response:
    """Show where one occurrence is, and the free half-days around."""
    return await _move_page(http, {}, {})


async def _move_page(
    http: web.Request, values: Mapping[str, str], errors: Mapping[str, DomainError]
) -> web.Response:
    now = http.app[CLOCK].now()
    async with http.app[DATABASE].view() as tx:
        meeting_id = id_of(http, "meeting")
        occurrence = await load_movable(tx, meeting_id, id_of(http, "session"), now)
        street = await load_street(tx)
        others = await scheduler.load_sessions(tx, states=TAKEN, since=now)
    session = occurrence.session
    day, half = cell_of(session.starts_at)
    here = {"day": day.isoformat(), "half": half, "hall": session.hall}
    return page(
        http,
        "standing/move.html",
        status=422 if errors else 200,
        meeting_id=meeting_id,
        session=session,
        values=here | {name: values[name] for name in here if name in values},
        errors=errors,
        halves=HALVES,
        free=free_nearby(session, street.workdays, others, now),
    )


async def handle_move(http: web.Request) -> web.Response:
    """Move one occurrence to the half-day that was pressed, or that was filled in."""
    values = await form_values(http)
    day, _, half = values.get("pick", "").partition(":")
    wanted = day_of(day or values.get("day", ""))
    spot = Spot(
        day=None if wanted == UNREADABLE else wanted,
        half=half or values.get("half", ""),
        hall=" ".join(values.get("hall", "").split()),
    )
    meeting_id, session_id = id_of(http, "meeting"), id_of(http, "session")
    try:
        return _to_list(await move_occurrence(desk_of(http), meeting_id, session_id, spot))
    except DomainError as refusal:
        if not isinstance(refusal, ConflictError | NotFoundError):
            field = "hall" if refusal.code == "standing_hall" else "day"
            return await _move_page(http, values, {field: refusal})
        raise


async def handle_undo(http: web.Request) -> web.Response:
    """Take back what was just done."""
    wanted = whole_number((await form_values(http)).get("event", ""))
    await keeping.undo(desk_of(http), wanted)
    return redirect("/standing")


ROUTES = [
    web.get("/standing", show_meetings, name="standing"),
    web.post("/standing", handle_new, name="standing.post"),
    web.get("/standing/new", show_new, name="standing.new"),
    web.post("/standing/undo", handle_undo, name="standing.undo.post"),
    web.get("/standing/{meeting}", show_meeting, name="standing.meeting"),
    web.post("/standing/{meeting}", handle_meeting, name="standing.meeting.post"),
    web.post("/standing/{meeting}/{turn:pause|resume|end}", handle_turn, name="standing.turn.post"),
    web.post(
        "/standing/{meeting}/sessions/{session}/cancel",
        handle_cancel,
        name="standing.cancel.post",
    ),
    web.get("/standing/{meeting}/sessions/{session}", show_move, name="standing.move"),
    web.post("/standing/{meeting}/sessions/{session}", handle_move, name="standing.move.post"),
]
