"""Rows of meetings held before the system was there."""

from datetime import date

from sqlalchemy import JSON, Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base


class PastMeetingRow(Base):
    """A past meeting; ``committee_ids`` and ``posts`` are JSON lists, see ``model.PastMeeting``."""

    __tablename__ = "past_meetings"
    __table_args__ = (UniqueConstraint("day", "department", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    title: Mapped[str] = mapped_column(String(120))
    department: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int]
    committee_ids: Mapped[list[int]] = mapped_column(JSON)
    posts: Mapped[list[str]] = mapped_column(JSON)
    source: Mapped[str] = mapped_column(String(120))
