"""The demo's experience videos: short drawn films, two of them public, one waiting for a word."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from aiohttp import web
from PIL import Image, ImageDraw, ImageFont

from server.auth.model import Login
from server.auth.store import load_account
from server.library.model import Step, VideoWords
from server.library.routes import LIBRARIAN
from server.library.service import asking, deciding, drafting, filling
from server.library.service.desk import Desk
from server.pages.context import DATABASE
from server.simulator.demo_requests import login_named
from server.simulator.pictures import SIMPLIFIED_CHINESE, find_font, wall_colour

WIDTH, HEIGHT, PER_SECOND, SECONDS = 640, 360, 5, 12
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Told:
    """A video of the demo: who brings it, its words, the lines on its pictures, how far it is."""

    account: str
    words: VideoWords
    lines: tuple[str, ...]
    is_public: bool = False
    question: str = ""
    answer: str = ""


VIDEOS = (
    Told(
        "secretary",
        VideoWords(
            "加装电梯，一层住户怎么谈",
            "物业",
            "杏雨里",
            "李书记",
            "先上门听，再把补偿和采光一笔一笔算给他看，最后楼组长在场签字。",
        ),
        ("一、先上门听，不带方案", "二、采光、补偿，当面算", "三、楼组长在场，签字留底"),
        is_public=True,
        question="一层不肯开门怎么办？",
        answer="请跟他熟的老邻居先去坐坐，不提电梯，第三次再提。",
    ),
    Told(
        "clerk",
        VideoWords("楼道堆物，一周清完的办法", "平安", "平安办", "王科", ""),
        ("周一拍照，贴到楼门口", "周三志愿者帮着搬", "周五回头看，不罚款"),
        is_public=True,
    ),
    Told(
        "secretary",
        VideoWords(
            "独居老人早晚各看一眼", "民政", "杏雨里", "陈社工", "一张表，两个志愿者，三分钟。"
        ),
        ("一张表：谁看谁", "早上看窗帘，晚上看灯", "两次没动静，马上敲门"),
    ),
)


async def add_videos(app: web.Application) -> None:
    """Let the library of the demo have its videos; all are begun before the first film is made."""
    begun = []
    for told in VIDEOS:
        desk = Desk(app[LIBRARIAN], await _login(app, told.account))
        begun.append((desk, await drafting.begin(desk, told.words)))
    leader = Desk(app[LIBRARIAN], await _login(app, "leader"))
    for number, (told, (desk, video)) in enumerate(zip(VIDEOS, begun, strict=True), 1):
        await _fill(desk, video.id, await asyncio.to_thread(_film, number, told))
        if told.is_public:
            await _publish(desk, leader, video.id, told)


async def _login(app: web.Application, name: str) -> Login:
    """Return a login of an account of the demo, with where it belongs."""
    login = await login_named(app[DATABASE], name)
    async with app[DATABASE].view() as tx:
        account = await load_account(tx, name)
    if account is None:
        return login
    places = account.department_id, account.committee_id
    return replace(login, department_id=places[0], committee_id=places[1])


async def _fill(desk: Desk, video_id: int, film: bytes) -> None:
    """Send the file of a video, and submit it."""
    await (await filling.receive(desk, video_id, _pieces(film), len(film)))
    await deciding.do(desk, video_id, Step.SUBMIT)


async def _publish(desk: Desk, leader: Desk, video_id: int, told: Told) -> None:
    await deciding.do(leader, video_id, Step.APPROVE)
    if told.question:
        question = await asking.ask(leader, video_id, told.question)
        await asking.answer(desk, video_id, question.id, told.answer)


async def _pieces(film: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(film), _CHUNK):
        yield film[start : start + _CHUNK]


def _film(number: int, told: Told) -> bytes:
    """Return a film in WebM: its lines come one after the other, on a plain wall."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "told.webm"
        with av.open(str(path), "w", format="webm") as film:
            stream = film.add_stream("libvpx", rate=PER_SECOND)
            if not isinstance(stream, av.VideoStream):
                raise TypeError("libvpx is not a codec of pictures")
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            stream.options = {"deadline": "realtime", "cpu-used": "8"}
            stream.codec_context.gop_size = 2 * PER_SECOND
            for at in range(SECONDS * PER_SECOND):
                picture = av.VideoFrame.from_ndarray(
                    np.asarray(_picture(number, told, at)), format="rgb24"
                )
                picture.pts, picture.time_base = at, Fraction(1, PER_SECOND)
                film.mux(stream.encode(picture))
            film.mux(stream.encode(None))
        return path.read_bytes()


def _picture(number: int, told: Told, at: int) -> Image.Image:
    """Return the picture of a moment: title, the lines so far, and how far the film is."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), wall_colour(number * 5))
    pen = ImageDraw.Draw(picture)
    large, small = (
        ImageFont.truetype(str(find_font()), size, index=SIMPLIFIED_CHINESE) for size in (36, 27)
    )
    dark = (20, 35, 43)
    pen.rectangle((0, 0, WIDTH, 84), fill=dark)
    pen.text((28, 20), told.words.title, font=large, fill="white")
    shown = 1 + at * len(told.lines) // (SECONDS * PER_SECOND)
    for place, line in enumerate(told.lines[:shown]):
        pen.text((40, 116 + 58 * place), line, font=small, fill=dark)
    pen.text((40, 304), f"{told.words.place} · {told.words.author}", font=small, fill=dark)
    pen.rectangle((0, HEIGHT - 8, WIDTH * at // (SECONDS * PER_SECOND), HEIGHT), fill=dark)
    return picture
