"""The tasks and links of a Microsoft Project file as milestones and dependencies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from app.domain.moments import format_instant
from app.domain.plan import MilestoneKind
from app.formats.mspdi_fields import MAX_MINUTES, Reading, clean
from app.formats.mspdi_outline import Outline
from app.formats.mspdi_values import File, Link, Task
from app.formats.mspdi_working import Works

_ALAP, _MSO, _MFO, _SNET, _FNET = 1, 2, 3, 4, 6
_CONSTRAINTS = {_ALAP: "ALAP", _MSO: "MSO", _MFO: "MFO", _SNET: "SNET", 5: "SNLT", _FNET: "FNET", 7: "FNLT"}
_YIELDING = {"MSO": "SO", "MFO": "FO"}  # what they mean where constraints are not always honoured
_LINKS = ("FF", "FS", "SF", "SS")
_CENT = Decimal("0.01")
_MAX_PERCENT = 1_000
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Told:
    """The items of a plan, and where each stands in the file."""

    items: list[dict[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def add(self, item: dict[str, Any], place: str) -> None:
        """One more."""
        self.items.append(item)
        self.places.append(place)


def told(moment: datetime | None) -> str | None:
    """An instant as it is sent."""
    return None if moment is None else format_instant(moment)


def milestones_of(file: File, outline: Outline, works: Works, reading: Reading) -> Told:
    """Every task of the plan as a milestone. O(tasks + assignments)."""
    found = Told()
    currency = clean(file.header.text("CurrencyCode"))
    honors = file.header.flag("HonorConstraints") is not False
    status = file.header.moment("StatusDate")
    for task in outline.tasks:
        kind, parent = outline.kind(task), outline.parents[task.uid]
        item: dict[str, Any] = {
            "key": outline.ids[task.uid],
            "external_id": outline.ids[task.uid],
            "name": task.name,
            "kind": kind.value,
            "parent": None if parent is None else outline.ids[parent],
            "owner": _owner(file, task),
            "constraint": _constraint(task, kind, reading, honors=honors),
            "deadline": told(task.deadline),
        }
        if kind is not MilestoneKind.phase:
            item |= _dates(task, kind) | {"calendar": works.of(task)} | _budget(task, currency, reading)
            _note_leaf(task, status, reading)
        found.add(item, task.place)
    return found


def _dates(task: Task, kind: MilestoneKind) -> dict[str, Any]:
    if kind is MilestoneKind.milestone:
        return {"planned_finish": told(task.finish or task.start)}
    return {
        "planned_start": told(task.start),
        "planned_finish": told(task.finish),
        "planned_duration_minutes": task.minutes,
    }


def _owner(file: File, task: Task) -> str | None:
    """The names of the resources that work on it."""
    assigned = (file.resources.get(uid) for uid in file.assigned.get(task.uid, ()))
    names = dict.fromkeys(resource.name for resource in assigned if resource is not None and resource.name)
    return clean(", ".join(names)) or None


def _budget(task: Task, currency: str, reading: Reading) -> dict[str, Any]:
    if task.cost is None or task.cost < _CENT * 50:
        return {}
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        reading.note(task.place, "cost_left_out", "has a cost, but the project names no currency (CurrencyCode)")
        return {}
    return {"budget": {"amount": f"{(task.cost / 100).quantize(_CENT):f}", "currency": currency}}


def _constraint(task: Task, kind: MilestoneKind, reading: Reading, *, honors: bool) -> dict[str, Any] | None:
    if task.manual:
        return _by_hand(task, kind, reading)
    name = _CONSTRAINTS.get(task.constraint)
    if name is None:
        return None
    if name == "ALAP":
        return {"type": name, "date": None}
    if task.constraint_date is None:
        reading.wrong(f"{task.place}, ConstraintDate", "missing", f"the constraint ({name}) has no date")
    return {"type": name if honors else _YIELDING.get(name, name), "date": told(task.constraint_date)}


def _by_hand(task: Task, kind: MilestoneKind, reading: Reading) -> dict[str, Any] | None:
    """A task that is scheduled by hand is kept where it was put; what has begun needs no keeping."""
    if kind is MilestoneKind.phase:
        detail = "is a summary scheduled by hand; its dates are those of the tasks in it"
        reading.note(f"{task.place}, Manual", "manual_summary", detail)
        return None
    detail = "is scheduled by hand: it starts no earlier than it says, but its links may push it"
    reading.note(f"{task.place}, Manual", "manual_task", detail)
    if task.actual_start is not None or (task.start or task.finish) is None:
        return None
    return {"type": "FNET" if task.start is None else "SNET", "date": told(task.start or task.finish)}


def _note_leaf(task: Task, status: datetime | None, reading: Reading) -> None:
    if task.subproject:
        reading.note(task.place, "subproject", "stands for another project; it is read as one activity")
    if task.leveled:
        detail = "was delayed by leveling; the delay is left out, so that it may be earlier"
        reading.note(f"{task.place}, LevelingDelay", "leveling_left_out", detail)
    if status is None or task.actual_finish is not None:
        return
    if task.resume is not None and task.resume > status + _WEEK:
        detail = "resumes more than a week after the status date; what remains is scheduled from that date on"
        reading.note(f"{task.place}, Resume", "resume_left_out", detail)
    if task.start is not None and task.start < status and task.actual_start is None and not task.percent:
        detail = "has not begun by the status date; it is scheduled from that date on, not left in the past"
        reading.note(f"{task.place}, Start", "overdue_start_moved", detail)


def dependencies_of(file: File, outline: Outline, reading: Reading) -> Told:
    """Every link between two tasks of the plan as a dependency. O(links)."""
    found: dict[tuple[str, str, str], tuple[dict[str, Any], str]] = {}
    for task in outline.tasks:
        for link in task.links:
            source = _source(link, file, outline, reading)
            if source is None:
                continue
            name = source, _LINKS[link.type], outline.ids[task.uid]
            item = dict(zip(("predecessor", "type", "successor"), name, strict=True)) | _lag(link, reading)
            former = found.get(name)
            if former is not None and former[0] != item:
                detail = "links two tasks that are linked so already, with another lag; the longer lag is kept"
                reading.note(link.place, "link_repeated", detail)
            if former is None or _length(former[0]) < _length(item):
                found[name] = item, link.place
    told_ = Told()
    for item, place in found.values():
        told_.add(item, place)
    return told_


def _length(item: Mapping[str, Any]) -> float:
    return float(item["lag_minutes"] if item["lag_percent"] is None else item["lag_percent"])


def _source(link: Link, file: File, outline: Outline, reading: Reading) -> str | None:
    """What the predecessor is called; None: the link is none of the plan."""
    uid = link.predecessor
    if uid is None:
        return None
    if link.crosses or (uid in outline.left_out and file.tasks[uid].external):
        detail = "links a task of another project, and is left out, so that dates may be earlier"
        reading.note(link.place, "cross_project_link_left_out", detail)
        return None
    if uid not in outline.ids and uid not in outline.left_out:
        reading.wrong(link.place, "unknown_task", f"{uid} is no task of the file")
    return outline.ids.get(uid)


def _lag(link: Link, reading: Reading) -> dict[str, Any]:
    unit = "elapsed" if link.elapsed else "working"
    if link.percent and link.lag:
        if abs(link.lag) > _MAX_PERCENT:
            reading.wrong(link.place, "out_of_range", f"the lag is more than {_MAX_PERCENT} percent")
        return {"lag_minutes": 0, "lag_percent": float(link.lag), "lag_unit": unit}
    minutes = round(link.lag / 10)
    if abs(minutes) > MAX_MINUTES:
        reading.wrong(link.place, "out_of_range", "the lag is more than a hundred years")
    return {"lag_minutes": minutes, "lag_percent": None, "lag_unit": unit if minutes else "working"}
