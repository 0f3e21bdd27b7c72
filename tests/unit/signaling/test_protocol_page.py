"""The page of the protocol is what the code says, and every refusal has its sentences."""

from typing import get_args

import pytest

from server.auth.model import Role
from server.auth.permissions import COMMANDS
from server.domain import errors
from server.i18n.catalogue import LANGUAGES, read_catalogue
from server.i18n.extract import REFUSALS, raised_codes
from server.merging.instance.fields import FormatError
from server.signaling import messages as wire
from server.signaling.protocol_page import (
    _ROLE_WORDS,
    EXAMPLES,
    PAGE,
    current_page,
    refusal_codes,
)

CLIENT = (wire.Hello, *get_args(wire.Command))


def test_the_page_in_docs_is_the_one_the_code_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == current_page(), (
        "run python -m server.signaling.protocol_page"
    )


def test_there_is_one_example_of_every_message() -> None:
    assert [type(example) for example in EXAMPLES] == [*CLIENT, *get_args(wire.Said_)]


@pytest.mark.parametrize("example", [e for e in EXAMPLES if isinstance(e, CLIENT)], ids=repr)
def test_an_example_of_a_client_is_understood(example: object) -> None:
    text = wire.serialise(example)  # type: ignore[arg-type]
    parse = wire.parse_hello if isinstance(example, wire.Hello) else wire.parse_command
    assert parse(text) == example


def test_every_sender_of_a_command_is_named() -> None:
    assert {who for allowed in COMMANDS.values() for who in allowed} <= set(_ROLE_WORDS)
    assert Role.CLERK not in _ROLE_WORDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_sentence(language: str) -> None:
    catalogue = read_catalogue(language)
    known = {code for code in refusal_codes() if (m := catalogue.get(f"error.{code}")) and m.string}
    assert set(refusal_codes()) - known == set()


def test_every_class_of_refusal_is_looked_for() -> None:
    classes = {errors.DomainError, *errors.DomainError.__subclasses__()}
    assert FormatError in classes
    assert {cls.__name__ for cls in classes} == REFUSALS


def test_codes_are_found_where_they_are_made() -> None:
    source = """
raise DomainError("login_wait", minutes=5)
raise NotFoundError(
    "no_such_plan"
)
answer = problem(request, 500, "our_bug")
raise value.refuse("format_type")
raise ValueError("not_ours")
raise DomainError(code)
"""
    assert raised_codes(source) == {
        ("login_wait", "DomainError"),
        ("no_such_plan", "NotFoundError"),
        ("our_bug", "500"),
        ("format_type", "FormatError"),
    }
