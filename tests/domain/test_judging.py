"""What is judged: every value beyond a bound, of what the tolerance applies to, and of what is known already."""

import random
from dataclasses import replace
from typing import Any

import pytest

from app.domain.deviation_values import Judged, Subject
from app.domain.judging import judge, mildest
from app.domain.measures import Reason
from app.domain.plan import MilestoneKind
from app.domain.tolerances import Bounds, Level
from tests.domain.builders import activity, event, milestone, phase
from tests.domain.judging_build import DAYS, MINUTES, flagged, known, link, observe, subject, tolerance, value

LATE = [event("completed", "2024-05-08T10:12:00Z")]
M = milestone("m", "2024-05-07")
FINISH = tolerance("finish_variance", DAYS, 0)


def test_a_release_a_day_late_is_beyond_a_tolerance_of_no_day() -> None:
    observed = observe([M], LATE, "2024-05-09")
    assert judge(observed, [FINISH], set()) == [
        Judged(Subject("t", "m", 1), 1.0, level=Level.breach, basis="actual", is_final=True)
    ]


def test_on_the_planned_day_it_is_within() -> None:
    done = [event("completed", "2024-05-07T23:00:00Z")]
    assert judge(observe([M], done, "2024-05-09"), [FINISH], set()) == []


def test_friday_at_five_and_monday_at_eight_are_one_point_of_working_time() -> None:
    planned = milestone("m", "2024-05-10T17:00:00Z", calendar="standard")
    monday = observe([planned], [event("completed", "2024-05-13T08:00:00Z")], "2024-05-14")
    assert value(monday, FINISH) == 0
    minute = observe([planned], [event("completed", "2024-05-13T08:01:00Z")], "2024-05-14")
    assert value(minute, tolerance("finish_variance", MINUTES, 0)) == 1


@pytest.mark.parametrize(("days", "level"), [(1, None), (2, Level.warning), (5, Level.warning), (6, Level.breach)])
def test_a_value_crosses_a_bound_beyond_it_not_at_it(days: int, level: Level | None) -> None:
    observed = observe([M], [event("completed", f"2024-05-{7 + days:02}")], "2024-05-20")
    judged = known(observed, tolerance("finish_variance", DAYS, 5, warning=1))
    assert judged is not None
    assert judged.level is level


@pytest.mark.parametrize(("day", "level"), [(4, None), (3, Level.warning), (1, Level.breach)])
def test_being_early_can_be_too_much_too(day: int, level: Level | None) -> None:
    observed = observe([M], [event("completed", f"2024-05-{day:02}")], "2024-05-20")
    judged = known(observed, tolerance("finish_variance", DAYS, lower=-5, lower_warning=-3))
    assert judged is not None
    assert judged.level is level


def test_a_side_without_bounds_allows_everything() -> None:
    assert mildest(tolerance("finish_variance", DAYS, 5, warning=1)) == (float("-inf"), 1)
    assert mildest(replace(FINISH, upper=Bounds(), lower=Bounds(-1, -2))) == (-1, float("inf"))


PARTS = [
    milestone("gate", "2024-05-07", labels={"team": "core", "tier": "1"}),
    activity("work", "2024-05-01", "2024-05-07", labels={"team": "core"}, parent="stage"),
    phase("stage"),
]
DONE = [event("completed", "2024-05-09", "gate"), event("completed", "2024-05-09", "work")]


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ({}, {"gate", "stage", "work"}),
        ({"kinds": [MilestoneKind.phase, MilestoneKind.activity]}, {"stage", "work"}),
        ({"milestones": ["work", "in-another-plan"]}, {"work"}),
        ({"labels": {"team": "core"}}, {"gate", "work"}),
        ({"labels": {"team": "core", "tier": "1"}}, {"gate"}),
    ],
)
def test_a_tolerance_applies_to_kinds_keys_and_labels(narrowed: dict[str, Any], found: set[str]) -> None:
    observed = observe(PARTS, DONE, "2024-05-10")
    assert flagged(observed, tolerance("finish_variance", DAYS, 0, **narrowed)).keys() == found


def test_of_the_critical_ones_it_takes_what_is_critical_or_finished() -> None:
    plan = [activity("done", "2024-05-01", "2024-05-02"), activity("short", "2024-05-03", "2024-05-03")]
    plan += [activity("long", "2024-05-03", "2024-05-20"), milestone("end", "2024-05-20")]
    links = [link("done", "short"), link("done", "long"), link("short", "end"), link("long", "end")]
    events = [event("completed", "2024-05-06", "done")]
    observed = observe(plan, events, "2024-05-07", links=links)
    late = tolerance("finish_variance", DAYS, 0)
    assert flagged(observed, late).keys() == {"done", "short", "long", "end"}
    critical = tolerance("finish_variance", DAYS, 0, critical_only=True)
    assert flagged(observed, critical).keys() == {"done", "long", "end"}


def test_what_is_known_is_answered_whatever_its_value() -> None:
    observed = observe([M], [event("completed", "2024-05-07")], "2024-05-09")
    assert known(observed, FINISH) == Judged(Subject("t", "m", 1), 0.0, basis="actual", is_final=True)


def test_what_was_cancelled_or_has_left_the_plan_is_answered_only_if_it_is_known() -> None:
    gone, kept = milestone("gone", "2024-05-01"), milestone("kept", "2024-06-01")
    observed = observe(
        [M, kept], [event("cancelled", "2024-05-08")], "2024-05-09", baseline=[M, gone, kept], now="2024-05-09"
    )
    assert judge(observed, [FINISH], set()) == []
    assert judge(observed, [FINISH], {subject(FINISH), subject(FINISH, "gone"), subject(FINISH, "never")}) == [
        Judged(Subject("t", "gone", 1), None, Reason.removed),
        Judged(Subject("t", "m", 1), None, Reason.cancelled),
        Judged(Subject("t", "never", 1), None, Reason.removed),
    ]


def test_what_is_known_and_no_longer_watched_is_not_answered() -> None:
    observed = observe(PARTS, DONE, "2024-05-10")
    assert known(observed, tolerance("finish_variance", DAYS, 0, kinds=[MilestoneKind.phase]), "work") is None
    assert known(observed, tolerance("plan_finish_variance", DAYS, 0), "work") is None
    kept = {Subject("t", "work", 2), Subject("other", "gate", 1)}
    nothing = tolerance("finish_variance", DAYS, 100)
    assert judge(observed, [nothing], kept) == []


def test_a_measure_that_needs_no_baseline_names_none() -> None:
    late = milestone("m", "2024-05-20", deadline=M.planned_finish)
    (judged,) = judge(observe([late]), [tolerance("deadline_variance", DAYS, 0)], set())
    assert judged.subject == Subject("t", "m", None)


def test_without_a_baseline_there_is_nothing_to_compare_with() -> None:
    observed = observe([M], LATE, "2024-05-09", baseline=None)
    assert judge(observed, [FINISH], set()) == []
    assert value(observed, FINISH) == "no_baseline"
    added = observe([M], LATE, "2024-05-09", baseline=[])
    assert value(added, FINISH) == "not_in_baseline"


def test_tolerances_answer_in_their_order_the_plan_first_then_by_milestone() -> None:
    plan = [milestone(key, "2024-05-07") for key in "cab"]
    observed = observe(plan, [event("completed", "2024-05-09", key) for key in "cab"], "2024-05-10")
    finish, whole = replace(FINISH, key="z"), replace(tolerance("plan_finish_variance", DAYS, 0), key="a")
    found = judge(observed, [finish, whole], set())
    assert [each.subject for each in found] == [
        Subject("z", "a", 1), Subject("z", "b", 1), Subject("z", "c", 1), Subject("a", None, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_what_comes_in_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    plan = [milestone(f"m{n}", f"2024-05-{chance.randint(1, 28):02}", deadline=M.planned_finish) for n in range(9)]
    events = [event("completed", f"2024-05-{chance.randint(1, 28):02}", each.key) for each in plan[:5]]
    watched = [FINISH, tolerance("deadline_variance", DAYS, 0), tolerance("silence_minutes", DAYS, 1)]
    observed = observe(plan, events, "2024-05-15")
    shuffled = observe(chance.sample(plan, 9), chance.sample(events, 5), "2024-05-15")
    assert judge(observed, watched, set()) == judge(shuffled, watched, set())


def test_what_is_skipped_unseen_lies_within() -> None:
    """Comparing plain numbers first leaves nothing out: everything that is not answered is known to be within."""
    plan = [
        *PARTS,
        activity("next", "2024-05-08", "2024-05-20"),
        milestone("end", "2024-05-20", deadline=M.planned_finish),
    ]
    events = [*DONE, event("blocked", "2024-05-09T00:00:00Z", "next"), event("started", "2024-05-09", "next")]
    observed = observe(plan, events, "2024-05-12", links=[link("end", "next")])
    for measure, unit, low, high in [
        ("finish_variance", DAYS, -1, 1), ("start_variance", MINUTES, None, 0), ("total_float", DAYS, 0, None),
        ("total_float", DAYS, None, 3), ("blocked_minutes", DAYS, None, 1), ("blocked_minutes", DAYS, 1, None),
        ("silence_minutes", MINUTES, None, 60), ("out_of_sequence", DAYS, None, 0),
        ("deadline_variance", DAYS, -1, 1), ("progress_gap_points", DAYS, None, 10),
        ("float_consumed_percent", DAYS, None, 10),
    ]:  # fmt: skip
        watched = tolerance(measure, unit, high, lower=low)
        seen = {each.subject for each in judge(observed, [watched], set())}
        kept = {subject(watched, each, number) for each in observed.current for number in (1, None)}
        beyond = {each.subject for each in judge(observed, [watched], kept) if each.level is not None}
        assert seen - {subject(watched, None), subject(watched, None, None)} == beyond
