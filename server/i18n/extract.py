"""Finds every sentence the product can show, and brings the catalogues up to date.

``python -m server.i18n.extract`` adds what is missing to both catalogues (with an empty English
sentence to fill in) and drops what nobody uses. A test demands that nothing is missing or empty.
"""

import ast
import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from server.i18n.catalogue import LANGUAGES, read_catalogue

_ROOT = Path(__file__).parent.parent.parent
REFUSALS = frozenset(
    {"DomainError", "NotFoundError", "ForbiddenError", "ConflictError", "FormatError"}
)
"""The names of every class of refusal; a test compares them with the classes themselves."""
_KEY = re.compile(
    r'"((?:menu|post|role|state|event|reason|rule|action|verdict|excuse|conflict|concession|price|film)\.[a-zA-Z0-9_.]+)"'
)


def _sentences() -> Iterator[tuple[str, str]]:
    """Yield (sentence in Chinese, file it stands in) of templates and scripts."""
    web = _ROOT / "web"
    for path in sorted(web.rglob("*.html")):
        options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
        with path.open("rb") as file:
            for _, message, _, _ in extract("jinja2.ext:babel_extract", file, options=options):
                yield str(message), path.relative_to(_ROOT).as_posix()
    for path in sorted(web.rglob("*.js")):
        with path.open("rb") as file:
            for _, message, _, _ in extract("javascript", file, keywords={"t": None}):
                yield str(message), path.relative_to(_ROOT).as_posix()


def _codes() -> Iterator[tuple[str, str]]:
    """Yield (code, file it stands in): refusals and the keys that templates look up by value."""
    for path in sorted((_ROOT / "server").rglob("*.py")):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(_ROOT).as_posix()
        for code, _ in raised_codes(text):
            yield f"error.{code}", name
        for key in _KEY.findall(text):
            yield key, name


@cache
def raised_codes(text: str) -> frozenset[tuple[str, str]]:
    """Return (code, class of the refusal) for each refusal that a module makes.

    Answers made by ``problem`` alone have the status instead of a class: ``("our_bug", "500")``.

    Args:
        text: the source text of a Python module.
    """
    found = (_raised_by(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return frozenset(pair for pair in found if pair is not None)


def _raised_by(call: ast.Call) -> tuple[str, str] | None:
    words = [a.value if isinstance(a, ast.Constant) else None for a in call.args]
    match call.func, words:
        case ast.Name(id=name), [str(code), *_] if name in REFUSALS:
            return code, name
        case ast.Name(id="problem"), [_, int(status), str(code)]:
            return code, str(status)
        case ast.Attribute(attr="refuse"), [str(code)] if code.startswith("format_"):
            return code, "FormatError"
    return None


@cache
def used_words() -> Mapping[str, list[str]]:
    """Return every key of the catalogues with the files that use it, sorted."""
    places: dict[str, set[str]] = defaultdict(set)
    for key, place in [*_sentences(), *_codes()]:
        places[key].add(place)
    return MappingProxyType({key: sorted(found) for key, found in sorted(places.items())})


def is_code(key: str) -> bool:
    """Tell whether a key is a code (``error.login_wrong``) rather than a Chinese sentence."""
    return key.isascii() and "." in key and " " not in key


def updated(language: str) -> Catalog:
    """Return the catalogue with what is used now: kept translations, empty ones for new keys."""
    old = read_catalogue(language)
    new = Catalog(locale=language, project="pinhui", fuzzy=False, header_comment="")
    for key, places in used_words().items():
        if language == "zh_CN" and not is_code(key):
            continue
        known = old.get(key)
        new.add(key, known.string if known else "", locations=[(p, 0) for p in places])
    for message in old:
        # words looked up by a value made at run time, e.g. say("post." ~ post)
        if message.id and message.id not in new and is_code(str(message.id)):
            new.add(message.id, message.string)
    return new


def main() -> int:
    """Rewrite both catalogues and say how many sentences are still empty; 1 when any is."""
    empty = 0
    for language in LANGUAGES:
        catalogue = updated(language)
        buffer = io.BytesIO()
        write_po(
            buffer, catalogue, width=120, sort_output=True, omit_header=True, include_lineno=False
        )
        path = Path(__file__).parent / "locale" / language / "LC_MESSAGES" / "messages.po"
        path.write_bytes(buffer.getvalue())
        missing = [m.id for m in catalogue if m.id and not m.string]
        empty += len(missing)
        for key in missing:
            sys.stdout.write(f"{language}: {key}\n")
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())
