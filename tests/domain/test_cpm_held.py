"""Planned dates that are held, forecasts, and the reasons that dates tell."""

import pytest

from app.domain.cpm import Bound, BoundKind, Schedule, options_of, told_day
from app.domain.moments import parse_day, parse_moment
from app.domain.plan import DependencyType, OptionValue, PlanFields
from tests.domain.cpm_build import (
    AB,
    FRI,
    FRI2,
    HOLD,
    MON,
    MON2,
    ROUND_THE_CLOCK,
    THU,
    TUE,
    TUE2,
    WED,
    WED2,
    codes,
    dates,
    link,
    mark,
    minute,
    moment,
    projected,
    run,
    state,
    task,
    told,
    winner,
)


def test_planned_dates_are_held_and_pushed_but_never_pulled() -> None:
    plan = [
        task("a", 16, planned_start=TUE, planned_finish=WED),
        task("b", 8, planned_start=FRI, planned_finish=FRI),
        mark("m", planned_finish=MON2),
    ]
    links = [link("a", "b"), link("b", "m")]
    found = run(plan, links, f"{MON}T08:00", options=HOLD)
    assert [projected(found.items[key]) for key in "abm"] == [
        (f"{TUE}T08:00", f"{WED}T17:00"),
        (f"{FRI}T08:00", f"{FRI}T17:00"),
        (f"{MON2}T17:00", f"{MON2}T17:00"),
    ]
    assert [winner(found, key)[0] for key in "abm"] == ["planned_date"] * 3
    late = run(plan, links, f"{MON2}T08:00", {"a": state(start=TUE, remaining_minutes=960)}, options=HOLD)
    assert [told(late.items[key].projected_finish) for key in "abm"] == [
        f"{TUE2}T17:00",
        f"{WED2}T17:00",
        f"{WED2}T17:00",
    ]
    assert winner(late, "m") == ("link", "b")
    early = run(plan, links, f"{WED}T08:00", {"a": state("completed", MON, MON)}, options=HOLD)
    assert projected(early.items["b"])[0] == f"{FRI}T08:00"


def test_logic_alone_decides_as_soon_as_possible() -> None:
    plan = [task("a", 16, planned_start=TUE, planned_finish=FRI), mark("m", planned_finish=FRI2)]
    found = run(plan, [link("a", "m")], f"{MON}T08:00")
    assert projected(found.items["a"]) == (f"{TUE}T08:00", f"{WED}T17:00")  # the project starts with its first date
    assert winner(found, "a") == ("project_start", None)
    assert projected(found.items["m"])[1] == f"{WED}T17:00"
    marks = [mark("m", planned_finish=f"{THU}T12:00"), task("b", 8, planned_finish=TUE)]
    undated = run(marks, (), f"{MON}T08:00")  # what has no planned start may come before what has one
    assert dates(undated.items["m"])[0] == f"{MON}T08:00"
    dated = run(marks, (), f"{MON}T08:00", {"b": state("cancelled")})
    assert dates(dated.items["m"])[0] == f"{THU}T12:00"
    assert dates(run([*AB], (), f"{MON}T08:00", project_start=WED).items["a"])[0] == f"{WED}T08:00"


def test_the_duration_drives_and_a_longer_planned_window_is_held() -> None:
    plan = [task("a", 8, planned_start=MON, planned_finish=WED), task("b", 8)]
    found = run(plan, [link("a", "b")], f"{MON}T08:00", options=HOLD)
    assert projected(found.items["a"]) == (f"{MON}T08:00", f"{WED}T17:00")
    assert [(each.kind.value, each.edge) for each in found.why("a")] == [
        ("planned_date", "finish"),
        ("planned_date", "start"),
        ("data_date", "start"),
    ]
    assert (found.items["a"].remaining_minutes, found.items["a"].total_float_minutes) == (480, 0)
    assert found.items["a"].driving_predecessor is None
    only_finish = [task("a", 8, planned_finish=WED)]
    assert dates(run(only_finish, (), f"{MON}T08:00", options=HOLD).items["a"]) == (f"{WED}T08:00", f"{WED}T17:00")
    dated = [task("a", None, planned_start=MON, planned_finish=WED)]
    assert run(dated, (), f"{MON}T08:00").items["a"].remaining_minutes == 1440
    unknown = run([task("a", None, planned_finish=WED)], (), f"{MON}T08:00", options=HOLD)
    assert dates(unknown.items["a"]) == (f"{WED}T17:00", f"{WED}T17:00")
    assert codes(unknown) == ["duration_unknown"]


def test_work_in_progress_is_not_finished_before_its_planned_finish() -> None:
    plan = [task("a", 24, planned_start=MON, planned_finish=WED)]
    item = run(plan, (), f"{TUE}T08:00", {"a": state(start=MON, remaining_minutes=60)}, options=HOLD).items["a"]
    assert projected(item) == (f"{MON}T08:00", f"{WED}T17:00")
    assert dates(item)[0] == f"{TUE}T08:00"


@pytest.mark.parametrize("scheduling", ["hold_planned_dates", "as_soon_as_possible"])
def test_a_forecast_pushes_and_never_pulls(scheduling: str) -> None:
    plan = [
        task("a", 16, planned_start=MON, planned_finish=TUE),
        task("b", 8),
        mark("m"),
        mark("s", planned_start=MON),
    ]
    links = [link("a", "b"), link("b", "m"), link("m", "s")]

    def with_forecast(key: str, **forecast: str) -> Schedule:
        states = {key: state("not_started", **forecast)}
        return run(plan, links, f"{MON}T08:00", states, scheduling=scheduling)

    later = with_forecast("a", forecast_finish=THU)
    assert projected(later.items["a"]) == (f"{MON}T08:00", f"{THU}T17:00")
    assert projected(later.items["b"])[0] == f"{FRI}T08:00"
    assert winner(later, "a") == ("forecast", None)
    sooner = with_forecast("a", forecast_finish=MON)
    assert projected(sooner.items["a"]) == (f"{MON}T08:00", f"{TUE}T17:00")
    start = with_forecast("a", forecast_start=WED)
    assert projected(start.items["a"]) == (f"{WED}T08:00", f"{THU}T17:00")
    reached = with_forecast("m", forecast_finish=FRI)
    assert projected(reached.items["m"]) == (f"{FRI}T17:00", f"{FRI}T17:00")
    begun = with_forecast("s", forecast_finish=FRI)
    assert projected(begun.items["s"]) == (f"{FRI}T08:00", f"{FRI}T08:00")


SILENT = [task("a", 24, planned_start=MON, planned_finish=WED)]


@pytest.mark.parametrize(
    ("start", "as_of", "finish"),
    [
        (f"{MON}T08:00", f"{TUE}T08:00", f"{WED}T17:00"),  # as planned: expected as planned
        (f"{TUE}T08:00", f"{TUE}T17:00", f"{THU}T17:00"),  # a day late: so is its finish
        (f"{MON}T08:00", f"{FRI}T08:00", f"{FRI}T08:00"),  # overdue: at least now
    ],
)
def test_without_a_word_on_progress_a_held_duration_counts_from_the_actual_start(
    start: str, as_of: str, finish: str
) -> None:
    item = run(SILENT, (), as_of, {"a": state(start=start)}, options=HOLD).items["a"]
    assert told(item.projected_finish) == finish


def test_what_began_on_its_planned_day_is_on_time_whatever_the_hour() -> None:
    item = run(SILENT, (), f"{MON}T15:00", {"a": state(start=f"{MON}T11:00")}, options=HOLD).items["a"]
    assert told(item.projected_finish) == f"{WED}T17:00"


def test_what_began_hours_after_its_planned_instant_is_hours_late() -> None:
    plan = [task("a", 24, planned_start=f"{MON}T08:00", planned_finish=f"{WED}T17:00")]
    item = run(plan, (), f"{MON}T15:00", {"a": state(start=f"{MON}T11:00")}, options=HOLD).items["a"]
    assert told(item.projected_finish) == f"{THU}T11:00"


@pytest.mark.parametrize(("as_of", "finish"), [(f"{MON}T16:00", f"{WED}T17:00"), (f"{TUE}T09:00", f"{FRI}T09:00")])
def test_what_starts_on_a_day_is_not_late_before_that_day_is_over(as_of: str, finish: str) -> None:
    item = run(SILENT, (), as_of, {}, options=HOLD).items["a"]
    assert told(item.projected_finish) == finish


def test_time_in_suspension_is_no_work() -> None:
    resumed = state(start=f"{MON}T08:00", suspensions=((moment(f"{MON}T13:00"), moment(f"{TUE}T13:00")),))
    item = run(SILENT, (), f"{WED}T08:00", {"a": resumed}, options=HOLD).items["a"]
    assert (item.remaining_minutes, told(item.projected_finish)) == (24 * 60 - 480, f"{THU}T17:00")


def test_reasons_within_a_day_are_told_in_order() -> None:
    tasks = [task("a", 16), task("b", 8), task("c", 2), task("d", 8)]
    links = [link("a", "d"), link("b", "d", "FF", 8), link("c", "d", "SS", 8)]
    found = run(tasks, links, f"{MON}T08:00", project_start=MON)
    why = found.why("d")
    assert [(each.kind.value, each.milestone, each.edge, each.slack_minutes) for each in why] == [
        ("link", "a", "start", 0),
        ("link", "b", "finish", 480),
        ("link", "c", "start", 480),
    ]
    assert why[1] == Bound("finish", BoundKind.link, minute(f"{TUE}T17:00"), 480, "b", DependencyType.FF, 480, None)
    assert found.items["d"].driving_predecessor == "a"


def test_options_come_from_the_fields_of_the_plan() -> None:
    told_: dict[str, OptionValue] = {"lag_calendar": "project", "critical_float_minutes": 60}
    options = options_of(PlanFields("p", schedule_options=told_))
    assert (options.lag_calendar, options.critical_float_minutes, options.scheduling) == (
        "project",
        60,
        "hold_planned_dates",
    )
    assert options_of(PlanFields("p")) == HOLD


@pytest.mark.parametrize("start", ["2024-05-06", "2024-05-06T08:00:00Z"])
def test_the_start_of_a_project_is_a_day_or_an_instant(start: str) -> None:
    fields = PlanFields("p", schedule_options={"project_start": start})
    assert options_of(fields).project_start == parse_moment(start)


def test_a_plan_around_the_clock_needs_no_spelling() -> None:
    found = run(AB, [link("a", "b")], f"{MON}T00:00", working=lambda _: ROUND_THE_CLOCK)
    assert dates(found.items["b"]) == (f"{MON}T16:00", f"{TUE}T00:00")


def test_a_finish_at_midnight_belongs_to_the_day_it_ends() -> None:
    found = run([mark("m", planned_finish=WED, calendar="always")], (), f"{MON}T08:00", options=HOLD)
    finish = found.items["m"].projected_finish or 0
    assert told(finish) == f"{THU}T00:00"
    assert told_day(ROUND_THE_CLOCK, finish, "finish") == parse_day(WED)
    assert told_day(ROUND_THE_CLOCK, finish, "start") == parse_day(THU)
