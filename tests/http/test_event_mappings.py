"""Event mappings: what the events of build and delivery systems mean."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from app.kit.limits import MAX_EVENT_MAPPINGS
from tests.http import build
from tests.http.build import failure, if_match, ok, places
from tests.http.cd_events_build import mapping
from tests.service import MakeClient, MakeKey, TestClock

URL = "/v1/event-mappings"
DONE = mapping("done", "pipelinerun.finished", "completed", content={"outcome": ["success"]})


async def patch(client: httpx.AsyncClient, etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/done", json=change, headers=if_match(etag))


async def test_a_mapping_is_made_with_every_default_told(client: httpx.AsyncClient) -> None:
    made = await client.post(URL, json=DONE)
    assert (made.status_code, made.headers["Location"]) == (201, f"{URL}/done")
    assert made.json() == {
        **DONE,
        "description": None,
        "position": 100,
        "source": None,
        "subject": None,
        "reason_code": None,
        "author": "admin",
        "recorded_at": "2026-03-02T09:00:00Z",
    }
    assert await build.get(client, f"{URL}/done") == made.json()


async def test_a_key_is_given_once_and_again_once_it_is_deleted(client: httpx.AsyncClient) -> None:
    ok(await client.post(URL, json=DONE))
    assert failure(await client.post(URL, json=DONE)) == (409, "event-mapping-key-taken")
    assert (await client.delete(f"{URL}/done", headers=if_match("*"))).status_code == 204
    assert failure(await client.get(f"{URL}/done")) == (404, "event-mapping-not-found")
    ok(await client.post(URL, json=DONE))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"key": "no key"}, ("/key", "string_pattern_mismatch")),
        ({"event_type": "leeway.milestone.started"}, ("/event_type", "string_pattern_mismatch")),
        ({"event_type": "dev.cdevents.pipelinerun.finished.0.2.0"}, ("/event_type", "string_pattern_mismatch")),
        ({"event_type": "dev.cdevents.pipelinerun"}, ("/event_type", "string_pattern_mismatch")),
        ({"records": "milestone.progressed"}, ("/records", "literal_error")),
        ({"source": ""}, ("/source", "string_too_short")),
        ({"subject": "x" * 201}, ("/subject", "string_too_long")),
        ({"position": -1}, ("/position", "greater_than_equal")),
        ({"position": "1"}, ("/position", "int_type")),
        ({"content": {"outcome": []}}, ("/content/outcome", "too_short")),
        ({"content": {"outcome": "success"}}, ("/content/outcome", "list_type")),
        ({"content": {f"m{n}": ["x"] for n in range(6)}}, ("/content", "too_long")),
        ({"plan": "no key"}, ("/plan", "string_pattern_mismatch")),
        ({"reason_code": "ci_failed"}, ("", "value_error")),
        ({"color": "red"}, ("/color", "extra_forbidden")),
    ],
)
async def test_what_is_wrong_is_named(client: httpx.AsyncClient, change: Any, place: tuple[str, str]) -> None:
    assert places(await client.post(URL, json={**DONE, **change})) == [place]


async def test_it_is_changed_by_merge_patch(client: httpx.AsyncClient, clock: TestClock) -> None:
    made = ok(await client.post(URL, json=DONE))
    clock.advance(hours=1)
    changed = ok(await patch(client, content={"outcome": None, "pipelineName": ["release"]}, milestone=None))
    said = {"content": {"pipelineName": ["release"]}, "milestone": None, "recorded_at": "2026-03-02T10:00:00Z"}
    assert changed == {**made, **said}
    assert places(await patch(client, records=None)) == [("/records", "missing")]
    assert places(await patch(client, reason_code="ci_failed")) == [("", "value_error")]
    assert await build.get(client, f"{URL}/done") == changed


async def test_without_a_difference_nothing_is_changed(client: httpx.AsyncClient, clock: TestClock) -> None:
    made = ok(await client.post(URL, json=DONE))
    clock.advance(hours=1)
    assert ok(await patch(client, position=100)) == made


async def test_if_match(client: httpx.AsyncClient) -> None:
    etag = (await client.post(URL, json=DONE)).headers["ETag"]
    for bare in (await client.patch(f"{URL}/done", json={}), await client.delete(f"{URL}/done")):
        assert failure(bare) == (428, "precondition-required")
    changed = await patch(client, etag, position=1)
    assert changed.headers["ETag"] != etag
    for stale in (await patch(client, etag), await client.delete(f"{URL}/done", headers=if_match(etag))):
        assert failure(stale) == (412, "precondition-failed")
    now = {"If-None-Match": changed.headers["ETag"]}
    assert (await client.get(f"{URL}/done", headers=now)).status_code == 304


async def test_of_many_edits_of_one_state_one_is_done(client: httpx.AsyncClient) -> None:
    etag = (await client.post(URL, json=DONE)).headers["ETag"]
    answers = await asyncio.gather(*(patch(client, etag, position=n) for n in range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 9}


async def test_they_are_listed_in_pages_by_key(client: httpx.AsyncClient) -> None:
    for key in ("zulu", "Alpha", "beta"):
        ok(await client.post(URL, json={**DONE, "key": key}))
    first = await build.get(client, URL, limit=2)
    rest = await build.get(client, URL, limit=2, cursor=first["next_cursor"])
    assert [item["key"] for item in first["items"] + rest["items"]] == ["Alpha", "beta", "zulu"]
    assert rest["next_cursor"] is None


async def test_there_are_only_so_many(client: httpx.AsyncClient) -> None:
    for number in range(MAX_EVENT_MAPPINGS):
        ok(await client.post(URL, json={**DONE, "key": f"m-{number}"}))
    assert failure(await client.post(URL, json=DONE)) == (409, "too-many-event-mappings")
    assert (await build.get(client, "/v1/limits"))["max_event_mappings"] == MAX_EVENT_MAPPINGS


async def test_each_workspace_has_its_own(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    ok(await client.post(URL, json=DONE))
    other = make_client(await make_key("events:read", "events:write", workspace="other"))
    gone = (await other.get(f"{URL}/done"), await patch(other), await other.delete(f"{URL}/done"))
    assert {failure(answer) for answer in gone} == {(404, "event-mapping-not-found")}
    assert (await build.get(other, URL))["items"] == []
    assert (await other.post(URL, json=DONE)).status_code == 201


async def test_scopes(client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey) -> None:
    reader = make_client(await make_key("events:read"))
    writer = make_client(await make_key("events:write"))
    for answer in (await reader.post(URL, json=DONE), await patch(reader), await writer.get(URL)):
        assert failure(answer) == (403, "forbidden")
    assert (await writer.post(URL, json=DONE)).status_code == 201
    assert [item["key"] for item in (await build.get(reader, URL))["items"]] == ["done"]
