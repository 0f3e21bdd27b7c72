"""E-mail addresses of committees and accounts, empty for none."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns."""
    for table in ("committees", "accounts"):
        op.add_column(
            table, sa.Column("email", sa.String(length=254), nullable=False, server_default="")
        )
