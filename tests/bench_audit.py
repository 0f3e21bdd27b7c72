"""How long a million events take to verify: ``python -m tests.bench_audit [--events N]``.

Writes a log of a year's mixture of sessions, checks it with verify.py as an auditor would, in a
process of its own, and prints seconds and the most memory it took. With ``--log`` the log is kept
in that file, and one that is there already is not written again: only the check is measured.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.audit import verify
from server.audit.chain import Entry, seal
from server.audit.export import render_header, render_records
from server.domain.events import time_text

BEGIN = datetime(2026, 1, 5, 1, tzinfo=UTC)
PER_SESSION = 1500


def entries(count: int, algorithm: str) -> Iterator[Entry]:
    """Yield a chain of events like those of sessions with 33 venues."""
    last = None
    for number in range(1, count + 1):
        venue = number % 33 + 1
        last = seal(
            last,
            at=time_text(BEGIN + timedelta(seconds=20 * number)),
            kind="venue.connected" if number % 3 else "venue.head_count",
            session=number // PER_SESSION + 1,
            actor=f"venue:{venue}",
            data={"venue_id": venue, "count": 7, "peer": f"p{number}", "reason": "到会登记"},
            salt=f"{number:032x}",
            algorithm=algorithm,
        )
        yield last


def write(path: Path, count: int, algorithm: str) -> None:
    """Write an export with its header, which names the last hash."""
    body = path.with_suffix(".body")
    head = ""
    with body.open("wb") as out:
        for entry in entries(count, algorithm):
            head = entry.hash
            out.writelines(render_records([entry]))
    with path.open("wb") as out, body.open("rb") as records:
        out.write(
            render_header(
                street="青禾街道",
                exported_at=BEGIN,
                first=1,
                last=count,
                previous="0" * 64,
                head=head,
            )
        )
        while part := records.read(1 << 20):
            out.write(part)
    body.unlink()


def main() -> None:
    """Print size, seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--algorithm", choices=["sha256", "sm3"], default="sha256")
    parser.add_argument("--log", type=Path)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = words.log or Path(folder) / "log.jsonl"
        if not path.exists():
            write(path, words.events, words.algorithm)
        begun = time.perf_counter()
        subprocess.run([sys.executable, verify.__file__, path, "--lang", "en"], check=True)
        took = time.perf_counter() - begun
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = path.stat().st_size / 1e6
        figures = f"{words.events:,} events, {words.algorithm}, {size:.0f} MB: {took:.1f} s"
        sys.stdout.write(f"{figures}, {most:.0f} MB of memory\n")


if __name__ == "__main__":
    main()
