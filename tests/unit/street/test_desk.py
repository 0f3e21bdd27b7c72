"""A committee's form: what is typed, what it means, and what is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.places import Committee, Person, Post
from server.street.desk import (
    BLANK_ROWS,
    CommitteeForm,
    PersonLine,
    check_form,
    form_of,
    named_alike,
    read_form,
    read_number,
)

COMMITTEE = Committee(3, 7, "梧桐坊", version=4)
PEOPLE = (
    Person(1, 3, "张建国", Post.SOCIAL_WORKER, "综治"),
    Person(2, 3, "李秀英", Post.SECRETARY, ""),
    Person(3, 3, "王晓玲", Post.DIRECTOR, "", retired=True),
)


def sent(form: CommitteeForm) -> dict[str, str]:
    """Return the fields that a browser sends for a form."""
    values = {"number": form.number, "name": form.name, "venue": form.venue}
    values["version"] = str(form.version)
    for row, line in enumerate(form.people):
        values |= {f"name_{row}": line.name, f"post_{row}": line.post, f"line_{row}": line.line}
        values |= {f"person_{row}": str(line.id)} if line.id else {}
        values |= {f"leaves_{row}": "1"} if line.leaves else {}
    return values


def test_a_form_shows_the_secretary_first_and_who_has_left_last() -> None:
    form = form_of(COMMITTEE, "梧桐坊二楼", PEOPLE)
    assert [line.name for line in form.people[:-BLANK_ROWS]] == ["李秀英", "张建国", "王晓玲"]
    assert all(line.is_blank for line in form.people[-BLANK_ROWS:])
    assert (form.number, form.venue, form.version) == ("7", "梧桐坊二楼", 4)


def test_a_form_sent_back_untouched_means_what_stands() -> None:
    form = form_of(COMMITTEE, "梧桐坊二楼", PEOPLE)
    assert read_form(sent(form)) == form
    words, errors = check_form(form, 3)
    assert errors == {}
    assert set(words.people) == set(PEOPLE)
    assert (words.number, words.name, words.venue) == (7, "梧桐坊", "梧桐坊二楼")


def test_nobody_is_lost_from_a_long_list() -> None:
    many = [Person(number, 3, f"王{number}", PEOPLE[0].post, "") for number in range(1, 100)]
    assert len(read_form(sent(form_of(COMMITTEE, "", many))).people) == len(many) + BLANK_ROWS


def test_an_empty_name_of_the_venue_means_the_committee_s() -> None:
    words, errors = check_form(CommitteeForm("7", "梧桐坊", ""), 3)
    assert errors == {}
    assert words.venue == "梧桐坊"


@pytest.mark.parametrize("number", ["", "0", "1000", "x", "-1", "1.5", "٣", "9" * 10])
def test_a_number_is_from_1_to_999(number: str) -> None:
    _, errors = check_form(CommitteeForm(number, "梧桐坊"), 3)
    assert {name: error.code for name, error in errors.items()} == {"number": "number_bad"}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (PersonLine(name="张"), {"post_0": "field_missing"}),
        (PersonLine(post="DIRECTOR"), {"name_0": "field_missing"}),
        (PersonLine(id=5, post="DIRECTOR"), {"name_0": "field_missing"}),
        (PersonLine(name="=cmd", post="DIRECTOR"), {"name_0": "field_formula"}),
        (PersonLine(name="张", post="KING"), {"post_0": "field_missing"}),
        (PersonLine(name="张", post="DEPUTY", line="字" * 41), {"line_0": "field_long"}),
        (PersonLine(), {}),
    ],
)
def test_each_row_says_what_is_wrong_with_it(line: PersonLine, wrong: dict[str, str]) -> None:
    _, errors = check_form(CommitteeForm("7", "梧桐坊", people=(line,)), 3)
    assert {name: error.code for name, error in errors.items()} == wrong


def test_one_person_stands_once_in_a_post_but_may_have_left_it_before() -> None:
    line = PersonLine(name="张", post="DEPUTY")
    gone = PersonLine(id=4, name="张", post="DEPUTY", leaves=True)
    _, errors = check_form(CommitteeForm("7", "梧桐坊", people=(gone, line)), 3)
    assert errors == {}
    _, errors = check_form(CommitteeForm("7", "梧桐坊", people=(line, line)), 3)
    assert {name: error.code for name, error in errors.items()} == {"name_1": "person_twice"}


def test_a_name_belongs_to_one_even_while_it_is_retired() -> None:
    others = [Committee(1, 1, "甲"), Committee(2, 2, "乙", retired=True)]
    assert named_alike("丙", others, 0) is None
    assert named_alike("甲", others, 1) is None
    taken, kept = named_alike("甲", others, 0), named_alike("乙", others, 1)
    assert taken is not None
    assert kept is not None
    assert (taken.code, kept.code) == ("name_taken", "name_of_retired")


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=12))
def test_whatever_is_sent_is_read_without_an_error(values: dict[str, str]) -> None:
    form = read_form(values)
    check_form(form, 3)


@given(st.text(max_size=12))
def test_a_number_is_read_or_is_none(text: str) -> None:
    found = read_number(text)
    assert found is None or str(found) == text.strip().lstrip("0") or found == 0
