"""Requests that are wrong around the body: each gets the right problem, of one shape, bounded, without echo."""

from collections.abc import AsyncIterator
from itertools import count
from urllib.parse import quote

import httpx
import pytest

from app.kit.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_BODY_BYTES, MAX_DOCUMENT_BYTES, MAX_EVENT_BYTES
from tests.http.build import Unread
from tests.http.full_bodies import FULL_BODIES
from tests.http.operations import NAMES, PROTECTED, Operation
from tests.http.twins import CANARY, Twins, some_of, told
from tests.service import ADMIN_KEY, openapi

BODIES = [operation for operation in PROTECTED if operation.id in FULL_BODIES]
READS = [operation for operation in PROTECTED if operation.method == "get"]
EVERY = [
    Operation(operation["operationId"], method, path, frozenset())
    for path, methods in openapi()["paths"].items()
    for method, operation in methods.items()
]

_turn = count()


def named(operation: Operation, **names: str) -> str:
    """The path of an operation on what `lay_out` made, but for the names given."""
    return operation.path.format(**{**NAMES, **names})


def parameters(operation: Operation, where: str) -> list[str]:
    """The names of an operation's parameters."""
    listed = openapi()["paths"][operation.path][operation.method].get("parameters", ())
    return [parameter["name"] for parameter in listed if parameter["in"] == where]


async def sent(twins: Twins, operation: Operation, path: str, query: str = "", **headers: str) -> httpx.Response:
    """Send a request that is right but for its path, query and headers."""
    if operation.method in {"put", "patch", "delete"} and "If-Match" not in headers:
        headers["If-Match"] = "*"
    body = {"name": "Imported"} if operation.id == "create_import" else FULL_BODIES.get(operation.id)
    return await twins.send(operation.method, path + query, json=body, headers=headers)


# Queries


async def test_an_unknown_query_parameter_is_refused(twins: Twins) -> None:
    for operation in EVERY:
        answer = await sent(twins, operation, named(operation), f"?unknown={CANARY}")
        assert answer.status_code == 422
        assert ("?unknown", "unknown_parameter") in told(answer)[2], operation.id


ODD_QUERIES = [
    "",
    "%00",
    "%FF",
    "%ED%A0%80",
    "+",
    "-1",
    "0",
    "1e400",
    "NaN",
    "9" * 30,
    "9" * 5000,
    "%D9%A1",
    "true",
    "x" * 5000,
    CANARY,
    "[]",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2026-06-30T23:59:60Z",
    "2026-03-01T10:00:00",
    "2026-03-01T10:00:00%2B01:00",
    "%D9%A2%D9%A0%D9%A2%D9%A6-03-01",
    "current",
    "baseline:%D9%A1",
    "revision:0",
    "revision:999999999",
]


@pytest.mark.parametrize("operation", [o for o in EVERY if parameters(o, "query")], ids=lambda o: o.id)
async def test_odd_query_parameters_are_refused_or_understood(twins: Twins, operation: Operation) -> None:
    always = {"compare_revisions": "&from=current", "get_trend": "&from=2026-01-01", "stream_feed": "&seconds=0"}
    needed = always.get(operation.id, "")
    for name in parameters(operation, "query"):
        others = "" if needed.startswith(f"&{name}=") else needed
        repeated = await sent(twins, operation, named(operation), f"?{name}=1&{name}=1{others}")
        assert repeated.status_code == 422
        assert (f"?{name}", "repeated_parameter") in told(repeated)[2]
        if operation.method != "get" and name == "reason":
            continue
        for value in some_of(ODD_QUERIES, next(_turn), least=4):
            answer = await sent(twins, operation, named(operation), f"?{name}={value}{others}")
            assert answer.is_success or answer.status_code in {404, 409, 412, 422}, (name, value, answer.text)


async def test_a_reason_that_cannot_be_kept_is_refused(twins: Twins) -> None:
    for reason in ("%00", "%FF", "%ED%A0%80", "", "x" * 1001):
        answer = await twins.send("POST", f"/v1/plans?reason={reason}", json={"name": "A"})
        assert answer.status_code == 422, reason


async def test_a_reason_of_any_letters_is_kept(twins: Twins) -> None:
    reason = "é\u202e\U0001f6f6 '; DROP TABLE plans; --"
    await twins.write("POST", f"/v1/plans?reason={quote(reason)}", json={"key": "q", "name": "A"})
    found = await twins.send("GET", "/v1/plans/q/revisions")
    assert found.json()["items"][0]["reason"] == reason


# Paths

ODD_KEYS = [
    "%00",
    "a%00",
    "%0A",
    "a%0A",
    "%20",
    "%2F",
    "..%2F..",
    "%2e%2e",
    "%FF",
    "%ED%A0%80",
    "%C3%A9",
    "%F0%9F%9B%B6",
    "-",
    "_",
    "%",
    "%zz",
    "a" * 101,
    "a" * 8000,
    "00",  # no key that an odd query may have made a plan of
    "-1",
    "1e9",
    "9" * 31,
    "9" * 5000,
    "%D9%A1",
    quote("'; DROP TABLE plans; --", safe=""),
    CANARY,
]


@pytest.mark.parametrize("operation", [o for o in EVERY if "{" in o.path], ids=lambda o: o.id)
async def test_odd_names_in_paths_are_not_found_or_refused(twins: Twins, operation: Operation) -> None:
    creates = operation.id in {"put_document", "put_calendar", "put_tolerance", "put_objective", "put_resource"}
    for name in parameters(operation, "path"):
        for value in some_of(ODD_KEYS, next(_turn), least=4):
            answer = await sent(twins, operation, named(operation, **{name: value}))
            expected = {404, 405, 422} | ({201, 412} if creates else set())
            assert answer.status_code in expected, (name, value, answer.text)


NO_PATHS = [
    "/",
    "/v1",
    "/v1/",
    "/v1/plans/",
    "//v1/plans",
    "/v1//plans",
    "/v1/plans/p/",
    "/V1/plans",
    f"/{CANARY}",
    "/v1/plans/p/events/1/more",
    "/v2/plans",
    "/openapi.json/",
    "/metrics.php",
    "/static-offline-docs/%00",
    "/static-offline-docs/../app/main.py",
    "/static-offline-docs/%2e%2e/%2e%2e/main.py",
    "/static-offline-docs/" + "a" * 5000,
    "/static-offline-docs/",
]


async def test_nothing_is_at_other_paths(twins: Twins) -> None:
    for path in NO_PATHS:
        answer = await twins.send("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path


# Methods


async def test_no_other_method_is_taken(twins: Twins) -> None:
    for method in ("TRACE", "CONNECT", "PROPFIND", "OPTIONS", "PUT", "X" * 500):
        answer = await twins.send(method, "/v1/plans")
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed"), method


async def test_a_path_tells_which_methods_it_has(twins: Twins) -> None:
    paths = openapi()["paths"]
    for path, operations in paths.items():
        answer = await twins.send("TRACE", path.format(**NAMES))
        assert answer.status_code == 405
        # A tolerance may have the key `preview`, which is no reason to hide it.
        more = paths["/v1/tolerances/{tolerance}"] if path == "/v1/tolerances/preview" else ()
        assert set(answer.headers["allow"].split(", ")) == {method.upper() for method in (*operations, *more)}, path


# Media types, encodings and sizes


MEDIA_TYPES = [
    "",
    "text/plain",
    "text/json",
    "application/jsonp",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json/x",
    "*/*",
    "é/é",
    CANARY,
]


async def test_no_other_media_type_or_encoding_is_read(twins: Twins) -> None:
    as_json = [("application/json", encoding) for encoding in ("gzip", "br", "identity, gzip", "x" * 500)]
    for operation in BODIES:
        for media_type, encoding in [*((media_type, "identity") for media_type in MEDIA_TYPES), *as_json]:
            headers = {"Content-Type": media_type.encode("latin-1"), "Content-Encoding": encoding.encode()}
            answer = await twins.send(operation.method, named(operation), content=b"{}", headers=headers)
            assert told(answer)[:2] == (415, "unsupported-media-type"), (operation.id, media_type, encoding)


def _limit(operation: Operation) -> int:
    special = {"put_document": MAX_DOCUMENT_BYTES, "record_events": MAX_BATCH_BYTES}
    special |= dict.fromkeys(("record_event", "record_objective_event"), MAX_EVENT_BYTES)
    return special.get(operation.id, MAX_BODY_BYTES)


async def _in_parts(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 65_536):
        yield b" " * 65_536


@pytest.mark.parametrize("operation", BODIES, ids=lambda o: o.id)
async def test_a_body_beyond_the_limit_is_refused_with_and_without_a_length(
    twins: Twins, operation: Operation
) -> None:
    size = _limit(operation) + 1
    headers = {"Content-Type": "application/json", "If-Match": "*"}
    for client in twins.clients:
        for content in (b" " * size, _in_parts(size)):
            answer = await client.request(operation.method, named(operation), content=content, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "payload-too-large")


async def test_a_body_that_will_not_be_taken_is_not_read(twins: Twins) -> None:
    for operation in BODIES:
        too_long = {"Content-Length": str(_limit(operation) + 1)}
        for headers, status in (({}, 415), (too_long, 413), ({"Content-Type": "application/json", **too_long}, 413)):
            answer = await twins.clients[0].request(
                operation.method,
                named(operation),
                content=Unread(),
                headers={"Content-Type": "text/plain", **headers},
            )
            assert answer.status_code == status, (operation.id, headers)


async def test_a_batch_of_too_many_events_is_refused(twins: Twins) -> None:
    answer = await twins.write("POST", "/v1/events/batch", json=[1] * (MAX_BATCH_EVENTS + 1))
    assert answer.status_code == 413
    headers = {"Content-Type": "application/x-ndjson"}
    answer = await twins.write("POST", "/v1/events/batch", content=b"1\n" * (MAX_BATCH_EVENTS + 1), headers=headers)
    assert answer.status_code == 413


# Headers

ODD_TAGS = {
    "": 422,
    "r1": 422,
    '"': 422,
    '"r1': 422,
    'W/"r1"': 412,
    '"r1", r2': 422,
    "*, *": 422,
    CANARY: 422,
    "\xff\xfe": 422,
    '""': 412,
    '"r0"': 412,
    f'"{CANARY}"': 412,
    '"' + "r" * 8000 + '"': 412,
    '"r0", "r9"': 412,
}


async def test_rubbish_in_if_match_never_lets_an_edit_pass(twins: Twins) -> None:
    for operation in (o for o in EVERY if "If-Match" in parameters(o, "header")):
        body = FULL_BODIES.get(operation.id)
        for tag, status in ODD_TAGS.items():
            headers = {"If-Match": tag.encode("latin-1")}
            answer = await twins.send(operation.method, named(operation), json=body, headers=headers)
            assert answer.status_code == status, (operation.id, tag)
        missing = await twins.send(operation.method, named(operation), json=body)
        assert told(missing)[:2] == (428, "precondition-required")


@pytest.mark.parametrize("key", ["", "x" * 256, "é".encode("latin-1").decode("latin-1"), "tab\there"])
async def test_rubbish_in_idempotency_key_is_refused(twins: Twins, key: str) -> None:
    for operation in (o for o in BODIES if "Idempotency-Key" in parameters(o, "header")):
        headers = {"Idempotency-Key": key.encode("latin-1")}
        answer = await twins.send("POST", named(operation), json=FULL_BODIES[operation.id], headers=headers)
        assert told(answer) == (422, "invalid-request", (("#header/Idempotency-Key", "invalid"),)), operation.id


async def test_rubbish_in_x_request_id_is_replaced(twins: Twins) -> None:
    for given in ("", CANARY + " 1", "x" * 129, "\xff", "a\tb", "<script>", "a/b"):
        answer = await twins.send("GET", "/v1/plans/unknown", headers={"X-Request-ID": given.encode("latin-1")})
        assert answer.json()["request_id"] == answer.headers["x-request-id"] != given


async def test_a_good_x_request_id_is_kept(twins: Twins) -> None:
    answer = await twins.send("GET", "/v1/plans/unknown", headers={"X-Request-ID": "trace-1.2_3"})
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "trace-1.2_3"


NO_KEYS = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer lw_",
    f"Bearer {CANARY}",
    f"Basic {ADMIN_KEY}",
    ADMIN_KEY,
    f"Bearer {ADMIN_KEY}x",
    f"Bearer {ADMIN_KEY[:-1]}",
    f"Bearer lw_{'A' * 48}",
    f"Bearer lw_{'é' * 48}",
    "Bearer \xff\xfe",
    f"Bearer {'x' * 60_000}",
    f"Bearer {ADMIN_KEY}, Bearer {ADMIN_KEY}",
    f"Token {ADMIN_KEY}",
]


async def test_rubbish_in_authorization_is_401(twins: Twins) -> None:
    for given in NO_KEYS:
        headers = {"Authorization": given.encode("latin-1")}
        for operation in READS:
            query = {"compare_revisions": "?from=current", "get_trend": "?from=2026-01-01"}.get(operation.id, "")
            answer = await twins.send("GET", named(operation) + query, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
            assert answer.headers["www-authenticate"] == 'Bearer realm="leeway"'
