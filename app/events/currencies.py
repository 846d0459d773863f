"""Costs are reported in the currency that their plan names, if it names one."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.execution import EventType
from app.kit.problems import FieldError
from app.plans import store as plans
from app.plans.store import Cursor


def named_in(type_: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The currency in which an event reports a cost, or in which its replacement does, with its place."""
    if type_ == EventType.cost_incurred:
        return [("/data/currency", data["currency"])]
    replacement = data.get("replacement")
    if replacement is None or replacement["type"] != EventType.cost_incurred:
        return []
    return [("/data/replacement/data/currency", replacement["data"]["currency"])]


async def currencies_of(tx: AsyncConnection, workspace_id: int, cursors: Sequence[Cursor]) -> Mapping[UUID, str]:
    """The currency that each of these plans names, if it names one; there is nothing to look up for no plan."""
    if not cursors:
        return {}
    return await plans.currencies(tx, workspace_id, [cursor.plan_id for cursor in cursors])


def wrong_currencies(type_: str, data: Mapping[str, Any], currency: str | None) -> list[FieldError]:
    """What is in another currency than the one that the plan names."""
    if currency is None:
        return []
    detail = "is in another currency than the plan; nothing is ever converted"
    return [
        FieldError(place, "other_currency", detail) for place, named in named_in(type_, data) if named != currency
    ]
