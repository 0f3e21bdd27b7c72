"""The made-up street of the demo: names, posts, accounts, and the function that enters them."""

from server.auth.model import Role
from server.auth.service import add_account
from server.db.engine import Database, Tx
from server.domain.places import Post, VenueKind
from server.street import store

STREET = "青禾街道办事处"
PHONE = "内线 8021"
HALL = "三楼会议室"

DEPARTMENTS = (
    ("党建办", True),
    ("自治办", True),
    ("党政办", False),
    ("平安办", False),
    ("服务办", False),
    ("管理办", False),
    ("发展办", False),
    ("应急办", False),
    ("文化办", False),
    ("卫健办", False),
    ("市场办", False),
    ("武装部", False),
)
COMMITTEES = [
    "云杉苑",
    "松涛里",
    "梧桐坊",
    "银杏园",
    "海棠里",
    "桂香苑",
    "竹溪园",
    "荷塘里",
    "枫林坊",
    "柳岸园",
    "桃李园",
    "杏雨里",
    "榆荫坊",
    "槐安里",
    "丁香苑",
    "紫藤园",
    "芙蓉里",
    "蔷薇坊",
    "茉莉园",
    "玉兰里",
    "石榴苑",
    "青枫里",
    "白桦坊",
    "望河园",
    "临溪里",
    "听泉苑",
    "晴川里",
    "朝晖坊",
    "明月园",
    "和风里",
    "晨曦苑",
    "春晓坊",
    "长乐里",
]
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = [
    "建国",
    "秀英",
    "志强",
    "桂兰",
    "永红",
    "丽华",
    "文斌",
    "玉梅",
    "海燕",
    "卫东",
    "春生",
    "素芬",
    "国平",
    "晓玲",
    "德明",
    "雅琴",
]
_LINES = ["综治", "民政", "卫生", "文教", "社保", "妇联", "助残"]

ACCOUNTS = (
    ("operator", "自治办 会务", Role.OFFICE, None, None),
    ("leader", "街道 周主任", Role.LEADER, None, None),
    ("clerk", "平安办 经办", Role.CLERK, "平安办", None),
    ("secretary", "杏雨里 书记", Role.SECRETARY, None, "杏雨里"),
    ("auditor", "督查室", Role.AUDITOR, None, None),
    ("admin", "系统管理员", Role.ADMIN, None, None),
)
"""(name, what the pages show, role, department, committee) of each account of the demo."""


def _name(index: int) -> str:
    return _SURNAMES[index * 7 % len(_SURNAMES)] + _GIVEN[index * 5 % len(_GIVEN)]


async def _enter_people(tx: Tx, committee_id: int, number: int) -> None:
    """Enter 7 to 11 people: secretary, director, deputy and social workers by line."""
    size = 7 + number * 5 % 5
    for place in range(size):
        name = _name(number * 11 + place)
        if place == 0:
            await store.save_person(tx, committee_id, name, Post.SECRETARY)
        elif place == 1:
            await store.save_person(tx, committee_id, name, Post.DIRECTOR)
        elif place == 2:
            await store.save_person(tx, committee_id, name, Post.DEPUTY)
        else:
            line = _LINES[(place - 3) % len(_LINES)]
            await store.save_person(tx, committee_id, name, Post.SOCIAL_WORKER, line)


async def enter_street(db: Database, secret: bytes, password: str, committees: int = 33) -> None:
    """Enter the whole street with one account for each role, in one transaction.

    Args:
        db: an empty, migrated database.
        secret: the installation's secret, from which the venues' tokens come.
        password: the password of every account.
        committees: how many committees to enter, 1 to 33.
    """
    async with db.tx() as tx:
        await store.save_office(tx, name=STREET, phone=PHONE, hall=HALL)
        departments = {n: await store.save_department(tx, n, exempt=e) for n, e in DEPARTMENTS}
        await store.save_venue(
            tx, secret, number=0, name="主会场", kind=VenueKind.MAIN, committee_id=None
        )
        ids: dict[str, int] = {}
        for number, name in enumerate(COMMITTEES[:committees], 1):
            ids[name] = await store.save_committee(tx, number, name)
            await _enter_people(tx, ids[name], number)
            await store.save_venue(
                tx, secret, number=number, name=name, kind=VenueKind.BRANCH, committee_id=ids[name]
            )
        for name, shown, role, department, committee in ACCOUNTS:
            await add_account(
                tx,
                name=name,
                display_name=shown,
                role=role,
                password=password,
                department_id=departments.get(department or ""),
                committee_id=ids.get(committee or ""),
            )
