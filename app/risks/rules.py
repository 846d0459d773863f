"""What is asked of contingencies when they are written: a trigger that can hold, a change that can be made.

Later the plan may change in ways that make one pointless; that is told where it is read, and refused to nobody. So a
plan that is made whole from a document is asked only what no plan changes: the document of every plan makes that plan
again, also with a contingency that was activated, or overtaken.
"""

from collections.abc import Iterator
from datetime import date

from app.domain.execution import EventType
from app.domain.moments import Moment, format_moment
from app.domain.part_values import Wrong
from app.domain.plan import MilestoneKind, PartBody, PlanContent
from app.domain.risk_triggers import DateTrigger, EventTrigger, MeasureTrigger, Trigger, tolerance_of, trigger_of
from app.domain.rules import precedes
from app.domain.tolerances import ITEM_MEASURES, Measure
from app.kit.limits import MAX_PLAN_CONTINGENCIES, MAX_WIDE_TRIGGERS
from app.plans.changes_wire import Names, PlanChange, misfits
from app.tolerances.rules import errors_of, unmatched

_FIELDS = {
    "/upper/breach": "above",
    "/lower/breach": "below",
    "/unit": "unit",
    "/applies_to": "milestone",
    "/applies_to/milestones": "milestone",
}
"""Where the bounds of a trigger stand, by where those of a tolerance do."""

_NEVER_STAND = frozenset({EventType.corrected.value, EventType.retracted.value})
_OF_NONE = ITEM_MEASURES | {Measure.plan_finish_variance}
_OF_THE_PLAN = frozenset({EventType.contingency_activated.value})


def written(body: PartBody, before: PartBody | None) -> Iterator[tuple[int, PartBody]]:
    """The contingencies of a risk that say something else than before, each with its place."""
    known = {} if before is None else {each["key"]: each for each in before["contingencies"]}
    for index, each in enumerate(body["contingencies"]):
        old = known.get(each["key"])
        if old is None or (old["trigger"], old["change"]) != (each["trigger"], each["change"]):
            yield index, each


def changes(body: PartBody, before: PartBody | None) -> Iterator[PartBody]:
    """The changes that are written with a risk."""
    for _, each in written(body, before):
        yield each["change"]


def crowded(content: PlanContent) -> Iterator[str]:
    """That all risks of a plan together have too many contingencies, or too many that look at every milestone."""
    told = [each["trigger"] for body in content.part("risks").values() for each in body["contingencies"]]
    if len(told) > MAX_PLAN_CONTINGENCIES:
        yield f"the risks of a plan have at most {MAX_PLAN_CONTINGENCIES} contingencies together"
    elif sum(map(_is_wide, map(trigger_of, told))) > MAX_WIDE_TRIGGERS:
        yield f"at most {MAX_WIDE_TRIGGERS} triggers of a plan may look at all its milestones: name one in the others"


def _is_wide(trigger: Trigger) -> bool:
    return isinstance(trigger, MeasureTrigger) and trigger.milestone is None and trigger.measure not in _OF_NONE


def unfit(content: PlanContent, body: PartBody, before: PartBody | None) -> Iterator[Wrong]:
    """All that is wrong with the contingencies that are written with a risk, in a plan that is sound.

    O((milestones + dependencies) x contingencies).
    """
    for index, each in written(body, before):
        place = f"contingencies/{index}"
        trigger = trigger_of(each["trigger"])
        for field, code, detail in list(_in_itself(trigger)) or _of_trigger(content, trigger):
            yield Wrong(f"{place}/trigger/{field}", code, detail)
        for error in misfits(content, PlanChange.model_validate(each["change"])):
            yield Wrong(f"{place}/change{error.pointer}", error.code, error.detail)


def hopeless(body: PartBody) -> Iterator[Wrong]:
    """The triggers of a risk that hold in no plan."""
    for index, each in enumerate(body["contingencies"]):
        for field, code, detail in _in_itself(trigger_of(each["trigger"])):
            yield Wrong(f"contingencies/{index}/trigger/{field}", code, detail)


def named_in(body: PartBody, before: PartBody | None, names: Names) -> Iterator[tuple[str, str]]:
    """(field, key) of each of `names`, calendars or resources, that the changes written with a risk have."""
    for index, each in written(body, before):
        for place, calendar in names(PlanChange.model_validate(each["change"])):
            yield f"contingencies/{index}/change{place}", calendar


def _in_itself(trigger: Trigger) -> Iterator[tuple[str, str, str]]:
    """(field, code, detail) of why a trigger can never hold, whatever the plan is."""
    match trigger:
        case MeasureTrigger(measure=Measure.contingency_due):
            yield "measure", "circular", "is what triggers decide; wait for risk_occurred or an event instead"
        case MeasureTrigger():
            for error in errors_of(tolerance_of(trigger)):
                yield _FIELDS.get(error.pointer, "milestone"), error.code, error.detail
            if trigger.metric is not None and trigger.measure is not Measure.metric_gap_points:
                yield "metric", "not_of_metrics", f"{trigger.measure} is of no metric"
        case EventTrigger() if trigger.event in _NEVER_STAND:
            yield "event", "never_stands", "says something of other events; wait for those"
        case EventTrigger() if trigger.milestone is not None and trigger.event in _OF_THE_PLAN:
            yield "milestone", "not_of_milestones", f"{trigger.event} is of no milestone"


def _of_trigger(content: PlanContent, trigger: Trigger) -> Iterator[tuple[str, str, str]]:
    """(field, code, detail) of why a trigger that might hold in some plan can never do so in this one."""
    match trigger:
        case MeasureTrigger():
            yield from _of_measure(content, trigger)
        case DateTrigger():
            first = _first_date(content)
            if first is not None and precedes(trigger.date, first, content.fields.time_zone):
                yield "date", "before_plan", f"lies before {format_moment(first)}, the first date of the plan"
        case EventTrigger():
            yield from _of_event(content, trigger)


def _of_measure(content: PlanContent, trigger: MeasureTrigger) -> Iterator[tuple[str, str, str]]:
    for error in unmatched(tolerance_of(trigger), content.milestones.values()):
        yield _FIELDS.get(error.pointer, "milestone"), error.code, error.detail
    if trigger.metric is not None and trigger.metric not in content.part("metrics"):
        yield "metric", "unknown_metric", "is no success metric of this plan"


def _first_date(content: PlanContent) -> Moment | None:
    """The first day, or instant of it, that the plan has anything on."""
    found = [
        moment
        for each in content.milestones.values()
        for moment in (each.planned_start, each.planned_finish)
        if moment is not None
    ]
    return min(found, key=lambda moment: (_day(moment), format_moment(moment)), default=None)


def _day(moment: Moment) -> date:
    return date.fromisoformat(format_moment(moment)[:10])


def _of_event(content: PlanContent, trigger: EventTrigger) -> Iterator[tuple[str, str, str]]:
    if trigger.milestone is None:
        return
    milestone = content.milestones.get(trigger.milestone)
    if milestone is None:
        yield "milestone", "unknown_milestone", "is no milestone of this plan"
    elif milestone.kind is MilestoneKind.phase:
        yield "milestone", "phase_has_no_events", "is a phase, which has no events of its own; name its children"
