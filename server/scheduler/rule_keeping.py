"""The street's rules of attendance (考勤规则): changed by the office, copied into each opening.

They are kept nowhere but in the log: the versions are a fold over the events that made them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from server.audit.service import record
from server.audit.store import load_event, load_recorded
from server.audit.undo import require_undoable
from server.auth.model import Login
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError
from server.domain.events import EventKind, Payload, Recorded
from server.domain.opening import AttendanceRules
from server.scheduler.workday_keeping import actor_of
from server.street import store as street

KINDS = (EventKind.RULES_CHANGED, EventKind.RULES_WITHDRAWN)
UNDOABLE = frozenset({EventKind.RULES_CHANGED})
LONGEST_REASON = 60
LIMITS: Mapping[str, tuple[int, int]] = {
    "grace_minutes": (0, 60),
    "early_minutes": (0, 60),
    "minimum_percent": (0, 100),
    "recovery_seconds": (0, 600),
    "comment_hours": (0, 168),
    "answer_seconds": (30, 600),
}
"""The smallest and the largest number of each rule."""


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """One version of the rules; number 0 came with the program and has no ``at``."""

    number: int
    rules: AttendanceRules
    reason: str = ""
    by: str = ""
    at: datetime | None = None
    withdrawn: bool = False


FIRST_VERSION = RulesVersion(0, AttendanceRules(early_minutes=5))


def versions_of(events: Iterable[Recorded]) -> list[RulesVersion]:
    """Return every version, the first one before all, those that were withdrawn among them."""
    ordered = sorted(events, key=lambda event: event.sequence)
    gone = {e.payload.get("number") for e in ordered if e.kind == EventKind.RULES_WITHDRAWN}
    made = [
        RulesVersion(
            number=e.payload["number"],
            rules=AttendanceRules(**e.payload["after"]),
            reason=e.payload.get("reason", ""),
            by=e.payload.get("by", ""),
            at=e.at,
            withdrawn=e.payload["number"] in gone,
        )
        for e in ordered
        if e.kind == EventKind.RULES_CHANGED and e.payload
    ]
    return [FIRST_VERSION, *made]


def in_force(versions: Iterable[RulesVersion]) -> RulesVersion:
    """Return the newest version that was not withdrawn."""
    return [version for version in versions if not version.withdrawn][-1]


def rules_from(values: Mapping[str, str]) -> AttendanceRules:
    """Return the rules that a form says, one text for each of ``LIMITS``.

    Raises:
        DomainError: ``rule_number`` with the ``least`` and the ``most`` that can be entered.
    """
    numbers: dict[str, int] = {}
    for name, (least, most) in LIMITS.items():
        text = values.get(name, "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1
        if not least <= number <= most:
            raise DomainError("rule_number", rule=name, least=least, most=most)
        numbers[name] = number
    return AttendanceRules(**numbers)


async def load_versions(tx: Tx) -> list[RulesVersion]:
    """Return every version of the rules, oldest first."""
    return versions_of(await load_recorded(tx, kinds=KINDS))


async def load_rules(tx: Tx) -> AttendanceRules:
    """Return the rules that a session is judged by which opens now."""
    return in_force(await load_versions(tx)).rules


async def change_rules(
    db: Database, clock: Clock, login: Login, rules: AttendanceRules, *, reason: str
) -> int:
    """Give the street other rules for the sessions that open from now on.

    Returns:
        The event's sequence; 0 when the rules are these already.

    Raises:
        DomainError: ``rule_reason``.
    """
    if not 2 <= len(reason) <= LONGEST_REASON:
        raise DomainError("rule_reason", most=LONGEST_REASON)
    async with db.tx() as tx:
        await street.lock_office(tx)
        versions = await load_versions(tx)
        before = in_force(versions).rules
        if before == rules:
            return 0
        payload: Payload = {
            "number": versions[-1].number + 1,
            "reason": reason,
            "by": login.display_name,
            "before": asdict(before),
            "after": asdict(rules),
        }
        kind = EventKind.RULES_CHANGED
        return (await record(tx, clock, kind, actor=actor_of(login), payload=payload)).sequence


async def undo(db: Database, clock: Clock, login: Login, sequence: int) -> None:
    """Withdraw the version that the login has just made.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago,
            ``undo_overtaken`` when another version has followed or it was withdrawn already.
    """
    async with db.tx() as tx:
        await street.lock_office(tx)
        event = require_undoable(
            await load_event(tx, sequence), UNDOABLE, actor=actor_of(login), now=clock.now()
        )
        number = int(event.payload["number"])
        newest = (await load_versions(tx))[-1]
        if newest.number != number or newest.withdrawn:
            raise ConflictError("undo_overtaken")
        payload: Payload = {"number": number, "by": login.display_name}
        kind = EventKind.RULES_WITHDRAWN
        await record(tx, clock, kind, actor=actor_of(login), payload=payload)
