"""Odd values everywhere: refused with a problem that tells nothing, or accepted and readable for ever."""

from itertools import count
from typing import Any

import pytest

from tests.http.full_bodies import (
    CD_EVENT,
    CLOUD_EVENT,
    EVENT_DATA,
    FULL_BODIES,
    Place,
    event,
    places,
    replaced,
    without,
)
from tests.http.operations import NAMES, PROTECTED, Operation
from tests.http.twins import CANARY, Twins, some_of
from tests.service import openapi

OPERATIONS = {operation.id: operation for operation in PROTECTED}
_numbers = count()
STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    -0.0,
    5e-324,
    1e308,
    2**53,
    "",
    " ",
    CANARY,
    "\u202e\u200b\ufeff\uffff\U0010ffff",
    "é",
    "'; DROP TABLE plans; --",
    "../../etc/passwd",
    "a" * 10_001,
    "12",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "1970-01-01",
    "1970-01-01T00:00:00+14:00",
    "2199-12-31",
    "2199-12-31T23:59:59.999999Z",
    "2026-02-30",
    "2026-06-30T23:59:60Z",
    "2026-03-01T10:00:00",
    "2026-03-01T10:00:00.1234567Z",
    "\u0662\u0660\u0662\u0666-\u0660\u0663-\u0660\u0661",
    "p",
    "a",
    [],
    {},
    [None],
    [CANARY] * 60,
    {CANARY: CANARY},
    {"a": None},
]


def _paths(operation: Operation) -> str:
    return operation.path.format(**NAMES)


def _headers(operation: Operation) -> dict[str, str]:
    return {"If-Match": "*"} if operation.method in {"put", "patch", "delete"} else {}


def _fresh(body: Any) -> Any:
    """The body under a name of its own, so that it is not refused as a repeat."""
    if isinstance(body, list):
        return [_fresh(item) for item in body]
    number = next(_numbers)
    fresh = {"id": f"run-{number}", "external_id": f"UID {number}"}
    fresh |= {"key": f"new-{number}"} if body.get("key") == "new" else {}  # else it is that of something else
    return {**body, **{name: value for name, value in fresh.items() if name in body}}


async def _attack(twins: Twins, operation: Operation, body: Any, **headers: str) -> int:
    """Replace every value of the body by odd ones, leave out every member, add one; answers how many were taken."""
    taken = 0
    for number, place in enumerate(places(body)):
        for value in some_of(STRANGE, number, least=2):
            taken += await _sent(twins, operation, replaced(_fresh(body), place, value), **headers)
    for place in places(body):
        taken += await _sent(twins, operation, without(_fresh(body), place), **headers)
    return taken


ONCE = {"create_assignment", "create_contribution", "activate_contingency", "close_plan"}
"""What is taken the first time is refused as a repeat from then on."""


async def _sent(twins: Twins, operation: Operation, body: Any, **headers: str) -> bool:
    is_kept = operation.id.startswith("create_")  # beside all that is made after it: all of it is read in the end
    ask = twins.send if is_kept else twins.write
    answer = await ask(operation.method, _paths(operation), json=body, headers={**_headers(operation), **headers})
    return answer.is_success


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name for name in FULL_BODIES if not name.startswith("preview_")])
async def test_no_accepted_write_makes_a_read_fail(own_twins: Twins, name: str) -> None:
    operation, body = OPERATIONS[name], FULL_BODIES[name]
    assert await _sent(own_twins, operation, _fresh(body)), "the body is right before it is attacked"
    assert await _attack(own_twins, operation, body) > 0 or name in ONCE
    await own_twins.read_everything()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("type_", EVENT_DATA)
async def test_no_accepted_event_makes_a_read_fail(own_twins: Twins, type_: str) -> None:
    operation, body = OPERATIONS["record_event"], event(type_)
    assert await _sent(own_twins, operation, _fresh(body))
    assert await _attack(own_twins, operation, body) > 0
    await own_twins.read_everything()


@pytest.mark.parametrize("sent", [CLOUD_EVENT, CD_EVENT], ids=["CloudEvent", "CDEvent"])
async def test_no_accepted_cloud_event_makes_a_read_fail(own_twins: Twins, sent: Any) -> None:
    operation = OPERATIONS["record_event"]
    cloud = {"Content-Type": "application/cloudevents+json"}
    assert await _sent(own_twins, operation, _fresh(sent), **cloud)
    assert await _attack(own_twins, operation, sent, **cloud) > 0
    await own_twins.read_everything()


WRONG_TYPES: dict[type, list[Any]] = {
    str: [5, 1.5, True, [], {}],
    int: ["12", "", True, 1.5, [], {}],
    float: ["12", "1.5", True, [], {}],
    bool: ["true", "yes", 1, 0, [], {}],
    list: [{}, "a", 1, True],
    dict: [[], "a", 1, True],
}


@pytest.mark.parametrize("name", [*FULL_BODIES, *EVENT_DATA])
async def test_no_value_is_taken_for_one_of_another_type(twins: Twins, name: str) -> None:
    operation = OPERATIONS.get(name, OPERATIONS["record_event"])
    body = FULL_BODIES.get(name) or event(name)
    for place in places(body):
        for value in WRONG_TYPES.get(type(_at(body, place)), []):
            wrong = replaced(body, place, value)
            answer = await twins.send(operation.method, _paths(operation), json=wrong, headers=_headers(operation))
            status = (
                answer.json()["results"][0]["problem"]["status"] if name == "record_events" else answer.status_code
            )
            assert status == 422, (place, value, answer.text)


@pytest.mark.parametrize("name", FULL_BODIES)
async def test_unknown_fields_are_refused_wherever_they_are(twins: Twins, name: str) -> None:
    body, free = FULL_BODIES[name], {"labels", "weekly", "schedule_options", "constraint"}
    objects = [place for place in places(body) if isinstance(_at(body, place), dict) and place[-1] not in free]
    for place in [*objects, *([()] if isinstance(body, dict) else [])]:
        answer = await twins.write(
            OPERATIONS[name].method,
            _paths(OPERATIONS[name]),
            json=replaced(body, place, {**_at(body, place), CANARY: CANARY}),
            headers=_headers(OPERATIONS[name]),
        )
        if name == "record_events":
            assert answer.json()["results"][0]["problem"]["status"] == 422
        else:
            assert answer.status_code == 422, place


def _at(body: Any, place: Place) -> Any:
    for name in place:
        body = body[name]
    return body


def test_the_bodies_have_every_field_of_their_schemas() -> None:
    for name, body in FULL_BODIES.items():
        if name in {"record_event", "record_events", "record_objective_event"}:
            continue
        operation = OPERATIONS[name]
        content = openapi()["paths"][operation.path][operation.method]["requestBody"]["content"]
        for media_type in content.values():
            schema = openapi()["components"]["schemas"][media_type["schema"]["$ref"].rsplit("/", 1)[1]]
            assert set(body) == set(schema["properties"]), name
    assert set(EVENT_DATA) == set(
        openapi()["components"]["schemas"]["ExecutionEventInput"]["discriminator"]["mapping"]
    )


TRICKS = [
    ("a retraction of itself", [("event.retracted", "x", {"event": {"source": "t", "id": "x"}})]),
    (
        "two retractions of each other",
        [
            ("event.retracted", "x", {"event": {"source": "t", "id": "y"}}),
            ("event.retracted", "y", {"event": {"source": "t", "id": "x"}}),
        ],
    ),
    (
        "three corrections in a ring",
        [
            (
                "event.corrected",
                name,
                {
                    "event": {"source": "t", "id": other},
                    "replacement": {"type": "milestone.completed", "milestone": "a", "occurred_at": "2026-03-01"},
                },
            )
            for name, other in ("xy", "yz", "zx")
        ],
    ),
    (
        "a correction of what never came",
        [
            (
                "event.corrected",
                "x",
                {
                    "event": {"source": "t", "id": "never"},
                    "replacement": {"type": "note.added", "occurred_at": "1970-01-01", "data": {"text": "?"}},
                },
            )
        ],
    ),
]


@pytest.mark.parametrize(("trick", "sent"), TRICKS, ids=[trick for trick, _ in TRICKS])
async def test_events_that_point_at_each_other(own_twins: Twins, trick: str, sent: list[Any]) -> None:
    for type_, name, data in sent:
        body = {"id": name, "source": "t", "type": type_, "occurred_at": "2026-03-01T09:00:00Z", "data": data}
        assert (await own_twins.write("POST", "/v1/plans/p/events", json=body)).status_code == 201


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Monrovia", "America/Sao_Paulo"])
@pytest.mark.parametrize("day", ["1970-01-01", "2199-12-31", "1972-05-01"])
async def test_the_first_and_last_days_there_are_in_zones_far_away(own_twins: Twins, zone: str, day: str) -> None:
    ends = [{"key": key, "name": key, "planned_finish": day} for key in ("a", "b")]
    work = {
        "key": "w",
        "name": "w",
        "kind": "activity",
        "planned_start": "1970-01-01",
        "planned_finish": "2199-12-31",
    }
    document = {"name": "Far", "time_zone": zone, "calendar": "p", "milestones": [*ends, work], "dependencies": []}
    document |= {"status_date": day, "target_finish": day}
    answer = await own_twins.write("PUT", "/v1/plans/p/document", json=document, headers={"If-Match": "*"})
    assert answer.status_code == 200
    await own_twins.write("POST", "/v1/plans/p/baselines", json={"name": "Far", "reason": "as far as it goes"})
    body = {**event("milestone.completed"), "occurred_at": day}
    await own_twins.write("POST", "/v1/plans/p/events", json=body)
    for query in (f"as_of={day}", "as_of=2199-12-31T23:59:59.999999Z", "as_of=1970-01-01T00:00:00Z", "limit=0"):
        assert (await own_twins.send("GET", f"/v1/plans/p/variance?{query}")).status_code == 200
    assert (await own_twins.send("GET", f"/v1/plans/p/trend?from={day}&to={day}")).status_code in {200, 422}
