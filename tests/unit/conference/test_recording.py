"""Recording a session: who begins and ends it, what the worker is told, what the disk says."""

from dataclasses import replace

import pytest

from server.conference.commands import CONTROLS, decide
from server.conference.fold import apply
from server.conference.model import ConferenceState, Order
from server.conference.recording import folder_of, plan_of, told
from server.domain.errors import DomainError, ForbiddenError
from server.domain.events import EventKind
from server.media.model import RecordingChanged, RecordingGap, RecordingPlan
from tests.unit.conference.hall import BRANCH, OFFICE, after, carry_out, conference


def start(scope: str = "programme", **more: object) -> Order:
    order = Order("recording.start", at=scope, word=" 年度  存档 ", by=OFFICE, now=after(5))
    return replace(order, **more)  # type: ignore[arg-type]


STOP = Order("recording.stop", word="录完了", by=OFFICE, now=after(60))


@pytest.fixture
def state() -> ConferenceState:
    return conference()


def test_it_begins_and_ends_with_a_reason_and_is_told_once_each_time(
    state: ConferenceState,
) -> None:
    on = carry_out(state, start())
    assert on.recording.on
    assert (on.recording.reason, on.recording.since) == ("年度 存档", after(5))
    assert decide(on, start()) == []
    wider = carry_out(on, start("everything", now=after(9)))
    assert (wider.recording.notices, wider.recording.since) == (1, after(5))
    off = carry_out(wider, STOP)
    assert not off.recording.on
    assert decide(off, STOP) == []
    assert carry_out(off, start()).recording.notices == 2


def test_a_venue_records_nothing_and_it_cannot_be_undone(state: ConferenceState) -> None:
    with pytest.raises(ForbiddenError):
        decide(state, start(by=BRANCH))
    assert {"recording.start", "recording.stop"} <= CONTROLS
    [happening] = decide(state, start())
    assert "deed" not in happening.payload["control"]


def test_chosen_venues_must_be_chosen_and_known(state: ConferenceState) -> None:
    for venues, code in (((), "recording_needs_venues"), ((99,), "venue_not_on_roster")):
        with pytest.raises(DomainError) as refused:
            decide(state, start("venues", venues=venues))
        assert refused.value.code == code


def test_the_folder_is_the_year_month_and_session_at_the_site(state: ConferenceState) -> None:
    assert folder_of(state) == "2026/11/1"
    late = state.starts_at.replace(day=30, hour=20)
    assert folder_of(replace(state, starts_at=late)) == "2026/12/1"


@pytest.mark.parametrize(
    ("scope", "plan"),
    [
        ("programme", RecordingPlan(("0",), (), voices=True, shown="0")),
        ("sound", RecordingPlan((), (), voices=True)),
        ("everything", RecordingPlan(None, None, shown="0")),
        ("venues", RecordingPlan(("2", "2c"), ("2", "2c"), shown="0")),
    ],
)
def test_the_worker_is_told_what_the_scope_means(
    state: ConferenceState, scope: str, plan: RecordingPlan
) -> None:
    assert plan_of(state) is None
    on = carry_out(state, start(scope, venues=(2, 2)))
    assert plan_of(on) == plan
    assert plan_of(replace(on, closed=True)) is None


def test_the_programme_follows_floor_broadcast_and_shared_screen(state: ConferenceState) -> None:
    on = carry_out(state, start())
    given = carry_out(on, Order("floor.give", 3, by=OFFICE, now=after(9)))
    assert plan_of(given) == RecordingPlan(("3",), (), voices=True, shown="3")
    shared = apply(given, EventKind.CONTENT_STARTED, {"venue_id": 100, "peer": "1.0c.x"}, after(10))
    assert plan_of(shared) == RecordingPlan(("0c", "3"), (), voices=True, shown="0c")


def test_what_the_disk_says_is_told_once_and_again_when_it_goes_on(
    state: ConferenceState,
) -> None:
    full, fine = RecordingChanged("1", "full", 1), RecordingChanged("1", "writing", 2)
    assert told(state, full) == []
    on = carry_out(state, start())
    assert told(on, fine) == []
    [rested] = told(on, full)
    resting = apply(on, rested.kind, rested.payload, after(20))
    assert resting.recording.trouble == "full"
    assert told(resting, full) == []
    [resumed] = told(resting, fine)
    assert apply(resting, resumed.kind, resumed.payload, after(30)).recording.trouble == ""


def test_a_gap_is_recorded_with_its_moments_and_its_reason(state: ConferenceState) -> None:
    [gap] = told(state, RecordingGap("1", 1_000, 3_500, "restart"))
    assert gap.kind is EventKind.RECORDING_GAP
    assert gap.payload == {
        "from": "1970-01-01T00:00:01.000000Z",
        "until": "1970-01-01T00:00:03.500000Z",
        "why": "restart",
    }
