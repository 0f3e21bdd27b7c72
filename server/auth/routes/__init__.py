"""Pages of accounts: signing in, one's own password, and what the administrator does."""

from server.auth.routes import accounts, own, sign_in
from server.auth.routes.accounts import PLACES, SIGN_OUT

__all__ = ["PLACES", "ROUTES", "SIGN_OUT"]

ROUTES = [*accounts.ROUTES, *own.ROUTES, *sign_in.ROUTES]
