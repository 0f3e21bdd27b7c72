"""Which committees a session's own items call, so that those a guest brought can leave with it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column, and fill it for the sessions of standing meetings."""
    column = sa.Column("committee_ids", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("sessions", column)
    sessions = sa.table(
        "sessions", sa.column("id", sa.Integer), sa.column("committee_ids", sa.JSON)
    )
    occurrences = sa.table(
        "standing_occurrences",
        sa.column("session_id", sa.Integer),
        sa.column("written", sa.JSON),
    )
    db = op.get_bind()
    for session_id, written in db.execute(sa.select(occurrences)).all():
        change = sa.update(sessions).where(sessions.c.id == session_id)
        db.execute(change.values(committee_ids=written["committees"]))
