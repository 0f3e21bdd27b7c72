"""Pages of the board and of published versions."""

from aiohttp import web

ROUTES: list[web.RouteDef] = []
