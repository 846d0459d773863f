"""Importing a schedule file that was read: everything it says is taken over in one transaction, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store as calendar_store
from app.calendars.store import BUILT_INS
from app.domain.changes import compare
from app.domain.plan import PlanContent
from app.domain.rules import Violation
from app.formats.parsed import Place
from app.imports import calendars, store
from app.imports.baselines import FileBaseline, frozen_content, same_dates
from app.imports.content import counts, merged, renamed
from app.imports.keys import Keys, key_of
from app.imports.places import in_order, place_of
from app.imports.prepared import Prepared
from app.imports.problems import ImportRefused, PlanChangedMeanwhile, PlanOfAnotherProject
from app.imports.progress import News
from app.imports.recording import record_progress
from app.imports.uploads import Upload
from app.kit import wire
from app.kit.db import Conflict
from app.kit.ids import uuid7
from app.kit.problems import MAX_ERRORS, FieldError
from app.kit.stamps import Stamp, next_recorded_at
from app.kit.threads import beside_loop
from app.milestones import remembered
from app.milestones import store as milestones
from app.milestones.content import Locate, edit, load
from app.milestones.problems import InvalidPlan
from app.plans import baseline_store
from app.plans import service as plans
from app.plans import store as plan_store
from app.plans.change_schemas import changes_document
from app.plans.lookup import locked
from app.plans.problems import PlanKeyTaken
from app.plans.schemas import BaselineIn
from app.plans.store import Head

_BASELINE = "imported_baseline"


class DryRun(Exception):
    """Ends the transaction of a dry run, with the report of what it would have done."""

    def __init__(self, report: bytes) -> None:
        self.report = report
        super().__init__("dry run")


@dataclass(slots=True)
class _Import:
    """An import under way: the plan as it stands, and what was done so far."""

    upload: Upload
    workspace_id: int
    stamp: Stamp
    head: Head | None
    before: PlanContent | None
    state: Mapping[str, Any]
    captured: list[int]
    baselines: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Place] = field(default_factory=list)

    @property
    def file(self) -> Prepared:
        """The file."""
        return self.upload.file

    @property
    def made(self) -> Head:
        """The plan's row, once it is there."""
        assert self.head is not None
        return self.head


async def run(tx: AsyncConnection, workspace_id: int, upload: Upload, stamp: Stamp) -> tuple[bytes, UUID | None]:
    """Import a file that was read; answers the report, and the id of the import unless the file was known.

    Raises:
        ImportRefused: naming everything that is wrong with the file.
        PlanKeyTaken: the plan was deleted.
        PlanOfAnotherProject: the file's own key is that of a plan which has nothing to do with it.
        PlanChangedMeanwhile: it is no longer as the file was read for.
        DryRun: all of it worked, and none of it is to be stored.
        Conflict: another import of the plan got in between.
    """
    plan = upload.file.plan
    found = await plan_store.lock(tx, workspace_id, [plan])
    head = found[0] if found else None
    newest = None
    if head is not None:
        known = await store.report_of(tx, head, upload.digest)
        if known is not None:
            return known.encode(), None
        if upload.wanted.plan is None and not await store.has_project(tx, head, upload.project or ""):
            raise PlanOfAnotherProject
        newest = await store.newest(tx, head)
    elif await plan_store.key_taken(tx, workspace_id, plan):
        if await plan_store.lock(tx, workspace_id, [plan]):
            raise Conflict  # it was created a moment ago: run again, and find it
        raise PlanKeyTaken
    state, last = newest or ({}, None)
    before = None if head is None else await load(tx, head, head.revision)
    if before is not None:
        _check_unchanged(upload, before)
    stamp = replace(stamp, origin="import")
    work = _Import(upload, workspace_id, stamp, head, before, state, list(state.get("baselines", ())))
    try:
        return await _take_over(tx, work, last)
    finally:
        if work.head is not None:
            remembered.forget(work.head.plan_id, work.head.revision)


def _check_unchanged(upload: Upload, before: PlanContent) -> None:
    """Whether the plan still says what the file was read with, some seconds ago and without its lock.

    Raises:
        PlanChangedMeanwhile: it does not.
    """
    options, fields = upload.options, before.fields
    said = (options.calendar or fields.calendar, options.scheduling or fields.scheduling)
    if not upload.file.is_own and (options.time_zone, *said) != (
        fields.time_zone,
        fields.calendar,
        fields.scheduling,
    ):
        raise PlanChangedMeanwhile


async def _take_over(tx: AsyncConnection, work: _Import, last: datetime | None) -> tuple[bytes, UUID | None]:
    await _refuse_errors(tx, work)
    file = work.file
    owned = work.state.get("calendars", {})
    taken = await calendars.take(tx, work.workspace_id, file, owned, work.stamp)
    if work.head is not None:
        work.head = await locked(tx, work.workspace_id, file.plan)  # new versions of its calendars are facts of it
    keys = await _keys(tx, work)
    size = len(file.content.milestones)
    content = await beside_loop(size, renamed, file.content, keys, taken.keys)
    nothing = PlanContent(content.fields, {}, {})
    after, work.notes = await beside_loop(size, merged, work.before or nothing, file, content)
    zone = after.fields.time_zone
    if work.upload.wanted.time_zone not in {None, zone}:
        work.notes.append(Place("?time_zone", "zone_of_the_plan", f"the plan has the zone {zone}, which counts"))
    locate = _locator(file, keys)
    try:
        for index, baseline in enumerate(file.baselines, 1):
            last_one = index == len(file.baselines)
            await _capture(tx, work, _renamed_baseline(baseline, keys), after, locate, is_last=last_one)
        await _put(tx, work, after, "import", locate)
    except InvalidPlan as problem:
        raise ImportRefused(errors=problem.errors) from None
    told = replace(file, statements=[each._replace(milestone=keys[each.milestone]) for each in file.statements])
    news = await record_progress(tx, work.made, told, content, work.stamp.clock)
    return await _finish(tx, work, after, taken, news, last)


async def _refuse_errors(tx: AsyncConnection, work: _Import) -> None:
    """Everything that is wrong with the file, and what it names that is not there, in one problem."""
    file = work.file
    errors = list(file.errors)
    if file.document is not None:
        if work.head is None and file.is_own and "name" not in file.document.given:
            errors.append(FieldError("/name", "needed", "is needed for a plan that is new"))
        errors += await _unknown_calendars(tx, work)
    if errors:
        raise ImportRefused(errors=(errors if file.is_own else in_order(errors))[: MAX_ERRORS + 1])


async def _unknown_calendars(tx: AsyncConnection, work: _Import) -> list[FieldError]:
    """The places that name a calendar neither of the file nor of the workspace."""
    file = work.file
    assert file.document is not None
    named: list[tuple[str | None, str]] = [
        (key, milestone.calendar)
        for key, milestone in file.content.milestones.items()
        if milestone.calendar is not None
    ]
    if "calendar" in file.document.given:
        named.insert(0, (None, file.content.fields.calendar))
    wanted = {calendar for _, calendar in named} - BUILT_INS - file.calendar_keys
    unknown = wanted - await calendar_store.lock_shared(tx, work.workspace_id, wanted) if wanted else set()
    detail = "is no calendar of this workspace; /v1/calendars lists them"
    found = [
        Violation("plan" if key is None else "milestones", key, "calendar", "unknown_calendar", detail)
        for key, calendar in named
        if calendar in unknown
    ]
    return [FieldError(place_of(file.parsed, file.document.locate(v)), v.code, v.detail) for v in found]


async def _keys(tx: AsyncConnection, work: _Import) -> dict[str, str]:
    """The plan's key of each milestone by the key that it has in the file's content.

    What the plan knows, or once knew, by its external id keeps its key. An id that is the very key of a
    milestone without one means that milestone: so a plan that was exported finds itself again. Nothing else
    gets a key that ever was another's, so that no event changes hands.
    """
    file = work.file
    if work.head is None or work.before is None or file.is_own:
        return {key: key for key in file.ids}
    owners: dict[str, str | None] = {}
    for key, external_id in await milestones.names_ever(tx, work.head):
        owners.pop(key, None)
        owners[key] = external_id
    known = {key: key for key, milestone in work.before.milestones.items() if milestone.external_id is None}
    known |= {external_id: key for key, external_id in owners.items() if external_id is not None}
    known |= {m.external_id: key for key, m in work.before.milestones.items() if m.external_id is not None}
    give = Keys(known, owners.keys())
    return {key: give(name, key_of(name)) for key, name in file.ids.items()}


def _locator(file: Prepared, keys: Mapping[str, str]) -> Locate:
    """Where in the file a rule is broken; of what somebody added by hand, what it is."""
    document, in_file = file.document, {new: old for old, new in keys.items()}
    assert document is not None

    def locate(violation: Violation) -> str:
        key = violation.key
        if file.is_own or key is None:
            return document.locate(violation)
        ends = (key, key) if isinstance(key, str) else (key[0], key[2])
        if not in_file.keys() >= set(ends):
            return f"plan, {key if isinstance(key, str) else ' '.join(key)}"
        old = in_file[key] if isinstance(key, str) else (in_file[key[0]], key[1], in_file[key[2]])
        return place_of(file.parsed, document.locate(replace(violation, key=old)))

    return locate


async def _put(tx: AsyncConnection, work: _Import, content: PlanContent, origin: str, locate: Locate) -> None:
    """The content as the plan's next revision, or its first."""
    stamp = replace(work.stamp, origin=origin)
    if work.head is not None:
        work.head = (await edit(tx, work.head, lambda _: content, stamp, locate)).head
        return
    try:
        edited = await plans.create_whole(tx, work.workspace_id, work.file.plan, content, stamp, locate)
    except PlanKeyTaken:
        raise Conflict from None  # it was free a moment ago: run again, and find the plan
    work.head = edited.head


async def _capture(
    tx: AsyncConnection, work: _Import, baseline: FileBaseline, after: PlanContent, locate: Locate, *, is_last: bool
) -> None:
    """A baseline of the file as a revision and a baseline of the plan, unless it is there already."""
    name = (baseline.name or f"Baseline {baseline.number}")[:200]
    frozen = await beside_loop(len(after.milestones), frozen_content, after, baseline.dates)
    if not frozen.milestones:
        work.notes.append(Place(f"baseline {baseline.number}", "empty_baseline", "has no dates, and is left out"))
        return
    # The last one is to be the newest of the plan; of the others it is enough that they were captured once.
    for number in work.captured[-1:] if is_last else work.captured:
        row = await baseline_store.baseline(tx, work.made, number)
        assert row is not None
        before = await milestones.milestones_at(tx, work.made, row.revision)
        if same_dates(before, frozen, after.milestones):
            return
    await _put(tx, work, frozen, _BASELINE, locate)
    reason = f"imported from {work.file.parsed.format}, baseline {baseline.number} of {work.upload.project}"[:1_000]
    wanted = BaselineIn(name=name, reason=reason)
    _, number = await plans.capture_baseline(tx, work.workspace_id, work.file.plan, wanted, work.stamp)
    work.head = await locked(tx, work.workspace_id, work.file.plan)
    work.captured.append(number)
    work.baselines.append({"number": number, "name": name})


async def _finish(
    tx: AsyncConnection,
    work: _Import,
    after: PlanContent,
    taken: calendars.Taken,
    news: News,
    last: datetime | None,
) -> tuple[bytes, UUID | None]:
    """Write the report, and keep it unless it is a dry run."""
    upload, dry_run = work.upload, work.upload.wanted.dry_run
    import_id = uuid7()
    row = {
        "format": work.file.parsed.format,
        "project": upload.project,
        "status_date": after.fields.status_date,
        "revision": work.made.revision,
        "author": work.stamp.author,
        "reason": work.stamp.reason,
        "recorded_at": next_recorded_at(None, work.stamp.clock(), last),
    }
    before = work.before or PlanContent(after.fields, {}, {})
    report = {
        "id": None if dry_run else import_id,
        "plan": work.file.plan,
        **row,
        "created": work.before is None,
        "dry_run": dry_run,
        "calendars": {"created": taken.created, "changed": taken.changed, "unchanged": taken.unchanged},
        "baselines": work.baselines,
        "counts": counts(work.file),
        "events": {"recorded": len(news.events), "known": news.known, "retracted": len(news.retractions)},
        "notes": [note._asdict() for note in (*work.file.parsed.notes, *work.notes)],
    }
    told = await beside_loop(len(after.milestones), _told, report, before, after)
    state = {"calendars": taken.owned, "baselines": work.captured}
    kept = {"import_id": import_id, "digest": upload.digest, **row, "state": state, "report": told.decode()}
    await store.add(tx, work.made, kept)
    if dry_run:
        raise DryRun(told)
    return told, import_id


def _told(report: Mapping[str, Any], before: PlanContent, after: PlanContent) -> bytes:
    return wire.dump({**report, "changes": changes_document(compare(before, after), before, after)})


def _renamed_baseline(baseline: FileBaseline, keys: Mapping[str, str]) -> FileBaseline:
    return replace(baseline, dates={keys[key]: dates for key, dates in baseline.dates.items()})
