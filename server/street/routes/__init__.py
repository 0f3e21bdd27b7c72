"""Pages of the street: who belongs to it, venue links, its set-up, and its administrator's desk."""

from server.street.routes import desk, desk_committees, desk_departments, overview, setup
from server.street.routes.desk import EXPECTING, FOLLOW_HALL
from server.street.routes.overview import CUT_OFF, HOSTS
from server.street.routes.setup import DRAFT

__all__ = ["CUT_OFF", "DRAFT", "EXPECTING", "FOLLOW_HALL", "HOSTS", "ROUTES"]

ROUTES = [
    *overview.ROUTES,
    *setup.ROUTES,
    *desk.ROUTES,
    *desk_departments.ROUTES,
    *desk_committees.ROUTES,
]
