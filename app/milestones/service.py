"""Milestones and dependencies: single edits, each a new revision of the plan."""

from dataclasses import replace
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.plan import PARTS, Dependency, Milestone, PlanContent
from app.domain.rules import Violation
from app.kit.etags import require_match
from app.kit.stamps import Stamp
from app.milestones import store
from app.milestones.content import Edited, Locate, edit
from app.milestones.problems import (
    DependencyExists,
    DependencyNotFound,
    MilestoneHasChildren,
    MilestoneKeyTaken,
    MilestoneNotFound,
)
from app.plans.lookup import locked
from app.plans.store import Head

T = TypeVar("T")


def etag(revision: int) -> str:
    """The ETag of a milestone or dependency: the revision it last changed in."""
    return f'"r{revision}"'


async def get_milestone(db: AsyncConnection, head: Head, key: str) -> tuple[Milestone, int]:
    """A milestone of the newest revision and the revision it last changed in.

    Raises:
        MilestoneNotFound: no such milestone.
    """
    found = await store.milestone(db, head, head.revision, key)
    if found is None:
        raise MilestoneNotFound
    return found


async def get_dependency(db: AsyncConnection, head: Head, identity: tuple[str, str, str]) -> tuple[Dependency, int]:
    """A dependency of the newest revision and the revision it last changed in.

    Raises:
        DependencyNotFound: no such dependency.
    """
    found = await store.dependency(db, head, head.revision, identity)
    if found is None:
        raise DependencyNotFound
    return found


def _place(own: str | tuple[str, str, str] | None) -> Locate:
    """Where a single edit went wrong: in a field of its own body, or elsewhere in the plan."""

    def locate(violation: Violation) -> str:
        is_own = violation.key == own and violation.part not in PARTS
        return f"/{violation.field}" if violation.field and is_own else ""

    return locate


def _with(content: PlanContent, milestone: Milestone) -> PlanContent:
    return replace(content, milestones={**content.milestones, milestone.key: milestone})


async def create_milestone(
    tx: AsyncConnection, workspace_id: int, plan: str, milestone: Milestone, stamp: Stamp
) -> Edited:
    """Add a milestone.

    Raises:
        PlanNotFound, MilestoneKeyTaken, InvalidPlan
    """
    head = await locked(tx, workspace_id, plan)
    if await store.milestone(tx, head, head.revision, milestone.key) is not None:
        raise MilestoneKeyTaken
    return await edit(tx, head, lambda content: _with(content, milestone), stamp, _place(milestone.key))


async def change_milestone(tx: AsyncConnection, head: Head, milestone: Milestone, stamp: Stamp) -> Edited:
    """Replace a milestone that exists, in a locked plan.

    Raises:
        InvalidPlan: the plan would not be sound.
    """
    return await edit(tx, head, lambda content: _with(content, milestone), stamp, _place(milestone.key))


async def delete_milestone(
    tx: AsyncConnection, workspace_id: int, plan: str, key: str, stamp: Stamp, if_match: str | None
) -> None:
    """Take a milestone and its dependencies out of the scope; its events stay.

    Raises:
        PlanNotFound, MilestoneNotFound, MilestoneHasChildren, PreconditionRequired, PreconditionFailed
    """
    head = await locked(tx, workspace_id, plan)
    _, changed_in = await get_milestone(tx, head, key)
    require_match(if_match, etag(changed_in))

    def without(content: PlanContent) -> PlanContent:
        if any(m.parent == key for m in content.milestones.values()):
            raise MilestoneHasChildren
        return replace(
            content,
            milestones={k: m for k, m in content.milestones.items() if k != key},
            dependencies={i: d for i, d in content.dependencies.items() if key not in {i[0], i[2]}},
        )

    await edit(tx, head, without, stamp, _place(None))


async def create_dependency(
    tx: AsyncConnection, workspace_id: int, plan: str, link: Dependency, stamp: Stamp
) -> Edited:
    """Add a dependency.

    Raises:
        PlanNotFound, DependencyExists, InvalidPlan (also for a cycle, naming all of it)
    """
    head = await locked(tx, workspace_id, plan)
    if await store.dependency(tx, head, head.revision, link.identity) is not None:
        raise DependencyExists
    return await change_dependency(tx, head, link, stamp)


async def change_dependency(tx: AsyncConnection, head: Head, link: Dependency, stamp: Stamp) -> Edited:
    """Add or replace a dependency in a locked plan.

    Raises:
        InvalidPlan: the plan would not be sound.
    """
    return await edit(
        tx,
        head,
        lambda content: replace(content, dependencies={**content.dependencies, link.identity: link}),
        stamp,
        _place(link.identity),
    )


async def delete_dependency(tx: AsyncConnection, head: Head, identity: tuple[str, str, str], stamp: Stamp) -> None:
    """Take a dependency out of a locked plan."""

    def without(content: PlanContent) -> PlanContent:
        return replace(content, dependencies={i: d for i, d in content.dependencies.items() if i != identity})

    await edit(tx, head, without, stamp, _place(None))


def changed_in(edited: Edited, before: int) -> int:
    """The revision a part last changed in, after an edit that may have changed nothing."""
    return edited.head.revision if edited.changes else before
