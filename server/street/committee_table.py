"""The table of committees with their people, as a new street pastes it: what its rows say. Pure.

Whatever is wrong comes back as a list of refusals, each with its row, so that a person can mend all
of it at once.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.addresses import parse_email
from server.domain.errors import DomainError
from server.domain.places import Post
from server.street.cells import fault_of, read_rows

MOST_COMMITTEES = 300
_MOST_NUMBER = 999

COLUMNS = ("number", "committee", "name", "post", "line")
"""The columns of the table in their order when it has no head."""
_NAMED = ("venue", "email")
"""Columns that a table has only when its head names them."""
_NEEDED = ("committee", "name", "post")
_HEADS = {
    "number": ("编号", "序号", "号", "number", "no", "no.", "#"),
    "committee": ("居委会", "居委", "居民区", "社区", "单位", "committee"),
    "name": ("姓名", "名字", "name"),
    "post": ("岗位", "职务", "职位", "post", "position", "title"),
    "line": ("条线", "分管条线", "工作条线", "分管", "line", "line of work"),
    "venue": ("会场", "会场名称", "分会场", "venue"),
    "email": ("电子邮件", "邮箱", "电子邮箱", "e-mail", "email", "mail"),
}
_POSTS = {
    Post.SECRETARY: ("书记", "党总支书记", "党支部书记", "党委书记", "居民区书记"),
    Post.DIRECTOR: ("主任", "居委会主任", "居委主任"),
    Post.DEPUTY: ("副职", "副书记", "副主任", "党总支副书记", "居委会副主任"),
    Post.SOCIAL_WORKER: ("社工", "条线社工", "社区工作者", "委员", "条线干部"),
}
_ENGLISH_POSTS = {
    "secretary": Post.SECRETARY,
    "party secretary": Post.SECRETARY,
    "director": Post.DIRECTOR,
    "deputy": Post.DEPUTY,
    "deputy director": Post.DEPUTY,
    "social worker": Post.SOCIAL_WORKER,
}
_POST_OF = {word: post for post, words in _POSTS.items() for word in words} | _ENGLISH_POSTS
_COLUMN_OF = {word: column for column, words in _HEADS.items() for word in words}
_LINE_WORKER = re.compile(r"(.+?)(?:条线)?社工\Z")
_TWO_POSTS = re.compile(r"兼|、|/|，|,|;|；|\+|和|及")
_NOTHING = frozenset({"-", "－", "—", "——", "/", "无"})


@dataclass(frozen=True, slots=True)
class ReadPerson:
    """One row of the table: somebody with a post."""

    name: str
    post: Post
    line: str


@dataclass(frozen=True, slots=True)
class ReadCommittee:
    """A committee of the table with its people in the order of rows; ``row`` is its first one."""

    number: int
    name: str
    people: tuple[ReadPerson, ...]
    email: str = ""
    venue: str = ""
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a table says: committees by number, and what is wrong with it in the order of rows.

    Refusals about a row carry ``row``, counted from 1 as a spreadsheet counts, head and empty rows
    included. ``numbered``: the table has a column of numbers, they are not only the order of rows.
    """

    committees: tuple[ReadCommittee, ...]
    errors: tuple[DomainError, ...]
    numbered: bool = field(default=True, compare=False)

    @property
    def people_count(self) -> int:
        """How many people there are in all committees."""
        return sum(len(committee.people) for committee in self.committees)


def read_head(cells: Sequence[str]) -> dict[str, int] | None:
    """Return column → place when the row is a head (it names two columns or more), else None."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        column = _COLUMN_OF.get(unicodedata.normalize("NFKC", cell).lower())
        if column is not None:
            found.setdefault(column, place)
    return found if len(found) >= 2 else None


def read_post(text: str, line: str) -> tuple[Post, str] | None:
    """Return post and line of work for a cell, or None for a word that is no post.

    ``综治社工`` is a social worker of the line 综治 when no line is given.
    """
    post = _POST_OF.get(unicodedata.normalize("NFKC", text).lower())
    if post is not None:
        return post, line
    worker = _LINE_WORKER.fullmatch(text)
    return (Post.SOCIAL_WORKER, line or worker[1]) if worker else None


class _Table:
    """Collects committees and refusals row by row."""

    def __init__(self, *, numbered: bool) -> None:
        self.errors: list[DomainError] = []
        self.people: dict[int, list[ReadPerson]] = {}
        self.names: dict[int, str] = {}
        self.emails: dict[int, str] = {}
        self.venues: dict[int, str] = {}
        self.first_rows: dict[int, int] = {}
        self._numbers: dict[str, int] = {}
        self._rows: dict[tuple[int, str, Post], int] = {}
        self._numbered = numbered
        self._last: int | None = None

    def add(self, row: int, cells: Mapping[str, str]) -> None:
        """Take one row in, or note what is wrong with it."""
        for text in (cells[column] for column in (*COLUMNS, "venue")):
            if fault := fault_of(text):
                params = {"text": text[:12]} if fault != "broken" else {}
                self.errors.append(DomainError(f"row_{fault}", row=row, **params))
                return
        number = self._committee(row, cells["number"], cells["committee"])
        if number is None:
            return
        self.first_rows.setdefault(number, row)
        if cells["email"]:
            self._email(row, number, cells["email"])
        if cells["venue"]:
            self._venue(row, number, cells["venue"])
        if cells["name"] or cells["post"]:
            self._person(row, number, cells)

    def _refuse(self, code: str, row: int, **params: str | int) -> None:
        self.errors.append(DomainError(code, row=row, **params))

    def _committee(self, row: int, typed: str, name: str) -> int | None:
        """Return the number of the row's committee, entering a new one; None when refused."""
        if not name:
            if not typed and self._last is not None:
                return self._last
            self._refuse("row_no_committee", row)
            return None
        self._last = None
        number = self._number(row, typed, name)
        if number is None:
            return None
        if self.names.get(number, name) != name:
            other = self.names[number]
            self._refuse("row_number_taken", row, number=number, committee=name, other=other)
            return None
        known = self._numbers.setdefault(name, number)
        if known != number:
            self._refuse("row_renumbered", row, committee=name, number=number, other=known)
            return None
        self.names[number] = name
        self.people.setdefault(number, [])
        self._last = number
        return number

    def _number(self, row: int, typed: str, name: str) -> int | None:
        if not typed:
            if name in self._numbers:
                return self._numbers[name]
            if not self._numbered:
                return len(self._numbers) + 1
            self._refuse("row_no_number", row, committee=name)
            return None
        digits = unicodedata.normalize("NFKC", typed).removesuffix(".0")
        if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:9]) <= _MOST_NUMBER):
            self._refuse("row_bad_number", row, text=typed, most=_MOST_NUMBER)
            return None
        return int(digits)

    def _email(self, row: int, number: int, typed: str) -> None:
        try:
            email = parse_email(typed)
        except DomainError:
            self._refuse("row_bad_email", row, text=typed[:40])
            return
        known = self.emails.setdefault(number, email)
        if known != email:
            self._refuse("row_other_email", row, committee=self.names[number], other=known)

    def _venue(self, row: int, number: int, name: str) -> None:
        known = self.venues.setdefault(number, name)
        if known != name:
            self._refuse("row_other_venue", row, committee=self.names[number], other=known)

    def _person(self, row: int, number: int, cells: Mapping[str, str]) -> None:
        name, typed = cells["name"], cells["post"]
        if not name:
            self._refuse("row_no_name", row, post=typed)
            return
        if not typed:
            self._refuse("row_no_post", row, name=name)
            return
        found = read_post(typed, cells["line"])
        if found is None:
            code = "row_two_posts" if _TWO_POSTS.search(typed) else "row_unknown_post"
            self._refuse(code, row, name=name, post=typed)
            return
        post, line = found
        before = self._rows.setdefault((number, name, post), row)
        if before != row:
            self._refuse("row_repeated", row, name=name, other=before)
            return
        self.people[number].append(ReadPerson(name, post, line))


def _cell(cells: Sequence[str], place: int | None) -> str:
    """Return a cell of a row that may be short; a dash in it stands for nothing."""
    text = cells[place] if place is not None and place < len(cells) else ""
    return "" if text in _NOTHING else text


def _missing_columns(head: Mapping[str, int]) -> list[DomainError]:
    refusals = {
        "committee": DomainError("sheet_no_committee_column"),
        "name": DomainError("sheet_no_name_column"),
        "post": DomainError("sheet_no_post_column"),
    }
    return [refusals[column] for column in _NEEDED if column not in head]


def read_committees(text: str) -> Sheet:
    """Read the table of committees with posts, pasted from a spreadsheet or from a CSV file.

    Columns are number, committee, name, post, line of work, in that order, or as a head names
    them. A head may name the committee's venue and e-mail address too, to be given in any of its
    rows; what it names otherwise is not looked at. Empty number and committee mean those of the row
    above (a merged cell). Without a column of numbers the order of rows numbers them.

    Returns:
        The committees with everything that could be read, and all refusals: see ``Sheet``. Enter
        them only when there are none.
    """
    try:
        rows = read_rows(text)
    except DomainError as error:
        return Sheet((), (error,))
    head = read_head(rows[0][1]) if rows else None
    if head is not None:
        rows = rows[1:]
        if missing := _missing_columns(head):
            return Sheet((), tuple(missing))
    if not rows:
        return Sheet((), (DomainError("sheet_empty"),))
    places = head or {column: place for place, column in enumerate(COLUMNS)}
    table = _Table(numbered="number" in places)
    for row, cells in rows:
        table.add(row, {c: _cell(cells, places.get(c)) for c in (*COLUMNS, *_NAMED)})
    if len(table.names) > MOST_COMMITTEES:
        table.errors.append(DomainError("sheet_too_many_committees", most=MOST_COMMITTEES))
    committees = (
        ReadCommittee(
            number,
            table.names[number],
            tuple(table.people[number]),
            email=table.emails.get(number, ""),
            venue=table.venues.get(number, ""),
            row=table.first_rows[number],
        )
        for number in sorted(table.names)
    )
    return Sheet(tuple(committees), tuple(table.errors), numbered="number" in places)
