"""Weekly digests as they were issued, who read them, corrections, and what requests say in them."""

import sqlalchemy as sa
from alembic import op

from server.db.base import UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns and make the three tables."""
    text = sa.Column("text", sa.Text(), nullable=False, server_default="")
    op.add_column("meeting_requests", text)
    op.add_column("meeting_requests", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column(
        "meeting_requests", sa.Column("issued_at", UtcDateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "digests",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("issued_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reminded_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_digests")),
    )
    op.create_table(
        "digest_receipts",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("committee_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["week"], ["digests.week"], name=op.f("fk_digest_receipts_week")),
        sa.PrimaryKeyConstraint(
            "week", "number", "committee_id", "reader", name=op.f("pk_digest_receipts")
        ),
    )
    op.create_table(
        "digest_corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_week", sa.String(length=8), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["week"], ["digests.week"], name=op.f("fk_digest_corrections_week")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_corrections")),
    )
    op.create_index(op.f("ix_digest_corrections_week"), "digest_corrections", ["week"])
