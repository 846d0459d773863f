"""Links of every kind: their lags and calendars, phases, cancelled work, cycles, and input that is hostile."""

import random

import pytest

from app.domain.calendars import CalendarHorizon
from app.domain.cpm import Schedule, ScheduleCycles
from tests.domain.cpm_build import (
    HOLD,
    codes,
    dates,
    lates,
    link,
    mark,
    phase,
    projected,
    run,
    state,
    task,
    told,
)

MON, TUE, WED, THU, FRI = (f"2026-01-{day:02}" for day in range(5, 10))
MON2, TUE2, WED2, THU2, FRI2 = (f"2026-01-{day:02}" for day in range(12, 17))
SAT, SUN = "2026-01-10", "2026-01-11"
AS_OF = f"{MON}T08:00"


# --- lags


@pytest.mark.parametrize(
    ("calendar", "unit", "expected"),
    [
        ("predecessor", "working", f"{TUE2}T08:00"),
        ("project", "working", f"{TUE2}T08:00"),
        ("successor", "working", f"{SUN}T08:00"),
        ("24h", "working", f"{SAT}T08:00"),
        ("predecessor", "elapsed", f"{SAT}T08:00"),
    ],
)
def test_a_lag_counts_on_the_calendar_that_the_options_name(calendar: str, unit: str, expected: str) -> None:
    tasks = [task("a", 40), task("b", 8, calendar="seven")]
    found = run(tasks, [link("a", "b", "FS", 8, lag_unit=unit)], AS_OF, lag_calendar=calendar)
    assert dates(found.items["b"])[0] == expected


@pytest.mark.parametrize(("percent", "expected"), [(50.0, THU), (-50.0, TUE), (0.0, WED)])
def test_a_lag_in_percent_is_one_of_the_predecessors_duration(percent: float, expected: str) -> None:
    tasks = [task("a", 16), task("b", 8)]
    found = run(tasks, [link("a", "b", lag_percent=percent)], AS_OF)
    assert dates(found.items["b"])[0] == f"{expected}T08:00"


def test_several_links_between_one_pair_all_hold() -> None:
    tasks = [task("a", 40), task("b", 16)]
    both = [link("a", "b", "SS", 8), link("a", "b", "FF", 8), link("a", "b", "SS", 8)]
    found = run(tasks, both, AS_OF)
    assert dates(found.items["b"]) == (f"{FRI}T08:00", f"{MON2}T17:00")
    assert [each.type for each in found.why("b")] == ["FF"]
    found = run(tasks, [*both, link("a", "b", "SS", 48)], AS_OF)  # one identity, another lag
    assert dates(found.items["b"])[0] == f"{TUE2}T08:00"


def test_links_across_calendars_compare_instants() -> None:
    tasks = [task("a", 8, calendar="seven"), task("b", 8), task("c", 8, calendar="seven")]
    found = run(tasks, [link("a", "b", "FF"), link("b", "c", "SS")], f"{SAT}T08:00")
    assert dates(found.items["a"]) == (f"{SAT}T08:00", f"{SAT}T17:00")
    assert dates(found.items["b"]) == (f"{MON2}T08:00", f"{MON2}T17:00")
    assert dates(found.items["c"]) == (f"{MON2}T08:00", f"{MON2}T17:00")
    assert found.items["a"].total_float_minutes == 960  # until Monday evening
    assert found.worst_total_float_minutes == 0


@pytest.mark.parametrize(("first", "second", "driver"), [(8, 24, "b"), (24, 8, "a"), (24, 24, "a")])
def test_of_links_from_another_calendar_the_latest_binds(first: float, second: float, driver: str) -> None:
    tasks = [task("a", first, calendar="seven"), task("b", second, calendar="seven"), task("c", 8)]
    found = run(tasks, [link("a", "c"), link("b", "c")], AS_OF)
    assert dates(found.items["c"])[0] == f"{THU}T08:00"
    assert found.items["c"].driving_predecessor == driver


@pytest.mark.parametrize("keys", ["bc", "cb"])
def test_of_links_to_another_calendar_the_first_limits(keys: str) -> None:
    soon = task(keys[0], 16, calendar="seven", constraint=("SNET", f"{WED}T08:00"))
    later = task(keys[1], 8, calendar="seven", constraint=("SNET", f"{THU}T08:00"))
    found = run([task("a", 8), soon, later], [link("a", "b"), link("a", "c")], AS_OF)
    assert (found.items["a"].total_float_minutes, found.items["a"].free_float_minutes) == (480, 480)


@pytest.mark.parametrize("type_", ["FS", "SS", "FF", "SF"])
@pytest.mark.parametrize("lag", [-16, 0, 16])
def test_late_dates_across_calendars_mirror_early_ones(type_: str, lag: float) -> None:
    for before, after in (("five", "always"), ("always", "five"), ("six", "seven")):
        for counted in ("predecessor", "successor", "24h"):
            tasks = [task("a", 24, calendar=before), task("b", 24, calendar=after)]
            found = run(tasks, [link("a", "b", type_, lag)], AS_OF, lag_calendar=counted)
            assert found.worst_total_float_minutes == 0
            for item in found.items.values():
                assert item.total_float_minutes is not None
                assert item.total_float_minutes >= 0


def test_reasons_are_told_of_what_is_in_the_plan() -> None:
    found = run([task("a", 8), phase("p"), task("b", 8, parent="p")], [link("a", "p")], AS_OF)
    assert found.why("b")[0].milestone == "a"
    assert (found.why("p"), found.late_why("p")) == ((), None)
    for told_of in (found.why, found.late_why):
        with pytest.raises(KeyError):
            told_of("c")


# --- phases


def test_a_link_to_a_phase_binds_everything_in_it() -> None:
    tasks = [task("a", 8), phase("p"), phase("q", parent="p"), task("b", 8, parent="p"), task("c", 16, parent="q")]
    found = run(tasks, [link("a", "p", "FS", 8)], AS_OF)
    assert [dates(found.items[key])[0] for key in "bc"] == [f"{WED}T08:00"] * 2
    assert [found.items[key].driving_predecessor for key in "bc"] == ["a", "a"]
    assert found.why("b")[0].lag_minutes == 480
    found = run(tasks, [link("a", "p", "FF", 8)], AS_OF)
    assert [dates(found.items[key])[1] for key in "bc"] == [f"{TUE}T17:00"] * 2
    limit = found.late_why("a")
    assert limit is not None
    assert limit.milestone in {"b", "c"}


def test_a_link_from_the_finish_of_a_phase_waits_for_everything_in_it() -> None:
    tasks = [phase("p"), task("a", 8, parent="p"), task("b", 24, parent="p"), task("c", 8)]
    found = run(tasks, [link("p", "c", "FS", 8)], AS_OF)
    assert dates(found.items["c"])[0] == f"{FRI}T08:00"
    assert found.items["c"].driving_predecessor == "b"
    assert (found.items["a"].total_float_minutes, found.items["a"].free_float_minutes) == (960, 960)
    limit = found.late_why("b")
    assert limit is not None
    assert (limit.milestone, limit.lag_minutes) == ("c", 480)
    done = run(tasks, [link("p", "c", "FS", 8)], f"{WED}T08:00", {key: state("completed", MON, MON) for key in "ab"})
    assert dates(done.items["c"])[0] == f"{WED}T08:00"


def test_a_link_from_the_start_of_a_phase_waits_for_what_starts_first() -> None:
    tasks = [phase("p"), task("a", 8, parent="p"), task("b", 8, parent="p"), task("c", 8), task("d", 16)]
    links = [link("p", "c", "SS", 8), link("d", "a")]
    found = run(tasks, links, AS_OF)
    assert dates(found.items["c"])[0] == f"{TUE}T08:00"
    assert found.items["c"].driving_predecessor == "b"
    assert (found.items["a"].total_float_minutes, found.items["b"].total_float_minutes) == (0, 480)
    begun = run(tasks, links, f"{TUE}T08:00", {"b": state(start=f"{MON}T12:00", remaining_minutes=60)})
    assert dates(begun.items["c"])[0] == f"{TUE}T13:00"
    nothing = run(
        [phase("p"), task("a", 8, parent="p"), task("c", 8)], [link("p", "c", "SS")], AS_OF, {"a": state("cancelled")}
    )
    assert dates(nothing.items["c"])[0] == AS_OF


def test_a_phase_with_nothing_in_it_passes_logic_on() -> None:
    tasks = [task("a", 16), phase("p"), task("b", 8)]
    for first, second in (("FS", "FS"), ("FF", "SS")):
        found = run(tasks, [link("a", "p", first), link("p", "b", second)], AS_OF)
        assert dates(found.items["b"])[0] == f"{WED}T08:00"
        assert found.items["b"].driving_predecessor == "a"
        assert found.items["a"].total_float_minutes == 0


def test_a_phase_counts_lags_on_the_calendar_of_its_leaves_or_its_own() -> None:
    def start(own: str, *leaves: str) -> str | None:
        inside = [task(f"a{n}", 40, parent="p", calendar=each) for n, each in enumerate(leaves)]
        found = run(
            [phase("p", calendar=own), *inside, task("c", 8, calendar="always")], [link("p", "c", "FS", 8)], AS_OF
        )
        return dates(found.items["c"])[0]

    assert start("seven", "five", "five") == f"{MON2}T17:00"
    assert start("seven", "five", "six") == f"{SAT}T17:00"
    assert start("five", "five", "six") == f"{MON2}T17:00"


def test_a_percentage_of_a_phase_is_one_of_its_planned_span() -> None:
    inside = [
        task("a", 8, parent="p", planned_start=MON, planned_finish=MON),
        task("b", 8, parent="p", planned_start=TUE, planned_finish=THU),
    ]
    found = run([phase("p"), *inside, task("c", 8)], [link("p", "c", lag_percent=50.0)], AS_OF, options=HOLD)
    assert dates(found.items["c"])[0] == f"{TUE2}T08:00"  # half of four days after Thursday
    undated = [task("a", 8, parent="p")]
    twice = [link("p", "c", lag_percent=50.0), link("p", "d", lag_percent=50.0)]
    found = run([phase("p"), *undated, task("c", 8), task("d", 8)], twice, AS_OF)
    assert dates(found.items["c"])[0] == f"{TUE}T08:00"


def test_phases_span_what_lives_in_them() -> None:
    tasks = [
        phase("p"),
        phase("q", parent="p"),
        task("a", 8, parent="q"),
        task("b", 16, parent="q"),
        mark("m", parent="p"),
        phase("empty"),
        phase("gone"),
        task("x", 8, parent="gone"),
    ]
    links = [link("a", "b"), link("b", "m")]
    states = {"a": state("completed", MON, MON), "x": state("cancelled")}
    found = run(tasks, links, f"{TUE}T08:00", states)
    top = found.items["p"]
    assert projected(top) == (f"{MON}T08:00", f"{WED}T17:00")
    assert lates(top) == (f"{TUE}T08:00", f"{WED}T17:00")
    assert (top.remaining_minutes, top.total_float_minutes, top.free_float_minutes) == (960, 0, None)
    assert (top.critical, top.lifecycle.value) == (True, "in_progress")
    assert found.items["empty"].lifecycle.value == "not_started"
    assert found.items["gone"].lifecycle.value == "cancelled"
    assert projected(found.items["gone"]) == (None, None)
    assert list(found.items) == ["p", "q", "a", "b", "m", "empty", "gone", "x"]
    assert found.critical == ("b", "m", "p", "q")
    finished = run(tasks, links, f"{FRI}T08:00", {key: state("completed", MON, TUE) for key in "abmx"})
    assert (finished.items["p"].lifecycle.value, finished.items["p"].remaining_minutes) == ("completed", 0)


def test_constraints_and_deadlines_of_a_phase_are_those_of_its_leaves() -> None:
    tasks = [
        phase("p", constraint=("SNET", WED), deadline=THU),
        phase("q", parent="p", constraint=("FNLT", f"{THU}T12:00")),
        task("a", 8, parent="q"),
        task("b", 8, parent="p"),
        phase("r", constraint=("MSO", WED)),
    ]
    found = run(tasks, (), AS_OF)
    assert dates(found.items["a"])[0] == dates(found.items["b"])[0] == f"{WED}T08:00"
    assert lates(found.items["a"])[1] == f"{WED}T17:00"
    late = run([*tasks, task("z", 80)], (), AS_OF)
    assert lates(late.items["a"])[1] == f"{THU}T12:00"
    assert lates(late.items["b"])[1] == f"{THU}T17:00"
    assert codes(found) == ["constraint_not_applied"]


# --- cancelled work


def test_logic_survives_what_was_cancelled() -> None:
    tasks = [task("a", 16), task("x", 40), task("y", 40), task("b", 8), task("c", 80)]
    links = [link("a", "x", "FS", 8), link("x", "y", "FS", 80), link("y", "b"), link("c", "b")]
    states = {"x": state("cancelled"), "y": state("cancelled")}
    found = run(tasks, links, AS_OF, states)
    item = found.items["x"]
    assert (item.lifecycle.value, projected(item), item.total_float_minutes, found.why("x")) == (
        "cancelled",
        (None, None),
        None,
        (),
    )
    # Ten days of c, or two days of a and the day that followed it.
    assert dates(found.items["b"])[0] == "2026-01-19T08:00"
    assert (found.items["a"].total_float_minutes, found.items["a"].free_float_minutes) == (3360, 3360)
    alone = run(tasks[:4], links[:3], AS_OF, states)
    assert dates(alone.items["b"])[0] == f"{THU}T08:00"
    assert alone.items["b"].driving_predecessor == "a"
    limit = alone.late_why("a")
    assert limit is not None
    assert limit.milestone == "b"
    assert alone.longest_path == alone.driving_chain == ("a", "b")
    assert codes(alone) == []
    ended = run(tasks[:2], links[:1], AS_OF, states)
    assert ended.items["a"].free_float_minutes == 0


# --- cycles


def cycles(found: "pytest.ExceptionInfo[ScheduleCycles]") -> tuple[tuple[str, ...], ...]:
    return found.value.cycles


def test_cycles_are_refused_and_named_as_paths() -> None:
    tasks = [task(key, 8) for key in "abcde"]
    links = [link("c", "a"), link("a", "b", "SS"), link("b", "c", "FF"), link("d", "e"), link("e", "d")]
    with pytest.raises(ScheduleCycles, match="a → b → c → a; d → e → d") as found:
        run(tasks, links)
    assert cycles(found) == (("a", "b", "c"), ("d", "e"))
    with pytest.raises(ScheduleCycles) as found:
        run(tasks, [link("a", "a")])
    assert cycles(found) == (("a",),)


def test_cycles_through_phases_are_refused() -> None:
    tasks = [phase("p"), task("a", 8, parent="p"), task("b", 8)]
    with pytest.raises(ScheduleCycles) as found:
        run(tasks, [link("p", "b"), link("b", "a")])
    assert {"b", "p"} <= set(cycles(found)[0])
    with pytest.raises(ScheduleCycles):
        run(tasks, [link("a", "p")])


def test_phases_within_each_other_are_refused() -> None:
    with pytest.raises(ScheduleCycles) as found:
        run([phase("p", parent="q"), phase("q", parent="p"), task("a", 8, parent="q")])
    assert {"p", "q"} <= set(cycles(found)[0])


# --- hostile input


def test_a_chain_of_20000_is_one_pass() -> None:
    count = 20_000
    tasks = [task(f"t{number}", 1 / 60, calendar="always") for number in range(count)]
    links = [link(f"t{number}", f"t{number + 1}") for number in range(count - 1)]
    random.Random(1).shuffle(links)
    found = run(tasks, links, "2026-01-05T00:00")
    assert (found.finish or 0) - found.data_date == count
    assert found.worst_total_float_minutes == 0
    assert len(found.longest_path) == len(found.driving_chain) == len(found.critical) == count
    with pytest.raises(ScheduleCycles) as loop:
        run(tasks, [*links, link(f"t{count - 1}", "t0")])
    assert len(cycles(loop)[0]) == count


def test_a_tower_of_2000_phases_is_no_recursion() -> None:
    tower = [phase(f"p{n}", parent=f"p{n - 1}" if n else None) for n in range(2_000)]
    found = run([*tower, task("a", 8, parent="p1999"), task("b", 8)], [link("p0", "b")], AS_OF)
    assert dates(found.items["b"])[0] == f"{TUE}T08:00"
    assert projected(found.items["p0"]) == projected(found.items["a"])


def test_deep_phases_ask_once_what_they_all_ask() -> None:
    """Linked at every level, each with a deadline: what lies within is bound by the strictest, and told why."""
    count = 400
    tower = [
        phase(f"p{n}", parent=f"p{n - 1}" if n else None, deadline=FRI2 if n % 3 else THU, constraint=("SNET", TUE))
        for n in range(count)
    ]
    inside = [task(f"t{n}", 8, parent=f"p{count - 1}") for n in range(count)]
    links = [link("a", f"p{n}", lag_percent=float(n)) for n in range(count)]
    links += [link(f"p{n}", "z", "SS", lag_percent=1.0) for n in range(count)]
    found = run([task("a", 1), *tower, *inside, task("z", 80)], links, AS_OF)
    assert found.items["t7"].driving_predecessor is None
    assert [each.constraint for each in found.why("t7")[:1]] == ["SNET"]
    assert lates(found.items["t7"])[1] == f"{THU}T17:00"
    assert found.items["z"].driving_predecessor == "t0"
    assert (found.items["p0"].total_float_minutes, found.items["p0"].critical) == (0, True)  # for t0, which z awaits


def test_phases_linked_to_phases_are_not_multiplied_out() -> None:
    count = 1_500
    tasks = [phase(each) for each in ("p", "q", "r")]
    tasks += [task(f"{each}{n}", 8, parent=each) for each in ("p", "q", "r") for n in range(count)]
    links = [
        link(a, b, type_, 8) for a, b in (("p", "q"), ("q", "r"), ("p", "r")) for type_ in ("FS", "SS", "FF", "SF")
    ]
    found = run(tasks, links, AS_OF)
    assert dates(found.items["q7"])[0] == f"{WED}T08:00"
    assert dates(found.items["r7"])[0] == f"{FRI}T08:00"


HUNDRED_YEARS = 100 * 365 * 24


@pytest.mark.parametrize("unit", ["working", "elapsed"])
@pytest.mark.parametrize("calendar", ["five", "seven"])
def test_lags_of_a_hundred_years_reach_that_far_or_are_refused(unit: str, calendar: str) -> None:
    def lagged(*hours: float) -> Schedule:
        tasks = [task("t0", 8), *(task(f"t{n}", 8, calendar=calendar) for n in range(1, len(hours) + 1))]
        return run(
            tasks, [link(f"t{n}", f"t{n + 1}", "FS", each, lag_unit=unit) for n, each in enumerate(hours)], AS_OF
        )

    years = 100 if unit == "elapsed" else 24
    once = lagged(HUNDRED_YEARS * years / 100)
    assert str(told(once.finish)) > "2098"
    assert once.items["t0"].total_float_minutes == 0
    back = lagged(-HUNDRED_YEARS)
    assert dates(back.items["t1"])[0] == AS_OF
    assert back.items["t0"].total_float_minutes == 0
    assert lagged(-HUNDRED_YEARS, -HUNDRED_YEARS, -HUNDRED_YEARS).worst_total_float_minutes == 0
    with pytest.raises(CalendarHorizon):
        lagged(HUNDRED_YEARS, HUNDRED_YEARS, HUNDRED_YEARS, HUNDRED_YEARS)


def test_nothing_to_schedule_is_nothing() -> None:
    found = run([])
    assert (found.finish, found.late_finish, found.longest_path, found.driving_chain) == (None, None, (), ())
    assert (dict(found.items), found.critical, found.findings, found.worst_total_float_minutes) == ({}, (), (), None)
    done = run([task("a", 8)], (), f"{FRI}T08:00", {"a": state("completed", MON, MON)})
    assert (told(done.finish), done.late_finish, done.longest_path) == (f"{MON}T17:00", None, ())


def test_unknown_milestones_are_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        run([task("a", 8)], [link("a", "b")])
    with pytest.raises(KeyError):
        run([task("a", 8)], [link("b", "a")])
    with pytest.raises(KeyError):
        run([task("a", 8, parent="p")])
