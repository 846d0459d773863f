"""What a tolerance must keep to so that it can flag something, and what it flags can be over again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise
from math import inf
from types import MappingProxyType

from app.domain.plan import Milestone, MilestoneKind
from app.domain.tolerances import UNITS, AppliesTo, Level, Measure, Tolerance, Unit
from app.kit.problems import FieldError

_LEAVES = (MilestoneKind.milestone, MilestoneKind.activity)
_WORK = (MilestoneKind.activity,)
_KINDS: Mapping[Measure, tuple[MilestoneKind, ...]] = MappingProxyType(
    {
        Measure.start_variance: tuple(MilestoneKind),
        Measure.finish_variance: tuple(MilestoneKind),
        Measure.duration_variance: _WORK,
        Measure.deadline_variance: tuple(MilestoneKind),
        Measure.total_float: _LEAVES,
        Measure.float_consumed_percent: _LEAVES,
        Measure.progress_gap_points: _WORK,
        Measure.blocked_minutes: _LEAVES,
        Measure.silence_minutes: _LEAVES,
        Measure.out_of_sequence: _LEAVES,
        Measure.contingency_due: tuple(MilestoneKind),
        Measure.assumption_invalidated: tuple(MilestoneKind),
    }
)
"""The kinds of milestones that have each measure, or are what its items are about; of others, none has it."""

_OF_ITEMS = {
    Measure.metric_gap_points: "success metrics",
    Measure.contingency_due: "contingencies",
    Measure.assumption_invalidated: "assumptions",
    Measure.over_allocation_minutes: "resources",
}
"""What the items of a measure are, unless the plan as a whole is the only one."""

_FLAGS = frozenset({Measure.contingency_due, Measure.assumption_invalidated})
"""The measures that are 0 or 1."""
_GROWING = _FLAGS | {
    Measure.blocked_minutes,
    Measure.silence_minutes,
    Measure.out_of_sequence,
    Measure.over_allocation_minutes,
}
"""The measures that count up from 0, which is best: nothing of them is too little."""
_MOST_NAMED = 5


def errors_of(tolerance: Tolerance) -> list[FieldError]:
    """Everything that is wrong with a tolerance in itself."""
    errors = [*_unit_errors(tolerance), *_bound_errors(tolerance), *_reach_errors(tolerance)]
    if not errors:  # of bounds in disorder no distance can be told
        errors += _margin_errors(tolerance)
    return [*errors, *_kind_errors(tolerance)]


def kinds_of(tolerance: Tolerance) -> tuple[MilestoneKind, ...]:
    """The kinds of milestones that can have the measure in the unit."""
    kinds = _KINDS.get(tolerance.measure, ())
    relative = tolerance.unit is Unit.percent_of_baseline_duration
    return tuple(kind for kind in kinds if kind in _WORK) if relative else kinds


def _unit_errors(tolerance: Tolerance) -> Iterator[FieldError]:
    units = UNITS[tolerance.measure]
    if tolerance.unit not in units:
        detail = f"{tolerance.measure} is bounded in {_listed(units, 'or')}"
        yield FieldError("/unit", "not_a_unit_of_the_measure", detail)


def _bound_errors(tolerance: Tolerance) -> Iterator[FieldError]:
    lower, upper = tolerance.lower, tolerance.upper
    ordered = (
        ("lower.breach", lower.breach),
        ("lower.warning", lower.warning),
        ("upper.warning", upper.warning),
        ("upper.breach", upper.breach),
    )
    given = [(name, bound) for name, bound in ordered if bound is not None]
    if not given:
        yield FieldError("/upper", "no_bound", "at least one bound is required, in lower or in upper")
    for (below, low), (above, high) in pairwise(given):
        same_side = below[:5] == above[:5]
        if low > high or (low == high and not same_side):
            relation = "not be less than" if same_side else "be more than"
            yield FieldError(f"/{above.replace('.', '/')}", "bounds_cross", f"must {relation} {below}")


def _reach_errors(tolerance: Tolerance) -> Iterator[FieldError]:
    """Of bounds that no value, or every value, lies beyond."""
    least, most = _range_of(tolerance)
    measure, limits = tolerance.measure, [f"{end:g}" for end in (least, most) if abs(end) < inf]
    detail = f"values of {measure} are {'at least' if most == inf else 'between'} {' and '.join(limits)}"
    for level in Level:
        upper, lower = (getattr(side, level) for side in (tolerance.upper, tolerance.lower))
        if upper is not None and not least <= upper < most:
            yield FieldError(f"/upper/{level}", "out_of_reach", detail)
        if lower is not None and measure in _GROWING:
            yield FieldError(f"/lower/{level}", "out_of_reach", f"no value of {measure} is too little")
        elif lower is not None and not least < lower <= most:
            yield FieldError(f"/lower/{level}", "out_of_reach", detail)


def _range_of(tolerance: Tolerance) -> tuple[float, float]:
    """The least and the greatest value that there can be, in the tolerance's unit."""
    if tolerance.measure in _FLAGS:
        return 0, 1
    if tolerance.measure in _GROWING or tolerance.unit is Unit.ratio:
        return 0, inf
    if tolerance.measure is Measure.cost_at_completion_percent:
        return -100, inf
    if tolerance.measure is Measure.progress_gap_points:
        return -100, 100
    is_share = tolerance.unit is Unit.percent_of_baseline_duration
    return -100 if is_share and tolerance.measure is Measure.duration_variance else -inf, inf


def _margin_errors(tolerance: Tolerance) -> Iterator[FieldError]:
    """What is open must be able to be over.

    Between the inmost bounds the middle third must be clear of both; what is never negative comes back to 0 at most.
    """
    lows = [bound for bound in tolerance.lower if bound is not None]
    highs = [bound for bound in tolerance.upper if bound is not None]
    margin = tolerance.clear_margin
    if lows and highs and margin is not None and margin > (min(highs) - max(lows)) / 3:
        detail = (
            f"must be at most a third of {min(highs) - max(lows):g}, the distance between the bounds of both sides"
        )
        yield FieldError("/clear_margin", "never_clear", detail)
    if _range_of(tolerance)[0] == 0 and highs and margin is not None and margin > min(highs):
        detail = f"must be at most {min(highs):g}, the lowest bound: no value of {tolerance.measure} is below 0"
        yield FieldError("/clear_margin", "never_clear", detail)


def _kind_errors(tolerance: Tolerance) -> Iterator[FieldError]:
    parts, kinds, items = tolerance.applies_to, kinds_of(tolerance), _OF_ITEMS.get(tolerance.measure)
    narrowing = [name for name in AppliesTo.__dataclass_fields__ if getattr(parts, name)]
    if not kinds:
        of = "the plan as a whole" if items is None else items
        detail = f"{tolerance.measure} is of {of}; nothing can narrow it to milestones"
        yield from (FieldError(f"/applies_to/{name}", "not_of_milestones", detail) for name in narrowing)
    elif items is not None:
        detail = f"{tolerance.measure} is of {items}; only the keys of milestones that they are about can narrow it"
        others = [name for name in narrowing if name != "milestones"]
        yield from (FieldError(f"/applies_to/{name}", "not_of_items", detail) for name in others)
    elif not parts.kinds <= set(kinds):
        detail = f"{tolerance.measure} in {tolerance.unit} is of kind {_listed(kinds, 'or')} only"
        yield FieldError("/applies_to/kinds", "kind_without_the_measure", detail)


def unmatched(tolerance: Tolerance, milestones: Iterable[Milestone]) -> list[FieldError]:
    """Which keys are of no milestone of a plan, and which part of `applies_to` none has.

    Critical ones may yet come to be.
    Nothing is wrong with a tolerance that nothing narrows: the plan may be given its milestones later.
    """
    parts, able = tolerance.applies_to, kinds_of(tolerance)
    by_part: dict[str, Callable[[Milestone], bool]] = {
        "milestones": lambda each: each.key in parts.milestones,
        "kinds": lambda each: each.kind in parts.kinds,
        "labels": lambda each: parts.labels.items() <= each.labels.items(),
    }
    narrowing = {name: fits for name, fits in by_part.items() if getattr(parts, name)}
    if not narrowing:
        return []
    there = list(milestones)
    errors = _unknown(parts.milestones - {each.key for each in there})
    lists = {name: fits for name, fits in narrowing.items() if name != "milestones"}
    errors += [_nothing(f"/{name}", "it,") for name, fits in lists.items() if not any(map(fits, there))]
    if errors or any(each.kind in able and all(fits(each) for fits in narrowing.values()) for each in there):
        return errors
    return [_nothing("", f"all of it, and is of kind {_listed(able, 'or')},")]


def _unknown(keys: Set[str]) -> list[FieldError]:
    if not keys:
        return []
    named, more = sorted(keys)[:_MOST_NAMED], len(keys) - _MOST_NAMED
    rest = f", nor {more} more of those given" if more > 0 else ""
    detail = f"no milestone of the plan's current revision has the key {_listed(named, 'or')}{rest}"
    return [FieldError("/applies_to/milestones", "unknown_milestone", detail)]


def _nothing(part: str, what: str) -> FieldError:
    detail = f"no milestone of the plan's current revision fits {what} so nothing would be watched"
    return FieldError(f"/applies_to{part}", "matches_nothing", detail)


def _listed(words: Sequence[str], last: str) -> str:
    *rest, final = words
    return f"{', '.join(rest)} {last} {final}" if rest else final
