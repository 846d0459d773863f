"""A request for every operation of the OpenAPI document, right in itself for a plan made by `lay_out`."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.http import build
from tests.http.decisions_build import MADE, decision, scenario
from tests.http.deviating import lay_out_deviation
from tests.http.metrics_build import metric
from tests.http.risks_build import activation, risk
from tests.service import openapi

UNKNOWN_IMPORT = "018e9e5f-3a01-7c3e-9d2b-000000000000"
_imports: dict[str, str] = {}  # their ids by the plan that they were imported into
_deliveries: dict[str, str] = {}  # their ids by the webhook that they are for
_deviations: dict[str, tuple[str, str]] = {}  # their ids, and those of their actions, by the plan
_Part = Callable[[httpx.AsyncClient, str], Awaitable[None]]
USUAL = (
    "calendar",
    "tolerance",
    "mapping",
    "code",
    "webhook",
    "delivery",
    "objective",
    "resource",
    "contribution",
    "assignment",
    "version",
    "report",
)
_NAMED = (
    *("plan", "calendar", "tolerance", "mapping", "code", "webhook", "import", "deviation", "objective", "resource"),
)
_LINK = {"predecessor": "a", "type": "FS", "successor": "b"}
_CHOSEN = {"decision": "supplier", "scenario": "fast", "risk": "supplier", "contingency": "other"}
_NUMBERS = {"revision": 1, "number": 1, "version": 1, "report": 1}
_PATH = {
    **_LINK,
    "milestone": "a",
    "metric": "adoption",
    "assumption": "api",
    "assignment": "build",
    **_CHOSEN,
    **_NUMBERS,
}
NAMES: dict[str, str] = {
    **dict.fromkeys(_NAMED, "p"),
    **{name: str(value) for name, value in _PATH.items()},
    "sequence": "1",
    "slug": "not-found",
    **dict.fromkeys(("import", "delivery"), UNKNOWN_IMPORT),
    **{name: f"{{{name}}}" for name in ("deviation", "action")},
}
"""What paths name in a workspace with everything laid out as `p`; deviations and actions as twins name theirs."""
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
    "create_metric": metric("new"),
    "update_metric": {"name": "Renamed"},
    "create_risk": risk("new"),
    "update_risk": {"name": "Renamed"},
    "create_decision": decision("new"),
    "update_decision": {"context": "As the board heard it"},
    "create_scenario": scenario("new"),
    "update_scenario": {"name": "Renamed"},
    "adopt_scenario": {"reason": "Chosen", "new_decision": decision("chosen", **MADE)},
    "create_assumption": build.assumption(key="new"),
    "update_assumption": {"confidence": 0.5},
    "create_status_report": build.status_report(),
    "update_assignment": {"units": 0.75},
    "create_resource": build.resource(),
    "put_resource": build.resource(name="Replaced"),
    "update_resource": {"name": "Renamed"},
    "create_objective": build.objective(),
    "put_objective": build.objective(name="Replaced"),
    "update_objective": {"name": "Renamed"},
    "create_objective_metric": metric("new"),
    "update_objective_metric": {"name": "Renamed"},
    "update_contribution": {"weight": 2.0},
    "create_calendar": build.calendar(),
    "put_calendar": build.calendar(name="Replaced"),
    "update_calendar": {"name": "Renamed"},
    "create_tolerance": build.tolerance(),
    "put_tolerance": build.tolerance(name="Replaced"),
    "update_tolerance": {"name": "Renamed"},
    "create_event_mapping": build.event_mapping("new"),
    "update_event_mapping": {"description": "Changed"},
    "acknowledge_deviation": {"reason": "known"},
    "create_corrective_action": {"title": "New", "owner": "crew", "due_at": "2099-01-05T09:00:00Z"},
    "update_corrective_action": {"status": "done"},
    "create_reason_code": {"key": "new", "name": "New"},
    "update_reason_code": {"name": "Renamed"},
    "create_webhook": {"url": "https://example.com/leeway"},
    "update_webhook": {"description": "Renamed"},
    "replay_deliveries": {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
    "create_import": build.document(name="Imported"),
    "close_plan": {"status": "completed", "reason": "All is done"},
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

    @property
    def parts(self) -> list[str]:
        """What the path names besides the plan and what is in it."""
        if self.id.endswith(("_contribution", "_contributions")):
            return ["objective", "contribution"]
        if self.id.endswith(("_assignment", "_assignments")):
            return ["assignment"]
        return [part for part in _PARTS if f"{{{part}}}" in self.path]

    @property
    def query(self) -> dict[str, str]:
        """What it can't do without."""
        return _QUERY.get(self.id, {})

    def path_of(self, name: str) -> str:
        """The path of the plan of this name, or of what else has it; of an import, the one into the plan."""
        return self.path.format(**names_of(name))

    def body_of(self, name: str) -> Any:
        """The body of the request about what has this name; None: it has none."""
        event = build.event(f"{name}-b", "b")
        bodies = {
            **_BODIES,
            "record_event": event,
            "activate_contingency": activation(name),
            "record_objective_event": build.measured(f"{name}-b"),
            "create_contribution": {"key": f"{name}-other"},
            "create_assignment": build.assignment(milestone="b", resource=f"{name}-worker"),
            "record_events": [{**event, "plan": name}],
            "preview_tolerance": {"plan": name, "tolerance": build.tolerance()},
        }
        return bodies.get(self.id)

    async def send(self, client: httpx.AsyncClient, name: str, **headers: str) -> httpx.Response:
        """Send the request about what has this name."""
        if self.method in {"put", "patch", "delete"}:
            headers["If-Match"] = "*"
        path, body = self.path_of(name), self.body_of(name)
        return await client.request(self.method, path, params=self.query, json=body, headers=headers)


def names_of(name: str) -> dict[str, str]:
    """What each parameter of a path is of the plan of this name, or of what else has it."""
    told = {**dict.fromkeys(_NAMED, name), **{part: str(value) for part, value in _PATH.items()}, "sequence": "1"}
    told["import"] = _imports.get(name, UNKNOWN_IMPORT)
    told["deviation"], told["action"] = _deviations.get(name, (UNKNOWN_IMPORT, UNKNOWN_IMPORT))
    told["delivery"] = _deliveries.get(name, UNKNOWN_IMPORT)
    return told


def _scopes(operation: dict[str, Any]) -> frozenset[str]:
    return frozenset(scope for scheme in operation["security"] for scope in scheme["apiKey"])


PROTECTED = [
    Operation(operation["operationId"], method, path, _scopes(operation))
    for path, methods in openapi()["paths"].items()
    for method, operation in methods.items()
    if operation["security"]
]


async def lay_out(client: httpx.AsyncClient, name: str, parts: Iterable[str] = USUAL) -> None:
    """A plan of this name with milestones, a link, a metric …, a baseline and an event; and the wanted parts."""
    links = [build.dependency("a", "b")]
    parts_of_it = {"metrics": [metric()], "risks": [risk()], "decisions": [decision()], "scenarios": [scenario()]}
    parts_of_it["assumptions"] = [build.assumption(key="api")]
    content = build.document(*map(build.milestone, "abc"), dependencies=links, **parts_of_it)
    await build.put(client, name, content)
    await build.capture(client, name)
    build.ok(await client.post(f"/v1/plans/{name}/events", json=build.event(name)))
    for part in parts:
        await _PARTS[part](client, name)


async def _objective(client: httpx.AsyncClient, name: str) -> None:
    """An objective with a metric that was measured."""
    build.ok(await client.post("/v1/objectives", json=build.objective(key=name)))
    build.ok(await client.post(f"/v1/objectives/{name}/metrics", json=metric()))
    build.ok(await client.post(f"/v1/objectives/{name}/events", json=build.measured(name)))


async def _contribution(client: httpx.AsyncClient, name: str) -> None:
    """A contribution of the plan to the objective of its name, and another objective that it could contribute to."""
    build.ok(await client.post("/v1/objectives", json=build.objective(key=f"{name}-other")))
    build.ok(await client.post(f"/v1/plans/{name}/objectives", json={"key": name}))


async def _assignment(client: httpx.AsyncClient, name: str) -> None:
    """A resource that is assigned to a milestone of the plan."""
    worker = f"{name}-worker"
    build.ok(await client.post("/v1/resources", json=build.resource(key=worker)))
    made = build.assignment(key="build", resource=worker)
    build.ok(await client.post(f"/v1/plans/{name}/assignments", json=made))


async def _import(client: httpx.AsyncClient, name: str) -> None:
    """An import into the plan, which changes nothing."""
    _imports[name] = build.ok(await client.post("/v1/imports", params={"plan": name}, json={}))["id"]


async def _deviation(client: httpx.AsyncClient, name: str) -> None:
    """A deviation with a corrective action."""
    _deviations[name] = await lay_out_deviation(client, name)


async def _version(client: httpx.AsyncClient, name: str) -> None:
    """A version of its outcome, and the plan active again."""
    build.ok(await client.post(f"/v1/plans/{name}/close", json=_BODIES["close_plan"]))
    active = {"status": "active"}
    build.ok(await client.patch(f"/v1/plans/{name}", json=active, headers=build.if_match("*")))


async def _report(client: httpx.AsyncClient, name: str) -> None:
    """A status report."""
    build.ok(await client.post(f"/v1/plans/{name}/status-reports", json=build.status_report()))


async def _delivery(client: httpx.AsyncClient, name: str) -> None:
    _deliveries[name] = build.ok(await client.post(f"/v1/webhooks/{name}/test"))["id"]


def _posted(path: str, body: Callable[[str], build.Json]) -> _Part:
    async def post(client: httpx.AsyncClient, name: str) -> None:
        build.ok(await client.post(path, json=body(name)))

    return post


_PARTS: dict[str, _Part] = {
    "calendar": _posted("/v1/calendars", lambda name: build.calendar(key=name)),
    "tolerance": _posted("/v1/tolerances", lambda name: build.tolerance(key=name)),
    "mapping": _posted("/v1/event-mappings", build.event_mapping),
    "code": _posted("/v1/reason-codes", lambda name: {"key": name, "name": "A reason"}),
    "webhook": _posted("/v1/webhooks", lambda name: {"key": name, "url": "https://example.com/leeway"}),
    "delivery": _delivery,
    "resource": _posted("/v1/resources", lambda name: build.resource(key=name)),
    "objective": _objective,
    "contribution": _contribution,
    "assignment": _assignment,
    "import": _import,
    "deviation": _deviation,
    "version": _version,
    "report": _report,
}
