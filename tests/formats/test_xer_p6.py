"""Three schedules of Primavera P6 read from their XER files: nothing lost, and all dates and floats those of P6."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.calendars.rules import expand, working_rules
from app.calendars.schemas import CalendarIn
from app.domain.calendars import WorkingTime, compile_calendar
from app.domain.cpm import Schedule, ScheduleInputs, options_of, schedule
from app.domain.moments import parse_instant, to_minutes
from app.domain.plan import PlanContent
from app.domain.progress import ExecutionEvent, State, fold
from app.domain.rules import violations
from app.events.schemas import ExecutionEventIn
from app.formats.parsed import ParsedFile, ReadOptions
from app.formats.xer import read
from app.plans.documents import parse
from tests.domain.shared import shared, shared_json

PROJECTS = ["cairo-alex-road", "hilal-oil-gas", "terminal-building-airport"]
UNFINISHED = {"cairo-alex-road": 11, "hilal-oil-gas": 31, "terminal-building-airport": 66}
EVENT: TypeAdapter[Any] = TypeAdapter(ExecutionEventIn)


class Keys(dict[str, str]):
    """A key for each id of a file."""

    def __missing__(self, identity: str) -> str:
        self[identity] = f"k{len(self)}"
        return self[identity]


def read_file(name: str, time_zone: str = "UTC") -> ParsedFile:
    file = read(shared(f"oracles/p6/{name}.xer").read_bytes(), ReadOptions(time_zone))
    return ParsedFile.of_json(file.to_json())


def content_of(file: ParsedFile, keys: Keys) -> PlanContent:
    """What a PUT of the document makes, once its ids are keys."""

    def keyed(item: Mapping[str, Any], *names: str) -> dict[str, Any]:
        return {**item, **{name: keys[item[name]] for name in names if item.get(name) is not None}}

    document = keyed(file.document, "calendar") | {
        "milestones": [keyed(each, "key", "parent", "calendar") for each in file.document["milestones"]],
        "dependencies": [keyed(each, "predecessor", "successor") for each in file.document["dependencies"]],
    }
    content = parse(json.dumps(document).encode()).content
    assert violations(content) == []
    return content


def calendars_of(file: ParsedFile, keys: Keys) -> dict[str, WorkingTime]:
    """The calendars as the service compiles what is posted."""
    compiled = {}
    for told in file.calendars:
        given = CalendarIn.model_validate({**told, "key": keys[told["key"]]})
        definition = given.model_dump(mode="json", by_alias=True)
        definition["expanded"] = expand(definition, date(2026, 1, 5))
        rules = working_rules(definition, file.document["time_zone"])
        compiled[str(given.key)] = compile_calendar(rules, date(2005, 1, 1), date(2015, 1, 1))
    return compiled


def states_of(file: ParsedFile, keys: Keys) -> Mapping[str, State]:
    """What the statements amount to, sent as events."""
    events = []
    for number, told in enumerate(file.statements):
        sent = {**told, "milestone": keys[told["milestone"]], "source": "file", "id": str(number)}
        event = EVENT.validate_python(sent)
        events.append(
            ExecutionEvent("file", event.id, event.type, event.milestone, event.occurred_at, None, sent["data"])
        )
    return fold(events, parse_instant(file.document["status_date"]))


def scheduled(file: ParsedFile, keys: Keys) -> tuple[Schedule, dict[str, WorkingTime]]:
    content, clocks = content_of(file, keys), calendars_of(file, keys)
    inputs = ScheduleInputs(
        milestones=content.milestones,
        dependencies=content.dependencies.values(),
        states=states_of(file, keys),
        working=lambda each: clocks[each.calendar or content.fields.calendar],
        plan_working=clocks[content.fields.calendar],
        options=options_of(content.fields),
    )
    return schedule(inputs, parse_instant(file.document["status_date"])), clocks


@pytest.mark.parametrize("name", PROJECTS)
def test_all_dates_and_floats_are_those_of_primavera(name: str) -> None:
    file, expected, keys = read_file(name), shared_json(f"oracles/p6/{name}.json"), Keys()
    found, clocks = scheduled(file, keys)
    (clock,) = clocks.values()
    differences: list[tuple[Any, ...]] = []
    unfinished = [each for each in expected["tasks"] if each["status"] != "TK_Complete"]
    for each in unfinished:
        item = found.items[keys[each["id"]]]
        for edge in ("early_start", "early_finish", "late_start", "late_finish"):
            if clock.worked(getattr(item, edge)) != clock.worked(minute(each["expected"][edge])):
                differences.append((each["id"], edge))
        for name_ in ("total_float", "free_float"):
            hours = getattr(item, f"{name_}_minutes") / 60
            if abs(hours - each["expected"][f"{name_}_h"]) > 0.01:
                differences.append((each["id"], name_, hours))
    assert differences == []
    assert len(unfinished) == UNFINISHED[name]
    phases = {keys[each["key"]] for each in file.document["milestones"] if each["kind"] == "phase"}
    critical = {keys[each["id"]] for each in unfinished if each["expected"]["total_float_h"] <= 0}
    assert set(found.critical) - phases == critical
    assert clock.worked(found.finish or 0) == clock.worked(minute(expected["project_finish"]))


def minute(told: str) -> int:
    return to_minutes(parse_instant(f"{told}:00Z"))


def raw_rows(name: str) -> dict[str, list[dict[str, str]]]:
    """The tables of a file, read with nothing but split."""
    tables: dict[str, list[dict[str, str]]] = {}
    for line in shared(f"oracles/p6/{name}.xer").read_bytes().decode("latin-1").split("\r\n"):
        mark, *cells = line.split("\t")
        if mark == "%T":
            rows = tables.setdefault(cells[0], [])
        elif mark == "%F":
            columns = cells
        elif mark == "%R":
            rows.append(dict(zip(columns, cells, strict=True)))
    return tables


@pytest.mark.parametrize("name", PROJECTS)
def test_nothing_of_a_file_is_lost(name: str) -> None:
    file, raw = read_file(name), raw_rows(name)
    by_kind: dict[str, list[Mapping[str, Any]]] = {"activity": [], "milestone": [], "phase": []}
    for each in file.document["milestones"]:
        by_kind[each["kind"]].append(each)
    leaves = [*by_kind["activity"], *by_kind["milestone"]]
    codes = {row["task_id"]: row["task_code"] for row in raw["TASK"]}
    assert sorted(each["key"] for each in leaves) == sorted(codes.values())
    assert len(by_kind["activity"]) == sum(row["task_type"] == "TT_Task" for row in raw["TASK"])
    assert len(by_kind["phase"]) == len(raw["PROJWBS"]) - 1
    assert {each["name"] for each in by_kind["phase"]} <= {row["wbs_name"] for row in raw["PROJWBS"]}
    assert [
        (each["predecessor"], each["successor"], f"PR_{each['type']}", each["lag_minutes"])
        for each in file.document["dependencies"]
    ] == [
        (codes[row["pred_task_id"]], codes[row["task_id"]], row["pred_type"], int(row["lag_hr_cnt"]) * 60)
        for row in raw["TASKPRED"]
    ]
    assert len(file.calendars) == len({row["clndr_id"] for row in raw["TASK"]})
    assert sum(each["constraint"] is not None for each in leaves) == sum(
        row["cstr_type"] != "" for row in raw["TASK"]
    )
    money = sum(float(row["target_cost"]) for row in [*raw.get("PROJCOST", []), *raw.get("TASKRSRC", [])])
    assert sum(float(each["budget"]["amount"]) for each in leaves if "budget" in each) == pytest.approx(money)
    assert {each["key"] for each in leaves if each["owner"]} == {
        codes[row["task_id"]] for row in raw.get("TASKRSRC", [])
    }


@pytest.mark.parametrize("name", PROJECTS)
def test_progress_is_that_of_the_file(name: str) -> None:
    keys = Keys()
    states = states_of(read_file(name), keys)
    for row in raw_rows(name)["TASK"]:
        state = states.get(keys[row["task_code"]], State())
        status = {"TK_NotStart": "not_started", "TK_Active": "in_progress", "TK_Complete": "completed"}
        assert state.lifecycle == status[row["status_code"]]
        assert (state.actual_finish is None) is (row["act_end_date"] == "")


def test_every_place_is_the_line_of_its_item() -> None:
    name = PROJECTS[2]
    file = read_file(name)
    lines = shared(f"oracles/p6/{name}.xer").read_bytes().decode("latin-1").split("\r\n")
    for part, items in file.places.items():
        told = file.document.get(part) or {"calendars": file.calendars, "statements": file.statements}[part]
        assert len(items) == len(told)
        for place, item in zip(items, told, strict=True):
            line = lines[int(place.split()[1].rstrip(",")) - 1]
            assert str(item.get("name", "%R")) in line


def test_local_times_are_those_of_the_zone() -> None:
    elsewhere = read_file(PROJECTS[2], "Africa/Cairo")
    assert elsewhere.document["status_date"] == "2012-04-30T22:00:00Z"
    floats = [
        [item.total_float_minutes for item in scheduled(file, Keys())[0].items.values()]
        for file in (elsewhere, read_file(PROJECTS[2]))
    ]
    assert floats[0] == floats[1]
