"""The package under test is the one of this checkout, and the catalogues say everything."""

from pathlib import Path

import pytest

import server
from server.i18n.extract import is_code, updated, used_words

ROOT = Path(__file__).parent.parent.parent


def test_the_package_is_the_one_of_this_checkout() -> None:
    assert Path(server.__file__).is_relative_to(ROOT)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_sentence_stands_in_both_catalogues(language: str) -> None:
    assert [m.id for m in updated(language) if m.id and not m.string] == []


def test_a_code_is_told_from_a_sentence() -> None:
    assert is_code("error.login_wrong")
    assert not is_code("登录。")
    assert "error.login_wrong" in used_words()
