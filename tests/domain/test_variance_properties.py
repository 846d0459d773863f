"""What always holds of variance, whatever the plan and its events."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.moments import format_moment
from app.domain.plan import Milestone, MilestoneKind, WeightBasis
from app.domain.progress import ExecutionEvent
from app.domain.variance import (
    Basis,
    Favorability,
    PlanVariance,
    ScheduleStatus,
    Variance,
)
from tests.domain.builders import (
    event,
    measure,
    one,
    percents,
    phase,
    shifted,
)

START = datetime(2024, 5, 1, tzinfo=UTC)


@st.composite
def moments(draw: st.DrawFn) -> date | datetime | None:
    found = START + timedelta(minutes=draw(st.integers(0, 60 * 24 * 30)))
    return draw(st.sampled_from([None, found, found.date(), found.date()]))


@st.composite
def plans(draw: st.DrawFn) -> list[Milestone]:
    keys = draw(st.lists(st.sampled_from("abcdef"), unique=True))
    found = [phase("p"), phase("q", "p")]
    for key in keys:
        start, finish = draw(moments()), draw(moments())
        kind = draw(st.sampled_from([MilestoneKind.milestone, MilestoneKind.activity]))
        if kind is MilestoneKind.milestone and finish is not None:
            start = None
        found.append(
            Milestone(
                key,
                key,
                kind,
                start,
                finish,
                draw(st.none() | st.integers(0, 9999)) if kind is MilestoneKind.activity else None,
                parent=draw(st.sampled_from([None, "p", "q"])),
                weight=draw(st.floats(0, 10)),
            )
        )
    return found


@st.composite
def happenings(draw: st.DrawFn) -> list[ExecutionEvent]:
    events = []
    for number in range(draw(st.integers(0, 10))):
        moment = START + timedelta(hours=draw(st.integers(0, 24 * 30)))
        when = moment.isoformat() if draw(st.booleans()) else moment.date().isoformat()
        kind = draw(
            st.sampled_from(["started", "progressed", "completed", "blocked", "unblocked", "reopened", "cancelled"])
        )
        data = {
            "percent_complete": draw(st.integers(0, 100)),
            "remaining_minutes": draw(st.none() | st.integers(0, 9999)),
        }
        events.append(event(kind, when.replace("+00:00", "Z"), draw(st.sampled_from("abcdef")), f"e{number}", **data))
    return events


@given(plans(), plans(), happenings(), st.integers(0, 30), st.sampled_from(WeightBasis))
def test_what_always_holds(
    now: list[Milestone], base: list[Milestone], events: list[ExecutionEvent], days: int, basis: WeightBasis
) -> None:
    as_of = (START + timedelta(days=days)).isoformat().replace("+00:00", "Z")
    found = measure(now, base, events, as_of, weight_basis=basis)
    for percent in percents(found):
        assert percent is None or 0 <= percent <= 100
    assert len(found.summary.counts) == len(ScheduleStatus)
    assert sum(found.summary.counts.values()) == sum(item.kind is not MilestoneKind.phase for item in found.items)
    for item in found.items:
        for each in (item.start_variance, item.finish_variance, item.duration_variance):
            consistent(each)
    consistent(found.summary.finish_variance)
    assert measure(reversed(now), reversed(base), reversed(events), as_of, weight_basis=basis) == found


def consistent(found: Variance) -> None:
    if found.working_minutes is None:
        assert (found.working_days, found.elapsed_minutes, found.basis) == (None, None, Basis.none)
        assert found.reason is not None
        assert found.favorability is Favorability.unknown
    else:
        assert found.reason is None
        assert found.basis is not Basis.none
        assert found.working_days == found.working_minutes / 1440
        sign = (found.working_minutes > 0) - (found.working_minutes < 0)
        assert found.favorability is [Favorability.neutral, Favorability.unfavorable, Favorability.favorable][sign]


@st.composite
def spans(draw: st.DrawFn) -> tuple[date, date]:
    """A start and a later finish, each a day or an instant."""
    start = START + timedelta(minutes=draw(st.integers(0, 60 * 24 * 30)))
    finish = start + timedelta(minutes=draw(st.integers(0, 60 * 24 * 30)))
    return start.date() if draw(st.booleans()) else start, finish.date() if draw(st.booleans()) else finish


@given(spans(), spans())
def test_start_and_duration_variance_add_up_to_finish_variance(
    planned: tuple[date, date], happened: tuple[date, date]
) -> None:
    plan = Milestone("m", "m", MilestoneKind.activity, *planned, calendar="standard")
    texts = [format_moment(moment) for moment in happened]
    found = one(plan, plan, [event("started", texts[0]), event("completed", texts[1])], "2024-07-01")
    start, finish, length = found.start_variance, found.finish_variance, found.duration_variance
    assert {start.basis, finish.basis, length.basis} == {Basis.actual}
    assert (start.working_minutes or 0) + (length.working_minutes or 0) == finish.working_minutes
    assert (start.elapsed_minutes or 0) + (length.elapsed_minutes or 0) == finish.elapsed_minutes


@given(plans(), plans(), happenings(), st.integers(0, 30), st.integers(-400, 400))
def test_moving_everything_by_whole_days_changes_nothing(
    now: list[Milestone], base: list[Milestone], events: list[ExecutionEvent], days: int, by: int
) -> None:
    def moved(plan: list[Milestone]) -> list[Milestone]:
        return [
            replace(
                each, planned_start=shifted(each.planned_start, by), planned_finish=shifted(each.planned_finish, by)
            )
            for each in plan
        ]

    def moved_event(each: ExecutionEvent) -> ExecutionEvent:
        day = None if each.occurred_on is None else each.occurred_on + timedelta(days=by)
        return each._replace(occurred_at=each.occurred_at + timedelta(days=by), occurred_on=day)

    def measured(
        shift: int, plan: list[Milestone], frozen: list[Milestone], happened: list[ExecutionEvent]
    ) -> PlanVariance:
        as_of = START + timedelta(days=days + shift)
        return measure(plan, frozen, happened, as_of.isoformat().replace("+00:00", "Z"))

    here = measured(0, now, base, events)
    there = measured(by, moved(now), moved(base), [moved_event(each) for each in events])
    assert here.summary.finish_variance == there.summary.finish_variance
    assert here.summary.counts == there.summary.counts
    assert percents(here) == percents(there)
    for one_, other in zip(here.items, there.items, strict=True):
        assert (one_.start_variance, one_.finish_variance) == (other.start_variance, other.finish_variance)
        assert (one_.duration_variance, one_.stale) == (other.duration_variance, other.stale)
