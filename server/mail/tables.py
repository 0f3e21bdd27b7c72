"""Rows of the outbox, and of what was read from mailboxes.

A letter stays after it was sent, since its key must never be sent again. Its words and files do
not stay: ``emptied_at`` is when they were deleted.
"""

from datetime import datetime

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, BigId, UtcDateTime


class LetterRow(Base):
    """A letter; ``attachments`` is a JSON list of name, type and content in base64.

    ``message_id`` is empty until the first try and stays the same from then on.
    """

    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    attachments: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    calendar_method: Mapped[str] = mapped_column(String(16), default="")
    calendar: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message_id: Mapped[str] = mapped_column(String(255), default="")
    reply: Mapped[str] = mapped_column(String(500), default="")
    emptied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReceivedRow(Base):
    """A letter that was read from a mailbox: the digest it is known by, and what became of it."""

    __tablename__ = "received_letters"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailboxRow(Base):
    """How far a mailbox was read."""

    __tablename__ = "mailboxes"

    name: Mapped[str] = mapped_column(String(400), primary_key=True)
    validity: Mapped[int] = mapped_column(BigId)
    uid: Mapped[int] = mapped_column(BigId)
