"""No page without a look at it: pictures and accessibility are taken from one list."""

from server.auth.permissions import ROUTES
from server.simulator.demo_street import ACCOUNTS
from tests.browser.pages import NOT_PAGES, VISITOR, stops


def test_every_page_is_among_those_we_look_at() -> None:
    answering = {name for name in ROUTES if not name.endswith((".post", ".delete"))}
    accounts = [VISITOR, *(name for name, *_ in ACCOUNTS)]
    seen = {stop.route for account in accounts for stop in stops(1, account)}
    seen |= {"branch", "check", "observer", "setup.step", "password", "digest.link", "sign"}
    assert seen | NOT_PAGES == answering
