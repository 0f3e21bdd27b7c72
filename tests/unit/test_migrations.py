"""Migrations are one line: each has a number of its own, and follows the one before it."""

from alembic.script import ScriptDirectory

from server.db import migrate


def test_each_migration_follows_the_one_before_it() -> None:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    steps = list(reversed(list(scripts.walk_revisions())))
    numbers = [f"{place:04}" for place in range(1, len(steps) + 1)]
    assert [step.revision for step in steps] == numbers
    assert [step.down_revision for step in steps] == [None, *numbers[:-1]]
    assert all(step.path.rpartition("/")[2].startswith(step.revision) for step in steps)
