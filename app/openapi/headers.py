"""Which headers go with which operation: what is sent with answers, what may be sent with requests."""

from typing import Any

WITHOUT_EFFECT = {"preview_schedule", "preview_tolerance"}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Up to 255 visible characters of your choice. A repeat with the same key and body answers what "
    "the first one did (`Idempotency-Replayed: true`) and does nothing. Only 2xx answers are kept, for as long as "
    "/v1/limits says.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
HEADERS = {
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
}
RATE_LIMIT = ("RateLimit", "RateLimit-Policy")
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


def header(description: str) -> dict[str, Any]:
    """A header, by what it says."""
    return {"description": description, "schema": {"type": "string"}}


def add_headers(method: str, operation: dict[str, Any]) -> None:
    """The headers of what succeeds, and the 304 of what has not changed."""
    name, responses = operation["operationId"], operation["responses"]
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "If-Match" and method != "put":  # a PUT may create, with If-None-Match
            parameter["required"] = True
    if name in _CACHEABLE:
        operation["parameters"].append(_IF_NONE_MATCH)
        responses["304"] = {"description": "It is what you have."}
    for status, response in responses.items():
        sent = {
            "ETag": name in _TAGGED,
            "Content-Disposition": status == "200" and name in _FILES,
            "Location": status == "201",
            "Idempotency-Replayed": method == "post" and name not in WITHOUT_EFFECT,
            **dict.fromkeys(RATE_LIMIT, bool(operation.get("security"))),
        }
        headers = {header: {"$ref": f"#/components/headers/{header}"} for header, is_sent in sent.items() if is_sent}
        response.update({"headers": headers} if headers else {})
