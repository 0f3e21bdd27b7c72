"""What an administrator changes: retired parts of the street, disabled accounts, password links.

``version`` counts changes, so that one of two administrators cannot undo the other's unseen.
"""

import sqlalchemy as sa
from alembic import op

from server.db.base import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, and the table of one-time password links."""
    for table in ("departments", "committees", "people"):
        op.add_column(table, sa.Column("retired_at", UtcDateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("disabled_at", UtcDateTime(timezone=True), nullable=True))
    for table in ("street_offices", "departments", "committees", "accounts"):
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "departments", sa.Column("position", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "password_links",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_password_links_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_password_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_password_links_digest")),
    )
