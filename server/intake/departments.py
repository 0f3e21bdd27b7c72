"""What a table of departments would change. Pure.

A department is known by its name. One that does not stand in the table stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.errors import DomainError
from server.domain.places import Department
from server.intake.model import Change, Plan, Said, Sign
from server.intake.sheets import Row, folded, read_table, row_fault
from server.street.setup import MOST_DEPARTMENTS

HEADS = {
    "name": ("科室", "部门", "名称", "department", "name"),
    "exempt": ("可开例会", "可召开例会", "自行召集", "may call meetings"),
}
_YES = frozenset({"是", "可以", "√", "✓", "yes", "y", "1", "true"})
_NO = frozenset({"", "否", "不可以", "不", "no", "n", "0", "false"})


@dataclass(frozen=True, slots=True)
class Step:
    """A department to be entered (``department`` None), changed or brought back."""

    department: Department | None
    name: str
    exempt: bool


def plan_departments(text: str, known: Sequence[Department]) -> Plan[tuple[Step, ...]]:
    """Return what a table would change: columns 科室, and 可开例会 with 是 or 否."""
    rows, errors = read_table(text, HEADS, [("name", DomainError("sheet_no_department_column"))])
    if len(rows) > MOST_DEPARTMENTS:
        errors.append(DomainError("departments_too_many", most=MOST_DEPARTMENTS))
    seen: dict[str, int] = {}
    steps, changes = [], []
    for row in rows:
        if wrong := _fault(row, seen):
            errors.append(wrong)
            continue
        step, change = _step(row, known)
        if change is not None:
            steps.append(step)
            changes.append(change)
    same = len(seen) - len(changes)
    return Plan(tuple(steps), tuple(changes), same, tuple(errors))


def _fault(row: Row, seen: dict[str, int]) -> DomainError | None:
    """Return what is wrong with a row; its name is noted as seen when nothing is."""
    name, exempt = row.cells["name"], row.cells["exempt"]
    if not name:
        return DomainError("row_no_department", row=row.number)
    if wrong := row_fault(row, "name"):
        return wrong
    if folded(exempt) not in _YES | _NO:
        return DomainError("row_bad_yes", row=row.number, text=exempt[:12])
    before = seen.setdefault(name, row.number)
    if before != row.number:
        return DomainError("row_repeated", row=row.number, name=name, other=before)
    return None


def _step(row: Row, known: Sequence[Department]) -> tuple[Step, Change | None]:
    name, typed = row.cells["name"], folded(row.cells["exempt"])
    department = next((d for d in known if d.name == name), None)
    exempt = typed in _YES
    if department is None:
        words = (Said("exempt"),) if exempt else ()
        return Step(None, name, exempt), Change(Sign.NEW, name, words)
    # an empty cell says nothing
    exempt = exempt if typed else department.exempt
    words = ()
    if exempt != department.exempt:
        words = (Said("exempt") if exempt else Said("not_exempt"),)
    step = Step(department, name, exempt)
    if department.retired:
        return step, Change(Sign.BACK, name, words)
    return step, Change(Sign.CHANGED, name, words) if words else None
