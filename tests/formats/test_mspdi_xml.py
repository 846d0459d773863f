"""Hostile, broken and foreign XML: always a readable plan or all that is wrong, never anything else."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.formats.mspdi import read
from app.formats.mspdi_xml import NAMESPACE, read_items
from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from tests.domain.shared import shared
from tests.formats.mspdi_build import HOURS, calendar, file, link, parse, period, task, weekday
from tests.scale import full

HEAD = f'<Project xmlns="{NAMESPACE}"><Title>P</Title>'.encode()
EXPLOSION = b'<!DOCTYPE Project [<!ENTITY a "0123456789">' + b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(ord("b"), ord("k"))
)


def refused(body: bytes) -> Place:
    with pytest.raises(Unreadable) as caught:
        parse(body)
    return caught.value.problems[0]


@pytest.mark.parametrize(
    "body",
    [
        EXPLOSION + b"]>" + HEAD + b"<Name>&j;</Name></Project>",
        EXPLOSION + b']><Project x="&j;"/>',
        b'<!DOCTYPE Project [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + HEAD + b"<Name>&a;</Name></Project>",
        b'<!DOCTYPE Project [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a"> %a;]>' + HEAD + b"</Project>",
        b'<!DOCTYPE Project SYSTEM "http://127.0.0.1:9/project.dtd">' + HEAD + b"</Project>",
        b"<!DOCTYPE Project>" + HEAD + b"</Project>",
    ],
    ids=["entity bomb", "bomb in an attribute", "external entity", "parameter entity", "external subset", "harmless"],
)
def test_a_document_type_is_refused_before_anything_is_resolved(body: bytes) -> None:
    began = time.monotonic()
    assert refused(body).code in {"document_type", "not_xml"}
    assert time.monotonic() - began < 1


def test_no_file_of_the_machine_is_read_into_a_plan(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    body = (
        f'<!DOCTYPE Project [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'.encode() + HEAD + b"<Name>&a;</Name></Project>"
    )
    assert "do not tell" not in str(refused(body))


@pytest.mark.parametrize(
    ("body", "place", "code"),
    [
        (b"", "line 1", "not_xml"),
        (b"\x00\xff", "line 1", "not_xml"),
        (b"PK\x03\x04", "line 1", "not_xml"),
        (b'<?xml version="1.0" encoding="x-none"?><Project/>', "line 1", "not_xml"),
        (b"<Project>\n<Title>&unheard;</Title></Project>", "line 2", "not_xml"),
        (HEAD + b"\n\n<Tasks><Task>", "line 3", "not_xml"),
        (b"<project/>", "line 1", "not_mspdi"),
        (b"\n<html><body/></html>", "line 2", "not_mspdi"),
        (b'<Project xmlns="http://xmlns.oracle.com/Primavera"/>', "line 1", "not_mspdi"),
        (HEAD + b"<Tasks><Task>" + b"<Name>" * 50, "line 1", "too_deep"),
        (HEAD + b"<Odd>" * 50, "line 1", "too_deep"),
    ],
)
def test_what_is_no_such_file_is_told_with_its_line(body: bytes, place: str, code: str) -> None:
    found = refused(body)
    assert (found.place, found.code) == (place, code)


@pytest.mark.parametrize(
    "body",
    [
        HEAD + b"<UID/>" * 201_000 + b"</Project>",
        HEAD + b"<Tasks><Task>" + b"<Name/>" * 101_000 + b"</Task></Tasks></Project>",
        HEAD
        + b"<Tasks>"
        + b"".join(b"<Task><UID>%d</UID></Task>" % n for n in range(50_002))
        + b"</Tasks></Project>",
    ],
    ids=["items", "parts of one", "tasks"],
)
def test_more_than_any_schedule_has_is_too_large(body: bytes) -> None:
    assert refused(body).code == "too_large"


def test_what_is_not_needed_is_passed_over() -> None:
    odd = b"<Odd><Tasks><Task><UID>9</UID></Task></Tasks></Odd>"
    text = b"<Tasks>" + odd + b"<Task><UID>1</UID>" + odd + b"<!-- told --><?pi x?><Name>A<b/></Name></Task></Tasks>"
    items = list(read_items(HEAD + odd + text + b"</Project>"))
    assert [(list_, node.name) for list_, node in items] == [("", "Title"), ("Tasks", "Task")]
    assert {name: parts[0].text for name, parts in items[1][1].parts.items()} == {"UID": "1", "Name": "A"}


def test_text_comes_in_any_encoding_that_the_file_names() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><Project><Title>Größe &amp; Maß</Title></Project>'
    assert parse(text.encode("utf-16")).document["name"] == "Größe & Maß"


def test_a_file_without_a_namespace_is_read_too() -> None:
    assert parse(b"<Project><Title>Bare</Title></Project>").document["name"] == "Bare"


def test_a_large_file_is_read_in_time_that_grows_with_it() -> None:
    def seconds(tasks: int) -> float:
        body = file([task(uid, PredecessorLink=[link(uid - 1)] if uid > 1 else None) for uid in range(1, tasks + 1)])
        began = time.process_time()
        assert len(parse(body).document["dependencies"]) == tasks - 1
        return time.process_time() - began

    few, many = (min(seconds(count) for _ in range(3)) for count in (500, 2_000))
    assert many < few * 4 * 2.5


@pytest.mark.parametrize("root", ["<:Project/>", "<a:Project/>", "<Project:/>", "<P\u00b7r/>", "<Plan/>"])
def test_a_root_of_another_name_is_no_project(root: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(root.encode(), ReadOptions())
    assert [problem.code for problem in refused.value.problems] == ["not_mspdi"]


SMALL = file(
    [
        task(0, 0, Summary=1),
        task(1, 1, Summary=1),
        task(2, 2, Start="2026-01-05T08:00:00", ConstraintType=4, ConstraintDate="2026-01-06T08:00:00"),
        task(3, 2, PredecessorLink=[link(2, LinkLag=4800, LagFormat=7)], Baseline=[{"Number": 0}], Cost=100),
    ],
    [calendar(Exceptions={"Exception": {"TimePeriod": period("2026-01-01"), "Type": 2, "Month": 0, "MonthDay": 1}})],
    Resources=[{"UID": 1, "Name": "Ann", "CalendarUID": 1}],
    Assignments=[{"TaskUID": 2, "ResourceUID": 1}],
)


def real() -> bytes:
    return shared("oracles/mspdi/OzBuild-16-Orig.xml").read_bytes()


@pytest.mark.parametrize("source", [lambda: SMALL, real], ids=["small", "real"])
def test_whatever_happens_to_a_file_it_is_a_plan_or_unreadable(source: Callable[[], bytes]) -> None:
    whole = source()
    positions = st.integers(0, len(whole) - 1)
    changes = st.lists(st.tuples(positions, st.integers(0, 255)), max_size=8)

    @hypothesis_settings(max_examples=full(2_000, 100), deadline=5_000)
    @given(end=st.one_of(st.none(), positions), changes=changes)
    def check(end: int | None, changes: list[tuple[int, int]]) -> None:
        body = bytearray(whole)
        for position, byte in changes:
            body[position] = byte
        try:
            found = read(bytes(body[:end]), ReadOptions())
        except Unreadable as unreadable:
            told = len(unreadable.problems)
        else:
            told = int(ParsedFile.of_json(found.to_json()) == found)
        assert told

    check()


def test_working_times_without_end_are_not_all_looked_at() -> None:
    span = period("1970-01-01", "2199-12-31")
    exceptions = [{"TimePeriod": span, "Type": 6, "DaysOfWeek": 0} for _ in range(2_000)]
    weeks = [{"TimePeriod": span, "WeekDays": {"WeekDay": [weekday(2, HOURS)]}} for _ in range(500)]
    began = time.monotonic()
    found = refused(file([task()], [calendar(Exceptions={"Exception": exceptions}, WorkWeeks={"WorkWeek": weeks})]))
    assert found.code == "too_large"
    assert time.monotonic() - began < 20
