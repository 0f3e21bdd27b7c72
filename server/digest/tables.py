"""Rows of issued digests, of what was read by whom, and of corrections that wait."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class DigestRow(Base):
    """A digest as it was issued; ``content`` is its JSON and is never written again.

    ``reminded_at`` is when those who had not read it were reminded.
    """

    __tablename__ = "digests"

    week: Mapped[str] = mapped_column(String(8), primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[str] = mapped_column(Text)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DigestReceiptRow(Base):
    """That somebody read an entry, the first time that they did; the audit log has it too."""

    __tablename__ = "digest_receipts"

    week: Mapped[str] = mapped_column(String(8), ForeignKey("digests.week"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    committee_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reader: Mapped[str] = mapped_column(String(32), primary_key=True)
    way: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class DigestCorrectionRow(Base):
    """What corrects an issued entry; ``issued_week`` is the digest in which it stands, or empty.

    One that was taken back before is ``withdrawn_at``.
    """

    __tablename__ = "digest_corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(String(8), ForeignKey("digests.week"), index=True)
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_week: Mapped[str] = mapped_column(String(8), default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
