"""The library of experience videos: brought, approved, watched, asked about, kept."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from server.audit import service as audit
from server.audit import store as audit_store
from server.auth import store as accounts
from server.auth.model import AccountWords
from server.config import Settings
from server.db.engine import Database
from server.domain.events import EventKind
from server.library import store
from server.library.model import VideoState
from server.library.routes import LIBRARIAN
from server.mail.model import LetterState
from server.mail.store import load_letters
from tests.fakes import FakeClock
from tests.videos import first_grey, length_of, make_video
from tests.web.conftest import HTML, Visitor
from tests.web.test_recordings import Shown, shown

__all__ = ["shown"]

Enter = Callable[[str], Awaitable[Visitor]]
WORDS = {
    "title": "加装电梯，一层住户怎么谈",
    "topic": "物业",
    "author": "李书记",
    "place": "杏雨里",
    "about": "先听，再算账，最后签字。",
}


async def begin(visitor: Visitor, **words: str) -> int:
    """Begin a draft; return its number."""
    answer, _ = await visitor.post("/library/new", "/library/new", **(WORDS | words))
    found = re.fullmatch(r"/library/(\d+)/edit", answer.url.path)
    assert found, answer.url
    return int(found[1])


async def send(visitor: Visitor, video: int, data: bytes) -> tuple[int, str]:
    """Send a file as the page's script does; return status and answer."""
    _, text = await visitor.get(f"/library/{video}/edit")
    token = re.search(r'data-csrf="([0-9a-f]+)"', text)
    assert token, text
    origin = str(visitor.client.make_url("/")).rstrip("/")
    answer = await visitor.client.post(
        f"/library/{video}/file",
        data=data,
        headers={
            "Origin": origin,
            "X-CSRF-Token": token[1],
            "Content-Type": "application/octet-stream",
            "Accept-Language": "zh-CN",
        },
    )
    return answer.status, "" if answer.status == 204 else (await answer.json())["title"]


async def settled(visitor: Visitor, video: int) -> None:
    """Wait until nothing is done about a video's file."""
    for _ in range(3000):
        answer = await visitor.client.get(f"/library/{video}/state")
        if (await answer.json())["state"] == "READY":
            return
        await asyncio.sleep(0.02)
    pytest.fail("the file is still on its way")


async def brought(visitor: Visitor, folder: Path, name: str = "a.webm", **words: str) -> int:
    """Begin a draft and send its file; return its number."""
    video = await begin(visitor, **words)
    path = await asyncio.to_thread(make_video, folder / name, 3)
    assert await send(visitor, video, path.read_bytes()) == (204, "")
    await settled(visitor, video)
    return video


async def made_public(signed_in: Enter, folder: Path) -> int:
    """Bring a video of 杏雨里 and approve it; return its number."""
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    video = await brought(secretary, folder)
    here = f"/library/{video}"
    await secretary.post(f"{here}/submit", f"{here}/edit")
    await office.post(f"{here}/approve", here)
    return video


async def test_a_video_is_brought_approved_by_another_and_then_seen_by_all(
    server: TestServer, signed_in: Enter, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    clerk = await signed_in("clerk")
    _, text = await clerk.get("/library")
    assert "还没有经验短片" in text
    video = await brought(secretary, tmp_path, "a.mp4")
    here = f"/library/{video}"
    _, text = await secretary.get(f"{here}/edit")
    assert text.count("/frames/") == 7
    assert "送去看" in text
    await secretary.post(f"{here}/frame", f"{here}/edit", frame="4")
    assert (await clerk.get(here))[0].status == 404
    assert (await office.get(here))[0].status == 404
    _, text = await secretary.post(f"{here}/submit", f"{here}/edit")
    assert "等会务或领导看" in text
    answer, _ = await secretary.post(f"{here}/approve", here)
    assert answer.status == 403
    assert (await clerk.get(here))[0].status == 404
    _, text = await office.get("/library")
    assert "等您看" in text
    assert f"{here}/frames/4" in text
    _, text = await office.post(f"{here}/send_back", here, remark="片头太长，剪掉半分钟")
    assert "已退回" in text
    _, text = await secretary.get(f"{here}/edit")
    assert "片头太长，剪掉半分钟" in text
    await secretary.post(f"{here}/submit", f"{here}/edit")
    _, text = await office.post(f"{here}/approve", here)
    assert "已公开" in text
    for query, found in (("q=电梯+杏雨", True), ("topic=物业", True), ("q=消防", False)):
        _, text = await clerk.get(f"/library?{query}")
        assert (f'href="{here}"' in text) == found, query
    answer, text = await clerk.get(here)
    assert text.count("平安办 经办 · clerk") == 12
    assert "先听，再算账" in text
    async with database.view() as tx:
        assert (await audit.check(tx)).fault is None
        kinds = [e.kind for e in await audit_store.load_recorded(tx) if e.kind.startswith("video")]
    assert kinds == [
        "video.added",
        "video.filled",
        "video.changed",
        "video.submitted",
        "video.returned",
        "video.submitted",
        "video.approved",
    ]


async def give_address(database: Database, name: str) -> None:
    async with database.tx() as tx:
        account = await accounts.load_account(tx, name)
        assert account is not None
        words = AccountWords(
            account.name,
            account.display_name,
            account.role,
            account.department_id,
            account.committee_id,
            f"{name}@x.test",
        )
        await accounts.save_words(tx, account.id, words)


async def test_whose_word_is_waited_for_hears_by_mail_unless_it_is_taken_back_at_once(
    server: TestServer, signed_in: Enter, database: Database, tmp_path: Path
) -> None:
    for name in ("operator", "leader", "clerk", "secretary"):
        await give_address(database, name)
    secretary = await signed_in("secretary")
    video = await brought(secretary, tmp_path)
    here = f"/library/{video}"
    await secretary.post(f"{here}/submit", f"{here}/edit")
    async with database.view() as tx:
        letters = [one.letter for one in await load_letters(tx, states=LetterState)]
    assert {one.recipient for one in letters} == {"operator@x.test", "leader@x.test"}
    assert {one.subject for one in letters} == {f"有一部短片等您看：{WORDS['title']}"}
    assert f"{here}\n" in letters[0].text + "\n"
    await secretary.post(f"{here}/take_back", here)
    async with database.view() as tx:
        assert await load_letters(tx, states=LetterState) == []


async def test_the_office_says_how_large_and_how_long_videos_may_be(
    server: TestServer, signed_in: Enter, tmp_path: Path
) -> None:
    office, secretary = await signed_in("operator"), await signed_in("secretary")
    keep, limits = "/library/keep", "/library/keep/limits"
    answer, text = await office.post(limits, keep, megabytes="9", minutes="1")
    assert (answer.status, "请填 10 到 4096 的整数" in text) == (422, True)
    _, text = await office.post(limits, keep, megabytes="10", minutes="1")
    assert "改好了" in text
    answer, _ = await secretary.post(limits, "/library", megabytes="10", minutes="9")
    assert answer.status == 403
    video = await begin(secretary)
    _, text = await secretary.get(f"/library/{video}/edit")
    assert "不超过 1 分钟、10 MB" in text
    path = await asyncio.to_thread(make_video, tmp_path / "l.webm", 75, per_second=2)
    assert await send(secretary, video, path.read_bytes()) == (204, "")
    await settled(secretary, video)
    _, text = await secretary.get(f"/library/{video}/edit")
    assert "片子没有收下" in text


async def test_an_approval_is_taken_back_within_its_time_with_its_letter(
    server: TestServer, signed_in: Enter, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    await give_address(database, "secretary")
    video = await made_public(signed_in, tmp_path)
    here, leader = f"/library/{video}", await signed_in("leader")
    async with database.view() as tx:
        [letter] = await load_letters(tx, states=LetterState)
    assert "短片公开了" in letter.letter.subject
    office = await signed_in("operator")
    async with database.view() as tx:
        [event] = await audit_store.load_recorded(tx, kinds=[EventKind.VIDEO_APPROVED])
    answer, _ = await leader.post(f"{here}/undo", here, event=str(event.sequence))
    assert answer.status == 409
    _, text = await office.post(f"{here}/undo", here, event=str(event.sequence))
    assert "又回到等看" in text
    async with database.view() as tx:
        assert (await store.load_video(tx, video)).state is VideoState.SUBMITTED
        assert await load_letters(tx, states=LetterState) == []


async def test_files_that_are_no_video_are_refused_in_words(
    server: TestServer, signed_in: Enter, settings: Settings, tmp_path: Path
) -> None:
    secretary, clerk = await signed_in("secretary"), await signed_in("clerk")
    video = await begin(secretary)
    status, text = await send(secretary, video, b"MZ" + bytes(9000))
    assert status == 422
    assert "这不是 MP4 或 WebM 视频" in text
    status, text = await send(secretary, video, b"")
    assert (status, "这个文件是空的" in text) == (422, True)
    status, _ = await send(secretary, video, b"\x1a\x45\xdf\xa3" + bytes(9000))
    assert status == 204
    await settled(secretary, video)
    _, text = await secretary.get(f"/library/{video}/edit")
    assert "这个文件打不开" in text
    answer, _ = await secretary.post(f"/library/{video}/submit", f"/library/{video}/edit")
    assert answer.status == 422
    other = await begin(clerk, place="平安办")
    _, text = await clerk.get(f"/library/{other}/edit")
    token = re.search(r'data-csrf="([0-9a-f]+)"', text)
    assert token
    headers = {"X-CSRF-Token": token[1], "Content-Type": "application/octet-stream"}
    answer = await clerk.client.post(f"/library/{video}/file", data=b"x", headers=headers)
    assert answer.status == 404
    answer = await clerk.client.post(
        f"/library/{other}/file", data=b"x", headers={"Content-Type": "application/octet-stream"}
    )
    assert answer.status == 403
    lies = [p for p in (settings.recordings / "library").rglob("*") if p.is_file()]
    assert lies == []
    answer, text = await clerk.post("/library/new", "/library/new", **(WORDS | {"title": "短"}))
    assert answer.status == 422
    assert "请写 2 到 40 个字" in text


async def test_a_part_of_a_recording_becomes_a_video(
    shown: Shown, signed_in: Enter, tmp_path: Path
) -> None:
    film = await asyncio.to_thread(make_video, tmp_path / "film.webm", 8)
    (shown.folder / "films" / "programme.webm").write_bytes(film.read_bytes())
    secretary = await signed_in("secretary")
    video = await begin(secretary)
    edit, cut = f"/library/{video}/edit", f"/library/{video}/cut"
    _, text = await secretary.get(edit)
    assert "主任工作例会" in text
    part = {"session": str(shown.session), "from": "0:05", "to": "0:03"}
    answer, text = await secretary.post(cut, edit, **part)
    assert (answer.status, "截的这一段不对" in text) == (422, True)
    assert 'value="0:05"' in text
    assert 'href="#from"' in text
    answer, _ = await secretary.post(cut, edit, **(part | {"session": "999"}))
    assert answer.status == 404
    answer, text = await secretary.post(cut, edit, **(part | {"from": "半天"}))
    assert "时间请写成分和秒" in text
    await secretary.post(cut, edit, **(part | {"from": "0:02", "to": "0:05"}))
    await settled(secretary, video)
    _, text = await secretary.get(edit)
    assert "截自会议录像 0:02 – 0:05" in text
    answer = await secretary.client.get(f"/library/{video}/film")
    taken = tmp_path / "taken.webm"
    taken.write_bytes(await answer.read())
    assert length_of(taken) == pytest.approx(3, abs=0.3)
    assert first_grey(taken) == pytest.approx(40, abs=4)
    assert film.read_bytes() == (shown.folder / "films" / "programme.webm").read_bytes()


async def test_the_film_comes_in_ranges_to_players_only_and_is_counted_once_a_day(
    server: TestServer, signed_in: Enter, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    video = await made_public(signed_in, tmp_path)
    here, clerk = f"/library/{video}", await signed_in("clerk")
    answer = await clerk.client.get(f"{here}/film", headers={"Range": "bytes=0-99"})
    assert (answer.status, answer.content_type) == (206, "video/webm")
    assert (await answer.read())[:4] == b"\x1a\x45\xdf\xa3"
    answer, _ = await clerk.get(f"{here}/film", **{"Sec-Fetch-Dest": "document"})
    assert answer.status == 403
    answer = await clerk.client.get(f"{here}/frames/1", headers=HTML)
    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    assert (await clerk.client.get(f"{here}/frames/6")).status == 404
    for visitor in (clerk, clerk, await signed_in("secretary")):
        answer, _ = await visitor.post(f"{here}/watched", here, parts="0-3")
        assert answer.status == 204
    await clerk.post(f"{here}/watched", here, parts="0-1")
    _, text = await clerk.get("/library")
    assert "看过 1 次" in text
    clock.advance(days=1)
    clerk = await signed_in("clerk")
    await clerk.post(f"{here}/watched", here, parts="0-3")
    async with database.view() as tx:
        assert (await store.load_video(tx, video)).views == 2
        told = await audit_store.load_recorded(tx, kinds=[EventKind.VIDEO_WATCHED])
    assert len(told) == 2


async def test_questions_are_answered_by_mail_too_and_hidden_with_a_reason(
    server: TestServer, signed_in: Enter, database: Database, tmp_path: Path
) -> None:
    async with database.tx() as tx:
        for name in ("secretary", "clerk"):
            account = await accounts.load_account(tx, name)
            assert account is not None
            words = AccountWords(
                account.name,
                account.display_name,
                account.role,
                account.department_id,
                account.committee_id,
                f"{name}@x.test",
            )
            await accounts.save_words(tx, account.id, words)
    video = await made_public(signed_in, tmp_path)
    here, clerk, secretary = (
        f"/library/{video}",
        await signed_in("clerk"),
        await signed_in("secretary"),
    )
    leader = await signed_in("leader")
    _, text = await clerk.post(f"{here}/ask", here, text="签字要几户<b>到齐</b>？")
    assert "签字要几户&lt;b&gt;到齐&lt;/b&gt;？" in text
    answer, _ = await clerk.post(f"{here}/questions/1/answer", here, text="我来答")
    assert answer.status == 403
    _, text = await secretary.post(f"{here}/questions/1/answer", here, text="楼组长先开。")
    assert "楼组长先开。" in text
    async with database.view() as tx:
        letters = {
            one.letter.recipient: one.letter for one in await load_letters(tx, states=LetterState)
        }
    assert "您问的有答复了" in letters["clerk@x.test"].subject
    assert "楼组长先开" in letters["clerk@x.test"].text
    assert f"/library/{video}" in letters["clerk@x.test"].text
    _, text = await leader.post(f"{here}/questions/1/hide", here, reason="点了居民的名")
    assert "收起来了：点了居民的名" in text
    _, text = await (await signed_in("auditor")).get(here)
    assert "签字要几户" not in text
    await leader.post(f"{here}/questions/1/hide", here, word="show")
    _, text = await (await signed_in("auditor")).get(here)
    assert "签字要几户" in text
    async with database.view() as tx:
        kinds = [e.kind for e in await audit_store.load_recorded(tx)][-4:]
    assert kinds == ["video.hidden", "login.succeeded", "video.shown", "login.succeeded"]


async def test_what_is_due_is_signed_and_deleted_and_leaves_its_digest(
    server: TestServer, signed_in: Enter, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    video = await made_public(signed_in, tmp_path)
    shelf = server.app[LIBRARIAN].shelf
    async with database.view() as tx:
        film = (await store.load_video(tx, video)).film
    assert film is not None
    clock.advance(days=1095)
    office, auditor = await signed_in("operator"), await signed_in("auditor")
    keep, delete = "/library/keep", "/library/keep/delete"
    _, text = await auditor.get(keep)
    assert WORDS["title"] in text
    assert "签字，删除" not in text
    await office.post(f"/library/{video}/keep", keep)
    _, text = await office.get(keep)
    assert "现在没有到期的" in text
    clock.advance(days=1095)
    office = await signed_in("operator")
    answer, _ = await office.post(delete, keep, list=str(video), name="别人")
    assert answer.status == 422
    answer, _ = await office.post(delete, keep, list="99", name="自治办 会务")
    assert answer.status == 409
    assert shelf.film_of(video, film).is_file()
    _, text = await office.post(delete, keep, list=str(video), name="自治办 会务")
    assert "删了 1 部短片" in text
    assert not shelf.film_of(video, film).parent.parent.exists()
    _, text = await office.get(f"/library/{video}")
    assert "短片已按期限删除" in text
    async with database.view() as tx:
        [told] = await audit_store.load_recorded(tx, kinds=[EventKind.VIDEO_DELETED])
    assert (told.payload["sha256"], told.payload["days"]) == (film.digest, 1095)


async def test_a_public_video_is_withdrawn_with_a_reason_and_a_draft_thrown_away(
    server: TestServer, signed_in: Enter, database: Database, tmp_path: Path
) -> None:
    video = await made_public(signed_in, tmp_path)
    here, secretary = f"/library/{video}", await signed_in("secretary")
    answer, _ = await secretary.get(f"{here}/edit")
    assert answer.status == 409
    answer, text = await secretary.post(f"{here}/withdraw", here, remark="")
    assert (answer.status, "请写明原因" in text) == (422, True)
    await secretary.post(f"{here}/withdraw", here, remark="政策变了")
    clerk = await signed_in("clerk")
    assert (await clerk.get(here))[0].status == 404
    assert (await clerk.client.get(f"{here}/film")).status == 404
    answer, _ = await secretary.post(f"{here}/discard", f"{here}/edit")
    assert answer.status == 409
    draft = await brought(secretary, tmp_path, "b.webm", title="另一部")
    answer, _ = await secretary.post(
        f"/library/{draft}/edit",
        f"/library/{draft}/edit",
        **(WORDS | {"title": "改过", "version": "7"}),
    )
    assert answer.status == 409
    answer, _ = await secretary.post(f"/library/{draft}/discard", f"/library/{draft}/edit")
    assert answer.url.path == "/library"
    assert (await secretary.get(f"/library/{draft}/edit"))[0].status == 409
    async with database.view() as tx:
        assert (await store.load_video(tx, draft)).state is VideoState.DELETED
