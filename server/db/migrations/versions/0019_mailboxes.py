"""What was read from the mailbox that answers come to, and how far."""

import sqlalchemy as sa
from alembic import op

from server.db.base import BigId, UtcDateTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "received_letters",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_received_letters")),
    )
    op.create_table(
        "mailboxes",
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("validity", BigId, nullable=False),
        sa.Column("uid", BigId, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailboxes")),
    )
