"""What an account is and what a login may do. Pure values."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.domain.errors import DomainError
from server.domain.places import Committee, Department

_NAME = re.compile(r"[\w.-]{2,32}\Z")


class Role(StrEnum):
    """What a login may do (角色)."""

    LEADER = "LEADER"
    OFFICE = "OFFICE"
    CLERK = "CLERK"
    SECRETARY = "SECRETARY"
    AUDITOR = "AUDITOR"
    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in; with an empty ``password_hash`` only once a password was set.

    ``department_id`` is set for clerks, ``committee_id`` for secretaries. One that is ``disabled``
    cannot sign in; ``version`` counts changes. ``email`` is where letters go, empty for nowhere.
    ``language`` is what they are written in, empty for the installation's.
    """

    id: int
    name: str
    display_name: str
    role: Role
    password_hash: str
    department_id: int | None
    committee_id: int | None
    disabled: bool = False
    version: int = 1
    email: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """A signed-in browser (登录)."""

    account_id: int
    name: str
    display_name: str
    role: Role
    department_id: int | None
    committee_id: int | None
    since: datetime


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account before it has an id."""

    name: str
    display_name: str
    role: Role
    password_hash: str
    department_id: int | None = None
    committee_id: int | None = None
    email: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class AccountWords:
    """What an administrator may change of an account."""

    name: str
    display_name: str
    role: Role
    department_id: int | None = None
    committee_id: int | None = None
    email: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """Where an account can belong: ``departments`` in their order, ``committees`` by number.

    Retired ones are among them, since accounts may still belong there.

    They are the street's; ``app`` hands a function that loads them to the pages of accounts.
    """

    departments: list[Department]
    committees: list[Committee]


def check_account_name(name: str) -> None:
    """Refuse a name that cannot be typed at the login page by everybody.

    Raises:
        DomainError: ``account_name_bad``; 2 to 32 letters, digits, full stops, dashes are good.
    """
    if not _NAME.match(name):
        raise DomainError("account_name_bad")


def check_belonging(role: Role, department_id: int | None, committee_id: int | None) -> None:
    """Refuse a clerk without a department and a secretary without a committee.

    Raises:
        DomainError: ``account_needs_department`` or ``account_needs_committee``.
    """
    if role is Role.CLERK and department_id is None:
        raise DomainError("account_needs_department")
    if role is Role.SECRETARY and committee_id is None:
        raise DomainError("account_needs_committee")
