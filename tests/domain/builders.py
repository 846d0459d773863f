"""Short ways to say plans, events and calendars in tests of the variance core."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.domain.calendars import WorkingTime, built_in, compile_calendar, zone_transitions
from app.domain.moments import Moment, parse_moment
from app.domain.plan import Milestone, MilestoneKind, WeightBasis
from app.domain.progress import ExecutionEvent, effective, fold
from app.domain.variance import MilestoneVariance, PlanInputs, PlanVariance, Variance, measure_plan

FIRST, LAST = date(2005, 1, 1), date(2031, 1, 1)
ALWAYS = compile_calendar(built_in("always", zone_transitions("UTC")), FIRST, LAST)
STANDARD = compile_calendar(built_in("standard", zone_transitions("UTC")), FIRST, LAST)
BERLIN = compile_calendar(built_in("always", zone_transitions("Europe/Berlin")), FIRST, LAST)
CALENDARS = {"always": ALWAYS, "standard": STANDARD, "berlin": BERLIN}


def at(text: str | None) -> Moment | None:
    return None if text is None else parse_moment(text)


def instant(text: str) -> datetime:
    moment = parse_moment(text)
    return moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def event(
    type_: str, when: str, milestone: str | None = "m", identity: str | None = None, **data: Any
) -> ExecutionEvent:
    moment = parse_moment(when)
    return ExecutionEvent(
        source="s",
        id=identity or f"{milestone}/{type_}/{when}",
        type=type_ if "." in type_ else f"milestone.{type_}",
        milestone=milestone,
        occurred_at=instant(when),
        occurred_on=None if isinstance(moment, datetime) else moment,
        data=data,
    )


def retraction(identity: str, target: str, when: str = "2024-01-01") -> ExecutionEvent:
    return ExecutionEvent("s", identity, "event.retracted", None, instant(when), None, {}, target=("s", target))


def correction(
    identity: str, target: str, replacement: ExecutionEvent | None, when: str = "2024-01-01"
) -> ExecutionEvent:
    return ExecutionEvent(
        "s",
        identity,
        "event.corrected",
        None,
        instant(when),
        None,
        {},
        replacement=replacement,
        target=("s", target),
    )


def milestone(key: str, finish: str | None = None, start: str | None = None, **more: Any) -> Milestone:
    return Milestone(key, key, planned_start=at(start), planned_finish=at(finish), **more)


def activity(key: str, start: str | None = None, finish: str | None = None, **more: Any) -> Milestone:
    return milestone(key, finish, start, kind=MilestoneKind.activity, **more)


def phase(key: str, parent: str | None = None, **more: Any) -> Milestone:
    return milestone(key, kind=MilestoneKind.phase, parent=parent, **more)


def working(subject: Milestone) -> WorkingTime:
    return CALENDARS[subject.calendar or "always"]


def measure(
    current: Iterable[Milestone],
    baseline: Iterable[Milestone] | None,
    events: Iterable[ExecutionEvent] = (),
    as_of: str = "2024-01-01T00:00:00Z",
    plan_working: WorkingTime = ALWAYS,
    weight_basis: WeightBasis = WeightBasis.weight,
) -> PlanVariance:
    moment = instant(as_of)
    inputs = PlanInputs(
        current={each.key: each for each in current},
        baseline=None if baseline is None else {each.key: each for each in baseline},
        states=fold(effective(events), moment),
        working=working,
        plan_working=plan_working,
        weight_basis=weight_basis,
    )
    return measure_plan(inputs, moment)


def one(
    current: Milestone,
    baseline: Milestone,
    events: Iterable[ExecutionEvent] = (),
    as_of: str = "2024-01-01T00:00:00Z",
) -> MilestoneVariance:
    (item,) = measure([current], [baseline], events, as_of).items
    return item


def by_key(found: PlanVariance) -> Mapping[str, MilestoneVariance]:
    return {item.milestone: item for item in found.items}


def shifted(moment: Moment | None, days: int) -> Moment | None:
    return None if moment is None else moment + timedelta(days=days)


Told = tuple[int | None, int | None, str]


def told(found: Variance) -> Told:
    """(working minutes, elapsed minutes, basis or the reason for none)."""
    word = found.basis.value if found.reason is None else found.reason.value
    return (found.working_minutes, found.elapsed_minutes, word)


def null(reason: str) -> Told:
    return (None, None, reason)


def percents(found: PlanVariance) -> tuple[float | None, float | None]:
    return found.summary.planned_percent_complete, found.summary.actual_percent_complete


WEEK = activity("m", "2024-05-06", "2024-05-10", calendar="standard")
