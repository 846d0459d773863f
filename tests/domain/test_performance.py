"""Earned schedule on the working time of a plan: curves, plateaus, completion, early life, forecasts; and items."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from app.domain.calendars import WorkingTime
from app.domain.cost import CostInputs, open_books
from app.domain.earned_schedule import earned_periods
from app.domain.items import Item, ItemValue
from app.domain.measures import Reason
from app.domain.moments import format_instant
from app.domain.money import Undefined
from app.domain.percent import Phasing
from app.domain.performance import EarnedSchedule, Performance, planned_value
from app.domain.performance_items import performance_items
from app.domain.plan import Milestone, WeightBasis
from app.domain.progress import ExecutionEvent
from app.domain.tolerances import Measure, Unit
from app.domain.value_curve import PlannedValue, Ramp
from tests.domain.builders import ALWAYS, activity, event, instant, milestone
from tests.domain.cost_build import books, cost, eur, inputs, measured
from tests.domain.shared import shared_json

DAY = 1440
WEEK = activity("week", "2024-05-06", "2024-05-10", calendar="standard", budget=eur(1000))  # five days of 480
TEN = activity("ten", "2024-05-01", "2024-05-10", budget=eur(1000))  # ten days of 1440


def times(found: Performance) -> tuple[float, float, float]:
    """ES, AT and PD."""
    return found_schedule(found).time[:3]


def found_schedule(found: Performance) -> EarnedSchedule:
    assert isinstance(found.schedule, EarnedSchedule)
    return found.schedule


def progressed(percent: float, when: str, key: str = "ten") -> ExecutionEvent:
    return event("progressed", when, key, percent_complete=percent)


def test_time_counts_on_the_working_time_of_the_plan() -> None:
    events = [progressed(20, "2024-05-07T12:00:00Z", "week")]
    found = measured(books([WEEK], events, as_of="2024-05-08", calendar="standard"))
    assert times(found) == (480, 960, 2400)
    schedule = found_schedule(found)
    assert (schedule.figures.spi_t, schedule.figures.ieac_spi_t, schedule.figures.schedule_variance) == (
        0.5,
        4800,
        -480,
    )
    assert (schedule.baseline_start, schedule.baseline_finish) == (
        instant("2024-05-06T08:00:00Z"),
        instant("2024-05-10T17:00:00Z"),
    )
    assert schedule.forecast_finish == instant("2024-05-17T17:00:00Z")


@pytest.mark.parametrize(
    "as_of", ["2024-05-04T07:00:00Z", "2024-05-06T13:00:00Z", "2024-05-11", "2024-05-13T10:00:00Z"]
)
def test_as_planned_is_at_its_time_on_whatever_calendars(as_of: str) -> None:
    shift = activity("shift", "2024-05-02", "2024-05-14", calendar="standard", budget=eur(300))
    spring = activity("spring", "2024-05-03", "2024-05-15", budget=eur(700))
    plan = [shift, spring]
    planned = planned_value(books(plan, as_of=as_of))
    assert planned is not None
    at = books(plan, as_of=as_of).as_of
    minute = int(at.timestamp()) // 60
    assert planned.reached(planned.at(minute)) == pytest.approx(planned.elapsed(minute), abs=1e-6)
    in_office = PlannedValue(books(plan, as_of=as_of, calendar="standard").inputs.plan_working, _ramps(plan, as_of))
    elapsed = in_office.elapsed(minute)
    assert elapsed <= in_office.reached(in_office.at(minute)) <= elapsed + 1


def _ramps(plan: list[Milestone], as_of: str) -> list[tuple[WorkingTime, Ramp]]:
    leaves = books(plan, as_of=as_of).leaves.values()
    return [(leaf.line.calendar, Ramp(leaf.weight, leaf.phasing)) for leaf in leaves if leaf.phasing]


def test_periods_and_the_continuous_form_agree_where_a_period_is_linear() -> None:
    planned = [
        Decimal(str(each))
        for each in shared_json("oracles/cases/es-vandevoorde-vanhoucke-p1.json")["inputs"]["pv_cum"]
    ]
    steps = [planned[0], *(after - before for before, after in pairwise(planned))]
    begins = ALWAYS.worked(0)
    ramps = [
        (ALWAYS, Ramp(step, Phasing(begins + month * 1000, begins + month * 1000 + 1000)))
        for month, step in enumerate(steps)
        if step
    ]
    curve = PlannedValue(ALWAYS, ramps)
    assert curve.duration == 9000
    for earned in map(Decimal, ["0", "-1", "25.645", "91.681", "138.586", "327.694", "360.738", "400"]):
        assert curve.reached(earned) / 1000 == pytest.approx(earned_periods(planned, earned), abs=1e-6)


def test_milestones_are_steps_and_a_plateau_counts_to_its_end() -> None:
    plan = [milestone(key, f"2024-05-0{day}", budget=eur(10)) for key, day in (("a", 2), ("b", 4), ("c", 8))]
    done = [event("completed", "2024-05-02", "a")]
    assert times(measured(books(plan, [], as_of="2024-05-06"))) == (0, 3 * DAY, 6 * DAY)
    assert times(measured(books(plan, done, as_of="2024-05-06"))) == (2 * DAY, 3 * DAY, 6 * DAY)


def test_a_part_of_the_first_step_is_no_time() -> None:
    plan = [milestone("a", "2024-05-02", budget=eur(10)), activity("b", "2024-05-03", "2024-05-04", budget=eur(10))]
    assert times(measured(books(plan, [progressed(30, "2024-05-03", "b")], as_of="2024-05-04")))[0] == 0


def test_a_part_of_a_ramp_that_ends_in_a_step_lasts_to_the_step() -> None:
    plan = [TEN, milestone("end", "2024-05-10", budget=eur(500)), milestone("last", "2024-05-12", budget=eur(1))]
    events = [event("completed", "2024-05-05", "end"), progressed(80, "2024-05-05")]
    assert times(measured(books(plan, events, as_of="2024-05-06")))[0] == 10 * DAY


def test_complete_work_stands_still_at_its_actual_finish() -> None:
    events = [event("completed", "2024-05-20", "ten")]
    early, late = (measured(books([TEN], events, as_of=day)) for day in ("2024-05-21", "2024-06-20"))
    assert times(early) == times(late) == (10 * DAY, 20 * DAY, 10 * DAY)
    schedule = found_schedule(late)
    assert (schedule.figures.spi_t, schedule.time.is_complete) == (0.5, True)
    assert schedule.forecast_finish == instant("2024-05-21T00:00:00Z")


def test_a_start_milestone_is_complete_with_its_start() -> None:
    begin = milestone("begin", start="2024-05-01", budget=eur(10))
    events = [event("started", "2024-05-01", "begin"), event("completed", "2024-05-06", "ten")]
    assert times(measured(books([begin, TEN], events, as_of="2024-05-31"))) == (10 * DAY, 6 * DAY, 10 * DAY)


def test_before_the_begin_no_time_has_passed() -> None:
    found = measured(books([TEN], as_of="2024-04-01"))
    assert times(found) == (0, 0, 10 * DAY)
    assert found_schedule(found).figures.spi_t is Undefined.actual_time_zero
    assert found_schedule(found).forecast_finish is Undefined.actual_time_zero


def test_the_target_finish_tells_how_fast_the_rest_must_go() -> None:
    events = [progressed(40, "2024-05-05")]
    found = measured(books([TEN], events, as_of="2024-05-06", target_finish="2024-05-13"))
    assert found_schedule(found).figures.tspi_target == 0.75  # 6 days of work in the 8 up to the end of the 13th
    assert found_schedule(found).figures.tspi_planned == 1.2


def test_a_forecast_beyond_the_calendars_is_none() -> None:
    found = measured(books([TEN], [progressed(0.0001, "2024-05-05")], as_of="2024-05-10"))
    assert found_schedule(found).forecast_finish is Undefined.calendar_horizon


def test_without_budgets_the_schedule_works_on_weights_and_costs_have_a_reason() -> None:
    plan = [replace(TEN, budget=None, weight=1e-9)]
    events = [progressed(25, "2024-05-05"), cost(5, "2024-05-05", "ten")]
    found = measured(books(plan, events, as_of="2024-05-06"))
    assert times(found) == (2.5 * DAY, 5 * DAY, 10 * DAY)
    assert (found.value.percent_planned, found.value.percent_complete, found.value.spi) == (50, 25, 0.5)
    assert (found.value.cpi, found.estimates.estimate) == (Undefined.no_budget, Undefined.no_budget)


@pytest.mark.parametrize(
    ("baseline", "fields", "reason"),
    [
        (None, {}, Undefined.no_baseline),
        ([milestone("ten", budget=eur(10))], {}, Undefined.no_planned_date),
        ([activity("ten", "2024-05-02", budget=eur(10))], {}, Undefined.no_planned_date),
        ([milestone("ten", "2024-05-02")], {"weight_basis": WeightBasis.duration}, Undefined.no_weight),
    ],
)
def test_what_is_planned_at_no_time_has_no_schedule(
    baseline: list[Milestone] | None, fields: dict[str, Any], reason: Undefined
) -> None:
    found = measured(open_books(inputs([TEN], baseline, **fields), instant("2024-05-06")))
    assert found.schedule is reason
    assert found.estimates.methods is not None


def test_what_has_no_date_is_earned_and_left_out_of_the_schedule() -> None:
    undated = milestone("undated", budget=eur(1000))
    events = [event("completed", "2024-05-02", "undated"), progressed(20, "2024-05-05")]
    found = measured(books([TEN, undated], events, as_of="2024-05-06"))
    assert [found.standing.earned, times(found)[0]] == [1200, 2 * DAY]


def test_all_earned_by_reports_is_not_complete_before_it_is_completed() -> None:
    found = measured(books([TEN], [progressed(100, "2024-05-05")], as_of="2024-05-31"))
    assert times(found) == (10 * DAY, 30 * DAY, 10 * DAY)


@pytest.mark.parametrize(
    ("budget", "spent"), [("999999999999999999.9999", "0.000001"), ("0.0001", "999999999999999.9")]
)
def test_the_largest_and_the_smallest_amounts_have_figures(budget: str, spent: str) -> None:
    plan = [replace(TEN, budget=eur(budget)), activity("least", "2024-05-01", "2199-12-31", budget=eur("0.0001"))]
    events = [
        progressed(0.000001, "2024-05-02"),
        progressed(1, "2024-05-02", "least"),
        cost(spent, "2024-05-02", None),
    ]
    found = measured(books(plan, events, as_of="2024-05-06"))
    assert found.standing.budget == Decimal(budget) + Decimal("0.0001")
    assert not isinstance(found.estimates.maximum, Undefined)


# As items that tolerances judge


def item(given: CostInputs, measure: Measure, as_of: str = "2024-05-06") -> Item:
    unit = {Measure.cost_at_completion_percent: Unit.percent_of_budget}.get(measure, Unit.ratio)
    (found,) = performance_items(given, instant(as_of))(measure, unit)
    assert (found.about, found.milestone, found.owner) == (None, None, None)
    return found


def value(given: CostInputs, measure: Measure, as_of: str = "2024-05-06") -> ItemValue:
    return item(given, measure, as_of).value_at(instant(as_of))


RUNNING = inputs([TEN], [TEN], [progressed(25, "2024-05-03"), cost(400, "2024-05-04", "ten")])
IDLE = inputs([TEN], [TEN])
DONE = inputs([TEN], [TEN], [event("completed", "2024-05-05", "ten"), cost(400, "2024-05-04", "ten")])


def test_cost_performance_is_what_was_earned_for_what_was_spent() -> None:
    found = value(RUNNING, Measure.cost_performance)
    assert (found.value, found.reason, found.is_final) == (0.625, None, False)
    assert found.summary == "cost performance is 0.625: 250.00 earned for 400.00 EUR"
    assert found.operands == {
        "earned_value": {"amount": "250.00", "currency": "EUR"},
        "actual_cost": {"amount": "400.00", "currency": "EUR"},
    }
    assert [identity for _, identity in found.events] == ["ten/progressed/2024-05-03", "ten/cost.incurred/2024-05-04"]


def test_the_cost_at_completion_is_told_in_percent_of_the_budget() -> None:
    found = value(RUNNING, Measure.cost_at_completion_percent)
    assert (found.value, found.is_final) == (60.0, False)
    assert found.summary == "the plan is expected to cost 1600.00 EUR against a budget of 1000.00"
    assert value(DONE, Measure.cost_at_completion_percent)[:2] == (-60.0, None)


def test_schedule_performance_falls_while_nothing_is_heard() -> None:
    found = item(RUNNING, Measure.schedule_performance)
    assert [found.value_at(instant(f"2024-05-{day:02}")).value for day in (6, 11, 21)] == [0.5, 0.25, 0.125]
    assert found.breakpoints == ()
    assert found.value_at(instant("2024-05-06")).summary == "schedule performance is 0.5: 3600 minutes earned in 7200"


def test_schedule_performance_is_not_judged_in_early_life() -> None:
    found = item(IDLE, Measure.schedule_performance, "2024-04-01")
    assert [format_instant(each) for each in found.breakpoints] == ["2024-05-01T00:00:00Z", "2024-05-02T00:00:00Z"]
    early, after = (found.value_at(instant(at)) for at in ("2024-05-01T23:59:00Z", "2024-05-02T00:00:00Z"))
    assert (early.value, early.reason) == (None, Reason.insufficient_data)
    assert (after.value, after.reason) == (0.0, None)
    assert found.value_at(instant("2024-04-02")).reason is Reason.insufficient_data


def test_what_is_complete_is_final() -> None:
    found = item(DONE, Measure.schedule_performance)
    assert [found.value_at(instant(day))[0] for day in ("2024-05-06", "2024-06-06")] == [2.0, 2.0]
    assert found.value_at(instant("2024-06-06")).is_final
    assert value(DONE, Measure.cost_performance).is_final


@pytest.mark.parametrize(
    ("given", "measure", "reason"),
    [
        (inputs([TEN], None), Measure.cost_performance, Reason.no_baseline),
        (inputs([TEN], None), Measure.schedule_performance, Reason.no_baseline),
        (inputs([TEN], None), Measure.cost_at_completion_percent, Reason.no_baseline),
        (IDLE, Measure.cost_performance, Reason.insufficient_data),
        (IDLE, Measure.cost_at_completion_percent, Reason.insufficient_data),
        (inputs([TEN], [milestone("ten")]), Measure.schedule_performance, Reason.no_planned_date),
    ],
)
def test_what_can_not_be_told_has_a_reason(given: CostInputs, measure: Measure, reason: Reason) -> None:
    found = value(given, measure)
    assert (found.value, found.reason) == (None, reason)


def test_other_measures_have_no_such_items() -> None:
    assert performance_items(IDLE, instant("2024-05-06"))(Measure.metric_gap_points, Unit.points) == ()
