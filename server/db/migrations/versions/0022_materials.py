"""Materials of agenda items: files added, how lists are arranged, who has seen what."""

import sqlalchemy as sa
from alembic import op

from server.db.base import UtcDateTime

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "materials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=180), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials")),
    )
    op.create_index(op.f("ix_materials_subject"), "materials", ["subject"])
    op.create_table(
        "material_lists",
        sa.Column("subject", sa.String(length=180), nullable=False),
        sa.Column("order", sa.JSON(), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_material_lists")),
    )
    op.create_table(
        "material_views",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=12), nullable=False),
        sa.Column("viewer", sa.String(length=32), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_material_views_session_id")
        ),
        sa.PrimaryKeyConstraint("session_id", "file", "viewer", name=op.f("pk_material_views")),
    )
