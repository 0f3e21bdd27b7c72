"""Rows of device checks, a few hundred a venue at most."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class DeviceCheckRow(Base):
    """One check; ``findings`` is a list of objects, ``mended`` of part names, as in ``model``."""

    __tablename__ = "device_checks"

    id: Mapped[int] = mapped_column(primary_key=True)
    venue_id: Mapped[int] = mapped_column(ForeignKey("venues.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(8))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    mended: Mapped[list[str]] = mapped_column(JSON)
