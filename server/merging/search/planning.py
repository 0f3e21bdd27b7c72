"""From an instance to a finished plan within a budget: search in children, then the agendas.

Used by the command line and by the pages alike. The plan carries what the search knows: its
seed and effort, the bound if one is proven, and the quotas it exceeds.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from server.domain.clock import Clock
from server.merging.instance.lookup import look_up
from server.merging.instance.model import Instance, MergePlan, Overflow
from server.merging.search.draft import Draft
from server.merging.search.ground import Ground, survey
from server.merging.search.merge import conclude
from server.merging.search.prices import draft_of
from server.merging.search.ruin_recreate import build_draft
from server.merging.search.solver import Bounder, Budget, Progress, search
from server.merging.verdict.check import Verdict, check_with
from server.merging.verdict.quota import used_key

RESERVE_S = 0.4
"""What is kept of the seconds for ending the children and writing."""
CONCLUSIONS = 4
"""For how many conclusions like the first one time is kept."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the verdict on it and how far the search came."""

    plan: MergePlan
    verdict: Verdict
    progress: Progress


def make_plan(
    instance: Instance,
    *,
    budget: Budget,
    clock: Clock,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    bounder: Bounder | None = None,
    begin_with: MergePlan | None = None,
    at_once: Callable[[Planned], bool] = lambda _: True,
) -> Planned:
    """Return the best plan found within the budget, the making of agendas included.

    Args:
        instance: what is to be placed.
        budget: seconds or effort.
        clock: tells the seconds.
        on_progress: is called about once a second.
        stop: is asked often whether to end now.
        bounder: proves lower bounds beside the search.
        begin_with: a valid plan of the instance, which is the answer unless there is a better one.
        at_once: is handed the first plan, which needs no search; False means it is enough.

    Returns:
        Never nothing: the first plan, or a better one. Every hard rule is kept, but a mandatory
        request for which there is no place is left out, which the verdict says.
    """
    start = clock.monotonic()
    draft = _begin(survey(look_up(instance)), begin_with)
    first = _finish(draft, budget, Progress(draft.total, None, 0.0))
    spent = clock.monotonic() - start
    if not at_once(first):
        return first
    if budget.seconds is not None:
        left = budget.seconds - (clock.monotonic() - start) - RESERVE_S - CONCLUSIONS * spent
        budget = replace(budget, seconds=max(0.0, left))
    rest = first.verdict.assignment_objective - draft.total
    progress = search(
        draft,
        budget=budget,
        clock=clock,
        on_progress=lambda progress: on_progress(_with(progress, rest)),
        stop=stop,
        bounder=None if bounder is None else partial(_without, bounder, rest),
    )
    return _finish(draft, budget, _with(progress, rest))


def _begin(ground: Ground, plan: MergePlan | None) -> Draft:
    """Return the first draft: a plan that was given, unless building one anew is cheaper."""
    built = build_draft(ground)
    if plan is None:
        return built
    given = draft_of(ground, plan)
    return built if built.total < given.total else given


def _without(
    bounder: Bounder, points: int, instance: Instance, tell: Callable[[int], None]
) -> None:
    """Tell a bounder's bounds as drafts count: without what reading matter costs."""
    bounder(instance, lambda bound: tell(bound - points))


def _with(progress: Progress, points: int) -> Progress:
    """Add what reading matter costs in every plan, of which drafts do not speak."""
    bound = None if progress.bound is None else progress.bound + points
    return replace(progress, best=progress.best + points, bound=bound)


def _finish(draft: Draft, budget: Budget, progress: Progress) -> Planned:
    lookup = draft.ground.lookup
    plan = conclude(draft, {})
    verdict = check_with(lookup, plan)
    stats: dict[str, object] = {"seed": budget.seed}
    if budget.effort is None:
        stats["seconds"] = round(progress.seconds, 1)
    else:
        stats["effort"] = budget.effort
    if lookup.instance.quota.overflow is Overflow.ESCALATE:
        stats["exceptions"] = [
            {"quota": used_key(line.committee, line.role, line.period), "over": line.over}
            for line in verdict.ledger
            if line.over
        ]
    text = json.dumps(stats, ensure_ascii=False, separators=(",", ":"))
    return Planned(replace(plan, bound=progress.bound, stats=text), verdict, progress)
