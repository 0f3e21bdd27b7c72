"""The audit log, its head, and triggers that let rows be added only (docs/audit-format.md)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_CHAINED = ("sequence", "version", "at", "kind", "session_id", "algorithm", "previous", "body")
_FOLLOWS = "SELECT 1 FROM audit_head WHERE sequence = NEW.sequence - 1 AND hash = NEW.previous"


def upgrade() -> None:
    """Make the tables and their guards; the head starts at nothing."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_events",
        sa.Column("sequence", key, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("session_id", key, nullable=True),
        sa.Column("algorithm", sa.String(8), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("body", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(160), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_events_hash")),
    )
    op.create_index(op.f("ix_audit_events_kind"), "audit_events", ["kind"])
    op.create_index("ix_audit_events_session_id", "audit_events", ["session_id", "sequence"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", key, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "hash": "0" * 64}])
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in (*_CHAINED, "hash"))
    gone = "NEW.actor IS NULL AND NEW.data IS NULL AND NEW.salt IS NULL"
    refusals = {
        "audit_events_append BEFORE INSERT ON audit_events": f"NOT EXISTS ({_FOLLOWS})",
        "audit_events_keep BEFORE UPDATE ON audit_events": (
            f"NOT ({same} AND {gone} AND OLD.kind <> 'audit.erased')"
        ),
        "audit_events_stay BEFORE DELETE ON audit_events": "1",
        "audit_head_grow BEFORE UPDATE ON audit_head": (
            "NEW.id <> OLD.id OR NEW.sequence <> OLD.sequence + 1"
        ),
        "audit_head_one BEFORE INSERT ON audit_head": "1",
        "audit_head_stay BEFORE DELETE ON audit_head": "1",
    }
    for where, when in refusals.items():
        op.execute(
            f"CREATE TRIGGER {where} WHEN {when} "
            "BEGIN SELECT RAISE(ABORT, 'the audit log can only grow'); END"
        )


def _guard_postgresql() -> None:
    same = " AND ".join(
        f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in (*_CHAINED, "hash")
    )
    gone = "NEW.actor IS NULL AND NEW.data IS NULL AND NEW.salt IS NULL"
    allowed = {
        ("audit_events_append", "audit_events", "INSERT"): f"EXISTS ({_FOLLOWS})",
        ("audit_events_keep", "audit_events", "UPDATE"): (
            f"{same} AND {gone} AND OLD.kind <> 'audit.erased'"
        ),
        ("audit_head_grow", "audit_head", "UPDATE"): (
            "NEW.id = OLD.id AND NEW.sequence = OLD.sequence + 1"
        ),
    }
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the audit log can only grow'; END $$"
    )
    for (name, table, change), when in allowed.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION 'the audit log can only grow'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    for table, changes in (("audit_events", "DELETE"), ("audit_head", "INSERT OR DELETE")):
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE {changes} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
