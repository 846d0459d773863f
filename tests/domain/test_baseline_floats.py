"""How much room a baseline left."""

from app.domain.baseline_floats import baseline_floats
from app.domain.cpm import ScheduleOptions
from app.domain.plan import Dependency, Milestone
from tests.domain.builders import ALWAYS, activity, instant, milestone, phase, working
from tests.domain.judging_build import DAY, link

PLAN = [
    activity("short", "2024-05-06", "2024-05-08", parent="stage"),
    activity("long", "2024-05-06", "2024-05-20", parent="stage"),
    phase("stage"),
    milestone("end", "2024-05-20T23:59:00Z"),
]
LINKS = [link("short", "end"), link("long", "end")]


def floats(
    plan: list[Milestone], links: list[Dependency], recorded_at: str = "2024-05-01T00:00:00Z"
) -> dict[str, int]:
    milestones = {each.key: each for each in plan}
    return baseline_floats(milestones, links, working, ALWAYS, ScheduleOptions(), instant(recorded_at))


def test_what_is_not_on_the_longest_path_has_room() -> None:
    assert floats(PLAN, LINKS) == {"short": 12 * DAY, "long": 0, "stage": 0, "end": 0}


def test_a_baseline_recorded_later_leaves_the_same_room() -> None:
    """Its plan is not late because it was recorded late."""
    assert floats(PLAN, LINKS, "2024-06-01T00:00:00Z") == floats(PLAN, LINKS)


def test_without_dates_the_instant_it_was_recorded_at_is_where_it_begins() -> None:
    plan = [activity("a", planned_duration_minutes=60), activity("b", planned_duration_minutes=90)]
    assert floats(plan, []) == {"a": 30, "b": 0}
    assert floats([], []) == {}


def test_what_can_not_be_scheduled_has_no_floats() -> None:
    assert floats(PLAN, [link("short", "long"), link("long", "short")]) == {}
    endless = [activity("a", planned_duration_minutes=300 * 365 * DAY)]
    assert floats(endless, []) == {}
