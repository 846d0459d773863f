"""What always holds of a schedule, whatever the network: the twelve invariants, and what follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendars import WorkingTime
from app.domain.cpm import BoundKind, Schedule, Scheduled, ScheduleOptions
from app.domain.execution import State
from app.domain.moments import Moment, from_minutes
from app.domain.plan import Constraint, Dependency, DependencyType, Milestone
from tests.domain.cpm_build import CLOCKS, FIVE_DAYS, ROUND_THE_CLOCK, instant, link, minute, run, state, task

AS_OF = "2026-01-05T08:00"
ALL_TYPES = ("FS", "SS", "FF", "SF")
MONOTONE = ("FS", "SS")
PATIENT = settings(deadline=None)  # the first example compiles calendars as far as it reaches


@dataclass(frozen=True)
class Plan:
    tasks: tuple[Milestone, ...]
    links: tuple[Dependency, ...]

    def scheduled(self, as_of: str = AS_OF, states: Mapping[str, State] | None = None, **changes: Any) -> Schedule:
        return run(self.tasks, self.links, as_of, states, **changes)


@st.composite
def plans(
    draw: st.DrawFn,
    types: Sequence[str] = ALL_TYPES,
    calendars: Sequence[str] = ("five",),
    least_lag: int = -20,
    shortest: int = 0,
) -> Plan:
    count = draw(st.integers(2, 8))
    tasks = [
        task(f"t{n}", draw(st.integers(shortest, 40)), calendar=draw(st.sampled_from(calendars)))
        for n in range(count)
    ]
    pairs = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=2 * count))
    links = {}
    for one, other in pairs:
        if one != other:
            each = link(
                f"t{min(one, other)}",
                f"t{max(one, other)}",
                draw(st.sampled_from(types)),
                draw(st.integers(least_lag, 20)),
            )
            links[each.identity] = each
    return Plan(tuple(tasks), tuple(links.values()))


MIXED = plans(calendars=("five", "seven", "always"))


def early(found: Schedule, but: str = "") -> dict[str, tuple[int | None, int | None]]:
    return {key: (item.early_start, item.early_finish) for key, item in found.items.items() if key != but}


def value(minutes: int | None) -> int:
    assert minutes is not None
    return minutes


def bound(each: Dependency, before: Scheduled, clock: WorkingTime) -> int:
    """predecessor's edge (+) lag on its own calendar, by the definition."""
    at = value(before.early_start if each.type.value[0] == "S" else before.early_finish)
    if not each.lag_minutes:
        return at
    work = clock.worked(at) + each.lag_minutes
    return clock.finish_at(work) if each.lag_minutes > 0 else clock.start_at(work)


@PATIENT
@given(MIXED)
def test_1_early_dates_keep_every_link_and_one_bound_is_exact(plan: Plan) -> None:
    found = plan.scheduled()
    tasks = {each.key: each for each in plan.tasks}
    for each in plan.links:
        before, after = found.items[each.predecessor], found.items[each.successor]
        clock = CLOCKS[tasks[each.successor].calendar or ""]
        asked = bound(each, before, CLOCKS[tasks[each.predecessor].calendar or ""])
        edge = after.early_start if each.type.value[1] == "S" else after.early_finish
        assert clock.worked(value(edge)) >= clock.worked(asked)
    for key, item in found.items.items():
        why = found.why(key)
        assert why[0].slack_minutes == 0
        assert [each.slack_minutes for each in why] == sorted(each.slack_minutes for each in why)
        driver = why[0].milestone if why[0].kind is BoundKind.link else None
        assert item.driving_predecessor == driver


@PATIENT
@given(MIXED)
def test_2_early_dates_are_what_remains_apart(plan: Plan) -> None:
    found = plan.scheduled()
    for each in plan.tasks:
        item, clock = found.items[each.key], CLOCKS[each.calendar or ""]
        assert (
            clock.worked(value(item.early_finish)) - clock.worked(value(item.early_start)) == item.remaining_minutes
        )
        assert clock.worked(value(item.late_finish)) - clock.worked(value(item.late_start)) == item.remaining_minutes


@PATIENT
@given(MIXED, st.data())
def test_3_a_link_that_drives_nothing_may_go(plan: Plan, data: st.DataObject) -> None:
    found = plan.scheduled()
    driving = {
        (each.milestone, each.type.value, key)
        for key in found.items
        for each in found.why(key)
        if each.type is not None and not each.slack_minutes
    }
    idle = [each for each in plan.links if each.identity not in driving]
    if idle:
        gone = data.draw(st.sampled_from(idle))
        rest = replace(plan, links=tuple(each for each in plan.links if each is not gone))
        assert early(rest.scheduled()) == early(found)


@PATIENT
@given(plans(), st.sampled_from(["finish", "start", "smallest"]))
def test_4_the_longest_path_has_no_float(plan: Plan, total_float: str) -> None:
    found = plan.scheduled(total_float=total_float)
    assert found.worst_total_float_minutes == 0
    assert found.longest_path
    assert {found.items[key].total_float_minutes for key in found.longest_path} == {0}
    assert set(found.driving_chain) <= set(found.longest_path)
    assert found.items[found.driving_chain[-1]].early_finish == found.finish


@PATIENT
@given(plans(calendars=("five", "seven")), st.randoms())
def test_5_no_order_matters(plan: Plan, shuffled: Any) -> None:
    tasks, links = list(plan.tasks), list(plan.links)
    shuffled.shuffle(tasks)
    shuffled.shuffle(links)
    found, other = plan.scheduled(), Plan(tuple(tasks), tuple(links)).scheduled()
    assert {**found.items} == {**other.items}
    for key in found.items:
        assert (found.why(key), found.late_why(key)) == (other.why(key), other.late_why(key))
    assert found.findings == other.findings
    assert found.driving_chain == other.driving_chain
    assert found.longest_path == other.longest_path


@PATIENT
@given(plans(shortest=2), st.data())
def test_6_splitting_an_activity_changes_nothing_else(plan: Plan, data: st.DataObject) -> None:
    found = plan.scheduled()
    whole = data.draw(st.sampled_from(plan.tasks))
    minutes = whole.planned_duration_minutes or 0
    first = data.draw(st.integers(60, minutes - 60))
    parts = (
        replace(whole, planned_duration_minutes=first),
        replace(whole, key="part", planned_duration_minutes=minutes - first),
    )
    into, onwards = (DependencyType.FF, DependencyType.SF), (DependencyType.FS, DependencyType.FF)
    links = [link(whole.key, "part")]
    for each in plan.links:
        if each.predecessor == whole.key and each.type in onwards:
            links.append(replace(each, predecessor="part"))
        elif each.successor == whole.key and each.type in into:
            # What binds the finish of the whole moves all of it: the first part is bound a second part earlier.
            links.append(replace(each, lag_minutes=each.lag_minutes - (minutes - first)))
        else:
            links.append(each)
    rest = tuple(each for each in plan.tasks if each is not whole)
    split = Plan((*rest, *parts), tuple(links)).scheduled()
    for kept in rest:
        one, other = found.items[kept.key], split.items[kept.key]
        assert (one.early_start, one.early_finish) == (other.early_start, other.early_finish)
        assert one.total_float_minutes == other.total_float_minutes


@PATIENT
@given(MIXED, st.integers(0, 7), st.integers(-20, 60))
def test_7_a_deadline_changes_late_dates_only(plan: Plan, index: int, hours: int) -> None:
    chosen = plan.tasks[index % len(plan.tasks)]
    due: Moment = instant(AS_OF) + timedelta(hours=hours)
    tasks = tuple(replace(each, deadline=due) if each is chosen else each for each in plan.tasks)
    found, limited = plan.scheduled(), replace(plan, tasks=tasks).scheduled()
    assert early(found) == early(limited)
    for key, item in limited.items.items():
        assert value(item.total_float_minutes) <= value(found.items[key].total_float_minutes)
        assert item.driving_predecessor == found.items[key].driving_predecessor


@PATIENT
@given(plans(types=MONOTONE, calendars=("five", "seven", "always")), st.integers(0, 200))
def test_8_a_later_data_date_makes_nothing_earlier(plan: Plan, hours: int) -> None:
    found = plan.scheduled()
    later = plan.scheduled((instant(AS_OF) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M"))
    for each in plan.tasks:
        clock = CLOCKS[each.calendar or ""]
        assert clock.worked(value(found.items[each.key].early_finish)) <= clock.worked(
            value(later.items[each.key].early_finish)
        )


@st.composite
def progress(draw: st.DrawFn) -> dict[str, State]:
    """Whatever happened before the data date, in or out of sequence."""
    found = {}
    for number in range(8):
        told = draw(st.sampled_from(["nothing", "nothing", "started", "completed", "cancelled"]))
        start = f"2026-01-0{draw(st.integers(1, 4))}"
        if told == "started":
            found[f"t{number}"] = state(start=start, percent_complete=float(draw(st.integers(0, 100))))
        elif told == "completed":
            found[f"t{number}"] = state("completed", start, "2026-01-04")
        elif told == "cancelled":
            found[f"t{number}"] = state("cancelled")
    return found


@PATIENT
@given(plans(types=MONOTONE, calendars=("five", "seven")), progress())
def test_9_retained_logic_is_never_earlier_than_override(plan: Plan, states: dict[str, State]) -> None:
    retained = plan.scheduled(states=states)
    override = plan.scheduled(states=states, progress_logic="override")
    for each in plan.tasks:
        one, other = retained.items[each.key].early_finish, override.items[each.key].early_finish
        if one is not None and other is not None:
            clock = CLOCKS[each.calendar or ""]
            assert clock.worked(one) >= clock.worked(other)


@PATIENT
@given(plans(types=("FS", "SS", "FF"), least_lag=0, shortest=1), st.integers(0, 7))
def test_10_what_happens_as_forecast_changes_no_forecast(plan: Plan, index: int) -> None:
    found = plan.scheduled()
    now = value(found.items[plan.tasks[index % len(plan.tasks)].key].early_finish)
    states = {}
    for key, item in found.items.items():
        start, finish = value(item.early_start), value(item.early_finish)
        if finish <= now:
            states[key] = state("completed", from_minutes(start), from_minutes(finish))
        elif start < now:
            left = FIVE_DAYS.worked(finish) - FIVE_DAYS.worked(now)
            states[key] = state(start=from_minutes(start), remaining_minutes=left)
    after = plan.scheduled(from_minutes(now).strftime("%Y-%m-%dT%H:%M"), states)
    for key, item in found.items.items():
        same = after.items[key]
        assert (same.projected_start, same.projected_finish) == (item.projected_start, item.projected_finish)
    assert after.finish == found.finish
    assert "out_of_sequence" not in {each.code.value for each in after.findings}


@PATIENT
@given(MIXED, st.integers(-50, 50))
def test_11_whole_weeks_shift_everything_alike(plan: Plan, weeks: int) -> None:
    found = plan.scheduled()
    shifted = plan.scheduled((instant(AS_OF) + timedelta(weeks=weeks)).strftime("%Y-%m-%dT%H:%M"))
    for key, item in found.items.items():
        other = shifted.items[key]
        for name in ("early_start", "early_finish", "late_start", "late_finish"):
            assert getattr(other, name) - getattr(item, name) == weeks * 7 * 1440
        assert (other.total_float_minutes, other.free_float_minutes) == (
            item.total_float_minutes,
            item.free_float_minutes,
        )


@PATIENT
@given(plans())
def test_12_one_calendar_is_a_line_of_minutes(plan: Plan) -> None:
    found = plan.scheduled()
    line = run(plan.tasks, plan.links, AS_OF, working=lambda _: ROUND_THE_CLOCK)
    for key, item in found.items.items():
        other = line.items[key]
        for name in ("early_start", "early_finish", "late_start", "late_finish"):
            worked = FIVE_DAYS.worked(getattr(item, name)) - FIVE_DAYS.worked(minute(AS_OF))
            assert worked == getattr(other, name) - minute(AS_OF)
        assert (item.total_float_minutes, item.free_float_minutes) == (
            other.total_float_minutes,
            other.free_float_minutes,
        )
        assert item.driving_predecessor == other.driving_predecessor


CONSTRAINTS = st.sampled_from(["SNET", "FNET", "SNLT", "FNLT", "SO", "FO", "MSO", "MFO", "ALAP"])
OPTIONS = st.builds(
    ScheduleOptions,
    scheduling=st.sampled_from(["hold_planned_dates", "as_soon_as_possible"]),
    progress_logic=st.sampled_from(["retained", "override"]),
    lag_calendar=st.sampled_from(["predecessor", "successor", "project", "24h"]),
)


@PATIENT
@given(MIXED, progress(), OPTIONS, st.data())
def test_whatever_comes_in_is_answered(
    plan: Plan, states: dict[str, State], options: ScheduleOptions, data: st.DataObject
) -> None:
    tasks = []
    for each in plan.tasks:
        more: dict[str, Any] = {}
        if data.draw(st.booleans()):
            kind = data.draw(CONSTRAINTS)
            when = instant(AS_OF) + timedelta(hours=data.draw(st.integers(-48, 200)))
            more["constraint"] = Constraint(kind, None if kind == "ALAP" else when)
        if data.draw(st.booleans()):
            start = instant(AS_OF) + timedelta(hours=data.draw(st.integers(-48, 200)))
            more |= {"planned_start": start, "planned_finish": start + timedelta(hours=data.draw(st.integers(0, 99)))}
        tasks.append(replace(each, **more))
    found = run(tasks, plan.links, AS_OF, states, options)
    for key, item in found.items.items():
        if item.total_float_minutes is None:
            assert found.late_why(key) is None
            continue
        assert found.why(key)
        assert found.late_why(key) is not None
        assert value(item.early_start) <= value(item.early_finish)
        assert value(item.late_start) <= value(item.late_finish)
        assert value(item.free_float_minutes) >= 0
        assert item.critical == (item.total_float_minutes <= 0)
    finishes = [item.projected_finish for item in found.items.values() if item.projected_finish is not None]
    assert found.finish == max(finishes, default=None)


# A start that slips to the end of a shift is one with the start of the next, and so is a finish less a lead:
# of links that bind by these the room is exact on one calendar only.
@PATIENT
@given(plans(types=("FS", "FF"), calendars=("five", "seven", "always"), least_lag=0, shortest=1))
def test_free_float_moves_no_successor(plan: Plan) -> None:
    found = plan.scheduled()
    for each in plan.tasks:
        free = value(found.items[each.key].free_float_minutes)
        slip = Constraint("SNET", from_minutes(late_by(found.items[each.key], free, CLOCKS[each.calendar or ""])))
        tasks = tuple(replace(other, constraint=slip) if other is each else other for other in plan.tasks)
        assert early(replace(plan, tasks=tasks).scheduled(), each.key) == early(found, each.key)


def late_by(item: Scheduled, minutes: int, clock: WorkingTime) -> int:
    return clock.start_at(clock.worked(value(item.early_start)) + minutes)
