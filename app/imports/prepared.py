"""A file that was read as the API would take it: content, calendars, baselines and statements, or what is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from app.calendars.compiled import zone_of
from app.calendars.schemas import CalendarFields
from app.calendars.service import DEFINITION
from app.domain.moments import Moment, from_minutes
from app.domain.plan import PlanContent
from app.domain.rules import violations
from app.events.reading import plain_event
from app.formats.parsed import ParsedFile
from app.imports.baselines import Dates, DatesIn, FileBaseline, reversed_dates
from app.imports.keys import Keys, calendar_key, key_of
from app.imports.places import placed
from app.imports.progress import Statement
from app.kit import strict_json
from app.kit.limits import MAX_FUTURE_HOURS
from app.kit.problems import FieldError, InvalidRequest, Problem, from_validation
from app.plans import documents
from app.plans.documents import ParsedDocument

OWN_FORMAT = "leeway"
_NEVER_NULL = {"name", "calendar"}  # of a plan; a file may have none
_AHEAD = f"something has happened more than {MAX_FUTURE_HOURS} hours from now"
_dates = TypeAdapter(DatesIn)


class FileCalendar(NamedTuple):
    """A calendar of a file: what the file calls it, the key it should have, and what it says."""

    name: str
    key: str
    definition: Mapping[str, Any]


@dataclass(slots=True)
class Prepared:
    """What of a file is to be imported into a plan.

    Milestones and calendars have the keys that they would have in a new plan; `ids` tells which id of the file
    each milestone stands for, `calendar_names` the key of each calendar by its name.
    Where `errors` are, the parts that could not be made are missing.
    """

    parsed: ParsedFile
    plan: str
    document: ParsedDocument | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    calendar_names: Mapping[str, str] = field(default_factory=dict)
    calendars: list[FileCalendar] = field(default_factory=list)
    baselines: list[FileBaseline] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)

    @property
    def calendar_keys(self) -> set[str]:
        """The keys that the content has for calendars of the file, those that cannot be made, too."""
        return set(self.calendar_names.values())

    @property
    def is_own(self) -> bool:
        """Whether it is a document of our own: its keys are final, and it says the whole plan."""
        return self.parsed.format == OWN_FORMAT

    @property
    def content(self) -> PlanContent:
        """The content that the file says; only of a file without errors."""
        assert self.document is not None
        return self.document.content


def items(parsed: ParsedFile, part: str) -> list[Mapping[str, Any]]:
    """The milestones or dependencies of a file; none where what stands there is not a list of objects."""
    told = parsed.document.get(part)
    return told if isinstance(told, list) and all(isinstance(each, dict) for each in told) else []


def prepare(parsed: ParsedFile, plan: str, time_zone: str, now: datetime) -> Prepared:
    """Check everything in a file by the same rules as what comes from anybody; every problem is in `errors`.

    Args:
        parsed: the file.
        plan: the key of the plan that it becomes.
        time_zone: the zone that its local times were read in.
        now: nothing has happened more than 24 hours after it.
    """
    found = Prepared(parsed, plan)
    try:
        strict_json.check(_whole(parsed), escapes=True)
    except InvalidRequest as problem:
        found.errors += placed(parsed, problem.errors)
        return found
    found.calendar_names = calendars = _calendars(found)
    names = _Names(found)
    raw = dict(parsed.document) if found.is_own else _substituted(names, calendars, time_zone)
    try:
        found.document = documents.read(raw)
    except InvalidRequest as problem:
        found.errors += placed(parsed, problem.errors)
    _add_statements(found, names, time_zone, now)
    if found.document is not None:
        _add_violations(found)
        _add_baselines(found, names)
    return found


def _whole(parsed: ParsedFile) -> dict[str, Any]:
    """Everything of a file that is stored."""
    names = [baseline.name for baseline in parsed.baselines]
    notes = [list(note) for note in parsed.notes]
    beside = {"project": parsed.project, "calendars": parsed.calendars, "statements": parsed.statements}
    return {**parsed.document, **beside, "baselines": names, "notes": notes}


class _Names:
    """The key of each id of the file; ids of nothing get keys that nothing has."""

    def __init__(self, found: Prepared) -> None:
        self.found = found
        self._give = Keys({}, frozenset())
        milestones = items(found.parsed, "milestones")
        self._there = {m["key"] for m in milestones if isinstance(m.get("key"), str)}
        found.ids = {self.key(m["key"]): m["key"] for m in milestones if isinstance(m.get("key"), str)}

    def key(self, name: str) -> str:
        return name if self.found.is_own else self._give(name, key_of(name))

    def known(self, name: Any) -> bool:
        return name in self._there

    def key_at(self, name: Any, pointer: str) -> Any:
        """The key of an id that another part of the file names; one of nothing is an error."""
        if not isinstance(name, str):
            return name
        if not self.known(name):
            self.found.errors += placed(
                self.found.parsed, [FieldError(pointer, "unknown_milestone", "names nothing in this file")]
            )
        return self.key(name)


def _calendars(found: Prepared) -> dict[str, str]:
    """The calendars of the file, checked; the key of each by its name."""
    keys: dict[str, str] = {}
    give = Keys({}, frozenset())
    for index, calendar in enumerate(found.parsed.calendars):
        name = str(calendar["key"])
        pointer = f"/calendars/{index}"
        if name in keys:
            found.errors += placed(found.parsed, [FieldError(pointer, "repeated", "stands more than once")])
            continue
        keys[name] = name if found.is_own else give(name, calendar_key(found.plan, name))
        said = {member: value for member, value in calendar.items() if member != "key"}
        try:
            model = CalendarFields.model_validate(said)
        except ValidationError as error:
            problem = from_validation(error.errors(include_url=False, include_input=False), said)
            found.errors += placed(found.parsed, problem.errors, pointer)
            continue
        definition = model.model_dump(mode="json", by_alias=True)
        found.calendars.append(FileCalendar(name, keys[name], {each: definition[each] for each in DEFINITION}))
    return keys


def _substituted(names: _Names, calendars: Mapping[str, str], time_zone: str) -> dict[str, Any]:
    """The document with keys in place of the file's ids and names."""
    parsed = names.found.parsed
    raw: dict[str, Any] = {"time_zone": time_zone, "name": parsed.project or names.found.plan}
    raw |= {name: value for name, value in parsed.document.items() if value is not None or name not in _NEVER_NULL}
    if "calendar" in raw:
        raw["calendar"] = calendars.get(raw["calendar"], raw["calendar"])
    raw["milestones"] = list(_milestones(names, calendars))
    raw["dependencies"] = list(_dependencies(names))
    return raw


def _milestones(names: _Names, calendars: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    for index, told in enumerate(items(names.found.parsed, "milestones")):
        milestone = {**told, "key": names.key(told["key"])} if names.known(told.get("key")) else dict(told)
        if told.get("calendar") is not None:
            milestone["calendar"] = calendars.get(told["calendar"], told["calendar"])
        if told.get("parent") is not None:
            milestone["parent"] = names.key_at(told["parent"], f"/milestones/{index}/parent")
        yield milestone


def _dependencies(names: _Names) -> Iterator[Mapping[str, Any]]:
    for index, told in enumerate(items(names.found.parsed, "dependencies")):
        yield {
            **told,
            "predecessor": names.key_at(told.get("predecessor"), f"/dependencies/{index}/predecessor"),
            "successor": names.key_at(told.get("successor"), f"/dependencies/{index}/successor"),
        }


def _add_statements(found: Prepared, names: _Names, time_zone: str, now: datetime) -> None:
    latest = now + timedelta(hours=MAX_FUTURE_HOURS)
    for index in range(len(found.parsed.statements)):
        pointer = f"/statements/{index}"
        try:
            statement = _statement(found, names, index, time_zone)
        except Problem as problem:
            found.errors += placed(found.parsed, problem.errors, pointer)
            continue
        found.statements.append(statement)
        if statement.at > latest:
            wrong = FieldError(pointer, "too_far_ahead", _AHEAD)
            found.errors += placed(found.parsed, [wrong])


def _statement(found: Prepared, names: _Names, index: int, time_zone: str) -> Statement:
    """One statement, checked as an event.

    Raises:
        Problem: it is none.
    """
    told = found.parsed.statements[index]
    name = told.get("milestone")
    if not isinstance(name, str) or not names.known(name):
        raise InvalidRequest(errors=[FieldError("/milestone", "unknown_milestone", "names nothing in this file")])
    event = {**told, "id": "-", "source": "-", "milestone": names.key(name)}
    incoming = plain_event(0, found.plan, event)
    at = _begin(incoming.occurred_at, time_zone)
    return Statement(name, names.key(name), incoming.type, incoming.occurred_at, incoming.data, index, at)


def _begin(moment: Moment, time_zone: str) -> datetime:
    return moment if isinstance(moment, datetime) else from_minutes(zone_of(time_zone).day_start(moment))


def _add_violations(found: Prepared) -> None:
    """What breaks the rules of a plan; ids of nothing are told already."""
    assert found.document is not None
    broken = [v for v in violations(found.content) if found.is_own or v.code != "unknown_milestone"]
    errors = [FieldError(found.document.locate(v), v.code, v.detail) for v in broken]
    found.errors += placed(found.parsed, errors)


def _add_baselines(found: Prepared, names: _Names) -> None:
    places = {key: i for i, key in enumerate(m["key"] for m in items(found.parsed, "milestones"))}
    for baseline in found.parsed.baselines:
        dates: dict[str, Dates] = {}
        for name, told in baseline.milestones.items():
            if not names.known(name):
                continue  # it has left the plan
            pointer = f"/milestones/{places[name]}"
            try:
                model = _dates.validate_python(told)
            except ValidationError as error:
                problem = from_validation(error.errors(include_url=False, include_input=False), told)
                found.errors += placed(found.parsed, problem.errors, f"{pointer}/baseline {baseline.number}")
                continue
            dates[names.key(name)] = Dates(model.planned_start, model.planned_finish, model.planned_duration_minutes)
        for key in reversed_dates(found.content, dates):
            pointer = f"/milestones/{places[found.ids[key]]}/baseline {baseline.number}"
            wrong = FieldError(pointer, "finish_before_start", "planned_finish lies before planned_start")
            found.errors += placed(found.parsed, [wrong])
        found.baselines.append(FileBaseline(baseline.number, baseline.name, dates))
