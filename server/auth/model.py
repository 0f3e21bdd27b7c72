"""What an account is and what a login may do. Pure values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    """Somebody who can sign in.

    ``department_id`` is set for clerks, ``committee_id`` for secretaries.
    """

    id: int
    name: str
    display_name: str
    role: Role
    password_hash: str
    department_id: int | None
    committee_id: int | None


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
