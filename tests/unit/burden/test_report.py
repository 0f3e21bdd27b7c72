"""Quotas beside the burden: calls of copies count as the quota ledger counts them."""

from datetime import date

from server.burden.report import calls_with
from server.domain.places import Committee, Post
from server.scheduler.quota_ledger import compute_line, count_calls
from server.scheduler.quota_rules import QuotaRule, month_period
from tests.unit.burden.made import held, share

MONTH = month_period(date(2026, 11, 2))
SESSIONS = [held(1), held(2, 1, (share(2),)), held(3, 2)]


def test_calls_of_copies_count_as_the_quota_ledger_counts_them() -> None:
    calls = calls_with([], SESSIONS, {1: 11, 2: 12})
    for counts, expected in (((Post.DIRECTOR,), (2, 3)), ((Post.SECRETARY,), (0, 0))):
        rule = QuotaRule(counts=counts, week=1, month=2)
        for id_, number in zip((11, 12), expected, strict=True):
            line = compute_line(Committee(id_, id_, "居委会"), MONTH, rule, calls)
            assert count_calls(id_, rule, calls) == len(line.calls) == number


def test_a_session_that_is_known_from_the_tables_is_not_counted_twice() -> None:
    known = calls_with([], SESSIONS[:1], {1: 11, 2: 12})
    calls = calls_with(known, SESSIONS, {1: 11, 2: 12})
    assert sorted(call.session.id for call in calls) == [1, 2, 3]
