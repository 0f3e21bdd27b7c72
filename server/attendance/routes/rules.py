"""The page of the rules by which attendance is judged: read by many, changed by the office."""

from collections.abc import Mapping
from dataclasses import asdict

from aiohttp import web

from server.audit.store import load_event
from server.auth.guard import login_of
from server.domain.errors import DomainError
from server.pages.context import CLOCK, DATABASE, form_values, many, page, redirect
from server.scheduler import rule_keeping as keeping
from server.scheduler.workday_keeping import actor_of


async def _rules_page(
    http: web.Request,
    values: Mapping[str, str] | None = None,
    refusal: DomainError | None = None,
) -> web.Response:
    login = login_of(http)
    sequence = next(iter(many([http.query.get("event", "")])), 0)
    async with http.app[DATABASE].view() as tx:
        versions = await keeping.load_versions(tx)
        event = await load_event(tx, sequence) if sequence else None
    own = event and event.actor == actor_of(login) and event.kind in keeping.UNDOABLE
    newest = keeping.in_force(versions)
    if values is None:
        values = {name: str(number) for name, number in asdict(newest.rules).items()}
    field = str(refusal.params.get("rule", "reason")) if refusal else ""
    return page(
        http,
        "attendance/rules.html",
        status=422 if refusal else 200,
        login=login,
        values=values,
        errors={field: refusal} if refusal else {},
        limits=keeping.LIMITS,
        longest=keeping.LONGEST_REASON,
        history=list(reversed(versions)),
        newest=newest,
        event=event if own else None,
    )


async def show_rules(http: web.Request) -> web.Response:
    """Show the rules in force, who changed them, and the form for those who may."""
    return await _rules_page(http)


async def handle_rules(http: web.Request) -> web.Response:
    """Change the rules; what is refused is shown again as it was filled in."""
    values = await form_values(http)
    try:
        sequence = await keeping.change_rules(
            http.app[DATABASE],
            http.app[CLOCK],
            login_of(http),
            keeping.rules_from(values),
            reason=values.get("reason", ""),
        )
    except DomainError as refusal:
        return await _rules_page(http, values, refusal)
    return redirect(f"/attendance/rules?event={sequence}")


async def handle_undo(http: web.Request) -> web.Response:
    """Take back the version that was just made."""
    wanted = next(iter(many([(await form_values(http)).get("event", "")])), 0)
    await keeping.undo(http.app[DATABASE], http.app[CLOCK], login_of(http), wanted)
    return redirect("/attendance/rules")


ROUTES = [
    web.get("/attendance/rules", show_rules, name="attendance.rules"),
    web.post("/attendance/rules", handle_rules, name="attendance.rules.post"),
    web.post("/attendance/rules/undo", handle_undo, name="attendance.rules.undo.post"),
]
