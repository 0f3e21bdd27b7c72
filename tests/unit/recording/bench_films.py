"""How long a film takes: ``python -m tests.unit.recording.bench_films [minutes]``.

An hour of a programme is recorded in virtual time: three venues in turn, each shown for a minute
and speaking for eighty seconds, so that two are heard at once for a third of the time.
"""

import sys
import tempfile
import time
from pathlib import Path

from server.media.model import RecordingPlan
from server.recording.film import of_programme
from server.recording.mux import make_film
from server.recording.reel import load_reel
from server.recording.repair import repair
from server.recording.story import Story
from server.simulator.loops import make_loop
from tests.unit.recording.studio import Studio

VENUES = (1, 2, 3)


def main() -> None:
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory(prefix="pinhui-bench-") as name:
        folder = Path(name)
        studio = Studio(folder, {number: make_loop(number, "云杉苑") for number in VENUES})
        for minute in range(minutes):
            shown, before = VENUES[minute % 3], VENUES[(minute - 1) % 3]
            plan = RecordingPlan((str(shown),), (), voices=True, shown=str(shown))
            studio.record(plan)
            studio.speak(shown, before)
            studio.run(20.0)
            studio.speak(shown)
            studio.run(40.0)
            # virtual time runs faster than a disk, and what a disk cannot take is left out
            while studio.writer._given != studio.writer._done:
                time.sleep(0.001)
        studio.end()
        octets = sum(path.stat().st_size for path in folder.glob("*.seg"))
        began = time.process_time()
        repair(folder)
        reel = load_reel(folder)
        made = make_film(folder, reel, of_programme(reel), folder / "film.webm", Story())
        spent = time.process_time() - began
        print(  # noqa: T201
            f"{minutes} minutes, {octets / 1e6:.0f} MB: a film of {made.length_us / 6e7:.1f} min, "
            f"{made.pictures} pictures, {made.sounds} packets of sound, "
            f"{made.path.stat().st_size / 1e6:.0f} MB in {spent:.1f} s of one core"
        )


if __name__ == "__main__":
    main()
