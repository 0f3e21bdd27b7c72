"""A session from waiting for it to what comes after it, played by the keyboard alone.

``states`` stops in each state: tests look whether it is right, pictures are taken of it.
"""

from collections.abc import AsyncIterator
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, expect

from server.simulator.demo_sessions import LIVE_ITEMS
from tests.browser.chromium import new_context, visit
from tests.browser.pages import LANGUAGES
from tests.browser.stage import NEXT_TITLE, OFFERS, OPENS_WITHIN_S, Stage, let_it_open

BANNER, QUESTION = "请各会场调小电视音量", "垃圾房的水管谁来修？"
POLL, VOTE = "下周三一起巡查？", "同意评优名单？"
NOT_YET = "还没有接通，正在自动重试（第 {attempt} 次）。您不用操作，接通以后自动开始记考勤。"
BROKEN = "网络断了，正在自动重连（第 {attempt} 次）。您不用操作，考勤照记。"
RINGS_ON = "clearTimeout(document.querySelector('ring-bell').over)"
"""Whoever looks at a call takes longer than it rings."""
LAYOUTS = ("1+5", "9", "16", "33")
MISSING = 3
"""The branch that does not come until it is called."""

Shown = tuple[str, dict[str, Page]]
"""A state's name, and the pages worth a look in it, by name."""


async def states(stage: Stage, folder: Path) -> AsyncIterator[Shown]:
    """Play a session from waiting for it to its end, stopping in each state.

    Args:
        stage: whose wall and rooms 1 and 2 wait.
        folder: for a file that is shown.
    """
    for part in (_joined, _chair, _sound, _floor, _roll, _agenda, _words, _votes):
        async for shown in part(stage):
            yield shown
    async for shown in _material(stage, folder):
        yield shown
    for part in (_share, _views, _carousel, _deputy, _missing, _watchers, _mending, _over):
        async for shown in part(stage):
            yield shown


async def _joined(stage: Stage) -> AsyncIterator[Shown]:
    """Nobody presses anything: the pages wait, and come in when the session opens."""
    room = stage.rooms[1]
    yield "waiting", {"room": room, "wall": stage.wall}
    await let_it_open(stage.made)
    for one in stage.rooms.values():
        await one.wait_for_selector("[data-view=room]:not([hidden])", timeout=OPENS_WITHIN_S * 1000)
    await stage.all_say("two-truths", "主会场看得见、听得见您")
    await stage.all_say("two-truths", "考勤已记录")
    await stage.wall.wait_for_selector("[data-view=hall]:not([hidden]) venue-tile .venue")
    assert await room.evaluate("wakesAsked") > 0
    shown = await room.locator("agenda-clock .agenda > li").count()
    assert (str(len(LIVE_ITEMS)) in await room.inner_text("agenda-clock .clock .muted")) == (
        shown < len(LIVE_ITEMS)
    ), "where items of the agenda have no room it is said how many there are"
    yield "joined", {"room": room, "wall": stage.wall}
    await room.press("[data-do=count]:visible", "Enter")
    await room.wait_for_selector("head-count dialog[open]")
    yield "head-count", {"room": room}
    await room.keyboard.press("Escape")
    for size in ("3", "0"):
        await room.press("[data-view=room] [data-do=help]", "Enter")
        await room.press(f"dialog.help [data-size='{size}']", "Enter")
        await room.keyboard.press("Escape")
        await room.wait_for_selector(
            f"html[data-elder='{size}']" if size > "0" else "html:not([data-elder])"
        )
        if size > "0":
            yield "large-type", {"room": room}


async def _chair(stage: Stage) -> AsyncIterator[Shown]:
    """The leader takes the chair, hands it to a room, which gives it back; then takes it again."""
    leader = await stage.open_as("leader", stage.live)
    await leader.wait_for_selector("[data-view=hall]:not([hidden]) venue-tile .venue")
    yield "no-chair", {"leader": leader}
    await stage.choose(leader, "button.chair", "我来主持")
    for number in stage.rooms:
        await stage.told(number, "现在由 {name} 主持")
    await leader.press("button.chair", "Enter")
    yield "chair", {"leader": leader, "room": stage.rooms[2]}
    await leader.keyboard.press("Escape")
    venue = await stage.wall.get_attribute('venue-tile[data-venue="1"]', "data-name")
    tile = 'venue-tile[data-venue="1"] button'
    await stage.choose(leader, tile, "交给 {name} 主持", name=f"01 {venue}")
    await stage.rooms[1].wait_for_selector("[data-do=release]:visible")
    yield "leads", {"room": stage.rooms[1]}
    await stage.rooms[1].press("[data-do=release]", "Enter")
    await stage.told(2, "{name} 不再主持，现在没有主持人", name=venue or "")
    await stage.choose(leader, "button.chair", "我来主持")
    await expect(leader.locator("button.chair")).to_contain_text(stage.words(0, "您在主持"))
    await leader.context.close()
    await stage.wall.wait_for_selector("button.chair.tag--warn")
    yield "chair-away", {"wall": stage.wall}


async def _sound(stage: Stage) -> AsyncIterator[Shown]:
    """Rooms open their own microphones, are muted, have that taken back, and are muted for good."""
    wall, room = stage.wall, stage.rooms[1]
    await wall.press("[data-do=mute]", "Enter")
    await room.press("[data-do=floor][data-does=closed]", "Enter")
    await room.wait_for_selector("[data-do=floor][data-does=open]")
    yield "own-microphone", {"room": room, "other": stage.rooms[2], "wall": wall}
    await _ask_beside(stage)
    await stage.choose(wall, "[data-do=mute]", "静音，可以自己再打开")
    await room.wait_for_selector("[data-do=floor][data-does=closed]")
    # it stays for as long as it has the focus
    await wall.focus("[data-view=hall] action-toast button")
    yield "undo", {"wall": wall}
    await wall.press("[data-view=hall] action-toast button", "Enter")
    await room.wait_for_selector("[data-do=floor][data-does=open]")
    await stage.choose(wall, "[data-do=mute]", "静音，发言要主会场同意")
    await room.wait_for_selector("[data-do=floor][data-does=ask]")


async def _ask_beside(stage: Stage) -> None:
    """A room whose microphone is free asks to be seen by all, and takes that back."""
    room = stage.rooms[2]
    await room.press("[data-view=room] [data-do=help]", "Enter")
    await room.press("[data-do=beside]", "Enter")
    await stage.room_says(2, "dialog.help [data-place]", "已申请，排第 {place}", place=1)
    await stage.wall.wait_for_selector("floor-queue [data-does=give][data-venue='2']")
    await room.press("[data-do=beside][data-does=asked]", "Enter")
    await room.wait_for_selector("[data-do=beside][data-does=ask]")
    await room.keyboard.press("Escape")


async def _floor(stage: Stage) -> AsyncIterator[Shown]:
    one, two = stage.rooms[1], stage.rooms[2]
    for room in (one, two):
        await room.press("[data-do=floor]", "Enter")
        await room.wait_for_selector("[data-do=floor][data-does=asked]")
    await stage.room_says(2, "[data-do=floor]", "已申请，排第 {place}", place=2)
    waited = stage.words(0, "等了 {length}", length="").strip()
    await expect(stage.wall.locator("floor-queue [data-since]")).to_contain_text([waited, waited])
    yield "asked", {"room": two, "wall": stage.wall}
    await stage.choose(stage.wall, "floor-queue [data-does=choose][data-venue='1']", "移出队列")
    yield "declining", {"wall": stage.wall}
    await stage.wall.press("decline-word .decline__ready button >> nth=0", "Enter")
    word = stage.words(0, "下一项再请您讲。")
    await stage.told(1, "主会场说：{word}", word=word)
    yield "declined", {"room": one}
    await stage.wall.press("floor-queue [data-does=give][data-venue='2']", "Enter")
    await two.wait_for_selector("[data-do=floor][data-does=open]")
    await stage.room_says(2, "[data-speaker]", "您在发言，全场都看到")
    yield "speaking", {"room": two, "listener": one, "wall": stage.wall}
    await stage.wall.press("[data-do=take_back]:enabled", "Enter")
    await two.wait_for_selector("[data-do=floor][data-does=ask]")
    await two.press("[data-do=floor]", "Enter")
    await stage.wall.press("floor-queue [data-does=give][data-venue='2']", "Enter")
    await two.press("[data-do=return]:visible", "Enter")
    await two.wait_for_selector("[data-do=floor][data-does=ask]")


async def _roll(stage: Stage) -> AsyncIterator[Shown]:
    await stage.choose(stage.wall, "[data-do=roll]", "全部点名，我来点下一家")
    await stage.rooms[1].wait_for_selector("[data-do=floor][data-does=here]")
    # an open microphone in silence is no answer
    await stage.rooms[1].wait_for_timeout(1500)
    await stage.room_says(1, "[data-do=floor]", "点到您了，说一声“到”，或者点这里")
    yield "called", {"room": stage.rooms[1], "listener": stage.rooms[2], "wall": stage.wall}
    await stage.rooms[1].press("[data-do=floor]", "Enter")
    await stage.room_says(1, "[data-do=floor]", "已应答")
    yield "answered", {"room": stage.rooms[1]}
    await stage.wall.press("roll-call [data-does=yes]", "Enter")
    await stage.room_says(2, "[data-speaker]", "点到您了，全场都看到")
    await stage.wall.press("roll-call [data-does=no]:enabled", "Enter")
    await expect(stage.wall.locator("roll-call .roll__name")).to_have_text(
        stage.words(0, "应答 {answered} / {called}", answered=1, called=3)
    )
    yield "roll-result", {"wall": stage.wall}
    await stage.wall.press("roll-call [data-does=end]", "Enter")


async def _agenda(stage: Stage) -> AsyncIterator[Shown]:
    await stage.choose(stage.wall, "[data-do=pace]", "叫下一项的人入座")
    posts = {n: stage.words(n, "社工") for n in stage.rooms}
    for number, room in stage.rooms.items():
        await room.wait_for_selector("ring-bell:not([hidden])")
        coming = {"topic": LIVE_ITEMS[1][0], "posts": posts[number]}
        await stage.room_says(
            number, "ring-bell", "下一项“{topic}”快到了，请{posts}入座。", **coming
        )
        await room.evaluate(RINGS_ON)
    yield "called-in", {"room": stage.rooms[1]}
    for room in stage.rooms.values():
        await room.press("ring-bell button", "Enter")
    await stage.wall.press("[data-do=next]", "Enter")
    for number in stage.rooms:
        over = {"posts": stage.words(number, "主任")}
        await stage.room_says(number, "[data-part]", "{posts}的议题讲完了，可以先离会。", **over)
    yield "may-leave", {"room": stage.rooms[1], "wall": stage.wall}


async def _words(stage: Stage) -> AsyncIterator[Shown]:
    """The banner to all, and a written question from a room."""
    wall, room = stage.wall, stage.rooms[2]
    await wall.press("[data-do=banner]", "Enter")
    await wall.fill("#banner-text", BANNER)
    yield "writing-banner", {"wall": wall}
    await wall.press("#banner-text", "Enter")
    for one in stage.rooms.values():
        await expect(one.locator("[data-banner]")).to_have_text(BANNER)
    yield "banner", {"room": stage.rooms[1], "wall": wall}
    await room.press("[data-view=room] [data-do=help]", "Enter")
    await room.fill("#question", QUESTION)
    yield "asking", {"room": room}
    await room.press("[data-do=ask]", "Enter")
    await stage.told(2, "已经送到主会场")
    await wall.press("[data-do=questions]", "Enter")
    await expect(wall.locator("talk-desk .asked")).to_contain_text(QUESTION)
    yield "questions", {"wall": wall}
    await wall.press("talk-desk .asked .btn--primary", "Enter")
    await wall.keyboard.press("Escape")


async def _votes(stage: Stage) -> AsyncIterator[Shown]:
    one, two = stage.rooms[1], stage.rooms[2]
    await _ask(stage, POLL, secret=False)
    for room in (one, two):
        await expect(room.locator("ballot-card .ballot__text")).to_have_text(POLL)
    yield "poll", {"room": one, "wall": stage.wall}
    await one.press("ballot-card button >> nth=0", "Enter")
    await stage.room_says(1, "ballot-card .note", "已投票，结束前可以改。")
    await two.press("ballot-card button >> nth=1", "Enter")
    await stage.wall.press("ballot-card [data-does=close]", "Enter")
    await stage.all_say("ballot-card", "表决结果")
    yield "poll-result", {"room": one, "wall": stage.wall}
    await stage.wall.press("ballot-card [data-does=clear]", "Enter")
    await _ask(stage, VOTE, secret=True)
    await stage.room_says(1, "ballot-card .note", "谁投了什么，谁也查不到。投了不能改。")
    await one.press("ballot-card button >> nth=0", "Enter")
    await stage.room_says(1, "ballot-card .note", "已投票。")
    assert await one.locator("ballot-card button:enabled").count() == 0
    yield "secret-vote", {"room": one, "listener": two}
    await stage.wall.press("ballot-card [data-does=close]", "Enter")
    await stage.wall.press("ballot-card [data-does=clear]", "Enter")


async def _ask(stage: Stage, text: str, *, secret: bool) -> None:
    await stage.wall.press("[data-do=ballot]", "Enter")
    await stage.wall.fill("#ballot-text", text)
    await stage.wall.set_checked("#ballot-secret", secret)
    await stage.wall.press("#ballot-text", "Enter")


async def _material(stage: Stage, folder: Path) -> AsyncIterator[Shown]:
    """A file that is added during the session is shown to all, and stands on the materials page."""
    file = folder / "平面图.png"
    Image.new("RGB", (800, 500), "#dfe8d8").save(file)
    office = await stage.wall.context.new_page()
    await visit(office, f"{stage.base}/sessions/{stage.made.session}/materials")
    await office.set_input_files("input[type=file] >> nth=1", file)
    await office.press(".mats__add >> nth=1 >> button", "Enter")
    await office.wait_for_selector("text=平面图.png")
    yield "materials", {"office": office}
    await office.close()
    await stage.wall.press("[data-do=material]:enabled", "Enter")
    for room in stage.rooms.values():
        await room.wait_for_selector('material-viewer:not([hidden]) img[src$="/pages/1"]')
    yield "material", {"room": stage.rooms[1], "wall": stage.wall}
    await stage.wall.press("[data-do=material]", "Enter")
    await stage.rooms[1].wait_for_selector("material-viewer", state="hidden")


async def _share(stage: Stage) -> AsyncIterator[Shown]:
    """A room that was allowed shares its screen; then the main venue does, seen on its own wall."""
    one, two = stage.rooms[1], stage.rooms[2]
    await stage.of_tile(1, "让它共享材料")
    await one.press("[data-do=share]:visible", "Enter")
    await stage.room_says(1, "[data-speaker]", "您在共享材料，全场都看到")
    for page in (two, stage.wall):
        await page.wait_for_selector("picture-panes .venue--content")
    yield "sharing", {"room": one, "listener": two, "wall": stage.wall}
    await one.press("[data-do=share]", "Enter")
    await two.wait_for_selector("picture-panes .venue--content", state="detached")
    await stage.wall.press("[data-do=share]", "Enter")
    for page in (two, stage.wall):
        await page.wait_for_selector("picture-panes .venue--content[data-venue='0']")
    yield "main-shares", {"listener": two, "wall": stage.wall}
    await stage.wall.press("[data-do=share]", "Enter")
    await two.wait_for_selector("picture-panes .venue--content", state="detached")


async def _views(stage: Stage) -> AsyncIterator[Shown]:
    """Layouts for all and for one room that may choose; a venue is broadcast, and is watched."""
    wall, one, two = stage.wall, stage.rooms[1], stage.rooms[2]
    for layout in LAYOUTS:
        await stage.choose(wall, "[data-do=layout]", "全场：{n} 画面", n=layout)
        await one.wait_for_selector(f"picture-panes[data-layout='{layout}']")
        yield f"layout-{layout}", {"room": one, "wall": wall}
    await stage.choose(wall, "[data-do=layout]", "全场：一个大画面")
    await stage.choose(wall, "[data-do=layout]", "让各会场自己选")
    await two.press("[data-view=room] [data-do=help]", "Enter")
    await two.press("dialog.help [data-layout='9']:visible", "Enter")
    yield "choosing", {"room": two}
    await two.keyboard.press("Escape")
    await two.wait_for_selector("picture-panes[data-layout='9']")
    await one.wait_for_selector("picture-panes[data-layout='1']", state="attached")
    await stage.choose(wall, "[data-do=layout]", "不让各会场自己选")
    await two.wait_for_selector("picture-panes[data-layout='1']", state="attached")
    await stage.of_tile(2, "广播给全场")
    await stage.room_says(2, "[data-speaker]", "正在广播您这里，全场都看到")
    yield "broadcast", {"room": two, "listener": one, "wall": wall}
    await stage.of_tile(2, "结束广播")
    await stage.of_tile(1, "选看")
    await stage.wall_says("[data-speaker]", "选看 · 只有这里看到")
    await stage.all_say("[data-speaker]", "主会场正在讲")
    yield "watched", {"room": one, "wall": wall}
    await stage.of_tile(1, "结束选看")


async def _carousel(stage: Stage) -> AsyncIterator[Shown]:
    """The two branches that are here take turns, until it is halted."""
    await stage.choose(stage.wall, "[data-do=carousel]", "全场 {n} 秒", n=5)
    for number in (1, 2):
        await stage.wall.wait_for_selector(f".hall .big[data-venue='{number}']")
    await stage.wall_says("[data-speaker]", "轮巡 · 全场都看到")
    await stage.choose(stage.wall, "[data-do=carousel]", "停在这里")
    await stage.wall_says("[data-do=carousel]", "轮巡 已停")
    yield "carousel", {"room": stage.rooms[1], "wall": stage.wall}
    await stage.choose(stage.wall, "[data-do=carousel]", "结束轮巡")


async def _missing(stage: Stage) -> AsyncIterator[Shown]:
    """The missing branch is called in vain; then its page is open, it rings there, and it comes."""
    wall = stage.wall
    await wall.press("[data-do=call]", "Enter")
    yield "missing", {"wall": wall}
    # who looked at it may have changed the window, which closes a menu
    await wall.keyboard.press("Escape")
    await stage.choose(wall, "[data-do=call]", "全部呼叫")
    await expect(wall.locator(".hall action-toast")).to_contain_text(
        stage.pattern(0, "{venue} 的页面没有打开，响不了铃，请打电话。")
    )
    third = await stage.open_room(MISSING, line=False)
    await expect(third.locator(".again:not([hidden]) p")).to_have_text(
        stage.pattern(MISSING, NOT_YET)
    )
    await stage.of_tile(MISSING, "呼叫")
    await third.wait_for_selector("ring-bell:not([hidden])")
    await expect(third.locator("ring-bell b")).to_have_text(
        stage.words(MISSING, "主会场在叫您，请到镜头前")
    )
    await third.evaluate(RINGS_ON)
    yield "called-up", {"room": third, "wall": wall}
    await third.press("ring-bell button", "Enter")
    await third.unroute(OFFERS)
    await third.wait_for_selector(".again", state="hidden")
    await expect(wall.locator("[data-figure=present]")).to_have_text(str(MISSING))
    await third.context.close()


async def _watchers(stage: Stage) -> AsyncIterator[Shown]:
    """A second screen beside the wall, and an observer who is only counted."""
    async with stage.wall.expect_popup() as opened:
        await stage.choose(stage.wall, "[data-do=layout]", "第二块屏：大画面")
    second = await opened.value
    await second.wait_for_selector("[data-view=hall]:not([hidden]) .big")
    links = await stage.wall.context.new_page()
    await visit(links, f"{stage.base}{stage.live}/observers")
    await links.press("form[action$='/observers'] button", "Enter")
    link = await links.inner_text("#link")
    await links.close()
    guest = await (await new_context(stage.browser, LANGUAGES[stage.own])).new_page()
    await visit(guest, link)
    await guest.wait_for_selector("[data-view=hall]:not([hidden]) .big")
    await stage.wall_says("[data-observers]", "旁听 {n}", n=1)
    yield "watching", {"second-screen": second, "observer": guest, "wall": stage.wall}
    await guest.context.close()
    await second.close()


async def _mending(stage: Stage) -> AsyncIterator[Shown]:
    """A room's line breaks: it says so, comes back by itself; another computer takes the place."""
    room = stage.rooms[1]
    await room.route(OFFERS, lambda route: route.abort())
    await room.evaluate("breakLine()")
    await expect(room.locator(".again:not([hidden]) p")).to_have_text(stage.pattern(1, BROKEN))
    yield "mending", {"room": room}
    await room.unroute(OFFERS)
    await room.wait_for_selector(".again", state="hidden")
    second = await stage.open_room(1)
    await stage.room_says(1, "[data-view=calm]", "本会场已在另一台电脑入会")
    yield "replaced", {"room": room}
    await second.context.close()
    await room.press("[data-view=calm] button", "Enter")
    await room.wait_for_selector("[data-view=room]:not([hidden])")


async def _deputy(stage: Stage) -> AsyncIterator[Shown]:
    """The chair's computer has been gone for half a minute: the meeting office stands in."""
    sign = stage.wall.locator("button.chair span")
    await expect(sign).to_have_text(stage.words(0, "您在主持"), timeout=45_000)
    for number in stage.rooms:
        await stage.told(number, "{former} 断线了，由 {name} 代为主持")
    yield "deputy", {"wall": stage.wall}


async def _over(stage: Stage) -> AsyncIterator[Shown]:
    """It ends for all; a room's page waits for the next session, with its own picture."""
    await stage.wall.press("[data-do=end]", "Enter")
    await stage.wall.wait_for_selector("[data-do=end].ctl--sure")
    await stage.wall.press("[data-do=end]", "Enter")
    await stage.all_say("[data-view=calm]", "会开完了，谢谢大家")
    await stage.wall.wait_for_selector("[data-view=calm] [data-over]:not([hidden])")
    room = stage.rooms[1]
    yield "over", {"room": room, "wall": stage.wall}
    await room.reload(wait_until="domcontentloaded")
    await expect(room.locator("[data-next-title]")).to_have_text(NEXT_TITLE)
    await room.wait_for_selector("[data-check=camera].good")
    yield "next", {"room": room}
