"""The board as its page shows it: weeks, sessions, what waits, warnings, totals. Pure.

The shape is in docs/board.md; every word is in the visit's language.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from server.board.model import Dropped, Offer, Step, cell_key
from server.board.problem import half_day_of, own_items, pose
from server.board.working import Board, changed_cells, digests_of, is_dirty
from server.domain.clock import SITE_ZONE
from server.domain.places import Post
from server.domain.session import Session, SessionState
from server.i18n.catalogue import say
from server.i18n.dates import holiday_name
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Cell, MergePlan, PlannedItem, PlannedSession, Reason
from server.merging.search.draft import Draft
from server.merging.search.ground import survey
from server.merging.search.prices import draft_of
from server.merging.search.reasons import RULES
from server.merging.verdict.check import check_with
from server.merging.verdict.facts import SessionFacts, work_out
from server.merging.verdict.quota import QuotaLine, used_key
from server.merging.words.wording import say_reason, spoken
from server.scheduler.exceptions import still_signed
from server.scheduler.filing import HALVES, Approval, FiledRequest
from server.scheduler.publishing import title_of
from server.scheduler.workdays import FRIDAY, is_working, month_of, week_of

SHOWN_STATES = {
    SessionState.SCHEDULED: "scheduled",
    SessionState.OPEN: "open",
    SessionState.CLOSED: "held",
    SessionState.ARCHIVED: "held",
}
_APPROVALS = {Approval.NOT_NEEDED: "none", Approval.GRANTED: "given"}


@dataclass(frozen=True, slots=True)
class Span:
    """The weeks that are shown, from a Monday on."""

    first: date
    weeks: int

    @property
    def last(self) -> date:
        """The last Sunday."""
        return self.first + timedelta(days=7 * self.weeks - 1)

    @property
    def days(self) -> list[date]:
        """Every day."""
        return [self.first + timedelta(days=n) for n in range(7 * self.weeks)]


def span_of(day: date, weeks: int) -> Span:
    """Return the weeks that begin with the ISO week of a day."""
    return Span(day - timedelta(days=day.weekday()), weeks)


class View:
    """One board in one language."""

    def __init__(self, board: Board, language: str) -> None:
        self._board, self._language = board, language
        self._lookup = look_up(board.instance)
        ground = survey(self._lookup)
        self._draft: Draft = draft_of(ground, board.plan)
        self._spots = {spot.cell: number for number, spot in enumerate(ground.spots)}
        self._changed = changed_cells(board)
        self._sessions = {s.id: s for s in board.ground.facts.situation.sessions}
        requests = board.ground.facts.requests
        self._issued = Counter(r.digest_on for r in requests if r.issued_at is not None)

    def _say(self, code: str, **params: str | int) -> str:
        return say(self._language, code, **params)

    # --- weeks -----------------------------------------------------------------------------------

    def weeks(self, span: Span) -> list[dict[str, Any]]:
        """Return the days of a span with their half-days and sessions, week by week."""
        shown = self._by_half_day()
        digests = {day.date: len(day.requests) for day in self._board.plan.digest}
        found: dict[str, list[dict[str, Any]]] = {}
        for day in span.days:
            told = self._day(day, shown, digests.get(day, 0))
            if (
                told["working"]
                or day.isoweekday() <= 5
                or any(h["sessions"] for h in told["halves"])
            ):
                found.setdefault(week_of(day), []).append(told)
        return [{"iso": iso, "days": days} for iso, days in found.items()]

    def _day(
        self, day: date, shown: Mapping[tuple[date, str], list[dict[str, Any]]], digests: int
    ) -> dict[str, Any]:
        facts = self._board.ground.facts
        table = facts.situation.workdays
        working = is_working(table, day)
        issued = self._issued[day]
        digest = {"sent": bool(issued), "count": digests + issued} if digests + issued else None
        return {
            "date": day.isoformat(),
            "weekday": day.isoweekday(),
            "working": working,
            "makeup": working and day.isoweekday() > FRIDAY,
            "name": holiday_name(table.names.get(day, ""), self._language),
            "digest": digest,
            "halves": [
                {
                    "half": half.name,
                    "closed": self._closed(day, working),
                    "sessions": shown.get((day, half.name), []),
                }
                for half in HALVES
            ],
        }

    def _closed(self, day: date, working: bool) -> dict[str, str] | None:
        code = ""
        if not working:
            code = "holiday"
        elif day <= self._board.ground.facts.today:
            code = "past"
        return {"code": code, "words": self._say(f"board.closed_{code}")} if code else None

    def _by_half_day(self) -> dict[tuple[date, str], list[dict[str, Any]]]:
        found: dict[tuple[date, str], list[dict[str, Any]]] = {}
        for planned in self._board.plan.sessions:
            found.setdefault(planned.cell[:2], []).append(self._planned(planned))
        inside = {s.id for s in self._board.ground.movable.values()}
        inside |= {int(key[1:]) for key in self._lookup.standing}
        for session in self._sessions.values():
            if session.id not in inside and session.state in SHOWN_STATES:
                start = session.starts_at.astimezone(SITE_ZONE)
                half = HALVES[0] if start.hour * 60 + start.minute < HALVES[0].end else HALVES[1]
                found.setdefault((start.date(), half.name), []).append(self._outside(session))
        for sessions in found.values():
            sessions.sort(key=lambda session: str(session["start"]))
        return found

    # --- sessions --------------------------------------------------------------------------------

    def _planned(self, planned: PlannedSession) -> dict[str, Any]:
        facts = work_out(self._lookup, planned)
        session = self._session_behind(planned)
        spot = self._spots[planned.cell]
        filling, place = self._draft.fillings[spot], self._draft.ground.spots[spot]
        frozen = planned.cell in self._board.marks.frozen
        return {
            "key": cell_key(planned.cell),
            "id": session.id if session else None,
            "start": _clock(planned.start),
            "minutes": facts.minutes,
            "title": self._title(planned, session),
            "posts_words": self._posts(facts),
            "committees": facts.committees.bit_count(),
            "standing": planned.standing is not None,
            "state": "scheduled" if session else "planned",
            "frozen": frozen,
            "changed": planned.cell in self._changed,
            "free_minutes": place.minutes - filling.minutes,
            "items": [
                said for item in planned.items for said in self._items(item, planned, frozen=frozen)
            ],
        }

    def _session_behind(self, planned: PlannedSession) -> Session | None:
        if planned.standing is not None:
            return self._sessions[int(planned.standing[1:])]
        return self._board.ground.movable.get(planned.cell)

    def _title(self, planned: PlannedSession, session: Session | None) -> str:
        if session is not None and (planned.standing or planned.cell not in self._changed):
            return session.title
        requests = self._board.ground.requests
        return title_of(tuple(requests[item.request] for item in planned.items))

    def _posts(self, facts: SessionFacts) -> str:
        called = [p for p in Post if self._lookup.people.in_role(facts.crowd, p)]
        return self._joined(self._say(f"post.{post}") for post in called)

    def _joined(self, words: Iterable[str]) -> str:
        return ("、" if self._language == "zh_CN" else ", ").join(words)

    def _items(
        self, item: PlannedItem, planned: PlannedSession, *, frozen: bool
    ) -> list[dict[str, Any]]:
        if item.request == planned.standing:
            session = self._sessions[int(item.request[1:])]
            movable = session.id in {s.id for s in self._board.ground.movable.values()}
            own = own_items(session) if movable else session.items
            return _own(own, item.start)
        request = self._board.ground.requests[item.request]
        pinned = item.request in self._board.marks.pins
        said = _item(request.filing.topic, request.department, item.minutes, start=item.start)
        number = {"request": request.id, "number": request.number}
        return [said | number | {"pinned": pinned, "movable": not frozen, "host": False}]

    def _outside(self, session: Session) -> dict[str, Any]:
        start = session.starts_at.astimezone(SITE_ZONE)
        minutes = int((session.ends_at - session.starts_at).total_seconds()) // 60
        posts = self._board.ground.facts.situation.called.get(session.id, tuple(Post))
        cell = half_day_of(session)
        return {
            "key": f"session-{session.id}",
            "id": session.id,
            "start": f"{start:%H:%M}",
            "minutes": minutes,
            "title": session.title,
            "posts_words": self._joined(self._say(f"post.{post}") for post in posts),
            "committees": len(session.venue_ids),
            "standing": bool(own_items(session)),
            "state": SHOWN_STATES[session.state],
            "frozen": cell is not None,
            "changed": False,
            "free_minutes": 0,
            "items": _own(session.items, start.hour * 60 + start.minute),
        }

    # --- what waits, and what it all comes to ----------------------------------------------------

    def waiting(self) -> list[dict[str, Any]]:
        """Return the requests without a place, the most pressing first."""
        plan, lost = self._board.plan, {d.request: d for d in self._board.dropped}
        reasons = {reason.request: reason for reason in plan.reasons}
        found = []
        for out in plan.left_out:
            request = self._board.ground.requests[out.request]
            why = self._why(reasons.get(out.request), lost.get(out.request))
            found.append(self._waiting(request, why))
        return sorted(found, key=lambda r: (not r["urgent"], r["deadline"], r["request"]))

    def _why(self, reason: Reason | None, lost: Dropped | None) -> str:
        if lost is not None:
            rule = self._say(RULES[lost.rule])
            return self._say("board.lost_place", rule=rule)
        return say_reason(reason, self._language) if reason is not None else ""

    def _waiting(self, request: FiledRequest, why: str) -> dict[str, Any]:
        filing = request.filing
        days = self._board.instance.digest_days
        committees = self._lookup.committees[request.number].bit_count()
        posts = self._joined(self._say(f"post.{post}") for post in filing.posts)
        return {
            "request": request.id,
            "number": request.number,
            "topic": filing.topic,
            "minutes": filing.minutes,
            "department": request.department,
            "audience_words": self._say("board.audience", count=committees, posts=posts),
            "urgent": filing.urgent,
            "digestible": any(filing.earliest <= day <= filing.deadline for day in days),
            "approval": _APPROVALS.get(request.approval, "waiting"),
            "why": why,
            "deadline": filing.deadline.isoformat(),
        }

    def warnings(self, span: Span) -> list[dict[str, Any]]:
        """Return the committees whose quota is used up or exceeded in the periods of a span."""
        board = self._board
        periods = {week_of(day) for day in span.days} | {month_of(day) for day in span.days}
        bare = look_up(pose(board.ground, board.marks, board.places))
        signed = still_signed(board.ground.facts.exceptions, board.places)
        lines = [
            line
            for line in check_with(bare, board.plan).ledger
            if line.period in periods and not line.left
        ]
        lines.sort(key=lambda line: (-line.over, line.period, int(line.committee[1:]), line.role))
        return [self._warning(line, [one.key for one in signed]) for line in lines]

    def _warning(self, line: QuotaLine, signed: Sequence[str]) -> dict[str, Any]:
        number = int(line.committee[1:])
        committees = self._board.ground.facts.situation.committees
        committee = next(c for c in committees if c.id == number)
        return {
            "committee": committee.id,
            "number": committee.number,
            "name": committee.name,
            "post": self._say(f"post.{line.role}") if line.role else "",
            "period": line.period,
            "used": line.before + line.planned,
            "limit": line.limit,
            "over": line.over,
            "signed": signed.count(used_key(line.committee, line.role, line.period)),
        }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _item(topic: str, department: str, minutes: int, *, start: int) -> dict[str, Any]:
    return {
        "request": None,
        "number": "",
        "topic": topic,
        "department": department,
        "minutes": minutes,
        "start": _clock(start),
        "pinned": False,
        "movable": False,
        "host": True,
    }


def _own(items: Iterable[Any], start: int) -> list[dict[str, Any]]:
    """Return the items of a session that no request of the board stands behind."""
    found = []
    for item in items:
        said = _item(item.topic, item.department, item.minutes, start=start)
        found.append(said | {"request": item.request_id, "host": item.request_id is None})
        start += item.minutes
    return found


def totals_of(lookup: Lookup, plan: MergePlan) -> dict[str, dict[str, int]]:
    """Return sessions and trips of a plan, and what its items would take each on its own."""
    held = [work_out(lookup, session) for session in plan.sessions]
    items = [item.request for session in plan.sessions for item in session.items]
    return {
        "apart": {
            "sessions": len(items),
            "trips": sum(lookup.committees[key].bit_count() for key in items),
        },
        "now": {
            "sessions": len(held),
            "trips": sum(facts.committees.bit_count() for facts in held),
        },
    }


def say_step(step: Step | None, language: str) -> str | None:
    """Return what the last change was, None when nothing can be undone."""
    if step is None:
        return None
    return say(language, step.code, **spoken(Reason("", step.code, step.params), language))


def say_offer(offer: Offer | None, language: str) -> dict[str, Any] | None:
    """Return what the night found, None when it found nothing for the plan as it is."""
    if offer is None:
        return None
    gain = {name: offer.gain.get(name, 0) for name in ("placed", "trips", "sessions", "moved")}
    return {
        "found_at": offer.found_at.isoformat(),
        "words": say(language, "board.offer", **gain),
        **gain,
    }


def say_moved(board: Board, moved: Iterable[str], language: str) -> list[str]:
    """Return what a change moved besides, each with where it is now."""
    places, digests = board.places, digests_of(board.plan)
    said = []
    for number in moved:
        request = board.ground.requests.get(number)
        topic = request.filing.topic if request else number
        cell: Cell | None = places.get(number)
        params: dict[str, str | int] = {"request": number, "topic": topic}
        code = "board.moved_out"
        if cell is not None:
            params |= {"date": cell.date.isoformat(), "half": cell.half}
            code = "board.moved_to"
        elif number in digests:
            code = "board.moved_digest"
        said.append(say(language, code, **spoken(Reason(number, code, params), language)))
    return said


def state_of(board: Board, span: Span, language: str) -> dict[str, Any]:
    """Return what the page shows of a board in some weeks."""
    view = View(board, language)
    return {
        "today": board.ground.facts.today.isoformat(),
        "span": {"from": span.first.isoformat(), "to": span.last.isoformat()},
        "weeks": view.weeks(span),
        "waiting": view.waiting(),
        "warnings": view.warnings(span),
        "totals": totals_of(look_up(board.instance), board.plan),
        "dirty": is_dirty(board),
    }
