"""Pages of requests and of the leader's word on them."""

from server.admission.routes import approve, book, requests
from server.admission.routes.desk import FILES

ROUTES = [*book.ROUTES, *requests.ROUTES, *approve.ROUTES]

__all__ = ["FILES", "ROUTES"]
