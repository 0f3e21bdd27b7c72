"""Pages of attendance and of checking what a report says."""

from server.attendance.routes.reports import ROUTES as REPORTS

ROUTES = [*REPORTS]
"""Fixed paths stand before those with a session."""

__all__ = ["ROUTES"]
