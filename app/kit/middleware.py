"""Pure ASGI middleware: request ids, security headers, and the last word on errors."""

import re
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.ids import uuid7
from app.kit.logs import log
from app.kit.problems import InternalError, Problem, to_response

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_SLOW_SECONDS = 1.0
API_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


def add_headers(scope: Scope, *headers: tuple[bytes, bytes]) -> None:
    """Give the answer to this request these headers too, whatever it will be: a problem as well."""
    scope["state"]["answer_headers"].extend(headers)


class Envelope:
    """Give every response a request id and its security headers; turn what nobody caught into a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        headers = [*API_HEADERS, (b"x-request-id", request_id.encode())]
        scope.setdefault("state", {}).update(request_id=request_id, answer_headers=headers)
        status = 0
        began = perf_counter()

        async def send_wrapped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.get("headers", ())
                named = {name for name, _ in own}  # a page brings a policy of its own
                message["headers"] = [*own, *(header for header in headers if header[0] not in named)]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_wrapped)
            except Exception as error:
                if not isinstance(error, Problem):
                    log.exception("request failed", method=scope["method"], path=scope["path"])
                if status:
                    raise
                problem = error if isinstance(error, Problem) else InternalError()
                await to_response(problem, request_id)(scope, receive, send_wrapped)
            _tell(scope, status, perf_counter() - began)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """Log what went wrong or took long; the rest only where somebody asked for it."""
    tell = log.info if status >= 400 or seconds > _SLOW_SECONDS else log.debug
    tell("request", method=scope["method"], path=scope["path"], status=status, milliseconds=round(seconds * 1000, 1))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return str(uuid7())
