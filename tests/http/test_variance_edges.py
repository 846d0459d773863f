"""Where one instant has two readings: the edge of a day, and calendars older than a loaded history."""

from datetime import timedelta

import httpx

from app.domain.moments import format_instant
from tests.http.events_build import activity, by_key, event, item, make_plan, milestone, ok, post, variance
from tests.service import TestClock

WEEKLY = {"monday": [{"from": "08:00", "to": "16:00"}]}
LONGER = {"weekly": {"monday": [{"from": "06:00", "to": "18:00"}]}}


async def test_the_status_date_of_a_day_leaves_out_what_happened_on_the_next_day(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m", "2026-03-01")])
    await post(client, "p", event("e", "completed", "m", "2026-03-02"))
    before = await variance(client, "p", as_of="2026-03-01")
    assert by_key(before)["m"]["lifecycle"] == "not_started"
    assert before["events_after_as_of"] == 1
    after = await variance(client, "p", as_of="2026-03-02")
    assert by_key(after)["m"]["actual_finish"] == "2026-03-02"
    assert after["events_after_as_of"] == 0


async def test_an_instant_at_midnight_has_happened_by_the_end_of_the_day_before(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m", "2026-03-01")])
    await post(client, "p", event("e", "completed", "m", "2026-03-02T00:00:00Z"))
    assert by_key(await variance(client, "p", as_of="2026-03-01"))["m"]["lifecycle"] == "completed"


async def test_a_loaded_history_counts_in_the_calendar_of_the_instant_asked(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    await ok(await client.put("/v1/calendars/team", json={"name": "team", "weekly": WEEKLY}))
    clock.advance(hours=1)
    await ok(await client.patch("/v1/calendars/team", json=LONGER, headers={"If-Match": "*"}))
    changed_at = format_instant(clock.now)
    clock.advance(hours=1)
    document = {"name": "p", "calendar": "team", "milestones": [milestone("m", "2025-03-03")]}
    past = {"recorded_at": "2025-01-01T00:00:00Z"}
    await ok(await client.put("/v1/plans/p/document", json=document, params=past))
    await ok(await client.post("/v1/plans/p/baselines", json={"name": "b", "reason": "r"}, params=past))
    question = {"as_of": "2025-03-17T20:00:00Z"}
    first = await client.get("/v1/plans/p/variance", params=question)
    assert first.json()["known_at"] == changed_at
    assert by_key(first.json())["m"]["finish_variance"]["working_minutes"] == 2 * 12 * 60
    clock.advance(hours=1)
    await post(client, "p", event("e", "note.added", "m", data={"text": "now"}))
    again = await client.get("/v1/plans/p/variance", params={**question, "known_at": changed_at})
    assert again.content == first.content
    before = format_instant(clock.now - timedelta(hours=2, minutes=30))
    old = await variance(client, "p", **question, known_at=before)
    assert by_key(old)["m"]["finish_variance"]["working_minutes"] == 2 * 8 * 60


async def test_work_in_progress_is_stale_after_a_fortnight_of_silence(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    clock.advance(days=30)
    await make_plan(client, "p", [activity("m", "2026-03-01", "2026-03-31")])
    await post(client, "p", event("e", "started", at="2026-03-01T00:00:00Z"))
    stale = [
        (await item(client, "p", as_of=day))["stale"] for day in ("2026-03-15T00:00:00Z", "2026-03-15T00:00:01Z")
    ]
    assert stale == [False, True]
