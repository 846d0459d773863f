"""Short ways to say what was observed of a plan, and what tolerances say of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.baseline_floats import baseline_floats
from app.domain.calendars import WorkingTime
from app.domain.cpm import ScheduleInputs, ScheduleOptions, schedule
from app.domain.deviation_values import Evidence, Judged, Observed, Subject
from app.domain.evidence import Evidences
from app.domain.judging import judge
from app.domain.measures import Reason
from app.domain.plan import Dependency, DependencyType, Milestone, PlanFields
from app.domain.progress import ExecutionEvent, effective, fold
from app.domain.tolerances import AppliesTo, Bounds, JudgedBy, Measure, Tolerance, Unit
from app.domain.variance import PlanInputs, measure_plan
from tests.domain.builders import ALWAYS, at, instant, working

DAYS, MINUTES, PERCENT, POINTS = (
    Unit.working_days,
    Unit.working_minutes,
    Unit.percent_of_baseline_duration,
    Unit.points,
)
DAY = 1440


def link(predecessor: str, successor: str, type_: str = "FS") -> Dependency:
    return Dependency(predecessor, DependencyType(type_), successor)


def observe(
    current: Iterable[Milestone],
    events: Iterable[ExecutionEvent] = (),
    as_of: str = "2024-05-01T00:00:00Z",
    *,
    baseline: Iterable[Milestone] | str | None = "current",
    links: Iterable[Dependency] = (),
    now: str | None = None,
    plan_working: WorkingTime = ALWAYS,
    target: str | None = None,
    beyond_calendars: bool = False,
    options: ScheduleOptions | None = None,
) -> Observed:
    """A plan with its baseline, which says the same unless told otherwise, scheduled and measured."""
    milestones = {each.key: each for each in current}
    base: Mapping[str, Milestone] | None = milestones
    if baseline is None:
        base = None
    elif not isinstance(baseline, str):
        base = {each.key: each for each in baseline}
    links, happened, date = list(links), list(events), instant(as_of)
    states, chosen = fold(effective(happened), date), options or ScheduleOptions(target_finish=at(target))
    inputs = ScheduleInputs(milestones, links, states, working, plan_working, chosen)
    found = None if beyond_calendars else schedule(inputs, date)
    measured = measure_plan(
        PlanInputs(
            milestones, base, states, working, plan_working, schedule=found, no_schedule=Reason.calendar_horizon
        ),
        date,
    )
    present = date if now is None else instant(now)
    return Observed(
        fields=PlanFields("plan", target_finish=at(target)),
        current=milestones,
        dependencies={each.identity: each for each in links},
        baseline=base,
        baseline_number=None if base is None else 1,
        baseline_floats=lambda: baseline_floats(base or {}, links, working, plan_working, chosen, present),
        events=happened,
        states=states,
        present=fold(effective(happened), present),
        schedule=found,
        variance=measured,
        working=working,
        plan_working=plan_working,
        as_of=date,
        now=present,
        moves=now is None,
    )


def tolerance(
    measure: str,
    unit: Unit = DAYS,
    breach: float | None = None,
    *,
    warning: float | None = None,
    lower: float | None = None,
    lower_warning: float | None = None,
    facts: bool = False,
    **applies_to: Any,
) -> Tolerance:
    """A tolerance of that key; the bounds are upper ones unless they say otherwise."""
    return Tolerance(
        "t",
        Measure(measure),
        unit,
        basis=JudgedBy.actual if facts else JudgedBy.forecast,
        lower=Bounds(lower_warning, lower),
        upper=Bounds(warning, breach),
        applies_to=AppliesTo(**{name: _some(some) for name, some in applies_to.items()}),
    )


def _some(some: Any) -> Any:
    return frozenset(some) if isinstance(some, list) else some


def subject(watched: Tolerance, milestone: str | None = "m", baseline: int | None = 1) -> Subject:
    return Subject(watched.key, milestone, baseline)


def flagged(observed: Observed, watched: Tolerance) -> dict[str | None, Judged]:
    """Everything beyond the tolerance, by milestone."""
    return {each.subject.milestone: each for each in judge(observed, [watched], set())}


def value(observed: Observed, watched: Tolerance, milestone: str | None = "m") -> float | str | None:
    """The value of a milestone that is known; the reason where it has none, None where there is no answer."""
    judged = known(observed, watched, milestone)
    if judged is None:
        return None
    return judged.value if judged.reason is None else judged.reason.value


def known(observed: Observed, watched: Tolerance, milestone: str | None = "m") -> Judged | None:
    """What is said of a milestone that is known, against either kind of baseline."""
    kept = {subject(watched, milestone), subject(watched, milestone, None)}
    found = [each for each in judge(observed, [watched], kept) if each.subject.milestone == milestone]
    assert len(found) <= 1
    return found[0] if found else None


def evidence(observed: Observed, watched: Tolerance, milestone: str | None = "m") -> Evidence:
    """The evidence for the value of a milestone."""
    judged = known(observed, watched, milestone)
    assert judged is not None
    return Evidences(observed).of(watched, judged)
