"""``pinhui plan``: makes a plan for an instance file, or checks a plan that somebody made.

Needs files alone, no database; anybody can check a plan with it, or with another checker.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from server.i18n.catalogue import DEFAULT, LANGUAGES, say
from server.merging.instance.fields import FormatError
from server.merging.instance.formats import parse_instance, parse_plan
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Infeasible, Instance, MergePlan
from server.merging.order import Order, carry_out, save
from server.merging.proof.bound import prove_bound
from server.merging.proof.conflict import Conflict, find_concessions, find_conflict
from server.merging.search.ground import survey
from server.merging.search.merge import merge
from server.merging.search.prices import draft_of, price_moves
from server.merging.search.solver import WORKERS
from server.merging.verdict.check import Verdict, check_with, compute_baseline
from server.merging.verdict.objective import Terms
from server.merging.words.demands import say_concessions, say_conflict
from server.merging.words.price_words import say_moves
from server.merging.words.wording import say_action, say_reason

SECONDS = 30.0
"""How long a plan may take when nothing else is said."""
MOST_LINES = 40
"""How many violations are printed; the rest is counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of ``pinhui plan``."""
    parser.add_argument("instance", type=Path, help="instance file, pinhui-sched/1")
    parser.add_argument("plan", type=Path, nargs="?", help="plan file to check, with --check")
    parser.add_argument("--check", action="store_true", help="check PLAN instead of making one")
    parser.add_argument("--out", type=Path, help="where to write the plan")
    parser.add_argument("--reasons", action="store_true", help="print why each request is where")
    parser.add_argument("--explain", metavar="REQUEST", help="print where else it could be")
    parser.add_argument("--bound", action="store_true", help="prove how good any plan can be")
    parser.add_argument("--within", type=Path, help="where to write a plan within all quotas")
    parser.add_argument("--seconds", type=float, help="of wall time, all included (default 30)")
    parser.add_argument("--deterministic", type=float, metavar="D", help="effort, not seconds")
    parser.add_argument("--rounds", type=int, help="answer at once after so many rounds")
    parser.add_argument("--seed", type=int, default=1, help="which search to run (default 1)")
    parser.add_argument("--workers", type=int, default=WORKERS, help="the solver's threads")
    parser.add_argument("--language", choices=LANGUAGES, default=DEFAULT, help="of the reasons")


def run(args: argparse.Namespace) -> int:
    """Make or check a plan.

    Returns:
        0 for a plan that keeps every hard rule, 1 for one that does not, 2 for a file that
        cannot be read or is not in the format, or when the words do not go together.
    """
    if args.check != (args.plan is not None):
        return _complain("--check wants INSTANCE and PLAN; without it only INSTANCE is given")
    wrong = _wrong_number(args)
    if wrong:
        return _complain(f"{wrong} wants a larger number")
    try:
        instance = parse_instance(_read(args.instance))
        return _check(instance, args) if args.check else _make(instance, args)
    except FormatError as refusal:
        return _complain(say(args.language, f"error.{refusal.code}", **refusal.params))
    except OSError as problem:
        return _complain(str(problem))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise FormatError("format_not_json", place=f"{path}: {problem.start}") from problem


def _check(instance: Instance, args: argparse.Namespace) -> int:
    plan = parse_plan(_read(args.plan))
    if isinstance(plan, Infeasible):
        _print("INFEASIBLE, by the plan's own word: " + ", ".join(plan.conflict))
        return 1
    lookup = look_up(instance)
    if args.bound:
        plan = replace(plan, bound=prove_bound(instance).value)
    return _tell(lookup, plan, check_with(lookup, plan), args)


def _wrong_number(args: argparse.Namespace) -> str:
    """Return the option whose number cannot be meant, or nothing."""
    least = {"rounds": 0, "seconds": 0, "deterministic": 0, "workers": 1}
    for name, smallest in least.items():
        value = getattr(args, name)
        if value is not None and not value >= smallest:
            return f"--{name}"
    return ""


def _make(instance: Instance, args: argparse.Namespace) -> int:
    _print(f"{instance.name}: {len(instance.requests)} requests, {len(instance.days)} days")
    plan, verdict = _plan(instance, args)
    conflict = None if verdict.valid else find_conflict(instance)
    lookup = look_up(instance)
    if conflict is not None:
        save(Infeasible(conflict.rules), args.out)
        return _print_conflict(lookup, conflict, args.language)
    if args.bound and plan.bound is None:
        plan = replace(plan, bound=prove_bound(instance).value)
    save(plan, args.out)
    if args.reasons:
        _print_reasons(plan, args.language)
    return _tell(lookup, plan, verdict, args)


def _plan(instance: Instance, args: argparse.Namespace) -> tuple[MergePlan, Verdict]:
    """Make a plan at once when rounds are given, otherwise in the time there is."""
    if args.rounds is not None:
        plan = merge(instance, rounds=args.rounds, seed=args.seed)
        return plan, check_with(look_up(instance), plan)
    seconds = args.seconds
    if seconds is None and args.deterministic is None:
        seconds = SECONDS
    order = Order(seconds, args.deterministic, args.seed, args.workers, args.out, args.within)
    planned = carry_out(instance, order)
    return planned.plan, planned.verdict


def _tell(lookup: Lookup, plan: MergePlan, verdict: Verdict, args: argparse.Namespace) -> int:
    """Print the verdict, the bound and what was asked about a request; return 0 if valid."""
    outcome = _judge(lookup, verdict)
    if plan.bound is not None:
        gap = 1 - plan.bound / max(1, verdict.assignment_objective)
        _print(f"  proven bound         {plan.bound} (at most {gap:.2%} could be saved)")
    if args.explain is None:
        return outcome
    ground = survey(lookup)
    numbers = {claim.request.id: n for n, claim in enumerate(ground.claims)}
    if args.explain not in numbers or not verdict.valid:
        return _complain(f"--explain wants a valid plan and a request to be held: {args.explain}")
    moves = price_moves(draft_of(ground, plan), numbers[args.explain])
    for reason in (reason for reason in plan.reasons if reason.request == args.explain):
        _print(say_reason(reason, args.language))
    for line in say_moves(lookup, moves, args.language):
        _print(f"  {line}")
    return outcome


def _print_conflict(lookup: Lookup, conflict: Conflict, language: str) -> int:
    """Print which rules cannot all hold and what would help; return 1."""
    _print("INFEASIBLE: " + ", ".join(conflict.rules))
    asked = find_concessions(lookup.instance)
    for line in say_conflict(lookup, conflict, language) + say_concessions(lookup, asked, language):
        _print(f"  {line}")
    return 1


def _judge(lookup: Lookup, verdict: Verdict) -> int:
    """Print the verdict; return 0 when the plan is valid, else 1."""
    broken = verdict.violations
    _print("VALID" if verdict.valid else f"INVALID: {len(broken)} violations")
    for violation in broken[:MOST_LINES]:
        _print(f"  {violation}")
    if len(broken) > MOST_LINES:
        _print(f"  and {len(broken) - MOST_LINES} more")
    for name in Terms.__slots__:
        _print(f"  {name:12} {getattr(verdict.terms, name)}")
    _print(f"  assignment objective {verdict.assignment_objective}")
    _print(f"  objective            {verdict.objective}")
    before = compute_baseline(lookup)
    _print(f"  before: {before.sessions} sessions, {before.committee_trips} committee trips")
    _print(
        f"  after:  {verdict.terms.sessions} sessions, {verdict.committee_trips} committee trips"
    )
    return 0 if verdict.valid else 1


def _print_reasons(plan: MergePlan, language: str) -> None:
    for reason in plan.reasons:
        _print(f"{say_reason(reason, language)} {say_action(reason, language)}".rstrip())


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


def _complain(message: str) -> int:
    sys.stderr.write(message + "\n")
    return 2
