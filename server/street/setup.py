"""What a new street tells the system, and how it is read: typed fields and pasted tables. Pure.

Whatever is wrong comes back as a list of refusals, each with its row, so that a person can mend all
of it at once; nothing is entered before nothing is wrong.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from server.auth.model import check_account_name
from server.domain.errors import DomainError
from server.domain.places import Post

MOST_ROWS = 5000
MOST_COMMITTEES = 300
MOST_DEPARTMENTS = 60
MOST_LETTERS = 40
_MOST_NUMBER = 999
_FORMULA = tuple("=+-@＝＋－＠")
"""What a spreadsheet takes for the start of a formula, full-width forms too."""

COLUMNS = ("number", "committee", "name", "post", "line")
"""The columns of the table in their order when it has no head."""
_NEEDED = ("committee", "name", "post")
_HEADS = {
    "number": ("编号", "序号", "号", "number", "no", "no.", "#"),
    "committee": ("居委会", "居委", "居民区", "社区", "单位", "committee"),
    "name": ("姓名", "名字", "name"),
    "post": ("岗位", "职务", "职位", "post", "position", "title"),
    "line": ("条线", "分管条线", "工作条线", "分管", "line", "line of work"),
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
_BETWEEN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])[ \u3000\u00a0]+(?=[\u4e00-\u9fff])")
_NOTHING = frozenset({"-", "－", "—", "——", "/", "无"})


class Step(StrEnum):
    """The steps of the wizard in their order; each is the last word of its address."""

    STREET = "street"
    DEPARTMENTS = "departments"
    STANDING = "standing"
    COMMITTEES = "committees"
    ACCOUNTS = "accounts"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """An account to be: its password is kept as a hash from the first moment."""

    name: str = ""
    shown: str = ""
    password_hash: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything the wizard was told so far, as it was typed.

    ``departments`` and ``committees`` are texts of lines; ``exempt`` are names among the former,
    chosen once ``exempt_chosen`` is set.
    """

    name: str = ""
    phone: str = ""
    hall: str = ""
    departments: str = ""
    exempt: tuple[str, ...] = ()
    exempt_chosen: bool = False
    committees: str = ""
    admin: AccountDraft = field(default_factory=AccountDraft)
    office: AccountDraft = field(default_factory=AccountDraft)


@dataclass(frozen=True, slots=True)
class ReadPerson:
    """One row of the table: somebody with a post."""

    name: str
    post: Post
    line: str


@dataclass(frozen=True, slots=True)
class ReadCommittee:
    """A committee of the table with its people in the order of rows."""

    number: int
    name: str
    people: tuple[ReadPerson, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a table says: committees by number, and what is wrong with it in the order of rows.

    Refusals about a row carry ``row``, counted from 1 as a spreadsheet counts, head and empty rows
    included.
    """

    committees: tuple[ReadCommittee, ...]
    errors: tuple[DomainError, ...]

    @property
    def people_count(self) -> int:
        """How many people there are in all committees."""
        return sum(len(committee.people) for committee in self.committees)


def decode_upload(content: bytes) -> str:
    """Return the text of an uploaded CSV file: UTF-8 or UTF-16 by its mark, UTF-8, else GB18030.

    Raises:
        DomainError: ``file_is_workbook`` for a workbook, ``file_not_text`` for anything else.
    """
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DomainError("file_is_workbook")
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encodings = [marks[content[:2]]] if content[:2] in marks else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in text):
            return text
    raise DomainError("file_not_text")


def clean(text: str) -> str:
    """Return typed words without outer space and invisible marks."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf").strip()


def tidy(text: str) -> str:
    """Return a pasted cell cleaned, and without the gaps that widen two-character names."""
    return _BETWEEN_CHINESE.sub("", clean(text))


def fault_of(text: str) -> str:
    """Return what is wrong with a tidied piece of text, the end of a code; empty when nothing is.

    ``formula``: a spreadsheet would run it. ``broken``: it holds a line break or a control
    character. ``long``: it has more than 40 characters.
    """
    if text.startswith(_FORMULA):
        return "formula"
    if any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Zl", "Zp"} for c in text):
        return "broken"
    return "long" if len(text) > MOST_LETTERS else ""


def _delimiter(text: str) -> str:
    first = next((line for line in text.split("\n") if line.strip()), "")
    return max("\t,;，", key=lambda mark: (mark == "\t" and mark in first, first.count(mark)))


def read_rows(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows of pasted text with their line numbers; empty rows are left out.

    Cells are separated by tabs when the first row has one, else by the commonest of comma,
    semicolon and Chinese comma; a quoted cell may hold anything.

    Raises:
        DomainError: ``sheet_too_long``, or ``row_broken`` where a quote is never closed.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if plain.strip("\n").count("\n") >= MOST_ROWS:
        raise DomainError("sheet_too_long", most=MOST_ROWS)
    reader = csv.reader(io.StringIO(plain, newline=""), delimiter=_delimiter(plain))
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            tidied = [tidy(cell) for cell in cells]
            if any(tidied):
                rows.append((start, tidied))
            start = reader.line_num + 1
    except csv.Error:
        raise DomainError("row_broken", row=start) from None
    return rows


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
        self._numbers: dict[str, int] = {}
        self._rows: dict[tuple[int, str, Post], int] = {}
        self._numbered = numbered
        self._last: int | None = None

    def add(self, row: int, cells: Mapping[str, str]) -> None:
        """Take one row in, or note what is wrong with it."""
        for text in cells.values():
            if fault := fault_of(text):
                params = {"text": text[:12]} if fault != "broken" else {}
                self.errors.append(DomainError(f"row_{fault}", row=row, **params))
                return
        number = self._committee(row, cells["number"], cells["committee"])
        if number is not None and (cells["name"] or cells["post"]):
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

    Columns are number, committee, name, post, line of work, in that order, or as a head names them;
    columns that the head names otherwise are not looked at. Empty number and committee mean those
    of the row above (a merged cell). Without a column of numbers the order of rows numbers them.

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
        table.add(row, {column: _cell(cells, places.get(column)) for column in COLUMNS})
    if len(table.names) > MOST_COMMITTEES:
        table.errors.append(DomainError("sheet_too_many_committees", most=MOST_COMMITTEES))
    committees = (
        ReadCommittee(number, table.names[number], tuple(table.people[number]))
        for number in sorted(table.names)
    )
    return Sheet(tuple(committees), tuple(table.errors))


def read_departments(text: str) -> tuple[list[str], list[DomainError]]:
    """Return the departments, one a line, and what is wrong with which line."""
    names: dict[str, int] = {}
    errors: list[DomainError] = []
    for row, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        name = tidy(line)
        if not name:
            continue
        if fault := fault_of(name):
            params = {"text": name[:12]} if fault != "broken" else {}
            errors.append(DomainError(f"row_{fault}", row=row, **params))
        elif names.setdefault(name, row) != row:
            errors.append(DomainError("row_repeated", row=row, name=name, other=names[name]))
    if not names and not errors:
        errors.append(DomainError("departments_missing"))
    if len(names) > MOST_DEPARTMENTS:
        errors.append(DomainError("departments_too_many", most=MOST_DEPARTMENTS))
    return list(names), errors


def check_words(values: Mapping[str, str], needed: Iterable[str]) -> dict[str, DomainError]:
    """Return field → refusal for typed words that are missing or cannot be used."""
    errors: dict[str, DomainError] = {}
    for name in needed:
        text = values.get(name, "")
        if not text:
            errors[name] = DomainError("field_missing")
        elif fault := fault_of(text):
            errors[name] = DomainError(f"field_{fault}")
    return errors


def account_is_ready(told: AccountDraft) -> bool:
    """Tell whether an account's draft has all it needs."""
    try:
        check_account_name(told.name)
    except DomainError:
        return False
    return bool(told.password_hash) and bool(told.shown) and not fault_of(told.shown)


def first_open_step(draft: Draft) -> Step:
    """Return the first step that still wants something; ``REVIEW`` when all is told."""
    office = {"name": draft.name, "phone": draft.phone, "hall": draft.hall}
    if check_words(office, office):
        return Step.STREET
    if read_departments(draft.departments)[1]:
        return Step.DEPARTMENTS
    if not draft.exempt_chosen:
        return Step.STANDING
    if read_committees(draft.committees).errors:
        return Step.COMMITTEES
    accounts = (draft.admin, draft.office)
    if draft.admin.name == draft.office.name or not all(account_is_ready(a) for a in accounts):
        return Step.ACCOUNTS
    return Step.REVIEW
