"""One plain English sentence for a judged value."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from app.domain.deviation_values import Judged
from app.domain.levels import bound_of
from app.domain.measures import Basis, Reason
from app.domain.tolerances import Level, Measure, Tolerance, Unit

_ROUND_THE_CLOCK = 1440  # minutes of a working day; with fewer, days are told as working days


class Sentence(NamedTuple):
    """What a sentence is made of.

    Attributes:
        minutes: the working minutes of the value, if it is time.
        minutes_per_day: of the calendar that they are counted on.
        baseline: the number of the baseline that is observed.
        operands: what the value was computed from, by name.
    """

    tolerance: Tolerance
    judged: Judged
    minutes: int | None
    minutes_per_day: int
    baseline: int | None
    operands: Mapping[str, Any]

    @property
    def value(self) -> float:
        """The value, where there is one."""
        return self.judged.value or 0.0


def summary_of(told: Sentence) -> str:
    """Such as "beta-1 finished 1 day after baseline 1; the tolerance is 0 days".

    Of a value beyond a bound the bound of its level is named, else the nearest one on its side.
    """
    who = told.judged.subject.milestone or "The plan"
    measure, reason = told.tolerance.measure, told.judged.reason
    if reason is Reason.cancelled:
        return f"{who} was cancelled"
    if reason is Reason.removed:
        return f"{who} has left the plan"
    if told.judged.value is None:
        because = "" if reason is None else f" ({reason.value.replace('_', ' ')})"
        return f"{who} has no {measure.value.replace('_', ' ')} to judge{because}"
    return f"{who} {_PHRASES[measure](told)}{_limit(told)}"


def number(value: float) -> str:
    """A number with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _counted(value: float, one: str) -> str:
    text = number(value)
    return f"{text} {one}" if text in {"1", "-1"} else f"{text} {one}s"


def _quantity(told: Sentence, value: float) -> str:
    """An amount of the tolerance's unit."""
    unit = told.tolerance.unit
    if told.tolerance.measure is Measure.float_consumed_percent:
        return f"{number(value)} %"
    if unit is Unit.working_days:
        return _counted(value, "day" if told.minutes_per_day == _ROUND_THE_CLOCK else "working day")
    if unit is Unit.working_minutes:
        return _counted(value, "working minute")
    if unit is Unit.percent_of_baseline_duration:
        return f"{number(value)} % of its baseline duration"
    return number(value) if unit is Unit.number else _counted(value, "point")


def _value(told: Sentence, value: float) -> str:
    """The amount of a value; what is no hundredth of a day in minutes."""
    if told.tolerance.unit is Unit.working_days and value and told.minutes and not round(value, 2):
        return _counted(abs(told.minutes), "working minute")
    return _quantity(told, value)


def _limit(told: Sentence) -> str:
    value = told.value
    bound = bound_of(told.tolerance, value, told.judged.level or Level.warning)
    is_length = told.tolerance.measure in _DIRECTED and bound * value > 0
    return f"; the tolerance is {_quantity(told, abs(bound) if is_length else bound)}"


def _dated(told: Sentence, base: str, happened: str, expected: str) -> str:
    """A date against the one that `base` names: the verb of the fact, and of the expectation."""
    basis, value = told.judged.basis, told.value
    length = _value(told, abs(value))
    if basis == Basis.overdue_floor and value > 0:
        return f"is at least {length} late to {expected}, against {base}"
    verb = happened if basis == Basis.actual else f"is {_EXPECTED.get(basis, 'projected')} to {expected}"
    if not value:
        return f"{verb} as in {base}"
    return f"{verb} {length} {'after' if value > 0 else 'before'} {base}"


def _start(told: Sentence) -> str:
    return _dated(told, f"baseline {told.baseline}", "started", "start")


def _finish(told: Sentence) -> str:
    return _dated(told, f"baseline {told.baseline}", "finished", "finish")


def _deadline(told: Sentence) -> str:
    is_plan = told.judged.subject.milestone is None
    base = "its target finish" if is_plan else "its deadline"
    return _dated(told, base, "finished", "finish").replace("as in its", "at its")


def _duration(told: Sentence) -> str:
    basis, value, base = told.judged.basis, told.value, f"baseline {told.baseline}"
    length = _value(told, abs(value))
    if basis == Basis.overdue_floor:
        return f"has taken at least {length} longer than in {base}"
    verb = "took" if basis == Basis.actual else f"is {_EXPECTED.get(basis, 'projected')} to take"
    if not value:
        return f"{verb} as long as in {base}"
    return f"{verb} {length} {'longer' if value > 0 else 'less'} than in {base}"


def _total_float(told: Sentence) -> str:
    return f"has {_value(told, told.value)} of total float"


def _consumed(told: Sentence) -> str:
    return f"has used up {_value(told, told.value)} of the total float that baseline {told.baseline} gave it"


def _progress(told: Sentence) -> str:
    planned, actual = (number(told.operands[f"{name}_percent_complete"]) for name in ("planned", "actual"))
    if not told.value:
        return f"is {actual} % complete, as planned in baseline {told.baseline}"
    where = "behind" if told.value > 0 else "ahead of"
    gap = _value(told, abs(told.value))
    return f"is {gap} {where} baseline {told.baseline}: {actual} % complete, {planned} % planned"


def _blocked(told: Sentence) -> str:
    return f"has been blocked for {_value(told, told.value)}" if told.value else "is not blocked"


def _silence(told: Sentence) -> str:
    return f"has not been heard of for {_value(told, told.value)}" if told.value else "is not silent"


def _sequence(told: Sentence) -> str:
    return f"went ahead of {_counted(told.value, 'predecessor')}"


_EXPECTED: Mapping[str, str] = {Basis.forecast: "forecast", Basis.planned: "planned"}
_DIRECTED = frozenset(
    {
        Measure.start_variance,
        Measure.finish_variance,
        Measure.duration_variance,
        Measure.plan_finish_variance,
        Measure.deadline_variance,
        Measure.progress_gap_points,
    }
)
"""The measures that are told as a length with a direction; the bound on the same side is told as a length, too."""

_PHRASES: Mapping[Measure, Callable[[Sentence], str]] = {
    Measure.start_variance: _start,
    Measure.finish_variance: _finish,
    Measure.duration_variance: _duration,
    Measure.plan_finish_variance: _finish,
    Measure.deadline_variance: _deadline,
    Measure.total_float: _total_float,
    Measure.float_consumed_percent: _consumed,
    Measure.progress_gap_points: _progress,
    Measure.blocked_minutes: _blocked,
    Measure.silence_minutes: _silence,
    Measure.out_of_sequence: _sequence,
}
