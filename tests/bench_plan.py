"""How good plans are in how many seconds: a table of the kept instances, or of made-up ones.

``python -m tests.bench_plan`` runs ``pinhui plan`` on each, as a person would, and judges the
plan with the independent checker. Run it on an otherwise idle computer. With ``--shapes SEED``
problems of the same shapes are made up; without a best known price each is compared with a run of
four times the seconds and another seed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from server.merging.instance.writing import serialise_instance
from tests.shapes import make_shape
from tests.unit.merging.problems import DATA, independent_check

LONG = {"p1_seed_sixmonths": 120, "p6_district559": 120, "halfyear": 120, "district": 120}
SHORT = 30
NAMES = [
    "p2_tight_quota",
    "p4_many_small",
    "p5_holiday_urgent",
    "p7_counted_roles",
    *list(LONG)[:2],
]
SHAPES = ["tight", "small", "urgent", "counted", "halfyear", "district"]
PROVEN = {"p7_counted_roles": 1_210_815}
"""Not in the list of best known prices, but proven since."""


def best_known() -> dict[str, int]:
    """Return the best known price of each kept instance, waiting included."""
    rows = json.loads((DATA / "best_known.json").read_text(encoding="utf-8"))
    return {row["instance"]: row["best_waste"] for row in rows if "best_waste" in row} | PROVEN


def run(instance: Path, seconds: float, seed: int) -> tuple[int, int | None, float]:
    """Return objective, bound and wall seconds of one run of ``pinhui plan``."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "plan.json"
        words = ["--seconds", str(seconds), "--seed", str(seed), "--out", str(out)]
        start = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "server", "plan", str(instance), *words],
            check=True,
            capture_output=True,
        )
        wall = time.monotonic() - start
        plan = json.loads(out.read_text(encoding="utf-8"))
    verdict = independent_check()(json.loads(instance.read_text(encoding="utf-8")), plan)
    if not verdict["valid"]:
        raise SystemExit(f"{instance.stem}: {verdict['violations'][:3]}")
    return verdict["objective"], plan.get("bound"), wall


def print_row(name: str, instance: Path, *, seconds: float, seed: int, known: int | None) -> None:
    """Run one instance and print its row."""
    objective, bound, wall = run(instance, seconds, seed)
    if known is None:
        known, _, _ = run(instance, 4 * seconds, seed + 1)
    gap = "-" if bound is None else f"{1 - bound / objective:.1%}"
    cells = (name, f"{wall:.1f}", objective, known, f"{objective / known:.4f}", bound or "-", gap)
    print("{:20} {:>7} {:>10} {:>10} {:>7} {:>10} {:>6}".format(*cells), flush=True)  # noqa: T201


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="instances or shapes (default: all)")
    parser.add_argument("--seconds", type=float, help="for each (default: what is promised)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shapes", type=int, metavar="SEED", help="made-up instances instead")
    words = parser.parse_args()
    print("instance             seconds  objective best known   ratio      bound    gap")  # noqa: T201
    known = best_known()
    with tempfile.TemporaryDirectory() as folder:
        for name in words.names or (NAMES if words.shapes is None else SHAPES):
            path = DATA / "instances" / f"{name}.json"
            if words.shapes is not None:
                path = Path(folder) / f"{name}.json"
                path.write_text(
                    serialise_instance(make_shape(name, words.shapes)), encoding="utf-8"
                )
            seconds = words.seconds or LONG.get(name, SHORT)
            print_row(name, path, seconds=seconds, seed=words.seed, known=known.get(name))


if __name__ == "__main__":
    main()
