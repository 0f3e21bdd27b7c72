"""Loads the catalogues and picks a language; a missing sentence shows its Chinese source.

Pages write their sentences in Chinese inside ``_("…")``; codes of refusals and reasons are keys of
their own (``error.floor_not_yours``) and stand in both catalogues.
"""

import io
import json
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LANGUAGES = ("zh_CN", "en")
DEFAULT = "zh_CN"
_LOCALES = Path(__file__).parent / "locale"


def read_catalogue(language: str) -> Catalog:
    """Return the parsed ``messages.po`` of a language.

    Raises:
        FileNotFoundError: for a language that has none.
    """
    path = _LOCALES / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


@cache
def translations(language: str) -> Translations:
    """Return gettext translations of one of ``LANGUAGES``, compiled in memory once."""
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return Translations(compiled)


def choose_language(accept: str, saved: str | None) -> str:
    """Return the language to show: the saved choice, else English only if the browser asks for it.

    Args:
        accept: the ``Accept-Language`` header, possibly empty.
        saved: what the person chose before, or None.
    """
    if saved in LANGUAGES:
        return saved
    first = accept.split(",")[0].strip().lower()
    return "en" if first.startswith("en") else DEFAULT


def say(language: str, code: str, **params: str | int) -> str:
    """Return the sentence for a code with its placeholders filled.

    A code without a sentence returns itself, so that nothing is hidden; a test forbids that.
    """
    sentence: str = translations(language).gettext(code)
    return sentence.format_map(params) if params else sentence


@cache
def script_words(language: str) -> str:
    """Return the JSON object {Chinese: translation} of sentences used by scripts; {} in Chinese.

    A sentence belongs to the scripts when its catalogue entry names a file under ``static/js``.
    """
    if language == DEFAULT:
        return "{}"
    words = {
        message.id: message.string
        for message in read_catalogue(language)
        if message.id and any("static/js" in place for place, _ in message.locations)
    }
    return json.dumps(words, ensure_ascii=False, sort_keys=True)
