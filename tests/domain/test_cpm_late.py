"""Constraints, deadlines, late dates, floats and findings."""

from typing import Any

import pytest

from app.domain.cpm import Bound, BoundKind, Schedule
from tests.domain.cpm_build import FIVE_DAYS, HOLD, codes, dates, lates, link, mark, minute, run, state, task

MON, TUE, WED, THU, FRI = (f"2026-01-{day:02}" for day in range(5, 10))
MON2, TUE2, WED2, THU2, FRI2 = (f"2026-01-{day:02}" for day in range(12, 17))
AS_OF = f"{MON}T08:00"


def constrained(type_: str, when: str | None, **more: Any) -> Schedule:
    """Two days of work that follow a day, constrained; beside two weeks of other work."""
    tasks = [task("a", 8), task("b", 16, constraint=(type_, when)), task("z", 80)]
    return run(tasks, [link("a", "b")], AS_OF, **more)


@pytest.mark.parametrize(
    ("type_", "when", "early", "late", "before"),
    [
        ("SNET", THU, (THU, FRI), (THU2, FRI2), 56),
        ("SNET", MON, (TUE, WED), (THU2, FRI2), 56),
        ("FNET", FRI, (THU, FRI), (THU2, FRI2), 56),
        ("SNLT", FRI, (TUE, WED), (FRI, MON2), 24),
        ("SNLT", MON, (TUE, WED), (MON, TUE), -8),
        ("FNLT", FRI, (TUE, WED), (THU, FRI), 16),
        ("FNLT", TUE, (TUE, WED), (MON, TUE), -8),
        ("SO", THU, (THU, FRI), (THU, FRI), 16),
        ("SO", MON, (TUE, WED), (MON, TUE), -8),
        ("FO", FRI, (THU, FRI), (THU, FRI), 16),
        ("FO", TUE, (TUE, WED), (MON, TUE), -8),
        ("MSO", MON, (MON, TUE), (MON, TUE), -8),
        ("MSO", THU, (THU, FRI), (THU, FRI), 16),
        ("MFO", TUE, (MON, TUE), (MON, TUE), -8),
        ("MFO", FRI, (THU, FRI), (THU, FRI), 16),
    ],
)
def test_constraints(type_: str, when: str, early: tuple[str, str], late: tuple[str, str], before: int) -> None:
    """`before` is the total float, in hours, of what precedes the constrained work."""
    found = constrained(type_, when)
    item = found.items["b"]
    assert dates(item) == (f"{early[0]}T08:00", f"{early[1]}T17:00")
    assert lates(item) == (f"{late[0]}T08:00", f"{late[1]}T17:00")
    apart = FIVE_DAYS.worked(item.late_finish or 0) - FIVE_DAYS.worked(item.early_finish or 0)
    assert item.total_float_minutes == apart
    assert found.items["a"].total_float_minutes == before * 60
    violated = [(each.milestone, each.minutes) for each in found.findings if each.code == "constraint_violated"]
    assert violated == ([("b", 480)] if before < 0 else [])


def test_what_limits_a_late_date_is_told() -> None:
    found = constrained("FNLT", f"{FRI}T17:00")
    assert found.late_why("b") == Bound("finish", BoundKind.constraint, minute(f"{FRI}T17:00"), constraint="FNLT")
    limited = found.late_why("a")
    assert limited == Bound("finish", BoundKind.link, minute(f"{WED}T17:00"), 0, "b", limited.type, 0)  # type: ignore[union-attr]
    assert found.late_why("z") == Bound("finish", BoundKind.project_finish, minute(f"{FRI2}T17:00"))
    mandatory = constrained("MSO", f"{THU}T08:00")
    reason = Bound("start", BoundKind.constraint, minute(f"{THU}T08:00"), constraint="MSO")
    assert mandatory.late_why("b") == reason
    assert mandatory.why("b") == (reason,)
    assert mandatory.items["b"].driving_predecessor is None
    starts = run([task("a", 8), task("b", 8), task("z", 40)], [link("a", "b", "SS", 24)], AS_OF).late_why("a")
    assert starts is not None
    assert (starts.edge, starts.at, starts.milestone) == ("start", minute(f"{TUE}T08:00"), "b")


def test_an_early_date_tells_its_constraint() -> None:
    reasons = constrained("SNET", THU).why("b")
    assert (reasons[0].kind.value, reasons[0].constraint, reasons[0].at) == ("constraint", "SNET", minute(THU))


def test_a_deadline_moves_late_dates_only() -> None:
    tasks = [task("a", 8), task("b", 16, deadline=TUE), task("c", 8)]
    links = [link("a", "b"), link("b", "c")]
    found = run(tasks, links, AS_OF)
    assert dates(found.items["b"]) == (f"{TUE}T08:00", f"{WED}T17:00")
    assert lates(found.items["b"])[1] == f"{TUE}T17:00"
    assert [found.items[key].total_float_minutes for key in "abc"] == [-480, -480, 0]
    assert found.worst_total_float_minutes == -480
    assert found.late_why("b") == Bound("finish", BoundKind.deadline, minute(f"{TUE}T17:00"))
    assert found.items["b"].free_float_minutes == 0
    assert [(each.milestone, each.minutes) for each in found.findings] == [("b", 480)]


def test_a_target_is_what_late_dates_are_counted_from() -> None:
    tasks = [task("a", 8), task("b", 16)]
    links = [link("a", "b")]
    wide = run(tasks, links, AS_OF, target_finish=FRI)
    assert [wide.items[key].total_float_minutes for key in "ab"] == [960, 960]
    assert wide.items["b"].free_float_minutes == 0  # the project's own finish is Wednesday
    limit = wide.late_why("b")
    assert limit is not None
    assert limit.kind is BoundKind.target_finish
    tight = run(tasks, links, AS_OF, target_finish=f"{TUE}T17:00")
    assert [tight.items[key].total_float_minutes for key in "ab"] == [-480, -480]
    assert tight.critical == ("a", "b")
    assert tight.late_finish == minute(f"{TUE}T17:00")
    leads = [task("a", 8), task("b", 16, calendar="seven")]
    for lag in (-8, 8):  # room is measured up to the later of target and finish
        found = run(leads, [link("a", "b", "FS", lag)], AS_OF, target_finish=f"{TUE}T17:00")
        assert found.items["a"].free_float_minutes == 0


def test_mandatory_finish_has_no_free_float_and_may_be_stretched_at_its_start() -> None:
    tasks = [task("a", 8, constraint=("MFO", WED)), task("b", 8), task("c", 40)]
    found = run(tasks, [link("a", "b")], AS_OF)
    assert (found.items["a"].free_float_minutes, found.items["a"].total_float_minutes) == (0, 0)
    begun = run(tasks, (), f"{TUE}T08:00", {"a": state(start=MON)})
    assert dates(begun.items["a"]) == (f"{WED}T08:00", f"{WED}T17:00")
    start = [task("a", 8, constraint=("MSO", WED), planned_start=WED, planned_finish=FRI)]
    assert dates(run(start, (), AS_OF, options=HOLD).items["a"]) == (f"{WED}T08:00", f"{FRI}T17:00")
    finish = [task("a", 8, constraint=("MFO", WED), planned_start=WED, planned_finish=FRI)]
    assert dates(run(finish, (), AS_OF, options=HOLD).items["a"])[1] == f"{WED}T17:00"
    marks = [mark("m", constraint=("MSO", MON2)), mark("n", constraint=("MFO", FRI)), task("c", 80)]
    found = run(marks, (), AS_OF)
    assert [dates(found.items[key])[0] for key in "mn"] == [f"{MON2}T08:00", f"{FRI}T17:00"]


def test_constraints_of_a_start_that_happened_are_past() -> None:
    for type_ in ("SNET", "SNLT", "SO", "MSO"):
        tasks = [task("a", 16, constraint=(type_, FRI)), task("z", 80)]
        item = run(tasks, (), f"{TUE}T08:00", {"a": state(start=MON, remaining_minutes=480)}).items["a"]
        assert dates(item) == (f"{TUE}T08:00", f"{TUE}T17:00")
        assert lates(item)[1] == "2026-01-19T17:00"
    tasks = [task("a", 16, constraint=("FNET", FRI))]
    item = run(tasks, (), f"{TUE}T08:00", {"a": state(start=MON, remaining_minutes=480)}).items["a"]
    assert dates(item) == (f"{FRI}T08:00", f"{FRI}T17:00")


# --- as late as possible


def test_as_late_as_possible_uses_up_free_float_and_moves_nobody() -> None:
    late = {"constraint": ("ALAP", None)}
    tasks = [task("a", 8, **late), task("b", 8, **late), task("c", 40), task("d", 8)]
    links = [link("a", "b"), link("b", "d"), link("c", "d")]
    found = run(tasks, links, AS_OF)
    assert [dates(found.items[key])[0] for key in "abcd"] == [
        f"{THU}T08:00",
        f"{FRI}T08:00",
        f"{MON}T08:00",
        f"{MON2}T08:00",
    ]
    assert [found.items[key].total_float_minutes for key in "abcd"] == [0, 0, 0, 0]
    assert found.why("b") == (Bound("finish", BoundKind.constraint, minute(f"{FRI}T17:00"), constraint="ALAP"),)
    assert found.items["b"].driving_predecessor is None
    assert found.items["d"].driving_predecessor == "c"  # what set it before b was moved
    assert found.longest_path == found.driving_chain == ("c", "d")
    open_end = run([task("a", 8, **late), task("z", 40)], (), AS_OF)
    assert dates(open_end.items["a"]) == (f"{FRI}T08:00", f"{FRI}T17:00")
    assert open_end.driving_chain == ("z",)
    no_room = run([task("a", 8, **late)], (), AS_OF)
    assert (dates(no_room.items["a"])[0], no_room.why("a")[0].kind) == (AS_OF, BoundKind.data_date)
    limited = run([task("a", 8, **late, deadline=WED), task("z", 40)], (), AS_OF)
    assert dates(limited.items["a"])[1] == f"{WED}T17:00"
    begun = run([task("a", 8, **late), task("z", 40)], (), f"{TUE}T08:00", {"a": state(start=MON)})
    assert dates(begun.items["a"])[0] == f"{TUE}T08:00"


# --- floats and critical work


def test_free_float_is_the_room_before_the_next_successor() -> None:
    tasks = [task("a", 8), task("b", 40), task("c", 8), task("d", 8)]
    found = run(tasks, [link("a", "c"), link("b", "c"), link("a", "d", "SS", 8)], AS_OF)
    assert found.items["a"].free_float_minutes == 0
    assert found.items["a"].total_float_minutes == 4 * 480
    assert found.items["d"].free_float_minutes == found.items["d"].total_float_minutes == 4 * 480


def test_critical_and_near_critical() -> None:
    tasks = [task("a", 200), task("b", 192), task("c", 160), task("d", 120), task("e", 40)]
    found = run(tasks, (), AS_OF)
    assert found.critical == ("a",)
    assert found.near_critical == ("b", "c")
    wider = run(tasks, (), AS_OF, critical_float_minutes=480)
    assert (wider.critical, wider.near_critical) == (("a", "b"), ("c",))
    share = run([task("a", 2000), task("b", 1830), task("c", 1790)], (), AS_OF)
    assert share.near_critical == ("b",)


def test_the_three_total_floats_are_one() -> None:
    tasks = [task("a", 8), task("b", 40, calendar="six"), task("c", 8, calendar="always")]
    links = [link("a", "c", "SS", 4), link("b", "c", "FF", -8)]
    answers = [run(tasks, links, AS_OF, total_float=each).items for each in ("finish", "start", "smallest")]
    assert answers[0] == answers[1] == answers[2]


# --- findings


def test_open_ends_are_told_but_for_the_only_ones() -> None:
    tasks = [task("a", 8), task("b", 8), task("c", 8)]
    assert codes(run(tasks, (), AS_OF)) == []
    assert codes(run(tasks, [link("a", "b"), link("b", "c")], AS_OF)) == []
    found = run(tasks, [link("a", "b")], AS_OF)
    assert [(each.milestone, each.detail) for each in found.findings] == [
        ("a", "has no predecessor"),
        ("b", "has no successor"),
        ("c", "has no predecessor"),
        ("c", "has no successor"),
    ]
    states = {"a": state("completed", MON, MON), "c": state(start=MON)}
    begun = run(tasks, [link("a", "b")], f"{TUE}T08:00", states)
    assert [(each.milestone, each.detail) for each in begun.findings] == [
        ("b", "has no successor"),
        ("c", "has no successor"),
    ]
    assert codes(run(tasks, [link("a", "b")], f"{TUE}T08:00", {"c": state("cancelled")})) == []
