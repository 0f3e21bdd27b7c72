"""In which language a committee is written to."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column; empty means the installation's language."""
    column = sa.Column("language", sa.String(length=8), nullable=False, server_default="")
    op.add_column("committees", column)
