"""Files taken in by the child process: copied and cut, and hostile ones refused in words."""

from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest
from PIL import Image

from server.domain.errors import ConflictError, DomainError
from server.library.export import Source, VideoShelf, VideoWork
from server.library.model import FilmKind, Limits, VideoFilm
from tests.videos import first_grey, length_of, make_sound, make_video, turn_upright

LIMITS = Limits()


async def sent(data: bytes, piece: int = 4096) -> AsyncIterator[bytes]:
    for start in range(0, len(data), piece):
        yield data[start : start + piece]


def shelf_in(folder: Path) -> VideoShelf:
    return VideoShelf(folder, space=lambda _: (900_000_000, 1_000_000_000))


async def take(
    shelf: VideoShelf, source: Source, video_id: int = 1, limits: Limits = LIMITS
) -> VideoFilm | None:
    """Take a film in; return it, None when it was refused."""
    entered: list[VideoFilm] = []

    async def enter(film: VideoFilm) -> None:
        entered.append(film)

    await shelf.begin(video_id, source, limits, enter)
    return entered[0] if entered else None


@pytest.mark.parametrize("kind", ["webm", "mp4"])
async def test_a_film_is_copied_without_what_else_it_carried(tmp_path: Path, kind: str) -> None:
    shelf, path = shelf_in(tmp_path / "r"), make_video(tmp_path / f"a.{kind}", 4)
    film = await take(shelf, Source(path))
    assert film is not None, shelf.look(1).fault
    assert (film.kind, film.seconds, film.frames) == (FilmKind(kind), 4, 6)
    lies = shelf.film_of(1, film)
    assert lies.parent == tmp_path / "r" / "library" / "1" / film.digest[:16]
    assert length_of(lies) == pytest.approx(4, abs=0.2)
    assert b"+31.2304" not in lies.read_bytes()
    assert all(shelf.frame_of(1, film, n).read_bytes()[:2] == b"\xff\xd8" for n in range(6))
    assert path.exists()


@pytest.mark.parametrize("kind", ["webm", "mp4"])
async def test_a_part_begins_at_the_key_frame_before_and_pictures_stay_as_they_are(
    tmp_path: Path, kind: str
) -> None:
    shelf, path = shelf_in(tmp_path / "r"), make_video(tmp_path / f"a.{kind}", 8)
    film = await take(shelf, Source(path, 3, 6))
    assert film is not None, shelf.look(1).fault
    lies = shelf.film_of(1, film)
    assert length_of(lies) == pytest.approx(3, abs=0.3)
    assert first_grey(lies) == pytest.approx(20 * 3, abs=4)


@pytest.mark.parametrize(("kind", "start"), [("whole", 0), ("a part", 2)])
async def test_a_telephone_held_upright_stays_upright(
    tmp_path: Path, kind: str, start: int
) -> None:
    shelf = shelf_in(tmp_path / "r")
    path = turn_upright(make_video(tmp_path / "a.mp4", 4, size=(320, 180)))
    film = await take(shelf, Source(path, start))
    assert film is not None, shelf.look(1).fault
    with av.open(str(shelf.film_of(1, film))) as kept:
        assert next(kept.decode(video=0)).rotation == -90, kind
    cover = Image.open(shelf.frame_of(1, film, 0)).convert("L")
    assert cover.size == (180, 320)
    # the bright left of what the camera wrote is the top of what is shown
    assert cover.getpixel((90, 1)) > 180 > cover.getpixel((90, 318))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "video_empty"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "video_kind"),
        (b"MZ" + bytes(5000), "video_kind"),
    ],
)
async def test_what_is_no_video_is_refused_while_it_comes_in(
    tmp_path: Path, data: bytes, code: str
) -> None:
    shelf = shelf_in(tmp_path)
    with pytest.raises(DomainError, match=code):
        await shelf.receive(1, sent(data), len(data), LIMITS)
    assert list((tmp_path / "library" / ".incoming").iterdir()) == []


async def test_a_file_too_large_is_refused_whatever_was_announced(tmp_path: Path) -> None:
    shelf, limits = shelf_in(tmp_path), Limits(megabytes=1)
    data = b"\x1a\x45\xdf\xa3" + bytes(1 << 20)
    for announced in (len(data), 5_000, None):
        with pytest.raises(DomainError, match="video_large"):
            await shelf.receive(1, sent(data, 1 << 18), announced, limits)
    with pytest.raises(DomainError, match="video_broken_off"):
        await shelf.receive(1, sent(data[:5000]), 6_000, limits)


async def test_nothing_is_taken_that_would_leave_less_than_a_twentieth_of_the_disk(
    tmp_path: Path,
) -> None:
    free = [60_000]
    shelf = VideoShelf(tmp_path, space=lambda _: (free[0], 1_000_000))
    data = b"\x1a\x45\xdf\xa3" + bytes(6_000)
    with pytest.raises(DomainError, match="video_disk_full"):
        await shelf.receive(1, sent(data), len(data), LIMITS)
    free[0] = 100_000
    assert (await shelf.receive(1, sent(data), len(data), LIMITS)).path.stat().st_size == len(data)


async def test_hostile_files_are_refused_in_words_and_leave_nothing(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "w.mp4", 3).read_bytes()
    cases = {
        "video_unreadable": [
            b"\x1a\x45\xdf\xa3" + bytes(3000),
            b"\0\0\0\x20ftypisom" + b"\xff" * 3000,
            whole[: len(whole) // 2],
            make_video(tmp_path / "z.webm", 2).read_bytes()[:400],
        ],
        "video_no_picture": [make_sound(tmp_path / "s.webm").read_bytes()],
        "video_codec": [make_video(tmp_path / "h.mp4", 1, picture="libx265").read_bytes()],
        "video_long": [make_video(tmp_path / "l.webm", 75, per_second=2).read_bytes()],
    }
    shelf = shelf_in(tmp_path / "r")
    for code, files in cases.items():
        for data in files:
            source = await shelf.receive(1, sent(data), len(data), LIMITS)
            assert await take(shelf, source, limits=Limits(minutes=1)) is None, code
            fault = shelf.look(1).fault
            assert fault is not None
            assert fault.code == code
    lies = [p for p in (tmp_path / "r").rglob("*") if p.is_file()]
    assert lies == []


async def test_two_files_of_one_video_do_not_cross(tmp_path: Path) -> None:
    shelf, path = shelf_in(tmp_path / "r"), make_video(tmp_path / "a.webm", 2)

    async def enter(_: VideoFilm) -> None:
        return None

    shelf.begin(1, Source(path), LIMITS, enter)
    with pytest.raises(ConflictError, match="video_busy"):
        await shelf.receive(1, sent(b"\x1a\x45\xdf\xa3"), 4, LIMITS)
    await shelf.close()
    assert shelf.look(1).work is VideoWork.NOTHING


async def test_a_start_deletes_what_no_row_names(tmp_path: Path) -> None:
    shelf, path = shelf_in(tmp_path / "r"), make_video(tmp_path / "a.webm", 2)
    kept, lost = await take(shelf, Source(path), 1), await take(shelf, Source(path), 2)
    assert kept is not None
    assert lost is not None
    stale = shelf.folder_of(1, "f" * 64)
    stale.mkdir()
    (tmp_path / "r" / "library" / ".incoming").mkdir(exist_ok=True)
    (tmp_path / "r" / "library" / ".incoming" / "3.upload").write_bytes(b"x")
    await shelf.sweep({1: kept.digest})
    assert shelf.film_of(1, kept).is_file()
    assert not stale.exists()
    assert not (tmp_path / "r" / "library" / "2").exists()
    assert not (tmp_path / "r" / "library" / ".incoming").exists()
