"""Which jobs are due, what comes next, and which process may do them."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.db.engine import Tx
from server.timers.model import LEASE, Job, Lease, Nudge, Timed, may_lead, plan_timers
from tests.fakes import NOON_TUESDAY as NOON

MINUTE = timedelta(minutes=1)


async def nothing(_tx: Tx) -> None:
    """The effect of a job that is only looked at."""


async def nobody() -> None:
    """The effect of a nudge that is only looked at."""


def job(key: str, minutes: int, until: int | None = None) -> Job:
    end = None if until is None else NOON + until * MINUTE
    return Job(key, NOON + minutes * MINUTE, nothing, end)


def keys(timed: list[Timed]) -> list[str]:
    return [one.key for one in timed]


def test_a_job_is_due_from_its_very_moment_on_and_the_oldest_goes_first() -> None:
    due, following = plan_timers([job("b", 0), job("c", 5), job("a", -3)], (), NOON)
    assert keys(due) == ["a", "b"]
    assert following == NOON + 5 * MINUTE


def test_what_was_done_is_neither_due_nor_waited_for() -> None:
    assert plan_timers([job("a", -3), job("b", 4)], {"a", "b"}, NOON) == ([], None)


def test_a_job_whose_time_has_passed_is_let_be() -> None:
    due, _ = plan_timers([job("old", -90, until=0), job("late", -90, until=1)], (), NOON)
    assert keys(due) == ["late"]


def test_a_nudge_is_due_as_long_as_its_source_names_it() -> None:
    due, _ = plan_timers([Nudge("open:1", NOON, nobody)], {"open:1"}, NOON)
    assert keys(due) == ["open:1"]


def test_of_two_jobs_with_one_key_one_is_done() -> None:
    due, following = plan_timers([job("a", -1), job("a", -2), job("a", 3)], (), NOON)
    assert (keys(due), following) == (["a"], None)


def test_a_lease_keeps_others_out_until_it_ends() -> None:
    lease = Lease("one", NOON + LEASE)
    assert may_lead(lease, "one", NOON)
    assert not may_lead(lease, "two", NOON + LEASE - MINUTE)
    assert may_lead(lease, "two", NOON + LEASE)


def test_a_lease_from_before_the_clock_was_set_back_binds_nobody() -> None:
    assert may_lead(Lease("one", NOON + LEASE), "two", NOON - MINUTE)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(-9, 9), st.none() | st.integers(-9, 9))
    ),
    st.sets(st.sampled_from("abcdef")),
)
def test_every_job_is_due_later_done_or_over(
    made: list[tuple[str, int, int | None]], done: set[str]
) -> None:
    jobs = [job(*one) for one in made]
    due, following = plan_timers(jobs, done, NOON)
    assert len(set(keys(due))) == len(due)
    assert all(one.at <= NOON and one.key not in done for one in due)
    assert due == sorted(due, key=lambda one: (one.at, one.key))
    assert following is None or following > NOON
