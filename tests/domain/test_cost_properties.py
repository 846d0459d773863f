"""Money adds up to the last digit however it is cut, in whatever order it is told, and whatever its scale is."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.cost import Books, open_books
from app.domain.cost_lines import CostLine, Sums, add, by_milestone, by_owner, by_phase, total
from app.domain.cost_periods import Period, by_period, curves
from app.domain.money import Undefined, exact
from app.domain.performance import EarnedSchedule, planned_value
from app.domain.plan import Milestone, MilestoneKind, Money
from app.domain.progress import ExecutionEvent
from tests.domain.builders import ALWAYS, event, instant, phase
from tests.domain.cost_build import cost, inputs, measured

KEYS = ["m0", "m1", "m2", "m3", "m4"]
PHASES = [phase("p"), phase("q", "p"), phase("r")]
days = st.integers(1, 28).map(lambda day: instant(f"2024-02-{day:02}").date())
amounts = st.decimals(0, 10**6, places=4)


@st.composite
def leaves(draw: st.DrawFn, key: str) -> Milestone:
    first, last = sorted((draw(days), draw(days)))
    kind = draw(st.sampled_from([MilestoneKind.milestone, MilestoneKind.activity]))
    is_dated = draw(st.integers(0, 5)) > 0
    return Milestone(
        key,
        key,
        kind,
        planned_start=first if kind is MilestoneKind.activity else None,
        planned_finish=last if is_dated else None,
        parent=draw(st.sampled_from([None, "p", "q", "r"])),
        owner=draw(st.sampled_from([None, "ann", "bob"])),
        calendar=draw(st.sampled_from([None, "standard", "berlin"])),
        weight=draw(st.floats(0, 100)),
        budget=draw(st.none() | amounts.map(lambda amount: Money(amount, "EUR"))),
    )


@st.composite
def happenings(draw: st.DrawFn) -> ExecutionEvent:
    key, hour = draw(st.sampled_from(KEYS)), draw(st.integers(0, 23))
    when, name = f"{draw(days)}T{hour:02}:00:00Z", f"{draw(st.integers(0, 10**9))}"
    match draw(st.integers(0, 3)):
        case 0:
            return event("completed", when, key, name)
        case 1:
            return event("progressed", when, key, name, percent_complete=draw(st.floats(0, 100)))
        case _:
            place = draw(st.sampled_from([*KEYS, "p", "gone", None]))
            return cost(str(draw(st.decimals(-100, 10**6, places=6))), when, place, identity=name)


plans = st.tuples(*map(leaves, KEYS))
histories = st.lists(happenings(), max_size=15)
instants = st.integers(0, 40 * 24).map(lambda hours: instant("2024-02-01") + timedelta(hours=hours))


def whole(lines: list[CostLine]) -> Sums:
    found = Sums()
    with exact():
        for line in lines:
            found = add(found, line.sums)
    return found


@settings(deadline=None)
@given(plans, plans, histories, instants, st.sampled_from(Period))
def test_lines_add_up_to_the_total_to_the_last_digit(
    now: tuple[Milestone, ...],
    before: tuple[Milestone, ...],
    events: list[ExecutionEvent],
    as_of: datetime,
    period: Period,
) -> None:
    found = open_books(inputs([*PHASES, *now[1:]], [*PHASES, *before[:-1]], events), as_of)
    phases = [line for line in by_phase(found) if line.parent is None]
    periods = by_period(found, curves(found, planned_value(found), ALWAYS, period))
    assert whole(by_milestone(found)) == whole(by_owner(found)) == whole(phases) == total(found)
    assert found.no_cost is not None or whole(periods) == total(found)
    for top in ("p", "q"):
        inside = open_books(found.inputs, found.as_of, top)
        (line,) = (each for each in by_phase(found) if each.key == top)
        assert total(inside) == line.sums
        assert whole([each for each in by_phase(inside, top) if each.parent in {None, top}]) == line.sums


@settings(deadline=None)
@given(plans, histories, st.randoms())
def test_the_order_in_which_things_are_told_does_not_matter(
    plan: tuple[Milestone, ...], events: list[ExecutionEvent], random: Random
) -> None:
    shuffled, history = [*PHASES, *plan], list({each.identity: each for each in events}.values())
    straight = open_books(inputs(shuffled, shuffled, history), instant("2024-02-20"))
    random.shuffle(shuffled)
    random.shuffle(history)
    other = open_books(inputs(shuffled, shuffled, history), instant("2024-02-20"))
    assert (by_milestone(straight), by_owner(straight), by_phase(straight)) == (
        by_milestone(other),
        by_owner(other),
        by_phase(other),
    )
    assert measured(straight) == measured(other)


def scaled(found: Books, factor: int) -> Books:
    """The same plan in a smaller unit of money."""

    def more(plan: dict[str, Milestone]) -> list[Milestone]:
        return [
            each if each.budget is None else replace(each, budget=Money(each.budget.amount * factor, "EUR"))
            for each in plan.values()
        ]

    given_inputs = found.inputs
    events = [
        each
        if each.type != "cost.incurred"
        else each._replace(data={**each.data, "amount": str(Decimal(each.data["amount"]) * factor)})
        for each in given_inputs.events
    ]
    return open_books(
        inputs(more(dict(given_inputs.current)), more(dict(given_inputs.baseline or {})), events), found.as_of
    )


@settings(deadline=None)
@given(plans, histories, instants)
def test_ratios_and_times_do_not_depend_on_the_unit_of_money(
    plan: tuple[Milestone, ...], events: list[ExecutionEvent], as_of: datetime
) -> None:
    coarse = [
        replace(each, budget=None if each.budget is None else Money(each.budget.amount + 1, "EUR")) for each in plan
    ]
    found = open_books(inputs(coarse, coarse, events), as_of)
    one, hundred = measured(found), measured(scaled(found, 100))
    for name in ("spi", "cpi", "sci", "percent_complete", "percent_planned", "percent_spent"):
        assert _same(getattr(one.value, name), getattr(hundred.value, name)), name
    if isinstance(one.schedule, EarnedSchedule) and isinstance(hundred.schedule, EarnedSchedule):
        assert one.schedule.time.earned == pytest.approx(hundred.schedule.time.earned, rel=1e-3, abs=1)
        assert one.schedule.time[1:] == hundred.schedule.time[1:]
    else:
        assert one.schedule == hundred.schedule


def _same(one: float | Undefined, other: float | Undefined) -> bool:
    if isinstance(one, Undefined) or isinstance(other, Undefined):
        return one == other
    return one == pytest.approx(other, rel=1e-4, abs=1e-5)


@settings(deadline=None)
@given(plans, histories, instants)
def test_performance_is_that_of_the_known_formulas(
    plan: tuple[Milestone, ...], events: list[ExecutionEvent], as_of: datetime
) -> None:
    found = measured(open_books(inputs(plan, plan, events), as_of))
    standing, value = found.standing, found.value
    assert 0 <= standing.planned <= standing.budget
    assert 0 <= standing.earned <= standing.budget
    low, estimate, high = found.estimates.minimum, found.estimates.estimate, found.estimates.maximum
    if not isinstance(low, Undefined) and not isinstance(estimate, Undefined) and not isinstance(high, Undefined):
        assert low <= estimate <= high
        assert found.estimates.variance == standing.budget - estimate
    if not isinstance(value.percent_complete, Undefined) and not isinstance(value.percent_planned, Undefined):
        assert 0 <= value.percent_complete <= 100
        assert (value.percent_complete >= value.percent_planned) == (value.schedule_variance >= 0)
    if isinstance(found.schedule, EarnedSchedule):
        time = found.schedule.time
        assert 0 <= time.earned <= time.planned


@given(st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=6), st.integers(1, 40), st.data())
def test_the_planned_value_never_falls_and_its_inverse_lies_on_it(
    weights: list[Decimal], length: int, data: st.DataObject
) -> None:
    plan = [
        Milestone(
            f"m{n}",
            f"m{n}",
            MilestoneKind.activity,
            planned_start=instant("2024-02-01").date(),
            planned_finish=(instant("2024-02-01") + timedelta(days=data.draw(st.integers(0, length)))).date(),
            budget=Money(weight + 1, "EUR"),
        )
        for n, weight in enumerate(weights)
    ]
    found = open_books(inputs(plan, plan), instant("2024-02-10"))
    planned = planned_value(found)
    assert planned is not None
    minutes = range(planned.span[0], planned.span[1] + 2, max(planned.duration // 7, 1))
    values = [planned.at(minute) for minute in minutes]
    assert values == sorted(values)
    for minute, value in zip(minutes, values, strict=True):
        if 0 < value < planned.total:
            assert planned.reached(value) == pytest.approx(planned.elapsed(minute), abs=1e-6)
