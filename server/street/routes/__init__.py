"""Pages of the street: who belongs to it, venue links, and the set-up of a new one."""

from server.street.routes import overview, setup
from server.street.routes.overview import CUT_OFF, HOSTS
from server.street.routes.setup import DRAFT

__all__ = ["CUT_OFF", "DRAFT", "HOSTS", "ROUTES"]

ROUTES = [*overview.ROUTES, *setup.ROUTES]
