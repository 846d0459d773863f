"""Reason codes: the words in which a workspace says why a deviation came about."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.deviations.reason_codes import require_reason_code
from app.kit.problems import InvalidRequest
from tests.http import build
from tests.http.build import failure, if_match, ok, places
from tests.service import MakeClient, MakeKey, TestClock

URL = "/v1/reason-codes"
BUILT_INS = [
    *("decision_pending", "estimate_too_low", "external_dependency", "force_majeure", "late_predecessor"),
    *("resource_shortage", "rework", "scope_change"),
]
PERMIT = {"key": "permit_late", "name": "Permit late", "description": "The city is not done."}


async def patch(client: httpx.AsyncClient, code: str, etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/{code}", json=change, headers=if_match(etag))


async def refusal(service: FastAPI, code: str, workspace_id: int = 1) -> list[tuple[str, str]]:
    """Where an acknowledgement that gives this code as its reason is wrong."""
    async with service.state.database.read() as db:
        try:
            await require_reason_code(db, workspace_id, code)
        except InvalidRequest as problem:
            return [(error.pointer, error.code) for error in problem.errors]
    return []


async def test_a_new_workspace_has_a_small_catalogue(client: httpx.AsyncClient, service: FastAPI) -> None:
    items = (await build.get(client, URL))["items"]
    assert [item["key"] for item in items] == BUILT_INS
    for item in items:
        assert (item["built_in"], item["deprecated"], item["author"]) == (True, False, "leeway")
        assert item["description"]
        assert await build.get(client, f"{URL}/{item['key']}") == item
        assert await refusal(service, item["key"]) == []


async def test_a_code_is_added(client: httpx.AsyncClient, service: FastAPI) -> None:
    assert await refusal(service, "permit_late") == [("/reason_code", "unknown_reason_code")]
    made = await client.post(URL, json=PERMIT)
    assert (made.status_code, made.headers["Location"]) == (201, f"{URL}/permit_late")
    written = {"deprecated": False, "built_in": False, "author": "admin", "recorded_at": "2026-03-02T09:00:00Z"}
    assert made.json() == {**PERMIT, **written}
    assert await build.get(client, f"{URL}/permit_late") == made.json()
    assert await refusal(service, "permit_late") == []


@pytest.mark.parametrize("key", ["permit_late", "rework"])
async def test_a_key_is_given_once(client: httpx.AsyncClient, key: str) -> None:
    ok(await client.post(URL, json=PERMIT))
    assert failure(await client.post(URL, json={**PERMIT, "key": key})) == (409, "reason-code-taken")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"name": "x"}, ("/key", "missing")),
        ({"key": "no key", "name": "x"}, ("/key", "string_pattern_mismatch")),
        ({"key": "x", "name": ""}, ("/name", "string_too_short")),
        ({"key": "x", "name": "x", "description": "x" * 2001}, ("/description", "string_too_long")),
        ({"key": "x", "name": "x", "color": "red"}, ("/color", "extra_forbidden")),
    ],
)
async def test_what_is_wrong_is_named(client: httpx.AsyncClient, content: Any, place: tuple[str, str]) -> None:
    assert places(await client.post(URL, json=content)) == [place]


@pytest.mark.parametrize("code", ["permit_late", "rework"])
async def test_a_deprecated_code_can_be_read_and_not_given(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock, code: str
) -> None:
    ok(await client.post(URL, json=PERMIT))
    before = await build.get(client, f"{URL}/{code}")
    clock.advance(hours=1)
    deprecated = ok(await patch(client, code, deprecated=True))
    changed = {"deprecated": True, "author": "admin", "recorded_at": "2026-03-02T10:00:00Z"}
    assert deprecated == {**before, **changed}
    assert await refusal(service, code) == [("/reason_code", "deprecated_reason_code")]
    assert deprecated in (await build.get(client, URL))["items"]
    ok(await patch(client, code, deprecated=False))
    assert await refusal(service, code) == []


async def test_it_is_renamed_and_explained(client: httpx.AsyncClient) -> None:
    ok(await client.post(URL, json=PERMIT))
    changed = ok(await patch(client, "permit_late", name="No permit yet", description=None))
    assert (changed["name"], changed["description"]) == ("No permit yet", None)
    assert places(await patch(client, "permit_late", name=None)) == [("/name", "missing")]
    assert places(await patch(client, "permit_late", deprecated="yes")) == [("/deprecated", "bool_type")]


async def test_without_a_difference_nothing_is_changed(client: httpx.AsyncClient, clock: TestClock) -> None:
    before = await build.get(client, f"{URL}/rework")
    clock.advance(hours=1)
    assert ok(await patch(client, "rework", name=before["name"], deprecated=None)) == before
    assert await build.get(client, f"{URL}/rework") == before


async def test_it_is_never_deleted(client: httpx.AsyncClient) -> None:
    assert (await client.delete(f"{URL}/rework")).status_code == 405


async def test_if_match(client: httpx.AsyncClient) -> None:
    etag = (await client.get(f"{URL}/rework")).headers["ETag"]
    assert failure(await client.patch(f"{URL}/rework", json={})) == (428, "precondition-required")
    changed = await patch(client, "rework", etag, name="Again")
    assert changed.headers["ETag"] != etag
    assert failure(await patch(client, "rework", etag, name="Once more")) == (412, "precondition-failed")
    now = {"If-None-Match": changed.headers["ETag"]}
    assert (await client.get(f"{URL}/rework", headers=now)).status_code == 304


@pytest.mark.parametrize("code", ["permit_late", "rework"])
async def test_of_many_edits_of_one_state_one_is_done(client: httpx.AsyncClient, code: str) -> None:
    ok(await client.post(URL, json=PERMIT))
    etag = (await client.get(f"{URL}/{code}")).headers["ETag"]
    answers = await asyncio.gather(*(patch(client, code, etag, name=str(n)) for n in range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 9}


async def test_they_are_listed_in_pages_by_key(client: httpx.AsyncClient) -> None:
    for key in ("permit_late", "Permit", "zulu"):
        ok(await client.post(URL, json={**PERMIT, "key": key}))
    ok(await patch(client, "rework", name="Again"))
    expected = sorted([*BUILT_INS, "permit_late", "Permit", "zulu"])
    for limit in (1, 3, 50):
        found: list[str] = []
        params: dict[str, Any] = {"limit": limit}
        while True:
            page = await build.get(client, URL, **params)
            found += [item["key"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            assert len(page["items"]) == limit
            params["cursor"] = page["next_cursor"]
        assert found == expected


async def test_each_workspace_has_its_own(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    ok(await client.post(URL, json=PERMIT))
    ok(await patch(client, "rework", deprecated=True))
    other = make_client(await make_key("deviations:read", "deviations:write", workspace="other"))
    for answer in (await other.get(f"{URL}/permit_late"), await patch(other, "permit_late", name="x")):
        assert failure(answer) == (404, "reason-code-not-found")
    assert (await build.get(other, f"{URL}/rework"))["deprecated"] is False
    assert (await other.post(URL, json=PERMIT)).status_code == 201


async def test_scopes(client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey) -> None:
    reader = make_client(await make_key("deviations:read"))
    writer = make_client(await make_key("deviations:write"))
    assert len((await build.get(reader, URL))["items"]) == len(BUILT_INS)
    for answer in (await reader.post(URL, json=PERMIT), await patch(reader, "rework"), await writer.get(URL)):
        assert failure(answer) == (403, "forbidden")
    assert (await writer.post(URL, json=PERMIT)).status_code == 201
