"""What there is of recordings: how long, how large, sealed or not. It only reads."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from server.domain.clock import from_unix_ms
from server.recording import shelf
from server.recording.film import PROGRAMME, Film, films_of
from server.recording.manifest import MANIFEST, read_manifest
from server.recording.reel import load_reel

_GONE = ".gone"


@dataclass(frozen=True, slots=True)
class Held:
    """A recording that lies there.

    ``octets`` is what was recorded, films not counted; an ``is_empty`` one holds nothing.
    """

    session: int
    folder: Path
    begun_us: int
    length_us: int
    octets: int
    is_sealed: bool

    @property
    def begun(self) -> datetime:
        """When it began, in UTC."""
        return from_unix_ms(self.begun_us // 1000)

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return timedelta(microseconds=self.length_us)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was recorded."""
        return self.length_us == 0

    @property
    def film(self) -> Path:
        """Where the film of the programme lies, once it is made."""
        return self.path_of(PROGRAMME)

    @property
    def banners(self) -> Path:
        """Where its captions lie, where there are any."""
        return self.film.with_suffix(".vtt")

    def path_of(self, film: Film) -> Path:
        """Return where a film lies, once it is made."""
        return self.folder / shelf.FILMS / f"{film.name}.webm"


class Holdings:
    """The recordings below one folder; what is sealed is read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sealed: dict[Path, Held] = {}
        self._films: dict[Path, tuple[Film, ...]] = {}

    def all(self) -> dict[int, Held]:
        """Return what there is, by session."""
        return {int(folder.name): self._look(folder) for folder in shelf.find(self._root)}

    def of(self, session: int) -> Held | None:
        """Return the recording of a session, None when it has none."""
        folder = shelf.of_session(self._root, session)
        return None if folder is None else self._look(folder)

    def films(self, held: Held) -> tuple[Film, ...]:
        """Return the films that a sealed recording can have."""
        if held.folder not in self._films:
            self._films[held.folder] = tuple(films_of(load_reel(held.folder).sources()))
        return self._films[held.folder]

    def remove(self, held: Held) -> None:
        """Delete a recording: gone at once for all who look, whatever happens meanwhile."""
        away = held.folder.with_name(f".{held.folder.name}{_GONE}")
        held.folder.rename(away)
        self._sealed.pop(held.folder, None)
        self._films.pop(held.folder, None)
        shutil.rmtree(away)

    def clear(self) -> None:
        """Delete what is left of recordings whose removal was broken off."""
        for away in self._root.glob(f"[0-9]*/[0-9]*/.*{_GONE}"):
            shutil.rmtree(away)

    def _look(self, folder: Path) -> Held:
        if folder not in self._sealed:
            held = _sealed(folder) or _unsealed(folder)
            if not held.is_sealed:
                return held
            self._sealed[folder] = held
        return self._sealed[folder]


def size_of_films(held: Held) -> int:
    """Return how many octets the films of a recording take."""
    films = held.film.parent
    return sum(path.stat().st_size for path in films.iterdir()) if films.is_dir() else 0


def _sealed(folder: Path) -> Held | None:
    try:
        manifest = read_manifest((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    octets = sum(file.octets for file in manifest.files)
    length = manifest.until_us - manifest.begun_us
    return Held(int(folder.name), folder, manifest.begun_us, length, octets, is_sealed=True)


def _unsealed(folder: Path) -> Held:
    reel = load_reel(folder)
    until = max((done.until_us for done in reel.done.values()), default=reel.begun_us)
    octets = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    length = until - reel.begun_us
    return Held(int(folder.name), folder, reel.begun_us, length, octets, is_sealed=False)
