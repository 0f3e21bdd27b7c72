"""Turns templates into text: Jinja2 with autoescape, our words, dates, versioned static paths."""

from collections.abc import Iterable
from datetime import date
from functools import cache, partial
from pathlib import Path

import jinja2

from server.i18n import catalogue, dates, numbers
from server.pages.modules import needed_modules
from server.pages.static import StaticFiles

_UNDEFINED = jinja2.StrictUndefined


class _Compiled(jinja2.BytecodeCache):
    """What templates were compiled to, for all renderers of the process and both languages.

    A template whose text has changed is compiled anew; Jinja compares a checksum.
    """

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Fill a bucket with what is kept for it, if anything is."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class Renderer:
    """Renders ``web/templates`` in either language.

    Args:
        web: the folder with ``templates`` and ``static``.
    """

    def __init__(self, web: Path) -> None:
        self.static_folder = web / "static"
        self.static = StaticFiles(self.static_folder)
        self._modules = cache(partial(needed_modules, self.static_folder))
        self._by_language = {name: self._environment(web, name) for name in catalogue.LANGUAGES}

    def _environment(self, web: Path, language: str) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(web / "templates"),
            autoescape=True,
            undefined=_UNDEFINED,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=_COMPILED,
        )
        words = catalogue.translations(language)
        environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
        environment.filters |= {
            "day": partial(dates.day, language=language),
            "full_day": partial(dates.full_day, language=language),
            "clock": dates.clock_time,
            "clock_seconds": dates.clock_seconds,
            "month_day": partial(dates.month_day, language=language),
            "lasting": partial(dates.length, language=language),
            "size": numbers.size,
        }
        environment.globals |= {
            "lang": "zh-CN" if language == "zh_CN" else "en",
            "language": language,
            "static": lambda *paths: f"/static/{self.static.version}/{'+'.join(paths)}",
            "modules": self._modules,
            "say": partial(catalogue.say, language),
            "span": dates.span,
            "later": dates.later,
            "as_date": date.fromisoformat,
            "holiday_name": partial(dates.holiday_name, language=language),
            "script_words": partial(catalogue.script_words, language),
            "once": cache,
        }
        return environment

    def prepare(self, templates: Iterable[str], script: str) -> None:
        """Do now, for both languages, what the first visitor of a page would wait for.

        That is a quarter of a second or more: compiling its templates, and finding out which
        modules its script needs and which sentences scripts say.
        """
        for language, environment in self._by_language.items():
            for template in templates:
                environment.get_template(template)
            catalogue.script_words(language)
        self._modules(script)

    def render(self, template: str, language: str, values: dict[str, object]) -> str:
        """Return the text of a template.

        Args:
            template: path under ``web/templates``.
            language: one of ``catalogue.LANGUAGES``.
            values: what the template shows.

        Raises:
            jinja2.UndefinedError: when a template uses a value it was not given.
        """
        return self._by_language[language].get_template(template).render(values)
