"""The demo's materials: two items of the live session have a paper of two pages, in our words."""

from html import escape

from aiohttp import web

from server.auth.model import Login
from server.conference.live import Conference
from server.materials.routes import MATERIALS
from server.pages.export import PaperMaker

PAPERS: tuple[tuple[int, str, tuple[tuple[str, tuple[str, ...]], ...]], ...] = (
    (
        0,
        "自治金使用要点.pdf",
        (
            (
                "自治金怎么用",
                (
                    "用在居民自己议定的小事上：楼道、绿化、活动、互助。",
                    "先议后用：居民代表会议定下项目和数目，再报街道备案。",
                    "单个项目不超过两万元；超过的拆不开，就走街道项目。",
                    "票据当月报，公示栏贴满七天。",
                ),
            ),
            (
                "今年改了什么",
                (
                    "一个季度申报一次，不再每月报。",
                    "一张表走到底，街道各科室不再另要。",
                    "没用完的可以结转到明年第一季度。",
                    "有疑问先打自治办，不用专门跑一趟。",
                ),
            ),
        ),
    ),
    (
        1,
        "岁末消防检查.pdf",
        (
            (
                "查哪里",
                (
                    "楼道：杂物、电动车、充电线。",
                    "门店：二合一、三合一，夜里住不住人。",
                    "老人独居户：灶具软管、电热毯。",
                    "消防栓、灭火器：有没有水，过没过期。",
                ),
            ),
            (
                "什么时候交",
                (
                    "本周五前自查一遍，当场能改的当场改。",
                    "改不了的写明地点和原因，报平安办派人。",
                    "下周平安办和消防站抽查六家。",
                    "只报一次，别的科室要数据由平安办给。",
                ),
            ),
        ),
    ),
)
"""(index of the item, name of the file, its pages: heading and lines)."""

_STYLE = """
@page { size: 297mm 167mm; margin: 16mm 22mm;
  @bottom-right { content: counter(page) " / " counter(pages); color: #56666f;
    font: 13pt "Noto Sans CJK SC" } }
body { font: 22pt/1.75 "Noto Sans CJK SC", sans-serif; color: #14232b }
section + section { break-before: page }
h1 { margin: 0 0 6mm; padding-bottom: 3mm; border-bottom: 1.2mm solid #0d5870; font-size: 34pt;
  color: #0d5870 }
ol { margin: 0; padding-left: 1.4em }
"""


def _html(pages: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    sections = "".join(
        f"<section><h1>{escape(heading)}</h1>"
        f"<ol>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ol></section>"
        for heading, lines in pages
    )
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>{sections}"


async def add_materials(app: web.Application, conference: Conference, office: Login) -> None:
    """Add the papers to the items of the live session, once."""
    session, items = conference.state.session_id, conference.state.items
    seen = await app[MATERIALS].seen_by_login(office, session)
    if any(item.files for item in seen.items):
        return
    maker = PaperMaker()
    for index, name, pages in PAPERS:
        paper = await maker.make(_html(pages))
        await app[MATERIALS].add(office, session, items[index].item.id, [(name, paper)])
