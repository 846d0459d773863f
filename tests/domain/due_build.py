"""Plans as they are seen at one instant after the other, and what is found in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.domain.calendars import CalendarHorizon
from app.domain.cpm import ScheduleInputs, options_of, schedule
from app.domain.deviation_values import Observed, Subject
from app.domain.due import next_check_at
from app.domain.judging import baseline_of, judge
from app.domain.levels import level_of
from app.domain.measures import Reason
from app.domain.plan import Dependency, Milestone, PlanFields
from app.domain.progress import ExecutionEvent, effective, fold
from app.domain.tolerances import Level, Tolerance
from app.domain.variance import PlanInputs, measure_plan
from tests.domain.builders import CALENDARS, working

MINUTE = timedelta(minutes=1)
Finding = tuple[Any, ...]


@dataclass(frozen=True)
class Story:
    """A plan, its baseline with the floats it had, and everything that was ever recorded of it."""

    current: Mapping[str, Milestone]
    baseline: Mapping[str, Milestone] | None
    events: tuple[ExecutionEvent, ...] = ()
    links: tuple[Dependency, ...] = ()
    fields: PlanFields = field(default_factory=lambda: PlanFields("plan"))
    floats: Mapping[str, int] = field(default_factory=dict)

    def seen(self, now: datetime, as_of: datetime | None = None) -> Observed:
        """The plan as it is seen now; with a data date of its own, from there."""
        date, plan_working, options = as_of or now, CALENDARS[self.fields.calendar], options_of(self.fields)
        states = fold(effective(self.events), date)
        inputs = ScheduleInputs(self.current, self.links, states, working, plan_working, options)
        try:
            found = schedule(inputs, date)
        except CalendarHorizon:
            found = None
        measured = PlanInputs(
            current=self.current,
            baseline=self.baseline,
            states=states,
            working=working,
            plan_working=plan_working,
            weight_basis=self.fields.weight_basis,
            schedule=found,
            holds_planned_dates=options.holds_planned_dates,
            no_schedule=Reason.calendar_horizon,
        )
        return Observed(
            fields=self.fields,
            current=self.current,
            dependencies={each.identity: each for each in self.links},
            baseline=self.baseline,
            baseline_number=None if self.baseline is None else 1,
            baseline_floats=lambda: self.floats,
            events=self.events,
            states=states,
            present=fold(effective(self.events), now),
            schedule=found,
            variance=measure_plan(measured, date),
            working=working,
            plan_working=plan_working,
            as_of=date,
            now=now,
            moves=as_of is None,
        )

    def check(self, now: datetime, tolerances: Iterable[Tolerance]) -> datetime | None:
        """When to look again."""
        return next_check_at(self.seen(now), tolerances, {})

    def findings(self, now: datetime, tolerances: Iterable[Tolerance]) -> dict[Subject, Finding]:
        """Of every subject the level, as if nothing, a warning and a breach were open, or why it has no value."""
        observed, found = self.seen(now), {}
        for tolerance in tolerances:
            number = baseline_of(observed, tolerance)
            known = {Subject(tolerance.key, key, number) for key in (*self.current, None)}
            for judged in judge(observed, [tolerance], known):
                value, levels = judged.value, tuple[Level | None, ...]()
                if value is not None:
                    levels = tuple(level_of(tolerance, value, held) for held in (None, *Level))
                found[judged.subject] = (judged.reason, levels)
        return found


def story(
    current: Iterable[Milestone],
    events: Iterable[ExecutionEvent] = (),
    links: Iterable[Dependency] = (),
    baseline: Iterable[Milestone] | None = None,
    **fields: Any,
) -> Story:
    """A plan whose baseline says the same unless told otherwise."""
    now = {each.key: each for each in current}
    base = now if baseline is None else {each.key: each for each in baseline}
    return Story(now, base, tuple(events), tuple(links), PlanFields("plan", **fields))
