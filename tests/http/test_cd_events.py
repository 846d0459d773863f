"""CDEvents of build and delivery systems, which event mappings turn into execution events."""

from typing import Any

import httpx
import pytest

from tests.http.cd_events_build import (
    BATCH_HEADERS,
    HEADERS,
    PIPELINE,
    SOURCE,
    about,
    cd_event,
    finished,
    mapping,
    queued,
    started,
)
from tests.http.events_build import Json, codes, item, listed, make_plan, milestone, ok
from tests.service import MakeClient, MakeKey


@pytest.fixture
async def ci(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client whose plan `p` has the milestones `m` and `n`, and whose mappings know the pipeline."""
    await make_plan(client, "p", [milestone("m"), milestone("n")])
    await map_all(client, *PIPELINE)
    return client


async def map_all(client: httpx.AsyncClient, *mappings: Json) -> None:
    for wanted in mappings:
        await ok(await client.post("/v1/event-mappings", json=wanted))


async def batch(client: httpx.AsyncClient, *events: Any, **params: Any) -> Json:
    answer = await client.post("/v1/events/batch", json=list(events), headers=BATCH_HEADERS, params=params)
    assert answer.status_code == 207, answer.text
    found: Json = answer.json()
    return found


async def only(client: httpx.AsyncClient) -> Json:
    """The one event of the plan `p`."""
    (found,) = await listed(client, "p")
    return found


async def test_a_pipeline_that_begins_and_succeeds_completes_its_milestone(ci: httpx.AsyncClient) -> None:
    answer = await batch(ci, started(), finished("success"))
    assert (answer["accepted"], answer["rejected"]) == (2, 0)
    told = await item(ci, "p", "m")
    assert (told["lifecycle"], told["actual_start"], told["actual_finish"]) == (
        "completed",
        "2026-03-01T08:10:00Z",
        "2026-03-01T09:00:00Z",
    )


async def test_an_event_keeps_its_name_and_says_what_it_was(ci: httpx.AsyncClient) -> None:
    await batch(ci, finished("success"))
    found = await only(ci)
    assert (found["source"], found["id"], found["type"]) == (SOURCE, "e-finished", "milestone.completed")
    assert found["data"] == {
        "origin": {
            "type": "dev.cdevents.pipelinerun.finished.0.2.0",
            "subject": "release-8123",
            "mapping": "done",
            "outcome": "success",
            "url": "https://ci.example.com/runs/release-8123",
        }
    }


async def test_what_was_recorded_can_be_sent_again_as_a_plain_event(ci: httpx.AsyncClient) -> None:
    await batch(ci, finished("success"))
    found = await only(ci)
    names = ("id", "source", "type", "milestone", "occurred_at", "data")
    again = await ci.post("/v1/plans/p/events", json={name: found[name] for name in names})
    assert (again.status_code, again.json()["duplicate"]) == (200, True)


async def test_a_repeat_has_no_second_effect(ci: httpx.AsyncClient) -> None:
    await batch(ci, started(), finished())
    again = await batch(ci, finished(), started(), finished())
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 3, 0)
    assert len(await listed(ci, "p")) == 2


@pytest.mark.parametrize("outcome", ["failure", "error"])
async def test_a_failure_blocks_the_milestone_and_says_why(ci: httpx.AsyncClient, outcome: str) -> None:
    await batch(ci, started(), finished(outcome, errors="tests/test_login.py: 3 failed"))
    blocked = (await listed(ci, "p"))[1]
    assert blocked["type"] == "milestone.blocked"
    assert blocked["data"]["reason_code"] == "ci_failed"
    assert blocked["data"]["description"] == "tests/test_login.py: 3 failed"
    assert (await item(ci, "p", "m"))["lifecycle"] == "suspended"


async def test_a_failure_without_words_is_described_by_what_failed(ci: httpx.AsyncClient) -> None:
    await batch(ci, finished("failure"))
    assert (await only(ci))["data"]["description"] == "pipelinerun finished: release-8123 (failure)"


async def test_a_retry_that_succeeds_completes_what_was_blocked(ci: httpx.AsyncClient) -> None:
    await batch(ci, started(), finished("failure"))
    retry = finished("success", "e-retry", "release-8124")
    await batch(ci, {**retry, "time": "2026-03-01T10:00:00Z"})
    assert (await item(ci, "p", "m"))["lifecycle"] == "completed"


async def test_what_no_mapping_matches_is_told_and_its_neighbours_are_recorded(ci: httpx.AsyncClient) -> None:
    answer = await batch(ci, started(), queued(), finished("cancelled", "e-cancelled"), finished())
    assert [result["status"] for result in answer["results"]] == ["accepted", "rejected", "rejected", "accepted"]
    for result in answer["results"][1:3]:
        problem = result["problem"]
        assert (problem["code"], problem["status"], result["plan"]) == ("no-mapping", 422, None)
        assert "POST /v1/event-mappings" in problem["detail"]


async def test_with_atomic_one_without_mapping_refuses_the_batch(ci: httpx.AsyncClient) -> None:
    refused = await ci.post(
        "/v1/events/batch", json=[started(), queued()], headers=BATCH_HEADERS, params={"atomic": True}
    )
    assert (refused.status_code, refused.json()["code"], codes(refused)) == (
        422,
        "batch-refused",
        [("/1", "no-mapping")],
    )
    assert await listed(ci, "p") == []


async def test_once_there_is_a_mapping_it_is_sent_again(ci: httpx.AsyncClient) -> None:
    assert (await batch(ci, queued()))["rejected"] == 1
    await map_all(ci, mapping("waits", "pipelinerun.queued", "note.added"))
    assert (await batch(ci, queued()))["accepted"] == 1
    assert (await only(ci))["data"]["text"] == "pipelinerun queued: release-8123"


async def test_cd_events_and_our_own_cloud_events_travel_together(ci: httpx.AsyncClient) -> None:
    own = {
        "specversion": "1.0",
        "id": "note",
        "source": "ci",
        "type": "leeway.note.added",
        "subject": "plans/p",
        "time": "2026-03-01T08:00:00Z",
        "data": {"text": "hello"},
    }
    answer = await batch(ci, own, finished())
    assert [(result["status"], result["plan"]) for result in answer["results"]] == [("accepted", "p")] * 2


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"time": "yesterday"}, "/time"),
        ({"time": None}, "/time"),
        ({"type": "dev.cdevents.pipelinerun"}, "/type"),
        ({"type": "dev.cdevents.pipelinerun.finished, or so"}, "/type"),
        ({"datacontenttype": "text/plain"}, "/datacontenttype"),
        ({"data": None}, "/data"),
        ({"data": {"subject": {}}}, "/data/subject/id"),
        ({"data": {"subject": {"id": "x"}, "customData": {"leeway": {"plan": "no key"}}}}, None),
    ],
)
async def test_what_is_wrong_with_one_is_named(ci: httpx.AsyncClient, change: Json, pointer: str | None) -> None:
    answer = await batch(ci, {**finished(), **change}, started())
    problem = answer["results"][0]["problem"]
    assert problem["code"] == "invalid-request"
    assert [error["pointer"] for error in problem["errors"]] == [pointer or "/data/customData/leeway/plan"]
    assert answer["accepted"] == 1


# Where it belongs


async def test_the_event_may_name_plan_and_milestone_itself(ci: httpx.AsyncClient) -> None:
    await map_all(ci, mapping("any", "taskrun.finished", "completed", plan=None, milestone=None))
    task = cd_event("taskrun.finished.0.2.0", "t-1", "task-1", taskName="unit", outcome="success")
    assert (await batch(ci, about(task, plan="p", milestone="n")))["accepted"] == 1
    assert (await only(ci))["milestone"] == "n"


async def test_what_the_mapping_says_stands_over_what_the_event_says(ci: httpx.AsyncClient) -> None:
    await batch(ci, about(finished(), plan="elsewhere", milestone="n"))
    assert (await only(ci))["milestone"] == "m"


async def test_an_event_whose_milestone_nobody_names_is_rejected(ci: httpx.AsyncClient) -> None:
    await map_all(ci, mapping("any", "taskrun.finished", "completed", plan=None, milestone=None))
    task = cd_event("taskrun.finished.0.2.0", "t-1", "task-1")
    problem = (await batch(ci, task))["results"][0]["problem"]
    assert problem["code"] == "no-mapping"
    assert [error["pointer"] for error in problem["errors"]] == [
        "/data/customData/leeway/plan",
        "/data/customData/leeway/milestone",
    ]


async def test_foreign_custom_data_is_ignored(ci: httpx.AsyncClient) -> None:
    for number, custom in enumerate(["some text", {"ours": 1}, ["a"], None]):
        sent = finished(event_id=f"e-{number}")
        sent["data"]["customData"] = custom
        assert (await batch(ci, sent))["accepted"] == 1


async def test_a_plan_or_milestone_that_there_is_not_is_told_of_the_event(ci: httpx.AsyncClient) -> None:
    await map_all(
        ci,
        mapping("lost", "build.finished", "completed", milestone="nobody"),
        mapping("astray", "build.started", "started", plan="nowhere"),
    )
    ended, began = cd_event("build.finished.0.2.0", "b-2", "b"), cd_event("build.started.0.2.0", "b-1", "b")
    answer = await batch(ci, ended, began, finished())
    found = [result["problem"] and result["problem"]["code"] for result in answer["results"]]
    assert found == ["event-refused", "plan-not-found", None]


# One at a time


async def test_its_content_may_have_a_charset(ci: httpx.AsyncClient) -> None:
    sent = {**finished(), "datacontenttype": "application/json; charset=utf-8"}
    assert (await batch(ci, sent))["accepted"] == 1


async def test_one_is_sent_to_a_plan(ci: httpx.AsyncClient) -> None:
    for status in (201, 200):
        answer = await ci.post("/v1/plans/p/events", json=finished(), headers=HEADERS)
        assert (answer.status_code, answer.json()["type"]) == (status, "milestone.completed")


async def test_the_path_names_the_plan_where_nothing_else_does(ci: httpx.AsyncClient) -> None:
    await map_all(ci, mapping("any", "build.finished", "completed", plan=None))
    sent = cd_event("build.finished.0.2.0", "b-1", "b")
    assert (await ci.post("/v1/plans/p/events", json=sent, headers=HEADERS)).status_code == 201


async def test_one_that_is_mapped_to_another_plan_is_refused(ci: httpx.AsyncClient) -> None:
    await make_plan(ci, "q", [milestone("m")])
    refused = await ci.post("/v1/plans/q/events", json=finished(), headers=HEADERS)
    assert codes(refused) == [("", "other_plan")]
    unknown = await ci.post("/v1/plans/p/events", json=queued(), headers=HEADERS)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "no-mapping")


# Which mapping


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, True),
        ({"source": "https://ci.example.com/*"}, True),
        ({"source": "https://ci.example.com"}, False),
        ({"subject": "release-*"}, True),
        ({"subject": "nightly-*"}, False),
        ({"content": {"pipelineName": ["nightly", "rel*"]}}, True),
        ({"content": {"pipelineName": ["release"], "outcome": ["failure"]}}, False),
        ({"content": {"environment.id": ["production"]}}, True),
        ({"content": {"environment.name": ["production"]}}, False),
        ({"content": {"attempt": ["2"]}}, True),
    ],
)
async def test_a_mapping_looks_at_source_subject_and_content(
    client: httpx.AsyncClient, fields: Json, matches: bool
) -> None:
    await make_plan(client, "p", [milestone("m")])
    await map_all(client, mapping("one", "pipelinerun.finished", "completed", **fields))
    sent = finished(environment={"id": "production"}, attempt=2)
    assert (await batch(client, sent))["accepted"] == (1 if matches else 0)


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0", "1.0.0-draft"])
async def test_every_version_of_a_type_matches(ci: httpx.AsyncClient, version: str) -> None:
    sent = {**finished(), "type": f"dev.cdevents.pipelinerun.finished.{version}"}
    assert (await batch(ci, sent))["accepted"] == 1


async def test_the_lowest_position_decides_then_the_key(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m")])
    common = [mapping(key, "pipelinerun.finished", "note.added") for key in ("b", "a")]
    await map_all(client, *common)
    await batch(client, finished(event_id="first"))
    await map_all(client, mapping("z", "pipelinerun.finished", "note.added", position=1, content={"outcome": ["s*"]}))
    await batch(client, finished(event_id="second"), finished("failure", "third"))
    assert [found["data"]["origin"]["mapping"] for found in await listed(client, "p")] == ["a", "z", "a"]


async def test_once_a_mapping_is_changed_the_first_record_stands(ci: httpx.AsyncClient) -> None:
    await batch(ci, finished())
    to_n = {"milestone": "n"}
    await ok(await ci.patch("/v1/event-mappings/done", json=to_n, headers={"If-Match": "*"}))
    assert (await batch(ci, finished()))["results"][0]["problem"]["code"] == "event-conflict"
    assert (await only(ci))["milestone"] == "m"


REAL = [
    ("build", "build.finished.0.2.0", {"artifactId": "pkg:oci/app@sha256:0b31b1c02f"}),
    ("change", "change.merged.0.2.0", {"repository": {"id": "TestRepo/TestRepoName"}}),
    (
        "service",
        "service.deployed.0.2.0",
        {"environment": {"id": "production"}, "artifactId": "pkg:oci/app@sha256:0b"},
    ),
    ("suite", "testsuiterun.finished.0.2.0", {"outcome": "pass", "environment": {"id": "staging"}}),
    ("incident", "incident.detected.0.2.0", {"environment": {"id": "production"}, "description": "Half are slow"}),
    ("custom", "ticket.closed.0.2.0", {"uri": "https://tickets.example.com/7", "resolution": "done"}),
]


@pytest.mark.parametrize(("subject", "type_", "content"), REAL, ids=[name for name, _, _ in REAL])
async def test_every_kind_of_cd_event_can_be_mapped(
    client: httpx.AsyncClient, subject: str, type_: str, content: Json
) -> None:
    await make_plan(client, "p", [milestone("m")])
    kind = ".".join(type_.split(".")[:2])
    await map_all(client, mapping("one", kind, "completed", subject=f"{subject}-*"))
    assert (await batch(client, cd_event(type_, "e", f"{subject}-1", **content)))["accepted"] == 1


async def test_events_of_other_vendors_in_the_form_of_cd_events(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m")])
    custom = "dev.cdeventsx.mytool-resource.created"
    await map_all(client, {**mapping("one", "", "started"), "event_type": custom})
    sent = {**cd_event("x.y.0.1.0", "e", "thing-1"), "type": f"{custom}.0.1.0"}
    assert (await batch(client, sent))["accepted"] == 1


async def test_each_workspace_has_its_own_mappings(
    ci: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    other = make_client(await make_key("events:write", workspace="other"))
    assert (await batch(other, finished()))["results"][0]["problem"]["code"] == "no-mapping"
