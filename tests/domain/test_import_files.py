"""What a schedule file says, made into what the API takes: keys, places of what is wrong, baselines, what stays."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.domain.plan import Milestone, MilestoneKind, PlanContent, PlanFields
from app.formats.parsed import ParsedBaseline, ParsedFile, Place
from app.imports.baselines import frozen_content, same_dates
from app.imports.content import counts, merged, renamed
from app.imports.prepared import Prepared, prepare
from tests.http.build import calendar

Json = dict[str, Any]
NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)


def task(name: str, /, start: str | None = "2024-03-04", finish: str | None = "2024-03-08", **more: Any) -> Json:
    dates = {"planned_start": start, "planned_finish": finish}
    return {"key": name, "external_id": name, "name": name, "kind": "activity", **dates, **more}


def wbs(name: str, /, **more: Any) -> Json:
    return {"key": name, "external_id": name, "name": name, "kind": "phase", **more}


def mark(name: str, /, finish: str = "2024-03-08", **more: Any) -> Json:
    return {"key": name, "external_id": name, "name": name, "planned_finish": finish, **more}


def link(predecessor: str, successor: str) -> Json:
    return {"predecessor": predecessor, "type": "FS", "successor": successor}


def said(type_: str, milestone: str, at: str = "2024-03-01T08:00:00Z", **data: Any) -> Json:
    return {"type": f"milestone.{type_}", "milestone": milestone, "occurred_at": at, "data": data}


def file(*milestones: Json, links: list[Json] | None = None, format: str = "xer", **more: Any) -> ParsedFile:  # noqa: A002
    """A file of which every item stands in a line of its own."""
    document = {"name": "Tower", "milestones": list(milestones), "dependencies": links or [], **more.pop("plan", {})}
    found = ParsedFile(format=format, project="TWR", document=document, **more)
    parts = {"milestones": milestones, "dependencies": links or (), "calendars": found.calendars}
    places = {part: [f"{part} line {n}" for n, _ in enumerate(items, 1)] for part, items in parts.items()}
    places["statements"] = [f"statements line {n}" for n, _ in enumerate(found.statements, 1)]
    return ParsedFile(
        found.format, found.project, document, found.calendars, found.baselines, found.statements, places
    )


def read(*milestones: Json, **more: Any) -> Prepared:
    return prepare(file(*milestones, **more), "tower", "Europe/Berlin", NOW)


def wrong(found: Prepared) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in found.errors]


class TestReading:
    """From the file's ids to keys."""

    def test_ids_become_keys_wherever_they_stand(self) -> None:
        found = read(
            wbs("Wing A"),
            task("A 1", parent="Wing A"),
            task("A/2"),
            links=[link("A 1", "A/2")],
            statements=[said("started", "A/2")],
        )
        assert not found.errors
        assert {key: m.parent for key, m in found.content.milestones.items()} == {
            "Wing-A": None,
            "A-1": "Wing-A",
            "A-2": None,
        }
        assert set(found.content.dependencies) == {("A-1", "FS", "A-2")}
        assert [each.milestone for each in found.statements] == ["A-2"]
        assert found.content.milestones["A-2"].external_id == "A/2"

    def test_calendars_are_named_within_the_plan(self) -> None:
        named = [{"key": "5 days", **calendar()}, {"key": "5-days", **calendar()}]
        found = read(task("a", calendar="5-days"), plan={"calendar": "5 days"}, calendars=named)
        assert not found.errors
        assert [each.key for each in found.calendars] == ["tower.5-days", "tower.5-days-2"]
        assert found.content.fields.calendar == "tower.5-days"
        assert found.content.milestones["a"].calendar == "tower.5-days-2"

    def test_a_plan_has_the_zone_its_file_was_read_in_and_is_called_as_its_project(self) -> None:
        found = read(task("a"), plan={"name": None, "calendar": None})
        fields = found.content.fields
        assert (fields.name, fields.time_zone, fields.calendar) == ("TWR", "Europe/Berlin", "always")

    def test_a_document_of_our_own_is_taken_as_it_is(self) -> None:
        found = read(mark("a"), format="leeway", plan={"time_zone": "Asia/Tokyo", "calendar": "some"})
        assert found.content.fields.time_zone == "Asia/Tokyo"
        assert found.content.fields.calendar == "some"


WRONG: list[tuple[ParsedFile, list[tuple[str, str]]]] = [
    (file(task("a", name="")), [("milestones line 1, name", "string_too_short")]),
    (file(task("a"), task("a")), [("milestones line 1", "repeated")]),
    (file(task("a", finish="2024-03-01")), [("milestones line 1, planned_finish", "finish_before_start")]),
    (file(task("a", parent="b")), [("milestones line 1, parent", "unknown_milestone")]),
    (file(task("a", parent="b"), task("b")), [("milestones line 1, parent", "parent_not_phase")]),
    (file(task("a"), links=[link("a", "b")]), [("dependencies line 1, successor", "unknown_milestone")]),
    (file(task("a"), links=[link("a", "a")]), [("dependencies line 1, successor", "self_link")]),
    (
        file(task("a/b"), task("c"), links=[link("c", "a-b")]),
        [("dependencies line 1, successor", "unknown_milestone")],
    ),
    (
        file(task("a"), calendars=[{"key": "c", "name": "c", "weekly": {}}]),
        [("calendars line 1, weekly", "value_error")],
    ),
    (file(task("a"), calendars=[{"key": "c", **calendar()}] * 2), [("calendars line 2", "repeated")]),
    (file(task("a"), statements=[said("started", "b")]), [("statements line 1, milestone", "unknown_milestone")]),
    (file(task("a"), statements=[said("progressed", "a")]), [("statements line 1, data", "value_error")]),
    (
        file(task("a"), statements=[said("started", "a", "2024-03-02T12:01:00Z")]),
        [("statements line 1", "too_far_ahead")],
    ),
    (file(task("a"), statements=[said("completed", "a", "2024-03-03")]), [("statements line 1", "too_far_ahead")]),
    (file(task("a", name="\x00")), [("milestones line 1, name", "unstorable_text")]),
    (file(mark("a", name=""), format="leeway"), [("/milestones/0/name", "string_too_short")]),
    (file(format="leeway", plan={"milestones": [1]}), [("/milestones/0", "model_type")]),
    (file(format="leeway", plan={"milestones": "a"}), [("/milestones", "list_type")]),
    (
        file(task("a"), baselines=[ParsedBaseline(3, "B", {"a": {"planned_start": "x"}})]),
        [("milestones line 1, baseline 3.planned_start", "value_error")],
    ),
    (
        file(
            task("a"),
            baselines=[
                ParsedBaseline(3, "B", {"a": {"planned_start": "2024-01-02", "planned_finish": "2024-01-01"}})
            ],
        ),
        [("milestones line 1, baseline 3", "finish_before_start")],
    ),
]


@pytest.mark.parametrize(("parsed", "places"), WRONG)
def test_what_is_wrong_is_told_with_its_place(parsed: ParsedFile, places: list[tuple[str, str]]) -> None:
    assert wrong(prepare(parsed, "tower", "UTC", NOW)) == places


def test_everything_wrong_is_told_at_once() -> None:
    found = read(
        task("a", finish="2024-03-01"),
        task("b", parent="nobody"),
        links=[link("a", "nobody")],
        calendars=[{"key": "c", "name": "c", "weekly": {}}],
        statements=[said("started", "nobody")],
    )
    assert {place for place, _ in wrong(found)} == {
        "milestones line 1, planned_finish",
        "milestones line 2, parent",
        "dependencies line 1, successor",
        "calendars line 1, weekly",
        "statements line 1, milestone",
    }


def test_what_is_to_be_told_of_an_item_without_a_known_place_keeps_its_pointer() -> None:
    parsed = ParsedFile("xer", "TWR", {"name": "T", "milestones": [task("a", name="")], "dependencies": []})
    assert wrong(prepare(parsed, "tower", "UTC", NOW)) == [("/milestones/0/name", "string_too_short")]


@pytest.mark.parametrize(
    ("parsed", "place"),
    [
        (ParsedFile("xer", "T\x00", {"name": "T"}), "/project"),
        (ParsedFile("xer", "T", {"name": "T"}, baselines=[ParsedBaseline(1, "\ud800", {})]), "/baselines/0"),
        (ParsedFile("xer", "T", {"name": "T"}, notes=[Place("line 1", "odd", "\x00")]), "/notes/0/2"),
        (ParsedFile("xer", "T", {"name": "T"}, calendars=[{"key": "\x00", **calendar()}]), "/calendars/0/key"),
    ],
)
def test_no_text_gets_in_that_cannot_be_stored(parsed: ParsedFile, place: str) -> None:
    assert wrong(prepare(parsed, "tower", "UTC", NOW)) == [(place, "unstorable_text")]


def plan(*milestones: Json, links: list[Json] | None = None, **fields: Any) -> PlanContent:
    """A plan as it is before a file comes."""
    return read(*milestones, links=links, plan=fields).content


def after(before: PlanContent, found: Prepared) -> tuple[PlanContent, list[tuple[str, str]]]:
    content, notes = merged(before, found, found.content)
    return content, [(note.place, note.code) for note in notes]


class TestMerging:
    """What a file says against what the plan said."""

    def test_the_file_says_the_dates_and_the_plan_keeps_what_no_file_can_say(self) -> None:
        before = plan(task("a", labels={"x": "1"}, weight=3.0, deadline="2024-05-01", owner="me"), goal="Build it")
        content, _ = after(before, read(task("a", finish="2024-03-20", owner="crew")))
        found = content.milestones["a"]
        assert (found.planned_finish, found.owner) == (date(2024, 3, 20), "crew")
        assert (found.labels, found.weight, found.deadline) == ({"x": "1"}, 3.0, date(2024, 5, 1))
        assert content.fields.goal == "Build it"

    @pytest.mark.parametrize(("format_", "kept"), [("xer", True), ("csv", False), ("mspdi", False)])
    def test_a_deadline_that_the_format_can_say_is_gone_when_it_is_not_said(self, format_: str, kept: bool) -> None:
        before = plan(task("a", deadline="2024-05-01"))
        content, _ = after(before, read(task("a"), format=format_))
        assert (content.milestones["a"].deadline is not None) == kept

    def test_a_column_that_the_table_has_counts_for_all_rows(self) -> None:
        before = plan(task("a", owner="me"), task("b", owner="me"))
        content, _ = after(before, read(task("a", owner="you"), task("b"), format="csv"))
        assert [content.milestones[key].owner for key in "ab"] == ["you", None]

    def test_what_left_the_file_leaves_the_plan_with_its_links(self) -> None:
        before = plan(task("a"), task("b"), links=[link("a", "b")])
        content, _ = after(before, read(task("a")))
        assert (set(content.milestones), set(content.dependencies)) == ({"a"}, set())

    def test_what_was_added_by_hand_stays_with_its_links(self) -> None:
        before = plan(
            task("a"), task("b"), mark("gate", external_id=None), links=[link("a", "gate"), link("b", "gate")]
        )
        content, notes = after(before, read(task("a")))
        assert (set(content.milestones), set(content.dependencies)) == ({"a", "gate"}, {("a", "FS", "gate")})
        assert notes == []

    def test_what_was_added_by_hand_to_a_phase_that_left_is_in_no_phase(self) -> None:
        before = plan(wbs("w"), mark("gate", external_id=None, parent="w"))
        content, notes = after(before, read(task("a")))
        assert content.milestones["gate"].parent is None
        assert notes == [("plan, gate", "parent_left")]

    def test_a_document_of_our_own_leaves_out_what_stays(self) -> None:
        before = plan(mark("a"), goal="Build it")
        own = ParsedFile("leeway", None, {"owner": "me"})
        content, _ = after(before, prepare(own, "tower", "UTC", NOW))
        assert (content.fields.goal, content.fields.owner, set(content.milestones)) == ("Build it", "me", {"a"})


def test_other_keys_are_other_keys_everywhere() -> None:
    content = plan(wbs("w"), task("a", parent="w", calendar="c"), task("b"), links=[link("a", "b")], calendar="c")
    found = renamed(content, {"a": "a-2", "w": "w-2", "b": "b"}, {"c": "tower.c"})
    assert (found.milestones["a-2"].parent, found.milestones["a-2"].calendar) == ("w-2", "tower.c")
    assert set(found.dependencies) == {("a-2", "FS", "b")}
    assert found.fields.calendar == "tower.c"
    assert renamed(content, {"a": "a"}, {}) is content


def test_what_a_file_says_is_counted() -> None:
    found = read(wbs("w"), task("a", constraint={"type": "ALAP", "date": None}), mark("m"), links=[link("a", "m")])
    assert counts(found) == {
        "phases": 1,
        "activities": 1,
        "milestones": 1,
        "dependencies": 1,
        "calendars": 0,
        "constraints": 1,
        "baselines": 0,
    }


def baseline(**dates: tuple[str | None, str | None]) -> ParsedBaseline:
    told = {name: {"planned_start": start, "planned_finish": finish} for name, (start, finish) in dates.items()}
    return ParsedBaseline(0, "Agreed", told)


def frozen(*milestones: Json, of: ParsedBaseline, links: list[Json] | None = None) -> PlanContent:
    found = read(*milestones, links=links, baselines=[of])
    assert not found.errors
    return frozen_content(found.content, found.baselines[0].dates)


class TestBaselines:
    """The file's content with frozen dates."""

    def test_has_the_dates_of_the_baseline_and_all_else_of_the_file(self) -> None:
        content = frozen(task("a", name="Walls"), of=baseline(a=("2024-01-01", "2024-01-05")))
        found = content.milestones["a"]
        assert (found.name, found.planned_start, found.planned_finish) == (
            "Walls",
            date(2024, 1, 1),
            date(2024, 1, 5),
        )
        assert found.planned_duration_minutes is None

    def test_leaves_out_what_has_no_dates_in_it_but_for_the_phases_around_the_rest(self) -> None:
        content = frozen(
            *(wbs("w"), wbs("v", parent="w"), wbs("u"), task("a", parent="v"), task("b", parent="u"), task("c")),
            links=[link("a", "b"), link("a", "c")],
            of=baseline(a=("2024-01-01", "2024-01-05"), c=("2024-01-08", None), b=(None, None)),
        )
        assert set(content.milestones) == {"w", "v", "a", "c"}
        assert set(content.dependencies) == {("a", "FS", "c")}

    def test_of_a_milestone_it_freezes_the_one_date_that_it_has(self) -> None:
        both = ("2024-01-01", "2024-01-05")
        finish, start = mark("f"), {**mark("s"), "planned_start": "2024-03-04", "planned_finish": None}
        content = frozen(
            finish, start, mark("o"), wbs("w"), of=baseline(f=both, s=both, o=("2024-01-01", None), w=both)
        )
        dates = {key: (str(m.planned_start), str(m.planned_finish)) for key, m in content.milestones.items()}
        assert dates == {"f": ("None", "2024-01-05"), "s": ("2024-01-01", "None"), "o": ("2024-01-01", "None")}

    def test_ids_that_have_left_the_file_are_left_out(self) -> None:
        assert set(frozen(task("a"), of=baseline(a=("2024-01-01", None), gone=("2024-01-01", None))).milestones) == {
            "a"
        }

    def test_is_the_same_while_what_the_file_still_has_has_the_same_dates(self) -> None:
        first = frozen(
            wbs("w"), task("a", parent="w"), task("b"), of=baseline(a=("2024-01-01", None), b=("2024-01-02", None))
        )
        captured = first.milestones
        without_b = frozen(wbs("w"), task("a", parent="w"), of=baseline(a=("2024-01-01", None)))
        assert same_dates(captured, without_b, {"w", "a"})
        assert not same_dates(captured, without_b, {"w", "a", "b"})
        moved = frozen(task("a"), task("b"), of=baseline(a=("2024-01-03", None), b=("2024-01-02", None)))
        assert not same_dates(captured, moved, {"a", "b"})


def test_a_plan_of_nothing_but_names_stays_as_it_is() -> None:
    before = PlanContent(PlanFields("p"), {"a": Milestone("a", "a", MilestoneKind.milestone)}, {})
    assert after(before, read())[0].milestones == before.milestones
