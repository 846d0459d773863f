"""What tolerances say of a plan: every value beyond a bound, and of what is known already whatever it is now."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from datetime import datetime, timedelta
from itertools import chain
from math import inf
from operator import attrgetter

from app.domain.deviation_values import Judged, Observed, Subject
from app.domain.execution import Lifecycle
from app.domain.items import Item
from app.domain.judged_values import Values
from app.domain.levels import level_of
from app.domain.measures import Reason
from app.domain.tolerances import AGAINST_BASELINE, ITEM_MEASURES, JudgedBy, Measure, Tolerance, Unit

_Place = tuple[str | None, str | None]  # (milestone, about), as a subject names them


def judge(observed: Observed, tolerances: Iterable[Tolerance], known: Set[Subject]) -> list[Judged]:
    """Every value beyond the mildest bound of its tolerance, and the value of everything that is known.

    All tolerances look at the baseline that is observed; what is known of another one, or of a tolerance that no
    longer applies to it, has no answer. What was cancelled or has left the plan is answered without a value, if it
    is known; so is an item that is no more. By tolerance in the order given, the plan first, then by milestone and
    by what it is about. A level is that of the bounds
    alone, without hysteresis: beyond, not at, a bound. O(milestones x tolerances) comparisons of plain numbers.
    """
    values, kept = Values(observed), defaultdict[tuple[str, int | None], set[_Place]](set)
    for subject in known:
        kept[subject.tolerance, subject.baseline].add((subject.milestone, subject.about))
    found: list[Judged] = []
    for tolerance in tolerances:
        places = kept[tolerance.key, baseline_of(observed, tolerance)]
        if tolerance.measure in ITEM_MEASURES:
            found += _judged_items(observed, tolerance, places)
        else:
            found += _judged(values, tolerance, {milestone for milestone, _ in places})
    return found


def items_of(observed: Observed, tolerance: Tolerance) -> dict[_Place, Item]:
    """The items that a tolerance looks at, by milestone and by what they are about."""
    wanted = tolerance.applies_to.milestones
    return {
        (item.milestone, item.about): item
        for item in observed.items(tolerance.measure, tolerance.unit)
        if not wanted or item.milestone in wanted
    }


def baseline_of(observed: Observed, tolerance: Tolerance) -> int | None:
    """The number of the baseline that a subject of the tolerance names; None: its measure needs none."""
    return observed.baseline_number if tolerance.measure in AGAINST_BASELINE else None


def mildest(tolerance: Tolerance) -> tuple[float, float]:
    """The values from and to which all is within the tolerance; infinite where a side has no bound."""
    lower = [each for each in tolerance.lower if each is not None]
    upper = [each for each in tolerance.upper if each is not None]
    return max(lower, default=-inf), min(upper, default=inf)


def _judged_items(observed: Observed, tolerance: Tolerance, kept: Set[_Place]) -> Iterator[Judged]:
    items, number = items_of(observed, tolerance), baseline_of(observed, tolerance)
    for place in sorted(items.keys() | kept, key=lambda each: (each[0] or "", each[1] or "")):
        milestone, about = place
        subject, item = Subject(tolerance.key, milestone, number, about), items.get(place)
        if item is None:
            yield Judged(subject, None, Reason.removed)
            continue
        value = item.value_at(observed.as_of)
        level = None if value.value is None else level_of(tolerance, value.value)
        if level is not None or place in kept:
            yield Judged(subject, value.value, value.reason, level, value.basis, value.is_final)


def _judged(values: Values, tolerance: Tolerance, kept: Set[str | None]) -> Iterator[Judged]:
    low, high = mildest(tolerance)
    number, current = baseline_of(values.observed, tolerance), values.observed.current
    keys = {key for key in _suspects(values, tolerance, low, high) if key in current}
    keys.update(key for key in kept if key is not None)
    looked_at = ((key, values.of(tolerance, key)) for key in sorted(keys))
    for key, value in chain([(None, values.of_the_plan(tolerance))], looked_at):
        if value is None:
            continue
        amount, level = value.amount, None
        if amount is not None and not low <= amount <= high:
            level = level_of(tolerance, amount)
        if level is not None or key in kept:
            subject = Subject(tolerance.key, key, number)
            yield Judged(subject, amount, value.reason, level, value.basis, value.is_final)


def _suspects(values: Values, tolerance: Tolerance, low: float, high: float) -> Iterable[str]:
    """The milestones whose value may lie outside of low … high, found by comparing plain numbers."""
    items, name = values.observed.variance.items, _VARIANCES.get(tolerance.measure)
    if name is not None and tolerance.basis is JudgedBy.forecast and tolerance.unit in _PLAIN:
        found = map(attrgetter("milestone", f"{name}.{tolerance.unit.value}"), items)
        return [key for key, value in found if value is not None and not low <= value <= high]
    few = _SUSPECTS.get(tolerance.measure)
    return values.items if few is None or not low <= 0 <= high else few(values, high)


def _floating(values: Values, high: float) -> list[str]:
    """What has float; without an upper bound, what has a negative one."""
    limit = 0 if high == inf else inf
    items = values.observed.variance.items
    return [each.milestone for each in items if (each.total_float_minutes or 0) < limit]


def _to_be_heard_of(values: Values, _: float) -> list[str]:
    """What is under way, or may have had to begin by now."""
    now = values.observed.now
    tomorrow = now.date() + timedelta(days=1)  # in any zone, the day has not come yet
    found = []
    for each in values.observed.variance.items:
        if each.lifecycle is Lifecycle.in_progress:
            found.append(each.milestone)
        elif each.lifecycle is Lifecycle.not_started:
            planned = each.planned_start or each.planned_finish
            if planned is not None and (planned <= now if isinstance(planned, datetime) else planned <= tomorrow):
                found.append(each.milestone)
    return found


_SUSPECTS: Mapping[Measure, Callable[[Values, float], Iterable[str]]] = {
    Measure.plan_finish_variance: lambda _, __: (),
    Measure.deadline_variance: lambda values, _: (
        key for key, each in values.observed.current.items() if each.deadline is not None
    ),
    Measure.total_float: _floating,
    Measure.float_consumed_percent: lambda values, _: values.floats,
    Measure.blocked_minutes: lambda values, _: (
        key for key, each in values.observed.states.items() if each.blocked_since is not None
    ),
    Measure.silence_minutes: _to_be_heard_of,
    Measure.out_of_sequence: lambda values, _: values.ahead_of,
}
"""Where the value may differ from 0, or be told at all; of the other measures, everywhere."""

_VARIANCES: Mapping[Measure, str] = {
    Measure.start_variance: "start_variance",
    Measure.finish_variance: "finish_variance",
    Measure.duration_variance: "duration_variance",
}
_PLAIN = frozenset({Unit.working_minutes, Unit.working_days})  # the units that a variance is told in
