"""Parts of plans: single edits, each a new revision of the plan."""

from dataclasses import replace
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.plan import PartBody, PlanContent
from app.domain.rules import Violation
from app.kit.problems import Problem
from app.kit.stamps import Stamp
from app.milestones.content import Edited, Locate, edit
from app.parts import store
from app.plans.store import Head


class Kind(NamedTuple):
    """One kind of parts.

    Attributes:
        part: its name in the plan document, one of `PARTS`.
        not_found, key_taken: the problems of one that is not there, and of a key that is.
    """

    part: str
    not_found: type[Problem]
    key_taken: type[Problem]


def etag(revision: int) -> str:
    """The ETag of a part: the revision it last changed in."""
    return f'"r{revision}"'


async def get(db: AsyncConnection, head: Head, kind: Kind, key: str) -> tuple[PartBody, int]:
    """A part of the newest revision and the revision it last changed in.

    Raises:
        kind.not_found: no such part.
    """
    found = await store.get(db, head, head.revision, kind.part, key)
    if found is None:
        raise kind.not_found
    return found


async def create(tx: AsyncConnection, head: Head, kind: Kind, key: str, body: PartBody, stamp: Stamp) -> Edited:
    """Add a part to a locked plan.

    Raises:
        kind.key_taken, InvalidPlan
    """
    if await store.get(tx, head, head.revision, kind.part, key) is not None:
        raise kind.key_taken
    return await put(tx, head, kind, key, body, stamp)


async def put(tx: AsyncConnection, head: Head, kind: Kind, key: str, body: PartBody, stamp: Stamp) -> Edited:
    """Add or replace a part of a locked plan.

    Raises:
        InvalidPlan: the plan would not be sound.
    """
    return await edit(tx, head, lambda content: with_part(content, kind.part, key, body), stamp, _place(kind, key))


async def delete(tx: AsyncConnection, head: Head, kind: Kind, key: str, stamp: Stamp) -> None:
    """Take a part out of a locked plan; its events stay.

    Raises:
        InvalidPlan: something that stays in the plan names it.
    """
    await edit(tx, head, lambda content: _without(content, kind.part, key), stamp, _place(kind, None))


def with_part(content: PlanContent, part: str, key: str, body: PartBody) -> PlanContent:
    """The content with this part added or replaced."""
    return replace(content, parts={**content.parts, part: {**content.part(part), key: body}})


def _without(content: PlanContent, part: str, key: str) -> PlanContent:
    left = {name: body for name, body in content.part(part).items() if name != key}
    return replace(content, parts={**content.parts, part: left})


def _place(kind: Kind, key: str | None) -> Locate:
    """Where a single edit went wrong: in a field of its own body, or elsewhere in the plan."""

    def locate(violation: Violation) -> str:
        own = violation.part == kind.part and violation.key == key
        if own:
            return f"/{violation.field}" if violation.field else ""
        return ""

    return locate
