"""The child process that makes a film of a recording, all but the mosaic.

``python -m server.recording.filming FOLDER FILE`` tells how far it is, in percent; the name of the
file says which film it is. It is of low priority, so that no session notices, and has a limit of
memory.
"""

import sys
from pathlib import Path

from server.children.child import Teller, stay_within
from server.recording.film import films_of, wish_of
from server.recording.mux import make_film
from server.recording.reel import load_reel
from server.recording.story import STORY, Story, read_story

NOTHING = 3
"""The exit status where nothing was recorded that could be seen or heard."""
MOST_MEMORY = 2 << 30
PRIORITY = 15


def make(folder: Path, path: Path) -> int:
    """Make the film that is called as its file; return the exit status."""
    reel = load_reel(folder)
    film = next(film for film in films_of(reel.sources()) if film.name == path.stem)
    until = max((done.until_us for done in reel.done.values()), default=reel.begun_us)
    told = folder / STORY
    story = read_story(told.read_bytes()) if told.exists() else Story()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    teller = Teller(until - reel.begun_us)
    try:
        make_film(folder, reel, wish_of(reel, film), path, story, tell=teller)
    except ValueError:
        return NOTHING
    return 0


if __name__ == "__main__":
    stay_within(memory=MOST_MEMORY, nice=PRIORITY)
    sys.exit(make(Path(sys.argv[1]), Path(sys.argv[2])))
