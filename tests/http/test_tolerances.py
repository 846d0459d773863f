"""Tolerances: how much drift is allowed, in versions of which none ever changes; the built-in ones."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import activity, document, failure, if_match, milestone, ok, places, tolerance
from tests.service import MakeClient, MakeKey, TestClock

URL = "/v1/tolerances"
BUILT_INS = ["activity-finish", "blocked", "deadline", "finish", "plan-finish", "silence"]
UNBOUNDED = {"warning": None, "breach": None}


async def create(client: httpx.AsyncClient, key: str = "late", **fields: Any) -> httpx.Response:
    return await client.post(URL, json=tolerance(key=key, **fields))


async def patch(client: httpx.AsyncClient, which: str = "late", etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/{which}", json=change, headers=if_match(etag))


async def delete(client: httpx.AsyncClient, which: str = "late") -> httpx.Response:
    return await client.delete(f"{URL}/{which}", headers=if_match("*"))


async def keys(client: httpx.AsyncClient, **filters: Any) -> list[str]:
    return [item["key"] for item in (await build.get(client, URL, limit=200, **filters))["items"]]


class TestBuiltIn:
    """What watches the first plan of a workspace, before anybody has set up anything."""

    async def test_a_new_workspace_has_them(self, client: httpx.AsyncClient) -> None:
        found = {item["key"]: item for item in (await build.get(client, URL))["items"]}
        assert sorted(found) == BUILT_INS
        told = {
            key: (each["measure"], each["unit"], each["upper"]["warning"], each["upper"]["breach"])
            for key, each in found.items()
        }
        assert told == {
            "finish": ("finish_variance", "working_days", None, 0),
            "activity-finish": ("finish_variance", "working_days", 1, 5),
            "plan-finish": ("plan_finish_variance", "working_days", 0, 5),
            "deadline": ("deadline_variance", "working_days", None, 0),
            "blocked": ("blocked_minutes", "working_days", 1, 5),
            "silence": ("silence_minutes", "working_days", 10, None),
        }
        for each in found.values():
            written = (each["version"], each["built_in"], each["author"], each["recorded_at"])
            assert written == (1, True, "leeway", "1970-01-01T00:00:00Z")
            assert each["lower"] == UNBOUNDED
        assert found["finish"]["applies_to"]["kinds"] == ["milestone"]
        assert found["activity-finish"]["applies_to"]["kinds"] == ["activity"]

    async def test_one_is_edited_like_any_other(self, client: httpx.AsyncClient) -> None:
        first = await build.get(client, f"{URL}/finish")
        assert ok(await patch(client, "finish", upper={"breach": 0})) == first
        second = ok(await patch(client, "finish", '"v1"', upper={"breach": 2}))
        assert (second["version"], second["author"], second["built_in"]) == (2, "admin", True)
        assert second["upper"] == {"warning": None, "breach": 2}
        assert await build.get(client, f"{URL}/finish") == second
        assert await build.get(client, f"{URL}/finish", version=1) == first
        assert await keys(client) == BUILT_INS

    async def test_one_is_edited_in_one_workspace_alone(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        ok(await patch(client, "finish", upper={"breach": 2}))
        other = make_client(await make_key("tolerances:read", workspace="other"))
        assert (await build.get(other, f"{URL}/finish"))["version"] == 1

    async def test_a_deleted_one_comes_back_by_put(self, client: httpx.AsyncClient) -> None:
        assert (await delete(client, "silence")).status_code == 204
        assert failure(await client.get(f"{URL}/silence")) == (404, "tolerance-not-found")
        assert failure(await create(client, "silence")) == (409, "tolerance-key-taken")
        assert await keys(client) == [key for key in BUILT_INS if key != "silence"]
        content = tolerance(measure="silence_minutes", upper={"warning": 3})
        back = await client.put(f"{URL}/silence", json=content)
        assert (back.status_code, back.headers["ETag"], back.json()["upper"]["warning"]) == (201, '"v2"', 3)
        assert (await build.get(client, f"{URL}/silence", version=1))["upper"]["warning"] == 10
        assert await keys(client) == BUILT_INS

    async def test_the_key_of_one_is_taken(self, client: httpx.AsyncClient) -> None:
        assert failure(await create(client, "finish")) == (409, "tolerance-key-taken")


class TestCreating:
    """POST /v1/tolerances, and PUT of a new key."""

    async def test_a_tolerance_is_kept_as_it_was_given(self, client: httpx.AsyncClient) -> None:
        said = {
            "key": "late",
            "name": "Told to the board",
            "measure": "finish_variance",
            "unit": "percent_of_baseline_duration",
            "basis": "actual",
            "lower": {"warning": -10.5, "breach": None},
            "upper": {"warning": 5, "breach": 20},
            "clear_margin": 2.5,
            "consecutive": 3,
            "baseline": "original",
            "applies_to": {
                "kinds": ["activity"],
                "milestones": ["a", "b"],
                "labels": {"team": "core"},
                "critical_only": True,
            },
            "plan": None,
        }
        made = await client.post(URL, json=said, params={"reason": "the contract"})
        assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, f"{URL}/late", '"v1"')
        content = made.json()
        written = {"author": "admin", "reason": "the contract", "recorded_at": "2026-03-02T09:00:00Z"}
        assert content == {**said, **written, "version": 1, "built_in": False}
        assert await build.get(client, f"{URL}/late") == content

    async def test_little_has_to_be_said(self, client: httpx.AsyncClient) -> None:
        made = ok(await client.post(URL, json=tolerance(upper={"breach": 0})))
        assert made["key"].startswith("tolerance-")
        assert (made["name"], made["basis"], made["baseline"], made["plan"]) == (None, "forecast", "current", None)
        assert (made["clear_margin"], made["consecutive"], made["lower"]) == (None, 1, UNBOUNDED)
        assert made["applies_to"] == {"kinds": [], "milestones": [], "labels": {}, "critical_only": False}

    async def test_a_key_is_given_once(self, client: httpx.AsyncClient) -> None:
        assert (await create(client)).status_code == 201
        assert failure(await create(client)) == (409, "tolerance-key-taken")

    async def test_put_creates_too(self, client: httpx.AsyncClient) -> None:
        new = {"If-None-Match": "*"}
        assert (await client.put(f"{URL}/late", json=tolerance(), headers=new)).status_code == 201
        assert failure(await client.put(f"{URL}/late", json=tolerance(), headers=new)) == (412, "precondition-failed")
        other = await client.put(f"{URL}/late", json=tolerance(), headers={"If-None-Match": '"v1"'})
        assert places(other) == [("#header/If-None-Match", "invalid")]
        unknown = await client.put(f"{URL}/nobodys", json=tolerance(), headers=if_match("*"))
        assert failure(unknown) == (412, "precondition-failed")

    async def test_a_workspace_has_at_most_200(self, client: httpx.AsyncClient) -> None:
        made = await asyncio.gather(*(create(client, f"t{n}") for n in range(196)))
        assert Counter(answer.status_code for answer in made) == {201: 194, 409: 2}
        assert failure(await client.put(f"{URL}/more", json=tolerance())) == (409, "too-many-tolerances")
        assert len(await keys(client)) == 200
        ok(await delete(client, "silence")) if False else await delete(client, "silence")
        assert (await create(client, "more")).status_code == 201
