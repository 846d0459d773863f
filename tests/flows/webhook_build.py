"""What tests of webhooks share: a sender on the service's database, webhooks at receivers, things to announce."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
from fastapi import FastAPI
from sqlalchemy import Table, func, select

from app.feed.announcements import AnnouncementType
from app.kit.db import Database
from app.kit.outbound import Outbound, Reach, networks
from app.webhooks.envelopes import Announcement
from app.webhooks.sending import Sender
from app.webhooks.service import announce
from tests.http.build import ok
from tests.http.feed_build import DEVIATION
from tests.receivers import LOOPBACK, Receiver

WORKSPACE = 1


def sender_of(service: FastAPI, database: Database | None = None) -> Sender:
    """A process of its own that sends, or as much of it as matters."""
    state = service.state
    return Sender(database or state.database, state.vault, Outbound(Reach(networks(LOOPBACK))), state.clock)


async def send_all(sender: Sender) -> None:
    """Send until nothing is due any more."""
    while await sender.send_due():
        await sender.settled()


async def endpoint(client: httpx.AsyncClient, at: Receiver, key: str = "w", **fields: Any) -> str:
    """Make a webhook at this receiver; answers its secret."""
    made = ok(await client.post("/v1/webhooks", json={"key": key, "url": at.url, **fields}))
    secret: str = made["secret"]
    return secret


def news(at: datetime, plan: str | None = "p", type: str = "deviation.opened", **filterable: str) -> Announcement:  # noqa: A002
    """Something that happened to a plan."""
    plan_id = None if plan is None else uuid5(NAMESPACE_URL, plan)
    return Announcement(
        AnnouncementType(type), at, plan_id, plan, {**DEVIATION, "summary": "Überfällig", "plan": plan}, filterable
    )


async def say(service: FastAPI, *said: Announcement) -> None:
    """Announce it, in one transaction."""
    await service.state.database.write(lambda tx: announce(tx, WORKSPACE, said))


async def deliveries(client: httpx.AsyncClient, key: str = "w", **params: Any) -> list[dict[str, Any]]:
    """The log of a webhook, oldest first."""
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = ok(await client.get(f"/v1/webhooks/{key}/deliveries", params={"limit": 200, **params, **more}))
        found += page["items"]
        if page["next_cursor"] is None:
            return found[::-1]
        more = {"cursor": page["next_cursor"]}


async def delivery(client: httpx.AsyncClient, item_id: str, key: str = "w") -> dict[str, Any]:
    """One delivery, with its attempts."""
    found: dict[str, Any] = ok(await client.get(f"/v1/webhooks/{key}/deliveries/{item_id}"))
    return found


async def webhook(client: httpx.AsyncClient, key: str = "w") -> dict[str, Any]:
    """How a webhook stands."""
    found: dict[str, Any] = ok(await client.get(f"/v1/webhooks/{key}"))
    return found


async def edit(client: httpx.AsyncClient, key: str = "w", **fields: Any) -> dict[str, Any]:
    """Change a webhook."""
    edited: dict[str, Any] = ok(await client.patch(f"/v1/webhooks/{key}", json=fields, headers={"If-Match": "*"}))
    return edited


async def count_of(service: FastAPI, table: Table) -> int:
    """How many rows a table has."""
    async with service.state.database.read() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0
