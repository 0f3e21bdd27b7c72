"""Pages as pictures, by real child processes: what is drawn, what is refused, what is kept."""

import asyncio
import hashlib
import io
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from server.domain.errors import DomainError
from server.materials import office
from server.materials.export import Limits, PageMaker
from server.materials.model import Material


class Files:
    """Bytes by digest, and how often they were asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.fetched = 0

    def material(self, name: str, data: bytes) -> Material:
        digest = hashlib.sha256(data).hexdigest()
        self.kept[digest] = data
        return Material("m1", name, digest, len(data))

    async def fetch(self, digest: str) -> bytes:
        self.fetched += 1
        return self.kept[digest]


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
async def maker(tmp_path: Path, files: Files) -> AsyncIterator[PageMaker]:
    made = PageMaker(tmp_path / "pages", files.fetch)
    yield made
    await made.close()


def pdf(*sizes: tuple[float, float], password: str = "") -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    for width, height in sizes:
        writer.add_blank_page(width, height)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


def picture(mode: str, size: tuple[int, int], form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, form)
    return out.getvalue()


async def refused(maker: PageMaker, file: Material) -> str:
    with pytest.raises(DomainError) as refusal:
        await maker.page(file, 1)
    return refusal.value.code


def script(folder: Path, text: str) -> str:
    """Return the path of a program that stands in for LibreOffice."""
    path = folder / "program"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o700)
    return str(path)


def kept(folder: Path) -> list[Path]:
    """Return the files of a cache."""
    return list(folder.glob("*/*/*"))


def is_running(pid: int) -> bool:
    """Tell whether a process goes on; one that ended may wait for its parent to look at it."""
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().split()[2] != "Z"


async def test_each_page_of_a_pdf_is_a_picture_with_its_longer_side_at_2000(
    maker: PageMaker, files: Files
) -> None:
    file = files.material("要点.pdf", pdf((595, 842), (842, 595)))
    assert await maker.count(file) == 2
    sizes = []
    for number in (1, 2):
        made, content_type = await maker.page(file, number)
        assert content_type == "image/png"
        sizes.append(Image.open(io.BytesIO(made)).size)
    assert sizes == [(1413, 2000), (2000, 1413)]


async def test_what_many_ask_for_at_once_is_made_once_and_kept(
    maker: PageMaker, files: Files
) -> None:
    file = files.material("要点.pdf", pdf((595, 842)))
    made = await asyncio.gather(*(maker.page(file, 1) for _ in range(33)))
    assert len({picture for picture, _ in made}) == 1
    await maker.page(file, 1)
    assert files.fetched == 1


async def test_a_page_that_is_not_there_is_said_so_and_spoils_nothing(
    maker: PageMaker, files: Files
) -> None:
    file = files.material("要点.pdf", pdf((595, 842)))
    for number in (0, 2, 401):
        with pytest.raises(DomainError, match="material_no_page"):
            await maker.page(file, number)
    assert await maker.count(file) == 1


async def test_a_picture_is_one_page_written_anew_and_stands_on_white(
    maker: PageMaker, files: Files
) -> None:
    file = files.material("现场.png", picture("RGBA", (3000, 1500)))
    assert await maker.count(file) == 1
    made, _ = await maker.page(file, 1)
    seen = Image.open(io.BytesIO(made))
    assert (seen.size, seen.mode, seen.getpixel((0, 0))) == ((2000, 1000), "RGB", (255, 255, 255))


async def test_a_photograph_is_upright_and_says_nothing_of_where_it_was_taken(
    maker: PageMaker, files: Files
) -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112], exif[0x010E] = 6, "where it was taken"
    Image.effect_noise((600, 400), 90).convert("RGB").save(out, "JPEG", exif=exif)
    made, content_type = await maker.page(files.material("现场.jpg", out.getvalue()), 1)
    seen = Image.open(io.BytesIO(made))
    assert (seen.size, content_type) == ((400, 600), "image/jpeg")
    assert not seen.getexif()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("坏的.pdf", b"%PDF-1.7 and then nothing", "material_unreadable"),
        ("锁的.pdf", pdf((9, 9), password="x"), "material_locked"),
        ("炸弹.png", picture("1", (20_000, 20_000)), "material_unreadable"),
        ("不是.png", b"\x89PNG\r\n\x1a\nnothing", "material_unreadable"),
        ("公文.ofd", b"PK\x03\x04", "material_other"),
        ("汇报.pptx", b"PK\x03\x04", "material_no_office"),
    ],
    ids=["broken", "locked", "bomb", "no picture", "other", "no office"],
)
async def test_what_cannot_be_shown_is_refused_by_name(
    maker: PageMaker, files: Files, name: str, data: bytes, code: str
) -> None:
    assert await refused(maker, files.material(name, data)) == code


async def test_an_endless_page_is_as_large_as_any_other(maker: PageMaker, files: Files) -> None:
    made, _ = await maker.page(files.material("长.pdf", pdf((14_400, 3))), 1)
    assert max(Image.open(io.BytesIO(made)).size) == 2000


async def test_a_file_that_takes_too_long_is_tried_once(tmp_path: Path, files: Files) -> None:
    maker = PageMaker(tmp_path, files.fetch, limits=Limits(draw=timedelta()))
    file = files.material("慢.pdf", pdf((595, 842)))
    assert [await refused(maker, file), await refused(maker, file)] == ["material_heavy"] * 2
    assert files.fetched == 1


async def test_the_cache_gives_up_what_is_oldest_and_makes_it_again(
    tmp_path: Path, files: Files
) -> None:
    maker = PageMaker(tmp_path, files.fetch, limits=Limits(cache_bytes=0))
    file = files.material("要点.pdf", pdf((595, 842)))
    await maker.page(file, 1)
    maker.trim()
    assert kept(tmp_path) == []
    assert await maker.page(file, 1)


# --- office documents ----------------------------------------------------------------------------


async def test_an_office_document_is_turned_into_pdf_by_the_program_that_is_set(
    tmp_path: Path, files: Files
) -> None:
    program = script(
        tmp_path,
        "import sys, pathlib, pypdf\n"
        "words = sys.argv[1:]\n"
        "assert '--headless' in words and words[words.index('--convert-to') + 1] == 'pdf'\n"
        "profile = next(w for w in words if w.startswith('-env:UserInstallation=file:///'))\n"
        "user = pathlib.Path(profile.partition('file://')[2]) / 'user'\n"
        "assert 'DisableMacrosExecution' in (user / 'registrymodifications.xcu').read_text()\n"
        "out = pathlib.Path(words[words.index('--outdir') + 1])\n"
        "source = pathlib.Path(words[-1])\n"
        "assert source.read_bytes() == b'PK\\x03\\x04 slides'\n"
        "out.mkdir()\n"
        "writer = pypdf.PdfWriter()\n"
        "for _ in range(3):\n"
        "    writer.add_blank_page(960, 540)\n"
        "writer.write(out / (source.stem + '.pdf'))\n",
    )
    maker = PageMaker(tmp_path / "pages", files.fetch, program)
    file = files.material("; rm -rf $HOME.pptx", b"PK\x03\x04 slides")
    assert maker.converts
    assert await maker.count(file) == 3
    made, _ = await maker.page(file, 3)
    assert Image.open(io.BytesIO(made)).size == (2000, 1125)
    assert files.fetched == 1


async def test_a_document_that_the_program_cannot_read_is_refused(
    tmp_path: Path, files: Files
) -> None:
    maker = PageMaker(tmp_path / "pages", files.fetch, script(tmp_path, "raise SystemExit(1)"))
    file = files.material("坏.docx", b"PK\x03\x04")
    assert await refused(maker, file) == "material_unreadable"


async def test_a_program_that_hangs_is_ended_with_all_that_it_started(
    tmp_path: Path, files: Files
) -> None:
    program = script(
        tmp_path,
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "time.sleep(600)\n",
    )
    limits = Limits(convert=timedelta(seconds=2))
    maker = PageMaker(tmp_path / "pages", files.fetch, program, limits)
    assert await refused(maker, files.material("慢.docx", b"PK\x03\x04")) == "material_heavy"
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_the_profile_of_libreoffice_closes_macros_links_and_the_network() -> None:
    text = office.profile()
    for name in ("DisableMacrosExecution", "BlockUntrustedRefererLinks", "ooInetProxyType"):
        assert f'oor:name="{name}"' in text
