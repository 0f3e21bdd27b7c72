"""Rows of files added to agenda items, of how lists are arranged, and of who has seen what."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class MaterialRow(Base):
    """A file added to an item; its bytes lie in the data folder under their digest.

    ``subject`` is what it hangs on, see ``model.subject_of``.
    """

    __tablename__ = "materials"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(180), index=True)
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MaterialListRow(Base):
    """How the files of an item are arranged: keys in ``order``, and those taken out."""

    __tablename__ = "material_lists"

    subject: Mapped[str] = mapped_column(String(180), primary_key=True)
    order: Mapped[list[str]] = mapped_column(JSON)
    hidden: Mapped[list[str]] = mapped_column(JSON)


class MaterialViewRow(Base):
    """That a venue or a login has seen a file of a session; once, however often it looks.

    ``viewer`` is the actor of the log, ``venue:12`` or ``login:7``.
    """

    __tablename__ = "material_views"

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    file: Mapped[str] = mapped_column(String(12), primary_key=True)
    viewer: Mapped[str] = mapped_column(String(32), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
