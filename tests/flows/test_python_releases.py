"""Seven real release plans of CPython, as announced, re-planned and carried out, loaded with their real history."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.demo.history import key_of, load
from tests.http.events_build import Json, by_key, capture, event, item, post, put_plan, variance

DAY = 1_440
VERSIONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]


@pytest.fixture
def sample(request: pytest.FixtureRequest, shared_data: Path) -> Json:
    version = getattr(request, "param", "3.13")
    found: Json = json.loads((shared_data / "samples" / f"python-{version}-release.json").read_text("utf-8"))
    return found


def later_additions(sample: Json) -> dict[int, list[str]]:
    """What was added after the announcement, by the number of the baseline captured then."""
    added = sorted((e for e in sample["events"] if e["type"] == "added"), key=lambda e: str(e["recorded_at"]))
    groups = [[each["milestone"] for each in group] for _, group in groupby(added, key=lambda e: e["recorded_at"])]
    return dict(enumerate(groups, 2))


def check(found: Json, expected_days: int | None) -> None:
    """Hold one item against the days of its history; none: it was cancelled."""
    measured = found["finish_variance"]
    if expected_days is None:
        assert (measured["elapsed_minutes"], measured["working_minutes"]) == (None, None)
        assert (measured["reason"], found["lifecycle"]) == ("cancelled", "cancelled")
        assert found["schedule_status"] == "not_applicable"
    else:
        minutes = expected_days * DAY
        assert (measured["elapsed_minutes"], measured["working_minutes"]) == (minutes, minutes)
        assert (measured["working_days"], measured["basis"]) == (expected_days, "actual")
        expected = "on_track" if expected_days == 0 else "late" if expected_days > 0 else "ahead"
        assert found["schedule_status"] == expected


@pytest.mark.parametrize("sample", VERSIONS, indirect=True)
async def test_a_release_was_as_late_as_its_history_says(client: httpx.AsyncClient, sample: Json) -> None:
    await load(client, "release", sample)
    expected = {key_of(sample, each["id"]): each["expected_finish_variance_days"] for each in sample["milestones"]}
    additions = {
        number: [key_of(sample, name) for name in names] for number, names in later_additions(sample).items()
    }
    later = sorted(key for keys in additions.values() for key in keys)

    answer = await variance(client, "release", baseline="original")
    assert (answer["baseline"]["number"], answer["summary"]["added"]) == (1, later)
    found = by_key(answer)
    assert found.keys() == expected.keys()
    assert {each["milestone"] for each in answer["items"] if each["baseline_finish"] is not None} == (
        expected.keys() - set(later)
    )
    for key, days in expected.items():
        if key not in later:
            check(found[key], days)
        elif days is not None:
            assert found[key]["finish_variance"]["reason"] == "not_in_baseline"
            assert found[key]["schedule_status"] == "unknown"
    for number, keys in additions.items():
        answer = await variance(client, "release", baseline=number)
        assert (answer["baseline"]["number"], set(keys) & set(answer["summary"]["added"])) == (number, set())
        for key in keys:
            check(by_key(answer)[key], expected[key])


# --- 3.13 in detail


@pytest.fixture
async def release(client: httpx.AsyncClient, sample: Json) -> httpx.AsyncClient:
    """A client whose plan `release` is that of CPython 3.13."""
    await load(client, "release", sample)
    return client


async def test_alpha_7_was_cancelled_and_candidate_3_added(release: httpx.AsyncClient) -> None:
    answer = await variance(release, "release")
    assert (answer["baseline"]["number"], answer["summary"]["added"]) == (1, ["candidate-3"])
    found = by_key(answer)
    assert (found["alpha-7"]["lifecycle"], found["alpha-7"]["finish_variance"]["reason"]) == (
        "cancelled",
        "cancelled",
    )
    assert found["candidate-3"]["finish_variance"]["reason"] == "not_in_baseline"
    assert found["candidate-3"]["baseline_finish"] is None
    candidate = await item(release, "release", "candidate-3", baseline="2")
    assert (candidate["baseline_finish"], candidate["actual_finish"]) == ("2024-09-30", "2024-10-01")
    assert candidate["finish_variance"]["elapsed_minutes"] == DAY
    assert (await variance(release, "release", baseline="2"))["summary"]["added"] == []


async def test_alpha_2_was_overdue_until_somebody_said_that_it_was_done(release: httpx.AsyncClient) -> None:
    known_at = "2023-12-01T00:00:00Z"  # done on 22 November, recorded on 12 December
    unknown = await item(release, "release", "alpha-2", known_at=known_at)
    assert (unknown["schedule_status"], unknown["actual_finish"]) == ("late", None)
    assert unknown["finish_variance"]["basis"] == "overdue_floor"
    assert unknown["finish_variance"]["elapsed_minutes"] == 12_960
    known = await item(release, "release", "alpha-2", as_of=known_at)
    assert (known["finish_variance"]["basis"], known["finish_variance"]["elapsed_minutes"]) == ("actual", DAY)
    assert known["actual_finish"] == "2023-11-22"


async def test_the_re_plan_of_january_shows_from_then_on(release: httpx.AsyncClient) -> None:
    def dates(answer: Json) -> list[tuple[str, str, int]]:
        found = by_key(answer)
        keys = ("alpha-4", "alpha-5", "alpha-6")
        return [
            (
                found[key]["planned_finish"],
                found[key]["finish_variance"]["basis"],
                found[key]["finish_variance"]["elapsed_minutes"] // DAY,
            )
            for key in keys
        ]

    before = await variance(release, "release", known_at="2024-01-15")
    after = await variance(release, "release", known_at="2024-02-01")
    assert dates(before) == [
        ("2024-01-16", "projected", 0),
        ("2024-02-13", "projected", 0),
        ("2024-03-12", "projected", 0),
    ]
    assert dates(after) == [
        ("2024-02-13", "projected", 28),
        ("2024-03-12", "projected", 28),
        ("2024-04-09", "projected", 28),
    ]
    # Alpha 4 should have been out by 16 January: that is a fact by now, what follows is expected.
    statuses = [by_key(after)[key]["schedule_status"] for key in ("alpha-4", "alpha-5", "alpha-6")]
    assert statuses == ["late", "at_risk", "at_risk"]


async def test_the_9th_of_may_as_known_a_week_later(release: httpx.AsyncClient) -> None:
    for known_at in ("2024-05-16T00:00:00Z", "2024-05-16"):
        answer = await variance(release, "release", as_of="2024-05-09T00:00:00Z", known_at=known_at)
        summary = answer["summary"]
        counts = {status: count for status, count in summary["counts"].items() if count}
        assert counts == {"late": 6, "ahead": 1, "on_track": 6, "not_applicable": 1}
        assert (summary["planned_percent_complete"], summary["actual_percent_complete"]) == (53.8, 53.8)
        beta = by_key(answer)["beta-1"]
        assert (beta["actual_finish"], beta["finish_variance"]["elapsed_minutes"]) == ("2024-05-08", DAY)


async def test_what_was_known_then_is_answered_with_the_same_bytes_for_ever(
    release: httpx.AsyncClient, sample: Json
) -> None:
    questions: list[dict[str, Any]] = [
        {"known_at": "2023-12-01T00:00:00Z"},
        {"known_at": "2024-02-01"},
        {"known_at": "2024-05-16T00:00:00Z", "as_of": "2024-05-09T00:00:00Z", "baseline": "original"},
        {"known_at": "2024-10-20T00:00:00Z", "baseline": "2"},
    ]
    path = "/v1/plans/release/variance"
    before = [(await release.get(path, params=params)).content for params in questions]
    await post(release, "release", event("late", "completed", "alpha-2", "2023-11-30"))
    await post(release, "release", event("odd", "reopened", "final", "2024-10-08"))
    keys = [key_of(sample, each["id"]) for each in sample["milestones"][3:]]
    moved = [{"key": key, "name": key, "planned_finish": "2025-01-01"} for key in keys]
    await put_plan(release, "release", moved, calendar="standard", time_zone="Asia/Tokyo")
    await capture(release, "release")
    assert [
        (await release.get(path, params=params)).content for params in questions if "Z" in params["known_at"]
    ] == [content for params, content in zip(questions, before, strict=True) if "Z" in params["known_at"]]


async def test_history_answered_while_it_is_being_made(client: httpx.AsyncClient, sample: Json) -> None:
    """The same plan loaded up to the end of 2023 alone answers the same items as the whole history does."""
    early = [each for each in sample["events"] if each["recorded_at"] < "2024-01-01"]
    first = [each for each in sample["milestones"] if each["id"] != "3.13 candidate 3"]
    await load(client, "part", {**sample, "milestones": first, "events": early, "source": "then"})
    await load(client, "whole", sample)
    question = {"known_at": "2023-12-20T00:00:00Z"}
    part, whole = await variance(client, "part", **question), await variance(client, "whole", **question)
    assert part["items"] == whole["items"]
    assert {name: part[name] for name in ("as_of", "known_at", "revision")} == {
        name: whole[name] for name in ("as_of", "known_at", "revision")
    }
