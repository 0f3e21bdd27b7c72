"""The columns of each kind of table, and its rows as the street is now. Pure."""

from collections.abc import Callable, Collection, Sequence

from server.domain.places import Committee, Department, Post
from server.intake.committees import Street
from server.intake.model import Kind
from server.scheduler.quota_rules import OwnAmounts, QuotaRule
from server.street.desk import in_order

COLUMNS = {
    Kind.COMMITTEES: ("number", "committee", "name", "post", "line", "venue", "email"),
    Kind.DEPARTMENTS: ("department", "exempt"),
    Kind.QUOTAS: ("committee", "week", "month"),
    Kind.PAST: ("day", "title", "department", "minutes", "committee", "posts", "source"),
}
"""The columns by kind; their words are ``import_column.<column>``."""

Cell = str | int
Say = Callable[[str], str]
"""Returns the word of a code."""


def committee_rows(street: Street, say: Say) -> list[list[Cell]]:
    """Return a row for each person, and one for a committee that has none."""
    rows: list[list[Cell]] = []
    for committee in _serving(street.committees):
        head: list[Cell] = [committee.number, committee.name]
        tail: list[Cell] = [street.venues[committee.id], committee.email]
        people = [p for p in in_order(street.people.get(committee.id, ())) if not p.retired]
        rows += [[*head, p.name, say(f"post.{p.post}"), p.line, *tail] for p in people]
        if not people:
            rows.append([*head, "", "", "", *tail])
    return rows


def department_rows(departments: Sequence[Department], say: Say) -> list[list[Cell]]:
    """Return a row for each department."""
    return [[d.name, say("import_word.yes" if d.exempt else "import_word.no")] for d in departments]


def quota_rows(committees: Sequence[Committee], rule: QuotaRule, say: Say) -> list[list[Cell]]:
    """Return a row for all, and one for each committee with what it is granted of its own."""
    unlimited = say("import_word.unlimited")
    general: list[Cell] = [unlimited if n is None else n for n in (rule.week, rule.month)]
    rows: list[list[Cell]] = [[say("import_word.all"), *general]]
    for committee in _serving(committees):
        own = rule.own.get(committee.id, OwnAmounts())
        rows.append([committee.name, *("" if n is None else n for n in (own.week, own.month))])
    return rows


def choices_of(kind: Kind, say: Say) -> dict[int, list[str]]:
    """Return the words to choose from, by column counted from 0."""
    if kind is Kind.COMMITTEES:
        return {3: [say(f"post.{post}") for post in Post]}
    if kind is Kind.DEPARTMENTS:
        return {1: [say("import_word.yes"), say("import_word.no")]}
    return {}


def _serving(committees: Collection[Committee]) -> list[Committee]:
    return [committee for committee in committees if not committee.retired]
