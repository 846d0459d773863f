"""How a request is read: by whom, size, media type, strict JSON, and no unknown query parameters."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from app.kit import strict_json
from app.kit.deprecation import deprecation_of
from app.kit.limits import MAX_BODY_BYTES
from app.kit.middleware import add_headers
from app.kit.problems import BadRequest, FieldError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType

JSON = ("application/json",)
MERGE_PATCH = ("application/merge-patch+json", "application/json")
DEFAULT_MAX_BYTES = MAX_BODY_BYTES
_OFF_LOOP_BYTES = 64 * 1024
_ENDPOINT = "_leeway_body"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class BodyRule:
    """What an endpoint reads: media types, size, and the schema of each type that OpenAPI shall show."""

    media_types: tuple[str, ...] = JSON
    max_bytes: int = DEFAULT_MAX_BYTES
    schemas: Mapping[str, Any] = field(default_factory=dict)


def body(
    *media_types: str, max_bytes: int = DEFAULT_MAX_BYTES, schemas: Mapping[str, Any] | None = None
) -> Callable[[F], F]:
    """Mark an endpoint with what it reads."""

    def mark(endpoint: F) -> F:
        setattr(endpoint, _ENDPOINT, BodyRule(media_types or JSON, max_bytes, schemas or {}))
        return endpoint

    return mark


def body_rule(endpoint: Callable[..., Any]) -> BodyRule | None:
    """What an endpoint was marked with."""
    rule: BodyRule | None = getattr(endpoint, _ENDPOINT, None)
    return rule


def media_type_of(request: Request) -> str:
    """The Content-Type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


class StrictRequest(Request):
    """A request whose body is bounded and whose JSON is strict."""

    max_bytes = DEFAULT_MAX_BYTES

    async def body(self) -> bytes:
        """The body.

        Raises:
            PayloadTooLarge: it is larger than the endpoint takes, whatever Content-Length says.
        """
        if not hasattr(self, "_body"):
            self.check_declared_size()
            chunks, size = [], 0
            try:
                async for chunk in self.stream():
                    size += len(chunk)
                    if size > self.max_bytes:
                        raise PayloadTooLarge
                    chunks.append(chunk)
            except ClientDisconnect:
                raise BadRequest("The connection ended before the body did.") from None  # nobody hears it
            self._body = b"".join(chunks)
        return self._body

    def check_declared_size(self) -> None:
        """Refuse a body that is too large by its own word, before any of it is read.

        Raises:
            PayloadTooLarge: Content-Length is more than the endpoint takes.
        """
        declared = self.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self.max_bytes:
            raise PayloadTooLarge

    async def json(self) -> Any:
        """The body as a strict JSON value; a large one is parsed beside the event loop."""
        if not hasattr(self, "_json"):
            content = await self.body()
            if len(content) > _OFF_LOOP_BYTES:
                self._json = await asyncio.to_thread(strict_json.parse, content)
            else:
                self._json = strict_json.parse(content)
        return self._json


class StrictRoute(APIRoute):
    """The route class of every router."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the framework's handler with the checks of this module."""
        handler = super().get_route_handler()
        known = _query_names(self.dependant)
        marked = body_rule(self.endpoint)
        rule = marked or BodyRule()
        parses_body = self.body_field is not None
        reads_body = parses_body or marked is not None
        notice = deprecation_of(self.endpoint)
        if notice is not None:
            notice.check_path(frozenset(self.param_convertors))

        async def handle(request: Request) -> Response:
            if notice is not None:
                add_headers(request.scope, *notice.headers(request.path_params))
            asker = await request.app.state.admit(request)  # before any work is done for somebody unknown
            if notice is not None and asker is not None:
                notice.tell(self.name, asker)
            if request.scope["query_string"]:
                _check_query(request, known)
            strict = StrictRequest(request.scope, request.receive)
            strict.max_bytes = rule.max_bytes
            if reads_body:
                _check_media_type(strict, rule.media_types)
            if parses_body:
                await strict.json()  # refused here by its own problem; the framework would make any a bare 400
            return await handler(strict)

        return handle


def _query_names(dependant: Dependant) -> frozenset[str]:
    names = {parameter.alias for parameter in dependant.query_params}
    for inner in dependant.dependencies:
        names |= _query_names(inner)
    return frozenset(names)


def _check_query(request: Request, known: frozenset[str]) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    errors = [
        FieldError(f"?{name}", "unknown_parameter", "is not a parameter here; check its spelling")
        for name in names
        if name not in known
    ]
    errors += [
        FieldError(f"?{name}", "repeated_parameter", "is given more than once")
        for name in sorted({n for n in names if n in known and names.count(n) > 1})
    ]
    errors += [
        FieldError(f"?{name}", "unstorable_text", "holds a NUL character or a lone surrogate")
        for name, value in request.query_params.multi_items()
        if "\x00" in value or "\ufffd" in value
    ]
    if errors:
        raise InvalidRequest(errors=errors)


def _check_media_type(request: StrictRequest, media_types: tuple[str, ...]) -> None:
    request.check_declared_size()
    if media_type_of(request) not in media_types:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(media_types)}.")
    if request.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        raise UnsupportedMediaType("Send the body without Content-Encoding.")
