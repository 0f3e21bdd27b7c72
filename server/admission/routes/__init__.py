"""Pages of requests and of the leader's word on them."""

from server.admission.routes import approve, book, requests
from server.admission.routes.book import MOST_BYTES
from server.admission.routes.desk import FILES

ROUTES = [*book.ROUTES, *requests.ROUTES, *approve.ROUTES]

__all__ = ["FILES", "MOST_BYTES", "ROUTES"]
