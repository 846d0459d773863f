"""Baselines that a schedule file brings: each a revision of its own just before the plan, captured once."""

from typing import Any

import httpx

from tests.http import build
from tests.http.build import Json, get
from tests.http.imports_build import imported, milestones, origins, row, table
from tests.http.risks_build import contingency, risk


def planned(name: str, start: str, finish: str, baseline: tuple[str, str] | None = None, **cells: Any) -> Json:
    """A row with baseline dates."""
    dates = {} if baseline is None else {"baseline_start": baseline[0], "baseline_finish": baseline[1]}
    return row(name, start, finish, baseline_start="", baseline_finish="", **cells) | dates


AGREED = ("2026-01-12", "2026-01-16")
DIG = planned("dig", "2026-01-19", "2026-01-23", AGREED)
POUR = planned("pour", "2026-01-26", "2026-02-06", ("2026-01-19", "2026-01-30"), predecessors="dig")
ROOF = planned("roof", "2026-03-02", "2026-03-06", None, predecessors="pour")


async def baselines(client: httpx.AsyncClient) -> list[Json]:
    """The baselines of the plan."""
    items: list[Json] = (await get(client, "/v1/plans/tower/baselines"))["items"]
    return items


async def test_a_baseline_is_a_revision_before_the_plan(client: httpx.AsyncClient) -> None:
    report = await imported(client, table(DIG, POUR, ROOF))
    assert (report["baselines"], report["revision"], report["counts"]["baselines"]) == (
        [{"number": 1, "name": "Baseline"}],
        2,
        1,
    )
    assert await origins(client) == ["imported_baseline", "import"]
    (found,) = await baselines(client)
    assert (found["revision"], found["author"]) == (1, "admin")
    assert "csv" in found["reason"]
    assert (await get(client, "/v1/plans/tower"))["status"] == "active"


async def test_it_has_the_frozen_dates_and_nothing_without_them(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG, POUR, ROOF))
    frozen = await milestones(client, revision=1)
    assert set(frozen) == {"dig", "pour"}
    assert (frozen["dig"]["planned_start"], frozen["dig"]["planned_finish"]) == AGREED
    now = await milestones(client)
    assert set(now) == {"dig", "pour", "roof"}
    assert now["dig"]["planned_start"] == "2026-01-19"


async def test_variance_is_held_against_it(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG, POUR, ROOF))
    found = await get(client, "/v1/plans/tower/variance/dig")
    assert (found["item"]["baseline_start"], found["item"]["baseline_finish"]) == AGREED
    assert (await get(client, "/v1/plans/tower/variance"))["summary"]["added"] == ["roof"]


async def test_the_report_tells_the_change_of_the_plan_alone(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG, POUR))
    report = await imported(client, table(DIG | {"baseline_finish": "2026-01-17"}, POUR, status_date="2026-03-01"))
    assert report["baselines"] == [{"number": 2, "name": "Baseline"}]
    assert (report["changes"]["milestones_changed"], report["revision"]) == ([], 4)


async def test_the_same_dates_are_not_captured_again(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG, POUR, ROOF))
    later = table(DIG | {"finish": "2026-01-26"}, POUR, ROOF, status_date="2026-03-01")
    assert (await imported(client, later))["baselines"] == []
    assert await origins(client) == ["imported_baseline", "import", "import"]


async def test_what_left_the_file_does_not_make_another_baseline(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG, POUR, ROOF))
    pour = POUR | {"predecessors": ""}
    assert (await imported(client, table(pour, ROOF, status_date="2026-03-01")))["baselines"] == []
    assert (await get(client, "/v1/plans/tower/variance"))["summary"]["removed"] == ["dig"]


async def test_dates_frozen_anew_are_another_baseline_and_so_are_the_first_ones_again(
    client: httpx.AsyncClient,
) -> None:
    again = planned("dig", "2026-01-19", "2026-01-23", ("2026-01-19", "2026-01-23"))
    for number, (dig, day) in enumerate([(DIG, "02"), (again, "09"), (DIG, "16")], 1):
        report = await imported(client, table(dig, POUR, status_date=f"2026-02-{day}"))
        assert [each["number"] for each in report["baselines"]] == [number]
    assert (await get(client, "/v1/plans/tower"))["current_baseline"] == 3


async def test_a_plan_just_as_it_was_frozen_is_one_revision(client: httpx.AsyncClient) -> None:
    dig = planned("dig", *AGREED, AGREED)
    assert (await imported(client, table(dig)))["revision"] == 1
    moved = table(dig | {"finish": "2026-01-19"}, status_date="2026-03-01")
    report = await imported(client, moved)
    assert (report["baselines"], report["revision"]) == ([], 2)


async def test_a_baseline_that_people_captured_stays_the_current_one(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG, POUR))
    await build.capture(client, "tower")
    await imported(client, table(DIG, POUR, ROOF, status_date="2026-03-01"))
    assert [found["number"] for found in await baselines(client)] == [1, 2]


async def test_what_people_added_is_in_no_baseline_of_a_file_and_stays_in_the_plan(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG))
    build.ok(await client.post("/v1/plans/tower/milestones", json=build.milestone("permit")))
    await imported(client, table(DIG | {"baseline_finish": "2026-01-17"}, status_date="2026-03-01"))
    (_, second) = await baselines(client)
    assert set(await milestones(client, revision=second["revision"])) == {"dig"}
    assert set(await milestones(client)) == {"dig", "permit"}


async def test_what_the_plan_says_of_a_milestone_that_left_the_file_goes_with_it(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG, POUR))
    build.ok(await client.post("/v1/resources", json=build.resource(key="anna")))
    both = [{"part": "milestones", "key": key} for key in ("dig", "pour")]
    prepared = contingency(milestones={"dig": {"planned_finish": "2026-04-20"}})
    said = {
        "assumptions": [build.assumption(key="dry", dependents=both)],
        "assignments": [build.assignment(key=key, milestone=key) for key in ("dig", "pour")],
        "risks": [risk("rain", impacts=[{"milestone": "dig", "minutes": 5}], contingencies=[prepared])],
    }
    await build.put(client, "tower", {"name": "Tower", **said}, If_Match="*")
    refrozen = POUR | {"predecessors": "", "baseline_finish": "2026-02-02"}
    file = table(refrozen, ROOF | {"predecessors": ""}, status_date="2026-03-01")
    dry = await imported(client, file, dry_run=True)
    report = await imported(client, file)
    assert report["baselines"] == [{"number": 2, "name": "Baseline"}]
    assert report["changes"] == dry["changes"]
    assert report["changes"]["parts_removed"] == [{"part": "assignments", "key": "dig"}]
    assert [each["key"] for each in report["changes"]["parts_changed"]] == ["rain", "dry"]
    now = await get(client, "/v1/plans/tower/document")
    assert [each["dependents"] for each in now["assumptions"]] == [both[1:]]
    assert ([each["key"] for each in now["assignments"]], now["risks"][0]["impacts"]) == (["pour"], [])


async def test_a_dry_run_tells_the_baseline_and_captures_none(client: httpx.AsyncClient) -> None:
    await imported(client, table(DIG))
    moved = table(DIG | {"baseline_finish": "2026-01-17"}, status_date="2026-03-01")
    assert len((await imported(client, moved, dry_run=True))["baselines"]) == 1
    assert len(await baselines(client)) == 1
