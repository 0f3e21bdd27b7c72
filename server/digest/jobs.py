"""Tells the timer when the weekly digest is to be issued: once a week, late rather than never."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from server.db.engine import Tx
from server.digest.issuing import issues_around
from server.digest.service import Digester, issue_digest
from server.domain.clock import SITE_ZONE
from server.scheduler.store.workdays import load_workdays
from server.street import store as street
from server.timers.model import Job, Source


def digest_jobs(digester: Digester) -> Source:
    """Return the source of jobs that issues digests; there are none before there is a street."""

    async def found(tx: Tx, now: datetime) -> Sequence[Job]:
        if await street.load_office(tx) is None:
            return []
        table = await load_workdays(tx)
        return [
            Job(issue.key, issue.at, partial(issue_digest, digester, issue), issue.until)
            for issue in issues_around(table, now.astimezone(SITE_ZONE).date())
        ]

    return found
