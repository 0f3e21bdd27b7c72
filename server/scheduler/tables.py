"""Rows of sessions with their agenda and roster."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class SessionRow(Base):
    """A shared meeting; the planned times, and when it was really opened and closed."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    hall: Mapped[str] = mapped_column(String(64), default="")
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AgendaItemRow(Base):
    """One item of a session's agenda, in order of ``position`` from 1."""

    __tablename__ = "agenda_items"
    __table_args__ = (UniqueConstraint("session_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), index=True)
    position: Mapped[int]
    topic: Mapped[str] = mapped_column(String(120))
    department: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int]


class RosterRow(Base):
    """A venue that is expected at a session."""

    __tablename__ = "rosters"

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    venue_id: Mapped[int] = mapped_column(ForeignKey("venues.id"), primary_key=True)
