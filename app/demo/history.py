"""Load a real history over HTTP: every fact at the instant it was really recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import httpx

from app.demo import planning
from app.domain.moments import format_instant

Sample = dict[str, Any]


def key_of(sample: Sample, name: str) -> str:
    """`3.13 alpha 1` as the key `alpha-1`."""
    version = str(sample["plan"]).split()[1]
    return name.removeprefix(f"{version} ").replace(" ", "-")


async def load(client: httpx.AsyncClient, plan: str, sample: Sample, *, with_planning: bool = False) -> None:
    """Load a release plan: its first announcement as baseline 1, then each change when it was recorded.

    A milestone that was added later is captured in a supplementary baseline at that time, so that it has
    something to be compared with while baseline 1 stays the current one. `with_planning`: with what
    `app.demo.planning` says of it besides.

    Raises:
        httpx.HTTPStatusError: the service refused something.
    """
    planned = planning.BEGINNING if with_planning else {}
    begin = min(_instant(m["baseline_recorded_at"]) for m in sample["milestones"])
    dates = {m["id"]: m["baseline"] for m in sample["milestones"] if _instant(m["baseline_recorded_at"]) == begin}
    await _put_plan(client, plan, _document(sample, dates) | planned, begin, sample["source"])
    await _capture(client, plan, f"As announced in {sample['source']}", begin, supplementary=False)
    facts = sorted(sample["events"], key=lambda event: _instant(event["recorded_at"]))
    for recorded_at, group in groupby(facts, key=lambda event: _instant(event["recorded_at"])):
        together = list(group)
        replanned = {e["milestone"]: e["effective"] for e in together if e["type"] in {"replanned", "added"}}
        if replanned:
            dates |= replanned
            document = _document(sample, dates) | planned
            if with_planning and planning.ADDED in replanned:
                document |= planning.DECIDED
            await _put_plan(client, plan, document, recorded_at, sample["source"])
        added = [e["milestone"] for e in together if e["type"] == "added"]
        if added:
            await _capture(client, plan, f"With {', '.join(added)}", recorded_at, supplementary=True)
        said = _events(sample, together)
        for body in [*said, *_besides(together, recorded_at)] if with_planning else said:
            (await client.post(f"/v1/plans/{plan}/events", json=body)).raise_for_status()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _document(sample: Sample, dates: dict[str, str]) -> dict[str, Any]:
    milestones = [{"key": key_of(sample, name), "name": name, "planned_finish": day} for name, day in dates.items()]
    return {
        "name": sample["plan"],
        "goal": f"Ship {sample['plan'].removesuffix(' release')}",
        "owner": "release-manager",
        "milestones": milestones,
        "dependencies": [],
    }


async def _put_plan(
    client: httpx.AsyncClient, plan: str, document: dict[str, Any], recorded_at: datetime, reason: str
) -> None:
    response = await client.put(
        f"/v1/plans/{plan}/document",
        json=document,
        params={"recorded_at": format_instant(recorded_at), "reason": reason},
        headers={"If-Match": "*"} if (await client.get(f"/v1/plans/{plan}")).is_success else {},
    )
    response.raise_for_status()


async def _capture(
    client: httpx.AsyncClient, plan: str, name: str, recorded_at: datetime, *, supplementary: bool
) -> None:
    response = await client.post(
        f"/v1/plans/{plan}/baselines",
        json={"name": name[:200], "reason": "as recorded then", "supplementary": supplementary},
        params={"recorded_at": format_instant(recorded_at)},
    )
    response.raise_for_status()


def _events(sample: Sample, together: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in together:
        if event["type"] in {"completed", "cancelled"}:
            recorded_at = format_instant(_instant(event["recorded_at"]))
            key = key_of(sample, event["milestone"])
            yield {
                "id": f"{event['commit']}/{key}",
                "source": str(sample["source"]).replace(" ", "/"),
                "type": f"milestone.{event['type']}",
                "milestone": key,
                "occurred_at": event["effective"] or recorded_at,
                "recorded_at": recorded_at,
            }


def _besides(together: list[dict[str, Any]], recorded_at: datetime) -> Iterator[dict[str, Any]]:
    """What was reported of metrics and risks at the same instant."""
    at = format_instant(recorded_at)
    for event in together:
        for told in planning.EVENTS.get(f"{event['type']} {event['milestone']}", []):
            name = next(iter(told["data"].values()))
            yield {
                "occurred_at": at,
                **told,
                "id": f"{told['type']}/{name}",
                "source": planning.SOURCE,
                "recorded_at": at,
            }
