"""How full quotas are, what a session of its own would use, and what advice says of it."""

from dataclasses import replace
from datetime import date, timedelta

from server.domain.places import Post
from server.domain.session import Session
from server.merging.instance.lookup import look_up
from server.merging.instance.model import Cell, Mode
from server.scheduler.problem import MAIN_HALL, compose_instance
from server.scheduler.strain import calls_of, full_committees, strains_of
from server.scheduler.suggest import advise
from tests.unit.scheduler.test_problem import a_session, a_situation, filed

WEEK = "2026-W48"
WORKERS = (Post.SOCIAL_WORKER,)


def evenings(count: int) -> list[Session]:
    """Sessions of this week that nobody can share, with the first two committees."""
    day = date(2026, 11, 24)
    return [a_session(day, 1080 + 60 * n, id=20 + n, venue_ids=(11, 12)) for n in range(count)]


def called(count: int) -> dict[int, tuple[Post, ...]]:
    return {20 + n: WORKERS for n in range(count)}


def test_calls_are_counted_from_what_was_used_and_what_is_scheduled() -> None:
    shared = a_session(date(2026, 11, 26), 540, venue_ids=(11,))
    situation = a_situation(*evenings(2), shared, called=called(2) | {7: WORKERS})
    lookup = look_up(compose_instance(situation, [filed(1, posts=WORKERS)]))
    assert [calls_of(lookup, c, WEEK) for c in ("C1", "C2", "C3")] == [3, 2, 0]
    assert full_committees(lookup, date(2026, 11, 25)) == ("C1",)


def test_calls_of_secretaries_and_directors_use_no_quota() -> None:
    posts = {20 + n: (Post.SECRETARY, Post.DIRECTOR) for n in range(3)}
    situation = a_situation(*evenings(3), called=posts)
    lookup = look_up(compose_instance(situation, [filed(1)]))
    assert full_committees(lookup, date(2026, 11, 25)) == ()


def test_one_more_call_is_above_a_full_quota_unless_they_are_called_anyway() -> None:
    shared = a_session(date(2026, 11, 26), 540, venue_ids=(11,))
    situation = a_situation(*evenings(3), shared, called=called(3) | {7: WORKERS})
    lookup = look_up(compose_instance(situation, [filed(1, posts=WORKERS)]))
    crowd = lookup.crowds["R001"]
    alone = strains_of(lookup, crowd, Cell(date(2026, 11, 27), "AM", MAIN_HALL))
    assert [(s.committee, s.used, s.limit) for s in alone] == [("C1", 5, 3), ("C2", 4, 3)]
    riding = strains_of(lookup, crowd, Cell(date(2026, 11, 26), "AM", MAIN_HALL))
    assert [s.committee for s in riding] == ["C2"]


def test_advice_names_who_would_be_over_and_the_session_that_is_shared() -> None:
    host = a_session(date(2026, 11, 26), 540)
    situation = a_situation(*evenings(3), host, called=called(3) | {7: (Post.DIRECTOR,)})
    narrow = {"department_id": 2, "deadline": date(2026, 11, 27)}
    workers = advise(compose_instance(situation, [filed(1, posts=WORKERS, **narrow)]))
    assert workers.full == ("C1", "C2")
    own = next(s for s in workers.suggestions if not s.rides)
    assert [s.committee for s in own.strains] == ["C1", "C2"]
    directors = advise(compose_instance(situation, [filed(1, **narrow)]))
    assert directors.full == ()  # their being called uses no quota
    assert directors.suggestions[0].ride == 7
    assert directors.suggestions[0].at_once
    assert not own.at_once


def test_advice_without_a_way_says_what_is_in_the_way() -> None:
    request = filed(1, department_id=2)
    in_person = replace(request.filing, mode=Mode.IN_PERSON)
    advice = advise(compose_instance(a_situation(), [replace(request, filing=in_person)]))
    assert advice.suggestions == ()
    assert [rule for rule, _ in advice.kept_out] == ["rule.mode"]
    assert advice.action
    saturday = date(2026, 11, 28)
    nowhere = replace(request.filing, earliest=saturday, deadline=saturday + timedelta(days=1))
    advice = advise(compose_instance(a_situation(), [replace(request, filing=nowhere)]))
    assert [rule for rule, _ in advice.kept_out] == ["rule.no_day"]


def test_reading_matter_is_advised_nothing() -> None:
    advice = advise(compose_instance(a_situation(), [filed(1, read_only=True)]))
    assert (advice.suggestions, advice.kept_out) == ((), ())
