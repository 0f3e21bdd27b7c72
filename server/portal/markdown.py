"""Turns the subset of Markdown that our guides are written in into HTML. Pure.

Headings, paragraphs, lists (nested too), tables, indented code, bold, code and links, as in
CommonMark 0.31. Everything else is text, and all text is escaped: no markup of a file gets through.
"""

import re
from collections.abc import Callable
from html import escape

Link = Callable[[str], str | None]
"""Turns the target of a link into an address; None leaves the words of the link without one."""

_HEADING = re.compile(r"(#{1,4}) +(.+)")
_ITEM = re.compile(r"(- |\d+\. )")
_CODE = re.compile(r" {4}")
_ROW = re.compile(r"\|")
_INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\[([^\]]+)\]\(([^()\s]+)\)")


def render_markdown(text: str, link: Link) -> str:
    """Return a file as HTML: blocks one after the other, without anything around them.

    Args:
        text: the Markdown text.
        link: turns targets of links into addresses.
    """
    return _blocks(text.splitlines(), link)


def _blocks(lines: list[str], link: Link) -> str:
    made: list[str] = []
    while lines:
        if not lines[0].strip():
            lines = lines[1:]
            continue
        count, html = _block(lines, link)
        made.append(html)
        lines = lines[count:]
    return "\n".join(made)


def _block(lines: list[str], link: Link) -> tuple[int, str]:
    """Return how many lines the first block has, and its HTML."""
    first = lines[0]
    if heading := _HEADING.match(first):
        level = len(heading[1])
        return 1, f"<h{level}>{_inline(heading[2].strip(), link)}</h{level}>"
    if _CODE.match(first):
        count = _run(lines, lambda line: not line.strip() or bool(_CODE.match(line)))
        code = "\n".join(line[4:] for line in lines[:count]).rstrip()
        return count, f"<pre><code>{escape(code)}</code></pre>"
    if _ROW.match(first):
        count = _run(lines, lambda line: bool(_ROW.match(line)))
        return count, _table(lines[:count], link)
    if item := _ITEM.match(first):
        return _list(lines, item[1], link)
    count = 1 + _run(lines[1:], lambda line: bool(line.strip()) and not _interrupts(line))
    return count, f"<p>{_inline(_joined(lines[:count]), link)}</p>"


def _interrupts(line: str) -> bool:
    return any(pattern.match(line) for pattern in (_HEADING, _ROW, _ITEM))


def _run(lines: list[str], belongs: Callable[[str], bool]) -> int:
    return next((n for n, line in enumerate(lines) if not belongs(line)), len(lines))


def _joined(lines: list[str]) -> str:
    """Join the lines of a paragraph; between two Chinese letters there is no space."""
    text = lines[0].strip()
    for line in map(str.strip, lines[1:]):
        is_western = text[-1:].isascii() or line[:1].isascii()
        text += f" {line}" if is_western else line
    return text


def _list(lines: list[str], marker: str, link: Link) -> tuple[int, str]:
    """Return a list that begins with ``marker``; lines indented below an item belong to it."""
    tag = "ul" if marker == "- " else "ol"
    own = re.compile(r"- " if tag == "ul" else r"\d+\. ")
    items: list[list[str]] = []
    width, count = 0, len(lines)
    for number, line in enumerate(lines):
        if found := own.match(line):
            width = found.end()
            items.append([line[width:]])
        elif not line.strip():
            items[-1].append("")
        elif line.startswith(" " * width):
            items[-1].append(line[width:])
        else:
            count = number
            break
    inside = "".join(f"<li>{_item(item, link)}</li>" for item in items)
    return count, f"<{tag}>{inside}</{tag}>"


def _item(lines: list[str], link: Link) -> str:
    """Return the inside of an item: words alone where there is one paragraph, else blocks."""
    html = _blocks(lines, link)
    words = html.removeprefix("<p>").removesuffix("</p>")
    return (
        words if html.startswith("<p>") and html.endswith("</p>") and "<p>" not in words else html
    )


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def _table(rows: list[str], link: Link) -> str:
    """Return a table; its second row, of dashes, only says that the first one is its head."""
    head = "".join(f'<th scope="col">{_inline(cell, link)}</th>' for cell in _cells(rows[0]))
    body = "".join(
        "<tr>" + "".join(f"<td>{_inline(cell, link)}</td>" for cell in _cells(row)) + "</tr>"
        for row in rows[2:]
    )
    table = f'<table class="tbl"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="tbl-wrap" tabindex="0">{table}</div>'


def _inline(text: str, link: Link) -> str:
    made, end = [], 0
    for found in _INLINE.finditer(text):
        made.append(escape(text[end : found.start()]))
        code, bold, words, target = found.groups()
        if code is not None:
            made.append(f"<code>{escape(code)}</code>")
        elif bold is not None:
            made.append(f"<strong>{_inline(bold, link)}</strong>")
        else:
            address = link(target)
            inside = _inline(words, link)
            made.append(f'<a href="{escape(address)}">{inside}</a>' if address else inside)
        end = found.end()
    return "".join([*made, escape(text[end:])])
