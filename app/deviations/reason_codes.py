"""Reason codes: the words in which a workspace says why a deviation came about. They are never deleted."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import reason_store as store
from app.deviations.reason_problems import ReasonCodeNotFound, ReasonCodeTaken
from app.deviations.reason_store import BUILT_INS, ReasonCode
from app.kit import wire
from app.kit.etags import require_match
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp

EDITABLE = ("name", "description", "deprecated")


def etag(code: ReasonCode) -> str:
    """The ETag of a code: a digest of what it says."""
    said = [code[name] for name in EDITABLE]
    return f'"{wire.digest(said).removeprefix("sha256:")[:32]}"'


async def require_reason_code(db: AsyncConnection, workspace_id: int, code: str) -> None:
    """Let a new acknowledgement give this code as its reason.

    Raises:
        InvalidRequest: there is no such code, or it is deprecated; the place is `/reason_code`.
    """
    found = await store.get(db, workspace_id, code)
    if found is None:
        place = FieldError("/reason_code", "unknown_reason_code", "is no reason code; /v1/reason-codes lists them")
        raise InvalidRequest(errors=[place])
    if found["deprecated"]:
        place = FieldError("/reason_code", "deprecated_reason_code", "is deprecated; use another reason code")
        raise InvalidRequest(errors=[place])


async def get(db: AsyncConnection, workspace_id: int, key: str) -> ReasonCode:
    """One code, deprecated or not.

    Raises:
        ReasonCodeNotFound: no such code.
    """
    found = await store.get(db, workspace_id, key)
    if found is None:
        raise ReasonCodeNotFound
    return found


async def create(
    tx: AsyncConnection, workspace_id: int, key: str, wanted: Mapping[str, Any], stamp: Stamp
) -> ReasonCode:
    """Add a code to the catalogue.

    Raises:
        ReasonCodeTaken: the key is in use, also by a deprecated or built-in code.
    """
    code = _changed({"key": key, "deprecated": False}, wanted, stamp)
    if key in BUILT_INS or not await store.add(tx, workspace_id, code):
        raise ReasonCodeTaken
    return code


async def change(
    tx: AsyncConnection,
    workspace_id: int,
    key: str,
    edit: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    stamp: Stamp,
    if_match: str | None,
) -> ReasonCode:
    """Change what a code says, or whether new acknowledgements may give it.

    Raises:
        ReasonCodeNotFound, PreconditionRequired, PreconditionFailed, InvalidRequest
    """
    old = await store.lock(tx, workspace_id, key)
    if old is None:
        raise ReasonCodeNotFound
    require_match(if_match, etag(old))
    before = {name: old[name] for name in EDITABLE}
    after = edit(before)
    if after == before:
        return old
    code = _changed(old, after, stamp)
    await store.replace(tx, workspace_id, code)
    return code


def _changed(old: ReasonCode, said: Mapping[str, Any], stamp: Stamp) -> ReasonCode:
    return {**old, **said, "author": stamp.author, "recorded_at": stamp.clock()}
