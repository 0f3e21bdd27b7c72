"""Films of recorded sessions: that they can be played, and that sound and picture fit."""

from itertools import pairwise
from pathlib import Path

import av
import pytest

from server.media.model import RecordingPlan
from server.recording.film import SILENCE, films_of, of_programme, of_source
from server.recording.mosaic import make_mosaic
from server.recording.mux import Made, make_film
from server.recording.reel import load_reel
from server.recording.story import Caption, Chapter, Story
from server.simulator.loops import VenueLoop
from server.simulator.mark import read
from tests.unit.recording.studio import Studio, spoken

TOGETHER_US = 80_000


def film(folder: Path, source: str = "", story: Story | None = None) -> Made:
    reel = load_reel(folder)
    wish = of_source(reel, source) if source else of_programme(reel)
    return make_film(folder, reel, wish, folder / f"{source or 'programme'}.webm", story or Story())


def marks(path: Path) -> list[tuple[float, int, tuple[int, int]]]:
    """Decode a film to its end; return when each picture is shown, whose it is, and its size."""
    found = []
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            assert picture.time is not None
            mark = read(picture.to_image())
            assert mark is not None
            found.append((picture.time, mark.venue, (picture.width, picture.height)))
    return found


def packets(path: Path, kind: str) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [
            (float(packet.pts * packet.time_base), bytes(packet))
            for packet in container.demux(stream)
            if packet.pts is not None
        ]


def test_sound_and_picture_of_a_venue_stay_together_though_they_travel_apart(
    tmp_path: Path, loops: dict[int, VenueLoop]
) -> None:
    studio = Studio(tmp_path, loops)
    studio.record(RecordingPlan(None, None))
    studio.speak(1)
    studio.run(6.0)
    studio.end()
    made = film(tmp_path, "1")
    line = studio.lines[1]
    shown = [at for at, _ in packets(made.path, "video")]
    heard = [(at, data) for at, data in packets(made.path, "audio") if data != SILENCE]
    sent = spoken(line)
    # what is under way at the end never arrives: from the last that did, backwards
    last = next(n for n in range(len(sent) - 1, 0, -1) if sent[n][1] == heard[-1][1])
    sound = heard[-1][0] - (sent[last][0] - 1_000)
    film_of = [at - 1_000 for at in dict.fromkeys(line.pictures)]
    nearest = [min(film_of, key=lambda at, one=one: abs(at + sound - one)) for one in shown[-20:]]
    assert all(
        abs(one - sound - true) < TOGETHER_US / 1e6
        for one, true in zip(shown[-20:], nearest, strict=True)
    )
    assert max(b - a for a, b in pairwise(shown)) < 0.2
    assert abs(sound) < 0.05
    assert abs(shown[-1] - (film_of[-1] - 0.2)) < 0.1


def test_the_programme_follows_the_switch_with_chapters_and_banner(
    tmp_path: Path, loops: dict[int, VenueLoop]
) -> None:
    studio = Studio(tmp_path, loops)
    studio.record(RecordingPlan(("1",), (), voices=True, shown="1"))
    studio.speak(1, 2)
    studio.run(4.0)
    studio.record(RecordingPlan(("2",), (), voices=True, shown="2"))
    studio.run(4.0)
    studio.end()
    start = load_reel(tmp_path).begun_us
    story = Story(
        title="例会",
        chapters=[
            Chapter(start - 5, "消防", "平安办"),
            Chapter(start + 4_000_000, "助餐", "服务办"),
        ],
        captions=[Caption(start + 1_000_000, start + 3_000_000, "请 <报到>")],
        until_us=start + 8_000_000,
    )
    made = film(tmp_path, story=story)
    shown = marks(made.path)
    whose = [venue for _, venue, _ in shown]
    cut = whose.index(2)
    assert set(whose[:cut]) == {1}
    assert set(whose[cut:]) == {2}
    assert 3.9 < shown[cut][0] < 4.6
    assert shown[-1][0] > 7.5
    assert (640, 360) in {size for _, _, size in shown}
    with av.open(str(made.path)) as container:
        chapters = [c["metadata"]["title"] for c in container.chapters()]
        assert chapters == ["平安办：消防", "服务办：助餐"]
        sounds = list(container.decode(audio=0))
    assert sum(frame.samples for frame in sounds) > 7 * 48_000
    vtt = made.path.with_suffix(".vtt").read_text("utf-8")
    assert "00:00:01.000 --> 00:00:03.000\n请 &lt;报到>" in vtt


def test_a_broken_line_is_a_gap_and_the_film_goes_on(
    tmp_path: Path, loops: dict[int, VenueLoop]
) -> None:
    studio = Studio(tmp_path, {1: loops[1]})
    studio.record(RecordingPlan(None, None))
    studio.run(2.0)
    studio.lines[1].broken = True
    studio.run(3.0)
    studio.lines[1].broken = False
    studio.run(3.0)
    studio.end()
    times = [at for at, _, _ in marks(film(tmp_path, "1").path)]
    [gap] = [b - a for a, b in pairwise(times) if b - a > 1]
    assert 2.5 < gap < 3.5


def test_sound_alone_makes_a_film_and_nothing_makes_none(
    tmp_path: Path, loops: dict[int, VenueLoop]
) -> None:
    studio = Studio(tmp_path, {1: loops[1]})
    studio.record(RecordingPlan((), (), voices=True))
    studio.speak(1)
    studio.run(2.0)
    studio.end()
    made = film(tmp_path)
    assert made.pictures == 0
    assert made.sounds > 80
    named = [film.name for film in films_of(load_reel(tmp_path).sources())]
    assert named == ["programme", "mosaic", "venue-01"]
    with pytest.raises(ValueError, match="nothing"):
        film(tmp_path, "5")
    with pytest.raises(ValueError, match="no picture"):
        make_mosaic(tmp_path, tmp_path / "mosaic.webm", lambda _: None)


def test_a_mosaic_shows_everybody_and_tells_how_far_it_is(
    tmp_path: Path, loops: dict[int, VenueLoop]
) -> None:
    studio = Studio(tmp_path, loops)
    studio.record(RecordingPlan(None, None))
    studio.run(3.0)
    studio.end()
    told: list[int] = []
    path = tmp_path / "mosaic.webm"
    make_mosaic(tmp_path, path, told.append)
    assert told[-1] == 100
    with av.open(str(path)) as container:
        last = list(container.decode(video=0))[-1].to_image()
    left, right = last.crop((0, 180, 640, 540)), last.crop((640, 180, 1280, 540))
    assert [mark.venue for mark in (read(left), read(right)) if mark] == [1, 2]
