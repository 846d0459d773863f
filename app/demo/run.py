"""`leeway demo`: load the plan once, print its variance, then serve."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import httpx
from pydantic import SecretStr

from app.access.service import KeyRequest, Scope, create_key
from app.access.tokens import new_token
from app.demo.history import load
from app.main import create_app
from app.settings import Settings

PLAN = "python-3.13"


def sample() -> dict[str, Any]:
    """The history of the CPython 3.13 release plan (python/peps, public domain)."""
    text = files("app.demo").joinpath("python-3.13-release.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


async def prepare(settings: Settings, say: Callable[[str], object]) -> None:
    """Load the demonstration plan into a migrated database unless it is there, and say what to do with it."""
    # The first admin key of a new database would be printed; the demonstration prints one of its own instead.
    hidden = settings.bootstrap_key or SecretStr(new_token())
    app = create_app(settings.model_copy(update={"run_loops": False, "bootstrap_key": hidden}))
    async with app.router.lifespan_context(app):
        now = datetime.now(UTC)
        wanted = KeyRequest("default", "demo", frozenset({Scope.admin}), now + timedelta(days=7))
        key = await app.state.database.write(lambda tx: create_key(tx, wanted, now))
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://demo",
            headers={"Authorization": f"Bearer {key.token}"},
        )
        async with client:
            if (await client.get(f"/v1/plans/{PLAN}")).status_code == 404:
                await load(client, PLAN, sample())
            variance = await client.get(f"/v1/plans/{PLAN}/variance", params={"baseline": "original"})
            variance.raise_for_status()
            replanned = await client.get(f"/v1/plans/{PLAN}/comparison", params={"from": "baseline:1"})
            replanned.raise_for_status()
    say(table(variance.json(), {c["key"] for c in replanned.json()["changes"]["milestones_changed"]}))
    say(requests(f"http://{settings.host}:{settings.port}", key.token))


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
