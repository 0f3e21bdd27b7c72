"""Standing meetings with their occurrences, whom a session's own items call, closed agendas."""

import sqlalchemy as sa
from alembic import op

from server.db.base import UtcDateTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns and make the two tables."""
    posts = sa.Column("posts", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("sessions", posts)
    op.add_column("sessions", sa.Column("longest", sa.Integer(), nullable=True))
    op.add_column("sessions", sa.Column("fixed_at", UtcDateTime(timezone=True), nullable=True))
    op.create_table(
        "standing_meetings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_meetings")),
    )
    op.create_table(
        "standing_occurrences",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("written", sa.JSON(), nullable=False),
        sa.Column("cancelled", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["standing_meetings.id"],
            name=op.f("fk_standing_occurrences_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_standing_occurrences_session_id")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "key", name=op.f("pk_standing_occurrences")),
        sa.UniqueConstraint("session_id", name=op.f("uq_standing_occurrences_session_id")),
    )
