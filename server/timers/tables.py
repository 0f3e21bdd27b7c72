"""Rows of the jobs that were done, and of the one lease on running them."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime
from server.timers.model import LONGEST_KEY


class JobDoneRow(Base):
    """A job that was done; its row was committed together with its effect."""

    __tablename__ = "jobs_done"

    key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class TimerLeaseRow(Base):
    """Which process runs the timers; the one row has id 1."""

    __tablename__ = "timer_leases"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(160))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
