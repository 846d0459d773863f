"""The books by day, week and month, and the curves of what is planned, earned and spent."""

from datetime import date

import pytest

from app.domain import cost_periods
from app.domain.cost import Books
from app.domain.cost_lines import CostLine, Sums, total
from app.domain.cost_periods import Curves, Period, TooManyPeriods, by_period
from app.domain.performance import planned_value
from app.domain.plan import Milestone
from app.domain.progress import ExecutionEvent
from tests.domain.builders import ALWAYS, activity, event, instant, milestone
from tests.domain.cost_build import books, cost, eur, told

WORK = activity("work", "2024-04-21", "2024-05-10", budget=eur(2000))  # 100 a day
GATE = milestone("gate", "2024-05-31", budget=eur(500))
EVENTS = [
    event("progressed", "2024-04-25", "work", percent_complete=10),
    event("progressed", "2024-05-05", "work", percent_complete=40),
    cost(90, "2024-04-30T23:59:00Z", "work"),
    cost(10, "2024-05-01T00:00:00Z", "work"),
    cost(7, "2024-05-01", "work", identity="day"),
    cost(3, "2024-05-02", None),
]


def curves(found: Books, period: Period = Period.month) -> Curves:
    return cost_periods.curves(found, planned_value(found), ALWAYS, period)


def lines(plan: list[Milestone], events: list[ExecutionEvent], as_of: str, period: Period) -> list[CostLine]:
    found = books(plan, events, as_of)
    return by_period(found, curves(found, period))


def test_months_add_up_to_the_whole() -> None:
    found = lines([WORK, GATE], EVENTS, "2024-05-06", Period.month)
    assert told(found) == {
        "2024-04-01": (1000, 1000, 200, 100),  # what is booked at midnight sharp ends the day before
        "2024-05-01": (1500, 500, 600, 10),
    }
    sums = [sum(column) for column in zip(*(line.sums for line in found), strict=True)]
    assert sums == list(total(books([WORK, GATE], EVENTS, "2024-05-06")))


def test_weeks_begin_on_monday() -> None:
    found = told(lines([WORK], [], "2024-05-06", Period.week))
    assert found == {
        "2024-04-15": (100, 100, 0, 0),
        "2024-04-22": (700, 700, 0, 0),
        "2024-04-29": (700, 700, 0, 0),
        "2024-05-06": (500, 0, 0, 0),
    }


def test_days_are_those_of_the_zone() -> None:
    found = lines([activity("a", "2024-05-01", "2024-05-02", budget=eur(10))], [], "2024-05-02", Period.day)
    assert told(found) == {"2024-05-01": (5, 5, 0, 0), "2024-05-02": (5, 0, 0, 0)}


def test_what_is_planned_without_a_date_is_a_line_of_its_own() -> None:
    undated = milestone("undated", budget=eur(40))
    events = [event("completed", "2024-05-02", "undated")]
    found = told(lines([WORK, undated], events, "2024-05-06", Period.month))
    assert found == {None: (40, 0, 0, 0), "2024-04-01": (1000, 1000, 0, 0), "2024-05-01": (1000, 500, 40, 0)}


def test_the_curves_end_with_their_periods_and_pass_the_status_date() -> None:
    found = curves(books([WORK, GATE], EVENTS, "2024-05-06"))
    assert found.starts == (date(2024, 4, 1), date(2024, 5, 1))
    assert [(point.at, *(each and float(each) for each in point[1:])) for point in found.points] == [
        (instant("2024-05-01"), 1000, 200, 100),
        (instant("2024-05-06"), 1500, 800, 110),
        (instant("2024-06-01"), 2500, None, None),
    ]


def test_a_status_date_may_lie_outside_of_what_is_planned() -> None:
    before, after = (curves(books([WORK], [], day)) for day in ("2024-03-01", "2024-07-01"))
    assert [[each.planned, each.spent] for each in before.points] == [[0, 0], [1000, None], [2000, None]]
    assert [[each.planned, each.spent] for each in after.points] == [[1000, 0], [2000, 0], [2000, 0]]
    assert [each.planned_to_date for each in before.ends] == [0, 0]


def test_work_and_costs_outside_of_the_plan_are_in_periods_of_their_own() -> None:
    events = [event("progressed", "2024-02-10", "work", percent_complete=10), cost(5, "2024-07-02", "work")]
    found = told(lines([WORK], events, "2024-08-01", Period.month))
    assert list(found) == [f"2024-0{month}-01" for month in range(2, 8)]
    assert (found["2024-02-01"][2], found["2024-07-01"][3]) == (200, 5)


def test_work_that_is_reopened_is_taken_back_when_it_was() -> None:
    events = [event("completed", "2024-05-02", "gate"), event("reopened", "2024-07-02", "gate")]
    found = told(lines([GATE], events, "2024-08-01", Period.month))
    assert [each[2] for each in found.values()] == [500, 0, -500]


def test_nothing_planned_done_or_spent_has_no_periods() -> None:
    found = curves(books([milestone("a", budget=eur(5))], [], "2024-05-06"))
    assert (found.starts, found.ends) == ((), ())
    assert told(by_period(books([milestone("a", budget=eur(5))]), found)) == {None: (5, 0, 0, 0)}
    assert by_period(books([]), curves(books([]))) == []


def test_more_periods_than_are_told_at_once_are_refused() -> None:
    long = activity("long", "2005-01-01", "2024-05-01", budget=eur(10))
    with pytest.raises(TooManyPeriods):
        curves(books([long]), Period.day)
    assert len(curves(books([long]), Period.month).starts) == 233


def test_rounding_never_makes_a_curve_fall() -> None:
    thirds = [activity(f"a{n}", "2024-05-01", "2024-05-03", budget=eur(1)) for n in range(3)]
    found = curves(books(thirds, [], "2024-05-02"), Period.day)
    planned = [point.planned for point in found.points]
    assert planned == sorted(planned)
    assert sum((line.sums.planned for line in by_period(books(thirds, [], "2024-05-02"), found)), Sums().planned) == 3
