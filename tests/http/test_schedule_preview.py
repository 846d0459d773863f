"""What if: hypothetical changes and events, answered whole, stored nowhere."""

from typing import Any

import httpx
import pytest

from tests.http.events_build import (
    Json,
    activity,
    by_key,
    capture,
    codes,
    correction,
    event,
    instead,
    listed,
    milestone,
    ok,
    phase,
    post,
    put_plan,
)
from tests.service import TestClock

PLAN = [
    activity("design", "2026-03-02", "2026-03-06"),
    activity("build", "2026-03-09", "2026-03-20"),
    milestone("ship", "2026-03-24"),
    phase("later"),
]
LINKS = [
    {"predecessor": "design", "type": "FS", "successor": "build"},
    {"predecessor": "build", "type": "FS", "successor": "ship"},
]
MARCH_2 = "2026-03-02T00:00:00Z"


@pytest.fixture
async def planned(client: httpx.AsyncClient, clock: TestClock) -> httpx.AsyncClient:
    clock.advance(days=60)
    await put_plan(client, "p", PLAN, dependencies=LINKS)
    await capture(client, "p")
    return client


async def preview(client: httpx.AsyncClient, as_of: str = MARCH_2, **wanted: Any) -> Json:
    response = await client.post("/v1/plans/p/schedule/preview", params={"as_of": as_of}, json=wanted)
    return await ok(response)


async def everything(client: httpx.AsyncClient) -> list[Any]:
    paths = ("/document", "/revisions", "/baselines", f"/variance?as_of={MARCH_2}")
    return [(await client.get(f"/v1/plans/p{path}")).json() for path in paths] + await listed(client, "p")


async def test_a_longer_task_moves_the_finish_and_is_not_stored(planned: httpx.AsyncClient) -> None:
    before = await everything(planned)
    answer = await preview(planned, milestones={"build": {"planned_finish": "2026-03-27"}})
    effect = answer["effect"]
    assert (effect["projected_finish_before"], effect["projected_finish"]) == ("2026-03-24", "2026-03-27")
    assert effect["working_minutes"] == 3 * 1440
    assert {each["milestone"]: each["working_minutes"] for each in effect["moved"]} == {
        "build": 7 * 1440,
        "ship": 3 * 1440,
    }
    (changed,) = effect["changes"]["milestones_changed"]
    assert (changed["key"], changed["fields"][0]["field"]) == ("build", "planned_finish")
    assert [each["milestone"] for each in answer["items"]] == ["build", "design", "later", "ship"]
    assert answer["summary"]["finish_variance"]["working_days"] == 3.0
    assert await everything(planned) == before


async def test_events_that_did_not_happen(planned: httpx.AsyncClient) -> None:
    before = await everything(planned)
    events = [event("s", "started", "design", "2026-03-02"), event("c", "completed", "design", "2026-03-12")]
    answer = await preview(planned, as_of="2026-03-12T12:00:00Z", events=events)
    found = by_key(answer)
    assert (found["design"]["lifecycle"], found["design"]["projected_finish"]) == ("completed", "2026-03-12")
    effect = answer["effect"]
    assert (effect["projected_finish_before"], effect["projected_finish"]) == ("2026-03-29T12:00:00Z", "2026-03-24")
    assert await everything(planned) == before
    await post(planned, "p", *events)  # their names are still free
    real = await ok(await planned.get("/v1/plans/p/schedule", params={"as_of": "2026-03-12T12:00:00Z"}))
    assert real["items"] == answer["items"]


async def test_a_plan_can_grow_shrink_and_change_its_ways(planned: httpx.AsyncClient) -> None:
    answer = await preview(
        planned,
        plan={"scheduling": "as_soon_as_possible", "calendar": "standard", "target_finish": "2026-03-20"},
        milestones={
            "test": {"name": "Test", "kind": "activity", "planned_duration_minutes": 480, "parent": "later"},
            "ship": {"planned_finish": None},
        },
        dependencies=[
            {"predecessor": "build", "type": "FS", "successor": "test"},
            {"predecessor": "test", "type": "FS", "successor": "ship"},
        ],
        removed_dependencies=[{"predecessor": "build", "type": "FS", "successor": "ship"}],
    )
    assert answer["summary"]["driving_chain"] == ["design", "build", "test", "ship"]
    assert answer["summary"]["target_finish"] == "2026-03-20"
    assert answer["effect"]["changes"]["milestones_added"] == ["test"]
    (moved,) = [each for each in answer["effect"]["moved"] if each["milestone"] == "test"]
    assert (moved["projected_finish_before"], moved["working_minutes"]) == (None, None)
    without = await preview(planned, milestones={"build": None})
    assert [each["milestone"] for each in without["items"]] == ["design", "later", "ship"]
    assert len(without["effect"]["changes"]["dependencies_removed"]) == 2


WRONG: dict[str, tuple[Json, tuple[str, str]]] = {
    "a patch that does not fit": (
        {"milestones": {"build": {"name": ""}}},
        ("/milestones/build/name", "string_too_short"),
    ),
    "a milestone that is not there": ({"milestones": {"x": None}}, ("/milestones/x", "unknown_milestone")),
    "a dependency that is not there": (
        {"removed_dependencies": [{"predecessor": "ship", "successor": "build"}]},
        ("/removed_dependencies/0", "unknown_dependency"),
    ),
    "a cycle": ({"dependencies": [{"predecessor": "ship", "successor": "design"}]}, ("/dependencies", "cycle")),
    "a status": ({"plan": {"status": "completed"}}, ("/plan/status", "not_schedulable")),
    "a zone that is none": ({"plan": {"time_zone": "Mars/Base"}}, ("/plan/time_zone", "value_error")),
    "a broken plan": ({"milestones": {"ship": {"parent": "build"}}}, ("/milestones/ship/parent", "parent_not_phase")),
    "an unknown calendar": ({"plan": {"calendar": "moon"}}, ("/plan/calendar", "unknown_calendar")),
    "an unknown calendar of a milestone": (
        {"milestones": {"build": {"calendar": "moon"}}},
        ("/milestones/build/calendar", "unknown_calendar"),
    ),
    "a dependency twice": (
        {"dependencies": [{"predecessor": "design", "successor": "ship"}] * 2},
        ("/dependencies/1", "repeated"),
    ),
    "an event twice": (
        {"events": [event("e", "started", "design")] * 2},
        ("/events/1/id", "event_exists"),
    ),
    "an event that was recorded": (
        {"events": [event("there", "started", "build", "2026-03-02")]},
        ("/events/0/id", "event_exists"),
    ),
    "a correction of an unknown milestone": (
        {"events": [correction("e", "there", instead("started", "x"))]},
        ("/events/0/data/replacement/milestone", "unknown_milestone"),
    ),
    "too many changes": ({"milestones": {f"m{n}": {} for n in range(1_001)}}, ("/milestones", "too_long")),
    "an event of a phase": (
        {"events": [event("e", "started", "later")]},
        ("/events/0/milestone", "unknown_milestone"),
    ),
}


async def test_what_is_wrong_is_named(planned: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    await post(planned, "p", event("there", "started", "design", "2026-03-02"))
    for name, (wanted, place) in WRONG.items():
        with subtests.test(name):
            response = await planned.post("/v1/plans/p/schedule/preview", json=wanted)
            assert response.status_code == 422, response.text
            assert codes(response)[0] == place


async def test_a_calendar_of_the_workspace_can_be_tried(planned: httpx.AsyncClient) -> None:
    mondays = {"key": "mondays", "name": "Mondays", "weekly": {"monday": [{"from": "00:00", "to": "24:00"}]}}
    await ok(await planned.post("/v1/calendars", json={**mondays, "minutes_per_day": 1440}))
    answer = await preview(planned, milestones={"build": {"calendar": "mondays", "planned_duration_minutes": 2880}})
    assert by_key(answer)["build"]["projected_finish"] == "2026-03-20"
    half = await preview(planned, milestones={"build": {"calendar": "mondays", "planned_duration_minutes": 4320}})
    assert by_key(half)["build"]["projected_finish"] == "2026-03-23"


async def test_the_answer_names_what_it_was_computed_from(planned: httpx.AsyncClient, clock: TestClock) -> None:
    bodies: list[Json] = [{}, {"milestones": {"build": {"planned_finish": "2026-03-27"}}}]
    digests = {(await preview(planned, **body))["inputs_digest"] for body in (*bodies, *bodies)}
    assert len(digests) == 2
    later = await preview(planned, events=[event("e", "started", "design", "2026-03-03")])
    assert later["events_after_as_of"] == 1
    mondays = {"key": "mondays", "name": "Mondays", "weekly": {"monday": [{"from": "00:00", "to": "24:00"}]}}
    await ok(await planned.post("/v1/calendars", json=mondays))
    with_mondays: Json = {"milestones": {"build": {"calendar": "mondays", "planned_duration_minutes": 4320}}}
    first = await preview(planned, **with_mondays)
    clock.advance(minutes=1)
    tuesdays = {"weekly": {"monday": None, "tuesday": [{"from": "00:00", "to": "24:00"}]}}
    await ok(await planned.patch("/v1/calendars/mondays", json=tuesdays, headers={"If-Match": "*"}))
    params = {"as_of": MARCH_2, "known_at": first["known_at"]}
    again = await ok(await planned.post("/v1/plans/p/schedule/preview", params=params, json=with_mondays))
    assert again == first


async def test_nothing_changed_moves_nothing(planned: httpx.AsyncClient) -> None:
    answer = await preview(planned)
    assert (answer["effect"]["moved"], answer["effect"]["working_minutes"]) == ([], 0)
    real = await ok(await planned.get("/v1/plans/p/schedule", params={"as_of": MARCH_2}))
    assert (answer["items"], answer["summary"]) == (real["items"], real["summary"])
