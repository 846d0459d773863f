"""What all that may become due is told from: the values of a plan, and what of it the data date can reach."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property

from app.domain.deviation_values import Observed, Subject, Track
from app.domain.due_dates import Held, Limits, first_past
from app.domain.due_room import Room, Soonest, points_of, room_of
from app.domain.durations import planned_minutes
from app.domain.execution import Lifecycle, State
from app.domain.judged_values import Values, amount
from app.domain.judging import baseline_of
from app.domain.measures import Edge, Line
from app.domain.moments import Moment, to_minutes
from app.domain.plan import Milestone, MilestoneKind
from app.domain.subjects import SILENCE
from app.domain.tolerances import Tolerance, Unit

_LONG_DAY, _DAY_MINUTES = timedelta(days=2), 25 * 60  # whatever the zone
_MANDATORY = frozenset({"MSO", "MFO"})
CLOSED = frozenset({Lifecycle.completed, Lifecycle.cancelled})


class Scene:
    """A plan as it was observed, and what is found out about when it has to be looked at again.

    Attributes:
        soonest: of data dates. `limits`: what pushes must not exceed.
        any_move: whether something is due as soon as any date moves at all.
    """

    def __init__(
        self, observed: Observed, tracks: Mapping[Subject, Track], limits: Mapping[Subject, float] | None = None
    ) -> None:
        self.observed = observed
        self.values = Values(observed)
        self.soonest = Soonest(to_minutes(observed.as_of))
        self.limits = Limits(self.soonest)
        self.any_move = False
        self.holds = observed.fields.scheduling == "hold_planned_dates"
        # What was accepted, and what another record explains: from which value on neither is any more.
        self._accepted = {s: track.value for s, track in tracks.items() if track.is_accepted} | dict(limits or {})
        self._rooms: dict[tuple[object, ...], Room] = {}

    def state(self, key: str) -> State:
        """What the events say of a milestone."""
        return self.observed.states.get(key, SILENCE)

    @property
    def has_accepted(self) -> bool:
        """Whether any value was accepted."""
        return bool(self._accepted)

    def accepted(self, tolerance: Tolerance, key: str | None) -> float | None:
        """The value that was accepted of a subject, if one was."""
        return self._accepted.get(Subject(tolerance.key, key, baseline_of(self.observed, tolerance)))

    def room(self, tolerance: Tolerance, key: str | None, line: Line) -> Room:
        """The room of a value that is told in working minutes; without a unit for it, endless."""
        base = self.values.baseline.get(key or "")
        unit: float = line.minutes_per_day
        if tolerance.unit is Unit.working_minutes:
            unit = 1
        elif tolerance.unit is Unit.percent_of_baseline_duration:
            unit = (planned_minutes(line, base) or 0) / 100 if base is not None else 0
        accepted = self.accepted(tolerance, key)
        asked = (id(tolerance), unit, accepted)
        found = self._rooms.get(asked)
        if found is None:
            points = points_of(tolerance, accepted) if unit else ()
            found = room_of(points, lambda minutes: amount(tolerance.unit, minutes, line, base) or 0.0, unit)
            self._rooms[asked] = found
        return found

    @cached_property
    def ebbing(self) -> frozenset[str]:
        """Work under way of which nobody reports what remains, where planned dates are held."""
        states = self.observed.states if self.holds else {}
        return frozenset(
            key
            for key, state in states.items()
            if state.lifecycle is Lifecycle.in_progress
            and state.actual_start is not None
            and state.remaining_minutes is None
            and state.percent_complete is None
        )

    @cached_property
    def days(self) -> Mapping[str, date]:
        """The days on which what has not begun is to begin, where planned dates are held."""
        current = self.observed.current if self.holds else {}
        return {
            key: start
            for key, each in current.items()
            if (start := each.planned_start) is not None
            and not isinstance(start, datetime)
            and self.state(key).lifecycle is Lifecycle.not_started
        }

    @cached_property
    def plain(self) -> frozenset[str]:
        """Activities that the data date pushes ahead of itself: work remains of them, whatever the instant."""
        schedule, current, ebbing = self.observed.schedule, self.observed.current, self.ebbing
        return frozenset(
            key
            for key, item in ({} if schedule is None else schedule.items).items()
            if item.remaining_minutes
            and key not in ebbing
            and (milestone := current[key]).constraint is None
            and milestone.kind is not MilestoneKind.phase
        )

    def is_pushing(self, key: str | None) -> bool:
        """Whether a predecessor is work that the data date pushes ahead of itself by now."""
        schedule = self.observed.schedule
        if key is None or schedule is None or key not in self.plain:
            return False
        line, start = self.values.line(self.milestone(key)), schedule.items[key].early_start
        return start is not None and line.calendar.worked(start) <= line.start.now

    @cached_property
    def short(self) -> frozenset[str]:
        """What may be done on the day on which it is planned to start, until whose end it is held there."""
        schedule, start = self.observed.schedule, self.observed.as_of.date() - _LONG_DAY
        items = {} if schedule is None else schedule.items
        keys = (key for key, day in self.days.items() if day >= start and key in items)
        return frozenset(key for key in keys if (items[key].remaining_minutes or 0) <= _DAY_MINUTES)

    def is_reached(self, key: str) -> bool:
        """Whether the data date can reach the finish of unfinished work before it is reported."""
        scheduled = None if self.observed.schedule is None else self.observed.schedule.items.get(key)
        if key in self.short or key in self.plain:
            return key in self.short
        constraint = self.observed.current[key].constraint
        if constraint is not None and constraint.type in _MANDATORY:
            return True
        return key in self.ebbing or scheduled is None or not scheduled.remaining_minutes

    def appears(self, line: Line, edge: Edge, base: Moment | None) -> None:
        """A value comes into being once the data date has passed the date it is compared with."""
        if base is not None and line.start.now < (work := first_past(line, edge, base)):
            self.soonest.at_work(line.calendar, work)

    @cached_property
    def followers(self) -> frozenset[str]:
        """What waits for something else."""
        return frozenset(each.successor for each in self.observed.dependencies.values())

    @cached_property
    def is_limited(self) -> bool:
        """Whether anything must be kept to, so that floats may become negative."""
        current = self.observed.current.values()
        has_date = any(each.deadline is not None or each.constraint is not None for each in current)
        return has_date or self.observed.fields.target_finish is not None

    @cached_property
    def only_shrinks(self) -> bool:
        """Whether floats can but shrink while nothing is reported: late dates stand still, and nothing recedes."""
        return self.observed.fields.target_finish is not None and not self.ebbing

    def is_first(self, key: str) -> bool:
        """Whether nothing comes before a milestone, and nothing before what it lies in."""
        current, up, seen = self.observed.current, key, set[str]()
        while up not in seen:
            if up in self.followers:
                return False
            seen.add(up)
            up = current[up].parent or up
        return True

    def held(self, milestone: Milestone) -> Held | None:
        """Until when the data date does not push a start, and whether no predecessor can."""
        day = self.days.get(milestone.key)
        if day is None:
            return None
        return Held(self.values.line(milestone).calendar.day_end(day), self.is_first(milestone.key))

    @cached_property
    def has_leads(self) -> bool:
        """Whether anything may come before what it waits for."""
        dependencies = self.observed.dependencies.values()
        return any(each.lag_minutes < 0 or (each.lag_percent or 0) < 0 for each in dependencies)

    @cached_property
    def below(self) -> Mapping[str, tuple[str, ...]]:
        """The living leaves of each phase, at any depth."""
        current = self.observed.current
        found: dict[str, list[str]] = {key: [] for key, each in current.items() if each.kind is MilestoneKind.phase}
        for key, each in current.items():
            if each.kind is not MilestoneKind.phase and self.state(key).lifecycle is not Lifecycle.cancelled:
                parent, seen = each.parent, set[str]()
                while parent in found and parent not in seen:
                    found[parent].append(key)
                    seen.add(parent)
                    parent = current[parent].parent
        return {key: tuple(keys) for key, keys in found.items()}

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """All living leaves of the plan."""
        current = self.observed.current
        return tuple(
            key
            for key, each in current.items()
            if each.kind is not MilestoneKind.phase and self.state(key).lifecycle is not Lifecycle.cancelled
        )

    def is_open(self, key: str) -> bool:
        """Whether a leaf has still to happen."""
        return self.values.items[key].lifecycle not in CLOSED

    def milestone(self, key: str) -> Milestone:
        """The milestone as the plan has it now."""
        return self.observed.current[key]

    def is_planned(self, key: str) -> bool:
        """Whether the plan has a date of it."""
        milestone = self.observed.current[key]
        return milestone.planned_start is not None or milestone.planned_finish is not None
