"""876 real projects of US federal agencies: planned and actual finish, and the variance that was published."""

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import httpx
import pytest

from tests.http.events_build import Json, batch, by_key, make_plan, milestone, variance

DAY = 1_440


@pytest.fixture
def projects(shared_data: Path) -> dict[str, list[dict[str, str]]]:
    """The projects of each agency."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (shared_data / "oracles" / "us_it_dashboard.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["agency"]].append(row)
    return found


async def test_every_project_is_as_late_as_its_dates_say(
    client: httpx.AsyncClient, projects: dict[str, list[dict[str, str]]]
) -> None:
    events: list[Json] = []
    for agency, rows in projects.items():
        await make_plan(client, f"agency-{agency}", [milestone(row["row"], row["planned_finish"]) for row in rows])
        events += [
            {
                "plan": f"agency-{agency}",
                "id": row["row"],
                "source": "itdashboard.gov",
                "type": "milestone.completed",
                "milestone": row["row"],
                "occurred_at": row["projected_or_actual_finish"],
            }
            for row in rows
        ]
    assert (await batch(client, events))["accepted"] == 876

    days: dict[str, int] = {}
    for agency, rows in projects.items():
        found = by_key(await variance(client, f"agency-{agency}"))
        for row in rows:
            actual = date.fromisoformat(row["projected_or_actual_finish"])
            late = (actual - date.fromisoformat(row["planned_finish"])).days
            measured = found[row["row"]]["finish_variance"]
            assert (measured["working_days"], measured["elapsed_minutes"]) == (late, late * DAY), row
            assert measured["basis"] == "actual"
            days[row["row"]] = late
    assert len(days) == 876

    # What was published is negative when late, and a day off for some.
    published = {
        row["row"]: -int(row["official_variance_days(neg=late)"]) for rows in projects.values() for row in rows
    }
    off = [days[row] - published[row] for row in days]
    assert (off.count(0), off.count(1), off.count(-1)) == (821, 46, 9)
