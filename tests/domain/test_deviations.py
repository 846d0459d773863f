"""When a deviation opens, changes and is over: known answers, one evaluation a minute."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from app.domain.deviation_values import DeviationState, Subject, Track
from app.domain.deviations import Scope, reconcile
from app.domain.measures import Reason
from app.domain.tolerances import Bounds, Measure, Tolerance, Unit
from tests.domain.deviation_build import FINISH, START, Watch, judge, never, told

TWICE = replace(FINISH, consecutive=2)
SILENCE = Tolerance("silence", Measure.silence_minutes, Unit.working_days, upper=Bounds(10))


def test_it_opens_beyond_the_bound_and_is_over_a_margin_inside_it() -> None:
    watch = Watch()
    assert watch.see(a=10) == []
    assert watch.see(a=11) == ["opened a#1 warning"]
    assert watch.see(a=9.5) == []
    assert watch.see(a=8) == ["resolved a#1 within_tolerance"]
    assert watch.tracks == {}


def test_the_next_time_is_the_next_episode() -> None:
    watch = Watch()
    assert [watch.see(a=value) for value in (11, 0, 12)] == [
        ["opened a#1 warning"],
        ["resolved a#1 within_tolerance"],
        ["opened a#2 warning"],
    ]


def test_a_record_starts_with_the_number_after_the_newest_episode() -> None:
    subject = Subject("finish", "a", 1)
    scope = Scope(START, START, {"finish": 1})
    found = reconcile({subject: Track(episode=7)}, judge(FINISH, {"a": 25}), {"finish": FINISH}, scope, never)
    assert found.tracks == {subject: Track(8, DeviationState.open, level=judge(FINISH, {"a": 25})[0].level, value=25)}


def test_its_level_rises_and_falls() -> None:
    watch = Watch()
    assert [watch.see(a=value) for value in (11, 21, 17, 16)] == [
        ["opened a#1 warning"],
        ["worsened a#1 breach"],
        ["improved a#1 breach"],
        ["improved a#1 warning"],
    ]


def test_within_a_level_a_change_is_told_from_a_fifth_of_the_bound_on() -> None:
    watch = Watch()
    assert [watch.see(a=value) for value in (15, 16.9, 17.5, 18.9, 15.6, 15.5)] == [
        ["opened a#1 warning"],
        [],
        ["worsened a#1 warning"],
        [],
        [],
        ["improved a#1 warning"],
    ]


def test_that_time_goes_on_is_told_only_where_it_crosses_a_bound() -> None:
    watch = Watch()
    overdue = [one._replace(basis="overdue_floor") for value in (11, 14, 21) for one in judge(FINISH, {"a": value})]
    assert [watch.evaluate([one]) for one in overdue] == [["opened a#1 warning"], [], ["worsened a#1 breach"]]
    assert watch.see(a=30) == ["worsened a#1 breach"]  # it is done, and that much later than was last told
    silent = Watch(SILENCE)
    silent.baseline = None
    assert [silent.see(a=value) for value in (11, 30)] == [["opened a#1 warning"], []]


def test_one_evaluation_beyond_is_not_enough_where_two_are_asked_for() -> None:
    watch = Watch(TWICE)
    assert [watch.see(a=value) for value in (11, 9, 11, 12)] == [[], [], [], ["opened a#1 warning"]]


def test_one_evaluation_back_is_not_enough_either() -> None:
    watch = Watch(TWICE)
    assert [watch.see(a=value) for value in (11, 11, 0, 9.5, 0, 0)] == [
        [],
        ["opened a#1 warning"],
        [],
        [],
        [],
        ["resolved a#1 within_tolerance"],
    ]


def test_a_level_rises_at_once_and_falls_slowly() -> None:
    watch = Watch(TWICE)
    assert [watch.see(a=value) for value in (11, 11, 25, 12, 12)] == [
        [],
        ["opened a#1 warning"],
        ["worsened a#1 breach"],
        [],
        ["improved a#1 warning"],
    ]


def test_two_evaluations_within_one_minute_count_once() -> None:
    watch = Watch(TWICE)
    assert watch.see(a=11) == []
    assert watch.see(minutes=0.9, a=11) == []
    assert watch.see(minutes=0.1, a=11) == ["opened a#1 warning"]


def test_a_first_value_back_counts_in_the_minute_in_which_it_opened() -> None:
    watch = Watch()
    assert watch.see(a=11) == ["opened a#1 warning"]
    assert watch.see(minutes=0, a=0) == ["resolved a#1 within_tolerance"]


def test_a_count_begins_at_any_data_date_even_at_the_one_that_another_count_ended_at() -> None:
    subject, scope = Subject("finish", "a", 1), Scope(START, START, {"finish": 1})
    known = {subject: Track(1, is_accepted=True, value=11, counted_at=START)}
    assert told(reconcile(known, judge(FINISH, {"a": 12}), {"finish": FINISH}, scope, never).transitions) == [
        "opened a#2 warning"
    ]


def test_where_there_is_no_value_everything_stays_as_it_is() -> None:
    watch = Watch(TWICE)
    assert watch.see(a=11) == []
    assert watch.see(a=Reason.not_computed) == []
    assert watch.see(a=11) == ["opened a#1 warning"]
    assert watch.see(a=0) == []
    assert watch.see(a=Reason.not_computed) == []
    assert watch.see(a=0) == ["resolved a#1 within_tolerance"]


@pytest.mark.parametrize("reason", [Reason.cancelled, Reason.removed])
def test_what_is_cancelled_or_removed_is_over(reason: Reason) -> None:
    watch = Watch()
    watch.see(a=11)
    assert watch.see(a=reason) == [f"resolved a#1 {reason}"]
    assert watch.see(a=reason) == []


def test_what_was_cancelled_is_counted_from_the_start() -> None:
    watch = Watch(TWICE)
    assert [watch.see(a=value) for value in (11, Reason.cancelled, 11, 11)] == [[], [], [], ["opened a#1 warning"]]


def test_a_tolerance_that_is_gone_leaves_nothing_open() -> None:
    watch = Watch()
    watch.see(a=11)
    watch.tolerances = {}
    assert watch.evaluate(judge(FINISH, {"a": 11})) == ["resolved a#1 tolerance_changed"]


def test_a_tolerance_that_does_not_apply_any_more_leaves_nothing_open() -> None:
    watch = Watch()
    watch.see(a=11, b=11)
    assert watch.see(b=11) == ["resolved a#1 tolerance_changed"]


def test_a_new_baseline_ends_what_was_open_against_the_old_one() -> None:
    watch = Watch()
    watch.see(a=11)
    watch.baseline = 2
    both = judge(FINISH, {"a": 11}, baseline=1) + judge(FINISH, {"a": 12}, baseline=2)
    assert watch.evaluate(both) == ["resolved a#1 rebaselined", "opened a#1 warning"]
    assert watch.evaluate(both) == []


def test_a_measure_without_baseline_outlives_every_baseline() -> None:
    watch = Watch(SILENCE)
    watch.evaluate(judge(SILENCE, {"a": 11}, None))
    watch.baseline = 2
    assert watch.evaluate(judge(SILENCE, {"a": 11}, None)) == []
    assert watch.evaluate([]) == ["resolved a#1 tolerance_changed"]


def test_a_measure_that_no_longer_needs_its_baseline_is_another_tolerance() -> None:
    watch = Watch()
    watch.see(a=11)
    watch.tolerances = {"finish": replace(SILENCE, key="finish")}
    assert watch.evaluate([]) == ["resolved a#1 tolerance_changed"]


def test_a_closed_plan_has_nothing_open_and_opens_nothing() -> None:
    watch = Watch()
    watch.see(a=11, b=11)
    watch.acknowledge("b", accepted=True)
    assert watch.evaluate(judge(FINISH, {"a": 11, "c": 30}), closed=True) == ["resolved a#1 plan_closed"]
    assert (watch.tracks, watch.last.consequences) == ({}, {})


def test_an_acknowledged_record_is_reopened_when_its_level_rises() -> None:
    watch = Watch()
    watch.see(a=11)
    watch.acknowledge("a")
    assert watch.see(a=15) == ["worsened a#1 warning"]
    assert watch.see(a=21) == ["worsened a#1 breach", "reopened a#1 breach"]
    assert watch.see(a=27) == ["worsened a#1 breach"]


def test_an_acknowledged_record_is_over_like_any_other() -> None:
    watch = Watch()
    watch.see(a=11)
    watch.acknowledge("a")
    assert watch.see(a=0) == ["resolved a#1 within_tolerance"]


@pytest.mark.parametrize("value", [11, 9.5, Reason.not_computed])
def test_an_acknowledgement_ends_at_its_instant_whatever_the_value(value: float | Reason) -> None:
    watch = Watch()
    watch.see(a=11)
    watch.acknowledge("a", until=watch.as_of + timedelta(minutes=2))
    assert watch.see(a=value) == []
    assert watch.see(a=value) == ["reopened a#1 warning"]
    assert [track.acknowledged_until for track in watch.tracks.values()] == [None]
    assert watch.see(a=value) == []


def test_an_acknowledgement_ends_while_the_value_is_on_its_way_back() -> None:
    watch = Watch(TWICE)
    watch.see(a=11)
    watch.see(a=11)
    watch.acknowledge("a", until=watch.as_of + timedelta(minutes=1))
    assert watch.see(a=0) == ["reopened a#1 warning"]
    assert watch.see(a=0) == ["resolved a#1 within_tolerance"]


def test_what_was_accepted_opens_again_only_once_it_is_worse() -> None:
    watch = Watch()
    watch.see(a=15)
    watch.acknowledge("a", accepted=True)
    assert watch.see(a=15) == []
    assert watch.see(a=12) == []
    assert watch.see(a=Reason.not_computed) == []
    assert watch.see(a=15.5) == ["opened a#2 warning"]


def test_what_was_accepted_is_forgotten_once_it_is_within_tolerance() -> None:
    watch = Watch()
    watch.see(a=15)
    watch.acknowledge("a", accepted=True)
    assert watch.see(a=10) == []
    assert watch.tracks == {}
    assert watch.see(a=11) == ["opened a#2 warning"]


def test_what_was_accepted_must_be_worse_as_often_as_anything_else() -> None:
    watch = Watch(TWICE)
    watch.see(a=15)
    watch.see(a=15)
    watch.acknowledge("a", accepted=True)
    assert [watch.see(a=value) for value in (16, 15, 16, 17)] == [[], [], [], ["opened a#2 warning"]]


def test_both_sides_are_bounded_at_once() -> None:
    watch = Watch(replace(FINISH, lower=Bounds(-10, -20)))
    assert [watch.see(a=value) for value in (15, -25, -15, 0)] == [
        ["opened a#1 warning"],
        ["worsened a#1 breach"],
        ["improved a#1 warning"],
        ["resolved a#1 within_tolerance"],
    ]


def test_what_is_over_is_told_first_then_by_tolerance_and_milestone_the_plan_before_its_milestones() -> None:
    target = Tolerance("deadline", Measure.deadline_variance, Unit.working_days, upper=Bounds(0))
    watch = Watch(FINISH, target)
    watch.evaluate(judge(FINISH, {"z": 11}))
    judged = judge(FINISH, {"b": 11, "a": 11, "z": 0}) + judge(target, {"c": 1, None: 1}, None)
    expected = [
        "resolved z#1 within_tolerance",
        "opened plan#1 warning",
        "opened c#1 warning",
        "opened a#1 warning",
        "opened b#1 warning",
    ]
    scope = Scope(START, START, {"finish": 1})
    for order in permutations(judged):
        assert told(reconcile(watch.tracks, order, watch.tolerances, scope, never).transitions) == expected
