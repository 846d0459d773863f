"""GET /schedule: early, late and projected dates, floats, and what sets each of them."""

from typing import Any

import httpx
import pytest

from tests.http.events_build import (
    Json,
    activity,
    by_key,
    capture,
    event,
    make_plan,
    milestone,
    ok,
    phase,
    post,
    put_plan,
)
from tests.scale import full
from tests.service import TestClock

WEEK = {"calendar": "standard", "scheduling": "as_soon_as_possible"}
MONDAY = "2026-03-02T08:00:00Z"


def work(key: str, minutes: int, **more: Any) -> Json:
    return activity(key, None, None, planned_duration_minutes=minutes, **more)


def link(predecessor: str, successor: str, type_: str = "FS", **more: Any) -> Json:
    return {"predecessor": predecessor, "type": type_, "successor": successor, **more}


HOUSE = [
    phase("shell"),
    work("foundation", 960, parent="shell"),
    work("walls", 1440, parent="shell"),
    work("garden", 480),
    milestone("moved-in", None, deadline="2026-03-10"),
]
LINKS = [link("foundation", "walls"), link("walls", "moved-in"), link("garden", "moved-in", lag_minutes=480)]


async def schedule(client: httpx.AsyncClient, plan: str = "house", **params: Any) -> Json:
    return await ok(await client.get(f"/v1/plans/{plan}/schedule", params=params))


@pytest.fixture
async def house(client: httpx.AsyncClient, clock: TestClock) -> httpx.AsyncClient:
    clock.advance(days=60)
    options = {"project_start": MONDAY}
    await put_plan(client, "house", HOUSE, dependencies=LINKS, schedule_options=options, **WEEK)
    await capture(client, "house")
    return client


async def test_dates_floats_and_the_critical_path(house: httpx.AsyncClient) -> None:
    answer = await schedule(house, as_of=MONDAY)
    found = by_key(answer)
    dates = {key: (each["early_start"], each["early_finish"]) for key, each in found.items()}
    assert dates["foundation"] == (MONDAY, "2026-03-03T17:00:00Z")
    assert dates["walls"] == ("2026-03-04T08:00:00Z", "2026-03-06T17:00:00Z")
    assert dates["moved-in"] == ("2026-03-06T17:00:00Z", "2026-03-06T17:00:00Z")
    assert dates["shell"] == (MONDAY, "2026-03-06T17:00:00Z")
    assert (found["garden"]["late_start"], found["garden"]["late_finish"]) == (
        "2026-03-05T08:00:00Z",
        "2026-03-05T17:00:00Z",
    )
    floats = {key: (each["total_float_minutes"], each["critical"]) for key, each in found.items()}
    assert floats["garden"] == (1440, False)
    assert all(floats[key] == (0, True) for key in ("foundation", "walls", "moved-in", "shell"))
    summary = answer["summary"]
    assert summary["driving_chain"] == summary["longest_path"] == ["foundation", "walls", "moved-in"]
    assert (summary["critical_count"], summary["worst_total_float_minutes"]) == (4, 0)
    assert (summary["projected_finish"], summary["late_finish"]) == ("2026-03-06T17:00:00Z",) * 2


async def test_every_date_has_its_reason(house: httpx.AsyncClient) -> None:
    found = by_key(await schedule(house, as_of=MONDAY))
    first, *near = found["moved-in"]["why"]
    assert first == {
        "edge": "start",
        "kind": "link",
        "at": "2026-03-06T17:00:00Z",
        "slack_minutes": 0,
        "milestone": "walls",
        "type": "FS",
        "lag_minutes": 0,
        "constraint": None,
    } | {"at": first["at"]}
    assert near == []  # the garden is three days off
    assert [bound["kind"] for bound in found["foundation"]["why"]] == ["project_start", "data_date"]
    assert found["walls"]["driving_predecessor"] == "foundation"
    assert (found["walls"]["late_why"]["kind"], found["walls"]["late_why"]["milestone"]) == ("link", "moved-in")
    assert found["moved-in"]["late_why"]["kind"] == "project_finish"


async def test_progress_moves_the_rest_and_the_variance_says_so(house: httpx.AsyncClient) -> None:
    await post(house, "house", event("s", "started", "foundation", MONDAY))
    half = {"remaining_minutes": 960}
    await post(house, "house", event("p", "progressed", "foundation", "2026-03-04T08:00:00Z", data=half))
    answer = await schedule(house, as_of="2026-03-04T08:00:00Z")
    found = by_key(answer)
    assert (found["foundation"]["projected_start"], found["foundation"]["projected_finish"]) == (
        MONDAY,
        "2026-03-05T17:00:00Z",
    )
    assert found["foundation"]["remaining_minutes"] == 960
    assert found["moved-in"]["projected_finish"] == "2026-03-10T17:00:00Z"
    assert [each["kind"] for each in found["foundation"]["why"]] == ["progress", "data_date"]
    variance = await ok(await house.get("/v1/plans/house/variance", params={"as_of": "2026-03-04T08:00:00Z"}))
    items = by_key(variance)
    for key, each in found.items():
        same = ("projected_start", "projected_finish", "total_float_minutes", "free_float_minutes", "critical")
        assert [each[name] for name in same] == [items[key][name] for name in same], key
    assert variance["summary"]["drivers"] == ["foundation", "walls", "moved-in"]


async def test_a_deadline_that_cannot_be_kept_is_found(house: httpx.AsyncClient) -> None:
    answer = await schedule(house, as_of="2026-03-09T08:00:00Z")
    found = by_key(answer)
    assert found["moved-in"]["total_float_minutes"] == -3 * 480
    assert [each["code"] for each in found["moved-in"]["findings"]] == ["constraint_violated"]
    assert answer["summary"]["finding_counts"] == {"constraint_violated": 1, "dangling": 2}
    assert found["foundation"]["critical"] is True


async def test_the_baseline_is_that_of_the_question(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m", "2026-03-10")])
    await put_plan(client, "p", [milestone("m", "2026-03-12")])
    await capture(client, "p")
    for baseline, finish, days in (("original", "2026-03-10", 2.0), ("current", "2026-03-12", 0.0)):
        answer = await schedule(client, "p", as_of="2026-03-01", baseline=baseline)
        assert answer["items"][0]["baseline_finish"] == answer["summary"]["baseline_finish"] == finish
        assert answer["summary"]["finish_variance"]["working_days"] == days


async def test_an_older_schedule_stays_as_it_was_known(house: httpx.AsyncClient) -> None:
    before = await schedule(house, as_of=MONDAY)
    await put_plan(house, "house", [*HOUSE, work("roof", 4800)], dependencies=[*LINKS, link("walls", "roof")], **WEEK)
    after = await schedule(house, as_of=MONDAY)
    assert after["summary"]["projected_finish"] > before["summary"]["projected_finish"]
    again = await schedule(house, as_of=MONDAY, known_at=before["known_at"])
    assert {**again, "inputs_digest": None} == {**before, "inputs_digest": None}
    assert again["inputs_digest"] == before["inputs_digest"]


async def test_pages_of_one_answer_and_critical_alone(house: httpx.AsyncClient) -> None:
    whole = await schedule(house)
    assert whole["as_of_source"] == "now"
    keys: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = await schedule(house, **params)
        assert page["as_of"] == whole["as_of"]
        keys += [each["milestone"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert keys == [each["milestone"] for each in whole["items"]]
    assert (await schedule(house, limit=0))["items"] == []
    critical = await schedule(house, critical=True, as_of=MONDAY)
    assert [each["milestone"] for each in critical["items"]] == ["foundation", "moved-in", "shell", "walls"]
    other = await house.get("/v1/plans/house/schedule", params={"cursor": params["cursor"], "critical": True})
    assert other.status_code == 422


async def test_the_plans_target_finish_counts_back(house: httpx.AsyncClient) -> None:
    await ok(await house.patch("/v1/plans/house", json={"target_finish": "2026-03-05"}, headers={"If-Match": "*"}))
    answer = await schedule(house, as_of=MONDAY)
    assert (answer["summary"]["target_finish"], answer["summary"]["worst_total_float_minutes"]) == (
        "2026-03-05",
        -480,
    )
    found = by_key(answer)
    assert found["moved-in"]["late_why"]["kind"] == "target_finish"


async def test_work_beyond_all_calendars_is_a_problem_and_a_reason(client: httpx.AsyncClient) -> None:
    ages = 52_000_000  # minutes; some 400 working years
    await put_plan(client, "p", [work(key, ages) for key in "ab"], dependencies=[link("a", "b")], **WEEK)
    response = await client.get("/v1/plans/p/schedule")
    assert (response.status_code, response.json()["code"]) == (422, "schedule-beyond-calendars")
    answer = await ok(await client.get("/v1/plans/p/variance"))
    assert answer["summary"]["network_reason"] == "calendar_horizon"
    assert {each["network_reason"] for each in answer["items"]} == {"calendar_horizon"}


async def test_out_of_sequence_suspended_and_dangling_work_is_found(house: httpx.AsyncClient) -> None:
    await post(house, "house", event("w", "started", "walls", MONDAY), event("g", "started", "garden", MONDAY))
    await post(house, "house", event("b", "blocked", "garden", "2026-03-02T12:00:00Z"))
    found = by_key(await schedule(house, as_of="2026-03-03T08:00:00Z"))
    codes = {key: [(each["code"], each["predecessor"]) for each in item["findings"]] for key, item in found.items()}
    assert codes["walls"] == [("out_of_sequence", "foundation")]
    assert codes["garden"] == [("suspended_without_resume", None)]
    assert found["garden"]["lifecycle"] == "suspended"


async def test_what_is_reported_of_after_the_data_date_is_found(client: httpx.AsyncClient, clock: TestClock) -> None:
    clock.advance(days=60)
    await put_plan(
        client, "p", [milestone("m", "2026-03-10"), milestone("n", "2026-03-10")], status_date="2026-03-03"
    )
    await post(client, "p", event("c", "completed", "m", "2026-03-05T10:00:00Z"))
    answer = await schedule(client, "p")
    assert [each["code"] for each in by_key(answer)["m"]["findings"]] == ["future_actual"]
    assert answer["summary"]["finding_counts"] == {"future_actual": 1}
    assert by_key(answer)["m"]["lifecycle"] == "not_started"
    assert (await schedule(client, "p", as_of="2026-03-03"))["summary"]["finding_counts"] == {}


async def test_a_day_that_was_done_is_done_in_every_zone(client: httpx.AsyncClient, clock: TestClock) -> None:
    clock.advance(days=60)
    always = dict.fromkeys(("monday", "tuesday", "wednesday"), ({"from": "08:00", "to": "17:00"},))
    island = {"key": "island", "name": "Island", "time_zone": "Pacific/Honolulu", "weekly": always}
    await ok(await client.post("/v1/calendars", json=island))
    plan = [activity("a", "2026-03-02", "2026-03-03", calendar="island"), milestone("m", "2026-03-04")]
    await make_plan(client, "p", plan, dependencies=[link("a", "m")])
    await post(client, "p", event("s", "started", "a", "2026-03-02"), event("c", "completed", "a", "2026-03-03"))
    item = by_key(await schedule(client, "p", as_of="2026-03-03T05:00:00Z"))["a"]
    assert (item["lifecycle"], item["remaining_minutes"], item["total_float_minutes"]) == ("completed", 0, None)
    assert item["findings"] == []


@pytest.mark.parametrize("hour", ["08:01", "12:00", "16:59"])
async def test_work_planned_for_a_day_is_not_late_before_that_day_is_over(
    client: httpx.AsyncClient, clock: TestClock, hour: str
) -> None:
    clock.advance(days=60)
    plan = [
        activity("a", "2026-03-02", "2026-03-06"),
        activity("b", "2026-03-09", "2026-03-10"),
        milestone("m", "2026-03-11"),
    ]
    links = [link("a", "b"), link("b", "m")]
    await make_plan(client, "p", plan, dependencies=links, calendar="standard")
    now = f"2026-03-02T{hour}:00Z"
    waiting = await ok(await client.get("/v1/plans/p/variance", params={"as_of": now}))
    assert waiting["summary"]["schedule_status"] == "on_track"
    await post(client, "p", event("s", "started", "a", f"2026-03-02T{hour}:00Z"))
    begun = await ok(await client.get("/v1/plans/p/variance", params={"as_of": now}))
    assert begun["summary"]["schedule_status"] == "on_track"
    tomorrow = await ok(await client.get("/v1/plans/p/variance", params={"as_of": "2026-03-03T09:00:00Z"}))
    assert tomorrow["summary"]["schedule_status"] == "on_track"


async def test_a_long_chain_is_no_trouble(client: httpx.AsyncClient) -> None:
    count = full(20_000, 2_000)
    chain = [work(f"t{number:05}", 60) for number in range(count)]
    links = [link(f"t{number:05}", f"t{number + 1:05}") for number in range(count - 1)]
    await put_plan(client, "p", chain, dependencies=links, scheduling="as_soon_as_possible")
    answer = await schedule(client, "p", as_of="2026-03-02T00:00:00Z", limit=0)
    assert len(answer["summary"]["driving_chain"]) == count


async def test_lags_and_leads_of_a_century(client: httpx.AsyncClient) -> None:
    century = 52_560_000
    links = [link("a", "b", lag_minutes=century), link("b", "c", lag_minutes=-century)]
    plan = [work(key, 60) for key in "abc"]
    await put_plan(client, "p", plan, dependencies=links, scheduling="as_soon_as_possible")
    found = by_key(await schedule(client, "p", as_of="2026-03-02T00:00:00Z"))
    assert [found[key]["early_start"] for key in "abc"] == [
        "2026-03-02T00:00:00Z",
        "2126-02-06T01:00:00Z",
        "2026-03-02T02:00:00Z",
    ]


async def test_links_that_repeat_or_name_phases_count_as_they_read(client: httpx.AsyncClient) -> None:
    plan = [phase("p"), work("a", 60, parent="p"), work("b", 120, parent="p"), work("c", 60), work("d", 60)]
    links = [link("p", "c"), link("c", "d"), link("c", "d", "SS"), link("c", "d", "FF")]
    await put_plan(client, "p", plan, dependencies=links, scheduling="as_soon_as_possible")
    found = by_key(await schedule(client, "p", as_of="2026-03-02T00:00:00Z"))
    assert (found["c"]["early_start"], found["c"]["driving_predecessor"]) == ("2026-03-02T02:00:00Z", "b")
    assert found["d"]["early_start"] == "2026-03-02T03:00:00Z"


async def test_constraints_that_contradict_each_other_are_found(client: httpx.AsyncClient) -> None:
    plan = [
        work("a", 2880),
        milestone("b", None, constraint={"type": "MFO", "date": "2026-03-02"}),
        work("c", 60, constraint={"type": "SNLT", "date": "2026-03-01"}, deadline="2026-02-01"),
    ]
    await put_plan(client, "p", plan, dependencies=[link("a", "b")], scheduling="as_soon_as_possible")
    found = by_key(await schedule(client, "p", as_of="2026-03-02T00:00:00Z"))
    minutes = {key: [each["minutes"] for each in item["findings"] if each["minutes"]] for key, item in found.items()}
    # c starts a day after the start of 1 March, and ends 28 days and an hour after the end of 1 February.
    assert minutes == {"a": [], "b": [1440], "c": [28 * 1440 + 60, 1440]}
    assert found["a"]["total_float_minutes"] == -1440
