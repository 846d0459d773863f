"""When to look again: known answers, read as a calendar."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain.deviation_values import DeviationState, Subject, Track
from app.domain.due import next_check_at
from app.domain.plan import Constraint, MilestoneKind
from app.domain.tolerances import AppliesTo, Bounds, JudgedBy, Measure, Tolerance, Unit
from tests.domain.builders import activity, event, instant, milestone, phase
from tests.domain.due_build import Story, story
from tests.domain.judging_build import link

DAYS, MINUTES, POINTS = Unit.working_days, Unit.working_minutes, Unit.points
MILESTONE = Subject("t", "m", 1)
FLAGGED = Track(1, DeviationState.open)


def watch(measure: str, breach: float = 0, unit: Unit = DAYS, **more: Any) -> Tolerance:
    told: dict[str, Any] = {"key": "t", "upper": Bounds(None, breach), "clear_margin": 0} | more
    return Tolerance(measure=Measure(measure), unit=unit, **told)


def check(
    seen: Story, now: str, *tolerances: Tolerance, tracks: Mapping[Subject, Track] | None = None, as_of: str = ""
) -> str | None:
    """The next check as `YYYY-MM-DDTHH:MM`, with seconds where there are any."""
    observed = seen.seen(instant(now + "Z"), instant(as_of + "Z") if as_of else None)
    found = next_check_at(observed, tolerances, tracks or {})
    return None if found is None else found.isoformat().removesuffix("+00:00").removesuffix(":00")


FINISH = watch("finish_variance")
SHIP = story([milestone("m", "2024-05-08")])
OFFICE = story([milestone("m", "2024-05-10", calendar="standard")], calendar="standard")
SHIP_DAY = date(2024, 5, 9)
BUILD = activity("m", "2024-05-06", "2024-05-08", calendar="standard")
WORK = story([BUILD], calendar="standard")


class TestDates:
    @pytest.mark.parametrize(
        ("breach", "told"),
        [(0, "2024-05-09T00:01"), (1, "2024-05-10T00:01"), (0.5, "2024-05-09T12:01")],
    )
    def test_a_milestone_is_late_from_the_first_minute_after_its_day_and_the_tolerance(
        self, breach: float, told: str
    ) -> None:
        assert check(SHIP, "2024-05-01T10:00:00", watch("finish_variance", breach)) == told

    def test_seconds_of_the_present_instant_do_not_count(self) -> None:
        assert check(SHIP, "2024-05-09T00:00:59.5", FINISH) == "2024-05-09T00:01"

    def test_of_a_friday_that_is_monday_morning(self) -> None:
        assert check(OFFICE, "2024-05-10T12:00:00", FINISH) == "2024-05-13T08:01"
        assert check(OFFICE, "2024-05-11T12:00:00", FINISH) == "2024-05-13T08:01"

    def test_what_is_overdue_is_counted_on_its_own_line(self) -> None:
        two = watch("finish_variance", 2)
        assert check(OFFICE, "2024-05-13T10:00:00", FINISH, two) == "2024-05-15T08:01"

    def test_it_is_over_only_when_something_is_reported(self) -> None:
        assert check(OFFICE, "2024-05-13T10:00:00", FINISH) is None

    def test_work_that_does_not_begin_pushes_its_finish(self) -> None:
        """Three days of work that were planned to begin on Monday: at its end the finish is pushed to Thursday."""
        assert check(WORK, "2024-05-03T10:00:00", FINISH) == "2024-05-07T00:00"

    def test_a_check_holds_to_its_last_microsecond(self) -> None:
        """A day late, which only what is open already tells, when the day is over; two days a minute later."""
        plan = story([activity("m", "2024-05-06", "2024-05-08")])
        slip = watch("finish_variance", upper=Bounds(1, 3), clear_margin=None)
        for now, due, level in (
            ("2024-05-06T23:59:59.999999", "2024-05-07T00:00", None),
            ("2024-05-07T00:00:00", "2024-05-07T00:01", None),
            ("2024-05-07T00:00:59.999999", "2024-05-07T00:01", None),
            ("2024-05-07T00:01:00", "2024-05-08T00:01", "warning"),
        ):
            assert check(plan, now, slip) == due
            assert plan.findings(instant(now + "Z"), [slip])[MILESTONE][1][0] == level

    def test_work_under_way_is_due_when_it_should_be_done(self) -> None:
        begun = replace(WORK, events=(event("started", "2024-05-06"),))
        assert check(begun, "2024-05-07T10:00:00", FINISH) == "2024-05-09T08:01"

    def test_reported_progress_pushes_the_rest(self) -> None:
        half = (event("started", "2024-05-06"), event("progressed", "2024-05-06", percent_complete=50))
        begun = replace(WORK, events=half)  # a day and a half are left, whenever one looks
        assert check(begun, "2024-05-06T17:00:00", FINISH) == "2024-05-07T13:01"

    def test_the_front_pushes_the_last_of_a_chain(self) -> None:
        chain = story(
            [
                activity("a", "2024-05-06", "2024-05-07", calendar="standard"),
                activity("b", "2024-05-08", "2024-05-09", calendar="standard"),
                milestone("m", "2024-05-13", calendar="standard"),
            ],
            links=[link("a", "b"), link("b", "m")],
            calendar="standard",
        )
        last = replace(FINISH, applies_to=AppliesTo(milestones=frozenset({"m"})))
        # Four days of work must be done by Monday evening: nothing changes while the first begins by Wednesday.
        assert check(chain, "2024-05-06T08:00:00", last) == "2024-05-08T08:01"
        assert chain.findings(instant("2024-05-08T08:00:00Z"), [last])[MILESTONE][1][0] is None
        assert chain.findings(instant("2024-05-08T08:01:00Z"), [last])[MILESTONE][1][0] == "breach"

    def test_a_start_is_late_after_its_day(self) -> None:
        assert check(WORK, "2024-05-03T10:00:00", watch("start_variance")) == "2024-05-07T00:00"

    def test_facts_are_due_when_the_date_has_passed(self) -> None:
        fact = watch("finish_variance", 1, basis=JudgedBy.actual)
        assert check(WORK, "2024-05-03T10:00:00", fact) == "2024-05-09T08:01"
        assert check(WORK, "2024-05-09T08:01:00", fact) == "2024-05-10T08:01"

    def test_a_day_that_lies_ahead_is_told_as_all_of_it_until_it_is_reached(self) -> None:
        late = replace(
            SHIP, events=(event("forecast_changed", "2024-05-01", finish=instant("2024-05-09T12:00:00Z")),)
        )
        half = watch("finish_variance", 0.75)
        assert late.findings(instant("2024-05-09T11:59:00Z"), [half])[MILESTONE][1][0] == "breach"
        assert check(late, "2024-05-02T10:00:00", half) == "2024-05-09T12:00"
        assert late.findings(instant("2024-05-09T12:00:00Z"), [half])[MILESTONE][1][0] is None

    def test_a_deadline_is_one_of_its_day(self) -> None:
        due = replace(SHIP, current={"m": replace(SHIP.current["m"], deadline=date(2024, 5, 10))})
        assert check(due, "2024-05-01T10:00:00", watch("deadline_variance")) == "2024-05-11T00:01"

    def test_the_plan_is_late_with_its_last_milestone(self) -> None:
        plan = story([milestone("a", "2024-05-06"), milestone("m", "2024-05-08")], target_finish=SHIP_DAY)
        assert check(plan, "2024-05-01T10:00:00", watch("plan_finish_variance")) == "2024-05-09T00:01"
        assert check(plan, "2024-05-01T10:00:00", watch("deadline_variance")) == "2024-05-10T00:01"

    def test_what_nobody_dated_appears_once_its_baseline_has_passed(self) -> None:
        plan = story([milestone("m")], baseline=[milestone("m", "2024-05-08")])
        assert check(plan, "2024-05-01T10:00:00", FINISH) == "2024-05-09T00:01"

    def test_what_nobody_dated_has_no_date_once_the_phase_before_it_lets_go(self) -> None:
        soon = milestone("m", calendar="standard", deadline=instant("2024-05-06T17:00:00Z"))
        late = milestone("a", "2024-05-04T12:00:00Z", calendar="standard", parent="p")
        plan = story([phase("p", calendar="standard"), late, soon], links=[link("p", "m", "SS")], calendar="standard")
        deadline = watch("deadline_variance", lower=Bounds(None, -2))
        assert plan.seen(instant("2024-05-06T00:00:00Z")).variance.items[1].projected_finish is not None
        assert check(plan, "2024-05-06T00:00:00", deadline) == "2024-05-06T08:00"
        assert plan.seen(instant("2024-05-06T08:00:00Z")).variance.items[1].projected_finish is None

    def test_beyond_the_years_of_calendars_the_planned_dates_count(self) -> None:
        endless = story(
            [milestone("m", "2024-05-08"), activity("z", "2024-05-08", planned_duration_minutes=200_000_000)]
        )
        assert endless.seen(instant("2024-05-01T00:00:00Z")).schedule is None
        assert check(endless, "2024-05-01T10:00:00", FINISH) == "2024-05-09T00:01"

        dated = replace(endless.current["m"], deadline=instant("2024-05-09T12:00:00Z"))
        due = replace(endless, current={**endless.current, "m": dated})
        assert check(due, "2024-05-01T10:00:00", watch("deadline_variance")) == "2024-05-09T12:01"

        parts = [phase("p"), activity("a", "2024-05-06", "2024-05-08", parent="p"), endless.current["z"]]
        begins = watch("start_variance", applies_to=AppliesTo(milestones=frozenset({"p"})))
        assert check(story(parts), "2024-05-01T10:00:00", begins) == "2024-05-06T00:01"

    def test_a_phase_starts_with_the_first_that_lies_in_it(self) -> None:
        plan = story([phase("p"), replace(BUILD, parent="p"), milestone("x", start="2024-05-08", parent="p")])
        begins = watch("start_variance", applies_to=AppliesTo(milestones=frozenset({"p"})))
        assert check(plan, "2024-05-03T10:00:00", begins) == "2024-05-07T00:00"
        assert check(plan, "2024-05-03T10:00:00", replace(begins, upper=Bounds(None, 1e9))) == "2025-05-04T10:00"
        early = replace(begins, upper=Bounds(), lower=Bounds(None, -1))
        alone = story([phase("p"), activity("a", "2024-05-06", "2024-05-08", parent="p")])
        assert check(alone, "2024-05-03T10:00:00", early) is None

    def test_a_day_beside_an_instant_counts_with_its_end(self) -> None:
        """What waits for the end of a day is told as that day, and has one and a half days of room less."""
        plan = story(
            [milestone("b", "2024-05-07"), milestone("m", "2024-05-08")],
            events=[event("forecast_changed", "2024-05-01T00:00:00Z", "b", finish="2024-05-09")],
            links=[link("b", "m")],
            baseline=[milestone("m", "2024-05-08T12:00:00Z")],
        )
        assert check(plan, "2024-05-03T10:00:00", watch("finish_variance", 5)) == "2024-05-13T12:01"

    def test_a_lead_that_reaches_beyond_all_calendars_holds_nothing(self) -> None:
        lead = replace(link("m", "z"), lag_minutes=-80_000_000)
        plan = story([BUILD, milestone("z", "2024-05-20")], links=[lead])
        assert check(plan, "2024-05-03T10:00:00", FINISH) == "2024-05-07T00:00"


class TestClocks:
    def test_blocked_work(self) -> None:
        blocked = replace(WORK, events=(event("started", "2024-05-06"), event("blocked", "2024-05-06T10:00:00Z")))
        assert check(blocked, "2024-05-06T11:00:00", watch("blocked_minutes", 1)) == "2024-05-07T10:01"
        assert check(blocked, "2024-05-08T11:00:00", watch("blocked_minutes", 1)) is None

    def test_silence_of_work_under_way(self) -> None:
        begun = replace(WORK, events=(event("started", "2024-05-06T10:00:00Z"),))
        assert check(begun, "2024-05-06T11:00:00", watch("silence_minutes", 10)) == "2024-05-20T10:01"

    def test_silence_begins_when_work_should(self) -> None:
        assert check(WORK, "2024-05-03T10:00:00", watch("silence_minutes", 1)) == "2024-05-07T08:01"

    def test_of_many_the_first_to_be_silent_counts(self) -> None:
        many = story([milestone(f"m{day}", f"2024-05-{day}") for day in (28, 20, 24, 12)])
        assert check(many, "2024-05-03T10:00:00", watch("silence_minutes", 1)) == "2024-05-14T00:01"

    def test_a_data_date_of_its_own_leaves_only_silence(self) -> None:
        tolerances = (FINISH, watch("silence_minutes", 1, key="s"))
        assert check(WORK, "2024-05-03T10:00:00", *tolerances, as_of="2024-05-02T00:00:00") == "2024-05-07T08:01"
        assert check(WORK, "2024-05-03T10:00:00", FINISH, as_of="2024-05-02T00:00:00") is None

    @pytest.mark.parametrize(("bound", "told"), [(50, "2024-05-07T13:01"), (99, "2024-05-08T16:46")])
    def test_planned_progress_of_an_activity(self, bound: float, told: str) -> None:
        gap = watch(
            "progress_gap_points", bound, POINTS, applies_to=AppliesTo(kinds=frozenset({MilestoneKind.activity}))
        )
        assert check(WORK, "2024-05-06T10:00:00", gap) == told

    def test_planned_progress_of_the_plan_steps_with_its_milestones(self) -> None:
        plan = story([milestone(f"m{day}", f"2024-05-{day}") for day in (10, 20)])
        assert check(plan, "2024-05-06T10:00:00", watch("progress_gap_points", 40, POINTS)) == "2024-05-11T00:00"
        assert check(plan, "2024-05-06T10:00:00", watch("progress_gap_points", 60, POINTS)) == "2024-05-21T00:00"
        assert check(plan, "2024-05-21T10:00:00", watch("progress_gap_points", 60, POINTS)) is None

    def test_the_duration_of_work_under_way(self) -> None:
        begun = replace(WORK, events=(event("started", "2024-05-06"),))
        assert check(begun, "2024-05-06T11:00:00", watch("duration_variance", 1)) == "2024-05-10T08:01"

    def test_the_planned_duration_counts_until_work_takes_longer(self) -> None:
        """Planned are three days, in the baseline two and a half: compared as days, they are the same."""
        frozen = replace(
            BUILD,
            planned_start=instant("2024-05-06T08:00:00Z"),
            planned_finish=instant("2024-05-08T12:00:00Z"),
        )
        left = event("progressed", "2024-05-06T17:00:00Z", remaining_minutes=600)
        begun = story([BUILD], [event("started", "2024-05-06"), left], baseline=[frozen])
        assert check(begun, "2024-05-07T08:00:00", watch("duration_variance", 0.25)) == "2024-05-07T15:00"

    def test_suspended_work_gets_no_longer(self) -> None:
        blocked = replace(WORK, events=(event("started", "2024-05-06"), event("blocked", "2024-05-06T10:00:00Z")))
        assert check(blocked, "2024-05-06T11:00:00", watch("duration_variance", 1)) is None


class TestWhatIsKnown:
    def test_what_is_reported_of_later_happens_then(self) -> None:
        done = replace(SHIP, events=(event("completed", "2024-05-07T10:00:20Z"),))
        assert check(done, "2024-05-07T10:00:00", FINISH) == "2024-05-07T10:00:20"
        assert check(done, "2024-05-07T10:00:20", FINISH) is None

    def test_a_day_that_is_reported_of_later_happens_once_it_has_begun(self) -> None:
        done = replace(SHIP, events=(event("completed", "2024-05-07"),))
        assert check(done, "2024-05-06T10:00:00", FINISH) == "2024-05-07T00:00:00.000001"

    def test_an_acknowledgement_ends(self) -> None:
        until = datetime(2024, 5, 20, 9, 30, 15, tzinfo=UTC)
        track = Track(1, DeviationState.acknowledged, acknowledged_until=until)
        late = check(SHIP, "2024-05-19T00:00:00", FINISH, tracks={MILESTONE: track})
        assert late == "2024-05-20T09:30:15"
        over = track._replace(acknowledged_until=until - timedelta(days=2))
        assert check(SHIP, "2024-05-19T00:00:00", FINISH, tracks={MILESTONE: over}) == "2024-05-19T00:01"

    @pytest.mark.parametrize(
        ("track", "is_soon"),
        [
            (Track(beyond=1), True),
            (Track(beyond=2), False),
            (FLAGGED._replace(within=1), True),
            (FLAGGED._replace(beyond=1), False),
        ],
    )
    def test_what_is_being_counted_is_counted_at_the_next_minute(self, track: Track, is_soon: bool) -> None:
        twice = replace(FINISH, consecutive=2)
        found = check(SHIP, "2024-05-19T00:00:00", twice, tracks={MILESTONE: track})
        assert found == ("2024-05-19T00:01" if is_soon else None)

    def test_what_was_accepted_is_flagged_again_only_beyond_that(self) -> None:
        accepted = Track(1, is_accepted=True, value=3.0)
        assert check(SHIP, "2024-05-10T00:00:00", FINISH, tracks={MILESTONE: accepted}) == "2024-05-12T00:00"
        assert check(SHIP, "2024-05-12T00:00:00", FINISH, tracks={MILESTONE: accepted}) == "2024-05-12T00:01"
        assert check(SHIP, "2024-05-13T00:00:00", FINISH, tracks={MILESTONE: accepted}) is None

    def test_finished_work_is_never_due(self) -> None:
        done = replace(SHIP, events=(event("completed", "2024-05-07T10:00:00Z"),))
        tolerances = [watch(each.value, key=each.value, unit=MINUTES) for each in Measure if "variance" in each]
        assert check(done, "2024-05-08T10:00:00", *tolerances) is None

    def test_what_lies_years_ahead_is_looked_at_once_a_year(self) -> None:
        assert check(SHIP, "2024-05-01T00:00:00", watch("finish_variance", 1e9)) == "2025-05-02T00:00"


class TestFloats:
    PLAN = story(
        [
            activity("a", "2024-05-06", "2024-05-07", calendar="standard"),
            activity("m", "2024-05-06", "2024-05-10", calendar="standard"),
        ],
        calendar="standard",
        scheduling="as_soon_as_possible",
    )

    def test_on_one_calendar_a_float_changes_by_at_most_a_minute_a_minute(self) -> None:
        """Nothing moves before Monday; a float of three days has then a day until it is two."""
        float_ = Tolerance("t", Measure.total_float, DAYS, lower=Bounds(None, 2), clear_margin=0)
        assert check(self.PLAN, "2024-05-04T00:00:00", float_) == "2024-05-06T17:00"

    def test_against_a_target_a_float_only_shrinks_and_is_due_no_more_once_it_is_gone(self) -> None:
        float_ = Tolerance("t", Measure.total_float, DAYS, lower=Bounds(None, 0))
        told = {}
        for day in (2, 14):
            plan = replace(self.PLAN, fields=replace(self.PLAN.fields, target_finish=date(2024, 5, day)))
            told[day] = check(plan, "2024-05-06T10:00:00", float_)
        assert told == {2: None, 14: "2024-05-07T17:00"}

    def test_what_is_mandatory_is_not_pushed_and_its_float_stays(self) -> None:
        float_ = Tolerance("t", Measure.total_float, DAYS, lower=Bounds(None, 2))
        fixed = replace(SHIP.current["m"], constraint=Constraint("MFO", date(2024, 5, 8)))
        assert check(replace(SHIP, current={"m": fixed}), "2024-05-03T10:00:00", float_) is None

    def test_on_several_calendars_it_may_change_with_any_move(self) -> None:
        plan = replace(self.PLAN, current={**self.PLAN.current, "z": milestone("z", "2024-05-08")})
        float_ = Tolerance("t", Measure.total_float, DAYS, lower=Bounds(None, 2))
        assert check(plan, "2024-05-06T10:00:00", float_) == "2024-05-06T10:01"

    def test_without_limits_a_float_is_used_up_but_never_negative(self) -> None:
        used_up = watch("total_float", 0, MINUTES, lower=Bounds(None, -60))
        assert check(self.PLAN, "2024-05-08T12:00:00", used_up) == "2024-05-08T13:01"
        negative = Tolerance("t", Measure.total_float, MINUTES, lower=Bounds(None, 0), clear_margin=0)
        assert check(self.PLAN, "2024-05-08T12:00:00", negative) is None

    def test_what_is_critical_may_change_with_the_floats(self) -> None:
        critical = replace(FINISH, applies_to=AppliesTo(critical_only=True))
        assert check(self.PLAN, "2024-05-06T10:00:00", critical) == "2024-05-06T10:01"
