"""Real release plans of CPython replayed against a moving clock: what is flagged, when, and what becomes of it."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.domain.moments import parse_instant
from app.settings import Settings
from tests.evaluating import deviations, due_at, evaluate, history, only
from tests.flows.cpython_history import TOLERANCE, VERSIONS, announce, announced, announced_at, facts, flagged, send
from tests.http.build import Json, get
from tests.service import ADMIN_KEY, TestClock, new_app

PLAN = "release"
BASES = {"announced": "overdue_floor", "re-plan": "projected", "completed": "actual", "silence": "overdue_floor"}
SILENT_AT = datetime(2023, 11, 22, 0, 1, tzinfo=UTC)


@pytest.fixture
def sample(request: pytest.FixtureRequest, shared_data: Path) -> Json:
    """The history of one release."""
    found: Json = json.loads((shared_data / "samples" / f"python-{request.param}-release.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("sample", "version"), [(each, each) for each in VERSIONS], indirect=["sample"], ids=VERSIONS
)
async def test_what_is_flagged_is_what_the_history_says(
    client: httpx.AsyncClient, service: FastAPI, sample: Json, version: str
) -> None:
    service.state.clock.now = announced_at(sample) - timedelta(days=1)
    await only(client, TOLERANCE)
    await replay(service, client, sample)

    found, items = await deviations(client, PLAN), await feed(client)
    told = {each["id"]: await history(client, each) for each in found}
    rows = [row(sample, each, told[each["id"]]) for each in found]
    assert sorted(rows, key=lambda cells: (cells[1], cells[0])) == list(flagged(version))
    check_each_is_told_once(items, found, told)
    check_what_it_rests_on(items, sample)
    await check_few_evaluations(client, sample)


async def replay(service: FastAPI, client: httpx.AsyncClient, sample: Json) -> None:
    """Send every fact when it was recorded; between two, only the clock moves, on to where the plan is due by itself.

    That may be a few times for each milestone: when a bound may be crossed, and not every minute.
    """
    clock, checks = service.state.clock, 3 * len(sample["milestones"])
    clock.now = announced_at(sample)
    await announce(client, PLAN, sample)
    await evaluate(service)
    for fact in facts(sample):
        while (at := await due_at(client, PLAN)) is not None and at <= fact.at:
            checks -= 1
            assert checks >= 0, f"due too often, last at {at}"
            clock.now = at
            await evaluate(service)
        clock.now = fact.at
        await send(client, PLAN, fact)
        await evaluate(service)


def row(sample: Json, deviation: Json, transitions: list[Json]) -> tuple[str, ...]:
    """A deviation as the table tells it."""
    first, last = transitions[0], transitions[-1]
    opened_at = parse_instant(first["recorded_at"])
    breaches = (_time(each["recorded_at"]) for each in transitions if each["level"] == "breach")
    became = f"{deviation['level']} {_days(deviation['evidence']['value'])}"
    if deviation["state"] == "resolved":
        why = {"within_tolerance": "back"}.get(last["resolution"], last["resolution"])
        became = f"{why} {_time(last['recorded_at'])}{' told late' if last['retroactive'] else ''}"
    by = heard(sample, deviation["milestone"], opened_at)
    return deviation["milestone"], _time(first["recorded_at"]), by, _days(first["value"]), next(breaches, "-"), became


def heard(sample: Json, milestone: str, at: datetime) -> str:
    """What was recorded of a milestone at an instant."""
    if at == announced_at(sample) and milestone in announced(sample):
        return "announced"
    kinds = [fact.kind for fact in facts(sample) if (fact.at, fact.milestone) == (at, milestone)]
    return {"replanned": "re-plan"}.get(kinds[0], kinds[0]) if kinds else "silence"


async def feed(client: httpx.AsyncClient) -> list[Json]:
    """Everything that was announced of the plan."""
    page = await get(client, "/v1/feed", plan=PLAN, limit=20)
    items: list[Json] = page["items"]
    while page["has_more"]:
        page = await get(client, "/v1/feed", plan=PLAN, limit=20, cursor=page["next_cursor"])
        items += page["items"]
    return items


def check_each_is_told_once(items: list[Json], found: list[Json], told: dict[str, list[Json]]) -> None:
    """No deviation is there twice, and the feed has each of its transitions once, in order."""
    names = ("plan", "milestone", "tolerance", "baseline", "episode")
    assert len({tuple(each[name] for name in names) for each in found}) == len(found)
    assert len({item["id"] for item in items}) == len(items)
    assert [item["occurred_at"] for item in items] == sorted(item["occurred_at"] for item in items)
    transitions = defaultdict[str, list[Json]](list)
    for item in items:
        transitions[item["data"]["id"]].append(item["data"]["transition"])
    assert transitions == told


def check_what_it_rests_on(items: list[Json], sample: Json) -> None:
    """What opened names the kind of date that what was heard, or was not, brought up."""
    for item in items:
        if item["type"] == "deviation.opened":
            by = heard(sample, item["data"]["milestone"], parse_instant(item["occurred_at"]))
            assert item["data"]["evidence"]["basis"] == BASES[by]


async def check_few_evaluations(client: httpx.AsyncClient, sample: Json) -> None:
    """One for the announcement and for each fact, besides the checks of the replay."""
    count = (await get(client, f"/v1/plans/{PLAN}/evaluation"))["newest"]["number"]
    assert count <= 1 + len(facts(sample)) + 3 * len(sample["milestones"])


@pytest.mark.only_on("sqlite")  # where a wake-up is told once, and after its commit
@pytest.mark.parametrize("sample", ["3.13"], indirect=True)
async def test_silence_is_flagged_by_a_service_that_nobody_asks(
    settings: Settings, clock: TestClock, sample: Json
) -> None:
    """Alpha 2 was planned for 21 November 2023 and done a day later; nobody said so before 11 December."""
    app = new_app(settings.model_copy(update={"run_loops": True, "sweep_seconds": 0.05}), clock)
    clock.now = announced_at(sample)
    async with app.router.lifespan_context(app), caller(app) as client:
        await announce(client, PLAN, sample)
        first = facts(sample)[0]
        clock.now = first.at
        await send(client, PLAN, first)
        await get(client, f"/v1/plans/{PLAN}/evaluation", min_sequence=1, wait_seconds=30)
        assert await due_at(client, PLAN) == SILENT_AT

        wakeups = app.state.database.wakeups
        seen = wakeups.seen("feed")
        clock.now = SILENT_AT
        assert await wakeups.wait("feed", seen, 30)
        [found] = await deviations(client, PLAN)
    assert (found["milestone"], found["tolerance"], found["opened_at"]) == (
        "alpha-2",
        "finish",
        "2023-11-22T00:01:00Z",
    )
    assert (found["evidence"]["basis"], found["evidence"]["events"]) == ("overdue_floor", [])


def caller(app: FastAPI) -> httpx.AsyncClient:
    """A client that may do everything."""
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://leeway.test", headers=headers)


def _time(text: str) -> str:
    return f"{parse_instant(text):%Y-%m-%d %H:%M:%S}"


def _days(value: float) -> str:
    """Days and, if there are any, hours and minutes."""
    days, rest = divmod(round(abs(value) * 1_440), 1_440)
    return f"{'-' if value < 0 else ''}{days}d{f' {rest // 60:02}:{rest % 60:02}' if rest else ''}"
