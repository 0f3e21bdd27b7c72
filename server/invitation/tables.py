"""Rows of what was sent to whom and what came back, and of the calendars people subscribe to."""

from datetime import datetime

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class InvitationRow(Base):
    """An invitation as it was last sent; ``posts`` and ``agenda`` are JSON lists.

    It names its session without depending on it: one that is gone still has to be told off.
    """

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("session_id", "invitee"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int]
    invitee: Mapped[str] = mapped_column(String(64))
    uid: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(120))
    hall: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    posts: Mapped[list[str]] = mapped_column(JSON)
    agenda: Mapped[list[str]] = mapped_column(JSON)
    sequence: Mapped[int]
    cancelled: Mapped[bool]
    answer: Mapped[str] = mapped_column(String(16))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CalendarLinkRow(Base):
    """A calendar that somebody subscribes to; ``holder`` is ``venue:3`` or ``account:5``.

    Raising ``version`` ends the old address. ``digest`` is of the content as it was last fetched,
    which it has been since ``changed_at``.
    """

    __tablename__ = "calendar_links"

    holder: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    digest: Mapped[str] = mapped_column(String(64), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
