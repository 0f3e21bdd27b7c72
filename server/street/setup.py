"""What a new street tells the system, step by step, and which step is still open. Pure.

The table of committees is read in ``committee_table``; nothing is entered before nothing is wrong.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.auth.model import check_account_name
from server.domain.errors import DomainError
from server.street.cells import fault_of, tidy
from server.street.committee_table import read_committees

MOST_DEPARTMENTS = 60


class Step(StrEnum):
    """The steps of the wizard in their order; each is the last word of its address."""

    STREET = "street"
    DEPARTMENTS = "departments"
    STANDING = "standing"
    COMMITTEES = "committees"
    ACCOUNTS = "accounts"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """An account to be: its password is kept as a hash from the first moment."""

    name: str = ""
    shown: str = ""
    password_hash: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything the wizard was told so far, as it was typed.

    ``departments`` and ``committees`` are texts of lines; ``exempt`` are names among the former,
    chosen once ``exempt_chosen`` is set.
    """

    name: str = ""
    phone: str = ""
    hall: str = ""
    departments: str = ""
    exempt: tuple[str, ...] = ()
    exempt_chosen: bool = False
    committees: str = ""
    admin: AccountDraft = field(default_factory=AccountDraft)
    office: AccountDraft = field(default_factory=AccountDraft)


def read_departments(text: str) -> tuple[list[str], list[DomainError]]:
    """Return the departments, one a line, and what is wrong with which line."""
    names: dict[str, int] = {}
    errors: list[DomainError] = []
    for row, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        name = tidy(line)
        if not name:
            continue
        if fault := fault_of(name):
            params = {"text": name[:12]} if fault != "broken" else {}
            errors.append(DomainError(f"row_{fault}", row=row, **params))
        elif names.setdefault(name, row) != row:
            errors.append(DomainError("row_repeated", row=row, name=name, other=names[name]))
    if not names and not errors:
        errors.append(DomainError("departments_missing"))
    if len(names) > MOST_DEPARTMENTS:
        errors.append(DomainError("departments_too_many", most=MOST_DEPARTMENTS))
    return list(names), errors


def check_words(values: Mapping[str, str], needed: Iterable[str]) -> dict[str, DomainError]:
    """Return field → refusal for typed words that are missing or cannot be used."""
    errors: dict[str, DomainError] = {}
    for name in needed:
        text = values.get(name, "")
        if not text:
            errors[name] = DomainError("field_missing")
        elif fault := fault_of(text):
            errors[name] = DomainError(f"field_{fault}")
    return errors


def account_is_ready(told: AccountDraft) -> bool:
    """Tell whether an account's draft has all it needs."""
    try:
        check_account_name(told.name)
    except DomainError:
        return False
    return bool(told.password_hash) and bool(told.shown) and not fault_of(told.shown)


def first_open_step(draft: Draft) -> Step:
    """Return the first step that still wants something; ``REVIEW`` when all is told."""
    office = {"name": draft.name, "phone": draft.phone, "hall": draft.hall}
    if check_words(office, office):
        return Step.STREET
    if read_departments(draft.departments)[1]:
        return Step.DEPARTMENTS
    if not draft.exempt_chosen:
        return Step.STANDING
    if read_committees(draft.committees).errors:
        return Step.COMMITTEES
    accounts = (draft.admin, draft.office)
    if draft.admin.name == draft.office.name or not all(account_is_ready(a) for a in accounts):
        return Step.ACCOUNTS
    return Step.REVIEW
