"""``pinhui recording``: list what there is, repair what a kill left, make films of it."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from server.recording import shelf
from server.recording.film import MOSAIC, film_of, films_of, wish_of
from server.recording.manifest import MANIFEST, check, digest_of, read_manifest
from server.recording.reel import Reel, load_reel
from server.recording.repair import NoRecordingError, StillWrittenError, repair
from server.recording.shelf import FILMS
from server.recording.story import STORY, Story, read_story


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of the command."""
    parser.add_argument("--config", type=Path, help="TOML file with settings, as for serve")
    parser.add_argument("--data-dir", help="folder of the installation")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="say what is recorded, and how it stands")
    mend = actions.add_parser("repair", help="put in order what a kill left")
    mend.add_argument("sessions", nargs="*", type=int, metavar="SESSION", help="else all")
    prove = actions.add_parser("check", help="compare sealed recordings with their seals")
    prove.add_argument("sessions", nargs="*", type=int, metavar="SESSION", help="else all")
    cut = actions.add_parser("mux", help="make films of a recording")
    cut.add_argument("session", type=int, metavar="SESSION")
    cut.add_argument("--of", action="append", default=[], help="venue's number, 5c for its screen")
    cut.add_argument("--out", type=Path, help="folder of the films; else beside the recording")
    grid = actions.add_parser("mosaic", help="make one film with all pictures side by side")
    grid.add_argument("session", type=int, metavar="SESSION")
    grid.add_argument("--out", type=Path, help="folder of the film; else beside the recording")


def run(words: argparse.Namespace, root: Path) -> int:
    """Do what was asked with the recordings below ``root``; return the exit status."""
    actions: dict[str, Callable[[argparse.Namespace, Path], int]] = {
        "list": _list,
        "repair": _repair,
        "check": _check,
        "mux": _mux,
        "mosaic": _mosaic,
    }
    return actions[words.action](words, root)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _list(_words: argparse.Namespace, root: Path) -> int:
    for folder in shelf.find(root):
        _say(describe(shelf.look_at(folder)))
    return 0


def describe(one: shelf.Shelved) -> str:
    """Return a line on a recording: session, size, length, venues, gaps, whether it is sealed."""
    reel = one.reel
    until = max((done.until_us for done in reel.done.values()), default=reel.begun_us)
    minutes = (until - reel.begun_us) / 60_000_000
    state = "sealed" if one.is_sealed else ("ended" if reel.ended else "open")
    return (
        f"{'/'.join(one.folder.parts[-3:])}  {one.octets / 1e6:.1f} MB  {minutes:.1f} min  "
        f"{len(reel.sources())} sources  {len(reel.gaps)} gaps  {state}"
    )


def _check(words: argparse.Namespace, root: Path) -> int:
    """Say what was changed since it was sealed, and the digest that the audit log must have."""
    status = 0
    for folder in shelf.find(root):
        sealed = folder / MANIFEST
        if (words.sessions and int(folder.name) not in words.sessions) or not sealed.exists():
            continue
        data = sealed.read_bytes()
        faults = check(folder, read_manifest(data))
        _say(f"{folder}: SHA-256 {digest_of(data)}")
        for fault in faults:
            _say(f"  {fault.name}: {fault.what}")
            status = 1
    return status


def _repair(words: argparse.Namespace, root: Path) -> int:
    status = 0
    wanted = set(words.sessions)
    for folder in shelf.find(root):
        if wanted and int(folder.name) not in wanted:
            continue
        wanted.discard(int(folder.name))
        try:
            done = repair(folder)
        except StillWrittenError:
            _say(f"{folder}: 正在录，没有动 / being written, left alone")
            continue
        if not done.was_whole:
            _say(f"{folder}: {done.completed} + {done.removed} files, {done.octets} octets cut")
    for session in sorted(wanted):
        _say(f"{session}: 没有录像 / no recording")
        status = 1
    return status


def _open(words: argparse.Namespace, root: Path) -> tuple[Path, Reel, Story, Path]:
    """Return folder, reel, story, and where films go.

    Raises:
        NoRecordingError: when the session has no recording.
    """
    folder = shelf.of_session(root, words.session)
    if folder is None:
        raise NoRecordingError(str(words.session))
    told = folder / STORY
    story = read_story(told.read_bytes()) if told.exists() else Story()
    out: Path = words.out or folder / FILMS
    out.mkdir(parents=True, exist_ok=True)
    return folder, load_reel(folder), story, out


def _mux(words: argparse.Namespace, root: Path) -> int:
    from server.recording.mux import make_film

    try:
        folder, reel, story, out = _open(words, root)
    except NoRecordingError as error:
        _say(f"{error}: 没有录像 / no recording")
        return 1
    wanted = map(film_of, words.of) if words.of else films_of(reel.sources())
    for film in wanted:
        if film == MOSAIC:
            continue
        try:
            made = make_film(folder, reel, wish_of(reel, film), out / f"{film.name}.webm", story)
        except ValueError:
            _say(f"{film.name}: 没有录到 / nothing was recorded")
            continue
        _say(f"{made.path}  {made.length_us / 60_000_000:.1f} min  {made.pictures} pictures")
    return 0


def _mosaic(words: argparse.Namespace, root: Path) -> int:
    from server.recording.mosaic import make_mosaic

    try:
        folder, _, _, out = _open(words, root)
    except NoRecordingError as error:
        _say(f"{error}: 没有录像 / no recording")
        return 1
    path = out / f"{MOSAIC.name}.webm"
    try:
        make_mosaic(folder, path, lambda percent: _say(f"{percent}%"))
    except ValueError:
        _say(f"{MOSAIC.name}: 没有录到 / nothing was recorded")
        return 1
    _say(str(path))
    return 0
