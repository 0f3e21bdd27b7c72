"""What an administrator types about the street, read and checked: departments, committees. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile

from server.domain.addresses import parse_email
from server.domain.errors import DomainError
from server.domain.places import Committee, Department, Person, Post
from server.i18n.catalogue import LANGUAGES
from server.street.cells import clean, fault_of, tidy

MOST_NUMBER = 999
PARKED = 1000
"""A retired committee whose number went to another has this and its id as its number."""
BLANK_ROWS = 2
POSTS = tuple(Post)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One row of a committee's form as typed; ``id`` is 0 for somebody who is to be added."""

    id: int = 0
    name: str = ""
    post: str = ""
    line: str = ""
    leaves: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into a row for somebody new."""
        return not self.id and not self.name and not self.post and not self.line


@dataclass(frozen=True, slots=True)
class CommitteeForm:
    """A committee with its venue and people as typed; ``version`` is the one that was changed."""

    number: str = ""
    name: str = ""
    venue: str = ""
    people: tuple[PersonLine, ...] = ()
    version: int = 0
    email: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class CommitteeWords:
    """What is to hold of a committee: ``people`` with id 0 are new, others stay as they are."""

    number: int
    name: str
    venue: str
    people: tuple[Person, ...] = ()
    email: str = ""
    language: str = ""


def in_order(people: Sequence[Person]) -> list[Person]:
    """Return people by post, secretary first, those who have left the post at the end."""
    return sorted(people, key=lambda p: (p.retired, POSTS.index(p.post), p.id))


def form_of(committee: Committee, venue: str, people: Sequence[Person]) -> CommitteeForm:
    """Return the form of a committee as it stands, with blank rows for new people.

    Args:
        committee: which one.
        venue: what its venue is called.
        people: everybody who has or had a post in it.
    """
    lines = [PersonLine(p.id, p.name, str(p.post), p.line, p.retired) for p in in_order(people)]
    return CommitteeForm(
        number=str(committee.number) if committee.number <= MOST_NUMBER else "",
        name=committee.name,
        venue=venue,
        people=(*lines, *[PersonLine()] * BLANK_ROWS),
        version=committee.version,
        email=committee.email,
        language=committee.language,
    )


def read_form(values: Mapping[str, str]) -> CommitteeForm:
    """Return a committee's form as it was sent; rows are counted from 0 without a gap.

    Args:
        values: fields by name: ``number``, ``name``, ``venue``, ``email``, ``language``,
            ``version``, and for each row ``person_0``, ``name_0``, ``post_0``, ``line_0``,
            ``leaves_0``.
    """
    people = []
    for row in takewhile(lambda row: f"name_{row}" in values, count()):
        people.append(
            PersonLine(
                id=read_number(values.get(f"person_{row}", "")) or 0,
                name=tidy(values[f"name_{row}"]),
                post=values.get(f"post_{row}", ""),
                line=tidy(values.get(f"line_{row}", "")),
                leaves=f"leaves_{row}" in values,
            )
        )
    return CommitteeForm(
        number=clean(values.get("number", "")),
        name=tidy(values.get("name", "")),
        venue=tidy(values.get("venue", "")),
        people=tuple(people),
        version=read_number(values.get("version", "")) or 0,
        email=values.get("email", "").strip(),
        language=values["language"] if values.get("language") in LANGUAGES else "",
    )


def read_number(text: str) -> int | None:
    """Return a whole number from 1 to 9 digits, or None."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def word_fault(text: str, *, needed: bool = True) -> DomainError | None:
    """Return what is wrong with a typed word, or None."""
    if not text:
        return DomainError("field_missing") if needed else None
    fault = fault_of(text)
    return DomainError(f"field_{fault}") if fault else None


def check_form(
    form: CommitteeForm, committee_id: int
) -> tuple[CommitteeWords, dict[str, DomainError]]:
    """Return what a form means, and field → refusal; use the former only without the latter.

    An empty name of the venue means the committee's.
    """
    errors: dict[str, DomainError] = {}
    number = read_number(form.number) or 0
    if not 1 <= number <= MOST_NUMBER:
        errors["number"] = DomainError("number_bad", most=MOST_NUMBER)
    for field, text, needed in (("name", form.name, True), ("venue", form.venue, False)):
        if fault := word_fault(text, needed=needed):
            errors[field] = fault
    try:
        parse_email(form.email)
    except DomainError as error:
        errors["email"] = error
    people: list[Person] = []
    for row, line in enumerate(form.people):
        if line.is_blank:
            continue
        person, wrong = _read_line(line, committee_id)
        errors |= {f"{field}_{row}": error for field, error in wrong.items()}
        if person is not None and not person.retired and _has(people, person):
            errors[f"name_{row}"] = DomainError("person_twice", name=person.name)
        elif person is not None:
            people.append(person)
    venue = form.venue or form.name
    return CommitteeWords(
        number, form.name, venue, tuple(people), form.email, form.language
    ), errors


def _has(people: Sequence[Person], person: Person) -> bool:
    return any((p.name, p.post) == (person.name, person.post) and not p.retired for p in people)


def _read_line(line: PersonLine, committee_id: int) -> tuple[Person | None, dict[str, DomainError]]:
    errors: dict[str, DomainError] = {}
    if fault := word_fault(line.name):
        errors["name"] = fault
    if line.post not in POSTS:
        errors["post"] = DomainError("field_missing")
    if fault := word_fault(line.line, needed=False):
        errors["line"] = fault
    if errors:
        return None, errors
    person = Person(line.id, committee_id, line.name, Post(line.post), line.line, line.leaves)
    return person, errors


def named_alike(
    name: str, others: Sequence[Department] | Sequence[Committee], own_id: int
) -> DomainError | None:
    """Return the refusal of a name that another department or committee has, or None."""
    other = next((o for o in others if o.name == name and o.id != own_id), None)
    if other is None:
        return None
    if other.retired:
        return DomainError("name_of_retired", name=name)
    return DomainError("name_taken", name=name)
