"""Plans: created, edited by field or whole, baselined, compared, deleted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from app.decisions import service as decisions
from app.domain.changes import compare
from app.domain.plan import PlanContent, PlanFields
from app.domain.rules import Violation
from app.kit import wire
from app.kit.etags import PreconditionFailed, require_match
from app.kit.ids import uuid7
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.kit.threads import beside_loop
from app.milestones.content import Edited, check, check_written, edit, load, save_first
from app.plans import baseline_store, store
from app.plans.documents import ParsedDocument
from app.plans.lookup import baseline_of, locked
from app.plans.problems import PlanKeyTaken, RevisionNotFound, WrongStatus
from app.plans.schemas import BaselineIn, document
from app.plans.store import Head
from app.portfolio import store as summaries


def etag(head: Head) -> str:
    """The ETag of a plan: its revision and status."""
    return f'"r{head.revision}-{head.status}"'


def document_etag(head: Head) -> str:
    """The ETag of a plan's document: its revision."""
    return f'"r{head.revision}"'


def _place(violation: Violation) -> str:
    return f"/{violation.field}" if violation.part == "plan" and violation.field else ""


async def create(tx: AsyncConnection, workspace_id: int, key: str, fields: PlanFields, stamp: Stamp) -> Edited:
    """Create a plan without milestones, as revision 1.

    Raises:
        PlanKeyTaken, InvalidPlan
    """
    return await create_whole(tx, workspace_id, key, PlanContent(fields, {}, {}), stamp, _place)


async def create_whole(
    tx: AsyncConnection,
    workspace_id: int,
    key: str,
    content: PlanContent,
    stamp: Stamp,
    locate: Callable[[Violation], str],
) -> Edited:
    """Create a plan with all its content, as revision 1.

    Raises:
        PlanKeyTaken, InvalidPlan
    """
    await check(tx, workspace_id, content, locate)
    await check_written(tx, workspace_id, (None, content), locate)
    at = next_recorded_at(stamp.recorded_at, stamp.clock(), None)
    head = Head(workspace_id, uuid7(), key, "draft", 0, 0, 0, at, at, at)
    if not await store.add(tx, head):
        raise PlanKeyTaken
    return await save_first(tx, head, content, stamp)


@dataclass(frozen=True, slots=True)
class PutOptions:
    """How a document is put."""

    if_match: str | None = None
    if_none_match: str | None = None
    dry_run: bool = False


async def put_document(
    tx: AsyncConnection,
    workspace_id: int,
    key: str,
    parsed: ParsedDocument,
    stamp: Stamp,
    wanted: PutOptions,
) -> tuple[Edited, PlanContent, bool]:
    """Create or replace a whole plan; answers the edit, the content before, and whether it was created.

    Raises:
        PlanKeyTaken, InvalidPlan, PreconditionRequired, PreconditionFailed, RecordedBeforeHistory
    """
    found = await store.lock(tx, workspace_id, [key])
    if not found:
        if wanted.if_match is not None:
            raise PreconditionFailed("There is no such plan to match.")
        return *await _create_from(tx, workspace_id, key, parsed, stamp, dry_run=wanted.dry_run), True
    head = found[0]
    if wanted.if_none_match is not None:
        raise PreconditionFailed
    require_match(wanted.if_match, document_etag(head))
    before = await load(tx, head, head.revision)
    stamp = replace(stamp, origin="document")
    edited = await edit(tx, head, parsed.over, stamp, parsed.locate, dry_run=wanted.dry_run)
    return edited, before, False


async def _create_from(
    tx: AsyncConnection, workspace_id: int, key: str, parsed: ParsedDocument, stamp: Stamp, *, dry_run: bool
) -> tuple[Edited, PlanContent]:
    if "name" not in parsed.given:
        raise InvalidRequest(errors=[FieldError("/name", "needed", "is needed for a plan that is new")])
    content = parsed.content
    nothing = PlanContent(content.fields, {}, {})
    if not dry_run:
        stamp = replace(stamp, origin="document")
        return await create_whole(tx, workspace_id, key, content, stamp, parsed.locate), nothing
    await check(tx, workspace_id, content, parsed.locate)
    await check_written(tx, workspace_id, (None, content), parsed.locate)
    at = next_recorded_at(stamp.recorded_at, stamp.clock(), None)
    if await store.key_taken(tx, workspace_id, key):
        raise PlanKeyTaken
    head = Head(workspace_id, uuid7(), key, "draft", 0, 0, 0, at, at, at)
    return Edited(head, content, compare(nothing, content)), nothing


async def change(
    tx: AsyncConnection, head: Head, fields: PlanFields, status: str | None, stamp: Stamp
) -> tuple[Head, PlanFields]:
    """Replace the scalar fields and the status of a locked plan.

    Raises:
        InvalidPlan, WrongStatus
    """
    edited = await edit(tx, head, lambda content: replace(content, fields=fields), stamp, _place)
    if status is None or status == head.status:
        return edited.head, fields
    if status == "draft" and head.baseline_count > 0:
        raise WrongStatus
    now = stamp.clock()
    at = next_recorded_at(None, now, edited.head.last_recorded_at)
    row = {"status": status, "recorded_at": at, "author": stamp.author, "reason": stamp.reason, "lessons": []}
    return await store.change_status(tx, edited.head, row, now), fields


async def delete(tx: AsyncConnection, workspace_id: int, key: str, stamp: Stamp, if_match: str | None) -> None:
    """Hide a plan and reserve its key; a job purges its data later.

    Raises:
        PlanNotFound, PreconditionRequired, PreconditionFailed
    """
    head = await locked(tx, workspace_id, key)
    require_match(if_match, etag(head))
    now = stamp.clock()
    await store.advance(tx, head, now, deleted_at=now)
    await summaries.close(tx, head, now)


async def capture_baseline(
    tx: AsyncConnection, workspace_id: int, key: str, wanted: BaselineIn, stamp: Stamp
) -> tuple[Head, int]:
    """Tag a revision as the plan's next baseline; the first activates a draft. Answers its number.

    Raises:
        PlanNotFound, RevisionNotFound, RecordedBeforeHistory, DecisionRequired
        InvalidRequest: a first, supplementary one; or the decision can't stand behind it.
    """
    head = await locked(tx, workspace_id, key)
    if wanted.supplementary and head.baseline_count == 0:
        detail = "supplements nothing: the first baseline is the one that counts"
        raise InvalidRequest(errors=[FieldError("/supplementary", "first_baseline", detail)])
    revision = wanted.revision or head.revision
    if revision > head.revision:
        raise RevisionNotFound
    if wanted.decision is not None or head.baseline_count > 0:
        await decisions.behind(tx, head, "rebaseline", wanted.decision)
    recorded_at = next_recorded_at(stamp.recorded_at, stamp.clock(), head.last_recorded_at)
    content = await load(tx, head, revision)
    number = head.baseline_count + 1
    row = {
        "number": number,
        "name": wanted.name,
        "reason": wanted.reason,
        "approved_by": wanted.approved_by,
        "supplementary": wanted.supplementary,
        "revision": revision,
        "recorded_at": recorded_at,
        "author": stamp.author,
        "content_hash": await beside_loop(len(content.milestones), content_hash, content),
        "decision": wanted.decision,
    }
    await baseline_store.add_baseline(tx, head, row)
    status = "active" if head.status == "draft" else head.status
    moved = {"baseline_count": number, "last_recorded_at": recorded_at, "status": status}
    await store.advance(tx, head, stamp.clock(), **moved)
    return head, number


def content_hash(content: PlanContent) -> str:
    """SHA-256 of the plan document as canonical JSON."""
    return wire.digest(wire.plain(document(content)))


async def resolve(db: AsyncConnection, head: Head, parameter: str, reference: str) -> tuple[int, int | None]:
    """The revision, and the baseline's number if it is one, that a reference names.

    References: `current`, `revision:N`, `baseline:N`, `baseline:original`, `baseline:current`.

    Raises:
        RevisionNotFound, BaselineNotFound, InvalidRequest
    """
    kind, _, name = reference.partition(":")
    if reference == "current":
        return head.revision, None
    if kind == "revision" and _is_number(name):
        if not 1 <= int(name) <= head.revision:
            raise RevisionNotFound
        return int(name), None
    if kind == "baseline" and (name in {"original", "current"} or _is_number(name)):
        row = await baseline_of(db, head, name)
        return row.revision, row.number
    detail = "must be current, revision:N, baseline:N, baseline:original or baseline:current"
    raise InvalidRequest(errors=[FieldError(f"?{parameter}", "invalid_reference", detail)])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9
