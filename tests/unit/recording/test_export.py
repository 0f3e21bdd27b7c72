"""Films made in a child process: on first want, once, told how far; a failure is tried again."""

import asyncio
from pathlib import Path

import av
import pytest

from server.domain.errors import NotFoundError
from server.media.model import RecordingPlan
from server.recording.export import Films, FilmState
from server.recording.film import MOSAIC, PROGRAMME, Film
from server.recording.holdings import Held
from server.recording.manifest import MANIFEST, make_manifest, write_manifest
from server.recording.story import STORY, Chapter, Story, write_story
from server.simulator.loops import make_loop
from tests.unit.recording.studio import Studio


def recorded(root: Path, seconds: float = 4.0) -> Path:
    """Return the folder of a sealed recording of session 7."""
    folder = root / "2026" / "11" / "7"
    folder.mkdir(parents=True)
    studio = Studio(folder, {1: make_loop(1, "云杉苑居委会")})
    studio.record(RecordingPlan(None, None, shown="1"))
    studio.speak(1)
    studio.run(seconds)
    studio.end()
    return folder


def seal(folder: Path, story: Story) -> None:
    (folder / STORY).write_bytes(write_story(story))
    (folder / MANIFEST).write_bytes(write_manifest(make_manifest(folder)))


async def of_seven(films: Films) -> Held:
    held = await films.of(7)
    assert held is not None
    return held


async def until_settled(films: Films, held: Held, film: Film = PROGRAMME) -> FilmState:
    for _ in range(3000):
        if films.look(held, film).state is not FilmState.MAKING:
            break
        await asyncio.sleep(0.02)
    return films.look(held, film).state


async def test_a_film_is_made_when_it_is_first_wanted_and_once(tmp_path: Path) -> None:
    folder = await asyncio.to_thread(recorded, tmp_path)
    films = Films(tmp_path)
    open_still = await of_seven(films)
    assert not open_still.is_sealed
    assert films.want(open_still).state is FilmState.ABSENT
    story = Story(chapters=[Chapter(open_still.begun_us + 1_000_000, "说明", "自治办")])
    await asyncio.to_thread(seal, folder, story)
    held = await of_seven(films)
    assert held.is_sealed
    assert held.octets > 10_000
    assert 3 < held.length.total_seconds() < 6
    assert await films.all() == {7: held}
    assert films.want(held).state is films.want(held).state is FilmState.MAKING
    assert await until_settled(films, held) is FilmState.READY
    with av.open(str(held.film)) as film:
        assert sum(packet.size for packet in film.demux(video=0)) > 10_000
    assert films.want(held).state is FilmState.READY
    await films.close()


async def test_where_nothing_was_recorded_there_is_no_film_and_it_is_said(tmp_path: Path) -> None:
    folder = await asyncio.to_thread(recorded, tmp_path, 0.0)
    await asyncio.to_thread(seal, folder, Story())
    films = Films(tmp_path)
    held = await of_seven(films)
    films.want(held)
    assert await until_settled(films, held) is FilmState.NOTHING
    assert films.want(held).state is FilmState.NOTHING
    assert not held.film.exists()


async def test_a_film_that_failed_is_tried_again_and_one_under_way_ends_with_us(
    tmp_path: Path,
) -> None:
    folder = await asyncio.to_thread(recorded, tmp_path)
    await asyncio.to_thread(seal, folder, Story())
    blocked = folder / "films"
    blocked.write_bytes(b"a file where a folder should be")
    films = Films(tmp_path)
    held = await of_seven(films)
    films.want(held)
    assert await until_settled(films, held) is FilmState.FAILED
    blocked.unlink()
    assert films.want(held).state is FilmState.MAKING
    await films.close()
    assert films.look(held).state is FilmState.ABSENT


async def test_a_venue_has_its_film_and_all_together_a_mosaic_each_made_once_and_in_turn(
    tmp_path: Path,
) -> None:
    folder = await asyncio.to_thread(recorded, tmp_path)
    await asyncio.to_thread(seal, folder, Story())
    films = Films(tmp_path)
    held = await of_seven(films)
    venue = Film("venue-01", "1")
    assert await films.films(held) == (PROGRAMME, MOSAIC, venue)
    assert films.want(held).before == 0
    assert [films.want(held, venue).before for _ in range(2)] == [1, 1]
    assert [films.want(held, MOSAIC).before for _ in range(2)] == [0, 0]
    for film in (PROGRAMME, venue, MOSAIC):
        assert await until_settled(films, held, film) is FilmState.READY
        assert films.look(held, film).octets > 10_000
    with av.open(str(held.path_of(MOSAIC))) as mosaic:
        assert mosaic.streams.video[0].width == 1280
    with av.open(str(held.path_of(venue))) as alone:
        assert [stream.type for stream in alone.streams] == ["video", "audio"]
    assert not list(folder.glob("films/*.half"))


@pytest.mark.parametrize(
    "name", ["", "venue-02", "../7/films/programme", "PROGRAMME", "/etc/hosts"]
)
async def test_a_film_that_the_recording_does_not_have_is_refused(
    tmp_path: Path, name: str
) -> None:
    folder = await asyncio.to_thread(recorded, tmp_path, 0.0)
    await asyncio.to_thread(seal, folder, Story())
    films = Films(tmp_path)
    with pytest.raises(NotFoundError, match="no_such_film"):
        await films.find(await of_seven(films), name)


async def test_all_films_under_way_end_with_their_recording(tmp_path: Path) -> None:
    folder = await asyncio.to_thread(recorded, tmp_path)
    await asyncio.to_thread(seal, folder, Story())
    films = Films(tmp_path)
    held = await of_seven(films)
    kinds = await films.films(held)
    for film in kinds:
        assert films.want(held, film).state is FilmState.MAKING
    await films.remove(held)
    assert {films.look(held, film).state for film in kinds} == {FilmState.ABSENT}
    assert not folder.exists()
    assert await films.all() == {}
