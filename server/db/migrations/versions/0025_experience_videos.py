"""Experience videos, the questions to their authors, and who has seen them."""

import sqlalchemy as sa
from alembic import op

from server.db.base import UtcDateTime

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "experience_videos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("topic", sa.String(length=30), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=30), nullable=False),
        sa.Column("about", sa.String(length=400), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("committee_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("octets", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("from_second", sa.Integer(), nullable=False),
        sa.Column("to_second", sa.Integer(), nullable=False),
        sa.Column("remark", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("public_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("kept_from", UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_experience_videos_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["committee_id"], ["committees.id"], name=op.f("fk_experience_videos_committee_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_experience_videos_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_experience_videos_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experience_videos")),
    )
    op.create_index(op.f("ix_experience_videos_state"), "experience_videos", ["state"])
    op.create_table(
        "experience_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("video_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("answer", sa.String(length=600), nullable=False),
        sa.Column("answered_by", sa.String(length=64), nullable=False),
        sa.Column("answered_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("hidden_by", sa.String(length=64), nullable=False),
        sa.Column("hidden_reason", sa.String(length=200), nullable=False),
        sa.Column("hidden_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_experience_questions_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["experience_videos.id"], name=op.f("fk_experience_questions_video_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experience_questions")),
    )
    op.create_index(op.f("ix_experience_questions_video_id"), "experience_questions", ["video_id"])
    op.create_table(
        "experience_views",
        sa.Column("video_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_experience_views_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["experience_videos.id"], name=op.f("fk_experience_views_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "account_id", "day", name=op.f("pk_experience_views")),
    )
