"""Errors as problem documents (RFC 9457): one shape for every failure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, ClassVar

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from app.kit import wire

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 50
_MAX_POINTER_BYTES = 200
_EXAMPLE_REQUEST_ID = "01a20a14-5696-77a1-9f8a-df1f44c04c03"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One place that is wrong: a JSON pointer into the body, `?name`, `#header/Name` or `#path/name`."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """Base of every failure a caller may see; the docstring of a subclass is its public description."""

    slug: ClassVar[str] = "problem"
    title: ClassVar[str] = "Problem"
    status: ClassVar[int] = 500
    advice: ClassVar[str] = ""
    example_errors: ClassVar[Sequence[FieldError]] = ()
    """For the explanation of a problem that names places."""

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.advice or self.title)
        self.detail = detail or self.advice or self.title
        self.errors: Sequence[FieldError] = list(errors)
        self.headers = dict(headers or {})

    def document(self, request_id: str | None = None) -> dict[str, Any]:
        """The members of the problem document; at most 50 errors are listed."""
        listed = [
            {"pointer": _short(_printable(e.pointer)), "code": e.code, "detail": e.detail}
            for e in self.errors[:MAX_ERRORS]
        ]
        return {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.slug,
            "request_id": request_id,
            "errors": listed,
            "errors_truncated": len(self.errors) > MAX_ERRORS,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a type of problem means, for people; and a document as it may be answered."""

    what: str
    why: str
    advice: str
    example: Mapping[str, Any]


def explanation(kind: type[Problem]) -> Explanation:
    """The explanation that the class of a problem carries: the two paragraphs of its docstring, and its advice."""
    what, _, why = (" ".join(paragraph.split()) for paragraph in cleandoc(kind.__doc__ or "").partition("\n\n"))
    problem = kind.__new__(kind)
    Problem.__init__(problem, errors=kind.example_errors)
    return Explanation(what, why, kind.advice, problem.document(_EXAMPLE_REQUEST_ID))


def _printable(text: str) -> str:
    """Text that any encoder can write: what cannot be encoded, and control characters, become `?`."""
    cleaned = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "?" for c in cleaned)


def _short(text: str) -> str:
    return text.encode()[:_MAX_POINTER_BYTES].decode("utf-8", "ignore")


class MalformedJson(Problem):
    """The body is not JSON text in UTF-8.

    It is cut off, has a comma too many, a number that JSON does not have, the same name twice in an object, or is in
    another encoding.
    """

    slug, title, status = "malformed-json", "The body is not JSON", 400
    advice = "Send one JSON value in UTF-8."


class BadRequest(Problem):
    """The request breaks the rules of HTTP.

    The request is framed twice or cut off, a header is not one, or something between you and the server garbled it.
    """

    slug, title, status = "bad-request", "The request cannot be read", 400
    advice = "Compare what is sent with RFC 9110. A common HTTP library does it right; look at proxies in between."


class InvalidRequest(Problem):
    """The request is well formed, but values in it are wrong in themselves; `errors` names each place.

    A field or parameter is missing, misspelt, of the wrong type, or out of its bounds.
    """

    slug, title, status = "invalid-request", "The request is not valid", 422
    advice = "Correct the places named in errors and send the request again."
    example_errors = (FieldError("/planned_finsh", "extra_forbidden", "is not a field here; check its spelling"),)


class NotFound(Problem):
    """Nothing is at this path for this caller; another workspace's objects answer the same.

    The path is misspelt, or what it names was deleted or is not in the workspace of the API key.
    """

    slug, title, status = "not-found", "Not found", 404
    advice = "Check the path and the key."


class MethodNotAllowed(Problem):
    """The path exists, but not with this method; the Allow header lists those it has.

    The method is misspelt, or the path is that of the list and not of the single thing, or the other way round.
    """

    slug, title, status = "method-not-allowed", "Method not allowed", 405
    advice = "Use one of the methods in the Allow header."


class PayloadTooLarge(Problem):
    """The body is larger than this operation takes; `/v1/limits` lists the limits.

    Bodies are bounded, so that no single request takes the memory of the others.
    """

    slug, title, status = "payload-too-large", "The body is too large", 413
    advice = "Send less at once; /v1/limits lists the limits."


class UnsupportedMediaType(Problem):
    """The Content-Type is not one this operation reads.

    The Content-Type is missing or another one, or the body is compressed.
    """

    slug, title, status = "unsupported-media-type", "Unsupported media type", 415
    advice = "Send one of the media types that the operation reads: detail names them. Most read application/json."


class RequestTimeout(Problem):
    """The request was not received whole within its time.

    The connection is slow or was interrupted, or the client stopped sending.
    """

    slug, title, status = "request-timeout", "The request took too long to arrive", 408
    advice = (
        "Send it again. LEEWAY_HEADER_TIMEOUT_SECONDS and LEEWAY_BODY_TIMEOUT_SECONDS say how long the server waits."
    )


class InternalError(Problem):
    """Leeway failed. A write may be repeated with the same id or Idempotency-Key: it has its effect once.

    A fault of ours, or of the machine; the log of the server has it under the request_id.
    """

    slug, title, status = "internal-error", "Internal error", 500
    advice = "Try again (a write with the same id or Idempotency-Key), and report the request_id if it happens again."


class ServiceUnavailable(Problem):
    """The database cannot be reached or is busy; whether a write under way was stored is not known.

    The database restarts, all connections are taken, or a lock was held for too long.
    """

    slug, title, status = "service-unavailable", "Service unavailable", 503
    advice = "Try again after the seconds in Retry-After; a write with the same id or Idempotency-Key."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})


_BY_STATUS: dict[int, type[Problem]] = {
    problem.status: problem
    for problem in (BadRequest, NotFound, MethodNotAllowed, PayloadTooLarge, UnsupportedMediaType, InvalidRequest)
}


def registry() -> list[type[Problem]]:
    """Every problem type that is defined, by slug."""
    found: dict[str, type[Problem]] = {}
    stack = list(Problem.__subclasses__())
    while stack:
        kind = stack.pop()
        stack.extend(kind.__subclasses__())
        found[kind.slug] = kind
    return [found[slug] for slug in sorted(found)]


def to_response(problem: Problem, request_id: str | None) -> Response:
    """The problem as an HTTP response."""
    return Response(
        wire.dump(problem.document(request_id)),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def from_http_exception(error: HTTPException) -> Problem:
    """The framework's own errors (404, 405, 413 …) as problems."""
    kind = _BY_STATUS.get(error.status_code, BadRequest if error.status_code < 500 else InternalError)
    return kind(headers=error.headers)


def from_validation(errors: Sequence[Any], body: Any) -> InvalidRequest:
    """Pydantic's errors as one problem, without echoing what was sent."""
    return InvalidRequest(errors=[field_error(e, body) for e in errors[: MAX_ERRORS + 1]])


_DETAILS = {
    "extra_forbidden": "is not a field here; check its spelling",
    "missing": "is required",
    "union_tag_invalid": "is not one of the known types",
    "union_tag_not_found": "is required to tell the type",
    "json_invalid": "is not JSON",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be an array",
}


def field_error(error: Mapping[str, Any], body: Any) -> FieldError:
    """One Pydantic error as a place, a stable code and a sentence."""
    code = str(error["type"])
    detail = _DETAILS.get(code) or str(error["msg"]).removeprefix("Value error, ")
    loc = list(error["loc"])
    if loc and loc[0] in {"query", "path", "header"}:
        prefix = {"query": "?", "path": "#path/", "header": "#header/"}[loc[0]]
        return FieldError(prefix + "/".join(str(part) for part in loc[1:2]), code, detail)
    if loc and loc[0] == "body":
        loc = loc[1:]
    return FieldError(_pointer(loc, body, code), code, detail)


def _pointer(loc: Sequence[Any], body: Any, code: str) -> str:
    """A JSON pointer from Pydantic's location, which also names union tags that are not in the body."""
    pointer, current = "", body
    for index, part in enumerate(loc):
        inside = (isinstance(current, dict) and part in current) or (
            isinstance(current, list) and isinstance(part, int) and part < len(current)
        )
        if inside:
            current = current[part]
        elif index < len(loc) - 1 or code != "missing":
            continue
        pointer += "/" + str(part).replace("~", "~0").replace("/", "~1")
    return pointer


def request_id_of(request: Request) -> str | None:
    """The id that the outermost middleware gave this request."""
    request_id: str | None = request.scope.get("state", {}).get("request_id")
    return request_id


async def problem_handler(request: Request, error: Exception) -> Response:
    """Answer a `Problem`."""
    assert isinstance(error, Problem)
    return to_response(error, request_id_of(request))


async def http_exception_handler(request: Request, error: Exception) -> Response:
    """Answer the framework's own errors as problems."""
    assert isinstance(error, HTTPException)
    problem = from_http_exception(error)
    if isinstance(problem, MethodNotAllowed):  # the framework names the methods of one route of the path
        problem.headers["Allow"] = ", ".join(sorted(_methods_of(request)))
    return to_response(problem, request_id_of(request))


def _methods_of(request: Request) -> Iterator[str]:
    routers = (request.app, *request.app.state.routers)
    for route in (route for router in routers for route in router.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            yield from getattr(route, "methods", None) or ()


async def validation_handler(request: Request, error: Exception) -> Response:
    """Answer a request that does not fit its schema."""
    assert isinstance(error, RequestValidationError)
    return to_response(from_validation(error.errors(), error.body), request_id_of(request))


def answer_failures(app: FastAPI) -> None:
    """Answer every failure of the application, ours and the framework's, as a problem."""
    app.add_exception_handler(Problem, problem_handler)
    app.add_exception_handler(HTTPException, http_exception_handler)
    app.add_exception_handler(RequestValidationError, validation_handler)
