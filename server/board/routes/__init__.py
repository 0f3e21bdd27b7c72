"""What the board answers: its pages, and the JSON that they work with."""

from server.board.routes import api, asking, hand, pages, search

__all__ = ["ROUTES"]

ROUTES = [*pages.ROUTES, *api.ROUTES, *hand.ROUTES, *search.ROUTES, *asking.ROUTES]
