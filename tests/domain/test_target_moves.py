"""How far targets moved, from baseline to baseline."""

from datetime import date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendars import WorkingTime
from app.domain.target_moves import Aim, Move, Target, finish_of, step_minutes, steps, target_of
from tests.domain.builders import ALWAYS, STANDARD, activity, at, milestone, phase

DAY = 480  # working minutes of the standard calendar


def standard(_: str) -> WorkingTime:
    return STANDARD


def target(text: str) -> Target:
    moment = at(text)
    assert moment is not None
    return Target(moment)


def aim(number: int, *, supplementary: bool = False, **dates: str) -> Aim:
    return aim_of(number, dates, supplementary=supplementary)


def aim_of(number: int, dates: dict[str, str], *, supplementary: bool = False) -> Aim:
    return Aim(number, {key: target(text) for key, text in dates.items()}, supplementary)


def test_a_milestone_is_held_to_its_finish_a_start_milestone_to_its_start_and_a_phase_to_nothing() -> None:
    assert target_of(milestone("m", "2026-03-10")) == target("2026-03-10")
    assert target_of(activity("a", "2026-03-02", "2026-03-10")) == target("2026-03-10")
    assert target_of(milestone("s", start="2026-03-02")) == target("2026-03-02")._replace(is_start=True)
    assert target_of(phase("p")) is None
    assert target_of(activity("undated")) is None


def test_a_target_that_moved_over_a_weekend_moved_by_the_working_days_between() -> None:
    first, second = steps([aim(1, roof="2026-03-06"), aim(2, roof="2026-03-10")], standard, STANDARD)
    assert (first.working_minutes, first.moves) == (None, ())  # there is none before
    assert second.finish == at("2026-03-10")
    assert second.working_minutes == 2 * DAY  # from the end of Friday to the end of Tuesday
    assert second.moves == (Move("roof", first.finish, second.finish, 2 * DAY),)  # type: ignore[arg-type]


def test_a_start_is_held_to_the_start_of_its_day() -> None:
    start = Target(at("2026-03-10"), is_start=True)  # type: ignore[arg-type]
    assert step_minutes(start, target("2026-03-10"), STANDARD) == DAY


def test_moves_come_furthest_first_whichever_way() -> None:
    old = aim(1, a="2026-03-10", b="2026-03-10", c="2026-03-10", d="2026-03-10")
    new = aim(2, a="2026-03-11", b="2026-03-06", c="2026-03-09", d="2026-03-10")
    moves = steps([old, new], standard, STANDARD)[1].moves
    assert [(move.milestone, move.working_minutes) for move in moves] == [("b", -2 * DAY), ("a", DAY), ("c", -DAY)]


def test_what_came_and_what_left_did_not_move() -> None:
    step = steps([aim(1, gone="2026-03-10"), aim(2, new="2026-03-11", more="2026-03-12")], standard, STANDARD)[1]
    assert (step.moves, step.added, step.removed) == ((), 2, 1)


def test_the_first_baseline_adds_nothing() -> None:
    (step,) = steps([aim(1, a="2026-03-10")], standard, STANDARD)
    assert (step.added, step.removed) == (0, 0)


def test_a_supplementary_baseline_is_compared_and_moves_no_target() -> None:
    found = steps(
        [aim(1, a="2026-03-10"), aim(2, supplementary=True, a="2026-03-31"), aim(3, a="2026-03-11")],
        standard,
        STANDARD,
    )
    assert [step.working_minutes for step in found] == [None, 15 * DAY, DAY]


def test_a_baseline_without_dates_has_no_finish_and_the_next_is_compared_with_the_one_before_it() -> None:
    found = steps([aim(1, a="2026-03-10"), aim(2), aim(3, a="2026-03-12")], standard, STANDARD)
    assert [(step.finish, step.working_minutes) for step in found][1:] == [(None, None), (at("2026-03-12"), 2 * DAY)]


def test_of_targets_that_tie_the_first_key_names_the_finish() -> None:
    assert finish_of(aim(1, b="2026-03-08", a="2026-03-06"), STANDARD) == target("2026-03-06")  # one working point
    assert finish_of(aim(1), STANDARD) is None


days = st.dates(date(2020, 1, 1), date(2029, 12, 31)).map(date.isoformat)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2029, 12, 31)).map("{:%Y-%m-%dT%H:%M:%SZ}".format)  # noqa: DTZ001
texts = days | instants
calendars = st.sampled_from([ALWAYS, STANDARD])


@given(texts, texts, calendars)
def test_a_step_back_is_the_same_with_another_sign(one: str, other: str, calendar: WorkingTime) -> None:
    forth = step_minutes(target(one), target(other), calendar)
    assert step_minutes(target(other), target(one), calendar) == -forth


@given(st.lists(st.dictionaries(st.sampled_from("abc"), texts), min_size=1), calendars, st.randoms())
def test_steps_add_up_to_the_whole_move_in_whatever_order_they_are_given(
    dates: list[dict[str, str]], calendar: WorkingTime, random: Random
) -> None:
    aims = [aim_of(number, found) for number, found in enumerate(dates, 1)]
    found = steps(aims, lambda _: calendar, calendar)
    shuffled = [*aims]
    random.shuffle(shuffled)
    assert steps(shuffled, lambda _: calendar, calendar) == found
    finishes = [finish for each in aims if (finish := finish_of(each, calendar)) is not None]
    whole = step_minutes(finishes[0], finishes[-1], calendar) if finishes else 0
    assert sum(step.working_minutes or 0 for step in found) == whole


@pytest.mark.parametrize("key", ["a", "b"])
def test_moves_of_a_milestone_add_up(key: str) -> None:
    aims = [
        aim(1, a="2026-03-10", b="2026-05-05"),
        aim(2, a="2026-04-01", b="2026-05-01"),
        aim(3, a="2026-03-31", b="2026-05-05"),
    ]
    moved = [
        move.working_minutes
        for step in steps(aims, standard, STANDARD)
        for move in step.moves
        if move.milestone == key
    ]
    assert sum(moved) == step_minutes(aims[0].targets[key], aims[2].targets[key], STANDARD)
