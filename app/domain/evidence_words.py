"""One plain English sentence for a judged value.

It stands as long as the record is told by it: of a value that is nothing but time that passes it names the date
since when, which stays true, and no length, which would not. And it bears itself out: a value that only rounding
puts at its bound is told as more (or less) than the bound.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from app.domain.deviation_values import Judged
from app.domain.levels import bound_of
from app.domain.measures import Basis, Reason
from app.domain.moments import Moment, format_moment
from app.domain.tolerances import AGAINST_BASELINE, Level, Measure, Tolerance, Unit

_PLAIN = frozenset({Unit.number, Unit.ratio})  # told without a word for the unit
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

    @property
    def bound(self) -> float:
        """The bound that the value is held against."""
        return bound_of(self.tolerance, self.value, self.judged.level or Level.warning)


def summary_of(told: Sentence) -> str:
    """Such as "beta-1 finished 1 day after baseline 1; the tolerance is 0 days".

    Of a value beyond a bound the bound of its level is named, else the nearest one on its side.
    """
    who = told.judged.subject.about or _who(told)
    measure, reason = told.tolerance.measure, told.judged.reason
    if reason is Reason.cancelled:
        return f"{who} was cancelled"
    if reason is Reason.removed:
        return f"{who} has left the plan"
    if told.judged.value is None:
        because = "" if reason is None else f" ({reason.value.replace('_', ' ')})"
        return f"{who} has no {measure.value.replace('_', ' ')} to judge{because}"
    if measure is Measure.silence_minutes:
        return f"{_silence(told)}{_limit(told)}"
    return f"{who} {_PHRASES[measure](told)}{_limit(told)}"


def summary_of_item(told: Sentence, said: str) -> str:
    """Such as "adoption is 12 points behind its pace; the tolerance is 10 points", of what is said of an item."""
    return f"{said}{_limit(told)}"


def _who(told: Sentence) -> str:
    return told.judged.subject.milestone or "The plan"


def number(value: float) -> str:
    """A number with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _counted(text: str, one: str) -> str:
    return f"{text} {one}" if text in {"1", "-1"} else f"{text} {one}s"


def _quantity(told: Sentence, text: str) -> str:
    """An amount of the tolerance's unit."""
    unit = told.tolerance.unit
    if told.tolerance.measure is Measure.float_consumed_percent:
        return f"{text} %"
    if unit is Unit.working_days:
        return _counted(text, "day" if told.minutes_per_day == _ROUND_THE_CLOCK else "working day")
    if unit is Unit.working_minutes:
        return _counted(text, "working minute")
    if unit is Unit.percent_of_baseline_duration:
        return f"{text} % of its baseline duration"
    if unit is Unit.percent_of_budget:
        return f"{text} % of its budget"
    return text if unit in _PLAIN else _counted(text, "point")


def _value(told: Sentence) -> str:
    """The value, as a length where it is told as one; what is no hundredth of a day in minutes."""
    value, bound = told.value, told.bound
    rounded = round(value, 2)
    if told.tolerance.unit is Unit.working_days and value and told.minutes and not rounded:
        return _counted(str(abs(told.minutes)), "working minute")
    if _side(value - bound) == _side(rounded - bound):
        return _quantity(told, number(abs(value) if told.tolerance.measure in _DIRECTED else value))
    is_more = abs(value) > abs(bound) if told.tolerance.measure in _DIRECTED else value > bound
    return f"{'more' if is_more else 'less'} than {_bound(told)}"


def _side(difference: float) -> int:
    return (difference > 0) - (difference < 0)


def _bound(told: Sentence) -> str:
    """The bound as it was given; as a length where the value is one on the same side."""
    bound = told.bound
    is_length = told.tolerance.measure in _DIRECTED and bound * told.value > 0
    return _quantity(told, f"{abs(bound) if is_length else bound + 0.0:.15g}")


def _limit(told: Sentence) -> str:
    return f"; the tolerance is {_bound(told)}"


def _is_overdue(told: Sentence) -> bool:
    return told.judged.basis == Basis.overdue_floor and told.value > 0


def _on(moment: Moment) -> str:
    return f"{'at' if isinstance(moment, datetime) else 'on'} {format_moment(moment)}"


def _dated(told: Sentence, base: str, happened: str, expected: str) -> str:
    """A date against the one that `base` names: the verb of the fact, and of the expectation."""
    basis, value = told.judged.basis, told.value
    verb = happened if basis == Basis.actual else f"is {_EXPECTED.get(basis, 'projected')} to {expected}"
    if not value:
        return f"{verb} {'as in' if told.tolerance.measure in AGAINST_BASELINE else 'at'} {base}"
    return f"{verb} {_value(told)} {'after' if value > 0 else 'before'} {base}"


def _against_baseline(told: Sentence, happened: str, edge: str) -> str:
    base = f"baseline {told.baseline}"
    if _is_overdue(told):
        return f"was to {edge} {_on(told.operands[f'baseline_{edge}'])} in {base} and has not"
    return _dated(told, base, happened, edge)


def _start(told: Sentence) -> str:
    return _against_baseline(told, "started", "start")


def _finish(told: Sentence) -> str:
    return _against_baseline(told, "finished", "finish")


def _deadline(told: Sentence) -> str:
    is_plan = told.judged.subject.milestone is None
    base = "its target finish" if is_plan else "its deadline"
    if _is_overdue(told):
        return f"has passed {base} of {format_moment(told.operands['target_finish' if is_plan else 'deadline'])}"
    return _dated(told, base, "finished", "finish")


def _duration(told: Sentence) -> str:
    basis, value, base = told.judged.basis, told.value, f"baseline {told.baseline}"
    if _is_overdue(told):
        return f"has already taken longer than in {base}"
    verb = "took" if basis == Basis.actual else f"is {_EXPECTED.get(basis, 'projected')} to take"
    if not value:
        return f"{verb} as long as in {base}"
    return f"{verb} {_value(told)} {'longer' if value > 0 else 'less'} than in {base}"


def _total_float(told: Sentence) -> str:
    return f"has {_value(told)} of total float"


def _consumed(told: Sentence) -> str:
    return f"has used up {_value(told)} of the total float that baseline {told.baseline} gave it"


def _progress(told: Sentence) -> str:
    planned, actual = (number(told.operands[f"{name}_percent_complete"]) for name in ("planned", "actual"))
    if not told.value:
        return f"is {actual} % complete, as planned in baseline {told.baseline}"
    where = "behind" if told.value > 0 else "ahead of"
    return f"is {_value(told)} {where} baseline {told.baseline}: {actual} % complete, {planned} % planned"


def _blocked(told: Sentence) -> str:
    return (
        f"has been blocked since {format_moment(told.operands['blocked_since'])}" if told.value else "is not blocked"
    )


def _silence(told: Sentence) -> str:
    """The whole sentence: its subject is what was not heard."""
    who, since, planned = _who(told), told.operands["silent_since"], told.operands["planned_start"]
    if not told.value:
        return f"{who} is not silent"
    if since != told.operands["last_event_at"]:
        edge = "start" if since == planned else "finish"
        return f"Nothing has been heard of {who} since it was to {edge} {_on(since)}"
    if told.judged.level is None:
        return f"{who} was last heard of {_on(since)}"
    return f"Nothing has been heard of {who} since {format_moment(since)}"


def _sequence(told: Sentence) -> str:
    return f"went ahead of {_counted(number(told.value), 'predecessor')}"


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
    Measure.out_of_sequence: _sequence,
}
