"""Rows of the audit log and of its head; docs/audit-format.md, "In the database"."""

from sqlalchemy import CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, BigId


class AuditEventRow(Base):
    """One event in its place in the chain. Never changed but by erasing actor, data and salt.

    ``at`` and ``data`` are kept as the very text that is hashed, so that no database's idea of
    times or JSON can come between.
    """

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_session_id", "session_id", "sequence"),)

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    version: Mapped[int]
    at: Mapped[str] = mapped_column(String(27))
    kind: Mapped[str] = mapped_column(String(64), index=True)
    session_id: Mapped[int | None] = mapped_column(BigId)
    algorithm: Mapped[str] = mapped_column(String(8))
    previous: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    actor: Mapped[str | None] = mapped_column(String(160))
    data: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32))


class AuditHeadRow(Base):
    """The one row that names the last event; whoever appends holds it locked until the commit."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigId)
    hash: Mapped[str] = mapped_column(String(64))
