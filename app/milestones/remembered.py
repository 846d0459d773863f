"""What a revision says never changes, so a process need not read it twice: bounded memories of it."""

from collections.abc import Mapping, Set
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.plan import Milestone
from app.milestones import store
from app.plans.store import Head

_KINDS_KEPT = 50_000
_MILESTONES_KEPT = 50_000

Revision = tuple[UUID, int]  # plan id and number

_kinds: dict[Revision, dict[str, str]] = {}
_contents: dict[Revision, dict[str, Milestone]] = {}


async def kinds_of(
    db: AsyncConnection, workspace_id: int, wanted: Mapping[Revision, Set[str]]
) -> dict[tuple[UUID, str], str]:
    """The newest kind of milestones, by (plan id, key), as of the revisions their locked plans stand at.

    Those that never stood in their plan are missing, and are looked up each time.
    """
    known: dict[tuple[UUID, str], str] = {}
    unknown: set[tuple[UUID, str]] = set()
    for revision, keys in wanted.items():
        kept = _kinds.get(revision, {})
        for key in keys:
            if key in kept:
                known[revision[0], key] = kept[key]
            else:
                unknown.add((revision[0], key))
    if unknown:
        numbers = dict(wanted.keys())
        for plan_id, key, kind in await store.kinds_of(db, workspace_id, unknown):
            known[plan_id, key] = kind
            _kinds.setdefault((plan_id, numbers[plan_id]), {})[key] = kind
        _forget_oldest(_kinds, _KINDS_KEPT)
    return known


async def milestones_at(db: AsyncConnection, head: Head, revision: int) -> Mapping[str, Milestone]:
    """All milestones of a revision, by key; shared, so nobody may change it."""
    name = (head.plan_id, revision)
    found = _contents.pop(name, None)
    if found is None:
        found = await store.milestones_at(db, head, revision)
    _contents[name] = found  # the newest is last; the oldest goes first
    _forget_oldest(_contents, _MILESTONES_KEPT)
    return found


def _forget_oldest(memory: dict[Revision, dict[str, str]] | dict[Revision, dict[str, Milestone]], most: int) -> None:
    """Drop whole revisions, the oldest first, until at most `most` entries are left (or one revision)."""
    size = sum(map(len, memory.values()))
    while size > most and len(memory) > 1:
        oldest = next(iter(memory))
        size -= len(memory.pop(oldest))
