"""Rows of standing meetings and of their occurrences."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class StandingMeetingRow(Base):
    """A standing meeting; ``plan`` is the JSON of what may be changed of it."""

    __tablename__ = "standing_meetings"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class OccurrenceRow(Base):
    """The one session of a standing meeting in a week or month, as the series last wrote it.

    ``cancelled`` is empty, ``hand`` or ``series``.
    """

    __tablename__ = "standing_occurrences"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("standing_meetings.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), unique=True)
    written: Mapped[dict[str, Any]] = mapped_column(JSON)
    cancelled: Mapped[str] = mapped_column(String(8), default="")
