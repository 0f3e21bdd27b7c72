"""Drafts and amendments of meeting requests, their files, and who decides on them.

The added columns that hold ids carry no foreign key: SQLite could take one only by copying the
table, and nothing that they name is ever deleted.
"""

import sqlalchemy as sa
from alembic import op

from server.db.base import UtcDateTime

revision = "0011"
down_revision = "0010"

_COLUMNS = (
    ("mode", sa.String(length=16), "either"),
    ("why", sa.String(length=200), ""),
    ("remark", sa.String(length=200), ""),
    ("referred", sa.Boolean(), sa.false()),
    ("replan", sa.Boolean(), sa.false()),
    ("version", sa.Integer(), "1"),
)
_NUMBERS = ("hours_from", "hours_to", "wish_id", "author_id")


def upgrade() -> None:
    """Add the columns and make the three tables."""
    for name, kind, default in _COLUMNS:
        column = sa.Column(name, kind, nullable=False, server_default=default)
        op.add_column("meeting_requests", column)
    for name in _NUMBERS:
        op.add_column("meeting_requests", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("agenda_items", sa.Column("request_id", sa.Integer(), nullable=True))
    op.create_table(
        "attachments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["meeting_requests.id"], name=op.f("fk_attachments_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_request_id"), "attachments", ["request_id"])
    op.create_table(
        "delegations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("taker_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["accounts.id"], name=op.f("fk_delegations_giver_id")
        ),
        sa.ForeignKeyConstraint(
            ["taker_id"], ["accounts.id"], name=op.f("fk_delegations_taker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_table(
        "overruns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("half", sa.String(length=8), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["meeting_requests.id"], name=op.f("fk_overruns_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overruns")),
    )
    op.create_index(op.f("ix_overruns_request_id"), "overruns", ["request_id"])
