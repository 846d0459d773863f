"""How the document is made: what FastAPI knows, completed and cleaned."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from app.access.service import SCOPE_DESCRIPTIONS
from app.kit.problems import MAX_ERRORS, MEDIA_TYPE
from app.kit.routing import MERGE_PATCH, body_rule
from app.openapi.deprecations import tell_deprecation
from app.openapi.examples import EXAMPLES
from app.openapi.names import publish
from app.openapi.nulls import drop_null, tell_nulls
from app.openapi.webhooks import FEED, WEBHOOKS, add_webhooks

DESCRIPTION = """
**How far has the execution drifted from the plan, and how much room is left?**

Declare a plan with milestones, freeze a baseline, report what really happens as execution events, and read the
variance: per milestone and for the plan, as of any instant, with a reason for every number.

* Authorise with `Authorization: Bearer lw_…`.
* Positive variance is later or longer. What is not known is `null` and has a `reason`.
* A bare date (`2024-05-07`) is a day and stays one; an instant is RFC 3339 and is answered in UTC.
* Edits need `If-Match` with the ETag you read. Every POST that has an effect takes an `Idempotency-Key`.
* Errors are problem documents (RFC 9457) whose `type` points at its explanation.
"""

TAGS = [
    {"name": "plans", "description": "Intentions with a goal, milestones, dependencies and calendars."},
    {"name": "milestones", "description": "The planned outcomes of a plan; each edit is a new revision."},
    {"name": "dependencies", "description": "Links between milestones."},
    {"name": "metrics", "description": "Success metrics of a plan, and its scorecard."},
    {"name": "contributions", "description": "Which objectives of the workspace a plan contributes to."},
    {"name": "risks", "description": "What may happen, what it would cost, what covers it, and what is prepared."},
    {"name": "scenarios", "description": "Alternatives to a plan, compared beside it, and adopted."},
    {"name": "decisions", "description": "What was asked, what was chosen and why, and what that changed."},
    {"name": "assumptions", "description": "What a plan takes for granted, on which evidence, and what hangs on it."},
    {"name": "assignments", "description": "Who does the work of which milestone, and who took it over from whom."},
    {"name": "revisions", "description": "Who changed what, when and why; any two compared."},
    {"name": "baselines", "description": "Frozen revisions that execution is held against."},
    {"name": "events", "description": "What really happened: append-only, recorded once, in any order."},
    {"name": "event-mappings", "description": "What the events of build and delivery systems (CDEvents) mean."},
    {"name": "variance", "description": "The drift between the two, as of any instant, as known at any instant."},
    {"name": "cost", "description": "The money of a plan; earned value and earned schedule."},
    {
        "name": "outcome",
        "description": "What became of a plan against what was intended; sealed for ever when the plan is closed.",
    },
    {"name": "schedule", "description": "Early, late and projected dates, floats, and what sets each date."},
    {"name": "status-reports", "description": "What people say of a plan, beside what was computed of it then."},
    {"name": "calendars", "description": "Working time, versioned."},
    {"name": "evaluation", "description": "When a plan is judged next, and the log of how it was judged."},
    {"name": "portfolio", "description": "All plans of the workspace rolled up, what needs attention first."},
    {"name": "objectives", "description": "Long-term goals in a tree, that plans contribute to; versioned."},
    {"name": "resources", "description": "People, teams and machines: when they work, how much, what they cost."},
    {"name": "tolerances", "description": "How much drift is allowed before it is flagged, versioned."},
    {
        "name": "deviations",
        "description": "Drift beyond a tolerance: found by itself, kept with its evidence, acted on.",
    },
    {"name": "reason-codes", "description": "The words in which a workspace says why a deviation came about."},
    {"name": "feed", "description": FEED},
    {"name": "webhooks", "description": WEBHOOKS},
    {"name": "imports", "description": "Schedule files of Primavera, Microsoft Project and others as plans."},
    {"name": "operations", "description": "Health, limits and the registry of problems."},
]

_STATUSES = {
    400: "The body is not JSON, or the request breaks the rules of HTTP.",
    401: "No valid API key.",
    403: "The API key lacks a scope.",
    404: "There is no such object in your workspace.",
    405: "Not with this method.",
    408: "The request did not arrive whole in time; the connection is closed.",
    409: "It conflicts with what is there.",
    412: "It has changed since the version that If-Match names.",
    413: "The body is too large.",
    415: "The Content-Type is not read here.",
    422: "Values in the request are wrong in themselves; `errors` names each place.",
    428: "If-Match is required.",
    429: "The API key has made too many requests; try again after Retry-After seconds.",
    500: "Leeway failed; a write may be repeated with the same id or Idempotency-Key.",
    503: "Not available for the moment; try again after Retry-After seconds.",
}


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
    made["servers"] = [{"url": "/"}]
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(_problem_schemas())
    components["responses"] = {f"Problem{status}": _problem_response(status) for status in _STATUSES}
    components["headers"] = {name: _header(text) for name, text in _HEADERS.items()}
    scopes = "\n".join(f"* `{scope.value}`: {text}" for scope, text in SCOPE_DESCRIPTIONS.items())
    components["securitySchemes"]["apiKey"]["description"] += f"\n\nScopes:\n{scopes}"
    endpoints = {route.name: route.endpoint for router in app.state.routers for route in router.routes}
    for path, method, operation in _operations(made):
        _add_body(operation, endpoints[operation["operationId"]], schemas)
        _add_headers(method, operation)
        _add_problems(path, method, operation)
        tell_deprecation(operation, endpoints[operation["operationId"]], components["headers"])
        if method == "post" and operation["operationId"] not in _WITHOUT_EFFECT:
            operation.setdefault("parameters", []).append(dict(_IDEMPOTENCY_KEY))
        _add_examples(operation)
    add_webhooks(made)
    _drop_titles(made)
    tell_nulls(made)
    publish(made)
    return made


_WITHOUT_EFFECT = {"preview_schedule", "preview_tolerance"}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Up to 255 visible characters of your choice. A repeat with the same key and body answers what "
    "the first one did (`Idempotency-Replayed: true`) and does nothing. Only 2xx answers are kept, for as long as "
    "/v1/limits says.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


_HEADERS = {
    "ETag": "The version of what is answered: for If-Match, and for If-None-Match where a read takes it.",
    "Content-Disposition": "Save it as a file of this name.",
    "Location": "The path of what was created.",
    "Idempotency-Replayed": "`true`: this is the kept answer of an earlier request with this Idempotency-Key.",
    "Retry-After": "Seconds to wait before trying again.",
    "RateLimit": '`"default";r=12;t=3`: 12 more requests of this API key would be let through now, and one more in '
    "3 seconds at most. Where the server sets a limit.",
    "RateLimit-Policy": '`"default";q=100;w=10`: 100 requests may be made at once, and come back within 10 seconds. '
    "Where the server sets a limit.",
    "WWW-Authenticate": "How to authorise.",
    "Allow": "The methods that there are.",
}
_RATE_LIMIT = ("RateLimit", "RateLimit-Policy")
_HEADERS_OF_PROBLEM = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After", *_RATE_LIMIT),
    503: ("Retry-After",),
}
_PART_NOUNS = ("assignment", "assumption", "contribution", "decision", "metric", "risk", "scenario")
_CACHEABLE = {
    *(f"get_{noun}" for noun in _PART_NOUNS if noun != "decision"),  # more is told of it than its ETag follows
    *("get_document", "get_milestone", "get_dependency", "get_calendar", "get_tolerance", "get_reason_code"),
    "get_event_mapping",
    *("get_corrective_action", "get_webhook", "get_objective", "get_objective_metric", "get_resource"),
}
_TAGGED = _CACHEABLE | {
    *(f"{verb}_{noun}" for verb in ("get", "create", "update") for noun in _PART_NOUNS),
    *("get_plan", "create_plan", "create_milestone", "create_dependency", "create_calendar"),
    *("update_plan", "update_milestone", "update_dependency", "update_calendar", "put_document", "put_calendar"),
    *("create_tolerance", "put_tolerance", "update_tolerance", "create_reason_code", "update_reason_code"),
    *("create_corrective_action", "update_corrective_action", "create_webhook", "update_webhook"),
    *("create_objective", "put_objective", "update_objective", "create_objective_metric", "update_objective_metric"),
    *("create_resource", "put_resource", "update_resource", "create_event_mapping", "update_event_mapping"),
}
_FILES = {"get_document", "export_schedule_csv", "export_schedule_xml"}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags that you have: 304 without a body if it still is one of them.",
    "schema": {"type": "string"},
}


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _add_headers(method: str, operation: dict[str, Any]) -> None:
    """The headers of what succeeds, and the 304 of what has not changed."""
    name, responses = operation["operationId"], operation["responses"]
    if name in _CACHEABLE:
        operation["parameters"].append(_IF_NONE_MATCH)
        responses["304"] = {"description": "It is what you have."}
    for status, response in responses.items():
        sent = {
            "ETag": name in _TAGGED,
            "Content-Disposition": status == "200" and name in _FILES,
            "Location": status == "201",
            "Idempotency-Replayed": method == "post" and name not in _WITHOUT_EFFECT,
            **dict.fromkeys(_RATE_LIMIT, "security" in operation),
        }
        headers = {header: {"$ref": f"#/components/headers/{header}"} for header, is_sent in sent.items() if is_sent}
        response.update({"headers": headers} if headers else {})


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


# What generators of clients read. A body of any other type that an operation reads is told in its description.
_PUBLISHED_TYPES = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/octet-stream",
)


def _add_body(operation: dict[str, Any], endpoint: Any, schemas: dict[str, Any]) -> None:
    """The schema of a body that the endpoint reads itself, and the media types of every other."""
    rule = body_rule(endpoint)
    if rule is None:
        return
    published = rule.media_types[:1] if rule.media_types == MERGE_PATCH else _PUBLISHED_TYPES
    read = [name for name in rule.media_types if name in published]
    others = [f"`{name}`" for name in rule.media_types if name not in published]
    if others:
        operation["description"] += f"\n\nAlso read, by its `Content-Type`: {', '.join(others)}."
    if not rule.schemas:
        content = operation["requestBody"]["content"]
        schema = content["application/json"]["schema"]
        operation["requestBody"]["content"] = {name: {"schema": schema} for name in read}
        return
    content = {}
    for media_type in read:
        model = rule.schemas[media_type]
        schema = TypeAdapter(model).json_schema(ref_template="#/components/schemas/{model}", by_alias=True)
        schemas.update(schema.pop("$defs", {}))
        content[media_type] = {"schema": _named(schema, model, schemas)}
    operation["requestBody"] = {"required": True, "content": content}


def _named(schema: dict[str, Any], model: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    name = getattr(model, "__name__", None)
    if name is None or not name[0].isupper() or "$ref" in schema:
        return schema
    schemas[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def _add_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    wanted = [422, 500]  # 422: also for a query parameter that there is not
    if operation.get("security"):
        wanted += [401, 403, 422, 429, 503]
    if path == "/readyz":
        wanted.append(503)
    if "{" in path:
        wanted.append(404)
    if "requestBody" in operation:
        wanted += [400, 408, 413, 415]
    if method in {"post", "put", "patch", "delete"}:
        wanted.append(409)
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "If-Match" in names:
        wanted += [412, 428]
    for status in sorted(set(wanted)):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"] = dict(sorted(responses.items()))


def _problem_response(status: int) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS_OF_PROBLEM.get(status, ())}
    return {
        "description": _STATUSES[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        **({"headers": headers} if headers else {}),
    }


def _problem_schemas() -> dict[str, Any]:
    text = {"type": "string"}
    error = {
        "type": "object",
        "description": "One place that is wrong.",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": {
                **text,
                "description": "JSON pointer into the body, `?name` (query), `#header/Name` or `#path/name`.",
            },
            "code": {**text, "description": "Stable; for programs."},
            "detail": {**text, "description": "For people; may change."},
        },
    }
    problem = {
        "type": "object",
        "description": "A failure (RFC 9457). `code` and `type` are stable; `title` and `detail` are for people.",
        "required": ["type", "title", "status", "detail", "code", "request_id", "errors", "errors_truncated"],
        "properties": {
            "type": {**text, "format": "uri-reference", "examples": ["/problems/plan-not-found"]},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": {**text, "examples": ["plan-not-found"]},
            "request_id": {"type": ["string", "null"]},
            "errors": {
                "type": "array",
                "maxItems": MAX_ERRORS,
                "items": {"$ref": "#/components/schemas/ProblemError"},
            },
            "errors_truncated": {"type": "boolean", "description": "There are more errors than are listed."},
        },
    }
    return {"Problem": problem, "ProblemError": error}


def _add_examples(operation: dict[str, Any]) -> None:
    example = EXAMPLES.get(operation["operationId"], {})
    for parameter in operation.get("parameters", ()):
        value = example.get("parameters", {}).get(parameter["name"])
        if value is not None:
            parameter["example"] = value
        drop_null(parameter)
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
