"""Rows of sessions with their agenda and roster, meeting requests, quotas and working days."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class SessionRow(Base):
    """A shared meeting; the planned times, and when it was really opened and closed.

    ``posts`` and ``committee_ids`` are JSON lists of whom its own items call, empty for all;
    ``longest`` the minutes it may last, None for the usual limit; ``fixed_at`` when its agenda was
    closed.
    """

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    hall: Mapped[str] = mapped_column(String(64), default="")
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    posts: Mapped[list[str]] = mapped_column(JSON, default=list)
    committee_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    longest: Mapped[int | None]
    fixed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AgendaItemRow(Base):
    """One item of a session's agenda, in order of ``position`` from 1.

    ``request_id`` is the meeting request it was, None for a session's own item.
    """

    __tablename__ = "agenda_items"
    __table_args__ = (UniqueConstraint("session_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), index=True)
    position: Mapped[int]
    topic: Mapped[str] = mapped_column(String(120))
    department: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int]
    request_id: Mapped[int | None]


class RosterRow(Base):
    """A venue that is expected at a session."""

    __tablename__ = "rosters"

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    venue_id: Mapped[int] = mapped_column(ForeignKey("venues.id"), primary_key=True)


class MeetingRequestRow(Base):
    """A filed meeting request; ``posts`` and ``committee_ids`` are JSON lists, no ids mean all.

    ``reason`` is the JSON of why it is where it is, empty until a plan was published. A draft may
    hold what could not be filed. ``hours_from`` and ``hours_to`` are minutes of day.
    """

    __tablename__ = "meeting_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"), index=True)
    topic: Mapped[str] = mapped_column(String(120))
    minutes: Mapped[int]
    read_only: Mapped[bool]
    posts: Mapped[list[str]] = mapped_column(JSON)
    committee_ids: Mapped[list[int]] = mapped_column(JSON)
    earliest: Mapped[date] = mapped_column(Date)
    deadline: Mapped[date] = mapped_column(Date)
    priority: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), index=True)
    approval: Mapped[str] = mapped_column(String(16))
    filed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id"), index=True)
    digest_on: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text, default="")
    mode: Mapped[str] = mapped_column(String(16), default="either")
    hours_from: Mapped[int | None]
    hours_to: Mapped[int | None]
    why: Mapped[str] = mapped_column(String(200), default="")
    remark: Mapped[str] = mapped_column(String(200), default="")
    referred: Mapped[bool] = mapped_column(default=False)
    replan: Mapped[bool] = mapped_column(default=False)
    wish_id: Mapped[int | None]
    author_id: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")
    due_on: Mapped[date | None] = mapped_column(Date)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class WorkdayRow(Base):
    """A day that is not as its weekday says, or that belongs to a holiday."""

    __tablename__ = "workdays"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(20), default="")


class WorkdayYearRow(Base):
    """A year whose holidays are decreed."""

    __tablename__ = "workday_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class WorkdayHeadRow(Base):
    """The version of the working-day table; the one row has id 1 and is locked by changes."""

    __tablename__ = "workday_heads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class QuotaVersionRow(Base):
    """What is granted from a day on, who set it and why; ``rule`` as in ``quota_rules``.

    The undo withdraws a version; nothing is ever deleted.
    """

    __tablename__ = "quota_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[date] = mapped_column(Date)
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(60))
    author: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class QuotaExceptionRow(Base):
    """A call above a quota that a leader signed, as ``exceptions.SignedException``.

    ``version`` is the published version of the plan that used it, None until there is one.
    """

    __tablename__ = "quota_exceptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("meeting_requests.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    half: Mapped[str] = mapped_column(String(8))
    committee_id: Mapped[int]
    role: Mapped[str] = mapped_column(String(24), default="")
    period: Mapped[str] = mapped_column(String(8))
    used: Mapped[int]
    granted: Mapped[int]
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int | None]


class OverrunRow(Base):
    """A request with the committees whose quotas it would exceed; ``lines`` is a JSON list.

    Each line is ``[committee id, calls with the new one, limit, post or nothing, period]``; old
    ones are shorter.
    """

    __tablename__ = "overruns"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("meeting_requests.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    day: Mapped[date] = mapped_column(Date)
    half: Mapped[str] = mapped_column(String(8))
    lines: Mapped[list[list[Any]]] = mapped_column(JSON)
    why: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
