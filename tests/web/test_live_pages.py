"""The pages of a live session as they leave the server, before any script runs."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from server.config import Settings, load_secret
from server.db.engine import Database
from server.scheduler import store as sessions
from server.street import store as street
from tests.fakes import FakeClock
from tests.web.conftest import Visitor

STATIC = Path(__file__).parent.parent.parent / "web" / "static"
BRANCH_SCRIPTS_AT_MOST = 60_000
Enter = Callable[[str], Awaitable[Visitor]]


@pytest.fixture
async def branch_path(settings: Settings, database: Database) -> str:
    async with database.view() as tx:
        tokens = await street.load_tokens(tx, load_secret(settings.data_dir))
        venue = next(v for v in await street.load_venues(tx) if v.number == 12)
    return f"/j/{tokens[venue.id]}"


async def wall_path(database: Database, clock: FakeClock, numbers: range) -> str:
    async with database.tx() as tx:
        venues = await street.load_venues(tx)
        session_id = await sessions.save_session(
            tx,
            title="主任工作例会",
            starts_at=clock.now(),
            ends_at=clock.now() + timedelta(minutes=50),
            hall="三楼会议室",
            items=[("</script><b>议题", "自治办", 20)],
            venue_ids=[v.id for v in venues if v.number in numbers],
        )
    return f"/live/{session_id}"


def inline(text: str) -> list[str]:
    """Return what the Content-Security-Policy would refuse: inline styles and handlers, scripts."""
    scripts = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", text)
    return scripts + re.findall(r"\s(?:style|on[a-z]+)=\"", text)


async def test_a_branch_page_needs_its_link_alone_and_names_its_venue(
    visitor: Visitor, branch_path: str
) -> None:
    answer, text = await visitor.get(branch_path)
    assert answer.status == 200
    assert "杏雨里" in text
    assert 'data-number="12"' in text
    assert 'class="nav"' not in text
    assert inline(text) == []


async def test_a_branch_room_never_shows_more_than_four_buttons(
    visitor: Visitor, branch_path: str
) -> None:
    _, text = await visitor.get(branch_path)
    row = text[text.index('<footer class="acts">') : text.index('data-view="calm"')]
    buttons = re.findall(r"<button[^>]*>", row)
    assert len([b for b in buttons if " hidden" not in b]) == 4


async def test_sentences_of_the_scripts_travel_with_the_page_in_its_language(
    visitor: Visitor, branch_path: str
) -> None:
    _, chinese = await visitor.get(branch_path)
    _, english = await visitor.get(branch_path, **{"Accept-Language": "en"})
    assert '<script type="application/json" id="words">{}</script>' in chinese
    assert '"考勤已记录": "Attendance recorded"' in english


@pytest.mark.parametrize(
    ("last", "rows", "columns"),
    [(1, 1, 1), (6, 1, 6), (7, 1, 7), (8, 2, 4), (18, 2, 9), (33, 3, 11)],
)
async def test_the_wall_has_a_tile_for_every_branch_of_the_roster_in_even_rows(
    signed_in: Enter, database: Database, clock: FakeClock, last: int, rows: int, columns: int
) -> None:
    operator = await signed_in("operator")
    answer, text = await operator.get(await wall_path(database, clock, range(1, last + 1)))
    assert answer.status == 200
    numbers = re.findall(r'<venue-tile data-venue="(\d+)"', text)
    assert numbers == [str(n) for n in range(1, last + 1)]
    assert f'data-rows="{rows}" data-columns="{columns}"' in text
    assert inline(text) == []


async def test_the_branch_page_stays_light_for_old_computers(
    visitor: Visitor, branch_path: str
) -> None:
    _, text = await visitor.get(branch_path)
    scripts = re.findall(r'<link rel="modulepreload" href="([^"]+)"', text)
    assert len(scripts) > 10
    sizes = [len(await (await visitor.client.get(path)).read()) for path in scripts]
    assert sum(sizes) <= BRANCH_SCRIPTS_AT_MOST


@pytest.mark.parametrize("room", ["lib", "elements"])
def test_libraries_and_elements_know_no_address_of_ours(room: str) -> None:
    for path in (STATIC / "js" / room).glob("*.js"):
        text = path.read_text("utf-8")
        assert not re.search(r'["\'`]/(?:rtc|ws|j|live|choices)\b', text), path.name
        if room == "lib":
            assert "elements/" not in text, path.name
            assert "pages/" not in text, path.name


async def test_how_to_change_the_browser_is_shown_in_pictures_without_any_script(
    visitor: Visitor,
) -> None:
    answer, text = await visitor.get("/browser?next=/j/abc")
    assert answer.status == 200
    assert text.count("<svg") == 3
    assert 'href="/j/abc"' in text
    assert "<script" not in text
    assert inline(text) == []
    _, text = await visitor.get("/browser?next=https://elsewhere.example/")
    assert "elsewhere" not in text


async def test_every_page_has_the_script_that_old_browsers_run(
    visitor: Visitor, branch_path: str
) -> None:
    for path in ("/login", branch_path):
        _, text = await visitor.get(path)
        assert re.search(r'<script nomodule src="/static/[0-9a-f]+/js/old.js">', text)
        assert '<meta name="renderer" content="webkit">' in text


async def test_the_second_screen_has_the_big_picture_alone_or_a_tile_for_every_branch(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    operator = await signed_in("operator")
    path = await wall_path(database, clock, range(1, 34))
    _, big = await operator.get(f"{path}/screen")
    assert "picture-panes" in big
    assert "<venue-tile" not in big
    _, tiles = await operator.get(f"{path}/screen?show=tiles")
    assert len(re.findall(r"<venue-tile ", tiles)) == 33
    assert 'data-side="6"' in tiles
    assert inline(big) + inline(tiles) == []


async def test_an_observers_page_needs_its_link_alone_and_the_link_can_be_taken_back(
    signed_in: Enter, visitor: Visitor, database: Database, clock: FakeClock
) -> None:
    office = await signed_in("operator")
    path = f"{await wall_path(database, clock, range(1, 4))}/observers"
    _, text = await office.post(path, path)
    found = re.search(r"/watch/([0-9a-z-]+)</p>", text)
    assert found, text
    answer, page = await visitor.get(f"/watch/{found[1]}")
    assert answer.status == 200
    assert f'data-observer="{found[1]}"' in page
    assert inline(page) == []
    _, text = await office.post(f"{path}/revoke", path)
    assert "/watch/" not in text
    answer, _ = await visitor.get(f"/watch/{found[1]}")
    assert answer.status == 403
