"""Corrective actions: what somebody does about a deviation until when, and whether it helped."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.domain.measures import Reason
from app.domain.moments import parse_instant
from app.domain.tolerances import Bounds, Measure, Tolerance, Unit
from app.evaluation.service import evaluate_due
from app.kit.ids import uuid7
from tests.http import build
from tests.http.build import Json, failure, if_match, places
from tests.http.deviating import Watch, acknowledge, other, take_action, watched
from tests.service import MakeClient, MakeKey, TestClock

BLOCKED = Tolerance("blocked", Measure.blocked_minutes, Unit.working_days, upper=Bounds(1, 5))
BEGUN = {"status": "in_progress"}
FLOAT = Tolerance("float", Measure.total_float, Unit.working_days, lower=Bounds(5, None))


@pytest.fixture
async def watch(client: httpx.AsyncClient) -> Watch:
    """A plan whose milestone `a` is 4 days late."""
    found = await watched(client)
    await found.sees(a=4.0)
    return found


@pytest.fixture
async def deviation(watch: Watch) -> Json:
    """What was found of it."""
    return await watch.only()


async def action_of(client: httpx.AsyncClient, deviation: Json) -> Json:
    """The one action of a deviation."""
    (found,) = (await build.get(client, f"/v1/deviations/{deviation['id']}/actions"))["items"]
    return dict(found)


async def edit(client: httpx.AsyncClient, action: Json, etag: str = "*", **fields: Any) -> httpx.Response:
    """Change an action."""
    path = f"/v1/deviations/{action['deviation']}/actions/{action['id']}"
    return await client.patch(path, json=fields, headers=if_match(etag))


async def test_it_has_an_owner_a_due_instant_and_the_value_of_now(client: httpx.AsyncClient, deviation: Json) -> None:
    made = await take_action(client, deviation, description="Until the roof is on")
    assert made == await action_of(client, deviation)
    made.pop("id")
    assert made == {
        "deviation": deviation["id"],
        "title": "A second shift",
        "description": "Until the roof is on",
        "owner": "site-manager",
        "due_at": "2026-03-05T09:00:00Z",
        "status": "planned",
        "value_before": 4.0,
        "value_after": None,
        "unit": "working_days",
        "effective": None,
        "checked_at": None,
        "created_at": "2026-03-02T09:00:00Z",
        "author": "admin",
    }


@pytest.mark.parametrize(
    ("value", "effective", "after"),
    [(0.0, True, 0.0), (3.5, True, 3.5), (4.0, False, 4.0), (9.0, False, 9.0), (None, None, None)],
)
async def test_its_effect_is_checked_when_it_is_due(
    client: httpx.AsyncClient,
    watch: Watch,
    deviation: Json,
    clock: TestClock,
    value: float | None,
    effective: bool | None,
    after: float | None,
) -> None:
    await take_action(client, deviation, **BEGUN)
    clock.advance(days=3)
    await watch.sees(a=value)
    found = await action_of(client, deviation)
    assert (found["effective"], found["value_before"], found["value_after"]) == (effective, 4.0, after)
    assert found["checked_at"] == "2026-03-05T09:00:00Z"


async def test_it_is_not_checked_before_it_is_due_and_only_once(
    client: httpx.AsyncClient, watch: Watch, deviation: Json, clock: TestClock
) -> None:
    await take_action(client, deviation)
    found = []
    for days, value in ((2, 3.9), (1, 3.5), (1, 9.0)):
        clock.advance(days=days)
        await watch.sees(a=value)
        found.append((await action_of(client, deviation))["value_after"])
    assert found == [None, 3.5, 3.5]


@pytest.mark.parametrize(("value", "effective"), [(2.0, True), (0.5, False)])
async def test_below_a_lower_bound_more_is_better(
    client: httpx.AsyncClient, watch: Watch, clock: TestClock, value: float, effective: bool
) -> None:
    low = other(watch, FLOAT)
    await low.sees(a=1.0)
    (found,) = await watch.deviations(tolerance="float")
    await take_action(client, found, **BEGUN)
    clock.advance(days=3)
    await low.sees(a=value)
    assert (await action_of(client, found))["effective"] is effective


@pytest.mark.parametrize(
    ("value", "effective", "after"), [(0.0, True, 0.0), (Reason.cancelled, None, None), (Reason.removed, None, None)]
)
async def test_what_ends_the_deviation_ends_the_waiting(
    client: httpx.AsyncClient,
    watch: Watch,
    deviation: Json,
    value: float | Reason,
    effective: bool | None,
    after: float | None,
) -> None:
    await take_action(client, deviation, **BEGUN)
    await watch.sees(a=value)
    found = await action_of(client, deviation)
    assert (found["effective"], found["value_after"], found["checked_at"]) == (
        effective,
        after,
        "2026-03-02T09:00:00Z",
    )


async def test_so_does_accepting_it(client: httpx.AsyncClient, watch: Watch, deviation: Json) -> None:
    await take_action(client, deviation, **BEGUN)
    await replace(watch, final=frozenset({"a"})).sees(a=3.0)
    await acknowledge(client, deviation)
    found = await action_of(client, deviation)
    assert (found["effective"], found["value_after"]) == (True, 3.0)


async def test_it_is_compared_with_the_value_of_its_day(
    client: httpx.AsyncClient, watch: Watch, clock: TestClock
) -> None:
    blocked = other(watch, BLOCKED)
    await blocked.sees(a=2.0)
    (found,) = await watch.deviations(tolerance="blocked")
    await take_action(client, found, **BEGUN)
    clock.advance(days=3)
    await blocked.sees(a=4.5)  # that time goes on is written nowhere else
    action = await action_of(client, found)
    assert (action["value_before"], action["value_after"], action["effective"]) == (2.0, 4.5, False)


async def test_the_check_is_announced(
    client: httpx.AsyncClient, watch: Watch, deviation: Json, clock: TestClock
) -> None:
    await take_action(client, deviation, **BEGUN)
    clock.advance(days=3)
    await watch.sees(a=4.0)
    last = (await build.get(client, "/v1/feed"))["items"][-1]
    assert last["type"] == "action.checked"
    assert last["data"]["id"] == deviation["id"]
    assert last["data"]["action"] == await action_of(client, deviation)


async def test_a_cancelled_one_is_not_checked(
    client: httpx.AsyncClient, watch: Watch, deviation: Json, clock: TestClock
) -> None:
    build.ok(await edit(client, await take_action(client, deviation), status="cancelled"))
    clock.advance(days=3)
    await watch.sees(a=3.0)
    assert (await action_of(client, deviation))["checked_at"] is None


async def test_one_that_is_moved_is_checked_once_more(
    client: httpx.AsyncClient, watch: Watch, deviation: Json, clock: TestClock
) -> None:
    action = await take_action(client, deviation, **BEGUN)
    clock.advance(days=3)
    await watch.sees(a=4.0)
    moved = build.ok(await edit(client, action, due_at="2026-03-08T09:00:00Z"))
    assert (moved["effective"], moved["checked_at"]) == (None, None)
    clock.advance(days=3)
    await watch.sees(a=3.5)
    assert (await action_of(client, deviation))["effective"] is True


async def test_an_edit_names_the_version_it_has_seen(client: httpx.AsyncClient, deviation: Json) -> None:
    action = await take_action(client, deviation)
    path = f"/v1/deviations/{deviation['id']}/actions/{action['id']}"
    seen = (await client.get(path)).headers["ETag"]
    assert failure(await client.patch(path, json={"status": "done"})) == (428, "precondition-required")
    changed = await edit(client, action, seen, status="done")
    assert (build.ok(changed)["status"], changed.headers["ETag"]) == ("done", '"v2"')
    assert failure(await edit(client, action, seen, status="planned")) == (412, "precondition-failed")
    assert (await client.get(path, headers={"If-None-Match": '"v2"'})).status_code == 304


async def test_an_edit_without_a_difference_is_no_new_version(client: httpx.AsyncClient, deviation: Json) -> None:
    action = await take_action(client, deviation)
    assert (await edit(client, action, title=action["title"], due_at=action["due_at"])).headers["ETag"] == '"v1"'


NO_SENSE: list[tuple[Json, tuple[str, str]]] = [
    ({"due_at": "2026-03-02T09:00:00Z"}, ("/due_at", "not_in_future")),
    ({"due_at": None}, ("/due_at", "missing")),
    ({"owner": None}, ("/owner", "missing")),
    ({"title": ""}, ("/title", "string_too_short")),
    ({"status": "late"}, ("/status", "literal_error")),
    ({"effective": True}, ("/effective", "extra_forbidden")),
]


async def test_it_must_make_sense(client: httpx.AsyncClient, deviation: Json, subtests: pytest.Subtests) -> None:
    action = await take_action(client, deviation)
    for fields, place in NO_SENSE:
        with subtests.test(fields=fields):
            assert places(await edit(client, action, **fields)) == [place]
            wanted = {"title": "x", "owner": "y", "due_at": "2026-03-05T09:00:00Z", **fields}
            wanted = {name: value for name, value in wanted.items() if value is not None}
            assert places(await client.post(f"/v1/deviations/{deviation['id']}/actions", json=wanted)) == [place]


async def test_a_resolved_deviation_takes_no_new_one_and_makes_none_due_anew(
    client: httpx.AsyncClient, watch: Watch, deviation: Json
) -> None:
    action = await take_action(client, deviation)
    await watch.sees(a=0.0)
    wanted = {"title": "x", "owner": "y", "due_at": "2026-03-05T10:00:00Z"}
    more = await client.post(f"/v1/deviations/{deviation['id']}/actions", json=wanted)
    assert failure(more) == (409, "deviation-resolved")
    assert failure(await edit(client, action, due_at=wanted["due_at"])) == (409, "deviation-resolved")
    assert (await action_of(client, deviation))["id"] == action["id"]


async def test_it_is_marked_done_after_its_deviation_is_over(
    client: httpx.AsyncClient, watch: Watch, deviation: Json
) -> None:
    action = await take_action(client, deviation, **BEGUN)
    await watch.sees(a=0.0)
    said = {"title": "Two shifts", "description": "Until the roof was on", "owner": "crew-4", "status": "done"}
    changed = build.ok(await edit(client, action, **said))
    assert changed == {**await action_of(client, deviation), **said}
    assert (changed["effective"], changed["checked_at"]) == (True, "2026-03-02T09:00:00Z")


@pytest.mark.parametrize(("value", "effective"), [(0.0, True), (3.0, True), (5.0, False)])
async def test_what_got_better_while_it_was_only_planned_is_not_its_merit(
    client: httpx.AsyncClient, watch: Watch, deviation: Json, clock: TestClock, value: float, effective: bool
) -> None:
    action = await take_action(client, deviation)
    clock.advance(days=3)
    await watch.sees(a=value)
    found = await action_of(client, deviation)
    assert (found["effective"], found["value_after"], found["checked_at"]) == (None, value, "2026-03-05T09:00:00Z")
    for status, counts in (("done", effective), ("cancelled", None)):  # it had begun, but nobody had said so
        assert build.ok(await edit(client, action, status=status))["effective"] is counts


async def test_actions_come_in_pages_in_their_order(client: httpx.AsyncClient, deviation: Json) -> None:
    for title in "xyz":
        await take_action(client, deviation, title=title)
    path = f"/v1/deviations/{deviation['id']}/actions"
    first = await build.get(client, path, limit=2)
    second = await build.get(client, path, limit=2, cursor=first["next_cursor"])
    assert [one["title"] for page in (first, second) for one in page["items"]] == ["x", "y", "z"]
    assert second["next_cursor"] is None


async def test_it_belongs_to_its_deviation_and_workspace(
    client: httpx.AsyncClient, watch: Watch, deviation: Json, make_client: MakeClient, make_key: MakeKey
) -> None:
    action = await take_action(client, deviation)
    await watch.sees(a=4.0, b=4.0)
    (second,) = await watch.deviations(milestone="b")
    path = f"/v1/deviations/{second['id']}/actions"
    assert failure(await client.get(f"{path}/{action['id']}")) == (404, "action-not-found")
    assert failure(await client.get(f"{path}/{uuid7()}")) == (404, "action-not-found")
    stranger = make_client(await make_key("admin", workspace="other"))
    theirs = f"/v1/deviations/{deviation['id']}/actions"
    assert failure(await stranger.get(theirs)) == (404, "deviation-not-found")
    assert failure(await stranger.get(f"{theirs}/{action['id']}")) == (404, "deviation-not-found")
    assert failure(await edit(stranger, action, status="done")) == (404, "deviation-not-found")


async def test_it_makes_the_plan_due(client: httpx.AsyncClient, deviation: Json) -> None:
    await take_action(client, deviation)
    assert (await build.get(client, "/v1/plans/p/evaluation"))["check_due_at"] is not None


async def test_the_evaluation_comes_by_itself_when_it_is_due(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    late = await watched(client, keys="a")
    event = build.event(occurred_at="2026-03-02T08:00:00Z", type="milestone.forecast_changed")
    event["data"] = {"finish": "2026-03-14"}
    build.ok(await client.post("/v1/plans/p/events", json=event))
    await evaluate_due(service.state.database, clock)
    found = await late.only(tolerance="finish")
    await take_action(client, found, **BEGUN)
    for _ in range(9):
        clock.now = max(clock.now, parse_instant(await due_at(client)))
        await evaluate_due(service.state.database, clock)
        if (checked := await action_of(client, found))["checked_at"] is not None:
            break
    assert (checked["effective"], checked["checked_at"]) == (False, "2026-03-05T09:00:00Z")


async def due_at(client: httpx.AsyncClient) -> str:
    """When the plan is evaluated next."""
    found: str = (await build.get(client, "/v1/plans/p/evaluation"))["check_due_at"]
    return found
