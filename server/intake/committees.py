"""What a table of committees with their people and venues would change. Pure.

A committee is known by its name, a person by name and post within it. What stands in the table is
entered, changed or brought back; what does not stand in it stays as it is: taking away is done by
hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from server.domain.errors import DomainError
from server.domain.places import Committee, Person
from server.intake.model import Change, Plan, Said, Sign
from server.street.committee_table import ReadCommittee, ReadPerson, Sheet, read_committees
from server.street.desk import MOST_NUMBER, CommitteeWords


@dataclass(frozen=True, slots=True)
class Street:
    """The committees of the street with everybody who has or had a post, and names of venues."""

    committees: Sequence[Committee]
    people: Mapping[int, Sequence[Person]]
    venues: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Step:
    """A committee to be entered (``committee`` None) or changed; ``back`` brings it back first."""

    committee: Committee | None
    words: CommitteeWords
    back: bool = False


def plan_committees(text: str, street: Street) -> Plan[tuple[Step, ...]]:
    """Return what a table would change.

    Args:
        text: the table, as ``committee_table`` reads it.
        street: what there is.
    """
    sheet = read_committees(text)
    if sheet.errors:
        return Plan((), errors=sheet.errors)
    steps, changes, errors = [], [], list[DomainError]()
    numbers = _numbers(sheet, street)
    for told in sheet.committees:
        number = numbers[told.name]
        if wrong := _taken(told, number, street):
            errors.append(wrong)
            continue
        step, words = _step(told, number, street)
        if step.committee is None or step.back or words:
            sign = Sign.NEW if step.committee is None else Sign.BACK if step.back else Sign.CHANGED
            steps.append(step)
            changes.append(Change(sign, f"{number:02d} {told.name}", words))
    same = len(sheet.committees) - len(changes) - len(errors)
    return Plan(tuple(steps), tuple(changes), same, tuple(errors))


def _numbers(sheet: Sheet, street: Street) -> dict[str, int]:
    """Return the number of each committee of the table; without a column, as it has been."""
    if sheet.numbered:
        return {told.name: told.number for told in sheet.committees}
    known = {c.name: c.number for c in street.committees if c.number <= MOST_NUMBER}
    free = max(known.values(), default=0)
    numbers = {}
    for told in sheet.committees:
        free += told.name not in known
        numbers[told.name] = known.get(told.name, free)
    return numbers


def _taken(told: ReadCommittee, number: int, street: Street) -> DomainError | None:
    for other in street.committees:
        if other.number == number and other.name != told.name and not other.retired:
            return DomainError(
                "row_number_held",
                row=told.row,
                number=number,
                committee=told.name,
                other=other.name,
            )
    return None


def _step(told: ReadCommittee, number: int, street: Street) -> tuple[Step, tuple[Said, ...]]:
    known = next((c for c in street.committees if c.name == told.name), None)
    if known is None:
        people = tuple(_new(person, 0) for person in told.people)
        words = CommitteeWords(number, told.name, told.venue or told.name, people, told.email)
        return Step(None, words), (Said("people", {"count": len(people)}),)
    venue = street.venues[known.id]
    people, said = _people(told.people, known.id, street.people.get(known.id, ()))
    words = CommitteeWords(
        number, known.name, told.venue or venue, people, told.email or known.email, known.language
    )
    if number != known.number and not known.retired:
        said = [Said("number", {"old": known.number, "new": number}), *said]
    if words.venue != venue:
        said.append(Said("venue", {"old": venue, "new": words.venue}))
    if words.email != known.email:
        said.append(Said("email", {"new": words.email}))
    return Step(known, words, known.retired), tuple(said)


def _new(person: ReadPerson, committee_id: int) -> Person:
    return Person(0, committee_id, person.name, person.post, person.line)


def _people(
    told: Iterable[ReadPerson], committee_id: int, known: Sequence[Person]
) -> tuple[tuple[Person, ...], list[Said]]:
    """Return who is to be entered, changed or brought back, and the words for it."""
    wanted: list[Person] = []
    said: dict[str, list[str]] = {}
    for person in told:
        same = [k for k in known if (k.name, k.post) == (person.name, person.post)]
        old = next(iter(sorted(same, key=lambda k: k.retired)), None)
        now = _new(person, committee_id)
        if old is not None:
            now = replace(old, line=person.line or old.line, retired=False)
        if now == old:
            continue
        wanted.append(now)
        code = "added" if old is None else "returned" if old.retired else "line"
        said.setdefault(code, []).append(person.name)
    return tuple(wanted), [Said(code, {"names": "、".join(names)}) for code, names in said.items()]
