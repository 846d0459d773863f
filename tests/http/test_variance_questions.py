"""What variance is asked: as of when, known when, against which baseline, which items; and the same bytes again."""

from typing import Any

import httpx
import pytest

from tests.http.events_build import (
    Json,
    batch,
    capture,
    codes,
    event,
    make_plan,
    milestone,
    ok,
    post,
    put_plan,
    variance,
)
from tests.service import TestClock

VARIANCE = "/v1/plans/p/variance"
HOURS = [{"from": "08:00", "to": "16:00"}]


@pytest.fixture
async def plan(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client whose plan `p` was made and baselined at 2026-03-02T09:00Z."""
    await make_plan(client, "p", [milestone("m")])
    return client


async def refused(client: httpx.AsyncClient, **params: Any) -> tuple[int, str, list[tuple[str, str]]]:
    answer = await client.get(VARIANCE, params=params)
    return answer.status_code, answer.json()["code"], codes(answer)


async def patch_plan(client: httpx.AsyncClient, **change: Any) -> None:
    await ok(await client.patch("/v1/plans/p", json=change, headers={"If-Match": "*"}))


# --- as of when


async def test_as_of_is_what_is_asked_else_the_status_date_else_known_at_else_now(
    plan: httpx.AsyncClient, clock: TestClock
) -> None:
    async def as_of(**params: str) -> tuple[str, str]:
        answer = await variance(plan, "p", **params)
        return answer["as_of"], answer["as_of_source"]

    clock.advance(days=1)
    assert await as_of() == ("2026-03-03T09:00:00Z", "now")
    assert await as_of(known_at="2026-03-03T08:00:00Z") == ("2026-03-03T08:00:00Z", "known_at")
    await patch_plan(plan, status_date="2026-03-01")
    assert await as_of() == ("2026-03-02T00:00:00Z", "status_date")
    assert await as_of(known_at="2026-03-03T09:00:00Z") == ("2026-03-02T00:00:00Z", "status_date")
    assert await as_of(known_at="2026-03-03T08:00:00Z") == ("2026-03-03T08:00:00Z", "known_at")  # not known yet
    assert await as_of(as_of="2026-02-01T10:00:00+01:00") == ("2026-02-01T09:00:00Z", "asked")
    await patch_plan(plan, status_date="2026-02-28T12:00:00Z")
    assert await as_of() == ("2026-02-28T12:00:00Z", "status_date")


async def test_a_day_is_its_end_in_the_plans_zone(plan: httpx.AsyncClient, clock: TestClock) -> None:
    await patch_plan(plan, time_zone="America/New_York")
    clock.advance(days=10)
    answer = await variance(plan, "p", as_of="2026-03-08", known_at="2026-03-10")
    assert answer["as_of"] == "2026-03-09T04:00:00Z"
    assert (await variance(plan, "p", known_at="2026-03-07"))["as_of"] == "2026-03-08T05:00:00Z"


async def test_what_happened_later_does_not_count_yet(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", event("e", "completed", at="2026-03-02T08:00:00Z"))
    before = await variance(plan, "p", as_of="2026-03-02T07:59:59Z")
    after = await variance(plan, "p", as_of="2026-03-02T08:00:00Z")
    assert (before["events_after_as_of"], before["items"][0]["lifecycle"]) == (1, "not_started")
    assert (after["events_after_as_of"], after["items"][0]["lifecycle"]) == (0, "completed")


async def test_the_ends_of_time_are_answered_or_refused(plan: httpx.AsyncClient) -> None:
    for day in ("1970-01-01", "2199-12-31", "1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z"):
        assert (await variance(plan, "p", as_of=day))["items"] != []
    for wrong in ("1969-12-31", "2200-01-01", "2026-02-30", "2026-03-02T09:00:00", "soon", ""):
        status, code, _ = await refused(plan, as_of=wrong)
        assert (status, code) == (422, "invalid-request"), wrong


# --- known when


async def test_known_at_must_lie_between_the_first_fact_and_now(plan: httpx.AsyncClient, clock: TestClock) -> None:
    place = [("?known_at", "known_at_refused")]
    for wrong in ("2026-03-02T08:59:59Z", "2026-03-01", "2026-03-02T09:00:00.000002Z", "2026-03-03"):
        assert await refused(plan, known_at=wrong) == (422, "instant-refused", place), wrong
    assert (await variance(plan, "p", known_at="2026-03-02T09:00:00Z"))["baseline"] is None
    clock.advance(days=1)
    assert (await variance(plan, "p", known_at="2026-03-02"))["baseline"]["number"] == 1


async def test_known_at_is_answered_with_the_newest_fact(plan: httpx.AsyncClient, clock: TestClock) -> None:
    clock.advance(hours=1)
    await post(plan, "p", event("e", "started"))
    clock.advance(hours=1)
    asked = {
        "2026-03-02T09:00:00Z": "2026-03-02T09:00:00Z",  # the plan
        "2026-03-02T09:59:59Z": "2026-03-02T09:00:00.000001Z",  # its baseline
        "2026-03-02T10:00:00Z": "2026-03-02T10:00:00Z",  # the event
        "2026-03-02T10:30:00Z": "2026-03-02T10:00:00Z",
    }
    assert {known_at: (await variance(plan, "p", known_at=known_at))["known_at"] for known_at in asked} == asked


async def test_known_at_moves_plan_baselines_and_events(plan: httpx.AsyncClient, clock: TestClock) -> None:
    clock.advance(hours=1)
    await put_plan(plan, "p", [milestone("m", "2026-03-20")])
    clock.advance(hours=1)
    await capture(plan, "p")
    clock.advance(hours=1)
    await post(plan, "p", event("e", "completed", at="2026-03-01"))
    clock.advance(hours=1)
    found = []
    for hour in (9, 10, 11, 12):
        answer = await variance(plan, "p", known_at=f"2026-03-02T{hour:02}:00:00.000009Z")
        (each,) = answer["items"]
        found.append(
            (answer["revision"], answer["baseline"]["number"], each["planned_finish"], each["actual_finish"])
        )
    assert found == [
        (1, 1, "2026-03-10", None),
        (2, 1, "2026-03-20", None),
        (2, 2, "2026-03-20", None),
        (2, 2, "2026-03-20", "2026-03-01"),
    ]


async def test_a_calendar_counts_in_the_version_known_then(plan: httpx.AsyncClient, clock: TestClock) -> None:
    weekly = {"monday": HOURS, "tuesday": HOURS, "wednesday": HOURS}
    await ok(await plan.put("/v1/calendars/team", json={"name": "team", "weekly": weekly}))
    await patch_plan(plan, calendar="team")
    await capture(plan, "p")
    await put_plan(plan, "p", [milestone("m", "2026-03-13")], calendar="team")
    clock.advance(hours=1)
    before = await variance(plan, "p")
    longer = {"weekly": {**weekly, "friday": HOURS}}
    await ok(await plan.patch("/v1/calendars/team", json=longer, headers={"If-Match": "*"}))
    after = await variance(plan, "p")
    assert [each["items"][0]["finish_variance"]["working_minutes"] for each in (before, after)] == [480, 960]
    assert before["inputs_digest"] != after["inputs_digest"]


# --- the same question, the same bytes


async def test_the_echo_asked_again_gives_the_same_bytes_whatever_happens_later(
    plan: httpx.AsyncClient, clock: TestClock
) -> None:
    weekly = {"monday": HOURS, "tuesday": HOURS}
    await ok(await plan.put("/v1/calendars/team", json={"name": "team", "weekly": weekly}))
    plain = [milestone("m"), milestone("n")]
    versions = [
        (plain, {}),
        ([milestone("m", calendar="team"), milestone("n")], {}),
        (plain, {}),
        ([*plain, milestone("o")], {"time_zone": "Asia/Tokyo", "status_date": "2026-03-01"}),
    ]
    kept: list[tuple[Json, bytes]] = []

    async def ask() -> None:
        """Keep what is answered now: whatever is known, and what was known in the first hour."""
        clock.advance(hours=1)
        for params in ({}, {"as_of": "2026-03-04T00:00:00Z"}, {"known_at": "2026-03-02T09:30:00Z"}):
            answer = await variance(plan, "p", **params)
            again = {"as_of": answer["as_of"], "known_at": answer["known_at"]}
            repeated = await plan.get(VARIANCE, params=again)
            assert repeated.json()["known_at"] == answer["known_at"]
            assert _answered(repeated.json()) == _answered(answer)
            kept.append((again, repeated.content))

    for number, (milestones, fields) in enumerate(versions):
        await put_plan(plan, "p", milestones, **fields)
        await ask()
        await capture(plan, "p", supplementary=number % 2 == 1)
        await ask()
        await post(plan, "p", event(f"e{number}", "completed", at=f"2026-03-0{number % 2 + 1}"))
        await ask()
        changed = {"weekly": {**weekly, "friday": [{"from": "08:00", "to": f"1{number}:00"}]}}
        await ok(await plan.patch("/v1/calendars/team", json=changed, headers={"If-Match": "*"}))
        await ask()
        await patch_plan(plan, status="on_hold" if number % 2 else "active")
        await ask()
        for again, content in kept:
            assert (await plan.get(VARIANCE, params=again)).content == content, again


def _answered(answer: Json) -> Json:
    """An answer without the words for how it was asked."""
    return {name: value for name, value in answer.items() if name != "as_of_source"}


async def test_equal_inputs_have_equal_digests_and_others_do_not(plan: httpx.AsyncClient, clock: TestClock) -> None:
    async def digest(**params: Any) -> str:
        found: str = (await variance(plan, "p", as_of="2026-03-04T00:00:00Z", **params))["inputs_digest"]
        return found

    first = await digest()
    assert {first, await digest(baseline="1"), await digest(baseline="current"), await digest(limit=0)} == {first}
    clock.advance(hours=1)
    assert await digest() == first
    seen = [first, (await variance(plan, "p", as_of="2026-03-05T00:00:00Z"))["inputs_digest"]]
    await post(plan, "p", event("e", "note.added", data={"text": "hello"}))
    seen.append(await digest())
    await patch_plan(plan, goal="another")
    seen.append(await digest())
    await capture(plan, "p")
    seen += [await digest(), await digest(baseline="original")]
    assert len(set(seen)) == len(seen)
    await make_plan(plan, "q", [milestone("m")])
    other = await variance(plan, "q", as_of="2026-03-04T00:00:00Z")
    assert other["inputs_digest"] not in seen


# --- against which baseline


async def test_the_baseline_is_the_one_asked_for(plan: httpx.AsyncClient) -> None:
    for finish, supplementary in (("2026-03-12", False), ("2026-03-14", True)):
        await put_plan(plan, "p", [milestone("m", finish)])
        await capture(plan, "p", f"to {finish}", supplementary=supplementary)
    found = {}
    for name in (None, "current", "original", "1", "2", "3"):
        answer = await variance(plan, "p", **({} if name is None else {"baseline": name}))
        (each,) = answer["items"]
        found[name] = (answer["baseline"]["number"], each["finish_variance"]["elapsed_minutes"] // 1440)
    assert found == {None: (2, 2), "current": (2, 2), "original": (1, 4), "1": (1, 4), "2": (2, 2), "3": (3, 0)}


async def test_an_unknown_baseline_is_not_found(plan: httpx.AsyncClient, clock: TestClock) -> None:
    await put_plan(plan, "q", [milestone("m")])
    for path, params in (
        (VARIANCE, {"baseline": "2"}),
        (VARIANCE, {"baseline": "1", "known_at": "2026-03-02T09:00:00Z"}),  # a microsecond later it is there
        ("/v1/plans/q/variance", {"baseline": "original"}),
    ):
        answer = await plan.get(path, params=params)
        assert (answer.status_code, answer.json()["code"]) == (404, "baseline-not-found"), params
    assert (await plan.get(VARIANCE, params={"baseline": "newest"})).status_code == 422


# --- which items


async def test_one_milestone_is_answered_as_in_the_list(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", event("e", "completed"))
    params = {"as_of": "2026-03-04", "baseline": "original"}
    whole = await variance(plan, "p", **params)
    one = await ok(await plan.get(f"{VARIANCE}/m", params=params))
    assert one.pop("item") == whole["items"][0]
    assert one == {name: whole[name] for name in one}
    missing = await plan.get(f"{VARIANCE}/nobody")
    assert (missing.status_code, missing.json()["code"]) == (404, "milestone-not-found")
    unknown = await plan.get("/v1/plans/nobody/variance")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan-not-found")


@pytest.fixture
async def five(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client whose plan `p` has the milestones `a` to `e`; `b` and `d` are late."""
    await make_plan(client, "p", [milestone(key) for key in "abcde"])
    await put_plan(client, "p", [milestone(key, "2026-03-11" if key in "bd" else "2026-03-10") for key in "abcde"])
    return client


async def test_items_of_one_status(five: httpx.AsyncClient) -> None:
    answer = await variance(five, "p", schedule_status="at_risk")
    assert [each["milestone"] for each in answer["items"]] == ["b", "d"]
    assert answer["summary"]["counts"]["on_track"] == 3  # the summary is of the whole plan
    assert (await variance(five, "p", schedule_status="late"))["items"] == []
    assert (await five.get(VARIANCE, params={"schedule_status": "bad"})).status_code == 422


async def test_no_items_at_all(five: httpx.AsyncClient) -> None:
    whole, alone = await variance(five, "p"), await variance(five, "p", limit=0)
    assert (alone["items"], alone["next_cursor"]) == ([], None)
    assert (alone["summary"], alone["inputs_digest"]) == (whole["summary"], whole["inputs_digest"])


async def test_pages_answer_the_question_of_the_first_whatever_is_recorded_meanwhile(
    five: httpx.AsyncClient, clock: TestClock
) -> None:
    for params in ({}, {"baseline": "current"}, {"schedule_status": "on_track"}, {"as_of": "2026-03-04"}):
        whole = await variance(five, "p", **params)
        page = await variance(five, "p", **{**params, "limit": 2})
        pages = [page]
        while page["next_cursor"] is not None:
            await post(five, "p", event(f"{params} {len(pages)}", "completed", "e", at="2026-03-01"))
            await put_plan(five, "p", [milestone(key, f"2026-04-0{len(pages)}") for key in "abcdef"])
            await capture(five, "p")
            clock.advance(hours=1)
            page = await variance(five, "p", **{**params, "limit": 2, "cursor": page["next_cursor"]})
            pages.append(page)
        assert [each for page in pages for each in page["items"]] == whole["items"]
        headers = [{n: v for n, v in page.items() if n not in {"items", "next_cursor"}} for page in [whole, *pages]]
        assert headers == [headers[0]] * len(headers)
        await put_plan(five, "p", [milestone(key) for key in "abcde"])


async def test_a_cursor_belongs_to_its_question(five: httpx.AsyncClient) -> None:
    cursor = (await variance(five, "p", limit=2))["next_cursor"]
    for params in (
        {"as_of": "2026-03-04"},
        {"baseline": "1"},
        {"schedule_status": "late"},
        {"known_at": "2026-03-01"},
    ):
        status, _, places = await refused(five, cursor=cursor, **params)
        assert (status, places) == (422, [("?cursor", "invalid_cursor")]), params
    changed = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    assert (await refused(five, cursor=changed))[2] == [("?cursor", "invalid_cursor")]


async def test_more_than_a_thousand_items_are_a_thousand(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone(f"m{number:04}") for number in range(1_001)])
    page = await variance(client, "p", limit=5_000)
    assert (len(page["items"]), page["next_cursor"] is None) == (1_000, False)
    last = await variance(client, "p", limit=5_000, cursor=page["next_cursor"])
    assert [each["milestone"] for each in last["items"]] == ["m1000"]
    assert (await client.get(VARIANCE, params={"limit": -1})).status_code == 422
    await batch(client, [{"plan": "p", **event(f"e{n}", "completed", f"m{n:04}")} for n in range(1_001)])
    assert (await variance(client, "p", limit=0))["summary"]["counts"]["ahead"] == 1_001
