"""Pages of standing meetings and of the calls for items before them."""

from server.standing.routes import calls, meetings
from server.standing.routes.desk import CONVENER

ROUTES = [*meetings.ROUTES, *calls.ROUTES]

__all__ = ["CONVENER", "ROUTES"]
