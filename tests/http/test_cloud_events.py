"""Execution events as CloudEvents 1.0 in structured mode."""

from typing import Any

import httpx
import pytest

from tests.http.events_build import Json, codes, correction, event, instead, listed, make_plan, milestone, post

EVENTS = "/v1/plans/p/events"
HEADERS = {"Content-Type": "application/cloudevents+json; charset=utf-8"}


def cloud_event(**change: Any) -> Json:
    found: Json = {
        "specversion": "1.0",
        "id": "run-1",
        "source": "ci",
        "type": "leeway.milestone.progressed",
        "subject": "plans/p/milestones/m",
        "time": "2026-03-01T08:00:00Z",
        "datacontenttype": "application/json",
        "data": {"percent_complete": 40.0},
    }
    return {name: value for name, value in {**found, **change}.items() if value is not ...}


@pytest.fixture
async def plan(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client whose plan `p` has the milestone `m`."""
    await make_plan(client, "p", [milestone("m")])
    return client


async def test_a_cloud_event_is_the_execution_event_it_carries(plan: httpx.AsyncClient) -> None:
    answer = await plan.post(EVENTS, json=cloud_event(actor="ann"), headers=HEADERS)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{EVENTS}/1")
    same = event("run-1", "progressed", actor="ann", data={"percent_complete": 40})
    assert (await plan.post(EVENTS, json=same)).json() == {**answer.json(), "duplicate": True}
    assert (await plan.post(EVENTS, json=cloud_event(actor="ann"), headers=HEADERS)).status_code == 200
    assert (await plan.post(EVENTS, json=cloud_event(), headers=HEADERS)).status_code == 409


async def test_extension_attributes_are_ignored(plan: httpx.AsyncClient) -> None:
    extended = cloud_event(traceparent="00-abc", partitionkey="7", dataschema="https://example.com/schema")
    assert (await plan.post(EVENTS, json=extended, headers=HEADERS)).status_code == 201
    assert (await plan.post(EVENTS, json=cloud_event(), headers=HEADERS)).status_code == 200


async def test_the_subject_may_be_the_plan_itself(plan: httpx.AsyncClient) -> None:
    note = cloud_event(type="leeway.note.added", subject="plans/p", data={"text": "hello"})
    answer = await plan.post(EVENTS, json=note, headers=HEADERS)
    assert (answer.status_code, answer.json()["milestone"]) == (201, None)


async def test_corrections_and_retractions_travel_too(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", event("e", "started"))
    data = correction("c", "e", instead("completed"))["data"]
    corrected = cloud_event(id="c", type="leeway.event.corrected", subject="plans/p", data=data)
    retracted = cloud_event(
        id="r", type="leeway.event.retracted", subject="plans/p", data={"event": {"source": "ci", "id": "c"}}
    )
    for each in (corrected, retracted):
        assert (await plan.post(EVENTS, json=each, headers=HEADERS)).status_code == 201
    assert [each["type"] for each in await listed(plan, "p")] == [
        "milestone.started",
        "event.corrected",
        "event.retracted",
    ]


async def test_the_subject_must_name_the_plan_of_the_path(plan: httpx.AsyncClient) -> None:
    await make_plan(plan, "q", [milestone("m")])
    refused = await plan.post(EVENTS, json=cloud_event(subject="plans/q/milestones/m"), headers=HEADERS)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert codes(refused) == [("/subject", "other_plan")]
    assert await listed(plan, "q") == []


WRONG: list[tuple[Json, str]] = [
    ({"specversion": "0.3"}, "/specversion"),
    ({"specversion": ...}, "/specversion"),
    ({"subject": ...}, "/subject"),
    ({"subject": "milestones/m"}, "/subject"),
    ({"subject": "plans/p/milestones/"}, "/subject"),
    ({"subject": "plans/-/milestones/m"}, "/subject"),
    ({"time": ...}, "/time"),
    ({"time": "2026-03-01"}, "/time"),
    ({"type": "milestone.started"}, "/type"),
    ({"id": ...}, "/id"),
    ({"datacontenttype": "text/xml"}, "/datacontenttype"),
    ({"data": "40"}, "/data"),
    ({"data": {"percent_complete": 140}}, "/data/percent_complete"),
]


async def test_wrong_attributes_are_named(plan: httpx.AsyncClient) -> None:
    for change, pointer in WRONG:
        refused = await plan.post(EVENTS, json=cloud_event(**change), headers=HEADERS)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request"), change
        assert pointer in {found for found, _ in codes(refused)}, change
    assert await listed(plan, "p") == []


async def test_an_unknown_type_or_milestone_is_refused(plan: httpx.AsyncClient) -> None:
    unknown_type = await plan.post(EVENTS, json=cloud_event(type="leeway.milestone.exploded"), headers=HEADERS)
    assert unknown_type.json()["code"] == "invalid-request"
    nobody = await plan.post(EVENTS, json=cloud_event(subject="plans/p/milestones/nobody"), headers=HEADERS)
    assert nobody.json()["code"] == "event-refused"
