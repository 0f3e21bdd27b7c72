"""The proposals of before the board go: plans are kept as published versions now."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Drop the table."""
    op.drop_table("merge_plans")
