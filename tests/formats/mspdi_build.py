"""Short ways to say files of Microsoft Project, and to schedule what they say."""

from datetime import UTC, date, datetime
from typing import Any

from app.calendars.rules import expand, working_rules
from app.calendars.schemas import CalendarIn
from app.domain.calendars import WorkingRules, WorkingTime, built_in, compile_calendar, zone_transitions
from app.domain.cpm import Schedule, ScheduleInputs, options_of, schedule
from app.domain.execution import ExecutionEvent, State
from app.domain.moments import Moment, parse_moment
from app.domain.plan import PlanContent
from app.domain.progress import fold
from app.formats.mspdi import read
from app.formats.parsed import ParsedFile, ReadOptions, Unreadable
from app.milestones.schemas import to_dependency, to_milestone
from app.plans.schemas import DocumentIn, to_fields

BUILT_IN = ("always", "standard")


def content_of(parsed: ParsedFile) -> PlanContent:
    """The plan of a file, by the API's own checks of a document; keys are the file's ids."""
    document = DocumentIn.model_validate(parsed.document)
    links = [to_dependency(each) for each in document.dependencies]
    return PlanContent(
        to_fields(document),
        {each.key: to_milestone(each, each.key) for each in document.milestones},
        {each.identity: each for each in links},
    )


def rules_of(parsed: ParsedFile) -> dict[str, WorkingRules]:
    """The calendars of a file by the names that it uses, and the built-in ones."""
    zone = parsed.document["time_zone"]
    found = {key: built_in(key, zone_transitions(zone)) for key in BUILT_IN}
    for each in parsed.calendars:
        told = CalendarIn.model_validate({**each, "key": None}).model_dump(mode="json", by_alias=True)
        found[each["key"]] = working_rules({**told, "expanded": expand(told, date(2024, 1, 1))}, zone)
    return found


def clocks_of(parsed: ParsedFile) -> dict[str, WorkingTime]:
    return {key: compile_calendar(rules, date(2001, 1, 1), date(2031, 1, 1)) for key, rules in rules_of(parsed).items()}


def states_of(parsed: ParsedFile, as_of: datetime) -> dict[str, State]:
    events = [
        ExecutionEvent("file", str(index), each["type"], each["milestone"], instant(each["occurred_at"]), None, each["data"])
        for index, each in enumerate(parsed.statements)
    ]
    return dict(fold(events, as_of))


def scheduled(parsed: ParsedFile, as_of: datetime) -> Schedule:
    """The schedule that the engine makes of a file."""
    content, clocks = content_of(parsed), clocks_of(parsed)
    plan = clocks[content.fields.calendar]
    inputs = ScheduleInputs(
        milestones=content.milestones,
        dependencies=content.dependencies.values(),
        states=states_of(parsed, as_of),
        working=lambda each: plan if each.calendar is None else clocks[each.calendar],
        plan_working=plan,
        options=options_of(content.fields),
    )
    return schedule(inputs, as_of)


def instant(text: str) -> datetime:
    moment: Moment = parse_moment(text if text.endswith("Z") else f"{text}Z")
    assert isinstance(moment, datetime)
    return moment.astimezone(UTC)
