"""What the evaluation of a plan reads of tolerances, and how their changes reach it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.domain.plan import MilestoneKind
from app.domain.tolerances import AppliesTo, Bounds, JudgedBy, Measure, Tolerance, Unit
from app.plans.purging import purge_deleted
from app.plans.tables import plans
from app.tolerances import store
from tests.http import build
from tests.http.build import document, if_match, milestone, ok, tolerance
from tests.service import NOW, TestClock

URL = "/v1/tolerances"
BUILT_INS = [
    *("activity-finish", "assumption", "blocked", "contingency", "deadline", "finish", "metric-pace", "plan-finish"),
    "start",
]
_WORKSPACE = 1


@pytest.fixture(autouse=True)
async def two_plans(client: httpx.AsyncClient) -> None:
    """Plans `p` and `q`, both active."""
    for plan in "pq":
        await build.put(client, plan, document(milestone("a")))
        await build.capture(client, plan)


async def living(service: FastAPI, plan: str) -> dict[str, int]:
    """Keys and versions of the tolerances that watch a plan, in the order they are told."""
    async with service.state.database.read() as db:
        return {each.key: each.version for each in await store.living(db, _WORKSPACE, plan)}


async def at_versions(service: FastAPI, **versions: int) -> list[Tolerance]:
    async with service.state.database.read() as db:
        return await store.at_versions(db, _WORKSPACE, {key.replace("_", "-"): n for key, n in versions.items()})


async def create(client: httpx.AsyncClient, key: str = "late", **fields: Any) -> None:
    ok(await client.post(URL, json=tolerance(key=key, **fields)))


async def change(client: httpx.AsyncClient, key: str = "late", **fields: Any) -> None:
    ok(await client.patch(f"{URL}/{key}", json=fields, headers=if_match("*")))


async def delete(client: httpx.AsyncClient, key: str = "late") -> None:
    assert (await client.delete(f"{URL}/{key}", headers=if_match("*"))).status_code == 204


async def test_a_plan_is_watched_from_the_first_by_the_built_in_tolerances(service: FastAPI) -> None:
    assert await living(service, "p") == dict.fromkeys(BUILT_INS, 1)


async def test_a_plan_is_watched_by_its_own_and_by_those_of_the_workspace(
    client: httpx.AsyncClient, service: FastAPI
) -> None:
    for key, plan in (("of-p", "p"), ("of-q", "q"), ("of-all", None)):
        await create(client, key, plan=plan)
    await change(client, "finish", upper={"breach": 1})
    await delete(client, "blocked")
    left = [key for key in BUILT_INS if key != "blocked"]
    found = await living(service, "p")
    assert list(found) == sorted([*left, "of-all", "of-p"])
    assert found["finish"] == 2


async def test_a_tolerance_is_what_was_said(client: httpx.AsyncClient, service: FastAPI) -> None:
    said: build.Json = {
        "name": "Told to the board",
        "basis": "actual",
        "lower": {"warning": -2.5},
        "clear_margin": 0.5,
        "consecutive": 3,
        "baseline": "original",
        "applies_to": {
            "kinds": ["milestone"],
            "milestones": ["a"],
            "labels": {"team": "core"},
            "critical_only": True,
        },
    }
    await create(client, **said)
    (found,) = await at_versions(service, late=1)
    assert found == Tolerance(
        key="late",
        measure=Measure.finish_variance,
        unit=Unit.working_days,
        name="Told to the board",
        basis=JudgedBy.actual,
        lower=Bounds(warning=-2.5),
        upper=Bounds(1, 5),
        clear_margin=0.5,
        consecutive=3,
        baseline="original",
        applies_to=AppliesTo(
            frozenset({MilestoneKind.milestone}), frozenset({"a"}), {"team": "core"}, critical_only=True
        ),
    )


async def test_old_versions_can_be_asked_for_ever(client: httpx.AsyncClient, service: FastAPI) -> None:
    await create(client, plan="p")
    await change(client, upper={"breach": 3})
    await change(client, "finish", upper={"breach": 1})
    for key in ("late", "finish", "blocked"):
        await delete(client, key)
    found = await at_versions(service, late=1, finish=1, blocked=1)
    assert [(each.key, each.version, each.upper.breach, each.plan) for each in found] == [
        ("blocked", 1, 5, None),
        ("finish", 1, 0, None),
        ("late", 1, 5, "p"),
    ]
    found = await at_versions(service, late=2, finish=2)
    assert [(each.key, each.upper.breach) for each in found] == [("finish", 1), ("late", 3)]
    assert await at_versions(service) == []
    with pytest.raises(LookupError):
        await at_versions(service, late=3)


Step = Callable[[httpx.AsyncClient], Awaitable[object]]
CHANGES: list[tuple[str, list[Step], set[str]]] = [
    ("a new one", [create], {"p", "q"}),
    ("a new one of a plan", [lambda client: create(client, plan="p")], {"p"}),
    ("an edit", [create, lambda client: change(client, consecutive=2)], {"p", "q"}),
    ("an edit of a plan's", [lambda c: create(c, plan="q"), lambda c: change(c, consecutive=2)], {"q"}),
    ("no difference", [create, lambda client: change(client, consecutive=1)], set()),
    ("a deletion", [create, delete], {"p", "q"}),
    ("an edit of a built-in", [lambda client: change(client, "finish", upper={"breach": 1})], {"p", "q"}),
    ("a built-in deleted", [lambda client: delete(client, "finish")], {"p", "q"}),
    (
        "a built-in restored",
        [lambda client: delete(client, "finish"), lambda client: client.put(f"{URL}/finish", json=tolerance())],
        {"p", "q"},
    ),
]


@pytest.mark.parametrize(("steps", "due"), [pytest.param(*rest, id=name) for name, *rest in CHANGES])
async def test_a_change_makes_the_plans_due_that_it_watches(
    client: httpx.AsyncClient, service: FastAPI, steps: list[Step], due: set[str]
) -> None:
    database = service.state.database
    *before, last = steps
    for step in before:
        await step(client)
    await database.write(lambda tx: tx.execute(update(plans).values(check_due_at=NOW + timedelta(days=1))))
    seen = database.wakeups.seen("due")
    await last(client)
    async with database.read() as db:
        found = (await db.execute(select(plans.c.key, plans.c.check_due_at))).all()
    assert {key for key, due_at in found if due_at == NOW} == due
    assert (database.wakeups.seen("due") > seen) == bool(due)


async def test_a_purged_plan_takes_its_tolerances_with_it(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    await create(client, plan="p")
    await create(client, "of-all")
    await client.delete("/v1/plans/p", headers=if_match("*"))
    clock.advance(days=31)
    now: datetime = clock()
    assert await purge_deleted(service.state.database, now, after_days=30) == 1
    with pytest.raises(LookupError):
        await at_versions(service, late=1)
    assert [each.key for each in await at_versions(service, of_all=1)] == ["of-all"]
    await create(client, plan="q")
