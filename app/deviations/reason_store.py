"""The SQL of reason codes; a code is a mapping of its fields as on the wire, with `recorded_at` an instant."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations.tables import reason_codes
from app.domain.moments import EARLIEST
from app.kit.bulk import as_dict, insert_new

ReasonCode = Mapping[str, Any]
_SHOWN = [column for column in reason_codes.c if column.name != "workspace_id"]


def _built_in(key: str, name: str, description: str) -> ReasonCode:
    changed = {"deprecated": False, "author": "leeway", "recorded_at": EARLIEST}
    return MappingProxyType({"key": key, "name": name, "description": description, **changed})


BUILT_INS: Mapping[str, ReasonCode] = MappingProxyType(
    {
        code["key"]: code
        for code in (
            _built_in("decision_pending", "Decision pending", "Somebody has yet to decide or approve."),
            _built_in("estimate_too_low", "Estimate too low", "The work is what was planned; it takes longer."),
            _built_in("external_dependency", "External dependency", "A supplier, customer or authority is late."),
            _built_in("force_majeure", "Force majeure", "Weather, strike, disaster: what nobody can prevent."),
            _built_in("late_predecessor", "Late predecessor", "Work that it waits for is late."),
            _built_in("resource_shortage", "Resource shortage", "People, machines or material are missing."),
            _built_in("rework", "Rework", "Finished work has to be done again."),
            _built_in("scope_change", "Scope change", "What has to be done has changed since the baseline."),
        )
    }
)
"""The codes that every workspace begins with. They are stored once they are edited; rows lie over them."""


def _of(workspace_id: int) -> Select[Any]:
    return select(*_SHOWN).where(reason_codes.c.workspace_id == workspace_id)


async def get(db: AsyncConnection, workspace_id: int, key: str) -> ReasonCode | None:
    """One code, deprecated or not."""
    row = (await db.execute(_of(workspace_id).where(reason_codes.c.key == key))).one_or_none()
    return BUILT_INS.get(key) if row is None else as_dict(row)


async def page(db: AsyncConnection, workspace_id: int, after: str, limit: int) -> list[ReasonCode]:
    """The codes by key, from the one that follows `after` on."""
    statement = _of(workspace_id).where(reason_codes.c.key > after).order_by(reason_codes.c.key).limit(limit)
    found = {key: code for key, code in BUILT_INS.items() if key > after}
    found |= {row.key: as_dict(row) for row in (await db.execute(statement)).all()}
    return [code for _, code in sorted(found.items())][:limit]


async def lock(tx: AsyncConnection, workspace_id: int, key: str) -> ReasonCode | None:
    """Lock a code against other writers; a built-in one is stored from then on."""
    if key in BUILT_INS:
        await add(tx, workspace_id, BUILT_INS[key])
    statement = _of(workspace_id).where(reason_codes.c.key == key).with_for_update()
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else as_dict(row)


async def add(tx: AsyncConnection, workspace_id: int, code: ReasonCode) -> bool:
    """Add a code; False if its key is taken by another that is stored."""
    return bool(await insert_new(tx, reason_codes, [{"workspace_id": workspace_id, **code}], ["workspace_id", "key"]))


async def replace(tx: AsyncConnection, workspace_id: int, code: ReasonCode) -> None:
    """Store a locked code as it is now."""
    here = (reason_codes.c.workspace_id == workspace_id) & (reason_codes.c.key == code["key"])
    await tx.execute(update(reason_codes).where(here).values(**code))
