"""Files over HTTP: films to a player in ranges, and what is handed out to be kept."""

from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from server.domain.errors import ForbiddenError

_PLAYERS = frozenset({"video", "audio"})


class _Film(web.FileResponse):
    """A film whose parts are only for who has parts of the very same one.

    aiohttp 3.14 compares what ``If-Range`` says with the file's date; browsers say its ETag.
    """

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the part that is asked for, or the whole film."""
        told = request.headers.get("If-Range", "")
        if told.startswith(('"', "W/")) and told != f'"{self._tag()}"':
            headers = request.headers.copy()
            headers.popall("Range", None)
            request = request.clone(headers=headers)
        return await super().prepare(request)

    def _tag(self) -> str:
        """Return the ETag that aiohttp gives the file."""
        kept = self._path.stat()
        return f"{kept.st_mtime_ns:x}-{kept.st_size:x}"


def serve_to_player(http: web.Request, film: Path, content_type: str) -> web.FileResponse:
    """Serve a film to the player of a page, whole or in ranges (RFC 9110 §14).

    A range of a film that is another one by now is answered with the whole film (``If-Range``,
    §13.1.5), one behind its end with 416. A browser that says that it wants the file itself is
    refused: taking it away is a right of its own.

    Raises:
        ForbiddenError: ``recording_only_watched``.
    """
    if http.headers.get("Sec-Fetch-Dest", "video") not in _PLAYERS:
        raise ForbiddenError("recording_only_watched")
    return _Film(film, headers={"Content-Type": content_type})


def hand_out_film(film: Path, name: str, content_type: str) -> web.FileResponse:
    """Hand out a film to be kept under a name."""
    return _Film(film, headers={"Content-Type": content_type, **_kept_as(name)})


def hand_out(data: bytes, name: str) -> web.Response:
    """Hand out a file to be kept under a name and as nothing else, whatever it says it is."""
    kept = _kept_as(name)
    return web.Response(body=data, content_type="application/octet-stream", headers=kept)


def _kept_as(name: str) -> dict[str, str]:
    """Return the header with a name, whatever letters it has (RFC 6266 §4)."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
