"""Resources: people, teams and machines, in versions of which none ever changes."""

from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import failure, if_match, ok, places, resource
from tests.service import MakeKey, TestClock

URL = "/v1/resources"


async def create(client: httpx.AsyncClient, key: str = "anna", **fields: Any) -> httpx.Response:
    return await client.post(URL, json=resource(key=key, **fields))


async def patch(client: httpx.AsyncClient, which: str = "anna", etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/{which}", json=change, headers=if_match(etag))


async def delete(client: httpx.AsyncClient, which: str = "anna", etag: str = "*") -> httpx.Response:
    return await client.delete(f"{URL}/{which}", headers=if_match(etag))


async def keys(client: httpx.AsyncClient, **filters: Any) -> list[str]:
    return [item["key"] for item in (await build.get(client, URL, **filters))["items"]]


class TestCreating:
    """POST /v1/resources, and PUT of a new key."""

    async def test_a_resource_is_kept_as_it_was_given(self, client: httpx.AsyncClient) -> None:
        said = {
            "key": "roofers",
            "name": "The roofers",
            "kind": "team",
            "calendar": "standard",
            "capacity": 2.5,
            "cost_rate": {"amount": "62.50", "currency": "EUR"},
            "owner": "site-manager",
            "contact": "roofers@example.com",
            "labels": {"trade": "roof"},
        }
        made = await client.post(URL, json=said, params={"reason": "contract"})
        assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, f"{URL}/roofers", '"v1"')
        written = {"author": "admin", "reason": "contract", "recorded_at": "2026-03-02T09:00:00Z", "version": 1}
        assert made.json() == {**said, **written}
        assert await build.get(client, f"{URL}/roofers") == made.json()

    async def test_little_has_to_be_said(self, client: httpx.AsyncClient) -> None:
        made = ok(await client.post(URL, json={"name": "Anna"}))
        assert made["key"].startswith("resource-")
        assert (made["kind"], made["capacity"], made["calendar"], made["cost_rate"]) == ("person", 1.0, None, None)

    async def test_put_creates_too(self, client: httpx.AsyncClient) -> None:
        new = {"If-None-Match": "*"}
        assert (await client.put(f"{URL}/anna", json=resource(), headers=new)).status_code == 201
        again = await client.put(f"{URL}/anna", json=resource(), headers=new)
        assert failure(again) == (412, "precondition-failed")
        unknown = await client.put(f"{URL}/nobody", json=resource(), headers=if_match("*"))
        assert failure(unknown) == (412, "precondition-failed")

    async def test_a_repeat_with_its_idempotency_key_makes_nothing(self, client: httpx.AsyncClient) -> None:
        headers = {"Idempotency-Key": "once"}
        first, second = [await client.post(URL, json=resource(), headers=headers) for _ in range(2)]
        assert (second.json(), second.headers["Idempotency-Replayed"]) == (first.json(), "true")
        assert len(await keys(client)) == 1

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"capacity": 0}, ("/capacity", "greater_than")),
            ({"capacity": "1"}, ("/capacity", "float_type")),
            ({"kind": "robot"}, ("/kind", "enum")),
            ({"calendar": "none"}, ("/calendar", "unknown_calendar")),
            ({"cost_rate": {"amount": "-1", "currency": "EUR"}}, ("/cost_rate/amount", "string_pattern_mismatch")),
            ({"cost_rate": {"amount": "1"}}, ("/cost_rate/currency", "missing")),
        ],
    )
    async def test_what_can_not_be_is_refused(
        self, client: httpx.AsyncClient, fields: dict[str, Any], place: tuple[str, str]
    ) -> None:
        assert places(await create(client, **fields)) == [place]
        assert await keys(client) == []

    async def test_a_key_is_given_once_and_never_again(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        assert failure(await create(client)) == (409, "resource-key-taken")
        assert (await delete(client)).status_code == 204
        assert failure(await create(client)) == (409, "resource-key-taken")


class TestEditing:
    """PUT and PATCH: a new version, unless nothing differs."""

    async def test_a_patch_makes_a_version(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        ok(await create(client, cost_rate={"amount": "80.00", "currency": "EUR"}))
        clock.advance(days=1)
        changed = await patch(client, etag='"v1"', cost_rate={"amount": "85.00"})
        assert changed.headers["ETag"] == '"v2"'
        assert changed.json()["cost_rate"] == {"amount": "85.00", "currency": "EUR"}
        first = await build.get(client, f"{URL}/anna", version=1)
        assert (first["version"], first["cost_rate"]["amount"]) == (1, "80.00")

    async def test_put_replaces_and_no_difference_is_no_version(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, capacity=0.5))
        replaced = ok(await client.put(f"{URL}/anna", json=resource(), headers=if_match('"v1"')))
        assert (replaced["version"], replaced["capacity"]) == (2, 1.0)
        assert ok(await client.put(f"{URL}/anna", json=resource(), headers=if_match("*")))["version"] == 2

    async def test_an_edit_names_what_it_edits(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        assert failure(await client.patch(f"{URL}/anna", json={"name": "A"})) == (428, "precondition-required")
        assert failure(await patch(client, etag='"v2"', name="A")) == (412, "precondition-failed")
        assert failure(await patch(client, "nobody", name="A")) == (404, "resource-not-found")
        assert places(await patch(client, capacity=-1)) == [("/capacity", "greater_than")]
        assert places(await patch(client, calendar="none")) == [("/calendar", "unknown_calendar")]

    async def test_its_calendar_can_not_be_deleted(self, client: httpx.AsyncClient) -> None:
        ok(await client.post("/v1/calendars", json=build.calendar(key="crew")))
        ok(await create(client, calendar="crew"))
        kept = await client.delete("/v1/calendars/crew", headers=if_match("*"))
        assert failure(kept) == (409, "calendar-in-use")
        ok(await patch(client, calendar=None))
        assert (await client.delete("/v1/calendars/crew", headers=if_match("*"))).status_code == 204


class TestListing:
    """GET /v1/resources."""

    async def test_pages_are_by_key_and_filters_choose(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, "crane", kind="machine", owner="ada"))
        ok(await create(client, "anna", labels={"team": "core"}))
        ok(await create(client, "ben"))
        first = await build.get(client, URL, limit=2)
        rest = await build.get(client, URL, limit=2, cursor=first["next_cursor"])
        assert [item["key"] for item in first["items"] + rest["items"]] == ["anna", "ben", "crane"]
        assert await keys(client, kind="machine") == ["crane"]
        assert await keys(client, owner="ada") == ["crane"]
        assert await keys(client, label="team:core") == ["anna"]


async def test_a_deleted_resource_is_gone(client: httpx.AsyncClient) -> None:
    ok(await create(client))
    assert failure(await delete(client, etag='"v9"')) == (412, "precondition-failed")
    assert (await delete(client)).status_code == 204
    assert failure(await client.get(f"{URL}/anna")) == (404, "resource-not-found")
    assert failure(await delete(client)) == (404, "resource-not-found")
    assert await keys(client) == []


async def test_resources_have_scopes_of_their_own(client: httpx.AsyncClient, make_key: MakeKey) -> None:
    ok(await create(client))
    reader = {"Authorization": f"Bearer {await make_key('resources:read')}"}
    assert (await client.get(f"{URL}/anna", headers=reader)).status_code == 200
    refused = await client.post(URL, json=resource(), headers=reader)
    assert failure(refused) == (403, "forbidden")
