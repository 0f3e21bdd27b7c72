"""Rows of experience videos, of questions to their authors, and of who has seen them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class VideoRow(Base):
    """An experience video; its file lies with the recordings, ``digest`` is empty before."""

    __tablename__ = "experience_videos"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    title: Mapped[str] = mapped_column(String(60))
    topic: Mapped[str] = mapped_column(String(30))
    place: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(30))
    about: Mapped[str] = mapped_column(String(400))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    by: Mapped[str] = mapped_column(String(64))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    committee_id: Mapped[int | None] = mapped_column(ForeignKey("committees.id"))
    digest: Mapped[str] = mapped_column(String(64), default="")
    kind: Mapped[str] = mapped_column(String(4), default="")
    octets: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    frames: Mapped[int] = mapped_column(default=0)
    frame: Mapped[int] = mapped_column(default=0)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id"))
    from_second: Mapped[int] = mapped_column(default=0)
    to_second: Mapped[int] = mapped_column(default=0)
    remark: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    public_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kept_from: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class QuestionRow(Base):
    """A question to the author; ``hidden_at`` is when it was taken off the page."""

    __tablename__ = "experience_questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("experience_videos.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(String(300))
    answer: Mapped[str] = mapped_column(String(600), default="")
    answered_by: Mapped[str] = mapped_column(String(64), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hidden_by: Mapped[str] = mapped_column(String(64), default="")
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ViewRow(Base):
    """That an account has seen a video on a day at the site; once, however often it looks."""

    __tablename__ = "experience_views"

    video_id: Mapped[int] = mapped_column(ForeignKey("experience_videos.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
