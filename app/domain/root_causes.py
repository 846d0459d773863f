"""Which breaches of a tolerance are explained by another one upstream, and so are no deviation of their own."""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from app.domain.cpm_values import Scheduled
from app.domain.deviation_values import Judged, Observed
from app.domain.execution import Lifecycle
from app.domain.judged_values import Values
from app.domain.judging import mildest
from app.domain.plan import Dependency, DependencyType, MilestoneKind
from app.domain.tolerances import EVERYTHING, Measure, Tolerance, Unit

_SLIPS = frozenset({Measure.start_variance, Measure.finish_variance})
GROUPED = _SLIPS | {Measure.total_float, Measure.float_consumed_percent}
"""The measures whose breaches are attributed along the driving chain; every breach of another stands for itself."""

_FROM_START = frozenset({DependencyType.SS, DependencyType.SF})


class Explained(NamedTuple):
    """What another milestone's record explains.

    Attributes:
        roots: of each milestone that needs no record of its own, the one with the record that explains it.
        limits: of those whose cause moves no more, up to which value, in the tolerance's unit, it does.
    """

    roots: Mapping[str, str] = MappingProxyType({})
    limits: Mapping[str, float] = MappingProxyType({})


def explained(observed: Observed, tolerance: Tolerance, ready: Mapping[str, Judged], holding: Set[str]) -> Explained:
    """Which milestones need no record of their own, since another one's record explains them.

    `ready` are the milestones beyond the tolerance that would open a record or are in `holding`; those in `holding`
    have an open or an accepted record of it, and keep it. Upstream is the driving predecessor; where the network
    has none, the predecessor that slipped most, of work that has begun any, else a completed one; of a phase, what
    sets its date. The nearest milestone upstream that has a record, or opens one, explains another if

    - of start and finish variance: both go the same way, and the milestone's own slip is not beyond the tolerance.
      Own slip = slip - slip of that milestone, in working minutes of this one's calendar, both by days where either
      is; of one that binds by its start (SS, SF) the slip of its start.
    - of total float and the share of it that is used up: the value is no worse than that milestone's.

    Iterative; O(milestones + dependencies).
    """
    if tolerance.measure not in GROUPED:
        return Explained()
    chains = _Chains(observed, tolerance, ready, holding)
    for key in sorted(ready):
        chains.follow(key)
    return Explained(chains.explained, chains.limits)


class _Link(NamedTuple):
    """What drives a milestone: another one, by its start or by its finish."""

    milestone: str
    from_start: bool


class _Chains:
    """The ways upstream; `records`: the nearest record upstream of each milestone, with the link that leaves it."""

    def __init__(
        self, observed: Observed, tolerance: Tolerance, ready: Mapping[str, Judged], holding: Set[str]
    ) -> None:
        self.explained: dict[str, str] = {}
        self.limits: dict[str, float] = {}
        self.records: dict[str, _Link | None] = {}
        self._roots = set(holding)
        self._ready = ready
        self._observed = observed
        self._values = Values(observed)
        self._bounds = mildest(tolerance)
        self._tolerance = replace(tolerance, applies_to=EVERYTHING)
        self._slips = {
            each: replace(self._tolerance, measure=each, unit=Unit.working_minutes) for each in sorted(_SLIPS)
        }
        self._items: Mapping[str, Scheduled] = {} if observed.schedule is None else observed.schedule.items

    def follow(self, key: str) -> None:
        """Settles the milestone and all that is upstream of it, from there downwards."""
        way: dict[str, _Link | None] = {}
        while key not in self.records and key not in way:
            link = way[key] = self._driver(key)
            if link is None:
                break
            key = link.milestone
        for each, link in reversed(way.items()):
            self._settle(each, link)

    def _settle(self, key: str, link: _Link | None) -> None:
        record = link
        if link is not None and link.milestone not in self._roots:
            record = self.records.get(link.milestone)
        self.records[key] = record
        if key in self._ready and key not in self._roots:
            if record is not None and self._explains(record, key):
                self.explained[key] = record.milestone
            else:
                self._roots.add(key)

    def _explains(self, record: _Link, key: str) -> bool:
        (low, high), value = self._bounds, self._ready[key].value
        if value is None or low <= value <= high:
            return False
        if self._tolerance.measure not in _SLIPS:
            found = self._values.of(self._tolerance, record.milestone)
            if found is None or found.amount is None:
                return False
            return value <= found.amount if value > high else value >= found.amount
        found = self._values.of(self._slips[self._tolerance.measure], key)
        slip = (found and found.minutes) or 0
        cause = self._cause(record, key, is_late=slip > 0)
        if cause is None or slip * cause <= 0:
            return False
        own = self._values.in_unit(self._tolerance.unit, key, slip - cause)
        if own is None or not (own <= high if value > high else own >= low):
            return False
        if value > high and self._is_settled(record):
            self.limits[key] = value + high - own
        return True

    def _is_settled(self, record: _Link) -> bool:
        """Whether the date of a cause is a fact; else it moves as fast as what it causes."""
        item = self._values.items[record.milestone]
        return item.lifecycle is Lifecycle.completed or (record.from_start and item.actual_start is not None)

    def _cause(self, record: _Link, key: str, *, is_late: bool) -> int | None:
        """The slip of what drives a milestone, in working minutes of the milestone's calendar.

        Where one of the two is planned by days, a slip was told by days: then that of the cause is taken to its day,
        too, if that is more, lest the rest of the day count as a slip of the milestone's own.
        """
        measure = Measure.start_variance if record.from_start else self._tolerance.measure
        values, current, driver = self._values, self._observed.current, record.milestone
        found = values.of(self._slips[measure], driver)
        if found is None or found.minutes is None:
            return None
        line = values.line(current[key])
        slips = [found.minutes] if line is values.line(current[driver]) else []
        edge, which = (line.start, "start") if measure is Measure.start_variance else (line.finish, "finish")
        baselines = [getattr(values.items[each], f"baseline_{which}") for each in (driver, key)]
        compared = values.compared(measure, driver, found.basis)
        if compared is not None:
            shown = {compared} | {edge.told(compared, each) for each in baselines}
            slips += [edge.work[each] - edge.work[baselines[0]] for each in shown]
        return (max if is_late else min)(slips, default=None)

    def _driver(self, key: str) -> _Link | None:
        milestone = self._observed.current.get(key)
        if milestone is None:
            return None
        if milestone.kind is MilestoneKind.phase:
            return self._inside(key)
        scheduled = self._items.get(key)
        if scheduled is not None and scheduled.driving_predecessor is not None:
            driver = scheduled.driving_predecessor
            return _Link(driver, self._is_from_start(driver, key))
        has_begun = self._values.items[key].lifecycle is not Lifecycle.not_started
        found: list[tuple[int, str, bool]] = []
        for each in self._into[key]:
            item = self._values.items[each.predecessor]
            from_start = each.type in _FROM_START
            slip = (item.start_variance if from_start else item.finish_variance).working_minutes
            if slip is not None and (has_begun or item.lifecycle is Lifecycle.completed):
                found.append((-slip, each.predecessor, from_start))
        return _Link(*min(found)[1:]) if found else None

    def _is_from_start(self, driver: str, key: str) -> bool:
        """Whether the predecessor binds by its start; where it is linked in both ways, what the network says."""
        found = {each.type in _FROM_START for each in self._into[key] if each.predecessor == driver}
        if len(found) < 2:
            return True in found
        schedule = self._observed.schedule
        assert schedule is not None, "a driver is named by the schedule"
        return next((each.type in _FROM_START for each in schedule.why(key) if each.milestone == driver), False)

    def _inside(self, phase: str) -> _Link | None:
        """What lies in a phase and sets its date, or its float."""
        found = [
            (order, key) for key in self._children[phase] if (order := self._order(self._items[key])) is not None
        ]
        return _Link(min(found)[1], from_start=False) if found else None

    def _order(self, item: Scheduled) -> int | None:
        if self._tolerance.measure is Measure.start_variance:
            return item.projected_start
        if self._tolerance.measure is Measure.finish_variance:
            return None if item.projected_finish is None else -item.projected_finish
        return item.total_float_minutes

    @cached_property
    def _into(self) -> defaultdict[str, list[Dependency]]:
        found = defaultdict[str, list[Dependency]](list)
        for each in self._observed.dependencies.values():
            found[each.successor].append(each)
        return found

    @cached_property
    def _children(self) -> defaultdict[str, list[str]]:
        found = defaultdict[str, list[str]](list)
        for key in self._items:
            parent = self._observed.current[key].parent
            if parent is not None:
                found[parent].append(key)
        return found
