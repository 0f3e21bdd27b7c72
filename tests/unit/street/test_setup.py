from hypothesis import given
from hypothesis import strategies as st

from server.street.setup import (
    AccountDraft,
    Draft,
    Step,
    check_words,
    first_open_step,
    read_departments,
)

ROWS = "1\t云杉苑\t张建国\t书记\t\n1\t云杉苑\t王晓玲\t社工\t综治\n2\t松涛里\t赵春生\t主任\t\n"


def test_departments_are_read_one_a_line() -> None:
    assert read_departments("党建办\r\n\r\n 自治办 \n") == (["党建办", "自治办"], [])
    names, errors = read_departments("党建办\n=1+1\n党建办\n" + "办" * 41)
    assert names == ["党建办"]
    assert [(e.code, e.params["row"]) for e in errors] == [
        ("row_formula", 2),
        ("row_repeated", 3),
        ("row_long", 4),
    ]
    assert [e.code for e in read_departments(" \n")[1]] == ["departments_missing"]
    assert [e.code for e in read_departments("\n".join(map(str, range(61))))[1]] == [
        "departments_too_many"
    ]


@given(st.text(max_size=400))
def test_any_text_is_departments_or_refused_and_nothing_is_raised(text: str) -> None:
    names, errors = read_departments(text)
    assert names or errors


def test_words_that_are_missing_or_cannot_be_used_are_named_by_field() -> None:
    errors = check_words({"a": "好", "b": "=1", "c": "x" * 41, "d": "a\x07b"}, "abcde")
    assert {name: e.code for name, e in errors.items()} == {
        "b": "field_formula",
        "c": "field_long",
        "d": "field_broken",
        "e": "field_missing",
    }


def test_the_wizard_goes_to_the_first_step_that_wants_something() -> None:
    told: dict[str, object] = {}
    account = AccountDraft("it", "管理员", "hash")
    steps: list[tuple[dict[str, object], Step]] = [
        ({"name": "青禾", "phone": "8021"}, Step.STREET),
        ({"hall": "三楼"}, Step.DEPARTMENTS),
        ({"departments": "党建办"}, Step.STANDING),
        ({"exempt_chosen": True}, Step.COMMITTEES),
        ({"committees": ROWS}, Step.ACCOUNTS),
        ({"admin": account, "office": account}, Step.ACCOUNTS),
        ({"office": AccountDraft("b a d", "会务", "hash")}, Step.ACCOUNTS),
        ({"office": AccountDraft("office", "会务", "")}, Step.ACCOUNTS),
        ({"office": AccountDraft("office", "会务", "hash")}, Step.REVIEW),
        ({"committees": "1\t云杉苑\t张\t\t"}, Step.COMMITTEES),
    ]
    assert first_open_step(Draft()) is Step.STREET
    for more, step in steps:
        told |= more
        assert first_open_step(Draft(**told)) is step  # type: ignore[arg-type]
