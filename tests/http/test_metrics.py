"""Success metrics as content of a plan: edited, compared, carried by the document, frozen; and measured."""

import json
from typing import Any

import httpx
import pytest

from tests.http.build import capture, document, failure, get, if_match, milestone, ok, places, put
from tests.http.events_build import batch, codes, correction, event, instead, retraction
from tests.http.metrics_build import create, measurement, metric, reading, remove

METRICS = "/v1/plans/p/metrics"
EVENTS = "/v1/plans/p/events"


@pytest.fixture
async def plan(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client with a plan `p`."""
    await put(client, "p", document(milestone("a", "2026-03-10"), milestone("b", "2026-06-10")))
    return client


async def test_a_metric_is_created_with_its_defaults_and_read(plan: httpx.AsyncClient) -> None:
    created = await plan.post(METRICS, json={"key": "nps", "name": "NPS", "baseline_value": 20.0, "target": 40})
    assert (created.status_code, created.headers["location"], created.headers["etag"]) == (
        201,
        f"{METRICS}/nps",
        '"r2"',
    )
    assert created.json() == await get(plan, f"{METRICS}/nps")
    assert created.json() == {
        "key": "nps",
        "name": "NPS",
        "description": None,
        "kind": "numeric",
        "unit": "",
        "baseline_value": 20.0,
        "target": 40.0,
        "floor": None,
        "stretch": None,
        "low": None,
        "high": None,
        "margin": 0.0,
        "weight": 1.0,
        "gate": False,
        "commitment": "aspirational",
        "start_at": None,
        "measure_at": None,
        "grace_minutes": 0,
        "trajectory": None,
        "owner": None,
        "revision": 2,
    }


async def test_metrics_are_changed_by_merge_patch_and_deleted_each_as_a_revision(plan: httpx.AsyncClient) -> None:
    await create(plan, metric(floor=50.0), metric("nps"))
    patched = await plan.patch(f"{METRICS}/adoption", json={"target": 80, "floor": None}, headers=if_match('"r2"'))
    assert (patched.status_code, patched.headers["etag"]) == (200, '"r4"')
    assert (patched.json()["target"], patched.json()["floor"]) == (80.0, None)
    assert failure(await plan.patch(f"{METRICS}/adoption", json={"target": 1}, headers=if_match('"r2"')))[0] == 412
    assert (await plan.delete(f"{METRICS}/nps", headers=if_match('"r3"'))).status_code == 204
    assert failure(await plan.get(f"{METRICS}/nps")) == (404, "metric-not-found")
    assert [each["key"] for each in (await get(plan, METRICS))["items"]] == ["adoption"]
    changes = (await get(plan, "/v1/plans/p/comparison", **{"from": "revision:3", "to": "current"}))["changes"]
    assert changes["parts_removed"] == [{"part": "metrics", "key": "nps"}]
    (changed,) = changes["parts_changed"]
    told = {each["field"]: (each["before"], each["after"]) for each in changed["fields"]}
    assert told == {"target": (100.0, 80.0), "floor": (50.0, None)}


async def test_a_key_is_taken_once(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    assert failure(await plan.post(METRICS, json=metric())) == (409, "metric-exists")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"target": 0.0}, ("/target", "equals_baseline")),
        ({"target": None}, ("/target", "needed")),
        ({"kind": "binary"}, ("/baseline_value", "not_applicable")),
        ({"floor": 101.0}, ("/floor", "beyond_target")),
        ({"measure_at": "2025-01-01T00:00:00Z"}, ("/measure_at", "not_after_start")),
        ({"trajectory": {"shape": "points"}}, ("/trajectory/points", "needed")),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_place(
    plan: httpx.AsyncClient, fields: dict[str, Any], place: tuple[str, str]
) -> None:
    assert place in places(await plan.post(METRICS, json=metric(**fields)))
    within = f"/metrics/0{place[0]}", place[1]
    wrong = await plan.put("/v1/plans/p/document", json=document(metrics=[metric(**fields)]), headers=if_match("*"))
    assert within in places(wrong)
    assert (await get(plan, "/v1/plans/p"))["revision"] == 1


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"weight": 0}, "/weight"),
        ({"weight": -1}, "/weight"),
        ({"target": "100"}, "/target"),
        ({"target": 1e16}, "/target"),
        ({"gate": 1}, "/gate"),
        ({"kind": "guess"}, "/kind"),
        ({"grace_minutes": -1}, "/grace_minutes"),
        (
            {"trajectory": {"shape": "points", "points": [{"at": "2026-02-01", "attainment": 2}]}},
            "/trajectory/points/0/attainment",
        ),
        ({"surprise": 1}, "/surprise"),
    ],
)
async def test_what_is_no_metric_is_refused(plan: httpx.AsyncClient, fields: dict[str, Any], pointer: str) -> None:
    assert pointer in {place for place, _ in places(await plan.post(METRICS, json=metric(**fields)))}


async def test_the_document_carries_metrics_and_putting_it_back_changes_nothing(plan: httpx.AsyncClient) -> None:
    points = [{"at": "2026-02-01", "attainment": 0.1}, {"at": "2026-03-01T12:00:00+01:00", "attainment": 0.5}]
    await create(plan, metric(trajectory={"shape": "points", "points": points}), metric("nps", gate=True, weight=2.5))
    carried = await get(plan, "/v1/plans/p/document")
    assert [each["key"] for each in carried["metrics"]] == ["adoption", "nps"]
    assert carried["metrics"][0]["trajectory"]["points"][1]["at"] == "2026-03-01T11:00:00Z"
    assert (await put(plan, "p", carried, If_match="*"))["changed"] is False
    await put(plan, "other", carried)
    assert await get(plan, "/v1/plans/other/document") == carried


async def test_metrics_that_a_document_leaves_out_stay_and_an_empty_list_empties(
    plan: httpx.AsyncClient,
) -> None:
    await create(plan, metric())
    await put(plan, "p", {"name": "Renamed"}, If_match="*")
    assert len((await get(plan, METRICS))["items"]) == 1
    await put(plan, "p", {"name": "Renamed", "metrics": []}, If_match="*")
    assert (await get(plan, METRICS))["items"] == []


async def test_a_baseline_freezes_metrics(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    frozen = (await capture(plan, "p"))["revision"]
    ok(await plan.patch(f"{METRICS}/adoption", json={"target": 50}, headers=if_match("*")))
    then = await get(plan, METRICS, revision=frozen)
    assert then["items"][0]["target"] == 100


# --- measuring


async def test_a_measurement_names_a_metric_that_is_or_was_in_the_plan(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    recorded = await plan.post(EVENTS, json=measurement("e1", 62.5, "2026-03-01T00:00:00Z"))
    assert (recorded.status_code, recorded.json()["milestone"]) == (201, None)
    await remove(plan)
    assert (await plan.post(EVENTS, json=measurement("e2", 65, "2026-03-02T00:00:00Z"))).status_code == 201


UNKNOWN: list[tuple[dict[str, Any], str, str]] = [
    (measurement("e", 1, "2026-03-01", "nps"), "/data/metric", "unknown_metric"),
    (event("e", "risk.occurred", None, data={"risk": "r"}), "/data/risk", "unknown_risk"),
    (event("e", "risk.closed", "a", data={"risk": "r", "reason": "over"}), "/data/risk", "unknown_risk"),
    (
        event("e", "assumption.invalidated", None, data={"assumption": "s", "reason": "no"}),
        "/data/assumption",
        "unknown_assumption",
    ),
    (
        correction("e", "x", instead("metric.measured", None, data={"metric": "nps", "value": 1})),
        "/data/replacement/data/metric",
        "unknown_metric",
    ),
]


@pytest.mark.parametrize(("sent", "pointer", "code"), UNKNOWN)
async def test_what_never_was_in_the_plan_is_refused(
    plan: httpx.AsyncClient, sent: dict[str, Any], pointer: str, code: str
) -> None:
    await put(plan, "q", document(metrics=[metric("nps")]))  # of another plan
    refused = await plan.post(EVENTS, json=sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "event-refused")
    assert codes(refused) == [(pointer, code)]


async def test_in_a_batch_each_measurement_is_held_against_its_own_plan(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    await put(plan, "q", document(metrics=[metric("nps")]))
    sent = [
        {"plan": name, **measurement(f"{name}/{key}", 1, "2026-03-01", key)}
        for name in ("p", "q")
        for key in ("adoption", "nps")
    ]
    results = (await batch(plan, sent))["results"]
    assert [each["status"] for each in results] == ["accepted", "rejected", "rejected", "accepted"]


async def test_a_cloud_event_may_measure_a_metric(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    cloud = {
        "specversion": "1.0",
        "id": "c",
        "source": "ci",
        "type": "leeway.metric.measured",
        "subject": "plans/p",
        "time": "2026-02-01T00:00:00Z",
        "data": {"metric": "adoption", "value": 12},
    }
    headers = {"Content-Type": "application/cloudevents+json"}
    ok(await plan.post(EVENTS, content=json.dumps(cloud), headers=headers))
    assert (await reading(plan))["value"] == 12


@pytest.mark.parametrize(
    "data",
    [
        {"metric": "adoption"},
        {"metric": "adoption", "value": "1"},
        {"metric": "adoption", "value": True},
        {"metric": "adoption", "value": 1e16},
        {"metric": "adoption", "value": 1, "unit": "%"},
        {"value": 1},
    ],
)
async def test_a_measurement_has_a_metric_and_a_number(plan: httpx.AsyncClient, data: dict[str, Any]) -> None:
    await create(plan, metric())
    refused = await plan.post(EVENTS, json=event("e", "metric.measured", None, data=data))
    assert failure(refused) == (422, "invalid-request")


async def test_an_activation_of_a_contingency_cannot_be_reported(plan: httpx.AsyncClient) -> None:
    data = {"risk": "r", "contingency": "c", "revision": 1}
    refused = await plan.post(EVENTS, json=event("e", "contingency.activated", None, data=data))
    assert failure(refused) == (422, "invalid-request")


async def test_measurements_are_corrected_and_retracted(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    right = instead("metric.measured", None, "2026-02-01T00:00:00Z", data={"metric": "adoption", "value": 33})
    for each in (
        measurement("e1", 30, "2026-02-01T00:00:00Z"),
        measurement("e2", 90, "2026-02-02T00:00:00Z"),
        correction("c", "e1", right),
    ):
        ok(await plan.post(EVENTS, json=each))
    assert (await reading(plan))["value"] == 90
    ok(await plan.post(EVENTS, json=retraction("r", "e2")))
    found = await reading(plan)
    assert (found["value"], found["events"]) == (33, [{"source": "ci", "id": "e1"}])
