import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.addresses import parse_email
from server.domain.errors import DomainError


@pytest.mark.parametrize(
    "good", ["wang@street.gov.cn", "li.na+01@mail", "a@b", "x_y-z@10-0-0-5.local", ""]
)
def test_plain_addresses_are_taken_without_the_spaces_around_them(good: str) -> None:
    assert parse_email(f"  {good}\n") == good


@pytest.mark.parametrize(
    "bad",
    [
        "wang",
        "@street",
        "wang@",
        "wang@@street",
        "wang li@street",
        ".wang@street",
        "=wang@street",
        "-wang@street",
        "wang@-street",
        "wang@street.",
        "书记@street.cn",
        "wang@街道.cn",
        "wang@street\r\nBcc: all@street",
        "<wang@street>",
        "wang@street,li@street",
        "a" * 65 + "@street",
        "wang@" + "a." * 130 + "cn",
    ],
)
def test_anything_else_is_refused(bad: str) -> None:
    with pytest.raises(DomainError, match="email_bad"):
        parse_email(bad)


@given(st.text())
def test_what_is_taken_never_ends_a_line_or_names_two(text: str) -> None:
    try:
        address = parse_email(text)
    except DomainError:
        return
    assert not set(address) & set("\r\n\0 ,;<>")
