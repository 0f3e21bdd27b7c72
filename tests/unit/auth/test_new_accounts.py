import pytest

from server.auth.model import Role, check_account_name, check_belonging
from server.auth.passwords import check_password
from server.domain.errors import DomainError


@pytest.mark.parametrize(
    ("password", "again", "code"),
    [
        ("", "", "password_short"),
        ("九个字的密码不够长", "九个字的密码不够长", "password_short"),
        ("x" * 201, "x" * 201, "password_long"),
        ("operator-1", "operator-1", "password_guessable"),
        ("OPERATOR-1", "OPERATOR-1", "password_guessable"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "password_guessable"),
        ("1234567890", "1234567890", "password_guessable"),
        ("a good phrase", "a good phrasf", "password_differs"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str, again: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_password(password, again, "operator-1")
    assert refused.value.code == code


@pytest.mark.parametrize("password", ["a good phrase", "一句自己记得住的话儿", "x1y2z3w4v5"])
def test_ten_characters_of_any_kind_are_a_password(password: str) -> None:
    check_password(password, password, "operator")
    check_password(password, password, "")


@pytest.mark.parametrize("name", ["it", "zhang.san", "平安办", "a-b_c9", "x" * 32])
def test_names_that_can_be_typed_are_good(name: str) -> None:
    check_account_name(name)


@pytest.mark.parametrize("name", ["", "x", "a b", "<b>", "=cmd", "x" * 33, "a\n", "a/b"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(DomainError, match="account_name_bad"):
        check_account_name(name)


def test_clerks_and_secretaries_belong_somewhere() -> None:
    with pytest.raises(DomainError, match="account_needs_department"):
        check_belonging(Role.CLERK, None, 1)
    with pytest.raises(DomainError, match="account_needs_committee"):
        check_belonging(Role.SECRETARY, 1, None)
    check_belonging(Role.CLERK, 1, None)
    check_belonging(Role.SECRETARY, None, 1)
    check_belonging(Role.ADMIN, None, None)
