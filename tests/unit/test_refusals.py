"""Whoever is refused is told the rule and a way out, in both languages (demand of the street)."""

import re
from pathlib import Path

import pytest

from server.i18n.catalogue import LANGUAGES, read_catalogue, translations
from server.i18n.extract import raised_codes

ROOMS = ("admission", "standing", "digest", "board", "scheduler")
"""Rooms whose refusals a clerk, the meeting office or a leader meets."""
_SERVER = Path(__file__).parents[2] / "server"
_WAY_OUT = {
    "zh_CN": re.compile(
        r"请|打电话|点“|填 0|"
        r"(?:^|[，。；：])(?:先|再|换|改|看|少要|另|要么|空着|不急就|可以|要改回来|有错就)"
    ),
    "en": re.compile(
        r"\b(?:please|choose|call|ask|place|look|see|wait|work one out|reload|paste|leave|add|put|"
        r"correct|untick|amend|copy|change it|say why|0 asks nobody|do it again)\b",
        re.I,
    ),
}
_CLAUSE = {"zh_CN": re.compile(r"[，。；：]"), "en": re.compile(r"[,.;:]")}


def codes() -> list[str]:
    """Return every code that one of the rooms refuses with, sorted."""
    files = (path for room in ROOMS for path in (_SERVER / room).rglob("*.py"))
    return sorted({code for path in files for code, _ in raised_codes(path.read_text("utf-8"))})


def test_the_rooms_refuse_with_many_codes() -> None:
    assert len(codes()) > 60


@pytest.mark.parametrize("language", sorted(_WAY_OUT))
@pytest.mark.parametrize("code", codes())
def test_a_refusal_names_its_rule_and_a_way_out(code: str, language: str) -> None:
    sentence = translations(language).gettext(f"error.{code}")
    clauses = [clause for clause in _CLAUSE[language].split(sentence) if clause.strip()]
    assert len(clauses) >= 2, sentence
    assert _WAY_OUT[language].search(sentence), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_code_says_has_its_numbers_and_names_filled_in(language: str) -> None:
    """Sentences of codes have ``{name}``; ``%(name)s`` of the templates would be shown as it is."""
    codes = [m for m in read_catalogue(language) if re.fullmatch(r"\w+(\.\w+)+", str(m.id))]
    assert len(codes) > 500
    assert [m.id for m in codes if "%(" in str(m.string)] == []
