"""A request for every operation of the OpenAPI document, right in itself for a plan made by `lay_out`."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.http import build
from tests.http.deviating import lay_out_deviation
from tests.service import openapi

UNKNOWN_IMPORT = "018e9e5f-3a01-7c3e-9d2b-000000000000"
_imports: dict[str, str] = {}  # their ids by the plan that they were imported into
_deliveries: dict[str, str] = {}  # their ids by the webhook that they are for
_deviations: dict[str, tuple[str, str]] = {}  # their ids, and those of their actions, by the plan
_NAMED = ("plan", "calendar", "tolerance", "code", "webhook", "import", "deviation")
_PATH = {"milestone": "a", "predecessor": "a", "type": "FS", "successor": "b", "revision": 1, "number": 1}
_QUERY = {
    "compare_revisions": {"from": "baseline:1"},
    "get_trend": {"from": "2026-01-01"},
    "stream_feed": {"seconds": "0"},  # else it goes on
}
_BODIES: dict[str, Any] = {
    "create_plan": {"name": "New"},
    "update_plan": {"goal": "Ship"},
    "put_document": build.document(dependencies=[]),
    "create_baseline": build.baseline(),
    "create_milestone": build.milestone("new"),
    "update_milestone": {"name": "Renamed"},
    "create_dependency": build.dependency("b", "c"),
    "update_dependency": {"lag_minutes": 60},
    "create_calendar": build.calendar(),
    "put_calendar": build.calendar(name="Replaced"),
    "update_calendar": {"name": "Renamed"},
    "create_tolerance": build.tolerance(),
    "put_tolerance": build.tolerance(name="Replaced"),
    "update_tolerance": {"name": "Renamed"},
    "acknowledge_deviation": {"reason": "known"},
    "create_corrective_action": {"title": "New", "owner": "crew", "due_at": "2099-01-05T09:00:00Z"},
    "update_corrective_action": {"status": "done"},
    "create_reason_code": {"key": "new", "name": "New"},
    "update_reason_code": {"name": "Renamed"},
    "create_webhook": {"url": "https://example.com/leeway"},
    "update_webhook": {"description": "Renamed"},
    "replay_deliveries": {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
    "create_import": build.document(name="Imported"),
    "preview_schedule": {"milestones": {"a": {"name": "Renamed"}}},
}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, the scopes it asks for, and whether its path names something of the caller's."""

    id: str
    method: str
    path: str
    scopes: frozenset[str]

    @property
    def names_an_object(self) -> bool:
        """Whether there can be a 404: the PUTs create what they name."""
        return any(f"{{{name}}}" in self.path for name in _NAMED) and self.method != "put"

    def path_of(self, name: str) -> str:
        """The path of the plan of this name, or of what else has it; of an import, the one into the plan."""
        names = {**dict.fromkeys(_NAMED, name), "sequence": 1, "import": _imports.get(name, UNKNOWN_IMPORT)}
        names["deviation"], names["action"] = _deviations.get(name, (UNKNOWN_IMPORT, UNKNOWN_IMPORT))
        names["delivery"] = _deliveries.get(name, UNKNOWN_IMPORT)
        return self.path.format(**_PATH, **names)

    async def send(self, client: httpx.AsyncClient, name: str, **headers: str) -> httpx.Response:
        """Send the request about what has this name."""
        if self.method in {"put", "patch", "delete"}:
            headers["If-Match"] = "*"
        event = build.event(f"{name}-b", "b")
        bodies = {
            **_BODIES,
            "record_event": event,
            "record_events": [{**event, "plan": name}],
            "preview_tolerance": {"plan": name, "tolerance": build.tolerance()},
        }
        return await client.request(
            self.method,
            self.path_of(name),
            params=_QUERY.get(self.id),
            json=bodies.get(self.id),
            headers=headers,
        )


def _scopes(operation: dict[str, Any]) -> frozenset[str]:
    return frozenset(scope for scheme in operation.get("security", ()) for scope in scheme["apiKey"])


PROTECTED = [
    Operation(operation["operationId"], method, path, _scopes(operation))
    for path, methods in openapi()["paths"].items()
    for method, operation in methods.items()
    if "security" in operation
]


async def lay_out(
    client: httpx.AsyncClient, name: str, *, with_import: bool = False, with_deviation: bool = False
) -> None:
    """A plan of this name with three milestones, a link, a baseline and an event; a calendar, tolerance, reason code.

    On demand also an import into the plan, which changes nothing and takes a process of its own; and a deviation
    with a corrective action.
    """
    links = [build.dependency("a", "b")]
    await build.put(client, name, build.document(*map(build.milestone, "abc"), dependencies=links))
    await build.capture(client, name)
    build.ok(await client.post(f"/v1/plans/{name}/events", json=build.event(name)))
    build.ok(await client.post("/v1/calendars", json=build.calendar(key=name)))
    build.ok(await client.post("/v1/tolerances", json=build.tolerance(key=name)))
    build.ok(await client.post("/v1/reason-codes", json={"key": name, "name": "A reason"}))
    build.ok(await client.post("/v1/webhooks", json={"key": name, "url": "https://example.com/leeway"}))
    _deliveries[name] = build.ok(await client.post(f"/v1/webhooks/{name}/test"))["id"]
    if with_import:
        _imports[name] = build.ok(await client.post("/v1/imports", params={"plan": name}, json={}))["id"]
    if with_deviation:
        _deviations[name] = await lay_out_deviation(client, name)
