"""Who gets in where: the table against the application's own routes, CSRF, Origin, throttling."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestServer

from server.auth.model import Role
from server.auth.permissions import ROUTES, Door
from server.simulator.demo_street import ACCOUNTS
from tests.fakes import FakeClock
from tests.web.conftest import HTML, Visitor

Enter = Callable[[str], Awaitable[Visitor]]
NUMBERED = (
    "week",
    "entry",
    "session",
    "venue",
    "request",
    "file",
    "account",
    "department",
    "committee",
    "year",
    "meeting",
    "number",
    "first",
    "second",
    "page",
    "person",
    "video",
    "frame",
)
"""Parts of addresses that are ids."""
CHOSEN = {"kind": "committees", "form": "csv", "key": "0" * 16, "film": "programme"}
"""Parts of addresses that are of a certain form."""


def own_routes(server: TestServer) -> dict[str, tuple[str, str]]:
    """Return route name → (method, path) of everything the application serves."""
    found = {}
    for route in server.app.router.routes():
        if route.method == "HEAD":
            continue
        assert route.name, f"{route.method} {route.resource} has no name"
        assert route.resource is not None
        found[route.name] = (route.method, route.resource.canonical)
    return found


async def test_every_route_has_a_row_in_the_table_and_every_row_a_route(
    server: TestServer,
) -> None:
    assert set(own_routes(server)) == set(ROUTES)


async def test_routes_that_change_something_are_named_so(server: TestServer) -> None:
    for name, (method, path) in own_routes(server).items():
        changes = name.rpartition(".")[2] in {"post", "delete", "patch"}
        assert changes == (method not in {"GET"}), (name, method, path)


@pytest.mark.parametrize(("name", "role"), [(a[0], a[2]) for a in ACCOUNTS])
async def test_each_role_gets_exactly_the_pages_of_the_table(
    server: TestServer, signed_in: Enter, name: str, role: Role
) -> None:
    visitor = await signed_in(name)
    for route, (method, path) in own_routes(server).items():
        if method != "GET" or Door.VENUE in ROUTES[route] or route == "static":
            continue
        concrete = path
        for part, value in {**dict.fromkeys(NUMBERED, "999999"), **CHOSEN}.items():
            concrete = concrete.replace("{" + part + "}", value)
        answer = await visitor.client.get(concrete, headers=HTML, allow_redirects=False)
        admitted = role in ROUTES[route] or Door.EVERYBODY in ROUTES[route]
        assert (answer.status != 403) == admitted, (route, answer.status)


async def test_a_page_asked_for_before_signing_in_comes_after_it(visitor: Visitor) -> None:
    answer, text = await visitor.get("/street")
    assert answer.url.path == "/login"
    assert 'name="next" value="/street"' in text
    answer, _ = await visitor.post(
        "/login", "/login", name="clerk", password="a-good-long-password", next="/street"
    )
    assert answer.url.path == "/street"


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "/\\example.org"])
async def test_signing_in_never_leads_to_another_site(visitor: Visitor, target: str) -> None:
    answer, _ = await visitor.post(
        "/login", "/login", name="clerk", password="a-good-long-password", next=target
    )
    assert answer.url.path == "/"


async def test_a_form_without_the_token_changes_nothing(signed_in: Enter) -> None:
    visitor = await signed_in("clerk")
    answer = await visitor.client.post("/logout", headers=HTML)
    assert answer.status == 403
    again, _ = await visitor.get("/street")
    assert again.status == 200


async def test_a_form_from_another_site_is_refused_even_with_the_token(signed_in: Enter) -> None:
    visitor = await signed_in("clerk")
    _, text = await visitor.get("/")
    token = text.split('name="csrf" value="')[1].split('"')[0]
    answer = await visitor.client.post(
        "/logout", data={"csrf": token}, headers=HTML | {"Origin": "http://example.org"}
    )
    assert answer.status == 403


async def test_the_fifth_wrong_password_closes_the_door_for_five_minutes(
    visitor: Visitor, clock: FakeClock
) -> None:
    for left in ("4", "3", "2", "1"):
        _, text = await visitor.post("/login", "/login", name="clerk", password="wrong")
        assert f"再错 {left} 次" in text
    for password in ("wrong", "a-good-long-password"):
        answer, text = await visitor.post("/login", "/login", name="clerk", password=password)
        assert answer.status == 422
        assert "请等 5 分钟" in text
    clock.advance(minutes=5)
    answer, _ = await visitor.post(
        "/login", "/login", name="clerk", password="a-good-long-password"
    )
    assert answer.url.path == "/"


async def test_an_unknown_account_is_answered_like_a_wrong_password(visitor: Visitor) -> None:
    _, wrong = await visitor.post("/login", "/login", name="clerk", password="x")
    _, unknown = await visitor.post("/login", "/login", name="nobody", password="x")
    assert "再错 4 次" in wrong
    assert "再错 4 次" in unknown


async def test_a_login_ends_after_twelve_idle_hours(signed_in: Enter, clock: FakeClock) -> None:
    visitor = await signed_in("clerk")
    clock.advance(hours=11)
    answer, _ = await visitor.get("/street")
    assert answer.url.path == "/street"
    clock.advance(hours=11, minutes=59)
    answer, _ = await visitor.get("/street")
    assert answer.url.path == "/street"
    clock.advance(hours=12, minutes=1)
    answer, _ = await visitor.get("/street")
    assert answer.url.path == "/login"


async def test_signing_out_ends_the_login(signed_in: Enter) -> None:
    visitor = await signed_in("clerk")
    answer, _ = await visitor.post("/logout", "/")
    assert answer.url.path == "/login"
    answer, _ = await visitor.get("/street")
    assert answer.url.path == "/login"


async def test_every_answer_carries_the_strict_policy(visitor: Visitor) -> None:
    for path in ("/login", "/nowhere", "/healthz"):
        answer, text = await visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert " style=" not in text
        assert "onclick" not in text


async def test_a_page_that_does_not_exist_says_so_in_words(visitor: Visitor) -> None:
    answer, text = await visitor.get("/nowhere")
    assert answer.status == 404
    assert "没有这个页面" in text
    answer, text = await visitor.get("/nowhere", **{"Accept": "application/json"})
    assert '"code": "no_such_page"' in text


@pytest.mark.parametrize("path", ["..%2f..%2fpyproject.toml", "css/../../templates/base.html", "x"])
async def test_static_files_stay_in_their_folder(visitor: Visitor, path: str) -> None:
    _, text = await visitor.get("/login")
    root = text.split("/css/tokens.css")[0].rpartition('"')[2]
    good, _ = await visitor.get(f"{root}/css/tokens.css")
    assert good.status == 200
    answer, _ = await visitor.get(f"{root}/{path}")
    assert answer.status == 404


async def test_the_street_is_shown_in_both_languages(signed_in: Enter) -> None:
    visitor = await signed_in("secretary")
    _, text = await visitor.get("/street")
    assert text.count('<th scope="row">') == 33
    assert "长乐里" in text
    answer, text = await visitor.post("/choices", "/street", language="en", next="/street")
    assert answer.url.path == "/street"
    assert "Committees" in text or "committees" in text
    assert 'lang="en"' in text
