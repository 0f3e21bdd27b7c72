"""What committees are granted, by version."""

import sqlalchemy as sa
from alembic import op

from server.db.base import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table; while it is empty the preset holds."""
    op.create_table(
        "quota_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_quota_versions")),
    )
