"""Tolerances that could never flag anything, or never see it over again, are refused with place and reason."""

import json
from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import failure, if_match, ok, places, tolerance

URL = "/v1/tolerances"

WRONG: list[tuple[Any, tuple[str, str]]] = [
    ({"measure": "lateness"}, ("/measure", "enum")),
    ({"unit": "weeks"}, ("/unit", "enum")),
    ({"basis": "guess"}, ("/basis", "enum")),
    ({"upper": {"warning": "1"}}, ("/upper/warning", "float_type")),
    ({"upper": {"warning": True}}, ("/upper/warning", "float_type")),
    ({"upper": {"warning": 1e10}}, ("/upper/warning", "less_than_equal")),
    ({"lower": {"breach": -1e10}}, ("/lower/breach", "greater_than_equal")),
    ({"upper": {"alarm": 1}}, ("/upper/alarm", "extra_forbidden")),
    ({"clear_margin": -0.1}, ("/clear_margin", "greater_than_equal")),
    ({"consecutive": 0}, ("/consecutive", "greater_than_equal")),
    ({"consecutive": 101}, ("/consecutive", "less_than_equal")),
    ({"consecutive": 1.5}, ("/consecutive", "int_type")),
    ({"baseline": "0"}, ("/baseline", "string_pattern_mismatch")),
    ({"baseline": "newest"}, ("/baseline", "string_pattern_mismatch")),
    ({"baseline": 1}, ("/baseline", "string_type")),
    ({"applies_to": {"kinds": ["task"]}}, ("/applies_to/kinds/0", "enum")),
    ({"applies_to": {"milestones": ["no key"]}}, ("/applies_to/milestones/0", "string_pattern_mismatch")),
    ({"applies_to": {"critical_only": 1}}, ("/applies_to/critical_only", "bool_type")),
    ({"applies_to": {"owners": ["x"]}}, ("/applies_to/owners", "extra_forbidden")),
    ({"name": ""}, ("/name", "string_too_short")),
    ({"threshold": 3}, ("/threshold", "extra_forbidden")),
]
"""What does not fit the schema."""


async def test_what_does_not_fit_the_schema_is_named(client: httpx.AsyncClient) -> None:
    found = [places(await client.post(URL, json=tolerance(key="late", **content))) for content, _ in WRONG]
    assert found == [[place] for _, place in WRONG]
    assert failure(await client.get(f"{URL}/late")) == (404, "tolerance-not-found")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ({"upper": 3}, ("/upper", "must be an object")),
        ({"applies_to": []}, ("/applies_to", "must be an object")),
        ({"applies_to": {"labels": "core"}}, ("/applies_to/labels", "must be an object")),
        ({"applies_to": {"milestones": "a"}}, ("/applies_to/milestones", "must be an array")),
    ],
)
async def test_types_are_called_by_their_names_in_json(
    client: httpx.AsyncClient, content: Any, wrong: tuple[str, str]
) -> None:
    assert [(place, detail) for place, _, detail in await refused(client, **content)] == [wrong]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
async def test_a_bound_is_a_finite_number(client: httpx.AsyncClient, number: str) -> None:
    body = json.dumps(tolerance(upper={"breach": 7})).replace("7", number)
    answer = await client.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}


async def refused(client: httpx.AsyncClient, **fields: Any) -> list[tuple[str, str, str]]:
    """Places, codes and details of what is wrong with a tolerance."""
    answer = await client.post(URL, json=tolerance(**fields))
    assert answer.status_code == 422, answer.text
    return [(each["pointer"], each["code"], each["detail"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("measure", "unit", "units"),
    [
        ("finish_variance", "points", "working_days, working_minutes or percent_of_baseline_duration"),
        ("plan_finish_variance", "percent_of_baseline_duration", "working_days or working_minutes"),
        ("deadline_variance", "percent_of_baseline_duration", "working_days or working_minutes"),
        ("total_float", "count", "working_days or working_minutes"),
        ("progress_gap_points", "working_days", "points"),
        ("float_consumed_percent", "percent_of_baseline_duration", "points"),
        ("out_of_sequence", "working_days", "count"),
    ],
)
async def test_a_measure_has_its_own_units(client: httpx.AsyncClient, measure: str, unit: str, units: str) -> None:
    (wrong,) = await refused(client, measure=measure, unit=unit)
    assert wrong == ("/unit", "not_a_unit_of_the_measure", f"{measure} is bounded in {units}")


@pytest.mark.parametrize(("lower", "upper"), [({}, {}), ({"warning": None}, {"breach": None})])
async def test_there_must_be_a_bound(client: httpx.AsyncClient, lower: Any, upper: Any) -> None:
    (wrong,) = await refused(client, lower=lower, upper=upper)
    assert wrong == ("/upper", "no_bound", "at least one bound is required, in lower or in upper")


@pytest.mark.parametrize(
    ("lower", "upper", "wrong"),
    [
        ({}, {"warning": 5, "breach": 1}, ("/upper/breach", "must not be less than upper.warning")),
        ({"warning": -5, "breach": -1}, {}, ("/lower/warning", "must not be less than lower.breach")),
        ({"warning": 2}, {"warning": 1, "breach": 5}, ("/upper/warning", "must be more than lower.warning")),
        ({"breach": 0}, {"breach": 0}, ("/upper/breach", "must be more than lower.breach")),
    ],
)
async def test_bounds_must_not_cross(
    client: httpx.AsyncClient, lower: Any, upper: Any, wrong: tuple[str, str]
) -> None:
    (found,) = await refused(client, lower=lower, upper=upper)
    assert found == (wrong[0], "bounds_cross", wrong[1])


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ({}, {"warning": 0, "breach": 0}),
        ({"warning": -1, "breach": -1}, {}),
        ({"breach": -5, "warning": -1}, {"warning": 1, "breach": 5}),
        ({"breach": -5}, {"warning": 1}),
    ],
)
async def test_a_warning_may_lie_at_its_breach(client: httpx.AsyncClient, lower: Any, upper: Any) -> None:
    ok(await client.post(URL, json=tolerance(lower=lower, upper=upper)))


@pytest.mark.parametrize("measure", ["blocked_minutes", "silence_minutes", "out_of_sequence"])
async def test_nothing_that_counts_up_from_zero_is_too_little(client: httpx.AsyncClient, measure: str) -> None:
    unit = "count" if measure == "out_of_sequence" else "working_days"
    found = await refused(client, measure=measure, unit=unit, lower={"warning": 2, "breach": -1}, upper={})
    assert {("/lower/breach", "out_of_reach"), ("/lower/warning", "out_of_reach")} <= {each[:2] for each in found}
    (wrong,) = await refused(client, measure=measure, unit=unit, upper={"breach": -1})
    assert wrong == ("/upper/breach", "out_of_reach", f"values of {measure} are at least 0")
    (wrong,) = await refused(client, measure=measure, unit=unit, upper={"breach": 2}, clear_margin=2.5)
    assert wrong[:2] == ("/clear_margin", "never_clear")
    ok(await client.post(URL, json=tolerance(measure=measure, unit=unit, upper={"breach": 0}, clear_margin=0)))


@pytest.mark.parametrize(
    ("measure", "unit", "bounds", "place"),
    [
        ("progress_gap_points", "points", {"upper": {"breach": 100}}, "/upper/breach"),
        ("progress_gap_points", "points", {"upper": {"warning": -100.5}}, "/upper/warning"),
        ("progress_gap_points", "points", {"upper": {}, "lower": {"breach": -100}}, "/lower/breach"),
        ("progress_gap_points", "points", {"upper": {}, "lower": {"warning": 101}}, "/lower/warning"),
        (
            *("duration_variance", "percent_of_baseline_duration"),
            *({"upper": {}, "lower": {"breach": -100}}, "/lower/breach"),
        ),
    ],
)
async def test_a_bound_lies_where_values_can_lie_beyond_it(
    client: httpx.AsyncClient, measure: str, unit: str, bounds: Any, place: str
) -> None:
    (wrong,) = await refused(client, measure=measure, unit=unit, **bounds)
    assert wrong[:2] == (place, "out_of_reach")


@pytest.mark.parametrize(
    ("measure", "unit", "bounds"),
    [
        ("progress_gap_points", "points", {"upper": {"breach": 99}, "lower": {"breach": -99}}),
        ("duration_variance", "percent_of_baseline_duration", {"upper": {"breach": 300}, "lower": {"breach": -99}}),
        ("duration_variance", "working_days", {"upper": {}, "lower": {"breach": -200}}),
        ("finish_variance", "percent_of_baseline_duration", {"upper": {}, "lower": {"breach": -200}}),
        ("float_consumed_percent", "points", {"upper": {"breach": 150}, "lower": {"breach": -50}}),
        ("total_float", "working_days", {"upper": {}, "lower": {"breach": -200}}),
    ],
)
async def test_some_values_go_far(client: httpx.AsyncClient, measure: str, unit: str, bounds: Any) -> None:
    ok(await client.post(URL, json=tolerance(measure=measure, unit=unit, **bounds)))


async def test_a_margin_leaves_a_value_that_is_clear_of_both_sides(client: httpx.AsyncClient) -> None:
    bounds = {"lower": {"warning": -1, "breach": -9}, "upper": {"warning": 2, "breach": 9}}
    (wrong,) = await refused(client, **bounds, clear_margin=1.1)
    assert wrong[:2] == ("/clear_margin", "never_clear")
    assert "a third of 3" in wrong[2]
    ok(await client.post(URL, json=tolerance(**bounds, clear_margin=1)))
    ok(await client.post(URL, json=tolerance(clear_margin=100)))


@pytest.mark.parametrize(
    ("measure", "unit", "kind", "can"),
    [
        ("duration_variance", "working_days", "milestone", "activity"),
        ("duration_variance", "working_days", "phase", "activity"),
        ("progress_gap_points", "points", "milestone", "activity"),
        ("total_float", "working_days", "phase", "milestone or activity"),
        ("float_consumed_percent", "points", "phase", "milestone or activity"),
        ("blocked_minutes", "working_days", "phase", "milestone or activity"),
        ("silence_minutes", "working_minutes", "phase", "milestone or activity"),
        ("out_of_sequence", "count", "phase", "milestone or activity"),
        ("finish_variance", "percent_of_baseline_duration", "milestone", "activity"),
    ],
)
async def test_not_every_kind_has_every_measure(
    client: httpx.AsyncClient, measure: str, unit: str, kind: str, can: str
) -> None:
    (wrong,) = await refused(client, measure=measure, unit=unit, applies_to={"kinds": ["activity", kind]})
    detail = f"{measure} in {unit} is of kind {can} only"
    assert wrong == ("/applies_to/kinds", "kind_without_the_measure", detail)
    only = {"kinds": ["activity"]}
    ok(await client.post(URL, json=tolerance(measure=measure, unit=unit, applies_to=only)))


@pytest.mark.parametrize(
    ("part", "value"),
    [("kinds", ["milestone"]), ("milestones", ["a"]), ("labels", {"team": "core"}), ("critical_only", True)],
)
async def test_the_finish_of_the_plan_is_no_milestones(client: httpx.AsyncClient, part: str, value: Any) -> None:
    (wrong,) = await refused(client, measure="plan_finish_variance", applies_to={part: value})
    assert wrong[:2] == (f"/applies_to/{part}", "not_of_milestones")


async def test_everything_wrong_is_told_at_once(client: httpx.AsyncClient) -> None:
    found = await refused(
        client, measure="out_of_sequence", upper={"warning": 5, "breach": 1}, applies_to={"kinds": ["phase"]}
    )
    assert [place for place, _, _ in found] == ["/unit", "/upper/breach", "/applies_to/kinds"]


CHANGES: list[tuple[Any, tuple[str, str]]] = [
    ({"upper": None}, ("/upper", "no_bound")),
    ({"upper": {"breach": 0.5}}, ("/upper/breach", "bounds_cross")),
    ({"measure": "start_variance"}, ("/measure", "measure_cannot_change")),
    ({"unit": "working_minutes"}, ("/unit", "unit_cannot_change")),
    ({"measure": None}, ("/measure", "missing")),
    ({"upper": {"breach": "5"}}, ("/upper/breach", "float_type")),
    ({"key": "other"}, ("/key", "extra_forbidden")),
    ({"version": 1}, ("/version", "extra_forbidden")),
]


async def test_a_change_must_keep_to_the_same_and_makes_no_version_else(client: httpx.AsyncClient) -> None:
    ok(await client.post(URL, json=tolerance(key="late")))
    found = [places(await client.patch(f"{URL}/late", json=change, headers=if_match("*"))) for change, _ in CHANGES]
    assert found == [[place] for _, place in CHANGES]
    put = await client.put(f"{URL}/late", json=tolerance(upper={}), headers=if_match("*"))
    assert places(put) == [("/upper", "no_bound")]
    assert (await build.get(client, f"{URL}/late"))["version"] == 1
