"""A table with a head as rows of named cells, and what kinds of table have in common. Pure."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from server.domain.errors import DomainError
from server.domain.places import Committee
from server.street.cells import MOST_LETTERS, fault_of, read_rows

Heads = Mapping[str, tuple[str, ...]]
"""Column → the words by which a head may name it, in small letters."""
COMMITTEE_HEADS = ("居委会", "居委", "居民区", "社区", "committee")
EVERYBODY = frozenset(
    {"全部", "所有", "所有居委会", "全部居委会", "各居委会", "all", "all committees"}
)
NOTHING = frozenset({"-", "－", "—", "——", "/", "无"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts, and its cells by column, empty where missing."""

    number: int
    cells: Mapping[str, str]


def folded(text: str) -> str:
    """Return a word for comparing: full-width forms and capitals make no difference."""
    return unicodedata.normalize("NFKC", text).lower().strip()


def read_table(
    text: str, heads: Heads, needed: Sequence[tuple[str, DomainError]]
) -> tuple[list[Row], list[DomainError]]:
    """Return the rows below the head, and what keeps the table from being read.

    Args:
        text: as pasted, or as a workbook was read.
        heads: the columns; what a head names otherwise is not looked at.
        needed: columns that must be there, each with its refusal.
    """
    try:
        rows = read_rows(text)
    except DomainError as error:
        return [], [error]
    if not rows:
        return [], [DomainError("table_empty")]
    names = {word: column for column, words in heads.items() for word in words}
    places: dict[str, int] = {}
    for place, cell in enumerate(rows[0][1]):
        if column := names.get(folded(cell)):
            places.setdefault(column, place)
    if missing := [error for column, error in needed if column not in places]:
        return [], missing
    found = [Row(number, _cells(cells, places, heads)) for number, cells in rows[1:]]
    return found, [] if found else [DomainError("table_empty")]


def _cells(
    cells: Sequence[str], places: Mapping[str, int], columns: Collection[str]
) -> dict[str, str]:
    named = {}
    for column in columns:
        place = places.get(column, len(cells))
        text = cells[place] if place < len(cells) else ""
        named[column] = "" if text in NOTHING else text
    return named


def row_fault(row: Row, column: str, most: int = MOST_LETTERS) -> DomainError | None:
    """Return what is wrong with a cell as text, or None."""
    fault = fault_of(row.cells[column], most)
    if not fault:
        return None
    if fault == "broken":
        return DomainError("row_broken", row=row.number)
    if fault == "long":
        return DomainError("row_longer", row=row.number, text=row.cells[column][:12], most=most)
    return DomainError(f"row_{fault}", row=row.number, text=row.cells[column][:12])


def whole(text: str, units: Collection[str] = ()) -> int | None:
    """Return a whole number of up to six digits, perhaps with a unit behind it, or None."""
    plain = folded(text)
    for unit in sorted(units, key=len, reverse=True):
        plain = plain.removesuffix(unit).strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 7 else None


def committee_named(text: str, committees: Collection[Committee]) -> Committee | None:
    """Return the serving committee of a name, with or without 居委会 behind it, or of a number."""
    serving = [committee for committee in committees if not committee.retired]
    short = text.removesuffix("居委会")
    for committee in serving:
        if committee.name in {text, short, f"{short}居委会"}:
            return committee
    number = whole(text, ("号",))
    return next((c for c in serving if c.number == number), None)
