"""Published versions as pages show them: the list, one of them, and what differs between two."""

from dataclasses import dataclass

from server.board import store
from server.board.diff import PlanDiff, Snapshot, compare_plans
from server.board.model import Version
from server.db.engine import Tx
from server.merging.instance.formats import parse_instance, parse_plan
from server.merging.instance.model import MergePlan


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version with its plan read, and what it changed against the calendar before it."""

    version: Version
    after: Snapshot
    changes: PlanDiff


async def load_all(tx: Tx) -> list[Version]:
    """Return every version, the latest first."""
    return await store.load_versions(tx)


async def load_one(tx: Tx, number: int) -> ShownVersion:
    """Return one version.

    Raises:
        NotFoundError: ``no_such_version``.
    """
    version = await store.load_version(tx, number)
    instance = parse_instance(version.instance)
    after = Snapshot(instance, _plan(version.plan))
    before = Snapshot(instance, _plan(version.before))
    return ShownVersion(version, after, compare_plans(before, after))


async def load_diff(tx: Tx, first: int, second: int) -> PlanDiff:
    """Return what differs from one version to another.

    Raises:
        NotFoundError: ``no_such_version``.
    """
    before, after = await load_one(tx, first), await load_one(tx, second)
    return compare_plans(before.after, after.after)


def _plan(text: str) -> MergePlan:
    plan = parse_plan(text)
    if not isinstance(plan, MergePlan):
        raise TypeError("a version keeps a plan")
    return plan
