"""Makes the words of a letter from a template: subject, HTML, and the same as plain text.

The template extends ``parts/letter.html``; its title is the subject. The plain text is read off
the HTML, so that the two never say different things.
"""

from dataclasses import dataclass
from html.parser import HTMLParser

from server.pages.render import Renderer

_BLOCKS = frozenset({"p", "h1", "h2", "h3", "ul", "ol", "table", "div"})
_UNSEEN = frozenset({"style", "title", "head"})


@dataclass(frozen=True, slots=True)
class LetterWords:
    """What a letter says: one line of subject, plain text, and HTML."""

    subject: str
    text: str
    html: str


def render_letter(
    renderer: Renderer, template: str, language: str, values: dict[str, object]
) -> LetterWords:
    """Return the words of a letter.

    Args:
        renderer: of the pages.
        template: path under ``web/templates``.
        language: one of ``catalogue.LANGUAGES``.
        values: what the template shows.
    """
    html = renderer.render(template, language, values)
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return LetterWords(" ".join(reader.subject.split()), reader.text(), html)


class _Reader(HTMLParser):
    """Reads a letter's HTML as plain text: a line a row, an empty line between paragraphs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.subject = ""
        self._lines: list[str] = [""]
        self._unseen: list[str] = []
        self._target = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line where one begins on the page."""
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag in _BLOCKS:
            self._lines += ["", ""]
        elif tag in {"tr", "br"}:
            self._lines.append("")
        elif tag == "li":
            self._lines.append("- ")
        elif tag == "a":
            self._target = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        """End a line where one ends on the page; a link's address follows its words."""
        if tag in _UNSEEN and tag in self._unseen:
            self._unseen.remove(tag)
        elif tag in _BLOCKS:
            self._lines += ["", ""]
        elif tag in {"th", "td"}:
            self._lines[-1] += "  "
        elif tag == "a" and self._target:
            if self._target not in self._lines[-1]:
                self._lines[-1] += f" {self._target}"
            self._target = ""

    def handle_data(self, data: str) -> None:
        """Take up words, runs of white space as one space."""
        if "title" in self._unseen:
            self.subject += data
        elif not self._unseen:
            words = " ".join(data.split())
            before = " " if data[:1].isspace() and self._lines[-1].strip(" -") else ""
            after = " " if words and data[-1:].isspace() else ""
            self._lines[-1] += before + words + after if words else ""

    def text(self) -> str:
        """Return what was read, never two empty lines together, with one line end at the end."""
        kept: list[str] = []
        for line in (line.rstrip() for line in self._lines):
            if line.strip(" -") or (kept and kept[-1]):
                kept.append(line if line.strip(" -") else "")
        return "\n".join(kept).strip() + "\n"
