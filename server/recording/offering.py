"""What a film is called and how far it is, in words of the viewer's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from server.i18n.catalogue import say
from server.i18n.numbers import size
from server.recording.export import FilmState, Progress
from server.recording.film import MOSAIC, PROGRAMME, Film

_WHOLE = {PROGRAMME: "film.programme", MOSAIC: "film.mosaic"}
_SAID = {
    FilmState.ABSENT: "state.film.absent",
    FilmState.MAKING: "state.film.making",
    FilmState.READY: "state.film.ready",
    FilmState.FAILED: "state.film.failed",
    FilmState.NOTHING: "state.film.nothing",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A film as a page offers it: its title, how far it is, and that in words."""

    film: Film
    title: str
    progress: Progress
    said: str


def offer(film: Film, progress: Progress, names: Mapping[int, str], language: str) -> Offer:
    """Return a film as it is offered; ``names`` are those of the venues by number."""
    return Offer(film, title_of(film, names, language), progress, said_of(progress, language))


def title_of(film: Film, names: Mapping[int, str], language: str) -> str:
    """Return what a film is called: ``全程``, ``05 杏雨里``."""
    if film in _WHOLE:
        return say(language, _WHOLE[film])
    venue = venue_title(film.number, names)
    return say(language, "film.screen", venue=venue) if film.is_screen else venue


def venue_title(number: int, names: Mapping[int, str]) -> str:
    """Return number and name of a branch venue, the name alone of the main one."""
    name = names.get(number, "")
    return name if not number and name else f"{number:02} {name}".rstrip()


def said_of(progress: Progress, language: str) -> str:
    """Return how far a film is, in words."""
    if progress.before:
        return say(language, "state.film.waiting", count=progress.before)
    code, large = _SAID[progress.state], size(progress.octets)
    return say(language, code, percent=progress.percent, size=large)


def missing(films: Iterable[Film], names: Mapping[int, str]) -> Sequence[str]:
    """Return the titles of the venues of which there is no film."""
    there = {film.number for film in films if film.source}
    return [venue_title(number, names) for number in names if number not in there]
