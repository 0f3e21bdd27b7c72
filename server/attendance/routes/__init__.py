"""Pages of attendance and of checking what a report says."""

from server.attendance.routes.reports import PAPER
from server.attendance.routes.reports import ROUTES as REPORTS

ROUTES = [*REPORTS]
"""Wire with ``app[PAPER] = PaperMaker()``. Fixed paths stand before those with a session."""

__all__ = ["PAPER", "ROUTES"]
