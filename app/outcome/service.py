"""The outcome of a plan: computed on read, sealed when the plan is closed, and again when it turns out different."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.moments import Moment, from_minutes, parse_instant
from app.kit import wire
from app.kit.db import Database
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.kit.threads import beside_loop
from app.outcome import store
from app.outcome.documents import changed, outcome_document
from app.outcome.materials import Materials, load
from app.outcome.problems import PlanClosed
from app.outcome.reading import Outcome, read
from app.plans import due
from app.plans import store as plans
from app.plans.lookup import head_of
from app.plans.store import Head
from app.variance.snapshot import Question

EVALUATOR = "leeway"
"""Who is written down for a version that nobody asked for."""


class Moved(Exception):
    """The plan went on while its outcome was computed: compute it again."""


async def answered(
    db: AsyncConnection, workspace_id: int, plan: str, question: Question, now: datetime
) -> dict[str, Any]:
    """The outcome of a plan as it was known, as JSON-ready values.

    Raises:
        PlanNotFound, InstantRefused
    """
    materials = await load(db, await head_of(db, workspace_id, plan), question, now)
    at, source = materials.snapshot.as_of(question.as_of, now)
    return await beside_loop(_size(materials), _told, materials, at, source)


def _told(materials: Materials, as_of: datetime, source: str) -> dict[str, Any]:
    return outcome_document(read(materials, as_of), source)


def _size(materials: Materials) -> int:
    """How much there is to compute with."""
    snapshot = materials.snapshot
    return len(snapshot.current) + len(snapshot.events) + sum(len(aim.targets) for _, aim in materials.baselines)


@dataclass(frozen=True, slots=True)
class Closing:
    """What is said of a plan that is closed; `as_of` None: the status date that every read has."""

    status: str
    lessons: list[dict[str, Any]]
    as_of: Moment | None


@dataclass(frozen=True, slots=True)
class Computed:
    """An outcome, what is told of its status date, and the plan's row as it was before it was computed."""

    head: Head
    outcome: Outcome
    source: str

    def is_of(self, head: Head) -> bool:
        """Whether the plan is still the one that it was computed of."""
        return _stand(head) == _stand(self.head)


def _stand(head: Head) -> tuple[Any, ...]:
    return head.revision, head.baseline_count, head.last_sequence, head.last_recorded_at, head.status


async def before_closing(
    db: AsyncConnection, workspace_id: int, plan: str, closing: Closing, now: datetime
) -> Computed:
    """The outcome that a plan is closed with: all that takes time, done before its row is locked.

    A day that is not over yet counts up to now.

    Raises:
        PlanNotFound
        InvalidRequest: the status date lies in the future.
    """
    head = await head_of(db, workspace_id, plan)
    materials = replace(await load(db, head, Question(closing.as_of), now), closed=None)
    at, source = materials.snapshot.as_of(closing.as_of, now)
    if at > now:
        if source == "asked" and _begin(closing.as_of, materials) > now:
            raise InvalidRequest(errors=[FieldError("/as_of", "in_future", "must not lie in the future")])
        at = now
    return Computed(head, await beside_loop(_size(materials), read, materials, at), source)


def _begin(moment: Moment | None, materials: Materials) -> datetime:
    """An instant as it is, a day as the start of it in the plan's zone."""
    assert moment is not None, "it was asked for"
    if isinstance(moment, datetime):
        return moment
    return from_minutes(materials.snapshot.zone.day_start(moment))


async def close(tx: AsyncConnection, head: Head, computed: Computed, closing: Closing, stamp: Stamp) -> bytes:
    """Close a locked plan and seal its outcome; answers the version byte by byte.

    Raises:
        PlanClosed: it is closed, and its outcome sealed.
        Moved: the plan went on since its outcome was computed.
    """
    if head.status in plans.CLOSED and head.outcome_count > 0:
        raise PlanClosed
    if not computed.is_of(head):
        raise Moved
    now = stamp.clock()
    at = next_recorded_at(None, now, head.last_recorded_at)
    row = {"status": closing.status, "recorded_at": at, "author": stamp.author, "reason": stamp.reason}
    head = await plans.change_status(tx, head, {**row, "lessons": closing.lessons}, now)
    found = computed.outcome.closed(await plans.status_at(tx, head, at))
    document = wire.plain(outcome_document(found, computed.source))
    return await _seal(tx, head, "closed", stamp.author, document, at)


@dataclass(frozen=True, slots=True)
class Revision:
    """What the outcome of a closed plan comes to now.

    Attributes:
        document: as JSON; None: what was sealed last still says it.
        next_at: when time alone may change it; None: never.
    """

    computed: Computed
    document: Mapping[str, Any] | None
    next_at: datetime | None


async def revised(database: Database, head: Head, now: datetime) -> Revision:
    """The outcome of a closed plan whose outcome was sealed, as of now, beside the version sealed last.

    Raises:
        PlanNotFound: it was deleted meanwhile.
    """
    async with database.read() as db:
        head = await head_of(db, head.workspace_id, head.key)
        sealed = await store.body(db, head, head.outcome_count)
        materials = await load(db, head, Question(now), now)
    return await beside_loop(_size(materials), _revision, head, materials, now, sealed)


def _revision(head: Head, materials: Materials, now: datetime, sealed: bytes | None) -> Revision:
    outcome = read(materials, now)
    computed = Computed(head, outcome, "now")
    document = wire.plain(outcome_document(outcome, computed.source))
    before = None if sealed is None else json.loads(sealed)["outcome"]
    is_new = before is not None and bool(changed(before, document))
    return Revision(computed, document if is_new else None, outcome.next_instant)


async def seal_revision(tx: AsyncConnection, head: Head, revision: Revision, now: datetime) -> None:
    """Seal what the outcome of a locked plan comes to now, if that is new and the plan has not gone on since."""
    if revision.document is not None and revision.computed.is_of(head):
        await _seal(tx, head, "revised", EVALUATOR, revision.document, now)


async def _seal(
    tx: AsyncConnection, head: Head, cause: str, author: str, document: Mapping[str, Any], at: datetime
) -> bytes:
    version = head.outcome_count + 1
    sealed = await store.body(tx, head, head.outcome_count)
    before = {} if sealed is None else json.loads(sealed)["outcome"]
    told = {
        "version": version,
        "cause": cause,
        "status": document["closed"]["status"],
        "as_of": document["as_of"],
        "known_at": document["known_at"],
        "sealed_at": at,
        "author": author,
        "changed": changed(before, document),
    }
    digest = wire.digest(document)
    body = wire.dump({"plan": head.key, **told, "digest": digest, "outcome": document})
    instants = {name: parse_instant(document[name]) for name in ("as_of", "known_at")}
    await store.add(tx, head, {**told, **instants, "digest": digest, "body": body})
    await due.settle(tx, head, outcome_count=version)
    return body
