"""Which bound a value lies beyond, how far it must come back before that is over, and what is worse.

After the hysteresis of alarm management (dead band and confirmation): what a bound flagged is over only
once the value is inside it by a margin, so that a value that trembles around the bound is told once.
"""

from collections.abc import Iterator, Mapping

from app.domain.tolerances import Level, Tolerance, Unit

_WORST_FIRST = tuple(reversed(Level))
_RANK = {None: 0} | {level: rank for rank, level in enumerate(Level, 1)}


def rank(level: Level | None) -> int:
    """How bad it is: 0 for within, more for worse."""
    return _RANK[level]


_UNIT_TOLD: Mapping[Unit, float] = {Unit.working_minutes: 60, Unit.ratio: 0.05}
_PAR = 1  # a ratio at which all is as planned


def level_of(tolerance: Tolerance, value: float, held: Level | None = None) -> Level | None:
    """The worst level whose bound the value lies beyond, not at; None: within.

    Args:
        tolerance: what bounds it.
        value: in the tolerance's unit.
        held: the level that a record stands at: its bounds, on either side, and the milder ones reach inwards by
            their margins.
    """
    for level in _WORST_FIRST:
        is_held = rank(level) <= rank(held)
        for side, bound in _bounds(tolerance, level):
            reach = margin_of(tolerance, bound) if is_held else 0
            if side * value > side * bound - reach:
                return level
    return None


def margin_of(tolerance: Tolerance, bound: float) -> float:
    """How far inside the bound a value must be before what the bound flagged is over, in the unit.

    The tolerance's own, else a fifth of the bound, of a ratio of its distance from 1; where both sides are bounded,
    never so much that a value in the middle third between them is not back: what is open could stay so for ever.
    """
    margin = _size(tolerance, bound) / 5 if tolerance.clear_margin is None else tolerance.clear_margin
    mildest = dict(_mildest(tolerance))
    if len(mildest) == 1:
        return margin
    lower, upper = mildest[-1], mildest[1]
    return min(margin, max(bound - upper, lower - bound) + (upper - lower) / 3)


def bound_of(tolerance: Tolerance, value: float, level: Level) -> float:
    """The bound of this level on the side where the value lies; the mildest there where the level has none.

    Raises:
        ValueError: the tolerance has no bound at all.
    """
    bounds = tuple(_bounds(tolerance, level)) or tuple(_mildest(tolerance))
    return max(bounds, key=lambda one: one[0] * (value - one[1]))[1]


def is_worse(tolerance: Tolerance, value: float, than: float) -> bool:
    """Whether the value is further beyond than the other one, each on its own side."""
    return _excess(tolerance, value)[0] > _excess(tolerance, than)[0]


def change_of(tolerance: Tolerance, value: float, since: float) -> int:
    """Whether a change of the value is worth telling: 1 for worse, -1 for better, 0 for neither.

    For worse at least half of what it was beyond: work that each day pushes on is told of ever less often.
    """
    before = _excess(tolerance, since)[0]
    moved = _excess(tolerance, value)[0] - before
    step = step_of(tolerance, value)
    if abs(moved) < step or step <= moved < before / 2:
        return 0
    return 1 if moved > 0 else -1


def step_of(tolerance: Tolerance, value: float) -> float:
    """How much must change to be told again: a fifth of the mildest bound on the value's side, at least one unit.

    Of minutes that is an hour; of a ratio 0.05, and a fifth of the bound's distance from 1.
    """
    return max(_UNIT_TOLD.get(tolerance.unit, 1), _size(tolerance, _excess(tolerance, value)[1]) / 5)


def _size(tolerance: Tolerance, bound: float) -> float:
    """How far a bound is from where nothing drifts."""
    return abs(bound - _PAR) if tolerance.unit is Unit.ratio else abs(bound)


def critical_points(tolerance: Tolerance) -> tuple[float, ...]:
    """Every value at which a level flips, with or without hysteresis, ascending."""
    found: set[float] = set()
    for level in Level:
        for side, bound in _bounds(tolerance, level):
            found |= {bound, bound - side * margin_of(tolerance, bound)}
    return tuple(sorted(found))


def turning_points(tolerance: Tolerance) -> tuple[float, ...]:
    """Every value at which a level flips or the nearer side changes, ascending: between two of them, higher is worse.

    Or lower is: all the way.
    """
    bounds = [bound for _, bound in _mildest(tolerance)]
    middle = {sum(bounds) / 2} if len(bounds) > 1 else set[float]()
    return tuple(sorted({*critical_points(tolerance), *middle}))


def _bounds(tolerance: Tolerance, level: Level) -> Iterator[tuple[int, float]]:
    """The bounds of a level: (1, the upper one), (-1, the lower one)."""
    for side, bounds in ((1, tolerance.upper), (-1, tolerance.lower)):
        bound = bounds.warning if level is Level.warning else bounds.breach
        if bound is not None:
            yield side, bound


def _mildest(tolerance: Tolerance) -> Iterator[tuple[int, float]]:
    """The mildest bound of each side that has one."""
    for side, bounds in ((1, tolerance.upper), (-1, tolerance.lower)):
        bound = bounds.breach if bounds.warning is None else bounds.warning
        if bound is not None:
            yield side, bound


def _excess(tolerance: Tolerance, value: float) -> tuple[float, float]:
    """How far the value is beyond the mildest bound of its side (negative: within), and that bound."""
    return max((side * (value - bound), bound) for side, bound in _mildest(tolerance))
