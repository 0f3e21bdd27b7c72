"""Everybody may read the guides, and each person's own is marked."""

from collections.abc import Awaitable, Callable

import pytest

from server.portal.guides import GUIDES
from tests.web.conftest import Visitor


async def test_the_guides_are_listed_before_signing_in(visitor: Visitor) -> None:
    answer, text = await visitor.get("/help")
    assert answer.status == 200
    assert [name for name in GUIDES if f'href="/help/{name}"' in text] == list(GUIDES)
    assert "您看这一页" not in text


@pytest.mark.parametrize("name", GUIDES)
async def test_each_guide_opens(visitor: Visitor, name: str) -> None:
    answer, text = await visitor.get(f"/help/{name}")
    assert answer.status == 200
    assert '<article class="card guide" lang="zh-CN">\n<h1>' in text


async def test_a_guide_that_does_not_exist_is_refused(visitor: Visitor) -> None:
    for path in ("/help/nothing", "/help/..%2foperations"):
        answer, _ = await visitor.get(path)
        assert answer.status == 404


async def test_english_pages_say_that_the_guides_are_chinese(visitor: Visitor) -> None:
    answer, text = await visitor.get("/help", **{"Accept-Language": "en"})
    assert answer.status == 200
    assert "The guides are written in Chinese" in text
    _, text = await visitor.get("/help/clerk", **{"Accept-Language": "en"})
    assert "This page is written in Chinese. How to share a session" in text


async def test_the_guide_of_the_login_is_marked(
    signed_in: Callable[[str], Awaitable[Visitor]],
) -> None:
    clerk = await signed_in("clerk")
    _, text = await clerk.get("/help")
    assert text.count("您看这一页") == 1
    assert 'aria-current="page"' in text
