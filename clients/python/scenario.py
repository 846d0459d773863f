"""`scenario.json` with the Python client: `python scenario.py sync`, or `async`.

What it is told by its environment, and what it prints, is in `clients/README.md`.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, closing
from itertools import islice
from pathlib import Path
from typing import Any

from leeway_client import (
    NEVER,
    AsyncEventRecorder,
    Connection,
    Counts,
    EventRecorder,
    Followed,
    InvalidSignature,
    ProblemError,
    connect,
    follow,
    follow_async,
    items,
    verify_webhook,
)
from leeway_client.api import (
    create_baseline,
    create_milestone,
    create_plan,
    create_tolerance,
    get_plan,
    get_variance,
    list_events,
    list_milestones,
    list_plan_deviations,
    put_document,
    update_plan,
)
from leeway_client.models import BaselineInput, DocumentInput, MilestoneInput, PlanInput, PlanPatch, ToleranceInput

SCENARIO: dict[str, Any] = json.loads(Path(os.environ["LEEWAY_SCENARIO"]).read_text())
PLAN: str = SCENARIO["plan"]
PAGED_PLAN = f"{PLAN}-pages"


class Failed(Exception):
    """A step did not do what it must."""


def must(is_so: bool, told: object) -> None:
    """Fail the step unless it is so."""
    if not is_so:
        raise Failed(str(told))


class Sync:
    """The client as a program without an event loop uses it."""

    def __init__(self, client: Connection) -> None:
        self.client = client

    async def ask(self, operation: Any, *args: Any, client: Connection | None = None, **kwargs: Any) -> Any:
        return operation.sync(*args, client=client or self.client, **kwargs)

    async def all_items(self, operation: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return list(items(operation.sync, *args, client=self.client, **kwargs))

    async def record(self, events: Sequence[dict[str, Any]], **options: Any) -> Counts:
        with EventRecorder(self.client, **options) as recorder:
            for event in events:
                recorder.record(PLAN, **event)
        return recorder.counts

    async def followed(self, count: int, **options: Any) -> list[Followed]:
        with closing(follow(self.client, plan=PLAN, **options)) as feed:
            return list(islice(feed, count))


class Async:
    """The client as a program with an event loop uses it."""

    def __init__(self, client: Connection) -> None:
        self.client = client

    async def ask(self, operation: Any, *args: Any, client: Connection | None = None, **kwargs: Any) -> Any:
        return await operation.asyncio(*args, client=client or self.client, **kwargs)

    async def all_items(self, operation: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return [item async for item in items(operation.asyncio, *args, client=self.client, **kwargs)]

    async def record(self, events: Sequence[dict[str, Any]], **options: Any) -> Counts:
        async with AsyncEventRecorder(self.client, **options) as recorder:
            for event in events:
                await recorder.record(PLAN, **event)
        return recorder.counts

    async def followed(self, count: int, **options: Any) -> list[Followed]:
        async with aclosing(follow_async(self.client, plan=PLAN, **options)) as feed:
            return [await anext(feed) for _ in range(count)]


User = Sync | Async


async def document(user: User) -> str:
    body = DocumentInput.from_dict(SCENARIO["document"])
    made = await user.ask(put_document, PLAN, body=body, if_none_match="*")
    must(made.revision == 1 and len(made.changes.milestones_added) == 3, made)
    return f"revision {made.revision}"


async def tolerance(user: User) -> str:
    body = ToleranceInput.from_dict({**SCENARIO["tolerance"], "plan": PLAN})
    made = await user.ask(create_tolerance, body=body)
    must(made.key == SCENARIO["tolerance"]["key"], made)
    return f"tolerance {made.key}"


async def baseline(user: User) -> str:
    made = await user.ask(create_baseline, PLAN, body=BaselineInput.from_dict(SCENARIO["baseline"]))
    must(made.number == 1, made)
    return f"baseline {made.number}"


async def events(user: User) -> str:
    asked = SCENARIO["events"]
    numbered = [note(number) for number in range(1, asked["count"] + 1)]
    again = numbered[: asked["sent_twice"]]
    sent = [*numbered, *asked["last"], *again]
    counts = await user.record(sent, source=asked["source"], batch_size=asked["batch_size"])
    stored = asked["count"] + len(asked["last"])
    must(counts == Counts(len(sent), stored, len(again), 0), counts)
    listed = await user.all_items(list_events, PLAN, limit=200)
    must(len(listed) == stored, f"{len(listed)} events are listed")
    return f"{counts.accepted} accepted, {counts.duplicates} duplicates"


def note(number: int) -> dict[str, Any]:
    """The note of this number."""
    each = SCENARIO["events"]["each"]
    return {**each, "id": f"note-{number}", "data": {"text": each["data"]["text"].format(number=number)}}


async def variance(user: User) -> str:
    asked = SCENARIO["variance"]
    found = await user.ask(get_variance, PLAN, as_of=asked["as_of"])
    item = next(item for item in found.items if item.milestone == asked["milestone"])
    told = {**item.finish_variance.to_dict(), "schedule_status": item.schedule_status, "lifecycle": item.lifecycle}
    must(asked["expected"].items() <= told.items(), told)
    return f"{item.milestone} is {item.schedule_status}"


async def deviations(user: User) -> str:
    asked, key = SCENARIO["deviation"], SCENARIO["tolerance"]["key"]
    deadline = time.monotonic() + asked["within_seconds"]
    found: list[Any] = []
    while not found and time.monotonic() < deadline:
        found = await user.all_items(list_plan_deviations, PLAN, milestone=asked["milestone"], tolerance=key)
        await asyncio.sleep(0.1)
    told = [(each.milestone, each.measure, each.level) for each in found]
    must(told == [(asked["milestone"], asked["measure"], asked["level"])], told)
    return str(found[0].summary)


async def pages(user: User) -> str:
    asked = SCENARIO["pages"]
    keys = [asked["key"].format(number=number) for number in range(1, asked["milestones"] + 1)]
    milestones = [{"key": key, "name": key, "planned_finish": "2024-06-01"} for key in keys]
    body = DocumentInput.from_dict({"name": "Many", "milestones": milestones})
    await user.ask(put_document, PAGED_PLAN, body=body, if_none_match="*")
    read = [item.key for item in await user.all_items(list_milestones, PAGED_PLAN, limit=asked["limit"])]
    must(read == sorted(keys), f"{len(read)} milestones, {len(set(read))} different")
    return f"{len(read)} milestones"


async def problems(user: User) -> str:
    edit, without_name = PlanPatch(name="Other"), MilestoneInput(name="")
    asks: list[Callable[[], Awaitable[Any]]] = [
        lambda: user.ask(get_plan, "not-there"),
        lambda: user.ask(create_plan, body=PlanInput(key=PLAN, name="Again")),
        lambda: user.ask(update_plan, PLAN, body=edit, if_match='"of-another-version"'),
        lambda: user.ask(create_milestone, PLAN, body=without_name),
        lambda: ask_until_refused(user),
    ]
    told = [await refusal(ask) for ask in asks]
    for expected, error in zip(SCENARIO["problems"], told, strict=True):
        must((error.status, error.code) == (expected["status"], expected["code"]), f"{expected['name']}: {error}")
        pointers = [place.pointer for place in error.errors]
        must("pointer" not in expected or pointers == [expected["pointer"]], pointers)
    must((told[-1].retry_after or 0) > 0, "429 without Retry-After")
    return " ".join(str(error.status) for error in told)


async def ask_until_refused(user: User) -> None:
    """With the limited key, and without retries."""
    limited = connect(key=os.environ["LEEWAY_LIMITED_KEY"], retries=NEVER)
    for _ in range(2_000):
        await user.ask(get_plan, PLAN, client=limited)


async def refusal(ask: Callable[[], Awaitable[Any]]) -> ProblemError:
    """The problem that is answered."""
    try:
        await ask()
    except ProblemError as error:
        return error
    raise Failed("It was not refused.")


async def webhook(_user: User) -> str:
    asked = SCENARIO["webhook"]
    headers = {f"Webhook-{name.title()}": str(asked[name]) for name in ("id", "timestamp", "signature")}
    content = verify_webhook(asked["secret"], headers, asked["body"], clock=lambda: asked["timestamp"])
    must(content == json.loads(asked["body"]), content)
    try:
        changed = asked["body"].replace("o", "0", 1)
        verify_webhook(asked["secret"], headers, changed, clock=lambda: asked["timestamp"])
    except InvalidSignature:
        return "verified; refused when changed"
    raise Failed("A changed body was not refused.")


async def stream(user: User) -> str:
    asked = SCENARIO["stream"]
    first = await user.followed(asked["first"], type=asked["type"])
    resumed = await user.followed(1, type=asked["type"], after=first[-1].cursor)
    without_a_drop = await user.followed(asked["first"] + 1, type=asked["type"])
    read = [str(followed.item.id) for followed in [*first, *resumed]]
    must(read == [str(followed.item.id) for followed in without_a_drop], read)
    return f"{len(read)} items, resumed after {asked['first']}"


STEPS = [document, tolerance, baseline, events, variance, deviations, pages, problems, webhook, stream]


async def main(user: User) -> int:
    """Run all steps; the exit status."""
    failed = 0
    for step in STEPS:
        try:
            told = {"ok": True, "detail": await step(user)}
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the next step has its turn
            told = {"ok": False, "detail": f"{type(error).__name__}: {error}"}
            failed += 1
        print(json.dumps({"step": step.__name__, **told}), flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    kinds: dict[str, type[User]] = {"sync": Sync, "async": Async}
    sys.exit(asyncio.run(main(kinds[sys.argv[1]](connect()))))
