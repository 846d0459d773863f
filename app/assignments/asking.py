"""How the load of a resource is asked for: the resource as it was known, then one plan after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.caller import Caller
from app.assignments.load import PlanLoad, plan_load
from app.calendars import store as calendars
from app.calendars.compiled import working, zone_of
from app.calendars.rules import tzdata_version
from app.calendars.store import BUILT_INS
from app.domain.assignments import PART
from app.domain.calendars import WorkingTime
from app.domain.moments import LATEST, Moment
from app.domain.plan import PartBody
from app.kit import wire
from app.kit.bulk import as_dict
from app.kit.limits import MAX_LOAD_MILESTONES, MAX_LOAD_PLANS
from app.kit.problems import FieldError
from app.kit.threads import beside_loop
from app.parts import store as parts
from app.plans import store as plans
from app.plans.store import Head
from app.resources import store
from app.resources.problems import LoadTooLarge, ResourceNotFound
from app.resources.store import Version
from app.variance.asking import size
from app.variance.problems import InstantRefused
from app.variance.snapshot import Question, Snapshot, end_of, take

ENGINE = "1"
"""Version of the arithmetic; part of the digest, raised whenever an answer to the same question changes."""


@dataclass(frozen=True, slots=True)
class View:
    """A resource as it was known, and the plans that then assigned it, with their assignments of it.

    `until` is the instant up to which everything counts, `newest` the newest fact that does.
    """

    version: Version
    heads: Mapping[UUID, Head]
    bodies: Mapping[UUID, Mapping[str, PartBody]]
    asked_known_at: datetime | None
    until: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """One plan's part of the load."""

    snapshot: Snapshot
    load: PlanLoad


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was resolved, with all that answers it."""

    version: Version
    shares: Sequence[Share]
    calendars: Sequence[WorkingTime]
    zone: WorkingTime
    as_of: datetime
    as_of_source: str
    known_at: datetime
    digest: str


async def ask(caller: Caller, resource: str, as_of: Moment | None, known_at: Moment | None) -> Asked:
    """Read a resource and each plan that assigns it, once.

    Raises:
        ResourceNotFound, InstantRefused, LoadTooLarge
    """
    async with caller.read() as db:
        view = await _view(db, caller.workspace_id, resource, known_at, caller.now)
        own = await _own_calendar(db, caller.workspace_id, view)
    at, source = view.until, "now" if view.asked_known_at is None else "known_at"
    if as_of is not None:
        at, source = end_of(as_of, zone_of("UTC")), "asked"
    shares: list[Share] = []
    left = MAX_LOAD_MILESTONES
    for plan_id, head in view.heads.items():
        async with caller.read() as db:
            snapshot = await take(db, head, Question(known_at=view.until), view.until)
            status = await plans.status_at(db, head, view.until)
        left -= len(snapshot.current)
        if left < 0:
            raise LoadTooLarge
        if status is None or status.status != "cancelled":
            load = await beside_loop(size(snapshot), plan_load, snapshot, view.bodies[plan_id], at)
            shares.append(Share(snapshot, load))
    facts = [view.newest, *(share.snapshot.known_at for share in shares)]
    zone, lines = _calendars(view.version, own, shares)
    return Asked(view.version, shares, lines, zone, at, source, max(facts), _digest(view, shares, own, at))


async def _view(db: AsyncConnection, workspace_id: int, key: str, known_at: Moment | None, now: datetime) -> View:
    if await store.get(db, workspace_id, key) is None:
        raise ResourceNotFound
    asked = None if known_at is None else end_of(known_at, zone_of("UTC"))
    if asked is not None and not isinstance(known_at, datetime) and known_at == now.date():
        asked = None  # a day that is not over yet
    horizon = asked or LATEST
    versions = await store.versions_at(db, workspace_id, key, horizon)
    if not versions:
        raise _refused("lies before the resource's first version")
    ever = await store.naming(db, workspace_id, key)
    known = await plans.known(db, workspace_id, ever, horizon) if ever else []
    there = {head.plan_id: (head, revision) for head, gone, revision, _ in known if gone is None or gone > horizon}
    bodies: dict[UUID, dict[str, PartBody]] = {}
    # Read after the plans: what a later revision ended or began is told by its number.
    for plan_id, name, first, last, body in await parts.ever_in(db, workspace_id, PART, there):
        if body["resource"] == key and first <= there[plan_id][1] < last:
            bodies.setdefault(plan_id, {})[name] = body
    if len(bodies) > MAX_LOAD_PLANS:
        raise LoadTooLarge(f"{len(bodies)} plans assign it. {LoadTooLarge.advice}")
    facts = [versions[-1]["recorded_at"], *(at for *_, at in known)]
    facts += [gone for _, gone, *_ in known if gone is not None and gone <= horizon]
    seen = max([*facts, *(head.last_recorded_at for head, *_ in known)])
    if asked is not None and asked > max(now, seen):
        raise _refused("lies in the future")
    heads = {plan_id: head for plan_id, (head, _) in there.items() if plan_id in bodies}
    return View(versions[-1], heads, bodies, asked, asked or max(now, seen), max(facts))


def _refused(detail: str) -> InstantRefused:
    return InstantRefused(errors=[FieldError("?known_at", "known_at_refused", detail)])


async def _own_calendar(db: AsyncConnection, workspace_id: int, view: View) -> Mapping[str, Any] | None:
    """The version of the resource's own calendar that was known; None: it has none, or it is built in."""
    key = view.version["calendar"]
    if key is None or key in BUILT_INS:
        return None
    return as_dict((await calendars.versions_at(db, workspace_id, [key], view.until))[key])


def _calendars(
    version: Version, own: Mapping[str, Any] | None, shares: Sequence[Share]
) -> tuple[WorkingTime, Sequence[WorkingTime]]:
    """The zone whose days are told, and the calendars that the resource works by: its own, else those of its plans.

    The zone is that of its own calendar, else that of all its plans, else UTC.
    """
    zones = {share.snapshot.fields.time_zone for share in shares}
    zone = zones.pop() if len(zones) == 1 else "UTC"
    if version["calendar"] is not None:
        named = zone if own is None or own["time_zone"] is None else own["time_zone"]
        return zone_of(named), [working(version["calendar"], own, zone)]
    lines = {id(line): line for line in (each.snapshot.working(each.snapshot.fields.calendar) for each in shares)}
    return zone_of(zone), list(lines.values())


def _digest(view: View, shares: Sequence[Share], own: Mapping[str, Any] | None, as_of: datetime) -> str:
    """SHA-256 over the names of everything the answer is computed from."""
    return wire.digest(
        {
            "engine": ENGINE,
            "tzdata": tzdata_version(),
            "resource": view.version["key"],
            "version": view.version["version"],
            "calendar": None if own is None else own["version"],
            "plans": {each.snapshot.head.key: each.snapshot.digest(as_of) for each in shares},
            "as_of": as_of.isoformat(),
        }
    )
