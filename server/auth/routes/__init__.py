"""Pages of accounts: signing in, and what the administrator does with them."""

from server.auth.routes import accounts, sign_in
from server.auth.routes.accounts import PLACES

__all__ = ["PLACES", "ROUTES"]

ROUTES = [*accounts.ROUTES, *sign_in.ROUTES]
