"""Files, the lent word, struck committees, the form, the list and the history: values only."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.admission.book_form import empty_form, form_of, read_form
from server.admission.files import LARGEST_BYTES, LONGEST_NAME, require_file, safe_name
from server.admission.history import history_of, names_request
from server.admission.listing import SHOWN, Filters, belongs, count, narrow, read_filters
from server.admission.model import (
    LONGEST_LOAN_DAYS,
    Delegation,
    is_coordinated,
    require_loan,
    spoken_for,
    waits_for_word,
)
from server.auth.model import Login, Role
from server.domain.errors import DomainError, ForbiddenError
from server.domain.events import EventKind, Payload, Recorded
from server.merging.instance.model import Mode, Priority
from server.scheduler.filing import NOBODY, Approval, RequestState, faults_of
from server.scheduler.overruns import OverrunLine, left_after_striking
from tests.unit.scheduler.test_problem import filed

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
TODAY = date(2026, 11, 24)


# --- files -------------------------------------------------------------------------------------


@given(st.text())
def test_a_name_of_a_file_is_short_visible_and_without_folders(sent: str) -> None:
    name = safe_name(sent)
    assert 1 <= len(name) <= LONGEST_NAME
    assert not set(name) & set("/\\\r\n\t\0\u202e\u200b")
    assert name not in (".", "..")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("通知.pdf", "通知.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\报告\\一.docx", "一.docx"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("", "_"),
        ("...", "_"),
    ],
)
def test_names_are_made_safe(sent: str, name: str) -> None:
    assert safe_name(sent) == name


@given(st.binary(), st.sampled_from(["a.html", "a.svg", "a.exe", "a", ".pdf.js", "a.pdf.exe"]))
def test_other_kinds_are_refused_whatever_is_in_them(data: bytes, name: str) -> None:
    with pytest.raises(DomainError) as refused:
        require_file(name, data)
    assert refused.value.code == "file_kind"


def test_a_file_is_what_its_ending_says_and_not_too_large() -> None:
    require_file("A.PDF", b"%PDF-1.4")
    with pytest.raises(DomainError, match="file_kind"):
        require_file("a.png", b"%PDF-1.4")
    with pytest.raises(DomainError, match="file_size"):
        require_file("a.pdf", b"%PDF-" + b" " * LARGEST_BYTES)


# --- the lent word -----------------------------------------------------------------------------


def a_login(role: Role, account_id: int = 7) -> Login:
    return Login(account_id, "x", "x", role, None, None, NOON)


def a_loan(first: int, last: int, **changes: Any) -> Delegation:
    day = timedelta(days=1)
    loan = Delegation(1, 2, 7, TODAY + first * day, TODAY + last * day, None)
    return replace(loan, **changes)


def test_a_leader_speaks_for_itself_and_others_for_who_lent_them_the_word() -> None:
    assert spoken_for(a_login(Role.LEADER), [], TODAY) == 7
    assert spoken_for(a_login(Role.OFFICE), [a_loan(0, 0)], TODAY) == 2


@pytest.mark.parametrize(
    "loan", [a_loan(-2, -1), a_loan(1, 2), a_loan(-1, 1, ended_at=NOON), a_loan(-1, 1, taker_id=8)]
)
def test_a_word_that_is_not_lent_today_is_nobodys(loan: Delegation) -> None:
    with pytest.raises(ForbiddenError, match="word_not_yours"):
        spoken_for(a_login(Role.OFFICE), [loan], TODAY)


def test_days_of_a_loan_are_ahead_in_order_and_not_too_many() -> None:
    assert require_loan(TODAY, TODAY, TODAY) == (TODAY, TODAY)
    late = TODAY + timedelta(days=LONGEST_LOAN_DAYS + 1)
    yesterday = TODAY - timedelta(days=1)
    for first, last in ((None, TODAY), (TODAY, None), (yesterday, yesterday), (TODAY, late)):
        with pytest.raises(DomainError, match="delegation_days"):
            require_loan(first, last, TODAY)
    with pytest.raises(DomainError, match="delegation_days"):
        require_loan(late, TODAY, TODAY)


# --- calls above quotas ------------------------------------------------------------------------

LINES = (OverrunLine(1, 4, 3), OverrunLine(2, 4, 3))


def test_struck_committees_are_not_called_and_others_stay() -> None:
    assert left_after_striking((1, 2, 3), LINES, {2}) == (2, 3)
    assert left_after_striking((1, 2, 3), LINES, {1, 2}) == (1, 2, 3)
    with pytest.raises(DomainError, match="overrun_nobody"):
        left_after_striking((1, 2), LINES, ())


def test_only_what_was_coordinated_in_vain_or_is_urgent_waits_for_the_leader() -> None:
    plain = filed(1, department_id=2)
    referred = replace(plain, referred=True)
    urgent = filed(1, department_id=2, priority=Priority.URGENT, why="台风")
    assert (waits_for_word(plain), is_coordinated(plain)) == (False, True)
    assert (waits_for_word(referred), is_coordinated(referred)) == (True, False)
    assert (waits_for_word(urgent), is_coordinated(urgent)) == (True, False)
    placed = replace(referred, state=RequestState.PLACED)
    granted = replace(referred, approval=Approval.GRANTED)
    assert not any(waits_for_word(r) or is_coordinated(r) for r in (placed, granted))


# --- the form ----------------------------------------------------------------------------------

EVERYBODY = [1, 2, 3]
FIRST = date(2026, 11, 25)


def typed(**texts: str) -> dict[str, str]:
    fields = {"topic": "反诈", "minutes": "15", "kind": "meeting", "deadline": "2026-12-01"}
    return fields | texts


def form_from(**texts: str) -> Any:
    return read_form(
        typed(**texts),
        posts=["DIRECTOR"],
        committees=[1, 2],
        everybody=EVERYBODY,
        department_id=2,
    )


@pytest.mark.parametrize(
    ("since", "till", "hours"),
    [
        ("", "", None),
        ("09:00", "10:30", (540, 630)),
        ("10:00", "", (600, 690)),
        ("", "15:00", (810, 900)),
        ("", "12:30", (-1, 750)),
        ("soon", "", (-1, -1)),
    ],
)
def test_hours_are_read_and_an_open_end_is_that_of_its_half_day(
    since: str, till: str, hours: tuple[int, int] | None
) -> None:
    filing = form_from(since=since, till=till).filing(FIRST, EVERYBODY)
    assert filing.hours == hours
    assert ("hours" in faults_of(filing)) is (hours is not None and -1 in hours)


def test_an_urgent_request_without_a_reason_is_refused_and_with_one_is_not() -> None:
    assert set(faults_of(form_from(urgent="1").filing(FIRST, EVERYBODY))) == {"why"}
    assert not faults_of(form_from(urgent="1", why="台风").filing(FIRST, EVERYBODY))


@pytest.mark.parametrize("day", ["", "soon", "2026-02-30"])
def test_a_day_that_was_not_typed_is_asked_for_and_not_made_up(day: str) -> None:
    assert set(form_from(deadline=day).faults(FIRST, EVERYBODY)) == {"deadline"}
    assert not form_from(deadline=day, kind="known", text="知道就好").faults(FIRST, EVERYBODY)
    assert not form_from().faults(FIRST, EVERYBODY)


def test_a_form_comes_back_from_the_request_that_it_made() -> None:
    form = form_from(
        mode="video", since="09:00", till="10:00", earliest="2026-11-26", urgent="1", why="急"
    )
    request = replace(filed(1), filing=form.filing(FIRST, EVERYBODY), version=3)
    assert form_of(request, EVERYBODY) == replace(form, version=3)
    assert form.mode is Mode.VIDEO


def test_a_form_in_which_nobody_is_ticked_calls_nobody() -> None:
    form = replace(empty_form(FIRST, EVERYBODY, 2), committee_ids=(), topic="x")
    filing = form.filing(FIRST, EVERYBODY)
    assert filing.committee_ids == NOBODY
    assert set(faults_of(filing)) == {"audience"}
    assert form_of(replace(filed(1), filing=filing), EVERYBODY).committee_ids == ()


def test_wishes_for_days_that_are_past_become_the_first_day() -> None:
    assert form_from(earliest="2026-11-01").filing(FIRST, EVERYBODY).earliest == FIRST


@given(st.dictionaries(st.sampled_from(["minutes", "since", "till", "mode", "wish"]), st.text()))
def test_junk_in_a_form_is_refused_and_never_an_accident(texts: dict[str, str]) -> None:
    faults_of(form_from(**texts).filing(FIRST, EVERYBODY))


# --- the list ----------------------------------------------------------------------------------


def test_every_request_is_under_all_and_counts_add_up() -> None:
    requests = [replace(filed(n + 1), state=state) for n, state in enumerate(RequestState)]
    counts = count(requests)
    assert counts["all"] == len(RequestState)
    parts = ("draft", "waiting", "placed", "done")
    returned = sum(r.state is RequestState.RETURNED for r in requests)
    assert sum(counts[part] for part in parts) + returned == counts["all"]
    assert set(counts) == set(SHOWN)


def test_filters_narrow_by_words_number_and_department() -> None:
    requests = [filed(1, topic="防火演练"), filed(2, department_id=2)]
    assert [r.id for r in narrow(requests, Filters(words="防火"))] == [1]
    assert [r.id for r in narrow(requests, Filters(words="r002"))] == [2]
    assert [r.id for r in narrow(requests, Filters(department_id=2))] == [2]
    assert narrow(requests, Filters(show="draft")) == []
    assert belongs("replan", replace(filed(1), replan=True))


@given(st.dictionaries(st.sampled_from(["show", "department", "q"]), st.text()))
def test_an_address_that_is_not_understood_narrows_nothing_and_never_fails(
    query: dict[str, str],
) -> None:
    assert read_filters(query).show in SHOWN


# --- the history -------------------------------------------------------------------------------


def event(kind: str, actor: str = "login:1", **payload: Any) -> Recorded:
    facts: Payload = payload
    return Recorded(1, NOON, kind, None, actor, facts)


def test_the_history_tells_who_did_what_in_whose_name() -> None:
    events = [
        event(EventKind.REQUEST_SUBMITTED, request="R001"),
        event(EventKind.SESSION_SCHEDULED, "login:2", requests=["R001", "R002"]),
        event(EventKind.SESSION_CHANGED, requests=["R002"]),
        event(EventKind.PLAN_ACCEPTED, "login:2", left_out=["R001"], digest=[]),
        event(EventKind.PLAN_ACCEPTED, "login:2", left_out=[], digest=["R001"]),
        event(EventKind.REQUEST_GRANTED, "login:9", request="R001", for_account=2),
        event(EventKind.REQUEST_REFERRED, "system", request="R001"),
        event("venue.connected", request="R001"),
    ]
    steps = history_of("R001", events, {1: "平安办", 2: "周主任"})
    assert [(s.kind, s.who) for s in steps] == [
        ("request.submitted", "平安办"),
        ("placed", "周主任"),
        ("left_out", "周主任"),
        ("in_digest", "周主任"),
        ("request.granted", "login:9"),
        ("request.referred", ""),
    ]
    assert [s.for_whom for s in steps if s.for_whom] == ["周主任"]


def test_an_event_names_a_request_alone_or_among_others() -> None:
    assert names_request({"request": "R001"}, "R001")
    assert names_request({"requests": ["R002", "R001"]}, "R001")
    assert names_request({"overruns": [{"request": "R001"}]}, "R001")
    assert not names_request({"request": "R0011"}, "R001")
