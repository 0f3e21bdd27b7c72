"""What happens to every HTTP request: headers, visit, CSRF and Origin, and errors turned to pages.

The strict Content-Security-Policy admits nothing inline and nothing from elsewhere. A request that
changes something must come from our own pages: its Origin must be ours and its form must carry the
visit's token; only requests that authenticate by a Bearer token need neither (no cookie is used).
"""

import hashlib
import hmac
import logging
import secrets

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from multidict import MultiDictProxy

from server.domain.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from server.i18n import catalogue
from server.pages.context import ROOM, SECRET, VISIT, Visit, page

log = logging.getLogger("pinhui.pages")

VISIT_COOKIE = "pinhui_visit"
LANGUAGE_COOKIE = "pinhui_lang"
TYPE_COOKIE = "pinhui_type"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
YEAR_SECONDS = 365 * 86_400

_BROKEN_FORM = (
    ValueError,
    LookupError,
    RuntimeError,
    HttpProcessingError,
    web.RequestPayloadError,
)
"""What aiohttp raises at letters that are none, unknown charsets and encodings, torn parts."""

_CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self)",
}


def csrf_token(secret: bytes, visit_id: str) -> str:
    """Return the token that forms of this visit carry: keyed, so that nobody else can make it."""
    return hmac.new(secret, b"csrf:" + visit_id.encode(), hashlib.sha256).hexdigest()


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the headers that hold for every answer; pages are never kept by caches."""
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers.update(_HEADERS)
        raise
    if not response.prepared:
        response.headers.update(_HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
    return response


@web.middleware
async def attach_visit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Attach language, type size and CSRF token; give a new browser its visit cookie."""
    visit_id = request.cookies.get(VISIT_COOKIE, "")
    fresh = not 20 <= len(visit_id) <= 64
    if fresh:
        visit_id = secrets.token_urlsafe(24)
    size = request.cookies.get(TYPE_COOKIE, "0")
    request[VISIT] = Visit(
        language=catalogue.choose_language(
            request.headers.get("Accept-Language", ""), request.cookies.get(LANGUAGE_COOKIE)
        ),
        type_size=int(size) if size in {"0", "1", "2", "3"} else 0,
        csrf=csrf_token(request.app[SECRET], visit_id),
    )
    response = await handler(request)
    if fresh and not response.prepared:
        response.set_cookie(
            VISIT_COOKIE,
            visit_id,
            max_age=YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=request.secure,
        )
    return response


def origin_is_ours(http: web.Request) -> bool:
    """Tell whether the Origin header, when there is one, names the host that was asked."""
    origin = http.headers.get("Origin")
    return origin is None or origin == f"{http.scheme}://{http.host}"


def _is_change_by_cookie(http: web.Request) -> bool:
    """Tell whether a request may change something in the name of whoever has the cookies."""
    by_token = http.headers.get("Authorization", "").startswith("Bearer ")
    return http.method not in {"GET", "HEAD", "OPTIONS"} and not by_token


@web.middleware
async def refuse_foreign(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse changes that another site's page asks for (CSRF)."""
    if _is_change_by_cookie(request) and not origin_is_ours(request):
        raise ForbiddenError("foreign_origin")
    return await handler(request)


@web.middleware
async def refuse_forgery(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse changes without the token of our own pages (CSRF).

    It reads the body, so it comes last: whoever may not use the page has been refused before.
    """
    if not _is_change_by_cookie(request):
        return await handler(request)
    request = _roomier(request)
    posted = await _posted(request)
    try:
        sent = posted.get(CSRF_FIELD, request.headers.get(CSRF_HEADER, ""))
        if not isinstance(sent, str):
            raise ForbiddenError("form_expired")
        if not hmac.compare_digest(sent.encode(), request[VISIT].csrf.encode()):
            raise ForbiddenError("form_expired")
        return await handler(request)
    finally:
        # aiohttp closes the files of the request it made, not those of a copy with more room
        for field in posted.values():
            if isinstance(field, web.FileField):
                field.file.close()


def _roomier(http: web.Request) -> web.Request:
    """Return the request with the room that its page gives to files, before its body is read."""
    most = http.app.get(ROOM, {}).get(http.match_info.route.name or "")
    is_form = http.content_type == "multipart/form-data"
    return http.clone(client_max_size=most) if most and is_form else http


async def _posted(http: web.Request) -> MultiDictProxy[str | bytes | bytearray | web.FileField]:
    """Return the fields of a form, kept by the request for its handler; empty for other bodies.

    Raises:
        DomainError: ``form_unreadable`` for a broken body, and for NUL, which no database keeps.
    """
    try:
        posted = await http.post()
    except _BROKEN_FORM as error:
        raise DomainError("form_unreadable") from error
    if any(isinstance(value, str) and "\0" in value for value in posted.values()):
        raise DomainError("form_unreadable")
    return posted


def status_of(error: DomainError) -> int:
    """Return the HTTP status of a refusal."""
    if isinstance(error, NotFoundError):
        return 404
    if isinstance(error, ForbiddenError):
        return 403
    if isinstance(error, ConflictError):
        return 409
    return 422


def _route_of(http: web.Request) -> str:
    """Return the pattern of a path: what stands in its place may be a venue's token."""
    resource = http.match_info.route.resource
    return resource.canonical if resource else "an unknown path"


def _wants_page(http: web.Request) -> bool:
    return "text/html" in http.headers.get("Accept", "")


def problem(http: web.Request, status: int, code: str, **params: str | int) -> web.Response:
    """Answer with an error: a page for people, RFC 9457 problem JSON for programs.

    Args:
        http: the HTTP request answered.
        status: HTTP status.
        code: stable code; its sentence is ``error.<code>`` in the catalogue.
        params: values for the sentence.
    """
    # the load generators' doors have no visits
    visit = http.get(VISIT) or Visit(catalogue.DEFAULT, 0, "")
    sentence = catalogue.say(visit.language, f"error.{code}", **params)
    if _wants_page(http):
        return page(http, "error.html", status=status, sentence=sentence, code=code)
    body = {"type": "about:blank", "status": status, "code": code, "title": sentence}
    return web.json_response(body, status=status, content_type="application/problem+json")


@web.middleware
async def errors_to_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Map refusals, missing pages and bugs to answers; the one place for HTTP."""
    try:
        return await handler(request)
    except DomainError as error:
        return problem(request, status_of(error), error.code, **error.params)
    except web.HTTPRequestEntityTooLarge:
        return problem(request, 413, "too_large")
    except web.HTTPNotFound:
        return problem(request, 404, "no_such_page")
    except web.HTTPMethodNotAllowed:
        return problem(request, 405, "wrong_method")
    except web.HTTPException:
        raise
    except Exception:
        log.exception("bug while answering %s %s", request.method, _route_of(request))
        return problem(request, 500, "our_bug")
