"""Reports over many sessions: folded copies, the baseline, saved filters, other streets."""

import sqlalchemy as sa
from alembic import op

from server.db.base import BigId, UtcDateTime

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "folded_sessions",
        sa.Column("session_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("up_to", BigId, nullable=False),
        sa.Column("shape", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_folded_sessions_session_id")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_folded_sessions")),
    )
    op.create_table(
        "baseline_totals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("workdays", sa.Integer(), nullable=False),
        sa.Column("committees", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("meetings", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("departments", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baseline_totals")),
    )
    op.create_table(
        "report_filters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("period", sa.String(length=24), nullable=False),
        sa.Column("monthly", sa.Boolean(), nullable=False),
        sa.Column("mailed", sa.String(length=7), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_report_filters_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_filters")),
    )
    op.create_index(op.f("ix_report_filters_account_id"), "report_filters", ["account_id"])
    op.create_table(
        "street_figures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("street", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=24), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("added_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street_figures")),
    )
    op.create_index(op.f("ix_street_figures_period"), "street_figures", ["period"])
