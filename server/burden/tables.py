"""Rows of folded sessions, baselines, saved filters, and figures of other streets."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, BigId, UtcDateTime


class FoldedSessionRow(Base):
    """A session folded from the log up to event ``up_to``: a copy for speed, never a fact.

    ``shape`` is that of ``body``, see ``folding``.
    """

    __tablename__ = "folded_sessions"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("sessions.id"), primary_key=True, autoincrement=False
    )
    up_to: Mapped[int] = mapped_column(BigId)
    shape: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class BaselineTotalsRow(Base):
    """A baseline in sums as the office stated it; the last one holds, none is ever changed."""

    __tablename__ = "baseline_totals"

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date)
    workdays: Mapped[int]
    committees: Mapped[int]
    calls: Mapped[int]
    minutes: Mapped[int | None]
    meetings: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(200))
    departments: Mapped[dict[str, int]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SavedFilterRow(Base):
    """What an account looks at often: about whom, and which time.

    ``period`` is a kind of time counted from the day of looking, or the key of own days.
    ``monthly`` asks for a letter each month; ``mailed`` is the month of the last one.
    """

    __tablename__ = "report_filters"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    about: Mapped[str] = mapped_column(String(80))
    period: Mapped[str] = mapped_column(String(24))
    monthly: Mapped[bool] = mapped_column(default=False)
    mailed: Mapped[str] = mapped_column(String(7), default="")


class StreetFiguresRow(Base):
    """The exported figures of a street's month, as another installation wrote them."""

    __tablename__ = "street_figures"

    id: Mapped[int] = mapped_column(primary_key=True)
    street: Mapped[str] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(24), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    added_by: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
