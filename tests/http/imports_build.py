"""Small schedule files, and ways to import them."""

import csv
import io
from typing import Any

import httpx

from tests.http.build import Json, ok

CSV = {"Content-Type": "text/csv"}
JSON = {"Content-Type": "application/json"}
MONTH_ENDS = ("2026-02-01", "2026-03-01")


def row(name: str, start: str = "", finish: str = "", **cells: Any) -> Json:
    """A row of a schedule; `actual_start`, `percent_complete` and so on by their names."""
    return {"id": name, "name": f"Task {name}", "start": start, "finish": finish, **cells}


def table(*rows: Json, status_date: str = MONTH_ENDS[0], **plan: str) -> bytes:
    """A CSV file of one plan, by default of the project `tower`."""
    said = {"plan": "tower", "status_date": status_date, **plan}
    columns = list(dict.fromkeys(name for each in rows for name in (*each, *said)))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows({**each, **said} for each in rows)
    return text.getvalue().encode()


FIRST = table(
    row("dig", "2026-01-12", "2026-01-16", actual_start="2026-01-12", actual_finish="2026-01-19"),
    row("pour", "2026-01-19", "2026-01-30", predecessors="dig", actual_start="2026-01-20", percent_complete="40"),
    row("walls", "2026-02-02", "2026-02-27", predecessors="pour"),
    row("topping out", "", "2026-03-06", kind="milestone", predecessors="walls"),
)
"""A month into the work."""
_POURED = {"actual_start": "2026-01-21", "actual_finish": "2026-02-06"}
SECOND = table(
    row("dig", "2026-01-12", "2026-01-16", actual_start="2026-01-12", actual_finish="2026-01-19"),
    row(
        "pour", "2026-01-19", "2026-02-06", predecessors="dig", actual_start="2026-01-21", actual_finish="2026-02-06"
    ),
    row("walls", "2026-02-09", "2026-03-06", predecessors="pour", actual_start="2026-02-09", percent_complete="60"),
    row("roof", "2026-03-09", "2026-03-20", predecessors="walls"),
    status_date=MONTH_ENDS[1],
)
"""A month later: `pour` began a day later than was said, `roof` came, the topping out is gone."""


async def post(client: httpx.AsyncClient, body: bytes, headers: Json = CSV, **params: Any) -> httpx.Response:
    """Post a file."""
    return await client.post("/v1/imports", content=body, headers=headers, params=params)


async def imported(client: httpx.AsyncClient, body: bytes, headers: Json = CSV, **params: Any) -> Json:
    """The report of a file that must be taken."""
    return ok(await post(client, body, headers, **params))


async def milestones(client: httpx.AsyncClient, plan: str = "tower", **params: Any) -> dict[str, Json]:
    """The milestones of a plan by key."""
    document = ok(await client.get(f"/v1/plans/{plan}/document", params=params))
    return {each["key"]: each for each in document["milestones"]}


async def events(client: httpx.AsyncClient, plan: str = "tower") -> list[Json]:
    """The events of a plan."""
    items: list[Json] = ok(await client.get(f"/v1/plans/{plan}/events", params={"limit": 200}))["items"]
    return items


async def origins(client: httpx.AsyncClient, plan: str = "tower") -> list[str]:
    """What made each revision of a plan, in their order."""
    items = ok(await client.get(f"/v1/plans/{plan}/revisions"))["items"]
    return [each["origin"] for each in reversed(items)]
