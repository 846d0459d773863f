"""What a judged value was computed from: operands, events and one plain sentence."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from app.domain.deviation_values import Evidence, Judged, Observed
from app.domain.durations import planned_minutes
from app.domain.evidence_words import Sentence, summary_of, summary_of_item
from app.domain.execution import EventType, ExecutionEvent, Identity, canonical_order
from app.domain.items import Item
from app.domain.judged_values import Value, Values
from app.domain.judging import items_of
from app.domain.measures import Basis
from app.domain.moments import Moment, format_moment, from_minutes
from app.domain.plan import MilestoneKind
from app.domain.progress import effective, has_happened
from app.domain.subjects import SILENCE, is_start_milestone
from app.domain.tolerances import ITEM_MEASURES, Measure, Tolerance

_A_DAY = 1440  # minutes
_MOST = 20  # events, and drivers of the plan's finish
_ENDS = frozenset({EventType.completed, EventType.reopened})
_STARTS = _ENDS | {EventType.started}
_STOPS = frozenset({EventType.blocked, EventType.unblocked})
_WORK = _STARTS | {EventType.progressed}
_DATES = _WORK | _STOPS | {EventType.forecast_changed}
_COUNTED: Mapping[Measure, frozenset[EventType]] = {
    Measure.progress_gap_points: _WORK,
    Measure.blocked_minutes: _STOPS,
    Measure.silence_minutes: frozenset(EventType),
    Measure.out_of_sequence: _WORK,
}
"""The types of events that a measure counts, if not all that move dates,"""
_FACTS: Mapping[Measure, frozenset[EventType]] = {
    Measure.finish_variance: _ENDS,
    Measure.plan_finish_variance: _ENDS,
    Measure.duration_variance: _STARTS | _STOPS,
}
"""and those that count once it has happened, if not all that say when something began or was done."""

_LIMITS = frozenset({Measure.plan_finish_variance, Measure.deadline_variance})
_DATED = frozenset({Measure.start_variance, Measure.finish_variance})

Operands = dict[str, Any]


class Evidences:
    """The evidence for what was judged of one plan, as it was observed."""

    def __init__(self, observed: Observed) -> None:
        self.observed = observed
        self.values = Values(observed)
        self._items: dict[str, Mapping[tuple[str | None, str | None], Item]] = {}

    def of(self, tolerance: Tolerance, judged: Judged) -> Evidence:
        """What a judged value rests on.

        Events are those in effect up to the data date that count for the measure: of the milestone, of the plan
        those of what drives its finish. `unabsorbed_minutes` is the slip of a start or finish beyond the total
        float that the baseline left, of a deadline or of the plan's finish all of it. The events of the plan are
        sorted once; O(operands) after that. An item says itself what its value rests on.
        """
        key, measure = judged.subject.milestone, tolerance.measure
        if measure in ITEM_MEASURES:
            return self._of_item(tolerance, judged)
        value = (self.values.of_the_plan(tolerance) if key is None else self.values.of(tolerance, key)) or Value(None)
        operands = self._operands(measure, key, value)
        milestone = None if key is None else self.observed.current.get(key)
        line = self.values.plan_line if milestone is None else self.values.line(milestone)
        number, minutes = self.observed.baseline_number, value.minutes
        return Evidence(
            operands={name: _wire(operand) for name, operand in operands.items()},
            events=self._events(measure, key, value.basis),
            unabsorbed_minutes=self._unabsorbed(measure, key, minutes),
            summary=summary_of(Sentence(tolerance, judged, minutes, line.minutes_per_day, number, operands)),
        )

    def item(self, tolerance: Tolerance, judged: Judged) -> Item | None:
        """The item that was judged; None: dates were, or it is no more."""
        if tolerance.measure not in ITEM_MEASURES:
            return None
        items = self._items.get(tolerance.key)
        if items is None:
            items = self._items[tolerance.key] = items_of(self.observed, tolerance)
        return items.get((judged.subject.milestone, judged.subject.about))

    def _of_item(self, tolerance: Tolerance, judged: Judged) -> Evidence:
        item, sentence = self.item(tolerance, judged), Sentence(tolerance, judged, None, _A_DAY, None, {})
        if item is None or judged.value is None:
            return Evidence({}, (), None, summary_of(sentence))
        value = item.value_at(self.observed.as_of)
        operands = {name: _wire(operand) for name, operand in value.operands.items()}
        return Evidence(operands, value.events[-_MOST:], None, summary_of_item(sentence, value.summary))

    def _operands(self, measure: Measure, key: str | None, value: Value) -> Operands:
        if key is None:
            return self._of_the_plan(measure, value)
        milestone, item = self.observed.current.get(key), self.values.items.get(key)
        return {} if milestone is None or item is None else _OPERANDS[measure](self, key, value)

    def _of_the_plan(self, measure: Measure, value: Value) -> Operands:
        summary = self.observed.variance.summary
        if measure is Measure.progress_gap_points:
            return {
                "planned_percent_complete": summary.planned_percent_complete,
                "actual_percent_complete": summary.actual_percent_complete,
            }
        against: Operands = {"baseline_finish": summary.baseline_finish}
        if measure is Measure.deadline_variance:
            against = {"target_finish": self.observed.fields.target_finish}
        return against | {
            "projected_finish": summary.projected_finish,
            "compared_finish": self.compared(measure, None, value),
            "working_minutes": value.minutes,
            "drivers": (summary.drivers or ())[-_MOST:],
        }

    def compared(self, measure: Measure, key: str | None, value: Value) -> Moment | None:
        """The date that a slip was measured to."""
        return None if value.minutes is None else self.values.compared(measure, key, value.basis)

    def _unabsorbed(self, measure: Measure, key: str | None, slip: int | None) -> int | None:
        if slip is None:
            return None
        if measure in _LIMITS:
            return max(slip, 0)
        room = self.values.floats.get(key) if key is not None and measure in _DATED else None
        return None if room is None else max(slip - max(room, 0), 0)

    @cached_property
    def _happened(self) -> Mapping[str, list[ExecutionEvent]]:
        """The effective events up to the data date by milestone, in canonical order."""
        found = defaultdict[str, list[ExecutionEvent]](list)
        for each in effective(self.observed.events):
            if each.milestone is not None and has_happened(each, self.observed.as_of):
                found[each.milestone].append(each)
        return found

    def _events(self, measure: Measure, key: str | None, basis: str) -> tuple[Identity, ...]:
        is_fact = basis == Basis.actual
        counted = _FACTS.get(measure, _STARTS) if is_fact else _COUNTED.get(measure, _DATES)
        if key is not None:
            found = [each for each in self._happened.get(key, ()) if each.type in counted]
        else:
            keys = self._happened if measure is Measure.progress_gap_points else self._finishing
            found = [each for key in keys for each in self._happened.get(key, ()) if each.type in counted]
            found.sort(key=canonical_order)
        return tuple(each.identity for each in found[-_MOST:])

    @cached_property
    def _finishing(self) -> Iterable[str]:
        """What drives the finish of the plan; of a finished one, what finished last."""
        variance = self.observed.variance
        last = variance.summary.projected_finish
        done = (each.milestone for each in variance.items if each.actual_finish == last is not None)
        return variance.summary.drivers or tuple(done)


def _wire(operand: Any) -> Any:
    """A value as it is on the wire."""
    if isinstance(operand, tuple):
        return list(operand)
    return format_moment(operand) if isinstance(operand, Moment) else operand


def _dates_of(found: Evidences, key: str, edge: str) -> Operands:
    """What is known of when a milestone starts or finishes."""
    item = found.values.items[key]
    names = (f"{which}_{edge}" for which in ("planned", "actual", "forecast", "projected"))
    return {name: getattr(item, name) for name in names} | {
        "total_float_minutes": item.total_float_minutes,
        "driving_predecessor": item.driving_predecessor,
    }


def _start(found: Evidences, key: str, value: Value) -> Operands:
    return {
        "baseline_start": found.values.items[key].baseline_start,
        "compared_start": found.compared(Measure.start_variance, key, value),
        "working_minutes": value.minutes,
    } | _dates_of(found, key, "start")


def _finish(found: Evidences, key: str, value: Value) -> Operands:
    return {
        "baseline_finish": found.values.items[key].baseline_finish,
        "compared_finish": found.compared(Measure.finish_variance, key, value),
        "working_minutes": value.minutes,
    } | _dates_of(found, key, "finish")


def _deadline(found: Evidences, key: str, value: Value) -> Operands:
    milestone = found.observed.current[key]
    return {
        "deadline": milestone.deadline,
        "compared_finish": found.compared(Measure.deadline_variance, key, value),
        "working_minutes": value.minutes,
    } | _dates_of(found, key, "start" if is_start_milestone(milestone) else "finish")


def _duration(found: Evidences, key: str, value: Value) -> Operands:
    values, item = found.values, found.values.items[key]
    base = values.baseline.get(key)
    return {
        "baseline_duration_minutes": base and planned_minutes(values.line(found.observed.current[key]), base),
        "working_minutes": value.minutes,
        "actual_start": item.actual_start,
        "actual_finish": item.actual_finish,
        "remaining_minutes": found.observed.states.get(key, SILENCE).remaining_minutes,
        "percent_complete": item.percent_complete,
    }


def _total_float(found: Evidences, key: str, _: Value) -> Operands:
    schedule = found.observed.schedule
    late = None if schedule is None else schedule.items[key].late_finish
    return {"late_finish": None if late is None else from_minutes(late)} | _dates_of(found, key, "finish")


def _consumed(found: Evidences, key: str, value: Value) -> Operands:
    return {"baseline_total_float_minutes": found.values.floats.get(key)} | _total_float(found, key, value)


def _progress(found: Evidences, key: str, value: Value) -> Operands:
    share = None if value.amount is None else found.values.share(found.values.items[key])
    return {
        "planned_percent_complete": None if share is None else round(share.planned, 1),
        "actual_percent_complete": None if share is None else round(share.actual, 1),
    }


def _blocked(found: Evidences, key: str, value: Value) -> Operands:
    state = found.observed.states.get(key, SILENCE)
    return {
        "blocked_since": state.blocked_since,
        "expected_resume_at": state.expected_resume_at,
        "working_minutes": value.minutes,
    }


def _silence(found: Evidences, key: str, value: Value) -> Operands:
    item, last = found.values.items[key], found.observed.present.get(key, SILENCE).last_event_at
    milestone = found.observed.current[key]
    since, _ = found.values.silent_since(item, milestone)
    silent_since: Moment | None = None
    if since is not None:
        is_heard = last is not None and found.values.line(milestone).start.work[last] == since
        is_finish = milestone.kind is MilestoneKind.milestone and milestone.planned_finish is not None
        silent_since = last if is_heard else milestone.planned_finish if is_finish else milestone.planned_start
    return {
        "last_event_at": last,
        "silent_since": silent_since,
        "planned_start": item.planned_start,
        "planned_finish": item.planned_finish,
        "working_minutes": value.minutes,
    }


def _sequence(found: Evidences, key: str, _: Value) -> Operands:
    return {"predecessors": tuple(found.values.ahead_of.get(key, ()))}


_OPERANDS: Mapping[Measure, Callable[[Evidences, str, Value], Operands]] = {
    Measure.start_variance: _start,
    Measure.finish_variance: _finish,
    Measure.duration_variance: _duration,
    Measure.deadline_variance: _deadline,
    Measure.total_float: _total_float,
    Measure.float_consumed_percent: _consumed,
    Measure.progress_gap_points: _progress,
    Measure.blocked_minutes: _blocked,
    Measure.silence_minutes: _silence,
    Measure.out_of_sequence: _sequence,
}
