"""Pages of attendance and of checking what a report says."""

from server.attendance.routes import (
    corrections,
    keeping,
    leave,
    own,
    reports,
    rules,
    signing,
    taking,
)
from server.attendance.routes.keeping import FORGET, POLICY
from server.attendance.routes.leave import LEAVE_CHANGED
from server.attendance.routes.reports import TURNSTILE

ROUTES = [
    *rules.ROUTES,
    *own.ROUTES,
    *leave.ROUTES,
    *signing.ROUTES,
    *corrections.ROUTES,
    *reports.ROUTES,
    *taking.ROUTES,
    *keeping.ROUTES,
]
"""Fixed paths stand before those with a session. Wire with ``app[POLICY]``."""

__all__ = ["FORGET", "LEAVE_CHANGED", "POLICY", "ROUTES", "TURNSTILE"]
