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
BUILT_INS = [
    *("activity-finish", "assumption", "blocked", "contingency", "deadline", "finish", "metric-pace", "plan-finish"),
    "start",
]
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
            "start": ("start_variance", "working_days", None, 0),
            "activity-finish": ("finish_variance", "working_days", 1, 5),
            "plan-finish": ("plan_finish_variance", "working_days", 0, 5),
            "deadline": ("deadline_variance", "working_days", None, 0),
            "blocked": ("blocked_minutes", "working_days", 1, 5),
            "metric-pace": ("metric_gap_points", "points", 10, 25),
            "contingency": ("contingency_due", "count", None, 0),
            "assumption": ("assumption_invalidated", "count", None, 0),
        }
        for each in found.values():
            written = (each["version"], each["built_in"], each["author"], each["recorded_at"])
            assert written == (1, True, "leeway", "1970-01-01T00:00:00Z")
            assert each["lower"] == UNBOUNDED
        assert all(found[key]["applies_to"]["kinds"] == ["milestone"] for key in ("finish", "start"))
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
        assert (await delete(client, "blocked")).status_code == 204
        assert failure(await client.get(f"{URL}/blocked")) == (404, "tolerance-not-found")
        assert failure(await create(client, "blocked")) == (409, "tolerance-key-taken")
        assert await keys(client) == [key for key in BUILT_INS if key != "blocked"]
        content = tolerance(measure="blocked_minutes", upper={"warning": 3})
        back = await client.put(f"{URL}/blocked", json=content)
        assert (back.status_code, back.headers["ETag"], back.json()["upper"]["warning"]) == (201, '"v2"', 3)
        assert (await build.get(client, f"{URL}/blocked", version=1))["upper"]["warning"] == 1
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
        made = []
        for first in range(0, 196, 28):  # at once, but no more than a slow disk takes while the last of them waits
            made += await asyncio.gather(*(create(client, f"t{n}") for n in range(first, first + 28)))
        room = 200 - len(BUILT_INS)
        assert Counter(answer.status_code for answer in made) == {201: room, 409: 196 - room}
        assert failure(await client.put(f"{URL}/more", json=tolerance())) == (409, "too-many-tolerances")
        assert len(await keys(client)) == 200
        await delete(client, "blocked")
        assert (await create(client, "more")).status_code == 201


class TestVersions:
    """Each change is a new version; the old ones stay."""

    async def test_a_patch_makes_a_version_and_the_old_one_stays(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        first = ok(await create(client, applies_to={"labels": {"team": "core", "site": "north"}}))
        clock.advance(hours=1)
        changed = await client.patch(
            f"{URL}/late",
            json={"upper": {"breach": 3}, "applies_to": {"labels": {"site": None}, "critical_only": True}},
            headers=if_match('"v1"'),
            params={"reason": "the board asked"},
        )
        assert changed.headers["ETag"] == '"v2"'
        second = changed.json()
        expected = {
            "version": 2,
            "upper": {"warning": 1, "breach": 3},
            "applies_to": {**first["applies_to"], "labels": {"team": "core"}, "critical_only": True},
            "reason": "the board asked",
            "recorded_at": "2026-03-02T10:00:00Z",
        }
        assert second == {**first, **expected}
        assert await build.get(client, f"{URL}/late") == second
        assert await build.get(client, f"{URL}/late", version=1) == first
        assert failure(await client.get(f"{URL}/late", params={"version": 3})) == (404, "tolerance-not-found")

    async def test_null_is_the_default(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, name="x", lower={"breach": -3}, clear_margin=0.5, consecutive=2, baseline="1"))
        changed = ok(
            await patch(client, name=None, lower=None, clear_margin=None, consecutive=None, baseline=None, basis=None)
        )
        plain = tolerance()
        assert (changed["name"], changed["lower"], changed["clear_margin"]) == (None, UNBOUNDED, None)
        assert (changed["consecutive"], changed["baseline"], changed["upper"]) == (1, "current", plain["upper"])

    async def test_without_a_difference_there_is_no_version(self, client: httpx.AsyncClient) -> None:
        first = ok(await create(client, applies_to={"milestones": ["b", "a"]}))
        assert ok(await patch(client, upper={"breach": 5.0}, applies_to={"milestones": ["a", "b", "a"]})) == first
        again = tolerance(applies_to={"milestones": ["a", "b"]})
        assert ok(await client.put(f"{URL}/late", json=again, headers=if_match('"v1"'))) == first

    async def test_put_replaces_it_whole(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, name="x", consecutive=2))
        replaced = ok(await client.put(f"{URL}/late", json=tolerance(), headers=if_match('"v1"')))
        assert (replaced["version"], replaced["name"], replaced["consecutive"]) == (2, None, 1)

    async def test_if_match(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        for missing in (
            await client.patch(f"{URL}/late", json={}),
            await client.put(f"{URL}/late", json=tolerance(name="x")),
            await client.delete(f"{URL}/late"),
            await client.patch(f"{URL}/finish", json={}),
        ):
            assert failure(missing) == (428, "precondition-required")
        assert failure(await patch(client, "late", '"v2"', name="x")) == (412, "precondition-failed")
        etag = {"If-None-Match": '"v1"'}
        assert (await client.get(f"{URL}/late", headers=etag)).status_code == 304

    @pytest.mark.parametrize("which", ["late", "finish"])
    async def test_of_many_edits_of_one_version_one_is_done(self, client: httpx.AsyncClient, which: str) -> None:
        ok(await create(client))
        answers = await asyncio.gather(*(patch(client, which, '"v1"', name=str(n)) for n in range(20)))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
        assert (await build.get(client, f"{URL}/{which}"))["version"] == 2

    async def test_a_deleted_tolerance_is_gone_and_keeps_its_key(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        assert (await client.delete(f"{URL}/late", headers=if_match('"v1"'))).status_code == 204
        for answer in (
            await client.get(f"{URL}/late"),
            await client.get(f"{URL}/late", params={"version": 1}),
            await patch(client, name="x"),
            await delete(client),
        ):
            assert failure(answer) == (404, "tolerance-not-found")
        assert failure(await create(client)) == (409, "tolerance-key-taken")
        assert failure(await client.put(f"{URL}/late", json=tolerance())) == (409, "tolerance-key-taken")


class TestOfOnePlan:
    """A tolerance with a `plan` watches that plan alone."""

    @pytest.fixture(autouse=True)
    async def plans(self, client: httpx.AsyncClient) -> None:
        labelled = milestone("a", labels={"team": "core"})
        work = activity("work", "2026-03-02", "2026-03-06", labels={"team": "docs"})
        await build.put(client, "p", document(labelled, work))
        await build.put(client, "q", document())

    async def test_it_is_listed_for_its_plan(self, client: httpx.AsyncClient) -> None:
        for key, plan in (("of-p", "p"), ("of-q", "q"), ("of-all", None)):
            ok(await create(client, key, plan=plan))
        assert await keys(client, plan="p") == sorted([*BUILT_INS, "of-all", "of-p"])
        assert await keys(client, plan="p", measure="finish_variance") == [
            *("activity-finish", "finish", "of-all", "of-p")
        ]
        assert await keys(client) == sorted([*BUILT_INS, "of-all", "of-p", "of-q"])

    async def test_the_plan_must_be_there(self, client: httpx.AsyncClient) -> None:
        assert places(await create(client, plan="nobodys")) == [("/plan", "unknown_plan")]

    async def test_a_plan_of_another_workspace_is_not(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        other = make_client(await make_key("tolerances:write", workspace="other"))
        assert places(await create(other, plan="p")) == [("/plan", "unknown_plan")]

    async def test_the_plan_stays_what_it_was(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, plan="p"))
        assert (ok(await patch(client, plan="p", name="x")))["plan"] == "p"
        refused = [("/plan", "plan_cannot_change")]
        assert places(await patch(client, plan="q")) == refused
        assert places(await client.put(f"{URL}/late", json=tolerance(), headers=if_match("*"))) == refused
        assert places(await patch(client, "finish", plan="p")) == refused
        assert (await delete(client, "finish")).status_code == 204
        assert places(await client.put(f"{URL}/finish", json=tolerance(plan="p"))) == refused

    @pytest.mark.parametrize(
        ("applies_to", "wrong"),
        [
            ({"kinds": ["phase"]}, ["/kinds"]),
            ({"labels": {"team": "core", "site": "north"}}, ["/labels"]),
            (
                {"milestones": ["a"], "kinds": ["phase"], "labels": {"team": "x"}},
                ["/kinds", "/labels"],
            ),
            ({"milestones": ["a"], "kinds": ["activity"]}, [""]),
            ({"milestones": ["a", "work"]}, None),
            ({"kinds": ["activity"], "labels": {"team": "docs"}}, None),
            ({"critical_only": True}, None),
        ],
    )
    async def test_it_must_match_something_there(
        self, client: httpx.AsyncClient, applies_to: Any, wrong: list[str] | None
    ) -> None:
        answer = await create(client, applies_to=applies_to, plan="p")
        if wrong is None:
            assert answer.status_code == 201
        else:
            assert places(answer) == [(f"/applies_to{part}", "matches_nothing") for part in wrong]
        assert (await create(client, "of-all", applies_to=applies_to)).status_code == 201

    async def test_each_milestone_must_be_there(self, client: httpx.AsyncClient) -> None:
        keys = ["a", *(f"gone-{n}" for n in range(7))]
        answer = await create(client, applies_to={"milestones": keys, "kinds": ["milestone"]}, plan="p")
        assert places(answer) == [("/applies_to/milestones", "unknown_milestone")]
        assert answer.json()["errors"][0]["detail"] == (
            "no milestone of the plan's current revision has the key "
            "gone-0, gone-1, gone-2, gone-3 or gone-4, nor 2 more of those given"
        )
        assert (await create(client, "of-all", applies_to={"milestones": keys})).status_code == 201

    async def test_the_baseline_must_be_there(self, client: httpx.AsyncClient) -> None:
        assert places(await create(client, baseline="1", plan="p")) == [("/baseline", "unknown_baseline")]
        for baseline in ("original", "current"):  # the first one is yet to come
            assert (await create(client, baseline, baseline=baseline, plan="p")).status_code == 201
        await build.capture(client, "p")
        assert (await create(client, baseline="1", plan="p")).status_code == 201
        assert places(await patch(client, baseline="2")) == [("/baseline", "unknown_baseline")]
        assert (await create(client, "of-all", baseline="2")).status_code == 201

    async def test_it_must_match_something_that_has_the_measure(self, client: httpx.AsyncClient) -> None:
        answer = await create(client, measure="duration_variance", applies_to={"milestones": ["a"]}, plan="p")
        assert places(answer) == [("/applies_to", "matches_nothing")]
        assert "of kind activity" in answer.json()["errors"][0]["detail"]

    async def test_so_it_must_when_it_is_narrowed_later(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, applies_to={"milestones": ["work"]}, plan="p"))
        nothing = await patch(client, applies_to={"milestones": ["gone"]})
        assert places(nothing) == [("/applies_to/milestones", "unknown_milestone")]
        await client.delete("/v1/plans/p/milestones/work", headers=if_match("*"))
        assert (await patch(client, name="Renamed")).status_code == 200

    async def test_it_goes_with_its_plan(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, plan="p"))
        await client.delete("/v1/plans/p", headers=if_match("*"))
        assert failure(await client.get(f"{URL}/late")) == (404, "tolerance-not-found")
        assert failure(await patch(client, name="x")) == (404, "tolerance-not-found")
        assert await keys(client) == BUILT_INS
        assert failure(await create(client)) == (409, "tolerance-key-taken")


async def test_they_are_listed_in_pages_by_key(client: httpx.AsyncClient) -> None:
    for key in ("late", "Late", "zulu"):
        ok(await create(client, key))
    expected = sorted([*BUILT_INS, "late", "Late", "zulu"])
    for limit in (1, 2, 4, 50):
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


async def test_another_workspaces_tolerance_is_not_found(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    ok(await create(client))
    other = make_client(await make_key("tolerances:read", "tolerances:write", workspace="other"))
    for answer in (await other.get(f"{URL}/late"), await patch(other, name="x"), await delete(other)):
        assert failure(answer) == (404, "tolerance-not-found")
    assert await keys(other) == BUILT_INS
    assert (await create(other)).status_code == 201


async def test_scopes(client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey) -> None:
    reader = make_client(await make_key("tolerances:read"))
    writer = make_client(await make_key("tolerances:write"))
    assert await keys(reader) == BUILT_INS
    for answer in (await create(reader), await patch(reader), await delete(reader), await writer.get(URL)):
        assert failure(answer) == (403, "forbidden")
    assert (await create(writer)).status_code == 201
