"""Plans written as Microsoft Project XML: what they become, and that they read as the same plan."""

from dataclasses import replace
from decimal import Decimal

from app.domain.plan import Money
from app.formats.mspdi_writer import write
from tests.formats.mspdi_build import content_of, notes, parse, scheduled
from tests.formats.mspdi_written import (
    AS_OF,
    FIELDS,
    ZONE,
    baseline,
    everything,
    link,
    milestone,
    plan,
    root,
    task,
    tasks,
    texts,
)


def test_the_header_tells_the_project() -> None:
    found = root(plan([task("a", 16, budget=Money(Decimal(5), "CHF"))], fields=replace(FIELDS, owner="Pat")))
    told = {each.tag: each.text for each in found if not len(each) and each.text and each.text.strip()}
    assert told == {
        "SaveVersion": "14",
        "Name": "bridge",
        "Title": "Bridge",
        "Manager": "Pat",
        "ScheduleFromStart": "1",
        "StartDate": "2026-01-05T08:00:00",
        "FinishDate": "2026-01-12T17:00:00",
        "CriticalSlackLimit": "0",
        "CurrencyDigits": "2",
        "CurrencyCode": "CHF",
        "CalendarUID": "1",
        "MinutesPerDay": "480",
        "MinutesPerWeek": "2400",
        "DaysPerMonth": "20",
        "DurationFormat": "7",
        "WorkFormat": "2",
        "HonorConstraints": "1",
        "NewTasksEstimated": "0",
        "StatusDate": "2026-01-08T17:00:00",
        "NewTasksAreManual": "0",
    }


def test_without_a_told_start_the_project_starts_with_its_first_work() -> None:
    untold = replace(FIELDS, schedule_options={"critical_float_minutes": 960})
    found = root(plan([task("a")], fields=untold))
    assert texts(found, "StartDate", "CriticalSlackLimit") == ["2026-01-09T08:00:00", "2"]


def test_an_empty_plan_is_a_project_without_tasks() -> None:
    found = root(plan([]))
    assert texts(found, "StartDate", "FinishDate") == ["2026-01-05T08:00:00"] * 2
    assert len(found.findall("Tasks/Task")) == 1
    assert content_of(parse(write(plan([])))).milestones == {}


def test_the_same_plan_is_the_same_bytes() -> None:
    everything = [task("b", owner="Ann"), task("a", owner="Bob"), milestone("m")]
    assert write(plan(everything)) == write(plan(reversed(everything)))


# The order of Microsoft's schema, which is a sequence.
ORDER = """
    UID ID Name Active Manual Type IsNull WBS OutlineNumber OutlineLevel Priority Start Finish Duration
    DurationFormat Stop Resume EffortDriven Estimated Milestone Summary Critical EarlyStart EarlyFinish LateStart
    LateFinish FreeSlack TotalSlack StartSlack FinishSlack FixedCost FixedCostAccrual PercentComplete Cost ActualStart
    ActualFinish ActualDuration RemainingDuration ConstraintType CalendarUID ConstraintDate Deadline
    IgnoreResourceCalendar PredecessorLink ExtendedAttribute Baseline
"""


def test_elements_stand_in_the_order_of_the_schema() -> None:
    order = ORDER.split()
    for each in tasks(everything()).values():
        places = [order.index(part.tag) for part in each]
        assert places == sorted(places)
    assert [each.tag for each in root(everything()) if len(each)] == [
        "ExtendedAttributes", "Calendars", "Tasks", "Resources", "Assignments",
    ]  # fmt: skip


def test_a_plan_of_ours_reads_as_the_same_plan() -> None:
    exported = everything()
    found = parse(write(exported), ZONE)
    content = content_of(found)
    assert content.dependencies == exported.content.dependencies
    assert content.fields == replace(
        FIELDS,
        status_date=AS_OF,
        weight_basis=content.fields.weight_basis,
        schedule_options=content.fields.schedule_options,
    )
    assert notes(found) == []
    again = scheduled(found, AS_OF)
    for key, item in exported.schedule.items.items():
        for name in ("early_start", "early_finish", "late_finish", "total_float_minutes", "driving_predecessor"):
            assert getattr(again.items[key], name) == getattr(item, name)
    for key, each in exported.content.milestones.items():
        told = content.milestones[key]
        assert told.external_id == key
        for name in ("name", "kind", "parent", "owner", "planned_duration_minutes", "budget"):
            assert getattr(told, name) == getattr(each, name)


def test_calendars_have_their_week_their_exceptions_and_names_of_their_own() -> None:
    exported = plan([task("a", calendar="nights"), task("b", calendar="other")])
    found = {each.findtext("Name"): each for each in root(exported).findall("Calendars/Calendar")}
    assert [(name, *texts(each, "UID", "IsBaseCalendar", "BaseCalendarUID")) for name, each in found.items()] == [
        ("standard", "1", "1", "-1"),
        ("Nights", "2", "1", "-1"),
        ("nights (other)", "3", "1", "-1"),
    ]
    monday = found["Nights"].findall("WeekDays/WeekDay")[1]
    assert [texts(each, "FromTime", "ToTime") for each in monday.iter("WorkingTime")] == [
        ["00:00:00", "03:00:00"], ["04:00:00", "08:00:00"], ["23:00:00", "00:00:00"],
    ]  # fmt: skip
    spans = found["Nights"].findall("Exceptions/Exception")
    assert [
        texts(each, "TimePeriod/FromDate", "TimePeriod/ToDate", "Occurrences", "DayWorking") for each in spans
    ] == [
        ["2026-01-01T00:00:00", "2026-01-02T23:59:00", "2", "0"],
        ["2026-01-03T00:00:00", "2026-01-03T23:59:00", "1", "1"],
        ["2026-02-02T00:00:00", "2026-02-02T23:59:00", "1", "0"],
    ]
    assert texts(tasks(exported)["a"], "CalendarUID", "IgnoreResourceCalendar") == ["2", "1"]


def test_names_of_calendars_that_still_clash_differ_too() -> None:
    exported = plan([task("a", calendar="nights"), task("b", calendar="other")])
    calendars = dict(exported.calendars)
    calendars["nights"] = replace(calendars["nights"], name="x (other)")
    calendars["nots"] = replace(calendars["nights"], name="")
    calendars["other"] = replace(calendars["other"], name="x")
    calendars["then"] = replace(calendars["other"], name="X (other)")
    names = [each.text for each in root(replace(exported, calendars=calendars)).findall("Calendars/Calendar/Name")]
    assert names == ["standard", "x (other)", "nots", "x", "X (other) (then)"]
    calendars["a"] = replace(calendars["other"], name="x (other)")
    calendars["b"] = replace(calendars["other"], name="x (other) (nights)")
    names = [each.text for each in root(replace(exported, calendars=calendars)).findall("Calendars/Calendar/Name")]
    assert names[3] == "x (other) (nights)'"


def test_owners_are_resources_with_assignments() -> None:
    found = root(plan([task("a", owner="Ann, Bob"), task("b", owner="Bob [night], Bob"), task("c", owner=" , ")]))
    people = {each.findtext("UID"): each.findtext("Name") for each in found.findall("Resources/Resource")}
    assert list(people.values()) == ["Ann", "Bob", "Bob (night)"]
    names = {each.findtext("UID"): each.findtext("Name") for each in found.findall("Tasks/Task")}
    work = [texts(each, "TaskUID", "ResourceUID", "Units") for each in found.findall("Assignments/Assignment")]
    assert [(names[task_], people[person], units) for task_, person, units in work] == [
        ("a", "Ann", "1"),
        ("a", "Bob", "1"),
        ("b", "Bob (night)", "1"),
        ("b", "Bob", "1"),
    ]


def test_each_owner_has_a_calendar_that_works_as_the_plan_s_does() -> None:
    found = root(plan([task("a", owner="Ann, Bob")]))
    calendars = {each.findtext("UID"): each for each in found.findall("Calendars/Calendar")}
    own = [calendars[each.findtext("CalendarUID")] for each in found.findall("Resources/Resource")]
    assert [texts(each, "Name", "BaseCalendarUID", "IsBaseCalendar") for each in own] == [
        ["Ann", "1", "0"],
        ["Bob", "1", "0"],
    ]
    assert [each.find("WeekDays") for each in own] == [None, None]


def test_budgets_are_costs_in_hundredths_of_one_currency() -> None:
    budgets = {"a": ("1200.50", "USD"), "b": ("0.0005", "USD"), "c": ("100", "USD"), "d": ("7", "EUR")}
    found = tasks(plan([task(key, budget=Money(Decimal(told[0]), told[1])) for key, told in budgets.items()]))
    assert {name: texts(each, "Cost", "FixedCost") for name, each in found.items()} == {
        "a": ["120050", "120050"], "b": ["0.05", "0.05"], "c": ["10000", "10000"], "d": [None, None],
    }  # fmt: skip


def test_baselines_are_numbered_from_the_one_compared_with() -> None:
    kept = tuple(baseline(number, "dig", "done", "undated") for number in range(1, 14))
    found = tasks(plan([task("dig", 40), milestone("done"), task("undated")], baselines=kept))
    dates = {each.findtext("Number"): each for each in found["dig"].findall("Baseline")}
    assert {number: each.findtext("Start") for number, each in dates.items()} == {
        "0": "2026-01-13T08:00:00",
        "1": "2026-01-05T08:00:00",  # planned on Saturday the third
        "2": "2026-01-05T08:00:00",
        "3": "2026-01-05T08:00:00",
    } | {str(number): f"2026-01-{number + 2:02}T08:00:00" for number in (4, 5, 6, 7)} | {
        str(number): "2026-01-12T08:00:00" for number in (8, 9, 10)
    }
    assert texts(dates["0"], "Finish", "Duration", "Interim") == ["2026-01-13T17:00:00", "PT24H0M0S", "0"]
    reached = found["done"].findall("Baseline")[0]
    assert texts(reached, "Start", "Finish", "Duration") == ["2026-01-13T17:00:00"] * 2 + ["PT0H0M0S"]
    assert found["undated"].find("Baseline") is None


def test_baselines_read_as_they_were_written() -> None:
    found = parse(write(everything()), ZONE)
    assert [(each.number, sorted(each.milestones)) for each in found.baselines] == [
        (1, ["dig"]),
        (0, ["dig", "done"]),
    ]
    assert found.baselines[1].milestones["dig"]["planned_duration_minutes"] == 1_440


def test_what_xml_cannot_carry_is_left_out() -> None:
    odd = "\x00a\x1bb\n\ud800c\ufffe<&>]]>\U0001f600"
    exported = plan([replace(task("a", owner=odd), name=odd)], fields=replace(FIELDS, name=odd))
    found = parse(write(exported))
    assert found.document["name"] == "a b c<&>]]>\U0001f600"
    assert found.document["milestones"][0]["name"] == "a b c<&>]]>\U0001f600"


def test_the_largest_plan_is_written_smaller_than_what_can_be_imported() -> None:
    few = 400  # the largest plan has 20,000 milestones, and imports take 20 MiB
    made = [task(f"A{index:05}") for index in range(few)]
    linked = [link(made[i].key, made[j].key) for i in range(few) for j in (i + 1, i + 2) if j < few]
    assert len(write(plan(made, linked))) / few * 20_000 < 18 * 2**20
