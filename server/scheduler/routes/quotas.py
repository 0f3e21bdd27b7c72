"""Pages of quotas: the ledger (also as CSV), one committee, and what is granted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from aiohttp import web

from server.audit.store import load_event
from server.auth.guard import login_of
from server.auth.model import Login, Role
from server.domain.errors import DomainError, NotFoundError
from server.domain.places import Post
from server.i18n.catalogue import say
from server.i18n.dates import day as say_day
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    many,
    page,
    redirect,
    visit_of,
    whole_number,
)
from server.pages.sheets import render_csv
from server.scheduler import quota_keeping as keeping
from server.scheduler.quota_ledger import (
    Called,
    Ledger,
    LedgerLine,
    compute_ledger_of,
    compute_line,
)
from server.scheduler.quota_rules import (
    FIRST_VERSION,
    LONGEST_REASON,
    MOST,
    OwnAmounts,
    Period,
    QuotaRule,
    earliest_start,
    month_period,
    parse_period,
    version_for,
    week_period,
)
from server.scheduler.store import quotas as rows
from server.scheduler.workday_keeping import actor_of

WEEKS_BACK, WEEKS_AHEAD = 7, 4
MONTHS_BACK, MONTHS_AHEAD = 2, 2
_NOT_ROOMY = frozenset({"over", "signed", "full", "nearly"})


@dataclass(frozen=True, slots=True)
class View:
    """What the address asks for: a period, and which lines of it."""

    period: Period
    scarce: bool
    department: str

    def address(self, path: str = "/quota", period: Period | None = None) -> str:
        """Return the address of this view, or of the same one in another period."""
        asked = {"period": (period or self.period).key}
        if self.scarce:
            asked["scarce"] = "1"
        if self.department:
            asked["department"] = self.department
        return f"{path}?{urlencode(asked)}"

    def shows(self, line: LedgerLine) -> bool:
        """Say whether a line is asked for."""
        if self.scarce and line.state not in _NOT_ROOMY:
            return False
        return not self.department or any(self.has(call) for call in line.calls)

    def has(self, call: Called) -> bool:
        """Say whether a session is asked for."""
        return not self.department or self.department in call.departments


def _today(http: web.Request) -> date:
    return keeping.site_day(http.app[CLOCK].now())


def _view(http: web.Request) -> View:
    """Read the address; what cannot be read is the present week, and everything of it."""
    asked = parse_period(http.query.get("period", "")) or week_period(_today(http))
    return View(asked, "scarce" in http.query, http.query.get("department", "")[:64])


async def _facts(http: web.Request, first: date) -> keeping.QuotaFacts:
    async with http.app[DATABASE].view() as tx:
        return await keeping.load_facts(tx, http.app[CLOCK].now(), first=first)


def _ledger(facts: keeping.QuotaFacts, period: Period) -> Ledger:
    return compute_ledger_of(period, facts.versions, facts.committees, facts.calls)


def _may_open(login: Login, call: Called) -> str:
    """Return where a session can be looked at by a login."""
    if call.held and login.role in {Role.OFFICE, Role.LEADER, Role.AUDITOR}:
        return f"/attendance/{call.session.id}"
    return "" if call.held else f"/sessions#session-{call.session.id}"


async def show_quota(http: web.Request) -> web.Response:
    """Show the ledger of a period; a committee's people are led to their own page."""
    login, view = login_of(http), _view(http)
    if login.role is Role.SECRETARY:
        return redirect(f"/quota/committees/{login.committee_id or 0}")
    facts = await _facts(http, view.period.first)
    ledger = _ledger(facts, view.period)
    today = facts.today
    calls = [call for line in ledger.lines for call in line.calls]
    once = {call.session.id: call for call in calls if view.has(call)}
    return page(
        http,
        "scheduler/quota.html",
        login=login,
        view=view,
        ledger=ledger,
        lines=[line for line in ledger.lines if view.shows(line)],
        here=[view.address(period=p) for p in (week_period(today), month_period(today))],
        present={week_period(today).key, month_period(today).key},
        around=[view.address(period=view.period.moved(n)) for n in (-1, 1)],
        departments=sorted({name for call in calls for name in call.departments}),
        calls=sorted(once.values(), key=lambda call: (call.session.starts_at, call.session.id)),
        caused=sum(view.department in call.departments for call in calls),
        overruns=facts.overruns,
        opens=lambda call: _may_open(login, call),
        period_name=lambda period: say_period(period, visit_of(http).language),
    )


def say_period(period: Period, language: str) -> str:
    """Return ``2026 年第 48 周`` or ``2026 年 11 月``."""
    key = "period.month" if period.is_month else "period.week"
    return say(language, key, year=int(period.key[:4]), number=int(period.key[5:].lstrip("W")))


async def show_csv(http: web.Request) -> web.Response:
    """Send the lines that the page shows, for a spreadsheet."""
    view, language = _view(http), visit_of(http).language
    facts = await _facts(http, view.period.first)
    lines = [line for line in _ledger(facts, view.period).lines if view.shows(line)]
    heads = (
        "number",
        "committee",
        "period",
        "granted",
        "used",
        "reserved",
        "left",
        "over",
        "signed",
    )
    table: list[list[str | int]] = [
        [
            *(say(language, f"quota_column.{head}") for head in (*heads, "signed")),
            *(say(language, f"post.{post}") for post in Post),
            say(language, "quota_column.by"),
        ]
    ]
    table += [_csv_row(line, language) for line in lines]
    name = f"quota-{view.period.key}.csv"
    return web.Response(
        body=render_csv(table),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


def _csv_row(line: LedgerLine, language: str) -> list[str | int]:
    by = "; ".join(
        f"{say_day(call.on, language)} {call.session.title} ({' '.join(call.departments)})"
        for call in line.calls
    )
    return [
        line.committee.number,
        line.committee.name,
        line.period.key,
        "" if line.granted is None else line.granted,
        line.used,
        line.reserved,
        "" if line.left is None else line.left,
        line.over,
        line.signed,
        *(use.calls for use in line.posts),
        by,
    ]


async def show_committee(http: web.Request) -> web.Response:
    """Show the weeks and months of one committee; its people see no other."""
    login = login_of(http)
    committee_id = whole_number(http.match_info["committee"])
    if login.role is Role.SECRETARY and login.committee_id != committee_id:
        raise NotFoundError("no_such_page")
    week, month = week_period(_today(http)), month_period(_today(http))
    weeks = [week.moved(n) for n in range(-WEEKS_BACK, WEEKS_AHEAD + 1)]
    months = [month.moved(n) for n in range(-MONTHS_BACK, MONTHS_AHEAD + 1)]
    facts = await _facts(http, min(weeks[0].first, months[0].first))
    committee = next((c for c in facts.committees if c.id == committee_id), None)
    if committee is None:
        raise NotFoundError("no_such_page")

    def lines(periods: list[Period]) -> Iterator[LedgerLine]:
        for period in periods:
            rule = version_for(facts.versions, period).rule
            yield compute_line(committee, period, rule, facts.calls)

    return page(
        http,
        "scheduler/quota_committee.html",
        login=login,
        committee=committee,
        present={week.key, month.key},
        now=list(lines([week, month])),
        tables=[list(lines(weeks)), list(lines(months))],
        rule=version_for(facts.versions, week).rule,
        opens=lambda call: _may_open(login, call),
        period_name=lambda period: say_period(period, visit_of(http).language),
    )


# --- what is granted ---------------------------------------------------------------------------


async def _rules_page(
    http: web.Request,
    values: Mapping[str, str] | None = None,
    counts: list[str] | None = None,
    refusal: DomainError | None = None,
) -> web.Response:
    login = login_of(http)
    sequence = whole_number(http.query.get("event", ""))
    async with http.app[DATABASE].view() as tx:
        facts = await keeping.load_facts(tx, http.app[CLOCK].now())
        history = await rows.load_quota_versions(tx, with_withdrawn=True)
        event = await load_event(tx, sequence) if sequence else None
    own = event and event.actor == actor_of(login) and event.kind in keeping.UNDOABLE
    rule = facts.newest.rule
    return page(
        http,
        "scheduler/quota_rules.html",
        status=422 if refusal else 200,
        login=login,
        committees=[c for c in facts.committees if not c.retired or c.id in rule.own],
        newest=rule,
        own_typed=any(v for k, v in (values or {}).items() if k.startswith("own_")),
        names={c.id: c.name for c in facts.committees},
        values=_values_of(rule, week_period(facts.today).moved(1).first)
        if values is None
        else values,
        counts=[str(post) for post in rule.counts] if counts is None else counts,
        refusal=refusal,
        posts=list(Post),
        earliest=earliest_start(facts.today),
        most=MOST,
        longest=LONGEST_REASON,
        history=[*reversed(history), (FIRST_VERSION, False)],
        holding=version_for(facts.versions, week_period(facts.today)).number,
        overruns=facts.overruns,
        event=event if own else None,
        opens=lambda call: _may_open(login, call),
        period_name=lambda period: say_period(period, visit_of(http).language),
    )


def _values_of(rule: QuotaRule, valid_from: date) -> dict[str, str]:
    """Return the fields of the form as the rule has them."""

    def text(amount: int | None) -> str:
        return "" if amount is None else str(amount)

    return {
        "week": text(rule.week),
        "month": text(rule.month),
        "target": text(rule.target),
        **{f"week_{post}": text(rule.post_week.get(post)) for post in Post},
        **{f"month_{post}": text(rule.post_month.get(post)) for post in Post},
        **{f"own_week_{key}": text(own.week) for key, own in rule.own.items()},
        **{f"own_month_{key}": text(own.month) for key, own in rule.own.items()},
        "valid_from": valid_from.isoformat(),
        "reason": "",
    }


def _amount(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text[:4]) > MOST:
        raise DomainError("quota_amount", most=MOST)
    return int(text)


def _rule(values: Mapping[str, str], counts: list[str]) -> QuotaRule:
    """Return what the form says.

    Raises:
        DomainError: ``quota_amount``.
    """
    by_week = {post: _amount(values, f"week_{post}") for post in Post}
    by_month = {post: _amount(values, f"month_{post}") for post in Post}
    return QuotaRule(
        counts=tuple(post for post in Post if post in counts),
        week=_amount(values, "week"),
        month=_amount(values, "month"),
        post_week={post: n for post, n in by_week.items() if n is not None},
        post_month={post: n for post, n in by_month.items() if n is not None},
        target=_amount(values, "target"),
        own=_own(values),
    )


def _own(values: Mapping[str, str]) -> dict[int, OwnAmounts]:
    """Return the amounts that stand beside single committees; left empty is as for all.

    Raises:
        DomainError: ``quota_amount``.
    """
    keys = many(name.removeprefix("own_week_") for name in values if name.startswith("own_week_"))
    found = {
        key: OwnAmounts(_amount(values, f"own_week_{key}"), _amount(values, f"own_month_{key}"))
        for key in keys
    }
    return {key: own for key, own in sorted(found.items()) if own != OwnAmounts()}


async def show_rules(http: web.Request) -> web.Response:
    """Show what is granted, who changed it, and the form for those who may."""
    return await _rules_page(http)


async def handle_rules(http: web.Request) -> web.Response:
    """Grant other amounts; what is refused is shown again as it was filled in."""
    values, sent = await form_values(http), await http.post()
    counts = [value for value in sent.getall("counts", []) if isinstance(value, str)]
    try:
        try:
            valid_from = date.fromisoformat(values.get("valid_from", ""))
        except ValueError:
            raise DomainError("quota_from") from None
        sequence = await keeping.change_quota(
            http.app[DATABASE],
            http.app[CLOCK],
            login_of(http),
            _rule(values, counts),
            valid_from=valid_from,
            reason=values.get("reason", ""),
        )
    except DomainError as refusal:
        return await _rules_page(http, values, counts, refusal)
    return redirect(f"/quota/rules?event={sequence}")


async def handle_undo(http: web.Request) -> web.Response:
    """Take back the version that was just entered."""
    wanted = whole_number((await form_values(http)).get("event", ""))
    await keeping.undo(http.app[DATABASE], http.app[CLOCK], login_of(http), wanted)
    return redirect("/quota/rules")


ROUTES = [
    web.get("/quota", show_quota, name="quota"),
    web.get("/quota.csv", show_csv, name="quota.csv"),
    web.get("/quota/rules", show_rules, name="quota.rules"),
    web.post("/quota/rules", handle_rules, name="quota.rules.post"),
    web.post("/quota/rules/undo", handle_undo, name="quota.undo.post"),
    web.get("/quota/committees/{committee}", show_committee, name="quota.committee"),
]
