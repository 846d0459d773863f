"""Load: effort is spread evenly over working time, exactly, and held against capacity."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assignments import Assignment
from app.domain.calendars import WorkingTime, built_in, compile_calendar, zone_transitions
from app.domain.load import Slot, Work, effort_of, loaded, period_of, placed, slots, spread, working_minutes
from app.domain.load_items import Burden, over_allocation_items
from app.domain.moments import Moment
from app.domain.plan import Milestone, MilestoneKind

MONDAY = date(2026, 3, 2)
FRIDAY = MONDAY + timedelta(days=4)


def calendar(key: str = "standard", zone: str = "UTC") -> WorkingTime:
    return compile_calendar(built_in(key, zone_transitions(zone)), date(2026, 1, 1), date(2027, 1, 1))


OFFICE, ALWAYS = calendar(), calendar("always")


def edges(first: date, count: int, step: int = 1) -> list[int]:
    """Where so many periods of `step` days begin, and the last one ends."""
    return [ALWAYS.day_start(first + timedelta(days=step * i)) for i in range(count + 1)]


def instant(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def activity(**fields: Any) -> Milestone:
    return Milestone("a", "A", MilestoneKind.activity, **fields)


class TestEffort:
    """effort_of."""

    @pytest.mark.parametrize(
        ("assignment", "milestone", "minutes"),
        [
            ({"effort_minutes": 600, "units": 0.5}, activity(planned_duration_minutes=60), "600"),
            ({"units": 0.5}, activity(planned_duration_minutes=960), "480"),
            ({"units": 0.1}, activity(planned_start=MONDAY, planned_finish=FRIDAY), "240"),
            ({"units": 0.5}, activity(planned_start=FRIDAY, planned_finish=MONDAY), "0"),
            ({"units": 0.5}, activity(planned_finish=MONDAY), "0"),
            ({"units": 1.0}, Milestone("a", "A", planned_finish=MONDAY), "0"),
        ],
    )
    def test_it_is_told_or_follows_from_units(self, assignment: Any, milestone: Milestone, minutes: str) -> None:
        found = effort_of(Assignment("x", "a", "anna", **assignment), milestone, OFFICE)
        assert found == Decimal(minutes)


class TestSpread:
    """placed, spread, period_of."""

    def test_it_is_even_over_working_time(self) -> None:
        work = placed(Decimal(1200), OFFICE, MONDAY, date(2026, 3, 9))  # six working days, two days off
        parts = spread(work, edges(MONDAY, 9))
        assert parts == {0: 200, 1: 200, 2: 200, 3: 200, 4: 200, 7: 200}
        assert work.is_dated

    def test_a_part_of_a_day_has_a_part_of_it(self) -> None:
        work = placed(Decimal(90), OFFICE, instant(2, 15), instant(3, 9))  # two hours, then one
        assert spread(work, edges(MONDAY, 2)) == {0: 60, 1: 30}

    @pytest.mark.parametrize(
        ("start", "finish", "period"),
        [
            (None, MONDAY, 0),
            (None, instant(3, 0), 0),  # what is done by midnight
            (None, instant(3, 1), 1),
            (date(2026, 3, 3), None, 1),
            (instant(3, 0), None, 1),
            (FRIDAY, MONDAY, 0),
        ],
    )
    def test_without_time_all_is_at_once(self, start: Moment | None, finish: Moment | None, period: int) -> None:
        work = placed(Decimal(60), OFFICE, start, finish)
        assert spread(work, edges(MONDAY, 5)) == {period: 60}
        assert work.end == work.at

    def test_without_dates_it_is_nowhere(self) -> None:
        work = placed(Decimal(60), OFFICE, None, None)
        assert (spread(work, edges(MONDAY, 5)), work.is_dated, work.end) == ({}, False, None)

    def test_what_lies_outside_is_left_out(self) -> None:
        work = placed(Decimal(500), OFFICE, MONDAY, FRIDAY)
        assert spread(work, edges(date(2026, 3, 4), 1)) == {0: 100}
        assert spread(work, edges(date(2026, 4, 1), 3)) == {}
        assert spread(work, edges(date(2026, 1, 1), 3)) == {}
        assert spread(placed(Decimal(1), OFFICE, None, MONDAY), edges(FRIDAY, 1)) == {}
        assert period_of(0, edges(MONDAY, 1)) == -1

    @given(
        effort=st.decimals(0, 10**6, places=3),
        start=st.integers(0, 90 * 24 * 60),
        hours=st.integers(-48, 2_000),
        step=st.integers(1, 31),
        zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
        key=st.sampled_from(["standard", "always"]),
    )
    def test_the_parts_sum_exactly_to_the_whole(
        self, effort: Decimal, start: int, hours: int, step: int, zone: str, key: str
    ) -> None:
        begin = instant(2, 0) + timedelta(minutes=start)
        work = placed(effort, calendar(key, zone), begin, begin + timedelta(hours=hours))
        parts = spread(work, edges(date(2026, 1, 1), 400 // step + 1, step))
        assert sum(parts.values()) == Fraction(effort)
        assert all(part >= 0 for part in parts.values())


class TestSlots:
    """slots, working_minutes, loaded."""

    def test_what_is_planned_is_held_against_what_can_be_done(self) -> None:
        days = edges(MONDAY, 7)
        works = [placed(Decimal(minutes), OFFICE, MONDAY, MONDAY) for minutes in (300, 240)]
        found = slots(works, 1.0, working_minutes([OFFICE], days), days)
        assert found[0] == Slot(Fraction(540), Fraction(480))
        assert [slot.over for slot in found] == [60, 0, 0, 0, 0, 0, 0]
        assert [slot.capacity for slot in found[4:]] == [480, 0, 0]

    def test_capacity_counts_in_units(self) -> None:
        days = edges(MONDAY, 1)
        assert slots([], 0.1, working_minutes([OFFICE], days), days)[0].capacity == 48

    def test_of_several_calendars_the_one_that_works_most_counts(self) -> None:
        assert working_minutes([OFFICE, ALWAYS], edges(MONDAY, 1)) == [1440]

    def test_where_nobody_knows_what_can_be_done_nothing_is_too_much(self) -> None:
        days = edges(MONDAY, 1)
        assert working_minutes([], days) is None
        (slot,) = slots([placed(Decimal(9999), OFFICE, MONDAY, MONDAY)], 1.0, None, days)
        assert (slot.capacity, slot.over) == (None, Fraction(0))

    def test_two_halves_that_make_a_whole_are_not_too_much(self) -> None:
        days = edges(MONDAY, 3)
        works = [placed(Decimal(minutes), OFFICE, MONDAY, date(2026, 3, 4)) for minutes in (721, 719)]
        assert loaded(works, days) == {0: 480, 1: 480, 2: 480}


def burden(*works: Work, capacity: float = 1.0) -> Burden:
    return Burden("anna", "ada", capacity, OFFICE, works)


class TestItems:
    """over_allocation_items."""

    def test_the_worst_week_to_come_is_judged(self) -> None:
        works = (
            placed(Decimal(2500), OFFICE, MONDAY, FRIDAY),
            placed(Decimal(3000), OFFICE, MONDAY + timedelta(days=7), FRIDAY + timedelta(days=7)),
            placed(Decimal(2460), OFFICE, MONDAY + timedelta(days=14), FRIDAY + timedelta(days=14)),
        )
        (item,) = over_allocation_items([burden(*works)], instant(3, 12))
        assert (item.about, item.owner, item.milestone) == ("resources/anna", "ada", None)
        assert [each.date() for each in item.breakpoints] == [date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23)]
        values = [item.value_at(at).value for at in (instant(3, 12), *item.breakpoints)]
        assert values == [600, 600, 60, 0]
        told = item.value_at(instant(3, 12))
        assert told.operands == {
            "resource": "anna",
            "capacity": 1.0,
            "week": "2026-03-09",
            "planned_minutes": 3000.0,
            "capacity_minutes": 2400.0,
        }
        assert told.summary == "anna has 600 minutes too much to do in the week of 2026-03-09"

    def test_what_is_over_is_not_judged(self) -> None:
        past = placed(Decimal(9999), OFFICE, MONDAY, FRIDAY)
        (item,) = over_allocation_items([burden(past)], instant(20, 12))
        value = item.value_at(instant(20, 12))
        assert (value.value, item.breakpoints) == (0, ())
        assert value.summary == "anna has no more work than it can do"

    def test_what_has_no_date_burdens_nobody(self) -> None:
        undated = placed(Decimal(9999), OFFICE, None, None)
        (item,) = over_allocation_items([burden(undated, capacity=0.5)], instant(2, 12))
        assert item.value_at(instant(2, 12)).value == 0
