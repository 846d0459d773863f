"""How far off forecasts were."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.execution import ExecutionEvent
from app.domain.forecast_accuracy import LEAST, Accuracy, Horizon, Issued, accuracy, issued_forecasts
from app.domain.measures import Line, Reason
from app.domain.plan import Milestone
from app.domain.progress import effective, fold, has_happened
from tests.domain.builders import STANDARD, correction, event, instant, milestone, phase, retraction

AS_OF = instant("2026-04-01T12:00:00Z")
ROOF = milestone("m", "2026-03-10", owner="crew")


def issued(*events: ExecutionEvent, of: Milestone = ROOF) -> list[Issued]:
    happened = [each for each in effective(events) if has_happened(each, AS_OF)]
    line = Line(STANDARD, AS_OF)
    return issued_forecasts(happened, {of.key: of}, fold(happened, AS_OF), lambda _: line)


def forecast(when: str, finish: str | None, **more: str) -> ExecutionEvent:
    return event("forecast_changed", when, finish=finish, **more)


def one(error: int | None, *, owner: str | None = "crew", ahead: int = 1, overdue: bool = False) -> Issued:
    return Issued("m", owner, Fraction(ahead), None if error is None else Fraction(error), overdue)


def test_a_forecast_is_off_by_the_working_days_from_the_date_it_named_to_the_finish() -> None:
    (found,) = issued(forecast("2026-03-02T08:00:00Z", "2026-03-06"), event("completed", "2026-03-10T15:00:00Z"))
    assert found.error == 2  # Friday to Tuesday; a day is compared with the day of the finish
    assert found.ahead == 5  # from Monday morning to the end of Friday
    assert found.owner == "crew"


def test_instants_are_compared_to_the_minute() -> None:
    done = event("completed", "2026-03-06T11:00:00Z")
    (found,) = issued(forecast("2026-03-05T17:00:00Z", "2026-03-06T12:00:00Z"), done)
    assert found.error == Fraction(-60, 480)


def test_every_forecast_that_stood_is_put_to_the_test_and_the_withdrawn_one_too() -> None:
    found = issued(
        forecast("2026-03-02", "2026-03-06"),
        forecast("2026-03-03", "2026-03-09"),
        forecast("2026-03-04", None),
        event("completed", "2026-03-10"),
    )
    assert [each.error for each in found] == [2, 1]


def test_a_forecast_of_the_start_alone_says_nothing_of_the_finish() -> None:
    assert issued(event("forecast_changed", "2026-03-02", start="2026-03-03"), event("completed", "2026-03-10")) == []


def test_what_was_said_once_it_was_done_is_no_forecast() -> None:
    assert issued(event("completed", "2026-03-05T09:00:00Z"), forecast("2026-03-06T09:00:00Z", "2026-03-05")) == []


def test_a_forecast_of_the_day_of_the_finish_counts() -> None:
    (found,) = issued(forecast("2026-03-05T09:00:00Z", "2026-03-05"), event("completed", "2026-03-05T16:00:00Z"))
    assert found.error == 0


@pytest.mark.parametrize(("finish", "overdue"), [("2026-03-31", True), ("2026-04-01", False), ("2026-05-01", False)])
def test_what_has_not_finished_is_open_and_overdue_once_the_date_has_passed(finish: str, overdue: bool) -> None:
    (found,) = issued(forecast("2026-03-02", finish))
    assert (found.error, found.is_overdue) == (None, overdue)


def test_what_was_cancelled_or_has_left_the_plan_or_is_a_phase_is_put_to_no_test() -> None:
    said = forecast("2026-03-02", "2026-03-06")
    assert issued(said, event("cancelled", "2026-03-03")) == []
    assert issued(said, of=milestone("other")) == []
    assert issued(said, of=phase("m")) == []
    assert issued(event("forecast_changed", "2026-03-02", None, finish="2026-03-06")) == []


def test_corrected_and_retracted_forecasts_count_as_they_stand() -> None:
    said = event("forecast_changed", "2026-03-02", identity="f", finish="2026-03-06")
    done = event("completed", "2026-03-10")
    better = forecast("2026-03-02", "2026-03-10")
    assert [each.error for each in issued(said, correction("c", "f", better), done)] == [0]
    assert issued(said, retraction("r", "f"), done) == []


def test_it_is_the_forecast_of_whoever_works_on_it() -> None:
    said, done = forecast("2026-03-02", "2026-03-06"), event("completed", "2026-03-10")
    assert issued(said, event("assigned", "2026-03-03", assignee="night shift"), done)[0].owner == "night shift"


def test_bias_and_mean_absolute_error() -> None:
    found = accuracy([one(-1), one(3), one(0), one(2), one(1), one(None), one(None, overdue=True)])
    assert (found.issued, found.open, found.overdue) == (7, 2, 1)
    assert found.whole == Accuracy(5, Fraction(1), Fraction(7, 5), None)
    assert found.by_owner["crew"] == found.whole


def test_too_few_forecasts_say_nothing() -> None:
    whole = accuracy([one(4)] * (LEAST - 1)).whole
    assert (whole.count, whole.bias, whole.mean_absolute_error) == (LEAST - 1, None, None)
    assert whole.reason is Reason.insufficient_data


@pytest.mark.parametrize(
    ("ahead", "horizon"),
    [(-3, Horizon.week), (5, Horizon.week), (6, Horizon.month), (20, Horizon.month), (21, Horizon.beyond)],
)
def test_how_far_ahead_a_forecast_looked(ahead: int, horizon: Horizon) -> None:
    found = accuracy([one(1, ahead=ahead)] * LEAST)
    assert {each: of.count for each, of in found.by_horizon.items() if of.count} == {horizon: LEAST}


def test_those_of_nobody_come_last() -> None:
    found = accuracy([one(1, owner=None), one(1, owner="b"), one(1, owner="a")])
    assert list(found.by_owner) == ["a", "b", None]


some = st.builds(
    one, st.none() | st.integers(-90, 90), owner=st.sampled_from(["a", "b", None]), ahead=st.integers(-9, 99)
)


@given(st.lists(some), st.randoms())
def test_no_order_changes_anything_and_the_parts_make_the_whole(every: list[Issued], random: Random) -> None:
    found = accuracy(every)
    shuffled = [*every]
    random.shuffle(shuffled)
    assert accuracy(shuffled) == found
    for parts in (found.by_horizon.values(), found.by_owner.values()):
        assert sum(part.count for part in parts) == found.whole.count == found.issued - found.open
    if found.whole.bias is not None and found.whole.mean_absolute_error is not None:
        assert abs(found.whole.bias) <= found.whole.mean_absolute_error
