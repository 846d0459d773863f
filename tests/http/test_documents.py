"""Plan documents: a whole plan put, read back, put again; and everything that is no sound plan."""

from typing import Any

import httpx

from tests.http import build
from tests.http.build import activity, dependency, document, failure, if_match, milestone, ok, phase, places
from tests.service import TestClock

URL = "/v1/plans/p/document"
FULL = {
    "name": "Python 3.13",
    "goal": "Ship 3.13.0",
    "owner": "release-manager",
    "time_zone": "Europe/Berlin",
    "calendar": "standard",
    "scheduling": "as_soon_as_possible",
    "schedule_options": {
        "progress_logic": "override",
        "lag_calendar": "project",
        "total_float": "start",
        "critical_float_minutes": 480,
        "project_start": "2026-05-04T06:00:00Z",
    },
    "weight_basis": "duration",
    "target_finish": "2026-10-01T17:00:00Z",
    "status_date": "2026-03-01",
    "labels": {"team": "core"},
    "currency": "EUR",
    "reserve": {"amount": "5000.00", "currency": "EUR"},
    "decisions_required_for": ["adoption", "rebaseline"],
    "objectives": [],
    "metrics": [
        {
            "key": "adoption",
            "name": "Adoption",
            "description": "Who installed it within half a year",
            "kind": "numeric",
            "unit": "% of downloads",
            "baseline_value": 0.0,
            "target": 30.0,
            "floor": 10.0,
            "stretch": 45.5,
            "low": None,
            "high": None,
            "margin": 0.0,
            "weight": 2.0,
            "gate": True,
            "commitment": "committed",
            "start_at": "2024-10-07",
            "measure_at": "2025-04-07T12:00:00Z",
            "grace_minutes": 1440,
            "trajectory": {"shape": "points", "points": [{"at": "2025-01-01", "attainment": 0.25}]},
            "owner": "steering council",
        }
    ],
    "risks": [
        {
            "key": "late-review",
            "name": "The review takes longer",
            "description": None,
            "category": "schedule",
            "probability": 0.25,
            "impacts": [{"milestone": "docs", "minutes": 480, "cost": {"amount": "100.50", "currency": "EUR"}}],
            "response": None,
            "response_text": None,
            "owner": None,
            "review_at": "2026-04-01",
            "contingencies": [],
        }
    ],
    "assumptions": [
        {
            "key": "wheels",
            "statement": "Wheels are there on the first day",
            "sources": [{"kind": "study", "title": "Survey", "url": None, "role": None, "at": "2025-12-01"}],
            "confidence": 0.75,
            "review_at": "2026-04-01T12:00:00Z",
            "owner": "docs-team",
            "note": None,
            "dependents": [{"part": "metrics", "key": "adoption"}, {"part": "milestones", "key": "docs"}],
        }
    ],
    "scenarios": [],
    "decisions": [],
    "assignments": [],
    "milestones": [
        {
            "key": "docs",
            "external_id": "7",
            "name": "What's new",
            "kind": "activity",
            "planned_start": "2026-05-08",
            "planned_finish": "2026-06-18T12:30:15.250000Z",
            "planned_duration_minutes": 4800,
            "calendar": "always",
            "parent": "release",
            "owner": "docs-team",
            "constraint": {"type": "SNET", "date": "2026-05-01"},
            "deadline": "2026-06-30",
            "weight": 2.5,
            "labels": {"area": "docs"},
            "budget": {"amount": "84000.50", "currency": "EUR"},
        },
        {
            "key": "release",
            "external_id": None,
            "name": "Release",
            "kind": "phase",
            "planned_start": None,
            "planned_finish": None,
            "planned_duration_minutes": None,
            "calendar": None,
            "parent": None,
            "owner": None,
            "constraint": None,
            "deadline": None,
            "weight": 1.0,
            "labels": {},
            "budget": None,
        },
    ],
    "dependencies": [],
}


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


async def put(client: httpx.AsyncClient, content: Any, etag: str | None = None, **params: Any) -> httpx.Response:
    return await client.put(URL, json=content, params=params, headers={} if etag is None else if_match(etag))


async def revision(client: httpx.AsyncClient) -> int:
    found: int = (await build.get(client, "/v1/plans/p"))["revision"]
    return found


class TestPutting:
    """PUT /v1/plans/{plan}/document."""

    async def test_creates_a_plan_whole(self, client: httpx.AsyncClient) -> None:
        links = [dependency("a", "b", "SS", lag_minutes=-60)]
        made = await put(client, document(milestone("a"), milestone("b"), dependencies=links, goal="Ship"))
        assert made.status_code == 201
        assert made.json() == {
            "plan": "p",
            "revision": 1,
            "created": True,
            "changed": True,
            "dry_run": False,
            "changes": {
                "plan": [],
                "milestones_added": ["a", "b"],
                "milestones_removed": [],
                "milestones_changed": [],
                "dependencies_added": [{**links[0], "lag_percent": None, "lag_unit": "working"}],
                "dependencies_removed": [],
                "dependencies_changed": [],
                "parts_added": [],
                "parts_removed": [],
                "parts_changed": [],
            },
        }
        assert made.headers["ETag"] == (await client.get(URL)).headers["ETag"]
        assert (await build.get(client, "/v1/plans/p"))["status"] == "draft"

    async def test_what_is_got_can_be_put_and_nothing_changes(self, client: httpx.AsyncClient) -> None:
        await put(client, FULL)
        got = await client.get(URL)
        assert got.json() == FULL
        same = await put(client, got.json(), got.headers["ETag"])
        assert (same.status_code, same.json()["changed"], same.json()["revision"]) == (200, False, 1)
        assert same.headers["ETag"] == got.headers["ETag"]
        assert await revision(client) == 1

    async def test_the_same_said_otherwise_is_the_same(self, client: httpx.AsyncClient) -> None:
        one = milestone("a", "2026-03-10T10:00:00Z", weight=1.0, labels={"x": "1", "y": "2"}, budget=euros("5"))
        other = milestone("a", "2026-03-10T12:00:00+02:00", weight=1, labels={"y": "2", "x": "1"}, kind="milestone")
        other["budget"] = euros("05.00")
        await put(client, document(one, milestone("b"), dependencies=[dependency("a", "b")]))
        put_again = document(milestone("b"), other, dependencies=[dependency("a", "b", lag_minutes=0)])
        assert ok(await put(client, put_again, "*"))["changed"] is False

    async def test_a_day_and_its_midnight_are_not_the_same(self, client: httpx.AsyncClient) -> None:
        await put(client, document(milestone("a", "2026-03-10")))
        changes = ok(await put(client, document(milestone("a", "2026-03-10T00:00:00Z")), "*"))["changes"]
        fields = [{"field": "planned_finish", "before": "2026-03-10", "after": "2026-03-10T00:00:00Z"}]
        assert changes["milestones_changed"] == [{"key": "a", "fields": fields}]

    async def test_replaces_the_parts_that_are_given_and_leaves_the_others(self, client: httpx.AsyncClient) -> None:
        links = [dependency("a", "b")]
        await put(client, document(milestone("a"), milestone("b"), dependencies=links, goal="Ship", owner="me"))
        replaced = ok(await put(client, {"name": "Renamed", "owner": None}, "*"))
        assert replaced["changes"]["plan"] == [
            {"field": "name", "before": "A plan", "after": "Renamed"},
            {"field": "owner", "before": "me", "after": None},
        ]
        found = await build.get(client, URL)
        assert (found["name"], found["goal"], found["owner"]) == ("Renamed", "Ship", None)
        assert [m["key"] for m in found["milestones"]] == ["a", "b"]
        assert len(found["dependencies"]) == 1

    async def test_an_empty_list_empties_its_part(self, client: httpx.AsyncClient) -> None:
        await put(client, document(milestone("a"), milestone("b"), dependencies=[dependency("a", "b")]))
        ok(await put(client, {"name": "A plan", "dependencies": []}, "*"))
        assert (await build.get(client, URL))["dependencies"] == []
        ok(await put(client, {"name": "A plan", "milestones": []}, "*"))
        assert (await build.get(client, URL))["milestones"] == []

    async def test_links_that_stay_must_still_fit_the_milestones(self, client: httpx.AsyncClient) -> None:
        await put(client, document(milestone("a"), milestone("b"), dependencies=[dependency("a", "b")]))
        refused = await put(client, {"name": "A plan", "milestones": [milestone("a")]}, "*")
        assert places(refused) == [("/dependencies", "unknown_milestone")]
        assert refused.json()["errors"][0]["detail"] == "b is no milestone of this plan"
        assert await revision(client) == 1

    async def test_a_milestone_is_replaced_whole(self, client: httpx.AsyncClient) -> None:
        await put(client, document(milestone("a", owner="me", labels={"x": "1"})))
        await put(client, document(milestone("a")), "*")
        (found,) = (await build.get(client, URL))["milestones"]
        assert (found["owner"], found["labels"]) == (None, {})

    async def test_if_match_and_if_none_match(self, client: httpx.AsyncClient) -> None:
        assert failure(await put(client, document(), '"r1"')) == (412, "precondition-failed")
        new = {"If-None-Match": "*"}
        assert (await client.put(URL, json=document(), headers=new)).status_code == 201
        assert failure(await client.put(URL, json=document(), headers=new)) == (412, "precondition-failed")
        assert failure(await put(client, document(goal="x"))) == (428, "precondition-required")
        assert failure(await put(client, document(goal="x"), '"r9"')) == (412, "precondition-failed")
        only_star = await client.put(URL, json=document(), headers={"If-None-Match": '"r1"'})
        assert places(only_star) == [("#header/If-None-Match", "invalid")]
        assert (await put(client, document(goal="x"), '"r1"')).json()["revision"] == 2


class TestDryRun:
    """PUT …/document?dry_run=true: what would change, and nothing does."""

    async def test_of_a_new_plan(self, client: httpx.AsyncClient) -> None:
        tried = await put(client, document(), dry_run=True)
        assert (tried.status_code, tried.json()["created"], tried.json()["dry_run"]) == (200, True, True)
        assert failure(await client.get("/v1/plans/p")) == (404, "plan-not-found")
        done = ok(await put(client, document()))
        assert done["changes"] == tried.json()["changes"]

    async def test_tells_what_the_put_then_does(self, client: httpx.AsyncClient) -> None:
        await put(client, document(milestone("a"), milestone("b"), dependencies=[dependency("a", "b")]))
        wanted = document(milestone("a", "2026-04-01"), milestone("c"), dependencies=[dependency("a", "c")], goal="x")
        before = (await client.get(URL)).content
        tried = ok(await put(client, wanted, "*", dry_run=True))
        assert (tried["changed"], await revision(client), (await client.get(URL)).content) == (True, 1, before)
        assert ok(await put(client, wanted, "*"))["changes"] == tried["changes"]
        again = ok(await put(client, wanted, "*", dry_run=True))
        assert (again["changed"], again["changes"]["milestones_added"]) == (False, [])

    async def test_refuses_what_the_put_would_refuse(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        wrong = document(milestone("a", parent="nobody"))
        assert places(await put(client, wrong, dry_run=True)) == [("/milestones/0/parent", "unknown_milestone")]
        await put(client, document())
        clock.advance(days=1)
        assert places(await put(client, wrong, "*", dry_run=True)) == [("/milestones/0/parent", "unknown_milestone")]
        assert failure(await put(client, document(goal="x"), dry_run=True)) == (428, "precondition-required")
        early = {"dry_run": True, "recorded_at": "2026-03-01T00:00:00Z"}
        assert failure(await put(client, document(goal="x"), "*", **early)) == (422, "recorded-before-history")


class TestReading:
    """GET /v1/plans/{plan}/document."""

    async def test_old_revisions_stay_readable(self, client: httpx.AsyncClient) -> None:
        contents = [
            document(milestone("a"), goal="1", dependencies=[]),
            document(milestone("a", "2026-04-01"), milestone("b"), goal="2", dependencies=[dependency("a", "b")]),
            document(milestone("b"), goal="3", dependencies=[]),
        ]
        for content in contents:
            await put(client, content, "*" if content["goal"] != "1" else None)
        for number, content in enumerate(contents, start=1):
            found = await build.get(client, URL, revision=number)
            assert found["goal"] == content["goal"]
            dates = {m["key"]: m["planned_finish"] for m in content["milestones"]}
            assert {m["key"]: m["planned_finish"] for m in found["milestones"]} == dates
            assert len(found["dependencies"]) == len(content["dependencies"])
        assert failure(await client.get(URL, params={"revision": 4})) == (404, "revision-not-found")

    async def test_what_has_not_changed_is_not_sent_again(self, client: httpx.AsyncClient) -> None:
        await put(client, document())
        etag = (await client.get(URL)).headers["ETag"]
        known = {"If-None-Match": etag}
        assert (await client.get(URL, headers=known)).status_code == 304
        await put(client, document(goal="x"), "*")
        assert (await client.get(URL, headers=known)).status_code == 200
        assert (await client.get(URL, headers=known, params={"revision": 1})).status_code == 304


WRONG: list[tuple[Any, list[tuple[str, str]]]] = [
    (document(milestone("a"), milestone("b"), milestone("a")), [("/milestones/0", "repeated")]),
    (
        document(milestone("a"), milestone("b"), dependencies=[dependency("a", "b")] * 2),
        [("/dependencies/0", "repeated")],
    ),
    (
        document(milestone("a", external_id="7"), milestone("b", external_id="7")),
        [("/milestones/1/external_id", "repeated")],
    ),
    (
        document(milestone("z"), activity("a", "2026-03-11", "2026-03-10")),
        [("/milestones/1/planned_finish", "finish_before_start")],
    ),
    (document(milestone("a", planned_start="2026-03-01")), [("/milestones/0/planned_start", "both_dates")]),
    (document(milestone("a", parent="b")), [("/milestones/0/parent", "unknown_milestone")]),
    (
        document(milestone("a", parent="b"), milestone("b")),
        [("/milestones/0/parent", "parent_not_phase")],
    ),
    (
        document(phase("a") | {"planned_finish": "2026-03-10"}),
        [("/milestones/0/planned_finish", "phase_has_dates")],
    ),
    (
        document(milestone("a"), dependencies=[dependency("a", "x"), dependency("y", "a")]),
        [
            ("/dependencies/0/successor", "unknown_milestone"),
            ("/dependencies/1/predecessor", "unknown_milestone"),
        ],
    ),
    (
        document(milestone("a"), dependencies=[dependency("a", "a")]),
        [("/dependencies/0/successor", "self_link")],
    ),
    (
        document(milestone("a", calendar="b"), milestone("c", calendar="c"), calendar="a"),
        [
            ("/calendar", "unknown_calendar"),
            ("/milestones/0/calendar", "unknown_calendar"),
            ("/milestones/1/calendar", "unknown_calendar"),
        ],
    ),
    (document(milestone("a", colour="red")), [("/milestones/0/colour", "extra_forbidden")]),
    (document(milestone("a", "10.3.2026")), [("/milestones/0/planned_finish", "value_error")]),
    (document(milestone("a", weight="1")), [("/milestones/0/weight", "float_type")]),
    (document(milestone("a", weight=-1)), [("/milestones/0/weight", "greater_than_equal")]),
    (
        document(milestone("a", constraint={"type": "SNET"})),
        [("/milestones/0/constraint", "constraint_date")],
    ),
    ({"milestones": []}, [("/name", "needed")]),
    ([], [("", "model_type")]),
]


CYCLES: list[tuple[list[build.Json], str, str]] = [
    ([milestone(k) for k in "abc"], "ab bc ca", "a → b → c → a"),
    ([phase("p"), milestone("a", parent="p"), milestone("b")], "ab bp", "p → a → b → p"),
    ([phase("p"), milestone("a", parent="p")], "pa", "p → a → p"),
    (
        [phase("p"), phase("q", parent="p"), milestone("a", parent="q"), milestone("b")],
        "ab bp",
        "p → q → a → b → p",
    ),
]


class TestSoundness:
    """What is no sound plan is refused whole, each place named."""

    async def test_what_is_wrong_is_named(self, client: httpx.AsyncClient) -> None:
        found = [places(await put(client, content)) for content, _ in WRONG]
        assert found == [expected for _, expected in WRONG]
        assert failure(await client.get("/v1/plans/p")) == (404, "plan-not-found")

    async def test_a_cycle_is_named_whole(self, client: httpx.AsyncClient) -> None:
        for milestones, links, detail in CYCLES:
            content = document(*milestones, dependencies=[dependency(*link) for link in links.split()])
            (error,) = (await put(client, content)).json()["errors"]
            assert (error["code"], error["detail"]) == ("cycle", f"closes a cycle: {detail}")
            assert error["pointer"].startswith("/dependencies/")

    async def test_phases_are_not_each_others_parents(self, client: httpx.AsyncClient) -> None:
        refused = await put(client, document(phase("a", parent="b"), phase("b", parent="a")))
        assert places(refused) == [("/milestones/0/parent", "cycle")]
        assert refused.json()["errors"][0]["detail"] == "closes a cycle: a → b → a"

    async def test_a_put_of_one_part_may_close_a_cycle_with_the_other(self, client: httpx.AsyncClient) -> None:
        links = [dependency("a", "b"), dependency("b", "p")]
        await put(client, document(milestone("a"), milestone("b"), phase("p"), dependencies=links))
        inside = {"name": "A plan", "milestones": [milestone("a", parent="p"), milestone("b"), phase("p")]}
        assert places(await put(client, inside, "*")) == [("/dependencies", "cycle")]

    async def test_at_most_fifty_places_are_listed(self, client: httpx.AsyncClient) -> None:
        refused = await put(client, document(*(milestone(f"m{i}", parent="nobody") for i in range(60))))
        assert len(places(refused)) == 50
        assert refused.json()["errors_truncated"] is True
