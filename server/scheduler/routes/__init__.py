"""Pages of requests, sessions and plans, and of the working days."""

from server.scheduler.routes import requests, workdays

__all__ = ["ROUTES"]

ROUTES = [*requests.ROUTES, *workdays.ROUTES]
