"""Pages of requests, sessions and plans."""

from server.scheduler.routes import requests

__all__ = ["ROUTES"]

ROUTES = [*requests.ROUTES]
