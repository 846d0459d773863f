"""Whether the triggers of contingencies hold, judged on a plan as it is seen at one instant."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import reduce
from typing import Any, NamedTuple

from app.domain.deviation_values import Judged, Observed, Subject
from app.domain.evidence import Evidences
from app.domain.execution import ExecutionEvent, Identity
from app.domain.judging import baseline_of, items_of, judge
from app.domain.levels import is_worse, level_of
from app.domain.measures import Reason
from app.domain.moments import Moment, format_moment
from app.domain.progress import has_happened
from app.domain.risk_triggers import (
    DateTrigger,
    EventTrigger,
    MeasureTrigger,
    Trigger,
    tolerance_of,
)
from app.domain.risks import Contingency, RiskState, RiskStatus, moment_of
from app.domain.tolerances import ITEM_MEASURES, Tolerance

_MOST = 20  # milestones that are named


class TriggerStatus(StrEnum):
    """Whether a trigger holds."""

    holds = "holds"
    waits = "waits"
    unknown = "unknown"
    """It can't be told; the reason says why."""


class Found(NamedTuple):
    """What was found of a trigger at one instant.

    Attributes:
        since: when it began to hold, where a date or an event tells; None: it does not hold, or a value holds it,
            which tells what it is now alone.
        reason: why it is not known.
        operands: what it was judged by, as on the wire.
        events: the (source, id) of the events it rests on, newest last.
        summary: one plain sentence without a full stop: why it holds, or what it waits for.
    """

    status: TriggerStatus
    since: Moment | None
    reason: Reason | None
    operands: Mapping[str, Any]
    events: tuple[Identity, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What triggers are judged on.

    Attributes:
        observed: the plan as it was known, seen from a data date: what triggers on measures are judged on.
        evidences: the evidence for what is judged of it.
        events: its effective events, in canonical order.
        begins: when a day of the plan's zone begins.
        as_of: when dates and events are judged; that data date, or a later instant.
    """

    observed: Observed
    evidences: Evidences
    events: Sequence[ExecutionEvent]
    begins: Callable[[date], datetime]
    as_of: datetime


def situation_of(
    observed: Observed, events: Sequence[ExecutionEvent], begins: Callable[[date], datetime]
) -> Situation:
    """What triggers are judged on: a plan as it is seen, and its effective events."""
    return Situation(observed, Evidences(observed), events, begins, observed.as_of)


def look(trigger: Trigger, state: RiskState, situation: Situation) -> Found:
    """Whether a trigger of a risk in this state holds. O(events); of a measure of no one milestone O(milestones)."""
    match trigger:
        case MeasureTrigger():
            return _of_measure(trigger, situation)
        case DateTrigger():
            return _of_date(trigger, situation)
        case EventTrigger():
            return _of_event(trigger, situation)
        case _:
            return _of_occurrence(state)


def due_value(contingency: Contingency, state: RiskState, found: Found) -> float | None:
    """1 while the contingency is due: its trigger holds, it is not activated and its risk not closed; else 0.

    None: whether the trigger holds can't be told.
    """
    if state.status is RiskStatus.closed or contingency.key in state.activations:
        return 0.0
    return None if found.status is TriggerStatus.unknown else float(found.status is TriggerStatus.holds)


def has_come(moment: Moment, situation: Situation) -> bool:
    """Whether a day has begun, or an instant has come; at the midnight before it a day has not begun."""
    as_of = situation.as_of
    return moment <= as_of if isinstance(moment, datetime) else situation.begins(moment) < as_of


def _of_date(trigger: DateTrigger, situation: Situation) -> Found:
    told = format_moment(trigger.date)
    operands = {"date": told}
    if has_come(trigger.date, situation):
        return Found(TriggerStatus.holds, trigger.date, None, operands, (), f"{told} has come")
    return Found(TriggerStatus.waits, None, None, operands, (), f"it waits for {told}")


def _of_event(trigger: EventTrigger, situation: Situation) -> Found:
    what = trigger.event if trigger.milestone is None else f"{trigger.event} of {trigger.milestone}"
    operands: dict[str, Any] = {"event": trigger.event, "milestone": trigger.milestone}
    for event in situation.events:
        is_meant = event.type == trigger.event and trigger.milestone in {None, event.milestone}
        if is_meant and has_happened(event, situation.as_of):
            moment = moment_of(event)
            at = format_moment(moment)
            operands |= {"milestone": event.milestone, "occurred_at": at}
            summary = f"{what} was reported of {at}"
            return Found(TriggerStatus.holds, moment, None, operands, (event.identity,), summary)
    return Found(TriggerStatus.waits, None, None, operands, (), f"it waits for {what}")


def _of_occurrence(state: RiskState) -> Found:
    operands = {"status": str(state.status)}
    if state.status is RiskStatus.occurred:
        return Found(TriggerStatus.holds, state.occurred_at, None, operands, state.events[-1:], "the risk occurred")
    return Found(TriggerStatus.waits, None, None, operands, (), f"the risk is {state.status}")


def _of_measure(trigger: MeasureTrigger, situation: Situation) -> Found:
    tolerance = tolerance_of(trigger)
    judged = _judged(trigger, tolerance, situation)
    beyond = [each for each in judged if each.level is not None]
    if beyond:
        return _of_value(trigger, tolerance, situation, beyond, TriggerStatus.holds)
    within = [each for each in judged if each.value is not None]
    told = [each for each in within if trigger.milestone is not None or each.subject.milestone is None]
    if told:
        return _of_value(trigger, tolerance, situation, told, TriggerStatus.waits)
    if within:
        summary = f"no {_words(trigger)} is {_side(trigger, TriggerStatus.holds)} {_unit(trigger)}"
        return Found(TriggerStatus.waits, None, None, _bound(trigger) | {"value": None}, (), summary)
    reason = judged[0].reason if judged else Reason.not_applicable
    operands = _bound(trigger) | {"value": None, "milestone": trigger.milestone}
    return Found(TriggerStatus.unknown, None, reason, operands, (), f"{_words(trigger)} is not known")


def _judged(trigger: MeasureTrigger, tolerance: Tolerance, situation: Situation) -> list[Judged]:
    """The values that the trigger is about: of one thing, or of whatever is beyond its bound.

    Of one milestone without a look at the others; where nothing is beyond, of the plan, or else of any milestone.
    """
    observed, key = situation.observed, trigger.milestone
    if trigger.measure in ITEM_MEASURES:
        known = _items(trigger, tolerance, observed)
        return [each for each in judge(observed, [tolerance], known) if each.subject in known]
    if key is not None:
        return _of_milestones(tolerance, situation, [key])
    found = judge(observed, [tolerance], {Subject(tolerance.key, None, baseline_of(observed, tolerance))})
    is_told = any(each.value is not None for each in found)
    return found if is_told else found + _of_milestones(tolerance, situation, observed.current)


def _of_milestones(tolerance: Tolerance, situation: Situation, keys: Iterable[str]) -> list[Judged]:
    """The value of the first of these milestones that has any; else why the first has none."""
    number, missing = baseline_of(situation.observed, tolerance), list[Judged]()
    for key in keys:
        value = situation.evidences.values.of(tolerance, key)
        if value is None:
            continue
        level = None if value.amount is None else level_of(tolerance, value.amount)
        subject = Subject(tolerance.key, key, number)
        judged = Judged(subject, value.amount, value.reason, level, value.basis, value.is_final)
        if value.amount is not None:
            return [judged]
        missing = missing or [judged]
    return missing


def _items(trigger: MeasureTrigger, tolerance: Tolerance, observed: Observed) -> Set[Subject]:
    """The items that the trigger is about, whatever their values are."""
    number = baseline_of(observed, tolerance)
    wanted = None if trigger.metric is None else f"metrics/{trigger.metric}"
    places = {(key, about) for key, about in items_of(observed, tolerance) if wanted in {None, about}}
    if not places and wanted is not None:
        places = {(None, wanted)}
    return {Subject(tolerance.key, key, number, about) for key, about in places}


def _of_value(
    trigger: MeasureTrigger, tolerance: Tolerance, situation: Situation, judged: list[Judged], status: TriggerStatus
) -> Found:
    """The worst of some values, and how many of them there are."""

    def worse(one: Judged, other: Judged) -> Judged:
        assert one.value is not None
        assert other.value is not None
        return other if is_worse(tolerance, other.value, one.value) else one

    worst = reduce(worse, judged)
    assert worst.value is not None
    evidence = situation.evidences.of(tolerance, worst)
    operands = {**evidence.operands, **_bound(trigger), "value": worst.value, "milestone": worst.subject.milestone}
    operands["about"] = worst.subject.about
    if status is TriggerStatus.holds:
        operands["beyond"] = [each.subject.milestone or each.subject.about for each in judged[:_MOST]]
    of = worst.subject.about or worst.subject.milestone or "the plan"
    summary = f"{_words(trigger)} of {of} is {worst.value:g} {_unit(trigger)}"
    return Found(status, None, None, operands, evidence.events, f"{summary}, {_side(trigger, status)}")


def _bound(trigger: MeasureTrigger) -> dict[str, Any]:
    bounds = {"above": trigger.above, "below": trigger.below}
    return {"measure": str(trigger.measure), "unit": str(trigger.unit), **bounds}


def _words(trigger: MeasureTrigger) -> str:
    return str(trigger.measure).replace("_", " ")


def _unit(trigger: MeasureTrigger) -> str:
    return str(trigger.unit).replace("_", " ")


def _side(trigger: MeasureTrigger, status: TriggerStatus) -> str:
    side, bound = ("above", trigger.above) if trigger.above is not None else ("below", trigger.below)
    return f"{'' if status is TriggerStatus.holds else 'not '}{side} {bound:g}"
