"""What variance says: values, bases, reasons, status, days, calendars, percent complete, scope and phases."""

from typing import Any

import httpx
import pytest

from tests.http.events_build import (
    Json,
    activity,
    by_key,
    event,
    item,
    make_plan,
    milestone,
    ok,
    phase,
    post,
    put_plan,
    variance,
)
from tests.service import TestClock

NOTHING: Json = {
    "working_minutes": None,
    "working_days": None,
    "elapsed_minutes": None,
    "basis": "none",
    "favorability": "unknown",
}
Found = tuple[int | None, str, str]


@pytest.fixture(autouse=True)
def _april(clock: TestClock) -> None:
    """All of March 2026 is over."""
    clock.advance(days=30)


def finish(found: Json) -> Found:
    """Finish variance in elapsed minutes, its basis, and the schedule status."""
    measured = found["finish_variance"]
    return measured["elapsed_minutes"], measured["basis"], found["schedule_status"]


def minutes(found: Json, name: str = "finish_variance") -> tuple[int | None, float | None, int | None]:
    measured = found[name]
    return measured["working_minutes"], measured["working_days"], measured["elapsed_minutes"]


async def test_the_worked_example_of_the_contract(client: httpx.AsyncClient) -> None:
    document = {"name": "Python 3.13", "goal": "Ship 3.13.0", "milestones": [milestone("beta-1", "2024-05-07")]}
    await ok(await client.put("/v1/plans/python-3.13/document", json=document))
    await ok(await client.post("/v1/plans/python-3.13/baselines", json={"name": "PEP 719", "reason": "announced"}))
    sent = {
        "id": "run-8123",
        "source": "ci/release",
        "type": "milestone.completed",
        "milestone": "beta-1",
        "occurred_at": "2024-05-08T10:12:00Z",
        "actor": "release-manager",
        "data": {},
    }
    (recorded,) = await post(client, "python-3.13", sent)
    answer = await variance(client, "python-3.13", as_of="2024-05-09T00:00:00Z")
    late: Json = {"basis": "actual", "favorability": "unfavorable", "reason": None}
    late |= {"working_minutes": 1440, "working_days": 1.0, "elapsed_minutes": 1440}
    assert answer.pop("inputs_digest").startswith("sha256:")
    assert answer == {
        "plan": "python-3.13",
        "as_of": "2024-05-09T00:00:00Z",
        "as_of_source": "asked",
        "known_at": recorded["recorded_at"],
        "revision": 1,
        "events_after_as_of": 0,
        "baseline": {"number": 1, "name": "PEP 719", "revision": 1},
        "summary": {
            "schedule_status": "late",
            "baseline_finish": "2024-05-07",
            "projected_finish": "2024-05-08T10:12:00Z",
            "projection_reason": None,
            "network_reason": None,
            "finish_variance": late,
            "planned_percent_complete": 100.0,
            "actual_percent_complete": 100.0,
            "counts": {"late": 1, "at_risk": 0, "on_track": 0, "ahead": 0, "unknown": 0, "not_applicable": 0},
            "added": [],
            "removed": [],
            "drivers": [],
        },
        "items": [
            {
                "milestone": "beta-1",
                "kind": "milestone",
                "lifecycle": "completed",
                "schedule_status": "late",
                "planned_start": None,
                "planned_finish": "2024-05-07",
                "baseline_start": None,
                "baseline_finish": "2024-05-07",
                "actual_start": None,
                "actual_finish": "2024-05-08T10:12:00Z",
                "forecast_start": None,
                "forecast_finish": None,
                "projected_start": None,
                "projected_finish": "2024-05-08T10:12:00Z",
                "projection_reason": None,
                "network_reason": "not_applicable",
                "start_variance": {**NOTHING, "reason": "no_planned_date"},
                "finish_variance": late,
                "duration_variance": {**NOTHING, "reason": "not_applicable"},
                "percent_complete": 100.0,
                "total_float_minutes": None,
                "free_float_minutes": None,
                "critical": False,
                "driving_predecessor": None,
                "last_event_at": "2024-05-08T10:12:00Z",
                "stale": False,
                "findings": [],
            }
        ],
        "next_cursor": None,
    }


# Planned and baselined for 10 March; what is planned now, what was reported, the status date, what is answered.
BASES: dict[str, tuple[str | None, list[Json], str, Found]] = {
    "planned": ("2026-03-10", [], "2026-03-05", (0, "projected", "on_track")),
    "planned later": ("2026-03-12", [], "2026-03-05", (2880, "projected", "at_risk")),
    "planned earlier": ("2026-03-08", [], "2026-03-05", (-2880, "projected", "ahead")),
    "forecast": ("2026-03-10", [{"finish": "2026-03-13"}], "2026-03-05", (4320, "forecast", "at_risk")),
    "forecast an instant": (
        "2026-03-10",
        [{"finish": "2026-03-11T01:00:00Z"}],
        "2026-03-05",
        (1440, "forecast", "at_risk"),
    ),
    "forecast before the plan": (
        "2026-03-10",
        [{"finish": "2026-03-08"}],
        "2026-03-05",
        (0, "projected", "on_track"),
    ),
    "forecast early in an early plan": (
        "2026-03-07",
        [{"finish": "2026-03-08"}],
        "2026-03-05",
        (-2880, "forecast", "ahead"),
    ),
    "forecast withdrawn": (
        "2026-03-10",
        [{"finish": "2026-03-13"}, {"finish": None}],
        "2026-03-05",
        (0, "projected", "on_track"),
    ),
    "due at this very instant": ("2026-03-10", [], "2026-03-11T00:00:00Z", (0, "projected", "on_track")),
    "overdue": ("2026-03-10", [], "2026-03-12T00:00:00Z", (1440, "overdue_floor", "late")),
    "overdue by a minute": ("2026-03-10", [], "2026-03-11T00:01:59Z", (1, "overdue_floor", "late")),
    "overdue beyond its forecast": (
        "2026-03-10",
        [{"finish": "2026-03-11"}],
        "2026-03-13T00:00:00Z",
        (2880, "overdue_floor", "late"),
    ),
    "overdue, but planned later": ("2026-03-20", [], "2026-03-12", (14_400, "projected", "late")),
    "no longer planned for any day": (None, [], "2026-03-05", (None, "none", "unknown")),
    "no longer planned, and overdue": (None, [], "2026-03-12T00:00:00Z", (1440, "overdue_floor", "late")),
}


async def test_what_the_baseline_is_compared_with(client: httpx.AsyncClient) -> None:
    keys = {name: name.replace(" ", "-").replace(",", "") for name in BASES}
    await make_plan(client, "p", [milestone(key) for key in keys.values()])
    await put_plan(client, "p", [milestone(keys[name], case[0]) for name, case in BASES.items()])
    for name, (_, forecasts, as_of, expected) in BASES.items():
        for number, data in enumerate(forecasts):
            at = f"2026-03-0{number + 1}"
            await post(client, "p", event(f"{name} {number}", "forecast_changed", keys[name], at, data=data))
        assert finish(await item(client, "p", keys[name], as_of=as_of)) == expected, name


DONE: dict[str, Found] = {
    "2026-03-08": (-2880, "actual", "ahead"),
    "2026-03-10": (0, "actual", "on_track"),
    "2026-03-10T00:00:00Z": (0, "actual", "on_track"),
    "2026-03-10T23:59:59Z": (0, "actual", "on_track"),
    "2026-03-11": (1440, "actual", "late"),
    "2026-03-11T10:12:00Z": (1440, "actual", "late"),
}


async def test_done_on_a_day_is_done_on_that_day_whatever_the_hour(client: httpx.AsyncClient) -> None:
    keys = [f"m{number}" for number in range(len(DONE))]
    await make_plan(client, "p", [milestone(key) for key in keys])
    for key, (when, expected) in zip(keys, DONE.items(), strict=True):
        await post(client, "p", event(key, "completed", key, when))
        found = await item(client, "p", key)
        assert (finish(found), found["actual_finish"]) == (expected, when)


async def test_a_day_is_a_day_of_the_plans_zone(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m"), milestone("n")], time_zone="America/New_York")
    await post(client, "p", event("m", "completed", "m", "2026-03-11T03:30:00Z"))  # 23:30 on the 10th there
    await post(client, "p", event("n", "completed", "n", "2026-03-11T04:00:00Z"))  # midnight
    found = by_key(await variance(client, "p"))
    assert (finish(found["m"]), finish(found["n"])) == ((0, "actual", "on_track"), (1440, "actual", "late"))


async def test_a_day_is_compared_with_an_instant_on_the_day_of_that_instant(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m", "2026-03-10T09:00:00Z"), milestone("n", "2026-03-10T09:00:59Z")])
    await post(client, "p", event("m", "completed", "m", "2026-03-11"))
    await post(client, "p", event("n", "completed", "n", "2026-03-10T09:00:00Z"))
    found = by_key(await variance(client, "p"))
    assert finish(found["m"]) == (1440, "actual", "late")
    assert finish(found["n"]) == (0, "actual", "on_track")  # instants are floored to minutes


async def test_null_always_comes_with_its_reason(client: httpx.AsyncClient) -> None:
    kept = [
        milestone("cancelled"),
        milestone("undated", None),
        activity("unreported", "2026-03-02", "2026-03-10"),
        activity("backwards", "2026-03-02", "2026-03-10"),
    ]
    await make_plan(client, "p", [*kept, milestone("removed")])
    await put_plan(client, "p", [*kept, milestone("added")])
    await post(client, "p", event("a", "cancelled", "cancelled"), event("b", "completed", "unreported", "2026-03-10"))
    await post(client, "p", event("c", "completed", "backwards", "2026-03-03"))
    await post(client, "p", event("d", "started", "backwards", "2026-03-06"))
    found = by_key(await variance(client, "p"))

    def reasons(key: str) -> list[str | None]:
        return [found[key][f"{what}_variance"]["reason"] for what in ("start", "finish", "duration")]

    for key in ("cancelled", "removed"):
        assert (reasons(key), found[key]["schedule_status"]) == ([key] * 3, "not_applicable")
        assert found[key]["projection_reason"] == key
    assert (reasons("added"), found["added"]["schedule_status"]) == (["not_in_baseline"] * 3, "unknown")
    assert reasons("undated") == ["no_planned_date", "no_planned_date", "not_applicable"]
    assert (found["undated"]["schedule_status"], found["undated"]["projection_reason"]) == (
        "unknown",
        "no_planned_date",
    )
    assert reasons("unreported") == ["start_not_reported", None, "start_not_reported"]
    assert found["unreported"]["actual_start"] is None
    assert reasons("backwards") == [None, None, "insufficient_data"]
    for each in found.values():
        for what in ("start_variance", "finish_variance", "duration_variance"):
            reason = each[what]["reason"]
            assert (reason is None) == (each[what]["working_minutes"] is not None)
            assert reason is None or each[what] == {**NOTHING, "reason": reason}


async def test_without_a_baseline_there_is_nothing_to_compare(client: httpx.AsyncClient) -> None:
    await put_plan(client, "p", [milestone("m"), activity("n", "2026-03-01", "2026-03-02"), phase("f")])
    await post(client, "p", event("e", "completed", "m", "2026-03-11"))
    answer = await variance(client, "p")
    assert answer["baseline"] is None
    for each in answer["items"]:
        reasons = [each[f"{what}_variance"]["reason"] for what in ("start", "finish", "duration")]
        assert (reasons, each["schedule_status"]) == (["no_baseline"] * 3, "unknown")
        assert each["baseline_finish"] is None
    summary = answer["summary"]
    assert (summary["schedule_status"], summary["finish_variance"]["reason"]) == ("unknown", "no_baseline")
    assert (summary["planned_percent_complete"], summary["actual_percent_complete"]) == (None, None)
    assert (summary["counts"]["unknown"], summary["added"], summary["baseline_finish"]) == (2, [], None)


async def test_an_overdue_start_is_a_risk_and_a_reported_one_is_not(client: httpx.AsyncClient) -> None:
    keys = ("waiting", "started", "late-start")
    await make_plan(client, "p", [activity(key, "2026-03-03", "2026-03-20") for key in keys])
    await post(client, "p", event("a", "started", "started", "2026-03-03"))
    await post(client, "p", event("b", "started", "late-start", "2026-03-05"))
    found = by_key(await variance(client, "p", as_of="2026-03-06T00:00:00Z"))
    assert [found[key]["schedule_status"] for key in keys] == ["at_risk", "on_track", "at_risk"]
    assert [found[key]["lifecycle"] for key in keys] == ["not_started", "in_progress", "in_progress"]
    starts = [
        (found[key]["start_variance"]["elapsed_minutes"], found[key]["start_variance"]["basis"]) for key in keys
    ]
    assert starts == [(4320, "overdue_floor"), (0, "actual"), (2880, "actual")]


async def test_start_finish_and_duration_of_work_that_was_suspended(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [activity("m", "2026-03-02", "2026-03-05")])
    await post(
        client,
        "p",
        event("a", "started", at="2026-03-03"),
        event("b", "blocked", at="2026-03-04T00:00:00Z"),
        event("c", "unblocked", at="2026-03-06T00:00:00Z"),
        event("d", "completed", at="2026-03-08"),
    )
    assert (await item(client, "p", as_of="2026-03-05T00:00:00Z"))["lifecycle"] == "suspended"
    found = await item(client, "p")
    measured = [found[f"{what}_variance"]["working_minutes"] for what in ("start", "finish", "duration")]
    assert measured == [1440, 3 * 1440, 0]  # six days, of which two were lost; four were planned


async def test_working_time_and_elapsed_time_on_the_standard_calendar(client: httpx.AsyncClient) -> None:
    # 2026-03-13 is a Friday.
    cases: dict[str, tuple[str, str, tuple[int, float, int]]] = {
        "over the weekend": ("2026-03-13", "2026-03-16", (480, 1.0, 4320)),
        "one point": ("2026-03-13T17:00:00Z", "2026-03-16T08:00:00Z", (0, 0.0, 3780)),
        "half a day": ("2026-03-13T08:00:00Z", "2026-03-13T12:00:00Z", (240, 0.5, 240)),
        "over lunch": ("2026-03-13T11:30:00Z", "2026-03-13T13:30:00Z", (60, 0.125, 120)),
        "a day off is the working day before": ("2026-03-14", "2026-03-13", (0, 0.0, 0)),
        "early": ("2026-03-16", "2026-03-12", (-960, -2.0, -5760)),
        "not a number of tenths": ("2026-03-13T08:00:00Z", "2026-03-13T08:01:00Z", (1, 0.0021, 1)),
    }
    keys = [f"m{number}" for number in range(len(cases))]
    dates = [case[0] for case in cases.values()]
    milestones = [milestone(key, when) for key, when in zip(keys, dates, strict=True)]
    await make_plan(client, "p", milestones, calendar="standard")
    for key, (name, (_, when, expected)) in zip(keys, cases.items(), strict=True):
        await post(client, "p", event(key, "completed", key, when))
        assert minutes(await item(client, "p", key)) == expected, name
    same = by_key(await variance(client, "p"))["m1"]
    assert (same["schedule_status"], same["finish_variance"]["favorability"]) == ("on_track", "neutral")


async def test_working_time_in_a_zone_whose_clocks_change(client: httpx.AsyncClient) -> None:
    nights = {"name": "nights", "time_zone": "America/New_York", "minutes_per_day": 360}
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    weekly = {day: [{"from": "00:00", "to": "06:00"}] for day in week}
    await ok(await client.put("/v1/calendars/nights", json={**nights, "weekly": weekly}))
    cases: dict[str, tuple[Json, str, tuple[int, float, int]]] = {
        # In New York the clocks went forward on 8 March, so that night had five hours.
        "before": (milestone("before", "2026-03-07T05:00:00Z"), "2026-03-07T11:00:00Z", (360, 1.0, 360)),
        "night": (milestone("night", "2026-03-08T05:00:00Z"), "2026-03-08T10:00:00Z", (300, 0.8333, 300)),
        "after": (milestone("after", "2026-03-09T04:00:00Z"), "2026-03-09T10:00:00Z", (360, 1.0, 360)),
        "days": (milestone("days", "2026-03-07"), "2026-03-08", (300, 0.8333, 1380)),
        # In Berlin on 29 March: from Friday 17:00 to Monday 17:00 an hour is missing, but not of working time.
        "office": (milestone("office", "2026-03-27T16:00:00Z"), "2026-03-30T15:00:00Z", (480, 1.0, 4260)),
        "office-days": (milestone("office-days", "2026-03-27"), "2026-03-30", (480, 1.0, 4260)),
    }
    for key, (sent, _, _) in cases.items():
        sent["calendar"] = "standard" if key.startswith("office") else "nights"
    await make_plan(client, "p", [sent for sent, _, _ in cases.values()], time_zone="Europe/Berlin")
    for key, (_, when, expected) in cases.items():
        await post(client, "p", event(key, "completed", key, when))
        assert minutes(await item(client, "p", key)) == expected, key


@pytest.mark.parametrize(
    ("basis", "planned", "actual"), [("weight", 70.0, 35.0), ("equal", 50.0, 41.7), ("duration", 66.7, 75.0)]
)
async def test_percent_complete_by_each_weight(
    client: httpx.AsyncClient, basis: str, planned: float, actual: float
) -> None:
    milestones = [
        activity("a", "2026-03-02", "2026-03-03", weight=3),  # should be done, and a quarter is
        activity("b", "2026-03-02", "2026-03-05", weight=1),  # should be half done, and is done
        milestone("c", weight=1),  # should not be reached, and is not
        milestone("d", weight=100),  # cancelled: on neither side
    ]
    await make_plan(client, "p", milestones, weight_basis=basis)
    await post(client, "p", event("a", "progressed", "a", data={"percent_complete": 25}))
    await post(client, "p", event("b", "completed", "b", "2026-03-03"), event("d", "cancelled", "d"))
    summary = (await variance(client, "p", as_of="2026-03-04T00:00:00Z"))["summary"]
    assert (summary["planned_percent_complete"], summary["actual_percent_complete"]) == (planned, actual)


async def test_added_and_removed_scope(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("a"), milestone("b"), milestone("c")])
    await put_plan(client, "p", [milestone("c"), milestone("y"), milestone("x")])
    await post(client, "p", event("e", "completed", "x", "2026-03-03"))
    answer = await variance(client, "p", as_of="2026-03-05")
    assert (answer["summary"]["added"], answer["summary"]["removed"]) == (["x", "y"], ["a", "b"])
    assert [each["milestone"] for each in answer["items"]] == ["a", "b", "c", "x", "y"]
    counts = {status: count for status, count in answer["summary"]["counts"].items() if count}
    assert counts == {"on_track": 1, "unknown": 2, "not_applicable": 2}
    assert answer["summary"]["actual_percent_complete"] == 0.0  # new scope does not count as progress


async def test_a_phase_spans_its_living_children(client: httpx.AsyncClient) -> None:
    children = [
        activity("a", "2026-03-02", "2026-03-05", parent="f"),
        milestone("b", "2026-03-10", parent="f"),
        milestone("c", "2026-03-20", parent="f"),
    ]
    await make_plan(client, "p", [phase("f"), *children])
    await post(client, "p", event("c", "cancelled", "c"), event("a", "started", "a", "2026-03-03"))
    await post(client, "p", event("b", "forecast_changed", "b", data={"finish": "2026-03-12"}))
    answer = await variance(client, "p", as_of="2026-03-05")
    found = by_key(answer)["f"]
    assert (found["planned_start"], found["planned_finish"]) == ("2026-03-02", "2026-03-10")
    assert (found["lifecycle"], found["actual_start"], found["actual_finish"]) == ("in_progress", "2026-03-03", None)
    assert found["start_variance"]["elapsed_minutes"] == 1440
    assert finish(found) == (2880, "forecast", "at_risk")
    assert sum(answer["summary"]["counts"].values()) == 3  # phases are not counted
    assert answer["summary"]["schedule_status"] == "at_risk"


async def test_the_plan_finishes_with_the_last_of_its_milestones(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("a", "2026-03-05"), milestone("z", "2026-03-20")])
    summary = (await variance(client, "p", as_of="2026-03-12T00:00:00Z"))["summary"]
    expected: dict[str, Any] = {"schedule_status": "late", "baseline_finish": "2026-03-20"}
    assert summary.items() >= expected.items()
    assert (summary["finish_variance"]["working_minutes"], summary["finish_variance"]["basis"]) == (0, "projected")
