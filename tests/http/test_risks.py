"""Risks as a part of plans: kept like milestones, and held against the plan around them."""

from typing import Any

import httpx
import pytest

from tests.http.build import (
    Json,
    activity,
    capture,
    document,
    failure,
    get,
    if_match,
    milestone,
    ok,
    phase,
    places,
    put,
)
from tests.http.metrics_build import metric
from tests.http.risks_build import contingency, plan_with, risk, trigger

RISKS = "/v1/plans/p/risks"


@pytest.fixture
async def plan(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await plan_with(client)
    return client


async def test_a_risk_is_created_read_changed_and_deleted(plan: httpx.AsyncClient) -> None:
    made = await plan.post(RISKS, json=risk(), params={"reason": "Workshop"})
    assert (made.status_code, made.headers["location"]) == (201, f"{RISKS}/supplier")
    assert ok(made)["contingencies"][0]["description"] is None  # every default is filled in
    etag = made.headers["etag"]
    changed = await plan.patch(f"{RISKS}/supplier", json={"probability": 0.2}, headers=if_match(etag))
    assert (ok(changed)["probability"], ok(changed)["revision"]) == (0.2, 3)
    assert (await plan.patch(f"{RISKS}/supplier", json={}, headers=if_match(etag))).status_code == 412
    assert [each["key"] for each in (await get(plan, RISKS))["items"]] == ["supplier"]
    gone = await plan.delete(f"{RISKS}/supplier", headers=if_match(changed.headers["etag"]))
    assert gone.status_code == 204
    assert failure(await plan.get(f"{RISKS}/supplier")) == (404, "risk-not-found")


async def test_a_key_is_taken_once_and_made_where_there_is_none(plan: httpx.AsyncClient) -> None:
    ok(await plan.post(RISKS, json=risk()))
    assert failure(await plan.post(RISKS, json=risk())) == (409, "risk-exists")
    unnamed = {name: value for name, value in risk().items() if name != "key"}
    assert ok(await plan.post(RISKS, json=unnamed))["key"].startswith("risk-")


PATCHED: Json = {"milestones": {"b": {"planned_finish": None, "planned_start": "2026-03-21"}, "a": None}}


async def test_the_document_carries_risks_and_put_back_nothing_changes(plan: httpx.AsyncClient) -> None:
    full = risk(
        category="supplier",
        response="transfer",
        owner="ann",
        review_at="2026-04-01",
        impacts=[{"milestone": "a", "minutes": 60, "cost": {"amount": "1250.00", "currency": "EUR"}}],
        contingencies=[contingency(**PATCHED), contingency("x", {"type": "date", "date": "2026-04-01"})],
    )
    ok(await plan.post(RISKS, json=full))
    told = await get(plan, "/v1/plans/p/document")
    assert told["risks"][0]["contingencies"][0]["change"] == PATCHED  # a patch is kept as it was given
    again = await plan.put("/v1/plans/p/document", json=told, headers=if_match("*"))
    assert ok(again)["changed"] is False
    copy = await plan.put("/v1/plans/q/document", json=told)
    assert ok(copy)["created"] is True
    assert await get(plan, "/v1/plans/q/document") == told


async def test_a_revision_tells_what_changed_in_a_risk(plan: httpx.AsyncClient) -> None:
    ok(await plan.post(RISKS, json=risk()))
    ok(await plan.patch(f"{RISKS}/supplier", json={"owner": "bob"}, headers=if_match("*")))
    changes = (await get(plan, "/v1/plans/p/revisions/3"))["changes"]
    (changed,) = changes["parts_changed"]
    assert (changed["part"], changed["key"]) == ("risks", "supplier")
    assert changed["fields"] == [{"field": "owner", "before": None, "after": "bob"}]


async def test_a_milestone_that_leaves_takes_its_impacts_along(plan: httpx.AsyncClient) -> None:
    both = [{"milestone": "a", "minutes": 60}, {"milestone": "b", "minutes": 30}]
    watching = contingency("w", trigger("finish_variance", above=1, milestone="a"), plan={"goal": "Less"})
    ok(await plan.post(RISKS, json=risk(impacts=both, contingencies=[watching])))
    assert (await plan.delete("/v1/plans/p/milestones/a", headers=if_match("*"))).status_code == 204
    left = await get(plan, f"{RISKS}/supplier")
    assert [each["milestone"] for each in left["impacts"]] == ["b"]
    assert left["contingencies"][0]["trigger"]["milestone"] == "a"  # it is told as unknown, and refused to nobody
    ok(await plan.patch(f"{RISKS}/supplier", json={"owner": "bob"}, headers=if_match("*")))


async def refused(client: httpx.AsyncClient, **fields: Any) -> list[tuple[str, str]]:
    before = await get(client, "/v1/plans/p")
    answer = await client.post(RISKS, json=risk(**fields))
    assert await get(client, "/v1/plans/p") == before
    return places(answer)


@pytest.mark.parametrize("probability", [0, -0.1, 1.01, "0.5", True])
async def test_a_probability_is_more_than_0_and_at_most_1(plan: httpx.AsyncClient, probability: Any) -> None:
    ((place, _),) = await refused(plan, probability=probability)
    assert place == "/probability"


WRONG: dict[str, tuple[Json, list[tuple[str, str]]]] = {
    "an impact on nothing": (
        {"impacts": [{"milestone": "gone", "minutes": 5}]},
        [("/impacts/0/milestone", "unknown_milestone")],
    ),
    "the same milestone twice": (
        {"impacts": [{"milestone": "a", "minutes": 5}, {"milestone": "a", "minutes": 6}]},
        [("/impacts/1/milestone", "repeated")],
    ),
    "two currencies": (
        {
            "impacts": [
                {"milestone": "a", "cost": {"amount": "1", "currency": "EUR"}},
                {"milestone": "b", "cost": {"amount": "1", "currency": "USD"}},
            ]
        },
        [("/impacts/1/cost/currency", "currency_mixed")],
    ),
    "a key twice": (
        {"contingencies": [contingency(), contingency()]},
        [("/contingencies/1/key", "repeated")],
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_risk_fits_its_plan(plan: httpx.AsyncClient, name: str) -> None:
    fields, wanted = WRONG[name]
    assert await refused(plan, **fields) == wanted


@pytest.mark.parametrize("impact", [{"milestone": "a"}, {"milestone": "a", "minutes": 0}])
async def test_an_impact_is_a_delay_or_a_cost(plan: httpx.AsyncClient, impact: Json) -> None:
    assert await refused(plan, impacts=[impact]) == [("/impacts/0", "value_error")]


NEVER: dict[str, tuple[Json, tuple[str, str]]] = {
    "a bound on the wrong side": (trigger("blocked_minutes", below=5, milestone="a"), ("below", "out_of_reach")),
    "more than there is": (trigger("progress_gap_points", "points", above=100), ("above", "out_of_reach")),
    "a unit of something else": (trigger("total_float", "points", below=1), ("unit", "not_a_unit_of_the_measure")),
    "a milestone that is not there": (
        trigger("finish_variance", above=1, milestone="gone"),
        ("milestone", "unknown_milestone"),
    ),
    "a kind without the measure": (
        trigger("duration_variance", above=1, milestone="a"),
        ("milestone", "matches_nothing"),
    ),
    "a measure of the plan alone": (
        trigger("plan_finish_variance", above=1, milestone="a"),
        ("milestone", "not_of_milestones"),
    ),
    "a metric that is not there": (
        trigger("metric_gap_points", "points", above=1, metric="gone"),
        ("metric", "unknown_metric"),
    ),
    "a metric of another measure": (
        trigger("finish_variance", above=1, metric="adoption"),
        ("metric", "not_of_metrics"),
    ),
    "what triggers decide": (trigger("contingency_due", "count", above=0), ("measure", "circular")),
    "a date before the plan": ({"type": "date", "date": "2026-02-28"}, ("date", "before_plan")),
    "an event of nothing": (
        {"type": "event", "event": "milestone.blocked", "milestone": "gone"},
        ("milestone", "unknown_milestone"),
    ),
    "an event of a phase": (
        {"type": "event", "event": "milestone.started", "milestone": "later"},
        ("milestone", "phase_has_no_events"),
    ),
    "an activation of a milestone": (
        {"type": "event", "event": "contingency.activated", "milestone": "a"},
        ("milestone", "not_of_milestones"),
    ),
    "a correction": ({"type": "event", "event": "event.corrected"}, ("event", "never_stands")),
}


async def test_a_trigger_that_can_never_hold_is_refused(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    milestones = [milestone("a"), milestone("b", "2026-03-20"), phase("later")]
    await put(client, "p", document(*milestones, metrics=[metric()]))
    for name, (given, (field, code)) in NEVER.items():
        with subtests.test(name):
            assert await refused(client, contingencies=[contingency("x", given)]) == [
                (f"/contingencies/0/trigger/{field}", code)
            ]


@pytest.mark.parametrize("bounds", [{}, {"above": 1, "below": 0}])
async def test_a_value_has_one_bound(plan: httpx.AsyncClient, bounds: Json) -> None:
    given = trigger("total_float", **bounds)
    ((_, code),) = await refused(plan, contingencies=[contingency("x", given)])
    assert code == "value_error"


UNFIT: dict[str, tuple[Json, tuple[str, str]]] = {
    "a milestone that is not there": ({"milestones": {"gone": None}}, ("/milestones/gone", "unknown_milestone")),
    "a link that is not there": (
        {"removed_dependencies": [{"predecessor": "b", "successor": "a"}]},
        ("/removed_dependencies/0", "unknown_dependency"),
    ),
    "a cycle": (
        {"dependencies": [{"predecessor": "b", "type": "FS", "successor": "a"}]},
        ("/dependencies", "cycle"),
    ),
    "a milestone with two dates": (
        {"milestones": {"a": {"planned_start": "2026-03-01"}}},
        ("/milestones/a/planned_start", "both_dates"),
    ),
    "a patch that does not fit": ({"milestones": {"a": {"name": ""}}}, ("/milestones/a/name", "string_too_short")),
    "a field of the plan": ({"plan": {"time_zone": "Nowhere/X"}}, ("/plan/time_zone", "value_error")),
    "the status": ({"plan": {"status": "completed"}}, ("/plan/status", "not_schedulable")),
    "a calendar": ({"milestones": {"a": {"calendar": "gone"}}}, ("/milestones/a/calendar", "unknown_calendar")),
}


@pytest.mark.parametrize("name", UNFIT)
async def test_a_change_that_the_plan_does_not_take_is_refused(plan: httpx.AsyncClient, name: str) -> None:
    change, (place, code) = UNFIT[name]
    assert await refused(plan, contingencies=[contingency("x", **change)]) == [
        (f"/contingencies/0/change{place}", code)
    ]


async def test_a_document_is_held_against_itself_with_every_place(plan: httpx.AsyncClient) -> None:
    bad = contingency("x", {"type": "date", "date": "2020-01-01"}, milestones={"gone": None})
    path, whole = "/v1/plans/p/document", {"name": "A plan", "risks": [risk(contingencies=[bad])]}
    answer = await plan.put(path, json=whole, headers=if_match("*"))
    assert places(answer) == [
        ("/risks/0/contingencies/0/trigger/date", "before_plan"),
        ("/risks/0/contingencies/0/change/milestones/gone", "unknown_milestone"),
    ]
    dry = await plan.put(path, json=whole, headers=if_match("*"), params={"dry_run": True})
    assert places(dry) == places(answer)
    assert (await get(plan, "/v1/plans/p"))["revision"] == 1


NOWHERE = (
    "circular",
    "out_of_reach",
    "not_a_unit_of_the_measure",
    "not_of_metrics",
    "never_stands",
    "not_of_milestones",
)
"""Why a trigger holds in no plan at all."""


@pytest.mark.parametrize("name", NEVER)
async def test_a_plan_made_whole_is_refused_only_triggers_that_hold_in_none(
    client: httpx.AsyncClient, name: str
) -> None:
    given, (field, code) = NEVER[name]
    whole = document(milestone("a"), phase("later"), risks=[risk(contingencies=[contingency("x", given)])])
    answer = await client.put("/v1/plans/p/document", json=whole)
    if code in NOWHERE:
        assert places(answer) == [(f"/risks/0/contingencies/0/trigger/{field}", code)]
        assert (await client.get("/v1/plans/p")).status_code == 404
    else:
        assert answer.status_code == 201


async def test_a_trigger_is_asked_only_when_it_is_written(plan: httpx.AsyncClient) -> None:
    dated = contingency("x", {"type": "date", "date": "2026-03-10"})
    ok(await plan.post(RISKS, json=risk(contingencies=[dated])))
    later = {"milestones": [activity("a", "2026-04-01", "2026-04-10"), milestone("b", "2026-04-20")]}
    whole = {**(await get(plan, "/v1/plans/p/document")), **later}
    ok(await plan.put("/v1/plans/p/document", json=whole, headers=if_match("*")))
    ok(await plan.patch(f"{RISKS}/supplier", json={"probability": 0.9}, headers=if_match("*")))
    moved = {"contingencies": [contingency("x", {"type": "date", "date": "2026-03-11"})]}
    answer = await plan.patch(f"{RISKS}/supplier", json=moved, headers=if_match("*"))
    assert places(answer) == [("/contingencies/0/trigger/date", "before_plan")]


async def test_a_baseline_keeps_the_risks_of_its_revision(plan: httpx.AsyncClient) -> None:
    ok(await plan.post(RISKS, json=risk()))
    await capture(plan, "p")
    assert (await plan.delete(f"{RISKS}/supplier", headers=if_match("*"))).status_code == 204
    changes = (await get(plan, "/v1/plans/p/comparison", **{"from": "baseline:1"}))["changes"]
    assert changes["parts_removed"] == [{"part": "risks", "key": "supplier"}]


def prepared(count: int) -> list[Json]:
    return [contingency(f"c{number}") for number in range(count)]


async def test_a_plan_has_so_many_contingencies_at_most(client: httpx.AsyncClient) -> None:
    full = [risk(f"r{number}", contingencies=prepared(20)) for number in range(10)]
    await plan_with(client, *full)
    one_more = await client.post(RISKS, json=risk("more", contingencies=prepared(1)))
    assert [code for _, code in places(one_more)] == ["too_many"]
    ok(await client.post(RISKS, json=risk("more", contingencies=[])))


async def test_so_many_triggers_at_most_look_at_every_milestone(plan: httpx.AsyncClient) -> None:
    wide = [contingency(f"c{days}", trigger("finish_variance", above=days)) for days in range(20)]
    whole = contingency("whole", trigger("plan_finish_variance", above=5))
    ok(await plan.post(RISKS, json=risk(contingencies=wide)))
    ok(await plan.post(RISKS, json=risk("whole", contingencies=[whole])))
    one_more = await plan.post(RISKS, json=risk("more", contingencies=wide[:1]))
    assert [code for _, code in places(one_more)] == ["too_many"]
    named = contingency("named", trigger("finish_variance", above=1, milestone="a"))
    ok(await plan.post(RISKS, json=risk("more", contingencies=[named])))


@pytest.mark.parametrize("part", ["risks", "scenarios"])
async def test_an_edit_prepares_so_much_at_most(client: httpx.AsyncClient, part: str) -> None:
    """A plan that is made whole is not asked for what it prepares; a place is that of most of it."""
    await put(client, "p", document(*(milestone(f"m{number}") for number in range(2_001))))
    change: Json = {"milestones": {"m0": None}}
    prepared = {
        "risks": [risk(f"r{n}", impacts=[], contingencies=dropping(20)) for n in range(5 if part == "risks" else 1)],
        "scenarios": [
            {"key": f"s{n}", "name": "Less", "change": change} for n in range(90 if part != "risks" else 1)
        ],
    }
    path, whole = "/v1/plans/p/document", {"name": "A plan", **prepared}
    assert places(await client.put(path, json=whole, headers=if_match("*"))) == [(f"/{part}", "too_many")]


def dropping(count: int) -> list[Json]:
    return [contingency(f"c{number}", milestones={"m0": None}) for number in range(count)]
