"""Three schedules of Microsoft Project: nothing is lost, the dates are the tool's, and writing tells them again."""

import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from app.domain.moments import parse_instant, to_minutes
from app.formats.mspdi_writer import write
from tests.domain.shared import shared
from tests.formats.mspdi_build import clocks_of, content_of, exported, notes, parse, rules_of, scheduled

FILES = ["Homemoveplan", "OzBuild-16-Orig", "Residential-Construction"]
SPACE = "{http://schemas.microsoft.com/project}"

# Microsoft Project counts the slack of these on their task calendar of six days a week, but schedules them on
# the days of their resources: 11 days of six are 9 of five.
SLACK_ON_ANOTHER_CALENDAR = {("OzBuild-16-Orig", "20"): 5_280, ("OzBuild-16-Orig", "22"): 5_280}


def body(name: str) -> bytes:
    return shared(f"oracles/mspdi/{name}.xml").read_bytes()


class Independent:
    """The same file, read by another reader."""

    def __init__(self, name: str) -> None:
        self.root = ET.fromstring(body(name))
        self.tasks = [each for each in self.all("Tasks/Task") if self.text(each, "UID") != "0"]
        self.leaves = [each for each in self.tasks if self.text(each, "Summary") == "0"]

    def all(self, path: str, below: Any = None) -> list[Any]:
        return list((self.root if below is None else below).findall(SPACE + path.replace("/", f"/{SPACE}")))

    def text(self, each: Any, name: str) -> str | None:
        found: str | None = each.findtext(SPACE + name)
        return found

    def minute(self, each: Any, name: str) -> int:
        return to_minutes(parse_instant(f"{self.text(each, name)}Z"))


@pytest.mark.parametrize("name", FILES)
def test_every_task_is_a_milestone_of_its_kind(name: str) -> None:
    file = Independent(name)
    expected = Counter(
        "phase"
        if file.text(each, "Summary") == "1"
        else "milestone"
        if file.text(each, "Milestone") == "1"
        else "activity"
        for each in file.tasks
    )
    found = parse(body(name))
    assert Counter(each["kind"] for each in found.document["milestones"]) == expected
    assert [each["external_id"] for each in found.document["milestones"]] == [file.text(e, "UID") for e in file.tasks]
    assert [each["name"] for each in found.document["milestones"]] == [
        (file.text(each, "Name") or "").strip() for each in file.tasks
    ]
    assert notes(found) == []


@pytest.mark.parametrize("name", FILES)
def test_every_task_lies_where_the_outline_says(name: str) -> None:
    file = Independent(name)
    number = {file.text(each, "UID"): file.text(each, "OutlineNumber") or "" for each in file.tasks}
    for each in parse(body(name)).document["milestones"]:
        above = number[each["key"]].rpartition(".")[0]
        assert (number[each["parent"]] if each["parent"] else "") == above


@pytest.mark.parametrize("name", FILES)
def test_every_link_is_a_dependency(name: str) -> None:
    file = Independent(name)
    expected = {
        (
            file.text(each, "PredecessorUID"),
            ("FF", "FS", "SF", "SS")[int(file.text(each, "Type") or 1)],
            file.text(t, "UID"),
        )
        for t in file.tasks
        for each in file.all("PredecessorLink", t)
    }
    found = parse(body(name)).document["dependencies"]
    assert {(each["predecessor"], each["type"], each["successor"]) for each in found} == expected
    assert len(found) == len(expected) > 0


@pytest.mark.parametrize("name", FILES)
def test_constraints_deadlines_and_baselines_are_all_there(name: str) -> None:
    file = Independent(name)
    found = parse(body(name))
    constrained = [each for each in file.tasks if file.text(each, "ConstraintType") != "0"]
    told = {each["key"]: each["constraint"] for each in found.document["milestones"] if each["constraint"]}
    assert set(told) == {file.text(each, "UID") for each in constrained}
    deadlines = [each for each in found.document["milestones"] if each["deadline"]]
    assert len(deadlines) == len([each for each in file.tasks if file.text(each, "Deadline")])
    assert len(found.baselines) == len({file.text(b, "Number") for t in file.tasks for b in file.all("Baseline", t)})
    assert len(found.statements) == 0 == len([each for each in file.tasks if file.text(each, "ActualStart")])


def test_a_constraint_yields_to_logic_where_the_file_says_so() -> None:
    milestones = {each["key"]: each for each in parse(body("OzBuild-16-Orig")).document["milestones"]}
    assert milestones["21"]["constraint"] == {"type": "SNET", "date": "2009-01-02T08:00:00Z"}
    assert milestones["31"]["constraint"] == {"type": "FNLT", "date": "2009-01-22T17:00:00Z"}


@pytest.mark.parametrize("name", FILES)
def test_the_project_s_calendar_works_when_the_file_says(name: str) -> None:
    file, found = Independent(name), parse(body(name))
    (calendar,) = found.calendars
    rules = rules_of(found)["Standard"]
    (told,) = [each for each in file.all("Calendars/Calendar") if file.text(each, "UID") == "1"]
    for each in file.all("WeekDays/WeekDay", told):
        day = int(file.text(each, "DayType") or 0)
        if day:
            assert bool(rules.weekly[(day + 5) % 7]) == (file.text(each, "DayWorking") == "1")
    off = [
        date.fromisoformat((file.text(span, "FromDate") or "")[:10]) + timedelta(days=n)
        for span in file.all("Exceptions/Exception/TimePeriod", told)
        for n in range(int(file.text(span, "ToDate")[8:10]) - int(file.text(span, "FromDate")[8:10]) + 1)  # type: ignore[index]
    ]
    assert {each["date"] for each in calendar["exceptions"]} == {
        str(day) for day in off if rules.weekly[day.weekday()]
    }
    assert all(rules.exceptions[day] == () for day in off if rules.weekly[day.weekday()])


@pytest.mark.parametrize("name", FILES)
def test_owners_are_the_resources_that_work_and_budgets_the_costs(name: str) -> None:
    file = Independent(name)
    working = {
        file.text(each, "UID"): file.text(each, "Name")
        for each in file.all("Resources/Resource")
        if file.text(each, "Type") == "1"
    }
    assigned: dict[str | None, list[str]] = {}
    for each in file.all("Assignments/Assignment"):
        person = working.get(file.text(each, "ResourceUID"))
        if person:
            assigned.setdefault(file.text(each, "TaskUID"), []).append(person)
    milestones = {each["key"]: each for each in parse(body(name)).document["milestones"]}
    assert {key: each["owner"] for key, each in milestones.items() if each["owner"]} == {
        key: ", ".join(names) for key, names in assigned.items()
    }
    costs = {file.text(each, "UID"): int(file.text(each, "Cost") or 0) for each in file.leaves}
    assert {key: each["budget"]["amount"] for key, each in milestones.items() if "budget" in each} == {
        key: f"{cost / 100:.2f}" for key, cost in costs.items() if cost
    }


@pytest.mark.parametrize("name", FILES)
def test_all_dates_and_slacks_are_those_of_microsoft_project(name: str) -> None:
    file, found = Independent(name), parse(body(name))
    start = parse_instant(found.document["schedule_options"]["project_start"])
    result, content, clocks = scheduled(found, start), content_of(found), clocks_of(found)
    differences: list[Any] = []
    slacks: dict[tuple[str, str], int] = {}
    for each in file.leaves:
        key = file.text(each, "UID") or ""
        item, clock = result.items[key], clocks[content.milestones[key].calendar or content.fields.calendar]
        pairs = (
            ("EarlyStart", item.early_start), ("EarlyFinish", item.early_finish), ("Start", item.projected_start),
            ("Finish", item.projected_finish), ("LateStart", item.late_start), ("LateFinish", item.late_finish),
        )  # fmt: skip
        for date_, minute in pairs:
            if clock.worked(minute or 0) != clock.worked(file.minute(each, date_)):
                differences.append((key, date_))
        if (item.free_float_minutes or 0) * 10 != int(file.text(each, "FreeSlack") or 0):
            differences.append((key, "FreeSlack"))
        if item.critical != (file.text(each, "Critical") == "1"):
            differences.append((key, "Critical"))
        slack = int(file.text(each, "TotalSlack") or 0) // 10
        if item.total_float_minutes != slack:
            slacks[name, key] = slack
    assert differences == []
    assert slacks == {place: slack for place, slack in SLACK_ON_ANOTHER_CALENDAR.items() if place[0] == name}


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_reads_as_the_same_plan(name: str) -> None:
    found = parse(body(name), "Europe/Berlin")
    start = parse_instant(found.document["schedule_options"]["project_start"])
    again = parse(write(exported(found, start)), "Europe/Berlin")
    before, after = content_of(found), content_of(again)
    assert after.milestones == before.milestones
    assert after.dependencies == before.dependencies
    assert again.calendars == found.calendars
    assert after.fields.schedule_options == before.fields.schedule_options
    assert (again.project, again.notes) == (found.project, [])
    assert scheduled(again, start) == scheduled(found, start)
