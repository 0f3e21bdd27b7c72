"""Rows of the working plan, its steps that can be undone, published versions, and offers."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, UtcDateTime


class WorkingPlanRow(Base):
    """The one working plan, id 1: ``plan`` is ``pinhui-sched/1``, empty before the first change.

    ``version`` grows by one with each change. ``marks`` are pins, frozen cells and what was sent to
    the digest, ``base`` where the database had each request; both as in ``store``.
    """

    __tablename__ = "working_plans"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    plan: Mapped[str] = mapped_column(Text)
    marks: Mapped[dict[str, Any]] = mapped_column(JSON)
    base: Mapped[dict[str, str]] = mapped_column(JSON)


class PlanStepRow(Base):
    """A change of the working plan: what it was, who made it, and the plan before it."""

    __tablename__ = "plan_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    plan: Mapped[str] = mapped_column(Text)
    marks: Mapped[dict[str, Any]] = mapped_column(JSON)
    base: Mapped[dict[str, str]] = mapped_column(JSON)
    author: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanVersionRow(Base):
    """A published version, never changed: the instance, the plan and the plan before, as texts.

    ``totals`` are the figures that its page shows; ``told`` is how many were to be told.
    """

    __tablename__ = "plan_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    author: Mapped[str] = mapped_column(String(64))
    instance: Mapped[str] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    told: Mapped[int]
    totals: Mapped[dict[str, Any]] = mapped_column(JSON)


class PlanOfferRow(Base):
    """A plan that was found for one version of the working plan, and what it gains.

    Id 1 is what the night found, 2 what somebody searched for by day and has not taken yet.
    """

    __tablename__ = "plan_offers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    plan: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gain: Mapped[dict[str, Any]] = mapped_column(JSON)
