"""How the document is made: what FastAPI knows, completed and cleaned."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.access.service import SCOPE_DESCRIPTIONS
from app.openapi.bodies import add_body
from app.openapi.defaults import drop_object_defaults
from app.openapi.deprecations import tell_deprecation
from app.openapi.describing import describe_fields, tell_open
from app.openapi.examples import EXAMPLES
from app.openapi.headers import HEADERS, IDEMPOTENCY_KEY, WITHOUT_EFFECT, add_headers, header
from app.openapi.info import CONTACT, LICENSE, TAGS, summary
from app.openapi.inline import name_inline
from app.openapi.links import add_links
from app.openapi.names import publish
from app.openapi.nulls import drop_null, tell_nulls
from app.openapi.patches import tell_patches
from app.openapi.problems import add_problems, problem_schemas
from app.openapi.shapes import tell_shapes
from app.openapi.successes import tell_success
from app.openapi.unions import tell_types
from app.openapi.webhooks import add_webhooks


def operation_id(route: APIRoute) -> str:
    """The name of the endpoint's function: `verb_noun`, stable for ever."""
    return route.name


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, made once."""
    if not app.openapi_schema:
        app.openapi_schema = _make(app)
    return app.openapi_schema


def _make(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary="Plans, baselines, execution events and the variance between them.",
        description=app.description,
        routes=app.routes,
        tags=TAGS,
    )
    made["info"] |= {"contact": CONTACT, "license": LICENSE}
    made["servers"] = [{"url": "/", "description": "This service."}]
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(problem_schemas())
    components["responses"] = {}
    components["headers"] = {name: header(text) for name, text in HEADERS.items()}
    scopes = "\n".join(f"* `{scope.value}`: {text}" for scope, text in SCOPE_DESCRIPTIONS.items())
    components["securitySchemes"]["apiKey"]["description"] += f"\n\nScopes:\n{scopes}"
    endpoints = {route.name: route.endpoint for router in app.state.routers for route in router.routes}
    for method, operation in _operations(made):
        operation["summary"] = summary(operation["operationId"])
        add_body(operation, endpoints[operation["operationId"]], schemas)
        operation.setdefault("security", [])  # none, said aloud
        add_headers(method, operation)
        if method == "post" and operation["operationId"] not in WITHOUT_EFFECT:
            operation.setdefault("parameters", []).append(dict(IDEMPOTENCY_KEY))
        add_problems(operation, components["responses"])
        tell_deprecation(operation, endpoints[operation["operationId"]], components["headers"])
        _add_examples(operation)
    components["responses"] = dict(sorted(components["responses"].items()))
    add_webhooks(made)
    _drop_titles(made)
    tell_nulls(made)
    publish(made)
    name_inline(made)
    drop_object_defaults(made)
    tell_patches(_schemas(made))
    tell_types(_schemas(made))
    tell_shapes(made)
    describe_fields(made)
    tell_open(made)
    for _, operation in _operations(made):
        tell_success(operation, _schemas(made))
    made["components"]["schemas"] = dict(sorted(_schemas(made).items()))
    add_links(made)
    return made


def _schemas(made: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = made["components"]["schemas"]
    return schemas


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in made["paths"].values():
        yield from methods.items()


def _add_examples(operation: dict[str, Any]) -> None:
    example = EXAMPLES.get(operation["operationId"], {})
    for parameter in operation.get("parameters", ()):
        value = example.get("parameters", {}).get(parameter["name"])
        if value is not None:
            parameter["example"] = value
        drop_null(parameter)
        if parameter["schema"].get("description") == parameter.get("description"):
            parameter["schema"].pop("description", None)
        parameter["schema"].pop("examples", None)
    for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
        if media_type in example.get("body", {}):
            body["example"] = example["body"][media_type]


def _drop_titles(value: Any, *, inside_properties: bool = False) -> None:
    """FastAPI titles every field after its name; generators make noise of it."""
    if isinstance(value, dict):
        if (
            not inside_properties
            and isinstance(value.get("title"), str)
            and "openapi" not in value
            and "info" not in value
        ):
            if "version" not in value:
                del value["title"]
        for name, child in value.items():
            if name != "example" or inside_properties:  # an example may have a title of its own
                _drop_titles(child, inside_properties=name == "properties")
    elif isinstance(value, list):
        for child in value:
            _drop_titles(child)
