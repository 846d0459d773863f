"""What a revision says never changes, so a process need not read it twice: bounded memories of it."""

from collections.abc import Mapping, Set
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.plan import Dependency, Milestone
from app.kit.memory import Memory
from app.milestones import store
from app.plans.store import Head

_KINDS_KEPT = 50_000
_MILESTONES_KEPT = 50_000
_DEPENDENCIES_KEPT = 100_000

Revision = tuple[UUID, int]  # plan id and number
_kinds: Memory[Revision, dict[str, str]] = Memory(_KINDS_KEPT)
_contents: Memory[Revision, dict[str, Milestone]] = Memory(_MILESTONES_KEPT)
_links: Memory[Revision, dict[tuple[str, str, str], Dependency]] = Memory(_DEPENDENCIES_KEPT)


async def kinds_of(
    db: AsyncConnection, workspace_id: int, wanted: Mapping[Revision, Set[str]]
) -> dict[tuple[UUID, str], str]:
    """The newest kind of milestones, by (plan id, key), as of the revisions their locked plans stand at.

    Those that never stood in their plan are missing, and are looked up each time.
    """
    known: dict[tuple[UUID, str], str] = {}
    unknown: set[tuple[UUID, str]] = set()
    for revision, keys in wanted.items():
        kept = _kinds.get(revision) or {}
        for key in keys:
            if key in kept:
                known[revision[0], key] = kept[key]
            else:
                unknown.add((revision[0], key))
    if unknown:
        found: dict[UUID, dict[str, str]] = {}
        for plan_id, key, kind in await store.kinds_of(db, workspace_id, unknown):
            known[plan_id, key] = kind
            found.setdefault(plan_id, {})[key] = kind
        for revision in wanted:
            if revision[0] in found:
                kept = _kinds.get(revision) or {}
                kept.update(found[revision[0]])
                _kinds.put(revision, kept)
    return known


def forget(plan_id: UUID, revision: int) -> None:
    """Forget a revision that this transaction made: if it is not committed, another will have its number."""
    _kinds.forget((plan_id, revision))
    _contents.forget((plan_id, revision))
    _links.forget((plan_id, revision))


async def milestones_at(db: AsyncConnection, head: Head, revision: int) -> Mapping[str, Milestone]:
    """All milestones of a revision, by key; shared, so nobody may change it."""
    name = (head.plan_id, revision)
    found = _contents.get(name)
    if found is None:
        found = await store.milestones_at(db, head, revision)
        _contents.put(name, found)
    return found


async def dependencies_at(
    db: AsyncConnection, head: Head, revision: int
) -> Mapping[tuple[str, str, str], Dependency]:
    """All dependencies of a revision, by identity; shared, so nobody may change it."""
    name = (head.plan_id, revision)
    found = _links.get(name)
    if found is None:
        found = await store.dependencies_at(db, head, revision)
        _links.put(name, found)
    return found
