"""What the board answers: its pages, and the JSON that they work with."""

from server.board.routes import api, pages

__all__ = ["ROUTES"]

ROUTES = [*api.ROUTES, *pages.ROUTES]
