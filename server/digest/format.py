"""A weekly digest as JSON, as it is kept and as the audit log vouches for it. Pure.

``parse_digest(serialise_digest(x))`` is ``x``, its reminder apart.
"""

import hashlib
import json
from datetime import date
from typing import Any

from server.audit.sealing import Seal, seal_payload
from server.digest.model import (
    Called,
    Deadline,
    DigestEntry,
    DigestFile,
    DigestSession,
    WeeklyDigest,
)
from server.domain.events import parse_time, time_text
from server.domain.places import Post


def serialise_digest(digest: WeeklyDigest) -> str:
    """Return a digest as one line of JSON, the same for the same digest."""
    told = {
        "week": digest.week,
        "day": digest.day.isoformat(),
        "issued_at": time_text(digest.issued_at),
        "committees": list(digest.committee_ids),
        "entries": [_entry(entry) for entry in digest.entries],
        "sessions": [_session(session) for session in digest.sessions],
        "deadlines": [_deadline(deadline) for deadline in digest.deadlines],
        "roots": [{"session": r.session_id, **seal_payload(r)} for r in digest.roots],
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(text: str) -> str:
    """Return the SHA-256 of a digest's text, by which the log knows that nothing was changed."""
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(entry: DigestEntry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "topic": entry.topic,
        "department_id": entry.department_id,
        "department": entry.department,
        "text": entry.text,
        "due_on": entry.due_on.isoformat() if entry.due_on else "",
        "committees": list(entry.committee_ids),
        "files": [{"name": f.name, "sha256": f.digest, "size": f.size} for f in entry.files],
        "request": entry.request,
        "corrects": entry.corrects,
    }


def _session(session: DigestSession) -> dict[str, Any]:
    return {
        "id": session.session_id,
        "title": session.title,
        "hall": session.hall,
        "called": [
            {
                "committee": called.committee_id,
                "posts": [str(post) for post in called.posts],
                "starts_at": time_text(called.starts_at),
                "ends_at": time_text(called.ends_at),
            }
            for called in session.called
        ],
    }


def _deadline(deadline: Deadline) -> dict[str, Any]:
    return {
        "due_on": deadline.due_on.isoformat(),
        "topic": deadline.topic,
        "department": deadline.department,
        "week": deadline.week,
        "number": deadline.number,
        "committees": list(deadline.committee_ids),
    }


def parse_digest(text: str) -> WeeklyDigest:
    """Return the digest that ``serialise_digest`` wrote.

    Raises:
        KeyError, ValueError: for anything else.
    """
    told = json.loads(text)
    return WeeklyDigest(
        week=told["week"],
        day=date.fromisoformat(told["day"]),
        issued_at=parse_time(told["issued_at"]),
        committee_ids=tuple(told["committees"]),
        entries=tuple(_parse_entry(entry) for entry in told["entries"]),
        sessions=tuple(_parse_session(session) for session in told["sessions"]),
        deadlines=tuple(_parse_deadline(deadline) for deadline in told["deadlines"]),
        # digests of before there were roots say nothing of them
        roots=tuple(_parse_root(root) for root in told.get("roots", [])),
    )


def _parse_entry(told: dict[str, Any]) -> DigestEntry:
    return DigestEntry(
        number=told["number"],
        topic=told["topic"],
        department_id=told["department_id"],
        department=told["department"],
        text=told["text"],
        due_on=date.fromisoformat(told["due_on"]) if told["due_on"] else None,
        committee_ids=tuple(told["committees"]),
        files=tuple(DigestFile(f["name"], f["sha256"], f["size"]) for f in told["files"]),
        request=told["request"],
        corrects=told["corrects"],
    )


def _parse_session(told: dict[str, Any]) -> DigestSession:
    called = tuple(
        Called(
            committee_id=one["committee"],
            posts=tuple(Post(post) for post in one["posts"]),
            starts_at=parse_time(one["starts_at"]),
            ends_at=parse_time(one["ends_at"]),
        )
        for one in told["called"]
    )
    return DigestSession(told["id"], told["title"], told["hall"], called)


def _parse_root(told: dict[str, Any]) -> Seal:
    return Seal(
        session_id=told["session"],
        title=told["title"],
        starts_at=parse_time(told["starts_at"]),
        root=told["root"],
        algorithm=told["algorithm"],
        up_to=told["up_to"],
        events=told["events"],
    )


def _parse_deadline(told: dict[str, Any]) -> Deadline:
    return Deadline(
        due_on=date.fromisoformat(told["due_on"]),
        topic=told["topic"],
        department=told["department"],
        week=told["week"],
        number=told["number"],
        committee_ids=tuple(told["committees"]),
    )
