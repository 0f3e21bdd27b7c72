"""The exported log: one header line, then one line of JSON for each event.

docs/audit-format.md, "Export", is the rule; ``verify.py`` reads what is written here.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from server.audit import canonical
from server.audit.chain import Entry, erase
from server.domain.events import EventKind, time_text

FORMAT = "pinhui-audit-export/1"
P = ParamSpec("P")
T = TypeVar("T")


async def beside_loop(work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
    """Return what ``work`` returns, done in a thread beside the loop that live sessions need."""
    return await asyncio.to_thread(work, *args, **more)


def render_header(
    *,
    street: str,
    exported_at: datetime,
    first: int,
    last: int,
    previous: str,
    head: str,
    bodies_withheld: bool = False,
    chosen: Sequence[int] = (),
    erased: Sequence[int] = (),
) -> bytes:
    """Return the first line of an export, with its line feed.

    ``previous`` is the hash before record ``first``, ``head`` the hash of record ``last``; of an
    empty log ``last`` is ``first`` - 1 and ``head`` is ``previous``. ``chosen`` are the sessions
    whose bodies alone are included, ``erased`` those of their events that have none any more.
    """
    part = {"bodies": "chosen", "sessions": list(chosen), "erased": list(erased)}
    return _line(
        {
            "format": FORMAT,
            "exported_at": time_text(exported_at),
            "street": street,
            "first": first,
            "last": last,
            "previous": previous,
            "head": head,
            "bodies": "withheld" if bodies_withheld else "included",
            **(part if chosen else {}),
        }
    )


def render_records(entries: Iterable[Entry], *, bodies_withheld: bool = False) -> Iterator[bytes]:
    """Yield one line for each entry, in the order given, each with its line feed.

    Withheld bodies are written as if erased: digests are left, and the chain can still be checked.
    Accounts of erasure keep theirs.
    """
    for entry in entries:
        withhold = bodies_withheld and entry.kind != EventKind.AUDIT_ERASED
        yield _line(asdict(erase(entry) if withhold else entry))


def _line(fields: dict[str, Any]) -> bytes:
    return canonical.encode(fields) + b"\n"
