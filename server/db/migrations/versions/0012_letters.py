"""What letters are written in, chosen by each account, and when old letters were emptied."""

import sqlalchemy as sa
from alembic import op

from server.db.base import UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the two columns."""
    language = sa.Column("language", sa.String(length=8), nullable=False, server_default="")
    op.add_column("accounts", language)
    op.add_column("letters", sa.Column("emptied_at", UtcDateTime(timezone=True), nullable=True))
