"""Rows of the street office, its departments, committees, people and venues.

What is retired stays: sessions held and requests filed still tell of it. ``version`` counts the
changes of a row, so that an administrator never overwrites what another has just entered.
"""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class StreetOfficeRow(Base):
    """The one street office of this installation."""

    __tablename__ = "street_offices"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(32), default="")
    hall: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[int] = mapped_column(default=1)


class DepartmentRow(Base):
    """A department of the street office; ``position`` is its place on lists, equal ones by id."""

    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    exempt: Mapped[bool] = mapped_column(Boolean, default=False)
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class CommitteeRow(Base):
    """A neighbourhood committee; ``number`` is its place on walls and lists.

    ``version`` counts the changes of its venue's name and of its people as well.
    """

    __tablename__ = "committees"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class PersonRow(Base):
    """A member of a committee's staff."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    committee_id: Mapped[int] = mapped_column(ForeignKey("committees.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    post: Mapped[str] = mapped_column(String(16))
    line: Mapped[str] = mapped_column(String(64), default="")
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VenueRow(Base):
    """A venue; its link's token is derived from the installation's secret and this version.

    Only the digest is stored, to find the venue; raising ``token_version`` revokes the old link.
    """

    __tablename__ = "venues"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(8))
    committee_id: Mapped[int | None] = mapped_column(ForeignKey("committees.id"))
    token_version: Mapped[int] = mapped_column(default=1)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
