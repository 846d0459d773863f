"""Deviations: one durable record each, from when it was found until it is over, with all that happened to it."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.measures import Reason
from app.domain.tolerances import Bounds, Measure, Tolerance, Unit
from app.kit.ids import uuid7
from app.plans.purging import purge_deleted
from migrations.run import all_tables
from tests.evaluating import edit, evaluate, report
from tests.http import build
from tests.http.build import failure
from tests.http.deviating import FINISH, Watch, acknowledge, other, watched
from tests.service import MakeClient, MakeKey, TestClock

BLOCKED = Tolerance("blocked", Measure.blocked_minutes, Unit.working_days, upper=Bounds(1, 5))
FLOAT = Tolerance("float", Measure.total_float, Unit.working_days, lower=Bounds(2, -3), upper=Bounds(90, None))


def told(history: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What happened, in short."""
    return [(one["kind"], one["level"], one["state"], one["value"]) for one in history]


async def test_a_breach_opens_one_record_with_its_evidence(client: httpx.AsyncClient) -> None:
    watch = await watched(client, labels={"team": "core"}, consequences=("b",))
    await watch.sees(a=6.0)
    found = await watch.only()
    found.pop("id")
    assert found == {
        "plan": "p",
        "milestone": "a",
        "about": None,
        "tolerance": "finish",
        "tolerance_version": 1,
        "measure": "finish_variance",
        "baseline": 1,
        "episode": 1,
        "level": "breach",
        "state": "open",
        "opened_at": "2026-03-02T09:00:00Z",
        "changed_at": "2026-03-02T09:00:00Z",
        "resolved_at": None,
        "resolution": None,
        "summary": "a is 6 days late",
        "owner": "crew-4",
        "labels": {"team": "core"},
        "evidence": {
            "value": 6.0,
            "unit": "working_days",
            "bound": 5.0,
            "basis": "actual",
            "as_of": "2026-03-02T09:00:00Z",
            "operands": {"baseline_finish": "2026-03-10", "minutes_per_day": 480},
            "events": [{"source": "ci/release", "id": "run-1"}],
        },
        "impact": {"unabsorbed_minutes": 2880},
        "consequences": ["b"],
        "consequence_count": 1,
        "acknowledgement": None,
    }


async def test_the_same_again_changes_nothing(client: httpx.AsyncClient, clock: TestClock) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    before = await watch.only()
    clock.advance(days=1)
    await watch.sees(a=6.0)
    assert await watch.only() == before


async def test_what_is_shown_follows_without_a_transition(client: httpx.AsyncClient, clock: TestClock) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    clock.advance(days=1)
    await replace(watch, owner="crew-5", labels={"site": "x"}, consequences=("b",)).sees(a=6.4)
    found = await watch.only()
    shown = (found["owner"], found["labels"], found["consequences"], found["evidence"]["value"], found["summary"])
    assert shown == ("crew-5", {"site": "x"}, ["b"], 6.4, "a is 6.4 days late")
    assert (found["changed_at"], found["evidence"]["as_of"]) == ("2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    assert len(await watch.history(found)) == 1


@pytest.mark.parametrize(
    ("value", "shown", "as_of"),
    [
        (2.9, 2.0, "2026-03-02T09:00:00Z"),  # a day went by
        (1.9, 1.9, "2026-03-03T09:00:00Z"),  # by another calendar it was less
        (6.0, 6.0, "2026-03-03T09:00:00Z"),  # a bound was crossed: that is told, with all that belongs to it
    ],
)
async def test_that_time_goes_on_is_written_when_it_is_told(
    client: httpx.AsyncClient, clock: TestClock, value: float, shown: float, as_of: str
) -> None:
    watch = other(await watched(client), BLOCKED)
    await watch.sees(a=2.0)
    clock.advance(days=1)
    await replace(watch, owner="crew-5", labels={"site": "x"}).sees(a=value)
    found = await watch.only()
    assert (found["evidence"]["value"], found["evidence"]["as_of"]) == (shown, as_of)
    assert found["summary"] == f"a is {shown:g} days late"
    assert (found["owner"], found["labels"]) == ("crew-5", {"site": "x"})


async def late_activities(client: httpx.AsyncClient) -> None:
    """Five activities that should have begun a month ago: nothing is heard, and the data date pushes their finish."""
    silence = {"key": "silence", "measure": "silence_minutes", "unit": "working_days"}
    build.ok(await client.post("/v1/tolerances", json={**silence, "name": "Silence", "upper": {"warning": 10}}))
    await build.put(
        client, "p", build.document(*(build.activity(key, "2026-02-02", "2026-02-03") for key in "abcde"))
    )
    await build.capture(client, "p")


async def test_an_event_writes_what_it_is_about_and_no_record_that_waits(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    await late_activities(client)
    await evaluate(service)
    before = {one["id"]: one for one in await Watch(client).deviations()}
    assert len(before) == 11
    clock.advance(minutes=30)
    await report(client, 1, "started", "2026-03-02T09:10:00Z")
    await evaluate(service)
    after = await Watch(client).deviations()
    changed = {(one["tolerance"], one["milestone"]) for one in after if one != before[one["id"]]}
    assert changed == {("activity-finish", "a"), ("silence", "a")}


async def test_a_projection_that_is_pushed_on_is_at_most_a_day_old(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    await late_activities(client)
    await evaluate(service)
    found = []
    for hours in (23, 1):
        clock.advance(hours=hours)
        await edit(client, "plans/p", owner=f"after {hours} hours")
        await evaluate(service)
        (late,) = await Watch(client).deviations(tolerance="activity-finish", milestone="b")
        found.append((late["evidence"]["as_of"], late["evidence"]["value"]))
    assert found == [("2026-03-02T09:00:00Z", 29.0), ("2026-03-03T09:00:00Z", 30.0)]


async def test_all_is_made_ready_while_others_write(client: httpx.AsyncClient, service: FastAPI) -> None:
    watch = await watched(client)
    found = await watch.judge({"a": 6.0})
    prepared = await service.state.database.write(lambda _: watch.prepare(found))
    await watch.apply(prepared)
    assert (await watch.only())["level"] == "breach"


async def test_its_history_is_kept_with_both_clocks(client: httpx.AsyncClient, clock: TestClock) -> None:
    watch = await watched(client)
    for value in (2.0, 6.0, 9.0, 3.0, 0.0):
        await watch.sees(a=value)
        clock.advance(days=1)
    found = await watch.only()
    history = await watch.history(found)
    assert told(history) == [
        ("opened", "warning", "open", 2.0),
        ("worsened", "breach", "open", 6.0),
        ("worsened", "breach", "open", 9.0),
        ("improved", "warning", "open", 3.0),
        ("resolved", "warning", "resolved", 0.0),
    ]
    days = [f"2026-03-0{day}T09:00:00Z" for day in range(2, 7)]
    assert [one["recorded_at"] for one in history] == [one["as_of"] for one in history] == days
    assert [(one["number"], one["evaluation"], one["actor"]) for one in history] == [
        (number, number, "leeway") for number in range(1, 6)
    ]
    assert (found["state"], found["resolution"], found["resolved_at"]) == ("resolved", "within_tolerance", days[-1])


async def test_what_is_found_late_is_added_as_retroactive(client: httpx.AsyncClient) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    await replace(watch, retroactive=True).sees(a=0.0)
    found = await watch.only()
    assert [one["retroactive"] for one in await watch.history(found)] == [False, True]


async def test_what_comes_back_is_a_new_episode(client: httpx.AsyncClient, clock: TestClock) -> None:
    watch = await watched(client)
    for value in (6.0, 0.0, 2.0):
        clock.advance(hours=1)
        await watch.sees(a=value)
    newest, first = await watch.deviations()
    assert [(one["episode"], one["state"]) for one in (newest, first)] == [(2, "open"), (1, "resolved")]
    assert newest["id"] != first["id"]


@pytest.mark.parametrize(("reason", "resolution"), [(Reason.cancelled, "cancelled"), (Reason.removed, "removed")])
async def test_it_is_over_with_what_it_is_about(client: httpx.AsyncClient, reason: Reason, resolution: str) -> None:
    watch = await watched(client, consequences=("b",))
    await watch.sees(a=6.0)
    await watch.sees(a=reason)
    found = await watch.only()
    assert (found["state"], found["resolution"], found["consequences"]) == ("resolved", resolution, ["b"])
    assert found["evidence"]["value"] == 6.0


async def test_it_is_over_with_its_baseline_and_with_its_plan(client: httpx.AsyncClient) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    await replace(watch, baseline=2).sees(a=7.0)
    assert [(one["baseline"], one["resolution"]) for one in await watch.deviations()] == [
        (2, None),
        (1, "rebaselined"),
    ]
    later = replace(watch, baseline=2)
    await later.write(await later.judge({}, closed=True))
    assert {one["resolution"] for one in await watch.deviations()} == {"rebaselined", "plan_closed"}


async def test_an_unknown_value_holds_it_as_it_was(client: httpx.AsyncClient) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    before = await watch.only()
    await watch.sees(a=None)
    assert await watch.only() == before


async def test_a_plan_as_a_whole_deviates_without_a_milestone(client: httpx.AsyncClient) -> None:
    watch = await watched(client)
    late = Tolerance("late", Measure.plan_finish_variance, Unit.working_days, upper=Bounds(0, 5))
    await other(watch, late).sees(the_plan=3.0)
    found = await watch.only()
    assert (found["milestone"], found["level"], found["evidence"]["bound"]) == (None, "warning", 0.0)


async def test_a_measure_without_a_baseline_names_none(client: httpx.AsyncClient) -> None:
    watch = await watched(client)
    await other(watch, BLOCKED).sees(a=2.0)
    assert (await watch.only())["baseline"] is None


@pytest.mark.parametrize(
    ("value", "level", "bound"), [(1.0, "warning", 2.0), (-4.0, "breach", -3.0), (91.0, "warning", 90.0)]
)
async def test_the_bound_is_the_one_that_was_crossed(
    client: httpx.AsyncClient, value: float, level: str, bound: float
) -> None:
    watch = other(await watched(client), FLOAT)
    await watch.sees(a=value)
    found = await watch.only()
    assert (found["level"], found["evidence"]["bound"]) == (level, bound)


async def test_counts_survive_between_evaluations(client: httpx.AsyncClient, clock: TestClock) -> None:
    twice = replace(FINISH, consecutive=2)
    watch = await watched(client)
    await watch.sees(a=6.0)
    watch = other(watch, twice)
    states = []
    for value in (0.0, 6.0, 0.0, 0.0):
        clock.advance(days=1)
        await watch.sees(a=value)
        states.append((await watch.only())["state"])
    assert states == ["open", "open", "open", "resolved"]


async def test_a_large_plan_changes_in_a_moment(client: httpx.AsyncClient) -> None:
    keys = [f"m{number}" for number in range(1_000)]
    await build.put(client, "p", build.document(*map(build.milestone, keys)))
    watch = Watch(client)
    for value in (6.0, 6.4, 9.0, 0.0):
        await watch.sees(**dict.fromkeys(keys, value))
    counts = await build.get(client, "/v1/deviations/summary")
    assert counts["items"] == []
    assert len(await watch.history((await watch.deviations())[0])) == 3


async def test_the_database_itself_refuses_a_second_open_record(client: httpx.AsyncClient, service: FastAPI) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    table = all_tables().tables["deviations"]

    async def again(tx: AsyncConnection) -> None:
        row = dict((await tx.execute(table.select())).one()._mapping)
        await tx.execute(insert(table).values({**row, "deviation_id": uuid7(), "episode": 2}))

    with pytest.raises(IntegrityError):
        await service.state.database.write(again)


async def test_an_id_of_nothing_is_not_found(client: httpx.AsyncClient) -> None:
    path = f"/v1/deviations/{uuid7()}"
    assert failure(await client.get(path)) == (404, "deviation-not-found")
    assert failure(await client.get(f"{path}/transitions")) == (404, "deviation-not-found")
    said = await client.post(f"{path}/acknowledgements", json={"reason": "known"})
    assert failure(said) == (404, "deviation-not-found")
    assert build.places(await client.get("/v1/deviations/nothing")) == [("#path/deviation", "uuid_parsing")]


async def test_another_workspaces_deviations_are_hidden(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    path = f"/v1/deviations/{(await watch.only())['id']}"
    stranger = make_client(await make_key("admin", workspace="other"))
    assert failure(await stranger.get(path)) == (404, "deviation-not-found")
    assert (await build.get(stranger, "/v1/deviations"))["items"] == []
    assert (await build.get(stranger, "/v1/deviations/summary"))["items"] == []


async def test_a_deleted_plan_takes_its_deviations_along(client: httpx.AsyncClient) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    found = await watch.only()
    await client.delete("/v1/plans/p", headers={"If-Match": "*"})
    assert failure(await client.get(f"/v1/deviations/{found['id']}")) == (404, "deviation-not-found")
    said = await client.post(f"/v1/deviations/{found['id']}/acknowledgements", json={"reason": "known"})
    assert failure(said) == (404, "deviation-not-found")
    assert (await build.get(client, "/v1/deviations"))["items"] == []
    assert (await build.get(client, "/v1/deviations/summary"))["items"] == []


async def test_everything_that_happens_is_announced_as_it_was(client: httpx.AsyncClient) -> None:
    watch = await watched(client)
    await watch.sees(a=2.0)
    await acknowledge(client, await watch.only())
    await watch.sees(a=6.0)
    await watch.sees(a=0.0)
    said = (await build.get(client, "/v1/feed"))["items"]
    assert [(one["type"], one["data"]["state"], one["data"]["transition"]["number"]) for one in said] == [
        ("deviation.opened", "open", 1),
        ("deviation.acknowledged", "acknowledged", 2),
        ("deviation.worsened", "acknowledged", 3),
        ("deviation.reopened", "open", 4),
        ("deviation.resolved", "resolved", 5),
    ]
    last = said[-1]["data"]
    last.pop("transition")
    assert last == await watch.only()


async def test_a_purged_plan_leaves_no_deviation(client: httpx.AsyncClient, service: FastAPI) -> None:
    watch = await watched(client)
    await watch.sees(a=6.0)
    await client.delete("/v1/plans/p", headers={"If-Match": "*"})
    later = service.state.clock()
    assert await purge_deleted(service.state.database, later.replace(year=2027), 1) == 1
    async with service.state.database.read() as db:
        for table in ("deviations", "deviation_transitions", "corrective_actions"):
            assert await db.scalar(text(f"SELECT count(*) FROM {table}")) == 0
