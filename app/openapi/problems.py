"""Which problems each operation may answer: by its shape, and by the table of what only it can run into.

Tests hold every problem that is answered against it.
"""

from typing import Any

from app.kit.problems import MAX_ERRORS, MEDIA_TYPE, Problem, registry
from app.openapi.headers import RATE_LIMIT
from app.openapi.walking import words

_STATUSES = {
    400: "The body is not JSON, or the request breaks the rules of HTTP.",
    401: "No valid API key.",
    403: "The API key lacks a scope.",
    404: "There is no such object in your workspace.",
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
_HEADERS_OF_PROBLEM = {
    **dict.fromkeys((400, 403, 404, 408, 409, 412, 413, 415, 422, 428), RATE_LIMIT),
    401: ("WWW-Authenticate",),
    429: ("Retry-After", *RATE_LIMIT),
    503: ("Retry-After",),
}
_BASE: dict[int, frozenset[str]] = {
    400: frozenset({"malformed-json", "bad-request"}),
    401: frozenset({"unauthorized"}),
    403: frozenset({"forbidden"}),
    404: frozenset({"not-found"}),
    408: frozenset({"request-timeout"}),
    412: frozenset({"precondition-failed"}),
    413: frozenset({"payload-too-large"}),
    415: frozenset({"unsupported-media-type"}),
    422: frozenset({"invalid-request"}),
    428: frozenset({"precondition-required"}),
    429: frozenset({"too-many-requests"}),
    500: frozenset({"internal-error"}),
    503: frozenset({"service-unavailable", "not-ready"}),
}
_ALWAYS = words("invalid-request internal-error")  # the first also for a query parameter that there is not
_WITH_A_KEY = words("unauthorized forbidden too-many-requests service-unavailable not-ready")
_WITH_A_BODY = words("malformed-json bad-request request-timeout payload-too-large unsupported-media-type")
_IF_MATCH = words("precondition-failed precondition-required")
_BY_PARAMETER = {
    "Idempotency-Key": "idempotency-key-reused",
    "recorded_at": "recorded-before-history",
    "baseline": "baseline-not-found",
    "known_at": "instant-refused",
}
_NOT_FOUND = {
    **{name: f"{name}-not-found" for name in ("action", "assignment", "assumption", "calendar", "contingency")},
    **{name: f"{name}-not-found" for name in ("decision", "delivery", "deviation", "import", "metric", "milestone")},
    **{name: f"{name}-not-found" for name in ("objective", "plan", "resource", "revision", "risk", "scenario")},
    **{name: f"{name}-not-found" for name in ("tolerance", "webhook")},
    "code": "reason-code-not-found",
    "mapping": "event-mapping-not-found",
    "number": "baseline-not-found",
    "predecessor": "dependency-not-found",
    "report": "status-report-not-found",
    "sequence": "event-not-found",
    "slug": "not-found",
    "version": "outcome-not-found",
}
"""What may not be there, by the name of a parameter of the path."""

_PARTS = words("milestone dependency metric risk scenario decision assumption assignment contribution")
_MADE = {"milestone": "milestone-key-taken", "scenario": "scenario-key-taken", "decision": "decision-key-taken"}
_SOUND = {
    **{f"{verb}_{noun}": "invalid-plan" for verb in ("update", "delete") for noun in _PARTS},
    **{f"create_{noun}": f"invalid-plan {_MADE.get(noun, f'{noun}-exists')}" for noun in _PARTS},
}
_ONLY = {
    "acknowledge_deviation": "deviation-resolved",
    "activate_contingency": "contingency-activated contingency-outdated risk-closed event-conflict event-refused "
    "invalid-plan",
    "adopt_scenario": "scenario-stale scenario-unfit decision-required decision-key-taken invalid-plan",
    "close_plan": "plan-closed",
    "compare_revisions": "revision-not-found baseline-not-found",
    "create_baseline": "revision-not-found decision-required recorded-before-history",
    "create_calendar": "calendar-key-taken",
    "create_corrective_action": "deviation-resolved",
    "create_event_mapping": "event-mapping-key-taken too-many-event-mappings",
    "create_import": "import-refused plan-changed-meanwhile plan-key-taken plan-of-another-project",
    "create_objective": "objective-key-taken too-many-objectives recorded-before-history",
    "create_objective_metric": "metric-exists",
    "create_plan": "plan-key-taken invalid-plan",
    "create_reason_code": "reason-code-taken",
    "create_resource": "resource-key-taken",
    "create_status_report": "status-report-superseded",
    "create_tolerance": "tolerance-key-taken too-many-tolerances",
    "create_webhook": "webhook-key-taken too-many-webhooks encryption-key-missing",
    "delete_calendar": "calendar-built-in calendar-in-use",
    "delete_milestone": "milestone-has-children invalid-plan",
    "delete_objective": "objective-in-use",
    "delete_resource": "resource-in-use",
    "export_schedule_csv": "schedule-beyond-calendars",
    "export_schedule_xml": "schedule-beyond-calendars",
    "get_document": "revision-not-found",
    "get_objective_rollup": "rollup-too-large",
    "get_readiness": "not-ready service-unavailable",
    "get_resource_load": "load-too-large",
    "get_schedule": "schedule-beyond-calendars",
    "list_feed": "feed-cursor-ahead feed-cursor-expired",
    "list_milestones": "revision-not-found",
    "preview_schedule": "schedule-beyond-calendars invalid-plan",
    "preview_tolerance": "preview-too-long",
    "put_calendar": "calendar-built-in calendar-key-taken",
    "put_document": "plan-key-taken invalid-plan",
    "put_objective": "objective-key-taken too-many-objectives",
    "put_resource": "resource-key-taken",
    "put_tolerance": "tolerance-key-taken too-many-tolerances",
    "record_event": "event-conflict event-refused no-mapping recorded-before-history",
    "record_events": "batch-refused",
    "record_objective_event": "event-conflict event-refused recorded-before-history",
    "replay_deliveries": "delivery-not-found webhook-disabled",
    "rotate_webhook_secret": "encryption-key-missing",
    "stream_feed": "feed-cursor-ahead feed-cursor-expired too-many-streams",
    "test_webhook": "webhook-disabled",
    "update_calendar": "calendar-built-in",
    "update_corrective_action": "deviation-resolved",
    "update_plan": "wrong-status invalid-plan",
}
"""What an operation may answer beyond what follows from its parameters and its body."""


def codes_of(operation: dict[str, Any]) -> frozenset[str]:
    """The codes of the problems that an operation may answer."""
    name = operation["operationId"]
    found = set(_ALWAYS)
    if operation.get("security"):
        found |= _WITH_A_KEY
    if "requestBody" in operation:
        found |= _WITH_A_BODY
    parameters = operation.get("parameters", ())
    given = {parameter["name"] for parameter in parameters}
    if "If-Match" in given:
        found |= _IF_MATCH
    found |= {code for parameter, code in _BY_PARAMETER.items() if parameter in given}
    named = [parameter["name"] for parameter in parameters if parameter["in"] == "path"]
    if named:
        found.add("not-found")  # what is no name at all
    found |= {_NOT_FOUND[parameter] for parameter in named if parameter in _NOT_FOUND}
    if name.endswith("_contribution"):
        found = found - {"objective-not-found"} | {"contribution-not-found"}
    if name.startswith("put_"):
        found -= {_NOT_FOUND[named[-1]]}  # it is made
    return frozenset(found.union(_SOUND.get(name, "").split(), _ONLY.get(name, "").split()))


def add_problems(operation: dict[str, Any], responses: dict[str, Any]) -> None:
    """Declare the failures of an operation, each status with its codes; `responses` get what is shared."""
    kinds = {kind.slug: kind for kind in registry()}
    found: dict[int, set[str]] = {}
    for code in codes_of(operation):
        found.setdefault(kinds[code].status, set()).add(code)
    told = operation["responses"]
    told.pop("422", None)
    for status, codes in found.items():
        name = _name(status, codes)
        if name not in responses:
            responses[name] = _response(status, [kinds[code] for code in sorted(codes, key=_special_first)])
        told[str(status)] = {"$ref": f"#/components/responses/{name}"}
    operation["responses"] = dict(sorted(told.items()))


def _special_first(code: str) -> tuple[bool, str]:
    return any(code in base for base in _BASE.values()), code


def _name(status: int, codes: set[str]) -> str:
    """`Problem409PlanKeyTaken`: the status, and what is beyond what every operation of it may answer."""
    special = sorted(codes - _BASE.get(status, frozenset()))
    return f"Problem{status}{'Or'.join(code.title().replace('-', '') for code in special)}"


def _response(status: int, kinds: list[type[Problem]]) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS_OF_PROBLEM.get(status, ())}
    codes = "\n".join(f"* `{kind.slug}`: {kind.title}." for kind in kinds)
    return {
        "description": f"{_STATUSES[status]}\n\n{codes}",
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": _example(kinds[0]),
            }
        },
        **({"headers": headers} if headers else {}),
    }


def _example(kind: type[Problem]) -> dict[str, Any]:
    told = {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "code": kind.slug}
    return {**Problem(kind.advice or kind.title).document("018e9e5f-3a01-7c3e-9d2b-6f0d2b9e4a35"), **told}


def problem_schemas() -> dict[str, Any]:
    """The schema of every failure."""
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
            "type": {
                **text,
                "format": "uri-reference",
                "examples": ["/problems/plan-not-found"],
                "description": "Where it is explained what happened, why, and what to do.",
            },
            "title": {**text, "maxLength": 200, "description": "What failed, in a few words for people."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {**text, "description": "What failed this time; for people, may change."},
            "code": {
                **text,
                "pattern": "^[a-z-]{1,60}$",
                "maxLength": 60,
                "examples": ["plan-not-found"],
                "description": "Stable, for programs: the last part of `type`. Codes may be added; treat one that "
                "you do not know by its status.",
            },
            "request_id": {"type": ["string", "null"], "description": "The X-Request-ID of the answer, for support."},
            "errors": {
                "type": "array",
                "maxItems": MAX_ERRORS,
                "items": {"$ref": "#/components/schemas/FieldError"},
            },
            "errors_truncated": {"type": "boolean", "description": "There are more errors than are listed."},
        },
    }
    return {"Problem": problem, "FieldError": error}
