"""A month of the demo's meeting requests, filed, decided, merged and published as people would.

Everything goes through the services that the pages use, so the plan of the demo is a real one. It
works on any day: the standing meetings begin on the next working days.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from server.admission.service.desk import Desk
from server.admission.service.filing import file_request
from server.admission.service.office import refer_request
from server.admission.service.word import Choice, decide
from server.auth.model import Login, Role
from server.auth.store import load_account
from server.board.changes import Changed
from server.board.model import Working
from server.board.search import find_plan
from server.board.service import keeping
from server.board.service.publishing import Published, publish
from server.config import Settings
from server.db.engine import Database
from server.domain.clock import SITE_ZONE, Clock, SystemClock
from server.domain.places import Post
from server.i18n.catalogue import DEFAULT
from server.merging.instance.model import Priority
from server.merging.search.solver import Budget
from server.pages.render import Renderer
from server.scheduler import store as sessions
from server.scheduler.filing import Approval, Filing, RequestState
from server.scheduler.store.workdays import load_workdays
from server.scheduler.workdays import digest_day_of, working_days
from server.standing.model import OwnItem, Pattern, Plan, Recurrence
from server.standing.service.desk import Convener
from server.standing.service.desk import Desk as Convening
from server.standing.service.keeping import add_meeting
from server.street import store as street

SEC, DIR, DEP, SOC = Post.SECRETARY, Post.DIRECTOR, Post.DEPUTY, Post.SOCIAL_WORKER
STANDING = (
    ("主任工作例会", "自治项目推进", "自治办", 1, 14 * 60, (DIR,)),
    ("书记例会", "基层治理重点工作", "党建办", 2, 9 * 60 + 30, (SEC,)),
)
"""Title, own topic, department, first working day from now, start, posts; every second week."""
CALL_HOURS = 96
"""Earlier than usual, so that the demo has a call for items to show on most days."""
REFUSAL = "全体书记主任到场演练影响太大，请结合例会讲"
AHEAD = timedelta(days=45)
"""Far enough that fifteen working days lie ahead even across the longest holiday."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request of the demo; days count working days from now.

    ``some`` calls only that many committees, 0 all of them; ``granted`` is the leader's word, None
    while it is open, which ``referred`` ones are because the office found no ride for them.
    """

    department: str
    topic: str
    minutes: int
    posts: tuple[Post, ...]
    first_day: int = 1
    last_day: int = 15
    some: int = 0
    read_only: bool = False
    granted: bool | None = True
    priority: Priority = Priority.NORMAL
    why: str = ""
    referred: bool = False


EARLIER = (
    Wish("平安办", "岁末消防检查部署", 20, (SEC, DIR)),
    Wish("服务办", "社区助餐点意见征集", 10, (DIR,)),
    Wish("卫健办", "流感疫苗接种安排", 15, (SOC,), last_day=8),
    Wish(
        "应急办",
        "寒潮应急值守",
        15,
        (SEC,),
        last_day=5,
        priority=Priority.URGENT,
        why="气象台已发寒潮预警",
    ),
    Wish("市场办", "特种设备普查", 20, (SEC,)),
    Wish("管理办", "垃圾分类复查通报", 10, (DIR, SOC)),
    Wish("文化办", "社区文化节筹备", 20, (SOC,), some=12),
    Wish("发展办", "经济普查数据核对", 15, (SOC,), some=20),
    Wish("武装部", "民兵整组", 10, (SEC,)),
    Wish("党政办", "信访件办理进度", 15, (SEC, DIR)),
    Wish("自治办", "自治金使用说明", 20, (DIR,)),
    Wish("党建办", "基层党建述职安排", 30, (SEC,)),
    Wish("服务办", "养老补贴政策口径", 10, (SOC,), read_only=True),
    Wish("卫健办", "血液募集工作提示", 5, (SEC,), read_only=True),
    Wish("管理办", "二次供水改造通知", 5, (DIR,), read_only=True),
    Wish("平安办", "反诈宣传入户", 15, (SOC,), last_day=12),
    Wish("市场办", "食品安全月检查", 10, (SOC,), some=9),
    Wish("应急办", "应急物资盘点", 10, (DEP,)),
    Wish("文化办", "体育设施报修", 10, (DEP,), some=15),
    Wish("党政办", "年度考核填报", 20, (SEC, DIR), first_day=6),
)
WAITING = (
    Wish("平安办", "电动车充电整治", 15, (SEC,), granted=None),
    Wish("服务办", "困难家庭走访", 20, (SOC,), granted=None, referred=True),
    Wish("卫健办", "健康档案更新", 10, (SOC,), some=11),
    Wish("管理办", "架空线入地通报", 10, (DIR,), granted=None, referred=True),
    Wish("市场办", "网络订餐抽查", 10, (SOC,), read_only=True),
    Wish("党建办", "主题党日安排", 15, (SEC,)),
    Wish("应急办", "高层建筑演练", 30, (SEC, DIR), granted=False),
)


KNOWN = (
    (
        "服务办",
        "医保缴费 12 月 20 日截止",
        "请提醒还没缴的居民。行动不便的可以代办，带身份证和医保卡。",
        12,
    ),
    ("平安办", "燃气软管更换进度表", "请把本居委会的进度填好，交平安办。", 5),
    ("管理办", "垃圾分类指标通报", "上个月全街道分类准确率比前一个月高 1.2 个百分点。", 0),
)
"""This week's digest: (department, topic, words, days until it is to be done, 0 for never)."""


async def file_a_month(db: Database, clock: Clock) -> None:
    """File, decide, merge and publish; then leave some requests waiting for the next merge."""
    office, leader = await login_named(db, "operator"), await login_named(db, "leader")
    # nothing of the demo has files, so their folder is never made
    desks = Desk(db, clock, Path(), office), Desk(db, clock, Path(), leader)
    today = clock.now().astimezone(SITE_ZONE).date()
    async with db.view() as tx:
        days = working_days(await load_workdays(tx), today, today + AHEAD)
    later = [day.date for day in days if day.date > today]
    await _standing_meetings(clock, office, db, later)
    await _file(desks, EARLIER, later)
    await merge_and_publish(db, clock, office)
    await _file(desks, WAITING, later)
    await _make_known(db, clock)


async def _make_known(db: Database, clock: Clock) -> None:
    """Put into this week's digest what a plan of last week would have; the timer issues it."""
    today = clock.now().astimezone(SITE_ZONE).date()
    async with db.tx() as tx:
        departments = {d.name: d.id for d in await street.load_departments(tx)}
        day = digest_day_of(await load_workdays(tx), today) or today
        for department, topic, text, due in KNOWN:
            filing = Filing(
                department_id=departments[department],
                topic=topic,
                minutes=5,
                read_only=True,
                posts=(SEC, DIR),
                committee_ids=(),
                earliest=day,
                deadline=day,
                text=text,
                due_on=today + timedelta(days=due) if due else None,
            )
            request_id = await sessions.save_request(
                tx, filing, approval=Approval.NOT_NEEDED, filed_at=clock.now()
            )
            filed = await sessions.load_request(tx, request_id)
            placed = replace(filed, state=RequestState.IN_DIGEST, digest_on=day)
            await sessions.save_filed(tx, placed)


async def merge_and_publish(db: Database, clock: Clock, login: Login) -> Published:
    """Place what waits without a long search, and publish it, as the office would at the board.

    Raises:
        ConflictError: ``board_nothing_to_publish``.
    """
    shown = await keeping.look(db, clock)
    found = await asyncio.to_thread(
        find_plan, shown.board, budget=Budget(seconds=0.0), clock=SystemClock()
    )
    await keeping.change(
        db,
        clock,
        login.display_name,
        version=shown.version,
        code="board.step_take",
        act=lambda board: Changed(Working(found.plan, board.marks, board.ground.places)),
    )
    return await publish(db, clock, login, version=shown.version + 1)


async def login_named(db: Database, name: str) -> Login:
    """Return a login of one of the demo's accounts."""
    async with db.view() as tx:
        account = await load_account(tx, name)
    if account is None:
        raise RuntimeError(f"the demo lacks the account {name}")
    since = datetime.min.replace(tzinfo=SITE_ZONE)
    return Login(account.id, name, account.display_name, Role(account.role), None, None, since)


async def _standing_meetings(clock: Clock, office: Login, db: Database, days: list[date]) -> None:
    """Add the meetings of secretaries and directors, which others may share.

    The first of each lies on a working day to come, and with it those after it.
    """
    renderer = Renderer(Settings().web_dir)
    desk = Convening(Convener(db, clock, renderer, DEFAULT, ""), office)
    async with db.view() as tx:
        departments = {d.name: d.id for d in await street.load_departments(tx)}
        leader = await load_account(tx, "leader")
    for title, topic, department, first, start, posts in STANDING:
        # a make-up day on a weekend has no rhythm
        day = next(day for day in days[first:] if day.isoweekday() <= 5)
        plan = Plan(
            title=title,
            department_id=departments[department],
            recurrence=Recurrence(Pattern.WEEKLY, day.isoweekday(), day, every=2),
            start=start,
            items=(OwnItem(topic, 30),),
            longest=120,
            posts=posts,
            chair_id=leader.id if leader else None,
            call_hours=CALL_HOURS,
        )
        await add_meeting(desk, plan)


async def _file(desks: tuple[Desk, Desk], wishes: tuple[Wish, ...], days: list[date]) -> None:
    office, leader = desks
    async with office.db.view() as tx:
        departments = {d.name: d for d in await street.load_departments(tx)}
        committees = [c.id for c in await street.load_committees(tx)]
    for wish in wishes:
        department = departments[wish.department]
        filing = Filing(
            department_id=department.id,
            topic=wish.topic,
            minutes=wish.minutes,
            read_only=wish.read_only,
            posts=wish.posts,
            committee_ids=tuple(committees[:: len(committees) // wish.some][: wish.some])
            if wish.some
            else (),
            earliest=days[wish.first_day - 1],
            deadline=days[wish.last_day - 1],
            priority=wish.priority,
            why=wish.why,
        )
        request_id = await file_request(office, filing)
        if wish.granted is not None and not (department.exempt or wish.read_only):
            choice = Choice.GRANT if wish.granted else Choice.REFUSE
            await decide(leader, request_id, choice, "" if wish.granted else REFUSAL)
        elif wish.granted is None and wish.referred:
            await refer_request(office, request_id)
