"""Pages of requests, sessions and plans, of the working days, and of quotas."""

from server.scheduler.routes import quotas, requests, workdays

__all__ = ["ROUTES"]

ROUTES = [*requests.ROUTES, *workdays.ROUTES, *quotas.ROUTES]
