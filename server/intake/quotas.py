"""What a table of quotas would change: amounts for all committees, and for single ones. Pure.

A row for 所有居委会 sets what all are granted, 不限 being no limit and an empty cell no change.
A row for one committee sets what it is granted instead; both cells empty: the same as all.
Committees without a row, posts and the target stay as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.domain.errors import DomainError
from server.domain.places import Committee
from server.intake.model import Change, Plan, Said, Sign
from server.intake.sheets import (
    COMMITTEE_HEADS,
    EVERYBODY,
    Row,
    committee_named,
    folded,
    read_table,
    row_fault,
    whole,
)
from server.scheduler.quota_rules import MOST, OwnAmounts, QuotaRule

HEADS = {
    "number": ("编号", "序号", "number", "no", "no."),
    "committee": COMMITTEE_HEADS,
    "week": ("每周", "每周场数", "周限额", "per week", "week"),
    "month": ("每月", "每月场数", "月限额", "per month", "month"),
}
_UNLIMITED = frozenset({"不限", "无限", "no limit", "unlimited"})
_UNITS = ("场", "次")
_ALL = 0
"""The key of the row for all committees, beside their ids."""

Amounts = tuple[int | None, int | None]


def plan_quotas(text: str, committees: Sequence[Committee], rule: QuotaRule) -> Plan[QuotaRule]:
    """Return the rule that a table makes of the present one.

    Args:
        text: columns 居委会, 每周 and 每月.
        committees: of the street.
        rule: the newest one.
    """
    needed = [
        ("committee", DomainError("sheet_no_committee_column")),
        ("week", DomainError("sheet_no_week_column")),
        ("month", DomainError("sheet_no_month_column")),
    ]
    rows, errors = read_table(text, HEADS, needed)
    table = _Table(committees)
    for row in rows:
        table.add(row)
    errors += table.errors
    if errors:
        return Plan(rule, errors=tuple(errors))
    wanted = _with(rule, table.amounts, table.unlimited)
    names = {c.id: f"{c.number:02d} {c.name}" for c in committees}
    changes = tuple(_changes(rule, wanted, names))
    return Plan(wanted, changes, len(table.amounts) - len(changes))


class _Table:
    """Collects amounts and refusals row by row."""

    def __init__(self, committees: Sequence[Committee]) -> None:
        self.errors: list[DomainError] = []
        self.amounts: dict[int, Amounts] = {}
        self.unlimited: set[str] = set()
        self._committees = committees
        self._rows: dict[int, int] = {}

    def add(self, row: Row) -> None:
        """Take one row in, or note what is wrong with it."""
        name = row.cells["committee"]
        wrong = row_fault(row, "committee")
        if wrong is None and not name:
            wrong = DomainError("row_no_committee", row=row.number)
        key = self._key(name)
        if wrong is None and key is None:
            wrong = DomainError("row_unknown_committee", row=row.number, text=name)
        if wrong is not None or key is None:
            self.errors += [wrong] if wrong else []
            return
        before = self._rows.setdefault(key, row.number)
        if before != row.number:
            self.errors.append(DomainError("row_repeated", row=row.number, name=name, other=before))
            return
        self.amounts[key] = (self._amount(row, key, "week"), self._amount(row, key, "month"))

    def _key(self, name: str) -> int | None:
        if folded(name) in EVERYBODY:
            return _ALL
        found = committee_named(name, self._committees)
        return found.id if found else None

    def _amount(self, row: Row, key: int, span: str) -> int | None:
        text = row.cells[span]
        if not text:
            return None
        if key == _ALL and folded(text) in _UNLIMITED:
            self.unlimited.add(span)
            return None
        number = whole(text, _UNITS)
        if number is None or number > MOST:
            self.errors.append(
                DomainError("row_bad_amount", row=row.number, text=text[:12], most=MOST)
            )
        return number


def _with(rule: QuotaRule, amounts: Mapping[int, Amounts], unlimited: set[str]) -> QuotaRule:
    week, month = amounts.get(_ALL, (None, None))
    own = dict(rule.own)
    for key, (own_week, own_month) in amounts.items():
        if key != _ALL:
            own[key] = OwnAmounts(own_week, own_month)
    return replace(
        rule,
        week=None if "week" in unlimited else rule.week if week is None else week,
        month=None if "month" in unlimited else rule.month if month is None else month,
        own={key: o for key, o in sorted(own.items()) if o != OwnAmounts()},
    )


def _changes(old: QuotaRule, new: QuotaRule, names: Mapping[int, str]) -> list[Change]:
    found = []
    if (old.week, old.month) != (new.week, new.month):
        found.append(Change(Sign.CHANGED, "", _said(new.week, new.month, "unlimited")))
    for key, name in names.items():
        was, now = old.own.get(key, OwnAmounts()), new.own.get(key, OwnAmounts())
        if was != now:
            words = _said(now.week, now.month, "as_all")
            found.append(Change(Sign.CHANGED if key in old.own else Sign.NEW, name, words))
    return found


def _said(week: int | None, month: int | None, none: str) -> tuple[Said, ...]:
    return tuple(
        Said(f"{span}_{none}") if amount is None else Said(span, {"count": amount})
        for span, amount in (("week", week), ("month", month))
    )
