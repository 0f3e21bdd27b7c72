"""What every part of the page is told from: one board in one language, looked up once. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from server.board.model import Places
from server.board.working import Board, changed_cells
from server.domain.session import Session
from server.i18n.catalogue import say
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Cell
from server.merging.search.draft import Draft
from server.merging.search.ground import survey
from server.merging.search.prices import draft_of


@dataclass(frozen=True, slots=True)
class Span:
    """The weeks that are shown, from a Monday on."""

    first: date
    weeks: int

    @property
    def last(self) -> date:
        """The last Sunday."""
        return self.first + timedelta(days=7 * self.weeks - 1)

    @property
    def days(self) -> list[date]:
        """Every day."""
        return [self.first + timedelta(days=n) for n in range(7 * self.weeks)]


def span_of(day: date, weeks: int) -> Span:
    """Return the weeks that begin with the ISO week of a day."""
    return Span(day - timedelta(days=day.weekday()), weeks)


class Sight:
    """A board with what is looked up in it, and the language it is told in."""

    def __init__(self, board: Board, language: str) -> None:
        self.board, self.language = board, language
        self.places: Places = board.places
        self.changed = changed_cells(board)
        self.sessions: dict[int, Session] = {s.id: s for s in board.ground.facts.situation.sessions}

    @cached_property
    def lookup(self) -> Lookup:
        """The instance with its look-ups."""
        return look_up(self.board.instance)

    @cached_property
    def draft(self) -> Draft:
        """The plan as a draft, which knows how full each session is."""
        return draft_of(survey(self.lookup), self.board.plan)

    @cached_property
    def spots(self) -> dict[Cell, int]:
        """The number of each cell in the draft."""
        return {spot.cell: number for number, spot in enumerate(self.draft.ground.spots)}

    def say(self, code: str, **params: str | int) -> str:
        """Return a sentence of the catalogue."""
        return say(self.language, code, **params)

    def joined(self, words: Iterable[str]) -> str:
        """Return a list of words as one."""
        return ("、" if self.language == "zh_CN" else ", ").join(words)
