"""What of a file's progress is new, given what the files before it said."""

from typing import Any

import pytest

from app.domain.execution import ExecutionEvent
from app.domain.moments import format_moment, parse_moment
from app.domain.progress import Lifecycle, State, effective, fold
from app.imports.progress import NewEvent, News, Statement, news
from tests.domain.builders import event, instant

SOURCE = "import/tower"
FEB, MAR = "2024-02-01T08:00:00Z", "2024-03-01T08:00:00Z"


def says(type_: str, when: str = FEB, milestone: str = "a", **data: Any) -> Statement:
    return Statement(milestone.upper(), milestone, f"milestone.{type_}", parse_moment(when), data, 0, instant(when))


def started(when: str = FEB) -> Statement:
    return says("started", when)


def progressed(percent: float, when: str = FEB, remaining: int | None = None) -> Statement:
    return says("progressed", when, percent_complete=percent, remaining_minutes=remaining)


class Plan:
    """The events of a plan's files, file after file."""

    def __init__(self) -> None:
        self.events: list[ExecutionEvent] = []

    def imports(self, *statements: Statement, milestones: str = "ab", until: str | None = None) -> News:
        taken = {each.id for each in self.events}
        data_date = None if until is None else instant(until)
        found = news(SOURCE, statements, self.events, set(milestones), taken, data_date)
        self.events += [recorded(each) for each in (*found.retractions, *found.events)]
        assert len({each.id for each in self.events}) == len(self.events)
        return found

    def state(self, at: str = "2024-12-31", milestone: str = "a") -> State:
        return fold(effective(self.events), instant(at)).get(milestone, State())


def recorded(new: NewEvent) -> ExecutionEvent:
    found = event(new.type, format_moment(new.occurred_at), new.milestone, new.id, **new.data)
    target = (new.data["event"]["source"], new.data["event"]["id"]) if "event" in new.data else None
    return found._replace(source=SOURCE, target=target)


def told(found: News) -> tuple[list[str], list[str], int]:
    """The ids of what is new, and of what is retracted, and how much was known."""
    return [e.id for e in found.events], [e.data["event"]["id"] for e in found.retractions], found.known


def ids(*names: str) -> list[str]:
    return [f"A/milestone.{name}" for name in names]


def test_the_first_file_is_all_new() -> None:
    found = Plan().imports(started(), progressed(40))
    assert told(found) == (ids(f"started/{FEB}", f"progressed/{FEB}"), [], 0)


def test_what_the_file_before_said_is_known() -> None:
    plan = Plan()
    plan.imports(started(), progressed(40), says("blocked", MAR))
    assert told(plan.imports(started(), progressed(40, MAR), says("blocked", MAR))) == ([], [], 3)


def test_progress_goes_on() -> None:
    plan = Plan()
    plan.imports(started(), progressed(40))
    assert told(plan.imports(started(), progressed(60, MAR))) == (ids(f"progressed/{MAR}"), [], 1)
    assert [plan.state(at).percent_complete for at in ("2024-02-02", "2024-03-02")] == [40, 60]


@pytest.mark.parametrize("kind", ["started", "completed", "blocked"])
def test_another_instant_takes_the_place_of_the_first(kind: str) -> None:
    plan = Plan()
    plan.imports(says(kind, FEB))
    found = plan.imports(says(kind, MAR))
    assert told(found) == (ids(f"{kind}/{MAR}"), ids(f"{kind}/{FEB}"), 0)
    assert found.retractions[0].id == f"A/milestone.{kind}/{FEB}/retracted"


@pytest.mark.parametrize("kind", ["started", "completed", "blocked"])
def test_what_is_no_longer_told_is_retracted(kind: str) -> None:
    plan = Plan()
    plan.imports(says(kind))
    assert told(plan.imports()) == ([], ids(f"{kind}/{FEB}"), 0)
    assert plan.state().lifecycle is Lifecycle.not_started


def test_a_day_and_the_instant_it_begins_are_different() -> None:
    plan = Plan()
    plan.imports(says("completed", "2024-02-01"))
    assert told(plan.imports(says("completed", "2024-02-01T00:00:00Z")))[1] == ids("completed/2024-02-01")


def test_other_data_takes_the_place_of_the_first() -> None:
    plan = Plan()
    plan.imports(says("blocked", FEB))
    found = plan.imports(says("blocked", FEB, expected_resume_at="2024-04-01"))
    assert told(found) == (ids(f"blocked/{FEB}/2"), ids(f"blocked/{FEB}"), 0)
    assert str(plan.state().expected_resume_at) == "2024-04-01"


def test_what_comes_back_is_recorded_under_another_id() -> None:
    plan = Plan()
    for statements in ([started(FEB)], [started(MAR)], [started(FEB)], [started(MAR)]):
        plan.imports(*statements)
        assert plan.state().actual_start == statements[0].occurred_at
    assert told(plan.imports(started(MAR))) == ([], [], 1)


def test_other_progress_at_the_same_data_date_takes_the_place_of_the_first() -> None:
    plan = Plan()
    plan.imports(progressed(40))
    assert told(plan.imports(progressed(45))) == (ids(f"progressed/{FEB}/2"), ids(f"progressed/{FEB}"), 0)
    assert plan.state().percent_complete == 45


def test_the_remaining_duration_is_progress_too() -> None:
    plan = Plan()
    plan.imports(progressed(40, FEB, 600))
    assert told(plan.imports(progressed(40, MAR, 500)))[0] == ids(f"progressed/{MAR}")


def test_progress_stays_when_the_work_is_done() -> None:
    plan = Plan()
    plan.imports(started(), progressed(40))
    assert told(plan.imports(started(), says("completed", MAR))) == (ids(f"completed/{MAR}"), [], 1)
    assert plan.state("2024-02-02").percent_complete == 40


def test_work_that_has_not_begun_after_all_has_no_progress_either() -> None:
    plan = Plan()
    plan.imports(started(), progressed(40))
    plan.imports(progressed(60, MAR))
    plan.imports()
    assert plan.state() == State()


def test_of_what_has_left_the_file_nothing_is_retracted() -> None:
    plan = Plan()
    plan.imports(started(), says("completed", MAR))
    assert told(plan.imports(milestones="b")) == ([], [], 0)


def test_events_of_other_sources_are_left_alone() -> None:
    found = news(SOURCE, [started()], [event("started", FEB, "a", "diary-1")], {"a"}, set())
    assert told(found) == (ids(f"started/{FEB}"), [], 0)


def test_events_of_the_plan_as_a_whole_are_left_alone() -> None:
    note = event("note.added", FEB, None, "n", text="posted by somebody")._replace(source=SOURCE)
    assert told(news(SOURCE, [started()], [note], {"a"}, {"n"})) == (ids(f"started/{FEB}"), [], 0)


def test_a_file_that_only_repeats_itself_does_not_override_what_others_superseded() -> None:
    plan = Plan()
    plan.imports(started())
    by_hand = event("event.retracted", FEB, None, "hand")._replace(target=(SOURCE, f"A/milestone.started/{FEB}"))
    plan.events.append(by_hand)
    assert told(plan.imports(started())) == ([], [], 1)
    assert plan.state().lifecycle is Lifecycle.not_started


@pytest.mark.parametrize("name", ["Größe", "x" * 200, " lead", "line\nbreak"])
def test_an_id_that_cannot_be_one_is_hashed(name: str) -> None:
    statement = started()._replace(name=name)
    (found,) = news(SOURCE, [statement], [], {"a"}, set()).events
    assert found.id.startswith("sha256:")
    (again,) = news(SOURCE, [statement], [], {"a"}, {found.id}).events
    assert again.id == f"{found.id}/2"


def test_retracting_an_event_with_the_longest_id_needs_a_short_one() -> None:
    plan = Plan()
    plan.imports(started()._replace(name="x" * 150))
    (retraction,) = plan.imports().retractions
    assert len(retraction.id) <= 200


# --- data dates that go back, suspensions told late
APR = "2024-04-01T08:00:00Z"


def test_an_older_file_says_its_own_progress_and_leaves_the_newer_one_alone() -> None:
    plan = Plan()
    plan.imports(started(), progressed(60, APR), until=APR)
    found = plan.imports(started(), progressed(60, MAR), until=MAR)
    assert told(found) == (ids(f"progressed/{MAR}"), [], 1)
    assert plan.state(MAR).percent_complete == plan.state(APR).percent_complete == 60
    assert told(plan.imports(started(), progressed(60, APR), until=APR)) == ([], [], 2)


def test_a_suspension_told_late_says_what_was_left_then() -> None:
    plan = Plan()
    plan.imports(started(), progressed(40, "2024-03-10T08:00:00Z"), until="2024-03-10T08:00:00Z")
    late = (started(), progressed(50, MAR), says("blocked", MAR))
    found = plan.imports(*late, until=APR)
    assert told(found)[1] == ids("progressed/2024-03-10T08:00:00Z")
    assert (plan.state(APR).percent_complete, plan.state(APR).lifecycle) == (50, Lifecycle.suspended)
    assert told(plan.imports(*late, until=APR)) == ([], [], 3)


def test_work_that_goes_on_keeps_the_time_that_it_stood_still() -> None:
    plan = Plan()
    plan.imports(started(), progressed(40, MAR), says("blocked", MAR), until="2024-03-10T08:00:00Z")
    resumed = says("unblocked", "2024-03-20T08:00:00Z")
    found = plan.imports(started(), progressed(60, APR), says("blocked", MAR), resumed, until=APR)
    assert told(found) == (ids(f"progressed/{APR}", "unblocked/2024-03-20T08:00:00Z"), [], 2)
    assert plan.state("2024-03-15").lifecycle is Lifecycle.suspended
    assert plan.state(APR).lifecycle is Lifecycle.in_progress


def test_progress_from_before_a_start_that_was_told_later_is_taken_back() -> None:
    plan = Plan()
    plan.imports(started(FEB), progressed(30, MAR), until=MAR)
    found = plan.imports(started("2024-03-20T08:00:00Z"), progressed(30, APR), until=APR)
    assert set(told(found)[1]) == set(ids(f"started/{FEB}", f"progressed/{MAR}"))
    assert plan.state("2024-03-15").lifecycle is Lifecycle.not_started
