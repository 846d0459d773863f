"""`leeway demo`: load the plan once, print its variance, then serve."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from app.access.service import KeyRequest, Scope, create_key
from app.access.tokens import new_token
from app.demo.history import load
from app.kit.clock import utc_now
from app.main import create_app
from app.settings import Settings

PLAN = "python-3.13"


def sample() -> dict[str, Any]:
    """The history of the CPython 3.13 release plan (python/peps, public domain)."""
    text = files("app.demo").joinpath("python-3.13-release.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


class Incomplete(Exception):
    """The database has the plan of the demonstration, and not all of its history."""

    def __init__(self) -> None:
        super().__init__(
            f"The plan {PLAN} of this database is deleted or has not its whole history: delete the database, "
            "or set LEEWAY_DATABASE_URL to another one, and run `leeway demo` again."
        )


@contextmanager
def loading(path: Path) -> Iterator[Path]:
    """A new file to load a database into; it gets its own name when it is complete."""
    unfinished = path.with_name(f"{path.name}.loading")
    _remove(unfinished)
    yield unfinished
    with closing(sqlite3.connect(unfinished)) as connection:  # what is in the log beside it would be left behind
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    unfinished.rename(path)
    _remove(unfinished)


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal", ".migrate-lock"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


async def prepare(settings: Settings) -> str:
    """Load the demonstration plan into a migrated database unless it is there; answers what to do with it.

    Raises:
        Incomplete: it is there in part, or was.
    """
    # The first admin key of a new database would be printed; the demonstration prints one of its own instead.
    hidden = settings.bootstrap_key or SecretStr(new_token())
    app = create_app(settings.model_copy(update={"run_loops": False, "bootstrap_key": hidden}))
    async with app.router.lifespan_context(app):
        now = utc_now()
        wanted = KeyRequest("default", "demo", frozenset({Scope.admin}), now + timedelta(days=7))
        key = await app.state.database.write(lambda tx: create_key(tx, wanted, now))
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://demo",
            headers={"Authorization": f"Bearer {key.token}"},
        )
        async with client:
            await _load_once(client)
            variance = await client.get(f"/v1/plans/{PLAN}/variance", params={"baseline": "original"})
            variance.raise_for_status()
            replanned = await client.get(f"/v1/plans/{PLAN}/comparison", params={"from": "baseline:1"})
            replanned.raise_for_status()
    shown = table(variance.json(), {c["key"] for c in replanned.json()["changes"]["milestones_changed"]})
    return f"{shown}\n{requests(f'http://{settings.host}:{settings.port}', key.token)}"


async def _load_once(client: httpx.AsyncClient) -> None:
    wanted = sample()
    if (await client.get(f"/v1/plans/{PLAN}")).status_code == 404:
        try:
            await load(client, PLAN, wanted, with_planning=True)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == 409:  # a deleted plan keeps its key
                raise Incomplete from None
            raise
    baselines = (await client.get(f"/v1/plans/{PLAN}/baselines")).json()["items"]
    for kind in ("completed", "cancelled"):
        params = {"type": f"milestone.{kind}", "limit": "200"}
        recorded = (await client.get(f"/v1/plans/{PLAN}/events", params=params)).json()["items"]
        if not baselines or len(recorded) < sum(event["type"] == kind for event in wanted["events"]):
            raise Incomplete


def table(variance: Mapping[str, Any], replanned: set[str]) -> str:
    """The variance of a plan as text, in the order of the planned dates."""
    rows = [("milestone", "baseline", "planned", "actual", "variance", "status", "")]
    items = sorted(variance["items"], key=lambda i: (i["planned_finish"] or "", i["milestone"]))
    for item in items:
        days = item["finish_variance"]["working_days"]
        shown = item["finish_variance"]["reason"] if days is None else f"{days:+.0f} d"
        rows.append(
            (
                item["milestone"],
                item["baseline_finish"] or "-",
                item["planned_finish"] or "-",
                item["actual_finish"] or "-",
                shown,
                item["schedule_status"],
                "re-planned" if item["milestone"] in replanned else "",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    summary, baseline = variance["summary"], variance["baseline"]
    counts = ", ".join(f"{count} {name}" for name, count in summary["counts"].items() if count)
    title = f"{variance['plan']} against baseline {baseline['number']} ({baseline['name']})"
    finish = summary["finish_variance"]["working_days"]
    return "\n".join(["", title, "", *lines, "", f"Plan finish {finish:+.0f} d; {counts}."])


def requests(address: str, token: str) -> str:
    """Where the documentation is, and three requests that work as they are."""
    curl = f"curl -s -H 'Authorization: Bearer {token}'"
    plan = f"{address}/v1/plans/{PLAN}"
    event = (
        '{"id": "try-1", "source": "me", "type": "note.added", "milestone": "final",'
        ' "occurred_at": "2024-10-07", "data": {"text": "Shipped."}}'
    )
    return f"""
Documentation: {address}/docs   (authorise with the key below; it works for a week)

As the plan stood on 1 December 2023 (alpha 2 was done, but nobody had said so):
  {curl} '{plan}/variance?known_at=2023-12-01T00:00:00Z&limit=2'

What the re-plans changed:
  {curl} '{plan}/comparison?from=baseline:1&to=current'

Record an execution event (send it twice: the second has no effect):
  {curl} -H 'Content-Type: application/json' -d '{event}' '{plan}/events'
"""
