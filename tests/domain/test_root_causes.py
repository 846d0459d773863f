"""Which breaches another one upstream explains: one late task is one deviation, with its consequences."""

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest

from app.domain.deviation_values import Judged, Observed
from app.domain.execution import ExecutionEvent
from app.domain.judging import judge
from app.domain.plan import Dependency, Milestone
from app.domain.root_causes import GROUPED, explained
from app.domain.tolerances import UNITS, Measure, Tolerance
from tests.domain.builders import activity, at, event, milestone, phase
from tests.domain.judging_build import DAYS, MINUTES, PERCENT, POINTS, link, observe, subject, tolerance
from tests.scale import full

LATE = tolerance("finish_variance", DAYS, 0)


def ready_of(observed: Observed, watched: Tolerance, holding: Iterable[str] = ()) -> dict[str, Judged]:
    """The milestones beyond the tolerance, and those that have a record."""
    known = {subject(watched, key, baseline) for key in holding for baseline in (1, None)}
    found = judge(observed, [watched], known)
    return {each.subject.milestone: each for each in found if each.subject.milestone is not None}


def causes(observed: Observed, watched: Tolerance = LATE, holding: Iterable[str] = ()) -> dict[str, str]:
    return dict(explained(observed, watched, ready_of(observed, watched, holding), set(holding)).roots)


def chain(*keys: str) -> tuple[list[Milestone], list[Dependency]]:
    """One activity a day from 6 May 2024, each after the one before."""
    plan = [activity(key, f"2024-05-{6 + n:02}", f"2024-05-{6 + n:02}") for n, key in enumerate(keys)]
    return plan, [link(one, other) for one, other in pairwise(keys)]


def forecast(key: str, finish: str, start: str | None = None) -> ExecutionEvent:
    dates = {"finish": finish} if start is None else {"finish": finish, "start": start}
    return event("forecast_changed", "2024-05-01T00:00:00Z", key, **dates)


def done(key: str, finish: str, start: str | None = None) -> list[ExecutionEvent]:
    return [event("started", start or finish, key), event("completed", finish, key)]


def test_of_a_chain_only_what_is_late_itself_opens() -> None:
    plan, links = chain("a", "b", "c")
    observed = observe(plan, [forecast("a", "2024-05-08")], links=links)
    assert ready_of(observed, LATE).keys() == {"a", "b", "c"}
    assert causes(observed) == {"b": "a", "c": "a"}


def test_what_slips_further_by_itself_opens_too_and_explains_what_follows() -> None:
    plan, links = chain("a", "b", "c")
    observed = observe(plan, [forecast("a", "2024-05-08"), forecast("b", "2024-05-12")], links=links)
    assert causes(observed) == {"c": "b"}


def test_a_slip_of_its_own_within_the_tolerance_is_no_cause() -> None:
    plan, links = chain("a", "b", "c")
    events = [*done("a", "2024-05-09"), forecast("b", "2024-05-11")]
    observed = observe(plan, events, "2024-05-10", links=links)
    assert causes(observed, tolerance("finish_variance", DAYS, 1)) == {"b": "a", "c": "a"}
    assert causes(observed) == {"c": "b"}


def test_what_is_done_explains_no_more_than_its_own_slip() -> None:
    plan, links = chain("a", "b")
    for events, limits in (
        (done("a", "2024-05-09"), {"b": 3.0}),  # a was three days late, and stays so
        ([forecast("a", "2024-05-09")], {}),  # a may still become later, and b with it
    ):
        observed = observe(plan, events, "2024-05-09T12:00:00Z", links=links)
        found = explained(observed, LATE, ready_of(observed, LATE), set())
        assert (dict(found.roots), dict(found.limits)) == ({"b": "a"}, limits)


def test_what_has_a_record_keeps_it_and_explains_what_follows() -> None:
    plan, links = chain("a", "b", "c")
    observed = observe(plan, [forecast("a", "2024-05-08")], links=links)
    assert causes(observed, holding=["b"]) == {"c": "b"}


def test_what_the_tolerance_does_not_watch_only_hands_on() -> None:
    plan = [
        milestone("first", "2024-05-06"),
        activity("work", "2024-05-07", "2024-05-08"),
        milestone("last", "2024-05-08"),
    ]
    links = [link("first", "work"), link("work", "last")]
    observed = observe(plan, [forecast("first", "2024-05-07")], links=links)
    assert causes(observed, tolerance("finish_variance", DAYS, 0, kinds=["milestone"])) == {"last": "first"}


@pytest.mark.parametrize(("measure"), [each for each in Measure if each not in GROUPED])
def test_deadlines_and_other_measures_stand_for_themselves(measure: Measure) -> None:
    plan, links = chain("a", "b")
    late = [activity(each.key, "2024-05-06", "2024-05-07", deadline=at("2024-05-06")) for each in plan]
    observed = observe(late, [forecast("a", "2024-05-09")], links=links)
    assert causes(observed, tolerance(measure.value, UNITS[measure][0], 0), ["a"]) == {}


PAIR = [activity("a", "2024-05-06", "2024-05-09"), activity("b", "2024-05-06", "2024-05-09")]


@pytest.mark.parametrize(("planned", "found"), [("2024-05-09", {"b": "a"}), ("2024-05-08", {})])
def test_what_is_bound_by_a_start_is_explained_by_the_slip_of_that_start(planned: str, found: dict[str, str]) -> None:
    """a starts two days late and finishes five days late; b is pushed by two days, and takes a day more or not."""
    events = [forecast("a", "2024-05-14", "2024-05-08")]
    baseline = [PAIR[0], activity("b", "2024-05-06", planned)]
    observed = observe(PAIR, events, links=[link("a", "b", "SS")], baseline=baseline)
    assert causes(observed) == found


def test_of_two_links_the_one_that_binds_tells_which_slip_counts() -> None:
    links = [link("a", "b", "SS"), link("a", "b", "FF")]
    by_finish = observe(PAIR, [forecast("a", "2024-05-14", "2024-05-08")], links=links)
    assert causes(by_finish) == {"b": "a"}
    by_start = observe(PAIR, [forecast("a", "2024-05-10", "2024-05-08"), forecast("b", "2024-05-12")], links=links)
    assert causes(by_start) == {}


def test_the_slip_of_a_start_explains_a_late_start() -> None:
    plan, links = chain("a", "b", "c")
    observed = observe(plan, [forecast("a", "2024-05-08", "2024-05-08")], links=links)
    assert causes(observed, tolerance("start_variance", MINUTES, 0)) == {"b": "a", "c": "a"}
    assert causes(observed, tolerance("start_variance", PERCENT, 10)) == {"b": "a", "c": "a"}


def test_what_is_done_was_held_up_by_the_predecessor_that_slipped_most() -> None:
    plan = [activity(key, "2024-05-06", "2024-05-06") for key in ("early", "late", "later")]
    plan.append(activity("m", "2024-05-07", "2024-05-07"))
    links = [link(each.key, "m") for each in plan[:3]]
    events = [*done("early", "2024-05-05"), *done("late", "2024-05-08"), *done("later", "2024-05-09")]
    observed = observe(plan, [*events, *done("m", "2024-05-10")], "2024-05-12", links=links)
    assert causes(observed) == {"m": "later"}
    assert causes(observed, holding=["late", "later", "m"]) == {}


def test_work_that_could_begin_now_waited_for_what_was_done_late() -> None:
    plan, links = chain("a", "b")
    observed = observe(plan, done("a", "2024-05-09"), "2024-05-10T00:00:00Z", links=links)
    assert observed.schedule is not None
    assert observed.schedule.items["b"].driving_predecessor is None
    assert causes(observed) == {"b": "a"}


def test_work_that_is_not_begun_is_not_held_up_by_what_goes_on_beside_it() -> None:
    plan, links = chain("a", "b")
    plan[1] = activity("b", "2024-05-20", "2024-05-20")
    observed = observe(plan, [forecast("a", "2024-05-11"), forecast("b", "2024-05-22")], links=links)
    assert ready_of(observed, LATE).keys() == {"a", "b"}
    assert causes(observed) == {}


def test_early_explains_early_and_late_explains_late() -> None:
    plan, links = chain("a", "b")
    early = tolerance("finish_variance", DAYS, 0, lower=0)
    observed = observe(plan, [*done("a", "2024-05-04"), *done("b", "2024-05-05")], "2024-05-08", links=links)
    assert causes(observed, early) == {"b": "a"}
    crossed = observe(plan, [*done("a", "2024-05-08"), *done("b", "2024-05-05")], "2024-05-10", links=links)
    assert ready_of(crossed, early).keys() == {"a", "b"}
    assert causes(crossed, early) == {}


def test_a_record_whose_slip_is_not_known_explains_nothing() -> None:
    plan, links = chain("a", "b")
    observed = observe(plan, done("b", "2024-05-09"), "2024-05-10", links=links, baseline=plan[1:])
    assert observed.variance.items[0].finish_variance.working_minutes is None
    assert causes(observed, holding=["a"]) == {}
    pushed = observe(plan, [forecast("a", "2024-05-09")], links=links, baseline=plan[1:])
    assert causes(pushed, holding=["a"]) == {}


def test_a_record_of_what_has_left_the_plan_explains_nothing() -> None:
    plan, links = chain("a", "b")
    baseline = [*plan, milestone("gone", "2024-05-01")]
    observed = observe(plan, [forecast("a", "2024-05-08")], links=links, baseline=baseline)
    assert causes(observed, holding=["gone"]) == {"b": "a"}


def test_what_is_not_beyond_now_is_not_explained() -> None:
    plan, links = chain("a", "b")
    observed = observe(plan, [forecast("a", "2024-05-08")], links=links)
    ready = ready_of(observed, LATE)
    within = ready | {"b": ready["b"]._replace(value=0.0, level=None)}
    unknown = ready | {"b": ready["b"]._replace(value=None, level=None)}
    assert [explained(observed, LATE, each, set()).roots for each in (ready, within, unknown)] == [{"b": "a"}, {}, {}]


ROOM = [activity("a", "2024-05-06", "2024-05-10"), activity("b", "2024-05-11", "2024-05-15")]


def test_float_no_worse_than_upstream_is_explained_and_less_is_a_cause_of_its_own() -> None:
    plan = [ROOM[0], activity("b", "2024-05-11", "2024-05-15", deadline=at("2024-05-12"))]
    observed = observe(plan, [forecast("a", "2024-05-14")], links=[link("a", "b")])
    watched = tolerance("total_float", DAYS, lower=0)
    assert causes(observed, watched) == {"b": "a"}
    ready = ready_of(observed, watched)
    less = ready | {"b": ready["b"]._replace(value=-99.0)}
    assert explained(observed, watched, less, set()).roots == {}


def test_float_used_up_no_further_than_upstream_is_explained() -> None:
    plan = [*ROOM, milestone("end", "2024-05-25")]
    links = [link("a", "b"), link("b", "end")]
    observed = observe(plan, [forecast("a", "2024-05-14")], links=links)
    assert causes(observed, tolerance("float_consumed_percent", POINTS, 20)) == {"b": "a"}


def test_finished_work_has_no_float_to_explain_with() -> None:
    plan = [ROOM[0], activity("b", "2024-05-11", "2024-05-15", deadline=at("2024-05-12"))]
    observed = observe(plan, done("a", "2024-05-14"), "2024-05-15", links=[link("a", "b")])
    assert causes(observed, tolerance("total_float", DAYS, lower=0), ["a"]) == {}


@pytest.mark.parametrize(
    ("measure", "low", "high"), [("finish_variance", None, 0), ("start_variance", None, 0), ("total_float", 0, None)]
)
def test_a_phase_is_late_because_of_what_lies_in_it(measure: str, low: float | None, high: float | None) -> None:
    deadline = at("2024-05-07")
    plan = [phase("m"), activity("a", "2024-05-06", "2024-05-06", parent="m"), phase("empty")]
    plan.append(activity("b", "2024-05-07", "2024-05-07", parent="m", deadline=deadline))
    observed = observe(plan, [forecast("a", "2024-05-08", "2024-05-08")], links=[link("a", "b")])
    assert causes(observed, tolerance(measure, DAYS, high, lower=low)) == {"b": "a", "m": "a"}


def test_a_phase_of_finished_work_has_no_float() -> None:
    plan = [phase("m"), activity("a", "2024-05-06", "2024-05-06", parent="m")]
    observed = observe(plan, done("a", "2024-05-09"), "2024-05-10")
    assert causes(observed, tolerance("total_float", DAYS, lower=0), ["m"]) == {}
    assert causes(observed) == {"m": "a"}


def test_a_slip_is_measured_on_the_calendar_of_what_it_explains() -> None:
    """From Friday to Monday is one working day of the team, and three days of the machines."""
    plan = [activity("team", "2024-05-09", "2024-05-10", calendar="standard")]
    plan.append(activity("machines", "2024-05-11", "2024-05-11"))
    observed = observe(plan, done("team", "2024-05-13"), "2024-05-14", links=[link("team", "machines")])
    assert {key: each.value for key, each in ready_of(observed, LATE).items()} == {"machines": 3, "team": 1}
    assert causes(observed) == {"machines": "team"}


@pytest.mark.parametrize("hour", ["00:01", "10:00", "23:59"])
def test_what_is_overdue_explains_what_waits_for_it_at_any_hour(hour: str) -> None:
    """What waits is told by days; the rest of the day is no slip of its own."""
    plan, links = chain("a", "b")
    plan[0] = milestone("a", "2024-05-06")
    observed = observe(plan, as_of=f"2024-05-09T{hour}:00Z", links=links)
    assert causes(observed) == {"b": "a"}


def test_by_the_minute_the_rest_of_the_day_is_a_slip_of_its_own() -> None:
    plan = [milestone("a", "2024-05-06T12:00:00Z"), milestone("b", "2024-05-07T12:00:00Z")]
    events = [*done("a", "2024-05-07T12:00:00Z")[1:], *done("b", "2024-05-08T13:00:00Z")[1:]]
    observed = observe(plan, events, "2024-05-09", links=[link("a", "b")])
    assert causes(observed) == {}
    assert causes(observed, tolerance("finish_variance", MINUTES, 60)) == {"b": "a"}


def test_beyond_calendars_facts_alone_explain() -> None:
    plan, links = chain("a", "b")
    events = [*done("a", "2024-05-08"), *done("b", "2024-05-09")]
    observed = observe(plan, events, "2024-05-10", links=links, beyond_calendars=True)
    assert causes(observed) == {"b": "a"}


def test_beyond_calendars_a_phase_of_other_working_time_is_compared_by_what_is_known() -> None:
    plan = [phase("p", calendar="standard"), activity("a", "2024-05-06", "2024-05-06", parent="p")]
    plan.append(activity("b", "2024-05-07", "2024-05-07"))
    events = [forecast("a", "2024-06-20"), *done("b", "2024-05-21")]
    observed = observe(plan, events, "2024-05-22", links=[link("p", "b")], beyond_calendars=True)
    assert causes(observed, holding=["p"]) == {}


def test_a_circle_of_dependencies_ends() -> None:
    plan, links = chain("a", "b", "c")
    events = [each for key in "abc" for each in done(key, "2024-05-10")]
    observed = observe(plan, events, "2024-05-12", links=[*links, link("c", "a")], beyond_calendars=True)
    assert set(causes(observed).values()) <= {"a", "b", "c"}


@pytest.mark.parametrize("seed", range(full(400, 20)))
def test_every_breach_is_a_root_or_stands_under_one(seed: int) -> None:
    chance = random.Random(seed)
    keys = [f"m{n:02}" for n in range(14)]
    plan = [activity(key, f"2024-05-{6 + n // 2:02}", f"2024-05-{6 + n // 2:02}") for n, key in enumerate(keys)]
    pairs = [(one, other) for one in keys for other in keys if one < other and chance.random() < 0.25]
    links = [link(one, other, chance.choice(["FS", "FS", "SS", "FF", "SF"])) for one, other in pairs]
    events = [forecast(key, f"2024-05-{chance.randint(6, 28):02}") for key in keys if chance.random() < 0.3]
    for n, key in enumerate(keys[:5]):
        events += done(key, f"2024-05-{6 + n // 2 + chance.randint(0, 2):02}") if chance.random() < 0.6 else []
    watched = tolerance("finish_variance", DAYS, chance.choice([0, 1, 3]))
    observed = observe(plan, events, "2024-05-10", links=links)
    ready = ready_of(observed, watched)
    holding = {key for key in ready if chance.random() < 0.2}
    found = explained(observed, watched, ready, holding).roots
    assert found.keys() <= ready.keys() - holding
    assert set(found.values()) <= ready.keys() - found.keys()
    assert all(_is_upstream(cause, key, pairs) for key, cause in found.items())
    shuffled = observe(chance.sample(plan, 14), events, "2024-05-10", links=chance.sample(links, len(links)))
    other_way = dict(sorted(ready.items(), reverse=True))
    assert explained(shuffled, watched, other_way, holding).roots == found


def _is_upstream(cause: str, key: str, pairs: list[tuple[str, str]]) -> bool:
    reached, waiting = set[str](), [cause]
    while waiting:
        here = waiting.pop()
        reached.add(here)
        waiting += [other for one, other in pairs if one == here and other not in reached]
    return key in reached and key != cause
