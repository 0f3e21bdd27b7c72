"""The leader's desk (审批): what waits for a word, what each would cost, and lending the word."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from aiohttp import web

from server.admission import store as admission
from server.admission.history import KINDS, history_of
from server.admission.model import Delegation
from server.admission.routes.desk import desk_of, remark_in, told_by
from server.admission.service.loans import TAKERS, lend, take_back
from server.admission.service.overruns import refuse_overruns, sign_overruns
from server.admission.service.undoing import UNDOABLE, undo
from server.admission.service.word import Choice, Docket, decide, load_docket, may_decide
from server.audit.store import load_event, load_recorded
from server.auth import store as accounts
from server.auth.model import Account
from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded
from server.merging.words.wording import speak
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    id_of,
    page,
    redirect,
    visit_of,
    whole_number,
)
from server.pages.middleware import status_of
from server.scheduler import service as merging
from server.scheduler import store
from server.scheduler.filing import FiledRequest, RequestState
from server.scheduler.problem import Situation
from server.scheduler.publishing import moment_of
from server.scheduler.suggest import Advice, Suggestion, advise_on

PRICED = 20
"""Requests whose price is worked out when the page is made; beyond that only the one shown."""
WORDS = (EventKind.REQUEST_GRANTED, EventKind.REQUEST_REFUSED, EventKind.OVERRUN_GRANTED)
TOLD = (*WORDS, EventKind.OVERRUN_REFUSED, EventKind.REQUEST_UNDECIDED)


@dataclass(frozen=True, slots=True)
class Priced:
    """A request that waits, with what could be made of it."""

    request: FiledRequest
    advice: Advice

    @property
    def best(self) -> Suggestion | None:
        """The way with the fewest trips, None when there is none."""
        return next(iter(self.advice.suggestions), None)

    @property
    def ride(self) -> Suggestion | None:
        """The session on which it can ride without asking anybody, or None."""
        return next((s for s in self.advice.suggestions if s.at_once), None)

    @property
    def own(self) -> Suggestion | None:
        """A session of its own, or None when none fits."""
        return next((s for s in self.advice.suggestions if not s.rides), None)


def price(situation: Situation, request: FiledRequest) -> Priced:
    """Work out what could be made of a request that waits."""
    return Priced(request, advise_on(situation, request))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the page is made of."""

    docket: Docket
    situation: Situation
    decides: bool
    event: Recorded | None
    everybody: list[Account]
    words: list[Recorded]
    requests: list[FiledRequest]
    loans: list[Delegation]


async def _load(http: web.Request, tx: Tx) -> _Facts:
    now, sequence = http.app[CLOCK].now(), whole_number(http.query.get("event", ""))
    situation = await merging.load_situation(tx, now)
    names = {d.id: d.name for d in situation.departments}
    words = await load_recorded(tx, kinds=WORDS)
    return _Facts(
        docket=await load_docket(tx, _day(now)),
        situation=situation,
        decides=await may_decide(tx, desk_of(http)),
        event=await load_event(tx, sequence) if sequence else None,
        everybody=await accounts.load_accounts(tx),
        words=[word for word in words if _month(word.at) == _month(now)],
        requests=await store.load_requests(tx, names),
        loans=await admission.load_delegations(tx, _day(now)),
    )


def _day(moment: datetime) -> date:
    return moment.astimezone(SITE_ZONE).date()


def _month(moment: datetime) -> tuple[int, int]:
    return _day(moment).year, _day(moment).month


async def show_approve(http: web.Request) -> web.Response:
    """Show what waits, the oldest first, and one request in full: the first or the one named."""
    return await _page(http, whole_number(http.query.get("request", "")))


async def _page(
    http: web.Request,
    wanted: int,
    *,
    errors: dict[str, DomainError] | None = None,
    remark: str = "",
) -> web.Response:
    desk, now = desk_of(http), http.app[CLOCK].now()
    async with http.app[DATABASE].view() as tx:
        facts = await _load(http, tx)
        docket = facts.docket
        waiting = {r.id: r for r in (*docket.coordinated, *docket.waiting)}
        chosen = waiting.get(wanted) or next(iter(docket.waiting), None)
        number_ = chosen.number if chosen else ""
        events = await load_recorded(tx, kinds=KINDS, naming=number_) if chosen else []
        files = await admission.load_attachments(tx, [chosen.id] if chosen else [])
    names = {account.id: account.display_name for account in facts.everybody}
    event = facts.event
    return page(
        http,
        "admission/approve.html",
        status=status_of(next(iter(errors.values()))) if errors else 200,
        login=desk.login,
        docket=docket,
        decides=facts.decides,
        priced={r.id: price(facts.situation, r) for r in docket.waiting[:PRICED]},
        chosen=price(facts.situation, chosen) if chosen else None,
        steps=history_of(number_, events, names),
        files=files[chosen.id] if chosen else [],
        reason=speak(chosen.reason, visit_of(http).language) if chosen and chosen.reason else None,
        committees={c.id: c for c in facts.situation.committees},
        requests={request.id: request for request in facts.requests},
        event=event if event and event.actor == desk.actor and event.kind in TOLD else None,
        undoable=UNDOABLE,
        counts=Counter(word.payload.get("choice", "") for word in facts.words),
        urgent=_urgent(facts.requests, now),
        names=names,
        loans=facts.loans,
        takers=_takers(facts.everybody, desk.login.account_id),
        today=_day(now),
        errors=errors or {},
        remark=remark,
        at=moment_of,
    )


def _urgent(requests: list[FiledRequest], now: datetime) -> Counter[int]:
    """Return how many urgent requests each department has submitted this month."""
    return Counter(
        request.filing.department_id
        for request in requests
        if request.filing.urgent
        and request.state is not RequestState.DRAFT
        and _month(request.filed_at) == _month(now)
    )


def _takers(everybody: list[Account], own: int) -> list[Account]:
    return [a for a in everybody if a.role in TAKERS and not a.disabled and a.id != own]


async def _refused(http: web.Request, refusal: DomainError) -> web.StreamResponse:
    """Say on the leader's desk what a button was refused, as things are now."""
    return await _page(http, 0, errors={"page": refusal}, remark=await remark_in(http))


_told = told_by(_refused)


# --- words -------------------------------------------------------------------------------------


@_told
async def handle_decide(http: web.Request) -> web.Response:
    """Enter the word on one request, and show the next; a refusal without a reason comes back."""
    request_id, sent = id_of(http, "request"), await form_values(http)
    remark = await remark_in(http)
    choice = Choice.REFUSE if sent.get("do") == "refuse" else _choice(sent.get("choice", ""))
    try:
        done = await decide(desk_of(http), request_id, choice, remark)
    except DomainError as refusal:
        if refusal.code != "remark_missing":
            raise
        return await _page(http, request_id, errors={"remark": refusal}, remark=remark)
    return redirect(f"/approve?event={done}")


def _choice(text: str) -> Choice:
    return next((choice for choice in Choice if choice == text), Choice.GRANT)


@_told
async def handle_sign(http: web.Request) -> web.Response:
    """Sign the list of calls above quotas, without those that were struck, or refuse it."""
    sent = await http.post()
    listed = [whole_number(str(one)) for one in sent.getall("overrun", [])]
    remark = await remark_in(http)
    try:
        if sent.get("do") == "refuse":
            done = await refuse_overruns(desk_of(http), listed, remark)
        else:
            agreed: dict[int, set[int]] = {overrun_id: set() for overrun_id in listed}
            for pair in sent.getall("agree", []):
                overrun_id, _, committee = str(pair).partition("-")
                agreed.setdefault(whole_number(overrun_id), set()).add(whole_number(committee))
            done = await sign_overruns(desk_of(http), agreed)
    except DomainError as refusal:
        if refusal.code not in ("remark_missing", "overrun_nobody"):
            raise
        return await _page(http, 0, errors={"list": refusal}, remark=remark)
    return redirect(f"/approve?event={done}")


@_told
async def handle_undo(http: web.Request) -> web.Response:
    """Take back what was just decided."""
    sequence = whole_number((await form_values(http)).get("event", ""))
    return redirect(f"/approve?event={await undo(desk_of(http), sequence)}")


@_told
async def handle_lend(http: web.Request) -> web.Response:
    """Lend the word to another account for some days."""
    sent = await form_values(http)
    days = [_typed_day(sent.get(name, "")) for name in ("first", "last")]
    try:
        await lend(desk_of(http), whole_number(sent.get("taker", "")), *days)
    except DomainError as refusal:
        if not refusal.code.startswith("delegation_"):
            raise
        return await _page(http, 0, errors={"loan": refusal})
    return redirect("/approve")


def _typed_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@_told
async def handle_take_back(http: web.Request) -> web.Response:
    """Take the word back before its last day."""
    await take_back(desk_of(http), id_of(http, "loan"))
    return redirect("/approve")


ROUTES = [
    web.get("/approve", show_approve, name="approve"),
    web.post("/approve/requests/{request}", handle_decide, name="approve.decide.post"),
    web.post("/approve/overruns", handle_sign, name="approve.sign.post"),
    web.post("/approve/undo", handle_undo, name="approve.undo.post"),
    web.post("/approve/loans", handle_lend, name="approve.lend.post"),
    web.post("/approve/loans/{loan}/end", handle_take_back, name="approve.take_back.post"),
]
